"""Photographs, and what a detector found in them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from helpers import arguments
from helpers.errors import InputError
from helpers.plots.canvas import as_pictures, finished, grid, named, show_picture
from helpers.preprocessing import Detection


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
    shown = as_pictures(images)
    names = named(titles, len(shown), "titles", "pictures")
    columns = min(arguments.count(columns, "columns"), len(shown))
    rows = -(-len(shown) // columns)
    figure, axes = grid(rows, columns, extra=0.3 if titles is not None else 0.0)
    for axis in axes.flat[len(shown) :]:
        axis.set_visible(False)
    for axis, image, name in zip(axes.flat, shown, names, strict=False):
        show_picture(axis, image, name)
    return finished(figure)


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
    require_faces(faces)
    figure, axes = grid(1, 1, side=4.2)
    show_picture(axes[0, 0], image)
    for number, face in enumerate(faces):
        frame_face(axes[0, 0], face, "solid" if number == 0 else "dashed")
    return finished(figure)


def require_faces(faces: Any) -> None:
    """Refuse what is no list of detections, and detections that lie nowhere."""
    if not isinstance(faces, list | tuple) or not all(
        isinstance(each, Detection) for each in faces
    ):
        raise InputError(
            "faces must be the list of what was found, as preprocessing.detect makes it."
        )
    for face in faces:
        arguments.finite_array(face.box, "the box of a face", shape=(4,))
        arguments.finite_array(face.landmarks, "the landmarks of a face", shape=(5, 2))


def frame_face(axis: Axes, face: Detection, style: str = "solid") -> None:
    """Frame one detected face on axes that show its picture."""
    x, y, width, height = face.box
    # White under the colour keeps the line visible on any photograph.
    for colour, line in (("white", 3.5), ("#d55e00", 1.8)):
        frame = Rectangle((x, y), width, height, fill=False, lw=line, ls=style, ec=colour)
        axis.add_patch(frame)
    across, down = face.landmarks.T
    axis.scatter(across, down, s=16, c="#d55e00", edgecolors="white", linewidths=0.8, zorder=3)
    paper = {"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.8}
    axis.text(x, y - 6, f"{face.score:.2f}", fontsize=9, va="bottom", bbox=paper)
