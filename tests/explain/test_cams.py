import numpy as np
import pytest
import pytorch_grad_cam as library
import torch
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import Tensor, nn
from torchvision.models import resnet18

from helpers.errors import InputError, UnknownName
from helpers.explain import METHODS, explain, layer_maps
from helpers.explain.cams import CAMS, read_layer
from tests.networks import awaken, pictures, small_network

MODEL = small_network()
IMAGES = pictures()
READING_A_LAYER = [name for name, cam in CAMS.items() if cam.needs_layer]


def layer_gradcam(images: Tensor, layer: str, target: int) -> Tensor:
    """Grad-CAM's formula before its ReLU."""
    with torch.enable_grad():
        logits, activations = read_layer(MODEL, images, MODEL.get_submodule(layer))
        gradient = torch.autograd.grad(logits[:, target].sum(), activations)[0]
    return (gradient.mean((2, 3), keepdim=True) * activations).sum(1).detach()


# -- what the maps mean


@pytest.mark.parametrize("target", [0, 1, 2])
def test_a_hirescam_map_of_the_last_layer_sums_to_the_logit_without_its_bias(target: int) -> None:
    maps = layer_maps(MODEL, IMAGES, target, "hirescam", "layer4")
    with torch.no_grad():
        logits = MODEL(IMAGES)[:, target]
    torch.testing.assert_close(maps.sum((1, 2)) + MODEL.fc.bias[target].item(), logits)


@pytest.mark.parametrize("layer", ["layer3", "layer4.1.conv2"])
def test_at_an_inner_layer_a_hirescam_map_does_not_sum_to_the_logit(layer: str) -> None:
    maps = layer_maps(MODEL, IMAGES, 1, "hirescam", layer)
    with torch.no_grad():
        logits = MODEL(IMAGES)[:, 1]
    assert ((maps.sum((1, 2)) + MODEL.fc.bias[1].item() - logits).abs() > 0.05).all()


def test_before_pooling_and_a_linear_head_gradcam_is_the_positive_part_of_hirescam() -> None:
    targets = [0, 1, 2]
    hires = layer_maps(MODEL, IMAGES, targets, "hirescam", "layer4")
    assert hires.min() < 0 < hires.max()
    grad = layer_maps(MODEL, IMAGES, targets, "gradcam", "layer4")
    torch.testing.assert_close(grad, hires.clamp_min(0))


@pytest.mark.parametrize("layer", ["layer3", "layer4.1.conv2"])
def test_at_an_inner_layer_gradcam_and_hirescam_differ(layer: str) -> None:
    hires = layer_maps(MODEL, IMAGES, 1, "hirescam", layer)
    averaged = layer_gradcam(IMAGES, layer, 1)
    assert (hires - averaged).norm() > 0.1 * hires.norm()


def test_maps_are_not_stretched_image_by_image() -> None:
    louder = small_network()
    with torch.no_grad():
        louder.fc.weight.mul_(2)
    for method in ("gradcam", "hirescam"):
        maps = explain(MODEL, IMAGES, 1, method)
        torch.testing.assert_close(explain(louder, IMAGES, 1, method), 2 * maps)
        assert len(maps.amax((1, 2)).unique()) == len(IMAGES)


def test_only_methods_marked_as_signed_speak_against_a_class() -> None:
    for method in METHODS.index:
        maps = explain(MODEL, IMAGES, 0, method)
        assert (maps.min() < 0) == METHODS.signed[method], method


# -- the formulas are grad-cam's


def as_the_library_shows(maps: Tensor) -> np.ndarray:
    """ReLU, stretch, enlarge, stretch: what grad-cam does to a map before it hands it over."""
    from pytorch_grad_cam.utils.image import scale_cam_image

    return scale_cam_image(np.maximum(scale_cam_image(np.maximum(maps.numpy(), 0), (48, 48)), 0))


