"""One number for the differences between groups, and why there are so many of them.

All take error rates, a value per group, for instance the columns ``fmr`` and ``fnmr`` of
:func:`helpers.bias.verification.rates` without the row "overall". They say how large the
differences are, never whose side is right, and all of them are positive by chance alone: give them
with an interval (:func:`helpers.bias.verification.disparities`).
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers import arguments
from helpers.errors import InputError

ZEROS = ("undefined", "leave out", "floor")
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

    Notes
    -----
    Differences of small rates are small: at an FMR of 0.001 even a tenfold disparity leaves an FDR
    of about 0.999. Read it beside a ratio.

    Examples
    --------
    >>> round(fdr([0.01, 0.03], [0.1, 0.2]), 4)
    0.94
    """
    return 1 - float(weighted(np.ptp, *_rates(fmr, fnmr, alpha), alpha))


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

    Examples
    --------
    >>> round(garbe([0.01, 0.03], [0.1, 0.2]), 4)
    0.4167
    """
    return float(weighted(gini, *_rates(fmr, fnmr, alpha), alpha))


def weighted(measure: Callable[[Any], Any], fmr: ArrayLike, fnmr: ArrayLike, alpha: float) -> Any:
    """A measure of both rates' differences, weighted; what has no weight need not be defined."""
    parts = ((alpha, fmr), (1 - alpha, fnmr))
    return sum(weight * measure(rates) for weight, rates in parts if weight)


def gini(rates: ArrayLike) -> float:
    """Gini coefficient of rates, corrected for the number of groups.

    G = n / (n - 1) * sum_ij |x_i - x_j| / (2 n^2 mean(x)): the factor makes 1 the largest value for
    any number of groups, without which eight groups end at 7/8 and two at 1/2.

    Parameters
    ----------
    rates : array_like (G,), >= 0

    Returns
    -------
    float
        In [0, 1]. NaN if all rates are zero (0/0), one is undefined, or there is one group only.
    """
    values = _checked(rates)
    if len(values) < 2 or np.isnan(values).any() or not values.any():
        return float("nan")
    return float(gini_of_rows(values))


def gini_of_rows(rates: np.ndarray) -> np.ndarray:
    """As :func:`gini`, of many sets of rates at once: (..., G), none of them all zero, to (...)."""
    n = rates.shape[-1]
    # Sorted, sum_ij |x_i - x_j| is a weighted sum: the k-th is above k and below n - 1 - k others.
    weights = 2 * (2 * np.arange(n) - n + 1)
    differences = (np.sort(rates, axis=-1) * weights).sum(axis=-1)
    return np.asarray(n / (n - 1) * differences / (2 * n**2 * rates.mean(axis=-1)))


