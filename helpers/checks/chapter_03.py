"""Checks of chapter 03."""

from typing import Any

import numpy as np
import pandas as pd

from helpers.bias import verification
from helpers.checks.grading import NotYet, as_numbers, called, claimed, expect, graded


@graded("3.1")
def exercise_3_1(error_rates: Any) -> str:
    """FMR and FNMR at a threshold."""
    scores, genuine = _pairs(people=12)
    limit = float(np.sort(scores[~genuine])[-30])  # a score that occurs: is it accepted?
    fmr, fnmr = _two(called(error_rates, scores, genuine, limit))
    accepted = scores >= limit
    right = (accepted[~genuine].mean(), (~accepted)[genuine].mean())
    _rule_out_rates((fmr, fnmr), right, accepted, genuine)
    expect(
        _same(fmr, right[0]),
        f"the FMR should be {right[0]:.4f} here, but you give {fmr:.4f}: it is the share of the "
        "impostor pairs, scores[~genuine], that are accepted.",
    )
    expect(
        _same(fnmr, right[1]),
        f"the FNMR should be {right[1]:.4f} here, but you give {fnmr:.4f}: it is the share of the "
        "genuine pairs, scores[genuine], that are rejected.",
    )
    return "Each error is a share of its own kind of pairs."


def _rule_out_rates(
    given: tuple[float, float],
    right: tuple[float, float],
    accepted: np.ndarray,
    genuine: np.ndarray,
) -> None:
    """Name the mistake whose rates the reader has got."""
    fmr, fnmr = given
    expect(
        not (_same(fmr, right[1]) and _same(fnmr, right[0])),
        "both rates are there, but in the wrong order: FMR first, then FNMR.",
    )
    expect(
        not _same(fmr, right[1]),
        "your FMR is 1 - TAR, the share of genuine pairs that are rejected: that is the FNMR. Look "
        "at impostor pairs, scores[~genuine].",
    )
    rejected = ~accepted
    totals = (
        (fmr, (accepted & ~genuine).sum() / accepted.sum(), "accepted pairs", "impostor pairs"),
        (fmr, (accepted & ~genuine).mean(), "all pairs", "impostor pairs"),
        (fnmr, (rejected & genuine).sum() / rejected.sum(), "rejected pairs", "genuine pairs"),
        (fnmr, (rejected & genuine).mean(), "all pairs", "genuine pairs"),
    )
    for rate, wrong, total, wanted in totals:
        expect(not _same(rate, wrong), f"you divided by the number of {total}: divide by {wanted}.")
    expect(
        not (fmr < right[0] and _same(fmr, right[0] - 1 / (~genuine).sum())),
        "a score equal to the threshold is accepted: use >=, and < for what is rejected.",
    )


@graded("3.2")
def exercise_3_2(fmr_of_draw: Any) -> str:
    """The FMR of a bootstrap draw of people."""
    random = np.random.default_rng(0)
    first, second = np.triu_indices(20, k=1)
    accepted = random.random(len(first)) < 0.1 + 0.6 * (first == 3)
    drawn = np.bincount(random.integers(0, 20, 20), minlength=20)
    everybody = _one(called(fmr_of_draw, accepted, first, second, np.ones(20, int)))
    expect(
        _same(everybody, accepted.mean()),
        f"if everybody is drawn once, nothing changes: the rate is {accepted.mean():.4f}, but you "
        f"give {everybody:.4f}.",
    )
    rate = _one(called(fmr_of_draw, accepted, first, second, drawn))
    for wrong, sentence in _draw_mistakes(accepted, first, second, drawn):
        expect(not _same(rate, wrong), sentence)
    expect(
        _same(rate, np.average(accepted, weights=drawn[first] * drawn[second])),
        "weigh each pair by drawn[first] * drawn[second], and divide the accepted weight by all.",
    )
    return "People vary, and pairs vary with them."


def _draw_mistakes(
    accepted: np.ndarray, first: np.ndarray, second: np.ndarray, drawn: np.ndarray
) -> tuple[tuple[float, str], ...]:
    """What a reader may have computed instead of the rate of a draw."""
    weights = drawn[first] * drawn[second]
    return (
        (
            (weights * accepted).sum() / len(accepted),
            "you divided by the number of pairs: after a draw there are weights.sum() of them.",
        ),
        (
            np.average(accepted, weights=drawn[first] + drawn[second]),
            "you added the two counts: two people who came up 2 and 3 times make 2 * 3 pairs.",
        ),
        (
            np.average(accepted, weights=drawn[first]),
            "only the first person of each pair was drawn: multiply with drawn[second].",
        ),
        (
            np.average(accepted, weights=drawn[second]),
            "only the second person of each pair was drawn: multiply with drawn[first].",
        ),
        (
            accepted[weights > 0].mean(),
            "a person who came up twice counts once with you: weigh the pairs, don't only choose.",
        ),
        (accepted.mean(), "the draw has no effect: use `drawn`."),
    )


