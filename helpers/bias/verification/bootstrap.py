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

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from tqdm.auto import tqdm

from helpers import arguments
from helpers.bias.verification.comparisons import (
    Arranged,
    Comparisons,
    Groups,
    Impostors,
    Sides,
    arrange,
    comparisons,
    identity_numbers,
    one_order,
)
from helpers.bias.verification.curves import (
    FARS,
    auc_of,
    curve_of,
    eer_of,
    fars,
    note,
    step_at,
    tar_of,
    threshold_note,
    thresholds_given,
)
from helpers.bias.verification.extremes import (
    AtFar,
    FalseMatches,
    Likeness,
    det_slope,
    false_matches,
    likeness,
)

_AT_ONCE = 1_000_000  # weights of pairs held at a time; about 8 MB an array
_LEAST_FREEDOM = 6.0  # below, Student's quantile says nothing about single errors any more
_ALIKE = 1e-12  # standard error that is rounding: people do not differ at all
_LONG = 100_000_000  # weights, from which on a bar shows how far it is


@dataclass(frozen=True, eq=False)
class Bootstrap:
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
    behind: "tuple[FalseMatches | AtFar | None, ...]"

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
) -> Bootstrap:
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
    Bootstrap

    Raises
    ------
    InputError, BadTable
        See :func:`comparisons`; BadTable also if labels contradict the identities.

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
    times, start = arguments.count(replicates, "replicates"), arguments.seed(seed)
    at = None if threshold is None else thresholds_given(threshold)
    pairs = comparisons(scores, genuine, group, impostors, distance)
    one_order(scores=scores, identities=identities)
    people = identity_numbers(identities, pairs, arguments.length(scores, "scores"))
    counts = _draw_people(pairs, people, times, start)
    plans = _plans(pairs, people)
    at = None if at is None else pairs.sign * at
    parts = [_measured(plan, _wanted(plan.unit, at, fars(far)), counts) for plan in plans]
    choice = pairs.impostors if pairs.names else "all"
    return Bootstrap(
        pd.concat([part.measures for part in parts], ignore_index=True).assign(impostors=choice),
        np.concatenate([part.draws for part in parts], axis=1),
        np.concatenate([part.spread for part in parts]),
        np.concatenate([part.freedom for part in parts]),
        tuple(each for part in parts for each in part.behind),
    )


@dataclass(frozen=True, eq=False)
class _Plan:
    """Whose pairs stand where in the sorted order of a group."""

    unit: Arranged
    one: np.ndarray  # (I,) the two people of every impostor pair
    two: np.ndarray
    person: np.ndarray  # (G,) of every genuine pair
    dyad: np.ndarray  # (I,) number of the two people's pair
    people: int  # in the whole table
    alike: Likeness

    def false_matches(self, accepted: int) -> FalseMatches:
        return false_matches(accepted, self.alike, self.one, self.two, self.dyad)


@dataclass(frozen=True)
class _Wanted:
    """A measure, its value, and the step of the curve at which it stands."""

    kind: str
    name: str
    value: float
    step: int
    far: float = 0.0
    note: str = ""


def _plans(pairs: Comparisons, people: tuple[np.ndarray, ...]) -> list[_Plan]:
    one, two = people
    count = int(max(one.max(), two.max())) + 1
    keys = np.minimum(one, two).astype(np.int64) * count + np.maximum(one, two)
    plans = []
    for unit in arrange(pairs):
        dyad = pd.factorize(keys[unit.impostors])[0].astype(np.int32)
        first, second = one[unit.impostors], two[unit.impostors]
        alike = likeness(unit, first, second, dyad)
        plans.append(_Plan(unit, first, second, one[unit.genuine], dyad, count, alike))
    return plans


def _draw_people(
    pairs: Comparisons, people: tuple[np.ndarray, ...], replicates: int, seed: int
) -> np.ndarray:
    """How often each person is drawn, group by group, as many as there are: (R, people)."""
    one, two = people
    stratum = np.full(int(max(one.max(), two.max())) + 1, -2)
    stratum[two], stratum[one] = pairs.group2, pairs.group1
    random = np.random.default_rng(seed)
    counts = np.zeros((replicates, len(stratum)))
    for number in np.unique(stratum[stratum > -2]):
        members = np.flatnonzero(stratum == number)
        share = np.full(len(members), 1 / len(members))
        counts[:, members] = random.multinomial(len(members), share, size=replicates)
    return counts


