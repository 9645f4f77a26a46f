"""Twins of rendered faces, and which of their pixels take part in an exchange."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from helpers import faces as rendered
from helpers.faces import FACTORS, REGIONS, Face, Rendered

_NUMBER = {name: number for number, name in enumerate(REGIONS)}

EXCHANGED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "skin": ("skin_tone", "beard"),
        "u_lip": ("lipstick",),
        "l_lip": ("lipstick",),
        "hair": ("hair_colour",),
        "l_ear": ("skin_tone",),
        "r_ear": ("skin_tone",),
        "nose": ("skin_tone",),
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
)
"""The factors that are changed to get each region's counterfactual."""

WITHIN_MASK = ("skin", "hair", "l_ear", "r_ear", "nose", "neck", "background")
"""Regions exchanged within their masks, since their factors change other regions too. All others
are exchanged together with every pixel that their factor changes, shadows included."""

Exchange: TypeAlias = Callable[[Rendered, Rendered], NDArray[np.uint8]]
"""Takes faces and their twins, gives the pictures (N, H, W, 3) that are shown to a model."""


def whole_twin(before: Rendered, after: Rendered) -> NDArray[np.uint8]:
    """All of the twin."""
    return after.images


def exchange_of(region: str) -> Exchange:
    """How the pixels of a region are exchanged."""
    number = _NUMBER[region]
    sharing = [
        _NUMBER[name]
        for name, factors in EXCHANGED.items()
        if factors == EXCHANGED[region] and name not in WITHIN_MASK
    ]

    def within_mask(before: Rendered, after: Rendered) -> NDArray[np.uint8]:
        mask = before.masks[:, number] | after.masks[:, number]
        return np.where(mask[..., None], after.images, before.images)

    def nearest(before: Rendered, after: Rendered) -> NDArray[np.uint8]:
        masks = before.masks | after.masks
        # A face that shows neither of two regions has nothing to share between them.
        away = np.stack([_distances(masks[:, each]) for each in sharing])
        mine = away.argmin(axis=0) == sharing.index(number)
        mine &= np.isfinite(away).any(axis=0)
        return np.where(mine[..., None], after.images, before.images)

    if region in WITHIN_MASK:
        return within_mask
    return whole_twin if len(sharing) == 1 else nearest


def _distances(masks: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Distance of each pixel from a mask, in pixels; infinite where the mask is empty."""
    return np.stack(
        [
            distance_transform_edt(~mask) if mask.any() else np.full(mask.shape, np.inf)
            for mask in masks
        ]
    )


def twins_of(
    faces: Sequence[Face], factors: tuple[str, ...], seed: int, name: str
) -> tuple[list[Face], NDArray[np.float64]]:
    """A twin of each face, and +1 or -1 where a single ordered factor went up or down, else NaN."""
    # What is drawn for one row must not depend on which other rows are asked for.
    generator = np.random.default_rng([seed, *name.encode()])
    twins = [
        rendered.twin(face, **{each: other_value(face, each, generator) for each in factors})
        for face in faces
    ]
    first = factors[0]
    if len(factors) > 1 or not _ordered(first):
        return twins, np.full(len(faces), np.nan)
    steps = [
        float(getattr(twin, first)) - float(getattr(face, first))
        for face, twin in zip(faces, twins, strict=True)
    ]
    return twins, np.sign(steps)


def _ordered(name: str) -> bool:
    """Whether a factor's values are more or less of something, and not kinds."""
    allowed = FACTORS[name]["range"]
    kinds = isinstance(allowed, rendered.Choice) and isinstance(allowed.values[0], str)
    return not kinds and name != "grain"  # whose number is a seed


def other_value(face: Face, name: str, generator: np.random.Generator) -> Any:
    """Another value of a factor, well away from the one it has."""
    value, allowed = getattr(face, name), FACTORS[name]["range"]
    if name == "skin_tone":
        return (value + 4) % 10 + 1  # five tones away, whatever the tone
    if isinstance(allowed, rendered.Choice):
        others = [each for each in allowed.values if each != value]
        return others[int(generator.integers(len(others)))]
    low, high = allowed.low, allowed.high
    # The end that is farther away, or nearly so: a change that cannot be overlooked.
    far = high if value < (low + high) / 2 else low
    moved = far - 0.2 * generator.random() * (far - (low + high) / 2)
    return int(moved) if isinstance(value, int) else float(moved)
