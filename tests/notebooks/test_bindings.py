"""A number in a text is what the cells computed, or the chapter is refused."""

from pathlib import Path

import bindings
import execute
import notebooks
import pytest

SOURCE = """\
# %% [markdown]
# # 07 · A small chapter

# %%
right = 846 / 910

# %% [markdown]
# Of {{910 = 846 / right}} faces {{0.93 = right}} get the right answer, and {{two = 1 + 1}} do not.

# %% tags=["reading"]
from IPython.display import Markdown

Markdown(f"With these faces it is {right:.3f}.")

# %%
len(dir())
"""


def project(folder: Path, source: str = SOURCE) -> Path:
    (folder / "helpers").mkdir(exist_ok=True)
    (folder / "chapters" / "source").mkdir(parents=True, exist_ok=True)
    path = folder / "chapters" / "source" / "07_small.py"
    path.write_text(source, encoding="utf-8")
    return path


def loose(text: str, code: str = "n = 30", tags: str = "") -> list[str]:
    source = f"# %% [markdown]\n# # 07 · T\n\n# %%\n{code}\n\n# %% [markdown]{tags}\n"
    source += "\n".join(f"# {line}" for line in text.splitlines())
    found = bindings.loose(notebooks.solution_with_bindings(source).cells)
    return [each.split(" in ")[0] for each in found]


def test_readers_see_numbers_and_no_expressions() -> None:
    for made in (notebooks.student(SOURCE), notebooks.solution(SOURCE)):
        text = "\n".join(cell.source for cell in made.cells)
        assert "Of 910 faces 0.93 get the right answer, and two do not." in text
        assert "{{" not in text


def test_a_number_that_holds_is_shown_and_leaves_no_cell_behind(tmp_path: Path) -> None:
    made = execute.execute(tmp_path, project(tmp_path))
    assert [c.source for c in made.notebook.cells] == [
        c.source for c in notebooks.solution(SOURCE, "07_small").cells
    ]
    code = [cell for cell in made.notebook.cells if cell.cell_type == "code"]
    assert len(made.seconds) == len(code)
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    reading = next(cell for cell in code if "reading" in cell.metadata.get("tags", []))
    assert reading.outputs[0].data["text/markdown"] == "With these faces it is 0.930."


@pytest.mark.parametrize(
    ("written", "wrong", "said"),
    [
        ("{{0.93 =", "{{0.94 =", "the text says 0.94 and the cells 0.93 in 'Of 910 faces 0.94"),
        ("{{910 =", "{{910.0 =", ""),  # how many decimals is the text's own choice
        ("{{910 =", "{{911 =", "the text says 911 and the cells 910"),
        ("{{two =", "{{three =", "the text says three and the cells 2"),
        ("and {{two", "or 17 and {{two", "nothing checks 17 in"),
        ("it is {right", "it is 0.93, {right", "nothing checks 0.93 in"),
    ],
)
def test_a_number_changed_by_hand_fails_though_nothing_runs_again(
    tmp_path: Path, written: str, wrong: str, said: str
) -> None:
    execute.execute(tmp_path, project(tmp_path))
    changed = project(tmp_path, SOURCE.replace(written, wrong))
    if not said:
        assert execute.execute(tmp_path, changed).cached
        return
    with pytest.raises(execute.ChapterFailed, match="07_small: ") as failed:
        execute.execute(tmp_path, changed)
    assert said in str(failed.value)


def test_a_value_that_is_undefined_is_no_number(tmp_path: Path) -> None:
    source = SOURCE.replace("{{0.93 = right}}", "{{0.93 = float('nan')}}")
    with pytest.raises(execute.ChapterFailed, match=r"says 0\.93 and the cells nan"):
        execute.execute(tmp_path, project(tmp_path, source))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("There are 30 of them.", []),  # the code beside says so
        ("There are 31 of them, 3.5 % of 1,200.", ["31", "3.5", "1,200"]),
        ("See chapter 02, chapters 3 and 7, section 2.1 and exercise 2.5, or quiz 7.2.", []),
        ("It takes 12 min, in 2018, as ResNet-18 does with `size=224` and $2^8$.", []),
        ("Their intervals hold the rate in 95 % of samples, their shares lie between 0 and 1.", []),
        ("An interval of 90 %.", ["90"]),
        ("Buolamwini found [34.7 %](https://proceedings.mlr.press/v81/x.html) of them.", []),
        ("Buolamwini found 34.7 % of them.", ["34.7"]),
        ("1. first\n2. second", []),
        ("Of 0.1 and 100.5 and 1.25.", ["0.1", "100.5", "1.25"]),
        ("Women < 0.93 and men > 0.97, or <b>94</b>.", ["0.93", "0.97", "94"]),
        ("A share of .93 of _94_ faces, not v1.2.", [".93", "94"]),
        ("In chapter 7, 93 faces, and in section 3 and 94.", ["93", "94"]),
        ("The accuracy is 95 %.", ["95"]),
        ('"Tones 8-10, long hair" and "tones 1-3, short hair", tone 1 to 3.', []),
    ],
)
def test_only_what_is_bound_or_of_an_allowed_kind_may_be_quoted(
    text: str, found: list[str]
) -> None:
    assert loose(text) == found


