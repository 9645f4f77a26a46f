"""Which packages a chapter needs on Google Colab beyond those that Colab brings."""

import ast
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HELPERS = Path(__file__).resolve().parents[2] / "helpers"
# Of Colab's own list (github.com/googlecolab/backend-info, pip-freeze.txt) what this course uses,
# directly or not. Colab's torch and TensorFlow drive its GPU; the pinned ones would be gigabytes.
BRINGS = frozenset(
    [
        "absl-py",
        "filelock",
        "fsspec",
        "huggingface-hub",
        "ipython",
        "ipywidgets",
        "jinja2",
        "joblib",
        "matplotlib",
        "narwhals",
        "networkx",
        "numpy",
        "opencv-python",  # asked for by Xplique; the lock has the headless one in its place
        "opencv-python-headless",
        "packaging",
        "pandas",
        "pillow",
        "platformdirs",
        "plotly",
        "pooch",
        "requests",
        "safetensors",
        "scikit-image",
        "scikit-learn",
        "scipy",
        "sympy",
        "tensorflow",
        "timm",
        "torch",
        "torchvision",
        "tqdm",
        "typer",
    ]
)


def missing(source: str) -> list[str]:
    """List what is to be installed before a chapter runs on Colab.

    Parameters
    ----------
    source : str
        The chapter as Python.

    Returns
    -------
    list of str
        Names of distributions, with what these need in turn; versions are the lock's business.
    """
    wanted = {*_imported(source), *_by_helpers()}
    homes = packages_distributions()
    found: dict[str, None] = {}
    for module in sorted(wanted):
        for name in sorted({canonicalize_name(each) for each in homes.get(module, [])}):
            found |= dict.fromkeys(_with_needs(name))
    return list(found)


@lru_cache(maxsize=1)
def _by_helpers() -> frozenset[str]:
    """Modules that the package imports anywhere: a chapter may call any of it."""
    texts = (path.read_text(encoding="utf-8") for path in HELPERS.rglob("*.py"))
    return frozenset(module for text in texts for module in _imported(text))


def _imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (each.name.partition(".")[0] for each in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module).partition(".")[0]
        elif isinstance(node, ast.Constant) and node.value in ("mtcnn",):
            yield "mtcnn"  # only its weights are read, which is no import


def _with_needs(name: str) -> Iterator[str]:
    """A distribution and what it needs, without what Colab brings."""
    if name in BRINGS or name == "explaining-faces":
        return
    yield name
    for line in requires(name) or []:
        needed = Requirement(line)
        if needed.marker is None or needed.marker.evaluate({"extra": ""}):
            yield from _with_needs(canonicalize_name(needed.name))
