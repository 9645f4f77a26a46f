"""Three verdicts on every gap, and none of them "no gap" where nothing could be seen."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from helpers.bias import verification
from helpers.bias.verification.extremes import AtFar, FalseMatches
from helpers.bias.verification.gaps import judged
from helpers.bias.verification.people import Sample
from helpers.intervals import GAP, NO_GAP, TOO_LITTLE, wilson
from tests.bias.simulated import Group, Pairs, simulate

VERDICTS = {GAP, NO_GAP, TOO_LITTLE}


def drawn(pairs: Pairs, kept: np.ndarray | None = None, threshold: float = 2.0) -> Sample:
    kept = np.ones(len(pairs.scores), bool) if kept is None else kept
    sides = [tuple(side[kept] for side in each) for each in (pairs.identities, pairs.groups)]
    return verification.bootstrap(
        pairs.scores[kept],
        pairs.genuine[kept],
        sides[0],
        sides[1],
        threshold=threshold,
        far=0.1,
        replicates=40,
    )


def test_groups_that_differ_a_gap_and_groups_that_are_equal_none_larger_than_the_margin() -> None:
    apart = drawn(simulate({"a": Group(), "b": Group(1.5)}, people=40, wolves=0.1))
    gap = verification.compare(apart, "FMR", "a").iloc[0]
    assert gap["verdict"] == GAP
    assert gap["low"] > 0.05
    small = verification.compare(apart, "FMR", "a", margin=0.5).iloc[0]
    assert small["verdict"] == NO_GAP
    ratio = verification.compare(apart, "FMR", "a", "ratio").iloc[0]
    assert ratio["verdict"] == GAP
    equal = drawn(simulate({"a": Group(), "b": Group()}, people=60, wolves=0.1))
    assert verification.compare(equal, "FMR", "a", margin=0.02)["verdict"].tolist() == [NO_GAP]
    assert verification.compare(equal, "FMR", "a", margin=0.0)["verdict"].tolist() == [TOO_LITTLE]
    # A ratio lies around 1, and is within 3 of it.
    for margin, said in ((0.0, TOO_LITTLE), (3.0, NO_GAP)):
        row = verification.compare(equal, "FMR", "a", "ratio", margin=margin).iloc[0]
        assert row["verdict"] == said
    tables = {
        name: verification.disparities(each, simulations=500).set_index("metric")
        for name, each in (("apart", apart), ("equal", equal))
    }
    assert tables["apart"].loc["FMR max/min", "verdict"] == GAP
    assert tables["apart"].loc["GARBE", "verdict"] == GAP
    assert tables["equal"].loc["FDR", "verdict"] == NO_GAP
    assert tables["equal"].loc["FMR max/min", "verdict"] == TOO_LITTLE


def test_a_gap_that_two_groups_show_is_too_little_among_eight() -> None:
    worlds = {name: Group(0, 2.45 if name == "b" else 3) for name in "abcdefgh"}
    pairs = simulate(worlds, people=20, seed=4)
    two = np.isin(pairs.groups[0], ["a", "b"])
    alone, among = (
        verification.compare(drawn(pairs, kept), "FNMR", "a").set_index("group")
        for kept in (two, None)
    )
    # The interval is that of the pair by itself; the verdict is one of as many as there are rows.
    columns = ["value", "low", "high"]
    assert among.loc["b", columns].tolist() == pytest.approx(alone.loc["b", columns].tolist())
    assert alone.loc["b", "low"] > 0
    assert (len(alone), alone.loc["b", "verdict"]) == (1, GAP)
    assert (len(among), among.loc["b", "verdict"]) == (7, TOO_LITTLE)
    assert set(among["verdict"]) <= VERDICTS


@pytest.mark.thorough
@pytest.mark.slow
def test_equal_groups_have_a_gap_in_at_most_one_audit_of_twenty() -> None:
    found = []
    for seed in range(150):
        sample = drawn(
            simulate({name: Group() for name in "abcd"}, people=30, wolves=0.2, seed=seed)
        )
        found.append(
            [
                (verification.compare(sample, kind)["verdict"] == GAP).any()
                for kind in ("FMR", "FNMR", "EER")
            ]
            + [(verification.disparities(sample, simulations=400)["verdict"] == GAP).any()]
        )
    # Of 150 and at .05, more than 14 would be beyond chance for one of these four.
    assert np.sum(found, axis=0).max() <= 14


@pytest.mark.thorough
@pytest.mark.slow
def test_of_equal_groups_with_few_false_matches_none_has_a_gap_to_all_more_often() -> None:
    found = []
    for seed in range(150):
        worlds = {"a": Group(), "b": Group()}
        pairs = simulate(worlds, people=30, genuine=1, impostor=1, wolves=0.1, alike=0, seed=seed)
        table = verification.compare(drawn(pairs, threshold=2.33), "FMR")
        found.append((table["verdict"] == GAP).any())
    assert np.sum(found) <= 14


def degenerate(kind: str, seed: int) -> tuple[Pairs, np.ndarray]:
    """Tables in which group b is empty, one person, one pair, or of one kind of pairs only."""
    pairs = simulate({"a": Group(), "b": Group()}, people=8, genuine=2, impostor=1, seed=seed)
    one, two = pairs.identities
    in_b, genuine = pairs.groups[0] == "b", pairs.genuine
    first = np.flatnonzero(in_b)[0]
    kept = {
        "empty": ~in_b | (np.arange(len(in_b)) == first),
        "one person": ~in_b | ((one == 8) & (two == 8)),
        "two people": ~in_b | ((one <= 9) & (two <= 9)),
        "no genuine": ~in_b | ~genuine,
        "no impostors": ~in_b | genuine,
        "nobody has an impostor": genuine,
    }
    return pairs, kept[kind]


KINDS = (
    "empty",
    "one person",
    "two people",
    "no genuine",
    "no impostors",
    "nobody has an impostor",
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_group_without_evidence_is_named_and_has_no_verdict_of_no_gap(kind: str) -> None:
    for seed in range(3):
        for threshold in (2.0, 99.0, -99.0):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                sample = drawn(*degenerate(kind, seed), threshold=threshold)
            gaps = [verification.compare(sample, metric, "a") for metric in ("FMR", "FNMR", "EER")]
            gaps += [
                verification.compare(sample, metric, "a", "ratio") for metric in ("FMR", "FNMR")
            ]
            table = pd.concat(gaps)
            assert set(table["group"]) == {"b"}
            summaries = verification.disparities(sample, simulations=100)
            for each in (table, summaries):
                assert not (each["verdict"] == NO_GAP).any()
                width = (each["high"] - each["low"]).dropna()
                assert (width > 0).all()
                assert (each["low"].isna() <= (each["note"] != "")).all()
            measures = verification.intervals(sample)
            assert set(measures["group"]) == {"overall", "a", "b"}
            known = measures.dropna(subset="low")
            assert (known["low"] < known["high"]).all()
            assert (known["low"] <= known["value"]).all()
            assert (known["value"] <= known["high"]).all()
            assert (measures["note"][measures["low"].isna()] != "").all()


def test_rates_that_are_the_same_number_are_not_known_to_be_equal() -> None:
    # Ten of forty people rejected in either group, and the same number of false matches.
    pairs = simulate({"a": Group()}, people=20, genuine=2, impostor=1)
    twice = Pairs(
        np.tile(pairs.scores, 2),
        np.tile(pairs.genuine, 2),
        tuple(np.concatenate([side, side + 20]) for side in pairs.identities),
        tuple(np.repeat(["a", "b"], len(side)) for side in pairs.groups),
    )
    table = verification.disparities(drawn(twice), simulations=2000).set_index("metric")
    assert table.loc["FMR max/min", "value"] == pytest.approx(1)
    assert table.loc["GARBE", "value"] == pytest.approx(0)
    assert table.loc["FMR max/min", "low"] == pytest.approx(1)
    assert table.loc["FMR max/min", "high"] > 1.5
    assert table.loc["GARBE", "high"] > 0.1
    assert table.loc["FDR", "low"] < 0.97
    assert (table["verdict"] == TOO_LITTLE).all()


def test_a_margin_that_no_group_could_exceed_acquits_nobody_unless_it_was_chosen() -> None:
    # At an FMR of 0.01, even a group without any false match would be within 5 points.
    sample = drawn(simulate({"a": Group(), "b": Group()}, people=60, wolves=0.1), threshold=2.3)
    rate = sample.measures["value"][sample.row("FMR", "overall")]
    assert rate < 0.05
    row = verification.compare(sample, "FMR", "a").iloc[0]
    assert row["verdict"] == TOO_LITTLE
    assert row["note"] == (
        f"without a margin: the default margin of 0.05 is not below the overall rate of {rate:.2g}"
        "; give margin="
    )
    chosen = verification.compare(sample, "FMR", "a", margin=0.05).iloc[0]
    assert chosen["verdict"] == NO_GAP
    assert "so that a group without errors is within it too" in chosen["note"]
    # FNMR is above the margin, and of successes it is what is missing that counts.
    assert verification.compare(sample, "FNMR", "a")["note"].tolist() == [""]
    assert verification.compare(sample, "AUC", "a").loc[0, "note"].startswith("without a margin")
    summaries = verification.disparities(sample, alpha=1.0, simulations=200).set_index("metric")
    assert summaries.loc["FDR", "verdict"] == TOO_LITTLE
    assert summaries.loc["FDR", "note"].startswith("without a margin: the default margin of 0.05")
    wide = verification.disparities(sample, alpha=1.0, simulations=200, margin=0.05)
    assert wide.set_index("metric").loc["FDR", "verdict"] == NO_GAP


def test_rare_false_matches_that_differ_for_certain_are_a_gap_below_the_default_margin() -> None:
    apart = drawn(simulate({"a": Group(), "b": Group(0.7)}, people=60, wolves=0.05), threshold=2.6)
    row = verification.compare(apart, "FMR", "a").iloc[0]
    assert 0 < row["low"] < row["high"] < 0.05
    assert row["verdict"] == GAP


def test_a_group_is_not_compared_with_its_own_pairs() -> None:
    # Only a has impostor pairs: its FMR is the overall one, whatever it is.
    pairs = simulate({"a": Group(), "b": Group()}, people=25)
    sample = drawn(pairs, pairs.genuine | (pairs.groups[0] == "a"))
    table = verification.compare(sample, "FMR", margin=0.5).set_index("group")
    assert (table.loc["a", "value"], table.loc["a", "verdict"]) == (0, TOO_LITTLE)
    assert table.loc["a", ["low", "high"]].isna().all()
    assert table.loc["a", "note"] == "the same pairs on both sides: nothing to compare"
    assert verification.compare(sample, "FNMR").set_index("group").loc["a", "low"] < 0


# -- people who do not differ


def alike(people: int = 30) -> Sample:
    """One of everybody's two genuine pairs is rejected, in both groups; no impostor is accepted."""
    person = np.repeat(np.arange(2 * people), 2)
    one, two = np.triu_indices(people, 1)
    first = np.concatenate([person, one, one + people])
    second = np.concatenate([person, two, two + people])
    genuine = first == second
    scores = np.where(genuine, np.tile([0.9, 0.3], len(first))[: len(first)], 0.1)
    groups = np.where(first < people, "a", "b")
    return verification.bootstrap(
        scores,
        genuine,
        (first, second),
        (groups, groups),
        threshold=0.5,
        far=0.1,
        replicates=40,
    )


