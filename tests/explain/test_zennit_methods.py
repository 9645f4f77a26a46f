"""Relevance propagation by zennit: its own calls, closed forms, what is conserved, what is refused."""

import pytest
import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, ResNet
from zennit.composites import COMPOSITES
from zennit.torchvision import ResNetCanonizer

from helpers import models
from helpers.errors import InputError
from helpers.explain import check, explain
from helpers.explain.propagation import prepare
from helpers.models.architectures import IMAGENET_MEAN, IMAGENET_STD, NarrowEmbedder
from helpers.models.mobilefacenet import MobileFaceNet
from helpers.models.vggface import VggFace
from tests.networks import awaken, pictures, small_network

NAMES = list(COMPOSITES.keys() & {
    "epsilon_gamma_box", "epsilon_plus", "epsilon_alpha2_beta1", "epsilon_plus_flat",
    "epsilon_alpha2_beta1_flat", "excitation_backprop",
})  # fmt: skip
NAMES.sort()
MEAN, STD = (torch.tensor(each).view(3, 1, 1) for each in (IMAGENET_MEAN, IMAGENET_STD))
IMAGES = pictures(2, 32)


class Plain(nn.Sequential):
    """A network as zennit's users have it: no normalisation of its own, nothing to be canonized."""

    def __init__(self) -> None:
        torch.manual_seed(3)
        super().__init__(
            nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3), nn.ReLU(),
            nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 2),
        )  # fmt: skip


def no_biases(network: nn.Module) -> nn.Module:
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.zeros_(module.running_mean)
        if getattr(module, "bias", None) is not None:
            nn.init.zeros_(module.bias)
    return network.eval()


def by_zennit(network: nn.Module, inputs: Tensor, composite: object, target: int) -> Tensor:
    """As in zennit's documentation: what an output of one is given by its inputs, (N, 3, H, W)."""
    inputs = inputs.clone().requires_grad_()
    with composite.context(network) as hooked:
        output = hooked(inputs)
        (found,) = torch.autograd.grad(
            output, inputs, torch.eye(output.shape[1])[[target] * len(inputs)]
        )
    return found


def starts(name: str, network: nn.Module, inputs: Tensor, target: int) -> Tensor | float:
    """What relevance begins with here, where zennit's users mostly begin with one."""
    if name == "excitation_backprop":
        return 1.0
    with torch.no_grad():
        return network(inputs)[:, target].view(-1, 1, 1)


def close(found: Tensor, expected: Tensor, tolerance: float = 1e-5) -> None:
    assert expected.abs().max() > 0
    limit = tolerance * float(expected.abs().max())
    torch.testing.assert_close(found, expected.detach(), atol=limit, rtol=1e-5)


# -- as zennit's own users call it


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("target", [0, 1])
def test_a_composite_is_zennits_times_the_score(name: str, target: int) -> None:
    network = Plain().eval()
    box = {"low": torch.zeros(1, 3, 1, 1), "high": torch.ones(1, 3, 1, 1)} if "box" in name else {}
    theirs = by_zennit(network, IMAGES, COMPOSITES[name](**box), target).sum(1)
    ours = explain(network, IMAGES, target, f"zennit.{name}")
    close(ours, theirs * starts(name, network, IMAGES, target))


@pytest.mark.parametrize(
    "name", ["epsilon_gamma_box", "epsilon_alpha2_beta1_flat", "excitation_backprop"]
)
def test_on_torchvisions_resnet_it_is_zennits_with_its_canonizer(name: str) -> None:
    torch.manual_seed(0)
    network = ResNet(BasicBlock, [1, 1, 1, 1], num_classes=3)
    awaken(network)
    network.eval()
    adapted = models.adapt(network, normalise="imagenet", input_size=(32, 32), layer="layer4")
    inputs = (IMAGES - MEAN) / STD
    box = {"low": (-MEAN / STD)[None], "high": ((1 - MEAN) / STD)[None]} if "box" in name else {}
    composite = COMPOSITES[name](**box, canonizers=[ResNetCanonizer()])
    expected = by_zennit(network, inputs, composite, 2).sum(1) * starts(name, network, inputs, 2)
    if name == "excitation_backprop":
        expected = expected.clamp_min(0)
    # Beside a batch norm that zennit has merged stays its small number under the root.
    close(explain(adapted, IMAGES, 2, f"zennit.{name}"), expected, 5e-3)


