"""Is an explanation right? Scores of relevance maps, each beside what chance would give."""

from helpers.evaluate.focus import focus_scores

__all__ = ["focus_scores"]
