"""Readers' text is drawn as it is in every figure, and what cannot be drawn is told."""

import html
import inspect
import warnings
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.text import Text

from helpers import faces, plots
from helpers.errors import BadTable, InputError, UnknownName
from helpers.plots import bias, inputs, verification
from helpers.preprocessing import Detection

NAMES = ("$x_{$", "under $20k and $50k", "_other", r"50 % \alpha & #1", "a_b^c {d}", "<b>x</b>")
IMAGE = torch.rand(3, 20, 20, generator=torch.Generator().manual_seed(0))
IMAGES = torch.stack([IMAGE, IMAGE.flip(1)])
MAPS = torch.rand(2, 20, 20, generator=torch.Generator().manual_seed(1))
PHOTO = (np.random.default_rng(0).random((20, 30, 3)) * 255).astype(np.uint8)
FACE = Detection((2.0, 2.0, 9.0, 9.0), 0.9, np.arange(10.0).reshape(5, 2))


def rows(one: str, two: str, **columns: Any) -> pd.DataFrame:
    table = pd.DataFrame({"group": [one, two], "value": [0.4, 0.6], "low": 0.3, "high": 0.7})
    return table.assign(**columns)


def audit(one: str, two: str) -> pd.DataFrame:
    return rows(one, two, metric="recall", of=50, small=False)


def gaps(one: str, two: str) -> pd.DataFrame:
    table = rows(one, two, criterion="parity", measure="difference", metric="recall", by_chance=0.1)
    return table.assign(lowest=one, highest=two)


def pairs(one: str, two: str) -> pd.DataFrame:
    table = pd.DataFrame({"metric": ["recall"], "first": [one], "second": [two]})
    return table.assign(difference=0.2, p_holm=0.01, differs=True)


def moved(one: str, two: str) -> pd.DataFrame:
    table = pd.concat([pairs(one, two)] * 3).assign(threshold=[0.1, 0.2, 0.3])
    return table.assign(difference=[-0.1, 0.0, 0.1], low=-0.2, high=0.2)


def bins(one: str, two: str) -> pd.DataFrame:
    table = rows(one, two, n=30, left=0.2, right=0.4, confidence=0.3)
    return table


def curves(one: str, two: str) -> pd.DataFrame:
    rates = {"threshold": [0.1, 0.5, 0.9], "fmr": [0.5, 0.1, 0.001], "fnmr": [0.001, 0.1, 0.5]}
    return pd.concat([pd.DataFrame({"group": name, **rates}) for name in (one, two)])


def bands(one: str, two: str) -> pd.DataFrame:
    return curves(one, two).rename(columns={"fnmr": "low"}).assign(high=0.6)


def scores(one: str, two: str, kind: str = "violin") -> Figure:
    values = np.random.default_rng(0).random(40)
    groups = [one, two] * 20
    return verification.scores(values, np.arange(40) % 4 < 2, groups, kind, one)  # type: ignore[arg-type]


def confusion(one: str, two: str) -> Figure:
    return verification.confusion(pd.DataFrame([[1.0, 2.0], [3.0, 4.0]], [one, two], [one, two]))


