"""The nineteen regions of a face."""

from helpers.faces.regions import REGIONS

__all__ = ["REGIONS"]
