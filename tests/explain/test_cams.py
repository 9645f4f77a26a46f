from collections.abc import Callable

import numpy as np
import pytest
import pytorch_grad_cam as library
import torch
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import Tensor, nn
from torchvision.models import resnet18

from helpers.errors import InputError, UnknownName
from helpers.explain import METHODS, cams, explain, layer_maps
from helpers.explain.catalogue import ROWS
from helpers.explain.catalogue.cams import ROWS as CAMS
from helpers.explain.layers import Reading, read
from helpers.explain.maps import enlarge
from helpers.models.architectures import NarrowEmbedder
from tests.networks import awaken, pictures, small_network

MODEL = small_network()
IMAGES = pictures()
# The formulas themselves, of activations and gradients.
EIGENCAM = cams.eigencam.__wrapped__  # type: ignore[attr-defined]  # functools.wraps gives it
GRADCAM_PLUS_PLUS = cams.gradcam_plus_plus.__wrapped__  # type: ignore[attr-defined]
XGRADCAM = cams.xgradcam.__wrapped__  # type: ignore[attr-defined]
OF_THE_LIBRARY = {
    "gradcam": "GradCAM",
    "hirescam": "HiResCAM",
    "layercam": "LayerCAM",
    "xgradcam": "XGradCAM",
    "elementwise": "GradCAMElementWise",
}


def reading(layer: str, model: nn.Module = MODEL, images: Tensor | None = None) -> Reading:
    """One pass, kept at a layer."""
    return read(model, IMAGES if images is None else images, layer, model.get_submodule(layer))


def layer_gradcam(images: Tensor, layer: str, target: int) -> Tensor:
    """Grad-CAM's formula before its ReLU."""
    found = reading(layer, MODEL, images)
    activations = found.activations
    gradient = torch.autograd.grad(found.logits[:, target].sum(), found.output)[0]
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


@pytest.mark.parametrize("bias", [False, True])
def test_behind_a_relu_a_hirescam_map_lacks_the_bias_before_it_and_nothing_else(bias: bool) -> None:
    torch.manual_seed(0)
    first, last = nn.Linear(4 * 7 * 7, 8, bias=bias), nn.Linear(8, 2)
    layer = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(7))
    model = nn.Sequential(layer, nn.Flatten(), first, nn.ReLU(), last).eval()
    images = pictures(3)
    with torch.no_grad():
        hidden = first(layer(images).flatten(1))
        logits = last(hidden.relu())[:, 1]
        let_through = (hidden > 0) * (first.bias if bias else torch.zeros(8))
        missing = let_through @ last.weight[1] + last.bias[1]
    maps = layer_maps(model, images, 1, "hirescam", "0")
    torch.testing.assert_close(maps.sum((1, 2)) + missing, logits)
    assert ((missing - last.bias[1]).abs() > 1e-3).all() == bias


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
    for method in CAMS:
        maps = explain(MODEL, IMAGES, 0, method)
        assert (maps.min() < 0) == METHODS.signed[method], method


# -- five formulas agree with grad-cam's


def stretched(maps: Tensor) -> Tensor:
    """What a reader sees of a map: its lowest place at 0, its highest at 1."""
    low, high = maps.amin((1, 2), keepdim=True), maps.amax((1, 2), keepdim=True)
    return ((maps - low) / (high - low)).nan_to_num(0)  # an empty map stays empty


def the_librarys(name: str, model: nn.Module, layer: str, targets: list[int]) -> Tensor:
    """What grad-cam hands over: cut at 0, stretched and enlarged."""
    with getattr(library, name)(model, [model.get_submodule(layer)]) as cam:
        maps = cam(IMAGES, [ClassifierOutputTarget(target) for target in targets])
    return torch.from_numpy(maps)


