"""One number for all groups, with an interval that can reach parity.

Whichever groups there are, one of them comes out worst: the largest ratio, the Gini coefficient and
their like are above parity by chance alone, and in a bootstrap of the sample once more.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from helpers import arguments
from helpers.bias.verification.bootstrap import Bootstrap
from helpers.bias.verification.comparisons import OVERALL
from helpers.bias.verification.fairness import gini_of_rows, weighted
from helpers.bias.verification.uncertainty import (
    correlation,
    judged,
    margin_given,
    quantile,
    rate_of_errors,
    standard_errors,
)
from helpers.errors import InputError
from helpers.intervals import holm

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


def disparities(
    sample: Bootstrap,
    alpha: float = 0.5,
    level: float = 0.95,
    simulations: int = 4000,
    seed: int = 0,
    margin: float | None = None,
) -> pd.DataFrame:
    """FDR, GARBE and inequity ratios of all groups, with intervals that can reach parity.

    Parameters
    ----------
    sample : Bootstrap
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
        people), ``p_parity``, ``verdict``, ``groups`` (how many), ``worst`` (the group),
        ``impostors``, ``note``. The verdict is "gap", "no gap larger than the margin" or "too little
        evidence"; "gap" needs a ``p_parity`` that stands Holm's correction for all rows.

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
    in logarithms (``note`` names groups with fewer than ten errors), and on groups that keep the shape of their differences;
    at exact parity it can only err on one side. At 95 % it held the truth in 95 to 99 of 100
    simulations with four groups of 40 people that differ (person effects of 0.35), and in 98 to 99
    with equal ones (0.2); 150 draws each.
    """
    weight = arguments.share(alpha, "alpha, the weight of false matches,")
    confidence, allowed = arguments.level(level), margin_given(margin)
    times, start = arguments.count(simulations, "simulations", 100), arguments.seed(seed)
    if not isinstance(sample, Bootstrap):
        raise InputError(
            f"sample must be what verification.bootstrap gives, not a {type(sample).__name__}."
        )
    groups = [group for group in dict.fromkeys(sample.measures["group"]) if group != OVERALL]
    if "FMR" not in set(sample.measures["metric"]) or len(groups) < 2:
        raise InputError("disparities need two groups or more, and bootstrap(..., threshold=...).")
    rows = [sample.row(kind, group) for kind in ("FMR", "FNMR") for group in groups]
    noise = _noise(sample, rows, confidence, times, start)
    values = sample.measures["value"].to_numpy(dtype=float)[rows]
    reasons = [_without_noise(sample, row) for row in rows]
    found = [
        _described(summary, values, noise, confidence, groups, reasons)
        for summary in _summaries(weight, len(groups))
    ]
    few = _few_errors(sample, rows, groups)
    table = pd.DataFrame(found)
    verdicts = _verdicts(table, allowed, confidence, _overall(sample, weight))
    table.insert(6, "verdict", [each for each, _ in verdicts])
    table["note"] = [
        "; ".join(filter(None, (note or few, about)))
        for note, (_, about) in zip(table["note"], verdicts, strict=True)
    ]
    return table.assign(groups=len(groups), impostors=sample.measures["impostors"].iloc[0])


def _overall(sample: Bootstrap, alpha: float) -> float:
    """The rate of errors that FDR has differences of: of all groups, weighted as in FDR."""
    rows = [sample.row(kind, OVERALL) for kind in ("FMR", "FNMR")]
    fmr, fnmr = sample.measures["value"].to_numpy(dtype=float)[rows]
    return float(weighted(rate_of_errors, fmr, fnmr, alpha))


def _verdicts(
    table: pd.DataFrame, margin: float | None, level: float, rate: float
) -> list[tuple[str, str]]:
    """What each interval allows to be said; "gap" only if parity is excluded after Holm."""
    excluded = holm(table["p_parity"].to_numpy(dtype=float)) < (1 - level) / 2
    found = []
    for metric, low, high, apart in zip(
        table["metric"], table["low"], table["high"], excluded, strict=True
    ):
        parity = 0.0 if metric == "GARBE" else 1.0
        ends = (low, high) if apart else (min(low, parity), max(high, parity))
        found.append(judged(*ends, margin, parity, rate if metric == "FDR" else np.inf))
    return found


def _few_errors(sample: Bootstrap, rows: list[int], groups: list[str]) -> str:
    """Name groups whose rates rest on few errors of a kind."""
    measures = sample.measures.iloc[rows]
    sizes = np.where(measures["metric"] == "FMR", measures["n_impostor"], measures["n_genuine"])
    errors = measures["value"] * sizes
    few = (np.minimum(errors, sizes - errors) < _FEW - 0.5).to_numpy()
    names = dict.fromkeys(name for name, short in zip(groups * 2, few, strict=True) if short)
    return f"rough: fewer than {_FEW} errors of a kind in {', '.join(names)}" if names else ""


@dataclass(frozen=True)
class _Summary:
    """A summary of rates, (..., 2 G) to (...), that is smallest at parity, and what it uses."""

    name: str
    of: Callable[[np.ndarray], np.ndarray]
    used: slice
    larger_is_fairer: bool = False


def _summaries(alpha: float, groups: int) -> list[_Summary]:
    def split(measure: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
        return lambda rates: np.asarray(
            weighted(measure, rates[..., :groups], rates[..., groups:], alpha)
        )

    both = slice(0 if alpha > 0 else groups, 2 * groups if alpha < 1 else groups)
    found = [
        _Summary("FDR", split(lambda rates: np.ptp(rates, axis=-1)), both, larger_is_fairer=True),
        _Summary("GARBE", split(gini_of_rows), both),
    ]
    for kind, part in (("FMR", slice(groups)), ("FNMR", slice(groups, None))):
        found.append(_Summary(f"{kind} max/min", _max_over_min(part), part))
        found.append(_Summary(f"{kind} max/geomean", _max_over_geomean(part), part))
    return found


def _max_over_min(part: slice) -> Callable[[np.ndarray], np.ndarray]:
    return lambda rates: np.asarray(rates[..., part].max(-1) / rates[..., part].min(-1))


def _max_over_geomean(part: slice) -> Callable[[np.ndarray], np.ndarray]:
    return lambda rates: np.asarray(
        rates[..., part].max(-1) / np.exp(np.log(rates[..., part]).mean(-1))
    )


def _noise(
    sample: Bootstrap, rows: list[int], level: float, simulations: int, seed: int
) -> np.ndarray:
    """Errors of the logarithms of the rates: (simulations, 2 G)."""
    values = sample.measures["value"].to_numpy(dtype=float)[rows]
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = standard_errors(sample, rows) / values
    # Few people: as much wider as Student's quantile is than the normal one.
    wider = np.array([quantile(sample, row, level) for row in rows]) / stats.norm.ppf(
        (1 + level) / 2
    )
    together = correlation(sample.draws[:, rows])
    # Rounding can leave an eigenvalue a hair below zero.
    size, axes = np.linalg.eigh(together)
    root = axes * np.sqrt(size.clip(min=0))
    normal = np.random.default_rng(seed).standard_normal((simulations, len(rows)))
    return np.asarray((normal @ root.T) * spread * wider)


def _described(
    summary: _Summary,
    rates: np.ndarray,
    noise: np.ndarray,
    level: float,
    groups: list[str],
    reasons: list[str],
) -> dict[str, float | str]:
    used = rates[summary.used]
    why = _together((groups * 2)[summary.used], reasons[summary.used])
    if why:
        return _without_interval(summary, rates, why)
    kept = np.zeros(len(rates), dtype=bool)
    kept[summary.used] = True
    # A rate of zero has no logarithm, and may stand where this summary does not look.
    only, its_noise = np.where(kept, rates, 1.0), np.where(kept, noise, 0.0)
    value, low, high, chance, p = _inverted(summary.of, only, its_noise, level)
    ends = (
        (1 - value, 1 - high, 1 - low, 1 - chance)
        if summary.larger_is_fairer
        else (value, low, high, chance)
    )
    worst = groups[int(used.argmax())] if len(used) == len(groups) else ""
    figures = dict(zip(("value", "low", "high", "expected_at_parity"), ends, strict=True))
    return {"metric": summary.name, **figures, "p_parity": p, "worst": worst, "note": ""}


def _without_noise(sample: Bootstrap, row: int) -> str:
    """Why the error of a rate's logarithm is unknown; empty if it is known."""
    value, note = sample.measures[["value", "note"]].iloc[row]
    if np.isnan(value):
        return str(note).removeprefix("undefined (").removesuffix(")")
    if value in (0.0, 1.0):
        return "nothing but errors" if value else "no errors"
    return "too few people" if np.isnan(sample.spread[row]) else ""


