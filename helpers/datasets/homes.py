"""Where a data set lies: its folder, the tables in it, and the tree or zip of its pictures."""

import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd

from helpers.datasets.base import FaceDataset
from helpers.datasets.pairs import PairTable
from helpers.datasets.places import VARIABLE, data_folder
from helpers.datasets.sources import Archive, Folder
from helpers.errors import DataNotFound, InputError
from helpers.files import path_of, require_folder, short


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


def pictures(name: str, where: Path, layout: re.Pattern[str]) -> FaceDataset | None:
    """Load a tree of pictures from a folder, or from a zip that lies in it.

    Parameters
    ----------
    name : str
        What the data set is called in messages.
    where : path
        A folder, looked through with all below it, and the zips in it.
    layout : re.Pattern
        Matches the whole name of a picture; its first group is the part before the tree begins.

    Returns
    -------
    FaceDataset or None
        Index ``file`` (the name in the tree, sorted); each named group of the layout is a column of
        text. Of several trees the one with the most pictures counts; None if there is none.
    """
    sources: list[Folder | Archive] = [Folder(where)]
    sources += [Archive(path) for path in find_files(where, "*.zip")]
    trees = [_most_common(source, layout) for source in sources]
    source, matches = max(trees, key=lambda tree: len(tree[1]))
    files = pd.Index(list(matches), name="file", dtype=object)
    labels = {group: [match[group] for match in matches.values()] for group in layout.groupindex}
    return FaceDataset(name, pd.DataFrame(labels, index=files), source) if matches else None


def require_no_split(split: Any, what: str, hint: str = "") -> None:
    """Refuse a part of what has none.

    Parameters
    ----------
    split : object
        What the reader asked for; None passes.
    what : str
        What has no parts, with its verb: "the pictures of LFW have".
    hint : str
        What to do instead.

    Raises
    ------
    InputError
        If it is not None.
    """
    if split is not None:
        raise InputError(f"{what} no splits{hint}.")


def the_pictures(found: FaceDataset | None, where: Path, example: str, remedy: str) -> FaceDataset:
    """Return what :func:`pictures` found.

    Parameters
    ----------
    found : FaceDataset or None
    where : path
        Where it was looked for.
    example : str
        How a picture is called there.
    remedy : str
        How to get the data set, a sentence.

    Raises
    ------
    DataNotFound
        If it found none.
    """
    if found is None:
        raise DataNotFound(
            f"there is no picture such as {example} in {where} or a zip there. {remedy}"
        )
    return found


def pictures_here(pairs: PairTable) -> str:
    """Say how many of the pictures that pairs name are here, a sentence."""
    if pairs.faces is None:
        return "None of their pictures is here, so .images cannot be used."
    found = int(pd.Index(pairs.files).isin(pairs.faces.table.index).sum())
    return f"{found:,} of the {len(pairs.files):,} pictures they name are here."


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
