"""Figures: every function takes data, returns a matplotlib Figure and shows nothing by itself.

Positive maps are drawn in one perceptually uniform colour scale, signed maps in a diverging scale
centred at zero; both are readable with the common forms of colour blindness. Figures of audits of
classifiers are in :mod:`helpers.plots.bias`, those of comparisons of faces in
:mod:`helpers.plots.verification`. Tensors are drawn, but torch is not imported.
"""

from helpers.plots import bias, verification
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
from helpers.plots.masks import regions
from helpers.plots.tables import dots

__all__ = [
    "POSITIVE",
    "SIGNED",
    "bias",
    "channels",
    "concepts",
    "detections",
    "dots",
    "explanation",
    "overlay",
    "pictures",
    "regions",
    "relevance_grid",
    "verification",
]
