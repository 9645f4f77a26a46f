"""What a caller or a network has switched off or on changes no map, or is named in a sentence."""

import copy

import pytest
import torch
from torch import Tensor, nn

from helpers import models
from helpers.errors import InputError
from helpers.explain import explain, factorize
from helpers.explain.catalogue.cams import ROWS as CAMS
from helpers.explain.layers import backwards, read
from tests.networks import pictures, small_network

MODEL = small_network()
IMAGES = pictures(2)


@pytest.mark.parametrize("method", CAMS)
def test_inference_mode_changes_nothing(method: str) -> None:
    expected = explain(MODEL, IMAGES, 1, method)
    with torch.inference_mode():
        made = IMAGES.clone()
        inside = explain(MODEL, IMAGES, 1, method)
        assert made.is_inference()
        torch.testing.assert_close(explain(MODEL, made, 1, method), expected)
    torch.testing.assert_close(inside, expected)
    torch.testing.assert_close(explain(MODEL, made, 1, method), expected)
    assert not inside.is_inference()


@pytest.mark.parametrize("method", CAMS)
def test_autocast_changes_nothing(method: str) -> None:
    with torch.autocast("cpu", torch.bfloat16):
        maps = explain(MODEL, IMAGES, 1, method)
    assert maps.dtype == torch.float32
    assert torch.equal(maps, explain(MODEL, IMAGES, 1, method))


def test_concepts_are_the_same_in_inference_mode_and_under_autocast() -> None:
    expected = factorize(MODEL, IMAGES, 3)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        found = factorize(MODEL, IMAGES.clone(), 3)
    torch.testing.assert_close(found.maps, expected.maps)
    assert found.maps.dtype == found.concepts.dtype == torch.float32
    assert found.scores.equals(expected.scores)


class Brief(nn.Module):
    """Computes in 16 bits inside, as networks for graphics cards do."""

    def __init__(self) -> None:
        super().__init__()
        self.network, self.layer = small_network(), "network.layer4"

    def forward(self, images: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return self.network(images)


@pytest.mark.parametrize("method", ["gradcam", "eigencam", "hirescam", "gradcam++", "ablationcam"])
def test_a_network_that_uses_autocast_itself_has_maps_of_32_bits(method: str) -> None:
    brief = Brief().eval()
    maps = explain(brief, IMAGES, 1, method)
    assert maps.dtype == torch.float32
    assert maps.abs().sum() > 0
    assert factorize(brief, IMAGES, 2).maps.dtype == torch.float32


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_a_network_in_half_precision_is_told_what_to_do(kind: torch.dtype) -> None:
    short = copy.deepcopy(MODEL).to(kind)
    for call in (explain, factorize):
        with pytest.raises(InputError, match=rf"weights are {kind}.*model\.float\(\)"):
            call(short, IMAGES)


def test_a_network_made_in_inference_mode_cannot_be_explained_but_ours_are_made_outside() -> None:
    with torch.inference_mode():
        frozen = small_network()
        shipped = models.load("gender-fairface")
        adapted = models.adapt(MODEL, classes=("a", "b", "c"), layer="layer4")
    with pytest.raises(InputError, match=r"made inside torch\.inference_mode"):
        explain(frozen, IMAGES)
    assert explain(shipped, pictures(1, 112), 0).shape == (1, 112, 112)
    torch.testing.assert_close(explain(adapted, IMAGES, 1), explain(MODEL, IMAGES, 1))


class Frozen(nn.Module):
    """Switches gradients off for its body."""

    def __init__(self, way: str) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body, self.after = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), nn.ReLU()
        self.fc, self.way, self.layer = nn.Linear(4, 2), way, "body"

    def forward(self, images: Tensor) -> Tensor:
        if self.way == "detach":
            return self.fc(self.after(self.body(images).detach()).mean((2, 3)))
        with torch.no_grad() if self.way == "no_grad" else torch.inference_mode():
            seen = self.body(images)
        return self.fc(self.after(seen.clone()).mean((2, 3)))


