"""The whole audit of a table of pairs in one call."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from helpers.bias.verification.bootstrap import Bootstrap, bootstrap
from helpers.bias.verification.comparisons import OVERALL, Impostors
from helpers.bias.verification.curves import FARS
from helpers.bias.verification.inequality import disparities
from helpers.bias.verification.thresholds import fit
from helpers.bias.verification.uncertainty import compare, intervals
from helpers.errors import BadTable

if TYPE_CHECKING:
    from helpers.datasets.pairs import PairTable


@dataclass(frozen=True, eq=False)
class Audit:
    """What an audit of verification found.

    Attributes
    ----------
    threshold : float
        At which FMR and FNMR were taken.
    measures, differences, disparities : pandas.DataFrame
        Every measure of every group with its interval; groups against all together; one-number
        summaries (empty if there are fewer than two groups).
    sample : Bootstrap
        For further comparisons.
    """

    threshold: float
    measures: pd.DataFrame
    differences: pd.DataFrame
    disparities: pd.DataFrame
    sample: Bootstrap


def audit(
    pairs: "PairTable",
    column: str | None = None,
    group: str = "att",
    *,
    threshold: float | None = None,
    fmr: float = 1e-2,
    far: Sequence[float] = FARS,
    impostors: Impostors = "within",
    distance: bool = False,
    replicates: int = 1000,
    seed: int = 0,
) -> Audit:
    """Measure everything about a table of pairs, with intervals over people.

    Parameters
    ----------
    pairs : PairTable
        With identities (``id1``, ``id2``) and groups. Pairs that repeat an earlier one are left out,
        with a warning that counts them.
    column : str, optional
        The column of scores; not needed where there is one.
    group : str
        Which columns tell groups: "att" for ``att1`` and ``att2``, "g", "e".
    threshold : float, optional
        By default the one that keeps ``fmr`` over all pairs that count; choose it on other pairs for
        a fair test (:func:`helpers.bias.verification.cross_validate`).
    fmr : float
        Intended false match rate, where no threshold is given.
    far, impostors, distance, replicates, seed
        As in :func:`helpers.bias.verification.bootstrap`.

    Returns
    -------
    Audit

    Raises
    ------
    BadTable
        If a column is missing; what there is is named.
    """
    _require(pairs, ("p1", "p2", "label", "id1", "id2", f"{group}1", f"{group}2"))
    once = _once(pairs)
    scores, genuine, table = once.scores(column), once.genuine, once.table
    groups = table[f"{group}1"], table[f"{group}2"]
    if threshold is None:
        fitted = fit(scores, genuine, fmr, groups, impostors=impostors, distance=distance)
        threshold = float(fitted[OVERALL])
    people = table["id1"], table["id2"]
    sample = bootstrap(
        scores,
        genuine,
        people,
        groups,
        threshold=threshold,
        far=far,
        impostors=impostors,
        distance=distance,
        replicates=replicates,
        seed=seed,
    )
    several = sample.measures["group"].nunique() > 2
    return Audit(
        threshold,
        intervals(sample),
        pd.concat([compare(sample, kind) for kind in ("FMR", "FNMR", "EER")], ignore_index=True),
        disparities(sample) if several else pd.DataFrame(),
        sample,
    )


def _require(pairs: "PairTable", columns: Sequence[str]) -> None:
    missing = [name for name in columns if name not in pairs.table]
    if missing:
        found = ", ".join(map(str, pairs.table.columns))
        raise BadTable(f"{pairs.name} has no column {', '.join(missing)}; it has {found}.")


def _once(pairs: "PairTable") -> "PairTable":
    """Leave out pairs that repeat an earlier one, in either order."""
    again = pairs.repeated
    if again.any():
        warnings.warn(
            f"{int(again.sum()):,} of {len(pairs):,} pairs repeat an earlier one and are left out.",
            stacklevel=3,
        )
    return pairs.subset(np.flatnonzero(~again))
