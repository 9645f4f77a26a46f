"""Each check passes on the chapter's solution, fails on the stub and on answers that are wrong."""

import contextlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import notebooks
import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import false_discovery_control, spearmanr

from helpers import checks
from helpers.bias import classification, verification
from helpers.intervals import GAP, NO_GAP, TOO_LITTLE, bootstrap_mean, holm, wilson
from tests.checks import wrong_01, wrong_03, wrong_04


def exercises(make: Callable[[str, str], Any]) -> Iterator[tuple[str, str]]:
    """Number and code of every exercise of every chapter, as ``make`` turns them out."""
    for source in notebooks.sources(notebooks.ROOT):
        number = ""
        for cell in make(source.read_text(encoding="utf-8"), source.stem).cells:
            number = (notebooks.EXERCISE.findall(cell.source) or [number])[-1]
            tagged = "exercise" in cell.metadata.get("tags", [])
            if tagged and cell.cell_type == "code" and "def " in cell.source:
                yield number, cell.source


def answer(code: str) -> Any:
    """The function that an exercise's cell defines."""
    draw = np.random.default_rng(0)
    ellipses = np.zeros((40, 112, 112), dtype=bool)
    ellipses[:, 30:80, 40:70] = True
    names = {
        "np": np,
        "torch": torch,
        "bootstrap_mean": bootstrap_mean,
        "ellipses": ellipses,
        "batch": None,
        "clean": None,
        "blurred": lambda where: where,
        "score": lambda model, images: torch.from_numpy(draw.random(40)),
        "verification": verification,
        "threshold_for": wrong_03.threshold_for,
    }
    names |= {"wilson": wilson, "missed": wrong_01.MISSED, "miss_rates": wrong_01.miss_rates}
    if "sample" in code:
        names["sample"] = wrong_03.sample()
    names |= {"np": np, "pd": pd, "classification": classification}
    maps = {name: torch.from_numpy(draw.random((16, 4, 4))) for name in ("libragrad", "rollout")}
    names |= {"integrated": wrong_04.integrated, "seen": {"planted": maps}}
    # Of maps an image each, and of what chapter 06 keeps by name.
    names |= {
        "maps": defaultdict(float),
        "lift": lambda maps: draw.random(8) if isinstance(maps, float) else maps.mean((1, 2)),
    }
    words = {name: draw.choice(["yes", "no"], 200) for name in ("truth", "predicted")}
    ages = {"second": draw.choice(["20-29", "30-39", "50 or more"], 200)}
    names |= {"positive": "yes", "table": pd.DataFrame(words | ages)}
    exec(code, names)  # noqa: S102 - the cells under test are code
    return names[re.findall(r"^def (\w+)", code, re.MULTILINE)[-1]]


def check(number: str) -> Callable[[Any], checks.Passed]:
    return getattr(checks, f"exercise_{number.replace('.', '_')}")


SOLUTIONS = dict(exercises(notebooks.solution))
STUBS = dict(exercises(notebooks.student))


def test_every_check_has_an_exercise_and_every_exercise_a_check() -> None:
    numbers = {name[9:].replace("_", ".") for name in dir(checks) if name.startswith("exercise")}
    assert numbers == set(SOLUTIONS) == set(STUBS)


def test_an_exercise_that_is_not_there_is_told() -> None:
    for name in ("exercise_0_9", "exercise_99_1", "exercise", "chapter_77"):
        with pytest.raises(AttributeError, match=f"no attribute '{name}'"):
            getattr(checks, name)


@pytest.mark.parametrize("number", SOLUTIONS)
def test_the_solution_passes(number: str) -> None:
    assert repr(check(number)(answer(SOLUTIONS[number]))).startswith(f"✓ Exercise {number}")


@pytest.mark.parametrize("number", STUBS)
def test_the_stub_is_told_what_to_do(number: str) -> None:
    with pytest.raises(checks.NotYet, match="still to be done"):
        check(number)(answer(STUBS[number]))


