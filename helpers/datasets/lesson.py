"""The faces a chapter shows: official portraits where they are at hand, drawn people if not."""

from dataclasses import dataclass, replace

import numpy as np

from helpers import arguments
from helpers.datasets import portraits, synthetic
from helpers.datasets.base import FaceDataset
from helpers.datasets.sources import Source
from helpers.errors import DataNotFound, InputError


def classroom(count: int = 14, seed: int = 0) -> FaceDataset:
    """Choose a few faces to look at, each of another person.

    Parameters
    ----------
    count : int
        How many, 1 to 200.
    seed : int
        Which ones.

    Returns
    -------
    FaceDataset
        Pictures of 224 x 224 pixels with the face in the middle. With the official portraits on this
        machine: men and women, as officially recorded, in turn, each face cut out by the detector, and the
        columns of ``load("portraits")``. Without them: drawn people. The first of ``notes`` says which
        of the two it is; show it.

    Raises
    ------
    InputError
        If a number is out of range, or more portraits are asked for than there are.

    Examples
    --------
    >>> from helpers import datasets
    >>> datasets.classroom(3).images([0, 1, 2]).shape
    torch.Size([3, 3, 224, 224])
    """
    arguments.count(count, "count", high=200)
    arguments.seed(seed)
    try:
        album = portraits.load()
    except DataNotFound:
        return _drawn(count, seed)
    if count > len(album):
        raise InputError(f"count is {count}, but there are only {len(album)} portraits.")
    mixed = album.table.sample(frac=1, random_state=seed)
    turn = mixed.groupby("gender", observed=True).cumcount()
    chosen = mixed.loc[turn.sort_values(kind="stable").index[:count]]
    note = (
        f"{count} official portraits of members of the US Congress (public domain), the faces cut "
        "out. Gender and year of birth are as officially recorded."
    )
    return replace(album.subset(chosen), source=_Heads(album.source), notes=(note,))


@dataclass(frozen=True)
class _Heads:
    """The faces in another source's pictures, found and cut out when they are read."""

    source: Source

    def read(self, file: str) -> np.ndarray:
        from helpers import preprocessing

        picture = self.source.read(file)
        return preprocessing.crop_face(picture, preprocessing.find_faces(picture)[0])


def _drawn(count: int, seed: int) -> FaceDataset:
    note = (
        f"There are no portraits on this machine, so these are {count} people drawn by the course, "
        "who do not exist. To see real faces: python data_scripts/fetch_portraits.py."
    )
    people = synthetic.load(n=max(count, 12), seed=seed, size=224)
    return replace(people.subset(slice(count)), notes=(note,))
