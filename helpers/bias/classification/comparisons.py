"""Group against group: differences with intervals, and p-values corrected for their number."""

from collections.abc import Hashable
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special, stats

from helpers import arguments
from helpers.bias.classification.answers import askable, joined, read
from helpers.bias.classification.criteria import MARGIN
from helpers.bias.classification.extremes import DIFFERENCE, chances_of_gap
from helpers.bias.classification.groups import Column, Groups
from helpers.bias.classification.metrics import METRICS, OF_EXACT, Array, Metric, known
from helpers.errors import InputError
from helpers.intervals import GAP, NO_GAP, TOO_LITTLE, holm, verdict

_MOST = 300  # more groups make more pairs than anybody reads


def pairwise(
    truth: Column,
    prediction: Column,
    groups: Groups,
    metric: str = "accuracy",
    positive: Hashable | None = 1,
    *,
    data: pd.DataFrame | None = None,
    level: float = 0.95,
    margin: float = MARGIN,
) -> pd.DataFrame:
    """Compare every group with every other.

    Parameters
    ----------
    truth, prediction : array_like (N,), or str
        Labels as annotated and as predicted; a name is a column of ``data``.
    groups : array_like (N,), DataFrame (N, A), dict or list of columns, or str
        An attribute, or several, which are crossed.
    metric : str
        A name from :data:`~helpers.bias.classification.METRICS`.
    positive : label or None
        The label that recall, precision and selection are about, or None for accuracy alone.
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
        ``1 - level``), ``verdict`` and ``note``. A pair in which the metric is undefined has NaN;
        a group without anybody, such as a category that a selection has emptied, makes no pair.

    Raises
    ------
    InputError
        If only one group has faces, more than 300 have, or an argument has no meaning.
    UnknownName
        If there is no such metric.

    Notes
    -----
    The interval is Newcombe's, made of two Wilson intervals (MOVER); it would just touch zero at
    the level 1 - p, so ``p < 0.05`` and a 95 % interval without zero are one statement.

    The verdict is "gap" where the pair ``differs``, its interval reaches beyond the margin, and an
    exact test agrees, corrected by Holm as well: of 2 right against 2 wrong answers the first two
    say p = .03, but equal groups show that in 1 of 8 audits. So in at most 5 % of audits one or
    more gaps are found where there is none. It is "no gap larger than the margin" where the whole
    interval lies within the margin and, if the metric is about both classes, both groups have faces
    of both; everything else is "too little evidence".

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
    name = _comparable(metric)
    answers = read(truth, prediction, groups, None, positive, data)
    askable(answers, [name], (), OF_EXACT)
    counted, cells = METRICS[name], answers.cells
    there = np.flatnonzero(cells.sum(axis=1))
    first, second = _pairs(there, answers.names)
    one, two = cells[first], cells[second]
    table = _differences(counted, one, two, level)
    table.insert(0, "metric", name)
    for place, (column, group) in enumerate({"first": first, "second": second}.items(), start=1):
        table.insert(place, column, [answers.names[each] for each in group])
    table["differs"] = table["p_holm"] < 1 - level
    certain = table["differs"] & (holm(exact_p(counted, one, two)) < 1 - level)
    alone = set(answers.of_one_class()) if counted.about_both_classes() else set()
    table["verdict"] = _verdicts(table, certain, alone, margin)
    why = dict(zip(answers.names, counted.reasons(cells), strict=True))
    table["note"] = [_why(pair, why, alone) for pair in zip(table["first"], table["second"])]
    return table


def _differences(counted: Metric, one: Array, two: Array, level: float) -> pd.DataFrame:
    """A row a pair of groups, of whose cells the metric is counted."""
    low, high = _difference(counted, one, two, special.ndtri((1 + level) / 2))
    p = p_of_difference(counted, one, two)
    return pd.DataFrame(
        {
            "n_first": counted.counts(one)[1].astype(int),
            "n_second": counted.counts(two)[1].astype(int),
            "difference": counted.value(one) - counted.value(two),
            "low": low,
            "high": high,
            "p": p,
            "p_holm": holm(p),
        }
    )


def p_of_difference(metric: Metric, first: Array, second: Array) -> Array:
    """One minus the level at which the interval of a difference just touches zero.

    Parameters
    ----------
    metric : Metric
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
    metric : Metric
    first, second : array (P, 4)
        Cells of the two groups of each pair.

    Returns
    -------
    array (P,)
        NaN where the metric is undefined.
    """
    found = np.full(len(first), np.nan)
    for pair, cells in enumerate(np.stack([first, second], axis=1)):
        hits, n = metric.counts(cells)
        if n.min() > 0:
            flat, gap = np.full(2, hits.sum() / n.sum()), float(np.ptp(hits / n))
            found[pair] = max(1 - chances_of_gap(n, flat, gap, DIFFERENCE)[0], 0.0)
    return found


def _verdicts(table: pd.DataFrame, certain: pd.Series, alone: set[str], margin: float) -> list[str]:
    """The verdict of each pair: a gap must be certain, and only like can be said to be alike."""
    like = ~table[["first", "second"]].isin(alone).any(axis=1)
    said = []
    for low, high, sure, comparable in zip(table["low"], table["high"], certain, like, strict=True):
        found = verdict(low, high, margin)
        unsaid = (found == GAP and not sure) or (found == NO_GAP and not comparable)
        said.append(TOO_LITTLE if unsaid else found)
    return said


def _difference(metric: Metric, first: Array, second: Array, z: Array) -> tuple[Array, Array]:
    one, two = metric.value(first), metric.value(second)
    one_low, one_high = metric.limits(first, z)
    two_low, two_high = metric.limits(second, z)
    below = np.hypot(one - one_low, two_high - two)
    above = np.hypot(one_high - one, two - two_low)
    return one - two - below, one - two + above


def _comparable(metric: str) -> str:
    (name,) = known([metric])
    if name == "ece":
        raise InputError(
            "ece is biased upwards, more so in a smaller group, so differences of it mislead: "
            "compare the intervals that audit gives, or the reliability curves."
        )
    return name


def _pairs(there: NDArray[np.intp], names: list[str]) -> tuple[list[int], list[int]]:
    """Both ends of every pair of the groups that hold anybody."""
    number = len(there)
    if number < 2:
        only = ", ".join(names[each] for each in there)
        raise InputError(f"a comparison needs two groups with faces; there is only {only}.")
    if number > _MOST:
        raise InputError(
            f"{number:,} groups make {number * (number - 1) // 2:,} pairs: take fewer."
        )
    first, second = zip(*combinations(there.tolist(), 2), strict=True)
    return list(first), list(second)


def _why(pair: tuple[str, str], why: dict[str, str], alone: set[str]) -> str:
    undefined = [f"{each}: {why[each]}" for each in pair if why[each]]
    return joined(*undefined, *(f"only one class in {each}" for each in pair if each in alone))
