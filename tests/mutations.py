"""Do the tests notice a wrong formula? Change one small thing at a time, and see::

    python tests/mutations.py --out /tmp/mutations.jsonl            # 200 changes, seed 0
    python tests/mutations.py --out /tmp/mutations.jsonl --n 20 --only verification
    python tests/mutations.py --out /tmp/mutations.jsonl --report   # the table of what is there

Changes are drawn from the formula rooms, :data:`ROOMS`: another operator, comparison, number, axis
or sign, ``and`` for ``or``, ``min`` for ``max``, no ``not``. Docstrings, annotations, decorators and
the text of errors, warnings and f-strings are left alone. Each is made in a copy of the package in a
temporary folder, never here, and the fast tests of its room run until one fails (those named after
the module first, then those that have noticed most), within a time limit.

A line of JSON is written for each change as soon as it is judged; a run that is called again with
the same ``--out`` and seed goes on where it stopped, and so does one after a test was added: give
``--again`` to try anew what was not noticed. A change that cannot alter what a caller sees is
*equivalent*: put it, as ``--report`` prints it, into ``mutations_equivalent.txt`` with the reason
above it.

This takes minutes to hours, so it is no part of the test suite; run it after formulas or their tests
were changed. It needs no network and no data beyond what the tests make.
"""

import argparse
import ast
import hashlib
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tokenize
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EQUIVALENT = Path(__file__).with_name("mutations_equivalent.txt")
ROOMS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("helpers/bias/classification", ("bias/test_classification*.py",), "classification"),
    ("helpers/bias/verification", ("bias/test_verification*.py",), "verification"),
    ("helpers/intervals.py", ("test_intervals.py", "bias/test_*.py"), "intervals"),
    ("helpers/explain", ("explain/test_*.py",), "explain or factorize"),
    ("helpers/evaluate", ("evaluate/test_*.py",), "evaluate"),
    ("helpers/preprocessing", ("test_preprocessing.py",), "preprocessing"),
)
"""Sources, the tests of each (below tests/), and which bad inputs (``-k``) go through its doors."""
_LEFT_OUT = ("evaluate/focus.py",)  # no formula of the truth

_OPERATORS: dict[type[ast.operator], tuple[str, tuple[str, ...]]] = {
    ast.Add: ("+", ("-",)),
    ast.Sub: ("-", ("+",)),
    ast.Mult: ("*", ("/",)),
    ast.Div: ("/", ("*",)),
    ast.FloorDiv: ("//", ("*",)),
    ast.Mod: ("%", ("*",)),
    ast.Pow: ("**", ("*",)),
    ast.BitAnd: ("&", ("|",)),
    ast.BitOr: ("|", ("&",)),
}
_COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", ("<=", ">=")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<=")),
    ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
}
_TWINS = {
    "min": "max",
    "argmin": "argmax",
    "minimum": "maximum",
    "amin": "amax",
    "nanmin": "nanmax",
    "clamp_min": "clamp_max",
    "floor": "ceil",
    "any": "all",
}
_TWINS |= {other: one for one, other in _TWINS.items()}
_TEXT_MAKERS = ("warn", "unknown_name", "print", "InputError", "BadTable", "tqdm")
_MEMORY = 8 * 2**30  # bytes that a run of tests may use
_GUARD = 1e-5  # smaller numbers only allow for rounding: half or twice of them is the same
_CONTAINERS = (ast.List, ast.Tuple, ast.ListComp, ast.Dict, ast.DictComp, ast.Set)
_NO_FIGURES = ("stacklevel", "maxsize", "delay", "desc")


