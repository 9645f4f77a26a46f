"""Blur a face or what is around it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from helpers import arguments
from helpers.errors import InputError
from helpers.preprocessing.pictures import landmarks_of, picture_of

_NOTHING = 1e-12
"""Less of a mask under a blur than this is none; it stands in for 0 where we divide."""

_WIDE = 8.0
"""Standard deviation, in pixels, from which a blur is faster through its cosine transform."""


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
    points, (height, width) = landmarks_of(landmarks, "face_ellipse"), _height_width(shape)
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
    picture = picture_of(image, "blur_where")
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


def _mask(mask: Any, what: str) -> np.ndarray:
    shape, kind = getattr(mask, "shape", None), getattr(mask, "dtype", type(mask).__name__)
    if not isinstance(mask, np.ndarray) or mask.ndim != 2 or mask.dtype != bool or not mask.size:
        raise InputError(
            f"{what} takes a mask of True and False as large as the picture, an array (H, W), but "
            f"got {shape or 'something'} of {kind}."
        )
    return mask


def _height_width(shape: Any) -> tuple[int, int]:
    try:
        height, width = shape
    except (TypeError, ValueError):
        raise InputError(
            f"shape is {arguments.shown(shape)}: give a height and a width in pixels."
        ) from None
    return arguments.count(height, "height", 1, 65_535), arguments.count(width, "width", 1, 65_535)


def _smoothed(values: np.ndarray, sigma: float) -> np.ndarray:
    """Blur an array (H, W) by a Gaussian, its edges reflected.

    A wide kernel costs as much as it is wide; the cosine transform, whose waves are those of a
    reflected picture, costs the same for every width.
    """
    from scipy import fft, ndimage

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
