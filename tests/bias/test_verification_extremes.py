"""Few false matches among pairs that share people: what they are worth, and what they can't show."""

import numpy as np
import pytest
from scipy import stats

from helpers.bias import verification
from helpers.bias.verification.curves import curves_of
from helpers.bias.verification.dyads import _freedom
from helpers.bias.verification.extremes import (
    AtFar,
    FalseMatches,
    Likeness,
    both_above,
    det_slope,
    false_matches,
    likeness,
)
from helpers.bias.verification.pairs import checked
from tests.benchmarks.verification import Strict, strict_coverage, strict_summary
from tests.bias.simulated import Group, Pairs, simulate


def alike(pairs: Pairs) -> Likeness:
    unit = curves_of(checked(pairs.scores, pairs.genuine))[0]
    one, two = (side[unit.impostors] for side in pairs.identities)
    return likeness(unit, one, two, one * 1000 + two)


# -- how often two pairs are both false matches


@pytest.mark.parametrize("threshold", [0.0, 1.28, 3.09])
@pytest.mark.parametrize("correlation", [0.0, 0.04, 0.36, 0.9])
def test_both_above_is_the_bivariate_normal_distribution(
    threshold: float, correlation: float
) -> None:
    normal = stats.multivariate_normal(cov=[[1, correlation], [correlation, 1]])
    expected = float(normal.cdf([-threshold, -threshold]))
    assert both_above(threshold, correlation) == pytest.approx(expected, abs=3e-6)


def test_the_likeness_of_pairs_is_that_with_which_they_were_made() -> None:
    # Pairs that share a person correlate by wolves ** 2; of the same two people by twice that plus
    # alike ** 2. Means over ten tables, in each of which 90 people say it within a third.
    found = [
        alike(simulate({"a": Group()}, people=90, wolves=0.45, alike=0.4, seed=seed))
        for seed in range(10)
    ]
    assert np.mean([each.person for each in found]) == pytest.approx(0.45**2, rel=0.1)
    assert np.mean([each.couple for each in found]) == pytest.approx(2 * 0.45**2 + 0.16, rel=0.1)
    assert found[0].pairs == 90 * 89
    assert found[0].people == 90
    # Each two people have two pairs, and each of 90 * 89 pairs meets 4 * 88 others at one person.
    assert found[0].same == 90 * 89
    assert found[0].sharing == 90 * 89 * 4 * 88


@pytest.mark.parametrize("wolves", [0.05, 0.35, 0.6])
def test_inflation_is_the_variance_of_the_number_of_false_matches(wolves: float) -> None:
    tables = [
        simulate({"a": Group()}, people=40, genuine=1, wolves=wolves, seed=s) for s in range(400)
    ]
    counts = np.array([(each.scores[~each.genuine] >= 2.33).sum() for each in tables])
    truth = Likeness(wolves**2, 2 * wolves**2 + 0.16, 1560 * 4 * 38, 1560, 1560, 40)
    rate = float(stats.norm.sf(2.33))
    expected = counts.var(ddof=1) / (1560 * rate * (1 - rate))
    assert truth.inflation(rate) == pytest.approx(expected, rel=0.3)
    said = np.mean([alike(each).inflation(rate) for each in tables[:20]])
    assert said == pytest.approx(truth.inflation(rate), rel=0.25)


def test_people_behind_a_rate_are_kishs_effective_number() -> None:
    # cv^2 of the people's own false match rates, in closed form by the bivariate normal.
    rate, correlation = 0.01, 0.3
    cv2 = both_above(float(stats.norm.isf(rate)), correlation) / rate**2 - 1
    made = Likeness(correlation, 0.5, 1.0, 1.0, 1000, 60)
    assert made.people_behind(rate) == pytest.approx(60 / (1 + cv2))
    assert Likeness(0.0, 0.0, 1.0, 1.0, 1000, 60).people_behind(rate) == 60
    assert made.people_behind(0.0) == 60
    assert made.inflation(0.0) == 1


