"""The canvas that every figure is drawn on: panels, colours, legends, dots and matrices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, FuncFormatter, MaxNLocator

from helpers import arguments
from helpers.errors import InputError
from helpers.plots.inputs import as_picture, folded, written

if TYPE_CHECKING:
    from torch import Tensor

Style = dict[str, Any]
"""Colours, marks and lines, by the names that matplotlib has for them."""

_DOT: Style = {"ms": 7.5, "mew": 1.8, "zorder": 3}
_LARGEST = 300  # inches; a notebook draws 100 points an inch, and matplotlib no more than 65,535
FONT = 11  # points; readable from the back of a room when the figure fills a slide

# Okabe & Ito's palette, told apart with every common form of colour blindness; yellow vanishes on
# white paper, where olive and wine take its place.
BLUE, VERMILION, GREEN, PINK = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
SKY, ORANGE, YELLOW, OLIVE, WINE = "#56b4e9", "#e69f00", "#f0e442", "#7a6a00", "#882255"
PALE = "0.6"  # of what rests on few people
# The same colour never comes with the same mark or line twice: nothing hangs on colour alone.
COLOURS = (BLUE, VERMILION, GREEN, PINK, SKY, ORANGE, OLIVE, WINE)
MARKS = ("o", "D", "s", "^", "v", "P", "X", "h")
LINES = (
    *("solid", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5))),
    *((0, (9, 2)), (0, (3, 1)), (0, (4, 1.2, 1.2, 1.2, 1.2, 1.2)), (0, (10, 1.5, 1, 1.5))),
)


def grid(
    rows: int,
    columns: int,
    side: float = 2.3,
    extra: float = 0.0,
    margin: tuple[float, float] = (0.0, 0.0),
) -> tuple[Figure, np.ndarray]:
    """Make a figure of ``rows`` x ``columns`` axes.

    Parameters
    ----------
    rows, columns : int
        How many panels down and across.
    side : float
        Width and height of one panel, in inches.
    extra : float
        Height to add for titles, in inches a row.
    margin : tuple of float
        Width and height to add once, in inches, for colour bars: without it they take the room of
        the panels, and gaps open between the rows.

    Returns
    -------
    Figure, array (rows, columns) of Axes
        The figure is closed already: it is shown when it is a cell's value, and only once.
    """
    size = (side * columns + margin[0], (side + extra) * rows + margin[1])
    if max(size) > _LARGEST:
        raise InputError(
            f"the figure would be {size[0]:.0f} by {size[1]:.0f} inches, which nobody can read: draw "
            "fewer groups, pictures or panels."
        )
    figure, axes = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    plt.close(figure)
    return figure, axes


def panels(count: int, columns: int, **size: Any) -> tuple[Figure, list[Axes]]:
    """Make a figure of ``count`` axes, ``columns`` in a row, of a size as :func:`grid` takes it.

    Raises
    ------
    InputError
        If ``columns`` is no whole number of 1 or more.
    """
    columns = min(arguments.count(columns, "columns"), count)
    figure, axes = grid(-(-count // columns), columns, **size)
    for axis in axes.flat[count:]:
        axis.set_visible(False)
    return figure, list(axes.flat[:count])


def finished(figure: Figure) -> Figure:
    """Have every text of a figure drawn as it is written; every figure is returned through here.

    Two dollar signs would turn what stands between them into a formula or stop the figure, and
    where a reader has switched TeX on, a per cent sign would hide what follows. Numbers at an axis
    are left alone: powers of ten are formulas of matplotlib's own.
    """
    # First of all, since looking for texts makes the ticks that are not there yet.
    texts = figure.findobj(Text)
    numbers = {
        id(text)
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        if not isinstance(axis.get_major_formatter(), FixedFormatter | FuncFormatter)
        for tick in (*axis.majorTicks, *axis.minorTicks)
        for text in (tick.label1, tick.label2)
    }
    for text in texts:
        if isinstance(text, Text) and id(text) not in numbers:
            text.set(parse_math=False, usetex=False)
    return figure


def legend(owner: Figure | Axes, entries: Sequence[tuple[Artist, str]], **options: Any) -> None:
    """Explain marks and lines by their names, also by names that begin with an underscore.

    matplotlib takes such a name for a private one and leaves it out, and its group with it.

    Parameters
    ----------
    owner : Figure or Axes
        Where the legend goes.
    entries : sequence of (Artist, str)
        What is explained, in order; no legend where there is nothing.
    **options
        Of matplotlib's legend.
    """
    if not entries:
        return
    places = [str(number) for number in range(len(entries))]
    drawn = owner.legend([artist for artist, _ in entries], places, frameon=False, **options)
    for text, (_, name) in zip(drawn.get_texts(), entries, strict=True):
        text.set_text(folded(written(name)))


def plain(axis: Axes, label: str, both: bool = False) -> None:
    """Name the horizontal axis, and leave of the frame what is needed, with a pale grid.

    Parameters
    ----------
    axis : Axes
        Where values are drawn.
    label : str
        What the horizontal axis shows, with its unit; may be empty.
    both : bool
        Whether the vertical axis has numbers, and so lines of the grid, as well.
    """
    axis.set_xlabel(written(label), fontsize=FONT)
    axis.tick_params(labelsize=10)
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="both" if both else "x", color="0.9", zorder=0)
    axis.set_axisbelow(True)


def show_picture(axes: Axes, picture: np.ndarray | Tensor, title: str = "") -> None:
    """Draw a picture (H, W, 3) or a tensor (3, H, W) without ticks."""
    axes.imshow(as_picture(picture))
    bare(axes, title)


def bare(axes: Axes, title: str = "") -> None:
    """Take ticks and frame away and set a title."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.set_title(title, fontsize=FONT)


