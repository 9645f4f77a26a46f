"""What a model really reacts to, found by changing one factor of rendered faces at a time.

Two experiments. :func:`factor_effects` asks what a *factor* does: a face and its twin differ in
that factor alone and in all that follows from it, the shadow of a hat included.
:func:`region_effects` asks the same of the nineteen *regions*, so that region scores of explanations
have something to be compared with. :func:`changed_pixels` gives the true mask of a factor.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from helpers import arguments
from helpers import faces as rendered
from helpers.errors import InputError
from helpers.evaluate.counterfactuals import (
    EXCHANGED,
    Exchange,
    exchange_of,
    twins_of,
    whole_twin,
)
from helpers.faces import FACTORS, REGIONS, Face, Rendered
from helpers.faces.factors import require_faces
from helpers.intervals import bootstrap_mean
from helpers.models.contract import answers, class_names, require_network

FACTORS_OF_REGIONS = tuple(dict.fromkeys(name for names in EXCHANGED.values() for name in names))
"""Factors of which :func:`factor_effects` tells by default: those that are exchanged for regions."""

VISIBLE = 4
"""Grey levels, of 255, by which a pixel must change in some channel to count as changed."""


def factor_effects(
    model: nn.Module,
    faces: Sequence[Face],
    factors: Sequence[str] = FACTORS_OF_REGIONS,
    batch_size: int = 64,
    replicates: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """Measure how much the score changes when one factor alone has another value.

    For each face a twin is rendered that differs in this factor and in nothing else: what is worn
    is taken off or put on with its shadow and highlights, a colour, shape or expression becomes
    another, well away from what it was. The estimand is the mean, over faces like these, of the
    absolute difference between the model's score of the twin and of the face, among those faces
    whose picture changes: eyes behind dark glasses have no colour, and do not count as no effect.

    Parameters
    ----------
    model : nn.Module
        In eval mode; called with images (N, 3, H, W) in [0, 1]; returns logits (N, classes), at
        least two. ``input_size`` says how large faces are drawn, by default 112 pixels.
    faces : sequence of Face
        At least two; intervals are over them.
    factors : sequence of str
        Names in ``faces.FACTORS``.
    batch_size : int
        Faces that are drawn and scored at a time; memory grows with it, not with the faces.
    replicates, seed : int
        Of the bootstrap over faces; the seed also chooses the twins.

    Returns
    -------
    pandas.DataFrame
        A row per factor, the largest effect first.

        - ``factor``; ``regions``, those that it changes, see ``faces.REACH``; around them it may
          change what lies within the reach that is stated there, shadows for instance.
        - ``effect``: mean absolute change of the score, with the bounds ``low`` and ``high`` of its
          95 % bootstrap interval. The score is the probability of the last class, so changes lie in
          [-1, 1].
        - ``signed``: mean change of the score towards *more* of the factor, with ``signed_low`` and
          ``signed_high``. More means put on instead of off, a higher number, a darker skin tone;
          NaN for colours and backgrounds, which have no order.
        - ``up``, ``down``: mean change of the score when the factor was raised or put on, and when
          it was lowered or taken off, each over the faces in which it was. They have opposite signs
          where the model reacts to the factor itself.
        - ``change``: how large the change of the picture is, the mean absolute difference of a
          pixel's values, in [0, 1], over the whole picture.
        - ``n``: number of faces whose picture changes at all.
        - ``note``: says where ``up`` and ``down`` have one sign, beyond chance: then the model
          reacts to the change and not to the factor.

        ``attrs["model"]`` is the model's name and the version of its weights.

    Raises
    ------
    InputError
        If there are fewer than two faces, a number is out of range, or the model is in training
        mode or returns no class scores.
    UnknownName
        If a factor does not exist.

    Notes
    -----
    This is the experiment that attribution methods try to spare us. An absolute effect is never
    below zero: a factor that does nothing shows as an effect near zero and a signed one whose
    interval holds zero. The bootstrap knows no face beyond those given: with a handful, or where
    only few react, intervals are too narrow, and have no width where none of them does. Effects are
    not comparable where exchanges differ: a background covers seventy times as many pixels as an
    earring, see ``change``. A twin of another skin tone is also exposed anew, as a camera would,
    and so changes everywhere.

    References
    ----------
    Hesse, Schaub-Meyer and Roth, "FunnyBirds", ICCV 2023, for the idea; Adebayo et al., "Post hoc
    explanations may be ineffective for detecting unknown spurious correlation", ICLR 2022, for why
    a model needs a clean twin.

    Examples
    --------
    >>> from helpers import faces, models
    >>> model = models.load("synthetic-glasses-darkness")
    >>> people = faces.sample(4, seed=1, glasses=False, glasses_style="dark")
    >>> table = factor_effects(model, people, ["glasses", "lipstick"], replicates=100)
    >>> table["factor"].tolist()
    ['glasses', 'lipstick']
    """
    names = arguments.choices(factors, "factors", FACTORS)
    changes = [_Change(name, (name,), whole_twin) for name in names]
    table = _measured(model, faces, changes, batch_size, replicates, seed)
    table.insert(0, "factor", names)
    table.insert(1, "regions", [rendered.REACH[name].regions for name in names])
    return _largest_first(table, model)


def region_effects(
    model: nn.Module,
    faces: Sequence[Face],
    batch_size: int = 64,
    replicates: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """Measure how much the score changes when one region is exchanged for its counterfactual.

    For each face and region a twin is rendered in which the factors of the region, see ``EXCHANGED``
    in :mod:`helpers.evaluate.counterfactuals`, have another value. A region of something worn or
    put on, and one that moves, is exchanged together with all pixels that its factor changes,
    shadow included; where two regions share a factor, as both lips do, each takes the changed
    pixels that lie nearer to it. A region of skin, hair or background (``WITHIN_MASK`` there) is
    exchanged within its mask, in the face or in its twin. Every other pixel stays as it was.

    Parameters
    ----------
    model : nn.Module
        In eval mode; called with images (N, 3, H, W) in [0, 1]; returns logits (N, classes), at
        least two. ``input_size`` says how large faces are drawn, by default 112 pixels.
    faces : sequence of Face
        At least two; intervals are over them.
    batch_size : int
        Faces that are drawn and scored at a time; memory grows with it, not with the faces.
    replicates, seed : int
        Of the bootstrap over faces; the seed also chooses the counterfactuals.

    Returns
    -------
    pandas.DataFrame
        A row per region, the largest effect first: ``region``, ``factors`` (what was changed), and
        ``effect``, ``low``, ``high``, ``signed``, ``signed_low``, ``signed_high``, ``up``, ``down``,
        ``change``, ``n`` and ``note`` as in :func:`factor_effects`. ``signed``, ``up`` and ``down``
        are NaN where more than one factor was changed, as in the skin. A region that no face shows
        has ``n`` 0 and NaN effects.

    Raises
    ------
    InputError
        If there are fewer than two faces, a number is out of range, or the model is in training
        mode or returns no class scores.

    Notes
    -----
    The pixels of a mask alone are no counterfactual of a thing that throws a shadow: a hat pasted
    without its shadow is a picture that the renderer never draws, and models answer to it. Patches
    of another skin tone within a mask are such pictures too, but no twin changes the tone of a nose
    alone; :func:`factor_effects` changes the tone of the whole person.

    Examples
    --------
    >>> from helpers import faces, models
    >>> model = models.load("synthetic-lips-redness")
    >>> people = faces.sample(4, seed=1, mouth_open=0.0)
    >>> table = region_effects(model, people, replicates=100)
    >>> sorted(table["region"][:2])
    ['l_lip', 'u_lip']
    """
    changes = [_Change(region, EXCHANGED[region], exchange_of(region)) for region in REGIONS]
    table = _measured(model, faces, changes, batch_size, replicates, seed)
    table.insert(0, "region", list(REGIONS))
    table.insert(1, "factors", [each.factors for each in changes])
    return _largest_first(table, model)


def changed_pixels(
    faces: Sequence[Face], factor: str, size: int = 112, seed: int = 0, above: int = VISIBLE
) -> NDArray[np.bool_]:
    """Return the true mask of a factor: the pixels that it changes visibly, shadow included.

    Parameters
    ----------
    faces : sequence of Face
        At least one.
    factor : str
        A name in ``faces.FACTORS``.
    size : int
        Height and width in pixels, 64 to 512.
    seed : int
        Chooses the twins, as in :func:`factor_effects`.
    above : int
        Grey levels, 0 to 254, that a channel must change by more than.

    Returns
    -------
    array (N, size, size) of bool

    Raises
    ------
    InputError
        If there is no face, or a number is out of range.
    UnknownName
        If there is no such factor.

    Examples
    --------
    >>> from helpers import faces
    >>> people = faces.sample(2, seed=1, hat=False)
    >>> mask = changed_pixels(people, "hat")
    >>> mask.shape
    (2, 112, 112)
    """
    arguments.choice(factor, "factor", FACTORS)
    arguments.count(above, "above", 0, 254)
    people = require_faces(faces, least=1)
    twins, _ = twins_of(people, (factor,), arguments.seed(seed), factor)
    parts = [
        _largest_step(*(rendered.render([each[k] for k in rows], size) for each in (people, twins)))
        > above
        for rows in _parts(range(len(people)), 64)
    ]
    return np.concatenate(parts)


# -- the experiment --------------------------------------------------------------------------------


_EMBEDS = ", an embedding: a recogniser has no class"


@dataclass(frozen=True)
class _Change:
    """One exchange: which factors get another value, and which pixels of the twin are taken."""

    name: str
    factors: tuple[str, ...]
    exchanged: Exchange


def _measured(
    model: nn.Module,
    faces: Sequence[Face],
    changes: Sequence[_Change],
    batch_size: int,
    replicates: int,
    seed: int,
) -> pd.DataFrame:
    """The rows of all exchanges, in their order."""
    people = require_faces(faces, least=2)
    batch = arguments.count(batch_size, "batch_size")
    draws, start = arguments.count(replicates, "replicates"), arguments.seed(seed)
    size = _require_model(model)
    twins = [twins_of(people, each.factors, start, each.name) for each in changes]
    steps: list[list[NDArray[np.float64]]] = [[] for _ in changes]
    for rows in _parts(range(len(people)), batch):
        before = rendered.render([people[k] for k in rows], size)
        scores = _scores(model, before.images)
        for each, (others, _), found in zip(changes, twins, steps, strict=True):
            mixed = each.exchanged(before, rendered.render([others[k] for k in rows], size))
            differs = np.abs(mixed.astype(np.int16) - before.images).mean(axis=(1, 2, 3)) / 255
            found.append(np.stack([_scores(model, mixed) - scores, differs]))
    table = [
        _row(np.concatenate(found, axis=1), direction, draws, start)
        for found, (_, direction) in zip(steps, twins, strict=True)
    ]
    return pd.DataFrame(table)


def _largest_step(before: Rendered, after: Rendered) -> NDArray[np.int16]:
    step: NDArray[np.int16] = np.abs(before.images.astype(np.int16) - after.images)
    return step.max(axis=-1)


# -- scores and rows -------------------------------------------------------------------------------


def _scores(model: nn.Module, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The probability of the last class of each picture."""
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
    with torch.inference_mode():
        logits = answers(model, pixels)
    if logits.shape[1] < 2 or class_names(model) == []:
        raise InputError(
            "effects need a model that returns a score for each of two classes or more, but this "
            f"one returned shape {tuple(logits.shape)}{_EMBEDS if logits.shape[1] > 1 else ''}."
        )
    return logits.double().softmax(dim=1)[:, -1].cpu().numpy()


