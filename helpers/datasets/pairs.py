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
from helpers.datasets import tables
from helpers.datasets.base import FaceDataset, labelled
from helpers.datasets.rows import Rows, positions
from helpers.errors import BadTable, InputError, unknown_name
from helpers.files import short

if TYPE_CHECKING:
    import torch

COLUMNS = (
    "fold",
    *("p1", "p2"),
    "label",
    *("id1", "id2", "att1", "att2", "a1", "a2", "g1", "g2", "e1", "e2"),
)
"""Columns with a meaning: fold, pictures, genuine or not, identities, subgroups (``att``, and its
code ``a``), gender ``g`` and ethnicity ``e`` of both sides. Other columns of numbers are scores."""
REQUIRED = ("p1", "p2", "label")
"""Without these a table has no pairs."""

_PAIRED = ("p", "id", "att", "a", "g", "e")
_KNOWN = ("fold", "id1", "id2")  # who is shown, and which pairs belong together, is never a guess
_NOT_SCORES = (*COLUMNS, "ids1", "ids2")
_INDEX = ("row", "pair", "index", "")  # how an exported index may be headed
_NO_SCORE = ("NA", "N/A", "null", "None", "<NA>")
_MEANING = {"1": True, "1.0": True, "true": True, "0": False, "0.0": False, "false": False}


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
        arguments.columns(self.table, REQUIRED, f"the table of {self.name or 'pairs'}")
        twice = [name for name in COLUMNS if list(self.table.columns).count(name) > 1]
        arguments.columns(self.table, twice, f"the table of {self.name or 'pairs'}")
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
        table, notes = _pairs(read, required)
        return cls(name or read.path.stem, table, faces, (*read.notes, *notes, *findings(table)))

    @property
    def genuine(self) -> np.ndarray:
        """Whether each pair shows one person: (N,) bool.

        The label may be numbers, truth values or text: 1 and 0, "1" and "0", True and False.
        Anything else raises BadTable, which names the row and the value.
        """
        return _genuine(self.table)

    @property
    def score_columns(self) -> tuple[str, ...]:
        """The columns that hold scores: numbers, under a name that is none of COLUMNS."""
        numeric = self.table.select_dtypes("number").columns
        return tuple(str(each) for each in numeric if each not in _NOT_SCORES)

    @property
    def identities(self) -> np.ndarray:
        """Every identity, on either side, once and sorted: (K,). Gaps are nobody."""
        _require(self.table, ("id1", "id2"), self.name)
        everybody = _both_sides(self.table, "id")
        return np.asarray(pd.unique(everybody[~tables.is_empty(everybody)].sort_values()))

    @property
    def files(self) -> list[str]:
        """Every picture, on either side, once and sorted."""
        return sorted(_both_sides(self.table, "p").unique().astype(str))

    @property
    def repeated(self) -> np.ndarray:
        """Which pairs, (N,) bool, show the pictures of an earlier one, in either order."""
        again: np.ndarray = pd.Series(pair_keys(self.table)[0]).duplicated().to_numpy()
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
        known = [name for name in self.table.columns if name not in _NOT_SCORES]
        chosen = _only(self) if column is None else column
        if not isinstance(chosen, str) or chosen not in known:
            raise unknown_name("score column", str(chosen), self.score_columns)
        _require(self.table, [chosen], self.name)
        read = pd.to_numeric(self.table[chosen], errors="coerce")
        # Complex numbers would lose a part and dates become numbers of days, both in silence.
        kinds = (self.table[chosen].dtype.kind, read.dtype.kind)
        other = any(kind in "cmM" for kind in kinds)
        values = np.full(len(read), np.nan) if other else read.to_numpy(np.float64, na_value=np.nan)
        broken = (np.isnan(values) & self.table[chosen].notna().to_numpy()) | np.isinf(values)
        if broken.any():
            raise _bad_value(self.table, chosen, broken, "is no number (such as 0.5)")
        return values

    def groups(self, columns: str | tuple[str, str] = "att") -> pd.Series:
        """Return the subgroup of every pair whose two sides share one.

        Parameters
        ----------
        columns : str or (str, str)
            The two columns to compare: "att" for ``att1`` and ``att2``, "g" for ``g1`` and ``g2``.

        Returns
        -------
        pandas.Series, length N
            The common value; missing where the sides differ. Impostor pairs may cross subgroups,
            and no single group owns those: count them, and say that you left them out.
        """
        one, two = self._sides(columns)
        same = one.astype(object).to_numpy() == two.astype(object).to_numpy()
        return one.where(same & ~tables.is_empty(one))

    def within(self, columns: str | tuple[str, str] = "att") -> "PairTable":
        """Return the pairs whose two sides share their subgroup; see :meth:`groups`."""
        same = self.groups(columns).notna().to_numpy()
        kept = self.subset(same)
        what = columns if isinstance(columns, str) else " and ".join(columns)
        note = f"Of {len(self):,} pairs, the {len(kept):,} whose sides agree in {what} were kept."
        return replace(kept, notes=(*self.notes, note))

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

    def split(self, test_fold: int | str) -> "tuple[PairTable, PairTable]":
        """Take one fold for the test and all others for training.

        Parameters
        ----------
        test_fold : int or str
            The fold to hold out, as the column ``fold`` calls it.

        Returns
        -------
        (PairTable, PairTable)
            Training pairs and test pairs. If an identity is on both sides, a note of the test
            pairs counts such identities: a threshold chosen on the one is then not tested fairly
            on the other.
        """
        inside = self._in_fold(test_fold)
        train, test = self.subset(~inside), self.subset(inside)
        notes = self.notes
        if "id1" in self.table and "id2" in self.table:
            shared = len(np.intersect1d(train.identities, test.identities))
            warning = f"{shared:,} identities of fold {test_fold} are also in the training pairs."
            notes = (*notes, warning) if shared else notes
        return (
            replace(train, name=f"{self.name} without fold {test_fold}"),
            replace(test, name=f"{self.name} fold {test_fold}", notes=notes),
        )

    def identities_in_several_folds(self) -> pd.DataFrame:
        """List the identities that a cross-validation over these folds would meet again.

        Returns
        -------
        pandas.DataFrame
            Index ``identity``, a column per fold with the number of its pairs in which the
            identity takes part. Empty if the folds are disjoint.
        """
        _require(self.table, ("fold", "id1", "id2"), self.name)
        return _several_folds(self.table)

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

    def _sides(self, columns: str | tuple[str, str]) -> tuple[pd.Series, pd.Series]:
        sides = (f"{columns}1", f"{columns}2") if isinstance(columns, str) else columns
        if not isinstance(sides, tuple | list) or len(sides) != 2:
            raise InputError(
                f"columns is {columns!r:.60}: give one name, such as 'att' for att1 and att2, or "
                "two columns."
            )
        one, two = sides
        _require(self.table, (one, two), self.name)
        return self.table[one], self.table[two]

    def _in_fold(self, number: int | str) -> np.ndarray:
        _require(self.table, ("fold",), self.name)
        folds = self.table["fold"]
        empty = tables.is_empty(folds)
        if empty.any():
            raise _bad_value(self.table, "fold", empty, "names no fold")
        # Numbers that came through a column with gaps are 1.0 instead of 1.
        whole = pd.api.types.is_float_dtype(folds) and bool((folds % 1 == 0).all())
        names = (folds.astype(np.int64) if whole else folds).astype(str)
        inside = (names == str(number)).to_numpy(dtype=bool)
        if not inside.any():
            raise unknown_name("fold", str(number), pd.unique(names))
        return np.asarray(inside)


