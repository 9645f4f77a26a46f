"""The port to Keras and the rows of Xplique, against direct calls. TensorFlow takes seconds to import."""

import random
import sys
import types
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from helpers import models
from helpers.errors import InputError
from helpers.explain import METHODS, check, explain, keras_ports
from helpers.models.keras_port import channels_last
from helpers.models.mobilefacenet import MobileFaceNet
from helpers.models.vggface import VggFace
from tests.networks import awaken, pictures, small_network

tf = pytest.importorskip("tensorflow")
library = pytest.importorskip("xplique.attributions")

MODEL = small_network()
IMAGES = pictures(2)
TARGETS = [0, 2]
ROWS = [name for name in METHODS.index if name.startswith("xplique.")]
FEW: dict[str, dict[str, Any]] = {
    "xplique.integrated_gradients": {"steps": 8},
    "xplique.smoothgrad": {"samples": 4},
    "xplique.square_grad": {"samples": 4},
    "xplique.vargrad": {"samples": 4},
    "xplique.occlusion": {"patch": 16, "stride": 16},
    "xplique.rise": {"samples": 40},
    "xplique.lime": {"samples": 20, "grid": 3},
    "xplique.kernel_shap": {"samples": 20, "grid": 3},
    "xplique.sobol": {"samples": 4, "grid": 3},
    "xplique.hsic": {"samples": 40, "grid": 3},
}


def logits(model: nn.Module, images: Tensor) -> Tensor:
    with torch.no_grad():
        return model(images)


def test_what_libraries_say_of_each_other_when_they_are_imported_is_not_passed_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = "xplique.attributions.base"
    original, old = sys.modules[name], types.ModuleType(name)

    def lookup(wanted: str) -> Any:
        warnings.warn("distutils is deprecated", DeprecationWarning, stacklevel=2)
        return getattr(original, wanted)

    old.__getattr__ = lookup  # type: ignore[method-assign]
    monkeypatch.setitem(sys.modules, name, old)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert explain(MODEL, IMAGES, TARGETS, "xplique.saliency").isfinite().all()


# -- the port


def assert_ported(model: nn.Module, images: Tensor) -> Any:
    port = models.to_keras(model, tuple(images.shape[2:]))
    found = torch.from_numpy(np.array(port(channels_last(images))))
    torch.testing.assert_close(found, logits(model, images), atol=1e-4, rtol=0)
    return port


@pytest.mark.parametrize("name", models.available())
def test_a_shipped_model_answers_as_its_port_does(name: str) -> None:
    assert_ported(models.load(name), pictures(2, 112))


def test_recognisers_with_depthwise_convolutions_and_rounded_up_windows_can_be_ported() -> None:
    torch.manual_seed(0)
    recogniser = MobileFaceNet()
    awaken(recogniser)
    assert_ported(recogniser.eval(), pictures(2, 112))
    faces = VggFace(["a", "b"], width=4, hidden=8).eval()
    assert_ported(faces, pictures(1, 224))


