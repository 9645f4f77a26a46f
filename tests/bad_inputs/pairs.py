"""Pairs of faces: tables as they arrive, and what is asked of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from helpers import datasets
from helpers.datasets import PairTable
from tests.bad_inputs.harness import Case, door
from tests.bad_inputs.material import NAMED_300, NAN, closed, denied, left_open, pipe, raw, text

CASES: list[Case] = []
HEAD = "fold,p1,p2,label,id1,id2,att1,att2,resnet50"
ROWS = (
    "1,a/1.jpg,a/2.jpg,1,0,0,F,F,0.80",
    "1,a/1.jpg,b/1.jpg,0,0,1,F,F,0.20",
    "2,c/1.jpg,c/2.jpg,1,2,2,M,M,0.75",
    "2,c/1.jpg,d/1.jpg,0,2,3,M,M,0.25",
)

reading = door(CASES, "PairTable.from_csv / load('bfw')")


def _bfw(content: str, encoding: str = "utf-8") -> Callable[[Path], PairTable]:
    return lambda at: (
        text(at, content, "bfw-v1-datatable.csv", encoding),
        datasets.load("bfw", root=at),
    )[1]


def _with(row: str, number: int = 4, head: str = HEAD) -> str:
    """The table with one of its rows exchanged, or one more."""
    rows = [*ROWS[: number - 1], row, *ROWS[number:]]
    return "\n".join([head, *rows, ""])


def _notes(pairs: PairTable) -> str:
    return " ".join(pairs.notes)


def _same(pairs: PairTable) -> bool:
    return pairs.scores().tolist() == [0.8, 0.2, 0.75, 0.25] and len(_people(pairs)) == 4


def _people(pairs: PairTable) -> set[Any]:
    return {*pairs.table["id1"], *pairs.table["id2"]}


WHOLE = "\n".join([HEAD, *ROWS, ""])
for _what, _content in (
    ("rows that end as on Windows", WHOLE.replace("\n", "\r\n")),
    ("semicolons", WHOLE.replace(",", ";")),
    ("tabs", WHOLE.replace(",", "\t")),
    ("blanks after commas", WHOLE.replace(",", ", ")),
    ("empty rows of a spreadsheet", WHOLE + "," * 8 + "\n" + "," * 8 + "\n"),
    ("a comma at the end of each row", WHOLE.replace("\n", ",\n")),
    ("a comma at the end of each row but the first", HEAD + "\n" + ",\n".join([*ROWS, ""])),
    ("a byte order mark", f"\ufeff{WHOLE}"),
    ("cells in quotes", WHOLE.replace("a/1.jpg", '"a/1.jpg"')),
):
    reading.gives(_what, _same, _bfw(_content))
for _coding in ("utf-16", "utf-8-sig"):
    reading.either(f"a table in {_coding}", "datatable", _same, _bfw(WHOLE, _coding))
for _what, _says, _content in (
    ("one line of 200,000 characters", "datatable", '{"x": "' + "y" * 200_000 + '"}'),
    ("nothing at all", "datatable", ""),
    ("a header alone", "pair|row", HEAD + "\n"),
    ("no column id2", "id2", WHOLE.replace("id2", "x")),
    (
        "two columns p1",
        "p1",
        WHOLE.replace(HEAD, f"{HEAD},p1").replace("\n", ",x\n").replace("p1,x", "p1"),
    ),
    ("label 2", "label", _with("2,c/1.jpg,d/1.jpg,2,2,3,M,M,0.25")),
    ("label empty", "label", _with("2,c/1.jpg,d/1.jpg,,2,3,M,M,0.25")),
    ("p2 empty", "p2", _with("2,c/1.jpg,,0,2,3,M,M,0.25")),
    ("a quote that never ends", "datatable", _with('2,"c/1.jpg,d/1.jpg,0,2,3,M,M,0.25')),
    ("a row with too many cells", "datatable|row|line", _with(ROWS[3] + ",x,y,z")),
    ("a web page", "datatable|column", "<!doctype html>\n<html><body>gone</body></html>\n"),
    ("NUL bytes", "datatable|column", "\0" * 400),
):
    reading.refuses(_what, _says, _bfw(_content))
for _what, _says, _spoilt, _holds in (
    ("id1 empty in one row", "id1|identit", "2,c/1.jpg,d/1.jpg,0,,3,M,M,0.25", "id"),
    ("id1 of blanks in one row", "id1|identit", "2,c/1.jpg,d/1.jpg,0,  ,3,M,M,0.25", "id"),
    ("both ids empty in a row", "id1|identit", "2,c/1.jpg,d/1.jpg,0,,,M,M,0.25", "id"),
    ("att1 and att2 empty in a row", "att|group", "2,c/1.jpg,d/1.jpg,0,2,3,,,0.25", "att"),
    ("fold missing in a row", "fold", ",c/1.jpg,d/1.jpg,0,2,3,M,M,0.25", "fold"),
):
    # Nobody and nothing are called "": either the row is named, or the cell is missing, and said so.
    reading.either(
        _what,
        _says,
        lambda p, kind=_holds, says=_says: (
            ""
            not in p.table.filter(regex=f"^{kind}")
            .astype(object)
            .stack()
            .astype(str)
            .str.strip()
            .to_numpy()
            and any(word in _notes(p) for word in says.split("|"))
        ),
        _bfw(_with(_spoilt)),
    )
reading.either(
    "both ids empty in a genuine row",
    "id1|identit",
    lambda p: "" not in [str(each) for each in _people(p)] and "identit" in _notes(p),
    _bfw(_with("2,c/1.jpg,c/2.jpg,1,,,M,M,0.75", 3)),
)
for _what, _end in (
    ("download cut in the last row, after label", "2,c/1.jpg,d/1.jpg,0"),
    ("last row cut after id2", "2,c/1.jpg,d/1.jpg,0,2,3"),
    ("last row cut inside its first cells", "2,c/1"),
):
    reading.refuses(
        _what,
        "row|line|cut|cell|id|att|p2",
        _bfw("\n".join([HEAD, *ROWS[:3], _end])),
    )
reading.either(
    "download cut inside the last score",
    "cut|last (row|line)|end",
    lambda p: any(word in _notes(p) for word in ("cut", "last row", "last line")),
    _bfw("\n".join([HEAD, *ROWS[:3], ROWS[3][:-2]])),
)
reading.gives(
    "a score missing in a row",
    lambda p: np.isnan(p.scores()[3]) and "1 pairs have no score" in _notes(p),
    _bfw(_with("2,c/1.jpg,d/1.jpg,0,2,3,M,M,")),
)
reading.refuses(
    "a score of text",
    "resnet50.*high|score",
    lambda at: _bfw(_with(ROWS[3][:-4] + "high"))(at).scores("resnet50"),
)
reading.gives(
    "a label that contradicts the identities",
    lambda p: "contradict" in _notes(p),
    _bfw(_with("2,c/1.jpg,d/1.jpg,1,2,3,M,M,0.25")),
)
for _what, _says, _made in (
    ("named pipe", "pipe|device", lambda at: pipe(at, "p.csv")),
    ("a folder", "folder", lambda at: at),
    ("a missing file", "none.csv", lambda at: "none.csv"),
    ("None", "path|file", lambda at: None),
    ("an open file", "path|file", lambda at: left_open(text(at, WHOLE).open())),
    ("name of 300 characters", "too long|exist|no such", lambda at: NAMED_300),
    ("a spreadsheet called .csv", "l.csv", lambda at: raw(at, b"PK\3\4\x14\0" * 9, "l.csv")),
):
    reading.refuses(_what, _says, lambda at, made=_made: PairTable.from_csv(made(at)))
reading.refuses(
    "as user nobody: the table may not be read",
    "permission|may not",
    lambda at: (closed(text(at, WHOLE)), denied(lambda: PairTable.from_csv(at / "l.csv")))[1],
)
reading.refuses(
    "load('bfw'): a pickle beside nothing else",
    "pickle",
    lambda at: (raw(at, b"\x80\x04.", "bfw-v1-datatable.pkl"), datasets.load("bfw", root=at))[1],
)
reading.refuses(
    "load('bfw'): fold 9",
    "fold",
    lambda at: (text(at, WHOLE, "bfw-v1-datatable.csv"), datasets.load("bfw", 9, root=at))[1],
)

# -- what is asked of a table

asked = door(CASES, "PairTable")


def _table(**columns: Any) -> pd.DataFrame:
    rows = [row.split(",") for row in ROWS]
    made = pd.DataFrame(rows, columns=HEAD.split(",")).rename_axis("pair")
    made["resnet50"] = made["resnet50"].astype(float)
    return made.assign(**columns)


def _pairs(**columns: Any) -> PairTable:
    return PairTable("mine", _table(**columns))


for _what, _says, _do in (
    (
        "made from a table without label",
        "label",
        lambda: PairTable("m", _table().drop(columns="label")).genuine,
    ),
    ("made from None", "table", lambda: PairTable("m", None).genuine),
    ("made from a dict", "table", lambda: PairTable("m", {"p1": ["a"]}).genuine),
    ("labels of yes and no", "label", lambda: _pairs(label=["yes", "no"] * 2).genuine),
    ("labels with NaN", "label", lambda: _pairs(label=[1, 0, 1, NAN]).genuine),
    (
        "two columns label",
        "label",
        lambda: PairTable("m", pd.concat([_table(), _table()[["label"]]], axis=1)).genuine,
    ),
    ("scores('vgg')", "vgg", lambda: _pairs().scores("vgg")),
    ("scores('id1')", "id1", lambda: _pairs().scores("id1")),
    ("scores() of two networks", "vgg", lambda: _pairs(vgg=[0.1] * 4).scores()),
    (
        "scores() of none",
        "score",
        lambda: PairTable("m", _table().drop(columns="resnet50")).scores(),
    ),
    ("scores(['resnet50'])", "score|column", lambda: _pairs().scores(["resnet50"])),
    ("scores that are complex", "number", lambda: _pairs(vgg=[1j] * 4).scores("vgg")),
    ("scores that are text", "high", lambda: _pairs(vgg=["high"] * 4).scores("vgg")),
    ("groups('race')", "race1", lambda: _pairs().groups("race")),
    ("groups(5)", "column|groups|5", lambda: _pairs().groups(5)),
    ("fold(9)", "fold", lambda: _pairs().fold(9)),
    ("fold(None)", "fold", lambda: _pairs().fold(None)),
    ("fold without folds", "fold", lambda: PairTable("m", _table().drop(columns="fold")).fold(1)),
    ("subset(99)", "99|4 pairs", lambda: _pairs().subset(99)),
    ("subset('a')", "row|pair|position|mask", lambda: _pairs().subset("a")),
    ("subset(1.5)", "row|pair|position|whole", lambda: _pairs().subset(1.5)),
    ("subset(None)", "row|pair|position|None", lambda: _pairs().subset(None)),
    ("subset of a short mask", "mask|4 pairs", lambda: _pairs().subset([True, False])),
    ("subset by another table's rows", "7", lambda: _pairs().subset(pd.Index([7]))),
    ("images without pictures", "picture", lambda: _pairs().images([0])),
    ("where(foldd=1)", "foldd", lambda: _pairs().where(foldd=1)),
    (
        "where(fold=9) and then scores",
        "no pair|empty|fold",
        lambda: _pairs(fold=pd.Categorical(list("1122"))).where(fold="9").scores(),
    ),
):
    asked.refuses(_what, _says, lambda _at, do=_do: do())
for _what, _label in (
    ("labels as text", ["1", "0", "1", "0"]),
    ("labels as truth values", [True, False] * 2),
    ("labels of mixed kinds", [1, "0", True, 0.0]),
    ("labels with blanks", [" 1", "0 ", "1", "0"]),
):
    asked.gives(
        _what,
        lambda found: found.tolist() == [True, False, True, False],
        lambda _at, label=_label: _pairs(label=pd.Series(label, dtype=object)).genuine,
    )
