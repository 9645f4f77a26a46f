"""Photographs, and what a detector found in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from helpers import arguments
from helpers.errors import InputError
from helpers.plots import canvas, inputs
from helpers.preprocessing import Detection

if TYPE_CHECKING:
    from torch import Tensor


def pictures(
    images: Sequence[np.ndarray | Tensor] | Tensor,
    titles: Sequence[str] | None = None,
    columns: int = 5,
) -> Figure:
    """Draw pictures side by side, in their own colours.

    Parameters
    ----------
    images : sequence of arrays (H, W, 3), or Tensor (N, 3, H, W)
        uint8, or floats in [0, 1].
    titles : sequence of str, optional
        One a picture.
    columns : int
        How many in a row.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If there is no picture, one is none, or there are more or fewer titles than pictures.
    """
    shown = inputs.as_pictures(images)
    names = inputs.named(titles, len(shown), "titles", "pictures")
    figure, axes = canvas.panels(len(shown), columns, extra=0.3 if titles is not None else 0.0)
    for axis, image, name in zip(axes, shown, names, strict=True):
        canvas.show_picture(axis, image, name)
    return canvas.finished(figure)


def mean_faces(images: Tensor | np.ndarray, groups: Sequence[object], columns: int = 4) -> Figure:
    """Draw the mean picture of each group, with its n.

    What is sharp in it is where faces of the group are framed alike; a mean face is nobody's face.

    Parameters
    ----------
    images : Tensor (N, 3, H, W) in [0, 1], or array (N, H, W, 3)
        All of one size.
    groups : sequence (N,)
        The group of each; groups are shown in the order in which they come.
    columns : int
        How many in a row.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If there is not one group for each picture, or they are no pictures of one size.
    """
    if getattr(images, "ndim", 0) != 4 or not len(images):
        raise InputError("images must be a tensor (N, 3, H, W) or an array (N, H, W, 3).")
    names = inputs.names_of(inputs.listed(groups, "groups"))
    arguments.same_length(images=images, groups=names)
    members = names.groupby(names).indices
    figure, axes = canvas.panels(len(members), columns, side=2.2, extra=0.45)
    for axis, name in zip(axes, dict.fromkeys(names), strict=True):
        where = np.asarray(members[name])
        canvas.show_picture(axis, _mean(images, where), f"{name}\n(n = {len(where)})")
    return canvas.finished(figure)


def _mean(images: Tensor | np.ndarray, where: np.ndarray) -> np.ndarray:
    # One picture after the other: a mean of all at once would hold them all in full precision.
    return np.asarray(sum(inputs.as_floats(images[int(each)]) for each in where) / len(where))


def detections(image: np.ndarray, faces: Sequence[Detection]) -> Figure:
    """Draw a picture with each detected face framed, its landmarks dotted and its score written.

    The first face, the one that is used, has a solid frame; the others a dashed one.

    Parameters
    ----------
    image : array (H, W, 3) uint8
        The picture that was searched.
    faces : sequence of Detection
        What was found, as :func:`helpers.preprocessing.detect` returns it; may be empty.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If the picture or one of the faces is none.
    """
    figure, axes = canvas.grid(1, 1, side=4.2)
    canvas.show_picture(axes[0, 0], image)
    frame_faces(axes[0, 0], faces)
    return canvas.finished(figure)


def frame_faces(axis: Axes, faces: Any) -> None:
    """Frame what was found on axes that show its picture: the first face solid, others dashed.

    Parameters
    ----------
    axis : Axes
        Of the picture.
    faces : sequence of Detection
        May be empty.

    Raises
    ------
    InputError
        If it is no list of detections, or one of them lies nowhere.
    """
    found = faces if isinstance(faces, list | tuple) else [None]
    if not all(isinstance(each, Detection) for each in found):
        raise InputError(
            "faces must be the list of what was found, as preprocessing.detect makes it."
        )
    for number, face in enumerate(faces):
        arguments.finite_array(face.landmarks, "the landmarks of a face", shape=(5, 2))
        x, y, width, height = arguments.finite_array(face.box, "the box of a face", shape=(4,))
        # White under the colour keeps the line visible on any photograph.
        for colour, line in (("white", 3.5), (canvas.VERMILION, 1.8)):
            style: canvas.Style = {"lw": line, "ls": "dashed" if number else "solid", "ec": colour}
            axis.add_patch(Rectangle((x, y), width, height, fill=False, **style))
        across, down = face.landmarks.T
        axis.scatter(
            across, down, s=16, c=canvas.VERMILION, edgecolors="white", linewidths=0.8, zorder=3
        )
        paper = {"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.8}
        axis.text(x, y - 6, f"{face.score:.2f}", fontsize=9, va="bottom", bbox=paper)
