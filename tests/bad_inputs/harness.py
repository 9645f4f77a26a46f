"""Try one bad input at a time, and say to what it came.

A :class:`Case` goes through a *door*, a name that readers call, and says what is right: one sentence
of the package (an ``InputError``; on the command line exit code 2 and one line "Error: ..."), or a
value. Everything else that can happen has a class of its own, and none of those is accepted.
"""

import contextlib
import io
import os
import re
import signal
import subprocess
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from helpers.errors import InputError

SENTENCE, VALUE = "sentence", "right value"
UNCLEAR, TRACEBACK, SILENT = "unclear sentence", "library traceback", "wrong silent result"
HANG, LOST, ABSENT = "hang", "data lost", "not on this machine"
CLASSES = (SENTENCE, VALUE, UNCLEAR, TRACEBACK, SILENT, HANG, LOST)
GOOD = (SENTENCE, VALUE, ABSENT)

BAD_INPUT = "bad input"
"""Under this name a test records door and class, for the table."""

_LONGEST = 1_500  # characters, among them the names of all sixty factors of a face
_WORKING = 10.0  # seconds of work after which a reader thinks that it hangs
_WAITING = 120.0  # seconds by the clock, on a machine that others use as well
PATIENT = 600.0  # for a process of its own, and for a detector that has to be imported


class Lost(Exception):
    """A file of the reader's is gone, changed, or has company that nobody asked for."""


class Absent(Exception):
    """This system has not got what the case needs: named pipes, or users without rights."""


class _TimeIsUp(BaseException):
    """No Exception, because readers of damaged files catch those."""


@dataclass(frozen=True)
class Case:
    """One bad input.

    Attributes
    ----------
    door : str
        The name that a reader calls.
    what : str
        What is wrong with the input.
    call : callable
        Brings it, and takes an empty folder that is also the current one.
    says : str, optional
        What the sentence must match, in any case of letters; None if no sentence is right.
    right : callable, optional
        Whether a value is right; None if none is.
    warns : str, optional
        What a warning must match for a value to be right.
    waiting : float, optional
        Seconds by the clock after which it hangs.
    """

    door: str
    what: str
    call: Callable[[Path], Any]
    says: str | None = None
    right: Callable[[Any], Any] | None = None
    warns: str | None = None
    waiting: float | None = None

    def __str__(self) -> str:
        return f"{self.door}: {self.what}"


@dataclass(frozen=True)
class Outcome:
    """To what a case came: one of :data:`CLASSES`, and what the reader saw."""

    kind: str
    said: str


@dataclass(frozen=True)
class Door:
    """A name that readers call, with arguments that are as they should be."""

    name: str
    function: Callable[..., Any]
    usual: dict[str, Any]
    cases: list[Case]
    waiting: float | None = None

    def refuses(self, what: str, says: str, call: Any = None, **wrong: Any) -> None:
        """One sentence is right."""
        self._add(what, self._call(call, wrong), says)

    def gives(self, what: str, right: Callable[[Any], Any], call: Any = None, **odd: Any) -> None:
        """A value is right."""
        self._add(what, self._call(call, odd), None, right)

    def either(
        self, what: str, says: str, right: Callable[[Any], Any], call: Any = None, **odd: Any
    ) -> None:
        """A sentence or a value is right."""
        self._add(what, self._call(call, odd), says, right)

    def warns(self, what: str, of: str, call: Any = None, **odd: Any) -> None:
        """A value with a warning is right, or a sentence that says the same."""
        self._add(what, self._call(call, odd), of, _anything, of)

    def _add(self, what: str, call: Callable[[Path], Any], *right: Any) -> None:
        self.cases.append(replace(Case(self.name, what, call, *right), waiting=self.waiting))

    def _call(self, call: Any, changes: dict[str, Any]) -> Callable[[Path], Any]:
        return call or (lambda _folder: self.function(**{**self.usual, **changes}))


def door(cases: list[Case], name: str, function: Callable[..., Any] = print, **usual: Any) -> Door:
    """Open a door whose cases are put into a list."""
    return Door(name, function, usual, cases)


def patient_door(cases: list[Case], name: str, function: Callable[..., Any] = print) -> Door:
    """Open a door behind which much has to be imported first."""
    return Door(name, function, {}, cases, PATIENT)


def judge(case: Case) -> Outcome:
    """Bring one bad input, in an empty folder and within a time limit."""
    started, waiting = time.process_time(), case.waiting or _WAITING
    try:
        with _at_work(waiting) as (folder, warned):
            value = case.call(folder)
    except Absent as why:
        return Outcome(ABSENT, str(why))
    except (_TimeIsUp, subprocess.TimeoutExpired):
        worked = time.process_time() - started
        return Outcome(HANG, f"stopped after {worked:.0f} s of work or {waiting:.0f} s of waiting")
    except Lost as what:
        return Outcome(LOST, str(what))
    except InputError as problem:
        return _of_sentence(case, str(problem))
    # Whatever else comes out of a door is a library's, SystemExit included.
    except (Exception, SystemExit) as problem:  # noqa: BLE001
        return Outcome(TRACEBACK, f"{type(problem).__name__}: {_short(problem)}")
    worked = time.process_time() - started
    if worked > _WORKING and not case.waiting:
        return Outcome(HANG, f"{worked:.0f} s of work")
    return _of_value(case, value, warned)


