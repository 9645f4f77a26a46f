"""The network that the course ships, as it is shipped."""

import json
import shutil
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from helpers import datasets, models
from helpers.errors import InputError
from helpers.intervals import wilson

NAME = "gender-fairface"
WEIGHTS = Path(models.__file__).parent / "weights" / f"{NAME}.safetensors"
ADULT = ["20-29", "30-39", "40-49", "50-59", "60-69", "more than 70"]


@lru_cache
def model() -> nn.Module:
    return models.load(NAME)


def card() -> dict[str, Any]:
    return json.loads(WEIGHTS.with_suffix(".json").read_text(encoding="utf-8"))


def figures() -> list[dict[str, Any]]:
    accuracy = card()["accuracy"]
    return [accuracy["overall"], *accuracy["groups"]]


def test_it_loads_by_name_and_says_what_it_answers() -> None:
    assert NAME in models.available()
    network = model()
    assert not network.training
    assert network.classes == ("Male", "Female")
    assert network.input_size == (112, 112)
    assert network.layer == "layer4"
    assert network.card == card()
    with torch.no_grad():
        logits = network(torch.rand(2, 3, 112, 112))
    assert logits.shape == (2, 2)
    assert logits.isfinite().all()


def test_its_file_is_small_and_holds_half_precision() -> None:
    assert WEIGHTS.stat().st_size <= 6_000_000


def test_its_file_is_the_one_of_its_card() -> None:
    assert card()["sha256"] == models.file_hash(WEIGHTS)


def test_a_flipped_bit_is_refused(tmp_path: Path) -> None:
    copy = tmp_path / WEIGHTS.name
    shutil.copy(WEIGHTS.with_suffix(".json"), tmp_path)
    content = bytearray(WEIGHTS.read_bytes())
    content[len(content) // 2] ^= 1
    copy.write_bytes(content)
    with pytest.raises(InputError, match="sha256 differs"):
        models.load(copy)


def test_its_card_says_what_a_reader_must_know() -> None:
    expected = [
        "name",
        "sha256",
        "task",
        "data",
        "procedure",
        "recipe",
        "accuracy",
        "seeds",
        "intended_use",
        "limits",
        "licence",
    ]
    written = card()
    assert set(expected) <= set(written)
    assert all(written[key] for key in expected)
    assert written["name"] == NAME
    assert len(written["limits"]) >= 3
    assert len(written["seeds"]) >= 2


def test_the_groups_of_its_card_add_up_to_the_validation_faces() -> None:
    overall, *groups = figures()
    assert overall["n"] == sum(group["n"] for group in groups) == 910
    assert overall["correct"] == sum(group["correct"] for group in groups)
    assert len({(group["race"], group["gender"]) for group in groups}) == len(groups) == 14


def test_its_intervals_are_wilsons() -> None:
    for figure in figures():
        low, high = wilson(figure["correct"], figure["n"])
        assert figure["value"] == pytest.approx(figure["correct"] / figure["n"], abs=5e-5)
        assert (figure["low"], figure["high"]) == pytest.approx((low, high), abs=1e-4)


def test_its_card_in_prose_has_the_same_figures() -> None:
    prose = WEIGHTS.with_suffix(".md").read_text(encoding="utf-8")
    written = card()
    assert f"{written['accuracy']['overall']['value']:.4f} of 910" in prose
    for group in written["accuracy"]["groups"]:
        assert (
            f"| {group['race']} | {group['gender']} | {group['n']} | {group['value']:.3f}" in prose
        )
    assert all(limit in prose for limit in written["limits"])


@lru_cache
def validation() -> pd.DataFrame:
    """The validation faces of adults, and whether the network answers as annotated."""
    faces = datasets.load("fairface", split="val").where(age=ADULT)
    answers = []
    for _, images in faces.batches(64, size=model().input_size):
        with torch.inference_mode():
            answers.append(model()(images).argmax(1).numpy())
    names = np.array(model().classes)[np.concatenate(answers)]
    return faces.table.assign(right=names == faces.table["gender"].to_numpy(dtype=str))


@pytest.mark.real_data
def test_its_accuracy_is_the_one_of_its_card_and_at_least_91_percent() -> None:
    right = validation()["right"]
    overall = card()["accuracy"]["overall"]
    # Another processor rounds otherwise, which may turn a face or two that lie on the border.
    assert len(right) == overall["n"]
    assert abs(int(right.sum()) - overall["correct"]) <= 2
    assert right.mean() >= 0.91


@pytest.mark.real_data
def test_its_accuracy_in_each_group_is_the_one_of_its_card() -> None:
    measured = validation().groupby(["race", "gender"], observed=True)["right"].agg(["size", "sum"])
    for group in card()["accuracy"]["groups"]:
        n, correct = measured.loc[(group["race"], group["gender"])]
        assert int(n) == group["n"]
        assert abs(int(correct) - group["correct"]) <= 1  # rounding, as above
