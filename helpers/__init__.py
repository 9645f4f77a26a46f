"""Explain face models and audit them for bias: the package behind *Explaining Faces*.

The rooms are imported on first use, so ``import helpers`` costs next to nothing and pulls in
neither torch nor tensorflow::

    from helpers import datasets, explain, models

    photographs = datasets.load("fairface", split="val")
    model = models.load("gender-fairface")
    relevance = explain.explain(model, photographs.images([0, 1]), method="hirescam")
"""

import importlib
from types import ModuleType

__version__ = "0.1.0"

__all__ = [
    "__version__",
    "bias",
    "checks",
    "cli",
    "datasets",
    "errors",
    "evaluate",
    "explain",
    "faces",
    "intervals",
    "models",
    "parsing",
    "plots",
    "preprocessing",
]


def __getattr__(name: str) -> ModuleType:
    """Import a room the first time it is asked for."""
    if name in __all__:
        return importlib.import_module(f"helpers.{name}")
    raise AttributeError(f"module 'helpers' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
