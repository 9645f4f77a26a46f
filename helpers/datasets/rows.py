"""The ways to name some rows of a table, which are the same for pictures and for pairs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from helpers.arguments import shown
from helpers.errors import InputError, UnknownName

if TYPE_CHECKING:
    import torch

_Pandas: TypeAlias = "pd.Index | pd.Series | pd.DataFrame"
Rows: TypeAlias = "int | slice | str | Sequence[Any] | np.ndarray | torch.Tensor | _Pandas"
"""Ways to name rows: positions, a slice of positions, a boolean mask, labels of the index (files),
or part of the table or of its index."""


def positions(index: pd.Index, rows: Any, name: str, noun: str) -> np.ndarray:
    """Turn any way to name rows into positions.

    Parameters
    ----------
    index : pandas.Index
        The index of the table whose rows are named. A label that it holds more than once, as in a
        bootstrap, stands for its first row.
    rows : int, slice, sequence of int, boolean mask, label, sequence of labels, table or index
        The rows.
    name : str
        What the data set is called in an error.
    noun : str
        What a row is: "image" or "pair".

    Returns
    -------
    numpy.ndarray, shape (K,), int
        From 0.

    Raises
    ------
    InputError
        If a position is out of range, a mask does not belong to this table, or rows are named in
        another way.
    UnknownName
        If a label is not in the index.

    Examples
    --------
    >>> files = pd.Index(["a.jpg", "b.jpg", "c.jpg"])
    >>> positions(files, [True, False, True], "album", "image")
    array([0, 2])
    >>> positions(files, "c.jpg", "album", "image"), positions(files, -1, "album", "image")
    (array([2]), array([2]))
    """
    if isinstance(rows, slice):
        return _sliced(index, rows, name)
    if isinstance(rows, pd.DataFrame):
        return _of_labels(index, rows.index, name, noun)
    if isinstance(rows, pd.Index) and (rows.dtype == object or rows.dtype == index.dtype):
        return _of_labels(index, rows, name, noun)
    named = _plain(index, rows, name)
    if named.size == 0:
        return np.zeros(0, dtype=int)
    if named.dtype == bool:
        return np.flatnonzero(_require_full_mask(index, named, name))
    if np.issubdtype(named.dtype, np.integer):
        return _require_in_range(index, named, name, noun) % len(index)
    return _of_labels(index, pd.Index(named), name, noun)


def _sliced(index: pd.Index, rows: slice, name: str) -> np.ndarray:
    try:
        return np.arange(*rows.indices(len(index)))
    except (TypeError, ValueError):
        raise InputError(
            f"{rows} names no rows of {name}: a slice counts positions, for instance slice(0, 8)."
        ) from None


def _plain(index: pd.Index, rows: Any, name: str) -> np.ndarray:
    """Turn rows into a list, after making sure that a mask belongs to this very table."""
    if isinstance(rows, pd.Series) and pd.api.types.is_bool_dtype(rows):
        if not rows.index.equals(index):
            raise InputError(
                f"this mask was made from another table than that of {name}: its rows are not "
                "the same in the same order. Make it from .table of the very same data set."
            )
        if rows.isna().any():
            raise InputError(f"this mask of {name} has gaps: each row needs True or False.")
    try:
        named = np.asarray(rows.detach().cpu() if hasattr(rows, "detach") else rows)
    except (TypeError, ValueError, RuntimeError):
        named = np.zeros((1, 1))
    if isinstance(rows, dict | set | frozenset) or named.ndim > 1:
        raise InputError(
            f"rows of {name} are named by one list of positions, files or truth values, not by "
            f"a {type(rows).__name__} of shape {named.shape}."
        )
    if isinstance(rows, pd.Series) and pd.api.types.is_bool_dtype(rows):
        return rows.to_numpy(dtype=bool)
    return np.atleast_1d(named)


def _of_labels(index: pd.Index, labels: pd.Index, name: str, noun: str) -> np.ndarray:
    first = index if index.is_unique else index[~index.duplicated()]
    found = first.get_indexer(labels)
    missing = labels[found < 0]
    if len(missing):
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        what = "files" if noun == "image" else f"{noun}s"
        some = ", ".join(repr(label) for label in index[:3].tolist())
        raise UnknownName(
            f"{shown(missing.tolist()[0])}{more} is not among the {len(index):,} {what} of {name}; "
            f"they are called {some}, ... (see .table.index)."
        )
    if index.is_unique:
        return np.asarray(found)
    return np.flatnonzero(~index.duplicated())[found]


def _require_full_mask(index: pd.Index, mask: np.ndarray, name: str) -> np.ndarray:
    if mask.shape != (len(index),):
        raise InputError(
            f"a mask needs one True or False for each of the {len(index):,} rows of "
            f"{name}; this one has {mask.size:,}."
        )
    return mask


def _require_in_range(index: pd.Index, named: np.ndarray, name: str, noun: str) -> np.ndarray:
    count = len(index)
    outside = named[(named >= count) | (named < -count)]
    if outside.size:
        numbered = f", numbered from 0 to {count - 1:,}" if count else ""
        raise InputError(
            f"there is no row {outside[0]} in {name}: it has {count:,} {noun}s{numbered}."
        )
    return named
