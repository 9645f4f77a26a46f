"""Data sets of faces: ``load`` one by name and get a table with its images.

>>> from helpers import datasets
>>> photographs = datasets.load("fairface", split="val")  # doctest: +SKIP
>>> photographs.where(race="Black").images([0, 1]).shape  # doctest: +SKIP
torch.Size([2, 3, 224, 224])
"""

import os
from collections.abc import Callable, Mapping
from typing import Any

from helpers.datasets import fairface, folder
from helpers.datasets.base import FaceDataset
from helpers.datasets.classroom import classroom
from helpers.datasets.duplicates import drop_duplicates, duplicates
from helpers.datasets.images import read_image, save_image, to_tensor
from helpers.datasets.places import data_folder
from helpers.datasets.samples import ASTRONAUT_CREDIT, astronaut
from helpers.errors import unknown_name

__all__ = [
    "ASTRONAUT_CREDIT",
    "LOADERS",
    "FaceDataset",
    "astronaut",
    "classroom",
    "data_folder",
    "drop_duplicates",
    "duplicates",
    "load",
    "read_image",
    "save_image",
    "to_tensor",
]

LOADERS: Mapping[str, Callable[..., FaceDataset]] = {
    "fairface": fairface.load,
    "folder": folder.load,
}
"""What ``load`` can load. Each takes ``split`` and ``root``; a new data set is a new line."""


def load(
    name: str,
    split: str | None = None,
    root: str | os.PathLike[str] | None = None,
    **options: Any,
) -> FaceDataset:
    """Load a data set by name.

    Parameters
    ----------
    name : "fairface" or "folder"
        Which one; ``folder`` is a plain folder of photographs.
    split : str, optional
        A part of it, such as "train" or "val"; by default all of it.
    root : path, optional
        Where it lies; by default it is looked for in :func:`data_folder`.
    **options
        What one data set alone knows: ``labels="labels.csv"`` for a folder.

    Returns
    -------
    FaceDataset
        Its ``table`` has one row per image and the index ``file``.

    Raises
    ------
    UnknownName
        If there is no such data set, or split.
    DataNotFound
        If it is not there; the message says where it was looked for and how to get it.
    """
    if name not in LOADERS:
        raise unknown_name("data set", name, LOADERS)
    return LOADERS[name](split=split, root=root, **options)
