"""How far groups are apart: fairness criteria as differences and ratios, and the worst group."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from helpers import arguments
from helpers.bias.classification.answers import Answers, Column, Groups, read
from helpers.bias.classification.audits import SMALLEST
from helpers.bias.classification.extremes import DIFFERENCE, RATIO, Array, Measure, spread
from helpers.bias.classification.inversion import Inverted, gap_interval, smallest_interval
from helpers.bias.classification.metrics import Proportion, named
from helpers.errors import InputError
from helpers.intervals import GAP, NO_GAP, TOO_LITTLE, holm, verdict

CRITERIA: dict[str, tuple[str, ...]] = {
    "demographic parity": ("selection_rate",),
    "equal opportunity": ("recall",),
    "equalised odds": ("recall", "fpr"),
    "predictive parity": ("precision",),
    "accuracy parity": ("accuracy",),
    "error parity": ("error",),
}
"""Which metrics a criterion wants to be equal in all groups."""

MARGIN = 0.05
"""The largest gap that would not matter, unless the reader says otherwise."""

_OF_EXACT = [name for name, metrics in CRITERIA.items() if metrics[0] in ("accuracy", "error")]
_COLUMNS = [
    *("criterion", "measure", "metric", "value", "low", "high", "by_chance", "p_holm", "verdict"),
    *("lowest", "highest", "note"),
]


def disparities(
    truth: Column,
    prediction: Column,
    groups: Groups,
    positive: Hashable | None = 1,
    seed: int = 0,
    *,
    criteria: Sequence[str] = tuple(CRITERIA),
    data: pd.DataFrame | None = None,
    smallest: int = SMALLEST,
    level: float = 0.95,
    margin: float = MARGIN,
) -> pd.DataFrame:
    """Gaps and ratios between the groups, with intervals that hold at parity too, and a verdict.

    Parameters
    ----------
    truth, prediction : array_like (N,), or str
        Labels as annotated and as predicted; a name is a column of ``data``.
    groups : array_like (N,), DataFrame (N, A), dict or list of columns, or str
        An attribute, or several, which are crossed.
    positive : label or None
        The label that recall, precision and selection are about; ``None`` counts exact answers
        among all labels, and leaves accuracy and error to compare.
    seed : int
        Of the draws behind ``by_chance``; the intervals are not simulated.
    criteria : sequence of str
        Names from :data:`CRITERIA`.
    data : DataFrame, optional
        The table whose columns are named.
    smallest : int
        Groups with fewer faces are named in ``note``; they count all the same.
    level : float
        Confidence level in (0, 1).
    margin : float
        The largest gap that would not matter, at least 0 and below 1. Choose it before you see the
        data: chosen afterwards, it fits whatever was found. A ratio is held to the same distance
        from 1.

    Returns
    -------
    DataFrame
        ``criterion``; ``measure``: "difference" (largest - smallest rate), "ratio" (smallest /
        largest) or "worst group" (the smallest accuracy); ``metric``, the one in which the groups
        are furthest apart; ``value, low, high``; ``by_chance``, the value to expect if groups did
        not differ at all; ``p_holm``, how often chance alone would make so large a difference,
        corrected for the number of criteria; ``verdict``; ``lowest, highest``, the groups; and
        ``note``.

    Raises
    ------
    InputError
        If there is but one group, or an argument has no meaning.
    UnknownName
        If there is no such criterion.

    Notes
    -----
    Differences are fairlearn's ``demographic_parity_difference`` and so on, between the extreme
    groups. They are biased away from parity, the more the more groups there are and the smaller:
    read ``value`` beside ``by_chance``, and rely on the interval. See
    :mod:`helpers.bias.classification.inversion` for how it is made.

    The verdict is "gap" where the interval leaves parity out, reaches beyond the margin, and
    ``p_holm`` is below ``1 - level``: then one or more false findings of a gap are made in at most
    5 % of audits (Holm over the criteria; both rows of a criterion ask one question). It is
    "no gap larger than the margin" where the whole interval lies within the margin, and no group
    is left out or has faces of one class only; everything else is "too little evidence". The worst
    group has the verdict on the difference in accuracy.

    References
    ----------
    Hardt, M., Price, E. & Srebro, N. (2016). Equality of opportunity in supervised learning.
    NeurIPS. Chouldechova, A. (2017). Fair prediction with disparate impact. Big Data 5.

    Examples
    --------
    >>> truth, group = [1, 0] * 60, ["a"] * 40 + ["b"] * 40 + ["c"] * 40
    >>> prediction = [1, 0] * 40 + [0, 0] * 20
    >>> found = disparities(truth, prediction, group, criteria=["accuracy parity"])
    >>> found[["measure", "value", "lowest", "verdict"]]
           measure  value lowest verdict
    0   difference    0.5      c     gap
    1        ratio    0.5      c     gap
    2  worst group    0.5      c     gap
    """
    level, seed = arguments.level(level), arguments.seed(seed)
    margin = arguments.share(margin, "margin", open_high=True)
    smallest = arguments.count(smallest, "smallest", 0)
    wanted = arguments.choices(criteria, "criterion", CRITERIA)
    answers = read(truth, prediction, groups, None, positive, data)
    names = answers.names
    if len(names) < 2:
        raise InputError(f"a disparity needs two groups; there is only {', '.join(names)}.")
    cells = answers.cells()
    rows: list[dict[str, Any]] = []
    for criterion in _possible(answers, wanted):
        counted = _Counted(cells, names, CRITERIA[criterion], smallest)
        rows += [{"criterion": criterion} | row for row in counted.rows(level, seed)]
        if criterion == "accuracy parity":
            rows.append({"criterion": criterion} | counted.worst(level, seed))
    return _judged(pd.DataFrame(rows), answers, level, margin)


gaps = disparities
"""Another name of :func:`disparities`."""


class _Counted:
    """The counts behind one criterion, of the groups in which it is defined."""

    def __init__(
        self, cells: Array, names: list[str], metrics: tuple[str, ...], smallest: int
    ) -> None:
        counts = []
        for metric in metrics:
            kind = named(metric)
            assert isinstance(kind, Proportion)  # so are all metrics of CRITERIA
            counts.append(kind.counts(cells))
        hits, n = np.array(counts).transpose(1, 0, 2)  # each (metrics, groups)
        self.defined = (n > 0).all(axis=0)
        self.metrics, self.names = metrics, [names[k] for k in np.flatnonzero(self.defined)]
        self.hits, self.n = hits[:, self.defined], n[:, self.defined]
        self.note = self._note(names, n, smallest)

    def rows(self, level: float, seed: int) -> list[dict[str, Any]]:
        return [self._row(measure, level, seed) for measure in (DIFFERENCE, RATIO)]

    def worst(self, level: float, seed: int) -> dict[str, Any]:
        row = self._named(0) | {"measure": "worst group", "metric": self.metrics[0]}
        if len(self.names) < 2:
            return row | self._nothing("undefined (fewer than two groups)")
        found = smallest_interval(self.hits[0], self.n[0], level, seed)
        return row | _figures(found) | {"note": self.note}

    def _row(self, measure: Measure, level: float, seed: int) -> dict[str, Any]:
        row = self._named(0) | {"measure": measure.name, "metric": self.metrics[0]}
        if len(self.names) < 2:
            return row | self._nothing("undefined (fewer than two groups)")
        used = list(range(len(self.metrics)))
        if measure is RATIO:
            used = [k for k in used if self.hits[k].any()]
        if not used:
            return row | self._nothing("undefined (the rate is 0 in every group)")
        metric = max(used, key=lambda k: float(spread(self.hits[k] / self.n[k], measure)))
        found = gap_interval([(self.hits[k], self.n[k]) for k in used], measure, level, seed)
        row |= self._named(metric) | {"metric": self.metrics[metric]}
        row |= _figures(found if measure is DIFFERENCE else _turned(found))
        return row | {"p": found.p, "note": self._without_zero(used)}

    def _without_zero(self, used: list[int]) -> str:
        zero = [name for k, name in enumerate(self.metrics) if k not in used]
        said = f"{', '.join(zero)} is 0 in every group, so it has no ratio" if zero else ""
        return "; ".join(filter(None, [said, self.note]))

    def _named(self, metric: int) -> dict[str, Any]:
        if not self.names:
            return {"lowest": "", "highest": ""}
        rates = self.hits[metric] / self.n[metric]
        return {"lowest": self.names[rates.argmin()], "highest": self.names[rates.argmax()]}

    def _note(self, names: list[str], n: Array, smallest: int) -> str:
        without = [name for name, has in zip(names, self.defined, strict=True) if not has]
        few = n.min(axis=0) < smallest
        small = [name for name, has in zip(names, self.defined & few, strict=True) if has]
        parts = [f"without {', '.join(without)} (undefined)"] if without else []
        parts += [f"fewer than {smallest} to go by: {', '.join(small)}"] if small else []
        return "; ".join(parts)

    def _nothing(self, why: str) -> dict[str, Any]:
        figures = dict.fromkeys(("value", "low", "high", "by_chance"), float("nan"))
        return figures | {"note": "; ".join(filter(None, [why, self.note]))}


def _possible(answers: Answers, wanted: list[str]) -> list[str]:
    """The criteria that can be looked at: without a positive class, accuracy and error alone."""
    if not answers.exact:
        return wanted
    if wanted == list(CRITERIA):
        return _OF_EXACT
    others = [each for each in wanted if each not in _OF_EXACT]
    if others:
        raise InputError(
            f"{', '.join(others)}: with positive=None there is no positive class, only "
            f"{' and '.join(_OF_EXACT)}; name a label with positive=..."
        )
    return wanted


def _judged(table: pd.DataFrame, answers: Answers, level: float, margin: float) -> pd.DataFrame:
    """The table with its verdicts, in the order of its columns."""
    table["p_holm"] = table["criterion"].map(_corrected(table))
    alone = answers.of_one_class()
    said: list[str] = []
    for row in table.to_dict("records"):
        parity = 1.0 if row["measure"] == "ratio" else 0.0
        found = verdict(row["low"], row["high"], margin, parity)
        # A criterion of which a part was left out is not met by what remains of it.
        dropped = any(said in row["note"] for said in ("(undefined)", "so it has no ratio"))
        left_out = bool(alone) or dropped
        if (found == GAP and not row["p_holm"] < 1 - level) or (found == NO_GAP and left_out):
            found = TOO_LITTLE
        said.append(said[-2] if row["measure"] == "worst group" else found)
    table["verdict"] = said
    one = f"only one class in {', '.join(alone)}" if alone else ""
    table["note"] = ["; ".join(filter(None, [note, one, answers.note])) for note in table["note"]]
    return table[_COLUMNS]


def _corrected(table: pd.DataFrame) -> pd.Series:
    """Of each criterion, the p-value of its difference, corrected for their number."""
    p = table[table["measure"] == "difference"].set_index("criterion").reindex(columns=["p"])["p"]
    return pd.Series(holm(p.to_numpy(dtype=float)), index=p.index)


def _turned(found: Inverted) -> Inverted:
    return Inverted(1 - found.value, 1 - found.high, 1 - found.low, 1 - found.by_chance, found.p)


def _figures(found: Inverted) -> dict[str, float]:
    return {
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "by_chance": found.by_chance,
    }
