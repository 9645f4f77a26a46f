"""A picture that is painted layer by layer, and remembers what each pixel shows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from helpers.faces.palettes import Array, Lengths
from helpers.faces.regions import REGIONS
from helpers.faces.space import Space

NUMBER = {name: number for number, name in enumerate(REGIONS)}


@dataclass(frozen=True)
class Picture:
    """What light will fall on: the arrays are painted in place.

    Attributes
    ----------
    albedo : array (3, N, H, W)
        Linear RGB reflectance.
    depth : array (N, H, W)
        Height above the plane of the face, in its units; larger is nearer.
    gloss : array (N, H, W)
        Strength of the highlights.
    flesh : array (N, H, W)
        How far light travels under the surface: 1 for skin, 0 for cloth.
    lit : array (N, H, W)
        1 where light is computed, 0 for the background, which comes lit.
    label : array (N, H, W) of uint8
        Number of the region.
    """

    albedo: Array
    depth: Array
    gloss: Array
    flesh: Array
    lit: Array
    label: npt.NDArray[np.uint8]

    def paint(
        self,
        alpha: Array,
        colour: Array,
        region: str | None = None,
        depth: Array | None = None,
        gloss: float | None = None,
        flesh: float | None = None,
    ) -> None:
        """Lay a colour over the picture where ``alpha`` (N, H, W), in [0, 1], says so.

        A pixel belongs to ``region`` once half of it is covered. What is None stays as it was.
        """
        self.albedo[...] += alpha * (colour - self.albedo)
        if depth is not None:
            self.depth[...] += alpha * (depth - self.depth)
        if gloss is not None:
            self.gloss[...] += alpha * (np.float32(gloss) - self.gloss)
        if flesh is not None:
            self.flesh[...] += alpha * (np.float32(flesh) - self.flesh)
            self.lit[...] = np.maximum(self.lit, alpha)
        if region is not None:
            self.label[alpha > 0.5] = NUMBER[region]

    def name_line(self, region: str, share: Array, away: Array, space: Space) -> None:
        """Name the pixels on the middle of a line, which may be too thin to cover half of any.

        ``away`` is the distance from the middle of the line in face units. Where something hides
        most of the line, its name stays.
        """
        on_middle = np.abs(away) <= space.pixel / 2
        self.label[on_middle & (share > 0.2)] = NUMBER[region]

    def paint_sides(self, alpha: Array, u: Array, left: str, right: str) -> None:
        """Name what is covered after the half of the face in which it lies."""
        covered = alpha > 0.5
        self.label[covered & (u < 0)] = NUMBER[left]
        self.label[covered & (u >= 0)] = NUMBER[right]

    def tint(self, alpha: Array, colour: Array) -> None:
        """Multiply the reflectance by a colour where ``alpha`` says so."""
        self.albedo[...] *= 1 + alpha * (colour - 1)


def blank(count: int, size: int) -> Picture:
    """An empty picture, far away."""
    shape = (count, size, size)
    label = np.full(shape, NUMBER["background"], dtype=np.uint8)
    black, depth = np.zeros((3, *shape), dtype=np.float32), np.full(shape, -1, dtype=np.float32)
    gloss, flesh, lit = np.zeros((3, *shape), dtype=np.float32)
    return Picture(black, depth, gloss, flesh, lit, label)


def cover(field: Array) -> Array:
    """Share of each pixel inside a shape, given a field that is positive inside it.

    The distance to the edge is the field over its slope, which is exact for straight edges.
    """
    down, across = slopes(field)
    steep = np.sqrt(np.square(down) + np.square(across)) + np.float32(1e-6)
    return np.clip(0.5 + field / steep, 0, 1)


def band(distance: Array, space: Space) -> Array:
    """Share of each pixel inside a shape, given the distance inside its edge in face units."""
    return np.clip(0.5 + distance / space.pixel, 0, 1)


def strip(past: Array, before: Array, space: Space) -> Array:
    """Share of each pixel between two edges, given the distances inside each in face units.

    Both edges take their part away, so that a strip without width covers nothing. The smaller of
    the two shares would be a half on all of its line, however far that goes on.
    """
    return np.maximum(band(past, space) + band(before, space) - 1, 0)


def slopes(field: Array) -> tuple[Array, Array]:
    """Change per pixel, down and across: central differences, one-sided at the border."""
    down, across = (np.asarray(each) for each in np.gradient(field, axis=(1, 2)))
    return down, across


def ramp(values: Array, low: Lengths, high: Lengths) -> Array:
    """Smooth step: 0 below ``low``, 1 above ``high``."""
    t = np.clip((values - low) / np.subtract(high, low), 0, 1)
    smooth: Array = (t * t * (3 - 2 * t)).astype(np.float32)
    return smooth
