"""Ends of the intervals of gaps, against closed forms and a test inverted with plain loops."""

import math
from collections.abc import Sequence
from functools import cache
from itertools import permutations, product

import numpy as np
import pytest
from scipy import optimize, stats

from helpers.bias.classification import pairwise
from helpers.bias.classification.calibration import ece_interval
from helpers.bias.classification.extremes import (
    DIFFERENCE,
    NEAR,
    RATIO,
    Measure,
    likeliest,
    likeliest_pair,
)
from helpers.bias.classification.inversion import (
    TIES,
    Inverted,
    _missed_above,
    gap_interval,
    inverted,
    smallest_interval,
)


def difference(hits: list[int], n: list[int], level: float = 0.95) -> Inverted:
    return gap_interval([(np.array(hits, float), np.array(n, float))], DIFFERENCE, level)


@pytest.mark.parametrize("sizes", [[2, 2], [60, 60], [30, 60], [60, 30], [60] * 7])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_without_an_error_the_gap_reaches_up_to_what_the_smallest_group_can_hide(
    sizes: list[int], level: float
) -> None:
    # A group with the error rate g shows none in (1 - g)^n of all audits, all of them ties.
    found = difference([0] * len(sizes), sizes, level)
    hidden = 1 - ((1 - level) / 2 / TIES) ** (1 / min(sizes))
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(hidden, abs=1e-4)
    assert difference(sizes, sizes, level).high == pytest.approx(hidden, abs=1e-4)


def test_ends_are_found_to_one_in_sixty_five_thousand_and_never_beyond() -> None:
    sizes = np.arange(2, 40)
    hidden = 1 - (0.025 / TIES) ** (1 / sizes)
    short = hidden - [difference([0, 0], [int(n), int(n)]).high for n in sizes]
    assert (short >= 0).all()
    assert 1 / 2**17 < short.max() < 1 / 2**16


def test_what_is_drawn_by_chance_starts_at_nought_unless_another_seed_is_given() -> None:
    n = np.array([9.0, 14.0, 20.0])
    hits = np.array([3.0, 9.0, 11.0])
    for usual, seeded in (
        (gap_interval([(hits, n)], RATIO), gap_interval([(hits, n)], RATIO, 0.95, 0)),
        (smallest_interval(hits, n), smallest_interval(hits, n, 0.95, 0)),
    ):
        assert usual.by_chance == seeded.by_chance
    assert smallest_interval(hits, n).by_chance != smallest_interval(hits, n, seed=1).by_chance
    # Without a second argument an interval is that of 95 %.
    assert gap_interval([(hits, n)], DIFFERENCE) == gap_interval([(hits, n)], DIFFERENCE, 0.95)
    assert smallest_interval(hits, n) == smallest_interval(hits, n, 0.95)


def test_a_ratio_of_one_without_a_miss_reaches_below_one() -> None:
    n = np.array([60.0, 60.0])
    found = gap_interval([(n, n)], RATIO)
    assert found.low == 0
    assert found.high == pytest.approx(1 - (0.025 / TIES) ** (1 / 60), abs=1e-4)


def test_all_against_none_has_a_closed_form() -> None:
    # Rates (1 + g) / 2 and (1 - g) / 2 show it in ((1 + g) / 2)^2n of all audits; near parity
    # four of the five per cent are used.
    found = difference([5, 0], [5, 5])
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx(2 * (0.04 / TIES) ** (1 / 10) - 1, abs=1e-3)


@pytest.mark.parametrize(
    ("hits", "n"), [([56, 12], [60, 60]), ([45, 12], [50, 120]), ([190, 20], [200, 200])]
)
def test_far_from_parity_each_end_misses_two_and_a_half_per_cent(
    hits: list[int], n: list[int]
) -> None:
    # The test that is inverted, written out: all pairs of counts under the likeliest rates.
    seen = hits[0] / n[0] - hits[1] / n[1]
    apart = np.arange(n[0] + 1)[:, None] / n[0] - np.arange(n[1] + 1)[None] / n[1]

    def tail(gap: float, direction: int) -> float:
        def unlikely(low: float) -> float:
            return -float(stats.binom.logpmf(hits, n, [low + gap, low]).sum())

        low = optimize.minimize_scalar(unlikely, bounds=(0, 1 - gap), method="bounded").x
        chance = np.outer(
            stats.binom.pmf(np.arange(n[0] + 1), n[0], low + gap),
            stats.binom.pmf(np.arange(n[1] + 1), n[1], low),
        )
        further, tied = direction * (apart - seen) > 1e-9, np.abs(apart - seen) <= 1e-9
        return float(chance[further].sum() + TIES * chance[tied].sum()) - 0.025

    found = difference(hits, n)
    low = optimize.brentq(lambda gap: tail(gap, 1), 0.01, seen)
    high = optimize.brentq(lambda gap: tail(gap, -1), seen, 0.999)
    assert (found.low, found.high) == pytest.approx((low, high), abs=2e-3)


