"""Few false matches among pairs that share people: what they are worth, and what they can't show."""

import itertools

import numpy as np
import pytest
from scipy import optimize, stats

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
from helpers.intervals import wilson
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
    # Whatever their mean and their size are, and with people who are like the mean.
    assert _freedom(0.01 * few + 7) == pytest.approx(_freedom(few))
    assert _freedom(np.repeat([2.0, -2.0, 0.0], [5, 5, 30])) == pytest.approx(4 / 3 * 40 / 3)


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


# -- against counts over all pairs of pairs


def few_pairs(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores with ties of 40 pairs of seven people, some two of whom meet more than once."""
    random = np.random.default_rng(seed)
    one = random.integers(0, 6, 40)
    two = one + 1 + random.integers(0, 6 - one)
    turned = random.random(40) < 0.5
    one, two = np.where(turned, two, one), np.where(turned, one, two)
    resembles = random.normal(size=7)
    scores = resembles[one] + resembles[two] + 0.5 * random.normal(size=40)
    order = np.argsort(-scores)
    return np.round(scores, 1)[order], one[order], two[order]


def together(one: np.ndarray, two: np.ndarray) -> tuple[int, int]:
    """How many pairs of these pairs share one person, and how many both."""
    shared = [
        len({one[i], two[i]} & {one[j], two[j]})
        for i, j in itertools.combinations(range(len(one)), 2)
    ]
    return shared.count(1), shared.count(2)


def correlation_with(both: float, threshold: float) -> float:
    """The correlation of two normal values that are both above a threshold so often."""

    def more(correlation: float) -> float:
        normal = stats.multivariate_normal(cov=[[1, correlation], [correlation, 1]])
        return float(normal.cdf([-threshold, -threshold])) - both

    if more(0) >= 0:
        return 0.0
    return 0.95 if more(0.95) <= 0 else float(optimize.brentq(more, 0, 0.95))


def numbered(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    return 100 * np.minimum(one, two) + np.maximum(one, two)


def test_likeness_is_that_of_a_normal_pair_with_so_many_common_places_in_the_tenth() -> None:
    cuts, found_any = set(), np.zeros(2, bool)
    for seed, coarse in itertools.product(range(12), ("", "by halves", "one and the rest")):
        scores, one, two = few_pairs(seed)
        if coarse:
            scores = np.round(scores / 2) if coarse == "by halves" else 1.0 * (np.arange(40) < 1)
        unit = curves_of(checked([9.0, *scores], [1] + [0] * 40))[0]
        found = likeness(unit, one, two, numbered(one, two))
        every = together(one, two)
        assert (found.sharing, found.same) == (2 * every[0], 2 * every[1])
        assert (found.pairs, found.people) == (40, len({*one, *two}))
        # Of tied scores all or none: the cut that is nearest to 4 of 40, the smaller of two.
        ends = [k for k in range(1, 40) if scores[k - 1] != scores[k]]
        cut = min(ends, key=lambda k: (abs(k - 4), k))
        share, kinds = cut / 40, together(one[:cut], two[:cut])
        beyond = [kind / all_ - share**2 for kind, all_ in zip(kinds, every, strict=True)]
        variance = cut * (1 - share) + 2 * np.dot(every, beyond)
        both = [each + max(variance, 0) / 1600 + share**2 for each in beyond]
        expected = [correlation_with(each, float(stats.norm.isf(share))) for each in both]
        assert [found.person, found.couple] == pytest.approx(expected, abs=2e-4)
        cuts.add(cut)
        found_any |= np.array(expected) > 0
    assert len(cuts) > 2
    assert found_any.all()


def test_pictures_of_two_people_that_always_score_alike_are_taken_for_nearly_so() -> None:
    one, two = (np.repeat(side, 3) for side in np.triu_indices(12, 1))
    scores = np.random.default_rng(0).random(66).repeat(3)
    order = np.argsort(-scores, kind="stable")
    one, two = one[order], two[order]
    unit = curves_of(checked([9.0, *scores[order]], [1] + [0] * 198))[0]
    assert likeness(unit, one, two, numbered(one, two)).couple == pytest.approx(0.95)


def test_false_matches_that_share_people_more_often_than_by_chance_count_for_less() -> None:
    larger = set()
    for seed in range(6):
        _, one, two = few_pairs(seed)
        dyad = numbered(one, two)
        every = together(one, two)
        for kinds in (Likeness(0, 0, 2.0 * every[0], 2.0 * every[1], 40, 7), alike_of(0.1, every)):
            for accepted in (1, 5, 12, 25, 39):
                rate = accepted / 40
                found = false_matches(accepted, kinds, one, two, dyad)
                seen = sum(together(one[:accepted], two[:accepted]))
                # Surely so many couples of them share somebody: the lower limit of a Poisson count.
                sure = stats.gamma.ppf(0.1, seen) if seen else 0.0
                extra = 2 * max(sure - sum(every) * rate**2, 0)
                counted = 1 + extra / (accepted * (1 - rate))
                expected = max(kinds.inflation(rate), counted)
                assert found.inflation == pytest.approx(expected)
                assert (found.accepted, found.pairs, found.people) == (accepted, 40, 7)
                assert found.behind == pytest.approx(kinds.people_behind(rate))
                larger.add(counted > kinds.inflation(rate))
    assert larger == {True, False}


def alike_of(person: float, every: tuple[int, int]) -> Likeness:
    return Likeness(person, 2 * person, 2.0 * every[0], 2.0 * every[1], 40, 7)


@pytest.mark.parametrize("accepted", [0, 40])
def test_without_a_difference_pairs_are_worth_half_an_event_or_one_a_couple(accepted: int) -> None:
    _, one, two = few_pairs(0)
    dyad = numbered(one, two)
    for person in (0.0, 0.2, 0.45):
        kinds = alike_of(person, together(one, two))
        found = false_matches(accepted, kinds, one, two, dyad)
        couples = 40 / len(set(dyad))
        assert found.inflation == pytest.approx(max(kinds.inflation(0.5 / 40), couples))


def test_the_number_of_false_matches_varies_by_what_every_two_pairs_have_in_common() -> None:
    normal = {r: stats.multivariate_normal(cov=[[1, r], [r, 1]]) for r in (0.2, 0.5)}
    for rate in (0.3, 0.02):
        at = stats.norm.ppf(rate)
        person, couple = (float(normal[r].cdf([at, at])) - rate**2 for r in (0.2, 0.5))
        made = Likeness(0.2, 0.5, 900.0, 70.0, 120, 16)
        variance = 120 * rate * (1 - rate) + 900 * person + 70 * couple
        expected = variance / (120 * rate * (1 - rate))
        assert made.inflation(rate) == pytest.approx(expected, rel=1e-4)
        assert made.people_behind(rate) == pytest.approx(16 / (1 + person / rate**2), rel=1e-4)
    for certain in (0.0, 1.0):
        assert made.inflation(certain) == 1
        assert made.people_behind(certain) == 16


@pytest.mark.parametrize("next_one", [0, 1])
@pytest.mark.parametrize("accepted", [0, 3, 290, 299, 300])
def test_limits_of_false_matches_are_exact_for_as_many_as_they_are_worth(
    accepted: int, next_one: int
) -> None:
    found = FalseMatches(accepted, 300, 2.5, 9, 8.0)
    assert found.independent == pytest.approx(min(accepted, 300 - accepted) / 2.5)
    rate = accepted / 300
    assert found.spread == pytest.approx(np.sqrt(2.5 * rate * (1 - rate) / 300))
    scale = 2.5 * (stats.t.ppf(0.9, 8) / stats.norm.ppf(0.9)) ** 2
    yes, no = accepted / scale, (300 - accepted) / scale
    above, below = (yes + 1 / scale, no) if next_one else (yes, no + 1)
    low = stats.beta.ppf(0.1, above, below) if above else 0.0
    high = stats.beta.ppf(0.9, yes + 1, no) if no else 1.0
    if accepted + next_one <= 300:  # above all impostors there is no next one
        assert found.limits(0.8, next_one) == pytest.approx((low, high))


# -- the slope, read from the scores themselves


def slope_of(genuine: np.ndarray, impostor: np.ndarray, accepted: int) -> float:
    """A line through the DET curve from some false matches to thirty times as many, or half."""
    ordered = np.sort(impostor)[::-1]
    most = min(len(ordered) / 2, 30 * max(accepted, 1))
    points = {}
    for wanted in np.geomspace(max(accepted, 1), max(most, 1), 15).astype(int):
        # Nothing as low as the next impostor passes.
        next_one = ordered[wanted] if wanted < len(ordered) else -np.inf
        passed, hits = impostor > next_one, (genuine > next_one).sum()
        if passed.any() and 0 < hits < len(genuine):
            points[int(passed.sum())] = int(hits)
    if len(points) < 2:
        return 1.0
    x = stats.norm.ppf((np.array(list(points)) + 0.7) / (len(impostor) + 0.4))
    y = stats.norm.ppf(np.array(list(points.values())) / len(genuine))
    weight = np.array(list(points))
    x, y = x - np.average(x, weights=weight), y - np.average(y, weights=weight)
    return float(np.clip((weight * x * y).sum() / (weight * x * x).sum(), 0.3, 3))


def test_the_slope_is_that_of_a_line_weighted_by_false_matches() -> None:
    found = []
    for seed in range(8):
        random = np.random.default_rng(seed)
        genuine = 1.5 + (0.4 + 0.3 * seed) * random.normal(size=50)
        for size, digits in ((1, 6), (3, 6), (60, 0), (60, 1), (900, 2), (3000, 6)):
            impostor = random.normal(size=size)
            both = np.round(np.concatenate([genuine, impostor]), digits)
            unit = curves_of(checked(both, np.repeat([True, False], [50, size])))[0]
            for accepted in (0, 1, 2, 7, 29, 40):
                expected = slope_of(both[:50], both[50:], accepted)
                assert det_slope(unit, accepted) == pytest.approx(expected)
                found.append(expected)
    assert {0.3, 3.0} <= set(found)
    assert sum(0.3 < each < 3 and each != 1 for each in found) > 50


# -- the true accept rate at a rate of false matches


def test_a_rate_far_from_the_false_matches_moves_the_interval_to_one_side_only() -> None:
    # 10 of 10,000 were let through, and so many are neither 0.01 nor 1e-5.
    at = stats.norm.ppf(0.8)
    rates = FalseMatches(10, 10_000, 1.0, 2000, 2000.0).limits(0.95, next_one=1)
    low, high = at_far(far=0.01).limits(0.95)
    assert low == pytest.approx(0.8)
    assert stats.norm.ppf(high) - at == pytest.approx(
        stats.norm.ppf(0.01) - stats.norm.ppf(rates[0])
    )
    low, high = at_far(far=1e-5).limits(0.95)
    assert high == pytest.approx(0.8)
    assert at - stats.norm.ppf(low) == pytest.approx(
        stats.norm.ppf(rates[1]) - stats.norm.ppf(1e-5)
    )


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_from_all_or_nobody_both_ends_are_distances_from_half_a_pair(value: float) -> None:
    found = at_far(value=value)
    at = stats.norm.ppf(abs(value - 0.5 / 600))
    # Wilson's for 100 people, whose own certain end is left out as beyond 1e-12.
    ends = [
        stats.norm.ppf(np.clip(end, 1e-12, 1 - 1e-12)) for end in wilson(int(100 * value), 100, 0.9)
    ]
    rates = stats.norm.ppf(found.matches.limits(0.9, next_one=1))
    moved = (rates[1] - stats.norm.ppf(0.001), stats.norm.ppf(0.001) - rates[0])
    expected = stats.norm.cdf(
        [at - np.hypot(at - ends[0], moved[0]), at + np.hypot(ends[1] - at, moved[1])]
    )
    expected[int(value)] = value
    assert found.limits(0.9) == pytest.approx(tuple(expected))


def test_the_error_of_a_true_accept_rate_adds_that_of_its_threshold() -> None:
    matches = FalseMatches(3, 40, 2.0, 30, 20.0)
    rate = 3.5 / 41
    moved = np.sqrt(rate * 2 / 40) / stats.norm.pdf(stats.norm.ppf(rate))
    for value, at in ((0.6, 0.6), (1.0, 1 - 0.5 / 50), (0.0, 0.5 / 50)):
        made = AtFar(value, 0.1, matches, 0.7, 50, 12, 0.04, 11.0, -0.3)
        threshold = 0.7 * moved * stats.norm.pdf(stats.norm.ppf(at))
        variance = 0.04**2 + threshold**2 + 2 * 0.3 * 0.04 * threshold
        assert made.standard_error() == pytest.approx(np.sqrt(variance))
