"""Figures: every function takes data, returns a matplotlib Figure and shows nothing by itself.

Positive maps are drawn in one perceptually uniform colour scale, signed maps in a diverging scale
centred at zero; both are readable with the common forms of colour blindness.
"""

from helpers.plots.faces import detections, pictures
from helpers.plots.maps import (
    POSITIVE,
    SIGNED,
    channels,
    concepts,
    explanation,
    overlay,
    relevance_grid,
)
from helpers.plots.tables import dots

__all__ = [
    "POSITIVE",
    "SIGNED",
    "channels",
    "concepts",
    "detections",
    "dots",
    "explanation",
    "overlay",
    "pictures",
    "relevance_grid",
]
