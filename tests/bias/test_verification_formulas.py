"""Formulas against oracles that are written out: sums over all pairs of pairs, closed forms."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from helpers.bias import verification
from helpers.bias.verification import people as module
from helpers.bias.verification.curves import Curve, curves_of
from helpers.bias.verification.dyads import (
    _correlation,
    _dyadic,
    _freedom,
    _influence,
    _placements,
    _slopes,
)
from helpers.bias.verification.extremes import AtFar, FalseMatches
from helpers.bias.verification.fairness import max_over_geomean, max_over_min
from helpers.bias.verification.gaps import correlation
from helpers.bias.verification.inequality import _inverted, _noise, _Summary
from helpers.bias.verification.pairs import checked, with_people
from helpers.bias.verification.probe import NOT_COUNTED, _balanced, _recall
from helpers.intervals import GAP, NO_GAP, TOO_LITTLE, wilson
from tests.bias.simulated import Group, Pairs, simulate


def drawn(pairs: Pairs, **options: object) -> verification.Sample:
    found = {"threshold": 2.0, "far": 0.1, "replicates": 30, **options}
    return verification.bootstrap(
        pairs.scores, pairs.genuine, pairs.identities, pairs.groups, **found
    )


def curve_of(pairs: Pairs) -> Curve:
    made = checked(pairs.scores, pairs.genuine)
    return curves_of(with_people(made, pairs.identities, pairs.scores))[0]


# -- standard errors


def test_the_dyadic_variance_is_a_sum_over_all_pairs_that_share_a_person() -> None:
    pairs = simulate({"a": Group()}, people=9, genuine=3, impostor=2, wolves=0.6, seed=5)
    curve = curve_of(pairs)
    impostor, genuine = (_influence(each) for each in _placements(curve))
    value = np.concatenate([impostor, genuine])
    one = np.concatenate([curve.one, curve.person])
    two = np.concatenate([curve.two, curve.person])
    share = (
        (one[:, None] == one)
        | (one[:, None] == two)
        | (two[:, None] == one)
        | (two[:, None] == two)
    )
    total = float((value[:, None] * value * share).sum())
    # Of nine people, residuals are too small by (n - 2) / n, and by (n - 1) / n as any variance.
    expected = math.sqrt(9 * 8 / 7**2 * total)
    assert _dyadic(curve, impostor, genuine)[0] == pytest.approx(expected)
    only = float((genuine[:, None] * genuine * (curve.person[:, None] == curve.person)).sum())
    spread = _dyadic(curve, np.zeros(len(impostor)), genuine)[0]
    assert spread == pytest.approx(math.sqrt(9 / 8 * only))


def test_degrees_of_freedom_of_an_area_are_those_of_the_summed_influences() -> None:
    pairs = simulate({"a": Group()}, people=30, wolves=0.5, seed=1)
    curve = curve_of(pairs)
    impostor, genuine = (_influence(each) for each in _placements(curve))
    summed = np.zeros(30)
    for side in (curve.one, curve.two):
        np.add.at(summed, side, impostor)
    np.add.at(summed, curve.person, genuine)
    found = drawn(pairs)
    assert found.freedom[found.row("AUC", "overall")] == pytest.approx(_freedom(summed))


def test_errors_that_cancel_through_people_leave_what_pairs_add_on_their_own() -> None:
    # Three people, each two in one impostor pair of influence 1; each one's genuine pair takes 2 off.
    pairs = Pairs(
        np.arange(6.0),
        np.repeat([False, True], 3),
        (np.array([0, 1, 0, 0, 1, 2]), np.array([1, 2, 2, 0, 1, 2])),
        (np.repeat("a", 6), np.repeat("a", 6)),
    )
    curve = curve_of(pairs)
    # Of independent pairs and people: 3 x 1 + 3 x 4; scaled by n (n - 1) / (n - 2)^2 = 6.
    assert _dyadic(curve, np.ones(3), -2 * np.ones(3))[0] == pytest.approx(math.sqrt(6 * 15))


def test_the_equal_error_follows_false_matches_up_and_false_non_matches_up() -> None:
    pairs = simulate({"a": Group(0, 2)}, people=12, genuine=4, impostor=1, wolves=0.6, seed=2)
    curve, found = curve_of(pairs), drawn(pairs, replicates=60)
    row = found.row("EER", "overall")
    points = verification.det(pairs.scores, pairs.genuine)
    step = int(np.flatnonzero(points["fmr"] >= points["fnmr"])[0])
    fmr, fnmr = [], []
    one, two = pairs.identities
    counts = np.random.default_rng(0).multinomial(12, np.full(12, 1 / 12), size=60)
    accepted = pairs.scores >= points["threshold"][step]
    for times in counts:
        weight = np.where(pairs.genuine, times[one], times[one] * times[two])
        fmr.append(np.average(accepted[~pairs.genuine], weights=weight[~pairs.genuine]))
        fnmr.append(1 - np.average(accepted[pairs.genuine], weights=weight[pairs.genuine]))
    on_fmr, on_fnmr = _slopes("EER", found.draws[:, row], np.array(fmr), np.array(fnmr))
    assert on_fmr > 0 < on_fnmr
    matched = accepted[curve.impostors].astype(float)
    rejected = (~accepted)[curve.genuine].astype(float)
    expected = _dyadic(curve, on_fmr * _influence(matched), on_fnmr * _influence(rejected))[0]
    assert found.spread[row] == pytest.approx(expected)


def test_the_error_of_a_rate_of_false_matches_is_that_of_so_many_independent_ones() -> None:
    found = FalseMatches(30, 100, 4.0, 20, 20.0).spread
    assert found == pytest.approx(math.sqrt(0.3 * 0.7 / 25))


def test_what_a_pair_adds_to_an_area_is_its_share_of_pairs_beaten_ties_counted_half() -> None:
    pairs = simulate({"a": Group(0, 1)}, people=8, genuine=3, impostor=1)
    rounded = np.round(pairs.scores)
    curve = curve_of(Pairs(rounded, pairs.genuine, pairs.identities, pairs.groups))
    impostor, genuine = _placements(curve)
    of_genuine, of_impostor = rounded[curve.genuine], rounded[curve.impostors]
    beats = (of_genuine[:, None] > of_impostor) + 0.5 * (of_genuine[:, None] == of_impostor)
    np.testing.assert_allclose(genuine, beats.mean(axis=1))
    np.testing.assert_allclose(impostor, beats.mean(axis=0))


def test_the_standard_errors_of_area_and_equal_error_are_their_spread_over_other_people() -> None:
    tables = [
        drawn(
            simulate({"a": Group(0, 2)}, 15, genuine=4, impostor=1, seed=seed), replicates=12, far=1
        )
        for seed in range(100)
    ]
    for metric in ("AUC", "EER"):
        row = tables[0].row(metric, "overall")
        values = np.array([each.measures["value"][row] for each in tables])
        said = np.sqrt(np.mean([each.spread[row] ** 2 for each in tables]))
        assert said == pytest.approx(values.std(ddof=1), rel=0.2)


def test_the_variance_of_pairs_alone_counts_their_people_alone() -> None:
    # Person 7 has a genuine pair only: in a sum over impostor pairs there are six people, not seven.
    random = np.random.default_rng(3)
    one, two = np.triu_indices(6, 1)
    pairs = Pairs(
        random.random(15 + 7),
        np.repeat([False, True], [15, 7]),
        (np.concatenate([one, np.arange(7)]), np.concatenate([two, np.arange(7)])),
        (np.repeat("a", 22), np.repeat("a", 22)),
    )
    curve = curve_of(pairs)
    impostor, nothing = random.normal(size=15), np.zeros(7)
    impostor[1:] -= impostor[1:].mean()
    impostor[0] = 0.0  # one that is like the mean
    sides = [{curve.one[k], curve.two[k]} for k in range(15)]
    total = sum(
        impostor[j] * impostor[k] for j in range(15) for k in range(15) if sides[j] & sides[k]
    )
    total = max(total, (impostor**2).sum())  # at least that of independent pairs
    spread, freedom = _dyadic(curve, impostor, nothing)
    assert spread == pytest.approx(math.sqrt(6 * 5 / 4**2 * total))
    people = [sum(impostor[k] for k in range(15) if each in sides[k]) for each in range(6)]
    assert freedom == pytest.approx(_freedom(np.array(people)))
    # With genuine pairs in the sum there are seven.
    genuine = np.linspace(-1, 1, 7)
    with_genuine = np.array([*people, 0.0])[curve.person] + genuine
    assert _dyadic(curve, impostor, genuine)[1] == pytest.approx(_freedom(with_genuine))
    # Of nothing at all, everybody has the same share.
    assert _dyadic(curve, np.zeros(15), nothing) == (0, 6)


@pytest.mark.parametrize(("people", "known"), [(2, False), (3, True)])
def test_two_people_do_not_show_how_people_differ_and_three_do(people: int, known: bool) -> None:
    pairs = simulate({"a": Group()}, people=people, genuine=2, impostor=2)
    curve = curve_of(pairs)
    impostor, genuine = (_influence(each) for each in _placements(curve))
    for values in ((impostor, genuine), (np.arange(len(impostor)) - 0.5, 0 * genuine)):
        assert np.isfinite(_dyadic(curve, *values)).tolist() == [known, known]
    apart = np.arange(2 * people) - people + 0.5
    assert np.isfinite(_dyadic(curve, 0 * impostor, apart)).tolist() == [known, known]


def test_three_draws_say_how_a_measure_follows_its_rates_and_two_do_not() -> None:
    fmr, fnmr = np.array([[0.1, 0.3, 0.2, 0.4], [0.2, 0.1, 0.5, 0.1]])
    values = 0.2 * fmr + 0.7 * fnmr
    values[3] = np.nan
    assert _slopes("EER", values, fmr, fnmr) == pytest.approx((0.2, 0.7))
    fnmr[0] = np.nan
    assert np.isnan(_slopes("EER", values, fmr, fnmr)).all()


def test_rates_that_go_up_together_through_people_do_not_narrow_an_interval() -> None:
    # Who resembles others is here also less like himself or herself, or more: only one of them counts.
    one, two = np.triu_indices(12, 1)
    person = np.repeat(np.arange(12), 2)
    resembles = np.linspace(-1, 1, 12)
    found = {}
    for sign in (-1, 1):
        found[sign] = verification.bootstrap(
            np.concatenate([1.5 + sign * resembles[person], resembles[one] + resembles[two]]),
            np.repeat([True, False], [len(person), len(one)]),
            (np.concatenate([person, one]), np.concatenate([person, two])),
            far=0.2,
            replicates=5,
        ).behind[2]
    for each in found.values():
        assert isinstance(each, AtFar)
    assert found[1].correlation == 0
    assert -1 <= found[-1].correlation < -0.6


def test_a_correlation_is_minus_one_at_most_and_none_where_nobody_differs() -> None:
    # A third of 12 people are like one another and unlike themselves.
    one, two = np.triu_indices(12, 1)
    person, wolf = np.repeat(np.arange(12), 2), np.arange(12) < 4
    impostor = 1.0 * (wolf[one] & wolf[two]) + 0.1 * (wolf[one] | wolf[two])
    genuine = 0.6 - wolf[person] + 0.3 * np.tile([1, -1], 12)
    pairs = Pairs(
        np.concatenate([genuine, impostor]) + 1e-6 * np.arange(24 + len(one)),
        np.repeat([True, False], [24, len(one)]),
        (np.concatenate([person, one]), np.concatenate([person, two])),
        (np.repeat("a", 24 + len(one)), np.repeat("a", 24 + len(one))),
    )
    curve, found = curve_of(pairs), drawn(pairs, far=6 / 66, replicates=5)
    its = found.behind[found.row("TAR@FAR=0.0909091", "a")]
    assert isinstance(its, AtFar)
    assert -1 < its.correlation < -0.9
    hits = _influence((np.arange(24) < round(24 * its.value)).astype(float))
    for spread, expected in ((its.spread, its.correlation), (its.spread / 2, -1), (0.0, 0.0)):
        assert _correlation(curve, its.matches, hits, spread) == pytest.approx(expected)


def test_the_error_of_a_false_match_rate_is_the_larger_of_that_of_people_and_of_rare_events() -> (
    None
):
    larger = set()
    for seed, threshold in itertools.product(range(4), (0.5, 1.5, 2.5)):
        pairs = simulate({"a": Group()}, people=12, genuine=1, impostor=1, wolves=0.2, seed=seed)
        curve, found = curve_of(pairs), drawn(pairs, threshold=threshold, replicates=3)
        row = found.row("FMR", "overall")
        its = found.behind[row]
        assert isinstance(its, FalseMatches)
        matched = (pairs.scores >= threshold)[curve.impostors].astype(float)
        if not matched.any():
            continue
        of_people = _dyadic(curve, _influence(matched), np.zeros(12))[0]
        assert found.spread[row] == pytest.approx(max(of_people, its.spread))
        larger.add(of_people > its.spread)
    assert larger == {True, False}


def test_how_a_measure_follows_both_rates_is_read_from_the_draws() -> None:
    fmr, fnmr = np.random.default_rng(0).random((2, 40))
    values = 0.3 * fmr + 0.6 * fnmr + 0.05
    fmr[3] = np.nan
    assert _slopes("EER", values, fmr, fnmr) == pytest.approx((0.3, 0.6))
    assert _slopes("FMR", values, fmr, fnmr) == (1, 0)
    assert _slopes("FNMR", values, fmr, fnmr) == (0, 1)


@pytest.mark.parametrize("held", [10 * 56, 7 * 56 + 1, 5])
def test_draws_do_not_depend_on_how_many_are_held_at_a_time(
    monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    pairs = simulate({"a": Group(), "b": Group()}, people=8, genuine=2, impostor=1)
    whole = drawn(pairs)
    monkeypatch.setattr(module, "_AT_ONCE", held)  # of 56 impostor pairs: ten draws, seven, one
    np.testing.assert_array_equal(drawn(pairs).draws, whole.draws)


def test_a_bar_is_shown_for_more_weights_than_are_quickly_drawn(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = simulate({"a": Group()}, people=8, genuine=2, impostor=1)
    drawn(pairs)
    monkeypatch.setattr(module, "_LONG", 28 * 30)
    drawn(pairs)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(module, "_LONG", 28 * 30 - 1)
    drawn(pairs)
    assert "drawing people (overall)" in capsys.readouterr().err


def test_people_are_drawn_within_their_group_and_as_many_as_there_are() -> None:
    pairs = simulate({"a": Group(), "b": Group()}, people=7, genuine=1, impostor=1)
    made = checked(pairs.scores, pairs.genuine, pairs.groups)
    counts = module._draw_people(with_people(made, pairs.identities, pairs.scores), 50, 0)
    assert counts.shape == (50, 14)
    assert (counts[:, :7].sum(axis=1) == 7).all()
    assert (counts[:, 7:].sum(axis=1) == 7).all()
    assert counts.max() > 2


# -- intervals of measures and of differences


def test_the_interval_of_a_rate_of_people_is_students_in_log_odds() -> None:
    pairs = simulate({"a": Group()}, people=50)
    found = drawn(pairs)
    row = found.row("FNMR", "a")
    value = found.measures["value"][row]
    half = stats.t.ppf(0.95, found.freedom[row]) * found.spread[row] / (value * (1 - value))
    odds = math.log(value / (1 - value))
    expected = [1 / (1 + math.exp(half - odds)), 1 / (1 + math.exp(-half - odds))]
    said = verification.intervals(found, level=0.9).iloc[row]
    assert said[["low", "high"]].tolist() == pytest.approx(expected)


@pytest.mark.parametrize("measure", ["difference", "ratio"])
def test_the_interval_of_a_gap_squares_and_adds_with_the_correlation_of_the_draws(
    measure: str,
) -> None:
    found = drawn(simulate({"a": Group(), "b": Group(0.5)}, people=20, seed=3), replicates=100)
    rows = [found.row("EER", group) for group in ("b", "overall")]
    table = verification.intervals(found).iloc[rows]
    value, low, high = (table[name].to_numpy() for name in ("value", "low", "high"))
    if measure == "ratio":
        value, low, high = (np.log(each) for each in (value, low, high))
    r = np.corrcoef(found.draws[:, rows], rowvar=False)[0, 1]
    assert r > 0.3
    gap = value[0] - value[1]
    down = np.array([value[0] - low[0], high[1] - value[1]])
    up = np.array([high[0] - value[0], value[1] - low[1]])
    expected = [
        gap,
        gap - math.sqrt((down**2).sum() - 2 * r * down.prod()),
        gap + math.sqrt((up**2).sum() - 2 * r * up.prod()),
    ]
    expected = np.exp(expected) if measure == "ratio" else expected
    said = verification.compare(found, "EER", measure=measure).set_index("group").loc["b"]
    assert said[["value", "low", "high"]].tolist() == pytest.approx(list(expected))


def three_against_none(people: int = 30) -> verification.Sample:
    """Each two people once: three false matches of six people in group a, none in group b."""
    one, two = np.triu_indices(people, 1)
    everybody = np.arange(2 * people)
    low = np.random.default_rng(0).random(2 * len(one)) / 3
    matched = [np.flatnonzero((one == k) & (two == k + 1))[0] for k in (0, 2, 4)]
    low[matched] = 0.8
    scores = np.concatenate([np.ones(2 * people), low])
    first, second = (np.concatenate([everybody, side, side + people]) for side in (one, two))
    group = np.where(first < people, "a", "b")
    return verification.bootstrap(
        scores, first == second, (first, second), group, threshold=0.5, replicates=200
    )


def test_a_group_is_further_from_all_by_its_share_of_the_gap_to_the_other() -> None:
    # Of two groups of one size the overall rate is the mean: a - (a + b) / 2 = (a - b) / 2. Of
    # equal groups, three false matches fall into one in a quarter of all audits.
    found = three_against_none()
    ends = ["value", "low", "high"]
    alone = verification.compare(found, "FMR", "b").iloc[0]
    for name, sign in (("a", 1), ("b", -1)):
        row = verification.compare(found, "FMR").set_index("group").loc[name]
        expected = sorted(sign * alone[ends].to_numpy(dtype=float) / 2)
        assert sorted(row[ends].to_numpy(dtype=float)) == pytest.approx(expected)
        assert row["verdict"] == TOO_LITTLE
    # b has no errors, and a all of them, which are twice as many as the mean at most.
    low, high = verification.compare(found, "FMR", measure="ratio").loc[0, ["low", "high"]]
    assert low < 1
    assert high == pytest.approx(2)


@pytest.mark.parametrize("measure", ["difference", "ratio"])
def test_a_rate_is_compared_with_all_as_a_sum_of_the_rates_of_the_groups(measure: str) -> None:
    pairs = simulate({"a": Group(), "b": Group(0.5), "c": Group(0.2)}, people=20, seed=3)
    kept = (pairs.groups[0] != "c") | (np.arange(len(pairs.scores)) % 3 == 0)
    sides = [tuple(side[kept] for side in each) for each in (pairs.identities, pairs.groups)]
    found = verification.bootstrap(
        pairs.scores[kept], pairs.genuine[kept], *sides, threshold=2.0, replicates=200
    )
    rows = [found.row("FMR", group) for group in "abc"]
    table = verification.intervals(found).iloc[rows]
    value, low, high = (table[name].to_numpy() for name in ("value", "low", "high"))
    share = table["n_impostor"].to_numpy() / table["n_impostor"].sum()
    together = np.corrcoef(found.draws[:, rows], rowvar=False)

    def end(multiple: float, down: bool) -> float:
        weight = np.array([0.0, 1.0, 0.0]) - multiple * share
        off = weight * np.where((weight > 0) == down, value - low, high - value)
        return float(weight @ value + (-1 if down else 1) * math.sqrt(off @ together @ off))

    said = verification.compare(found, "FMR", measure=measure).set_index("group").loc["b"]
    if measure == "difference":
        expected = [value[1] - share @ value, end(1, down=True), end(1, down=False)]
        assert said[["value", "low", "high"]].tolist() == pytest.approx(expected)
    else:
        assert said["value"] == pytest.approx(value[1] / (share @ value))
        assert end(said["low"], down=True) == pytest.approx(0, abs=1e-9)
        assert end(said["high"], down=False) == pytest.approx(0, abs=1e-9)
        assert said["low"] < said["value"] < said["high"]


# -- summaries of two groups, whose logarithm's difference is normal


RATIO_OF_FMR = _Summary("FMR max/min", max_over_min, alpha=1).of


def inverted(
    ratio: float, error: float, groups: int = 2
) -> tuple[float, float, float, float, float]:
    rates = np.stack([np.geomspace(0.01, 0.01 * ratio, groups), np.full(groups, 0.1)])
    noise = np.random.default_rng(0).normal(size=(20_000, 2, groups)) * error / math.sqrt(2)
    noise[:, 1] = 0  # of false non-matches, which the ratio leaves aside
    return _inverted(RATIO_OF_FMR, rates, noise, 0.95)


def test_far_from_parity_the_interval_of_a_ratio_is_that_of_a_normal_difference() -> None:
    value, low, high, _, p = inverted(8.0, 0.3)
    assert value == pytest.approx(8)
    assert math.log(8 / low) / 0.3 == pytest.approx(stats.norm.ppf(0.975), abs=0.05)
    # The upper tail is 0.3 of the lower one.
    assert math.log(high / 8) / 0.3 == pytest.approx(stats.norm.ppf(1 - 0.3 * 0.025), abs=0.08)
    assert p == 0


def test_an_interval_that_nearly_reaches_parity_ends_where_the_folded_normal_says() -> None:
    _, low, _, _, _ = inverted(2.0, 0.3)

    def beyond(difference: float) -> float:
        both = stats.norm.sf([math.log(2) - difference, math.log(2) + difference], scale=0.3)
        return float(both.sum()) - 0.025

    assert math.log(low) == pytest.approx(optimize.brentq(beyond, 0, 0.6), abs=0.02)


def test_chance_alone_gives_two_equal_groups_a_ratio_of_known_size() -> None:
    value, low, high, chance, p = inverted(1.3, 0.2)
    # The mean of exp |d| for a normal d of standard deviation s: 2 Phi(s) exp(s^2 / 2).
    assert chance == pytest.approx(2 * stats.norm.cdf(0.2) * math.exp(0.02), rel=0.01)
    assert p == pytest.approx(2 * stats.norm.sf(math.log(1.3) / 0.2), abs=0.01)
    assert low == pytest.approx(1)
    assert value < high < 1.3 * math.exp(3 * 0.2)


def test_a_ratio_closer_to_one_than_chance_leaves_it_is_no_proof_of_parity() -> None:
    # As if chance had given the 16 % quantile of |d|: the difference, in standard errors, at which
    # |d| is below that in 0.3 of 2.5 % of samples.
    least = stats.norm.ppf(0.58)
    expected = optimize.brentq(
        lambda d: stats.norm.cdf(least - d) - stats.norm.cdf(-least - d) - 0.3 * 0.025, 1, 5
    )
    for ratio in (1.0, 1.0001, 1.01):
        value, low, high, _, _ = inverted(ratio, 0.2)
        assert low == pytest.approx(1)
        assert math.log(high) / 0.2 == pytest.approx(expected, abs=0.12)
        assert value == pytest.approx(ratio)


def test_the_noise_of_rates_has_their_relative_errors_and_the_correlation_of_the_draws() -> None:
    found = drawn(simulate({"a": Group(), "b": Group(0.5)}, people=20, seed=3), replicates=200)
    rows = [found.row(kind, group) for kind in ("FMR", "FNMR") for group in "ab"]
    noise = _noise(found, [found.rows()[row] for row in rows], 0.9, 40_000, 0)
    values = found.measures["value"].to_numpy()[rows]
    wider = stats.t.ppf(0.95, found.freedom[rows]) / stats.norm.ppf(0.95)
    np.testing.assert_allclose(noise.std(axis=0), found.spread[rows] / values * wider, rtol=0.03)
    together = np.corrcoef(found.draws[:, rows], rowvar=False)
    np.testing.assert_allclose(np.corrcoef(noise, rowvar=False), together, atol=0.03)
    assert np.abs(together[0, 2]) > 0.1


def test_rates_that_are_all_equal_are_moved_apart_about_their_mean() -> None:
    # Group b is the least certain, then c; of the other kind of errors nothing is uncertain.
    noise = np.array([-1.0, 1.0])[:, None, None] * [[0.1, 0.3, 0.2], [0.0, 0.0, 0.0]]
    apart = verification.inequality._shape(np.log(np.full((2, 3), 0.1)), noise)
    shape = np.reshape(apart, (2, 3))
    assert shape[0, 1] > 0 > shape[0, 2]
    assert shape.mean(axis=1) == pytest.approx([0, 0])
    assert (shape[0, 0], *shape[1]) == (0, 0, 0, 0)
    # By as much as the less certain one is uncertain, each of them.
    assert (shape[0, 1], shape[0, 2]) == pytest.approx((0.3, -0.3))
    # Differences below that are enlarged to it, and larger ones are left as they are.
    small = np.array([[-0.05, 0.05], [0.0, 0.0]])
    large = np.array([[-0.5, 0.5], [0.25, -0.25]])
    noise = np.array([-1.0, 1.0])[:, None, None] * [[0.1, 0.3], [0.2, 0.1]]
    moved = verification.inequality._shape(small - 2, noise)
    # Those of the other kind, all equal, go apart by the larger of its errors, and with them.
    assert moved == pytest.approx(3 * np.array([[-0.05, 0.05], [0.1, -0.1]]) * 1.0)
    assert verification.inequality._shape(large - 2, noise) == pytest.approx(large)
    certain = verification.inequality._shape(np.full((2, 2), -1.0), np.zeros((5, 2, 2)))
    assert (certain == 0).all()
    # One group in the middle of the others is no sign of equal ones.
    middle = np.array([[-0.5, 0.0, 0.5], [-0.5, 0.0, 0.5]])
    noise = np.array([-1.0, 1.0])[:, None, None] * np.full((2, 3), 0.1)
    assert verification.inequality._shape(middle - 2, noise) == pytest.approx(middle)
    # Of equal ones, those that are uncertain go apart, even if another is certain.
    noise = np.array([-1.0, 1.0])[:, None, None] * [[0.1, 0.0, 0.2], [0.0, 0.0, 0.0]]
    moved = verification.inequality._shape(np.full((2, 3), -1.0), noise)
    assert moved[0] == pytest.approx([-0.2, 0, 0.2])


def test_no_rate_is_drawn_above_1() -> None:
    noise = np.zeros((5_000, 2, 2))
    noise[:, 0] = np.random.default_rng(0).normal(size=(5_000, 2))
    chance = _inverted(RATIO_OF_FMR, np.array([[0.9, 0.9], [0.5, 0.5]]), noise, 0.95)[3]
    rates = np.minimum(0.9 * np.exp(noise[:, 0]), 1)
    assert chance == pytest.approx((rates.max(axis=1) / rates.min(axis=1)).mean())


# -- the probe


def test_a_recall_is_a_ratio_of_sums_over_people() -> None:
    people = np.repeat(list("abcdef"), [1, 2, 3, 4, 5, 5])
    right = np.array([1, 1, 0, 1, 1, 0, 1, 1, 1, 0, *[1] * 5, *[1, 1, 1, 0, 0]], dtype=bool)
    row = _recall("x", right, people, 0.95)
    value = right.mean()
    residual = [(right[people == each] - value).sum() / 20 for each in "abcdef"]
    variance = sum(each**2 for each in residual) * 6 / 5
    assert row["value"] == pytest.approx(0.75)
    assert row["variance"] == pytest.approx(variance)
    assert (row["n"], row["n_identities"], row["freedom"]) == (20, 6, 5)
    half = stats.t.ppf(0.975, 5) * math.sqrt(variance) / (0.75 * 0.25)
    expected = [1 / (1 + math.exp(-math.log(3) + sign * half)) for sign in (1, -1)]
    assert [row["low"], row["high"]] == pytest.approx(expected)
    assert row["note"] == NOT_COUNTED
    other = _recall("y", ~right, people, 0.95)
    both = _balanced([row, other], 9, 0.95)
    assert both["value"] == pytest.approx(0.5)
    assert both["variance"] == pytest.approx(2 * variance / 4)
    assert (both["n"], both["n_identities"], both["freedom"]) == (40, 9, 5)


def test_a_recall_without_a_mistake_is_wilsons_interval_over_people() -> None:
    row = _recall("x", np.ones(12, bool), np.repeat(list("abcd"), 3), 0.9)
    assert (row["low"], row["high"]) == pytest.approx(wilson(4, 4, 0.9))
    assert row["note"].startswith("1 for all in the sample: Wilson's interval for 4 people")


# -- curves and samples


def test_bands_tighten_each_limit_by_what_its_neighbours_exclude() -> None:
    pairs = simulate({"a": Group()}, people=15, seed=2)
    grid = (0.01, 0.02, 0.05, 0.1, 0.3)
    bands = verification.bands(
        pairs.scores, pairs.genuine, pairs.identities, fmr=grid, replicates=9
    )
    found = verification.bootstrap(
        pairs.scores, pairs.genuine, pairs.identities, far=grid, replicates=9
    )
    read = verification.intervals(found).set_index("metric").filter(like="TAR", axis=0)
    np.testing.assert_allclose(bands["fnmr"], 1 - read["value"])
    np.testing.assert_allclose(bands["high"], np.minimum.accumulate(1 - read["low"]))
    np.testing.assert_allclose(bands["low"], np.maximum.accumulate((1 - read["high"])[::-1])[::-1])
    assert bands["fmr"].tolist() == list(grid)


def test_few_errors_of_a_kind_are_named_where_the_rate_is_small_or_large() -> None:
    groups = {"a": Group(0, 1), "b": Group(1, 1)}
    pairs = simulate(groups, people=15, genuine=4, impostor=1, wolves=0.1)
    impostors = np.sort(pairs.scores[~pairs.genuine & (pairs.groups[0] == "a")])[::-1]
    for errors, named in ((9, True), (10, False)):
        found = drawn(pairs, threshold=impostors[errors - 1])
        note = verification.disparities(found, simulations=100)["note"].iloc[1]
        assert note == ("rough: fewer than 10 errors of a kind in a" if named else "")
        # Of b's genuine pairs, all but so many are rejected.
        low = np.sort(pairs.scores[pairs.genuine & (pairs.groups[0] == "b")])[::-1]
        found = drawn(pairs, threshold=low[errors - 1])
        note = verification.disparities(found, 0.0, simulations=100)["note"].iloc[1]
        assert ("b" in note.removeprefix("rough: fewer than 10 errors of a kind in")) == named


def test_a_ratio_to_a_group_without_errors_is_undefined_and_not_infinite() -> None:
    pairs = simulate({"a": Group(), "b": Group(1.5)}, people=12)
    highest = pairs.scores[~pairs.genuine & (pairs.groups[0] == "a")].max()
    found = drawn(pairs, threshold=float(highest) + 1e-9)
    assert found.measures["value"][found.row("FMR", "b")] > 0
    table = verification.summaries(found, simulations=100).set_index("metric")
    row = table.loc["FMR max/min"]
    assert row[["value", "low", "high", "expected_at_parity", "p_parity"]].isna().all()
    assert row["note"].startswith("undefined (no errors in a)")
    known = table.loc["FNMR max/min"]
    assert known[["value", "low", "high", "expected_at_parity", "p_parity"]].notna().all()
    # Whose chance is above a half counts as 1, and not as twice that.
    assert table["p_holm"].max() <= 1
    assert table["p_holm"].isna().tolist() == table["p_parity"].isna().tolist()


def test_summaries_weigh_false_matches_by_alpha() -> None:
    found = drawn(simulate({"a": Group(), "b": Group(0.6)}, people=30))
    fmr, fnmr = (
        [found.measures["value"][found.row(kind, group)] for group in "ab"]
        for kind in ("FMR", "FNMR")
    )
    for alpha in (0.0, 0.3, 1.0):
        table = verification.disparities(found, alpha, simulations=200).set_index("metric")
        assert table.loc["FDR", "value"] == pytest.approx(verification.fdr(fmr, fnmr, alpha))
        assert table.loc["GARBE", "value"] == pytest.approx(verification.garbe(fmr, fnmr, alpha))
    assert 0.9 < table.loc["FDR", "expected_at_parity"] < 1
    assert table.loc["FDR", "low"] < table.loc["FDR", "value"] < table.loc["FDR", "high"] <= 1
    ratio, of_geomean = max_over_min(np.array(fmr)), max_over_geomean(np.array(fmr))
    assert table.loc["FMR max/min", "value"] == pytest.approx(ratio)
    assert table.loc["FMR max/geomean", "value"] == pytest.approx(of_geomean)
    assert table["groups"].tolist() == [2] * 6


def test_a_summary_without_weight_on_false_matches_does_not_need_any() -> None:
    pairs = simulate({"a": Group(), "b": Group()}, people=30)
    strict = float(pairs.scores[~pairs.genuine].max()) + 1e-6
    found = drawn(pairs, threshold=strict)
    table = verification.disparities(found, 0.0, simulations=300).set_index("metric")
    fnmr = [found.measures["value"][found.row("FNMR", group)] for group in "ab"]
    assert table.loc["FDR", "value"] == pytest.approx(1 - abs(fnmr[0] - fnmr[1]))
    assert table.loc["FDR", "low"] < table.loc["FDR", "high"]
    assert table.loc["GARBE", "value"] == pytest.approx(verification.gini(fnmr))
    half = verification.disparities(found, 0.5, simulations=300).set_index("metric")
    assert half.loc["FDR", "note"].startswith("no interval (no errors in a, b)")


def test_people_with_the_same_recall_are_wilsons_interval_and_count_in_the_balanced_one() -> None:
    people, right = np.repeat(np.arange(10), 2), np.tile([True, False], 10)
    row = _recall("x", right, people, 0.95)
    assert (row["low"], row["high"]) == pytest.approx(wilson(5, 10))
    assert row["note"].startswith("0.5 for all in the sample: Wilson's interval for 10 people")
    none = _recall("y", np.ones(20, bool), people, 0.95)
    low, high = wilson(10, 10)
    assert none["variance"] == pytest.approx(((high - low) / 2 / stats.norm.ppf(0.975)) ** 2)
    both = _balanced([row, none], 20, 0.95)
    assert both["low"] < 0.75 < both["high"]


def test_a_group_of_errors_alone_has_no_interval_of_its_inequality_and_is_named() -> None:
    pairs = simulate({"a": Group(), "b": Group()}, people=20)
    rejected = pairs.genuine & (pairs.groups[0] == "b")
    found = verification.bootstrap(
        np.where(rejected, 1.9, pairs.scores),
        pairs.genuine,
        pairs.identities,
        pairs.groups,
        threshold=2.0,
        replicates=30,
    )
    table = verification.disparities(found, simulations=100).set_index("metric")
    assert table.loc["FNMR max/min", "value"] > 1
    assert table.loc["FNMR max/min", "note"] == "no interval (nothing but errors in b)"


def test_of_a_few_draws_no_correlation_is_read() -> None:
    together = np.column_stack([np.arange(10.0), 2 * np.arange(10.0)])
    np.testing.assert_array_equal(correlation(together[:9]), np.eye(2))
    np.testing.assert_allclose(correlation(together), np.ones((2, 2)))
    # Draws of one number, but for rounding, are draws of one number.
    rounding = np.column_stack([np.tile([0.0, 1e-12], 5), np.arange(10.0)])
    np.testing.assert_array_equal(correlation(rounding), np.eye(2))
    # A draw in which one of them could not be counted says nothing of both.
    missing = np.random.default_rng(0).random((30, 2))
    missing[4, 0] = missing[7, 1] = np.nan
    known = np.delete(missing, [4, 7], axis=0)
    np.testing.assert_allclose(correlation(missing), np.corrcoef(known, rowvar=False))


# -- the interval of a summary, counted out


def counted(
    rates: np.ndarray, noise: np.ndarray, level: float
) -> tuple[float, float, float, float, float]:
    """Value, interval, mean and p at parity of max/min of FMR, from worlds further and further apart."""
    logs = np.log(rates)
    centre = logs.mean(axis=1, keepdims=True)
    apart = logs - centre
    apart = apart * max(1.0, noise.std(axis=0).max() / np.abs(apart).max())

    def summary(worlds: np.ndarray) -> np.ndarray:
        fmr = np.minimum(np.exp(worlds), 1)[..., 0, :]
        return fmr.max(axis=-1) / fmr.min(axis=-1)

    seen, tail = float(summary(logs)), (1 - level) / 2
    grid = np.linspace(0, 6, 3001)
    drawn = np.array([summary(centre + step * apart + noise) for step in grid])
    least = max(seen, np.quantile(drawn[0], 0.16))
    low = grid[(drawn >= seen).mean(axis=1) >= tail][0]
    high = grid[(drawn > least).mean(axis=1) > 1 - 0.3 * tail][0]
    ends = [float(summary(centre + step * apart)) for step in (low, high)]
    p = float((drawn[0] >= seen).mean())
    return seen, min(ends[0], seen), max(ends[1], least), float(drawn[0].mean()), p


@pytest.mark.parametrize("ratio", [1.05, 1.6, 3.0])
def test_the_interval_of_a_ratio_holds_the_worlds_in_which_it_is_not_unusual(ratio: float) -> None:
    # Of 40 draws, exactly a quarter are left out below, and exactly three above: 1 - 0.3 * 0.25.
    rates = np.array([[0.05, 0.05 * ratio, 0.06], [0.3, 0.3, 0.3]])
    noise = np.random.default_rng(5).normal(size=(40, 2, 3)) * 0.25
    noise[:, 1] = 0
    found = _inverted(RATIO_OF_FMR, rates, noise, 0.5)
    assert found == pytest.approx(counted(rates, noise, 0.5), rel=2e-3)


def test_the_interval_of_rates_near_1_ends_where_no_rate_is_above_it() -> None:
    rates = np.array([[0.9, 0.6, 0.8], [0.3, 0.3, 0.3]])
    noise = np.random.default_rng(6).normal(size=(200, 2, 3)) * 0.12
    noise[:, 1] = 0
    found = _inverted(RATIO_OF_FMR, rates, noise, 0.9)
    assert found == pytest.approx(counted(rates, noise, 0.9), rel=3e-3)


def test_equal_rates_that_end_at_1_are_as_equal_as_chance_leaves_them() -> None:
    noise = np.zeros((400, 2, 2))
    noise[:, 0] = np.random.default_rng(0).normal(size=(400, 2)) + 0.5
    rates = np.array([[0.9, 0.9], [0.5, 0.5]])
    value, low, high, _, p = _inverted(RATIO_OF_FMR, rates, noise, 0.95)
    # Often both of them are 1, and so as equal as what was seen.
    assert (value, low, p) == (1, 1, 1)
    assert high > 1


def test_a_crossing_is_found_from_parity_to_64_times_what_was_seen() -> None:
    crossing = verification.inequality._crossing
    assert crossing(lambda stretch: stretch >= 0) == 0
    off = [crossing(lambda stretch, at=at: stretch >= at) - at for at in np.linspace(0.01, 1, 199)]
    assert 0 <= min(off)
    assert 2**-15 < max(off) <= 2**-14
    for at in (1.5, 3.0, 40.0, 63.9):
        assert crossing(lambda stretch, at=at: stretch >= at) == pytest.approx(at, rel=2e-4)
    assert crossing(lambda stretch: stretch >= 65) == 64
    assert crossing(lambda stretch: False) == 64


# -- what a summary is said to be


def test_a_summary_is_a_gap_only_if_it_stays_one_among_all_of_them() -> None:
    table = pd.DataFrame(
        [
            ("FDR", 0.5, 0.9, 0.04),
            ("FDR", 0.5, 0.9, 0.5),  # not below 1 - level
            ("GARBE", 0.1, 0.4, 0.04),
            ("GARBE", 0.1, 0.4, 0.6),
            ("GARBE", 0.0, 0.4, 0.04),
            ("FMR max/min", 1.2, 2.0, 0.49),
            ("FMR max/min", 1.2, 2.0, np.nan),
            ("FMR max/min", 1.0, 1.04, 0.9),
            ("FDR", 0.96, 1.0, 0.9),
            ("GARBE", 0.01, 0.04, 0.04),
        ],
        columns=["metric", "low", "high", "p_holm"],
    )
    found = verification.inequality._verdicts(table, None, 0.5, 0.2)
    said = [GAP, TOO_LITTLE, GAP, TOO_LITTLE, TOO_LITTLE, GAP, TOO_LITTLE, NO_GAP, NO_GAP, NO_GAP]
    assert [ruled for ruled, _ in found] == said
    assert {about for _, about in found} == {""}
    # Only FDR is a difference of rates, for which a margin can be too wide.
    few = verification.inequality._verdicts(table.iloc[[7, 8, 9]], None, 0.5, 0.04)
    assert [ruled for ruled, _ in few] == [NO_GAP, TOO_LITTLE, NO_GAP]
    assert "overall rate of 0.04;" in few[1][1]


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_the_rate_that_a_margin_is_held_against_weighs_both_kinds_of_errors(alpha: float) -> None:
    found = drawn(simulate({"a": Group(), "b": Group()}, people=12, seed=4))
    fmr, fnmr = (found.measures["value"][found.row(kind, "overall")] for kind in ("FMR", "FNMR"))
    table = verification.summaries(found, alpha, simulations=100, margin=1.0).set_index("metric")
    rate = alpha * min(fmr, 1 - fmr) + (1 - alpha) * min(fnmr, 1 - fnmr)
    said = f"the margin of 1 is not below the overall rate of {rate:.2g}, so that a group without"
    assert said in table.loc["FDR", "note"]
    assert (table["verdict"].iloc[1:] == NO_GAP).any()
    assert not table["note"].iloc[1:].str.contains("margin").any()


def test_a_summary_of_one_kind_of_errors_names_its_worst_group_and_one_of_both_none() -> None:
    found = drawn(simulate({"a": Group(0.5), "b": Group(0, 2.3), "c": Group()}, people=12, seed=4))
    table = verification.summaries(found, simulations=100)
    assert table["metric"].tolist() == [
        "FDR",
        "GARBE",
        "FMR max/min",
        "FMR max/geomean",
        "FNMR max/min",
        "FNMR max/geomean",
    ]
    assert table["worst"].tolist() == ["", "", "a", "a", "b", "b"]
    assert verification.summaries(found, 1.0, simulations=100)["worst"].tolist()[:2] == ["a", "a"]
    assert verification.summaries(found, 0.0, simulations=100)["worst"].tolist()[:2] == ["b", "b"]
    rates = np.array(
        [
            [found.measures["value"][found.row(kind, group)] for group in "abc"]
            for kind in ("FMR", "FNMR")
        ]
    )
    ratios = [rates.max(axis=1) / rates.min(axis=1), rates.max(axis=1) / stats.gmean(rates, axis=1)]
    assert table["value"].tolist()[2:] == pytest.approx(np.transpose(ratios).ravel().tolist())
    assert (table["groups"] == 3).all()


def test_somebody_without_a_score_changes_no_draw() -> None:
    pairs = simulate({"a": Group(), "b": Group()}, people=6, genuine=2, impostor=1)
    whole = drawn(pairs)
    one, two = pairs.identities
    more = Pairs(
        np.append(pairs.scores, [np.nan, np.nan]),
        np.append(pairs.genuine, [True, False]),
        (np.append(one, [99, 98]), np.append(two, [99, 0])),
        tuple(np.append(side, ["a", "a"]) for side in pairs.groups),
    )
    with pytest.warns(UserWarning, match="2 of .* pairs have no score"):
        again = drawn(more)
    np.testing.assert_array_equal(again.draws, whole.draws)
