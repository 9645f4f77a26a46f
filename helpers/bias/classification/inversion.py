"""Intervals of figures that chance alone makes larger: gaps between groups, calibration errors.

The largest gap among many groups is positive even where no group differs: chance sees to it. The
ordinary bootstrap adds the same bias a second time, and where no error was seen it sees none
either and calls a gap of zero certain. Here the question is turned round: *which true gaps would
often enough give a gap like the one that was seen?*

Each end has its own test, because what chance may do differs:

- **Upper end.** However many groups there are, the true gap lies between two of them. So it is the
  upper limit for two groups, of the pair that could be furthest apart: the largest gap at which
  their likeliest rates (Miettinen & Nurminen 1985) would show no more than was seen in at least
  2.5 % of audits. It has no need to know how the other groups compete.
- **Lower end.** A large gap among many groups may be luck, and how much depends on how many compete
  to be the extreme one. So it is the smallest gap at which the largest of all gaps reaches the
  observed one often enough, in the likeliest world with that gap. It is tested with what the
  upper end leaves of the permitted error: all 5 % at parity, where a gap cannot be too small, and
  half of it where groups are far apart.

Chances are exact sums over binomial counts, not simulated, except for the calibration error. Counts
are whole numbers, so a test at exactly 5 % does not exist: of audits with just the observed gap,
a share is counted (:data:`TIES`) between a half (mid-p: holds the truth in 91.9 % at 20 + 20 faces)
and all (wider than Newcombe's interval by up to 12 % there).

Measured on the differences of one metric, at 95 %. Two groups, all pairs of counts weighted with
their chance: 20 + 20, 10 + 40, 50 + 50, 65 + 65 and 50 + 500 faces, true rates from .001 to .999,
hold the truth in 93.4 % or more; where each group expects five errors or more in at most 97 %, and
near the ends, where one error decides, in up to 100 %. They are on average as wide as Newcombe's
interval (.90 to 1.08 of it). Three, seven and fourteen groups, 300 or 500 simulated audits of each
pattern: 95 to 97 % at parity, with one or two groups behind (one of 20 faces among them) and in
two camps; 98 to 99 % where all groups differ a little. The upper end is cautious there: nearly all
misses are true gaps below the interval.

References
----------
Miettinen, O. & Nurminen, M. (1985). Comparative analysis of two rates. Statistics in Medicine 4.
Newcombe, R. G. (1998). Statistics in Medicine 17. Carpenter, J. (1999). Test inversion bootstrap
confidence intervals. JRSS B 61.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special

from helpers.bias.classification.extremes import (
    NEAR,
    Measure,
    chances_of_gap,
    chances_of_pair,
    chances_of_smallest,
    likeliest,
    likeliest_pair,
    spread,
)
from helpers.intervals import edge, score_limits

Array: TypeAlias = NDArray[np.float64]
Counts: TypeAlias = tuple[Array, Array]

TIES = 0.65
"""The share of audits with just the observed figure that count as at least, or at most, as large.

