"""How far groups are apart: fairness criteria as differences and ratios, and the worst group."""

from collections.abc import Hashable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from helpers import arguments
from helpers.bias.classification.answers import Answers, askable, joined, read
from helpers.bias.classification.audits import SMALLEST
from helpers.bias.classification.extremes import DIFFERENCE, RATIO, Measure, spread
from helpers.bias.classification.groups import Column, Groups
from helpers.bias.classification.inversion import UNKNOWN, Inverted, gap_interval, smallest_interval
from helpers.bias.classification.metrics import METRICS
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

_OF_EXACT = ("accuracy parity", "error parity")
_COLUMNS = [
    *("criterion", "measure", "metric", "value", "low", "high", "by_chance", "p_holm", "verdict"),
    *("margin", "lowest", "highest", "note"),
]
_TOO_FEW = "undefined (fewer than two groups)"


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
        corrected for the number of criteria; ``verdict``, and the ``margin`` that it was held to;
        ``lowest, highest``, the groups; and ``note``.

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
    rows: list[dict[str, Any]] = []
    for criterion in askable(answers, wanted, tuple(CRITERIA), _OF_EXACT):
        counted = _Counted(answers, CRITERIA[criterion], smallest)
        found = [counted.gap(measure, level, seed) for measure in (DIFFERENCE, RATIO)]
        if criterion == "accuracy parity":
            found.append(counted.worst(level, seed))
        rows += [{"criterion": criterion} | row for row in found]
    return _judged(pd.DataFrame(rows), answers, level, margin)


gaps = disparities
"""Another name of :func:`disparities`."""


class _Counted:
    """The counts behind one criterion, of the groups in which it is defined."""

    def __init__(self, answers: Answers, metrics: tuple[str, ...], smallest: int) -> None:
        counts = [METRICS[metric].counts(answers.cells) for metric in metrics]
        hits, n = np.array(counts).transpose(1, 0, 2)  # each (metrics, groups)
        defined, names = (n > 0).all(axis=0), np.array(answers.names, dtype=object)
        few = defined & (n.min(axis=0) < smallest)
        self.metrics, self.names = metrics, names[defined]
        self.hits, self.n = hits[:, defined], n[:, defined]
        self.incomplete = not defined.all()
        self.note = joined(
            "" if defined.all() else f"without {', '.join(names[~defined])} (undefined)",
            f"fewer than {smallest} to go by: {', '.join(names[few])}" if few.any() else "",
        )

    def gap(self, measure: Measure, level: float, seed: int) -> dict[str, Any]:
        """The row of the largest gap between two groups, in the worse of the metrics."""
        # Where nobody is hit in any group there is a difference, of 0, and no ratio.
        used = [k for k, hits in enumerate(self.hits) if measure is DIFFERENCE or hits.any()]
        if len(self.names) < 2:
            return self._row(measure.name, 0, UNKNOWN, _TOO_FEW)
        if not used:
            return self._row(measure.name, 0, UNKNOWN, "undefined (the rate is 0 in every group)")
        metric = max(used, key=lambda k: float(spread(self.hits[k] / self.n[k], measure)))
        found = gap_interval([(self.hits[k], self.n[k]) for k in used], measure, level, seed)
        zero = [name for k, name in enumerate(self.metrics) if k not in used]
        why = f"{', '.join(zero)} is 0 in every group, so it has no ratio" if zero else ""
        found = found if measure is DIFFERENCE else _turned(found)
        return self._row(measure.name, metric, found, why, incomplete=bool(zero))

    def worst(self, level: float, seed: int) -> dict[str, Any]:
        """The row of the smallest rate."""
        if len(self.names) < 2:
            return self._row("worst group", 0, UNKNOWN, _TOO_FEW)
        found = smallest_interval(self.hits[0], self.n[0], level, seed)
        return self._row("worst group", 0, found)

    def _row(
        self, measure: str, metric: int, found: Inverted, why: str = "", incomplete: bool = False
    ) -> dict[str, Any]:
        rates = self.hits[metric] / self.n[metric]
        return {
            "measure": measure,
            "metric": self.metrics[metric],
            "lowest": self.names[rates.argmin()] if len(rates) else "",
            "highest": self.names[rates.argmax()] if len(rates) else "",
            **asdict(found),
            "incomplete": incomplete or self.incomplete,
            "note": joined(why, self.note),
        }


def _judged(table: pd.DataFrame, answers: Answers, level: float, margin: float) -> pd.DataFrame:
    """The table with its verdicts, in the order of its columns."""
    table["p_holm"] = table["criterion"].map(_corrected(table))
    alone = answers.of_one_class()
    said: list[str] = []
    for row in table.to_dict("records"):
        parity = 1.0 if row["measure"] == "ratio" else 0.0
        found = verdict(row["low"], row["high"], margin, parity)
        # A criterion of which a group or a metric was left out is not met by what remains of it.
        left_out = bool(alone) or row["incomplete"]
        if (found == GAP and not row["p_holm"] < 1 - level) or (found == NO_GAP and left_out):
            found = TOO_LITTLE
        # The row of the worst group comes after those of its difference and its ratio.
        said.append(said[-2] if row["measure"] == "worst group" else found)
    table["verdict"], table["margin"] = said, margin
    one = f"only one class in {', '.join(alone)}" if alone else ""
    table["note"] = [joined(note, one, answers.note) for note in table["note"]]
    return table[_COLUMNS]


def _corrected(table: pd.DataFrame) -> pd.Series:
    """Of each criterion, the p-value of its difference, corrected for their number."""
    p = table[table["measure"] == "difference"].set_index("criterion")["p"]
    return pd.Series(holm(p.to_numpy(dtype=float)), index=p.index)


def _turned(found: Inverted) -> Inverted:
    return Inverted(1 - found.value, 1 - found.high, 1 - found.low, 1 - found.by_chance, found.p)