@pytest.mark.parametrize("layer", ["layer4", "layer3"])
@pytest.mark.parametrize("method", OF_THE_LIBRARY)
def test_a_formula_gives_the_librarys_places(method: str, layer: str) -> None:
    targets = [0, 1, 2]
    ours = enlarge(layer_maps(MODEL, IMAGES, targets, method, layer).clamp_min(0), (48, 48))
    theirs = the_librarys(OF_THE_LIBRARY[method], MODEL, layer, targets)
    torch.testing.assert_close(stretched(ours), stretched(theirs), atol=2e-4, rtol=0)


def test_the_table_says_where_a_method_comes_from_and_what_it_needs() -> None:
    assert {each.library for each in CAMS.values()} == {"helpers"}
    assert METHODS.paper["elementwise"] == "Pillai & Pirsiavash 2021"
    assert [name for name in CAMS if not METHODS.needs_layer[name]] == ["fullgrad"]
    with pytest.raises(TypeError):
        ROWS["mine"] = ROWS["gradcam"]  # type: ignore[index]


# -- Grad-CAM++


def pair(layer: str, targets: list[int], model: nn.Module = MODEL) -> tuple[Tensor, Tensor]:
    """Activations of a layer and their gradients."""
    found = reading(layer, model)
    return found.activations, found.slopes(torch.tensor(targets))


@pytest.mark.parametrize("layer", ["layer4", "layer2"])
def test_gradcam_plus_plus_is_the_papers_equation_in_exact_arithmetic(layer: str) -> None:
    activations, slopes = (each.double() for each in pair(layer, [0, 1, 2]))
    total = activations.sum((2, 3), keepdim=True)
    alpha = slopes**2 / (2 * slopes**2 + total * slopes**3)
    weights = (alpha.nan_to_num() * slopes.clamp_min(0)).sum((2, 3), keepdim=True)
    expected = (weights * activations).sum(1).clamp_min(0).float()
    assert expected.max() > 0
    ours = layer_maps(MODEL, IMAGES, [0, 1, 2], "gradcam++", layer)
    torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-7)


def test_gradcam_plus_plus_is_the_librarys_where_its_millionth_does_not_count() -> None:
    louder = small_network()
    with torch.no_grad():
        louder.fc.weight.mul_(300)
    ours = enlarge(layer_maps(louder, IMAGES, [0, 1, 2], "gradcam++"), (48, 48))
    theirs = the_librarys("GradCAMPlusPlus", louder, "layer4", [0, 1, 2])
    torch.testing.assert_close(stretched(ours), stretched(theirs), atol=2e-3, rtol=0)


def test_gradcam_plus_plus_of_one_channel_by_hand() -> None:
    # Gradients 1, -1; the channel sums to 4: only the first place weighs, 1 / (2 + 4).
    maps = GRADCAM_PLUS_PLUS(torch.tensor([[[[1.0, 3.0]]]]), torch.tensor([[[[1.0, -1.0]]]]))
    torch.testing.assert_close(maps, torch.tensor([[[1 / 6, 3 / 6]]]))


# -- Eigen-CAM


def test_eigencam_of_one_pattern_is_that_pattern() -> None:
    # Each channel is a multiple of one map: projected on the direction of the multiples, it comes
    # back in their length, here 5.
    pattern = torch.tensor([[1.0, 2.0], [0.0, 4.0]])
    activations = torch.stack([3 * pattern, 4 * pattern, 0 * pattern])[None]
    torch.testing.assert_close(EIGENCAM(activations)[0], 5 * pattern)


def test_eigencam_projects_uncentred_activations_on_their_first_singular_vector() -> None:
    for layer in ("layer4", "layer2"):
        activations = pair(layer, [0, 0, 0])[0]
        maps = layer_maps(MODEL, IMAGES, 0, "eigencam", layer)
        for row in range(len(IMAGES)):
            places = activations[row].flatten(1).T.double().numpy()
            values, vectors = np.linalg.eigh(places.T @ places)
            first = vectors[:, values.argmax()]
            expected = places @ (first * np.sign(first.sum()))
            assert expected.min() >= 0, "all activations are positive, so is their pattern"
            np.testing.assert_allclose(maps[row].flatten().numpy(), expected, rtol=1e-3, atol=1e-4)


