"""The smallest and the largest of several observed rates: their exact chances in a given world.

A *world* is a true rate for each group. What an audit then finds, so many of so many in each group,
is binomial, and how often the largest and the smallest rate lie so far apart is a sum over all
values that the smallest can take. Nothing is simulated.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array: TypeAlias = NDArray[np.float64]

NEAR = 1.4
"""Groups within so many standard errors of an end of the likeliest world are taken to be there."""

_CELLS = 1500  # more values than this, and neighbours are taken together
_SAME = 1e-9  # rates that differ by less are one: 1/3 and 2/6


@dataclass(frozen=True)
class Measure:
    """How far apart two rates are: 0 at parity, 1 at most.

    Attributes
    ----------
    name : str
        "difference" or "ratio"; the second is 1 - smallest / largest here, so that both grow.
    apart : callable
        From the smallest and the largest rate to the gap.
    largest : callable
        Given a smallest rate and a gap, the largest rate.
    smallest : callable
        Given a largest rate and a gap, the smallest rate.
    top : callable
        The largest rate at a place between 0 and 1 on the way through all worlds of a gap, from
        the one with the lowest rates to that with the highest; the smallest is place * (1 - gap).
    """

    name: str
    apart: Callable[[Array, Array], Array]
    largest: Callable[[Array, float], Array]
    smallest: Callable[[Array, float], Array]
    top: Callable[[Array, float], Array]


def _unlikeness(low: Array, high: Array) -> Array:
    return np.asarray(1 - low / np.where(high > 0, high, 1)) * (high > 0)


def _multiple(low: Array, gap: float) -> Array:
    return np.asarray(low / (1 - gap)) if gap < 1 else np.full_like(low, np.inf)


DIFFERENCE = Measure(
    "difference",
    lambda low, high: np.asarray(high - low),
    lambda low, gap: low + gap,
    lambda high, gap: high - gap,
    lambda place, gap: place * (1 - gap) + gap,
)
RATIO = Measure(
    "ratio", _unlikeness, _multiple, lambda high, gap: high * (1 - gap), lambda place, gap: place
)


def spread(rates: Array, measure: Measure) -> Array:
    """The gap between the smallest and the largest of rates (..., K): an array (...)."""
    return measure.apart(rates.min(axis=-1), rates.max(axis=-1))


def chances_of_gap(n: Array, rates: Array, gap: float, measure: Measure) -> tuple[float, float]:
    """How often the observed gap is below, and how often at most, the given one.

    Parameters
    ----------
    n : array (K,)
        Faces of each group, at least one.
    rates : array (K,)
        The world.
    gap : float
        What the gap is compared with.
    measure : Measure
        Of the gap. A ratio is counted among the audits in which any rate is above 0.

    Returns
    -------
    tuple of float
        Exact while the groups' rates can take no more than 1,500 different values.
    """
    cells = _cells(n, rates)
    less = _sum(n, rates, cells, measure.largest(cells[0], gap) - _SAME)
    most = _sum(n, rates, cells, measure.largest(cells[0], gap) + _SAME)
    if measure.name == "difference":
        return float(less.sum()), float(most.sum())
    nothing = _nothing(n, rates)
    if nothing >= 1:
        return 1.0, 1.0
    # A smallest rate of 0 is the largest gap of all, 1, unless all rates are 0.
    some = cells[0] > 0
    at_most = 1.0 if gap >= 1 - _SAME else float(most[some].sum()) / (1 - nothing)
    return float(less[some].sum()) / (1 - nothing), at_most


def chances_of_smallest(n: Array, rates: Array, at: float) -> tuple[float, float]:
    """How often the smallest observed rate is below, and how often at most, the given one."""
    less = most = 1.0
    for size, rate, count in _alike(n, rates):
        table = _cumulative(size, rate)
        less *= (1 - float(table.up_to(np.array(at - _SAME)))) ** count
        most *= (1 - float(table.up_to(np.array(at + _SAME)))) ** count
    return 1 - less, 1 - most


def chances_of_pair(n: Array, rates: Array, gap: float, measure: Measure) -> tuple[float, float]:
    """The same for two groups in their order: the gap of the first over the second, or below it.

    Parameters
    ----------
    n, rates : array (2,)
        The group with the larger true rate comes first; it may be observed below the other.
    gap : float
        What the gap is compared with, 0 or more.
    measure : Measure
        Of the gap.

    Returns
    -------
    tuple of float
        How often it is below, and how often at most, ``gap``.
    """
    first, second = (_cumulative(int(size), rate) for size, rate in zip(n, rates, strict=True))
    chance, floor = np.diff(first.sums), measure.smallest(first.outcomes / n[0], gap)
    less = float(chance @ (1 - second.up_to(floor + _SAME)))
    most = float(chance @ (1 - second.up_to(floor - _SAME)))
    if measure.name == "difference":
        return less, most
    nothing = _nothing(n, rates)
    if nothing >= 1:
        return 1.0, 1.0
    # Where both are 0 there is no ratio: such audits were counted as "at most".
    return less / (1 - nothing), (most - nothing) / (1 - nothing)


def likeliest(hits: Array, n: Array, gap: float, measure: Measure) -> Array:
    """The world with a given gap that makes the observed counts likeliest, as a test needs it.

    Rates outside the gap are drawn to its ends, the others stay as they are observed. But groups
    near an end compete to be the extreme one, and luck has moved them away from it as often as
    beyond it: those within :data:`NEAR` standard errors are taken to be at the end (moment
    selection, Andrews & Soares 2010, Econometrica 78).

    Parameters
    ----------
    hits, n : array (K,)
        So many of so many in each group.
    gap : float
        No larger than the observed one.
    measure : Measure
        Of the gap.

    Returns
    -------
    array (K,)
        True rates.
    """
    rates = hits / n
    lowest = highest = np.zeros(len(n), dtype=bool)
    for _ in range(3):
        bottom, top = _ends(hits, n, gap, measure, lowest, highest)
        above, below = (top - rates) / _error(top, n), (rates - bottom) / _error(bottom, n)
        highest, lowest = (above <= below) & (above < NEAR), (below < above) & (below < NEAR)
    return np.where(highest, top, np.where(lowest, bottom, np.clip(rates, bottom, top)))


def likeliest_pair(hits: Array, n: Array, gap: float, measure: Measure) -> Array:
    """The likeliest true rates (2,) of two groups of which the first is a given gap above."""
    first = np.array([True, False])
    bottom, top = _ends(hits, n, gap, measure, ~first, first)
    return np.array([top, bottom])


def _ends(
    hits: Array,
    n: Array,
    gap: float,
    measure: Measure,
    lowest: NDArray[np.bool_],
    highest: NDArray[np.bool_],
) -> tuple[float, float]:
    """Smallest and largest rate of the likeliest world in which certain groups have these.

    The likelihood has one peak on the way through all worlds of the gap: it is looked for on a
    grid that closes in on it.
    """
    rates, low, high = (hits / n)[:, None], 0.0, 1.0
    for _ in range(6):
        place = np.linspace(low, high, 17)
        bottom, top = place * (1 - gap), measure.top(place, gap)
        world = np.clip(rates, bottom, top)
        world = np.where(highest[:, None], top, np.where(lowest[:, None], bottom, world))
        likelihood = special.xlogy(hits[:, None], world)
        likelihood = likelihood + special.xlog1py((n - hits)[:, None], -world)
        best = int(likelihood.sum(axis=0).argmax())
        low, high = place[max(best - 1, 0)], place[min(best + 1, 16)]
    return float(bottom[best]), float(top[best])


def _error(rate: float, n: Array) -> Array:
    # Half a face more keeps it above 0 at the ends, where one face off is then no longer near.
    return np.sqrt((rate * (1 - rate) + 0.5 / n) / n)


def _cells(n: Array, rates: Array) -> tuple[Array, Array, Array]:
    """Values that a smallest rate can take, and bounds (left, right] of what each stands for."""
    exact = _values(tuple(np.unique(n).astype(int)))
    if exact is not None:
        return exact, exact - _SAME, exact + _SAME
    around = 9 * np.sqrt(rates * (1 - rates) / n) + 20 / n
    low, high = max(float((rates - around).min()), 0.0), min(float((rates + around).max()), 1.0)
    edges = np.concatenate([[-_SAME], np.linspace(low, high, _CELLS) + _SAME])
    return (edges[1:] + edges[:-1]) / 2, edges[:-1], edges[1:]


@lru_cache(maxsize=64)
def _values(sizes: tuple[int, ...]) -> Array | None:
    if sum(sizes) > 4 * _CELLS:
        return None
    shares = [np.arange(size + 1) / size for size in sizes]
    values = np.unique(np.concatenate(shares).round(12))
    return values if len(values) <= _CELLS else None


def _sum(n: Array, rates: Array, cells: tuple[Array, Array, Array], top: Array) -> Array:
    """Chance of each cell to hold the smallest rate while the largest is at most ``top``."""
    _, left, right = cells
    from_here, above = np.ones(len(left)), np.ones(len(left))
    for size, rate, count in _alike(n, rates):
        table = _cumulative(size, rate)
        reached = table.up_to(top)
        from_here *= np.maximum(reached - table.up_to(left), 0) ** count
        above *= np.maximum(reached - table.up_to(right), 0) ** count
    return from_here - above


def _alike(n: Array, rates: Array) -> list[tuple[int, float, int]]:
    """Size, rate and number of the groups that have both in common."""
    pairs, counts = np.unique(np.stack([n, rates]), axis=1, return_counts=True)
    return [
        (int(size), float(rate), int(count))
        for (size, rate), count in zip(pairs.T, counts, strict=True)
    ]


def _nothing(n: Array, rates: Array) -> float:
    return float(np.exp(special.xlog1py(n, -rates).sum()))


@dataclass(frozen=True)
class _Cumulative:
    """Chances of a binomial count, summed from the left.

    ``outcomes`` are the counts that can be expected to occur at all; ``sums`` is one longer.
    """

    n: int
    outcomes: Array
    sums: Array

    def up_to(self, rate: Array) -> Array:
        """The chance of a rate at most as large."""
        # Rates outside [0, 1], the infinite one of a gap of 1 among them, are below or above all.
        place = np.floor(self.n * np.clip(rate, -1, 2)) + 1 - self.outcomes[0]
        return self.sums[np.clip(place, 0, len(self.outcomes)).astype(int)]


@lru_cache(maxsize=256)
def _cumulative(n: int, rate: float) -> _Cumulative:
    # Beyond nine standard deviations and twenty faces nothing is left that a double could hold.
    around = 9 * np.sqrt(n * rate * (1 - rate)) + 20
    first, last = max(np.floor(n * rate - around), 0), min(np.ceil(n * rate + around), n)
    k = np.arange(first, last + 1)
    ways = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    chance = np.exp(ways + special.xlogy(k, rate) + special.xlog1py(n - k, -rate))
    return _Cumulative(n, k, np.concatenate([[0.0], np.cumsum(chance)]))
