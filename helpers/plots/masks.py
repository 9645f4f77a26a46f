"""The nineteen regions of a face, shown on the face."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from scipy.ndimage import distance_transform_edt

from helpers.errors import InputError
from helpers.faces.regions import REGIONS
from helpers.plots import canvas, inputs

if TYPE_CHECKING:
    from torch import Tensor

_PAPER = 0.25  # share of the picture that shines through the colours
_SMALLEST = 6  # pixels; a smaller region gets no number


def regions(image: np.ndarray | Tensor, masks: np.ndarray | Tensor) -> Figure:
    """Draw a face beside its regions, coloured and numbered; left and right are the image's.

    Parameters
    ----------
    image : array (H, W, 3) or Tensor (3, H, W)
        uint8, or floats in [0, 1].
    masks : array or Tensor (19, H, W), bool
        One a region of ``parsing.REGIONS``.

    Returns
    -------
    Figure
        Its legend names the regions that can be seen.

    Raises
    ------
    InputError
        If there are not nineteen masks of True and False of the size of the picture.
    """
    picture, covered = inputs.as_picture(image), np.asarray(masks)
    if covered.dtype != bool:
        raise InputError(f"masks must be of True and False, not of {covered.dtype}.")
    if covered.shape != (len(REGIONS), *picture.shape[:2]):
        raise InputError(
            f"masks of shape {covered.shape} do not belong to a picture of shape {picture.shape}: "
            f"one of each of the {len(REGIONS)} regions is needed, as high and wide as the picture."
        )
    figure, axes = canvas.grid(1, 2, side=3.6, margin=(1.9, 0.0))
    canvas.show_picture(axes[0, 0], picture)
    axes[0, 1].imshow(_coloured(picture, covered))
    canvas.bare(axes[0, 1])
    seen = [number for number in range(len(REGIONS)) if covered[number].any()]
    for number in seen:
        _number(axes[0, 1], covered[number], number)
    named = [(Patch(color=_colour(number)), f"{number}  {REGIONS[number]}") for number in seen]
    canvas.legend(figure, named, loc="outside right upper", fontsize=canvas.FONT - 2)
    return canvas.finished(figure)


def _coloured(picture: np.ndarray, masks: np.ndarray) -> np.ndarray:
    colours = np.array([_colour(number) for number in range(len(REGIONS))])
    grey = inputs.as_floats(picture).mean(axis=2, keepdims=True)
    mixed = (1 - _PAPER) * colours[np.argmax(masks, axis=0)] + _PAPER * grey
    return np.where(np.any(masks, axis=0)[..., None], mixed, grey)


def _colour(number: int) -> tuple[float, float, float]:
    red, green, blue, _ = mpl.colormaps["tab20"](number)
    return red, green, blue


def _number(axes: Axes, mask: np.ndarray, number: int) -> None:
    """Write the number of a region in its middle: at the pixel farthest from its edges."""
    if mask.sum() < _SMALLEST:
        return
    inside: np.ndarray = np.asarray(distance_transform_edt(np.pad(mask, 1)))[1:-1, 1:-1]
    row, column = np.unravel_index(inside.argmax(), mask.shape)
    outline = [withStroke(linewidth=1.5, foreground="white")]
    text = axes.text(float(column), float(row), str(number), ha="center", va="center")
    text.set(fontsize=canvas.FONT - 3, path_effects=outline)
