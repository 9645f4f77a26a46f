from collections.abc import Callable

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.text import Text

from helpers import plots
from helpers.errors import InputError, UnknownName
from helpers.preprocessing import Detection

RANDOM = np.random.default_rng(0)
IMAGES = torch.from_numpy(RANDOM.random((2, 3, 24, 24), dtype=np.float32))
POSITIVE = torch.from_numpy(RANDOM.random((2, 24, 24), dtype=np.float32))
SIGNED = POSITIVE - 0.5
CONCEPTS = torch.from_numpy(RANDOM.random((2, 4, 24, 24), dtype=np.float32))
PHOTO = (RANDOM.random((60, 90, 3)) * 255).astype(np.uint8)
FACE = Detection((10.0, 12.0, 30.0, 36.0), 0.98, RANDOM.uniform(12, 40, (5, 2)))


def table(rows: int) -> pd.DataFrame:
    values = np.linspace(0.8, 0.95, rows)
    return pd.DataFrame(
        {"value": values, "low": values - 0.04, "high": values + 0.03, "n": 65},
        index=[f"group {row}" for row in range(rows)],
    ).assign(kind=(["Male", "Female"] * rows)[:rows])


FIGURES: dict[str, Callable[[], Figure]] = {
    "pictures": lambda: plots.pictures(IMAGES, ["one", "two"]),
    "one picture": lambda: plots.pictures([PHOTO]),
    "detections": lambda: plots.detections(PHOTO, [FACE, FACE]),
    "no detection": lambda: plots.detections(PHOTO, []),
    "columns": lambda: plots.relevance_grid(IMAGES, {"gradcam": POSITIVE, "hirescam": SIGNED}),
    "one image": lambda: plots.relevance_grid(IMAGES[:1], {"gradcam": POSITIVE[:1]}, ["a face"]),
    "one scale": lambda: plots.relevance_grid(IMAGES, {"a": POSITIVE, "b": SIGNED}, scale="all"),
    "empty maps": lambda: plots.relevance_grid(IMAGES, {"gradcam": 0 * POSITIVE}),
    "channels": lambda: plots.channels(CONCEPTS[0].repeat(3, 1, 1), columns=5),
    "one channel": lambda: plots.channels(CONCEPTS[0, :1], ["only"]),
    "concepts": lambda: plots.concepts(IMAGES, CONCEPTS, ["a", "b", "c", "d"]),
    "concepts of one": lambda: plots.concepts(IMAGES[:1], CONCEPTS[:1, :1]),
    "explanation": lambda: plots.explanation(
        [PHOTO, PHOTO], [[FACE, FACE], []], IMAGES, SIGNED, ["Male 90%"] * 2, ["Male"] * 2, "x"
    ),
    "dots": lambda: plots.dots(table(6), "accuracy", 0.9, "overall"),
    "one dot": lambda: plots.dots(table(1), "accuracy"),
}


@pytest.fixture(scope="module")
def drawn() -> dict[str, Figure]:
    """Every kind of figure, drawn, so that its layout is known."""
    figures = {name: draw() for name, draw in FIGURES.items()}
    for figure in figures.values():
        figure.set_dpi(50)
        figure.draw_without_rendering()
    return figures


def texts(figure: Figure) -> list[Text]:
    return [each for each in figure.findobj(Text) if each.get_text().strip()]


def titles(figure: Figure) -> list[str]:
    return [axis.get_title() for axis in figure.axes if axis.get_title()]


def bars(figure: Figure) -> list[QuadMesh]:
    """The scale of each colour bar."""
    found = [axis.collections for axis in figure.axes if axis.get_label() == "<colorbar>"]
    return [each for collections in found for each in collections if isinstance(each, QuadMesh)]


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_returned_and_none_is_left_open(drawn: dict[str, Figure], name: str) -> None:
    assert isinstance(drawn[name], Figure)
    assert plt.get_fignums() == []


