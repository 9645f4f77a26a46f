import math
import warnings
from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from helpers.bias import verification
from helpers.bias.verification import audits, measures, people, thresholds, uncertainty
from helpers.bias.verification.extremes import AtFar, FalseMatches
from helpers.datasets.pairs import PairTable
from helpers.errors import BadTable, InputError, UnknownName
from helpers.intervals import wilson
from tests.benchmarks.verification import Setting, coverage
from tests.bias.simulated import Group, Pairs, simulate

GROUPS = {"a": Group(), "b": Group(0.6, 3.0)}


def drawn_anew(pairs: Pairs, **options: object) -> verification.Sample:
    found = {"threshold": 2.0, "far": (0.1, 0.01), "replicates": 300, **options}
    return verification.bootstrap(
        pairs.scores, pairs.genuine, pairs.identities, pairs.groups, **found
    )


@pytest.fixture(scope="module")
def sample() -> verification.Sample:
    return drawn_anew(simulate(GROUPS, people=60))


# -- what is drawn


def test_measures_are_those_that_need_no_drawing(sample: verification.Sample) -> None:
    pairs = simulate(GROUPS, people=60)
    points = verification.point_measures(
        pairs.scores, pairs.genuine, pairs.groups, threshold=2.0, far=(0.1, 0.01)
    ).set_index("group")
    columns = {"FMR": "fmr", "FNMR": "fnmr", "EER": "eer", "AUC": "auc", "TAR@FAR=0.01": "tar@0.01"}
    for metric, column in columns.items():
        for group in ("overall", "a", "b"):
            value = sample.measures["value"][sample.row(metric, group)]
            assert value == points.loc[group, column]


def test_a_draw_is_the_measure_of_a_table_in_which_people_are_repeated() -> None:
    pairs = simulate({"a": Group()}, people=12, seed=3)
    found = drawn_anew(pairs, replicates=3, far=(0.1,))
    one, two = pairs.identities
    counts = np.random.default_rng(0).multinomial(12, np.full(12, 1 / 12), size=3)
    for replicate, times in enumerate(counts):
        weight = np.where(pairs.genuine, times[one], times[one] * times[two])
        scores, genuine = (np.repeat(each, weight) for each in (pairs.scores, pairs.genuine))
        again = verification.point_measures(scores, genuine, threshold=2.0, far=(0.1,)).iloc[0]
        for metric, column in (("FMR", "fmr"), ("FNMR", "fnmr"), ("EER", "eer"), ("AUC", "auc")):
            drawn = found.draws[replicate, found.row(metric, "overall")]
            assert drawn == pytest.approx(again[column], abs=1e-12)
        tar = found.draws[replicate, found.row("TAR@FAR=0.1", "overall")]
        assert tar == pytest.approx(again["tar@0.1"], abs=1e-12)


def test_tied_scores_are_drawn_exactly_too() -> None:
    pairs = simulate({"a": Group()}, people=10, seed=1)
    rounded = np.round(pairs.scores)
    found = verification.bootstrap(
        rounded, pairs.genuine, pairs.identities, far=0.2, replicates=1, seed=5
    )
    times = np.random.default_rng(5).multinomial(10, np.full(10, 0.1))
    one, two = pairs.identities
    weight = np.where(pairs.genuine, times[one], times[one] * times[two])
    again = verification.point_measures(
        np.repeat(rounded, weight), np.repeat(pairs.genuine, weight), far=0.2
    ).iloc[0]
    expected = [again["eer"], again["auc"], again["tar@0.2"]]
    np.testing.assert_allclose(found.draws[0], expected, atol=1e-12)


@pytest.mark.parametrize("digits", [0, 6])
def test_every_draw_of_a_few_people_is_the_measure_of_the_repeated_table(digits: int) -> None:
    for seed in range(3):
        pairs = simulate({"a": Group(0, 1.5)}, people=5, genuine=2, impostor=1, seed=seed)
        scores = np.round(pairs.scores, digits)
        found = verification.bootstrap(
            scores,
            pairs.genuine,
            pairs.identities,
            threshold=1.0,
            far=(0.5, 0.1),
            replicates=25,
            seed=seed,
        )
        counts = np.random.default_rng(seed).multinomial(5, np.full(5, 0.2), size=25)
        one, two = pairs.identities
        for replicate, times in enumerate(counts):
            weight = np.where(pairs.genuine, times[one], times[one] * times[two])
            if not weight[~pairs.genuine].any():  # the same person five times
                continue
            again = verification.point_measures(
                np.repeat(scores, weight), np.repeat(pairs.genuine, weight), threshold=1.0, far=0.5
            ).iloc[0]
            expected = again[["fmr", "fnmr", "eer", "auc"]].to_list()
            if weight[~pairs.genuine].sum() >= 2:
                expected.append(again["tar@0.5"])
            drawn = found.draws[replicate, : len(expected)]
            np.testing.assert_allclose(drawn, expected, atol=1e-12)