@pytest.mark.parametrize("layer", ["layer4", "layer3"])
@pytest.mark.parametrize("method", READING_A_LAYER)
def test_every_formula_is_that_of_grad_cam(
    method: str, layer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    targets = [0, 1, 2]
    ours = layer_maps(MODEL, IMAGES, targets, method, layer)
    assert capsys.readouterr().err == ""
    with CAMS[method].cls(MODEL, [MODEL.get_submodule(layer)]) as cam:
        theirs = cam(IMAGES, [ClassifierOutputTarget(target) for target in targets])
    np.testing.assert_allclose(as_the_library_shows(ours), theirs, atol=2e-4)


def test_fullgrad_is_that_of_grad_cam() -> None:
    with library.FullGrad(small_network(), []) as cam:
        theirs = cam(IMAGES, [ClassifierOutputTarget(1)] * len(IMAGES))
    ours = explain(MODEL, IMAGES, 1, "fullgrad")
    np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-5)
    assert ours.amax((1, 2)).tolist() == pytest.approx([1, 1, 1], abs=1e-5)


# -- one image does not depend on its neighbours, and the model not on having been explained


@pytest.mark.parametrize("method", METHODS.index)
def test_a_batch_gives_the_maps_of_its_single_images(method: str) -> None:
    targets = [0, 2, 1]
    batch = explain(MODEL, IMAGES, targets, method)
    pairs = explain(MODEL, IMAGES, targets, method, batch_size=2)
    single = torch.cat(
        [explain(MODEL, IMAGES[[n]], [targets[n]], method) for n in range(len(IMAGES))]
    )
    tolerance = 1e-3 * float(single.abs().max())
    torch.testing.assert_close(batch, single, atol=tolerance, rtol=0)
    torch.testing.assert_close(pairs, single, atol=tolerance, rtol=0)


def state(model: nn.Module) -> list[object]:
    """All that a method could leave changed."""
    modules = [
        (name, id(each), each.training, len(each._forward_hooks), len(each._backward_hooks))
        for name, each in model.named_modules()
    ]
    weights = [(id(each), each.requires_grad, id(each.grad)) for each in model.parameters()]
    return [modules, weights, [each.clone().numpy().tobytes() for each in model.buffers()]]


@pytest.mark.parametrize("method", METHODS.index)
def test_the_model_is_as_it_was_afterwards(method: str) -> None:
    model = small_network()
    model.conv1.weight.requires_grad_(False)
    model.fc.weight.grad = torch.ones_like(model.fc.weight)
    before = state(model)
    explain(model, IMAGES, None, method)
    assert state(model) == before
    assert (model.fc.weight.grad == 1).all()


@pytest.mark.parametrize("method", METHODS.index)
def test_the_model_is_as_it_was_after_an_error(method: str) -> None:
    model = small_network()
    before = state(model)
    passes = 0

    def fail_later(_module: nn.Module, _inputs: object) -> None:
        nonlocal passes
        passes += 1
        if passes == 2:
            raise RuntimeError("out of memory")

    handle = model.fc.register_forward_pre_hook(fail_later)
    try:
        explain(model, IMAGES, 0, method)
    except RuntimeError as problem:
        assert "out of memory" in str(problem)
    finally:
        handle.remove()
    needs_a_second_pass = method in ("scorecam", "ablationcam", "fullgrad")
    assert (passes == 2) == needs_a_second_pass
    assert state(model) == before


@pytest.mark.parametrize("method", METHODS.index)
def test_frozen_weights_and_a_caller_without_gradients_change_nothing(method: str) -> None:
    frozen = small_network()
    for weight in frozen.parameters():
        weight.requires_grad_(False)
    expected = explain(MODEL, IMAGES, 1, method)
    with torch.no_grad():
        torch.testing.assert_close(explain(MODEL, IMAGES, 1, method), expected)
        torch.testing.assert_close(explain(frozen, IMAGES, 1, method), expected)
    assert not expected.requires_grad


