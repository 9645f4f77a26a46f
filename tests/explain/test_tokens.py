"""How a vision transformer looks is read from any of them, and nothing of the reading is left."""

import pytest
import torch
from timm.models import SwinTransformer
from torch import Tensor, nn
from torch.nn import functional as F

from helpers import faces, models
from helpers.errors import InputError
from helpers.explain import check, explain
from helpers.explain.attention_mode import Attending, frozen
from helpers.explain.tokens import look
from helpers.models.contract import answers
from tests.networks import pictures, small_network
from tests.transformers import ALL, SIDE, of_timm, of_torchvision, ours, unfused

METHODS = ("attention", "rollout", "chefer", "attnlrp", "libragrad", "activation_patching")
IMAGES = pictures(3, SIDE)


def attention(model: nn.Module, images: Tensor = IMAGES) -> tuple[Tensor, list[Tensor]]:
    with torch.no_grad(), Attending() as mode:
        logits = answers(model, images)
    return logits, mode.weights


@pytest.mark.parametrize("name", ALL)
def test_attention_written_out_gives_the_same_answer(name: str) -> None:
    model = ALL[name]()
    logits, weights = attention(model)
    with torch.no_grad():
        torch.testing.assert_close(logits, model(IMAGES), rtol=1e-5, atol=1e-5)
    assert len(weights) == 3
    for each in weights:
        torch.testing.assert_close(each.sum(-1), torch.ones(each.shape[:-1]))
        assert each.std() > 0.01, "attention that is even everywhere would prove nothing"


def test_fused_attention_has_the_maps_that_the_same_network_writes_out_itself() -> None:
    for fused, written in zip(attention(of_timm())[1], attention(unfused())[1], strict=True):
        torch.testing.assert_close(fused, written)


def test_the_maps_of_torchs_own_attention_are_those_that_it_returns() -> None:
    model, seen = of_torchvision(), []
    module = model.encoder.layers[0].self_attention  # type: ignore[union-attr, index]
    handle = module.register_forward_pre_hook(lambda _m, inputs: seen.append(inputs))
    weights = attention(model)[1][0]
    handle.remove()
    _, theirs = module(*seen[0], need_weights=True, average_attn_weights=False)
    torch.testing.assert_close(weights, theirs)


def test_masks_scales_and_returned_maps_are_kept() -> None:
    torch.manual_seed(0)
    query, key, value = torch.randn(3, 2, 4, 5, 6)
    for mask in (torch.randn(5, 5), torch.rand(5, 5) < 0.7):
        mask = mask | torch.eye(5, dtype=torch.bool) if mask.dtype == torch.bool else mask
        usual = F.scaled_dot_product_attention(query, key, value, mask, scale=0.3)
        with Attending():
            written = F.scaled_dot_product_attention(query, key, value, mask, scale=0.3)
        torch.testing.assert_close(written, usual)
    module = nn.MultiheadAttention(6, 2, batch_first=True).eval()
    tokens = torch.randn(2, 5, 6)
    for average in (True, False):
        usual_pair = module(tokens, tokens, tokens, average_attn_weights=average)
        with Attending():
            pair = module(tokens, tokens, tokens, average_attn_weights=average)
        torch.testing.assert_close(pair, usual_pair)


@pytest.mark.parametrize(
    ("name", "first", "read"),
    [
        ("ours", 1, [0]),
        ("timm", 1, [0]),
        ("timm, unfused", 1, [0]),
        ("timm, registers", 5, [0]),
        ("timm, averaging", 0, list(range(16))),
        ("timm, distilled", 2, [0, 1]),
        ("torchvision", 1, [0]),
    ],
)
def test_patches_and_the_tokens_that_are_read_are_found(
    name: str, first: int, read: list[int]
) -> None:
    sight = look(ALL[name](), IMAGES)
    assert (sight.grid, sight.first, len(sight.blocks)) == ((4, 4), first, 3)
    assert torch.nonzero(sight.readers).flatten().tolist() == read
    assert sight.readers.sum() == pytest.approx(1)


def test_a_grid_that_is_no_square_is_found_and_a_picture_of_another_size_too() -> None:
    model = ours(input_size=(32, 48))
    assert look(model, IMAGES).grid == (4, 6)
    assert look(model, pictures(1, 112)).grid == (4, 6)


