"""The nineteen regions of a face, in FaceX's order, and twelve that they merge into."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from helpers.errors import InputError

REGIONS: tuple[str, ...] = (
    "skin",
    "u_lip",
    "l_lip",
    "hair",
    "l_ear",
    "r_ear",
    "nose",
    "mouth",
    "l_brow",
    "r_brow",
    "l_eye",
    "r_eye",
    "ear_r",
    "neck",
    "neck_l",
    "cloth",
    "background",
    "hat",
    "eye_g",
)
"""Names as FaceX and CelebAMask-HQ write them.

``ear_r`` is the earring, ``neck_l`` the necklace, ``eye_g`` the glasses, ``mouth`` the inside of an
open mouth.

``l_`` and ``r_`` are the left and right *of the image*: so FaceX's schematic face has its ears and
eyes (``face_model_v3.json`` of facextool 0.1.52: ``l_eye`` at x = 204 of 563, ``r_eye`` at 374), and
so has ours. In that drawing the brows alone are exchanged (``l_brow`` at 379, ``r_brow`` at 188), and
a score of one is painted over the other. Masks from elsewhere may mean the person's left: compare
where the middle of ``l_eye`` and ``r_eye`` lies before you read a result.
"""

MERGED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "skin": ("skin",),
        "hair": ("hair",),
        "brows": ("l_brow", "r_brow"),
        "eyes": ("l_eye", "r_eye"),
        "glasses": ("eye_g",),
        "nose": ("nose",),
        "mouth": ("mouth", "u_lip", "l_lip"),
        "ears": ("l_ear", "r_ear", "ear_r"),
        "hat": ("hat",),
        "neck": ("neck", "neck_l"),
        "cloth": ("cloth",),
        "background": ("background",),
    }
)
"""Twelve regions, each with those of the nineteen that it holds.

What lies left and right is one region, and what is worn goes with what it hangs on, save hat and
glasses, which hide what is beneath. Twelve regions have 4,096 coalitions, few enough to show them all
to a network.
"""


def merge(masks: Any) -> Any:
    """Merge masks of the nineteen regions into those of twelve, :data:`MERGED`.

    Parameters
    ----------
    masks : array or Tensor (N, 19, H, W) bool
        In the order of :data:`REGIONS`.

    Returns
    -------
    array or Tensor (N, 12, H, W) bool
        Of the same kind, in the order of :data:`MERGED`. Disjoint where the nineteen are, and covering
        the same pixels.

    Raises
    ------
    InputError
        If there are not nineteen masks of True and False.

    Examples
    --------
    >>> from helpers import faces
    >>> faces.merge(faces.render(faces.sample(2), size=64).masks).shape
    (2, 12, 64, 64)
    """
    shape, kind = tuple(getattr(masks, "shape", ())), str(getattr(masks, "dtype", "none"))
    if len(shape) != 4 or shape[1] != len(REGIONS) or not kind.endswith("bool"):
        raise InputError(
            "masks must be an array or tensor (N, 19, H, W) of True and False, a mask for each of "
            f"faces.REGIONS, but are of type {kind} and shape {shape}."
        )
    if hasattr(masks, "is_meta"):  # of torch, which is not imported for an array
        from helpers.models.contract import oddity

        if oddity(masks):
            raise InputError(f"masks must be plain numbers, but it {oddity(masks)}.")
    first = [REGIONS.index(parts[0]) for parts in MERGED.values()]
    found = masks[:, first]  # picked by a list, these are copies
    for k, (_, *others) in enumerate(MERGED.values()):
        for other in others:
            found[:, k] |= masks[:, REGIONS.index(other)]
    return found
