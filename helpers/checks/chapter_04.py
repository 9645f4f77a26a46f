"""Checks of chapter 04."""

from itertools import permutations
from typing import Any

import torch
from torch import Tensor

from helpers.checks import grading
from helpers.checks.grading import called, expect, expect_right, graded


def _random(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


# -- gradients -------------------------------------------------------------------------------------


@graded("4.1")
def exercise_4_1(input_times_gradient: Any) -> str:
    """Input times gradient of a batch, signed and summed over the colours."""
    images, slopes = _random(4, 3, 6, 5), _random(4, 3, 6, 5, seed=1) - 0.5
    product = images * slopes
    expect_right(
        grading.as_array(called(input_times_gradient, images, slopes), (4, 6, 5)),
        product.sum(1),
        "the values differ. Multiply image and slope value by value, then sum over the colours.",
        *_product_mistakes(images, slopes, product),
    )
    return "Whether such a product is a contribution is the next question."


def _product_mistakes(images: Tensor, slopes: Tensor, product: Tensor) -> list[tuple[Tensor, str]]:
    unsigned = "a sign is gone: leave abs() out, because evidence against a class is evidence."
    cut = "the negative part is gone: don't cut at 0, because evidence against a class is evidence."
    early = "you summed over the colours before you multiplied: each value has a slope of its own."
    return [
        (product.abs().sum(1), unsigned),
        (product.sum(1).abs(), unsigned),
        (product.sum(1).clamp_min(0), cut),
        (product.clamp_min(0).sum(1), cut),
        (
            product.amax(1),
            "that is the largest of the colours: sum over them, so that sums mean something.",
        ),
        (product.abs().amax(1), "that is the size of the largest colour: keep the signs and sum."),
        (product.mean(1), "the values are a third too small: sum over the colours, don't average."),
        (images.sum(1) * slopes.sum(1), early),
        (images.mean(1) * slopes.sum(1), early),
        (slopes.sum(1), "that is the gradient alone: multiply it with the image."),
    ]


class _Bent(torch.nn.Module):
    """Scores of three classes that bend, so that a slope in one place is not the slope in another."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(_random(3, 48, seed=2) - 0.4, requires_grad=False)

    def forward(self, images: Tensor) -> Tensor:
        return (images.flatten(1) @ self.weight.T) ** 3


@graded("4.2")
def exercise_4_2(expected: Any) -> str:
    """Mean of the integrated gradients of one picture over several baselines."""
    model, image, baselines = _Bent(), _random(1, 3, 4, 4, seed=3), _random(5, 3, 4, 4, seed=4)
    found = grading.as_array(called(expected, model, image, baselines, 1, 8), (4, 4))
    maps = _maps(model, image.expand_as(baselines), baselines, 8)
    expect_right(
        found,
        maps.mean(0),
        "the values differ. Make one map for each baseline with `integrated`, then take their mean.",
        *_baseline_mistakes(model, image, baselines, maps),
    )
    for target in (0, 2):
        expect_right(
            grading.as_array(called(expected, model, image, baselines, target, 8), (4, 4)),
            _maps(model, image.expand_as(baselines), baselines, 8, target).mean(0),
            "right for class 1 and not for another: hand `target` on to `integrated`.",
        )
    return "Its sum is the score less the mean score of the baselines."


def _maps(
    model: torch.nn.Module, images: Tensor, baselines: Tensor, steps: int, target: int = 1
) -> Tensor:
    """Integrated gradients (N, H, W) of a class, by the middle of each step."""
    way, total = images - baselines, torch.zeros_like(baselines)
    for step in range(steps):
        here = (baselines + (step + 0.5) / steps * way).requires_grad_()
        total += torch.autograd.grad(model(here)[:, target].sum(), here)[0]
    return (way * total / steps).sum(1)


def _baseline_mistakes(
    model: torch.nn.Module, image: Tensor, baselines: Tensor, maps: Tensor
) -> list[tuple[Tensor, str]]:
    early = _maps(model, image, baselines.mean(0, keepdim=True), 8)[0]
    black = _maps(model, image, torch.zeros_like(image), 8)[0]
    backwards = _maps(model, baselines, image.expand_as(baselines), 8).mean(0)
    step = _maps(model, image.expand_as(baselines), baselines, 1).mean(0)
    return [
        (early, "you averaged too early: that is the map of the mean baseline. Average the maps."),
        (maps.sum(0), "that is the sum of the maps: take their mean, or its sum means nothing."),
        (maps[0], "that is the map of the first baseline alone: take the mean over all of them."),
        (black, "the baselines have no say in your map: that is the one against black."),
        (backwards, "the way goes from each baseline to the picture: yours goes back."),
        (step, "you take a single step: hand `steps` on to `integrated`."),
        (maps.abs().mean(0), "a sign is gone: take the mean of the maps as they are."),
    ]


# -- parts -----------------------------------------------------------------------------------------


@graded("4.3")
def exercise_4_3(occlusion: Any) -> str:
    """Occlusion by patches side by side, each pixel with the fall of the score."""
    image, fill = _random(1, 3, 6, 8, seed=5), torch.full((1, 3, 1, 1), 0.25)
    weight = _random(3, 6, 8, seed=6) - 0.5

    def score(pictures: Tensor) -> Tensor:
        return 2 + torch.stack([(each * weight).sum() for each in pictures])

    found = grading.as_array(called(occlusion, score, image, 2, fill), (6, 8))
    lost = ((image - fill)[0] * weight).sum(0)
    falls = _in_patches(lost)
    expect_right(
        found,
        falls,
        "the values differ. Each pixel gets the score of the picture less the score with its patch, "
        "and no other, replaced by `fill`.",
        *_occlusion_mistakes(image, weight, fill, falls),
    )
    return "It asks the network once for each patch, and once for the picture."


def _in_patches(values: Tensor, side: int = 2) -> Tensor:
    """The sum of each patch, on all of its pixels."""
    rows, columns = values.shape
    sums = values.view(rows // side, side, columns // side, side).sum((1, 3))
    return sums.repeat_interleave(side, 0).repeat_interleave(side, 1)


def _occlusion_mistakes(
    image: Tensor, weight: Tensor, fill: Tensor, falls: Tensor
) -> list[tuple[Tensor, str]]:
    black = _in_patches((image[0] * weight).sum(0))
    order = falls[::2, ::2].flatten().cumsum(0).view(3, 4)
    grown = order.repeat_interleave(2, 0).repeat_interleave(2, 1)
    after = 2 + (image[0] * weight).sum() - falls
    alone = 2 + (fill[0] * weight).sum() + falls
    return [
        (-falls, "the sign is turned round: a fall is the score before less the score after."),
        (black, "the patch is painted black: use `fill`."),
        (grown, "earlier patches stay hidden: take a fresh copy of the picture for each patch."),
        (after, "that is the score behind each patch: subtract it from the picture's score."),
        (alone, "that is the score with the patch alone shown: hide it and show the rest."),
        (falls.abs(), "a sign is gone: a patch whose hiding lifts the score has a negative value."),
        (falls.clamp_min(0), "the negative part is gone: a patch may speak against the class."),
        (falls / 4, "you share the fall among the pixels of a patch: give each the whole fall."),
    ]


@graded("4.4")
def exercise_4_4(shapley: Any) -> str:
    """Shapley values of a few parts, from the scores of all coalitions."""
    parts = ["mouth", "skin", "nose"]
    v = _game(parts)
    result = grading.keyed(called(shapley, v, parts), parts)
    found = torch.tensor([grading.as_number(result[part], part) for part in parts])
    expect_right(
        found,
        _over_orders(v, parts, list(permutations(parts))),
        f"the values differ. They sum to {float(found.sum()):.3f}, and the whole is "
        f"{v[frozenset(parts)] - v[frozenset()]:.3f}: note the rise of each part as it joins, in every "
        "order, and take the mean.",
        *_shapley_mistakes(v, parts),
    )
    return "They sum to the score of all parts less that of none."


def _game(parts: list[str]) -> dict[frozenset[str], float]:
    scores = [0.3, 1.7, 0.9, 3.6, 0.1, 2.8, 0.6, 4.9]
    subsets = [
        frozenset(part for k, part in enumerate(parts) if row >> k & 1)
        for row in range(len(scores))
    ]
    return dict(zip(subsets, scores, strict=True))


def _over_orders(
    v: dict[frozenset[str], float], parts: list[str], orders: list[tuple[str, ...]]
) -> Tensor:
    rises = dict.fromkeys(parts, 0.0)
    for order in orders:
        for k, part in enumerate(order):
            rises[part] += (v[frozenset(order[: k + 1])] - v[frozenset(order[:k])]) / len(orders)
    return torch.tensor([rises[part] for part in parts])


def _shapley_mistakes(v: dict[frozenset[str], float], parts: list[str]) -> list[tuple[Tensor, str]]:
    whole, nothing = frozenset(parts), frozenset[str]()
    right = _over_orders(v, parts, list(permutations(parts)))
    falls = torch.tensor([v[whole] - v[whole - {part}] for part in parts])
    alone = torch.tensor([v[frozenset([part])] - v[nothing] for part in parts])
    banzhaf = torch.tensor(
        [sum(v[s | {part}] - v[s] for s in v if part not in s) / len(v) * 2 for part in parts]
    )
    return [
        (
            falls,
            "that is the fall when one part is hidden: go through all orders, not the last step.",
        ),
        (alone, "that is the rise when a part joins nothing: go through all orders."),
        (banzhaf, "that is the Banzhaf value: the mean over orders, not over coalitions."),
        (_over_orders(v, parts, [tuple(parts)]), "you took one order: take the mean over all."),
        (6 * right, "you added up the rises of all orders: divide by their number."),
        (right + v[nothing] / len(parts), "the score of nothing is no part's: start from it."),
    ]


@graded("4.5", "consistent")
def exercise_4_5(test: Any) -> str:
    """A claim of the reader's own, with its n, interval and verdict."""
    names = ("n", "value", "low", "high", "null")
    question = "on which side of the null does your claim put the value?"
    result = grading.claimed(test, *names, side=question)
    n, value, low, high, null = (grading.as_number(result[name], name) for name in names)
    expect(n == round(n), f"n is {n:g}: it counts faces, so it is a whole number.")
    expect(n >= 12, f"n is {n:.0f}: take at least 12 faces, or the interval says next to nothing.")
    expect(low <= value <= high and low < high, "the value must lie inside its interval.")
    shown = f"your interval reaches from {low:.3g} to {high:.3g}, the null is {null:g}"
    grading.judge(result, result["direction"], low, high, null, shown)
    return (
        f"Verdict: {result['verdict']}, n = {n:.0f}. It holds for this network, these faces and this "
        "way of hiding."
    )
