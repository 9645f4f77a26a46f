"""Intervals: how far a figure could be off because only some people were looked at."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from helpers import arguments

GAP = "gap"
"""The verdict where parity is excluded, and a gap larger than the margin is not."""
NO_GAP = "no gap larger than the margin"
"""The verdict where every plausible gap is within the margin."""
TOO_LITTLE = "too little evidence"
"""The verdict where parity and a gap larger than the margin are both plausible, or neither is
known."""


def wilson(successes: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval for a proportion (Wilson 1927), from scipy.

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
    """
    if n == 0:
        return float("nan"), float("nan")
    bounds = stats.binomtest(int(successes), int(n)).proportion_ci(level, method="wilson")
    return float(bounds.low), float(bounds.high)


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
    """
    kept = np.asarray(values, dtype=float)
    kept = kept[~np.isnan(kept)]
    if len(kept) < 2:
        return (float(kept.mean()) if len(kept) else float("nan")), float("nan"), float("nan")
    draws = np.random.default_rng(seed).integers(0, len(kept), (replicates, len(kept)))
    means = kept[draws].mean(axis=1)
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
    """
    return score_limits(successes, n, special.ndtri((1 + np.asarray(level, dtype=float)) / 2))


def score_limits(
    successes: ArrayLike, n: ArrayLike, z: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilson's limits for a standard normal quantile ``z`` instead of a level."""
    hits, trials = np.asarray(successes, dtype=float), np.asarray(n, dtype=float)
    z2 = np.square(np.asarray(z, dtype=float))
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = (hits + z2 / 2) / (trials + z2)
        half = np.sqrt(z2) * np.sqrt(hits * (trials - hits) / trials + z2 / 4) / (trials + z2)
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


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
    """
    values = np.asarray(p, dtype=float)
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
        If the margin or the parity is no finite number, or the margin is negative.

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
    if np.isnan(low) or np.isnan(high):
        return TOO_LITTLE
    # Rounding, as in 1 - 0.95, must not move an end across the margin.
    furthest = max(abs(low - middle), abs(high - middle))
    if furthest <= allowed + 1e-12:
        return NO_GAP
    return TOO_LITTLE if low <= middle <= high else GAP