@dataclass(frozen=True)
class Mutation:
    """One small change.

    Attributes
    ----------
    path : str
        The file, relative to the root.
    line : int
        Of the change, from 1.
    kind : str
        operator, comparison, number, axis, sign, and/or, not, or min/max.
    start, end : int
        Characters of the file that are exchanged.
    new : str
        What stands there instead.
    """

    path: str
    line: int
    kind: str
    start: int
    end: int
    new: str

    def apply(self, source: str) -> str:
        """Return the file with the change."""
        return source[: self.start] + self.new + source[self.end :]

    def shown(self, source: str) -> tuple[str, str]:
        """Return the changed line before and after."""
        after = self.apply(source).splitlines()
        return source.splitlines()[self.line - 1].strip(), after[self.line - 1].strip()

    def key(self, source: str) -> str:
        """Name the change, the same as long as the file is."""
        content = f"{self.path}\0{source}\0{self.start}\0{self.end}\0{self.new}"
        return hashlib.sha256(content.encode()).hexdigest()[:16]


# -- what can be changed


class Sites(ast.NodeVisitor):
    """Finds every place of a file that can be changed, in the order of the file."""

    def __init__(self, path: str, source: str) -> None:
        self.path, self.source, self.found = path, source, list[Mutation]()
        self.starts = [0]
        for line in source.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        read = io.StringIO(source).readline
        self.tokens = [
            (self._at(*token.start), self._at(*token.end), token.string)
            for token in tokenize.generate_tokens(read)
            if token.type in (tokenize.OP, tokenize.NAME)
        ]
        self.visit(ast.parse(source))

    # Left alone: what only readers see, and what only type checkers see.

    def visit_Raise(self, node: ast.Raise) -> None:
        """Leave the text of errors alone."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Leave sentences alone."""

    def visit_Assert(self, node: ast.Assert) -> None:
        """Leave alone what is there for type checkers."""

    def visit_If(self, node: ast.If) -> None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        # Neither decorators nor annotations: the defaults and the body.
        for each in [*node.args.defaults, *filter(None, node.args.kw_defaults), *node.body]:
            self.visit(each)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for each in node.body:
            self.visit(each)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        alias = isinstance(node.annotation, ast.Name) and node.annotation.id == "TypeAlias"
        if node.value is not None and not alias:
            self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        names = [each.id for each in node.targets if isinstance(each, ast.Name)]
        if "__all__" not in names:
            self.visit(node.value)
            for target in node.targets:
                self.visit(target)

    # What is changed.

    def visit_BinOp(self, node: ast.BinOp) -> None:
        made = _OPERATORS.get(type(node.op))
        if made and not _joins_text(node) and not _joins_types(node):
            self._between("operator", node.left, node.right, *made)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        made = _OPERATORS.get(type(node.op))
        if made and not isinstance(node.value, _CONTAINERS):
            old, news = f"{made[0]}=", tuple(f"{each}=" for each in made[1])
            self._between("operator", node.target, node.value, old, news)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        for left, operator, right in zip(sides, node.ops, sides[1:], strict=False):
            if made := _COMPARISONS.get(type(operator)):
                self._between("comparison", left, right, *made)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            self._between("and/or", left, right, old, (new,))
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        kind = {ast.Not: "not", ast.USub: "sign", ast.Invert: "not"}.get(type(node.op))
        if kind:
            self._add(kind, node.lineno, self._start(node), self._start(node.operand), "")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else None
        name = node.func.id if isinstance(node.func, ast.Name) else name
        if name in _TEXT_MAKERS or name == "isinstance":
            return
        if name in _TWINS:
            end = self._end(node.func)
            self._add("min/max", node.func.end_lineno or 0, end - len(name), end, _TWINS[name])
        self.visit(node.func)
        for each in node.args:
            self.visit(each)
        for keyword in node.keywords:
            if keyword.arg in ("axis", "dim") and isinstance(keyword.value, ast.Constant):
                self._number(keyword.value, "axis")
            elif keyword.arg not in _NO_FIGURES:
                self.visit(keyword.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        self._number(node, "number")

    def _number(self, node: ast.Constant, kind: str) -> None:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            return
        if kind == "axis":
            news = [1 - value] if value in (0, 1) else [value + 1]
        elif isinstance(value, int):
            news = [value + 1, value - 1] if value else [1]
        elif 0 < value < _GUARD:
            news = []
        else:
            news = [value * 2, value / 2] if value else [1.0]
        for new in news:
            self._add(kind, node.lineno, self._start(node), self._end(node), repr(new))

    def _between(
        self, kind: str, left: ast.AST, right: ast.AST, old: str, news: Sequence[str]
    ) -> None:
        low, high = self._end(left), self._start(right)
        for start, end, text in self.tokens:
            if low <= start and end <= high and text == old:
                line = self.source.count("\n", 0, start) + 1
                for new in news:
                    self._add(kind, line, start, end, new)
                return

    def _add(self, kind: str, line: int, start: int, end: int, new: str) -> None:
        self.found.append(Mutation(self.path, line, kind, start, end, new))

    def _at(self, line: int, column: int) -> int:
        return self.starts[line - 1] + column

    def _start(self, node: ast.AST) -> int:
        return self._offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]

    def _end(self, node: ast.AST) -> int:
        return self._offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def _offset(self, line: int, byte: int) -> int:
        # ast counts bytes of UTF-8, everything else counts characters.
        text = self.source[self.starts[line - 1] : self.starts[line]]
        return self.starts[line - 1] + len(text.encode()[:byte].decode())


