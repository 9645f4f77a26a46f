"""Figures of audits: what is drawn is what the table says, and nobody disappears."""

from collections.abc import Callable
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from helpers.bias import classification
from helpers.errors import BadTable, InputError, UnknownName
from helpers.plots import bias
from helpers.plots.verification import disparity


def answers() -> pd.DataFrame:
    random = np.random.default_rng(0)
    group = np.repeat(["large", "middle", "tiny", "only negatives"], [300, 100, 8, 60])
    truth = (random.random(468) < 0.5) & (group != "only negatives")
    wrong = random.random(468) < np.where(group == "middle", 0.45, 0.05)
    score = np.clip(np.where(truth ^ wrong, 0.8, 0.2) + random.uniform(-0.2, 0.2, 468), 0, 1)
    return pd.DataFrame(
        {"group": group, "truth": truth * 1, "said": (truth ^ wrong) * 1, "score": score}
    )


DATA = answers()
AUDIT = classification.audit("truth", "said", ["group"], "score", data=DATA)
GAPS = classification.disparities("truth", "said", ["group"], data=DATA)
PAIRS = classification.pairwise("truth", "said", ["group"], data=DATA)
CURVES = classification.reliability("truth", "score", ["group"], data=DATA)
COUNTS = np.array([[90, 10, 0], [5, 45, 0], [0, 0, 0]])
TWO = DATA[DATA["group"].isin(["large", "middle"])]
THRESHOLDS = np.linspace(0.1, 0.9, 9)


def gaps_at(threshold: float) -> pd.DataFrame:
    """Gaps of two groups where the first has this threshold and the other a half."""
    limit = np.where(TWO["group"] == "large", threshold, 0.5)
    said = (TWO["score"].to_numpy() > limit).astype(int)
    columns = (TWO["truth"].to_numpy(), said, TWO["group"].to_numpy())
    pairs = [classification.pairwise(*columns, each) for each in ("recall", "selection_rate")]
    return pd.concat(pairs).assign(threshold=threshold)


MOVED = pd.concat([gaps_at(threshold) for threshold in THRESHOLDS], ignore_index=True)
FACES = torch.rand(6, 3, 12, 12, generator=torch.Generator().manual_seed(0))

FIGURES: dict[str, Callable[[], Figure]] = {
    "metrics": lambda: bias.metrics_by_group(AUDIT),
    "one metric": lambda: bias.metrics_by_group(AUDIT, ["recall"]),
    "differences": lambda: bias.disparities(GAPS),
    "ratios": lambda: bias.disparities(GAPS, "ratio"),
    "comparisons": lambda: bias.comparisons(PAIRS),
    "reliability": lambda: bias.reliability(CURVES, columns=2),
    "thresholds": lambda: bias.gaps_by_threshold(MOVED),
    "confusion": lambda: bias.confusion(COUNTS, ["one", "two", "never"], "a model"),
    "by chance": lambda: bias.by_chance(np.linspace(0, 0.1, 50), 0.08),
    "mean faces": lambda: bias.mean_faces(FACES, list("aabbbc"), columns=2),
}


@pytest.fixture(scope="module")
def drawn() -> dict[str, Figure]:
    figures = {name: draw() for name, draw in FIGURES.items()}
    for figure in figures.values():
        figure.set_dpi(50)
        figure.draw_without_rendering()
    return figures


def texts(figure: Figure) -> list[str]:
    return [each.get_text() for each in figure.findobj(Text) if each.get_text().strip()]


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_returned_and_none_is_left_open(drawn: dict[str, Figure], name: str) -> None:
    assert isinstance(drawn[name], Figure)
    assert plt.get_fignums() == []


@pytest.mark.parametrize("name", FIGURES)
def test_every_text_can_be_read_on_a_projector(drawn: dict[str, Figure], name: str) -> None:
    found = [each for each in drawn[name].findobj(Text) if each.get_text().strip()]
    assert all(each.get_fontsize() >= 9 for each in found)


@pytest.mark.parametrize("name", FIGURES)
def test_panels_do_not_overlap_and_no_label_leaves_the_figure(
    drawn: dict[str, Figure], name: str
) -> None:
    figure = drawn[name]
    boxes = [axis.get_position() for axis in figure.axes if axis.get_visible()]
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart_across = one.x1 <= other.x0 + 1e-6 or other.x1 <= one.x0 + 1e-6
            assert apart_across or one.y1 <= other.y0 + 1e-6 or other.y1 <= one.y0 + 1e-6
    tight = figure.get_tightbbox()
    assert tight.x0 > -0.05
    assert tight.x1 < figure.get_figwidth() + 0.05


