"""Colours by name, and the light that they reflect."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

# Single precision throughout: half the memory, and steps far below what eight bits show.
Array: TypeAlias = npt.NDArray[np.floating[Any]]
Lengths: TypeAlias = Array | float

MONK_TONES = (
    "#f6ede4",
    "#f3e7db",
    "#f7ead0",
    "#eadaba",
    "#d7bd96",
    "#a07e56",
    "#825c43",
    "#604134",
    "#3a312a",
    "#292420",
)
"""The ten tones of the Monk Skin Tone scale (Monk 2019, released by Google 2022), light to dark."""

PALETTES = {
    "eye_colour": {
        "dark brown": "#2a1608",
        "brown": "#53300f",
        "hazel": "#6d5a2c",
        "green": "#56714a",
        "blue": "#5580a6",
        "grey": "#75808a",
    },
    "hair_colour": {
        "black": "#16120f",
        "dark brown": "#2f2018",
        "brown": "#573a26",
        "auburn": "#7a3d1f",
        "blond": "#c39c62",
        "grey": "#8b8782",
        "white": "#c4c0b8",
    },
    "lipstick_colour": {
        "red": "#b5121f",
        "berry": "#7d1640",
        "pink": "#d6547f",
        "coral": "#d9583f",
    },
    "hat_colour": {
        "navy": "#1f2c4f",
        "red": "#9c2a2a",
        "green": "#2f5a3c",
        "grey": "#6f7175",
        "mustard": "#b98a2c",
        "cream": "#d9cfb8",
    },
    "clothes_colour": {
        "blue": "#3c5f8f",
        "black": "#1d1d20",
        "white": "#c4c4bf",
        "green": "#3e6a4d",
        "maroon": "#6c2632",
        "sand": "#b59f78",
        "grey": "#77797d",
        "violet": "#5c4a7c",
    },
}
"""What each factor of colour can be, as sRGB ``#rrggbb``."""


def linear(colour: str) -> Array:
    """Linear RGB in [0, 1], (3,), of an sRGB colour written ``#rrggbb`` (IEC 61966-2-1)."""
    encoded = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4).astype(
        np.float32
    )


def constant(colour: str) -> Array:
    """Linear RGB of a colour that all faces share, (3, 1, 1, 1)."""
    return linear(colour)[:, None, None, None]


# Swatches keep the order of the tones, but they are no reflectances: the skin of a person who picks
# the lightest one reflects less light than it, and of one who picks the darkest far more.
_REFLECTS = (0.56, 0.56, 0.53, 0.54, 0.61, 0.95, 1.15, 1.75, 2.9, 4.2)
_TINT = np.array(
    [[1.44, 0.90, 0.66]] * 3
    + [[1.36, 0.93, 0.72], [1.28, 0.95, 0.76]]
    + [[1.14, 0.97, 0.88]] * 3
    + [[1.42, 0.94, 0.72]] * 2
)
SKIN = [
    (linear(tone) * share * tint).astype(np.float32)
    for tone, share, tint in zip(MONK_TONES, _REFLECTS, _TINT, strict=True)
]
"""Reflectance of the skin of each Monk tone, light to dark, (3,) each."""
