"""LFW, Labeled Faces in the Wild: 13,233 pictures of 5,749 people, and six thousand pairs.

Huang et al., "Labeled Faces in the Wild", University of Massachusetts technical report 07-49, 2007.
Most of its people are men, white and well known: a high score on LFW says little about anyone else.
"""

import os
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd

from helpers.datasets.base import FaceDataset
from helpers.datasets.folder import find_files, find_tree, home
from helpers.datasets.pairs import PairTable, findings
from helpers.errors import BadTable, DataNotFound, InputError, unknown_name

FILES = {None: "pairs.txt", "train": "pairsDevTrain.txt", "test": "pairsDevTest.txt"}
"""The table of pairs of each split. ``pairs.txt`` is view 2, for results; the other two are view 1,
for choosing a model."""

_LAYOUT = re.compile(r"((?:.*/)?)(([^/]+)/\3_(\d{4})\.(?:jpe?g|png))")
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
    if split not in FILES:
        raise unknown_name("split", str(split), [each for each in FILES if each])
    where = home("lfw", root, _REMEDY)
    found = find_files(where, FILES[split])
    if not found:
        raise DataNotFound(f"LFW's {FILES[split]} is not in {where}. {_REMEDY}")
    table = read_pairs(found[0])
    pictures = _faces(where)
    if pictures is not None:
        table = _with_endings(table, pictures)
    pairs = PairTable(f"lfw {split or ''}".strip(), table, pictures)
    return replace(pairs, notes=(_note(pairs), *findings(table)))


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
    if split is not None:
        raise InputError("the pictures of LFW have no splits; its pairs have, see load.")
    where = home("lfw", root, _REMEDY)
    found = _faces(where)
    if found is None:
        raise DataNotFound(
            f"there is no picture such as Ann_Author/Ann_Author_0001.jpg in {where}. {_REMEDY}"
        )
    return found


def read_pairs(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a list of pairs of LFW.

    Parameters
    ----------
    path : path
        The first line holds the number of folds and of genuine pairs in each (``10 300``), or that
        of genuine pairs alone (``1100``); as many impostor pairs follow in each fold. A line is
        ``name n m`` for a genuine pair and ``name n other m`` for an impostor pair.

    Returns
    -------
    pandas.DataFrame
        Index ``pair``; see :func:`load` for the columns.

    Raises
    ------
    BadTable
        If a line is no pair, or there are more or fewer lines than the first promises.
    """
    lines = [
        line.split() for line in Path(path).read_text("utf-8-sig").splitlines() if line.strip()
    ]
    folds, each = _counts(lines, path)
    rows = lines[1:]
    if len(rows) != 2 * folds * each:
        raise BadTable(
            f"{path} has {len(rows):,} pairs, where its first line promises {2 * folds * each:,}: "
            "download it again."
        )
    cells = [_pair(row, number + 2, path) for number, row in enumerate(rows)]
    table = pd.DataFrame(cells, columns=["p1", "p2", "label", "id1", "id2"]).rename_axis("pair")
    table.insert(0, "fold", table.index // (2 * each) + 1)
    return table


def _counts(lines: list[list[str]], path: str | os.PathLike[str]) -> tuple[int, int]:
    first = lines[0] if lines else []
    if not 1 <= len(first) <= 2 or not all(cell.isdecimal() and int(cell) for cell in first):
        raise BadTable(
            f"{path} does not begin with its counts (10 300, or 1100) but with "
            f"{' '.join(first)!r}: is it a list of pairs?"
        )
    return (1, int(first[0])) if len(first) == 1 else (int(first[0]), int(first[1]))


def _pair(
    row: list[str], line: int, path: str | os.PathLike[str]
) -> tuple[str, str, int, str, str]:
    match row:
        case [name, one, two] if one.isdecimal() and two.isdecimal():
            return _file(name, one), _file(name, two), 1, name, name
        case [name, one, other, two] if one.isdecimal() and two.isdecimal():
            return _file(name, one), _file(other, two), 0, name, other
    raise BadTable(
        f"{path}, line {line}: {' '.join(row)!r} is neither a name with two numbers nor two names "
        "with a number each."
    )


def _file(name: str, number: str) -> str:
    return f"{name}/{name}_{int(number):04}.jpg"


def _faces(where: Path) -> FaceDataset | None:
    tree = find_tree(where, _LAYOUT)
    if tree is None:
        return None
    source, matches = tree
    labels = {
        "identity": [match[3] for match in matches.values()],
        "number": [int(match[4]) for match in matches.values()],
    }
    return FaceDataset(
        "lfw faces", pd.DataFrame(labels, index=pd.Index(list(matches), name="file")), source
    )


def _with_endings(table: pd.DataFrame, pictures: FaceDataset) -> pd.DataFrame:
    """Let the pairs name the pictures as they are here: some copies were saved again as PNG."""
    here = {str(Path(file).with_suffix("")): file for file in pictures.files(slice(None))}
    names = {
        side: [here.get(file.removesuffix(".jpg"), file) for file in table[side]]
        for side in ("p1", "p2")
    }
    return table.assign(**names)


def _note(pairs: PairTable) -> str:
    if pairs.faces is None:
        return "None of the pictures is here, so .images cannot be used."
    found = int(pd.Index(pairs.files).isin(pairs.faces.table.index).sum())
    return f"{found:,} of the {len(pairs.files):,} pictures of these pairs are here."
