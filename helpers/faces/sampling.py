"""Draw faces at random, and change one thing about them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from helpers import arguments
from helpers.errors import InputError, kind_of
from helpers.faces.factors import (
    FACTORS,
    Choice,
    Face,
    Normal,
    Range,
    Sometimes,
    Uniform,
    Whole,
    in_range,
    require_faces,
    require_factor,
)

IDENTITY = tuple(name for name, about in FACTORS.items() if about["group"] == "identity")
"""Names of the factors that stay the same from picture to picture of a person."""

_BLOCK = 128
"""Faces in a block; more than there are factors."""

_MOST = 1_000_000
"""Faces of one sample; they take about 3 GB."""

SHADOW_REACH = 0.12
"""How far a worn thing changes pixels around it, as a share of the picture's width; two pixels of
soft edges come on top."""


def sample(n: int, seed: int = 0, **factors: Any) -> list[Face]:
    """Draw faces whose factors are independent of each other.

    Parameters
    ----------
    n : int
        How many, up to a million.
    seed : int
        The same seed gives the same faces, and the first of many are those of few.
    **factors
        What to hold fast: a value (``hat=True``), a list of values to choose from, equally often
        (``skin_tone=[1, 2]``), or the two ends of a range, lower end first (``age=(20, 30)``).

    Returns
    -------
    list of Face
        ``identity`` counts from 0.

    Raises
    ------
    UnknownName
        If there is no such factor, or no such value of it.
    InputError
        If a number is out of range, or ``n`` or ``seed`` is no such number.

    Examples
    --------
    >>> young = sample(3, seed=1, hat=True, age=(20, 30))
    >>> [face.hat for face in young], max(face.age for face in young) <= 30
    ([True, True, True], True)

    Notes
    -----
    Draws are random, but in every block of 128 faces no two factors are correlated: accidental
    correlations, which among sixty factors reach 0.3 in a hundred independent draws, would otherwise
    be mistaken for something that a model has learned.
    """
    n, seed = arguments.count(n, "n", 1, _MOST), arguments.seed(seed)
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
        If ``face`` is no :class:`Face`, or a number is out of range.

    Examples
    --------
    >>> twin(Face(), lipstick=True).lipstick
    True

    Notes
    -----
    Pixels change where the factor is shown, and a little around it; ``faces.REACH`` says where, and
    how far around, for each factor. For paint, that is lipstick and colours, it is the softness of
    the lens: up to four pixels at 112, along hair seven. What stands out from the face also moves
    its shadow, up to :data:`SHADOW_REACH` of the picture's width away. A hat presses
    hair flat, and expressions move cheeks and the folds beside the mouth. Skin tone changes the
    whole picture a little: the exposure is metered on the skin, as cameras do, so that behind
    darker skin everything is somewhat brighter.
    """
    _require_face(face, "twin")
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
        What to hold fast besides the person, as for :func:`sample`: a value, a list of values, or
        the two ends of a range.

    Returns
    -------
    list of Face

    Raises
    ------
    UnknownName
        If there is no such factor, or no such value of it.
    InputError
        If ``face`` is no :class:`Face`, or a factor belongs to the person: another age would be
        somebody else under the same number.

    Examples
    --------
    >>> [again.skin_tone for again in retakes(Face(skin_tone=9), 3)]
    [9, 9, 9]
    """
    _require_face(face, "retakes")
    own = [name for name in factors if name in IDENTITY]
    if own:
        raise InputError(
            f"{own[0]} belongs to the person, whom retakes keep: change it with twin first."
        )
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
    UnknownName
        If there is no such factor, or no such value of it.
    InputError
        If the strength is not in [0, 1], there is not one label of True or False a face, or not
        exactly one factor with two values.

    Examples
    --------
    >>> planted = correlate([Face(), Face()], [True, False], 1.0, hat=True)
    >>> [face.hat for face in planted]
    [True, False]
    """
    wanted, other, name = _cue(cue)
    strength = arguments.share(strength, "strength")
    truth = _truth(faces, labels)
    shown = np.array(truth)
    generator = np.random.default_rng(arguments.seed(seed))
    for label in (False, True):
        members = np.flatnonzero(truth == label)
        # A fixed number in each class, not a coin for each face: small samples are on target too.
        against = generator.permutation(members)[: round(len(members) * (1 - strength) / 2)]
        shown[against] = not label
    return [
        twin(face, **{name: wanted if there else other})
        for face, there in zip(faces, shown, strict=True)
    ]


