"""Changing one factor finds what a model uses: tested on networks whose weights were written down."""

import inspect

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from helpers import faces, models
from helpers.errors import InputError, UnknownName
from helpers.evaluate import counterfactuals, ground_truth
from helpers.evaluate.counterfactuals import EXCHANGED, WITHIN_MASK, exchange_of, twins_of
from helpers.evaluate.ground_truth import (
    changed_pixels,
    factor_effects,
    region_effects,
)
from helpers.faces import FACTORS, REGIONS, Rendered
from helpers.intervals import bootstrap_mean
from helpers.models.architectures import HandSetDetector

PEOPLE = faces.sample(14, seed=3, glasses=False, mouth_open=0.0, beard=False)
NUMBER = {name: number for number, name in enumerate(REGIONS)}


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


class Brightness(nn.Module):
    """The second class by how bright, or red, a part of the picture is; no weights to learn."""

    input_size = (112, 112)

    def __init__(
        self,
        rows: slice = slice(None),
        columns: slice = slice(None),
        gain: float = 1.0,
        colour: tuple[float, float, float] = (1 / 3, 1 / 3, 1 / 3),
    ):
        super().__init__()
        self.part, self.gain = (rows, columns), gain
        self.colour = torch.tensor(colour, dtype=torch.double).view(3, 1, 1)
        self.eval()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        rows, columns = self.part
        value = (images.double() * self.colour).sum(dim=1)[:, rows, columns].mean(dim=(1, 2))
        score = self.gain * (value - 0.5)
        return torch.stack([torch.zeros_like(score), score], dim=1)


def score(model: nn.Module, images: np.ndarray) -> np.ndarray:
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2) / 255
    with torch.inference_mode():
        return model(pixels).double().softmax(1)[:, 1].numpy()


@pytest.fixture(scope="module")
def effects():
    return region_effects(redness(), PEOPLE)


@pytest.fixture(scope="module")
def by_factor():
    return factor_effects(redness(), PEOPLE, ["lipstick", "hat", "mouth_open", "eye_colour"])


# -- factors ---------------------------------------------------------------------------------------


def test_a_factors_effect_is_the_difference_between_a_face_and_its_full_twin():
    people = faces.sample(6, seed=11, hat=False, hat_style="brim")
    model = Brightness(gain=20.0)
    before = faces.render(people).images
    after = faces.render([faces.twin(face, hat=True) for face in people]).images
    step = score(model, after) - score(model, before)
    row = factor_effects(model, people, ["hat"]).iloc[0]
    assert row["effect"] == pytest.approx(np.abs(step).mean(), abs=1e-7)
    assert row["signed"] == pytest.approx(step.mean(), abs=1e-7)
    assert row["up"] == pytest.approx(step.mean(), abs=1e-7)
    assert np.isnan(row["down"])
    assert row["change"] == pytest.approx(np.abs(after.astype(float) - before).mean() / 255)
    assert row["n"] == 6


def test_putting_on_and_taking_off_are_opposite_for_what_reacts_to_the_factor(by_factor):
    people = [faces.twin(face, lipstick=k % 2 == 0) for k, face in enumerate(PEOPLE)]
    row = factor_effects(redness(), people, ["lipstick"]).iloc[0]
    assert row["up"] > 0 > row["down"]
    assert row["signed"] == pytest.approx((7 * row["up"] - 7 * row["down"]) / 14)
    assert row["note"] == ""


def test_a_model_that_reacts_to_the_change_and_not_to_the_factor_is_marked():
    class Novelty(Brightness):
        """Answers to any picture that is not among those it knows."""

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            known = faces.render(people).images.reshape(len(people), -1).astype(int).tolist()
            shown = (images * 255).round().int().permute(0, 2, 3, 1).flatten(1).tolist()
            strange = torch.tensor([4.0 * (each not in known) for each in shown])
            return torch.stack([torch.zeros_like(strange), strange], dim=1)

    people = [faces.twin(face, hat=k % 2 == 0) for k, face in enumerate(faces.sample(8, seed=5))]
    row = factor_effects(Novelty(), people, ["hat"]).iloc[0]
    assert row["up"] > 0.4
    assert row["down"] > 0.4
    assert "both raise the score" in row["note"]


