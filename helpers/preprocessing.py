"""Find faces in a photograph, crop or align them, and blur chosen parts.

Detection is MTCNN [1]_ through the ``mtcnn`` package, whose weights come with it, so it works
offline. It runs on TensorFlow, which is imported at the first call and not before.

References
----------
.. [1] Zhang, Zhang, Li and Qiao. Joint face detection and alignment using multitask cascaded
   convolutional networks. IEEE Signal Processing Letters 23(10), 2016.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import fft, ndimage

from helpers import arguments
from helpers.errors import InputError, NoFaceFound

# MTCNN's names in the order used everywhere in this package: image-left eye, image-right eye, nose
# tip, image-left mouth corner, image-right mouth corner. MTCNN's own left is the image's left.
_LANDMARKS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")

# The detector looks at a picture in every size, at some 200 bytes a pixel: a 64-megapixel
# photograph as it is would take more memory than most laptops have.
_LONGEST_SIDE = 1600

# Where MTCNN's box lies in a FairFace picture, as a share of the picture's side: medians over the
# 190 of 200 validation pictures, evenly spaced, in which MTCNN finds exactly one face
# (`data_scripts/measure_framing.py`). Quartiles: centre x 0.442 to 0.558, centre y 0.460 to 0.491,
# side (root of the box's area) 0.832 to 0.887. FairFace frames so closely that the picture's edge
# cuts the box in 98 % of them, so the whole box, and with it the face, would be somewhat larger:
# crops of other photographs come out up to a tenth wider than FairFace's.
FAIRFACE_BOX_CENTRE = (0.487, 0.475)
FAIRFACE_BOX_SIDE = 0.861

# Where five landmarks lie in the 112 x 112 pictures that face recognisers are trained on: (x, y) in
# pixels from the picture's corner, in this package's order. The template came with SphereFace's
# code (Liu et al. 2017, there 112 x 96) and, 8 px further right, with ArcFace's (Deng et al. 2019).
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

_NOTHING = 1e-12
"""Less of a mask under a blur than this is none; it stands in for 0 where we divide."""

_WIDE = 8.0
"""Standard deviation, in pixels, from which a blur is faster through its cosine transform."""


@dataclass(frozen=True)
class Detection:
    """One face found in a picture.

    Attributes
    ----------
    box : tuple of float
        ``(x, y, width, height)`` in pixels, from the top left corner of the picture.
    score : float
        The detector's confidence, in [0, 1].
    landmarks : array (5, 2)
        ``(x, y)`` in pixels: image-left eye, image-right eye, nose tip, image-left mouth corner,
        image-right mouth corner.
    """

    box: tuple[float, float, float, float]
    score: float
    landmarks: np.ndarray

    @property
    def area(self) -> float:
        """Area of the box, in square pixels."""
        return self.box[2] * self.box[3]

    def __str__(self) -> str:
        x, y, width, height = self.box
        return f"{width:.0f} x {height:.0f} px at ({x:.0f}, {y:.0f}), score {self.score:.2f}"


def detect(image: np.ndarray, min_score: float = 0.9) -> list[Detection]:
    """Find the faces in a picture, the largest first.

    Parameters
    ----------
    image : array (H, W, 3) uint8
        RGB.
    min_score : float
        Faces with a lower confidence, from 0 to 1, are left out.

    Returns
    -------
    list of Detection
        Empty when no face is found. Boxes end at the picture's edge.

    Raises
    ------
    InputError
        If ``image`` is not an RGB picture of whole numbers, or ``min_score`` is not from 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> wall = np.full((90, 120, 3), 200, dtype=np.uint8)
    >>> detect(wall)  # doctest: +SKIP
    []

    Notes
    -----
    A picture whose longer side exceeds 1600 px is shrunk to that for the search, and what is found
    is given in pixels of the picture as it came. So the smallest face that can be found is about
    15 px, or 1 % of the longer side where that is more.
    """
    picture, least = _picture(image, "detect"), arguments.share(min_score, "min_score")
    shrunk, scale = _shrunk(picture)
    found = _detector().detect_faces(shrunk) or []
    faces = [_as_detection(each, scale) for each in found if each["confidence"] >= least]
    return sorted(faces, key=lambda face: face.area, reverse=True)


def find_faces(image: np.ndarray, name: str = "the picture") -> list[Detection]:
    """Find the faces in a picture, the largest first, where there must be one.

    Parameters
    ----------
    image : array (H, W, 3) uint8
        RGB.
    name : str
        What the picture is called in the message when no face is found.

    Returns
    -------
    list of Detection
        At least one; see :func:`detect`, which returns an empty list instead of an error.

    Raises
    ------
    NoFaceFound
        If the detector finds none.
    InputError
        If ``image`` is not an RGB picture of whole numbers.
    """
    faces = detect(image)
    if not faces:
        height, width = np.shape(image)[:2]
        raise NoFaceFound(
            f"no face was found in {name} ({width} x {height} px): faces that are very small, in "
            "profile or mostly covered are often missed, so try a closer crop, or pass the whole "
            "picture on as it is (--no-crop on the command line)."
        )
    return faces


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

    image, size = _picture(image, "crop_face"), arguments.count(size, "size", 1, _LARGEST)
    height, width = image.shape[:2]
    _require_inside(_box(detection), width, height)
    x, y, side = _whole_square(detection)
    # Rows and columns beyond the edge repeat the last one, without a padded copy of the picture.
    rows = np.clip(np.arange(y, y + side), 0, height - 1)
    columns = np.clip(np.arange(x, x + side), 0, width - 1)
    square = Image.fromarray(image[rows[:, None], columns])
    return np.asarray(square.resize((size, size), Image.Resampling.BILINEAR))


def into_crop(points: ArrayLike, detection: Detection, size: int = 224) -> np.ndarray:
    """Move points of a picture to where :func:`crop_face` shows them.

    Parameters
    ----------
    points : array (..., 2)
        ``(x, y)`` in pixels of the picture.
    detection : Detection
        The face that was cropped.
    size : int
        Side of the crop, in pixels.

    Returns
    -------
    array (..., 2)
        ``(x, y)`` in pixels of the crop.

    Raises
    ------
    InputError
        If the points are not finite pairs, ``detection`` is not one face, or the size is no size.
    """
    places = arguments.finite_array(points, "points")
    if places.ndim == 0 or places.shape[-1] != 2:
        raise InputError(f"points must be pairs (x, y), but have shape {places.shape}.")
    x, y, side = _whole_square(detection)
    return (places - (x, y)) * arguments.count(size, "size", 1, _LARGEST) / side


def align(image: np.ndarray, landmarks: ArrayLike, size: int = 112) -> np.ndarray:
    """Turn, scale and shift faces so that their landmarks lie where recognisers expect them.

    The similarity transform that brings the five landmarks closest to :data:`ALIGNED_LANDMARKS` in
    the least-squares sense [1]_: a face is never sheared, and never mirrored.

    Parameters
    ----------
    image : array (H, W, 3) or (N, H, W, 3) uint8
        RGB, one picture or several of one size.
    landmarks : array (5, 2) or (N, 5, 2)
        ``(x, y)`` in pixels of the picture, in this package's order, as :func:`detect` gives them.
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
        If ``image`` is not RGB of whole numbers, the landmarks are not five points of a face a
        picture, or the size is no such number.

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
    several = _array(image, "align")
    if several.ndim == 4 and len(several):
        points = arguments.finite_array(
            landmarks, "align takes five landmarks a picture: the array"
        )
        arguments.same_length(pictures=several, landmarks=points)
        return np.stack([align(*each, size) for each in zip(several, points, strict=True)])
    return _aligned(_picture(image, "align"), _landmarks(landmarks, "align"), size)