def test_at_parity_the_upper_end_is_about_newcombes() -> None:
    truth, said = np.ones(400), np.tile([1, 0], 200)
    row = pairwise(truth, said, ["x"] * 200 + ["y"] * 200, "recall").iloc[0]
    found = difference([100, 100], [200, 200])
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(row["high"], abs=0.004)


def test_the_lower_end_leaves_parity_when_chance_alone_is_too_seldom_so_far_apart() -> None:
    # Three groups at parity: all tables counted. 5 % of them, ties counted in part, decide.
    n = 12
    counts = np.stack(np.meshgrid(*[np.arange(n + 1)] * 3, indexing="ij"), -1).reshape(-1, 3)
    for low in range(7):
        hits = [low, 6, 12 - low]
        chance = stats.binom.pmf(counts, n, 0.5).prod(axis=1)
        gaps = np.ptp(counts, axis=1)
        seen = max(hits) - min(hits)
        more, tied = chance[gaps > seen].sum(), chance[gaps == seen].sum()
        found = difference(hits, [n] * 3)
        assert found.p == pytest.approx(more + tied)
        assert (found.low > 0) == (more + TIES * tied < 0.05)


def test_more_groups_make_the_same_gap_less_certain() -> None:
    lows = [
        difference([70, *[85] * others, 95], [100] * (others + 2)).low for others in (3, 12, 40)
    ]
    assert lows == sorted(lows, reverse=True)
    assert lows[0] - lows[2] > 0.005


def test_the_interval_holds_what_was_seen_and_more_confidence_widens_it() -> None:
    random = np.random.default_rng(3)
    for _ in range(20):
        n = random.integers(2, 90, 4)
        hits = random.binomial(n, random.random())
        narrow, wide = (difference(hits.tolist(), n.tolist(), level) for level in (0.8, 0.95))
        assert wide.low <= narrow.low <= narrow.value <= narrow.high <= wide.high
        assert 0 <= wide.low < wide.high <= 1


def test_two_metrics_together_are_less_certain_above_and_below_than_one() -> None:
    n = np.array([100.0, 100.0])
    one, other = (np.array([70.0, 90.0]), n), (np.array([50.0, 52.0]), n)
    alone, both = gap_interval([one], DIFFERENCE), gap_interval([one, other], DIFFERENCE)
    assert alone.value == both.value == pytest.approx(0.2)
    assert both.low < alone.low
    assert both.high >= alone.high
    assert both.by_chance > alone.by_chance
    # Luck in one is none in the other.
    second = gap_interval([(np.array([45.0, 65.0]), n)], DIFFERENCE)
    twice = gap_interval([one, (np.array([45.0, 65.0]), n)], DIFFERENCE)
    assert twice.p == pytest.approx(1 - (1 - alone.p) * (1 - second.p))


def test_what_chance_gives_is_the_mean_gap_of_equal_groups() -> None:
    # The range of two and of fourteen normal means, 1.128 and 3.407 standard deviations.
    for groups, expected in ((2, 1.128), (14, 3.407)):
        found = difference([300] * groups, [600] * groups)
        assert found.by_chance == pytest.approx(expected * 0.5 / math.sqrt(600), rel=0.05)


# -- the worst group


def test_without_an_error_the_worst_group_may_be_perfect_and_its_lower_end_is_closed() -> None:
    found = smallest_interval(np.array([20.0, 40.0]), np.array([20.0, 40.0]))
    assert (found.value, found.high, found.by_chance) == (1, 1, 1)
    assert found.low == pytest.approx((0.025 / TIES) ** (1 / 20), abs=1e-6)