# -- dots and whiskers


def lines(count: int, height: float = 0.35, width: float = 6.6) -> tuple[Figure, Axes]:
    """Make a figure of one panel with a line for each of ``count`` names, in inches."""
    figure, axes = grid(1, 1, side=width, extra=1.3 + height * count - width)
    return figure, axes[0, 0]


def name_lines(axis: Axes, names: Sequence[str], label: str = "") -> None:
    """Name the lines of a panel, the first on top, and what is read off along them."""
    plain(axis, label)
    axis.set_yticks(range(len(names)), names, fontsize=FONT - 1)
    axis.set_ylim(len(names) - 0.4, -0.6)  # none on the frame
    axis.xaxis.set_major_locator(_Apart(axis))


class _Apart(MaxNLocator):
    """As many numbers, up to six, as stand apart: long names leave an axis little room."""

    def __init__(self, panel: Axes) -> None:
        super().__init__(steps=[1, 2, 2.5, 5, 10])
        self._panel = panel

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        points = 72 * self._panel.bbox.width / self._panel.figure.dpi
        written_as = self._panel.xaxis.get_major_formatter().format_ticks
        for count in range(6, 0, -1):
            self.set_params(nbins=count)
            ticks = super().tick_values(vmin, vmax)
            shown = written_as([each for each in ticks if vmin <= each <= vmax])
            if 6 * sum(len(each) + 2 for each in shown) <= points:  # a digit is 6 points wide
                break
        return ticks


def draw_dots(axis: Axes, rows: pd.DataFrame, styles: Iterable[Style], end: float) -> None:
    """Draw a dot and a whisker on the line of each row, or say why it has none.

    Parameters
    ----------
    axis : Axes
        Whose lines are 0, 1, ... downwards.
    rows : DataFrame
        ``value``, ``low``, ``high``, and perhaps ``note``, the reason why a value is missing.
    styles : iterable of dict
        Of each row: ``color``, ``marker`` and whatever else matplotlib's lines have.
    end : float
        Where an interval without end gets an arrow, of :func:`end_of`.
    """
    for place, ((_, row), style) in enumerate(zip(rows.iterrows(), styles, strict=False)):
        if np.isfinite(row["value"]):
            _whisker(axis, place, row["low"], row["high"], style["color"], end)
            axis.plot(row["value"], place, **_DOT | style)
        else:
            _say(axis, place, _without_place(row["value"], row.get("note")))


