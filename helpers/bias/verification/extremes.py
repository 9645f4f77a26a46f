"""How much a few false matches can tell: rates of rare events among pairs that share people.

At a false match rate of one in a thousand, sixty people leave three or four false matches, and
whoever resembles everybody is in several of them. Of three events nothing can be read about how
much people differ. Of the most alike tenth of the impostor pairs it can: if two pairs that share a
person are both among them more often than chance has it, a person is behind it. Taken as the
correlation of a Gaussian copula (the tetrachoric correlation, Pearson 1900), this says how often
both would be among the most alike thousandth, where there is nothing left to count.

The number of false matches is then divided by that inflation of its variance, and the exact
interval of the fewer, independent ones is taken (Korn & Graubard, Survey Methodology 1998). The
threshold of a false accept rate is uncertain by just that interval (Woodruff, JASA 1952), which is
carried over to the true accept rate along the DET curve, nearly a straight line on its axes of
normal deviates (Martin et al., Eurospeech 1997).
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from helpers.bias.verification.curves import Curve
from helpers.intervals import student, wilson_limits

_TOP = 0.1  # of the impostor pairs, in which it is counted who goes together
_MOST_ALIKE = 0.95  # correlation above which the integral would need more nodes
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(40)
_DEEPER = 30  # times as many false matches: as far as the DET curve's slope is read
_SLOPES = (0.3, 3.0)
_SURE = 0.9


@dataclass(frozen=True)
class Likeness:
    """How impostor pairs of a group go together.

    Attributes
    ----------
    person, couple : float
        Correlation of two pairs of pictures that share one person, and of two that show the same
        two people, in [0, 1).
    sharing, same : float
        How many ordered pairs of pairs there are of either kind.
    pairs, people : int
        How many impostor pairs, and people in them.
    """

    person: float
    couple: float
    sharing: float
    same: float
    pairs: int
    people: int

    def inflation(self, rate: float) -> float:
        """How many times as variable the number of false matches is as for independent pairs."""
        independent = self.pairs * rate * (1 - rate)
        extra = self.sharing * self._beyond(rate, self.person)
        extra += self.same * self._beyond(rate, self.couple)
        return 1 + extra / independent if independent > 0 else 1.0

    def people_behind(self, rate: float) -> float:
        """As how many equal people these count: Kish's effective number, people / (1 + cv^2)."""
        if not rate:
            return float(self.people)
        return self.people / (1 + self._beyond(rate, self.person) / rate**2)

    def _beyond(self, rate: float, correlation: float) -> float:
        """How much more often than by chance two correlated pairs are both false matches."""
        if not correlation:
            return 0.0
        return both_above(float(special.ndtri(1 - rate)), correlation) - rate**2


@dataclass(frozen=True)
class FalseMatches:
    """A number of false matches among pairs that share people.

    Attributes
    ----------
    accepted, pairs : int
        False matches and impostor pairs.
    inflation : float
        Variance over that of independent pairs, at least 1.
    people : int
        In the impostor pairs.
    behind : float
        As how many equal people those count.
    """

    accepted: int
    pairs: int
    inflation: float
    people: int
    behind: float

    @property
    def independent(self) -> float:
        """How many independent events the rarer kind is worth, false matches or the other pairs."""
        return min(self.accepted, self.pairs - self.accepted) / self.inflation

    @property
    def spread(self) -> float:
        """Standard error of the false match rate."""
        rate = self.accepted / self.pairs
        return float(np.sqrt(rate * (1 - rate) * self.inflation / self.pairs))

    def limits(self, level: float, next_one: int = 0) -> tuple[float, float]:
        """Exact interval of the false match rate for as many pairs as they are worth.

        Parameters
        ----------
        level : float
            Confidence level in (0, 1).
        next_one : int
            1 if the threshold is just above the next impostor's score, which so counts half: for
            the lower limit.
        """
        tail = (1 - level) / 2
        # How much people differ is itself known from so many people only.
        wider = (student(level, self.people - 1) / special.ndtri(1 - tail)) ** 2
        scale = self.inflation * wider
        yes, no = self.accepted / scale, (self.pairs - self.accepted) / scale
        least = yes + next_one / scale
        low = special.betaincinv(least, no + (1 - next_one), tail) if least > 0 else 0.0
        high = special.betaincinv(yes + 1, no, 1 - tail) if no > 0 else 1.0
        return float(low), float(high)


