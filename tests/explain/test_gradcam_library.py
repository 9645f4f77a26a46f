"""The rows of grad-cam: the library's own maps, before it stretches them, and nothing left behind."""

import numpy as np
import pytest
import pytorch_grad_cam as library
import torch
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from pytorch_grad_cam.utils.svd_on_activations import get_2d_projection
from torch import Tensor, nn

from helpers.errors import InputError
from helpers.explain import METHODS, explain, layer_maps
from helpers.explain.maps import enlarge
from tests.networks import pictures, small_network

MODEL = small_network()
IMAGES = pictures()
TARGETS = [0, 1, 2]
ROWS = [name for name in METHODS.index if name.startswith("grad-cam.")]
CLASSES = {
    "gradcam": "GradCAM",
    "hirescam": "HiResCAM",
    "gradcamelementwise": "GradCAMElementWise",
    "gradcam++": "GradCAMPlusPlus",
    "xgradcam": "XGradCAM",
    "layercam": "LayerCAM",
    "ablationcam": "AblationCAM",
    "scorecam": "ScoreCAM",
    "eigencam": "EigenCAM",
    "eigengradcam": "EigenGradCAM",
    "kpcacam": "KPCA_CAM",
    "segeigencam": "SegEigenCAM",
    "fem": "FEM",
    "shapleycam": "ShapleyCAM",
    "fullgrad": "FullGrad",
}


def stretched(maps: Tensor) -> Tensor:
    low, high = maps.amin((1, 2), keepdim=True), maps.amax((1, 2), keepdim=True)
    return ((maps - low) / (high - low)).nan_to_num(0)


def scores(targets: list[int]) -> list[ClassifierOutputTarget]:
    return [ClassifierOutputTarget(target) for target in targets]


@pytest.mark.parametrize("name", CLASSES)
def test_stretched_a_map_is_the_one_that_the_library_hands_over(name: str) -> None:
    model = small_network()
    layers = [] if name == "fullgrad" else [model.layer3]
    with getattr(library, CLASSES[name])(model, layers) as cam:
        theirs = torch.from_numpy(cam(IMAGES, scores(TARGETS)))
    ours = layer_maps(MODEL, IMAGES, TARGETS, f"grad-cam.{name}", "layer3").clamp_min(0)
    found = stretched(enlarge(ours, (48, 48)))
    torch.testing.assert_close(found, theirs, atol=1e-4, rtol=0)


def test_finercam_is_the_librarys_for_the_class_that_is_asked_for() -> None:
    ours = layer_maps(MODEL, IMAGES, 1, "grad-cam.finercam", "layer3")
    model = small_network()
    with library.FinerCAM(model, [model.layer3]) as cam:
        theirs = torch.from_numpy(cam(IMAGES, target_idx=1))
    torch.testing.assert_close(stretched(enlarge(ours, (48, 48))), theirs, atol=1e-4, rtol=0)


@pytest.mark.parametrize("alpha", [0.5, 1.0])
def test_finercam_explains_a_mean_over_rivals_weighed_by_softmax(alpha: float) -> None:
    ours = explain(MODEL, IMAGES, 1, "grad-cam.finercam", "layer4", alpha=alpha, rivals=2)
    model, kept = small_network(), []
    model.layer4.register_forward_hook(lambda _module, _inputs, output: kept.append(output))
    logits = model(IMAGES)
    apart = logits[:, [1]] - alpha * logits[:, [0, 2]]
    rivals = logits.softmax(1)[:, [0, 2]]
    explained = (rivals * apart).sum(1) / rivals.sum(1)
    (slopes,) = torch.autograd.grad(explained.sum(), kept)
    expected = (slopes.mean((2, 3), keepdim=True) * kept[0]).sum(1).detach()
    expected = enlarge(expected, (48, 48)).clamp_min(0)
    torch.testing.assert_close(ours, expected, atol=1e-4 * float(expected.max()), rtol=1e-3)


def test_refinecam_multiplies_the_stages_up_to_the_layer() -> None:
    ours = explain(MODEL, IMAGES, 1, "grad-cam.refinecam", "layer3")
    model = small_network()
    stages = [model.layer1, model.layer2, model.layer3]
    theirs = library.RefineCAM(model, stages)(IMAGES, scores([1] * 3))
    torch.testing.assert_close(ours, torch.from_numpy(theirs), atol=1e-4, rtol=0)
    alone = explain(MODEL, IMAGES, 1, "grad-cam.refinecam", layers=["layer3"])
    plain = explain(MODEL, IMAGES, 1, "grad-cam.gradcam++", "layer3")
    torch.testing.assert_close(alone, stretched(plain), atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("gradcam", "gradcam"),
        ("hirescam", "hirescam"),
        ("gradcamelementwise", "elementwise"),
        ("layercam", "layercam"),
        ("xgradcam", "xgradcam"),
    ],
)
def test_unstretched_the_library_has_our_numbers(theirs: str, ours: str) -> None:
    expected = layer_maps(MODEL, IMAGES, TARGETS, ours, "layer2")
    found = layer_maps(MODEL, IMAGES, TARGETS, f"grad-cam.{theirs}", "layer2")
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("name", ["eigengradcam", "kpcacam"])
def test_the_librarys_components_are_of_centred_values(name: str) -> None:
    # Ours subtract nothing before; grad-cam takes each channel's mean off.
    expected = layer_maps(MODEL, IMAGES, TARGETS, name, "layer2")
    found = layer_maps(MODEL, IMAGES, TARGETS, f"grad-cam.{name}", "layer2")
    assert (stretched(found) - stretched(expected)).abs().amax((1, 2)).min() > 0.01


