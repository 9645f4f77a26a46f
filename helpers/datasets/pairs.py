"""Pairs of faces: are these two pictures of one person, and what did a network say?

Face verification is judged on pairs. A table of pairs names two pictures a row, says whether they
are *genuine* (one person) or an *impostor* pair (two), and carries the similarity that one or
several networks gave. The columns are those of BFW, the data set with which this kind of audit
began (Robinson et al., "Face Recognition: Too Bias, or Not Too Bias?", CVPR Workshops 2020).
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from helpers import arguments
from helpers.datasets import pair_columns, tables
from helpers.datasets.base import FaceDataset, labelled
from helpers.datasets.pair_columns import COLUMNS, NOT_SCORES, REQUIRED
from helpers.datasets.rows import Rows, positions
from helpers.errors import InputError, unknown_name

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class PairTable:
    """A table with a row per pair of pictures.

    Attributes
    ----------
    name : str
        What the pairs are called in messages.
    table : pandas.DataFrame
        A row per pair, with at least ``p1``, ``p2`` and ``label``, and of the other columns of
        :data:`COLUMNS` those that are known. Its index is called ``pair`` and stays with a pair
        when some are chosen, so that results join.
    faces : FaceDataset, optional
        The pictures, if they are at hand; its files are what ``p1`` and ``p2`` name.
    notes : tuple of str
        What a reader should know about these pairs, one sentence each.
    """

    name: str
    table: pd.DataFrame
    faces: FaceDataset | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._require(*REQUIRED)
        # What is there must not be there twice.
        self._require(*(name for name in COLUMNS if name in self.table))
        if not isinstance(self.faces, FaceDataset | None):
            raise InputError(
                f"faces is a {type(self.faces).__name__}: give a FaceDataset, or None."
            )

    def __len__(self) -> int:
        return len(self.table)

    @classmethod
    def from_csv(
        cls,
        path: str | os.PathLike[str],
        name: str | None = None,
        faces: FaceDataset | None = None,
        required: Sequence[str] = REQUIRED,
    ) -> "PairTable":
        """Read a table of pairs.

        Parameters
        ----------
        path : path
            Text separated by commas, semicolons or tabs, with a header. An exported index
            (``row``, ``index`` or a column without a name) becomes the index of the table.
        name : str, optional
            What to call the pairs; by default the file's name.
        faces : FaceDataset, optional
            The pictures.
        required : sequence of str
            Columns that must be there.

        Returns
        -------
        PairTable
            ``label`` is 1 for genuine and 0 for impostor. An empty cell of a subgroup or a score is
            missing. The notes count repeated pairs, pictures compared with themselves, missing
            scores and subgroups, labels that contradict the identities, and identities in several
            folds, where there are any.

        Raises
        ------
        DataNotFound
            If there is no such file.
        BadTable
            If a column is missing, a row is cut short, a picture, an identity or a fold is not
            named, or a label has no meaning; the line is named.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "pairs.csv"
        >>> _ = path.write_text("p1,p2,label,score\\na.jpg,b.jpg,1,.9\\na.jpg,c.jpg,0,.2\\n")
        >>> PairTable.from_csv(path).genuine
        array([ True, False])
        """
        read = tables.read(path, text=COLUMNS)
        read.require([required] if isinstance(required, str) else required)
        read.require(REQUIRED)
        table, notes = pair_columns.typed_pairs(read, required)
        said = (*read.notes, *notes, *pair_columns.findings(table))
        return cls(name or read.path.stem, table, faces, said)

    @property
    def genuine(self) -> np.ndarray:
        """Whether each pair shows one person: (N,) bool.

        The label may be numbers, truth values or text: 1 and 0, "1" and "0", True and False.
        Anything else raises BadTable, which names the row and the value.
        """
        return pair_columns.genuine(self.table)

    @property
    def score_columns(self) -> tuple[str, ...]:
        """The columns that hold scores: numbers, under a name that is none of NOT_SCORES."""
        return pair_columns.score_columns(self.table)

    @property
    def files(self) -> list[str]:
        """Every picture, on either side, once and sorted."""
        both = pd.concat([self.table["p1"], self.table["p2"]], ignore_index=True)
        return sorted(both.unique().astype(str))

    @property
    def repeated(self) -> np.ndarray:
        """Which pairs, (N,) bool, show the pictures of an earlier one, in either order."""
        again: np.ndarray = pd.Series(pair_columns.pair_keys(self.table)[0]).duplicated().to_numpy()
        return again

    def scores(self, column: str | None = None) -> np.ndarray:
        """Return the scores of one network.

        Parameters
        ----------
        column : str, optional
            Which one; not needed where there is only one.

        Returns
        -------
        numpy.ndarray, shape (N,), float64
            As they are in the table; whether higher means more alike is for the reader to know.
            A score that is missing is NaN.

        Raises
        ------
        UnknownName
            If there is no such column of scores.
        InputError
            If none is named and there is not exactly one.
        BadTable
            If a value of the column is no number, or infinite.
        """
        known = [name for name in self.table.columns if name not in NOT_SCORES]
        chosen = self._only() if column is None else column
        if not isinstance(chosen, str) or chosen not in known:
            raise unknown_name("score column", str(chosen), self.score_columns)
        self._require(chosen)
        read = pd.to_numeric(self.table[chosen], errors="coerce")
        # Complex numbers would lose a part and dates become numbers of days, both in silence.
        kinds = (self.table[chosen].dtype.kind, read.dtype.kind)
        other = any(kind in "cmM" for kind in kinds)
        values = np.full(len(read), np.nan) if other else read.to_numpy(np.float64, na_value=np.nan)
        broken = (np.isnan(values) & self.table[chosen].notna().to_numpy()) | np.isinf(values)
        if broken.any():
            raise pair_columns.bad_value(self.table, chosen, broken, "is no number (such as 0.5)")
        return values

    def groups(self, columns: str = "att") -> pd.Series:
        """Return the subgroup of every pair whose two sides share one.

        Parameters
        ----------
        columns : str
            The two columns to compare: "att" for ``att1`` and ``att2``, "g" for ``g1`` and ``g2``.

        Returns
        -------
        pandas.Series, length N
            The common value; missing where the sides differ. Impostor pairs may cross subgroups,
            and no single group owns those: count them, and say that you left them out.
        """
        self._require(f"{columns}1", f"{columns}2")
        one, two = self.table[f"{columns}1"], self.table[f"{columns}2"]
        same = one.astype(object).to_numpy() == two.astype(object).to_numpy()
        return one.where(same & ~tables.is_empty(one))

    def fold(self, number: int | str) -> "PairTable":
        """Return the pairs of one fold.

        Raises
        ------
        BadTable
            If the table has no folds.
        UnknownName
            If there is no such fold.
        """
        inside = self._in_fold(number)
        return replace(self.subset(inside), name=f"{self.name} fold {number}")

    def where(self, **wanted: Any) -> "PairTable":
        """Return the pairs whose labels are as wanted; see :meth:`FaceDataset.where`."""
        return self.subset(labelled(self.table, wanted))

    def subset(self, rows: Rows) -> "PairTable":
        """Return some pairs, in the order given.

        Parameters
        ----------
        rows : int, slice, sequence of int, boolean mask, table or index
            Which pairs: by position, by a mask as long as the table, or as a part of ``table`` (or
            of its index) such as ``table.sample(8, random_state=0)``. Pairs may repeat, as in a
            bootstrap; a label of the index then stands for its first row.

        Raises
        ------
        InputError
            If a position is out of range or a mask does not belong to this table.
        """
        return replace(
            self, table=self.table.iloc[positions(self.table.index, rows, self.name, "pair")]
        )

    def images(
        self, rows: Rows, size: int | tuple[int, int] | None = None
    ) -> "tuple[torch.Tensor, torch.Tensor]":
        """Read the pictures of some pairs.

        Parameters
        ----------
        rows : see :meth:`subset`
        size : int or (height, width), optional
            Resize to this shape.

        Returns
        -------
        (torch.Tensor, torch.Tensor), each (N, 3, H, W) float32
            First and second sides, RGB in [0, 1].

        Raises
        ------
        InputError
            If there are no pictures; the notes say why.
        """
        if self.faces is None:
            raise InputError(
                f"{self.name} has a table but no pictures: put them beside the table, or give "
                "them with dataclasses.replace(pairs, faces=...)."
            )
        chosen = self.table.iloc[positions(self.table.index, rows, self.name, "pair")]
        one, two = (chosen[side].astype(str).tolist() for side in ("p1", "p2"))
        return self.faces.images(one, size), self.faces.images(two, size)

    def _in_fold(self, number: int | str) -> np.ndarray:
        self._require("fold")
        folds = self.table["fold"]
        empty = tables.is_empty(folds)
        if empty.any():
            raise pair_columns.bad_value(self.table, "fold", empty, "names no fold")
        # Numbers that came through a column with gaps are 1.0 instead of 1.
        whole = pd.api.types.is_float_dtype(folds) and bool((folds % 1 == 0).all())
        names = (folds.astype(np.int64) if whole else folds).astype(str)
        inside = (names == str(number)).to_numpy(dtype=bool)
        if not inside.any():
            raise unknown_name("fold", str(number), pd.unique(names))
        return np.asarray(inside)

    def _only(self) -> str:
        if len(self.score_columns) != 1:
            known = ", ".join(self.score_columns) or "none"
            raise InputError(f"say which scores of {self.name} you want: it has {known}.")
        return self.score_columns[0]

    def _require(self, *columns: str) -> None:
        arguments.columns(self.table, columns, f"the table of {self.name or 'pairs'}")
