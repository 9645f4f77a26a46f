"""Execute the solution notebooks, and remember what came out.

The memory is keyed by everything that can change an output: the code cells, the package ``helpers``
with its weights, the data at hand, the lock file, Python and this file. The text around the code is
not part of it, so that an edited sentence is shown at once and nothing runs again.

``python book/tools/execute.py`` executes what has changed and prints the time of every chapter.
"""

import argparse
import hashlib
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bindings
import nbformat
import notebooks
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

SLOW = 60.0  # seconds a chapter may take on two cores
CELL_LIMIT = 300  # seconds after which a cell counts as stuck
KEPT = 3  # remembered executions per chapter: enough to go back and forth between two branches
EXECUTION_TAGS = {"raises-exception", "skip-execution"}

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
PROGRESS = re.compile(r"^(.*: )?\s*\d{1,3}%\|.*\[.*\]?|^(.*: )?\d[\d.]*[kMG]?\w* \[\d+:\d\d.*\]$")
WIDGET = "application/vnd.jupyter.widget-view+json"


class ChapterFailed(RuntimeError):
    """A chapter did not run, or wrote what no reader should see; the message says which cell."""


@dataclass(frozen=True)
class Executed:
    """A solution notebook with its outputs."""

    slug: str
    notebook: NotebookNode
    seconds: tuple[float, ...]  # per code cell, in order
    cached: bool


def execute_all(root: Path, limit: int = CELL_LIMIT) -> list[Executed]:
    """Execute every chapter below ``root``, or recall it: see `execute`."""
    return [execute(root, path, limit) for path in notebooks.sources(root)]


def execute(root: Path, source: Path, limit: int = CELL_LIMIT) -> Executed:
    """Run one chapter's solution notebook, or recall what came out of the same code before.

    Parameters
    ----------
    root : Path
        Folder of the project: ``helpers`` is imported from here, ``.cache`` is kept here.
    source : Path
        The chapter's source.
    limit : int
        Seconds a cell may take.

    Returns
    -------
    Executed
        Finished progress bars are dropped.

    Raises
    ------
    ChapterFailed
        If a cell raises, takes too long, or writes anything but progress bars to stderr, or if a
        number in a text is not what the cells computed, or nothing checks it.
    """
    written = notebooks.solution_with_bindings(source.read_text(encoding="utf-8"), source.stem)
    notebook = bindings.checked(written)
    memory = root / ".cache" / "executed" / source.stem / f"{key(root, notebook)}.json"
    cached = memory.exists()
    if not cached:
        _remember(memory, _run(root, notebook, source.stem, limit))
    memory.touch()
    _prune(memory.parent)
    recalled = json.loads(memory.read_text(encoding="utf-8"))
    _fill(notebook, recalled)
    _refuse_wrong_numbers(source.stem, notebook)
    shown = notebooks.solution(source.read_text(encoding="utf-8"), source.stem)
    seconds = _without_probes(notebook, shown, recalled["seconds"])
    return Executed(source.stem, shown, seconds, cached)


