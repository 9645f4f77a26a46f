"""Distributions of scores, of genuine pairs beside those of impostors, group by group."""

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import ArrayLike
from scipy import ndimage

from helpers import arguments
from helpers.errors import InputError
from helpers.plots import canvas, inputs

_Parts = dict[tuple[str, bool], np.ndarray]
_Shape = tuple[np.ndarray, np.ndarray]
# Of genuine and of impostor pairs, told apart by colour and by hatching.
_LOOKS: dict[bool, canvas.Style] = {
    True: {"fc": canvas.BLUE, "hatch": None},
    False: {"fc": canvas.VERMILION, "hatch": "///"},
}


def scores(
    values: ArrayLike,
    genuine: ArrayLike,
    group: ArrayLike,
    kind: Literal["violin", "ridge", "box"] = "violin",
    label: str = "similarity",
) -> Figure:
    """Draw scores of genuine and of impostor pairs, group by group.

    Parameters
    ----------
    values, genuine : array_like (N,)
        Scores, and whether each pair shows one person; scores that are missing are left out.
    group : array_like (N,)
        Group of each pair; pairs without one (across groups) are not drawn.
    kind : {"violin", "ridge", "box"}
        Violins and ridges show shapes (each of the same area), boxes quartiles with whiskers from
        the 1st to the 99th percentile.
    label : str
        What the scores are.

    Returns
    -------
    Figure

    Raises
    ------
    UnknownName
        If there is no such kind.
    InputError
        If there is nothing to draw, lengths differ, a score is infinite, or ``genuine`` holds
        something else than True and False (or 1 and 0).
    """
    kinds = {"violin": _violin, "ridge": _ridge, "box": _box}
    draw = kinds[arguments.choice(kind, "kind", kinds)]
    parts = _parts(values, genuine, group)
    names = list(dict.fromkeys(name for name, _ in parts))
    figure, axis = canvas.lines(len(names), height=0.55)
    for ((name, same), part), shape in zip(parts.items(), _shapes(parts), strict=True):
        draw(axis, names.index(name), same, part, shape)
    canvas.name_lines(axis, [_counted(name, parts) for name in names], label)
    axis.set_ylim(len(names) - 0.4, -1.1 if kind == "ridge" else -0.6)
    entries = [
        (Patch(ec="white", alpha=0.75, **_LOOKS[same]), f"{what} pairs")
        for same, what in ((True, "genuine"), (False, "impostor"))
    ]
    canvas.legend(figure, entries, loc="outside upper center", ncols=3, fontsize=10)
    return canvas.finished(figure)


def _parts(values: ArrayLike, genuine: ArrayLike, group: ArrayLike) -> _Parts:
    given = {"values": values, "genuine": genuine, "group": group}
    columns = {name: inputs.listed(each, name) for name, each in given.items()}
    arguments.same_length(**columns)
    arguments.one_order(**given)
    table = pd.DataFrame(columns).rename(columns={"values": "value"}).dropna()
    if table.empty:
        raise InputError("no pair has both a score and a group: there is nothing to draw.")
    table = inputs.checked(table, ("value", "genuine", "group"), ("value", "genuine"))
    if not table["genuine"].isin((0, 1)).all():
        raise InputError("genuine must be True or False, or 1 or 0, one for each pair.")
    kept = table.assign(group=inputs.names_of(table["group"])).groupby(["group", "genuine"])[
        "value"
    ]
    return {(str(key[0]), bool(key[1])): part.to_numpy() for key, part in kept}


def _violin(axis: Axes, place: int, genuine: bool, values: np.ndarray, shape: _Shape) -> None:
    # Impostors above the line, genuine below: one half each, so that both can be compared.
    side = 1 if genuine else -1
    _fill(axis, shape, place, 0.42 * side, genuine)
    axis.plot([np.median(values)] * 2, [place, place + 0.3 * side], "k", lw=1.2)


def _ridge(axis: Axes, place: int, genuine: bool, _: np.ndarray, shape: _Shape) -> None:
    _fill(axis, shape, place, -1, genuine, order=place)


def _box(axis: Axes, place: int, genuine: bool, values: np.ndarray, _: _Shape) -> None:
    drawn = axis.boxplot(
        values,
        positions=[place + (0.2 if genuine else -0.2)],
        widths=0.32,
        orientation="horizontal",
        whis=(1, 99),
        showfliers=False,
        patch_artist=True,
        manage_ticks=False,
        medianprops={"color": "black", "lw": 1.6},
    )
    drawn["boxes"][0].set(alpha=0.75, ec="black" if genuine else "white", **_LOOKS[genuine])


def _fill(
    axis: Axes, shape: _Shape, place: int, stretch: float, genuine: bool, order: int = 0
) -> None:
    across, edge = shape[0], place + stretch * shape[1]
    look = _LOOKS[genuine]
    axis.fill_between(across, place, edge, ec="white", alpha=0.75, lw=0, zorder=2 + order, **look)
    axis.plot(across, edge, color=look["fc"], lw=1.2, zorder=2.5 + order)


def _shapes(parts: _Parts) -> list[_Shape]:
    """Smoothed histograms on one scale for all parts: the highest of all is about 1."""
    every = np.concatenate(list(parts.values()))
    room = 0.03 * np.ptp(every) or 0.5
    edges = np.linspace(every.min() - room, every.max() + room, 241)
    # Silverman's rule, the same for all: shapes differ because of the data only.
    band = min(1.06 * part.std() * len(part) ** -0.2 for part in parts.values())
    sigma = max(band / (edges[1] - edges[0]), 2)
    highest = 0.4 / min(float(part.std()) or 1.0 for part in parts.values())
    across, shapes = (edges[1:] + edges[:-1]) / 2, []
    for part in parts.values():
        heights = np.histogram(part, edges, density=True)[0] / highest
        smooth = ndimage.gaussian_filter1d(heights, sigma, mode="constant", truncate=6)
        shapes.append((across, smooth))
    return shapes


def _counted(name: str, parts: _Parts) -> str:
    genuine, impostor = (len(parts.get((name, kind), ())) for kind in (True, False))
    return f"{name}\n{genuine:,} / {impostor:,}"