@pytest.mark.parametrize("band", faces.BANDS)
def test_a_network_blind_to_beards_has_no_beard_effect_in_any_band(band):
    low, high = (int(end) for end in band.split("-"))
    people = faces.sample(6, seed=21, skin_tone=list(range(low, high + 1)), beard_style="full")
    blind = models.load("synthetic-glasses-darkness")  # looks at the eyes only
    table = factor_effects(blind, people, ["beard", "skin_tone"]).set_index("factor")
    assert table.loc["beard", "high"] <= 0.005
    assert abs(table.loc["beard", "signed"]) <= 0.005


def test_a_factor_names_the_regions_that_it_changes(by_factor):
    rows = by_factor.set_index("factor")
    assert rows.loc["lipstick", "regions"] == ("u_lip", "l_lip")
    assert rows.loc["hat", "regions"][0] == "hat"
    assert {"l_eye", "r_eye"} <= set(rows.loc["eye_colour", "regions"])


def test_colours_have_no_direction_and_openings_have_one(by_factor):
    rows = by_factor.set_index("factor")
    assert np.isnan(rows.loc["eye_colour", ["signed", "up", "down"]].astype(float)).all()
    # All mouths are closed here: every twin opens its own.
    assert rows.loc["mouth_open", "up"] == pytest.approx(rows.loc["mouth_open", "signed"])


def test_a_darker_tone_is_more_of_it():
    people = faces.sample(6, seed=2, skin_tone=[1, 2, 9, 10], hat=False)
    # Pictures are exposed for the skin, so around a darker face everything is lighter.
    row = factor_effects(Brightness(slice(0, 8), slice(0, 8), 20.0), people, ["skin_tone"])
    assert row["up"][0] > 0.05
    assert row["down"][0] < -0.05


def test_what_is_drawn_for_a_factor_does_not_depend_on_the_others():
    alone = factor_effects(redness(), PEOPLE[:4], ["background"])
    among = factor_effects(redness(), PEOPLE[:4], ["eye_colour", "background"])
    rest = among[among["factor"] == "background"].reset_index(drop=True)
    pd.testing.assert_frame_equal(rest, alone)


def test_the_batch_changes_nothing():
    whole = factor_effects(redness(), PEOPLE[:5], ["lipstick", "hat"])
    parts = factor_effects(redness(), PEOPLE[:5], ["lipstick", "hat"], batch_size=2)
    pd.testing.assert_frame_equal(whole, parts, rtol=1e-6, atol=1e-7)


# -- regions ---------------------------------------------------------------------------------------


def test_every_region_has_a_counterfactual():
    assert set(EXCHANGED) == set(REGIONS)


def test_there_is_a_row_per_region_with_the_largest_effect_first(effects):
    assert sorted(effects["region"]) == sorted(REGIONS)
    assert effects["effect"].is_monotonic_decreasing
    assert effects.index.tolist() == list(range(19))
    assert ((effects["low"] <= effects["effect"]) & (effects["effect"] <= effects["high"])).all()


def test_a_detector_of_red_lips_is_found_to_use_the_lips(effects):
    assert set(effects["region"][:2]) == {"u_lip", "l_lip"}
    assert (effects["signed_low"][:2] > 0).all()
    # Lipstick makes every mouth redder: with the sign, no change cancels another.
    assert effects["signed"][:2].to_numpy() == pytest.approx(effects["effect"][:2].to_numpy())


def test_each_lip_takes_its_share_of_what_lipstick_changes():
    # So little that the softmax is a straight line.
    linear = Brightness(gain=1e-3, colour=(1.0, -0.5, -0.5))
    people = faces.sample(4, seed=9, lipstick=False, mouth_open=0.0)
    regions = region_effects(linear, people).set_index("region")["signed"]
    whole = factor_effects(linear, people, ["lipstick"])["signed"][0]
    assert regions["u_lip"] + regions["l_lip"] == pytest.approx(whole, rel=1e-3)
    assert 0.1 < regions["u_lip"] / whole < 0.9


