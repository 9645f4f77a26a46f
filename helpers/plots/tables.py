"""Figures of tables: a dot for each value, a whisker for its interval."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from helpers import arguments
from helpers.plots import canvas, inputs


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
    rows = inputs.checked(table, numbers, (*numbers, "n"), endless=("value", "high"))
    kinds = inputs.names_of(rows["kind"], "kind") if "kind" in rows else pd.Series([""] * len(rows))
    counts = rows.reindex(columns=["n"])["n"]
    names = [inputs.counted(name, n) for name, n in zip(rows.index, counts, strict=True)]
    # None, which no name is, stands before the first: a line may be called "".
    once = ["" if name == before else str(name) for before, name in pairwise([None, *names])]
    known = list(dict.fromkeys(kinds))
    told = dict(enumerate(known if len(known) > 1 else []))
    numbered = [known.index(each) for each in kinds]
    return draw_rows(rows, once, numbered, told, label, reference, reference_label)


def draw_rows(
    rows: pd.DataFrame,
    names: Sequence[str],
    kinds: Sequence[int],
    told: Mapping[int, str],
    label: str,
    reference: float | None = None,
    reference_label: str = "",
) -> Figure:
    """Draw checked rows of ``value``, ``low``, ``high`` as :func:`dots` does.

    Parameters
    ----------
    rows : DataFrame (N rows)
        Numbers, NaN where one is missing, and perhaps ``note``.
    names : sequence (N) of str
        What the lines are called.
    kinds : sequence (N) of int
        Which colour and mark each row has.
    told : dict of int to str
        What the legend says of each kind.
    label : str
        Of the horizontal axis.
    reference : float, optional
        Where a vertical line stands.
    reference_label : str
        What it means.
    """
    figure, axis = canvas.lines(len(rows))
    entries: list[tuple[Artist, str]] = []
    if reference is not None:
        at = arguments.number(reference, "reference")
        line = axis.axvline(at, color="0.35", ls="--", lw=1.3, zorder=0)
        entries += [(line, reference_label)] if reference_label else []
    entries += [
        (Line2D([], [], ls="", **canvas.style_of(kind)), name) for kind, name in told.items()
    ]
    canvas.draw_dots(axis, rows, [canvas.style_of(kind) for kind in kinds], canvas.end_of(rows))
    canvas.name_lines(axis, names, label)
    canvas.legend(figure, entries, loc="outside upper center", ncols=3, fontsize=10)
    return canvas.finished(figure)
