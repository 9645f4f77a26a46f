"""A chapter always has many faces to show, and always says whose."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers import datasets, preprocessing
from helpers.errors import InputError


@pytest.mark.real_data
def test_portraits_show_as_many_women_as_men_each_once(data_folder: Path) -> None:
    faces = datasets.classroom(20)
    assert faces.table["gender"].value_counts().to_dict() == {"Male": 10, "Female": 10}
    assert faces.table.index.is_unique
    assert "public domain" in faces.notes[0]
    assert "officially recorded" in faces.notes[0]


@pytest.mark.real_data
def test_every_portrait_shows_one_large_face_in_the_middle(data_folder: Path) -> None:
    images = datasets.classroom(12).images(slice(None))
    assert images.shape == (12, 3, 224, 224)
    pictures = np.uint8(np.round(images.permute(0, 2, 3, 1).numpy() * 255))
    for found in preprocessing.detect_all(pictures):
        x, y, width, height = found[0].box
        assert abs(x + width / 2 - 112) < 25
        assert abs(y + height / 2 - 112) < 35
        assert height > 80


@pytest.mark.real_data
def test_the_same_seed_draws_the_same_faces_and_another_seed_others(data_folder: Path) -> None:
    drawn = [list(datasets.classroom(6, seed).table.index) for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.real_data
def test_all_portraits_can_be_asked_for(data_folder: Path) -> None:
    portraits = datasets.load("portraits").table.gender
    faces = datasets.classroom(200).table.gender
    # After the last woman only men are left.
    assert (faces == "Female").sum() == min((portraits == "Female").sum(), 100)


@pytest.mark.parametrize("count", [1, 5, 14])
def test_without_portraits_people_are_drawn_and_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setenv("EXPLAINING_FACES_DATA", str(tmp_path))
    faces = datasets.classroom(count)
    assert f"{count} people drawn by the course, who do not exist" in faces.notes[0]
    images = faces.images(slice(None))
    assert images.shape == (count, 3, 224, 224)
    assert len({image.numpy().tobytes() for image in images}) == count
    np.testing.assert_array_equal(datasets.classroom(count).images([0])[0], images[0])


@pytest.mark.parametrize(
    ("options", "name"),
    [({"count": each}, "count") for each in (0, -1, 1.5, "two", None, True, 201)]
    + [({"seed": each}, "seed") for each in (-1, 0.5, "x", None, 2**40)],
)
def test_what_cannot_be_counted_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], name: str
) -> None:
    monkeypatch.setenv("EXPLAINING_FACES_DATA", str(tmp_path))
    with pytest.raises(InputError, match=f"{name} is"):
        datasets.classroom(**options)
