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
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.datasets.base import FaceDataset
from helpers.datasets.duplicates import likely_twins
from helpers.datasets.places import VARIABLE, data_folder
from helpers.datasets.sources import Archive, Folder
from helpers.errors import BadTable, DataNotFound, unknown_name

SPLITS = ("train", "val")
AGES = ("0-2", "3-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "more than 70")
"""Age groups in years, youngest first."""
GENDERS = ("Male", "Female")
RACES = (
    "White",
    "Black",
    "Latino_Hispanic",
    "East Asian",
    "Southeast Asian",
    "Indian",
    "Middle Eastern",
)
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
    if split is not None and split not in SPLITS:
        raise unknown_name("split", split, SPLITS)
    splits = SPLITS if split is None else (split,)
    where = _folder_of_tables(root, splits)
    labels = pd.concat([read_labels(where / _table_name(each)) for each in splits])
    source, files = _images(where, splits, labels.index)
    table = labels[labels.index.isin(files)]
    notes = _notes(source, splits, labels, table, files)
    for note in notes:
        _log.info(note)
    return FaceDataset(f"fairface {' and '.join(splits)}", table, source, notes)


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
        If the file is no table, lacks a column, or a row holds an unknown value; the row is named
        as a spreadsheet numbers it, with the header in row 1.
    """
    table = _read_text(Path(path))
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        raise BadTable(
            f"{path} has no column {', '.join(missing)}; a FairFace table has the columns "
            f"{', '.join(COLUMNS)}, and this one has {', '.join(table.columns[:8])}."
        )
    _require_unique_files(table, path)
    table["age"] = _repaired(table["age"], path)
    for column, known in (("age", AGES), ("gender", GENDERS), ("race", RACES)):
        table[column] = _categories(table, column, known, path)
    table["service_test"] = _booleans(table, path)
    return table.set_index("file")


def _table_name(split: str) -> str:
    return f"fairface_label_{split}.csv"


def _folder_of_tables(root: str | os.PathLike[str] | None, splits: Sequence[str]) -> Path:
    base = data_folder() if root is None else Path(root).expanduser()
    looked_in = (base / "fairface", base) if root is None else (base, base / "fairface")
    for folder in looked_in:
        found = [split for split in SPLITS if (folder / _table_name(split)).is_file()]
        missing = [split for split in splits if split not in found]
        if found and missing:
            raise DataNotFound(
                f"{folder} has {_table_name(found[0])} but not {_table_name(missing[0])}: put it "
                f'there, or ask for split="{found[0]}" only.'
            )
        if found:
            return folder
    raise DataNotFound(
        f"FairFace is not here: no {_table_name(splits[0])} in {looked_in[0]} or {looked_in[1]}. "
        "Download it with `python data_scripts/fetch_fairface.py`, or, if you have it, set the "
        f"environment variable {VARIABLE} to the folder it lies in."
    )


def _read_text(path: Path) -> pd.DataFrame:
    """Read every cell as text: pandas would take "NA" for nothing and guess each column's type."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            # Spreadsheets of countries with a decimal comma separate cells by semicolons.
            header = file.readline()
            separator = ";" if header.count(";") > header.count(",") else ","
            file.seek(0)
            table = pd.read_csv(
                file, sep=separator, dtype=str, keep_default_na=False, skip_blank_lines=False
            )
    except OSError as trouble:
        raise DataNotFound(f"{path} cannot be read: {trouble.strerror}.") from trouble
    # UnicodeDecodeError and every complaint of pandas' parser are ValueErrors.
    except ValueError as trouble:
        raise BadTable(f"{path} is no table of comma-separated text: {trouble}.") from trouble
    table = table.fillna("").map(str.strip)
    table.columns = table.columns.str.strip().str.removeprefix("\ufeff")
    return table[(table != "").any(axis=1)]


def _row(table: pd.DataFrame, position: int) -> str:
    """Name a row as a spreadsheet does: the header is row 1."""
    return f"row {table.index[position] + 2} ({table['file'].iloc[position] or 'no file'})"


def _require_unique_files(table: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    again = table["file"].duplicated().to_numpy().nonzero()[0]
    if len(again):
        raise BadTable(
            f"{path}, {_row(table, again[0])}: this file has a row already, and "
            f"{len(again)} rows in all repeat one; keep one row per image."
        )


def _repaired(ages: pd.Series, path: str | os.PathLike[str]) -> pd.Series:
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


def _categories(
    table: pd.DataFrame, column: str, known: Sequence[str], path: str | os.PathLike[str]
) -> pd.Categorical:
    unknown = (~table[column].isin(known)).to_numpy().nonzero()[0]
    _require_none(table, column, unknown, ", ".join(known), path)
    return pd.Categorical(table[column], categories=list(known), ordered=column == "age")


def _booleans(table: pd.DataFrame, path: str | os.PathLike[str]) -> pd.Series:
    text = table["service_test"].str.lower()
    unknown = (~text.isin(["true", "false"])).to_numpy().nonzero()[0]
    _require_none(table, "service_test", unknown, "True, False", path)
    return text == "true"


def _require_none(
    table: pd.DataFrame,
    column: str,
    unknown: np.ndarray,
    known: str,
    path: str | os.PathLike[str],
) -> None:
    if len(unknown):
        value = table[column].iloc[unknown[0]]
        more = f" ({len(unknown) - 1} more rows like it)" if len(unknown) > 1 else ""
        raise BadTable(
            f"{path}, {_row(table, unknown[0])}: {column} {value!r} is none of {known}{more}; "
            "correct the table, or download it again."
        )


def _images(
    where: Path, splits: Sequence[str], labelled: pd.Index
) -> tuple[Folder | Archive, set[str]]:
    """Choose the folder or zip that holds the most of the labelled images."""
    sources: list[Folder | Archive] = [*_image_folders(where), *_image_zips(where)]
    found = [(source, _image_files(source, splits)) for source in sources]
    found = [(source, files) for source, files in found if labelled.isin(files).any()]
    if not found:
        raise DataNotFound(
            f"the labels of FairFace are in {where}, but no image of {' or '.join(splits)}: put "
            f"{IMAGES_ZIP} there, packed or unpacked (folders train and val). "
            "`python data_scripts/fetch_fairface.py` downloads it."
        )
    return max(found, key=lambda pair: int(labelled.isin(pair[1]).sum()))


def _image_folders(where: Path) -> list[Folder]:
    """List the folders that hold train or val: the release's own, or one that a zip unpacked to."""
    below = sorted(each for each in where.iterdir() if each.is_dir())
    candidates = [where, *(each for each in below if each.name not in SPLITS)]
    return [Folder(each) for each in candidates if any((each / split).is_dir() for split in SPLITS)]


def _image_zips(where: Path) -> list[Archive]:
    path = where / IMAGES_ZIP
    return [Archive(path, _inner_folder(Archive(path).files()))] if path.is_file() else []


def _inner_folder(files: Sequence[str]) -> str:
    """Return the folder inside a zip that holds train and val, usually none."""
    layout = re.compile(r"((?:[^/]+/)?)(?:train|val)/[^/]+")
    starts = Counter(match[1] for match in map(layout.fullmatch, files) if match)
    return starts.most_common(1)[0][0] if starts else ""


def _image_files(source: Folder | Archive, splits: Sequence[str]) -> set[str]:
    if isinstance(source, Archive):
        return {file for file in source.files() if file.startswith(tuple(f"{s}/" for s in splits))}
    # Only these two folders are listed: whatever else lies beside them may be large.
    return {
        f"{split}/{name}"
        for split in splits
        if (source.root / split).is_dir()
        for name in os.listdir(source.root / split)
        if not name.startswith(".")
    }


def _notes(
    source: Folder | Archive,
    splits: Sequence[str],
    labels: pd.DataFrame,
    table: pd.DataFrame,
    files: set[str],
) -> tuple[str, ...]:
    notes = []
    if len(table) < len(labels):
        notes.append(
            f"{len(table):,} of the {len(labels):,} faces labelled in {' and '.join(splits)} have "
            "an image here; the rows of the others were left out."
        )
    if len(files) > len(table):
        notes.append(f"{len(files) - len(table):,} images have no label and were left out.")
    # A zip's directory tells at no cost; for a folder, call duplicates().
    twins = likely_twins(source, list(table.index)) if isinstance(source, Archive) else []
    if twins:
        notes.append(
            f"{len(twins):,} images seem to be byte-identical to another one (equal size and "
            "checksum): see datasets.duplicates and datasets.drop_duplicates."
        )
    return tuple(notes)
