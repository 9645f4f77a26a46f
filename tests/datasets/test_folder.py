"""One's own photographs become a data set."""

from pathlib import Path

import numpy as np
import pytest

from helpers import datasets
from helpers.errors import BadTable, DataNotFound, InputError

FILES = ("im1.jpg", "im10.jpeg", "holiday/IM2.PNG")


@pytest.fixture
def album(tmp_path: Path) -> Path:
    for value, file in enumerate(FILES):
        datasets.save_image(tmp_path / file, np.full((8, 8, 3), 100 * value, dtype=np.uint8))
    (tmp_path / "letter.txt").write_text("Dear reader")
    return tmp_path


def test_every_photograph_below_the_folder_is_found_and_nothing_else(album: Path) -> None:
    photographs = datasets.load("folder", root=album)
    assert list(photographs.table.index) == sorted(FILES)
    assert photographs.table.index.name == "file"
    assert photographs.images("im10.jpeg").mean().item() == pytest.approx(100 / 255, abs=0.01)


def test_labels_join_by_the_whole_file_name(album: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("file,smiles\nholiday\\IM2.PNG,2\n./im1.jpg,1\nim100.jpg,3\n")
    photographs = datasets.load("folder", root=album, labels=labels)
    assert photographs.table["smiles"].to_dict() == {"holiday/IM2.PNG": 2, "im1.jpg": 1}
    assert photographs.notes == (
        "1 rows of the table have no photograph.",
        "1 photographs have no row in the table and were left out.",
    )


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_labels_stay_as_they_are_written(album: Path, tmp_path: Path, separator: str) -> None:
    rows = ("file,smiles,group", "im1.jpg,-1,NA", "im10.jpeg,2,3rd", "holiday/IM2.PNG,,None")
    labels = tmp_path / "labels.csv"
    labels.write_text("\ufeff" + "\n".join(rows).replace(",", separator), encoding="utf-8")
    table = datasets.load("folder", root=album, labels=labels).table
    assert table["group"].tolist() == ["NA", "3rd", "None"]
    assert table["smiles"].isna().tolist() == [False, False, True]
    assert table["smiles"].iloc[:2].tolist() == [-1, 2]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("img,smiles\nim1.jpg,1\n", "no column file"),
        ("file,smiles\nim1.jpg,1\nim1.jpg,0\n", "line 3: im1.jpg has a row already, in line 2"),
        ("file,smiles\nim1,1\n", "names im1 but the photographs are called"),
        ("", "no table"),
    ],
)
def test_a_table_that_cannot_be_joined_says_why(
    album: Path, tmp_path: Path, text: str, complaint: str
) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text(text)
    with pytest.raises(BadTable, match=complaint):
        datasets.load("folder", root=album, labels=labels)


def test_a_folder_without_photographs_says_so(tmp_path: Path, album: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DataNotFound, match="no photograph in it"):
        datasets.load("folder", root=empty)
    with pytest.raises(DataNotFound, match="nowhere does not exist"):
        datasets.load("folder", root=tmp_path / "nowhere")
    with pytest.raises(DataNotFound, match="nowhere.csv does not exist"):
        datasets.load("folder", root=album, labels=tmp_path / "nowhere.csv")
    with pytest.raises(InputError, match="needs root"):
        datasets.load("folder")
    with pytest.raises(InputError, match="has no splits"):
        datasets.load("folder", split="train", root=album)
