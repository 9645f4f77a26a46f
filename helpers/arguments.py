"""Checks of arguments, one for each kind: each returns the value, or raises one sentence.

Every function names the argument, says what was given and what would do. Nothing here imports
torch or pandas, so the checks cost nothing.
"""

import numbers
import operator
from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helpers.errors import BadTable, InputError, unknown_name


def count(value: Any, name: str, low: int = 1, high: int | None = None) -> int:
    """Check a whole number, such as a number of replicates, faces or bins.

    Parameters
    ----------
    value : object
        What the caller was given. Whole floats such as 12.0 are not whole numbers: they are as
        often a mistake as not. True and False are none either.
    name : str
        The argument, as the reader wrote it.
    low, high : int
        Smallest and largest that will do; no largest if None.

    Returns
    -------
    int

    Raises
    ------
    InputError
        If it is not a whole number, or out of range.

    Examples
    --------
    >>> count(3, "components")
    3
    """
    wanted = f"from {low} to {high:,}" if high is not None else f"{low} or more"
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool | np.bool_):
        raise InputError(f"{name} is {shown(value)}: give a whole number, {wanted}.")
    if number < low or (high is not None and number > high):
        raise InputError(f"{name} is {shown(value)}: give a whole number {wanted}.")
    return number


def seed(value: Any, name: str = "seed") -> int:
    """Check the start of a random sequence, a whole number from 0 to 2**32 - 1."""
    return count(value, name, 0, 2**32 - 1)


def number(
    value: Any,
    name: str,
    low: float = -np.inf,
    high: float = np.inf,
    open_low: bool = False,
    open_high: bool = False,
) -> float:
    """Check a finite number within bounds, which belong to it unless they are open.

    Parameters
    ----------
    value : object
        A number; text that reads like one, True and False are none.
    name : str
        The argument, as the reader wrote it.
    low, high : float
        Bounds.
    open_low, open_high : bool
        Whether the bound itself will not do.

    Returns
    -------
    float

    Raises
    ------
    InputError
        If it is no number, NaN, infinite or out of bounds.
    """
    found = _as_float(value)
    inside = low < found if open_low else low <= found
    inside = inside and (found < high if open_high else found <= high)
    if not np.isfinite(found) or not inside:
        wanted = _bounds(low, high, open_low, open_high)
        raise InputError(f"{name} is {shown(value)}: give a number{wanted}.")
    return found


def share(value: Any, name: str, open_low: bool = False, open_high: bool = False) -> float:
    """Check a share, probability or rate from 0 to 1; see :func:`number`.

    A percentage, which is above 1, gets the share that was probably meant.
    """
    found = _as_float(value)
    if 1 < found <= 100:
        raise InputError(
            f"{name} is {shown(value)}: give a share from 0 to 1, for instance "
            f"{found / 100:g} for {found:g} %."
        )
    return number(value, name, 0, 1, open_low, open_high)


def level(value: Any, name: str = "level") -> float:
    """Check a confidence level, above 0 and below 1 (0.95, not 95)."""
    return share(value, name, open_low=True, open_high=True)


def choice(value: Any, name: str, known: Iterable[Any]) -> Any:
    """Check that a value is one of a few; the nearest are suggested.

    Raises
    ------
    UnknownName
        If it is none of them.
    """
    values = list(known)
    plain = value.item() if isinstance(value, np.generic) else value
    # Compared one by one: a list or an array cannot be looked up in a set.
    if isinstance(plain, str | int | float | bool | type(None)) and plain in values:
        return plain
    raise unknown_name(name, shown(value, quoted=False), [str(each) for each in values])


