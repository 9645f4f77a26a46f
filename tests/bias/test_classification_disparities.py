"""Gaps between groups: fairlearn's figures, with intervals that know what chance does."""

import numpy as np
import pandas as pd
import pytest
from fairlearn import metrics as fairlearn
from scipy import stats
from sklearn.metrics import accuracy_score, precision_score

from helpers.bias import classification
from helpers.errors import InputError, UnknownName
from helpers.intervals import GAP, NO_GAP, TOO_LITTLE, holm


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
    assert perfect["verdict"] == TOO_LITTLE
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


def test_with_100_and_20_faces_the_row_names_the_right_groups() -> None:
    group, truth = ["many"] * 100 + ["few"] * 20, np.ones(120)
    said = np.r_[np.ones(60), np.zeros(40), np.ones(18), np.zeros(2)]
    row = classification.disparities(truth, said, group).set_index(["criterion", "measure"])
    for measure in ("difference", "ratio"):
        found_row = row.loc[("equal opportunity", measure)]
        assert (found_row["lowest"], found_row["highest"]) == ("many", "few")
    worst = row.loc[("accuracy parity", "worst group")]
    assert (worst["lowest"], worst["value"]) == ("many", 0.6)
    assert row.loc[("equal opportunity", "difference"), "value"] == pytest.approx(0.3)
    assert row.loc[("equal opportunity", "ratio"), "value"] == pytest.approx(2 / 3)


def test_equalised_odds_keep_the_ratio_of_recall_where_no_group_has_false_positives() -> None:
    group = ["a"] * 40 + ["b"] * 40
    truth = [1, 0] * 40
    said = [1, 0] * 20 + [1, 0] * 10 + [0, 0] * 10
    row = classification.disparities(truth, said, group).set_index(["criterion", "measure"])
    odds = row.loc[("equalised odds", "ratio")]
    assert (odds["value"], odds["metric"]) == (0.5, "recall")
    assert "fpr is 0 in every group, so it has no ratio" in odds["note"]
    assert row.loc[("equalised odds", "difference"), "value"] == 0.5


def test_equalised_odds_are_the_worse_of_both_metrics() -> None:
    group = ["a"] * 100 + ["b"] * 100
    truth = ([1] * 50 + [0] * 50) * 2
    said = [1] * 50 + [0] * 50 + [1] * 40 + [0] * 10 + [1] * 20 + [0] * 30
    table = classification.disparities(truth, said, group).set_index(["criterion", "measure"])
    odds = table.loc[("equalised odds", "difference")]
    assert (odds["metric"], odds["lowest"], odds["highest"]) == ("fpr", "a", "b")
    assert odds["value"] == pytest.approx(0.4)
    assert table.loc[("equalised odds", "ratio"), "value"] == 0


# -- verdicts


def errors(*counts: tuple[int, int]) -> pd.DataFrame:
    """Groups with so many errors of so many faces, half of them of each class."""
    parts = []
    for number, (wrong, n) in enumerate(counts):
        truth = np.arange(n) % 2
        said = np.where(np.arange(n) < wrong, 1 - truth, truth)
        parts.append(pd.DataFrame({"group": f"g{number}", "truth": truth, "said": said}))
    return pd.concat(parts, ignore_index=True)


def said_of(data: pd.DataFrame, criterion: str = "accuracy parity", **options: object) -> str:
    return str(found(data, **options).loc[(criterion, "difference"), "verdict"])


def test_a_large_gap_is_a_gap_a_narrow_interval_is_none_and_a_wide_one_says_too_little() -> None:
    assert said_of(errors((10, 200), (60, 200))) == GAP
    assert said_of(errors((3, 2000), (4, 2000))) == NO_GAP
    assert said_of(errors((10, 40), (10, 40))) == TOO_LITTLE
    assert said_of(errors((0, 2), (0, 2))) == TOO_LITTLE


def test_the_margin_decides_what_is_small_and_a_ratio_is_held_to_its_distance_from_one() -> None:
    data = errors((100, 2000), (180, 2000))
    table = found(data)
    assert table.loc[("accuracy parity", "difference"), "verdict"] == GAP
    assert table.loc[("accuracy parity", "ratio"), "verdict"] == GAP
    assert table.loc[("accuracy parity", "worst group"), "verdict"] == GAP
    assert table.loc[("error parity", "ratio"), "high"] < 0.95
    wide = found(data, margin=0.1)
    assert wide.loc[("accuracy parity", "difference"), "verdict"] == NO_GAP
    assert wide.loc[("accuracy parity", "ratio"), "verdict"] == NO_GAP
    assert wide.loc[("error parity", "difference"), "verdict"] == NO_GAP
    assert wide.loc[("error parity", "ratio"), "verdict"] == GAP