def table(outcomes: Sequence[tuple[str, str]]) -> str:
    """Count outcomes, pairs of door and class."""
    doors = list(dict.fromkeys(door for door, _ in outcomes))
    counts = Counter(outcomes)
    kinds = [*CLASSES, *([ABSENT] if any(kind == ABSENT for _, kind in counts) else [])]
    rows = [("door", *kinds)]
    rows += [(name, *(str(counts[name, kind] or ".") for kind in kinds)) for name in doors]
    totals = [sum(counts[name, kind] for name in doors) for kind in kinds]
    rows.append((f"all {len(outcomes):,} inputs", *map(str, totals)))
    widths = [max(len(row[k]) for row in rows) for k in range(len(kinds) + 1)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:]))])
        for row in rows
    ]
    return "\n".join(lines)


def failures(outcomes: Sequence[tuple[Case, Outcome]]) -> list[str]:
    """A line for each input that did not come to what is right."""
    return [
        f"{case.door} | {case.what} | {outcome.kind} | {outcome.said}"
        for case, outcome in outcomes
        if outcome.kind not in GOOD
    ]


def keeping(kept: Path, act: Callable[[], Any]) -> Any:
    """Do what must fail, and see that a file and its folder are as they were."""
    before, beside = kept.read_bytes(), sorted(os.listdir(kept.parent))
    try:
        return act()
    finally:
        after = kept.read_bytes() if kept.is_file() else b""
        if after != before:
            raise Lost(f"{len(before):,} bytes before, {len(after):,} after")
        if sorted(os.listdir(kept.parent)) != beside:
            raise Lost(f"left behind: {sorted(set(os.listdir(kept.parent)) - set(beside))}")


@contextlib.contextmanager
def _at_work(waiting: float) -> Iterator[tuple[Path, list[warnings.WarningMessage]]]:
    """An empty current folder that every user may enter; nothing is printed, and time is short."""
    here = os.getcwd()
    with (
        tempfile.TemporaryDirectory(prefix="bad-input-", ignore_cleanup_errors=True) as name,
        warnings.catch_warnings(record=True) as warned,
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        _limited(waiting),
    ):
        warnings.simplefilter("always")
        folder = Path(name).resolve()
        folder.chmod(0o755)
        os.chdir(folder)
        try:
            yield folder, warned
        finally:
            os.chdir(here)
            _open_again(folder)


def _open_again(folder: Path) -> None:
    """Let closed folders be removed."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)


@contextlib.contextmanager
def _limited(waiting: float) -> Iterator[None]:
    """Stop what works for too long, or waits."""
    if not hasattr(signal, "setitimer"):  # Windows has none, and no named pipes to wait at either
        yield
        return

    def stop(*_: Any) -> None:
        raise _TimeIsUp

    timers = {signal.SIGALRM: signal.ITIMER_REAL, signal.SIGPROF: signal.ITIMER_PROF}
    before = {number: signal.signal(number, stop) for number in timers}
    signal.setitimer(signal.ITIMER_REAL, waiting)
    signal.setitimer(signal.ITIMER_PROF, 3 * _WORKING)
    try:
        yield
    finally:
        for number, timer in timers.items():
            signal.setitimer(timer, 0)
            signal.signal(number, before[number])


def _of_sentence(case: Case, said: str) -> Outcome:
    clear = "\n" not in said.strip() and 0 < len(said) <= _LONGEST and " at 0x" not in said
    fits = case.says is not None and re.search(case.says, said, re.IGNORECASE)
    return Outcome(SENTENCE if clear and fits else UNCLEAR, _short(said))


def _of_value(case: Case, value: Any, warned: Sequence[warnings.WarningMessage]) -> Outcome:
    words = " / ".join(str(each.message) for each in warned)
    said = _short(f"{value!r}{f' [warned: {words}]' if words else ''}")
    foreign = [each for each in warned if issubclass(each.category, RuntimeWarning)]
    if foreign:
        return Outcome(UNCLEAR, f"{foreign[0].category.__name__}: {_short(foreign[0].message)}")
    if case.right is None or not _holds(case.right, value):
        return Outcome(SILENT, said)
    if case.warns is not None and not re.search(case.warns, words, re.IGNORECASE):
        return Outcome(SILENT, said)
    return Outcome(VALUE, said)


def _holds(right: Callable[[Any], Any], value: Any) -> bool:
    try:
        return bool(right(value))
    # A value of another kind than the statement supposes is not right.
    except Exception:  # noqa: BLE001
        return False


def _anything(_value: Any) -> bool:
    return True


def _short(said: object) -> str:
    text = " ".join(str(said).split())
    return text if len(text) <= 260 else f"{text[:257]}..."
