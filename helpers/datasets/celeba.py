"""CelebA: 202,599 pictures of celebrities with forty attributes each.

Liu et al., "Deep Learning Face Attributes in the Wild", ICCV 2015. Terms: non-commercial research;
images are not to be passed on. Attributes such as ``Attractive`` or ``Young`` are the opinion of a
few annotators: read them as "annotated as", never as "is".
"""

import os
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd

from helpers import arguments
from helpers.datasets import homes, layouts, tables
from helpers.datasets.base import FaceDataset
from helpers.datasets.folder import keep_labelled
from helpers.datasets.images import ENDING
from helpers.errors import BadTable, DataNotFound
from helpers.files import short

SPLITS = ("train", "val", "test")
"""In the order of the codes 0, 1, 2 of the partition file."""
ATTRIBUTES = "list_attr_celeba"
PARTITION = "list_eval_partition"
IDENTITIES = "identity_CelebA"

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
        -1, some copies 1 and 0), ``split``, and ``identity`` where ``identity_CelebA.txt`` is
        there. Notes count rows without a picture and pictures without a row.

    Raises
    ------
    DataNotFound
        If a table or the pictures are missing.
    BadTable
        If a table is cut short or holds a value other than 1, -1 and 0.
    UnknownName
        If there is no such split.
    """
    arguments.choice(split, "split", (None, *SPLITS))
    where = homes.home("celeba", root, _REMEDY, f"{ATTRIBUTES}.*")
    labels, path, about = _labels(where)
    if split is not None:
        labels = labels[labels["split"] == split]
    found = homes.the_pictures(
        homes.pictures("celeba", where, _LAYOUT), where, "000001.jpg", _REMEDY
    )
    table, notes = keep_labelled(found.files(slice(None)), labels, path)
    if split is not None:  # pictures of the other parts have their rows elsewhere
        notes = tuple(note for note in notes if "no row" not in note)
    name = f"celeba {split or ''}".strip()
    return replace(found, name=name, table=table, notes=(*notes, *about))


def _attributes(path: Path) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Read ``list_attr_celeba``: whether each picture has each attribute, and what is to be noted.

    A text says how many rows follow, the forty names, then a row per picture; or it is a CSV.
    """
    read = _read(path)
    table = read.cells.set_index("file")
    for name in table:
        unknown = ~table[name].isin(["1", "-1", "0"])
        if unknown.any():
            raise BadTable(
                f"{short(path)}, {table.index[unknown][0]}: {name} "
                f"{table[name][unknown].iloc[0]!r} is none of 1, -1 and 0; download the table again."
            )
    return table == "1", read.notes


def _labels(where: Path) -> tuple[pd.DataFrame, Path, list[str]]:
    path = _found(where, ATTRIBUTES)
    table, about = _attributes(path)
    parts, more = _listing(_found(where, PARTITION), "partition")
    codes = parts.reindex(table.index).map(dict(zip("012", SPLITS, strict=True)).get)
    if codes.isna().any():
        raise BadTable(
            f"{PARTITION} says of {table.index[codes.isna()][0]} none of 0 (train), 1 (val) and "
            "2 (test); download it again."
        )
    notes = [*about, *more]
    table["split"] = pd.Categorical(codes, categories=SPLITS)
    if here := _here(where, IDENTITIES):
        identities, more = _listing(here[0], "identity")
        table["identity"] = identities.reindex(table.index)
        nobody = int(table["identity"].isna().sum())
        notes += [*more, *[f"{nobody:,} rows of the table have no identity."] * bool(nobody)]
    return table, path, notes


def _found(where: Path, stem: str) -> Path:
    found = _here(where, stem)
    if not found:
        raise DataNotFound(f"CelebA is not complete: {stem}.txt is not in {where}. {_REMEDY}")
    return found[0]


def _here(where: Path, stem: str) -> list[Path]:
    return [path for ending in (".txt", ".csv") for path in homes.find_files(where, stem + ending)]


def _listing(path: Path, what: str) -> tuple[pd.Series, tuple[str, ...]]:
    """Read a list of pictures with one word each."""
    read = _read(path, what)
    return read.cells.set_index("file").iloc[:, 0], read.notes


def _read(path: Path, what: str | None = None) -> tables.Table:
    """Read a table whose first column, under any name, names the pictures.

    A list of two columns has no header where it is a text; ``what`` names the second.
    """
    read = tables.read(path) if path.suffix.lower() == ".csv" else _of_words(path, what)
    if not len(read):
        raise BadTable(f"{short(path)} has no rows; download it again.")
    if what and read.cells.shape[1] != 2:
        raise BadTable(f"{short(path)} has not two columns, a file and its {what}.")
    cells = read.cells.astype(object)
    read = replace(read, cells=cells.set_axis(["file", *cells.columns[1:]], axis=1))
    read.require_filled("file")
    read.require_unique("file")
    return read


def _of_words(path: Path, what: str | None) -> tables.Table:
    rows, notes = tables.read_words(path)
    names, expected = ["file", str(what)], None
    if what is None:
        # The first line may say how many rows follow, the next names the attributes.
        if rows and len(rows[0][1]) == 1 and tables.is_whole(rows[0][1][0]):
            expected = int(rows.pop(0)[1][0])
        header = rows.pop(0)[1] if rows else []
        # A CSV turned into text has a name for the column of files, too.
        names = ["file", *header[-max(len(rows[0][1]) - 1, 1) :]] if rows else ["file"]
        layouts.refuse_twins(names, path)
    for line, row in rows:
        if len(row) != len(names):
            raise BadTable(
                f"{short(path)}, line {line:,}: {' '.join(row)[:100]!r} is not a file and its "
                f"{what or 'attributes'}; download it again."
            )
    if rows and expected not in (None, len(rows)):
        raise BadTable(
            f"{short(path)} is cut short: {len(rows):,} are there, of {expected:,} rows; download "
            "it again."
        )
    lines = [line for line, _ in rows]
    return tables.Table(
        path, pd.DataFrame([row for _, row in rows], lines, names, dtype=str), notes
    )
