"""Figures of audits: metrics of groups, gaps, comparisons, calibration, confusion, mean faces.

Every dot has its whisker and every group its n. What is told by colour is told by mark, number or
place as well.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from helpers import arguments
from helpers.errors import InputError
from helpers.plots import canvas, inputs
from helpers.plots.calibration import gaps_by_threshold, reliability
from helpers.plots.faces import mean_faces

__all__ = [
    "by_chance",
    "comparisons",
    "confusion",
    "disparities",
    "gaps_by_threshold",
    "mean_faces",
    "metrics_by_group",
    "reliability",
]


def metrics_by_group(
    table: pd.DataFrame, metrics: Sequence[str] | None = None, columns: int = 2
) -> Figure:
    """Draw metrics of every group as dots with intervals: a panel a metric, a line a group.

    Parameters
    ----------
    table : DataFrame
        From :func:`helpers.bias.classification.audit`. Rows marked ``small`` are grey and hollow;
        an undefined value is a word on its line instead of a dot.
    metrics : sequence of str, optional
        Which, in which order; by default all of the table.
    columns : int
        Panels in a row.

    Returns
    -------
    Figure

    Raises
    ------
    BadTable
        If a column is missing.
    UnknownName
        If the table has no row of a metric.
    InputError
        If the table has no row, or a number is none.
    """
    numbers = ("value", "low", "high")
    columns_of = ("metric", "group", "small", "of", *numbers)
    table = inputs.checked(table, columns_of, ("of", *numbers), ("value", "high"))
    there = list(dict.fromkeys(table["metric"]))
    wanted = there if metrics is None else arguments.choices(metrics, "metric", there)
    parts = [table[table["metric"] == metric] for metric in wanted]
    height = 0.9 + 0.34 * max(map(len, parts))
    figure, axes = canvas.panels(len(parts), columns, side=5.4, extra=height - 5.4)
    end = canvas.end_of(pd.concat(parts))
    for axis, metric, part in zip(axes, wanted, parts, strict=True):
        if axis is not axes[0]:  # one range, so that panels can be compared
            axis.sharex(axes[0])
        _groups(axis, part, end)
        axis.set_title(inputs.titled(metric), fontsize=canvas.FONT + 1, loc="left", weight="bold")
    return canvas.finished(figure)


def _groups(axis: Axes, part: pd.DataFrame, end: float) -> None:
    inputs.names_of(part["group"])  # refuses groups that look alike
    firm, few = (
        {"color": canvas.BLUE, "marker": "o"},
        {"color": canvas.PALE, "marker": "o", "mfc": "white"},
    )
    canvas.draw_dots(axis, part, [few if small else firm for small in part["small"]], end)
    canvas.name_lines(
        axis, [inputs.counted(*each) for each in zip(part["group"], part["of"], strict=True)]
    )
    for label, small in zip(axis.get_yticklabels(), part["small"], strict=True):
        label.set_color("0.45" if small else "black")


def disparities(table: pd.DataFrame, measure: str = "difference") -> Figure:
    """Draw how far groups are apart: a dot with a whisker for each criterion, and a line for parity.

    The hollow diamond is what groups without any difference would show by chance.

    Parameters
    ----------
    table : DataFrame
        From :func:`helpers.bias.classification.gaps`. With a column ``margin``, the gap that would
        be too small to matter, a dotted line stands there.
    measure : str
        "difference" (parity at 0) or "ratio" (parity at 1).

    Returns
    -------
    Figure

    Raises
    ------
    BadTable
        If a column is missing.
    UnknownName
        If there is no such measure.
    InputError
        If the table has no row of the measure, or a number is none.
    """
    numbers = ("value", "low", "high", "by_chance")
    columns = ("criterion", "measure", "metric", *numbers)
    table = inputs.checked(table, columns, (*numbers, "margin"), ("value", "high"))
    rows = table[table["measure"] == arguments.choice(measure, "measure", ("difference", "ratio"))]
    if rows.empty:
        raise InputError(f"the table has no rows of the measure {measure!r}.")
    inputs.require_range(rows, numbers, 0, 1)
    parity, limits, what = {
        "difference": (0, (-0.02, None), "largest minus smallest rate"),
        "ratio": (1, (0, 1.02), "smallest rate divided by largest"),
    }[measure]
    figure, axis = canvas.lines(len(rows), height=0.62, width=8.6)
    line = axis.axvline(parity, color="0.3", ls="--", lw=1.4)
    seen: canvas.Style = {"color": canvas.BLUE, "marker": "o"}
    chance: canvas.Style = {"color": "0.3", "marker": "D", "mfc": "white", "ls": "", "ms": 7}
    canvas.draw_dots(axis, rows, [seen] * len(rows), canvas.end_of(rows, numbers))
    # Nothing is expected of a gap that is undefined; matplotlib leaves NaN out.
    expected = rows["by_chance"].where(np.isfinite(rows["value"]))
    axis.plot(expected, np.arange(len(rows)), **chance)
    names = [f"{row.criterion}\n{_between(row)}" for row in rows.itertuples()]
    canvas.name_lines(axis, names, what)
    axis.set_xlim(*limits)
    entries: list[tuple[Artist, str]] = [
        (line, "parity"),
        *_margins(axis, rows, parity),
        (Line2D([], [], ls="", **seen), "observed, 95 % interval"),
        (Line2D([], [], **chance), "expected by chance at parity"),
    ]
    canvas.legend(figure, entries, loc="outside upper right", ncols=len(entries), fontsize=10)
    return canvas.finished(figure)


def _margins(axis: Axes, rows: pd.DataFrame, parity: int) -> list[tuple[Artist, str]]:
    """A line at each margin that the table tells, and its words."""
    return [
        (
            axis.axvline(abs(parity - each), color="0.3", ls=":", lw=1.6),
            f"margin, {100 * each:g} points",
        )
        for each in rows.reindex(columns=["margin"])["margin"].dropna().unique()
    ]


def _between(row: object) -> str:
    metric = inputs.titled(str(getattr(row, "metric", "")))
    lowest, highest = getattr(row, "lowest", ""), getattr(row, "highest", "")
    # A group may be called 0, and a gap that is undefined lies between none.
    known = not np.ndim(lowest) and pd.notna(lowest) and lowest != ""
    ends = inputs.names_of(pd.Series([lowest, highest], dtype=object)) if known else ()
    said = f"{metric}, {' to '.join(ends)}"
    long = f"{metric},\n{inputs.folded(' to '.join(ends))}"
    return metric if not known else said if len(said) <= 50 else long


def comparisons(table: pd.DataFrame) -> Figure:
    """Draw every group against every other: row minus column, in points of a hundred.

    Each pair is drawn once, below the diagonal. A star and bold type mark differences that remain after Holm's correction. Below a difference
    stands its interval, beside a group its n.

    Parameters
    ----------
    table : DataFrame
        From :func:`helpers.bias.classification.pairwise`, of one metric; without ``low`` and
        ``high`` no interval is written, without ``n_first`` and ``n_second`` no n.

    Returns
    -------
    Figure

    Raises
    ------
    BadTable
        If a column is missing.
    InputError
        If the table has no row, holds several metrics or one pair twice, or a number is none.
    """
    columns = ("metric", "first", "second", "difference", "p_holm", "differs")
    numbers = ("difference", "p_holm", "low", "high", "n_first", "n_second")
    table = inputs.checked(table, columns, numbers)
    limits = [each for each in ("low", "high") if each in table]
    inputs.require_range(table, ("difference", *limits), -2, 2)
    if table["metric"].nunique() > 1:
        some = ", ".join(map(str, table["metric"].unique()[:3]))
        raise InputError(f"the table holds several metrics, {some}: draw the rows of one.")
    values, texts, names = _square(table)
    top = max(float(np.nanmax(np.abs(values), initial=0.0)), 0.1)
    label, colours = "difference, points of a hundred", {"cmap": "PuOr", "vmin": -top, "vmax": top}
    down = [inputs.counted(name, n) for name, n in zip(names, _counts(table, names), strict=True)]
    across = [inputs.folded(name) for name in names]
    figure, axis = canvas.matrix(values, texts, across, down, label, **colours)
    for place in range(len(names)):  # nobody against themselves; not the colour of a zero
        axis.add_patch(Rectangle((place - 0.5, place - 0.5), 1, 1, color="0.85", lw=0))
    left, pairs = int(table["differs"].sum()), int(table["p_holm"].notna().sum())
    axis.set_title(
        f"{inputs.titled(table['metric'].iloc[0])}: row minus column, points\n"
        f"{left} of {pairs} pairs differ after Holm (*)"
        + ("; below each its interval" if len(limits) == 2 else ""),
        fontsize=canvas.FONT,
        loc="left",
    )
    return canvas.finished(figure)


def _square(table: pd.DataFrame) -> tuple[np.ndarray, list[list[str]], list[str]]:
    """Differences in points, below the diagonal, what is written of each, and the groups."""
    ends = inputs.names_of(pd.concat([table["first"], table["second"]])).to_numpy().reshape(2, -1)
    names = list(dict.fromkeys(ends.ravel()))
    if len({frozenset(pair) for pair in ends.T}) < len(table):
        raise InputError("a pair of groups comes twice in the table: draw one comparison of each.")
    values = np.full((len(names), len(names)), np.nan)
    texts = [[""] * len(names) for _ in names]
    bounds = 100 * table.reindex(columns=["difference", "low", "high"]).to_numpy(dtype=float)
    for first, second, bound, differs in zip(*ends, bounds, table["differs"], strict=True):
        places = names.index(first), names.index(second)
        column, row = sorted(places)
        points, low, high = bound if places == (row, column) else -bound
        values[row, column] = points
        texts[row][column] = "-" if np.isnan(points) else _points(points) + "*" * bool(differs)
        if not np.isnan(points + low + high):
            texts[row][column] += "\n{} to {}".format(*map(_points, sorted((low, high))))
    return values, texts, names


def _points(points: float) -> str:
    return f"{round(points):+d}" if round(points) else "0"


def _counts(table: pd.DataFrame, names: list[str]) -> pd.Series:
    """How many faces each group has, NaN where the table does not say."""
    groups = inputs.names_of(pd.concat([table["first"], table["second"]])).to_numpy()
    counts = table.reindex(columns=["n_first", "n_second"]).to_numpy(dtype=float)
    return pd.Series(counts.T.ravel()).groupby(groups).first().reindex(names)


def confusion(
    counts: np.ndarray, labels: Sequence[str], title: str = "", positive: str | None = None
) -> Figure:
    """Draw a confusion table: share of each true class by answer, with the counts.

    Parameters
    ----------
    counts : array (k, k) of int
        True class down, answer across, as scikit-learn's ``confusion_matrix``.
    labels : sequence of str
        The k classes.
    title : str
        What is written above.
    positive : str, optional
        Which of two labels counts as positive: each cell then says what it is called, true
        positives (TP), false positives (FP), false negatives (FN) or true negatives (TN).

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If there is not a row and a column for each label, counts are no whole numbers, or
        ``positive`` is none of two labels.
    """
    # Larger whole numbers, and their sums, have no exact double.
    table = arguments.finite_array(counts, "counts", 2, low=0, high=1e15)
    names = list(inputs.names_of(inputs.listed(labels, "labels"), "label"))
    if len(set(names)) < len(names):
        raise InputError("two labels of the table are called alike: rename one.")
    if table.shape != (len(names), len(names)) or not len(names):
        raise InputError(f"counts has shape {table.shape}, but there are {len(names)} labels.")
    if (table % 1).any():
        raise InputError("counts must be whole numbers: give the counts, not shares of them.")
    total = table.sum(axis=1, keepdims=True)
    shares = np.divide(table, total, out=np.full(table.shape, np.nan), where=total > 0)
    texts = [
        ["-" if np.isnan(share) else f"{100 * share:.0f} %\n{n:.0f}" for share, n in zip(*row)]
        for row in zip(shares, table, strict=True)
    ]
    if positive is not None:
        texts = [
            [f"{kind}\n{text}" for kind, text in zip(kinds, row, strict=True)]
            for kinds, row in zip(_kinds(names, positive), texts, strict=True)
        ]
    down = [inputs.counted(name, n) for name, n in zip(names, total[:, 0], strict=True)]
    across = [inputs.folded(name) for name in names]
    label = "share of the row"
    figure, axis = canvas.matrix(shares, texts, across, down, label, cmap="Blues", vmin=0, vmax=1)
    axis.set_xlabel("answer of the model", fontsize=canvas.FONT)
    axis.set_ylabel("annotated as", fontsize=canvas.FONT)
    axis.set_title(inputs.written(title), fontsize=canvas.FONT)
    return canvas.finished(figure)


def _kinds(names: list[str], positive: str) -> list[list[str]]:
    """What the four cells of two classes are called, in the order of the labels."""
    if len(names) != 2:
        raise InputError(f"only of two labels one is positive; there are {len(names)}.")
    which = names.index(arguments.choice(inputs.written(positive), "label", names))
    kinds = [["TP", "FN"], ["FP", "TN"]]
    return kinds if which == 0 else [row[::-1] for row in kinds[::-1]]


def by_chance(draws: ArrayLike, observed: float, label: str = "largest gap") -> Figure:
    """Draw what chance alone gives, as a histogram, and where the observed value lies in it.

    Parameters
    ----------
    draws : array_like (D,)
        The figure in each of D worlds without a difference, such as after each of D shuffles.
    observed : float
        The figure as it was observed.
    label : str
        What the figure is.

    Returns
    -------
    Figure
        A bar where draws are at least as large as ``observed`` is dark and hatched, and the title
        says how many these are.

    Raises
    ------
    InputError
        If there is no draw, or a number is none.
    """
    found = arguments.finite_array(arguments.plain(draws, "draws"), "draws", ndim=1)
    if not len(found):
        raise InputError("draws is empty: there is nothing to draw.")
    seen = arguments.number(observed, "observed")
    extreme = found >= seen - 1e-9  # gaps of equal counts may differ by a rounding
    figure, axes = canvas.grid(1, 1, side=7.2, extra=-3.8)
    axis = axes[0, 0]
    edges = _edges(found)
    axis.hist(found[~extreme], bins=edges, color="0.8", ec="white")
    axis.hist(found[extreme], bins=edges, color=canvas.BLUE, ec="white", hatch="///")
    axis.axvline(seen, color=canvas.VERMILION, lw=2.5)
    axis.axvline(float(found.mean()), color="0.2", lw=1.8, ls="--")
    canvas.plain(axis, label)
    axis.set_ylabel("draws", fontsize=canvas.FONT)
    many = f"{int(extreme.sum()):,} of {len(found):,}"
    axis.set_title(
        f"draws as large as the observed value, or larger: {many}", fontsize=canvas.FONT, loc="left"
    )
    entries: list[tuple[Artist, str]] = [
        (Line2D([], [], color=canvas.VERMILION, lw=2.5), f"observed, {seen:.3g}"),
        (Line2D([], [], color="0.2", lw=1.8, ls="--"), f"mean of the draws, {found.mean():.3g}"),
    ]
    canvas.legend(figure, entries, loc="outside lower center", ncols=2, fontsize=10)
    return canvas.finished(figure)


def _edges(draws: np.ndarray) -> np.ndarray:
    """Edges of bars: one for each value of a lattice, such as shares of equal groups, or thirty."""
    values = np.unique(draws.round(9))
    if len(values) < 2:
        return np.array([values[0] - 0.005, values[0] + 0.005])
    step = float(np.diff(values).min())
    bars = round(float(np.ptp(values)) / step) + 1
    if bars > 40:
        return np.histogram_bin_edges(draws, bins=30)
    return np.asarray(values[0] + step * (np.arange(bars + 1) - 0.5))
