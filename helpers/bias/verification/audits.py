"""The whole audit of a table of pairs in one call."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers import arguments
from helpers.bias.verification.curves import FARS, curves_of, fars, threshold_given
from helpers.bias.verification.gaps import compare_all, margin_given
from helpers.bias.verification.inequality import summaries
from helpers.bias.verification.pairs import Impostors, checked, with_people
from helpers.bias.verification.people import Sample, drawn
from helpers.bias.verification.thresholds import why_none
from helpers.bias.verification.uncertainty import intervals
from helpers.datasets.pairs import PairTable
from helpers.errors import InputError


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
    sample : Sample
        For further comparisons.
    """

    threshold: float
    measures: pd.DataFrame
    differences: pd.DataFrame
    disparities: pd.DataFrame
    sample: Sample


def audit(
    pairs: PairTable,
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
    intended, allowed, asked = arguments.share(fmr, "fmr"), margin_given(margin), fars(far)
    at = None if threshold is None else threshold_given(threshold)
    needed = ("p1", "p2", "label", "id1", "id2", f"{group}1", f"{group}2")
    arguments.columns(pairs.table, needed, f"the table of {pairs.name}")
    once = _once(pairs)
    scores, table = once.scores(column), once.table
    groups = table[f"{group}1"], table[f"{group}2"]
    known = checked(scores, once.genuine, groups, impostors, distance)
    curves = curves_of(with_people(known, (table["id1"], table["id2"]), scores))
    fitted = curves[0].threshold_at(intended) if at is None else at
    sample = drawn(curves, fitted, asked, replicates, seed)
    if at is None and np.isnan(fitted):
        rows = sample.measures["metric"].isin(("FMR", "FNMR"))
        sample.measures.loc[rows, "note"] = why_none(curves[0].n_impostor, intended)
    return Audit(
        fitted,
        intervals(sample),
        compare_all(sample, ("FMR", "FNMR", "EER"), margin=allowed),
        summaries(sample, margin=allowed) if len(curves) > 2 else pd.DataFrame(),
        sample,
    )


def _require_pairs(pairs: PairTable, group: str) -> None:
    if not isinstance(pairs, PairTable):
        raise InputError(
            f"pairs must be a PairTable, not a {type(pairs).__name__}: read one with "
            "datasets.PairTable.from_csv(path), or wrap a table in datasets.PairTable(name, table)."
        )
    if not isinstance(group, str):
        raise InputError(
            f'group is {arguments.shown(group)}: give the name of two columns without its number, such as "att" for '
            "att1 and att2."
        )


def _once(pairs: PairTable) -> PairTable:
    """Leave out pairs that repeat an earlier one, in either order."""
    again = pairs.repeated
    if again.any():
        warnings.warn(
            f"{int(again.sum()):,} of {len(pairs):,} pairs repeat an earlier one and are left out.",
            stacklevel=3,
        )
    return pairs.subset(np.flatnonzero(~again))
