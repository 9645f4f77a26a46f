"""Bias of classifiers: answers of every wrong kind."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import torch

from helpers.bias import classification
from tests.bad_inputs.harness import Case, door
from tests.bad_inputs.material import INF, NAN, answers

CASES: list[Case] = []
T = answers()
_USUAL = {"truth": T["truth"], "prediction": T["prediction"], "groups": T["group"]}
_SEEDS = (-1, 1.5, "x", None)
_LEVELS = (95, 0, 1, "95%", NAN, None, -0.5)

audited = door(CASES, "classification.audit", classification.audit, **_USUAL)
gaps = door(CASES, "classification.disparities", classification.disparities, **_USUAL)
drawn = door(CASES, "classification.bootstrap", classification.bootstrap, **_USUAL)
paired = door(CASES, "classification.pairwise", classification.pairwise, **_USUAL)
_ALL = (audited, gaps, drawn, paired)

# -- what all of them are given

for _value in _LEVELS:
    for _door in _ALL:
        _door.refuses(f"level={_value!r}", "level", level=_value)
for _value in _SEEDS:
    gaps.refuses(f"seed={_value!r}", "seed", seed=_value)
    drawn.refuses(f"seed={_value!r}", "seed", seed=_value)
    audited.refuses(f"seed={_value!r} with score", "seed", seed=_value, score=T["score"])
for _door in _ALL:
    for _what, _positive in (
        ("positive='yes' though labels are 0/1", "yes"),
        ("positive='1' though labels are 0/1", "1"),
        ("positive=2 though labels are 0/1", 2),
        ("positive=['yes']", ["yes"]),
        ("positive=NaN", NAN),
    ):
        _door.refuses(_what, "positive", positive=_positive)
    for _what, _says, _wrong in (
        ("truth None", "truth", {"truth": None}),
        ("a word for the truth", "truth", {"truth": "truth"}),
        ("nobody", "no face|empty|nobody", {"truth": [], "prediction": [], "groups": []}),
        ("lengths that differ", "length|prediction", {"prediction": T["prediction"][:-1]}),
        ("prediction on another scale", "prediction", {"prediction": T["score"]}),
        (
            "labels that are spelt otherwise",
            "spelt|prediction",
            {"prediction": T["prediction"].map({0: "no", 1: "yes"})},
        ),
        ("truth of two axes", "truth", {"truth": np.zeros((200, 2), int)}),
        ("indexes that differ", "index", {"prediction": T["prediction"].set_axis(range(7, 207))}),
        ("data is a dict", "data|table", {"truth": "truth", "data": {"truth": [1]}}),
        ("data without the column", "told", {"prediction": "told", "data": T}),
        ("nobody has a group", "group|value", {"groups": pd.Series([None] * 200)}),
    ):
        _door.refuses(_what, _says, **_wrong)
    _door.refuses(
        "data with the column truth twice",
        "truth",
        truth="truth",
        prediction="prediction",
        groups="group",
        data=pd.concat([T, T[["truth"]]], axis=1),
    )
    _door.refuses(
        "data with the column group twice",
        "group",
        truth="truth",
        prediction="prediction",
        groups="group",
        data=pd.concat([T, T[["group"]]], axis=1),
    )
    # Slices of one table, a row apart, are of different faces, however their indexes count.
    _door.refuses(
        "slices shifted by a row",
        "index|face|row",
        truth=T["truth"][1:],
        prediction=T["prediction"][:-1],
        groups=T["group"][:-1],
    )
    _door.warns(
        "some faces without a prediction",
        "left out",
        prediction=T["prediction"].where(T.index > 5),
    )

for _door in _ALL:
    for _what, _says, _wrong in (
        ("a mask over five faces", "masked", {"truth": np.ma.array(T["truth"], mask=T.index < 5)}),
        ("groups that are masked", "masked", {"groups": np.ma.array(T["group"], mask=T.index < 5)}),
        ("truth of records", "record", {"truth": np.zeros(200, [("x", int), ("y", int)])}),
        ("groups that are measured", "age has 200", {"groups": {"age": np.arange(200) / 7}}),
        ("groups of no column", "group", {"groups": np.zeros((200, 0))}),
        ("an index of two levels as truth", "level", {"truth": pd.MultiIndex.from_frame(T[["truth", "group"]])}),
        ("truth of lists", "one value", {"truth": [[1], [0]] * 100}),
        ("groups of which some are pairs", "one value", {"groups": ["a", ("a", "b")] * 100}),
        ("truth in a sparse tensor", "list or an array", {"truth": torch.ones(200).to_sparse()}),
        ("labels that are pairs", "label", {"truth": pd.Series([("f", 1), ("m", 2)] * 100)}),
        ("positive=(0, 1)", r"^(?!.*np\.).*positive", {"positive": (0, 1)}),
    ):  # fmt: skip
        _door.refuses(_what, _says, **_wrong)
    _door.warns("groups 'A' and 'a'", "look alike", groups=T["group"].where(T.index % 4 > 0, "a"))
    _door.warns("groups True and 1", "taken for one", groups=[True, 1, 2, 2] * 50)
audited.refuses("a score of complex numbers", "score", score=T["score"] + 0j)

# -- audit


def _rows(metric: str, **where: Any) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def rows(table: pd.DataFrame) -> pd.DataFrame:
        chosen = table[table["metric"] == metric]
        for column, value in where.items():
            chosen = chosen[chosen[column] == value]
        return chosen

    return rows


_ONE_ROW = pd.DataFrame({"truth": [1], "prediction": [1], "group": ["A"], "race": ["B"]})
_TWO_ROWS = pd.DataFrame(
    {"truth": [1, 0], "prediction": [1, 1], "race": ["B", "W"], "gender": ["f", "m"]}
)
_NAMED: dict[str, Any] = {"truth": "truth", "prediction": "prediction"}


def _groups_of(table: pd.DataFrame) -> set[str]:
    return set(table["group"])


audited.gives(
    "one-row table, groups=['group'] (README's call)",
    lambda t: _groups_of(t) == {"A"},
    **_NAMED,
    groups=["group"],
    data=_ONE_ROW,
)
audited.gives(
    "two-row table, two columns as groups",
    lambda t: {"B, f", "W, m"} <= _groups_of(t) and not _groups_of(t) & {"race", "gender"},
    **_NAMED,
    groups=["race", "gender"],
    data=_TWO_ROWS,
)
audited.gives(
    "a list of columns without a table",
    lambda t: len(_groups_of(t)) == 4,
    groups=[list(T["group"]), list(T["other"])],
)
audited.either(
    "groups 1 (number) and '1' (text)",
    "group",
    lambda t: len(t) == len(t.drop_duplicates(["metric", "group"])),
    groups=np.array([1, "1"] * 100, dtype=object),
)
audited.either(
    "crossed groups of one name",
    "group|name",
    lambda t: len(t) == len(t.drop_duplicates(["metric", "group"])),
    groups=pd.DataFrame({"x": ["a, b", "a"] * 100, "y": ["c", "b, c"] * 100}),
)
for _what, _says, _wrong in (
    ("metrics=[]", "metric", {"metrics": []}),
    ("metrics=[None]", "metric", {"metrics": [None]}),
    ("metrics=5", "metric", {"metrics": 5}),
    ("metrics=['accuracy', 'accuracy']", "accuracy", {"metrics": ["accuracy", "accuracy"]}),
    ("metrics=['acuracy']", "accuracy", {"metrics": ["acuracy"]}),
    ("ece without a score", "score", {"metrics": ["ece"]}),
    ("smallest=-1", "smallest", {"smallest": -1}),
    ("smallest='few'", "smallest", {"smallest": "few"}),
    ("bins=0", "bins", {"bins": 0, "score": T["score"]}),
    ("bins='ten'", "bins", {"bins": "ten", "score": T["score"]}),
    ("score of logits", "score", {"score": 9 * T["score"] - 4}),
    ("score in per cent", "score", {"score": 100 * T["score"]}),
    ("score of text", "score", {"score": ["high"] * 200}),
    ("score of two columns", "score", {"score": np.ones((200, 2)) / 2}),
    ("score of another length", "score|length", {"score": T["score"][:9]}),
    ("all scores NaN", "score", {"score": [NAN] * 200}),
    ("infinite scores", "score", {"score": [INF] * 200}),
    ("groups={}", "group", {"groups": {}}),
    ("groups=5", "group", {"groups": 5}),
    ("recall without a positive class", "positive", {"positive": None, "metrics": ["recall"]}),
):
    audited.refuses(_what, _says, **_wrong)
audited.either(
    "metrics='accuracy'",
    r"metrics.*list",
    lambda t: set(t["metric"]) == {"accuracy"} and len(t) == 2,
    metrics="accuracy",
)
audited.gives(
    "metrics=('ECE',) in capitals",
    lambda t: len(t) == 2 and t["value"].notna().all(),
    metrics=("ECE",),
    score=T["score"],
)
audited.gives(
    "an alias: tpr is recall",
    lambda t: len(_rows("recall")(t)) == 2 or len(_rows("tpr")(t)) == 0,
    metrics=("tpr",),
)
audited.gives(
    "a score of 1 and a rounding error",
    lambda t: len(_rows("ece")(t)) == 2,
    score=np.where(T["score"] > 0.9, 1.0 + 2e-16, T["score"]),
)
audited.warns("score of the other class", "other class|1 - score", score=1 - T["score"])
audited.gives(
    "labels of True and False",
    lambda t: np.allclose(t["value"], classification.audit(**_USUAL)["value"], equal_nan=True),
    truth=T["truth"] == 1,
    prediction=T["prediction"] == 1,
)
audited.gives(
    "a group of one face",
    lambda t: (
        _rows("accuracy", group="C")(t)["small"].all()
        and (_rows("accuracy", group="C")(t).eval("high - low") > 0.5).all()
    ),
    groups=T["group"].where(T.index > 0, "C"),
)
audited.gives(
    "a category without anybody",
    lambda t: (
        _rows("accuracy", group="C")(t)["value"].isna().all()
        and _rows("accuracy", group="C")(t)["note"].str.contains("nobody").all()
    ),
    groups=pd.Categorical(T["group"], ["A", "B", "C"]),
)
# A positive label that is no label once made all of these right.
_MISSED = {"truth": [1, 1, 0, 0] * 25, "prediction": [0] * 100, "groups": list("AB") * 50}
for _positive in ("1", "Female"):
    audited.refuses(
        f"labels 0/1, every positive missed, positive={_positive!r}",
        "positive",
        **_MISSED,
        positive=_positive,
    )

# -- disparities, bootstrap, pairwise

for _what, _says, _wrong in (
    ("criteria=[]", "criteri", {"criteria": []}),
    ("criteria=5", "criteri", {"criteria": 5}),
    ("criteria=['fair']", "criterion|criteria", {"criteria": ["fair"]}),
    ("one group", "two groups", {"groups": ["A"] * 200}),
    ("everyone together", "two groups|group", {"groups": None}),
    ("smallest=-1", "smallest", {"smallest": -1}),
    ("smallest=NaN", "smallest", {"smallest": NAN}),
    ("margin=-0.1", "margin", {"margin": -0.1}),
    ("margin='5%'", "margin", {"margin": "5%"}),
    ("margin=5", "margin", {"margin": 5}),
    ("margin=NaN", "margin", {"margin": NAN}),
):
    gaps.refuses(_what, _says, **_wrong)
gaps.refuses(
    "positive=None, criteria=['equal opportunity']",
    "positive|criteri",
    positive=None,
    criteria=["equal opportunity"],
)
gaps.either(
    "criteria='accuracy parity'",
    "criteri",
    lambda t: set(t["criterion"]) == {"accuracy parity"},
    criteria="accuracy parity",
)


def _widths(table: pd.DataFrame) -> pd.Series:
    known = table[table["value"].notna()]
    return known["high"] - known["low"]


for _what, _sizes in (
    ("no error in two groups of 60", [60, 60]),
    ("no error in two groups of 2", [2, 2]),
    ("no error in seven groups", [60] * 7),
):
    _n = sum(_sizes)
    gaps.gives(
        _what,
        lambda t: (_widths(t) > 0.005).all(),
        truth=np.arange(_n) % 2,
        prediction=np.arange(_n) % 2,
        groups=np.repeat([f"g{k}" for k in range(len(_sizes))], _sizes),
    )
gaps.gives(
    "a group without positives",
    lambda t: (
        t[(t["metric"] == "recall") & t["value"].isna()]["note"].str.len().gt(0).all()
        and t[t["criterion"] == "equal opportunity"]["value"].isna().all()
    ),
    truth=T["truth"].where(T["group"] == "A", 0),
)
_MANY = pd.DataFrame({"truth": np.arange(5000) % 2})
gaps.either(
    "5,000 rows, file name as group (CPU time)",
    "group",
    lambda t: t["value"].notna().any() or t["note"].str.len().gt(0).all(),
    truth=_MANY["truth"],
    prediction=_MANY["truth"],
    groups=[f"{k}.jpg" for k in range(5000)],
)
for _value in (0, -5, 1.5, "many", None, 10**12):
    drawn.refuses(f"replicates={_value!r}", "replicates", replicates=_value)
for _what, _metrics in (("metrics=[]", []), ("metrics=['nope']", ["nope"]), ("metrics=5", 5)):
    drawn.refuses(_what, "metric", metrics=_metrics)
drawn.refuses("metrics=['ece']", r"^(?!.*did you mean 'ece').*ece", metrics=["ece"])
paired.refuses("one group", "two groups|group", groups=["A"] * 200)
paired.refuses("metric='acuracy'", "accuracy", metric="acuracy")
paired.refuses("metric=None", "metric", metric=None)
paired.refuses("metric=5", "metric", metric=5)

# -- calibration

calibrated = door(
    CASES, "classification.ece", classification.ece, confidence=T["score"], correct=T["truth"]
)
for _what, _says, _wrong in (
    ("confidence text", "confidence", {"confidence": ["high"] * 200}),
    ("confidence None", "confidence", {"confidence": None}),
    ("confidence NaN", "confidence|NaN", {"confidence": [NAN] * 200}),
    ("confidence -.5", "confidence", {"confidence": [-0.5] * 200}),
    ("confidence in per cent", "confidence", {"confidence": 100 * T["score"]}),
    ("confidence of two axes", "confidence", {"confidence": np.ones((200, 2))}),
    ("nobody", "nobody|empty|no ", {"confidence": [], "correct": []}),
    ("lengths that differ", "length|correct", {"correct": [1]}),
    ("correct of text", "correct", {"correct": ["yes"] * 200}),
    ("correct of 2", "correct", {"correct": [2] * 200}),
    ("correct NaN", "correct|NaN", {"correct": [NAN] * 200}),
    ("bins=0", "bins", {"bins": 0}),
    ("bins=0.1", "bins", {"bins": 0.1}),
    ("bins='ten'", "bins", {"bins": "ten"}),
    ("bins=None", "bins", {"bins": None}),
    ("bins=True", "bins", {"bins": True}),
    ("bins that fall", "bins|edges", {"bins": [0, 0.7, 0.3, 1]}),
    ("bins that end at .9", "bins|edges", {"bins": [0, 0.5, 0.9]}),
    ("bins with NaN", "bins|edges", {"bins": [0, NAN, 1]}),
    ("bins=10**12", "bins", {"bins": 10**12}),
):
    calibrated.refuses(_what, _says, **_wrong)
calibrated.gives(
    "a bin of one face",
    lambda x: abs(x - 0.95 / 3) < 1e-9,
    confidence=[0.15, 0.95, 0.95],
    correct=[1, 1, 1],
)
calibrated.gives("a confidence of 1 + 2e-16", lambda x: 0 <= x <= 1, confidence=[1 + 2e-16] * 200)

curved = door(
    CASES,
    "classification.reliability",
    classification.reliability,
    truth=T["truth"],
    score=T["score"],
)
for _what, _says, _wrong in (
    ("score=None", "score", {"score": None}),
    ("score of logits", "score", {"score": 9 * T["score"] - 4}),
    ("level=95", "level", {"level": 95}),
    ("bins=0", "bins", {"bins": 0}),
    ("bins=2.5", "bins", {"bins": 2.5}),
    ("positive='1'", "positive", {"positive": "1"}),
    ("lengths that differ", "length|score", {"score": T["score"][:9]}),
):
    curved.refuses(_what, _says, **_wrong)

# -- individual fairness

_POINTS = np.random.default_rng(0).normal(size=(200, 4))
consistent = door(
    CASES,
    "classification.consistency",
    classification.consistency,
    embeddings=_POINTS,
    prediction=T["prediction"],
    groups=T["group"],
)
for _what, _says, _wrong in (
    ("neighbours=0", r"neighbours(?!.*there are only)", {"neighbours": 0}),
    ("neighbours=-1", "neighbours", {"neighbours": -1}),
    ("neighbours=200", "neighbours", {"neighbours": 200}),
    ("neighbours=2.5", "neighbours", {"neighbours": 2.5}),
    ("neighbours='five'", "neighbours", {"neighbours": "five"}),
    ("text embeddings", "embedding", {"embeddings": np.full((200, 4), "a")}),
    ("embeddings None", "embedding", {"embeddings": None}),
    ("embeddings with NaN", "embedding", {"embeddings": np.full((200, 4), NAN)}),
    ("embeddings of one axis", "embedding", {"embeddings": np.zeros(200)}),
    ("embeddings of others", "embedding", {"embeddings": _POINTS[:9]}),
    ("metric='nearby'", "metric", {"metric": "nearby"}),
    ("metric=None", "metric", {"metric": None}),
    ("level=95", "level", {"level": 95}),
    ("nobody has an answer", "answer|prediction|value", {"prediction": [None] * 200}),
):
    consistent.refuses(_what, _says, **_wrong)
consistent.warns(
    "all-zero embeddings, cosine", "zero|length|embedding", embeddings=np.zeros((200, 4))
)
