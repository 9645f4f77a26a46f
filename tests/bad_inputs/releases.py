"""Data sets as their authors give them out: CelebA, LFW, UTKFace, and what FaceX needs."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from helpers import datasets
from helpers.datasets import FaceDataset, facex
from helpers.faces import REGIONS
from tests.bad_inputs.harness import Case, door
from tests.bad_inputs.material import (
    photo,
    text,
)
from tests.bad_inputs.samples import LFW, celeba_of, facex_of, lfw_of

CASES: list[Case] = []

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
        text(at, LFW, "pairs.txt"),
        datasets.load("lfw", root=at),
    )[2],
)

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
