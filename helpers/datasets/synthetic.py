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
from helpers.datasets.base import FaceDataset
from helpers.datasets.pair_columns import COLUMNS
from helpers.datasets.pairs import PairTable
from helpers.datasets.rendered import Plan, rendered
from helpers.errors import InputError
from helpers.faces.factors import Choice, Normal, Sometimes, Uniform

SPLITS = ("train", "val", "test")

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

_SHARES = {"synthetic": (4, 1, 1), "synthetic-shortcut": (8, 1, 2)}  # train, val, test
_MOST = 1_000_000  # faces or people: 26 GB, and a slip of the finger rather than a wish
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
        parts = _parts("synthetic", n)
        return Plan(people, _table(people, _numbered(parts), {"split": _categories(parts, SPLITS)}))

    arguments.choice(split, "split", (None, *SPLITS))
    _require_numbers(n, seed)
    drawn = rendered(f"synthetic-{n}-seed{seed}", plan, size, root)
    note = "Rendered: nobody in these pictures exists, and their factors are independent."
    return _part(replace(drawn, name="synthetic", notes=(note,)), split)


def shortcut(
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
        See :func:`load`.
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
        The columns of :func:`load`, and ``label`` (bool, whether brows are raised) and ``cue``
        (bool, whether the cue is shown). Both labels are equally frequent in each split, and the
        test pictures are the same with and without the shortcut.

    Raises
    ------
    UnknownName
        If there is no such split, or the factor is no cue.
    InputError
        If a number is out of range, or the folder cannot be written to.
    """

    def plan() -> Plan:
        return _shortcut_plan(factor, tied, n, seed)

    arguments.choice(split, "split", (None, *SPLITS))
    _require_numbers(n, seed)
    arguments.choice(factor, "factor for a shortcut", CUES)
    arguments.choice(planted, "planted", (True, False))
    tied = arguments.share(strength, "strength") if planted else 0.0
    drawn = rendered(f"synthetic-shortcut-{factor}-{tied}-{n}-seed{seed}", plan, size, root)
    where = (
        f"correlates with it ({tied:g}) in train and val, not in test" if tied else "says nothing"
    )
    note = f"The label is whether brows are raised; the cue, {_cue_name(factor)}, {where}."
    return _part(replace(drawn, name=f"synthetic-shortcut {factor}", notes=(note,)), split)


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
    drawn = replace(rendered(name, plan, size, root), name="synthetic-identities")
    notes = (
        "Rendered: nobody in these pictures exists. Subgroups are called by what is drawn.",
        (
            "Like every collection, this one has its faults: some pictures are there under two "
            "names, and not every one shows who its name says. To find them is an exercise."
        ),
    )
    return _fold(replace(drawn, notes=notes), split)


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


# -- what the table says ---------------------------------------------------------------------------


def _table(people: Sequence[faces.Face], files: Sequence[str], labels: Any) -> pd.DataFrame:
    columns = {name: _column(people, name) for name in faces.FACTORS}
    bands = _categories([faces.band(face.skin_tone) for face in people], faces.BANDS)
    identity = [face.identity for face in people]
    return pd.DataFrame(
        {**labels, "band": bands, "identity": identity, **columns},
        index=pd.Index(files, name="file"),
    )


def _column(people: Sequence[faces.Face], factor: str) -> Any:
    values = [getattr(face, factor) for face in people]
    allowed = faces.FACTORS[factor]["range"]
    if isinstance(allowed, Normal | Uniform | Sometimes):
        return np.array(values, dtype=float)
    if isinstance(allowed, Choice) and isinstance(allowed.values[0], str):
        return _categories(values, allowed.values)
    return np.array(values)


def _categories(values: Sequence[str], known: Sequence[str]) -> pd.Categorical:
    return pd.Categorical(np.array(values, dtype=object), categories=list(known))


def _parts(name: str, n: int) -> list[str]:
    """Name the split of each of ``n`` faces; what does not divide evenly is for training."""
    shares = _SHARES[name]
    counts = [n * share // sum(shares) for share in shares]
    counts[0] += n - sum(counts)
    return [split for split, count in zip(SPLITS, counts, strict=True) for _ in range(count)]


def _numbered(parts: Sequence[str]) -> list[str]:
    return [f"{part}/{number:05}.png" for number, part in enumerate(parts)]


def _part(drawn: FaceDataset, split: str | None) -> FaceDataset:
    if split is None:
        return drawn
    return replace(drawn.where(split=split), name=f"{drawn.name} {split}")


def _fold(drawn: FaceDataset, fold: str | int | None) -> FaceDataset:
    if fold is None:
        return drawn
    return replace(drawn.where(fold=int(fold)), name=f"{drawn.name} fold {fold}")


# -- a shortcut ------------------------------------------------------------------------------------


def _shortcut_plan(factor: str, strength: float, n: int, seed: int) -> Plan:
    parts = np.array(_parts("synthetic-shortcut", n))
    cue, others = CUES[factor]
    people = faces.sample(n, seed, brows_raised=(0.0, 1.0), **{factor: list(others)})
    labels = np.zeros(n, dtype=bool)
    for number, split in enumerate(SPLITS):
        rows = np.flatnonzero(parts == split)
        here = _with_label([people[row] for row in rows])
        labels[rows] = [face.brows_raised > 0 for face in here]
        tied = 0.0 if split == "test" else strength
        here = _with_cue(here, labels[rows], tied, _seed(seed, number), factor)
        for row, face in zip(rows, here, strict=True):
            people[row] = face
    shown = np.array([getattr(face, factor) == cue for face in people])
    columns = {"split": _categories(list(parts), SPLITS), "label": labels, "cue": shown}
    return Plan(people, _table(people, _numbered(list(parts)), columns))


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


# -- identities ------------------------------------------------------------------------------------


def _identity_plan(people: int, pictures: int, seed: int) -> Plan:
    persons = _persons(people, seed)
    shown = [
        face
        for person in persons
        for face in faces.retakes(person, pictures, _seed(seed, 1, person.identity))
    ]
    files = [_file(number, k) for number in range(people) for k in range(pictures)]
    filed = _with_faults(shown, files, persons, seed)
    place = np.arange(people).repeat(pictures)
    labels = {
        "subgroup": _categories([_subgroup(int(k)) for k in place.tolist()], SUBGROUPS),
        "presentation": _categories(
            [_presentation(int(k)) for k in place.tolist()], list(PRESENTATIONS)
        ),
        "fold": place // len(SUBGROUPS) % FOLDS + 1,
    }
    copies = {fault.file: fault.copy_of for fault in PLANTED if fault.copy_of}
    return Plan(shown, _table(filed, files, labels), copies)


def _persons(people: int, seed: int) -> list[faces.Face]:
    """Draw everybody; subgroups take turns, so any number of people begins with the same ones."""
    drawn = []
    for number, (tones, hair) in enumerate(product(faces.BANDS, PRESENTATIONS)):
        tone = [each for each in range(1, 11) if faces.band(each) == tones]
        fixed = {"skin_tone": tone, **PRESENTATIONS[hair]}
        drawn.append(faces.sample(people // len(SUBGROUPS), _seed(seed, 0, number), **fixed))
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
            else faces.retakes(stranger, 1, _seed(seed, 2, fault.shows))[0]
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
        rows[_fold_pairs(pictured.iloc[rows], _seed(seed, 3, number))]
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


def _seed(seed: int, *path: int) -> int:
    """Derive a seed for one of several draws, so that none repeats another's numbers."""
    return int(np.random.SeedSequence([seed, *path]).generate_state(1)[0])


def _require_numbers(n: int, seed: int) -> None:
    arguments.count(n, "n", 12, _MOST)
    arguments.seed(seed)


def _require_fold(fold: str | int | None) -> None:
    if fold is not None:
        arguments.choice(str(fold), "fold", [str(each) for each in range(1, FOLDS + 1)])


def _require_people(people: int, pictures: int) -> None:
    least = len(SUBGROUPS) * FOLDS
    arguments.count(people, "people", high=_MOST)
    if people % least:
        raise InputError(
            f"people is {people}: a multiple of {least} is needed, so that eight subgroups are "
            "equally large in five folds."
        )
    arguments.count(pictures, "pictures", 4, 1000)
