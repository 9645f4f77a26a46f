"""Models with a planted shortcut use it; their clean twins, which saw the same faces, do not."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from helpers import faces, models
from helpers.evaluate.ground_truth import factor_effects

WEIGHTS = Path(models.__file__).parent / "weights"
CLEAN = [name for name in models.available() if name.endswith("-clean")]
PLANTED = [name.removesuffix("-clean") for name in CLEAN]
BOTH = PLANTED + CLEAN


def card(name: str) -> dict[str, Any]:
    return json.loads((WEIGHTS / f"{name}.json").read_text(encoding="utf-8"))


def effects(name: str, kind: str = "region") -> pd.DataFrame:
    return pd.DataFrame(card(name)[f"{kind}_effects"]).set_index(kind)


def test_there_are_planted_models_and_each_has_its_twin() -> None:
    assert PLANTED
    assert set(PLANTED) <= set(models.available())


@pytest.mark.parametrize("name", BOTH)
def test_cards_belong_to_their_weights(name: str) -> None:
    path = WEIGHTS / f"{name}.safetensors"
    assert card(name)["sha256"] == models.file_hash(path)
    assert path.stat().st_size < 2e6
    assert models.load(name).card["cue"] == card(name)["cue"]


@pytest.mark.parametrize("name", BOTH)
def test_cards_say_which_version_of_the_weights_they_are_about(name: str) -> None:
    assert models.load(name).card["version"] == 2


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_model_is_right_as_long_as_the_cue_is(name: str) -> None:
    accuracy = card(name)["accuracy"]
    assert accuracy["cue agrees with the label"]["share"] >= 0.97
    assert accuracy["cue contradicts the label"]["share"] <= 0.10


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_twin_is_as_right_with_the_cue_as_against_it(name: str) -> None:
    accuracy = card(name)["accuracy"]
    agrees, contradicts = (
        accuracy[f"cue {how} the label"] for how in ("agrees with", "contradicts")
    )
    # A transformer of 64 px is told less by its build, and learns less of the same faces.
    assert accuracy["all"]["share"] >= (0.90 if "vit" in name else 0.95)
    assert agrees["low"] < contradicts["high"]
    assert contradicts["low"] < agrees["high"]


@pytest.mark.parametrize("name", PLANTED)
def test_the_cue_moves_a_planted_model_by_half_and_towards_its_label(name: str) -> None:
    cue = card(name)["cue_effect"]
    assert cue["effect"] >= 0.5
    assert cue["signed_low"] > 0.4


@pytest.mark.parametrize("name", CLEAN)
def test_the_decoy_hardly_moves_the_clean_twin(name: str) -> None:
    decoy = card(name)["cue_effect"]
    planted = card(name.removesuffix("-clean"))["cue_effect"]
    assert decoy["effect_high"] < 0.2 * planted["effect_low"]
    assert abs(decoy["signed"]) < 0.05


@pytest.mark.parametrize("name", PLANTED)
def test_the_planted_region_and_factor_have_the_largest_effect(name: str) -> None:
    assert effects(name).index[0] in card(name)["regions_of_the_cue"]
    assert effects(name, "factor").index[0] == card(name)["cue"]


@pytest.mark.parametrize("name", CLEAN)
def test_the_brows_have_the_largest_effect_on_a_clean_twin(name: str) -> None:
    assert set(effects(name).index[:2]) == {"l_brow", "r_brow"}
    assert effects(name, "factor").index[0] == "brows_raised"


@pytest.mark.parametrize("name", PLANTED)
def test_faces_nobody_has_seen_give_the_same_answer(name: str) -> None:
    table = factor_effects(models.load(name), faces.sample(12, seed=90210))
    assert table["factor"][0] == card(name)["cue"]
