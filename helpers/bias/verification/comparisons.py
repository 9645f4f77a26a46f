"""Pairs made ready for every measure: checked, told apart by group, sorted once.

A *comparison* is a pair of faces with a score. Everything else in this package works on the
arrangement made here, in which the error rates at every threshold are two running counts.
"""

import warnings
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers import arguments
from helpers.errors import BadTable, InputError

OVERALL = "overall"
"""What the row of all groups together is called."""

Impostors: TypeAlias = Literal["within", "all"]
"""Which impostor pairs count for a group: those with both sides in it, or with at least one."""
Groups: TypeAlias = ArrayLike | tuple[ArrayLike, ArrayLike] | None
"""A group per pair (missing where the sides differ), or the groups of both sides."""
Sides: TypeAlias = tuple[ArrayLike, ArrayLike]
"""One value for the first face of every pair, and one for the second."""

_MEANING = {"1": True, "1.0": True, "true": True, "0": False, "0.0": False, "false": False}


@dataclass(frozen=True, eq=False)
class Comparisons:
    """Checked pairs with a score.

    Attributes
    ----------
    scores : numpy.ndarray (N,) float64
        Higher is more alike: distances are kept with their sign turned.
    genuine : numpy.ndarray (N,) bool
        Whether both faces are one person's.
    group1, group2 : numpy.ndarray (N,) int
        Number of each side's group, -1 for none.
    names : tuple of str
        What the groups are called; empty if no groups were given.
    kept : numpy.ndarray (N,) int
        Position of each pair in what the reader gave; those without a score were left out.
    impostors : {"within", "all"}
        Which impostor pairs count.
    sign : float
        1, or -1 if the reader's scores are distances.
    """

    scores: np.ndarray
    genuine: np.ndarray
    group1: np.ndarray
    group2: np.ndarray
    names: tuple[str, ...]
    kept: np.ndarray
    impostors: Impostors
    sign: float

    def subset(self, chosen: np.ndarray) -> "Comparisons":
        """Return the pairs that a mask or positions choose."""
        arrays = {
            name: getattr(self, name)[chosen]
            for name in ("scores", "genuine", "group1", "group2", "kept")
        }
        return replace(self, **arrays)

    def members(self, group: str) -> np.ndarray:
        """Whether each pair counts for a group, or for :data:`OVERALL`: (N,) bool."""
        if group == OVERALL:
            everybody = not self.names or self.impostors == "all"
            return np.ones(len(self.scores), bool) if everybody else self._in_one_group()
        number = self.names.index(group)
        first, second = self.group1 == number, self.group2 == number
        return np.asarray(np.where(self._either_side(), first | second, first & second))

    def _in_one_group(self) -> np.ndarray:
        return np.asarray((self.group1 == self.group2) & (self.group1 >= 0))

    def _either_side(self) -> np.ndarray:
        """Genuine pairs are one person's: only impostor pairs may count for two groups."""
        return ~self.genuine & (self.impostors == "all")


@dataclass(frozen=True, eq=False)
class Arranged:
    """The pairs of one group, sorted from the most to the least alike.

    Attributes
    ----------
    group : str
        A group's name, or :data:`OVERALL`.
    scores : numpy.ndarray (U,) float64
        Every score that occurs, once, falling.
    accepted_impostors, accepted_genuine : numpy.ndarray (U + 1,) int
        How many pairs have one of the first u of these scores; ties so count together.
    impostors, genuine : numpy.ndarray of int
        Positions of the pairs in the :class:`Comparisons`, from the most to the least alike.
    sign : float
        As in :class:`Comparisons`.
    """

    group: str
    scores: np.ndarray
    accepted_impostors: np.ndarray
    accepted_genuine: np.ndarray
    impostors: np.ndarray
    genuine: np.ndarray
    sign: float

    @property
    def n_impostor(self) -> int:
        return len(self.impostors)

    @property
    def n_genuine(self) -> int:
        return len(self.genuine)

    def step(self, threshold: float) -> int:
        """How many of the scores are at or above a threshold (of scores, not of distances)."""
        return int(np.searchsorted(-self.scores, -threshold, side="right"))


