"""A table is what a reader sees in it, whichever program wrote it."""

import os
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import tables
from helpers.errors import BadTable, DataNotFound

PLAIN = "file,name,age\na.jpg,Zoë,31\nb.jpg,Bo,7\n"


def kept(tmp_path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = tmp_path / "labels.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def read(tmp_path: Path, content: str | bytes, encoding: str = "utf-8") -> pd.DataFrame:
    return tables.read(kept(tmp_path, content, encoding)).typed()


def refusal(tmp_path: Path, content: str | bytes) -> str:
    with pytest.raises(BadTable) as refused:
        tables.read(kept(tmp_path, content))
    said = str(refused.value)
    assert "labels.csv" in said
    assert "\n" not in said
    assert len(said) < 600
    return said


def columns(table: pd.DataFrame) -> dict[str, list[object]]:
    return {str(name): table[name].tolist() for name in table}


RIGHT = {"file": ["a.jpg", "b.jpg"], "name": ["Zoë", "Bo"], "age": [31, 7]}


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.rstrip(),
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace(",", " , ").replace("\n", "  \n"),
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.replace("\n", ",\n"),
        PLAIN.replace("1\n", "1,,,\n"),
        PLAIN + ",,\n , ,\n\n,,,,\n",
        "\n\n" + PLAIN,
        "sep=;\n" + PLAIN.replace(",", ";"),
        "file,name,,age\na.jpg,Zoë,,31\nb.jpg,Bo,,7\n",
        '"file", "name","age"\n"a.jpg" ,"Zoë",31\n"b.jpg","Bo", "7"\n',
    ],
)
def test_what_programs_add_to_a_table_is_no_part_of_it(tmp_path: Path, text: str) -> None:
    assert columns(read(tmp_path, text)) == RIGHT


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1", "cp1252"]
)
def test_letters_are_read_in_the_encoding_they_were_saved_in(tmp_path: Path, encoding: str) -> None:
    assert columns(read(tmp_path, PLAIN, encoding)) == RIGHT


@pytest.mark.parametrize("bits", [16, 32])
@pytest.mark.parametrize("order", ["le", "be"])
def test_a_mark_says_in_which_order_bytes_come(tmp_path: Path, bits: int, order: str) -> None:
    assert columns(read(tmp_path, f"\ufeff{PLAIN}", f"utf-{bits}-{order}")) == RIGHT
    marked = f"\ufeff{PLAIN}".encode(f"utf-{bits}-{order}")
    assert f"UTF-{bits}, but cut short" in refusal(tmp_path, marked[:-1])


@pytest.mark.parametrize("rows", ["", "\n", "\n\n", "  \n", '""\n', ",\n", ",,,\n", "\n,\n\n"])
@pytest.mark.parametrize("header", ["file,age\n", "file\n", '"file",age\n'])
@pytest.mark.parametrize("text", [None, ["file"], []])
def test_a_header_above_nothing_is_a_table_without_rows(
    tmp_path: Path, header: str, rows: str, text: list[str] | None
) -> None:
    table = tables.read(kept(tmp_path, header + rows), text)
    assert len(table) == 0
    assert [*table.cells] == header.replace('"', "").strip().split(",")
    # One row, however far below, is enough.
    (line,) = tables.read(
        kept(tmp_path, header + rows + "a" + ",1" * ("age" in header)), text
    ).cells.index
    assert line == 2 + rows.count("\n")


