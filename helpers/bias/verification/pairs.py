"""Pairs of faces with a score, checked once: who is compared, in which groups, and how alike.

Everything else in this package works on what is checked here.
"""

import warnings
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers import arguments
from helpers.bias.verification import columns
from helpers.bias.verification.columns import Groups, Sides
from helpers.errors import BadTable, InputError

OVERALL = "overall"
"""What the row of all groups together is called."""

Impostors: TypeAlias = Literal["within", "all"]
"""Which impostor pairs count for a group: those with both sides in it, or with at least one."""

_ARRAYS = ("scores", "genuine", "group1", "group2", "kept", "one", "two")


@dataclass(frozen=True, eq=False)
class Pairs:
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
    one, two : numpy.ndarray (N,) int32
        Number of the person on each side; -1 until :func:`with_people` is told who they are.
    """

    scores: np.ndarray
    genuine: np.ndarray
    group1: np.ndarray
    group2: np.ndarray
    names: tuple[str, ...]
    kept: np.ndarray
    impostors: Impostors
    sign: float
    one: np.ndarray
    two: np.ndarray

    @property
    def people(self) -> int:
        """Largest number of a person, plus one."""
        return int(max(self.one.max(), self.two.max())) + 1

    def subset(self, chosen: np.ndarray) -> "Pairs":
        """Return the pairs that a mask or positions choose."""
        return replace(self, **{name: getattr(self, name)[chosen] for name in _ARRAYS})

    def members(self, group: str) -> np.ndarray:
        """Whether each pair counts for a group, or for :data:`OVERALL`: (N,) bool."""
        if group == OVERALL:
            everybody = not self.names or self.impostors == "all"
            return np.asarray((self.group1 == self.group2) & (self.group1 >= 0) | everybody)
        number = self.names.index(group)
        first, second = self.group1 == number, self.group2 == number
        # Genuine pairs are one person's: only impostor pairs may count for two groups.
        either = ~self.genuine & (self.impostors == "all")
        return np.asarray(np.where(either, first | second, first & second))


def checked(
    scores: ArrayLike,
    genuine: ArrayLike,
    group: Groups = None,
    impostors: Impostors = "within",
    distance: bool = False,
) -> Pairs:
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
    Pairs

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
    values = columns.score_values(scores)
    labels = columns.genuine_labels(genuine)
    _require_lengths(len(values), genuine=labels)
    first, second, names = _groups(group, impostors, len(values))
    columns.one_order(scores=scores, genuine=genuine, group=group)
    sign = -1.0 if arguments.choice(distance, "distance", (True, False)) else 1.0
    kept, nobody = np.arange(len(values)), np.full(len(values), -1, dtype=np.int32)
    sides = first, second, names
    pairs = Pairs(sign * values, labels, *sides, kept, impostors, sign, nobody, nobody)
    pairs = pairs.subset(~np.isnan(values))
    _report(pairs, len(values))
    return pairs


def with_people(pairs: Pairs, identities: Sides, scores: ArrayLike) -> Pairs:
    """Say who is on both sides of checked pairs.

    Parameters
    ----------
    pairs : Pairs
        As :func:`checked` makes them.
    identities : (array_like (N,), array_like (N,))
        Who is on the first and on the second side of every pair.
    scores : array_like (N,)
        What the pairs were made from: for its length and its index.

    Returns
    -------
    Pairs
        With ``one`` and ``two``.

    Raises
    ------
    InputError
        If there is not an identity for each side of every pair.
    BadTable
        If labels contradict identities: then either the labels or the people are wrong.
    """
    columns.one_order(scores=scores, identities=identities)
    sides = columns.both_sides(identities, "identities")
    for side in sides:
        _require_lengths(arguments.length(scores, "scores"), identities=side)
    one, two, people = columns.numbered_people(*sides)
    twice = columns.written_twice(people)
    if twice:
        raise BadTable(
            f"the identity {twice[0]} is a number in some places and text in others, so that one "
            "person would count as two: make all of them text."
        )
    first, second = (side[pairs.kept].astype(np.int32) for side in (one, two))
    wrong = (first == second) != pairs.genuine
    if wrong.any():
        row = int(pairs.kept[np.flatnonzero(wrong)[0]])
        raise BadTable(
            f"{int(wrong.sum()):,} labels contradict the identities, the first in pair {row + 1:,}"
            ": a genuine pair shows one person, an impostor pair two; correct the table."
        )
    return replace(pairs, one=first, two=second)


def _require_lengths(count: int, **given: np.ndarray) -> None:
    if count == 0:
        raise InputError("there are no pairs: an empty table has no error rates.")
    for name, values in given.items():
        if len(values) != count:
            raise InputError(f"there are {count:,} scores, but {len(values):,} values of {name}.")


def _groups(
    group: Groups, impostors: Impostors, count: int
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    arguments.choice(impostors, "choice of impostors", ("within", "all"))
    if group is None:
        nobody = np.full(count, -1)
        return nobody, nobody, ()
    two = isinstance(group, tuple) and len(group) == 2 and not any(map(_single, group))
    if not two and impostors == "all":
        raise InputError(
            'impostors="all" needs the groups of both sides, group=(first, second): one group per '
            "pair does not say whose the pairs across groups are."
        )
    both = columns.both_sides(group, "group") if two else (_one_per_pair(group),) * 2
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


def _single(value: Any) -> bool:
    # Not np.ndim, which stops at lists within a list.
    return isinstance(value, str | bytes) or not np.iterable(value)


def _one_per_pair(group: Any) -> np.ndarray:
    """A column of groups. Two columns must come as a pair, whatever their length: never guessed."""
    arguments.plain(group, "group")  # what is masked or a record has a reason of its own
    try:
        return columns.column(group, "group").astype(object)
    except InputError:
        raise InputError(
            "group must be one group per pair, as a column, or those of both sides, as "
            f"group=(first, second), not {columns.described(group)}."
        ) from None


def _report_groups(values: Any, missing: int) -> None:
    twice = columns.written_twice(values)
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


def _report(pairs: Pairs, given: int) -> None:
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


def _upside_down(pairs: Pairs) -> bool:
    """Whether genuine pairs have lower scores than impostors, by more than chance explains."""
    kinds = [pairs.scores[pairs.genuine == kind] for kind in (True, False)]
    genuine, impostor = (kind[np.isfinite(kind)] for kind in kinds)
    if min(len(genuine), len(impostor)) < 2:
        return False
    error = np.sqrt(sum(kind.var(ddof=1) / len(kind) for kind in (genuine, impostor)))
    return bool(genuine.mean() - impostor.mean() < -3 * error)
