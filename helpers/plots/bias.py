"""Figures of audits: metrics of groups, gaps, comparisons, calibration, confusion, mean faces.

Every dot has its whisker and every group its n. What is told by colour is told by mark, number or
place as well.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from helpers.errors import BadTable, InputError
from helpers.plots.canvas import FONT, grid, show_picture

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
    "mcc": "Matthews correlation",
    "recall": "recall (true positive rate)",
}


def metrics_by_group(
    table: pd.DataFrame, metrics: Sequence[str] | None = None, columns: int = 2
) -> Figure:
    """Metrics of every group as dots with intervals: a panel a metric, a line a group.

    Parameters
    ----------
    table : DataFrame
        From :func:`helpers.bias.classification.audit`. Rows marked ``small`` are grey and hollow;
        an undefined value is a word on its line instead of a dot.
    metrics : sequence of str, optional
        Which, in which order; by default all of the table.
    columns : int
        Panels in a row.
    """
    _require(table, ("metric", "group", "value", "low", "high", "of", "small"))
    wanted = list(metrics or dict.fromkeys(table["metric"]))
    panels = [table[table["metric"] == metric] for metric in wanted]
    for metric, panel in zip(wanted, panels, strict=True):
        if panel.empty:
            raise InputError(f"the table has no rows of {metric!r}: audit with metrics=[...].")
    columns = min(columns, len(wanted))
    rows, height = -(-len(wanted) // columns), 0.9 + _LINE * max(map(len, panels))
    figure, axes = grid(rows, columns, side=5.4, extra=height - 5.4)
    for axis in axes.flat[len(wanted) :]:
        axis.set_visible(False)
    bounds = pd.concat(panels)[["low", "high"]].to_numpy(dtype=float)
    for axis, metric, panel in zip(axes.flat, wanted, panels, strict=False):
        _groups(axis, panel)
        if not np.isnan(bounds).all():  # one range, so that panels can be compared
            low, high = np.nanmin(bounds), np.nanmax(bounds)
            axis.set_xlim(low - 0.04 * (high - low), high + 0.04 * (high - low))
        axis.set_title(_title(metric), fontsize=FONT + 1, loc="left", weight="bold")
    return figure


def disparities(table: pd.DataFrame, measure: str = "difference") -> Figure:
    """How far groups are apart: a dot with a whisker for each criterion, and a line for parity.

    The hollow diamond is what groups without any difference would show by chance.

    Parameters
    ----------
    table : DataFrame
        From :func:`helpers.bias.classification.disparities`.
    measure : str
        "difference" (parity at 0) or "ratio" (parity at 1).
    """
    _require(table, ("criterion", "measure", "metric", "value", "low", "high", "by_chance"))
    rows = table[table["measure"] == measure]
    if rows.empty or measure not in ("difference", "ratio"):
        raise InputError(f"measure={measure!r}: the table holds difference and ratio.")
    figure, axes = grid(1, 1, side=8.6, extra=-8.6 + 1.5 + 0.62 * len(rows))
    axis, parity = axes[0, 0], 0.0 if measure == "difference" else 1.0
    axis.axvline(parity, color="0.3", ls="--", lw=1.4, label="parity")
    for place, (_, row) in enumerate(rows.iterrows()):
        _gap(axis, place, row)
    axis.plot([], [], "o", color=_COLOURS[0], ms=8, label="observed, 95 % interval")
    axis.plot([], [], "D", color="0.3", mfc="white", ms=7, label="expected by chance at parity")
    names = [f"{row.criterion}\n{_between(row)}" for row in rows.itertuples()]
    _lines(axis, names)
    axis.set_xlim(-0.02 if parity == 0 else 0, None if parity == 0 else 1.02)
    what = "largest minus smallest rate" if parity == 0 else "smallest rate divided by largest"
    axis.set_xlabel(what, fontsize=FONT)
    figure.legend(loc="outside upper right", ncols=3, frameon=False, fontsize=10)
    return figure


def comparisons(table: pd.DataFrame) -> Figure:
    """Every group against every other: row minus column, in points of a hundred.

    A star and bold type mark differences that remain after Holm's correction.

    Parameters
    ----------
    table : DataFrame
        From :func:`helpers.bias.classification.pairwise`.
    """
    _require(table, ("metric", "first", "second", "difference", "p_holm", "differs"))
    names = list(dict.fromkeys([*table["first"], *table["second"]]))
    values, marked = _square(table, names)
    figure, axes = grid(1, 1, side=1.0 + 0.62 * len(names), margin=(1.6, 0.2))
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
    return figure


def reliability(table: pd.DataFrame, columns: int = 4) -> Figure:
    """Reliability diagrams: share of positives against the score, and how many faces a bin holds.

    Bins of fewer than ten faces are grey and hollow. Dots are not joined: a line between two bins
    would draw noise as a curve.

    Parameters
    ----------
    table : DataFrame
        From :func:`helpers.bias.classification.reliability`.
    columns : int
        Groups in a row.
    """
    _require(table, ("group", "left", "right", "n", "confidence", "value", "low", "high"))
    names = list(dict.fromkeys(table["group"]))
    columns = min(columns, len(names))
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
    return figure


def gaps_by_threshold(table: pd.DataFrame) -> Figure:
    """Gaps between two groups while one of them gets another threshold: a line a metric.

    A dot marks the threshold at which a gap is nearest to zero. Where the dots lie apart, no
    threshold closes all gaps.

    Parameters
    ----------
    table : DataFrame
        ``threshold, metric, first, second, difference, low, high``: the rows of
        :func:`helpers.bias.classification.pairwise` for two groups, at each threshold of the first.

    Raises
    ------
    InputError
        If a metric is undefined at every threshold.
    """
    _require(table, ("threshold", "metric", "first", "second", "difference", "low", "high"))
    undefined = table["difference"].isna().groupby(table["metric"]).all()
    if undefined.any():
        names = ", ".join(map(str, undefined.index[undefined]))
        raise InputError(f"{names}: undefined at every threshold, so there is no line to draw.")
    figure, axes = grid(1, 1, side=8.6, extra=-3.2)
    axis = axes[0, 0]
    axis.axhline(0, color="0.3", ls="--", lw=1.4)
    for number, (metric, part) in enumerate(table.groupby("metric", sort=False)):
        _curve(axis, part.sort_values("threshold"), str(metric), number)
    first, second = table[["first", "second"]].iloc[0]
    axis.set_xlabel(f"threshold for {first} (that for {second} stays)", fontsize=FONT)
    axis.set_ylabel(f"{first} minus {second}, points", fontsize=FONT)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, fontsize=10, ncols=2)
    return figure


def confusion(counts: np.ndarray, labels: Sequence[str], title: str = "") -> Figure:
    """A confusion table: share of each true class by answer, with the counts.

    Parameters
    ----------
    counts : array (k, k) of int
        True class down, answer across, as scikit-learn's ``confusion_matrix``.
    labels : sequence of str
        The k classes.
    title : str
    """
    table = np.asarray(counts)
    if table.shape != (len(labels), len(labels)):
        raise InputError(f"counts has shape {table.shape}, but there are {len(labels)} labels.")
    total = table.sum(axis=1, keepdims=True)
    shares = np.divide(table, total, out=np.full(table.shape, np.nan), where=total > 0)
    figure, axes = grid(1, 1, side=1.4 + 0.72 * len(labels), margin=(1.2, 0.2))
    axis = axes[0, 0]
    image = axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        text = "-" if np.isnan(share) else f"{100 * share:.0f} %\n{table[row, column]}"
        colour = "white" if share > 0.6 else "black"
        axis.text(column, row, text, ha="center", va="center", fontsize=10, color=colour)
    named = [f"{label}  (n = {n})" for label, n in zip(labels, total[:, 0], strict=True)]
    _squared(axis, list(labels), named)
    axis.set_xlabel("answer of the model", fontsize=FONT)
    axis.set_ylabel("annotated as", fontsize=FONT)
    axis.set_title(title, fontsize=FONT)
    figure.colorbar(image, ax=axis, shrink=0.8).set_label("share of the row", fontsize=FONT)
    return figure


def mean_faces(images: Tensor | np.ndarray, groups: Sequence[object], columns: int = 4) -> Figure:
    """The mean picture of each group, with its n.

    What is sharp in it is where faces of the group are framed alike; a mean face is nobody's face.

    Parameters
    ----------
    images : Tensor (N, 3, H, W) in [0, 1], or array (N, H, W, 3)
        All of one size.
    groups : sequence (N,)
        The group of each; groups are shown in the order in which they come.
    columns : int
        How many in a row.
    """
    names = pd.Series(list(groups), dtype="object")
    if len(names) != len(images):
        raise InputError(f"there are {len(images)} images, but {len(names)} groups.")
    members = names.groupby(names).indices
    columns = min(columns, len(members))
    rows = -(-len(members) // columns)
    figure, axes = grid(rows, columns, side=2.2, extra=0.45)
    for axis in axes.flat[len(members) :]:
        axis.set_visible(False)
    for axis, name in zip(axes.flat, dict.fromkeys(names), strict=False):
        where = np.asarray(members[name])
        show_picture(axis, _mean(images, where), f"{name}\n(n = {len(where)})")
    return figure


def _groups(axis: Axes, panel: pd.DataFrame) -> None:
    for place, (_, row) in enumerate(panel.iterrows()):
        if np.isnan(row["value"]):
            axis.text(
                0.02,
                place,
                str(row.get("note", "")) or "undefined",
                transform=axis.get_yaxis_transform(),
                va="center",
                fontsize=9,
                style="italic",
                color="0.35",
            )
            continue
        colour, fill = (_PALE, "white") if row["small"] else (_COLOURS[0], _COLOURS[0])
        axis.plot([row["low"], row["high"]], [place, place], color=colour, lw=2.2)
        axis.plot(row["value"], place, "o", color=colour, mfc=fill, ms=7.5, mew=1.8)
    _lines(axis, [f"{row.group}  (n = {row.of})" for row in panel.itertuples()])
    for label, small in zip(axis.get_yticklabels(), panel["small"], strict=True):
        label.set_color("0.45" if small else "black")


def _gap(axis: Axes, place: int, row: pd.Series) -> None:
    if np.isnan(row["value"]):
        axis.text(
            0.03,
            place,
            str(row["note"]),
            transform=axis.get_yaxis_transform(),
            va="center",
            fontsize=9,
            style="italic",
            color="0.35",
        )
        return
    axis.plot([row["low"], row["high"]], [place, place], color=_COLOURS[0], lw=2.4)
    axis.plot(row["by_chance"], place, "D", color="0.3", mfc="white", ms=7, mew=1.4)
    axis.plot(row["value"], place, "o", color=_COLOURS[0], ms=8)


def _curve(axis: Axes, part: pd.DataFrame, metric: str, number: int) -> None:
    colour, mark = _COLOURS[number % len(_COLOURS)], _MARKS[number % len(_MARKS)]
    threshold, points = part["threshold"].to_numpy(), 100 * part["difference"].to_numpy()
    bounds = 100 * part[["low", "high"]].to_numpy()
    axis.fill_between(threshold, *bounds.T, color=colour, alpha=0.13, lw=0)
    axis.plot(threshold, points, color=colour, lw=2)
    nearest = int(np.nanargmin(np.abs(points)))
    crosses = np.nanmin(points) <= 0 <= np.nanmax(points)
    how = "nearest to 0" if crosses else f"never 0; {points[nearest]:+.0f} points"
    label = f"{_title(metric)}: {how} at {threshold[nearest]:.3g}"
    axis.plot(threshold[nearest], points[nearest], mark, color=colour, ms=9, label=label)


def _between(row: object) -> str:
    metric = _title(str(getattr(row, "metric", "")))
    lowest, highest = getattr(row, "lowest", ""), getattr(row, "highest", "")
    return f"{metric}, {lowest} to {highest}" if lowest else metric


def _title(metric: str) -> str:
    return _TITLES.get(metric, metric.replace("_", " "))


def _lines(axis: Axes, names: Sequence[str]) -> None:
    axis.set_yticks(range(len(names)), names, fontsize=FONT - 1)
    axis.set_ylim(len(names) - 0.4, -0.6)  # first line on top, none on the frame
    axis.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="x", color="0.9")
    axis.set_axisbelow(True)


def _square(table: pd.DataFrame, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    values = np.full((len(names), len(names)), np.nan)
    marked = np.zeros(values.shape, bool)
    for row in table.itertuples():
        one, two = names.index(str(row.first)), names.index(str(row.second))
        gap = float(str(row.difference))
        values[one, two], values[two, one] = gap, -gap
        marked[one, two] = marked[two, one] = bool(row.differs)
    return values, marked


def _squared(axis: Axes, across: list[str], down: list[str] | None = None) -> None:
    axis.set_xticks(range(len(across)), across, fontsize=10)
    if max(map(len, across)) > 8:
        axis.tick_params(axis="x", labelrotation=40)
        for label in axis.get_xticklabels():
            label.set_horizontalalignment("right")
    axis.set_yticks(range(len(across)), down or across, fontsize=10)
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
    axis.set_ylim(0, 1.05 * largest)
    axis.set_xticks([0, 0.5, 1])
    axis.yaxis.set_major_locator(MaxNLocator(2, integer=True))
    axis.spines[["top", "right"]].set_visible(False)


def _mean(images: Tensor | np.ndarray, where: np.ndarray) -> np.ndarray:
    if isinstance(images, Tensor):
        return images[where.tolist()].float().mean(dim=0).permute(1, 2, 0).cpu().numpy()
    scale = 255.0 if images.dtype == np.uint8 else 1.0
    return np.asarray(images[where].mean(axis=0, dtype=float) / scale)


def _require(table: pd.DataFrame, columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in table]
    if missing:
        found = ", ".join(map(str, table.columns))
        raise BadTable(f"the table lacks {', '.join(missing)}; found: {found}.")
    if table.empty:
        raise InputError("the table has no rows, so there is nothing to draw.")
