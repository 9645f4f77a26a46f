"""LFW, Labeled Faces in the Wild: 13,233 pictures of 5,749 people, and six thousand pairs.

Huang et al., "Labeled Faces in the Wild", University of Massachusetts technical report 07-49, 2007.
Most of its people are men, white and well known: a high score on LFW says little about anyone else.
"""

import os
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd

from helpers import arguments
from helpers.datasets import homes, tables
from helpers.datasets.base import FaceDataset
from helpers.datasets.images import ENDING
from helpers.datasets.pair_columns import findings
from helpers.datasets.pairs import PairTable
from helpers.errors import BadTable, DataNotFound
from helpers.files import path_of, short

FILES = {None: "pairs.txt", "train": "pairsDevTrain.txt", "test": "pairsDevTest.txt"}
"""The table of pairs of each split. ``pairs.txt`` is view 2, for results; the other two are view 1,
for choosing a model."""

_LAYOUT = re.compile(r"((?:.*/)?)(?P<identity>[^/]+)/(?P=identity)_(?P<number>\d{4})" + ENDING)
_REMEDY = "scikit-learn's fetch_lfw_pairs downloads it, as does its home page (UMass Amherst)."


def load(split: str | None = None, root: str | os.PathLike[str] | None = None) -> PairTable:
    """Load the pairs of LFW, with the pictures if they are at hand.

    Parameters
    ----------
    split : None, "train" or "test"
        None for view 2, ten folds of 300 genuine and 300 impostor pairs; the others for view 1.
    root : path, optional
        The folder with ``pairs.txt``; by default ``lfw`` in :func:`data_folder`.

    Returns
    -------
    PairTable
        Columns ``fold`` (from 1), ``p1``, ``p2``, ``label``, ``id1``, ``id2``; there are no scores
        and no subgroups. ``faces`` is None where there are no pictures.

    Raises
    ------
    DataNotFound
        If there is no such table.
    BadTable
        If the table is cut short, or a line is no pair.
    UnknownName
        If there is no such split.
    """
    arguments.choice(split, "split", FILES)
    where = homes.home("lfw", root, _REMEDY, *FILES.values())
    found = homes.find_files(where, FILES[split])
    if not found:
        raise DataNotFound(f"LFW's {FILES[split]} is not in {where}. {_REMEDY}")
    table, about = _pairs(found[0])
    # Where the table lies below root, the pictures may lie beside it.
    shown = _faces(where) or (None if root is None else _faces(path_of(root)))
    if shown is not None:
        table = _with_endings(table, shown)
    pairs = PairTable(f"lfw {split or ''}".strip(), table, shown)
    return replace(pairs, notes=(homes.pictures_here(pairs), *about, *findings(table)))


def faces(split: None = None, root: str | os.PathLike[str] | None = None) -> FaceDataset:
    """Load the pictures of LFW.

    Parameters
    ----------
    split : None
        The pictures have no parts; the pairs have.
    root : path, optional
        The folder with the tree (``Ann_Author/Ann_Author_0001.jpg``), at any depth, or a zip of
        it; by default ``lfw`` in :func:`data_folder`.

    Returns
    -------
    FaceDataset
        Index ``file``, columns ``identity`` and ``number`` (of the picture, from 1).

    Raises
    ------
    InputError
        If a split is given.
    DataNotFound
        If there are no pictures.
    """
    homes.require_no_split(split, "the pictures of LFW have", "; its pairs have, see load")
    where = homes.home("lfw", root, _REMEDY, *FILES.values())
    return homes.the_pictures(_faces(where), where, "Ann_Author/Ann_Author_0001.jpg", _REMEDY)


def _pairs(where: Path) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Read a list of pairs, and what is to be noted about it.

    The first line holds the number of folds and of genuine pairs in each (``10 300``), or that of
    genuine pairs alone (``1100``); as many impostor pairs follow in each fold. A line is ``name n m``
    for a genuine pair and ``name n other m`` for an impostor pair.
    """
    lines, notes = tables.read_words(where)
    folds, each = _counts(lines[0][1] if lines else [], where)
    rows = lines[1:]
    if len(rows) != 2 * folds * each:
        raise BadTable(
            f"{short(where)} has {len(rows):,} pairs, where its first line promises "
            f"{2 * folds * each:,}: download it again."
        )
    cells = [_pair(row, number, where) for number, row in rows]
    table = pd.DataFrame(cells, columns=["p1", "p2", "label", "id1", "id2"]).rename_axis("pair")
    table.insert(0, "fold", table.index // (2 * each) + 1)
    return table, notes


def _counts(first: list[str], path: Path) -> tuple[int, int]:
    if not 1 <= len(first) <= 2 or not all(_is_count(cell) and int(cell) for cell in first):
        raise BadTable(
            f"{short(path)} does not begin with its counts (10 300, or 1100) but with "
            f"{' '.join(first)[:100]!r}: is it a list of pairs?"
        )
    return (1, int(first[0])) if len(first) == 1 else (int(first[0]), int(first[1]))


def _is_count(cell: str) -> bool:
    return cell.isascii() and cell.isdecimal() and len(cell) < 10


def _pair(row: list[str], line: int, path: Path) -> tuple[str, str, int, str, str]:
    match row:
        case [name, one, two] if _is_count(one) and _is_count(two):
            return _file(name, one), _file(name, two), 1, name, name
        case [name, one, other, two] if _is_count(one) and _is_count(two):
            return _file(name, one), _file(other, two), 0, name, other
    raise BadTable(
        f"{short(path)}, line {line}: {' '.join(row)[:100]!r} is neither a name with two numbers "
        "nor two names with a number each."
    )


def _file(name: str, number: str) -> str:
    return f"{name}/{name}_{int(number):04}.jpg"


def _faces(where: Path) -> FaceDataset | None:
    found = homes.pictures("lfw faces", where, _LAYOUT)
    return found and replace(found, table=found.table.astype({"number": int}))


def _with_endings(table: pd.DataFrame, shown: FaceDataset) -> pd.DataFrame:
    """Let the pairs name the pictures as they are here: some copies were saved again as PNG."""
    here = {str(Path(file).with_suffix("")): file for file in shown.files(slice(None))}
    names = {
        side: [here.get(file.removesuffix(".jpg"), file) for file in table[side]]
        for side in ("p1", "p2")
    }
    return table.assign(**names)