def test_people_with_the_same_rate_do_not_show_how_others_differ() -> None:
    sample = alike()
    table = verification.intervals(sample).set_index(["metric", "group"])
    # Wilson's interval for 15 of 30 people, from its quadratic equation.
    z2 = stats.norm.ppf(0.975) ** 2
    half = np.sqrt(z2 * 15 * 15 / 30 + z2**2 / 4) / (30 + z2)
    row = table.loc[("FNMR", "a")]
    assert (row["low"], row["high"]) == pytest.approx((0.5 - half, 0.5 + half))
    assert row["note"] == "all people in the sample alike: Wilson's interval for 30 people"
    assert sample.spread[sample.row("FNMR", "a")] == 0
    gap = verification.compare(sample, "FNMR", "a").iloc[0]
    assert (gap["low"], gap["high"]) == pytest.approx((-half * 2**0.5, half * 2**0.5))
    assert gap["verdict"] == TOO_LITTLE
    # As uncertain as two shares of 30: half a person's rate, 0.5 / sqrt(30), relative to 0.5.
    ratio = verification.disparities(sample, simulations=4000).set_index("metric")
    expected = np.exp(2 / np.sqrt(np.pi) / np.sqrt(30))
    assert ratio.loc["FNMR max/min", "expected_at_parity"] == pytest.approx(expected, rel=0.05)


