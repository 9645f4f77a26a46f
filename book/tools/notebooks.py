"""Make the student's and the solution notebooks out of ``chapters/source/NN_slug.py``
(``NNb_slug.py`` where a chapter takes two sittings).

``python book/tools/notebooks.py`` writes them, ``--check`` only says which differ. What people edit
is the source: a plain Python file in jupytext's percent format, in which

* lines between ``### BEGIN SOLUTION`` and ``### END SOLUTION`` are the solution of the exercise whose
  heading, ``### Exercise 7.2 · title · ●●○ · 8 min``, stands last before them;
* whole cells tagged ``solution`` are for the solution notebook only;
* what uses a reader's answer needs no mark: "Run all" passes it while the answer is missing;
* ``{{846 = card.correct.sum()}}`` in a text and code cells tagged ``reading`` hold the numbers of the
  text: see ``bindings``;
* cells tagged ``quiz`` start with ``**Quiz 7.1**`` and hold their answers inside ``<details>``;
* a cell that draws says what its figure shows: ``# %% alt="Grad-CAM of a portrait: ..."``.
"""

import argparse
import ast
import hashlib
import json
import re
import symtable
import sys
from pathlib import Path

import bindings
import jupytext
import nbformat
from colab import missing
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
REPOSITORY = "explaining-faces/explaining-faces"
BRANCH = "main"

NUMBERED = "[0-9][0-9]*_*"
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
EXERCISE = re.compile(r"^### Exercise (\d+\.\d+) ·", re.MULTILINE)
CHECK = re.compile(r"\bcheck\.exercise_\d+_\d+\(")
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}

# --no-deps: only what Colab lacks is installed, in the versions that the lock file names.
COLAB = f"""\
# Only for Google Colab, where this installs the course. Elsewhere it does nothing.
import sys
from pathlib import Path

if "google.colab" in sys.modules and not Path("course").exists():
    from subprocess import check_call
    check_call("git clone -q --depth 1 https://github.com/{REPOSITORY} course".split())
    install = "-m pip install -q --no-deps -c course/requirements.txt ./course"
    check_call([sys.executable, *install.split(), *"PACKAGES".split()])"""


class BadSource(ValueError):
    """A chapter's source cannot become a notebook; the message says where and what to do."""


def student(source: str, slug: str = "chapter") -> NotebookNode:
    """Make the notebook in which the exercises are still to be done.

    Parameters
    ----------
    source : str
        A chapter in jupytext's percent format.
    slug : str
        File name without suffix, for the launch buttons and the note of origin.

    Returns
    -------
    NotebookNode
        Without outputs. "Run all" passes every cell that waits for the reader's answer.

    Raises
    ------
    BadSource
        If a solution is not closed, or belongs to no exercise.
    """
    cells = []
    exercise = ""
    undone: set[str] = set()
    for cell in _read(source, slug):
        if "solution" in _tags(cell):
            continue
        if cell.cell_type == "markdown":
            exercise = (EXERCISE.findall(cell.source) or [exercise])[-1]
        else:
            _hide_answer(cell, exercise, slug, undone)
        cells.append(cell)
    _add_launch_buttons(cells, slug)
    return _assemble(_shown(cells), slug, source)


def solution(source: str, slug: str = "chapter") -> NotebookNode:
    """Make the notebook in which every exercise is done: see `student` for the arguments."""
    annotated = solution_with_bindings(source, slug)
    annotated.cells = _shown(annotated.cells)
    return annotated


def solution_with_bindings(source: str, slug: str = "chapter") -> NotebookNode:
    """Make the solution notebook whose texts still say where their numbers come from."""
    cells = _read(source, slug)
    for cell in cells:
        if cell.cell_type == "code":
            _split_solutions(cell.source, slug)
            lines = cell.source.split("\n")
            cell.source = "\n".join(line for line in lines if line.strip() not in (BEGIN, END))
    return _assemble(cells, slug, source)


def sources(root: Path) -> list[Path]:
    """List the chapters' sources below ``root``, in the order of their numbers."""
    return sorted((root / "chapters" / "source").glob(f"{NUMBERED}.py"))


