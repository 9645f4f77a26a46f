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
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, overload

from helpers import arguments
from helpers.errors import unknown_name
from helpers.lazy import handing_out

if TYPE_CHECKING:  # "as" says to type checkers that a name is handed on
    from helpers.datasets.base import FaceDataset as FaceDataset
    from helpers.datasets.images import read_image as read_image
    from helpers.datasets.images import save_image as save_image
    from helpers.datasets.images import to_tensor as to_tensor
    from helpers.datasets.lesson import classroom as classroom
    from helpers.datasets.overlap import Leakage as Leakage
    from helpers.datasets.overlap import leakage as leakage
    from helpers.datasets.pairs import PairTable as PairTable
    from helpers.datasets.places import data_folder as data_folder
    from helpers.datasets.rendered import landmarks as landmarks
    from helpers.datasets.samples import ASTRONAUT_CREDIT as ASTRONAUT_CREDIT
    from helpers.datasets.samples import astronaut as astronaut
    from helpers.datasets.twins import drop_duplicates as drop_duplicates
    from helpers.datasets.twins import duplicates as duplicates

# pandas, Pillow and all that a data set needs are imported when one is asked for.
_HOMES = {
    "ASTRONAUT_CREDIT": "samples",
    "FaceDataset": "base",
    "Leakage": "overlap",
    "PairTable": "pairs",
    "astronaut": "samples",
    "classroom": "lesson",
    "data_folder": "places",
    "drop_duplicates": "twins",
    "duplicates": "twins",
    "landmarks": "rendered",
    "leakage": "overlap",
    "read_image": "images",
    "save_image": "images",
    "to_tensor": "images",
}
__all__ = ["LOADERS", "load", *_HOMES]  # noqa: PLE0604 - the names of a table

LOADERS: Mapping[str, str] = MappingProxyType(
    {
        "bfw": "bfw.load",
        "bfw-faces": "bfw.faces",
        "celeba": "celeba.load",
        "facex": "facex.load",
        "facex-pairs": "facex.pairs",
        "fairface": "fairface.load",
        "folder": "folder.load",
        "lfw": "lfw.load",
        "lfw-faces": "lfw.faces",
        "portraits": "portraits.load",
        "synthetic": "synthetic.load",
        "synthetic-identities": "synthetic.identities",
        "synthetic-identities-pairs": "synthetic.pairs",
        "synthetic-shortcut": "shortcuts.load",
        "utkface": "utkface.load",
    }
)
"""What ``load`` can load, and the function that does. Each takes ``split`` and ``root``; a new data
set is a new line."""


@overload
def load(
    name: Literal["bfw", "facex-pairs", "lfw", "synthetic-identities-pairs"],
    split: str | None = None,
    root: str | os.PathLike[str] | None = None,
    **options: Any,
) -> "PairTable": ...
@overload
def load(
    name: str,
    split: str | None = None,
    root: str | os.PathLike[str] | None = None,
    **options: Any,
) -> "FaceDataset": ...
def load(
    name: str,
    split: str | None = None,
    root: str | os.PathLike[str] | None = None,
    **options: Any,
) -> "FaceDataset | PairTable":
    """Load a data set by name.

    Parameters
    ----------
    name : str
        Which one: rendered faces ("synthetic", "synthetic-shortcut", "synthetic-identities"),
        photographs ("fairface", "portraits", "celeba", "utkface", "bfw-faces", "lfw-faces",
        "facex"), pairs of faces ("synthetic-identities-pairs", "bfw", "lfw", "facex-pairs"), or
        "folder", a plain folder of photographs. :data:`LOADERS` has them all.
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
    BadTable
        If a table of it lacks a column, is cut short, or holds a value that has no meaning.
    InputError
        If an argument cannot be what it should be, or a set has no parts.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> from helpers import datasets
    >>> album = tempfile.mkdtemp()
    >>> Image.new("RGB", (8, 6)).save(f"{album}/me.png")
    >>> datasets.load("folder", root=album).images(0).shape
    torch.Size([1, 3, 6, 8])
    """
    module, _, function = LOADERS[arguments.choice(name, "data set", LOADERS)].partition(".")
    loader = getattr(import_module(f"helpers.datasets.{module}"), function)
    known = inspect.signature(loader).parameters
    for option in options:
        if option not in known:
            raise unknown_name(f"option of the data set {name},", option, known)
    return loader(split=split, root=root, **options)


__getattr__, __dir__ = handing_out(globals(), _HOMES)