def test_pairs_that_share_nobody_are_independent() -> None:
    people = np.arange(40).reshape(2, 20)
    scores = np.concatenate([np.linspace(0, 1, 20), np.full(20, 2.0)])
    genuine = np.repeat([False, True], 20)
    unit = curves_of(checked(scores, genuine))[0]
    one, two = (side[unit.impostors] for side in people)
    found = likeness(unit, one, two, np.arange(20))
    assert (found.person, found.couple, found.sharing, found.same) == (0, 0, 0, 0)
    matches = false_matches(4, found, one, two, np.arange(20))
    assert matches.inflation == 1
    assert matches.independent == 4
    # Clopper and Pearson's interval, for Student's quantile of 39 degrees of freedom.
    scale = (stats.t.ppf(0.975, 39) / stats.norm.ppf(0.975)) ** 2
    yes, no = 4 / scale, 16 / scale
    expected = stats.beta.ppf(0.025, yes, no + 1), stats.beta.ppf(0.975, yes + 1, no)
    assert matches.limits(0.95) == pytest.approx(expected)


def test_scores_that_are_all_tied_say_nothing_of_who_goes_together() -> None:
    with pytest.warns(UserWarning, match="all scores are equal"):
        unit = curves_of(checked([0.5] * 4, [1, 0, 0, 0]))[0]
    found = likeness(unit, np.array([0, 0, 1]), np.array([1, 2, 2]), np.arange(3))
    assert (found.person, found.couple) == (0, 0)
    assert (found.sharing, found.same) == (6, 0)


def test_false_matches_of_one_person_are_worth_less_than_those_of_many() -> None:
    none = Likeness(0.0, 0.0, 3540 * 4 * 58, 3540, 3540, 60)
    one = np.zeros(12, dtype=int)
    wolf = false_matches(12, none, one, np.arange(1, 13), np.arange(12))
    many = false_matches(12, none, np.arange(12), np.arange(12) + 12, np.arange(12))
    assert many.inflation == 1
    # All 66 couples of them share the wolf; of these, surely more than 55 aren't chance.
    expected = 1 + 2 * (stats.gamma.ppf(0.1, 66) - 3540 * (4 * 58 + 1) / 2 * (12 / 3540) ** 2) / 12
    assert wolf.inflation == pytest.approx(expected / 1, rel=0.01)
    assert wolf.limits(0.95)[1] > 2 * many.limits(0.95)[1]


def test_the_same_two_peoples_pictures_are_one_pair_where_no_error_was_seen() -> None:
    none = Likeness(0.0, 0.0, 0.0, 60.0, 30, 60)
    dyad = np.repeat(np.arange(15), 2)
    people = np.arange(30) // 2
    for accepted in (0, 30):
        found = false_matches(accepted, none, people, people + 15, dyad)
        assert found.inflation == 2
        low, high = found.limits(0.95)
        assert (low == 0) == (accepted == 0)
        assert (high == 1) == (accepted == 30)
        assert found.independent == 0
    assert found.limits(0.99)[0] < found.limits(0.95)[0] < 1


# -- from the rate to the true accept rate


def test_the_det_curve_of_normal_scores_is_a_line_of_slope_one() -> None:
    pairs = simulate({"a": Group()}, people=150, genuine=40, impostor=1, wolves=0.05)
    unit = curves_of(checked(pairs.scores, pairs.genuine))[0]
    assert det_slope(unit, 11) == pytest.approx(1, abs=0.12)
    # Genuine scores twice as widely spread: half the slope.
    wide = np.where(pairs.genuine, 3 + 2 * (pairs.scores - 3), pairs.scores)
    unit = curves_of(checked(wide, pairs.genuine))[0]
    assert det_slope(unit, 11) == pytest.approx(0.5, abs=0.06)
    steep = np.where(pairs.genuine, 3 + 0.1 * (pairs.scores - 3), pairs.scores + 0.5)
    assert det_slope(curves_of(checked(steep, pairs.genuine))[0], 11) == 3
    apart = np.where(pairs.genuine, 99, pairs.scores)
    assert det_slope(curves_of(checked(apart, pairs.genuine))[0], 11) == 1


