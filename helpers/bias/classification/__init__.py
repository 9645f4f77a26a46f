"""Bias of classifiers: figures per group, gaps between groups, and how far chance could move them.

Figures are those of fairlearn's ``MetricFrame`` and scikit-learn. What neither has is added here:
intervals that hold for small groups and for figures without errors, a verdict on every gap, a
bootstrap of counts instead of rows, and a word wherever a figure is undefined.
"""

from helpers.bias.classification.audits import audit, bootstrap
from helpers.bias.classification.calibration import ece, reliability
from helpers.bias.classification.comparisons import pairwise
from helpers.bias.classification.criteria import CRITERIA, disparities, gaps
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
    "gaps",
    "pairwise",
    "reliability",
]
