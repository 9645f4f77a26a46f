"""Where to draw the line: one threshold for all, or one per group, tried on other people.

A threshold is chosen for an intended false match rate on some pairs and judged on others. Judged on
the pairs it was chosen on, every group keeps its promise by construction, and nothing is learnt.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.bias.verification.comparisons import (
    OVERALL,
    Comparisons,
    Groups,
    Impostors,
    Sides,
    arrange,
    comparisons,
    identity_numbers,
)
from helpers.bias.verification.curves import fars, rates_of, step_at, threshold_above
from helpers.errors import InputError

LEFT_OUT = -1
"""The fold of pairs whose two people are in different folds."""


def fit(
    scores: ArrayLike,
    genuine: ArrayLike,
    fmr: float,
    group: Groups = None,
    *,
    impostors: Impostors = "within",
    distance: bool = False,
) -> pd.Series:
    """Thresholds that keep an intended false match rate on these pairs.

    Parameters
    ----------
    scores, genuine, group, impostors, distance
        As in :func:`helpers.bias.verification.comparisons`.
    fmr : float
        The intended rate, in [0, 1].

    Returns
    -------
    pandas.Series
        Index "overall" and every group: the smallest threshold (the largest distance) with an FMR
        of at most ``fmr``; NaN where ``fmr`` is below 1 / (number of impostor pairs), so that
        nothing tells how far to go.
    """
    pairs = comparisons(scores, genuine, group, impostors, distance)
    return _fitted(pairs, fars(fmr)[0])


def cross_validate(
    scores: ArrayLike,
    genuine: ArrayLike,
    fold: ArrayLike,
    identities: Sides,
    fmr: float | Sequence[float] = 1e-2,
    group: Groups = None,
    *,
    impostors: Impostors = "within",
    distance: bool = False,
) -> pd.DataFrame:
    """Choose thresholds on all folds but one, judge them on that one, in turns.

    Parameters
    ----------
    scores, genuine, group, impostors, distance
        As in :func:`helpers.bias.verification.comparisons`.
    fold : array_like (N,)
        The fold of every pair; pairs of fold -1 (:data:`LEFT_OUT`) are used nowhere.
    identities : (array_like (N,), array_like (N,))
        Who is on each side: nobody may be in two folds.
    fmr : float or sequence of float
        Intended false match rates.

    Returns
    -------
    pandas.DataFrame
        A row per held-out fold, intended rate, kind of ``threshold_for`` ("all" or "each group")
        and group: ``n_genuine``, ``n_impostor``, ``fmr``, ``fnmr`` on the held-out pairs,
        ``threshold``, ``intended``, ``percent_difference`` of ``fmr`` from it, ``impostors``,
        ``note``.

    Raises
    ------
    InputError
        If somebody is in two folds, or there is only one fold.
    """
    pairs = comparisons(scores, genuine, group, impostors, distance)
    folds = np.asarray(fold, dtype=object)
    if len(folds) != np.size(np.asarray(scores)):
        raise InputError(
            f"there are {np.size(np.asarray(scores)):,} scores and {len(folds):,} folds."
        )
    people = identity_numbers(identities, pairs, len(folds))
    numbers, names = pd.factorize(folds[pairs.kept], sort=True)
    used = [number for number, name in enumerate(names) if name != LEFT_OUT]
    _require_disjoint(people, numbers, used)
    found = [
        _held_out(pairs, numbers == number, np.isin(numbers, used), rate).assign(fold=names[number])
        for number in used
        for rate in fars(fmr)
    ]
    table = pd.concat(found, ignore_index=True)
    first = ["fold", "intended", "threshold_for", "group"]
    return table[first + [name for name in table if name not in first]]


def across_folds(table: pd.DataFrame) -> pd.DataFrame:
    """Mean and range over folds of what :func:`cross_validate` gives.

    Parameters
    ----------
    table : pandas.DataFrame

    Returns
    -------
    pandas.DataFrame
        Columns ``intended``, ``threshold_for``, ``group``, ``folds``, and for ``fmr``, ``fnmr`` and
        ``percent_difference`` the mean with ``_low`` and ``_high``, the least and the largest fold:
        a range that was seen, no interval.
    """
    grouped = table.groupby(["intended", "threshold_for", "group"], sort=False)
    columns = {"folds": grouped["fmr"].count()}
    for name in ("fmr", "fnmr", "percent_difference"):
        columns[name] = grouped[name].mean()
        columns[f"{name}_low"], columns[f"{name}_high"] = grouped[name].min(), grouped[name].max()
    return pd.DataFrame(columns).reset_index()


def percent_difference(fmr: ArrayLike, intended: float) -> np.ndarray:
    """How far a false match rate is from the intended one: 100 (FMR - intended) / intended.

    Parameters
    ----------
    fmr : array_like
        Rates in [0, 1].
    intended : float
        Above 0.

    Returns
    -------
    numpy.ndarray
        In per cent; +100 for twice the intended rate, -100 for no false match at all.

    Raises
    ------
    InputError
        If the intended rate is 0: there is no share of nothing.
    """
    if not intended > 0:
        raise InputError("the intended false match rate must be above 0 to differ in per cent.")
    return 100 * (np.asarray(fmr, dtype=float) - intended) / intended


def identity_folds(
    identities: Sides,
    folds: int = 5,
    group: tuple[ArrayLike, ArrayLike] | None = None,
    seed: int = 0,
) -> np.ndarray:
    """Deal people out into folds, and pairs with them.

    Parameters
    ----------
    identities : (array_like (N,), array_like (N,))
        Who is on each side.
    folds : int
        At least 2.
    group : (array_like (N,), array_like (N,)), optional
        Groups of both sides: each is spread over all folds.
    seed : int

    Returns
    -------
    numpy.ndarray (N,) int
        0 ... folds - 1, or -1 (:data:`LEFT_OUT`) where the two people are in different folds: about
        (folds - 1) / folds of all pairs of two people. Count them.

    Raises
    ------
    InputError
        If there are fewer people than folds.
    """
    one, two = (np.asarray(side, dtype=object) for side in identities)
    codes, people = pd.factorize(np.concatenate([one, two]))
    if not 2 <= folds <= len(people):
        raise InputError(f"{len(people)} people cannot be dealt into {folds} folds (2 or more).")
    stratum = np.zeros(len(people), dtype=int)
    if group is not None:
        stratum[codes] = pd.factorize(np.concatenate([np.asarray(g, dtype=object) for g in group]))[
            0
        ]
    shuffled = np.random.default_rng(seed).permutation(len(people))
    dealt = np.empty(len(people), dtype=int)
    # Dealt like cards, group after group, so that each fold gets its share of each.
    dealt[shuffled[np.argsort(stratum[shuffled], kind="stable")]] = np.arange(len(people)) % folds
    first, second = np.split(dealt[codes], 2)
    return np.asarray(np.where(first == second, first, LEFT_OUT))


def _fitted(pairs: Comparisons, fmr: float) -> pd.Series:
    found = {}
    for unit in arrange(pairs):
        measurable = fmr * unit.n_impostor >= 1
        threshold = threshold_above(unit, step_at(unit, fmr)) if measurable else np.nan
        found[unit.group] = unit.sign * threshold
    return pd.Series(found, name="threshold")


def _held_out(
    pairs: Comparisons, test: np.ndarray, used: np.ndarray, intended: float
) -> pd.DataFrame:
    fitted = _fitted(pairs.subset(used & ~test), intended)
    judged = pairs.subset(test)
    units = arrange(judged)
    kinds: dict[str, float | Mapping[str, float]] = {"all": float(fitted[OVERALL])}
    if pairs.names:
        kinds["each group"] = {name: float(fitted[name]) for name in pairs.names}
    found = []
    for kind, threshold in kinds.items():
        table = rates_of(judged, units, threshold).assign(threshold_for=kind, intended=intended)
        unknown = table["threshold"].isna() & (table["group"] != OVERALL)
        table.loc[unknown, ["fmr", "fnmr"]] = np.nan
        table.loc[unknown, "note"] = "no threshold (too few impostor pairs to choose it on)"
        found.append(table)
    both = pd.concat(found, ignore_index=True)
    return both.assign(percent_difference=percent_difference(both["fmr"], intended))


def _require_disjoint(
    people: tuple[np.ndarray, ...], numbers: np.ndarray, used: Sequence[int]
) -> None:
    if len(used) < 2:
        raise InputError(
            "thresholds are chosen on some folds and judged on another: give two or more."
        )
    inside = np.isin(numbers, used)
    seen = np.unique(
        np.concatenate([np.stack([side[inside], numbers[inside]]) for side in people], axis=1),
        axis=1,
    )
    several = int((np.bincount(seen[0]) > 1).sum())
    if several:
        raise InputError(
            f"{several:,} people are in more than one fold, so a threshold would be judged on people "
            "it was chosen on: make folds with identity_folds(identities)."
        )