def face_ellipse(landmarks: ArrayLike, shape: Sequence[int]) -> np.ndarray:
    """Return a face's outline, an ellipse that follows from its five landmarks.

    The ellipse is centred between eyes and mouth, tilted as the line from the middle of the eyes to
    the middle of the mouth, and reaches from the hairline to the chin of a face seen from the front:
    its half axes are 1.4 and 1.05 times the distance between those two middles. It is a model of a
    face, not a segmentation.

    Parameters
    ----------
    landmarks : array (5, 2)
        ``(x, y)`` in pixels, in this package's order.
    shape : tuple of int
        Height and width of the mask, in pixels.

    Returns
    -------
    array (H, W) bool
        True on the face.

    Raises
    ------
    InputError
        If there are not five points, eyes and mouth lie at one place, which gives no direction, or
        the shape is not two whole numbers.

    Examples
    --------
    >>> face = face_ellipse([(45, 30), (65, 30), (55, 42), (47, 52), (63, 52)], (90, 120))
    >>> face.shape, bool(face[42, 55]), bool(face[0, 0])
    ((90, 120), True, False)
    """
    points, (height, width) = _landmarks(landmarks, "face_ellipse"), _height_width(shape)
    eyes, mouth = points[:2].mean(0), points[3:].mean(0)
    down = mouth - eyes
    # In profile the eyes nearly meet, while eyes and mouth keep their distance: measure by that.
    length = float(np.linalg.norm(down))
    if not length > 0:
        raise InputError(
            "face_ellipse takes five landmarks (x, y) with the mouth away from the eyes, but the "
            f"middles of both lie at {eyes.tolist()}."
        )
    down = down / length
    across = np.array([-down[1], down[0]])
    rows, columns = np.mgrid[:height, :width]
    offset = np.stack([columns, rows], -1) - (eyes + 0.3 * length * down)
    along_face, across_face = offset @ down / (1.4 * length), offset @ across / (1.05 * length)
    return along_face**2 + across_face**2 <= 1


