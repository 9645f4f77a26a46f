"""The rows of the table of methods, a module for each library. No row imports its library."""

from collections.abc import Mapping
from types import MappingProxyType

from helpers.explain.catalogue import (
    attention,
    cams,
    captum,
    gradcam,
    perturbation,
    xplique,
    zennit,
)
from helpers.explain.methods import Method

ROWS: Mapping[str, Method] = MappingProxyType(
    {
        **cams.ROWS,
        **perturbation.ROWS,
        **attention.ROWS,
        **captum.ROWS,
        **zennit.ROWS,
        **gradcam.ROWS,
        **xplique.ROWS,
    }
)
"""Every method by the name that a reader gives."""
