"""Calibration: a model that says 80 % is right in 80 %."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from helpers.bias import classification
from helpers.bias.classification.calibration import _moved, _shares, ece_interval
from helpers.errors import InputError
from helpers.intervals import wilson


def test_the_error_of_a_worked_example() -> None:
    # Two bins: 0.2 and 0.3 with one right (mean 0.25, share 0.5), 0.9 and 0.9 with both right.
    assert classification.ece([0.2, 0.3, 0.9, 0.9], [1, 0, 1, 1], bins=2) == pytest.approx(
        0.5 * 0.25 + 0.5 * 0.1
    )


def test_certainty_that_is_always_right_has_no_error_and_always_wrong_has_all() -> None:
    assert classification.ece([1.0, 1.0], [True, True]) == 0
    assert classification.ece([1.0, 1.0], [False, False]) == 1


def test_one_bin_compares_the_two_means() -> None:
    random = np.random.default_rng(0)
    sure, right = random.random(100), random.random(100) < 0.4
    assert classification.ece(sure, right, bins=1) == pytest.approx(abs(sure.mean() - right.mean()))


def test_edges_may_be_given_and_one_and_zero_belong_to_the_outer_bins() -> None:
    sure, right = [0.0, 0.25, 0.5, 1.0], [0, 1, 1, 1]
    assert classification.ece(sure, right, bins=[0, 0.5, 1]) == classification.ece(sure, right, 2)


def test_the_curve_is_scikit_learns_with_wilsons_interval_and_the_counts() -> None:
    random = np.random.default_rng(1)
    score = random.random(500)
    truth = (random.random(500) < score).astype(int)
    table = classification.reliability(truth, score, bins=7)
    share, mean = calibration_curve(truth, score, n_bins=7)
    np.testing.assert_allclose(table["value"], share)
    np.testing.assert_allclose(table["confidence"], mean)
    assert table["n"].sum() == 500
    assert ((table["low"] < share) & (share < table["high"])).all()


def test_curves_of_groups_are_those_of_their_faces() -> None:
    random = np.random.default_rng(2)
    score, group = random.random(300), random.choice(["x", "y"], 300)
    truth = (random.random(300) < score).astype(int)
    table = classification.reliability(truth, score, group)
    alone = classification.reliability(truth[group == "y"], score[group == "y"])
    mine = table[table["group"] == "y"].reset_index(drop=True)
    np.testing.assert_allclose(mine["value"], alone["value"])
    assert set(table["group"]) == {"x", "y"}


def test_a_calibrated_model_has_an_error_on_few_faces_and_the_interval_says_it_is_chance() -> None:
    random = np.random.default_rng(3)
    score = random.random(65)
    found = ece_interval(score, random.random(65) < score)
    assert found.value > 0.06
    assert found.low == 0
    assert found.by_chance == pytest.approx(0.12, abs=0.03)


def test_an_overconfident_model_is_found_out() -> None:
    random = np.random.default_rng(4)
    score = random.choice([0.02, 0.98], 400)
    truth = random.random(400) < np.where(score > 0.5, 0.8, 0.2)
    assert ece_interval(score, truth).low > 0.1


def test_values_that_mean_nothing_are_refused() -> None:
    for confidence, correct, match in (
        ([0.5, 0.5], [1], "confidence has 2 values but correct has 1"),
        ([], [], "no faces"),
        ([0.5, np.nan], [1, 0], "confidence holds 1 of 2 values that are NaN"),
        ([0.5, 1.5], [1, 0], r"1 of 2 are outside \(0.5 to 1.5\)"),
        ([0.5, 0.5], [1, 2], "must say True or False"),
    ):
        with pytest.raises(InputError, match=match):
            classification.ece(confidence, correct)
    for bins in (0, [0.5, 1], [0, 1, 0.5]):
        with pytest.raises(InputError, match="bin"):
            classification.ece([0.5], [1], bins)  # type: ignore[arg-type]


@pytest.mark.parametrize("edge", [0.1, 0.2, 0.3, 0.6, 0.7, 0.9])
def test_a_score_on_an_edge_belongs_to_the_bin_above_it(edge: float) -> None:
    # Two faces in two bins, both as wrong as can be; in one bin their errors would cancel.
    expected = (1 - (edge - 0.1) + edge) / 2
    assert classification.ece([edge - 0.1, edge], [1, 0]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("faces", "even", "expected"),
    [(65, True, 0.12), (65, False, 0.03), (650, True, 0.04), (650, False, 0.01)],
)
def test_a_calibrated_model_has_an_error_that_falls_with_faces_and_grows_with_filled_bins(
    faces: int, even: bool, expected: float
) -> None:
    random = np.random.default_rng(0)
    scores = random.random((400, faces)) if even else np.full((400, faces), 0.9)
    found = [classification.ece(each, random.random(faces) < each) for each in scores]
    assert np.mean(found) == pytest.approx(expected, abs=0.005)


def test_curves_have_a_row_for_each_bin_that_holds_anybody() -> None:
    # Bins of unequal width, two of them empty, and scores on the outer edges.
    score = [0.0, 0.05, 0.2, 0.2, 0.95, 1.0, 0.1, 0.6]
    truth = [0, 1, 1, 0, 1, 1, 0, 1]
    table = classification.reliability(
        truth, score, list("xxxxxxyy"), bins=[0, 0.1, 0.3, 0.6, 0.9, 1], level=0.8
    )
    assert list(table) == ["group", "left", "right", "n", "confidence", "value", "low", "high"]
    assert table[["group", "left", "right", "n"]].to_numpy().tolist() == [
        ["x", 0.0, 0.1, 2],
        ["x", 0.1, 0.3, 2],
        ["x", 0.9, 1.0, 2],
        ["y", 0.1, 0.3, 1],
        ["y", 0.6, 0.9, 1],
    ]
    assert table["confidence"].tolist() == pytest.approx([0.025, 0.2, 0.975, 0.1, 0.6])
    assert table["value"].tolist() == [0.5, 0.5, 1, 0, 1]
    limits = [wilson(*each, 0.8) for each in ((1, 2), (1, 2), (2, 2), (0, 1), (1, 1))]
    np.testing.assert_allclose(table[["low", "high"]], limits)


def test_one_bin_and_a_thousand_are_allowed_and_edges_rise_from_nought_to_one() -> None:
    sure, right = [0.2, 0.2004, 0.6], [1, 0, 1]
    # Even thousandths do not tell 0.2 from 0.2004.
    assert classification.ece(sure, right, 1000) == pytest.approx((1 - 0.4004 + 0.4) / 3)
    assert classification.ece(sure, right, 1) == classification.ece(sure, right, [0, 1])
    assert classification.ece(sure, right, [0, 1]) == classification.ece(sure, right, [-1, 2])
    for wrong in (1001, 0):
        with pytest.raises(InputError, match="bins is"):
            classification.ece(sure, right, wrong)
    wrongs = ([0, 0.5, 0.5, 1], [0, 0.7, 0.5, 1], [0.001, 1], [0, 0.999], [], [0], [1], [[0, 1]])
    for edges in wrongs:
        with pytest.raises(InputError, match="bins"):
            classification.ece(sure, right, edges)  # type: ignore[arg-type]


def test_the_interval_is_that_of_ten_bins_and_ninety_five_per_cent_unless_others_are_given() -> (
    None
):
    random = np.random.default_rng(6)
    score = random.random(40)
    right = random.random(40) < 0.5
    usual = ece_interval(score, right)
    assert usual == ece_interval(score, right, 10, 0.95, 0)
    for other in ((9, 0.95, 0), (11, 0.95, 0), (10, 0.8, 0), (10, 0.95, 1)):
        assert usual != ece_interval(score, right, *other)
    assert usual.value == classification.ece(score, right)


def test_the_worlds_of_the_calibration_error_follow_what_was_seen() -> None:
    # Three bins: all 3 right where half are said to be, 2 of 9 for a fifth, the only one for 0.9.
    right, n, mean = np.array([3.0, 2, 1]), np.array([3.0, 9, 1]), np.array([0.5, 0.2, 0.9])
    seen, beyond = _moved(right, n, mean, 0.95)
    # One face more, right as often as the model says.
    assert seen == pytest.approx([3.5 / 4, 2.2 / 10, 1.9 / 2])
    # Distances of .375, .02 and .05 are .1042 in the mean of 13 faces: halfway to it, and at least
    # half a face. The second interval reaches further upwards, the last one downwards.
    typical = (3 * 0.375 + 9 * 0.02 + 0.05) / 13
    assert beyond[:2] == pytest.approx([0.5 + (0.375 + typical) / 2, 0.2 + (0.02 + typical) / 2])
    assert beyond[2] == pytest.approx(0.9 - 0.5 / 2)


def test_shares_move_along_the_log_odds() -> None:
    mean, towards = np.array([0.2, 0.9, 0.5]), np.array([0.4, 0.6, 0.5])
    np.testing.assert_allclose(_shares(mean, towards, 0.0), mean)
    np.testing.assert_allclose(_shares(mean, towards, 1.0), towards)
    # Odds of 1/4 and 2/3, 9 and 3/2: halfway is their geometric mean.
    half = np.sqrt([1 / 4 * 2 / 3, 9 * 3 / 2, 1])
    np.testing.assert_allclose(_shares(mean, towards, 0.5), half / (1 + half))
    ends = _shares(np.array([0.0, 1.0]), np.array([0.5, 0.5]), 0.0)
    np.testing.assert_allclose(ends, [0, 1], atol=1e-8)
