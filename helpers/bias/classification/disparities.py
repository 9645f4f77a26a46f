"""How far groups are apart: fairness criteria as differences and ratios, and the worst group."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from helpers.bias.classification.answers import Column, Groups, read
from helpers.bias.classification.audits import SMALLEST
from helpers.bias.classification.inversion import Array, Inverted, Statistic, inverted, worst
from helpers.bias.classification.metrics import Proportion, named
from helpers.errors import InputError, unknown_name

CRITERIA: dict[str, tuple[str, ...]] = {
    "demographic parity": ("selection_rate",),
    "equal opportunity": ("recall",),
    "equalised odds": ("recall", "fpr"),
    "predictive parity": ("precision",),
    "accuracy parity": ("accuracy",),
    "error parity": ("error",),
}
"""Which metrics a criterion wants to be equal in all groups."""


def disparities(
    truth: Column,
    prediction: Column,
    groups: Groups,
    positive: Hashable | None = 1,
    seed: int = 0,
    *,
    criteria: Sequence[str] = tuple(CRITERIA),
    data: pd.DataFrame | None = None,
    smallest: int = SMALLEST,
    level: float = 0.95,
) -> pd.DataFrame:
    """Gaps and ratios between the groups, with intervals that hold at parity too.

    Parameters
    ----------
    truth, prediction, groups, positive, data, level
        As in :func:`~helpers.bias.classification.audit`.
    seed : int
        Of the simulation behind the intervals.
    criteria : sequence of str
        Names from :data:`CRITERIA`.
    smallest : int
        Groups with fewer faces are named in ``note``; they count all the same, but where such a
        group is the one that differs, intervals hold the truth less often (88 % with 20 faces).

    Returns
    -------
    DataFrame
        ``criterion``; ``measure``: "difference" (largest - smallest rate), "ratio" (smallest /
        largest) or "worst group" (the smallest accuracy); ``metric``, the one in which the groups
        are furthest apart; ``value, low, high``; ``by_chance``, the value to expect if groups did
        not differ at all; ``lowest, highest``, the groups; and ``note``.

    Raises
    ------
    InputError
        If there is but one group.
    UnknownName
        If there is no such criterion.

    Notes
    -----
    Differences are fairlearn's ``demographic_parity_difference`` and so on, between the extreme
    groups. They are biased away from parity, the more the more groups there are and the smaller:
    read ``value`` beside ``by_chance``, and rely on the interval, which may lie wholly nearer to
    parity than ``value``. See :mod:`helpers.bias.classification.inversion` for how it is made. An
    interval of a difference without 0 is a test of parity at the chosen level.

    References
    ----------
    Hardt, M., Price, E. & Srebro, N. (2016). Equality of opportunity in supervised learning.
    NeurIPS. Chouldechova, A. (2017). Fair prediction with disparate impact. Big Data 5.
    """
    for criterion in criteria:
        if criterion not in CRITERIA:
            raise unknown_name("criterion", criterion, CRITERIA)
    answers = read(truth, prediction, groups, None, positive, data)
    cells, names = answers.cells(), answers.names
    if len(names) < 2:
        raise InputError(f"a disparity needs two groups; there is only {', '.join(names)}.")
    if answers.exact:
        criteria = [each for each in criteria if set(CRITERIA[each]) <= {"accuracy", "error"}]
    rows: list[dict[str, Any]] = []
    for criterion in criteria:
        counted = _Counted(cells, names, CRITERIA[criterion], smallest)
        rows += [{"criterion": criterion} | row for row in counted.rows(level, seed)]
        if criterion == "accuracy parity":
            rows.append({"criterion": criterion} | counted.worst(level, seed))
    table = pd.DataFrame(rows)
    if answers.note:
        table["note"] = [f"{note}; {answers.note}".removeprefix("; ") for note in table["note"]]
    return table


class _Counted:
    """The counts behind one criterion, of the groups in which it is defined."""

    def __init__(
        self, cells: Array, names: list[str], metrics: tuple[str, ...], smallest: int
    ) -> None:
        counts = []
        for metric in metrics:
            kind = named(metric)
            assert isinstance(kind, Proportion)  # so are all metrics of CRITERIA
            counts.append(kind.counts(cells))
        hits, n = np.array(counts).transpose(1, 0, 2)  # each (metrics, groups)
        self.defined = (n > 0).all(axis=0)
        self.metrics, self.names = metrics, [names[k] for k in np.flatnonzero(self.defined)]
        self.hits, self.n = hits[:, self.defined], n[:, self.defined]
        self.note = self._note(names, n, smallest)

    def rows(self, level: float, seed: int) -> list[dict[str, Any]]:
        return [self._row(measure, level, seed) for measure in ("difference", "ratio")]

    def worst(self, level: float, seed: int) -> dict[str, Any]:
        row = self._named(0) | {"measure": "worst group", "metric": self.metrics[0]}
        if len(self.names) < 2:
            return row | _nothing("undefined (fewer than two groups)", self.note)
        found = worst(self.hits[0], self.n[0], level=level, seed=seed)
        return row | _figures(found) | {"note": self.note}

    def _row(self, measure: str, level: float, seed: int) -> dict[str, Any]:
        if len(self.names) < 2:
            row = self._named(0) | {"measure": measure, "metric": self.metrics[0]}
            return row | _nothing("undefined (fewer than two groups)", self.note)
        apart = _difference if measure == "difference" else _unlikeness
        metric = int(np.argmax(apart(self.hits / self.n)))
        row = self._named(metric) | {"measure": measure, "metric": self.metrics[metric]}
        if measure == "ratio" and not self.hits.any(axis=1).all():
            return row | _nothing("undefined (the rate is 0 in every group)", self.note)
        found = self._inverted(apart, level, seed)
        return (
            row
            | _figures(found if measure == "difference" else _turned(found))
            | {"note": self.note}
        )

    def _inverted(self, apart: Statistic, level: float, seed: int) -> Inverted:
        shape = self.hits.shape
        pooled = self.hits.sum(axis=1, keepdims=True) / self.n.sum(axis=1, keepdims=True)

        def furthest(rates: Array) -> Array:
            return np.asarray(apart(rates.reshape(*rates.shape[:-1], *shape)).max(axis=-1))

        flat = (self.hits.ravel(), self.n.ravel(), np.broadcast_to(pooled, shape).ravel())

        def calmed(apart_by: Array) -> Array:
            return _fewer_extremes(apart_by.reshape(shape)).ravel()

        return inverted(furthest, *flat, level=level, seed=seed, calmed=calmed)

    def _named(self, metric: int) -> dict[str, Any]:
        if not self.names:
            return {"lowest": "", "highest": ""}
        rates = self.hits[metric] / self.n[metric]
        return {"lowest": self.names[rates.argmin()], "highest": self.names[rates.argmax()]}

    def _note(self, names: list[str], n: Array, smallest: int) -> str:
        without = [name for name, has in zip(names, self.defined, strict=True) if not has]
        few = n.min(axis=0) < smallest
        small = [name for name, has in zip(names, self.defined & few, strict=True) if has]
        parts = [f"without {', '.join(without)} (undefined)"] if without else []
        few_in = f"fewer than {smallest} to go by, so the interval may be too narrow: "
        parts += [few_in + ", ".join(small)] if small else []
        return "; ".join(parts)


def _difference(rates: Array) -> Array:
    return np.asarray(rates.max(axis=-1) - rates.min(axis=-1))


def _unlikeness(rates: Array) -> Array:
    """1 - smallest / largest: like a difference, 0 at parity and growing away from it."""
    largest = rates.max(axis=-1)
    return np.asarray(1 - rates.min(axis=-1) / np.where(largest > 0, largest, 1)) * (largest > 0)


def _fewer_extremes(apart_by: Array) -> Array:
    """Differences (metrics, groups), halved but for the largest and the smallest of each metric."""
    halved = apart_by / 2
    for side in (apart_by.argmin(axis=-1), apart_by.argmax(axis=-1)):
        np.put_along_axis(
            halved, side[:, None], np.take_along_axis(apart_by, side[:, None], -1), -1
        )
    return halved


def _turned(found: Inverted) -> Inverted:
    return Inverted(1 - found.value, 1 - found.high, 1 - found.low, 1 - found.by_chance)


def _figures(found: Inverted) -> dict[str, float]:
    return {
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "by_chance": found.by_chance,
    }


def _nothing(why: str, note: str) -> dict[str, Any]:
    figures = dict.fromkeys(("value", "low", "high", "by_chance"), float("nan"))
    return figures | {"note": f"{why}; {note}".removesuffix("; ")}
