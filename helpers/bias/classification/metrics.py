"""Metrics as functions of four counts, for as many groups and replicates as an array holds.

``cells`` is an array (..., 4) throughout: true positives, false positives, false negatives, true
negatives.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from helpers.errors import unknown_name
from helpers.intervals import score_limits

Array: TypeAlias = NDArray[np.float64]
Curve: TypeAlias = Callable[[Array], Array]


@dataclass(frozen=True)
class Proportion:
    """So many out of so many, perhaps read on another scale.

    Attributes
    ----------
    counted, among : str
        Which cells are counted, and among which: names out of ``tp fp fn tn``.
    nobody : str
        What is missing in a group in which the metric is undefined.
    curve : callable
        An increasing function of the proportion; an interval goes through it as it is.
    """

    counted: str
    among: str
    nobody: str
    curve: Curve = np.asarray

    def counts(self, cells: Array) -> tuple[Array, Array]:
        """How many of how many, arrays (...)."""
        return _total(cells, self.counted), _total(cells, self.among)

    def value(self, cells: Array) -> Array:
        hits, trials = self.counts(cells)
        return self.curve(_ratio(hits, trials))

    def limits(self, cells: Array, z: Array) -> tuple[Array, Array]:
        low, high = score_limits(*self.counts(cells), z)
        return self.curve(low), self.curve(high)


@dataclass(frozen=True)
class Sum:
    """Two proportions of different people, added: ``weight * (first + second) + offset``.

    Its interval combines theirs (MOVER, Zou & Donner 2008), which keeps the merits of Wilson's.
    """

    first: Proportion
    second: Proportion
    weight: float
    offset: float

    def value(self, cells: Array) -> Array:
        return self.weight * (self.first.value(cells) + self.second.value(cells)) + self.offset

    def limits(self, cells: Array, z: Array) -> tuple[Array, Array]:
        value = self.value(cells)
        below, above = np.zeros_like(value), np.zeros_like(value)
        for part in (self.first, self.second):
            low, high = part.limits(cells, z)
            below = below + (part.value(cells) - low) ** 2
            above = above + (high - part.value(cells)) ** 2
        return value - self.weight * np.sqrt(below), value + self.weight * np.sqrt(above)


@dataclass(frozen=True)
class Mean:
    """The geometric mean of two metrics; there is no interval for it but the bootstrap's."""

    first: "Proportion | Sum"
    second: "Proportion | Sum"

    def value(self, cells: Array) -> Array:
        one, two = self.first.value(cells), self.second.value(cells)
        # Informedness and markedness have one sign, and their mean has it too.
        return np.asarray(np.sign(one) * np.sqrt(np.abs(one * two)))


Metric: TypeAlias = Proportion | Sum | Mean

_ALL = "tp fp fn tn"
_RECALL = Proportion("tp", "tp fn", "no positives")
_SPECIFICITY = Proportion("tn", "fp tn", "no negatives")
_PRECISION = Proportion("tp", "tp fp", "nobody predicted positive")
_NEGATIVE_PRECISION = Proportion("tn", "fn tn", "nobody predicted negative")
_JACCARD = Proportion("tp", "tp fp fn", "no positives, predicted or true")
_INFORMEDNESS = Sum(_RECALL, _SPECIFICITY, 1, -1)
_MARKEDNESS = Sum(_PRECISION, _NEGATIVE_PRECISION, 1, -1)