Chosen by enumerating all pairs of counts of two groups; tests repeat it.
"""

_GUESSED = 0.8
"""The share of the permitted error that a test in a guessed world takes; parity needs no guess."""

_STEPS = 16  # halvings of the range that is searched: to 1/65,000 of it


@dataclass(frozen=True)
class Inverted:
    """A figure with what it would be by chance.

    Attributes
    ----------
    value, low, high : float
        The figure as observed, and its interval, which holds it.
    by_chance : float
        Its mean where there is parity: what a gap of zero looks like with so few faces.
    p : float
        How often chance alone, at parity, shows a figure at least as large; NaN where that is no
        question.
    """

    value: float
    low: float
    high: float
    by_chance: float
    p: float = float("nan")


UNKNOWN = Inverted(np.nan, np.nan, np.nan, np.nan)
"""A figure of which nothing is known."""


def gap_interval(
    metrics: Sequence[Counts], measure: Measure, level: float = 0.95, seed: int = 0
) -> Inverted:
    """The largest gap between groups, in one metric or the worse of several, with its interval.

    Parameters
    ----------
    metrics : sequence of (hits, n)
        Each an array (K,): so many of so many in each group, every ``n`` at least 1. Metrics are
        about different faces, so luck in one is none in the other.
    measure : Measure
        ``DIFFERENCE`` or ``RATIO``; the second needs a hit in every metric.
    level : float
        Confidence level in (0, 1).
    seed : int
        Of the draws behind ``by_chance``; the interval is not simulated.

    Returns
    -------
    Inverted
        Bounds are those of a difference, or of 1 - smallest / largest.
    """
    gaps = [float(spread(hits / n, measure)) for hits, n in metrics]
    observed, alpha = max(gaps), 1 - level
    flat = [np.full(len(n), hits.sum() / n.sum()) for hits, n in metrics]
    below, _ = _together(metrics, flat, observed, measure)

    def reached(gap: float) -> bool:
        """Whether luck makes so large a gap of a true one often enough."""
        worlds = [likeliest(hits, n, gap, measure) for hits, n in metrics]
        less, most = _together(metrics, worlds, observed, measure)
        missed = _missed_above(metrics, worlds, gap, measure, alpha)
        permitted = min(alpha - missed, alpha * _GUESSED) if gap > 0 else alpha
        return 1 - most + TIES * (most - less) > permitted

    low = edge(reached, observed, 0.0, _STEPS)
    high = max(_upper(metrics, measure, alpha), observed)
    chance = _by_chance(metrics, flat, measure, seed)
    return Inverted(observed, low, high, chance, max(1 - below, 0.0))


def smallest_interval(hits: Array, n: Array, level: float = 0.95, seed: int = 0) -> Inverted:
    """The smallest of several rates, with an interval that knows that it was chosen.

    The group that looks worst is partly the unluckiest, so its own interval lies too low. The upper
    end is the largest rate at which the smallest of all is seen so low often enough, in the world
    in which groups below it are lifted to it. The lower end is the lowest that any single group
    allows.

    Parameters
    ----------
    hits, n : array (K,)
        So many of so many in each group; every ``n`` at least 1.
    level : float
        Confidence level in (0, 1).
    seed : int
        Of the draws behind ``by_chance``; the interval is not simulated.

    Returns
    -------
    Inverted
        ``by_chance`` is what the smallest rate would be if all groups had the pooled rate.
    """
    rates, alpha = hits / n, 1 - level
    observed, unluckiest = float(rates.min()), int(rates.argmin())

    def reached(lowest: float) -> bool:
        error = np.sqrt((lowest * (1 - lowest) + 0.5 / n) / n)
        world = np.where(rates < lowest + NEAR * error, lowest, rates)
        less, most = chances_of_smallest(n, world, observed)
        bound = lowest + _z(alpha) * np.sqrt(lowest * (1 - lowest) / n[unluckiest])
        missed = min(1 - chances_of_smallest(n, world, bound)[0], alpha / 2)
        return less + TIES * (most - less) > min(alpha - missed, alpha * _GUESSED)

    high = edge(reached, observed, 1.0, _STEPS)
    flat = np.full(len(n), hits.sum() / n.sum())
    drawn = np.random.default_rng(seed).binomial(n.astype(np.int64), flat, (2000, len(n))) / n
    return Inverted(observed, _lowest(hits, n, alpha), high, float(drawn.min(axis=1).mean()))


def inverted(
    draw: Callable[[float], Array],
    truth: Callable[[float], float],
    observed: float,
    above: tuple[Callable[[float], Array], Callable[[float], float]],
    level: float = 0.95,
) -> Inverted:
    """The interval of a figure that is simulated, smallest at parity and larger away from it.

    Parameters
    ----------
    draw : callable
        From how far a world is from parity (0 or more) to figures of audits in it.
    truth : callable
        From the same to the true figure of that world, which grows.
    observed : float
        The figure as it was seen.
    above : pair of callables
        ``draw`` and ``truth`` for the upper bound: worlds in which chance adds less to the figure.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    Inverted
        At parity all of the permitted error is given to "too large", far from it half of it (a
        tail function, Puza & O'Neill 2006). The upper bound is that of an audit as large as the
        middle one at parity, if this one shows less: so few faces exclude no more than that.
    """
    alpha, null = 1 - level, draw(0.0)
    noise = max(float(np.quantile(null, level)) - truth(0.0), 1e-12)
    seen = max(observed, float(np.median(null)))

    def tail(true: float) -> float:
        return alpha * (1 - 0.5 * min((true - truth(0.0)) / noise, 1.0))

    def reached(far: float) -> bool:
        return float(np.mean(draw(far) >= observed - 1e-12)) > tail(truth(far))

    def not_passed(far: float) -> bool:
        drawn, true = above
        return float(np.mean(drawn(far) <= seen + 1e-12)) > alpha - tail(true(far))

    low = truth(edge(reached, _outside(lambda far: not reached(far)), 0.0, _STEPS))
    high = above[1](edge(not_passed, 0.0, _outside(not_passed), _STEPS))
    return Inverted(observed, min(low, observed), max(high, observed), float(null.mean()))


def _upper(metrics: Sequence[Counts], measure: Measure, alpha: float) -> float:
    """The upper limit of the two groups that could be furthest apart."""
    hits, n, _ = max(
        (_furthest(*counts, measure, alpha) for counts in metrics), key=lambda pair: pair[2]
    )
    observed = max(float(measure.apart(hits[1] / n[1], hits[0] / n[0])), 0.0)
    if observed >= 1:
        return 1.0

    def not_passed(gap: float) -> bool:
        less, most = chances_of_pair(n, likeliest_pair(hits, n, gap, measure), observed, measure)
        return less + TIES * (most - less) > alpha / 2

    return edge(
        not_passed, observed, 1 - 1e-9, _STEPS
    )  # no ratio of 0 where the lower group has hits


def _furthest(hits: Array, n: Array, measure: Measure, alpha: float) -> tuple[Array, Array, float]:
    """Counts of the two groups, the upper one first, that could be furthest apart, and how far."""
    # Two limits at once are as far as one of the difference where each is 1/sqrt(2) as far out.
    low, high = score_limits(hits, n, _z(alpha) / np.sqrt(2))
    gaps = measure.apart(low[None, :], high[:, None])
    np.fill_diagonal(gaps, -1)
    pair = np.array(np.unravel_index(gaps.argmax(), gaps.shape))
    return hits[pair], n[pair], float(gaps.max())


def _missed_above(
    metrics: Sequence[Counts], worlds: Sequence[Array], gap: float, measure: Measure, alpha: float
) -> float:
    """How often the upper bound lies below the true gap in these worlds, at most half of alpha."""
    bounds = []
    for (_, n), world in zip(metrics, worlds, strict=True):
        bottom, top = int(world.argmin()), int(world.argmax())
        error = world * (1 - world) / n
        both = np.sqrt(error[bottom] + error[top]) or 1.0
        low = world[bottom] + _z(alpha) * error[bottom] / both
        high = world[top] - _z(alpha) * error[top] / both
        if spread(world, measure) > gap - 1e-6:
            bounds.append(float(measure.apart(low, high)))
    bound = min(bounds, default=-1.0)
    return min(_together(metrics, worlds, bound, measure)[1], alpha / 2) if bound >= 0 else 0.0


def _together(
    metrics: Sequence[Counts], worlds: Sequence[Array], gap: float, measure: Measure
) -> tuple[float, float]:
    """How often the largest gap of all metrics is below, and how often at most, the given one."""
    pairs = zip(metrics, worlds, strict=True)
    chances = [chances_of_gap(n, world, gap, measure) for (_, n), world in pairs]
    less, most = np.prod(chances, axis=0)
    return float(less), float(most)


def _lowest(hits: Array, n: Array, alpha: float) -> float:
    """The lowest rate that any group allows: exact limits of each alone."""
    low, high = np.zeros(len(n)), hits / n
    for _ in range(40):
        middle = (low + high) / 2
        # Chances of more hits, and of at least as many, as sums of binomial terms.
        more = special.betainc(hits + 1, np.maximum(n - hits, 1), middle) * (hits < n)
        least = np.where(hits > 0, special.betainc(np.maximum(hits, 1), n - hits + 1, middle), 1)
        reached = more + TIES * (least - more) > alpha / 2
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return float(np.where(hits > 0, low, 0).min())


def _by_chance(
    metrics: Sequence[Counts], flat: Sequence[Array], measure: Measure, seed: int
) -> float:
    random = np.random.default_rng(seed)
    drawn = [
        spread(random.binomial(n.astype(np.int64), world, (2000, len(n))) / n, measure)
        for (_, n), world in zip(metrics, flat, strict=True)
    ]
    return float(np.max(drawn, axis=0).mean())


def _outside(plausible: Callable[[float], bool]) -> float:
    """A distance from parity, doubled until it is no longer plausible, 1,024 at most."""
    far = 1.0
    while far < 1024 and plausible(far):
        far *= 2
    return far


def _z(alpha: float) -> float:
    return float(special.ndtri(1 - alpha / 2))