def test_p_values_of_criteria_are_corrected_for_their_number() -> None:
    data = errors((4, 100), (13, 100))
    alone = {
        criterion: float(found(data, criteria=[criterion]).loc[(criterion, "difference"), "p_holm"])
        for criterion in classification.CRITERIA
    }
    table = found(data)
    together = [table.loc[(each, "difference"), "p_holm"] for each in classification.CRITERIA]
    np.testing.assert_allclose(together, holm(list(alone.values())))
    for criterion in classification.CRITERIA:
        rows = table.loc[criterion, "p_holm"]
        assert rows.nunique() == 1
    # One criterion alone finds the gap; among six the evidence is too little.
    assert said_of(data, criteria=["accuracy parity"], margin=0.01) == GAP
    assert said_of(data, margin=0.01) == TOO_LITTLE


def test_gaps_is_another_name_and_says_the_same() -> None:
    pd.testing.assert_frame_equal(
        classification.gaps("truth", "said", ["group"], data=DATA),
        classification.disparities("truth", "said", ["group"], data=DATA),
    )


def test_a_group_of_one_class_or_left_out_leaves_no_gap_unsaid() -> None:
    clean = errors((3, 4000), (4, 4000))
    assert said_of(clean) == NO_GAP
    alone = pd.DataFrame({"group": "women", "truth": 1, "said": 1}, index=range(4000))
    table = found(pd.concat([clean, alone], ignore_index=True))
    assert NO_GAP not in set(table["verdict"])
    assert table["note"].str.contains("only one class in women").all()
    assert table.loc["equalised odds", "note"].str.contains("without women").all()
    empty = clean.assign(group=pd.Categorical(clean["group"], ["g0", "g1", "nobody"]))
    table = found(empty)
    assert NO_GAP not in set(table["verdict"])
    assert table["note"].str.contains("without nobody").all()


def test_a_group_that_is_called_undefined_is_not() -> None:
    clean = errors((3, 4000), (4, 4000)).replace({"group": {"g0": "sex (undefined)"}})
    table = found(clean, smallest=9000)
    row = table.loc[("accuracy parity", "difference")]
    assert row["note"] == "fewer than 9000 to go by: g1, sex (undefined)"
    assert row["verdict"] == NO_GAP


def test_without_a_positive_class_nobody_is_of_one_class() -> None:
    truth = np.tile(["x", "y", "z"], 2000)
    table = classification.gaps(truth, truth, ["a"] * 3000 + ["b"] * 3000, positive=None)
    assert list(table["criterion"].unique()) == ["accuracy parity", "error parity"]
    assert table["verdict"].iloc[0] == NO_GAP
    assert not table["note"].str.contains("one class").any()


def degenerate(random: np.random.Generator) -> pd.DataFrame:
    """Groups of which one at least is empty, has one member, or faces of one class only."""
    kinds = ["empty", "one", "one class"]
    chosen = [random.choice(kinds), *random.choice([*kinds, "few", "many"], random.integers(1, 5))]
    names, truths = [], []
    for number, kind in enumerate(chosen):
        n = {"empty": 0, "one": 1, "few": 4, "many": 200}.get(kind, int(random.integers(2, 40)))
        names += [f"g{number}"] * n
        one = kind in ("one", "one class")
        truths += [random.integers(0, 2)] * n if one else random.integers(0, 2, n).tolist()
    truth = np.array(truths, dtype=int)
    wrong = random.random(len(truth)) < random.choice([0, 0, 0.05, 0.3])
    group = pd.Categorical(names, [f"g{number}" for number in range(len(chosen))])
    return pd.DataFrame({"group": group, "truth": truth, "said": truth ^ wrong})


def check_degenerate(audits: int, seed: int) -> None:
    random, false_gaps = np.random.default_rng(seed), 0
    for _ in range(audits):
        data = degenerate(random)
        if not len(data):
            continue
        table = classification.gaps("truth", "said", "group", data=data)
        shown = table[table["value"].notna()]
        assert NO_GAP not in set(table["verdict"])
        assert (shown["high"] - shown["low"] > 0.001).all()
        assert ((shown["low"] <= shown["value"]) & (shown["value"] <= shown["high"])).all()
        assert (table.loc[table["value"].isna(), "verdict"] == TOO_LITTLE).all()
        sizes = data["group"].value_counts()
        for name in sizes.index[sizes == 0]:
            assert table["note"].str.contains(name).all()
        # Answers err alike in all groups; their base rates differ, and so may what hangs on them.
        equal = table["criterion"].isin(["equal opportunity", "accuracy parity", "error parity"])
        false_gaps += GAP in set(table.loc[equal, "verdict"])
    # Five per cent and three standard errors.
    assert false_gaps <= audits * 0.05 + 3 * np.sqrt(audits * 0.05 * 0.95)


