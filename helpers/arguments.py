"""Checks of arguments, one for each kind: each returns the value, or raises one sentence.

Every function names the argument, says what was given and what would do. Neither torch nor pandas
is imported, so the checks cost nothing.
"""

import operator
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helpers.errors import InputError, kind_of, unknown_name
from helpers.errors import shown as shown  # noqa: PLC0414 - handed on
from helpers.tabular import columns as columns  # noqa: PLC0414 - handed on
from helpers.tabular import one_order as one_order  # noqa: PLC0414 - handed on


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
    if high is not None and high < low:
        raise InputError(f"{name} must be {low} or more, but there is room for {high:,} at most.")
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
    said = plain if isinstance(plain, str) else shown(plain)
    raise unknown_name(name, said, map(str, values))


def choices(values: Any, name: str, known: Iterable[Any]) -> list[Any]:
    """Check a list of which each is one of a few and none comes twice; one value alone is a list.

    Raises
    ------
    InputError
        If the list is empty, no list, or repeats a value.
    UnknownName
        If a value is unknown.
    """
    try:
        each = [values] if isinstance(values, str) else list(values)
    except TypeError:  # arrays and tensors of one number are no lists either
        raise InputError(f"{name} is {shown(values)}: give a list of names.") from None
    known = list(known)
    found = [choice(value, name.removesuffix("s"), known) for value in each]
    if not found:
        raise InputError(f"{name} is empty: give at least one of {', '.join(map(str, known))}.")
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
        If an entry is masked, or each is a record of several fields, or a tensor has no array.

    Examples
    --------
    >>> plain(["f", "m"], "groups")
    ['f', 'm']
    """
    masked: Any = []
    if isinstance(values, list | tuple):
        values = [_from_tensor(each, name) for each in values]
        masked = [k for k, each in enumerate(values) if each is np.ma.masked]
    elif np.ma.isMA(values):
        masked = np.flatnonzero(np.ma.getmaskarray(values))
    if len(masked):
        raise InputError(
            f"{name} has {len(masked):,} masked entries, the first at position {masked[0]:,}: "
            "leave those rows out of every column, or fill them in, .filled(...)."
        )
    if getattr(getattr(values, "dtype", None), "names", None):
        raise InputError(
            f"{name} is an array of records with the fields {', '.join(values.dtype.names)}: give "
            "one field, or pandas.DataFrame(...) of it."
        )
    return values.data if np.ma.isMA(values) else _from_tensor(values, name)


def plain_array(values: Any, name: str) -> NDArray[Any]:
    """Return names or labels as an array: lists as objects, tensors of any precision and place.

    Parameters
    ----------
    values : array_like
        One name, label or number a row.
    name : str
        The argument, as the reader wrote it.

    Returns
    -------
    array

    Raises
    ------
    InputError
        If an entry is masked, which an array of names could not show, or has several parts.
    """
    found = plain(values, name)
    if isinstance(found, list | tuple):
        # As objects: among text, NumPy would turn a missing value into the text "nan".
        return np.fromiter(found, dtype=object, count=len(found))
    array = np.asarray(found)
    if array.dtype.kind == "c":
        what = shown(array.ravel()[:1].tolist())
        raise InputError(f"{name} must hold one value per row, not values of parts such as {what}.")
    return array


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
        Numbers; True and False count as 1 and 0, text is refused even where it reads like numbers.
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
            f"{_bounds(low, high).removeprefix(',')}."
        )
    return np.clip(array, low, high)


def same_length(**lists: Any) -> int:
    """Check that everything given by name is as long as the first, and return that length."""
    lengths = {name: length(values, name) for name, values in lists.items() if values is not None}
    (first, n), *others = lengths.items()
    for name, found in others:
        if found != n:
            raise InputError(f"{first} has {n:,} values but {name} has {found:,}.")
    return n


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
        # The gaps of a masked array, of real numbers at least, are numbers that are missing.
        if isinstance(values, np.ma.MaskedArray):
            real = values.astype(np.float64) if values.dtype.kind in "biuf" else values
            values = np.ma.filled(real, np.nan)
        array = np.asarray(_from_tensor(values, name))
        # Complex numbers would lose a part and dates become numbers of days, both in silence.
        if array.dtype.kind not in "biufO" or any(
            isinstance(each, str | bytes | complex) or each is None
            for each in (np.ravel(array) if array.dtype.kind == "O" else ())
        ):
            raise ValueError
        return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        wrong = f"{name} must hold numbers, not {kind_of(values)} such as {shown(values)}."
        raise InputError(wrong) from None


def _from_tensor(values: Any, name: str) -> Any:
    if not hasattr(values, "detach"):
        return values
    try:
        # NumPy has no bfloat16.
        here = values.detach().cpu()
        return np.asarray(here.double() if here.is_floating_point() else here)[()]
    except (TypeError, RuntimeError):  # a sparse one
        raise InputError(f"{name} must be a list or an array, not {kind_of(values)}.") from None


def _require_shape(
    array: NDArray[Any], name: str, ndim: int | None, shape: tuple[int | None, ...] | None
) -> None:
    if ndim is not None and array.ndim != ndim:
        raise InputError(f"{name} must have {ndim} axes, but its shape is {array.shape}.")
    wanted = array.shape if shape is None else shape
    fits = [want in (None, have) for want, have in zip(wanted, array.shape, strict=False)]
    if len(wanted) != array.ndim or not all(fits):
        said = ", ".join("any" if each is None else str(each) for each in wanted)
        raise InputError(f"{name} must have shape ({said}), but has {array.shape}.")


def _bounds(low: float, high: float, open_low: bool = False, open_high: bool = False) -> str:
    """Say the bounds of a number: "at least 0 and below 1", or that it must be finite."""
    parts = []
    if low > -np.inf:
        parts.append(f"{'above' if open_low else 'at least'} {low:g}")
    if high < np.inf:
        parts.append(f"{'below' if open_high else 'at most'} {high:g}")
    return f", {' and '.join(parts)}" if parts else " that is finite"
