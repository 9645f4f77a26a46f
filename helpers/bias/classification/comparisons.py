"""Group against group: differences with intervals, and p-values corrected for their number."""

from collections.abc import Hashable
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special, stats

from helpers import arguments
from helpers.bias.classification.answers import Column, Groups, read
from helpers.bias.classification.audits import SMALLEST
from helpers.bias.classification.disparities import MARGIN
from helpers.bias.classification.extremes import DIFFERENCE, chances_of_gap
from helpers.bias.classification.metrics import (
    Array,
    Mean,
    Metric,
    Proportion,
    about_both_classes,
    denominators,
    known_name,
    named,
    reasons,
)
from helpers.errors import InputError, unknown_name
from helpers.intervals import GAP, NO_GAP, TOO_LITTLE, holm, verdict

_MOST = 300  # more groups make more pairs than anybody reads


def pairwise(
    truth: Column,
    prediction: Column,
    groups: Groups,
    metric: str = "accuracy",
    positive: Hashable | None = 1,
    *,
    reference: str | None = None,
    data: pd.DataFrame | None = None,
    level: float = 0.95,
    margin: float = MARGIN,
) -> pd.DataFrame:
    """Compare every group with every other, or all with one.

    Parameters
    ----------
    truth, prediction : array_like (N,), or str
        Labels as annotated and as predicted; a name is a column of ``data``.
    groups : array_like (N,), DataFrame (N, A), dict or list of columns, or str
        An attribute, or several, which are crossed.
    metric : str
        Any but the geometric means and ``ece``.
    positive : label or None
        The label that recall, precision and selection are about, or None for accuracy alone.
    reference : str, optional
        The group that all others are compared with. Choose it before looking at the figures: a
        comparison with the best group, found in the same faces, is one with all of them.
    data : DataFrame, optional
        The table whose columns are named.
    level : float
        Confidence level in (0, 1).
    margin : float
        The largest difference that would not matter, at least 0 and below 1. Choose it before you
        see the data: chosen afterwards, it fits whatever was found.

    Returns
    -------
    DataFrame
        ``metric, first, second, n_first, n_second`` (the faces that the metric divides by),
        ``difference`` (first - second) with ``low`` and ``high`` for this pair alone, ``p``,
        ``p_holm`` corrected for all pairs of the table, ``differs`` (whether ``p_holm`` is below
        ``1 - level``), ``verdict`` and ``note``. A pair in which the metric is undefined has NaN.

    Raises
    ------
    InputError
        If there is but one group, or the metric has no closed-form interval.
    UnknownName
        If there is no such metric or reference group.

    Notes
    -----
    The interval is Newcombe's, made of two Wilson intervals (MOVER); p is the level at which it
    would just touch zero, so ``p < 0.05`` and a 95 % interval without zero are one statement.

    The verdict is "gap" where the pair ``differs``, its interval reaches beyond the margin, and an
    exact test agrees, corrected by Holm as well: of 2 right against 2 wrong answers the first two
    say p = .03, but equal groups show that in 1 of 8 audits. So in at most 5 % of audits one or
    more gaps are found where there is none. Sums of two proportions have no exact test here; groups
    of which a part rests on fewer than 30 faces get no "gap". It is "no gap larger than the margin"
    where the whole interval lies within the margin and, if the metric is about both classes, both
    groups have faces of both; everything else is "too little evidence".

    References
    ----------
    Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions.
    Statistics in Medicine 17. Holm, S. (1979). Scandinavian Journal of Statistics 6.

    Examples
    --------
    >>> truth, group = [1] * 80, ["a"] * 40 + ["b"] * 40
    >>> found = pairwise(truth, [1] * 52 + [0] * 28, group, "recall")
    >>> found[["first", "second", "difference", "verdict"]]
      first second  difference verdict
    0     a      b         0.7     gap
    """
    level, margin = arguments.level(level), arguments.share(margin, "margin", open_high=True)
    metric, kind = _comparable(metric)
    answers = read(truth, prediction, groups, None, positive, data)
    if answers.exact and metric not in ("accuracy", "error"):
        raise InputError(f"{metric}: with positive=None only accuracy and error can be compared.")
    cells, names = answers.cells(), answers.names
    first, second = _pairs(names, reference)
    value, n, why = kind.value(cells), denominators(cells, kind), reasons(cells, kind)
    low, high = _difference(kind, cells[first], cells[second], special.ndtri((1 + level) / 2))
    p = p_of_difference(kind, cells[first], cells[second])
    corrected = holm(p)
    alone = set(answers.of_one_class()) if about_both_classes(kind) else set()
    notes = [_why(names, why, alone, pair) for pair in zip(first, second, strict=True)]
    certain = (corrected < 1 - level) & (
        holm(exact_p(kind, cells[first], cells[second])) < 1 - level
    )
    equal = np.array(
        [not {names[one], names[two]} & alone for one, two in zip(first, second, strict=True)]
    )
    return pd.DataFrame(
        {
            "metric": metric,
            "first": [names[each] for each in first],
            "second": [names[each] for each in second],
            "n_first": n[first].astype(int),
            "n_second": n[second].astype(int),
            "difference": value[first] - value[second],
            "low": low,
            "high": high,
            "p": p,
            "p_holm": corrected,
            "differs": corrected < 1 - level,
            "verdict": _verdicts(low, high, margin, certain, equal),
            "note": notes,
        }
    )


