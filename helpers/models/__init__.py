"""The networks that the course ships, each with its model card.

>>> from helpers import models
>>> model = models.load("gender-fairface")
>>> model.classes, model.input_size, model.layer
(('Male', 'Female'), (112, 112), 'layer4')

Weights are trained anew when the faces they were trained on change. Each training has a number,
``version``, in the card; it is 1 where the card names none. A result is of the version that it was
computed with:

>>> model.version
1

torch is imported by the call that needs it: what is here can be listed without.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from helpers.files import file_hash
from helpers.lazy import handing_out

if TYPE_CHECKING:
    import pandas as pd

    from helpers.models.adapters import adapt
    from helpers.models.cosines import similarity
    from helpers.models.keras_port import to_keras
    from helpers.models.shipped import Shipped, load, save

    REAL: pd.DataFrame
    """The models of others that :func:`load` knows, one row each."""

__all__ = [
    "REAL",
    "Shipped",
    "adapt",
    "available",
    "file_hash",
    "load",
    "save",
    "similarity",
    "to_keras",
]

WEIGHTS = Path(__file__).parent / "weights"


def available() -> list[str]:
    """List the models that come with the package.

    Returns
    -------
    list of str
        Names for :func:`load`, in the order of the alphabet.
    """
    return sorted(path.stem for path in WEIGHTS.glob("*.safetensors"))


__getattr__, __dir__ = handing_out(
    globals(),
    {
        "REAL": "releases:table",
        "Shipped": "shipped",
        "adapt": "adapters",
        "load": "shipped",
        "save": "shipped",
        "similarity": "cosines",
        "to_keras": "keras_port",
    },
)