def test_the_same_seed_gives_the_same_draws_and_another_seed_others() -> None:
    pairs = simulate({"a": Group()}, people=20)
    first, again, other = (drawn_anew(pairs, replicates=20, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.draws, again.draws)
    assert (first.draws != other.draws).any()


def test_the_standard_error_of_fnmr_is_that_of_independent_people() -> None:
    pairs = simulate({"a": Group()}, people=50)
    found = drawn_anew(pairs)
    rejected = (pairs.scores < 2.0)[pairs.genuine].reshape(50, -1).mean(axis=1)
    expected = rejected.std(ddof=1) / math.sqrt(50)
    assert found.spread[found.row("FNMR", "overall")] == pytest.approx(expected)


def test_the_standard_error_is_the_spread_of_fmr_over_other_people() -> None:
    # Two hundred other tables say how far off one of them is; a naive error takes pairs for people.
    tables = [
        drawn_anew(simulate({"a": Group()}, 30, genuine=1, seed=seed), replicates=1, far=0.1)
        for seed in range(200)
    ]
    row = tables[0].row("FMR", "a")
    values = np.array([each.measures["value"][row] for each in tables])
    said = np.sqrt(np.mean([each.spread[row] ** 2 for each in tables]))
    pairs = tables[0].measures["n_impostor"][row]
    naive = math.sqrt(values.mean() * (1 - values.mean()) / pairs)
    assert said == pytest.approx(values.std(ddof=1), rel=0.15)
    assert naive < 0.75 * values.std(ddof=1)


def test_drawing_pairs_people_twice_is_too_careful_where_matches_are_rare() -> None:
    found = drawn_anew(simulate({"a": Group()}, people=60, wolves=0.05, alike=0.05))
    row = found.row("FMR", "a")
    assert found.spread[row] < 0.8 * found.draws[:, row].std()


# -- how often they hold


@pytest.mark.thorough
@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_intervals_hold_the_truth_as_often_as_they_say(shift: float) -> None:
    # The full 1,000 draws: python -m tests.benchmarks.verification coverage. Here, 200 of them,
    # whose own error is 1.5 points; a bootstrap over pairs holds FMR in about 70 of 100.
    table = coverage(Setting(people=60, wolves=0.2, shift=shift), draws=200, replicates=100)
    assert table["held"].between(90, 100).all()
    plain = [
        name for name in table.index if not name.startswith(("FDR", "GARBE")) and "/" not in name
    ]
    assert 93 <= table.loc[plain, "held"].mean() <= 98


# -- tables of intervals


def test_every_measure_has_an_interval_around_it(sample: verification.Sample) -> None:
    table = verification.intervals(sample)
    assert (table["low"] < table["value"]).all()
    assert (table["value"] < table["high"]).all()
    assert table[["low", "high"]].min().min() >= 0
    assert table[["low", "high"]].max().max() <= 1
    assert set(table["impostors"]) == {"within"}
    assert set(table["n_identities"]) == {60, 120}
    wider = verification.intervals(sample, level=0.99)
    assert (wider["high"] - wider["low"] > table["high"] - table["low"]).all()


def test_no_error_seen_is_an_interval_over_people_and_pairs_of_people() -> None:
    pairs = simulate({"a": Group(0.0, 60.0)}, people=20)
    table = verification.intervals(drawn_anew(pairs, threshold=30.0)).set_index(["metric", "group"])
    assert tuple(table.loc[("FNMR", "a"), ["low", "high"]]) == pytest.approx(wilson(0, 20))
    # The exact upper limit of none in 190 independent pairs, for Student's instead of the normal
    # quantile: 1 - tail ** (1 / n).
    n = 190 * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 19)) ** 2
    expected = (0, 1 - 0.025 ** (1 / n))
    assert tuple(table.loc[("FMR", "a"), ["low", "high"]]) == pytest.approx(expected)
    assert "190 independent pairs" in table.loc[("FMR", "a"), "note"]


