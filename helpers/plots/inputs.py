"""What readers hand over, made fit to be drawn: names, pictures, columns and tables."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from helpers import arguments
from helpers.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

_LONGEST = 60  # characters of a name that leave room for the data
_TITLES = {
    "fpr": "false positive rate",
    "fnr": "false negative rate",
    "f1": "F1",
    "ece": "expected calibration error",
    "recall": "recall (true positive rate)",
}

# -- names


def written(value: object) -> str:
    """Return a reader's name as one line of text, otherwise as it is.

    Line ends, tabs and other control characters, for which no font has a picture, become spaces,
    and halves of characters, of file names that are not text, become the sign for that.
    """
    kinds = ((each, unicodedata.category(each)) for each in str(value))
    return "".join(
        " " if kind in ("Cc", "Zl", "Zp") else "\ufffd" if kind == "Cs" else each
        for each, kind in kinds
    )


def named(names: Any, count: int, what: str, of: str) -> list[str]:
    """Return a name for each of ``count`` things, empty ones where no names are given.

    Parameters
    ----------
    names : sequence of str, or None
        What the reader gave.
    count : int
        How many things there are.
    what, of : str
        What names and things are called in an error.

    Raises
    ------
    InputError
        If it is no list, or there are more or fewer names than things.
    """
    if names is None:
        return [""] * count
    found = listed(names, what)
    if len(found) != count:
        raise InputError(f"there are {count} {of}, but {len(found)} {what}: give one each.")
    return [written(each) for each in found]


def titled(metric: object) -> str:
    """Return what a metric is called in a figure."""
    return _TITLES.get(str(metric), written(metric).replace("_", " "))


# -- pictures


def as_picture(picture: np.ndarray | Tensor) -> np.ndarray:
    """Return a picture as matplotlib wants it.

    Parameters
    ----------
    picture : array (H, W, 3) or Tensor (3, H, W)
        RGB, uint8 or floats in [0, 1]; floats a little beyond are cut off.

    Returns
    -------
    array (H, W, 3), uint8 or float in [0, 1]

    Raises
    ------
    InputError
        If it is no such picture, holds NaN or infinite values, or numbers far outside [0, 1], as
        a normalised picture or one in 0-255 does.
    """
    found = _raw(picture)
    # A tensor has its channels first, however wide it is.
    if (
        found.ndim == 3
        and found.shape[0] == 3
        and (hasattr(picture, "detach") or found.shape[2] != 3)
    ):
        found = found.transpose(1, 2, 0)
    if found.ndim != 3 or found.shape[2] != 3 or not found.size or found.dtype.kind not in "fu":
        raise InputError(
            "a picture is an array (H, W, 3) or a tensor (3, H, W) of uint8 or of floats in [0, 1]; "
            f"this one is {found.shape} of {found.dtype}."
        )
    if found.dtype == np.uint8:
        return found
    lowest, highest = float(found.min()), float(found.max())
    # Written so that NaN is refused too.
    if found.dtype.kind == "u" or not (lowest >= -0.5 and highest <= 1.5):
        raise InputError(
            f"a picture of {found.dtype} must lie in [0, 1], but this one runs from {lowest:g} to "
            f"{highest:g}: divide 0-255 by 255, undo a normalisation, leave NaN out."
        )
    return np.clip(found, 0, 1)


def as_floats(picture: np.ndarray | Tensor) -> np.ndarray:
    """Return a picture (H, W, 3) as floats in [0, 1], whatever it was."""
    shown = as_picture(picture)
    return shown / 255.0 if shown.dtype == np.uint8 else shown


def as_pictures(images: Any, name: str = "images") -> list[np.ndarray]:
    """Return several pictures, each as :func:`as_picture` does.

    Raises
    ------
    InputError
        If there is none, it is a single one instead of a list, or one is no picture.
    """
    if getattr(images, "ndim", 0) == 3:
        raise InputError(f"{name} is a single picture: give a list, [picture].")
    if isinstance(images, str | dict) or not hasattr(images, "__len__"):
        raise InputError(f"{name} must be a list of pictures, not a {type(images).__name__}.")
    if not len(images):
        raise InputError(f"{name} holds no picture, so there is nothing to draw.")
    return [as_picture(each) for each in images]


def _raw(picture: Any) -> np.ndarray:
    try:
        return np.asarray(arguments.plain(picture, "picture"))
    except (TypeError, ValueError):
        raise InputError(f"a picture is an array, not a {type(picture).__name__}.") from None


# -- tables


def checked(
    table: Any, columns: Sequence[str], numbers: Sequence[str] = (), endless: Sequence[str] = ()
) -> pd.DataFrame:
    """Return a table whose columns can be drawn.

    Parameters
    ----------
    table : DataFrame
        What the reader gave.
    columns : sequence of str
        Which it must have.
    numbers : sequence of str
        Which of them, or of others that may be there, hold numbers: they come back as floats, with
        NaN for what is missing.
    endless : sequence of str
        Which of the numbers may be infinite.

    Raises
    ------
    BadTable
        If a column is missing or there twice.
    InputError
        If it is no table, has no row, or a column of numbers holds something else.
    """
    arguments.columns(table, columns)
    if table.empty:
        raise InputError("the table has no rows, so there is nothing to draw.")
    there = [name for name in numbers if name in table]
    arguments.columns(table, there)
    for name in set(columns) - set(numbers):
        _require_names(table[name], name)
    found = table.copy()
    for name in there:
        found[name] = _floats(table[name], name)
        if name not in endless and np.isinf(found[name]).any():
            raise InputError(f"column {name!r} holds infinite values, which have no place.")
    if {"low", "high"} <= set(there) and (found["low"] > found["high"] + 1e-9).any():
        raise InputError("column 'low' lies above 'high' in some rows: are the two exchanged?")
    return found


def require_range(table: pd.DataFrame, names: Sequence[str], low: float, high: float) -> None:
    """Refuse numbers that an axis does not show, such as per cent where rates are drawn."""
    for name in names:
        values = table[name][np.isfinite(table[name])]
        if ((values < low - 1e-9) | (values > high + 1e-9)).any():
            raise InputError(
                f"column {name!r} runs from {values.min():g} to {values.max():g}, but must hold "
                f"{'rates' if low == 0 else 'differences of rates'} from {low:g} to {high:g}, not per "
                "cent."
            )


def listed(values: Any, name: str) -> pd.Series:
    """Return values in a row, one for each thing, without the index they had.

    Raises
    ------
    InputError
        If they have no order or several axes, are masked, or one of them is a list.
    """
    arguments.length(values, name)
    if isinstance(values, str | set | frozenset | dict | pd.DataFrame | pd.MultiIndex):
        raise InputError(f"{name} is a {type(values).__name__}: give a list with one value each.")
    plain = arguments.plain(values, name)
    column = pd.Series(plain if hasattr(plain, "dtype") and plain.ndim == 1 else list(plain))
    _require_scalars(column, name)
    return column.reset_index(drop=True)


def _require_names(column: pd.Series, name: str) -> None:
    """Refuse names and marks that would be drawn as nothing, or as a list."""
    if column.isna().any():
        what = "group" if name in ("first", "second") else name
        raise InputError(f"{int(column.isna().sum())} rows have no {what}: drop or name them.")
    _require_scalars(column, name)
    if name in ("small", "differs") and not column.isin((0, 1)).all():
        raise InputError(f"column {name!r} must hold True or False, not {_first(column)}.")


def _require_scalars(column: pd.Series, name: str) -> None:
    if column.dtype == object and column.map(lambda each: np.ndim(each) > 0).any():
        raise InputError(f"{name} must hold one value in each row, but holds {_first(column)}.")


def _first(column: pd.Series) -> str:
    return arguments.shown(column.iloc[0])


def _floats(column: pd.Series, name: str) -> np.ndarray:
    if column.dtype.kind in "biuf":
        return column.to_numpy(dtype=float, na_value=np.nan)
    # Text is refused although pandas would read "3" as a number: it is a column read wrongly.
    if not any(isinstance(each, str | bytes | complex) for each in column):
        try:
            return column.astype(object).where(column.notna(), np.nan).astype(float).to_numpy()
        except (TypeError, ValueError):
            pass
    raise InputError(f"column {name!r} must hold numbers, but holds {_first(column)}.")


def names_of(column: pd.Series, what: str = "group") -> pd.Series:
    """Return a column of groups as text, each under a name of its own, cut where it is long.

    Raises
    ------
    InputError
        If two groups look alike, as 1 and "1" do, or a name is missing.
    """
    if column.isna().any():
        raise InputError(f"{int(column.isna().sum())} rows have no {what}: drop or name them.")
    texts = column.astype(object).map(written).map(_cut)
    pairs = pd.DataFrame({"raw": column.astype(object), "text": texts}).drop_duplicates()
    twice = pairs["text"][pairs["text"].duplicated()]
    if len(twice):
        raise InputError(f"two {what}s are called {twice.iloc[0]!r} in the figure: rename one.")
    return texts


def _cut(name: str) -> str:
    half = _LONGEST // 2
    return name if len(name) <= _LONGEST else f"{name[:half]}...{name[3 - half :]}"


def folded(name: str) -> str:
    """Return a name of a group in lines of 30 characters, so that the data keeps its room."""
    return "\n".join(textwrap.wrap(name, 30)) if len(name) > 30 else name


def counted(name: object, count: float, what: str = "n = {}") -> str:
    """Return a name with how many it stands for, where that is known."""
    short = folded(_cut(written(name)))
    return short if np.isnan(count) else f"{short}  ({what.format(f'{count:,.0f}')})"
