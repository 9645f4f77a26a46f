"""A chapter always has faces to work with, and always says whose."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers import datasets
from helpers.errors import InputError


@pytest.mark.real_data
def test_with_fairface_every_race_and_gender_is_equally_frequent(data_folder: Path) -> None:
    faces = datasets.classroom(per_group=2)
    counts = faces.table.groupby(["race", "gender"], observed=True).size()
    assert len(counts) == 14
    assert set(counts) == {2}
    assert (faces.table["age"] >= "20-29").all()
    assert "FairFace" in faces.notes[0]


@pytest.mark.real_data
def test_the_same_seed_draws_the_same_faces_and_another_seed_others(data_folder: Path) -> None:
    drawn = [list(datasets.classroom(2, seed).table.index) for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_without_fairface_it_is_one_person_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPLAINING_FACES_DATA", str(tmp_path))
    faces = datasets.classroom(per_group=3)
    assert len(faces) == 42
    assert "nothing about people" in faces.notes[0]
    assert "Eileen Collins" in faces.notes[0]
    images = faces.images(slice(None))
    assert images.shape == (42, 3, 224, 224)
    assert len({image.numpy().tobytes() for image in images}) == 42
    again = datasets.classroom(per_group=3).images([5])
    np.testing.assert_array_equal(again[0], images[5])


@pytest.mark.parametrize(
    ("options", "name"),
    [({"per_group": each}, "per_group") for each in (0, -1, 1.5, "two", None, True)]
    + [({"seed": each}, "seed") for each in (-1, 0.5, "x", None, 2**40)],
)
def test_what_cannot_be_counted_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], name: str
) -> None:
    monkeypatch.setenv("EXPLAINING_FACES_DATA", str(tmp_path))
    with pytest.raises(InputError, match=f"{name} is"):
        datasets.classroom(**options)


@pytest.mark.real_data
def test_more_faces_than_there_are_is_a_sentence(data_folder: Path) -> None:
    with pytest.raises(InputError, match="per_group is 100, but .* there are only 65 faces"):
        datasets.classroom(per_group=100)