def test_a_group_without_genuine_pairs_has_no_interval_and_says_why() -> None:
    pairs = simulate(GROUPS, people=20)
    kept = ~(pairs.genuine & (pairs.groups[0] == "b"))
    parts = [each[kept] for each in (pairs.scores, pairs.genuine, *pairs.identities, *pairs.groups)]
    found = verification.bootstrap(
        parts[0], parts[1], (parts[2], parts[3]), (parts[4], parts[5]), threshold=2.0, replicates=50
    )
    table = verification.intervals(found).set_index(["metric", "group"])
    for metric in ("FNMR", "EER", "AUC", "TAR@FAR=0.1"):
        row = table.loc[(metric, "b")]
        assert row[["value", "low", "high"]].isna().all()
        assert row["note"] == "undefined (no genuine pairs)"
    assert table.loc[("FMR", "b"), "low"] > 0
    nothing = verification.disparities(found, simulations=100).set_index("metric").loc["GARBE"]
    assert math.isnan(nothing["value"])
    assert nothing["note"] == "undefined (no genuine pairs in b)"
    assert nothing["verdict"] == "too little evidence"


def test_few_people_are_said_to_be_few() -> None:
    for few, said in ((19, "only 19 people: the interval may be too narrow"), (20, "")):
        found = verification.intervals(drawn_anew(simulate({"a": Group()}, few, wolves=0.1)))
        assert found.set_index(["metric", "group"]).loc[("FNMR", "a"), "note"] == said
    table = verification.intervals(drawn_anew(simulate({"a": Group()}, people=10)))
    assert table["note"].str.contains("only 10 people").any()
    two = verification.bootstrap([1, 0.9, 0.8, 0.7], [1, 0, 0, 1], ([0, 0, 1, 1], [0, 1, 0, 1]))
    last = verification.intervals(two).set_index("metric").loc["EER"]
    assert last["value"] == pytest.approx(0.5)
    assert math.isnan(last["low"])
    assert last["note"] == "only 2 people: too few for an interval"


def test_differences_and_ratios_are_of_the_measures(sample: verification.Sample) -> None:
    value = {group: sample.measures["value"][sample.row("FMR", group)] for group in "ab"}
    gap = verification.compare(sample, "FMR", "a").iloc[0]
    ratio = verification.compare(sample, "FMR", "a", "ratio").iloc[0]
    assert (gap["group"], gap["reference"]) == ("b", "a")
    assert gap["value"] == pytest.approx(value["b"] - value["a"])
    assert ratio["value"] == pytest.approx(value["b"] / value["a"])
    # The groups differ by far more than chance; both say so.
    assert gap["low"] > 0
    assert ratio["low"] > 1
    assert list(verification.compare(sample, "EER")["group"]) == ["a", "b"]
    with pytest.raises(UnknownName, match="metric"):
        verification.compare(sample, "ERR")
    with pytest.raises(UnknownName, match="group"):
        verification.compare(sample, "EER", "c")


def test_summaries_know_what_chance_gives_and_can_hold_parity() -> None:
    same = {name: Group() for name in "abcd"}
    found = verification.disparities(drawn_anew(simulate(same, people=60, seed=2)))
    table = found.set_index("metric")
    assert table.loc["FMR max/min", "value"] > 1.05
    assert table.loc["FMR max/min", "low"] == pytest.approx(1)
    assert table.loc["FMR max/min", "expected_at_parity"] > 1.1
    assert table.loc["FDR", "high"] == pytest.approx(1)
    assert table.loc["GARBE", "low"] == pytest.approx(0, abs=1e-12)
    assert (table["p_parity"] > 0.025).all()
    assert (table["p_holm"] > 0.05).all()