def p_of_difference(metric: Metric, first: Array, second: Array) -> Array:
    """The level at which the interval of a difference just touches zero, subtracted from one.

    Parameters
    ----------
    metric : Proportion or Sum
    first, second : array (P, 4)
        Cells of the two groups of each pair.

    Returns
    -------
    array (P,)
        Two-sided p-values; NaN where the metric is undefined.
    """
    gap = metric.value(first) - metric.value(second)
    low, high = np.zeros_like(gap), np.full_like(gap, 40.0)  # z; beyond 38 p is 0 in doubles
    for _ in range(60):
        middle = (low + high) / 2
        below, above = _difference(metric, first, second, middle)
        holds_zero = (below <= 0) & (above >= 0)
        low, high = np.where(holds_zero, low, middle), np.where(holds_zero, middle, high)
    return np.asarray(np.where(np.isnan(gap), np.nan, 2 * stats.norm.sf(high)))


def exact_p(metric: Metric, first: Array, second: Array) -> Array:
    """How often two equal groups differ at least as much, from the exact chances of their counts.

    Parameters
    ----------
    metric : Proportion or Sum
    first, second : array (P, 4)
        Cells of the two groups of each pair.

    Returns
    -------
    array (P,)
        NaN where the metric is undefined. For a sum of proportions, 0 where each part rests on 30
        faces or more in both groups, so that Newcombe's p decides, and 1 otherwise.
    """
    found = np.full(len(first), np.nan)
    for pair, cells in enumerate(np.stack([first, second], axis=1)):
        faces = denominators(cells, metric).min()
        if faces > 0 and isinstance(metric, Proportion):
            hits, n = metric.counts(cells)
            flat, gap = np.full(2, hits.sum() / n.sum()), float(np.ptp(hits / n))
            found[pair] = max(1 - chances_of_gap(n, flat, gap, DIFFERENCE)[0], 0.0)
        elif faces > 0:
            found[pair] = 0.0 if faces >= SMALLEST else 1.0
    return found


def _verdicts(
    low: Array, high: Array, margin: float, certain: NDArray[np.bool_], equal: NDArray[np.bool_]
) -> list[str]:
    """The verdict of each pair: no gap that is not certain, no absence of one that is not equal."""
    said = [verdict(*bounds, margin) for bounds in zip(low, high, strict=True)]
    permitted = {GAP: certain, NO_GAP: equal, TOO_LITTLE: np.ones(len(low), dtype=bool)}
    return [each if permitted[each][pair] else TOO_LITTLE for pair, each in enumerate(said)]


def _difference(metric: Metric, first: Array, second: Array, z: Array) -> tuple[Array, Array]:
    assert not isinstance(metric, Mean)
    one, two = metric.value(first), metric.value(second)
    one_low, one_high = metric.limits(first, z)
    two_low, two_high = metric.limits(second, z)
    below = np.hypot(one - one_low, two_high - two)
    above = np.hypot(one_high - one, two - two_low)
    return one - two - below, one - two + above


def _comparable(metric: str) -> tuple[str, Metric]:
    name = known_name(metric, ("ece",))
    if name == "ece":
        raise InputError(
            "ece is biased upwards, more so in a smaller group, so differences of it mislead: "
            "compare the intervals that audit gives, or the reliability curves."
        )
    kind = named(name)
    if isinstance(kind, Mean):
        raise InputError(f"{metric} has no closed-form interval: compare what it is made of.")
    return name, kind


def _pairs(names: list[str], reference: str | None) -> tuple[list[int], list[int]]:
    if len(names) < 2:
        raise InputError(f"a comparison needs two groups; there is only {', '.join(names)}.")
    if reference is None and len(names) > _MOST:
        raise InputError(
            f"{len(names):,} groups make {len(names) * (len(names) - 1) // 2:,} pairs: compare all "
            "with one, reference=..., or take fewer groups."
        )
    if reference is None:
        first, second = zip(*combinations(range(len(names)), 2), strict=True)
        return list(first), list(second)
    if str(reference) not in names:
        raise unknown_name("group", " ".join(str(reference).split())[:60], names)
    one = names.index(str(reference))
    others = [each for each in range(len(names)) if each != one]
    return others, [one] * len(others)


def _why(names: list[str], reasons: list[str], alone: set[str], pair: tuple[int, int]) -> str:
    parts = [f"{names[each]}: {reasons[each]}" for each in pair if reasons[each]]
    parts += [f"only one class in {names[each]}" for each in pair if names[each] in alone]
    return "; ".join(parts)
