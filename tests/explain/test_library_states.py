"""What captum and zennit leave behind: nothing; and a batch is its single images."""

import random

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from helpers.errors import InputError
from helpers.explain import METHODS, explain
from helpers.explain.catalogue import ROWS
from helpers.models.architectures import Normalise
from tests.networks import pictures

NAMES = [name for name in METHODS.index if name.startswith(("captum.", "zennit."))]
IMAGES = pictures(3, 16)
TARGETS = [0, 1, 0]
FEW = {"samples": 3, "steps": 3, "grid": 2, "patch": 6, "stride": 5}


def network() -> nn.Module:
    """All kinds of modules that rules are attached to, whose activations work in place."""
    torch.manual_seed(6)
    made = nn.Sequential(
        Normalise((0.4, 0.5, 0.6), (0.2, 0.3, 0.4)),
        nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(5, 6, 3), nn.ReLU(inplace=True), nn.Dropout(), nn.AdaptiveAvgPool2d(2),
        nn.Flatten(), nn.Linear(24, 2),
    )  # fmt: skip
    made.layer = "6"
    nn.init.normal_(made[2].running_mean)
    return made.eval()


def options(name: str) -> dict[str, object]:
    few = {key: value for key, value in FEW.items() if key in ROWS[name].options}
    return few | ({"samples": 8} if name == "captum.kernel_shap" else {})


def maps(
    model: nn.Module, name: str, images: Tensor = IMAGES, targets: object = None, **more: int
) -> Tensor:
    return explain(
        model, images, TARGETS if targets is None else targets, name, **options(name), **more
    )


def state(model: nn.Module) -> list[object]:
    """All that a library could leave changed."""
    modules = [
        (name, id(each), each.training, sorted(set(vars(each))), len(each._forward_hooks),
         len(each._forward_pre_hooks), len(each._backward_hooks), getattr(each, "inplace", None))
        for name, each in model.named_modules()
    ]  # fmt: skip
    weights = [
        (
            id(each),
            each.data_ptr(),
            each.requires_grad,
            id(each.grad),
            each.detach().numpy().tobytes(),
        )
        for each in [*model.parameters(), *model.buffers()]
    ]
    return [modules, weights]


def random_state() -> list[object]:
    kind, keys, *place = np.random.get_state()
    return [torch.get_rng_state().tolist(), kind, keys.tolist(), place, random.getstate()]


@pytest.mark.parametrize("name", NAMES)
def test_model_pictures_and_random_generators_are_as_they_were(name: str) -> None:
    model, images = network(), IMAGES.clone()
    model[1].weight.requires_grad_(False)
    model[10].weight.grad = torch.ones_like(model[10].weight)
    before, drawn = state(model), random_state()
    maps(model, name, images)
    assert state(model) == before
    assert random_state() == drawn
    assert torch.equal(images, IMAGES)
    assert not images.requires_grad


@pytest.mark.parametrize("name", NAMES)
def test_so_they_are_after_an_error_halfway(name: str) -> None:
    model = network()
    passes = 0

    def fail_later(_module: nn.Module, _inputs: object) -> None:
        nonlocal passes
        passes += 1
        if passes == last:
            raise RuntimeError("out of memory")

    last = 0
    model[10].register_forward_pre_hook(fail_later)
    maps(model, name)
    passes, last = 0, passes
    before, drawn = state(model), random_state()
    with pytest.raises(InputError, match="out of memory"):
        maps(model, name)
    assert state(model) == before
    assert random_state() == drawn


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_gives_the_maps_of_its_single_images_however_many_fit(name: str) -> None:
    model = network()
    batch = maps(model, name)
    assert batch.shape == (3, 16, 16)
    assert batch.abs().max() > 0
    single = torch.cat([maps(model, name, IMAGES[[n]], TARGETS[n]) for n in range(3)])
    limit = 1e-4 * float(batch.abs().max())
    torch.testing.assert_close(single, batch, atol=limit, rtol=0)
    torch.testing.assert_close(maps(model, name, batch_size=2), batch, atol=limit, rtol=0)


@pytest.mark.parametrize("name", NAMES)
def test_a_caller_without_gradients_and_frozen_weights_change_nothing(name: str) -> None:
    model = network()
    expected = maps(model, name)
    model.requires_grad_(False)
    with torch.no_grad():
        found = maps(model, name)
    torch.testing.assert_close(found, expected)
    with torch.inference_mode():
        torch.testing.assert_close(maps(model, name), expected)


@pytest.mark.parametrize("name", [each for each in NAMES if METHODS.random[each]])
def test_another_seed_is_another_draw_and_the_same_one_the_same(name: str) -> None:
    model = network()
    first = maps(model, name, seed=1)
    assert torch.equal(maps(model, name, seed=1), first)
    assert not torch.equal(maps(model, name, seed=2), first)


@pytest.mark.parametrize("name", [each for each in NAMES if "zero" in ROWS[each].laws])
def test_a_score_that_never_changes_has_an_empty_map(name: str) -> None:
    model = network()
    nn.init.zeros_(model[10].weight)
    assert maps(model, name).abs().max() < 1e-6


@pytest.mark.parametrize("name", [each for each in NAMES if "dummy" in ROWS[each].laws])
def test_pixels_that_the_network_never_reads_get_nothing(name: str) -> None:
    torch.manual_seed(2)
    model = nn.Sequential(nn.Conv2d(3, 4, 2, 2), nn.ReLU(), nn.Flatten(), nn.Linear(256, 2)).eval()
    with torch.no_grad():
        model[3].weight.view(2, 4, 8, 8)[:, :, :, 4:] = 0
    more = {"patch": 4, "stride": 4} if name == "captum.occlusion" else {}
    found = explain(model, IMAGES, TARGETS, name, **(options(name) | more))
    assert found[:, :, 8:].abs().max() < 1e-6
    assert found[:, :, :8].abs().max() > 0


@pytest.mark.parametrize("name", [each for each in NAMES if "flip" in ROWS[each].laws])
def test_a_mirrored_picture_has_a_mirrored_map_where_the_network_mirrors(name: str) -> None:
    torch.manual_seed(2)
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 2),
    ).eval()
    with torch.no_grad():
        model[0].weight.copy_((model[0].weight + model[0].weight.flip(3)) / 2)
    model.layer = "1"
    found = maps(model, name)
    limit = 1e-4 * float(found.abs().max())
    torch.testing.assert_close(maps(model, name, IMAGES.flip(3)), found.flip(2), atol=limit, rtol=0)