def blur_where(image: np.ndarray, mask: np.ndarray, sigma: float) -> np.ndarray:
    """Blur a picture inside a mask and leave the rest as it is.

    Only pixels inside the mask enter the blur, so that nothing leaks in from the sharp part; the
    mask's edge is feathered over about a quarter of ``sigma``.

    Parameters
    ----------
    image : array (H, W, 3) uint8
        RGB.
    mask : array (H, W) bool
        Where to blur: ``~face`` blurs the background, ``face`` the face.
    sigma : float
        Standard deviation of the Gaussian, in pixels. The wider it is than the picture, the closer
        the result to one colour, the mean under the mask.

    Returns
    -------
    array (H, W, 3) uint8

    Raises
    ------
    InputError
        If picture, mask or ``sigma`` is not as above.

    Examples
    --------
    >>> import numpy as np
    >>> picture = np.tile(np.array([0, 240], np.uint8)[None, :, None], (4, 2, 3))
    >>> left = np.arange(4) < 2
    >>> blur_where(picture, np.tile(left, (4, 1)), sigma=50)[0, :, 0].tolist()
    [60, 180, 0, 240]
    """
    picture = _picture(image, "blur_where")
    wanted, sigma = _mask(mask, "blur_where"), arguments.number(sigma, "sigma", 0, open_low=True)
    if wanted.shape != picture.shape[:2]:
        raise InputError(
            f"blur_where takes a mask of True and False as large as the picture, "
            f"{picture.shape[:2]}, but got {wanted.shape}."
        )
    inside = wanted.astype(float)
    feather, weight = _smoothed(inside, sigma / 4) * inside, _smoothed(inside, sigma)
    result = np.empty_like(picture)
    for channel in range(3):
        sharp = picture[..., channel] * inside
        blurred = _smoothed(sharp, sigma) / np.maximum(weight, _NOTHING)
        mixed = feather * blurred + (1 - feather) * picture[..., channel]
        result[..., channel] = np.clip(np.rint(mixed), 0, 255)
    return result


def moved_mask(mask: np.ndarray, seed: int) -> np.ndarray:
    """Move a mask to a random place: the control for blurring a face or its background.

    The mask is shifted round the edges, so that its area stays exactly the same.

    Parameters
    ----------
    mask : array (H, W) bool
        The shape that is moved.
    seed : int
        The same seed gives the same place.

    Returns
    -------
    array (H, W) bool

    Raises
    ------
    InputError
        If the mask is not one picture of True and False, or the seed is no whole number.
    """
    shape = _mask(mask, "moved_mask")
    rows, columns = np.random.default_rng(arguments.seed(seed)).integers(0, shape.shape)
    return np.roll(shape, (int(rows), int(columns)), axis=(0, 1))


@lru_cache(maxsize=1)
def _detector() -> Any:
    # TensorFlow reports its build at import; the reader of a chapter has no use for that.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from mtcnn import MTCNN

    return MTCNN(device="CPU:0")


def _array(image: Any, what: str) -> np.ndarray:
    try:
        return np.asarray(image)
    except (TypeError, ValueError, RuntimeError):
        raise InputError(f"{what} takes an RGB picture, not a {type(image).__name__}.") from None


def _picture(image: Any, what: str) -> np.ndarray:
    """An RGB picture of whole numbers, or a sentence that says what it is instead."""
    picture = _array(image, what)
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise InputError(
            f"{what} takes an RGB picture of shape (H, W, 3) and type uint8, but got shape "
            f"{picture.shape} and type {picture.dtype}: read files with datasets.read_image."
        )
    return picture


