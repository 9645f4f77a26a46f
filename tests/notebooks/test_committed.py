"""The notebooks in the repository are what their sources make, and keep to the house style."""

import re
from pathlib import Path

import build
import nbformat
import notebooks
import pytest

ROOT = notebooks.ROOT
SOURCES = notebooks.sources(ROOT)
COMMITTED = sorted(
    path
    for folder in ("chapters", "chapters/solutions")
    for path in (ROOT / folder).glob("[0-9][0-9]_*.ipynb")
)
LESSONS = [path for path in SOURCES if not path.stem.startswith("00_")]

of_each = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
of_each_lesson = pytest.mark.parametrize("source", LESSONS, ids=lambda path: path.stem)


def cells(source: Path) -> list[nbformat.NotebookNode]:
    return list(notebooks.solution(source.read_text(encoding="utf-8"), source.stem).cells)


def tagged(source: Path, tag: str) -> list[str]:
    return [c.source for c in cells(source) if tag in c.metadata.get("tags", [])]


def test_the_committed_notebooks_are_what_the_sources_make() -> None:
    assert SOURCES, "there are no chapters"
    assert notebooks.differences(ROOT) == []


@pytest.mark.parametrize("path", COMMITTED, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_committed_notebook_carries_no_outputs(path: Path) -> None:
    code = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


@of_each
def test_a_code_cell_has_at_most_twenty_lines(source: Path) -> None:
    code = [c.source for c in cells(source) if c.cell_type == "code"]
    too_long = [text for text in code if len(text.splitlines()) > 20]
    assert too_long == []


@of_each
def test_run_all_passes_every_cell_that_uses_an_answer(source: Path) -> None:
    student = notebooks.student(source.read_text(encoding="utf-8"), source.stem)
    code = [cell for cell in student.cells if cell.cell_type == "code"]
    stubs = [cell.source for cell in code if "your turn" in cell.source]
    answers = [re.findall(r"^def (\w+)", text, re.MULTILINE)[-1] for text in stubs]
    assert answers
    call = re.compile(rf"(?<![\w.])({'|'.join(answers)})\(")
    stops = [
        cell.source
        for cell in code
        if call.search(cell.source) and "raises-exception" not in cell.metadata.get("tags", [])
    ]
    assert stops == []


@of_each
def test_a_chapter_silences_no_warnings_and_names_no_absolute_path(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    assert "filterwarnings" not in text
    assert not re.search(r"""["'](/home|/Users|/root|/mnt|/tmp|[A-Z]:\\)""", text)


@of_each_lesson
def test_a_chapter_has_three_exercises_each_with_its_check(source: Path) -> None:
    headings = [
        number for text in tagged(source, "exercise") for number in notebooks.EXERCISE.findall(text)
    ]
    chapter = int(source.stem[:2])
    assert headings == [f"{chapter}.{n}" for n in range(1, len(headings) + 1)]
    assert len(headings) >= 3
    code = "\n".join(c.source for c in cells(source) if c.cell_type == "code")
    for number in headings:
        assert f"check.exercise_{number.replace('.', '_')}(" in code


@of_each_lesson
def test_a_chapter_asks_three_questions_and_gives_each_answer_folded(source: Path) -> None:
    quiz = tagged(source, "quiz")
    chapter = int(source.stem[:2])
    questions = [re.match(r"\*\*Quiz (\d+\.\d+)\*\*", text) for text in quiz]
    assert [q and q[1] for q in questions] == [f"{chapter}.{n}" for n in range(1, len(quiz) + 1)]
    assert len(quiz) >= 3
    assert all("<details>" in text and "</details>" in text for text in quiz)


def test_the_contents_and_the_first_page_name_exactly_the_chapters_that_exist() -> None:
    existing = [f"chapters/{path.stem}" for path in SOURCES]
    entries = [entry for entry in build.contents(ROOT / "book") if entry.startswith("chapters/")]
    index = (ROOT / "book" / "index.md").read_text(encoding="utf-8")
    assert entries == existing
    assert re.findall(r"\((chapters/\w+)\.ipynb\)", index) == existing
    assert index.count("| ready |") == len(existing)


@of_each
def test_every_paper_of_a_chapter_is_in_the_books_list(source: Path) -> None:
    listed = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    text = "\n".join(cell.source for cell in cells(source) if cell.cell_type == "markdown")
    links = re.findall(r"\]\((https?://[^)\s]+)\)", text.split("## References")[1])
    # An address may be written in several ways; a DOI or an arXiv number may not.
    names = [re.sub(r"^https?://(doi\.org/|arxiv\.org/abs/)?", "", link) for link in links]
    assert names
    assert [name for name in names if name not in listed] == []