def not_garbe_max_over_min(fmr: ArrayLike, fnmr: ArrayLike, alpha: float = 0.5) -> float:
    """The largest rate over the smallest, averaged over both errors: a rival called GARBE at times.

    It is an inequity rate. No Gini coefficient is in it; parity is 1 and there is no upper end; one
    group without errors makes it infinite.

    Parameters
    ----------
    fmr, fnmr : array_like (G,)
        A rate in [0, 1] per group, at one threshold for all.
    alpha : float
        Weight of false matches, in [0, 1].
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(
            weighted(lambda rates: rates.max() / rates.min(), *_rates(fmr, fnmr, alpha), alpha)
        )


def not_garbe_mean_ratio(fmr: ArrayLike, fnmr: ArrayLike, alpha: float = 0.5) -> float:
    """The mean ratio of two groups, larger over smaller: a rival called GARBE at times.

    Parity is 1; it averages over pairs of groups, so one bad group among many is diluted.

    Parameters
    ----------
    fmr, fnmr : array_like (G,)
        A rate in [0, 1] per group, at one threshold for all.
    alpha : float
        Weight of false matches, in [0, 1].
    """
    return float(weighted(_mean_ratio, *_rates(fmr, fnmr, alpha), alpha))


def not_garbe_mean_difference(fmr: ArrayLike, fnmr: ArrayLike, alpha: float = 0.5) -> float:
    """The mean absolute difference of two groups: a rival called GARBE at times.

    It is the numerator of the Gini coefficient without the mean below it, so it shrinks with the
    rates themselves: a stricter threshold seems to make a system fairer.

    Parameters
    ----------
    fmr, fnmr : array_like (G,)
        A rate in [0, 1] per group, at one threshold for all.
    alpha : float
        Weight of false matches, in [0, 1].
    """
    return float(weighted(_mean_difference, *_rates(fmr, fnmr, alpha), alpha))


def inequity(
    rates: Mapping[str, float] | pd.Series,
    zeros: Literal["undefined", "leave out", "floor"] = "undefined",
    floor: float | None = None,
) -> pd.Series:
    """Ratios of the worst group's rate, as NIST tells them (IR 8280, 2019; IR 8429, 2022).

    Parameters
    ----------
    rates : mapping of group to float
        One rate per group, in [0, 1]; not the overall row.
    zeros : {"undefined", "leave out", "floor"}
        A rate of zero has no ratio. Say so, or leave such groups out of the smallest rate and of
        the geometric mean, or count them at ``floor``, for instance 1 over the number of pairs;
        the note says which groups that concerned.
    floor : float, optional
        For ``zeros="floor"``, > 0.

    Returns
    -------
    pandas.Series
        ``worst`` and ``best`` (groups), ``max_over_min``, ``max_over_geomean`` (1 is parity), and
        ``note``.

    Raises
    ------
    UnknownName
        If there is no such treatment of zeros.
    InputError
        If a floor is needed and none is given, or a rate is negative.
    """
    arguments.choice(zeros, "treatment of zeros", ZEROS)
    if zeros == "floor" and floor is None:
        raise InputError('zeros="floor" needs a floor above 0, such as 1 / number of pairs.')
    least = None if floor is None else arguments.number(floor, "floor", 0, 1, open_low=True)
    if not isinstance(rates, Mapping | pd.Series) or not len(rates):
        raise InputError(
            "rates must map groups to their rates, as a dict or a column with an index."
        )
    named = dict(rates)
    values = pd.Series(_checked(list(named.values())), index=list(named), dtype=float)
    if len(values) != len(rates):
        raise InputError("a group is named twice in rates: give each group one rate.")
    found = values.dropna()
    empty = list(found.index[found == 0])
    counted = found.clip(lower=least) if zeros == "floor" else found[found > 0]
    defined = len(counted) > 0 and not (zeros == "undefined" and empty)
    with np.errstate(divide="ignore"):
        geomean = np.exp(np.log(counted).mean()) if defined else np.nan
    return pd.Series(
        {
            "worst": found.idxmax() if len(found) else "",
            "best": found.idxmin() if len(found) else "",
            "max_over_min": counted.max() / counted.min() if defined else np.nan,
            "max_over_geomean": counted.max() / geomean if defined else np.nan,
            "note": _about_zeros(empty, list(values.index[values.isna()]), zeros, least),
        }
    )


def _about_zeros(empty: list[str], undefined: list[str], zeros: str, floor: float | None) -> str:
    treatment = {
        "undefined": "so no ratio is defined",
        "leave out": "and left out of the ratios",
        "floor": f"and counted as {floor}",
    }
    notes = [f"no errors in {', '.join(empty)}, {treatment[zeros]}"] if empty else []
    notes += [f"undefined in {', '.join(undefined)}, left out"] if undefined else []
    return "; ".join(notes)


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


def _absolute_differences(values: np.ndarray) -> np.ndarray:
    return np.abs(values[:, None] - values[None, :])


def _mean_difference(values: np.ndarray) -> float:
    above = np.triu_indices(len(values), 1)
    return float(_absolute_differences(values)[above].mean())


def _mean_ratio(values: np.ndarray) -> float:
    one, two = (values[each] for each in np.triu_indices(len(values), 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return float((np.maximum(one, two) / np.minimum(one, two)).mean())
