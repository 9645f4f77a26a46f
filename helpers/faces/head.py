"""Head and neck: skin, its relief, nose, ears, and what age and beard do to them."""

import numpy as np

from helpers.faces.grain import offsets, speckle
from helpers.faces.measures import Measures
from helpers.faces.palettes import Array, constant
from helpers.faces.picture import NUMBER, Picture, band, cover, ramp
from helpers.faces.space import Space, bulk, bump, ridge, roundness, turned

_BLOOD = constant("#b3412f")


def paint_neck(picture: Picture, m: Measures, space: Space) -> None:
    """The neck, down to the collar bones."""
    # It leans with the head, so that it stays below the chin.
    lean = -np.deg2rad(m["roll"]) * np.clip(2.1 - space.y, 0, 1.6) + 0.006 * m["yaw"] * np.clip(
        2.0 - space.y, 0, 1
    )
    across = space.x - lean.astype(np.float32)
    width = (
        0.93 * m["neck_width"] + 0.05 * np.square(space.y - 1.55) + 1.1 * ramp(space.y, 1.95, 2.7)
    )
    inside = band(width - np.abs(across), space) * ramp(space.y, 0.6, 0.7)
    round_ = np.sqrt(np.maximum(1 - np.square(across / width), 0.0))
    depth = 0.42 * round_ - 0.42 + 0.1 * ramp(space.y, 2.0, 2.5)
    depth += 0.03 * bump(np.abs(across), space.y, 0.17, 1.95, 0.08, 0.5)
    skin = m.colours["skin"] * 0.9
    picture.paint(inside, skin, "neck", depth, gloss=0.12, flesh=1)


def paint_ears(picture: Picture, m: Measures, space: Space) -> None:
    """Both ears; the head then covers what lies behind it."""
    across, down = ear_space(m, space)
    rim = 1 - np.square(across / 0.155) - np.square((down + 0.05 * across) / m["ear_size"])
    inside = cover(rim)
    hollow = bump(across, down, 0.03, -0.03, 0.06, 0.17)
    depth = -0.1 + 0.12 * np.sqrt(np.maximum(rim, 0)) - 0.1 * hollow
    colour = m.colours["skin"] * (1 - 0.35 * hollow)
    colour = colour + 0.10 * (_BLOOD * m.colours["skin"].mean(axis=0) * 2 - colour)
    picture.paint(inside, colour, None, depth, gloss=0.12, flesh=1)
    picture.paint_sides(inside, space.u, "l_ear", "r_ear")


def ear_space(m: Measures, space: Space) -> tuple[Array, Array]:
    """Coordinates around the middle of the ear on each side, outwards and down."""
    side = np.sign(space.u)
    # Ears lie behind the plane of the face: turning the head moves them the other way.
    behind = -0.30 * np.sin(np.deg2rad(m["yaw"])) * side
    middle = m["face_width"] * 0.985 + m["ear_angle"] * 0.6 + behind
    down = space.v - 0.24 - 0.1 * np.sin(np.deg2rad(m["pitch"]))
    lean = 0.12 * down
    return (np.abs(space.u) - middle - lean).astype(np.float32), down.astype(np.float32)


def paint_head(picture: Picture, m: Measures, space: Space) -> None:
    """Skin and relief of the head."""
    u, v = space.u, space.v
    inside = cover(roundness(m, u, v))
    relief = bulk(m, u, v) + _relief(m, u, v)
    _, _, depth = turned(m, u, v - 0.3, relief)
    picture.paint(inside, m.colours["skin"], "skin", depth, gloss=0.3, flesh=1)
    _redden(picture, m, space, inside)
    _blotch(picture, m, space, inside)
    _age(picture, m, space, inside)
    _paint_nose(picture, m, space)


def _relief(m: Measures, u: Array, v: Array) -> Array:
    """Height of the features over the bulk of the head."""
    side = np.abs(u)
    eye, below = m["eye_distance"], m["nose_length"]
    height = -(0.09 + 0.03 * m["eye_depth"]) * bump(side, v, eye - 0.06, -0.02, 0.24, 0.15)
    height += (0.05 + 0.025 * m["brow_ridge"]) * bump(side, v, eye - 0.02, -0.27, 0.36, 0.11)
    height += (0.06 + 0.022 * m["cheekbones"]) * bump(side, v, 0.62, 0.42, 0.26, 0.2)
    height += 0.07 * np.maximum(m["smile"], 0) * bump(side, v, 0.52, 0.55, 0.2, 0.18)
    height += (0.08 + 0.025 * m["chin_forward"]) * bump(u, v, 0, m["face_length"] - 0.2, 0.24, 0.16)
    height -= 0.05 * bump(u, v, 0, m["mouth_height"] + 0.24, 0.3, 0.07)
    height -= 0.03 * bump(u, v, 0, (below + m["mouth_height"]) / 2, 0.06, 0.11)
    return height + _nose(m, u, v) + _muzzle(m, u, v)


