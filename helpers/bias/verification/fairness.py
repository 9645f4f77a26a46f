"""One number for the differences between groups, and why there are so many of them.

All take error rates, a value per group, for instance the columns ``fmr`` and ``fnmr`` of
:func:`helpers.bias.verification.rates` without the row "overall". They say how large the
differences are, never whose side is right, and all of them are positive by chance alone: give them
with an interval (:func:`helpers.bias.verification.disparities`).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from helpers import arguments
from helpers.errors import InputError

_ROUNDING = 1e-9


def fdr(fmr: ArrayLike, fnmr: ArrayLike, alpha: float = 0.5) -> float:
    """Fairness discrepancy rate: one minus the largest differences between groups.

    De Freitas Pereira & Marcel, "Fairness in Biometrics: A Figure of Merit to Assess Biometric
    Verification Systems", IEEE T-BIOM 2021: with A the largest difference of two groups' FMR and B
    that of their FNMR, FDR = 1 - (alpha A + (1 - alpha) B).

    Parameters
    ----------
    fmr, fnmr : array_like (G,)
        A rate in [0, 1] per group, at one threshold for all.
    alpha : float
        Weight of false matches, in [0, 1]; errors without weight need no rates that are defined.

    Returns
    -------
    float
        In [0, 1]; 1 for equal rates. NaN if a rate is undefined.

    Raises
    ------
    InputError
        If a rate is no share, there are fewer than two groups, or lengths differ.

    Notes
    -----
    Differences of small rates are small: at an FMR of 0.001 even a tenfold disparity leaves an FDR
    of about 0.999. Read it beside a ratio.

    Examples
    --------
    >>> round(fdr([0.01, 0.03], [0.1, 0.2]), 4)
    0.94
    """
    return 1 - float(weighted(largest_gap, *_rates(fmr, fnmr, alpha), alpha))


def garbe(fmr: ArrayLike, fnmr: ArrayLike, alpha: float = 0.5) -> float:
    """Gini aggregation rate for biometric equitability.

    Howard, Laird, Rubin, Sirotin, Tipton & Vemury, "Evaluating Proposed Fairness Models for Face
    Recognition Algorithms", ICPR Workshops 2022: GARBE = alpha G(FMR) + (1 - alpha) G(FNMR), with
    the Gini coefficient of :func:`gini`.

    Parameters
    ----------
    fmr, fnmr : array_like (G,)
        A rate in [0, 1] per group, at one threshold for all.
    alpha : float
        Weight of false matches, in [0, 1].

    Returns
    -------
    float
        In [0, 1]; 0 for equal rates, 1 if one group has all errors. NaN if a rate is undefined, or
        no group has any errors of a kind.

    Raises
    ------
    InputError
        If a rate is no share, there are fewer than two groups, or lengths differ.

    Examples
    --------
    >>> round(garbe([0.01, 0.03], [0.1, 0.2]), 4)
    0.4167
    """
    return float(weighted(gini_of, *_rates(fmr, fnmr, alpha), alpha))


def weighted(measure: Callable[[Any], Any], fmr: ArrayLike, fnmr: ArrayLike, alpha: float) -> Any:
    """Weigh a measure of both kinds of rates; what has no weight need not be defined."""
    parts = ((alpha, fmr), (1 - alpha, fnmr))
    return sum(weight * measure(rates) for weight, rates in parts if weight)


def gini(rates: ArrayLike) -> float:
    """Gini coefficient of rates, corrected for the number of groups.

    G = n / (n - 1) * sum_ij |x_i - x_j| / (2 n^2 mean(x)): the factor makes 1 the largest value for
    any number of groups, without which eight groups end at 7/8 and two at 1/2.

    Parameters
    ----------
    rates : array_like (G,)
        A rate in [0, 1] per group.

    Returns
    -------
    float
        In [0, 1]. NaN if all rates are zero (0/0), one is undefined, or there is one group only.

    Raises
    ------
    InputError
        If a rate is no share, or there is none.

    Examples
    --------
    >>> round(gini([0.01, 0.02, 0.03]), 4)
    0.3333
    """
    return float(gini_of(_checked(rates)))


# The same on arrays (..., G) of many sets of rates, whose last axis goes: the summaries draw many.


def gini_of(rates: np.ndarray) -> np.ndarray:
    """Gini coefficient of each set of rates: (..., G) to (...); see :func:`gini`."""
    n = rates.shape[-1]
    # Sorted, sum_ij |x_i - x_j| is a weighted sum: the k-th is above k and below n - 1 - k others.
    weights = 2 * (2 * np.arange(n) - n + 1)
    differences = (np.sort(rates, axis=-1) * weights).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.divide(n, n - 1) * differences / (2 * n**2 * rates.mean(axis=-1)))


def largest_gap(rates: np.ndarray) -> np.ndarray:
    """Largest difference of two groups in each set of rates: (..., G) to (...)."""
    return np.asarray(np.ptp(rates, axis=-1))


def max_over_min(rates: np.ndarray) -> np.ndarray:
    """Largest rate over the smallest, (..., G) to (...): NIST's inequity ratio (IR 8280, 2019)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(rates.max(axis=-1) / rates.min(axis=-1))


def max_over_geomean(rates: np.ndarray) -> np.ndarray:
    """Largest rate over the geometric mean, (..., G) to (...) (NIST IR 8429, 2022)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(rates.max(axis=-1) / np.exp(np.log(rates).mean(axis=-1)))


def _rates(fmr: ArrayLike, fnmr: ArrayLike, alpha: float) -> tuple[np.ndarray, np.ndarray]:
    first, second = _checked(fmr), _checked(fnmr)
    if len(first) != len(second):
        raise InputError(f"there are {len(first)} groups with an FMR, but {len(second)} with FNMR.")
    if len(first) < 2:
        raise InputError("one group differs from nobody: give the rates of two groups or more.")
    arguments.share(alpha, "alpha, the weight of false matches,")
    return first, second


def _checked(rates: ArrayLike) -> np.ndarray:
    values = arguments.number_array(rates, "rates")
    if values.ndim != 1 or not len(values):
        raise InputError("give one rate per group, as a list or a column.")
    # Sums of shares may end a rounding error beyond 1.
    beyond = (values < -_ROUNDING) | (values > 1 + _ROUNDING)
    if beyond.any():
        raise InputError(f"rates are shares in [0, 1]; {values[beyond][0]:g} is none.")
    return np.clip(values, 0, 1)
