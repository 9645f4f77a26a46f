"""Measures of verification: at a threshold, at every threshold, and summed up in one number.

All functions give a row per group and one for all together, called "overall". The column
``impostors`` says whose pairs were counted, and ``note`` is empty, or says why a value is undefined.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers import arguments
from helpers.bias.verification.columns import Groups
from helpers.bias.verification.curves import FARS, Curve, curves_of, fars, threshold_given
from helpers.bias.verification.pairs import Impostors, checked
from helpers.errors import InputError, unknown_name


def rates(
    scores: ArrayLike,
    genuine: ArrayLike,
    threshold: float | Mapping[str, float],
    group: Groups = None,
    *,
    impostors: Impostors = "within",
    distance: bool = False,
) -> pd.DataFrame:
    """False match rate and false non-match rate at a threshold.

    Parameters
    ----------
    scores : array_like (N,)
        Higher is more alike, or lower if ``distance``; NaN is left out.
    genuine : array_like (N,)
        1 for two pictures of one person, 0 for two people.
    threshold : float, or mapping of group to float
        Pairs with this score or a higher one are accepted (this distance or a lower one). A mapping
        gives each group its own; the overall row, if the mapping does not name it, then counts
        each group's pairs at that group's threshold. NaN, a threshold that could not be chosen,
        gives NaN with its reason.
    group : array_like (N,), or (array_like (N,), array_like (N,)), optional
        The group of each pair, or the groups of both sides.
    impostors : {"within", "all"}
        Whether impostor pairs count for the group of both sides, or for that of either.
    distance : bool
        Whether lower scores are more alike.

    Returns
    -------
    pandas.DataFrame
        Columns ``group``, ``n_genuine``, ``n_impostor``, ``fmr``, ``fnmr`` (in [0, 1], NaN where
        undefined), ``threshold``, ``impostors``, ``note``.

    Raises
    ------
    InputError
        If lengths differ, there are no pairs, or all impostors are wanted but only one group per
        pair is known.
    BadTable
        If a label is neither 0 nor 1, or a score no number.
    UnknownName
        If a mapping lacks a group.

    Examples
    --------
    >>> rates([0.9, 0.4, 0.6, 0.2], [1, 1, 0, 0], 0.5)[["group", "fmr", "fnmr"]]
         group  fmr  fnmr
    0  overall  0.5   0.5
    """
    return rates_of(curves_of(checked(scores, genuine, group, impostors, distance)), threshold)


def eer(
    scores: ArrayLike,
    genuine: ArrayLike,
    group: Groups = None,
    *,
    impostors: Impostors = "within",
    distance: bool = False,
) -> pd.DataFrame:
    """Equal error rate: where false matches are as frequent as false non-matches.

    Parameters
    ----------
    scores : array_like (N,)
        Higher is more alike, or lower if ``distance``; NaN is left out.
    genuine : array_like (N,)
        1 for two pictures of one person, 0 for two people.
    group : array_like (N,), or (array_like (N,), array_like (N,)), optional
        The group of each pair, or the groups of both sides.
    impostors : {"within", "all"}
        Whether impostor pairs count for the group of both sides, or for that of either.
    distance : bool
        Whether lower scores are more alike.

    Returns
    -------
    pandas.DataFrame
        Columns ``group``, ``n_genuine``, ``n_impostor``, ``eer``, ``threshold`` (the one at which
        the rates are nearest to each other), ``impostors``, ``note``.

    Raises
    ------
    InputError
        If lengths differ, there are no pairs, or all impostors are wanted but only one group per
        pair is known.
    BadTable
        If a label is neither 0 nor 1, or a score no number.

    Notes
    -----
    Rates of a sample jump, and need not be equal anywhere. The value is where the line between
    neighbouring points of the DET curve crosses FMR = FNMR, which treats tied scores fairly: scores
    that are all equal have an EER of 0.5.

    Examples
    --------
    >>> float(eer([0.9, 0.4, 0.6, 0.2], [1, 1, 0, 0])["eer"].iloc[0])
    0.5
    """
    curves = curves_of(checked(scores, genuine, group, impostors, distance))
    return _table(curves, [curve.eer() for curve in curves])


def auc(
    scores: ArrayLike,
    genuine: ArrayLike,
    group: Groups = None,
    *,
    impostors: Impostors = "within",
    distance: bool = False,
) -> pd.DataFrame:
    """Area under the ROC: how often a genuine pair scores higher than an impostor pair.

    Ties count half (Mann & Whitney 1947).

    Parameters
    ----------
    scores : array_like (N,)
        Higher is more alike, or lower if ``distance``; NaN is left out.
    genuine : array_like (N,)
        1 for two pictures of one person, 0 for two people.
    group : array_like (N,), or (array_like (N,), array_like (N,)), optional
        The group of each pair, or the groups of both sides.
    impostors : {"within", "all"}
        Whether impostor pairs count for the group of both sides, or for that of either.
    distance : bool
        Whether lower scores are more alike.

    Returns
    -------
    pandas.DataFrame
        Columns ``group``, ``n_genuine``, ``n_impostor``, ``auc``, ``impostors``, ``note``.

    Raises
    ------
    InputError
        If lengths differ, there are no pairs, or all impostors are wanted but only one group per
        pair is known.
    BadTable
        If a label is neither 0 nor 1, or a score no number.

    Examples
    --------
    >>> float(auc([0.9, 0.4, 0.6, 0.2], [1, 1, 0, 0])["auc"].iloc[0])
    0.75
    """
    curves = curves_of(checked(scores, genuine, group, impostors, distance))
    return _table(curves, [curve.auc() for curve in curves])


def tar_at_far(
    scores: ArrayLike,
    genuine: ArrayLike,
    far: float | Sequence[float] = FARS,
    group: Groups = None,
    *,
    impostors: Impostors = "within",
    distance: bool = False,
) -> pd.DataFrame:
    """True accept rate where as many pairs as possible are accepted at a given false accept rate.

    The threshold is the smallest score that occurs (the largest distance) and keeps to the rate.

    Parameters
    ----------
    scores : array_like (N,)
        Higher is more alike, or lower if ``distance``; NaN is left out.
    genuine : array_like (N,)
        1 for two pictures of one person, 0 for two people.
    far : float or sequence of float
        In [0, 1]. Below 1 / (number of impostor pairs) nothing can be measured: the value is NaN,
        and the note says from where on it could be.
    group : array_like (N,), or (array_like (N,), array_like (N,)), optional
        The group of each pair, or the groups of both sides.
    impostors : {"within", "all"}
        Whether impostor pairs count for the group of both sides, or for that of either.
    distance : bool
        Whether lower scores are more alike.

    Returns
    -------
    pandas.DataFrame
        Columns ``group``, ``n_genuine``, ``n_impostor``, ``far``, ``tar``, ``fmr`` (what the
        threshold really lets through, at most ``far``), ``threshold``, ``impostors``, ``note``.

    Raises
    ------
    InputError
        If a rate is no number in [0, 1], lengths differ, there are no pairs, or all impostors are
        wanted but only one group per pair is known.
    BadTable
        If a label is neither 0 nor 1, or a score no number.

    Examples
    --------
    >>> float(tar_at_far([0.9, 0.4, 0.6, 0.2], [1, 1, 0, 0], far=0.5)["tar"].iloc[0])
    1.0
    """
    asked = fars(far)
    curves = curves_of(checked(scores, genuine, group, impostors, distance))
    found = [curve.tar(rate) for curve in curves for rate in asked]
    return _table([curve for curve in curves for _ in asked], found)


def det(
    scores: ArrayLike,
    genuine: ArrayLike,
    group: Groups = None,
    *,
    impostors: Impostors = "within",
    distance: bool = False,
    points: int | None = None,
) -> pd.DataFrame:
    """Both error rates at every threshold: the curve of detection error tradeoff.

    Martin et al., "The DET Curve in Assessment of Detection Task Performance", Eurospeech 1997.

    Parameters
    ----------
    scores : array_like (N,)
        Higher is more alike, or lower if ``distance``; NaN is left out.
    genuine : array_like (N,)
        1 for two pictures of one person, 0 for two people.
    group : array_like (N,), or (array_like (N,), array_like (N,)), optional
        The group of each pair, or the groups of both sides.
    impostors : {"within", "all"}
        Whether impostor pairs count for the group of both sides, or for that of either.
    distance : bool
        Whether lower scores are more alike.
    points : int, optional
        Keep about so many points per group, spread evenly over both rates and always on the exact
        curve; by default there is one for every score that occurs.

    Returns
    -------
    pandas.DataFrame
        Columns ``group`` (categorical), ``threshold``, ``fmr``, ``fnmr``, from the strictest
        threshold (nothing is accepted) to the laxest.

    Raises
    ------
    InputError
        If ``points`` is no whole number from 2 on, lengths differ, there are no pairs, or all
        impostors are wanted but only one group per pair is known.
    BadTable
        If a label is neither 0 nor 1, or a score no number.

    Examples
    --------
    >>> det([0.9, 0.4, 0.6, 0.2], [1, 1, 0, 0])["fmr"].tolist()
    [0.0, 0.0, 0.5, 0.5, 1.0]
    """
    wanted = points if points is None else arguments.count(points, "points", 2)
    curves = curves_of(checked(scores, genuine, group, impostors, distance))
    steps = [curve.steps(wanted) for curve in curves]
    at = list(zip(curves, steps, strict=True))
    codes = np.repeat(np.arange(len(curves)), [len(step) for step in steps])
    thresholds = [curve.pairs.sign * np.append(np.inf, curve.scores)[step] for curve, step in at]
    return pd.DataFrame(
        {
            "group": pd.Categorical.from_codes(codes, pd.Index([each.group for each in curves])),
            "threshold": np.concatenate(thresholds),
            "fmr": np.concatenate([curve.fmr[step] for curve, step in at]),
            "fnmr": np.concatenate([curve.fnmr[step] for curve, step in at]),
        }
    )


def point_measures(
    scores: ArrayLike,
    genuine: ArrayLike,
    group: Groups = None,
    *,
    threshold: float | None = None,
    far: float | Sequence[float] = FARS,
    impostors: Impostors = "within",
    distance: bool = False,
) -> pd.DataFrame:
    """EER, AUC, TAR at several FARs and, with a threshold, FMR and FNMR: pairs are sorted once.

    Parameters
    ----------
    scores : array_like (N,)
        Higher is more alike, or lower if ``distance``; NaN is left out.
    genuine : array_like (N,)
        1 for two pictures of one person, 0 for two people.
    group : array_like (N,), or (array_like (N,), array_like (N,)), optional
        The group of each pair, or the groups of both sides.
    threshold : float, optional
        For FMR and FNMR.
    far : float or sequence of float
        For TAR.
    impostors : {"within", "all"}
        Whether impostor pairs count for the group of both sides, or for that of either.
    distance : bool
        Whether lower scores are more alike.

    Returns
    -------
    pandas.DataFrame
        Columns ``group``, ``n_genuine``, ``n_impostor``, (``fmr``, ``fnmr``, ``threshold``,) ``eer``,
        ``auc``, and ``tar@...`` for every rate (NaN where it is not measurable), ``impostors``,
        ``note``.

    Raises
    ------
    InputError
        If a rate is no share, lengths differ, there are no pairs, or all impostors are wanted but
        only one group per pair is known.
    BadTable
        If a label is neither 0 nor 1, or a score no number.
    """
    curves = curves_of(checked(scores, genuine, group, impostors, distance))
    found = []
    for curve in curves:
        at = {} if threshold is None else curve.rates(threshold_given(threshold))
        tars = {f"tar@{rate:g}": curve.tar(rate)["tar"] for rate in fars(far)}
        found.append(at | {"eer": curve.eer()["eer"]} | curve.auc() | tars)
    return _table(curves, found)


def rates_of(curves: Sequence[Curve], threshold: float | Mapping[str, float]) -> pd.DataFrame:
    """Tell both error rates of pairs that are sorted already; see :func:`rates`."""
    if not isinstance(threshold, Mapping):
        at = threshold_given(threshold)
        return _table(curves, [curve.rates(at) for curve in curves])
    everybody, *others = curves
    # Groups are called by their text, whatever they were: 1 is "1".
    each = {str(name): threshold_given(value) for name, value in threshold.items()}
    if len(each) < len(threshold):
        raise InputError("two thresholds are for one group, as a number and as text: give one.")
    for curve in others:
        if curve.group not in each:
            raise unknown_name("threshold for the group", curve.group, each)
    groups = [curve.rates(each[curve.group]) for curve in others]
    if everybody.group in each:
        return _table(curves, [everybody.rates(each[everybody.group]), *groups])
    if not groups:
        raise InputError("a threshold for each group needs groups: give group=, or one threshold.")
    return _table(curves, [_pooled(others, groups), *groups])


def _pooled(curves: Sequence[Curve], found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Rates of all groups together when each has a threshold of its own."""
    without = [
        curve.group
        for curve, each in zip(curves, found, strict=True)
        if np.isnan(each["threshold"]) and (curve.n_impostor or curve.n_genuine)
    ]
    if without:
        why = f"undefined (no threshold for {', '.join(without)})"
        return {"fmr": np.nan, "fnmr": np.nan, "threshold": np.nan, "note": why}
    pooled = {}
    for rate, size in (("fmr", "n_impostor"), ("fnmr", "n_genuine")):
        sizes = np.array([getattr(curve, size) for curve in curves])
        values = np.array([each[rate] for each in found])
        some = sizes > 0
        pooled[rate] = np.average(values[some], weights=sizes[some]) if some.any() else np.nan
    return {**pooled, "threshold": np.nan, "note": "each group at its threshold"}


def _table(curves: Sequence[Curve], found: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    rows = [
        {
            "group": curve.group,
            "n_genuine": curve.n_genuine,
            "n_impostor": curve.n_impostor,
            **{name: value for name, value in values.items() if name != "note"},
            "impostors": curve.pairs.impostors if curve.pairs.names else "all",
            "note": "; ".join(filter(None, (curve.note, values.get("note", "")))),
        }
        for curve, values in zip(curves, found, strict=True)
    ]
    return pd.DataFrame(rows)