def generate(root: Path) -> dict[Path, str]:
    """Make every notebook of the course.

    Returns
    -------
    dict of Path to str
        What each file should hold, keyed by its path below ``root``.
    """
    made = {}
    for path in sources(root):
        text, slug = path.read_text(encoding="utf-8"), path.stem
        made[Path("chapters", f"{slug}.ipynb")] = serialise(student(text, slug))
        made[Path("chapters", "solutions", f"{slug}.ipynb")] = serialise(solution(text, slug))
    return made


def serialise(notebook: NotebookNode) -> str:
    """Write a notebook as text that is the same on every machine, with a newline at its end."""
    text: str = nbformat.writes(notebook, version=4)
    return text.rstrip("\n") + "\n"


def differences(root: Path) -> list[str]:
    """Say, a sentence each, how the notebooks on disk differ from what the sources make."""
    made = generate(root)
    said = [f"{path.as_posix()} has no source any more" for path in _stale(root, made)]
    for path, text in made.items():
        if not (root / path).exists():
            said.append(f"{path.as_posix()} is missing")
        elif (root / path).read_bytes() != text.encode():
            said.append(f"{path.as_posix()} differs from what its source makes")
    return sorted(said)


def write(root: Path) -> list[Path]:
    """Bring the notebooks on disk up to date; what already is stays untouched.

    A notebook in which somebody has run cells is kept beside the new one, as ``worked_...ipynb``.

    Returns
    -------
    list of Path
        The files written or removed, below ``root``.
    """
    made = generate(root)
    stale = _stale(root, made)
    for path in stale:
        _keep_if_worked(root / path)
        (root / path).unlink()
    changed = [path for path, text in made.items() if _bytes(root / path) != text.encode()]
    for path in changed:
        _keep_if_worked(root / path)
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(made[path].encode())
    return stale + changed


def _keep_if_worked(path: Path) -> None:
    if not path.exists() or not _worked(path):
        return
    taken = len(list(path.parent.glob(f"worked_{path.stem}_*.ipynb")))
    kept = path.with_name(f"worked_{path.stem}_{taken + 1}.ipynb")
    kept.write_bytes(path.read_bytes())
    print(f"kept your worked notebook as {kept.name}")


def _worked(path: Path) -> bool:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError):
        return True  # nobody knows what is in it, so it is not ours to throw away
    return any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    parser = argparse.ArgumentParser(description="Make the notebooks out of chapters/source.")
    parser.add_argument("--check", action="store_true", help="write nothing, say what differs")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the project")
    options = parser.parse_args(arguments)
    try:
        if not options.check:
            for path in write(options.root):
                print(f"updated {path.as_posix()}")
            return 0
        said = differences(options.root)
    except BadSource as problem:
        print(problem, file=sys.stderr)
        return 1
    for sentence in said:
        print(f"{sentence}: run python book/tools/notebooks.py")
    return 1 if said else 0


def _read(source: str, slug: str) -> list[NotebookNode]:
    """Read the cells; ids hang on content, so that adding a cell leaves the others' alone."""
    cells = jupytext.reads(source, fmt="py:percent").cells
    if not cells or cells[0].cell_type != "markdown" or not cells[0].source.startswith("# "):
        raise BadSource(
            f"{slug}: the first cell must be text that starts with the chapter's title, '# ...'."
        )
    seen: dict[str, int] = {}
    for cell in cells:
        for fault in bindings.faults(cell.source) if cell.cell_type == "markdown" else ():
            raise BadSource(f"{slug}: {fault}.")
        content = f"{cell.cell_type}\n{cell.source}"
        seen[content] = seen.get(content, 0) + 1
        cell.id = hashlib.sha256(f"{seen[content]}\n{content}".encode()).hexdigest()[:12]
    return list(cells)


def _tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def _hide_answer(cell: NotebookNode, exercise: str, slug: str, undone: set[str]) -> None:
    """Put a stub for the solution, and let "Run all" pass what the reader has yet to do.

    ``undone`` collects the names that are of no use before that.
    """
    parts = _split_solutions(cell.source, slug)
    if len(parts) > 1 and not exercise:
        raise BadSource(f"{slug}: a solution stands before any heading '### Exercise N.M · ...'.")
    stub = f'raise NotImplementedError("Exercise {exercise}: your turn")'
    lines = list(parts[0])
    for hidden, shown in zip(parts[1::2], parts[2::2], strict=True):
        lines += [_indent(hidden) + stub, *shown]
    cell.source = "\n".join(lines)
    waits = _fails(cell.source, undone, exercise=len(parts) > 1)
    if waits or CHECK.search(cell.source) or "exercise" in _tags(cell):
        cell.metadata["tags"] = [*_tags(cell), "raises-exception"]


