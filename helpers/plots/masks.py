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
_ROOM = (0.075, 0.05)  # of the picture, that a number needs across and down
_SHORTEST = 2  # such rooms; a shorter line would be hidden by its number
_Place = tuple[float, float]


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
    _number(axes[0, 1], covered)
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


def _number(axes: Axes, masks: np.ndarray) -> None:
    """Write the number of each region in its middle, or beside it, with a line, where one stands."""
    outline = [withStroke(linewidth=1.5, foreground="white")]
    middles = {
        number: _middle(mask) for number, mask in enumerate(masks) if mask.sum() >= _SMALLEST
    }
    for number, (middle, place) in _apart(middles, masks.shape[1:]).items():
        line = {"arrowstyle": "-", "lw": 0.8, "shrinkA": 0, "shrinkB": 0, "path_effects": outline}
        text = axes.annotate(
            str(number), middle, place, arrowprops=line if place != middle else None
        )
        text.set(ha="center", va="center", fontsize=canvas.FONT - 2, path_effects=outline)


def _middle(mask: np.ndarray) -> _Place:
    """Column and row of the pixel farthest from the edges of a region."""
    inside: np.ndarray = np.asarray(distance_transform_edt(np.pad(mask, 1)))[1:-1, 1:-1]
    row, column = np.unravel_index(inside.argmax(), mask.shape)
    return float(column), float(row)


def _apart(middles: dict[int, _Place], size: tuple[int, ...]) -> dict[int, tuple[_Place, _Place]]:
    """The middle of each region, and a near place where its number covers no other one."""
    room = np.array(_ROOM) * max(size)
    placed: dict[int, tuple[_Place, _Place]] = {}
    for number, middle in middles.items():
        # Numbers that are placed, and the middles of others, where theirs or their lines will be.
        taken = [each for _, each in placed.values()]
        taken += [each for other, each in middles.items() if other > number]
        found = middle
        for column, row in middle + _offsets(middle, taken, room):
            inside = 0 <= column < size[1] and 0 <= row < size[0]
            if inside and not _close((column, row), taken, room).any():
                found = float(column), float(row)
                break
        placed[number] = middle, found
    return placed


def _close(place: _Place, taken: list[_Place], room: np.ndarray) -> np.ndarray:
    return np.all(np.abs(np.reshape(taken, (-1, 2)) - place) < room, axis=1)


def _offsets(middle: _Place, taken: list[_Place], room: np.ndarray) -> np.ndarray:
    """Ways from the middle of a region: none, then short ones, away from what is close first."""
    steps = np.stack(np.meshgrid(np.arange(-9, 10), np.arange(-9, 10)), axis=-1).reshape(-1, 2) / 2
    far = np.hypot(*steps.T)
    steps, far = steps[far >= _SHORTEST], far[far >= _SHORTEST]
    crowd = np.reshape(taken, (-1, 2))[_close(middle, taken, room)]
    away = ((middle - crowd) / room).sum(axis=0)
    turned = steps @ away / far / max(float(np.hypot(*away)), 1e-9)
    return np.vstack([(0, 0), steps[(far - 2 * turned).argsort(kind="stable")]]) * room
