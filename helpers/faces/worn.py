"""What people wear: clothes, necklace, earrings, glasses and hats."""

import numpy as np

from helpers.faces.grain import noise, offsets, speckle
from helpers.faces.head import ear_space
from helpers.faces.measures import Measures
from helpers.faces.palettes import Array, constant
from helpers.faces.picture import NUMBER, Picture, band, cover, ramp, strip
from helpers.faces.space import Space, roundness, turned

_GOLD = constant("#d9a441")
_PEARL = constant("#eee6da")
_FRAME = constant("#1c1715")
_LENS = constant("#0b0c0e")
_SHEEN = constant("#c9d8e6")


def paint_clothes(picture: Picture, m: Measures, space: Space) -> None:
    """Shoulders, with a round neck, a V or the collar of a shirt."""
    x, y, side = space.x, space.y, np.abs(space.x)
    shirt, crew = m.where(clothes_style="shirt"), m.where(clothes_style="crew")
    shoulder = 1.74 + 0.13 * np.square(side) + 0.30 * ramp(side, 0.55, 1.15)
    ring = np.square(x / 0.72) + np.square((y - 1.62) / 0.55)
    deep = np.where(shirt > 0, np.float32(2.42), np.float32(2.62))
    open_ = 0.62 * np.clip(deep - y, 0, 1) / (deep - 1.72)
    vee = 1 - strip(0.6 * (open_ + x), 0.6 * (open_ - x), space)
    inside = band(y - shoulder, space) * (vee + crew * (cover(ring - 1) - vee))
    # The border of the neck opening: round, or along the V.
    wide = np.where(shirt > 0, 0.34 - 0.22 * (y - 1.8), 0.07)
    along, around = ramp(open_ - side, -wide - 0.02, -wide), ramp(-np.sqrt(ring), -1.16, -1.12)
    hem = (around * crew + along * (1 - crew)).astype(np.float32)
    folds = noise(x * 2.2 + 0.8 * y, y * 0.9, offsets(m.faces) + 13, "clouds")
    weave = speckle(x * 40, y * 40, offsets(m.faces) + 14, "cells")
    depth = -0.05 - 0.12 * np.square(x) + 0.025 * folds + 0.05 * hem + 0.1 * (y - 2)
    colour = m.colours["clothes"] * (1 + 0.03 * weave) * (1 + 0.22 * hem * shirt)
    picture.paint(inside, colour, "cloth", depth, gloss=0.04, flesh=0)


def paint_necklace(picture: Picture, m: Measures, space: Space) -> None:
    """A string of beads around the neck."""
    if not m.where(necklace=True).any():
        return
    hang = 2.16 - 0.85 * np.square(space.x) - 0.4 * np.square(np.square(space.x))
    slope = np.sqrt(1 + np.square(1.7 * space.x))
    away = (space.y - hang) / slope
    here = (np.abs(space.x) < 0.68) * m.where(necklace=True)
    inside = band(0.036 - np.abs(away), space) * here
    # Equal steps along the curve, so that beads stay round.
    bead = np.cos(2 * np.pi * space.x * (1 + 0.4 * np.square(space.x)) * 1.15 / 0.085)
    colour = _PEARL * (0.55 + 0.45 * ramp(bead, -0.9, 0.4))
    round_ = 0.05 * np.sqrt(np.maximum(1 - np.square(away / 0.036), 0))
    picture.paint(inside, colour, "neck_l", picture.depth + round_, gloss=0.9, flesh=0)
    picture.name_line("neck_l", inside, away, space)


def paint_earrings(picture: Picture, m: Measures, space: Space) -> None:
    """A hoop at the lobe of each ear that the head does not hide."""
    if not m.where(earrings=True).any():
        return
    across, down = ear_space(m, space)
    low = m["ear_size"] + 0.11
    radius = np.sqrt(np.square(across + 0.02) + np.square(down - low))
    hoop = band(0.03 - np.abs(radius - 0.095), space)
    # The far ear of a turned head is behind it.
    hidden = cover(roundness(m, space.u, space.v)) * (np.abs(m["yaw"]) > 8)
    inside = hoop * (1 - hidden) * m.where(earrings=True)
    round_ = 0.05 * np.sqrt(np.maximum(1 - np.square((radius - 0.095) / 0.03), 0))
    picture.paint(inside, _GOLD, "ear_r", 0.05 + round_, gloss=1.0, flesh=0)
    picture.name_line("ear_r", inside, radius - 0.095, space)


def paint_glasses(picture: Picture, m: Measures, space: Space) -> None:
    """Frames, bridge and temples; clear lenses that reflect a little, or dark ones."""
    worn = m.where(glasses=True)
    if not worn.any():
        return
    dark = m.where(glasses_style="dark")
    frame, lens, away = _spectacles(m, space)
    tint = worn * lens * (0.04 + 0.92 * dark)
    sheen = ramp(space.u * 0.5 - space.v, 0.05, 0.32) * lens * worn
    eyes = np.isin(picture.label, [NUMBER[each] for each in ("l_brow", "r_brow", "l_eye", "r_eye")])
    keep = picture.label.copy()
    picture.paint(tint, _LENS, None, gloss=0.3)
    picture.paint(sheen * (0.07 + 0.05 * dark), _SHEEN)
    glass = lens * worn > 0.5
    picture.label[glass] = NUMBER["eye_g"]
    # Through clear glass an eye is still an eye.
    through = glass & eyes & (dark < 0.5)
    picture.label[through] = keep[through]
    frame = frame * worn
    picture.paint(frame, _FRAME, "eye_g", picture.depth + 0.10, gloss=0.8, flesh=0)
    picture.name_line("eye_g", frame, away, space)


