"""A chapter runs again exactly when something that can change its outputs has changed."""

import sys
from pathlib import Path

import execute
import notebooks
import pytest

SOURCE = """\
# %% [markdown]
# # 7 · A small chapter
#
# First wording.

# %%
from pathlib import Path

import helpers

runs = Path(helpers.__file__).parents[1] / "runs.txt"
runs.write_text(runs.read_text() + "x")
helpers.answer

# %%
import sys

sys.executable

# %%
from tqdm import tqdm

total = sum(tqdm(range(10)))
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("EXPLAINING_FACES_DATA", raising=False)
    (tmp_path / "helpers").mkdir()
    (tmp_path / "helpers" / "__init__.py").write_text("answer = 42\n")
    (tmp_path / "chapters" / "source").mkdir(parents=True)
    (tmp_path / "runs.txt").write_text("")
    write(tmp_path, SOURCE)
    return tmp_path


def write(project: Path, source: str) -> Path:
    path = project / "chapters" / "source" / "07_small.py"
    path.write_text(source, encoding="utf-8")
    return path


def runs(project: Path) -> int:
    return len((project / "runs.txt").read_text())


def output(executed: execute.Executed, code: str) -> str:
    (cell,) = [c for c in executed.notebook.cells if c.cell_type == "code" and code in c.source]
    return str(cell.outputs[0].data["text/plain"])


def test_an_edited_sentence_is_shown_and_nothing_runs_again(project: Path) -> None:
    (first,) = execute.execute_all(project)
    write(project, SOURCE.replace("First wording", "Second wording"))
    (second,) = execute.execute_all(project)
    assert (first.cached, second.cached, runs(project)) == (False, True, 1)
    assert "Second wording" in second.notebook.cells[0].source
    assert output(second, "helpers.answer") == "42"


def test_a_changed_helper_runs_the_chapter_again(project: Path) -> None:
    execute.execute_all(project)
    (project / "helpers" / "__init__.py").write_text("answer = 43\n")
    (again,) = execute.execute_all(project)
    assert (again.cached, runs(project), output(again, "helpers.answer")) == (False, 2, "43")


def test_changed_code_data_or_weights_change_the_key(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    def key(source: str = SOURCE) -> str:
        return execute.key(project, notebooks.solution(source))

    keys = [
        key(),
        key(SOURCE + "\n# %%\n1\n"),
        key(SOURCE.replace("# %%\nimport sys", '# %% tags=["raises-exception"]\nimport sys')),
    ]
    data = tmp_path_factory.mktemp("data")
    monkeypatch.setenv("EXPLAINING_FACES_DATA", str(data))
    keys.append(key())
    (data / "SHA256SUMS").write_text("0123  faces.zip\n")
    keys.append(key())
    (project / "helpers" / "model.safetensors").write_bytes(b"weights")
    keys.append(key())
    (project / "requirements.txt").write_text("numpy==2.0\n")
    keys.append(key())
    assert len(set(keys)) == len(keys)


def test_a_tag_that_only_concerns_the_page_keeps_the_key(project: Path) -> None:
    tagged = SOURCE.replace(
        "# %%\nimport sys", '# %% alt="A picture" tags=["exercise"]\nimport sys'
    )
    solution = notebooks.solution
    assert execute.key(project, solution(tagged)) == execute.key(project, solution(SOURCE))


def test_the_kernel_is_this_python_and_progress_bars_leave_no_trace(project: Path) -> None:
    (executed,) = execute.execute_all(project)
    assert output(executed, "\n\nsys.executable") == repr(sys.executable)
    assert executed.notebook.cells[-1].outputs == []


def test_only_the_newest_executions_are_kept(project: Path) -> None:
    folder = project / ".cache" / "executed" / "07_small"
    folder.mkdir(parents=True)
    for number in range(5):
        (folder / f"{number}.json").write_text("{}")
    (executed,) = execute.execute_all(project)
    assert len(list(folder.iterdir())) == execute.KEPT
    assert not executed.cached


@pytest.mark.parametrize(
    "code",
    ["import warnings; warnings.warn('old')", "import logging; logging.warning('loud')"],
    ids=["warning", "log"],
)
def test_a_log_on_a_page_fails_with_its_cell(project: Path, code: str) -> None:
    path = write(project, f"# %% [markdown]\n# # 7 · Noise\n\n# %%\n{code}\n")
    with pytest.raises(execute.ChapterFailed, match=r"07_small, cell 3, .import .*: .*(old|loud)"):
        execute.execute(project, path)
    assert not list((project / ".cache").rglob("*.json"))


def test_a_cell_that_fails_is_named_with_the_end_of_its_traceback(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project, "# %% [markdown]\n# # 7 · Wrong\n\n# %%\nnumber = 0\n1 / number\n")
    assert execute.main(["--root", str(project)]) == 1
    said = capsys.readouterr().err
    assert "07_small, cell 3, 'number = 0'" in said
    assert said.rstrip().endswith("ZeroDivisionError: division by zero")


def test_a_cell_that_hangs_is_stopped_and_named(project: Path) -> None:
    path = write(project, "# %% [markdown]\n# # 7 · Slow\n\n# %%\nwhile True:\n    pass\n")
    with pytest.raises(execute.ChapterFailed, match="cell 3, 'while True:': CellTimeoutError"):
        execute.execute(project, path, limit=2)


def test_a_slow_chapter_is_reported_with_its_slowest_cell() -> None:
    notebook = notebooks.solution(SOURCE)
    slow = execute.Executed("07_small", notebook, (0.0, 1.0, 70.0, 2.0), cached=False)
    said = execute.report([slow])
    assert "73.0 s" in said
    assert "WARNING: over 60 s. Longest: 70.0 s in cell 4, 'import sys'" in said


def test_progress_bars_are_told_from_logs() -> None:
    bars = [
        "100%|██████████| 10/10 [00:00<00:00, 98.2it/s]",
        "Score-CAM:  40%|████      | 4/10 [00:01<00:02,  2.9it/s]",
        "12it [00:03,  3.62it/s]",
    ]
    logs = [
        "WARNING: 100% of the images are missing",
        "2026-01-01 12:00 loaded [ok]",
        "3 of 7 [done]",
    ]
    assert all(execute.PROGRESS.match(line) for line in bars)
    assert not any(execute.PROGRESS.match(line) for line in logs)
