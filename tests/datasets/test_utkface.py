"""UTKFace's names are its labels, and a few of the release are not names."""

from pathlib import Path

import numpy as np
import pytest

from helpers import datasets
from helpers.datasets import save_image
from helpers.errors import BadTable, DataNotFound, InputError

GOOD = ("26_1_2_20170116174525125.jpg.chip.jpg", "116_0_4_20170120134921760.jpg")
WITHOUT_RACE = "61_1_20170109142408075.jpg.chip.jpg"
WITHOUT_GENDER = "53__0_20170116184028385.jpg"
UNKNOWN_GENDER = "61_3_20170109150557335.jpg"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    for folder, file in [
        ("part1", GOOD[0]),
        ("part2", GOOD[1]),
        ("part1", WITHOUT_RACE),
        ("part1", WITHOUT_GENDER),
        ("part2", UNKNOWN_GENDER),
    ]:
        save_image(tmp_path / folder / file, np.zeros((20, 20, 3), dtype=np.uint8))
    return tmp_path


def test_labels_are_read_from_names(release: Path) -> None:
    table = datasets.load("utkface", root=release).table
    assert list(table.index) == [f"part1/{GOOD[0]}", f"part2/{GOOD[1]}"]
    assert table["age"].tolist() == [26, 116]
    assert table["gender"].tolist() == ["Female", "Male"]
    assert table["race"].tolist() == ["Asian", "Others"]


def test_names_that_lack_a_field_are_left_out_and_named(release: Path) -> None:
    notes = datasets.load("utkface", root=release).notes
    assert len(notes) == 1
    assert notes[0].startswith("3 pictures were left out")
    assert all(file in notes[0] for file in (WITHOUT_RACE, WITHOUT_GENDER, UNKNOWN_GENDER))


def test_a_copy_that_holds_everything_twice_is_noted(release: Path) -> None:
    again = release / "crop_part1" / GOOD[0]
    save_image(again, np.zeros((20, 20, 3), dtype=np.uint8))
    faces = datasets.load("utkface", root=release)
    assert len(faces) == 3
    assert "1 pictures lie in more than one folder" in faces.notes[1]
    assert len(datasets.duplicates(faces)) == 3


def test_what_cannot_be_loaded_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataNotFound, match="no picture such as"):
        datasets.load("utkface", root=tmp_path)
    with pytest.raises(InputError, match="no splits"):
        datasets.load("utkface", split="train", root=tmp_path)
    save_image(tmp_path / WITHOUT_RACE, np.zeros((20, 20, 3), dtype=np.uint8))
    with pytest.raises(BadTable, match=f"no picture .* the first is {WITHOUT_RACE}"):
        datasets.load("utkface", root=tmp_path)


def test_an_age_that_nobody_has_is_left_out_and_named(release: Path) -> None:
    slip = release / "part1" / "999_0_1_2017.jpg"
    save_image(slip, np.zeros((20, 20, 3), dtype=np.uint8))
    faces = datasets.load("utkface", root=release)
    assert faces.table["age"].max() == 116
    assert slip.name in faces.notes[0]