def choices(values: Any, name: str, known: Iterable[Any]) -> list[Any]:
    """Check a list of which each is one of a few and none comes twice; one value alone is a list.

    Raises
    ------
    InputError
        If the list is empty, no list, or repeats a value.
    UnknownName
        If a value is unknown.
    """
    if isinstance(values, str):
        values = [values]
    if not isinstance(values, Iterable):
        raise InputError(f"{name} is {shown(values)}: give a list of names.")
    allowed, found = list(known), []
    for each in values:
        found.append(choice(each, name, allowed))
    if not found:
        raise InputError(f"{name} is empty: give at least one of {', '.join(map(str, allowed))}.")
    twice = [each for k, each in enumerate(found) if each in found[:k]]
    if twice:
        raise InputError(f"{name} has {twice[0]!r} twice: give each once.")
    return found


def plain(values: Any, name: str) -> Any:
    """Take values of any kind out of tensors, and refuse what NumPy would lose without a word.

    Parameters
    ----------
    values : object
        Tensors, and lists of them, come back as arrays, of any precision and with no gradient; a
        masked array without masked entries comes back without its mask; all else as it is.
    name : str
        The argument, as the reader wrote it.

    Returns
    -------
    object

    Raises
    ------
    InputError
        If an entry is masked, or each is a record of several fields.

    Examples
    --------
    >>> plain(["f", "m"], "groups")
    ['f', 'm']
    """
    masked: Any = []
    if isinstance(values, list | tuple):
        values = [_from_tensor(each) for each in values]
        masked = [k for k, each in enumerate(values) if each is np.ma.masked]
    elif np.ma.isMA(values):
        masked = np.flatnonzero(np.ma.getmaskarray(values))
    if len(masked):
        raise InputError(
            f"{name} has {len(masked):,} masked entries, the first at position {masked[0]:,}: leave "
            "those rows out of every column, or fill them in, .filled(...)."
        )
    if getattr(getattr(values, "dtype", None), "names", None):
        raise InputError(
            f"{name} is an array of records with the fields {', '.join(values.dtype.names)}: give "
            "one field, or pandas.DataFrame(...) of it."
        )
    return values.data if np.ma.isMA(values) else _from_tensor(values)


def number_array(
    values: ArrayLike,
    name: str,
    ndim: int | None = None,
    shape: tuple[int | None, ...] | None = None,
) -> NDArray[np.float64]:
    """Check an array of numbers among which NaN stands for one that is missing.

    Parameters
    ----------
    values : array_like
        Numbers; text is refused, even where it reads like numbers.
    name : str
        The argument, as the reader wrote it.
    ndim : int, optional
        How many axes it must have.
    shape : tuple, optional
        The shape it must have; None stands for any length.

    Returns
    -------
    array of float64

    Raises
    ------
    InputError
        If it holds something else than numbers, or has another shape.
    """
    array = _numbers(values, name)
    _require_shape(array, name, ndim, shape)
    return array


def plain_array(values: Any, name: str) -> NDArray[Any]:
    """Return names or labels as an array: lists as objects, tensors of any precision and place.

    Raises
    ------
    InputError
        If a masked array has gaps, which an array of names could not show, or a value has several
        parts.
    """
    gaps = int(np.ma.getmaskarray(values).sum()) if isinstance(values, np.ma.MaskedArray) else 0
    if gaps:
        raise InputError(
            f"{name} is a masked array in which {gaps:,} values are masked: leave those rows out, or "
            "fill them in with .filled(...)."
        )
    if isinstance(values, list | tuple):
        # As objects: among text, NumPy would turn a missing value into the text "nan".
        each = (value.item() if _is_scalar_tensor(value) else value for value in values)
        return np.fromiter(each, dtype=object, count=len(values))
    try:
        array = np.asarray(values) if np.ma.isMA(values) else _as_array(values)
    except (TypeError, ValueError, RuntimeError):
        raise InputError(f"{name} must be a list or an array, not {_kind(values)}.") from None
    if array.dtype.kind in "cV":
        what = shown(array.ravel()[:1].tolist())
        raise InputError(f"{name} must hold one value per row, not values of parts such as {what}.")
    return array


