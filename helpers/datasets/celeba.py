"""CelebA: 202,599 pictures of celebrities with forty attributes each.

Liu et al., "Deep Learning Face Attributes in the Wild", ICCV 2015. Terms: non-commercial research;
images are not to be passed on. Attributes such as ``Attractive`` or ``Young`` are the opinion of a
few annotators: read them as "annotated as", never as "is".
"""

import os
import re
from pathlib import Path

import pandas as pd

from helpers import arguments
from helpers.datasets import tables
from helpers.datasets.base import FaceDataset
from helpers.datasets.folder import find_files, find_tree, home, keep_labelled
from helpers.datasets.images import ENDING
from helpers.errors import BadTable, DataNotFound
from helpers.files import require_file, short

SPLITS = ("train", "val", "test")
"""In the order of the codes 0, 1, 2 of the partition file."""
ATTRIBUTES = "list_attr_celeba"
PARTITION = "list_eval_partition"
IDENTITIES = "identity_CelebA"

_ENDINGS = (".txt", ".csv")

_LAYOUT = re.compile(r"((?:.*/)?)\d{6}" + ENDING)
_REMEDY = "Its authors offer it on the CelebA project page (CUHK)."


def load(split: str | None = None, root: str | os.PathLike[str] | None = None) -> FaceDataset:
    """Load CelebA, or one part of it.

    Parameters
    ----------
    split : "train", "val", "test" or None
        Which part; None for all.
    root : path, optional
        The folder with ``list_attr_celeba.txt`` and ``list_eval_partition.txt`` (or the same as
        ``.csv``) in it or up to two levels below, and the pictures as a folder or a zip; by
        default ``celeba`` in :func:`data_folder`.

    Returns
    -------
    FaceDataset
        Index ``file`` (``000001.jpg``), the forty attributes as bool (the release writes 1 and
        -1), ``split``, and ``identity`` where ``identity_CelebA.txt`` is there. Notes count rows
        without a picture and pictures without a row.

    Raises
    ------
    DataNotFound
        If a table or the pictures are missing.
    BadTable
        If a table is cut short or holds a value other than 1 and -1.
    UnknownName
        If there is no such split.
    """
    arguments.choice(split, "split", (None, *SPLITS))
    where = home("celeba", root, _REMEDY, f"{ATTRIBUTES}.*")
    labels, path, about = _labels(where)
    if split is not None:
        labels = labels[labels["split"] == split]
    tree = find_tree(where, _LAYOUT)
    if tree is None:
        raise DataNotFound(f"no picture such as 000001.jpg is in {where} or a zip there. {_REMEDY}")
    source, pictures = tree
    table, notes = keep_labelled(list(pictures), labels, path)
    if split is not None:  # pictures of the other parts have their rows elsewhere
        notes = tuple(note for note in notes if "no row" not in note)
    return FaceDataset(f"celeba {split or ''}".strip(), table, source, (*notes, *about))


