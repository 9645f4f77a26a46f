"""Every interval that an audit prints holds the truth in about 95 of 100 audits.

Worlds with known rates are audited again and again. The bands are those of 95 % plus the standard
error of so many draws; where an interval is known to hold the truth less often, the test says so.
"""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import special

from helpers.bias.classification import METRICS, consistency
from helpers.bias.classification.audits import percentiles
from helpers.bias.classification.calibration import ece_interval
from helpers.bias.classification.comparisons import _difference
from helpers.bias.classification.disparities import _difference as gap
from helpers.bias.classification.disparities import _fewer_extremes
from helpers.bias.classification.disparities import _unlikeness as unlikeness
from helpers.bias.classification.inversion import Inverted, inverted, worst
from helpers.bias.classification.metrics import Array, Mean

Z = special.ndtri(0.975)
DRAWS = 1000
# n, and the chances of a true positive, false positive, false negative, true negative
WORLDS = (
    (65, (0.42, 0.06, 0.08, 0.44)),
    (130, (0.30, 0.05, 0.10, 0.55)),
    (300, (0.45, 0.02, 0.05, 0.48)),
    (1000, (0.10, 0.05, 0.05, 0.80)),
)
CLOSED = [name for name, metric in METRICS.items() if not isinstance(metric, Mean)]
MEANS = [name for name, metric in METRICS.items() if isinstance(metric, Mean)]


def share(low: Array, high: Array, truth: float) -> float:
    return float(np.mean((low <= truth + 1e-9) & (truth - 1e-9 <= high)))


def drawn(world: tuple[int, tuple[float, ...]], seed: int, draws: int = DRAWS) -> Array:
    n, chances = world
    return np.random.default_rng(seed).multinomial(n, chances, draws).astype(float)


@pytest.mark.parametrize("name", CLOSED)
def test_the_interval_of_a_metric_holds_the_truth(name: str) -> None:
    metric = METRICS[name]
    assert not isinstance(metric, Mean)
    covered = []
    for seed, world in enumerate(WORLDS):
        low, high = metric.limits(drawn(world, seed, 4 * DRAWS), Z)
        covered.append(share(low, high, float(metric.value(np.array(world[1])))))
    # Counts are whole numbers, so the coverage of one world swings a little around 95 %.
    assert 0.93 <= min(covered)
    assert max(covered) <= 0.97


@pytest.mark.parametrize("name", CLOSED)
def test_the_interval_of_a_difference_between_two_groups_holds_the_truth(name: str) -> None:
    metric = METRICS[name]
    for one, two in ((0, 1), (0, 0), (2, 3)):
        first, second = drawn(WORLDS[one], 10 + one, 4 * DRAWS), drawn(WORLDS[two], 20, 4 * DRAWS)
        truth = metric.value(np.array(WORLDS[one][1])) - metric.value(np.array(WORLDS[two][1]))
        assert 0.93 <= share(*_difference(metric, first, second, Z), float(truth)) <= 0.97


@pytest.mark.parametrize("name", MEANS)
def test_the_bootstrap_of_geometric_means_holds_the_truth_a_little_less_often(name: str) -> None:
    covered = []
    for seed, world in enumerate(WORLDS[:3]):
        truth = float(METRICS[name].value(np.array(world[1])))
        bounds = [percentiles(each[None], [name], 400, 0.95, seed) for each in drawn(world, 5, 300)]
        low, high = np.array([(each[1][0, 0], each[2][0, 0]) for each in bounds]).T
        covered.append(share(low, high, truth))
    assert 0.90 <= np.mean(covered) <= 0.97


GAPS: dict[str, tuple[Array, Array]] = {
    "two groups at parity": (np.full(2, 0.85), np.full(2, 65)),
    "two groups apart": (np.array([0.7, 0.9]), np.full(2, 65)),
    "seven groups at parity": (np.full(7, 0.85), np.full(7, 130)),
    "seven groups, one behind": (np.array([0.7] + [0.85] * 6), np.full(7, 130)),
    "seven groups, all different": (np.linspace(0.75, 0.95, 7), np.full(7, 130)),
    "fourteen groups at parity": (np.full(14, 0.85), np.full(14, 65)),
    "fourteen rare errors": (np.full(14, 0.1), np.full(14, 65)),
    "uneven groups": (np.linspace(0.8, 0.9, 6), np.array([50, 60, 100, 200, 400, 800])),
    "one small group behind": (np.array([0.7] + [0.9] * 6), np.array([20] + [130] * 6)),
}


