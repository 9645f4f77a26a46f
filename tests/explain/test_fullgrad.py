"""FullGrad takes a score apart: its parts add up, whatever the network's order or layers."""

from collections.abc import Callable

import pytest
import pytorch_grad_cam as library
import torch
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import Tensor, nn
from torchvision.models import resnet18

from helpers.errors import InputError
from helpers.explain import explain, fullgrad, layer_maps
from helpers.explain.fullgrad import FullGradient, full_gradient
from helpers.explain.maps import enlarge
from helpers.models import adapt
from tests.networks import awaken, pictures, small_network

MODEL = small_network()
IMAGES = pictures()


def head(channels: int = 8, outputs: int = 2) -> list[nn.Module]:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, outputs)]


def plain_network(activation: Callable[[], nn.Module] = nn.ReLU) -> nn.Sequential:
    """Two convolutions with a batch norm between, defined in the order in which they run."""
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), activation()]
    network = nn.Sequential(*layers, nn.Conv2d(8, 8, 3, padding=1), activation(), *head())
    awaken(network)
    return network.eval()


def assert_whole(parts: FullGradient, scores: Tensor) -> None:
    torch.testing.assert_close(parts.scores, scores)
    torch.testing.assert_close(parts.total().float(), scores, rtol=1e-4, atol=1e-5)


# -- completeness


@pytest.mark.parametrize("target", [0, 1, 2])
def test_picture_and_constants_add_up_to_the_score(target: int) -> None:
    with torch.no_grad():
        scores = MODEL(IMAGES)[:, target]
    assert_whole(full_gradient(MODEL, IMAGES, target), scores)


def test_the_models_own_normalisation_is_one_of_the_constants() -> None:
    parts = full_gradient(MODEL, IMAGES, 1)
    given = dict(parts.constants)["normalise"].sum((1, 2, 3))
    gradient = parts.picture / IMAGES
    constant = -MODEL.normalise.mean / MODEL.normalise.std
    expected = (gradient * MODEL.normalise.std * constant).sum((1, 2, 3))
    torch.testing.assert_close(given, expected, rtol=1e-3, atol=1e-5)
    assert given.abs().min() > 1e-3, "left out, the parts would not add up"
    assert next(name for name, _ in parts.constants) == "normalise", "it runs first"


def test_the_constants_are_those_of_the_layers_that_have_one() -> None:
    norms = [
        name for name, each in MODEL.named_modules() if isinstance(each, nn.BatchNorm2d | nn.Linear)
    ]
    found = [name for name, _ in full_gradient(MODEL, IMAGES, 1).constants]
    assert sorted(found) == sorted(["normalise", *norms])


def test_a_linear_network_by_hand() -> None:
    network = nn.Sequential(nn.Conv2d(3, 1, 1), nn.Flatten(), nn.Linear(4, 1)).eval()
    with torch.no_grad():
        network[0].weight[0, :, 0, 0] = torch.tensor([1.0, 2.0, 0.0])
        network[0].bias.fill_(0.5)
        network[2].weight[0] = torch.tensor([1.0, 0.0, -1.0, 2.0])
        network[2].bias.fill_(0.25)
    picture = torch.rand(1, 3, 2, 2)
    parts = full_gradient(network, picture, 0)
    weights = torch.tensor([[1.0, 0.0], [-1.0, 2.0]])
    colours = torch.tensor([1.0, 2.0, 0.0]).view(1, 3, 1, 1)
    torch.testing.assert_close(parts.picture, picture * colours * weights)
    (first, of_first), (second, of_second) = parts.constants
    assert (first, second) == ("0", "2")
    torch.testing.assert_close(of_first, 0.5 * weights[None, None])
    torch.testing.assert_close(of_second, torch.tensor([[0.25]]))


@pytest.mark.parametrize(
    "activation", [nn.ReLU, nn.SiLU, nn.GELU, nn.Hardswish, nn.ReLU6, lambda: nn.GroupNorm(2, 8)]
)
def test_a_curved_activation_adds_the_constant_of_its_tangent(
    activation: Callable[[], nn.Module],
) -> None:
    network = plain_network(activation)
    with torch.no_grad():
        network[1].weight.mul_(60)  # far enough for all bends
        scores = network(IMAGES)[:, 1]
    parts = full_gradient(network, IMAGES, 1)
    assert_whole(parts, scores)
    adds = {"2", "4"} & {name for name, _ in parts.constants}
    assert bool(adds) == (activation is not nn.ReLU)