# A figure of every function, with two names wherever a reader's text goes.
FIGURES: dict[Callable[..., Any], Callable[[str, str], Figure]] = {
    plots.pictures: lambda a, b: plots.pictures(IMAGES, [a, b]),
    plots.relevance_grid: lambda a, b: plots.relevance_grid(IMAGES, {a: MAPS, b: -MAPS}, [b, a]),
    plots.explanation: lambda a, b: plots.explanation(
        [PHOTO, PHOTO], [[FACE], []], IMAGES, MAPS, [a, b], [b, a], a, b
    ),
    plots.channels: lambda a, b: plots.channels(MAPS, [a, b]),
    plots.concepts: lambda a, b: plots.concepts(IMAGES, torch.stack([MAPS, MAPS]), [a, b]),
    plots.dots: lambda a, b: plots.dots(
        rows(a, b, kind=[a, b], note=b).assign(value=[0.4, np.nan]).set_index("group"), a, 0.5, b
    ),
    bias.metrics_by_group: lambda a, b: bias.metrics_by_group(
        audit(a, b).assign(value=[0.4, np.nan], note=b)
    ),
    bias.disparities: lambda a, b: bias.disparities(gaps(a, b)),
    bias.comparisons: lambda a, b: bias.comparisons(pairs(a, b)),
    bias.reliability: lambda a, b: bias.reliability(bins(a, b)),
    bias.gaps_by_threshold: lambda a, b: bias.gaps_by_threshold(moved(a, b)),
    bias.confusion: lambda a, b: bias.confusion(np.eye(2), [a, b], a, b),
    bias.by_chance: lambda a, b: bias.by_chance([0.1, 0.2], 0.2, f"{a} {b}"),
    bias.mean_faces: lambda a, b: bias.mean_faces(IMAGES, [a, b]),
    verification.scores: scores,
    verification.det: lambda a, b: verification.det(curves(a, b), bands(a, b)),
    verification.roc: lambda a, b: verification.roc(curves(a, b), bands(a, b)),
    verification.disparity: lambda a, b: verification.disparity(rows(a, b), a, 0.2, b),
    verification.confusion: confusion,
}
WITHOUT_TEXT = {plots.detections, plots.regions, plots.overlay}


def test_every_figure_is_tried_with_readers_names() -> None:
    public = {
        function
        for room in (plots, bias, verification)
        for name, function in inspect.getmembers(room, inspect.isfunction)
        if not name.startswith("_")
        and function.__module__.startswith("helpers.plots")
        and name in room.__all__
    }
    assert public - WITHOUT_TEXT - {verification.threshold_explorer} == set(FIGURES)


def texts(figure: Figure) -> list[Text]:
    found = [each for each in figure.findobj(Text) if isinstance(each, Text)]
    return [each for each in found if each.get_text().strip()]


@pytest.mark.parametrize("draw", FIGURES.values(), ids=[each.__name__ for each in FIGURES])
@pytest.mark.parametrize("names", [NAMES[:2], NAMES[2:4], NAMES[4:]], ids=["$", "_", "<"])
def test_readers_names_are_drawn_as_they_are(
    draw: Callable[[str, str], Figure], names: tuple[str, str]
) -> None:
    figure = draw(*names)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.set_dpi(40)
        figure.canvas.draw()  # where matplotlib would parse a formula, and stop at a broken one
    shown = " | ".join(each.get_text() for each in texts(figure))
    for name in names:
        assert name in shown
    for each in texts(figure):
        if any(name in each.get_text() for name in names):
            assert not each.get_parse_math()
            assert not each.get_usetex()


def test_two_dollars_in_two_names_do_not_make_a_formula_of_what_is_between() -> None:
    figure = verification.det(curves("under $20k", "$50k-$100k"))
    names = [each.get_text() for each in figure.legends[0].get_texts()]
    assert names == ["under $20k", "$50k-$100k"]


def test_numbers_at_a_logarithmic_axis_are_still_powers_of_ten() -> None:
    figure = verification.roc(curves("a", "b"))
    figure.canvas.draw()
    ticks = [each for each in figure.axes[0].get_xticklabels() if each.get_text()]
    assert ticks
    assert all(each.get_parse_math() for each in ticks)


def test_texts_stay_as_they_are_where_a_reader_has_switched_tex_on() -> None:
    with mpl.rc_context({"text.usetex": True}):
        figure = plots.pictures(IMAGES, ["50 %", "a_b"])
    assert not any(each.get_usetex() for each in texts(figure))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nb\tc\r\0d", "a b c  d"),
        ("a\u2028b", "a b"),
        ("caf\udce9", "caf\ufffd"),
        ("Zoë 山 😀 %d %s {x}", "Zoë 山 😀 %d %s {x}"),
        (3, "3"),
        (None, "None"),
    ],
)
def test_a_name_is_one_line_of_text(name: object, shown: str) -> None:
    assert inputs.written(name) == shown


