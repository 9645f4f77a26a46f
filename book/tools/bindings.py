"""Check each number that a chapter's text quotes, so that no sentence outlives its figure.

There are two ways to put a number into a text, both visible in the source:

* ``{{846 = card.correct.sum()}}`` in a Markdown cell shows readers 846. Whenever the chapter is
  executed, the expression is evaluated where the text stands, and must round to what is written.
  Such a number holds wherever the chapter runs, with photographs and without.
* A code cell tagged ``reading`` ends in ``Markdown(f"...")``. Readers see its text, and its numbers are
  those of their own page.

A numeral that is neither fails, except for the kinds of :data:`ALLOWED` and what the code cell before
or after the text spells out.
"""

import ast
import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

BOUND = re.compile(r"\{\{\s*([^{}=]+?)\s*=\s*(.+?)\s*\}\}", re.DOTALL)
# Not what belongs to a name, but an underscore before it may be emphasis; and .93 is a number.
NUMERAL = re.compile(r"(?<![^\W_])(?<!\.)(?:\d+(?:,\d{3})*(?:\.\d+)?|\.\d+)")
ALLOWED = (
    r"(?s)```.*?```|``.*?``|`[^`]*`",  # code
    r"(?s)\$\$.*?\$\$|\$[^$\n]+\$",  # formulas
    r"\]\([^)]*\)|</?[A-Za-z!][^>]*>",  # addresses and tags, but no "< 5 and > 3"
    # "chapter 7, 93 faces" names one chapter, "chapters 7, 8 and 9" all of them
    r"(?i)\b(?:chapter|section|exercise|quiz) \d+b?(?:\.\d+)?",
    r"(?i)\b(?:chapters|sections|exercises|quizzes) \d+b?(?:\.\d+)?(?:(?:, | and | to )\d+b?(?:\.\d+)?)*",
    r"(?m)^#+ \d+b? ·",  # the title of a chapter
    r"(?m)^\s*\d+\. ",  # items of a list
    r"\b\d+ (?:min|minutes?|seconds?)\b",  # how long something takes
    r"\b(?:1[89]|20)\d\d\b",  # years
    r"(?i)\btones? \d+(?:-\d+| to \d+)",  # groups of drawn faces
    r"(?<![\d.,])(?:0|1|100)(?![\d,]*\d|\.\d)",  # the ends of a share
    r"\bCC BY \d\.\d",  # a licence
    r"[A-Za-z]+[-–]?\d[\w.-]*",  # names: ResNet-18, layer4
)
"""What may stand in a text unbound. So may a paragraph that links to its source, and in the answer to
a quiz what its question supposes."""
_LEVEL = re.compile(r"\b95 %")
"""The level of every interval: allowed beside the word."""
_SMALL = "zero one two three four five six seven eight nine ten eleven twelve"
WORDS = dict(zip(_SMALL.split(), range(13), strict=True))

_SOURCE = re.compile(r"\]\(https?://|^## References", re.MULTILINE)


def shown(text: str) -> str:
    """Return what readers see: each bound number without its expression."""
    return BOUND.sub(lambda found: found[1], text)


def faults(text: str) -> Iterator[str]:
    """Find braces that readers would see, and what is bound to no expression.

    Parameters
    ----------
    text : str
        A text as its source writes it.

    Yields
    ------
    str
        What is wrong, a sentence each.
    """
    for written, value in BOUND.findall(text):
        try:
            ast.parse(" ".join(value.split()), mode="eval")
        except SyntaxError:
            yield (
                f"{{{{{written} = {value}}}}} is no number and its expression, which ends at the first "
                "}}, so put a space between two braces of its own"
            )
    left = BOUND.sub(" ", text)
    for kind in ALLOWED[:2]:  # code and formulas have braces of their own
        left = re.sub(kind, " ", left)
    for each in re.findall(r"[^{}\n]{0,40}(?:\{\{|\}\}).{0,40}", left):
        yield f"readers would see the braces in {each.strip()!r}; write {{{{0.93 = right.mean()}}}}"


def checked(notebook: NotebookNode) -> NotebookNode:
    """Put a cell behind each text with bound numbers that tells their values, and show readers' text.

    Parameters
    ----------
    notebook : NotebookNode
        A chapter as its source writes it; it is left as it is.

    Returns
    -------
    NotebookNode
        The cells put in have the metadata ``bound``: pairs of what is written and the sentence.
    """
    made: NotebookNode = type(notebook)(notebook)
    made.cells = []
    for cell in notebook.cells:
        made.cells.append(cell)
        found = BOUND.findall(cell.source) if cell.cell_type == "markdown" else []
        if found:
            values = ", ".join(f"({' '.join(value.split())})" for _, value in found)
            probe = new_code_cell(_PROBE.replace("VALUES", values))
            probe.metadata["bound"] = [
                [written, _sentence(cell.source, written)] for written, _ in found
            ]
            made.cells.append(probe)
    return made


