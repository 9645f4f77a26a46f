"""Data sets of rendered faces, in which everything is known: three lessons, one renderer.

They are drawn on first use, on one core about 75 faces a second, and kept in the user's
cache folder: 26 kB a face, so 160 MB for ``synthetic``, 145 MB for each ``synthetic-shortcut`` and
126 MB for ``synthetic-identities``. Nobody in them exists. Groups are called by what is drawn.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from helpers import arguments, faces
from helpers.datasets import roster
from helpers.datasets.base import FaceDataset
from helpers.datasets.pair_columns import COLUMNS
from helpers.datasets.pairs import PairTable
from helpers.datasets.rendered import Plan, drawn_once
from helpers.errors import InputError

PRESENTATIONS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "long hair": {"hair_length": ["chin", "long"], "beard": False},
        "short hair": {"hair_length": ["cropped", "short"], "beard": [False, True]},
    }
)
"""What is drawn in each presentation; half of those with short hair have a beard."""

SUBGROUPS = tuple(f"tones {tones}, {hair}" for tones, hair in product(faces.BANDS, PRESENTATIONS))
"""Four bands of skin tone by two presentations."""

FOLDS = 5

_SHARES = (4, 1, 1)  # train, val, test
_IMPOSTORS = {"within": 2, "across": 1}  # pairs for each genuine one


@dataclass(frozen=True)
class Planted:
    """A picture of ``synthetic-identities`` that is not what its name says.

    Attributes
    ----------
    file : str
        Its name.
    shows : int
        The identity that it really shows.
    copy_of : str or None
        The picture of which it is a copy, byte for byte; None if there is no such picture.
    """

    file: str
    shows: int
    copy_of: str | None = None


def load(
    split: str | None = None,
    root: str | os.PathLike[str] | None = None,
    n: int = 6000,
    size: int = 112,
    seed: int = 0,
) -> FaceDataset:
    """Load rendered faces whose factors are independent of each other.

    Parameters
    ----------
    split : "train", "val" or "test", optional
        Two thirds, a sixth and a sixth; by default all of it.
    root : path, optional
        The folder in which it is kept; by default the user's cache folder.
    n : int
        How many faces, at least 12. The first use draws them all: about 80 seconds for 6,000.
    size : int
        Height and width in pixels, 64 to 512.
    seed : int
        Another seed gives other faces.

    Returns
    -------
    FaceDataset
        Index ``file``; columns ``split``, ``band`` (of skin tone), ``identity``, every one of
        ``faces.FACTORS``, and the landmarks, see :func:`helpers.datasets.rendered.landmarks`. Has
        masks.

    Raises
    ------
    UnknownName
        If there is no such split.
    InputError
        If a number is out of range, or the folder cannot be written to.
    """

    def plan() -> Plan:
        people = faces.sample(n, seed)
        parts = roster.parts_of(_SHARES, n)
        return Plan(
            people,
            roster.table_of(
                people, roster.numbered(parts), {"split": roster.categories(parts, roster.SPLITS)}
            ),
        )

    arguments.choice(split, "split", (None, *roster.SPLITS))
    roster.require_numbers(n, seed)
    drawn = drawn_once(f"synthetic-{n}-seed{seed}", plan, size, root)
    note = "Rendered: nobody in these pictures exists, and their factors are independent."
    return roster.part_of(replace(drawn, name="synthetic", notes=(note,)), split)


def identities(
    split: str | int | None = None,
    root: str | os.PathLike[str] | None = None,
    people: int = 400,
    pictures: int = 12,
    size: int = 112,
    seed: int = 0,
) -> FaceDataset:
    """Load several pictures of each of many people, in eight subgroups of equal size.

    Parameters
    ----------
    split : str or int, optional
        One fold, "1" to "5"; by default all of them.
    root : path, optional
        See :func:`load`.
    people : int
        How many, a multiple of 40, so that subgroups and folds are of equal size.
    pictures : int
        How many of each, at least 4.
    size : int
        Height and width in pixels, 64 to 512.
    seed : int
        Another seed gives other faces.

    Returns
    -------
    FaceDataset
        The columns of :func:`load`, with ``subgroup``, ``band``, ``presentation`` and ``fold`` (1
        to 5, each identity in one) instead of ``split``.

    Raises
    ------
    UnknownName
        If there is no such fold.
    InputError
        If a number is out of range, or the folder cannot be written to.
    """

    def plan() -> Plan:
        return _identity_plan(people, pictures, seed)

    _require_people(people, pictures)
    arguments.seed(seed)
    _require_fold(split)
    name = f"synthetic-identities-{people}x{pictures}-seed{seed}"
    drawn = replace(drawn_once(name, plan, size, root), name="synthetic-identities")
    notes = (
        "Rendered: nobody in these pictures exists. Subgroups are called by what is drawn.",
        (
            "Like every collection, this one has its faults: some pictures are there under two "
            "names, and not every one shows who its name says. To find them is an exercise."
        ),
    )
    drawn = replace(drawn, notes=notes)
    if split is None:
        return drawn
    return replace(drawn.where(fold=int(split)), name=f"{drawn.name} fold {split}")


def pairs(
    split: str | int | None = None,
    root: str | os.PathLike[str] | None = None,
    people: int = 400,
    pictures: int = 12,
    size: int = 112,
    seed: int = 0,
) -> PairTable:
    """Load pairs of the pictures of :func:`identities`, to be scored by a recogniser.

    Parameters
    ----------
    split : str or int, optional
        One fold, "1" to "5"; by default all of them.
    root : path, optional
        See :func:`load`.
    people : int
        How many, a multiple of 40, so that subgroups and folds are of equal size.
    pictures : int
        How many of each, at least 4.
    size : int
        Height and width in pixels, 64 to 512.
    seed : int
        Another seed gives other faces.

    Returns
    -------
    PairTable
        BFW's columns without scores. Both sides of a pair are in one fold. All genuine pairs are
        there, and for each one three impostor pairs, no pair twice: two within a subgroup, as
        often in each (fewer if there are too few people for that), one across subgroups. ``a1`` and
        ``a2`` are codes of subgroups, ``e1`` and ``e2`` bands, ``g1`` and ``g2`` "L" or "S" for
        long and short hair.

    Raises
    ------
    UnknownName
        If there is no such fold.
    InputError
        If a number is out of range, or the folder cannot be written to.
    """
    _require_fold(split)
    pictured = identities(None, root, people, pictures, size, seed)
    table = _pair_table(pictured.table, seed)
    found = PairTable("synthetic-identities-pairs", table, pictured, pictured.notes)
    crossing = int(found.groups().isna().sum())
    note = (
        f"{len(found):,} pairs in {FOLDS} folds, {int(found.genuine.sum()):,} of them genuine; "
        f"{crossing:,} impostor pairs cross subgroups."
    )
    found = replace(found, notes=(note, *found.notes))
    return found if split is None else found.fold(split)


# -- identities ------------------------------------------------------------------------------------


def _identity_plan(people: int, pictures: int, seed: int) -> Plan:
    persons = _persons(people, seed)
    shown = [
        face
        for person in persons
        for face in faces.retakes(person, pictures, roster.derived_seed(seed, 1, person.identity))
    ]
    files = [_file(number, k) for number in range(people) for k in range(pictures)]
    filed = _with_faults(shown, files, persons, seed)
    place = np.arange(people).repeat(pictures)
    labels = {
        "subgroup": roster.categories([_subgroup(int(k)) for k in place.tolist()], SUBGROUPS),
        "presentation": roster.categories(
            [_presentation(int(k)) for k in place.tolist()], list(PRESENTATIONS)
        ),
        "fold": place // len(SUBGROUPS) % FOLDS + 1,
    }
    copies = {fault.file: fault.copy_of for fault in PLANTED if fault.copy_of}
    return Plan(shown, roster.table_of(filed, files, labels), copies)


def _persons(people: int, seed: int) -> list[faces.Face]:
    """Draw everybody; subgroups take turns, so any number of people begins with the same ones."""
    drawn = []
    for number, (tones, hair) in enumerate(product(faces.BANDS, PRESENTATIONS)):
        tone = [each for each in range(1, 11) if faces.band(each) == tones]
        fixed = {"skin_tone": tone, **PRESENTATIONS[hair]}
        drawn.append(
            faces.sample(people // len(SUBGROUPS), roster.derived_seed(seed, 0, number), **fixed)
        )
    in_turn = [face for row in zip(*drawn, strict=True) for face in row]
    return [replace(face, identity=number) for number, face in enumerate(in_turn)]


def _with_faults(
    shown: list[faces.Face], files: Sequence[str], persons: Sequence[faces.Face], seed: int
) -> list[faces.Face]:
    """Exchange some of the pictures that are ``shown``; return the faces as they are labelled."""
    at = {file: row for row, file in enumerate(files)}
    for fault in PLANTED:
        stranger = persons[fault.shows]
        shown[at[fault.file]] = (
            shown[at[fault.copy_of]]
            if fault.copy_of
            else faces.retakes(stranger, 1, roster.derived_seed(seed, 2, fault.shows))[0]
        )
    # A label follows the name under which a picture is filed, right or wrong.
    return [
        _labelled_as(persons[int(file.split("/")[1].lstrip("p"))], face)
        for file, face in zip(files, shown, strict=True)
    ]


def _labelled_as(person: faces.Face, picture: faces.Face) -> faces.Face:
    if picture.identity == person.identity:
        return picture
    labels = {name: getattr(person, name) for name in faces.IDENTITY}
    return replace(picture, **labels, identity=person.identity)


def _subgroup(identity: int) -> str:
    return SUBGROUPS[identity % len(SUBGROUPS)]


def _presentation(identity: int) -> str:
    return list(PRESENTATIONS)[identity % len(PRESENTATIONS)]


def _file(identity: int, picture: int) -> str:
    folder = _subgroup(identity).replace(", ", "_").replace(" ", "_")
    return f"{folder}/p{identity:04}/{picture:02}.png"


# Identities a multiple of eight apart share their subgroup, and of forty their fold: the last three
# copies lie in another fold than their originals.
PLANTED = (
    Planted(_file(3, 3), 3, copy_of=_file(3, 0)),
    Planted(_file(14, 2), 14, copy_of=_file(14, 1)),
    Planted(_file(37, 3), 37, copy_of=_file(37, 2)),
    Planted(_file(18, 3), 2, copy_of=_file(2, 1)),
    Planted(_file(39, 1), 15, copy_of=_file(15, 3)),
    Planted(_file(4, 2), 28, copy_of=_file(28, 0)),
    Planted(_file(9, 2), 33),
)
"""The faults of ``synthetic-identities``, whatever its size and seed: the answer of an exercise."""


# -- pairs -----------------------------------------------------------------------------------------


def _pair_table(pictured: pd.DataFrame, seed: int) -> pd.DataFrame:
    folds = [np.flatnonzero(pictured["fold"] == fold) for fold in range(1, FOLDS + 1)]
    chosen = [
        rows[_fold_pairs(pictured.iloc[rows], roster.derived_seed(seed, 3, number))]
        for number, rows in enumerate(folds)
    ]
    one, two = np.concatenate(chosen, axis=1)
    columns = _sides(pictured, one, "1") | _sides(pictured, two, "2")
    columns["fold"] = pictured["fold"].to_numpy()[one]
    columns["label"] = (columns["id1"] == columns["id2"]).astype(np.int64)
    return pd.DataFrame(columns)[list(COLUMNS)].rename_axis(index="pair")


def _fold_pairs(pictured: pd.DataFrame, seed: int) -> np.ndarray:
    """Choose pairs of the pictures of a fold: (2, K) positions, genuine pairs first."""
    generator = np.random.default_rng(seed)
    one, two = np.triu_indices(len(pictured), k=1)
    person = pictured["identity"].to_numpy()
    group = pictured["subgroup"].cat.codes.to_numpy()
    genuine = np.flatnonzero(person[one] == person[two])
    impostor, alike = person[one] != person[two], group[one] == group[two]
    each = _IMPOSTORS["within"] * len(genuine) // len(SUBGROUPS)
    pools = [(impostor & alike & (group[one] == k), each) for k in range(len(SUBGROUPS))]
    pools.append((~alike, _IMPOSTORS["across"] * len(genuine)))
    drawn = [_some(np.flatnonzero(pool), count, generator) for pool, count in pools]
    rows = np.concatenate([genuine, *drawn])
    return np.stack([one[rows], two[rows]])


def _some(pool: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    return np.sort(generator.choice(pool, min(count, len(pool)), replace=False))


def _sides(pictured: pd.DataFrame, rows: np.ndarray, side: str) -> dict[str, Any]:
    chosen = pictured.iloc[rows]
    hair = chosen["presentation"].cat.rename_categories({h: h[0].upper() for h in PRESENTATIONS})
    codes = {name: _code(k) for k, name in enumerate(SUBGROUPS)}
    return {
        f"p{side}": pd.Categorical.from_codes(rows, pictured.index.astype(object)),
        f"id{side}": chosen["identity"].to_numpy(),
        f"att{side}": chosen["subgroup"].array,
        f"a{side}": chosen["subgroup"].cat.rename_categories(codes).array,
        f"g{side}": hair.array,
        f"e{side}": chosen["band"].array,
    }


def _code(subgroup: int) -> str:
    tones, hair = list(product(faces.BANDS, PRESENTATIONS))[subgroup]
    return f"{tones}{hair[0].upper()}"


# -- what can be asked for -------------------------------------------------------------------------


def _require_fold(fold: str | int | None) -> None:
    if fold is not None:
        arguments.choice(str(fold), "fold", [str(each) for each in range(1, FOLDS + 1)])


def _require_people(people: int, pictures: int) -> None:
    least = len(SUBGROUPS) * FOLDS
    arguments.count(people, "people", high=roster.MOST)
    if people % least:
        raise InputError(
            f"people is {people}: a multiple of {least} is needed, so that eight subgroups are "
            "equally large in five folds."
        )
    arguments.count(pictures, "pictures", 4, 1000)