def test_the_explorer_shows_names_as_they_are_and_in_order() -> None:
    figure = verification.threshold_explorer(curves("<b>$x$</b>", "1990")).figure
    shown = [html.unescape(name) for name in figure.data[0].y]
    assert shown == ["<b>$x$</b>", "1990"]
    assert not any("<" in name or "$" in name for name in figure.data[0].y)
    assert figure.layout.yaxis.type == "category"
    page = verification.threshold_explorer(curves("a", "b"), steps=2).to_html()
    assert '"typesetMath": false' in page


# -- numbers that have no place


HOLE, ENDLESS = float("nan"), float("inf")


@pytest.mark.parametrize("bad", [HOLE, ENDLESS, -ENDLESS])
def test_maps_with_holes_are_refused_and_named(bad: float) -> None:
    holed = MAPS.clone()
    holed[1, 2, 3] = bad
    for draw in (
        lambda: plots.overlay(IMAGE, holed[1], 1.0),
        lambda: plots.relevance_grid(IMAGES, {"gradcam": holed}),
        lambda: plots.relevance_grid(IMAGES, {"gradcam": holed}, scale="all"),
        lambda: plots.explanation(
            [PHOTO, PHOTO], [[], []], IMAGES, holed, ["a"] * 2, ["a"] * 2, "x"
        ),
        lambda: plots.channels(holed),
        lambda: plots.concepts(IMAGES, holed[:, None]),
    ):
        with pytest.raises(InputError, match="1 of .* values that are NaN or infinite"):
            draw()