def test_scores_that_are_all_equal_have_an_interval_and_no_false_reason() -> None:
    pairs = simulate({"a": Group(), "b": Group()}, people=30)
    same = Pairs(np.ones(len(pairs.scores)), pairs.genuine, pairs.identities, pairs.groups)
    with pytest.warns(UserWarning, match="all scores are equal"):
        table = verification.intervals(drawn(same)).set_index(["metric", "group"])
    for metric in ("EER", "AUC"):
        row = table.loc[(metric, "a")]
        assert row["value"] == 0.5
        assert (row["low"], row["high"]) == pytest.approx(wilson(15, 30))
        assert row["note"] == "all people in the sample alike: Wilson's interval for 30 people"


def test_the_reason_for_no_interval_is_the_true_one() -> None:
    pairs = simulate({"a": Group()}, people=10)
    twice = verification.bootstrap(pairs.scores, pairs.genuine, pairs.identities, replicates=2)
    row = verification.intervals(twice).set_index("metric").loc["EER"]
    assert np.isnan(row["low"])
    assert row["note"] == "no interval: in fewer than three draws of people could it be measured"
    kept = ~pairs.genuine | (pairs.identities[0] < 2)
    found = drawn(pairs, kept, threshold=float(np.median(pairs.scores[kept & pairs.genuine])))
    row = verification.intervals(found).set_index(["metric", "group"]).loc[("FNMR", "a")]
    assert row["note"] == "only 2 people: too few for an interval"