def finite_array(
    values: ArrayLike,
    name: str,
    ndim: int | None = None,
    shape: tuple[int | None, ...] | None = None,
    low: float = -np.inf,
    high: float = np.inf,
) -> NDArray[np.float64]:
    """Check an array of finite numbers.

    Parameters
    ----------
    values : array_like
        Numbers; booleans count as 0 and 1. Text is refused, even where it reads like numbers.
    name : str
        The argument, as the reader wrote it.
    ndim : int, optional
        How many axes it must have.
    shape : tuple, optional
        The shape it must have; None stands for any length.
    low, high : float
        Bounds of the values, met with a tolerance of 1e-9 for rounding and then cut off.

    Returns
    -------
    array of float64

    Raises
    ------
    InputError
        If it holds something else than numbers, NaN or infinity, or has another shape.
    """
    array = number_array(values, name, ndim, shape)
    bad = ~np.isfinite(array)
    if bad.any():
        where = int(np.flatnonzero(bad)[0])
        raise InputError(
            f"{name} holds {int(bad.sum()):,} of {array.size:,} values that are NaN or infinite, "
            f"the first at position {where:,}: leave those out, or find out where they come from."
        )
    slack = 1e-9
    if array.size and (array.min() < low - slack or array.max() > high + slack):
        raise InputError(
            f"{name} runs from {array.min():g} to {array.max():g}, but must be"
            f"{_bounds(low, high, False, False).removeprefix(',')}."
        )
    return np.clip(array, low, high)


def columns(table: Any, names: Collection[str], what: str = "the table") -> None:
    """Check that a table has each of these columns, once.

    Parameters
    ----------
    table : pandas.DataFrame
        What is looked through.
    names : collection of str
        The columns it must have.
    what : str
        What to call the table in an error, its file for instance.

    Raises
    ------
    InputError
        If it is no table.
    BadTable
        If a column is missing or there twice.
    """
    there = getattr(table, "columns", None)
    if there is None:
        raise InputError(f"{what} must be a pandas table, not {_kind(table)}.")
    held = list(there)
    missing = [name for name in names if name not in held]
    if missing:
        listed = ", ".join(str(each) for each in held[:20]) or "no column at all"
        raise BadTable(
            f"{what} has no column {missing[0]!r}; it has {listed}{', ...' * (len(held) > 20)}."
        )
    twice = [name for name in names if held.count(name) > 1]
    if twice:
        raise BadTable(
            f"{what} has {held.count(twice[0])} columns called {twice[0]!r}: rename or drop one."
        )


def same_length(**lists: Any) -> int:
    """Check that everything given by name is as long as the first, and return that length."""
    lengths = {name: length(values, name) for name, values in lists.items() if values is not None}
    (first, n), *others = lengths.items()
    for name, found in others:
        if found != n:
            raise InputError(f"{first} has {n:,} values but {name} has {found:,}.")
    return n


def one_order(**columns: Any) -> None:
    """Check that the indexes of pandas columns do not say that rows are of different things.

    Columns are joined row by row, so that slices shifted by a row, or one that was sorted, would
    give a figure about nobody. Lists and arrays have no index and pass.

    Parameters
    ----------
    **columns : array_like
        By the names that the reader knows them by.

    Raises
    ------
    InputError
        If two indexes differ, and neither merely counts beside one of names.
    """
    indexes = [
        (name, each.index)
        for name, each in columns.items()
        # Lists and tuples have a method of that name.
        if not callable(getattr(each, "index", len))
    ]
    for k, (name, index) in enumerate(indexes):
        for other, second in indexes[:k]:
            # An index that merely counts says nothing about what a row is, beside names of files.
            counted = any(type(each).__name__ == "RangeIndex" for each in (index, second))
            named = any(each.dtype.kind not in "iu" for each in (index, second))
            if not index.equals(second) and not (counted and named):
                raise InputError(
                    f"{other} and {name} have different indexes, so their rows may be of different "
                    "things: align them with .loc[...], or pass .to_numpy() if the order is right."
                )


