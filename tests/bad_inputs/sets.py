"""Rendered data sets, and what is asked of any: images, duplicates, leakage, a classroom."""

import io
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pandas as pd

from helpers import datasets
from helpers.datasets import FaceDataset
from helpers.datasets.sources import Folder
from tests.bad_inputs.harness import Case, door
from tests.bad_inputs.material import (
    INF,
    NAN,
    as_nobody,
    cut,
    data_folder_is,
    photo,
    raw,
)
from tests.bad_inputs.samples import (
    folder_of,
    plain,
    twice,
)

CASES: list[Case] = []

# -- rendered faces

rendered = door(CASES, "datasets.load('synthetic...')")
for _name, _words in (
    ("synthetic", {"n": 12.5}),
    ("synthetic", {"n": "many"}),
    ("synthetic", {"n": 5}),
    ("synthetic", {"n": None}),
    ("synthetic", {"n": True}),
    ("synthetic", {"seed": -1}),
    ("synthetic", {"seed": 1.5}),
    ("synthetic", {"seed": "now"}),
    ("synthetic", {"seed": None}),
    ("synthetic", {"size": "big"}),
    ("synthetic", {"size": 10}),
    ("synthetic", {"size": 64.5}),
    ("synthetic", {"split": "tset"}),
    ("synthetic-shortcut", {"strength": "x"}),
    ("synthetic-shortcut", {"strength": 95}),
    ("synthetic-shortcut", {"strength": NAN}),
    ("synthetic-shortcut", {"factor": None}),
    ("synthetic-shortcut", {"factor": "shoes"}),
    ("synthetic-shortcut", {"factor": ["hat"]}),
    ("synthetic-identities", {"people": 41}),
    ("synthetic-identities", {"people": "all"}),
    ("synthetic-identities", {"pictures": 3}),
    ("synthetic-identities", {"pictures": 4.5}),
    ("synthetic-identities", {"split": 9}),
    ("synthetic-identities-pairs", {"split": "x"}),
    ("synthetic-identities-pairs", {"people": 0}),
    ("synthetic-identities-pairs", {"persons": 40}),
):
    _option = next(iter(_words))
    rendered.refuses(
        f"{_name}: {_option}={_words[_option]!r}",
        "split|fold" if _option == "split" else _option,
        lambda at, name=_name, words=_words: datasets.load(
            name, **{"root": at, **({"n": 12} if name in ("synthetic",) else {}), **words}
        ),
    )


def _drawn(at: Path) -> Path:
    datasets.load("synthetic", root=at, n=12, size=64)
    return next(at.rglob("*.zip"))


def _without(path: Path, name: str) -> Path:
    with ZipFile(path) as whole:
        rest = {each: whole.read(each) for each in whole.namelist() if each != name}
    with ZipFile(path, "w") as less:
        for each, data in rest.items():
            less.writestr(each, data)
    return path


for _what, _spoil in (
    ("kept file cut to half", cut),
    ("kept file is empty", lambda path: path.write_bytes(b"")),
    ("kept file without its table", lambda path: _without(path, "table.csv")),
):
    rendered.either(
        _what,
        r"^(?!.*download it again).*\.zip",
        lambda d: len(d) == 12 and d.images([0]).shape == (1, 3, 64, 64),
        lambda at, spoil=_spoil: (
            spoil(_drawn(at)),
            datasets.load("synthetic", root=at, n=12, size=64),
        )[1],
    )


def _unwritable(at: Path) -> FaceDataset:
    (at / "in").mkdir(mode=0o555)
    with as_nobody():
        return datasets.load("synthetic", root=at / "in", n=12, size=64)


rendered.refuses("as user nobody: root may not be written to", "written|permission", _unwritable)

# -- FaceDataset

faced = door(CASES, "FaceDataset")
for _what, _says, _do in (
    ("images([])", "no (image|row)|empty", lambda d: d.images([])),
    ("images(99)", "99", lambda d: d.images(99)),
    ("images(-9)", "-9", lambda d: d.images(-9)),
    ("images(None)", "row|None|file", lambda d: d.images(None)),
    ("images(1.5)", "1.5", lambda d: d.images(1.5)),
    ("images([NaN])", "nan|row", lambda d: d.images([NAN])),
    ("images('c.jpg')", "c.jpg", lambda d: d.images("c.jpg")),
    ("images([True])", "mask", lambda d: d.images([True])),
    ("images of a dict", "row|dict|file|a.jpg", lambda d: d.images({"a.jpg": 1})),
    ("a mask of another order", "same", lambda d: d.images(d.table["gender"][::-1] == "F")),
    ("a mask with blanks", "mask|row|NA|None|True", lambda d: d.images([True, None])),
    ("size='small'", "size", lambda d: d.images([0], "small")),
    ("rows of three axes", "row|shape|axes", lambda d: d.images(np.zeros((1, 1, 1), int) + 7)),
    ("where(gendr='F')", "gendr", lambda d: d.where(gendr="F")),
    ("batches(0)", "batch_size", lambda d: list(d.batches(0))),
    ("batches('4')", "batch_size", lambda d: list(d.batches("4"))),
    ("batches(1.5)", "batch_size", lambda d: list(d.batches(1.5))),
    ("subset(a string)", "nobody", lambda d: d.subset("nobody")),
):
    faced.refuses(_what, _says, lambda at, do=_do: do(plain(at)))