@pytest.mark.parametrize(("region", "factor"), [("hat", "hat"), ("eye_g", "glasses")])
def test_what_is_worn_is_exchanged_with_its_shadow(region, factor):
    people = faces.sample(4, seed=13, **{factor: False})
    model = Brightness(gain=20.0)
    row = region_effects(model, people).set_index("region").loc[region]
    twin = factor_effects(model, people, [factor]).iloc[0]
    for column in ("effect", "signed", "change", "n"):
        assert row[column] == pytest.approx(twin[column]), column


def test_skin_is_exchanged_within_its_mask():
    people = faces.sample(4, seed=13, hat=False)
    edge = Brightness(slice(0, 8), slice(0, 8), 20.0)  # a corner, where no face is
    rows = region_effects(edge, people).set_index("region")
    assert rows.loc["skin", "effect"] == 0
    assert rows.loc["background", "effect"] > 0
    # A darker twin is exposed anew, so its corner changes: the full twin is another experiment.
    assert factor_effects(edge, people, ["skin_tone"])["effect"][0] > 0


def test_a_sign_needs_a_single_factor(effects):
    rows = effects.set_index("region")
    assert rows.loc["skin", "factors"] == ("skin_tone", "beard")
    assert np.isnan(rows.loc["skin", ["signed", "up", "down"]].astype(float)).all()
    assert rows.loc[["hat", "eye_g", "u_lip", "ear_r"], "signed"].notna().all()
    assert rows.loc[["hair", "background", "l_eye"], "signed"].isna().all()


def test_regions_outside_its_window_have_no_effect_at_all(effects):
    rows = effects.set_index("region")
    for region in ("hat", "background", "cloth", "l_brow", "r_brow", "l_eye", "neck_l"):
        # A necklace lightens the lowest row of the window by less than a grey level.
        assert rows.loc[region, "effect"] < 1e-5, region


def test_a_model_that_looks_at_nothing_has_no_effects():
    table = region_effects(redness(gain=0.0), PEOPLE[:3])
    assert (table["effect"].dropna() == 0).all()
    assert (table["note"] == "").all()


def test_regions_that_never_show_are_counted_as_such(effects):
    assert effects.set_index("region").loc["hat", "n"] == len(PEOPLE)  # put on, or taken off
    bald = faces.sample(4, seed=1, hair_length="none", hat=False)
    table = region_effects(redness(), bald).set_index("region")
    assert table.loc["hair", "n"] == 0
    assert np.isnan(table.loc["hair", ["effect", "change"]].astype(float)).all()


def test_the_same_seed_gives_the_same_table(effects):
    assert region_effects(redness(), PEOPLE).equals(effects)


# -- counterfactuals -------------------------------------------------------------------------------


def test_the_other_tone_is_five_away_whatever_the_tone():
    generator = np.random.default_rng(0)
    for tone in range(1, 11):
        other = counterfactuals.other_value(faces.Face(skin_tone=tone), "skin_tone", generator)
        assert abs(other - tone) == 5


def test_another_number_is_near_the_farther_end():
    generator = np.random.default_rng(0)
    for value, low, high in [(0.0, 0.9, 1.0), (0.7, 0.0, 0.1), (0.2, 0.9, 1.0)]:
        found = [
            counterfactuals.other_value(faces.Face(mouth_open=value), "mouth_open", generator)
            for _ in range(20)
        ]
        assert min(found) >= low
        assert max(found) <= high


def test_another_kind_is_never_the_same():
    generator = np.random.default_rng(0)
    found = {
        counterfactuals.other_value(faces.Face(background="wall"), "background", generator)
        for _ in range(60)
    }
    assert found == {"studio", "window", "foliage", "street", "shelves"}


@pytest.mark.parametrize(
    "name", [name for name in FACTORS if hasattr(FACTORS[name]["range"], "low")]
)
def test_another_number_lies_in_the_outer_tenth_of_the_farther_half(name):
    generator = np.random.default_rng(0)
    low, high = FACTORS[name]["range"].low, FACTORS[name]["range"].high
    tenth, whole = (high - low) / 10, isinstance(getattr(faces.Face(), name), int)
    for share in (0.0, 0.2, 0.45, 0.5, 0.55, 1.0):
        value = low + share * (high - low)
        value = int(value) if whole else value
        face = faces.Face(**{name: value})
        found = [counterfactuals.other_value(face, name, generator) for _ in range(80)]
        assert all(isinstance(each, int) == whole for each in found)
        down = value >= (low + high) / 2  # from the middle as well
        away = np.array(found) - low if down else high - np.array(found)
        assert away.min() >= -1e-9
        assert away.max() <= tenth + 1e-9
        assert away.max() > 0.9 * tenth
        assert away.min() < 0.1 * tenth


