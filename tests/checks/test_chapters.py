"""Each check passes on the chapter's solution, fails on the stub and on answers that are wrong."""

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import notebooks
import numpy as np
import pandas as pd
import pytest
import torch

from helpers import checks
from helpers.bias.intervals import bootstrap_mean


def exercises(make: Callable[[str, str], Any]) -> Iterator[tuple[str, str]]:
    """Number and code of every exercise of every chapter, as ``make`` turns them out."""
    for source in notebooks.sources(notebooks.ROOT):
        number = ""
        for cell in make(source.read_text(encoding="utf-8"), source.stem).cells:
            number = (notebooks.EXERCISE.findall(cell.source) or [number])[-1]
            tagged = "exercise" in cell.metadata.get("tags", [])
            if tagged and cell.cell_type == "code" and "def " in cell.source:
                yield number, cell.source


def answer(code: str) -> Any:
    """The function that an exercise's cell defines."""
    draw = np.random.default_rng(0)
    focus = {name: pd.DataFrame({"focus": draw.random(40)}) for name in ("gradcam", "eigencam")}
    names = {"torch": torch, "bootstrap_mean": bootstrap_mean, "by_method": focus}
    exec(code, names)  # noqa: S102 - the cells under test are code
    return names[re.findall(r"^def (\w+)", code, re.MULTILINE)[-1]]


def check(number: str) -> Callable[[Any], checks.Passed]:
    return getattr(checks, f"exercise_{number.replace('.', '_')}")


SOLUTIONS = dict(exercises(notebooks.solution))
STUBS = dict(exercises(notebooks.student))


def test_every_check_has_an_exercise_and_every_exercise_a_check() -> None:
    numbers = {name[9:].replace("_", ".") for name in checks.__all__ if name.startswith("exercise")}
    assert numbers == set(SOLUTIONS) == set(STUBS)


@pytest.mark.parametrize("number", SOLUTIONS)
def test_the_solution_passes(number: str) -> None:
    assert repr(check(number)(answer(SOLUTIONS[number]))).startswith(f"✓ Exercise {number}")


@pytest.mark.parametrize("number", STUBS)
def test_the_stub_is_told_what_to_do(number: str) -> None:
    with pytest.raises(checks.NotYet, match="still to be done"):
        check(number)(answer(STUBS[number]))


def claim(**changes: Any) -> Callable[[], dict]:
    right = {
        "claim": "The focus of one method is larger than that of the other.",
        "n": 40,
        "value": 0.1,
        "low": 0.05,
        "high": 0.2,
        "null": 0.0,
        "direction": "above",
        "verdict": "supported",
    }
    return lambda: right | changes


WRONG = {
    "0.1 averages everything": (lambda x: x.mean(), "one number"),
    "0.1 sums": (lambda x: x.sum((1, 2, 3)), "sum of the pixels"),
    "0.1 one channel": (lambda x: x[:, 0].mean((1, 2)), "not the mean"),
    "0.1 returns nothing": (lambda x: None, "returns nothing"),
    "0.1 crashes": (lambda x: x.mean(dim=9), "stopped with IndexError"),
    "7.1 is Grad-CAM": (lambda a, g: (g.mean((1, 2), True) * a).sum(0), "that is Grad-CAM"),
    "7.1 with a ReLU": (lambda a, g: (a * g).sum(0).clamp_min(0), "ReLU"),
    "7.1 averages channels": (lambda a, g: (a * g).mean(0), "too small"),
    "7.1 keeps channels": (lambda a, g: a * g, "shape"),
    "7.1 forgets the activation": (lambda a, g: g.sum(0), "gradient alone"),
    "7.1 loses the signs": (lambda a, g: (a * g).abs().sum(0), "signs are gone"),
    "7.1 adds": (lambda a, g: (a + g).sum(0), "element by element"),
    "7.2 half of the maximum": (
        lambda m: (m >= m.amax((1, 2), True) / 2).double().mean((1, 2)),
        "half of the maximum",
    ),
    "7.2 smallest first": (
        lambda m: (
            (m.flatten(1).sort().values.cumsum(1) < m.sum((1, 2))[:, None] / 2).double().mean(1)
        ),
        "largest to the smallest",
    ),
    "7.2 with negative relevance": (
        lambda m: (
            (
                (m.flatten(1).sort(descending=True).values.cumsum(1) < m.sum((1, 2))[:, None] / 2)
                .double()
                .sum(1)
                + 1
            )
            / m[0].numel()
        ),
        "negative relevance",
    ),
    "7.2 counts": (
        lambda m: (
            (m.flatten(1).sort(descending=True).values.cumsum(1) < m.sum((1, 2))[:, None] / 2).sum(
                1
            )
            + 1
        ),
        "a share cannot be",
    ),
    "7.3 cuts off only above": (
        lambda r, m: (r.clamp_min(0) * m).sum((1, 2)) / r.sum((1, 2)),
        "in both sums",
    ),
    "7.3 takes absolute values": (
        lambda r, m: (r.abs() * m).sum((1, 2)) / r.abs().sum((1, 2)),
        "abs",
    ),
    "7.3 looks outside": (
        lambda r, m: (r.clamp_min(0) * ~m).sum((1, 2)) / r.clamp_min(0).sum((1, 2)),
        "outside the mask",
    ),
    "7.3 with negative relevance": (
        lambda r, m: (r * m).sum((1, 2)) / r.sum((1, 2)),
        "negative relevance",
    ),
    "7.3 is the lift": (
        lambda r, m: (
            (r.clamp_min(0) * m).sum((1, 2)) / r.clamp_min(0).sum((1, 2)) / m.double().mean((1, 2))
        ),
        "lift",
    ),
    "7.3 counts pixels": (lambda r, m: ((r > 0) & m).sum((1, 2)) / (r > 0).sum((1, 2)), "focus is"),
    "7.4 too few": (claim(n=5), "at least 20"),
    "7.4 no sentence": (claim(claim="it works"), "whole sentence"),
    "7.4 a bold verdict": (claim(low=-0.05), "'undecided', not 'supported'"),
    "7.4 a timid verdict": (claim(verdict="undecided"), "'supported', not 'undecided'"),
    "7.4 the wrong side": (claim(direction="below"), "'contradicted', not 'supported'"),
    "7.4 no direction": (claim(direction="equal"), "on which side"),
    "7.4 no dict": (lambda: 3, "return a dict"),
    "7.4 value outside": (claim(value=0.5), "inside its interval"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_answer_is_told_what_is_wrong(case: str) -> None:
    function, sentence = WRONG[case]
    with pytest.raises(checks.NotYet, match=sentence):
        check(case.split()[0])(function)


def test_every_exercise_has_a_wrong_answer_of_its_own() -> None:
    assert {case.split()[0] for case in WRONG} == set(SOLUTIONS)


def test_a_failed_check_shows_one_line_in_a_notebook() -> None:
    with contextlib.suppress(checks.NotYet):
        checks.exercise_0_1(3)
    lines = checks.NotYet("look there")._render_traceback_()
    assert lines == ["✗ look there"]