def claim(**changes: Any) -> Callable[[], dict]:
    right = {
        "claim": "The focus of one method is larger than that of the other.",
        "n": 40,
        "value": 0.1,
        "low": 0.05,
        "high": 0.2,
        "null": 0.0,
        "direction": "above",
        "verdict": "supported",
    }
    return lambda: right | changes


def gaps(**changes: str) -> Callable[..., dict]:
    """Four gaps, one of them computed wrongly."""

    def found(truth: pd.Series, answer: pd.Series, group: pd.Series) -> dict:
        def gap(hit: pd.Series, among: pd.Series) -> float:
            return float(np.ptp(hit[among].groupby(group[among]).mean()))

        everybody = truth | ~truth
        known = {
            "selected": gap(answer, everybody),
            "recall": gap(answer, truth),
            "fpr": gap(answer, ~truth),
            "precision": gap(truth, answer),
            "accuracy": gap(truth == answer, everybody),
            "base": gap(truth, everybody),
            "alarms": gap(answer & ~truth, everybody),
        }
        known["odds of alarms"] = max(known["recall"], known["alarms"])
        known["first two"] = abs(float(np.subtract(*answer.groupby(group).mean().iloc[:2])))
        known["odds"] = max(known["recall"], known["fpr"])
        known["mean"] = (known["recall"] + known["fpr"]) / 2
        right = {
            "demographic_parity": "selected",
            "equal_opportunity": "recall",
            "equalised_odds": "odds",
            "predictive_parity": "precision",
        }
        return {name.replace("_", " "): known[what] for name, what in (right | changes).items()}

    return found


def redrawn(right: np.ndarray, group: np.ndarray, where: str, draws: int) -> np.ndarray:
    """Gaps (or ratios, counts, largest rates) of faces drawn anew across or within groups."""
    draw, codes = np.random.default_rng(3), pd.factorize(group)[0]
    found = []
    for _ in range(draws):
        drawn = draw.permutation(right)
        if where == "within":
            rates = np.bincount(codes, weights=right) / np.bincount(codes)
            drawn = draw.random(len(right)) < rates[codes]
        counts = np.bincount(codes, weights=drawn)
        rates = counts / np.bincount(codes)
        other = {"ratio": rates.min() / rates.max(), "counts": np.ptp(counts), "top": rates.max()}
        found.append(other.get(where, np.ptp(rates)))
    return np.array(found)


def compared(of_row: dict | None = None, **changes: Any) -> Callable[[], dict]:
    """A claim about two groups and a row of ``pairwise`` that supports it, but for the changes."""
    row = {"metric": "recall", "first": "one", "second": "two", "difference": 0.2, "verdict": GAP}
    row |= {"p_holm": 0.01, "n_first": 80, "n_second": 90, "note": ""} | (of_row or {})
    right = {
        "claim": "Recall is higher in the first group than in the second.",
        "evidence": pd.Series(row),
        "higher": "one",
        "verdict": "supported",
    }
    return lambda: right | changes


def half_area(maps: torch.Tensor, total: torch.Tensor, descending: bool = True) -> torch.Tensor:
    """Share of the pixels, in order, that hold half of a total."""
    summed = maps.flatten(1).sort(descending=descending).values.cumsum(1)
    return ((summed < total[:, None] / 2).double().sum(1) + 1) / maps[0].numel()


