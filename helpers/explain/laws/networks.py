"""The small networks and pictures that laws bring with them, each of which makes one law testable.

Each has ``classes``, ``input_size`` and ``layer``, the last layer with maps, as this course's models
have; every activation is a module of its own, unless the law is about those that are not.
"""

from collections.abc import Callable
from itertools import chain

import torch
from torch import Tensor, nn

SIDE = 16
CHANNELS = 6
CLASSES = ("first", "second", "third")


def pictures(count: int = 2, height: int = SIDE, width: int = SIDE) -> Tensor:
    """Soft colours, (count, 3, height, width) in [0.2, 0.95]."""
    generator = torch.Generator().manual_seed(7)
    coarse = 0.2 + 0.75 * torch.rand(count, 3, 5, 5, generator=generator)
    return nn.functional.interpolate(coarse, (height, width), mode="bilinear", align_corners=False)


def quarters(images: Tensor) -> Tensor:
    """The four quarters of pictures as masks, (N, 4, H, W) bool."""
    height, width = images.shape[2:]
    masks = torch.zeros(4, height, width, dtype=torch.bool)
    for number, mask in enumerate(masks):
        mask[_quarter(number, height, width)] = True
    return masks.expand(len(images), -1, -1, -1).clone()


def halves(images: Tensor) -> Tensor:
    """Upper and lower half of every second picture, left and right half of the others, (N, 2, H, W)."""
    height, width = images.shape[2:]
    masks = torch.zeros(len(images), 2, height, width, dtype=torch.bool)
    masks[0::2, 0, : height // 2] = True
    masks[1::2, 0, :, : width // 2] = True
    masks[:, 1] = ~masks[:, 0]
    return masks


def _quarter(number: int, height: int, width: int) -> tuple[slice, slice]:
    row, column = divmod(number, 2)
    return (
        slice(row * height // 2, (row + 1) * height // 2),
        slice(column * width // 2, (column + 1) * width // 2),
    )


class Small(nn.Module):
    """Two convolutions, global average pooling and a linear head.

    Parameters
    ----------
    side : int
        Of the kernels: 1 makes a network for which it makes no difference what is where. A kernel
        of 3 is its own mirror image, with circular padding, so that what lies inside moves and
        mirrors with the picture.
    bias : bool
        Without, twice the picture gives twice the score.

    Attributes
    ----------
    blown : bool
        Where it is True, a call ends with an error before the head is reached.
    """

    def __init__(self, side: int = 3, bias: bool = True) -> None:
        super().__init__()
        self.conv1, self.relu1 = _conv(3, CHANNELS, side, bias), nn.ReLU()
        self.conv2, self.relu2 = _conv(CHANNELS, CHANNELS, side, bias), nn.ReLU()
        self.pool, self.blown = nn.AdaptiveAvgPool2d(1), False
        self.head = nn.Linear(CHANNELS, len(CLASSES), bias=bias)
        _draw(self)
        with torch.no_grad():
            for each in (self.conv1, self.conv2):
                each.weight.copy_((each.weight + each.weight.flip(3)) / 2)
        _finished(self, "relu2")

    def forward(self, images: Tensor) -> Tensor:
        hidden = self.relu2(self.conv2(self.relu1(self.conv1(images))))
        if self.blown:
            raise RuntimeError("a fuse of the network has blown, for a test")
        # No nn.Flatten: not every library has a rule for it.
        scores: Tensor = self.head(self.pool(hidden).flatten(1))
        return scores


def changed(weight: float = 1.0, bias: float = 1.0, shift: float = 0.0) -> Small:
    """A small network whose head's weight and bias are multiplied, and all scores shifted."""
    network = Small()
    known = network.head.state_dict()
    network.head.load_state_dict(
        {"weight": weight * known["weight"], "bias": bias * known["bias"] + shift}
    )
    return network


def constant() -> Small:
    """A network that answers 0.3, 0.5 and 0.7, whatever it is shown."""
    network = changed(weight=0)
    network.head.load_state_dict(
        {"weight": network.head.weight, "bias": torch.tensor([0.3, 0.5, 0.7])}
    )
    return network


def twin() -> Small:
    """Compute what :class:`Small` computes, with hidden channels twice and of other sizes."""
    network = Small()
    before, after = network.conv1.state_dict(), network.conv2.state_dict()
    network.conv1, network.conv2 = _conv(3, 2 * CHANNELS), _conv(2 * CHANNELS, CHANNELS)
    network.conv1.load_state_dict(
        {name: torch.cat([2 * value, value / 2]) for name, value in before.items()}
    )
    halved = torch.cat([after["weight"] / 4, after["weight"]], 1)
    network.conv2.load_state_dict({"weight": halved, "bias": after["bias"]})
    return network.eval()


class HalfBlind(Small):
    """Looks at the left half of the picture only: the rest is multiplied by 0."""

    def __init__(self) -> None:
        super().__init__(side=1)

    def forward(self, images: Tensor) -> Tensor:
        seen = torch.arange(images.shape[3], device=images.device) < images.shape[3] // 2
        return super().forward(images * seen)


class Quartered(nn.Module):
    """Class k looks at quarter k of the picture: upper left, upper right, lower left.

    Each class has two channels of the last layer, which are silent outside its quarter.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.relu1 = nn.Conv2d(3, 6, 1), nn.ReLU()
        self.conv2, self.relu2 = nn.Conv2d(6, 6, 1), nn.ReLU()
        self.pool, self.head = nn.AdaptiveAvgPool2d(1), nn.Linear(6, 3)
        mixtures = torch.tensor([[0.6, 0.3, 0.1], [0.2, 0.3, 0.5]]).repeat(3, 1)
        biases = torch.tensor([-0.3, -0.4]).repeat(3)
        self.conv1.load_state_dict({"weight": mixtures[..., None, None], "bias": biases})
        same, slightly = torch.eye(6)[..., None, None], torch.full((6,), -0.01)
        self.conv2.load_state_dict({"weight": same, "bias": slightly})  # 0 becomes silence
        pairs = torch.eye(3).repeat_interleave(2, 1)
        self.head.load_state_dict({"weight": 4 * pairs, "bias": torch.full((3,), 0.1)})
        _finished(self, "relu2")

    def forward(self, images: Tensor) -> Tensor:
        seen = quarters(images)[:, :3].repeat_interleave(2, 1).to(images.device)
        hidden = self.relu2(self.conv2(self.relu1(self.conv1(images)) * seen))
        scores: Tensor = self.head(self.pool(hidden).flatten(1))
        return scores


Activation = Callable[[Tensor], Tensor]


class Written(nn.Module):
    """The layers of :class:`Small`, run by a forward of its own.

    Parameters
    ----------
    first, second : callable
        The activations, modules or functions.
    backwards : bool
        Whether the layers are defined in the opposite of the order in which they run.
    """

    conv1: nn.Conv2d
    conv2: nn.Conv2d
    relu1: Activation
    relu2: Activation
    pool: nn.AdaptiveAvgPool2d
    head: nn.Linear

    def __init__(self, first: Activation, second: Activation, backwards: bool = False) -> None:
        super().__init__()
        parts = [("conv1", "relu1"), ("conv2", "relu2"), ("pool", "head")]
        given = {**dict(Small().named_children()), "relu1": first, "relu2": second}
        for name in chain.from_iterable(reversed(parts) if backwards else parts):
            setattr(self, name, given[name])
        _finished(self, "conv2")

    def forward(self, images: Tensor) -> Tensor:
        hidden = self.relu2(self.conv2(self.relu1(self.conv1(images))))
        scores: Tensor = self.head(self.pool(hidden).flatten(1))
        return scores


def of_modules(backwards: bool = False) -> Written:
    """Every activation is a module of its own."""
    return Written(nn.ReLU(), nn.ReLU(), backwards)


def functional() -> Written:
    """Every activation is called as a function."""
    return Written(nn.functional.relu, nn.functional.relu)


def reused() -> Written:
    """One activation runs twice."""
    relu = nn.ReLU()
    return Written(relu, relu)


def in_place() -> Written:
    """The activations change what they are given."""
    return Written(nn.ReLU(inplace=True), nn.ReLU(inplace=True))


class Residual(nn.Module):
    """A block whose sum is made in ``forward``; or, ``merged``, is part of the convolution."""

    def __init__(self, merged: bool) -> None:
        super().__init__()
        base = Small(bias=False)
        self.merged = merged
        self.before = nn.Sequential(base.conv1, base.relu1)
        self.conv2, self.relu2 = base.conv2, base.relu2
        self.pool, self.head = base.pool, base.head
        if merged:
            with torch.no_grad():
                self.conv2.weight[:, :, 1, 1] += torch.eye(CHANNELS)
        _finished(self, "relu2")

    def forward(self, images: Tensor) -> Tensor:
        before = self.before(images)
        after = self.conv2(before)
        hidden = self.relu2(after if self.merged else after + before)
        scores: Tensor = self.head(self.pool(hidden).flatten(1))
        return scores


class Trained(nn.Module):
    """A network with dropout and batch norm, which answers otherwise in training mode."""

    def __init__(self) -> None:
        super().__init__()
        norm = nn.BatchNorm2d(CHANNELS)
        self.conv1, self.norm, self.relu1 = _conv(3, CHANNELS), norm, nn.ReLU()
        self.drop, self.pool = nn.Dropout(0.5), nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(CHANNELS, len(CLASSES))
        _draw(self)
        norm.load_state_dict({**norm.state_dict(), "running_mean": torch.full((CHANNELS,), 0.2)})
        _finished(self, "relu1")

    def forward(self, images: Tensor) -> Tensor:
        hidden = self.pool(self.drop(self.relu1(self.norm(self.conv1(images)))))
        scores: Tensor = self.head(hidden.flatten(1))
        return scores


def _finished(network: nn.Module, layer: str) -> None:
    """Give a network the attributes of this course's models, and eval mode."""
    vars(network).update(layer=layer, classes=CLASSES, input_size=(SIDE, SIDE))
    network.eval()


def _conv(before: int, after: int, side: int = 3, bias: bool = True) -> nn.Conv2d:
    return nn.Conv2d(before, after, side, padding=side // 2, padding_mode="circular", bias=bias)


def _draw(network: nn.Module) -> None:
    """Random weights, the same every time, that leave about half of the hidden values above 0."""
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for each in network.parameters():
            size = 1.5 * each[0].numel() ** -0.5 if each.ndim > 1 else 0.15
            each.copy_(
                size * torch.randn(each.shape, generator=generator) + (each.ndim == 1) * 0.05
            )
