"""Checks of chapter 02."""

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from helpers import intervals
from helpers.checks import grading
from helpers.checks.grading import NotYet, called, expect, expect_right, graded

_CRITERIA = {
    "demographic parity": ("selection rate",),
    "equal opportunity": ("recall",),
    "equalised odds": ("recall", "false positive rate"),
    "predictive parity": ("precision",),
}
_AMONG = {
    "selection rate": "among everybody",
    "recall": "among those whose truth is positive",
    "false positive rate": "among those whose truth is negative",
    "precision": "among those who are called positive",
}


@graded("2.1")
def exercise_2_1(recall: Any) -> str:
    """Recall with its n, undefined where nobody is positive."""
    truth, answer, _ = _audited(60)
    value, n = _recall_and_n(recall, truth, answer)
    both, positives = int((truth & answer).sum()), int(truth.sum())
    right, accuracy, precision = both / positives, (truth == answer).mean(), both / answer.sum()
    grading.expect_number(
        "recall",
        value,
        right,
        (precision, "that is precision: it divides by the answers. Divide by the positives."),
        (accuracy, "that is accuracy: leave out those whose truth is negative."),
        (both / 60, "you divided by everybody: divide by those whose truth is positive."),
        (answer.mean(), "that is the selection rate: count only those whose truth is positive."),
    )
    expect(
        n == positives,
        f"recall rests on {positives} people here, those whose truth is positive; you say {n:g}.",
    )
    _expect_undefined(recall)
    return "A figure, and how many it is about."


def _expect_undefined(recall: Any) -> None:
    nobody, everybody = np.zeros(9, bool), np.ones(9, bool)
    value, n = _recall_and_n(recall, nobody, everybody)
    expect(
        np.isnan(value),
        f"where nobody is positive recall is undefined: return np.nan, not {value:g}.",
    )
    expect(n == 0, f"where nobody is positive n is 0, but you say {n:g}.")
    expect(
        _recall_and_n(recall, everybody, nobody)[0] == 0,
        "here are nine positives and the model found none: that is a recall of 0, and well defined.",
    )


def _recall_and_n(recall: Any, truth: np.ndarray, answer: np.ndarray) -> tuple[float, float]:
    value, n = grading.as_numbers(
        called(recall, truth, answer), "two things, recall and its n, were", 2
    )
    return float(value), float(n)


@graded("2.2")
def exercise_2_2(gaps: Any) -> str:
    """Gaps of four criteria between three groups."""
    for seed in (1, 2, 4):  # the larger gap of equalised odds is recall's in one, the FPR's in two
        truth, answer, group = (pd.Series(each) for each in _audited(400, seed))
        result = grading.keyed(called(gaps, truth, answer, group), _CRITERIA)
        rates = _rates(truth, answer, group)
        found = {name: float(np.ptp(each)) for name, each in rates.items()}
        for criterion, wanted in _CRITERIA.items():
            given = grading.as_number(result[criterion], criterion)
            right = max(found[each] for each in wanted)
            grading.expect_number(
                f"the gap in {criterion}",
                given,
                right,
                *_mistakes(criterion, rates, found),
                hint=": is it the right figure, the largest rate of the three groups minus the "
                "smallest?",
            )
    return "Four questions about the same counts."


def _rates(truth: pd.Series, answer: pd.Series, group: pd.Series) -> dict[str, pd.Series]:
    """Of each group what may be computed, by its name."""
    everybody = truth | ~truth
    shares = {
        "selection rate": (answer, everybody),
        "recall": (answer, truth),
        "false positive rate": (answer, ~truth),
        "precision": (truth, answer),
        "accuracy": (truth == answer, everybody),
        "base rate": (truth, everybody),
        "share of true positives among everybody": (truth & answer, everybody),
        "share of false positives among everybody": (~truth & answer, everybody),
        "share of negatives among those who are called negative": (~truth, ~answer),
    }
    return {name: hit[who].groupby(group[who]).mean() for name, (hit, who) in shares.items()}


