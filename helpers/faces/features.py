"""Eyes, brows and mouth."""

from itertools import pairwise

import numpy as np

from helpers.faces.grain import offsets, speckle
from helpers.faces.measures import Measures
from helpers.faces.palettes import Array, constant
from helpers.faces.picture import NUMBER, Picture, band, cover, ramp, strip
from helpers.faces.space import Space, bump, ridge

_SCLERA = constant("#a39a93")
_PUPIL = constant("#060505")
_LASH = constant("#120c0a")
_TEETH = constant("#efe8da")
_INSIDE = constant("#3a0f10")
_TONGUE = constant("#a3504c")


def paint_eyes(picture: Picture, m: Measures, space: Space) -> None:
    """Both eyes: lids, white, iris, pupil, lashes and the reflection of the light."""
    along, down = eye_space(m, space)
    upper, lower = _lids(m, along)
    outside = np.abs(along) - 1
    opening = np.minimum(down - upper, lower - down)
    inside = band(np.where(outside > 0, -0.1, opening), space)
    _paint_lids(picture, m, space, along, down, upper)
    shade = 1 - 0.5 * np.exp(-np.maximum(down - upper, 0) / 0.03) - 0.4 * np.square(along)
    picture.paint(inside, _SCLERA * np.maximum(shade, 0.2), None, gloss=0.5)
    _paint_iris(picture, m, space, inside, upper)
    corner = bump(along, down, -0.93, 0.008, 0.12, 0.02) * inside
    picture.paint(0.7 * corner, constant("#b3685c"))
    _paint_lashes(picture, m, space, along, (down - upper, down - lower))
    picture.paint_sides(inside, space.u, "l_eye", "r_eye")


def eye_space(m: Measures, space: Space) -> tuple[Array, Array]:
    """Coordinates around the middle of the eye on each side.

    The first runs from -1 at the inner corner to 1 at the outer one; the second is the distance
    below the line through both.
    """
    out = np.abs(space.u) - m["eye_distance"]
    tilt = m["eye_tilt"] / m["eye_width"]
    return out / m["eye_width"], space.v - m["eye_height"] + tilt * out


def _lids(m: Measures, along: Array) -> tuple[Array, Array]:
    """Edges of the upper and the lower lid, as heights over the line of the eye."""
    # Teeth push the cheeks up when people smile, and the lower lid with them.
    narrowed = 1 - 0.38 * m["squint"] - 0.15 * np.maximum(m["smile"], 0)
    high = m["eye_opening"] * narrowed * (1 + 0.22 * m["brows_raised"])
    arc = np.maximum(1 - np.square(along), 0)
    # The highest point of the upper lid lies nearer the nose than the lowest of the lower one.
    upper = -1.12 * high * np.power(arc, 0.62) * (1 - 0.13 * along)
    lower = 0.80 * high * np.power(arc, 0.75) * (1 + 0.16 * along)
    return upper.astype(np.float32), lower.astype(np.float32)


def _paint_lids(
    picture: Picture, m: Measures, space: Space, along: Array, down: Array, upper: Array
) -> None:
    """The ball of the eye under the lids, and the fold of the upper one."""
    picture.depth[...] += 0.075 * bump(along, down, 0, 0, 0.85, 0.13)
    fold = upper - m["lid_fold"] * np.sqrt(np.maximum(1 - np.square(along / 1.15), 0))
    crease = ridge(down - fold, 0.016) * ramp(1.2 - np.abs(along), 0, 0.35)
    picture.tint(0.55 * crease, constant("#6b4136"))
    shaded = ramp(down, fold - 0.01, upper) * (down < upper) * ramp(1.1 - np.abs(along), 0, 0.2)
    picture.tint(0.16 * shaded, constant("#8f655a"))


