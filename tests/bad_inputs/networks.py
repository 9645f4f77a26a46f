"""Networks: load, save, adapt, similarity."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from helpers import models
from tests.bad_inputs.harness import Case, door
from tests.bad_inputs.material import (
    INF,
    NAMED_300,
    NAN,
    Net,
    as_nobody,
    closed,
    cut,
    damaged,
    data_folder_is,
    denied,
    disk_full,
    images,
    kept,
    network,
    own,
    pipe,
    raw,
    recogniser,
    text,
    weights,
)

CASES: list[Case] = []
_NO_NUMBERS = "NaN|infinit|finite"
_MODEL = "model|network|module"

# -- load

loading = door(CASES, "models.load", models.load)
for _what, _says, _name in (
    ("None", "name|path|model", None),
    ("a module", "name|path|model", nn.Linear(2, 2)),
    ("a number", "name|path|model", 5),
    ("a list of names", "name|path|model", ["synthetic-hat"]),
    ("no name at all", "name|path|model", ""),
    ("a name that is spelt otherwise", "synthetic-hat", "synthetic-hatt"),
    ("a missing file", "none.safetensors", "none.safetensors"),
    ("name of 300 characters", "too long|exist|no file", NAMED_300.replace("jpg", "safetensors")),
    ("a NUL byte in the name", "a.*b", "a\0b.safetensors"),
    ("the home of nobody", "nosuchuser", "~nosuchuser/m.safetensors"),
    ("a pickle", "pickle", "m.pt"),
    ("an address", "download it first", "https://example.org/m.safetensors"),
):
    loading.refuses(_what, _says, name=_name)
loading.refuses("an option of other models", "head", name="synthetic-hat", head="age")
for _what, _says, _made in (
    ("safetensors with NaN weights", _NO_NUMBERS, lambda at: weights(at, damaged())),
    (
        "safetensors with infinite bias",
        _NO_NUMBERS,
        lambda at: weights(at, damaged(INF, "fc.bias")),
    ),
    ("metadata: input_size [112]", "input_size", lambda at: weights(at, input_size="[112]")),
    ("metadata: input_size 'big'", "input_size", lambda at: weights(at, input_size='"big"')),
    ("metadata: input_size of 0", "input_size", lambda at: weights(at, input_size="[0, 0]")),
    (
        "metadata: input_size of 1e9",
        "input_size",
        lambda at: weights(at, input_size="[1000000000, 5]"),
    ),
    ("metadata: std 0", "std", lambda at: weights(at, std="[0, 0, 0]")),
    ("metadata: std NaN", "std", lambda at: weights(at, std="[NaN, 1, 1]")),
    ("metadata: mean of two", "mean", lambda at: weights(at, mean="[0.5, 0.5]")),
    ("metadata: mean of text", "mean", lambda at: weights(at, mean='["a", "b", "c"]')),
    ("metadata: classes 5", "class|network", lambda at: weights(at, classes="5")),
    (
        "metadata: three classes for two",
        "network|class|size",
        lambda at: weights(at, classes='["a", "b", "c"]'),
    ),
    ("metadata: width 10**6", "width|network|size", lambda at: weights(at, width="1000000")),
    ("metadata: no JSON", "network", lambda at: weights(at, width="{")),
    (
        "metadata: an unknown architecture",
        "network|architecture",
        lambda at: weights(at, architecture="resnet"),
    ),
    ("cut short", "m.safetensors", lambda at: cut(weights(at))),
    ("an empty file", "m.safetensors", lambda at: raw(at, b"", "m.safetensors")),
    ("a letter", "m.safetensors", lambda at: text(at, "dear madam", "m.safetensors")),
    (
        "a folder",
        "folder|m.safetensors",
        lambda at: (at / "m.safetensors").mkdir() or at / "m.safetensors",
    ),
    ("named pipe", "pipe|device", lambda at: pipe(at, "m.safetensors")),
    ("a card that is no JSON", "m.json", lambda at: (text(at, "{", "m.json"), weights(at))[1]),
    ("a card of a list", "m.json", lambda at: (text(at, "[]", "m.json"), weights(at))[1]),
    (
        "a card of another file",
        "m.json is not about .* move it away",
        lambda at: (text(at, '{"sha256": "0"}', "m.json"), weights(at))[1],
    ),
):
    loading.refuses(_what, _says, lambda at, made=_made: models.load(made(at)))
loading.either(
    ".SAFETENSORS in capitals",
    "capitals|small letters|ends",
    lambda m: m.classes == ("Male", "Female"),
    lambda at: models.load(weights(at).rename(at / "UP.SAFETENSORS")),
)
for _shut in ("file", "folder"):

    def _shut_away(at: Path, what: str = _shut) -> nn.Module:
        (at / "in").mkdir()
        path = weights(at / "in")
        closed(path if what == "file" else path.parent)
        with as_nobody():
            return models.load(path)

    loading.refuses(
        f"as user nobody: no permission on the {_shut}", "permission|may not", _shut_away
    )

others = door(CASES, "models.load('mobilefacenet', weights=...)")
for _what, _says, _weights in (
    ("~nosuchuser/x.pt", "nosuchuser", "~nosuchuser/x.pt"),
    ("a missing file", "none.pt", "none.pt"),
    ("a number", "weights|path", 5),
    ("a list", "weights|path", ["a.pt"]),
    ("name of 300 characters", "too long|no file|exist", NAMED_300),
    ("a NUL byte in the name", "a.*b", "a\0b.pt"),
):
    others.refuses(_what, _says, lambda _at, w=_weights: models.load("mobilefacenet", weights=w))
for _what, _says, _made in (
    ("a letter", "w.pt", lambda at: text(at, "dear madam", "w.pt")),
    (
        "a whole network, pickled",
        "w.pt",
        lambda at: torch.save(nn.Linear(2, 2), at / "w.pt") or at / "w.pt",
    ),
    (
        "weights of another network",
        "another network",
        lambda at: torch.save(nn.Linear(2, 2).state_dict(), at / "w.pt") or at / "w.pt",
    ),
    (
        "a list of tensors",
        "w.pt",
        lambda at: torch.save([torch.zeros(2)], at / "w.pt") or at / "w.pt",
    ),
    ("named pipe", "pipe|device", lambda at: pipe(at, "w.pt")),
    ("a folder", "folder|w.pt", lambda at: (at / "w.pt").mkdir() or at / "w.pt"),
    ("an empty file", "w.pt", lambda at: raw(at, b"", "w.pt")),
):
    others.refuses(_what, _says, lambda at, m=_made: models.load("mobilefacenet", weights=m(at)))
others.refuses(
    "NaN in them",
    _NO_NUMBERS,
    lambda at: (
        made := models.load("mobilefacenet", weights="random").state_dict(),
        next(iter(made.values())).fill_(NAN),
        torch.save(made, at / "w.pt"),
        models.load("mobilefacenet", weights=at / "w.pt"),
    )[-1],
)
others.refuses(
    "as user nobody: no permission",
    "permission|may not",
    lambda at: (
        closed(raw(at, b"x", "w.pt")),
        denied(lambda: models.load("mobilefacenet", weights=at / "w.pt")),
    )[1],
)
others.refuses(
    "an option it does not know",
    "wieghts|option",
    lambda _at: models.load("mobilefacenet", wieghts="a"),
)
others.refuses(
    "weights that are not here",
    "weights",
    lambda at: data_folder_is(at, lambda: models.load("mobilefacenet")),
)
timm = door(CASES, "models.load('timm/...')")
for _what, _says, _name, _words in (
    ("option it does not know", "foo", "timm/resnet18", {"foo": 1, "weights": "random"}),
    ("a model it does not know", "resnet1", "timm/resnet1", {"weights": "random"}),
    ("no model", "timm", "timm/", {"weights": "random"}),
):
    timm.refuses(_what, _says, lambda _at, n=_name, w=_words: models.load(n, **w))

# -- save

saving = door(CASES, "models.save", models.save, network=network(), path="s.safetensors")
for _what, _says, _wrong in (
    ("a network that is not the course's", "network|course", {"network": nn.Linear(2, 2)}),
    ("None", "network", {"network": None}),
    ("a state_dict", "network", {"network": network().state_dict()}),
    ("name ends in .pt", "safetensors", {"path": "s.pt"}),
    ("no ending", "safetensors", {"path": "s"}),
    ("path None", "path|file", {"path": None}),
    (
        "name of 300 characters",
        "too long|written",
        {"path": NAMED_300.replace("jpg", "safetensors")},
    ),
    ("NaN weights", _NO_NUMBERS, {"network": damaged()}),
    ("weights too large for half precision", f"{_NO_NUMBERS}|half", {"network": damaged(1e9)}),
):
    saving.refuses(_what, _says, **_wrong)
saving.either(
    "into a missing folder",
    "folder|written",
    lambda _: True,
    lambda at: models.load(
        (models.save(network(), at / "x" / "s.safetensors"), at / "x" / "s.safetensors")[1]
    ),
)
for _what, _says, _where in (
    ("named pipe", "pipe|device", lambda at: pipe(at, "s.safetensors")),
    ("a folder", "folder", lambda at: (at / "s.safetensors").mkdir() or at / "s.safetensors"),
    ("a place below a file", "file|written", lambda at: raw(at, b"x", "f") / "s.safetensors"),
):
    saving.refuses(_what, _says, lambda at, where=_where: models.save(network(), where(at)))


def _saved(at: Path) -> Path:
    path = at / "s.safetensors"
    models.save(network(), path)
    return path


saving.refuses(
    "disk full: is the old file still there?",
    "s.safetensors",
    lambda at: kept(path := _saved(at), disk_full, lambda: models.save(recogniser(), path)),
)
saving.refuses(
    "not the course's: is the old file still there?",
    "network|course",
    lambda at: kept(
        path := _saved(at), lambda act: act(), lambda: models.save(nn.Linear(2, 2), path)
    ),
)


def _folder_without_rights(at: Path) -> object:
    (at / "in").mkdir(mode=0o755)
    with as_nobody():
        return models.save(network(), at / "in" / "s.safetensors")


saving.refuses(
    "as user nobody: folder without permission", "permission|written", _folder_without_rights
)

# -- adapt

adapting = door(CASES, "models.adapt", models.adapt, module=own(), input_size=(32, 32))


class _Returns(nn.Module):
    """A network that returns anything."""

    def __init__(self, output: Any) -> None:
        super().__init__()
        self.conv, self.output = nn.Conv2d(3, 2, 3), output

    def forward(self, images: Tensor) -> Any:
        return self.output(self.conv(images).mean((2, 3)))


for _what, _says, _wrong in (
    ("None", "module", {"module": None}),
    ("its class", "instance", {"module": Net}),
    ("a function", "module", {"module": lambda x: x}),
    ("a state_dict", "module", {"module": own().state_dict()}),
    ("classes='ab'", "classes", {"classes": "ab"}),
    ("classes=5", "classes", {"classes": 5}),
    ("three classes for two", "classes", {"classes": ["a", "b", "c"]}),
    ("one name twice", "classes|twice", {"classes": ["a", "a"]}),
    ("classes=[None, None]", "classes", {"classes": [None, None]}),
    ("input_size=32", "input_size", {"input_size": 32}),
    ("input_size='big'", "input_size", {"input_size": "big"}),
    ("input_size=(0, 32)", "input_size", {"input_size": (0, 32)}),
    ("input_size=(32.5, 32)", "input_size", {"input_size": (32.5, 32)}),
    ("input_size of three", "input_size", {"input_size": (3, 32, 32)}),
    ("layer='conv9'", "conv9", {"layer": "conv9"}),
    ("layer=5", "layer", {"layer": 5}),
    ("normalise='imagnet'", "imagenet", {"normalise": "imagnet"}),
    ("normalise=5", "normalise", {"normalise": 5}),
    ("std of 0", "normalise", {"normalise": (0.5, 0)}),
    ("std NaN", "normalise", {"normalise": (0.5, NAN)}),
    ("mean NaN", "normalise", {"normalise": (NAN, 0.5)}),
    ("mean of two channels", "normalise", {"normalise": ([0.5, 0.5], [0.5, 0.5])}),
    ("channel_order='rbg'", "rbg", {"channel_order": "rbg"}),
    ("channel_order=None", "channel order", {"channel_order": None}),
    ("value_range=255", "value_range", {"value_range": 255}),
    ("value_range=(1, 0)", "value_range", {"value_range": (1, 0)}),
    ("value_range of NaN", "value_range", {"value_range": (0, NAN)}),
    (
        "a network of double precision",
        "double|float64|precision",
        {"module": copy.deepcopy(own()).double()},
    ),
    ("a network with NaN weights", _NO_NUMBERS, {"module": damaged()}),
    ("a network on meta", "meta", {"module": Net().to("meta")}),
    ("a network that returns None", "NoneType|returns", {"module": _Returns(lambda x: None)}),
    ("a network that returns a dict", "dict", {"module": _Returns(lambda x: {"logits": x})}),
    ("a network that returns maps", "shape", {"module": nn.Conv2d(3, 2, 3)}),
    ("a network of one channel", "network", {"module": nn.Conv2d(1, 2, 3)}),
):
    adapting.refuses(_what, _says, **_wrong)
adapting.refuses(
    "a traced network",
    "trace|script",
    lambda _at: models.adapt(torch.jit.trace(own(), torch.rand(1, 3, 32, 32)), input_size=(32, 32)),
)
for _inplace in (True, False):
    adapting.gives(
        f"a network that answers at random{' and works in place' if _inplace else ''}",
        lambda m: any("differ" in note or "random" in note for note in m.card["notes"]),
        lambda _at, inplace=_inplace: models.adapt(_random(inplace), input_size=(32, 32)),
    )


def _random(inplace: bool) -> nn.Module:
    made = Net(dropout=True)
    made.relu = nn.ReLU(inplace=inplace)
    return made.eval()


# -- similarity

alike = door(
    CASES,
    "models.similarity",
    models.similarity,
    model=recogniser(),
    images_a=images(),
    images_b=images(),
)


for _what, _says, _wrong in (
    ("0-255", r"\[0, 1\]|255", {"images_a": images() * 255, "images_b": images() * 255}),
    ("one side 0-255", r"\[0, 1\]|255", {"images_b": images() * 255}),
    ("NaN", _NO_NUMBERS, {"images_b": images() * NAN}),
    ("whole numbers", r"float|\[0, 1\]", {"images_b": (images() * 255).byte()}),
    ("arrays instead of tensors", "tensor", {"images_b": images().numpy()}),
    ("None", "tensor|image", {"images_b": None}),
    ("one picture without its batch", "shape", {"images_a": images()[0], "images_b": images()[0]}),
    ("channels last", "shape", {"images_b": images().permute(0, 2, 3, 1)}),
    ("more on one side", "row by row|images", {"images_b": images(3)}),
    ("nothing", "image|pair|row", {"images_a": images()[:0], "images_b": images()[:0]}),
    ("model in train mode", "train|eval", {"model": copy.deepcopy(recogniser()).train()}),
    ("a classifier", "classes", {"model": network()}),
    ("model None", _MODEL, {"model": None}),
    ("a model's name", _MODEL, {"model": "synthetic-recogniser"}),
    ("batch_size=0", "batch_size", {"batch_size": 0}),
    ("batch_size='all'", "batch_size", {"batch_size": "all"}),
    ("a model with NaN weights", _NO_NUMBERS, {"model": damaged(of=recogniser)}),
):
    alike.refuses(_what, _says, **_wrong)
alike.refuses(
    "64 px instead of 112",
    "64|112|size",
    lambda _at: models.similarity(
        models.load("mobilefacenet", weights="random"), images(2, 64), images(2, 64)
    ),
)
_ORDINARY = models.similarity(recogniser(), images(), images(2).flip(0))
for _what, _mode in (
    ("inside inference_mode", torch.inference_mode),
    ("under bf16 autocast", lambda: torch.autocast("cpu", torch.bfloat16)),
):

    def _similar_in(_at: Path, mode: Callable[[], Any] = _mode) -> Tensor:
        with mode():
            return models.similarity(recogniser(), images(), images(2).flip(0))

    alike.gives(
        _what,
        lambda x: x.dtype == torch.float32 and bool((x - _ORDINARY).abs().max() < 0.05),
        _similar_in,
    )
