"""Intervals from drawn people: of measures, of differences between groups, of curves.

Rates live in [0, 1] and near its ends, so an interval is symmetrical in log odds. That of a
difference or a ratio is put together from the limits of both sides (the square-and-add method of
Newcombe, Statistics in Medicine 1998, with a correlation as in Zou & Donner 2008).
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special, stats

from helpers import arguments
from helpers.bias.verification.bootstrap import Bootstrap, bootstrap
from helpers.bias.verification.comparisons import OVERALL, Groups, Impostors, Sides
from helpers.bias.verification.curves import fars
from helpers.bias.verification.extremes import AtFar, FalseMatches
from helpers.errors import InputError
from helpers.intervals import GAP, NO_GAP, TOO_LITTLE, verdict, wilson_limits

GRID = tuple(float(each) for each in np.geomspace(1e-4, 1, 41))
"""False match rates at which :func:`bands` reads the curves."""

MARGIN = 0.05
"""The largest gap that does not matter, where the reader names none; see :func:`judged`."""

_COLUMNS = ["metric", "group", "n_genuine", "n_impostor", "n_identities"]
_ENDS = ["value", "low", "high", "impostors", "note"]
_ROUNDING = 1e-12  # by which draws differ that are the same number
_FEW_DRAWS = 10
_ANYTHING = 0.99  # width of an interval of a rate, from which on it says nothing
_FEW = 20  # people, below which coverage was not measured
_FEW_EVENTS = 2.3  # independent errors, below which coverage fell under what is said
_FEW_BEHIND = 15.0  # equal people behind a value, below which it did


def intervals(sample: Bootstrap, level: float = 0.95) -> pd.DataFrame:
    """Every measure of every group with its interval.

    Parameters
    ----------
    sample : Bootstrap
        From :func:`helpers.bias.verification.bootstrap`.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Columns ``metric``, ``group``, ``n_genuine``, ``n_impostor``, ``n_identities``, ``value``,
        ``low``, ``high``, ``impostors``, ``note``. Where no error was seen, or nothing but errors,
        or as many for each person, other draws of the same people show nothing else: the interval
        is then Wilson's for the number of people (for FMR, that of as many independent pairs as
        there are), and the note says so. A note also warns where a few people decide a value. In
        simulations of one group (60 people with two pairs of pictures of each two, 30 with four or
        eight; person effects of 0.05 to 0.6; 300 draws each), 95 % intervals of TAR@FAR without a
        note held the truth in 96 % at a false accept rate of 0.001, 97 % at 0.01 and 99 % at 0.1.
        Of those that missed it at 0.001, 87 % carried a note.

    Raises
    ------
    InputError
        If the level is not between 0 and 1.
    """
    confidence = arguments.level(level)
    _require_sample(sample)
    low, high = np.transpose(
        [_limits(sample, row, confidence) for row in range(len(sample.spread))]
    )
    table = sample.measures.assign(low=low, high=high)
    table["note"] = [_said(sample, number, row) for number, (_, row) in enumerate(table.iterrows())]
    return table[_COLUMNS + _ENDS]


def compare(
    sample: Bootstrap,
    metric: str,
    reference: str = OVERALL,
    measure: Literal["difference", "ratio"] = "difference",
    level: float = 0.95,
    margin: float | None = None,
) -> pd.DataFrame:
    """Every group against one of them, or against all together.

    Parameters
    ----------
    sample : Bootstrap
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
    sample: Bootstrap,
    metrics: Sequence[str],
    reference: str = OVERALL,
    measure: Literal["difference", "ratio"] = "difference",
    level: float = 0.95,
    margin: float | None = None,
) -> pd.DataFrame:
    """As :func:`compare`, of several measures, whose rows are one family of verdicts."""
    arguments.choice(measure, "measure", ("difference", "ratio"))
    confidence, allowed = arguments.level(level), margin_given(margin)
    _require_sample(sample)
    groups = dict.fromkeys(sample.measures["group"])
    rows = [
        (sample.row(metric, group), sample.row(metric, reference))
        for metric in metrics
        for group in groups
        if group not in (reference, OVERALL)
    ]
    wide = 1 - (1 - confidence) / max(len(rows), 1)
    found = [_compared(sample, *pair, measure, confidence) for pair in rows]
    wider = [_compared(sample, *pair, measure, wide) for pair in rows]
    numbers = [row for row, _ in rows]
    verdicts = [
        judged(low, high, allowed, *_parity(sample, row, measure))
        for row, (_, low, high) in zip(numbers, wider, strict=True)
    ]
    said = sample.measures.iloc[numbers]
    return pd.DataFrame(
        {
            "metric": said["metric"].to_numpy(),
            "group": said["group"].to_numpy(),
            "reference": reference,
            "measure": measure,
            **{
                name: [each[k] for each in found] for k, name in enumerate(("value", "low", "high"))
            },
            "verdict": [each for each, _ in verdicts],
            "impostors": said["impostors"].to_numpy(),
            "note": [
                "; ".join(filter(None, (_about_pair(sample, *pair, value), about)))
                for pair, (value, _, _), (_, about) in zip(rows, found, verdicts, strict=True)
            ],
        }
    )


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
        As in :func:`helpers.intervals.verdict`.
    margin : float or None
        None for the default, :data:`MARGIN`.
    rate : float
        The overall rate of errors; infinite for what is relative to it, such as a ratio.
    """
    allowed = MARGIN if margin is None else margin
    said = verdict(low, high, allowed, parity)
    if said != NO_GAP or rate > allowed:
        return said, ""
    about = f"the margin of {allowed:g} is not below the overall rate of {rate:.2g}"
    if margin is not None:
        return said, f"{about}, so that a group without errors is within it too"
    without = GAP if not low <= parity <= high else TOO_LITTLE
    return without, f"without a margin: {about.replace('the', 'the default', 1)}; give margin="


def _parity(sample: Bootstrap, row: int, measure: str) -> tuple[float, float]:
    """Parity of a comparison, and the overall rate that a margin is held against."""
    overall = sample.row(str(sample.measures["metric"].iloc[row]), OVERALL)
    if measure == "ratio":
        return 1.0, np.inf
    return 0.0, rate_of_errors(float(sample.measures["value"].iloc[overall]))


def rate_of_errors(value: float) -> float:
    """Of a rate of errors or of successes, whichever is rarer."""
    return min(value, 1 - value)


def _about_pair(sample: Bootstrap, row: int, base: int, value: float) -> str:
    """Why a comparison is undefined, or what a reader must know about it."""
    one, two = (sample.measures.iloc[each] for each in (row, base))
    if np.isnan(value):
        reasons = dict.fromkeys(each["note"] for each in (one, two) if np.isnan(each["value"]))
        return "; ".join(reasons) or "undefined (a rate of zero)"
    if _same_pairs(sample, row, base):
        return "the same pairs on both sides: nothing to compare"
    notes = [_said(sample, each, table) for each, table in ((row, one), (base, two))]
    return "; ".join(dict.fromkeys(filter(None, notes)))


def _same_pairs(sample: Bootstrap, row: int, base: int) -> bool:
    """Whether two groups have a measure from the very same pairs, as one of all groups may have."""
    one, two = (sample.measures.iloc[each] for each in (row, base))
    kind = one["metric"].partition("@")[0]
    sizes = {"FMR": ["n_impostor"], "FNMR": ["n_genuine"]}.get(kind, ["n_impostor", "n_genuine"])
    if any(one[size] != two[size] for size in sizes):
        return False
    first, second = sample.draws[:, [row, base]].T
    shared = np.array_equal(first, second, equal_nan=True) and np.ptp(first) > _ROUNDING
    return OVERALL in (one["group"], two["group"]) or bool(shared)


def _require_sample(sample: Bootstrap) -> None:
    if not isinstance(sample, Bootstrap):
        raise InputError(
            f"sample must be what verification.bootstrap gives, not a {type(sample).__name__}."
        )


def bands(
    scores: ArrayLike,
    genuine: ArrayLike,
    identities: Sides,
    group: Groups = None,
    *,
    fmr: Sequence[float] = GRID,
    level: float = 0.95,
    impostors: Impostors = "within",
    distance: bool = False,
    replicates: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
    """DET curves read at given false match rates, with a band.

    Parameters
    ----------
    scores : array_like (N,)
        Higher is more alike, or lower if ``distance``; NaN is left out.
    genuine : array_like (N,)
        1 for two pictures of one person, 0 for two people.
    identities : (array_like (N,), array_like (N,))
        Who is on the first and on the second side of every pair.
    group : array_like (N,), or (array_like (N,), array_like (N,)), optional
        The group of each pair, or the groups of both sides.
    impostors : {"within", "all"}
        Whether impostor pairs count for the group of both sides, or for that of either.
    distance : bool
        Whether lower scores are more alike.
    replicates, seed : int
        How often people are drawn, and from which random start.
    fmr : sequence of float
        Where to read the curves, rising; what a group has too few impostor pairs for is NaN.
    level : float
        Confidence level at each of these rates by itself.

    Returns
    -------
    pandas.DataFrame
        Columns ``group``, ``fmr``, ``fnmr``, ``low``, ``high``, ``note``. A DET curve cannot rise:
        each limit is tightened by what its neighbours exclude.
    """
    confidence, wanted = arguments.level(level), fars(fmr)
    if any(later <= earlier for earlier, later in pairwise(wanted)):
        raise InputError("fmr must rise from one false match rate to the next.")
    sample = bootstrap(
        scores,
        genuine,
        identities,
        group,
        far=wanted,
        impostors=impostors,
        distance=distance,
        replicates=replicates,
        seed=seed,
    )
    read = intervals(sample, confidence)
    read = read[read["metric"].str.startswith("TAR")]
    groups = read["group"].to_numpy()
    rates = np.tile(np.asarray(wanted), read["group"].nunique())
    # Read from below, the upper limit is the least so far; from above, the lower one the largest.
    upward = pd.DataFrame({"value": 1 - read["low"].to_numpy(), "group": groups})
    downward = pd.DataFrame({"value": 1 - read["high"].to_numpy(), "group": groups})[::-1]
    return pd.DataFrame(
        {
            "group": groups,
            "fmr": rates,
            "fnmr": 1 - read["value"].to_numpy(),
            "low": downward.groupby("group", sort=False)["value"].cummax()[::-1],
            "high": upward.groupby("group", sort=False)["value"].cummin(),
            "note": read["note"].to_numpy(),
        }
    )


def _limits(sample: Bootstrap, row: int, level: float) -> tuple[float, float]:
    value = float(sample.measures["value"].iloc[row])
    if np.isnan(value) or (np.isnan(sample.spread[row]) and value not in (0.0, 1.0)):
        return np.nan, np.nan
    behind = sample.behind[row]
    if isinstance(behind, AtFar):
        return behind.limits(level)
    if isinstance(behind, FalseMatches) and sample.measures["metric"].iloc[row] == "FMR":
        return behind.limits(level)
    if _alike(sample, row):
        n = int(sample.measures["n_units"].iloc[row])
        least, most = wilson_limits(value * n, n, level)
        return float(least), float(most)
    odds = np.log(value / (1 - value))
    half = quantile(sample, row, level) * sample.spread[row] / (value * (1 - value))
    return float(special.expit(odds - half)), float(special.expit(odds + half))


def _alike(sample: Bootstrap, row: int) -> bool:
    """Whether other draws of the same people show no other value: none has errors, all, or as many.

    How much people differ is then unknown, and each counts as one observation.
    """
    behind = sample.behind[row]
    spread = behind.spread if isinstance(behind, AtFar) else sample.spread[row]
    return spread == 0 or float(sample.measures["value"].iloc[row]) in (0.0, 1.0)


def standard_errors(sample: Bootstrap, rows: list[int]) -> np.ndarray:
    """Of some measures; that of independent people where those of the sample do not differ."""
    measures = sample.measures.iloc[rows]
    values = measures["value"].to_numpy(dtype=float)
    binomial = np.sqrt(values * (1 - values) / measures["n_units"].to_numpy().clip(min=1))
    return np.where(sample.spread[rows] == 0, binomial, sample.spread[rows])


def quantile(sample: Bootstrap, row: int, level: float) -> float:
    return float(stats.t.ppf((1 + level) / 2, sample.freedom[row]))


def _said(sample: Bootstrap, number: int, row: pd.Series) -> str:
    """What a reader must know about an interval."""
    if row["note"] or np.isnan(row["value"]):
        return str(row["note"])
    if row["value"] in (0.0, 1.0):
        return _no_error(sample, number, row)
    if np.isnan(sample.spread[number]):
        return _no_spread(sample, number, row)
    if _alike(sample, number):
        return f"all people in the sample alike: Wilson's interval for {row['n_units']:,} people"
    if row["n_identities"] < _FEW:
        return f"only {row['n_identities']} people: the interval may be too narrow"
    events, people = _worth(sample, number, float(row["value"]))
    if events < _FEW_EVENTS or people < _FEW_BEHIND:
        return (
            f"a few people decide this value (worth {events:.1f} independent errors, or "
            f"{people:.0f} people): the interval may be too narrow"
        )
    return ""


def _no_error(sample: Bootstrap, number: int, row: pd.Series) -> str:
    behind = sample.behind[number]
    if row["metric"] == "FMR" and isinstance(behind, FalseMatches):
        pairs = behind.pairs / behind.inflation
        return f"{row['value']:g} in the sample: the interval of {pairs:,.0f} independent pairs"
    return f"{row['value']:g} in the sample: Wilson's interval for {row['n_units']:,} people"


def _no_spread(sample: Bootstrap, number: int, row: pd.Series) -> str:
    """Why it isn't known how much people differ."""
    behind, kind = sample.behind[number], row["metric"]
    if kind == "FMR" and isinstance(behind, FalseMatches):
        people = behind.people
    else:
        people = row["n_identities" if kind in ("EER", "AUC") else "n_units"]
    if people < 3:
        return f"only {people} people: too few for an interval"
    return "no interval: in fewer than three draws of people could it be measured"