def test_a_twin_has_a_direction_where_one_ordered_factor_changes():
    people = faces.sample(8, seed=6)
    for name, ordered in [("age", True), ("hat", True), ("skin_tone", True), ("grain", False)]:
        twins, direction = twins_of(people, (name,), 0, name)
        steps = [
            float(getattr(twin, name)) - float(getattr(face, name))
            for face, twin in zip(people, twins, strict=True)
        ]
        assert 0 not in steps
        if ordered:
            np.testing.assert_array_equal(direction, np.where(np.array(steps) > 0, 1, -1))
        else:
            assert np.isnan(direction).all(), "the number of a grain is a seed"
    assert np.isnan(twins_of(people, ("hair_colour",), 0, "hair")[1]).all()
    assert np.isnan(twins_of(people, ("skin_tone", "beard"), 0, "skin")[1]).all()


def test_a_twin_follows_from_the_seed_and_the_name_of_the_row():
    people = faces.sample(12, seed=6)
    rows = [(0, "hair"), (0, "hair"), (1, "hair"), (0, "hat")]
    first, same, other, elsewhere = [twins_of(people, ("age",), *row)[0] for row in rows]
    assert first == same
    assert first != other
    assert first != elsewhere


def any_pictures(seed: int) -> Rendered:
    """Noise, of which each pixel is in one region or another; some regions are nowhere."""
    generator = np.random.default_rng(seed)
    kinds = generator.choice(generator.permutation(19)[:9], (4, 6, 7))
    images = generator.integers(0, 256, (4, 6, 7, 3), dtype=np.uint8)
    return Rendered(images, kinds[:, None] == np.arange(19)[:, None, None], np.zeros((4, 5, 2)))


@pytest.mark.parametrize("region", REGIONS)
def test_the_pixels_that_are_exchanged_are_the_regions_own(region):
    # Lips, brows and eyes share a factor: each takes the pixels nearer to it, the first of two
    # that are as near, and nothing where neither is seen.
    pairs = [("u_lip", "l_lip"), ("l_brow", "r_brow"), ("l_eye", "r_eye")]
    pair = next((each for each in pairs if region in each), None)
    for seed in range(6):
        before, after = any_pictures(seed), any_pictures(100 + seed)
        masks = before.masks | after.masks
        expected = before.images.copy()
        for face, row, column in np.ndindex(4, 6, 7):
            if region in WITHIN_MASK:
                taken = masks[face, NUMBER[region], row, column]
            elif pair is None:
                taken = True
            else:
                away = [distance(masks[face, NUMBER[each]], row, column) for each in pair]
                nearer = pair[0] if away[0] <= away[1] else pair[1]
                taken = nearer == region and min(away) < np.inf
            if taken:
                expected[face, row, column] = after.images[face, row, column]
        np.testing.assert_array_equal(exchange_of(region)(before, after), expected)


def distance(mask: np.ndarray, row: int, column: int) -> float:
    return min((np.hypot(row - r, column - c) for r, c in np.argwhere(mask)), default=np.inf)


# -- what a row says -------------------------------------------------------------------------------


def test_a_row_is_of_the_faces_whose_picture_changes():
    generator = np.random.default_rng(0)
    for _ in range(20):
        step, change = generator.normal(size=12), generator.choice([0.0, 0.1, 0.3], 12)
        direction = generator.choice([-1.0, 1.0], 12)
        row = ground_truth._row(np.stack([step, change]), direction, 50, 3)
        kept = [k for k in range(12) if change[k] > 0]
        steps = [float(step[k]) for k in kept]
        towards = [float(step[k] * direction[k]) for k in kept]
        up, down = ([float(step[k]) for k in kept if direction[k] == sign] for sign in (1, -1))
        assert row["n"] == len(kept)
        assert row["change"] == pytest.approx(np.mean([change[k] for k in kept]))
        found = [
            row[key] for key in ("effect", "low", "high", "signed", "signed_low", "signed_high")
        ]
        expected = bootstrap_mean(np.abs(steps), replicates=50, seed=3)
        expected += bootstrap_mean(towards, replicates=50, seed=3)
        assert found == pytest.approx(list(expected), nan_ok=True)
        means = [np.mean(each) if each else np.nan for each in (up, down)]
        assert [row["up"], row["down"]] == pytest.approx(means, nan_ok=True)