def test_summaries_see_groups_that_differ(sample: verification.Sample) -> None:
    table = verification.disparities(sample).set_index("metric")
    rows = table.loc[["GARBE", "FMR max/min", "FMR max/geomean"]]
    assert (rows["p_parity"] < 0.01).all()
    # By hand: the smallest six times, the next five times, never below one before, both sides.
    ordered = np.sort(table["p_parity"])
    by_hand = np.minimum(2 * np.maximum.accumulate(ordered * [6, 5, 4, 3, 2, 1]), 1)
    np.testing.assert_allclose(np.sort(table["p_holm"]), by_hand)
    assert table.loc["FMR max/min", "low"] > 1.2
    assert table.loc["FMR max/min", "worst"] == "b"
    assert (rows["low"] < rows["value"]).all()
    assert (rows["value"] < rows["high"]).all()
    without = verification.bootstrap([1.0, 0.0], [1, 0], ([0, 0], [0, 1]), replicates=2)
    with pytest.raises(InputError, match="two groups or more"):
        verification.disparities(without)


def test_bands_follow_the_curve_and_never_rise() -> None:
    pairs = simulate(GROUPS, people=30)
    table = verification.bands(
        pairs.scores, pairs.genuine, pairs.identities, pairs.groups, fmr=(0.001, 0.01, 0.1, 0.5)
    )
    exact = verification.tar_at_far(pairs.scores, pairs.genuine, (0.01,), pairs.groups)
    np.testing.assert_allclose(table.loc[table["fmr"] == 0.01, "fnmr"], 1 - exact["tar"])
    for _, part in table.groupby("group"):
        known = part.dropna()
        assert (known["high"].diff().dropna() <= 0).all()
        assert (known["low"] <= known["fnmr"]).all()
        assert (known["fnmr"] <= known["high"]).all()


def test_labels_that_contradict_identities_and_sides_without_one_are_refused() -> None:
    with pytest.raises(BadTable, match="1 labels contradict the identities, the first in pair 2"):
        verification.bootstrap([1, 0.5, 0], [1, 1, 0], ([1, 1, 1], [1, 2, 2]))
    with pytest.raises(BadTable, match="1 sides of pairs have no identity"):
        verification.bootstrap([1, 0.5], [1, 0], ([1, None], [1, 2]))


def test_an_audit_checks_its_pairs_once_and_sorts_them_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pairs = simulate(GROUPS, people=10)
    (one, two), number = pairs.identities, np.arange(len(pairs.scores))
    table = pd.DataFrame({"p1": number, "p2": -1 - number, "label": pairs.genuine.astype(int)})
    table = table.assign(id1=one, id2=two, att1=pairs.groups[0], att2=pairs.groups[1])
    calls = []
    for name in ("checked", "curves_of"):
        function = getattr(audits, name)
        counted = partial(lambda f, n, *given: (calls.append(n), f(*given))[1], function, name)
        monkeypatch.setattr(audits, name, counted)
    for module in (measures, people, thresholds, uncertainty):
        for name in ("checked", "curves_of"):
            monkeypatch.setattr(module, name, lambda *_: pytest.fail("checked or sorted again"))
    verification.audit(PairTable("x", table.assign(score=pairs.scores)), fmr=0.1, replicates=3)
    assert calls == ["checked", "curves_of"]


def test_an_audit_of_a_table_is_one_call_and_leaves_repeats_out() -> None:
    pairs = simulate(GROUPS, people=25)
    one, two = pairs.identities
    number = np.arange(len(one))
    table = pd.DataFrame({"p1": number, "p2": -1 - number, "label": pairs.genuine.astype(int)})
    table = table.assign(id1=one, id2=two, att1=pairs.groups[0], att2=pairs.groups[1])
    table = table.assign(score=pairs.scores)
    found = verification.audit(PairTable("drawn", table), replicates=50)
    assert set(found.measures["metric"]) >= {"FMR", "FNMR", "EER", "AUC", "TAR@FAR=0.01"}
    assert found.differences["metric"].tolist() == ["FMR", "FMR", "FNMR", "FNMR", "EER", "EER"]
    # Each interval is the one that a comparison by itself has; the verdicts are of one family.
    figures = ["metric", "group", "reference", "measure", "value", "low", "high"]
    alone = [verification.compare(found.sample, kind) for kind in ("FMR", "FNMR", "EER")]
    expected = pd.concat(alone, ignore_index=True)[figures]
    pd.testing.assert_frame_equal(found.differences[figures], expected)
    pd.testing.assert_frame_equal(found.measures, verification.intervals(found.sample))
    pd.testing.assert_frame_equal(found.disparities, verification.summaries(found.sample))
    assert len(found.disparities) == 6
    twice = pd.concat([table, table.head(7)], ignore_index=True)
    with pytest.warns(UserWarning, match="7 of .* pairs repeat an earlier one and are left out"):
        again = verification.audit(PairTable("drawn", twice), replicates=50)
    pd.testing.assert_frame_equal(again.measures, found.measures)
    with pytest.raises(BadTable, match="no column 'att2'; it has p1, p2"):
        verification.audit(PairTable("drawn", table.drop(columns="att2")))