@pytest.mark.parametrize("name", FIGURES)
def test_every_text_can_be_read_on_a_projector(drawn: dict[str, Figure], name: str) -> None:
    assert all(text.get_fontsize() >= 9 for text in texts(drawn[name]))


@pytest.mark.parametrize("name", FIGURES)
def test_panels_and_colour_bars_do_not_overlap(drawn: dict[str, Figure], name: str) -> None:
    boxes = [axis.get_position() for axis in drawn[name].axes if axis.get_visible()]
    for number, one in enumerate(boxes):
        assert one.width > 0
        for other in boxes[number + 1 :]:
            apart_across = one.x1 <= other.x0 + 1e-6 or other.x1 <= one.x0 + 1e-6
            apart_down = one.y1 <= other.y0 + 1e-6 or other.y1 <= one.y0 + 1e-6
            assert apart_across or apart_down


def test_titles_say_what_is_shown(drawn: dict[str, Figure]) -> None:
    assert titles(drawn["pictures"]) == ["one", "two"]
    assert titles(drawn["columns"]) == ["picture", "gradcam", "hirescam"]
    assert titles(drawn["concepts"]) == ["picture", "strongest concept", "a", "b", "c", "d"]
    assert titles(drawn["explanation"]) == ["model's answer: Male 90%", "x for 'Male'"] * 2
    assert drawn["one image"].axes[0].get_ylabel() == "a face"
    assert drawn["dots"].axes[0].get_xlabel() == "accuracy"
    labels = [each.get_text() for each in drawn["dots"].axes[0].get_yticklabels()]
    assert labels == [f"group {row}  (n = 65)" for row in range(6)]


# -- scales and colours


def test_methods_have_a_scale_each_and_comparisons_one(drawn: dict[str, Figure]) -> None:
    assert len(bars(drawn["columns"])) == 2
    assert len(bars(drawn["one scale"])) == 1
    first, second = bars(drawn["columns"])
    assert (first.norm.vmin, first.norm.vmax) == pytest.approx((0, float(POSITIVE.max())))
    top = float(SIGNED.abs().max())
    assert (second.norm.vmin, second.norm.vmax) == pytest.approx((-top, top))


def panel(figure: Figure, number: int) -> np.ndarray:
    return np.asarray(figure.axes[number].images[0].get_array())


def test_on_one_scale_a_weaker_map_is_fainter_and_on_its_own_it_is_not() -> None:
    maps = {"strong": POSITIVE, "weak": 0.1 * POSITIVE}
    shared = plots.relevance_grid(IMAGES, maps, scale="all")
    own = plots.relevance_grid(IMAGES, maps, scale="column")
    np.testing.assert_allclose(panel(own, 1), panel(own, 2), atol=1e-5)
    saturation = [np.ptp(panel(shared, k), axis=2).mean() for k in (1, 2)]
    assert saturation[1] < 0.6 * saturation[0]


def test_photographs_that_share_a_signed_scale_share_its_colours() -> None:
    mixed = torch.stack([POSITIVE[0], SIGNED[1]])
    figure = plots.relevance_grid(IMAGES, {"hirescam": mixed})
    top = float(mixed.abs().max())
    expected = plots.overlay(IMAGES[0], mixed[0], top, plots.SIGNED)
    np.testing.assert_allclose(panel(figure, 1), expected)
    assert bars(figure)[0].get_cmap().name == plots.SIGNED


def test_the_hottest_place_of_a_positive_map_is_warm_and_the_coldest_grey() -> None:
    blended = plots.overlay(IMAGES[0], POSITIVE[0] - POSITIVE[0].min(), 1.0)
    row, column = np.unravel_index(int(POSITIVE[0].argmax()), (24, 24))
    red, _, blue = blended[row, column]
    assert red > blue + 0.2
    row, column = np.unravel_index(int(POSITIVE[0].argmin()), (24, 24))
    assert np.ptp(blended[row, column]) < 1e-6


