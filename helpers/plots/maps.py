"""Relevance maps over photographs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, ScalarFormatter

from helpers import arguments
from helpers.errors import InputError
from helpers.plots import canvas, inputs
from helpers.plots.faces import frame_faces
from helpers.preprocessing import Detection

if TYPE_CHECKING:
    from torch import Tensor

POSITIVE = "inferno"  # dark = none, yellow = most
SIGNED = "RdBu_r"  # red = for the target, white = 0, blue = against it
# Bright ones first: they lie on a grey photograph.
CONCEPT_COLOURS = (
    canvas.ORANGE,
    canvas.SKY,
    canvas.GREEN,
    canvas.PINK,
    canvas.YELLOW,
    canvas.BLUE,
    canvas.VERMILION,
)
# Inches that a colour bar needs, (width, height): at the right with a label, or below.
_BAR_RIGHT, _BAR_BELOW = (0.85, 0.0), (0.0, 0.45)


def overlay(
    image: np.ndarray | Tensor,
    relevance: np.ndarray | Tensor,
    scale: float,
    palette: str | None = None,
) -> np.ndarray:
    """Blend a map into a photograph.

    The photograph is shown in grey, so that every colour is relevance; the stronger the relevance,
    the more of the colour.

    Parameters
    ----------
    image : array (H, W, 3) or Tensor (3, H, W)
        RGB, uint8 or float in [0, 1].
    relevance : array or Tensor (H, W)
        Finite numbers.
    scale : float
        The relevance that gets the full colour: the same for panels that are compared. A scale of
        0, of an empty map, gives the grey photograph.
    palette : str, optional
        A colormap of matplotlib: ``SIGNED`` (red for, blue against), centred at zero, or another,
        which starts at zero and has no colour for negative values. By default ``SIGNED`` for a map
        with negative values and ``POSITIVE`` for any other; give it where panels are compared and
        only some have negative values.

    Returns
    -------
    array (H, W, 3) float in [0, 1]

    Raises
    ------
    UnknownName
        If matplotlib has no such palette.
    InputError
        If image and map differ in size, the map holds NaN or infinite values, or negative ones that
        the palette has no colour for, or the scale is no finite number of 0 or more.
    """
    values = _finite(relevance, "the map", 2)
    top = arguments.number(scale, "scale", 0)
    grey, name = _grey(image), _palette(palette, values)
    _require_size(image, values)
    colour = mpl.colormaps[name](_norm(name, top)(values))[..., :3]
    strength = np.clip(np.abs(values) / top, 0, 1) if top > 0 else np.zeros_like(values)
    # The square root lets weak relevance show; the colour bar, not the opacity, carries the value.
    alpha = 0.85 * np.sqrt(strength)[..., None]
    return np.asarray((1 - alpha) * grey + alpha * colour)


def _palette(wanted: str | None, values: np.ndarray) -> str:
    """The colormap that was wanted, or the one that fits: diverging where values are negative."""
    if wanted is None:
        return SIGNED if values.min(initial=0.0) < 0 else POSITIVE
    arguments.choice(wanted, "palette", mpl.colormaps)
    # Not for the rounding of a map that is positive otherwise.
    if wanted != SIGNED and values.min(initial=0.0) < -1e-6 * _largest(values):
        raise InputError(
            f"the map has negative values, but palette {wanted!r} starts at zero and would draw them "
            f"as if they were none: give plots.SIGNED, {SIGNED!r}."
        )
    return wanted


def relevance_grid(
    images: Tensor | Sequence[np.ndarray],
    maps: Mapping[str, Tensor],
    rows: Sequence[str] | None = None,
    scale: str = "column",
) -> Figure:
    """Draw photographs down, methods (or targets, or layers) across, a colour bar for each scale.

    Parameters
    ----------
    images : Tensor (N, 3, H, W) or sequence of arrays (H, W, 3)
    maps : dict of str to Tensor (N, H, W)
        Title of each column and its maps.
    rows : sequence of str, optional
        A label for each photograph.
    scale : {"column", "all"}
        Which panels share a colour scale, and so may be compared by eye: those of one column
        (methods differ in unit), or all of them.

    Returns
    -------
    Figure
        The first column shows the photographs in colour.

    Raises
    ------
    UnknownName
        If there is no such ``scale``.
    InputError
        If a column does not have one map for each photograph, as large as the photograph, or a map
        holds NaN or infinite values.
    """
    arguments.choice(scale, "scale", ("column", "all"))
    photographs = inputs.as_pictures(images)
    names = inputs.named(rows, len(photographs), "rows", "photographs")
    columns = _columns(maps, len(photographs))
    margin = _BAR_RIGHT if scale == "all" else _BAR_BELOW
    figure, axes = canvas.grid(
        len(photographs), len(columns) + 1, side=2.1, extra=0.05, margin=margin
    )
    _photographs(axes[:, 0], photographs, names)
    everything = np.concatenate([np.ravel(each) for each in columns.values()])
    for column, (title, each) in enumerate(columns.items(), start=1):
        shared = everything if scale == "all" else each
        _overlays(axes[:, column], photographs, each, shared)
        axes[0, column].set_title(title, fontsize=canvas.FONT)
        if scale == "column":
            _bar(figure, list(axes[:, column]), shared, "bottom")
    if scale == "all":
        _bar(figure, list(axes[:, 1:].flat), everything, "right")
    return canvas.finished(figure)


def _columns(maps: Any, count: int) -> dict[str, np.ndarray]:
    """The maps of each column, one for each photograph, under the title that is written."""
    if not isinstance(maps, Mapping) or not maps:
        raise InputError("maps must be a dict with at least one title and its maps (N, H, W).")
    found: dict[str, np.ndarray] = {}
    for title, each in maps.items():
        values = _finite(each, f"the map of {title!r}", 3)
        if len(values) != count:
            raise InputError(
                f"there are {count} photograph(s), but {len(values)} map(s) of {title!r}."
            )
        if inputs.written(title) in found:
            raise InputError(f"two columns are called {inputs.written(title)!r}: rename one.")
        found[inputs.written(title)] = values
    return found


def _photographs(axes: np.ndarray, images: list[np.ndarray], rows: Sequence[str]) -> None:
    for axis, image, name in zip(axes, images, rows, strict=True):
        canvas.show_picture(axis, image)
        axis.set_ylabel(name, fontsize=canvas.FONT)
    axes[0].set_title("picture", fontsize=canvas.FONT)


def _overlays(
    axes: np.ndarray, images: list[np.ndarray], maps: np.ndarray, shared: np.ndarray
) -> None:
    for axis, image, each in zip(axes, images, maps, strict=True):
        blended = overlay(image, each, _largest(shared), _palette(None, shared))
        canvas.show_picture(axis, blended)


def explanation(
    pictures: Sequence[np.ndarray],
    faces: Sequence[Sequence[Detection]],
    images: Tensor,
    relevance: Tensor,
    answers: Sequence[str],
    explained: Sequence[str],
    method: str,
    unit: str = "relevance",
    palette: str | None = None,
) -> Figure:
    """Draw photograph, what the model was given, and the map over it: a row a photograph.

    Parameters
    ----------
    pictures : sequence of arrays (H, W, 3) uint8
        The photographs as they are.
    faces : sequence of sequences of Detection
        What was found in each; empty where nothing was looked for.
    images : Tensor (N, 3, h, w)
        What the model was given.
    relevance : Tensor (N, h, w)
        All maps are drawn on one scale.
    answers, explained : sequence of str
        The model's answer to each image, and the class whose score is explained.
    method, unit : str
        For the title and the colour bar.
    palette : str, optional
        A colormap of matplotlib, as :func:`overlay` takes it; give ``SIGNED`` for a signed method,
        whose maps may happen to have no negative value.

    Returns
    -------
    Figure

    Raises
    ------
    UnknownName
        If matplotlib has no such palette.
    InputError
        If there are more or fewer of one than of another, or a map holds NaN or infinite values, or
        negative ones that the palette has no colour for.
    """
    photographs, given = inputs.as_pictures(pictures, "pictures"), inputs.as_pictures(images)
    values = _finite(relevance, "relevance", 3)
    arguments.length(faces, "faces")
    count = arguments.same_length(pictures=photographs, images=given, relevance=values, faces=faces)
    answers = inputs.named(answers, count, "answers", "photographs")
    explained = inputs.named(explained, count, "explained classes", "photographs")
    figure, axes = canvas.grid(count, 3, side=3.0, extra=0.3, margin=_BAR_RIGHT)
    top, name = _largest(values), _palette(palette, values)
    for row in range(count):
        canvas.show_picture(axes[row, 0], photographs[row])
        frame_faces(axes[row, 0], faces[row])
        canvas.show_picture(axes[row, 1], given[row], f"model's answer: {answers[row]}")
        title = f"{inputs.written(method)} for '{explained[row]}'"
        canvas.show_picture(axes[row, 2], overlay(given[row], values[row], top, name), title)
    _bar(figure, list(axes.flat), values, "right", inputs.written(unit), name)
    return canvas.finished(figure)


def channels(activations: Tensor, names: Sequence[str] | None = None, columns: int = 8) -> Figure:
    """Draw a mosaic of a layer's channels, all on one scale.

    Parameters
    ----------
    activations : Tensor (K, h, w), >= 0
        Of one image.
    names : sequence of str, optional
        A title for each channel.
    columns : int
        How many in a row.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If the activations do not have the shape above, or hold NaN, infinite or negative values.
    """
    values = _finite(activations, "activations", 3, low=0)
    titles = inputs.named(names, len(values), "names", "channels")
    extra = 0.25 if names is not None else 0.0
    figure, axes = canvas.panels(len(values), columns, side=1.25, extra=extra, margin=_BAR_RIGHT)
    for axis, channel, name in zip(axes, values, titles, strict=True):
        axis.imshow(channel, cmap=POSITIVE, vmin=0, vmax=max(_largest(values), 1e-12))
        canvas.bare(axis)
        axis.set_title(name, fontsize=9)
    _bar(figure, axes, values, "right", "activation", POSITIVE)
    return canvas.finished(figure)


def concepts(
    images: Tensor | Sequence[np.ndarray], maps: Tensor, labels: Sequence[str] | None = None
) -> Figure:
    """Draw concepts of a factorisation: a row a photograph, a column a concept.

    The first column colours each place by the concept that is strongest there.

    Parameters
    ----------
    images : Tensor (N, 3, H, W) or sequence of arrays (H, W, 3)
    maps : Tensor (N, K, H, W), >= 0
        All concepts are drawn on one scale.
    labels : sequence of str, optional
        A title for each concept.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If there is not one set of maps for each photograph, as large as it, or they hold NaN,
        infinite or negative values.
    """
    photographs, values = inputs.as_pictures(images), _finite(maps, "maps", 4, low=0)
    count, number = values.shape[:2]
    arguments.same_length(images=photographs, maps=values)
    given = [f"concept {k}" for k in range(number)] if labels is None else labels
    titles = inputs.named(given, number, "labels", "concepts")
    figure, axes = canvas.grid(count, number + 2, 2.1, 0.05, (_BAR_RIGHT[0], 0.25))
    _photographs(axes[:, 0], photographs, [""] * count)
    for axis, image, each in zip(axes[:, 1], photographs, values, strict=True):
        canvas.show_picture(axis, _strongest(image, each, _largest(values)))
    axes[0, 1].set_title("strongest concept", fontsize=canvas.FONT)
    for k in range(number):
        _overlays(axes[:, k + 2], photographs, values[:, k], values)
        mark = {"fc": CONCEPT_COLOURS[k % len(CONCEPT_COLOURS)], "ec": "none", "pad": 2}
        axes[0, k + 2].set_title(titles[k], fontsize=10, bbox=mark)
    _bar(figure, list(axes[:, 2:].flat), values, "right", "concept strength")
    return canvas.finished(figure)


def _strongest(image: np.ndarray | Tensor, maps: np.ndarray, top: float) -> np.ndarray:
    _require_size(image, maps[0])
    palette = np.array([mpl.colors.to_rgb(each) for each in CONCEPT_COLOURS])
    colour = palette[maps.argmax(0) % len(palette)]
    alpha = 0.7 * np.sqrt(np.clip(maps.max(0) / max(top, 1e-12), 0, 1))[..., None]
    return np.asarray((1 - alpha) * _grey(image) + alpha * colour)


def _require_size(image: np.ndarray | Tensor, values: np.ndarray) -> None:
    size = _grey(image).shape[:2]
    if values.shape != size:
        raise InputError(
            f"the photograph is {size}, but its map {values.shape} pixels high and wide."
        )


def _grey(image: np.ndarray | Tensor) -> np.ndarray:
    grey = inputs.as_floats(image) @ np.array([0.299, 0.587, 0.114])
    return np.repeat(grey[..., None], 3, axis=2)


def _norm(palette: str, scale: float) -> Normalize:
    top = scale if scale > 0 else 1.0
    return Normalize(-top if palette == SIGNED else 0, top)


def _bar(
    figure: Figure,
    axes: list[Axes],
    values: np.ndarray,
    location: Literal["right", "bottom"],
    label: str = "",
    palette: str | None = None,
) -> None:
    name = _palette(palette, values)
    colours = ScalarMappable(_norm(name, _largest(values)), name)
    pad, aspect, ticks = (0.01, 25, 6) if location == "right" else (0.02, 16, 3)
    bar = figure.colorbar(colours, ax=axes, location=location, shrink=0.85, pad=pad, aspect=aspect)
    bar.locator, bar.formatter = MaxNLocator(ticks), ScalarFormatter()
    bar.formatter.set_powerlimits((-3, 4))
    bar.set_label(label, fontsize=canvas.FONT)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=9)


def _largest(maps: np.ndarray) -> float:
    return float(np.abs(maps).max(initial=0.0))


def _finite(values: Any, name: str, axes: int, low: float = -np.inf) -> np.ndarray:
    """Maps without NaN and infinity, which would leave a photograph grey as if nothing mattered."""
    found = arguments.finite_array(values, name, axes, low=low)
    if not found.size:
        raise InputError(f"{name} has shape {found.shape}: there is nothing to draw.")
    return found