def test_two_groups_that_are_never_right_may_both_be_right_a_little() -> None:
    n = np.array([20.0, 20.0])
    found = smallest_interval(np.zeros(2), n)
    # Both at the rate c: one of them shows no hit in 1 - (1 - (1 - c)^20)^2 of all audits.
    expected = 1 - (1 - math.sqrt(1 - 0.04 / TIES)) ** (1 / 20)
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(expected, abs=1e-3)


def test_a_group_far_behind_has_the_interval_of_its_own_rate() -> None:
    found = smallest_interval(np.array([30.0, 290.0, 295.0]), np.array([100.0, 300.0, 300.0]))
    assert found.value == 0.3
    # Exact limits with the same share of ties, by scipy's distribution.
    for end, sign in ((found.low, 1), (found.high, -1)):
        beyond = stats.binom.sf(30, 100, end) if sign > 0 else stats.binom.cdf(29, 100, end)
        assert beyond + TIES * stats.binom.pmf(30, 100, end) == pytest.approx(0.025, abs=0.004)
    # Of three groups at 615/700 the one with 100 faces is the smallest most often.
    assert found.by_chance == pytest.approx(0.859, abs=0.006)


def test_the_unluckiest_of_many_equal_groups_is_allowed_its_bad_luck() -> None:
    hits, n = np.array([78.0, 85, 86, 87, 84, 86, 88]), np.full(7, 100.0)
    alone = smallest_interval(hits[:1].repeat(2), n[:2])
    found = smallest_interval(hits, n)
    assert found.high > 0.85
    assert found.low < 0.7
    assert found.by_chance == pytest.approx(0.8, abs=0.01)
    assert alone.high > found.value


# -- figures that are simulated


def normal(far: float) -> np.ndarray:
    """Audits of a figure with a standard error of 1, without luck of their own."""
    return far + np.asarray(stats.norm.ppf((np.arange(4000) + 0.5) / 4000))


def test_an_inverted_test_gives_each_side_half_far_from_parity_and_one_side_all_at_it() -> None:
    def at(observed: float, level: float = 0.95) -> Inverted:
        return inverted(normal, lambda far: far, observed, (normal, lambda far: far), level)

    far = at(10)
    assert (far.low, far.high) == pytest.approx((10 - 1.96, 10 + 1.96), abs=0.01)
    far = at(10, 0.8)
    assert (far.low, far.high) == pytest.approx((10 - 1.2816, 10 + 1.2816), abs=0.01)
    # 5 % of audits at parity show more than 1.645.
    assert at(1.6).low == 0
    assert 0 < at(1.7).low < 0.3
    assert far.by_chance == pytest.approx(0, abs=1e-9)
    # Halfway to where 5 % end, three quarters of the error belong to this side.
    low = at(0.8224 + stats.norm.isf(0.05 * 0.75)).low
    assert low == pytest.approx(0.8224, abs=0.02)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_interval_of_a_figure_that_is_moved_or_stretched_is_as_well(level: float) -> None:
    def at(observed: float, moved: float, scale: float) -> list[float]:
        def draw(far: float) -> np.ndarray:
            return normal(far / scale) * scale + moved

        def truth(far: float) -> float:
            return far + moved

        found = inverted(draw, truth, observed * scale + moved, (draw, truth), level)
        return [(each - moved) / scale for each in (found.low, found.high, found.by_chance)]

    for observed in (-1.0, 0.3, 1.4, 1.7, 2.2, 5.0):
        for moved, scale in ((4.0, 1.0), (0.0, 0.1), (0.0, 50.0)):
            assert at(observed, moved, scale) == pytest.approx(at(observed, 0.0, 1.0), abs=1e-3)


def test_audits_that_show_just_the_observed_figure_are_counted_at_both_ends() -> None:
    # Whole numbers: 40 audits of 100 show just what the world has, 30 one less, 30 one more.
    luck = np.repeat([-1.0, 0.0, 1.0], [30, 40, 30])

    def whole(far: float) -> np.ndarray:
        return np.floor(far) + luck

    found = inverted(whole, math.floor, 7.0, (whole, math.floor), 0.5)
    # A quarter of the audits is permitted to lie beyond each end; 30 of 100 reach it by one.
    assert (found.low, found.high) == (6, 8)
    found = inverted(whole, math.floor, 7.0, (whole, math.floor), 0.3)
    # Now more than 35 of 100 must: only audits of the figure itself do.
    assert (found.low, found.high) == (7, 7)
    luck[:] = np.repeat([-1.0, 0.0, 1.0], [25, 50, 25])
    found = inverted(whole, math.floor, 7.0, (whole, math.floor), 0.5)
    # Just a quarter is not more than a quarter.
    assert (found.low, found.high) == (7, 7)


