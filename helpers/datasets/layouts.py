"""How the cells of a text lie: its header, what separates cells, and the line of each row."""

import csv
import io
import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from helpers.arguments import shown
from helpers.errors import BadTable
from helpers.files import short

MISSING = ("", "NaN", "nan")
"""Cells that hold nothing. NA and None are not among them: a group may be called so."""

_SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True)
class Header:
    """What the first line of a table says.

    Attributes
    ----------
    names : tuple of str
        The columns, without blanks around them; "" for one without a name.
    separator : str
        What stands between cells: a comma, a semicolon or a tab.
    offset, lines : int
        Bytes, and lines, before the first row.
    quoted : bool
        Whether there is a quotation mark anywhere, so that a cell may hold line ends.
    """

    names: tuple[str, ...]
    separator: str
    offset: int
    lines: int
    quoted: bool


def header_of(data: bytes, path: Path) -> Header:
    """Read the first line that holds anything, and choose what separates its cells.

    Parameters
    ----------
    data : bytes
        The table in UTF-8, its lines ended by a line feed.
    path : pathlib.Path
        Where it was read from, for errors.

    Raises
    ------
    BadTable
        If the table is empty, names no column, or two columns have one name.
    """
    lines = _text(data)
    skipped, line = 0, lines.readline()
    while not line.strip() or re.fullmatch(r"sep=.\n", line):  # Excel's word for its separator
        skipped, line = skipped + 1, lines.readline()
        if not line:
            raise BadTable(f"{short(path)} is no table: it is empty.")
    bare = re.sub(r'"[^"]*"', "", line)
    separator = max(_SEPARATORS, key=bare.count)
    # A header in quotes may go on in the next line.
    reader = csv.reader(chain([line], lines), delimiter=separator, skipinitialspace=True)
    names = [name.strip().removeprefix("\ufeff").strip() for name in next(reader)]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise BadTable(f"{short(path)} is no table: its first line names no column.")
    refuse_twins(names, path)
    used = skipped + reader.line_num
    offset = sum(len(each) for each, _ in zip(io.BytesIO(data), range(used), strict=False))
    return Header(tuple(names), separator, offset, used, b'"' in data)


def refuse_twins(names: list[str], path: Path) -> None:
    """Raise BadTable if two of the columns of a table, read from ``path``, have one name."""
    twice = [name for k, name in enumerate(names) if name and name in names[:k]]
    if twice:
        count = names.count(twice[0])
        raise BadTable(
            f"{short(path)} has {count} columns called {shown(twice[0])} (blanks around a "
            "name do not count): rename or remove one."
        )


def _text(data: bytes, offset: int = 0) -> io.TextIOWrapper:
    binary = io.BytesIO(data)
    binary.seek(offset)
    return io.TextIOWrapper(binary, "utf-8", newline="\n")


