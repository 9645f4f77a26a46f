import math

import numpy as np
import pytest
from scipy import stats

from helpers.errors import InputError
from helpers.intervals import GAP, NO_GAP, TOO_LITTLE, bootstrap_mean, verdict, wilson


def closed_form(successes: int, n: int, level: float) -> tuple[float, float]:
    """Wilson 1927, written out."""
    z = stats.norm.ppf((1 + level) / 2)
    share = successes / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return centre - half, centre + half


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (10, 10), (1, 1), (59, 65), (846, 910)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_wilsons_interval_is_its_closed_form(successes: int, n: int, level: float) -> None:
    assert wilson(successes, n, level) == pytest.approx(closed_form(successes, n, level), abs=1e-9)


def test_wilsons_interval_of_a_published_example() -> None:
    # Newcombe 1998, Statistics in Medicine 17, table I, method 3: 81 of 263 and 15 of 148.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)


def test_no_success_and_no_failure_still_leave_doubt() -> None:
    z2 = stats.norm.ppf(0.975) ** 2
    assert wilson(0, 20) == pytest.approx((0, z2 / (20 + z2)))
    assert wilson(20, 20) == pytest.approx((20 / (20 + z2), 1))


def test_more_people_narrow_the_interval_and_more_confidence_widens_it() -> None:
    widths = [np.ptp(wilson(9 * n // 10, n)) for n in (10, 100, 1000)]
    assert widths == sorted(widths, reverse=True)
    assert np.ptp(wilson(9, 10, 0.99)) > np.ptp(wilson(9, 10, 0.9))


def test_nobody_looked_at_means_no_interval() -> None:
    assert np.isnan(wilson(0, 0)).all()


def test_the_bootstrap_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    covered = []
    for seed in range(400):
        sample = random.beta(2, 5, size=60)
        _, low, high = bootstrap_mean(sample, replicates=600, seed=seed)
        covered.append(low <= 2 / 7 <= high)
    assert 0.91 <= np.mean(covered) <= 0.98


def test_the_bootstrap_is_about_the_normal_interval_for_many_values() -> None:
    values = np.random.default_rng(1).normal(3, 2, size=2000)
    mean, low, high = bootstrap_mean(values)
    half = 1.96 * values.std(ddof=1) / math.sqrt(2000)
    assert mean == values.mean()
    assert (mean - low, high - mean) == pytest.approx((half, half), rel=0.1)


def test_the_bootstrap_follows_its_seed_and_leaves_missing_values_out() -> None:
    values = [0.2, 0.4, 0.9, 0.1, 0.5]
    assert bootstrap_mean(values) == bootstrap_mean([*values, math.nan])
    assert bootstrap_mean(values, seed=1) != bootstrap_mean(values, seed=2)


def test_one_value_has_a_mean_but_no_interval() -> None:
    mean, low, high = bootstrap_mean([0.4, math.nan])
    assert mean == 0.4
    assert math.isnan(low)
    assert math.isnan(high)
    assert np.isnan(bootstrap_mean([])).all()


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.02, 0.11, GAP),
        (-0.11, -0.02, GAP),
        (0.06, 0.07, GAP),
        (0.0, 0.05, NO_GAP),
        (0.01, 0.05, NO_GAP),
        (-0.05, 0.05, NO_GAP),
        (0.0, 0.0501, TOO_LITTLE),
        (-0.0501, 0.0, TOO_LITTLE),
        (-0.06, 0.02, TOO_LITTLE),
        (0.001, 0.0501, GAP),
        (math.nan, 0.02, TOO_LITTLE),
        (0.02, math.nan, TOO_LITTLE),
    ],
)
def test_a_gap_has_three_verdicts(low: float, high: float, said: str) -> None:
    assert verdict(low, high) == said


def test_the_verdict_on_a_ratio_is_about_its_distance_from_one() -> None:
    assert verdict(0.95, 1.0, parity=1) == NO_GAP
    assert verdict(0.5, 0.99, parity=1) == GAP
    assert verdict(0.5, 1.0, parity=1) == TOO_LITTLE
    assert verdict(1.01, math.inf, parity=1) == GAP
    assert verdict(0.0, 0.04, parity=1) == GAP


def test_a_wider_margin_forgives_more_and_none_is_negative() -> None:
    assert verdict(0.01, 0.09) == GAP
    assert verdict(0.01, 0.09, margin=0.1) == NO_GAP
    assert verdict(0.0, 0.0, margin=0) == NO_GAP
    for margin in (-0.1, math.nan, "wide", None):
        with pytest.raises(InputError, match="margin is"):
            verdict(0.0, 0.1, margin)  # type: ignore[arg-type]
