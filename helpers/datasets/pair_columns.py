"""Columns of a table of pairs: read from a file, given their types, and looked through."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from helpers import arguments
from helpers.datasets import tables
from helpers.errors import BadTable
from helpers.files import short

COLUMNS = (
    "fold",
    *("p1", "p2"),
    "label",
    *("id1", "id2", "att1", "att2", "a1", "a2", "g1", "g2", "e1", "e2"),
)
"""Columns with a meaning: fold, pictures, genuine or not, identities, subgroups (``att``, and its
code ``a``), gender ``g`` and ethnicity ``e`` of both sides. Other columns of numbers are scores."""
REQUIRED = ("p1", "p2", "label")
"""Without these a table has no pairs."""

_PAIRED = ("p", "id", "att", "a", "g", "e")
_KNOWN = ("fold", "id1", "id2")  # who is shown, and which pairs belong together, is never a guess
NOT_SCORES = (*COLUMNS, "ids1", "ids2")
"""Columns that hold no scores, whatever is in them."""
_INDEX = ("row", "pair", "index", "")  # how an exported index may be headed
_NO_SCORE = ("NA", "N/A", "null", "None", "<NA>")
_MEANING = {"1": True, "1.0": True, "true": True, "0": False, "0.0": False, "false": False}


def findings(table: pd.DataFrame) -> tuple[str, ...]:
    """Look through a table of pairs for what would spoil an audit.

    Parameters
    ----------
    table : pandas.DataFrame
        With the columns of :data:`REQUIRED`, and any others.

    Returns
    -------
    tuple of str
        A sentence for each kind of trouble found: pairs that repeat an earlier one (in either
        order), pictures compared with themselves, scores that are missing, labels that contradict
        the identities, identities in several folds. Empty for a table without fault.
    """
    arguments.columns(table, REQUIRED, "the table of pairs")
    missing = {name: int(table[name].isna().sum()) for name in score_columns(table)}
    notes = _repeated(table)
    notes += [f"{n:,} pairs have no score in {name} (NaN)." for name, n in missing.items() if n]
    if "id1" not in table or "id2" not in table:
        return tuple(notes)
    one, two = (table[side].astype(object).to_numpy() for side in ("id1", "id2"))
    known = ~(tables.is_empty(table["id1"]) | tables.is_empty(table["id2"]))
    contradicting = int((known & ((one == two) != genuine(table))).sum())
    if contradicting:
        notes.append(f"{contradicting:,} pairs have a label that contradicts their identities.")
    several = _in_several_folds(table) if "fold" in table else 0
    if several:
        notes.append(
            f"{several:,} identities are in more than one fold: a test on one fold meets people "
            "of the others."
        )
    return tuple(notes)


def pair_keys(*tables: pd.DataFrame) -> list[np.ndarray]:
    """Number unordered pairs, so that equal pictures, in either order, have equal numbers.

    Parameters
    ----------
    *tables : pandas.DataFrame
        Tables with ``p1`` and ``p2``, numbered together.

    Returns
    -------
    list of numpy.ndarray, each (N,) int64
        One array a table.
    """
    sides = [table[side].astype(object) for table in tables for side in ("p1", "p2")]
    codes, files = pd.factorize(pd.concat(sides, ignore_index=True))
    ends = np.cumsum([len(side) for side in sides])[:-1]
    parts = np.split(codes.astype(np.int64), ends)
    return [
        np.minimum(one, two) * len(files) + np.maximum(one, two)
        for one, two in zip(parts[::2], parts[1::2], strict=True)
    ]


def score_columns(table: pd.DataFrame) -> tuple[str, ...]:
    """List the columns of numbers whose name is none of :data:`NOT_SCORES`."""
    numeric = table.select_dtypes("number").columns
    return tuple(str(each) for each in numeric if each not in NOT_SCORES)


def genuine(table: pd.DataFrame) -> np.ndarray:
    """Read the labels of pairs: whether each shows one person, (N,) bool.

    Raises
    ------
    BadTable
        If a label is neither 1 nor 0; the row is named.
    """
    found, unknown = same_person(table["label"])
    if unknown.any():
        raise bad_value(table, "label", unknown, "is neither 1 (genuine) nor 0 (impostor)")
    return found


def same_person(labels: Any) -> tuple[np.ndarray, np.ndarray]:
    """Read labels of pairs, numbers, truth values or text such as "1" and "True".

    Parameters
    ----------
    labels : array_like (N,)
        1 for two pictures of one person, 0 for two people.

    Returns
    -------
    (genuine, unknown) : tuple of numpy.ndarray (N,) bool
        Which pairs show one person, and which labels say neither.
    """
    codes, values = pd.factorize(labels)
    # A missing label has code -1 and so picks the last entry, which has no meaning either.
    meaning = [*(_MEANING.get(str(value).strip().lower()) for value in values), None]
    return (
        np.array([each is True for each in meaning])[codes],
        np.array([each is None for each in meaning])[codes],
    )


def bad_value(table: pd.DataFrame, column: str, bad: np.ndarray, what: str) -> BadTable:
    """Say which value of a column has no meaning, with its row and its pair."""
    first = int(np.flatnonzero(bad)[0])
    row = table.iloc[first]
    more = f" ({int(bad.sum()) - 1:,} more rows like it)" if bad.sum() > 1 else ""
    return BadTable(
        f"row {first + 1:,} of the pairs ({row['p1']} and {row['p2']}): {column} "
        f"{row[column]!r} {what}{more}; correct the table."
    )


def typed_pairs(read: tables.Table, required: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """Turn a table as it is written into pairs.

    Parameters
    ----------
    read : tables.Table
        The file's cells.
    required : sequence of str
        Columns that must not be empty.

    Returns
    -------
    (table, notes) : (pandas.DataFrame, list of str)
        The pairs, and what is missing.

    Raises
    ------
    BadTable
        If there is no pair, a picture, an identity or a fold is not named, or a label has no
        meaning; the line is named.
    """
    if not len(read):
        raise BadTable(f"{short(read.path)} has a header and not a single pair.")
    for side in ("p1", "p2"):
        read.require_filled(side, ", so it names no picture; name it")
    read = read.with_names(("p1", "p2"))
    text = [name for name in read.cells if name in COLUMNS]
    empty = [name for name in _empty_columns(read.cells) if name not in required]
    for name in [name for name in text if name in _KNOWN and name not in empty]:
        read.require_filled(name)
    table = _label(read).drop(columns=empty)
    notes = [f"Column {name} is empty and was left out." for name in empty]
    for kind in _PAIRED:
        _share_categories(table, f"{kind}1", f"{kind}2")
    notes += _without_gaps(table, [name for name in text if name not in empty])
    if "fold" in table and _are_whole_numbers(table["fold"].cat.categories):
        table["fold"] = table["fold"].astype(np.int64)
    others = [str(name) for name in table if name not in COLUMNS]
    typed = {name: _score(table[name]).to_numpy() for name in others}
    return _with_index(table.assign(**typed).reset_index(drop=True)), notes


def _empty_columns(cells: pd.DataFrame) -> list[str]:
    """List the columns of identities, folds and subgroups that nobody filled in."""
    optional = [name for name in cells if name in COLUMNS and name not in REQUIRED]
    return [name for name in optional if len(cells) and tables.is_empty(cells[name]).all()]


def _label(read: tables.Table) -> pd.DataFrame:
    known = read.cells["label"].cat.categories
    strange = [each for each in known if str(each).lower() not in _MEANING]
    bad = np.flatnonzero(read.cells["label"].isin(strange))
    if len(bad):
        row = read.cells.iloc[bad[0]]
        more = f" ({len(bad) - 1:,} more rows like it)" if len(bad) > 1 else ""
        raise BadTable(
            f"{read.line(bad[0])} ({row['p1']} and {row['p2']}): label {row['label']!r} is neither "
            f"1 (genuine) nor 0 (impostor){more}; correct the table."
        )
    return read.cells.assign(label=genuine(read.cells).astype(np.int64))


def _without_gaps(table: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """Make empty cells of subgroups missing, so that they are nobody's subgroup."""
    notes = []
    for name in columns:
        column = table[name]
        if isinstance(column.dtype, pd.CategoricalDtype) and "" in column.cat.categories:
            count = int((column == "").sum())
            table[name] = column.cat.remove_categories("")
            notes += [f"{count:,} pairs have no {name}: they are in no subgroup."] * bool(count)
    return notes


