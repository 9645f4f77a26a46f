"""Exchanging regions finds what a model uses: tested on networks whose weights were written down."""

import numpy as np
import pytest
import torch
from torch import nn

from helpers import faces
from helpers.errors import InputError
from helpers.evaluate.ground_truth import EXCHANGED, region_effects
from helpers.faces import REGIONS
from helpers.models.architectures import HandSetDetector

PEOPLE = faces.sample(14, seed=3, glasses=False, mouth_open=0.0, beard=False)


def redness(gain: float = 40.0) -> nn.Module:
    """Reacts to red pixels around the mouth, and to nothing else."""
    return HandSetDetector(
        ("bare", "painted"),
        colour=(1.0, -0.5, -0.5),
        threshold=0.3,
        window=(0.52, 0.32, 0.80, 0.68),
        least=0.02,
        gain=gain,
    ).eval()


@pytest.fixture(scope="module")
def effects():
    return region_effects(redness(), PEOPLE)


def test_every_region_has_a_counterfactual():
    assert set(EXCHANGED) == set(REGIONS)


def test_there_is_a_row_per_region_with_the_largest_effect_first(effects):
    assert sorted(effects["region"]) == sorted(REGIONS)
    assert effects["effect"].is_monotonic_decreasing
    assert ((effects["low"] <= effects["effect"]) & (effects["effect"] <= effects["high"])).all()


def test_a_detector_of_red_lips_is_found_to_use_the_lips(effects):
    assert set(effects["region"][:2]) == {"u_lip", "l_lip"}
    assert (effects["signed_low"][:2] > 0).all()


def test_regions_outside_its_window_have_no_effect_at_all(effects):
    rows = effects.set_index("region")
    for region in ("hat", "background", "cloth", "l_brow", "r_brow", "l_eye", "neck_l"):
        assert rows.loc[region, "effect"] == 0, region


def test_a_model_that_looks_at_nothing_has_no_effects():
    table = region_effects(redness(gain=0.0), PEOPLE)
    assert (table["effect"] == 0).all()


def test_regions_that_never_show_are_counted_as_such(effects):
    rows = effects.set_index("region")
    assert rows.loc["hat", "n"] == len(PEOPLE)  # put on, or taken off
    bald = faces.sample(4, seed=1, hair_length="none", hat=False)
    table = region_effects(redness(), bald).set_index("region")
    assert table.loc["hair", "n"] == 0
    assert np.isnan(table.loc["hair", "effect"])


def test_only_what_can_be_put_on_has_a_direction(effects):
    rows = effects.set_index("region")
    assert rows.loc[["hat", "eye_g", "u_lip", "ear_r"], "signed"].notna().all()
    assert rows.loc[["hair", "nose", "background", "l_brow"], "signed"].isna().all()


def test_the_same_seed_gives_the_same_table(effects):
    assert region_effects(redness(), PEOPLE).equals(effects)


def test_a_single_face_has_no_interval():
    with pytest.raises(InputError, match="at least two"):
        region_effects(redness(), PEOPLE[:1])


def test_a_recogniser_has_no_class_score():
    embedder = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 1))
    with pytest.raises(InputError, match="two classes or more"):
        region_effects(embedder, PEOPLE[:2])


def test_relevance_of_a_hand_set_network_is_known_pixel_by_pixel():
    network = redness()
    images = torch.from_numpy(faces.render(PEOPLE[:3]).images).permute(0, 3, 1, 2) / 255
    images.requires_grad_(requires_grad=True)
    score = network(images)[:, 1]
    (gradient,) = torch.autograd.grad(score.sum(), images)
    weights = torch.tensor([1.0, -0.5, -0.5]).view(1, 3, 1, 1)
    red = (images * weights).sum(1) - 0.3
    window = network.window.weight[1].view(1, 1, 112, 112)
    expected = window * weights * (red > 0)[:, None]
    assert torch.allclose(gradient, expected, atol=1e-6)
    assert torch.allclose(score, (red.clamp(min=0) * window[:, 0]).sum((1, 2)) - 0.8, atol=1e-4)
