"""Columns as readers give them: scores, labels, groups and people of pairs, names of pictures."""

from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers import arguments
from helpers.datasets.pair_columns import same_person
from helpers.errors import BadTable, InputError

Groups: TypeAlias = ArrayLike | tuple[ArrayLike, ArrayLike] | None
"""A group per pair (missing where the sides differ), or the groups of both sides."""
Sides: TypeAlias = tuple[ArrayLike, ArrayLike]
"""One value for the first face of every pair, and one for the second."""


def column(values: Any, name: str) -> np.ndarray:
    """Read one value per pair or picture; a table, or text taken for a list, is none.

    Raises
    ------
    InputError
        If it is no list of single values.
    """
    if not (values is None or isinstance(values, str | bytes | dict | set | pd.DataFrame)):
        array = arguments.plain_array(values, name)
        nested = array.dtype == object and any(map(_is_column, array.ravel()))
        if array.ndim == 1 and not nested:
            return array
    raise InputError(
        f"{name} must be one value per row, as a list or a column, not {described(values)}."
    )


def known_values(values: Any, name: str) -> np.ndarray:
    """Read a column of names or numbers in which none may be missing.

    Raises
    ------
    BadTable
        If some are missing.
    """
    found = column(values, name).astype(object)
    missing = int(pd.isna(found).sum())
    if missing:
        raise BadTable(
            f"{missing:,} of {len(found):,} pictures have no {name}: leave those pictures out, or "
            "fill them in."
        )
    return found


def both_sides(given: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Read the values of the first and of the second sides of pairs.

    Raises
    ------
    InputError
        If it is not two columns.
    """
    if not _are_two(given):
        raise InputError(
            f"{name} are needed for both sides of the pairs, as {name}=(first, second), not "
            f"{described(given)}."
        )
    return column(given[0], name).astype(object), column(given[1], name).astype(object)


def numbered_people(one: np.ndarray, two: np.ndarray) -> tuple[np.ndarray, np.ndarray, Any]:
    """Number the people of both sides together, and return them as well.

    Raises
    ------
    InputError
        If there are not as many on both sides.
    BadTable
        If a side has no identity.
    """
    arguments.same_length(first=one, second=two)
    codes, people = pd.factorize(np.concatenate([one, two]))
    if (codes < 0).any():
        raise BadTable(f"{int((codes < 0).sum()):,} sides of pairs have no identity.")
    return codes[: len(one)], codes[len(one) :], people


def genuine_labels(labels: ArrayLike) -> np.ndarray:
    """Read labels of pairs, numbers, truth values or text, as (N,) bool.

    Raises
    ------
    BadTable
        If one of them is neither 1 (genuine) nor 0 (impostor).
    """
    given = column(labels, "genuine")
    if given.dtype == bool:
        return given
    genuine, unknown = same_person(given)
    if unknown.any():
        row = int(np.flatnonzero(unknown)[0])
        raise BadTable(
            f"pair {row + 1:,} has the label {arguments.shown(given[row])}, and {int(unknown.sum()) - 1:,} more "
            "like it: labels are 1 (genuine) or 0 (impostor); correct the table."
        )
    return genuine


def score_values(scores: ArrayLike) -> np.ndarray:
    """Read scores as (N,) float64, NaN where one is missing.

    Raises
    ------
    BadTable
        If one of them is no number.
    """
    if isinstance(scores, pd.Series) and pd.api.types.is_numeric_dtype(scores.dtype):
        scores = scores.to_numpy(dtype=np.float64, na_value=np.nan)
    try:
        return arguments.number_array(scores, "scores", ndim=1)
    except InputError as trouble:
        raise BadTable(f"a score is no number, or scores are no list of them: {trouble}") from None


def one_order(**columns: Any) -> None:
    """Check the indexes of columns, or of the columns of both sides; see `helpers.arguments`."""
    found: dict[str, Any] = {}
    for name, given in columns.items():
        sides = enumerate(given, 1) if _are_two(given) else ()
        found |= {f"{name} {k}": each for k, each in sides} or {name: given}
    arguments.one_order(**found)


def written_twice(values: Any) -> list[str]:
    """List values that occur as numbers and as text, such as 1 and "1"."""
    text = pd.Series([str(value) for value in values], dtype=object)
    return list(dict.fromkeys(text[text.duplicated()]))


def described(given: Any) -> str:
    """Say what a reader gave, with its shape, in an error."""
    if given is None:
        return "nothing (None)"
    shape = np.shape(given) if isinstance(given, np.ndarray | pd.DataFrame | pd.Series) else ()
    return f"a {type(given).__name__}{f' of shape {shape}' if shape else ''}"


def _are_two(given: Any) -> bool:
    return isinstance(given, tuple | list) and len(given) == 2


def _is_column(value: Any) -> bool:
    return isinstance(value, list | tuple | set | dict | np.ndarray | pd.Series)