def comparisons(
    scores: ArrayLike,
    genuine: ArrayLike,
    group: Groups = None,
    impostors: Impostors = "within",
    distance: bool = False,
) -> Comparisons:
    """Check pairs and make them ready.

    Parameters
    ----------
    scores : array_like (N,)
        Higher is more alike, or lower if ``distance``. Pairs without one (NaN) are left out, with
        a warning that counts them.
    genuine : array_like (N,)
        1 or True for two pictures of one person, 0 or False for two people; text such as "1" and
        numbers in columns of objects are read too.
    group : array_like (N,), or (array_like (N,), array_like (N,)), optional
        The group of each pair, missing where its sides differ; or the groups of both sides.
    impostors : {"within", "all"}
        Which impostor pairs count for a group: those with both sides in it, or all those with at
        least one. With "within", pairs across groups count for nothing, not for the total either.
    distance : bool
        Whether the scores are distances: lower is more alike.

    Returns
    -------
    Comparisons

    Raises
    ------
    BadTable
        If a label is neither 0 nor 1, or a score no number; the row is named.
    InputError
        If lengths differ, there are no pairs, or "all" impostors are wanted but only one group per
        pair is known.

    Warns
    -----
    UserWarning
        If scores or groups are missing, one group is written in two ways, all scores are equal, or
        genuine pairs are on average the less alike ones, as when distances are taken for
        similarities.
    """
    values = _numbers(scores)
    labels = genuine_labels(genuine)
    _require_lengths(len(values), genuine=labels)
    first, second, names = _groups(group, impostors, len(values))
    one_order(scores=scores, genuine=genuine, group=group)
    sign = -1.0 if arguments.choice(distance, "distance", (True, False)) else 1.0
    pairs = Comparisons(
        sign * values, labels, first, second, names, np.arange(len(values)), impostors, sign
    )
    pairs = pairs.subset(~np.isnan(pairs.scores))
    _report(pairs, len(values))
    return pairs


def arrange(pairs: Comparisons) -> list[Arranged]:
    """Sort pairs once and deal them out: all together first, then each group."""
    order = np.argsort(-pairs.scores, kind="stable")
    return [_arranged(pairs, order, group) for group in (OVERALL, *pairs.names)]


def genuine_labels(labels: ArrayLike) -> np.ndarray:
    """Read labels of pairs, numbers, truth values or text, as (N,) bool.

    Raises
    ------
    BadTable
        If one of them is neither 1 (genuine) nor 0 (impostor).
    """
    given = _column(labels, "genuine")
    if given.dtype == bool:
        return given
    codes, values = pd.factorize(given)
    meaning = [_MEANING.get(str(value).strip().lower()) for value in values]
    # A missing label has code -1 and so picks the last entry, which has no meaning either.
    unknown = np.array([*(each is None for each in meaning), True])[codes]
    if unknown.any():
        row = int(np.flatnonzero(unknown)[0])
        raise BadTable(
            f"pair {row + 1:,} has the label {given[row]!r}, and {int(unknown.sum()) - 1:,} more "
            "like it: labels are 1 (genuine) or 0 (impostor); correct the table."
        )
    return np.array([*(bool(each) for each in meaning), False])[codes]