def test_eigencam_has_no_mean_taken_off() -> None:
    # A channel that is bright everywhere leads; centred it would vanish.
    even, spot = torch.full((2, 2), 10.0), torch.tensor([[0.0, 0.0], [0.0, 1.0]])
    maps = EIGENCAM(torch.stack([even, spot])[None])[0]
    assert maps.min() > 9


@pytest.mark.parametrize("layer", ["layer1", "layer2", "layer3", "layer4", "layer4.1.conv2"])
def test_eigencam_rises_with_the_layers_activation(layer: str) -> None:
    activations = pair(layer, [0, 0, 0])[0]
    for maps, total in zip(EIGENCAM(activations), activations.sum(1), strict=True):
        both = torch.stack([maps.flatten(), total.flatten()])
        assert torch.corrcoef(both)[0, 1] > 0


def test_the_sign_of_eigencam_follows_from_the_activations_not_from_the_solver() -> None:
    activations = pair("layer4", [0, 0, 0])[0]
    # Channels in another order give a solver another start, and the same map.
    turned = EIGENCAM(activations.flip(1))
    torch.testing.assert_close(turned, EIGENCAM(activations), rtol=1e-3, atol=1e-4)
    # Behind a ReLU no map may be negative, even where many weak channels outweigh the strong one.
    strong = torch.zeros(1, 101, 1, 2)
    strong[0, 0, 0, 0] = 10.0
    strong[0, 1:, 0, 1] = 0.5
    assert EIGENCAM(strong).min() >= 0
    assert EIGENCAM(strong).flatten().tolist() == pytest.approx([10, 0], abs=1e-3)


def test_in_a_layer_of_both_signs_eigencam_goes_up_where_activations_do() -> None:
    low, high = torch.tensor([[-9.0, -8.0]]), torch.tensor([[-3.0, -1.0]])
    maps = EIGENCAM(torch.stack([low, high])[None]).flatten()
    assert maps[1] > maps[0]
    assert maps.max() < 0, "nothing is subtracted"


def test_where_any_activation_is_negative_how_both_vary_tells_which_way_is_up() -> None:
    generator = torch.Generator().manual_seed(0)
    activations = torch.rand(400, 2, 1, 3, generator=generator) - 0.3
    activations = activations[(activations < 0).flatten(1).any(1)]
    maps, total = EIGENCAM(activations).flatten(1), activations.sum(1).flatten(1)
    varied = [(a - a.mean()) @ (b - b.mean()) for a, b in zip(maps, total, strict=True)]
    assert len(varied) > 100
    assert min(varied) >= -1e-6
    # By hand: each place has a positive activation, but the strong ones cancel.
    cancel = torch.tensor([[[[-9.0, -8.0]], [[8.9, 7.0]]]])
    found = EIGENCAM(cancel).flatten()
    assert found[0] > found[1] > 0


def test_a_channel_that_cancels_itself_has_no_average_and_no_part_in_xgradcam() -> None:
    activations = torch.tensor([[[[1.0, -1.0]], [[1.0, 3.0]]]])
    slopes = torch.tensor([[[[5.0, 5.0]], [[4.0, 0.0]]]])
    # The second channel's gradient, averaged by its activation: (1 * 4 + 3 * 0) / 4.
    assert XGRADCAM(activations, slopes).tolist() == [[[1.0, 3.0]]]


def test_eigencam_asks_for_no_class_and_so_explains_recognisers() -> None:
    torch.manual_seed(0)
    recogniser = NarrowEmbedder(embedding_size=8, width=4, input_size=(48, 48)).eval()
    assert explain(recogniser, IMAGES, None, "eigencam").shape == (3, 48, 48)
    for target in (0, 2):
        torch.testing.assert_close(
            explain(MODEL, IMAGES, target, "eigencam"), explain(MODEL, IMAGES, 1, "eigencam")
        )
    with pytest.raises(UnknownName, match="out of range"):
        explain(MODEL, IMAGES, 3, "eigencam")


# -- Score-CAM and Ablation-CAM