def _mask(mask: Any, what: str) -> np.ndarray:
    shape, kind = getattr(mask, "shape", None), getattr(mask, "dtype", type(mask).__name__)
    if not isinstance(mask, np.ndarray) or mask.ndim != 2 or mask.dtype != bool or not mask.size:
        raise InputError(
            f"{what} takes a mask of True and False as large as the picture, an array (H, W), but "
            f"got {shape or 'something'} of {kind}."
        )
    return mask


def _landmarks(landmarks: Any, what: str) -> np.ndarray:
    name = f"{what} takes five landmarks (x, y) a picture: this array"
    points = arguments.finite_array(landmarks, name)
    if points.shape != (5, 2) or not np.ptp(points, axis=0).max() > 0:
        raise InputError(
            f"{what} takes five landmarks (x, y) a picture, not all at one place, but got an array "
            f"of shape {points.shape}."
        )
    return points


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


def _height_width(shape: Any) -> tuple[int, int]:
    try:
        height, width = shape
    except (TypeError, ValueError):
        raise InputError(f"shape is {shape!r:.60}: give a height and a width in pixels.") from None
    return arguments.count(height, "height", 1, 65_535), arguments.count(width, "width", 1, 65_535)


def _smoothed(values: np.ndarray, sigma: float) -> np.ndarray:
    """Blur an array (H, W) by a Gaussian, its edges reflected.

    A wide kernel costs as much as it is wide; the cosine transform, whose waves are those of a
    reflected picture, costs the same for every width.
    """
    if sigma < 0.125:  # narrower than a pixel: SciPy's kernel is the pixel itself, if it is any
        return values
    if sigma < _WIDE:
        return np.asarray(ndimage.gaussian_filter(values, sigma))
    waves = fft.dctn(values)
    for axis, length in enumerate(values.shape):
        frequency = np.pi * np.arange(length) / length
        damped = np.exp(-np.square(np.minimum(sigma * frequency, 40.0)) / 2)
        waves *= np.expand_dims(damped, 1 - axis)
    return np.asarray(fft.idctn(waves))


def _aligned(image: np.ndarray, landmarks: np.ndarray, size: int) -> np.ndarray:
    from PIL import Image

    picture = Image.fromarray(image)
    template = np.array(ALIGNED_LANDMARKS) * size / _ALIGNED_SIZE
    scale = float(np.hypot(*_similarity(landmarks, template)[:, 0]))
    if not _FLAT < scale < 1 / _FLAT:
        raise InputError(
            "align takes five landmarks (x, y) of a face, but these points cannot be brought onto "
            f"a face's: {landmarks.tolist()}."
        )
    if scale < 1:
        # The transform looks at four pixels only; shrinking first averages over all of them.
        width, height = (max(1, round(side * scale)) for side in picture.size)
        landmarks = landmarks * (width, height) / picture.size
        picture = picture.resize((width, height), Image.Resampling.BILINEAR)
    forth = np.vstack([_similarity(landmarks, template), [0, 0, 1]])
    back = np.linalg.inv(forth)[:2]  # Pillow asks where each pixel of the result comes from
    kind, taps = Image.Transform.AFFINE, Image.Resampling.BILINEAR
    return np.asarray(picture.transform((size, size), kind, back.ravel().tolist(), taps))


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


def _shrunk(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shrink a picture to the detector's limit and return the scale, (x, y)."""
    from PIL import Image

    height, width = image.shape[:2]
    longest = max(height, width)
    if longest <= _LONGEST_SIDE:
        return image, np.ones(2)
    size = tuple(max(1, round(each * _LONGEST_SIDE / longest)) for each in (width, height))
    small = Image.fromarray(image).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(small), np.array([width, height]) / size


def _as_detection(found: dict[str, Any], scale: np.ndarray) -> Detection:
    x, y, width, height = (float(each) for each in np.multiply(found["box"], np.tile(scale, 2)))
    landmarks = np.array([found["keypoints"][name] for name in _LANDMARKS], dtype=float) * scale
    return Detection((x, y, width, height), float(found["confidence"]), landmarks)


def _whole_square(detection: Detection) -> tuple[int, int, int]:
    x, y, side = face_square(detection)
    return round(x), round(y), max(1, round(side))
