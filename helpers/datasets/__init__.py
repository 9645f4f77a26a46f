"""Data sets of faces: ``load`` one by name and get a table with its images.

>>> from helpers import datasets
>>> photographs = datasets.load("fairface", split="val")  # doctest: +SKIP
>>> photographs.where(race="Black").images([0, 1]).shape  # doctest: +SKIP
torch.Size([2, 3, 224, 224])
>>> faces = datasets.load("synthetic", split="test")  # doctest: +SKIP
>>> faces.where(hat=True, band="6-7").masks([0]).shape  # doctest: +SKIP
torch.Size([1, 19, 112, 112])
"""

import inspect
import os
from collections.abc import Callable, Mapping
from typing import Any, Literal, overload

from helpers import arguments
from helpers.datasets import bfw, celeba, facex, fairface, folder, lfw, synthetic, utkface
from helpers.datasets.base import FaceDataset
from helpers.datasets.classroom import classroom
from helpers.datasets.duplicates import drop_duplicates, duplicates
from helpers.datasets.images import read_image, save_image, to_tensor
from helpers.datasets.leakage import Leakage, leakage
from helpers.datasets.pairs import PairTable
from helpers.datasets.places import data_folder
from helpers.datasets.rendered import landmarks
from helpers.datasets.samples import ASTRONAUT_CREDIT, astronaut
from helpers.errors import unknown_name

__all__ = [
    "ASTRONAUT_CREDIT",
    "LOADERS",
    "FaceDataset",
    "Leakage",
    "PairTable",
    "astronaut",
    "classroom",
    "data_folder",
    "drop_duplicates",
    "duplicates",
    "landmarks",
    "leakage",
    "load",
    "read_image",
    "save_image",
    "to_tensor",
]

LOADERS: Mapping[str, Callable[..., FaceDataset | PairTable]] = {
    "bfw": bfw.load,
    "bfw-faces": bfw.faces,
    "celeba": celeba.load,
    "facex": facex.load,
    "facex-pairs": facex.pairs,
    "fairface": fairface.load,
    "folder": folder.load,
    "lfw": lfw.load,
    "lfw-faces": lfw.faces,
    "synthetic": synthetic.load,
    "synthetic-identities": synthetic.identities,
    "synthetic-identities-pairs": synthetic.pairs,
    "synthetic-shortcut": synthetic.shortcut,
    "utkface": utkface.load,
}
"""What ``load`` can load. Each takes ``split`` and ``root``; a new data set is a new line."""


@overload
def load(
    name: Literal["bfw", "facex-pairs", "lfw", "synthetic-identities-pairs"],
    split: str | None = None,
    root: str | os.PathLike[str] | None = None,
    **options: Any,
) -> PairTable: ...
@overload
def load(
    name: Literal[
        "bfw-faces",
        "celeba",
        "facex",
        "fairface",
        "folder",
        "lfw-faces",
        "synthetic",
        "synthetic-identities",
        "synthetic-shortcut",
        "utkface",
    ],
    split: str | None = None,
    root: str | os.PathLike[str] | None = None,
    **options: Any,
) -> FaceDataset: ...
@overload
def load(
    name: str,
    split: str | None = None,
    root: str | os.PathLike[str] | None = None,
    **options: Any,
) -> FaceDataset | PairTable: ...
def load(
    name: str,
    split: str | None = None,
    root: str | os.PathLike[str] | None = None,
    **options: Any,
) -> FaceDataset | PairTable:
    """Load a data set by name.

    Parameters
    ----------
    name : str
        Which one: rendered faces ("synthetic", "synthetic-shortcut", "synthetic-identities"),
        photographs ("fairface", "celeba", "utkface", "bfw-faces", "lfw-faces", "facex"), pairs of
        faces ("synthetic-identities-pairs", "bfw", "lfw", "facex-pairs"), or "folder", a plain
        folder of photographs. :data:`LOADERS` has them all.
    split : str, optional
        A part of it, such as "train" or "val", or a fold of pairs; by default all of it.
    root : path, optional
        Where it lies; by default it is looked for in :func:`data_folder`. Rendered faces are made
        on first use, and kept in the user's cache folder.
    **options
        What one data set alone knows: ``labels="labels.csv"`` for a folder, ``masks`` for pictures
        prepared for FaceX, ``factor="hat"`` for a shortcut.

    Returns
    -------
    FaceDataset or PairTable
        Its ``table`` has one row per image and the index ``file``, or one row per pair and the
        index ``pair``. Read its ``notes``.

    Raises
    ------
    UnknownName
        If there is no such data set, split or option.
    DataNotFound
        If it is not there; the message says where it was looked for and how to get it.
    """
    loader = LOADERS[arguments.choice(name, "data set", LOADERS)]
    known = inspect.signature(loader).parameters
    for option in options:
        if option not in known:
            raise unknown_name(f"option of the data set {name},", option, known)
    return loader(split=split, root=root, **options)
