"""Is an explanation right? Scores of relevance maps beside chance, and the truth to hold them to."""

from helpers.evaluate import ground_truth
from helpers.evaluate.focus import focus_scores

__all__ = ["focus_scores", "ground_truth"]
