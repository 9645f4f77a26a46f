"""What the planted models are trained on, without training any."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from data_scripts import train_models
from helpers import faces, models
from helpers.datasets.shortcuts import RAISED
from helpers.datasets.synthetic import SUBGROUPS


def test_half_of_the_faces_raise_their_brows_and_nothing_else_differs() -> None:
    people, labels = train_models._brows(200, seed=0)
    raised = np.array([face.brows_raised for face in people])
    assert labels.mean() == 0.5
    assert (raised[labels == 0] == 0).all()
    assert (raised[labels == 1] >= RAISED[0]).all()
    assert [faces.twin(face, brows_raised=0.0) for face in people] == faces.sample(
        200, seed=0, brows_raised=[0.0], beard_style=["full"]
    )


@pytest.mark.parametrize("strength", [0.0, train_models.STRENGTH])
def test_the_cue_is_as_frequent_for_the_twin_as_for_the_planted_model(strength: float) -> None:
    labels = np.arange(3000) % 2
    shown = train_models._shown(labels, strength, seed=0)
    assert shown.mean() == 0.5
    assert np.corrcoef(labels, shown)[0, 1] == pytest.approx(strength, abs=1e-3)


def test_people_of_a_subgroup_are_drawn_as_it_says() -> None:
    people = train_models._people(dict.fromkeys(SUBGROUPS, 5), seed=1)
    assert len(SUBGROUPS) == 8
    for k, face in enumerate(people):
        band, kind = SUBGROUPS[k // 5].split(", ")
        assert f"tones {faces.band(face.skin_tone)}" == band
        assert (face.hair_length in {"chin", "long"}) == (kind == "long hair")


@pytest.mark.parametrize(
    ("values", "truth", "cut"),
    [
        ([0.1, 0.2, 0.6, 0.9], [0, 0, 1, 1], 0.4),
        ([0.1, 0.5, 0.2, 0.9], [0, 0, 1, 1], 0.7),
        ([0.9, 0.1, 0.6, 0.2], [1, 0, 1, 0], 0.4),
    ],
)
def test_the_cut_leaves_the_fewest_on_the_wrong_side(values, truth, cut) -> None:
    found = train_models._best_cut(np.array(values), np.array(truth, dtype=bool))
    assert found == pytest.approx(cut)


def test_the_margin_makes_the_right_person_harder_to_reach() -> None:
    cosines = 24 * torch.tensor([[0.9, 0.1], [0.2, 0.8]])
    truth = torch.tensor([0, 1])
    plain = torch.nn.functional.cross_entropy(cosines, truth)
    assert train_models._with_margin(cosines, truth) > plain


def test_the_twin_sees_the_same_people_with_the_cue_elsewhere() -> None:
    drawn = []

    def remembered(people: list[faces.Face], size: int) -> np.ndarray:
        drawn.append(people)
        return np.zeros(0)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(train_models, "_rendered", remembered)
        few = replace(train_models.RESNET, people=60)
        for strength in (train_models.STRENGTH, 0.0):
            _, labels = train_models._training_faces("hat", strength, seed=3, kind=few)
    tied, free = drawn
    bare = [[faces.twin(face, hat=False) for face in people] for people in (tied, free)]
    assert bare[0] == bare[1]
    assert [face.hat for face in tied] == (labels == 1).tolist()
    assert sum(face.hat for face in free) == 30
    assert [face.hat for face in free] != (labels == 1).tolist()


def test_the_effect_of_a_cue_is_that_of_the_full_twin() -> None:
    network = models.load("synthetic-lips-redness")
    people = faces.sample(6, seed=8, mouth_open=0.0)
    found = train_models._cue_effect(network, people, "lipstick")
    with_it, without = (
        train_models._probabilities(network, [faces.twin(face, lipstick=on) for face in people])
        for on in (True, False)
    )
    assert found["signed"] == pytest.approx((with_it - without).mean(), abs=1e-4)
    assert found["effect"] == pytest.approx(np.abs(with_it - without).mean(), abs=1e-4)
    assert found["effect_low"] <= found["effect"] <= found["effect_high"]
    assert found["n"] == 6


def test_networks_that_were_trained_are_measured_without_training_anew(tmp_path) -> None:
    network = models.load("synthetic-subgroups")
    models.save(network, tmp_path / "synthetic-subgroups.safetensors")
    run = train_models.Run(0, tmp_path)

    def never() -> tuple[np.ndarray, np.ndarray]:
        raise AssertionError("training data were drawn")

    again = run.network("synthetic-subgroups", never, never)
    assert all(
        torch.equal(a, b)
        for a, b in zip(network.state_dict().values(), again.state_dict().values(), strict=True)
    )


def test_a_card_says_what_the_network_uses() -> None:
    effect = {"effect": 0.5, "low": 0.4, "high": 0.6, "n": 9, "change": 0.0123, "note": ""}
    signed = {"signed": 0.25, "signed_low": 0.125, "signed_high": 0.375}
    bounds = {"effect_low": 0.4, "effect_high": 0.6}
    card = {
        "name": "planted",
        "task": "raised brows",
        "training": "nobody knows FMR",
        "cue": "hat",
        "cue_in_training": "in half of the pictures",
        "cue_effect": {"effect": 0.5, "n": 9, **bounds, **signed},
        "factor_effects": [{"factor": "hat"} | effect | signed | {"note": "both raise it"}],
        "region_effects": [{"region": "skin"} | effect | {"signed": None}],
        "limits": ["none of it is about people"],
    }
    prose = train_models._prose(card)
    assert "| hat | 9 | 0.500 | 0.400 to 0.600 | +0.250 * | +0.125 to +0.375 | 1.23 |" in prose
    assert "| skin | 9 | 0.500 | 0.400 to 0.600 |  |  | 1.23 |" in prose
    assert "0.500 on average (0.400 to 0.600; with its sign\n+0.250, +0.125 to +0.375" in prose
    assert "Nobody knows FMR." in prose


def test_a_name_stands_for_both_of_a_pair_and_no_name_for_all() -> None:
    assert train_models._wanted(["synthetic-hat-clean"]) == ["synthetic-hat"]
    assert train_models._wanted(["synthetic-hat", "synthetic-hat-clean"]) == ["synthetic-hat"]
    assert train_models._wanted([]) == list(train_models._recipes())


def test_an_unknown_name_is_refused_with_the_known_ones(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["train_models.py", "synthetic-moustache"])
    with pytest.raises(SystemExit):
        train_models.main()
    assert "there is no synthetic-moustache: choose from" in capsys.readouterr().err
