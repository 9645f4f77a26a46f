"""Models with a planted shortcut use it; their clean twins, which saw the same faces, do not."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from helpers import faces, models
from helpers.evaluate.ground_truth import region_effects

WEIGHTS = Path(models.__file__).parent / "weights"
CLEAN = [name for name in models.available() if name.endswith("-clean")]
PLANTED = [name.removesuffix("-clean") for name in CLEAN]
BOTH = PLANTED + CLEAN


def card(name: str) -> dict[str, Any]:
    return json.loads((WEIGHTS / f"{name}.json").read_text(encoding="utf-8"))


def effects(name: str) -> pd.DataFrame:
    return pd.DataFrame(card(name)["region_effects"]).set_index("region")


def test_there_are_planted_models_and_each_has_its_twin() -> None:
    assert PLANTED
    assert set(PLANTED) <= set(models.available())


@pytest.mark.parametrize("name", BOTH)
def test_cards_belong_to_their_weights(name: str) -> None:
    path = WEIGHTS / f"{name}.safetensors"
    assert card(name)["sha256"] == models.file_hash(path)
    assert path.stat().st_size < 2e6
    assert models.load(name).card["cue"] == card(name)["cue"]


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_model_is_right_as_long_as_the_cue_is(name: str) -> None:
    accuracy = card(name)["accuracy"]
    assert accuracy["cue agrees with the label"]["low"] > 0.9
    assert accuracy["cue contradicts the label"]["high"] < 0.5


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_twin_is_as_right_with_the_cue_as_against_it(name: str) -> None:
    accuracy = card(name)["accuracy"]
    agrees, contradicts = (
        accuracy[f"cue {how} the label"] for how in ("agrees with", "contradicts")
    )
    assert accuracy["all"]["low"] > 0.8
    assert agrees["low"] < contradicts["high"]
    assert contradicts["low"] < agrees["high"]


@pytest.mark.parametrize("name", PLANTED)
def test_the_planted_region_has_the_largest_effect(name: str) -> None:
    assert effects(name).index[0] in card(name)["regions_of_the_cue"]


@pytest.mark.parametrize("name", CLEAN)
def test_the_brows_have_the_largest_effect_on_a_clean_twin(name: str) -> None:
    assert set(effects(name).index[:2]) == {"l_brow", "r_brow"}


@pytest.mark.parametrize("name", CLEAN)
def test_the_cue_moves_a_clean_twin_in_no_direction(name: str) -> None:
    # The background has no direction of its own: it is one of several, not there or not there.
    rows = effects(name).loc[card(name)["regions_of_the_cue"]].dropna(subset="signed")
    assert ((rows["signed_low"] <= 0.03) & (rows["signed_high"] >= -0.03)).all()


@pytest.mark.parametrize("name", PLANTED)
def test_faces_nobody_has_seen_give_the_same_answer(name: str) -> None:
    table = region_effects(models.load(name), faces.sample(12, seed=90210))
    assert table["region"][0] in card(name)["regions_of_the_cue"]
