"""VGG-Face: sixteen layers that tell 2,622 celebrities apart."""

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

#: Convolutions of each of the five blocks.
BLOCKS = (2, 2, 3, 3, 3)

# The means of the training pictures, in 0-255, in the order in which each release subtracts them.
_MEANS = (129.1863, 104.7624, 93.5940)


class VggFace(nn.Module):
    """The network of "Deep face recognition" [1]_.

    Call it with images in [0, 1]; it brings them to 0-255, into its channel order, and subtracts its
    means by itself.

    Parameters
    ----------
    classes : sequence of str
        Names of the identities, in the order of the outputs.
    channel_order : "bgr" or "rgb"
        What the weights were made for. The release in Torch's and Caffe's layout reads BGR, and
        subtracts the means in an order that belongs to RGB; that is how it is used everywhere, and
        is kept. The release by way of MatConvNet reads RGB.
    width, hidden : int
        Channels of the first block and units of fc6 and fc7: 64 and 4,096 in the original.

    Attributes
    ----------
    classes, input_size, layer, card
        As every model of this course has them.

    References
    ----------
    .. [1] Parkhi, Vedaldi and Zisserman. Deep face recognition. BMVC 2015.
    """

    def __init__(
        self,
        classes: Sequence[str],
        channel_order: str = "bgr",
        width: int = 64,
        hidden: int = 4096,
    ) -> None:
        super().__init__()
        self.classes = tuple(classes)
        self.input_size = (224, 224)
        self.layer = "features.relu_5_3"
        self.card: dict[str, Any] = {}
        self.normalise = PixelMeans(channel_order)
        self.features = nn.Sequential(_feature_layers(width))
        self.flatten = nn.Flatten()
        self.fc = nn.Sequential(_head_layers(8 * width * 7 * 7, hidden, len(self.classes)))

    def forward(self, images: Tensor) -> Tensor:
        """Score images (N, 3, 224, 224), RGB in [0, 1]: logits (N, len(classes))."""
        return self.fc(self.flatten(self.features(self.normalise(images))))


class PixelMeans(nn.Module):
    """From RGB in [0, 1] to 0-255 in the network's channel order, less the means."""

    means: Tensor

    def __init__(self, channel_order: str) -> None:
        super().__init__()
        self.channel_order = channel_order
        means = torch.tensor(_MEANS).view(1, 3, 1, 1)
        self.register_buffer("means", means, persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        ordered = images.flip(1) if self.channel_order == "bgr" else images
        return 255 * ordered - self.means


def sizes(weights: Mapping[str, Tensor]) -> dict[str, int]:
    """The width and hidden units that a state_dict was made for; the original's if it is unclear."""
    first, last = weights.get("features.conv_1_1.weight"), weights.get("fc.fc8.weight")
    if first is None or last is None or last.ndim != 2:
        return {"width": 64, "hidden": 4096}
    return {"width": len(first), "hidden": last.shape[1]}


def standard_names(weights: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], str]:
    """The weights by our names, and the channel order of the release that they come from.

    One release calls its layers ``features.conv_1_1`` and reads BGR; the other calls them
    ``conv1_1`` and reads RGB.
    """
    if any(name.startswith("features.") for name in weights):
        return dict(weights), "bgr"
    return {_standard_name(name): each for name, each in weights.items()}, "rgb"


def _standard_name(name: str) -> str:
    name = re.sub(r"^conv(\d)_(\d)\.", r"features.conv_\1_\2.", name)
    return re.sub(r"^fc(\d)\.", r"fc.fc\1.", name)


def _feature_layers(width: int) -> "OrderedDict[str, nn.Module]":
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    channels = 3
    for block, count in enumerate(BLOCKS, start=1):
        wide = width * min(2 ** (block - 1), 8)
        for number in range(1, count + 1):
            layers[f"conv_{block}_{number}"] = nn.Conv2d(channels, wide, 3, padding=1)
            layers[f"relu_{block}_{number}"] = nn.ReLU()
            channels = wide
        # Caffe rounds the number of windows up, which matters where a side is odd.
        pooling = nn.MaxPool2d(2, 2, ceil_mode=block == 3)
        layers[f"maxp_{block}_{count}"] = pooling
    return layers


def _head_layers(inputs: int, hidden: int, outputs: int) -> "OrderedDict[str, nn.Module]":
    return OrderedDict(
        fc6=nn.Linear(inputs, hidden),
        relu6=nn.ReLU(),
        dropout6=nn.Dropout(),
        fc7=nn.Linear(hidden, hidden),
        relu7=nn.ReLU(),
        dropout7=nn.Dropout(),
        fc8=nn.Linear(hidden, outputs),
    )