def _fails(code: str, undone: set[str], exercise: bool) -> bool:
    """Tell whether a cell is an exercise or uses what one has yet to give, and keep the names.

    What stands behind the first line that fails isn't reached, so its names are undone as well.
    """
    failed = exercise
    for statement in ast.parse(code).body:
        cell = symtable.symtable(ast.unparse(statement), "cell", "exec")
        bound = {each.get_name() for each in cell.get_symbols() if each.is_local()}
        names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
        used = {name.id for name in names if isinstance(name.ctx, ast.Load)}
        if isinstance(statement, ast.AugAssign):
            used |= bound
        failed = failed or bool(used & undone)
        undone.difference_update(bound)
        undone.update(bound if failed else ())
    return failed


def _split_solutions(code: str, slug: str) -> list[list[str]]:
    """Cut code into lines shown, hidden, shown, hidden ... shown; hidden parts keep their marker."""
    parts: list[list[str]] = [[]]
    for line in code.split("\n"):
        mark = line.strip()
        inside = len(parts) % 2 == 0
        if mark not in (BEGIN, END):
            parts[-1].append(line)
        elif inside == (mark == BEGIN):
            raise BadSource(f"{slug}: '{mark}' stands where the other marker should: {code[:60]!r}")
        else:
            parts.append([line] if mark == BEGIN else [])
    if len(parts) % 2 == 0:
        raise BadSource(f"{slug}: '{BEGIN}' without '{END}' in the cell {code[:60]!r}")
    return parts


def _indent(hidden: list[str]) -> str:
    marker = hidden[0]
    return marker[: len(marker) - len(marker.lstrip())]


def _add_launch_buttons(cells: list[NotebookNode], slug: str) -> None:
    """Add the buttons below the title; the book has its own, so its pages do without."""
    title, _, rest = cells[0].source.partition("\n")
    launch = (
        "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
        f"(https://colab.research.google.com/github/{REPOSITORY}/blob/{BRANCH}/chapters/{slug}.ipynb) "
        "[![Open in Binder](https://mybinder.org/badge_logo.svg)]"
        f"(https://mybinder.org/v2/gh/{REPOSITORY}/{BRANCH}?labpath=chapters%2F{slug}.ipynb)"
    )
    cells[0].source = f"{title}\n\n{launch}\n{rest}".rstrip("\n")


def _shown(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Give texts their readers' form; the code of a text that is computed is folded away."""
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = bindings.shown(cell.source)
        elif "reading" in _tags(cell):
            cell.metadata["jupyter"] = {"source_hidden": True}
            cell.metadata["cellView"] = "form"
    return cells


def _assemble(cells: list[NotebookNode], slug: str, source: str) -> NotebookNode:
    """Put the cells together, with the one that installs the course on Colab as the second."""
    for cell in cells:
        cell.metadata.pop("lines_to_next_cell", None)
    packages = " ".join(missing(source))
    install = nbformat.v4.new_code_cell(COLAB.replace("PACKAGES", packages), id="install-on-colab")
    install.metadata["tags"] = ["colab", "remove-cell"]
    origin = {"edit": f"chapters/source/{slug}.py", "note": "generated: edit the source instead"}
    notebook: NotebookNode = nbformat.v4.new_notebook(cells=[cells[0], install, *cells[1:]])
    notebook.metadata.update({**METADATA, "explaining_faces": origin})
    notebook.nbformat_minor = 5
    nbformat.validate(notebook)
    return notebook


def _stale(root: Path, made: dict[Path, str]) -> list[Path]:
    folders = (root / "chapters", root / "chapters" / "solutions")
    found = [path for folder in folders for path in folder.glob(f"{NUMBERED}.ipynb")]
    return sorted(path.relative_to(root) for path in found if path.relative_to(root) not in made)


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
