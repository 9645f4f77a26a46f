"""The threshold explorer: a Plotly figure that answers while a reader drags a threshold."""

import html
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from helpers import arguments
from helpers.errors import InputError
from helpers.plots.canvas import BLUE, VERMILION
from helpers.plots.curves import curves_of, percent
from helpers.plots.inputs import written

if TYPE_CHECKING:
    import plotly.graph_objects as go


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
    curves: pd.DataFrame, steps: int = 61, start: float | None = None
) -> Interactive:
    """Let a reader drag a threshold and watch both error rates of every group.

    Parameters
    ----------
    curves : DataFrame
        ``group``, ``threshold``, ``fmr``, ``fnmr``, of :func:`helpers.bias.verification.det`.
    steps : int
        Positions of the slider, from 2 to 1,000, evenly between thresholds at which everything and
        nothing passes.
    start : float, optional
        Where the slider begins: the position nearest to it; by default the middle.

    Returns
    -------
    Interactive
        Shows itself at the end of a cell, in JupyterLab and in a page that was built from the
        notebook; plotly.js is inside, so that neither needs a network.

    Raises
    ------
    BadTable
        If a column is missing.
    InputError
        If there are fewer than two steps, no finite threshold, or a number is none.
    """
    steps = arguments.count(steps, "steps", 2, 1000)
    start = None if start is None else arguments.number(start, "start")
    parts = curves_of(curves, ("threshold", "fmr", "fnmr"))
    positions = _positions(pd.concat(parts), steps)
    rates = np.stack([_rates_at(curve, positions) for curve in parts.values()])
    first = steps // 2 if start is None else int(np.abs(positions - start).argmin())
    figure = _explorer([_as_html(name) for name in parts], positions, rates, first)
    alt = (
        f"Bars of the false match rate and the false non-match rate of {len(parts)} groups at a "
        f"threshold that a slider moves from {positions[0]:.3g} to {positions[-1]:.3g}."
    )
    return Interactive(figure, alt)


def _positions(curves: pd.DataFrame, steps: int) -> np.ndarray:
    finite = curves["threshold"][np.isfinite(curves["threshold"])]
    if finite.empty:
        raise InputError("there is no finite threshold to move.")
    return np.linspace(finite.min(), finite.max(), steps)


def _rates_at(curve: pd.DataFrame, positions: np.ndarray) -> np.ndarray:
    """FMR and FNMR at thresholds: (2, positions)."""
    thresholds = curve["threshold"].to_numpy(dtype=float)
    # Similarities fall along the curve, distances rise; sorted like this both rise.
    sign = 1.0 if thresholds[0] < thresholds[-1] else -1.0
    found = np.searchsorted(sign * thresholds, sign * positions, side="right") - 1
    return curve[["fmr", "fnmr"]].to_numpy(dtype=float)[found.clip(min=0)].T


def _explorer(
    names: list[str], positions: np.ndarray, rates: np.ndarray, first: int
) -> "go.Figure":
    from plotly.subplots import make_subplots

    titles = ("false match rate<br>(strangers in)", "false non-match rate<br>(people out)")
    figure = make_subplots(rows=1, cols=2, subplot_titles=titles, shared_yaxes=True)
    for column, colour in enumerate((VERMILION, BLUE)):
        figure.add_bar(
            x=rates[:, column, first],
            y=names,
            text=_texts(rates[:, column, first]),
            orientation="h",
            textposition="outside",
            cliponaxis=False,
            marker={"color": colour},
            hovertemplate="%{y}: %{text}<extra></extra>",
            row=1,
            col=column + 1,
        )
    slider = {
        "active": first,
        "currentvalue": {"prefix": "threshold: ", "font": {"size": 16}},
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
    return ["undefined" if np.isnan(rate) else percent(rate) for rate in rates]
