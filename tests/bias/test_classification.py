"""Audits of classifiers: right figures, honest about what is undefined, small or missing."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fairlearn import metrics as fairlearn
from scipy import stats
from sklearn import metrics as sklearn
from sklearn.datasets import make_blobs

from helpers import datasets, models
from helpers.bias import classification
from helpers.errors import BadTable, InputError, UnknownName
from helpers.intervals import holm, wilson, wilson_limits

RACES = ("a", "b", "c")


def answers(n: int = 600, seed: int = 0) -> pd.DataFrame:
    """Two attributes, a truth and a prediction that errs more often in group c."""
    random = np.random.default_rng(seed)
    race, light = random.choice(RACES, n, p=[0.5, 0.3, 0.2]), random.choice(["day", "night"], n)
    truth = random.random(n) < np.where(race == "a", 0.6, 0.4)
    wrong = random.random(n) < np.where(race == "c", 0.25, 0.1)
    score = np.clip(np.where(truth ^ wrong, 0.75, 0.25) + random.uniform(-0.24, 0.24, n), 0, 1)
    return pd.DataFrame(
        {"race": race, "light": light, "truth": truth * 1, "said": (truth ^ wrong) * 1, "p": score}
    )


DATA = answers()

SCIKIT_LEARN: dict[str, Callable[..., float]] = {
    "accuracy": sklearn.accuracy_score,
    "error": sklearn.zero_one_loss,
    "precision": sklearn.precision_score,
    "recall": sklearn.recall_score,
    "f1": sklearn.f1_score,
    "fpr": fairlearn.false_positive_rate,
    "fnr": fairlearn.false_negative_rate,
    "specificity": fairlearn.true_negative_rate,
    "selection_rate": fairlearn.selection_rate,
    "base_rate": lambda t, p: float(np.mean(t)),
}


@pytest.mark.parametrize("metric", classification.METRICS)
def test_each_metric_is_that_of_fairlearn_or_scikit_learn(metric: str) -> None:
    ours = classification.audit("truth", "said", ["race", "light"], data=DATA, metrics=[metric])
    theirs = fairlearn.MetricFrame(
        metrics=SCIKIT_LEARN[metric],
        y_true=DATA["truth"],
        y_pred=DATA["said"],
        sensitive_features=DATA[["race", "light"]],
    ).by_group
    assert list(ours["group"]) == [", ".join(key) for key in theirs.index]
    np.testing.assert_allclose(ours["value"], theirs.to_numpy(dtype=float), atol=1e-12)


def test_the_table_is_tidy_and_has_a_row_for_each_metric_of_each_group() -> None:
    table = classification.audit(DATA["truth"], DATA["said"], DATA["race"], score=DATA["p"])
    assert list(table) == [
        *("metric", "group", "n", "value", "low", "high"),
        *("of", "small", "note"),
    ]
    assert len(table) == 9 * 3
    assert list(table["metric"].unique()) == [*classification.DEFAULT, "ece"]
    sizes = table.groupby("group")["n"].first()
    assert sizes.to_dict() == DATA["race"].value_counts().to_dict()
    assert (table["low"] <= table["high"]).all()


def test_proportions_have_wilsons_interval_and_f1_that_of_the_proportion_it_is_made_of() -> None:
    table = classification.audit("truth", "said", None, data=DATA, metrics=["recall", "f1"])
    true, told = DATA["truth"] == 1, DATA["said"] == 1
    hits = int((true & told).sum())
    recall, f1 = table.to_dict("records")
    assert (recall["low"], recall["high"]) == pytest.approx(wilson(hits, int(true.sum())))
    low, high = wilson(hits, int((true | told).sum()))
    assert (f1["low"], f1["high"]) == pytest.approx((2 * low / (1 + low), 2 * high / (1 + high)))


@pytest.mark.parametrize("groups", [DATA["race"], DATA["race"].tolist(), DATA["race"].to_numpy()])
def test_groups_may_come_as_series_list_or_array(groups: Any) -> None:
    whole = classification.audit("truth", "said", ["race"], data=DATA)
    pd.testing.assert_frame_equal(
        classification.audit(DATA["truth"].array, DATA["said"].array, groups), whole
    )


def test_crossed_attributes_may_come_as_frame_dict_or_columns_of_an_array() -> None:
    by_name = classification.audit("truth", "said", ["race", "light"], data=DATA)
    both = DATA[["race", "light"]]
    for groups in (both, dict(both), both.to_numpy()):
        pd.testing.assert_frame_equal(
            classification.audit(DATA["truth"], DATA["said"], groups), by_name
        )
    assert "b, night" in set(by_name["group"])


# -- what is undefined, small or missing


def test_a_metric_without_positives_is_undefined_and_never_zero() -> None:
    table = classification.audit(
        [0, 0, 1, 1], [0, 0, 0, 1], ["a", "a", "b", "b"], metrics=["recall", "precision", "fpr"]
    ).set_index(["metric", "group"])
    assert np.isnan(table.loc[("recall", "a"), ["value", "low", "high"]].astype(float)).all()
    assert table.loc[("recall", "a"), "note"] == "undefined (no positives)"
    assert table.loc[("precision", "a"), "note"] == "undefined (nobody predicted positive)"
    assert table.loc[("fpr", "b"), "note"] == "undefined (no negatives)"
    assert table.loc[("recall", "b"), "value"] == 0.5


def test_a_small_group_is_kept_and_marked_by_the_faces_that_the_metric_is_about() -> None:
    table = classification.audit(
        [1] * 5 + [0] * 45, [1] * 50, None, metrics=["recall", "fpr", "accuracy"], smallest=10
    )
    assert list(table["n"]) == [50, 50, 50]
    assert list(table["of"]) == [5, 45, 50]
    assert list(table["small"]) == [True, False, False]
    assert table["note"][0] == "only 5 to go by"


def test_fewer_than_thirty_faces_are_few_unless_another_number_is_asked_for() -> None:
    for n, few in ((29, True), (30, False)):
        truth = np.arange(n) % 2
        table = classification.audit(truth, truth, None, metrics=["accuracy"])
        assert table["small"][0] == few
        assert ("only" in table["note"][0]) == few


def test_a_crossed_group_without_anybody_has_its_row() -> None:
    few = DATA[(DATA["race"] != "c") | (DATA["light"] == "day")]
    table = classification.audit("truth", "said", ["race", "light"], data=few)
    nobody = table[table["group"] == "c, night"]
    assert len(nobody) == len(classification.DEFAULT)
    assert (nobody["n"] == 0).all()
    assert set(nobody["note"]) == {"undefined (nobody in this group)"}


def test_a_category_that_a_selection_has_emptied_makes_no_pair() -> None:
    races = pd.Categorical(DATA["race"], [*"dabc"])
    two = DATA.assign(race=races)[races.isin(["a", "b"])]
    pairs = classification.pairwise("truth", "said", ["race"], data=two)
    assert pairs[["first", "second"]].to_numpy().tolist() == [["a", "b"]]
    plain = classification.pairwise("truth", "said", ["race"], data=two.astype({"race": str}))
    pd.testing.assert_frame_equal(pairs, plain)
    crossed = classification.pairwise("truth", "said", ["race", "light"], data=two)
    assert len(crossed) == 6
    assert crossed["difference"].notna().all()
    with pytest.raises(InputError, match="two groups with faces; there is only b"):
        classification.pairwise("truth", "said", ["race"], data=two[two["race"] == "b"])


def test_faces_without_a_value_are_counted_and_left_out() -> None:
    holes = DATA.astype({"truth": float}).copy()
    holes.loc[:4, "truth"] = np.nan
    holes.loc[4:6, "race"] = None
    with pytest.warns(UserWarning, match="7 of 600 faces.*5 without truth, 3 without race"):
        table = classification.audit("truth", "said", ["race"], data=holes)
    assert table.groupby("metric")["n"].sum().unique() == [593]


# -- many classes

EIGHT = np.repeat([f"class {k}" for k in range(8)], 20)
GUESS = np.where(np.arange(160) % 4 == 0, np.roll(EIGHT, 20), EIGHT)


def test_eight_classes_are_audited_one_against_the_rest_and_every_row_says_so() -> None:
    table = classification.audit(EIGHT, GUESS, None, positive="class 3", metrics=["recall"])
    assert table["value"][0] == 0.75
    assert table["note"][0].endswith("class 3 against the rest")


def test_without_a_positive_class_accuracy_counts_exact_answers() -> None:
    table = classification.audit(EIGHT, GUESS, EIGHT, positive=None, metrics=["accuracy"])
    assert (table["value"] == 0.75).all()
    assert table["note"][0].endswith("exact answer among 8 labels")
    with pytest.raises(InputError, match="recall: with positive=None"):
        classification.audit(EIGHT, GUESS, None, positive=None, metrics=["recall"])


def test_without_a_positive_class_an_audit_that_names_no_metric_gives_accuracy_and_error() -> None:
    table = classification.audit(EIGHT, GUESS, None, positive=None)
    assert list(table["metric"]) == ["accuracy", "error"]


def test_eight_numbered_classes_do_not_silently_become_class_one() -> None:
    numbers = pd.factorize(EIGHT)[0]
    with pytest.warns(UserWarning, match="8 labels, and the audit is of label 1 against all"):
        classification.audit(numbers, pd.factorize(GUESS)[0], None)


# -- bad input


def expect(match: str, *arguments: Any, kind: type[Exception] = InputError, **options: Any) -> None:
    with pytest.raises(kind, match=match):
        classification.audit(*arguments, **options)


def test_a_missing_column_is_named_with_what_was_found() -> None:
    expect(
        "asked for prediction, has no column 'prediction'; it has race, light, truth, said, p",
        "truth",
        "prediction",
        ["race"],
        data=DATA,
        kind=BadTable,
    )
    expect(
        "asked for groups, has no column 'gender'",
        "truth",
        "said",
        ["gender"],
        data=DATA,
        kind=BadTable,
    )
    expect("names a column: give its table", "truth", [1], None)


def test_lengths_and_orders_that_differ_are_refused() -> None:
    expect("truth has 3 and prediction 2", [1, 0, 1], [1, 0], None)
    expect("truth is empty", [], [], None)
    named = pd.Series([1, 0, 1], index=["x", "y", "z"])
    expect("different indexes", named, named[::-1], None)
    expect(r"shape \(3, 2\); one value a face.*score\[:, k\]", [1, 0, 1], [1, 0, 1], None,
           score=np.zeros((3, 2)))  # fmt: skip


def test_labels_that_do_not_match_are_refused() -> None:
    expect("positive=1 is none of the labels, 'F', 'M'", ["F", "M"], ["F", "F"], None)
    expect("'female', which truth never does", ["F", "M"], ["female", "M"], None, positive="F")
    expect("of one type", [0, 1], ["0", "1"], None)
    scores = np.linspace(0, 1, 40)
    expect("looks like scores", (scores > 0.5) * 1.0, scores, None)


def test_twenty_different_fractions_may_be_labels_and_twenty_one_look_like_scores() -> None:
    twenty = np.arange(20) / 20
    found = classification.audit(twenty, twenty, None, positive=None, metrics=["accuracy"])
    assert found["note"][0].endswith("exact answer among 20 labels")
    more = np.arange(21) / 21
    expect("truth holds 21 different numbers, so it looks like scores", more, more, None,
           positive=None)  # fmt: skip


def test_an_answer_that_is_never_true_counts_as_wrong_with_a_warning_if_there_are_many() -> None:
    truth = ["cat", "dog", "owl", "owl"]
    with pytest.warns(UserWarning, match="'fox', which truth never does; they count as wrong"):
        table = classification.audit(truth, [*truth[:3], "fox"], None, positive=None)
    assert table["value"][0] == 0.75
    # Where all faces are of one class, every mistake is such an answer.
    alone = classification.audit(["cat", "cat"], ["cat", "fox"], None, positive=None)
    assert alone["value"][0] == 0.5


def test_labels_of_minus_one_and_one_and_of_true_and_false_are_understood() -> None:
    truth, said = DATA["truth"].to_numpy(), DATA["said"].to_numpy()
    plain = classification.audit(truth, said, None)
    pd.testing.assert_frame_equal(classification.audit(2 * truth - 1, 2 * said - 1, None), plain)
    pd.testing.assert_frame_equal(classification.audit(truth == 1, said == 1, None), plain)
    objects = classification.audit(truth.astype(object), said.astype(object), None)
    pd.testing.assert_frame_equal(objects, plain)


def test_scores_that_are_no_probabilities_are_refused_and_turned_ones_are_warned_about() -> None:
    expect(r"2 of 3 are outside \(-1.5 to 3\)", [1, 0, 1], [1, 0, 1], None, score=[3, -1.5, 0.5])
    expect("score must hold numbers", [1, 0], [1, 0], None, score=["high", "low"])
    expect("give them as score", [1, 0], [1, 0], None, metrics=["ece"])
    with pytest.warns(UserWarning, match="pass 1 - score"):
        classification.audit("truth", "said", None, data=DATA, score=1 - DATA["p"])


def test_an_unknown_metric_group_or_criterion_is_named_with_the_nearest() -> None:
    expect("did you mean 'accuracy'", [1, 0], [1, 0], None, metrics=["acuracy"], kind=UnknownName)
    with pytest.raises(UnknownName, match="did you mean 'equalised odds'"):
        classification.disparities("truth", "said", ["race"], data=DATA, criteria=["equal odds"])


# -- group against group


def test_all_pairs_are_compared() -> None:
    table = classification.pairwise("truth", "said", ["race"], data=DATA)
    assert list(zip(table["first"], table["second"], strict=True)) == [
        ("a", "b"),
        ("a", "c"),
        ("b", "c"),
    ]
    values = classification.audit("truth", "said", ["race"], data=DATA).set_index("group")["value"]
    assert table["difference"][1] == pytest.approx(values["a"].iloc[0] - values["c"].iloc[0])


def test_the_difference_has_newcombes_interval_of_a_published_example() -> None:
    # Newcombe 1998, Statistics in Medicine 17, 873-890, table II: 56/70 - 48/80, method 10.
    truth = np.ones(150)
    said = np.r_[np.ones(56), np.zeros(14), np.ones(48), np.zeros(32)]
    row = classification.pairwise(truth, said, ["x"] * 70 + ["y"] * 80, "recall").iloc[0]
    assert row["difference"] == pytest.approx(0.2)
    assert (row["low"], row["high"]) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_p_is_below_five_per_cent_exactly_where_the_interval_leaves_zero_out() -> None:
    for seed in range(5):
        for metric in ("accuracy", "f1", "precision"):
            table = classification.pairwise(
                "truth", "said", ["race", "light"], metric, data=answers(300, seed)
            )
            excluded = (table["low"] > 0) | (table["high"] < 0)
            assert list(excluded) == list(table["p"] < 0.05)
            assert (table["p_holm"] >= table["p"]).all()


def test_a_pair_with_an_undefined_metric_stays_and_does_not_count_for_holm() -> None:
    truth, said = [0, 0] + [1] * 40, [0, 0] + [1] * 20 + [0] * 20
    table = classification.pairwise(truth, said, ["none"] * 2 + ["x"] * 20 + ["y"] * 20, "recall")
    undefined = table[table["note"].str.contains("undefined")]
    assert len(undefined) == 2
    assert undefined["p_holm"].isna().all()
    assert not undefined["differs"].any()
    assert "none: undefined (no positives)" in undefined["note"].iloc[0]
    left = table[table["note"] == ""].iloc[0]
    assert left["p"] == left["p_holm"]


def test_holms_correction_of_a_worked_example() -> None:
    np.testing.assert_allclose(
        holm([0.01, 0.04, 0.03, 0.005, np.nan]), [0.03, 0.06, 0.06, 0.02, np.nan]
    )
    assert holm([0.9, 0.8]).tolist() == [1, 1]


def test_comparisons_without_meaning_are_refused() -> None:
    with pytest.raises(InputError, match="biased upwards"):
        classification.pairwise("truth", "said", ["race"], "ece", data=DATA)
    with pytest.raises(InputError, match="needs two groups"):
        classification.pairwise("truth", "said", None, data=DATA)


# -- the bootstrap of counts


def test_the_bootstrap_of_counts_is_fairlearns_bootstrap_of_rows() -> None:
    data, level = answers(400), [0.025, 0.975]
    frame = fairlearn.MetricFrame(
        metrics=sklearn.accuracy_score,
        y_true=data["truth"],
        y_pred=data["said"],
        sensitive_features=data["race"],
        n_boot=200,
        ci_quantiles=level,
        random_state=0,
    )
    theirs = np.array([each.to_numpy(dtype=float) for each in frame.by_group_ci])
    ours = classification.bootstrap("truth", "said", ["race"], data=data, metrics=["accuracy"])
    # The standard error of a quantile of 200 replicates is about 10 % of the interval's width.
    width = (theirs[1] - theirs[0]).max()
    np.testing.assert_allclose(ours[["low", "high"]].to_numpy().T, theirs, atol=0.3 * width)


def test_a_bootstrap_of_two_replicates_has_bounds_between_them_and_one_is_too_few() -> None:
    truth, said = [1] * 10, [1] * 8 + [0] * 2
    two = classification.bootstrap(truth, said, None, metrics=["accuracy"], replicates=2)
    # Tenths, of which 95 per cent of the distance lie between the bounds.
    apart = 10 * float(two["high"][0] - two["low"][0]) / 0.95
    assert apart == pytest.approx(round(apart))
    with pytest.raises(InputError, match="replicates"):
        classification.bootstrap(truth, said, None, replicates=1)


def test_the_bootstrap_follows_its_seed_and_counts_undefined_replicates() -> None:
    table = classification.bootstrap([1, 0, 0, 0], [1, 0, 0, 0], None, metrics=["recall"])
    # The one positive is missing in (3/4)^4 of all resamples.
    assert table["defined"][0] == pytest.approx(1 - 0.75**4, abs=0.02)
    assert table["low"][0] == table["high"][0] == 1
    one, two = (
        classification.bootstrap("truth", "said", ["race"], data=DATA, seed=seed) for seed in (0, 1)
    )
    assert not one["low"].equals(two["low"])
    again = classification.bootstrap("truth", "said", ["race"], data=DATA, seed=0)
    pd.testing.assert_frame_equal(one, again)


def test_many_wilson_intervals_at_once_are_those_of_scipy() -> None:
    hits, n = np.array([0, 5, 20, 59, 0]), np.array([20, 20, 20, 65, 0])
    known = [
        stats.binomtest(int(k), int(m)).proportion_ci(method="wilson")
        for k, m in zip(hits[:-1], n[:-1], strict=True)
    ]
    expected = np.array([*known, (np.nan, np.nan)]).T  # of nobody nothing is known
    np.testing.assert_allclose(wilson_limits(hits, n), expected, atol=1e-12)


# -- individual fairness


def test_neighbours_with_one_answer_are_consistent_and_with_random_ones_as_chance_says() -> None:
    points, blob = make_blobs(300, centers=[[9, 0], [0, 9], [-9, -9]], random_state=0)
    table = classification.consistency(points, blob, neighbours=5)
    assert table["value"][0] == 1
    random = np.random.default_rng(0).integers(0, 2, 300)
    row = classification.consistency(points, random).iloc[0]
    assert row["low"] < row["by_chance"] < row["high"]


def test_consistency_is_the_formula_of_zemel_and_others_for_two_answers() -> None:
    random = np.random.default_rng(1)
    points, said = random.normal(size=(60, 4)), random.integers(0, 2, 60)
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    np.fill_diagonal(distances, np.inf)
    near = np.argsort(distances, axis=1)[:, :3]
    formula = 1 - np.mean(np.abs(said - said[near].mean(axis=1)))
    found = classification.consistency(points, said, neighbours=3, metric="euclidean")
    assert found["value"][0] == pytest.approx(formula)


def test_a_model_that_answers_all_alike_is_consistent_and_chance_says_why() -> None:
    points = np.random.default_rng(2).normal(size=(50, 3))
    row = classification.consistency(points, [1] * 50).iloc[0]
    assert row["value"] == row["by_chance"] == 1
    assert row["low"] < 1


def test_consistency_refuses_embeddings_that_do_not_belong() -> None:
    with pytest.raises(InputError, match=r"shape \(4, 2\); one row for each of 5"):
        classification.consistency(np.zeros((4, 2)), [1, 0, 1, 0, 1])
    with pytest.raises(InputError, match="embeddings holds 1 of 6 values that are NaN"):
        classification.consistency([[np.nan, 1], [0, 1], [1, 1]], [1, 0, 1], neighbours=1)
    with pytest.raises(InputError, match="neighbours=5, but there are only 3"):
        classification.consistency(np.ones((3, 2)), [1, 0, 1])


@pytest.mark.real_data
def test_the_audit_of_the_gender_model_agrees_with_its_card() -> None:
    import torch

    photographs, model = datasets.load("fairface", split="val"), models.load("gender-fairface")
    chosen = photographs.table[photographs.table["race"] == "Black"]
    with torch.no_grad():
        told = model(photographs.images(chosen, size=model.input_size)).argmax(1)
    said = [model.classes[each] for each in told]
    table = classification.audit(
        chosen["gender"], said, chosen["gender"].astype(str), positive="Female",
        metrics=["accuracy"],
    ).set_index("group")  # fmt: skip
    assert table.loc["Female", "value"] == pytest.approx(55 / 65)
    assert table.loc["Male", "value"] == pytest.approx(62 / 65)
    assert (table.loc["Female", "low"], table.loc["Female", "high"]) == pytest.approx(
        wilson(55, 65)
    )


def test_nothing_is_warned_about_when_nothing_is_wrong() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classification.audit("truth", "said", ["race"], "p", data=DATA)