WRONG = {
    "2.1 counts nobody as zero": (
        lambda t, a: (float(a[t].mean()) if t.any() else 0.0, int(t.sum())),
        "undefined: return np.nan",
    ),
    "2.1 is precision": (lambda t, a: (t[a].mean(), t.sum()), "that is precision"),
    "2.1 is accuracy": (lambda t, a: ((t == a).mean(), t.sum()), "that is accuracy"),
    "2.1 counts everybody": (lambda t, a: (a[t].mean(), len(t)), "rests on"),
    "2.1 asks for answers": (
        lambda t, a: (a[t].mean() if t.any() and a.any() else np.nan, t.sum()),
        "found none",
    ),
    "2.1 rounds": (lambda t, a: (round(a[t].mean(), 3), t.sum()), "do not round"),
    "2.1 without its n": (lambda t, a: a[t].mean(), "two things"),
    "2.2 forgets the truth": (
        gaps(equal_opportunity="selected"),
        "that is the gap in the selection rate: equal opportunity compares the recall, among those",
    ),
    "2.2 is recall": (
        gaps(predictive_parity="recall"),
        "that is the gap in the recall: predictive parity compares the precision",
    ),
    "2.2 is accuracy": (gaps(demographic_parity="accuracy"), "that is the gap in the accuracy"),
    "2.2 is the base rate": (gaps(demographic_parity="base"), "that is the gap in the base rate"),
    "2.2 two groups": (gaps(demographic_parity="first two"), "gap of two groups"),
    "2.2 false positives among everybody": (
        gaps(equalised_odds="odds of alarms"),
        "take that in the false positive rate, among those whose truth is negative: it is larger",
    ),
    "2.2 takes recall alone": (
        gaps(equalised_odds="recall"),
        "that is the gap in the recall; take",
    ),
    "2.2 averages": (gaps(equalised_odds="mean"), "not their mean"),
    "2.2 smallest minus largest": (
        lambda t, a, g: {name: -gap for name, gap in gaps()(t, a, g).items()},
        "is negative: largest minus smallest",
    ),
    "2.2 rounds": (
        lambda t, a, g: {name: round(gap, 4) for name, gap in gaps()(t, a, g).items()},
        "do not round",
    ),
    "2.2 one number": (lambda t, a, g: 0.1, "return a dict"),
    "2.3 is the gap that was seen": (
        lambda r, g, d: np.full(d, np.ptp(pd.Series(r).groupby(g).mean())),
        "the gap as it was seen",
    ),
    "2.3 draws within groups": (lambda r, g, d: redrawn(r, g, "within", d), "within each group"),
    "2.3 the mean of the draws": (
        lambda r, g, d: redrawn(r, g, "across", d).mean(),
        "not their mean",
    ),
    "2.3 the same draw again": (
        lambda r, g, d: np.full(d, redrawn(r, g, "across", 1)[0]),
        "Make the generator once",
    ),
    "2.3 too few draws": (lambda r, g, d: redrawn(r, g, "across", 9), "400 draws make 400 gaps"),
    "2.3 a table": (lambda r, g, d: np.zeros((d, 4)), "shape"),
    "2.3 smallest over largest": (lambda r, g, d: redrawn(r, g, "ratio", d), "that is a ratio"),
    "2.3 largest over smallest": (
        lambda r, g, d: 1 / redrawn(r, g, "ratio", d),
        "ratio, turned round",
    ),
    "2.3 the largest rate": (lambda r, g, d: redrawn(r, g, "top", d), "largest rate itself"),
    "2.3 counts": (lambda r, g, d: redrawn(r, g, "counts", d), "those are counts"),
    "2.3 points": (lambda r, g, d: 100 * redrawn(r, g, "across", d), "those are points"),
    "2.3 half of each gap": (
        lambda r, g, d: redrawn(r, g, "across", d) / 2,
        "on average, and .* is to be expected. In each draw",
    ),
    "2.4 corrects nothing": (lambda p: p, "nothing was corrected"),
    "2.4 is Bonferroni": (lambda p: np.minimum(p * len(p), 1), "Bonferroni"),
    "2.4 goes down again": (
        lambda p: np.minimum(p * (len(p) - np.argsort(np.argsort(p))), 1),
        "carry the largest",
    ),
    "2.4 exceeds one": (
        lambda p: np.maximum.accumulate(np.sort(p) * np.arange(len(p), 0, -1))[
            np.argsort(np.argsort(p))
        ],
        "larger than 1",
    ),
    "2.4 is sorted": (lambda p: np.sort(holm(p)), "but sorted"),
    "2.4 in wrong places": (lambda p: np.sort(holm(p))[np.argsort(p)], "in wrong places"),
    "2.4 is Hochberg's": (lambda p: false_discovery_control(p), "Benjamini"),
    "2.4 the smallest": (lambda p: p.min() * len(p), "corrected ones"),
    "2.5 no dict": (lambda: 3, "return a dict"),
    "2.5 no sentence": (compared(claim="it differs"), "whole sentence"),
    "2.5 no row": (compared(evidence=0.04), "one row of"),
    "2.5 a bold verdict": (compared({"verdict": TOO_LITTLE}), "'undecided', not 'supported'"),
    "2.5 within the margin": (compared({"verdict": NO_GAP}), "'undecided', not 'supported'"),
    "2.5 a timid verdict": (compared(verdict="undecided"), "'supported', not 'undecided'"),
    "2.5 the wrong side": (
        compared(higher="two"),
        "recall of two minus that of one is -0.200, .*'contradicted', not 'supported'",
    ),
    "2.5 no such group": (compared(higher="first"), "'one' or 'two', not 'first'"),
    "2.5 undefined": (compared({"difference": np.nan}), "undefined"),
    "2.6 without the base rate": (lambda b, r, p: (1 - p) / p * r, "leave out the base rate"),
    "2.6 the base rate, not its odds": (lambda b, r, p: b * (1 - p) / p * r, "divide by 1 - b"),
    "2.6 odds turned round": (lambda b, r, p: (1 - b) / b * (1 - p) / p * r, "more positives"),
    "2.6 precision turned round": (lambda b, r, p: b / (1 - b) * p / (1 - p) * r, "turned round"),
    "2.6 turned round, and none above one": (
        lambda b, r, p: x if (x := b / (1 - b) * p / (1 - p) * r) <= 1 else np.nan,
        "Is one of the fractions turned round",
    ),
    "2.6 without recall": (lambda b, r, p: b / (1 - b) * (1 - p) / p, "leave out recall"),
    "2.6 divides by recall": (lambda b, r, p: b / (1 - b) * (1 - p) / p / r, "do not divide by it"),
    "2.6 among those called positive": (lambda b, r, p: 1 - p, "called positive, not of negatives"),
    "2.6 is specificity": (
        lambda b, r, p: 1 - b / (1 - b) * (1 - p) / p * r,
        "called negative",
    ),
    "2.6 goes beyond one": (
        lambda b, r, p: b / (1 - b) * (1 - p) / p * r,
        "no such model. Return np.nan, not 3.6",
    ),
    "2.6 stops at one": (
        lambda b, r, p: min(1.0, b / (1 - b) * (1 - p) / p * r),
        "Return np.nan, not 1",
    ),
    "2.6 refuses one": (
        lambda b, r, p: (
            b / (1 - b) * (1 - p) / p * r if b / (1 - b) * (1 - p) / p * r < 1 else np.nan
        ),
        "the rate is 1",
    ),
    "0.1 averages everything": (lambda x: x.mean(), "one number"),
    "0.1 sums": (lambda x: x.sum((1, 2, 3)), "sum of the pixels"),
    "0.1 one channel": (lambda x: x[:, 0].mean((1, 2)), "not the mean"),
    "0.1 returns nothing": (lambda x: None, "returns nothing"),
    "0.1 crashes": (lambda x: x.mean(dim=9), "stopped with IndexError"),
    "6.1 the values": (
        lambda a, b: [float(np.corrcoef(x.flatten(), y.flatten())[0, 1]) for x, y in zip(a, b)],
        "rank them first",
    ),
    "6.1 all faces together": (
        lambda a, b: float(spearmanr(a.flatten(), b.flatten())[0]),
        "each face",
    ),
    "6.1 absolute values": (
        lambda a, b: [spearmanr(x.abs().flatten(), y.abs().flatten())[0] for x, y in zip(a, b)],
        "abs",
    ),
    "6.1 without its sign": (
        lambda a, b: [abs(spearmanr(x.flatten(), y.flatten())[0]) for x, y in zip(a, b)],
        "sign of the correlation",
    ),
    "6.1 a distance": (
        lambda a, b: [1 - spearmanr(x.flatten(), y.flatten())[0] for x, y in zip(a, b)],
        "a distance",
    ),
    "6.1 squared": (
        lambda a, b: [spearmanr(x.flatten(), y.flatten())[0] ** 2 for x, y in zip(a, b)],
        "squares",
    ),
    "6.1 the p-values": (
        lambda a, b: [spearmanr(x.flatten(), y.flatten())[1] for x, y in zip(a, b)],
        "correlate the ranks",
    ),
    "6.2 divides by the places": (
        lambda n: np.r_[0.5, np.ones(n - 2), 0.5] / n,
        "divide by the number of places",
    ),
    "6.2 does not divide": (lambda n: np.r_[0.5, np.ones(n - 2), 0.5], "sum to the number of gaps"),
    "6.2 all equal": (lambda n: np.full(n, 1 / n), "all your weights are equal"),
    "6.2 all one": (lambda n: np.ones(n), "all your weights are equal"),
    "6.2 one end": (lambda n: np.r_[0.5, np.ones(n - 1)] / (n - 0.5), "only one end"),
    "6.2 ends forgotten": (lambda n: np.r_[1, 2 * np.ones(n - 2), 1], "more than 1"),
    "6.2 a weight too few": (lambda n: np.full(n - 1, 1 / (n - 1)), "shape"),
    "6.3 each time": (lambda h, f, r: (h @ r - f) ** 2, "there are 7"),
    "6.3 the sum": (lambda h, f, r: ((h @ r - f) ** 2).sum(), "take their mean"),
    "6.3 the root": (lambda h, f, r: ((h @ r - f) ** 2).mean() ** 0.5, "root"),
    "6.3 sizes": (lambda h, f, r: np.abs(h @ r - f).mean(), "square them"),
    "6.3 cancels": (lambda h, f, r: (h @ r - f).mean(), "did not square"),
    "6.3 squares the mean": (lambda h, f, r: (h @ r - f).mean() ** 2, "squared the mean"),
    "6.3 adds": (lambda h, f, r: ((h @ r + f) ** 2).mean(), "subtract it"),
    "6.3 what stayed": (lambda h, f, r: (((1 - h) @ r - f) ** 2).mean(), "that stayed"),
    "6.3 averages pixels": (lambda h, f, r: (((h * r).mean(1) - f) ** 2).mean(), "sum it"),
    "6.3 all pixels": (lambda h, f, r: ((r.sum() - f) ** 2).mean(), "all relevance"),
    "6.3 a correlation": (lambda h, f, r: np.corrcoef(h @ r, f)[0, 1], "correlation"),
    "6.3 one less": (lambda h, f, r: 1 - np.corrcoef(h @ r, f)[0, 1], "correlation"),
    "6.4 too few": (claim(n=5), "at least eight"),
    "6.4 half a face": (claim(n=8.5), "whole number"),
    "6.4 no sentence": (claim(claim="it works"), "whole sentence"),
    "6.4 a bold verdict": (claim(low=-0.05), "'undecided', not 'supported'"),
    "6.4 the wrong side": (claim(direction="below"), "'contradicted', not 'supported'"),
    "6.4 value outside": (claim(value=0.5), "inside its interval"),
    "6.4 no direction": (claim(direction="equal"), "on which side"),
    "7.1 is Grad-CAM": (lambda a, g: (g.mean((1, 2), True) * a).sum(0), "that is Grad-CAM"),
    "7.1 with a ReLU": (lambda a, g: (a * g).sum(0).clamp_min(0), "ReLU"),
    "7.1 averages channels": (lambda a, g: (a * g).mean(0), "too small"),
    "7.1 keeps channels": (lambda a, g: a * g, "shape"),
    "7.1 forgets the activation": (lambda a, g: g.sum(0), "gradient alone"),
    "7.1 loses the signs": (lambda a, g: (a * g).abs().sum(0), "signs are gone"),
    "7.1 adds": (lambda a, g: (a + g).sum(0), "element by element"),
    "7.2 half of the maximum": (
        lambda m: (m >= m.amax((1, 2), True) / 2).double().mean((1, 2)),
        "half of the maximum",
    ),
    "7.2 smallest first, and one more": (
        lambda m: half_area(m, m.sum((1, 2)), descending=False),
        "from the largest to the smallest",
    ),
    "7.2 of the positive pixels": (
        lambda m: half_area(m, m.sum((1, 2))) * m[0].numel() / (m > 0).sum((1, 2)),
        "not by those that are positive",
    ),
    "7.2 the median": (
        lambda m: (m >= m.flatten(1).median(1).values[:, None, None]).double().mean((1, 2)),
        "with the median",
    ),
    "7.2 above the median": (
        lambda m: (m > m.flatten(1).median(1).values[:, None, None]).double().mean((1, 2)),
        "with the median",
    ),
    "7.2 half of all maps": (
        lambda m: half_area(m, m.sum().expand(len(m))),
        "a total of its own",
    ),
    "7.2 counts those after the half": (
        lambda m: 1 - half_area(m, m.sum((1, 2))),
        "until the half is reached, not those after it",
    ),
    "7.2 one pixel short": (
        lambda m: half_area(m, m.sum((1, 2))) - 1 / m[0].numel(),
        "you are one pixel short",
    ),
    "7.2 a fixed number of pixels": (
        lambda m: half_area(m, m.sum((1, 2))) * m[0].numel() / 112**2,
        "not by a fixed number",
    ),
    "7.2 square maps only": (
        lambda m: half_area(m.clamp_min(0), m.clamp_min(0).sum((1, 2))) * m[0].numel() / 100,
        "height times its width",
    ),
    "7.2 absolute values": (
        lambda m: half_area(m.abs(), m.abs().sum((1, 2))),
        "abs.* turns evidence against",
    ),
    "7.2 cuts off at 1": (
        lambda m: half_area(m.clamp(0, 1), m.clamp(0, 1).sum((1, 2))),
        "don't cut large values off",
    ),
    "7.2 sorts each row": (
        lambda m: (
            (m.sort(2, descending=True).values.flatten(1).cumsum(1) < m.sum((1, 2))[:, None] / 2)
            .double()
            .mean(1)
        ),
        "each row by itself",
    ),
    "7.2 smallest first": (
        lambda m: (
            (m.flatten(1).sort().values.cumsum(1) < m.sum((1, 2))[:, None] / 2).double().mean(1)
        ),
        "largest to the smallest",
    ),
    "7.2 with negative relevance": (
        lambda m: (
            (
                (m.flatten(1).sort(descending=True).values.cumsum(1) < m.sum((1, 2))[:, None] / 2)
                .double()
                .sum(1)
                + 1
            )
            / m[0].numel()
        ),
        "negative relevance",
    ),
    "7.2 counts": (
        lambda m: (
            (m.flatten(1).sort(descending=True).values.cumsum(1) < m.sum((1, 2))[:, None] / 2).sum(
                1
            )
            + 1
        ),
        "a share cannot be",
    ),
    "7.3 cuts off only above": (
        lambda r, m: (r.clamp_min(0) * m).sum((1, 2)) / r.sum((1, 2)),
        "in both sums",
    ),
    "7.3 takes absolute values": (
        lambda r, m: (r.abs() * m).sum((1, 2)) / r.abs().sum((1, 2)),
        "abs",
    ),
    "7.3 looks outside": (
        lambda r, m: (r.clamp_min(0) * ~m).sum((1, 2)) / r.clamp_min(0).sum((1, 2)),
        "outside the mask",
    ),
    "7.3 with negative relevance": (
        lambda r, m: (r * m).sum((1, 2)) / r.sum((1, 2)),
        "negative relevance",
    ),
    "7.3 is the lift": (
        lambda r, m: (
            (r.clamp_min(0) * m).sum((1, 2)) / r.clamp_min(0).sum((1, 2)) / m.double().mean((1, 2))
        ),
        "lift",
    ),
    "7.3 counts pixels": (lambda r, m: ((r > 0) & m).sum((1, 2)) / (r > 0).sum((1, 2)), "focus is"),
    "7.4 too few": (claim(n=5), "at least 20"),
    "7.4 no sentence": (claim(claim="it works"), "whole sentence"),
    "7.4 a bold verdict": (claim(low=-0.05), "'undecided', not 'supported'"),
    "7.4 a timid verdict": (claim(verdict="undecided"), "'supported', not 'undecided'"),
    "7.4 the wrong side": (claim(direction="below"), "'contradicted', not 'supported'"),
    "7.4 no direction": (claim(direction="equal"), "on which side"),
    "7.4 a tuple": (lambda: ("supported", 40), "keys: claim, n, .* of the type tuple"),
    "7.4 no null": (
        lambda: {key: value for key, value in claim()().items() if key != "null"},
        "'null' is missing",
    ),
    "7.4 no value": (claim(value=None), "value: one number was expected, but it is None"),
    "7.4 three values": (claim(value=(0.1, 0.05, 0.2)), "value: one number was expected"),
    "7.4 several directions": (claim(direction=np.array(["above", "below"])), "on which side"),
    "7.4 several verdicts": (claim(verdict=np.array(["supported", "yes"])), "not array"),
    "7.4 no dict": (lambda: 3, "return a dict"),
    "7.4 value outside": (claim(value=0.5), "inside its interval"),
}

