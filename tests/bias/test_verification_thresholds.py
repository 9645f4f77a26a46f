import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

from helpers.bias import verification
from helpers.bias.verification.thresholds import why_none
from helpers.errors import InputError
from tests.bias.simulated import Group, simulate

GROUPS = {"a": Group(0.0, 3.0), "b": Group(0.6, 3.0)}
PAIRS = simulate(GROUPS, people=100, impostor=4, wolves=0.1)
FOLDS = verification.identity_folds(PAIRS.identities, 4, PAIRS.groups)


def test_a_fitted_threshold_keeps_its_rate_on_the_pairs_it_was_fitted_on() -> None:
    fitted = verification.fit(PAIRS.scores, PAIRS.genuine, 0.01, PAIRS.groups)
    table = verification.rates(PAIRS.scores, PAIRS.genuine, fitted.to_dict(), PAIRS.groups)
    assert table["fmr"].between(0.0098, 0.01).all()
    assert fitted["b"] > fitted["overall"] > fitted["a"]


def test_a_rate_that_cannot_be_measured_gives_no_threshold() -> None:
    said = "2 impostor pairs can't show an FMR of 0.1; give threshold= or fmr >= 0.5"
    with pytest.warns(UserWarning, match=f"no threshold for overall: not measurable: {said}"):
        assert np.isnan(verification.fit([1, 0.5, 0.1], [1, 0, 0], 0.1)["overall"])


def test_fitted_distances_are_distances() -> None:
    alike = verification.fit(PAIRS.scores, PAIRS.genuine, 0.01, PAIRS.groups)
    far = verification.fit(-PAIRS.scores, PAIRS.genuine, 0.01, PAIRS.groups, distance=True)
    np.testing.assert_allclose(alike, -far)


def test_folds_of_people_share_nobody_and_hold_every_group() -> None:
    one, two = PAIRS.identities
    people = [set(one[FOLDS == k]) | set(two[FOLDS == k]) for k in range(4)]
    assert all(len(each) == 50 for each in people)
    assert len(set().union(*people)) == 200
    for k in range(4):
        names, counts = np.unique(PAIRS.groups[0][(FOLDS == k) & PAIRS.genuine], return_counts=True)
        assert list(names) == ["a", "b"]
        assert counts[0] == counts[1]
    assert (FOLDS[PAIRS.genuine] >= 0).all()
    across = FOLDS[one != two] == -1
    assert across.mean() == pytest.approx(3 / 4, abs=0.02)


def test_one_threshold_for_all_is_unfair_to_unseen_people_and_one_each_is_not() -> None:
    table = verification.cross_validate(
        PAIRS.scores, PAIRS.genuine, FOLDS, PAIRS.identities, 0.02, PAIRS.groups
    )
    assert len(table) == 4 * 2 * 3
    means = verification.across_folds(table).set_index(["threshold_for", "group"])
    off = means["percent_difference"]
    # In closed form: the threshold at which both groups together have 2 % gives 0.8 and 3.2 %.
    assert off["all", "a"] < -40
    assert off["all", "b"] > 40
    assert abs(off["each group", "a"]) < 30
    assert abs(off["each group", "b"]) < 30
    assert (means["folds"] == 4).all()


def test_held_out_rates_are_those_of_the_fold_at_the_others_threshold() -> None:
    table = verification.cross_validate(
        PAIRS.scores, PAIRS.genuine, FOLDS, PAIRS.identities, 0.02, PAIRS.groups
    )
    row = (
        table[(table["fold"] == 2) & (table["threshold_for"] == "all")].set_index("group").loc["b"]
    )
    train, test = (FOLDS >= 0) & (FOLDS != 2), FOLDS == 2
    sides = tuple(side[train] for side in PAIRS.groups)
    fitted = verification.fit(PAIRS.scores[train], PAIRS.genuine[train], 0.02, sides)["overall"]
    impostors = test & ~PAIRS.genuine & (PAIRS.groups[0] == "b")
    fmr = (PAIRS.scores[impostors] >= fitted).mean()
    assert row["threshold"] == fitted
    assert row["fmr"] == pytest.approx(fmr)
    assert row["percent_difference"] == pytest.approx(100 * (fmr - 0.02) / 0.02)


def test_folds_that_share_people_are_refused() -> None:
    mixed = np.arange(len(PAIRS.scores)) % 4
    with pytest.raises(InputError, match="200 people are in more than one fold"):
        verification.cross_validate(PAIRS.scores, PAIRS.genuine, mixed, PAIRS.identities)
    with pytest.raises(InputError, match="two or more"):
        verification.cross_validate(PAIRS.scores, PAIRS.genuine, 0 * mixed, PAIRS.identities)