def _joins_text(node: ast.BinOp) -> bool:
    sides = (node.left, node.right)
    return any(
        isinstance(side, (ast.JoinedStr, *_CONTAINERS))
        or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in sides
    )


def _joins_types(node: ast.BinOp) -> bool:
    """Whether this is a union of types: ``int | None``, ``Proportion | Sum``."""
    if not isinstance(node.op, ast.BitOr):
        return False
    right = node.right
    none = isinstance(right, ast.Constant) and right.value is None
    return none or (
        isinstance(right, ast.Name) and right.id in ("str", "int", "float", right.id.title())
    )


def sources(only: str = "") -> dict[str, str]:
    """Return the files that are changed, by path."""
    paths = [path for each, _, _ in ROOMS for path in _files(ROOT / each)]
    names = [path.relative_to(ROOT).as_posix() for path in paths]
    return {
        name: (ROOT / name).read_text(encoding="utf-8")
        for name in names
        if not name.endswith(_LEFT_OUT) and only in name
    }


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def drawn(texts: dict[str, str], n: int, seed: int) -> list[Mutation]:
    """Draw changes, no two of them at one place."""
    found = [each for path, source in texts.items() for each in Sites(path, source).found]
    random.Random(seed).shuffle(found)
    places: set[tuple[str, int]] = set()
    chosen = []
    for each in found:
        if (each.path, each.start) not in places and _compiles(each, texts[each.path]):
            places.add((each.path, each.start))
            chosen.append(each)
    return chosen[:n]


def _compiles(mutation: Mutation, source: str) -> bool:
    try:
        compile(mutation.apply(source), mutation.path, "exec")
    except SyntaxError:
        return False
    return True


# -- whether a test notices


@dataclass(frozen=True)
class Verdict:
    """What became of one change."""

    key: str
    path: str
    line: int
    kind: str
    before: str
    after: str
    outcome: str  # noticed, not noticed, timed out
    by: str  # the first test that failed
    seconds: float


