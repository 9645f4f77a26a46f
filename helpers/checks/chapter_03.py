"""Checks of chapter 03."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from helpers.bias import verification
from helpers.checks import grading
from helpers.checks.grading import called, expect, expect_right, graded


@graded("3.1")
def exercise_3_1(error_rates: Any) -> str:
    """FMR and FNMR at a threshold."""
    scores, genuine, limit = _with_ties()
    given = called(error_rates, scores, genuine, limit)
    fmr, fnmr = grading.as_numbers(given, "two numbers, fmr and fnmr, were", 2)
    accepted = scores >= limit
    right = accepted[~genuine].mean(), (~accepted)[genuine].mean()
    expect(
        not grading.same((fmr, fnmr), right[::-1]),
        "both rates are there, but in the wrong order: FMR first, then FNMR.",
    )
    hint = ": it is the share of the {0} pairs, scores[{1}], that are {2}."
    of_impostors = hint.format("impostor", "~genuine", "accepted")
    mistakes = _fmr_mistakes(scores, genuine, limit)
    grading.expect_number("the FMR", fmr, right[0], *mistakes, hint=of_impostors)
    of_genuine = hint.format("genuine", "genuine", "rejected")
    mistakes = _fnmr_mistakes(scores, genuine, limit)
    grading.expect_number("the FNMR", fnmr, right[1], *mistakes, hint=of_genuine)
    return "Each error is a share of its own kind of pairs."


_TIE = "a score equal to the threshold is accepted: use >=, and < for what is rejected."


def _fmr_mistakes(scores: np.ndarray, genuine: np.ndarray, limit: float) -> list[tuple[float, str]]:
    accepted = scores >= limit
    look = "Look at impostor pairs, scores[~genuine]."
    fnmr = "the share of genuine pairs that are rejected: that is the FNMR."
    return [
        ((~accepted)[genuine].mean(), f"your FMR is 1 - TAR, {fnmr} {look}"),
        (
            accepted[genuine].mean(),
            f"your FMR is the share of genuine pairs accepted: {_TAR} {look}",
        ),
        ((~accepted)[~genuine].mean(), "your FMR counts the impostor pairs that are rejected."),
        *_of_other_pairs(accepted, ~genuine, "accepted", "impostor"),
        ((scores > limit)[~genuine].mean(), _TIE),
    ]


_TAR = "that is the TAR."


def _fnmr_mistakes(
    scores: np.ndarray, genuine: np.ndarray, limit: float
) -> list[tuple[float, str]]:
    accepted = scores >= limit
    return [
        (accepted[genuine].mean(), f"your FNMR counts who is accepted: {_TAR} FNMR is 1 - TAR."),
        *_of_other_pairs(~accepted, genuine, "rejected", "genuine"),
        ((scores <= limit)[genuine].mean(), _TIE),
    ]


def _of_other_pairs(
    decided: np.ndarray, kind: np.ndarray, decision: str, name: str
) -> list[tuple[float, str]]:
    """An error that was divided by other pairs than those of its kind."""
    errors = (decided & kind).sum()
    return [
        (errors / total, f"you divided by the number of {pairs}: divide by {name} pairs.")
        for total, pairs in ((decided.sum(), f"{decision} pairs"), (len(kind), "all pairs"))
    ]


@graded("3.2")
def exercise_3_2(fmr_of_draw: Any) -> str:
    """The FMR of a bootstrap draw of people."""
    random = np.random.default_rng(0)
    first, second = np.triu_indices(20, k=1)
    accepted = random.random(len(first)) < 0.1 + 0.6 * (first == 3)
    drawn = np.bincount(random.integers(0, 20, 20), minlength=20)
    everybody = grading.as_number(called(fmr_of_draw, accepted, first, second, np.ones(20, int)))
    expect_right(
        everybody,
        accepted.mean(),
        f"if everybody is drawn once, nothing changes: the rate is {accepted.mean():.4f}, but you "
        f"give {everybody:.4f}.",
    )
    expect_right(
        grading.as_number(called(fmr_of_draw, accepted, first, second, drawn)),
        np.average(accepted, weights=drawn[first] * drawn[second]),
        "weigh each pair by drawn[first] * drawn[second], and divide the accepted weight by all.",
        *_draw_mistakes(accepted, drawn[first], drawn[second]),
    )
    return "People vary, and pairs vary with them."


def _draw_mistakes(
    accepted: np.ndarray, first: np.ndarray, second: np.ndarray
) -> list[tuple[float, str]]:
    """What a reader may have computed, of how often each pair's two people were drawn."""
    both = first * second
    unweighted = "you divided by the number of pairs: after a draw there are weights.sum() of them."
    added = "you added the two counts: two people who came up 2 and 3 times make 2 * 3 pairs."
    one_side = "only the {} person of each pair was drawn: multiply with drawn[{}]."
    chosen = "a person who came up twice counts once with you: weigh the pairs, don't only choose."
    return [
        ((both * accepted).mean(), unweighted),
        (np.average(accepted, weights=first + second), added),
        (np.average(accepted, weights=first), one_side.format("first", "second")),
        (np.average(accepted, weights=second), one_side.format("second", "first")),
        (accepted[both > 0].mean(), chosen),
        (accepted.mean(), "the draw has no effect: use `drawn`."),
    ]


