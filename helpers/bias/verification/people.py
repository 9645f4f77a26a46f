"""Intervals for verification: people are drawn anew, not pairs.

One person takes part in many pairs. Who resembles many others is in many false matches at once, so
a thousand pairs of forty people are not a thousand independent observations, and a bootstrap over
pairs gives intervals that are far too narrow. Here *identities* are drawn with replacement, within
each group. If person i came up w_i times, a genuine pair of i counts w_i times and an impostor pair
of i and j counts w_i * w_j times: the pigeonhole bootstrap (Owen, "The Pigeonhole Bootstrap", Annals
of Applied Statistics 2007; Davezies, D'Haultfoeuille & Guyonvarch, "Empirical Process Results for
Exchangeable Arrays", Annals of Statistics 2021, who show that it is valid).

On its own it is too careful where matches are rare. What two people's resemblance adds by chance,
beyond what either brings along, gets weights of variance 3 instead of 1, and at low false match
rates that part is the larger one. So the standard errors are those of the dyadic cluster-robust
variance (Fafchamps & Gubert, J. Development Economics 2007; Aronow, Samii & Assenova, Political
Analysis 2015), which is exact in this respect, and the drawn values give what has no formula: how
EER follows the rates at its threshold, and how groups vary together. Where false matches are few,
their number says nothing about how much people differ, and :mod:`extremes` asks the other pairs.
``python -m tests.benchmarks.verification`` measures how often the intervals cover the truth.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from tqdm.auto import tqdm

from helpers import arguments
from helpers.bias.verification.columns import Groups, Sides
from helpers.bias.verification.curves import FARS, Curve, curves_of, fars, threshold_given
from helpers.bias.verification.dyads import behind, certainty
from helpers.bias.verification.extremes import AtFar, FalseMatches, likeness
from helpers.bias.verification.pairs import Impostors, Pairs, checked, with_people
from helpers.bias.verification.replicates import Wanted, replicated, wanted_of
from helpers.errors import InputError

_AT_ONCE = 1_000_000  # weights of pairs held at a time; about 8 MB an array
_LONG = 100_000_000  # weights, from which on a bar shows how far it is


@dataclass(frozen=True, eq=False)
class Sample:
    """Measures of every group, and what they would have been with other people.

    Attributes
    ----------
    measures : pandas.DataFrame
        A row per measure and group: ``metric`` (FMR, FNMR, EER, AUC, TAR@FAR=...), ``group``,
        ``n_genuine``, ``n_impostor``, ``n_identities``, ``value``, ``impostors``, ``note``;
        ``n_units`` is the number of independent units behind the value, pairs of people for FMR and
        people for the others.
    draws : numpy.ndarray (R, rows)
        The same measures with other people; NaN where nothing could be counted.
    spread : numpy.ndarray (rows,)
        Standard error of every measure, corrected as the module's text says; 0 where all people of
        the sample have the same rate, which says nothing about other people.
    freedom : numpy.ndarray (rows,)
        Degrees of freedom of the spread: fewer than people where few of them decide the value.
    behind : tuple, one entry a row
        What the false matches are worth that decide the value: FalseMatches of FMR and EER, AtFar of
        TAR@FAR, None of the others and where the value is undefined.
    """

    measures: pd.DataFrame
    draws: np.ndarray
    spread: np.ndarray
    freedom: np.ndarray
    behind: tuple[FalseMatches | AtFar | None, ...]

    def row(self, metric: str, group: str) -> int:
        """Return the position of a measure of a group.

        Raises
        ------
        UnknownName
            If there is no such measure, or no such group.
        """
        for what, name in (("metric", metric), ("group", group)):
            arguments.choice(name, what, dict.fromkeys(self.measures[what]))
        found = (self.measures["metric"] == metric) & (self.measures["group"] == group)
        return int(np.flatnonzero(found)[0])

    def rows(self) -> list[Any]:
        """Return a named tuple per measure and group: columns of ``measures``, spread, freedom."""
        described = self.measures.assign(spread=self.spread, freedom=self.freedom)
        return list(described.assign(behind=pd.Series(self.behind, dtype=object)).itertuples())


def bootstrap(
    scores: ArrayLike,
    genuine: ArrayLike,
    identities: Sides,
    group: Groups = None,
    *,
    threshold: float | None = None,
    far: float | Sequence[float] = FARS,
    impostors: Impostors = "within",
    distance: bool = False,
    replicates: int = 1000,
    seed: int = 0,
) -> Sample:
    """Draw people anew and measure again, many times.

    Parameters
    ----------
    scores : array_like (N,)
        Higher is more alike, or lower if ``distance``; NaN is left out.
    genuine : array_like (N,)
        1 for two pictures of one person, 0 for two people.
    identities : (array_like (N,), array_like (N,))
        Who is on the first and on the second side of every pair.
    group : array_like (N,), or (array_like (N,), array_like (N,)), optional
        The group of each pair, or the groups of both sides.
    threshold : float, optional
        Adds FMR and FNMR at this threshold, which is taken as given: nothing of how it was found is
        in the intervals. NaN, a threshold that could not be chosen, gives NaN and says so.
    far : float or sequence of float
        False accept rates for TAR@FAR, in [0, 1].
    impostors : {"within", "all"}
        Whether impostor pairs count for the group of both sides, or for that of either.
    distance : bool
        Whether lower scores are more alike.
    replicates, seed : int
        How often people are drawn, and from which random start.

    Returns
    -------
    Sample

    Raises
    ------
    InputError
        If lengths differ, there are no pairs, or an argument is out of range.
    BadTable
        If a label is neither 0 nor 1, a score no number, somebody has no identity, or labels
        contradict identities.

    Examples
    --------
    >>> found = bootstrap(
    ...     [0.9, 0.8, 0.7, 0.4, 0.3, 0.2], [1, 1, 1, 0, 0, 0],
    ...     (["ann", "bea", "cem", "ann", "ann", "bea"], ["ann", "bea", "cem", "bea", "cem", "cem"]),
    ...     threshold=0.5, replicates=50,
    ... )
    >>> found.measures["metric"].tolist()[:4]
    ['FMR', 'FNMR', 'EER', 'AUC']
    """
    at = None if threshold is None else threshold_given(threshold)
    pairs = checked(scores, genuine, group, impostors, distance)
    curves = curves_of(with_people(pairs, identities, scores))
    return drawn(curves, at, fars(far), replicates, seed)


def drawn(
    curves: Sequence[Curve],
    threshold: float | None,
    far: Sequence[float],
    replicates: int,
    seed: int,
) -> Sample:
    """Draw people anew from pairs that are sorted already; see :func:`bootstrap`."""
    pairs = curves[0].pairs
    times, start = arguments.count(replicates, "replicates"), arguments.seed(seed)
    counts = _draw_people(pairs, times, start)
    rows = [
        row for each in curves for row in _measured(each, wanted_of(each, threshold, far), counts)
    ]
    described, draws, spread, freedom, its = zip(*rows, strict=True)
    return Sample(
        pd.DataFrame(described).assign(impostors=pairs.impostors if pairs.names else "all"),
        np.column_stack(draws),
        np.array(spread),
        np.array(freedom),
        its,
    )


def require_sample(sample: Sample) -> None:
    """Check that something is a sample.

    Raises
    ------
    InputError
        If it is anything else.
    """
    if not isinstance(sample, Sample):
        raise InputError(
            f"sample must be what verification.bootstrap gives, not a {type(sample).__name__}."
        )


def _draw_people(pairs: Pairs, replicates: int, seed: int) -> np.ndarray:
    """How often each person is drawn, group by group, as many as there are: (R, people)."""
    stratum = np.full(pairs.people, -2)
    stratum[pairs.two], stratum[pairs.one] = pairs.group2, pairs.group1
    random = np.random.default_rng(seed)
    counts = np.zeros((replicates, len(stratum)))
    for number in np.unique(stratum[stratum > -2]):
        members = np.flatnonzero(stratum == number)
        share = np.full(len(members), 1 / len(members))
        counts[:, members] = random.multinomial(len(members), share, size=replicates)
    return counts


def _measured(curve: Curve, wanted: list[Wanted], counts: np.ndarray) -> list[tuple[Any, ...]]:
    """Every measure of one group: what it is, its draws, spread, freedom and false matches."""
    at_once = max(1, _AT_ONCE // max(1, len(curve.one)))
    starts = range(0, len(counts), at_once)
    show = len(curve.one) * len(counts) > _LONG
    parts = [
        replicated(curve, wanted, counts[start : start + at_once])
        for start in tqdm(starts, desc=f"drawing people ({curve.group})", disable=not show)
    ]
    draws = np.concatenate(parts, axis=1)
    alike = likeness(curve, curve.one, curve.two, curve.dyad)
    rows = []
    for column, (each, described) in enumerate(zip(wanted, _described(curve, wanted), strict=True)):
        its = behind(curve, alike, each)
        error = certainty(curve, each, its, draws[..., column])
        rows.append((described, draws[0, :, column], *error, its))
    return rows


def _described(curve: Curve, wanted: list[Wanted]) -> list[dict[str, Any]]:
    genuine_people = len(np.unique(curve.person))
    dyads = int(curve.dyad.max()) + 1 if len(curve.dyad) else 0
    common = {
        "group": curve.group,
        "n_genuine": curve.n_genuine,
        "n_impostor": curve.n_impostor,
        "n_identities": len(np.unique(np.concatenate([curve.one, curve.two, curve.person]))),
    }
    return [
        {
            "metric": each.name,
            **common,
            "n_units": dyads if each.kind == "FMR" else genuine_people,
            "value": each.value,
            "note": (curve.note if np.isnan(each.value) else "") or each.note,
        }
        for each in wanted
    ]
