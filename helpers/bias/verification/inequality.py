"""One number for all groups, with an interval that can reach parity.

Whichever groups there are, one of them comes out worst: the largest ratio, the Gini coefficient and
their like are above parity by chance alone, and in a bootstrap of the sample once more.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from helpers import arguments
from helpers.bias.verification import fairness
from helpers.bias.verification.gaps import correlation, judged, margin_given, rate_of_errors
from helpers.bias.verification.pairs import OVERALL
from helpers.bias.verification.people import Sample, require_sample
from helpers.errors import InputError
from helpers.intervals import holm, student

_WIDEST = 64.0  # times the differences that were seen
_HALVINGS = 14
_FEW = 10
_EQUAL = 1e-9  # difference of logarithms below which rates are the same number
# Groups do not keep the shape of their differences, as the method supposes. In simulations that
# costs up to 5 points of coverage, all at the end of more inequality: its tail is made smaller.
_UPPER = 0.3
# Rates may be closer together than chance leaves even equal ones. The upper limit is then that of a
# summary which chance undercuts in 16 % of samples (a power-constrained limit: Cowan, Cranmer, Gross
# & Vitells, arXiv:1105.3166).
_LEAST_SEEN = 0.16


def summaries(
    sample: Sample,
    alpha: float = 0.5,
    level: float = 0.95,
    simulations: int = 4000,
    seed: int = 0,
    margin: float | None = None,
) -> pd.DataFrame:
    """FDR, GARBE and inequity ratios of all groups, with intervals that can reach parity.

    Parameters
    ----------
    sample : Sample
        Made with a ``threshold``, and with groups.
    alpha : float
        Weight of false matches in FDR and GARBE.
    level : float
        Confidence level in (0, 1).
    simulations, seed : int
        How many sets of rates are drawn around each one that is tried, and from which start.
    margin : float, optional
        The largest distance from parity (1 for FDR and ratios, 0 for GARBE) that would not matter,
        chosen before the data are seen. By default 0.05, and none for FDR where not even a group
        without errors would make it so small; ``note`` says so.

    Returns
    -------
    pandas.DataFrame
        Columns ``metric`` (FDR, GARBE, and for each rate max/min and max/geomean), ``value``,
        ``low``, ``high``, ``expected_at_parity`` (what chance alone gives with these numbers of
        people), ``p_parity`` (how often equal groups show so much), ``p_holm`` (twice that, since
        the interval has two ends, and corrected for the number of rows), ``verdict``, ``worst`` (the
        group), ``note``, ``groups`` (how many), ``impostors``. The verdict is "gap", "no gap larger
        than the margin" or "too little evidence"; "gap" needs ``p_holm`` below 1 - level.

    Raises
    ------
    InputError
        If the sample has no threshold, or fewer than two groups, or an argument is out of range.

    Notes
    -----
    Groups that are equal still look different in a sample, and more so in a bootstrap of it: an
    interval of bootstrapped ratios never holds 1. Here a test is turned round instead. The rates
    seen, in logarithms, are moved towards their mean by a factor; around each such set of rates,
    normal errors with the standard errors and the correlations of the sample are drawn; the interval
    holds the sets under which what was seen is not unusual. It rests on rates that are about normal
    in logarithms (``note`` names groups with fewer than ten errors), and on groups that keep the
    shape of their differences; at exact parity it can only err on one side. At 95 % it held the
    truth in 95 to 99 of 100 simulations with four groups of 40 people that differ (person effects
    of 0.35), and in 98 to 99 with equal ones (0.2); 150 draws each.
    """
    weight = arguments.share(alpha, "alpha, the weight of false matches,")
    confidence, allowed = arguments.level(level), margin_given(margin)
    times, start = arguments.count(simulations, "simulations", 100), arguments.seed(seed)
    require_sample(sample)
    groups = [group for group in dict.fromkeys(sample.measures["group"]) if group != OVERALL]
    if "FMR" not in set(sample.measures["metric"]) or len(groups) < 2:
        raise InputError("disparities need two groups or more, and bootstrap(..., threshold=...).")
    every = sample.rows()
    rows = [every[sample.row(kind, group)] for kind in ("FMR", "FNMR") for group in groups]
    shape = (2, len(groups))
    rates = np.array([row.value for row in rows]).reshape(shape)
    noise = _noise(sample, rows, confidence, times, start).reshape(times, *shape)
    reasons = np.array([_without_noise(row) for row in rows], dtype=object).reshape(shape)
    found = [_described(each, rates, noise, confidence, groups, reasons) for each in _all(weight)]
    table = pd.DataFrame(found)
    # The interval leaves (1 - level) / 2 out at either end, and only one end can lie beyond parity:
    # twice the chance is what the usual 1 - level is compared with.
    p_holm = np.minimum(2 * holm(table["p_parity"].to_numpy(dtype=float)), 1)
    table.insert(6, "p_holm", p_holm)
    few = _few_errors(rows)
    verdicts = _verdicts(table, allowed, confidence, _overall(sample, weight))
    table.insert(7, "verdict", [ruled for ruled, _ in verdicts])
    table["note"] = [
        "; ".join(filter(None, (note or few, about)))
        for note, (_, about) in zip(table["note"], verdicts, strict=True)
    ]
    return table.assign(groups=len(groups), impostors=rows[0].impostors)


disparities = summaries
"""The same table by its older name."""


def _overall(sample: Sample, alpha: float) -> float:
    """The rate of errors that FDR has differences of: of all groups, weighed as FDR does."""
    rows = [sample.row(kind, OVERALL) for kind in ("FMR", "FNMR")]
    fmr, fnmr = sample.measures["value"].to_numpy(dtype=float)[rows]
    return float(fairness.weighted(rate_of_errors, fmr, fnmr, alpha))


def _verdicts(
    table: pd.DataFrame, margin: float | None, level: float, rate: float
) -> list[tuple[str, str]]:
    """What each interval allows to be said; "gap" only if parity is excluded after Holm."""
    excluded = table["p_holm"] < 1 - level
    found = []
    for metric, low, high, apart in zip(
        table["metric"], table["low"], table["high"], excluded, strict=True
    ):
        parity = 0.0 if metric == "GARBE" else 1.0
        # An interval that leaves parity out only before Holm's correction is judged as reaching it.
        ends = (low, high) if apart else (min(low, parity), max(high, parity))
        found.append(judged(*ends, margin, parity, rate if metric == "FDR" else np.inf))
    return found


def _few_errors(rows: list[Any]) -> str:
    """Name groups whose rates rest on few errors of a kind."""
    few = {}
    for row in rows:
        size = row.n_impostor if row.metric == "FMR" else row.n_genuine
        errors = row.value * size
        if min(errors, size - errors) < _FEW - 0.5:
            few[row.group] = True
    return f"rough: fewer than {_FEW} errors of a kind in {', '.join(few)}" if few else ""


class _Summary(NamedTuple):
    """A measure of the rates of groups, and the weight of false matches in it."""

    name: str
    measure: Callable[[np.ndarray], np.ndarray]
    alpha: float

    def of(self, rates: np.ndarray) -> np.ndarray:
        """Of FMR and FNMR together, (..., 2, G) to (...): smallest at parity."""
        return np.asarray(
            fairness.weighted(self.measure, rates[..., 0, :], rates[..., 1, :], self.alpha)
        )

    @property
    def used(self) -> np.ndarray:
        """Which of both kinds of rates have a weight."""
        return np.array([self.alpha > 0, self.alpha < 1])


def _all(alpha: float) -> list[_Summary]:
    ratios = (("max/min", fairness.max_over_min), ("max/geomean", fairness.max_over_geomean))
    return [
        _Summary("FDR", fairness.largest_gap, alpha),
        _Summary("GARBE", fairness.gini_of, alpha),
        *(_Summary(f"FMR {name}", measure, 1.0) for name, measure in ratios),
        *(_Summary(f"FNMR {name}", measure, 0.0) for name, measure in ratios),
    ]


def _noise(
    sample: Sample, rows: list[Any], level: float, simulations: int, seed: int
) -> np.ndarray:
    """Errors of the logarithms of the rates: (simulations, 2 G)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.array([_standard_error(row) / np.float64(row.value) for row in rows])
    # Few people: as much wider as Student's quantile is than the normal one.
    wider = np.array([student(level, row.freedom) for row in rows]) / student(level, np.inf)
    together = correlation(sample.draws[:, [row.Index for row in rows]])
    # Rounding can leave an eigenvalue a hair below zero.
    size, axes = np.linalg.eigh(together)
    root = axes * np.sqrt(size.clip(min=0))
    normal = np.random.default_rng(seed).standard_normal((simulations, len(rows)))
    return np.asarray((normal @ root.T) * spread * wider)


