"""What embeddings give away: can an attribute be read off them, though they were made for identity?"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers import arguments
from helpers.bias.verification.columns import known_values, one_order
from helpers.bias.verification.neighbours import scale_of_rows
from helpers.errors import InputError
from helpers.intervals import log_odds_limits, student, wilson_limits

NOT_COUNTED = "of this probe: what other training people would change is not counted"
"""What the intervals leave out."""
_ALIKE = 1e-24  # variance that is rounding


def attribute_leakage(
    embeddings: ArrayLike,
    attribute: ArrayLike,
    identities: ArrayLike,
    folds: int = 5,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Predict an attribute from frozen embeddings of people that the probe has not met.

    A logistic regression (scikit-learn) on standardised embeddings, in folds that share no person:
    with the same people on both sides, a probe that only recognises them would seem to read their
    attribute. The probe of Robinson et al. 2020 was a small network; a linear one says what lies
    open, not all that could be dug out.

    Parameters
    ----------
    embeddings : array_like (M, D)
        One per picture, none missing.
    attribute : array_like (M,)
        As annotated; one value per person is usual, not needed.
    identities : array_like (M,)
        Who each picture shows.
    folds : int
        At least 2, and at most the number of people in the rarest value.
    level : float
        Confidence level of the intervals.
    seed : int
        How people are dealt into folds.

    Returns
    -------
    pandas.DataFrame
        A row "overall" (the mean of the recalls, balanced accuracy) and one per value of the
        attribute (its recall): ``group``, ``n``, ``n_identities``, ``value``, ``low``, ``high``,
        ``chance`` (1 / number of values), ``note``. Intervals are Student's over the people who are
        tested, whose pictures are right or wrong together. They hold for this probe: it was trained
        on a sample of people, too, and what others would have taught it is not in the intervals.

    Raises
    ------
    InputError
        If lengths differ, there is only one value, or too few people have one of the values.
    BadTable
        If a picture has no attribute or no identity.
    """
    parts, start = arguments.count(folds, "folds", 2), arguments.seed(seed)
    confidence = arguments.level(level)
    one_order(embeddings=embeddings, attribute=attribute, identities=identities)
    vectors = arguments.finite_array(embeddings, "embeddings", ndim=2)
    values = known_values(attribute, "attribute").astype(str)
    people = known_values(identities, "identities").astype(str)
    arguments.same_length(embeddings=vectors, attribute=values, identities=people)
    _require_people(values, people, parts)
    right = _out_of_fold(vectors, values, people, parts, start) == values
    names = sorted(set(values))
    rows = [
        _recall(name, right[values == name], people[values == name], confidence) for name in names
    ]
    table = pd.DataFrame([_balanced(rows, len(set(people)), confidence), *rows])
    return table.drop(columns=["variance", "freedom"]).assign(chance=1 / len(names))


def _require_people(values: np.ndarray, people: np.ndarray, folds: int) -> None:
    counts = pd.DataFrame({"value": values, "person": people}).groupby("value")["person"].nunique()
    if len(counts) < 2:
        raise InputError(f"the attribute has one value only, {counts.index[0]!r}: nothing to tell.")
    if counts.min() < folds:
        raise InputError(
            f"{counts.min()} people are annotated as {counts.idxmin()!r}: too few for {folds} folds "
            "that share nobody (2 or more)."
        )


def _out_of_fold(
    vectors: np.ndarray, values: np.ndarray, people: np.ndarray, folds: int, seed: int
) -> np.ndarray:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probe = make_pipeline(
        StandardScaler(), LogisticRegression(max_iter=2000, class_weight="balanced")
    )
    predicted = np.empty(len(values), dtype=values.dtype)
    # Squares of very large or small numbers have no room in a double; standardised, it is all one.
    vectors = vectors / scale_of_rows(vectors.T).T
    dealt = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    for train, test in dealt.split(vectors, values, people):
        unseen = sorted(set(values) - set(values[train]))
        if unseen:
            raise InputError(
                f"all people annotated as {str(unseen[0])!r} are in one of the {folds} folds, so that a "
                "probe would not meet the value: give another seed, or another number of folds."
            )
        predicted[test] = probe.fit(vectors[train], values[train]).predict(vectors[test])
    return predicted


def _recall(name: str, right: np.ndarray, people: np.ndarray, level: float) -> dict[str, object]:
    """Recall of one value, a ratio of sums over people, with their variance."""
    codes, known = pd.factorize(people)
    n, value = len(known), float(right.mean())
    residual = np.bincount(codes, right - value) / len(right)
    variance = float((residual**2).sum() * n / (n - 1))
    return _row(name, len(right), n, value, variance, n - 1, level)


def _balanced(rows: list[dict[str, object]], people: int, level: float) -> dict[str, object]:
    recalls = pd.DataFrame(rows)
    variance = float(recalls["variance"].sum()) / len(rows) ** 2
    freedom = float(recalls["freedom"].min())
    n, value = int(recalls["n"].sum()), float(recalls["value"].mean())
    return _row("overall", n, people, value, variance, freedom, level)


def _row(
    name: str, n: int, people: int, value: float, variance: float, freedom: float, level: float
) -> dict[str, object]:
    if value in (0.0, 1.0) or variance < _ALIKE:
        # Nobody differs in the sample, which says nothing about others: each counts as one.
        low, high = map(float, wilson_limits(value * people, people, level))
        variance = ((high - low) / 2 / student(level, np.inf)) ** 2
        note = f"{value:g} for all in the sample: Wilson's interval for {people:,} people"
        note = f"{note}; {NOT_COUNTED}"
    else:
        low, high = log_odds_limits(value, np.sqrt(variance), freedom, level)
        note = NOT_COUNTED
    return {
        "group": name,
        "n": n,
        "n_identities": people,
        "value": value,
        "low": low,
        "high": high,
        "note": note,
        "variance": variance,
        "freedom": freedom,
    }