def test_shapleycam_before_a_linear_head_is_gradcam() -> None:
    # The score does not bend there: the gradient does not change along the activations.
    expected = layer_maps(MODEL, IMAGES, TARGETS, "gradcam")
    found = layer_maps(MODEL, IMAGES, TARGETS, "grad-cam.shapleycam")
    torch.testing.assert_close(found, expected)


def state(model: nn.Module) -> list[object]:
    modules = [(name, id(each), len(each._forward_hooks)) for name, each in model.named_modules()]
    weights = [(each.requires_grad, id(each.grad)) for each in model.parameters()]
    return [modules, weights, np.random.get_state()[1].tolist()]


@pytest.mark.parametrize("method", ROWS)
def test_the_model_numpy_and_the_console_are_as_they_were(
    method: str, capfd: pytest.CaptureFixture[str]
) -> None:
    model = small_network()
    model.conv1.weight.requires_grad_(False)
    model.fc.weight.grad = torch.ones_like(model.fc.weight)
    before = state(model)
    options = {"scales": 1} if method == "grad-cam.sess" else {}
    maps = explain(model, IMAGES[:1], 0, method, **options)
    assert maps.shape == (1, 48, 48)
    assert maps.isfinite().all()
    assert state(model) == before
    assert (model.fc.weight.grad == 1).all()
    assert capfd.readouterr() == ("", "")


def test_what_fails_in_the_middle_leaves_the_layers_in_their_places() -> None:
    model, passes = small_network(), 0
    before = state(model)

    def fail_later(_module: nn.Module, _inputs: object) -> None:
        nonlocal passes
        passes += 1
        if passes == 5:
            raise RuntimeError("out of paper")

    said = pytest.raises(InputError, match=r"cannot be called with.*out of paper")
    with model.fc.register_forward_pre_hook(fail_later), said:
        explain(model, IMAGES[:1], 0, "grad-cam.ablationcam", batch_size=2)
    assert state(model) == before


def test_every_image_has_the_same_random_channels() -> None:
    alone = explain(MODEL, IMAGES[[2]], 0, "grad-cam.randomcam", seed=3)
    torch.testing.assert_close(alone[0], explain(MODEL, IMAGES, 0, "grad-cam.randomcam", seed=3)[2])
    assert not torch.equal(alone, explain(MODEL, IMAGES[[2]], 0, "grad-cam.randomcam"))


class InPlace(nn.Module):
    """Adds to its layer's output in place, as torchvision's residual sums do."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.fc = nn.Conv2d(3, 4, 3, padding=1), nn.Linear(4, 2)

    def forward(self, images: Tensor) -> Tensor:
        seen = self.layer(images)
        seen += 10 * images.sum(1, keepdim=True)
        return self.fc(torch.relu_(seen).mean((2, 3)))


@pytest.mark.parametrize("name", ["hirescam", "eigencam"])
def test_a_sum_in_place_behind_the_layer_does_not_reach_the_map(name: str) -> None:
    model = InPlace().eval()
    found = layer_maps(model, IMAGES, 0, f"grad-cam.{name}", "layer")
    with torch.no_grad():
        seen = model.layer(IMAGES)
    if name == "eigencam":
        expected = torch.from_numpy(get_2d_projection(seen.numpy()))
        torch.testing.assert_close(found, expected.clamp_min(0), rtol=1e-3, atol=1e-5)
    else:
        torch.testing.assert_close(found, layer_maps(model, IMAGES, 0, "hirescam", "layer"))


class Backwards(nn.Module):
    """Defines its second layer first."""

    def __init__(self) -> None:
        super().__init__()
        self.second, self.first, self.layer = nn.Conv2d(4, 2, 3), nn.Conv2d(3, 4, 3), "first"

    def forward(self, images: Tensor) -> Tensor:
        return self.second(self.first(images).relu()).mean((2, 3))


def test_refusals_say_what_where_and_what_to_do() -> None:
    with pytest.raises(InputError, match="order in which layers were.*take fullgrad"):
        explain(Backwards().eval(), IMAGES, 0, "grad-cam.fullgrad")
    with pytest.raises(InputError, match="'layer4.1.bn2' has another.*ends in a ReLU"):
        explain(MODEL, IMAGES, 0, "grad-cam.ablationcam", "layer4.1.bn2")
    with pytest.raises(InputError, match="needs maps of shape"):
        explain(MODEL, IMAGES, 0, "grad-cam.eigencam", "fc")
    with pytest.raises(InputError, match="k is -1"):
        explain(MODEL, IMAGES, 0, "grad-cam.fem", k=-1)
    single = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 1)
    )
    with pytest.raises(InputError, match="compares a class with others"):
        explain(single.eval(), IMAGES, 0, "grad-cam.finercam", "0")
