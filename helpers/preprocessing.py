"""Find faces in a photograph, crop or align them, and blur chosen parts.

Detection is MTCNN [1]_ through the ``mtcnn`` package, whose weights come with it, so it works
offline. It runs on TensorFlow, which is imported at the first call and not before.

References
----------
.. [1] Zhang, Zhang, Li and Qiao. Joint face detection and alignment using multitask cascaded
   convolutional networks. IEEE Signal Processing Letters 23(10), 2016.
"""

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy import ndimage

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
        Faces with a lower confidence, in [0, 1], are left out.

    Returns
    -------
    list of Detection
        Empty when no face is found. Boxes end at the picture's edge.

    Raises
    ------
    InputError
        If ``image`` is not an RGB picture of whole numbers.

    Notes
    -----
    A picture whose longer side exceeds 1600 px is shrunk to that for the search, and what is found
    is given in pixels of the picture as it came. So the smallest face that can be found is about
    15 px, or 1 % of the longer side where that is more.
    """
    image = np.asarray(image)
    _require_rgb(image, "detect")
    shrunk, scale = _shrunk(image)
    found = _detector().detect_faces(shrunk) or []
    faces = [_as_detection(each, scale) for each in found if each["confidence"] >= min_score]
    return sorted(faces, key=lambda face: face.area, reverse=True)


def find_faces(image: np.ndarray, name: str = "the picture") -> list[Detection]:
    """As :func:`detect`, but a picture without a face is an error.

    Parameters
    ----------
    image : array (H, W, 3) uint8
        RGB.
    name : str
        What the picture is called in the message when no face is found.

    Raises
    ------
    NoFaceFound
        If the detector finds none.
    """
    faces = detect(image)
    if not faces:
        height, width = image.shape[:2]
        raise NoFaceFound(
            f"no face was found in {name} ({width} x {height} px): faces that are very small, in "
            "profile or mostly covered are often missed, so try a closer crop, or pass the whole "
            "picture on as it is (--no-crop on the command line)."
        )
    return faces


def face_square(detection: Detection) -> tuple[float, float, float]:
    """The square around a face that frames it as FairFace frames its faces.

    Returns
    -------
    tuple of float
        ``(x, y, side)`` in pixels. The square may reach beyond the picture.
    """
    x, y, width, height = detection.box
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
        Side of the result, in pixels.

    Returns
    -------
    array (size, size, 3) uint8
        Where the square reaches beyond the picture, the picture's edge is continued.
    """
    from PIL import Image

    x, y, side = _whole_square(detection)
    height, width = image.shape[:2]
    # Rows and columns beyond the edge repeat the last one, without a padded copy of the picture.
    rows = np.clip(np.arange(y, y + side), 0, height - 1)
    columns = np.clip(np.arange(x, x + side), 0, width - 1)
    square = Image.fromarray(image[rows[:, None], columns])
    return np.asarray(square.resize((size, size), Image.Resampling.BILINEAR))


def into_crop(points: np.ndarray, detection: Detection, size: int = 224) -> np.ndarray:
    """Where points of a picture lie in the crop that :func:`crop_face` makes of it.

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
    """
    x, y, side = _whole_square(detection)
    return (np.asarray(points, dtype=float) - (x, y)) * size / side