WRONG |= wrong_01.WRONG | wrong_03.WRONG | wrong_04.WRONG


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_answer_is_told_what_is_wrong(case: str) -> None:
    function, sentence = WRONG[case]
    with pytest.raises(checks.NotYet, match=sentence):
        check(case.split()[0])(function)


def test_every_exercise_has_a_wrong_answer_of_its_own() -> None:
    assert {case.split()[0] for case in WRONG} == set(SOLUTIONS)


def test_a_failed_check_shows_one_line_in_a_notebook() -> None:
    with contextlib.suppress(checks.NotYet):
        checks.exercise_0_1(3)
    lines = checks.NotYet("look there")._render_traceback_()
    assert lines == ["✗ look there"]


def _claim(**changes: Any) -> Any:
    found = {"claim": "maps of women lie lower on the face than chance", "n": 40, "value": 0.5}
    found |= {"low": 0.4, "high": 0.6, "null": 0.1, "direction": "above", "verdict": "supported"}
    return lambda: found | changes


@pytest.mark.parametrize("name", ["n", "value", "low", "high", "null"])
@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), "0.5", None, [0.5, 0.6]])
def test_a_claim_rests_on_numbers(name: str, wrong: Any) -> None:
    checks.exercise_7_4(_claim())
    with pytest.raises(checks.NotYet, match=f"{name}: (one|a) number was expected"):
        checks.exercise_7_4(_claim(**{name: wrong}))