def test_every_group_has_a_line_with_its_n_and_an_undefined_one_a_word(
    drawn: dict[str, Figure],
) -> None:
    axis = drawn["one metric"].axes[0]
    labels = [each.get_text() for each in axis.get_yticklabels()]
    rows = AUDIT[AUDIT["metric"] == "recall"]
    assert labels == [f"{row.group}  (n = {row.of})" for row in rows.itertuples()]
    assert "undefined (no positives)" in texts(drawn["one metric"])
    dots = [line for line in axis.lines if len(line.get_xdata()) == 1]
    assert len(dots) == 3


def test_a_small_group_is_grey_and_hollow(drawn: dict[str, Figure]) -> None:
    axis = drawn["one metric"].axes[0]
    rows = AUDIT[(AUDIT["metric"] == "recall") & AUDIT["value"].notna()]
    dots = [line for line in axis.lines if len(line.get_xdata()) == 1]
    for dot, small in zip(dots, rows["small"], strict=True):
        assert (to_hex(str(dot.get_markerfacecolor())) == "#ffffff") == small
    assert rows["small"].sum() == 1


def test_dots_and_whiskers_are_where_the_table_says(drawn: dict[str, Figure]) -> None:
    row = GAPS[GAPS["measure"] == "difference"].iloc[0]
    drawings = [np.asarray(line.get_xdata()) for line in drawn["differences"].axes[0].lines]
    assert any(len(x) == 2 and np.allclose(x, [row["low"], row["high"]]) for x in drawings)
    assert any(len(x) == 1 and np.allclose(x, row["value"]) for x in drawings)
    expected = GAPS[GAPS["measure"] == "difference"]["by_chance"].where(np.isfinite(GAPS["value"]))
    assert any(
        len(x) == len(expected) and np.allclose(x, expected, equal_nan=True) for x in drawings
    )


def test_parity_is_zero_for_differences_and_one_for_ratios(drawn: dict[str, Figure]) -> None:
    for name, parity in (("differences", 0), ("ratios", 1)):
        assert list(drawn[name].axes[0].lines[0].get_xdata()) == [parity, parity]


def test_only_what_holm_leaves_is_starred_and_row_minus_column_is_signed(
    drawn: dict[str, Figure],
) -> None:
    cells = [each.get_text() for each in drawn["comparisons"].axes[0].texts]
    assert sum("*" in cell for cell in cells) == PAIRS["differs"].sum() > 0
    strongest = PAIRS.loc[PAIRS["difference"].abs().idxmax()]
    # The second of a pair stands lower, so that the row is the second.
    points = f"{round(-100 * strongest['difference']):+d}*"
    names = list(dict.fromkeys([*PAIRS["first"], *PAIRS["second"]]))
    cell = cells[len(names) * names.index(strongest["second"]) + names.index(strongest["first"])]
    assert cell.split("\n")[0] == points


def test_each_pair_is_written_once_below_the_diagonal(drawn: dict[str, Figure]) -> None:
    undefined = PAIRS.assign(difference=PAIRS["difference"].where(PAIRS.index > 0))
    for table, without in ((PAIRS, 0), (undefined, 1)):
        cells = [each.get_text() for each in bias.comparisons(table).axes[0].texts]
        square = np.array(cells).reshape(4, 4)
        assert (square[np.triu_indices(4)] == "").all()
        assert (square[np.tril_indices(4, -1)] != "").all()
        assert cells.count("-") == without


def test_a_pair_told_the_other_way_round_keeps_its_row_and_column() -> None:
    ends = {"first": ["a", "b", "c"], "second": ["b", "c", "a"]}
    told = {"difference": [0.1, 0.2, -0.4], "low": [0.0, 0.1, -0.5], "high": 0.3}
    table = pd.DataFrame({"metric": "recall", **ends, **told, "p_holm": 0.2, "differs": False})
    cells = [each.get_text() for each in bias.comparisons(table).axes[0].texts]
    assert [each for each in cells if each] == [
        "-10\n-30 to 0",  # b minus a
        "-40\n-50 to +30",  # c minus a, as it was told
        "-20\n-30 to -10",  # c minus b
    ]


def test_a_comparison_has_its_interval_and_its_groups_their_n(drawn: dict[str, Figure]) -> None:
    axis, row = drawn["comparisons"].axes[0], PAIRS.iloc[0]
    low, high = (f"{round(-100 * row[each]):+d}" for each in ("high", "low"))
    cells = [each.get_text() for each in axis.texts]
    assert any(cell.endswith(f"\n{low} to {high}") for cell in cells)
    names = [each.get_text() for each in axis.get_yticklabels()]
    assert names[:2] == ["large  (n = 300)", "middle  (n = 100)"]
    bare = PAIRS.drop(columns=["low", "high", "n_first", "n_second"])
    axis = bias.comparisons(bare).axes[0]
    assert not any("to" in each.get_text() for each in axis.texts)
    assert axis.get_yticklabels()[0].get_text() == "large"


