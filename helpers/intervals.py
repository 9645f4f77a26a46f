"""Intervals: how far a figure could be off because only some people were looked at."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from helpers import arguments
from helpers.errors import InputError

GAP = "gap"
"""The verdict where parity is excluded, and a gap larger than the margin is not."""
NO_GAP = "no gap larger than the margin"
"""The verdict where every plausible gap is within the margin."""
TOO_LITTLE = "too little evidence"
"""The verdict where parity and a gap larger than the margin are both plausible, or neither is
known."""

_AT_ONCE = 1_000_000  # values drawn at a time; about 8 MB an array


def wilson(successes: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval for a proportion (Wilson 1927).

    Parameters
    ----------
    successes, n : int
        How many of how many.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    tuple of float
        Lower and upper bound in [0, 1]; both NaN for ``n == 0``.

    Raises
    ------
    InputError
        If there are more successes than trials, or an argument is no count or level.

    Examples
    --------
    >>> low, high = wilson(0, 60)
    >>> round(low, 3), round(high, 3)
    (0.0, 0.06)
    """
    level, trials = arguments.level(level), _whole(n, "n")
    hits = _whole(successes, "successes")
    if hits > trials:
        raise InputError(
            f"successes is {hits:,} but n is {trials:,}: no more can succeed than try."
        )
    low, high = wilson_limits(hits, trials, level)
    return float(low), float(high)


