"""One way to read tables and lists, as spreadsheets, editors and other programs leave them.

Whatever separates cells, ends lines or encodes letters, a cell is the text that a reader sees in
it, without the blanks around it. What has no meaning is one sentence that names the file and the
line; what was left out or guessed is a note.
"""

import csv
import os
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.datasets.encodings import as_utf8
from helpers.datasets.layouts import MISSING, has_content, header_of, parsed, shape_of
from helpers.errors import BadTable, DataNotFound
from helpers.files import require_file, short

_TRUTH = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}
# A number is what a number would be written as: 007 is a name.
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_NO_NUMBER = re.compile(r"[^-+0-9.eE\n]|^[-+]?0[0-9]", re.MULTILINE)
_EXACT = 2**53  # whole numbers beyond it change when they become floats


@dataclass(frozen=True, eq=False)
class Table:
    """A table as it is written.

    Attributes
    ----------
    path : pathlib.Path
        Where it was read from.
    cells : pandas.DataFrame
        Every cell as text without blanks around it, as categories, because most cells repeat; but
        see ``text`` of :func:`read`. The index is the line of the file in which a row begins; the
        header is in line 1. A first column without a name, an exported index, is called "".
    notes : tuple of str
        What was guessed or left out, one sentence each.
    """

    path: Path
    cells: pd.DataFrame
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.cells)

    def line(self, position: int) -> str:
        """Name the line of a row, given its position."""
        return f"{short(self.path)}, line {self.cells.index[position]:,}"

    def require(self, names: Collection[str]) -> None:
        """Raise BadTable if a column is missing; all that are missing are named."""
        missing = [name for name in names if name not in self.cells]
        if missing:
            raise BadTable(
                f"{short(self.path)} has no column {', '.join(missing)}; "
                f"it has {listed(self.cells.columns)}."
            )

    def require_filled(self, name: str, what: str = "") -> None:
        """Raise BadTable if a cell of a column is empty; the first is named with its line.

        Parameters
        ----------
        name : str
            The column.
        what : str
            What the cell should say, as the end of the sentence.
        """
        empty = np.flatnonzero(is_empty(self.cells[name]))
        if len(empty):
            more = f" ({len(empty) - 1:,} more cells like it)" if len(empty) > 1 else ""
            raise BadTable(
                f"{self.line(empty[0])}: {name} is empty{more}{what or '; fill it in'}, "
                "or leave the row out."
            )

    def require_unique(self, name: str) -> None:
        """Raise BadTable if a value of a column comes twice; it is named with its line."""
        again = np.flatnonzero(self.cells[name].duplicated())
        if len(again):
            value = self.cells[name].iloc[again[0]]
            first = int(np.flatnonzero((self.cells[name] == value).to_numpy())[0])
            raise BadTable(
                f"{self.line(again[0])}: {value} has a row already, in line "
                f"{self.cells.index[first]:,}, and {len(again):,} rows in all repeat one; "
                "keep one row per image."
            )

    def refuse(self, name: str, wrong: ArrayLike, what: str) -> None:
        """Raise BadTable if a cell of a column is wrong; the first is named with its line and file.

        Parameters
        ----------
        name : str
            The column; the table has another one called ``file``.
        wrong : array-like of bool, shape (N,)
            Which of its cells are.
        what : str
            Why, as the end of the sentence "gender 'x' ...".
        """
        rows = np.flatnonzero(wrong)
        if len(rows):
            file, value = (self.cells[each].iloc[rows[0]] for each in ("file", name))
            more = f" ({len(rows) - 1} more rows like it)" if len(rows) > 1 else ""
            raise BadTable(
                f"{self.line(rows[0])} ({file}): {name} {value!r} {what}{more}; correct the table, "
                "or download it again."
            )

    def with_names(self, columns: Iterable[str]) -> "Table":
        """Return the table with the files in some columns named as the loaders name them."""
        cells = self.cells.copy()
        for name in columns:
            cells[name] = _renamed(cells[name].array, as_file_name)
        return Table(self.path, cells, self.notes)

    def typed(self, text: Collection[str] = ()) -> pd.DataFrame:
        """Give columns of numbers and truth values their types.

        Parameters
        ----------
        text : collection of str
            Columns that stay text whatever is in them.

        Returns
        -------
        pandas.DataFrame
            A column becomes int, float or bool only if every cell is written as one would be: 007
            stays text. Empty cells are missing.
        """
        columns = {
            name: pd.Series(np.asarray(self.cells[name], dtype=object)).infer_objects()
            if name in text
            else typed(self.cells[name])
            for name in self.cells
        }
        return pd.DataFrame(columns).set_axis(self.cells.index)


