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
open mouth.

``l_`` and ``r_`` are the left and right *of the image*: so FaceX's schematic face has its ears and
eyes (``face_model_v3.json`` of facextool 0.1.52: ``l_eye`` at x = 204 of 563, ``r_eye`` at 374), and
so has ours. In that drawing the brows alone are exchanged (``l_brow`` at 379, ``r_brow`` at 188), and
a score of one is painted over the other. Masks from elsewhere may mean the person's left: compare
where the middle of ``l_eye`` and ``r_eye`` lies before you read a result.
"""
