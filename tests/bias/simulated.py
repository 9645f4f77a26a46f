"""Scores of pairs with a known truth: people differ, groups differ, and all rates are Gaussian.

A genuine pair of person i scores m + c_i + e, an impostor pair of i and j scores
t (a_i + a_j) + d_ij + e: a person may resemble everybody (a wolf, or a lamb), a pair of people each
other. All parts are normal, and in total both kinds have variance 1, so that the rates over all
people that there could be are closed forms.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Group:
    """Where the scores of a group lie: means of impostor and of genuine pairs."""

    impostor: float = 0.0
    genuine: float = 3.0

    def fmr(self, threshold: float) -> float:
        return float(stats.norm.sf(threshold - self.impostor))

    def fnmr(self, threshold: float) -> float:
        return float(stats.norm.cdf(threshold - self.genuine))

    @property
    def eer(self) -> float:
        return float(stats.norm.sf((self.genuine - self.impostor) / 2))

    @property
    def auc(self) -> float:
        return float(stats.norm.cdf((self.genuine - self.impostor) / np.sqrt(2)))

    def tar(self, far: float) -> float:
        return float(stats.norm.sf(stats.norm.isf(far) + self.impostor - self.genuine))


@dataclass(frozen=True, eq=False)
class Pairs:
    """Columns of a table of pairs."""

    scores: np.ndarray
    genuine: np.ndarray
    identities: tuple[np.ndarray, np.ndarray]
    groups: tuple[np.ndarray, np.ndarray]


def simulate(
    groups: dict[str, Group],
    people: int = 60,
    genuine: int = 6,
    impostor: int = 2,
    wolves: float = 0.35,
    alike: float = 0.4,
    seed: int = 0,
) -> Pairs:
    """All pairs of people within each group.

    Parameters
    ----------
    people : int
        In each group.
    genuine, impostor : int
        Pairs of pictures of each person, and of each two people.
    wolves, alike : float
        Standard deviations of a person's and of a pair of people's resemblance.
    """
    random = np.random.default_rng(seed)
    parts = [
        _group(name, group, number * people, people, genuine, impostor, wolves, alike, random)
        for number, (name, group) in enumerate(groups.items())
    ]
    columns = [np.concatenate(each) for each in zip(*parts, strict=True)]
    return Pairs(columns[0], columns[1], (columns[2], columns[3]), (columns[4], columns[4]))


def _group(
    name: str,
    group: Group,
    first: int,
    people: int,
    genuine: int,
    impostor: int,
    wolves: float,
    alike: float,
    random: np.random.Generator,
) -> tuple[np.ndarray, ...]:
    resembles = random.normal(size=people)
    own = 0.5 * (0.6 * resembles + 0.8 * random.normal(size=people))
    person = np.repeat(np.arange(people), genuine)
    genuine_scores = group.genuine + own[person] + np.sqrt(0.75) * random.normal(size=len(person))
    one, two = np.triu_indices(people, 1)
    pair = alike * random.normal(size=len(one))
    rest = np.sqrt(1 - 2 * wolves**2 - alike**2)
    both = np.repeat(wolves * (resembles[one] + resembles[two]) + pair, impostor)
    impostor_scores = group.impostor + both + rest * random.normal(size=len(both))
    sides = [np.concatenate([person, np.repeat(side, impostor)]) + first for side in (one, two)]
    scores = np.concatenate([genuine_scores, impostor_scores])
    labels = np.repeat([True, False], [len(person), len(both)])
    return scores, labels, *sides, np.full(len(scores), name, dtype=object)