def test_people_in_exactly_two_folds_are_refused() -> None:
    one, two = PAIRS.identities
    # Person 0 is moved, with half of the genuine pairs, to the next fold.
    hers = np.flatnonzero((one == 0) & (two == 0))
    fold = FOLDS.copy()
    fold[hers[::2]] = (FOLDS[hers[0]] + 1) % 4
    with pytest.raises(InputError, match="1 people are in more than one fold"):
        verification.cross_validate(PAIRS.scores, PAIRS.genuine, fold, PAIRS.identities)


def test_two_folds_are_enough_and_one_in_a_hundred_is_intended() -> None:
    folds = verification.identity_folds(PAIRS.identities, 2, PAIRS.groups)
    table = verification.cross_validate(PAIRS.scores, PAIRS.genuine, folds, PAIRS.identities)
    assert table["fold"].tolist() == [0, 1]
    assert table["intended"].tolist() == [0.01, 0.01]
    assert table["fmr"].between(0.005, 0.02).all()


def test_folds_may_be_named_by_numbers_or_text() -> None:
    folds = verification.identity_folds(PAIRS.identities, 2, PAIRS.groups)
    text = folds.astype(str)
    numbers, names = (
        verification.cross_validate(PAIRS.scores, PAIRS.genuine, each, PAIRS.identities)
        for each in (folds, text)
    )
    np.testing.assert_array_equal(numbers["fmr"], names["fmr"])
    assert names["fold"].tolist() == ["0", "1"]


@pytest.mark.parametrize(("first", "second"), [("north", "south"), (0.5, 1.5)])
def test_a_fold_keeps_its_name(first: Any, second: Any) -> None:
    folds = verification.identity_folds(PAIRS.identities, 2, PAIRS.groups)
    between = "-1" if isinstance(first, str) else -1
    named = np.select([folds == 0, folds == 1], [first, second], between)
    table = verification.cross_validate(PAIRS.scores, PAIRS.genuine, named, PAIRS.identities)
    expected = [str(first), str(second)]
    assert table["fold"].astype(str).tolist() == expected


def test_folds_of_a_column_that_once_had_a_gap_leave_out_the_same_pairs() -> None:
    whole, floats = (
        verification.cross_validate(PAIRS.scores, PAIRS.genuine, each, PAIRS.identities)
        for each in (FOLDS, FOLDS.astype(float))
    )
    pd.testing.assert_frame_equal(floats.astype({"fold": int}), whole)


def test_a_group_too_small_for_a_threshold_says_so() -> None:
    table = verification.cross_validate(
        PAIRS.scores, PAIRS.genuine, FOLDS, PAIRS.identities, 1e-5, PAIRS.groups
    )
    rows = table[(table["threshold_for"] == "each group") & (table["group"] != "overall")]
    assert rows["fmr"].isna().all()
    assert rows["note"].str.contains("no threshold").all()
    together = table[(table["threshold_for"] == "each group") & (table["group"] == "overall")]
    assert together[["fmr", "fnmr", "percent_difference"]].isna().all().all()
    assert (together["note"] == "undefined (no threshold for a, b)").all()
    # One threshold for all cannot be chosen either: nobody is accepted by one that doesn't exist.
    for_all = table[table["threshold_for"] == "all"]
    assert for_all[["fmr", "fnmr"]].isna().all().all()
    assert for_all["note"].str.contains("impostor pairs can't show an FMR of 1e-05").all()


def test_a_group_without_a_threshold_leaves_all_groups_together_without_a_rate() -> None:
    # Group a keeps 40 impostor pairs, too few for 0.5 %, group b all of them.
    few = np.flatnonzero(~PAIRS.genuine & (PAIRS.groups[0] == "a"))[40:]
    kept = np.setdiff1d(np.arange(len(PAIRS.scores)), few)
    sides = [tuple(each[kept] for each in both) for both in (PAIRS.identities, PAIRS.groups)]
    folds = verification.identity_folds(sides[0], 2, sides[1])
    table = verification.cross_validate(
        PAIRS.scores[kept], PAIRS.genuine[kept], folds, sides[0], 0.005, sides[1]
    )
    each = table[table["threshold_for"] == "each group"].set_index("group")
    assert each.loc["b", "fmr"].between(0, 0.03).all()
    assert each.loc["overall", ["fmr", "fnmr", "percent_difference"]].isna().all().all()
    assert (each.loc["overall", "note"] == "undefined (no threshold for a)").all()
    means = verification.across_folds(table).set_index(["threshold_for", "group"])
    assert means.loc[("each group", "overall"), ["fmr", "percent_difference"]].isna().all()
    assert means.loc[("each group", "a"), "note"] == "undefined in 2 of 2 folds"
    assert means.loc[("each group", "b"), "note"] == ""