def _together(groups: list[str], reasons: list[str]) -> str:
    """Each reason with its groups."""
    found: dict[str, list[str]] = {}
    for group, reason in zip(groups, reasons, strict=True):
        if reason:
            found.setdefault(reason, []).append(group)
    return "; ".join(f"{why} in {', '.join(dict.fromkeys(who))}" for why, who in found.items())


def _without_interval(summary: _Summary, rates: np.ndarray, why: str) -> dict[str, float | str]:
    """What can be said where a group has no errors: differences exist, ratios and intervals don't."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(summary.of(rates))
    value = 1 - value if summary.larger_is_fairer else value
    known = np.isfinite(value)
    nothing = dict.fromkeys(("low", "high", "expected_at_parity", "p_parity"), np.nan)
    figures = {"value": value if known else np.nan, **nothing}
    note = f"{'no interval' if known else 'undefined'} ({why})"
    return {"metric": summary.name, **figures, "worst": "", "note": note}


def _inverted(
    summary: Callable[[np.ndarray], np.ndarray], rates: np.ndarray, noise: np.ndarray, level: float
) -> tuple[float, float, float, float, float]:
    """Value, interval, mean at parity and p-value of parity of one summary."""
    logs = np.log(rates).reshape(2, -1)
    centre = np.broadcast_to(logs.mean(axis=1, keepdims=True), logs.shape).ravel()
    shape = _shape(logs, noise)
    seen, tail = float(summary(rates)), (1 - level) / 2

    def rates_at(stretch: float) -> np.ndarray:
        return np.exp(centre + stretch * shape)

    def drawn(stretch: float) -> np.ndarray:
        # No rate is above 1, however wide the noise.
        return summary(np.minimum(rates_at(stretch) * np.exp(noise), 1.0))

    def excess(stretch: float, than: float = seen) -> float:
        return float((drawn(stretch) >= than).mean())

    by_chance = drawn(0.0)
    least = max(seen, float(np.quantile(by_chance, _LEAST_SEEN)))
    low = _crossing(lambda stretch: excess(stretch) >= tail)
    high = _crossing(lambda stretch: excess(stretch, least) > 1 - _UPPER * tail)
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
    """Along which differences the rates of both kinds are moved apart, in logarithms: (2 G,).

    Those that were seen; where the rates of a kind are all equal, the two least certain groups go
    apart, by as much as they are uncertain.
    """
    shape = logs - logs.mean(axis=1, keepdims=True)
    spread = noise.std(axis=0).reshape(logs.shape)
    for kind, its in zip(shape, spread, strict=True):
        if np.abs(kind).max() < _EQUAL and its.any():
            one, two = np.argsort(its)[-2:]
            kind[one], kind[two] = -its[two] / 2, its[two] / 2
    # Differences far below their uncertainty tell the direction only.
    largest = np.abs(shape).max()
    enlarged = max(1.0, spread.max() / largest) if largest > 0 else 1.0
    return np.asarray(enlarged * shape.ravel())


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
