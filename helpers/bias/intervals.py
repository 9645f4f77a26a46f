"""Intervals: how far a figure could be off because only some people were looked at."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


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
