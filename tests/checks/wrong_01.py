"""Plausible wrong answers to the exercises of chapter 01, and a sentence of what each is told."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from helpers.intervals import wilson

MISSED = {
    "tones 8-10, full light": np.zeros(40, dtype=bool),
    "tones 8-10, darkened": np.arange(40) < 14,
}


def miss_rates(missed: dict[str, np.ndarray]) -> pd.DataFrame:
    """As the chapter's exercise 1.3 defines it, for the solution of 1.4."""
    rows = {
        name: {"n": len(each), "value": each.mean(), "low": low, "high": high}
        for name, each in missed.items()
        for low, high in [wilson(int(each.sum()), len(each))]
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def _first_below(share: float, width: float) -> int:
    n = 10
    while np.subtract(*wilson(round(share * n), n)[::-1]) > width:
        n += 1
    return n


def _claim(**changes: Any) -> Callable[[], dict]:
    right = {
        "claim": "With little light more of the faces are missed.",
        "before": MISSED["tones 8-10, full light"],
        "after": MISSED["tones 8-10, darkened"],
        "expected": "more",
        "verdict": "supported",
    }
    return lambda: right | changes


WRONG: dict[str, tuple[Callable[..., Any], str]] = {
    "1.1 without the empty cells": (
        lambda t, c: t.groupby(c, observed=True).size(),
        "have no face: they are missing",
    ),
    "1.1 one column": (lambda t, c: t.groupby(c[0], observed=False).size(), "one a combination"),
    "1.1 a crossed table": (lambda t, c: pd.crosstab(t[c[0]], t[c[1]]), "a Series was expected"),
    "1.1 shares": (
        lambda t, c: t.groupby(c, observed=False).size() / len(t),
        "add up to all",
    ),
    "1.1 two columns only": (
        lambda t, c: t.groupby(c[:2], observed=False).size(),
        "with three columns",
    ),
    "1.1 NaN": (
        lambda t, c: t.groupby(c, observed=False).size().replace(0, np.nan),
        "not NaN",
    ),
    "1.2 half the width": (
        lambda share, width: _first_below(share, 2 * width),
        "on \\*each side\\*",
    ),
    "1.2 a rule of thumb": (lambda share, width: int(1 / width**2), "faces are needed"),
    "1.2 a float": (lambda share, width: float(_first_below(share, width)), "a whole number"),
    "1.3 shares found": (
        lambda missed: miss_rates({k: ~each for k, each in missed.items()}),
        "the share that was missed",
    ),
    "1.3 no index": (lambda missed: miss_rates(missed).reset_index(drop=True), "names of the"),
    "1.3 a normal interval": (
        lambda missed: miss_rates(missed).assign(
            low=lambda t: t.value - 1.96 * np.sqrt(t.value * (1 - t.value) / t.n),
            high=lambda t: t.value + 1.96 * np.sqrt(t.value * (1 - t.value) / t.n),
        ),
        "Wilson's interval",
    ),
    "1.3 low and high exchanged": (
        lambda missed: miss_rates(missed).rename(columns={"low": "high", "high": "low"}),
        "are exchanged",
    ),
    "1.3 without n": (lambda missed: miss_rates(missed).drop(columns="n"), "column n is missing"),
    "1.4 no dict": (lambda: "it is darker", "return a dict"),
    "1.4 no sentence": (_claim(claim="darker"), "whole sentence"),
    "1.4 counts": (_claim(before=3), "True .missed. and False"),
    "1.4 other people": (_claim(before=np.zeros(30, dtype=bool)), "the same people"),
    "1.4 too bold": (
        _claim(after=np.arange(40) < 2),
        "'undecided', not 'supported'",
    ),
    "1.4 no direction": (_claim(expected="worse"), "what does your claim say"),
    "1.4 the opposite": (_claim(expected="fewer"), "'contradicted', not 'supported'"),
    "1.4 too timid": (_claim(verdict="undecided"), "'supported', not 'undecided'"),
    "1.5 all of them": (lambda copies: set(copies.identity), "harmless"),
    "1.5 only one name": (lambda copies: {3, 4}, "3 and 9 share"),
    "1.5 a number": (lambda copies: 3, "set of whole numbers"),
}
