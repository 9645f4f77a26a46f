"""LFW's lists of names and numbers become pairs of pictures."""

from pathlib import Path

import numpy as np
import pytest

from helpers import datasets
from helpers.datasets import save_image
from helpers.errors import BadTable, DataNotFound, InputError, UnknownName

VIEW_2 = """2\t1
Ann_Author\t1\t2
Ann_Author\t1\tBea_Baker\t1
Cy_Cook\t1\t10
Cy_Cook\t1\tDee_Dyer\t3
"""
PICTURES = ("Ann_Author_0001", "Ann_Author_0002", "Bea_Baker_0001", "Cy_Cook_0010")


@pytest.fixture
def release(tmp_path: Path) -> Path:
    where = tmp_path / "lfw_home"
    for name in PICTURES:
        path = where / "lfw_funneled" / name.rsplit("_", 1)[0] / f"{name}.jpg"
        save_image(path, np.full((250, 250, 3), len(name), dtype=np.uint8))
    (where / "pairs.txt").write_text(VIEW_2)
    return where


def test_the_folds_of_view_2_hold_genuine_pairs_first(release: Path) -> None:
    pairs = datasets.load("lfw", root=release)
    assert pairs.table["fold"].tolist() == [1, 1, 2, 2]
    assert pairs.genuine.tolist() == [True, False, True, False]
    assert pairs.table["p2"].tolist()[:2] == [
        "Ann_Author/Ann_Author_0002.jpg",
        "Bea_Baker/Bea_Baker_0001.jpg",
    ]
    assert pairs.table["p2"][2] == "Cy_Cook/Cy_Cook_0010.jpg"
    assert pairs.score_columns == ()
    assert pairs.notes == ("4 of the 6 pictures they name are here.",)
    assert pairs.images([0, 1])[0].shape == (2, 3, 250, 250)


@pytest.mark.parametrize(
    ("split", "file"), [("train", "pairsDevTrain.txt"), ("test", "pairsDevTest.txt")]
)
def test_the_lists_of_view_1_have_one_count(release: Path, split: str, file: str) -> None:
    lines = ["2", "Ann_Author 1 2", "Cy_Cook 1 10", "Ann_Author 1 Bea_Baker 1", "Cy_Cook 1 D 3"]
    (release / file).write_text("\n".join(lines))
    pairs = datasets.load("lfw", split=split, root=release)
    assert pairs.genuine.tolist() == [True, True, False, False]
    assert pairs.table["fold"].unique().tolist() == [1]


def test_pictures_are_labelled_by_their_folder(release: Path) -> None:
    faces = datasets.load("lfw-faces", root=release)
    assert faces.table["identity"].value_counts()["Ann_Author"] == 2
    assert faces.table.loc["Cy_Cook/Cy_Cook_0010.jpg", "number"] == 10


def test_pairs_find_pictures_that_were_saved_again_as_png(release: Path) -> None:
    for path in list(release.rglob("*.jpg")):
        save_image(path.with_suffix(".png"), datasets.read_image(path))
        path.unlink()
    pairs = datasets.load("lfw", root=release)
    assert pairs.notes == ("4 of the 6 pictures they name are here.",)
    assert pairs.images([0])[0].shape == (1, 3, 250, 250)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "does not begin with its counts"),
        ("name imagenum1\nx\t1\t2\n", "does not begin with its counts"),
        ("10\t300\nAnn\t1\t2\n", "1 pairs, where its first line promises 6,000"),
        ("1\nAnn 1 2\nAnn one Bea 2\n", "line 3: 'Ann one Bea 2' is neither"),
    ],
)
def test_a_damaged_list_says_where(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "pairs.txt").write_text(text)
    with pytest.raises(BadTable, match=complaint):
        datasets.load("lfw", root=tmp_path)


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataNotFound, match=r"pairs.txt is not in"):
        datasets.load("lfw", root=tmp_path)
    with pytest.raises(DataNotFound, match="no picture such as"):
        datasets.load("lfw-faces", root=tmp_path)
    with pytest.raises(UnknownName, match="no split 'val'"):
        datasets.load("lfw", split="val", root=tmp_path)
    with pytest.raises(InputError, match="no splits"):
        datasets.load("lfw-faces", split="train", root=tmp_path)
    (tmp_path / "pairs.txt").write_text("1 1\nA 1 2\nA 1 B 2\n")
    pairs = datasets.load("lfw", root=tmp_path)
    assert pairs.notes == ("None of their pictures is here, so .images cannot be used.",)


def test_a_folder_called_lfw_beside_the_list_is_where_the_pictures_lie(tmp_path: Path) -> None:
    picture = np.zeros((9, 9, 3), dtype=np.uint8)
    save_image(tmp_path / "lfw/Ann_Author/Ann_Author_0001.JPG", picture)
    (tmp_path / "pairs.txt").write_text("1 1\nAnn_Author 1 2\nAnn_Author 1 Bea_Baker 1\n")
    pairs = datasets.load("lfw", root=tmp_path)
    assert pairs.notes == ("1 of the 3 pictures they name are here.",)
    (tmp_path / "pairs.txt").rename(tmp_path / "lfw/pairs.txt")
    assert datasets.load("lfw", root=tmp_path).notes == pairs.notes


def test_a_list_below_root_finds_the_pictures_beside_its_folder(tmp_path: Path) -> None:
    picture = np.zeros((9, 9, 3), dtype=np.uint8)
    save_image(tmp_path / "lfw_funneled/A/A_0001.jpg", picture)
    (tmp_path / "lfw").mkdir()
    (tmp_path / "lfw/pairs.txt").write_text("1 1\nA 1 2\nA 1 B 1\n")
    assert datasets.load("lfw", root=tmp_path).faces is not None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_foreign_names_are_read_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "pairs.txt").write_text("1\t1\nJosé_B\t1\t2\nA_B\t1\tC_D\t1\n", encoding)
    pairs = datasets.load("lfw", root=tmp_path)
    assert pairs.table["id1"].tolist() == ["José_B", "A_B"]
    assert any("was read as Western European" in note for note in pairs.notes) == (
        encoding == "latin-1"
    )


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    (tmp_path / "pairs.txt").write_text("1 1\n\nA 1 2\n\nA one B 2\n")
    with pytest.raises(BadTable, match="line 5: 'A one B 2'"):
        datasets.load("lfw", root=tmp_path)
    (tmp_path / "pairs.txt").write_text(f"1 {'9' * 5000}\nA 1 2\n")
    with pytest.raises(BadTable, match="does not begin with its counts"):
        datasets.load("lfw", root=tmp_path)
