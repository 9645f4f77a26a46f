"""Photographs, and what a detector found in them."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from helpers.plots.canvas import grid, padded, show_picture
from helpers.preprocessing import Detection


def pictures(
    images: Sequence[np.ndarray | Tensor] | Tensor,
    titles: Sequence[str] | None = None,
    columns: int = 5,
) -> Figure:
    """Pictures side by side, in their own colours.

    Parameters
    ----------
    images : sequence of arrays (H, W, 3), or Tensor (N, 3, H, W)
    titles : sequence of str, optional
        One a picture.
    columns : int
        How many in a row.
    """
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    figure, axes = grid(rows, columns, extra=0.3 if titles else 0.0)
    names = padded(titles, len(images))
    for axis in axes.flat[len(images) :]:
        axis.set_visible(False)
    for axis, image, name in zip(axes.flat, images, names, strict=False):
        show_picture(axis, image, name)
    return figure


def detections(image: np.ndarray, faces: Sequence[Detection]) -> Figure:
    """A picture with each detected face framed, its landmarks dotted and its score written.

    The first face, the one that is used, has a solid frame; the others a dashed one.

    Parameters
    ----------
    image : array (H, W, 3) uint8
    faces : sequence of Detection
    """
    figure, axes = grid(1, 1, side=4.2)
    show_picture(axes[0, 0], image)
    for number, face in enumerate(faces):
        frame_face(axes[0, 0], face, "solid" if number == 0 else "dashed")
    return figure


def frame_face(axis: Axes, face: Detection, style: str = "solid") -> None:
    """Frame one detected face on axes that show its picture."""
    x, y, width, height = face.box
    # White under the colour keeps the line visible on any photograph.
    for colour, line in (("white", 3.5), ("#d55e00", 1.8)):
        frame = Rectangle((x, y), width, height, fill=False, lw=line, ls=style, ec=colour)
        axis.add_patch(frame)
    across, down = face.landmarks.T
    axis.scatter(across, down, s=16, c="#d55e00", edgecolors="white", linewidths=0.8, zorder=3)
    label = {"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.8}
    axis.text(x, y - 6, f"{face.score:.2f}", fontsize=9, va="bottom", bbox=label)
