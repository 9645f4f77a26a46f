"""Cut faces out of photographs, framed as FairFace's or aligned by their landmarks."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from helpers import arguments
from helpers.errors import InputError
from helpers.preprocessing.detection import Detection
from helpers.preprocessing.pictures import landmarks_of, landmarks_of_each, picture_of, pictures_of

# Where MTCNN's box lies in a FairFace picture, as a share of the picture's side: medians over the
# 190 of 200 validation pictures, evenly spaced, in which MTCNN finds exactly one face
# (`data_scripts/measure_framing.py`). Quartiles: centre x 0.442 to 0.558, centre y 0.460 to 0.491,
# side (root of the box's area) 0.832 to 0.887, as the package mtcnn found them; what runs here now
# differs by 0.002 at most. FairFace frames so closely that the picture's edge
# cuts the box in 98 % of them, so the whole box, and with it the face, would be somewhat larger:
# crops of other photographs come out up to a tenth wider than FairFace's.
FAIRFACE_BOX_CENTRE = (0.487, 0.475)
FAIRFACE_BOX_SIDE = 0.861

# Where five landmarks lie in the 112 x 112 pictures that face recognisers are trained on: (x, y) in
# pixels from the middle of the first one, as OpenCV counts, in this package's order. The template
# came with SphereFace's code (Liu et al. 2017, there 112 x 96) and, 8 px further right, with
# ArcFace's (Deng et al. 2019).
ALIGNED_LANDMARKS = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
_ALIGNED_SIZE = 112

_LARGEST = 8192
"""Longest side, in pixels, of a crop or of an aligned face."""

_FLAT = 1e-4
"""A face is neither shrunk nor enlarged by more than this to be aligned."""


def face_square(detection: Detection) -> tuple[float, float, float]:
    """Return the square around a face that frames it as FairFace frames its faces.

    Parameters
    ----------
    detection : Detection
        One face, not the list of them.

    Returns
    -------
    tuple of float
        ``(x, y, side)`` in pixels. The square may reach beyond the picture.

    Raises
    ------
    InputError
        If it is no detection, or its box has no area.
    """
    x, y, width, height = _box(detection)
    side = float(np.sqrt(width * height)) / FAIRFACE_BOX_SIDE
    centre_x, centre_y = x + width / 2, y + height / 2
    return (
        centre_x - FAIRFACE_BOX_CENTRE[0] * side,
        centre_y - FAIRFACE_BOX_CENTRE[1] * side,
        side,
    )


def crop_face(image: np.ndarray, detection: Detection, size: int = 224) -> np.ndarray:
    """Cut a face out of a picture with FairFace's framing.

    Parameters
    ----------
    image : array (H, W, 3) uint8
        RGB.
    detection : Detection
        Of a face in ``image``.
    size : int
        Side of the result, in pixels, up to 8192.

    Returns
    -------
    array (size, size, 3) uint8
        Where the square reaches beyond the picture, the picture's edge is continued.

    Raises
    ------
    InputError
        If ``image`` is not an RGB picture of whole numbers, ``detection`` is not one face, its box
        has no area or lies outside the picture, or the size is no such number.

    Examples
    --------
    >>> import numpy as np
    >>> grey = np.full((90, 120, 3), 128, dtype=np.uint8)
    >>> crop_face(grey, Detection((40, 20, 30, 40), 0.99, np.zeros((5, 2))), size=64).shape
    (64, 64, 3)
    """
    from PIL import Image

    image, size = picture_of(image, "crop_face"), arguments.count(size, "size", 1, _LARGEST)
    height, width = image.shape[:2]
    _require_inside(_box(detection), width, height)
    x, y, side = _whole_square(detection)
    # Rows and columns beyond the edge repeat the last one, without a padded copy of the picture.
    rows = np.clip(np.arange(y, y + side), 0, height - 1)
    columns = np.clip(np.arange(x, x + side), 0, width - 1)
    square = Image.fromarray(image[rows[:, None], columns])
    return np.asarray(square.resize((size, size), Image.Resampling.BILINEAR))


def align(
    image: np.ndarray | Sequence[np.ndarray], landmarks: ArrayLike, size: int = 112
) -> np.ndarray:
    """Turn, scale and shift faces so that their landmarks lie where recognisers expect them.

    The similarity transform that brings the five landmarks closest to :data:`ALIGNED_LANDMARKS` in
    the least-squares sense [1]_: a face is never sheared, and never mirrored. Faces lie where
    OpenCV's ``warpAffine`` puts them, so that recognisers see what they were trained on.

    Parameters
    ----------
    image : array (H, W, 3) or (N, H, W, 3) uint8, or a list of pictures
        RGB, one picture or several, which in a list may differ in size.
    landmarks : array (5, 2) or (N, 5, 2)
        ``(x, y)`` in pixels from the middle of the picture's first pixel, in this package's order,
        as :func:`detect` gives them.
    size : int
        Side of the result, in pixels, up to 8192; the template grows with it.

    Returns
    -------
    array (size, size, 3) or (N, size, size, 3) uint8
        Black where the square reaches beyond the picture, as in the pictures that recognisers are
        trained on.

    Raises
    ------
    InputError
        If ``image`` is not RGB of whole numbers, there are not five landmarks a picture, they
        cannot be those of a face in it, or the size is no such number.

    Examples
    --------
    >>> import numpy as np
    >>> grey = np.full((90, 120, 3), 128, dtype=np.uint8)
    >>> eyes_nose_mouth = [(45, 30), (65, 30), (55, 42), (47, 52), (63, 52)]
    >>> align(grey, eyes_nose_mouth, size=64).shape
    (64, 64, 3)

    References
    ----------
    .. [1] Umeyama. Least-squares estimation of transformation parameters between two point
       patterns. IEEE TPAMI 13(4), 1991.
    """
    size = arguments.count(size, "size", 1, _LARGEST)
    if not isinstance(image, list | tuple) and np.ndim(image) != 4:
        return _aligned(picture_of(image, "align"), landmarks_of(landmarks, "align"), size)
    pictures = pictures_of(image, "align")
    points = landmarks_of_each(landmarks, len(pictures), "align")
    aligned = np.zeros((len(pictures), size, size, 3), np.uint8)
    for row, picture, five in zip(aligned, pictures, points, strict=True):
        row[:] = _aligned(picture, landmarks_of(five, "align"), size)
    return aligned


def _box(detection: Any) -> tuple[float, float, float, float]:
    """The box of one face, which has an area."""
    if not isinstance(detection, Detection):
        raise InputError(
            f"one face is needed, a Detection, but got a {type(detection).__name__}: of the faces "
            "that were found, take one, such as faces[0]."
        )
    x, y, width, height = arguments.finite_array(detection.box, "the face's box", shape=(4,))
    if not min(width, height) > 0:
        raise InputError(
            f"the face's box is {width:g} x {height:g} px: a box (x, y, width, height) has a width "
            "and a height above 0."
        )
    return float(x), float(y), float(width), float(height)


def _require_inside(box: tuple[float, float, float, float], width: int, height: int) -> None:
    x, y, wide, high = box
    outside = x >= width or y >= height or x + wide <= 0 or y + high <= 0
    if outside or max(wide, high) > 10 * max(width, height):
        raise InputError(
            f"the face's box, {wide:g} x {high:g} px at ({x:g}, {y:g}), does not lie in the picture "
            f"of {width} x {height} px: was the face found in another one?"
        )


def _aligned(image: np.ndarray, landmarks: np.ndarray, size: int) -> np.ndarray:
    from PIL import Image

    picture = Image.fromarray(image)
    # Points count from the middle of the first pixel, Pillow from its corner.
    landmarks = landmarks + 0.5
    template = np.array(ALIGNED_LANDMARKS) * size / _ALIGNED_SIZE + 0.5
    scale = float(np.hypot(*_similarity(landmarks, template)[:, 0]))
    if not _FLAT < scale < 1 / _FLAT:
        raise InputError(
            "align takes five landmarks (x, y) of a face, but these points cannot be brought onto "
            f"a face's: {(landmarks - 0.5).tolist()}."
        )
    width, height = picture.size
    if not ((landmarks >= 0) & (landmarks <= (width, height))).all(1).any():
        raise InputError(
            f"none of the five landmarks lies in the picture of {width} x {height} px: were they "
            "found in another one?"
        )
    if scale < 1:
        # The transform looks at four pixels only; shrinking first averages over all of them.
        width, height = (max(1, round(side * scale)) for side in picture.size)
        landmarks = landmarks * (width, height) / picture.size
        picture = picture.resize((width, height), Image.Resampling.BILINEAR)
    forth = np.vstack([_similarity(landmarks, template), [0, 0, 1]])
    back = np.linalg.inv(forth)[:2]  # Pillow asks where each pixel of the result comes from
    return _transformed(np.asarray(picture), back, size)


def _transformed(picture: np.ndarray, back: np.ndarray, size: int) -> np.ndarray:
    from PIL import Image

    # In whole numbers Pillow cuts the fraction off, which darkens a picture by half a grey level.
    channels = [Image.fromarray(picture[..., k].astype(np.float32)) for k in range(3)]
    kind, taps = Image.Transform.AFFINE, Image.Resampling.BILINEAR
    moved = [each.transform((size, size), kind, back.ravel().tolist(), taps) for each in channels]
    return np.rint(np.stack([np.asarray(each) for each in moved], -1)).astype(np.uint8)


def _similarity(points: np.ndarray, onto: np.ndarray) -> np.ndarray:
    """Return the matrix (2, 3) that turns, scales and shifts ``points`` closest to ``onto``."""
    x, y = points.T
    ones, zeros = np.ones(len(points)), np.zeros(len(points))
    # In the plane Umeyama's problem is linear in (a, b, shift): [[a, -b], [b, a]] turns and scales,
    # and cannot mirror.
    equations = np.concatenate(
        [np.stack([x, -y, ones, zeros], 1), np.stack([y, x, zeros, ones], 1)]
    )
    a, b, right, down = np.linalg.lstsq(equations, onto.T.ravel(), rcond=None)[0]
    return np.array([[a, -b, right], [b, a, down]])


def _whole_square(detection: Detection) -> tuple[int, int, int]:
    x, y, side = face_square(detection)
    return round(x), round(y), max(1, round(side))
