"""MobileFaceNet: a face recogniser of four megabytes that runs on any laptop."""

from typing import Any

from torch import Tensor, nn

from helpers.models.architectures import IMAGENET_MEAN, IMAGENET_STD, Add, Normalise

# Of each group of bottlenecks: expansion, channels, how many, stride of the first (the paper's
# table 1).
_GROUPS = ((2, 64, 5, 2), (4, 128, 1, 2), (2, 128, 6, 1), (4, 128, 1, 2), (2, 128, 2, 1))


class MobileFaceNet(nn.Module):
    """Faces as points: photographs of one person lie in nearly the same direction [1]_.

    Call it with faces that :func:`helpers.preprocessing.align` has brought to 112 x 112 px. It
    normalises by itself, and has no classes: compare two faces by the cosine of their embeddings,
    which :func:`helpers.models.similarity` does.

    Attributes
    ----------
    classes : tuple
        Empty.
    embedding_size : int
        128.
    input_size : tuple of int
        (112, 112). Another size is an error, for the last depthwise convolution weighs each place
        of the face by itself.
    layer : str
        "conv2", the last layer with maps (512 of 7 x 7) before places are weighed.
    card : dict

    Notes
    -----
    The released weights leave out the paper's PReLU: a ReLU follows each convolution but the linear
    ones. That, and the normalisation with ImageNet's statistics of RGB, can be measured: with them
    alone are the means and variances that run through the network those that its batch norms
    counted in training.

    References
    ----------
    .. [1] Chen, Liu, Gao and Han. MobileFaceNets: efficient CNNs for accurate real-time face
       verification on mobile devices. CCBR 2018, arXiv 1804.07573.
    """

    def __init__(self) -> None:
        super().__init__()
        self.classes: tuple[str, ...] = ()
        self.embedding_size = 128
        self.input_size = (112, 112)
        self.layer = "conv2"
        self.card: dict[str, Any] = {}
        self.normalise = Normalise(IMAGENET_MEAN, IMAGENET_STD)
        self.conv1 = _convolution(3, 64, 3, stride=2)
        self.dw_conv = _Separable(64)
        self.features = _bottlenecks(64)
        self.conv2 = _convolution(128, 512, 1)
        self.gdconv = _GlobalDepthwise(512, side=7)
        self.conv3 = nn.Conv2d(512, self.embedding_size, 1)
        self.bn = nn.BatchNorm2d(self.embedding_size)
        self.flatten = nn.Flatten()

    def forward(self, images: Tensor) -> Tensor:
        """Embed aligned faces.

        Parameters
        ----------
        images : Tensor (N, 3, 112, 112)
            RGB in [0, 1].

        Returns
        -------
        Tensor (N, 128)
            Not scaled to unit length: only the direction counts.
        """
        x = self.dw_conv(self.conv1(self.normalise(images)))
        x = self.conv2(self.features(x))
        return self.flatten(self.bn(self.conv3(self.gdconv(x))))


class _Separable(nn.Module):
    """A 3 x 3 convolution in each channel, then one of 1 x 1 across them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu1 = nn.ReLU()
        self.pointwise = nn.Conv2d(channels, channels, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu1(self.bn1(self.depthwise(x)))
        return self.relu2(self.bn2(self.pointwise(x)))


class _GlobalDepthwise(nn.Module):
    """One weight for each channel and place, instead of an average over places."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, side, groups=channels, bias=False)
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.depthwise(x))


class _Bottleneck(nn.Module):
    """Widen, convolve in each channel, narrow again; with a shortcut where shapes allow it."""

    def __init__(self, channels_in: int, channels_out: int, stride: int, expansion: int) -> None:
        super().__init__()
        width = expansion * channels_in
        self.conv = nn.Sequential(
            _convolution(channels_in, width, 1),
            _convolution(width, width, 3, stride=stride, groups=width),
            nn.Conv2d(width, channels_out, 1, bias=False),
            nn.BatchNorm2d(channels_out),
        )
        self.add = Add() if stride == 1 and channels_in == channels_out else None

    def forward(self, x: Tensor) -> Tensor:
        branch = self.conv(x)
        return branch if self.add is None else self.add(branch, x)


def _convolution(
    channels_in: int, channels_out: int, side: int, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, side, stride, side // 2, groups=groups, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )


def _bottlenecks(channels: int) -> nn.Sequential:
    blocks = []
    for expansion, channels_out, count, stride in _GROUPS:
        for number in range(count):
            first = stride if number == 0 else 1
            blocks.append(_Bottleneck(channels, channels_out, first, expansion))
            channels = channels_out
    return nn.Sequential(*blocks)
