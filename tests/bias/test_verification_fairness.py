import math

import numpy as np
import pytest

from helpers.bias import verification
from helpers.bias.verification.fairness import (
    gini_of,
    largest_gap,
    max_over_geomean,
    max_over_min,
)
from helpers.errors import InputError

# By hand. FMR: ordered differences sum to 2 (1 + 2 + 1) = 8 hundredths, mean 2 hundredths, so that
# G = 3/2 * 8 / (2 * 9 * 2) = 1/3. FNMR: 2 (0 + 30 + 30) = 120, mean 20: 3/2 * 120 / (18 * 20) = 1/2.
FMR = [0.01, 0.02, 0.03]
FNMR = [0.10, 0.10, 0.40]


def test_the_gini_coefficient_by_hand() -> None:
    assert verification.gini(FMR) == pytest.approx(1 / 3)
    assert verification.gini(FNMR) == pytest.approx(0.5)


def test_garbe_is_the_papers_formula() -> None:
    assert verification.garbe(FMR, FNMR) == pytest.approx((1 / 3 + 1 / 2) / 2)
    assert verification.garbe(FMR, FNMR, alpha=0.2) == pytest.approx(0.2 / 3 + 0.8 / 2)
    n = 3
    x = np.array(FMR)
    written_out = sum(abs(a - b) for a in x for b in x) * n / (n - 1) / (2 * n**2 * x.mean())
    assert verification.garbe(FMR, FNMR, alpha=1) == pytest.approx(written_out)


@pytest.mark.parametrize("groups", [2, 3, 8])
def test_garbe_is_0_at_parity_and_1_if_one_group_has_all_errors(groups: int) -> None:
    one = [0.0] * (groups - 1) + [0.2]
    assert verification.garbe([0.2] * groups, [0.1] * groups) == pytest.approx(0)
    assert verification.garbe(one, one) == pytest.approx(1)


def test_garbe_does_not_call_smaller_rates_fairer() -> None:
    stricter = [rate / 100 for rate in FMR]
    assert verification.garbe(stricter, FNMR) == pytest.approx(verification.garbe(FMR, FNMR))


def test_the_fairness_discrepancy_rate_by_hand() -> None:
    assert verification.fdr(FMR, FNMR) == pytest.approx(1 - 0.5 * 0.02 - 0.5 * 0.3)
    assert verification.fdr(FMR, FNMR, alpha=1) == pytest.approx(0.98)
    assert verification.fdr([0.1, 0.1], [0.2, 0.2]) == 1


def test_ratios_of_the_worst_group_by_hand() -> None:
    rates = np.array([0.01, 0.08, 0.01])
    assert max_over_min(rates) == pytest.approx(8)
    assert max_over_geomean(rates) == pytest.approx(0.08 / (0.01 * 0.08 * 0.01) ** (1 / 3))
    assert np.isinf(max_over_min(np.array([0.0, 0.02])))


def test_many_sets_of_rates_at_once_are_each_of_them_by_itself() -> None:
    sets = np.random.default_rng(0).random((3, 5, 4))
    for summary in (gini_of, largest_gap, max_over_min, max_over_geomean):
        each = [[summary(rates) for rates in row] for row in sets]
        np.testing.assert_allclose(summary(sets), each)
    assert gini_of(sets)[1, 2] == pytest.approx(verification.gini(sets[1, 2]))


def test_no_errors_anywhere_and_undefined_rates_have_no_summary() -> None:
    assert math.isnan(verification.gini([0, 0, 0]))
    assert math.isnan(verification.garbe([0.1, math.nan], [0.1, 0.1]))
    assert math.isnan(verification.fdr([0.1, math.nan], [0.1, 0.1]))


def test_what_is_no_rate_is_refused() -> None:
    with pytest.raises(InputError, match="2 groups with an FMR, but 3"):
        verification.garbe([0.1, 0.1], [0.1] * 3)
    with pytest.raises(InputError, match="12 is none"):
        verification.gini([12, 0.1])
    with pytest.raises(InputError, match="alpha"):
        verification.fdr([0.1, 0.2], [0.1, 0.2], alpha=2)


def test_a_single_group_differs_from_nobody():
    for summary in (verification.fdr, verification.garbe):
        with pytest.raises(InputError, match="two groups or more"):
            summary([0.01], [0.2])


def test_errors_without_weight_need_not_be_defined():
    nothing = [0.0, math.nan, 0.1]
    for summary in (verification.fdr, verification.garbe):
        assert summary(nothing, FNMR, alpha=0) == summary(FMR, FNMR, alpha=0)
        assert summary(FMR, [0.0] * 3, alpha=1) == summary(FMR, FNMR, alpha=1)
        assert math.isnan(summary(nothing, FNMR, alpha=0.5))


def test_rates_may_be_a_rounding_error_outside_and_no_more() -> None:
    assert verification.gini([-1e-9, 0.5]) == 1
    assert verification.fdr([1 + 1e-9, 0.5], [0.1, 0.1]) == 0.75
    for wrong in (-3e-9, 1 + 3e-9):
        with pytest.raises(InputError, match="is none"):
            verification.gini([wrong, 0.5])


def test_one_group_by_itself_has_no_gini_coefficient_and_two_have() -> None:
    assert math.isnan(verification.gini([0.2]))
    assert verification.gini([0.1, 0.3]) == pytest.approx(0.5)
    for wrong in ([], [[0.1, 0.2]], 0.1):
        with pytest.raises(InputError, match="one rate per group"):
            verification.gini(wrong)


@pytest.mark.parametrize("alpha", [0.0, 0.25, 1.0])
def test_both_summaries_of_unequal_numbers_of_groups_are_sums_over_all_of_them(
    alpha: float,
) -> None:
    random = np.random.default_rng(0)
    for groups in (2, 3, 7):
        fmr, fnmr = random.random((2, groups))
        gaps = [max(abs(a - b) for a in rates for b in rates) for rates in (fmr, fnmr)]
        assert verification.fdr(fmr, fnmr, alpha) == pytest.approx(
            1 - alpha * gaps[0] - (1 - alpha) * gaps[1]
        )
        ginis = [
            sum(abs(a - b) for a in rates for b in rates)
            / (2 * groups * (groups - 1) * rates.mean())
            for rates in (fmr, fnmr)
        ]
        assert verification.garbe(fmr, fnmr, alpha) == pytest.approx(
            alpha * ginis[0] + (1 - alpha) * ginis[1]
        )