def key(root: Path, notebook: NotebookNode) -> str:
    """Hash everything that can change the outputs of a notebook.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    cells = [
        [cell.source, sorted(EXECUTION_TAGS.intersection(cell.metadata.get("tags", [])))]
        for cell in _code_cells(notebook)
    ]
    digest = hashlib.sha256(json.dumps(cells).encode())
    for path in _files(root / "helpers"):
        digest.update(f"{path.relative_to(root).as_posix()}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    for path in (root / "requirements.txt", Path(__file__)):
        digest.update(path.read_bytes() if path.exists() else b"none")
    digest.update(f"{data_manifest()}\n{sys.version}".encode())
    return digest.hexdigest()


def data_manifest() -> str:
    """Describe the data at hand: its list of hashes where it has one, else sizes and times."""
    folder = os.environ.get("EXPLAINING_FACES_DATA", "")
    if not folder:
        return "none"
    listed = Path(folder) / "SHA256SUMS"
    if listed.exists():
        return listed.read_text(encoding="utf-8")
    stats = ((path, path.stat()) for path in _files(Path(folder)))
    return "\n".join(f"{path} {stat.st_size} {stat.st_mtime_ns}" for path, stat in stats)


def report(executed: Iterable[Executed]) -> str:
    """Say, a line a chapter, how long it took, and which cell most of it where that is too long."""
    lines = []
    for chapter in executed:
        total = sum(chapter.seconds)
        note = " (remembered)" if chapter.cached else ""
        lines.append(f"{chapter.slug:<32} {total:7.1f} s{note}")
        if total > SLOW:
            slowest = max(range(len(chapter.seconds)), key=chapter.seconds.__getitem__)
            cell = _code_cells(chapter.notebook)[slowest]
            lines.append(
                f"  WARNING: over {SLOW:.0f} s. Longest: {chapter.seconds[slowest]:.1f} s in "
                f"cell {_number(chapter.notebook, cell)}, {_first_line(cell)!r}"
            )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    parser = argparse.ArgumentParser(description="Execute the solution notebooks.")
    parser.add_argument("--root", type=Path, default=notebooks.ROOT, help="folder of the project")
    options = parser.parse_args(arguments)
    try:
        print(report(execute_all(options.root)))
    except (ChapterFailed, notebooks.BadSource) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def _run(root: Path, notebook: NotebookNode, slug: str, limit: int) -> dict[str, Any]:
    """Execute a copy of the notebook; the result is what is to be remembered of it."""
    copy = nbformat.from_dict(json.loads(json.dumps(notebook)))
    seconds: dict[int, float] = {}
    running: list[int] = []

    def start(cell: NotebookNode, cell_index: int) -> None:
        running.append(cell_index)
        seconds[cell_index] = time.perf_counter()

    def stop(cell: NotebookNode, cell_index: int, execute_reply: Any) -> None:
        seconds[cell_index] = time.perf_counter() - seconds[cell_index]

    # Only the kernel of this very Python: a kernel installed elsewhere under the same name would
    # run the chapter in another environment.
    manager = AsyncKernelManager(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
    client = NotebookClient(
        copy,
        km=manager,
        timeout=limit,
        extra_arguments=["--IPKernelApp.log_level=40"],  # else each start warns of TCP on loopback
        coalesce_streams=True,  # else the pieces of printed text vary from run to run
        on_cell_execute=start,
        on_cell_executed=stop,
    )
    with tempfile.TemporaryDirectory() as folder:
        try:
            client.execute(cwd=folder, env=_environment(root, folder), cleanup_kc=True)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as problem:
            raise ChapterFailed(_failure(slug, copy, running[-1], problem)) from problem
    _refuse_noise(slug, copy)
    return _outcome(copy, [seconds.get(index, 0.0) for index, _ in _indexed_code(copy)])


def _environment(root: Path, folder: str) -> dict[str, str]:
    """Let the kernel import ``helpers``, and keep the reader's own IPython start-up files out."""
    paths = [str(root.resolve()), os.environ.get("PYTHONPATH", "")]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "IPYTHONDIR": str(Path(folder) / ".ipython"),
    }


def _failure(slug: str, notebook: NotebookNode, index: int, problem: Exception) -> str:
    cell = notebook.cells[index]
    raised = [out.get("traceback", []) for out in cell.outputs if out.output_type == "error"]
    text = "\n".join(raised[-1]) if raised else str(problem)
    last = ANSI.sub("", text).rstrip().split("\n")[-8:]
    where = f"{slug}, cell {_number(notebook, cell)}, {_first_line(cell)!r}"
    return "\n    ".join([f"{where}: {type(problem).__name__}", *last])


def _refuse_noise(slug: str, notebook: NotebookNode) -> None:
    """Fail on anything in stderr that is no progress bar: no reader learns from a log."""
    said = []
    for cell in _code_cells(notebook):
        streams = [out for out in cell.outputs if out.output_type == "stream"]
        text = "".join(out.text for out in streams if out.name == "stderr")
        noise = [line for line in _lines(text) if not PROGRESS.match(line)]
        where = f"{slug}, cell {_number(notebook, cell)}, {_first_line(cell)!r}"
        said += [f"{where}: {line}" for line in noise[:8]]
    if said:
        raise ChapterFailed(
            "Only progress bars may be written to stderr. Mend the cause of:\n" + "\n".join(said)
        )


