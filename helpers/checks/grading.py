"""What every check needs: a verdict that reads as a sentence."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass
from functools import wraps
from typing import Any

import numpy as np
import pandas as pd

from helpers import arguments
from helpers.errors import InputError


class NotYet(AssertionError):
    """An answer is not right yet; the message says what was expected and where to look."""

    def _render_traceback_(self) -> list[str]:
        # IPython shows these lines instead of a traceback: the fault lies in no line of ours.
        return [f"✗ {self}"]


@dataclass(frozen=True)
class Passed:
    """An answer is right, or whatever else a check can tell; shown in a notebook as one line."""

    exercise: str
    remark: str = ""
    judged: str = "right"

    def __repr__(self) -> str:
        return f"✓ Exercise {self.exercise} is {self.judged}. {self.remark}".rstrip()


def graded(
    exercise: str, judged: str = "right"
) -> Callable[[Callable[..., str]], Callable[..., Passed]]:
    """Make a check out of a function that raises NotYet or returns a closing remark.

    Parameters
    ----------
    exercise : str
        Its number.
    judged : str
        What an answer is that passes: "consistent" where its numbers cannot be verified.
    """

    def decorate(check: Callable[..., str]) -> Callable[..., Passed]:
        @wraps(check)
        def checked(answer: Any = None) -> Passed:
            try:
                return Passed(exercise, check(answer), judged)
            except NotImplementedError:
                raise NotYet(
                    f"Exercise {exercise} is still to be done: replace the line that raises "
                    "NotImplementedError by your answer, run that cell, then this one."
                ) from None
            except NotYet as told:
                raise NotYet(f"Exercise {exercise}: {told}") from None
            except Exception as problem:
                # What an answer may be has no end; that it cannot be judged is a verdict too.
                raise NotYet(
                    f"Exercise {exercise}: the answer could not be judged ({_said(problem)}). It may "
                    "be of another kind than was asked for: compare what your function returns with "
                    "its description."
                ) from problem

        return checked

    return decorate


def called(function: Any, *arguments: Any) -> Any:
    """Call a reader's function; what goes wrong inside it becomes part of the verdict.

    It gets copies: what it writes into them shall not change what is right.
    """
    expect(callable(function), f"hand over the function itself, not {type(function).__name__}.")
    own = [each.clone() if hasattr(each, "clone") else deepcopy(each) for each in arguments]
    try:
        result = function(*own)
    except NotImplementedError:
        raise
    except Exception as problem:
        raise NotYet(f"your function stopped with {_said(problem)}") from problem
    expect(
        result is not None and result is not Ellipsis,
        "your function returns nothing. Does it end with `return`?",
    )
    return result


def _said(problem: Exception) -> str:
    """What went wrong, on one line: libraries print whole arrays."""
    text = " ".join(str(problem).split())
    return f"{type(problem).__name__}: {text[:197] + '...' if len(text) > 200 else text}"


# -- what is right


def expect(condition: object, message: str) -> None:
    """Raise NotYet with a message unless a condition holds."""
    if not condition:
        raise NotYet(message)


def expect_right(given: Any, right: Any, message: str, *mistakes: tuple[Any, str]) -> None:
    """Raise NotYet unless a result is right; a mistake that would give it, or rounding, is named.

    Parameters
    ----------
    given, right : number or array
        What the reader has got, and what is right.
    message : str
        What to say of a result of which no mistake is known.
    *mistakes : (number or array, str)
        What a reader may have computed instead, and the sentence about it; it is passed over where
        it happens to be right as well.
    """
    if same(given, right):
        return
    for wrong, sentence in mistakes:
        expect(not same(given, wrong), sentence)
    expect(not _rounded(given, right), "the result is right, but rounded: do not round it.")
    raise NotYet(message)


def expect_number(
    what: str, given: float, right: float, *mistakes: tuple[float, str], hint: str = "."
) -> None:
    """Raise NotYet unless a number is right, saying which was expected, and a hint."""
    message = f"{what} should be {right:.4f} here, but you give {given:.4f}{hint}"
    expect_right(given, right, message, *mistakes)


def same(one: Any, two: Any, atol: float = 1e-6) -> bool:
    """Whether two results have one shape and agree to about four digits, or within ``atol``."""
    first, second = np.asarray(one, dtype=float), np.asarray(two, dtype=float)
    return first.shape == second.shape and np.allclose(first, second, rtol=1e-4, atol=atol)


def _rounded(given: Any, right: Any) -> bool:
    """Whether a result is the right one to three or four digits, which is what a page shows."""
    shown, exact = np.asarray(given, dtype=float).round(4), np.asarray(right, dtype=float)
    if shown.shape != exact.shape or not shown.any():
        return False
    return any(np.allclose(shown, exact.round(digits), rtol=0, atol=1e-9) for digits in (3, 4))


# -- results as numbers


def as_numbers(result: Any, what: str, count: int | None = None) -> np.ndarray:
    """A result as an array of doubles, NaN allowed; text that reads like numbers is none."""
    message = f"{what} expected, but it is {arguments.shown(result)}."
    try:
        found = arguments.number_array(result, "the result")
    except InputError:
        raise NotYet(message) from None
    expect(count in (None, found.size), message)
    return found if count is None else found.reshape(count)


def as_number(result: Any, name: str = "the result") -> float:
    """A result, or what stands in it under a name, as one finite number."""
    number = float(as_numbers(result, f"{name}: one number was", 1)[0])
    expect(np.isfinite(number), f"{name}: a number was expected, but it is NaN or infinite.")
    return number


def as_array(result: Any, shape: tuple[int, ...]) -> np.ndarray:
    """A result, often a tensor, as an array of finite doubles of a shape."""
    found = as_numbers(result, "a tensor of real numbers was")
    expect(
        found.shape == shape,
        f"the result should have shape {shape}, but has {found.shape}. Over which dimensions did "
        "you sum or average?",
    )
    expect(np.isfinite(found).all(), "the result holds NaN or infinite values.")
    return found


# -- claims of the reader's own


def claimed(function: Any, *names: str, side: str = "") -> dict[str, Any]:
    """What a reader's function says of a claim: a dict of ``claim``, a sentence, and these names.

    With a question of ``side`` the dict also has a ``direction``, "above" or "below".
    """
    result = keyed(called(function), ("claim", *names, *(["direction"] if side else []), "verdict"))
    expect(
        isinstance(result["claim"], str) and len(result["claim"].split()) >= 6,
        "write the claim as a whole sentence, of six words or more, that could turn out false.",
    )
    if side:
        known = str(result["direction"]) in ("above", "below")
        expect(known, f'the direction is "above" or "below": {side}')
    return result


def evidence(row: Any, source: str, columns: set[str], *numbers: str) -> list[float]:
    """The numbers of a row of a table on which a claim rests, all of them finite."""
    there = isinstance(row, pd.Series) and columns | {*numbers} <= {*row.index}
    expect(there, f"the evidence is one row of {source}.")
    found = [
        float(as_numbers(row[name], f"the row's {name}: one number was", 1)[0]) for name in numbers
    ]
    missing = f"{' and no '.join(numbers)} ({row.get('note') or 'undefined'})"
    expect(np.isfinite(found).all(), f"this comparison has no {missing}: choose another.")
    return found


def keyed(result: Any, names: Iterable[str]) -> dict[str, Any]:
    """A result as a dict that has these keys."""
    wanted = f"return a dict with these keys: {', '.join(names)}"
    if not isinstance(result, dict):
        raise NotYet(f"{wanted}; yours is of the type {type(result).__name__}.")
    missing = [repr(name) for name in names if name not in result]
    expect(not missing, f"{wanted}; {', '.join(missing)} is missing.")
    return result


def judge(
    result: dict[str, Any], side: str, low: float, high: float, parity: float, shown: str
) -> str:
    """The verdict on a claim, after a look whether it follows from an interval.

    Parameters
    ----------
    result : dict
        What the reader's function returned, with its ``verdict``.
    side : str
        Where the claim puts the value: "above" parity ("more") or not.
    low, high, parity : float
        The interval; where it holds parity, the claim is undecided.
    shown : str
        What the evidence is, for the sentence.
    """
    follows = "undecided"
    if not low <= parity <= high:
        follows = "supported" if (low > parity) == (side in ("above", "more")) else "contradicted"
    given = result["verdict"]
    said = f"so the verdict that follows is {follows!r}, not {given!r}"
    expect(str(given).strip().lower() == follows, f"{shown} and the claim is {side!r}, {said}.")
    return follows