def _mistakes(
    criterion: str, rates: dict[str, pd.Series], found: dict[str, float]
) -> list[tuple[float, str]]:
    """What a reader may have computed instead of the gap in a criterion, each with a sentence."""
    wanted = _CRITERIA[criterion]
    asks = f"{criterion} compares {' and '.join(f'the {each}, {_AMONG[each]}' for each in wanted)}"
    named: list[tuple[float, str]] = []
    if len(wanted) > 1:
        both = [found[each] for each in wanted]
        less, more = sorted(wanted, key=lambda name: found[name])
        named = [
            (sum(both) / 2, "take the larger of the two gaps of equalised odds, not their mean."),
            (sum(both), "take the larger of the two gaps of equalised odds, not their sum."),
            (
                min(both),
                f"that is the gap in the {less}; take that in the {more}, {_AMONG[more]}: it is larger.",
            ),
        ]
        named += [
            (max(found["recall"], gap), f"beside recall you took the {name}: {asks}.")
            for name, gap in found.items()
            if name not in wanted
        ]
    named += [
        (gap, f"that is the gap in the {name}: {asks}.")
        for name, gap in found.items()
        if name not in wanted
    ]
    for name in wanted:
        named += _of_one_rate(criterion, name, rates[name])
    return named


def _of_one_rate(criterion: str, name: str, rates: pd.Series) -> list[tuple[float, str]]:
    """What a reader may have made of the rates of one kind, (G,), other than their gap."""
    low, high = float(rates.min()), float(rates.max())
    ratio = f"that is a ratio: subtract the smallest {name} from the largest."
    ends = rates.to_numpy()
    return [
        (low - high, f"the gap in {criterion} is negative: largest minus smallest."),
        (low / high, ratio),
        (high / low, ratio),
        (high, f"that is the largest {name}: subtract the smallest."),
        *(
            (
                abs(float(ends[one] - ends[two])),
                "that is the gap of two groups, but not the largest.",
            )
            for one, two in ((0, 1), (0, 2), (1, 2))
        ),
    ]


@graded("2.3")
def exercise_2_3(gaps_by_chance: Any) -> str:
    """Largest gaps where group makes no difference."""
    random, draws = np.random.default_rng(5), 400
    for sizes, apart in (((80,) * 4, 0.5), ((60,) * 6, 0.0), ((150, 150, 20), 0.0)):
        group = np.repeat([f"group {k}" for k in range(len(sizes))], sizes)
        right = random.random(len(group)) < np.where(group == "group 0", 0.9 - apart, 0.9)
        mixed = random.permutation(len(group))  # rows of a table don't come group by group
        right, group = right[mixed], group[mixed]
        result = called(gaps_by_chance, right, group, draws)
        given = grading.as_numbers(result, f"{draws} gaps, one for each draw, were")
        expect(
            given.size != 1,
            f"one number came back, but {draws} draws were asked for: return the gaps of all of "
            "them, not their mean.",
        )
        expect(
            given.shape == (draws,),
            f"{draws} draws make {draws} gaps, but yours have the shape {given.shape}.",
        )
        expect(np.isfinite(given).all(), "some of your gaps are NaN or infinite.")
        _expect_chance(given, right, group)
    return "Every largest gap has this much for nothing."


def _expect_chance(given: np.ndarray, right: np.ndarray, group: np.ndarray) -> None:
    observed = float(np.ptp(pd.Series(right).groupby(group).mean()))
    alike = bool(np.ptp(given) < 1e-9)
    expect(
        not (alike and grading.same(given[0], observed)),
        "all your draws have the gap as it was seen. What would it be if group made no difference? "
        "Shuffle, and count the shuffled answers.",
    )
    expect(
        not alike,
        f"all your draws are the same, {given[0]:.3f}. Make the generator once, before the loop, and "
        "shuffle anew in each draw.",
    )
    likely = _shuffled(right, group)
    wanted, mean = likely.pop(_RIGHT), float(given.mean())
    if _near(given, wanted):
        return
    about = f"your gaps are {mean:.3f} on average, and {wanted.mean():.3f} is to be expected"
    for sentence, other in likely.items():
        if _near(given, other) and abs(mean - other.mean()) < abs(mean - wanted.mean()):
            raise NotYet(f"{about}: {sentence}")
    raise NotYet(
        f"{about}. In each draw shuffle across all faces, and take the largest rate of a group minus "
        "the smallest."
    )