def test_a_guessed_encoding_is_noted_with_its_line(tmp_path: Path) -> None:
    assert tables.read(kept(tmp_path, PLAIN)).notes == ()
    (note,) = tables.read(kept(tmp_path, PLAIN, "latin-1")).notes
    assert "labels.csv is not UTF-8 (line 2) and was read as Western European" in note


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (PLAIN.encode() + b"\xe9,x,1\n", "line 4: this is neither UTF-8 nor another encoding"),
        (b"file,name\na.jpg,\x81\n", "line 2: this is neither UTF-8"),
        (PLAIN.encode("utf-16-le"), "NUL bytes|neither UTF-8"),
        ("file,name\na.jpg,Zoë".encode()[:-1], "ends within a letter: it was cut short"),
        (b"\xff\xfea", "UTF-16, but cut short"),
        (b"PK\x03\x04" + bytes(100), "a spreadsheet or a zip"),
        (b"<!DOCTYPE html><html>Quota</html>", "a web page"),
        (b"", "it is empty"),
        (b" \n\n", "it is empty"),
        (b",,\n1,2,3\n", "names no column"),
        (b'{"x": "' + b"y" * 200_000 + b'"}', "a cell holds more than"),
        (b"x" * 200_000, "a cell holds more than"),
    ],
)
def test_what_is_no_table_of_text_is_named(tmp_path: Path, content: bytes, complaint: str) -> None:
    said = refusal(tmp_path, content)
    assert any(part in said for part in complaint.split("|"))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "file,name\na.jpg,Bo\nb.jpg",
            "line 3 has 1 of the 2 cells that the header names, and none",
        ),
        ("file,name\na.jpg,Bo,x\n", "line 2 has 3 cells, but the header names 2"),
        ("file,name\na.jpg,Bo\n\nb.jpg\n", "line 4 has 1 of the 2 cells"),
        ('file,name\n"a,b",Bo\n"b.jpg"\n', "line 3 has 1 of the 2 cells"),
        ('file,name\n"a\nb",Bo\nb.jpg\n', "line 4 has 1 of the 2 cells"),
        ('file,name\n"a.jpg,Bo\nb.jpg,Al\n', "a quotation mark has no second one"),
        ("file,name, file\na,b,c\n", "2 columns called 'file'"),
        ('file,"file "\na,b\n', "2 columns called 'file'"),
    ],
)
def test_a_table_that_could_be_misread_names_the_line(
    tmp_path: Path, text: str, complaint: str
) -> None:
    assert complaint in refusal(tmp_path, text)


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["007", "12"], ["007", "12"]),
        (["7", "12"], [7, 12]),
        (["-1", "0.5"], [-1.0, 0.5]),
        (["1e-3", "2"], [0.001, 2.0]),
        (["True", "FALSE"], [True, False]),
        (["NA", "None"], ["NA", "None"]),
        (["1_000", "2"], ["1_000", "2"]),
        (["0x10", "2"], ["0x10", "2"]),
        (["1-2", "3"], ["1-2", "3"]),
        (["inf", "2"], ["inf", "2"]),
        (["12345678901234567890", "2"], ["12345678901234567890", "2"]),
        (["9007199254740993", "2.5"], ["9007199254740993", "2.5"]),
        (["1e999", "2"], ["1e999", "2"]),
    ],
)
def test_only_what_is_written_as_a_number_is_one(
    tmp_path: Path, cells: list[str], found: list[object]
) -> None:
    table = read(tmp_path, "value,x\n" + "".join(f"{cell},1\n" for cell in cells))
    assert table["value"].tolist() == found


def test_an_empty_cell_is_missing_in_every_kind_of_column(tmp_path: Path) -> None:
    table = read(tmp_path, "n,word,truth,none\n1,a,True,\n,,,\n \n2,NaN,,nan\n")
    assert table["n"].tolist() == [1.0, 2.0]
    assert table.isna().sum().to_dict() == {"n": 0, "word": 1, "truth": 1, "none": 2}


def test_lines_are_those_of_the_file_whatever_was_left_out(tmp_path: Path) -> None:
    table = tables.read(kept(tmp_path, '\nfile,x\n,\n"a\nb",1\n\nc,2\n'))
    assert table.cells.index.tolist() == [4, 7]
    assert table.line(1).endswith("labels.csv, line 7")