def _standard_error(row: Any) -> float:
    """Of a measure; that of independent people where those of the sample do not differ."""
    if row.spread != 0:
        return float(row.spread)
    return float(np.sqrt(row.value * (1 - row.value) / row.n_units))


def _described(
    summary: _Summary,
    rates: np.ndarray,
    noise: np.ndarray,
    level: float,
    groups: list[str],
    reasons: np.ndarray,
) -> dict[str, Any]:
    used = summary.used
    why = _together(groups, reasons[used])
    worst = groups[int(rates[used].argmax())] if used.sum() == 1 and not why else ""
    if why:
        # Differences exist where a group has no errors, ratios and intervals don't.
        figures = np.array([float(summary.of(rates)), *[np.nan] * 4])
        figures[0] = figures[0] if np.isfinite(figures[0]) else np.nan
        why = f"{'undefined' if np.isnan(figures[0]) else 'no interval'} ({why})"
    else:
        # A rate of zero has no logarithm, and may stand where this summary does not look.
        only, its = np.where(used[:, None], rates, 1.0), np.where(used[:, None], noise, 0.0)
        figures = np.array(_inverted(summary.of, only, its, level))
    *ends, p = figures
    if summary.name == "FDR":  # larger is fairer
        value, low, high, chance = (1 - end for end in ends)
        ends = [value, high, low, chance]
    names = ("value", "low", "high", "expected_at_parity")
    ordered = dict(zip(names, ends, strict=True))
    return {"metric": summary.name, **ordered, "p_parity": p, "worst": worst, "note": why}