def _score(column: pd.Series) -> pd.Series:
    """Turn a column into numbers if all its cells are; those that say so are missing."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        names = [name for name in column.cat.categories if name not in _NO_SCORE]
        column = column.cat.set_categories(names)
    return tables.typed(column)


def _share_categories(table: pd.DataFrame, one: str, two: str) -> None:
    """Give both sides the same categories, so that they compare; numbers where all are numbers."""
    if one not in table or two not in table:
        return
    names = table[one].cat.categories.union(table[two].cat.categories)
    whole = one == "id1" and _are_whole_numbers(names)
    for side in (one, two):
        column = table[side].cat.set_categories(names)
        table[side] = column.astype(np.int64) if whole else column


def _are_whole_numbers(names: pd.Index) -> bool:
    return all(tables.is_whole(name) and not name.startswith("-") for name in names)


def _with_index(table: pd.DataFrame) -> pd.DataFrame:
    """Make an exported index the index again; others, which are left from exports, are dropped."""
    exported = [name for name in table if name in _INDEX]
    if exported and table[exported[0]].is_unique and table[exported[0]].notna().all():
        table.index = pd.Index(table[exported[0]].to_numpy())
    return table.drop(columns=exported).rename_axis(index="pair")


def _repeated(table: pd.DataFrame) -> list[str]:
    notes = []
    keys = pd.Series(pair_keys(table)[0])
    again = keys.duplicated()
    if again.any():
        kinds = pd.Series(genuine(table)).groupby(keys).nunique()
        other = int((kinds > 1).sum())
        but = f"; {other:,} pairs occur with both labels" if other else ""
        notes.append(f"{int(again.sum()):,} pairs repeat an earlier one, in either order{but}.")
    alone = table["p1"].astype(object).to_numpy() == table["p2"].astype(object).to_numpy()
    if alone.any():
        notes.append(f"{int(alone.sum()):,} pairs compare a picture with itself.")
    return notes


def _in_several_folds(table: pd.DataFrame) -> int:
    """Count the identities whose pairs are in more than one fold."""
    identity = pd.concat([table["id1"], table["id2"]], ignore_index=True)
    fold = pd.concat([table["fold"]] * 2, ignore_index=True)[~tables.is_empty(identity)]
    folds = fold.groupby(identity[fold.index].astype(object), sort=False).nunique()
    return int((folds > 1).sum())
