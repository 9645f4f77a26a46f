"""Intervals from drawn people: of measures, of differences between groups, of curves.

Rates live in [0, 1] and near its ends, so an interval is symmetrical in log odds. That of a
difference or a ratio is put together from the limits of both sides (the square-and-add method of
Newcombe, Statistics in Medicine 1998, with a correlation as in Zou & Donner 2008).
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from helpers.bias.verification.bootstrap import Bootstrap, bootstrap
from helpers.bias.verification.comparisons import OVERALL, Groups, Impostors, Sides
from helpers.errors import unknown_name
from helpers.intervals import wilson

GRID = tuple(float(each) for each in np.geomspace(1e-4, 1, 41))
"""False match rates at which :func:`bands` reads the curves."""

_COLUMNS = ["metric", "group", "n_genuine", "n_impostor", "n_identities"]
_ENDS = ["value", "low", "high", "impostors", "note"]
_FEW = 20  # people, below which coverage was not measured
_CONCENTRATED = 0.15  # degrees of freedom per person: the variance rests on few people


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
        other draws of the same people show none either: the interval is then Wilson's for the
        number of people (for FMR, of pairs of people), and the note says so.
    """
    low, high = np.transpose([_limits(sample, row, level) for row in range(len(sample.spread))])
    table = sample.measures.assign(low=low, high=high)
    concentrated = sample.freedom < _CONCENTRATED * table["n_identities"].to_numpy(dtype=float)
    table["note"] = [
        _said(row, few) for (_, row), few in zip(table.iterrows(), concentrated, strict=True)
    ]
    return table[_COLUMNS + _ENDS]


def compare(
    sample: Bootstrap,
    metric: str,
    reference: str = OVERALL,
    measure: Literal["difference", "ratio"] = "difference",
    level: float = 0.95,
) -> pd.DataFrame:
    """Every group against one of them, or against all together.

    Parameters
    ----------
    sample : Bootstrap
    metric : str
        "FMR", "FNMR", "EER", "AUC" or "TAR@FAR=0.01", as in ``sample.measures``.
    reference : str
        A group, or "overall".
    measure : {"difference", "ratio"}
        Group minus reference, or group over reference.
    level : float
        Confidence level of each interval by itself: of many, some exclude parity by chance.

    Returns
    -------
    pandas.DataFrame
        Columns ``metric``, ``group``, ``reference``, ``measure``, ``value``, ``low``, ``high``,
        ``impostors``, ``note``. A ratio with a rate of zero below it is undefined.

    Raises
    ------
    UnknownName
        If there is no such metric, group or measure.
    """
    if measure not in ("difference", "ratio"):
        raise unknown_name("measure", measure, ("difference", "ratio"))
    base = sample.row(metric, reference)
    groups = dict.fromkeys(sample.measures["group"])
    rows = [sample.row(metric, group) for group in groups if group not in (reference, OVERALL)]
    found = [_compared(sample, row, base, measure, level) for row in rows]
    return pd.DataFrame(
        {
            "metric": metric,
            "group": sample.measures["group"].iloc[rows].to_numpy(),
            "reference": reference,
            "measure": measure,
            **{
                name: [each[k] for each in found] for k, name in enumerate(("value", "low", "high"))
            },
            "impostors": sample.measures["impostors"].iloc[rows].to_numpy(),
            "note": ["undefined" if np.isnan(each[0]) else "" for each in found],
        }
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
    scores, genuine, identities, group, impostors, distance, replicates, seed
        As in :func:`helpers.bias.verification.bootstrap`.
    fmr : sequence of float
        Where to read the curves, rising; what a group has too few impostor pairs for is NaN.
    level : float
        Confidence level at each of these rates by itself.

    Returns
    -------
    pandas.DataFrame
        Columns ``group``, ``fmr``, ``fnmr``, ``low``, ``high``. A DET curve cannot rise: each limit
        is tightened by what its neighbours exclude.
    """
    sample = bootstrap(
        scores,
        genuine,
        identities,
        group,
        far=fmr,
        impostors=impostors,
        distance=distance,
        replicates=replicates,
        seed=seed,
    )
    read = intervals(sample, level)
    read = read[read["metric"].str.startswith("TAR")]
    groups = read["group"].to_numpy()
    rates = np.tile(np.asarray(fmr, dtype=float), read["group"].nunique())
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
        }
    )


def _limits(sample: Bootstrap, row: int, level: float) -> tuple[float, float]:
    value = float(sample.measures["value"].iloc[row])
    if np.isnan(value):
        return np.nan, np.nan
    if value in (0.0, 1.0):
        n = int(sample.measures["n_units"].iloc[row])
        return wilson(round(value * n), n, level)
    odds = np.log(value / (1 - value))
    half = quantile(sample, row, level) * sample.spread[row] / (value * (1 - value))
    ends = 1 / (1 + np.exp(-np.array([odds - half, odds + half])))
    return float(ends[0]), float(ends[1])


def quantile(sample: Bootstrap, row: int, level: float) -> float:
    return float(stats.t.ppf((1 + level) / 2, sample.freedom[row]))


def _said(row: pd.Series, concentrated: bool) -> str:
    if row["note"] or np.isnan(row["value"]):
        return str(row["note"])
    if row["value"] in (0.0, 1.0):
        unit = "pairs of people" if row["metric"] == "FMR" else "people"
        return f"{row['value']:g} in the sample: Wilson's interval for {row['n_units']:,} {unit}"
    if np.isnan(row["low"]):
        return f"only {row['n_identities']} people: too few for an interval"
    if row["n_identities"] < _FEW:
        return f"only {row['n_identities']} people: the interval may be too narrow"
    return "a few people decide this value: the interval may be too narrow" if concentrated else ""


def _compared(
    sample: Bootstrap, row: int, base: int, measure: str, level: float
) -> tuple[float, float, float]:
    """Square and add: distances to the limits of both sides, as if they were standard errors."""
    values = sample.measures["value"].to_numpy(dtype=float)[[row, base]]
    ends = np.array([_limits(sample, each, level) for each in (row, base)])
    if measure == "ratio":
        if not values.all():
            return np.nan, np.nan, np.nan
        with np.errstate(divide="ignore"):
            values, ends = np.log(values), np.log(ends)
    together = correlation(sample.draws[:, [row, base]])[0, 1]
    down, up = values - ends[:, 0], ends[:, 1] - values
    gap = values[0] - values[1]
    low = gap - np.sqrt(max(down[0] ** 2 + up[1] ** 2 - 2 * together * down[0] * up[1], 0))
    high = gap + np.sqrt(max(up[0] ** 2 + down[1] ** 2 - 2 * together * up[0] * down[1], 0))
    found = np.array([gap, low, high])
    first, second, third = np.exp(found) if measure == "ratio" else found
    return float(first), float(second), float(third)


def correlation(draws: np.ndarray) -> np.ndarray:
    """Correlation of columns of draws; 0 for one that does not vary."""
    known = draws[np.isfinite(draws).all(axis=1)]
    if len(known) < 2:
        return np.eye(draws.shape[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.nan_to_num(np.corrcoef(known, rowvar=False))
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)
