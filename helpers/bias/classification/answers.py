"""What a model answered, checked and split into groups: the input of every audit."""

import math
import unicodedata
import warnings
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers import arguments
from helpers.errors import InputError

Column: TypeAlias = str | pd.Series | pd.Index | np.ndarray | list[Any] | tuple[Any, ...]
Groups: TypeAlias = Column | pd.DataFrame | Mapping[str, Any] | None

MOST_GROUPS = 10_000
"""More groups than this are not audited: crossed attributes multiply."""

_MOST_NUMBERS = 20  # more different fractions are scores or measurements, no labels

EVERYONE = "everyone"
BETWEEN = ", "
"""Between the values of crossed attributes in the name of a group."""


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers that can be counted: complete, of equal length, each in one group.

    Attributes
    ----------
    truth, prediction : array (N,) bool
        Whether the face is annotated as, and predicted as, ``positive``.
    groups : DataFrame (N, A)
        A column for each attribute, all categorical.
    score : array (N,), optional
        The model's probability of ``positive``, in [0, 1].
    note : str
        What a reader must know about how the labels were read.
    exact : bool
        Whether ``prediction`` says instead that the answer was exactly right.
    """

    truth: NDArray[np.bool_]
    prediction: NDArray[np.bool_]
    groups: pd.DataFrame
    score: NDArray[np.float64] | None = None
    note: str = ""
    exact: bool = False

    @property
    def names(self) -> list[str]:
        """Names of all groups, those without anybody included."""
        levels = [self.groups[column].cat.categories for column in self.groups]
        return [BETWEEN.join(map(str, each)) for each in product(*levels)]

    @property
    def codes(self) -> NDArray[np.int64]:
        """Of each face, the position of its group in :attr:`names`."""
        sizes = [len(self.groups[column].cat.categories) for column in self.groups]
        each = [self.groups[column].cat.codes.to_numpy() for column in self.groups]
        return np.ravel_multi_index([codes.astype(np.int64) for codes in each], sizes)

    def cells(self) -> NDArray[np.float64]:
        """True positives, false positives, false negatives, true negatives of each group: (G, 4)."""
        cell = np.where(self.truth, np.where(self.prediction, 0, 2), 3 - 2 * self.prediction)
        counts = np.bincount(4 * self.codes + cell, minlength=4 * len(self.names))
        return counts.reshape(-1, 4).astype(float)

    def of_one_class(self) -> list[str]:
        """Groups of which all faces are annotated alike; none where exact answers are counted."""
        if self.exact:
            return []
        tp, fp, fn, tn = self.cells().T
        alone = ((tp + fn > 0) != (fp + tn > 0)).nonzero()[0]
        return [self.names[each] for each in alone]


def read(
    truth: Column,
    prediction: Column,
    groups: Groups,
    score: Column | None = None,
    positive: Hashable | None = 1,
    data: pd.DataFrame | None = None,
) -> Answers:
    """Check answers and make them comparable; the parameters are those of ``audit``."""
    if data is not None and not isinstance(data, pd.DataFrame):
        raise InputError(f"data must be a pandas table, not a value of type {type(data).__name__}.")
    table, attributes = _gather(truth, prediction, groups, score, data)
    table = table.apply(_without_blanks)
    # Before faces are left out: a group that loses all of them keeps its row.
    crossed = table[attributes].apply(_categorical)
    table = _complete(table)
    crossed = crossed.loc[table.index]
    if "score" in table:
        table["score"] = _probabilities(table["score"])
    _require_labels(table)
    right, told, note = _against(table, positive)
    _require_groups(crossed)
    number = table["score"].to_numpy(dtype=float) if "score" in table else None
    if number is not None:
        _warn_if_turned_round(number, told, positive)
    return Answers(right, told, crossed, number, note, positive is None)


def column(name: str, values: Column, data: pd.DataFrame | None) -> pd.Series:
    """One column, out of ``data`` where a name is given; its index only if it had one."""
    if isinstance(values, str):
        if data is None:
            raise InputError(
                f"{name}={arguments.shown(values)} names a column: give its table as data=..."
            )
        arguments.columns(data, [values], f"the table, asked for {name},")
        values = data[values]
    if isinstance(values, pd.Series):
        if values.dtype != object:
            return values
        return pd.Series(arguments.plain(list(values), name), values.index, dtype=object)
    if isinstance(values, pd.MultiIndex):
        raise InputError(f"{name} is an index of {values.nlevels} levels: give one column.")
    if isinstance(values, pd.Index | pd.api.extensions.ExtensionArray) and values.ndim == 1:
        return pd.Series(values)
    array = _array(name, values)
    if array.ndim != 1:
        raise InputError(
            f"{name} has shape {array.shape}; one value a face is needed, shape (N,)."
            + (" Give the column of the positive class, score[:, k]." if name == "score" else "")
        )
    plain = pd.Series(array)
    plain.attrs["counted"] = True  # an array has no index that could say whose value this is
    return plain


def _array(name: str, values: Any) -> NDArray[Any]:
    if values is None:
        raise InputError(f"{name} is None: give one value a face.")
    if isinstance(values, Mapping | set | frozenset | pd.DataFrame):
        raise InputError(
            f"{name} is a {type(values).__name__}: give one column, in the order of faces."
        )
    try:
        plain = arguments.plain(values, name)
        if isinstance(plain, list) and len({_sort(each) for each in plain}) > 1:
            # numpy would make text of numbers, and of what is missing: 1 and "1" are told apart.
            array = np.empty(len(plain), dtype=object)
            array[:] = plain
            return array
        return np.asarray(plain)
    except InputError:
        raise
    except (TypeError, ValueError, RuntimeError):
        raise InputError(f"{name} must hold one value a face, all of one kind.") from None


def _sort(value: object) -> str:
    kinds = {"text": str, "truth": bool | np.bool_}
    return next((name for name, kind in kinds.items() if isinstance(value, kind)), "")


def _gather(
    truth: Column,
    prediction: Column,
    groups: Groups,
    score: Column | None,
    data: pd.DataFrame | None,
) -> tuple[pd.DataFrame, list[str]]:
    columns = {
        "truth": column("truth", truth, data),
        "prediction": column("prediction", prediction, data),
    }
    if score is not None:
        columns["score"] = column("score", score, data)
    split = _attributes(groups, data)
    attributes = [f"group: {name}" for name in split] or [EVERYONE]
    columns |= dict(zip(attributes, split.values(), strict=False))
    _require_one_length(columns)
    indexed: dict[str, pd.Series] = {}
    for name, each in columns.items():
        if not each.attrs.get("counted"):
            # A group column may be called "truth" as well: then by its full name.
            indexed[name if _plain(name) in indexed else _plain(name)] = each
    arguments.one_order(**indexed)
    table = pd.DataFrame({name: each.array for name, each in columns.items()})
    if not split:
        table[EVERYONE] = EVERYONE
    return table, attributes


def _attributes(groups: Groups, data: pd.DataFrame | None) -> dict[str, pd.Series]:
    """Columns by attribute: what ``groups`` is follows from what it holds, never from lengths."""
    if groups is None:
        return {}
    if isinstance(groups, pd.MultiIndex):
        levels = [groups.get_level_values(k) for k in range(groups.nlevels)]
        return _of_table(dict(zip(_names(groups), levels, strict=True)), None)
    if not isinstance(groups, str | pd.Series | pd.DataFrame | Mapping):
        groups = arguments.plain(groups, "groups")
    if isinstance(groups, pd.DataFrame | Mapping):
        return _of_table(groups, data)
    if isinstance(groups, list | tuple) and len(groups):
        if data is not None and all(isinstance(each, str) and each in data for each in groups):
            if len(set(groups)) < len(groups):
                raise InputError("groups names a column twice: give each attribute once.")
            return {name: column("groups", name, data) for name in groups}
        if data is not None and len(groups) != len(data) and _all_text(groups):
            # No list of labels, which would be as long as the table: one of the names is wrong.
            arguments.columns(data, groups, "the table, asked for groups,")
        if all(_is_column(each) for each in groups):
            return {f"attribute {k}": column("groups", each, None) for k, each in enumerate(groups)}
    if isinstance(groups, np.ndarray) and groups.ndim == 2:
        return _of_table({f"attribute {k}": each for k, each in enumerate(groups.T)}, None)
    return {"groups": column("groups", groups, data)}


def _of_table(
    groups: pd.DataFrame | Mapping[str, Any], data: pd.DataFrame | None
) -> dict[str, pd.Series]:
    names = list(groups.keys())
    if not names:
        raise InputError("groups has no column: give an attribute, or None for everyone.")
    if len({str(each) for each in names}) < len(names):
        raise InputError("groups has two columns of one name: rename or drop one.")
    return {str(name): column(str(name), groups[name], data) for name in names}


def _names(index: pd.MultiIndex) -> list[str]:
    """Names of levels; None stands for those without one."""
    return [f"level {k}" if name is None else str(name) for k, name in enumerate(index.names)]


def _all_text(values: Collection[Any]) -> bool:
    return all(isinstance(each, str) for each in values)


def _is_column(values: Any) -> bool:
    return isinstance(values, list | tuple | np.ndarray | pd.Series | pd.Index | pd.Categorical)


def _require_one_length(columns: dict[str, pd.Series]) -> None:
    first = len(columns["truth"])
    for name, each in columns.items():
        if len(each) != first:
            raise InputError(
                "every face needs a value in each column, but lengths differ: truth has "
                f"{first:,} and {_plain(name)} {len(each):,}."
            )
    if not len(columns["truth"]):
        raise InputError("there are no faces to audit: truth is empty.")


def _plain(name: str) -> str:
    """A column as the reader calls it."""
    return name.removeprefix("group: ")


def _complete(table: pd.DataFrame) -> pd.DataFrame:
    missing = table.isna()
    if not missing.to_numpy().any():
        return table
    counts = ", ".join(
        f"{count} without {_plain(str(name))}" for name, count in missing.sum().items() if count
    )
    kept = table[~missing.any(axis=1)].copy()
    if not len(kept):
        raise InputError(f"no face has all its values: {counts}.")
    warnings.warn(
        f"{len(table) - len(kept)} of {len(table)} faces are left out, they lack a value: "
        f"{counts}.",
        stacklevel=4,
    )
    return kept


def _without_blanks(values: pd.Series) -> pd.Series:
    """The column, with cells that hold nothing but blanks as missing ones."""
    if values.dtype.kind in "biufcmM":
        return values
    blank = values.map(_blank).astype(bool)
    return values.mask(blank) if blank.any() else values


def _blank(cell: object) -> bool:
    return isinstance(cell, str) and not cell.strip()


def _probabilities(score: pd.Series) -> NDArray[np.float64]:
    values = arguments.number_array(score.to_numpy(), "score")
    # Rounding alone puts the sum of a softmax a little above 1.
    outside = int(((values < -1e-6) | (values > 1 + 1e-6)).sum())
    if outside:
        raise InputError(
            f"score must be the probability of the positive class, in [0, 1]; {outside} of "
            f"{len(values)} are outside ({values.min():.3g} to {values.max():.3g}). Logits go "
            "through a softmax or sigmoid first."
        )
    return np.clip(values, 0, 1)


def _require_labels(table: pd.DataFrame) -> None:
    known, told = _labels("truth", table["truth"]), _labels("prediction", table["prediction"])
    for name, held in (("truth", known), ("prediction", told)):
        if len(held) > _MOST_NUMBERS and table[name].dtype.kind == "f":
            raise InputError(
                f"{name} holds {len(held)} different numbers, so it looks like scores: compare it "
                "with a threshold first, and pass the scores as score=..."
            )
    unknown = told - known
    if known | told <= {0, 1}:  # where all are of one class, all may be missed
        return
    if not known & told or (unknown and len(known) == 2):
        raise InputError(
            f"prediction holds {_listed(unknown)}, which truth never does (truth: "
            f"{_listed(known)}). Labels must be spelt alike and be of one type."
        )
    _warn_of_alike("truth and prediction", sorted(known | told, key=str), "labels", 5)
    if unknown and len(known) > 2:
        warnings.warn(
            f"prediction holds {_listed(unknown)}, which truth never does; they count as wrong.",
            stacklevel=4,
        )


def _labels(name: str, values: pd.Series) -> set[Any]:
    try:
        found = set(values.unique())
    except TypeError:
        found = {()}
    if any(isinstance(each, tuple) for each in found):  # numpy takes one for a row of labels
        raise InputError(
            f"{name} holds {arguments.shown(values.iloc[0])}: a label must be a number, text, True "
            "or False."
        )
    return found


def _against(
    table: pd.DataFrame, positive: Hashable | None
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], str]:
    truth, prediction = table["truth"].to_numpy(), table["prediction"].to_numpy()
    labels = set(table["truth"].unique()) | set(table["prediction"].unique())
    if positive is None:
        exact = np.asarray(truth == prediction, dtype=bool)
        return np.ones(len(table), bool), exact, f"exact answer among {len(labels)} labels"
    _require_positive(positive, labels)
    note = f"{positive} against the rest" if len(labels) > 2 else ""
    if note and positive == 1:
        # The default, and a course on faces once audited class number 1 for all eight classes.
        warnings.warn(
            f"there are {len(labels)} labels, and the audit is of label 1 against all others; "
            "name another with positive=..., or take positive=None for accuracy alone.",
            stacklevel=4,
        )
    return np.asarray(truth == positive), np.asarray(prediction == positive), note


def _require_positive(positive: Hashable, labels: set[Any]) -> None:
    known = isinstance(positive, Hashable) and positive in labels
    # Of labels 0 and 1 one may happen not to occur.
    binary = isinstance(positive, int | float | np.number | np.bool_) and positive in (0, 1)
    if not known and not (binary and labels <= {0, 1}):
        raise InputError(
            f"positive={arguments.shown(positive)} is none of the labels, {_listed(labels)}: name "
            "the one that counts as positive, or None for accuracy alone."
        )


def _warn_if_turned_round(
    score: NDArray[np.float64], told: NDArray[np.bool_], positive: Hashable | None
) -> None:
    if told.all() or not told.any() or positive is None:
        return
    if score[told].mean() < score[~told].mean():
        warnings.warn(
            f"score is lower where the prediction is {arguments.shown(positive)}: it seems to be the "
            "probability of the other class; pass 1 - score.",
            stacklevel=4,
        )


def _categorical(values: pd.Series) -> pd.Series:
    """A category for each name: 1 and "1" would be two groups of one name."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        levels = pd.Index([each for each in values.cat.categories if not _blank(each)])
    else:
        try:
            levels = values.astype("category").cat.categories
        except TypeError:
            values = values.map(str, na_action="ignore")
            levels = pd.Index(values.dropna().unique())
    names, called = list(dict.fromkeys(map(str, levels))), _plain(str(values.name))
    if len(names) < len(levels) or _true_beside_one(values):
        warnings.warn(
            f"{called} holds labels of two types that read alike, such as 1 and '1' or 1 and True: "
            "they are taken for one group.",
            stacklevel=6,
        )
    _warn_of_alike(called, names, "groups", 7)
    if len(names) < len(levels):
        return values.astype(object).map(str, na_action="ignore").astype(pd.CategoricalDtype(names))
    return values.astype(pd.CategoricalDtype(levels))


