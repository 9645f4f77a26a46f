"""Networks small enough to ship and to explain on a laptop.

Every activation and every sum is a module of its own, used exactly once and never in place, because
DeepLift, layer-wise relevance propagation and stored activations are silently wrong otherwise.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from helpers.arguments import count, finite_array, number, shown
from helpers.errors import InputError

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class NarrowResNet18(nn.Module):
    """A ResNet-18 with fewer channels and torchvision's layer names.

    The stem keeps more of a small picture than torchvision's: its convolution is 3 x 3 instead of
    7 x 7 and no max pooling follows, so that 112 px input ends as a 7 x 7 map in ``layer4``, as
    224 px input does in the original [1]_.

    Parameters
    ----------
    classes : sequence of str
        Names of the outputs, in their order.
    width : int
        Channels of the first stage; the next three have 2, 4 and 8 times as many. The original
        has 64.
    input_size : tuple of int
        Height and width, in pixels, of the images that the network was made for.
    mean, std : sequence of float
        Per-channel statistics (RGB, of values in [0, 1]) that the network normalises with.

    Attributes
    ----------
    classes, input_size : as above
    layer : str
        Name of the layer that class activation maps are read from by default.
    card : dict
        The model card, empty for a network without trained weights.
    version : int
        Which training its weights are from.

    References
    ----------
    .. [1] He, Zhang, Ren and Sun. Deep residual learning for image recognition. CVPR 2016.
    """

    architecture: ClassVar[str] = "narrow-resnet18"

    def __init__(
        self,
        classes: Sequence[str],
        width: int = 32,
        input_size: tuple[int, int] = (112, 112),
        mean: Sequence[float] = IMAGENET_MEAN,
        std: Sequence[float] = IMAGENET_STD,
    ) -> None:
        super().__init__()
        self.classes = tuple(classes)
        self.width = count(width, "width")
        self.input_size = image_size(input_size)
        self.layer = "layer4"
        self.card: dict[str, Any] = {}
        self.version = 1
        self.normalise = Normalise(mean, std)
        self.conv1 = nn.Conv2d(3, width, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.layer1 = stage(width, width, 1)
        self.layer2 = stage(width, 2 * width, 2)
        self.layer3 = stage(2 * width, 4 * width, 2)
        self.layer4 = stage(4 * width, 8 * width, 2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(8 * width, len(self.classes))
        _initialise(self)

    def options(self) -> dict[str, Any]:
        """Return the arguments that build this network again, without its weights."""
        return {
            "classes": self.classes,
            "width": self.width,
            "input_size": self.input_size,
            "mean": self.normalise.mean.flatten().tolist(),
            "std": self.normalise.std.flatten().tolist(),
        }

    def forward(self, images: Tensor) -> Tensor:
        """Score images.

        Parameters
        ----------
        images : Tensor (N, 3, H, W)
            RGB in [0, 1]; the network normalises by itself.

        Returns
        -------
        Tensor (N, len(classes))
            Logits.
        """
        x = self.relu(self.bn1(self.conv1(self.normalise(images))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.flatten(self.avgpool(x)))


class NarrowEmbedder(NarrowResNet18):
    """The same network, ending in an embedding instead of class scores.

    Parameters
    ----------
    embedding_size : int
        Numbers an embedding has.
    crop : float
        Share of height and width, in the middle of the picture, that the network looks at: what
        lies outside cannot change an embedding.
    **shape
        ``width``, ``input_size``, ``mean`` and ``std`` of :class:`NarrowResNet18`.

    Attributes
    ----------
    classes : tuple
        Empty: the network compares faces, it does not name them.
    """

    architecture: ClassVar[str] = "narrow-embedder"

    def __init__(self, embedding_size: int = 64, crop: float = 1.0, **shape: Any) -> None:
        super().__init__([""] * count(embedding_size, "embedding_size"), **shape)
        self.embedding_size = embedding_size
        self.classes = ()
        self.middle = Middle(crop)

    def options(self) -> dict[str, Any]:
        """Return the arguments that build this network again, without its weights."""
        described = super().options() | {"embedding_size": self.embedding_size}
        del described["classes"]
        return described | {"crop": self.middle.share}

    def forward(self, images: Tensor) -> Tensor:
        """Embed images (N, 3, H, W), RGB in [0, 1]: (N, embedding_size), not normalised."""
        return super().forward(self.middle(images))


class HandSetDetector(nn.Module):
    """A network whose weights were written down, so that what it uses is known without a doubt.

    One colour of each pixel is measured (``colour``, ``relu``), and the part above a threshold is
    averaged over a window (``window``). The score of the second class is the amount by which this
    average exceeds ``least``, the score of the first is 0: only pixels of that colour inside the
    window can change anything, and the relevance of each is its share of the sum.

    Parameters
    ----------
    classes : sequence of str
        Two names: what a score of 0 means, and what is detected.
    colour : sequence of float
        Weights of red, green and blue.
    threshold : float
        What is subtracted from the weighted sum before negative values are cut off.
    window : tuple of float
        Top, left, bottom and right of the window as shares of the picture.
    least, gain : float
        The average at which the score is 0, and by how much the score rises above it.
    input_size : tuple of int
        Height and width in pixels; other sizes are refused by the weights.
    """

    architecture: ClassVar[str] = "hand-set-detector"

    def __init__(
        self,
        classes: Sequence[str],
        colour: Sequence[float],
        threshold: float,
        window: Sequence[float],
        least: float,
        gain: float,
        input_size: tuple[int, int] = (112, 112),
    ) -> None:
        super().__init__()
        self.classes = tuple(classes)
        self.input_size = image_size(input_size)
        self.layer = "relu"
        self.card: dict[str, Any] = {}
        self.version = 1
        given = {"threshold": threshold, "least": least, "gain": gain}
        self._numbers = {name: number(each, name) for name, each in given.items()}
        self._colour = tuple(finite_array(colour, "colour", shape=(3,)).tolist())
        self._window = tuple(finite_array(window, "window", shape=(4,), low=0, high=1).tolist())
        self.colour = nn.Conv2d(3, 1, 1)
        self.relu = nn.ReLU()
        self.flatten = nn.Flatten()
        self.window = nn.Linear(self.input_size[0] * self.input_size[1], 2)
        self._set_weights()

    def options(self) -> dict[str, Any]:
        """Return the arguments that build this network again."""
        shape = {"classes": self.classes, "colour": self._colour, "window": self._window}
        return shape | self._numbers | {"input_size": self.input_size}

    def forward(self, images: Tensor) -> Tensor:
        """Score images (N, 3, H, W) in [0, 1]: (N, 2)."""
        return self.window(self.flatten(self.relu(self.colour(images))))

    def _set_weights(self) -> None:
        height, width = self.input_size
        top, left, bottom, right = self._window
        inside = torch.zeros(height, width)
        inside[round(top * height) : round(bottom * height)] = 1
        inside[:, : round(left * width)] = 0
        inside[:, round(right * width) :] = 0
        gain = self._numbers["gain"]
        with torch.no_grad():
            self.colour.weight.copy_(torch.tensor(self._colour).view(1, 3, 1, 1))
            self.colour.bias.fill_(-self._numbers["threshold"])  # type: ignore[union-attr]  # has one
            self.window.weight.zero_()
            self.window.weight[1] = gain * (inside / inside.sum()).flatten()
            self.window.bias.copy_(torch.tensor([0.0, -gain * self._numbers["least"]]))


def image_size(size: Any, name: str = "input_size") -> tuple[int, int]:
    """Check the height and width of pictures, in pixels.

    Raises
    ------
    InputError
        If they are not two whole numbers from 1 to 4,096.
    """
    if not isinstance(size, tuple | list) or len(size) != 2:
        raise InputError(f"{name} is {shown(size)}: give (height, width), in pixels.")
    height, width = (count(side, f"a side of {name}", 1, 4096) for side in size)
    return height, width


class Normalise(nn.Module):
    """Subtract a mean and divide by a standard deviation, channel by channel."""

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        mean = finite_array(mean, "mean", shape=(3,)).tolist()
        std = finite_array(std, "std", shape=(3,)).tolist()
        if min(std) <= 0:
            raise InputError(f"std is {std}: each standard deviation must be above 0.")
        # Constants of the architecture, not weights: they travel in the card, not in the file.
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        return (images - self.mean) / self.std


class Middle(nn.Module):
    """Cut a share of height and width out of the middle of pictures of any size."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = number(share, "crop", 0, 1, open_low=True)

    def forward(self, images: Tensor) -> Tensor:
        height, width = images.shape[-2:]
        top, left = (round(side * (1 - self.share) / 2) for side in (height, width))
        return images[..., top : height - top, left : width - left]