def _wanted(unit: Arranged, threshold: float | None, far: Sequence[float]) -> list[_Wanted]:
    fmr, fnmr = curve_of(unit)
    wanted = []
    if threshold is not None:
        step, said = unit.step(threshold), threshold_note(threshold)
        wanted = [
            _Wanted(kind, kind, np.nan if said else float(rate[step]), step, note=said)
            for kind, rate in (("FMR", fmr), ("FNMR", fnmr))
        ]
    crossing = 0 if note(unit) else int(np.searchsorted(fmr - fnmr, 0.0))
    wanted.append(_Wanted("EER", "EER", float(eer_of(unit)["eer"]), crossing))
    wanted.append(_Wanted("AUC", "AUC", auc_of(unit), 0))
    for rate in far:
        found = tar_of(unit, rate)
        step, said = step_at(unit, rate), str(found.get("note", ""))
        wanted.append(_Wanted("TAR", f"TAR@FAR={rate:g}", float(found["tar"]), step, rate, said))
    return wanted


def _measured(plan: _Plan, wanted: list[_Wanted], counts: np.ndarray) -> Bootstrap:
    """Every measure of one group, with its draws."""
    at_once = max(1, _AT_ONCE // max(1, len(plan.one)))
    starts = range(0, len(counts), at_once)
    show = len(plan.one) * len(counts) > _LONG
    parts = [
        _replicates(plan, wanted, counts[start : start + at_once])
        for start in tqdm(starts, desc=f"drawing people ({plan.unit.group})", disable=not show)
    ]
    values, fmr, fnmr = np.concatenate(parts, axis=1)
    behind = tuple(_behind(plan, each) for each in wanted)
    certainty = [
        _certainty(plan, each, its, values[:, column], fmr[:, column], fnmr[:, column])
        for column, (each, its) in enumerate(zip(wanted, behind, strict=True))
    ]
    spread, freedom = np.array(certainty).T
    return Bootstrap(_described(plan, wanted), values, spread, freedom, behind)


def _described(plan: _Plan, wanted: list[_Wanted]) -> pd.DataFrame:
    unit = plan.unit
    genuine_people = len(np.unique(plan.person))
    people = len(np.unique(np.concatenate([plan.one, plan.two, plan.person])))
    dyads = int(plan.dyad.max()) + 1 if len(plan.dyad) else 0
    common = {
        "group": unit.group,
        "n_genuine": unit.n_genuine,
        "n_impostor": unit.n_impostor,
        "n_identities": people,
    }
    rows = [
        {
            "metric": each.name,
            **common,
            "n_units": dyads if each.kind == "FMR" else genuine_people,
            "value": each.value,
            "note": (note(unit) if np.isnan(each.value) else "") or each.note,
        }
        for each in wanted
    ]
    return pd.DataFrame(rows)


def _replicates(plan: _Plan, wanted: list[_Wanted], counts: np.ndarray) -> np.ndarray:
    """Values, and both rates at the measures' steps, in some replicates: (3, R, measures)."""
    unit = plan.unit
    impostor = _running(counts.take(plan.one, axis=1) * counts.take(plan.two, axis=1))
    genuine = _running(counts.take(plan.person, axis=1))
    steps = np.array([each.step for each in wanted])
    with np.errstate(invalid="ignore", divide="ignore"):
        fmr = impostor[:, unit.accepted_impostors[steps]] / impostor[:, -1:]
        fnmr = 1 - genuine[:, unit.accepted_genuine[steps]] / genuine[:, -1:]
        values = np.empty_like(fmr)
        for column, each in enumerate(wanted):
            at_step = {"FMR": fmr, "FNMR": fnmr}.get(each.kind)
            if np.isnan(each.value):
                values[:, column] = np.nan
            else:
                values[:, column] = (
                    _value(unit, each, impostor, genuine) if at_step is None else at_step[:, column]
                )
    return np.stack([values, fmr, fnmr])


def _value(
    unit: Arranged, wanted: _Wanted, impostor: np.ndarray, genuine: np.ndarray
) -> np.ndarray:
    if wanted.kind == "EER":
        return _eers(unit, impostor, genuine)
    if wanted.kind == "AUC":
        return _aucs(unit, impostor, genuine)
    return _tars(unit, wanted.far, impostor, genuine)


def _running(weights: np.ndarray) -> np.ndarray:
    total = np.zeros((len(weights), weights.shape[1] + 1))
    np.cumsum(weights, axis=1, out=total[:, 1:])
    return total


def _eers(unit: Arranged, impostor: np.ndarray, genuine: np.ndarray) -> np.ndarray:
    """Where FMR - FNMR, which rises with every step, crosses zero: by bisection in all rows."""
    rows = np.arange(len(impostor))

    def rates(step: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        accepted = impostor[rows, unit.accepted_impostors[step]] / impostor[:, -1]
        return accepted, 1 - genuine[rows, unit.accepted_genuine[step]] / genuine[:, -1]

    low, high = np.zeros(len(rows), int), np.full(len(rows), len(unit.scores))
    for _ in range(len(unit.scores).bit_length()):
        middle = (low + high) // 2
        fmr, fnmr = rates(middle)
        beyond = fmr >= fnmr
        low, high = np.where(beyond, low, middle + 1), np.where(beyond, middle, high)
        low = np.minimum(low, high)
    before, after = rates(np.maximum(high - 1, 0)), rates(high)
    gap, rest = before[1] - before[0], after[0] - after[1]
    return np.asarray(before[0] + gap / (gap + rest) * (after[0] - before[0]))


def _aucs(unit: Arranged, impostor: np.ndarray, genuine: np.ndarray) -> np.ndarray:
    """The area, summed over genuine pairs: there are fewer of them."""
    weights = np.diff(genuine, axis=1)
    below, at = _impostors_above(unit)
    above = impostor.take(below, axis=1)
    if at is not None:
        above = (above + impostor.take(at, axis=1)) / 2
    beaten = np.einsum("rg,rg->r", weights, above)
    return np.asarray(1 - beaten / (genuine[:, -1] * impostor[:, -1]))


def _impostors_above(unit: Arranged) -> tuple[np.ndarray, np.ndarray | None]:
    """How many impostor pairs beat each genuine pair, and how many do or tie if some tie."""
    step = np.repeat(np.arange(1, len(unit.scores) + 1), np.diff(unit.accepted_genuine))
    above, tied = unit.accepted_impostors[step - 1], unit.accepted_impostors[step]
    return above, (tied if (above != tied).any() else None)


def _tars(unit: Arranged, far: float, impostor: np.ndarray, genuine: np.ndarray) -> np.ndarray:
    allowed = far * impostor[:, -1] * (1 + 1e-12)
    accepted = [
        np.searchsorted(row, most, side="right") - 1
        for row, most in zip(impostor, allowed, strict=True)
    ]
    # Of tied scores, all or none.
    steps = np.searchsorted(unit.accepted_impostors, accepted, side="right") - 1
    rows = np.arange(len(impostor))
    return np.asarray(genuine[rows, unit.accepted_genuine[steps]] / genuine[:, -1])


def _behind(plan: _Plan, wanted: _Wanted) -> FalseMatches | AtFar | None:
    """What the false matches at a measure's threshold are worth."""
    if not np.isfinite(wanted.value) or wanted.kind in ("FNMR", "AUC"):
        return None
    matches = plan.false_matches(int(plan.unit.accepted_impostors[wanted.step]))
    if wanted.kind != "TAR":
        return matches
    accepted = _influence(_accepted(len(plan.person), plan.unit.accepted_genuine[wanted.step]))
    spread, freedom = _dyadic(plan, np.zeros(len(plan.one)), accepted)
    return AtFar(
        wanted.value,
        wanted.far,
        matches,
        det_slope(plan.unit, matches.accepted),
        plan.unit.n_genuine,
        len(np.unique(plan.person)),
        spread,
        freedom,
        _correlation(plan, wanted.step, matches, accepted, spread),
    )


def _correlation(
    plan: _Plan, step: int, matches: FalseMatches, genuine: np.ndarray, spread: float
) -> float:
    """Of the errors of TAR and FMR at one threshold, through the people in both; 0 if above."""
    impostor = _influence(_accepted(len(plan.one), plan.unit.accepted_impostors[step]))
    shared = sum(np.bincount(side, impostor, plan.people) for side in (plan.one, plan.two))
    together = float((shared * np.bincount(plan.person, genuine, plan.people)).sum())
    error = spread * _spread_of(matches)
    return min(max(together / error, -1.0), 0.0) if error > 0 else 0.0


def _spread_of(matches: FalseMatches) -> float:
    rate = matches.accepted / matches.pairs
    return float(np.sqrt(rate * (1 - rate) * matches.inflation / matches.pairs))


def _certainty(
    plan: _Plan,
    wanted: _Wanted,
    behind: FalseMatches | AtFar | None,
    values: np.ndarray,
    fmr: np.ndarray,
    fnmr: np.ndarray,
) -> tuple[float, float]:
    """Standard error of a measure and its degrees of freedom; NaN where it is undefined."""
    if not np.isfinite(wanted.value):
        return np.nan, np.nan
    if isinstance(behind, AtFar):
        return behind.standard_error(), behind.freedom
    if wanted.kind == "AUC":
        impostor, genuine = _placements(plan.unit)
    else:
        on_fmr, on_fnmr = _slopes(wanted.kind, values, fmr, fnmr)
        impostor = on_fmr * _accepted(len(plan.one), plan.unit.accepted_impostors[wanted.step])
        genuine = -on_fnmr * _accepted(len(plan.person), plan.unit.accepted_genuine[wanted.step])
    spread, freedom = _dyadic(plan, _influence(impostor), _influence(genuine))
    if wanted.kind == "FMR" and behind is not None:
        spread = max(spread, _spread_of(behind)) if np.isfinite(spread) else spread
    return spread, freedom


def _slopes(
    kind: str, values: np.ndarray, fmr: np.ndarray, fnmr: np.ndarray
) -> tuple[float, float]:
    """How a measure follows the rates at its threshold: the draws themselves tell."""
    if kind in ("FMR", "FNMR"):
        return float(kind == "FMR"), float(kind == "FNMR")
    known = np.isfinite(values) & np.isfinite(fmr) & np.isfinite(fnmr)
    if known.sum() < 3:
        return np.nan, np.nan
    causes = np.column_stack([fmr, fnmr])[known]
    found = np.linalg.lstsq(causes - causes.mean(0), values[known] - values[known].mean())[0]
    return float(found[0]), float(found[1])


def _accepted(count: int, first: int) -> np.ndarray:
    return (np.arange(count) < first).astype(float)


def _placements(unit: Arranged) -> tuple[np.ndarray, np.ndarray]:
    """What each pair adds to the AUC: the share of the other kind on its right side."""
    fmr, fnmr = curve_of(unit)
    genuine_above = (2 - fnmr[1:] - fnmr[:-1]) / 2
    impostors_below = 1 - (fmr[1:] + fmr[:-1]) / 2
    return (
        np.repeat(genuine_above, np.diff(unit.accepted_impostors)),
        np.repeat(impostors_below, np.diff(unit.accepted_genuine)),
    )


def _influence(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / len(values) if len(values) else values


def _dyadic(plan: _Plan, impostor: np.ndarray, genuine: np.ndarray) -> tuple[float, float]:
    """Standard error of the sum of all pairs' influences, and its degrees of freedom."""
    sides = (plan.one, plan.two) if impostor.any() else ()
    present = np.zeros(plan.people, bool)
    for side in (*sides, plan.person) if genuine.any() or not sides else sides:
        present[side] = True
    alone = np.bincount(plan.person, genuine, plan.people)
    shared = sum(
        (np.bincount(side, impostor, plan.people) for side in sides), np.zeros(plan.people)
    )
    by_chance = float((np.bincount(plan.dyad, impostor) ** 2).sum()) if sides else 0.0
    n = int(present.sum())
    if n < 3:
        return np.nan, np.nan
    # Two people's common pairs are in the sums of both. Residuals of people are too small by
    # (n - 2) / n where pairs have two people, as those of single values are.
    total = float(((alone + shared) ** 2).sum()) - by_chance
    scale = n * (n - 1) / (n - 2) ** 2 if sides else n / (n - 1)
    least = by_chance + float((alone**2).sum())  # of independent people and pairs of people
    spread = float(np.sqrt(scale * max(total, least)))
    return (0.0 if spread <= _ALIKE else spread), _freedom((alone + shared)[present])


def _freedom(influence: np.ndarray) -> float:
    """Degrees of freedom of a variance, after the kurtosis of what it is made from.

    2 n / (kurtosis - 1) would do for many people. Of few, the kurtosis comes out too small; a third
    less brings the coverage of the intervals in simulations to what they say.
    """
    most = len(influence) - 1.0
    spread = influence - influence.mean()
    if not spread.any():
        return most
    kurtosis = (spread**4).mean() / (spread**2).mean() ** 2
    found = 4 / 3 * len(influence) / max(kurtosis - 1, 1e-9)
    return float(min(max(found, _LEAST_FREEDOM), most))