def _muzzle(m: Measures, u: Array, v: Array) -> Array:
    """The roundness that teeth give to the mouth, and the fold beside it."""
    side = np.abs(u)
    fold_at = 0.3 + 0.3 * (v - 0.72)
    deep = 0.012 + 0.03 * np.maximum(m["smile"], 0) + 0.0006 * np.maximum(m["age"] - 25, 0)
    along = ramp(v, 0.6, 0.78) * (1 - ramp(v, 0.95, 1.18))
    fold = deep * along * ridge(side - fold_at, 0.055)
    return 0.07 * bump(u, v, 0, m["mouth_height"], 0.42, 0.24) - fold


def _nose(m: Measures, u: Array, v: Array) -> Array:
    """Bridge, ball of the tip, and wings."""
    tip = m["nose_length"] - 0.08
    share = np.clip((v + 0.12) / (tip + 0.12), 0, 1)
    wide = m["nose_bridge_width"] * (1 + 0.35 * share)
    # Falls off above the brows and steeply below the tip.
    along = ramp(v, -0.42, 0.05) * (1 - ramp(v, tip, tip + 0.17))
    bridge = m["nose_bridge_height"] + 0.10 * share
    height = bridge * along * ridge(u, wide)
    height += 0.13 * bump(u, v, 0, tip + 0.01, m["nose_tip"], m["nose_tip"])
    wing_at = m["nose_width"] - 0.075
    return height + 0.11 * bump(np.abs(u), v, wing_at, tip + 0.035, 0.075, 0.085)


def _paint_nose(picture: Picture, m: Measures, space: Space) -> None:
    """Nostrils, the shade of the wings, and which pixels are called nose."""
    u, v, side = space.u, space.v, np.abs(space.u)
    base = m["nose_length"] + 0.025
    apart = 0.44 * m["nose_width"]
    seen = 0.72 + 0.08 * m["nostrils"] + 0.012 * m["pitch"]
    hole = cover(1 - np.square((side - apart) / 0.062) - np.square((v - base) / 0.036))
    crease = bump(side, v, m["nose_width"] + 0.005, base - 0.04, 0.028, 0.085)
    under = bump(u, v, 0, base + 0.035, 0.2, 0.03)
    dark = np.clip(hole * seen + 0.42 * crease + 0.4 * under, 0, 0.92)
    picture.tint(dark, constant("#4a1d14"))
    share = np.clip((v + 0.02) / m["nose_length"], 0, 1)
    half = m["nose_bridge_width"] + (m["nose_width"] + 0.02 - m["nose_bridge_width"]) * share**1.6
    here = band(np.minimum(half - side, np.minimum(v + 0.02, base + 0.045 - v)), space)
    picture.label[here > 0.5] = NUMBER["nose"]


def _redden(picture: Picture, m: Measures, space: Space, inside: Array) -> None:
    """Blood under cheeks, nose and around the eyes; a paler forehead."""
    u, v, side = space.u, space.v, np.abs(space.u)
    blood = 0.30 * bump(side, v, 0.56, 0.55, 0.28, 0.24)
    blood += 0.26 * bump(u, v, 0, m["nose_length"] - 0.06, 0.2, 0.17)
    blood += 0.12 * bump(u, v, 0, 1.4, 0.25, 0.14)
    strength = inside * blood * (0.5 + 0.5 * np.sqrt(m.colours["skin"][0]))
    picture.tint(strength, constant("#ffb9a2"))
    tired = 0.16 + 0.003 * np.maximum(m["age"] - 30, 0)
    under_eye = tired * bump(side, v, m["eye_distance"] - 0.03, m["eye_height"] + 0.16, 0.17, 0.07)
    socket = 0.12 * bump(side, v, m["eye_distance"] - 0.1, m["eye_height"] - 0.09, 0.17, 0.08)
    picture.tint(inside * (under_eye + socket), constant("#b08a83"))