class Add(nn.Module):
    """The residual sum as a module, so that relevance rules can be attached to it."""

    def forward(self, branch: Tensor, shortcut: Tensor) -> Tensor:
        return branch + shortcut


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions and a shortcut around them (He et al. 2016)."""

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels_out)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels_out)
        self.downsample = shortcut(channels_in, channels_out, stride)
        self.add = Add()
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        branch = self.relu1(self.bn1(self.conv1(x)))
        branch = self.bn2(self.conv2(branch))
        return self.relu2(self.add(branch, self.downsample(x)))


def stage(
    channels_in: int,
    channels_out: int,
    stride: int,
    count: int = 2,
    block: type[nn.Module] = BasicBlock,
) -> nn.Sequential:
    """Put ``count`` blocks one after the other, the first of which shrinks and widens."""
    first = block(channels_in, channels_out, stride)
    return nn.Sequential(first, *(block(channels_out, channels_out, 1) for _ in range(count - 1)))


def shortcut(channels_in: int, channels_out: int, stride: int) -> nn.Module:
    """The way around a block: nothing, or what brings its input to the shape of its output."""
    if stride == 1 and channels_in == channels_out:
        return nn.Identity()
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 1, stride, bias=False), nn.BatchNorm2d(channels_out)
    )


def _initialise(network: nn.Module) -> None:
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if isinstance(module, BasicBlock):
            # Each block starts as the identity, which makes short trainings steadier
            # (Goyal et al. 2017, arXiv 1706.02677).
            nn.init.zeros_(module.bn2.weight)