def length(values: Any, name: str) -> int:
    """Return how long a list or an array is; None, a number and whatever else is neither."""
    try:
        return len(values)
    except TypeError:
        raise InputError(f"{name} is {shown(values)}: give a list or an array.") from None


def _as_float(value: Any) -> float:
    """A number as a float, NaN for whatever is none."""
    if isinstance(value, str | bytes | bool | np.bool_):
        return float("nan")
    try:
        # An array of text has no axis either, and a date counts as a number of days.
        text = isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "SUMmb"
        return float("nan") if text or np.ndim(value) else float(value)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        return float("nan")


def _numbers(values: ArrayLike, name: str) -> NDArray[np.float64]:
    try:
        array = _as_array(values)
        # Complex numbers would lose a part and dates become numbers of days, both in silence.
        if array.dtype.kind not in "biufO" or any(
            isinstance(each, str | bytes | complex) or each is None
            for each in (np.ravel(array) if array.dtype.kind == "O" else ())
        ):
            raise ValueError
        return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        raise InputError(
            f"{name} must hold numbers, not {_kind(values)} such as {shown(values)}."
        ) from None


def _is_scalar_tensor(value: Any) -> bool:
    return hasattr(value, "detach") and np.ndim(value) == 0


def _as_array(values: Any) -> NDArray[Any]:
    """Tensors of any precision and place, and masked arrays, whose gaps become NaN, as arrays."""
    if isinstance(values, np.ma.MaskedArray):
        real = values.astype(np.float64) if values.dtype.kind in "biuf" else values
        return np.asarray(np.ma.filled(real, np.nan))
    return np.asarray(_from_tensor(values))


def _from_tensor(values: Any) -> Any:
    if not hasattr(values, "detach"):
        return values
    # NumPy has no bfloat16.
    here = values.detach().cpu()
    return np.asarray(here.double() if here.is_floating_point() else here)[()]


def _require_shape(
    array: NDArray[Any], name: str, ndim: int | None, shape: tuple[int | None, ...] | None
) -> None:
    if ndim is not None and array.ndim != ndim:
        raise InputError(f"{name} must have {ndim} axes, but its shape is {array.shape}.")
    if shape is None:
        return
    fits = len(shape) == array.ndim and all(
        want is None or want == have for want, have in zip(shape, array.shape, strict=True)
    )
    if not fits:
        wanted = ", ".join("any" if each is None else str(each) for each in shape)
        raise InputError(f"{name} must have shape ({wanted}), but has {array.shape}.")


def _bounds(low: float, high: float, open_low: bool, open_high: bool) -> str:
    parts = []
    if low > -np.inf:
        parts.append(f"{'above' if open_low else 'at least'} {low:g}")
    if high < np.inf:
        parts.append(f"{'below' if open_high else 'at most'} {high:g}")
    return f", {' and '.join(parts)}" if parts else " that is finite"


def _kind(value: Any) -> str:
    return "nothing (None)" if value is None else f"a value of type {type(value).__name__}"


def shown(value: Any, quoted: bool = True) -> str:
    """Say a value as an error shows it: on one line, short, and whatever it is.

    Parameters
    ----------
    value : object
        What a reader gave.
    quoted : bool
        Whether text is set in quotation marks.

    Returns
    -------
    str

    Examples
    --------
    >>> shown(np.int64(5)), shown("0.5"), shown(object())
    ('5', "'0.5'", 'an object of type object')
    """
    try:
        with np.printoptions(legacy="1.25"):  # 0, not np.int64(0), in lists as well
            bare = isinstance(value, numbers.Number) or (isinstance(value, str) and not quoted)
            text = str(value) if bare else repr(value)
    except Exception:  # noqa: BLE001 - a repr may do anything; int refuses to print long ones
        text = f"a {type(value).__name__}"
    text = " ".join(text.split())
    if " at 0x" in text:  # where an object lies in memory says nothing to a reader
        text = f"an object of type {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."