def test_probabilities_can_be_taken_apart_like_scores() -> None:
    network = nn.Sequential(plain_network(), nn.Softmax(1)).eval()
    with torch.no_grad():
        shares = network(IMAGES)[:, 0]
    assert_whole(full_gradient(network, IMAGES, 0), shares)


def test_preprocessing_that_adapt_puts_in_front_counts_as_one_layer() -> None:
    given = {"normalise": ((0.4, 0.5, 0.6), (0.2, 0.3, 0.4)), "input_size": (24, 24)}
    adapted = adapt(plain_network(), **given, channel_order="bgr", value_range=(-1, 1))
    with torch.no_grad():
        scores = adapted(IMAGES)[:, 1]
    parts = full_gradient(adapted, IMAGES, 1)
    assert_whole(parts, scores)
    assert next(name for name, _ in parts.constants) == "(preprocess)"
    assert not any(name.startswith("(preprocess).") for name, _ in parts.constants)


def test_what_works_in_place_does_not_change_what_a_layer_gave() -> None:
    torch.manual_seed(0)
    network = resnet18(num_classes=4)
    awaken(network)
    network.eval()
    with torch.no_grad():
        scores = network(IMAGES)[:, 2]
    assert_whole(full_gradient(network, IMAGES, 2), scores)


# -- definition and execution