def _paint_iris(picture: Picture, m: Measures, space: Space, inside: Array, upper: Array) -> None:
    side = np.sign(space.u)
    across = (np.abs(space.u) - m["eye_distance"]) * side - 0.05 * m["gaze_x"]
    down = space.v - m["eye_height"] - 0.018 * m["gaze_y"] + 0.006
    radius = np.sqrt(np.square(across) + np.square(down)) / m["iris_size"]
    disc = band((1 - radius) * m["iris_size"], space) * inside
    spokes = speckle(np.arctan2(down, across) * 5, radius * 2, offsets(m.faces) + 6, "cells")
    ring = 1.15 - 0.75 * ramp(radius, 0.72, 1.0) + 0.13 * spokes
    shadow = 1 - 0.55 * ramp(-down, -0.01, 0.075)
    picture.paint(disc, m.colours["eye"] * np.maximum(ring, 0.1) * shadow, gloss=0.6)
    pupil = band((0.4 - radius) * m["iris_size"], space) * inside
    picture.paint(pupil, _PUPIL)
    # The window or lamp that lights the face is seen in both eyes on the same side.
    spot_x = 0.034 * np.sin(np.deg2rad(m["light_from"]))
    spot = np.square((across - spot_x) / 0.024) + np.square((down + 0.032) / 0.022)
    picture.paint(cover(1 - spot) * inside * 0.95, constant("#ffffff") * 1.6, gloss=0)


def _paint_lashes(
    picture: Picture, m: Measures, space: Space, along: Array, below: tuple[Array, Array]
) -> None:
    """Lashes along the upper lid and, thinner, the lower one, from the distances below each."""
    reach = ramp(1.1 - np.abs(along), 0, 0.12)
    thick = 0.017 + 0.010 * ramp(along, -0.6, 0.9)
    line = band(thick - np.abs(below[0] + 0.006), space) * reach
    picture.paint(0.88 * line, _LASH)
    thin = band(0.007 - np.abs(below[1]), space) * reach
    picture.paint(0.5 * thin, m.colours["skin"] * 0.3)


def paint_brows(picture: Picture, m: Measures, space: Space) -> None:
    """Both brows, as short hairs that lean outwards."""
    out = np.abs(space.u) - m["brow_gap"]
    along = out / (2 * m["brow_length"])
    down = space.v - brow_line(m, along)
    thick = m["brow_thickness"] * ramp(along, -0.1, 0.12) * (1.12 - 0.75 * np.clip(along, 0, 1))
    strands = speckle(out * 26 + down * 30, down * 9, offsets(m.faces) + 7, "cells")
    ends = np.minimum(along + 0.05, 1 - along) * 0.5
    field = np.minimum(thick - np.abs(down), ends) + 0.008 * strands
    soft = np.clip(0.5 + field / (space.pixel + 0.014), 0, 1)
    shade = np.clip(0.8 + 0.3 * strands, 0.3, 1.5)
    colour = 0.45 * m.colours["hair"] * shade + 0.03 * m.colours["skin"]
    picture.paint(0.92 * soft, colour, None, gloss=0.05)
    core = band(np.minimum(thick + 0.008 - np.abs(down), ends), space)
    picture.paint_sides(core, space.u, "l_brow", "r_brow")


def brow_line(m: Measures, along: Array) -> Array:
    """Height of the middle of the brow, from its inner end (0) to its outer one (1)."""
    raised = 0.115 * m["brows_raised"]
    arch = m["brow_arch"] * (1 + 0.5 * m["brows_raised"])
    shape = np.maximum(np.sin(np.pi * np.clip(along, 0, 1) ** 1.25), 0)
    line = m["eye_height"] - m["brow_height"] - raised - arch * shape
    return (line - m["brow_tilt"] * (along - 0.3) + 0.03 * ramp(along, 0.6, 1.1)).astype(np.float32)


def mouth_half_width(m: Measures) -> Array:
    """Half the width of the mouth as it is in this picture."""
    return m["mouth_width"] * (1 + 0.2 * np.maximum(m["smile"], 0) - 0.06 * m["mouth_open"])


def corner_height(m: Measures) -> Array:
    """Height of the corners of the mouth."""
    return m["mouth_height"] - 0.085 * m["smile"] - m["mouth_corners"]


