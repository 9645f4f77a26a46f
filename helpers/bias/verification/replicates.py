"""Measures of other people: every pair weighed by how often its people were drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers.bias.verification.curves import Curve


@dataclass(frozen=True)
class Wanted:
    """A measure of one group.

    Attributes
    ----------
    kind : str
        FMR, FNMR, EER, AUC or TAR.
    name : str
        What tables call it: TAR@FAR=0.01 for one TAR of several.
    value : float
        Of the people who are there, in [0, 1]; NaN where it is undefined.
    step : int
        How many of the curve's scores are accepted at its threshold; for AUC, which has none, 0.
    far : float
        The false accept rate of a TAR.
    note : str
        Why it is undefined, if the measure itself says so.
    """

    kind: str
    name: str
    value: float
    step: int
    far: float = 0.0
    note: str = ""


def wanted_of(curve: Curve, threshold: float | None, far: Sequence[float]) -> list[Wanted]:
    """List the measures of a group: FMR and FNMR at a threshold, if there is one, EER, AUC, TAR.

    Parameters
    ----------
    curve : Curve
        The group.
    threshold : float or None
        A score or a distance of the reader's.
    far : sequence of float
        False accept rates, in [0, 1].

    Returns
    -------
    list of Wanted
    """
    wanted = []
    if threshold is not None:
        step, at = curve.step(threshold), curve.rates(threshold)
        said = at.get("note", "")
        wanted = [Wanted(kind, kind, at[kind.lower()], step, note=said) for kind in ("FMR", "FNMR")]
    wanted.append(Wanted("EER", "EER", curve.eer()["eer"], curve.crossing()))
    wanted.append(Wanted("AUC", "AUC", curve.auc()["auc"], 0))
    for rate in far:
        name, found, step = f"TAR@FAR={rate:g}", curve.tar(rate), curve.step_at(rate)
        wanted.append(Wanted("TAR", name, found["tar"], step, rate, found.get("note", "")))
    return wanted


def replicated(curve: Curve, wanted: Sequence[Wanted], counts: np.ndarray) -> np.ndarray:
    """Measure again with each person counted as often as he or she was drawn.

    Parameters
    ----------
    curve : Curve
        The group, whose pairs know their people.
    wanted : sequence of Wanted
        Its measures.
    counts : numpy.ndarray (R, people)
        How often each person was drawn.

    Returns
    -------
    numpy.ndarray (3, R, measures)
        Values, and both rates at the measures' steps.
    """
    impostor = _running(counts.take(curve.one, axis=1) * counts.take(curve.two, axis=1))
    genuine = _running(counts.take(curve.person, axis=1))
    steps = np.array([each.step for each in wanted])
    with np.errstate(invalid="ignore", divide="ignore"):
        fmr = impostor[:, curve.accepted_impostors[steps]] / impostor[:, -1:]
        fnmr = 1 - genuine[:, curve.accepted_genuine[steps]] / genuine[:, -1:]
        values = np.full_like(fmr, np.nan)
        for column, each in enumerate(wanted):
            if not np.isnan(each.value):
                at_step = {"FMR": fmr, "FNMR": fnmr}.get(each.kind)
                values[:, column] = (
                    _value(curve, each, impostor, genuine)
                    if at_step is None
                    else at_step[:, column]
                )
    return np.stack([values, fmr, fnmr])


def _value(curve: Curve, wanted: Wanted, impostor: np.ndarray, genuine: np.ndarray) -> np.ndarray:
    if wanted.kind == "EER":
        return _eers(curve, impostor, genuine)
    if wanted.kind == "AUC":
        return _aucs(curve, impostor, genuine)
    return _tars(curve, wanted.far, impostor, genuine)


def _running(weights: np.ndarray) -> np.ndarray:
    total = np.zeros((len(weights), weights.shape[1] + 1))
    np.cumsum(weights, axis=1, out=total[:, 1:])
    return total


def _eers(curve: Curve, impostor: np.ndarray, genuine: np.ndarray) -> np.ndarray:
    """Where FMR - FNMR, which rises with every step, crosses zero: by bisection in all rows."""
    rows = np.arange(len(impostor))

    def rates(step: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        accepted = impostor[rows, curve.accepted_impostors[step]] / impostor[:, -1]
        return accepted, 1 - genuine[rows, curve.accepted_genuine[step]] / genuine[:, -1]

    low, high = np.zeros(len(rows), int), np.full(len(rows), len(curve.scores))
    for _ in range(len(curve.scores).bit_length()):
        middle = (low + high) // 2
        fmr, fnmr = rates(middle)
        beyond = fmr >= fnmr
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    before, after = rates(np.maximum(high - 1, 0)), rates(high)
    gap, rest = before[1] - before[0], after[0] - after[1]
    return np.asarray(before[0] + gap / (gap + rest) * (after[0] - before[0]))


def _aucs(curve: Curve, impostor: np.ndarray, genuine: np.ndarray) -> np.ndarray:
    """The area, summed over genuine pairs: there are fewer of them."""
    step = np.repeat(np.arange(len(curve.scores)), np.diff(curve.accepted_genuine))
    beaten_by, or_tied = curve.accepted_impostors[step], curve.accepted_impostors[step + 1]
    above = impostor.take(beaten_by, axis=1)
    if (beaten_by != or_tied).any():
        above = (above + impostor.take(or_tied, axis=1)) / 2
    beaten = np.einsum("rg,rg->r", np.diff(genuine, axis=1), above)
    return np.asarray(1 - beaten / (genuine[:, -1] * impostor[:, -1]))


def _tars(curve: Curve, far: float, impostor: np.ndarray, genuine: np.ndarray) -> np.ndarray:
    allowed = far * impostor[:, -1] * (1 + 1e-12)
    accepted = [
        np.searchsorted(row, most, side="right") - 1
        for row, most in zip(impostor, allowed, strict=True)
    ]
    # Of tied scores, all or none.
    steps = np.searchsorted(curve.accepted_impostors, accepted, side="right") - 1
    rows = np.arange(len(impostor))
    return np.asarray(genuine[rows, curve.accepted_genuine[steps]] / genuine[:, -1])
