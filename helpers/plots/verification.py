"""Figures of verification: scores, error curves, thresholds, and differences between groups.

Groups keep their colour and their mark or line style from figure to figure, in the order given, so
that nothing hangs on colour alone. Tables are those of :mod:`helpers.bias.verification`.
"""

import html
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import ArrayLike
from scipy import stats

from helpers import arguments
from helpers.errors import InputError
from helpers.plots.canvas import (
    FONT,
    checked,
    end_of,
    finished,
    folded,
    grid,
    legend,
    listed,
    names_of,
    require_range,
    say,
    whisker,
    without_place,
    written,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go

OVERALL = "overall"
GENUINE, IMPOSTOR = "#0072b2", "#d55e00"  # Okabe & Ito: blue and vermilion
# Okabe & Ito without yellow, which vanishes on white, and with olive and wine: eight groups.
COLOURS = (
    *("#0072b2", "#e69f00", "#009e73", "#d55e00"),
    *("#56b4e9", "#cc79a7", "#7a6a00", "#882255"),
)
LINES = (
    *("solid", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5))),
    *((0, (9, 2)), (0, (3, 1)), (0, (4, 1.2, 1.2, 1.2, 1.2, 1.2)), (0, (10, 1.5, 1, 1.5))),
)
_TICKS = (1e-5, 1e-4, 1e-3, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99)


