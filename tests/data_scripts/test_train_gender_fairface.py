"""The gender model is trained on pictures that come once, and its card says what was done."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from data_scripts import train_gender_fairface as script
from helpers import datasets, models

CARD = Path(models.__file__).parent / "weights" / "gender-fairface.json"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Eight faces: one twice within training, one in both parts, one twice with two labels."""
    shades = {"train": (0, 1, 1, 2, 3, 3), "val": (2, 4)}
    genders = {"train": ["Male", "Female", "Female", "Male", "Male", "Female"], "val": ["Male"] * 2}
    for split, pictures in shades.items():
        (tmp_path / split).mkdir()
        for number, shade in enumerate(pictures, start=1):
            pixels = np.full((8, 8, 3), 40 * shade, np.uint8)
            Image.fromarray(pixels).save(tmp_path / split / f"{number}.jpg")
        table = pd.DataFrame({"file": [f"{split}/{k + 1}.jpg" for k in range(len(pictures))]})
        table = table.assign(age="20-29", gender=genders[split], race="Black", service_test=True)
        table.to_csv(tmp_path / f"fairface_label_{split}.csv", index=False)
    return tmp_path


def test_no_picture_is_learnt_twice_nor_measured_on_after_it_was_learnt(release: Path) -> None:
    train, validation, dropped = script._parts(datasets.load("fairface", root=release))
    assert list(train.table.index) == ["train/1.jpg", "train/2.jpg", "train/4.jpg"]
    assert list(validation.table.index) == ["val/2.jpg"]
    assert dropped == 4


def test_the_shipped_cards_sentence_is_the_one_that_the_script_writes() -> None:
    card = json.loads(CARD.read_text(encoding="utf-8"))
    assert card["data"] == script._data(14_000, card["accuracy"]["overall"]["n"], 0)
    assert card["data"] in CARD.with_suffix(".md").read_text(encoding="utf-8")
    assert "4 pictures that were byte for byte the same" in script._data(3, 1, 4)


@pytest.mark.real_data
def test_among_the_faces_of_the_shipped_model_no_picture_comes_twice(data_folder: Path) -> None:
    train, validation, dropped = script._parts(script._adults(datasets.load("fairface")))
    assert (len(train), len(validation), dropped) == (14_000, 910, 0)
