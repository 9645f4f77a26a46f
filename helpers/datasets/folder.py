"""One's own photographs: a folder, with or without a table of labels.

What every loader of a folder needs is here too: where a data set lies, which file in it is the
table, and at which depth, or in which zip, its pictures begin.
"""

import os
import re
from collections import Counter
from pathlib import Path

import pandas as pd

from helpers.datasets.base import FaceDataset
from helpers.datasets.images import EXTENSIONS
from helpers.datasets.places import VARIABLE, data_folder
from helpers.datasets.sources import Archive, Folder
from helpers.errors import BadTable, DataNotFound, InputError


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
        which stay as they are: -1 is -1, and a group may be called anything, even NA.

    Returns
    -------
    FaceDataset
        Index ``file`` (relative to ``root``, with forward slashes, sorted). With ``labels``: one
        row per photograph that has one, in the order of the CSV, and ``notes`` that count
        photographs without a row and rows without a photograph.

    Raises
    ------
    InputError
        If no root is given, or a split is.
    DataNotFound
        If the folder is missing or holds no photograph.
    BadTable
        If the CSV has no column ``file``, names one twice, or names no photograph that is there.
    """
    if root is None or split is not None:
        raise InputError(
            "a plain folder needs root and has no splits: datasets.load('folder', root='photos')."
        )
    source = Folder(Path(root).expanduser())
    files = [file for file in source.files() if file.lower().endswith(EXTENSIONS)]
    if not files:
        what = "no photograph in it" if source.root.is_dir() else "no such folder"
        raise DataNotFound(f"{root}: there is {what} ({', '.join(EXTENSIONS)} are looked for).")
    name = source.root.name or "folder"
    if labels is None:
        return FaceDataset(name, pd.DataFrame(index=pd.Index(files, name="file")), source)
    table, notes = join_labels(files, read_labels(labels), labels)
    return FaceDataset(name, table, source, notes)


def home(name: str, root: str | os.PathLike[str] | None, remedy: str) -> Path:
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

    Raises
    ------
    DataNotFound
        If there is no such folder.
    """
    base = data_folder() if root is None else Path(root).expanduser()
    inner = base / name
    where = inner if root is None or inner.is_dir() else base
    if not where.is_dir():
        raise DataNotFound(
            f"{name} is not here: there is no folder {where}. {remedy} Then put it there, or name "
            f"its folder with root, or set the environment variable {VARIABLE} to the folder above."
        )
    return where


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
        found = [path for path in sorted(where.glob(level + pattern)) if path.is_file()]
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


def read_labels(path: str | os.PathLike[str], column: str = "file") -> pd.DataFrame:
    """Read a table of labels.

    Parameters
    ----------
    path : path
        Text separated by commas, semicolons or tabs, with a header.
    column : str
        The column that names the photographs; it is called ``file`` in what is returned.

    Raises
    ------
    DataNotFound
        If the file cannot be read.
    BadTable
        If it is no table, or has no such column.
    """
    try:
        table = _read_text(Path(path), column)
    except OSError as trouble:
        raise DataNotFound(f"{path} cannot be read: {trouble.strerror}.") from trouble
    # UnicodeDecodeError and every complaint of pandas' parser are ValueErrors.
    except ValueError as trouble:
        raise BadTable(f"{path} is no table of comma-separated text: {trouble}.") from trouble
    if column not in table.columns:
        raise BadTable(
            f"{path} has no column {column}, which names the photographs; "
            f"it has {', '.join(table.columns.astype(str)[:8])}."
        )
    table = table.rename(columns={column: "file"})
    table["file"] = table["file"].str.replace("\\", "/").str.removeprefix("./")
    return table


def _read_text(path: Path, column: str) -> pd.DataFrame:
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = file.readline()
        separator = max((",", ";", "\t"), key=header.count)
        file.seek(0)
        # Only an empty cell is missing: pandas would take a group called NA for nothing.
        table = pd.read_csv(
            file,
            sep=separator,
            dtype={column: str},
            keep_default_na=False,
            na_values=["", "NaN", "nan"],
        )
    table.columns = table.columns.astype(str).str.strip().str.removeprefix("\ufeff")
    unnamed = [name for name in table if str(name).startswith("Unnamed:")]
    return table.drop(columns=unnamed)


def join_labels(
    files: list[str], table: pd.DataFrame, path: str | os.PathLike[str]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Keep the labels that have a photograph.

    Parameters
    ----------
    files : list of str
        The photographs.
    table : pandas.DataFrame
        With a column ``file``.
    path : path
        Where the table came from, for messages.

    Returns
    -------
    (pandas.DataFrame, tuple of str)
        The labels under the index ``file``, in their own order; and notes that count photographs
        without a row and rows without a photograph.

    Raises
    ------
    BadTable
        If a photograph has two rows, or none has one.
    """
    repeated = table["file"][table["file"].duplicated()]
    if len(repeated):
        raise BadTable(f"{path} has more than one row for {repeated.iloc[0]}: keep one per image.")
    kept = table[table["file"].isin(files)].set_index("file")
    if kept.empty:
        raise BadTable(
            f"{path} names {table['file'].iloc[0] if len(table) else 'nothing'} but the "
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