def test_degenerate_audits_say_no_gap_never_and_show_no_certainty() -> None:
    check_degenerate(30, 0)


@pytest.mark.thorough
@pytest.mark.slow
def test_ten_thousand_degenerate_audits_say_no_gap_never_and_show_no_certainty() -> None:
    check_degenerate(10_000, 1)


def test_where_fairlearns_bootstrap_is_certain_of_no_gap_the_evidence_is_too_little() -> None:
    data = errors((0, 30), (0, 30), (0, 2))
    frame = fairlearn.MetricFrame(
        metrics=accuracy_score,
        y_true=data["truth"],
        y_pred=data["said"],
        sensitive_features=data["group"],
        n_boot=20,
        ci_quantiles=[0.025, 0.975],
        random_state=0,
    )
    theirs = [float(each) for each in frame.difference_ci()]
    ours = found(data).loc[("accuracy parity", "difference")]
    assert frame.difference() == ours["value"] == 0
    assert theirs == [0, 0]
    # A group of two without an error hides error rates of up to 80 %.
    assert (ours["low"], ours["verdict"]) == (0, TOO_LITTLE)
    assert ours["high"] == pytest.approx(0.80, abs=0.01)


def test_arguments_without_meaning_are_refused() -> None:
    for options, match in (
        ({"criteria": []}, "criterion is empty"),
        ({"criteria": "equal chances"}, "no criterion 'equal chances'"),
        ({"criteria": ["error parity"] * 2}, "twice"),
        ({"margin": 5}, "0.05 for 5 %"),
        ({"margin": 1}, "below 1"),
        ({"level": 95}, "0.95 for 95 %"),
        ({"seed": -1}, "seed is -1"),
        ({"smallest": "few"}, "smallest is 'few'"),
        ({"positive": None, "criteria": ["equal opportunity"]}, "there is no positive class"),
    ):
        with pytest.raises(InputError, match=match):
            found(DATA, **options)
    with pytest.raises(UnknownName):
        found(DATA, criteria=[None])


def test_equalised_odds_are_not_met_by_the_half_that_can_be_measured() -> None:
    truth = ([1] * 5000 + [0]) * 2
    told = ([1] * 4990 + [0] * 11) * 2
    table = classification.gaps(
        truth, told, ["a"] * 5001 + ["b"] * 5001, criteria=["equalised odds"]
    )
    assert set(table["verdict"]) == {"too little evidence"}


def test_the_table_of_gaps_has_these_columns_and_a_row_for_each_measure_of_each_criterion() -> None:
    few = DATA.iloc[::4]
    table = classification.gaps("truth", "said", ["group"], data=few, margin=0.25)
    assert list(table) == [
        *("criterion", "measure", "metric", "value", "low", "high", "by_chance", "p_holm"),
        *("verdict", "margin", "lowest", "highest", "note"),
    ]
    rows = list(zip(table["criterion"], table["measure"], strict=True))
    assert rows == [
        (criterion, measure)
        for criterion in classification.CRITERIA
        for measure in ("difference", "ratio", "worst group")
        if measure != "worst group" or criterion == "accuracy parity"
    ]
    assert set(table["margin"]) == {0.25}


def test_groups_are_few_by_the_faces_of_the_metric_that_has_fewest() -> None:
    sizes = {"29 and 50": (29, 50), "50 and 29": (50, 29), "30 and 30": (30, 30), "0": (0, 50)}
    sizes["1 and 1"] = 1, 1
    parts = [
        pd.DataFrame({"group": name, "truth": [1] * positive + [0] * negative})
        for name, (positive, negative) in sizes.items()
    ]
    data = pd.concat(parts, ignore_index=True)
    data["said"] = data["truth"]
    notes = found(data).xs("difference", level="measure")["note"]
    few = {name: note.partition("to go by: ")[2].partition(";")[0] for name, note in notes.items()}
    assert few["equalised odds"] == "1 and 1, 29 and 50, 50 and 29"
    assert few["equal opportunity"] == "1 and 1, 29 and 50"
    assert few["accuracy parity"] == "1 and 1"
    assert notes["equalised odds"].startswith("without 0 (undefined); fewer than 30")
    assert notes["accuracy parity"].startswith("fewer than 30")
    # Of nobody there are not fewer than 0.
    for smallest, shown in ((0, False), (1, False), (2, True)):
        table = found(data, criteria=["equalised odds"], smallest=smallest)
        assert ("to go by" in table["note"].iloc[0]) == shown


