"""Data sets prepared for FaceX: a CSV of attributes or pairs, pictures, and a folder of masks.

FaceX asks where a face model looks, region by region, over a whole data set. Whatever was prepared
for it can be audited here: attributes ``img,<task>,<protected>``, pairs ``img1,img2,is_same,race``,
and masks in FaceX's own layout or in that of CelebAMask-HQ (Lee et al., "MaskGAN", CVPR 2020).
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from helpers.datasets import tables
from helpers.datasets.base import FaceDataset
from helpers.datasets.folder import join_labels, photographs, read_labels
from helpers.datasets.homes import home, require_no_split
from helpers.datasets.masks import read_mask
from helpers.datasets.pair_columns import findings
from helpers.datasets.pairs import PairTable
from helpers.datasets.sources import Folder
from helpers.errors import BadTable, DataNotFound, InputError, UnreadableImage
from helpers.faces.regions import REGIONS
from helpers.files import path_of, require_folder, short

_REMEDY = "Prepare a folder of pictures with a CSV, as FaceX describes."


def load(
    split: None = None,
    root: str | os.PathLike[str] | None = None,
    labels: str | os.PathLike[str] | None = None,
    masks: str | os.PathLike[str] | None = None,
) -> FaceDataset:
    """Load pictures with attributes and, where there are any, region masks.

    Parameters
    ----------
    split : None
        A CSV of FaceX has no parts.
    root : path, optional
        The folder of the pictures; by default ``facex`` in :func:`data_folder`.
    labels : path, optional
        A CSV with a column ``img``, relative to ``root``, and any others; by default the only CSV
        in ``root``.
    masks : path, optional
        The folder of the masks; by default ``<root>-mask-anno`` beside the pictures, or
        ``CelebAMask-HQ-mask-anno`` in or beside them.

    Returns
    -------
    FaceDataset
        Index ``file``; the columns of the CSV, in which -1 became 0 wherever all values are -1, 0
        or 1 (as FaceX reads them; other codes stay); and ``has_masks`` (bool), by which to choose
        the pictures that ``masks`` can be asked for. The notes count those without.

    Raises
    ------
    DataNotFound
        If pictures, CSV or the named folder of masks are missing.
    BadTable
        If the CSV has no column ``img``, names a picture twice, or names none that is there.

    Notes
    -----
    A region whose mask file is missing is absent, that is, all False. CelebAMask-HQ writes no file
    for the background, so there the background is absent, not zero.
    """
    where, source, files, left_out = _pictures(split, root)
    read = read_labels(_the_csv(where) if labels is None else labels, "img")
    if "has_masks" in read.cells:
        raise BadTable(f"{short(read.path)} has a column has_masks, which is made here: rename it.")
    table, notes = join_labels(files, read)
    table, changed = _without_minus_one(table)
    if changed:
        notes = (*notes, f"-1 was read as 0 in {', '.join(changed)}.")
    dataset = FaceDataset(where.name, table, source, (*notes, *left_out))
    return _with_masks(dataset, _mask_folder(where, masks))


def pairs(
    split: None = None,
    root: str | os.PathLike[str] | None = None,
    labels: str | os.PathLike[str] | None = None,
    masks: str | os.PathLike[str] | None = None,
) -> PairTable:
    """Load pairs of pictures as FaceX's verification mode takes them.

    Parameters
    ----------
    split, root, masks : see :func:`load`
    labels : path, optional
        A CSV whose first three columns, under any names, are the reference picture, the picture to
        be explained, and whether they show one person (1; 0 or -1 if not). A fourth is the group.

    Returns
    -------
    PairTable
        ``p1`` (reference), ``p2`` (explained), ``label``, and the group under its own name, as
        text. Its ``faces`` are all pictures below ``root``.

    Raises
    ------
    DataNotFound
        If pictures or CSV are missing.
    BadTable
        If the CSV has fewer than three columns or a label without meaning.
    """
    where, source, files, left_out = _pictures(split, root)
    table, about = _read_pairs(_the_csv(where) if labels is None else labels)
    everything = FaceDataset(where.name, pd.DataFrame(index=pd.Index(files, name="file")), source)
    pictures = _with_masks(everything, _mask_folder(where, masks))
    found = PairTable(f"{where.name} pairs", table, pictures)
    absent = len(pd.Index(found.files).difference(pictures.table.index))
    missing = (f"{absent:,} pictures that the pairs name are not here.",) if absent else ()
    notes = (*missing, *about, *findings(table), *pictures.notes, *left_out)
    return replace(found, notes=notes)


@dataclass(frozen=True)
class MaskFolder:
    """Region masks as PNG files, one per picture and region; see :func:`read_mask`.

    Attributes
    ----------
    root : path
        Where they lie.
    numbered : bool
        False for FaceX's layout, ``<stem of the picture>_<region>.png``; True for that of
        CelebAMask-HQ, ``<number // 2000>/<number in five digits>_<region>.png``.
    """

    root: Path
    numbered: bool = False

    def __call__(self, file: str) -> np.ndarray:
        """Return the masks of a picture: (19, H, W) bool, in the order of REGIONS.

        Raises
        ------
        DataNotFound
            If there is no mask of this picture at all, so that its regions are unknown.
        UnreadableImage
            If a mask cannot be read, or two of them differ in size.
        """
        named = zip(REGIONS, self.names(file), strict=False)  # none, where a picture has no number
        paths = {region: self.root / name for region, name in named}
        masks = {each: read_mask(path) for each, path in paths.items() if os.path.lexists(path)}
        if not masks:
            raise DataNotFound(
                f"{self.root} has no mask of {file}, so its regions are unknown: leave such "
                "pictures out with .where(has_masks=True)."
            )
        return _stacked(masks, file)

    def names(self, file: str) -> list[str]:
        """Return the files in which the nineteen masks of a picture would lie.

        None, if the masks are numbered and the picture is not.
        """
        stem = PurePosixPath(file).with_suffix("")
        if not self.numbered:
            return [f"{stem}_{region}.png" for region in REGIONS]
        if not stem.name.isdecimal():
            return []
        number = int(stem.name)
        return [f"{number // 2000}/{number:05}_{region}.png" for region in REGIONS]

    def known(self, files: Iterable[str]) -> np.ndarray:
        """Say for each picture whether it has any mask: (N,) bool."""
        there = set(Folder(self.root).files())
        return np.array([not there.isdisjoint(self.names(file)) for file in files], dtype=bool)


def _stacked(masks: dict[str, np.ndarray], file: str) -> np.ndarray:
    shapes = {mask.shape for mask in masks.values()}
    if len(shapes) > 1:
        raise UnreadableImage(f"the masks of {file} differ in size: {sorted(shapes)}.")
    absent = np.zeros(shapes.pop(), dtype=bool)
    return np.stack([masks.get(region, absent) for region in REGIONS])


def _pictures(
    split: str | None, root: str | os.PathLike[str] | None
) -> tuple[Path, Folder, list[str], tuple[str, ...]]:
    require_no_split(split, "a data set prepared for FaceX has", "; choose another CSV")
    where = home("facex", root, _REMEDY, "*.csv")
    source = Folder(where)
    found, notes = photographs(source)
    # Masks that lie among the pictures are not pictures.
    files = [file for file in found if "-mask-anno/" not in file]
    if not files:
        raise DataNotFound(f"{where} has no pictures. {_REMEDY}")
    return where, source, files, notes


def _the_csv(where: Path) -> Path:
    tables = sorted(where.glob("*.csv"))
    if len(tables) != 1:
        raise InputError(
            f"say which CSV holds the labels, labels=...: {where} has "
            f"{', '.join(path.name for path in tables) or 'none'}."
        )
    return tables[0]


def _without_minus_one(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Turn -1 into 0 where it can only mean "no": a group coded -1, 0, 1, 2 stays as it is."""
    changed = [
        str(name)
        for name in table.select_dtypes("number")
        if table[name].isin([-1, 0, 1]).all() and (table[name] == -1).any()
    ]
    return table.replace({name: {-1: 0} for name in changed}), changed


