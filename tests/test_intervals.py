import math

import numpy as np
import pytest
from scipy import stats

from helpers import intervals
from helpers.errors import InputError
from helpers.intervals import (
    GAP,
    NO_GAP,
    TOO_LITTLE,
    bootstrap_mean,
    holm,
    log_odds_limits,
    student,
    verdict,
    wilson,
    wilson_limits,
)


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


def test_a_bootstrap_does_not_depend_on_how_many_values_are_held_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = np.random.default_rng(2).random(37)
    whole = bootstrap_mean(values, replicates=101)
    monkeypatch.setattr(intervals, "_AT_ONCE", 37 * 9)  # nine draws, and two at the end
    assert bootstrap_mean(values, replicates=101) == whole


@pytest.mark.parametrize(("at_once", "most"), [(5, 1), (37, 1), (75, 2), (37 * 50, 50)])
def test_a_bootstrap_holds_no_more_values_at_a_time_than_fit(
    at_once: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn, rng = [], np.random.default_rng

    class Spy:
        def __init__(self, seed: int) -> None:
            self.random = rng(seed)

        def integers(self, low: int, high: int, shape: tuple[int, int]) -> np.ndarray:
            drawn.append(shape)
            return self.random.integers(low, high, shape)

    monkeypatch.setattr(intervals, "_AT_ONCE", at_once)
    monkeypatch.setattr(np.random, "default_rng", Spy)
    bootstrap_mean(np.arange(37.0), replicates=101)
    assert {width for _, width in drawn} == {37}
    assert [height for height, _ in drawn[:-1]] == [most] * (len(drawn) - 1)
    assert sum(height for height, _ in drawn) == 101


def test_a_bootstrap_draws_two_thousand_times_from_seed_nought_unless_told_otherwise() -> None:
    values = np.random.default_rng(3).normal(size=30)
    usual = bootstrap_mean(values)
    assert usual == bootstrap_mean(values, 0.95, 2000, 0)
    for other in ((0.9, 2000, 0), (0.95, 1999, 0), (0.95, 2001, 0), (0.95, 2000, 1)):
        assert usual != bootstrap_mean(values, *other)


def test_resamples_of_two_are_two() -> None:
    values = np.arange(50.0)
    random = np.random.default_rng(4)
    means = sorted(values[random.integers(0, 50, (2, 50))].mean(axis=1))
    assert bootstrap_mean(values, 0.5, 2, 4)[1:] == pytest.approx(
        (means[0] + np.diff(means)[0] / 4, means[1] - np.diff(means)[0] / 4)
    )


def test_an_interval_in_log_odds_is_that_of_ninety_five_per_cent_unless_told_otherwise() -> None:
    assert log_odds_limits(0.9, 0.05, 7) == log_odds_limits(0.9, 0.05, 7, 0.95)


def test_an_interval_in_log_odds_is_students_and_stays_a_share() -> None:
    half = stats.t.ppf(0.95, 7) * 0.05 / (0.9 * 0.1)
    expected = [1 / (1 + math.exp(-math.log(9) + sign * half)) for sign in (1, -1)]
    assert log_odds_limits(0.9, 0.05, 7, level=0.9) == pytest.approx(tuple(expected))
    assert student(0.95, np.inf) == pytest.approx(stats.norm.ppf(0.975))


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


# -- arguments without meaning


@pytest.mark.parametrize(
    ("successes", "n"),
    [(5, 3), (-1, 3), (1, -3), ("1", 3), (1, None), (0.5, 3), (True, 3), (1, [])],
)
def test_more_successes_than_trials_and_what_is_no_count_are_refused(
    successes: object, n: object
) -> None:
    with pytest.raises(InputError, match="successes is|n is"):
        wilson(successes, n)  # type: ignore[arg-type]


@pytest.mark.parametrize("level", [0, 1, 95, -0.5, "95%", None, math.nan, [0.9]])
def test_a_level_is_a_share_between_zero_and_one(level: object) -> None:
    for door in (wilson, lambda k, n, level: bootstrap_mean([1, 2], level)):
        with pytest.raises(InputError, match="level is"):
            door(1, 3, level)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="level"):
        wilson_limits([1], [3], level if level != [0.9] else [0.9, 1.0])  # type: ignore[arg-type]


