"""The nineteen regions of a face, in FaceX's order."""

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
open mouth. ``l_`` and ``r_`` of a rendered face are the left and right *of the image*.
"""