METRICS: dict[str, Metric] = {
    "accuracy": Proportion("tp tn", _ALL, "nobody"),
    "error": Proportion("fp fn", _ALL, "nobody"),
    "precision": _PRECISION,
    "recall": _RECALL,
    "fpr": Proportion("fp", "fp tn", "no negatives"),
    "fnr": Proportion("fn", "tp fn", "no positives"),
    # F1 = 2 J / (1 + J), and J is a proportion: Wilson's interval carries over.
    "f1": Proportion("tp", "tp fp fn", _JACCARD.nobody, lambda share: 2 * share / (1 + share)),
    "selection_rate": Proportion("tp fp", _ALL, "nobody"),
    "base_rate": Proportion("tp fn", _ALL, "nobody"),
    "specificity": _SPECIFICITY,
    "negative_precision": _NEGATIVE_PRECISION,
    "false_discovery_rate": Proportion("fp", "tp fp", _PRECISION.nobody),
    "false_omission_rate": Proportion("fn", "fn tn", _NEGATIVE_PRECISION.nobody),
    "jaccard": _JACCARD,
    "balanced_accuracy": Sum(_RECALL, _SPECIFICITY, 0.5, 0),
    "informedness": _INFORMEDNESS,
    "markedness": _MARKEDNESS,
    "mcc": Mean(_INFORMEDNESS, _MARKEDNESS),
    "fowlkes_mallows": Mean(_PRECISION, _RECALL),
    "g_mean": Mean(_RECALL, _SPECIFICITY),
}
"""Every metric of a confusion table, by name."""

DEFAULT = ("accuracy", "error", "precision", "recall", "fpr", "fnr", "f1", "selection_rate")
"""The metrics of an audit that names none."""

_ALIASES = {"tpr": "recall", "tnr": "specificity", "ppv": "precision", "sensitivity": "recall"}
_CELLS = ("tp", "fp", "fn", "tn")


def named(metric: str) -> Metric:
    """A metric by its name, or by its other name: ``tpr`` is ``recall``."""
    return METRICS[known_name(metric)]


def known_name(metric: str, others: Sequence[str] = ()) -> str:
    """The name under which a metric is known: ``recall`` for ``TPR``.

    Parameters
    ----------
    metric : str
        As the reader wrote it.
    others : sequence of str
        Names that will do as well, "ece" for instance.

    Raises
    ------
    UnknownName
        If there is no such metric; the nearest are suggested.
    """
    known = [*METRICS, *others]
    if isinstance(metric, str):
        name = _ALIASES.get(metric.lower(), metric.lower())
        if name in known:
            return name
    raise unknown_name("metric", metric, [*known, *_ALIASES])


def evaluate(cells: Array, metrics: Sequence[str]) -> Array:
    """Values of some metrics.

    Parameters
    ----------
    cells : array (..., 4)
    metrics : sequence of str

    Returns
    -------
    array (M, ...)
        NaN where a metric is undefined.
    """
    return np.stack([named(metric).value(cells) for metric in metrics])


def proportions(metric: Metric) -> list[Proportion]:
    """The proportions that a metric is made of."""
    if isinstance(metric, Proportion):
        return [metric]
    return [*proportions(metric.first), *proportions(metric.second)]


def denominators(cells: Array, metric: Metric) -> Array:
    """How many faces the metric divides by, the smallest of several: array (...)."""
    return np.min([part.counts(cells)[1] for part in proportions(metric)], axis=0)


def about_both_classes(metric: Metric) -> bool:
    """Whether it divides by faces of both classes: accuracy does, recall does not."""
    cells = {cell for part in proportions(metric) for cell in part.among.split()}
    return bool(cells & {"tp", "fn"}) and bool(cells & {"fp", "tn"})


def reasons(cells: Array, metric: Metric) -> list[str]:
    """Why the metric is undefined in each group, in words; empty where it is not."""
    whole = cells.sum(axis=-1)
    found = [""] * len(cells)
    for part in reversed(proportions(metric)):
        for group in np.flatnonzero(part.counts(cells)[1] == 0):
            found[group] = f"undefined ({part.nobody})"
    for group in np.flatnonzero(whole == 0):
        found[group] = "undefined (nobody in this group)"
    return found


def _total(cells: Array, names: str) -> Array:
    # A sum of slices, not a product with weights: it is the whole cost of a bootstrap.
    first, *others = (cells[..., _CELLS.index(name)] for name in names.split())
    return np.asarray(sum(others, first), dtype=float)


def _ratio(hits: Array, trials: Array) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(hits / trials)