def _row(
    outcome: NDArray[np.float64], direction: NDArray[np.float64], replicates: int, seed: int
) -> dict[str, Any]:
    """What one exchange did, of which the outcome (2, N) is to the scores and to the pictures."""
    shown = outcome[1] > 0
    (step, change), towards = outcome[:, shown], direction[shown]

    def mean(values: NDArray[np.float64]) -> tuple[float, float, float]:
        return bootstrap_mean(values, replicates=replicates, seed=seed)

    effect, low, high = mean(np.abs(step))
    signed, signed_low, signed_high = mean(step * towards)
    up, down = mean(step[towards > 0]), mean(step[towards < 0])
    # Of two faces both bounds are observed steps, which agree by chance once in four times.
    enough = min((towards > 0).sum(), (towards < 0).sum()) >= 4
    return {
        "effect": effect,
        "low": low,
        "high": high,
        "signed": signed,
        "signed_low": signed_low,
        "signed_high": signed_high,
        "up": up[0],
        "down": down[0],
        "change": float(change.mean()) if len(change) else float("nan"),
        "n": int(shown.sum()),
        "note": _note(up, down) if enough else "",
    }


def _note(up: tuple[float, float, float], down: tuple[float, float, float]) -> str:
    """Name the mark of an artefact: more and less of a factor move the score the same way."""
    for word, sign in (("raise", 1), ("lower", -1)):
        bounds = [sign * bound for _, *interval in (up, down) for bound in interval]
        # NaN, where one direction was not tried, is no evidence and fails the comparison.
        if all(bound > 0 for bound in bounds):
            return f"more and less of it both {word} the score: a reaction to the change itself"
    return ""


def _largest_first(table: pd.DataFrame, model: nn.Module) -> pd.DataFrame:
    table = table.sort_values("effect", ascending=False, ignore_index=True, kind="stable")
    card = getattr(model, "card", None) or {}
    table.attrs["model"] = f"{card.get('name', type(model).__name__)} {card.get('version', '')}"
    table.attrs["model"] = table.attrs["model"].strip()
    return table


# -- what may be asked -----------------------------------------------------------------------------


def _require_model(model: nn.Module) -> int:
    """Return the size of the faces that a model takes."""
    height, width = getattr(require_network(model), "input_size", (112, 112))
    if height != width:
        raise InputError(f"the model takes {height} x {width} pixels, but faces are drawn square.")
    return int(height)


def _parts(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (values[k : k + size] for k in range(0, len(values), size))
