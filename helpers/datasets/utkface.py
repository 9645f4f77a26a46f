"""UTKFace: 23,708 faces whose file names are their labels.

Zhang et al., "Age Progression/Regression by Conditional Adversarial Autoencoder", CVPR 2017. Terms:
non-commercial research. Ages were estimated by a network and checked by people; read every label
as "annotated as", never as "is".
"""

import os
import re

import pandas as pd

from helpers.datasets.base import FaceDataset
from helpers.datasets.folder import find_tree, home
from helpers.datasets.images import ENDING
from helpers.errors import BadTable, DataNotFound, InputError

GENDERS = ("Male", "Female")
"""In the order of the codes 0 and 1."""
RACES = ("White", "Black", "Asian", "Indian", "Others")
"""In the order of the codes 0 to 4; Others stands for Hispanic, Latino, Middle Eastern and more."""

OLDEST = 120
"""The highest age that is taken for one, in years; the release says 0 to 116."""

_LAYOUT = re.compile(r"()(?:.*/)?([^/]+)" + ENDING)
_LABELS = re.compile(r"(\d{1,3})_([01])_([0-4])_\d[^/]*")
_REMEDY = "Its authors offer it on the UTKFace project page."


def load(split: None = None, root: str | os.PathLike[str] | None = None) -> FaceDataset:
    """Load UTKFace.

    Parameters
    ----------
    split : None
        UTKFace has no official parts; parts 1 to 3 of the download are folders, not splits.
    root : path, optional
        The folder with the pictures, at any depth, or a zip of them; by default ``utkface`` in
        :func:`data_folder`.

    Returns
    -------
    FaceDataset
        Index ``file``, columns ``age`` (years, int), ``gender`` and ``race``. Pictures whose name
        is not ``[age]_[gender]_[race]_[date].jpg`` were left out (a few of the release lack the
        race), and so were ages above :data:`OLDEST`; a note counts and names them.

    Raises
    ------
    InputError
        If a split is given.
    DataNotFound
        If there is no picture.
    BadTable
        If no name of a picture has the form.
    """
    if split is not None:
        raise InputError("UTKFace has no splits: make your own, and see datasets.leakage.")
    where = home("utkface", root, _REMEDY, "*_*_*_*.jpg", "*_*_*_*.png")
    tree = find_tree(where, _LAYOUT)
    if tree is None:
        raise DataNotFound(f"there is no picture in {where} or a zip there. {_REMEDY}")
    source, pictures = tree
    labels = {file: _label(match[2]) for file, match in pictures.items()}
    table = _table({file: match for file, match in labels.items() if match})
    malformed = [file for file, match in labels.items() if not match]
    if table.empty:
        raise BadTable(
            f"no picture in {where} is called as UTKFace calls them (26_0_1_20170116.jpg: age, "
            f"gender, race, date); the first is {malformed[0]}."
        )
    return FaceDataset("utkface", table, source, tuple(_notes(table, malformed)))


def _label(name: str) -> re.Match[str] | None:
    found = _LABELS.fullmatch(name)
    return found if found and int(found[1]) <= OLDEST else None


def _table(labels: dict[str, re.Match[str]]) -> pd.DataFrame:
    found = list(labels.values())
    columns = {
        "age": [int(match[1]) for match in found],
        "gender": pd.Categorical([GENDERS[int(match[2])] for match in found], GENDERS),
        "race": pd.Categorical([RACES[int(match[3])] for match in found], RACES),
    }
    return pd.DataFrame(columns, index=pd.Index(list(labels), name="file"))


def _notes(table: pd.DataFrame, malformed: list[str]) -> list[str]:
    notes = []
    if malformed:
        notes.append(
            f"{len(malformed):,} pictures were left out because their names are not "
            f"[age]_[gender]_[race]_[date], with an age up to {OLDEST}: {', '.join(malformed[:5])}"
            f"{', ...' if len(malformed) > 5 else ''}."
        )
    again = int(table.index.str.rsplit("/", n=1).str[-1].duplicated().sum())
    if again:
        notes.append(
            f"{again:,} pictures lie in more than one folder under one name: some copies hold the "
            "whole set twice (see datasets.duplicates)."
        )
    return notes