def findings(table: pd.DataFrame) -> tuple[str, ...]:
    """Look through a table of pairs for what would spoil an audit.

    Parameters
    ----------
    table : pandas.DataFrame
        With the columns of :data:`REQUIRED`, and any others.

    Returns
    -------
    tuple of str
        A sentence for each kind of trouble found: pairs that repeat an earlier one (in either
        order), pictures compared with themselves, scores that are missing, labels that contradict
        the identities, identities in several folds. Empty for a table without fault.
    """
    arguments.columns(table, REQUIRED, "the table of pairs")
    notes = [*_repeated(table), *_missing_scores(table)]
    if "id1" not in table or "id2" not in table:
        return tuple(notes)
    one, two = (table[side].astype(object).to_numpy() for side in ("id1", "id2"))
    known = ~(tables.is_empty(table["id1"]) | tables.is_empty(table["id2"]))
    contradicting = int((known & ((one == two) != _genuine(table))).sum())
    if contradicting:
        notes.append(f"{contradicting:,} pairs have a label that contradicts their identities.")
    several = len(_several_folds(table)) if "fold" in table else 0
    if several:
        notes.append(
            f"{several:,} identities are in more than one fold: a test on one fold meets people "
            "of the others (see identities_in_several_folds)."
        )
    return tuple(notes)


