"""Standard errors of measures whose pairs share people, and what false matches are worth.

The dyadic cluster-robust variance (Fafchamps & Gubert, J. Development Economics 2007; Aronow, Samii
& Assenova, Political Analysis 2015): a measure is a sum of what every pair adds to it, and two pairs
vary together where they share a person.
"""

import numpy as np

from helpers.bias.verification import extremes
from helpers.bias.verification.curves import Curve
from helpers.bias.verification.extremes import AtFar, FalseMatches, Likeness
from helpers.bias.verification.replicates import Wanted

_LEAST_FREEDOM = 6.0  # below, Student's quantile says nothing about single errors any more
_ALIKE = 1e-12  # standard error that is rounding: people do not differ at all


def behind(curve: Curve, alike: Likeness, wanted: Wanted) -> FalseMatches | AtFar | None:
    """Say what the false matches at a measure's threshold are worth.

    Parameters
    ----------
    curve : Curve
        The group.
    alike : Likeness
        How its impostor pairs go together.
    wanted : Wanted
        The measure.

    Returns
    -------
    FalseMatches, AtFar or None
        None where the measure has no threshold, or no value.
    """
    if not np.isfinite(wanted.value) or wanted.kind in ("FNMR", "AUC"):
        return None
    accepted = int(curve.accepted_impostors[wanted.step])
    matches = extremes.false_matches(accepted, alike, curve.one, curve.two, curve.dyad)
    if wanted.kind != "TAR":
        return matches
    genuine = _influence(_accepted(len(curve.person), curve.accepted_genuine[wanted.step]))
    spread, freedom = _dyadic(curve, np.zeros(len(curve.one)), genuine)
    return AtFar(
        wanted.value,
        wanted.far,
        matches,
        extremes.det_slope(curve, matches.accepted),
        curve.n_genuine,
        len(np.unique(curve.person)),
        spread,
        freedom,
        _correlation(curve, matches, genuine, spread),
    )


def certainty(
    curve: Curve, wanted: Wanted, its: FalseMatches | AtFar | None, draws: np.ndarray
) -> tuple[float, float]:
    """Return the standard error of a measure and its degrees of freedom; NaN where undefined.

    Parameters
    ----------
    curve : Curve
        The group.
    wanted : Wanted
        The measure.
    its : FalseMatches, AtFar or None
        From :func:`behind`.
    draws : numpy.ndarray (3, R)
        The measure with other people, and both rates at its threshold.

    Returns
    -------
    (spread, freedom) : tuple of float
    """
    if not np.isfinite(wanted.value):
        return np.nan, np.nan
    if isinstance(its, AtFar):
        return its.standard_error(), its.freedom
    if wanted.kind == "AUC":
        impostor, genuine = _placements(curve)
    else:
        on_fmr, on_fnmr = _slopes(wanted.kind, *draws)
        impostor = on_fmr * _accepted(len(curve.one), curve.accepted_impostors[wanted.step])
        genuine = -on_fnmr * _accepted(len(curve.person), curve.accepted_genuine[wanted.step])
    spread, freedom = _dyadic(curve, _influence(impostor), _influence(genuine))
    if wanted.kind == "FMR" and its is not None and np.isfinite(spread):
        spread = max(spread, its.spread)
    return spread, freedom


def _correlation(curve: Curve, matches: FalseMatches, genuine: np.ndarray, spread: float) -> float:
    """Of the errors of TAR and FMR at one threshold, through the people in both; 0 if above."""
    impostor = _influence(_accepted(len(curve.one), matches.accepted))
    shared = _of_people(curve, impostor) * np.bincount(curve.person, genuine, curve.pairs.people)
    error = spread * matches.spread
    return min(max(float(shared.sum()) / error, -1.0), 0.0) if error > 0 else 0.0


def _of_people(curve: Curve, impostor: np.ndarray) -> np.ndarray:
    """What the impostor pairs of each person add: (people,)."""
    one, two = (np.bincount(side, impostor, curve.pairs.people) for side in (curve.one, curve.two))
    return np.asarray(one + two)


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
    found = np.linalg.lstsq(causes - causes.mean(0), values[known])[0]
    return float(found[0]), float(found[1])


def _accepted(count: int, first: int) -> np.ndarray:
    return (np.arange(count) < first).astype(float)


def _placements(curve: Curve) -> tuple[np.ndarray, np.ndarray]:
    """What each pair adds to the AUC: the share of the other kind on its right side."""
    fmr, fnmr = curve.fmr, curve.fnmr
    genuine_above = (2 - fnmr[1:] - fnmr[:-1]) / 2
    impostors_below = 1 - (fmr[1:] + fmr[:-1]) / 2
    return (
        np.repeat(genuine_above, np.diff(curve.accepted_impostors)),
        np.repeat(impostors_below, np.diff(curve.accepted_genuine)),
    )


def _influence(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / len(values) if len(values) else values


def _dyadic(curve: Curve, impostor: np.ndarray, genuine: np.ndarray) -> tuple[float, float]:
    """Standard error of the sum of all pairs' influences, and its degrees of freedom."""
    in_pairs, in_person = bool(impostor.any()), bool(genuine.any() or not impostor.any())
    present = np.zeros(curve.pairs.people, bool)
    present[curve.one] = present[curve.two] = in_pairs
    present[curve.person] |= in_person
    n = int(present.sum())
    if n < 3:
        return np.nan, np.nan
    alone = np.bincount(curve.person, genuine, curve.pairs.people)
    together = alone + _of_people(curve, impostor)
    by_chance = float((np.bincount(curve.dyad, impostor) ** 2).sum())
    # Two people's common pairs are in the sums of both. Residuals of people are too small by
    # (n - 2) / n where pairs have two people, as those of single values are.
    total = float((together**2).sum()) - by_chance
    scale = n * (n - 1) / (n - 2) ** 2 if in_pairs else n / (n - 1)
    least = by_chance + float((alone**2).sum())  # of independent people and pairs of people
    spread = float(np.sqrt(scale * max(total, least)))
    return (0.0 if spread <= _ALIKE else spread), _freedom(together[present])


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
