import warnings

import numpy as np
import pytest
import torch
from pytorch_grad_cam.feature_factorization.deep_feature_factorization import dff
from sklearn.decomposition import NMF
from torch import Tensor, nn

from helpers.errors import InputError
from helpers.explain import factorize
from helpers.explain.layers import read
from helpers.explain.maps import enlarge
from helpers.models.architectures import NarrowEmbedder
from tests.networks import pictures, small_network

MODEL = small_network()
IMAGES = pictures(4)


def activations(layer: str = "layer4") -> Tensor:
    with torch.no_grad():
        return read(MODEL, IMAGES, layer, MODEL.get_submodule(layer)).activations


def test_concepts_are_unit_directions_and_their_maps_have_no_negative_part() -> None:
    found = factorize(MODEL, IMAGES, 4)
    assert found.maps.shape == (4, 4, 48, 48)
    assert found.concepts.shape == (4, 64)
    assert found.maps.min() >= 0
    assert found.concepts.min() >= 0
    torch.testing.assert_close(found.concepts.norm(dim=1), torch.ones(4))


def test_shares_sum_to_one_and_the_largest_concept_comes_first() -> None:
    share = factorize(MODEL, IMAGES, 5).scores["share"]
    assert share.sum() == pytest.approx(1)
    assert share.is_monotonic_decreasing
    assert share.index.name == "concept"


def test_concepts_rebuild_the_activations_as_well_as_grad_cams_do() -> None:
    truth = activations()
    concepts, strengths = dff(truth.numpy().copy(), 4)
    rows = torch.from_numpy(strengths).permute(0, 2, 3, 1).reshape(-1, 4)
    offset = truth.amin((0, 2, 3))
    rebuilt = rows @ (torch.from_numpy(concepts).T - offset) + offset
    theirs = (rebuilt - truth.permute(0, 2, 3, 1).reshape(-1, 64)).norm() / truth.norm()
    assert factorize(MODEL, IMAGES, 4).error <= 1.01 * float(theirs)


