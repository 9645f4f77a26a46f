"""The canvas that every figure is drawn on."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

FONT = 11  # points; readable from the back of a room when the figure fills a slide


def grid(
    rows: int,
    columns: int,
    side: float = 2.3,
    extra: float = 0.0,
    margin: tuple[float, float] = (0.0, 0.0),
) -> tuple[Figure, np.ndarray]:
    """A figure of ``rows`` x ``columns`` axes.

    Parameters
    ----------
    rows, columns : int
    side : float
        Width and height of one panel, in inches.
    extra : float
        Height to add for titles, in inches a row.
    margin : tuple of float
        Width and height to add once, in inches, for colour bars: without it they take the room of
        the panels, and gaps open between the rows.

    Returns
    -------
    Figure, array (rows, columns) of Axes
        The figure is closed already: it is shown when it is a cell's value, and only once.
    """
    size = (side * columns + margin[0], (side + extra) * rows + margin[1])
    figure, axes = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    plt.close(figure)
    return figure, axes


def show_picture(axes: Axes, picture: np.ndarray | Tensor, title: str = "") -> None:
    """Draw a picture (H, W, 3) or a tensor (3, H, W) without ticks."""
    axes.imshow(as_picture(picture))
    bare(axes, title)


def bare(axes: Axes, title: str = "") -> None:
    """Take ticks and frame away and set a title."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.set_title(title, fontsize=FONT)


def as_picture(picture: np.ndarray | Tensor) -> np.ndarray:
    """A picture as matplotlib wants it: (H, W, 3), uint8 or float in [0, 1]."""
    if isinstance(picture, Tensor):
        picture = picture.detach().cpu().numpy()
    if picture.ndim == 3 and picture.shape[0] == 3 and picture.shape[2] != 3:
        picture = picture.transpose(1, 2, 0)
    return picture if picture.dtype == np.uint8 else np.clip(picture, 0, 1)


def padded(names: Sequence[str] | None, count: int) -> list[str]:
    """``count`` titles, empty ones where none are given."""
    return list(names or [])[:count] + [""] * (count - len(names or []))