@pytest.mark.parametrize(
    "draw",
    [
        lambda x: plots.pictures([x]),
        lambda x: plots.detections(x, []),
        lambda x: plots.overlay(x, MAPS[0], 1.0),
        lambda x: plots.relevance_grid([x], {"a": MAPS[:1]}),
        lambda x: plots.explanation([x], [[]], [x], MAPS[:1], ["a"], ["a"], "x"),
        lambda x: plots.concepts([x], MAPS[None]),
        lambda x: plots.regions(x, np.zeros((19, 20, 20), bool)),
    ],
)
@pytest.mark.parametrize(
    ("picture", "says"),
    [
        (np.full((20, 20, 3), HOLE), "runs from nan"),
        (np.full((20, 20, 3), 128.0), "must lie in"),
        (np.full((20, 20, 3), -2.0), "must lie in"),
        (np.zeros((20, 20, 3), int), "a picture is an array"),
        (np.zeros((20, 20, 3), np.uint16), "must lie in"),
        (np.zeros((20, 20), np.uint8), "a picture is an array"),
        (np.zeros((20, 20, 4), np.uint8), "a picture is an array"),
        ("photo.jpg", "a picture is an array"),
        (None, "a picture is an array"),
    ],
)
def test_what_is_no_picture_is_refused(draw: Callable[[Any], Any], picture: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        draw(picture)


def test_a_picture_is_the_same_from_every_library() -> None:
    values = IMAGE.permute(1, 2, 0).numpy()
    for same in (IMAGE, IMAGE.requires_grad_(), values, values.transpose(2, 0, 1)):
        np.testing.assert_array_equal(inputs.as_picture(same), values)
    IMAGE.requires_grad_(False)
    half = inputs.as_picture(IMAGE.bfloat16())
    np.testing.assert_allclose(half, values, atol=0.01)
    narrow = torch.rand(3, 5, 3)  # a tensor has its channels first, however wide it is
    np.testing.assert_array_equal(inputs.as_picture(narrow), narrow.permute(1, 2, 0))
    np.testing.assert_array_equal(inputs.as_picture(values * 1.4 - 0.2).min(), 0)


@pytest.mark.parametrize(
    ("draw", "says"),
    [
        (lambda: plots.pictures([]), "holds no picture"),
        (lambda: plots.pictures(IMAGE), "a single picture"),
        (lambda: plots.pictures(PHOTO), "a single picture"),
        (lambda: plots.pictures(None), "must be a list of pictures"),  # type: ignore[arg-type]
        (lambda: plots.pictures("ab"), "must be a list of pictures"),  # type: ignore[arg-type]
        (lambda: plots.pictures(IMAGES, ["a"]), "2 pictures, but 1 titles"),
        (lambda: plots.pictures(IMAGES, "ab"), "titles is a str: give a list"),
        (lambda: plots.pictures(IMAGES, columns=0), "columns is 0"),
        (lambda: plots.detections(PHOTO, FACE), "faces must be the list"),  # type: ignore[arg-type]
        (
            lambda: plots.detections(PHOTO, [Detection((HOLE, 0, 1, 1), 1, FACE.landmarks)]),
            "the box of a face holds",
        ),
        (lambda: plots.overlay(IMAGE, MAPS[0], HOLE), "scale is nan"),
        (lambda: plots.overlay(IMAGE, MAPS[0], -1), "scale is -1"),
        (lambda: plots.overlay(IMAGE, MAPS[0], 1, "redblue"), "no palette 'redblue'"),
        (lambda: plots.overlay(IMAGE, -MAPS[0], 1, "inferno"), "negative values, but palette"),
        (
            lambda: plots.explanation(
                [PHOTO], [[]], IMAGES[:1], -MAPS[:1], ["a"], ["a"], "x", "", plots.POSITIVE
            ),
            "palette 'inferno' starts at zero",
        ),
        (lambda: plots.relevance_grid(IMAGES, {}), "at least one title"),
        (lambda: plots.relevance_grid(IMAGES, MAPS), "must be a dict"),  # type: ignore[arg-type]
        (lambda: plots.relevance_grid(IMAGES, {"a": MAPS}, ["a"]), "2 photographs, but 1 rows"),
        (lambda: plots.relevance_grid(IMAGES, {"a": MAPS[0]}), "must have 3 axes"),
        (lambda: plots.relevance_grid(IMAGES, {"a": ["x", "y"]}), "must hold numbers"),  # type: ignore[dict-item]
        (lambda: plots.channels(-MAPS), "must be at least 0"),
        (lambda: plots.channels(MAPS[:0]), "nothing to draw"),
        (lambda: plots.channels(MAPS, ["a"]), "2 channels, but 1 names"),
        (lambda: plots.channels(MAPS, columns="8"), "columns is '8'"),  # type: ignore[arg-type]
        (lambda: plots.concepts(IMAGES, MAPS[:1, None]), "images has 2 values but maps has 1"),
        (lambda: plots.concepts(IMAGES, MAPS[:, None, :9]), r"its map \(9, 20\)"),
        (lambda: plots.concepts(IMAGES, MAPS[:, None], ["a", "b"]), "1 concepts, but 2 labels"),
        (
            lambda: plots.explanation([PHOTO], [[]], IMAGES, MAPS, ["a"], ["a"], "x"),
            "pictures has 1 values but images has 2",
        ),
        (lambda: plots.regions(IMAGE, np.zeros((19, 20, 20))), "of True and False, not of float64"),
    ],
)
def test_what_cannot_be_drawn_is_told(draw: Callable[[], Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        draw()


TABLES: dict[str, tuple[Callable[[pd.DataFrame], Figure], pd.DataFrame, str]] = {
    "dots": (lambda t: plots.dots(t, "rate"), rows("a", "b"), "low"),
    "metrics": (bias.metrics_by_group, audit("a", "b"), "low"),
    "gaps": (bias.disparities, gaps("a", "b"), "low"),
    "comparisons": (bias.comparisons, pairs("a", "b"), "difference"),
    "reliability": (bias.reliability, bins("a", "b"), "confidence"),
    "thresholds": (bias.gaps_by_threshold, moved("a", "b"), "difference"),
    "det": (verification.det, curves("a", "b"), "fmr"),
    "roc": (verification.roc, curves("a", "b"), "fnmr"),
    "explorer": (verification.threshold_explorer, curves("a", "b"), "fmr"),  # type: ignore[dict-item]
    "disparity": (lambda t: verification.disparity(t, "rate"), rows("a", "b"), "low"),
}


@pytest.mark.parametrize(("draw", "table", "column"), TABLES.values(), ids=TABLES)
def test_tables_that_cannot_be_drawn_are_told_with_their_column(
    draw: Callable[[Any], Figure], table: pd.DataFrame, column: str
) -> None:
    with pytest.raises(InputError, match="must be a pandas table"):
        draw(None)
    with pytest.raises(BadTable, match=f"no column '{column}'"):
        draw(table.drop(columns=column))
    with pytest.raises(InputError, match="no rows"):
        draw(table.iloc[:0])
    with pytest.raises(InputError, match=f"column '{column}' must hold numbers"):
        draw(table.astype({column: object}).assign(**{column: "0.5"}))
    with pytest.raises(InputError, match=f"column '{column}' holds infinite"):
        draw(table.assign(**{column: ENDLESS}))
    with pytest.raises(BadTable, match=f"2 columns called '{column}'"):
        draw(pd.concat([table, table[[column]]], axis=1))


@pytest.mark.parametrize(
    ("draw", "table"),
    [
        (TABLES[name][0], TABLES[name][1])
        for name in ("metrics", "reliability", "det", "comparisons")
    ],
)
def test_groups_that_look_alike_or_have_no_name_are_told(
    draw: Callable[[Any], Figure], table: pd.DataFrame
) -> None:
    column = "group" if "group" in table else "first"
    alike = table.astype({column: object}).assign(
        **{column: [1, "1", *["c"] * (len(table) - 2)][: len(table)]}
    )
    if column == "first":
        alike = alike.assign(second="1")
    with pytest.raises(InputError, match="two groups are called '1'"):
        draw(alike)
    with pytest.raises(InputError, match="have no group"):
        draw(table.assign(**{column: None}))


def said(figure: Figure) -> list[str]:
    return [each.get_text() for axis in figure.axes for each in axis.texts]


@pytest.mark.parametrize(
    "draw",
    [
        lambda t: plots.dots(t.set_index("group"), "rate"),
        lambda t: bias.metrics_by_group(t.assign(metric="recall", of=50, small=False)),
        lambda t: bias.disparities(
            t.assign(criterion="c", measure="ratio", metric="recall", by_chance=0.9), "ratio"
        ),
        lambda t: verification.disparity(t, "rate", 1.0, "parity"),
    ],
)
def test_a_value_without_a_place_has_a_word_on_its_line(draw: Callable[[Any], Figure]) -> None:
    table = pd.DataFrame({"group": list("abcd"), "value": [0.5, HOLE, HOLE, ENDLESS], "low": 0.4})
    table = table.assign(high=[0.6, HOLE, HOLE, ENDLESS], note=["", "no positives", "", ""])
    assert said(draw(table)) == ["no positives", "undefined", "infinite (+)"]
    table["value"] = table["value"].astype(object).where(table["value"].notna(), pd.NA)
    assert said(draw(table)) == ["no positives", "undefined", "infinite (+)"]


def test_an_interval_without_end_reaches_the_edge_and_has_an_arrow() -> None:
    table = rows("a", "b").assign(low=[0.3, 0.2], high=[0.7, ENDLESS])
    for figure in (verification.disparity(table, "ratio"), plots.dots(table, "ratio")):
        axis = figure.axes[0]
        arrows = [line for line in axis.lines if line.get_marker() == ">"]
        (end,) = [float(line.get_xdata()[0]) for line in arrows]  # type: ignore[index]
        assert end == pytest.approx(0.75), "a tenth of the range beyond what is finite"
        whiskers = [list(line.get_xdata()) for line in axis.lines if len(line.get_xdata()) == 2]  # type: ignore[arg-type]
        assert [0.2, pytest.approx(0.75)] in whiskers


@pytest.mark.parametrize("draw", [verification.det, verification.roc])
def test_a_group_without_a_curve_is_named_in_the_legend(
    draw: Callable[[pd.DataFrame], Figure],
) -> None:
    table = curves("a", "b")
    table.loc[table["group"] == "b", "fmr"] = HOLE
    names = [each.get_text() for each in draw(table).legends[0].get_texts()]
    assert names == ["a", "b (undefined)"]


def test_per_cent_are_no_rates() -> None:
    table = curves("a", "b").assign(fmr=[50, 10, 1] * 2)
    for draw in (verification.det, verification.roc, verification.threshold_explorer):
        with pytest.raises(InputError, match="rates from 0 to 1"):
            draw(table)


@pytest.mark.parametrize(
    ("draw", "says"),
    [
        (lambda: verification.scores([1, 2], [1], ["a", "b"]), "values has 2 values but genuine"),
        (lambda: verification.scores([1, ENDLESS], [1, 0], ["a", "b"]), "holds infinite"),
        (lambda: verification.scores(["1", "2"], [1, 0], ["a", "b"]), "'value' must hold numbers"),
        (lambda: verification.scores([1, 2], [1, 2], ["a", "b"]), "genuine must be True or False"),
        (
            lambda: verification.scores([1, 2], ["y", "n"], ["a", "b"]),
            "'genuine' must hold numbers",
        ),
        (lambda: verification.scores([1, 2], [1, 0], [1, "1"]), "two groups are called"),
        (
            lambda: verification.scores([[1], [2]], [1, 0], ["a", "b"]),
            "values must hold one value in each row",
        ),
        (lambda: verification.scores([1, 2], [1, 0], ["a", "b"], ["box"]), "no kind"),  # type: ignore[arg-type]
        (lambda: verification.det(curves("a", "b"), smallest=0), "smallest is 0"),
        (lambda: verification.roc(curves("a", "b"), smallest=HOLE), "smallest is nan"),
        (lambda: verification.det(curves("a", "b"), groups=["c"]), "no group 'c'"),
        (lambda: verification.det(curves("a", "b"), groups=["a", "a"]), "'a' twice"),
        (lambda: verification.det(curves("a", "b"), pd.DataFrame({"a": [1]})), "no column 'group'"),
        (lambda: verification.disparity(rows("a", "b"), "x", HOLE), "reference is nan"),
        (lambda: plots.dots(rows("a", "b"), "x", "1"), "reference is '1'"),  # type: ignore[arg-type]
        (lambda: verification.threshold_explorer(curves("a", "b"), steps=2.5), "steps is 2.5"),  # type: ignore[arg-type]
        (lambda: verification.threshold_explorer(curves("a", "b"), start=HOLE), "start is nan"),
        (lambda: verification.confusion(np.eye(2)), "must be a pandas table"),  # type: ignore[arg-type]
        (lambda: verification.confusion(pd.DataFrame(np.eye(2), list("ab"))), "the same groups"),
        (lambda: verification.confusion(pd.DataFrame(-np.eye(2))), "from 0 to 100"),
        (lambda: bias.confusion(np.eye(2) * 0.5, ["a", "b"]), "whole numbers"),
        (lambda: bias.confusion(-np.eye(2), ["a", "b"]), "must be at least 0"),
        (lambda: bias.confusion(np.zeros((0, 0)), []), "0 labels"),
        (lambda: bias.confusion(np.ones((2, 3)), ["a", "b"]), r"shape \(2, 3\)"),
        (lambda: bias.mean_faces(IMAGES, ["a", None]), "have no group"),
        (lambda: bias.mean_faces(IMAGE, ["a"]), "images must be a tensor"),
        (lambda: bias.mean_faces(IMAGES * HOLE, ["a", "b"]), "runs from nan"),
        (lambda: bias.comparisons(pd.concat([pairs("a", "b")] * 2)), "comes twice"),
        (
            lambda: bias.comparisons(
                pd.concat([pairs("a", "b"), pairs("a", "c").assign(metric="f1")])
            ),
            "several metrics",
        ),
        (
            lambda: bias.gaps_by_threshold(pd.concat([moved("a", "b"), moved("a", "c")])),
            "several pairs",
        ),
    ],
)
def test_arguments_of_audits_are_told(draw: Callable[[], Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        draw()


DRAWN: dict[str, tuple[Callable[[Any], Figure], Callable[[str, str], pd.DataFrame]]] = {
    "metrics": (bias.metrics_by_group, audit),
    "gaps": (bias.disparities, gaps),
    "pairs": (bias.comparisons, pairs),
    "bins": (bias.reliability, bins),
    "moved": (bias.gaps_by_threshold, moved),
    "dots": (lambda table: verification.disparity(table, "x"), rows),
    "curves": (verification.det, curves),
}


@pytest.mark.parametrize("name", DRAWN)
def test_names_and_marks_are_single_values_and_none_is_missing(name: str) -> None:
    draw, made = DRAWN[name]
    table = made("a", "b")
    looked_at = 0
    for column in {"group", "first", "metric", "criterion", "small", "differs"} & {*table}:
        try:
            draw(table.drop(columns=column))
            continue  # the figure does not look at it
        except BadTable:
            looked_at += 1
        cells: list[Any] = [[1, 2]] * len(table)
        with pytest.raises(InputError, match=r"must hold one value in each row.*\[1, 2\]"):
            draw(table.assign(**{column: cells}))
        with pytest.raises(InputError, match="rows have no"):
            draw(table.assign(**{column: None}))
        if column in ("small", "differs"):
            with pytest.raises(InputError, match=f"'{column}' must hold True or False, not 'no'"):
                draw(table.assign(**{column: "no"}))
    assert looked_at


@pytest.mark.parametrize("name", [each for each in DRAWN if "low" in DRAWN[each][1]("a", "b")])
def test_limits_that_are_exchanged_are_told(name: str) -> None:
    draw, made = DRAWN[name]
    with pytest.raises(InputError, match="'low' lies above 'high'"):
        draw(made("a", "b").assign(low=0.9, high=0.1))


@pytest.mark.parametrize(
    ("draw", "table", "says"),
    [
        (bias.disparities, gaps("a", "b").assign(value=30.0), "'value' runs from 30 to 30"),
        (bias.comparisons, pairs("a", "b").assign(difference=20.0), "differences of rates from -2"),
        (bias.reliability, bins("a", "b").assign(confidence=30.0), "'confidence' runs from 30"),
        (bias.gaps_by_threshold, moved("a", "b").assign(high=20.0), "'high' runs from 20"),
    ],
)
def test_per_cent_that_an_axis_of_rates_does_not_show_are_told(
    draw: Callable[[Any], Figure], table: pd.DataFrame, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        draw(table)


@pytest.mark.parametrize(
    "groups",
    [{"a", "b"}, {"a": 1, "b": 2}, np.ma.array(["a", "b"], mask=[True, False]), [[1], [2]]],
)
def test_groups_without_an_order_or_an_entry_are_told(groups: Any) -> None:
    with pytest.raises(InputError, match="groups"):
        bias.mean_faces(IMAGES, groups)
    with pytest.raises(InputError, match="labels"):
        bias.confusion(np.eye(2), groups)
    with pytest.raises(InputError, match="group"):
        verification.scores([1, 2], [1, 0], groups)
    with pytest.raises(InputError, match="groups is a DataFrame"):
        bias.mean_faces(IMAGES, pd.DataFrame({"sex": ["f", "m"]}))  # type: ignore[arg-type]


def test_what_has_no_place_in_a_figure_of_verification_or_maps_is_told() -> None:
    with pytest.raises(InputError, match="from 0 to 100"):
        verification.confusion(pd.DataFrame([[101.0]], index=["a"], columns=["a"]))
    with pytest.raises(InputError, match="faces is None"):
        plots.explanation([PHOTO], None, IMAGES[:1], MAPS[:1], ["f"], ["f"], "x")  # type: ignore[arg-type]


def test_labels_of_one_name_are_told() -> None:
    for labels in (["a", "a"], [1, "1"]):
        with pytest.raises(InputError, match="label.* called"):
            bias.confusion(np.eye(2), labels)  # type: ignore[arg-type]


def test_a_figure_that_nobody_can_read_is_refused() -> None:
    table = pd.concat([audit(f"{k}a", f"{k}b") for k in range(600)])
    with pytest.raises(InputError, match="the figure would be 5 by 409 inches"):
        bias.metrics_by_group(table)


@pytest.mark.parametrize("name", DRAWN)
def test_long_names_are_cut_and_leave_the_data_its_room(name: str) -> None:
    draw, made = DRAWN[name]
    long = "a long name of a group " * 30
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns where panels have no room
        figure = draw(made(f"one {long}", f"two {long}"))
        figure.draw_without_rendering()
    texts = " ".join(text.get_text().replace("\n", " ") for text in figure.findobj(Text))
    assert "one a long name" in texts
    assert "two a long name" in texts
    assert long not in texts


def test_curves_are_the_same_in_whatever_order_their_rows_come() -> None:
    table = curves("a", "b")
    for mixed in (table[::-1], table.sample(frac=1, random_state=1)):
        expected, found = (
            verification.threshold_explorer(each.sort_values("group", kind="stable"), steps=3)
            for each in (table, mixed)
        )
        for one, other in zip(found.figure.data, expected.figure.data, strict=True):
            np.testing.assert_array_equal(one.x, other.x)
        lines = [verification.det(each, groups=["a", "b"]).axes[0].lines for each in (table, mixed)]
        for one, other in zip(*lines, strict=True):
            np.testing.assert_array_equal(one.get_xydata(), other.get_xydata())


def test_an_unknown_metric_is_told_those_there_are() -> None:
    with pytest.raises(UnknownName, match="no metric 'recal': did you mean 'recall'"):
        bias.metrics_by_group(audit("a", "b"), ["recal"])


def test_groups_may_be_numbers() -> None:
    figure = bias.comparisons(pairs("a", "b").assign(first=1, second=2))
    assert [each.get_text() for each in figure.axes[0].get_yticklabels()] == ["1", "2"]


def test_a_group_without_pictures_in_a_confusion_has_no_number() -> None:
    figure = verification.confusion(pd.DataFrame([[1.0, 2.0], [HOLE, HOLE]], [1, 2], [1, 2]))
    assert said(figure) == ["1.0", "2.0", "-", "-"]
    labels = [each.get_text() for each in figure.axes[0].get_yticklabels()]
    assert labels == ["1\n3.0 % wrong", "2\nno picture"]


def test_regions_take_pictures_of_every_library() -> None:
    drawn = faces.render([faces.Face()], 64)
    tensor = torch.tensor(drawn.images[0]).permute(2, 0, 1) / 255
    one, two = (plots.regions(image, drawn.masks[0]) for image in (drawn.images[0], tensor))
    shown = [np.asarray(each.axes[1].images[0].get_array()) for each in (one, two)]
    np.testing.assert_allclose(*shown, atol=0.01)


def test_what_is_needed_and_missing_is_named():
    with pytest.raises(InputError, match="groups is None"):
        plots.bias.mean_faces(np.zeros((2, 8, 8, 3)), None)
    with pytest.raises(InputError, match="labels is None"):
        plots.bias.confusion(np.eye(2, dtype=int), None)
    with pytest.raises(InputError, match="values is None"):
        plots.verification.scores(None, [1, 0], ["a", "a"])