def test_batches_change_no_concept_and_bound_what_the_network_is_given() -> None:
    given: list[int] = []
    handle = MODEL.register_forward_pre_hook(lambda _, inputs: given.append(len(inputs[0])))
    try:
        whole, parts = (factorize(MODEL, pictures(7), 3, batch_size=size) for size in (7, 3))
    finally:
        handle.remove()
    assert given == [7, 3, 3, 1]
    torch.testing.assert_close(parts.maps, whole.maps, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(parts.concepts, whole.concepts, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(parts.scores, whole.scores, rtol=1e-3, atol=1e-4)
    assert parts.error == pytest.approx(whole.error, rel=1e-4)
    with pytest.raises(InputError, match="batch_size is 0"):
        factorize(MODEL, IMAGES, batch_size=0)


def test_more_concepts_leave_a_smaller_error_and_as_many_as_channels_nearly_none() -> None:
    errors = [factorize(MODEL, IMAGES, k).error for k in (1, 2, 4, 8)]
    assert errors == sorted(errors, reverse=True)
    assert 0 < errors[-1] < errors[0] < 1


def test_class_scores_of_all_concepts_add_up_to_the_mean_logit() -> None:
    found = factorize(MODEL, IMAGES, 6)
    with torch.no_grad():
        logits = MODEL(IMAGES).mean(0)
        summed = torch.tensor(found.scores[list(MODEL.classes)].sum().tolist())
        gap = (summed + MODEL.fc.bias - logits).abs()
        truth = activations()
        # Cauchy-Schwarz: the mean residual, seen by a class's weights, cannot be larger than this.
        bound = found.error * truth.norm() / truth[:, 0].numel() ** 0.5
        assert (gap <= bound * MODEL.fc.weight.norm(dim=1) + 1e-5).all()
        assert (gap < 0.5 * logits.abs().max()).all()


def test_only_the_layer_that_feeds_the_head_gets_class_scores() -> None:
    assert list(factorize(MODEL, IMAGES, 2, "layer4").scores) == ["share", *MODEL.classes]
    # As many channels, but a block of layers between it and the head.
    assert list(factorize(MODEL, IMAGES, 2, "layer4.0").scores) == ["share"]
    assert list(factorize(MODEL, IMAGES, 2, "layer3").scores) == ["share"]


def test_the_same_images_give_the_same_concepts() -> None:
    first = factorize(MODEL, IMAGES, 4)
    torch.manual_seed(99)
    second = factorize(MODEL, IMAGES, 4)
    assert torch.equal(first.maps, second.maps)
    assert first.scores.equals(second.scores)


def test_no_warning_of_the_solver_reaches_the_reader() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        factorize(MODEL, IMAGES, 12, "layer3")


def test_a_layer_that_is_silent_everywhere_has_empty_concepts_without_nan() -> None:
    silent = small_network()
    nn.init.constant_(silent.layer4[1].bn2.bias, -1e4)
    found = factorize(silent, IMAGES, 2)
    assert torch.equal(found.maps, torch.zeros_like(found.maps))
    assert found.scores.notna().all().all()
    assert found.error == 0


@pytest.mark.parametrize("components", [0, -1, 37, 2.5, "2", None, True, 10**30])
def test_there_are_at_most_as_many_concepts_as_channels_or_places(components: object) -> None:
    with pytest.raises(InputError, match=r"layer 'layer4' and 4 image.*from 1 to 36"):
        factorize(MODEL, IMAGES, components)  # type: ignore[arg-type]


def test_as_many_concepts_as_places_and_as_channels_are_accepted() -> None:
    assert len(factorize(MODEL, IMAGES, 36).concepts) == 36, "4 images of 3 x 3 places"
    assert len(factorize(MODEL, IMAGES, 8, "layer1").concepts) == 8, "8 channels"
    with pytest.raises(InputError, match="from 1 to 8"):
        factorize(MODEL, IMAGES, 9, "layer1")


def test_maps_times_concepts_rebuild_the_activations_but_for_the_error() -> None:
    truth = activations()
    found = factorize(MODEL, torch.nn.functional.interpolate(IMAGES, (48, 48)), 6)
    # Every 16th pixel from the eighth is the middle of a place, where nothing was interpolated.
    places = (found.maps[:, :, 7::16, 7::16] + found.maps[:, :, 8::16, 8::16]) / 2
    rebuilt = torch.einsum("nkhw,kc->nchw", places, found.concepts)
    gap = float((rebuilt - truth).norm() / truth.norm())
    assert gap == pytest.approx(found.error, abs=0.1)
    assert found.error < 0.6


def test_a_recogniser_has_concepts_but_no_class_to_add_to() -> None:
    torch.manual_seed(0)
    recogniser = NarrowEmbedder(embedding_size=5, width=4, input_size=(48, 48)).eval()
    found = factorize(recogniser, IMAGES, 2)
    assert list(found.scores) == ["share"]
    assert found.maps.shape == (4, 2, 48, 48)


def test_outputs_without_names_are_called_by_their_numbers() -> None:
    unnamed = small_network()
    for classes in (None, ("too", "few")):
        unnamed.classes = classes  # type: ignore[assignment]
        assert list(factorize(unnamed, IMAGES, 2).scores) == ["share", "0", "1", "2"]


def test_a_head_of_the_right_size_that_is_not_fed_by_the_layer_gets_no_scores() -> None:
    class Twice(nn.Module):
        """Its head answers twice the score, so a concept's share of it is not what fc says."""

        def __init__(self) -> None:
            super().__init__()
            self.body, self.fc = small_network(), nn.Linear(64, 3)

        def forward(self, images: Tensor) -> Tensor:
            return 2 * self.body(images)

    assert list(factorize(Twice().eval(), IMAGES, 2, "body.layer4").scores) == ["share"]


@pytest.mark.parametrize(
    ("bias", "off", "fed"),
    [(0.0, 0.0008, True), (0.0, 0.0015, False), (100.0, 0.08, True), (100.0, 0.15, False)],
)
def test_an_answer_is_the_heads_up_to_a_thousandth(bias: float, off: float, fed: bool) -> None:
    class Near(nn.Module):
        """Answers what its head says of the picture, and a little more."""

        def __init__(self) -> None:
            super().__init__()
            self.layer, self.fc = nn.Identity(), nn.Linear(3, 2)
            nn.init.zeros_(self.fc.weight)
            nn.init.constant_(self.fc.bias, bias)

        def forward(self, images: Tensor) -> Tensor:
            return self.fc(self.layer(images).mean((2, 3))) + off

    found = factorize(Near().eval(), IMAGES, 2, "layer")
    assert list(found.scores) == (["share", "0", "1"] if fed else ["share"])


def test_concepts_shares_and_scores_are_those_of_scikit_learns_factors() -> None:
    truth = activations("layer4").double()
    matrix = truth.permute(0, 2, 3, 1).reshape(-1, 64).numpy()
    solver = NMF(3, init="nndsvda", max_iter=2000, tol=1e-4, random_state=0)
    strengths = solver.fit_transform(matrix)
    given = [strengths[:, k : k + 1] * solver.components_[k : k + 1] for k in range(3)]
    given.sort(key=lambda each: -np.linalg.norm(each, axis=1).sum())
    lengths = [np.linalg.norm(each, axis=1) for each in given]
    found = factorize(MODEL, IMAGES, 3)
    shares = [each.sum() / np.sum(lengths) for each in lengths]
    np.testing.assert_allclose(found.scores["share"], shares, rtol=1e-5)
    rebuilt = np.sum(given, 0)
    assert found.error == pytest.approx(
        np.linalg.norm(rebuilt - matrix) / np.linalg.norm(matrix), rel=1e-5
    )
    weights = MODEL.fc.weight.detach().double().numpy()
    for k in range(3):
        strongest = given[k][lengths[k].argmax()]
        np.testing.assert_allclose(
            found.concepts[k], strongest / np.linalg.norm(strongest), rtol=1e-4, atol=1e-6
        )
        maps = enlarge(torch.from_numpy(lengths[k]).float().reshape(4, 3, 3), (48, 48))
        torch.testing.assert_close(found.maps[:, k], maps, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(
            found.scores.loc[k, list(MODEL.classes)].astype(float),
            weights @ given[k].mean(0),
            rtol=1e-4,
            atol=1e-6,
        )


def test_negative_activations_cannot_be_factored() -> None:
    with pytest.raises(InputError, match="negative activations"):
        factorize(MODEL, IMAGES, 2, "layer4.1.conv2")


def test_a_model_in_training_mode_is_not_factored() -> None:
    with pytest.raises(InputError, match=r"model\.eval\(\)"):
        factorize(small_network().train(), IMAGES, 2)


def test_nan_and_what_is_no_network_are_refused() -> None:
    broken = small_network()
    with torch.no_grad():
        broken.conv1.weight[0] = torch.nan
    with pytest.raises(InputError, match=r"NaN or infinite numbers.*conv1\.weight"):
        factorize(broken, IMAGES, 2)
    with pytest.raises(InputError, match="the text 'gender-fairface'"):
        factorize("gender-fairface", IMAGES)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_a_layer_with_a_single_broken_number_is_not_factored(value: float) -> None:
    class Spot(nn.Module):
        """Its layer has a broken place, which its answer does not depend on."""

        def __init__(self) -> None:
            super().__init__()
            self.layer, self.fc = nn.Identity(), nn.Linear(3, 2)
            self.layer.register_forward_hook(self.spoil)

        @staticmethod
        def spoil(_module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
            broken = output.clone()
            broken[0, 0, 0, 0] = value
            return broken

        def forward(self, images: Tensor) -> Tensor:
            return self.fc(self.layer(images)[:, :, 1:].mean((2, 3)))

    with pytest.raises(InputError, match="layer 'layer' has NaN or infinite activations"):
        factorize(Spot().eval(), IMAGES, 2, "layer")


def test_four_concepts_unless_said_otherwise() -> None:
    assert len(factorize(MODEL, IMAGES).concepts) == 4
