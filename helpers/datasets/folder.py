"""One's own photographs: a folder, with or without a table of labels.

What every loader of a folder needs is here too: where a data set lies, which file in it is the
table, and at which depth, or in which zip, its pictures begin.
"""

import os
import re
from collections import Counter
from pathlib import Path

import pandas as pd

from helpers.datasets import tables
from helpers.datasets.base import FaceDataset
from helpers.datasets.images import EXTENSIONS
from helpers.datasets.places import VARIABLE, data_folder
from helpers.datasets.sources import Archive, Folder
from helpers.errors import BadTable, DataNotFound, InputError
from helpers.files import path_of, require_folder, short

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
    >>> import tempfile, numpy
    >>> from helpers import datasets
    >>> album = tempfile.mkdtemp()
    >>> _ = datasets.save_image(f"{album}/me.png", numpy.zeros((8, 8, 3), numpy.uint8))
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


def home(name: str, root: str | os.PathLike[str] | None, remedy: str, *signs: str) -> Path:
    """Return the folder in which a data set lies.

    Parameters
    ----------
    name : str
        The data set, which is also what its folder is called.
    root : path or None
        What the reader said: the folder itself, or the one above it. None stands for ``name`` in
        :func:`data_folder`.
    remedy : str
        How to get the data set, a sentence for whoever has not got it.
    *signs : str
        Files by which the folder is known, see :func:`find_files`: a folder that is called like
        the data set may be a part of it.

    Raises
    ------
    DataNotFound
        If there is no such folder, or it may not be entered.
    """
    base = data_folder() if root is None else path_of(root, "root")
    inner = base / name
    where = inner if root is None or _is_inside(inner, base, signs) else base
    if not os.path.isdir(where) and not _is_closed(where):
        raise DataNotFound(
            f"{name} is not here: there is no folder {short(where)}. {remedy} Then put it there, "
            f"or name its folder with root, or set the environment variable {VARIABLE} to the "
            "folder above."
        )
    return require_folder(where)


def _is_inside(inner: Path, base: Path, signs: tuple[str, ...]) -> bool:
    """Say whether a data set lies in the folder of its name, and not in the one above it."""
    if not os.path.isdir(inner):
        return False
    here = [sign for sign in signs if any(map(os.path.isfile, base.glob(sign)))]
    return not here or any(find_files(inner, sign) for sign in here)


def _is_closed(folder: Path) -> bool:
    """Say whether one of the folders above may not be entered, so that nobody knows."""
    above = next((each for each in folder.parents if os.path.isdir(each)), None)
    return above is not None and not os.access(above, os.X_OK)


def find_files(where: Path, pattern: str) -> list[Path]:
    """List the files of a name at the highest of three levels that has one; hidden ones not.

    Parameters
    ----------
    where : path
        A folder; it and the two levels below are looked through.
    pattern : str
        A name, perhaps with wild cards: ``pairs.txt``, ``bfw*datatable*.csv``.
    """
    for level in ("", "*/", "*/*/"):
        found = [path for path in sorted(where.glob(level + pattern)) if os.path.isfile(path)]
        if visible := [path for path in found if not path.name.startswith(".")]:
            return visible
    return []


def find_tree(
    where: Path, layout: re.Pattern[str]
) -> tuple[Folder | Archive, dict[str, re.Match[str]]] | None:
    """Find the tree of pictures in a folder, or in a zip that lies in it.

    Parameters
    ----------
    where : path
        A folder, looked through with all below it, and the zips in it.
    layout : re.Pattern
        Matches the whole name of a picture; its first group is the part before the tree begins.

    Returns
    -------
    (Folder or Archive, dict of str to re.Match) or None
        Where the pictures lie, and the match of each, under its name in the tree, sorted. Of
        several trees the one with the most pictures counts; None if there is none.
    """
    sources: list[Folder | Archive] = [Folder(where)]
    sources += [Archive(path) for path in find_files(where, "*.zip")]
    trees = [_most_common(source, layout) for source in sources]
    best = max(trees, key=lambda tree: len(tree[1]))
    return best if best[1] else None


def _most_common(
    source: Folder | Archive, layout: re.Pattern[str]
) -> tuple[Folder | Archive, dict[str, re.Match[str]]]:
    matches = [match for match in map(layout.fullmatch, source.files()) if match]
    start = Counter(match[1] or "" for match in matches).most_common(1)
    prefix = start[0][0] if start else ""
    found = {match[0][len(prefix) :]: match for match in matches if (match[1] or "") == prefix}
    files = dict(sorted(found.items()))
    if isinstance(source, Archive):
        return Archive(source.path, prefix), files
    return Folder(source.root / prefix), files


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
    if kept.empty:
        raise BadTable(
            f"{short(path)} names {table.index[0] if len(table) else 'nothing'} but the "
            f"photographs are called {files[0]}, ...: names in column file are relative to "
            "the folder."
        )
    without_photograph, without_row = len(table) - len(kept), len(files) - len(kept)
    notes = []
    if without_photograph:
        notes.append(f"{without_photograph:,} rows of the table have no photograph.")
    if without_row:
        notes.append(f"{without_row:,} photographs have no row in the table and were left out.")
    return kept, tuple(notes)
