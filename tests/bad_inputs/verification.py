"""Bias in verification: scores, labels, people, groups and thresholds of every wrong kind."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import torch

from helpers.bias import verification
from helpers.datasets import PairTable
from tests.bad_inputs.harness import Case, door
from tests.bad_inputs.material import NAN, pair_table

CASES: list[Case] = []
T = pair_table()
_SCORED = {"scores": T["score"], "genuine": T["label"]}
_SIDES = (T["att1"], T["att2"])
_PEOPLE = (T["id1"], T["id2"])
_HALF = torch.tensor(T["score"].to_numpy(), dtype=torch.bfloat16)
_SEEDS = (-1, 1.5, "x", None)
_MEASURABLE = "measur"
_FMR = "fmr|false (match|accept)"


@cache
def _sample(threshold: float | None = 0.45) -> Any:
    words = {"threshold": threshold, "replicates": 60, "far": (0.1,)}
    return verification.bootstrap(T["score"], T["label"], _PEOPLE, _SIDES, **words)


def _few(strangers: int) -> PairTable:
    return PairTable("few", pair_table(20, strangers))


# -- the whole audit

audited = door(
    CASES, "verification.audit", verification.audit, pairs=PairTable("mine", T), replicates=60
)


def _not_measurable(found: Any) -> bool:
    """Nothing was measured at a threshold that could not be chosen, and every row says why."""
    rows = found.measures[found.measures["metric"].isin(["FMR", "FNMR"])]
    return (
        np.isnan(found.threshold)
        and rows["value"].isna().all()
        and rows["note"].str.contains(_MEASURABLE).all()
        and (found.disparities.empty or found.disparities["value"].isna().all())
    )


for _strangers in (60, 4):
    audited.either(
        f"{_strangers} impostor pairs, default fmr=0.01 (below measurable)",
        f"{_MEASURABLE}.*threshold",
        _not_measurable,
        pairs=_few(_strangers),
    )
for _what, _says, _wrong in (
    ("a DataFrame instead of a PairTable", "PairTable|pairs", {"pairs": T}),
    ("None instead of a PairTable", "PairTable|pairs", {"pairs": None}),
    ("threshold='strict'", "threshold", {"threshold": "strict"}),
    ("replicates=0", "replicates", {"replicates": 0}),
    ("replicates=-1", "replicates", {"replicates": -1}),
    ("replicates=99.5", "replicates", {"replicates": 99.5}),
    *((f"seed={each!r}", "seed", {"seed": each}) for each in _SEEDS),
    ("fmr=1 per cent as 1.5", _FMR, {"fmr": 1.5}),
    ("fmr=-0.1", _FMR, {"fmr": -0.1}),
    ("fmr=NaN", _FMR, {"fmr": NAN}),
    ("far=[]", "far|false accept", {"far": []}),
    ("column='vgg'", "vgg", {"column": "vgg"}),
    ("column=5", "5", {"column": 5}),
    ("group='race'", "race1", {"group": "race"}),
    ("group=None", "group", {"group": None}),
    ("impostors='some'", "impostors", {"impostors": "some"}),
    ("no pair", "no pairs|empty", {"pairs": PairTable("none", T.iloc[:0])}),
    ("no id1", "id1", {"pairs": PairTable("m", T.drop(columns="id1"))}),
    (
        "a label that contradicts the people",
        "contradict",
        {"pairs": PairTable("m", T.assign(label=1))},
    ),
    ("nobody known", "identit", {"pairs": PairTable("m", T.assign(id1=None, id2=None))}),
):
    audited.refuses(_what, _says, **_wrong)
audited.either(
    "threshold=NaN",
    "threshold",
    lambda found: _nan_at_threshold(found) and found.disparities["value"].isna().all(),
    threshold=NAN,
)
audited.warns("distance=True though similarities", "similarit|distance", distance=True)
audited.warns(
    "pairs that are there twice",
    "repeat",
    pairs=PairTable("m", pd.concat([T, T.iloc[:5]], ignore_index=True)),
)

# -- rates and curves

rated = door(CASES, "verification.rates", verification.rates, **_SCORED, threshold=0.45)
_CURVES = tuple(
    door(CASES, f"verification.{function.__name__}", function, **_SCORED)
    for function in (verification.eer, verification.auc, verification.tar_at_far, verification.det)
)
for _door in (rated, *_CURVES):
    for _what, _says, _wrong in (
        ("genuine is None", "genuine|label", {"genuine": None}),
        ("scores are None", "score", {"scores": None}),
        ("scores are text", "score", {"scores": ["high"] * len(T)}),
        ("no pair", "no pairs|empty", {"scores": [], "genuine": []}),
        ("no pair has a score", "no pair has a score", {"scores": [NAN] * len(T)}),
        ("lengths that differ", "values of genuine|label|length", {"genuine": T["label"][:-1]}),
        ("labels of 2", "label", {"genuine": T["label"] * 2}),
        ("labels of NaN", "label", {"genuine": [NAN] * len(T)}),
        ("scores of two axes", "one per pair|axes|axis|shape", {"scores": np.zeros((len(T), 2))}),
        ("group DataFrame (N, 2)", "group", {"group": T[["att1", "att2"]]}),
        ("a group of another length", "group", {"group": T["att1"][:9]}),
        ("group=5", "group", {"group": 5}),
        ("impostors='some'", "impostors", {"impostors": "some"}),
        ("all impostors, one group a pair", "both sides", {"impostors": "all", "group": T["att1"]}),
        ("a group called overall", "overall", {"group": ["overall"] * len(T)}),
    ):
        _door.refuses(_what, _says, **_wrong)
    _door.refuses(
        "slices shifted by a row",
        "index|pair|row",
        scores=T["score"][1:],
        genuine=T["label"][:-1],
    )
    for _name in ("genuine", "group"):
        for _what, _says, _values in (
            ("masked in places", "masked", np.ma.array(T["label"], mask=T.index < 3)),
            ("complex", _name, T["label"].to_numpy() + 0j),
            ("records", _name, T[["label"]].to_records(index=False)),
            ("a sparse tensor", _name, torch.tensor(T["label"].to_numpy()).to_sparse()),
        ):
            _door.refuses(f"{_name}: {_what}", _says, **{_name: _values})
    for _what, _values in (
        ("complex", T["score"].to_numpy() + 0j),
        ("records", T[["score"]].to_records(index=False)),
        ("dates", pd.to_datetime(T["score"])),
    ):
        _door.refuses(f"scores: {_what}", "score", scores=_values)
    _door.warns(
        "scores masked in places", "no score", scores=np.ma.array(T["score"], mask=T.index < 3)
    )
    _door.gives(
        "tensors of half precision, with gradients",
        lambda table, d=_door: table.equals(d.function(**{**d.usual, "scores": _HALF.double()})),
        scores=_HALF.clone().requires_grad_(),
        genuine=torch.tensor(T["label"], dtype=torch.bfloat16, requires_grad=True),
    )
    _door.warns("some pairs without a score", "no score", scores=T["score"].where(T.index > 3))
    _door.warns("all scores are equal", "equal", scores=np.ones(len(T)))


def _by_group(column: str, group: str) -> Callable[[pd.DataFrame], Any]:
    return lambda table: table.set_index("group").loc[group, column]


rated.either(
    "threshold NaN",
    "threshold",
    lambda t: t["fmr"].isna().all() and t["fnmr"].isna().all() and t["note"].str.len().gt(0).all(),
    threshold=NAN,
)
for _what, _says, _threshold in (
    ("threshold None", "threshold", None),
    ("threshold 'strict'", "threshold", "strict"),
    ("threshold [0.4, 0.5]", "threshold", [0.4, 0.5]),
    ("no threshold for a group", "M", {"F": 0.4}),
    ("a threshold of text for a group", "threshold", {"F": 0.4, "M": "strict"}),
):
    rated.refuses(_what, _says, threshold=_threshold, group=_SIDES)
_NONE_INSIDE = {"scores": [0.9, 0.8, 0.7, 0.2], "genuine": [1, 1, 1, 1], "group": list("aabb")}
for _what, _threshold in (("one threshold", 0.5), ("one a group", {"a": 0.5, "b": 0.5})):
    rated.gives(
        f"no impostor pair inside any group, {_what}",
        lambda t: t["fmr"].isna().all() and t["note"].str.contains("impostor").all(),
        **_NONE_INSIDE,
        threshold=_threshold,
    )
rated.gives(
    "a threshold a group, one group without impostor pairs",
    lambda t: np.isnan(_by_group("fmr", "b")(t)) and _by_group("fmr", "overall")(t) == 0.5,
    scores=[0.9, 0.8, 0.2, 0.7],
    genuine=[1, 0, 0, 1],
    group=list("aaab"),
    threshold={"a": 0.5, "b": 0.5},
)
tar, det = _CURVES[2], _CURVES[3]
for _what, _far in (
    *((f"far={each!r}", each) for each in ("low", None, -0.1, 1.5, 10, NAN, [], [0.1, NAN])),
    ("far of two axes", [[0.1, 0.2], [0.1, 0.2]]),
):
    tar.refuses(_what, "far|false accept", far=_far)
tar.gives(
    "a far below what can be measured",
    lambda t: t["tar"].isna().all() and t["note"].str.contains(_MEASURABLE).all(),
    far=1e-6,
)
for _points in (-5, 0, 1.5, "many", True):
    det.refuses(f"points={_points!r}", "points", points=_points)

# -- thresholds

fitted = door(CASES, "verification.fit", verification.fit, **_SCORED)
for _fmr in (NAN, -0.1, 1.5, "low", None, [0.1]):
    fitted.refuses(f"fmr={_fmr!r}", _FMR, fmr=_fmr)
fitted.either(
    "an fmr below what can be measured",
    _MEASURABLE,
    lambda found: bool(np.isnan(found["overall"])),
    fmr=1e-6,
)
_FOLDS = T["id1"] % 2  # no pair of this table joins odd and even people
crossed = door(
    CASES,
    "verification.cross_validate",
    verification.cross_validate,
    **_SCORED,
    fold=_FOLDS,
    identities=_PEOPLE,
)
for _what, _says, _wrong in (
    ("one fold", "fold", {"fold": [1] * len(T)}),
    ("folds of another length", "fold", {"fold": [1, 2]}),
    ("folds None", "fold", {"fold": None}),
    ("folds with blanks", "fold", {"fold": _FOLDS.where(T.index > 3)}),
    ("people None", "identit", {"identities": None}),
    ("fmr=0", _FMR, {"fmr": 0}),
    ("fmr=NaN", _FMR, {"fmr": NAN}),
    ("fmr='low'", _FMR, {"fmr": "low"}),
):
    crossed.refuses(_what, _says, **_wrong)
crossed.gives(
    "an fmr below what can be measured: nothing is averaged over it",
    lambda t: t[["fmr", "percent_difference"]].isna().all(axis=None),
    fmr=1e-5,
)
across = door(CASES, "verification.across_folds", verification.across_folds)
for _what, _says, _table in (
    ("a table without the columns", "column", pd.DataFrame({"a": [1]})),
    ("None", "table", None),
    ("a list", "table", [1]),
):
    across.refuses(_what, _says, lambda _at, t=_table: verification.across_folds(t))
folded = door(CASES, "verification.identity_folds", verification.identity_folds)
for _what, _says, _words in (
    ("nobody", "identit|people|pair", (([], []),)),
    ("one fold", "fold", (_PEOPLE, 1)),
    ("folds='five'", "fold", (_PEOPLE, "five")),
    ("more folds than people", "fold|people|identit", (_PEOPLE, 1000)),
):
    folded.refuses(_what, _says, lambda _at, words=_words: verification.identity_folds(*words))
# -- people drawn anew

drawn = door(
    CASES,
    "verification.bootstrap",
    verification.bootstrap,
    **_SCORED,
    identities=_PEOPLE,
    group=_SIDES,
    threshold=0.45,
    replicates=60,
)
for _what, _says, _wrong in (
    ("identities as DataFrame", "identit", {"identities": T[["id1", "id2"]]}),
    ("identities None", "identit", {"identities": None}),
    ("identities of one side", "identit", {"identities": T["id1"]}),
    ("three sides", "identit", {"identities": (T["id1"], T["id2"], T["id1"])}),
    (
        "somebody without identity",
        "identit",
        {"identities": (T["id1"].where(T.index > 3), T["id2"])},
    ),
    ("labels contradict", "contradict", {"genuine": 1 - T["label"]}),
    ("replicates=0", "replicates", {"replicates": 0}),
    ("replicates='many'", "replicates", {"replicates": "many"}),
    ("threshold 'strict'", "threshold", {"threshold": "strict"}),
    ("far=2", "far|false accept", {"far": 2}),
    *((f"seed={each!r}", "seed", {"seed": each}) for each in _SEEDS),
):
    drawn.refuses(_what, _says, **_wrong)


def _nan_at_threshold(found: Any) -> bool:
    rows = found.measures[found.measures["metric"].isin(["FMR", "FNMR"])]
    return bool(rows["value"].isna().all())


drawn.refuses(
    "identities shifted by a row",
    "index",
    identities=tuple(side.set_axis(side.index + 1) for side in _PEOPLE),
)
drawn.gives(
    "identities as tensors with gradients",
    lambda found: found.measures["n_identities"].max() == T["id1"].nunique(),
    identities=tuple(torch.tensor(side.to_numpy(float), requires_grad=True) for side in _PEOPLE),
)
drawn.either("threshold NaN", "threshold", _nan_at_threshold, threshold=NAN)

unequal = door(CASES, "verification.disparities", verification.disparities)
banded = door(CASES, "verification.bands", verification.bands)
interval = door(CASES, "verification.intervals", verification.intervals)
compared = door(CASES, "verification.compare", verification.compare)
for _what, _says, _wrong in (
    *((f"alpha={each!r}", "alpha", {"alpha": each}) for each in (5, -0.1, NAN, "half", None)),
    *((f"level={each!r}", "level", {"level": each}) for each in (95, 0, 1, NAN, "95%")),
    *(
        (f"simulations={each!r}", "simulations", {"simulations": each})
        for each in (0, -1, 2.5, "x")
    ),
    *((f"seed={each!r}", "seed", {"seed": each}) for each in _SEEDS),
):
    unequal.refuses(_what, _says, lambda _at, w=_wrong: verification.disparities(_sample(), **w))
unequal.refuses(
    "a sample without a threshold",
    "threshold",
    lambda _at: verification.disparities(_sample(None)),
)
for _door, _function in (
    (unequal, verification.disparities),
    (interval, verification.intervals),
    (compared, verification.compare),
):
    for _what, _given in (("None", None), ("a table", T)):
        _door.refuses(
            f"{_what} instead of a sample",
            "sample|bootstrap",
            lambda _at, f=_function, given=_given: f(
                given, *(["FMR"] if f is verification.compare else [])
            ),
        )
for _level in (95, 0, NAN, "95%"):
    interval.refuses(
        f"level={_level!r}",
        "level",
        lambda _at, lv=_level: verification.intervals(_sample(), level=lv),
    )
    compared.refuses(
        f"level={_level!r}",
        "level",
        lambda _at, lv=_level: verification.compare(_sample(), "FMR", level=lv),
    )
for _metric in ("fnord", None, 5):
    compared.refuses(
        f"metric={_metric!r}",
        "metric|measure",
        lambda _at, m=_metric: verification.compare(_sample(), m),
    )
for _margin in (-0.1, NAN, "5%"):
    _says = "margin"
    audited.refuses(f"margin={_margin!r}", _says, margin=_margin)
    compared.refuses(
        f"margin={_margin!r}",
        _says,
        lambda _at, m=_margin: verification.compare(_sample(), "FMR", margin=m),
    )
    unequal.refuses(
        f"margin={_margin!r}",
        _says,
        lambda _at, m=_margin: verification.disparities(_sample(), margin=m),
    )
_BANDED = {**_SCORED, "identities": _PEOPLE, "group": _SIDES}
for _what, _says, _wrong in (
    ("replicates=0", "replicates", {"replicates": 0}),
    ("replicates=-1", "replicates", {"replicates": -1}),
    ("level=95", "level", {"level": 95}),
    ("seed=-1", "seed", {"seed": -1}),
):
    banded.refuses(
        _what, _says, lambda _at, w=_wrong: verification.bands(**{**_BANDED, "replicates": 30, **w})
    )

# -- one number for all groups

for _function in (verification.fdr, verification.garbe):
    _door = door(
        CASES, f"verification.{_function.__name__}", _function, fmr=[0.1, 0.2], fnmr=[0.2, 0.1]
    )
    for _what, _says, _wrong in (
        ("text", "rate|fmr|number", {"fmr": ["a", "b"]}),
        ("None", "rate|fmr|number", {"fmr": None}),
        ("per cent", "rate|fmr|share", {"fmr": [10, 20]}),
        ("nobody", "rate|group", {"fmr": [], "fnmr": []}),
        ("lengths that differ", "groups|length|fnmr", {"fnmr": [0.1]}),
        ("alpha=5", "alpha", {"alpha": 5}),
        ("alpha=NaN", "alpha", {"alpha": NAN}),
        ("alpha='half'", "alpha", {"alpha": "half"}),
    ):
        _door.refuses(_what, _says, **_wrong)
    _door.either("a rate that is NaN", "NaN|undefined|rate", np.isnan, fmr=[0.1, NAN])
    _door.either("one group", "two|group", np.isnan, fmr=[0.1], fnmr=[0.1])
# -- embeddings

_E = np.random.default_rng(0).normal(size=(30, 5))
_WHO = np.arange(30) // 3
_KIND = np.where(_WHO % 2, "F", "M")
paired = door(
    CASES,
    "verification.score_pairs",
    verification.score_pairs,
    embeddings=_E,
    first=[0],
    second=[1],
)
near = door(
    CASES, "verification.nearest", verification.nearest, embeddings=_E, identities=_WHO, group=_KIND
)
for _door in (paired, near):
    for _what, _embeddings in (
        ("text", np.full((30, 5), "a")),
        ("None", None),
        ("nothing", np.zeros((0, 5))),
        ("one axis", np.zeros(30)),
        ("lists that differ in length", [[1, 2], [1]]),
    ):
        _door.refuses(f"embeddings: {_what}", "embedding", embeddings=_embeddings)
    _door.either(
        "embeddings: NaN",
        "embedding",
        lambda x: np.isnan(x).all(),
        embeddings=np.full((30, 5), NAN),
    )
    _door.refuses("embeddings: complex", "embedding", embeddings=_E + 0j)
    _door.either(
        "embeddings: masked everywhere",
        "embedding",
        lambda x: np.isnan(x).all(),
        embeddings=np.ma.array(_E.astype(np.float32), mask=True),
    )
    _door.either(
        "embeddings of length zero",
        "zero|length|embedding",
        lambda x: np.isnan(x).all(),
        embeddings=np.zeros((30, 5)),
    )
for _what, _says, _wrong in (
    ("a row that is not there", "row|99", {"second": [99]}),
    ("a negative row", "row|-1", {"first": [-1]}),
    ("rows as text", "row|first", {"first": ["a"]}),
    ("rows as fractions", "row|first", {"first": [0.5]}),
    ("rows None", "row|first", {"first": None}),
    ("lengths that differ", "row|length|first|second", {"first": [0, 1]}),
):
    paired.refuses(_what, _says, **_wrong)
for _what, _says, _wrong in (
    ("identities of another length", "identit", {"identities": [1]}),
    ("identities None", "identit", {"identities": None}),
    ("group None", "group", {"group": None}),
    ("somebody without identity", "identit", {"identities": [None, *_WHO[1:]]}),
):
    near.refuses(_what, _says, **_wrong)
confused = door(CASES, "verification.confusion", verification.confusion)
for _what, _says, _table in (
    ("None", "table", None),
    ("a table without the columns", "column", pd.DataFrame({"a": [1]})),
    ("an empty table", "row|empty|column|nobody", near.function(_E, _WHO, _KIND).iloc[:0]),
):
    confused.refuses(_what, _says, lambda _at, t=_table: verification.confusion(t))
leaking = door(
    CASES,
    "verification.attribute_leakage",
    verification.attribute_leakage,
    embeddings=_E,
    attribute=_KIND,
    identities=_WHO,
)
for _what, _says, _wrong in (
    ("text embeddings", "embedding", {"embeddings": np.full((30, 5), "a")}),
    ("embeddings with NaN", "embedding", {"embeddings": np.full((30, 5), NAN)}),
    ("attribute of another length", "attribute", {"attribute": ["F"]}),
    ("attribute None", "attribute", {"attribute": None}),
    ("attribute masked in places", "masked", {"attribute": np.ma.array(_KIND, mask=_WHO < 2)}),
    (
        "all people of a value in one fold",
        "fold.*seed",
        {"embeddings": _E, "attribute": _KIND, "folds": 2, "seed": 0},
    ),
    ("one value of the attribute", "attribute|value|two", {"attribute": ["F"] * 30}),
    ("identities None", "identit", {"identities": None}),
    ("one person", "identit|people|person", {"identities": [1] * 30}),
    ("seed=-1", "seed", {"seed": -1}),
    ("folds=1", "fold", {"folds": 1}),
    ("folds='five'", "fold", {"folds": "five"}),
    ("level=95", "level", {"level": 95}),
):
    leaking.refuses(_what, _says, **_wrong)
leaking.either(
    "attribute missing for some (NaN)",
    "attribute|NaN|missing",
    lambda t: "nan" not in [str(each) for each in t["group"]],
    attribute=np.where(_WHO % 3 == 0, NAN, _WHO % 2),
)
