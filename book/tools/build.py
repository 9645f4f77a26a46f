"""Build the book: execute the chapters, run Jupyter Book, and look at the pages that came out.

``python book/tools/build.py`` does it all. Jupyter Book executes nothing itself, and every warning
of it is an error. When nothing has changed since the last good build, nothing is built.
"""

import argparse
import hashlib
import html as markup
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import execute
import laws
import nbformat
import notebooks
import yaml
from bs4 import BeautifulSoup
from latex2mathml.converter import convert
from nbformat import NotebookNode

TRACES = ("Traceback (most recent call last)", "NotImplementedError")


class BookFailed(RuntimeError):
    """The book could not be built, or a page of it is wrong; the message lists what and where."""


def build(root: Path) -> Path:
    """Build the book below ``root``.

    Parameters
    ----------
    root : Path
        Folder of the project, with ``chapters/source`` and ``book``.

    Returns
    -------
    Path
        The first page, ``book/_build/html/index.html``.

    Raises
    ------
    BookFailed
        If Jupyter Book warns, or a page is missing, empty or broken.
    execute.ChapterFailed
        If a chapter does not run.
    """
    if not laws.is_current(root):
        raise BookFailed(f"{laws.PAGE} is out of date: run python book/tools/laws.py")
    executed = execute.execute_all(root)
    print(execute.report(executed))
    work, published = root / ".cache" / "book", root / "book" / "_build" / "html"
    staged = work / "source"
    stage(root, staged, executed)
    record, state = work / "built.txt", _state(staged)
    if record.exists() and record.read_text() == state and (published / "index.html").exists():
        print("Nothing has changed since the last build.")
        return published / "index.html"
    record.unlink(missing_ok=True)
    run_jupyter_book(staged, work)
    _drop_repeated_settings(work / "_build" / "html")
    _draw_formulas(work / "_build" / "html")
    said = faults(work / "_build" / "html", staged)
    if said:
        raise BookFailed("The book was built, but:\n" + "\n".join(said))
    _publish(work / "_build" / "html", published)
    record.write_text(state)
    return published / "index.html"


def stage(root: Path, staged: Path, executed: list[execute.Executed]) -> None:
    """Lay out what Jupyter Book reads, and touch only files that changed since the last time.

    Sphinx goes by the files' times when it decides which pages to build again.
    """
    book = root / "book"
    kept = [*book.glob("*.md"), *book.glob("*.yml"), *book.glob("*.bib")]
    kept += [path for path in (book / "_static").rglob("*") if path.is_file()]
    files = {path.relative_to(book): path.read_bytes() for path in kept}
    for chapter in executed:
        text = notebooks.serialise(_as_page(chapter.notebook))
        files[Path("chapters", f"{chapter.slug}.ipynb")] = text.encode()
    for old in [path for path in staged.rglob("*") if path.is_file()]:
        if old.relative_to(staged) not in files:
            old.unlink()
    for path, content in files.items():
        target = staged / path
        if not target.exists() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


def run_jupyter_book(staged: Path, output: Path) -> None:
    """Turn the staged files into pages below ``output/_build/html``; a warning is an error."""
    start = "import sys; from jupyter_book.cli.main import main; sys.exit(main())"
    options = ["build", str(staged), "--path-output", str(output), "-W", "--keep-going", "-n", "-q"]
    done = subprocess.run(
        [sys.executable, "-c", start, *options],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1", "PYTHONUTF8": "1"},
    )
    if done.returncode != 0:
        text = execute.ANSI.sub("", done.stderr + done.stdout)
        warnings = [line for line in text.splitlines() if "WARNING" in line or "ERROR" in line]
        lines = [_with_cell(line) for line in warnings or text.splitlines()[-20:]]
        raise BookFailed("Jupyter Book stopped:\n" + "\n".join(dict.fromkeys(lines)))


def faults(html: Path, staged: Path) -> list[str]:
    """Look at every page and say, a sentence each, what is wrong."""
    entries = contents(staged)
    said = [
        f"{path.stem} is in chapters/source but not in book/_toc.yml"
        for path in sorted((staged / "chapters").glob("*.ipynb"))
        if f"chapters/{path.stem}" not in entries
    ]
    for entry in entries:
        page = html / f"{entry}.html"
        if not page.exists():
            said.append(f"{entry} is in book/_toc.yml but became no page")
            continue
        soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        said += [f"{entry}: {fault}" for fault in _page_faults(soup, page, html)]
        if entry.startswith("chapters/"):
            said += [f"{entry}: {fault}" for fault in _chapter_faults(soup)]
    return said


def contents(folder: Path) -> list[str]:
    """List the pages that the table of contents in ``folder`` names, in order."""
    toc = yaml.safe_load((folder / "_toc.yml").read_text(encoding="utf-8"))

    def entries(node: object) -> Iterator[str]:
        if isinstance(node, list):
            for each in node:
                yield from entries(each)
        elif isinstance(node, dict):
            yield from (str(node[name]) for name in ("root", "file") if name in node)
            for name in ("parts", "chapters", "sections"):
                yield from entries(node.get(name))

    return list(entries(toc))


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    parser = argparse.ArgumentParser(description="Build the book.")
    parser.add_argument("--root", type=Path, default=notebooks.ROOT, help="folder of the project")
    options = parser.parse_args(arguments)
    try:
        page = build(options.root)
    except (BookFailed, execute.ChapterFailed, notebooks.BadSource) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"The book is ready. Open {os.path.relpath(page)} in a browser, or {page.as_uri()}")
    return 0


def _with_cell(line: str) -> str:
    """Say the cell where MyST packs it into the line's number: 40002 is line 2 of cell 4."""
    return re.sub(
        r"\.ipynb:(\d+)(\d{4}):", lambda m: f".ipynb, cell {m[1]}, line {int(m[2])}:", line
    )


