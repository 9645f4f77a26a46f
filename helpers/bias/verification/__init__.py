"""Bias in verification: who is taken for somebody else, and who is turned away.

Error rates and curves per group (:mod:`curves`), thresholds judged on other people
(:mod:`thresholds`), summaries of inequality (:mod:`fairness`, :mod:`inequality`), intervals that
draw people and not pairs (:mod:`bootstrap`, :mod:`uncertainty`; where false matches are few,
:mod:`extremes`), rank-1 confusion
(:mod:`identification`), what embeddings give away (:mod:`leakage`), and all in one call
(:mod:`report`)::

    from helpers import datasets
    from helpers.bias import verification

    found = verification.audit(datasets.load("bfw"), "resnet50")
    found.measures, found.differences, found.disparities
"""

from helpers.bias.verification.bootstrap import Bootstrap, bootstrap
from helpers.bias.verification.comparisons import OVERALL, Comparisons, comparisons
from helpers.bias.verification.curves import auc, det, eer, point_measures, rates, roc, tar_at_far
from helpers.bias.verification.fairness import (
    fdr,
    garbe,
    gini,
    inequity,
    not_garbe_max_over_min,
    not_garbe_mean_difference,
    not_garbe_mean_ratio,
)
from helpers.bias.verification.identification import (
    confusion,
    nearest,
    nearest_of_pairs,
    score_pairs,
)
from helpers.bias.verification.inequality import disparities
from helpers.bias.verification.leakage import attribute_leakage
from helpers.bias.verification.report import Audit, audit
from helpers.bias.verification.thresholds import (
    across_folds,
    cross_validate,
    fit,
    identity_folds,
    percent_difference,
)
from helpers.bias.verification.uncertainty import bands, compare, intervals

__all__ = [
    "OVERALL",
    "Audit",
    "Bootstrap",
    "Comparisons",
    "across_folds",
    "attribute_leakage",
    "auc",
    "audit",
    "bands",
    "bootstrap",
    "compare",
    "comparisons",
    "confusion",
    "cross_validate",
    "det",
    "disparities",
    "eer",
    "fdr",
    "fit",
    "garbe",
    "gini",
    "identity_folds",
    "inequity",
    "intervals",
    "nearest",
    "nearest_of_pairs",
    "not_garbe_max_over_min",
    "not_garbe_mean_difference",
    "not_garbe_mean_ratio",
    "percent_difference",
    "point_measures",
    "rates",
    "roc",
    "score_pairs",
    "tar_at_far",
]
