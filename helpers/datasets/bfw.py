"""BFW, Balanced Faces in the Wild: 923,898 pairs of faces with the scores of several networks.

800 people, a hundred in each of eight subgroups (Asian, Black, Indian, White; female, male, all as
annotated), about 25 pictures each. The pictures may not be passed on: readers apply for them, and
most will have the table alone, which is all that an audit of verification needs.

Robinson et al., "Face Recognition: Too Bias, or Not Too Bias?", CVPR Workshops 2020. Terms:
research and education, no redistribution of images.
"""

import logging
import os
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd

from helpers.arguments import shown
from helpers.datasets import homes
from helpers.datasets.base import FaceDataset
from helpers.datasets.images import ENDING
from helpers.datasets.pairs import PairTable
from helpers.errors import DataNotFound, InputError
from helpers.files import path_of

TABLE = "bfw*datatable*.csv"
COLUMNS = ("fold", "p1", "p2", "label", "id1", "id2", "att1", "att2")
SUBGROUPS = (
    "asian_females",
    "asian_males",
    "black_females",
    "black_males",
    "indian_females",
    "indian_males",
    "white_females",
    "white_males",
)
KNOWN_BAD = {
    "asian_females/n002509/0139_03.jpg": "another identity",
    "white_females/n003391/0017_02.jpg": "a drawing",
    "asian_males/n006741/0275_02.jpg": "a drawing",
}
"""Files of the release that do not show what their name says."""

_FULL = 923_898  # rows of the table of v0.1.5
_LAYOUT = re.compile(
    r"((?:.*/)?)(?P<subgroup>(?P<ethnicity>asian|black|indian|white)_(?P<gender>female|male)s)/"
    r"(?P<identity>n\d{6})/[^/]+" + ENDING
)
_REMEDY = (
    "`python data_scripts/fetch_bfw.py` downloads it while its public link works; its authors give "
    "it out on request."
)
_log = logging.getLogger(__name__)


def load(split: str | int | None = None, root: str | os.PathLike[str] | None = None) -> PairTable:
    """Load the pairs of BFW, with the pictures if they are at hand.

    Parameters
    ----------
    split : str or int, optional
        One fold, "1" to "5"; by default all of them.
    root : path, optional
        The folder with the table ``bfw*datatable*.csv``, in it or up to two levels below; by
        default ``bfw`` in :func:`data_folder`. If several match, the largest counts.

    Returns
    -------
    PairTable
        Columns as in :data:`helpers.datasets.pair_columns.COLUMNS`, and the scores of ``vgg16``,
        ``resnet50``, ``senet50`` (and ``sphereface`` in the later release): cosine similarities,
        higher is more alike. ``faces`` is None where there are no pictures. The notes count pairs
        and pictures, and name known faults.

    Raises
    ------
    DataNotFound
        If there is no such table.
    BadTable
        If it lacks a column or holds a value without meaning.
    UnknownName
        If there is no such fold.
    """
    if split is not None and not isinstance(split, str | int):
        raise InputError(f"split is {shown(split)}: give one fold, such as '1'.")
    where = homes.home("bfw", root, _REMEDY, TABLE)
    # Where the table lies below root, the pictures may lie beside it.
    faces_here = _faces(where) or (None if root is None else _faces(path_of(root)))
    pairs = PairTable.from_csv(_table_file(where), "bfw", faces_here, COLUMNS)
    pairs = replace(pairs, notes=(*_notes(pairs), *pairs.notes))
    for note in pairs.notes:
        _log.info(note)
    return pairs if split is None else pairs.fold(split)


def faces(split: None = None, root: str | os.PathLike[str] | None = None) -> FaceDataset:
    """Load the pictures of BFW, labelled by where they lie.

    Parameters
    ----------
    split : None
        The pictures have no parts; the folds are in the pairs.
    root : path, optional
        The folder with the tree, at any depth, or a zip of it; by default ``bfw`` in
        :func:`data_folder`.

    Returns
    -------
    FaceDataset
        Index ``file`` (``asian_females/n000009/0010_01.jpg``), columns ``identity`` (n000009),
        ``subgroup`` (asian_females), ``ethnicity`` (asian) and ``gender`` (female), as annotated.

    Raises
    ------
    InputError
        If a split is given.
    DataNotFound
        If there are no pictures.
    """
    homes.require_no_split(split, "the pictures of BFW have", "; its pairs have folds, see load")
    where = homes.home("bfw", root, _REMEDY, TABLE)
    return homes.the_pictures(_faces(where), where, f"{SUBGROUPS[0]}/n000009/0010_01.jpg", _REMEDY)


def _table_file(where: Path) -> Path:
    tables = homes.find_files(where, TABLE)
    if not tables:
        pickled = homes.find_files(where, "bfw*datatable*.p*kl*")
        hint = (
            f"{pickled[0].name} is a pickle, which can run anything and is not opened here: ask "
            "for the CSV. "
            if pickled
            else ""
        )
        raise DataNotFound(f"there is no table {TABLE} in {where}. {hint}{_REMEDY}")
    return max(tables, key=lambda path: path.stat().st_size)


def _faces(where: Path) -> FaceDataset | None:
    found = homes.pictures("bfw faces", where, _LAYOUT)
    if found is None:
        return None
    columns = ["identity", "subgroup", "ethnicity", "gender"]
    table = found.table[columns].astype("category")
    return replace(found, table=table, notes=_known_bad(table.index))


def _known_bad(files: pd.Index) -> tuple[str, ...]:
    bad = [f"{file} shows {what}" for file, what in KNOWN_BAD.items() if file in files]
    return (f"Known faults of the release: {'; '.join(bad)}.",) if bad else ()


def _notes(pairs: PairTable) -> list[str]:
    folds = pairs.table["fold"].nunique()
    notes = [
        f"{len(pairs):,} pairs in {folds} folds. {homes.pictures_here(pairs)}",
        *_known_bad(pd.Index(pairs.files)),
    ]
    if len(pairs) == _FULL:
        notes.append(
            f"The paper counts 240,000 genuine pairs and 921,379 in all; this table has "
            f"{int(pairs.genuine.sum()):,} and {len(pairs):,}."
        )
    return notes
