"""From the factors of faces to the lengths and colours that are drawn.

Lengths are in units of half the width of an average face at the cheekbones (about 70 mm), with the
origin between the eyes, x to the image's right and y down. Proportions of the average face follow
published anthropometry (Farkas, Anthropometry of the Head and Face, 1994), rounded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from helpers.faces.factors import FACTORS, SHAPE, Face, Uniform
from helpers.faces.palettes import PALETTES, SKIN, Array, linear

_NUMBERS = [name for name, about in FACTORS.items() if isinstance(about["range"], Uniform)]


@dataclass(frozen=True)
class Measures:
    """What a batch of faces is drawn from.

    Attributes
    ----------
    numbers : dict of str to array (N, 1, 1)
        Lengths of a person's shape, and every other continuous factor as it is.
    colours : dict of str to array (3, N, 1, 1)
        Linear RGB reflectance of skin, eye, hair, lipstick, hat and clothes.
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
    rows = [[getattr(face, name) for name in _NUMBERS] for face in faces]
    table = np.array(rows, dtype=np.float32).T[:, :, None, None]
    numbers = dict(zip(_NUMBERS, table, strict=True))
    for name in SHAPE:
        if "length" in FACTORS[name]:
            average, deviation = np.array(FACTORS[name]["length"], dtype=np.float32)
            numbers[name] = average + deviation * numbers[name]
    colours = {
        factor.removesuffix("_colour"): _colours(linear(palette[getattr(f, factor)]) for f in faces)
        for factor, palette in PALETTES.items()
    }
    colours["skin"] = _colours(SKIN[face.skin_tone - 1] for face in faces)
    return Measures(numbers, colours, faces)


def _colours(colours: Iterable[Array]) -> Array:
    return np.stack(list(colours), axis=1)[:, :, None, None]
