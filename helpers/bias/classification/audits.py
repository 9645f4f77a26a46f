"""The tidy table: each metric of each group, how many faces it is about, and its interval."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from helpers import arguments
from helpers.bias.classification.answers import Answers, askable, joined, read
from helpers.bias.classification.calibration import Bins, ece_of_groups
from helpers.bias.classification.groups import Column, Groups
from helpers.bias.classification.metrics import DEFAULT, METRICS, OF_EXACT, Array, known
from helpers.errors import InputError

SMALLEST = 30
"""Fewer faces than this behind a figure, and its row is marked as small."""


def audit(
    truth: Column,
    prediction: Column,
    groups: Groups,
    score: Column | None = None,
    positive: Hashable | None = 1,
    seed: int = 0,
    *,
    metrics: Sequence[str] = DEFAULT,
    data: pd.DataFrame | None = None,
    smallest: int = SMALLEST,
    level: float = 0.95,
    bins: Bins = 10,
) -> pd.DataFrame:
    """Metrics of a classifier for every group, with intervals.

    Parameters
    ----------
    truth, prediction : array_like (N,), or str
        Labels as annotated and as predicted; a name is a column of ``data``. Two Series with
        different indexes are refused: their rows may be of different faces.
    groups : array_like (N,), DataFrame (N, A), dict or list of columns, str, or None
        An attribute, or several, which are crossed: every combination is a group, named
        ``"Black, Female"``, also one without anybody. ``None`` audits everyone together.
    score : array_like (N,) or str, optional
        The model's probability of ``positive``, in [0, 1]; adds the metric ``ece``.
    positive : label or None
        The label that recall, precision and selection are about. With more than two labels it is
        compared with all others together, and every row says so. ``None`` counts exact answers
        among all labels: only accuracy and error make sense then.
    seed : int
        Of the intervals that are simulated.
    metrics : sequence of str
        Names from :data:`~helpers.bias.classification.METRICS`.
    data : DataFrame, optional
        The table whose columns are named.
    smallest : int
        Rows about fewer faces are marked ``small``; none is dropped.
    level : float
        Confidence level in (0, 1).
    bins : int or sequence of float
        How many bins of equal width the calibration error has, or their edges from 0 to 1.

    Returns
    -------
    DataFrame
        ``metric, group, n, value, low, high``; ``of``, the faces that the metric divides by (for
        recall the positives among the ``n``); ``small``; and ``note``, which says why a value is
        NaN ("undefined (no positives)"), and how labels were read.

    Raises
    ------
    InputError
        If lengths or indexes differ, labels do not match, or scores are no probabilities.
    BadTable
        If a column is missing from ``data``.
    UnknownName
        If there is no such metric.

    Notes
    -----
    Proportions have Wilson's interval. F1 is an increasing function of TP / (TP + FP + FN), which
    is a proportion, so Wilson's interval carries over. The calibration error has a test-inversion
    bootstrap, because its plain bootstrap is biased upwards twice.

    References
    ----------
    Barocas, S., Hardt, M. & Narayanan, A. (2023). Fairness and Machine Learning. MIT Press.

    Examples
    --------
    >>> found = audit([1, 1, 0, 0], [1, 0, 0, 0], ["a", "a", "b", "b"], metrics=["recall"])
    >>> found[["group", "of", "value", "note"]].round(2)
      group  of  value                      note
    0     a   2    0.5           only 2 to go by
    1     b   0    NaN  undefined (no positives)
    """
    level, seed = arguments.level(level), arguments.seed(seed)
    smallest = arguments.count(smallest, "smallest", 0)
    names = known(metrics)
    if score is None and "ece" in names:
        raise InputError("ece compares probabilities with answers: give them as score=...")
    answers = read(truth, prediction, groups, score, positive, data)
    wanted = askable(answers, [each for each in names if each != "ece"], DEFAULT, OF_EXACT)
    blocks = [_block(answers, each, level) for each in wanted]
    if answers.score is not None:
        if answers.exact:
            raise InputError(
                "score is the probability of the positive class, but positive=None names none: "
                "leave score out, or name a label with positive=..."
            )
        blocks.append(ece_of_groups(answers, bins, level, seed))
    return _finished(pd.concat(blocks, ignore_index=True), answers.note, smallest)


def bootstrap(
    truth: Column,
    prediction: Column,
    groups: Groups,
    positive: Hashable | None = 1,
    seed: int = 0,
    *,
    metrics: Sequence[str] = DEFAULT,
    data: pd.DataFrame | None = None,
    replicates: int = 10_000,
    level: float = 0.95,
) -> pd.DataFrame:
    """Metrics for every group with percentile bootstrap intervals, fast.

    The same intervals as fairlearn's ``MetricFrame(..., n_boot=...)`` up to chance, but thousands
    of times faster: metrics of a confusion table depend on how often each of its cells occurs, and
    how often each occurs among N rows drawn anew is one multinomial draw.

    Parameters
    ----------
    truth, prediction : array_like (N,), or str
        Labels as annotated and as predicted; a name is a column of ``data``.
    groups : array_like (N,), DataFrame (N, A), dict or list of columns, str, or None
        An attribute, or several, which are crossed; ``None`` takes everyone together.
    positive : label or None
        The label that recall, precision and selection are about, or None for accuracy alone.
    seed : int
        Of the draws.
    metrics : sequence of str
        Names from :data:`~helpers.bias.classification.METRICS`.
    data : DataFrame, optional
        The table whose columns are named.
    replicates : int
        How often the faces are drawn anew, at least twice.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    DataFrame
        ``metric, group, n, value, low, high, defined``; the last is the share of replicates in
        which the metric was defined in the group.

    Notes
    -----
    Prefer the intervals of :func:`audit`: in a group without errors the bootstrap never sees one
    either, and its interval shrinks to a point.
    """
    level, seed = arguments.level(level), arguments.seed(seed)
    replicates = arguments.count(replicates, "replicates", 2, 1_000_000)
    names = known(metrics)
    if "ece" in names:
        raise InputError("ece has an interval of its own in audit(..., score=...), no bootstrap.")
    answers = read(truth, prediction, groups, None, positive, data)
    wanted = askable(answers, names, DEFAULT, OF_EXACT)
    figures = percentiles(answers.cells, wanted, replicates, level, seed)
    rows = [
        _rows(answers, name, value=value, low=low, high=high, defined=defined)
        for name, value, low, high, defined in zip(wanted, *figures, strict=True)
    ]
    return pd.concat(rows, ignore_index=True)


def percentiles(
    cells: Array, metrics: Sequence[str], replicates: int, level: float, seed: int
) -> tuple[Array, Array, Array, Array]:
    """Values of metrics, percentile bounds, and the share of defined replicates: (M, G) each."""
    total, tail = int(cells.sum()), (1 - level) / 2
    counts = np.random.default_rng(seed).multinomial(total, (cells / total).ravel(), replicates)
    # Group sizes vary as well, as they do when rows are drawn. In memory the replicates, along
    # which quantiles run, are the last axis, which makes those four times faster.
    apart = np.ascontiguousarray(counts.reshape(replicates, *cells.shape).T, dtype=float)
    drawn = np.moveaxis(apart, 0, -1)
    values, bounds, shares = [], [], []
    for metric in (METRICS[each] for each in metrics):
        figures = metric.value(drawn)
        values.append(metric.value(cells))
        bounds.append(_quantiles(figures, [tail, 1 - tail]))
        shares.append(1 - np.isnan(figures).mean(axis=1))
    low, high = np.moveaxis(np.array(bounds), 1, 0)
    return np.array(values), low, high, np.array(shares)


def _quantiles(figures: Array, at: Sequence[float]) -> Array:
    """Quantiles of each row, (Q, G); replicates without a value are left out."""
    found = np.quantile(figures, at, axis=1)
    # numpy's nanquantile is slow for all; few groups ever need it.
    for group in np.flatnonzero(np.isnan(figures).any(axis=1)):
        kept = figures[group][~np.isnan(figures[group])]
        found[:, group] = np.quantile(kept, at) if len(kept) else np.nan
    return np.asarray(found)


def _block(answers: Answers, name: str, level: float) -> pd.DataFrame:
    cells, metric = answers.cells, METRICS[name]
    low, high = metric.limits(cells, special.ndtri((1 + level) / 2))
    of, note = metric.counts(cells)[1].astype(int), metric.reasons(cells)
    return _rows(answers, name, value=metric.value(cells), low=low, high=high, of=of, note=note)


def _rows(answers: Answers, metric: str, **columns: Any) -> pd.DataFrame:
    """The rows of one metric: its name, the groups and how many faces each has, then columns."""
    n = answers.cells.sum(axis=1).astype(int)
    return pd.DataFrame({"metric": metric, "group": answers.names, "n": n, **columns})


def _finished(table: pd.DataFrame, note: str, smallest: int) -> pd.DataFrame:
    table.insert(7, "small", table["of"] < smallest)
    few = table["small"] & (table["note"] == "")
    table["note"] = table["note"].mask(few, "only " + table["of"].astype(str) + " to go by")
    table["note"] = [joined(each, note) for each in table["note"]]
    return table
