"""Official portraits of 287 members of the US Congress: public figures, in portraits they chose.

Gender Shades chose the portraits of parliamentarians for the same reasons (Buolamwini & Gebru,
FAT* 2018): they are public, and their people hold a public office. Gender and year of birth are as
officially recorded, not as perceived. Pictures: public domain in the US; labels: CC0, from the
project congress-legislators.
"""

import os
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd

from helpers.datasets import homes, tables
from helpers.datasets.base import FaceDataset
from helpers.datasets.folder import keep_labelled
from helpers.datasets.images import ENDING
from helpers.errors import DataNotFound

TABLE = "labels.csv"
COLUMNS = ("file", "gender", "born", "first_elected")
GENDERS = ("Male", "Female")

_LAYOUT = re.compile(r"((?:.*/)?)[A-Z]\d{6}" + ENDING)
_YEAR = "[12][0-9]{3}"  # \d would take digits of other scripts, which stay text
_REMEDY = "`python data_scripts/fetch_portraits.py` downloads it."


def load(split: None = None, root: str | os.PathLike[str] | None = None) -> FaceDataset:
    """Load the portraits.

    Parameters
    ----------
    split : None
        They have no parts.
    root : path, optional
        The folder with ``labels.csv`` in it or up to two levels below, and the pictures at any
        depth or in a zip; by default ``portraits`` in :func:`data_folder`.

    Returns
    -------
    FaceDataset
        Index ``file`` (``A000055.jpg``, by the number of the Biographical Directory of the US
        Congress), columns ``gender`` (as officially recorded), ``born`` and ``first_elected``
        (years, int), and any further column of the table. The pictures have several sizes: give
        ``images`` a size. Notes count rows without a picture and pictures without a row.

    Raises
    ------
    InputError
        If a split is given.
    DataNotFound
        If the table or the pictures are not there.
    BadTable
        If the table lacks a column, names a picture twice, or holds what is no gender or year.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from PIL import Image
    >>> from helpers import datasets
    >>> album = pathlib.Path(tempfile.mkdtemp())
    >>> Image.new("RGB", (175, 219)).save(album / "A000001.jpg")
    >>> Image.new("RGB", (180, 225)).save(album / "B000002.jpg")
    >>> _ = (album / "labels.csv").write_text(
    ...     "file,gender,born,first_elected\\nA000001.jpg,Female,1960,2001\\n"
    ...     "B000002.jpg,Male,1971,2011\\n"
    ... )
    >>> portraits = datasets.load("portraits", root=album)
    >>> portraits.table["born"].tolist()
    [1960, 1971]
    >>> portraits.images([0, 1], size=(220, 176)).shape
    torch.Size([2, 3, 220, 176])
    """
    homes.require_no_split(split, "the portraits have", ": make your own, and see datasets.leakage")
    where = homes.home("portraits", root, _REMEDY, TABLE)
    labels, path, about = _labels(where)
    found = homes.pictures("portraits", where, _LAYOUT)
    found = homes.the_pictures(found, where, "A000055.jpg", _REMEDY)
    table, notes = keep_labelled(found.files(slice(None)), labels, path)
    return replace(found, table=table, notes=(*about, *notes))


def _labels(where: Path) -> tuple[pd.DataFrame, Path, tuple[str, ...]]:
    """Read the table of labels, and say what is to be noted about it."""
    here = homes.find_files(where, TABLE)
    if not here:
        raise DataNotFound(f"the table of the portraits, {TABLE}, is not in {where}. {_REMEDY}")
    read = tables.read(here[0])
    read.require(COLUMNS)
    read = read.with_names(["file"])
    read.require_filled("file", ", so it names no picture; name it")
    read.require_unique("file")
    read.refuse("gender", ~read.cells["gender"].isin(GENDERS), f"is none of {', '.join(GENDERS)}")
    for name in ("born", "first_elected"):
        years = read.cells[name].astype(str).str.fullmatch(_YEAR)
        read.refuse(name, ~years, "is no year, such as 1960")
    table = read.typed(text=["file"]).drop(columns="", errors="ignore").set_index("file")
    table["gender"] = pd.Categorical(table["gender"], GENDERS)
    return table, read.path, read.notes
