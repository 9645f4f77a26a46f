"""UTKFace: 23,708 faces whose file names are their labels.

Zhang et al., "Age Progression/Regression by Conditional Adversarial Autoencoder", CVPR 2017. Terms:
non-commercial research. Ages were estimated by a network and checked by people; read every label
as "annotated as", never as "is".
"""

import os
import re
from dataclasses import replace

import pandas as pd

from helpers.datasets.base import FaceDataset
from helpers.datasets.homes import home, pictures, require_no_split, the_pictures
from helpers.datasets.images import ENDING
from helpers.errors import BadTable

GENDERS = ("Male", "Female")
"""In the order of the codes 0 and 1."""
RACES = ("White", "Black", "Asian", "Indian", "Others")
"""In the order of the codes 0 to 4; Others stands for Hispanic, Latino, Middle Eastern and more."""

OLDEST = 120
"""The highest age that is taken for one, in years; the release says 0 to 116."""

_LAYOUT = re.compile(r"()(?:.*/)?(?P<name>[^/]+)" + ENDING)
_LABELS = re.compile(r"(?P<age>\d{1,3})_(?P<gender>[01])_(?P<race>[0-4])_\d[^/]*")
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
    require_no_split(split, "UTKFace has", ": make your own, and see datasets.leakage")
    where = home("utkface", root, _REMEDY, "*_*_*_*.jpg", "*_*_*_*.png")
    example = "26_0_1_20170116.jpg"
    found = the_pictures(pictures("utkface", where, _LAYOUT), where, example, _REMEDY)
    labels = found.table["name"].str.extract(_LABELS)
    labelled = found.table["name"].str.fullmatch(_LABELS) & ~(labels["age"].astype(float) > OLDEST)
    malformed = found.files(~labelled)
    if not labelled.any():
        raise BadTable(
            f"no picture in {where} is called as UTKFace calls them ({example}: age, gender, race, "
            f"date); the first is {malformed[0]}."
        )
    table = _table(labels[labelled].astype(int))
    return replace(found, table=table, notes=tuple(_notes(table, malformed)))


def _table(codes: pd.DataFrame) -> pd.DataFrame:
    """Give the codes their meaning."""
    gender = pd.Categorical([GENDERS[k] for k in codes["gender"]], GENDERS)
    return codes.assign(
        gender=gender, race=pd.Categorical([RACES[k] for k in codes["race"]], RACES)
    )


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