@dataclass(frozen=True)
class AtFar:
    """The true accept rate at the threshold of a false accept rate.

    Attributes
    ----------
    value, far : float
        True and false accept rate.
    matches : FalseMatches
        That this threshold lets through.
    slope : float
        Of the DET curve on axes of normal deviates.
    genuine, people : int
        Genuine pairs, and people in them.
    spread, freedom : float
        Standard error of the true accept rate at a given threshold, and its degrees of freedom.
    correlation : float
        Of both rates at a given threshold, at most 0: one that would narrow the interval rests on
        the few false matches again.
    """

    value: float
    far: float
    matches: FalseMatches
    slope: float
    genuine: int
    people: int
    spread: float
    freedom: float
    correlation: float

    def limits(self, level: float) -> tuple[float, float]:
        """Interval from both uncertainties, squared and added on axes of normal deviates."""
        at = _deviate(self.value, 0.5 / self.genuine)
        down, up = (abs(end - at) for end in self._genuine(level, at))
        rates = self.matches.limits(level, next_one=1)
        low, high = (_deviate(rate, 1e-12) for rate in rates)
        wanted = _deviate(self.far, 1e-12)
        lower = self.slope * max(high - wanted, 0.0)
        upper = self.slope * max(wanted - low, 0.0)
        ends = at - self._added(down, lower), at + self._added(up, upper)
        first, last = (float(special.ndtr(end)) for end in ends)
        return (0.0 if self.value == 0 else first), (1.0 if self.value == 1 else last)

    def standard_error(self) -> float:
        """Of the true accept rate, with the threshold's uncertainty."""
        at = _deviate(self.value, 0.5 / self.genuine)
        rate = (self.matches.accepted + 0.5) / (self.matches.pairs + 1)
        of_rate = np.sqrt(rate * self.matches.inflation / self.matches.pairs)
        of_rate /= _density(special.ndtri(rate))
        moved = self.slope * of_rate * _density(at)
        return self._added(self.spread, float(moved))

    def _genuine(self, level: float, at: float) -> tuple[float, float]:
        """Limits, as deviates, of the true accept rate at a given threshold."""
        if self.value in (0.0, 1.0) or not self.spread > 0:
            low, high = wilson_limits(self.value * self.people, self.people, level)
            return _deviate(float(low), 1e-12), _deviate(float(high), 1e-12)
        half = student(level, self.freedom) * self.spread / _density(at)
        return at - half, at + half

    def _added(self, one: float, two: float) -> float:
        return float(np.sqrt(one**2 + two**2 - 2 * self.correlation * one * two))


def likeness(curve: Curve, one: np.ndarray, two: np.ndarray, dyad: np.ndarray) -> Likeness:
    """Measure among the most alike tenth of a group's impostor pairs which go together.

    Parameters
    ----------
    curve : Curve
        The group.
    one, two, dyad : numpy.ndarray (I,) int
        The two people of every impostor pair, from the most to the least alike, and the number of
        these two.

    Returns
    -------
    Likeness
    """
    total = len(one)
    people = len(np.unique(np.concatenate([one, two])))
    sharing, same = (2 * each for each in _together(one, two, dyad))
    counts = curve.accepted_impostors
    inner = counts[(counts > 0) & (counts < total)]
    if not len(inner):
        return Likeness(0.0, 0.0, sharing, same, total, people)
    # Of tied scores, all or none.
    accepted = int(inner[np.abs(inner - _TOP * total).argmin()])
    share = accepted / total
    found = _together(one[:accepted], two[:accepted], dyad[:accepted])
    beyond = [
        2 * both / every - share**2 if every else 0.0
        for both, every in zip(found, (sharing, same), strict=True)
    ]
    # Deviations from the mean of the sample are too small, by the mean's own variance.
    variance = accepted * (1 - share) + sharing * beyond[0] + same * beyond[1]
    own = max(variance, 0.0) / total**2
    at = float(special.ndtri(1 - share))
    person, couple = (
        _correlation(each + own + share**2, at) if every else 0.0
        for each, every in zip(beyond, (sharing, same), strict=True)
    )
    return Likeness(person, couple, sharing, same, total, people)


