"""A check ends with a verdict that reads as a sentence, whatever it was handed."""

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from helpers.checks.grading import (
    NotYet,
    Passed,
    as_array,
    as_numbers,
    called,
    claimed,
    evidence,
    expect_right,
    graded,
    judge,
    same,
)


@graded("1.1")
def three(answer: Any) -> str:
    if called(answer)["three"] != 3:
        raise NotYet("three is not right.")
    return "Well counted."


def test_a_right_answer_passes_in_one_line() -> None:
    assert repr(three(lambda: {"three": 3})) == "✓ Exercise 1.1 is right. Well counted."
    assert repr(Passed("1.2")) == "✓ Exercise 1.2 is right."
    assert repr(Passed("1.2", judged="consistent")) == "✓ Exercise 1.2 is consistent."


def test_a_claim_whose_numbers_cannot_be_verified_is_called_consistent() -> None:
    consistent = graded("1.4", "consistent")(lambda _: "Verdict: undecided.")
    assert repr(consistent()) == "✓ Exercise 1.4 is consistent. Verdict: undecided."


def left_open() -> None:
    raise NotImplementedError


def broken() -> None:
    raise ZeroDivisionError("by nothing")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda: {"three": 4}, "^Exercise 1.1: three is not right"),
        (left_open, "^Exercise 1.1 is still to be done"),
        (broken, "^Exercise 1.1: your function stopped with ZeroDivisionError: by nothing"),
        (lambda: None, "returns nothing. Does it end with `return`"),
        (lambda: ..., "returns nothing"),
        (lambda x: x, "your function stopped with TypeError"),
        (3, "hand over the function itself, not int"),
        (None, "hand over the function itself, not NoneType"),
        (lambda: 3, "could not be judged .TypeError"),
        (dict, "could not be judged .KeyError: 'three'"),
    ],
)
def test_any_other_answer_gets_a_verdict(answer: Any, says: str) -> None:
    with pytest.raises(NotYet, match=says):
        three(answer)


def test_a_check_called_without_an_answer_says_what_is_missing() -> None:
    with pytest.raises(NotYet, match="hand over the function itself"):
        three()


def test_in_a_notebook_a_verdict_is_one_line() -> None:
    assert NotYet("no")._render_traceback_() == ["✗ no"]


@pytest.mark.parametrize(
    "result",
    [
        [1.0, 2.0],
        (1, 2),
        np.array([1, 2]),
        torch.tensor([1.0, 2.0], requires_grad=True),
        torch.tensor([1.0, 2.0], dtype=torch.bfloat16),
    ],
)
def test_a_result_of_any_library_is_an_array(result: Any) -> None:
    found = as_array(result, (2,))
    assert found.dtype == np.float64
    assert found.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (None, "a tensor of real numbers was expected, but it is None"),
        ("ab", "a tensor of real numbers was expected, but it is 'ab'"),
        ([[1], [1, 2]], r"a tensor of real numbers was expected, but it is \[\[1\], \[1, 2\]\]"),
        ([1.0, float("nan")], "NaN or infinite"),
        ([1.0, float("inf")], "NaN or infinite"),
        ([1.0, 2j], "a tensor of real numbers was expected, but it is .*2j"),
        ([1.0], r"should have shape \(2,\), but has \(1,\)"),
    ],
)
def test_what_is_no_such_array_is_told(wrong: Any, says: str) -> None:
    with pytest.raises(NotYet, match=says):
        as_array(wrong, (2,))


def test_results_agree_to_about_four_digits() -> None:
    one = torch.tensor([1.0, -2.0])
    assert same(one, one * (1 + 5e-5))
    assert not same(one, one * (1 + 3e-4))
    assert not same(one, -one)
    assert not same(one, one[:1])
    assert not same(np.nan, np.nan)


def test_a_mistake_that_is_right_as_well_is_no_mistake() -> None:
    expect_right(1.0, 1.0, "one is right.", (1.0, "that is the mean."))
    with pytest.raises(NotYet, match="that is the mean"):
        expect_right(
            2.0, 1.0, "one is right.", (1.0, "that is the first."), (2.0, "that is the mean.")
        )
    with pytest.raises(NotYet, match="one is right"):
        expect_right(3.0, 1.0, "one is right.", (2.0, "that is the mean."))


