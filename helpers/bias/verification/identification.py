"""From embeddings to scores of pairs, and to the nearest stranger: who is taken for whom?"""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.errors import BadTable, InputError, unknown_name

_BYTES = 2_000_000  # of embeddings gathered at a time: what a processor's cache holds


def score_pairs(
    embeddings: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    metric: Literal["cosine", "euclidean"] = "cosine",
) -> np.ndarray:
    """Compare embeddings pair by pair, many pairs at once.

    Parameters
    ----------
    embeddings : array_like (M, D)
        One per picture.
    first, second : array_like (N,) int
        Rows of ``embeddings``: which two pictures each pair compares.
    metric : {"cosine", "euclidean"}
        A similarity in [-1, 1], or a distance (then say ``distance=True`` to the measures).

    Returns
    -------
    numpy.ndarray (N,)
        As exact as the embeddings (float32 or float64). A picture without an embedding (NaN)
        gives NaN, and so does the cosine of an embedding that is all zero.

    Raises
    ------
    InputError
        If shapes do not fit, or a row does not exist.
    UnknownName
        If there is no such metric.
    """
    if metric not in ("cosine", "euclidean"):
        raise unknown_name("metric", metric, ("cosine", "euclidean"))
    vectors = _vectors(embeddings)
    one, two = (_rows(each, len(vectors)) for each in (first, second))
    if len(one) != len(two):
        raise InputError(f"there are {len(one):,} first and {len(two):,} second pictures.")
    ready = _unit(vectors) if metric == "cosine" else vectors
    scores = np.empty(len(one), dtype=vectors.dtype)
    size = max(1, _BYTES // (vectors.shape[1] * vectors.itemsize))
    for start in range(0, len(one), size):
        part = slice(start, start + size)
        scores[part] = _compared(ready[one[part]], ready[two[part]], metric)
    return scores


def nearest(
    embeddings: ArrayLike, identities: ArrayLike, group: ArrayLike, chunk: int = 1024
) -> pd.DataFrame:
    """For every picture the most similar other one: identification at rank 1.

    Parameters
    ----------
    embeddings : array_like (M, D)
    identities, group : array_like (M,)
        Who each picture shows, and of which group.
    chunk : int
        Pictures compared with all others at a time; memory grows with chunk x M.

    Returns
    -------
    pandas.DataFrame
        A row per picture: ``group``, ``nearest`` (row), ``nearest_group``, ``similarity`` (cosine),
        ``correct`` (the same person). Pictures without an embedding have no row.

    Raises
    ------
    InputError
        If lengths differ, or there are fewer than two pictures.
    """
    vectors = _unit(_vectors(embeddings))
    people, groups = np.asarray(identities, dtype=object), np.asarray(group, dtype=object)
    if not len(vectors) == len(people) == len(groups):
        raise InputError(
            f"there are {len(vectors):,} embeddings, {len(people):,} identities and "
            f"{len(groups):,} groups."
        )
    known = np.flatnonzero(np.isfinite(vectors).all(axis=1))
    if len(known) < 2:
        raise InputError("the nearest of others needs two pictures with an embedding or more.")
    best, similarity = _nearest(vectors[known], chunk)
    return pd.DataFrame(
        {
            "group": groups[known],
            "nearest": known[best],
            "nearest_group": groups[known[best]],
            "similarity": similarity,
            "correct": people[known] == people[known[best]],
        },
        index=known,
    )


def nearest_of_pairs(
    scores: ArrayLike,
    pictures: tuple[ArrayLike, ArrayLike],
    identities: tuple[ArrayLike, ArrayLike],
    group: tuple[ArrayLike, ArrayLike],
    distance: bool = False,
) -> pd.DataFrame:
    """As :func:`nearest`, from a table of pairs instead of embeddings.

    Only the pairs of the table are compared: a picture's nearest stranger may not be among them, so
    error rates come out too small unless all pairs are there.

    Parameters
    ----------
    scores : array_like (N,)
        Higher is more alike, or lower if ``distance``; NaN is left out.
    pictures, identities, group : (array_like (N,), array_like (N,))
        Of the first and the second sides.
    distance : bool

    Returns
    -------
    pandas.DataFrame
        A row per picture (index): ``group``, ``nearest``, ``nearest_group``, ``similarity``,
        ``correct``. Of ties, the earlier pair counts.
    """
    values = np.asarray(scores, dtype=float) * (-1.0 if distance else 1.0)
    one, two = (_sides(each, len(values)) for each in (identities, group))
    files = _sides(pictures, len(values))
    table = pd.DataFrame(
        {
            "picture": np.concatenate(files),
            "nearest": np.concatenate(files[::-1]),
            "group": np.concatenate(two),
            "nearest_group": np.concatenate(two[::-1]),
            "similarity": np.tile(values, 2),
            "correct": np.tile(one[0] == one[1], 2),
        }
    ).dropna(subset="similarity")
    best = table.groupby("picture", sort=False, observed=True)["similarity"].idxmax()
    return table.loc[best].set_index("picture")


def confusion(table: pd.DataFrame) -> pd.DataFrame:
    """Which group a wrongly found face belongs to, in per cent of each group's pictures.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`nearest` or :func:`nearest_of_pairs`.

    Returns
    -------
    pandas.DataFrame (G, G)
        Row: group of the picture looked up. Column: group of the stranger found in its place. A row
        sums to the group's rank-1 error in per cent. Groups are in alphabetical order on both axes,
        so that the diagonal is mistakes within a group.

    Raises
    ------
    BadTable
        If a column is missing.
    """
    for column in ("group", "nearest_group", "correct"):
        if column not in table:
            raise BadTable(f"no column {column}; there is {', '.join(map(str, table.columns))}.")
    names = sorted(set(table["group"]) | set(table["nearest_group"]), key=str)
    wrong = table[~table["correct"].astype(bool)]
    counts = pd.crosstab(wrong["group"], wrong["nearest_group"])
    counts = counts.reindex(index=names, columns=names, fill_value=0)
    sizes = table["group"].value_counts().reindex(names).astype(float)
    return (100 * counts.div(sizes, axis=0)).rename_axis(index="picture of", columns="taken for")


def _vectors(embeddings: ArrayLike) -> np.ndarray:
    vectors = np.asarray(embeddings)
    if vectors.ndim != 2 or not vectors.size:
        raise InputError(f"embeddings are a table (pictures, numbers), not {vectors.shape}.")
    return vectors if vectors.dtype == np.float32 else vectors.astype(np.float64)


def _rows(positions: ArrayLike, count: int) -> np.ndarray:
    rows = np.asarray(positions)
    if rows.ndim != 1 or (rows.size and rows.dtype.kind not in "iu"):
        raise InputError("say which pictures a pair compares by their rows, as whole numbers.")
    if rows.size and (rows.min() < 0 or rows.max() >= count):
        raise InputError(f"a pair names row {rows.max()} or {rows.min()} of {count:,} embeddings.")
    return rows.astype(np.intp)


def _sides(given: tuple[ArrayLike, ArrayLike], count: int) -> list[np.ndarray]:
    both = [np.asarray(side, dtype=object) for side in given]
    if any(len(side) != count for side in both):
        raise InputError(f"there are {count:,} scores; give a value for both sides of each pair.")
    return both


def _unit(vectors: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return np.asarray(vectors / length)


def _compared(one: np.ndarray, two: np.ndarray, metric: str) -> np.ndarray:
    if metric == "cosine":
        return np.asarray(np.einsum("nd,nd->n", one, two))
    # In place: the difference needs no third array.
    one -= two
    return np.asarray(np.sqrt(np.einsum("nd,nd->n", one, one)))


def _nearest(vectors: np.ndarray, chunk: int) -> tuple[np.ndarray, np.ndarray]:
    best = np.empty(len(vectors), dtype=np.intp)
    similarity = np.empty(len(vectors), dtype=vectors.dtype)
    for start in range(0, len(vectors), chunk):
        rows = np.arange(start, min(start + chunk, len(vectors)))
        likeness = vectors[rows] @ vectors.T
        likeness[np.arange(len(rows)), rows] = -np.inf  # nobody is his or her own neighbour
        best[rows] = likeness.argmax(axis=1)
        similarity[rows] = likeness[np.arange(len(rows)), best[rows]]
    return best, similarity