def differences(cell: NotebookNode) -> list[str]:
    """Say, a sentence each, where an executed cell of :func:`checked` differs from its text."""
    text = "".join(out.get("text", "") for out in cell.outputs if out.get("name") == "stdout")
    values = json.loads(text.splitlines()[-1])  # above it stands what an expression prints itself
    return [
        f"the text says {written} and the cells {_rounded(value, written)} in {sentence!r}"
        for (written, sentence), value in zip(cell.metadata["bound"], values, strict=True)
        if _plain(written) != _plain(_rounded(value, written))
    ]


def loose(cells: Sequence[NotebookNode]) -> Iterator[str]:
    """Find the numerals of a chapter's texts that nothing checks.

    What a figure shows, its ``alt``, may repeat any number of the chapter.

    Parameters
    ----------
    cells : sequence of NotebookNode
        As the source writes them.

    Yields
    ------
    str
        The numeral and its sentence.
    """
    code = [cell.source if cell.cell_type == "code" else "" for cell in cells]
    told = {_plain(each) for cell in cells for each in NUMERAL.findall(shown(prose(cell)))}
    told |= {_plain(each) for cell in code for each in _numerals(cell)}
    for index, cell in enumerate(cells):
        given = _beside(code, index)
        if "quiz" in cell.metadata.get("tags", []):
            given += prose(cell).partition("<details>")[0]
        beside = {_plain(each) for each in _numerals(given)}
        for paragraph in re.split(r"\n\s*\n", prose(cell)):
            if _SOURCE.search(paragraph):
                continue
            yield from (
                f"{each} in {_sentence(paragraph, each)!r}"
                for each in _unbound(paragraph)
                if _plain(each) not in beside
            )
        figure = str(cell.metadata.get("alt", ""))
        yield from (
            f"{each} in what a figure shows, {_sentence(figure, each)!r}"
            for each in _unbound(figure)
            if _plain(each) not in told
        )


def _unbound(text: str) -> list[str]:
    """Find the numerals that are neither bound nor of an allowed kind."""
    left = BOUND.sub(" ", text)
    for kind in ALLOWED:
        left = re.sub(kind, " ", left)
    if re.search("interval|middle", left):
        left = _LEVEL.sub(" ", left)
    return NUMERAL.findall(left)


def prose(cell: NotebookNode) -> str:
    """Return the text of a cell: its Markdown, or what a cell tagged ``reading`` writes itself."""
    if cell.cell_type == "markdown":
        return str(cell.source)
    if "reading" not in cell.metadata.get("tags", []):
        return ""
    tree = list(ast.walk(ast.parse(cell.source)))
    specs = {id(each.format_spec) for each in tree if isinstance(each, ast.FormattedValue)}
    strings = [each for each in tree if isinstance(each, ast.JoinedStr) and id(each) not in specs]
    parts = [
        part.value for each in strings for part in each.values if isinstance(part, ast.Constant)
    ]
    # What is no part of an f-string is a name of a column, say, or has blanks between its words.
    others = [each.value for each in tree if isinstance(each, ast.Constant)]
    parts += [each for each in others if isinstance(each, str) and len(each.split()) > 1]
    return " … ".join(dict.fromkeys(str(part) for part in parts))


def _beside(code: Sequence[str], index: int) -> str:
    """Join the nearest code before and after a cell."""
    before = next((each for each in reversed(code[:index]) if each), "")
    after = next((each for each in code[index + 1 :] if each), "")
    return f"{before}\n{after}"


def _numerals(text: str) -> Iterable[str]:
    return re.findall(r"\d[\d_]*(?:,\d{3})*(?:\.\d+)?", text)


def _plain(written: str) -> str:
    """Write a number without separators; a word for a small one as its digits."""
    word = written.strip().lower().replace("−", "-")
    word = re.sub(r"(?<=\d)[,_\s](?=\d{3}(?!\d))", "", word)  # 1,5 is not fifteen
    return str(WORDS.get(word, word))


def _rounded(value: float | str, written: str) -> str:
    """Write a value with as many decimals as the text has."""
    if isinstance(value, str):
        return value
    if not math.isfinite(value):
        return str(value)
    decimals = len(_plain(written).partition(".")[2])
    rounded = f"{value:.{decimals}f}"
    return rounded.lstrip("-") if float(rounded) == 0 else rounded


def _sentence(text: str, written: str) -> str:
    """Return the words around a number, for a message."""
    flat = " ".join(shown(text).split())
    at = max(flat.find(written), 0)
    return flat[max(at - 60, 0) : at + 60].strip()


# It leaves no name behind that a later cell could use by mistake. Whether something is true is no
# number: {{12 = n == 12}} would hold the number 1.
_PROBE = """\
print(__import__("json").dumps(
    [
        str(each) if isinstance(each, str) or str(each) in ("True", "False") else float(each)
        for each in (VALUES,)
    ]
))"""