def test_patches_cut_without_a_convolution_are_found() -> None:
    class Cut(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(192, 24)

        def forward(self, images: Tensor) -> Tensor:
            return self.linear(F.unfold(images, 8, stride=8).transpose(1, 2)).transpose(1, 2)

    model = ours()
    model.embed, model.flatten = Cut(), nn.Identity()
    assert look(model, IMAGES).grid == (4, 4)


def test_patches_that_do_not_lie_row_by_row_are_refused() -> None:
    class Shuffled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = ours()
            self.inner.flatten = nn.Sequential(nn.Flatten(2), Order())

        def forward(self, images: Tensor) -> Tensor:
            return self.inner(images)  # type: ignore[no-any-return]

    class Order(nn.Module):
        def forward(self, tokens: Tensor) -> Tensor:
            return tokens[:, :, torch.randperm(16, generator=torch.Generator().manual_seed(0))]

    with pytest.raises(InputError, match="do not lie in the picture as a grid"):
        explain(Shuffled().eval(), IMAGES, 1, "attention")


@pytest.mark.parametrize("method", METHODS)
def test_a_convolutional_network_is_refused_in_a_sentence(method: str) -> None:
    model = small_network()
    assert not check(model, method).ok
    with pytest.raises(InputError, match="no attention of tokens .* take gradcam"):
        explain(model, IMAGES, 1, method)


def test_windows_and_pooling_by_attention_are_refused() -> None:
    swin = SwinTransformer(
        img_size=64, patch_size=4, embed_dim=8, depths=(2, 2), num_heads=(2, 2), window_size=4
    )
    pooled = of_timm(global_pool="map", class_token=False)
    for model, size in ((swin.eval(), 64), (pooled, SIDE)):
        verdict = check(model, "rollout", pictures(1, size))
        assert not verdict.ok
        assert "windows, as in Swin" in verdict.sentence


def test_a_maximum_over_tokens_is_refused_since_each_picture_has_its_own() -> None:
    class Largest(nn.Module):
        def forward(self, tokens: Tensor) -> Tensor:
            return tokens.gather(1, tokens[..., :1].argmax(1, True).expand(-1, -1, tokens.shape[2]))

    model = ours()
    model.blocks.append(Largest().eval())
    assert "change with the picture" in check(model, "attention", IMAGES).sentence


def test_attention_that_looks_back_only_is_refused() -> None:
    class Causal(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            tokens = images.flatten(2).transpose(1, 2)[:, None]
            return F.scaled_dot_product_attention(tokens, tokens, tokens, is_causal=True)[:, 0, -1]

    assert "looks back only" in check(Causal().eval(), "attention", pictures(1, 8)).sentence


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["ours", "timm", "torchvision"])
def test_the_network_is_left_as_it_was(name: str, method: str) -> None:
    model = ALL[name]()
    next(model.parameters()).requires_grad_(False)
    before = {key: each.clone() for key, each in model.state_dict().items()}
    asked = [each.requires_grad for each in model.parameters()]
    state, fused = torch.get_rng_state(), F.scaled_dot_product_attention
    explain(model, IMAGES[:1], 1, method)
    assert all(torch.equal(before[key], each) for key, each in model.state_dict().items())
    assert [each.requires_grad for each in model.parameters()] == asked
    assert all(each.grad is None for each in model.parameters())
    assert not any(each._forward_hooks or each._forward_pre_hooks for each in model.modules())
    assert torch.equal(torch.get_rng_state(), state)
    assert F.scaled_dot_product_attention is fused


def test_weights_ask_for_gradients_again_after_an_error() -> None:
    model = ours()
    with pytest.raises(ZeroDivisionError), frozen(model):
        assert not any(each.requires_grad for each in model.parameters())
        raise ZeroDivisionError
    assert all(each.requires_grad for each in model.parameters())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["ours", "timm, averaging", "torchvision"])
def test_an_image_has_the_same_map_alone_and_in_company(name: str, method: str) -> None:
    model = ALL[name]()
    together = explain(model, IMAGES, [0, 1, 2], method)
    alone = [explain(model, IMAGES[k : k + 1], k, method, batch_size=7) for k in range(3)]
    torch.testing.assert_close(torch.cat(alone), together, rtol=1e-4, atol=1e-5)
    backwards = explain(model, IMAGES.flip(0), [2, 1, 0], method, batch_size=2)
    torch.testing.assert_close(backwards.flip(0), together, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_maps_are_the_same_under_the_callers_inference_mode(method: str) -> None:
    model = ours()
    usual = explain(model, IMAGES, 1, method)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(explain(model, IMAGES, 1, method), usual)


@pytest.mark.parametrize("method", METHODS)
def test_a_network_that_answers_a_constant_has_an_empty_map(method: str) -> None:
    model = ours()
    nn.init.zeros_(model.head.weight)
    assert not explain(model, IMAGES, 1, method).any()


def test_classes_do_not_matter_to_attention_and_rollout_and_do_to_the_others() -> None:
    model = ours()
    for method in METHODS:
        maps = [explain(model, IMAGES, target, method) for target in (0, 1)]
        assert torch.equal(*maps) == (method in ("attention", "rollout")), method
    with pytest.raises(InputError):
        explain(model, IMAGES, 17, "attention")


@pytest.mark.parametrize("name", ["synthetic-glasses-vit", "synthetic-glasses-vit-clean"])
def test_the_grid_is_found_on_faces_although_its_patches_see_their_neighbours(name: str) -> None:
    drawn = faces.render(faces.sample(8, seed=5, glasses=True, hat=False), size=64)
    model = models.load(name)
    for image in torch.from_numpy(drawn.images).permute(0, 3, 1, 2) / 255:
        assert look(model, image[None]).grid == (8, 8)