@pytest.mark.parametrize(("ups", "downs", "told"), [(4, 4, True), (3, 9, False), (9, 3, False)])
def test_a_note_needs_four_faces_in_either_direction(ups, downs, told):
    direction = np.array([1.0] * ups + [-1.0] * downs)
    for step, word in ((0.5, "raise"), (-0.5, "lower")):
        outcome = np.stack([np.full(ups + downs, step), np.ones(ups + downs)])
        note = f"more and less of it both {word} the score: a reaction to the change itself"
        assert ground_truth._row(outcome, direction, 20, 0)["note"] == (note if told else "")


@pytest.mark.parametrize(
    ("up", "down", "word"),
    [
        ((0.2, 0.1, 0.3), (0.2, 0.01, 0.3), "raise"),
        ((0.2, 0.1, 0.3), (0.2, 0.0, 0.3), ""),
        ((0.2, 0.0, 0.3), (0.2, 0.1, 0.3), ""),
        ((-0.2, -0.3, -0.1), (-0.2, -0.3, -0.01), "lower"),
        ((-0.2, -0.3, -0.1), (-0.2, -0.3, 0.0), ""),
        ((-0.2, -0.3, -0.1), (0.2, 0.1, 0.3), ""),
        ((0.2, 0.1, 0.3), (np.nan, np.nan, np.nan), ""),
    ],
)
def test_a_note_needs_both_intervals_on_one_side_of_zero(up, down, word):
    note = ground_truth._note(up, down)
    assert (word in note) if word else (note == "")


def test_the_columns_of_both_tables_and_the_model_that_they_are_of(effects, by_factor):
    rest = ["effect", "low", "high", "signed", "signed_low", "signed_high"]
    rest += ["up", "down", "change", "n", "note"]
    assert list(by_factor.columns) == ["factor", "regions", *rest]
    assert list(effects.columns) == ["region", "factors", *rest]
    assert by_factor.attrs == effects.attrs == {"model": "HandSetDetector"}


def test_a_table_names_the_version_of_the_models_weights():
    model = Brightness()
    model.card = {"name": "bright", "version": "7"}
    assert factor_effects(model, PEOPLE[:2], ["hat"]).attrs == {"model": "bright 7"}
    model.card = {"version": "7"}
    assert factor_effects(model, PEOPLE[:2], ["hat"]).attrs == {"model": "Brightness 7"}


def test_the_score_is_the_probability_of_the_last_of_several_classes():
    class Three(Brightness):
        """The last class is the brightness, the one before it never changes."""

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return torch.cat([torch.zeros(len(images), 1), super().forward(images)], 1)

    model, people = Three(gain=20.0), PEOPLE[:3]
    twins = [faces.twin(face, hat=not face.hat) for face in people]
    scores = []
    for pictures in (faces.render(people).images, faces.render(twins).images):
        pixels = torch.from_numpy(pictures).permute(0, 3, 1, 2) / 255
        scores.append(model(pixels).double().softmax(1)[:, 2].numpy())
    expected = np.abs(scores[1] - scores[0]).mean()
    assert factor_effects(model, people, ["hat"])["effect"][0] == pytest.approx(expected, abs=1e-7)


def test_unless_said_otherwise():
    for call in (factor_effects, region_effects):
        given = inspect.signature(call).parameters
        found = {name: given[name].default for name in ("batch_size", "replicates", "seed")}
        assert found == {"batch_size": 64, "replicates": 2000, "seed": 0}
    given = inspect.signature(changed_pixels).parameters
    found = {name: given[name].default for name in ("size", "seed", "above")}
    assert found == {"size": 112, "seed": 0, "above": 4}


# -- true masks ------------------------------------------------------------------------------------


