"""The small vision transformer of the course: every step a module, any size of picture."""

from pathlib import Path

import pytest
import torch
from torch import nn

from helpers import models
from helpers.errors import InputError
from helpers.explain import layer_maps
from helpers.models.architectures import Add
from helpers.models.transformer import MatMul, NarrowViT
from tests.networks import pictures
from tests.transformers import SIDE, ours

IMAGES = pictures(2, SIDE)


def test_every_activation_sum_and_product_is_a_module_used_once() -> None:
    network, calls = ours(), []
    watched = nn.GELU | nn.Softmax | Add | MatMul
    for name, module in network.named_modules():
        if isinstance(module, watched):
            module.register_forward_hook(lambda *_, name=name: calls.append(name))
    network(IMAGES)
    assert sorted(calls) == sorted(n for n, m in network.named_modules() if isinstance(m, watched))
    assert len(calls) == 1 + 3 * 6


def test_it_equals_torchs_own_attention_with_the_same_weights() -> None:
    attention = ours().blocks[2].attention
    theirs = nn.MultiheadAttention(24, 3, batch_first=True).eval()
    theirs.load_state_dict(
        {
            "in_proj_weight": attention.qkv.weight,
            "in_proj_bias": attention.qkv.bias,
            "out_proj.weight": attention.proj.weight,
            "out_proj.bias": attention.proj.bias,
        }
    )
    tokens = torch.randn(2, 17, 24, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(attention(tokens), theirs(tokens, tokens, tokens)[0])


def test_saved_and_loaded_it_is_the_same_network_to_half_precision(tmp_path: Path) -> None:
    network = ours(input_size=(32, 48), mean=(0.1, 0.2, 0.3))
    models.save(network, tmp_path / "own.safetensors")
    loaded = models.load(tmp_path / "own.safetensors")
    assert isinstance(loaded, NarrowViT)
    assert loaded.options() == network.options()
    with torch.no_grad():
        torch.testing.assert_close(loaded(IMAGES), network(IMAGES), rtol=0.02, atol=0.02)


def test_pictures_of_another_size_are_brought_to_its_own() -> None:
    network, large = ours(), pictures(2, 112)
    small = nn.functional.interpolate(large, (SIDE, SIDE), mode="bilinear", antialias=True)
    with torch.no_grad():
        assert torch.equal(network(large), network(small))


def test_the_default_layer_has_maps_that_the_answer_depends_on() -> None:
    network = ours()
    maps = layer_maps(network, IMAGES, 1, "hirescam")
    assert maps.shape == (2, 4, 4)
    assert maps.std() > 1e-3


def test_only_places_tell_a_picture_from_one_whose_patches_were_shuffled() -> None:
    network = NarrowViT("ab", width=24, depth=2, input_size=(SIDE, SIDE)).eval()
    order = torch.randperm(16, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        before = network(IMAGES)
        handle = network.flatten.register_forward_hook(lambda _m, _i, out: out[:, :, order])
        assert (network(IMAGES) - before).abs().max() > 1e-4
        nn.init.zeros_(network.places)
        shuffled = network(IMAGES)
        handle.remove()
        torch.testing.assert_close(shuffled, network(IMAGES))


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        ({"heads": 5}, "5 heads cannot share evenly"),
        ({"patch": 7}, "patches of 7 px do not cover"),
        ({"patch": 16, "width": 20}, "give a multiple of 8"),
        ({"depth": 0}, "depth is 0"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(shape: dict[str, int], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        NarrowViT("ab", **shape)