def _require_face(face: Any, what: str) -> None:
    if isinstance(face, Face):
        return
    raise InputError(
        f"{what} takes one Face, but got {kind_of(face)}: for a list, write "
        f"[faces.{what}(each, ...) for each in people]."
    )


def _truth(faces: Sequence[Face], labels: Sequence[bool]) -> np.ndarray:
    """One label of True or False for each face."""
    truth = arguments.finite_array(labels, "labels", ndim=1)
    arguments.same_length(faces=require_faces(faces, least=0), labels=truth)
    if not np.isin(truth, (0, 1)).all():
        raise InputError("labels must be True or False, or 1 or 0, one for each face.")
    return truth.astype(bool)


def _cue(cue: Mapping[str, Any]) -> tuple[Any, Any, str]:
    """The value with the label, the one without, and the factor."""
    if len(cue) != 1:
        raise InputError(f"name exactly one factor as the cue, such as hat=True; got {list(cue)}.")
    ((name, value),) = cue.items()
    require_factor(name)
    if isinstance(value, bool | np.bool_):
        value = (value, not value)
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise InputError(
            f"{name} is {arguments.shown(value)}: give two values, the one with the label and the one without."
        )
    wanted, other = (in_range(name, each, FACTORS[name]["range"]) for each in value)
    if wanted == other:
        raise InputError(f"{name} is {wanted!r} with the label and without: give two values.")
    return wanted, other, name


def _ranges(factors: Mapping[str, Any]) -> dict[str, Range]:
    """The range of every factor, narrowed to what was asked for."""
    ranges: dict[str, Range] = {name: about["range"] for name, about in FACTORS.items()}
    for name, wanted in factors.items():
        require_factor(name)
        ranges[name] = _narrowed(name, wanted)
    return ranges


def _narrowed(name: str, wanted: Any) -> Range:
    allowed = FACTORS[name]["range"]
    if isinstance(wanted, tuple) and not isinstance(allowed, Choice):
        return _between(name, wanted, allowed)
    if isinstance(wanted, tuple) and name == "skin_tone":
        # Tones are numbers: two of them may be meant as two values or as the ends of a range.
        raise InputError(
            f"skin_tone is {arguments.shown(wanted)}: list every tone that may occur, [1, 2, 3]."
        )
    values = list(wanted) if isinstance(wanted, list | tuple) else [wanted]
    if not values:
        raise InputError(f"no value is given for {name}: list at least one.")
    return Choice(tuple(in_range(name, value, allowed) for value in values))


def _between(name: str, ends: tuple[Any, ...], allowed: Any) -> Range:
    """The range between two ends, which belong to it."""
    if len(ends) != 2:
        raise InputError(
            f"{name} is {arguments.shown(ends)}: give the two ends of a range, or a list of values."
        )
    low, high = (in_range(name, end, allowed) for end in ends)
    if low > high:
        raise InputError(f"{name} is {arguments.shown(ends)}: write the lower end first.")
    if isinstance(allowed, Whole):
        return Choice(tuple(range(low, high + 1)))
    return Uniform(low, high)


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
    if isinstance(allowed, Whole):
        return [int(each) for each in uniform * (allowed.high + 1)]
    if isinstance(allowed, Normal):
        below = ndtr(allowed.low)
        numbers = ndtri(below + uniform * (1 - 2 * below))
    elif isinstance(allowed, Sometimes):
        numbers = np.maximum(0, (uniform - 1 + allowed.share) / allowed.share)
    else:
        numbers = allowed.low + uniform * (allowed.high - allowed.low)
    return [float(each) for each in np.clip(numbers, allowed.low, allowed.high)]
