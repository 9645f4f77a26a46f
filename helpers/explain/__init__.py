"""Explain what a face model saw, in maps of relevance: one call for every attribution method.

A method is a row of :data:`METHODS`. Maps come back in the method's own units, with its sign where
it has one, and never rescaled image by image: a map that was stretched to [0, 1] can be compared
with nothing, not even with itself on another day.

Names are looked up when they are used: `METHODS` needs no torch, and `explain` no scikit-learn.
"""

from typing import TYPE_CHECKING

from helpers.lazy import handing_out

if TYPE_CHECKING:
    import pandas as pd

    from helpers.explain.coalitions import RegionScores, region_scores, region_values
    from helpers.explain.costs import cost
    from helpers.explain.factorisation import Factorization, factorize
    from helpers.explain.laws.reports import applicability, check_explainer
    from helpers.explain.relevance import explain, explain_many, layer_maps
    from helpers.explain.requirements import Verdict, check
    from helpers.explain.targets import resolve_targets

    LAWS: pd.DataFrame
    """The laws of :func:`check_explainer`, one row each: statement, to whom it applies, tolerance."""

    METHODS: pd.DataFrame
    """The methods that :func:`explain` knows, one row each; the columns are those of ``Method``."""

__all__ = [
    "LAWS",
    "METHODS",
    "Factorization",
    "RegionScores",
    "Verdict",
    "applicability",
    "check",
    "check_explainer",
    "cost",
    "explain",
    "explain_many",
    "factorize",
    "layer_maps",
    "region_scores",
    "region_values",
    "resolve_targets",
]

__getattr__, __dir__ = handing_out(
    globals(),
    {
        "Factorization": "factorisation",
        "LAWS": "laws.reports:table",
        "METHODS": "methods:table",
        "RegionScores": "coalitions",
        "Verdict": "requirements",
        "applicability": "laws.reports",
        "check": "requirements",
        "cost": "costs",
        "check_explainer": "laws.reports",
        "explain": "relevance",
        "explain_many": "relevance",
        "factorize": "factorisation",
        "layer_maps": "relevance",
        "region_scores": "coalitions",
        "region_values": "coalitions",
        "resolve_targets": "targets",
    },
)
