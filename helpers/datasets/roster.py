"""What the table of rendered faces says, and how many of them there may be."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from helpers import arguments, faces
from helpers.datasets.base import FaceDataset
from helpers.faces.factors import Choice, Normal, Sometimes, Uniform

SPLITS = ("train", "val", "test")
MOST = 1_000_000  # faces or people: 26 GB, and a slip of the finger rather than a wish


def table_of(people: Sequence[faces.Face], files: Sequence[str], labels: Any) -> pd.DataFrame:
    """Tabulate faces.

    Parameters
    ----------
    people : sequence of Face
    files : sequence of str
        The name of each picture.
    labels : mapping of str to array_like
        Columns that come first.

    Returns
    -------
    pandas.DataFrame
        Index ``file``; the labels, ``band`` of skin tone, ``identity``, and every factor.
    """
    columns = {name: _column(people, name) for name in faces.FACTORS}
    bands = categories([faces.band(face.skin_tone) for face in people], faces.BANDS)
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
        return categories(values, allowed.values)
    return np.array(values)


def categories(values: Sequence[str], known: Sequence[str]) -> pd.Categorical:
    """Turn text into categories, all of which are known beforehand."""
    return pd.Categorical(np.array(values, dtype=object), categories=list(known))


def parts_of(shares: tuple[int, int, int], n: int) -> list[str]:
    """Name the split of each of ``n`` faces, by the shares of train, val and test.

    What does not divide evenly is for training.
    """
    counts = [n * share // sum(shares) for share in shares]
    counts[0] += n - sum(counts)
    return [split for split, count in zip(SPLITS, counts, strict=True) for _ in range(count)]


def numbered(parts: Sequence[str]) -> list[str]:
    """Name the file of each face: its split and its number."""
    return [f"{part}/{number:05}.png" for number, part in enumerate(parts)]


def part_of(drawn: FaceDataset, split: str | None) -> FaceDataset:
    """Keep one split; None keeps all."""
    if split is None:
        return drawn
    return replace(drawn.where(split=split), name=f"{drawn.name} {split}")


def derived_seed(seed: int, *path: int) -> int:
    """Derive a seed for one of several draws, so that none repeats another's numbers."""
    return int(np.random.SeedSequence([seed, *path]).generate_state(1)[0])


def require_numbers(n: int, seed: int) -> None:
    """Check how many faces are asked for, and the seed."""
    arguments.count(n, "n", 12, MOST)
    arguments.seed(seed)
