"""A data set of faces: one table of labels, and the pictures its rows stand for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from helpers.datasets.images import to_tensor
from helpers.datasets.sources import Source
from helpers.errors import InputError, UnknownName, unknown_name

if TYPE_CHECKING:
    import torch

_Pandas: TypeAlias = "pd.Index | pd.Series | pd.DataFrame"
Rows: TypeAlias = "int | slice | str | Sequence[Any] | np.ndarray | torch.Tensor | _Pandas"
"""Ways to name rows: positions, a slice of positions, a boolean mask, files, or part of a table."""


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
        rows : see :meth:`images`

        Returns
        -------
        torch.Tensor, shape (N, 19, H, W), bool; or None if this data set has no masks
        """
        import torch

        if self.mask_reader is None:
            return None
        masks = [np.asarray(self.mask_reader(file), dtype=bool) for file in self.files(rows)]
        if not masks:
            raise InputError("no image was chosen, so there are no masks to read.")
        return torch.tensor(np.stack(masks))

    def files(self, rows: Rows) -> list[str]:
        """Return the files, which are the index labels, of some rows; see :meth:`images`."""
        return [str(file) for file in self.table.index[_positions(self, rows)]]

    def subset(self, rows: Rows) -> "FaceDataset":
        """Return a data set of some rows, in the order given; see :meth:`images`."""
        return replace(self, table=self.table.iloc[_positions(self, rows)])

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
        if batch_size < 1:
            raise InputError(f"batch_size is {batch_size}: a batch holds at least one image.")
        for start in range(0, len(self), batch_size):
            rows = slice(start, start + batch_size)
            yield self.table.iloc[rows], self.images(rows, size)


def _positions(dataset: FaceDataset, rows: Rows) -> np.ndarray:
    """Turn any way to name rows into positions, an array of int."""
    if isinstance(rows, slice):
        return np.arange(*rows.indices(len(dataset)))
    if isinstance(rows, pd.DataFrame):
        return _positions_of_files(dataset, rows.index)
    named = np.atleast_1d(_plain(dataset, rows))
    if named.size == 0:
        return np.zeros(0, dtype=int)
    if named.dtype == bool:
        return np.flatnonzero(_require_full_mask(dataset, named))
    if np.issubdtype(named.dtype, np.integer):
        return _require_in_range(dataset, named.ravel()) % len(dataset)
    return _positions_of_files(dataset, pd.Index(named.ravel()))


def _plain(dataset: FaceDataset, rows: Rows) -> np.ndarray:
    """Turn rows into an array, after making sure that a mask belongs to this very table."""
    if isinstance(rows, pd.Series) and pd.api.types.is_bool_dtype(rows):
        _require_same_index(dataset, rows)
        return rows.to_numpy(dtype=bool)
    return np.asarray(rows)


def _positions_of_files(dataset: FaceDataset, files: pd.Index) -> np.ndarray:
    positions = dataset.table.index.get_indexer(files)
    missing = files[positions < 0]
    if len(missing):
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        some = ", ".join(repr(file) for file in dataset.table.index[:3])
        raise UnknownName(
            f"{missing[0]!r}{more} is not among the {len(dataset):,} files of {dataset.name}; "
            f"they are called {some}, ... (see .table.index)."
        )
    return positions


def _require_same_index(dataset: FaceDataset, mask: pd.Series) -> None:
    if not mask.index.equals(dataset.table.index):
        raise InputError(
            f"this mask was made from another table than that of {dataset.name}: its rows are not "
            "the same files in the same order. Make it from .table of the very same data set."
        )


def _require_full_mask(dataset: FaceDataset, mask: np.ndarray) -> np.ndarray:
    if mask.shape != (len(dataset),):
        raise InputError(
            f"a mask needs one True or False for each of the {len(dataset):,} rows of "
            f"{dataset.name}; this one has shape {mask.shape}."
        )
    return mask


def _require_in_range(dataset: FaceDataset, positions: np.ndarray) -> np.ndarray:
    count = len(dataset)
    outside = positions[(positions >= count) | (positions < -count)]
    if outside.size:
        raise InputError(
            f"there is no row {outside.flat[0]} in {dataset.name}: it has {count:,} images, "
            f"numbered from 0 to {count - 1:,}."
        )
    return positions


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
    wanted = list(value) if pd.api.types.is_list_like(value) else [value]
    if isinstance(table[column].dtype, pd.CategoricalDtype):
        known = list(table[column].cat.categories)
        for each in wanted:
            if each not in known:
                raise unknown_name(column, each, known)
    return table[column].isin(wanted).to_numpy()