class Bench:
    """A copy of the package and its tests, in which one file at a time is changed."""

    def __init__(self, folder: Path, limit: float, corpus: bool) -> None:
        self.folder, self.limit, self.corpus = folder, limit, corpus
        self.usual: dict[frozenset[str], float] = {}
        ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
        for name in ("helpers", "tests", "data_scripts", "book/tools"):
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", folder)
        self._require_copy()

    def judge(self, mutation: Mutation, source: str, past: Sequence[Verdict]) -> Verdict:
        """Make a change, run the tests of its room until one fails, and take it back."""
        stages = self._stages(mutation.path, past)
        self._require_whole(mutation.path, stages)
        started, target = time.monotonic(), self.folder / mutation.path
        target.write_text(mutation.apply(source), encoding="utf-8")
        try:
            outcome, by = "not noticed", ""
            for words in stages:
                code, said = self._run(words, self.limit + 3 * self.usual[frozenset(words)])
                if code != 0:
                    outcome = "timed out" if code is None else "noticed"
                    by = _first_failure(said)
                    break
        finally:
            target.write_text(source, encoding="utf-8")
        seconds = round(time.monotonic() - started, 1)
        before, after = mutation.shown(source)
        key = mutation.key(source)
        place = (mutation.path, mutation.line, mutation.kind)
        return Verdict(key, *place, before, after, outcome, by, seconds)

    def _stages(self, path: str, past: Sequence[Verdict]) -> list[list[str]]:
        room = next(each for each in ROOMS if path.startswith(each[0]))
        tests = self.folder / "tests"
        files = dict.fromkeys(file for each in room[1] for file in sorted(tests.glob(each)))
        noticed = Counter(each.by.partition("::")[0] for each in past)
        stem = Path(path).stem
        order = sorted(
            (file.relative_to(self.folder).as_posix() for file in files),
            key=lambda name: (
                stem not in name,
                -noticed[name],
                (self.folder / name).stat().st_size,
            ),
        )
        stages = [order]
        if self.corpus:
            stages.append(["tests/bad_inputs/test_bad_inputs.py", "-k", room[2]])
        return stages

    def _require_whole(self, path: str, stages: Sequence[Sequence[str]]) -> None:
        """The tests must pass without a change, and use the copy."""
        for words in stages:
            if frozenset(words) in self.usual:
                continue
            started = time.monotonic()
            code, said = self._run(words, 3600)
            if code != 0:
                sys.exit(f"without any change, the tests of {path} fail:\n{said[-3000:]}")
            self.usual[frozenset(words)] = time.monotonic() - started

    def _require_copy(self) -> None:
        """An installed package must not hide the copy: else every change would go unnoticed."""
        words = [sys.executable, "-c", "import helpers; print(helpers.__file__)"]
        said = subprocess.check_output(words, cwd=self.folder, env=self._environment(), text=True)
        if not Path(said.strip()).is_relative_to(self.folder):
            sys.exit(f"the tests would use {said.strip()} instead of the copy in {self.folder}.")

    def _environment(self) -> dict[str, str]:
        # Without real photographs, as on a machine of CI; and no stale bytecode of an earlier change.
        kept = {name: each for name, each in os.environ.items() if name != "EXPLAINING_FACES_DATA"}
        own = {"PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        return kept | own | {"OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}

    def _run(self, words: Sequence[str], limit: float) -> tuple[int | None, str]:
        """Run tests: the exit status, None if it took too long, and what was said."""
        code, said = self._once(words, limit)
        # Ended by a signal: by somebody else perhaps, so once more; twice is the change's doing.
        if code is not None and code < 0:
            code, said = self._once(words, limit)
        if code is not None and code > 2:
            sys.exit(f"pytest could not run {' '.join(words)} (exit {code}):\n{said[-3000:]}")
        return code, said

    def _once(self, words: Sequence[str], limit: float) -> tuple[int | None, str]:
        flags = ["-x", "-q", "--no-header", "-p", "no:cacheprovider"]
        flags += ["-m", "not slow and not browser and not real_data"]
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *flags, *words],
            cwd=self.folder,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        _limit_memory(process.pid)
        try:
            said, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return None, ""
        return process.returncode, said


def _limit_memory(pid: int) -> None:
    """A changed formula may ask for all the memory of the machine, which others use as well."""
    if sys.platform == "linux":
        import resource

        resource.prlimit(pid, resource.RLIMIT_DATA, (_MEMORY, _MEMORY))


