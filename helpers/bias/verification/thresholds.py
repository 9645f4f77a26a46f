"""Where to draw the line: one threshold for all, or one per group, tried on other people.

A threshold is chosen for an intended false match rate on some pairs and judged on others. Judged on
the pairs it was chosen on, every group keeps its promise by construction, and nothing is learnt.
"""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers import arguments
from helpers.bias.verification.columns import Groups, Sides, both_sides, numbered_people, one_order
from helpers.bias.verification.curves import Curve, curves_of, fars
from helpers.bias.verification.measures import rates_of
from helpers.bias.verification.pairs import OVERALL, Impostors, Pairs, checked, with_people
from helpers.errors import BadTable, InputError

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
    scores : array_like (N,)
        Higher is more alike, or lower if ``distance``; NaN is left out.
    genuine : array_like (N,)
        1 for two pictures of one person, 0 for two people.
    fmr : float
        The intended rate, in [0, 1].
    group : array_like (N,), or (array_like (N,), array_like (N,)), optional
        The group of each pair, or the groups of both sides.
    impostors : {"within", "all"}
        Whether impostor pairs count for the group of both sides, or for that of either.
    distance : bool
        Whether lower scores are more alike.

    Returns
    -------
    pandas.Series
        Index "overall" and every group: the smallest score that occurs (the largest distance) and,
        as a threshold, has an FMR of at most ``fmr``; where none has, the number next above all.
        Thresholds down to the next score would accept the same pairs. NaN where ``fmr`` is below
        1 / (number of impostor pairs), so that nothing tells how far to go.

    Warns
    -----
    UserWarning
        For what cannot be measured, with the smallest rate that could be.

    Examples
    --------
    >>> float(fit([0.9, 0.8, 0.4, 0.3], [1, 0, 0, 0], fmr=0.5)["overall"])
    0.8
    """
    intended = arguments.share(fmr, "fmr")
    curves = curves_of(checked(scores, genuine, group, impostors, distance))
    for curve in curves:
        if not curve.measurable(intended):
            why = why_none(curve.n_impostor, intended)
            warnings.warn(f"no threshold for {curve.group}: {why}.", stacklevel=2)
    return _fitted(curves, intended)


def why_none(impostors: int, fmr: float) -> str:
    """Say why no threshold keeps a false match rate on so many impostor pairs, and what would do."""
    if not impostors:
        return "not measurable: there are no impostor pairs; give threshold="
    exponent = int(np.floor(np.log10(1 / impostors))) - 1
    # Rounded up: the rate that is named must itself be measurable.
    least = np.ceil(10.0**-exponent / impostors - 1e-9) * 10.0**exponent
    return (
        f"not measurable: {impostors:,} impostor pairs can't show an FMR of {fmr:g}; give threshold= "
        f"or fmr >= {least:.2g}"
    )


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
    scores : array_like (N,)
        Higher is more alike, or lower if ``distance``; NaN is left out.
    genuine : array_like (N,)
        1 for two pictures of one person, 0 for two people.
    fold : array_like (N,)
        The fold of every pair; pairs of fold -1 (:data:`LEFT_OUT`) are used nowhere.
    identities : (array_like (N,), array_like (N,))
        Who is on each side: nobody may be in two folds.
    fmr : float or sequence of float
        Intended false match rates, above 0.
    group : array_like (N,), or (array_like (N,), array_like (N,)), optional
        The group of each pair, or the groups of both sides.
    impostors : {"within", "all"}
        Whether impostor pairs count for the group of both sides, or for that of either.
    distance : bool
        Whether lower scores are more alike.

    Returns
    -------
    pandas.DataFrame
        A row per held-out fold, intended rate, kind of ``threshold_for`` ("all" or "each group")
        and group: ``n_genuine``, ``n_impostor``, ``fmr``, ``fnmr`` on the held-out pairs,
        ``threshold``, ``intended``, ``percent_difference`` of ``fmr`` from it, ``impostors``,
        ``note``. NaN where no threshold can be chosen: for all groups together, too, if one of them
        has none of its own.

    Raises
    ------
    InputError
        If somebody is in two folds, or there is only one fold.
    """
    wanted = fars(fmr)
    if min(wanted) == 0:
        raise InputError("the intended false match rate must be above 0 to differ in per cent.")
    pairs = checked(scores, genuine, group, impostors, distance)
    arguments.same_length(scores=scores, fold=fold)
    folds = arguments.plain_array(fold, "fold").astype(object)
    one_order(scores=scores, fold=fold)
    if folds.ndim != 1 or pd.isna(folds).any():
        raise InputError("fold must be one value per pair, none missing; -1 leaves a pair out.")
    pairs, folds = with_people(pairs, identities, scores), folds[pairs.kept]
    numbers, names = _numbered(folds)
    used = [number for number, name in enumerate(names) if name != str(LEFT_OUT)]
    _require_disjoint(pairs, numbers, used)
    found = [
        _held_out(pairs, numbers == number, np.isin(numbers, used), rate).assign(
            fold=folds[numbers == number][0]
        )
        for number in used
        for rate in wanted
    ]
    table = pd.concat(found, ignore_index=True)
    first = ["fold", "intended", "threshold_for", "group"]
    return table[first + [name for name in table if name not in first]]


