"""The whole audit of a table of pairs in one call."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from helpers import arguments
from helpers.bias.verification.bootstrap import Bootstrap, bootstrap
from helpers.bias.verification.comparisons import OVERALL, Impostors
from helpers.bias.verification.curves import FARS, thresholds_given
from helpers.bias.verification.inequality import disparities
from helpers.bias.verification.thresholds import fit, why_none
from helpers.bias.verification.uncertainty import compare_all, intervals, margin_given
from helpers.errors import BadTable, InputError

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
    margin: float | None = None,
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
        a fair test (:func:`helpers.bias.verification.cross_validate`). Where there are too few
        impostor pairs to choose it on, FMR and FNMR are NaN, and their note says what would do.
    fmr : float
        Intended false match rate, where no threshold is given.
    far : sequence of float
        False accept rates for TAR@FAR.
    impostors : {"within", "all"}
        Whether impostor pairs count for the group of both sides, or for that of either.
    distance : bool
        Whether lower scores are more alike.
    replicates, seed : int
        How often people are drawn, and from which random start.
    margin : float, optional
        The largest gap that would not matter, chosen before the data are seen; by default as in
        :func:`helpers.bias.verification.compare`.

    Returns
    -------
    Audit

    Raises
    ------
    BadTable
        If a column is missing; what there is is named.
    InputError
        If ``pairs`` is no PairTable, or an argument is out of range.

    Examples
    --------
    >>> from helpers import datasets
    >>> import pandas as pd
    >>> table = pd.DataFrame(
    ...     {
    ...         "p1": ["a1", "b1", "c1", "a1", "b1", "a1"],
    ...         "p2": ["a2", "b2", "c2", "b1", "c1", "c1"],
    ...         "id1": ["a", "b", "c", "a", "b", "a"],
    ...         "id2": ["a", "b", "c", "b", "c", "c"],
    ...         "label": [1, 1, 1, 0, 0, 0],
    ...         "att1": "x", "att2": "x", "score": [0.9, 0.8, 0.7, 0.4, 0.3, 0.2],
    ...     }
    ... )
    >>> audit(datasets.PairTable("few", table), replicates=20).measures["note"][0]
    "not measurable: 3 impostor pairs can't show an FMR of 0.01; give threshold= or fmr >= 0.34"
    """
    _require_pairs(pairs, group)
    intended = arguments.share(fmr, "fmr")
    allowed = margin_given(margin)
    at = None if threshold is None else thresholds_given(threshold)
    _require(pairs, ("p1", "p2", "label", "id1", "id2", f"{group}1", f"{group}2"))
    once = _once(pairs)
    scores, genuine, table = once.scores(column), once.genuine, once.table
    groups = table[f"{group}1"], table[f"{group}2"]
    people = table["id1"], table["id2"]
    if at is None:
        with warnings.catch_warnings():
            # Each row says it in its note, and the bootstrap below repeats every other warning.
            warnings.simplefilter("ignore")
            fitted = fit(scores, genuine, intended, groups, impostors=impostors, distance=distance)
        at = float(fitted[OVERALL])
    sample = bootstrap(
        scores,
        genuine,
        people,
        groups,
        threshold=at,
        far=far,
        impostors=impostors,
        distance=distance,
        replicates=replicates,
        seed=seed,
    )
    if threshold is None and np.isnan(at):
        sample = _explained(sample, intended)
    several = sample.measures["group"].nunique() > 2
    return Audit(
        at,
        intervals(sample),
        compare_all(sample, ("FMR", "FNMR", "EER"), margin=allowed),
        disparities(sample, margin=allowed) if several else pd.DataFrame(),
        sample,
    )


def _explained(sample: Bootstrap, fmr: float) -> Bootstrap:
    """Say in the notes of FMR and FNMR why no threshold could be chosen."""
    measures = sample.measures.copy()
    rows = measures["metric"].isin(("FMR", "FNMR"))
    everybody = measures["group"] == OVERALL
    pairs = int(measures.loc[everybody, "n_impostor"].iloc[0])
    measures.loc[rows, "note"] = why_none(pairs, fmr)
    return replace(sample, measures=measures)


def _require_pairs(pairs: "PairTable", group: str) -> None:
    if not hasattr(pairs, "table") or not hasattr(pairs, "repeated"):
        raise InputError(
            f"pairs must be a PairTable, not a {type(pairs).__name__}: read one with "
            "datasets.PairTable.from_csv(path), or wrap a table in datasets.PairTable(name, table)."
        )
    if not isinstance(group, str):
        raise InputError(
            f'group is {group!r}: give the name of two columns without its number, such as "att" for '
            "att1 and att2."
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