def _mask_folder(where: Path, masks: str | os.PathLike[str] | None) -> Path | None:
    if masks is not None:
        return require_folder(path_of(masks, "masks"))
    hq = "CelebAMask-HQ-mask-anno"
    likely = (where.parent / f"{where.name}-mask-anno", where / hq, where.parent / hq)
    return next((folder for folder in likely if folder.is_dir()), None)


def _with_masks(dataset: FaceDataset, folder: Path | None) -> FaceDataset:
    if folder is None:
        note = "There is no folder of masks, so no picture has any."
        table = dataset.table.assign(has_masks=False)
        return replace(dataset, table=table, notes=(*dataset.notes, note))
    readers = (MaskFolder(folder), MaskFolder(folder, numbered=True))
    known = [reader.known(dataset.files(slice(None))) for reader in readers]
    # Both layouts can match a picture called 00001.jpg: that which explains more pictures is meant.
    best = int(known[1].sum() > known[0].sum())
    without = len(dataset) - int(known[best].sum())
    note = f"{without:,} of {len(dataset):,} pictures have no mask in {folder.name}."
    return replace(
        dataset,
        table=dataset.table.assign(has_masks=known[best]),
        notes=(*dataset.notes, note) if without else dataset.notes,
        mask_reader=readers[best],
    )


def _read_pairs(path: str | os.PathLike[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    read = tables.read(path)
    # As text, so that a picture called 007 and a group called NA keep their names.
    names = [str(name) for name in read.cells if name]
    if len(names) < 3:
        raise BadTable(
            f"{short(read.path)} has the columns {tables.listed(names)}; a table of pairs has the "
            "reference picture, the picture to explain, and whether they show one person."
        )
    meant = ("p1", "p2", "label")
    twice = [name for name in names[3:] if name in meant]
    if twice:
        raise BadTable(
            f"{short(read.path)} has a column called {twice[0]} after its first three, which are "
            f"read as {', '.join(meant)}: rename it."
        )
    read.require_filled(names[0], ", so it names no picture; name it")
    read.require_filled(names[1], ", so it names no picture; name it")
    cells = read.with_names(names[:2]).cells[names].astype(object)
    table = cells.rename(columns=dict(zip(names, meant, strict=False)))
    table = table.replace({"label": {"-1": "0", "-1.0": "0"}}).reset_index(drop=True)
    table = table.infer_objects().rename_axis("pair")
    pairs = PairTable(short(read.path), table)
    return table.assign(label=pairs.genuine.astype(np.int64)), read.notes
