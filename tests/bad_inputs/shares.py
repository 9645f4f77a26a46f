"""Intervals, ground truth and focus: small functions that every room shares."""

from typing import Any

import numpy as np
import torch

from helpers import evaluate, intervals
from helpers.evaluate import ground_truth
from tests.bad_inputs.harness import Case, door
from tests.bad_inputs.material import INF, NAN, Net, damaged, network, people, recogniser

CASES: list[Case] = []

wilson = door(CASES, "intervals.wilson", intervals.wilson, successes=1, n=3)
many = door(CASES, "intervals.wilson_limits", intervals.wilson_limits, successes=[1], n=[3])
for _what, _says, _wrong in (
    *((f"level={each!r}", "level", {"level": each}) for each in (95, 0, 1, NAN, "95%", None)),
    ("successes above n", "successes|5", {"successes": 5}),
    ("successes below 0", "successes|-1", {"successes": -1}),
    ("successes NaN", "successes", {"successes": NAN}),
    ("successes None", "successes", {"successes": None}),
    ("successes of text", "successes", {"successes": "one"}),
    ("n below 0", "n is|n must|-3", {"successes": 0, "n": -3}),
):
    wilson.refuses(_what, _says, **_wrong)
    many.refuses(_what, _says, **_wrong)
wilson.gives("nobody", lambda x: np.isnan(x).all(), successes=0, n=0)
wilson.gives("no error among 60", lambda x: x[0] == 0 and 0.05 < x[1] < 0.07, successes=0, n=60)
many.gives("nobody", lambda x: np.isnan(x).all(), successes=[0], n=[0])
drawn = door(CASES, "intervals.bootstrap_mean", intervals.bootstrap_mean, values=[1.0, 2.0, 3.0])
for _what, _says, _wrong in (
    *((f"level={each!r}", "level", {"level": each}) for each in (95, 0, NAN, "95%")),
    *((f"replicates={each!r}", "replicates", {"replicates": each}) for each in (0, -1, 1.5, "x")),
    *((f"seed={each!r}", "seed", {"seed": each}) for each in (-1, 1.5, "x")),
    ("values of text", "values", {"values": ["a", "b"]}),
    ("values None", "values", {"values": None}),
    ("values of infinity", "values", {"values": [1, INF]}),
    ("values of two axes", "values", {"values": np.zeros((3, 2))}),
):
    drawn.refuses(_what, _says, **_wrong)
drawn.gives("nobody", lambda x: np.isnan(x).all(), values=[])
drawn.gives("one value", lambda x: x[0] == 5 and np.isnan(x[1:]).all(), values=[5])
corrected = door(CASES, "intervals.holm", intervals.holm)
for _what, _p in (
    ("p of 5", [5]),
    ("p below 0", [-0.1]),
    ("p of text", ["small"]),
    ("p None", None),
):
    corrected.refuses(_what, "p ", lambda _at, p=_p: intervals.holm(p))
corrected.gives("nothing", lambda x: len(x) == 0, lambda _at: intervals.holm([]))
corrected.gives(
    "a NaN", lambda x: np.isnan(x[0]) and x[1] == 0.01, lambda _at: intervals.holm([NAN, 0.01])
)

# -- what a model really reacts to

_USUAL: dict[str, Any] = {"model": network(64), "faces": list(people(2))}
_TRUTH = [
    door(CASES, f"evaluate.ground_truth.{function.__name__}", function, **_USUAL)
    for function in (ground_truth.region_effects, ground_truth.factor_effects)
]
for _what, _says, _wrong in (
    ("model None", "model", {"model": None}),
    ("a model's name", "model", {"model": "synthetic-hat"}),
    ("a recogniser", "class|two", {"model": recogniser(64)}),
    ("a model with a NaN weight", "NaN|finite|number", {"model": damaged(side=64)}),
    ("one face", "two", {"faces": list(people(1))}),
    ("no face", "two|face", {"faces": []}),
    ("faces None", "face", {"faces": None}),
    ("one Face instead of a list", "face|list", {"faces": people(1)[0]}),
    ("pictures instead of faces", "face", {"faces": [np.zeros((64, 64, 3))] * 2}),
    ("batch_size=0", "batch_size", {"batch_size": 0}),
    ("batch_size='all'", "batch_size", {"batch_size": "all"}),
    ("replicates=0", "replicates", {"replicates": 0}),
    ("seed=-1", "seed", {"seed": -1}),
    ("seed='x'", "seed", {"seed": "x"}),
    ("a model in training mode", "train|eval", {"model": Net().train()}),
):
    for _door in _TRUTH:
        _door.refuses(_what, _says, **_wrong)
for _what, _says, _factors in (
    ("factors=['hut']", "hut", ["hut"]),
    ("factors=[]", "factor", []),
    ("factors=5", "factor", 5),
    ("factors=None", "factor", None),
):
    _TRUTH[1].refuses(_what, _says, factors=_factors)
changed = door(
    CASES,
    "evaluate.ground_truth.changed_pixels",
    ground_truth.changed_pixels,
    faces=list(people(2)),
    factor="hat",
    size=64,
)
for _what, _says, _wrong in (
    ("faces None", "face", {"faces": None}),
    ("no face", "face", {"faces": []}),
    ("factor='hut'", "hut", {"factor": "hut"}),
    ("factor None", "factor", {"factor": None}),
    ("size='64'", "size", {"size": "64"}),
    ("seed=-1", "seed", {"seed": -1}),
    ("above='all'", "above", {"above": "all"}),
):
    changed.refuses(_what, _says, **_wrong)

focus = door(
    CASES,
    "evaluate.focus_scores",
    evaluate.focus_scores,
    relevance=torch.rand(2, 8, 8),
    masks=torch.ones(2, 8, 8, dtype=torch.bool),
)
for _what, _says, _wrong in (
    ("relevance None", "relevance|map", {"relevance": None}),
    ("relevance of NaN", "NaN|finite|relevance", {"relevance": torch.full((2, 8, 8), NAN)}),
    ("relevance of two axes", "relevance|map|shape", {"relevance": torch.rand(8, 8)}),
    ("masks None", "mask", {"masks": None}),
    ("masks of another size", "mask|shape", {"masks": torch.ones(2, 4, 4, dtype=torch.bool)}),
    ("masks of another number", "mask|shape", {"masks": torch.ones(3, 8, 8, dtype=torch.bool)}),
    ("an index of another length", "index", {"index": ["a"]}),
):
    focus.refuses(_what, _says, **_wrong)
