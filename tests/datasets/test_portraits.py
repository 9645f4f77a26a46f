"""Official portraits come in several sizes, with what is officially recorded of their people."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers import datasets
from helpers.datasets import save_image
from helpers.datasets.places import VARIABLE
from helpers.errors import BadTable, DataNotFound, InputError

HEADER = "file,gender,born,first_elected"
ROWS = ("B000002.jpg,Male,1971,2011", "A000001.jpg,Female,1960,2001")


def labelled(folder: Path, *rows: str, header: str = HEADER) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "labels.csv").write_text("\n".join((header, *rows, "")))
    return folder


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Two people, in pictures of two sizes."""
    folder = labelled(tmp_path / "portraits", *ROWS)
    save_image(folder / "images" / "A000001.jpg", np.zeros((219, 175, 3), dtype=np.uint8))
    save_image(folder / "images" / "B000002.jpg", np.full((225, 180, 3), 255, dtype=np.uint8))
    return folder


def test_what_is_recorded_is_read_in_the_order_of_the_table(album: Path) -> None:
    portraits = datasets.load("portraits", root=album)
    assert portraits.name == "portraits"
    assert portraits.table.index.name == "file"
    assert list(portraits.table.index) == ["B000002.jpg", "A000001.jpg"]
    assert list(portraits.table["gender"].cat.categories) == ["Male", "Female"]
    assert portraits.where(gender="Female").table["born"].tolist() == [1960]
    assert pd.api.types.is_integer_dtype(portraits.table["first_elected"])
    assert portraits.notes == ()


def test_pictures_of_several_sizes_make_a_batch_once_a_size_is_named(album: Path) -> None:
    portraits = datasets.load("portraits", root=album)
    assert portraits.images("A000001.jpg").shape == (1, 3, 219, 175)
    with pytest.raises(InputError, match=r"2 different sizes .* say which size you want"):
        portraits.images([0, 1])
    batch = portraits.images([0, 1], size=(220, 176))
    assert batch.shape == (2, 3, 220, 176)
    assert batch.mean(dim=(1, 2, 3)).tolist() == pytest.approx([1, 0], abs=0.01)


def test_it_is_found_in_the_data_folder(album: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(album.parent))
    assert len(datasets.load("portraits")) == len(datasets.load("portraits", root=album)) == 2


def test_rows_without_a_picture_and_pictures_without_a_row_are_counted(album: Path) -> None:
    labelled(album, ROWS[0], "C000003.jpg,Male,1950,1999", "D000004.jpg,Female,1951,1999")
    portraits = datasets.load("portraits", root=album)
    assert list(portraits.table.index) == ["B000002.jpg"]
    assert portraits.notes == (
        "2 rows of the table have no photograph.",
        "1 photographs have no row in the table and were left out.",
    )


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("A000001.jpg,female,1960,2001", r"line 2 \(A000001.jpg\): gender 'female' is none of"),
        ("A000001.jpg,,1960,2001", "gender '' is none of Male, Female"),
        ("A000001.jpg,Female,196O,2001", "born '196O' is no year"),
        ("A000001.jpg,Female,1960,", "first_elected '' is no year"),
        ("A000001.jpg,Female,1960.0,2001", "born '1960.0' is no year"),
        ("A000001.jpg,Female,1\N{ARABIC-INDIC DIGIT NINE}60,2001", "born '1.60' is no year"),
        (",Female,1960,2001", "file is empty"),
        ("\n".join(ROWS[1:] * 2), "has a row already"),
        ("Z999999.jpg,Female,1960,2001", "names Z999999.jpg but the photographs are called"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(album: Path, row: str, complaint: str) -> None:
    labelled(album, row)
    with pytest.raises(BadTable, match=complaint):
        datasets.load("portraits", root=album)


def test_a_table_without_rows_or_a_column_is_refused(album: Path) -> None:
    for rows in ((), ("",), ("", "")):
        labelled(album, *rows)
        with pytest.raises(BadTable, match="labels.csv has no rows, so it names nothing"):
            datasets.load("portraits", root=album)
    labelled(album, "A000001.jpg,Female", header="file,gender")
    with pytest.raises(BadTable, match="no column born, first_elected"):
        datasets.load("portraits", root=album)


def test_what_is_not_here_comes_with_the_command_that_fetches_it(tmp_path: Path) -> None:
    fetch = r"python data_scripts/fetch_portraits\.py"
    with pytest.raises(DataNotFound, match=fetch):
        datasets.load("portraits", root=tmp_path / "nowhere")
    with pytest.raises(DataNotFound, match=rf"labels\.csv, is not in .*{fetch}"):
        datasets.load("portraits", root=tmp_path)
    with pytest.raises(DataNotFound, match=rf"no picture such as A000055\.jpg .*{fetch}"):
        datasets.load("portraits", root=labelled(tmp_path / "empty", *ROWS))


def test_portraits_have_no_splits(album: Path) -> None:
    with pytest.raises(InputError, match="the portraits have no splits"):
        datasets.load("portraits", split="train", root=album)


@pytest.mark.real_data
def test_the_real_portraits_are_two_hundred_and_eighty_seven(data_folder: Path) -> None:
    if not (data_folder / "portraits").is_dir():
        pytest.skip(f"{VARIABLE} has no portraits")
    portraits = datasets.load("portraits", root=data_folder)
    assert portraits.notes == ()
    assert portraits.table["gender"].value_counts().to_dict() == {"Male": 203, "Female": 84}
    assert portraits.table["born"].between(1933, 1989).all()
    read = sum(len(images) for _, images in portraits.batches(64, size=(220, 176)))
    assert read == 287