def pair_keys(*tables: pd.DataFrame) -> list[np.ndarray]:
    """Number unordered pairs, so that equal pictures, in either order, have equal numbers.

    Parameters
    ----------
    *tables : pandas.DataFrame
        Tables with ``p1`` and ``p2``, numbered together.

    Returns
    -------
    list of numpy.ndarray, each (N,) int64
        One array a table.
    """
    sides = [table[side].astype(object) for table in tables for side in ("p1", "p2")]
    codes, files = pd.factorize(pd.concat(sides, ignore_index=True))
    ends = np.cumsum([len(side) for side in sides])[:-1]
    parts = np.split(codes.astype(np.int64), ends)
    return [
        np.minimum(one, two) * len(files) + np.maximum(one, two)
        for one, two in zip(parts[::2], parts[1::2], strict=True)
    ]


def _repeated(table: pd.DataFrame) -> list[str]:
    notes = []
    keys = pd.Series(pair_keys(table)[0])
    again = keys.duplicated()
    if again.any():
        kinds = pd.Series(_genuine(table)).groupby(keys).nunique()
        other = int((kinds > 1).sum())
        but = f"; {other:,} pairs occur with both labels" if other else ""
        notes.append(f"{int(again.sum()):,} pairs repeat an earlier one, in either order{but}.")
    alone = table["p1"].astype(object).to_numpy() == table["p2"].astype(object).to_numpy()
    if alone.any():
        notes.append(f"{int(alone.sum()):,} pairs compare a picture with itself.")
    return notes


def _missing_scores(table: pd.DataFrame) -> list[str]:
    columns = PairTable("pairs", table).score_columns
    missing = {column: int(table[column].isna().sum()) for column in columns}
    return [
        f"{count:,} pairs have no score in {column} (NaN)."
        for column, count in missing.items()
        if count
    ]


def _several_folds(table: pd.DataFrame) -> pd.DataFrame:
    identity, fold = _both_sides(table, "id"), pd.concat([table["fold"]] * 2, ignore_index=True)
    known = ~tables.is_empty(identity)
    counts = pd.crosstab(identity[known].rename("identity"), fold[known])
    return counts[(counts > 0).sum(axis=1) > 1]


def _both_sides(table: pd.DataFrame, kind: str) -> pd.Series:
    return pd.concat([table[f"{kind}1"], table[f"{kind}2"]], ignore_index=True)


def _genuine(table: pd.DataFrame) -> np.ndarray:
    codes, values = pd.factorize(table["label"])
    meaning = [_MEANING.get(str(value).strip().lower()) for value in values]
    # A missing label has code -1 and so picks the last entry, which has no meaning either.
    unknown = np.array([*(each is None for each in meaning), True])[codes]
    if unknown.any():
        raise _bad_value(table, "label", unknown, "is neither 1 (genuine) nor 0 (impostor)")
    return np.array([*(bool(each) for each in meaning), False])[codes]


def _bad_value(table: pd.DataFrame, column: str, bad: np.ndarray, what: str) -> BadTable:
    first = int(np.flatnonzero(bad)[0])
    row = table.iloc[first]
    more = f" ({int(bad.sum()) - 1:,} more rows like it)" if bad.sum() > 1 else ""
    return BadTable(
        f"row {first + 1:,} of the pairs ({row['p1']} and {row['p2']}): {column} "
        f"{row[column]!r} {what}{more}; correct the table."
    )


def _only(pairs: PairTable) -> str:
    if len(pairs.score_columns) != 1:
        known = ", ".join(pairs.score_columns) or "none"
        raise InputError(f"say which scores of {pairs.name} you want: it has {known}.")
    return pairs.score_columns[0]