def _near(given: np.ndarray, likely: np.ndarray) -> bool:
    """Whether draws have the mean of others, and their spread within a quarter."""
    error = float(np.hypot(given.std() / len(given) ** 0.5, likely.std() / len(likely) ** 0.5))
    ratio = float(given.std() / likely.std())
    return abs(float(given.mean() - likely.mean())) < 4 * error and 0.75 < ratio < 1.33


_RIGHT = "right"


def _shuffled(right: np.ndarray, group: np.ndarray) -> dict[str, np.ndarray]:
    """Gaps of faces shuffled, and what a reader may have computed instead, by what to say of it."""
    random = np.random.default_rng(99)
    codes, _ = pd.factorize(group)
    n = np.bincount(codes)
    counts = np.array([np.bincount(codes, weights=random.permutation(right)) for _ in range(2000)])
    low, high = (counts / n).min(axis=1), (counts / n).max(axis=1)
    inside = random.binomial(n, np.bincount(codes, weights=right) / n, size=(2000, len(n))) / n
    return {
        _RIGHT: high - low,
        "they know the real difference between the groups. Shuffle across all faces, and don't draw "
        "anew within each group.": np.ptp(inside, axis=1),
        "that is a ratio. Subtract the smallest rate from the largest.": low / high,
        "that is a ratio, turned round. Subtract the smallest rate from the largest.": high / low,
        "that is the largest rate itself. Subtract the smallest.": high,
        "those are counts. Divide the right answers of each group by its faces.": np.ptp(
            counts, axis=1
        ),
        "those are points. Give a share, between 0 and 1.": 100 * (high - low),
        "that is the standard deviation of the rates. Take the largest minus the smallest.": (
            counts / n
        ).std(axis=1),
    }


@graded("2.4")
def exercise_2_4(holm: Any) -> str:
    """Holm's correction of p-values."""
    for p in (np.array([0.03, 0.001, 0.2, 0.0101, 0.9, 0.011]), np.array([0.004, 0.7, 0.6])):
        given = grading.as_numbers(called(holm, p.copy()), "corrected p-values were")
        expect(
            given.shape == p.shape,
            f"{len(p)} p-values make {len(p)} corrected ones; yours have shape {given.shape}.",
        )
        right = intervals.holm(p)
        expect_right(
            given,
            right,
            f"for p = {p} Holm gives {right.round(4)}, but you give {given.round(4)}.",
            *_holm_mistakes(right, p),
        )
    return "One finding among many has to be stronger than one alone."


def _holm_mistakes(right: np.ndarray, p: np.ndarray) -> list[tuple[np.ndarray, str]]:
    m, order = len(p), np.argsort(p)
    back, steps = np.argsort(order), p[order] * np.arange(m, 0, -1)
    each = "that is Bonferroni's correction, m for each: Holm multiplies the next by m - 1."
    falling = "a corrected value is smaller than the one before it: carry the largest so far along."
    other = "that is Benjamini and Hochberg's correction, which keeps another promise."
    above = "a p-value can't be larger than 1: cut it off there."
    places = (
        "these are the right values in wrong places: `result[order] = corrected` puts each back."
    )
    return [
        (np.sort(right)[order], places),
        (p, "nothing was corrected: multiply the smallest p by their number, m."),
        (np.minimum(p * m, 1), each),
        (np.minimum(steps, 1)[back], falling),
        (np.maximum.accumulate(steps)[back], above),
        (stats.false_discovery_control(p), other),
        (right[order], "the values are right, but sorted: put each back where its p was."),
    ]


@graded("2.5", "consistent")
def exercise_2_5(test: Any) -> str:
    """A claim of the reader's own about two groups, with its evidence and verdict."""
    result = grading.claimed(test, "evidence", "higher")
    row = result["evidence"]
    columns = {"metric", "first", "second", "n_first", "n_second", "p_holm", "verdict"}
    source = "classification.pairwise(...), such as .iloc[0]"
    (gap,) = grading.evidence(row, source, columns, "difference")
    ends, higher = [str(row["first"]), str(row["second"])], str(result["higher"])
    expect(
        higher in ends,
        f"'higher' is the group that your claim puts above the other, {ends[0]!r} or {ends[1]!r}, "
        f"not {higher!r}.",
    )
    if higher == ends[1]:
        ends, gap = ends[::-1], -gap
    follows = "undecided"
    # The row's verdict counts, which knows of the other pairs, and not the interval of this one.
    if row["verdict"] == intervals.GAP:
        follows = "supported" if gap > 0 else "contradicted"
    expect(
        str(result["verdict"]) == follows,
        f"{row['metric']} of {ends[0]} minus that of {ends[1]} is {gap:+.3f}, and the row's verdict is "
        f"{row['verdict']!r}, so the verdict that follows is {follows!r}, not {result['verdict']!r}.",
    )
    return (
        f"Verdict on {row['metric']}, {ends[0]} above {ends[1]}: {follows}, "
        f"n = {row['n_first']} and {row['n_second']}."
    )


