"""The networks of the rendered faces without a planted cue: detectors, recogniser, subgroups."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import roc_auc_score
from torch.nn import functional as F

from helpers import datasets, faces, models
from helpers.datasets.synthetic import PRESENTATIONS, SUBGROUPS

WEIGHTS = Path(models.__file__).parent / "weights"
HAND_SET = {
    "synthetic-lips-redness": ({"u_lip", "l_lip", "mouth"}, {"lipstick": True}),
    "synthetic-glasses-darkness": ({"eye_g"}, {"glasses": True, "glasses_style": "dark"}),
}
TRAINED = ("synthetic-recogniser", "synthetic-subgroups")
FEW = ("tones 4-5, short hair", "tones 8-10, long hair")


def card(name: str) -> dict[str, Any]:
    return json.loads((WEIGHTS / f"{name}.json").read_text(encoding="utf-8"))


def pixels(people: list[faces.Face]) -> torch.Tensor:
    return datasets.to_tensor(list(faces.render(people).images))


@pytest.mark.parametrize("name", [*HAND_SET, *TRAINED])
def test_cards_belong_to_their_weights(name: str) -> None:
    path = WEIGHTS / f"{name}.safetensors"
    assert card(name)["sha256"] == models.file_hash(path)
    assert path.stat().st_size < 2e6


@pytest.mark.parametrize("name", HAND_SET)
def test_a_detector_by_hand_finds_what_it_was_made_for(name: str) -> None:
    regions, put_on = HAND_SET[name]
    assert card(name)["accuracy"]["all"]["low"] > 0.97
    effects = pd.DataFrame(card(name)["region_effects"])
    assert effects["region"][0] in regions
    assert effects[~effects["region"].isin(regions)]["effect"].max() < 0.02
    bare = dict.fromkeys(("lipstick", "glasses", "hat"), False)
    plain = faces.sample(24, seed=31, **bare)
    with_it = [faces.twin(face, **put_on) for face in plain]
    network = models.load(name)
    with torch.inference_mode():
        rise = network(pixels(with_it)) - network(pixels(plain))
    assert (rise[:, 1] > 0).all()
    assert (rise[:, 0] == 0).all()


@pytest.mark.parametrize("name", HAND_SET)
def test_a_detector_by_hand_is_blind_outside_its_window(name: str) -> None:
    network = models.load(name)
    image = pixels(faces.sample(1, seed=5)).requires_grad_()
    network(image)[0, 1].backward()
    top, left, bottom, right = (round(112 * each) for each in network.options()["window"])
    outside = torch.ones(112, 112, dtype=torch.bool)
    outside[top:bottom, left:right] = False
    assert (image.grad[0, :, outside] == 0).all()


def test_the_recogniser_tells_new_people_apart() -> None:
    people = faces.sample(30, seed=77)
    shown = [face for k, each in enumerate(people) for face in faces.retakes(each, 3, 900 + k)]
    with torch.inference_mode():
        embedded = F.normalize(models.load("synthetic-recogniser")(pixels(shown)), dim=1).numpy()
    person = np.repeat(np.arange(30), 3)
    first, second = np.triu_indices(90, 1)
    alike = (embedded[first] * embedded[second]).sum(axis=1)
    assert roc_auc_score(person[first] == person[second], alike) > 0.95


def test_the_recogniser_serves_those_it_saw_little_of_worse_than_their_peers() -> None:
    errors = pd.DataFrame(card("synthetic-recogniser")["verification"]).set_index("group")
    assert list(errors.index) == list(SUBGROUPS)
    for kind in PRESENTATIONS:
        peers = [group for group in SUBGROUPS if group.endswith(kind)]
        few = next(group for group in FEW if group in peers)
        others = errors.loc[[group for group in peers if group != few]]
        # At one threshold those seen rarely either resemble each other too much, or not themselves.
        worse = errors.loc[few, ["fmr", "fnmr"]] > others[["fmr", "fnmr"]].max()
        assert worse.any(), (few, errors)


def test_the_classifier_of_subgroups_knows_faces_it_has_not_seen() -> None:
    network = models.load("synthetic-subgroups")
    assert network.classes == SUBGROUPS
    assert card("synthetic-subgroups")["accuracy"]["all"]["low"] > 0.8
    people = faces.sample(60, seed=404)
    hair = {
        "chin": "long hair",
        "long": "long hair",
        "short": "short hair",
        "cropped": "short hair",
    }
    known = [face for face in people if face.hair_length in hair and not face.hat]
    names = [f"tones {faces.band(face.skin_tone)}, {hair[face.hair_length]}" for face in known]
    with torch.inference_mode():
        said = [network.classes[k] for k in network(pixels(known)).argmax(dim=1)]
    assert np.mean([a == b for a, b in zip(said, names, strict=True)]) > 0.6
