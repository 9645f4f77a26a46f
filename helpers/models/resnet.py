"""ResNets with torchvision's names and numbers, and modules of their own for every step.

torchvision's blocks use one in-place ReLU twice and add with ``+=``, which DeepLift and relevance
propagation cannot follow. These give the same outputs from the same weights, without that.
"""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from helpers.models.architectures import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    Add,
    BasicBlock,
    Normalise,
    shortcut,
    stage,
)


class Bottleneck(nn.Module):
    """A 3 x 3 convolution between two of 1 x 1, and a shortcut around them (He et al. 2016)."""

    expansion = 4

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        width = channels_out // self.expansion
        self.conv1 = nn.Conv2d(channels_in, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        # torchvision shrinks here and not in the first convolution ("ResNet v1.5").
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(width, channels_out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(channels_out)
        self.downsample = shortcut(channels_in, channels_out, stride)
        self.add = Add()
        self.relu3 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        branch = self.relu1(self.bn1(self.conv1(x)))
        branch = self.relu2(self.bn2(self.conv2(branch)))
        branch = self.bn3(self.conv3(branch))
        return self.relu3(self.add(branch, self.downsample(x)))


class ResNet(nn.Module):
    """A ResNet for 224 px photographs, as torchvision's [1]_.

    Parameters
    ----------
    block : type
        :class:`helpers.models.architectures.BasicBlock` or :class:`Bottleneck`.
    counts : sequence of int
        Blocks of each of the four stages: (2, 2, 2, 2) makes a ResNet-18, (3, 4, 6, 3) a ResNet-34
        or, of bottlenecks, a ResNet-50.
    classes : sequence of str
        Names of the outputs, in their order.

    Attributes
    ----------
    classes, input_size, layer, card
        As every model of this course has them; it normalises by itself, with ImageNet's statistics.

    References
    ----------
    .. [1] He, Zhang, Ren and Sun. Deep residual learning for image recognition. CVPR 2016.
    """

    def __init__(self, block: type[nn.Module], counts: Sequence[int], classes: Sequence[str]):
        super().__init__()
        self.classes = tuple(classes)
        self.input_size = (224, 224)
        self.layer = "layer4"
        self.card: dict[str, Any] = {}
        expansion = int(getattr(block, "expansion", 1))
        self.normalise = Normalise(IMAGENET_MEAN, IMAGENET_STD)
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        widths = [64, *(base * expansion for base in (64, 128, 256, 512))]
        self.layer1 = stage(widths[0], widths[1], 1, counts[0], block)
        self.layer2 = stage(widths[1], widths[2], 2, counts[1], block)
        self.layer3 = stage(widths[2], widths[3], 2, counts[2], block)
        self.layer4 = stage(widths[3], widths[4], 2, counts[3], block)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(widths[4], len(self.classes))

    def forward(self, images: Tensor) -> Tensor:
        """Score images (N, 3, H, W), RGB in [0, 1]: logits (N, len(classes))."""
        x = self.relu(self.bn1(self.conv1(self.normalise(images))))
        x = self.layer1(self.maxpool(x))
        x = self.layer4(self.layer3(self.layer2(x)))
        return self.fc(self.flatten(self.avgpool(x)))


def resnet18(classes: Sequence[str]) -> ResNet:
    """An untrained ResNet-18."""
    return ResNet(BasicBlock, (2, 2, 2, 2), classes)


def resnet34(classes: Sequence[str]) -> ResNet:
    """An untrained ResNet-34."""
    return ResNet(BasicBlock, (3, 4, 6, 3), classes)


def resnet50(classes: Sequence[str]) -> ResNet:
    """An untrained ResNet-50."""
    return ResNet(Bottleneck, (3, 4, 6, 3), classes)