def test_a_threshold_for_a_false_accept_rate_leaves_people_alike_uncertain_too() -> None:
    row = verification.intervals(alike()).set_index(["metric", "group"]).loc[("TAR@FAR=0.1", "a")]
    assert row["value"] == 1
    matches = FalseMatches(0, 10_000, 1.0, 2000, 2000.0)
    low, high = AtFar(0.5, 1e-12, matches, 0.0, 60, 30, 0.0, 29.0, 0.0).limits(0.95)
    assert (low, high) == pytest.approx(wilson(15, 30))


def test_rates_that_could_be_anything_are_not_known_to_be_equal() -> None:
    sample = drawn(simulate({"a": Group(), "b": Group()}, people=20), threshold=1.5)
    row, spread = sample.row("FNMR", "a"), sample.spread.copy()
    spread[[row, sample.row("FNMR", "overall")]] = 1e3
    draws = sample.draws.copy()
    draws[:, sample.row("FNMR", "overall")] = draws[:, row]
    lost = replace(sample, spread=spread, draws=draws)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = verification.compare(lost, "FNMR", margin=0.05).set_index("group")
    assert table.loc["a", "verdict"] == TOO_LITTLE
    # Half of what could be anything, since b is the other half of all.
    assert table.loc["a", "high"] - table.loc["a", "low"] > 0.5


# -- how both sides of a comparison go together


def two_groups() -> Sample:
    return drawn(simulate({"a": Group(), "b": Group(0.5, 2.6)}, people=20, seed=1), threshold=1.7)


def with_spread(sample: Sample, metric: str, **spreads: float) -> Sample:
    changed = sample.spread.copy()
    for group, spread in spreads.items():
        changed[sample.row(metric, group)] = spread
    return replace(sample, spread=changed)


def squared_and_added(sample: Sample, metric: str, together: bool) -> tuple[float, float]:
    """The interval of group a minus all, from the limits of both by themselves."""
    rows = [sample.row(metric, group) for group in ("a", "overall")]
    table = verification.intervals(sample).iloc[rows]
    value, low, high = (table[name].to_numpy() for name in ("value", "low", "high"))
    r = np.corrcoef(sample.draws[:, rows], rowvar=False)[0, 1] if together else 0.0
    assert r > 0.1 or not together
    down, up = (value[0] - low[0], high[1] - value[1]), (high[0] - value[0], value[1] - low[1])
    below, above = (np.sqrt(x**2 + y**2 - 2 * r * x * y) for x, y in (down, up))
    return value[0] - value[1] - below, value[0] - value[1] + above


