"""Error rates of verification: at a threshold, at every threshold, and summed up in one number.

Two kinds of error. A *false match* accepts two people as one: FMR(t) is the share of impostor pairs
with a score of t or more. A *false non-match* turns one person away: FNMR(t) is the share of genuine
pairs with a score below t. (FAR and TAR = 1 - FNMR are older names for the same counts; ISO/IEC
19795-1 keeps FAR for whole systems.)

All functions give a row per group and one for all together, called "overall". The column
``impostors`` says whose pairs were counted, and ``note`` is empty, or says why a value is undefined.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers import arguments
from helpers.bias.verification.comparisons import (
    Arranged,
    Comparisons,
    Groups,
    Impostors,
    arrange,
    comparisons,
)
from helpers.errors import InputError, unknown_name

NO_GENUINE = "undefined (no genuine pairs)"
NO_IMPOSTORS = "undefined (no impostor pairs)"
NO_THRESHOLD = "undefined (the threshold is NaN: it could not be chosen; give another)"
FARS = (1e-1, 1e-2, 1e-3)
"""False accept rates at which the true accept rate is usually told."""


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
    group : array_like (N,), or (array_like (N,), array_like (N,)), optional
        The group of each pair, or the groups of both sides.
    impostors : {"within", "all"}
        Whether impostor pairs count for the group of both sides, or for that of either.
    distance : bool
        Whether lower scores are more alike.
    threshold : float, or mapping of group to float
        Pairs with this score or a higher one are accepted (this distance or a lower one). A mapping
        gives each group its own; the overall row, if the mapping does not name it, then counts
        each group's pairs at that group's threshold. NaN, a threshold that could not be chosen,
        gives NaN with its reason.

    Returns
    -------
    pandas.DataFrame
        Columns ``group``, ``n_genuine``, ``n_impostor``, ``fmr``, ``fnmr`` (in [0, 1], NaN where
        undefined), ``threshold``, ``impostors``, ``note``.

    Raises
    ------
    InputError, BadTable
        See :func:`comparisons`.
    UnknownName
        If a mapping lacks a group.

    Examples
    --------
    >>> rates([0.9, 0.4, 0.6, 0.2], [1, 1, 0, 0], 0.5)[["group", "fmr", "fnmr"]]
         group  fmr  fnmr
    0  overall  0.5   0.5
    """
    pairs = comparisons(scores, genuine, group, impostors, distance)
    return rates_of(pairs, arrange(pairs), threshold)


def rates_of(
    pairs: Comparisons, units: Sequence[Arranged], threshold: float | Mapping[str, float]
) -> pd.DataFrame:
    """As :func:`rates`, of pairs that are arranged already."""
    if not isinstance(threshold, Mapping):
        at = thresholds_given(threshold)
        return _table(pairs, units, [_rates_at(unit, at) for unit in units])
    for unit in units[1:]:
        if unit.group not in threshold:
            raise unknown_name("threshold for the group", unit.group, map(str, threshold))
    each = {name: thresholds_given(value) for name, value in threshold.items()}
    groups = [_rates_at(unit, each[unit.group]) for unit in units[1:]]
    if units[0].group in each:
        total = _rates_at(units[0], each[units[0].group])
    elif groups:
        total = _pooled(units[1:], groups)
    else:
        raise InputError("a threshold for each group needs groups: give group=, or one threshold.")
    return _table(pairs, units, [total, *groups])


def thresholds_given(threshold: float) -> float:
    """Check a threshold: a number, infinite at most, or NaN for one that could not be chosen."""
    found = arguments.number_array(threshold, "threshold")
    if found.ndim or isinstance(threshold, bool | np.bool_):
        raise InputError(
            f"threshold is {threshold!r}: give one number, or a mapping from groups to numbers."
        )
    return float(found)


