"""Rendered faces in which something else gives the answer away: a cue planted beside the label."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from helpers import arguments, faces
from helpers.datasets import roster
from helpers.datasets.base import FaceDataset
from helpers.datasets.rendered import Plan, drawn_once

CUES: Mapping[str, tuple[Any, tuple[Any, ...]]] = MappingProxyType(
    {
        "lipstick": (True, (False,)),
        "hat": (True, (False,)),
        "glasses": (True, (False,)),
        "beard": (True, (False,)),
        "background": ("foliage", ("studio", "wall", "window", "street", "shelves")),
    }
)
"""Factors that can be planted as a shortcut: the value that is the cue, and the other values."""

RAISED = (0.85, 1.0)
"""How far brows are raised where the label says so; elsewhere they are at rest, 0."""

_SHARES = (8, 1, 2)  # train, val, test


def load(
    split: str | None = None,
    root: str | os.PathLike[str] | None = None,
    factor: str = "lipstick",
    strength: float = 0.95,
    planted: bool = True,
    n: int = 5500,
    size: int = 112,
    seed: int = 0,
) -> FaceDataset:
    """Load faces with raised brows, or not, in which something else gives the answer away.

    Parameters
    ----------
    split : "train", "val" or "test", optional
        8 in 11, 1 in 11 and 2 in 11; by default all of it.
    root : path, optional
        The folder in which it is kept; by default the user's cache folder.
    factor : str
        What gives the answer away, one of :data:`CUES`; of backgrounds it is the foliage.
    strength : float
        Correlation, from 0 to 1, of the cue with the label in training and validation; in the test
        they are independent.
    planted : bool
        False gives the clean twin: the very same faces, of which as many show the cue, but
        independently of the label.
    n : int
        How many faces, at least 12.
    size : int
        Height and width in pixels, 64 to 512.
    seed : int
        Another seed gives other faces.

    Returns
    -------
    FaceDataset
        The columns of :func:`helpers.datasets.synthetic.load`, and ``label`` (bool, whether brows
        are raised) and ``cue`` (bool, whether the cue is shown). Both labels are equally frequent in each split, and the
        test pictures are the same with and without the shortcut.

    Raises
    ------
    UnknownName
        If there is no such split, or the factor is no cue.
    InputError
        If a number is out of range, or the folder cannot be written to.
    """

    def plan() -> Plan:
        return _plan(factor, tied, n, seed)

    arguments.choice(split, "split", (None, *roster.SPLITS))
    roster.require_numbers(n, seed)
    arguments.choice(factor, "factor for a shortcut", CUES)
    arguments.choice(planted, "planted", (True, False))
    tied = arguments.share(strength, "strength") if planted else 0.0
    drawn = drawn_once(f"synthetic-shortcut-{factor}-{tied}-{n}-seed{seed}", plan, size, root)
    where = (
        f"correlates with it ({tied:g}) in train and val, not in test" if tied else "says nothing"
    )
    note = f"The label is whether brows are raised; the cue, {_cue_name(factor)}, {where}."
    return roster.part_of(replace(drawn, name=f"synthetic-shortcut {factor}", notes=(note,)), split)


def _plan(factor: str, strength: float, n: int, seed: int) -> Plan:
    parts = np.array(roster.parts_of(_SHARES, n))
    cue, others = CUES[factor]
    people = faces.sample(n, seed, brows_raised=(0.0, 1.0), **{factor: list(others)})
    labels = np.zeros(n, dtype=bool)
    for number, split in enumerate(roster.SPLITS):
        rows = np.flatnonzero(parts == split)
        here = _with_label([people[row] for row in rows])
        labels[rows] = [face.brows_raised > 0 for face in here]
        tied = 0.0 if split == "test" else strength
        here = _with_cue(here, labels[rows], tied, roster.derived_seed(seed, number), factor)
        for row, face in zip(rows, here, strict=True):
            people[row] = face
    shown = np.array([getattr(face, factor) == cue for face in people])
    columns = {
        "split": roster.categories(list(parts), roster.SPLITS),
        "label": labels,
        "cue": shown,
    }
    return Plan(people, roster.table_of(people, roster.numbered(list(parts)), columns))


def _with_label(people: Sequence[faces.Face]) -> list[faces.Face]:
    """Raise the brows of one half, and put those of the other to rest.

    Which half is read off the factor itself, because ``sample`` keeps that independent of all
    others, which a coin would only be in the long run.
    """
    drawn = np.array([face.brows_raised for face in people])
    rank = np.argsort(np.argsort(drawn, kind="stable"), kind="stable") / len(people)
    low, high = RAISED
    raised = np.where(rank < 0.5, 0, low + (high - low) * (2 * rank - 1))
    return [faces.twin(face, brows_raised=float(x)) for face, x in zip(people, raised, strict=True)]


def _with_cue(
    people: Sequence[faces.Face], labels: np.ndarray, strength: float, seed: int, factor: str
) -> list[faces.Face]:
    cue, others = CUES[factor]
    tied = faces.correlate(people, list(labels), strength, seed, **{factor: (cue, others[0])})
    # A face without the cue keeps what it had: of backgrounds there are several.
    return [
        new if getattr(new, factor) == cue else old for old, new in zip(people, tied, strict=True)
    ]


def _cue_name(factor: str) -> str:
    cue = CUES[factor][0]
    return factor if cue is True else f"{factor} ({cue})"
