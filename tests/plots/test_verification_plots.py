import shutil
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text
from playwright.sync_api import sync_playwright

from helpers.bias import verification
from helpers.errors import BadTable, InputError, UnknownName
from helpers.plots import canvas
from helpers.plots import verification as plots
from tests.bias.simulated import Group, simulate

NAMES = [
    f"{who}_{sex}s" for who in ("asian", "black", "indian", "white") for sex in ("female", "male")
]
PAIRS = simulate({name: Group(0.1 * k) for k, name in enumerate(NAMES)}, people=16)
CURVES = verification.det(PAIRS.scores, PAIRS.genuine, PAIRS.groups)
SAMPLE = verification.bootstrap(
    PAIRS.scores, PAIRS.genuine, PAIRS.identities, PAIRS.groups, threshold=2.0, replicates=50
)
BANDS = verification.bands(
    PAIRS.scores, PAIRS.genuine, PAIRS.identities, PAIRS.groups, replicates=50
)
RATIOS = verification.compare(SAMPLE, "FMR", measure="ratio")
CONFUSION = pd.DataFrame(np.diag(np.arange(1.0, 9)) + 0.1, NAMES, NAMES)


def drawn(kind: str) -> Figure:
    return plots.scores(PAIRS.scores, PAIRS.genuine, PAIRS.groups[0], kind)  # type: ignore[arg-type]


FIGURES: dict[str, Callable[[], Figure]] = {
    "violin": lambda: drawn("violin"),
    "ridge": lambda: drawn("ridge"),
    "box": lambda: drawn("box"),
    "det": lambda: plots.det(CURVES),
    "det with bands": lambda: plots.det(CURVES, BANDS, ["overall", NAMES[0]]),
    "roc": lambda: plots.roc(CURVES, BANDS, ["overall", NAMES[0]]),
    "disparity": lambda: plots.disparity(RATIOS, "ratio of FMR", 1, "parity"),
    "confusion": lambda: plots.confusion(CONFUSION),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_readable_and_none_is_left_open(name: str) -> None:
    figure = FIGURES[name]()
    figure.set_dpi(50)
    figure.draw_without_rendering()
    assert plt.get_fignums() == []
    texts = [each for each in figure.findobj(Text) if each.get_text().strip()]
    assert min(each.get_fontsize() for each in texts) >= 9


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for each in figure.legends for text in each.get_texts()]


def test_every_group_is_named_with_its_numbers_of_pairs() -> None:
    labels = [each.get_text() for each in drawn("violin").axes[0].get_yticklabels()]
    assert labels[0] == "asian_females\n96 / 240"
    assert len(labels) == 8


def test_a_group_keeps_its_colour_when_others_are_left_out() -> None:
    whole, part = plots.det(CURVES).axes[0], plots.det(CURVES, groups=[NAMES[5]]).axes[0]
    line = next(each for each in whole.lines if each.get_label() == "indian_males")
    assert part.lines[0].get_color() == line.get_color()
    styles = {(each.get_color(), str(each.get_linestyle())) for each in whole.lines[:9]}
    assert len(styles) == 9


@pytest.mark.parametrize("draw", [plots.det, plots.roc])
def test_the_legend_names_bands_with_their_level_and_shows_whole_dashes(
    draw: Callable[..., Figure],
) -> None:
    two = ["overall", NAMES[0]]
    assert legend(draw(CURVES, None, two)) == two
    assert legend(draw(CURVES, BANDS[BANDS["group"] == NAMES[1]], two)) == two
    figure = draw(CURVES, BANDS, two, level=0.9)
    assert legend(figure) == [*two, "90 % band"]
    assert figure.legends[0].handlelength >= 4
    for line, band in zip(figure.axes[0].lines, figure.axes[0].collections, strict=False):
        assert to_hex(band.get_edgecolor()[0]) == to_hex(line.get_color())
        assert band.get_linewidth()[0] > 0


def test_normal_scores_are_straight_on_probit_axes() -> None:
    random = np.random.default_rng(0)
    scores = np.concatenate([random.normal(2, 1, 20_000), random.normal(0, 1, 20_000)])
    curve = verification.det(scores, np.arange(40_000) < 20_000, points=400)
    axis = plots.det(curve).axes[0]
    across, up = (np.asarray(each) for each in axis.lines[0].get_data())
    inside = (across > 0.002) & (up > 0.002)
    bent = axis.transScale.transform(np.column_stack([across[inside], up[inside]]))
    slope, *_ = np.polyfit(bent[:, 0], bent[:, 1], 1)
    assert slope == pytest.approx(-1, abs=0.06)
    assert np.corrcoef(bent.T)[0, 1] < -0.998


def test_dots_say_whether_their_interval_holds_the_line() -> None:
    figure = plots.disparity(RATIOS, "ratio of FMR", 1, "parity")
    assert legend(figure) == ["parity", "interval holds the line", "interval excludes the line"]
    marks = [line.get_marker() for line in figure.axes[0].lines if len(line.get_xdata()) == 1]
    inside = (RATIOS["low"] <= 1) & (RATIOS["high"] >= 1)
    assert marks == ["o" if each else "D" for each in inside]