def scores(
    values: ArrayLike,
    genuine: ArrayLike,
    group: ArrayLike,
    kind: Literal["violin", "ridge", "box"] = "violin",
    threshold: float | None = None,
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
    threshold : float, optional
        A line at this score.
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
    kinds = {"violin": _violins, "ridge": _ridges, "box": _boxes}
    arguments.choice(kind, "kind", kinds)
    parts = _parts(values, genuine, group)
    names = list(dict.fromkeys(name for name, _ in parts))
    figure, axes = grid(1, 1, side=6.6, extra=1.5 + 0.55 * len(names) - 6.6)
    axis = axes[0, 0]
    kinds[kind](axis, parts, names)
    axis.set_yticks(range(len(names)), [_counted(name, parts) for name in names], fontsize=FONT)
    axis.set_ylim(len(names) - 0.4, -1.1 if kind == "ridge" else -0.6)
    hatched = Patch(facecolor=IMPOSTOR, alpha=0.75, hatch="///", edgecolor="white")
    entries: list[tuple[Artist, str]] = [
        (Patch(color=GENUINE, alpha=0.75), "genuine pairs"),
        (hatched, "impostor pairs"),
    ]
    if threshold is not None:
        at = arguments.number(threshold, "threshold")
        entries.append((axis.axvline(at, color="0.25", ls="--", lw=1.3), f"threshold {at:.3g}"))
    _finish(axis, label)
    legend(figure, entries, loc="outside upper center", ncols=3, fontsize=10)
    return finished(figure)


def det(
    curves: pd.DataFrame,
    bands: pd.DataFrame | None = None,
    groups: Sequence[str] | None = None,
    smallest: float = 1e-4,
) -> Figure:
    """Draw DET curves on probit axes, where normally distributed scores give straight lines.

    Parameters
    ----------
    curves : DataFrame
        ``group``, ``fmr``, ``fnmr``, of :func:`helpers.bias.verification.det`.
    bands : DataFrame, optional
        ``group``, ``fmr``, ``low``, ``high`` (of FNMR), of :func:`helpers.bias.verification.bands`.
    groups : sequence of str, optional
        Which to draw; by default all.
    smallest : float
        Where the axes begin, above 0 and below 0.5.

    Returns
    -------
    Figure
        A group without a curve is named in the legend as undefined.

    Raises
    ------
    BadTable
        If a column is missing.
    UnknownName
        If there is no such group.
    InputError
        If a rate is none, or ``smallest`` is out of range.
    """
    smallest = arguments.number(smallest, "smallest", 0, 0.5, open_low=True, open_high=True)
    parts, bands = _curves(curves, groups, ("fmr", "fnmr")), _bands(bands)
    figure, axes = grid(1, 1, side=5.6, margin=(1.4, 0))
    axis = axes[0, 0]
    entries = []
    for number, name, curve in parts:
        inside = (curve["fmr"] > 0) & (curve["fnmr"] > 0)  # the ends have no probit
        drawn = _line(axis, number, name, curve["fmr"][inside], curve["fnmr"][inside])
        entries.append((drawn, _or_undefined(name, curve)))
        band = bands[bands["group"] == name]
        _band(axis, number, name, band["fmr"], band["low"], band["high"])
    for which in (axis.set_xscale, axis.set_yscale):
        which("function", functions=(_probit, stats.norm.cdf))
    ticks = [each for each in _TICKS if each >= smallest]
    for each in (axis.xaxis, axis.yaxis):
        each.set_major_locator(FixedLocator(ticks))
        each.set_minor_locator(NullLocator())
        each.set_major_formatter(FuncFormatter(lambda value, _: _percent(value)))
    axis.set_xlim(smallest, 0.6)
    axis.set_ylim(smallest, 0.8)
    axis.plot([smallest, 0.6], [smallest, 0.6], color="0.6", lw=1, ls=":", zorder=0)
    axis.set_ylabel("false non-match rate", fontsize=FONT)
    _finish(axis, "false match rate", both=True)
    legend(figure, entries, loc="outside right upper", fontsize=10)
    return finished(figure)


def roc(
    curves: pd.DataFrame,
    bands: pd.DataFrame | None = None,
    groups: Sequence[str] | None = None,
    smallest: float = 1e-4,
) -> Figure:
    """Draw ROC curves with a logarithmic axis of false matches: the left end is where systems work.

    Parameters
    ----------
    curves : DataFrame
        ``group``, ``fmr``, ``fnmr``, of :func:`helpers.bias.verification.det`.
    bands : DataFrame, optional
        ``group``, ``fmr``, ``low``, ``high`` (of FNMR), of :func:`helpers.bias.verification.bands`.
    groups : sequence of str, optional
        Which to draw; by default all.
    smallest : float
        Where the horizontal axis begins, above 0 and below 1.

    Returns
    -------
    Figure
        A group without a curve is named in the legend as undefined.

    Raises
    ------
    BadTable
        If a column is missing.
    UnknownName
        If there is no such group.
    InputError
        If a rate is none, or ``smallest`` is out of range.
    """
    smallest = arguments.number(smallest, "smallest", 0, 1, open_low=True, open_high=True)
    parts, bands = _curves(curves, groups, ("fmr", "fnmr")), _bands(bands)
    figure, axes = grid(1, 1, side=5.0, margin=(2.2, 0))
    axis = axes[0, 0]
    bottom, entries = 1.0, []
    for number, name, curve in parts:
        inside = curve["fmr"] > 0
        tar = 1 - curve["fnmr"]
        drawn = _line(axis, number, name, curve["fmr"][inside], tar[inside], steps=True)
        entries.append((drawn, _or_undefined(name, curve)))
        bottom = min(bottom, float(tar[curve["fmr"] >= smallest].min()))
        band = bands[bands["group"] == name]
        _band(axis, number, name, band["fmr"], 1 - band["high"], 1 - band["low"])
    axis.set_xscale("log")
    axis.set_xlim(smallest, 1)
    axis.set_ylim(max(0.0, bottom - 0.05), 1.005)
    axis.set_ylabel("true accept rate (1 - FNMR)", fontsize=FONT)
    _finish(axis, "false match rate (logarithmic)", both=True)
    legend(figure, entries, loc="outside right upper", fontsize=10)
    return finished(figure)


def sweep(
    curves: pd.DataFrame,
    threshold: float | None = None,
    groups: Sequence[str] | None = None,
    label: str = "threshold on the similarity",
) -> Figure:
    """Draw both error rates of every group while the threshold moves, side by side.

    Parameters
    ----------
    curves : DataFrame
        ``group``, ``threshold``, ``fmr``, ``fnmr``, of :func:`helpers.bias.verification.det`.
    threshold : float, optional
        A line at this one.
    groups : sequence of str, optional
        Which to draw; by default all.
    label : str
        What is moved.

    Returns
    -------
    Figure
        A group without a curve is named in the legend as undefined.

    Raises
    ------
    BadTable
        If a column is missing.
    UnknownName
        If there is no such group.
    InputError
        If a rate or the threshold is none.
    """
    parts = _curves(curves, groups, ("threshold", "fmr", "fnmr"))
    figure, axes = grid(1, 2, side=4.4, extra=-0.6)
    least, entries = 1.0, []
    for number, name, curve in parts:
        inside = np.isfinite(curve["threshold"])
        for axis, rate in zip(axes[0], ("fmr", "fnmr"), strict=True):
            shown = inside & (curve[rate] > 0)
            least = min(least, float(curve[rate][shown].min())) if shown.any() else least
            drawn = _line(axis, number, name, curve["threshold"][shown], curve[rate][shown])
        entries.append((drawn, _or_undefined(name, curve)))
    titles = "false match rate (impostors accepted)", "false non-match rate (genuine rejected)"
    for axis, title in zip(axes[0], titles, strict=True):
        axis.set_yscale("log")
        axis.set_ylim(max(least, 1e-5), 1.3)
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _percent(value)))
        axis.set_title(title, fontsize=FONT)
        if threshold is not None:
            axis.axvline(arguments.number(threshold, "threshold"), color="0.25", ls="--", lw=1.3)
        _finish(axis, label, both=True)
    legend(figure, entries, loc="outside lower center", ncols=4, fontsize=10)
    return finished(figure)


