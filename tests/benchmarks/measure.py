"""Time and memory, measured so that a busy machine spoils no comparison."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

Work = Callable[[], object]


@dataclass(frozen=True)
class Ratio:
    """How long some work took, as a multiple of a floor measured beside it.

    Attributes
    ----------
    work, floor : str
        What was measured, and against what.
    middle, low, high : float
        Median, smallest and largest ratio over the repeats.
    seconds : float
        Median time of the work itself, which depends on the machine.
    """

    work: str
    floor: str
    middle: float
    low: float
    high: float
    seconds: float


@dataclass(frozen=True)
class Memory:
    """Largest resident memory of a fresh process, in MB."""

    work: str
    peak: float


def ratios(works: dict[str, Work], floors: dict[str, Work], repeats: int) -> list[Ratio]:
    """Compare each work with each floor.

    All of them take turns, round by round, and each ratio is taken within a round: when the machine
    slows down, both sides slow down.

    Parameters
    ----------
    works, floors : dict of str to callable
        What to call them, and what to run.
    repeats : int
        Rounds; one more, before them, is not counted.
    """
    rounds = [_one_round({**floors, **works}, turn) for turn in range(repeats + 1)][1:]
    return [_ratio(work, floor, rounds) for work in works for floor in floors]


def memory(work: str, code: str, *arguments: str) -> Memory:
    """Run Python code in a fresh process and take the peak of its memory.

    The peak never falls, so each measurement needs a process of its own. On Linux it is read from
    ``VmHWM``: ``ru_maxrss`` is inherited from the process that started this one, even over exec.
    """
    peak = (
        "\nimport json, pathlib, re, resource, sys"
        "\nstatus = pathlib.Path('/proc/self/status')"
        "\nif status.exists():"
        "\n    peak = int(re.search(r'VmHWM:\\s+(\\d+) kB', status.read_text())[1]) / 2**10"
        "\nelse:"
        "\n    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20"
        "\nprint(json.dumps(peak))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code + peak, *arguments], capture_output=True, text=True, check=True
    )
    return Memory(work, float(json.loads(done.stdout.splitlines()[-1])))


def as_markdown(rows: list[Ratio | Memory]) -> str:
    """Tables of what was measured: one of times, one of memory."""
    times = [each for each in rows if isinstance(each, Ratio)]
    peaks = [each for each in rows if isinstance(each, Memory)]
    lines: list[str] = []
    if times:
        lines += ["| work | compared with | times as long | min - max | takes |"]
        lines += ["|---|---|--:|--:|--:|"]
        lines += [
            f"| {each.work} | {each.floor} | {_short(each.middle)} "
            f"| {_short(each.low)} - {_short(each.high)} "
            f"| {1000 * each.seconds:,.1f} ms |"
            for each in times
        ]
    if peaks:
        lines += [""] * bool(lines) + ["| work in a fresh process | peak memory |", "|---|--:|"]
        lines += [f"| {each.work} | {each.peak:,.0f} MB |" for each in peaks]
    return "\n".join(lines)


def _short(ratio: float) -> str:
    """Two decimals, or two digits where those would be zeros."""
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.2g}"


def _one_round(everything: dict[str, Work], turn: int) -> dict[str, float]:
    seconds = {}
    order = list(everything)
    # Each comes first in its turn, so that none always pays for waking the processor.
    first = turn % len(order)
    for name in order[first:] + order[:first]:
        work = everything[name]
        start = time.perf_counter()
        work()
        seconds[name] = time.perf_counter() - start
    return seconds


def _ratio(work: str, floor: str, rounds: list[dict[str, float]]) -> Ratio:
    each = [seconds[work] / seconds[floor] for seconds in rounds]
    taken = median(seconds[work] for seconds in rounds)
    return Ratio(work, floor, median(each), min(each), max(each), taken)
