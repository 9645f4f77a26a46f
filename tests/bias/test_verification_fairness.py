import math

import numpy as np
import pytest

from helpers.bias import verification
from helpers.errors import InputError, UnknownName

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


def test_the_rivals_are_other_numbers() -> None:
    assert verification.not_garbe_max_over_min(FMR, FNMR) == pytest.approx((3 + 4) / 2)
    # Ratios 2, 3, 1.5 and 1, 4, 4.
    expected = ((2 + 3 + 1.5) / 3 + (1 + 4 + 4) / 3) / 2
    assert verification.not_garbe_mean_ratio(FMR, FNMR) == pytest.approx(expected)
    # Differences 0.01, 0.02, 0.01 and 0, 0.3, 0.3.
    expected = (0.04 / 3 + 0.6 / 3) / 2
    assert verification.not_garbe_mean_difference(FMR, FNMR) == pytest.approx(expected)


def test_only_the_mean_difference_calls_smaller_rates_fairer() -> None:
    stricter = [rate / 100 for rate in FMR]
    for measure in (
        verification.garbe,
        verification.not_garbe_max_over_min,
        verification.not_garbe_mean_ratio,
    ):
        assert measure(stricter, FNMR) == pytest.approx(measure(FMR, FNMR))
    mean = verification.not_garbe_mean_difference
    assert mean(stricter, FNMR) < mean(FMR, FNMR)


def test_the_fairness_discrepancy_rate_by_hand() -> None:
    assert verification.fdr(FMR, FNMR) == pytest.approx(1 - 0.5 * 0.02 - 0.5 * 0.3)
    assert verification.fdr(FMR, FNMR, alpha=1) == pytest.approx(0.98)
    assert verification.fdr([0.1, 0.1], [0.2, 0.2]) == 1


def test_inequity_names_the_worst_group_and_its_ratios() -> None:
    found = verification.inequity({"a": 0.01, "b": 0.08, "c": 0.01})
    assert (found["worst"], found["best"]) == ("b", "a")
    assert found["max_over_min"] == pytest.approx(8)
    assert found["max_over_geomean"] == pytest.approx(0.08 / (0.01 * 0.08 * 0.01) ** (1 / 3))
    assert found["note"] == ""


def test_a_rate_of_zero_is_treated_as_the_reader_says() -> None:
    rates = {"a": 0.0, "b": 0.02, "c": 0.04}
    undefined = verification.inequity(rates)
    assert math.isnan(undefined["max_over_min"])
    assert undefined["note"] == "no errors in a, so no ratio is defined"
    assert verification.inequity(rates, zeros="leave out")["max_over_min"] == pytest.approx(2)
    floored = verification.inequity(rates, zeros="floor", floor=0.001)
    assert floored["max_over_min"] == pytest.approx(40)
    assert floored["note"] == "no errors in a, and counted as 0.001"
    with pytest.raises(InputError, match="needs a floor"):
        verification.inequity(rates, zeros="floor")
    with pytest.raises(UnknownName):
        verification.inequity(rates, zeros="ignore")  # type: ignore[arg-type]  # the point


def test_no_errors_anywhere_and_undefined_rates_have_no_summary() -> None:
    assert math.isnan(verification.gini([0, 0, 0]))
    assert math.isnan(verification.garbe([0.1, math.nan], [0.1, 0.1]))
    assert math.isnan(verification.fdr([0.1, math.nan], [0.1, 0.1]))
    assert verification.inequity({"a": math.nan, "b": 0.1})["note"] == "undefined in a, left out"


def test_a_table_without_any_known_rate_has_no_ratio() -> None:
    found = verification.inequity({"a": math.nan, "b": math.nan})
    assert math.isnan(found["max_over_min"])
    assert math.isnan(found["max_over_geomean"])
    assert (found["worst"], found["note"]) == ("", "undefined in a, b, left out")


def test_what_is_no_rate_is_refused() -> None:
    with pytest.raises(InputError, match="2 groups with an FMR, but 3"):
        verification.garbe([0.1, 0.1], [0.1] * 3)
    with pytest.raises(InputError, match="12 is none"):
        verification.gini([12, 0.1])
    with pytest.raises(InputError, match="alpha"):
        verification.fdr([0.1, 0.2], [0.1, 0.2], alpha=2)


def test_a_single_group_differs_from_nobody():
    for summary in (verification.fdr, verification.garbe, verification.not_garbe_mean_ratio):
        with pytest.raises(InputError, match="two groups or more"):
            summary([0.01], [0.2])


def test_errors_without_weight_need_not_be_defined():
    nothing = [0.0, math.nan, 0.1]
    for summary in (
        verification.fdr,
        verification.garbe,
        verification.not_garbe_max_over_min,
        verification.not_garbe_mean_ratio,
        verification.not_garbe_mean_difference,
    ):
        assert summary(nothing, FNMR, alpha=0) == summary(FMR, FNMR, alpha=0)
        assert summary(FMR, [0.0] * 3, alpha=1) == summary(FMR, FNMR, alpha=1)
        assert math.isnan(summary(nothing, FNMR, alpha=0.5))
    assert verification.not_garbe_max_over_min([0.0, 0.1, 0.2], FNMR, alpha=0) == pytest.approx(4)