def test_a_claim_whose_numbers_cannot_be_verified_is_called_consistent() -> None:
    told = repr(checks.exercise_7_4(_claim()))
    assert "is consistent" in told
    assert "not about people" in told


def test_a_claim_may_name_either_group_as_the_higher_one() -> None:
    below = wrong_03.row(value=-0.1, low=-0.2, high=-0.05)
    passed = repr(checks.exercise_3_6(wrong_03.claim(below, higher=wrong_03.GROUPS[0])))
    assert passed.startswith("✓ Exercise 3.6 is consistent.")
    assert "higher in 'tones 4-5, long hair' is supported" in passed


def test_text_that_reads_like_the_right_answer_is_not_right() -> None:
    with pytest.raises(checks.NotYet, match="you found"):
        checks.exercise_1_5(lambda copies: {"3", "9", "4", "12"})
    with pytest.raises(checks.NotYet, match="recall and its n, were expected"):
        checks.exercise_2_1(lambda truth, answer: ((truth & answer).sum() / truth.sum(), "30"))
    with pytest.raises(checks.NotYet, match="you say"):
        checks.exercise_2_1(
            lambda truth, answer: ((truth & answer).sum() / truth.sum(), truth.sum() + 0.5)
        )


def test_a_claim_of_two_groups_may_put_either_one_higher() -> None:
    assert "one above two: supported" in repr(checks.exercise_2_5(compared()))
    low = compared({"difference": -0.2}, higher="two")
    assert "is consistent. Verdict on recall, two above one: supported" in repr(
        checks.exercise_2_5(low)
    )


