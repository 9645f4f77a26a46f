"""Data sets by name: what every loader is given; a plain folder and its labels; FairFace."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from helpers import datasets
from helpers.datasets import FaceDataset, fairface
from tests.bad_inputs.harness import Case, door
from tests.bad_inputs.material import (
    NAMED_300,
    closed,
    data_folder_is,
    denied,
    photo,
    pipe,
    raw,
    text,
)
from tests.bad_inputs.samples import FAIRFACE, fairface_of, folder_of

CASES: list[Case] = []

# -- any data set

loading = door(CASES, "datasets.load", datasets.load)
for _name in (None, 5, "", "fairfaces", ["fairface"], "FairFace "):
    loading.refuses(f"name={_name!r}", "data set|name", name=_name)
loading.refuses(
    "misspelt option: folder, label=",
    "label",
    lambda at: datasets.load("folder", **folder_of(at), label="l.csv"),
)
loading.refuses(
    "an option of another data set", "factor", name="synthetic", root=".", n=12, factor="hat"
)
loading.refuses(
    "the data folder is the home of nobody",
    "nosuchuser",
    lambda at: data_folder_is(Path("~nosuchuser/x"), lambda: datasets.load("celeba")),
)
for _name, (_what, _root) in itertools.product(
    datasets.LOADERS, {"root=5": 5, "root=None.jpg, a file": "f", "root with NUL": "a\0b"}.items()
):
    loading.refuses(
        f"{_name}: {_what}",
        "folder|file|path|root|written|not here",
        lambda at, name=_name, root=_root: (
            raw(at, b"x", "f"),
            datasets.load(name, root=root),
        )[1],
    )
for _name in datasets.LOADERS:
    loading.refuses(
        f"{_name}: split=['x']", "split|fold", lambda at, n=_name: datasets.load(n, ["x"], root=at)
    )
_SYNTHETIC = [name for name in datasets.LOADERS if name.startswith("synthetic")]
for _name in (name for name in datasets.LOADERS if name not in _SYNTHETIC):
    loading.refuses(
        f"{_name}: root is missing",
        "nowhere",
        lambda at, name=_name: datasets.load(name, root=at / "nowhere"),
    )
    loading.refuses(
        f"{_name}: as user nobody, root may not be entered",
        "permission|may not|cannot be (read|looked|entered)",
        lambda at, name=_name: (
            closed(photo(at, "in/a.jpg").parent),
            denied(lambda: datasets.load(name, root=at / "in")),
        )[1],
    )

# -- tables of labels, in a plain folder

labelled = door(CASES, "datasets.load('folder')")


def _labels(content: str, encoding: str = "utf-8") -> Callable[[Path], FaceDataset]:
    return lambda at: datasets.load("folder", **folder_of(at, content, encoding))


def _genders(dataset: FaceDataset) -> list[Any]:
    return dataset.table.loc[["a.jpg", "b.jpg"], "gender"].tolist()


_GOOD = "file,gender\na.jpg,F\nb.jpg,M\n"
for _what, _content in (
    ("blanks after commas", "file, gender\na.jpg, F\nb.jpg,M\n"),
    ("a blank before the name", " file,gender\n a.jpg,F\nb.jpg ,M\n"),
    ("file in the second column, after a blank", "gender, file\nF, a.jpg\nM, b.jpg\n"),
    ("empty rows of a spreadsheet", "file,gender\na.jpg,F\nb.jpg,M\n,\n,\n"),
    ("a comma at the end of each row", "file,gender\na.jpg,F,\nb.jpg,M,\n"),
    ("semicolons", "file;gender\na.jpg;F\nb.jpg;M\n"),
    ("tabs", "file\tgender\na.jpg\tF\nb.jpg\tM\n"),
    ("a byte order mark", f"\ufeff{_GOOD}"),
    ("rows that end as on an old Mac", _GOOD.replace("\n", "\r")),
    ("rows that end as on Windows", _GOOD.replace("\n", "\r\n")),
    ("no end of the last row", _GOOD.rstrip()),
    ("paths that begin with .\\", "file,gender\n.\\a.jpg,F\n./b.jpg,M\n"),
    ("cells in quotes", '"file","gender"\n"a.jpg","F"\n"b.jpg","M"\n'),
):
    labelled.gives(_what, lambda d: _genders(d) == ["F", "M"], _labels(_content))
for _coding in ("utf-16", "utf-8-sig", "utf-16-be"):
    labelled.either(
        f"labels in {_coding}",
        "l.csv",
        lambda d: _genders(d) == ["F", "M"],
        _labels(_GOOD, _coding),
    )
labelled.either(
    "labels in Latin-1",
    "l.csv",
    lambda d: _genders(d) == ["Müller", "M"],
    _labels("file,gender\na.jpg,Müller\nb.jpg,M\n", "latin-1"),
)
labelled.gives(
    "numbers as names, after a blank",
    lambda d: d.table.index.tolist() == ["007.jpg"],
    lambda at: (
        photo(at, "p/007.jpg"),
        datasets.load("folder", root=at / "p", labels=text(at, " file,n\n007.jpg,1\n")),
    )[1],
)
labelled.gives(
    "a group called NA",
    lambda d: _genders(d) == ["NA", "None"],
    _labels("file,gender\na.jpg,NA\nb.jpg,None\n"),
)
for _what, _says, _content in (
    ("two empty file cells", "file|row|empty|name", "file,gender\n,F\n,M\na.jpg,F\n"),
    ("columns 'file' and ' file'", "file", "file, file\na.jpg,b.jpg\n"),
    ("columns 'gender' and 'gender '", "gender", "file,gender,gender \na.jpg,F,M\nb.jpg,F,M\n"),
    ("no column file", "file", "name,gender\na.jpg,F\n"),
    ("a header alone", "l.csv|photograph|row", "file,gender\n"),
    ("nothing at all", "l.csv", ""),
    ("a row twice", "a.jpg", "file,gender\na.jpg,F\na.jpg,M\n"),
    ("names of other photographs", "x.jpg", "file,gender\nx.jpg,F\n"),
    ("a web page", "l.csv", "<!doctype html>\n<html><body>gone</body></html>\n"),
    ("a quote that never ends", "l.csv", 'file,gender\n"a.jpg,F\nb.jpg,M\n'),
    ("a row with too many cells", "l.csv|row|line", "file,gender\na.jpg,F,x,y\nb.jpg,M\n"),
    ("NUL bytes", "l.csv", "file,gender\n\0\0\0\0,\0\n"),
    ("one line of 200,000 characters", "l.csv", '{"x": "' + "y" * 200_000 + '"}'),
):
    labelled.refuses(_what, _says, _labels(_content))
for _what, _says, _made in (
    ("labels: named pipe", "pipe|device", lambda at: pipe(at)),
    ("labels: a folder", "folder", lambda at: at),
    ("labels: a missing file", "none.csv", lambda at: "none.csv"),
    ("labels=5", "label|file|path", lambda at: 5),
    ("labels: a spreadsheet called .csv", "l.csv", lambda at: raw(at, b"PK\3\4\x14" * 9, "l.csv")),
    ("labels: name of 300 characters", "too long|exist|no such", lambda at: NAMED_300),
):
    labelled.refuses(
        _what,
        _says,
        lambda at, made=_made: datasets.load("folder", **folder_of(at), labels=made(at)),
    )
labelled.refuses(
    "as user nobody: labels may not be read",
    "permission|may not",
    lambda at: (
        words := folder_of(at, _GOOD),
        closed(words["labels"]),
        denied(lambda: datasets.load("folder", **words)),
    )[-1],
)
labelled.refuses("no photograph", "photograph", lambda at: datasets.load("folder", root=at))
labelled.refuses("no root", "root", lambda at: datasets.load("folder"))
labelled.gives(
    "endings that others forget",
    lambda d: d.table.index.tolist() == ["a.jfif", "b.jpe", "c.JPG"],
    lambda at: (
        [photo(at, name) for name in ("a.jfif", "b.jpe", "c.JPG")],
        datasets.load("folder", root=at),
    )[1],
)
labelled.gives(
    "a photograph that is not read is counted",
    lambda d: len(d) == 1 and "1" in " ".join(d.notes),
    lambda at: (
        photo(at),
        raw(at, b"\0\0\0\x18ftypheic" + bytes(40), "b.heic"),
        datasets.load("folder", root=at),
    )[2],
)

# -- FairFace

fair = door(CASES, "datasets.load('fairface')")


def _fair(rows: str, head: str = FAIRFACE) -> Callable[[Path], FaceDataset]:
    return lambda at: datasets.load("fairface", "val", root=fairface_of(at, rows, head))


_ROW = "val/1.jpg,3-9,Male,Black,True"
for _what, _says, _rows, _head in (
    ("column age twice ('age', 'age ')", "age", f"{_ROW},3-9\n", f"{FAIRFACE},age "),
    ("column file twice ('file', ' file')", "file", f"{_ROW},x\n", f"{FAIRFACE}, file"),
    ("no column race", "race", "val/1.jpg,3-9,Male,True\n", "file,age,gender,service_test"),
    ("an age of 7", "row 2|'7'", "val/1.jpg,7,Male,Black,True\n", FAIRFACE),
    ("an empty gender", "gender", "val/1.jpg,3-9,,Black,True\n", FAIRFACE),
    ("male in small letters", "male", "val/1.jpg,3-9,male,Black,True\n", FAIRFACE),
    ("service_test 'perhaps'", "service_test", "val/1.jpg,3-9,Male,Black,perhaps\n", FAIRFACE),
    ("a row twice", "row 3|more than one|repeat", f"{_ROW}\n{_ROW}\n", FAIRFACE),
    ("a download cut in a row", "row 3|gender|race", f"{_ROW}\nval/2.jpg,3-9", FAIRFACE),
    ("a header alone", "row|face|empty|photograph|image", "", FAIRFACE),
    ("no name of a file", "file|row 2", ",3-9,Male,Black,True\n", FAIRFACE),
):
    fair.refuses(_what, _says, _fair(_rows, _head))
fair.warns(
    "ages that a spreadsheet made dates of", "date", _fair("val/1.jpg,03-Sep,Male,Black,True\n")
)
for _what, _rows in (
    ("empty rows of a spreadsheet", f"{_ROW}\n,,,,\n,,,,\n"),
    ("blanks around cells", "val/1.jpg , 3-9, Male,Black ,True\n"),
):
    fair.gives(_what, lambda d: len(d) == 1 and d.table["age"].tolist() == ["3-9"], _fair(_rows))
fair.refuses(
    "a damaged zip of pictures",
    "zip|trainval",
    lambda at: (
        text(at, f"{FAIRFACE}\n{_ROW}\n", "fairface_label_val.csv"),
        raw(at, b"PK\3\4" + bytes(300), fairface.IMAGES_ZIP),
        datasets.load("fairface", "val", root=at).images([0]),
    )[-1],
)
fair.refuses(
    "the other split",
    "fairface_label_train",
    lambda at: datasets.load("fairface", root=fairface_of(at)),
)
fair.refuses("split='test'", "split", lambda at: datasets.load("fairface", "test", root=at))
