"""Exact chances of gaps, against all outcomes counted one by one, and the worlds they are taken in.

Every oracle here is written out from the definition: products of binomial chances over all counts
that small groups can show.
"""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from scipy import optimize, stats

from helpers.bias.classification import extremes
from helpers.bias.classification.extremes import (
    DIFFERENCE,
    NEAR,
    RATIO,
    Measure,
    chances_of_gap,
    chances_of_pair,
    chances_of_smallest,
    likeliest,
    likeliest_pair,
    spread,
)

Array = extremes.Array
WORLDS = (
    ([3, 4], [0.2, 0.7]),
    ([4, 4], [0.5, 0.5]),
    ([2, 3, 5], [0.1, 0.5, 0.6]),
    ([3, 3, 3, 3], [0.3, 0.3, 0.8, 0.3]),
    ([1, 6], [0.0, 0.4]),
    ([5, 2], [1.0, 0.9]),
)
GAPS = (0.0, 0.2, 0.25, 1 / 3, 0.5, 2 / 3, 1.0)


def outcomes(n: list[int], world: list[float]) -> Iterator[tuple[float, Array]]:
    """Every table of counts that could be seen: its chance, and its rates."""
    for counts in product(*(range(size + 1) for size in n)):
        chance = float(np.prod(stats.binom.pmf(counts, n, world)))
        yield chance, np.array(counts) / np.array(n)


def gap(rates: Array, name: str) -> float:
    low, high = float(rates.min()), float(rates.max())
    if name == "difference":
        return high - low
    return float("nan") if high == 0 else 1 - low / high


@pytest.mark.parametrize("measure", [DIFFERENCE, RATIO])
@pytest.mark.parametrize(("n", "world"), WORLDS)
def test_the_chance_of_a_gap_is_the_sum_over_all_tables(
    n: list[int], world: list[float], measure: Measure
) -> None:
    tables = [(chance, gap(rates, measure.name)) for chance, rates in outcomes(n, world)]
    # A ratio is counted among the tables that have one.
    whole = sum(chance for chance, value in tables if not np.isnan(value))
    for at in GAPS:
        below = sum(chance for chance, value in tables if value < at - 1e-9) / whole
        most = sum(chance for chance, value in tables if value <= at + 1e-9) / whole
        found = chances_of_gap(np.array(n, float), np.array(world), at, measure)
        assert found == pytest.approx((below, most), abs=1e-9)


@pytest.mark.parametrize("measure", [DIFFERENCE, RATIO])
@pytest.mark.parametrize(("n", "world"), [each for each in WORLDS if len(each[0]) == 2])
def test_the_chance_of_a_gap_in_one_direction_is_the_sum_over_all_tables(
    n: list[int], world: list[float], measure: Measure
) -> None:
    for at in GAPS:
        below = most = whole = 0.0
        for chance, (first, second) in outcomes(n, world):
            if measure is RATIO and first == second == 0:
                continue
            whole += chance
            # Multiplied out: a rate of 0 above another has no ratio, but is no gap upwards either.
            apart = first - second - at if measure is DIFFERENCE else first * (1 - at) - second
            below += chance * (apart < -1e-9)
            most += chance * (apart <= 1e-9)
        found = chances_of_pair(np.array(n, float), np.array(world), at, measure)
        assert found == pytest.approx((below / whole, most / whole), abs=1e-9)


@pytest.mark.parametrize(("n", "world"), WORLDS)
def test_the_chance_of_the_smallest_rate_is_the_sum_over_all_tables(
    n: list[int], world: list[float]
) -> None:
    for at in GAPS:
        below = sum(chance for chance, rates in outcomes(n, world) if rates.min() < at - 1e-9)
        most = sum(chance for chance, rates in outcomes(n, world) if rates.min() <= at + 1e-9)
        found = chances_of_smallest(np.array(n, float), np.array(world), at)
        assert found == pytest.approx((below, most), abs=1e-9)


def test_nobody_right_anywhere_leaves_no_ratio_to_exceed() -> None:
    n, world = np.array([3.0, 4.0]), np.zeros(2)
    assert chances_of_gap(n, world, 0.5, RATIO) == (1, 1)
    assert chances_of_pair(n, world, 0.5, RATIO) == (1, 1)


