"""A check ends with a verdict that reads as a sentence, whatever it was handed."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import torch

from helpers.checks.grading import (
    NotYet,
    Passed,
    as_numbers,
    as_tensor,
    called,
    claimed,
    close,
    graded,
)


@graded("1.1")
def three(answer: Any) -> str:
    if called(answer)["three"] != 3:
        raise NotYet("three is not right.")
    return "Well counted."


def test_a_right_answer_passes_in_one_line() -> None:
    assert repr(three(lambda: {"three": 3})) == "✓ Exercise 1.1 is right. Well counted."
    assert repr(Passed("1.2")) == "✓ Exercise 1.2 is right."


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
    "same",
    [
        [1.0, 2.0],
        (1, 2),
        np.array([1, 2]),
        torch.tensor([1.0, 2.0], requires_grad=True),
        torch.tensor([1.0, 2.0], dtype=torch.bfloat16),
    ],
)
def test_a_result_of_any_library_is_a_tensor(same: Any) -> None:
    found = as_tensor(same, (2,))
    assert found.dtype == torch.float64
    assert found.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (None, "a tensor was expected, but it is NoneType"),
        ("ab", "a tensor was expected, but it is str"),
        ([[1], [1, 2]], "a tensor was expected, but it is list"),
        ([1.0, float("nan")], "NaN or infinite"),
        ([1.0, float("inf")], "NaN or infinite"),
        ([1.0, 2j], "complex"),
        ([1.0], r"should have shape \(2,\), but has \(1,\)"),
    ],
)
def test_what_is_no_such_tensor_is_told(wrong: Any, says: str) -> None:
    with pytest.raises(NotYet, match=says):
        as_tensor(wrong, (2,))


def test_results_agree_to_about_four_digits() -> None:
    one = torch.tensor([1.0, -2.0])
    assert close(one, one * (1 + 5e-5))
    assert not close(one, one * (1 + 3e-4))
    assert not close(one, -one)


def test_a_claim_is_a_sentence_with_its_numbers() -> None:
    said = {"claim": "Glasses move the score more than hats.", "gap": 0.1}
    assert claimed(lambda: said, "gap") is said
    for wrong, says in (
        ({"claim": "Glasses move the score more than hats."}, "keys: claim, gap"),
        ({"claim": "Too short a claim is", "gap": 1}, "six words or more"),
        ({"claim": 3, "gap": 1}, "six words or more"),
        ([1], "return a dict"),
    ):
        with pytest.raises(NotYet, match=says):
            claimed(lambda wrong=wrong: wrong, "gap")


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
