"""Checks of chapter 01."""

from typing import Any

import numpy as np
import pandas as pd

from helpers import arguments
from helpers.checks import grading
from helpers.checks.grading import NotYet, called, expect, graded
from helpers.intervals import wilson


@graded("1.1")
def exercise_1_1(cell_counts: Any) -> str:
    """Faces in every combination of two categories."""
    table = _people()
    counts = called(cell_counts, table, ["hair", "glasses"])
    expect(isinstance(counts, pd.Series), f"a Series was expected, not {type(counts).__name__}.")
    right = table.groupby(["hair", "glasses"], observed=False).size()
    expect(
        len(counts) != (right > 0).sum(),
        f"there are {len(right)} combinations, and {(right == 0).sum()} of them have no face: they "
        "are missing from your result. See `observed`.",
    )
    expect(
        len(counts) == len(right),
        f"{len(right)} numbers were expected, one a combination, but there are {len(counts)}.",
    )
    expect(not counts.isna().any(), "an empty combination has 0 faces, not NaN: see `fillna`.")
    expect(
        int(counts.sum()) == len(table),
        f"the numbers should add up to all {len(table)} faces, but they make {counts.sum():g}.",
    )
    expect(
        (counts.reindex(right.index) == right).all(),
        "the counts do not belong to their combinations.",
    )
    of_three = called(cell_counts, table.astype({"hat": "category"}), ["hair", "glasses", "hat"])
    expect(
        len(of_three) == 2 * len(right),
        f"with three columns there are {2 * len(right)} combinations, but you return "
        f"{len(of_three)}: use all the columns that are given.",
    )
    return (
        f"{(right == 0).sum()} of {len(right)} combinations were empty, and you did not lose them."
    )


@graded("1.2")
def exercise_1_2(faces_needed: Any) -> str:
    """Faces for an interval of a wanted width."""
    for share, width in ((0.5, 0.2), (0.1, 0.1), (0.02, 0.04)):
        n = called(faces_needed, share, width)
        expect(
            isinstance(n, int | np.integer), f"a whole number was expected, not {type(n).__name__}."
        )
        right = _needed(share, width)
        halved = _needed(share, 2 * width)
        expect(
            abs(n - halved) > 0.1 * halved or abs(right - halved) <= 0.1 * halved,
            f"{n} faces give an interval that is {width} wide on *each side*: it should be that "
            "wide from end to end.",
        )
        expect(
            abs(n - right) <= 0.1 * right + 2,
            f"for an error of {share} and a width of {width} about {right} faces are needed, but "
            f"you say {n}.",
        )
    return "Four times as many faces for half the width: remember it when you plan."


@graded("1.3")
def exercise_1_3(miss_rates: Any) -> str:
    """A table of shares with Wilson's intervals."""
    random = np.random.default_rng(3)
    missed = {"some": random.random(50) < 0.3, "few": random.random(20) < 0.1, "none": np.zeros(9)}
    missed = {name: each.astype(bool) for name, each in missed.items()}
    table = called(miss_rates, missed)
    expect(isinstance(table, pd.DataFrame), "return a DataFrame with a row for each group.")
    columns = ["n", "value", "low", "high"]
    lacking = [name for name in columns if name not in table]
    expect(not lacking, f"the column {', '.join(lacking)} is missing.")
    expect(
        list(table.index) == list(missed),
        f"the index should be the names of the groups, {list(missed)}, but it is "
        f"{arguments.shown(list(table.index))}.",
    )
    for name, each in missed.items():
        row = list(table.loc[name, columns])
        n, value, *bounds = grading.as_numbers(row, "numbers were", len(columns))
        expect(n == len(each), f"n of {name!r} is {len(each)}, the faces that were shown.")
        expect(
            grading.same(value, each.mean(), atol=6e-4),
            f"the value of {name!r} is the share that was missed, {each.mean():.3f}, but you give "
            f"{value:.3f}.",
        )
        low, high = wilson(int(each.sum()), len(each))
        expect(
            not grading.same(bounds, [high, low], atol=6e-4),
            f"low and high of {name!r} are exchanged: wilson(...) returns low first.",
        )
        expect(
            grading.same(bounds, [low, high], atol=6e-4),
            f"Wilson's interval of {name!r} is {low:.3f} to {high:.3f}: call "
            "wilson(missed, of how many).",
        )
    return "Even where nothing was missed the interval does not end at 0."


@graded("1.4")
def exercise_1_4(test: Any) -> str:
    """A claim of the reader's own about the detector."""
    result = grading.claimed(test, "expected", "before", "after")
    expect(
        result["expected"] in ("more", "fewer"),
        '`expected` is "more" or "fewer": what does your claim say of the faces missed afterwards?',
    )
    before, after = (np.asarray(result[name]) for name in ("before", "after"))
    expect(
        before.dtype == bool and after.dtype == bool and before.ndim == after.ndim == 1,
        "`before` and `after` are arrays of True (missed) and False, one value a face; numbers 0 "
        "and 1 become that with .astype(bool).",
    )
    expect(
        len(before) == len(after) >= 20,
        f"show the same people before and after, at least 20: there are {len(before)} and "
        f"{len(after)}.",
    )
    (low, high), (low_after, high_after) = (
        wilson(int(each.sum()), len(each)) for each in (before, after)
    )
    shown = f"the intervals are {low:.2f} to {high:.2f} and {low_after:.2f} to {high_after:.2f}"
    change = low_after - high, high_after - low
    follows = grading.judge(result, result["expected"], *change, 0, shown)
    return f"Missed {before.sum()} before and {after.sum()} after, of {len(before)}: {follows}."


@graded("1.5")
def exercise_1_5(doubtful_identities: Any) -> str:
    """Identities that share a picture with another one."""
    copies = pd.DataFrame(
        {"group": [0, 0, 1, 1, 2, 2, 2, 3, 3], "identity": [7, 7, 3, 9, 4, 4, 12, 20, 20]},
        index=pd.Index([f"{k}.png" for k in range(9)], name="file"),
    )
    copies["labels_agree"] = copies.groupby("group")["identity"].transform("nunique") == 1
    try:
        found = set(called(doubtful_identities, copies))
    except TypeError:
        raise NotYet("a set of whole numbers was expected.") from None
    expect(
        not found & {7, 20},
        "two equal pictures of *one* person are harmless: 7 and 20 share a picture only with "
        "themselves.",
    )
    expect(
        found == {3, 9, 4, 12},
        f"3 and 9 share a picture, and so do 4 and 12, but you found "
        f"{arguments.shown(sorted(found, key=str))}.",
    )
    return "Which of the two names is wrong, only a look at the pictures can tell."


def _people() -> pd.DataFrame:
    """Ninety people in whom nobody bald wears round glasses, and whom nobody combed."""
    random = np.random.default_rng(1)
    hair = pd.Categorical(
        random.choice(["bald", "short", "long"], 90), ["bald", "short", "long", "up"]
    )
    glasses = pd.Categorical(random.choice(["none", "round", "square"], 90))
    table = pd.DataFrame({"hair": hair, "glasses": glasses, "hat": random.random(90) < 0.5})
    return table[~((table.hair == "bald") & (table.glasses == "round"))]


def _needed(share: float, width: float) -> int:
    n = 5
    while np.subtract(*wilson(round(share * n), n)[::-1]) > width:
        n += 1
    return n