def test_an_ordinary_audit_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        verification.intervals(drawn_anew(simulate(GROUPS, people=15), replicates=20))


def test_a_group_without_false_matches_leaves_the_other_summaries_alone() -> None:
    pairs = simulate(GROUPS, people=20)
    strict = float(pairs.scores[~pairs.genuine].max()) + 1e-6
    found = verification.disparities(drawn_anew(pairs, threshold=strict), simulations=100)
    table = found.set_index("metric")
    assert table.loc["FNMR max/min", "low"] >= 1
    assert table.loc["FMR max/min", "note"].startswith("undefined (no errors")
    assert math.isnan(table.loc["FMR max/min", "value"])
    # A difference of rates exists where a ratio doesn't.
    fnmr = verification.rates(pairs.scores, pairs.genuine, strict, pairs.groups[0])["fnmr"][1:]
    assert table.loc["FDR", "value"] == pytest.approx(1 - (fnmr.max() - fnmr.min()) / 2)
    assert table.loc["FDR", "note"].startswith("no interval (no errors")


def test_people_are_drawn_a_thousand_times_unless_another_number_is_asked_for() -> None:
    pairs = simulate({"a": Group()}, people=8, genuine=2, impostor=1)
    found = verification.bootstrap(pairs.scores, pairs.genuine, pairs.identities)
    assert len(found.draws) == 1000


def test_inequality_needs_two_groups() -> None:
    pairs = simulate({"a": Group()}, people=8, genuine=2, impostor=1)
    found = drawn_anew(pairs, replicates=20)
    with pytest.raises(InputError, match="disparities need two groups or more"):
        verification.disparities(found)
    both = simulate(GROUPS, people=8, genuine=2, impostor=1)
    without = drawn_anew(both, threshold=None, replicates=20)
    with pytest.raises(InputError, match=r"need two groups or more, and bootstrap\(..., threshold"):
        verification.disparities(without)


@pytest.mark.parametrize("accepted", [1, 23])
def test_one_person_unlike_all_others_is_one_independent_error(accepted: int) -> None:
    # Of 24 people so many are accepted in both their pairs: if it is one, or all but one, the
    # standard error is 1/24, and of as many independent errors the one.
    person = np.repeat(np.arange(24), 2)
    one, two = np.triu_indices(24, 1)
    scores = np.concatenate([np.where(person < accepted, 0.9, 0.3), np.full(len(one), 0.1)])
    sides = np.concatenate([person, one]), np.concatenate([person, two])
    found = verification.bootstrap(
        scores, sides[0] == sides[1], sides, threshold=0.5, far=0.1, replicates=20
    )
    row = verification.intervals(found).set_index("metric").loc["FNMR"]
    assert row["value"] == pytest.approx(1 - accepted / 24)
    assert found.spread[found.row("FNMR", "overall")] == pytest.approx(1 / 24)
    assert "(worth 1.0 independent errors, or 24 people)" in row["note"]


# -- what is said of an interval


def row_of(**changes: object) -> SimpleNamespace:
    """A row of a sample: an FNMR of 0.2 of 40 people."""
    usual = {
        "metric": "FNMR",
        "value": 0.2,
        "note": "",
        "spread": 0.05,
        "freedom": 39.0,
        "behind": None,
        "n_units": 40,
        "n_identities": 40,
    }
    return SimpleNamespace(**(usual | changes))


def matches(accepted: int = 50, inflation: float = 1.0, behind: float = 40.0) -> FalseMatches:
    return FalseMatches(accepted, 1000, inflation, 40, behind)


def at_far(its: FalseMatches, spread: float = 0.05) -> AtFar:
    return AtFar(0.8, 0.05, its, 1.0, 80, 40, spread, 39.0, 0.0)


FEW = "a few people decide this value (worth {} independent errors, or {} people): the interval may be too narrow"


