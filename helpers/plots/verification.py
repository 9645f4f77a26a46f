"""Figures of verification: scores, error curves, thresholds, and differences between groups.

Groups keep their colour and their mark or line style from figure to figure, in the order given, so
that nothing hangs on colour alone. Tables are those of :mod:`helpers.bias.verification`.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from helpers import arguments
from helpers.errors import InputError
from helpers.plots import canvas, inputs
from helpers.plots.curves import det, roc
from helpers.plots.distributions import scores
from helpers.plots.explorer import Interactive, threshold_explorer
from helpers.plots.tables import draw_rows

__all__ = [
    "Interactive",
    "confusion",
    "det",
    "disparity",
    "roc",
    "scores",
    "threshold_explorer",
]


def disparity(
    table: pd.DataFrame,
    label: str,
    reference: float | None = None,
    reference_label: str = "",
) -> Figure:
    """Draw a dot and a whisker per group, with a line at parity, at chance or at what was intended.

    Parameters
    ----------
    table : DataFrame
        ``group``, ``value``, ``low``, ``high``, of :func:`helpers.bias.verification.intervals` (one
        metric of it), ``compare`` or ``attribute_leakage``; with ``n_identities`` or ``n`` the
        number is written beside the name. A value that is undefined or infinite is not drawn: its
        line says so, with its ``note`` if it has one.
    label : str
        Of the horizontal axis.
    reference : float, optional
        Where the line is: 1 for a ratio, 0 for a difference, chance for a probe.
    reference_label : str
        What it means.

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
    numbers, counts = ["value", "low", "high"], ["n_identities", "n"]
    table = inputs.checked(
        table, ("group", *numbers), (*numbers, *counts), endless=("value", "high")
    )
    number = table.reindex(columns=counts)
    names = [
        inputs.counted(name, n) if np.isnan(people) else inputs.counted(name, people, "{} people")
        for name, (people, n) in zip(table["group"], number.to_numpy(), strict=True)
    ]
    if reference is None:
        return draw_rows(table, names, [0] * len(table), {}, label)
    at = arguments.number(reference, "reference")
    kinds = ((table["low"] > at) | (table["high"] < at)).astype(int)
    known = table[["low", "high"]].notna().all(axis=1) & np.isfinite(table["value"])
    drawn = set(kinds[known])
    told = {0: "interval holds the line", 1: "interval excludes the line"}
    told = {kind: said for kind, said in told.items() if kind in drawn}
    return draw_rows(table, names, kinds.tolist(), told, label, at, reference_label)


def confusion(table: pd.DataFrame) -> Figure:
    """Draw rank-1 confusion: which group's stranger is found in place of the person.

    Parameters
    ----------
    table : DataFrame (G, G)
        Per cent of each row's pictures, of :func:`helpers.bias.verification.confusion`; NaN where a
        group has no picture.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If rows and columns are not the same groups, or a number is none or below 0.
    """
    values, names = _square(table)
    top = max(float(np.nanmax(values, initial=0)), 1e-9)
    wrong = [
        "no picture" if np.isnan(row).all() else f"{np.nansum(row):.1f} % wrong" for row in values
    ]
    down = [f"{name}\n{each}" for name, each in zip(names, wrong, strict=True)]
    texts = [["-" if np.isnan(each) else f"{each:.1f}" for each in row] for row in values]
    label = "per cent of the row's pictures"
    # Paper white at 0, and never so dark that a black number could not be read beside a white one.
    figure, axis = canvas.matrix(
        values, texts, names, down, label, cmap="Blues", vmin=0, vmax=1.15 * top
    )
    axis.set_xlabel("group of the stranger who was found", fontsize=canvas.FONT)
    axis.set_ylabel("group of the person looked up", fontsize=canvas.FONT)
    return canvas.finished(figure)


def _square(table: Any) -> tuple[np.ndarray, list[str]]:
    """The numbers of a confusion table, NaN where there are none, and the groups."""
    arguments.columns(table, ())
    table = inputs.checked(table, (), list(table.columns))
    rows = list(inputs.names_of(pd.Series(list(table.index), dtype=object)))
    if rows != list(inputs.names_of(pd.Series(list(table.columns), dtype=object))):
        raise InputError("rows and columns of a confusion table must be the same groups in order.")
    values = table.to_numpy(dtype=float)
    if (values < 0).any() or (values > 100 + 1e-9).any():
        raise InputError("a confusion table holds per cent, which lie from 0 to 100.")
    return values, rows