def test_what_a_figure_shows_repeats_numbers_of_its_chapter() -> None:
    text = '# %% [markdown]\n# # 07 · T\n\n# Of {{11 = n}} and {{40 = m}}.\n\n# %% alt="ALT"\nbins = 30\n'
    for alt, found in (("11 of 40 in 30 bins", []), ("12 of 40", ["12"])):
        cells = notebooks.solution_with_bindings(text.replace("ALT", alt)).cells
        assert [each.split(" in ")[0] for each in bindings.loose(cells)] == found


@pytest.mark.parametrize(
    "code",
    [
        'Markdown("Of 93 faces")',
        'Markdown(f"Of {n}" + " or 93 faces")',
        "Markdown(f\"Of {'93 faces' if n else 0}\")",
        'Markdown("{} of 93".format(n))',
        'Markdown(f"Of {n:6.2f}, {n:>5} and 93 faces, {table["18-29"]}")',
    ],
)
def test_every_sentence_of_a_computed_text_is_looked_through(code: str) -> None:
    code = code.replace('table["18-29"]', "table['18-29']")
    source = f'# %% [markdown]\n# # 07 · T\n\n# %% tags=["reading"]\n{code}\n'
    found = [*bindings.loose(notebooks.solution_with_bindings(source).cells)]
    assert [each.split(" in ")[0] for each in found] == ["93"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{{910 == 846 / right}}", "is no number and its expression"),
        ("{{910 = {'a': {'b': 1}}['a']['b']}}", "put a space between two braces"),
        ("{{910 = 846 / right} of {{2 = 2}}", "is no number and its expression"),
        ("{{910 846 / right}}", "readers would see the braces in 'Of {{910 846"),
        ("{{910 = 846 / right}}}}", "readers would see the braces in"),
    ],
)
def test_braces_that_bind_nothing_never_reach_a_notebook(written: str, said: str) -> None:
    source = SOURCE.replace("{{910 = 846 / right}}", written)
    for make in (notebooks.student, notebooks.solution):
        with pytest.raises(notebooks.BadSource, match="^chapter: ") as refused:
            make(source)
        assert said in str(refused.value)


def test_braces_of_code_and_formulas_stay() -> None:
    text = "$\\frac{{a}}{b_{c}}$ and `{{x}}` and {{910 = {'a': 846 / right}['a']}}"
    made = notebooks.solution(SOURCE.replace("{{910 = 846 / right}}", text))
    assert "$\\frac{{a}}{b_{c}}$ and `{{x}}` and 910" in made.cells[3].source


@pytest.mark.parametrize(
    ("bound", "said"),
    [
        ("1,234 = 1234", ""),
        ("12,345.7 = 12345.67", ""),
        ("Dark = 'dark'", ""),
        ("skin type = 'skin type'", ""),
        ("2 = print('drawn') or 2", ""),
        ("1,5 = 15", "says 1,5 and the cells 15"),
        ("1 5 = 15", "says 1 5 and the cells 15"),
        ("1 = right < 1", "says 1 and the cells True"),
        ("1 = __import__('numpy').bool_(1)", "says 1 and the cells True"),
        ("0.5 = -0.5", "says 0.5 and the cells -0.5"),
        ("9 = 1 / 0", "07_small, cell 5, 'the numbers of: Of 9 faces 0.93 get"),
    ],
)
def test_a_value_is_compared_as_it_is_read(tmp_path: Path, bound: str, said: str) -> None:
    path = project(tmp_path, SOURCE.replace("{{910 = 846 / right}}", f"{{{{{bound}}}}}"))
    if not said:
        execute.execute(tmp_path, path)
        return
    with pytest.raises(execute.ChapterFailed) as refused:
        execute.execute(tmp_path, path)
    assert said in str(refused.value)


def test_an_answer_may_repeat_what_its_question_supposes() -> None:
    quiz = "**Quiz 7.1** Of 94 faces?\n\n<details>\n\nOf 94, not of 95.\n\n</details>"
    assert loose(quiz, tags=' tags=["quiz"]') == ["95"]
    assert loose(quiz) == ["94", "94", "95"]


def test_the_code_of_a_computed_text_is_folded_away() -> None:
    cells = notebooks.student(SOURCE).cells
    reading = next(cell for cell in cells if "reading" in cell.metadata.get("tags", []))
    assert reading.metadata["jupyter"] == {"source_hidden": True}
    assert reading.metadata["cellView"] == "form"