def test_the_slope_is_read_where_the_false_matches_are() -> None:
    # A curve with a bend: the slope of the few most alike pairs, not that of all.
    fmr = np.arange(1, 3001) / 3000.4
    deviate = stats.norm.ppf(fmr)
    bend = stats.norm.ppf(300 / 3000.4)
    tar = np.where(deviate < bend, 0.4 * (deviate - bend), 2.0 * (deviate - bend))
    accepted = np.round(20_000 * stats.norm.cdf(tar)).astype(int)
    scores = np.repeat(-np.arange(3000.0), 1)
    genuine = np.repeat(-np.arange(3000.0), np.diff(accepted, prepend=0))
    unit = curves_of(
        checked(np.concatenate([scores, genuine]), np.repeat([False, True], [3000, len(genuine)]))
    )[0]
    assert det_slope(unit, 10) == pytest.approx(0.4, abs=0.03)
    assert det_slope(unit, 60) == pytest.approx(1.5, abs=0.35)


def at_far(**changes: float) -> AtFar:
    matches = FalseMatches(10, 10_000, 1.0, 2000, 2000.0)
    figures = {"value": 0.8, "far": 0.001, "slope": 1.0, "spread": 1e-9, "correlation": 0.0}
    made = figures | changes
    return AtFar(
        made["value"],
        made["far"],
        matches,
        made["slope"],
        600,
        100,
        made["spread"],
        99.0,
        made["correlation"],
    )


def test_a_threshold_is_as_uncertain_as_its_false_match_rate() -> None:
    # With genuine scores known for certain, the ends are those of the rate on the DET line: the
    # threshold lies between the tenth and the eleventh impostor.
    low, high = at_far().limits(0.95)
    scale = (stats.t.ppf(0.975, 1999) / stats.norm.ppf(0.975)) ** 2
    most = stats.beta.ppf(0.975, 10 / scale + 1, 9990 / scale)
    least = stats.beta.ppf(0.025, 11 / scale, 9990 / scale)
    wanted = stats.norm.ppf(0.001)
    expected = [
        stats.norm.cdf(stats.norm.ppf(0.8) + wanted - stats.norm.ppf(rate))
        for rate in (most, least)
    ]
    assert [low, high] == pytest.approx(expected)
    flat = at_far(slope=0.5).limits(0.95)
    assert stats.norm.ppf(flat[0]) - stats.norm.ppf(0.8) == pytest.approx(
        (stats.norm.ppf(low) - stats.norm.ppf(0.8)) / 2
    )


def test_uncertainties_are_squared_and_added_and_a_shared_cause_widens() -> None:
    at = stats.norm.ppf(0.8)
    threshold = at - stats.norm.ppf(at_far().limits(0.95)[0])
    both = at - stats.norm.ppf(at_far(spread=0.04).limits(0.95)[0])
    own = stats.t.ppf(0.975, 99) * 0.04 / stats.norm.pdf(at)
    assert both == pytest.approx(np.hypot(threshold, own))
    shared = at - stats.norm.ppf(at_far(spread=0.04, correlation=-0.5).limits(0.95)[0])
    assert shared == pytest.approx(np.sqrt(threshold**2 + own**2 + threshold * own))
    moved = np.sqrt(0.00105 / 10_000) / stats.norm.pdf(stats.norm.ppf(0.00105))
    assert at_far().standard_error() == pytest.approx(moved * stats.norm.pdf(at), rel=1e-3)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_all_or_nobody_accepted_is_no_certainty(value: float) -> None:
    low, high = at_far(value=value).limits(0.95)
    assert (low, high)[int(value)] == value
    # Wilson's limit for 100 people is 0.037 away; the threshold adds to it.
    assert 0.037 < high - low < 0.2


# -- in an audit