@graded("3.3")
def exercise_3_3(tar_at_far: Any) -> str:
    """TAR at the smallest score that, as a threshold, keeps a FAR."""
    scores, genuine, far = _between_counts()
    impostors = int((~genuine).sum())
    tar = grading.as_number(called(tar_at_far, scores, genuine, far))
    _expect_tar(tar, scores, genuine, far, *_tar_mistakes(scores, genuine, far))
    coarse = np.round(scores, 1)  # many scores are equal
    tied = grading.as_number(called(tar_at_far, coarse, genuine, 0.02))
    expect(
        tied <= _tar(coarse, genuine, 0.02) + 1e-9,
        "where scores are tied you let too many impostors through: all that are equal pass "
        "together. If k may pass, everything *above* the next one (number k from 0) passes, and "
        "what equals it does not.",
    )
    _expect_tar(tied, coarse, genuine, 0.02)
    for passing in (1, 2, 5):
        far = (passing + 0.2) / impostors
        given = called(tar_at_far, scores, genuine, far)
        expect(
            not np.isnan(grading.as_numbers(given, "one number was", 1)).any(),
            f"of {impostors:,} impostor pairs {passing} may pass at a FAR of {far:.2e}, which can be "
            "measured: return np.nan only below 1 / (number of impostor pairs).",
        )
        _expect_tar(
            grading.as_number(given), scores, genuine, far, *_tar_mistakes(scores, genuine, far)
        )
    low = called(tar_at_far, scores, genuine, 0.5 / impostors)
    expect(
        isinstance(low, float | np.floating) and np.isnan(low),
        f"with {impostors:,} impostor pairs a FAR of {0.5 / impostors:.1e} can't be measured: "
        "return np.nan below 1 / (number of impostor pairs).",
    )
    return "A rate is counted; a threshold is a score."


def _tar(scores: np.ndarray, genuine: np.ndarray, far: float) -> float:
    return float(verification.tar_at_far(scores, genuine, far)["tar"].iloc[0])


def _expect_tar(
    tar: float, scores: np.ndarray, genuine: np.ndarray, far: float, *mistakes: tuple[float, str]
) -> None:
    right = _tar(scores, genuine, far)
    hint = f". Is your threshold too {'strict' if tar < right else 'lax'}?"
    grading.expect_number(f"the TAR at a FAR of {far:.4f}", tar, right, *mistakes, hint=hint)


def _tar_mistakes(scores: np.ndarray, genuine: np.ndarray, far: float) -> list[tuple[float, str]]:
    own, strangers = scores[genuine], np.sort(scores[~genuine])[::-1]
    k = int(far * len(strangers))
    itself = "you compare scores with the FAR itself: first look for the threshold that keeps it."
    rejected = "that is the share of genuine pairs that are rejected: TAR is 1 minus it."
    of_all = "you took the quantile of all scores: a FAR is a share of impostor pairs only."
    lax = (
        f"your threshold lets more impostors through than the FAR allows: of {len(strangers):,} no "
        f"more than {k} may pass, far * n rounded down. Everything above the next one passes."
    )
    strict = f"your threshold lets fewer impostors through than the FAR allows: {k} may pass."
    return [
        ((own >= far).mean(), itself),
        (1 - _tar(scores, genuine, far), rejected),
        ((own >= np.quantile(scores, 1 - far)).mean(), of_all),
        ((own > strangers[0]).mean(), "your threshold lets no impostor through."),
        ((own > strangers[max(k - 1, 0)]).mean(), strict),
        ((own >= strangers[k]).mean(), lax),
        ((own > strangers[k + 1]).mean(), lax),
        ((own >= strangers[k + 1]).mean(), lax),
    ]