def _refuse_wrong_numbers(slug: str, executed: NotebookNode) -> None:
    probes = [cell for cell in executed.cells if "bound" in cell.metadata]
    said = [each for cell in probes for each in bindings.differences(cell)]
    said += [
        f"nothing checks {each}"
        for each in bindings.loose([cell for cell in executed.cells if cell not in probes])
    ]
    if said:
        raise ChapterFailed(
            "\n".join(f"{slug}: {each}" for each in said)
            + "\nBind a number to its value, {{0.93 = table.value.max()}}: see book/tools/bindings.py."
        )


def _without_probes(
    executed: NotebookNode, shown: NotebookNode, seconds: Sequence[float]
) -> tuple[float, ...]:
    """Copy outputs to the notebook that readers see; the result is the time of each of its cells."""
    both = zip(_code_cells(executed), seconds, strict=True)
    kept = [(cell, each) for cell, each in both if "bound" not in cell.metadata]
    for number, ((cell, _), target) in enumerate(zip(kept, _code_cells(shown), strict=True), 1):
        target.outputs = cell.outputs
        target.execution_count = cell.execution_count and number
    if "widgets" in executed.metadata:
        shown.metadata["widgets"] = executed.metadata["widgets"]
    return tuple(each for _, each in kept)


def _lines(text: str) -> list[str]:
    pieces = re.split(r"[\r\n]", ANSI.sub("", text))
    return [piece.rstrip() for piece in pieces if piece.strip()]


def _outcome(notebook: NotebookNode, seconds: list[float]) -> dict[str, Any]:
    outputs = [[out for out in cell.outputs if not _is_bar(out)] for cell in _code_cells(notebook)]
    widgets = any(WIDGET in out.get("data", {}) for outs in outputs for out in outs)
    return {
        "outputs": outputs,
        "counts": [cell.execution_count for cell in _code_cells(notebook)],
        "seconds": seconds,
        "widgets": notebook.metadata.get("widgets") if widgets else None,
    }


def _is_bar(output: NotebookNode) -> bool:
    """Tell whether an output is a progress bar, in text or as a widget."""
    if output.output_type == "stream":
        return bool(output.name == "stderr")
    data = output.get("data", {})
    return WIDGET in data and bool(PROGRESS.match(str(data.get("text/plain", ""))))


def _remember(memory: Path, outcome: dict[str, Any]) -> None:
    """Write all or nothing, so that an interrupted run leaves no half of a chapter behind."""
    memory.parent.mkdir(parents=True, exist_ok=True)
    half = memory.with_suffix(f".{os.getpid()}.part")
    half.write_text(json.dumps(outcome, sort_keys=True), encoding="utf-8")
    os.replace(half, memory)


def _prune(folder: Path) -> None:
    newest = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in newest[KEPT:]:
        path.unlink()


def _fill(notebook: NotebookNode, recalled: dict[str, Any]) -> None:
    remembered = zip(recalled["outputs"], recalled["counts"], strict=True)
    for cell, (outputs, count) in zip(_code_cells(notebook), remembered, strict=True):
        cell.outputs = [nbformat.from_dict(out) for out in outputs]
        cell.execution_count = count
    if recalled["widgets"]:
        notebook.metadata["widgets"] = recalled["widgets"]


def _indexed_code(notebook: NotebookNode) -> list[tuple[int, NotebookNode]]:
    return [pair for pair in enumerate(notebook.cells) if pair[1].cell_type == "code"]


def _code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for _, cell in _indexed_code(notebook)]


def _number(notebook: NotebookNode, cell: NotebookNode) -> int:
    readers = [each for each in notebook.cells if each is cell or "bound" not in each.metadata]
    return 1 + next(i for i, each in enumerate(readers) if each is cell)


def _first_line(cell: NotebookNode) -> str:
    if "bound" in cell.metadata:  # readers know no such cell, but the text above it
        return f"the numbers of: {cell.metadata['bound'][0][1]}"
    return str(cell.source).strip().split("\n")[0][:80]


def _files(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if path.suffix != ".pyc")


if __name__ == "__main__":
    sys.exit(main())