def read_attributes(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read the attributes.

    Parameters
    ----------
    path : path
        ``list_attr_celeba.txt``: how many rows, the forty names, then a row per picture; or a CSV.

    Returns
    -------
    pandas.DataFrame of bool, index ``file``

    Raises
    ------
    BadTable
        If the table is cut short or holds a value other than 1 and -1 (or 0, in copies).
    """
    return _attributes(require_file(path))[0]


def _attributes(path: Path) -> tuple[pd.DataFrame, tuple[str, ...]]:
    table, notes = _read_counted(path)
    for name in table:
        unknown = ~table[name].isin(["1", "-1", "0"])
        if unknown.any():
            raise BadTable(
                f"{short(path)}, {table.index[unknown][0]}: {name} "
                f"{table[name][unknown].iloc[0]!r} is neither 1 nor -1; download the table again."
            )
    return table == "1", notes


def _labels(where: Path) -> tuple[pd.DataFrame, Path, list[str]]:
    path = _found(where, ATTRIBUTES)
    table, about = _attributes(path)
    parts, more = _read_listing(_found(where, PARTITION), "partition")
    codes = parts.reindex(table.index).map(dict(zip("012", SPLITS, strict=True)).get)
    if codes.isna().any():
        raise BadTable(
            f"{PARTITION} says of {table.index[codes.isna()][0]} none of 0 (train), 1 (val) and "
            "2 (test); download it again."
        )
    notes = [*about, *more]
    table["split"] = pd.Categorical(codes, categories=SPLITS)
    if any(find_files(where, IDENTITIES + ending) for ending in _ENDINGS):
        identities, more = _read_listing(_found(where, IDENTITIES), "identity")
        table["identity"] = identities.reindex(table.index)
        nobody = int(table["identity"].isna().sum())
        notes += [*more, *[f"{nobody:,} rows of the table have no identity."] * bool(nobody)]
    return table, path, notes


def _found(where: Path, stem: str) -> Path:
    for ending in _ENDINGS:
        if found := find_files(where, stem + ending):
            return found[0]
    raise DataNotFound(f"CelebA is not complete: {stem}.txt is not in {where}. {_REMEDY}")


def _read_counted(path: Path) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Read a table, as text, and compare its length with the count in the first line."""
    if path.suffix.lower() == ".csv":
        return _read_csv(path)
    lines, notes = tables.read_words(path)
    first = lines[0][1] if lines else []
    count = int(lines.pop(0)[1][0]) if len(first) == 1 and tables.is_whole(first[0]) else None
    if len(lines) < 2:
        raise BadTable(f"{short(path)} has no rows; download it again.")
    (_, names), *rows = lines
    # A CSV turned into text has a name for the column of files, too.
    names = names[-max(len(rows[0][1]) - 1, 1) :]
    odd = [row[0] for _, row in rows if len(row) != len(names) + 1]
    if odd or (count is not None and count != len(rows)):
        where = f"the row of {odd[0]} is incomplete" if odd else f"{len(rows):,} are there"
        raise BadTable(
            f"{short(path)} is cut short: {where}, of {count or 'all'} rows; download it again."
        )
    twice = [name for k, name in enumerate(names) if name in names[:k]]
    if twice:
        raise BadTable(f"{short(path)} has two columns called {twice[0]}; download it again.")
    index = _unique_files(path, rows)
    return pd.DataFrame([row[1:] for _, row in rows], index, names, dtype=str), notes


def _read_csv(path: Path) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Read a table whose first column, under any name, names the pictures."""
    read = tables.read(path)
    file = str(read.cells.columns[0])
    if not len(read):
        raise BadTable(f"{short(path)} has no rows; download it again.")
    read.require_filled(file)
    read.require_unique(file)
    table = read.cells.astype(object).set_index(file).rename_axis("file")
    return table, read.notes


def _read_listing(path: Path, what: str) -> tuple[pd.Series, tuple[str, ...]]:
    """Read a list of pictures with one word each."""
    if path.suffix.lower() == ".csv":
        table, notes = _read_csv(path)
        if table.shape[1] != 1:
            raise BadTable(f"{short(path)} has not two columns, a file and its {what}.")
        return table.iloc[:, 0], notes
    lines, notes = tables.read_words(path)
    odd = [(number, row) for number, row in lines if len(row) != 2]
    if odd:
        number, row = odd[0]
        raise BadTable(
            f"{short(path)}, line {number:,}: {' '.join(row)[:100]!r} is not a file and its {what}."
        )
    index = _unique_files(path, lines)
    return pd.Series([row[1] for _, row in lines], index, dtype=object), notes


def _unique_files(path: Path, rows: list[tuple[int, list[str]]]) -> pd.Index:
    index = pd.Index([row[0] for _, row in rows], name="file")
    again = index.duplicated()
    if again.any():
        number, row = rows[int(again.argmax())]
        raise BadTable(
            f"{short(path)}, line {number:,}: {row[0]} has a row already; download it again."
        )
    return index
