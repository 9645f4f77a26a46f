"""Which pixels a factor may change: regions, and how far around them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from helpers.faces.factors import FACTORS
from helpers.faces.regions import REGIONS
from helpers.faces.sampling import SHADOW_REACH

PAINT_REACH = 0.02
"""How far paint changes pixels around it, as a share of the picture's width: it tapers off."""

HAIR_REACH = 0.05
"""The same for what borders on hair: single strands stand off, each thinner than a pixel."""

# An edge that covers less than half of a pixel, and the lens that softens it, at every size.
_SOFT = 2.0


class Reach(NamedTuple):
    """Where a factor may change a picture.

    Attributes
    ----------
    regions : tuple of str
        Names of :data:`REGIONS`. A pixel counts if it belongs to one of them before the change or
        after it.
    beyond : float
        How far from these pixels others may change, as a share of the picture's width; the
        softness of edges comes on top, see :meth:`pixels`.
    """

    regions: tuple[str, ...]
    beyond: float

    def pixels(self, size: int) -> float:
        """Return how far others may change in a picture of this width, soft edges included.

        Parameters
        ----------
        size : int
            Width of the picture in pixels.

        Returns
        -------
        float

        Examples
        --------
        >>> round(REACH["hat"].pixels(112), 2), round(REACH["lipstick"].pixels(112), 2)
        (15.44, 4.24)
        """
        return _SOFT + self.beyond * size


_LIPS = ("u_lip", "l_lip")
# Behind dark glasses eyes glint a little, and clear ones lie over skin: that is their region then.
_EYES = ("l_eye", "r_eye", "eye_g")
_BROWS = ("l_brow", "r_brow")
_SKIN = ("skin", "nose", "eye_g")
_PERSON = tuple(name for name in REGIONS if name != "background")
# A beard belongs to the skin, and has the colour of the hair.
_HAIRS = ("hair", *_BROWS, "skin")

_SKIN_AND_MOUTH = (*_SKIN, *_LIPS, "mouth", "l_eye", "r_eye")

_LOCAL = {
    ("lipstick", "lipstick_colour"): Reach(_LIPS, PAINT_REACH),
    ("eye_colour", "gaze_x", "gaze_y", "squint"): Reach(_EYES, PAINT_REACH),
    ("brows_raised",): Reach((*_EYES, *_BROWS), PAINT_REACH),
    ("freckles",): Reach((*_SKIN_AND_MOUTH, *_BROWS), PAINT_REACH),
    ("age",): Reach((*_SKIN_AND_MOUTH, *_BROWS), SHADOW_REACH),
    ("smile",): Reach(_SKIN_AND_MOUTH, SHADOW_REACH),
    ("mouth_open",): Reach((*_LIPS, "mouth"), SHADOW_REACH),
    ("beard", "beard_style"): Reach(("skin",), SHADOW_REACH),
    ("hair_length", "hair_style", "hair_texture"): Reach(("hair",), SHADOW_REACH),
    ("hair_colour",): Reach(_HAIRS, HAIR_REACH),
    # A hat presses hair flat: what was hair above it becomes something else.
    ("hat", "hat_style"): Reach(("hat", "hair"), SHADOW_REACH),
    ("hat_colour",): Reach(("hat",), PAINT_REACH),
    ("glasses", "glasses_style"): Reach((*_EYES, *_BROWS), SHADOW_REACH),
    ("earrings",): Reach(("ear_r",), SHADOW_REACH),
    ("necklace",): Reach(("neck_l",), SHADOW_REACH),
    ("clothes_style",): Reach(("cloth",), SHADOW_REACH),
    ("clothes_colour",): Reach(("cloth",), PAINT_REACH),
    ("background", "background_hue"): Reach(("background",), HAIR_REACH),
    # The exposure is metered on the skin, so that its tone changes the background too.
    ("skin_tone", "exposure", "grain"): Reach(REGIONS, 0.0),
}


def _reach(name: str) -> Reach:
    # Shape, pose and light: the background comes lit, and no shadow falls on it.
    elsewhere = Reach(_PERSON, HAIR_REACH)
    return next((reach for names, reach in _LOCAL.items() if name in names), elsewhere)


REACH: Mapping[str, Reach] = MappingProxyType({name: _reach(name) for name in FACTORS})
"""Where each factor may change a picture by more than four grey levels of 255 in any channel, twice
the standard deviation of the camera's noise. Smaller changes may lie further off, since the hills
of the relief and the tints of the skin have no edge."""
