"""Checks of chapter 02."""

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from helpers import intervals
from helpers.checks import grading
from helpers.checks.grading import NotYet, called, expect, expect_right, graded

_CRITERIA = ("demographic parity", "equal opportunity", "equalised odds", "predictive parity")


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
        hint = ": the largest rate of the three groups minus the smallest."
        for name, (right, *mistakes) in _criteria(_gaps(truth, answer, group)).items():
            given = grading.as_number(result[name], name)
            grading.expect_number(f"the gap in {name}", given, right, *mistakes, hint=hint)
    return "Four questions about the same counts."


def _gaps(truth: pd.Series, answer: pd.Series, group: pd.Series) -> dict[str, float]:
    """Largest minus smallest of what may be computed, by its name."""
    everybody = truth | ~truth
    shares = {
        "selected": (answer, everybody),
        "recall": (answer, truth),
        "fpr": (answer, ~truth),
        "precision": (truth, answer),
        "accuracy": (truth == answer, everybody),
        "joint": (truth & answer, everybody),
    }
    rates = {name: hit[who].groupby(group[who]).mean() for name, (hit, who) in shares.items()}
    two = float(abs(np.subtract(*rates["selected"].iloc[:2])))
    return {name: float(np.ptp(each)) for name, each in rates.items()} | {"two": two}


def _criteria(gaps: dict[str, float]) -> dict[str, Any]:
    """The gap of each criterion, and what a reader may have computed instead."""
    both = gaps["recall"], gaps["fpr"]
    return {
        "demographic parity": (
            gaps["selected"],
            (gaps["two"], "you compare two groups only: take the largest and the smallest."),
            (gaps["accuracy"], "that is accuracy: demographic parity doesn't ask what is true."),
        ),
        "equal opportunity": (
            gaps["recall"],
            (gaps["selected"], _divide_by(_POSITIVE, "everybody")),
            (gaps["precision"], _divide_by(_POSITIVE, _CALLED)),
            (gaps["joint"], _divide_by(_POSITIVE, "everybody")),
        ),
        "equalised odds": (
            max(both),
            (sum(both) / 2, "take the larger of the two gaps of equalised odds, not their mean."),
            (sum(both), "take the larger of the two gaps of equalised odds, not their sum."),
            (min(both), "equalised odds wants both rates to be equal: take the larger gap."),
        ),
        "predictive parity": (
            gaps["precision"],
            (gaps["recall"], _divide_by(_CALLED, _POSITIVE)),
            (gaps["joint"], _divide_by(_CALLED, "everybody")),
        ),
    }


_CALLED, _POSITIVE = "those who are called positive", "those whose truth is positive"


def _divide_by(who: str, instead_of: str) -> str:
    return f"that divides by the wrong people: divide by {who}, not by {instead_of}."


@graded("2.3")
def exercise_2_3(gap_by_chance: Any) -> str:
    """The largest gap to expect where group makes no difference."""
    random = np.random.default_rng(5)
    answers = []
    for sizes, apart in (((80,) * 4, 0.5), ((60,) * 6, 0.0), ((150, 150, 20), 0.0)):
        group = np.repeat([f"group {k}" for k in range(len(sizes))], sizes)
        right = random.random(len(group)) < np.where(group == "group 0", 0.9 - apart, 0.9)
        mixed = random.permutation(len(group))  # rows of a table don't come group by group
        given = grading.as_number(called(gap_by_chance, right[mixed], group[mixed]))
        answers.append((given, right, group))
    # Rates of 80 faces are multiples of 1/80, and so are their gaps; a mean of many hardly ever is.
    steps = [given * 2 * n for (given, *_), n in zip(answers, (80, 60), strict=False)]
    single = all(step > 0.5 and abs(step - round(step)) < 1e-6 for step in steps)
    for answer in answers:
        _expect_chance(*answer, single)
    return "Every largest gap has this much for nothing."


def _expect_chance(given: float, right: np.ndarray, group: np.ndarray, single: bool) -> None:
    gaps, ratios = _shuffled(right, group)
    wanted, spread = float(gaps.mean()), float(gaps.std())
    observed = float(np.ptp(pd.Series(right).groupby(group).mean()))
    off, about = given - wanted, f"about {wanted:.3f} is to be expected, but you give {given:.3f}: "
    expect(
        abs(off) < 0.3 * spread or not grading.same(given, observed),
        "that is the gap as it was seen. What would it be if the group made no difference?",
    )
    expect(
        not single,
        about
        + "one draw alone can have that gap. Are your draws all the same, or did you pick the "
        "largest, or the median? Return their mean.",
    )
    if abs(off) < 0.3 * spread:  # a mean of 1000 draws is within a tenth of that
        return
    mean = "return the mean of `draws` gaps, each the largest rate of a draw minus its smallest."
    expect(off > 0, about + mean)
    quotient = given > 1 or abs(given - ratios.mean()) < ratios.std()
    expect(not quotient, about + "that is a ratio. Subtract the smallest rate from the largest.")
    expect(
        given < np.quantile(gaps, 0.9) or given > gaps.max() + spread,
        about + "that is among the largest of all draws. Return their mean.",
    )
    raise NotYet(
        about + "it knows the real difference between the groups. Shuffle across all faces, and "
        "don't draw anew within each group."
    )


def _shuffled(right: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Largest rate minus smallest, and smallest divided by largest, of faces shuffled."""
    random = np.random.default_rng(99)
    codes, _ = pd.factorize(group)
    n = np.bincount(codes)
    draws = (random.permutation(right) for _ in range(2000))
    rates = np.array([np.bincount(codes, weights=each) / n for each in draws])
    low, high = rates.min(axis=1), rates.max(axis=1)
    return high - low, low / high


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
    return [
        (p, "nothing was corrected: multiply the smallest p by their number, m."),
        (np.minimum(p * m, 1), each),
        (np.minimum(steps, 1)[back], falling),
        (np.maximum.accumulate(steps)[back], above),
        (stats.false_discovery_control(p), other),
        (right[order], "the values are right, but sorted: put each back where its p was."),
    ]


@graded("2.5")
def exercise_2_5(test: Any) -> str:
    """A claim of the reader's own about two groups, with its evidence and verdict."""
    result = grading.claimed(test, "evidence", side="where does your claim put the first group?")
    row = result["evidence"]
    columns = {"metric", "first", "second", "n_first", "n_second", "p_holm", "verdict"}
    source = "classification.pairwise(...), such as .iloc[0]"
    (gap,) = grading.evidence(row, source, columns, "difference")
    # The row's verdict counts, which knows of the other pairs, and not the interval of this one.
    low, high = (gap, gap) if row["verdict"] == intervals.GAP else (-1.0, 1.0)
    shown = f"the difference is {gap:+.3f}, the row's verdict is {row['verdict']!r}"
    follows = grading.judge(result, result["direction"], low, high, 0, shown)
    return (
        f"Verdict on {row['metric']}, {row['first']} against {row['second']}: {follows}, "
        f"n = {row['n_first']} and {row['n_second']}."
    )


# -- data that no reader has seen


def _audited(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, answers and groups of invented people; groups differ in every way."""
    random = np.random.default_rng(seed)
    number = random.integers(0, 3, n)
    truth = random.random(n) < np.array([0.3, 0.6, 0.5])[number]
    found, taken = random.uniform(0.5, 0.95, 3)[number], random.uniform(0.05, 0.4, 3)[number]
    answer = random.random(n) < np.where(truth, found, taken)
    return truth, answer, np.array(["one", "two", "three"])[number]