# -- closed forms


def one_layer(stride: int = 4) -> nn.Module:
    torch.manual_seed(1)
    side = 32 // stride
    layer = nn.Conv2d(3, 1, stride, stride=stride, bias=False)
    network = nn.Sequential(layer, nn.Flatten(), nn.Linear(side * side, 2, bias=False))
    return network.eval()


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("epsilon_gamma_box", lambda x, w: x * w - w.clamp(max=0)),  # black is 0, white is 1
        ("epsilon_plus", lambda x, w: x * w.clamp(min=0)),
        ("epsilon_plus_flat", lambda x, w: torch.ones_like(x * w)),
    ],
)
def test_the_first_layer_shares_out_by_the_rule_of_its_paper(name: str, share: object) -> None:
    network = one_layer()
    weights = network[0].weight.detach()[0].repeat(1, 8, 8)
    shares = share(IMAGES, weights)
    total = nn.functional.avg_pool2d(shares.sum(1, keepdim=True), 4) * 16
    with torch.no_grad():
        hidden = network[0](IMAGES)
        given = hidden * network[2].weight[1].view(1, 1, 8, 8)
    expected = shares.sum(1) * nn.functional.interpolate(given / total, scale_factor=4)[:, 0]
    close(explain(network, IMAGES, 1, f"zennit.{name}"), expected, 1e-3)


# -- the box, the picture and what is conserved


