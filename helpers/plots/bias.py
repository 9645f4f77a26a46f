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
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from helpers import arguments
from helpers.errors import InputError
from helpers.plots.canvas import (
    FONT,
    as_picture,
    checked,
    end_of,
    finished,
    folded,
    grid,
    legend,
    listed,
    named,
    names_of,
    require_range,
    say,
    show_picture,
    whisker,
    without_place,
    written,
)

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
_MARKS = ("o", "s", "^", "D", "v", "P", "X")
_PALE = "0.6"
_LINE = 0.34  # inches that a group takes
_FEW = 10  # faces in a bin of a reliability diagram
_TITLES = {
    "fpr": "false positive rate",
    "fnr": "false negative rate",
    "f1": "F1",
    "ece": "expected calibration error",
    "recall": "recall (true positive rate)",
}


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
    table = checked(table, columns_of, ("of", *numbers), ("value", "high"))
    there = list(dict.fromkeys(table["metric"]))
    wanted = there if metrics is None else arguments.choices(metrics, "metric", there)
    panels = [table[table["metric"] == metric] for metric in wanted]
    for panel in panels:
        names_of(panel["group"])
    columns = min(arguments.count(columns, "columns"), len(wanted))
    rows, height = -(-len(wanted) // columns), 0.9 + _LINE * max(map(len, panels))
    figure, axes = grid(rows, columns, side=5.4, extra=height - 5.4)
    for axis in axes.flat[len(wanted) :]:
        axis.set_visible(False)
    bounds = pd.concat(panels)[list(numbers)].to_numpy(dtype=float)
    finite = bounds[np.isfinite(bounds)]
    for axis, metric, panel in zip(axes.flat, wanted, panels, strict=False):
        _groups(axis, panel, end_of(finite))
        if len(finite):  # one range, so that panels can be compared
            low, high = (
                finite.min(),
                max(finite.max(), end_of(finite) if np.isinf(bounds).any() else -np.inf),
            )
            room = 0.04 * (high - low) or 0.05
            axis.set_xlim(low - room, high + room)
        axis.set_title(_title(metric), fontsize=FONT + 1, loc="left", weight="bold")
    return finished(figure)


def disparities(table: pd.DataFrame, measure: str = "difference") -> Figure:
    """Draw how far groups are apart: a dot with a whisker for each criterion, and a line for parity.

    The hollow diamond is what groups without any difference would show by chance.

    Parameters
    ----------
    table : DataFrame
        From :func:`helpers.bias.classification.disparities`.
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
    table = checked(table, ("criterion", "measure", "metric", *numbers), numbers, ("value", "high"))
    rows = table[table["measure"] == arguments.choice(measure, "measure", ("difference", "ratio"))]
    if rows.empty:
        raise InputError(f"the table has no rows of the measure {measure!r}.")
    require_range(rows, numbers, 0, 1)
    figure, axes = grid(1, 1, side=8.6, extra=-8.6 + 1.5 + 0.62 * len(rows))
    axis, parity = axes[0, 0], 0.0 if measure == "difference" else 1.0
    line = axis.axvline(parity, color="0.3", ls="--", lw=1.4)
    end = end_of(*(rows[each] for each in numbers))
    for place, (_, row) in enumerate(rows.iterrows()):
        _gap(axis, place, row, end)
    names = [f"{row.criterion}\n{_between(row)}" for row in rows.itertuples()]
    _lines(axis, names)
    axis.set_xlim(-0.02 if parity == 0 else 0, None if parity == 0 else 1.02)
    what = "largest minus smallest rate" if parity == 0 else "smallest rate divided by largest"
    axis.set_xlabel(what, fontsize=FONT)
    seen = Line2D([], [], marker="o", ls="", color=_COLOURS[0], ms=8)
    chance = Line2D([], [], marker="D", ls="", color="0.3", mfc="white", ms=7)
    entries: list[tuple[Artist, str]] = [
        (line, "parity"),
        (seen, "observed, 95 % interval"),
        (chance, "expected by chance at parity"),
    ]
    legend(figure, entries, loc="outside upper right", ncols=3, fontsize=10)
    return finished(figure)


def comparisons(table: pd.DataFrame) -> Figure:
    """Draw every group against every other: row minus column, in points of a hundred.

    A star and bold type mark differences that remain after Holm's correction.

    Parameters
    ----------
    table : DataFrame
        From :func:`helpers.bias.classification.pairwise`, of one metric.

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
    table = checked(table, columns, ("difference", "p_holm"))
    require_range(table, ("difference",), -2, 2)
    if table["metric"].nunique() > 1:
        some = ", ".join(map(str, table["metric"].unique()[:3]))
        raise InputError(f"the table holds several metrics, {some}: draw the rows of one.")
    both = names_of(pd.concat([table["first"], table["second"]]))
    names = list(dict.fromkeys(both))
    ends = both.to_numpy().reshape(2, -1).T
    if len({frozenset(pair) for pair in ends.tolist()}) < len(ends):
        raise InputError("a pair of groups comes twice in the table: draw one comparison of each.")
    values, marked = _square(table, ends, names)
    room = 0.07 * max(len(line) for name in names for line in folded(name).split("\n"))
    figure, axes = grid(1, 1, side=1.0 + 0.62 * len(names), margin=(1.0 + room, room))
    axis = axes[0, 0]
    top = max(float(np.nanmax(np.abs(values), initial=0.0)), 1e-3)
    image = axis.imshow(100 * values, cmap="PuOr", vmin=-100 * top, vmax=100 * top)
    for row, column in np.argwhere(~np.isnan(values)):
        points = round(100 * values[row, column])
        strong, text = marked[row, column], f"{points:+d}" if points else "0"
        colour = "white" if abs(values[row, column]) > 0.7 * top else "black"
        style = {"weight": "bold"} if strong else {}
        star = "*" if strong else ""
        axis.text(
            column, row, text + star, ha="center", va="center", fontsize=10, color=colour, **style
        )
    for place in range(len(names)):  # nobody against themselves; not the colour of a zero
        axis.add_patch(Rectangle((place - 0.5, place - 0.5), 1, 1, color="0.85", lw=0))
    _squared(axis, names)
    left, pairs = int(table["differs"].sum()), int(table["p_holm"].notna().sum())
    metric = _title(str(table["metric"].iloc[0]))
    axis.set_title(
        f"{metric}: row minus column, points\n{left} of {pairs} pairs differ after Holm (*)",
        fontsize=FONT,
        loc="left",
    )
    bar = figure.colorbar(image, ax=axis, shrink=0.8)
    bar.set_label("difference, points of a hundred", fontsize=FONT)
    return finished(figure)


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
    table = checked(table, ("group", *numbers), numbers)
    require_range(table, [each for each in numbers if each != "n"], 0, 1)
    table = table.assign(group=names_of(table["group"]), n=table["n"].fillna(0).astype(int))
    names = list(dict.fromkeys(table["group"]))
    columns = min(arguments.count(columns, "columns"), len(names))
    rows = -(-len(names) // columns)
    figure, axes = grid(2 * rows, columns, side=2.7, extra=-0.75, margin=(0.3, 0.4))
    for axis in axes.flat:
        axis.set_visible(False)
    heights = [3, 1] * rows
    axes[0, 0].get_gridspec().set_height_ratios(heights)
    largest = int(table["n"].max())
    for number, name in enumerate(names):
        row, column = divmod(number, columns)
        part = table[table["group"] == name]
        _diagram(axes[2 * row, column], part, f"{name}  (n = {part['n'].sum()})")
        _counts(axes[2 * row + 1, column], part, largest)
        axes[2 * row, column].set_ylabel("share positive" if column == 0 else "", fontsize=FONT)
        axes[2 * row + 1, column].set_ylabel("faces" if column == 0 else "", fontsize=FONT)
    figure.supxlabel("score: probability of the positive class", fontsize=FONT)
    return finished(figure)


def gaps_by_threshold(table: pd.DataFrame) -> Figure:
    """Draw gaps between two groups while one of them gets another threshold: a line a metric.

    A dot marks the threshold at which a gap is nearest to zero. Where the dots lie apart, no
    threshold closes all gaps.

    Parameters
    ----------
    table : DataFrame
        ``threshold, metric, first, second, difference, low, high``: the rows of
        :func:`helpers.bias.classification.pairwise` for two groups, at each threshold of the first.

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
    table = checked(table, ("metric", "first", "second", *numbers), numbers)
    if table["first"].nunique() != 1 or table["second"].nunique() != 1:
        raise InputError("the table holds several pairs of groups: draw the rows of one pair.")
    require_range(table, ("difference", "low", "high"), -2, 2)
    table = table.reset_index(drop=True)
    undefined = table["difference"].isna().groupby(table["metric"]).all()
    if undefined.any():
        names = ", ".join(map(str, undefined.index[undefined]))
        raise InputError(f"{names}: undefined at every threshold, so there is no line to draw.")
    figure, axes = grid(1, 1, side=8.6, extra=-3.2)
    axis = axes[0, 0]
    axis.axhline(0, color="0.3", ls="--", lw=1.4)
    entries: list[tuple[Artist, str]] = [
        _curve(axis, part.sort_values("threshold"), str(metric), number)
        for number, (metric, part) in enumerate(table.groupby("metric", sort=False))
    ]
    first, second = (names_of(table[each]).iloc[0] for each in ("first", "second"))
    axis.set_xlabel(f"threshold for {first} (that for {second} stays)", fontsize=FONT)
    axis.set_ylabel(folded(f"{first} minus {second}, points"), fontsize=FONT)
    axis.spines[["top", "right"]].set_visible(False)
    legend(axis, entries, fontsize=10, ncols=2)
    return finished(figure)


def confusion(counts: np.ndarray, labels: Sequence[str], title: str = "") -> Figure:
    """Draw a confusion table: share of each true class by answer, with the counts.

    Parameters
    ----------
    counts : array (k, k) of int
        True class down, answer across, as scikit-learn's ``confusion_matrix``.
    labels : sequence of str
        The k classes.
    title : str
        What is written above.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If there is not a row and a column for each label, or counts are no whole numbers.
    """
    table = arguments.finite_array(counts, "counts", 2, low=0, high=1e15)
    arguments.length(labels, "labels")
    names = named(labels, len(table), "labels", "rows of counts")
    names = list(names_of(listed(labels, "labels"), "label")) if names else []
    if len(set(names)) < len(names):
        raise InputError("two labels of the table are called alike: rename one.")
    if table.shape != (len(names), len(names)) or not len(names):
        raise InputError(f"counts has shape {table.shape}, but there are {len(names)} labels.")
    if (table % 1).any():
        raise InputError("counts must be whole numbers: give the counts, not shares of them.")
    table = table.astype(int)
    total = table.sum(axis=1, keepdims=True)
    shares = np.divide(table, total, out=np.full(table.shape, np.nan), where=total > 0)
    figure, axes = grid(1, 1, side=1.4 + 0.72 * len(names), margin=(1.2, 0.2))
    axis = axes[0, 0]
    image = axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        text = "-" if np.isnan(share) else f"{100 * share:.0f} %\n{table[row, column]}"
        colour = "white" if share > 0.6 else "black"
        axis.text(column, row, text, ha="center", va="center", fontsize=10, color=colour)
    _squared(
        axis, names, [f"{name}  (n = {n})" for name, n in zip(names, total[:, 0], strict=True)]
    )
    axis.set_xlabel("answer of the model", fontsize=FONT)
    axis.set_ylabel("annotated as", fontsize=FONT)
    axis.set_title(written(title), fontsize=FONT)
    figure.colorbar(image, ax=axis, shrink=0.8).set_label("share of the row", fontsize=FONT)
    return finished(figure)


def mean_faces(images: Tensor | np.ndarray, groups: Sequence[object], columns: int = 4) -> Figure:
    """Draw the mean picture of each group, with its n.

    What is sharp in it is where faces of the group are framed alike; a mean face is nobody's face.

    Parameters
    ----------
    images : Tensor (N, 3, H, W) in [0, 1], or array (N, H, W, 3)
        All of one size.
    groups : sequence (N,)
        The group of each; groups are shown in the order in which they come.
    columns : int
        How many in a row.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If there is not one group for each picture, or they are no pictures of one size.
    """
    if getattr(images, "ndim", 0) != 4 or not len(images):
        raise InputError("images must be a tensor (N, 3, H, W) or an array (N, H, W, 3).")
    names = names_of(listed(groups, "groups"))
    arguments.same_length(images=images, groups=names)
    members = names.groupby(names).indices
    columns = min(arguments.count(columns, "columns"), len(members))
    rows = -(-len(members) // columns)
    figure, axes = grid(rows, columns, side=2.2, extra=0.45)
    for axis in axes.flat[len(members) :]:
        axis.set_visible(False)
    for axis, name in zip(axes.flat, dict.fromkeys(names), strict=False):
        where = np.asarray(members[name])
        show_picture(axis, _mean(images, where), f"{name}\n(n = {len(where)})")
    return finished(figure)


def _groups(axis: Axes, panel: pd.DataFrame, end: float) -> None:
    for place, (_, row) in enumerate(panel.iterrows()):
        missing = without_place(row["value"], row.get("note", ""))
        if missing:
            say(axis, place, missing)
            continue
        colour, fill = (_PALE, "white") if row["small"] else (_COLOURS[0], _COLOURS[0])
        whisker(axis, place, row["low"], row["high"], colour, end)
        axis.plot(row["value"], place, "o", color=colour, mfc=fill, ms=7.5, mew=1.8)
    names = zip(names_of(panel["group"]), panel["of"], strict=True)
    _lines(axis, [f"{folded(name)}  (n = {of:,.0f})" for name, of in names])
    for label, small in zip(axis.get_yticklabels(), panel["small"], strict=True):
        label.set_color("0.45" if small else "black")


def _gap(axis: Axes, place: int, row: pd.Series, end: float) -> None:
    missing = without_place(row["value"], row.get("note", ""))
    if missing:
        say(axis, place, missing)
        return
    whisker(axis, place, row["low"], row["high"], _COLOURS[0], end)
    axis.plot(row["by_chance"], place, "D", color="0.3", mfc="white", ms=7, mew=1.4)
    axis.plot(row["value"], place, "o", color=_COLOURS[0], ms=8)


def _curve(axis: Axes, part: pd.DataFrame, metric: str, number: int) -> tuple[Artist, str]:
    colour, mark = _COLOURS[number % len(_COLOURS)], _MARKS[number % len(_MARKS)]
    threshold, points = part["threshold"].to_numpy(), 100 * part["difference"].to_numpy()
    bounds = 100 * part[["low", "high"]].to_numpy()
    axis.fill_between(threshold, *bounds.T, color=colour, alpha=0.13, lw=0)
    axis.plot(threshold, points, color=colour, lw=2)
    nearest = int(np.nanargmin(np.abs(points)))
    crosses = np.nanmin(points) <= 0 <= np.nanmax(points)
    how = "nearest to 0" if crosses else f"never 0; {points[nearest]:+.0f} points"
    said = f"{_title(metric)}: {how} at {threshold[nearest]:.3g}"
    (dot,) = axis.plot(threshold[nearest], points[nearest], mark, color=colour, ms=9, label=said)
    return dot, said


def _between(row: object) -> str:
    metric = _title(str(getattr(row, "metric", "")))
    lowest, highest = getattr(row, "lowest", ""), getattr(row, "highest", "")
    # A group may be called 0, and a gap that is undefined lies between none.
    known = not np.ndim(lowest) and pd.notna(lowest) and lowest != ""
    ends = names_of(pd.Series([lowest, highest], dtype=object)) if known else ()
    said = f"{metric}, {' to '.join(ends)}"
    long = f"{metric},\n{folded(' to '.join(ends))}"
    return metric if not known else said if len(said) <= 50 else long


def _title(metric: str) -> str:
    return _TITLES.get(metric, written(metric).replace("_", " "))


def _lines(axis: Axes, names: Sequence[str]) -> None:
    axis.set_yticks(range(len(names)), names, fontsize=FONT - 1)
    axis.set_ylim(len(names) - 0.4, -0.6)  # first line on top, none on the frame
    axis.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="x", color="0.9")
    axis.set_axisbelow(True)


def _square(
    table: pd.DataFrame, ends: np.ndarray, names: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    values = np.full((len(names), len(names)), np.nan)
    marked = np.zeros(values.shape, bool)
    for (first, second), gap, differs in zip(
        ends, table["difference"], table["differs"], strict=True
    ):
        one, two = names.index(first), names.index(second)
        values[one, two], values[two, one] = gap, -gap
        marked[one, two] = marked[two, one] = bool(differs)
    return values, marked


def _squared(axis: Axes, across: list[str], down: list[str] | None = None) -> None:
    axis.set_xticks(range(len(across)), map(folded, across), fontsize=10)
    if max(map(len, across)) > 8:
        axis.tick_params(axis="x", labelrotation=40)
        for label in axis.get_xticklabels():
            label.set_horizontalalignment("right")
    axis.set_yticks(range(len(across)), down or [folded(each) for each in across], fontsize=10)
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)


def _diagram(axis: Axes, part: pd.DataFrame, title: str) -> None:
    axis.set_visible(True)
    axis.plot([0, 1], [0, 1], color="0.4", ls="--", lw=1.2)
    for few, colour, fill in ((True, _PALE, "white"), (False, _COLOURS[0], _COLOURS[0])):
        bins = part[(part["n"] < _FEW) == few]
        if bins.empty:
            continue
        axis.vlines(bins["confidence"], bins["low"], bins["high"], color=colour, lw=2)
        axis.plot(
            bins["confidence"], bins["value"], "o", color=colour, mfc=fill, ms=6, clip_on=False
        )
    axis.set_xlim(-0.02, 1.02)
    axis.set_ylim(-0.02, 1.02)
    axis.set_xticks([0, 0.5, 1], [])
    axis.set_yticks([0, 0.5, 1])
    axis.set_title(title, fontsize=FONT)
    axis.grid(color="0.92")


def _counts(axis: Axes, part: pd.DataFrame, largest: int) -> None:
    axis.set_visible(True)
    width = part["right"] - part["left"]
    axis.bar(part["left"], part["n"], width=width, align="edge", color="0.75", ec="white")
    axis.set_xlim(-0.02, 1.02)
    axis.set_ylim(0, 1.05 * max(largest, 1))
    axis.set_xticks([0, 0.5, 1])
    axis.yaxis.set_major_locator(MaxNLocator(2, integer=True))
    axis.spines[["top", "right"]].set_visible(False)


def _mean(images: Tensor | np.ndarray, where: np.ndarray) -> np.ndarray:
    # One picture after the other: a mean of all at once would hold them all in full precision.
    total = sum(_unit(images[int(each)]) for each in where)
    return np.asarray(total / len(where))


def _unit(picture: Tensor | np.ndarray) -> np.ndarray:
    shown = as_picture(picture)
    return shown / (255.0 if shown.dtype == np.uint8 else 1.0)