def bootstrap_mean(
    values: ArrayLike, level: float = 0.95, replicates: int = 2000, seed: int = 0
) -> tuple[float, float, float]:
    """Mean of values and its percentile bootstrap interval (Efron 1979).

    Parameters
    ----------
    values : array_like (n,)
        One per image or person; NaN values are left out.
    level : float
        Confidence level in (0, 1).
    replicates, seed : int
        How often the values are drawn anew, and from which random start.

    Returns
    -------
    tuple of float
        Mean, lower and upper bound; the bounds are NaN for fewer than two values.

    Raises
    ------
    InputError
        If a value is no number or infinite, or another argument has no meaning.

    Notes
    -----
    Values that are all alike give an interval without width: these faces show no spread, and the
    bootstrap knows of no others.

    Examples
    --------
    >>> mean, low, high = bootstrap_mean([0.2, 0.4, 0.6, 0.8])
    >>> low < mean < high
    True
    """
    level, seed = arguments.level(level), arguments.seed(seed)
    replicates = arguments.count(replicates, "replicates", 2)
    given = np.asarray(values, dtype=object)
    if given.ndim != 1:
        raise InputError(f"values must be one column, but their shape is {given.shape}.")
    kept = arguments.finite_array([each for each in given if not _missing(each)], "values")
    if len(kept) < 2:
        return (float(kept.mean()) if len(kept) else float("nan")), float("nan"), float("nan")
    random, size = np.random.default_rng(seed), max(1, _AT_ONCE // len(kept))
    blocks = (min(size, replicates - start) for start in range(0, replicates, size))
    draws = (random.integers(0, len(kept), (block, len(kept))) for block in blocks)
    means = np.concatenate([kept[each].mean(axis=1) for each in draws])
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(kept.mean()), float(low), float(high)


def wilson_limits(
    successes: ArrayLike, n: ArrayLike, level: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilson's score interval for many proportions at once (Wilson 1927).

    Parameters
    ----------
    successes, n : array_like
        How many of how many; any shapes that broadcast.
    level : float or array_like
        Confidence level in (0, 1).

    Returns
    -------
    tuple of arrays
        Lower and upper bounds in [0, 1]; NaN where ``n`` is 0.

    Raises
    ------
    InputError
        If there are more successes than trials, fewer than none, or a level is outside (0, 1).
    """
    hits = arguments.finite_array(successes, "successes", low=0)
    trials = arguments.finite_array(n, "n", low=0)
    if np.ndim(level) == 0:
        levels = np.array(arguments.level(level))
    else:
        levels = arguments.finite_array(level, "level")
        if ((levels <= 0) | (levels >= 1)).any():
            raise InputError("level must hold confidence levels above 0 and below 1, as 0.95.")
    try:
        more = hits > trials
        np.broadcast_shapes(more.shape, levels.shape)
    except ValueError:
        raise InputError(
            f"successes, n and level have shapes {hits.shape}, {trials.shape} and {levels.shape}, "
            "which do not go together: give one n for each, or one for all."
        ) from None
    if more.any():
        raise InputError("successes is larger than n: no more can succeed than try.")
    return score_limits(hits, trials, special.ndtri((1 + levels) / 2))


def score_limits(
    successes: ArrayLike, n: ArrayLike, z: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilson's limits for a standard normal quantile ``z`` instead of a level."""
    hits, trials = np.asarray(successes, dtype=float), np.asarray(n, dtype=float)
    z2 = np.square(np.asarray(z, dtype=float))
    with np.errstate(invalid="ignore", divide="ignore"):
        half = np.sqrt(z2) * np.sqrt(hits * (trials - hits) / trials + z2 / 4) / (trials + z2)
        # Exactly 0 without hits: both terms are then the same to the last bit. So the upper limit
        # is that of the failures seen from 1, and rounding leaves no share outside its interval.
        low, rest = ((each + z2 / 2) / (trials + z2) - half for each in (hits, trials - hits))
    return np.maximum(low, 0.0), 1 - np.maximum(rest, 0.0)


def student(level: float, freedom: ArrayLike) -> Any:
    """Return the quantile of Student's t for a two-sided interval; normal for infinite freedom.

    Parameters
    ----------
    level : float
        Confidence level in (0, 1).
    freedom : float or array_like
        Degrees of freedom, above 0.

    Returns
    -------
    float or numpy.ndarray

    Examples
    --------
    >>> round(float(student(0.95, 10)), 3)
    2.228
    """
    return special.stdtrit(freedom, (1 + level) / 2)


def log_odds_limits(
    value: float, spread: float, freedom: float, level: float = 0.95
) -> tuple[float, float]:
    """Return Student's interval of a share, symmetrical in log odds, so that it stays in [0, 1].

    Parameters
    ----------
    value : float
        The share, strictly between 0 and 1.
    spread : float
        Its standard error.
    freedom : float
        Degrees of freedom of the standard error.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    tuple of float
        Lower and upper bound.

    Examples
    --------
    >>> low, high = log_odds_limits(0.9, 0.06, 30)
    >>> round(low, 2), round(high, 2)
    (0.7, 0.97)
    """
    odds = np.log(value / (1 - value))
    half = student(level, freedom) * spread / (value * (1 - value))
    return float(special.expit(odds - half)), float(special.expit(odds + half))


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """Holm's step-down correction of p-values for the number of comparisons (Holm 1979).

    Parameters
    ----------
    p : array_like (m,)
        NaN stands for a comparison that could not be made: it stays NaN and does not count.

    Returns
    -------
    array (m,)
        Corrected p-values in [0, 1]; rejecting those below 0.05 makes one or more false rejections
        in at most 5 % of audits, however the comparisons depend on one another.

    Raises
    ------
    InputError
        If a value is no probability, or they are no list.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    if np.ndim(p) != 1:
        raise InputError("p must be a list of p-values, one for each comparison.")
    given = np.asarray(p, dtype=object)
    there = np.array([not _missing(each) for each in given], dtype=bool)
    values = np.full(len(given), np.nan)
    values[there] = arguments.finite_array(list(given[there]), "p", low=0, high=1)
    corrected = np.full(values.shape, np.nan)
    made = np.flatnonzero(~np.isnan(values))
    order = made[np.argsort(values[made], kind="stable")]
    steps = values[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return corrected


def verdict(low: float, high: float, margin: float = 0.05, parity: float = 0.0) -> str:
    """What the interval of a gap allows to be said, in one of three phrases.

    Parameters
    ----------
    low, high : float
        Bounds of the gap: a difference, signed or not, or a ratio. NaN where there are none.
    margin : float
        The largest distance from parity that would not matter. Choose it before the data are seen:
        chosen afterwards, it fits whatever was found.
    parity : float
        The gap where there is no difference: 0 for a difference, 1 for a ratio, whose distance from
        1 is compared with the margin.

    Returns
    -------
    str
        :data:`NO_GAP` if the whole interval is within the margin of parity, its ends included;
        otherwise :data:`GAP` if it leaves parity out, and :data:`TOO_LITTLE` if it holds parity or
        there is no interval.

    Raises
    ------
    InputError
        If the margin or the parity is no finite number, the margin is negative, or a bound is no
        number or on the wrong side.

    Examples
    --------
    >>> verdict(0.02, 0.11)
    'gap'
    >>> verdict(0.0, 0.187)
    'too little evidence'
    >>> verdict(0.97, 1.0, parity=1)
    'no gap larger than the margin'
    """
    allowed = arguments.number(margin, "margin", 0)
    middle = arguments.number(parity, "parity")
    low, high = _bound(low, "low"), _bound(high, "high")
    if np.isnan(low) or np.isnan(high):
        return TOO_LITTLE
    if low > high:
        raise InputError(f"low is {low:g} and high is {high:g}: an interval runs from low to high.")
    # Rounding, as in 1 - 0.95, must not move an end across the margin.
    furthest = max(abs(low - middle), abs(high - middle))
    if furthest <= allowed + 1e-12:
        return NO_GAP
    return TOO_LITTLE if low <= middle <= high else GAP


def edge(plausible: Callable[[float], bool], inside: float, outside: float, steps: int) -> float:
    """Find the end of an interval by halving the way from what is plausible to what may not be.

    Parameters
    ----------
    plausible : callable
        Tells whether a value, a float, is plausible.
    inside, outside : float
        A plausible value, and the furthest that is possible.
    steps : int
        How often the way between them is halved.

    Returns
    -------
    float
        ``outside`` if that is plausible; else the last value found plausible, never one beyond: where
        parity is refused, the interval of a gap must leave it out.

    Examples
    --------
    >>> edge(lambda value: value**2 <= 2, 1.0, 2.0, 20)
    1.4142131805419922
    """
    if plausible(outside):
        return outside
    for _ in range(steps):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if plausible(middle) else (inside, middle)
    return inside


def _whole(value: object, name: str) -> int:
    """A count; 12.0 is one as well, since sums of booleans and tables often give that."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    return arguments.count(value, name, 0)


def _bound(value: object, name: str) -> float:
    """A bound: a number, infinite where nothing limits it, NaN where there is none."""
    if isinstance(value, float | np.floating) and not np.isfinite(value):
        return float(value)
    return arguments.number(value, name)


def _missing(value: object) -> bool:
    return isinstance(value, float | np.floating) and bool(np.isnan(value))
