"""Bias in verification: who is taken for somebody else, and who is turned away.

Pairs are checked and sorted once (:mod:`pairs`, :mod:`curves`) and measured per group
(:mod:`measures`). Thresholds are judged on other people (:mod:`thresholds`), intervals draw people
and not pairs (:mod:`people`, :mod:`uncertainty`, :mod:`gaps`; where false matches are few,
:mod:`extremes`). Summaries of inequality are in :mod:`fairness` and :mod:`inequality`, rank-1
confusion in :mod:`neighbours`, what embeddings give away in :mod:`probe`, and all in one call in
:mod:`audits`::

    from helpers import datasets
    from helpers.bias import verification

    found = verification.audit(datasets.load("bfw"), "resnet50")
    found.measures, found.differences, found.disparities
"""

from helpers.bias.verification.audits import Audit, audit
from helpers.bias.verification.fairness import fdr, garbe, gini
from helpers.bias.verification.gaps import compare
from helpers.bias.verification.inequality import disparities, summaries
from helpers.bias.verification.measures import auc, det, eer, point_measures, rates, tar_at_far
from helpers.bias.verification.neighbours import confusion, nearest, score_pairs
from helpers.bias.verification.pairs import OVERALL
from helpers.bias.verification.people import Sample, bootstrap
from helpers.bias.verification.probe import attribute_leakage
from helpers.bias.verification.thresholds import across_folds, cross_validate, fit, identity_folds
from helpers.bias.verification.uncertainty import bands, intervals

__all__ = [
    "OVERALL",
    "Audit",
    "Sample",
    "across_folds",
    "attribute_leakage",
    "auc",
    "audit",
    "bands",
    "bootstrap",
    "compare",
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
    "intervals",
    "nearest",
    "point_measures",
    "rates",
    "score_pairs",
    "summaries",
    "tar_at_far",
]
