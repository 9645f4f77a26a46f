"""What a model answered, checked and split into groups: the input of every audit."""

import warnings
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers import arguments
from helpers.bias.classification.groups import (
    MOST_NUMBERS,
    Column,
    Groups,
    attributes,
    blank,
    categorical,
    column,
    names_of,
    require_groups,
    warn_of_alike,
)
from helpers.errors import InputError

EVERYONE = "everyone"


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

    @cached_property
    def names(self) -> list[str]:
        """Names of all groups, those without anybody included."""
        return names_of(self.groups)

    @cached_property
    def codes(self) -> NDArray[np.int64]:
        """Of each face, the position of its group in :attr:`names`."""
        sizes = [len(self.groups[column].cat.categories) for column in self.groups]
        each = [self.groups[column].cat.codes.to_numpy() for column in self.groups]
        return np.ravel_multi_index([codes.astype(np.int64) for codes in each], sizes)

    @cached_property
    def cells(self) -> NDArray[np.float64]:
        """True and false positives, false and true negatives of each group, an array (G, 4)."""
        cell = np.where(self.truth, np.where(self.prediction, 0, 2), 3 - 2 * self.prediction)
        counts = np.bincount(4 * self.codes + cell, minlength=4 * len(self.names))
        return counts.reshape(-1, 4).astype(float)

    def of_one_class(self) -> list[str]:
        """Groups of which all faces are annotated alike; none where exact answers are counted."""
        if self.exact:
            return []
        tp, fp, fn, tn = self.cells.T
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
    given = {"truth": truth, "prediction": prediction}
    given |= {} if score is None else {"score": score}
    columns = {name: column(name, values, data) for name, values in given.items()}
    split = attributes(groups, data)
    _require_one_order(columns, split)
    everyone = {EVERYONE: pd.Series(EVERYONE, range(len(columns["truth"])))}
    # Before faces are left out: a group that loses all of them keeps its row.
    crossed = _table(split or everyone)
    for name in crossed:
        # Not with apply, whose own calls would stand between a warning and the reader's line.
        crossed[name] = categorical(crossed[name])
    table, crossed = _complete(_table(columns), crossed)
    _require_labels(table)
    right, told, note = _against(table, positive)
    require_groups(crossed)
    number = probabilities(table["score"].to_numpy(), "score") if "score" in table else None
    if number is not None:
        _warn_if_turned_round(number, told, positive)
    return Answers(right, told, crossed, number, note, positive is None)


def askable(
    answers: Answers, wanted: list[str], usual: Sequence[str], of_exact: Sequence[str]
) -> list[str]:
    """What can be asked: where exact answers are counted, only what needs no positive class.

    Parameters
    ----------
    answers : Answers
    wanted : list of str
        Names of metrics or criteria.
    usual : sequence of str
        What a caller gets who names nothing. Where exact answers are counted, the same list asks
        for ``of_exact``.
    of_exact : sequence of str
        Names of those that need no positive class.

    Returns
    -------
    list of str

    Raises
    ------
    InputError
        If another is wanted than can be asked.
    """
    if not answers.exact:
        return wanted
    if wanted == list(usual):
        return list(of_exact)
    others = [each for each in wanted if each not in of_exact]
    if others:
        raise InputError(
            f"{', '.join(others)}: with positive=None there is no positive class, only "
            f"{' and '.join(of_exact)}; name a label with positive=..."
        )
    return wanted


def probabilities(values: Any, name: str) -> NDArray[np.float64]:
    """Check a column of probabilities, one a face: an array (N,) in [0, 1]."""
    found = arguments.finite_array(arguments.plain(values, name), name, ndim=1)
    # Rounding alone puts the sum of a softmax a little above 1.
    outside = int(((found < -1e-6) | (found > 1 + 1e-6)).sum())
    if outside:
        raise InputError(
            f"{name} must be in [0, 1], a probability, but {outside} of {len(found)} are outside "
            f"({found.min():.3g} to {found.max():.3g}). Logits go through a softmax or sigmoid "
            "first."
        )
    return np.clip(found, 0, 1)


def joined(*notes: str) -> str:
    """Notes as one, without those that say nothing."""
    return "; ".join(filter(None, notes))


def _require_one_order(columns: dict[str, pd.Series], split: dict[str, pd.Series]) -> None:
    """Check that columns are as long as the truth, and that no index speaks against their order."""
    first = len(columns["truth"])
    indexed: dict[str, pd.Series] = {}
    for name, each in [*columns.items(), *split.items()]:
        if len(each) != first:
            raise InputError(
                "every face needs a value in each column, but lengths differ: truth has "
                f"{first:,} and {name} {len(each):,}."
            )
        if not each.attrs.get("counted"):
            # A column of groups may be called "truth" as well.
            indexed[f"group: {name}" if name in indexed else name] = each
    if not first:
        raise InputError("there are no faces to audit: truth is empty.")
    arguments.one_order(**indexed)


def _table(columns: dict[str, pd.Series]) -> pd.DataFrame:
    """Columns side by side, with cells that hold nothing but blanks as missing ones."""
    return pd.DataFrame({name: each.array for name, each in columns.items()}).apply(_without_blanks)


def _without_blanks(values: pd.Series) -> pd.Series:
    if values.dtype.kind in "biufcmM":
        return values
    empty = values.map(blank).astype(bool)
    return values.mask(empty) if empty.any() else values


def _complete(table: pd.DataFrame, crossed: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    missing = pd.concat([table, crossed], axis=1).isna()
    if not missing.to_numpy().any():
        return table, crossed
    counts = ", ".join(f"{count} without {name}" for name, count in missing.sum().items() if count)
    kept = ~missing.any(axis=1)
    if not kept.any():
        raise InputError(f"no face has all its values: {counts}.")
    warnings.warn(
        f"{(~kept).sum()} of {len(table)} faces are left out, they lack a value: {counts}.",
        stacklevel=4,
    )
    return table[kept], crossed[kept]


def _require_labels(table: pd.DataFrame) -> None:
    known, told = _labels("truth", table["truth"]), _labels("prediction", table["prediction"])
    for name, held in (("truth", known), ("prediction", told)):
        if len(held) > MOST_NUMBERS and table[name].dtype.kind == "f":
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
    warn_of_alike("truth and prediction", sorted(known | told, key=str), "labels", 5)
    if unknown and len(known) != 1:  # of two labels it was refused above
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
            f"score is lower where the prediction is {arguments.shown(positive)}: it seems to be "
            "the probability of the other class; pass 1 - score.",
            stacklevel=4,
        )


def _listed(labels: set[Any]) -> str:
    names = sorted(map(arguments.shown, labels))
    shown = ", ".join(names[:8])
    return shown if len(names) <= 8 else f"{shown} and {len(names) - 8} more"