def test_one_person_in_most_false_matches_is_said_at_any_number_of_people() -> None:
    for people in (25, 60):
        pairs = simulate({"a": Group(0, 5)}, people=people, wolves=0.05, seed=2)
        one, two = pairs.identities
        hers = ~pairs.genuine & ((one == 0) | (two == 0))
        scores = pairs.scores + 2.5 * hers
        found = verification.bootstrap(
            scores, pairs.genuine, pairs.identities, threshold=2.8, far=0.01, replicates=20
        )
        table = verification.intervals(found).set_index("metric")
        assert table.loc["FMR", "note"].startswith("a few people decide this value")
        plain = verification.bootstrap(
            pairs.scores, pairs.genuine, pairs.identities, threshold=1.5, far=0.1, replicates=20
        )
        assert (
            verification.intervals(plain).set_index("metric").loc[["FMR", "EER"], "note"] == ""
        ).all()


@pytest.mark.parametrize("wolves", [0.05, 0.6])
def test_the_standard_error_of_tar_is_its_spread_over_other_people(wolves: float) -> None:
    tables = []
    for seed in range(80):
        pairs = simulate({"a": Group()}, people=30, wolves=wolves, seed=seed)
        tables.append(
            verification.bootstrap(
                pairs.scores, pairs.genuine, pairs.identities, far=0.01, replicates=2
            )
        )
    row = tables[0].row("TAR@FAR=0.01", "overall")
    values = np.array([each.measures["value"][row] for each in tables])
    said = np.sqrt(np.mean([each.spread[row] ** 2 for each in tables]))
    # Errors of people who lend themselves to both kinds of pairs partly cancel: never too small.
    assert 0.8 * values.std(ddof=1) < said < 1.6 * values.std(ddof=1)


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.parametrize("people", [60, 30])
def test_intervals_at_one_in_a_thousand_hold_the_truth_or_say_that_few_people_decide(
    people: int,
) -> None:
    # 1,000 draws: python -m tests.benchmarks.verification strict.
    parts = {
        wolves: strict_coverage(
            Strict(people, wolves, 8 if people == 30 else 2), 100, (0.01, 0.001)
        )
        for wolves in (0.05, 0.2, 0.4, 0.6)
    }
    every = np.concatenate([part[["held", "noted"]].to_numpy() for part in parts.values()])
    held, noted = every.T.astype(bool)
    assert held[~noted].mean() >= 0.93
    rare = {wolves: part[part["far"] == 0.001] for wolves, part in parts.items()}
    missed = [part["noted"][~part["held"]] for part in rare.values()]
    assert np.concatenate(missed).mean() > 0.5
    if people == 60:
        assert rare[0.05]["noted"].mean() <= 0.1
        assert rare[0.2]["noted"].mean() <= 0.1
    summary = strict_summary(parts[0.2])
    assert (summary["held without note"] >= 90).all()


# -- degrees of freedom


def test_degrees_of_freedom_follow_the_kurtosis() -> None:
    # Half ones, half minus ones: kurtosis 1, as certain as people allow.
    assert _freedom(np.repeat([1.0, -1.0], 20)) == 39
    assert _freedom(np.zeros(12)) == 11
    # One 3 and nine -1/3 have mean 0, variance 1 and kurtosis (81 + 9/81) / 10 = 8.1111.
    few = np.repeat([3.0, -1 / 3], [5, 45])
    assert _freedom(few) == pytest.approx(4 / 3 * 50 / (8 + 1 / 9 - 1))
    assert _freedom(np.repeat([1.0, 0.0], [1, 30])) == 6


def test_none_accepted_and_all_accepted_are_equally_clustered() -> None:
    # Both half a pair away from certainty, and a covariance is the same from either side.
    one, two = np.triu_indices(20, 1)
    kinds = Likeness(0.3, 0.5, 20.0 * 19 * 18, 0.0, len(one), 20)
    none, every = (
        false_matches(accepted, kinds, one, two, 20 * one + two) for accepted in (0, len(one))
    )
    assert none.inflation > 1.01
    assert every.inflation == pytest.approx(none.inflation)