def test_gaps_by_chance_may_be_drawn_in_another_way() -> None:
    for seed in range(5):

        def drawn(right: np.ndarray, group: np.ndarray, draws: int, seed: int = seed) -> np.ndarray:
            random = np.random.default_rng(seed)
            mixed = (pd.Series(right).groupby(random.permutation(group)) for _ in range(draws))
            return np.array([np.ptp(each.mean()) for each in mixed])

        assert "is right" in repr(checks.exercise_2_3(drawn))


def test_what_an_answer_writes_into_its_arguments_changes_nothing() -> None:
    def gini(rates: np.ndarray) -> float:
        rates.sort()
        first, second = np.triu_indices(len(rates), k=1)
        return (rates[second] - rates[first]).mean() / (2 * rates.mean())

    def shifted(rates: np.ndarray) -> float:
        rates -= rates.min() / 2
        return gini(rates)

    assert repr(checks.exercise_3_5(gini)).startswith("✓")
    with pytest.raises(checks.NotYet, match="the Gini coefficient of 5 rates should be"):
        checks.exercise_3_5(shifted)

    def half_area(maps: torch.Tensor) -> torch.Tensor:
        running = maps.clamp_(min=0).flatten(1).sort(descending=True).values.cumsum(1)
        return ((running < running[:, -1:] / 2).sum(1) + 1) / running.shape[1]

    assert repr(checks.exercise_7_2(half_area)).startswith("✓")
    assert repr(checks.exercise_7_2(lambda maps: half_area(maps).half())).startswith("✓")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda areas, size: areas + 1 / size,  # <= half, where the sum of pixels reaches it exactly
        lambda areas, size: areas.round(decimals=2),
    ],
)
def test_an_area_that_is_a_little_wrong_is_told_no_other_mistake(
    wrong: Callable[[torch.Tensor, int], torch.Tensor],
) -> None:
    def half_area(maps: torch.Tensor) -> torch.Tensor:
        running = maps.clamp_min(0).flatten(1).sort(descending=True).values.cumsum(1)
        areas = ((running < running[:, -1:] / 2).sum(1) + 1) / running.shape[1]
        reached = (running == running[:, -1:] / 2).any(1)
        return torch.where(reached, wrong(areas, running.shape[1]), areas)

    with pytest.raises(checks.NotYet, match="not the smallest that holds half"):
        checks.exercise_7_2(half_area)


