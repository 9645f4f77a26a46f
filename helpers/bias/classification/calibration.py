"""Calibration: of the faces to which the model gives 80 %, are 80 % right?"""

from collections.abc import Hashable, Sequence
from functools import partial
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from helpers import arguments
from helpers.bias.classification.answers import Answers, probabilities, read
from helpers.bias.classification.groups import Column, Groups
from helpers.bias.classification.inversion import UNKNOWN, Inverted, inverted
from helpers.errors import InputError
from helpers.intervals import wilson_limits

Array: TypeAlias = NDArray[np.float64]
Bins: TypeAlias = int | Sequence[float]


def ece(confidence: ArrayLike, correct: ArrayLike, bins: Bins = 10) -> float:
    """Expected calibration error: the mean distance between confidence and accuracy.

    Parameters
    ----------
    confidence : array_like (N,) in [0, 1]
        The probability that the model gives its answer, or that it gives one class.
    correct : array_like (N,) of bool
        Whether the answer is right, or whether the face is of that class.
    bins : int or sequence of float
        How many bins of equal width, or their edges from 0 to 1.

    Returns
    -------
    float
        In [0, 1]: the mean over the bins of |mean confidence - share correct|, weighted by how many
        faces each holds.

    Raises
    ------
    InputError
        If lengths differ, there is nobody, or a value has no meaning.

    Notes
    -----
    It is biased upwards, the more the fewer faces there are and the more bins their scores fill: a
    perfectly calibrated model has a mean ECE of 0.12 on 65 faces if its scores are spread evenly
    over [0, 1], of 0.03 if all of them are 0.9; on 650 faces of 0.04 and 0.01. So never compare the
    ECE of groups of different size without their intervals.

    References
    ----------
    Guo, C., Pleiss, G., Sun, Y. & Weinberger, K. Q. (2017). On calibration of modern neural
    networks. ICML.

    Examples
    --------
    >>> round(ece([0.15, 0.95, 0.95], [1, 1, 1]), 4)
    0.3167
    """
    confidence, correct = _checked(confidence, correct)
    right, n, mean, _ = _binned(confidence, correct, _edges(bins))
    return float(np.sum(np.abs(right - n * mean)) / n.sum())


def ece_interval(
    confidence: ArrayLike,
    correct: ArrayLike,
    bins: Bins = 10,
    level: float = 0.95,
    seed: int = 0,
) -> Inverted:
    """ECE with its interval, and what it would be by chance if the model were calibrated.

    Parameters
    ----------
    confidence : array_like (N,) in [0, 1]
        The probability that the model gives its answer, or that it gives one class.
    correct : array_like (N,) of bool
        Whether the answer is right, or whether the face is of that class.
    bins : int or sequence of float
        How many bins of equal width, or their edges from 0 to 1.
    level : float
        Confidence level in (0, 1).
    seed : int
        Of the simulation.

    Returns
    -------
    Inverted
        ``value``; ``low`` and ``high``, which hold it; and ``by_chance``.

    Notes
    -----
    Worlds are shares of right answers in each bin, moved on the log-odds from what the model says
    towards what was observed, and beyond. For the upper end each bin goes to the side where its own
    interval reaches further, since a bin that happens to be right may be wrong either way.

    In 250 simulated audits of each of 14 worlds (30 to 1,000 faces, scores spread evenly, near both
    ends or all in one bin, calibrated, too sure or too cautious) the bounds held the true error in
    94 to 98 %, and always where one face in a hundred is positive and all have the same score.
    They are too narrow where scores are spread evenly and a little too sure (true shares of .1 + .8
    of the score, an error of .05): they held it in 88 % (30 faces, 300 audits), 90 % (40, 400) and
    93 % (100, 300), and all of the others said more error than there was.
    """
    confidence, correct = _checked(confidence, correct)
    right, n, mean, _ = _binned(confidence, correct, _edges(bins))
    random = np.random.default_rng(arguments.seed(seed))
    faces = random.multinomial(int(n.sum()), n / n.sum(), size=1000)
    luck = int(random.integers(2**32))

    def error(share: Array) -> float:
        return float((np.abs(share - mean) * n).sum() / n.sum())

    def drawn(towards: Array, far: float) -> Array:
        # How many faces fall into each bin is luck as well, the same in every world. Where the
        # model is right in every bin it is no matter, and the test of that keeps the bins.
        held = faces if far else np.broadcast_to(n.astype(np.int64), faces.shape)
        hits = np.random.default_rng(luck).binomial(held, _shares(mean, towards, far))
        return np.asarray(np.abs(hits - held * mean).sum(axis=1) / n.sum())

    def truth(towards: Array, far: float) -> float:
        return error(_shares(mean, towards, far))

    seen, beyond = _moved(right, n, mean, arguments.level(level))
    above = partial(drawn, beyond), partial(truth, beyond)
    return inverted(partial(drawn, seen), partial(truth, seen), error(right / n), above, level)