def test_the_margin_is_drawn_where_the_table_tells_it() -> None:
    untold = GAPS.drop(columns="margin")
    for measure, place in (("difference", 0.05), ("ratio", 0.95)):
        figure = bias.disparities(GAPS.assign(margin=0.05), measure)
        assert place in [line.get_xdata()[0] for line in figure.axes[0].lines]
        assert "margin, 5 points" in texts(figure)
        assert not any("margin" in each for each in texts(bias.disparities(untold, measure)))


def test_a_gap_at_a_threshold_has_its_n(drawn: dict[str, Figure]) -> None:
    said = " ".join(" ".join(texts(drawn["thresholds"])).split())
    assert "n = 135 and 48" in said
    figure = bias.gaps_by_threshold(MOVED.drop(columns=["n_first", "n_second"]))
    assert not any("n = " in each for each in texts(figure))


def test_a_score_is_not_called_a_probability(drawn: dict[str, Figure]) -> None:
    assert "score (softmax share)" in texts(drawn["reliability"])


@pytest.mark.parametrize("name", ["short", "a name that leaves little room"])
def test_numbers_at_an_axis_stand_apart(name: str) -> None:
    rates = pd.DataFrame({"value": [0.004, 0.012, 0.02], "low": 0.0012, "high": 0.026, "n": 1200})
    table = rates.assign(group=[f"{name} {k}" for k in range(3)], metric="fpr", small=False)
    both = pd.concat([table, table.assign(metric="fnr")]).assign(of=1200)
    for figure in (bias.metrics_by_group(both), disparity(table, "rate", 0.01)):
        figure.draw_without_rendering()
        for axis in figure.axes:
            shown = [each for each in axis.get_xticklabels() if each.get_text()]
            places = [each.get_window_extent() for each in shown]
            inside = [
                each
                for each in places
                if axis.bbox.x0 - 1 <= (each.x0 + each.x1) / 2 <= axis.bbox.x1 + 1
            ]
            assert len(inside) >= 2
            assert all(two.x0 - one.x1 > 4 for one, two in pairwise(inside))


def test_a_mark_lies_where_a_gap_is_nearest_to_zero(drawn: dict[str, Figure]) -> None:
    marks = [line for line in drawn["thresholds"].axes[0].lines if len(line.get_xdata()) == 1]
    for mark, (_, part) in zip(marks, MOVED.groupby("metric", sort=False), strict=True):
        nearest = part.loc[part["difference"].abs().idxmin()]
        assert mark.get_xdata()[0] == nearest["threshold"]
        assert mark.get_ydata()[0] == pytest.approx(100 * nearest["difference"])
        assert f"{nearest['threshold']:.3g}" in str(mark.get_label())


def test_a_gap_that_never_closes_says_so() -> None:
    open_wide = MOVED[MOVED["metric"] == "recall"].assign(difference=0.19)
    labels = [str(line.get_label()) for line in bias.gaps_by_threshold(open_wide).axes[0].lines]
    assert any("never 0; +19 points" in label for label in labels)


def test_panels_of_metrics_share_one_range(drawn: dict[str, Figure]) -> None:
    figure = bias.metrics_by_group(
        classification.audit(
            [1, 1, 0, 0, 1, 0] * 20,
            [1, 0, 0, 0, 1, 1] * 20,
            ["a", "b"] * 60,
            metrics=["recall", "fpr"],
        )
    )
    assert len({axis.get_xlim() for axis in figure.axes}) == 1


def test_mean_faces_come_in_the_order_of_their_groups() -> None:
    figure = bias.mean_faces(torch.rand(3, 3, 8, 8), ["second in the alphabet", "first", "first"])
    assert [axis.get_title().split("\n")[0] for axis in figure.axes] == [
        "second in the alphabet",
        "first",
    ]


def test_a_gap_that_is_never_defined_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="recall: undefined at every threshold"):
        bias.gaps_by_threshold(
            MOVED.assign(difference=MOVED["difference"].where(MOVED["metric"] != "recall"))
        )


def test_the_confusion_table_shows_shares_of_rows_and_counts(drawn: dict[str, Figure]) -> None:
    cells = [each.get_text() for each in drawn["confusion"].axes[0].texts]
    assert cells[:2] == ["90 %\n90", "10 %\n10"]
    assert cells[-3:] == ["-", "-", "-"]