def test_means_over_folds_by_hand_and_none_over_a_fold_without_a_value() -> None:
    table = pd.DataFrame({"fold": [0, 1, 0, 1], "group": list("aabb"), "intended": 0.01})
    table = table.assign(threshold_for="all", fmr=[0.01, 0.03, 0.01, np.nan], fnmr=0.5)
    table["percent_difference"] = 100 * (table["fmr"] - 0.01) / 0.01
    found = verification.across_folds(table).set_index("group")
    assert found.loc["a", ["fmr", "fmr_low", "fmr_high"]].tolist() == [0.02, 0.01, 0.03]
    assert found.loc["a", "percent_difference"] == pytest.approx(100)
    assert found.loc["b", ["fmr", "fmr_low", "fmr_high"]].isna().all()
    assert found.loc["b", ["fnmr", "folds", "note"]].tolist() == [
        0.5,
        1,
        "undefined in 1 of 2 folds",
    ]


@pytest.mark.parametrize(
    ("pairs", "least"), [(24, "0.042"), (3, "0.34"), (100, "0.01"), (7, "0.15")]
)
def test_the_rate_that_would_do_is_measurable_itself(pairs: int, least: str) -> None:
    said = why_none(pairs, 0.001)
    assert said.endswith(f"give threshold= or fmr >= {least}")
    assert float(least) * pairs >= 1 - 1e-9
    assert float(least) * pairs < 1.15


def test_the_per_cent_difference_by_hand() -> None:
    # Ann's and Bea's pairs have the scores of Cem's and Dan's: two of four strangers' pairs pass.
    scores, genuine = [0.9, 0.8, 0.4, 0.3, 0.2, 0.1] * 2, [1, 1, 0, 0, 0, 0] * 2
    one = ["ann", "bea", *["ann"] * 4, "cem", "dan", *["cem"] * 4]
    two = ["ann", "bea", *["bea"] * 4, "cem", "dan", *["dan"] * 4]
    folds = np.repeat([0, 1], 6)
    found = verification.cross_validate(scores, genuine, folds, (one, two), (0.5, 0.4))
    assert found["fmr"].tolist() == [0.5, 0.25] * 2
    np.testing.assert_allclose(found["percent_difference"], [0, -37.5] * 2)
    with pytest.raises(InputError, match="above 0"):
        verification.cross_validate(scores, genuine, folds, (one, two), 0)


def test_there_are_no_more_folds_than_people() -> None:
    with pytest.raises(InputError, match="2 people cannot be dealt into 3 folds"):
        verification.identity_folds(([1, 1], [1, 2]), 3)


def test_a_fitted_threshold_is_the_smallest_score_that_keeps_the_rate() -> None:
    # Between 0.5 and 0.8 every threshold keeps it; 0.5 itself lets a second impostor through.
    scores, genuine = [0.9, 0.8, 0.8, 0.5, 0.3], [1, 1, 0, 0, 0]
    found = float(verification.fit(scores, genuine, 0.4)["overall"])
    assert found == 0.8
    for threshold, rate in ((found, 1 / 3), (0.51, 1 / 3), (0.5, 2 / 3)):
        assert verification.rates(scores, genuine, threshold)["fmr"][0] == pytest.approx(rate)
    # Tied with a second impostor, the largest score accepts too many: then a number above it.
    above = float(verification.fit([0.9, 0.9, 0.9, 0.1], [1, 0, 0, 0], 0.4)["overall"])
    assert 0.9 < above < 0.9 + 1e-9
    assert np.isnan(verification.fit([np.inf, np.inf, np.inf, 0], [1, 0, 0, 0], 0.4)["overall"])


def test_a_pair_without_a_fold_is_refused() -> None:
    folds = FOLDS.astype(object)
    folds[5] = None
    with pytest.raises(InputError, match="fold must be one value per pair, none missing"):
        verification.cross_validate(PAIRS.scores, PAIRS.genuine, folds, PAIRS.identities)


@pytest.mark.parametrize(
    ("pairs", "least"), [(1, "1"), (2, "0.5"), (11, "0.091"), (1234, "0.00082")]
)
def test_the_least_rate_of_many_and_of_few_pairs_is_rounded_up(pairs: int, least: str) -> None:
    said = f"not measurable: {pairs:,} impostor pairs can't show an FMR of 1e-09; give threshold= or fmr >= "
    assert why_none(pairs, 1e-9) == said + least
    assert why_none(0, 0.1) == "not measurable: there are no impostor pairs; give threshold="