def threshold_note(threshold: float) -> str:
    """Why nothing can be said at a threshold; empty if something can."""
    return NO_THRESHOLD if np.isnan(threshold) else ""


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
    pairs = comparisons(scores, genuine, group, impostors, distance)
    units = arrange(pairs)
    return _table(pairs, units, [eer_of(unit) for unit in units])


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

    Examples
    --------
    >>> float(auc([0.9, 0.4, 0.6, 0.2], [1, 1, 0, 0])["auc"].iloc[0])
    0.75
    """
    pairs = comparisons(scores, genuine, group, impostors, distance)
    units = arrange(pairs)
    return _table(pairs, units, [{"auc": auc_of(unit)} for unit in units])


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
    far : float or sequence of float
        In [0, 1]. Below 1 / (number of impostor pairs) nothing can be measured: the value is NaN,
        and the note says from where on it could be.
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
        Columns ``group``, ``n_genuine``, ``n_impostor``, ``far``, ``tar``, ``fmr`` (what the
        threshold really lets through, at most ``far``), ``threshold``, ``impostors``, ``note``.

    Raises
    ------
    InputError
        If a rate is no number in [0, 1]; for the rest see :func:`comparisons`.

    Examples
    --------
    >>> float(tar_at_far([0.9, 0.4, 0.6, 0.2], [1, 1, 0, 0], far=0.5)["tar"].iloc[0])
    1.0
    """
    asked = fars(far)
    pairs = comparisons(scores, genuine, group, impostors, distance)
    units = [unit for unit in arrange(pairs) for _ in asked]
    wanted = asked * (len(units) // len(asked))
    found = [tar_of(unit, rate) for unit, rate in zip(units, wanted, strict=True)]
    return _table(pairs, units, found)


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

    Examples
    --------
    >>> det([0.9, 0.4, 0.6, 0.2], [1, 1, 0, 0])["fmr"].tolist()
    [0.0, 0.0, 0.5, 0.5, 1.0]
    """
    wanted = points if points is None else arguments.count(points, "points", 2)
    pairs = comparisons(scores, genuine, group, impostors, distance)
    return det_of(arrange(pairs), wanted)


def roc(
    scores: ArrayLike,
    genuine: ArrayLike,
    group: Groups = None,
    *,
    impostors: Impostors = "within",
    distance: bool = False,
    points: int | None = None,
) -> pd.DataFrame:
    """True accept rate against false accept rate: :func:`det`, told the other way.

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
        Keep about so many points per group.

    Returns
    -------
    pandas.DataFrame
        Columns ``group``, ``threshold``, ``far``, ``tar``.
    """
    curve = det(
        scores, genuine, group, impostors=impostors, distance=distance, points=points
    ).rename(columns={"fmr": "far"})
    return curve.assign(tar=1 - curve["fnmr"]).drop(columns="fnmr")


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
    impostors : {"within", "all"}
        Whether impostor pairs count for the group of both sides, or for that of either.
    distance : bool
        Whether lower scores are more alike.
    threshold : float, optional
        For FMR and FNMR.
    far : float or sequence of float
        For TAR.

    Returns
    -------
    pandas.DataFrame
        Columns ``group``, ``n_genuine``, ``n_impostor``, (``fmr``, ``fnmr``,) ``eer``, ``auc``, and
        ``tar@...`` for every rate (NaN where it is not measurable), ``impostors``, ``note``.
    """
    pairs = comparisons(scores, genuine, group, impostors, distance)
    units = arrange(pairs)
    found = []
    for unit in units:
        at = {} if threshold is None else _rates_at(unit, thresholds_given(threshold))
        tars = {f"tar@{rate:g}": tar_of(unit, rate)["tar"] for rate in fars(far)}
        found.append({**at, "eer": eer_of(unit)["eer"], "auc": auc_of(unit), **tars})
    return _table(pairs, units, found)


def det_of(units: Sequence[Arranged], points: int | None = None) -> pd.DataFrame:
    """As :func:`det`, of pairs that are arranged already."""
    names = [unit.group for unit in units]
    steps = [_spread(unit, points) for unit in units]
    both = [
        tuple(rate[step] for rate in curve_of(unit))
        for unit, step in zip(units, steps, strict=True)
    ]
    codes = np.repeat(np.arange(len(units)), [len(step) for step in steps])
    thresholds = [
        np.append(unit.sign * np.inf, unit.sign * unit.scores)[step]
        for unit, step in zip(units, steps, strict=True)
    ]
    return pd.DataFrame(
        {
            "group": pd.Categorical.from_codes(codes, pd.Index(names)),
            "threshold": np.concatenate(thresholds),
            "fmr": np.concatenate([fmr for fmr, _ in both]),
            "fnmr": np.concatenate([fnmr for _, fnmr in both]),
        }
    )


def curve_of(unit: Arranged) -> tuple[np.ndarray, np.ndarray]:
    """FMR and FNMR of one group when the first u of its scores are accepted: each (U + 1,)."""
    return (
        _share(unit.accepted_impostors, unit.n_impostor),
        1 - _share(unit.accepted_genuine, unit.n_genuine),
    )


def eer_of(unit: Arranged) -> dict[str, float | str]:
    """Equal error rate of one group, with its threshold."""
    if note(unit):
        return {"eer": np.nan, "threshold": np.nan}
    fmr, fnmr = curve_of(unit)
    step = int(np.searchsorted(fmr - fnmr, 0.0))
    low, high = fnmr[step - 1] - fmr[step - 1], fmr[step] - fnmr[step]
    value = fmr[step - 1] + low / (low + high) * (fmr[step] - fmr[step - 1])
    nearest = max(step if high <= low else step - 1, 1)
    return {"eer": float(value), "threshold": float(unit.sign * unit.scores[nearest - 1])}


def auc_of(unit: Arranged) -> float:
    """Area under the ROC of one group; NaN without genuine or without impostor pairs."""
    if note(unit):
        return float("nan")
    fmr, fnmr = curve_of(unit)
    return float(np.trapezoid(1 - fnmr, fmr))


def tar_of(unit: Arranged, far: float) -> dict[str, float | str]:
    """True accept rate of one group at a false accept rate."""
    if note(unit):
        return {"far": far, "tar": np.nan, "fmr": np.nan, "threshold": np.nan}
    step = step_at(unit, far)
    fmr, fnmr = (float(rate[step]) for rate in curve_of(unit))
    found: dict[str, float | str] = {
        "far": far,
        "tar": 1 - fnmr,
        "fmr": fmr,
        "threshold": unit.sign * threshold_above(unit, step),
    }
    if not measurable(unit, far):
        what = f"not measurable below 1/{unit.n_impostor:,} = {1 / unit.n_impostor:.2g}"
        found |= {"tar": np.nan, "fmr": np.nan, "threshold": np.nan, "note": what}
    return found


def step_at(unit: Arranged, far: float) -> int:
    """How many of the scores can be accepted while the FMR stays at ``far`` or below."""
    return int(np.searchsorted(unit.accepted_impostors, _allowed(unit, far), side="right")) - 1


def measurable(unit: Arranged, far: float) -> bool:
    """Whether there are impostor pairs enough for a rate: one of them must be able to pass."""
    return _allowed(unit, far) >= 1


def _allowed(unit: Arranged, far: float) -> float:
    """How many impostor pairs may pass."""
    # A hair above, so that 0.1 of 30 pairs is 3 and not 2.
    return float(np.floor(far * unit.n_impostor * (1 + 1e-12)))


def threshold_above(unit: Arranged, step: int) -> float:
    """The smallest score that is accepted, or, if none is, the number next above the largest.

    NaN if the largest is infinite, so that no threshold leaves it out.
    """
    if step > 0:
        return float(unit.scores[step - 1])
    largest = float(unit.scores[0])
    return float(np.nextafter(largest, np.inf)) if largest < np.inf else float("nan")


def note(unit: Arranged) -> str:
    """Why the measures of a group are undefined; empty if they are not."""
    if not unit.n_genuine:
        return NO_GENUINE
    return "" if unit.n_impostor else NO_IMPOSTORS


def fars(far: float | Sequence[float]) -> list[float]:
    """Check false accept rates."""
    try:
        found = arguments.number_array(far, "far")
    except InputError as trouble:
        raise InputError(f"{trouble} A false accept rate is a share in [0, 1].") from None
    if found.ndim > 1 or not found.size:
        raise InputError("far is one false accept rate in [0, 1], or a list of them.")
    rates_wanted = [float(each) for each in np.atleast_1d(found)]
    for rate in rates_wanted:
        if not 0 <= rate <= 1:
            raise InputError(f"a false accept rate is a share in [0, 1], not {rate:g}.")
    return rates_wanted


def _rates_at(unit: Arranged, threshold: float) -> dict[str, float | str]:
    if np.isnan(threshold):
        return {"fmr": np.nan, "fnmr": np.nan, "threshold": threshold, "note": NO_THRESHOLD}
    step = unit.step(unit.sign * threshold)
    fmr = _share(unit.accepted_impostors[step], unit.n_impostor)
    fnmr = 1 - _share(unit.accepted_genuine[step], unit.n_genuine)
    return {"fmr": float(fmr), "fnmr": float(fnmr), "threshold": threshold}


def _pooled(
    units: Sequence[Arranged], found: Sequence[Mapping[str, float | str]]
) -> dict[str, float | str]:
    """Rates of all groups together when each has a threshold of its own."""
    totals: dict[str, float | str] = {"threshold": np.nan, "note": "each group at its threshold"}
    without = [
        unit.group
        for unit, each in zip(units, found, strict=True)
        if np.isnan(float(each["threshold"])) and (unit.n_impostor or unit.n_genuine)
    ]
    if without:
        why = f"undefined (no threshold for {', '.join(without)})"
        return {"fmr": np.nan, "fnmr": np.nan, "threshold": np.nan, "note": why}
    for rate, size in (("fmr", "n_impostor"), ("fnmr", "n_genuine")):
        sizes = np.array([getattr(unit, size) for unit in units])
        values = np.array([float(each[rate]) for each in found])
        has_some = sizes > 0
        totals[rate] = (
            float(np.average(values[has_some], weights=sizes[has_some]))
            if has_some.any()
            else np.nan
        )
    return totals


def _share(count: np.ndarray | int, total: int) -> np.ndarray:
    return np.asarray(count) / total if total else np.full(np.shape(count), np.nan)


def _spread(unit: Arranged, points: int | None) -> np.ndarray:
    """Steps of the curve: all of them, or some, evenly over both counts and over low rates."""
    everything = np.arange(len(unit.scores) + 1)
    if points is None or points >= len(everything):
        return everything
    steps = [everything[[0, -1]]]
    for accepted, total in (
        (unit.accepted_impostors, unit.n_impostor),
        (unit.n_genuine - unit.accepted_genuine[::-1], unit.n_genuine),
    ):
        if total:
            wanted = np.geomspace(1, total, points // 2)
            found = np.searchsorted(accepted, wanted).clip(max=len(everything) - 1)
            steps.append(
                found if accepted is unit.accepted_impostors else len(everything) - 1 - found
            )
    return np.unique(np.concatenate(steps))


def _table(
    pairs: Comparisons, units: Sequence[Arranged], found: Sequence[Mapping[str, float | str]]
) -> pd.DataFrame:
    rows = [
        {
            "group": unit.group,
            "n_genuine": unit.n_genuine,
            "n_impostor": unit.n_impostor,
            **{name: value for name, value in values.items() if name != "note"},
            "impostors": pairs.impostors if pairs.names else "all",
            "note": "; ".join(filter(None, (note(unit), str(values.get("note", ""))))),
        }
        for unit, values in zip(units, found, strict=True)
    ]
    return pd.DataFrame(rows)
