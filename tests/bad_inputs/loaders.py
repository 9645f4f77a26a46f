"""Data sets: every loader, FaceDataset, duplicates, leakage, the classroom."""

import io
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pandas as pd
from PIL import Image

from helpers import datasets
from helpers.datasets import FaceDataset, celeba, facex, fairface, lfw
from helpers.datasets.sources import Folder
from helpers.faces import REGIONS
from tests.bad_inputs.harness import Case, door
from tests.bad_inputs.material import (
    INF,
    NAMED_300,
    NAN,
    as_nobody,
    closed,
    cut,
    data_folder_is,
    denied,
    photo,
    pipe,
    raw,
    text,
)

CASES: list[Case] = []


# -- data sets as they should be


def folder_of(at: Path, labels: str | None = None, encoding: str = "utf-8") -> dict[str, Any]:
    """Two photographs and a table of labels; the arguments that load them."""
    for name in ("a.jpg", "b.jpg"):
        photo(at, f"p/{name}")
    found: dict[str, Any] = {"root": at / "p"}
    return found if labels is None else found | {"labels": text(at, labels, encoding=encoding)}


_FAIRFACE = "file,age,gender,race,service_test"


def fairface_of(
    at: Path, rows: str = "val/1.jpg,3-9,Male,Black,True\n", head: str = _FAIRFACE
) -> Path:
    """A FairFace of a few photographs."""
    photo(at, "fairface/val/1.jpg")
    photo(at, "fairface/val/2.jpg", (41, 30))
    return text(at, f"{head}\n{rows}", "fairface/fairface_label_val.csv").parent


def celeba_of(
    at: Path, attributes: str = "1\nSmiling\n000001.jpg 1\n", part: str = "000001.jpg 0\n"
) -> Path:
    """A CelebA of one photograph."""
    photo(at, "celeba/img/000001.jpg")
    text(at, attributes, "celeba/list_attr_celeba.txt")
    return text(at, part, "celeba/list_eval_partition.txt").parent


_LFW = "1\t1\nA_B\t1\t2\nA_B\t1\tC_D\t1\n"


def lfw_of(at: Path, pairs: str = _LFW, encoding: str = "utf-8") -> Path:
    """An LFW of two pairs."""
    photo(at, "lfw/pics/A_B/A_B_0001.jpg")
    return text(at, pairs, "lfw/pairs.txt", encoding).parent


def facex_of(at: Path, labels: str = "img,smile\na.jpg,1\n") -> Path:
    """Pictures prepared for FaceX, with a mask of one region."""
    photo(at, "pics/a.jpg")
    photo(at, "pics/b.jpg")
    photo(at, "pics-mask-anno/a_skin.png")
    return text(at, labels, "pics/l.csv").parent


def plain(at: Path) -> FaceDataset:
    """Two photographs with one label."""
    return datasets.load("folder", **folder_of(at, "file,gender\na.jpg,F\nb.jpg,M\n"))


def twice(at: Path) -> FaceDataset:
    """Three photographs, of which two are one, as in a bootstrap."""
    return plain(at).subset([0, 0, 1])


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


def _fair(rows: str, head: str = _FAIRFACE) -> Callable[[Path], FaceDataset]:
    return lambda at: datasets.load("fairface", "val", root=fairface_of(at, rows, head))


