"""A vision transformer small enough to ship and to explain on a laptop.

As in :mod:`helpers.models.architectures` every activation, every sum and every product is a module of
its own that runs once, and attention is written out: its maps are the output of a softmax, which can
be read, and which a gradient can be taken by.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from helpers.arguments import count
from helpers.errors import InputError
from helpers.models.architectures import IMAGENET_MEAN, IMAGENET_STD, Add, Normalise, image_size


class NarrowViT(nn.Module):
    """A vision transformer with few channels and few blocks [1]_.

    Small convolutions turn each square patch of the picture, with a margin around it, into a token;
    from patches cut out with a knife, learning takes many times as long [2]_. A class token goes with
    them through the blocks, and the score is read from it alone.

    Parameters
    ----------
    classes : sequence of str
        Names of the outputs, in their order.
    width : int
        Channels of a token; a multiple of ``heads`` and of ``patch`` / 2.
    depth : int
        Number of blocks.
    heads : int
        Attention maps in a block.
    patch : int
        Side of a patch in pixels: 2, 4, 8 or 16, a divisor of both sides of ``input_size``.
    input_size : tuple of int
        Height and width, in pixels, of the images that the network was made for. Others are brought
        to this size by the network itself.
    mean, std : sequence of float
        Per-channel statistics (RGB, of values in [0, 1]) that the network normalises with.

    Attributes
    ----------
    classes, input_size : as above
    layer : str
        Name of the layer that class activation maps are read from by default: the patches' tokens,
        laid out as maps, behind the first norm of the last block. Behind that block only the class
        token counts; ahead of the norm, which undoes any scaling, gradient times activation sums to
        0 at each place.
    card : dict
        The model card, empty for a network without trained weights.
    version : int
        Which training its weights are from.

    Raises
    ------
    InputError
        If the heads do not share the width evenly, or the patches do not cover the picture.

    References
    ----------
    .. [1] Dosovitskiy et al. An image is worth 16x16 words. ICLR 2021.
    .. [2] Xiao et al. Early convolutions help transformers see better. NeurIPS 2021.
    """

    architecture: ClassVar[str] = "narrow-vit"

    def __init__(
        self,
        classes: Sequence[str],
        width: int = 96,
        depth: int = 3,
        heads: int = 4,
        patch: int = 8,
        input_size: tuple[int, int] = (64, 64),
        mean: Sequence[float] = IMAGENET_MEAN,
        std: Sequence[float] = IMAGENET_STD,
    ) -> None:
        super().__init__()
        self.classes = tuple(classes)
        self.width, self.depth = count(width, "width"), count(depth, "depth")
        self.heads, self.patch = count(heads, "heads"), count(patch, "patch")
        self.input_size = image_size(input_size)
        self._check()
        self.layer = f"blocks.{depth - 1}.maps"
        self.card: dict[str, Any] = {}
        self.version = 1
        rows, columns = (side // patch for side in self.input_size)
        self.resize = Resize(self.input_size)
        self.normalise = Normalise(mean, std)
        self.embed = _stem(width, patch)
        self.flatten = nn.Flatten(2)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.places = nn.Parameter(torch.zeros(1, 1 + rows * columns, width))
        self.add = Add()
        before = (Block(width, heads) for _ in range(depth - 1))
        self.blocks = nn.Sequential(*before, MappedBlock(width, heads, (rows, columns)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, len(self.classes))
        self._initialise(_waves(rows, columns, width))

    def options(self) -> dict[str, Any]:
        """Return the arguments that build this network again, without its weights."""
        names = ("classes", "width", "depth", "heads", "patch", "input_size")
        statistics = {
            "mean": self.normalise.mean.flatten().tolist(),
            "std": self.normalise.std.flatten().tolist(),
        }
        return {name: getattr(self, name) for name in names} | statistics

    def forward(self, images: Tensor) -> Tensor:
        """Score images.

        Parameters
        ----------
        images : Tensor (N, 3, H, W)
            RGB in [0, 1]; the network brings them to its size and normalises by itself.

        Returns
        -------
        Tensor (N, len(classes))
            Logits.
        """
        patches = self.flatten(self.embed(self.normalise(self.resize(images)))).transpose(1, 2)
        first = self.class_token.expand(len(patches), -1, -1)
        tokens = self.blocks(self.add(torch.cat([first, patches], 1), self.places))
        return self.head(self.norm(tokens[:, 0]))

    def _check(self) -> None:
        if self.width % self.heads:
            raise InputError(
                f"width is {self.width}, which {self.heads} heads cannot share evenly: give a multiple."
            )
        if self.patch not in (2, 4, 8, 16) or any(side % self.patch for side in self.input_size):
            raise InputError(
                f"patches of {self.patch} px do not cover a picture of {self.input_size} px: give 2, 4, "
                "8 or 16, and a divisor of both sides."
            )
        if self.width % (self.patch // 2):
            raise InputError(f"width is {self.width}: give a multiple of {self.patch // 2}.")

    def _initialise(self, places: Tensor) -> None:
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        nn.init.normal_(self.class_token, std=0.02)
        with torch.no_grad():
            self.places[0, 1:] = places


def _stem(width: int, patch: int) -> nn.Sequential:
    """Convolutions that halve the picture until a patch is one place, doubling their channels.

    Of even width, so that what a token sees lies around the middle of its patch.
    """
    halvings = patch.bit_length() - 1
    sizes = [3, *(width >> k for k in reversed(range(halvings)))]
    parts: list[nn.Module] = []
    for before, after in pairwise(sizes):
        parts += [nn.Conv2d(before, after, 4, stride=2, padding=1), nn.ReLU()]
    return nn.Sequential(*parts[:-1])


class Block(nn.Module):
    """Attention and a perceptron, each behind a layer norm and with a shortcut around it."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.add1 = Add()
        self.norm2 = nn.LayerNorm(width)
        self.rise = nn.Linear(width, 2 * width)
        self.gelu = nn.GELU()
        self.fall = nn.Linear(2 * width, width)
        self.add2 = Add()

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = self.add1(self.attention(self.normed(tokens)), tokens)
        return self.add2(self.fall(self.gelu(self.rise(self.norm2(tokens)))), tokens)

    def normed(self, tokens: Tensor) -> Tensor:
        """What attention is given."""
        return self.norm1(tokens)


