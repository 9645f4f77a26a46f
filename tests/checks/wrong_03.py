"""Plausible wrong answers to the exercises of chapter 03, and a sentence of what each is told."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from helpers.bias import verification

GROUPS = ("tones 4-5, long hair", "tones 4-5, short hair")


def threshold_for(scores: np.ndarray, genuine: np.ndarray, fmr: float) -> float:
    """As the chapter defines it before exercise 3.4."""
    return verification.fit(scores, genuine, fmr)["overall"]


def sample() -> verification.Sample:
    """A bootstrap like the chapter's, of twelve invented people in each of two groups."""
    random = np.random.default_rng(0)
    who = np.repeat(np.arange(24), 3)
    one, two = np.triu_indices(len(who), k=1)
    within = (who[one] < 12) == (who[two] < 12)
    one, two = one[within], two[within]
    people = random.normal(size=(24, 6))[who] + 0.8 * random.normal(size=(len(who), 6))
    return verification.bootstrap(
        verification.score_pairs(people, one, two),
        who[one] == who[two],
        (who[one], who[two]),
        np.array(GROUPS)[(who[one] >= 12).astype(int)],
        threshold=0.5,
        replicates=60,
    )


def row(**changes: Any) -> pd.Series:
    right = {"metric": "FMR", "group": GROUPS[1], "reference": GROUPS[0], "measure": "difference"}
    return pd.Series(right | {"value": 0.1, "low": 0.05, "high": 0.2} | changes)


def claim(evidence: Any = None, **changes: Any) -> Callable[[], dict]:
    right = {
        "claim": "Strangers with short hair are accepted more often.",
        "evidence": row() if evidence is None else evidence,
        "higher": GROUPS[1],
        "verdict": "supported",
    }
    return lambda: right | changes


def _gini(apart: Callable[[np.ndarray], float], by: float = 2.0) -> Callable[[np.ndarray], float]:
    """Differences of all groups put together in some way, over a multiple of the mean rate."""
    return lambda rates: float(apart(rates[:, None] - rates) / (by * rates.mean()))


def _above(differences: np.ndarray) -> np.ndarray:
    return differences[np.triu_indices(len(differences), k=1)]


def _rates(s: np.ndarray, g: np.ndarray, t: float) -> tuple[float, float]:
    return (s[~g] >= t).mean(), (s[g] < t).mean()


def _tar_from(scores: np.ndarray, genuine: np.ndarray, far: float, least: float) -> float:
    """TAR at FAR that gives up below another limit than one impostor pair."""
    if far < least:
        return np.nan
    return float(verification.tar_at_far(scores, genuine, far)["tar"].iloc[0])


def _swapped(
    scores: np.ndarray, genuine: np.ndarray, fold: np.ndarray, intended: float
) -> np.ndarray:
    found = []
    for k in range(3):
        limit = verification.fit(scores[fold == k], genuine[fold == k], intended)["overall"]
        others = (fold != k) & (fold != -1) & ~genuine
        found.append((scores[others] >= limit).mean())
    return np.array(found)


def _ties_pass(scores: np.ndarray, genuine: np.ndarray, far: float) -> float:
    """TAR by each pair's place in the list of impostor pairs, though equal ones have no order."""
    strangers = np.sort(scores[~genuine])[::-1]
    limit = strangers[int(far * len(strangers))]
    equal = scores == limit
    first = strangers[int(far * len(strangers)) - 1] == limit
    return float(((scores > limit) | (equal & first))[genuine].mean())


def _last_that_may_pass(s: np.ndarray, g: np.ndarray, far: float) -> float:
    """Right unless a genuine score lies between the last that may pass and the next."""
    allowed = int(far * (~g).sum())
    return (s[g] >= np.sort(s[~g])[::-1][allowed - 1]).mean() if allowed else np.nan


def _of_all_pairs(s: np.ndarray, g: np.ndarray, fold: np.ndarray, intended: float) -> np.ndarray:
    others = [(fold != k) & (fold != -1) for k in range(fold.max() + 1)]
    limits = [threshold_for(s[each], g[each], intended) for each in others]
    return np.array([(s[fold == k] >= t).mean() for k, t in enumerate(limits)])


