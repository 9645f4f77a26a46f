"""From embeddings to scores of pairs, and to the nearest stranger: who is taken for whom?"""

import warnings

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers import arguments
from helpers.bias.verification.columns import genuine_labels, known_values, one_order
from helpers.errors import BadTable, InputError

_BYTES = 2_000_000  # of embeddings gathered at a time: what a processor's cache holds
_AT_ONCE = 1024  # pictures compared with all others at a time


def score_pairs(embeddings: ArrayLike, first: ArrayLike, second: ArrayLike) -> np.ndarray:
    """Compare embeddings pair by pair, many pairs at once: their cosine.

    Parameters
    ----------
    embeddings : array_like (M, D)
        One per picture.
    first, second : array_like (N,) int
        Rows of ``embeddings``: which two pictures each pair compares.

    Returns
    -------
    numpy.ndarray (N,)
        In [-1, 1], as exact as the embeddings (float32 or float64). NaN for a picture without an
        embedding (NaN) or with one that is all zero.

    Raises
    ------
    InputError
        If shapes do not fit, or a row does not exist.

    Examples
    --------
    >>> score_pairs([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]], [0, 0], [1, 2]).tolist()
    [0.0, 1.0]
    """
    one_order(first=first, second=second)
    vectors = _vectors(embeddings)
    one, two = _rows(first, len(vectors), "first"), _rows(second, len(vectors), "second")
    arguments.same_length(first=one, second=two)
    vectors = _unit(vectors)
    scores = np.empty(len(one), dtype=vectors.dtype)
    size = max(1, _BYTES // (vectors.shape[1] * vectors.itemsize))
    for start in range(0, len(one), size):
        part = slice(start, start + size)
        scores[part] = np.einsum("nd,nd->n", vectors[one[part]], vectors[two[part]])
    # Rounding must not make a picture more alike to itself than 1.
    return np.clip(scores, -1, 1)


def nearest(embeddings: ArrayLike, identities: ArrayLike, group: ArrayLike) -> pd.DataFrame:
    """For every picture the most similar other one: identification at rank 1.

    Who has only one picture can be found in no other, and would count as an error whatever the
    network does. Such pictures are not looked up; they may still be found in another's place.

    Parameters
    ----------
    embeddings : array_like (M, D)
        One per picture.
    identities, group : array_like (M,)
        Who each picture shows, and of which group.

    Returns
    -------
    pandas.DataFrame
        A row per picture: ``group``, ``nearest`` (row), ``nearest_group``, ``similarity`` (cosine),
        ``correct`` (the same person). Pictures without an embedding have no row, and neither have
        those of people with a single picture; a warning counts the latter.

    Raises
    ------
    InputError
        If lengths differ, or nobody has two pictures with an embedding.
    BadTable
        If a picture has no identity or no group.
    """
    one_order(embeddings=embeddings, identities=identities, group=group)
    vectors = _unit(_vectors(embeddings))
    people, groups = _text(identities, "identities"), _text(group, "group")
    arguments.same_length(embeddings=vectors, identities=people, group=groups)
    known = np.flatnonzero(np.isfinite(vectors).all(axis=1))
    mated = pd.Series(people[known]).duplicated(keep=False).to_numpy()
    if not mated.any():
        raise InputError(
            "nobody has two pictures with an embedding: there is nobody to be found again."
        )
    if not mated.all():
        warnings.warn(
            f"{int((~mated).sum()):,} of {len(known):,} pictures are the only one of a person and "
            "are not looked up: there is nothing to find.",
            stacklevel=2,
        )
    best, similarity = _nearest(vectors[known])
    table = pd.DataFrame(
        {
            "group": groups[known],
            "nearest": known[best],
            "nearest_group": groups[known[best]],
            "similarity": similarity,
            "correct": people[known] == people[known[best]],
        },
        index=known,
    )
    return table[mated]


def confusion(table: pd.DataFrame) -> pd.DataFrame:
    """Which group a wrongly found face belongs to, in per cent of each group's pictures.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`nearest`.

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
    arguments.columns(table, ("group", "nearest_group", "correct"))
    if not len(table):
        raise BadTable("the table has no rows: nobody was looked up.")
    of, taken_for = (_text(table[name], name) for name in ("group", "nearest_group"))
    wrong = ~genuine_labels(table["correct"])
    names = sorted(set(of) | set(taken_for))
    counts = pd.crosstab(pd.Series(of[wrong]), pd.Series(taken_for[wrong]))
    counts = counts.reindex(index=names, columns=names, fill_value=0)
    sizes = pd.Series(of).value_counts().reindex(names).astype(float)
    return (100 * counts.div(sizes, axis=0)).rename_axis(index="picture of", columns="taken for")


def _vectors(embeddings: ArrayLike) -> np.ndarray:
    single = str(getattr(embeddings, "dtype", "")).endswith("float32")
    if single and isinstance(embeddings, np.ndarray) and not np.ma.isMA(embeddings):
        vectors = embeddings  # not copied: there may be gigabytes of them
    else:
        vectors = arguments.number_array(embeddings, "embeddings")
    if vectors.ndim != 2 or not vectors.size:
        raise InputError(f"embeddings are a table (pictures, numbers), not {vectors.shape}.")
    endless = int(np.isinf(vectors).any(axis=1).sum())
    if endless:
        raise InputError(
            f"{endless:,} of {len(vectors):,} embeddings hold infinite numbers: find out where they "
            "come from, or mark those pictures as missing with NaN."
        )
    return vectors.astype(np.float32, copy=False) if single else vectors


def _text(values: ArrayLike, name: str) -> np.ndarray:
    """Names as text, so that 1 and "1" are one."""
    return np.array([str(each) for each in known_values(values, name)], dtype=object)


def _rows(positions: ArrayLike, count: int, name: str) -> np.ndarray:
    rows = arguments.number_array(positions, name, ndim=1)
    # Numbers are read as floats, which hold whole ones exactly up to 2 ** 53.
    truth = pd.api.types.infer_dtype(arguments.plain_array(positions, name)) == "boolean"
    if truth or (rows != np.floor(rows)).any():
        raise InputError("say which pictures a pair compares by their rows, as whole numbers.")
    if rows.size and (rows.min() < 0 or rows.max() >= count):
        raise InputError(
            f"a pair names row {rows.max():.0f} or {rows.min():.0f} of {count:,} embeddings."
        )
    return rows.astype(np.intp)


def _unit(vectors: np.ndarray) -> np.ndarray:
    scaled = vectors / scale_of_rows(vectors)
    length = np.linalg.norm(scaled, axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return np.asarray(scaled / length)


def scale_of_rows(vectors: np.ndarray) -> np.ndarray:
    """A power of two near the largest number of each row, (N, 1).

    Numbers divided by it have squares that neither overflow nor vanish, and no digit changes.
    """
    largest = np.maximum(vectors.max(axis=1), -vectors.min(axis=1))
    return np.ldexp(vectors.dtype.type(1), np.frexp(largest)[1] - 1)[:, None]


def _nearest(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    best = np.empty(len(vectors), dtype=np.intp)
    similarity = np.empty(len(vectors), dtype=vectors.dtype)
    for start in range(0, len(vectors), _AT_ONCE):
        rows = np.arange(start, min(start + _AT_ONCE, len(vectors)))
        likeness = vectors[rows] @ vectors.T
        likeness[np.arange(len(rows)), rows] = -np.inf  # nobody is his or her own neighbour
        best[rows] = likeness.argmax(axis=1)
        similarity[rows] = likeness[np.arange(len(rows)), best[rows]]
    return best, np.clip(similarity, -1, 1)
