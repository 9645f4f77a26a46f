"""VGG-Face: names and shapes of the released weights, and the pixels that it was trained on."""

from pathlib import Path

import pytest
import torch
from torch import nn
from torchvision.models import vgg16

from helpers import explain, models
from helpers.errors import InputError
from helpers.models import tracing
from helpers.models.vggface import BLOCKS, VggFace
from tests.networks import pictures

NAMES = ("Ada", "Bea", "Cleo", "Dora", "Elsa")
IMAGES = pictures(2, side=224)


def narrow(order: str = "bgr") -> VggFace:
    """A sixteenth of VGG-Face with random weights: the real one takes 580 MB."""
    torch.manual_seed(0)
    network = VggFace(NAMES, order, width=4, hidden=8)
    for weight in network.parameters():
        nn.init.normal_(weight, 0.0, 0.1)
    return network.eval()


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """A file as readers have it, with the list of identities beside it."""
    torch.save(narrow().state_dict(), tmp_path / "vggface.pth")
    (tmp_path / "names.txt").write_text("\n".join(NAMES) + "\n")
    return tmp_path / "vggface.pth"


def test_its_weights_have_the_names_and_shapes_of_the_release() -> None:
    with torch.device("meta"):  # shapes without the 145 million numbers
        weights = VggFace([""] * 2622).state_dict()
    convolutions = [
        f"features.conv_{block}_{number}"
        for block, count in enumerate(BLOCKS, start=1)
        for number in range(1, count + 1)
    ]
    layers = [*convolutions, "fc.fc6", "fc.fc7", "fc.fc8"]
    assert list(weights) == [f"{layer}.{kind}" for layer in layers for kind in ("weight", "bias")]
    assert weights["features.conv_5_3.weight"].shape == (512, 512, 3, 3)
    assert weights["fc.fc6.weight"].shape == (4096, 512 * 7 * 7)
    assert weights["fc.fc8.weight"].shape == (2622, 4096)
    assert sum(each.numel() for each in weights.values()) == 145_002_878


def test_it_computes_what_a_vgg16_computes_from_the_same_weights() -> None:
    ours = narrow()
    theirs = vgg16(init_weights=False).features
    inputs = 3
    for index, module in enumerate(theirs):
        if isinstance(module, nn.Conv2d):
            outputs = module.out_channels // 16
            theirs[index] = nn.Conv2d(inputs, outputs, 3, padding=1)
            inputs = outputs
    theirs.load_state_dict(
        dict(zip(theirs.state_dict(), ours.features.state_dict().values(), strict=True))
    )
    with torch.no_grad():
        torch.testing.assert_close(ours.features(IMAGES), theirs(IMAGES))


def test_it_reads_bgr_from_0_to_255_less_its_means() -> None:
    image = torch.tensor([1.0, 0.5, 0.0]).view(1, 3, 1, 1)
    bgr, rgb = (narrow(order).normalise(image).flatten().tolist() for order in ("bgr", "rgb"))
    assert bgr == pytest.approx([0 - 129.1863, 127.5 - 104.7624, 255 - 93.5940], abs=1e-4)
    assert rgb == pytest.approx([255 - 129.1863, 127.5 - 104.7624, 0 - 93.5940], abs=1e-4)


def test_its_third_pooling_rounds_up() -> None:
    assert narrow().features.maxp_3_3.ceil_mode
    assert not narrow().features.maxp_2_2.ceil_mode


def test_every_activation_is_a_module_of_its_own_and_nothing_works_in_place() -> None:
    network = narrow()
    seen = tracing.trace(network, network, IMAGES)
    assert (seen.reused, seen.functional) == ((), ())
    assert tracing.in_place_modules(network) == []


def test_a_file_of_weights_and_its_list_of_names_make_the_model(released: Path) -> None:
    network = models.load("vgg-face", weights=released)
    assert network.classes == NAMES
    assert (network.input_size, network.layer) == ((224, 224), "features.relu_5_3")
    assert network.card["licence"] == "CC BY-NC 4.0"
    assert network.card["sha256"] == models.file_hash(released)
    assert "publish none" in network.card["sha256_note"]
    with torch.no_grad():
        torch.testing.assert_close(network(IMAGES), narrow()(IMAGES))
    assert explain.explain(network, IMAGES, "Bea", "hirescam").shape == (2, 224, 224)


def test_the_release_by_way_of_matconvnet_reads_rgb(tmp_path: Path) -> None:
    weights = {
        name.replace("features.conv_", "conv").replace("fc.", ""): each
        for name, each in narrow().state_dict().items()
    }
    assert list(weights)[:2] == ["conv1_1.weight", "conv1_1.bias"]
    assert list(weights)[-1] == "fc8.bias"
    torch.save(weights, tmp_path / "vgg_face_dag.pth")
    network = models.load("vgg-face", weights=tmp_path / "vgg_face_dag.pth")
    with torch.no_grad():
        torch.testing.assert_close(network(IMAGES), narrow("rgb")(IMAGES))
    assert network.classes[:2] == ("identity 0001", "identity 0002")


def test_a_list_of_names_that_does_not_fit_is_refused(released: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.txt"
    short.write_text("Ada\nBea\n")
    with pytest.raises(InputError, match=r"short\.txt lists 2 names, but vggface\.pth has 5"):
        models.load("vgg-face", weights=released, names=short)
    with pytest.raises(InputError, match=r"absent\.txt does not exist"):
        models.load("vgg-face", weights=released, names=tmp_path / "absent.txt")


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.pth"
    torch.save(nn.Linear(2, 2).state_dict(), path)
    with pytest.raises(InputError, match="weights of another network: missing: features.conv_1_1"):
        models.load("vgg-face", weights=path)