# -- other people's networks


class OneRow(nn.Module):
    """A network without names for its classes or its layers, whose only ReLU runs twice."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3)
        self.relu, self.head = nn.ReLU(), nn.Linear(4, 2)
        self.unused = nn.Conv2d(3, 3, 1)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.relu(self.second(self.relu(self.first(images)))).mean((2, 3)))


def other_resnet() -> nn.Module:
    torch.manual_seed(0)
    network = resnet18(weights=None, num_classes=4)
    awaken(network)
    return network.eval()


def test_torchvisions_resnet_is_explained_where_a_layer_is_named() -> None:
    network = other_resnet()
    maps = layer_maps(network, IMAGES, 3, "hirescam", "layer4")
    with torch.no_grad():
        logits = network(IMAGES)[:, 3]
    torch.testing.assert_close(maps.sum((1, 2)) + network.fc.bias[3].item(), logits)
    with pytest.raises(UnknownName, match=r"give layer=.*layer4"):
        explain(network, IMAGES)
    with pytest.raises(UnknownName, match="4 outputs, 0 to 3"):
        explain(network, IMAGES, 4, layer="layer4")


@pytest.mark.parametrize("layer", ["bn1", "layer4.1.bn1", "layer4.1.bn2"])
def test_what_comes_later_in_place_does_not_change_the_activation_read(layer: str) -> None:
    network = other_resnet()
    module = network.get_submodule(layer)
    true: list[Tensor] = []
    handle = module.register_forward_hook(lambda *call: true.append(call[2].clone()))
    with torch.no_grad():
        logits = network(IMAGES)
    handle.remove()
    assert true[0].min() < 0
    read_logits, activations = read_layer(network, IMAGES, module)
    torch.testing.assert_close(activations, true[0])
    torch.testing.assert_close(read_logits, logits)
    for weight in network.parameters():
        weight.requires_grad_(False)
    frozen_logits, frozen = read_layer(network, IMAGES, module)
    slope = torch.autograd.grad(frozen_logits[:, 0].sum(), frozen)[0]
    again = torch.autograd.grad(read_logits[:, 0].sum(), activations)[0]
    torch.testing.assert_close(slope, again)


def test_a_layer_that_runs_twice_or_never_has_no_single_activation() -> None:
    network = OneRow().eval()
    with pytest.raises(InputError, match="ran 2 times"):
        explain(network, IMAGES, 0, layer="relu")
    with pytest.raises(InputError, match="ran 0 times"):
        explain(network, IMAGES, 0, layer="unused")


def test_a_layer_without_maps_is_refused() -> None:
    with pytest.raises(InputError, match=r"Tensor of shape \(3, 3\).*convolutional"):
        explain(MODEL, IMAGES, 0, layer="fc")


def test_ablation_cam_asks_for_a_layer_in_which_zero_means_off() -> None:
    with pytest.raises(InputError, match="ends in a ReLU"):
        explain(MODEL, IMAGES, 0, "ablationcam", "layer4.1.conv2")


def test_a_model_in_training_mode_is_refused_and_its_statistics_stay() -> None:
    model = small_network().train()
    before = model.bn1.running_mean.clone()
    for method in ("gradcam", "fullgrad"):
        with pytest.raises(InputError, match=r"model\.eval\(\)"):
            explain(model, IMAGES, 0, method)
    assert torch.equal(model.bn1.running_mean, before)


# -- empty maps


@pytest.mark.parametrize(
    "method", ["gradcam", "gradcam++", "hirescam", "layercam", "xgradcam", "elementwise"]
)
def test_a_class_without_evidence_has_an_empty_map(method: str) -> None:
    silent = small_network()
    with torch.no_grad():
        silent.fc.weight[1] = 0
    maps = explain(silent, IMAGES, 1, method)
    assert torch.equal(maps, torch.zeros_like(maps))