def read(path: str | os.PathLike[str], text: Collection[str] | None = None) -> Table:
    """Read a table with a header.

    Parameters
    ----------
    path : path
        Cells separated by commas, semicolons or tabs, perhaps in double quotes; in UTF-8, in UTF-16
        with its mark, or else in the Windows code page of Western Europe.
    text : collection of str, optional
        Columns that hold text; the others become numbers at once where they hold nothing else,
        which saves time in tables of a million rows. By default all are read as text.

    Returns
    -------
    Table
        Rows without any content are left out, as are empty cells beyond the header.

    Raises
    ------
    DataNotFound
        If there is no such file, or it may not be read.
    BadTable
        If it is no text, two columns have one name, or a row has fewer or more cells than the
        header; the line is named.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> kept = pathlib.Path(tempfile.mkdtemp()) / "labels.csv"
    >>> _ = kept.write_text(" file; age;\\n 007.jpg ; 31\\n;;\\n")
    >>> read(kept).typed()
          file  age
    2  007.jpg   31
    """
    where = require_file(path, DataNotFound)
    data, notes = as_utf8(where)
    try:
        header = header_of(data, where)
        if not has_content(data, header):  # pandas refuses lines that are all shorter than theirs
            data = data[: header.offset]
        begins, blank = shape_of(data, header, where)
        raw = parsed(data, header, text)
    except csv.Error as trouble:
        raise BadTable(
            f"{short(where)} is no table: a cell holds more than {csv.field_size_limit():,} "
            f"characters ({trouble})."
        ) from None
    # Every complaint of pandas' parser is a ValueError.
    except ValueError as trouble:
        if isinstance(trouble, BadTable):
            raise
        raise BadTable(f"{short(where)} is no table that can be read: {trouble}.") from None
    if len(raw) != len(begins):
        raise BadTable(f"{short(where)} is no table: a quotation mark has no second one.")
    columns = {k: _as_categories(raw[k]) for k in raw}
    cells = pd.DataFrame(columns).set_axis(list(header.names), axis=1).set_axis(begins)
    blank |= _without_content(columns.values(), len(raw))
    cells = _without(cells, blank)
    cells, unnamed = _without_unnamed(cells)
    return Table(where, cells, (*notes, *unnamed, *_cut_short(data, cells, where)))


def read_words(
    path: str | os.PathLike[str],
) -> tuple[list[tuple[int, list[str]]], tuple[str, ...]]:
    """Read a list whose lines are words with blanks between them.

    Parameters
    ----------
    path : path
        A text in any of the encodings of :func:`read`.

    Returns
    -------
    (list of (int, list of str), tuple of str)
        The number and the words of every line that has any; and notes.

    Raises
    ------
    DataNotFound
        If there is no such file, or it may not be read.
    BadTable
        If it is no text.
    """
    where = require_file(path, DataNotFound)
    data, notes = as_utf8(where)
    lines = enumerate(data.decode().split("\n"), start=1)
    return [(number, line.split()) for number, line in lines if line.strip()], notes


def as_file_name(name: str) -> str:
    """Write the name of a file as the loaders do: forward slashes, relative, without ``./``."""
    return re.sub(r"^(?:\./+)+", "", re.sub(r"/{2,}", "/", name.replace("\\", "/")))


def is_empty(column: pd.Series) -> np.ndarray:
    """Say which cells of a column hold nothing: (N,) bool."""
    if isinstance(column.dtype, pd.CategoricalDtype):  # compared once each
        names = np.append(np.asarray(column.cat.categories, dtype=object), "")
        return np.asarray((names == "")[np.asarray(column.cat.codes)], dtype=bool)
    empty = column.isna()
    return np.asarray(empty if pd.api.types.is_numeric_dtype(column) else empty | (column == ""))


def is_whole(name: Any) -> bool:
    """Say whether a text is a whole number of at most 18 digits, written without leading zeros."""
    return isinstance(name, str) and _WHOLE.fullmatch(name) is not None and name != "-0"


def listed(names: Iterable[Any], most: int = 20) -> str:
    """List names for an error, the long ones shortened."""
    all_of_them = [str(name) for name in names]
    some = [each if len(each) <= 40 else f"{each[:37]}..." for each in all_of_them[:most]]
    return ", ".join(some) + ", ..." * (len(all_of_them) > most) or "no column at all"