faced.gives("masks where there are none", lambda m: m is None, lambda at: plain(at).masks([0]))
faced.gives(
    "images of all in batches of 100",
    lambda n: n == 2,
    lambda at: len(next(plain(at).batches(100))[1]),
)
for _what, _do in (
    ("bootstrapped subset([0, 0, 1]).images('a.jpg')", lambda d: d.images("a.jpg")),
    ("bootstrapped subset: images(table.sample(2))", lambda d: d.images(d.table.sample(2))),
    ("bootstrapped subset: images(table.iloc[1:])", lambda d: d.images(d.table.iloc[1:])),
):
    faced.either(
        _what,
        "a.jpg|twice|more than once|repeat|position",
        lambda x: len(x) in (1, 2),
        lambda at, do=_do: do(twice(at)),
    )
faced.either(
    "labels with 'gender' and ' gender': where(gender='F')",
    "gender",
    lambda d: len(d) == 1,
    lambda at: datasets.load(
        "folder", **folder_of(at, "file,gender, gender\na.jpg,F,M\nb.jpg,M,M\n")
    ).where(gender="F"),
)
for _what, _table in (("table=None", None), ("table is a dict", {"file": ["a.jpg"]})):
    faced.refuses(
        _what, "table", lambda at, t=_table: FaceDataset("mine", t, Folder(at)).images([0])
    )
faced.refuses(
    "a picture that was removed",
    "a.jpg",
    lambda at: (found := plain(at), (at / "p" / "a.jpg").unlink(), found.images([0, 1]))[2],
)
faced.refuses(
    "a picture that was damaged",
    "a.jpg",
    lambda at: (found := plain(at), raw(at / "p", b"x"), found.images([0, 1]))[2],
)

# -- duplicates, leakage, classroom, landmarks

copied = door(CASES, "datasets.duplicates")
copied.either(
    "bootstrapped subset with repeated rows",
    "more than once|twice|repeat|unique",
    lambda t: "group" in t,
    lambda at: datasets.duplicates(twice(at)),
)
for _what, _says, _do in (
    ("None", "data set|FaceDataset", lambda d: datasets.duplicates(None)),
    ("a table", "data set|FaceDataset", lambda d: datasets.duplicates(d.table)),
    ("labels=['age']", "age", lambda d: datasets.duplicates(d, ["age"])),
    ("labels=5", "labels", lambda d: datasets.duplicates(d, 5)),
    ("drop_duplicates(None)", "data set|FaceDataset", lambda d: datasets.drop_duplicates(None)),
):
    copied.refuses(_what, _says, lambda at, do=_do: do(plain(at)))

leaking = door(CASES, "datasets.leakage")
for _what, _says, _do in (
    ("None", "data set|FaceDataset|pairs", lambda d: datasets.leakage(None, None)),
    (
        "a data set and a table",
        "data set|FaceDataset|pairs",
        lambda d: datasets.leakage(d, d.table),
    ),
    ("identity='who'", "who", lambda d: datasets.leakage(d, d, identity="who")),
    ("distance=-1", "distance", lambda d: datasets.leakage(d, d, distance=-1)),
    ("distance='near'", "distance", lambda d: datasets.leakage(d, d, distance="near")),
):
    leaking.refuses(_what, _says, lambda at, do=_do: do(plain(at)))


leaking.either(
    "an empty data set",
    "no (picture|image|row)|empty",
    lambda found: "no picture" in " ".join(found.notes) or "0 pictures" in " ".join(found.notes),
    lambda at: datasets.leakage(plain(at).subset([]), plain(at)),
)


def _class_of(at: Path, **words: Any) -> FaceDataset:
    album = [f"A{number:06}.jpg" for number in range(1, 4)]
    for file in album:
        photo(at, f"portraits/images/{file}")
    rows = "".join(f"{file},Female,1960,2001\n" for file in album)
    (at / "portraits" / "labels.csv").write_text(f"file,gender,born,first_elected\n{rows}")
    return data_folder_is(at, lambda: datasets.classroom(**words))


schooling = door(CASES, "datasets.classroom")
schooling.refuses(
    "more than there are portraits", "only 3 portraits", lambda at: _class_of(at, count=4)
)
schooling.refuses(
    "a portrait without a face",
    "no face was found",
    lambda at: _class_of(at, count=1).images([0]),
)
for _words in (
    *({"count": each} for each in (0, -1, 1.5, "two", None, INF)),
    *({"seed": each} for each in (-1, 0.5, "x")),
):
    _option, _value = next(iter(_words.items()))
    schooling.refuses(
        f"{_option}={_value!r}",
        _option,
        lambda at, words=_words: _class_of(at, **{"count": 1, **words}),
    )
    if _option == "count":
        schooling.refuses(
            f"{_option}={_value!r}, without portraits",
            _option,
            lambda at, words=_words: data_folder_is(at, lambda: datasets.classroom(**words)),
        )

marks = door(CASES, "datasets.landmarks", datasets.landmarks)
marks.refuses("None", "table", table=None)
marks.refuses("a table without them", "column|landmark", table=pd.DataFrame({"a": [1]}))
marks.refuses("an open file", "table", table=io.BytesIO())
