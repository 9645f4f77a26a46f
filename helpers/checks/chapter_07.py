"""Checks of chapter 07."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from helpers.checks import grading
from helpers.checks.grading import called, expect, expect_right, graded


def _random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@graded("7.1")
def exercise_7_1(hires_cam: Any) -> str:
    """HiResCAM from activations and gradients of one image."""
    activations, gradients = _random(6, 5, 4).clamp_min(0), _random(6, 5, 4, seed=1)
    product = gradients * activations
    expect_right(
        grading.as_array(called(hires_cam, activations, gradients), (5, 4)),
        product.sum(0),
        "the values differ. Multiply activation and gradient element by element, then sum over "
        "channels.",
        *_cam_mistakes(activations, gradients, product),
    )
    return "Gradient times activation, summed over channels, nothing else."


def _cam_mistakes(
    activations: Tensor, gradients: Tensor, product: Tensor
) -> list[tuple[Tensor, str]]:
    grad_cam = (gradients.mean((1, 2), keepdim=True) * activations).sum(0)
    averaged = (
        "that is Grad-CAM: it averages the gradients of a channel first. HiResCAM multiplies each "
        "activation with its own gradient."
    )
    cut = "the negative part is gone: leave the ReLU out, evidence against a class counts too."
    unsigned = "the signs are gone: leave abs() out, because evidence against a class is evidence."
    alone = "that is the gradient alone: multiply it with the activation to get what is there."
    return [
        (grad_cam, averaged),
        (grad_cam.clamp_min(0), averaged),
        (product.sum(0).clamp_min(0), cut),
        (product.mean(0), "the values are too small: sum over the channels, don't average."),
        (product.abs().sum(0), unsigned),
        (product.sum(0).abs(), unsigned),
        (gradients.sum(0), alone),
    ]


@graded("7.2")
def exercise_7_2(half_area: Any) -> str:
    """Smallest share of the picture that holds half of the positive relevance."""
    even, point = torch.ones(1, 10, 10), torch.zeros(1, 10, 10)
    point[0, 3, 4] = 2.0
    maps = torch.cat([even, point, _random(1, 10, 10).abs()])
    areas = grading.as_array(called(half_area, maps), (3,))
    for wrong, sentence in _area_mistakes(maps):
        expect(not grading.same(areas, wrong, atol=0.011), sentence)
    _expect_pixels_counted(areas, _reference_half_area(maps).numpy())
    _expect_shares(areas)
    expect(
        grading.same(grading.as_array(called(half_area, 7 * maps), (3,)), areas, atol=0.0051),
        "seven times the map changes your area: compare with the sum of the map as it is, not with a "
        "number, and don't cut large values off.",
    )
    wide = torch.cat([even, torch.zeros(1, 10, 10)], 2)
    _expect_area(
        half_area,
        wide,
        "a map of 10 by 20 pixels gets a wrong share: divide by its height times its width.",
    )
    signs = torch.tensor([1.0, 0.0, -2.0, -2.0]).repeat_interleave(5)
    _expect_signs(half_area, signs.expand(1, 10, 20))
    _expect_area(half_area, maps, _NOT_SMALLEST)
    return "The smaller the area, the more concentrated the map."


_NOT_SMALLEST = (
    "your area is about right, but not the smallest that holds half: count up to and with the pixel at "
    "which the running sum reaches it, not one more, and don't round."
)


def _expect_area(half_area: Any, maps: Tensor, message: str) -> None:
    areas = grading.as_array(called(half_area, maps), (len(maps),))
    expect(grading.same(areas, _reference_half_area(maps), atol=0.0051), message)


def _expect_signs(half_area: Any, signed: Tensor) -> None:
    """A map with negative relevance, which neither counts nor is turned into positive."""
    area = grading.as_array(called(half_area, signed), (1,))
    expect(
        not grading.same(area, _reference_half_area(signed.abs()), atol=0.0051),
        "abs() turns evidence against the class into evidence for it: use clamp_min(0).",
    )
    expect(
        grading.same(area, _reference_half_area(signed), atol=0.0051),
        "negative relevance enters your sum. Cut it off first: clamp_min(0).",
    )
    expect(grading.same(area, _reference_half_area(signed), atol=1e-4), _NOT_SMALLEST)


def _area_mistakes(maps: Tensor) -> list[tuple[Tensor, str]]:
    """What a reader may have computed of maps without negative relevance."""
    flat, right = maps.double().flatten(1), _reference_half_area(maps)
    pixels, rising = flat.shape[1], flat.sort().values.cumsum(1)
    falling = flat.sort(descending=True).values.cumsum(1)
    rows = maps.double().sort(2, descending=True).values.flatten(1).cumsum(1)
    maximum, median = flat.amax(1, keepdim=True), flat.median(1, keepdim=True).values
    # Both ways lead to the same numbers, so both are named.
    rest = (
        "that is the share of the other pixels, the smallest ones: sort from the largest to the "
        "smallest, and count the pixels until the half is reached, not those after it."
    )
    positive = "divide by all pixels, not by those that are positive."
    batch = "you compare with half of all maps together: each map has a total of its own."
    each_row = "you sort each row by itself: flatten a map to one row first, flatten(1)."
    half = (
        "you compare each pixel with half of the maximum: sort the pixels and add them up instead."
    )
    middle = "you compare each pixel with the median: sort the pixels and add them up instead."
    return [
        ((rising < flat.sum(1, keepdim=True) / 2).double().mean(1), rest),
        (right * pixels / (flat > 0).sum(1), positive),
        ((falling < flat.sum() / 2).double().mean(1), batch),
        ((rows < rows[:, -1:] / 2).double().mean(1), each_row),
        ((flat >= maximum / 2).double().mean(1), half),
        ((flat > maximum / 2).double().mean(1), half),
        ((flat >= median).double().mean(1), middle),
        ((flat > median).double().mean(1), middle),
    ]


def _expect_pixels_counted(areas: np.ndarray, right: np.ndarray) -> None:
    """The right pixels, but one too few, or divided by another number than that of the picture."""
    expect(
        not grading.same(areas, right - 0.01, atol=1e-4),
        "you are one pixel short: the pixel that crosses the half counts as well.",
    )
    expect(
        areas.max() <= 1,
        f"a share cannot be {areas.max():.4g}: divide the number of pixels by that of the picture.",
    )
    times = float(areas[0] / right[0])
    expect(
        not grading.same(areas, times * right, atol=1e-4) or grading.same(times, 1, atol=0.03),
        f"all your shares are {times:.3g} times what they should be: divide by the number of pixels of "
        "the maps that are given, not by a fixed number.",
    )


def _expect_shares(areas: np.ndarray) -> None:
    """The areas of a map that is equal everywhere, of one bright pixel, and of any other."""
    even, point, _ = areas
    expect(
        grading.same(even, 0.5, atol=0.011),
        f"a map that is equal everywhere needs half of the picture, but you give {even:.2f}. Sort "
        "the pixels and add them up, until half of the map's own sum is reached.",
    )
    expect(
        grading.same(point, 0.01, atol=1e-4),
        f"one bright pixel of 100 needs 0.01 of the picture, but you give {point:.3f}. Count the "
        "largest pixels, up to and with the one that crosses the half.",
    )


def _reference_half_area(maps: Tensor) -> Tensor:
    ordered = maps.clamp_min(0).flatten(1).sort(descending=True).values.cumsum(1)
    return (ordered < ordered[:, -1:] / 2).double().sum(1).add(1) / ordered.shape[1]


@graded("7.3")
def exercise_7_3(focus: Any) -> str:
    """Share of the positive relevance inside a mask."""
    relevance = _random(4, 8, 8)
    masks = _random(4, 8, 8, seed=1) > 0.3
    positive = relevance.clamp_min(0)
    expect_right(
        grading.as_array(called(focus, relevance, masks), (4,)),
        (positive * masks).sum((1, 2)) / positive.sum((1, 2)),
        "the focus is: positive relevance inside / all positive relevance.",
        *_focus_mistakes(relevance, masks),
    )
    ones = grading.as_array(called(focus, torch.ones(1, 8, 8), masks[:1]), (1,))
    expect(
        grading.same(ones, masks[:1].double().mean((1, 2))),
        "a map that is equal everywhere must score the mask's share of the picture.",
    )
    return "Now compare it with chance before you believe it."


def _focus_mistakes(relevance: Tensor, masks: Tensor) -> list[tuple[Tensor, str]]:
    positive, size = relevance.clamp_min(0), relevance.abs()
    inside, total = (positive * masks).sum((1, 2)), positive.sum((1, 2))
    signed, area = relevance.sum((1, 2)), masks.double().sum((1, 2))
    pixels = masks[0].numel()
    cut = "negative relevance enters your sums, and the shares leave [0, 1]: cut it off first."
    unsigned = "abs() turns evidence against the class into evidence for it: use clamp_min(0)."
    by_area = "you divided by the mask's area: divide by all positive relevance of the map."
    lift = "that is the lift over chance: leave the mask's share of the picture out."
    return [
        ((relevance * masks).sum((1, 2)) / signed, cut),
        (inside / total / (area / pixels), lift),
        (inside / signed, "cut negative values off in both sums, not only above."),
        ((size * masks).sum((1, 2)) / size.sum((1, 2)), unsigned),
        (1 - inside / total, "that is the share outside the mask: turn it round."),
        (inside / area, by_area),
        (
            inside / pixels / positive.amax((1, 2)),
            "divide by the sum of the map, not by its maximum.",
        ),
    ]


@graded("7.4", "consistent")
def exercise_7_4(test: Any) -> str:
    """A claim of the reader's own, with its n, interval and verdict."""
    names = ("n", "value", "low", "high", "null")
    question = "on which side of the null does your claim put the value?"
    result = grading.claimed(test, *names, side=question)
    n, value, low, high, null = (grading.as_number(result[name], name) for name in names)
    expect(n == round(n), f"n is {n:g}: it counts images, so it is a whole number.")
    expect(n >= 20, f"n is {n:.0f}: take at least 20 images, or the interval says next to nothing.")
    expect(low <= value <= high and low < high, "the value must lie inside its interval.")
    shown = f"your interval reaches from {low:.3g} to {high:.3g}, the null is {null:g}"
    grading.judge(result, result["direction"], low, high, null, shown)
    # Which pictures they are, and whether there was a control, a dict of numbers does not tell.
    return (
        f"Verdict: {result['verdict']}, n = {n:.0f}. It reaches as far as your pictures do: drawn "
        "faces tell about the model, not about people."
    )
