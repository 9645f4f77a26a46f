"""What a model really reacts to, found by exchanging one region of a rendered face at a time."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from helpers import faces as rendered
from helpers.errors import InputError
from helpers.faces import FACTORS, REGIONS, Face
from helpers.intervals import bootstrap_mean

_NUMBER = {name: number for number, name in enumerate(REGIONS)}

EXCHANGED: Mapping[str, tuple[str, ...]] = {
    "skin": ("skin_tone", "beard"),
    "u_lip": ("lipstick",),
    "l_lip": ("lipstick",),
    "hair": ("hair_colour",),
    "l_ear": ("skin_tone",),
    "r_ear": ("skin_tone",),
    "nose": ("nose_width", "skin_tone"),
    "mouth": ("mouth_open",),
    "l_brow": ("brows_raised",),
    "r_brow": ("brows_raised",),
    "l_eye": ("eye_colour",),
    "r_eye": ("eye_colour",),
    "ear_r": ("earrings",),
    "neck": ("skin_tone",),
    "neck_l": ("necklace",),
    "cloth": ("clothes_colour",),
    "background": ("background",),
    "hat": ("hat",),
    "eye_g": ("glasses",),
}
"""The factors that are changed to get each region's counterfactual."""


def region_effects(
    model: nn.Module,
    faces: Sequence[Face],
    batch_size: int = 64,
    replicates: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """How much the score changes when one region alone is exchanged for its counterfactual.

    For each face and region a twin is rendered in which the factors of the region, see
    :data:`EXCHANGED`, have another value: what is worn is taken off or put on, colours, shapes and
    expressions become others. The pixels of the region, in the face or in its twin, are taken from
    the twin; every other pixel stays as it was, shadows included.

    Parameters
    ----------
    model : nn.Module
        Called with images (N, 3, H, W) in [0, 1]; returns logits (N, classes), at least two.
    faces : sequence of Face
        At least two; intervals are over them.
    batch_size : int
        Images at a time.
    replicates, seed : int
        Of the bootstrap over faces; the seed also chooses the counterfactuals.

    Returns
    -------
    pandas.DataFrame
        A row per region, the largest effect first: ``region``; ``effect``, the mean absolute change
        of the score, with the bounds ``low`` and ``high`` of its 95 % bootstrap interval; ``signed``,
        the mean change from the absence to the presence of what the region shows (only for things
        that can be present or absent, else NaN), with ``signed_low`` and ``signed_high``; ``n``, the
        number of faces in which the region can be seen, before or after. The score is the
        probability of the last class, so that changes lie in [-1, 1].

    Raises
    ------
    InputError
        If there are fewer than two faces, or the model returns no class scores.

    Notes
    -----
    This is the experiment that attribution methods try to spare us. It is exact for what it asks:
    the effect of these exchanges on these faces. An absolute effect is never below zero, so a
    region that does nothing shows as an effect near zero and a signed one whose interval holds
    zero. See FunnyBirds (Hesse, Schaub-Meyer and Roth, ICCV 2023) for the idea, and Adebayo et al.
    (ICLR 2022) for why a model needs a clean twin.
    """
    if len(faces) < 2:
        raise InputError(f"{len(faces)} face: intervals need at least two, and fifty are better.")
    size = int(getattr(model, "input_size", (112, 112))[0])
    before = rendered.render(faces, size)
    scores = _scores(model, before.images, batch_size)
    rows = []
    for region in REGIONS:
        twins, direction = _counterfactuals(faces, region, seed)
        mixed, seen = _exchanged(before, rendered.render(twins, size), region)
        change = _scores(model, mixed, batch_size) - scores
        rows.append(_row(region, change[seen], direction[seen], replicates, seed))
    table = pd.DataFrame(rows)
    return table.sort_values("effect", ascending=False, ignore_index=True)


def _counterfactuals(
    faces: Sequence[Face], region: str, seed: int
) -> tuple[list[Face], np.ndarray]:
    """A twin of each face, and +1 or -1 where something was put on or taken off, else NaN."""
    generator = np.random.default_rng([seed, _NUMBER[region]])
    names = EXCHANGED[region]
    twins = [
        rendered.twin(face, **{name: _other(face, name, generator) for name in names})
        for face in faces
    ]
    if not isinstance(getattr(faces[0], names[-1]), bool):
        return twins, np.full(len(faces), np.nan)
    put_on = [1.0 if getattr(twin, names[-1]) else -1.0 for twin in twins]
    return twins, np.array(put_on)


def _other(face: Face, name: str, generator: np.random.Generator) -> Any:
    """Another value of a factor, well away from the one it has."""
    value, allowed = getattr(face, name), FACTORS[name]["range"]
    if name == "skin_tone":
        return (value + 4) % 10 + 1
    if isinstance(allowed, rendered.Choice):
        others = [each for each in allowed.values if each != value]
        return others[int(generator.integers(len(others)))]
    low, high = rendered.limits(allowed)
    # The end that is farther away, or nearly so: a change that cannot be overlooked.
    far = high if value < (low + high) / 2 else low
    return float(far - 0.2 * generator.random() * (far - (low + high) / 2))


def _exchanged(
    before: rendered.Rendered, after: rendered.Rendered, region: str
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures with the region of their twins, and which of them show the region at all."""
    number = _NUMBER[region]
    mask = before.masks[:, number] | after.masks[:, number]
    mixed = np.where(mask[..., None], after.images, before.images)
    return mixed, mask.reshape(len(mask), -1).max(axis=1)


def _scores(model: nn.Module, images: np.ndarray, batch_size: int) -> np.ndarray:
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2)
    with torch.inference_mode():
        parts = [_probability(model(part.float() / 255)) for part in pixels.split(batch_size)]
    return torch.cat(parts).cpu().double().numpy()


def _probability(logits: Tensor) -> Tensor:
    if logits.ndim != 2 or logits.shape[1] < 2:
        raise InputError(
            "region_effects needs a model that returns a score for each of two classes or more, "
            f"but this one returned shape {tuple(logits.shape)}."
        )
    return logits.softmax(dim=1)[:, -1]


def _row(
    region: str, change: np.ndarray, direction: np.ndarray, replicates: int, seed: int
) -> dict[str, Any]:
    effect, low, high = bootstrap_mean(np.abs(change), replicates=replicates, seed=seed)
    signed, signed_low, signed_high = bootstrap_mean(
        change * direction, replicates=replicates, seed=seed
    )
    return {
        "region": region,
        "effect": effect,
        "low": low,
        "high": high,
        "signed": signed,
        "signed_low": signed_low,
        "signed_high": signed_high,
        "n": len(change),
    }