_ROW = "val/1.jpg,3-9,Male,Black,True"
for _what, _says, _rows, _head in (
    ("column age twice ('age', 'age ')", "age", f"{_ROW},3-9\n", f"{_FAIRFACE},age "),
    ("column file twice ('file', ' file')", "file", f"{_ROW},x\n", f"{_FAIRFACE}, file"),
    ("no column race", "race", "val/1.jpg,3-9,Male,True\n", "file,age,gender,service_test"),
    ("an age of 7", "row 2|'7'", "val/1.jpg,7,Male,Black,True\n", _FAIRFACE),
    ("an empty gender", "gender", "val/1.jpg,3-9,,Black,True\n", _FAIRFACE),
    ("male in small letters", "male", "val/1.jpg,3-9,male,Black,True\n", _FAIRFACE),
    ("service_test 'perhaps'", "service_test", "val/1.jpg,3-9,Male,Black,perhaps\n", _FAIRFACE),
    ("a row twice", "row 3|more than one|repeat", f"{_ROW}\n{_ROW}\n", _FAIRFACE),
    ("a download cut in a row", "row 3|gender|race", f"{_ROW}\nval/2.jpg,3-9", _FAIRFACE),
    ("a header alone", "row|face|empty|photograph|image", "", _FAIRFACE),
    ("no name of a file", "file|row 2", ",3-9,Male,Black,True\n", _FAIRFACE),
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
        text(at, f"{_FAIRFACE}\n{_ROW}\n", "fairface_label_val.csv"),
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

# -- CelebA, LFW, UTKFace

stars = door(CASES, "datasets.load('celeba')")
_TWO = "2\nSmiling\n000001.jpg 1\n000002.jpg 1\n"
for _what, _says, _attributes, _part in (
    ("partition: row twice", "000001.jpg", None, "000001.jpg 0\n" * 2),
    ("partition of 7", "000001.jpg", None, "000001.jpg 7\n"),
    ("partition lacks a row", "000001.jpg|partition", None, "000002.jpg 0\n"),
    ("partition is empty", "partition", None, ""),
    ("partition: three cells", "partition", None, "000001.jpg 0 1\n"),
    ("attributes: a value of 2", "Smiling", "1\nSmiling\n000001.jpg 2\n", None),
    ("attributes: fewer rows than promised", "cut short", "5\nSmiling\n000001.jpg 1\n", None),
    (
        "attributes: a row without a value",
        "000001.jpg|incomplete",
        "1\nSmiling\n000001.jpg\n",
        None,
    ),
    ("attributes: nothing", "list_attr_celeba", "", None),
    ("attributes: a row twice", "000001.jpg", "2\nSmiling\n" + "000001.jpg 1\n" * 2, None),
    ("attributes: a name twice", "Smiling", "1\nSmiling Smiling\n000001.jpg 1 -1\n", None),
):
    _words = [
        each for each in (("attributes", _attributes), ("part", _part)) if each[1] is not None
    ]
    stars.refuses(
        _what,
        _says,
        lambda at, words=tuple(_words): datasets.load("celeba", root=celeba_of(at, **dict(words))),
    )
stars.refuses(
    "identity: row twice",
    "000001.jpg",
    lambda at: (
        text(at, "000001.jpg 5\n" * 2, "celeba/identity_CelebA.txt"),
        datasets.load("celeba", root=celeba_of(at)),
    )[1],
)
for _coding in ("utf-16", "utf-8-sig"):
    stars.either(
        f"attributes in {_coding}",
        "list_attr_celeba",
        lambda d: d.table["Smiling"].tolist() == [True],
        lambda at, coding=_coding: (
            celeba_of(at),
            text(at, "1\nSmiling\n000001.jpg 1\n", "celeba/list_attr_celeba.txt", coding),
            datasets.load("celeba", root=at / "celeba"),
        )[2],
    )
stars.either(
    "latin-1 byte",
    "list_attr_celeba",
    lambda d: d.table.columns[0] == "Lächelnd",
    lambda at: (
        celeba_of(at),
        text(at, "1\nLächelnd\n000001.jpg 1\n", "celeba/list_attr_celeba.txt", "latin-1"),
        datasets.load("celeba", root=at / "celeba"),
    )[2],
)
stars.refuses(
    "read_attributes: a missing file", "none.txt", lambda at: celeba.read_attributes("none.txt")
)

wild = door(CASES, "datasets.load('lfw')")
for _what, _says, _content in (
    ("more pairs promised", "promises", "1\t5\nA_B\t1\t2\n"),
    ("a line that is no pair", "line 2", "1\t1\nA_B\tone\t2\nA_B\t1\tC_D\t1\n"),
    ("no counts", "counts", "A_B\t1\t2\nA_B\t1\tC_D\t1\n"),
    ("counts of zero", "counts|pairs", "1\t0\n"),
    ("nothing at all", "counts|pairs", ""),
    ("a picture with itself", "line 2|itself", "1\t1\nA_B\t1\t1\nA_B\t1\tC_D\t1\n"),
):
    if _what == "a picture with itself":  # may be noted as well
        wild.either(
            _what,
            _says,
            lambda p: "itself" in " ".join(p.notes),
            lambda at, c=_content: datasets.load("lfw", root=lfw_of(at, c)),
        )
    else:
        wild.refuses(_what, _says, lambda at, c=_content: datasets.load("lfw", root=lfw_of(at, c)))
for _coding in ("utf-16", "latin-1"):
    wild.either(
        f"a foreign name in {_coding}",
        "pairs.txt",
        lambda p: p.table["id1"].tolist() == ["José_B", "A_B"],
        lambda at, coding=_coding: datasets.load(
            "lfw", root=lfw_of(at, "1\t1\nJosé_B\t1\t2\nA_B\t1\tC_D\t1\n", coding)
        ),
    )
wild.gives(
    "a folder called lfw beside pairs.txt",
    lambda p: len(p) == 2,
    lambda at: (
        photo(at, "lfw/A_B/A_B_0001.jpg"),
        text(at, _LFW, "pairs.txt"),
        datasets.load("lfw", root=at),
    )[2],
)
wild.refuses("lfw.read_pairs of a missing file", "none.txt", lambda at: lfw.read_pairs("none.txt"))
wild.refuses("lfw.read_pairs of a pipe", "pipe|device", lambda at: lfw.read_pairs(pipe(at)))
wild.refuses("lfw.read_pairs(None)", "path|file", lambda at: lfw.read_pairs(None))

utk = door(CASES, "datasets.load('utkface')")


def _utk(*names: str) -> Callable[[Path], FaceDataset]:
    return lambda at: (
        [photo(at, name) for name in names],
        datasets.load("utkface", root=at),
    )[1]


utk.either(
    "age 999",
    "999",
    lambda d: d.table["age"].max() < 130 and len(d.notes) > 0,
    _utk("999_0_1_2017.jpg", "20_0_1_2017.jpg"),
)
utk.refuses("no name that has labels", "me.jpg", _utk("me.jpg"))
utk.gives(
    "some names without labels",
    lambda d: len(d) == 1 and "2 pictures" in d.notes[0],
    _utk("20_0_1_2017.jpg", "20_9_1_2017.jpg", "20_0_2017.jpg"),
)

# -- FaceX

facexed = door(CASES, "datasets.load('facex')")
for _what, _says, _content in (
    ("columns img and file", "file|img", "img,file\na.jpg,b.jpg\n"),
    ("column img twice", "img", "img, img\na.jpg,b.jpg\n"),
    ("no column img", "img", "name,smile\na.jpg,1\n"),
    ("a picture twice", "a.jpg", "img,smile\na.jpg,1\na.jpg,0\n"),
    ("no picture that is there", "x.jpg", "img,smile\nx.jpg,1\n"),
):
    facexed.refuses(
        _what, _says, lambda at, c=_content: datasets.load("facex", root=facex_of(at, c))
    )
facexed.refuses(
    "two tables",
    "labels",
    lambda at: (
        facex_of(at),
        text(at, "x", "pics/m.csv"),
        datasets.load("facex", root=at / "pics"),
    )[2],
)
facexed.refuses(
    "masks are missing",
    "none",
    lambda at: datasets.load("facex", root=facex_of(at), masks=at / "none"),
)
facexed.refuses(
    "masks=5", "masks|path|folder", lambda at: datasets.load("facex", root=facex_of(at), masks=5)
)
facexed.refuses(
    "masks of two sizes",
    "size",
    lambda at: (
        photo(at, "pics-mask-anno/a_hair.png", (9, 9)),
        datasets.load("facex", root=facex_of(at)).masks([0]),
    )[1],
)
facexed.refuses(
    "a mask that is a letter",
    "a_hair.png",
    lambda at: (
        facex_of(at),
        text(at, "dear madam", "pics-mask-anno/a_hair.png"),
        datasets.load("facex", root=at / "pics").masks([0]),
    )[2],
)
facexed.refuses(
    "masks of a picture without any",
    "b.jpg",
    lambda at: datasets.load("facex", root=facex_of(at, "img,s\na.jpg,1\nb.jpg,0\n")).masks([1]),
)
_INSIDE = np.zeros((30, 40), np.uint8)
_INSIDE[5:10, 5:10] = 1
for _what, _array in (
    ("0 and 255", _INSIDE * 255),
    ("0 and 1", _INSIDE),
    ("0 and 1 in 16 bits", _INSIDE.astype(np.uint16)),
    ("0 and 100 in 16 bits", _INSIDE.astype(np.uint16) * 100),
    ("transparent outside, grey", np.dstack([_INSIDE * 255] * 2)),
    ("transparent outside, colour", np.dstack([_INSIDE * 255] * 4)),
    ("truth values", _INSIDE.astype(bool)),
):
    facexed.gives(
        f"a mask of {_what}",
        lambda m: m[0, REGIONS.index("skin")].sum() == 25,
        lambda at, array=_array: (
            facex_of(at),
            Image.fromarray(array).save(at / "pics-mask-anno" / "a_skin.png"),
            datasets.load("facex", root=at / "pics").masks([0]),
        )[2],
    )

compared = door(CASES, "datasets.load('facex-pairs')")
for _what, _says, _content in (
    ("4th column called label", "label", "img1,img2,same,label\na.jpg,b.jpg,0,F\n"),
    ("4th column called p1", "p1", "img1,img2,same,p1\na.jpg,b.jpg,0,F\n"),
    ("two columns", "columns", "img1,img2\na.jpg,b.jpg\n"),
    ("a label of 7", "'7'|label", "img1,img2,same\na.jpg,b.jpg,7\n"),
    ("an empty picture", "picture|p1|img1", "img1,img2,same\n,b.jpg,0\n"),
):
    if "4th" in _what:  # a name of one's own may also be kept under another name
        compared.either(
            _what,
            _says,
            lambda p: p.genuine.tolist() == [False] and p.table["p1"].tolist() == ["a.jpg"],
            lambda at, c=_content: facex.pairs(root=facex_of(at, c)),
        )
    else:
        compared.refuses(_what, _says, lambda at, c=_content: facex.pairs(root=facex_of(at, c)))
for _what, _content in (
    ("paths that begin with .\\", "img1,img2,same\n.\\a.jpg,b.jpg,0\n"),
    ("blanks after commas", "img1, img2, same\na.jpg, b.jpg, 0\n"),
    ("-1 for two people", "img1,img2,same\na.jpg,b.jpg,-1\n"),
    ("empty rows of a spreadsheet", "img1,img2,same\na.jpg,b.jpg,0\n,,\n"),
):
    compared.gives(
        _what,
        lambda pair: pair[0].shape == (1, 3, 30, 40),
        lambda at, c=_content: facex.pairs(root=facex_of(at, c)).images([0]),
    )

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
            name, **{"root": at, **({"n": 12} if name in _SYNTHETIC[:1] else {}), **words}
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
    lambda at: _labels("file,gender, gender\na.jpg,F,M\nb.jpg,M,M\n")(at).where(gender="F"),
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
    rows = [
        f"val/{number}.jpg,30-39,{gender},{race},True"
        for number, (race, gender) in enumerate(
            itertools.product(fairface.RACES, fairface.GENDERS), start=1
        )
    ]
    fairface_of(at, "\n".join(rows) + "\n")
    for number in range(3, 15):
        photo(at, f"fairface/val/{number}.jpg")
    return data_folder_is(at, lambda: datasets.classroom(**words))


schooling = door(CASES, "datasets.classroom")
schooling.refuses(
    "per_group larger than a group",
    "per_group|only|there are",
    lambda at: _class_of(at, per_group=2),
)
for _words in (
    *({"per_group": each} for each in (0, -1, 1.5, "two", None, INF)),
    *({"seed": each} for each in (-1, 0.5, "x")),
):
    _option, _value = next(iter(_words.items()))
    schooling.refuses(
        f"{_option}={_value!r}",
        _option,
        lambda at, words=_words: _class_of(at, **{"per_group": 1, **words}),
    )
    if _option == "per_group":
        schooling.refuses(
            f"{_option}={_value!r}, without FairFace",
            _option,
            lambda at, words=_words: data_folder_is(at, lambda: datasets.classroom(**words)),
        )

marks = door(CASES, "datasets.landmarks", datasets.landmarks)
marks.refuses("None", "table", table=None)
marks.refuses("a table without them", "column|landmark", table=pd.DataFrame({"a": [1]}))
marks.refuses("an open file", "table", table=io.BytesIO())