def test_an_audit_that_shows_less_than_chance_excludes_no_more_than_a_usual_one() -> None:
    found = inverted(normal, lambda far: far, -1.5, (normal, lambda far: far))
    usual = inverted(normal, lambda far: far, 0.0, (normal, lambda far: far))
    assert found.high == usual.high > 1
    assert found.low == -1.5


@pytest.mark.parametrize(("right", "says"), [(30, 0.05), (70, 0.95), (60, 0.3), (5, 0.2)])
def test_with_all_scores_in_one_bin_the_error_has_the_interval_of_one_rate(
    right: int, says: float
) -> None:
    found = ece_interval(np.full(100, says), np.arange(100) < right)
    exact = stats.binomtest(right, 100).proportion_ci(0.95, method="wilson")
    ends = sorted([abs(exact.low - says), abs(exact.high - says)])
    assert found.low <= found.value <= found.high
    assert (found.low, found.high) == pytest.approx(ends, abs=0.02)


def test_a_bin_that_happens_to_be_right_may_be_wrong_on_the_roomier_side() -> None:
    found = ece_interval(np.full(20, 0.05), np.zeros(20))
    assert (found.value, found.low) == (pytest.approx(0.05), 0)
    assert found.high > 0.1  # not .05, which is all the room below
    exact = ece_interval(np.full(100, 0.5), np.arange(100) < 50)
    assert (exact.value, exact.low) == (0, 0)
    assert 0.09 < exact.high < 0.15