def test_the_true_mask_of_a_hat_holds_the_hat_and_its_shadow():
    bare = faces.sample(6, seed=4, hat=False, light_height=55.0)
    mask = changed_pixels(bare, "hat")
    shown = faces.render([faces.twin(face, hat=True) for face in bare]).masks[:, NUMBER["hat"]]
    assert (mask & shown).sum() > 0.9 * shown.sum()
    assert (mask & ~shown).sum() > 0.05 * shown.sum()


def test_nothing_outside_the_true_mask_changes_by_more_than_it_says():
    bare = faces.sample(3, seed=4, glasses=False)
    before = faces.render(bare).images.astype(int)
    after = faces.render([faces.twin(face, glasses=True) for face in bare]).images
    largest = np.abs(before - after).max(axis=-1)
    assert np.array_equal(changed_pixels(bare, "glasses"), largest > 4)
    for above in (0, 20, 254):
        assert np.array_equal(changed_pixels(bare, "glasses", above=above), largest > above)


# -- what may be asked -----------------------------------------------------------------------------


def in_training() -> nn.Module:
    return models.load("synthetic-hat").train()


def oblong() -> nn.Module:
    model = Brightness()
    model.input_size = (112, 96)
    return model


def recogniser() -> nn.Module:
    return models.load("synthetic-recogniser")


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        (lambda: region_effects(redness(), PEOPLE[:1]), InputError, "one face: .*at least two"),
        (lambda: region_effects(redness(), PEOPLE[0]), InputError, "a list of faces"),
        (lambda: region_effects(redness(), ["hat", "cap"]), InputError, "holds a str"),
        (lambda: region_effects("redness", PEOPLE[:2]), InputError, "a network"),
        (lambda: region_effects(recogniser(), PEOPLE[:2]), InputError, "recogniser has no class"),
        (lambda: region_effects(in_training(), PEOPLE[:2]), InputError, "model.eval"),
        (lambda: region_effects(redness(), PEOPLE[:2], batch_size=0), InputError, "batch_size"),
        (lambda: region_effects(redness(), PEOPLE[:2], seed=-1), InputError, "seed"),
        (lambda: region_effects(redness(), PEOPLE[:2], replicates=0), InputError, "replicates"),
        (lambda: factor_effects(redness(), PEOPLE[:2], ["hats"]), UnknownName, "hat"),
        (lambda: factor_effects(redness(), PEOPLE[:2], []), InputError, "empty"),
        (lambda: factor_effects(Brightness(gain=float("nan")), PEOPLE[:2]), InputError, "NaN"),
        (lambda: changed_pixels([], "hat"), InputError, "no face"),
        (lambda: changed_pixels(PEOPLE[:1], "hats"), UnknownName, "hat"),
        (lambda: changed_pixels(PEOPLE[:1], "hat", above=255), InputError, "above"),
        (lambda: changed_pixels(PEOPLE[:1], "hat", above=-1), InputError, "above"),
        (lambda: region_effects(oblong(), PEOPLE[:2]), InputError, "takes 112 x 96 pixels"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_a_sentence(wrong, error, says):
    with pytest.raises(error, match=says):
        wrong()


def test_a_recogniser_has_no_class_score():
    embedder = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 1)).eval()
    with pytest.raises(InputError, match="two classes or more"):
        region_effects(embedder, PEOPLE[:2])


def test_relevance_of_a_hand_set_network_is_known_pixel_by_pixel():
    network = redness()
    images = torch.from_numpy(faces.render(PEOPLE[:3]).images).permute(0, 3, 1, 2) / 255
    images.requires_grad_(requires_grad=True)
    logits = network(images)[:, 1]
    (gradient,) = torch.autograd.grad(logits.sum(), images)
    weights = torch.tensor([1.0, -0.5, -0.5]).view(1, 3, 1, 1)
    red = (images * weights).sum(1) - 0.3
    window = network.window.weight[1].view(1, 1, 112, 112)
    expected = window * weights * (red > 0)[:, None]
    assert torch.allclose(gradient, expected, atol=1e-6)
    assert torch.allclose(logits, (red.clamp(min=0) * window[:, 0]).sum((1, 2)) - 0.8, atol=1e-4)