def test_fifteen_hundred_different_rates_are_still_counted_one_by_one() -> None:
    size, apart = 1499, 25
    chance = stats.binom.pmf(np.arange(size + 1), size, 0.5)
    # How often two such counts are k apart, in either direction.
    differences = np.convolve(chance, chance[::-1])
    far = np.abs(np.arange(-size, size + 1))
    found = chances_of_gap(np.full(2, float(size)), np.full(2, 0.5), apart / size, DIFFERENCE)
    expected = differences[far < apart].sum(), differences[far <= apart].sum()
    assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("measure", [DIFFERENCE, RATIO])
def test_large_groups_have_the_chances_of_a_hundred_thousand_draws(measure: Measure) -> None:
    # Too many different rates to count each: neighbours are taken together.
    n, world = np.array([4001.0, 3989.0, 5003.0]), np.array([0.30, 0.31, 0.32])
    drawn = np.random.default_rng(0).binomial(n.astype(int), world, (100_000, 3)) / n
    values = spread(drawn, measure)
    for at in np.quantile(values, [0.05, 0.5, 0.95]):
        below, most = chances_of_gap(n, world, float(at), measure)
        # Three standard errors of so many draws.
        assert below == pytest.approx(np.mean(values < at), abs=0.005)
        assert most - below < 0.002


def test_large_groups_at_the_edge_keep_the_chance_of_no_error_at_all() -> None:
    n, world = np.array([9001.0, 8009.0]), np.array([1e-5, 2e-5])
    nothing = np.exp(np.log1p(-world) @ n)
    assert chances_of_gap(n, world, 0.0, DIFFERENCE)[1] == pytest.approx(nothing, abs=1e-3)


def test_the_largest_and_the_smallest_rate_of_a_measure_belong_together() -> None:
    for measure in (DIFFERENCE, RATIO):
        low = np.array([0.1, 0.3, 0.4])
        high = measure.largest(low, 0.25)
        np.testing.assert_allclose(measure.smallest(high, 0.25), low)
        np.testing.assert_allclose(measure.apart(low, high), 0.25)
        place = np.linspace(0.01, 1, 7)
        top = measure.top(place, 0.25)
        np.testing.assert_allclose(measure.apart(place * 0.75, top), 0.25)
        assert top[-1] == pytest.approx(1)
    np.testing.assert_allclose(DIFFERENCE.largest(np.array([0.1]), 0.25), 0.35)
    np.testing.assert_allclose(RATIO.largest(np.array([0.3]), 0.25), 0.4)
    assert np.isinf(RATIO.largest(np.array([0.0, 0.3]), 1.0)).all()


def test_the_ratio_of_nothing_to_nothing_is_no_gap() -> None:
    assert spread(np.array([0.0, 0.0]), RATIO) == 0
    assert spread(np.array([0.0, 0.4]), RATIO) == 1
    assert spread(np.array([[0.2, 0.4], [0.3, 0.3]]), RATIO).tolist() == pytest.approx([0.5, 0.0])


@pytest.mark.parametrize("at", [0.05, 0.2, 0.4, 0.7])
def test_the_likeliest_pair_maximises_the_likelihood_under_a_difference(at: float) -> None:
    hits, n = np.array([7.0, 2.0]), np.array([20.0, 15.0])

    def unlikely(low: float) -> float:
        return -float(stats.binom.logpmf(hits, n, [low + at, low]).sum())

    best = optimize.minimize_scalar(unlikely, bounds=(1e-9, 1 - at - 1e-9), method="bounded").x
    assert likeliest_pair(hits, n, at, DIFFERENCE) == pytest.approx([best + at, best], abs=1e-4)


@pytest.mark.parametrize("at", [0.05, 0.4, 0.8])
def test_the_likeliest_pair_maximises_the_likelihood_under_a_ratio(at: float) -> None:
    hits, n = np.array([7.0, 2.0]), np.array([20.0, 15.0])

    def unlikely(high: float) -> float:
        return -float(stats.binom.logpmf(hits, n, [high, high * (1 - at)]).sum())

    best = optimize.minimize_scalar(unlikely, bounds=(1e-9, 1 - 1e-9), method="bounded").x
    assert likeliest_pair(hits, n, at, RATIO) == pytest.approx([best, best * (1 - at)], abs=1e-4)


