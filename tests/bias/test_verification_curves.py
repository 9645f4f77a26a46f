import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from helpers.bias import verification
from helpers.errors import BadTable, InputError, UnknownName
from tests.bias.simulated import Group, simulate

# Genuine 0.9, 0.8, 0.8, 0.4; impostors 0.8, 0.5, 0.4, 0.3, 0.2: ties between and within kinds.
SCORES = [0.9, 0.8, 0.8, 0.4, 0.8, 0.5, 0.4, 0.3, 0.2]
GENUINE = [1, 1, 1, 1, 0, 0, 0, 0, 0]


def drawn(n: int = 3000, decimals: int = 2, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    genuine = random.random(n) < 0.3
    return np.round(random.normal(1.5 * genuine, 1), decimals), genuine


# -- definitions, by hand


@pytest.mark.parametrize(
    ("threshold", "fmr", "fnmr"),
    [(0.8, 1 / 5, 1 / 4), (0.81, 0, 3 / 4), (0.4, 3 / 5, 0), (0.0, 1, 0), (2.0, 0, 1)],
)
def test_a_score_at_the_threshold_is_accepted(threshold: float, fmr: float, fnmr: float) -> None:
    row = verification.rates(SCORES, GENUINE, threshold).iloc[0]
    assert (row["fmr"], row["fnmr"]) == pytest.approx((fmr, fnmr))
    assert (row["group"], row["n_genuine"], row["n_impostor"]) == ("overall", 4, 5)


@pytest.mark.parametrize("impostors", [6, 30, 49, 98])
def test_one_impostor_in_all_of_them_is_measurable(impostors: int) -> None:
    # 1 / 49 * 49 is less than 1 in floating point.
    scores, genuine = np.arange(impostors + 1.0), np.arange(impostors + 1) == impostors - 1
    row = verification.tar_at_far(scores, genuine, far=1 / impostors).iloc[0]
    assert row["fmr"] == pytest.approx(1 / impostors)
    assert row["tar"] == 1


def test_tar_at_far_by_hand() -> None:
    table = verification.tar_at_far(SCORES, GENUINE, far=(0.2, 0.39, 0.4, 0.59, 0.6, 1.0))
    # Two of five impostors are let through by 0.5, a third only together with its tie at 0.4.
    assert list(table["tar"]) == pytest.approx([3 / 4, 3 / 4, 3 / 4, 3 / 4, 1, 1])
    assert list(table["fmr"]) == pytest.approx([0.2, 0.2, 0.4, 0.4, 0.6, 1.0])
    assert list(table["threshold"]) == pytest.approx([0.8, 0.8, 0.5, 0.5, 0.4, 0.2])


def test_a_far_below_one_pair_cannot_be_measured_and_says_so() -> None:
    row = verification.tar_at_far(SCORES, GENUINE, far=0.1).iloc[0]
    assert np.isnan(row["tar"])
    assert row["note"] == "not measurable below 1/5 = 0.2"


def test_the_threshold_of_a_far_keeps_it_and_the_next_lower_score_does_not() -> None:
    scores, genuine = drawn()
    for row in verification.tar_at_far(scores, genuine, far=(0.003, 0.01, 0.1)).itertuples():
        below = np.max(scores[scores < row.threshold])
        assert verification.rates(scores, genuine, row.threshold)["fmr"][0] <= row.far
        assert verification.rates(scores, genuine, below)["fmr"][0] > row.far


def test_scores_that_are_all_equal_tell_nothing_and_warn() -> None:
    with pytest.warns(UserWarning, match=r"all scores are equal \(0.5\)"):
        assert verification.eer([0.5] * 6, [1, 1, 0, 0, 0, 0])["eer"][0] == 0.5
    with pytest.warns(UserWarning, match="all scores are equal"):
        assert verification.auc([0.5] * 6, [1, 1, 0, 0, 0, 0])["auc"][0] == 0.5


def test_a_thinned_curve_starts_where_nobody_is_accepted() -> None:
    # The two most alike pairs are impostors, so no other count asks for this point.
    scores, genuine = np.arange(40.0, 0.0, -1.0), np.arange(40) % 3 == 2
    first = verification.det(scores, genuine, points=6).iloc[0]
    assert first[["threshold", "fmr", "fnmr"]].tolist() == [np.inf, 0, 1]


def test_a_false_accept_rate_of_zero_may_be_asked_for_and_cannot_be_measured() -> None:
    row = verification.tar_at_far(SCORES, GENUINE, far=0).iloc[0]
    assert row["far"] == 0
    assert row[["tar", "threshold"]].isna().all()
    assert row["note"] == "not measurable below 1/5 = 0.2"


def test_the_usual_false_accept_rates_are_a_tenth_a_hundredth_and_a_thousandth() -> None:
    found = verification.tar_at_far(SCORES, GENUINE)
    assert found["far"].tolist() == [0.1, 0.01, 0.001]
    columns = verification.point_measures(SCORES, GENUINE).columns
    assert {"tar@0.1", "tar@0.01", "tar@0.001"} <= set(columns)


def test_scores_that_separate_perfectly_have_no_equal_error() -> None:
    assert verification.eer([3, 2, 1, 0], [1, 1, 0, 0])["eer"][0] == 0
    assert verification.eer([0, 1, 2, 3], [1, 1, 0, 0])["eer"][0] == 1


# -- against scikit-learn and against closed forms


@pytest.mark.parametrize("decimals", [1, 8])
def test_curves_are_those_of_scikit_learn(decimals: int) -> None:
    scores, genuine = drawn(decimals=decimals)
    far, tar, thresholds = metrics.roc_curve(genuine, scores, drop_intermediate=False)
    points = verification.det(scores, genuine)
    np.testing.assert_allclose(points["fmr"], far)
    np.testing.assert_allclose(1 - points["fnmr"], tar)
    np.testing.assert_allclose(points["threshold"], thresholds)
    fpr, fnr, _ = metrics.det_curve(genuine, scores)
    known = set(zip(points["fmr"].round(12), points["fnmr"].round(12), strict=True))
    assert set(zip(fpr.round(12), fnr.round(12), strict=True)) <= known


@pytest.mark.parametrize("decimals", [1, 8])
def test_the_area_is_that_of_scikit_learn(decimals: int) -> None:
    scores, genuine = drawn(decimals=decimals)
    ours = verification.auc(scores, genuine)["auc"][0]
    assert ours == pytest.approx(metrics.roc_auc_score(genuine, scores), abs=1e-12)


def test_gaussian_scores_have_the_rates_of_their_closed_forms() -> None:
    groups = {"a": Group(), "b": Group(0.5, 3.2)}
    pairs = simulate(groups, people=300, genuine=100, impostor=1, wolves=0.02, alike=0.05)
    found = verification.point_measures(
        pairs.scores, pairs.genuine, pairs.groups, threshold=2.0, far=(0.1, 0.01)
    ).set_index("group")
    for name, group in groups.items():
        row = found.loc[name]
        assert row["fmr"] == pytest.approx(group.fmr(2.0), rel=0.08)
        assert row["fnmr"] == pytest.approx(group.fnmr(2.0), rel=0.12)
        assert row["eer"] == pytest.approx(group.eer, rel=0.08)
        assert row["auc"] == pytest.approx(group.auc, abs=0.003)
        assert row["tar@0.1"] == pytest.approx(group.tar(0.1), abs=0.01)
        assert row["tar@0.01"] == pytest.approx(group.tar(0.01), abs=0.03)


# -- groups


def test_a_group_is_measured_as_if_it_were_alone() -> None:
    scores, genuine = drawn()
    group = np.random.default_rng(1).choice(["x", "y", "z"], len(scores))
    table = verification.point_measures(scores, genuine, group, threshold=0.7).set_index("group")
    for name in "xyz":
        alone = verification.point_measures(
            scores[group == name], genuine[group == name], threshold=0.7
        ).iloc[0]
        numbers = ["n_genuine", "n_impostor", "fmr", "fnmr", "eer", "auc", "tar@0.01"]
        assert list(table.loc[name, numbers]) == list(alone[numbers])


def test_within_counts_impostors_of_one_group_and_all_counts_those_across_for_both() -> None:
    scores, genuine = [0.9, 0.9, 0.7, 0.6, 0.1], [1, 1, 0, 0, 0]
    sides = (["a", "b", "a", "a", "b"], ["a", "b", "b", "a", "b"])
    within = verification.rates(scores, genuine, 0.5, sides).set_index("group")
    across = verification.rates(scores, genuine, 0.5, sides, impostors="all").set_index("group")
    assert dict(within["n_impostor"]) == {"overall": 2, "a": 1, "b": 1}
    assert dict(across["n_impostor"]) == {"overall": 3, "a": 2, "b": 2}
    assert list(within["fmr"]) == [1 / 2, 1, 0]
    assert list(across["fmr"]) == pytest.approx([2 / 3, 1, 1 / 2])
    assert set(within["impostors"]) == {"within"}
    assert set(across["impostors"]) == {"all"}


def test_one_group_per_pair_does_not_say_whose_the_pairs_across_groups_are() -> None:
    with pytest.raises(InputError, match="needs the groups of both sides"):
        verification.rates([1, 0], [1, 0], 0.5, ["a", None], impostors="all")


def test_pairs_without_a_group_count_for_nothing_within_groups() -> None:
    table = verification.rates([1.0, 0.9, 0.1], [1, 0, 0], 0.5, ["a", None, "a"])
    assert list(table["n_impostor"]) == [1, 1]
    assert list(table["fmr"]) == [0, 0]


def test_a_group_without_genuine_pairs_is_undefined_and_never_zero() -> None:
    arguments = ([0.9, 0.2, 0.8, 0.1], [1, 0, 0, 0], ["a", "a", "b", "b"])
    rates = verification.rates(arguments[0], arguments[1], 0.5, arguments[2]).set_index("group")
    assert np.isnan(rates.loc["b", "fnmr"])
    assert rates.loc["b", "fmr"] == 0.5
    assert rates.loc["b", "note"] == "undefined (no genuine pairs)"
    for measure, column in ((verification.eer, "eer"), (verification.auc, "auc")):
        row = measure(arguments[0], arguments[1], group=arguments[2]).set_index("group").loc["b"]
        assert np.isnan(row[column])
        assert row["note"] == "undefined (no genuine pairs)"
    tars = verification.tar_at_far(arguments[0], arguments[1], 1.0, arguments[2])
    assert list(tars["tar"].isna()) == [False, False, True]


def test_each_group_can_have_a_threshold_of_its_own() -> None:
    scores, genuine, group = [0.9, 0.6, 0.5, 0.2], [1, 0, 1, 0], ["a", "a", "b", "b"]
    table = verification.rates(scores, genuine, {"a": 0.7, "b": 0.3}, group)
    assert list(table["fmr"]) == [0, 0, 0]
    assert list(table["fnmr"]) == [0, 0, 0]
    assert table["note"][0] == "each group at its threshold"
    for name, other in (("a", "b"), ("b", "a")):
        with pytest.raises(UnknownName, match=f"no threshold for the group '{other}'"):
            verification.rates(scores, genuine, {name: 0.7}, group)
    with pytest.raises(InputError, match="needs groups"):
        verification.rates(scores, genuine, {"a": 0.7})


def test_thresholds_of_groups_that_are_numbers_are_named_as_the_groups_are() -> None:
    scores, genuine, group = [0.9, 0.6, 0.5, 0.2], [1, 0, 1, 0], [1, 1, 2, 2]
    table = verification.rates(scores, genuine, {1: 0.7, 2: 0.3}, group)  # type: ignore[dict-item]
    assert table["threshold"].tolist()[1:] == [0.7, 0.3]
    with pytest.raises(InputError, match="two thresholds are for one group"):
        verification.rates(scores, genuine, {1: 0.7, "1": 0.5, "2": 0.3}, group)  # type: ignore[dict-item]
    fitted = verification.fit(scores, genuine, 1.0, group)
    with pytest.raises(InputError, match=r"give one number, .*\.to_dict\(\)"):
        verification.rates(scores, genuine, fitted, group)  # type: ignore[arg-type]
    own = verification.rates(scores, genuine, fitted.to_dict(), group)
    assert own["threshold"].tolist() == fitted.tolist()


def test_a_group_without_impostors_leaves_those_of_the_others() -> None:
    scores, genuine, group = [0.9, 0.6, 0.5, 0.8, 0.1], [1, 0, 1, 1, 0], ["a", "a", "b", "b", "a"]
    table = verification.rates(scores, genuine, {"a": 0.55, "b": 0.6}, group).set_index("group")
    assert table.loc["overall", ["fmr", "fnmr"]].tolist() == pytest.approx([1 / 2, 1 / 3])
    assert table.loc["a", ["fmr", "fnmr"]].tolist() == [0.5, 0]
    assert np.isnan(table.loc["b", "fmr"])
    assert table.loc["b", "fnmr"] == 0.5


@pytest.mark.parametrize("threshold", [0.5, {"a": 0.5, "b": 0.5}])
def test_no_impostors_in_any_group_are_no_false_match_rate(threshold: object) -> None:
    table = verification.rates([0.9, 0.8, 0.7, 0.2], [1, 1, 1, 1], threshold, list("aabb"))
    assert table["fmr"].isna().all()
    assert table["fnmr"].tolist() == [0.25, 0, 0.5]
    assert table["note"].str.contains("undefined (no impostor pairs)", regex=False).all()


def test_an_area_needs_pairs_of_both_kinds() -> None:
    table = verification.auc([0.9, 0.1, 0.5], [1, 0, 1], ["a", "a", None]).set_index("group")
    assert table.loc["a", "auc"] == 1
    sides = (["a", "a", "b"], ["a", "a", "c"])
    empty = verification.auc([0.9, 0.1, 0.2], [1, 0, 0], sides).set_index("group")["auc"]
    assert np.isnan(empty["b"])
    assert np.isnan(empty["c"])


def test_a_threshold_that_could_not_be_chosen_accepts_nobody_and_rejects_nobody() -> None:
    for threshold in (np.nan, {"a": np.nan, "b": 0.5}):
        table = verification.rates([0.9, 0.1, 0.8, 0.3], [1, 0, 1, 0], threshold, list("aabb"))
        row = table.set_index("group").loc[["overall", "a"]]
        assert row[["fmr", "fnmr"]].isna().all().all()
        assert row["note"].str.startswith("undefined (").all()
        assert row["note"].str.contains("threshold").all()
    points = verification.point_measures([0.9, 0.1], [1, 0], threshold=np.nan, far=0.5).iloc[0]
    assert np.isnan(points["fmr"])
    assert points["auc"] == 1


def test_the_equal_error_rate_by_hand_lies_between_two_points_of_the_curve() -> None:
    # FMR and FNMR go from (1/5, 1/2) to (2/5, 1/2) to (2/5, 0): crossing at 2/5. With the
    # genuine pair moved up: (1/5, 1/2), (1/5, 0): crossing at 1/5.
    found = verification.eer([9, 8, 7, 6, 5, 4, 3], [1, 0, 0, 1, 0, 0, 0]).iloc[0]
    assert found["eer"] == pytest.approx(2 / 5)
    assert found["threshold"] == 7
    assert verification.eer([9, 8, 7, 6, 5, 4, 3], [1, 0, 1, 0, 0, 0, 0])["eer"][0] == 0.2
    # From (0, 1/2) to (1/3, 0) in one step of tied scores: 1/2 - 3/2 t = ... crosses at t = 3/5.
    tied = verification.eer([9, 8, 8, 7, 7], [1, 1, 0, 0, 0]).iloc[0]
    assert tied["eer"] == pytest.approx(1 / 3 * 3 / 5)
    assert tied["threshold"] == 8


# -- distances, labels, bad input


def test_distances_are_similarities_the_other_way_round() -> None:
    scores, genuine = drawn()
    group = np.where(np.arange(len(scores)) % 2, "x", "y")
    for measure in (verification.eer, verification.auc):
        alike = measure(scores, genuine, group=group)
        far = measure(-scores, genuine, group=group, distance=True)
        column = alike.columns[3]
        np.testing.assert_allclose(alike[column], far[column])
    near = verification.rates(-scores, genuine, -0.7, group, distance=True)
    pd.testing.assert_frame_equal(
        near.drop(columns="threshold"),
        verification.rates(scores, genuine, 0.7, group).drop(columns="threshold"),
    )
    curve = verification.det(-scores, genuine, distance=True)
    assert curve["threshold"].is_monotonic_increasing
    assert curve["threshold"][0] == -np.inf


@pytest.mark.parametrize(
    "labels",
    [
        np.array(GENUINE, dtype=object),
        np.array([str(each) for each in GENUINE], dtype=object),
        [bool(each) for each in GENUINE],
        pd.Series(GENUINE).astype("category"),
        np.array(GENUINE, dtype=float),
        ["True" if each else "False" for each in GENUINE],
    ],
)
def test_labels_may_be_objects_text_or_truth_values(labels: object) -> None:
    assert verification.auc(SCORES, labels)["auc"][0] == verification.auc(SCORES, GENUINE)["auc"][0]


@pytest.mark.parametrize("wrong", [2, -1, "yes", None, np.nan])
def test_a_label_other_than_0_and_1_is_refused_with_its_row(wrong: object) -> None:
    labels = np.array([1, 0, wrong, 0], dtype=object)
    with pytest.raises(BadTable, match=r"pair 3 has the label .*1 \(genuine\) or 0 \(impostor\)"):
        verification.eer([1, 2, 3, 4], labels)


def test_missing_scores_are_counted_and_left_out() -> None:
    scores, group = [0.9, np.nan, 0.2, 0.1, np.nan], list("aabba")
    with pytest.warns(UserWarning, match="2 of 5 pairs have no score and are left out"):
        table = verification.rates(scores, [1, 1, 0, 0, 0], 0.5, group)
    assert list(table["n_genuine"]) == [1, 1, 0]
    with (
        pytest.warns(UserWarning, match="2 of 2"),
        pytest.raises(InputError, match="no pair has a score"),
    ):
        verification.auc([np.nan, np.nan], [1, 0])


def test_what_does_not_fit_is_refused_in_a_sentence() -> None:
    with pytest.raises(InputError, match="3 scores, but 2 values of genuine"):
        verification.eer([1, 2, 3], [1, 0])
    with pytest.raises(InputError, match="3 scores, but 2 values of group"):
        verification.eer([1, 2, 3], [1, 0, 0], ["a", "b"])
    with pytest.raises(InputError, match="there are no pairs"):
        verification.eer([], [])
    with pytest.raises(BadTable, match="a score is no number"):
        verification.eer(["high", "low"], [1, 0])
    with pytest.raises(UnknownName, match="choice of impostors"):
        verification.eer([1, 2], [1, 0], impostors="some")
    with pytest.raises(InputError, match="rename it"):
        verification.eer([1, 2], [1, 0], ["overall", "b"])
    with pytest.raises(InputError, match=r"share in \[0, 1\], not 3"):
        verification.tar_at_far([1, 2], [1, 0], far=3)


def test_a_thinned_curve_lies_on_the_whole_one() -> None:
    scores, genuine = drawn(decimals=8)
    whole, thin = (verification.det(scores, genuine, points=each) for each in (None, 60))
    assert 30 < len(thin) <= 64
    known = set(zip(whole["threshold"], whole["fmr"], whole["fnmr"], strict=True))
    assert set(zip(thin["threshold"], thin["fmr"], thin["fnmr"], strict=True)) <= known
    assert thin["fmr"].iloc[[0, -1]].tolist() == [0, 1]
    # The lowest of all scores is a genuine one here.
    last = verification.det([*scores, -99.0], [*genuine, 1], points=6).iloc[-1]
    assert last[["threshold", "fmr", "fnmr"]].tolist() == [-99, 1, 0]


def test_columns_whose_rows_belong_to_different_pairs_are_not_joined_by_position():
    table = pd.DataFrame({"score": [0.9, 0.2, 0.8, 0.1], "same": [1, 0, 1, 0], "g": list("abab")})
    with pytest.raises(InputError, match="scores and genuine have different indexes"):
        verification.auc(table["score"][1:], table["same"][:-1])
    with pytest.raises(InputError, match="different indexes"):
        verification.rates(table["score"], table["same"], 0.5, table["g"].sample(4, random_state=1))


# -- ends and ties


def test_between_two_thresholds_that_are_equally_near_to_equal_errors_the_laxer_one_is_named() -> (
    None
):
    # At 9, FNMR is 1/2 above FMR; at 8, with a tie, as far below.
    found = verification.eer([9, 8, 8, 7], [1, 1, 0, 0]).iloc[0]
    assert (found["eer"], found["threshold"]) == (0.25, 8)
    # Everybody is in one tie: the only score there is.
    first = verification.eer([9, 9, 9, 1], [0, 0, 1, 1]).iloc[0]
    assert (first["eer"], first["threshold"]) == (pytest.approx(2 / 3), 9)


def test_of_a_single_impostor_any_rate_below_1_is_not_measurable() -> None:
    row = verification.tar_at_far([0.9, 0.1], [1, 0], 0.99).iloc[0]
    assert row["note"] == "not measurable below 1/1 = 1"
    assert verification.tar_at_far([0.9, 0.1], [1, 0], 1.0)["tar"][0] == 1
    none = verification.tar_at_far([0.9, 0.1], [1, 1], 0.5).iloc[0]
    assert none["note"] == "undefined (no impostor pairs)"


@pytest.mark.parametrize("points", [2, 3, 7, 20, 59])
def test_a_thinned_curve_has_the_first_steps_at_which_errors_reach_evenly_spaced_numbers(
    points: int,
) -> None:
    scores, genuine = drawn(60, decimals=8, seed=4)
    whole = verification.det(scores, genuine)
    matches = (whole["fmr"] * (~genuine).sum()).round().to_numpy()
    misses = (whole["fnmr"] * genuine.sum()).round().to_numpy()
    steps = {0, len(whole) - 1}
    for wanted in np.geomspace(1, (~genuine).sum(), points // 2) - 1e-9:
        steps.add(min(step for step in range(len(whole)) if matches[step] >= wanted))
    for wanted in np.geomspace(1, genuine.sum(), points // 2) - 1e-9:
        steps.add(max(step for step in range(len(whole)) if misses[step] >= wanted))
    thin = verification.det(scores, genuine, points=points)
    pd.testing.assert_frame_equal(thin, whole.iloc[sorted(steps)].reset_index(drop=True))


def test_as_many_points_as_there_are_is_the_whole_curve() -> None:
    scores, genuine = drawn(60, decimals=8, seed=4)
    whole = verification.det(scores, genuine)
    pd.testing.assert_frame_equal(verification.det(scores, genuine, points=len(whole)), whole)
    assert len(verification.det(scores, genuine, points=len(whole) - 1)) < len(whole)
    # A group without genuine pairs has a curve of false matches.
    only = verification.det([3.0, 2.0, 1.0], [0, 0, 0], points=2)
    assert only["fmr"].tolist() == pytest.approx([0, 1 / 3, 1])


def test_rates_are_a_number_or_a_list_and_no_table() -> None:
    for far in ([[0.1, 0.2]], [[0.1]]):
        with pytest.raises(InputError, match="far is one false accept rate"):
            verification.tar_at_far(SCORES, GENUINE, far)  # type: ignore[arg-type]


def test_genuine_pairs_are_called_less_alike_beyond_three_standard_errors_only() -> None:
    # Two pairs of either kind at +-1 about their means: standard error of the difference sqrt(2).
    for difference, told in ((4.2, False), (4.3, True)):
        scores = [-1.0, 1.0, difference - 1, difference + 1]
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            verification.auc(scores, [1, 1, 0, 0])
        assert any("less alike" in str(each.message) for each in said) == told
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        verification.auc([-99.0, 1.0, 2.0], [1, 0, 0])  # of one pair nothing is known
        verification.auc([99.0, 98.0, 1000.0], [1, 1, 0])
        verification.rates([0.5], [1], 0.5)  # one score is not "all scores"
        verification.auc([-np.inf, 1.0, 2.0, 0.0], [1, 1, 0, 0])


def test_a_wrong_label_is_counted_with_those_like_it() -> None:
    with pytest.raises(BadTable, match="pair 2 has the label 7, and 2 more like it"):
        verification.auc([1, 2, 3, 4], [1, 7, 8, 9])
    with pytest.raises(BadTable, match="pair 1 has the label 7, and 0 more like it"):
        verification.auc([1, 2], [7, 1])


def test_groups_are_pooled_by_their_numbers_of_pairs_and_the_empty_one_is_left_out() -> None:
    sides = (["a", "a", "a", "b", "b", "b", "c"], ["a", "a", "a", "b", "b", "b", "a"])
    scores, genuine = [0.9, 0.6, 0.2, 0.8, 0.5, 0.1, 0.7], [1, 0, 0, 1, 1, 0, 0]
    table = verification.rates(scores, genuine, {"a": 0.5, "b": 0.6, "c": np.nan}, sides)
    row = table.set_index("group").loc["overall"]
    assert (row["fmr"], row["fnmr"]) == (pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert row["note"] == "each group at its threshold"
    table = verification.rates(scores, genuine, {"a": np.nan, "b": 0.6, "c": 1}, sides)
    assert table["note"][0] == "undefined (no threshold for a)"
    # All of one kind missing in one group: the others' rate.
    kept = [0, 1, 2, 3, 4]
    sides = (["a", "a", "a", "b", "b"],) * 2
    table = verification.rates(
        [scores[k] for k in kept], [genuine[k] for k in kept], {"a": 0.5, "b": 0.6}, sides
    )
    assert table.loc[0, ["fmr", "fnmr"]].tolist() == pytest.approx([1 / 2, 1 / 3])
    own = verification.rates(scores[:5], genuine[:5], {"a": 9, "b": 9, "overall": 0.55}, sides)
    assert own["fmr"].tolist()[:2] == [0.5, 0]


def test_pairs_across_groups_and_of_nobody_count_for_all_impostors_only() -> None:
    one = ["a", "a", "b", None, None, "b", "a"]
    two = ["a", "b", "b", None, "a", None, "a"]
    scores, genuine = np.arange(7.0), [1, 0, 1, 0, 0, 0, 0]
    counts = {}
    for kind in ("within", "all"):
        with pytest.warns(UserWarning, match="4 sides of pairs have no group"):
            table = verification.rates(scores, genuine, 3.0, (one, two), impostors=kind)
        counts[kind] = dict(zip(table["group"], table["n_impostor"], strict=True))
    assert counts == {
        "within": {"overall": 1, "a": 1, "b": 0},
        "all": {"overall": 5, "a": 3, "b": 2},
    }
