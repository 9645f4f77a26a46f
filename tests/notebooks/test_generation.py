"""The generator turns a source into what a student and an instructor need, the same way each time."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import colab
import nbformat
import notebooks
import pytest
from nbclient import NotebookClient
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

SOURCE = '''\
# %% [markdown]
# # 7 · A small chapter
#
# Some text.

# %% [markdown] tags=["exercise"]
# ### Exercise 7.2 · Squares · ●○○ · 3 min
# <details><summary>My numbers are too small</summary>
#
# Multiply.
#
# </details>

# %% tags=["exercise"]
def square(number: int) -> int:
    """Square a number."""
    if number == 0:
        ### BEGIN SOLUTION
        secret = 0
        return secret
        ### END SOLUTION
    ### BEGIN SOLUTION
    return number * number
    ### END SOLUTION

# %%
class check:
    @staticmethod
    def exercise_7_2(answer):
        assert answer(3) == 9

check.exercise_7_2(square)

# %% [markdown] tags=["solution"]
# The whispered reason.

# %% tags=["solution"]
whispered = square(4)

# %%
after_the_exercises = True
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "chapters" / "source"
    folder.mkdir(parents=True)
    (folder / "07_small.py").write_text(SOURCE, encoding="utf-8")
    notebooks.write(tmp_path)
    return tmp_path


def run(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    return NotebookClient(notebook, timeout=60, kernel_name="python3").execute()


def test_the_same_source_makes_the_same_bytes(project: Path) -> None:
    before = {path: path.read_bytes() for path in project.rglob("*.ipynb")}
    assert len(before) == 2
    assert notebooks.write(project) == []
    assert notebooks.generate(project) == notebooks.generate(project)
    assert all(path.read_bytes() == content for path, content in before.items())


def test_the_files_end_in_one_newline_and_know_no_carriage_return(project: Path) -> None:
    for path in project.rglob("*.ipynb"):
        content = path.read_bytes()
        assert content.endswith(b"}\n")
        assert b"\r" not in content


def test_a_new_cell_leaves_the_names_of_the_others_alone() -> None:
    longer = SOURCE.replace("# %%\nclass check", "# %%\nnew = 1\n\n# %%\nclass check")
    old = {cell.id for cell in notebooks.student(SOURCE).cells}
    new = {cell.id for cell in notebooks.student(longer).cells}
    assert old < new
    assert len(new - old) == 1


def test_cells_with_the_same_text_have_different_names() -> None:
    twice = SOURCE + "\n# %%\nafter_the_exercises = True\n"
    names = [cell.id for cell in notebooks.student(twice).cells]
    assert len(names) == len(set(names))


def test_a_student_reads_no_solution() -> None:
    text = notebooks.serialise(notebooks.student(SOURCE))
    for hidden in ("secret", "whispered", "number * number", "SOLUTION"):
        assert hidden not in text


def test_a_stub_names_its_exercise_where_the_solution_stood() -> None:
    cells = notebooks.student(SOURCE).cells
    stub = next(cell.source for cell in cells if "def square" in cell.source)
    raised = re.findall(r"^( +)raise NotImplementedError\((.*)\)$", stub, re.MULTILINE)
    assert raised == [
        (" " * 8, '"Exercise 7.2: your turn"'),
        (" " * 4, '"Exercise 7.2: your turn"'),
    ]
    assert "if number == 0:" in stub


def test_hints_stay_for_the_student() -> None:
    assert "My numbers are too small" in notebooks.serialise(notebooks.student(SOURCE))


def test_the_solution_runs_and_shows_no_markers() -> None:
    notebook = notebooks.solution(SOURCE)
    assert "SOLUTION" not in notebooks.serialise(notebook)
    run(notebook)


def test_run_all_passes_exercises_that_are_not_done() -> None:
    done = run(notebooks.student(SOURCE))
    failed = [
        cell
        for cell in done.cells
        if cell.cell_type == "code" and any(out.output_type == "error" for out in cell.outputs)
    ]
    assert [cell.outputs[0].evalue for cell in failed] == ["Exercise 7.2: your turn"]
    assert done.cells[-1].execution_count is not None


def test_run_all_passes_what_hangs_on_an_answer_and_nothing_else() -> None:
    later = """
# %%
sides = 4
area = square(sides)

# %%
area += 1

# %%
area = sides

# %%
area
"""
    done = run(notebooks.student(SOURCE + later))
    passed = ["raises-exception" in cell.metadata.get("tags", []) for cell in done.cells[-4:]]
    assert passed == [True, True, False, False]
    assert done.cells[-1].outputs[0].data["text/plain"] == "4"


def test_the_launch_buttons_lead_to_the_students_notebook() -> None:
    first = notebooks.student(SOURCE, "07_small").cells[0].source
    assert first.startswith("# 7 · A small chapter\n")
    assert f"/github/{notebooks.REPOSITORY}/blob/main/chapters/07_small.ipynb" in first
    assert "labpath=chapters%2F07_small.ipynb" in first


def test_the_cell_for_colab_is_short_and_does_nothing_elsewhere(tmp_path: Path) -> None:
    (cell,) = [c for c in notebooks.student(SOURCE).cells if "colab" in c.metadata.get("tags", [])]
    assert len(cell.source.splitlines()) <= 9
    subprocess.run([sys.executable, "-c", cell.source], cwd=tmp_path, check=True)
    assert list(tmp_path.iterdir()) == []


CHAPTERS = sorted((notebooks.ROOT / "chapters" / "source").glob("[0-9]*.py"))
BARRED = """
import sys
import tomllib
from importlib.abc import MetaPathFinder
from importlib.metadata import packages_distributions
from packaging.utils import canonicalize_name

