"""What a model answered, checked and split into groups: the input of every audit."""

import warnings
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.errors import BadTable, InputError

Column: TypeAlias = str | pd.Series | pd.Index | np.ndarray | list[Any] | tuple[Any, ...]
Groups: TypeAlias = Column | pd.DataFrame | Mapping[str, Any] | None

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
        if len(levels) == 1:
            return [str(each) for each in levels[0]]
        return [BETWEEN.join(map(str, each)) for each in pd.MultiIndex.from_product(levels)]

    @property
    def codes(self) -> NDArray[np.int64]:
        """Of each face, the position of its group in :attr:`names`."""
        sizes = [len(self.groups[column].cat.categories) for column in self.groups]
        each = [self.groups[column].cat.codes.to_numpy() for column in self.groups]
        return np.ravel_multi_index([codes.astype(np.int64) for codes in each], sizes)

    def cells(self) -> NDArray[np.float64]:
        """True positives, false positives, false negatives, true negatives of each group: (G, 4).

        fairlearn splits and crosses the groups, scikit-learn counts.
        """
        from fairlearn.metrics import MetricFrame, count
        from sklearn.metrics import confusion_matrix

        def confusion(truth: Any, prediction: Any) -> np.ndarray:
            return np.asarray(confusion_matrix(truth, prediction, labels=[False, True]))

        frame = MetricFrame(
            metrics={"cells": confusion, "n": count},
            y_true=self.truth,
            y_pred=self.prediction,
            sensitive_features=self.groups.apply(lambda column: column.cat.codes),
        )
        sizes = [len(self.groups[column].cat.categories) for column in self.groups]
        found = np.zeros((*sizes, 4))
        for key, matrix in frame.by_group["cells"].items():
            if isinstance(matrix, np.ndarray):  # no array where nobody is in a crossed group
                found[key] = matrix[[1, 0, 1, 0], [1, 1, 0, 0]]
        return found.reshape(-1, 4)


def read(
    truth: Column,
    prediction: Column,
    groups: Groups,
    score: Column | None = None,
    positive: Hashable | None = 1,
    data: pd.DataFrame | None = None,
) -> Answers:
    """Check answers and make them comparable; the parameters are those of ``audit``."""
    table, attributes = _gather(truth, prediction, groups, score, data)
    table = _complete(table, attributes)
    if "score" in table:
        _require_probabilities(table["score"])
    _require_labels(table)
    right, told, note = _against(table, positive)
    crossed = table[attributes].apply(_categorical).set_axis(attributes, axis=1)
    number = table["score"].to_numpy(dtype=float) if "score" in table else None
    if number is not None:
        _warn_if_turned_round(number, told, positive)
    return Answers(right, told, crossed, number, note, positive is None)


def column(name: str, values: Column, data: pd.DataFrame | None) -> pd.Series:
    """One column, out of ``data`` where a name is given; its index only if it had one."""
    if isinstance(values, str):
        if data is None:
            raise InputError(f"{name}={values!r} names a column: give its table as data=...")
        if values not in data:
            found = ", ".join(map(str, data.columns))
            raise BadTable(f"there is no column {values!r} for {name}; found: {found}.")
        return data[values]
    if isinstance(values, pd.Series):
        return values
    array = np.asarray(values)
    if array.ndim != 1:
        raise InputError(
            f"{name} has shape {array.shape}; one value a face is needed, shape (N,)."
            + (" Give the column of the positive class, score[:, k]." if name == "score" else "")
        )
    return pd.Series(array)


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
    _require_one_order(columns)
    table = pd.DataFrame({name: each.array for name, each in columns.items()})
    if not split:
        table[EVERYONE] = EVERYONE
    return table, attributes


def _attributes(groups: Groups, data: pd.DataFrame | None) -> dict[str, pd.Series]:
    if groups is None:
        return {}
    if isinstance(groups, (pd.DataFrame, Mapping)):
        if not len(groups.keys()):
            raise InputError("groups has no column: give an attribute, or None for everyone.")
        return {str(name): column(str(name), groups[str(name)], data) for name in groups}
    if isinstance(groups, (list, tuple)) and data is not None and len(groups) != len(data):
        return {str(name): column("groups", str(name), data) for name in groups}
    if isinstance(groups, np.ndarray) and groups.ndim == 2:
        return {f"attribute {k}": pd.Series(groups[:, k]) for k in range(groups.shape[1])}
    return {"groups": column("groups", groups, data)}


