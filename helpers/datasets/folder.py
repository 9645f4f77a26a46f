"""One's own photographs: a folder, with or without a table of labels."""

import os
from collections import Counter
from pathlib import Path

import pandas as pd

from helpers.datasets import tables
from helpers.datasets.base import FaceDataset
from helpers.datasets.images import EXTENSIONS
from helpers.datasets.sources import Folder
from helpers.errors import BadTable, DataNotFound, InputError
from helpers.files import require_folder, short

_NO_PHOTOGRAPHS = (
    *(".csv", ".tsv", ".txt", ".md", ".rst", ".json", ".yaml", ".yml", ".toml", ".xml", ".html"),
    *(".xlsx", ".xls", ".ods", ".pdf", ".doc", ".docx", ".py", ".ipynb", ".npy", ".npz", ".mat"),
    *(".zip", ".tar", ".gz", ".tgz", ".sha256", ".md5", ".db", ".ini", ".log", ".lnk"),
)
"""Endings that no photograph has."""


def load(
    split: str | None = None,
    root: str | os.PathLike[str] | None = None,
    labels: str | os.PathLike[str] | None = None,
) -> FaceDataset:
    """Load every photograph below a folder.

    Parameters
    ----------
    split : None
        A plain folder has no parts.
    root : path
        The folder, searched with all folders below it; hidden ones are left aside.
    labels : path, optional
        A CSV with a column ``file`` that names photographs relative to ``root``, and any others,
        which stay as they are: -1 is -1, 007 is 007, and a group may be called anything, even NA.

    Returns
    -------
    FaceDataset
        Index ``file`` (relative to ``root``, with forward slashes, sorted). With ``labels``: one
        row per photograph that has one, in the order of the CSV. ``notes`` count photographs
        without a row, rows without a photograph, and files whose ending is not read here.

    Raises
    ------
    InputError
        If no root is given, or a split is.
    DataNotFound
        If the folder is missing or holds no photograph.
    BadTable
        If the CSV has no column ``file``, names one twice, or names no photograph that is there.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> from helpers import datasets
    >>> album = tempfile.mkdtemp()
    >>> Image.new("RGB", (8, 8)).save(f"{album}/me.png")
    >>> datasets.load("folder", root=album).files(slice(None))
    ['me.png']
    """
    if root is None or split is not None:
        raise InputError(
            "a plain folder needs root and has no splits: datasets.load('folder', root='photos')."
        )
    source = Folder(require_folder(root))
    files, notes = photographs(source)
    if not files:
        raise DataNotFound(
            f"{root}: there is no photograph in it ({', '.join(EXTENSIONS)} are looked for). "
            f"{' '.join(notes)}".rstrip()
        )
    name = source.root.name or "folder"
    if labels is None:
        table = pd.DataFrame(index=pd.Index(files, name="file"))
        return FaceDataset(name, table, source, notes)
    table, about = join_labels(files, read_labels(labels))
    return FaceDataset(name, table, source, (*about, *notes))


def photographs(source: Folder) -> tuple[list[str], tuple[str, ...]]:
    """List the photographs below a folder, and say what else is there that may be one.

    Parameters
    ----------
    source : Folder

    Returns
    -------
    (list of str, tuple of str)
        The files with one of the endings that are read; and a note that counts the others by
        their ending, but for texts, tables and the like.
    """
    files = source.files()
    found = [file for file in files if file.lower().endswith(EXTENSIONS)]
    endings = Counter(
        Path(file).suffix.lower() or "without ending"
        for file in files
        if not file.lower().endswith((*EXTENSIONS, *_NO_PHOTOGRAPHS))
    )
    if not endings:
        return found, ()
    ranked = sorted(endings.items(), key=lambda each: (-each[1], each[0]))
    kinds = ", ".join(f"{count:,} {ending}" for ending, count in ranked[:8])
    note = (
        f"{endings.total():,} files were left out because of their endings ({kinds}): if they are "
        "photographs, save them as JPEG or PNG."
    )
    return found, (note,)


def read_labels(path: str | os.PathLike[str], column: str = "file") -> tables.Table:
    """Read a table of labels.

    Parameters
    ----------
    path : path
        See :func:`helpers.datasets.tables.read`.
    column : str
        The column that names the photographs; it is called ``file`` in what is returned.

    Raises
    ------
    DataNotFound
        If the file cannot be read.
    BadTable
        If it is no table, has no such column, or a row names no photograph, or one that another
        row names; the line is named.
    """
    table = tables.read(path)
    table.require([column])
    if column != "file" and "file" in table.cells:
        raise BadTable(
            f"{short(table.path)} has a column {column}, which names the photographs, and another "
            "called file: rename that one."
        )
    cells = table.cells.drop(columns=[name for name in table.cells if not name])
    renamed = tables.Table(table.path, cells.rename(columns={column: "file"}), table.notes)
    renamed = renamed.with_names(["file"])
    renamed.require_filled("file", ", so it names no photograph; name it")
    renamed.require_unique("file")
    return renamed


def join_labels(files: list[str], labels: tables.Table) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Keep the labels that have a photograph.

    Parameters
    ----------
    files : list of str
        The photographs.
    labels : Table
        What :func:`read_labels` returned.

    Returns
    -------
    (pandas.DataFrame, tuple of str)
        The labels under the index ``file``, in their own order; and notes, which count photographs
        without a row and rows without a photograph.

    Raises
    ------
    BadTable
        If no photograph has a row.
    """
    table = labels.typed(text=["file"])
    kept, notes = keep_labelled(files, table.set_index("file"), labels.path)
    return kept, (*labels.notes, *notes)


def keep_labelled(
    files: list[str], table: pd.DataFrame, path: Path
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Keep the rows of a table, index ``file``, that have a photograph; see :func:`join_labels`."""
    kept = table[table.index.isin(files)]
    # Their lengths, for a frame with rows and no columns is "empty".
    if not len(table):
        raise BadTable(f"{short(path)} has no rows, so it names nothing: fill it in.")
    if not len(kept):
        raise BadTable(
            f"{short(path)} names {table.index[0]} but the photographs are called {files[0]}, ...: "
            "names in column file are relative to the folder."
        )
    without_photograph, without_row = len(table) - len(kept), len(files) - len(kept)
    notes = []
    if without_photograph:
        notes.append(f"{without_photograph:,} rows of the table have no photograph.")
    if without_row:
        notes.append(f"{without_row:,} photographs have no row in the table and were left out.")
    return kept, tuple(notes)
