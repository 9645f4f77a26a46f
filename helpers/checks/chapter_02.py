"""Checks of chapter 02."""

from typing import Any

import numpy as np
import pandas as pd

from helpers import intervals
from helpers.checks.grading import (
    NotYet,
    as_number,
    as_numbers,
    called,
    claimed,
    evidence,
    expect,
    expect_right,
    expect_verdict,
    graded,
    keyed,
    same,
    verdict,
)

_CRITERIA = ("demographic parity", "equal opportunity", "equalised odds", "predictive parity")


@graded("2.1")
def exercise_2_1(recall: Any) -> str:
    """Recall with its n, undefined where nobody is positive."""
    truth, answer, _ = _audited(60)
    value, n = _recall_and_n(recall, truth, answer)
    both, positives = int((truth & answer).sum()), int(truth.sum())
    right, accuracy, precision = both / positives, (truth == answer).mean(), both / answer.sum()
    expect_right(
        value,
        right,
        f"recall should be {right:.3f} here, but you give {value:.3f}.",
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
    value, n = as_numbers(called(recall, truth, answer), "two things, recall and its n, were", 2)
    return float(value), float(n)


@graded("2.2")
def exercise_2_2(gaps: Any) -> str:
    """Gaps of four criteria between three groups."""
    for seed in (1, 2, 4):  # the larger gap of equalised odds is recall's in one, the FPR's in two
        truth, answer, group = (pd.Series(each) for each in _audited(400, seed))
        result = keyed(called(gaps, truth, answer, group), _CRITERIA)
        right = _gaps(truth, answer, group)
        for name, mistakes in _gap_mistakes(right, truth, answer, group).items():
            given = as_number(result[name])
            expect_right(
                given,
                right[name],
                f"the gap in {name} should be {right[name]:.3f} here, but you give {given:.3f}: the "
                "largest rate of the three groups minus the smallest.",
                *mistakes,
            )
    return "Four questions about the same counts."


def _gap(hit: pd.Series, among: pd.Series, group: pd.Series) -> pd.Series:
    return hit[among].groupby(group[among]).mean()


def _gaps(truth: pd.Series, answer: pd.Series, group: pd.Series) -> dict[str, float]:
    everybody = pd.Series(True, truth.index)
    rates = {
        "demographic parity": _gap(answer, everybody, group),
        "equal opportunity": _gap(answer, truth, group),
        "false positive rate": _gap(answer, ~truth, group),
        "predictive parity": _gap(truth, answer, group),
    }
    found = {name: float(each.max() - each.min()) for name, each in rates.items()}
    found["equalised odds"] = max(found["equal opportunity"], found["false positive rate"])
    found["first two"] = float(abs(rates["demographic parity"].iloc[:2].diff().iloc[1]))
    return found


def _gap_mistakes(
    right: dict[str, float], truth: pd.Series, answer: pd.Series, group: pd.Series
) -> dict[str, list[tuple[float, str]]]:
    """What a reader may have computed instead of each criterion."""
    everybody = pd.Series(True, truth.index)
    accuracy = np.ptp(_gap(truth == answer, everybody, group))
    joint = np.ptp(_gap(truth & answer, everybody, group))
    selected, recall, precision = (right[_CRITERIA[k]] for k in (0, 1, 3))
    rates = recall, right["false positive rate"]
    return {
        "demographic parity": [
            (right["first two"], "you compare two groups only: take the largest and the smallest."),
            (accuracy, "that is accuracy: demographic parity doesn't ask what is true."),
        ],
        "equal opportunity": [
            (selected, _divide_by(_POSITIVE, "everybody")),
            (precision, _divide_by(_POSITIVE, _CALLED)),
            (joint, _divide_by(_POSITIVE, "everybody")),
        ],
        "equalised odds": [
            (sum(rates) / 2, "take the larger of the two gaps of equalised odds, not their mean."),
            (sum(rates), "take the larger of the two gaps of equalised odds, not their sum."),
            (min(rates), "equalised odds wants both rates to be equal: take the larger gap."),
        ],
        "predictive parity": [
            (recall, _divide_by(_CALLED, _POSITIVE)),
            (joint, _divide_by(_CALLED, "everybody")),
        ],
    }


_CALLED, _POSITIVE = "those who are called positive", "those whose truth is positive"


def _divide_by(who: str, instead_of: str) -> str:
    return f"that divides by the wrong people: divide by {who}, not by {instead_of}."


@graded("2.3")
def exercise_2_3(gap_by_chance: Any) -> str:
    """The largest gap to expect where group makes no difference."""
    random = np.random.default_rng(5)
    for sizes, apart in (((80,) * 4, 0.5), ((60,) * 6, 0.0), ((150, 150, 20), 0.0)):
        group = np.repeat([f"group {k}" for k in range(len(sizes))], sizes)
        right = random.random(len(group)) < np.where(group == "group 0", 0.9 - apart, 0.9)
        mixed = random.permutation(len(group))  # rows of a table don't come group by group
        _expect_chance(as_number(called(gap_by_chance, right[mixed], group[mixed])), right, group)
    return "Every largest gap has this much for nothing."


def _expect_chance(given: float, right: np.ndarray, group: np.ndarray) -> None:
    gaps = _shuffled_gaps(right, group)
    wanted, spread = float(gaps.mean()), float(gaps.std())
    observed = float(np.ptp(pd.Series(right).groupby(group).mean()))
    off, about = given - wanted, f"about {wanted:.3f} is to be expected, but you give {given:.3f}: "
    if abs(off) < 0.3 * spread:  # a mean of 1000 draws is within a tenth of that
        return
    expect(
        not same(given, observed),
        "that is the gap as it was seen. What would it be if the group made no difference?",
    )
    expect(
        off > 0,
        about
        + "return the mean of `draws` gaps, each the largest rate of a draw minus its smallest.",
    )
    expect(
        given < np.quantile(gaps, 0.9) or given > gaps.max() + spread,
        about + "that is among the largest of all draws. Return their mean.",
    )
    raise NotYet(
        about + "it knows the real difference between the groups. Shuffle across all faces, and "
        "don't draw anew within each group."
    )


def _shuffled_gaps(right: np.ndarray, group: np.ndarray) -> np.ndarray:
    random = np.random.default_rng(99)
    codes, _ = pd.factorize(group)
    n = np.bincount(codes)
    draws = (random.permutation(right) for _ in range(2000))
    return np.array([np.ptp(np.bincount(codes, weights=each) / n) for each in draws])


@graded("2.4")
def exercise_2_4(holm: Any) -> str:
    """Holm's correction of p-values."""
    for p in (np.array([0.03, 0.001, 0.2, 0.0101, 0.9, 0.011]), np.array([0.004, 0.7, 0.6])):
        given = as_numbers(called(holm, p.copy()), "corrected p-values were")
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
    back, rank = np.argsort(order), np.arange(1, m + 1)
    steps = p[order] * np.arange(m, 0, -1)
    hochberg = np.minimum.accumulate((p[order] * m / rank)[::-1])[::-1]
    each = "that is Bonferroni's correction, m for each: Holm multiplies the next by m - 1."
    falling = "a corrected value is smaller than the one before it: carry the largest so far along."
    other = "that is Benjamini and Hochberg's correction, which keeps another promise."
    above = "a p-value can't be larger than 1: cut it off there."
    return [
        (p, "nothing was corrected: multiply the smallest p by their number, m."),
        (np.minimum(p * m, 1), each),
        (np.minimum(steps, 1)[back], falling),
        (np.maximum.accumulate(steps)[back], above),
        (np.minimum(hochberg, 1)[back], other),
        (right[order], "the values are right, but sorted: put each back where its p was."),
    ]


@graded("2.5")
def exercise_2_5(test: Any) -> str:
    """A claim of the reader's own about two groups, with its evidence and verdict."""
    result = claimed(test, "evidence", side="where does your claim put the first group?")
    row, direction = result["evidence"], result["direction"]
    columns = {"metric", "first", "second", "n_first", "n_second", "p_holm", "verdict"}
    source = "classification.pairwise(...), such as .iloc[0]"
    (gap,) = evidence(row, source, columns, "difference")
    known = row["verdict"] == intervals.GAP
    follows = verdict(gap, gap, 0, direction) if known else "undecided"
    expect_verdict(
        result["verdict"],
        follows,
        f"the difference is {gap:+.3f}, the row's verdict is {row['verdict']!r}, and the claim is "
        f"{direction!r}",
    )
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