def typed(column: pd.Series) -> pd.Series:
    """Give a column of text its type; see :meth:`Table.typed`."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column.reset_index(drop=True)
    codes, names = np.asarray(column.cat.codes), [*map(str, column.cat.categories), ""]
    used = np.unique(codes) % len(names)  # -1, a gap, is the last
    full = [int(code) for code in used if names[code] not in MISSING]
    gaps = len(full) < len(used)
    values = _values([names[code] for code in full], gaps)
    every = np.zeros(len(names), dtype=values.dtype)
    if gaps:
        every[:] = np.nan
    every[full] = values
    return pd.Series(every[codes]).infer_objects()


def _values(known: list[str], gaps: bool) -> np.ndarray:
    """Turn text into what it means: truth values, whole numbers, numbers, or text."""
    if not known:
        return np.zeros(0)
    if not gaps and all(each in _TRUTH for each in known):
        return np.array([_TRUTH[each] for each in known])
    numbers = _numbers(known)
    if numbers is None:
        return np.array(known, dtype=object)
    return numbers.astype(float) if gaps else numbers


def _numbers(known: list[str]) -> np.ndarray | None:
    """Turn text into numbers, if all of it is written as numbers are and none would change."""
    text = "\n".join(known)
    if _NO_NUMBER.search(text):
        return None
    try:
        # Infinity is what becomes of numbers that are too large.
        numbers = np.array(known).astype(float)
    except ValueError:
        return None
    if all(map(is_whole, known)) and np.abs(numbers).max() < _EXACT:
        return np.array([int(each) for each in known], dtype=np.int64)
    long = max(len(each.lstrip("-+")) for each in known) > 15
    digits_lost = long and any(each.lstrip("-+").isdigit() for each in known if len(each) > 15)
    return None if digits_lost or np.isinf(numbers).any() else numbers


def _as_categories(column: pd.Series) -> pd.Series:
    """Keep each text once, without blanks around it; numbers stay numbers."""
    if pd.api.types.is_numeric_dtype(column):
        return column
    codes, names = pd.factorize(column.astype(object))
    return pd.Series(_renamed(pd.Categorical.from_codes(codes, _categories(names)), str.strip))


def _renamed(column: pd.Categorical, rename: Callable[[str], str]) -> pd.Categorical:
    """Change every text of a column, once each."""
    old = [str(each) for each in column.categories]
    new = [rename(each) for each in old]
    if new == old:
        return column
    places, names = pd.factorize(np.array(new, dtype=object))
    codes = np.append(places, -1)[np.asarray(column.codes)]
    return pd.Categorical.from_codes(codes, _categories(names))


def _categories(names: Any) -> pd.Index:
    return pd.Index(np.asarray(names, dtype=object), dtype=object)


def _without_content(columns: Iterable[pd.Series], count: int) -> np.ndarray:
    empty = np.ones(count, dtype=bool)
    for column in columns:
        empty &= is_empty(column)
    return empty


def _without(cells: pd.DataFrame, blank: np.ndarray) -> pd.DataFrame:
    if not blank.any():
        return cells
    cells = cells[~blank]
    # What only the removed rows held, the empty cell, is no category any more.
    kinds = {k: cells.iloc[:, k].dtype for k in range(cells.shape[1])}
    parts = [
        cells.iloc[:, k].cat.remove_unused_categories()
        if isinstance(kind, pd.CategoricalDtype)
        else cells.iloc[:, k]
        for k, kind in kinds.items()
    ]
    return pd.concat(parts, axis=1)


def _without_unnamed(cells: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Call a first column without a name "", which is an exported index; leave others out."""
    names = ["" if str(name).startswith("Unnamed:") else str(name) for name in cells]
    cells = cells.set_axis(names, axis=1)
    kept = [k for k, name in enumerate(names) if name or k == 0]
    lost = [k for k in range(len(names)) if k not in kept and not is_empty(cells.iloc[:, k]).all()]
    notes = [f"Column {k + 1} has no name and was left out." for k in lost]
    return cells.iloc[:, kept], tuple(notes)


def _cut_short(data: bytes, cells: pd.DataFrame, path: Path) -> tuple[str, ...]:
    """Say that a last line has no end: a file cut within its last cell shows no other sign."""
    if data.endswith(b"\n") or cells.empty:
        return ()
    note = (
        f"The last line of {path.name} has no end: if the file was downloaded, look whether its "
        f"last cell, {listed(cells.iloc[-1, -1:])}, is whole."
    )
    return (note,)