def _require(table: pd.DataFrame, columns: Sequence[str], name: str | os.PathLike[str]) -> None:
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise BadTable(
            f"{name} has no column {', '.join(map(str, missing))}; "
            f"it has {tables.listed(table.columns)}."
        )
    arguments.columns(table, columns, f"the table of {name}")


def _pairs(read: tables.Table, required: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """Turn a table as it is written into pairs, and say what is missing."""
    if not len(read):
        raise BadTable(f"{short(read.path)} has a header and not a single pair.")
    for side in ("p1", "p2"):
        read.require_filled(side, ", so it names no picture; name it")
    read = read.with_names(("p1", "p2"))
    text = [name for name in read.cells if name in COLUMNS]
    empty = [name for name in _empty_columns(read.cells) if name not in required]
    for name in [name for name in text if name in _KNOWN and name not in empty]:
        read.require_filled(name)
    table = _label(read).drop(columns=empty)
    notes = [f"Column {name} is empty and was left out." for name in empty]
    for kind in _PAIRED:
        _share_categories(table, f"{kind}1", f"{kind}2")
    notes += _without_gaps(table, [name for name in text if name not in empty])
    if "fold" in table and _are_whole_numbers(table["fold"].cat.categories):
        table["fold"] = table["fold"].astype(np.int64)
    others = [str(name) for name in table if name not in COLUMNS]
    typed = {name: _score(table[name]).to_numpy() for name in others}
    return _with_index(table.assign(**typed).reset_index(drop=True)), notes


def _empty_columns(cells: pd.DataFrame) -> list[str]:
    """List the columns of identities, folds and subgroups that nobody filled in."""
    optional = [name for name in cells if name in COLUMNS and name not in REQUIRED]
    return [name for name in optional if len(cells) and tables.is_empty(cells[name]).all()]


def _label(read: tables.Table) -> pd.DataFrame:
    known = read.cells["label"].cat.categories
    strange = [each for each in known if str(each).lower() not in _MEANING]
    bad = np.flatnonzero(read.cells["label"].isin(strange))
    if len(bad):
        row = read.cells.iloc[bad[0]]
        more = f" ({len(bad) - 1:,} more rows like it)" if len(bad) > 1 else ""
        raise BadTable(
            f"{read.line(bad[0])} ({row['p1']} and {row['p2']}): label {row['label']!r} is neither "
            f"1 (genuine) nor 0 (impostor){more}; correct the table."
        )
    return read.cells.assign(label=_genuine(read.cells).astype(np.int64))


def _without_gaps(table: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """Make empty cells of subgroups missing, so that they are nobody's subgroup."""
    notes = []
    for name in columns:
        column = table[name]
        if isinstance(column.dtype, pd.CategoricalDtype) and "" in column.cat.categories:
            count = int((column == "").sum())
            table[name] = column.cat.remove_categories("")
            notes += [f"{count:,} pairs have no {name}: they are in no subgroup."] * bool(count)
    return notes


def _score(column: pd.Series) -> pd.Series:
    """Turn a column into numbers if all its cells are; those that say so are missing."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        names = [name for name in column.cat.categories if name not in _NO_SCORE]
        column = column.cat.set_categories(names)
    return tables.typed(column)


def _share_categories(table: pd.DataFrame, one: str, two: str) -> None:
    """Give both sides the same categories, so that they compare; numbers where all are numbers."""
    if one not in table or two not in table:
        return
    names = table[one].cat.categories.union(table[two].cat.categories)
    whole = one == "id1" and _are_whole_numbers(names)
    for side in (one, two):
        column = table[side].cat.set_categories(names)
        table[side] = column.astype(np.int64) if whole else column


def _are_whole_numbers(names: pd.Index) -> bool:
    return all(tables.is_whole(name) and not name.startswith("-") for name in names)


def _with_index(table: pd.DataFrame) -> pd.DataFrame:
    """Make an exported index the index again; others, which are left from exports, are dropped."""
    exported = [name for name in table if name in _INDEX]
    if exported and table[exported[0]].is_unique and table[exported[0]].notna().all():
        table.index = pd.Index(table[exported[0]].to_numpy())
    return table.drop(columns=exported).rename_axis(index="pair")
