"""Figures of scores and thresholds of a classifier: are scores true, and does a threshold close gaps?"""

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from helpers import arguments
from helpers.errors import InputError
from helpers.plots import canvas, inputs

_FEW = 10  # faces in a bin of a reliability diagram


def reliability(table: pd.DataFrame, columns: int = 4) -> Figure:
    """Draw reliability diagrams: share of positives against the score, and how many faces a bin holds.

    Bins of fewer than ten faces are grey and hollow. Dots are not joined: a line between two bins
    would draw noise as a curve.

    Parameters
    ----------
    table : DataFrame
        From :func:`helpers.bias.classification.reliability`.
    columns : int
        Groups in a row.

    Returns
    -------
    Figure

    Raises
    ------
    BadTable
        If a column is missing.
    InputError
        If the table has no row, or a number is none.
    """
    numbers = ("left", "right", "n", "confidence", "value", "low", "high")
    table = inputs.checked(table, ("group", *numbers), numbers)
    inputs.require_range(table, [each for each in numbers if each != "n"], 0, 1)
    table = table.assign(group=inputs.names_of(table["group"]), n=table["n"].fillna(0).astype(int))
    names = list(dict.fromkeys(table["group"]))
    columns = min(arguments.count(columns, "columns"), len(names))
    rows = -(-len(names) // columns)
    figure, axes = canvas.grid(2 * rows, columns, side=2.7, extra=-0.75, margin=(0.3, 0.4))
    axes[0, 0].get_gridspec().set_height_ratios([3, 1] * rows)
    above, below = axes[::2].ravel(), axes[1::2].ravel()
    for axis in (*above[len(names) :], *below[len(names) :]):
        axis.set_visible(False)
    for diagram, counts, name in zip(above, below, names, strict=False):
        part = table[table["group"] == name]
        _diagram(diagram, part, inputs.counted(name, part["n"].sum()))
        _counts(counts, part, int(table["n"].max()))
    for diagram, counts in axes.reshape(rows, 2, columns)[:, :, 0]:
        diagram.set_ylabel("share positive", fontsize=canvas.FONT)
        counts.set_ylabel("faces", fontsize=canvas.FONT)
    figure.supxlabel("score (softmax share)", fontsize=canvas.FONT)
    return canvas.finished(figure)


def _diagram(axis: Axes, part: pd.DataFrame, title: str) -> None:
    axis.plot([0, 1], [0, 1], color="0.4", ls="--", lw=1.2)
    few, firm = part[part["n"] < _FEW], part[part["n"] >= _FEW]
    for bins, colour, fill in ((few, canvas.PALE, "white"), (firm, canvas.BLUE, canvas.BLUE)):
        if bins.empty:  # of which matplotlib's layout could make nothing
            continue
        axis.vlines(bins["confidence"], bins["low"], bins["high"], color=colour, lw=2)
        style: canvas.Style = {"color": colour, "mfc": fill, "ms": 6, "clip_on": False}
        axis.plot(bins["confidence"], bins["value"], "o", **style)
    axis.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xticks=[], yticks=[0, 0.5, 1])
    axis.set_title(title, fontsize=canvas.FONT)
    axis.grid(color="0.92")


def _counts(axis: Axes, part: pd.DataFrame, largest: int) -> None:
    width = part["right"] - part["left"]
    axis.bar(part["left"], part["n"], width=width, align="edge", color="0.75", ec="white")
    axis.set(xlim=(-0.02, 1.02), ylim=(0, 1.05 * max(largest, 1)), xticks=[0, 0.5, 1])
    axis.yaxis.set_major_locator(MaxNLocator(2, integer=True))
    axis.spines[["top", "right"]].set_visible(False)


def gaps_by_threshold(table: pd.DataFrame) -> Figure:
    """Draw gaps between two groups while one of them gets another threshold: a line a metric.

    A dot marks the threshold at which a gap is nearest to zero. Where the dots lie apart, no
    threshold closes all gaps.

    Parameters
    ----------
    table : DataFrame
        ``threshold, metric, first, second, difference, low, high``: the rows of
        :func:`helpers.bias.classification.pairwise` for two groups, at each threshold of the first.
        With ``n_first`` and ``n_second`` the legend says how many faces there are at a dot.

    Returns
    -------
    Figure

    Raises
    ------
    BadTable
        If a column is missing.
    InputError
        If a metric is undefined at every threshold, the table holds other groups than two, or a
        number is none.
    """
    numbers = ("threshold", "difference", "low", "high")
    columns = ("metric", "first", "second", *numbers)
    table = inputs.checked(table, columns, (*numbers, "n_first", "n_second"))
    if table["first"].nunique() != 1 or table["second"].nunique() != 1:
        raise InputError("the table holds several pairs of groups: draw the rows of one pair.")
    inputs.require_range(table, ("difference", "low", "high"), -2, 2)
    table = table.reset_index(drop=True)
    undefined = table["difference"].isna().groupby(table["metric"]).all()
    if undefined.any():
        names = ", ".join(map(str, undefined.index[undefined]))
        raise InputError(f"{names}: undefined at every threshold, so there is no line to draw.")
    rows = (table["metric"].nunique() + 1) // 2
    figure, axes = canvas.grid(1, 1, side=8.6, extra=-3.6 + 0.6 * rows)
    axis = axes[0, 0]
    axis.axhline(0, color="0.3", ls="--", lw=1.4)
    entries: list[tuple[Artist, str]] = [
        _curve(axis, part.sort_values("threshold"), str(metric), number)
        for number, (metric, part) in enumerate(table.groupby("metric", sort=False))
    ]
    first, second = (inputs.names_of(table[each]).iloc[0] for each in ("first", "second"))
    axis.set_xlabel(f"threshold for {first} (that for {second} stays)", fontsize=canvas.FONT)
    axis.set_ylabel(inputs.folded(f"{first} minus {second}, points"), fontsize=canvas.FONT)
    axis.spines[["top", "right"]].set_visible(False)
    canvas.legend(figure, entries, loc="outside lower center", fontsize=10, ncols=2)
    return canvas.finished(figure)


def _curve(axis: Axes, part: pd.DataFrame, metric: str, number: int) -> tuple[Artist, str]:
    style, threshold = canvas.style_of(number), part["threshold"]
    low, points, high = (100 * part[each] for each in ("low", "difference", "high"))
    axis.fill_between(threshold, low, high, color=style["color"], alpha=0.13, lw=0)
    axis.plot(threshold, points, color=style["color"], lw=2)
    nearest = part.iloc[int(np.nanargmin(points.abs()))]
    at, gap = nearest["threshold"], nearest["difference"]
    crosses = points.min() <= 0 <= points.max()
    how = "nearest to 0" if crosses else f"never 0; {100 * gap:+.0f} points"
    said = f"{inputs.titled(metric)}: {how} at {at:.3g}"
    if {"n_first", "n_second"} <= {*part}:  # some metrics are about fewer, the higher the threshold
        said += f"; n = {nearest['n_first']:,.0f} and {nearest['n_second']:,.0f}"
    (dot,) = axis.plot(at, 100 * gap, ls="", ms=9, label=said, **style)
    return dot, said