@pytest.mark.parametrize(
    ("metric", "spreads", "together"),
    [
        ("EER", {}, True),
        ("AUC", {}, True),  # both ends near 1
        ("EER", {"a": 0.08}, True),  # wide, but it could not be anything
        ("EER", {"a": 1.0}, False),
        ("EER", {"overall": 1.0}, False),
        (
            "EER",
            {"a": 0.0},
            False,
        ),  # people alike have Wilson's interval, of which draws know nothing
        ("EER", {"overall": 0.0}, False),
    ],
)
def test_what_two_rates_share_is_taken_from_the_draws_unless_one_of_them_is_unknown(
    metric: str, spreads: dict[str, float], together: bool
) -> None:
    sample = with_spread(two_groups(), metric, **spreads)
    row = verification.compare(sample, metric).set_index("group").loc["a"]
    expected = squared_and_added(sample, metric, together)
    assert (row["low"], row["high"]) == pytest.approx(expected)
    if "a" in spreads:
        own = verification.intervals(sample).iloc[sample.row(metric, "a")]
        assert (own["high"] - own["low"] > 0.5) == (spreads["a"] > 0)


def test_what_groups_share_counts_against_all_of_them_whatever_their_rates() -> None:
    sample = drawn(
        simulate({"a": Group(0.5, 1.2), "b": Group(0.5, 1.2)}, people=30, seed=1), threshold=1.7
    )
    one, two = (sample.row("FNMR", group) for group in "ab")
    together = sample.draws.copy()
    together[:, two] = together[:, one]
    sample = replace(sample, draws=together)
    ends = verification.intervals(sample).iloc[[one, two]]
    value, low, high = (ends[name].to_numpy() for name in ("value", "low", "high"))
    assert (low + high > 1).all()  # high rates, and far from unknown
    assert (high - low < 0.6).all()
    n = sample.measures.iloc[[one, two]]["n_genuine"].to_numpy()
    # a minus all is b's share of the difference; perfect correlation subtracts its parts.
    share = n[1] / n.sum()
    row = verification.compare(sample, "FNMR").set_index("group").loc["a"]
    assert row["value"] == pytest.approx(share * (value[0] - value[1]))
    below = abs((value[0] - low[0]) - (high[1] - value[1]))
    above = abs((high[0] - value[0]) - (value[1] - low[1]))
    assert row["low"] == pytest.approx(row["value"] - share * below)
    assert row["high"] == pytest.approx(row["value"] + share * above)


def test_a_ratio_of_a_rate_that_may_be_zero_has_an_upper_limit_only() -> None:
    sample = with_spread(two_groups(), "FNMR", b=1e4)
    row = verification.compare(sample, "FNMR", "a", "ratio").iloc[0]
    value, down, up = (
        verification.intervals(sample).iloc[[sample.row("FNMR", group) for group in "ba"]][name]
        for name in ("value", "low", "high")
    )
    value, down, up = value.to_numpy(), down.to_numpy(), up.to_numpy()
    assert (down[0], up[0]) == (0, 1)
    distance = np.hypot(np.log(1 / value[0]), np.log(value[1] / down[1]))
    assert row["low"] == 0
    assert row["high"] == pytest.approx(value[0] / value[1] * np.exp(distance))
    # Where nothing is known of the other one, nothing is known of the ratio.
    neither = with_spread(sample, "FNMR", a=np.nan)
    row = verification.compare(neither, "FNMR", "a", "ratio").iloc[0]
    assert row["value"] == pytest.approx(value[0] / value[1])
    assert row[["low", "high"]].isna().all()
    assert row["verdict"] == TOO_LITTLE