def identity_numbers(identities: Sides, pairs: Comparisons, given: int) -> tuple[np.ndarray, ...]:
    """Number the people of both sides together.

    Returns
    -------
    (first, second) : numpy.ndarray (N,) int32
        For the kept pairs, in their order.

    Raises
    ------
    InputError
        If there is not an identity for each side of every pair.
    BadTable
        If labels contradict identities: then either the labels or the people are wrong.
    """
    one, two = both_sides(identities, "identities")
    _require_lengths(given, identities=one)
    _require_lengths(given, identities=two)
    codes, people = pd.factorize(np.concatenate([one, two]))
    if (codes < 0).any():
        raise BadTable(f"{int((codes < 0).sum()):,} sides of pairs have no identity.")
    twice = _written_twice(people)
    if twice:
        raise BadTable(
            f"the identity {twice[0]} is a number in some places and text in others, so that one "
            "person would count as two: make all of them text."
        )
    first, second = (side[pairs.kept].astype(np.int32) for side in np.split(codes, 2))
    wrong = (first == second) != pairs.genuine
    if wrong.any():
        row = int(pairs.kept[np.flatnonzero(wrong)[0]])
        raise BadTable(
            f"{int(wrong.sum()):,} labels contradict the identities, the first in pair {row + 1:,}"
            ": a genuine pair shows one person, an impostor pair two; correct the table."
        )
    return first, second