def test_at_one_false_match_the_slope_is_read_from_there_to_half_the_impostors() -> None:
    people = ["ann", "bea", "cem", "dia"]
    first = [*people, "ann", "ann", "ann", "bea"]
    second = [*people, "bea", "cem", "dia", "cem"]
    # One hit of four beside the first false match, two beside the second.
    scores = [0.95, 0.7, 0.3, 0.2, 0.9, 0.8, 0.5, 0.1]
    found = verification.bootstrap(
        scores, [1] * 4 + [0] * 4, (first, second), far=0.25, replicates=20
    )
    behind = found.behind[found.row("TAR@FAR=0.25", "overall")]
    assert isinstance(behind, AtFar)
    across = stats.norm.ppf(2.7 / 4.4) - stats.norm.ppf(1.7 / 4.4)
    assert behind.slope == pytest.approx((0 - stats.norm.ppf(1 / 4)) / across)


def people_behind(first: np.ndarray) -> float:
    """The FMR of 20 people at a fifth of their 190 pairs, of which these are the most alike."""
    one, two = np.triu_indices(20, 1)
    order = np.concatenate([first, np.setdiff1d(np.arange(len(one)), first)])
    person = np.arange(20)
    found = verification.bootstrap(
        np.concatenate([np.ones(20), -np.argsort(order) / len(one)]),
        np.repeat([True, False], [20, len(one)]),
        (np.concatenate([person, one]), np.concatenate([person, two])),
        threshold=-37.5 / len(one),
        far=0.1,
        replicates=20,
    )
    behind = found.behind[found.row("FMR", "overall")]
    assert isinstance(behind, FalseMatches)
    assert behind.accepted == 38
    return behind.behind


def test_who_goes_together_is_counted_in_the_most_alike_tenth_in_whatever_order() -> None:
    # The tenth, 19 pairs: ten of the first person, and nine of two people each.
    one, two = np.triu_indices(20, 1)
    together = np.flatnonzero(one == 0)[-10:]
    apart = np.flatnonzero((one % 2 == 1) & (two == one + 1))
    expected = people_behind(np.concatenate([together, apart]))
    assert people_behind(np.concatenate([apart, together])) == pytest.approx(expected)
    # With half of the first person's pairs beyond the tenth there are more people behind the rate.
    others = np.flatnonzero((one % 2 == 0) & (two == one + 3))[:5]
    scattered = np.concatenate([apart, others, together])
    assert people_behind(scattered) > expected + 1


def test_both_rates_at_a_threshold_go_together_through_the_people_in_both() -> None:
    # Who resembles others is less like himself or herself: misses and false matches come together.
    random, people = np.random.default_rng(0), 24
    resembles, person = random.normal(size=people), np.repeat(np.arange(people), 3)
    one, two = np.triu_indices(people, 1)
    genuine = 3 - resembles[person] + random.normal(size=len(person))
    impostor = (resembles[one] + resembles[two]) / 2 + random.normal(size=len(one))
    found = verification.bootstrap(
        np.concatenate([genuine, impostor]),
        np.repeat([True, False], [len(person), len(one)]),
        (np.concatenate([person, one]), np.concatenate([person, two])),
        far=0.1,
        replicates=20,
    )
    behind = found.behind[found.row("TAR@FAR=0.1", "overall")]
    assert isinstance(behind, AtFar)
    next_one = np.sort(impostor)[-28]  # of 276 impostor pairs, 27 are accepted
    hits, matches = genuine > next_one, impostor > next_one
    tar, fmr = hits.mean(), matches.mean()
    own = np.array([(hits[person == each] - tar).sum() / len(hits) for each in range(people)])
    others = np.array(
        [(matches[(one == each) | (two == each)] - fmr).sum() for each in range(people)]
    ) / len(matches)
    of_tar = np.sqrt(people / (people - 1) * (own**2).sum())
    of_fmr = np.sqrt(fmr * (1 - fmr) * behind.matches.inflation / len(matches))
    assert behind.correlation == pytest.approx(own @ others / of_tar / of_fmr)
    assert -0.9 < behind.correlation < -0.1
