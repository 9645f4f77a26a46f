"""Figures of tables: a dot for each value, a whisker for its interval."""

from itertools import pairwise

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from helpers.plots.canvas import FONT, grid

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
_MARKS = ("o", "s", "^", "D")


def dots(
    table: pd.DataFrame,
    label: str,
    reference: float | None = None,
    reference_label: str = "",
) -> Figure:
    """A dot-and-whisker figure, a line a row, with its n written beside it.

    Parameters
    ----------
    table : DataFrame
        Index: what each line is called; neighbours of one name are labelled once. Columns
        ``value``, ``low``, ``high``; optionally ``n``, and
        ``kind``, whose values are told apart by colour and by mark.
    label : str
        Of the horizontal axis, with the unit.
    reference : float, optional
        A vertical line: chance, or parity.
    reference_label : str
        What the line means.
    """
    figure, axes = grid(1, 1, side=6.4, extra=-6.4 + 1.0 + 0.34 * len(table))
    axis = axes[0, 0]
    kinds = list(dict.fromkeys(table["kind"])) if "kind" in table else [""]
    for position, (_, row) in enumerate(table.iterrows()):
        kind = kinds.index(row["kind"]) if "kind" in table else 0
        colour, mark = _COLOURS[kind % 4], _MARKS[kind % 4]
        axis.plot([row["low"], row["high"]], [position, position], color=colour, lw=2)
        axis.plot(row["value"], position, mark, color=colour, ms=7)
    for kind, name in enumerate(kinds if len(kinds) > 1 else []):
        axis.plot([], [], _MARKS[kind % 4], color=_COLOURS[kind % 4], label=name)
    if reference is not None:
        axis.axvline(reference, color="0.4", ls="--", lw=1.2, zorder=0, label=reference_label)
    names = (
        [f"{name}  (n = {n})" for name, n in zip(table.index, table["n"], strict=True)]
        if ("n" in table)
        else [str(name) for name in table.index]
    )
    names = ["" if name == before else name for before, name in pairwise(["", *names])]
    axis.set_yticks(range(len(table)), names, fontsize=FONT)
    axis.set_ylim(len(table) - 0.4, -0.6)  # first line on top, none on the frame
    axis.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axis.set_xlabel(label, fontsize=FONT)
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="x", color="0.9")
    if axis.get_legend_handles_labels()[0]:
        figure.legend(loc="outside upper right", ncols=3, frameon=False, fontsize=10)
    return figure