def across_folds(table: pd.DataFrame) -> pd.DataFrame:
    """Mean and range over folds of what :func:`cross_validate` gives.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`cross_validate`.

    Returns
    -------
    pandas.DataFrame
        Columns ``intended``, ``threshold_for``, ``group``, ``folds`` (how many have an FMR), and for
        ``fmr``, ``fnmr`` and ``percent_difference`` the mean with ``_low`` and ``_high``, the least
        and the largest fold: a range that was seen, no interval. Where a fold has no value, there
        is no mean either, and ``note`` says so.

    Raises
    ------
    BadTable
        If a column is missing.
    """
    keys, figures = ["intended", "threshold_for", "group"], ["fmr", "fnmr", "percent_difference"]
    arguments.columns(table, keys + figures)
    for name in figures:
        if not pd.api.types.is_numeric_dtype(table[name]):
            raise BadTable(f"the column {name} of the table must hold numbers.")
    grouped = table.groupby(keys, sort=False)
    size, known = grouped.size(), grouped[figures].count()
    columns = {"folds": known["fmr"]}
    for name in figures:
        for end, how in (("", "mean"), ("_low", "min"), ("_high", "max")):
            columns[name + end] = grouped[name].agg(how).where(known[name] == size)
    missing = (size - known.min(axis=1)).astype(str)
    said = "undefined in " + missing + " of " + size.astype(str) + " folds"
    columns["note"] = said.where(missing != "0", "")
    return pd.DataFrame(columns).reset_index()


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
        How people are shuffled.

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
    wanted, start = arguments.count(folds, "folds", 2), arguments.seed(seed)
    one, two = both_sides(identities, "identities")
    first, second, people = numbered_people(one, two)
    if wanted > len(people):
        raise InputError(f"{len(people)} people cannot be dealt into {wanted} folds (2 or more).")
    stratum = np.zeros(len(people), dtype=int)
    if group is not None:
        groups = both_sides(group, "group")
        one_order(identities=identities, group=group)
        arguments.same_length(identities=one, group=groups[0], second_group=groups[1])
        codes = np.concatenate([first, second])
        stratum[codes] = pd.factorize(np.concatenate(groups))[0]
    shuffled = np.random.default_rng(start).permutation(len(people))
    dealt = np.empty(len(people), dtype=int)
    # Dealt like cards, group after group, so that each fold gets its share of each.
    dealt[shuffled[np.argsort(stratum[shuffled], kind="stable")]] = np.arange(len(people)) % wanted
    return np.asarray(np.where(dealt[first] == dealt[second], dealt[first], LEFT_OUT))


def _numbered(folds: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Number folds in their order; 1, 1.0 and "1" are one fold."""
    text = np.array([_fold_name(each) for each in folds], dtype=object)
    try:
        order = [_fold_name(each) for each in sorted(set(folds.tolist()))]
    except TypeError:  # numbers and text
        order = sorted(set(text))
    names = list(dict.fromkeys(order))
    return np.asarray(pd.Categorical(text, categories=names).codes), names


def _fold_name(fold: Any) -> str:
    # A column of pandas that once had a gap holds -1.0, which leaves out what -1 does.
    whole = isinstance(fold, float | np.floating) and float(fold).is_integer()
    return str(int(fold) if whole else fold)


def _fitted(curves: Sequence[Curve], fmr: float) -> pd.Series:
    return pd.Series({each.group: each.threshold_at(fmr) for each in curves}, name="threshold")


def _held_out(pairs: Pairs, test: np.ndarray, used: np.ndarray, intended: float) -> pd.DataFrame:
    chosen_on, curves = curves_of(pairs.subset(used & ~test)), curves_of(pairs.subset(test))
    fitted = _fitted(chosen_on, intended)
    found = []
    for kind in ("all", "each group") if pairs.names else ("all",):
        at: Any = fitted[OVERALL] if kind == "all" else fitted[list(pairs.names)].to_dict()
        table = rates_of(curves, at).assign(threshold_for=kind, intended=intended)
        why = [
            "" if curve.measurable(intended) else why_none(curve.n_impostor, intended)
            for curve in (chosen_on if kind == "each group" else chosen_on[:1] * len(curves))
        ]
        # The overall row of "each group" has its groups' reason.
        unknown = table["threshold"].isna() & ((table["group"] != OVERALL) | (kind == "all"))
        said = [f"no threshold ({each})" if each else "" for each in why]
        table["note"] = table["note"].mask(unknown, pd.Series(said, index=table.index))
        found.append(table)
    both = pd.concat(found, ignore_index=True)
    return both.assign(percent_difference=100 * (both["fmr"] - intended) / intended)


def _require_disjoint(pairs: Pairs, numbers: np.ndarray, used: Sequence[int]) -> None:
    if len(used) < 2:
        raise InputError(
            "thresholds are chosen on some folds and judged on another: give two or more."
        )
    inside = np.isin(numbers, used)
    people = np.concatenate([pairs.one[inside], pairs.two[inside]])
    met = pd.DataFrame({"person": people, "fold": np.tile(numbers[inside], 2)}).drop_duplicates()
    several = int((met["person"].value_counts() > 1).sum())
    if several:
        raise InputError(
            f"{several:,} people are in more than one fold, so a threshold would be judged on people "
            "it was chosen on: make folds with identity_folds(identities)."
        )
