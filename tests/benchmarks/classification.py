"""Intervals of a classifier's metrics, from counts and from rows drawn anew."""

import warnings
from functools import partial

import numpy as np
import pandas as pd

from helpers.bias import classification
from helpers.bias.classification.answers import read
from helpers.bias.classification.audits import percentiles
from tests.benchmarks.measure import Memory, Ratio, Work, ratios

_FACES, _GROUPS, _REPLICATES = 20_000, 8, 10_000
_METRICS = list(classification.METRICS)


def intervals_of_metrics(repeats: int) -> list[Ratio | Memory]:
    """All metrics x 8 groups at n = 20,000: 10,000 bootstraps of counts, against one of fairlearn's.

    fairlearn computes 2 replicates of accuracy alone, less what it takes without any. A ratio of 2
    to that work means that 10,000 of ours cost as much as 4 of its.
    """
    data = _answers()
    cells = read("truth", "said", ["group"], data=data).cells
    works: dict[str, Work] = {
        "10,000 replicates of all metrics, from the counts": partial(
            percentiles, cells, _METRICS, _REPLICATES, 0.95, 0
        ),
        "bootstrap(...), rows counted as well": partial(
            classification.bootstrap, "truth", "said", ["group"], data=data, metrics=_METRICS
        ),
        "audit(...) of 8 metrics": partial(
            classification.audit, "truth", "said", ["group"], data=data
        ),
        "disparities(...) of 6 criteria": partial(
            classification.disparities, "truth", "said", ["group"], data=data
        ),
    }
    floors: dict[str, Work] = {"fairlearn, 2 replicates of accuracy": partial(_fairlearn, data)}
    return [*ratios(works, floors, max(2, repeats // 5))]


def _answers() -> pd.DataFrame:
    random = np.random.default_rng(0)
    truth = random.random(_FACES) < 0.5
    group = random.integers(0, _GROUPS, _FACES)
    said = truth ^ (random.random(_FACES) < 0.05 + 0.02 * group)
    return pd.DataFrame({"truth": truth * 1, "said": said * 1, "group": group})


def _fairlearn(data: pd.DataFrame) -> object:
    from fairlearn.metrics import MetricFrame
    from sklearn.metrics import accuracy_score

    with warnings.catch_warnings():
        # It warns that two replicates are too few for quantiles; only their time is wanted.
        warnings.simplefilter("ignore")
        return MetricFrame(
            metrics=accuracy_score,
            y_true=data["truth"],
            y_pred=data["said"],
            sensitive_features=data["group"],
            n_boot=2,
            ci_quantiles=[0.025, 0.975],
            random_state=0,
        )
