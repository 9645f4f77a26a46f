"""The notebooks in the repository are what their sources make, and keep to the house style."""

import re
from collections import Counter
from pathlib import Path

import bindings
import build
import nbformat
import notebooks
import pytest

ROOT = notebooks.ROOT
SOURCES = notebooks.sources(ROOT)
COMMITTED = sorted(
    path
    for folder in ("chapters", "chapters/solutions")
    for path in (ROOT / folder).glob(f"{notebooks.NUMBERED}.ipynb")
)
LESSONS = [path for path in SOURCES if not path.stem.startswith("00_")]
CHAPTERS = {
    number: [path for path in LESSONS if int(path.stem[:2]) == number]
    for number in sorted({int(path.stem[:2]) for path in LESSONS})
}

of_each = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
of_each_lesson = pytest.mark.parametrize("source", LESSONS, ids=lambda path: path.stem)

of_each_chapter = pytest.mark.parametrize(("chapter", "sittings"), CHAPTERS.items())


def cells(source: Path) -> list[nbformat.NotebookNode]:
    return list(notebooks.solution(source.read_text(encoding="utf-8"), source.stem).cells)


def tagged(source: Path, tag: str) -> list[str]:
    return [c.source for c in cells(source) if tag in c.metadata.get("tags", [])]


def exercises(source: Path) -> list[str]:
    """List the numbers of a notebook's exercises, in their order."""
    return [n for text in tagged(source, "exercise") for n in notebooks.EXERCISE.findall(text)]


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


@of_each
def test_a_notebook_is_one_sitting(source: Path) -> None:
    readers = notebooks.student(source.read_text(encoding="utf-8"), source.stem).cells
    words = sum(len(bindings.prose(cell).split()) for cell in readers)
    assert len(readers) <= 60, "divide the chapter: NN_slug.py and NNb_slug.py"
    assert words <= 3000, "divide the chapter: NN_slug.py and NNb_slug.py"


@of_each
def test_sections_say_their_minutes_which_add_up_to_at_most_an_hour(source: Path) -> None:
    text = "\n".join(cell.source for cell in cells(source) if cell.cell_type == "markdown")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    closing = ["What this chapter does not show", "Summary", "References"]
    timed = [each for each in headings if each not in closing]
    minutes = [re.search(r" · (\d+) min$", each) for each in timed]
    assert [each for each, found in zip(timed, minutes, strict=True) if not found] == []
    (told,) = re.findall(r"^\*\*Time\*\*: (\d+) minutes", text, re.MULTILINE)
    assert sum(int(found[1]) for found in minutes if found) <= int(told) <= 60


@of_each
def test_a_text_quotes_only_numbers_that_are_checked(source: Path) -> None:
    written = notebooks.solution_with_bindings(source.read_text(encoding="utf-8"), source.stem)
    assert list(bindings.loose(written.cells)) == []


@of_each
def test_a_text_that_is_computed_ends_in_markdown(source: Path) -> None:
    assert [text for text in tagged(source, "reading") if "Markdown(" not in text] == []


@of_each_lesson
def test_there_is_an_exercise_every_twenty_cells_each_with_its_check(source: Path) -> None:
    headings = exercises(source)
    assert len(headings) >= len(cells(source)) // 20
    code = "\n".join(c.source for c in cells(source) if c.cell_type == "code")
    for number in headings:
        assert f"check.exercise_{number.replace('.', '_')}(" in code


@of_each_chapter
def test_a_chapter_numbers_its_exercises_and_questions_through_both_sittings(
    chapter: int, sittings: list[Path]
) -> None:
    headings = [number for source in sittings for number in exercises(source)]
    assert headings == [f"{chapter}.{n}" for n in range(1, len(headings) + 1)]
    assert len(headings) >= 3
    quiz = [text for source in sittings for text in tagged(source, "quiz")]
    questions = [re.match(r"\*\*Quiz (\d+\.\d+)\*\*", text) for text in quiz]
    assert [q and q[1] for q in questions] == [f"{chapter}.{n}" for n in range(1, len(quiz) + 1)]
    assert len(quiz) >= 3


@of_each_lesson
def test_each_question_has_its_answer_folded(source: Path) -> None:
    quiz = tagged(source, "quiz")
    assert len(quiz) >= 2
    assert all("<details>" in text and "</details>" in text for text in quiz)


def test_the_right_answers_stand_in_every_place_and_are_not_the_longest() -> None:
    quiz = [text for source in SOURCES for text in tagged(source, "quiz")]
    places, longest = Counter[int](), 0
    for text in quiz:
        question, _, answer = text.partition("<details>")
        options = re.findall(r"^\d\. ((?:.+\n)+?)(?=\d\. |\n|\Z)", question, re.MULTILINE)
        told = re.search(r"\bThe (first|second|third|fourth)\b", answer)
        assert told, f"say which answer is right: {text[:40]}"
        place = ["first", "second", "third", "fourth"].index(told[1])
        places[place] += 1
        longest += max(map(len, options)) == len(options[place])
    assert len(quiz) > 10
    assert all(0.2 <= places[place] / len(quiz) <= 0.45 for place in range(3)), places
    assert longest / len(quiz) <= 0.4, longest


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
