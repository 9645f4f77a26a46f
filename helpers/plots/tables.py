"""Figures of tables: a dot for each value, a whisker for its interval."""

from itertools import pairwise

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from helpers import arguments
from helpers.plots.canvas import (
    FONT,
    checked,
    end_of,
    finished,
    grid,
    legend,
    names_of,
    say,
    whisker,
    without_place,
    written,
)

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
_MARKS = ("o", "s", "^", "D")


def dots(
    table: pd.DataFrame,
    label: str,
    reference: float | None = None,
    reference_label: str = "",
) -> Figure:
    """Draw a dot and a whisker for each row, with its n written beside it.

    Parameters
    ----------
    table : DataFrame
        Index: what each line is called; neighbours of one name are labelled once. Columns
        ``value``, ``low``, ``high``; optionally ``n``, ``note``, and ``kind``, whose values are
        told apart by colour and by mark. Where a value is missing or infinite, its line has no dot
        and says so, with its ``note`` if it has one.
    label : str
        Of the horizontal axis, with the unit.
    reference : float, optional
        A vertical line: chance, or parity.
    reference_label : str
        What the line means.

    Returns
    -------
    Figure

    Raises
    ------
    BadTable
        If a column is missing.
    InputError
        If there is no row, or a number is none.
    """
    numbers = ("value", "low", "high")
    rows = checked(table, numbers, numbers, endless=("value", "high"))
    kinds = names_of(rows["kind"], "kind") if "kind" in rows else pd.Series([""] * len(rows))
    known = list(dict.fromkeys(kinds))
    figure, axes = grid(1, 1, side=6.4, extra=-6.4 + 1.0 + 0.34 * len(rows))
    axis = axes[0, 0]
    end = end_of(rows["value"], rows["low"], rows["high"])
    for place, (kind, (_, row)) in enumerate(zip(kinds, rows.iterrows(), strict=True)):
        _dot(axis, place, row, known.index(kind), end)
    entries: list[tuple[Artist, str]] = [
        (Line2D([], [], marker=_MARKS[k % 4], color=_COLOURS[k % 4], ls=""), name)
        for k, name in enumerate(known if len(known) > 1 else [])
    ]
    if reference is not None:
        at = arguments.number(reference, "reference")
        line = axis.axvline(at, color="0.4", ls="--", lw=1.2, zorder=0)
        entries += [(line, reference_label)] if reference_label else []
    axis.set_yticks(range(len(rows)), _names(rows), fontsize=FONT)
    axis.set_ylim(len(rows) - 0.4, -0.6)  # first line on top, none on the frame
    axis.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axis.set_xlabel(written(label), fontsize=FONT)
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="x", color="0.9")
    legend(figure, entries, loc="outside upper right", ncols=3, fontsize=10)
    return finished(figure)


def _dot(axis: Axes, place: int, row: pd.Series, kind: int, end: float) -> None:
    missing = without_place(row["value"], row.get("note", ""))
    if missing:
        say(axis, place, missing)
        return
    colour, mark = _COLOURS[kind % 4], _MARKS[kind % 4]
    whisker(axis, place, row["low"], row["high"], colour, end)
    axis.plot(row["value"], place, mark, color=colour, ms=7)


def _names(rows: pd.DataFrame) -> list[str]:
    """Name each line, with its n; of neighbours of one name only the first is named."""
    names = [written(name) for name in rows.index]
    if "n" in rows:
        names = [f"{name}  (n = {n})" for name, n in zip(names, rows["n"], strict=True)]
    # None, which no name is, stands before the first: a line may be called "".
    return [
        "" if name == before else name
        for before, name in pairwise([None, *names])
        if name is not None
    ]
