"""What every check needs: a verdict that reads as a sentence."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import numpy as np
import torch

from helpers import arguments
from helpers.errors import InputError


class NotYet(AssertionError):
    """An answer is not right yet; the message says what was expected and where to look."""

    def _render_traceback_(self) -> list[str]:
        # IPython shows these lines instead of a traceback: the fault lies in no line of ours.
        return [f"✗ {self}"]


@dataclass(frozen=True)
class Passed:
    """An answer is right; shown in a notebook as one line."""

    exercise: str
    remark: str = ""

    def __repr__(self) -> str:
        return f"✓ Exercise {self.exercise} is right. {self.remark}".rstrip()


def graded(exercise: str) -> Callable[[Callable[..., str]], Callable[..., Passed]]:
    """Make a check out of a function that raises NotYet or returns a closing remark."""

    def decorate(check: Callable[..., str]) -> Callable[..., Passed]:
        @wraps(check)
        def checked(answer: Any = None) -> Passed:
            try:
                return Passed(exercise, check(answer))
            except NotImplementedError:
                raise NotYet(
                    f"Exercise {exercise} is still to be done: replace the line that raises "
                    "NotImplementedError by your answer, run that cell, then this one."
                ) from None
            except NotYet as verdict:
                raise NotYet(f"Exercise {exercise}: {verdict}") from None
            except Exception as problem:
                # What an answer may be has no end; that it cannot be judged is a verdict too.
                raise NotYet(
                    f"Exercise {exercise}: the answer could not be judged ({_said(problem)}). It may be of another kind than was asked for: compare what your "
                    "function returns with its description."
                ) from problem

        return checked

    return decorate


def expect(condition: bool, message: str) -> None:
    """Raise NotYet with a message unless a condition holds."""
    if not condition:
        raise NotYet(message)


def called(function: Any, *arguments: Any) -> Any:
    """Call a reader's function; what goes wrong inside it becomes part of the verdict."""
    expect(callable(function), f"hand over the function itself, not {type(function).__name__}.")
    try:
        result = function(*arguments)
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


def as_numbers(result: Any, what: str, count: int | None = None) -> np.ndarray:
    """A result as an array of doubles, NaN allowed; text that reads like numbers is none."""
    try:
        found = arguments.number_array(result, "the result")
    except InputError:
        raise NotYet(f"{what} expected, but it is {arguments.shown(result)}.") from None
    if count is not None and found.size != count:
        raise NotYet(f"{what} expected, but it is {arguments.shown(result)}.")
    return found if count is None else found.reshape(count)


def claimed(function: Any, *names: str) -> dict[str, Any]:
    """What a reader's function says of a claim: a dict of ``claim``, a sentence, and these names."""
    result, wanted = called(function), ("claim", *names)
    if not isinstance(result, dict) or any(name not in result for name in wanted):
        raise NotYet(f"return a dict with these keys: {', '.join(wanted)}.")
    expect(
        isinstance(result["claim"], str) and len(result["claim"].split()) >= 6,
        "write the claim as a whole sentence, of six words or more, that could turn out false.",
    )
    return result


def as_tensor(result: Any, shape: tuple[int, ...]) -> torch.Tensor:
    """A result as a double tensor of a shape, or the sentence that it is none."""
    try:
        found = torch.as_tensor(result).detach().cpu()
        tensor = found.real.double() if found.is_complex() else found.double()
    except (TypeError, ValueError, RuntimeError):
        raise NotYet(f"a tensor was expected, but it is {type(result).__name__}.") from None
    expect(not found.is_complex(), "real numbers were expected, but these are complex.")
    expect(
        tuple(tensor.shape) == shape,
        f"the result should have shape {shape}, but has {tuple(tensor.shape)}. Over which dimensions "
        "did you sum or average?",
    )
    expect(bool(torch.isfinite(tensor).all()), "the result holds NaN or infinite values.")
    return tensor


def close(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether two results agree to four digits or so."""
    return bool(torch.allclose(a.double(), b.double(), rtol=1e-4, atol=1e-6))