def both_sides(given: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Read the values of the first and of the second sides of pairs.

    Raises
    ------
    InputError
        If it is not two columns.
    """
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise InputError(
            f"{name} are needed for both sides of the pairs, as {name}=(first, second), not "
            f"{_what(given)}."
        )
    return _column(given[0], name).astype(object), _column(given[1], name).astype(object)


def one_order(**columns: Any) -> None:
    """As :func:`helpers.arguments.one_order`, of columns or of the columns of both sides."""
    found: dict[str, Any] = {}
    for name, given in columns.items():
        two = isinstance(given, tuple | list) and len(given) == 2
        found |= {f"{name} {k}": each for k, each in enumerate(given, 1)} if two else {name: given}
    arguments.one_order(**found)


def known_values(values: Any, name: str) -> np.ndarray:
    """Read a column of names or numbers in which none may be missing.

    Raises
    ------
    BadTable
        If some are missing.
    """
    column = _column(values, name).astype(object)
    missing = int(pd.isna(column).sum())
    if missing:
        raise BadTable(
            f"{missing:,} of {len(column):,} pictures have no {name}: leave those pictures out, or "
            "fill them in."
        )
    return column


def _column(values: Any, name: str) -> np.ndarray:
    """One value per pair or picture; a table of one column, or text taken for a list, is none."""
    if values is None or isinstance(values, str | bytes | dict | set | pd.DataFrame):
        raise InputError(
            f"{name} must be one value per row, as a list or a column, not {_what(values)}."
        )
    array = arguments.plain_array(values, name)
    nested = array.dtype == object and any(map(_is_column, array.ravel()))
    if array.ndim != 1 or nested:
        raise InputError(
            f"{name} must be one value per row, as a list or a column, not {_what(values)}."
        )
    return array


def _is_column(value: Any) -> bool:
    return isinstance(value, list | tuple | set | dict | np.ndarray | pd.Series)


def _what(given: Any) -> str:
    if given is None:
        return "nothing (None)"
    shape = np.shape(given) if isinstance(given, np.ndarray | pd.DataFrame | pd.Series) else ()
    size = f" of shape {shape}" if shape else ""
    return f"a {type(given).__name__}{size}"


def _written_twice(values: Any) -> list[str]:
    """Values that occur as numbers and as text, such as 1 and "1"."""
    text = pd.Series([str(value) for value in values], dtype=object)
    return list(dict.fromkeys(text[text.duplicated()]))


def _numbers(scores: ArrayLike) -> np.ndarray:
    if isinstance(scores, pd.Series) and pd.api.types.is_numeric_dtype(scores.dtype):
        scores = scores.to_numpy(dtype=np.float64, na_value=np.nan)
    try:
        return arguments.number_array(scores, "scores", ndim=1)
    except InputError as trouble:
        raise BadTable(f"a score is no number, or scores are no list of them: {trouble}") from None


def _require_lengths(count: int, **columns: np.ndarray) -> None:
    if count == 0:
        raise InputError("there are no pairs: an empty table has no error rates.")
    for name, column in columns.items():
        if len(column) != count:
            raise InputError(f"there are {count:,} scores, but {len(column):,} values of {name}.")


def _groups(
    group: Groups, impostors: Impostors, count: int
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    arguments.choice(impostors, "choice of impostors", ("within", "all"))
    if group is None:
        nobody = np.full(count, -1)
        return nobody, nobody, ()
    two = isinstance(group, tuple) and len(group) == 2 and not any(map(_scalar, group))
    if not two and impostors == "all":
        raise InputError(
            'impostors="all" needs the groups of both sides, group=(first, second): one group per '
            "pair does not say whose the pairs across groups are."
        )
    both = both_sides(group, "group") if two else (_one_per_pair(group),) * 2
    for side in both:
        _require_lengths(count, group=side)
    codes, values = pd.factorize(np.concatenate(both))
    _report_groups(values, int((codes < 0).sum()) if two else 0)
    text = [str(value) for value in values]
    if OVERALL in text:
        raise InputError(f"a group is called {OVERALL!r}, as the row of all pairs is: rename it.")
    names = tuple(sorted(set(text)))
    # A missing group has code -1 and so picks the last entry.
    numbers = np.array([*(names.index(each) for each in text), -1])[codes]
    return numbers[:count], numbers[count:], names


def _scalar(value: Any) -> bool:
    return isinstance(value, str) or np.ndim(value) == 0


def _one_per_pair(group: Any) -> np.ndarray:
    """A column of groups. Two columns must come as a pair, whatever their length: never guessed."""
    try:
        return _column(group, "group").astype(object)
    except InputError:
        raise InputError(
            "group must be one group per pair, as a column, or those of both sides, as "
            f"group=(first, second), not {_what(group)}."
        ) from None


def _report_groups(values: Any, missing: int) -> None:
    twice = _written_twice(values)
    if twice:
        warnings.warn(
            f"the group {twice[0]} is a number in some rows and text in others: taken for one.",
            stacklevel=5,
        )
    if missing:
        warnings.warn(
            f"{missing:,} sides of pairs have no group: their pairs count for no group.",
            stacklevel=5,
        )


def _report(pairs: Comparisons, given: int) -> None:
    """Warn of what was left out, and of scores that can tell nobody from anybody."""
    missing = given - len(pairs.scores)
    if missing:
        warnings.warn(
            f"{missing:,} of {given:,} pairs have no score and are left out.", stacklevel=4
        )
    if missing == given:
        raise InputError("no pair has a score.")
    if given > 1 and pairs.scores.min() == pairs.scores.max():
        value = pairs.sign * pairs.scores[0]
        warnings.warn(
            f"all scores are equal ({value:g}): no threshold tells genuine pairs from impostors.",
            stacklevel=4,
        )
    if _upside_down(pairs):
        warnings.warn(
            "genuine pairs are on average less alike than impostor pairs: say distance=True if a "
            "lower score means more alike, and leave it out if a higher one does.",
            stacklevel=4,
        )


def _upside_down(pairs: Comparisons) -> bool:
    """Whether genuine pairs have lower scores than impostors, by more than chance explains."""
    kinds = [pairs.scores[pairs.genuine == kind] for kind in (True, False)]
    genuine, impostor = (kind[np.isfinite(kind)] for kind in kinds)
    if min(len(genuine), len(impostor)) < 2:
        return False
    error = np.sqrt(sum(kind.var(ddof=1) / len(kind) for kind in (genuine, impostor)))
    return bool(genuine.mean() - impostor.mean() < -3 * error)


def _arranged(pairs: Comparisons, order: np.ndarray, group: str) -> Arranged:
    chosen = order[pairs.members(group)[order]]
    scores, genuine = pairs.scores[chosen], pairs.genuine[chosen]
    last_of_tie = np.append(scores[1:] != scores[:-1], True)[: len(scores)]
    accepted_impostors, accepted_genuine = (
        np.concatenate([[0], np.cumsum(kind)[last_of_tie]]).astype(np.int32)
        for kind in (~genuine, genuine)
    )
    return Arranged(
        group,
        scores[last_of_tie],
        accepted_impostors,
        accepted_genuine,
        chosen[~genuine].astype(np.int32),
        chosen[genuine].astype(np.int32),
        pairs.sign,
    )