def test_columns_without_a_name_are_left_out_and_noted_unless_they_are_an_index(
    tmp_path: Path,
) -> None:
    found = tables.read(
        kept(tmp_path, ",file,,\n0,a.jpg,red,\n1,b.jpg,,\n".replace(",,\n", ",x\n"))
    )
    assert list(found.cells) == ["", "file", "x"]
    found = tables.read(kept(tmp_path, "file,,x\na.jpg,red,1\nb.jpg,,2\n"))
    assert list(found.cells) == ["file", "x"]
    assert found.notes == ("Column 2 has no name and was left out.",)


def test_a_last_line_without_end_is_noted_because_a_download_may_end_there(tmp_path: Path) -> None:
    (note,) = tables.read(kept(tmp_path, "p,score\na,0.5\nb,0.7")).notes
    assert "The last line of labels.csv has no end" in note
    assert "0.7" in note


def test_numbers_read_at_once_are_those_read_as_text(tmp_path: Path) -> None:
    text = "id,score,rank,code,flag\n1,.5,3,007,True\n2,-0.25,4,08,False\n3,,5,9,True\n"
    path = kept(tmp_path, text)
    whole = tables.read(path).typed()
    fast = tables.read(path, text=["id"]).typed()
    pd.testing.assert_frame_equal(whole, fast)
    assert whole["code"].tolist() == ["007", "08", "9"]


def test_a_table_cut_anywhere_is_read_in_part_or_refused_never_misread(tmp_path: Path) -> None:
    generator = random.Random(0)
    rows = [f"{k}.jpg,{generator.choice('FM')},{generator.random():.3f},é{k}" for k in range(6)]
    whole = ("\n".join(["file,sex,score,name", *rows]) + "\n").encode()
    right = read(tmp_path, whole)
    silent = 0
    for end in range(len("file,sex,score,name\n"), len(whole)):
        try:
            table = tables.read(kept(tmp_path, whole[:end]))
        except BadTable:
            continue
        found = table.typed()
        # Only the last cell may be shorter than it was, and then a note says so.
        pd.testing.assert_frame_equal(
            found.iloc[:, :3], right.iloc[: len(found), :3], check_dtype=False
        )
        silent += not table.notes and end != len(whole)
        assert table.notes or whole[:end].endswith(b"\n")
    assert silent == 6  # the ends of whole lines


def test_lists_of_words_keep_their_line_numbers(tmp_path: Path) -> None:
    lines, notes = tables.read_words(kept(tmp_path, "2  1\r\n\r\nJosé\t1 2\r\n", "latin-1"))
    assert lines == [(1, ["2", "1"]), (3, ["José", "1", "2"])]
    assert len(notes) == 1


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (".\\a.jpg", "a.jpg"),
        ("./b//c.jpg", "b/c.jpg"),
        ("b\\c.jpg", "b/c.jpg"),
        (".x.jpg", ".x.jpg"),
    ],
)
def test_files_are_named_in_one_way(written: str, name: str) -> None:
    assert tables.as_file_name(written) == name


@pytest.mark.parametrize("path", [None, 5, b"labels.csv", "", "a\0b", ["labels.csv"]])
def test_what_is_no_path_is_refused(path: object) -> None:
    with pytest.raises(DataNotFound):
        tables.read(path)  # type: ignore[arg-type]


def test_pipes_folders_and_long_names_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for path, said in (
        (tmp_path / "pipe.csv", "is a pipe or a device"),
        (tmp_path, "is a folder"),
        (tmp_path / ("x" * 300 + ".csv"), "too long"),
        (tmp_path / "nowhere.csv", "does not exist"),
    ):
        with pytest.raises(DataNotFound, match=said):
            tables.read(path)


def test_a_million_repeated_cells_are_kept_once(tmp_path: Path) -> None:
    table = tables.read(kept(tmp_path, "a,b\n" + "same,0.5\n" * 20_000))
    assert table.cells["a"].cat.categories.tolist() == ["same"]
    assert np.asarray(table.typed()["b"]).sum() == 10_000