def paint_mouth(picture: Picture, m: Measures, space: Space) -> None:
    """Lips, and teeth and tongue behind them if the mouth is open."""
    along = space.u / mouth_half_width(m)
    arc = np.maximum(1 - np.square(along), 0)
    line = corner_height(m) + (m["mouth_height"] - corner_height(m)) * np.sqrt(arc)
    gap = 0.21 * np.square(m["mouth_open"]) + 0.05 * np.maximum(m["smile"], 0) * m["mouth_open"]
    top_inner, low_inner = line - 0.25 * gap * arc, line + 0.75 * gap * arc
    bow = 1 - m["cupids_bow"] * ridge(along, 0.16) + 0.12 * ridge(np.abs(along) - 0.3, 0.2)
    thin = 1 - 0.25 * np.maximum(m["smile"], 0) - 0.004 * np.maximum(m["age"] - 40, 0)
    top = top_inner - m["upper_lip"] * thin * np.power(arc, 0.8) * bow
    low = low_inner + m["lower_lip"] * thin * np.power(arc, 0.85)
    edges = (top, top_inner, low_inner, low)
    upper, between, lower = (
        strip(space.v - a, b - space.v, space).astype(np.float32) for a, b in pairwise(edges)
    )
    _paint_lip(picture, m, space, upper, np.minimum(space.v - top, top_inner - space.v))
    _paint_lip(picture, m, space, lower, np.minimum(space.v - low_inner, low - space.v))
    _paint_gap(picture, space, between, top_inner, low_inner, along)
    names = [NUMBER[each] for each in ("u_lip", "l_lip", "mouth")]
    largest = np.argmax([upper, lower, between], axis=0)
    covered = upper + lower + between > 0.5
    picture.label[covered] = np.array(names, dtype=np.uint8)[largest[covered]]
    picture.name_line("u_lip", upper, space.v - (top + top_inner) / 2, space)
    picture.name_line("l_lip", lower, space.v - (low_inner + low) / 2, space)
    seam = ridge(space.v - line, 0.014) * ramp(1.06 - np.abs(along), 0, 0.1)
    picture.tint(0.75 * seam * (1 - ramp(gap, 0.0, 0.04)), constant("#3a1512"))
    dimple = bump(np.abs(along), space.v, 1.03, corner_height(m), 0.07, 0.035)
    picture.tint(0.45 * dimple, constant("#5b2d25"))


def _paint_lip(picture: Picture, m: Measures, space: Space, inside: Array, field: Array) -> None:
    bare = m.colours["skin"] * constant("#e09a92") * 0.86 + 0.015 * constant("#e8706a")
    lines = speckle(space.u * 22, space.v * 3, offsets(m.faces) + 8, "cells")
    worn = m.where(lipstick=True)
    colour = bare + worn * 0.88 * (m.colours["lipstick"] - bare)
    colour = colour * (1 + 0.06 * lines)
    round_ = 0.055 * np.sqrt(np.maximum(field, 0) / 0.06)
    picture.paint(inside, colour, None, picture.depth + round_)
    picture.gloss[...] += inside * (0.42 + 0.4 * worn - picture.gloss)


def _paint_gap(
    picture: Picture, space: Space, inside: Array, upper: Array, lower: Array, along: Array
) -> None:
    picture.paint(inside, _INSIDE, None, picture.depth - 0.1, gloss=0.1)
    tongue = bump(along, space.v, 0, lower - 0.01, 0.6, 0.06) * inside
    picture.paint(0.8 * tongue, _TONGUE, gloss=0.4)
    edge = upper + 0.085 - 0.035 * np.square(along)
    teeth = band(np.minimum(edge - space.v, 0.85 - np.abs(along)), space) * inside
    between = 1 - 0.22 * ramp(np.cos(space.u * 2 * np.pi / 0.105), 0.86, 1.0)
    fade = (0.95 - 0.45 * np.square(along)) * between
    picture.paint(teeth, _TEETH * fade, gloss=0.6)
