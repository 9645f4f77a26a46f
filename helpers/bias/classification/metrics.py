"""Metrics as functions of four counts, for as many groups and replicates as an array holds.

``cells`` is an array (..., 4) throughout: true positives, false positives, false negatives, true
negatives.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from helpers import arguments
from helpers.intervals import score_limits

Array: TypeAlias = NDArray[np.float64]
Curve: TypeAlias = Callable[[Array], Array]


@dataclass(frozen=True)
class Metric:
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
        """The metric, an array (...); NaN where it is undefined."""
        hits, trials = self.counts(cells)
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.curve(np.asarray(hits / trials))

    def limits(self, cells: Array, z: Array) -> tuple[Array, Array]:
        """Wilson's interval at the normal quantile ``z``: arrays (...)."""
        low, high = score_limits(*self.counts(cells), z)
        return self.curve(low), self.curve(high)

    def about_both_classes(self) -> bool:
        """Whether it divides by faces of both classes: accuracy does, recall does not."""
        cells = set(self.among.split())
        return bool(cells & {"tp", "fn"}) and bool(cells & {"fp", "tn"})

    def reasons(self, cells: Array) -> list[str]:
        """Why the metric is undefined in each group (G, 4), in words; empty where it is not."""
        among, everybody = self.counts(cells)[1], cells.sum(axis=1)
        why = np.where(everybody == 0, "nobody in this group", self.nobody)
        undefined = zip(why, among == 0, strict=True)
        return [f"undefined ({each})" if nobody else "" for each, nobody in undefined]


_ALL = "tp fp fn tn"

METRICS: dict[str, Metric] = {
    "accuracy": Metric("tp tn", _ALL, "nobody"),
    "error": Metric("fp fn", _ALL, "nobody"),
    "precision": Metric("tp", "tp fp", "nobody predicted positive"),
    "recall": Metric("tp", "tp fn", "no positives"),
    "fpr": Metric("fp", "fp tn", "no negatives"),
    "fnr": Metric("fn", "tp fn", "no positives"),
    # F1 = 2 J / (1 + J), and J is a proportion: Wilson's interval carries over.
    "f1": Metric("tp", "tp fp fn", "no positives, predicted or true", lambda j: 2 * j / (1 + j)),
    "selection_rate": Metric("tp fp", _ALL, "nobody"),
    "base_rate": Metric("tp fn", _ALL, "nobody"),
    "specificity": Metric("tn", "fp tn", "no negatives"),
}
"""Every metric of a confusion table, by name."""

DEFAULT = ("accuracy", "error", "precision", "recall", "fpr", "fnr", "f1", "selection_rate")
"""The metrics of an audit that names none."""

OF_EXACT = ("accuracy", "error")
"""The metrics that need no positive class."""

_ALIASES = {"tpr": "recall", "tnr": "specificity", "ppv": "precision", "sensitivity": "recall"}


def known(metrics: Any) -> list[str]:
    """Names of metrics as tables have them: ``recall`` for ``TPR``; ``ece`` is one of them.

    Parameters
    ----------
    metrics : sequence of str, or str
        As the reader wrote them.

    Returns
    -------
    list of str

    Raises
    ------
    InputError
        If there is none, or one comes twice.
    UnknownName
        If there is no such metric; the nearest are suggested.
    """
    several = isinstance(metrics, Iterable) and not isinstance(metrics, str)
    names = [_canonical(each) for each in (metrics if several else [metrics])]
    return arguments.choices(names, "metric", [*METRICS, "ece"])


def _canonical(name: Any) -> Any:
    if not isinstance(name, str):
        return name
    return _ALIASES.get(name.lower(), name.lower())


def _total(cells: Array, names: str) -> Array:
    # A sum of slices, not a product with weights: it is the whole cost of a bootstrap.
    first, *others = (cells[..., _ALL.split().index(name)] for name in names.split())
    return np.asarray(sum(others, first), dtype=float)
