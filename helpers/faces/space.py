"""Where things are: from pixels to places on a turned head, and back.

A head is a height field over the plane of the face. Each pixel asks which place of the face it
shows, by a fixed-point iteration over the pose; a landmark goes the other way in closed form.
"""

from dataclasses import dataclass

import numpy as np

from helpers.faces.measures import Measures
from helpers.faces.palettes import Array, Lengths

UNIT = 0.203
"""Half the width of an average face, as a share of the picture."""
_CENTRE = 0.3  # the height of the face, in its own units, that is put in the middle of the picture
_STEPS = 3


@dataclass(frozen=True)
class Space:
    """Coordinates of every pixel of a batch, each (N, H, W), in units of the face.

    ``u, v`` are places on the face; ``x, y`` those of the body, which does not turn with the head;
    ``pixel`` is the length of a pixel in these units, (N, 1, 1).
    """

    u: Array
    v: Array
    x: Array
    y: Array
    pixel: Array
    size: int


def look(m: Measures, size: int) -> Space:
    """Find the place on the face that each pixel shows."""
    unit = _unit(m)
    steps = ((np.arange(size, dtype=np.float32) + 0.5) / size - 0.5).astype(np.float32)
    x = (steps[None, None, :] - 0.035 * m["shift_x"]) / unit
    y = (steps[None, :, None] - 0.025 * m["shift_y"]) / unit
    x, y = np.broadcast_arrays(x, y)
    cosine, sine = _turn(m["roll"])
    # Undo the roll, then find the place whose turned position is here.
    flat_x, flat_y = cosine * x + sine * y, cosine * y - sine * x
    u, v = _unturned(m, flat_x, flat_y)
    v = v + _CENTRE
    v = v + 0.009 * m["asymmetry"] * np.tanh(3 * u)
    return Space(u, v, x, y + np.float32(_CENTRE), (1 / (size * unit)).astype(np.float32), size)


def project(m: Measures, u: Array, v: Array, size: int) -> Array:
    """Pixel position of places on the face.

    Parameters
    ----------
    u, v : array (N, K)

    Returns
    -------
    array (N, K, 2)
        x and y in pixels, where the middle of the first pixel is at 0.
    """
    u, v = u[:, None, :], v[:, None, :]
    v = v - 0.009 * m["asymmetry"] * np.tanh(3 * u) - np.float32(_CENTRE)
    x, y, _ = turned(m, u, v, bulk(m, u, v + np.float32(_CENTRE)))
    cosine, sine = _turn(m["roll"])
    x, y = cosine * x - sine * y, sine * x + cosine * y
    unit = _unit(m)
    across = (x * unit + 0.035 * m["shift_x"] + 0.5) * size - 0.5
    down = (y * unit + 0.025 * m["shift_y"] + 0.5) * size - 0.5
    return np.stack([across[:, 0], down[:, 0]], axis=-1)


def turned(m: Measures, u: Array, v: Array, z: Array) -> tuple[Array, Array, Array]:
    """Position after yaw and pitch of a point of the head, ``v`` counted from the middle."""
    cosine, sine = _turn(m["yaw"])
    x, z = u * cosine + z * sine, z * cosine - u * sine
    cosine, sine = _turn(m["pitch"])
    return x, v * cosine - z * sine, z * cosine + v * sine


def roundness(m: Measures, u: Array, v: Array) -> Array:
    """How far inside the outline of the head a place is: 1 in the middle, 0 on it, then below."""
    width = m["face_width"] * _taper(m, v)
    across = np.square(u / width)
    below, above = v > 0, 1.48 + 0.3 * (m["forehead_height"] - 0.93)
    half = np.where(below, m["face_length"], above)
    # A superellipse: the lower face is the squarer, the larger the exponent.
    power = np.where(below, 2.25 + 0.16 * m["jaw_square"], np.float32(2.45))
    along = np.power(np.abs(v) / half, power)
    return (1 - across - along).astype(np.float32)


def bulk(m: Measures, u: Array, v: Array) -> Array:
    """Depth of the head without its details: an egg and a nose."""
    # The small constant keeps the outline from being infinitely steep.
    egg = 1.30 * (np.sqrt(np.maximum(roundness(m, u, v), 0) + 0.22) - 0.469)
    tip = m["nose_length"] - 0.08
    return egg + 0.85 * m["nose_forward"] * bump(u, v, 0, tip, 0.2, 0.26)


def bump(u: Array, v: Array, at_u: Lengths, at_v: Lengths, wide: Lengths, high: Lengths) -> Array:
    """A Gaussian hill of height 1."""
    hill: Array = np.exp(-np.square((u - at_u) / wide) - np.square((v - at_v) / high))
    return hill


def ridge(away: Array, wide: Lengths) -> Array:
    """A Gaussian ridge of height 1, given the distance from its line."""
    along: Array = np.exp(-np.square(away / wide))
    return along


def _taper(m: Measures, v: Array) -> Array:
    cheek = 0.022 * m["cheek_fullness"] * ridge(v - 0.62, 0.36)
    jaw = 0.035 * m["jaw_width"] * ridge(v - 1.05, 0.32)
    chin = (0.03 + 0.06 * m["chin_width"]) * ridge(v - 1.5, 0.22)
    return 1 + cheek + jaw + chin


def _unturned(m: Measures, x: Array, y: Array) -> tuple[Array, Array]:
    """Solve ``turned(u, v, bulk(u, v)) == x, y`` by fixed-point iteration."""
    cosine_yaw, sine_yaw = _turn(m["yaw"])
    cosine_pitch, sine_pitch = _turn(m["pitch"])
    u, v = x, y
    for _ in range(_STEPS):
        z = bulk(m, u, v + np.float32(_CENTRE))
        u, deep = (x - z * sine_yaw) / cosine_yaw, z * cosine_yaw - u * sine_yaw
        v = (y + deep * sine_pitch) / cosine_pitch
    return u, v


def _unit(m: Measures) -> Array:
    return (UNIT * (1 + 0.09 * m["closeness"])).astype(np.float32)


def _turn(degrees: Array) -> tuple[Array, Array]:
    radians = np.deg2rad(degrees).astype(np.float32)
    return np.cos(radians), np.sin(radians)