def test_the_likeliest_world_without_a_gap_has_the_pooled_rate_everywhere() -> None:
    hits, n = np.array([3.0, 9.0, 20.0]), np.array([20.0, 30.0, 50.0])
    for measure in (DIFFERENCE, RATIO):
        np.testing.assert_allclose(likeliest(hits, n, 0.0, measure), 0.32, atol=1e-4)


def test_the_likeliest_world_has_its_gap_and_keeps_groups_in_the_middle() -> None:
    hits, n = np.array([10.0, 50.0, 90.0]), np.array([100.0, 100.0, 100.0])
    world = likeliest(hits, n, 0.7, DIFFERENCE)
    # The two ends move by the same 5 points: their rates are equally sure.
    np.testing.assert_allclose(world, [0.15, 0.5, 0.85], atol=1e-4)
    assert spread(likeliest(hits, n, 0.6, RATIO), RATIO) == pytest.approx(0.6, abs=1e-6)


def test_groups_near_an_end_are_taken_to_be_there_and_those_further_off_are_not() -> None:
    n = np.array([100.0, 100.0, 100.0])
    # From .15: the error is sqrt((.15 * .85 + .5 / 100) / 100) = .0364, and 1.4 of them are .051.
    near, far = (likeliest(np.array([10.0, hits, 90.0]), n, 0.7, DIFFERENCE) for hits in (17, 24))
    assert near[1] == pytest.approx(near[0])
    assert far[1] == pytest.approx(0.24)
    near, far = (likeliest(np.array([10.0, hits, 90.0]), n, 0.7, DIFFERENCE) for hits in (83, 76))
    assert near[1] == pytest.approx(near[2])
    assert far[1] == pytest.approx(0.76)


def test_one_hit_is_never_taken_for_a_rate_of_zero() -> None:
    # It would be a world in which the observation is impossible.
    assert (1 / 20) / np.sqrt(0.5 / 20 / 20) > NEAR
    world = likeliest(np.array([0.0, 1.0, 19.0]), np.array([20.0, 20.0, 20.0]), 0.94, DIFFERENCE)
    assert world[1] > 0


def optimum(
    hits: Array, n: Array, gap: float, measure: Measure, ends: Array
) -> tuple[float, float]:
    """Smallest and largest rate of the likeliest world; groups marked -1 and 1 have them."""

    def rates(place: float) -> tuple[float, float]:
        bottom = place * (1 - gap)
        return bottom, (bottom + gap if measure is DIFFERENCE else place)

    def unlikely(place: float) -> float:
        bottom, top = rates(place)
        world = [
            {-1: bottom, 1: top}.get(int(end), min(max(k / size, bottom), top))
            for k, size, end in zip(hits, n, ends, strict=True)
        ]
        return -float(stats.binom.logpmf(hits, n, world).sum())

    grid = np.linspace(0, 1, 41)
    best = int(np.argmin([unlikely(each) for each in grid]))
    around = grid[max(best - 1, 0)], grid[min(best + 1, 40)]
    found = optimize.minimize_scalar(
        unlikely, bounds=around, method="bounded", options={"xatol": 1e-10}
    )
    # The bounded search never tries its bounds themselves.
    return rates(min([*around, found.x], key=unlikely))


@pytest.mark.parametrize("measure", [DIFFERENCE, RATIO])
def test_the_likeliest_pair_is_found_to_two_millionths(measure: Measure) -> None:
    random, errors = np.random.default_rng(1), []
    for _ in range(25):
        n = random.integers(1, 40, 2).astype(float)
        hits = random.choice([np.zeros(2), n, n * [1, 0], random.binomial(n.astype(int), 0.6)])
        gap = random.uniform(0.02, 0.95)
        bottom, top = optimum(hits, n, gap, measure, np.array([1, -1]))
        errors.append(np.abs(likeliest_pair(hits, n, gap, measure) - [top, bottom]).max())
    # After six rounds, each of which keeps an eighth, places are 1 / 16 / 8^5 apart.
    assert 2.5e-7 < max(errors) < 2e-6


