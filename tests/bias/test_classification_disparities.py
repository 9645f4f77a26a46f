"""Gaps between groups: fairlearn's figures, with intervals that know what chance does."""

import numpy as np
import pandas as pd
import pytest
from fairlearn import metrics as fairlearn
from sklearn.metrics import accuracy_score, precision_score

from helpers.bias import classification
from helpers.errors import InputError


def world(rates: list[float], n: int = 200, seed: int = 0) -> pd.DataFrame:
    """Groups that differ in how often the answer is wrong."""
    random = np.random.default_rng(seed)
    group = np.repeat([f"g{k}" for k in range(len(rates))], n)
    truth = random.random(len(group)) < 0.5
    wrong = random.random(len(group)) < np.repeat(rates, n)
    return pd.DataFrame({"group": group, "truth": truth * 1, "said": (truth ^ wrong) * 1})


DATA = world([0.05, 0.1, 0.2])


def found(data: pd.DataFrame, **options: object) -> pd.DataFrame:
    table = classification.disparities("truth", "said", ["group"], data=data, **options)  # type: ignore[arg-type]
    return table.set_index(["criterion", "measure"])


def test_differences_and_ratios_are_fairlearns() -> None:
    table, features = found(DATA), {"sensitive_features": DATA["group"]}
    for criterion, difference, ratio in (
        (
            "demographic parity",
            fairlearn.demographic_parity_difference,
            fairlearn.demographic_parity_ratio,
        ),
        ("equal opportunity", fairlearn.equal_opportunity_difference, None),
        ("equalised odds", fairlearn.equalized_odds_difference, fairlearn.equalized_odds_ratio),
    ):
        for measure, theirs in (("difference", difference), ("ratio", ratio)):
            if theirs is not None:
                expected = theirs(DATA["truth"], DATA["said"], **features)
                assert table.loc[(criterion, measure), "value"] == pytest.approx(expected)
    for criterion, metric in (
        ("predictive parity", precision_score),
        ("accuracy parity", accuracy_score),
    ):
        frame = fairlearn.MetricFrame(
            metrics=metric, y_true=DATA["truth"], y_pred=DATA["said"], **features
        )
        assert table.loc[(criterion, "difference"), "value"] == pytest.approx(frame.difference())
        assert table.loc[(criterion, "ratio"), "value"] == pytest.approx(frame.ratio())
        if criterion == "accuracy parity":
            worst = table.loc[(criterion, "worst group")]
            assert worst["value"] == pytest.approx(frame.group_min())
            assert worst["lowest"] == frame.by_group.idxmin()


def test_every_interval_is_in_order_and_within_what_is_possible() -> None:
    for seed in range(3):
        table = found(world([0.02, 0.02, 0.1, 0.3], 60, seed))
        assert (table["low"] <= table["high"]).all()
        assert ((table["low"] >= 0) & (table["high"] <= 1)).all()


def test_a_clear_gap_leaves_zero_out_and_its_ratio_leaves_one_out() -> None:
    table = found(world([0.05, 0.4], 400))
    accuracy = table.loc["accuracy parity"]
    assert accuracy.loc["difference", "low"] > 0.2
    assert accuracy.loc["ratio", "high"] < 0.8
    assert accuracy.loc["difference", "lowest"] == "g1"


def test_chance_alone_makes_a_gap_that_grows_with_the_number_of_groups() -> None:
    gaps = [
        found(world([0.1] * groups, 100)).loc[("accuracy parity", "difference"), "by_chance"]
        for groups in (2, 5, 14)
    ]
    assert gaps == sorted(gaps)
    # E|X - Y| of two normal means, and the range of fourteen (3.41 standard deviations).
    deviation = np.sqrt(0.09 / 100)
    assert gaps[0] == pytest.approx(2 / np.sqrt(np.pi) * deviation, rel=0.15)
    assert gaps[2] == pytest.approx(3.41 * deviation, rel=0.15)


def test_groups_without_a_metric_are_named_and_small_ones_count_but_are_named_too() -> None:
    extra = pd.DataFrame({"group": ["none", "few", "few"], "truth": [0, 1, 0], "said": [0, 1, 1]})
    table = found(pd.concat([DATA, extra], ignore_index=True))
    note = table.loc[("equal opportunity", "difference"), "note"]
    assert note == ("without none (undefined); fewer than 30 to go by: few; only one class in none")


def test_nothing_to_compare_is_undefined_in_words() -> None:
    one = pd.DataFrame({"group": ["a", "b"], "truth": [1, 0], "said": [1, 0]})
    row = found(one).loc[("equal opportunity", "difference")]
    assert np.isnan(row["value"])
    assert row["note"].startswith("undefined (fewer than two groups)")
    perfect = found(world([0.0, 0.0])).loc[("error parity", "ratio")]
    assert np.isnan(perfect["value"])
    assert "the rate is 0 in every group" in perfect["note"]
    with pytest.raises(InputError, match="needs two groups; there is only everyone"):
        classification.disparities("truth", "said", None, data=DATA)


def test_intervals_are_not_simulated_and_only_what_chance_gives_follows_the_seed() -> None:
    first, again, other = (found(DATA, seed=seed) for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(first, again)
    assert not first["by_chance"].equals(other["by_chance"])
    np.testing.assert_allclose(first["by_chance"], other["by_chance"], atol=0.02)
    pd.testing.assert_frame_equal(first[["low", "high"]], other[["low", "high"]])


def test_exact_answers_among_many_classes_have_only_accuracy_to_compare() -> None:
    truth = np.tile(["x", "y", "z"], 40)
    table = classification.disparities(
        truth, np.roll(truth, 1), ["a", "b"] * 60, positive=None, criteria=["accuracy parity"]
    )
    assert set(table["criterion"]) == {"accuracy parity"}
    assert table["note"].str.contains("exact answer among 3 labels").all()
