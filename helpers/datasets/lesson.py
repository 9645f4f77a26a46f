"""The faces a chapter works with: real people's where they are at hand, one astronaut's if not."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from PIL import Image, ImageEnhance

from helpers import arguments
from helpers.datasets import fairface
from helpers.datasets.base import FaceDataset
from helpers.datasets.samples import ASTRONAUT_CREDIT, astronaut
from helpers.errors import DataNotFound, InputError

_HEAD = (170, 66, 109)  # x, y and side, in pixels, of the astronaut's face, framed as FairFace does


def classroom(per_group: int = 3, seed: int = 0) -> FaceDataset:
    """A small set of faces, equally many for each race and gender as annotated.

    Parameters
    ----------
    per_group : int
        Faces for each of FairFace's fourteen combinations of race and gender.
    seed : int
        Which of the validation faces are drawn.

    Returns
    -------
    FaceDataset
        ``14 * per_group`` validation faces of FairFace, annotated as adult. On a machine without
        FairFace: as many variants (mirrored, moved, zoomed, lit anew) of one portrait of the
        astronaut Eileen Collins. The first of ``notes`` says which of the two it is; show it.

    Raises
    ------
    InputError
        If a number is out of range, or more faces are asked for than there are.
    """
    arguments.count(per_group, "per_group", high=10_000)
    arguments.seed(seed)
    try:
        photographs = fairface.load(split="val")
    except DataNotFound:
        return _variants(14 * per_group, seed)
    table = photographs.table
    adults = table[table["age"] >= "20-29"]
    groups = adults.groupby(["race", "gender"], observed=True)
    there = int(groups.size().min())
    if per_group > there:
        raise InputError(
            f"per_group is {per_group}, but of one of the groups there are only {there:,} faces: "
            "ask for that many at most."
        )
    drawn = groups.sample(per_group, random_state=seed)
    note = (
        f"{len(drawn)} FairFace validation faces, {per_group} for each race and gender as annotated "
        "(CC BY 4.0, Kärkkäinen & Joo, WACV 2021)."
    )
    return replace(photographs.subset(drawn), notes=(note,))


@dataclass(frozen=True)
class _Variants:
    """Variants of one portrait, each made from its number when it is read."""

    seed: int

    def read(self, file: str) -> np.ndarray:
        number = int(file.removeprefix("astronaut-").removesuffix(".png"))
        draw = np.random.default_rng((self.seed, number))
        x, y, side = (np.array(_HEAD) + draw.integers(-6, 7, 3)).tolist()
        head = Image.fromarray(astronaut()).crop((x, y, x + side, y + side)).resize((224, 224))
        if number % 2:
            head = head.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        return np.asarray(ImageEnhance.Brightness(head).enhance(float(draw.uniform(0.7, 1.2))))


def _variants(count: int, seed: int) -> FaceDataset:
    files = pd.Index([f"astronaut-{number:02}.png" for number in range(count)], name="file")
    note = (
        f"There is no FairFace on this machine, so what follows runs on {count} variants of one "
        "portrait. They show how the code works and nothing about people. To work with real faces: "
        f"python data_scripts/fetch_fairface.py. {ASTRONAUT_CREDIT}"
    )
    return FaceDataset("astronaut variants", pd.DataFrame(index=files), _Variants(seed), (note,))
