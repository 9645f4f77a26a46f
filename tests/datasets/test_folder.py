"""One's own photographs become a data set."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers import datasets
from helpers.datasets import save_image
from helpers.errors import BadTable, DataNotFound, InputError, UnknownName

FILES = ("im1.jpg", "im10.jpeg", "holiday/IM2.PNG")


@pytest.fixture
def album(tmp_path: Path) -> Path:
    for value, file in enumerate(FILES):
        save_image(tmp_path / file, np.full((8, 8, 3), 100 * value, dtype=np.uint8))
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


def test_a_table_of_names_alone_chooses_photographs(album: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("file\nim10.jpeg\nim1.jpg\n")
    photographs = datasets.load("folder", root=album, labels=labels)
    assert photographs.files(slice(None)) == ["im10.jpeg", "im1.jpg"]
    assert photographs.table.shape == (2, 0)


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
        ("file,smiles\n\n", "has no rows, so it names nothing"),
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


def as_nobody(look: Callable[[], object]) -> object:
    """Do something as a user who may not enter what is closed; root may enter anything."""
    if os.geteuid() != 0:
        return look()
    os.setresuid(65534, 65534, 0)
    try:
        return look()
    finally:
        os.setresuid(0, 0, 0)


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.mark.skipif(not hasattr(os, "setresuid"), reason="there are no other users here")
@pytest.mark.parametrize("name", [n for n in datasets.LOADERS if not n.startswith("synthetic")])
@pytest.mark.parametrize("below", [".", "inner"])
def test_a_folder_that_may_not_be_entered_is_named(public: Path, name: str, below: str) -> None:
    # Nobody may perhaps not read this Python: what a loader imports is imported before.
    import_module(f"helpers.datasets.{datasets.LOADERS[name].partition('.')[0]}")
    closed = public / "closed"
    (closed / "inner").mkdir(parents=True)
    closed.chmod(0)
    with pytest.raises(DataNotFound, match=r"closed.* permission denied"):
        as_nobody(lambda: datasets.load(name, root=closed / below))
    closed.chmod(0o700)


@pytest.mark.skipif(not hasattr(os, "setresuid"), reason="there are no other users here")
def test_a_folder_within_that_may_not_be_entered_is_named(public: Path) -> None:
    save_image(public / "a.png", np.zeros((4, 4, 3), dtype=np.uint8))
    (public / "private").mkdir(mode=0)
    with pytest.raises(DataNotFound, match="private may not be entered: permission denied"):
        as_nobody(lambda: datasets.load("folder", root=public))


@pytest.mark.parametrize("name", datasets.LOADERS)
@pytest.mark.parametrize("root", [5, b"photos", "a\0b", "", "~nosuchuser/photos"])
def test_what_is_no_folder_is_refused_by_every_loader(name: str, root: Any) -> None:
    with pytest.raises(InputError, match="root|the path|nosuchuser"):
        datasets.load(name, root=root)


def test_a_misspelt_option_is_answered_with_the_options_there_are(album: Path) -> None:
    with pytest.raises(UnknownName, match="'label': did you mean 'labels'.* split, root, labels"):
        datasets.load("folder", root=album, label="labels.csv")
    with pytest.raises(UnknownName, match="'persons'.*people, pictures, size, seed"):
        datasets.load("synthetic-identities-pairs", persons=40)
    with pytest.raises(UnknownName, match="no data set"):
        datasets.load(["folder"])  # type: ignore[call-overload]


def test_every_ending_of_a_photograph_is_read_and_others_are_counted(tmp_path: Path) -> None:
    black = np.zeros((4, 4, 3), dtype=np.uint8)
    picture = save_image(tmp_path / "a.jpg", black)
    for name in ("b.jfif", "c.jpe", "d.pjpeg", "e.JPG", "f.Jpeg", "g.JFIF"):
        shutil.copy(picture, tmp_path / name)
    for name in ("h.heic", "i.HEIC", "j.mov", "IMG_1", "notes.txt", "labels.csv"):
        (tmp_path / name).write_bytes(b"x")
    album = datasets.load("folder", root=tmp_path)
    assert len(album) == 7
    assert album.images(slice(None)).shape == (7, 3, 4, 4)
    assert album.notes == (
        (
            "4 files were left out because of their endings (2 .heic, 1 .mov, 1 without ending): "
            "if they are photographs, save them as JPEG or PNG."
        ),
    )


def test_a_folder_of_heic_alone_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.heic").write_bytes(b"x")
    with pytest.raises(DataNotFound, match=r"no photograph in it .*1 \.heic"):
        datasets.load("folder", root=tmp_path)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("file,smiles\n,1\nim1.jpg,2\n", "line 2: file is empty, so it names no photograph"),
        ("file,smiles,smiles \nim1.jpg,1,2\n", "2 columns called 'smiles'"),
        ("file,smiles\nim1.jpg,1\nim10.jpeg\n", "line 3 has 1 of the 2 cells"),
    ],
)
def test_a_row_without_meaning_is_named_with_its_line(
    album: Path, tmp_path: Path, text: str, complaint: str
) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text(text)
    with pytest.raises(BadTable, match=complaint):
        datasets.load("folder", root=album, labels=labels)


def test_names_and_codes_of_digits_stay_text(tmp_path: Path) -> None:
    save_image(tmp_path / "007.png", np.zeros((4, 4, 3), dtype=np.uint8))
    labels = tmp_path / "labels.csv"
    labels.write_text(" file ; camera\n 007.png ; 0042 \n;\n")
    table = datasets.load("folder", root=tmp_path, labels=labels).table
    assert table["camera"].to_dict() == {"007.png": "0042"}


def test_nobody_changes_which_data_sets_there_are() -> None:
    with pytest.raises(TypeError):
        datasets.LOADERS["mine"] = "folder.load"  # type: ignore[index]
