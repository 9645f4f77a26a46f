"""Draw faces at random, and change one thing about them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from helpers.errors import InputError
from helpers.faces.factors import (
    FACTORS,
    Choice,
    Face,
    Normal,
    Range,
    Sometimes,
    Uniform,
    Whole,
    limits,
    require_factor,
    require_in_range,
)

IDENTITY = tuple(name for name, about in FACTORS.items() if about["group"] == "identity")
"""Names of the factors that stay the same from picture to picture of a person."""

_BLOCK = 128
"""Faces in a block; more than there are factors."""

SHADOW_REACH = 0.12
"""How far a worn thing changes pixels around it, as a share of the picture's width."""


def sample(n: int, seed: int = 0, **factors: Any) -> list[Face]:
    """Draw faces whose factors are independent of each other.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        The same seed gives the same faces, and the first of many are those of few.
    **factors
        What to hold fast: a value (``hat=True``), a list of values to choose from, equally often
        (``skin_tone=[1, 2]``), or the ends of a range (``age=(20, 30)``).

    Returns
    -------
    list of Face
        ``identity`` counts from 0.

    Raises
    ------
    UnknownName
        If there is no such factor, or no such value of it.
    InputError
        If a number is out of range, or ``n`` is not positive.

    Notes
    -----
    Draws are random, but in every block of 128 faces no two factors are correlated: accidental
    correlations, which among sixty factors reach 0.3 in a hundred independent draws, would otherwise
    be mistaken for something that a model has learned.
    """
    if n < 1:
        raise InputError(f"{n} faces were asked for: sample at least one.")
    ranges = _ranges(factors)
    columns = _spread(n, len(ranges), seed).T
    values = [_values(u, ranges[name]) for u, name in zip(columns, ranges, strict=True)]
    rows = zip(*values, strict=True)
    return [
        Face(**dict(zip(ranges, row, strict=True)), identity=number)
        for number, row in enumerate(rows)
    ]


def twin(face: Face, **changes: Any) -> Face:
    """Return the same picture with some factors changed, and nothing else.

    Parameters
    ----------
    face : Face
    **changes
        Factors and their new values: ``twin(face, lipstick=True)``.

    Returns
    -------
    Face

    Raises
    ------
    UnknownName
        If there is no such factor, or no such value of it.
    InputError
        If a number is out of range.

    Notes
    -----
    Pixels change where the factor is shown, and a little around it. For paint, that is lipstick and
    colours, it is the softness of the lens: up to four pixels at 112. What stands out from the face
    also moves its shadow, up to :data:`SHADOW_REACH` of the picture's width away. A hat presses
    hair flat, and expressions move cheeks and the folds beside the mouth. Skin tone changes the
    whole picture a little: the exposure is metered on the skin, as cameras do, so that behind
    darker skin everything is somewhat brighter.
    """
    for name in changes:
        require_factor(name)
    return replace(face, **changes)


def retakes(face: Face, n: int, seed: int = 0, **factors: Any) -> list[Face]:
    """Draw more pictures of a person: another pose, expression, light, accessories and place.

    Parameters
    ----------
    face : Face
        Whose identity factors, :data:`IDENTITY`, and number are kept.
    n : int
        How many.
    seed : int
        The same seed gives the same pictures.
    **factors
        As for :func:`sample`.

    Returns
    -------
    list of Face
    """
    person = {name: getattr(face, name) for name in IDENTITY}
    number = face.identity
    return [replace(other, identity=number) for other in sample(n, seed, **{**person, **factors})]


