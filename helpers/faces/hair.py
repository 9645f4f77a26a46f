"""Hair: what hangs behind the neck, and what frames the face."""

from dataclasses import dataclass

import numpy as np

from helpers.faces.grain import noise, offsets
from helpers.faces.measures import Measures
from helpers.faces.palettes import Array
from helpers.faces.picture import Picture, cover, ramp
from helpers.faces.space import Space, ridge, turned
from helpers.faces.worn import hat_edge

_BOTTOM = {"none": -9.0, "cropped": 0.12, "short": 0.30, "chin": 1.22, "long": 2.75}
_VOLUME = {"none": -0.5, "cropped": 0.035, "short": 0.13, "chin": 0.17, "long": 0.15}
_TEXTURE = {"straight": 0.0, "wavy": 0.04, "curly": 0.12, "coily": 0.2}


@dataclass(frozen=True)
class Cut:
    """Lengths of a haircut, each (N, 1, 1), and where each strand lies, each (N, H, W)."""

    bottom: Array
    volume: Array
    part: Array
    strand: Array
    bulge: Array


def paint_back_hair(picture: Picture, m: Measures, space: Space, cut: Cut) -> None:
    """Hair that falls behind neck and shoulders."""
    hanging = m.where(hair_length=("chin", "long"))
    if not hanging.any():
        return
    wide = m["face_width"] + cut.volume + 0.02 + 0.03 * ramp(space.v, 0.5, 2.0)
    low = cut.bottom + 0.04 * cut.strand - 0.25 * np.square(space.u)
    sides = wide + 0.02 * cut.strand - np.abs(space.u)
    inside = cover(np.minimum(np.minimum(sides, low - space.v), _dome(m, space, cut))) * hanging
    inside = inside * _bare(m, space)
    shade = np.clip(0.42 + 0.2 * cut.strand, 0.1, 1)
    depth = -0.35 + 0.04 * cut.bulge
    picture.paint(inside, m.colours["hair"] * shade, "hair", depth, gloss=0.15, flesh=0.2)


def paint_hair(picture: Picture, m: Measures, space: Space, cut: Cut) -> None:
    """Hair over the skull, down to the hairline and beside the face."""
    haired = 1 - m.where(hair_length="none")
    if not haired.any():
        return
    dome = _dome(m, space, cut)
    field = np.minimum(dome, _ends(m, space, cut)) + 0.012 * cut.strand
    field = np.minimum(field, -_opening(m, space, cut) + 0.028 * cut.strand)
    inside = cover(field) * haired
    inside = inside * _bare(m, space)
    curled = m.where(hair_texture=("curly", "coily"))
    bulging = np.where(curled > 0, np.float32(0.032), np.float32(0.018))
    relief = 0.10 + 0.84 * np.sqrt(np.maximum(dome, 0)) + bulging * cut.bulge
    _, _, depth = turned(m, space.u, space.v - 0.3, relief)
    contrast = 1 - 0.55 * curled
    shade = np.clip(0.8 + contrast * (0.24 * cut.strand + 0.16 * cut.bulge), 0.25, 1.7)
    picture.paint(inside, m.colours["hair"] * shade, "hair", depth, flesh=0.15)
    shine = np.where(curled > 0, np.float32(0.08), np.float32(0.28))
    gloss = shine * np.clip(0.7 + 0.35 * cut.strand, 0, 1.5)
    picture.gloss[...] += inside * (gloss - picture.gloss)


def _bare(m: Measures, space: Space) -> Array:
    """Where no hat is: it presses hair flat, so that none shows above its edge."""
    return 1 - m.where(hat=True) * ramp(hat_edge(m, space) - space.v, -0.03, 0.03)


