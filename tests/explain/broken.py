"""Explainers that each break one law, and what they are made of: gradient times picture, done well."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

Explainer = Callable[..., Any]


@dataclass(frozen=True)
class Broken:
    """An explainer, the law that it breaks, and what it promises."""

    law: str
    explainer: Explainer
    promises: tuple[str, ...] = ()


BROKEN: list[Broken] = []


def breaks(law: str, *promises: str) -> Callable[[Explainer], Explainer]:
    def kept(explainer: Explainer) -> Explainer:
        BROKEN.append(Broken(law, explainer, promises))
        return explainer

    return kept


# -- what is well made


def refuse(model: nn.Module, images: Tensor, targets: Tensor) -> None:
    if any(each.training for each in model.modules()):
        raise ValueError("the network is in training mode: call eval() first")
    refuse_images(images)


def refuse_images(images: Tensor) -> None:
    if images.shape[1] != 3:
        raise ValueError(f"pictures of three channels are needed, not of {images.shape[1]}")
    if not bool(torch.isfinite(images).all()):
        raise ValueError("the pictures hold NaN or infinite numbers")


@contextmanager
def plain() -> Iterator[None]:
    with (
        torch.inference_mode(False),
        torch.enable_grad(),
        torch.autocast("cpu", enabled=False),
    ):
        yield


def slope(model: nn.Module, images: Tensor, targets: Tensor) -> Tensor:
    pictures = images.clone().requires_grad_()
    scores = model(pictures)
    if bool((targets >= scores.shape[1]).any()):
        raise ValueError(f"there are classes 0 to {scores.shape[1] - 1} and no others")
    return torch.autograd.grad(scores.gather(1, targets[:, None]).sum(), pictures)[0]


def coloured(model: nn.Module, images: Tensor, targets: Tensor) -> Tensor:
    """Gradient times picture (N, 3, H, W): complete on a network without constants."""
    refuse(model, images, targets)
    with plain():
        return slope(model, images, targets.clone()) * images.clone()


def good(model: nn.Module, images: Tensor, targets: Tensor) -> Tensor:
    return coloured(model, images, targets).sum(1)


def noisy(model: nn.Module, images: Tensor, targets: Tensor, noise: Tensor) -> Tensor:
    refuse(model, images, targets)
    with plain():
        return (slope(model, images + 0.3 * noise, targets) * images.clone()).sum(1)


def seeded(model: nn.Module, images: Tensor, targets: Tensor, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return noisy(model, images, targets, torch.rand(images.shape[1:], generator=generator))


def batched(model: nn.Module, images: Tensor, targets: Tensor, batch_size: int = 32) -> Tensor:
    parts = zip(images.split(batch_size), targets.split(batch_size), strict=True)
    return torch.cat([good(model, *part) for part in parts])


def by_region(model: nn.Module, images: Tensor, targets: Tensor, masks: Tensor) -> Tensor:
    maps = good(model, images, targets)
    sums = (maps[:, None] * masks).sum((2, 3)) / masks.sum((2, 3)).clamp_min(1)
    return (sums[..., None, None] * masks).sum(1)


@contextmanager
def hooked(modules: list[nn.Module], hook: Callable[..., Any]) -> Iterator[None]:
    handles = [each.register_forward_hook(hook) for each in modules]
    try:
        yield
    finally:
        for each in handles:
            each.remove()


def of_kind(model: nn.Module, kind: type[nn.Module]) -> list[nn.Module]:
    return [each for each in model.modules() if isinstance(each, kind)]


# -- each broken in one way: maps


@breaks("shape")
def at_half_size(model, images, targets):
    return nn.functional.avg_pool2d(good(model, images, targets), 2)


@breaks("dtype")
def in_64_bits(model, images, targets):
    return good(model, images, targets).double()


class Elsewhere(np.ndarray):
    device = torch.device("cuda")


@breaks("device")
def elsewhere(model, images, targets):
    return good(model, images, targets).numpy().view(Elsewhere)


@breaks("detached")
def with_a_history(model, images, targets):
    with plain():
        return good(model, images, targets).clone().requires_grad_()


@breaks("finite")
def divided_by_nothing(model, images, targets):
    brightness = images.sum(1)
    peak = brightness.amax((1, 2), keepdim=True)
    return good(model, images, targets) / ((brightness < peak) | (peak == 0))


@breaks("black")
def divided_by_brightness(model, images, targets):
    return good(model, images, targets) / images.amax((1, 2, 3))[:, None, None]


@breaks("unstretched")
def stretched(model, images, targets):
    maps = good(model, images, targets)
    return maps / maps.abs().amax((1, 2), keepdim=True).clamp_min(1e-12)


@breaks("repeats")
def adding_up(model, images, targets):
    model.calls = getattr(model, "calls", 0) + 1
    return good(model, images, targets) * model.calls


@breaks("another seed")
def deaf_to_its_seed(model, images, targets, seed=0):
    return seeded(model, images, targets, 0)


@breaks("seed decides")
def listening_to_torch(model, images, targets, seed=0):
    with torch.random.fork_rng():
        return noisy(model, images, targets, torch.rand(images.shape[1:]) + 0.1 * seed)


@breaks("single")
def scaled_by_its_batch(model, images, targets):
    return good(model, images, targets) * images.mean()


@breaks("order")
def sorted_by_brightness(model, images, targets):
    # The brightest comes first, and nobody puts them back.
    first = images.mean((1, 2, 3)).argsort(descending=True)
    return good(model, images[first], targets[first])


@breaks("batch size")
def averaged_over_batches(model, images, targets, batch_size=32):
    return batched(model, images, targets, batch_size) / batch_size


@breaks("own class")
def of_the_first_class(model, images, targets):
    return good(model, images, targets[:1].expand(len(images)))


@breaks("memory")
def read_from_memory(model, images, targets):
    as_stored = torch.as_strided(images, images.shape, images.contiguous().stride())
    return (good(model, images, targets) * as_stored.sum(1)).clone()


@breaks("frozen")
def silent_when_frozen(model, images, targets):
    return good(model, images, targets) * any(each.requires_grad for each in model.parameters())


@breaks("no grad")
def silent_without_gradients(model, images, targets):
    silent = not torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
    return good(model, images, targets) * (not silent)


@breaks("inference mode")
def silent_in_inference_mode(model, images, targets):
    return good(model, images, targets) * (not torch.is_inference_mode_enabled())


@breaks("autocast")
def within_autocast(model, images, targets):
    refuse(model, images, targets)
    with torch.inference_mode(False), torch.enable_grad():
        return (slope(model, images, targets) * images.clone()).sum(1)


@breaks("masks")
def with_the_first_masks(model, images, targets, masks):
    return by_region(model, images, targets, masks[:1].expand(len(images), -1, -1, -1))


# -- promises


@breaks("complete", "complete")
def a_tenth_too_much(model, images, targets):
    return 1.1 * good(model, images, targets)


@breaks("residual sum", "complete")
def counting_sums_twice(model, images, targets):
    twice = getattr(model, "merged", None) is False
    return good(model, images, targets) * (2 if twice else 1)


@breaks(
    "dummy", "dummy", "complete", "symmetric", "flip", "shift", "zero", "scale", "offset", "twin"
)
def smeared(model, images, targets):
    maps = good(model, images, targets)
    return (maps + maps.roll(5, 2) + maps.roll(-5, 2)) / 3


@breaks("symmetric", "symmetric")
def leaning_to_the_left(model, images, targets):
    return good(model, images, targets) * torch.linspace(1.2, 0.8, images.shape[3])


@breaks("flip", "flip", "shift", "zero", "scale", "offset", "twin", "complete", "symmetric")
def one_pixel_to_the_right(model, images, targets):
    return good(model, images, targets).roll(1, 2)


@breaks("shift", "shift", "flip", "zero", "scale", "offset", "twin", "dummy")
def leaning_to_the_middle(model, images, targets):
    width = images.shape[3]
    middle = 1 - (torch.arange(width) - (width - 1) / 2).abs() / width
    return good(model, images, targets) * middle


@breaks("zero", "zero", "offset", "twin", "symmetric", "flip", "shift")
def never_silent(model, images, targets):
    return good(model, images, targets) + 1e-3


@breaks("scale", "scale", "dummy", "symmetric", "flip", "shift", "zero", "offset", "twin")
def pressed(model, images, targets):
    maps = good(model, images, targets)
    return maps.sign() * maps.abs().sqrt()


@breaks("offset", "offset", "dummy", "symmetric", "flip", "shift", "zero", "twin")
def per_score(model, images, targets):
    with plain(), torch.no_grad():
        scores = model(images).gather(1, targets[:, None])[:, 0]
    return good(model, images, targets) / (1 + scores.abs())[:, None, None]


@breaks("twin", "twin", "dummy", "symmetric", "flip", "shift", "zero", "scale", "offset")
def by_number_of_weights(model, images, targets):
    return good(model, images, targets) * sum(each.numel() for each in model.parameters())


@breaks("right class")
def of_the_next_class(model, images, targets):
    with torch.no_grad():
        count = model(images).shape[1]
    if bool((targets >= count).any()):
        raise ValueError("there is no such class of the network")
    return good(model, images, (targets + 1) % count)


@breaks("classless", "classless")
def not_classless_at_all(model, images, targets):
    return good(model, images, targets)


# -- state


@breaks("weights")
def changing_a_constant(model, images, targets):
    maps = good(model, images, targets)
    list(model.parameters())[-1].data.add_(1)
    return maps


@breaks("gradients")
def leaving_gradients(model, images, targets):
    maps = good(model, images, targets)
    model.zero_grad()
    return maps


@breaks("flags")
def freezing(model, images, targets):
    maps = good(model, images, targets)
    model.requires_grad_(False)
    return maps


@breaks("mode")
def leaving_a_layer_in_training(model, images, targets):
    model.eval()
    maps = good(model, images, targets)
    for each in of_kind(model, nn.ReLU):
        each.train()
    return maps


@breaks("hooks")
def leaving_a_hook(model, images, targets):
    maps = good(model, images, targets)
    list(model.modules())[1].register_forward_hook(lambda *_: None)
    return maps


@breaks("layers")
def wrapping_a_layer(model, images, targets):
    maps = good(model, images, targets)
    first = list(model.modules())[1]
    first.forward = first.forward
    return maps


@breaks("images")
def darkening_the_images(model, images, targets):
    maps = good(model, images, targets)
    images.mul_(0.5)
    return maps


@breaks("random state")
def drawing_a_number(model, images, targets):
    torch.rand(1)
    return good(model, images, targets)


@breaks("switches")
def switching_gradients_off(model, images, targets):
    maps = good(model, images, targets)
    torch.set_grad_enabled(False)
    return maps


@breaks("eager")
def switching_tensorflow(model, images, targets):
    import tensorflow

    eager = tensorflow.config.functions_run_eagerly()
    tensorflow.config.run_functions_eagerly(not eager)
    return good(model, images, targets)


@breaks("after an error")
def leaving_a_hook_after_an_error(model, images, targets):
    handle = list(model.modules())[1].register_forward_hook(lambda *_: None)
    maps = good(model, images, targets)
    handle.remove()
    return maps


# -- networks and bad input


@breaks("not square")
def height_for_width(model, images, targets):
    maps = good(model, images, targets)
    return maps if images.shape[2] == images.shape[3] else maps.transpose(1, 2)


@breaks("functional relu")
def seeing_modules_only(model, images, targets):
    """Weighs by what activations give, where they are modules."""
    seen = []
    with hooked(of_kind(model, nn.ReLU), lambda _m, _i, out: seen.append(out.detach().flatten(1))):
        maps = good(model, images, targets)
    weight = 1 + sum((each.mean(1) for each in seen), torch.zeros(len(images)))
    return maps * weight.clone()[:, None, None]


@breaks("reused relu")
def seeing_the_last_run(model, images, targets):
    """Keeps one output for each activation, and so the last of one that runs twice."""
    seen = {}
    relus = of_kind(model, nn.ReLU)
    if not relus:
        raise ValueError("the network has no activation that is a module")
    with hooked(relus, lambda each, _i, out: seen.update({each: out.detach().flatten(1)})):
        maps = good(model, images, targets)
    weight = 1 + sum((each.mean(1) for each in seen.values()), torch.zeros(len(images)))
    return maps * weight.clone()[:, None, None]


@breaks("in place relu")
def keeping_without_a_copy(model, images, targets):
    """Weighs by the first layer's lowest output, which an activation in place cuts off."""
    seen = []
    first = [each for each in of_kind(model, nn.Conv2d) if each.in_channels == 3]
    with hooked(first, lambda _m, _i, out: seen.append(out.detach())):
        maps = good(model, images, targets)
    return maps * (1 + seen[0].amin((1, 2, 3)).clone())[:, None, None]


@breaks("order of definition")
def going_by_definition(model, images, targets):
    return good(model, images, targets) * of_kind(model, nn.Conv2d)[0].weight.detach().norm()


@breaks("training mode")
def explaining_in_training(model, images, targets):
    refuse_images(images)
    with plain(), torch.random.fork_rng():
        return (slope(model, images, targets) * images.clone()).sum(1)


@breaks("unknown class")
def with_the_last_class(model, images, targets):
    with torch.no_grad():
        count = model(images).shape[1]
    return good(model, images, targets.clamp_max(count - 1))


@breaks("nonsense")
def without_nonsense(model, images, targets):
    return good(model, images.nan_to_num(0), targets)


@breaks("channels")
def with_a_black_channel(model, images, targets):
    missing = 3 - images.shape[1]
    return good(model, nn.functional.pad(images, (0, 0, 0, 0, 0, missing)), targets)