def test_counts_may_come_as_whole_floats_and_no_successes_are_fine() -> None:
    assert wilson(3.0, 9.0) == wilson(3, 9)  # type: ignore[arg-type]
    assert wilson(3, 3)[1] == 1
    assert wilson(0, 3)[0] == 0


def test_many_limits_follow_their_levels_and_refuse_what_does_not_go_together() -> None:
    low, high = wilson_limits([3, 3], 9, [0.9, 0.99])
    assert (low[0], high[0]) == pytest.approx(wilson(3, 9, 0.9))
    assert (low[1], high[1]) == pytest.approx(wilson(3, 9, 0.99))
    assert wilson_limits(3, 3)[1] == 1
    np.testing.assert_array_equal(wilson_limits([3, 7], 9), wilson_limits([3, 7], 9, 0.95))
    for levels in ([0.9, 0.0], [0.9, 1.0], [0.9, -0.1], [1.1, 0.9], [95, 90]):
        with pytest.raises(InputError, match="level must hold confidence levels above 0 and below"):
            wilson_limits([3, 3], 9, levels)  # type: ignore[arg-type]
    for successes, n, match in (
        ([5], [3], "no more can succeed"),
        ([5, 3], [3, 3], "no more can succeed"),
        ([-1], [3], "at least 0"),
        ([math.nan], [3], "NaN"),
        (["1"], [3], "must hold numbers"),
        ([1, 2], [3, 3, 3], "do not go together"),
    ):
        with pytest.raises(InputError, match=match):
            wilson_limits(successes, n)


def test_a_bootstrap_refuses_text_infinity_and_too_few_replicates() -> None:
    for values, match in (([1, math.inf], "NaN or infinite"), (["a"], "must hold numbers")):
        with pytest.raises(InputError, match=match):
            bootstrap_mean(values)
    for replicates in (0, 1, -5, 2.5):
        with pytest.raises(InputError, match="replicates is"):
            bootstrap_mean([1, 2, 3], replicates=replicates)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="seed is -1"):
        bootstrap_mean([1, 2, 3], seed=-1)
    assert bootstrap_mean([1, 2, 3], replicates=2)[0] == 2


def test_two_values_are_enough_for_an_interval() -> None:
    mean, low, high = bootstrap_mean([0.0, 1.0])
    assert (mean, low, high) == (0.5, 0, 1)
    # A quarter of all resamples holds one value twice.
    _, low, high = bootstrap_mean([0.0, 1.0], level=0.4)
    assert (low, high) == (0.5, 0.5)


def test_holm_refuses_what_is_no_probability() -> None:
    for p, match in (
        ([1.5], "at least 0 and at most 1"),
        ([-0.5], "at least 0"),
        (["a"], "must hold numbers"),
        (0.5, "a list of p-values"),
        ([[0.5]], "a list of p-values"),
    ):
        with pytest.raises(InputError, match=match):
            holm(p)
    assert len(holm([])) == 0
    assert holm([0.9, 0.8, 1.0]).tolist() == [1, 1, 1]
    np.testing.assert_allclose(holm([math.nan, 0.02, 0.03]), [math.nan, 0.04, 0.04])


def test_a_verdict_needs_bounds_in_order() -> None:
    with pytest.raises(InputError, match=r"low is 0.2 and high is 0.1"):
        verdict(0.2, 0.1)
    for wrong in (None, "0.1", [0.1]):
        with pytest.raises(InputError, match="low is|high is"):
            verdict(wrong, 0.1)  # type: ignore[arg-type]
        with pytest.raises(InputError, match="high is"):
            verdict(0.0, wrong)  # type: ignore[arg-type]
    assert verdict(-math.inf, 0.0) == TOO_LITTLE


def test_limits_of_a_fraction_of_a_success_stay_shares() -> None:
    # Rounding alone would put the lower one of the smallest below 0.
    few, n = 10.0 ** -np.arange(1, 25), np.array([[1], [2], [7], [100]])
    for low, high in (wilson_limits(few, n), wilson_limits(n - few, n)):
        assert ((low >= 0) & (low < high) & (high <= 1)).all()


def test_a_share_of_all_or_of_none_lies_within_its_interval_to_the_last_bit() -> None:
    n = np.arange(1, 2000)
    for level in (0.8, 0.9, 0.95, 0.99):
        assert (wilson_limits(n, n, level)[1] == 1).all()
        assert (wilson_limits(np.zeros_like(n), n, level)[0] == 0).all()