@pytest.mark.parametrize(
    ("row", "note"),
    [
        (row_of(), ""),
        (row_of(note="a reason", spread=0.0), "a reason"),
        (row_of(value=np.nan, spread=np.nan), ""),
        (row_of(n_identities=20), ""),
        (row_of(n_identities=19), "only 19 people: the interval may be too narrow"),
        # The smaller of both shares, over the standard error, squared.
        (row_of(value=0.23, spread=0.23 / 2.3**0.5 * (1 - 1e-12)), ""),
        (row_of(value=0.2, spread=0.2), FEW.format("1.0", 40)),
        (row_of(value=0.8, spread=0.2), FEW.format("1.0", 40)),
        (row_of(value=0.71, spread=0.2), FEW.format("2.1", 40)),
        (row_of(value=0.69, spread=0.2), ""),
        # What false matches are worth counts for FMR and TAR.
        (row_of(metric="FMR", behind=matches(23, 10.0)), ""),
        (row_of(metric="FMR", behind=matches(22, 10.0)), FEW.format("2.2", 40)),
        (row_of(metric="FMR", behind=matches(978, 10.0)), FEW.format("2.2", 40)),
        (row_of(metric="FMR", behind=matches(behind=15.0)), ""),
        (row_of(metric="FMR", behind=matches(behind=14.9)), FEW.format("50.0", 15)),
        (row_of(metric="TAR@FAR=0.05", behind=at_far(matches(22, 10.0))), FEW.format("2.2", 40)),
        (row_of(metric="TAR@FAR=0.05", behind=at_far(matches(behind=3.0))), FEW.format("50.0", 3)),
        (row_of(metric="TAR@FAR=0.05", behind=at_far(matches())), ""),
        # Of an equal error, whose threshold follows, the number of false matches does not.
        (row_of(metric="EER", behind=matches(22, 10.0)), ""),
        (row_of(metric="EER", spread=0.2, behind=matches()), FEW.format("1.0", 40)),
        (row_of(metric="EER", behind=matches(behind=14.0)), FEW.format("16.0", 14)),
        # Nobody differs.
        (row_of(spread=0.0), "all people in the sample alike: Wilson's interval for 40 people"),
        (
            row_of(spread=0.0, n_units=1234, n_identities=5),
            "all people in the sample alike: Wilson's interval for 1,234 people",
        ),
        (
            row_of(metric="TAR@FAR=0.05", behind=at_far(matches(), 0.0)),
            "all people in the sample alike: Wilson's interval for 40 people",
        ),
        (row_of(value=0.0, spread=0.0), "0 in the sample: Wilson's interval for 40 people"),
        (row_of(value=1.0, spread=0.0), "1 in the sample: Wilson's interval for 40 people"),
        (
            row_of(metric="FMR", value=0.0, spread=0.0, behind=matches(0, 1.25)),
            "0 in the sample: the interval of 800 independent pairs",
        ),
        (
            row_of(metric="EER", value=0.0, spread=0.0, behind=matches(0, 1.25)),
            "0 in the sample: Wilson's interval for 40 people",
        ),
        # No standard error: of whom there are too few.
        (row_of(spread=np.nan, n_units=2), "only 2 people: too few for an interval"),
        (
            row_of(spread=np.nan, n_units=3, n_identities=2),
            "no interval: in fewer than three draws of people could it be measured",
        ),
        (
            row_of(metric="AUC", spread=np.nan, n_identities=2),
            "only 2 people: too few for an interval",
        ),
        (
            row_of(metric="EER", spread=np.nan, n_identities=3, n_units=2),
            "no interval: in fewer than three draws of people could it be measured",
        ),
        (
            row_of(metric="EER", spread=np.nan, behind=FalseMatches(1, 4, 1.0, 2, 2.0)),
            "no interval: in fewer than three draws of people could it be measured",
        ),
        (
            row_of(metric="FMR", spread=np.nan, n_units=9, behind=FalseMatches(1, 4, 1.0, 2, 2.0)),
            "only 2 people: too few for an interval",
        ),
        (
            row_of(metric="FMR", spread=np.nan, n_units=2, behind=FalseMatches(1, 4, 1.0, 3, 3.0)),
            "no interval: in fewer than three draws of people could it be measured",
        ),
    ],
)
def test_what_is_said_of_an_interval_is_what_it_rests_on(row: SimpleNamespace, note: str) -> None:
    assert uncertainty.said(row) == note