def _blotch(picture: Picture, m: Measures, space: Space, inside: Array) -> None:
    """Uneven pigment, pores and freckles."""
    u, v, sheet = space.u, space.v, offsets(m.faces)
    clouds = speckle(u * 3, v * 3, sheet, "clouds")
    pores = speckle(u * 20, v * 20, sheet + 1, "cells")
    uneven = 0.02 + 0.0005 * np.maximum(m["age"] - 20, 0)
    picture.albedo[...] *= 1 + inside * (uneven * clouds + 0.022 * pores)
    spots = speckle(u * 13, v * 13, sheet + 2, "cells")
    where = bump(np.abs(u), v, 0.35, 0.45, 0.42, 0.3)
    freckle = 0.35 * np.clip(m["freckles"], 0, 2) * where * ramp(spots, 1.0, 1.9)
    picture.tint(inside * np.clip(freckle, 0, 0.6), constant("#a8744e"))


def _age(picture: Picture, m: Measures, space: Space, inside: Array) -> None:
    """Lines of the forehead, of the corners of the eyes and beside the mouth."""
    u, v, side = space.u, space.v, np.abs(space.u)
    years = np.clip((m["age"] - 32) / 48, 0, 1)
    wobble = 0.03 * speckle(u * 2, v * 2, offsets(m.faces) + 3, "clouds")
    rows = np.sin((v + wobble + 0.1 * np.square(u)) * 48)
    lines = ramp(rows, 0.55, 1.0) * bump(u, v, 0, -0.6, 0.5, 0.2)
    spread = (v - m["eye_height"]) / np.maximum(side - m["eye_distance"] - 0.1, 0.08)
    crow = ramp(np.cos(spread * 9), 0.5, 1) * bump(
        side, v, 0.77, m["eye_height"] + 0.02, 0.09, 0.13
    )
    fold_at = 0.3 + 0.3 * (v - 0.72)
    beside = ridge(side - fold_at, 0.022) * ramp(v, 0.62, 0.8) * (1 - ramp(v, 0.95, 1.2))
    bag_at = m["eye_height"] + 0.2 - 0.35 * np.square(side - m["eye_distance"])
    bag = ridge(v - bag_at, 0.02) * np.exp(-np.square((side - m["eye_distance"]) / 0.16))
    smiling = 0.25 * np.maximum(m["smile"], 0)
    strength = years * (0.34 * lines + 0.38 * crow + 0.35 * bag) + (0.42 * years + smiling) * beside
    picture.tint(inside * np.clip(strength, 0, 0.6), constant("#8a5a48"))


def paint_beard(picture: Picture, m: Measures, space: Space) -> None:
    """Beards; a beard is part of the region "skin", as in CelebAMask-HQ."""
    grown = m.where(beard=True)
    if not grown.any():
        return
    area = _beard_area(m, space)
    hairs = speckle(space.u * 40, space.v * 12, offsets(m.faces) + 5, "cells")
    ragged = ramp(area + 0.09 * hairs, 0.3, 0.85)
    dense = np.where(m.where(beard_style="stubble") > 0, np.float32(0.4), np.float32(0.88))
    shade = np.clip(0.8 + 0.3 * hairs, 0.3, 1.6)
    inside = ragged * dense * cover(roundness(m, space.u, space.v / 1.03) + 0.02)
    # Last, for where no beard grows its ragged edge would still leave single hairs.
    inside = inside * grown * (picture.label == NUMBER["skin"])
    picture.paint(inside, m.colours["hair"] * shade, None, picture.depth + 0.03, gloss=0.1)


def _beard_area(m: Measures, space: Space) -> Array:
    """Where the chosen beard grows, 0 to 1."""
    u, v, side = space.u, space.v, np.abs(space.u)
    mouth, wide = m["mouth_height"], m["mouth_width"]
    lip = bump(u, v, 0, mouth - 0.175, 0.34, 0.06) * 1.2
    chin = bump(u, v, 0, mouth + 0.38, 0.36, 0.26) * 1.35
    around = ridge(side - wide - 0.13, 0.07) * ramp(v, 0.85, 0.95) * ramp(-v, -1.5, -1.2)
    # Grows from the sideburns to the jaw; cheeks stay free above this line.
    edge = 0.42 + 0.62 * ramp(1 - side, 0.05, 0.62)
    jaw = ramp(v, edge - 0.05, edge + 0.22)
    free_lip = 1 - 0.8 * bump(u, v, 0, mouth + 0.13, 0.2, 0.06)
    full = np.maximum(jaw, lip)
    area = m.where(beard_style=("full", "stubble")) * full
    area = area + m.where(beard_style="moustache") * lip
    area = area + m.where(beard_style="goatee") * np.maximum(np.maximum(lip, chin), around)
    return (area * free_lip).astype(np.float32)
