"""Individual fairness by a proxy: do faces that are alike get the same answer?"""

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from helpers import arguments
from helpers.bias.classification.answers import read
from helpers.bias.classification.groups import Column, Groups, column
from helpers.errors import InputError
from helpers.intervals import log_odds_limits


def consistency(
    embeddings: ArrayLike,
    prediction: Column,
    groups: Groups = None,
    neighbours: int = 5,
    *,
    data: pd.DataFrame | None = None,
    metric: str = "cosine",
    level: float = 0.95,
) -> pd.DataFrame:
    """The share of a face's nearest neighbours that got the same answer.

    Parameters
    ----------
    embeddings : array_like (N, D)
        What "alike" means. Take them from *another* network than the one that answers: in its own
        last layers faces with one answer are neighbours by construction, and with logits for
        embeddings any model is nearly perfect.
    prediction : array_like (N,) or str
        The answers, of any number of classes.
    groups : array_like (N,), DataFrame (N, A), dict or list of columns, str, or None
        An attribute, or several, which are crossed. Neighbours are looked for among everyone.
    neighbours : int
        How many, without the face itself.
    data : DataFrame, optional
        The table whose columns are named.
    metric : str
        A distance of scikit-learn's ``NearestNeighbors``.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    DataFrame
        ``metric`` ("consistency"), ``group, n, value, low, high`` and ``by_chance``: the value if
        the same answers were handed out at random to everybody but the face itself.

    Raises
    ------
    InputError
        If shapes differ, there are too few faces, or embeddings are not finite.

    Notes
    -----
    For 0/1 answers this is Zemel et al.'s ``1 - mean |y_i - mean of the neighbours' y|`` (their
    formula writes the inner mean as a sum). What it cannot show: a model that answers everybody
    alike is perfectly consistent; so is one that is wrong about a whole region of the embedding; a
    high value beside a high ``by_chance`` says little; and if the embedding treats groups
    differently, so does this measure. It says nothing about who is right.

    The interval is a normal one on the log-odds, with a variance that knows that pairs share faces
    (dyadic-robust, Aronow et al. 2015).

    References
    ----------
    Zemel, R., Wu, Y., Swersky, K., Pitassi, T. & Dwork, C. (2013). Learning fair representations.
    ICML. Aronow, P., Samii, C. & Assenova, V. (2015). Cluster-robust variance estimation for
    dyadic data. Political Analysis 23.

    Examples
    --------
    >>> embeddings = [[1, 0], [1, 0.1], [0, 1], [0.1, 1]]
    >>> consistency(embeddings, ["f", "f", "m", "m"], neighbours=1)[["value", "by_chance"]].round(2)
       value  by_chance
    0    1.0       0.33
    """
    level = arguments.level(level)
    answers = read(prediction, prediction, groups, None, None, data)
    told = pd.factorize(column("prediction", prediction, data))[0]
    held = data if isinstance(prediction, str) else prediction
    arguments.one_order(embeddings=embeddings, prediction=held)
    points = _checked(embeddings, len(told), len(answers.truth), neighbours)
    near = _nearest(points, neighbours, metric)
    same = (told[near] == told[:, None]).astype(float)
    # Of the others, who may be neighbours: a face is none of its own.
    by_chance = (np.bincount(told)[told] - 1) / (len(told) - 1)
    rows = []
    for number, name in enumerate(answers.names):
        chosen = answers.codes == number
        n, value, chance, low, high = int(chosen.sum()), np.nan, np.nan, np.nan, np.nan
        if n:
            value, chance = float(same[chosen].mean()), float(by_chance[chosen].mean())
            low, high = _log_odds(value, _variance(near, same, chosen), n, level)
        rows.append(("consistency", name, n, value, low, high, chance))
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = ["metric", "group", "n", "value", "low", "high", "by_chance"]


def _variance(
    near: NDArray[np.int64], same: NDArray[np.float64], chosen: NDArray[np.bool_]
) -> float:
    """Variance of the mean over pairs, two of which are related when they share a face."""
    faces, neighbours = near.shape
    start = np.repeat(np.flatnonzero(chosen), neighbours)
    residual = (same[chosen] - same[chosen].mean()).ravel()
    # A pair of faces that are each other's neighbour is one pair.
    ends = np.sort(np.stack([start, near[chosen].ravel()]), axis=0)
    pairs = sparse.coo_array((residual, tuple(ends)), shape=(faces, faces)).tocsr()
    of_face = np.asarray(pairs.sum(axis=0)).ravel() + np.asarray(pairs.sum(axis=1)).ravel()
    return float((of_face @ of_face - pairs.data @ pairs.data) / len(residual) ** 2)


def _log_odds(value: float, variance: float, n: int, level: float) -> tuple[float, float]:
    # Half a face each way keeps the log-odds finite where every neighbour agrees; and the interval
    # is at least that of n faces with one neighbour each where pairs show no variance at all.
    centre = (value * n + 0.5) / (n + 1)
    spread = math.sqrt(variance if variance > 0 else centre * (1 - centre) / n)
    low, high = log_odds_limits(centre, spread, np.inf, level)
    # The half faces move the centre, which must not leave the share itself outside.
    return min(low, value), max(high, value)


def _nearest(points: NDArray[np.float64], neighbours: int, metric: str) -> NDArray[np.int64]:
    from sklearn.neighbors import NearestNeighbors

    try:
        index = NearestNeighbors(n_neighbors=neighbours, metric=metric).fit(points)
    except (ValueError, TypeError):
        raise InputError(
            f"metric={arguments.shown(metric)} is no distance that scikit-learn can measure "
            "between embeddings: take 'cosine' or 'euclidean'."
        ) from None
    if metric == "cosine" and not points.any(axis=1).all():
        none = int((~points.any(axis=1)).sum())
        raise InputError(
            f"{none} embeddings are all zeros, which have no direction: leave these faces out, or "
            "find out why the network gives nothing."
        )
    # Asked without points, scikit-learn leaves each face itself out.
    return np.asarray(index.kneighbors(return_distance=False), dtype=np.int64)


def _checked(
    embeddings: ArrayLike, faces: int, complete: int, neighbours: int
) -> NDArray[np.float64]:
    plain = arguments.plain(embeddings, "embeddings")
    points = arguments.finite_array(plain, "embeddings", ndim=2)
    if len(points) != faces:
        raise InputError(
            f"embeddings have shape {points.shape}; one row for each of {faces} faces is needed."
        )
    if complete < faces:
        raise InputError(
            f"{faces - complete} faces lack an answer or a group: leave them out of embeddings, "
            "prediction and groups alike."
        )
    if not points.shape[1]:
        raise InputError("embeddings have no column, so no face is like another.")
    if arguments.count(neighbours, "neighbours") >= faces:
        raise InputError(f"neighbours={neighbours}, but there are only {faces} faces.")
    return points