@graded("2.6")
def exercise_2_6(implied_fpr: Any) -> str:
    """The false positive rate that base rate, recall and precision leave no choice about."""
    # In the last a precision below the base rate, which is a poor model and none that is impossible.
    for tp, fp, fn, tn in ((60, 15, 20, 105), (30, 45, 10, 15), (9, 1, 41, 149), (20, 30, 80, 70)):
        n, positives = tp + fp + fn + tn, tp + fn
        base, recall, precision = positives / n, tp / positives, tp / (tp + fp)
        (given,) = grading.as_numbers(
            called(implied_fpr, base, recall, precision), "one number was", 1
        )
        expect(
            not np.isnan(given),
            f"a base rate of {base:.2f}, recall of {recall:.2f} and precision of {precision:.2f} go "
            "together, but you give NaN. Is one of the fractions turned round?",
        )
        odds, wrong = base / (1 - base), (1 - precision) / precision
        grading.expect_number(
            f"of {n} people {positives} are positive, {tp} of these are found, and {fp} others are "
            "called positive: the false positive rate",
            given,
            fp / (fp + tn),
            *_rate_mistakes(odds, wrong, base, recall, precision),
            (fp, "that is a count: a rate divides it by the negatives."),
            (fp / n, "that divides by everybody: divide by the negatives."),
            (1 - fp / (fp + tn), "that is the share of negatives that are called negative."),
        )
    for base, recall, precision, above in ((0.8, 0.9, 0.5, 3.6), (0.6, 0.7, 0.5, 1.05)):
        given = called(implied_fpr, base, recall, precision)
        (none,) = grading.as_numbers(given, "one number was", 1)
        expect(
            np.isnan(none),
            f"with a base rate of {base}, recall {recall} and precision {precision} the formula "
            f"gives {above}, and no rate is above 1: there is no such model. Return np.nan, not "
            f"{none:g}.",
        )
    (full,) = grading.as_numbers(called(implied_fpr, 0.5, 1.0, 0.5), "one number was", 1)
    expect(
        full == 1,
        "with a base rate of 0.5, recall 1 and precision 0.5 the rate is 1: who calls everybody "
        f"positive is such a model. You give {full:g}.",
    )
    return "Three figures, and no choice left for the fourth."


def _rate_mistakes(
    odds: float, wrong: float, base: float, recall: float, precision: float
) -> list[tuple[float, str]]:
    """What a reader may have written for odds * wrong * recall, where wrong is (1 - p) / p."""
    return [
        (wrong * recall, "you leave out the base rate: multiply by b / (1 - b)."),
        (base * wrong * recall, "you multiply by b alone: divide by 1 - b as well."),
        (wrong * recall / odds, "b / (1 - b) is turned round: more positives, more FP."),
        (odds * recall / wrong, "(1 - precision) / precision is turned round."),
        (
            odds * (1 - recall) / recall * precision,
            "recall and precision have changed places: (1 - precision) / precision * recall.",
        ),
        (odds * wrong, "you leave out recall."),
        (odds * wrong / recall, "multiply by recall, do not divide by it."),
        (odds * (1 - precision) * recall, "divide by precision as well."),
        (1 - precision, "that is a share of those who are called positive, not of negatives."),
    ]


# -- data that no reader has seen


def _audited(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, answers and groups of invented people; groups differ in every way."""
    random = np.random.default_rng(seed)
    number = random.integers(0, 3, n)
    truth = random.random(n) < np.array([0.3, 0.6, 0.5])[number]
    found, taken = random.uniform(0.5, 0.95, 3)[number], random.uniform(0.05, 0.4, 3)[number]
    answer = random.random(n) < np.where(truth, found, taken)
    return truth, answer, np.array(["one", "two", "three"])[number]