def _spectacles(m: Measures, space: Space) -> tuple[Array, Array, Array]:
    """Frame and lenses, as shares of each pixel, and the distance from the middle of the wire."""
    # Glasses stand before the face and move more than it when the head turns.
    u = space.u - 0.10 * np.sin(np.deg2rad(m["yaw"]))
    side, down = np.abs(u), space.v - m["eye_height"] - 0.035
    square = m.where(glasses_style=("square", "dark"))
    half_x = 0.275 + 0.03 * square
    half_y = 0.265 - 0.045 * square
    across, along = np.abs(side - m["eye_distance"] - 0.005) / half_x, np.abs(down) / half_y
    oval = np.square(across) + np.square(along)
    box = np.square(np.square(across)) + np.square(np.square(along))
    radius = np.sqrt(oval) + square * (np.sqrt(np.sqrt(box)) - np.sqrt(oval))
    edge = (1 - radius) * 0.26
    rim = band(0.020 + 0.006 * square - np.abs(edge), space)
    lens = band(edge, space)
    gap = m["eye_distance"] - half_x + 0.01
    bridge = band(np.minimum(0.02 - np.abs(down + 0.06), gap - side), space)
    outer = m["eye_distance"] + half_x - 0.02
    reach = np.minimum(side - outer, 1.02 * m["face_width"] - side)
    temple = band(np.minimum(0.022 - np.abs(down + 0.07), reach), space)
    frame = np.maximum(rim, np.maximum(bridge, temple))
    wire = np.minimum(np.minimum(np.abs(down + 0.06), np.abs(down + 0.07)), np.abs(edge))
    return frame, lens, wire


def hat_edge(m: Measures, space: Space) -> Array:
    """Height of the lower edge of the hat, (N, H, W); seen from below, it rises in the middle."""
    return (-0.79 + 0.13 * np.square(space.u / m["face_width"])).astype(np.float32)


def paint_hat(picture: Picture, m: Measures, space: Space) -> None:
    """A knitted cap, a cap with a visor or a hat with a brim."""
    worn = m.where(hat=True)
    if not worn.any():
        return
    u, v = space.u, space.v
    knitted = m.where(hat_style="beanie")
    wide, high = m["face_width"] + 0.10 + 0.03 * knitted, 1.80 + 0.05 * knitted
    across, along = np.square(u / wide), np.square(np.minimum(v, 0) / high)
    outline = 1 - across * np.sqrt(across) - along * np.sqrt(along)
    edge = hat_edge(m, space)
    field = np.minimum(outline, edge - v)
    ribs = np.cos(u * 46) * knitted
    fold = knitted * ramp(v, edge - 0.30, edge - 0.27)
    relief = 0.20 + 0.85 * np.sqrt(np.maximum(outline, 0)) + 0.012 * ribs + 0.05 * fold
    _, _, depth = turned(m, u, v - 0.3, relief)
    cloth = speckle(u * 18, v * 18, offsets(m.faces) + 15, "cells")
    bands = m.where(hat_style="brim") * ramp(v, edge - 0.24, edge - 0.22)
    shade = (1 + 0.05 * cloth) * (1 - 0.6 * bands) * (1 - 0.08 * (1 - fold) * knitted)
    inside = cover(field) * worn
    picture.paint(inside, m.colours["hat"] * shade, "hat", depth, gloss=0.05, flesh=0)
    _paint_brim(picture, m, space, worn)


def _paint_brim(picture: Picture, m: Measures, space: Space, worn: Array) -> None:
    """The visor of a cap or the brim of a hat, seen a little from below."""
    visor = m.where(hat_style="cap")
    # They stand far before the face and swing with it.
    u = space.u - 0.3 * visor * np.sin(np.deg2rad(m["yaw"]))
    across = np.square(u / (m["face_width"] * (1.68 - 0.62 * visor)))
    top = np.where(visor > 0, -0.80 + 0.11 * across, -0.98 + 0.16 * across)
    drop = np.where(visor > 0, 0.25, 0.34) - 0.012 * m["pitch"]
    low = top + drop * np.sqrt(np.maximum(1 - across, 0))
    # Beyond both ends its edges are one line: nothing may be drawn there.
    share = strip(space.v - top - 0.01, low - space.v - 0.01, space)
    inside = share.astype(np.float32) * worn * (1 - m.where(hat_style="beanie"))
    out = np.clip((space.v - top) / drop, 0, 1)
    depth = 1.05 + 0.3 * out - 0.35 * across
    shade = 0.9 - 0.28 * out
    picture.paint(inside, m.colours["hat"] * shade, "hat", depth, gloss=0.08, flesh=0)