@pytest.mark.parametrize("measure", [DIFFERENCE, RATIO])
def test_groups_are_taken_to_the_ends_of_three_worlds_in_turn(measure: Measure) -> None:
    random = np.random.default_rng(2)
    # Two in which a second round would not do, and two in which a fourth changed the world.
    few, many = [0, 7, 4, 4, 11, 9, 4], [2, 34, 25, 20, 32, 38, 21]
    cases = [(few, many, 0.142), (few, many, 0.943)]
    cases.append(([2, 22, 8, 8, 4, 8, 1], [24, 30, 14, 29, 9, 18, 7], 0.748))
    cases.append(([7, 1, 5, 5, 5, 5, 21], [9, 38, 38, 36, 13, 14, 31], 0.474))
    for _ in range(30):
        n = random.integers(2, 30, random.integers(3, 6))
        hits = random.binomial(n, random.random(len(n)))
        if hits.any():
            gap = float(spread(hits / n, measure)) * random.uniform(0.2, 0.95)
            cases.append((hits.tolist(), n.tolist(), gap))
    for found, faces, gap in cases:
        hits, n = np.array(found, float), np.array(faces, float)
        rates, ends = hits / n, np.zeros(len(n))
        for _ in range(3):
            bottom, top = optimum(hits, n, gap, measure, ends)
            # Of the deviation in a group of that rate, with half a face more.
            low, high = (np.sqrt((each * (1 - each) + 1 / (2 * n)) / n) for each in (bottom, top))
            off = np.stack([(rates - bottom) / low, (top - rates) / high])
            ends = np.where(off.min(axis=0) < 1.4, np.where(off[1] <= off[0], 1, -1), 0)
        expected = np.choose((ends + 1).astype(int), [bottom, np.clip(rates, bottom, top), top])
        assert likeliest(hits, n, gap, measure) == pytest.approx(expected, abs=3e-6)


def test_a_group_just_between_the_ends_is_taken_to_the_upper_one() -> None:
    world = likeliest(np.array([1.0, 2, 3]), np.full(3, 4.0), 0.5, DIFFERENCE)
    assert world[1] == world[2] == world[0] + 0.5


@pytest.mark.parametrize(
    ("n", "world", "cost"),
    [
        ((7001, 6007), (0.30, 0.33), 2.5e-4),
        ((7001, 6007), (0.02, 0.021), 2.4e-3),
        ((7001, 6007), (0.99, 0.985), 4.8e-3),
        ((20_011, 8009), (0.5, 0.51), 4e-4),
        ((20_011, 7), (0.4, 0.5), 8e-3),
    ],
)
@pytest.mark.parametrize("measure", [DIFFERENCE, RATIO])
def test_neighbours_taken_together_cost_little(
    n: tuple[int, int], world: tuple[float, float], cost: float, measure: Measure
) -> None:
    counts, chances = [], []
    for size, rate in zip(n, world, strict=True):
        around = 11 * np.sqrt(size * rate * (1 - rate)) + 20
        k = np.arange(max(0, int(size * rate - around)), min(size, int(size * rate + around)) + 1)
        counts.append(k / size)
        chances.append(stats.binom.pmf(k, size, rate))
    chance = np.outer(*chances)
    pair = np.stack(np.broadcast_arrays(counts[0][:, None], counts[1][None, :]), axis=-1)
    gaps = spread(pair, measure)
    order = np.argsort(gaps, axis=None)
    total = np.cumsum(chance.ravel()[order])
    errors = []
    for share in (0.05, 0.3, 0.5, 0.7, 0.95):
        at = float(gaps.ravel()[order[np.searchsorted(total, share)]]) + 1e-7
        below, most = chances_of_gap(np.array(n, float), np.array(world), at, measure)
        expected = chance[gaps < at].sum()
        errors += [abs(below - expected), abs(most - expected)]
    assert max(errors) < cost