def test_the_four_cells_of_two_classes_have_their_names() -> None:
    counts = np.array([[7, 3], [2, 8]])
    for positive, kinds in (("yes", ["TN", "FP", "FN", "TP"]), ("no", ["TP", "FN", "FP", "TN"])):
        figure = bias.confusion(counts, ["no", "yes"], positive=positive)
        cells = [each.get_text().split("\n") for each in figure.axes[0].texts]
        assert [cell[0] for cell in cells] == kinds
        assert [cell[-1] for cell in cells] == ["7", "3", "2", "8"]
    with pytest.raises(InputError, match="only of two labels.*there are 3"):
        bias.confusion(COUNTS, ["one", "two", "never"], positive="one")
    with pytest.raises(UnknownName, match="no label 'maybe'"):
        bias.confusion(counts, ["no", "yes"], positive="maybe")


def test_the_observed_value_stands_in_the_histogram_of_chance() -> None:
    draws = np.array([0.01, 0.02, 0.02, 0.03, 0.03, 0.03, 0.04, 0.06, 0.06, 0.1])
    figure = bias.by_chance(draws, 0.06, "largest gap of accuracy")
    axis = figure.axes[0]
    assert axis.get_title(loc="left").endswith("or larger: 3 of 10")
    assert sum(bar.get_height() for bar in axis.patches) == 10
    hatched = [bar for bar in axis.patches if bar.get_hatch()]
    assert sum(bar.get_height() for bar in hatched) == 3
    assert [line.get_xdata()[0] for line in axis.lines] == pytest.approx([0.06, draws.mean()])
    assert axis.get_xlabel() == "largest gap of accuracy"
    assert {"observed, 0.06", "mean of the draws, 0.04"} == set(texts(figure)) & {
        "observed, 0.06",
        "mean of the draws, 0.04",
    }
    for many in ([0.2] * 5, [0.3]):  # all alike
        assert bias.by_chance(many, 0.4).axes[0].get_title(loc="left").endswith(f"0 of {len(many)}")
    with pytest.raises(InputError, match="draws is empty"):
        bias.by_chance([], 0.1)
    with pytest.raises(InputError, match="observed"):
        bias.by_chance(draws, float("nan"))


def test_chance_has_a_bar_for_each_share_of_equal_groups_and_thirty_for_others() -> None:
    shares = np.random.default_rng(0).integers(2, 15, 500) / 130
    bars = [bar for bar in bias.by_chance(shares, 1).axes[0].patches if bar.get_height()]
    centres = np.array([bar.get_x() + bar.get_width() / 2 for bar in bars])
    np.testing.assert_allclose(centres, np.unique(shares), atol=1e-6)
    figure = bias.by_chance(np.random.default_rng(0).random(500), 1)
    assert len(figure.axes[0].patches) == 60  # thirty for each of the two sides of the observed


def test_bins_of_a_group_add_up_to_its_n(drawn: dict[str, Figure]) -> None:
    titles = [axis.get_title() for axis in drawn["reliability"].axes if axis.get_title()]
    sizes = CURVES.groupby("group")["n"].sum()
    assert titles == [f"{name}  (n = {sizes[name]})" for name in sizes.index]


def test_a_mean_face_is_the_mean(drawn: dict[str, Figure]) -> None:
    panel = drawn["mean faces"].axes[1]
    assert panel.get_title() == "b\n(n = 3)"
    shown = np.asarray(panel.images[0].get_array())
    np.testing.assert_allclose(shown, FACES[2:5].mean(0).permute(1, 2, 0).numpy(), atol=1e-6)
    as_bytes = (FACES.permute(0, 2, 3, 1).numpy() * 255).astype(np.uint8)
    again = bias.mean_faces(as_bytes, list("aabbbc")).axes[1].images[0].get_array()
    np.testing.assert_allclose(np.asarray(again), shown, atol=0.01)


def test_tables_that_are_not_audits_are_refused() -> None:
    with pytest.raises(BadTable, match="no column 'metric'; it has a"):
        bias.metrics_by_group(pd.DataFrame({"a": [1]}))
    with pytest.raises(UnknownName, match="no metric 'mcc'"):
        bias.metrics_by_group(AUDIT, ["mcc"])
    with pytest.raises(InputError, match="nothing to draw"):
        bias.metrics_by_group(AUDIT.iloc[:0])
    with pytest.raises(InputError, match="no measure 'distance'.*Known: difference, ratio"):
        bias.disparities(GAPS, "distance")
    with pytest.raises(InputError, match="but there are 2 labels"):
        bias.confusion(COUNTS, ["one", "two"])
    with pytest.raises(InputError, match="images has 6 values but groups has 2"):
        bias.mean_faces(FACES, ["a", "b"])
