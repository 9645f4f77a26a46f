"""Figures: tables, pictures and names that cannot be drawn, or would be drawn as something else."""

import io
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure

from helpers import plots
from helpers.bias import classification, verification
from tests.bad_inputs.harness import Case, door
from tests.bad_inputs.material import INF, NAN, answers, images, pair_table, picture

CASES: list[Case] = []
T, P = answers(), pair_table()
ODD = ("under $20k", "$50k-$100k", "_other", "$x_{$", "a\\b", "50 %", "<b>", "a\nb", "")


def _saved(figure: Any) -> Any:
    """The same figure, when it has really been drawn."""
    if isinstance(figure, Figure):
        figure.savefig(io.BytesIO(), dpi=30)
    return figure


def _drawing(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *words, **named: _saved(function(*words, **named))


def _texts(figure: Figure) -> list[str]:
    from matplotlib.text import Text

    return [text.get_text().replace("\\$", "$") for text in figure.findobj(Text)]


def _names_drawn(*names: str) -> Callable[[Figure], bool]:
    return lambda figure: all(any(name in text for text in _texts(figure)) for name in names)


@cache
def _audit() -> pd.DataFrame:
    return classification.audit(T["truth"], T["prediction"], T["group"])


@cache
def _gaps() -> pd.DataFrame:
    return classification.disparities(T["truth"], T["prediction"], T["group"])


@cache
def _pairwise() -> pd.DataFrame:
    return classification.pairwise(T["truth"], T["prediction"], T["group"])


@cache
def _reliability() -> pd.DataFrame:
    return classification.reliability(T["truth"], T["score"], T["group"])


@cache
def _det() -> pd.DataFrame:
    return verification.det(P["score"], P["label"], P["att1"], points=20)


# -- figures of tables

_CONFUSION = pd.DataFrame([[1.0, 0.5], [0.2, 2.0]], index=list("FM"), columns=list("FM"))
_DOTS = pd.DataFrame({"value": [0.1], "low": [0.0], "high": [0.2]}, index=["A"])
_OF_TABLES: tuple[tuple[str, Callable[..., Any], Callable[[], Any], dict[str, Any]], ...] = (
    ("plots.bias.metrics_by_group", plots.bias.metrics_by_group, _audit, {}),
    ("plots.bias.disparities", plots.bias.disparities, _gaps, {}),
    ("plots.bias.comparisons", plots.bias.comparisons, _pairwise, {}),
    ("plots.bias.reliability", plots.bias.reliability, _reliability, {}),
    ("plots.verification.det", plots.verification.det, _det, {}),
    ("plots.verification.roc", plots.verification.roc, _det, {}),
    ("plots.verification.threshold_explorer", plots.verification.threshold_explorer, _det, {}),
    ("plots.verification.confusion", plots.verification.confusion, lambda: _CONFUSION, {}),
    ("plots.verification.disparity", plots.verification.disparity, _audit, {"label": "x"}),
    ("plots.dots", plots.dots, lambda: _DOTS, {"label": "x"}),
)
for _name, _function, _table, _words in _OF_TABLES:
    _door = door(CASES, _name)
    for _what, _says, _given in (
        ("None", "table|curves", None),
        ("a list", "table|curves", [1, 2]),
        ("a table of something else", "column|number|row", pd.DataFrame({"wrong": ["a"]})),
        ("an empty table", "row|empty|column|nothing", pd.DataFrame()),
    ):
        _door.refuses(
            _what,
            _says,
            lambda _at, f=_function, given=_given, w=_words: _drawing(f)(given, **w),
        )
    _door.refuses(
        "a table without rows",
        "row|empty|nothing|no ",
        lambda _at, f=_function, t=_table, w=_words: _drawing(f)(t().iloc[:0], **w),
    )
for _name, _function, _table, _words in _OF_TABLES[:6]:
    _first = "first" if "first" in _table() else "group" if "group" in _table() else "criterion"
    for _what, _says, _cells in (
        ("names that are lists", "one value", [[1, 2]]),
        ("names that are missing", "rows have no", [None]),
    ):
        door(CASES, _name).refuses(
            _what,
            _says,
            lambda _at, f=_function, t=_table, c=_first, cells=_cells: _drawing(f)(
                t().assign(**{c: cells * len(t())})
            ),
        )
metrics = door(
    CASES, "plots.bias.metrics_by_group", _drawing(plots.bias.metrics_by_group), table=_audit()
)
for _what, _says, _wrong in (
    ("metrics=['recal']", "recal", {"metrics": ["recal"]}),
    ("metrics=[]", "metric", {"metrics": []}),
    ("metrics=5", "metric", {"metrics": 5}),
    ("columns=0", "columns", {"columns": 0}),
    ("columns='two'", "columns", {"columns": "two"}),
    ("a value of text", "value|number", {"table": _audit().assign(value="high")}),
):
    metrics.refuses(_what, _says, **_wrong)
metrics.gives(
    "values that are all NaN",
    lambda figure: isinstance(figure, Figure),
    table=_audit().assign(value=NAN, low=NAN, high=NAN, note="undefined"),
)
gaps = door(CASES, "plots.bias.disparities", _drawing(plots.bias.disparities), table=_gaps())
for _measure in ("gap", None, 5):
    gaps.refuses(f"measure={_measure!r}", "measure", measure=_measure)
gaps.gives(
    "gaps that are all NaN",
    lambda figure: isinstance(figure, Figure),
    table=_gaps().assign(value=NAN, low=NAN, high=NAN, by_chance=NAN, note="undefined"),
)
for _name, _function in (("det", plots.verification.det), ("roc", plots.verification.roc)):
    _door = door(CASES, f"plots.verification.{_name}", _drawing(_function), curves=_det())
    for _what, _says, _wrong in (
        ("groups=['X']", "X", {"groups": ["X"]}),
        ("groups=5", "group", {"groups": 5}),
        ("groups=[]", "group", {"groups": []}),
        ("smallest=0", "smallest", {"smallest": 0}),
        ("smallest='tiny'", "smallest", {"smallest": "tiny"}),
        ("bands that are a list", "bands|table", {"bands": [1]}),
    ):
        _door.refuses(_what, _says, **_wrong)
scored = door(
    CASES,
    "plots.verification.scores",
    _drawing(plots.verification.scores),
    values=P["score"],
    genuine=P["label"],
    group=P["att1"],
)
for _what, _says, _wrong in (
    ("kind='pie'", "kind|pie", {"kind": "pie"}),
    ("kind=None", "kind|None", {"kind": None}),
    ("values of text", "value|score|number", {"values": ["a"] * len(P)}),
    ("values None", "value|score", {"values": None}),
    ("values NaN", "value|score|number", {"values": [NAN] * len(P)}),
    ("lengths that differ", "length|value", {"genuine": [1]}),
    ("no pair", "pair|value|empty", {"values": [], "genuine": [], "group": []}),
    ("labels of 7", "label|genuine", {"genuine": [7] * len(P)}),
):
    scored.refuses(_what, _says, **_wrong)
explorer = door(
    CASES,
    "plots.verification.threshold_explorer",
    plots.verification.threshold_explorer,
    curves=_det(),
)
for _what, _says, _wrong in (
    ("steps=0", "steps", {"steps": 0}),
    ("steps='many'", "steps", {"steps": "many"}),
    ("start='low'", "start", {"start": "low"}),
    ("start NaN", "start", {"start": NAN}),
):
    explorer.refuses(_what, _says, **_wrong)
counted = door(
    CASES, "plots.bias.confusion", _drawing(plots.bias.confusion), counts=np.eye(2, dtype=int), labels=["a", "b"]
)  # fmt: skip
for _what, _says, _wrong in (
    ("counts None", "counts", {"counts": None}),
    ("counts of text", "counts", {"counts": [["a", "b"], ["c", "d"]]}),
    ("counts NaN", "counts", {"counts": np.full((2, 2), NAN)}),
    ("counts below 0", "counts", {"counts": -np.eye(2)}),
    ("three labels for two", "labels", {"labels": ["a", "b", "c"]}),
    ("labels None", "labels", {"labels": None}),
    ("nobody", "counts|labels", {"counts": np.zeros((0, 0)), "labels": []}),
):
    counted.refuses(_what, _says, **_wrong)

# -- names that a renderer could take for a formula, or hide

for _odd in (*ODD[:6], ODD[6]):
    _both = [_odd, "B"]
    _groups = np.where(T["group"] == "A", *_both)
    for _name, _draw in (
        (
            "plots.bias.metrics_by_group",
            lambda g: plots.bias.metrics_by_group(
                classification.audit(T["truth"], T["prediction"], g, metrics=["accuracy"])
            ),
        ),
        (
            "plots.verification.det",
            lambda g: plots.verification.det(
                verification.det(T["score"], T["truth"], g, points=20)
            ),
        ),
        ("plots.bias.confusion", lambda g: plots.bias.confusion(np.eye(2, dtype=int), [g[0], "C"])),
    ):
        door(CASES, _name).gives(
            f"a group called {_odd!r}",
            _names_drawn(_odd),
            lambda _at, draw=_draw, g=_groups: _saved(draw(g)),
        )

# -- figures of pictures

shown = door(CASES, "plots.pictures", _drawing(plots.pictures), images=images())
overlaid = door(
    CASES, "plots.overlay", plots.overlay, image=picture(), relevance=np.ones((60, 50)), scale=1.0
)
grids = door(
    CASES,
    "plots.relevance_grid",
    _drawing(plots.relevance_grid),
    images=images(),
    maps={"gradcam": torch.rand(2, 48, 48)},
)
means = door(
    CASES,
    "plots.bias.mean_faces",
    _drawing(plots.bias.mean_faces),
    images=images(),
    groups=["a", "b"],
)
for _door in (shown, grids, means):
    for _what, _images in (
        ("None", None),
        ("nothing", images()[:0]),
        ("names of files", ["a.jpg", "b.jpg"]),
        ("a number", 5),
        ("NaN", images() * NAN),
        ("0-255 floats", images() * 255),
    ):
        _door.refuses(f"images {_what}", "image|picture", images=_images)
for _what, _says, _wrong in (
    ("titles of another number", "title", {"titles": ["a"]}),
    ("titles=5", "title", {"titles": 5}),
    ("columns=0", "columns", {"columns": 0}),
    ("columns=-1", "columns", {"columns": -1}),
    ("columns='two'", "columns", {"columns": "two"}),
):
    shown.refuses(_what, _says, **_wrong)
shown.gives("a title like a formula", _names_drawn("$x_{$"), titles=["$x_{$", "b"])
for _what, _says, _wrong in (
    ("relevance None", "relevance|map", {"relevance": None}),
    ("relevance of NaN", "relevance|map|NaN", {"relevance": np.full((60, 50), NAN)}),
    ("relevance of another size", "relevance|map|size|shape", {"relevance": np.ones((6, 5))}),
    ("scale=NaN", "scale", {"scale": NAN}),
    ("scale=-1", "scale", {"scale": -1}),
    ("scale='wide'", "scale", {"scale": "wide"}),
    ("palette='rainbow2'", "palette|rainbow2", {"palette": "rainbow2"}),
    (
        "a signed map without a colour",
        "negative",
        {"relevance": -np.ones((60, 50)), "palette": "inferno"},
    ),
    ("image None", "image|picture", {"image": None}),
):
    overlaid.refuses(_what, _says, **_wrong)
for _what, _says, _wrong in (
    ("no maps", "map", {"maps": {}}),
    ("maps None", "map", {"maps": None}),
    ("maps as a tensor", "map", {"maps": torch.rand(2, 48, 48)}),
    ("maps of another number", "map", {"maps": {"a": torch.rand(3, 48, 48)}}),
    ("maps of NaN", "map|NaN", {"maps": {"a": torch.full((2, 48, 48), NAN)}}),
    ("maps of infinity", "map|infinit", {"maps": {"a": torch.full((2, 48, 48), INF)}}),
    ("rows of another number", "row", {"rows": ["a"]}),
    ("scale='picture'", "scale", {"scale": "picture"}),
    ("scale=None", "scale", {"scale": None}),
):
    grids.refuses(_what, _says, **_wrong)
means.refuses("groups of another number", "group", groups=["a"])
means.refuses("groups without an order", "group", groups={"a", "b"})
means.refuses(
    "groups that are masked", "masked", groups=np.ma.array(["a", "b"], mask=[True, False])
)
means.refuses("a table of groups", "DataFrame", groups=pd.DataFrame({"sex": ["f", "m"]}))
means.refuses("groups None", "group", groups=None)
means.refuses("columns=0", "columns", columns=0)
for _name, _function, _usual, _wrongs in (
    (
        "plots.channels",
        plots.channels,
        {"activations": torch.rand(3, 6, 6)},
        (
            ("activations None", "activation", {"activations": None}),
            ("activations of two axes", "activation|shape", {"activations": torch.rand(6, 6)}),
            ("activations NaN", "activation|NaN", {"activations": torch.full((3, 6, 6), NAN)}),
            ("no channel", "activation|channel", {"activations": torch.rand(0, 6, 6)}),
            ("names of another number", "name", {"names": ["a"]}),
            ("columns=0", "columns", {"columns": 0}),
        ),
    ),
    (
        "plots.concepts",
        plots.concepts,
        {"images": images(), "maps": torch.rand(2, 3, 48, 48)},
        (
            ("maps None", "map", {"maps": None}),
            ("maps of three axes", "map|shape", {"maps": torch.rand(2, 48, 48)}),
            ("maps of another number", "map|image", {"maps": torch.rand(3, 3, 48, 48)}),
            ("labels of another number", "label", {"labels": ["a"]}),
            ("images None", "image", {"images": None}),
        ),
    ),
    (
        "plots.detections",
        plots.detections,
        {"image": picture(), "faces": []},
        (
            ("image None", "image|picture", {"image": None}),
            ("faces None", "face", {"faces": None}),
            ("boxes instead of faces", "face|Detection", {"faces": [(1, 2, 3, 4)]}),
        ),
    ),
    (
        "plots.regions",
        plots.regions,
        {"image": picture(), "masks": np.zeros((19, 60, 50), bool)},
        (
            ("image None", "image|picture", {"image": None}),
            ("masks None", "mask", {"masks": None}),
            ("masks of 18 regions", "mask|region|19", {"masks": np.zeros((18, 60, 50), bool)}),
            ("masks of another size", "mask|size|shape", {"masks": np.zeros((19, 6, 5), bool)}),
            ("masks of numbers", "mask|True", {"masks": np.full((19, 60, 50), 0.5)}),
        ),
    ),
):
    for _what, _says, _wrong in _wrongs:
        door(CASES, _name, _drawing(_function), **_usual).refuses(_what, _says, **_wrong)