class Defined(nn.Module):
    """One function, its layers defined in one order or the other."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        torch.manual_seed(0)
        made = {
            "first": nn.Conv2d(3, 8, 3, padding=1),
            "norm": nn.BatchNorm2d(8),
            "second": nn.Conv2d(8, 8, 3, padding=1),
        }
        awaken(made["norm"])
        for name in names:
            self.add_module(name, made[name])
        self.relu1, self.relu2 = nn.ReLU(), nn.ReLU()
        self.head = nn.Linear(8, 2)
        torch.manual_seed(1)
        nn.init.normal_(self.head.weight)

    def forward(self, images: Tensor) -> Tensor:
        x = self.relu1(self.norm(self.first(images)))
        return self.head(self.relu2(self.second(x)).mean((2, 3)))


def test_the_same_function_has_the_same_map_in_whatever_order_its_layers_were_defined() -> None:
    one = Defined(("first", "norm", "second")).eval()
    other = Defined(("second", "norm", "first")).eval()
    with torch.no_grad():
        assert torch.equal(one(IMAGES), other(IMAGES))
    maps = explain(one, IMAGES, 1, "fullgrad")
    assert torch.equal(maps, explain(other, IMAGES, 1, "fullgrad"))
    assert maps.std() > 0.01


class Extra(Defined):
    """Has a layer that training needs, and one that may run twice."""

    def __init__(self, bias: bool = True, twice: bool = False) -> None:
        super().__init__(("first", "norm", "second"))
        self.aside = nn.Conv2d(8, 4, 1, bias=bias)
        self.twice = twice

    def forward(self, images: Tensor) -> Tensor:
        if self.twice:
            images = torch.cat([images] * 3)[: len(images)] + 0 * self.first(images)[:, :3]
        return super().forward(images)


def test_a_layer_with_a_bias_that_does_not_run_is_named() -> None:
    with pytest.raises(InputError, match=r"'aside' does not run in this pass.*Identity"):
        explain(Extra().eval(), IMAGES, 0, "fullgrad")
    explain(Extra(bias=False).eval(), IMAGES, 0, "fullgrad")
    named = Extra(bias=False)
    named.aside = nn.BatchNorm2d(4, affine=False)
    with pytest.raises(InputError, match="'aside' does not run"):
        explain(named.eval(), IMAGES, 0, "fullgrad")


def test_a_layer_with_a_bias_that_runs_twice_is_named() -> None:
    with pytest.raises(InputError, match="'first' runs 2 times"):
        explain(Extra(bias=False, twice=True).eval(), IMAGES, 0, "fullgrad")


# -- what cannot be taken apart


class Forward(nn.Module):
    """A network with something of its own before its head."""

    def __init__(self, step: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body = plain_network()[:5]
        self.tail = nn.Sequential(*head())
        self.step = step

    def forward(self, images: Tensor) -> Tensor:
        return self.tail(self.step(self.body(images)))


@pytest.mark.parametrize(
    "step",
    [lambda x: x + 0.1, nn.functional.silu, lambda x: x * x, torch.sigmoid],
    ids=["adds", "bends", "multiplies", "bends twice"],
)
def test_a_network_whose_parts_do_not_add_up_is_refused(step: Callable[[Tensor], Tensor]) -> None:
    with pytest.raises(InputError, match=r"parts add up to .*, but the score is .*forward method"):
        explain(Forward(step).eval(), IMAGES, 0, "fullgrad")


def test_an_image_without_any_part_does_not_hide_a_score_that_comes_from_nowhere() -> None:
    class Dark(nn.Module):
        """A weighted sum, and one more for a picture that is black."""

        def __init__(self) -> None:
            super().__init__()
            self.sum = nn.Linear(3 * 4 * 4, 2, bias=False)

        def forward(self, images: Tensor) -> Tensor:
            flat = images.flatten(1)
            return self.sum(flat) + (flat.amax(1, keepdim=True) <= 0)

    images = torch.stack([torch.full((3, 4, 4), 0.5), torch.zeros(3, 4, 4)])
    with pytest.raises(InputError, match="parts add up to 0, but the score is 1:"):
        full_gradient(Dark().eval(), images, 0)


@pytest.mark.parametrize("step", [lambda x: 2 * x, nn.functional.relu, lambda x: x[:, :, 1:]])
def test_functions_that_only_weigh_or_cut_are_no_obstacle(step: Callable[[Tensor], Tensor]) -> None:
    network = Forward(step).eval()
    with torch.no_grad():
        scores = network(IMAGES)[:, 0]
    assert_whole(full_gradient(network, IMAGES, 0), scores)


@pytest.mark.parametrize("frozen", [False, True])
def test_switched_off_gradients_are_named_wherever_they_are(frozen: bool) -> None:
    network = Forward(Tensor.detach).eval()
    for weight in network.parameters():
        weight.requires_grad_(not frozen)
    with pytest.raises(InputError, match="switches gradients off on the way"):
        explain(network, IMAGES, 0, "fullgrad")


def test_a_layer_given_other_rows_than_the_images_has_no_part_of_its_own() -> None:
    class Patches(nn.Module):
        """Looks at the four quarters of each picture, one by one, without a bias."""

        def __init__(self, bias: bool) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.look = nn.Conv2d(3, 8, 3, bias=bias)
            self.relu, self.fc = nn.ReLU(), nn.Linear(8, 2)

        def forward(self, images: Tensor) -> Tensor:
            quarters = images.unfold(2, 24, 24).unfold(3, 24, 24).permute(0, 2, 3, 1, 4, 5)
            seen = self.relu(self.look(quarters.reshape(-1, 3, 24, 24))).mean((2, 3))
            return self.fc(seen.view(len(images), 4, 8).mean(1))

    assert_whole(
        full_gradient(Patches(False).eval(), IMAGES, 0),
        Patches(False).eval()(IMAGES)[:, 0].detach(),
    )
    with pytest.raises(InputError, match="parts add up"):
        full_gradient(Patches(True).eval(), IMAGES, 0)


class Around(nn.Module):
    """A network that uses one more module in some way of its own."""

    def __init__(self, part: nn.Module, use: Callable[[nn.Module, Tensor], Tensor]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.part, self.use, self.body = part, use, plain_network()[:5]
        self.tail = nn.Sequential(*head())

    def forward(self, images: Tensor) -> Tensor:
        return self.tail(self.use(self.part, self.body(images)))


class Both(nn.Module):
    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        return one + 2 * other


@pytest.mark.parametrize(
    ("part", "use"),
    [
        (nn.ReLU(), lambda part, x: part(input=x)),
        (nn.MaxPool2d(2, return_indices=True), lambda part, x: part(x)[0]),
        (Both(), lambda part, x: part(x, x[:, :, 1:].mean((2, 3), keepdim=True))),
        (nn.Conv2d(8, 8, 1), lambda part, x: x * (part(x.detach()) > 0)),
        (nn.Identity(), lambda part, x: x + 0 * part(x.detach())),
    ],
    ids=["by keyword", "two outputs", "two inputs", "a frozen gate", "beside the score"],
)
def test_modules_that_add_nothing_may_be_called_in_any_way(
    part: nn.Module, use: Callable[[nn.Module, Tensor], Tensor]
) -> None:
    network = Around(part, use).eval()
    for weight in part.parameters():
        weight.requires_grad_(False)
    with torch.no_grad():
        scores = network(IMAGES)[:, 0]
    parts = full_gradient(network, IMAGES, 0)
    assert_whole(parts, scores)
    assert "part" not in {name for name, _ in parts.constants}


def test_a_curved_module_that_makes_several_rows_of_an_image_is_refused() -> None:
    class Halves(nn.Module):
        """Two rows for each image, and bent."""

        def forward(self, x: Tensor) -> Tensor:
            return torch.cat(nn.functional.silu(x).chunk(2, 3))

    network = Around(Halves(), lambda part, x: sum(part(x).chunk(2))).eval()
    with pytest.raises(InputError, match="parts add up to"):
        full_gradient(network, IMAGES, 0)


# -- the map


def test_the_map_is_the_papers_sum_of_stretched_channels_over_their_number() -> None:
    network, wide = plain_network(), IMAGES[:, :, :32]
    parts = full_gradient(network, wide, 1)
    total, count = torch.zeros(3, 32, 48), 0
    for each in [parts.picture, *(one for _, one in parts.constants if one.ndim == 4)]:
        for channel in each.abs().unbind(1):
            low, high = channel.amin((1, 2), keepdim=True), channel.amax((1, 2), keepdim=True)
            # Behind the average every place of a channel is alike where its ReLU is open.
            stretched = ((channel - low) / (high - low)).nan_to_num(0)
            total += enlarge(stretched, (32, 48))
            count += 1
    assert count == 3 + 8 + 8 + 8
    found = layer_maps(network, wide, 1, "fullgrad")
    torch.testing.assert_close(found, total / count, rtol=1e-3, atol=1e-4)
    assert 0 <= found.min() < found.max() <= 1


@pytest.mark.parametrize(("share", "counts"), [(0.7e-5, False), (1.5e-5, True)])
def test_what_is_a_hundred_thousandth_of_a_layer_is_rounding(share: float, counts: bool) -> None:
    channels = torch.tensor([[[[8.0, 8.0 * (1 + share)]], [[0.0, 0.0]], [[-3.0, 1.0]]]])
    expected = [[[0.0, float(counts)]], [[0.0, 0.0]], [[1.0, 0.0]]]
    torch.testing.assert_close(fullgrad._stretched(channels)[0], torch.tensor(expected))

    class Adds(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x + 4 * share

    constant = fullgrad._constant(Adds(), torch.tensor([[2.0, -1.0, 4.0]]))
    assert bool(constant.any()) == counts


def test_the_map_does_not_depend_on_the_unit_of_the_score() -> None:
    quieter = plain_network()
    with torch.no_grad():
        quieter[-1].weight.mul_(1e-4)
        quieter[-1].bias.mul_(1e-4)
    for target in (0, 1):
        torch.testing.assert_close(
            explain(quieter, IMAGES, target, "fullgrad"),
            explain(plain_network(), IMAGES, target, "fullgrad"),
            rtol=1e-3,
            atol=1e-4,
        )


def test_where_definition_and_execution_agree_the_places_are_those_of_grad_cam() -> None:
    louder = plain_network()
    with torch.no_grad():
        louder[-1].weight.mul_(1e4)  # the library adds 1e-7 to what it divides by
    with library.FullGrad(louder, []) as cam:
        theirs = torch.from_numpy(cam(IMAGES, [ClassifierOutputTarget(1)] * len(IMAGES)))
    ours = explain(louder, IMAGES, 1, "fullgrad")
    low, high = ours.amin((1, 2), keepdim=True), ours.amax((1, 2), keepdim=True)
    torch.testing.assert_close((ours - low) / (high - low), theirs, atol=2e-3, rtol=0)