@graded("3.3")
def exercise_3_3(tar_at_far: Any) -> str:
    """TAR at the smallest threshold that keeps a FAR."""
    scores, genuine = _pairs(people=30, seed=1)
    impostors = int((~genuine).sum())
    far = (np.floor(0.02 * impostors) + 0.5) / impostors  # between two counts
    tar = _one(called(tar_at_far, scores, genuine, far))
    _rule_out_tars(tar, scores, genuine, far)
    _expect_tar(tar, scores, genuine, far)
    coarse = np.round(scores, 1)  # many scores are equal
    tied = _one(called(tar_at_far, coarse, genuine, 0.02))
    expect(
        tied <= _tar(coarse, genuine, 0.02) + 1e-9,
        "where scores are tied you let too many impostors through: all that are equal pass "
        "together. If k may pass, everything *above* the next one (number k from 0) passes, and "
        "what equals it does not.",
    )
    _expect_tar(tied, coarse, genuine, 0.02)
    low = called(tar_at_far, scores, genuine, 0.5 / impostors)
    expect(
        isinstance(low, float | np.floating) and bool(np.isnan(low)),
        f"with {impostors:,} impostor pairs a FAR of {0.5 / impostors:.1e} can't be measured: "
        "return np.nan below 1 / (number of impostor pairs).",
    )
    return "A rate is counted; a threshold is a score."


def _tar(scores: np.ndarray, genuine: np.ndarray, far: float) -> float:
    return float(verification.tar_at_far(scores, genuine, far)["tar"].iloc[0])


def _expect_tar(tar: float, scores: np.ndarray, genuine: np.ndarray, far: float) -> None:
    right = _tar(scores, genuine, far)
    expect(
        _same(tar, right),
        f"the TAR should be {right:.4f} at a FAR of {far:.4f}, but you give {tar:.4f}. Is your "
        f"threshold too {'strict' if tar < right else 'lax'}?",
    )


def _rule_out_tars(tar: float, scores: np.ndarray, genuine: np.ndarray, far: float) -> None:
    """Name the mistake whose TAR the reader has got."""
    impostors = np.sort(scores[~genuine])[::-1]
    cut = float(np.quantile(scores, 1 - far))
    mistakes = (
        (
            (scores[genuine] >= far).mean(),
            "you compare scores with the FAR itself: first look for the threshold that keeps it.",
        ),
        (
            1 - _tar(scores, genuine, far),
            "that is the share of genuine pairs that are rejected: TAR is 1 minus it.",
        ),
        (
            (scores[genuine] >= cut).mean(),
            "you took the quantile of all scores: a FAR is a share of impostor pairs only.",
        ),
        ((scores[genuine] > impostors[0]).mean(), "your threshold lets no impostor through."),
    )
    for wrong, sentence in mistakes:
        expect(not _same(tar, float(wrong)), sentence)


@graded("3.4")
def exercise_3_4(held_out_fmr: Any) -> str:
    """FMR of every fold at the threshold of the others."""
    scores, genuine, fold = _in_folds()
    found = as_numbers(called(held_out_fmr, scores, genuine, fold, 0.05), "three rates were")
    expect(
        found.shape == (3,),
        f"three folds, 0, 1 and 2, make three rates; your result has shape {found.shape}. Is fold "
        "-1 (pairs of no fold) among them?",
    )
    _rule_out_folds(found, scores, genuine, fold)
    right = _fold_rates(scores, genuine, fold, lambda k: (fold != k) & (fold != -1))
    expect(
        bool(np.allclose(found, right)),
        f"the rates should be {right.round(4)}, but you give {found.round(4)}: threshold from the "
        "other folds, FMR of this one's impostor pairs.",
    )
    return "Nobody helped to choose the threshold by which they are judged."