def test_a_fold_of_text_numbers_and_gaps_is_the_same_fold_and_minus_one_is_left_out() -> None:
    mixed = FOLDS.astype(object)
    mixed[::2] = [str(each) for each in FOLDS[::2]]
    mixed[1::3] = [float(each) for each in FOLDS[1::3]]
    whole = verification.cross_validate(PAIRS.scores, PAIRS.genuine, FOLDS, PAIRS.identities)
    found = verification.cross_validate(PAIRS.scores, PAIRS.genuine, mixed, PAIRS.identities)
    pd.testing.assert_frame_equal(found.drop(columns="fold"), whole.drop(columns="fold"))
    assert whole["fold"].tolist() == [0, 1, 2, 3]
    halves = np.where(FOLDS < 0, -1.0, FOLDS + 0.5)
    split = verification.cross_validate(PAIRS.scores, PAIRS.genuine, halves, PAIRS.identities)
    assert split["fold"].tolist() == [0.5, 1.5, 2.5, 3.5]
    for wrong in (FOLDS[:, None], FOLDS[:-1]):
        with pytest.raises(InputError, match="fold"):
            verification.cross_validate(PAIRS.scores, PAIRS.genuine, wrong, PAIRS.identities)


def test_each_row_over_held_out_folds_is_measured_at_its_own_threshold_and_says_why_not() -> None:
    # Group b has two impostor pairs in each fold: one in ten is measurable for a and for all.
    few = np.flatnonzero(~PAIRS.genuine & (PAIRS.groups[0] == "b"))
    folds = verification.identity_folds(PAIRS.identities, 2, PAIRS.groups)
    rare = np.concatenate([few[folds[few] == k][:2] for k in (0, 1)])
    kept = np.setdiff1d(np.arange(len(PAIRS.scores)), np.setdiff1d(few, rare))
    scores, genuine, fold = PAIRS.scores[kept], PAIRS.genuine[kept], folds[kept]
    people, groups = (
        tuple(side[kept] for side in each) for each in (PAIRS.identities, PAIRS.groups)
    )
    table = verification.cross_validate(scores, genuine, fold, people, (0.1, 0.5), groups)
    assert len(table) == 2 * 2 * 2 * 3
    for (held, intended, kind), part in table.groupby(["fold", "intended", "threshold_for"]):
        train, test = (fold >= 0) & (fold != held), fold == held
        sides = tuple(side[train] for side in groups)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = verification.fit(scores[train], genuine[train], intended, sides)
        at = fitted["overall"] if kind == "all" else fitted[["a", "b"]].to_dict()
        sides = tuple(side[test] for side in groups)
        expected = verification.rates(scores[test], genuine[test], at, sides)
        for name in ("group", "n_genuine", "n_impostor", "fmr", "fnmr", "threshold", "impostors"):
            assert part[name].tolist() == pytest.approx(expected[name].tolist(), nan_ok=True)
        off = 100 * (expected["fmr"] / intended - 1)
        assert part["percent_difference"].tolist() == pytest.approx(off.tolist(), nan_ok=True)
        why = {"overall": "", "a": "", "b": ""}
        if kind == "each group":
            why["overall"] = "each group at its threshold"
            if intended == 0.1:
                why["overall"] = "undefined (no threshold for b)"
                why["b"] = f"no threshold ({why_none(2, 0.1)})"
        assert dict(zip(part["group"], part["note"], strict=True)) == why


def test_people_are_dealt_evenly_within_every_group() -> None:
    # 7 and 4 people in three folds: no fold has more than one person more of a group than another.
    one, two = np.triu_indices(11)
    names = np.array(list("aaaaaaabbbb"))
    for seed in range(5):
        found = verification.identity_folds((one, two), 3, (names[one], names[two]), seed=seed)
        fold = found[one == two]
        assert sorted(set(fold)) == [0, 1, 2]
        np.testing.assert_array_equal(found, np.where(fold[one] == fold[two], fold[one], -1))
        for name in "ab":
            counts = np.bincount(fold[names == name], minlength=3)
            assert counts.max() - counts.min() <= 1
        assert np.ptp(np.bincount(fold)) <= 1
    assert (
        len({tuple(verification.identity_folds((one, two), 3, seed=seed)) for seed in range(5)})
        == 5
    )
    with pytest.raises(InputError, match="11 people cannot be dealt into 12 folds"):
        verification.identity_folds((one, two), 12)
    assert sorted(verification.identity_folds((one, two), 11)[one == two]) == list(range(11))
