"""What the functions of this room take: pictures and landmarks, checked."""

from typing import Any

import numpy as np

from helpers import arguments
from helpers.errors import InputError


def array_of(image: Any, what: str) -> np.ndarray:
    try:
        return np.asarray(image)
    except (TypeError, ValueError, RuntimeError):
        raise InputError(f"{what} takes an RGB picture, not a {type(image).__name__}.") from None


def picture_of(image: Any, what: str) -> np.ndarray:
    """An RGB picture of whole numbers, or a sentence that says what it is instead."""
    picture = array_of(image, what)
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise InputError(
            f"{what} takes an RGB picture of shape (H, W, 3) and type uint8, but got shape "
            f"{picture.shape} and type {picture.dtype}: read files with datasets.read_image."
        )
    return picture


def landmarks_of(landmarks: Any, what: str) -> np.ndarray:
    name = f"{what} takes five landmarks (x, y) a picture: this array"
    points = arguments.finite_array(landmarks, name)
    if points.shape != (5, 2) or not np.ptp(points, axis=0).max() > 0:
        raise InputError(
            f"{what} takes five landmarks (x, y) a picture, not all at one place, but got an array "
            f"of shape {points.shape}."
        )
    return points
