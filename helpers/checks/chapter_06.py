"""Checks of chapter 06."""

from typing import Any

import numpy as np
import torch
from scipy.stats import rankdata
from torch import Tensor

from helpers.checks import grading
from helpers.checks.grading import called, expect, expect_right, graded


def _maps() -> tuple[Tensor, Tensor]:
    """Two maps of each of three faces, whose pixels are ranked alike to different degrees."""
    draw = torch.Generator().manual_seed(0)
    one = torch.randn(3, 6, 5, generator=draw)
    other = torch.randn(3, 6, 5, generator=draw)
    likeness = torch.tensor([2.0, 0.5, -1.0]).view(3, 1, 1)
    # The cube keeps ranks and moves values; the offsets set the faces apart.
    two = (likeness * one + other) ** 3 + torch.tensor([0.0, 40.0, 80.0]).view(3, 1, 1)
    return one, two


def _correlations(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    return np.array([np.corrcoef(a, b)[0, 1] for a, b in zip(one, two, strict=True)])


def _ranked(maps: np.ndarray) -> np.ndarray:
    return np.asarray(rankdata(maps, axis=1))


@graded("6.1")
def exercise_6_1(rank_agreement: Any) -> str:
    """Spearman's correlation of two maps, face by face."""
    one, two = _maps()
    given = called(rank_agreement, one, two)
    flat = [each.double().flatten(1).numpy() for each in (one, two)]
    single = isinstance(given, int | float) or np.size(given) == 1
    expect(
        not single,
        "one number for all faces together: rank the pixels of each face by themselves, and return "
        "a number for each.",
    )
    right = _correlations(*map(_ranked, flat))
    expect_right(
        grading.as_numbers(given, "a number for each face was", 3),
        right,
        "the values differ. Rank the pixels of a face in both maps, and correlate the ranks.",
        *_agreement_mistakes(flat, right),
    )
    return "Ranks compare order only: two maps in different units can still agree."


def _agreement_mistakes(flat: list[np.ndarray], right: np.ndarray) -> list[tuple[Any, str]]:
    sizes = [_ranked(np.abs(each)) for each in flat]
    values = "you correlate the values: rank them first, for units differ between libraries."
    unsigned = "abs() makes evidence against the class look like evidence for it: leave it out."
    turned = "the sign of the correlation is lost: maps in reverse order have -1, not 1."
    return [
        (_correlations(*flat), values),
        (_correlations(*sizes), unsigned),
        (np.abs(right), turned),
        (right**2, "those are squares: the correlation itself was asked for, with its sign."),
        (1 - right, "that is a distance: the same order should give 1, not 0."),
    ]


@graded("6.2")
def exercise_6_2(trapezoid_weights: Any) -> str:
    """Weights of the trapezoidal rule for an average."""
    for places in (5, 2, 20):
        weights = grading.as_array(called(trapezoid_weights, places), (places,))
        expect_right(
            weights,
            _trapezoid(places),
            f"the weights of {places} places differ: full weight inside, half at both ends, and a sum "
            "of 1.",
            *_weight_mistakes(places),
        )
    return "They sum to 1, so that a constant gradient comes out as itself."


def _trapezoid(places: int) -> np.ndarray:
    weights = np.ones(places)
    weights[[0, -1]] = 0.5
    return weights / (places - 1)


def _weight_mistakes(places: int) -> list[tuple[Any, str]]:
    halved = _trapezoid(places) * (places - 1)
    short = (
        f"your weights sum to {1 - 1 / places:.2f}, not to 1: you divide by the number of places, but "
        f"between {places} places there are {places - 1} gaps."
    )
    even = np.full(places, 1 / places)
    each = "all your weights are equal: the two ends have one neighbour only, and count half."
    one_end, ends = np.ones(places), np.ones(places)
    one_end[0], ends[1:-1] = 0.5, 2.0
    rest = "only one end is halved: the last place has one neighbour only, as the first has."
    last = one_end[::-1]
    return [
        (halved / places, short),
        (halved, "your weights sum to the number of gaps: divide by it for an average."),
        (ends, "your weights sum to more than 1: divide by their sum for an average."),
        *([(even, each), (np.ones(places), each)] if places > 2 else []),
        *([(even * places / (places - 1), each)] if places > 2 else []),
        *([(end / end.sum(), rest) for end in (one_end, last)] if places > 2 else []),
    ]


@graded("6.3")
def exercise_6_3(infidelity_of: Any) -> str:
    """Mean squared difference of what a map says and what happened."""
    draw = np.random.default_rng(0)
    hidden = (draw.random((7, 5)) < 0.5).astype(float)
    relevance, falls = draw.normal(size=5), draw.normal(size=7)
    given = called(infidelity_of, hidden, falls, relevance)
    expect(
        np.size(given) == 1,
        f"one number was expected, but there are {np.size(given)}: average over the times at the end.",
    )
    said = hidden @ relevance
    expect_right(
        grading.as_number(given),
        ((said - falls) ** 2).mean(),
        "the value differs. For each time: sum the relevance of the hidden pixels, subtract the fall, "
        "square. Then take the mean.",
        *_infidelity_mistakes(hidden, falls, relevance),
    )
    return "It asks for the amount: relevance in another unit gets another infidelity."


def _infidelity_mistakes(
    hidden: np.ndarray, falls: np.ndarray, relevance: np.ndarray
) -> list[tuple[Any, str]]:
    said = hidden @ relevance
    gap = said - falls
    return [
        ((gap**2).sum(), "that is the sum over the times: take their mean."),
        (np.sqrt((gap**2).mean()), "the root is one step too many: the mean square was asked for."),
        (np.abs(gap).mean(), "you took the size of the differences: square them."),
        (gap.mean(), "you did not square the differences, so that they cancel."),
        (
            gap.mean() ** 2,
            "you squared the mean: square each difference first, then take the mean.",
        ),
        (
            ((said + falls) ** 2).mean(),
            "you add the fall: subtract it, for a good map says what happened.",
        ),
        (
            (((1 - hidden) @ relevance - falls) ** 2).mean(),
            "you sum the relevance of the pixels that stayed: `hidden` is 1 where a pixel was hidden.",
        ),
        (
            (((hidden * relevance).mean(1) - falls) ** 2).mean(),
            "you averaged the relevance over the pixels: sum it.",
        ),
        (
            ((relevance.sum() - falls) ** 2).mean(),
            "you sum all relevance: only that of the hidden pixels counts.",
        ),
        (
            1 - np.corrcoef(said, falls)[0, 1],
            "that is a correlation, which forgets the unit: infidelity doesn't.",
        ),
        (np.corrcoef(said, falls)[0, 1], "that is a correlation, which forgets the unit."),
    ]


@graded("6.4", "consistent")
def exercise_6_4(test: Any) -> str:
    """A claim of the reader's own, with its n, interval and verdict."""
    names = ("n", "value", "low", "high", "null")
    question = "on which side of the null does your claim put the value?"
    result = grading.claimed(test, *names, side=question)
    n, value, low, high, null = (grading.as_number(result[name], name) for name in names)
    expect(n == round(n), f"n is {n:g}: it counts faces, so it is a whole number.")
    expect(
        n >= 8, f"n is {n:.0f}: take at least eight faces, or the interval says next to nothing."
    )
    expect(low <= value <= high and low < high, "the value must lie inside its interval.")
    shown = f"your interval reaches from {low:.3g} to {high:.3g}, the null is {null:g}"
    grading.judge(result, result["direction"], low, high, null, shown)
    return f"Verdict: {result['verdict']}, n = {n:.0f}, for this network and faces like these."