def _as_page(notebook: NotebookNode) -> NotebookNode:
    """Fold solutions away, so that nobody reads one by accident, and give figures their words."""
    page: NotebookNode = nbformat.from_dict(json.loads(json.dumps(notebook)))
    for cell in page.cells:
        tags = cell.metadata.get("tags", [])
        shown = cell.metadata.setdefault("mystnb", {})
        if cell.cell_type == "code" and ("solution" in tags or "exercise" in tags):
            cell.metadata["tags"] = [*tags, "hide-input"]
            shown.update(code_prompt_show="Show a solution", code_prompt_hide="Hide the solution")
        elif "reading" in tags:
            cell.metadata["tags"] = [*tags, "remove-input"]
        elif "solution" in tags and "<details" not in cell.source:
            folded = f"<details>\n<summary>Solution</summary>\n\n{cell.source}\n\n</details>"
            cell.source = folded
        if "alt" in cell.metadata:
            shown["image"] = {"alt": cell.metadata["alt"]}
    return page


def _page_faults(soup: BeautifulSoup, page: Path, html: Path) -> Iterator[str]:
    """Say what is wrong on any page: no title, a dead link or picture, a table that is none."""
    title = soup.find("h1")
    if title is None or not title.get_text(strip=True).rstrip("#"):
        yield "the page has no title"
    for tag, name in (("a", "href"), ("img", "src"), ("link", "href"), ("script", "src")):
        for element in soup.find_all(tag):
            target = str(element.get(name) or "")
            if target and not _resolves(target, page, html):
                yield f"<{tag}> leads nowhere: {target}"
    for paragraph in soup.find_all("p"):
        # Markdown that a cell prints knows no tables; typography makes one dash of three.
        if re.search(r"\|\s*:?(-{3,}|\u2014):?\s*\|", paragraph.get_text()):
            yield f"a table is not drawn: {paragraph.get_text()[:60]!r}"


def _resolves(target: str, page: Path, html: Path) -> bool:
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return True
    path = (page.parent / unquote(parts.path)).resolve() if parts.path else page.resolve()
    if not path.is_file() or not path.is_relative_to(html.resolve()):
        return False
    if not parts.fragment or path.suffix != ".html":
        return True
    text = path.read_text(encoding="utf-8")
    fragment = unquote(parts.fragment)
    return f'id="{fragment}"' in text or f'name="{fragment}"' in text


def _chapter_faults(soup: BeautifulSoup) -> Iterator[str]:
    """Say what is wrong on a chapter's page: no figures, figures without words, left-over errors."""
    yield from (f"the formula {left.get_text()!r} is not drawn" for left in soup.select(".math"))
    figures = [image for output in soup.select("div.cell_output") for image in output("img")]
    if not figures:
        yield "the chapter shows no figure"
    for image in figures:
        alt = str(image.get("alt") or "").strip()
        if not alt or alt == image.get("src") or "_images/" in alt:
            yield f'{image.get("src")} has no alt text: write # %% alt="..." above its code'
    for output in soup.select("div.cell_output"):
        shown = [str(image.get("src")) for image in output("img")]
        if len(shown) > len(set(shown)):
            yield f"{shown[0]} is shown twice: end the cell without the figure, or close the figure"
    for part in soup.select("div.cell_input, div.cell_output"):
        text = part.get_text()
        yield from (f"{trace!r} in {text.strip()[:60]!r}" for trace in TRACES if trace in text)


def _state(staged: Path) -> str:
    """Hash what the pages are made from: the staged files, this file and the lock of versions."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    lock = Path(__file__).resolve().parents[2] / "requirements.txt"
    digest.update(lock.read_bytes() if lock.exists() else b"none")
    for path in sorted(path for path in staged.rglob("*") if path.is_file()):
        digest.update(path.relative_to(staged).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _drop_repeated_settings(html: Path) -> None:
    """Keep the first of the settings that sphinx_thebe writes twice: two are a script error."""
    settings = re.compile(r"<script>const THEBE_JS_URL = .*?</script>", re.DOTALL)
    for page in html.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        found = settings.findall(text)
        if len(found) > 1:
            first, _, rest = text.partition(found[0])
            page.write_text(first + found[0] + settings.sub("", rest), encoding="utf-8")


def _draw_formulas(html: Path) -> None:
    """Write formulas in MathML, which browsers draw without the script that Sphinx would fetch."""
    formula = re.compile(
        r'<(?:span|div) class="math[^"]*">\s*\\([(\[])(.*?)\\[)\]]</(?:span|div)>', re.DOTALL
    )
    script = re.compile(r"<script[^>]*mathjax[^>]*></script>|<script>window\.MathJax.*?</script>")

    def drawn(found: re.Match[str]) -> str:
        tex = markup.unescape(found[2]).strip()
        made: str = convert(tex, display="inline" if found[1] == "(" else "block")
        # What it does not know it leaves as it is.
        if "\\" in made:
            raise BookFailed(f"the formula '{tex}' cannot be drawn: write it with other commands.")
        name = "span" if found[1] == "(" else "div"
        return f'<{name} class="formula">{made}</{name}>'

    for page in html.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        changed = script.sub("", formula.sub(drawn, text))
        if changed != text:
            page.write_text(changed, encoding="utf-8")


def _publish(html: Path, published: Path) -> None:
    """Put the pages in their place in one step, so that nobody sees half a book."""
    published.parent.mkdir(parents=True, exist_ok=True)
    fresh = published.with_name("html.new")
    for folder in (fresh, fresh.with_name("html.old")):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(html, fresh)
    if published.exists():
        published.rename(published.with_name("html.old"))
    fresh.rename(published)
    shutil.rmtree(published.with_name("html.old"), ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
