"""Error rates at every threshold: pairs sorted once, in which both rates are running counts.

Two kinds of error. A *false match* accepts two people as one: FMR(t) is the share of impostor pairs
with a score of t or more. A *false non-match* turns one person away: FNMR(t) is the share of genuine
pairs with a score below t. (FAR and TAR = 1 - FNMR are older names for the same counts; ISO/IEC
19795-1 keeps FAR for whole systems.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from helpers import arguments
from helpers.bias.verification.pairs import OVERALL, Pairs
from helpers.errors import InputError

NO_GENUINE = "undefined (no genuine pairs)"
NO_IMPOSTORS = "undefined (no impostor pairs)"
NO_THRESHOLD = "undefined (the threshold is NaN: it could not be chosen; give another)"
FARS = (1e-1, 1e-2, 1e-3)
"""False accept rates at which the true accept rate is usually told."""


@dataclass(frozen=True, eq=False)
class Curve:
    """The pairs of one group, sorted from the most to the least alike.

    Attributes
    ----------
    group : str
        A group's name, or :data:`OVERALL`.
    pairs : Pairs
        All pairs, of which these are some.
    scores : numpy.ndarray (U,) float64
        Every score that occurs, once, falling.
    accepted_impostors, accepted_genuine : numpy.ndarray (U + 1,) int
        How many pairs have one of the first u of these scores; ties so count together.
    impostors, genuine : numpy.ndarray of int
        Positions of the pairs in ``pairs``, from the most to the least alike.
    """

    group: str
    pairs: Pairs
    scores: np.ndarray
    accepted_impostors: np.ndarray
    accepted_genuine: np.ndarray
    impostors: np.ndarray
    genuine: np.ndarray

    @property
    def n_impostor(self) -> int:
        """How many impostor pairs."""
        return len(self.impostors)

    @property
    def n_genuine(self) -> int:
        """How many genuine pairs."""
        return len(self.genuine)

    @property
    def note(self) -> str:
        """Why the measures are undefined; empty if they are not."""
        if not self.n_genuine:
            return NO_GENUINE
        return "" if self.n_impostor else NO_IMPOSTORS

    @property
    def fmr(self) -> np.ndarray:
        """False match rate when the first u of the scores are accepted: (U + 1,)."""
        return _share(self.accepted_impostors, self.n_impostor)

    @property
    def fnmr(self) -> np.ndarray:
        """False non-match rate when the first u of the scores are accepted: (U + 1,)."""
        return 1 - _share(self.accepted_genuine, self.n_genuine)

    @cached_property
    def one(self) -> np.ndarray:
        """Number of the first person of every impostor pair: (I,)."""
        return self.pairs.one[self.impostors]

    @cached_property
    def two(self) -> np.ndarray:
        """Number of the second person of every impostor pair: (I,)."""
        return self.pairs.two[self.impostors]

    @cached_property
    def person(self) -> np.ndarray:
        """Number of the person of every genuine pair: (G,)."""
        return self.pairs.one[self.genuine]

    @cached_property
    def dyad(self) -> np.ndarray:
        """Number of the two people of every impostor pair, whichever comes first: (I,)."""
        lower = np.minimum(self.one, self.two).astype(np.int64)
        keys = lower * self.pairs.people + np.maximum(self.one, self.two)
        return pd.factorize(keys)[0].astype(np.int32)

    def step(self, threshold: float) -> int:
        """How many of ``scores`` a threshold accepts, given as a reader gives it."""
        asked = -self.pairs.sign * threshold
        return int(np.searchsorted(-self.scores, asked, side="right"))

    def step_at(self, far: float) -> int:
        """How many of the scores can be accepted while the FMR stays at ``far`` or below."""
        return int(np.searchsorted(self.accepted_impostors, self._allowed(far), side="right")) - 1

    def measurable(self, far: float) -> bool:
        """Whether there are impostor pairs enough for a rate: one of them must be able to pass."""
        return self._allowed(far) >= 1

    def _allowed(self, far: float) -> float:
        """How many impostor pairs may pass."""
        # A hair above, so that 0.1 of 30 pairs is 3 and not 2.
        return float(np.floor(far * self.n_impostor * (1 + 1e-12)))

    def threshold_at(self, far: float) -> float:
        """The smallest score that keeps to a rate, or, if none does, the next above the largest.

        NaN if the rate is not measurable, or the largest score is infinite, so that no threshold
        leaves it out. A distance, where scores are distances.
        """
        if not self.measurable(far):
            return float("nan")
        step, largest = self.step_at(far), float(self.scores[0])
        if step > 0:
            return float(self.pairs.sign * self.scores[step - 1])
        above = np.nextafter(largest, np.inf) if largest < np.inf else np.nan
        return float(self.pairs.sign * above)

    def rates(self, threshold: float) -> dict[str, Any]:
        """Both error rates at a threshold."""
        if np.isnan(threshold):
            return {"fmr": np.nan, "fnmr": np.nan, "threshold": threshold, "note": NO_THRESHOLD}
        step = self.step(threshold)
        fmr = _share(self.accepted_impostors[step], self.n_impostor)
        fnmr = 1 - _share(self.accepted_genuine[step], self.n_genuine)
        return {"fmr": float(fmr), "fnmr": float(fnmr), "threshold": threshold}

    def crossing(self) -> int:
        """The first step from which on the FMR is not below the FNMR; 0 if either is undefined."""
        return 0 if self.note else int(np.searchsorted(self.fmr - self.fnmr, 0.0))

    def eer(self) -> dict[str, Any]:
        """Equal error rate, with its threshold."""
        if self.note:
            return {"eer": np.nan, "threshold": np.nan}
        step, fmr, fnmr = self.crossing(), self.fmr, self.fnmr
        low, high = fnmr[step - 1] - fmr[step - 1], fmr[step] - fnmr[step]
        value = fmr[step - 1] + low / (low + high) * (fmr[step] - fmr[step - 1])
        nearest = step if high <= low else step - 1  # at the first step, high is 1 at most
        at = float(self.pairs.sign * self.scores[nearest - 1])
        return {"eer": float(value), "threshold": at}

    def auc(self) -> dict[str, Any]:
        """Area under the ROC; NaN without genuine or without impostor pairs."""
        return {"auc": np.nan if self.note else float(np.trapezoid(1 - self.fnmr, self.fmr))}

    def tar(self, far: float) -> dict[str, Any]:
        """True accept rate at a false accept rate, with what its threshold really lets through."""
        if self.note or not self.measurable(far):
            found = {"far": far, "tar": np.nan, "fmr": np.nan, "threshold": np.nan}
            least = 1 / max(self.n_impostor, 1)
            what = f"not measurable below 1/{self.n_impostor:,} = {least:.2g}"
            return found if self.note else {**found, "note": what}
        step = self.step_at(far)
        tar = 1 - float(self.fnmr[step])
        at = {"fmr": float(self.fmr[step]), "threshold": self.threshold_at(far)}
        return {"far": far, "tar": tar, **at}

    def steps(self, points: int | None) -> np.ndarray:
        """Choose all steps, or about ``points``, evenly in the logarithms of both error counts."""
        last = len(self.scores)
        if points is None or points > last:
            return np.arange(last + 1)
        matches = _reached(self.accepted_impostors, self.n_impostor, points // 2)
        rejected = self.n_genuine - self.accepted_genuine[::-1]
        misses = last - _reached(rejected, self.n_genuine, points // 2)
        return np.unique(np.concatenate([[0, last], matches, misses]))


def curves_of(pairs: Pairs) -> list[Curve]:
    """Sort pairs once and deal them out: all together first, then each group.

    Parameters
    ----------
    pairs : Pairs
        Checked.

    Returns
    -------
    list of Curve
    """
    order = np.argsort(-pairs.scores, kind="stable")
    return [_curve(pairs, order, group) for group in (OVERALL, *pairs.names)]


def threshold_given(threshold: float) -> float:
    """Check a threshold: a number, infinite at most, or NaN for one that could not be chosen.

    Raises
    ------
    InputError
        If it is no number.
    """
    found = arguments.number_array(threshold, "threshold")
    if found.ndim or isinstance(threshold, bool | np.bool_):
        raise InputError(
            f"threshold is {arguments.shown(threshold)}: give one number, or a mapping from groups to "
            "numbers (of a Series, .to_dict())."
        )
    return float(found)


def fars(far: float | Sequence[float]) -> list[float]:
    """Check false accept rates.

    Raises
    ------
    InputError
        If one is no share in [0, 1], or there are none.
    """
    try:
        found = arguments.number_array(far, "far")
    except InputError as trouble:
        raise InputError(f"{trouble} A false accept rate is a share in [0, 1].") from None
    if found.ndim > 1 or not found.size:
        raise InputError("far is one false accept rate in [0, 1], or a list of them.")
    wanted = [float(each) for each in np.atleast_1d(found)]
    for rate in wanted:
        if not 0 <= rate <= 1:
            raise InputError(f"a false accept rate is a share in [0, 1], not {rate:g}.")
    return wanted


def _curve(pairs: Pairs, order: np.ndarray, group: str) -> Curve:
    chosen = order[pairs.members(group)[order]]
    scores, genuine = pairs.scores[chosen], pairs.genuine[chosen]
    last_of_tie = np.append(scores[1:] != scores[:-1], True)[: len(scores)]
    impostors, accepted = (
        np.concatenate([[0], np.cumsum(kind)[last_of_tie]]).astype(np.int32)
        for kind in (~genuine, genuine)
    )
    places = (chosen[kind].astype(np.int32) for kind in (~genuine, genuine))
    return Curve(group, pairs, scores[last_of_tie], impostors, accepted, *places)


def _share(count: np.ndarray | int, total: int) -> np.ndarray:
    return np.asarray(count) / total if total else np.full(np.shape(count), np.nan)


def _reached(counts: np.ndarray, total: int, points: int) -> np.ndarray:
    """The steps at which a running count reaches 1 ... total, evenly in its logarithm."""
    wanted = np.geomspace(1, total, points) if total else np.zeros(0)
    return np.searchsorted(counts, wanted)