allowed = set(sys.argv[2].split())
homes = {module: {canonicalize_name(each) for each in names}
         for module, names in packages_distributions().items()}
known = {canonicalize_name(line) for line in sys.argv[3].split()}

class Barred(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        lacking = homes.get(name, set()) & known - allowed
        if "." not in name and lacking:
            raise ImportError(f"{name} of {lacking} is neither Colab's nor installed")

sys.meta_path.insert(0, Barred())
exec(sys.argv[1])
from helpers import datasets, preprocessing
preprocessing.detect(datasets.astronaut())
"""


def installed_on_colab(path: Path) -> str:
    """The packages that a chapter's cell for Colab installs."""
    cells = notebooks.student(path.read_text(encoding="utf-8"), path.stem).cells
    (cell,) = [each for each in cells if "colab" in each.metadata.get("tags", [])]
    return re.findall(r'"([^"]*)"\.split\(\)\]', cell.source)[0]


def imports(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)}


@pytest.mark.slow
@pytest.mark.parametrize("installed", sorted({installed_on_colab(path) for path in CHAPTERS}))
def test_what_colab_brings_and_the_cell_installs_is_all_that_a_chapter_imports(
    installed: str,
) -> None:
    lines = (notebooks.ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    locked = {line.partition("==")[0] for line in lines if "==" in line and line[0] not in " #"}
    assert set(installed.split()) <= locked
    project = tomllib.loads((notebooks.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    # Libraries that a library tries to import, and does without, are not in question here.
    direct = [canonicalize_name(Requirement(line).name) for line in project["dependencies"]]
    sources = [path for path in CHAPTERS if installed_on_colab(path) == installed]
    code = "\n".join(sorted(set().union(*map(imports, sources))))
    allowed = " ".join([*colab.BRINGS, installed])
    run = subprocess.run(
        [sys.executable, "-c", BARRED, code, allowed, " ".join(direct)],
        capture_output=True,
        text=True,
        check=False,
        cwd=notebooks.ROOT,
    )
    assert run.returncode == 0, run.stderr[-1500:]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (SOURCE.replace("    ### END SOLUTION\n\n", "\n"), "without '### END SOLUTION'"),
        (
            SOURCE.replace("### BEGIN SOLUTION\n        secret", "secret"),
            "'### END SOLUTION' stands",
        ),
        (SOURCE.replace("### Exercise 7.2 ·", "### Task"), "before any heading"),
        (SOURCE.replace("# # 7", "# ## 7"), "chapter's title"),
    ],
)
def test_a_source_that_cannot_work_is_refused_in_a_sentence(wrong: str, said: str) -> None:
    with pytest.raises(notebooks.BadSource, match=re.escape(said)) as caught:
        notebooks.student(wrong, "07_small")
    assert str(caught.value).startswith("07_small: ")


def test_check_is_silent_when_all_is_up_to_date(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert notebooks.main(["--check", "--root", str(project)]) == 0
    assert capsys.readouterr().out == ""


def test_check_names_a_notebook_that_drifted_and_writes_nothing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drifted = project / "chapters" / "07_small.ipynb"
    drifted.write_text(drifted.read_text().replace("Some text", "Other text"))
    before = drifted.read_bytes()
    assert notebooks.main(["--check", "--root", str(project)]) == 1
    assert "chapters/07_small.ipynb differs" in capsys.readouterr().out
    assert drifted.read_bytes() == before


def test_check_names_a_missing_notebook_and_one_without_source(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = project / "chapters" / "solutions" / "07_small.ipynb"
    missing.rename(missing.with_name("08_gone.ipynb"))
    assert notebooks.main(["--check", "--root", str(project)]) == 1
    said = capsys.readouterr().out
    assert "chapters/solutions/07_small.ipynb is missing" in said
    assert "chapters/solutions/08_gone.ipynb has no source any more" in said


def test_writing_removes_a_notebook_without_source(project: Path) -> None:
    stale = project / "chapters" / "08_gone.ipynb"
    stale.write_text("{}")
    assert notebooks.write(project) == [Path("chapters/08_gone.ipynb")]
    assert not stale.exists()


def test_a_notebook_that_somebody_has_worked_in_is_kept(project: Path) -> None:
    path = project / "chapters" / "07_small.ipynb"
    worked = nbformat.read(path, as_version=4)
    worked.cells[-1].execution_count = 1
    nbformat.write(worked, path)
    content = path.read_bytes()
    notebooks.write(project)
    assert path.read_bytes() != content
    assert (path.parent / "worked_07_small_1.ipynb").read_bytes() == content
    assert notebooks.differences(project) == []


@pytest.mark.parametrize("options", [[], ["--check"]])
def test_a_source_that_makes_no_notebook_ends_in_a_sentence(
    project: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    notebooks.write(project)
    (source,) = notebooks.sources(project)
    made = (project / "chapters" / f"{source.stem}.ipynb").read_bytes()
    source.write_text(source.read_text() + "\n# %% [markdown]\n# Of {{910 faces}}.\n")
    assert notebooks.main([*options, "--root", str(project)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(
        f"{source.stem}: readers would see the braces in 'Of {{{{910 faces}}}}.'"
    )
    assert said.count("\n") == 1
    assert (project / "chapters" / f"{source.stem}.ipynb").read_bytes() == made