def _rule_out_folds(
    found: np.ndarray, scores: np.ndarray, genuine: np.ndarray, fold: np.ndarray
) -> None:
    """Name the way in which people were on both sides."""
    everyone = np.ones(len(fold), bool)
    everything = [
        (scores[fold == k] >= _limit(scores, genuine, (fold != k) & (fold != -1))).mean()
        for k in range(3)
    ]
    expect(
        not np.allclose(found, everything),
        "an FMR is a share of impostor pairs, and you counted genuine pairs too: use ~genuine.",
    )
    leaks = (
        (
            lambda k: fold == k,
            "each threshold was chosen on the fold that it is judged on: choose it on the others.",
        ),
        (
            lambda k: everyone,
            "the threshold was chosen on all pairs, the fold's own among them: leave them out.",
        ),
        (
            lambda k: fold != -1,
            "the threshold was chosen on all folds, the tested one among them: leave it out.",
        ),
        (
            lambda k: fold != k,
            (
                "people of the fold were there when the threshold was chosen: pairs with fold -1 "
                "have a side in it. Leave them out of both."
            ),
        ),
    )
    for chosen, sentence in leaks:
        wrong = _fold_rates(scores, genuine, fold, chosen)
        expect(found.shape != wrong.shape or not np.allclose(found, wrong), sentence)


def _fold_rates(scores: np.ndarray, genuine: np.ndarray, fold: np.ndarray, chosen: Any) -> Any:
    rates = []
    for k in range(3):
        train = chosen(k)
        limit = _limit(scores, genuine, train)
        rates.append((scores[(fold == k) & ~genuine] >= limit).mean())
    return np.array(rates)


def _limit(scores: np.ndarray, genuine: np.ndarray, train: np.ndarray) -> float:
    return verification.fit(scores[train], genuine[train], 0.05)["overall"]


@graded("3.5")
def exercise_3_5(test: Any) -> str:
    """A claim of the reader's own about two groups, with its evidence and verdict."""
    result = claimed(test, "evidence", "direction", "verdict")
    low, high, parity, named = _evidence(result["evidence"])
    expect(
        result["direction"] in ("above", "below"),
        'the direction is "above" or "below": on which side of parity does your claim put it?',
    )
    follows = "undecided"
    if not low <= parity <= high:
        follows = "supported" if (low > parity) == (result["direction"] == "above") else ""
        follows = follows or "contradicted"
    expect(
        result["verdict"] == follows,
        f"the interval reaches from {low:.3g} to {high:.3g}, parity is {parity:g} and the claim is "
        f"{result['direction']!r}, so the verdict that follows is {follows!r}, not "
        f"{result['verdict']!r}.",
    )
    return f"Verdict on {named}: {result['verdict']}."


def _evidence(row: Any) -> tuple[float, float, float, str]:
    """Limits and parity of a row of ``compare``, and what it compares."""
    columns = ("metric", "group", "reference", "measure", "value", "low", "high")
    if not isinstance(row, pd.Series) or any(name not in row for name in columns):
        raise NotYet(
            "the evidence is one row of verification.compare(...), for instance "
            'table[table.group == "..."].iloc[0].'
        )
    expect(row["group"] != row["reference"], "that row compares a group with itself.")
    low, high = float(row["low"]), float(row["high"])
    expect(
        bool(np.isfinite([low, high]).all()),
        f"this comparison has no interval ({row.get('note') or 'undefined'}): choose another.",
    )
    parity = 1.0 if row["measure"] == "ratio" else 0.0
    return low, high, parity, f"the {row['measure']} of {row['metric']}"


# -- data that no reader has seen, and numbers read from answers


def _pairs(people: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores and labels of all pairs of three pictures of some people."""
    scores, genuine, _, _ = _scored(people, seed)
    return scores, genuine


def _scored(people: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    who = np.repeat(np.arange(people), 3)
    pictures = random.normal(size=(people, 8))[who] + 0.7 * random.normal(size=(len(who), 8))
    one, two = np.triu_indices(len(who), k=1)
    return verification.score_pairs(pictures, one, two), who[one] == who[two], who[one], who[two]


def _in_folds() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of people in three folds, in which strangers resemble each other ever more."""
    scores, genuine, one, two = _scored(30, seed=2)
    fold = np.where(one % 3 == two % 3, one % 3, -1)
    return scores + 0.1 * fold, genuine, fold


def _one(result: Any) -> float:
    return float(as_numbers(result, "one number was", 1)[0])


def _two(result: Any) -> tuple[float, float]:
    fmr, fnmr = as_numbers(result, "two numbers, fmr and fnmr, were", 2)
    return float(fmr), float(fnmr)


def _same(one: float, two: float) -> bool:
    return bool(np.isclose(one, two, rtol=1e-6, atol=1e-9))