def align(image: np.ndarray, landmarks: np.ndarray, size: int = 112) -> np.ndarray:
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
        Side of the result, in pixels; the template grows with it.

    Returns
    -------
    array (size, size, 3) or (N, size, size, 3) uint8
        Black where the square reaches beyond the picture, as in the pictures that recognisers are
        trained on.

    Raises
    ------
    InputError
        If ``image`` is not RGB of whole numbers, or the landmarks are not five different points a
        picture.

    References
    ----------
    .. [1] Umeyama. Least-squares estimation of transformation parameters between two point
       patterns. IEEE TPAMI 13(4), 1991.
    """
    image, landmarks = np.asarray(image), np.asarray(landmarks, dtype=float)
    if image.ndim == 4 and len(image) == len(landmarks) > 0:
        pairs = zip(image, landmarks, strict=True)
        return np.stack([align(one, points, size) for one, points in pairs])
    _require_rgb(image, "align")
    _require_landmarks(landmarks)
    return _aligned(image, landmarks, size)


def face_ellipse(landmarks: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A face's outline, as an ellipse that follows from its five landmarks.

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
        If eyes and mouth lie at one place, which gives no direction.
    """
    landmarks = np.asarray(landmarks, dtype=float)
    eyes, mouth = landmarks[:2].mean(0), landmarks[3:].mean(0)
    down = mouth - eyes
    # In profile the eyes nearly meet, while eyes and mouth keep their distance: measure by that.
    length = float(np.linalg.norm(down))
    if landmarks.shape != (5, 2) or not length > 0:
        raise InputError(
            f"face_ellipse takes five landmarks (x, y) with the mouth away from the eyes, but got "
            f"{landmarks.tolist()}"
        )
    down = down / length
    across = np.array([-down[1], down[0]])
    rows, columns = np.mgrid[: shape[0], : shape[1]]
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
        Standard deviation of the Gaussian, in pixels.

    Returns
    -------
    array (H, W, 3) uint8

    Raises
    ------
    InputError
        If picture, mask or ``sigma`` is not as above.
    """
    _require_rgb(image, "blur_where")
    if mask.shape != image.shape[:2] or mask.dtype != bool or not sigma > 0:
        raise InputError(
            f"blur_where takes a mask of True and False as large as the picture, {image.shape[:2]}, "
            f"and a sigma above 0, but got {mask.shape} of {mask.dtype} and {sigma}."
        )
    inside = mask.astype(np.float32)
    weight = ndimage.gaussian_filter(inside, sigma)[..., None]
    spread = (sigma, sigma, 0)
    blurred = ndimage.gaussian_filter(image * inside[..., None], spread) / np.maximum(weight, 1e-6)
    feather = ndimage.gaussian_filter(inside, sigma / 4)[..., None] * inside[..., None]
    mixed = feather * blurred + (1 - feather) * image
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def moved_mask(mask: np.ndarray, seed: int) -> np.ndarray:
    """The same shape at a random place: the control for blurring a face or its background.

    The mask is shifted round the edges, so that its area stays exactly the same.

    Parameters
    ----------
    mask : array (H, W) bool
    seed : int

    Returns
    -------
    array (H, W) bool
    """
    rows, columns = np.random.default_rng(seed).integers(0, mask.shape)
    return np.roll(mask, (int(rows), int(columns)), axis=(0, 1))


@lru_cache(maxsize=1)
def _detector() -> Any:
    # TensorFlow reports its build at import; the reader of a chapter has no use for that.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from mtcnn import MTCNN

    return MTCNN(device="CPU:0")


def _require_rgb(image: np.ndarray, what: str) -> None:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise InputError(
            f"{what} takes an RGB picture of shape (H, W, 3) and type uint8, but got shape "
            f"{image.shape} and type {image.dtype}: read files with datasets.read_image."
        )


def _require_landmarks(landmarks: np.ndarray) -> None:
    five = landmarks.shape == (5, 2) and bool(np.isfinite(landmarks).all())
    if not five or not np.ptp(landmarks, axis=0).max() > 0:
        raise InputError(
            "align takes five landmarks (x, y) a picture, not all at one place, but got an array of "
            f"shape {landmarks.shape}: {landmarks.tolist()}"
        )


def _aligned(image: np.ndarray, landmarks: np.ndarray, size: int) -> np.ndarray:
    from PIL import Image

    picture = Image.fromarray(image)
    template = np.array(ALIGNED_LANDMARKS) * size / _ALIGNED_SIZE
    scale = float(np.hypot(*_similarity(landmarks, template)[:, 0]))
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
    """The matrix (2, 3) that turns, scales and shifts ``points`` closest to ``onto``."""
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
    """A picture no longer than the detector can bear, and what multiplies its (x, y) back."""
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