def _first_failure(said: str) -> str:
    lines = [line for line in said.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    return lines[0].split(" ", 1)[1].partition(" - ")[0][:200] if lines else ""


# -- results


def read(path: Path) -> list[Verdict]:
    """Read the changes that were judged already; of two verdicts on one, the later counts."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    found = [Verdict(**json.loads(line)) for line in lines]
    return list({each.key: each for each in found}.values())


def equivalent() -> set[str]:
    """Changes that somebody has found to alter nothing, as :func:`_named` writes them."""
    if not EQUIVALENT.exists():
        return set()
    lines = EQUIVALENT.read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line.strip() and not line.startswith("#")}


def _named(verdict: Verdict) -> str:
    return f"{verdict.path} | {verdict.before} | {verdict.after}"


def report(verdicts: Sequence[Verdict]) -> str:
    """Count by module, and list what no test noticed."""
    same = equivalent()
    kinds = ("noticed", "timed out", "not noticed", "equivalent")

    def kind(each: Verdict) -> str:
        alike = each.outcome == "not noticed" and _named(each) in same
        return "equivalent" if alike else each.outcome

    counts = Counter((each.path, kind(each)) for each in verdicts)
    lines = [f"{'module':<50}" + "".join(f"{each:>13}" for each in kinds)]
    for path in sorted({each.path for each in verdicts}):
        lines.append(f"{path:<50}" + "".join(f"{counts[path, each] or '.':>13}" for each in kinds))
    total = Counter(kind(each) for each in verdicts)
    lines.append(f"{'all':<50}" + "".join(f"{total[each]:>13}" for each in kinds))
    changing = len(verdicts) - total["equivalent"]
    seen = total["noticed"] + total["timed out"]
    lines.append(
        f"noticed: {seen} of {changing} that change something, {100 * seen / max(changing, 1):.0f} %"
    )
    for each in sorted(verdicts, key=lambda one: (one.path, one.line)):
        if kind(each) == "not noticed":
            lines += ["", f"{each.path}:{each.line} ({each.kind})"]
            lines += [f"- {each.before}", f"+ {each.after}", f"  {_named(each)}"]
    return "\n".join(lines)


def _todo(
    words: argparse.Namespace, texts: dict[str, str], past: Sequence[Verdict]
) -> Iterator[Mutation]:
    known = {each.key for each in past if not (words.again and each.outcome == "not noticed")}
    for each in drawn(texts, words.n, words.seed):
        if each.key(texts[each.path]) not in known:
            yield each


def main() -> None:
    """Draw changes, judge those that are not judged yet, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="file of verdicts, JSON lines")
    parser.add_argument("--n", type=int, default=200, help="how many changes (default: 200)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="part of a path: files that are changed")
    parser.add_argument("--limit", type=float, default=60, help="seconds beyond 4 times the usual")
    parser.add_argument("--no-corpus", action="store_true", help="leave out the bad inputs")
    parser.add_argument("--again", action="store_true", help="try anew what was not noticed")
    parser.add_argument("--report", action="store_true", help="only print what is there")
    words = parser.parse_args()
    past = read(words.out)
    if not words.report:
        texts = sources(words.only)
        with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
            bench = Bench(Path(folder), words.limit, not words.no_corpus)
            for mutation in _todo(words, texts, past):
                verdict = bench.judge(mutation, texts[mutation.path], past)
                past = [*past, verdict]
                with words.out.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(verdict)) + "\n")
                place = f"{verdict.path}:{verdict.line}"
                print(
                    f"{len(past):4} {verdict.outcome:<12} {verdict.seconds:6.1f} s  {place}",
                    flush=True,
                )
                print(f"     - {verdict.before}\n     + {verdict.after}", flush=True)
    print(report(read(words.out)))


if __name__ == "__main__":
    main()