def _without_noise(row: Any) -> str:
    """Why the error of a rate's logarithm is unknown; empty if it is known."""
    if np.isnan(row.value):
        return str(row.note).removeprefix("undefined (").removesuffix(")")
    if row.value in (0.0, 1.0):
        return "nothing but errors" if row.value else "no errors"
    return "too few people" if np.isnan(row.spread) else ""


def _together(groups: list[str], reasons: np.ndarray) -> str:
    """Each reason with its groups."""
    found: dict[str, dict[str, bool]] = {}
    for kind in reasons:
        for group, reason in zip(groups, kind, strict=True):
            if reason:
                found.setdefault(reason, {})[group] = True
    return "; ".join(f"{why} in {', '.join(who)}" for why, who in found.items())


def _inverted(
    summary: Callable[[np.ndarray], np.ndarray], rates: np.ndarray, noise: np.ndarray, level: float
) -> tuple[float, float, float, float, float]:
    """Value, interval, mean at parity and p-value of parity of one summary of (2, G) rates."""
    logs = np.log(rates)
    centre = logs.mean(axis=1, keepdims=True)
    shape = _shape(logs, noise)
    seen, tail = float(summary(rates)), (1 - level) / 2

    def rates_at(stretch: float) -> np.ndarray:
        return np.exp(centre + stretch * shape)

    def drawn(stretch: float) -> np.ndarray:
        # No rate is above 1, however wide the noise.
        return summary(np.minimum(rates_at(stretch) * np.exp(noise), 1.0))

    def excess(stretch: float) -> float:
        return float((drawn(stretch) >= seen).mean())

    by_chance = drawn(0.0)
    least = max(seen, float(np.quantile(by_chance, _LEAST_SEEN)))
    low = _crossing(lambda stretch: excess(stretch) >= tail)
    # Larger, not as large: rates that all end at 1 are equal by that alone, and prove no parity.
    high = _crossing(lambda stretch: bool((drawn(stretch) > least).mean() > 1 - _UPPER * tail))
    low_end, high_end = (float(summary(np.minimum(rates_at(each), 1.0))) for each in (low, high))
    # Where rates end at 1, a world further apart need not have a larger summary.
    return (
        seen,
        min(low_end, seen),
        max(high_end, least),
        float(by_chance.mean()),
        excess(0.0),
    )


def _shape(logs: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Along which differences the rates of both kinds are moved apart, in logarithms: (2, G).

    Those that were seen; where the rates of a kind are all equal, the two least certain groups go
    apart, by as much as they are uncertain.
    """
    shape = logs - logs.mean(axis=1, keepdims=True)
    spread = noise.std(axis=0)
    for kind, its in zip(shape, spread, strict=True):
        if np.abs(kind).max() < _EQUAL and its.any():
            one, two = np.argsort(its)[-2:]
            kind[one], kind[two] = -its[two] / 2, its[two] / 2
    # Differences far below their uncertainty tell the direction only.
    largest = np.abs(shape).max()
    if largest > 0:
        shape = shape * max(1.0, spread.max() / largest)
    return np.asarray(shape)


def _crossing(beyond: Callable[[float], bool]) -> float:
    """The least stretch of the differences from which on something holds; 0 is parity."""
    if beyond(0.0):
        return 0.0
    low, high = 0.0, 1.0
    while not beyond(high) and high < _WIDEST:
        low, high = high, 2 * high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if beyond(middle) else (middle, high)
    return high
