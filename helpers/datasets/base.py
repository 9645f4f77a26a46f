"""A data set of faces: one table of labels, and the pictures its rows stand for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from helpers import arguments
from helpers.datasets.images import to_tensor
from helpers.datasets.rows import Rows, positions
from helpers.datasets.sources import Source
from helpers.errors import InputError, UnreadableImage, unknown_name

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class FaceDataset:
    """A table with a row per image, and the images behind it.

    Images are read when they are asked for, so memory grows with the batch, never with the data
    set. A data set can be pickled and read from several threads and from DataLoader workers; its
    own method is the ``collate_fn``::

        DataLoader(range(len(photographs)), batch_size=32, collate_fn=photographs.images)

    Attributes
    ----------
    name : str
        What the data set is called in messages.
    table : pandas.DataFrame
        Labels as annotated, a row per image; the index is called ``file`` and names each image.
        To change labels, put a copy into a new data set with ``dataclasses.replace``.
    source : Source
        Gives the picture of a file: a folder, a zip, or anything with a ``read`` method.
    notes : tuple of str
        What a reader should know about this copy, one sentence each.
    mask_reader : callable, optional
        Gives the region masks of a file, (19, H, W) bool; None where there are no masks.
    """

    name: str
    table: pd.DataFrame
    source: Source
    notes: tuple[str, ...] = ()
    mask_reader: Callable[[str], np.ndarray] | None = None

    def __post_init__(self) -> None:
        arguments.columns(self.table, (), "the table of a data set of faces")
        if not callable(getattr(self.source, "read", None)):
            raise InputError(
                f"source is a {type(self.source).__name__}, which has no read: give a Folder, an "
                "Archive, or anything whose read(file) returns a picture."
            )

    def __len__(self) -> int:
        return len(self.table)

    def images(self, rows: Rows, size: int | tuple[int, int] | None = None) -> "torch.Tensor":
        """Read some images.

        Parameters
        ----------
        rows : int, slice, sequence of int, boolean mask, file, sequence of files, or table
            Which rows: by position, by a mask as long as the table, by file, or as a part of
            ``table`` such as ``table.sample(8, random_state=0)``.
        size : int or (height, width), optional
            Resize to this shape; by default images keep their own, which must then be equal.

        Returns
        -------
        torch.Tensor, shape (N, 3, H, W), float32
            RGB in [0, 1], in the order of ``rows``.

        Raises
        ------
        InputError
            If no row is chosen, one is out of range, or sizes differ and none was asked for.
        UnreadableImage
            If a picture cannot be read; the message names its file.
        """
        return to_tensor([self.source.read(file) for file in self.files(rows)], size)

    def masks(self, rows: Rows) -> "torch.Tensor | None":
        """Read the region masks of some images.

        Parameters
        ----------
        rows : int, slice, sequence of int, boolean mask, file, sequence of files, or table
            Which rows; see :meth:`images`.

        Returns
        -------
        torch.Tensor, shape (N, 19, H, W), bool; or None if this data set has no masks

        Raises
        ------
        InputError
            If no row is chosen, or one is out of range.
        UnreadableImage
            If a mask cannot be read, or sizes differ.
        """
        import torch

        if self.mask_reader is None:
            return None
        masks = [np.asarray(self.mask_reader(file), dtype=bool) for file in self.files(rows)]
        if not masks:
            raise InputError("no image was chosen, so there are no masks to read.")
        if len({mask.shape for mask in masks}) > 1:
            raise UnreadableImage(
                f"the masks of these {len(masks)} images of {self.name} differ in size: read them "
                "one by one."
            )
        return torch.tensor(np.stack(masks))

    def files(self, rows: Rows) -> list[str]:
        """Return the files, which are the index labels, of some rows; see :meth:`images`."""
        return [
            str(file)
            for file in self.table.index[positions(self.table.index, rows, self.name, "image")]
        ]

    def subset(self, rows: Rows) -> "FaceDataset":
        """Return a data set of some rows, in the order given.

        Parameters
        ----------
        rows : int, slice, sequence of int, boolean mask, file, sequence of files, or table
            Which rows; see :meth:`images`. Rows may repeat, as in a bootstrap; a file then stands
            for its first row.

        Returns
        -------
        FaceDataset
        """
        return replace(
            self, table=self.table.iloc[positions(self.table.index, rows, self.name, "image")]
        )

    def where(self, **wanted: Any) -> "FaceDataset":
        """Return the rows whose labels are as wanted.

        Parameters
        ----------
        **wanted : value or list of values
            A column and the label, or labels, to keep: ``where(gender="Female", race=["Black",
            "White"])``. All conditions hold at once. The result may be empty.

        Returns
        -------
        FaceDataset

        Raises
        ------
        UnknownName
            If there is no such column, or no such category in it.
        """
        return self.subset(labelled(self.table, wanted))

    def batches(
        self, batch_size: int = 32, size: int | tuple[int, int] | None = None
    ) -> Iterator[tuple[pd.DataFrame, "torch.Tensor"]]:
        """Go through the whole data set, ``batch_size`` images at a time.

        Parameters
        ----------
        batch_size : int
            Images held in memory at once; the last batch may be smaller.
        size : int or (height, width), optional
            See :meth:`images`.

        Yields
        ------
        (pandas.DataFrame, torch.Tensor)
            The rows of the table, and their images (N, 3, H, W) float32 in [0, 1].
        """
        step = arguments.count(batch_size, "batch_size")
        for start in range(0, len(self), step):
            rows = slice(start, start + step)
            yield self.table.iloc[rows], self.images(rows, size)


def labelled(table: pd.DataFrame, wanted: Mapping[str, Any]) -> np.ndarray:
    """Say which rows of a table carry the wanted labels; see :meth:`FaceDataset.where`.

    Parameters
    ----------
    table : pandas.DataFrame
    wanted : mapping of str to value or list of values
        Column and the label, or labels, to keep.

    Returns
    -------
    numpy.ndarray, shape (len(table),), bool
    """
    chosen = np.ones(len(table), dtype=bool)
    for column, value in wanted.items():
        chosen &= _matches(table, column, value)
    return chosen


def _matches(table: pd.DataFrame, column: str, value: Any) -> np.ndarray:
    if column not in table.columns:
        raise unknown_name("column", column, table.columns)
    arguments.columns(table, [column])
    wanted = list(value) if pd.api.types.is_list_like(value) else [value]
    values = table[column]
    if isinstance(values.dtype, pd.CategoricalDtype):
        wanted = [arguments.choice(each, column, values.cat.categories) for each in wanted]
    if any(pd.api.types.is_list_like(each) for each in wanted):
        raise InputError(
            f"{column} is to be {arguments.shown(value)}: give one label, or a list of labels."
        )
    _require_same_kind(values, wanted)
    return values.isin(wanted).to_numpy(dtype=bool)


def _require_same_kind(values: pd.Series, wanted: list[Any]) -> None:
    """Refuse 26 where "26" is meant, or the other way round: either would find nothing."""
    text = not pd.api.types.is_numeric_dtype(values)
    for each in wanted:
        other = isinstance(each, int | float) if text else isinstance(each, str)
        if other and not values.isin([each]).any() and str(each) in set(map(str, values)):
            held, meant = ("text", repr(str(each))) if text else ("numbers", str(each))
            raise InputError(f"{values.name} holds {held}: give {meant}, not {each!r}.")
