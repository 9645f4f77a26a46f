"""What others publish: which networks there are, under which licence, and where their files lie.

The table itself is ``releases.toml``. Nothing here imports torch, so that listing it is quick.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.datasets.places import data_folder

if TYPE_CHECKING:
    import pandas as pd

_PATTERNS = {
    "timm/<name>": "any of timm's networks, by timm's name",
    "hf-hub:<owner>/<name>": "a timm network on the hub",
}
_HUB = "https://huggingface.co/"


@dataclass(frozen=True)
class Release:
    """A file of weights as its authors publish it.

    Attributes
    ----------
    folder, file : str
        Where it is kept, below ``models`` in the data folder.
    licence : str
    url : str or None
        Its address; None where it cannot be fetched by an address alone.
    sha256 : str or None
        What it must hash to; None where nobody has published that.
    megabytes : int or None
        Size of the download, where it is known.
    howto : str
        How to get the file where there is no address, a sentence.
    """

    folder: str
    file: str
    licence: str
    url: str | None = None
    sha256: str | None = None
    megabytes: int | None = None
    howto: str = ""

    @property
    def path(self) -> Path:
        """Where the file is looked for and put."""
        return data_folder() / "models" / self.folder / self.file


@dataclass(frozen=True)
class Real:
    """One model: what a reader should know.

    Attributes
    ----------
    what : str
        What it does, in half a sentence.
    release : Release
        Its weights.
    source : str
        Where it comes from, if that is not the address of the weights.
    options : tuple of str
        What :func:`helpers.models.load` takes for it, besides ``weights`` and ``download``.
    card : dict
        The model card, but for what is found when the weights are loaded.
    """

    what: str
    release: Release
    source: str = ""
    options: tuple[str, ...] = ()
    card: Mapping[str, Any] = field(default_factory=dict)


def _read() -> dict[str, Real]:
    rows = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {
        name: Real(**{**row, "release": Release(**row["release"])}) for name, row in rows.items()
    }


MODELS: dict[str, Real] = _read()
"""The networks of the table, by name."""


def names() -> list[str]:
    """Names of the real models, with the two patterns of those by the thousand."""
    return [*MODELS, *_PATTERNS]


def knows(name: str) -> bool:
    """Whether a name is a real model's."""
    return name in MODELS or name.startswith(("timm/", "hf-hub:"))


def table() -> "pd.DataFrame":
    """Tabulate the real models that :func:`helpers.models.load` knows.

    Returns
    -------
    pandas.DataFrame
        Index ``model``; columns ``what``, ``licence``, ``megabytes`` and ``source``.
    """
    import pandas as pd

    rows = {
        name: (
            each.what,
            each.release.licence,
            each.release.megabytes,
            each.source or each.release.url,
        )
        for name, each in MODELS.items()
    }
    rows |= {name: (what, "see its card", None, _HUB) for name, what in _PATTERNS.items()}
    columns = ["what", "licence", "megabytes", "source"]
    found = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("model")
    return found.astype({"megabytes": "Int64"})