def _without_place(value: float, note: object) -> str:
    if np.isinf(value):
        return f"infinite ({'+' if value > 0 else '-'})"
    return note if isinstance(note, str) and note else "undefined"


def _say(axis: Axes, place: float, text: str) -> None:
    word = axis.text(0.02, place, written(text), transform=axis.get_yaxis_transform())
    word.set(va="center", fontsize=9, style="italic", color="0.35")


def _whisker(axis: Axes, place: float, low: float, high: float, colour: str, end: float) -> None:
    if np.isnan(low) or np.isnan(high):
        return
    axis.plot([low, end if np.isinf(high) else high], [place, place], color=colour, lw=2.2)
    if np.isinf(high):
        axis.plot(end, place, ">", color=colour, ms=7)


def style_of(number: int) -> Style:
    """Return the colour and the mark of the first, second, ... of several kinds."""
    return {"color": COLOURS[number % len(COLOURS)], "marker": _beside_colour(MARKS, number)}


def line_of(number: int) -> Style:
    """Return the colour and the line of the first, second, ... of several curves."""
    return {"color": COLOURS[number % len(COLOURS)], "ls": _beside_colour(LINES, number)}


def _beside_colour(looks: Sequence[Any], number: int) -> Any:
    """The mark or line of a kind: when the colours come again, each comes with the next one."""
    return looks[(number + number // len(COLOURS)) % len(looks)]


def end_of(rows: pd.DataFrame, columns: Sequence[str] = ("value", "low", "high")) -> float:
    """Return where an interval without end is cut off: a tenth beyond all that is finite."""
    values = rows[list(columns)].to_numpy(dtype=float)
    finite = values[np.isfinite(values)]
    if not len(finite):
        return 1.0
    low, high = float(finite.min()), float(finite.max())
    return high + 0.1 * ((high - low) or abs(high) or 1.0)


# -- matrices


def matrix(
    values: np.ndarray,
    texts: Sequence[Sequence[str]],
    across: Sequence[str],
    down: Sequence[str],
    label: str,
    **colours: Any,
) -> tuple[Figure, Axes]:
    """Draw numbers as a square of coloured cells with a text in each, and a colour bar.

    Parameters
    ----------
    values : array (k, k)
        What the colours show; a cell of NaN stays white.
    texts : sequence (k) of sequences (k) of str
        What is written into the cells; what holds a star is bold.
    across, down : sequence (k) of str
        Names of columns and rows.
    label : str
        Of the colour bar.
    **colours
        ``cmap``, ``vmin`` and ``vmax`` of matplotlib.

    Returns
    -------
    Figure, Axes
    """
    cells = [text for row in texts for text in row]
    *rooms, cell = (
        0.07 * max(map(len, "\n".join(each).split("\n"))) for each in (down, across, cells)
    )
    side = 1.2 + max(0.62, 1.25 * cell) * len(across)
    figure, axes = grid(1, 1, side=side, margin=(1.5 + rooms[0], rooms[1]))
    axis = axes[0, 0]
    image = axis.imshow(values, **colours)
    for (row, column), ink in np.ndenumerate(_inks(image.cmap(image.norm(values)))):
        text = axis.text(column, row, texts[row][column], ha="center", va="center", fontsize=10)
        text.set(color=ink, weight="bold" if "*" in texts[row][column] else "normal")
    axis.set_xticks(range(len(across)), across, fontsize=10)
    axis.set_yticks(range(len(down)), down, fontsize=10)
    if max(map(len, across)) > 8:
        axis.tick_params(axis="x", labelrotation=40)
        plt.setp(axis.get_xticklabels(), ha="right", rotation_mode="anchor")
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)
    figure.colorbar(image, ax=axis, shrink=0.8).set_label(label, fontsize=FONT)
    return figure, axis


def _inks(cells: np.ndarray) -> np.ndarray:
    """Black or white, whichever is read more easily on a cell: by its relative luminance (WCAG)."""
    luminance = cells[..., :3] ** 2.2 @ [0.2126, 0.7152, 0.0722]
    return np.where((luminance < 0.18) & (cells[..., 3] > 0), "white", "black")
