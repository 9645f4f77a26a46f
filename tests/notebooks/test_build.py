"""The book is refused when a page of it would mislead or fail a reader."""

import re
from collections.abc import Callable
from pathlib import Path

import build
import execute
import notebooks
import pytest
import yaml
from bs4 import BeautifulSoup

CHAPTER = """\
# %% [markdown]
# # 7 · A small chapter
#
# Back to [the start](../index.md), where $a < b$ and
#
# $$\\bar x = \\sum_k \\frac{x_k}{n}$$

# %% alt="Four squares, the brightest at the lower right."
import matplotlib.pyplot as plt

plt.matshow([[0, 1], [2, 3]]);

# %% [markdown]
# ## Practice
#
# ### Exercise 7.1 · An answer

# %% tags=["exercise"]
### BEGIN SOLUTION
answer = 42
### END SOLUTION
"""
GOOD = """
<h1>Chapter</h1>
<div class="cell_input">explain()</div>
<div class="cell_output"><img src="map.png" alt="The map lies on the face."></div>
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("EXPLAINING_FACES_DATA", raising=False)
    for folder in ("helpers", "chapters/source", "book/_static"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "chapters" / "source" / "07_small.py").write_text(CHAPTER, encoding="utf-8")
    (tmp_path / "book" / "index.md").write_text("# The course\n\nText.\n")
    configuration = {
        "title": "A book",
        "execute": {"execute_notebooks": "off"},
        "parse": {"myst_enable_extensions": ["dollarmath"]},
    }
    (tmp_path / "book" / "_config.yml").write_text(yaml.safe_dump(configuration))
    write_contents(tmp_path, ["chapters/07_small"])
    return tmp_path


def write_contents(project: Path, files: list[str]) -> None:
    chapters = [{"file": file} for file in files]
    toc = {"format": "jb-book", "root": "index", "chapters": chapters}
    (project / "book" / "_toc.yml").write_text(yaml.safe_dump(toc))


def executed_chapter() -> execute.Executed:
    notebook = notebooks.solution(CHAPTER, "07_small")
    return execute.Executed("07_small", notebook, seconds=(0.0, 0.1, 0.1), cached=False)


def chapter_faults(html: str) -> str:
    return "\n".join(build._chapter_faults(BeautifulSoup(html, "html.parser")))


def test_the_book_is_built_once_and_a_warning_or_a_missing_page_fails_it(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = build.build(project)
    chapter_page = (page.parent / "chapters" / "07_small.html").read_text("utf-8")
    assert "A small chapter" in chapter_page
    formulas = BeautifulSoup(chapter_page, "html.parser").find_all("math")
    assert [each["display"] for each in formulas] == ["inline", "block"]
    assert formulas[0].get_text() == "a<b"
    assert "mathjax" not in re.sub(r"(tex2jax|mathjax)_(ignore|process)", "", chapter_page.lower())
    assert "Nothing has changed" not in capsys.readouterr().out

    assert build.build(project) == page
    assert "Nothing has changed" in capsys.readouterr().out

    (project / "book" / "index.md").write_text("# The course\n\n[Gone](gone.md)\n")
    chapter = project / "chapters" / "source" / "07_small.py"
    chapter.write_text(CHAPTER.replace("# ## Practice", "# #### Practice"), encoding="utf-8")
    write_contents(project, ["chapters/07_small", "chapters/08_missing"])
    with pytest.raises(build.BookFailed) as caught:
        build.build(project)
    said = str(caught.value)
    assert "gone.md" in said
    assert "07_small.ipynb, cell 4" in said
    assert "08_missing" in said
    assert (page.parent / "index.html").exists(), "a failed build must leave the last good book"


def test_an_entry_without_a_page_and_a_chapter_without_an_entry_are_faults(tmp_path: Path) -> None:
    staged = tmp_path / "book"
    (staged / "chapters").mkdir(parents=True)
    (staged / "chapters" / "07_small.ipynb").write_text("{}")
    (staged / "_toc.yml").write_text("root: index\n")
    assert build.faults(tmp_path / "html", staged) == [
        "07_small is in chapters/source but not in book/_toc.yml",
        "index is in book/_toc.yml but became no page",
    ]


def test_staging_touches_only_what_changed(project: Path, tmp_path: Path) -> None:
    staged = tmp_path / "staged"
    executed = [executed_chapter()]
    build.stage(project, staged, executed)
    times = {path: path.stat().st_mtime_ns for path in staged.rglob("*") if path.is_file()}
    (project / "book" / "index.md").write_text("# Another first page\n")
    (project / "book" / "extra.md").write_text("# Extra\n")
    build.stage(project, staged, executed)
    changed = {p for p in staged.rglob("*") if p.is_file() and times.get(p) != p.stat().st_mtime_ns}
    assert changed == {staged / "index.md", staged / "extra.md"}
    (project / "book" / "extra.md").unlink()
    build.stage(project, staged, executed)
    assert not (staged / "extra.md").exists()


def test_an_exercise_is_folded_and_a_figure_gets_its_words() -> None:
    executed = executed_chapter()
    page = build._as_page(executed.notebook)
    figure, _, exercise = page.cells[-3:]
    assert figure.metadata["mystnb"]["image"]["alt"].startswith("Four squares")
    assert "hide-input" in exercise.metadata["tags"]
    assert "hide-input" not in executed.notebook.cells[-1].metadata["tags"]


@pytest.mark.parametrize("rule", ["|---|---|", "| --- | :---: |", "|\u2014|\u2014|"])
def test_a_table_that_markdown_left_as_text_is_a_fault(rule: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(f"<h1>T</h1><p>| you want | take | {rule} | a map | saliency |</p>", "utf-8")
    soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
    assert "a table is not drawn" in "".join(build._page_faults(soup, page, tmp_path))
    soup = BeautifulSoup("<h1>T</h1><p>either a | b, or a - b</p>", "html.parser")
    assert not list(build._page_faults(soup, page, tmp_path))


def test_a_good_chapter_has_no_faults() -> None:
    assert chapter_faults(GOOD) == ""


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda html: html.replace("<img", "<hr"), "shows no figure"),
        (lambda html: html.replace("The map lies on the face.", ""), "map.png has no alt text"),
        (lambda html: html.replace("The map lies on the face.", "../_images/a.png"), "no alt text"),
        (
            lambda html: html.replace("explain()", "raise NotImplementedError"),
            "NotImplementedError",
        ),
        (
            lambda html: html.replace("<img", "Traceback (most recent call last)<img"),
            "Traceback",
        ),
        (
            lambda html: html.replace("<img", '<img src="map.png" alt="The same."><img'),
            "shown twice",
        ),
    ],
)
def test_a_spoilt_chapter_is_refused(spoil: Callable[[str], str], said: str) -> None:
    assert said in chapter_faults(spoil(GOOD))


@pytest.mark.parametrize(
    ("target", "resolves"),
    [
        ("https://example.org/x", True),
        ("#here", True),
        ("#nowhere", False),
        ("other.html#there", True),
        ("other.html#nowhere", False),
        ("missing.html", False),
        ("../outside.html", False),
        ("data:image/png;base64,AAAA", True),
    ],
)
def test_links_are_followed_to_the_place_on_the_page(
    tmp_path: Path, target: str, resolves: bool
) -> None:
    html = tmp_path / "html"
    html.mkdir()
    (tmp_path / "outside.html").write_text("")
    (html / "page.html").write_text('<p id="here">')
    (html / "other.html").write_text('<p id="there">')
    assert build._resolves(target, html / "page.html", html) is resolves


def test_a_formula_that_cannot_be_drawn_is_named(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(r'<span class="math notranslate nohighlight">\(\unheard x\)</span>')
    with pytest.raises(build.BookFailed, match="unheard x' cannot be drawn"):
        build._draw_formulas(tmp_path)


def test_every_level_of_the_contents_is_read(tmp_path: Path) -> None:
    toc = {
        "root": "index",
        "parts": [{"chapters": [{"file": "a", "sections": [{"file": "b"}]}]}, {"chapters": []}],
    }
    (tmp_path / "_toc.yml").write_text(yaml.safe_dump(toc))
    assert build.contents(tmp_path) == ["index", "a", "b"]
