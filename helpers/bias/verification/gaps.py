"""Differences and ratios between groups, with intervals and verdicts.

The interval of a difference or a ratio is put together from the limits of both sides (the
square-and-add method of Newcombe, Statistics in Medicine 1998, with a correlation as in Zou & Donner
2008).

All groups together hold the group that is compared with them, and draws of people don't tell how far
both are off together where the other groups have no errors: nobody can be drawn who would make one.
But the overall rate is the mean of the groups' rates, weighted by their pairs. So a rate is compared
with it as what it is, a sum of all groups' rates, each with its own limits: with two groups the
verdict is then that on one against the other.
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from helpers import arguments
from helpers.bias.verification.pairs import OVERALL
from helpers.bias.verification.people import Sample, require_sample
from helpers.bias.verification.uncertainty import alike, limits, said
from helpers.intervals import GAP, NO_GAP, TOO_LITTLE, edge, verdict

MARGIN = 0.05
"""The largest gap that does not matter, where the reader names none; see :func:`judged`."""

_COLUMNS = ["metric", "group", "reference", "measure", "value", "low", "high"]
_COLUMNS += ["verdict", "impostors", "note"]
_ROUNDING = 1e-12  # by which draws differ that are the same number
_FEW_DRAWS = 10
_ANYTHING = 0.99  # width of an interval of a rate, from which on it says nothing
_COUNTED = {"FMR": "n_impostor", "FNMR": "n_genuine"}  # of which pairs a rate is a share
_STEPS = 40  # halvings of a range that is searched


def compare(
    sample: Sample,
    metric: str,
    reference: str = OVERALL,
    measure: Literal["difference", "ratio"] = "difference",
    level: float = 0.95,
    margin: float | None = None,
) -> pd.DataFrame:
    """Every group against one of them, or against all together.

    Parameters
    ----------
    sample : Sample
        From :func:`helpers.bias.verification.bootstrap`.
    metric : str
        "FMR", "FNMR", "EER", "AUC" or "TAR@FAR=0.01", as in ``sample.measures``.
    reference : str
        A group, or "overall".
    measure : {"difference", "ratio"}
        Group minus reference, or group over reference.
    level : float
        Confidence level of each interval by itself: of many, some exclude parity by chance.
    margin : float, optional
        The largest gap that would not matter, chosen before the data are seen and with the rates in
        mind: a difference, or how far a ratio may be from 1. By default 0.05, and none where not
        even a group without errors would be further than that from the overall rate; ``note`` says
        so.

    Returns
    -------
    pandas.DataFrame
        Columns ``metric``, ``group``, ``reference``, ``measure``, ``value``, ``low``, ``high``,
        ``verdict``, ``impostors``, ``note``. A ratio with a rate of zero below it is undefined. The
        verdict is "gap", "no gap larger than the margin" or "too little evidence", from intervals so
        much wider that of all rows together one or more wrongly says "gap" in at most 5 % of tables
        (Bonferroni).

    Raises
    ------
    UnknownName
        If there is no such metric, group or measure.
    """
    return compare_all(sample, [metric], reference, measure, level, margin)


def compare_all(
    sample: Sample,
    metrics: Sequence[str],
    reference: str = OVERALL,
    measure: Literal["difference", "ratio"] = "difference",
    level: float = 0.95,
    margin: float | None = None,
) -> pd.DataFrame:
    """Compare groups by several measures, whose rows are one family of verdicts."""
    arguments.choice(measure, "measure", ("difference", "ratio"))
    confidence, allowed = arguments.level(level), margin_given(margin)
    require_sample(sample)
    groups = dict.fromkeys(sample.measures["group"])
    rows = sample.rows()
    both = [
        (rows[sample.row(metric, group)], rows[sample.row(metric, reference)])
        for metric in metrics
        for group in groups
        if group not in (reference, OVERALL)
    ]
    wide = 1 - (1 - confidence) / max(len(both), 1)
    found = []
    for one, two in both:
        value, low, high = _compared(sample, one, two, measure, confidence)
        _, least, most = _compared(sample, one, two, measure, wide)
        ruled, about = judged(least, most, allowed, *_parity(sample, one, measure))
        note = "; ".join(filter(None, (_about_pair(sample, one, two, value), about)))
        figures = (value, low, high, ruled, one.impostors, note)
        found.append((one.metric, one.group, reference, measure, *figures))
    return pd.DataFrame(found, columns=_COLUMNS)


def margin_given(margin: float | None) -> float | None:
    """Check a margin; None, where the reader names none, stays None."""
    return None if margin is None else arguments.number(margin, "margin", 0)


def judged(
    low: float, high: float, margin: float | None, parity: float, rate: float
) -> tuple[str, str]:
    """Return a verdict, and what must be said about its margin.

    Where the overall rate is no larger than the margin, a group without any errors would be within
    it too, so that "no gap larger than the margin" could be said of nearly every table. A margin
    that the reader chose for these rates stands, with a note. The default was chosen for none: there
    the verdict does without, and is "gap" where parity is excluded and else "too little evidence".

    Parameters
    ----------
    low, high, parity : float
        Ends of an interval, and the value without a gap; see :func:`helpers.intervals.verdict`.
    margin : float or None
        None for the default, :data:`MARGIN`.
    rate : float
        The overall rate of errors; infinite for what is relative to it, such as a ratio.

    Returns
    -------
    (verdict, note) : tuple of str
    """
    allowed = MARGIN if margin is None else margin
    ruled = verdict(low, high, allowed, parity)
    if ruled != NO_GAP or rate > allowed:
        return ruled, ""
    about = f"the margin of {allowed:g} is not below the overall rate of {rate:.2g}"
    if margin is not None:
        return ruled, f"{about}, so that a group without errors is within it too"
    without = GAP if not low <= parity <= high else TOO_LITTLE
    return without, f"without a margin: {about.replace('the', 'the default', 1)}; give margin="


def rate_of_errors(value: float) -> float:
    """Of a rate of errors or of successes, return whichever is rarer."""
    return min(value, 1 - value)


def correlation(draws: np.ndarray) -> np.ndarray:
    """Correlate columns of draws; 0 for one that does not vary, or where draws are too few."""
    known = draws[np.isfinite(draws).all(axis=1)]
    # Of a handful, chance alone leaves correlations near 1, and differences without uncertainty.
    if len(known) < _FEW_DRAWS:
        return np.eye(draws.shape[1])
    known[:, np.ptp(known, axis=0) <= _ROUNDING] = 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.nan_to_num(np.corrcoef(known, rowvar=False))
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)


def _parity(sample: Sample, row: Any, measure: str) -> tuple[float, float]:
    """Parity of a comparison, and the overall rate that a margin is held against."""
    if measure == "ratio":
        return 1.0, np.inf
    overall = sample.row(row.metric, OVERALL)
    return 0.0, rate_of_errors(float(sample.measures["value"].iloc[overall]))


def _about_pair(sample: Sample, one: Any, two: Any, value: float) -> str:
    """Why a comparison is undefined, or what a reader must know about it."""
    if np.isnan(value):
        reasons = dict.fromkeys(each.note for each in (one, two) if np.isnan(each.value))
        return "; ".join(reasons) or "undefined (a rate of zero)"
    if _same_pairs(sample, one, two):
        return "the same pairs on both sides: nothing to compare"
    return "; ".join(dict.fromkeys(filter(None, (said(one), said(two)))))


def _same_pairs(sample: Sample, one: Any, two: Any) -> bool:
    """Whether two groups have a measure from the very same pairs, as one of all groups may have."""
    same_impostors = one.n_impostor == two.n_impostor or one.metric == "FNMR"
    same_genuine = one.n_genuine == two.n_genuine or one.metric == "FMR"
    if not (same_impostors and same_genuine):
        return False
    first, second = sample.draws[:, [one.Index, two.Index]].T
    shared = np.array_equal(first, second, equal_nan=True) and np.ptp(first) > _ROUNDING
    return OVERALL in (one.group, two.group) or bool(shared)


def _compared(
    sample: Sample, one: Any, two: Any, measure: str, level: float
) -> tuple[float, float, float]:
    """Square and add: distances to the limits of both sides, as if they were standard errors."""
    values = np.array([one.value, two.value])
    ends = np.array([limits(each, level) for each in (one, two)])
    # What people who are all alike have in common, their draws cannot tell; and of a rate that could
    # be anything, nothing is known that it shares with another.
    anything = bool((ends[:, 1] - ends[:, 0] > _ANYTHING).any())
    unknown = anything or alike(one) or alike(two)
    if np.isnan(values).any() or (measure == "ratio" and not values[1]):
        return np.nan, np.nan, np.nan
    gap = values[0] / values[1] if measure == "ratio" else values[0] - values[1]
    if np.isnan(ends).any() or _same_pairs(sample, one, two):
        return float(gap), np.nan, np.nan
    parts = _parts(sample, one, two)
    if parts is not None:
        return (float(gap), *_against_all(sample, one, parts, measure, level))
    if measure == "ratio" and not values[0]:
        return 0.0, 0.0, _most_over(ends[0, 1], values[1], ends[1, 0])
    unknown |= two.group == OVERALL and any(map(alike, _groups_of(sample, one.metric)))
    together = 0.0 if unknown else correlation(sample.draws[:, [one.Index, two.Index]])[0, 1]
    if measure == "ratio":
        with np.errstate(divide="ignore"):
            values, ends = np.log(values), np.log(ends)
    down, up = values - ends[:, 0], ends[:, 1] - values
    middle = values[0] - values[1]
    low = middle - _joined(down[0], up[1], together)
    high = middle + _joined(up[0], down[1], together)
    if measure == "ratio":
        low, high = np.exp([low, high])
    return float(gap), float(low), float(high)


def _groups_of(sample: Sample, metric: str) -> list[Any]:
    """The rows of a metric of all groups but all together."""
    return [row for row in sample.rows() if row.metric == metric and row.group != OVERALL]


def _parts(sample: Sample, one: Any, two: Any) -> list[Any] | None:
    """The groups whose pairs make up all together; None where none or not just these do."""
    counted = _COUNTED.get(one.metric)
    if two.group != OVERALL or counted is None:
        return None
    parts = [row for row in _groups_of(sample, one.metric) if getattr(row, counted)]
    # With impostors="all" a pair across groups counts for both of them.
    whole = sum(getattr(row, counted) for row in parts) == getattr(two, counted)
    return parts if whole else None


def _against_all(
    sample: Sample, one: Any, parts: list[Any], measure: str, level: float
) -> tuple[float, float]:
    """Ends of a group's rate minus, or over, the rate of all groups, of which it is one."""
    values = np.array([row.value for row in parts])
    ends = np.array([limits(row, level) for row in parts])
    # Of a group of two people nothing is known.
    ends = np.where(np.isnan(ends), [0.0, 1.0], ends)
    size = np.array([getattr(row, _COUNTED[one.metric]) for row in parts], dtype=float)
    its, share = np.array([row.group == one.group for row in parts]), size / size.sum()
    unknown = (ends[:, 1] - ends[:, 0] > _ANYTHING) | np.array([alike(row) for row in parts])
    together = correlation(sample.draws[:, [row.Index for row in parts]])
    together[unknown, :], together[:, unknown] = 0.0, 0.0
    np.fill_diagonal(together, 1.0)

    def beyond(multiple: float) -> tuple[float, float]:
        """Ends of the group's rate minus a multiple of the rate of all."""
        weight = its - multiple * share
        down, up = weight * (values - ends[:, 0]), weight * (ends[:, 1] - values)
        least, most = np.where(weight > 0, (down, up), (up, down))
        middle = float(weight @ values)
        spread = [float(np.sqrt(max(each @ together @ each, 0))) for each in (least, most)]
        return middle - spread[0], middle + spread[1]

    if measure == "difference":
        return beyond(1.0)
    # A ratio is possible while the group's rate may be that multiple of the rate of all (Donner &
    # Zou, Statistical Methods in Medical Research 2012). No group can have more than all errors.
    ratio = float(one.value / (share @ values))
    most = float(1 / share[its][0])
    return (
        edge(lambda each: beyond(each)[0] <= 0, ratio, 0.0, _STEPS),
        edge(lambda each: beyond(each)[1] >= 0, min(ratio, most), most, _STEPS),
    )


def _most_over(most: float, value: float, least: float) -> float:
    """Upper end of a rate of zero, which has no logarithm, over another one.

    The largest multiple of the other one that ``most``, the zero's own limit, does not rule out
    (Donner & Zou 2012, without a correlation: a rate of zero has none).
    """
    below = np.sqrt(least * (2 * value - least))
    return float(most / below) if below > 0 else np.inf


def _joined(one: float, two: float, together: float) -> float:
    """Two distances squared and added; without end if one of them is, as to a rate of 0 in logs."""
    if np.isinf(one) or np.isinf(two):
        return np.inf
    return float(np.sqrt(max(one**2 + two**2 - 2 * together * one * two, 0)))