def test_a_group_without_errors_has_a_ratio_of_zero_with_an_upper_limit() -> None:
    # Two groups of equal size, of which one is never taken for another.
    sample = drawn(simulate({"a": Group(-9), "b": Group(1)}, people=30))
    ends = verification.intervals(sample).set_index(["metric", "group"])
    none, other = ends.loc[("FMR", "a")], ends.loc[("FMR", "b")]
    assert none["value"] == 0 < none["high"]
    row = verification.compare(sample, "FMR", "b", "ratio").iloc[0]
    assert (row["value"], row["low"], row["verdict"]) == (0, 0, GAP)
    # The largest multiple m with 0 - m * other + sqrt(high^2 + m^2 (other - low)^2) >= 0.
    spread = np.hypot(none["high"], row["high"] * (other["value"] - other["low"]))
    assert spread == pytest.approx(row["high"] * other["value"])
    assert row["note"] == none["note"]
    # Of both together b has half: a / ((a + b) / 2) = 2 r / (1 + r) for r = a / b.
    whole = verification.compare(sample, "FMR", measure="ratio").set_index("group").loc["a"]
    assert (whole["value"], whole["low"], whole["verdict"]) == (0, 0, GAP)
    assert whole["high"] == pytest.approx(2 * row["high"] / (1 + row["high"]), rel=1e-6)
    # Over a rate of zero there is none.
    over = verification.compare(sample, "FMR", "a", "ratio").iloc[0]
    assert over[["value", "low", "high"]].isna().all()
    assert over["note"] == "undefined (a rate of zero)"
    # Of one that may be zero, zero may be any multiple.
    unsure = with_spread(sample, "FNMR", b=1e4)
    unsure.measures.loc[unsure.row("FNMR", "a"), "value"] = 0.0
    row = verification.compare(unsure, "FNMR", "b", "ratio").iloc[0]
    assert (row["value"], row["low"], row["high"]) == (0, 0, np.inf)
    assert row["verdict"] == TOO_LITTLE


@pytest.mark.parametrize("groups", ["ab", "abcd"])
def test_a_verdict_is_that_of_an_interval_as_wide_as_so_many_rows_need(groups: str) -> None:
    sample = drawn(simulate({name: Group() for name in groups}, people=10, seed=3), threshold=1.5)
    rows = len(groups) - 1
    seen = set()
    for times in np.geomspace(0.1, 1, 12):
        scaled = replace(sample, spread=sample.spread * times)
        table = verification.compare(scaled, "FNMR", "a", margin=0.0)
        wide = verification.compare(scaled, "FNMR", "a", level=1 - 0.05 / rows)
        assert len(table) == rows
        apart = (wide["low"] > 0) | (wide["high"] < 0)
        assert ((table["verdict"] == GAP) == apart).all()
        seen |= set(zip(apart, (table["low"] > 0) | (table["high"] < 0), strict=True))
    # Both verdicts occurred, and with several rows also one that the row alone would not have had.
    assert {(True, True), (False, False)} <= seen
    assert ((False, True) in seen) == (rows > 1)


def test_one_group_alone_is_compared_with_nobody() -> None:
    pairs = simulate({"a": Group()}, people=8)
    sample = verification.bootstrap(pairs.scores, pairs.genuine, pairs.identities, replicates=20)
    table = verification.compare(sample, "EER")
    assert (len(table), list(table)) == (
        0,
        ["metric", "group", "reference", "measure", "value", "low", "high"]
        + ["verdict", "impostors", "note"],
    )


def test_an_end_at_parity_is_no_gap_and_a_margin_as_large_as_the_rate_acquits_nobody() -> None:
    said = "without a margin: the default margin of 0.05 is not below the overall rate of 0.05"
    for low, high, expected in (
        (0.0, 0.02, TOO_LITTLE),
        (-0.02, 0.0, TOO_LITTLE),
        (0.001, 0.02, GAP),
        (-0.02, -0.001, GAP),
    ):
        assert judged(low, high, None, 0.0, 0.05) == (expected, f"{said}; give margin=")
    assert judged(-0.02, 0.02, None, 0.0, 0.0501) == (NO_GAP, "")
    assert judged(1.0, 1.04, None, 1.0, 0.05)[0] == TOO_LITTLE


def test_groups_that_have_all_their_impostor_pairs_with_each_other_are_not_compared_by_them() -> (
    None
):
    pairs = simulate({"a": Group()}, people=16)
    sides = tuple(np.where(side % 2, "odd", "even") for side in pairs.identities)
    kept = pairs.genuine | (sides[0] != sides[1])
    sample = verification.bootstrap(
        pairs.scores[kept],
        pairs.genuine[kept],
        tuple(side[kept] for side in pairs.identities),
        tuple(side[kept] for side in sides),
        threshold=1.0,
        impostors="all",
        replicates=30,
    )
    row = verification.compare(sample, "FMR", "odd").iloc[0]
    assert row["note"] == "the same pairs on both sides: nothing to compare"
    assert row[["low", "high"]].isna().all()
    # Their genuine pairs are different ones.
    assert verification.compare(sample, "FNMR", "odd").loc[0, "low"] < 0