def test_chance_must_make_so_large_a_gap_less_often_than_the_level_allows() -> None:
    # Of two times three answers, with half of them right, 2 in 64 audits show all against none.
    truth, said, group = [1] * 6, [1, 1, 1, 0, 0, 0], list("aaabbb")
    for level, verdict in ((1 - 1 / 32, TOO_LITTLE), (1 - 1.001 / 32, GAP)):
        table = classification.gaps(
            truth, said, group, criteria=["accuracy parity"], level=level, margin=0
        )
        assert table["p_holm"][0] == 1 / 32
        assert table["low"][0] > 0
        assert table["verdict"][0] == verdict


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_worst_group_has_the_verdict_of_the_difference_wherever_it_stands(place: int) -> None:
    # Rates of 10 and 5 per cent: 5 points apart, and half as high.
    truth = np.tile([1, 0], 4000)
    right = np.r_[np.arange(4000) % 20 < 2, np.arange(4000) % 40 < 2]
    said, group = np.where(right, truth, 1 - truth), np.repeat(["a", "b"], 4000)
    criteria = ["error parity", "demographic parity"]
    criteria.insert(place, "accuracy parity")
    for margin, difference in ((0.1, NO_GAP), (0.01, GAP)):
        table = classification.gaps(truth, said, group, criteria=criteria, margin=margin)
        verdicts = table.set_index(["criterion", "measure"])["verdict"]
        assert list(verdicts["accuracy parity"]) == [difference, GAP, difference]


def test_where_nothing_can_be_compared_the_first_metric_and_those_that_have_it_are_named() -> None:
    truth, group = [0] * 20, ["a"] * 10 + ["b"] * 10
    table = found(pd.DataFrame({"truth": truth, "said": truth, "group": group}))
    for criterion in ("equal opportunity", "equalised odds"):
        for measure in ("difference", "ratio"):
            row = table.loc[(criterion, measure)]
            assert (row["metric"], row["lowest"], row["highest"]) == ("recall", "", "")
            assert row["note"].startswith("undefined (fewer than two groups); without a, b")
            assert np.isnan(row[["value", "low", "high", "by_chance"]].to_numpy(dtype=float)).all()
    alone = [*truth, 1, 1]
    told = [*truth, 1, 0]
    table = found(pd.DataFrame({"truth": alone, "said": told, "group": [*group, "c", "c"]}))
    row = table.loc[("equal opportunity", "ratio")]
    assert (row["metric"], row["lowest"], row["highest"]) == ("recall", "c", "c")
    assert row["note"].startswith("undefined (fewer than two groups); without a, b (undefined)")


def test_one_group_with_anybody_leaves_no_worst_group() -> None:
    group = pd.Categorical(["a"] * 40, ["a", "nobody"])
    truth = np.arange(40) % 2
    table = classification.gaps(truth, truth, group, criteria=["accuracy parity"])
    worst = table.iloc[2]
    assert (worst["measure"], worst["lowest"], worst["verdict"]) == ("worst group", "a", TOO_LITTLE)
    assert np.isnan(worst["value"])


def test_what_chance_gives_to_a_ratio_is_its_mean_in_equal_groups() -> None:
    # Recall of 4 and of 8 positives, 7 of them found: all tables, none of them hit in no group.
    truth, group = np.ones(12), ["a"] * 4 + ["b"] * 8
    said = np.r_[1, 1, 0, 0, np.ones(5), 0, 0, 0]
    first, second = np.meshgrid(np.arange(5) / 4, np.arange(9) / 8, indexing="ij")
    chance = np.outer(*(stats.binom.pmf(np.arange(n + 1), n, 7 / 12) for n in (4, 8)))
    low, high = np.minimum(first, second), np.maximum(first, second)
    ratio = np.where(high > 0, low / np.where(high > 0, high, 1), 1)
    table = classification.gaps(truth, said, group, criteria=["equal opportunity"])
    by_measure = table.set_index("measure")["by_chance"]
    # Three standard errors of 2,000 draws.
    assert by_measure["ratio"] == pytest.approx((chance * ratio).sum(), abs=0.02)
    assert by_measure["difference"] == pytest.approx((chance * (high - low)).sum(), abs=0.015)