def _worth(sample: Bootstrap, number: int, value: float) -> tuple[float, float]:
    """Of how many independent errors, and of how many equal people, a value is made."""
    behind = sample.behind[number]
    matches = behind.matches if isinstance(behind, AtFar) else behind
    people = float(sample.measures["n_identities"].iloc[number])
    if matches is None or sample.measures["metric"].iloc[number] == "EER":
        # A number of independent events has a relative variance of one over that number.
        events = (min(value, 1 - value) / sample.spread[number]) ** 2
    else:
        events = matches.independent
    return float(events), matches.behind if matches is not None else people


def _compared(
    sample: Bootstrap, row: int, base: int, measure: str, level: float
) -> tuple[float, float, float]:
    """Square and add: distances to the limits of both sides, as if they were standard errors."""
    values = sample.measures["value"].to_numpy(dtype=float)[[row, base]]
    ends = np.array([_limits(sample, each, level) for each in (row, base)])
    # What people who are all alike have in common, their draws cannot tell; and of a rate that could
    # be anything, nothing is known that it shares with another.
    anything = bool((ends[:, 1] - ends[:, 0] > _ANYTHING).any())
    unknown = anything or _alike(sample, row) or _alike(sample, base)
    if measure == "ratio":
        if not values.all():
            return np.nan, np.nan, np.nan
        with np.errstate(divide="ignore"):
            values, ends = np.log(values), np.log(ends)
    together = 0.0 if unknown else correlation(sample.draws[:, [row, base]])[0, 1]
    down, up = values - ends[:, 0], ends[:, 1] - values
    gap = values[0] - values[1]
    low = gap - _joined(down[0], up[1], together)
    high = gap + _joined(up[0], down[1], together)
    found = np.array([gap, low, high])
    if np.isnan(found).any() or _same_pairs(sample, row, base):
        found[1:] = np.nan
    first, second, third = np.exp(found) if measure == "ratio" else found
    return float(first), float(second), float(third)


def _joined(one: float, two: float, together: float) -> float:
    """Two distances squared and added; without end if one of them is, as to a rate of 0 in logs."""
    if np.isinf(one) or np.isinf(two):
        return np.inf
    return float(np.sqrt(max(one**2 + two**2 - 2 * together * one * two, 0)))


def correlation(draws: np.ndarray) -> np.ndarray:
    """Correlation of columns of draws; 0 for one that does not vary, or where draws are too few."""
    known = draws[np.isfinite(draws).all(axis=1)]
    # Of a handful, chance alone leaves correlations near 1, and differences without uncertainty.
    if len(known) < _FEW_DRAWS:
        return np.eye(draws.shape[1])
    known[:, np.ptp(known, axis=0) <= _ROUNDING] = 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.nan_to_num(np.corrcoef(known, rowvar=False))
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)
