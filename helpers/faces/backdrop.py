"""What is behind the person, out of focus."""

import colorsys
from collections.abc import Callable

import numpy as np

from helpers.faces.factors import Face
from helpers.faces.measures import Measures
from helpers.faces.palettes import Array
from helpers.faces.picture import Picture

_CELLS = 28


def paint_backdrop(picture: Picture, m: Measures) -> None:
    """Fill the picture with each face's background, which comes lit."""
    coarse = np.stack([_coarse(face) for face in m.faces], axis=1)
    # Spreading few cells smoothly over many pixels is what an open lens does to the distance.
    spread = _spread(picture.depth.shape[-1])
    picture.albedo[...] = np.maximum(spread @ coarse @ spread.T, 0.004)


def _coarse(face: Face) -> Array:
    """The background on a coarse grid, (3, cells, cells), linear RGB."""
    generator = np.random.default_rng([face.grain, 77])
    return np.clip(_KINDS[face.background](generator, face.background_hue), 0, 1.3).astype(
        np.float32
    )


def _spread(size: int) -> Array:
    """Weights of the cells (columns) in each of the pixels (rows); each row sums to 1."""
    at = (np.arange(size) + 0.5) / size * _CELLS - 0.5
    away = at[:, None] - np.arange(_CELLS)[None]
    weights = np.exp(-np.square(away / 1.15))
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def _paint(hue: float, saturation: float, value: float) -> np.ndarray:
    return np.array(colorsys.hsv_to_rgb(hue % 1, saturation, value))[:, None, None] ** 2.2


def _grid() -> tuple[np.ndarray, np.ndarray]:
    steps = (np.arange(_CELLS) + 0.5) / _CELLS
    return steps[None, :], steps[:, None]


def _studio(generator: np.random.Generator, hue: float) -> np.ndarray:
    x, y = _grid()
    lit = np.exp(-(np.square(x - generator.uniform(0.25, 0.75)) + np.square(y - 0.4)) / 0.35)
    return _paint(hue, 0.2, 0.66) * (0.35 + 0.75 * lit)


def _wall(generator: np.random.Generator, hue: float) -> np.ndarray:
    x, y = _grid()
    slope = generator.uniform(-0.35, 0.35)
    clouds = 0.05 * generator.standard_normal((_CELLS, _CELLS))
    corner = 0.82 + 0.18 * (x > generator.uniform(0.1, 0.9))
    return _paint(hue, 0.16, 0.84) * (0.85 + slope * (x - 0.5) - 0.2 * y + clouds) * corner


def _window(generator: np.random.Generator, hue: float) -> np.ndarray:
    x, y = _grid()
    left = generator.uniform(-0.05, 0.5)
    inside = (x > left) & (x < left + 0.55) & (y < 0.7)
    bars = (np.abs(x - left - 0.27) < 0.03) | (np.abs(y - 0.33) < 0.03)
    room = _paint(hue, 0.22, 0.42) * np.ones((1, _CELLS, _CELLS))
    sky = _paint(0.57, 0.12, 1.0) * (1.05 - 0.25 * y)
    return np.where(inside & ~bars, sky, room)


def _foliage(generator: np.random.Generator, hue: float) -> np.ndarray:
    leaves = generator.uniform(0.1, 1.0, (_CELLS, _CELLS)) ** 1.2
    green = _paint(0.19 + 0.12 * hue, 0.36, 0.58) * leaves * 1.15
    gaps = generator.uniform(size=(_CELLS, _CELLS)) > 0.95
    return np.where(gaps, _paint(0.16, 0.12, 1.0), green)


def _street(generator: np.random.Generator, hue: float) -> np.ndarray:
    tones = np.repeat(generator.uniform(0.12, 0.6, 7), 4)[None, None, :_CELLS]
    fade = np.linspace(1.15, 0.6, _CELLS)[None, :, None]
    houses = _paint(0.08 + 0.5 * hue, 0.18, 0.8) * tones * fade
    lamps = generator.uniform(size=(_CELLS, _CELLS)) > 0.975
    return np.where(lamps, _paint(0.11, 0.35, 1.0) * 1.2, houses)


def _shelves(generator: np.random.Generator, hue: float) -> np.ndarray:
    books = generator.uniform(0, 1, (3, 4, _CELLS))
    books = 0.6 * books.mean(axis=0) + 0.4 * books
    books = np.repeat(0.10 + 0.26 * books, 7, axis=1)[:, :_CELLS]
    boards = (np.arange(_CELLS) % 7 == 6)[None, :, None]
    return np.where(boards, _paint(0.07 + 0.06 * hue, 0.5, 0.5), books)


_KINDS: dict[str, Callable[[np.random.Generator, float], np.ndarray]] = {
    "studio": _studio,
    "wall": _wall,
    "window": _window,
    "foliage": _foliage,
    "street": _street,
    "shelves": _shelves,
}