@pytest.mark.parametrize(
    ("model", "low", "high"),
    [
        (small_network(), -MEAN / STD, (1 - MEAN) / STD),
        (
            VggFace(("a", "b"), width=2, hidden=4).eval(),
            torch.tensor([-129.1863, -104.7624, -93.5940]).view(3, 1, 1),
            torch.tensor([125.8137, 150.2376, 161.4060]).view(3, 1, 1),
        ),
        (MobileFaceNet().eval(), -MEAN / STD, (1 - MEAN) / STD),
        (
            models.adapt(Plain(), normalise=(0.5, 0.25), input_size=(24, 24), channel_order="bgr"),
            torch.full((3, 1, 1), -2.0),
            torch.full((3, 1, 1), 2.0),
        ),
    ],
    ids=["NarrowResNet18", "VggFace", "MobileFaceNet", "adapted and resized"],
)
def test_the_box_is_what_black_and_white_are_behind_the_normalisation(
    model: nn.Module, low: Tensor, high: Tensor
) -> None:
    black, white = prepare(model, torch.rand(1, 3, *model.input_size)).limits(
        torch.rand(1, 3, *model.input_size)
    )
    torch.testing.assert_close(black, low.expand_as(black), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(white, high.expand_as(white), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", ["epsilon_gamma_box", "epsilon_plus", "epsilon_plus_flat"])
@pytest.mark.parametrize("kind", ["residual sums", "maximum pooling", "resized", "cropped"])
def test_without_biases_relevance_is_conserved_down_to_the_picture(name: str, kind: str) -> None:
    images = pictures(2, 48)
    plain = no_biases(Plain())
    with torch.no_grad():
        plain[3].weight.mul_(5)
    network = {
        "residual sums": lambda: no_biases(small_network()),
        "maximum pooling": lambda: plain,
        "resized": lambda: models.adapt(plain, normalise="imagenet", input_size=(32, 32)),
        "cropped": lambda: cropped(),
    }[kind]()
    with torch.no_grad():
        score = network(images)[:, 0]
    found = explain(network, images, 0, f"zennit.{name}").sum((1, 2))
    torch.testing.assert_close(found, score, rtol=0.02, atol=1e-4)


def cropped() -> nn.Module:
    torch.manual_seed(4)
    network = NarrowEmbedder(embedding_size=4, width=8, input_size=(48, 48), crop=0.5)
    awaken(network)
    return no_biases(network)


def test_what_is_cropped_off_gets_no_relevance() -> None:
    found = explain(cropped(), pictures(1, 48), 2, "zennit.epsilon_plus_flat")[0]
    assert found[12:36, 12:36].abs().max() > 0
    found[12:36, 12:36] = 0
    assert found.abs().max() == 0


def test_excitation_backprop_hands_out_one_unit_in_a_network_without_sums() -> None:
    network = no_biases(Plain())
    with torch.no_grad():
        network[7].weight.abs_()
    found = explain(network, IMAGES, 1, "zennit.excitation_backprop")
    assert found.min() >= 0
    torch.testing.assert_close(found.sum((1, 2)), torch.ones(2), rtol=0.02, atol=0)


def test_a_layer_defined_before_the_one_that_runs_first_is_not_taken_for_it() -> None:
    class Turned(nn.Module):
        """Plain, whose second convolution is defined first."""

        def __init__(self) -> None:
            super().__init__()
            layers = list(Plain())
            self.second, self.first = layers[3], nn.Sequential(*layers[:3])
            self.rest = nn.Sequential(*layers[4:])

        def forward(self, images: Tensor) -> Tensor:
            return self.rest(self.second(self.first(images)))

    for name in ("epsilon_gamma_box", "epsilon_plus_flat"):
        expected = explain(Plain().eval(), IMAGES, 1, f"zennit.{name}")
        close(explain(Turned().eval(), IMAGES, 1, f"zennit.{name}"), expected)


# -- what a network must be


class Stranger(Plain):
    """Plain, with one thing written in forward."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how
        self.add_module("norm", nn.BatchNorm2d(8))
        self.add_module("layer_norm", nn.LayerNorm(32))
        self.add_module("same", nn.Conv2d(8, 8, 3, padding=1))

    def forward(self, images: Tensor) -> Tensor:
        x = self[2](self[1](self[0](images)))
        if self.how == "functional relu":
            x = torch.relu(self[3](x))
        else:
            x = self[4](self[3](x))
        if self.how == "sum":
            x = x + self.same(x)
        if self.how == "gate":
            x = x * self.same(x).sigmoid()
        if self.how == "reused":
            x = self.same(self.same(x))
        if self.how == "lone batch norm":
            x = self.norm(x)
        x = x.mean((2, 3)).repeat(1, 4) if self.how == "mean" else self[6](self[5](x))
        if self.how == "layer norm":
            x = self.layer_norm(x)
        if self.how == "twice read":
            x = torch.cat([x[:, 1:], images.flatten(1)[:, :1]], 1)
        return self[7](x)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("sum", r"add in forward is computed outside a module.*doubled or lost.*Add"),
        ("gate", "sigmoid in forward, mul in forward is computed outside a module"),
        ("mean", r"mean in forward.*AdaptiveAvgPool2d"),
        ("twice read", "not all of its score passes through its first layer"),
        ("reused", "layer same runs more than once"),
        ("layer norm", r"no relevance rule for layer_norm \(LayerNorm\)"),
        ("lone batch norm", r"no relevance rule for norm \(BatchNorm2d\)"),
    ],
)
def test_relevance_that_would_be_doubled_or_lost_is_refused(how: str, said: str) -> None:
    network = Stranger(how).eval()
    with pytest.raises(InputError, match=said):
        explain(network, IMAGES, 1, "zennit.epsilon_plus")
    assert not check(network, "zennit.epsilon_plus", IMAGES).ok


def test_a_relu_that_is_called_as_a_function_lets_relevance_through_as_its_module_does() -> None:
    expected = explain(Stranger("").eval(), IMAGES, 1, "zennit.epsilon_plus")
    found = explain(Stranger("functional relu").eval(), IMAGES, 1, "zennit.epsilon_plus")
    close(found, expected)


def test_a_normalisation_that_is_not_fixed_is_refused() -> None:
    def by_picture(images: Tensor) -> Tensor:
        return (images - images.mean((1, 2, 3), keepdim=True)) / 0.2

    network = models.adapt(Plain(), normalise=by_picture, input_size=(32, 32))
    with pytest.raises(InputError, match="no fixed normalisation"):
        explain(network, IMAGES, 1, "zennit.epsilon_plus")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"epsilon": 0}, "epsilon is 0"),
        ({"gamma": -1}, "gamma is -1"),
        ({"alpha": 2}, "not take alpha"),
    ],
)
def test_a_rules_numbers_are_checked(options: dict[str, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        explain(Plain().eval(), IMAGES, 1, "zennit.epsilon_gamma_box", **options)
