"""From the factors of faces to the lengths and colours that are drawn.

Lengths are in units of half the width of an average face at the cheekbones (about 70 mm), with the
origin between the eyes, x to the image's right and y down. Proportions of the average face follow
published anthropometry (Farkas, Anthropometry of the Head and Face, 1994), rounded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from helpers.faces.factors import MONK_TONES, SHAPE, Face

# Single precision throughout: half the memory, and steps far below what eight bits show.
Array: TypeAlias = npt.NDArray[np.floating[Any]]

_LENGTHS = {  # of the average face, and what one standard deviation adds
    "face_width": (1.06, 0.045),
    "face_length": (1.58, 0.07),
    "forehead_height": (0.93, 0.07),
    "eye_distance": (0.465, 0.022),
    "eye_height": (0.0, 0.025),
    "eye_width": (0.232, 0.014),
    "eye_opening": (0.100, 0.013),
    "eye_tilt": (0.02, 0.022),
    "lid_fold": (0.055, 0.016),
    "iris_size": (0.094, 0.004),
    "brow_height": (0.25, 0.022),
    "brow_thickness": (0.06, 0.012),
    "brow_length": (0.27, 0.022),
    "brow_arch": (0.05, 0.022),
    "brow_tilt": (0.015, 0.025),
    "brow_gap": (0.17, 0.028),
    "nose_length": (0.68, 0.05),
    "nose_width": (0.255, 0.03),
    "nose_bridge_width": (0.1, 0.015),
    "nose_bridge_height": (0.13, 0.03),
    "nose_tip": (0.125, 0.016),
    "nose_forward": (0.3, 0.045),
    "mouth_width": (0.36, 0.03),
    "mouth_height": (1.03, 0.035),
    "upper_lip": (0.092, 0.02),
    "lower_lip": (0.13, 0.022),
    "cupids_bow": (0.3, 0.12),
    "mouth_corners": (0.0, 0.016),
    "ear_size": (0.31, 0.025),
    "ear_angle": (0.09, 0.025),
    "neck_width": (0.6, 0.045),
}

IRISES = {
    "dark brown": "#2a1608",
    "brown": "#53300f",
    "hazel": "#6d5a2c",
    "green": "#56714a",
    "blue": "#5580a6",
    "grey": "#75808a",
}
HAIRS = {
    "black": "#16120f",
    "dark brown": "#2f2018",
    "brown": "#573a26",
    "auburn": "#7a3d1f",
    "blond": "#c39c62",
    "grey": "#8b8782",
    "white": "#c4c0b8",
}
LIPSTICKS = {"red": "#b5121f", "berry": "#7d1640", "pink": "#d6547f", "coral": "#d9583f"}
HATS = {
    "navy": "#1f2c4f",
    "red": "#9c2a2a",
    "green": "#2f5a3c",
    "grey": "#6f7175",
    "mustard": "#b98a2c",
    "cream": "#d9cfb8",
}
CLOTHES = {
    "blue": "#3c5f8f",
    "black": "#1d1d20",
    "white": "#c4c4bf",
    "green": "#3e6a4d",
    "maroon": "#6c2632",
    "sand": "#b59f78",
    "grey": "#77797d",
    "violet": "#5c4a7c",
}


@dataclass(frozen=True)
class Measures:
    """What a batch of faces is drawn from.

    Attributes
    ----------
    numbers : dict of str to array (N, 1, 1)
        Lengths of a person's shape, and every other continuous factor as it is.
    colours : dict of str to array (3, N, 1, 1)
        Linear RGB reflectance of skin, iris, hair, lipstick, hat and clothes.
    faces : sequence of Face
        For factors that choose between ways of drawing; see :meth:`where`.
    """

    numbers: dict[str, Array]
    colours: dict[str, Array]
    faces: Sequence[Face]

    def __getitem__(self, name: str) -> Array:
        return self.numbers[name]

    def where(self, **wanted: object) -> Array:
        """Return 1 for the faces whose factors are as wanted, else 0: (N, 1, 1)."""
        chosen = [
            all(
                getattr(face, name) in (value if isinstance(value, tuple) else (value,))
                for name, value in wanted.items()
            )
            for face in self.faces
        ]
        return np.asarray(chosen, dtype=np.float32)[:, None, None]


def measure(faces: Sequence[Face]) -> Measures:
    """Turn the factors of faces into what is drawn."""
    names = [*SHAPE, *_CONTINUOUS]
    table = np.array([[getattr(face, name) for name in names] for face in faces], dtype=np.float32)
    numbers = {name: table[:, k, None, None] for k, name in enumerate(names)}
    for name, (average, deviation) in _LENGTHS.items():
        numbers[name] = np.float32(average) + np.float32(deviation) * numbers[name]
    colours = {
        "skin": _colours(_SKIN[face.skin_tone - 1] for face in faces),
        "iris": _colours(linear(IRISES[face.eye_colour]) for face in faces),
        "hair": _colours(linear(HAIRS[face.hair_colour]) for face in faces),
        "lipstick": _colours(linear(LIPSTICKS[face.lipstick_colour]) for face in faces),
        "hat": _colours(linear(HATS[face.hat_colour]) for face in faces),
        "clothes": _colours(linear(CLOTHES[face.clothes_colour]) for face in faces),
    }
    return Measures(numbers, colours, faces)


def linear(colour: str) -> Array:
    """Linear RGB in [0, 1], (3,), of an sRGB colour written ``#rrggbb`` (IEC 61966-2-1)."""
    encoded = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4).astype(
        np.float32
    )


def constant(colour: str) -> Array:
    """Linear RGB of a colour that all faces share, (3, 1, 1, 1)."""
    return linear(colour)[:, None, None, None]


def _colours(colours: Iterable[Array]) -> Array:
    return np.stack(list(colours), axis=1)[:, :, None, None]


# Swatches keep the order of the tones, but they are no reflectances: the skin of a person who picks
# the lightest one reflects less light than it, and of one who picks the darkest far more.
_REFLECTS = (0.56, 0.56, 0.53, 0.54, 0.61, 0.95, 1.15, 1.75, 2.9, 4.2)
_TINT = np.array(
    [[1.44, 0.90, 0.66]] * 3
    + [[1.36, 0.93, 0.72], [1.28, 0.95, 0.76]]
    + [[1.14, 0.97, 0.88]] * 3
    + [[1.42, 0.94, 0.72]] * 2
)
_SKIN = [
    (linear(tone) * share * tint).astype(np.float32)
    for tone, share, tint in zip(MONK_TONES, _REFLECTS, _TINT, strict=True)
]

_CONTINUOUS = (
    "age", "yaw", "pitch", "roll", "shift_x", "shift_y", "closeness", "smile", "mouth_open",
    "brows_raised", "squint", "gaze_x", "gaze_y", "light_from", "light_height", "light_warmth",
    "light_softness", "exposure", "background_hue",
)  # fmt: skip
