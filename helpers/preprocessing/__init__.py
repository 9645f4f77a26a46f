"""Find faces in a photograph, crop or align them, and blur chosen parts.

Detection is MTCNN, run in torch with the weights of the ``mtcnn`` package, so it works offline.
"""

from helpers.preprocessing.blurring import blur_where, face_ellipse, moved_mask
from helpers.preprocessing.detection import Detection, detect, detect_all, find_faces
from helpers.preprocessing.framing import (
    ALIGNED_LANDMARKS,
    FAIRFACE_BOX_CENTRE,
    FAIRFACE_BOX_SIDE,
    align,
    crop_face,
    face_square,
)

__all__ = [
    "ALIGNED_LANDMARKS",
    "FAIRFACE_BOX_CENTRE",
    "FAIRFACE_BOX_SIDE",
    "Detection",
    "align",
    "blur_where",
    "crop_face",
    "detect",
    "detect_all",
    "face_ellipse",
    "face_square",
    "find_faces",
    "moved_mask",
]