def false_matches(
    accepted: int, alike: Likeness, one: np.ndarray, two: np.ndarray, dyad: np.ndarray
) -> FalseMatches:
    """Count false matches, the first of the sorted impostor pairs, for what they are worth."""
    total = alike.pairs
    rate = min(max(accepted, 0.5), total - 0.5) / total
    worth = alike.inflation(rate)
    if 0 < accepted < total:
        seen = _together(one[:accepted], two[:accepted], dyad[:accepted])
        by_chance = (alike.sharing + alike.same) / 2 * rate**2
        # Of few, what surely isn't chance: the lower limit of a Poisson count.
        sure = special.gammaincinv(sum(seen), 1 - _SURE) if sum(seen) else 0.0
        worth = max(worth, 1 + 2 * max(sure - by_chance, 0.0) / accepted / (1 - rate))
    else:
        # Where nothing differs, the pictures of two people may be worth no more than one pair.
        worth = max(worth, total / len(np.unique(dyad)))
    return FalseMatches(accepted, total, worth, alike.people, alike.people_behind(rate))


def det_slope(curve: Curve, accepted: int) -> float:
    """Slope of the DET curve on axes of normal deviates, from some false matches to many.

    One, that of two normal distributions of equal width, where it can't be read.
    """
    most = min(curve.n_impostor / 2, _DEEPER * max(accepted, 1))
    wanted = np.unique(np.geomspace(max(accepted, 1), max(most, 1), 15).astype(int))
    steps = np.unique(np.searchsorted(curve.accepted_impostors, wanted, side="right") - 1)
    matches, hits = curve.accepted_impostors[steps], curve.accepted_genuine[steps]
    inside = (matches > 0) & (hits > 0) & (hits < curve.n_genuine)
    matches, hits = matches[inside], hits[inside]
    if len(np.unique(matches)) < 2:
        return 1.0
    # The threshold lies between the last impostor that it lets through and the next.
    across = special.ndtri((matches + 0.7) / (curve.n_impostor + 0.4))
    up = special.ndtri(hits / curve.n_genuine)
    return float(np.clip(np.polyfit(across, up, 1, w=np.sqrt(matches))[0], *_SLOPES))


def both_above(threshold: float, correlation: float) -> float:
    """How often two standard normal values of a correlation are both above a threshold.

    The derivative with respect to the correlation is the density of both at the threshold
    (Plackett, Biometrika 1954); it is integrated from independence.
    """
    at = correlation * (_NODES + 1) / 2
    density = np.exp(-(threshold**2) / (1 + at)) / np.sqrt(1 - at**2) / (2 * np.pi)
    above = float(special.ndtr(-threshold))
    return above**2 + correlation / 2 * float(_WEIGHTS @ density)


def _correlation(both: float, threshold: float) -> float:
    """The correlation that makes both values be above a threshold so often, from 0 on."""
    low, high = 0.0, _MOST_ALIKE
    if both <= both_above(threshold, low):
        return low
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if both_above(threshold, middle) < both else (low, middle)
    return low


def _together(one: np.ndarray, two: np.ndarray, dyad: np.ndarray) -> tuple[float, float]:
    """How many pairs of these pairs share one person, and how many show the same two."""
    if not len(one):
        return 0.0, 0.0
    per_person = np.bincount(one).astype(float)
    second = np.bincount(two, minlength=len(per_person)).astype(float)
    second[: len(per_person)] += per_person
    alike = float((np.bincount(dyad).astype(float) ** 2).sum())
    same = (alike - len(one)) / 2
    return (float((second**2).sum()) - 2 * alike) / 2, same


def _deviate(rate: float, least: float) -> float:
    """Normal deviate of a rate, which is kept off 0 and 1."""
    return float(special.ndtri(min(max(rate, least), 1 - least)))


def _density(at: float) -> float:
    """Density of a standard normal value."""
    return float(np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi))
