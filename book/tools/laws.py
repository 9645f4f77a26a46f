"""The tables of the page on laws, written from what was measured.

``python book/tools/laws.py`` writes them anew into ``book/laws.md``, between the lines that begin and
end each. The build stops where they are out of date.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # data_scripts is no installed package
PAGE = Path("book", "laws.md")
TABLE = Path("book", "laws.csv")

READINGS: Mapping[str, str] = {
    "unstretched": "by design: maps are stretched to [0, 1] for display",
    "no grad": "loud: a gradient is needed, and the caller switched them off",
    "inference mode": "loud: a gradient is needed, and the caller switched them off",
    "autocast": "follows the caller's precision, or stops",
    "training mode": "the documentation asks for `model.eval()`; it is not checked",
    "nonsense": "not checked: NaN goes in and comes out, or is hidden",
    "random state": "by design: draws from the process's generator",
    "frozen": "loud, but a frozen network is common",
    "gradients": "by design of `backward()`, which fills `.grad`",
    "detached": "the map keeps its graph in memory; `.detach()` mends it",
    "functional relu": "silent: another map; watches modules only",
    "in place relu": "silent: another map; keeps outputs without a copy",
    "order of definition": "silent: pairs layers by the order in which they were defined",
    "residual sum": "silent: relevance is passed on twice",
    "after an error": "not undone after an error",
    "eager": "by design, with a warning",
    "layers": "by design: the documentation says that classes are patched",
    "images": "the example of the documentation asks for gradients of the images",
    "unknown class": "no map and no error: a `with` block prints and swallows IndexErrors",
    "shape": "it stops on this network",
    "flip": "the sign of a component is left to chance",
    "shift": "the sign of a component is left to chance",
    "right class": "the sign of a component is left to chance",
    "zero": "by the paper's softmax: a constant score weighs all channels alike",
}
"""What a broken law means where it is broken; kept short and fair."""

DRAWING = {"SmoothGrad", "VarGrad", "Rise", "Lime", "KernelShap"}
"""Methods that draw from TensorFlow's generator, whose state cannot be seen."""

RANDOM = "by design: draws anew for each batch"
"""For laws that compare calls, where a method draws from the process's generator."""


def sections(root: Path = ROOT) -> dict[str, str]:
    """What stands between the lines of each name.

    Parameters
    ----------
    root : Path
        Folder of the project.

    Returns
    -------
    dict of str to str
    """
    table = pd.read_csv(root / TABLE, dtype=str, keep_default_na=False)
    return {
        "laws": _laws(),
        "kept": _kept(table),
        "broken": _broken(table),
        "reproductions": _reproductions(),
    }


def written(page: str, parts: Mapping[str, str]) -> str:
    """A page with each part between the lines ``% begin NAME`` and ``% end NAME``."""
    for name, text in parts.items():
        before, begin, rest = page.partition(f"% begin {name}\n")
        _, end, after = rest.partition(f"% end {name}\n")
        if not begin or not end:
            raise ValueError(f"{PAGE} has no lines '% begin {name}' and '% end {name}'.")
        page = f"{before}{begin}\n{text}\n\n{end}{after}"
    return page


def is_current(root: Path) -> bool:
    """Whether the page says what was measured; True where a book has no such page."""
    page = root / PAGE
    if not page.exists():
        return True
    text = page.read_text(encoding="utf-8")
    return written(text, sections(root)) == text


def _laws() -> str:
    from helpers.explain import LAWS

    rows = [(name, row.statement, row.applies_to) for name, row in LAWS.iterrows()]
    return _table(("law", "what holds", "applies to"), rows)


def _kept(table: pd.DataFrame) -> str:
    rows = []
    for (library, version), each in table.groupby(["library", "version"]):
        tried = each[each.passed != ""]
        kept = int((tried.passed == "yes").sum())
        rows.append((f"{library} {version}", each.method.nunique(), len(tried), kept))
    return _table(("library", "methods", "laws tried, over all methods", "kept"), rows)


def _broken(table: pd.DataFrame) -> str:
    broken = table[table.passed == "no"]
    drawing = set(broken[broken.law == "random state"].method + broken.library)
    parts = []
    for library, of_it in broken.groupby("library"):
        count = of_it.method.nunique()
        rows = []
        for law, each in of_it.groupby("law", sort=False):
            drawn = [method + library in drawing or method in DRAWING for method in each.method]
            comparing = law in ("single", "order", "flip", "shift")
            reading = RANDOM if all(drawn) and comparing else READINGS.get(str(law), "")
            rows.append(
                (law, _methods(each, table[table.library == library]), _figure(each), reading)
            )
        total = table.method[table.library == library].nunique()
        head = f"**{library} {of_it.version.iloc[0]}**: {count} of {total} methods break a law."
        parts.append(
            f"{head}\n\n" + _table(("law", "broken by", "largest figure", "reading"), rows)
        )
    return "\n\n".join(parts)


def _methods(broken: pd.DataFrame, of_the_library: pd.DataFrame) -> str:
    names = list(broken.method)
    total = of_the_library.method.nunique()
    if len(names) == total and total > 1:
        return f"all {total}"
    return (
        ", ".join(names)
        if len(names) <= 3
        else f"{len(names)} of {total}: {', '.join(names[:3])}, ..."
    )


def _figure(broken: pd.DataFrame) -> str:
    known = pd.to_numeric(broken.figure).dropna()
    return "stops" if known.empty else f"{known.max():.2g}"


def _reproductions() -> str:
    from data_scripts.reproductions import NETWORK, REPRODUCTIONS

    parts = [f"```python\n{NETWORK}\n```"]
    for each in REPRODUCTIONS:
        parts.append(
            f"**{each.library}**, law *{each.law}*: {each.finding}\n\n```python\n{each.code}\n```"
        )
    return "\n\n".join(parts)


def _table(head: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def main() -> None:
    page = ROOT / PAGE
    page.write_text(written(page.read_text(encoding="utf-8"), sections()), encoding="utf-8")


if __name__ == "__main__":
    main()