@pytest.mark.parametrize(
    ("possible", "told"),
    [
        (
            lambda base, recall, precision, rate: precision >= base,
            "0.3000 here, but you give nan|NaN",
        ),
        (lambda base, recall, precision, rate: rate <= 1.5, "the formula gives 1.05"),
    ],
)
def test_which_models_there_are_is_decided_by_the_rate(
    possible: Callable[..., bool], told: str
) -> None:
    def implied(base: float, recall: float, precision: float) -> float:
        rate = base / (1 - base) * (1 - precision) / precision * recall
        return rate if possible(base, recall, precision, rate) else float("nan")

    with pytest.raises(checks.NotYet, match=told):
        checks.exercise_2_6(implied)
    with pytest.raises(checks.NotYet, match="have changed places"):
        checks.exercise_2_6(lambda base, recall, precision: implied(base, precision, recall))


@pytest.mark.parametrize(("n", "told"), [(24.5, "n is 24.5: it counts images"), (19, "n is 19")])
def test_a_claim_rests_on_a_whole_number_of_images(n: float, told: str) -> None:
    claim = {
        "claim": "The planted model looks at the hair more often than at the face.",
        "n": n,
        "value": 0.2,
        "low": 0.1,
        "high": 0.3,
        "null": 0,
        "direction": "above",
        "verdict": "supported",
    }
    with pytest.raises(checks.NotYet, match=told):
        checks.exercise_7_4(lambda: claim)


@pytest.mark.parametrize("low", ["0.05", None])
def test_evidence_that_is_no_number_is_said(low: object) -> None:
    with pytest.raises(checks.NotYet, match="the row's low: one number was expected, but it is"):
        checks.exercise_3_6(wrong_03.claim(wrong_03.row(low=low)))
