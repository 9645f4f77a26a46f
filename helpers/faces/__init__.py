"""Rendered faces whose regions, factors and counterfactuals are known.

>>> from helpers import faces
>>> people = faces.sample(2, seed=0, glasses=False)
>>> pictures = faces.render([people[0], faces.twin(people[0], glasses=True)], size=112)
>>> pictures.images.shape, pictures.masks.shape
((2, 112, 112, 3), (2, 19, 112, 112))
"""

from helpers.faces.factors import BANDS, FACTORS, Choice, Face, band
from helpers.faces.reach import REACH
from helpers.faces.regions import MERGED, REGIONS, merge
from helpers.faces.rendering import Rendered, render
from helpers.faces.sampling import IDENTITY, correlate, retakes, sample, twin

__all__ = [
    "BANDS",
    "FACTORS",
    "IDENTITY",
    "MERGED",
    "REACH",
    "REGIONS",
    "Choice",
    "Face",
    "Rendered",
    "band",
    "correlate",
    "merge",
    "render",
    "retakes",
    "sample",
    "twin",
]
