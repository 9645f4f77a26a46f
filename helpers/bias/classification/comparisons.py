"""Group against group: differences with intervals, and p-values corrected for their number."""

from collections.abc import Hashable
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import special, stats

from helpers.bias.classification.answers import Column, Groups, read
from helpers.bias.classification.metrics import Array, Mean, Metric, denominators, named, reasons
from helpers.errors import InputError, unknown_name
from helpers.intervals import holm


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
) -> pd.DataFrame:
    """Compare every group with every other, or all with one.

    Parameters
    ----------
    truth, prediction, groups, positive, data, level
        As in :func:`~helpers.bias.classification.audit`.
    metric : str
        Any but the geometric means and ``ece``.
    reference : str, optional
        The group that all others are compared with. Choose it before looking at the figures: a
        comparison with the best group, found in the same faces, is one with all of them.

    Returns
    -------
    DataFrame
        ``metric, first, second, n_first, n_second`` (the faces that the metric divides by),
        ``difference`` (first - second) with ``low`` and ``high`` for this pair alone, ``p``,
        ``p_holm`` corrected for all pairs of the table, ``differs`` (whether ``p_holm`` is below
        ``1 - level``) and ``note``. A pair in which the metric is undefined has NaN.

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

    References
    ----------
    Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions.
    Statistics in Medicine 17. Holm, S. (1979). Scandinavian Journal of Statistics 6.
    """
    answers = read(truth, prediction, groups, None, positive, data)
    kind = _comparable(metric)
    cells, names = answers.cells(), answers.names
    first, second = _pairs(names, reference)
    value, n, why = kind.value(cells), denominators(cells, kind), reasons(cells, kind)
    low, high = _difference(kind, cells[first], cells[second], special.ndtri((1 + level) / 2))
    p = p_of_difference(kind, cells[first], cells[second])
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
            "p_holm": holm(p),
            "differs": holm(p) < 1 - level,
            "note": [_why(names, why, pair) for pair in zip(first, second, strict=True)],
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


def _difference(metric: Metric, first: Array, second: Array, z: Array) -> tuple[Array, Array]:
    assert not isinstance(metric, Mean)
    one, two = metric.value(first), metric.value(second)
    one_low, one_high = metric.limits(first, z)
    two_low, two_high = metric.limits(second, z)
    below = np.hypot(one - one_low, two_high - two)
    above = np.hypot(one_high - one, two - two_low)
    return one - two - below, one - two + above


def _comparable(metric: str) -> Metric:
    if metric.lower() == "ece":
        raise InputError(
            "ece is biased upwards, more so in a smaller group, so differences of it mislead: "
            "compare the intervals that audit gives, or the reliability curves."
        )
    kind = named(metric)
    if isinstance(kind, Mean):
        raise InputError(f"{metric} has no closed-form interval: compare what it is made of.")
    return kind


def _pairs(names: list[str], reference: str | None) -> tuple[list[int], list[int]]:
    if len(names) < 2:
        raise InputError(f"a comparison needs two groups; there is only {', '.join(names)}.")
    if reference is None:
        first, second = zip(*combinations(range(len(names)), 2), strict=True)
        return list(first), list(second)
    if reference not in names:
        raise unknown_name("group", reference, names)
    one = names.index(reference)
    others = [each for each in range(len(names)) if each != one]
    return others, [one] * len(others)


def _why(names: list[str], reasons: list[str], pair: tuple[int, int]) -> str:
    return "; ".join(f"{names[each]}: {reasons[each]}" for each in pair if reasons[each])
