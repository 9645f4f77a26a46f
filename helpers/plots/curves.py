"""Error curves of verification: DET and ROC, a line a group."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from scipy import special

from helpers import arguments
from helpers.plots import canvas, inputs

_TICKS = (1e-5, 1e-4, 1e-3, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99)
_TINY = 1e-9  # what a band that reaches 0 is drawn to, since 0 has no probit


def det(
    curves: pd.DataFrame,
    bands: pd.DataFrame | None = None,
    groups: Sequence[str] | None = None,
    smallest: float = 1e-4,
    level: float = 0.95,
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
    level : float
        Confidence level of the bands, for the legend.

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
        If a rate is none, or ``smallest`` or ``level`` is out of range.
    """
    smallest = arguments.number(smallest, "smallest", 0, 0.5, open_low=True, open_high=True)
    # The ends of a curve, where nobody is rejected, have no probit.
    figure, axis = _figure(curves, bands, groups, level, lambda fnmr: fnmr.where(fnmr > 0))
    for which in (axis.set_xscale, axis.set_yscale):
        which("function", functions=(_probit, special.ndtr))
    ticks = [each for each in _TICKS if each >= smallest]
    for each in (axis.xaxis, axis.yaxis):
        each.set_major_locator(FixedLocator(ticks))
        each.set_minor_locator(NullLocator())
        each.set_major_formatter(FuncFormatter(lambda value, _: percent(value)))
    axis.set_xlim(smallest, 0.6)
    axis.set_ylim(smallest, 0.8)
    axis.plot([smallest, 0.6], [smallest, 0.6], color="0.6", lw=1, ls=":", zorder=0)
    axis.set_ylabel("false non-match rate", fontsize=canvas.FONT)
    canvas.plain(axis, "false match rate", both=True)
    return canvas.finished(figure)


def roc(
    curves: pd.DataFrame,
    bands: pd.DataFrame | None = None,
    groups: Sequence[str] | None = None,
    smallest: float = 1e-4,
    level: float = 0.95,
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
    level : float
        Confidence level of the bands, for the legend.

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
        If a rate is none, or ``smallest`` or ``level`` is out of range.
    """
    smallest = arguments.number(smallest, "smallest", 0, 1, open_low=True, open_high=True)
    figure, axis = _figure(curves, bands, groups, level, lambda fnmr: 1 - fnmr)
    bottom = 1.0
    for line in axis.lines:
        line.set_drawstyle("steps-post")
        across, up = (np.asarray(each) for each in line.get_data())
        bottom = float(np.fmin.reduce(up[across >= smallest], initial=bottom))
    axis.set_xscale("log")
    axis.set_xlim(smallest, 1)
    axis.set_ylim(max(0.0, bottom - 0.05), 1.005)
    axis.set_ylabel("true accept rate (1 - FNMR)", fontsize=canvas.FONT)
    canvas.plain(axis, "false match rate (logarithmic)", both=True)
    return canvas.finished(figure)


def _figure(
    curves: pd.DataFrame,
    bands: pd.DataFrame | None,
    groups: Sequence[str] | None,
    level: float,
    upwards: Callable[[pd.Series], pd.Series],
) -> tuple[Figure, Axes]:
    """Lines and bands of groups: FMR across, and ``upwards`` of FNMR up."""
    parts, bands, level = curves_of(curves, ("fmr", "fnmr")), _bands(bands), arguments.level(level)
    wanted = list(parts) if groups is None else arguments.choices(groups, "group", parts)
    styles = _styles(list(parts))
    figure, axes = canvas.grid(1, 1, side=5.4, margin=(2.0, 0))
    axis, entries = axes[0, 0], list[tuple[Any, str]]()
    for name in wanted:
        curve, band = parts[name], bands[bands["group"] == name]
        rates = curve["fmr"].where(curve["fmr"] > 0), upwards(curve["fnmr"])
        (line,) = axis.plot(*rates, label=name, **styles[name])
        limits = [upwards(band[each].clip(lower=_TINY)) for each in ("low", "high")]
        # Where two bands lie on each other their colours mix: each has an edge like its curve.
        fill = axis.fill_between(band["fmr"], *limits, **styles[name] | {"lw": 0.8})
        fill.set_facecolor((line.get_color(), 0.12))
        # A group of which a rate is missing everywhere has no line.
        missing = curve[["fmr", "fnmr"]].isna().all().any()
        shown = (fill, line) if len(band) else line
        entries.append((shown, f"{name} (undefined)" if missing else name))
    if bands["group"].isin(wanted).any():
        entries.append((Patch(fc="0.9", ec="0.5"), f"{100 * level:g} % band"))
    # Long enough for every pattern of dashes to come twice.
    canvas.legend(figure, entries, loc="outside right upper", fontsize=10, handlelength=4.5)
    return figure, axis


def curves_of(curves: pd.DataFrame, columns: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return the rows of each group, in the order in which groups come, along its curve.

    Parameters
    ----------
    curves : DataFrame
        ``group``, ``fmr``, ``fnmr`` and, if asked for, ``threshold``.
    columns : sequence of str
        The numbers that it must have.

    Raises
    ------
    BadTable
        If a column is missing.
    InputError
        If there is no row, a number is none, or rates are per cent.
    """
    table = inputs.checked(curves, ("group", *columns), columns, endless=("threshold",))
    inputs.require_range(table, ("fmr", "fnmr"), 0, 1)
    table["group"] = inputs.names_of(table["group"])
    known = list(dict.fromkeys(table["group"]))
    # Rows of a table that was sorted otherwise would be joined across the figure.
    table = table.sort_values(["fmr", "fnmr"], ascending=[True, False], kind="stable")
    return {name: table[table["group"] == name] for name in known}


def _bands(bands: pd.DataFrame | None) -> pd.DataFrame:
    """The bands that can be drawn; no row where none are given."""
    columns = ("group", "fmr", "low", "high")
    if bands is None:
        return pd.DataFrame(columns=columns, dtype=float)
    table = inputs.checked(bands, columns, columns[1:])
    inputs.require_range(table, columns[1:], 0, 1)
    return table.assign(group=inputs.names_of(table["group"])).dropna(subset=["low", "high"])


def _styles(names: list[str]) -> dict[str, canvas.Style]:
    """Colour and line of every group, which it keeps when others are left out."""
    groups = [name for name in names if name != "overall"]
    styles: dict[str, canvas.Style] = {
        name: canvas.line_of(number) | {"lw": 1.8} for number, name in enumerate(groups)
    }
    return styles | {"overall": {"color": "black", "ls": "solid", "lw": 2.4}}


def percent(rate: float) -> str:
    """Return a rate as a reader says it: 12 %, 1.2 %, 0.012 %."""
    return f"{float(f'{100 * rate:.2g}'):g} %"


def _probit(rates: np.ndarray) -> np.ndarray:
    return np.asarray(special.ndtri(np.clip(rates, _TINY, 1 - _TINY)))
