"""Intervals from drawn people: of measures, and of curves.

Rates live in [0, 1] and near its ends, so an interval is symmetrical in log odds.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers import arguments
from helpers.bias.verification.columns import Groups, Sides
from helpers.bias.verification.curves import curves_of, fars
from helpers.bias.verification.extremes import AtFar, FalseMatches
from helpers.bias.verification.pairs import Impostors, checked, with_people
from helpers.bias.verification.people import Sample, drawn, require_sample
from helpers.errors import InputError
from helpers.intervals import log_odds_limits, wilson_limits

GRID = tuple(float(each) for each in np.geomspace(1e-4, 1, 41))
"""False match rates at which :func:`bands` reads the curves."""

_COLUMNS = ["metric", "group", "n_genuine", "n_impostor", "n_identities"]
_ENDS = ["value", "low", "high", "impostors", "note"]
_FEW = 20  # people, below which coverage was not measured
_FEW_EVENTS = 2.3  # independent errors, below which coverage fell under what is said
_FEW_BEHIND = 15.0  # equal people behind a value, below which it did


def intervals(sample: Sample, level: float = 0.95) -> pd.DataFrame:
    """Every measure of every group with its interval.

    Parameters
    ----------
    sample : Sample
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
        there are), and the note says so. A note also warns where a few people decide a value.

    Raises
    ------
    InputError
        If the level is not between 0 and 1, or ``sample`` is none.

    Notes
    -----
    In simulations of one group (60 people with two pairs of pictures of each two, 30 with four or
    eight; person effects of 0.05 to 0.6; 300 draws each), 95 % intervals of TAR@FAR without a note
    held the truth in 96 % at a false accept rate of 0.001, 97 % at 0.01 and 99 % at 0.1. Of those
    that missed it at 0.001, 87 % carried a note.
    """
    confidence = arguments.level(level)
    require_sample(sample)
    rows = sample.rows()
    low, high = np.transpose([limits(row, confidence) for row in rows])
    table = sample.measures.assign(low=low, high=high, note=[said(row) for row in rows])
    return table[_COLUMNS + _ENDS]


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
    fmr : sequence of float
        Where to read the curves, rising; what a group has too few impostor pairs for is NaN.
    level : float
        Confidence level at each of these rates by itself.
    impostors : {"within", "all"}
        Whether impostor pairs count for the group of both sides, or for that of either.
    distance : bool
        Whether lower scores are more alike.
    replicates, seed : int
        How often people are drawn, and from which random start.

    Returns
    -------
    pandas.DataFrame
        Columns ``group``, ``fmr``, ``fnmr``, ``low``, ``high``, ``note``. A DET curve cannot rise:
        each limit is tightened by what its neighbours exclude.

    Raises
    ------
    InputError
        If ``fmr`` doesn't rise or holds no shares, or another argument is out of range.
    BadTable
        If labels contradict the identities, or a label or a score has no meaning.
    """
    confidence, wanted = arguments.level(level), fars(fmr)
    if any(later <= earlier for earlier, later in pairwise(wanted)):
        raise InputError("fmr must rise from one false match rate to the next.")
    pairs = with_people(checked(scores, genuine, group, impostors, distance), identities, scores)
    sample = drawn(curves_of(pairs), None, wanted, replicates, seed)
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


def limits(row: Any, level: float) -> tuple[float, float]:
    """Return the interval of one row of a sample; NaN where there is none."""
    value, behind = row.value, row.behind
    if np.isnan(value) or (np.isnan(row.spread) and value not in (0.0, 1.0)):
        return np.nan, np.nan
    if isinstance(behind, AtFar) or (isinstance(behind, FalseMatches) and row.metric == "FMR"):
        return behind.limits(level)
    if alike(row):
        least, most = wilson_limits(value * row.n_units, row.n_units, level)
        return float(least), float(most)
    return log_odds_limits(value, row.spread, row.freedom, level)


def alike(row: Any) -> bool:
    """Whether other draws of the same people show no other value.

    So it is where nobody has an error, everybody has nothing else, or each has the same share. How
    much people differ is then unknown, and each counts as one observation.
    """
    spread = row.behind.spread if isinstance(row.behind, AtFar) else row.spread
    return spread == 0 or row.value in (0.0, 1.0)


def said(row: Any) -> str:
    """Say what a reader must know about an interval."""
    if row.note or np.isnan(row.value):
        return str(row.note)
    if row.value in (0.0, 1.0):
        return _no_error(row)
    if np.isnan(row.spread):
        return _no_spread(row)
    if alike(row):
        return f"all people in the sample alike: Wilson's interval for {row.n_units:,} people"
    if row.n_identities < _FEW:
        return f"only {row.n_identities} people: the interval may be too narrow"
    events, people = _worth(row)
    if events < _FEW_EVENTS or people < _FEW_BEHIND:
        return (
            f"a few people decide this value (worth {events:.1f} independent errors, or "
            f"{people:.0f} people): the interval may be too narrow"
        )
    return ""


def _no_error(row: Any) -> str:
    if row.metric == "FMR" and isinstance(row.behind, FalseMatches):
        pairs = row.behind.pairs / row.behind.inflation
        return f"{row.value:g} in the sample: the interval of {pairs:,.0f} independent pairs"
    return f"{row.value:g} in the sample: Wilson's interval for {row.n_units:,} people"


def _no_spread(row: Any) -> str:
    """Why it isn't known how much people differ."""
    people = row.n_identities if row.metric in ("EER", "AUC") else row.n_units
    if row.metric == "FMR" and isinstance(row.behind, FalseMatches):
        people = row.behind.people
    if people < 3:
        return f"only {people} people: too few for an interval"
    return "no interval: in fewer than three draws of people could it be measured"


def _worth(row: Any) -> tuple[float, float]:
    """Of how many independent errors, and of how many equal people, a value is made."""
    matches = row.behind.matches if isinstance(row.behind, AtFar) else row.behind
    if matches is None or row.metric == "EER":
        # A number of independent events has a relative variance of one over that number.
        events = (min(row.value, 1 - row.value) / row.spread) ** 2
    else:
        events = matches.independent
    return float(events), matches.behind if matches is not None else float(row.n_identities)