class Odd(nn.Module):
    """Windows that overlap the edge, values below 0 at it, groups, PReLU and functions."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, stride=2, padding=(2, 1))
        self.pool = nn.MaxPool2d(3, 2, padding=1, ceil_mode=True)
        self.group = nn.Conv2d(8, 6, (3, 2), padding="same", groups=2)
        self.twice = nn.Conv2d(6, 12, 3, groups=6, padding=1)
        self.prelu, self.fc = nn.PReLU(12), nn.Linear(12 * 4, 3)
        self.shrink, self.layer = nn.AvgPool2d(3, 1, padding=1), "pool"

    def forward(self, images: Tensor) -> Tensor:
        x = self.pool(self.conv(images))
        x = self.prelu(self.twice(torch.relu(self.group(x)) + self.group(x)))
        x = nn.functional.adaptive_avg_pool2d(self.shrink(x), 2)
        return self.fc(torch.flatten(x, 1))


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
def test_paddings_groups_and_functions_are_torchs() -> None:
    torch.manual_seed(0)
    model = Odd().eval()
    with torch.no_grad():
        model.conv.bias.fill_(-3)  # below 0 everywhere: a padding of zeros would be the largest
    images = pictures(2, 28)
    assert model.conv(images).shape[2:] == (15, 14), "the last window is cut in one direction only"
    assert_ported(model, images)


def test_layers_and_groups_of_layers_keep_their_names() -> None:
    adapted = models.adapt(MODEL, normalise=(0.5, 0.5), channel_order="bgr", layer="layer4")
    port = assert_ported(adapted, IMAGES)
    assert port.get_layer("layer4").output.shape == (None, 3, 3, 64)
    assert port.get_layer("layer2.0.conv1").strides == (2, 2)


def test_what_cannot_be_ported_is_named() -> None:
    def network(*layers: nn.Module) -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(3, 4, 3), *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()
        ).eval()

    with pytest.raises(InputError, match=r"layer '1' \(GroupNorm\) has no counterpart"):
        models.to_keras(network(nn.GroupNorm(2, 4)), (16, 16))
    with pytest.raises(InputError, match="pads with 'reflect'"):
        mirrored = nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect")
        models.to_keras(network(mirrored), (16, 16))
    hooked = network(nn.ReLU())
    hooked[0].register_forward_hook(lambda _module, _inputs, output: 2 * output)
    with pytest.raises(InputError, match="answers lie up to.*A hook"):
        models.to_keras(hooked, (16, 16))
    assert "GroupNorm" in check(network(nn.GroupNorm(2, 4)), "xplique.fem", IMAGES).sentence


def test_a_port_is_kept_until_a_weight_changes() -> None:
    model = small_network()
    port = keras_ports.port_of(model, (48, 48))
    assert keras_ports.port_of(model, (48, 48)) is port
    model.fc.bias.data += 1  # torch's own count of changes does not see this
    changed = keras_ports.port_of(model, (48, 48))
    assert changed is not port
    apart = np.asarray(changed(channels_last(IMAGES))) - np.asarray(port(channels_last(IMAGES)))
    np.testing.assert_allclose(apart, 1, atol=1e-4)


# -- the maps


@pytest.fixture(scope="module")
def maps() -> dict[str, Tensor]:
    """The maps of every row; where there are two routes, of both."""
    found = {}
    for name in ROWS:
        options = FEW.get(name, {})
        found[name] = explain(MODEL, IMAGES, TARGETS, name, **options)
        if "route" in METHODS.options[name]:
            found[f"{name} keras"] = explain(MODEL, IMAGES, TARGETS, name, route="keras", **options)
    return found


def test_both_routes_give_one_map(maps: dict[str, Tensor]) -> None:
    pairs = [name for name in ROWS if f"{name} keras" in maps]
    assert len(pairs) == 10
    for name in pairs:
        scale = float(maps[name].abs().max())
        torch.testing.assert_close(maps[f"{name} keras"], maps[name], atol=1e-3 * scale, rtol=0)


def input_gradients() -> Tensor:
    given = IMAGES.clone().requires_grad_()
    with torch.enable_grad():
        MODEL(given).gather(1, torch.tensor(TARGETS)[:, None]).sum().backward()
    return given.grad  # type: ignore[return-value]  # backward has just made it


def test_saliency_and_gradient_times_input_are_torchs(maps: dict[str, Tensor]) -> None:
    slopes = input_gradients()
    for route in ("", " keras"):
        found = maps["xplique.saliency" + route], maps["xplique.gradient_input" + route]
        torch.testing.assert_close(found[0], slopes.abs().amax(1), atol=1e-4, rtol=0)
        torch.testing.assert_close(found[1], (slopes * IMAGES).sum(1), atol=1e-4, rtol=0)


def test_integrated_gradients_sum_to_the_difference_of_the_scores() -> None:
    found = explain(MODEL, IMAGES, TARGETS, "xplique.integrated_gradients", baseline="mean")
    hidden = IMAGES.mean((2, 3), keepdim=True).expand_as(IMAGES)
    gained = logits(MODEL, IMAGES) - logits(MODEL, hidden)
    expected = gained.gather(1, torch.tensor(TARGETS)[:, None])[:, 0]
    torch.testing.assert_close(found.sum((1, 2)), expected, atol=0.02, rtol=0.02)


DIRECT: dict[str, tuple[str, dict[str, Any]]] = {
    "xplique.integrated_gradients": ("IntegratedGradients", {"steps": 8, "reducer": "sum"}),
    "xplique.occlusion": ("Occlusion", {"patch_size": 16, "patch_stride": 16}),
    "xplique.rise": ("Rise", {"nb_samples": 40}),
    "xplique.sobol": ("SobolAttributionMethod", {"nb_design": 4, "grid_size": 3}),
    "xplique.hsic": ("HsicAttributionMethod", {"nb_design": 40, "grid_size": 3}),
    "xplique.gradcam": ("GradCAM", {"conv_layer": "layer4"}),
    "xplique.gradcam++": ("GradCAMPP", {"conv_layer": "layer4"}),
    "xplique.guided_backprop": ("GuidedBackprop", {"reducer": "sum"}),
    "xplique.deconvnet": ("DeconvNet", {"reducer": "sum"}),
    "xplique.fem": ("FEM", {"conv_layer": "layer4"}),
}


def test_a_map_is_that_of_a_direct_call(maps: dict[str, Tensor]) -> None:
    port = models.to_keras(MODEL)
    wanted = np.eye(3, dtype=np.float32)[TARGETS]
    eager = tf.config.functions_run_eagerly()
    try:
        for name, (kind, options) in DIRECT.items():
            # As the rows do: what draws is eager, and gradients of a Keras model are traced.
            tf.config.run_functions_eagerly(kind == "Rise")
            parts = []
            for k in range(len(IMAGES)):
                tf.random.set_seed(0)
                explainer = getattr(library, kind)(port, batch_size=32, **options)
                given = channels_last(IMAGES[[k]]), wanted[[k]]
                parts.append(np.array(explainer.explain(*given))[..., 0])
            theirs = torch.from_numpy(np.concatenate(parts))
            theirs = theirs if METHODS.signed[name] else theirs.clamp_min(0)
            scale = float(theirs.abs().max())
            torch.testing.assert_close(maps[name], theirs, atol=1e-3 * scale, rtol=0)
    finally:
        tf.config.run_functions_eagerly(eager)


def test_how_many_pictures_are_seen_at_a_time_and_with_whom_changes_nothing() -> None:
    for name in ("xplique.rise", "xplique.smoothgrad", "xplique.kernel_shap"):
        expected = explain(MODEL, IMAGES, TARGETS, name, **FEW[name])
        found = explain(MODEL, IMAGES, TARGETS, name, batch_size=1, **FEW[name])
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-3)


def test_generators_and_tensorflows_switch_are_as_they_were() -> None:
    tf.random.set_seed(5)
    expected = [float(tf.random.uniform(())) for _ in range(2)]
    tf.random.set_seed(5)
    first = float(tf.random.uniform(()))
    states = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    eager = tf.config.functions_run_eagerly()
    explain(MODEL, IMAGES, 0, "xplique.rise", samples=4)
    assert [first, float(tf.random.uniform(()))] == expected
    assert tf.config.functions_run_eagerly() is eager
    assert states == (
        random.getstate(),
        np.random.get_state()[1].tolist(),
        torch.get_rng_state().tolist(),
    )


def test_refusals_say_what_would_do() -> None:
    with pytest.raises(InputError, match=r"samples is 6.*power of two"):
        explain(MODEL, IMAGES, 0, "xplique.sobol", samples=6)
    with pytest.raises(InputError, match="one colour"):
        explain(MODEL, IMAGES, 0, "xplique.lime", baseline="blur")
    with pytest.raises(InputError, match="square maps only"):
        explain(MODEL, IMAGES[..., :32], 0, "xplique.forgrad")
    with pytest.raises(InputError, match="there is no route 'karas': did you mean 'keras'"):
        explain(MODEL, IMAGES, 0, "xplique.saliency", route="karas")