def _require_one_length(columns: dict[str, pd.Series]) -> None:
    if len({len(each) for each in columns.values()}) > 1:
        counts = ", ".join(f"{name} {len(each)}" for name, each in columns.items())
        raise InputError(f"every face needs a value in each column, but lengths differ: {counts}.")
    if not len(columns["truth"]):
        raise InputError("there are no faces to audit: truth is empty.")


def _require_one_order(columns: dict[str, pd.Series]) -> None:
    # An index that merely counts says nothing about which face a row is.
    labelled = {
        name: each for name, each in columns.items() if not isinstance(each.index, pd.RangeIndex)
    }
    names = list(labelled)
    for other in names[1:]:
        if not labelled[names[0]].index.equals(labelled[other].index):
            raise InputError(
                f"{names[0]} and {other} have different indexes, so their rows may be of different "
                f"faces: align them with .loc[...], or pass .to_numpy() if the order is right."
            )


def _complete(table: pd.DataFrame, attributes: list[str]) -> pd.DataFrame:
    missing = table.isna()
    if not missing.to_numpy().any():
        return table
    counts = ", ".join(
        f"{count} without {str(name).removeprefix('group: ')}"
        for name, count in missing.sum().items()
        if count
    )
    kept = table[~missing.any(axis=1)]
    if not len(kept):
        raise InputError(f"no face has all its values: {counts}.")
    warnings.warn(
        f"{len(table) - len(kept)} of {len(table)} faces are left out, they lack a value: "
        f"{counts}.",
        stacklevel=4,
    )
    return kept


def _require_probabilities(score: pd.Series) -> None:
    try:
        values = score.to_numpy(dtype=float)
    except (TypeError, ValueError):
        raise InputError(f"score must be numbers, but holds {score.iloc[0]!r}.") from None
    outside = int(((values < 0) | (values > 1)).sum())
    if outside:
        raise InputError(
            f"score must be the probability of the positive class, in [0, 1]; {outside} of "
            f"{len(values)} are outside ({values.min():.3g} to {values.max():.3g}). Logits go "
            "through a softmax or sigmoid first."
        )


def _require_labels(table: pd.DataFrame) -> None:
    known, told = set(table["truth"].unique()), set(table["prediction"].unique())
    if len(told) > 20 and table["prediction"].dtype.kind == "f":
        raise InputError(
            f"prediction holds {len(told)} different numbers, so it looks like scores: compare it "
            "with a threshold first, and pass the scores as score=..."
        )
    unknown = told - known
    if not known & told or (unknown and len(known) == 2):
        raise InputError(
            f"prediction holds {_listed(unknown)}, which truth never does (truth: "
            f"{_listed(known)}). Labels must be spelt alike and be of one type."
        )
    if unknown and len(known) > 2:
        warnings.warn(
            f"prediction holds {_listed(unknown)}, which truth never does; they count as wrong.",
            stacklevel=4,
        )


def _against(
    table: pd.DataFrame, positive: Hashable | None
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], str]:
    truth, prediction = table["truth"].to_numpy(), table["prediction"].to_numpy()
    labels = set(table["truth"].unique()) | set(table["prediction"].unique())
    if positive is None:
        exact = np.asarray(truth == prediction, dtype=bool)
        return np.ones(len(table), bool), exact, f"exact answer among {len(labels)} labels"
    if positive not in labels and not labels <= {0, 1}:
        raise InputError(
            f"positive={positive!r} is none of the labels, {_listed(labels)}: name the one that "
            "counts as positive, or None for accuracy alone."
        )
    note = f"{positive} against the rest" if len(labels) > 2 else ""
    if note and positive == 1:
        # The default, and a course on faces once audited class number 1 for all eight classes.
        warnings.warn(
            f"there are {len(labels)} labels, and the audit is of label 1 against all others; "
            "name another with positive=..., or take positive=None for accuracy alone.",
            stacklevel=4,
        )
    return np.asarray(truth == positive), np.asarray(prediction == positive), note


def _warn_if_turned_round(
    score: NDArray[np.float64], told: NDArray[np.bool_], positive: Hashable | None
) -> None:
    if told.all() or not told.any() or positive is None:
        return
    if score[told].mean() < score[~told].mean():
        warnings.warn(
            f"score is lower where the prediction is {positive!r}: it seems to be the probability "
            "of the other class; pass 1 - score.",
            stacklevel=4,
        )


def _categorical(values: pd.Series) -> pd.Series:
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values
    try:
        return values.astype("category")
    except TypeError:
        return values.astype(str).astype("category")


def _listed(labels: set[Any]) -> str:
    names = sorted(map(repr, labels))
    shown = ", ".join(names[:8])
    return shown if len(names) <= 8 else f"{shown} and {len(names) - 8} more"