def _moved(right: Array, n: Array, mean: Array, level: float) -> tuple[Array, Array]:
    """Shares of right answers at distance 1 from calibration, for the lower end and the upper."""
    seen = (right + mean) / (n + 1)
    apart = np.abs(seen - mean)
    # Luck adds most where a bin is right: a distance near zero can only grow. So half of each
    # bin's distance is replaced by the mean distance, and none is below half a face.
    typical = (apart * n).sum() / n.sum()
    away = np.maximum((apart + typical) / 2, 0.5 / (n + 1))
    low, high = wilson_limits(right, n, level)
    return seen, np.where(high - mean >= mean - low, mean + away, mean - away)


def _shares(mean: Array, towards: Array, far: float) -> Array:
    """Shares moved on the log-odds: none leaves [0, 1], and none stops before it is there."""
    start, end = (special.logit(np.clip(each, 1e-9, 1 - 1e-9)) for each in (mean, towards))
    moved = np.asarray(special.expit(start + far * (end - start)))
    return moved if far else mean


def reliability(
    truth: Column,
    score: Column,
    groups: Groups = None,
    positive: Hashable = 1,
    *,
    bins: Bins = 10,
    data: pd.DataFrame | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Points of a reliability curve for every group.

    Parameters
    ----------
    truth : array_like (N,) or str
        Labels as annotated.
    score : array_like (N,) or str
        The model's probability of ``positive``, in [0, 1].
    groups : array_like (N,), DataFrame (N, A), dict or list of columns, str, or None
        An attribute, or several, which are crossed; ``None`` takes everyone together.
    positive : label
        The label that the score is the probability of.
    bins : int or sequence of float
        How many bins of equal width, or their edges from 0 to 1.
    data : DataFrame, optional
        The table whose columns are named.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    DataFrame
        ``group, left, right, n, confidence, value, low, high``: a row for each bin of each group
        that holds anybody; ``value`` is the share of positives, with Wilson's interval.
    """
    if score is None:
        raise InputError("score is None: a curve needs the model's probability of each face.")
    if positive is None:
        raise InputError("positive is None: name the label that the score is the probability of.")
    level = arguments.level(level)
    answers = read(truth, truth, groups, score, positive, data)
    assert answers.score is not None  # read checked it
    edges, names, codes = _edges(bins), answers.names, answers.codes
    found = []
    for number, name in enumerate(names):
        inside = codes == number
        right, n, mean, held = _binned(answers.score[inside], answers.truth[inside], edges)
        low, high = wilson_limits(right, n, level)
        columns = {"left": edges[held], "right": edges[held + 1], "n": n.astype(int)}
        columns |= {"confidence": mean, "value": right / n, "low": low, "high": high}
        found.append(pd.DataFrame({"group": [name] * len(held)} | columns))
    return pd.concat(found, ignore_index=True)


def ece_of_groups(answers: Answers, bins: Bins, level: float, seed: int) -> pd.DataFrame:
    """The rows that a score adds to an audit."""
    assert answers.score is not None
    rows, codes = [], answers.codes
    for number, name in enumerate(answers.names):
        inside = codes == number
        found, note = UNKNOWN, "undefined (nobody in this group)"
        if inside.any():
            found = ece_interval(answers.score[inside], answers.truth[inside], bins, level, seed)
            note = f"{found.by_chance:.3f} by chance if calibrated"
        n = int(inside.sum())
        figures = {"value": found.value, "low": found.low, "high": found.high}
        rows.append({"metric": "ece", "group": name, "n": n, "of": n, **figures, "note": note})
    return pd.DataFrame(rows)


def _binned(
    confidence: Array, correct: NDArray[np.bool_], edges: Array
) -> tuple[Array, Array, Array, NDArray[np.int64]]:
    """Right answers, faces, mean confidence and number of each bin that holds anybody."""
    where = np.searchsorted(edges[1:-1], confidence, side="right")
    n = np.bincount(where).astype(float)
    right = np.bincount(where, weights=correct).astype(float)
    total = np.bincount(where, weights=confidence)
    held = np.flatnonzero(n)
    return right[held], n[held], total[held] / n[held], held


def _edges(bins: Bins) -> Array:
    if isinstance(bins, str) or not np.ndim(bins):
        count = arguments.count(bins, "bins", 1, 1000)
        # Not linspace, whose fourth edge of ten bins lies a rounding above a score of 0.3.
        return np.arange(count + 1) / count
    edges = arguments.finite_array(bins, "bins", ndim=1)
    if not len(edges) or (np.diff(edges) <= 0).any() or edges[0] > 0 or edges[-1] < 1:
        raise InputError("edges of bins must rise from 0 to 1, for instance [0, 0.5, 1].")
    return edges


def _checked(confidence: ArrayLike, correct: ArrayLike) -> tuple[Array, NDArray[np.bool_]]:
    arguments.one_order(confidence=confidence, correct=correct)
    sure = probabilities(confidence, "confidence")
    told = arguments.finite_array(arguments.plain(correct, "correct"), "correct", ndim=1)
    if not arguments.same_length(confidence=sure, correct=told):
        raise InputError("there are no faces: confidence is empty.")
    if not np.isin(told, [0, 1]).all():
        raise InputError("correct must say True or False (1 or 0) for each face.")
    return sure, told.astype(bool)