def test_for_is_red_and_against_is_blue() -> None:
    signed = torch.zeros(24, 24)
    signed[3, 4], signed[10, 11] = 1.0, -1.0
    blended = plots.overlay(IMAGES[0], signed, 1.0)
    red_for, red_against = blended[3, 4, 0], blended[10, 11, 0]
    assert red_for > blended[3, 4, 2] + 0.2
    assert blended[10, 11, 2] > red_against + 0.2


def test_an_empty_map_leaves_the_grey_photograph() -> None:
    for scale in (0.0, 1.0):
        blended = plots.overlay(IMAGES[0], torch.zeros(24, 24), scale)
        weights = torch.tensor([0.299, 0.587, 0.114])
        grey = (IMAGES[0] * weights[:, None, None]).sum(0).numpy()
        np.testing.assert_allclose(blended, np.repeat(grey[..., None], 3, 2), atol=1e-6)


def test_bytes_and_floats_and_tensors_of_one_photograph_look_the_same() -> None:
    relevance = RANDOM.random((60, 90))
    as_bytes = plots.overlay(PHOTO, relevance, 1.0)
    as_floats = plots.overlay(PHOTO / 255, relevance, 1.0)
    as_tensor = plots.overlay(torch.tensor(PHOTO / 255).permute(2, 0, 1), relevance, 1.0)
    np.testing.assert_allclose(as_bytes, as_floats)
    np.testing.assert_allclose(as_bytes, as_tensor)
    assert as_bytes.min() >= 0
    assert as_bytes.max() <= 1


def test_the_strongest_concept_gives_a_place_its_colour() -> None:
    maps = torch.zeros(1, 2, 24, 24)
    maps[0, 0, :, :12] = 1
    maps[0, 1, :, 12:] = 1
    figure = plots.concepts(torch.zeros(1, 3, 24, 24), maps)
    shown = panel(figure, 1)
    orange, blue = (np.array(mpl.colors.to_rgb(each)) for each in ("#e69f00", "#56b4e9"))
    np.testing.assert_allclose(shown[5, 5], 0.7 * orange, atol=1e-6)
    np.testing.assert_allclose(shown[5, 20], 0.7 * blue, atol=1e-6)


def test_the_used_face_has_a_solid_frame_and_the_others_a_dashed_one() -> None:
    lines = [
        patch.get_linestyle() for patch in plots.detections(PHOTO, [FACE, FACE]).axes[0].patches
    ]
    assert lines == ["solid", "solid", "dashed", "dashed"]


def test_dots_are_where_the_values_are_and_whiskers_reach_the_bounds() -> None:
    rows = table(4)
    axis = plots.dots(rows, "accuracy").axes[0]
    drawn = [line.get_xdata() for line in axis.lines if len(line.get_xdata())]
    for number, (_, row) in enumerate(rows.iterrows()):
        np.testing.assert_allclose(drawn[2 * number], [row["low"], row["high"]])
        np.testing.assert_allclose(drawn[2 * number + 1], [row["value"]])
    assert axis.yaxis_inverted()


def test_neighbours_of_one_name_are_labelled_once() -> None:
    rows = table(4).drop(columns="n", errors="ignore").set_axis(["a", "a", "b", "a"])
    labels = [each.get_text() for each in plots.dots(rows, "rate").axes[0].get_yticklabels()]
    assert labels == ["a", "", "b", "a"]


# -- what cannot be drawn


def test_a_map_of_another_size_or_number_and_an_unknown_scale_are_refused() -> None:
    with pytest.raises(InputError, match=r"\(24, 24\), but its map \(7, 7\)"):
        plots.overlay(IMAGES[0], torch.ones(7, 7), 1.0)
    with pytest.raises(InputError, match=r"2 photograph\(s\), but 1 map"):
        plots.relevance_grid(IMAGES, {"gradcam": POSITIVE[:1]})
    with pytest.raises(UnknownName, match="did you mean 'column'"):
        plots.relevance_grid(IMAGES, {"gradcam": POSITIVE}, scale="columns")