def test_an_interval_is_that_of_what_lies_behind_it() -> None:
    assert np.isnan(uncertainty.limits(row_of(value=np.nan), 0.9)).all()
    assert np.isnan(uncertainty.limits(row_of(spread=np.nan), 0.9)).all()
    for value in (0, 1):
        for spread in (0.0, np.nan):
            row = row_of(value=float(value), spread=spread)
            assert uncertainty.limits(row, 0.9) == pytest.approx(wilson(40 * value, 40, 0.9))
    assert uncertainty.limits(row_of(spread=0.0), 0.9) == pytest.approx(wilson(8, 40, 0.9))
    few = FalseMatches(1, 4, 1.0, 2, 2.0)
    assert np.isnan(uncertainty.limits(row_of(metric="FMR", spread=np.nan, behind=few), 0.9)).all()
    assert np.isnan(uncertainty.limits(row_of(metric="FMR", value=np.nan, behind=few), 0.9)).all()
    its = matches(200)
    assert uncertainty.limits(row_of(metric="FMR", behind=its), 0.9) == its.limits(0.9)
    tar = at_far(its)
    assert uncertainty.limits(row_of(metric="TAR", value=0.8, behind=tar), 0.9) == tar.limits(0.9)
    # The false matches at an equal error are not the equal error.
    plain = uncertainty.limits(row_of(metric="EER"), 0.9)
    assert uncertainty.limits(row_of(metric="EER", behind=its), 0.9) == plain


# -- who is drawn


def test_what_a_sample_knows_of_its_groups_is_counted_from_the_table() -> None:
    # In b nobody has an impostor pair, in c nobody a genuine one; a and c are of unequal size.
    one = np.array([0, 0, 1, 2, 0, 0, 0, 1, 3, 4, 4, 5, 5, 6, 7])
    two = np.array([0, 0, 1, 2, 1, 1, 2, 2, 3, 4, 4, 6, 7, 7, 8])
    group = np.array(list("aaaaaaaabbbcccc"))
    scores = np.array([0.9, 0.8, 0.7, 0.2, 0.3, 0.1, 0.4, 0.6, 0.9, 0.7, 0.6, 0.2, 0.3, 0.8, 0.1])
    found = verification.bootstrap(
        scores, one == two, (one, two), (group, group), threshold=0.5, far=1.0, replicates=30
    )
    table = found.measures.set_index(["group", "metric"])
    for name in "abc":
        its, genuine = group == name, (group == name) & (one == two)
        people = {*one[its], *two[its]}
        couples = {
            frozenset(pair) for pair in zip(one[its], two[its], strict=True) if len({*pair}) > 1
        }
        row = table.loc[(name, "FMR")]
        assert row["n_identities"] == len(people)
        assert row["n_genuine"] == genuine.sum()
        assert row["n_impostor"] == (its & (one != two)).sum()
        assert row["n_units"] == len(couples)
        for kind in ("FNMR", "EER", "AUC", "TAR@FAR=1"):
            assert table.loc[(name, kind), "n_units"] == len({*one[genuine]})
    assert table.loc[("b", "FMR"), "note"] == "undefined (no impostor pairs)"
    assert table.loc[("c", "EER"), "note"] == "undefined (no genuine pairs)"
    assert (table.loc["a", "note"] == "").all()
    assert [each is None for each in found.behind[5:10]] == [False, True, False, True, False]
    assert found.row("FNMR", "c") == 16


def test_people_without_a_group_are_drawn_among_themselves() -> None:
    one, two = np.triu_indices(9)
    names = np.array(["a", "a", "a", "b", "b", "b", None, None, None], dtype=object)
    known = checked_pairs(one, two, names)
    counts = people._draw_people(known, 60, 1)
    for members in (slice(0, 3), slice(3, 6), slice(6, 9)):
        assert (counts[:, members].sum(axis=1) == 3).all()
        assert counts[:, members].max() == 3
        assert (counts[:, members].mean(axis=0) > 0.6).all()


def checked_pairs(one: np.ndarray, two: np.ndarray, names: np.ndarray) -> people.Pairs:
    genuine = one == two
    scores = genuine + np.arange(len(one)) / 100
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = people.checked(scores, genuine, (names[one], names[two]))
    return people.with_people(made, (one, two), scores)