def _folds(train: Callable[[np.ndarray, int], np.ndarray]) -> Callable[..., np.ndarray]:
    def rates(s: np.ndarray, g: np.ndarray, fold: np.ndarray, intended: float) -> np.ndarray:
        limits = [
            threshold_for(s[train(fold, k)], g[train(fold, k)], intended)
            for k in range(fold.max() + 1)
        ]
        return np.array([(s[(fold == k) & ~g] >= t).mean() for k, t in enumerate(limits)])

    return rates


def _held_out(
    s: np.ndarray, g: np.ndarray, fold: np.ndarray, intended: float, passes: np.ufunc
) -> np.ndarray:
    others = [(fold != k) & (fold != -1) for k in range(fold.max() + 1)]
    limits = [threshold_for(s[each], g[each], intended) for each in others]
    return np.array([passes(s[(fold == k) & ~g], t).mean() for k, t in enumerate(limits)])


WRONG: dict[str, tuple[Callable[..., Any], str]] = {
    "3.1 is FNMR twice": (lambda s, g, t: (1 - (s[g] >= t).mean(),) * 2, "1 - TAR"),
    "3.1 in the wrong order": (lambda s, g, t: _rates(s, g, t)[::-1], "wrong order"),
    "3.1 over rejected pairs": (
        lambda s, g, t: (_rates(s, g, t)[0], (g & (s < t)).sum() / (s < t).sum()),
        "number of rejected pairs",
    ),
    "3.1 over all pairs": (
        lambda s, g, t: ((~g & (s >= t)).mean(), _rates(s, g, t)[1]),
        "number of all pairs",
    ),
    "3.1 strictly above": (
        lambda s, g, t: ((s[~g] > t).mean(), (s[g] <= t).mean()),
        "equal to the threshold is accepted",
    ),
    "3.1 TAR in place of FNMR": (
        lambda s, g, t: ((s[~g] >= t).mean(), (s[g] >= t).mean()),
        "that is the TAR",
    ),
    "3.1 TAR in place of FMR": (lambda s, g, t: ((s[g] >= t).mean(),) * 2, "that is the TAR"),
    "3.1 rejects on the threshold": (
        lambda s, g, t: (_rates(s, g, t)[0], (s[g] <= t).mean()),
        "equal to the threshold is accepted",
    ),
    "3.1 counts the rejected": (
        lambda s, g, t: ((s[~g] < t).mean(), _rates(s, g, t)[1]),
        "impostor pairs that are rejected",
    ),
    "3.1 rounds": (lambda s, g, t: np.round(_rates(s, g, t), 3), "do not round"),
    "3.1 one number": (lambda s, g, t: (s[~g] >= t).mean(), "two numbers"),
    "3.2 over the number of pairs": (
        lambda a, i, j, d: (d[i] * d[j] * a).sum() / len(a),
        "divided by the number of pairs",
    ),
    "3.2 adds": (lambda a, i, j, d: np.average(a, weights=d[i] + d[j]), "added the two counts"),
    "3.2 first only": (lambda a, i, j, d: np.average(a, weights=d[i]), "only the first person"),
    "3.2 chooses": (lambda a, i, j, d: a[(d[i] * d[j]) > 0].mean(), "weigh the pairs"),
    "3.2 rounds": (
        lambda a, i, j, d: round(np.average(a, weights=d[i] * d[j]), 3),
        "do not round",
    ),
    "3.2 ignores the draw": (lambda a, i, j, d: a.mean(), "no effect"),
    "3.3 rate as threshold": (lambda s, g, far: (s[g] >= far).mean(), "the FAR itself"),
    "3.3 FNMR": (
        lambda s, g, far: (s[g] <= np.sort(s[~g])[::-1][int(far * (~g).sum())]).mean(),
        "1 minus it",
    ),
    "3.3 quantile of all": (
        lambda s, g, far: (s[g] >= np.quantile(s, 1 - far)).mean(),
        "quantile of all scores",
    ),
    "3.3 quantile of impostors": (
        lambda s, g, far: (s[g] > np.quantile(s[~g], 1 - far)).mean(),
        "more impostors through than",
    ),
    "3.3 rounds the number": (
        lambda s, g, far: (s[g] > np.sort(s[~g])[::-1][round(far * (~g).sum())]).mean(),
        "more impostors through than",
    ),
    "3.3 rounds the number up": (
        lambda s, g, far: (s[g] > np.sort(s[~g])[::-1][int(np.ceil(far * (~g).sum()))]).mean(),
        "more impostors through than",
    ),
    "3.3 one too many": (
        lambda s, g, far: (s[g] >= np.sort(s[~g])[::-1][int(far * (~g).sum())]).mean(),
        "more impostors through than",
    ),
    "3.3 one too few": (
        lambda s, g, far: (s[g] > np.sort(s[~g])[::-1][int(far * (~g).sum()) - 1]).mean(),
        "lets fewer impostors through",
    ),
    "3.3 limit of genuine pairs": (
        lambda s, g, far: _tar_from(s, g, far, 1 / g.sum()),
        "which can be measured",
    ),
    "3.3 limit of one in a hundred": (
        lambda s, g, far: _tar_from(s, g, far, 0.01),
        "which can be measured",
    ),
    "3.3 the last that may pass": (_last_that_may_pass, "lets fewer impostors through"),
    "3.3 ties pass": (_ties_pass, "tied"),
    "3.3 measures what cannot be": (
        lambda s, g, far: verification.tar_at_far(s, g, max(far, 1 / (~g).sum()))["tar"].iloc[0],
        "can't be measured",
    ),
    "3.4 the wrong way round": (_swapped, "you choose on the fold and judge on the others"),
    "3.4 strictly above": (
        lambda s, g, fold, f: _held_out(s, g, fold, f, np.greater),
        "equal to the threshold is accepted",
    ),
    "3.4 rounds": (
        lambda s, g, fold, f: _held_out(s, g, fold, f, np.greater_equal).round(3),
        "do not round",
    ),
    "3.4 on itself": (_folds(lambda fold, k: fold == k), "chosen on the fold"),
    "3.4 on everything": (_folds(lambda fold, k: fold > -9), "on all pairs"),
    "3.4 with itself": (_folds(lambda fold, k: fold != -1), "on all folds"),
    "3.4 with half pairs": (_folds(lambda fold, k: fold != k), "pairs with fold -1"),
    "3.4 counts genuine pairs": (_of_all_pairs, "counted genuine pairs too"),
    "3.4 counts fold -1": (
        lambda s, g, fold, f: np.zeros(len(np.unique(fold))),
        "three folds",
    ),
    "3.5 with itself": (_gini(lambda d: np.abs(d).mean()), "compared with itself"),
    "3.5 over the mean": (_gini(lambda d: np.abs(_above(d)).mean(), by=1), "by twice the mean"),
    "3.5 over the median": (
        lambda r: np.abs(_above(r[:, None] - r)).mean() / (2 * np.median(r)),
        "twice the median",
    ),
    "3.5 mean difference": (
        lambda r: np.abs(_above(r[:, None] - r)).mean(),
        "that is the mean difference of two groups",
    ),
    "3.5 half the mean difference": (
        lambda r: np.abs(_above(r[:, None] - r)).mean() / 2,
        "not divided by the mean rate",
    ),
    "3.5 largest only": (_gini(lambda d: np.abs(d).max()), "the largest difference only"),
    "3.5 with signs": (_gini(lambda d: _above(d).mean()), "absolute values"),
    "3.5 sum": (_gini(lambda d: np.abs(d).sum()), "sum of the differences"),
    "3.5 sum of pairs": (_gini(lambda d: np.abs(_above(d)).sum()), "sum of the differences"),
    "3.5 rounds": (lambda r: round(verification.gini(r), 3), "do not round"),
    "3.5 a rate for each": (lambda r: r / r.mean(), "one number was expected"),
    "3.5 largest over smallest": (lambda r: r.max() / r.min(), "mean difference of two groups"),
    "3.6 no dict": (lambda: "groups differ", "return a dict"),
    "3.6 no sentence": (claim(claim="short hair"), "whole sentence"),
    "3.6 no row": (claim(evidence=0.3), "one row of"),
    "3.6 with itself": (claim(row(group=GROUPS[0])), "with itself"),
    "3.6 no interval": (claim(row(low=np.nan)), "no low and no high"),
    "3.6 too bold": (claim(row(low=-0.1)), "'undecided', not 'supported'"),
    "3.6 the other group": (claim(higher=GROUPS[0]), "'contradicted', not 'supported'"),
    "3.6 no group of the row": (claim(higher="above"), "in which group is FMR higher"),
    "3.6 the parity of ratios": (
        claim(row(measure="ratio")),
        "above parity, 1.* 'contradicted'",
    ),
}