@pytest.mark.parametrize("digits", [3, 4])
def test_a_rounded_result_is_told_not_to_be(digits: int) -> None:
    for right in (2 / 300, np.array([2 / 30, 0.5]), torch.tensor(2 / 300, dtype=torch.float64)):
        with pytest.raises(NotYet, match="do not round"):
            expect_right(np.asarray(right).round(digits), right, "not so.")
        with pytest.raises(NotYet, match="not so"):
            expect_right(0 * np.asarray(right), right, "not so.")


@pytest.mark.parametrize(
    ("low", "high", "direction", "follows"),
    [
        (0.1, 0.2, "above", "supported"),
        (0.1, 0.2, "below", "contradicted"),
        (-0.2, -0.1, "below", "supported"),
        (-0.1, 0.2, "above", "undecided"),
        (0.0, 0.2, "above", "undecided"),
    ],
)
def test_a_verdict_follows_from_the_interval(
    low: float, high: float, direction: str, follows: str
) -> None:
    assert judge({"verdict": follows}, direction, low, high, 0, "it is so") == follows
    shouted = {"verdict": f"{follows.upper()} "}
    assert judge(shouted, direction, low, high, 0, "it is so") == follows
    with pytest.raises(
        NotYet, match=f"it is so and the claim is '{direction}', so .*'{follows}', not"
    ):
        judge({"verdict": "right"}, direction, low, high, 0, "it is so")


def test_evidence_is_a_row_with_finite_numbers() -> None:
    row = pd.Series({"group": "a", "low": 0.1, "high": 0.2, "note": "few people"})
    assert evidence(row, "a table", {"group"}, "low", "high") == [0.1, 0.2]
    for wrong in (row.drop("group"), row.drop("low"), dict(row), None):
        with pytest.raises(NotYet, match="the evidence is one row of a table"):
            evidence(wrong, "a table", {"group"}, "low", "high")
    with pytest.raises(NotYet, match="has no low and no high .few people.: choose another"):
        evidence(row.replace(0.1, np.nan), "a table", {"group"}, "low", "high")


def test_a_claim_is_a_sentence_with_its_numbers() -> None:
    said = {"claim": "Glasses move the score more than hats.", "gap": 0.1, "verdict": "supported"}
    assert claimed(lambda: said, "gap") is said
    for wrong, says in (
        ({"claim": said["claim"]}, "keys: claim, gap, verdict"),
        (said | {"claim": "Too short a claim is"}, "six words or more"),
        (said | {"claim": 3}, "six words or more"),
        ([1], "return a dict"),
    ):
        with pytest.raises(NotYet, match=says):
            claimed(lambda wrong=wrong: wrong, "gap")
    with pytest.raises(NotYet, match="keys: claim, gap, direction, verdict"):
        claimed(lambda: said, "gap", side="on which side?")
    with pytest.raises(NotYet, match="above. or .below.: on which side"):
        claimed(lambda: said | {"direction": "left"}, "gap", side="on which side?")


@pytest.mark.parametrize("wrong", ["0.5", ["0.5"], 1j, None, {"a": 1}, [1, 2], np.zeros(9)])
def test_text_and_lists_are_no_number(wrong: Any) -> None:
    with pytest.raises(NotYet, match="one number was expected, but it is"):
        as_numbers(wrong, "one number was", 1)


def test_numbers_of_any_kind_are_read() -> None:
    for right in (0.5, [0.5], np.float32(0.5), torch.tensor([[0.5]]), Decimal("0.5")):
        np.testing.assert_array_equal(as_numbers(right, "one number was", 1), [0.5])
    assert np.isnan(as_numbers((np.nan, 0), "two", 2)[0])


def test_what_a_library_says_stays_on_one_line_and_short() -> None:
    def prints() -> None:
        raise ValueError("a\nb" * 5000)

    with pytest.raises(NotYet) as verdict:
        three(prints)
    assert "\n" not in str(verdict.value)
    assert len(str(verdict.value)) < 400