def _true_beside_one(values: pd.Series) -> bool:
    """Whether True and 1, which are equal to pandas, both occur; or False and 0."""
    if values.dtype != object:
        return False
    kinds: dict[Any, set[bool]] = {0: set(), 1: set()}
    for each in values:
        if isinstance(each, bool | np.bool_ | int | float | np.number) and each in kinds:
            kinds[each].add(isinstance(each, bool | np.bool_))
    return any(len(each) > 1 for each in kinds.values())


def _warn_of_alike(what: str, labels: Sequence[Any], of: str, stacklevel: int) -> None:
    """Warn of labels that a reader takes for one: "a" and "A ", or 1.0 and "1"."""
    seen: dict[str, Any] = {}
    for each in labels:
        other = seen.setdefault(_read_aloud(str(each)), each)
        if other is not each:
            warnings.warn(
                f"{arguments.shown(other)} and {arguments.shown(each)} look alike in {what} but are "
                f"taken for two {of}: spell them alike if they are one.",
                stacklevel=stacklevel,
            )
            return


def _read_aloud(text: str) -> str:
    """A label without what the eye overlooks: case, blanks, marks without width, 1 or 1.0."""
    seen = (each for each in text if unicodedata.category(each) != "Cf")
    plain = " ".join(unicodedata.normalize("NFKC", "".join(seen)).casefold().split())
    try:
        return str(float(plain))
    except ValueError:
        return plain


