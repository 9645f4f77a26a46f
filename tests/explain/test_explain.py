import numpy as np
import pytest
import torch

from helpers.errors import InputError, UnknownName
from helpers.explain import METHODS, explain, layer_maps
from helpers.explain.maps import enlarge
from helpers.explain.targets import find_layer, resolve_targets
from tests.networks import pictures, small_network

MODEL = small_network()
IMAGES = pictures()


def test_maps_are_as_large_as_the_images_whatever_their_size() -> None:
    for height, width in ((48, 48), (64, 40)):
        images = torch.nn.functional.interpolate(IMAGES, (height, width))
        maps = explain(MODEL, images)
        assert maps.shape == (3, height, width)
        assert maps.dtype == torch.float32


def test_enlarging_keeps_a_flat_map_flat_and_a_map_of_full_size_untouched() -> None:
    flat = torch.full((2, 3, 3), 0.7)
    torch.testing.assert_close(enlarge(flat, (10, 12)), torch.full((2, 10, 12), 0.7))
    assert enlarge(flat, (3, 3)) is flat


def test_the_methods_table_tells_what_a_reader_must_know() -> None:
    assert list(METHODS.columns) == ["library", "signed", "needs_layer", "passes", "paper"]
    assert METHODS.index.is_unique
    assert METHODS.notna().all().all()
    assert METHODS.paper.str.contains(r"\d{4}$").all()


def test_an_unknown_method_is_answered_with_the_nearest() -> None:
    for call in (explain, layer_maps):
        with pytest.raises(UnknownName, match="did you mean 'hirescam'"):
            call(MODEL, IMAGES, method="hirecam")


# -- targets


def test_a_class_is_called_by_index_by_name_in_any_case_or_one_for_each_image() -> None:
    logits = torch.tensor([[0.0, 2.0, 1.0], [3.0, 0.0, 1.0]])
    same = [
        ([1, 1], [1, "Female", "female", "FEMALE", "1", np.int64(1), torch.tensor(1)]),
        ([2, 0], [[2, 0], (2, "male"), ["Unsure", "0"], torch.tensor([2, 0]), np.array([2, 0])]),
        ([1, 0], [None]),
    ]
    for expected, ways in same:
        for way in ways:
            assert resolve_targets(MODEL, logits, way).tolist() == expected


def test_each_image_gets_its_own_target_across_batches() -> None:
    maps = explain(MODEL, IMAGES, ["Unsure", "Male", 1], "hirescam", batch_size=2)
    for row, target in enumerate([2, 0, 1]):
        alone = explain(MODEL, IMAGES[[row]], target, "hirescam")[0]
        torch.testing.assert_close(maps[row], alone, atol=1e-5, rtol=1e-4)


def test_none_explains_the_predicted_class() -> None:
    with torch.no_grad():
        predicted = MODEL(IMAGES).argmax(1)
    torch.testing.assert_close(explain(MODEL, IMAGES), explain(MODEL, IMAGES, predicted))


@pytest.mark.parametrize("target", [3, -1, "3", "-1"])
def test_an_index_out_of_range_is_answered_with_the_classes(target: int | str) -> None:
    with pytest.raises(UnknownName, match="3 outputs, 0 to 2 .*0 Male, 1 Female, 2 Unsure"):
        explain(MODEL, IMAGES, target)


@pytest.mark.parametrize("target", ["Femal", "--1", "²", 1.5])
def test_an_unknown_class_is_answered_with_the_classes(target: object) -> None:
    with pytest.raises(UnknownName, match="no target .*Known: Male, Female, Unsure"):
        explain(MODEL, IMAGES, target)  # type: ignore[arg-type]
    with pytest.raises(UnknownName, match="did you mean 'Female'"):
        explain(MODEL, IMAGES, "Femal")


@pytest.mark.parametrize("targets", [[0, 1], [0, 1, 2, 0], torch.tensor([0]), []])
def test_more_or_fewer_targets_than_images_are_refused(targets: object) -> None:
    with pytest.raises(InputError, match=r"3 image\(s\), but \d target"):
        explain(MODEL, IMAGES, targets)  # type: ignore[arg-type]


def test_a_model_that_returns_no_scores_is_refused() -> None:
    with pytest.raises(InputError, match=r"\(N, classes\)"):
        resolve_targets(MODEL, torch.zeros(3), 0)


# -- layers


def test_an_unknown_layer_is_answered_with_the_nearest_and_the_rest() -> None:
    with pytest.raises(UnknownName, match=r"did you mean 'layer4'.*layer1, .*layer2"):
        explain(MODEL, IMAGES, layer="layr4")
    with pytest.raises(UnknownName, match=r"did you mean .*'layer4\.1\.conv2'"):
        explain(MODEL, IMAGES, layer="layer4.1.conv3")
    with pytest.raises(UnknownName, match="no layer ''"):
        explain(MODEL, IMAGES, layer="")


def test_the_default_layer_is_the_models_own() -> None:
    assert find_layer(MODEL, None) == ("layer4", MODEL.layer4)


# -- images


@pytest.mark.parametrize(
    ("images", "sentence"),
    [
        (IMAGES[0], r"image\[None\]"),
        (IMAGES[:, :1], r"\(N, 3, H, W\)"),
        (IMAGES.permute(0, 2, 3, 1), r"\(N, 3, H, W\)"),
        (IMAGES.numpy(), "ndarray"),
        ((IMAGES * 255).byte(), "by 255"),
        (IMAGES.double(), r"images\.float\(\)"),
        (IMAGES[:0], "at least one picture"),
        (IMAGES * 255, r"reach from .* to \d+"),
        (IMAGES - 0.9, "Do not normalise"),
        (IMAGES / 0, "NaN or infinite"),
        (IMAGES.where(IMAGES > 0.3, torch.nan), "NaN or infinite"),
    ],
)
def test_anything_but_rgb_between_0_and_1_is_refused(images: object, sentence: str) -> None:
    for call in (explain, layer_maps):
        with pytest.raises(InputError, match=sentence):
            call(MODEL, images)


def test_a_batch_of_no_images_is_refused() -> None:
    with pytest.raises(InputError, match="batch_size is 0"):
        explain(MODEL, IMAGES, batch_size=0)