def inverted_gap(statistic: Callable[[Array], Array]) -> Callable[[Array, Array, int], Inverted]:
    def interval(hits: Array, n: Array, seed: int) -> Inverted:
        pooled = np.full(len(n), hits.sum() / n.sum())
        return inverted(statistic, hits, n, pooled, replicates=300, seed=seed, calmed=calmed)

    return interval


def calmed(apart: Array) -> Array:
    return _fewer_extremes(apart[None])[0]


def smallest(hits: Array, n: Array, seed: int) -> Inverted:
    return worst(hits, n, replicates=300, seed=seed)


FIGURES: dict[str, tuple[Callable[[Array], Array], Callable[[Array, Array, int], Inverted]]] = {
    "difference": (gap, inverted_gap(gap)),
    "ratio": (unlikeness, inverted_gap(unlikeness)),
    "worst group": (lambda rates: rates.min(axis=-1), smallest),
}


def coverage(figure: str, case: str, draws: int) -> float:
    statistic, interval = FIGURES[figure]
    rates, n = GAPS[case]
    hits = np.random.default_rng(1).binomial(n, rates, (draws, len(n))).astype(float)
    found = [interval(each, n.astype(float), seed) for seed, each in enumerate(hits)]
    low, high = np.array([(each.low, each.high) for each in found]).T
    return share(low, high, float(statistic(rates)))


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("case", ["two groups apart", "seven groups at parity"])
def test_the_interval_of_a_gap_holds_the_truth(figure: str, case: str) -> None:
    # The standard error of 150 draws is 1.8 points.
    assert 0.90 <= coverage(figure, case, 150) <= 1


def test_the_plain_bootstrap_of_the_largest_gap_never_holds_parity() -> None:
    # Why audits do not print it: with fourteen equal groups its interval leaves zero out always.
    rates, n = GAPS["fourteen groups at parity"]
    random = np.random.default_rng(2)
    hits = random.binomial(n, rates, (100, len(n)))
    lows = [
        np.quantile(gap(random.binomial(n, each / n, (400, len(n))) / n), 0.025) for each in hits
    ]
    assert min(lows) > 0


@pytest.mark.slow
@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("case", GAPS)
def test_the_interval_of_a_gap_holds_the_truth_in_a_thousand_audits(figure: str, case: str) -> None:
    # More than 97 % where a group is at the edge of what can be. With the one group that differs
    # as small as 20, luck hides it too often: 88 % (audits mark groups so small).
    floor = 0.86 if case == "one small group behind" else 0.93
    assert floor <= coverage(figure, case, DRAWS) <= 0.99


def calibration_coverage(slope: float, n: int, draws: int) -> float:
    random = np.random.default_rng(3)

    def chance(score: Array) -> Array:
        return np.asarray(special.expit(slope * special.logit(score)))

    edges = np.linspace(0, 1, 2_000_001)
    many = (edges[1:] + edges[:-1]) / 2
    bins = (10 * many).astype(int)
    truth = np.abs(np.bincount(bins, weights=many - chance(many))).sum() / len(many)
    found = []
    for seed in range(draws):
        score = random.random(n)
        found.append(ece_interval(score, random.random(n) < chance(score), seed=seed))
    low, high = np.array([(each.low, each.high) for each in found]).T
    return share(low, high, truth)


def test_the_interval_of_the_calibration_error_holds_the_truth() -> None:
    assert calibration_coverage(1.0, 130, 150) >= 0.90
    assert calibration_coverage(0.4, 1000, 150) >= 0.90


@pytest.mark.slow
@pytest.mark.parametrize(("slope", "n"), [(1.0, 65), (0.4, 1000), (2.0, 130), (2.0, 400)])
def test_the_interval_of_the_calibration_error_in_a_thousand_audits(slope: float, n: int) -> None:
    assert 0.93 <= calibration_coverage(slope, n, DRAWS) <= 0.985


def test_the_interval_of_consistency_knows_that_neighbours_are_shared() -> None:
    random = np.random.default_rng(4)
    tables = []
    for _ in range(150):
        points = random.normal(size=(200, 16))
        said = points[:, 0] + 2 * random.normal(size=200) > 0
        tables.append(consistency(points, said).iloc[0])
    truth = float(np.mean([each["value"] for each in tables]))
    low, high = np.array([(each["low"], each["high"]) for each in tables], dtype=float).T
    assert share(low, high, truth) >= 0.90