def test_the_legend_explains_only_marks_that_occur() -> None:
    table = pd.DataFrame({"group": ["a"], "value": [0.5], "low": [0.4], "high": [0.6]})
    legend = plots.disparity(table, "rate", 0.1, "chance").legends[0]
    assert [text.get_text() for text in legend.get_texts()] == [
        "chance",
        "interval excludes the line",
    ]


def test_eight_groups_have_eight_line_styles() -> None:
    assert len(set(canvas.LINES)) == len(set(canvas.COLOURS)) == len(set(canvas.MARKS)) == 8


def test_more_groups_than_colours_are_still_told_apart() -> None:
    for look in (canvas.line_of, canvas.style_of):
        assert len({tuple(map(str, look(k).values())) for k in range(64)}) == 64


def test_an_undefined_value_is_named_and_not_drawn() -> None:
    table = pd.DataFrame({"group": ["a", "b"], "value": [0.5, np.nan], "low": [0.4, np.nan]})
    table = table.assign(high=[0.6, np.nan], note=["", "undefined (no genuine pairs)"])
    axis = plots.disparity(table, "FNMR").axes[0]
    assert [each.get_text() for each in axis.texts] == ["undefined (no genuine pairs)"]
    assert [each.get_text() for each in axis.get_yticklabels()] == ["a", "b"]


def test_how_many_is_written_only_where_it_is_known() -> None:
    table = pd.DataFrame({"group": list("abc"), "value": 0.5, "low": 0.4, "high": 0.6})
    table = table.assign(n=[1200, np.nan, 3], n_identities=[np.nan, np.nan, 30])
    axis = plots.disparity(table, "FNMR").axes[0]
    shown = [each.get_text() for each in axis.get_yticklabels()]
    assert shown == ["a  (n = 1,200)", "b", "c  (30 people)"]


def test_confusion_writes_every_cell_and_the_error_of_every_row() -> None:
    axis = plots.confusion(CONFUSION).axes[0]
    assert [each.get_text() for each in axis.texts][:2] == ["1.1", "0.1"]
    assert axis.get_yticklabels()[7].get_text() == "white_males\n8.8 % wrong"


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(UnknownName, match="kind"):
        drawn("strip")
    with pytest.raises(InputError, match="nothing to draw"):
        plots.scores([1.0], [1], [None])
    with pytest.raises(BadTable, match="no column 'fnmr'"):
        plots.det(CURVES.drop(columns="fnmr"))
    with pytest.raises(UnknownName, match="group"):
        plots.roc(CURVES, groups=["martians"])
    with pytest.raises(InputError, match="steps is 1"):
        plots.threshold_explorer(CURVES, steps=1)


# -- the explorer


def test_the_explorer_shows_the_rates_of_its_thresholds() -> None:
    figure = plots.threshold_explorer(CURVES, steps=21, start=2.0).figure
    slider = figure.layout.sliders[0]
    step = slider.steps[slider.active]
    positions = np.linspace(PAIRS.scores.min(), PAIRS.scores.max(), 21)
    table = verification.rates(PAIRS.scores, PAIRS.genuine, positions[slider.active], PAIRS.groups)
    np.testing.assert_allclose(step.args[0]["x"][0], table["fmr"])
    np.testing.assert_allclose(step.args[0]["x"][1], table["fnmr"])
    np.testing.assert_allclose(figure.data[0].x, table["fmr"])


def test_the_explorer_of_distances_accepts_what_is_near() -> None:
    curve = verification.det(-PAIRS.scores, PAIRS.genuine, PAIRS.groups, distance=True)
    slider = plots.threshold_explorer(curve, steps=11).figure.layout.sliders[0]
    strict, lax = slider.steps[0].args[0]["x"], slider.steps[-1].args[0]["x"]
    assert max(strict[0]) < 0.01
    assert min(lax[0]) == 1
    assert max(lax[1]) == 0


CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium or Chrome on the PATH")
def test_dragging_the_threshold_moves_the_rates_without_a_network(tmp_path: Path) -> None:
    page_file = tmp_path / "page.html"
    explorer = plots.threshold_explorer(CURVES, start=2.0)
    # As a notebook's page holds it: the value of a cell, as HTML.
    page_file.write_text(f"<!doctype html><title>x</title>{explorer._repr_html_()}", "utf-8")
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 900, "height": 640})
        page.on("request", lambda request: asked.append(request.url))
        page.goto(page_file.as_uri())
        before = page.locator("text.bartext").all_text_contents()
        grip = page.locator(".slider-grip-rect").bounding_box()
        assert grip
        page.mouse.move(grip["x"] + 5, grip["y"] + 5)
        page.mouse.down()
        page.mouse.move(grip["x"] - 150, grip["y"] + 5, steps=5)
        page.mouse.up()
        page.wait_for_function(
            "was => document.querySelector('text.bartext').textContent !== was", arg=before[0]
        )
        after = page.locator("text.bartext").all_text_contents()
        browser.close()
    assert asked == [page_file.as_uri()]
    assert len(before) == len(after) == 18
    moved = [(number(one), number(two)) for one, two in zip(before, after, strict=True)]
    # A laxer threshold: more strangers accepted, fewer people turned away.
    assert all(one < two for one, two in moved[:9])
    assert all(one > two for one, two in moved[9:])


def number(text: str) -> float:
    return float(text.removesuffix(" %"))
