"""Bias of classifiers: figures per group, gaps between groups, and how far chance could move them.

fairlearn's ``MetricFrame`` splits the answers into groups, scikit-learn counts them, and what
neither has is added here: intervals that hold for small groups and for figures without errors, a
bootstrap of counts instead of rows, and a word wherever a figure is undefined.
"""

from helpers.bias.classification.audits import audit, bootstrap
from helpers.bias.classification.calibration import ece, reliability
from helpers.bias.classification.comparisons import pairwise
from helpers.bias.classification.disparities import CRITERIA, disparities
from helpers.bias.classification.individual import consistency
from helpers.bias.classification.metrics import DEFAULT, METRICS

__all__ = [
    "CRITERIA",
    "DEFAULT",
    "METRICS",
    "audit",
    "bootstrap",
    "consistency",
    "disparities",
    "ece",
    "pairwise",
    "reliability",
]