def _dome(m: Measures, space: Space, cut: Cut) -> Array:
    """Positive inside the outline of head and hair."""
    wide = m["face_width"] + cut.volume + 0.02
    high = 1.48 + 0.3 * (m["forehead_height"] - 0.93) + 1.15 * cut.volume
    # Below the ears hair hangs instead of following the skull.
    v = np.where(space.v > 0, 0.25 * space.v, space.v)
    lumps = 0.35 * cut.volume * cut.bulge * m.where(hair_texture=("curly", "coily"))
    across = np.square(np.square(np.abs(space.u) / (wide + 0.3 * lumps)))
    across = np.sqrt(across) * np.sqrt(np.sqrt(across))
    along = np.square(np.abs(v) / (high + 0.3 * lumps)) * np.sqrt(np.abs(v) / high)
    return (1 - np.minimum(across, 9) - along).astype(np.float32)


def _ends(m: Measures, space: Space, cut: Cut) -> Array:
    """Positive above the ends of the hair."""
    sideburn = m.where(hair_length=("cropped", "short")) * 0.1 * (np.abs(space.u) - 0.9)
    return cut.bottom + sideburn + 0.035 * cut.strand - space.v


def _opening(m: Measures, space: Space, cut: Cut) -> Array:
    """Positive where the face shows: below the hairline and between the sides."""
    hanging = m.where(hair_length=("chin", "long"))
    u = space.u
    shift = 0.16 * m.where(hair_style="parted") * (u - cut.part) * (space.v < 0.2)
    top = m["forehead_height"] + 0.35 - 0.06 * m.where(hair_style="centre")
    # Curtains lie closer to the eyes than cropped temples do.
    wide = m["face_width"] * (0.885 + 0.045 * (1 - hanging)) + 0.08 * hanging * ramp(
        space.v, 0.3, 1.6
    )
    down = space.v - 0.35 - shift
    along = np.square(np.minimum(down, 0) / top)
    along = along * np.sqrt(np.sqrt(along))
    across = np.square(u / wide)
    across = across * np.sqrt(across)
    peak = m.where(hair_style="centre") * 0.12 * ridge(u, 0.1)
    return (1 - across - along + peak).astype(np.float32)


def comb(m: Measures, space: Space) -> Cut:
    """Lengths of the haircut of each face, and the way its strands run."""
    lengths = [(_BOTTOM[f.hair_length], _VOLUME[f.hair_length]) for f in m.faces]
    bottom, volume = np.array(lengths, dtype=np.float32).T[:, :, None, None]
    texture = np.array([_TEXTURE[f.hair_texture] for f in m.faces], dtype=np.float32)[:, None, None]
    part = 0.33 * m.where(hair_style="parted")
    volume = volume + texture * np.where(volume > 0.1, np.float32(1), np.float32(0.15))
    strand, bulge = _strands(m, space, part)
    return Cut(bottom, volume, part, strand, bulge)


def _strands(m: Measures, space: Space, part: Array) -> tuple[Array, Array]:
    """Light and dark strands, and locks: noise stretched along the fall of the hair."""
    sheet = offsets(m.faces)
    across, down = space.u - part, space.v + 1.75
    reach = np.sqrt(np.square(across) + np.square(down))
    angle = np.arctan2(across, np.maximum(down, 0.05))
    # Below the ears strands run straight down instead of away from the crown.
    fall = ramp(space.v, -0.3, 0.9)
    line = angle * (1 - fall) * 1.1 + space.u * fall
    wave = m.where(hair_texture="wavy") * 0.045 * np.sin(9 * reach + 3 * across)
    straight = noise((line + wave) * 26, reach * 1.3, sheet + 9, "cells")
    locks = noise((line + wave) * 6, reach * 0.9, sheet + 10, "cells")
    curled = m.where(hair_texture=("curly", "coily"))
    if curled.any():
        fine = np.where(m.where(hair_texture="coily") > 0, np.float32(15), np.float32(8))
        rings = noise(space.u * fine, space.v * fine, sheet + 11, "cells")
        lumps = noise(space.u * fine / 2, space.v * fine / 2, sheet + 12, "cells")
        straight = straight + curled * (rings - straight)
        locks = locks + curled * (lumps - locks)
    return straight, locks