@graded("3.4")
def exercise_3_4(held_out_fmr: Any) -> str:
    """FMR of every fold at the threshold of the others."""
    scores, genuine, fold = _in_folds()
    given = called(held_out_fmr, scores, genuine, fold, 0.05)
    found = grading.as_numbers(given, "three rates were")
    expect(
        found.shape == (3,),
        f"three folds, 0, 1 and 2, make three rates; your result has shape {found.shape}. Is fold "
        "-1 (pairs of no fold) among them?",
    )
    right = _fold_rates(scores, genuine, fold, lambda k: (fold != k) & (fold != -1))
    expect_right(
        found,
        right,
        f"the rates should be {right.round(4)}, but you give {found.round(4)}: threshold from the "
        "other folds, FMR of this one's impostor pairs.",
        *_fold_mistakes(scores, genuine, fold),
    )
    return "Nobody helped to choose the threshold by which they are judged."


def _fold_mistakes(
    scores: np.ndarray, genuine: np.ndarray, fold: np.ndarray
) -> Iterator[tuple[np.ndarray, str]]:
    """The ways in which people were on both sides, or genuine pairs among the impostors."""
    others = [(fold != k) & (fold != -1) for k in range(3)]
    limits = [_limit(scores, genuine, each) for each in others]
    yield (
        np.array([(scores[fold == k] >= limit).mean() for k, limit in enumerate(limits)]),
        "an FMR is a share of impostor pairs, and you counted genuine pairs too: use ~genuine.",
    )
    strict = [scores[(fold == k) & ~genuine] > limit for k, limit in enumerate(limits)]
    yield np.array([each.mean() for each in strict]), _TIE
    itself = "each threshold was chosen on the fold that it is judged on: choose it on the others."
    pairs = "the threshold was chosen on all pairs, the fold's own among them: leave them out."
    folds = "the threshold was chosen on all folds, the tested one among them: leave it out."
    half = (
        "people of the fold were there when the threshold was chosen: pairs with fold -1 have a side "
        "in it. Leave them out of both."
    )
    leaks: dict[str, Callable[[int], np.ndarray]] = {
        itself: lambda k: fold == k,
        pairs: lambda k: fold > -2,
        folds: lambda k: fold != -1,
        half: lambda k: fold != k,
    }
    swapped = (
        "you choose on the fold and judge on the others: the threshold comes from the *other* folds, "
        "and the FMR from the fold itself."
    )
    own = [_limit(scores, genuine, fold == k) for k in range(3)]
    there = [scores[each & ~genuine] >= own[k] for k, each in enumerate(others)]
    yield np.array([each.mean() for each in there]), swapped
    for sentence, chosen in leaks.items():
        yield _fold_rates(scores, genuine, fold, chosen), sentence


def _fold_rates(
    scores: np.ndarray, genuine: np.ndarray, fold: np.ndarray, chosen: Callable[[int], np.ndarray]
) -> np.ndarray:
    limits = [_limit(scores, genuine, chosen(k)) for k in range(3)]
    return np.array([(scores[(fold == k) & ~genuine] >= limits[k]).mean() for k in range(3)])


def _limit(scores: np.ndarray, genuine: np.ndarray, train: np.ndarray) -> float:
    return verification.fit(scores[train], genuine[train], 0.05)["overall"]


@graded("3.5")
def exercise_3_5(gini: Any) -> str:
    """The Gini coefficient of the rates of groups."""
    random = np.random.default_rng(4)
    for groups in (5, 8, 2):  # with two alone several mistakes look alike
        rates = random.uniform(0.01, 0.2, groups)
        given = grading.as_number(called(gini, rates))
        hint = ": the mean difference of two groups, divided by twice the mean rate."
        grading.expect_number(
            f"the Gini coefficient of {groups} rates",
            given,
            verification.gini(rates),
            *_gini_mistakes(rates),
            hint=hint,
        )
    return "0 for equal rates, 1 if one group has all the errors."


