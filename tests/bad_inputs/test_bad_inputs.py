"""Whatever a reader brings to a door comes to one sentence or to a right value; nothing is lost."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.errors import InputError
from tests.bad_inputs import harness
from tests.bad_inputs.corpus import CASES
from tests.bad_inputs.harness import BAD_INPUT, GOOD, Case, judge, keeping


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_bad_input_comes_to_a_sentence_or_a_right_value(
    case: Case, record_property: Callable[[str, object], None]
) -> None:
    outcome = judge(case)
    record_property(BAD_INPUT, (case.door, outcome.kind))
    assert outcome.kind in GOOD, f"{outcome.kind}: {outcome.said}"


def test_the_corpus_is_as_large_as_promised_and_no_input_comes_twice() -> None:
    assert len(CASES) >= 300
    assert len({str(case) for case in CASES}) == len(CASES)


def _raises(problem: BaseException) -> Any:
    def call(_folder: Path) -> None:
        raise problem

    return call


def _empties(folder: Path) -> None:
    mine = folder / "mine"
    mine.write_text("dear diary")
    keeping(mine, lambda: mine.write_text(""))


@pytest.mark.parametrize(
    ("case", "kind"),
    [
        (Case("d", "w", _raises(InputError("seed is -1")), "seed"), harness.SENTENCE),
        (Case("d", "w", _raises(InputError("level is -1")), "seed"), harness.UNCLEAR),
        (Case("d", "w", _raises(InputError("seed\nis -1")), "seed"), harness.UNCLEAR),
        (Case("d", "w", _raises(InputError("no")), None, bool), harness.UNCLEAR),
        (Case("d", "w", _raises(TypeError("seed")), "seed"), harness.TRACEBACK),
        (Case("d", "w", _raises(SystemExit(2)), "seed"), harness.TRACEBACK),
        (Case("d", "w", lambda _: 5, "seed"), harness.SILENT),
        (Case("d", "w", lambda _: 5, None, lambda x: x == 5), harness.VALUE),
        (Case("d", "w", lambda _: 5, None, lambda x: x.shape), harness.SILENT),
        (Case("d", "w", lambda _: 5, None, bool, "aware"), harness.SILENT),
        (Case("d", "w", _empties, "seed"), harness.LOST),
    ],
)
def test_the_judge_tells_the_classes_apart(case: Case, kind: str) -> None:
    assert judge(case).kind == kind


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_the_judge_stops_what_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, "_WAITING", 0.2)

    def waits(folder: Path) -> None:
        os.mkfifo(folder / "pipe")
        (folder / "pipe").read_bytes()

    started = time.monotonic()
    assert judge(Case("d", "w", waits, "pipe")).kind == harness.HANG
    assert time.monotonic() - started < 10
