"""The attribution methods by name: what each gives, needs and costs. Nothing heavy is imported."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Method:
    """What a reader should know of a method before it runs.

    Attributes
    ----------
    signed : bool
        Whether negative values mean evidence against the target.
    passes : str
        Forward (f) and backward (b) passes an image; K is the number of channels of the layer.
    paper : str
        Where it was proposed.
    needs_layer : bool
        Whether it reads the activations of one layer.
    library : str
        Which package computes it.
    """

    signed: bool
    passes: str
    paper: str
    needs_layer: bool = True
    library: str = "helpers"


CAMS: Mapping[str, Method] = MappingProxyType(
    {
        "gradcam": Method(False, "1f + 1b", "Selvaraju et al. 2017"),
        "gradcam++": Method(False, "1f + 1b", "Chattopadhay et al. 2018"),
        "hirescam": Method(True, "1f + 1b", "Draelos & Carin 2020"),
        "layercam": Method(False, "1f + 1b", "Jiang et al. 2021"),
        "xgradcam": Method(False, "1f + 1b", "Fu et al. 2020"),
        "elementwise": Method(False, "1f + 1b", "Pillai & Pirsiavash 2021"),
        "eigencam": Method(False, "1f", "Muhammad & Yeasin 2020"),
        "scorecam": Method(False, "(K+1)f", "Wang et al. 2020"),
        "ablationcam": Method(False, "(K+1)f", "Desai & Ramaswamy 2020"),
        "fullgrad": Method(False, "2f + 1b", "Srinivas & Fleuret 2019", needs_layer=False),
    }
)
"""The class activation maps, and FullGrad, by the name that a reader gives."""

COLUMNS = ("library", "signed", "needs_layer", "passes", "paper")
"""What the table of methods shows of each, in this order."""


def table() -> "pd.DataFrame":
    """Return the methods as a table, one row each, with the columns of :data:`COLUMNS`."""
    import pandas as pd

    rows = {name: [getattr(each, column) for column in COLUMNS] for name, each in CAMS.items()}
    found = pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS))
    return found.rename_axis("method")