class MappedBlock(Block):
    """A block in which the patches' tokens pass as maps (N, width, rows, columns), to be read there."""

    def __init__(self, width: int, heads: int, grid: tuple[int, int]) -> None:
        super().__init__(width, heads)
        self.maps = nn.Unflatten(2, grid)

    def normed(self, tokens: Tensor) -> Tensor:
        """What attention is given."""
        tokens = super().normed(tokens)
        maps = self.maps(tokens[:, 1:].transpose(1, 2))
        return torch.cat([tokens[:, :1], maps.flatten(2).transpose(1, 2)], 1)


class Attention(nn.Module):
    """Attention of every token to every token, in several heads (Vaswani et al. 2017)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.compare = MatMul()
        self.softmax = nn.Softmax(-1)
        self.mix = MatMul()
        self.proj = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        parts = self.qkv(tokens).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        queries, keys, values = parts
        # (N, heads, tokens that look, tokens that are looked at)
        weights = self.softmax(self.compare(queries * keys.shape[-1] ** -0.5, keys.mT))
        return self.proj(self.mix(weights, values).transpose(1, 2).flatten(2))


class MatMul(nn.Module):
    """A product of two matrices as a module, so that relevance rules can be attached to it."""

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        return left @ right


class Resize(nn.Module):
    """Bring pictures (N, 3, H, W) to a size, averaging where they shrink."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self.size = size

    def forward(self, images: Tensor) -> Tensor:
        if tuple(images.shape[2:]) == self.size:
            return images
        return nn.functional.interpolate(images, self.size, mode="bilinear", antialias=True)


def _waves(rows: int, columns: int, width: int) -> Tensor:
    """Where patches lie, as sines and cosines of row and column, (rows x columns, width).

    Only a start, from which places are learnt; from random ones that takes several times as long
    (Beyer, Zhai & Kolesnikov 2022, arXiv 2205.01580).
    """
    down, across = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    quarter = -(-width // 4)
    speeds = 100.0 ** -(torch.arange(quarter) / quarter)
    angles = [each.flatten()[:, None] * speeds for each in (down, across)]
    return torch.cat([wave(each) for each in angles for wave in (torch.sin, torch.cos)], 1)[
        :, :width
    ]