def _require_groups(crossed: pd.DataFrame) -> None:
    """Refuse what names faces or measures them, and groups of one name."""
    sizes = {name: len(crossed[name].cat.categories) for name in crossed}
    number, faces = math.prod(sizes.values()), len(crossed)
    most = max(sizes, key=lambda name: sizes[name])
    named = number > 50 and sizes[most] > faces / 2
    if named or any(_measured(crossed[name].cat.categories) for name in crossed):
        if not named:
            most = next(name for name in crossed if _measured(crossed[name].cat.categories))
        raise InputError(
            f"{_plain(str(most))} has {sizes[most]:,} different values for {faces:,} faces: that "
            "names or measures faces instead of grouping them. Give an attribute that many faces "
            "share, or cut numbers into ranges with pandas.cut."
        )
    if number > MOST_GROUPS:
        crosses = ", ".join(f"{_plain(str(name))} ({size:,})" for name, size in sizes.items())
        raise InputError(
            f"groups crosses {crosses[:200]}, which makes {number:,} different values for {faces:,} "
            "faces: take fewer attributes, or fewer values of them."
        )
    levels = [crossed[each].cat.categories for each in crossed]
    names = [BETWEEN.join(map(str, each)) for each in product(*levels)]
    if len(set(names)) < number:
        twice = next(each for k, each in enumerate(names) if each in names[:k])
        raise InputError(f"two crossed groups are both called {twice!r}: rename their values.")


def _measured(levels: pd.Index) -> bool:
    """Whether values are measurements, as an age of 31.7: many numbers that are not whole."""
    return levels.dtype.kind == "f" and len(levels) > _MOST_NUMBERS and bool((levels % 1).any())


def _listed(labels: set[Any]) -> str:
    names = sorted(map(arguments.shown, labels))
    shown = ", ".join(names[:8])
    return shown if len(names) <= 8 else f"{shown} and {len(names) - 8} more"
