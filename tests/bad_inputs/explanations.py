"""Explanations: explain, layer_maps, factorize."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from helpers import models
from helpers.explain import explain, factorize, layer_maps
from helpers.explain.catalogue.cams import ROWS as CAMS
from tests.bad_inputs.harness import Case, door
from tests.bad_inputs.material import (
    INF,
    NAN,
    adapted,
    damaged,
    images,
    network,
    own,
    recogniser,
)

CASES: list[Case] = []
_NO_NUMBERS = "NaN|infinit|finite"
_MODEL = "model|network|module"


def _nested() -> Tensor:
    return torch.nested.nested_tensor(list(images()), layout=torch.jagged)


def _named(classes: Any) -> torch.nn.Module:
    made = copy.deepcopy(network())
    made.classes = classes
    return made


# -- explain

explained = door(CASES, "explain", explain, model=network(), images=images())
concepts = door(CASES, "factorize", factorize, model=network(), images=images(), components=2)
for _door in (explained, concepts):
    for _what, _says, _wrong in (
        ("model: its name", _MODEL, {"model": "gender-fairface"}),
        ("model: None", _MODEL, {"model": None}),
        ("model: a function", _MODEL, {"model": lambda x: x}),
        ("model in training mode", "eval", {"model": copy.deepcopy(network()).train()}),
        ("images None", "images", {"images": None}),
        ("images: an array", "images", {"images": images().numpy()}),
        ("images: one without its batch", "images", {"images": images()[0]}),
        ("images: none", "images", {"images": images()[:0]}),
        ("images: whole numbers", "images", {"images": (images() * 255).byte()}),
        ("images: 0-255", "images", {"images": images() * 255}),
        ("images: normalised", "images", {"images": images() * 4 - 2}),
        ("images: NaN", "images", {"images": images() * NAN}),
        ("images: channels last", "images", {"images": images().permute(0, 2, 3, 1)}),
        ("images: names of files", "images", {"images": ["a.jpg"]}),
        ("images on meta", "meta", {"images": images().to("meta")}),
        ("images: nested", "nested", {"images": _nested()}),
        ("model on meta", "meta", {"model": copy.deepcopy(network()).to("meta")}),
        ("classes in a dictionary", "tuple of names", {"model": _named({0: "a", 1: "b"})}),
        ("classes in a text", "tuple of names", {"model": _named("ab")}),
        ("batch_size=-1", "batch_size", {"batch_size": -1}),
        ("layer='layer9'", "layer9", {"layer": "layer9"}),
        ("layer=5", "layer", {"layer": 5}),
        ("layer=['layer4']", "layer", {"layer": ["layer4"]}),
        ("layer=''", "layer", {"layer": ""}),
        ("the layer of the scores", "layer", {"layer": "fc"}),
        ("a model of no layer", "layer", {"model": nn.Identity().eval()}),
    ):
        _door.refuses(_what, _says, **_wrong)
    _door.either(
        "half-precision model",
        "half|float16|precision",
        lambda x: bool(torch.isfinite(x if isinstance(x, Tensor) else x.maps).all()),
        model=copy.deepcopy(network()).half(),
    )
    _door.refuses("NaN model", _NO_NUMBERS, model=damaged())
for _what, _says, _wrong in (
    ("targets object()", "target", {"targets": object()}),
    ("targets 7", "7", {"targets": 7}),
    ("targets -1", "-1", {"targets": -1}),
    ("targets 0.5", "0.5|target", {"targets": 0.5}),
    ("targets NaN", "nan|target", {"targets": NAN}),
    ("targets of another number", "target", {"targets": [0, 1, 0]}),
    ("targets [None, None]", "target|None", {"targets": [None, None]}),
    ("targets 'Femal'", "Female", {"targets": "Femal"}),
    ("targets of 5000 digits", "target", {"targets": "9" * 5000}),
    ("targets of two axes", "target", {"targets": torch.zeros(2, 2, dtype=torch.long)}),
    ("targets {'Male'}", "target", {"targets": {"Male"}}),
    ("targets True", "target", {"targets": True}),
    ("targets on meta", "meta", {"targets": torch.tensor([0, 1], device="meta")}),
    ("unknown option sigma=1", "sigma", {"sigma": 1}),
    ("method ['gradcam']", "method", {"method": ["gradcam"]}),
    ("method None", "method", {"method": None}),
    ("method 'gradcan'", "gradcam", {"method": "gradcan"}),
    ("batch_size=0", "batch_size", {"batch_size": 0}),
    ("batch_size=2.5", "batch_size", {"batch_size": 2.5}),
    ("batch_size='all'", "batch_size", {"batch_size": "all"}),
    ("model with infinite bias", _NO_NUMBERS, {"model": damaged(INF, "fc.bias")}),
):
    explained.refuses(_what, _says, **_wrong)
explained.gives(
    "classes in an array",
    lambda maps: bool((maps == explain(network(), images(), 1)).all()),
    model=_named(np.array(["Male", "Female"])),
    targets="Female",
)
explained.refuses(
    "mobilefacenet, 64 px instead of 112",
    "64|112|size",
    lambda _at: explain(models.load("mobilefacenet", weights="random"), images(1, 64)),
)
for _method in CAMS:
    if _method != "gradcam":  # which the door tries for both
        explained.refuses(f"NaN model, {_method}", _NO_NUMBERS, model=damaged(), method=_method)
for _method in ("gradcam", "hirescam", "fullgrad"):
    explained.either(
        f"model that detaches, {_method}",
        "gradient|detach",
        lambda _: False,
        lambda _at, m=_method: explain(adapted(own(detaches=True)), images(1, 32), 0, m),
    )


def _as_usual(method: str) -> Callable[[Tensor], bool]:
    def near(maps: Tensor) -> bool:
        usual = explain(network(), images(), 0, method)
        wide = float(usual.abs().max())
        return maps.dtype == torch.float32 and float((maps - usual).abs().max()) < 0.15 * wide

    return near


def _in_mode(mode: Callable[[], Any], method: str) -> Callable[[Path], Tensor]:
    def call(_at: Path) -> Tensor:
        with mode():
            return explain(network(), images(), 0, method)

    return call


for _method in ("gradcam", "hirescam", "eigencam", "fullgrad"):
    explained.gives(
        f"inside inference_mode, {_method}",
        _as_usual(_method),
        _in_mode(torch.inference_mode, _method),
    )
    explained.gives(
        f"under bf16 autocast, {_method}",
        lambda x: x.dtype == torch.float32 and bool(torch.isfinite(x).all()),
        _in_mode(lambda: torch.autocast("cpu", torch.bfloat16), _method),
    )


def _made_in_inference(_at: Path) -> Tensor:
    with torch.inference_mode():
        made = images().clone()
    return explain(network(), made, 0)


explained.gives("images made in inference_mode", _as_usual("gradcam"), _made_in_inference)


class _Ordered(nn.Module):
    """Two convolutions, defined in one order or the other, and perhaps one that is never used."""

    def __init__(self, turned: bool = False, idle: bool = False) -> None:
        super().__init__()
        made = {"c1": nn.Conv2d(3, 4, 3), "c2": nn.Conv2d(4, 4, 3)}
        for name in reversed(made) if turned else made:
            self.add_module(name, made[name])
        self.r1, self.r2, self.fc = nn.ReLU(), nn.ReLU(), nn.Linear(4, 2)
        if idle:
            self.idle = nn.Conv2d(4, 4, 1)

    def forward(self, images: Tensor) -> Tensor:
        return self.fc(self.r2(self.c2(self.r1(self.c1(images)))).mean((2, 3)))


def _fullgrad_of(turned: bool, idle: bool = False) -> Tensor:
    torch.manual_seed(0)
    straight = _Ordered()
    made = _Ordered(turned, idle)
    made.load_state_dict(straight.state_dict(), strict=False)
    return explain(adapted(made.eval()), images(1, 32), 0, "fullgrad")


explained.gives(
    "fullgrad of layers defined in another order",
    lambda maps: bool((maps - _fullgrad_of(False)).abs().max() < 1e-4),
    lambda _at: _fullgrad_of(True),
)
explained.either(
    "fullgrad of a network with a layer that is not used",
    "idle",
    lambda maps: bool((maps - _fullgrad_of(False)).abs().max() < 1e-4),
    lambda _at: _fullgrad_of(False, idle=True),
)
for _method in ("gradcam", "eigencam"):
    explained.either(
        f"recogniser, {_method}",
        "class|embedding",
        lambda x: x.shape == (2, 48, 48),
        model=recogniser(),
        method=_method,
    )
maps = door(CASES, "explain.layer_maps", layer_maps, model=network(), images=images())
for _what, _says, _wrong in (
    ("method 'gradcan'", "gradcam", {"method": "gradcan"}),
    ("model None", _MODEL, {"model": None}),
    ("images None", "images", {"images": None}),
    ("NaN model", _NO_NUMBERS, {"model": damaged()}),
):
    maps.refuses(_what, _says, **_wrong)
for _components in (2.5, "four", None, 0, -1, 10**6, NAN, True):
    concepts.refuses(f"components={_components!r}", "components", components=_components)
concepts.gives("components in a tensor", lambda f: f.maps.shape[1] == 2, components=torch.tensor(2))
concepts.either(
    "recogniser",
    "class|embedding",
    lambda f: f.scores.columns.tolist() == ["share"] or f.scores.notna().all(axis=None),
    model=recogniser(),
)
concepts.refuses("a layer with negative activations", "negative", layer="layer4.1.bn2")
concepts.gives(
    "as many components as channels and places allow",
    lambda f: f.maps.shape[1] == 8,
    layer="layer1",
    components=8,
    images=images(1),
)
concepts.gives(
    "black pictures", lambda f: np.isfinite(f.error) and not f.scores.isna().any(axis=None),
    images=torch.zeros(1, 3, 48, 48),
)  # fmt: skip