@pytest.mark.parametrize("way", ["no_grad", "detach", "inference_mode"])
@pytest.mark.parametrize("method", ["gradcam", "hirescam", "gradcam++", "fullgrad"])
def test_a_network_that_switches_gradients_off_itself_is_told_so(way: str, method: str) -> None:
    with pytest.raises(InputError, match="switches gradients off"):
        explain(Frozen(way).eval(), IMAGES, 0, method)


@pytest.mark.parametrize("way", ["no_grad", "detach"])
def test_behind_the_switch_and_without_gradients_it_can_be_explained(way: str) -> None:
    network = Frozen(way).eval()
    assert explain(network, IMAGES, 0, "hirescam", layer="after").abs().sum() > 0
    assert explain(network, IMAGES, 0, "eigencam").sum() > 0


def test_a_layer_that_does_not_lead_to_the_score_has_no_gradient() -> None:
    class Aside(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.aside, self.network = nn.Conv2d(3, 4, 3), small_network()

        def forward(self, images: Tensor) -> Tensor:
            self.aside(images)
            return self.network(images)

    with pytest.raises(InputError, match="layer 'aside'.* does not lead to the score"):
        explain(Aside().eval(), IMAGES, 0, layer="aside")


def test_a_score_that_gradients_cannot_pass_is_named() -> None:
    logits = torch.ones(1, 2, requires_grad=True)
    worked_on = (logits * 1).exp()
    worked_on.mul_(2)
    with pytest.raises(InputError, match=r"no gradient can be taken.*models\.adapt"):
        backwards(worked_on, torch.tensor([0]), [logits])


def test_the_gradient_is_that_of_the_images_own_score() -> None:
    reading = read(MODEL, IMAGES, "layer4", MODEL.layer4)
    found = reading.slopes(torch.tensor([2, 0]))
    places = reading.activations[0, 0].numel()
    expected = (MODEL.fc.weight[[2, 0]].detach() / places)[:, :, None, None].expand_as(found)
    torch.testing.assert_close(found, expected)


# -- TorchScript, NaN and other networks that cannot be worked with


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_torchscript_has_no_layers_to_watch() -> None:
    traced = torch.jit.trace(MODEL, IMAGES)
    with pytest.raises(InputError, match="model is TorchScript.*network it was made from"):
        explain(traced, IMAGES, 0, layer="layer4")
    with pytest.raises(InputError, match="model is TorchScript"):
        explain(traced, IMAGES, 0, "fullgrad")
    partly = nn.Sequential(torch.jit.trace(nn.Conv2d(3, 4, 3).eval(), IMAGES), nn.Flatten()).eval()
    with pytest.raises(InputError, match="layer '0' is TorchScript"):
        explain(partly, IMAGES, 0, layer="0")
    with pytest.raises(InputError, match="layer '0' is TorchScript"):
        explain(partly, IMAGES, 0, "fullgrad")


@pytest.mark.parametrize("method", CAMS)
def test_nan_is_an_answer_that_nobody_explains(method: str) -> None:
    broken = small_network()
    with torch.no_grad():
        broken.conv1.weight[0, 0, 0, 0] = torch.nan
    with pytest.raises(InputError, match=r"NaN or infinite.*2 of 2 .*\(conv1\.weight\)"):
        explain(broken, IMAGES, 0, method)


def test_a_map_that_would_hold_infinity_is_none() -> None:
    class Root(nn.Module):
        """The square root has no slope at 0, where its answer is an ordinary number."""

        def __init__(self) -> None:
            super().__init__()
            self.layer, self.fc = nn.Identity(), nn.Linear(3, 2)

        def forward(self, images: Tensor) -> Tensor:
            return self.fc(self.layer(images).sqrt().mean((2, 3)))

    dark = torch.zeros(1, 3, 4, 4)
    for images in (dark, torch.cat([dark, dark + 0.5])):
        with pytest.raises(InputError, match="gradcam gives a map of NaN or infinite numbers"):
            explain(Root().eval(), images, 0, "gradcam", layer="layer")
