"""CelebA: 202,599 pictures of celebrities with forty attributes each.

Liu et al., "Deep Learning Face Attributes in the Wild", ICCV 2015. Terms: non-commercial research;
images are not to be passed on. Attributes such as ``Attractive`` or ``Young`` are the opinion of a
few annotators: read them as "annotated as", never as "is".
"""

import os
import re
from pathlib import Path

import pandas as pd

from helpers.datasets.base import FaceDataset
from helpers.datasets.folder import find_files, find_tree, home, join_labels
from helpers.errors import BadTable, DataNotFound, unknown_name

SPLITS = ("train", "val", "test")
"""In the order of the codes 0, 1, 2 of the partition file."""
ATTRIBUTES = "list_attr_celeba"
PARTITION = "list_eval_partition"
IDENTITIES = "identity_CelebA"

_LAYOUT = re.compile(r"((?:.*/)?)\d{6}\.(?:jpe?g|png)")
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
    if split is not None and split not in SPLITS:
        raise unknown_name("split", split, SPLITS)
    where = home("celeba", root, _REMEDY)
    labels, path = _labels(where)
    if split is not None:
        labels = labels[labels["split"] == split]
    tree = find_tree(where, _LAYOUT)
    if tree is None:
        raise DataNotFound(f"no picture such as 000001.jpg is in {where} or a zip there. {_REMEDY}")
    source, pictures = tree
    table, notes = join_labels(list(pictures), labels.reset_index(), path)
    if split is not None:  # pictures of the other parts have their rows elsewhere
        notes = tuple(note for note in notes if "no row" not in note)
    return FaceDataset(f"celeba {split or ''}".strip(), table, source, notes)


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
    table = _read_counted(Path(path))
    for name in table:
        unknown = ~table[name].isin(["1", "-1", "0"])
        if unknown.any():
            raise BadTable(
                f"{path}, {table.index[unknown][0]}: {name} {table[name][unknown].iloc[0]!r} is "
                "neither 1 nor -1; download the table again."
            )
    return table == "1"


def _labels(where: Path) -> tuple[pd.DataFrame, Path]:
    path = _found(where, ATTRIBUTES)
    table = read_attributes(path)
    parts = _read_listing(_found(where, PARTITION), "partition")
    codes = parts.reindex(table.index).map(dict(zip("012", SPLITS, strict=True)).get)
    if codes.isna().any():
        raise BadTable(
            f"{PARTITION} says of {table.index[codes.isna()][0]} none of 0 (train), 1 (val) and "
            "2 (test); download it again."
        )
    table["split"] = pd.Categorical(codes, categories=SPLITS)
    identities = find_files(where, f"{IDENTITIES}.*")
    if identities:
        table["identity"] = _read_listing(identities[0], "identity").reindex(table.index)
    return table, path


def _found(where: Path, stem: str) -> Path:
    for ending in (".txt", ".csv"):
        if found := find_files(where, stem + ending):
            return found[0]
    raise DataNotFound(f"CelebA is not complete: {stem}.txt is not in {where}. {_REMEDY}")


def _read_counted(path: Path) -> pd.DataFrame:
    """Read a table, as text, and compare its length with the count in the first line."""
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    cells = [line.replace(",", " ").split() for line in lines if line.strip()]
    count = (
        int(cells.pop(0)[0]) if cells and len(cells[0]) == 1 and cells[0][0].isdecimal() else None
    )
    if len(cells) < 2:
        raise BadTable(f"{path} has no rows; download it again.")
    names = cells[0][-(len(cells[1]) - 1) :]
    odd = [row[0] for row in cells[1:] if len(row) != len(names) + 1]
    if odd or (count is not None and count != len(cells) - 1):
        where = f"the row of {odd[0]} is incomplete" if odd else f"{len(cells) - 1:,} are there"
        raise BadTable(
            f"{path} is cut short: {where}, of {count or 'all'} rows; download it again."
        )
    index = pd.Index([row[0] for row in cells[1:]], name="file")
    return pd.DataFrame([row[1:] for row in cells[1:]], index=index, columns=names, dtype=str)


def _read_listing(path: Path, what: str) -> pd.Series:
    rows = [line.replace(",", " ").split() for line in path.read_text("utf-8-sig").splitlines()]
    rows = [row for row in rows if row]
    odd = [row for row in rows if len(row) != 2]
    if odd:
        raise BadTable(f"{path}: {' '.join(odd[0])!r} is not a file and its {what}.")
    return pd.Series([row[1] for row in rows], index=[row[0] for row in rows], dtype=object)