def correlate(
    faces: Sequence[Face], labels: Sequence[bool], strength: float, seed: int = 0, **cue: Any
) -> list[Face]:
    """Plant a shortcut: make a factor predict a label.

    Parameters
    ----------
    faces : sequence of Face
    labels : sequence of bool
        One for each face.
    strength : float
        Correlation, from 0 to 1, between the cue and the label: 0 for a cue that says nothing and 1
        for one that always agrees. It agrees in a share (1 + strength) / 2 of the faces.
    seed : int
        Which faces disagree.
    **cue
        One factor: ``hat=True`` (any other face gets ``False``), or ``background=("street",
        "studio")``, the value with and the one without the label.

    Returns
    -------
    list of Face
        The same faces but for the cue. Over both labels together half of them show it if labels are
        balanced, whatever the strength.

    Raises
    ------
    InputError
        If the strength is not in [0, 1], there is not one label a face, or not exactly one factor.
    """
    wanted, other, name = _cue(cue)
    if not 0 <= strength <= 1:
        raise InputError(f"strength is {strength}: a correlation here is between 0 and 1.")
    if len(labels) != len(faces):
        raise InputError(
            f"there are {len(faces)} faces but {len(labels)} labels: one each, please."
        )
    truth = np.asarray(labels, dtype=bool)
    shown = np.array(truth)
    generator = np.random.default_rng(seed)
    for label in (False, True):
        members = np.flatnonzero(truth == label)
        # A fixed number in each class, not a coin for each face: small samples are on target too.
        against = generator.permutation(members)[: round(len(members) * (1 - strength) / 2)]
        shown[against] = not label
    return [
        twin(face, **{name: wanted if there else other})
        for face, there in zip(faces, shown, strict=True)
    ]


def _cue(cue: Mapping[str, Any]) -> tuple[Any, Any, str]:
    if len(cue) != 1:
        raise InputError(f"name exactly one factor as the cue, such as hat=True; got {list(cue)}.")
    ((name, value),) = cue.items()
    require_factor(name)
    if isinstance(value, tuple):
        return value[0], value[1], name
    if not isinstance(value, bool):
        raise InputError(f"say what {name} is without the label too: {name}=({value!r}, other).")
    return value, not value, name


def _ranges(factors: Mapping[str, Any]) -> dict[str, Range]:
    """The range of every factor, narrowed to what was asked for."""
    ranges: dict[str, Range] = {name: about["range"] for name, about in FACTORS.items()}
    for name, wanted in factors.items():
        require_factor(name)
        ranges[name] = _narrowed(name, wanted)
    return ranges


def _narrowed(name: str, wanted: Any) -> Range:
    allowed = FACTORS[name]["range"]
    if isinstance(wanted, tuple) and len(wanted) == 2 and not isinstance(allowed, Choice):
        for end in wanted:
            require_in_range(name, end, allowed)
        return Uniform(*wanted)
    values = tuple(wanted) if isinstance(wanted, list | tuple) else (wanted,)
    if not values:
        raise InputError(f"no value is given for {name}: list at least one.")
    for value in values:
        require_in_range(name, value, allowed)
    return Choice(values)


def _spread(n: int, factors: int, seed: int) -> np.ndarray:
    """Numbers in (0, 1), (n, factors), whose columns are uncorrelated in each block of rows."""
    generator = np.random.default_rng(seed)
    blocks = [_uncorrelated(generator, factors) for _ in range(math.ceil(n / _BLOCK))]
    uniform: np.ndarray = ndtr(np.concatenate(blocks)[:n])
    return uniform


def _uncorrelated(generator: np.random.Generator, factors: int) -> np.ndarray:
    """Normal numbers (block, factors) whose columns have mean 0 and are orthogonal."""
    draws = generator.standard_normal((_BLOCK, factors + 1))
    draws[:, 0] = 1  # what is orthogonal to a constant has mean 0
    orthogonal, triangle = np.linalg.qr(draws)
    # Without the signs, columns would all lean the way that the algorithm prefers.
    return orthogonal[:, 1:] * np.sign(np.diag(triangle)[1:]) * math.sqrt(_BLOCK)


def _values(uniform: np.ndarray, allowed: Range) -> list[Any]:
    """Turn numbers spread over [0, 1) into values of a factor."""
    if isinstance(allowed, Choice):
        edges = np.cumsum(allowed.weights or [1 / len(allowed.values)] * len(allowed.values))[:-1]
        return [allowed.values[k] for k in np.searchsorted(edges, uniform, side="right")]
    if isinstance(allowed, Normal):
        low = ndtr(-allowed.limit)
        numbers = ndtri(low + uniform * (1 - 2 * low))
    elif isinstance(allowed, Sometimes):
        numbers = np.maximum(0, (uniform - 1 + allowed.share) / allowed.share)
    elif isinstance(allowed, Whole):
        return [int(each) for each in uniform * allowed.count]
    else:
        numbers = allowed.low + uniform * (allowed.high - allowed.low)
    ends = limits(allowed)
    return [float(each) for each in np.clip(numbers, *ends)]
