"""Explain what a face model saw, in maps of relevance: one call for every attribution method.

A method is a row of :data:`METHODS`. Maps come back in the method's own units, with its sign where
it has one, and never rescaled image by image: a map that was stretched to [0, 1] can be compared
with nothing, not even with itself on another day.

Names are looked up when they are used: `METHODS` needs no torch, and `explain` no scikit-learn.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from helpers.explain.cams import layer_maps
    from helpers.explain.factorisation import Factorization, factorize
    from helpers.explain.relevance import explain
    from helpers.explain.targets import resolve_targets

    METHODS: pd.DataFrame

__all__ = ["METHODS", "Factorization", "explain", "factorize", "layer_maps", "resolve_targets"]

_HOMES = {
    "Factorization": "factorisation",
    "explain": "relevance",
    "factorize": "factorisation",
    "layer_maps": "cams",
    "resolve_targets": "targets",
}


def __getattr__(name: str) -> Any:
    if name == "METHODS":
        value: Any = _methods()
    elif name in _HOMES:
        value = getattr(import_module(f"helpers.explain.{_HOMES[name]}"), name)
    else:
        raise AttributeError(f"module 'helpers.explain' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


def _methods() -> "pd.DataFrame":
    """The methods that :func:`explain` knows, a row each; the columns are those of ``Method``."""
    import pandas as pd

    from helpers.explain.methods import CAMS, COLUMNS

    rows = {name: [getattr(each, column) for column in COLUMNS] for name, each in CAMS.items()}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS))
    return table.rename_axis("method")
