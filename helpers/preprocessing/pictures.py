"""What the functions of this room take: pictures and landmarks, checked."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from helpers import arguments
from helpers.errors import InputError, kind_of


def picture_of(image: Any, what: str, where: str = "") -> np.ndarray:
    """An RGB picture of whole numbers, or a sentence that says what it is instead, and where."""
    try:
        picture = np.asarray(image)
    except (TypeError, ValueError, RuntimeError):  # rows of several lengths, a tensor on a GPU
        picture = np.zeros(())
    if not picture.ndim:
        raise InputError(
            f"{what} takes an RGB picture, an array (H, W, 3) of uint8, not {kind_of(image)}{where}: "
            "read files with datasets.read_image."
        )
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise InputError(
            f"{what} takes an RGB picture of shape (H, W, 3) and type uint8, but got shape "
            f"{picture.shape} and type {picture.dtype}{where}: read files with datasets.read_image."
        )
    return picture


def pictures_of(images: Any, what: str) -> list[np.ndarray]:
    """Several RGB pictures of whole numbers, of any sizes; none of them is fine too."""
    listed = isinstance(images, Iterable) and not isinstance(images, str | bytes | dict)
    if not listed or getattr(images, "ndim", 4) != 4:
        raise InputError(
            f"{what} takes RGB pictures in a list, or an array (N, H, W, 3) of them, not "
            f"{_said(images)}."
        )
    return [picture_of(each, what, f" at position {k}") for k, each in enumerate(images)]


def landmarks_of(landmarks: Any, what: str) -> np.ndarray:
    """The five points of one face, (5, 2), which are not all at one place."""
    points = _points(landmarks, what)
    if points.shape != (5, 2):
        raise InputError(
            f"{what} takes five landmarks (x, y) of one face, an array (5, 2), but got one of shape "
            f"{points.shape}."
        )
    if not np.ptp(points, axis=0).max() > 0:
        raise InputError(
            f"{what} takes five landmarks (x, y) of one face, but all of them lie at "
            f"{tuple(points[0].tolist())}."
        )
    return points


def landmarks_of_each(landmarks: Any, count: int, what: str) -> np.ndarray:
    """The five points of the face in each of ``count`` pictures, (count, 5, 2)."""
    points = _points(landmarks, what)
    if points.shape != (count, 5, 2) and (count or points.size):
        raise InputError(
            f"{what} takes five landmarks (x, y) a picture, for {count} picture(s) an array "
            f"({count}, 5, 2), but got one of shape {points.shape}."
        )
    return points.reshape(count, 5, 2)


def _points(landmarks: Any, what: str) -> np.ndarray:
    return arguments.finite_array(landmarks, f"{what} takes five landmarks (x, y): the array")


def _said(images: Any) -> str:
    shape = getattr(images, "shape", None)
    return kind_of(images) if shape is None else f"one of shape {tuple(shape)}"
