"""One's own photographs: a folder, with or without a table of labels."""

import os
from pathlib import Path

import pandas as pd

from helpers.datasets.base import FaceDataset
from helpers.datasets.images import EXTENSIONS
from helpers.datasets.sources import Folder
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
        A CSV with a column ``file`` that names photographs relative to ``root``, and any others.

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
    table, notes = _joined(files, _read_labels(labels), labels)
    return FaceDataset(name, table, source, notes)


def _read_labels(path: str | os.PathLike[str]) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype={"file": str}, encoding="utf-8-sig")
    except OSError as trouble:
        raise DataNotFound(f"{path} cannot be read: {trouble.strerror}.") from trouble
    # UnicodeDecodeError and every complaint of pandas' parser are ValueErrors.
    except ValueError as trouble:
        raise BadTable(f"{path} is no table of comma-separated text: {trouble}.") from trouble
    if "file" not in table.columns:
        raise BadTable(
            f"{path} has no column file, which names the photographs; "
            f"it has {', '.join(table.columns.astype(str)[:8])}."
        )
    table["file"] = table["file"].str.replace("\\", "/").str.removeprefix("./")
    return table


def _joined(
    files: list[str], table: pd.DataFrame, path: str | os.PathLike[str]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
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