def _gini_mistakes(rates: np.ndarray) -> Iterator[tuple[float, str]]:
    """The formulas that one could take for it."""
    apart = np.abs(rates[:, None] - rates)
    of_two = apart[np.triu_indices(len(rates), k=1)].mean()
    right = of_two / (2 * rates.mean())
    with_itself = (
        "a group was compared with itself, too: of {0} groups, {0} of the {0} * {0} combinations are "
        "no pair of two groups. Leave them out of the mean."
    )
    yield 2 * right, "you divided by the mean rate: divide by twice the mean."
    yield apart.mean() / (2 * rates.mean()), with_itself.format(len(rates))
    yield of_two, "that is the mean difference of two groups: divide it by twice the mean rate."
    yield of_two / 2, "half the mean difference of two groups is not divided by the mean rate yet."
    yield of_two / (2 * np.median(rates)), "you divided by twice the median: take the mean rate."
    yield (
        np.ptp(rates) / (2 * rates.mean()),
        "that is the largest difference only: take the mean over all pairs of two groups.",
    )
    i, j = np.triu_indices(len(rates), k=1)
    yield (
        (rates[i] - rates[j]).mean() / (2 * rates.mean()),
        "differences above and below 0 cancel: take their absolute values before the mean.",
    )
    yield (
        apart.sum() / (2 * rates.mean()),
        "that is the sum of the differences: take their mean over all pairs of two groups.",
    )
    yield (
        apart[i, j].sum() / (2 * rates.mean()),
        "that is the sum of the differences: take their mean over all pairs of two groups.",
    )


@graded("3.6", "consistent")
def exercise_3_6(test: Any) -> str:
    """A claim of the reader's own about two groups, with its evidence and verdict."""
    result = grading.claimed(test, "evidence", "higher")
    row = result["evidence"]
    source = 'verification.compare(...), for instance table[table.group == "..."].iloc[0]'
    columns = {"metric", "group", "reference", "measure", "value"}
    low, high = grading.evidence(row, source, columns, "low", "high")
    group, reference = str(row["group"]), str(row["reference"])
    expect(group != reference, "that row compares a group with itself.")
    higher = str(result["higher"])
    named = f"in which group is {row['metric']} higher by your claim? Name it in 'higher': "
    expect(
        higher in (group, reference), f"{named}{group!r} or {reference!r}, as your row has them."
    )
    parity = 1.0 if row["measure"] == "ratio" else 0.0
    side = "above" if higher == group else "below"
    of = "over" if row["measure"] == "ratio" else "minus"
    shown = (
        f"the row is the {row['measure']} {group!r} {of} {reference!r}, so your claim puts it {side} "
        f"parity, {parity:g}. The interval reaches from {low:.3g} to {high:.3g}"
    )
    follows = grading.judge(result, side, low, high, parity, shown)
    return f"That {row['metric']} is higher in {higher!r} is {follows} by the row you give."


# -- data that no reader has seen


def _scored(people: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Scores, labels and people of all pairs of three pictures of some people."""
    random = np.random.default_rng(seed)
    who = np.repeat(np.arange(people), 3)
    pictures = random.normal(size=(people, 8))[who] + 0.7 * random.normal(size=(len(who), 8))
    one, two = np.triu_indices(len(who), k=1)
    return verification.score_pairs(pictures, one, two), who[one] == who[two], who[one], who[two]


def _in_folds() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of people in three folds, in which strangers resemble each other ever more."""
    scores, genuine, one, two = _scored(30, seed=2)
    fold = np.where(one % 3 == two % 3, one % 3, -1)
    # Two digits, so that scores of every fold equal the threshold of the others.
    return np.round(scores + 0.1 * fold, 2), genuine, fold


def _with_ties() -> tuple[np.ndarray, np.ndarray, float]:
    """Pairs with a genuine and an impostor score on the threshold, where FNMR is not TAR."""
    scores, genuine, *_ = _scored(people=12, seed=0)
    limit = float(np.sort(scores[genuine])[9])
    strangers = np.flatnonzero(~genuine)
    scores[strangers[np.abs(scores[strangers] - limit).argmin()]] = limit
    return scores, genuine, limit


def _between_counts() -> tuple[np.ndarray, np.ndarray, float]:
    """Pairs, and a FAR of k.7 impostors, with genuine scores on and beside the first too many."""
    scores, genuine, *_ = _scored(people=30, seed=1)
    strangers = np.sort(scores[~genuine])[::-1]
    k = int(0.02 * len(strangers))
    own = np.flatnonzero(genuine)
    nearest = own[np.abs(scores[own] - strangers[k]).argsort()[:3]]
    below, above = strangers[k + 1], strangers[k - 1]
    scores[nearest] = strangers[k], 0.7 * strangers[k] + 0.3 * below, (strangers[k] + above) / 2
    return scores, genuine, (k + 0.7) / len(strangers)