def test_scorecam_weighs_channels_by_the_softmax_of_the_scores_of_masked_pictures() -> None:
    activations, _ = pair("layer2", [1, 1, 1])
    maps = layer_maps(MODEL, IMAGES, 1, "scorecam", "layer2")
    for image, channels, found in zip(IMAGES, activations, maps, strict=True):
        scores = []
        live = channels[channels.amax((1, 2)) > channels.amin((1, 2))]
        assert len(live) > 2
        for channel in live:
            mask = enlarge(channel[None], (48, 48))[0]
            mask = (mask - mask.min()) / (mask.max() - mask.min())
            with torch.no_grad():
                scores.append(MODEL((image * mask)[None])[0, 1])
        weights = torch.stack(scores).exp() / torch.stack(scores).exp().sum()
        torch.testing.assert_close(found, (weights[:, None, None] * live).sum(0))


class Colours(nn.Module):
    """Its layer is the picture itself, in which a channel may be equal everywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.head = nn.Identity(), nn.Linear(3, 2)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.layer(images).mean((2, 3)))


def test_a_channel_that_is_equal_everywhere_has_no_vote_in_scorecam() -> None:
    torch.manual_seed(0)
    network, picture = Colours().eval(), torch.rand(1, 3, 4, 4)
    picture[:, 1] = 0.5
    red, _, blue = picture[0]
    masks = [(each - each.min()) / (each.max() - each.min()) for each in (red, blue)]
    with torch.no_grad():
        scores = torch.stack([network(picture * mask)[0, 0] for mask in masks])
    expected = (scores.softmax(0)[:, None, None] * torch.stack([red, blue])).sum(0)
    found = layer_maps(network, picture, 0, "scorecam", "layer")[0]
    torch.testing.assert_close(found, expected)
    flat = torch.full((1, 3, 4, 4), 0.5)
    assert torch.equal(layer_maps(network, flat, 0, "scorecam", "layer"), torch.zeros(1, 4, 4))


def test_a_single_channel_that_is_equal_everywhere_gives_an_empty_map() -> None:
    class Grey(nn.Module):
        """Its layer has one channel, which is the same at every place."""

        def __init__(self) -> None:
            super().__init__()
            self.layer, self.head = nn.Conv2d(3, 1, 1), nn.Linear(1, 2)
            nn.init.zeros_(self.layer.weight)

        def forward(self, images: Tensor) -> Tensor:
            return self.head(self.layer(images).mean((2, 3)))

    picture = torch.rand(1, 3, 4, 5)
    found = layer_maps(Grey().eval(), picture, 0, "scorecam", "layer")
    assert torch.equal(found, torch.zeros(1, 4, 5))


def test_a_mask_of_scorecam_covers_what_a_map_of_the_same_channel_covers() -> None:
    # One place of a corner, enlarged: the mask weighs the picture as far in as the map is drawn.
    places = torch.zeros(1, 7, 7)
    places[0, 0, 0] = 1
    large = enlarge(places, (112, 112))[0]
    assert large[0, 0] == large[7, 7] == 1, "half a place of 16 px reaches to the border"
    assert large[15, 0] == pytest.approx(1 - 7.5 / 16)


@pytest.mark.parametrize("target", [0, 1, 2])
def test_before_a_linear_head_ablation_takes_away_what_a_channel_gave(target: int) -> None:
    activations, _ = pair("layer4", [target] * 3)
    with torch.no_grad():
        scores = MODEL(IMAGES)[:, [target]]
    given = activations.mean((2, 3)) * MODEL.fc.weight[target].detach()
    weights = given / scores.abs()
    expected = (weights[:, :, None, None] * activations).sum(1).clamp_min(0)
    found = layer_maps(MODEL, IMAGES, target, "ablationcam", "layer4")
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-5)


def test_ablationcam_is_not_turned_over_by_a_negative_score() -> None:
    lower = small_network()
    with torch.no_grad():
        sizes = MODEL(IMAGES)[:, 0]
        lower.fc.bias[0] -= 2 * sizes.max() + 1
        scores = lower(IMAGES)[:, 0]
    assert scores.max() < 0
    as_it_was = layer_maps(MODEL, IMAGES, 0, "ablationcam")
    expected = as_it_was * (sizes / scores).abs()[:, None, None]
    found = layer_maps(lower, IMAGES, 0, "ablationcam")
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-5)


def test_nothing_is_a_share_of_a_score_of_zero() -> None:
    torch.manual_seed(0)
    network, picture = Colours().eval(), torch.rand(2, 3, 4, 4)
    with torch.no_grad():
        network.head.weight[1] = 0
        network.head.bias[1] = 0
    with pytest.raises(InputError, match="explained class is 0 for the image at position 1"):
        layer_maps(network, picture, [0, 1], "ablationcam", "layer")


# -- one image does not depend on its neighbours, and the model not on having been explained


@pytest.mark.parametrize("method", CAMS)
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


@pytest.mark.parametrize("method", CAMS)
def test_the_model_is_as_it_was_afterwards(method: str) -> None:
    model = small_network()
    model.conv1.weight.requires_grad_(False)
    model.fc.weight.grad = torch.ones_like(model.fc.weight)
    before = state(model)
    explain(model, IMAGES, None, method)
    assert state(model) == before
    assert (model.fc.weight.grad == 1).all()


@pytest.mark.parametrize("method", CAMS)
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
    except InputError as problem:
        assert "out of memory" in str(problem)
        assert "smaller batch_size" in str(problem)
    finally:
        handle.remove()
    # The head of this network is linear: Ablation-CAM only tries whether it is.
    assert (passes == 2) == (method in ("scorecam", "ablationcam"))
    assert state(model) == before


@pytest.mark.parametrize("method", CAMS)
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
    found = reading(layer, network)
    torch.testing.assert_close(found.activations, true[0])
    torch.testing.assert_close(found.logits, logits)
    for weight in network.parameters():
        weight.requires_grad_(False)
    frozen = reading(layer, network)
    target = torch.zeros(len(IMAGES), dtype=torch.int64)
    torch.testing.assert_close(frozen.slopes(target), found.slopes(target))


def test_a_layer_that_runs_twice_or_never_has_no_single_activation() -> None:
    network = OneRow().eval()
    with pytest.raises(InputError, match="ran 2 times"):
        explain(network, IMAGES, 0, layer="relu")
    with pytest.raises(InputError, match="ran 0 times"):
        explain(network, IMAGES, 0, layer="unused")


def test_a_layer_without_maps_is_refused() -> None:
    with pytest.raises(InputError, match=r"Tensor of shape \(3, 3\) for 3 image.*convolutional"):
        explain(MODEL, IMAGES, 0, layer="fc")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda maps: (maps, maps), r"tuple of shape \(\)"),
        (lambda maps: maps[:, :, :0], r"Tensor of shape \(3, 3, 0, 48\)"),
        (lambda maps: torch.cat([maps, maps]), r"Tensor of shape \(6, 3, 48, 48\)"),
        (lambda maps: maps.flatten(2), r"Tensor of shape \(3, 3, 2304\)"),
    ],
    ids=["two outputs", "no places", "twice the rows", "a row of places"],
)
def test_a_layers_output_is_one_tensor_of_maps_a_row_an_image(
    wrong: Callable[[Tensor], object], said: str
) -> None:
    class Odd(nn.Module):
        def forward(self, images: Tensor) -> object:
            return wrong(images)

    class Uses(nn.Module):
        """Answers whatever its layer returns."""

        def __init__(self) -> None:
            super().__init__()
            self.layer, self.head = Odd(), nn.Linear(3, 2)

        def forward(self, images: Tensor) -> Tensor:
            self.layer(images)
            return self.head(images.mean((2, 3)))

    with pytest.raises(InputError, match=f"{said} for 3 image.*choose a convolutional layer"):
        layer_maps(Uses().eval(), IMAGES, 0, "gradcam", "layer")


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