@pytest.mark.parametrize("says", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("right", [0, 1])
def test_the_calibration_of_one_face_is_nearly_unknown(says: float, right: int) -> None:
    found = ece_interval([says], [right])
    assert found.low <= found.value <= found.high
    assert found.high - found.low > 0.3


def test_a_ratio_whose_larger_rate_may_be_nothing_is_missed_where_no_gap_at_all_is_seen() -> None:
    # Of 2 and 3 faces the same share is seen if all are hits, or none: then there is no ratio.
    counts, world = (np.zeros(2), np.array([2.0, 3.0])), np.array([0.2, 0.18])
    equal = 0.2**2 * 0.18**3 / (1 - 0.8**2 * 0.82**3)
    assert _missed_above([counts], [world], 0.1, RATIO, 0.05) == pytest.approx(equal)


def test_a_world_without_the_gap_misses_nothing_of_it() -> None:
    counts, world = (np.zeros(2), np.array([20.0, 30.0])), np.array([0.5, 0.6])
    assert _missed_above([counts], [world], 0.3, DIFFERENCE, 0.05) == 0
    assert _missed_above([counts], [world], 0.1, DIFFERENCE, 0.05) == 0  # too close together
    far = np.array([0.1, 0.9])
    assert 0 < _missed_above([counts], [far], 0.8, DIFFERENCE, 0.05) <= 0.025


# -- the ends of small audits, of which all tables are counted out

Counted = tuple[np.ndarray, np.ndarray]


@cache
def tables(n: tuple[int, ...]) -> np.ndarray:
    """All counts that groups of these sizes can show."""
    return np.array(list(product(*(range(size + 1) for size in n))))


def distance(low: np.ndarray, high: np.ndarray, measure: Measure) -> np.ndarray:
    if measure is DIFFERENCE:
        return high - low
    with np.errstate(invalid="ignore", divide="ignore"):
        return 1 - low / high  # NaN where nobody is hit at all


def counted_out(
    metrics: Sequence[Counted], worlds: Sequence[np.ndarray], at: float, measure: Measure
) -> tuple[float, float]:
    """How often the largest gap of all metrics is below, and how often at most, the given one."""
    below = most = 1.0
    for (_, n), world in zip(metrics, worlds, strict=True):
        counts = tables(tuple(n.astype(int)))
        chance, rates = stats.binom.pmf(counts, n, world).prod(axis=1), counts / n
        gaps = distance(rates.min(axis=1), rates.max(axis=1), measure)
        whole = chance[~np.isnan(gaps)].sum()
        below *= chance[gaps < at - 1e-9].sum() / whole
        most *= chance[gaps <= at + 1e-9].sum() / whole
    return below, most


def missed_above(
    metrics: Sequence[Counted],
    worlds: Sequence[np.ndarray],
    gap: float,
    measure: Measure,
    alpha: float,
) -> float:
    """How often both extreme rates are seen nearer to one another than z standard errors allow."""
    z, bounds = stats.norm.isf(alpha / 2), []
    for (_, n), world in zip(metrics, worlds, strict=True):
        low, high = world.min(), world.max()
        if distance(low, high, measure) < gap - 1e-3:
            continue  # this metric has not the gap
        variances = [world[k] * (1 - world[k]) / n[k] for k in (world.argmin(), world.argmax())]
        both = math.sqrt(sum(variances)) or 1.0
        nearer = low + z * variances[0] / both, high - z * variances[1] / both
        bounds.append(float(distance(*nearer, measure)))
    if min(bounds) < 0:
        return 0.0
    return min(counted_out(metrics, worlds, min(bounds), measure)[1], alpha / 2)


def audits_of(number: int, measure: Measure) -> list[list[Counted]]:
    """Small audits in one or two metrics, with groups of one face, ties, and nobody hit or missed."""
    random, found = np.random.default_rng(number), list[list[Counted]]()
    while len(found) < number:
        groups = int(random.integers(2, 5))
        audit = []
        for _ in range(int(random.integers(1, 3))):
            n = random.integers(1, {2: 30, 3: 12, 4: 7}[groups], groups)
            rates = random.random(groups) if random.random() < 0.8 else random.integers(0, 2)
            audit.append((random.binomial(n, rates).astype(float), n.astype(float)))
        if measure is DIFFERENCE or all(hits.any() for hits, _ in audit):
            found.append(audit)
    return found


def seen_gap(rates: np.ndarray, measure: Measure) -> float:
    return float(np.nan_to_num(distance(rates.min(), rates.max(), measure)))


def luck_reaches(audit: list[Counted], gap: float, measure: Measure, alpha: float) -> bool:
    """Whether a true gap shows one as large as was seen often enough."""
    seen = max(seen_gap(hits / n, measure) for hits, n in audit)
    worlds = [likeliest(hits, n, gap, measure) for hits, n in audit]
    below, most = counted_out(audit, worlds, seen, measure)
    spared = missed_above(audit, worlds, gap, measure, alpha)
    permitted = alpha if gap == 0 else min(alpha - spared, 0.8 * alpha)
    return 1 - most + TIES * (most - below) > permitted


@pytest.mark.parametrize("measure", [DIFFERENCE, RATIO])
def test_the_lower_end_is_the_last_gap_that_luck_makes_so_large(measure: Measure) -> None:
    for number, audit in enumerate(audits_of(24, measure)):
        level = (0.8, 0.95)[number % 2]
        found = gap_interval(audit, measure, level)
        seen = max(seen_gap(hits / n, measure) for hits, n in audit)
        pooled = [np.full(len(n), hits.sum() / n.sum()) for hits, n in audit]
        assert found.value == pytest.approx(seen)
        assert found.p == pytest.approx(1 - counted_out(audit, pooled, seen, measure)[0], abs=1e-9)
        assert luck_reaches(audit, 0.0, measure, 1 - level) == (found.low == 0)
        assert luck_reaches(audit, found.low, measure, 1 - level)
        # It is found by halving, to one part in 65,536.
        beyond = found.low - seen / 65536
        assert found.low == 0 or not luck_reaches(audit, beyond, measure, 1 - level)


def furthest_pair(audit: list[Counted], measure: Measure, level: float) -> Counted:
    """Hits and faces of the two groups that could be furthest apart, the upper one first."""
    # Two limits at once are as far out as one of the difference.
    each = 1 - 2 * stats.norm.sf(stats.norm.isf((1 - level) / 2) / math.sqrt(2))
    gaps = {}
    for number, (hits, n) in enumerate(audit):
        limits = [
            stats.binomtest(int(k), int(size)).proportion_ci(each, method="wilson")
            for k, size in zip(hits, n, strict=True)
        ]
        for upper, lower in permutations(range(len(n)), 2):
            low, high = np.array(limits[lower].low), np.array(limits[upper].high)
            gaps[number, upper, lower] = round(float(distance(low, high, measure)), 9)
    number, *pair = max(gaps, key=lambda place: gaps[place])
    return audit[number][0][pair], audit[number][1][pair]


def pair_as_near(
    hits: np.ndarray, n: np.ndarray, gap: float, measure: Measure, alpha: float
) -> bool:
    """Whether a pair a true gap apart is seen no further apart than it was often enough."""
    counts = tables(tuple(n.astype(int)))
    chance = stats.binom.pmf(counts, n, likeliest_pair(hits, n, gap, measure)).prod(axis=1)
    if measure is RATIO:
        chance = chance * counts.any(axis=1) / chance[counts.any(axis=1)].sum()
    apart = distance(counts[:, 1] / n[1], counts[:, 0] / n[0], measure)
    # The lower group alone is hit: no gap in this direction.
    apart = np.where(counts[:, 0] == 0, np.minimum(apart, -counts[:, 1]), apart)
    seen = max(float(np.nan_to_num(distance(hits[1] / n[1], hits[0] / n[0], measure))), 0.0)
    nearer, tied = chance[apart < seen - 1e-9].sum(), chance[abs(apart - seen) <= 1e-9].sum()
    return bool(nearer + TIES * tied > alpha / 2)


@pytest.mark.parametrize("measure", [DIFFERENCE, RATIO])
def test_the_upper_end_is_that_of_the_two_groups_that_could_be_furthest_apart(
    measure: Measure,
) -> None:
    for number, audit in enumerate(audits_of(25, measure)):
        level = (0.8, 0.95)[number % 2]
        found = gap_interval(audit, measure, level)
        hits, n = furthest_pair(audit, measure, level)
        seen = max(float(np.nan_to_num(distance(hits[1] / n[1], hits[0] / n[0], measure))), 0.0)
        if seen == 1:
            assert found.high == 1
        elif found.high > found.value:
            assert pair_as_near(hits, n, found.high, measure, 1 - level)
        if seen < 1 and found.high < 1 - 1e-6:
            beyond = found.high + (1 - seen) / 65536
            assert not pair_as_near(hits, n, beyond, measure, 1 - level)


def as_low(hits: np.ndarray, n: np.ndarray, rate: float, alpha: float) -> bool:
    """Whether a smallest rate is seen as low as it was often enough."""
    rates = hits / n
    # Groups within so many standard errors are lifted; half a face more keeps those above 0.
    doubts = [math.sqrt((rate * (1 - rate) + 1 / (2 * size)) / size) for size in n]
    world = np.where(rates - rate < NEAR * np.array(doubts), rate, rates)

    def above(far: float, included: bool) -> float:
        counts = np.ceil(far * n - 1e-9) - 1 if included else np.floor(far * n + 1e-9)
        return float(stats.binom.sf(counts, n, world).prod())

    # The lower end misses the rate where the smallest is seen z standard errors above it.
    z, first = stats.norm.isf(alpha / 2), n[rates.argmin()]
    spared = min(above(rate + z * math.sqrt(rate * (1 - rate) / first), True), alpha / 2)
    lower, as_much = 1 - above(rates.min(), True), 1 - above(rates.min(), False)
    return lower + TIES * (as_much - lower) > min(alpha - spared, 0.8 * alpha)


def test_the_smallest_rate_may_be_as_high_as_luck_shows_it_so_low() -> None:
    random = np.random.default_rng(5)
    for number in range(96):
        n = random.integers(1, (80, 12)[number % 2], random.integers(2, 6)).astype(float)
        rates = random.random(len(n) if number % 3 else 1)
        hits = random.binomial(n.astype(int), rates).astype(float)
        level = (0.8, 0.95, 0.99)[number % 3]
        found, seen = smallest_interval(hits, n, level), (hits / n).min()
        assert found.value == seen
        assert found.high == 1 or as_low(hits, n, found.high, 1 - level)
        assert found.high == 1 or not as_low(hits, n, found.high + (1 - seen) / 65536, 1 - level)
