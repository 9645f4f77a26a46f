"""Light on a painted picture, and the camera that takes it."""

import numpy as np
from scipy.ndimage import uniform_filter

from helpers.faces.grain import sensor_noise
from helpers.faces.measures import Measures
from helpers.faces.palettes import Array
from helpers.faces.picture import Picture, slopes
from helpers.faces.space import Space

_STEPS = (0.05, 0.1, 0.17, 0.26, 0.38)
"""Distances, in units of the face, at which something could stand in the light."""
_BLOOD_REACH = np.array([0.42, 0.22, 0.16], dtype=np.float32)[:, None, None, None]
"""How far red, green and blue light wander under skin past the edge of a shadow."""


def lit(picture: Picture, m: Measures, space: Space) -> Array:
    """Linear light of every pixel, (3, N, H, W)."""
    towards = _direction(m)
    normal = _normals(picture, space)
    facing = sum(a * b for a, b in zip(normal, towards, strict=True))
    reach = 0.12 + picture.flesh * _BLOOD_REACH
    diffuse = np.maximum(facing + reach, 0) / (1 + reach)
    open_ = 1 - _shadow(picture, space, towards)
    closed_in = _occlusion(picture, space)
    soft = m["light_softness"]
    key = _warmth(m) * (1.75 * (1 - soft) + 0.25)
    sky = (0.80 - 0.22 * normal[1]) * closed_in
    lit = picture.albedo * (key * diffuse * open_ + (0.25 + 0.75 * soft) * sky)
    lit += key * _shine(picture, normal, towards) * open_
    shown = picture.albedo + picture.lit * (lit - picture.albedo)
    # Cameras open up for a dark subject, though never so far that it looks light.
    metered = np.power(m.colours["skin"].mean(axis=0) / 0.28, -0.25)
    return shown * metered * np.exp2(0.25 * m["exposure"])


def photograph(linear_light: Array, m: Measures, space: Space) -> np.ndarray:
    """What a camera makes of the light: (N, H, W, 3) uint8 sRGB."""
    shown = linear_light / (1 + 0.18 * linear_light)
    encoded = np.where(
        shown <= 0.0031308,
        12.92 * shown,
        1.055 * np.power(np.maximum(shown, 1e-6), 1 / 2.4) - 0.055,
    )
    encoded = _lens(encoded, space)
    encoded += 0.008 * sensor_noise(m.faces, space.size)
    whole = np.clip(np.rint(encoded * 255), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.moveaxis(whole, 0, -1))


def _direction(m: Measures) -> tuple[Array, Array, Array]:
    """Unit vector towards the light: to the right, down, and to the viewer."""
    around, height = np.deg2rad(m["light_from"]), np.deg2rad(m["light_height"])
    return np.sin(around) * np.cos(height), -np.sin(height), np.cos(around) * np.cos(height)


def _warmth(m: Measures) -> Array:
    tint = np.array([0.09, 0.0, -0.15], dtype=np.float32)[:, None, None, None]
    return 1 + tint * m["light_warmth"]


def _normals(picture: Picture, space: Space) -> tuple[Array, Array, Array]:
    down, across = slopes(picture.depth)
    down, across = down / space.pixel, across / space.pixel
    # Where one thing ends before another the slope is that of neither: such cliffs are levelled.
    cliff = 1 / (1 + (np.square(down) + np.square(across)) / 16)
    down, across = down * cliff, across * cliff
    length = 1 / np.sqrt(1 + np.square(down) + np.square(across))
    return -across * length, -down * length, length


def _shine(picture: Picture, normal: tuple[Array, ...], towards: tuple[Array, ...]) -> Array:
    """Highlights of Blinn (SIGGRAPH 1977): a broad and a narrow lobe."""
    half = (towards[0], towards[1], towards[2] + 1)
    length = np.sqrt(sum(np.square(each) for each in half))
    along = sum(a * b for a, b in zip(normal, half, strict=True)) / length
    along = np.maximum(along, 0)
    fourth = np.square(np.square(along))
    sixteenth = np.square(np.square(fourth))
    narrow = np.square(np.square(sixteenth))
    return picture.gloss * (0.07 * sixteenth + 0.16 * narrow)


def _shadow(picture: Picture, space: Space, towards: tuple[Array, ...]) -> Array:
    """How far something nearer the light keeps it off, 0 to 1, with a soft edge."""
    blocked = np.zeros_like(picture.depth)
    flat = np.sqrt(np.square(towards[0]) + np.square(towards[1]))
    for step in _STEPS:
        move = step / (space.pixel * flat)
        rows = np.rint(towards[1] * move).astype(int).ravel()
        columns = np.rint(towards[0] * move).astype(int).ravel()
        rise = step * towards[2] / flat
        higher = _moved(picture.depth, rows, columns) - picture.depth - rise
        np.maximum(blocked, np.clip(higher / (0.05 + 0.45 * step), 0, 1), out=blocked)
    return 0.8 * _blur(blocked, max(round(space.size * 0.012), 1))


def _moved(depth: Array, rows: np.ndarray, columns: np.ndarray) -> Array:
    """Look up the depth a number of pixels away, another number for each face."""
    size = depth.shape[-1]
    index = np.arange(size)
    moved = np.empty_like(depth)
    for k, (down, across) in enumerate(zip(rows, columns, strict=True)):
        row, column = np.clip(index + down, 0, size - 1), np.clip(index + across, 0, size - 1)
        moved[k] = depth[k][row][:, column]
    return moved


def _occlusion(picture: Picture, space: Space) -> Array:
    """Share of the sky that a place sees: less in hollows than on hills (depth darkening)."""
    # The far background must not count: it would brighten every outline.
    near = np.maximum(picture.depth, -0.45)
    wide = _blur(near, max(round(space.size * 0.028), 1))
    broad = _blur(wide, max(round(space.size * 0.05), 1))
    hollow = 2.5 * np.maximum(wide - near, 0) + 0.8 * np.maximum(broad - near, 0)
    return 1 / (1 + hollow)


def _blur(field: Array, radius: int) -> Array:
    width = 2 * radius + 1
    return uniform_filter(field, size=(0, width, width), mode="nearest")


def _lens(encoded: Array, space: Space) -> Array:
    """The softness of a lens: a little of each pixel's light falls on its neighbours."""
    side = np.float32(0.09)
    middle = 1 - 2 * side
    across = middle * encoded
    across[..., 1:] += side * encoded[..., :-1]
    across[..., :-1] += side * encoded[..., 1:]
    across[..., 0] += side * encoded[..., 0]
    across[..., -1] += side * encoded[..., -1]
    down = middle * across
    down[..., 1:, :] += side * across[..., :-1, :]
    down[..., :-1, :] += side * across[..., 1:, :]
    down[..., 0, :] += side * across[..., 0, :]
    down[..., -1, :] += side * across[..., -1, :]
    return down
