"""Checks of tables and their columns.

Nothing here imports pandas, so the checks cost nothing.
"""

from collections.abc import Collection
from typing import Any

from helpers.errors import BadTable, InputError, kind_of


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
        raise InputError(f"{what} must be a pandas table, not {kind_of(table)}.")
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
        If two indexes differ, unless one merely counts rows and the other holds names.
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