def disparity(
    table: pd.DataFrame,
    label: str,
    reference: float | None = None,
    reference_label: str = "",
    logarithmic: bool = False,
) -> Figure:
    """Draw a dot and a whisker per group, with a line at parity, at chance or at what was intended.

    Parameters
    ----------
    table : DataFrame
        ``group``, ``value``, ``low``, ``high``, of :func:`helpers.bias.verification.intervals` (one
        metric of it), ``compare`` or ``attribute_leakage``; with ``n_identities`` or ``n`` the
        number is written beside the name. A value that is undefined, infinite, or 0 on a
        logarithmic axis is not drawn: its line says so, with its ``note`` if it has one.
    label : str
        Of the horizontal axis.
    reference : float, optional
        Where the line is: 1 for a ratio, 0 for a difference, chance for a probe.
    reference_label : str
        What it means.
    logarithmic : bool
        For ratios: twice and half are then equally far from parity.

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
    counts = ("n", "n_identities")
    table = checked(table, ("group", *numbers), (*numbers, *counts), endless=("value", "high"))
    if reference is not None:
        low = 0.0 if logarithmic else -np.inf  # nothing, and less, has no place on that axis
        reference = arguments.number(reference, "reference", low, open_low=logarithmic)
    figure, axes = grid(1, 1, side=6.6, extra=1.3 + 0.36 * len(table) - 6.6)
    axis = axes[0, 0]
    entries: list[tuple[Artist, str]] = []
    if logarithmic:
        axis.set_xscale("log")
        axis.xaxis.set_major_locator(FixedLocator([0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50]))
        axis.xaxis.set_minor_locator(NullLocator())
        axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} x"))
    if reference is not None:
        line = axis.axvline(reference, color="0.35", ls="--", lw=1.3)
        entries += [(line, reference_label)] if reference_label else []
    end = end_of(*(table[name] for name in numbers))
    for position, (_, row) in enumerate(table.iterrows()):
        _whisker(axis, position, row, reference, end, logarithmic)
    axis.set_yticks(range(len(table)), [_named(row) for _, row in table.iterrows()], fontsize=FONT)
    axis.set_ylim(len(table) - 0.4, -0.6)
    _finish(axis, label)
    if reference is not None:
        holds = table["low"].le(reference) & table["high"].ge(reference)
        known = table["value"].notna() & table["low"].notna() & table["high"].notna()
        if holds.any():
            dot = Line2D([], [], marker="o", ls="", color=GENUINE)
            entries.append((dot, "interval holds the line"))
        if (~holds & known).any():
            diamond = Line2D([], [], marker="D", ls="", color=IMPOSTOR)
            entries.append((diamond, "interval excludes the line"))
        legend(figure, entries, loc="outside upper center", ncols=3, fontsize=10)
    return finished(figure)


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
    count = len(names)
    figure, axes = grid(1, 1, side=max(4.5, 0.78 * count), margin=(1.6, 0.4))
    axis, top = axes[0, 0], max(float(np.nanmax(values, initial=0)), 1e-9)
    # Paper white at 0, and never so dark that a black number could not be read beside a white one.
    image = axis.imshow(values, cmap="Blues", vmin=0, vmax=1.15 * top)
    for (row, column), value in np.ndenumerate(values):
        text = "-" if np.isnan(value) else f"{value:.1f}"
        colour = "white" if value > 0.62 * top else "0.15"
        axis.text(column, row, text, ha="center", va="center", color=colour, fontsize=10)
    axis.set_xticks(range(count), names, fontsize=10)
    axis.tick_params(axis="x", rotation=45)
    for tick in axis.get_xticklabels():
        tick.set_horizontalalignment("right")
        tick.set_rotation_mode("anchor")
    wrong = [
        "no picture" if np.isnan(row).all() else f"{np.nansum(row):.1f} % wrong" for row in values
    ]
    said = [f"{name}\n{each}" for name, each in zip(names, wrong, strict=True)]
    axis.set_yticks(range(count), said, fontsize=10)
    axis.set_xlabel("group of the stranger who was found", fontsize=FONT)
    axis.set_ylabel("group of the person looked up", fontsize=FONT)
    axis.spines[:].set_visible(False)
    bar = figure.colorbar(image, ax=axis, shrink=0.8)
    bar.set_label("per cent of the row's pictures", fontsize=FONT)
    return finished(figure)


@dataclass(frozen=True, eq=False)
class Interactive:
    """A Plotly figure that shows itself without a network.

    Attributes
    ----------
    figure : plotly.graph_objects.Figure
        For changes, or for ``figure.show()``.
    alt : str
        What it shows, in words, for those who cannot see it.
    """

    figure: "go.Figure"
    alt: str

    def to_html(self) -> str:
        """Return a piece of HTML with everything in it, plotly.js included (about 5 MB)."""
        name = f"explorer-{uuid.uuid4().hex}"
        inner = self.figure.to_html(
            full_html=False,
            include_plotlyjs=True,
            div_id=name,
            config={"displayModeBar": False, "typesetMath": False},
        )
        return f'<div role="figure" aria-label="{html.escape(self.alt)}">{inner}</div>'

    def _repr_html_(self) -> str:
        # Plotly's own display asks JupyterLab for an extension and a static page for a network.
        return self.to_html()


def threshold_explorer(
    curves: pd.DataFrame,
    groups: Sequence[str] | None = None,
    steps: int = 61,
    start: float | None = None,
    label: str = "threshold",
) -> Interactive:
    """Let a reader drag a threshold and watch both error rates of every group.

    Parameters
    ----------
    curves : DataFrame
        ``group``, ``threshold``, ``fmr``, ``fnmr``, of :func:`helpers.bias.verification.det`.
    groups : sequence of str, optional
        Which to show; by default all.
    steps : int
        Positions of the slider, from 2 to 1,000, evenly between thresholds at which everything and nothing passes.
    start : float, optional
        Where the slider begins: the position nearest to it; by default the middle.
    label : str
        What is dragged.

    Returns
    -------
    Interactive
        Shows itself at the end of a cell, in JupyterLab and in a page that was built from the
        notebook; plotly.js is inside, so that neither needs a network.

    Raises
    ------
    BadTable
        If a column is missing.
    UnknownName
        If there is no such group.
    InputError
        If there are fewer than two steps, no finite threshold, or a number is none.
    """
    steps = arguments.count(steps, "steps", 2, 1000)
    start = None if start is None else arguments.number(start, "start")
    parts = _curves(curves, groups, ("threshold", "fmr", "fnmr"))
    positions = _positions(parts, steps)
    rates = np.stack([_rates_at(curve, positions) for _, _, curve in parts])
    names = [name for _, name, _ in parts]
    first = steps // 2 if start is None else int(np.abs(positions - start).argmin())
    figure = _explorer(names, positions, rates, first, label)
    alt = (
        f"Bars of the false match rate and the false non-match rate of {len(names)} groups at a "
        f"threshold that a slider moves from {positions[0]:.3g} to {positions[-1]:.3g}."
    )
    return Interactive(figure, alt)


# -- the explorer


def _positions(parts: list[tuple[int, str, pd.DataFrame]], steps: int) -> np.ndarray:
    every = np.concatenate([curve["threshold"].to_numpy(dtype=float) for _, _, curve in parts])
    every = every[np.isfinite(every)]
    if not len(every):
        raise InputError("there is no finite threshold to move.")
    return np.linspace(every.min(), every.max(), steps)


def _rates_at(curve: pd.DataFrame, positions: np.ndarray) -> np.ndarray:
    """FMR and FNMR at thresholds: (2, positions)."""
    thresholds = curve["threshold"].to_numpy(dtype=float)
    # Similarities fall along the curve, distances rise; sorted like this both rise.
    sign = 1.0 if thresholds[0] < thresholds[-1] else -1.0
    found = np.searchsorted(sign * thresholds, sign * positions, side="right") - 1
    return curve[["fmr", "fnmr"]].to_numpy(dtype=float)[found.clip(min=0)].T


def _explorer(
    names: list[str], positions: np.ndarray, rates: np.ndarray, first: int, label: str
) -> "go.Figure":
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    titles = ("false match rate<br>(strangers in)", "false non-match rate<br>(people out)")
    figure = make_subplots(rows=1, cols=2, subplot_titles=titles, shared_yaxes=True)
    for column in (0, 1):
        figure.add_trace(
            go.Bar(
                x=rates[:, column, first],
                y=[_as_html(name) for name in names],
                text=_texts(rates[:, column, first]),
                orientation="h",
                textposition="outside",
                cliponaxis=False,
                marker={"color": (IMPOSTOR, GENUINE)[column]},
                hovertemplate="%{y}: %{text}<extra></extra>",
            ),
            row=1,
            col=column + 1,
        )
    slider = {
        "active": first,
        "currentvalue": {"prefix": f"{_as_html(label)}: ", "font": {"size": 16}},
        "pad": {"t": 45},
        "steps": [
            _step(rates[:, :, position], f"{value:.3f}") for position, value in enumerate(positions)
        ],
    }
    _styled(figure, slider, len(names))
    return figure


def _styled(figure: "go.Figure", slider: dict[str, object], count: int) -> None:
    figure.update_layout(
        template="plotly_white",
        sliders=[slider],
        showlegend=False,
        font={"size": 14},
        height=230 + 34 * count,
        margin={"l": 10, "r": 30, "t": 55, "b": 10},
    )
    figure.update_xaxes(range=[0, 1.18], tickformat=".0%", tickvals=[0, 0.5, 1])
    figure.update_annotations(font_size=13)  # so that titles fit side by side on a phone
    # A category each, in order: Plotly would take groups called 18 and 30 for numbers.
    figure.update_yaxes(autorange="reversed", automargin=True, type="category")


def _step(rates: np.ndarray, value: str) -> dict[str, object]:
    change = {"x": [rates[:, 0], rates[:, 1]], "text": [_texts(rates[:, 0]), _texts(rates[:, 1])]}
    return {"method": "restyle", "label": value, "args": [change, [0, 1]]}


def _as_html(name: str) -> str:
    """A name as Plotly shows it as it is: its texts are a kind of HTML, with formulas in dollars."""
    return html.escape(written(name)).replace("$", "&#36;")


def _texts(rates: np.ndarray) -> list[str]:
    return ["undefined" if np.isnan(rate) else _percent(rate) for rate in rates]


# -- scores


def _parts(
    values: ArrayLike, genuine: ArrayLike, group: ArrayLike
) -> dict[tuple[str, bool], np.ndarray]:
    given = {"values": values, "genuine": genuine, "group": group}
    columns = {name: listed(each, name) for name, each in given.items()}
    arguments.same_length(**columns)
    arguments.one_order(**given)
    table = pd.DataFrame(columns).rename(columns={"values": "value"}).dropna()
    if table.empty:
        raise InputError("no pair has both a score and a group: there is nothing to draw.")
    table = checked(table, ("value", "genuine", "group"), ("value", "genuine"))
    if not table["genuine"].isin((0, 1)).all():
        raise InputError("genuine must be True or False, or 1 or 0, one for each pair.")
    kept = table.assign(group=names_of(table["group"])).groupby(["group", "genuine"])["value"]
    return {(str(key[0]), bool(key[1])): part.to_numpy() for key, part in kept}


def _violins(axis: Axes, parts: dict[tuple[str, bool], np.ndarray], names: list[str]) -> None:
    for (name, genuine), values in parts.items():
        across, height = _shape(values, parts)
        position = names.index(name)
        # Impostors above the line, genuine below: one half each, so that both can be compared.
        edge = position + (0.42 if genuine else -0.42) * height
        _fill(axis, across, np.full_like(edge, position), edge, genuine)
        axis.plot(
            [np.median(values)] * 2, [position, position + (0.3 if genuine else -0.3)], "k", lw=1.2
        )


def _ridges(axis: Axes, parts: dict[tuple[str, bool], np.ndarray], names: list[str]) -> None:
    for (name, genuine), values in parts.items():
        across, height = _shape(values, parts)
        position = names.index(name)
        _fill(axis, across, np.full_like(height, position), position - height, genuine, position)


def _boxes(axis: Axes, parts: dict[tuple[str, bool], np.ndarray], names: list[str]) -> None:
    for (name, genuine), values in parts.items():
        drawn = axis.boxplot(
            values,
            positions=[names.index(name) + (0.2 if genuine else -0.2)],
            widths=0.32,
            orientation="horizontal",
            whis=(1, 99),
            showfliers=False,
            patch_artist=True,
            manage_ticks=False,
            medianprops={"color": "black", "lw": 1.6},
        )
        drawn["boxes"][0].set(facecolor=GENUINE if genuine else IMPOSTOR, alpha=0.75)
        if not genuine:
            drawn["boxes"][0].set(hatch="///", edgecolor="white")


def _fill(
    axis: Axes,
    across: np.ndarray,
    base: np.ndarray,
    edge: np.ndarray,
    genuine: bool,
    order: int = 0,
) -> None:
    colour, hatch = (GENUINE, None) if genuine else (IMPOSTOR, "///")
    axis.fill_between(
        across, base, edge, fc=colour, ec="white", hatch=hatch, alpha=0.75, lw=0, zorder=2 + order
    )
    axis.plot(across, edge, color=colour, lw=1.2, zorder=2.5 + order)


def _shape(
    values: np.ndarray, parts: dict[tuple[str, bool], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """A smoothed histogram, on one scale for all parts: the highest of all is about 1."""
    every = np.concatenate(list(parts.values()))
    low, high = every.min(), every.max()
    room = 0.03 * (high - low) or 0.5
    edges = np.linspace(low - room, high + room, 241)
    width = edges[1] - edges[0]
    # Silverman's rule, the same for all: shapes differ because of the data only.
    smallest = min(_bandwidth(part) for part in parts.values())
    band = max(smallest, 2 * width)
    counts = np.histogram(values, edges)[0] / len(values) / width
    offsets = np.arange(-119, 120) * width
    kernel = stats.norm.pdf(offsets, scale=band) * width
    density = np.convolve(counts, kernel, mode="same")
    top = 0.4 / min(float(part.std()) or 1.0 for part in parts.values())
    return (edges[1:] + edges[:-1]) / 2, density / max(top, 1e-12)


def _bandwidth(values: np.ndarray) -> float:
    return float(1.06 * values.std() * len(values) ** -0.2)


def _counted(name: str, parts: dict[tuple[str, bool], np.ndarray]) -> str:
    genuine, impostor = (len(parts.get((name, kind), ())) for kind in (True, False))
    return f"{written(name)}\n{genuine:,} / {impostor:,}"


# -- lines and labels


def _curves(
    curves: pd.DataFrame, groups: Sequence[str] | None, columns: Sequence[str]
) -> list[tuple[int, str, pd.DataFrame]]:
    """Number (which decides colour and line, whichever others are drawn), name and rows."""
    table = checked(curves, ("group", *columns), columns, endless=("threshold",))
    require_range(table, ("fmr", "fnmr"), 0, 1)
    table["group"] = names_of(table["group"])
    known = list(dict.fromkeys(table["group"]))
    wanted = known if groups is None else arguments.choices(groups, "group", known)
    # Rows of a table that was sorted otherwise would be joined across the figure.
    table = table.sort_values(["fmr", "fnmr"], ascending=[True, False], kind="stable")
    parts = dict(list(table.groupby("group", sort=False)))
    numbers = {name: number for number, name in enumerate(n for n in known if n != OVERALL)}
    return [(numbers.get(name, -1), name, parts[name]) for name in wanted]


def _bands(bands: pd.DataFrame | None) -> pd.DataFrame:
    """The bands that can be drawn; no row where none are given."""
    columns = ("group", "fmr", "low", "high")
    if bands is None:
        return pd.DataFrame({name: np.empty(0) for name in columns})
    table = checked(bands, columns, columns[1:])
    require_range(table, columns[1:], 0, 1)
    return table.assign(group=names_of(table["group"])).dropna(subset=["low", "high"])


def _or_undefined(name: str, curve: pd.DataFrame) -> str:
    """A group in the legend; one of which a rate is missing everywhere has no line."""
    missing = curve["fmr"].isna().all() or curve["fnmr"].isna().all()
    return f"{name} (undefined)" if missing else name


def _square(table: Any) -> tuple[np.ndarray, list[str]]:
    """The numbers of a confusion table, NaN where there are none, and the groups."""
    arguments.columns(table, ())
    table = checked(table, (), list(table.columns))
    rows = list(names_of(pd.Series(list(table.index), dtype=object)))
    if rows != list(names_of(pd.Series(list(table.columns), dtype=object))):
        raise InputError("rows and columns of a confusion table must be the same groups in order.")
    values = table.to_numpy(dtype=float)
    if (values < 0).any() or (values > 100 + 1e-9).any():
        raise InputError("a confusion table holds per cent, which lie from 0 to 100.")
    return values, rows


def _style(number: int, name: str) -> dict[str, object]:
    if name == OVERALL:
        return {"color": "black", "ls": "solid", "lw": 2.4}
    return {"color": COLOURS[number % 8], "ls": LINES[number % 8], "lw": 1.8}


def _line(
    axis: Axes, number: int, name: str, across: pd.Series, up: pd.Series, steps: bool = False
) -> Line2D:
    how = "steps-post" if steps else "default"
    (line,) = axis.plot(across, up, label=name, drawstyle=how, **_style(number, name))  # type: ignore[arg-type]  # of Line2D
    return line


def _band(
    axis: Axes, number: int, name: str, across: pd.Series, low: pd.Series, high: pd.Series
) -> None:
    colour = _style(number, name)["color"]
    axis.fill_between(across, low, high, color=colour, alpha=0.16, lw=0)


def _whisker(
    axis: Axes,
    position: int,
    row: pd.Series,
    reference: float | None,
    end: float,
    logarithmic: bool,
) -> None:
    missing = without_place(row["value"], row.get("note", ""))
    if logarithmic and row["value"] <= 0:
        missing = f"{row['value']:g}, which has no place on this axis"
    if missing:
        say(axis, position, missing)
        return
    excluded = reference is not None and (row["low"] > reference or row["high"] < reference)
    colour, mark = (IMPOSTOR, "D") if excluded else (GENUINE, "o")
    whisker(axis, position, row["low"], row["high"], colour, end)
    axis.plot(row["value"], position, mark, color=colour, ms=7)


def _named(row: pd.Series) -> str:
    name = folded(names_of(pd.Series([row["group"]]))[0])
    if "n_identities" in row:
        return f"{name}  ({row['n_identities']:,.0f} people)"
    return f"{name}  (n = {row['n']:,.0f})" if "n" in row else name


def _finish(axis: Axes, label: str, both: bool = False) -> None:
    axis.set_xlabel(written(label), fontsize=FONT)
    axis.tick_params(labelsize=10)
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="both" if both else "x", color="0.9", zorder=0)
    axis.set_axisbelow(True)


def _percent(rate: float) -> str:
    """A rate as a reader says it: 12 %, 1.2 %, 0.012 %."""
    if rate == 0:
        return "0 %"
    digits = max(0, 1 - int(np.floor(np.log10(100 * rate))))
    return (
        f"{100 * rate:.{digits}f}".rstrip("0").rstrip(".") + " %"
        if digits
        else f"{100 * rate:.0f} %"
    )


def _probit(rates: np.ndarray) -> np.ndarray:
    return np.asarray(stats.norm.ppf(np.clip(rates, 1e-9, 1 - 1e-9)))
