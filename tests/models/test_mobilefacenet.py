"""MobileFaceNet tells faces in real photographs apart, and is used as it was trained."""

import copy
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from helpers import datasets, models
from helpers.errors import InputError
from helpers.explain.layers import read
from helpers.models.architectures import IMAGENET_MEAN, IMAGENET_STD, NarrowEmbedder, Normalise
from helpers.models.mobilefacenet import MobileFaceNet
from helpers.preprocessing import align, detect, find_faces
from tests.networks import pictures, small_network

FACES = 100
RELEASED = "90a00ba1d8b0b688af3deb731ed53dca582e6106805d1bc3cfdef55f570493f4"


def flipped(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(image[:, ::-1])


def relit(image: np.ndarray) -> np.ndarray:
    """Darker, warmer, and lit from the right."""
    side = np.linspace(0.45, 1.3, image.shape[1])[None, :, None]
    lit = 255 * (image / 255) ** 1.7 * side * [1.1, 1.0, 0.85]
    return np.clip(lit, 0, 255).astype(np.uint8)


def compressed(image: np.ndarray) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=10)
    return np.asarray(Image.open(file))


def recropped(image: np.ndarray) -> np.ndarray:
    """Smaller, and off the centre of a grey picture of the same size."""
    height, width = image.shape[:2]
    small = Image.fromarray(image).resize((2 * width // 3, 2 * height // 3))
    whole = Image.new("RGB", (width, height), (110, 110, 110))
    whole.paste(small, (width // 4, height // 6))
    return np.asarray(whole)


def turned(image: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(image).rotate(17, Image.Resampling.BILINEAR))


VARIANTS = (flipped, relit, compressed, recropped, turned)


def tensor(faces: list[np.ndarray]) -> Tensor:
    return datasets.to_tensor(faces)


def aligned(image: np.ndarray) -> np.ndarray:
    return align(image, find_faces(image)[0].landmarks)


@pytest.fixture(scope="module")
def model() -> nn.Module:
    return models.load("mobilefacenet")


# -- the architecture, without its weights


def test_a_face_becomes_128_numbers() -> None:
    network = models.load("mobilefacenet", weights="random")
    with torch.no_grad():
        assert network(torch.rand(3, 3, 112, 112)).shape == (3, 128)
    assert (network.classes, network.embedding_size) == ((), 128)
    assert network.input_size == (112, 112)


def test_its_layer_has_maps_of_seven_by_seven() -> None:
    network = MobileFaceNet().eval()
    with torch.no_grad():
        module = network.get_submodule("conv2")
        maps = read(network, torch.rand(1, 3, 112, 112), "conv2", module).activations
    assert network.layer == "conv2"
    assert maps.shape == (1, 512, 7, 7)
    assert maps.min() >= 0


def test_similarity_is_the_cosine_row_by_row() -> None:
    network = models.load("mobilefacenet", weights="random")
    one, two = pictures(3, side=112, seed=1), pictures(3, side=112, seed=2)
    with torch.no_grad():
        a, b = (nn.functional.normalize(network(each)) for each in (one, two))
    expected = (a * b).sum(1)
    for batch_size in (1, 2, 64):
        alike = models.similarity(network, one, two, batch_size)
        torch.testing.assert_close(alike, expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(models.similarity(network, one, one), torch.ones(3))


def test_pairs_that_are_none_and_models_that_classify_are_refused() -> None:
    images = pictures(2)
    recogniser = NarrowEmbedder(embedding_size=8, width=4, input_size=(48, 48)).eval()
    with pytest.raises(InputError, match="images_a has 2 values but images_b has 1"):
        models.similarity(recogniser, images, images[:1])
    with pytest.raises(InputError, match="scores of 3 classes, which are no embeddings"):
        models.similarity(small_network(), images, images)
    with pytest.raises(InputError, match="the text 'mobilefacenet'"):
        models.similarity("mobilefacenet", images, images)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("spoilt", "sentence"),
    [
        (lambda images: images * 255, "must lie in .0, 1., but reach from"),
        (lambda images: images.where(images > 0.3, torch.nan), "NaN or infinite"),
        (lambda images: (images * 255).byte(), "32-bit floats"),
        (lambda images: images[0], r"shape \(N, 3, H, W\)"),
        (lambda images: images[:0], "at least one picture"),
        (lambda images: None, "nothing .None."),
    ],
)
def test_what_is_no_picture_has_no_similarity(spoilt: Any, sentence: str) -> None:
    recogniser = NarrowEmbedder(embedding_size=8, width=4, input_size=(48, 48)).eval()
    images = pictures(2)
    with pytest.raises(InputError, match=f"images_a.*{sentence}"):
        models.similarity(recogniser, spoilt(images), images)
    with pytest.raises(InputError, match=f"images_b.*{sentence}"):
        models.similarity(recogniser, images, spoilt(images))


def test_a_recogniser_that_cannot_be_compared_with_is_named() -> None:
    images = pictures(2)
    recogniser = NarrowEmbedder(embedding_size=8, width=4, input_size=(48, 48)).eval()
    with pytest.raises(InputError, match=r"training mode.*model\.eval\(\)"):
        models.similarity(copy.deepcopy(recogniser).train(), images, images)
    with pytest.raises(InputError, match="it was made for 112 x 112 px"):
        models.similarity(MobileFaceNet().eval(), images, images)
    with pytest.raises(InputError, match="weights are torch.float16"):
        models.similarity(copy.deepcopy(recogniser).half(), images, images)
    with torch.no_grad():
        recogniser.conv1.weight[0] = torch.inf
    with pytest.raises(InputError, match=r"NaN or infinite.*conv1\.weight"):
        models.similarity(recogniser, images, images)
    with pytest.raises(InputError, match="batch_size is 0"):
        models.similarity(recogniser, images, images, batch_size=0)


def test_an_embedding_of_zero_points_nowhere() -> None:
    silent = NarrowEmbedder(embedding_size=8, width=4, input_size=(48, 48)).eval()
    with torch.no_grad():
        silent.fc.weight.zero_()
        silent.fc.bias.zero_()
    assert models.similarity(silent, pictures(2), pictures(2)).isnan().all()


def test_a_callers_inference_mode_and_autocast_change_no_similarity() -> None:
    recogniser = NarrowEmbedder(embedding_size=8, width=4, input_size=(48, 48)).eval()
    one, two = pictures(3), pictures(3, seed=5)
    expected = models.similarity(recogniser, one, two)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        found = models.similarity(recogniser, one.clone(), two)
    assert torch.equal(found, expected)
    assert expected.abs().max() <= 1


# -- real photographs


@pytest.mark.real_data
def test_the_released_weights_are_known_by_their_hash_and_their_card_names_the_data(
    model: nn.Module,
) -> None:
    assert model.card["sha256"] == RELEASED
    assert model.card["licence"] == "Apache-2.0"
    assert "MS-Celeb-1M" in model.card["data"]
    assert "withdrew" in model.card["data"]
    assert not model.training


@pytest.mark.real_data
def test_two_people_are_less_alike_than_one_in_another_light(
    model: nn.Module, photos: dict[str, Path]
) -> None:
    images = [datasets.read_image(photos[name]) for name in ("astronaut", "ivan")]
    first = tensor([aligned(each) for each in images])
    second = tensor([aligned(relit(flipped(each))) for each in images])
    genuine = models.similarity(model, first, second)
    impostor = models.similarity(model, first, second.flip(0))
    assert genuine.min() > impostor.max() + 0.3


@dataclass(frozen=True)
class Pairs:
    """Faces of FairFace, aligned, and each variant of them in the same order."""

    faces: Tensor
    variants: dict[str, tuple[list[int], Tensor]]


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    """Faces found anew in each variant, as they would be in another photograph."""
    photographs = datasets.load("fairface", split="val")
    rows = np.linspace(0, len(photographs) - 1, FACES + 15).astype(int)
    pictures_of = [photographs.source.read(file) for file in photographs.files(rows)]
    found = [(image, detect(image)) for image in pictures_of]
    chosen = [(image, faces[0]) for image, faces in found if len(faces) == 1][:FACES]
    variants = {}
    for number, change in enumerate(VARIANTS):
        rows_of = [(row, change(chosen[row][0])) for row in range(number, FACES, len(VARIANTS))]
        seen = [(row, image, detect(image)) for row, image in rows_of]
        kept = [(row, align(image, faces[0].landmarks)) for row, image, faces in seen if faces]
        variants[change.__name__] = ([row for row, _ in kept], tensor([each for _, each in kept]))
    return Pairs(tensor([align(image, face.landmarks) for image, face in chosen]), variants)


def scores(model: nn.Module, pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
    """Of genuine pairs (a face and a variant of it) and of all pairs of two faces."""
    genuine = [
        models.similarity(model, pairs.faces[rows], images)
        for rows, images in pairs.variants.values()
    ]
    first, second = np.triu_indices(len(pairs.faces), 1)
    with torch.no_grad():
        embeddings = nn.functional.normalize(model(pairs.faces))
    impostor = (embeddings @ embeddings.T)[first, second]
    return torch.cat(genuine).numpy(), impostor.numpy()


@pytest.mark.thorough
@pytest.mark.real_data
def test_a_changed_photograph_of_a_face_is_more_alike_than_another_face(
    model: nn.Module, pairs: Pairs
) -> None:
    genuine, impostor = scores(model, pairs)
    assert len(pairs.faces) == FACES
    assert len(genuine) > 0.9 * FACES
    truth = np.repeat([1, 0], [len(genuine), len(impostor)])
    assert roc_auc_score(truth, np.concatenate([genuine, impostor])) > 0.98
    assert np.median(genuine) > 0.85
    assert abs(impostor.mean()) < 0.1


@pytest.mark.thorough
@pytest.mark.real_data
def test_the_counts_of_its_batch_norms_tell_how_its_training_pictures_were_normalised(
    model: nn.Module, pairs: Pairs
) -> None:
    candidates = {
        "imagenet": (IMAGENET_MEAN, IMAGENET_STD),
        "half": ((0.5,) * 3, (0.5,) * 3),
        "127.5 and 128": ((0.5,) * 3, (128 / 255,) * 3),
        "none": ((0.0,) * 3, (1.0,) * 3),
    }
    misfit = {
        (name, order): _misfit(model, images, Normalise(*statistics))
        for name, statistics in candidates.items()
        for order, images in (("rgb", pairs.faces[:40]), ("bgr", pairs.faces[:40].flip(1)))
    }
    assert min(misfit, key=misfit.__getitem__) == ("imagenet", "rgb")
    assert misfit["imagenet", "rgb"] < 0.25
    assert misfit["imagenet", "bgr"] > 1.4 * misfit["imagenet", "rgb"]


def _misfit(model: nn.Module, images: Tensor, normalise: nn.Module) -> float:
    """How far variances are from those that were counted: mean over layers of median |log ratio|."""
    off: list[float] = []

    def compare(layer: nn.BatchNorm2d, inputs: tuple[Tensor]) -> None:
        ratio = inputs[0].var((0, 2, 3)) / layer.running_var.clamp_min(1e-9)
        off.append(float(ratio.clamp_min(1e-9).log().median().abs()))

    layers = [each for each in model.modules() if isinstance(each, nn.BatchNorm2d)]
    handles = [each.register_forward_pre_hook(compare) for each in layers]
    own = model.normalise
    try:
        model.normalise = normalise
        with torch.no_grad():
            model(images)
    finally:
        model.normalise = own
        for handle in handles:
            handle.remove()
    return float(np.mean(off))
