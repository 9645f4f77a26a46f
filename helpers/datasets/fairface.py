"""FairFace as it is downloaded: two tables of labels, and images in folders or one zip.

97,698 photographs, mostly from Flickr, each annotated by crowd workers with the age, gender and
race that they *perceived*. Read every label as "annotated as", never as "is".

Kärkkäinen & Joo, "FairFace: Face Attribute Dataset for Balanced Race, Gender, and Age for Bias
Measurement and Mitigation", WACV 2021. Licence: CC BY 4.0.
"""

import logging
import os
import re
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from helpers import arguments
from helpers.datasets import tables
from helpers.datasets.base import FaceDataset
from helpers.datasets.homes import find_files, home, pictures
from helpers.datasets.images import ENDING
from helpers.datasets.places import VARIABLE, data_folder
from helpers.datasets.sources import Archive
from helpers.datasets.twins import likely_twins
from helpers.errors import DataNotFound

SPLITS = ("train", "val")
AGES = ("0-2", "3-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "more than 70")
"""Age groups in years, youngest first."""
GENDERS = ("Male", "Female")
RACES = (
    *("White", "Black", "Latino_Hispanic", "East Asian", "Southeast Asian", "Indian"),
    "Middle Eastern",
)
_REMEDY = "`python data_scripts/fetch_fairface.py` downloads it."
COLUMNS = ("file", "age", "gender", "race", "service_test")
IMAGES_ZIP = "fairface-img-margin025-trainval.zip"

# A spreadsheet takes "3-9" for the third of September or the ninth of March, by its country.
_SPREADSHEET_DATES = {
    **dict.fromkeys(("03-Sep", "3-Sep", "Sep-03", "Sep-3"), "3-9"),
    **dict.fromkeys(("09-Mar", "9-Mar", "Mar-09", "Mar-9"), "3-9"),
    **dict.fromkeys(("19-Oct", "Oct-19"), "10-19"),
}

_log = logging.getLogger(__name__)


def load(split: str | None = None, root: str | os.PathLike[str] | None = None) -> FaceDataset:
    """Load FairFace, or one part of it.

    Parameters
    ----------
    split : "train", "val" or None
        Which part; None for both.
    root : path, optional
        The folder with the two label tables; by default ``fairface`` in :func:`data_folder`, or
        that folder itself.

    Returns
    -------
    FaceDataset
        One row per label that has an image here; index ``file`` (``val/1.jpg``), columns ``age``
        (ordered), ``gender``, ``race``, ``service_test`` (bool), all as annotated, and any further
        column of the tables. Its ``notes`` say, among others, how many rows had no image, which is
        usual and therefore no warning; the same sentences are logged at level INFO.

    Raises
    ------
    DataNotFound
        If the tables or the images are not there.
    BadTable
        If a table lacks a column or holds a value that is no category of FairFace.
    UnknownName
        If there is no such split.

    Warns
    -----
    UserWarning
        If a spreadsheet has turned ages into dates; they are repaired and counted.
    """
    splits = SPLITS if split is None else (arguments.choice(split, "split", SPLITS),)
    where = home("fairface", data_folder() if root is None else root, _REMEDY, _table_name("*"))
    parts = [_labels(path) for path in _tables(where, splits)]
    labels = pd.concat([table for table, _ in parts])
    layout = re.compile(rf"((?:.*/)?)(?:{'|'.join(splits)})/[^/]+{ENDING}")
    found = pictures(f"fairface {' and '.join(splits)}", where, layout)
    table = labels[labels.index.isin([] if found is None else found.table.index)]
    if found is None or table.empty:
        raise DataNotFound(
            f"the labels of FairFace are in {where}, but no image of {' or '.join(splits)}: put "
            f"{IMAGES_ZIP} there, packed or unpacked (folders train and val). {_REMEDY}"
        )
    about = (note for _, notes in parts for note in notes)
    notes = (*_notes(found, splits, len(labels), table), *about)
    for note in notes:
        _log.info(note)
    return replace(found, table=table, notes=notes)


def read_labels(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a label table of FairFace, also one that went through a spreadsheet.

    Parameters
    ----------
    path : path
        ``fairface_label_train.csv``, ``fairface_label_val.csv``, or a table like them.

    Returns
    -------
    pandas.DataFrame
        Index ``file``; see :func:`load` for the columns.

    Raises
    ------
    BadTable
        If the file is no table, lacks a column, or a row is cut short, repeats a file or holds an
        unknown value; its line is named, with the header in line 1.
    """
    return _labels(path)[0]


def _labels(path: str | os.PathLike[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    read = tables.read(path)
    read.require(COLUMNS)
    read = read.with_names(["file"])
    read.require_filled("file", ", so it names no image; name it")
    read.require_unique("file")
    table = read.cells.astype(object)
    table["age"] = _repaired(table["age"], read.path)
    for column, known in (("age", AGES), ("gender", GENDERS), ("race", RACES)):
        table[column] = _categories(read, table[column], known)
    table["service_test"] = _booleans(read)
    table = table.drop(columns="", errors="ignore").infer_objects().set_index("file")
    return table, read.notes


def _table_name(split: str) -> str:
    return f"fairface_label_{split}.csv"


def _tables(where: Path, splits: Sequence[str]) -> list[Path]:
    found = {split: path for split in SPLITS for path in find_files(where, _table_name(split))[:1]}
    missing = [split for split in splits if split not in found]
    if found and missing:
        there = next(iter(found))
        raise DataNotFound(
            f"{where} has {_table_name(there)} but not {_table_name(missing[0])}: put it there, or "
            f'ask for split="{there}" only.'
        )
    if missing:
        raise DataNotFound(
            f"FairFace is not here: no {_table_name(splits[0])} in {where}, nor in its folder "
            f"{where / 'fairface'}. {_REMEDY} Or, if you have it, set the environment variable "
            f"{VARIABLE} to the folder it lies in."
        )
    return [found[split] for split in splits]


def _repaired(ages: pd.Series, path: Path) -> pd.Series:
    damaged = ages[ages.isin(list(_SPREADSHEET_DATES))]
    if len(damaged):
        kinds = ", ".join(
            f"{count} {date!r} read as {_SPREADSHEET_DATES[str(date)]!r}"
            for date, count in damaged.value_counts().items()
        )
        warnings.warn(
            f"{path}: a spreadsheet turned {len(damaged)} ages into dates, repaired here: {kinds}.",
            stacklevel=3,
        )
    return ages.replace(_SPREADSHEET_DATES)


def _categories(read: tables.Table, values: pd.Series, known: Sequence[str]) -> pd.Categorical:
    name = str(values.name)
    read.refuse(name, ~values.isin(known), f"is none of {', '.join(known)}")
    return pd.Categorical(values, categories=list(known), ordered=name == "age")


def _booleans(read: tables.Table) -> pd.Series:
    text = read.cells["service_test"].astype(object).str.lower()
    read.refuse("service_test", ~text.isin(["true", "false"]), "is none of True, False")
    return text == "true"


def _notes(
    found: FaceDataset, splits: Sequence[str], labelled: int, table: pd.DataFrame
) -> tuple[str, ...]:
    notes = []
    if len(table) < labelled:
        notes.append(
            f"{len(table):,} of the {labelled:,} faces labelled in {' and '.join(splits)} have "
            "an image here; the rows of the others were left out."
        )
    if len(found) > len(table):
        notes.append(f"{len(found) - len(table):,} images have no label and were left out.")
    # A zip's directory tells at no cost; for a folder, call duplicates().
    source = found.source
    twins = likely_twins(source, list(table.index)) if isinstance(source, Archive) else []
    if twins:
        notes.append(
            f"{len(twins):,} images seem to be byte-identical to another one (equal size and "
            "checksum): see datasets.duplicates and datasets.drop_duplicates."
        )
    return tuple(notes)