def shape_of(data: bytes, header: Header, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Find the line in which each row begins, and the rows that hold nothing.

    Parameters
    ----------
    data, path
        See :func:`header_of`.
    header : Header
        What that returned.

    Returns
    -------
    (numpy.ndarray, numpy.ndarray), shape (N,) int and (N,) bool

    Raises
    ------
    BadTable
        If a row has fewer cells than the header, or more that are not empty.
    """
    if header.quoted:
        return _shape_with_quotes(data, header, path)
    counts = _count_marks(data, header)
    blank = np.zeros(len(counts), dtype=bool)
    odd = counts + 1 != len(header.names)
    if odd.any():
        rows = io.BytesIO(data)
        rows.seek(header.offset)
        for number, line in enumerate(rows):
            if odd[number]:
                cells = line.decode().split(header.separator)
                blank[number] = _is_blank(cells, header, path, header.lines + number + 1)
    return np.arange(len(counts)) + header.lines + 1, blank


def has_content(data: bytes, header: Header) -> bool:
    """Say whether any cell below the header holds something; see :func:`shape_of`."""
    rows = csv.reader(_text(data, header.offset), delimiter=header.separator, skipinitialspace=True)
    return any(cell.strip() for cells in rows for cell in cells)


def _count_marks(data: bytes, header: Header) -> np.ndarray:
    """Count the separators of every line, in one go: a table may have a million."""
    letters = np.frombuffer(data, np.uint8, offset=header.offset)
    ends = np.flatnonzero(letters == ord("\n"))
    if len(letters) and letters[-1] != ord("\n"):
        ends = np.append(ends, len(letters))
    marks = np.flatnonzero(letters == ord(header.separator))
    return np.diff(np.searchsorted(marks, ends), prepend=0)


def _shape_with_quotes(data: bytes, header: Header, path: Path) -> tuple[np.ndarray, np.ndarray]:
    lines = _text(data, header.offset)
    reader = csv.reader(lines, delimiter=header.separator, skipinitialspace=True)
    begins, blank, begin = [], [], header.lines + 1
    for cells in reader:
        begins.append(begin)
        blank.append(_is_blank(cells, header, path, begin))
        begin = header.lines + reader.line_num + 1
    return np.array(begins, dtype=np.int64), np.array(blank, dtype=bool)


def _is_blank(cells: list[str], header: Header, path: Path, line: int) -> bool:
    """Say whether a row holds nothing; one that does not fit the header is refused."""
    have, want = len(cells), len(header.names)
    if have == want:
        return False
    filled = [k for k, cell in enumerate(cells) if cell.strip()]
    if filled and have < want:
        why = (
            "a quotation mark has no second one"
            if "\n" in cells[-1].strip()
            else "the file was cut short, or a cell is missing"
        )
        raise BadTable(
            f"{short(path)}, line {line:,} has {have} of the {want} cells that the header names, "
            f"and none for {shown(header.names[have], quoted=False)}: {why}; correct it, or copy it "
            "again."
        )
    if filled and filled[-1] >= want:
        raise BadTable(
            f"{short(path)}, line {line:,} has {filled[-1] + 1} cells, but the header names {want}: "
            "put cells that hold a separator in double quotes."
        )
    return not filled


def parsed(data: bytes, header: Header, text: Collection[str] | None) -> pd.DataFrame:
    """Let pandas take the rows apart, without guessing at what a cell means.

    Parameters
    ----------
    data, header
        See :func:`shape_of`.
    text : collection of str or None
        Columns that hold text; the others become numbers where all their cells are. None for all.

    Returns
    -------
    pandas.DataFrame
        A row per row of the text, blank ones too; columns are numbered.
    """
    places = list(range(len(header.names)))
    numbers = [k for k in places if text is not None and header.names[k] not in text]
    raw = _columns(data, header, places, numbers)
    # 007 and 7 are two names and one number: what could be names is read again, as text.
    names = [k for k in numbers if _could_be_names(raw[k])]
    if names:
        raw[names] = _columns(data, header, names, [])
    return raw


def _could_be_names(column: pd.Series) -> bool:
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return pd.api.types.is_bool_dtype(column)
    known = column.dropna()
    return bool((known % 1 == 0).all())


def _columns(data: bytes, header: Header, places: list[int], numbers: list[int]) -> pd.DataFrame:
    binary = io.BytesIO(data)
    binary.seek(header.offset)
    kinds: dict[Any, Any] = {k: object for k in places if k not in numbers}
    gaps: dict[str, Any] = {k: list(MISSING) for k in numbers}  # type: ignore[misc]
    # Rows may have more cells than are used, which were seen to be empty.
    found: pd.DataFrame = pd.read_csv(
        binary,
        sep=header.separator,
        header=None,
        names=list(range(len(header.names))),
        usecols=places,
        dtype=kinds,
        na_values=gaps,
        keep_default_na=False,
        na_filter=bool(numbers),
        index_col=False,
        skip_blank_lines=False,
        skipinitialspace=True,
        quoting=0 if header.quoted else 3,  # csv.QUOTE_MINIMAL, csv.QUOTE_NONE
        encoding="utf-8",
        low_memory=False,
    )
    return found
