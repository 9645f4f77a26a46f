"""A batch of images to be explained, and what all methods may share about it."""

from collections.abc import Callable, Hashable, Iterator
from functools import cached_property
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from helpers.errors import InputError
from helpers.explain.layers import Reading, read
from helpers.explain.targets import Targets, find_layer, resolve_targets
from helpers.models.contract import answers

Found = TypeVar("Found")


class Case:
    """What a method is given: a network, images, and which score of each is explained.

    What is asked for is computed once and kept, so that several methods of one batch share the
    network's answers and the reading of a layer. Everything here runs within ``plain_state``.

    Parameters
    ----------
    model : nn.Module
        In eval mode; takes images in [0, 1] and returns logits (N, classes).
    images : Tensor (N, 3, H, W)
        RGB in [0, 1], without a history.
    targets : None, int, str, or one of them per image
        The class that is explained; None means the predicted class.
    layer : str, optional
        Dotted name of the layer that is read; by default ``model.layer``.
    batch_size : int
        Pictures that the network is given at a time, by methods that show it many of one image.
    rows : slice
        Which of all images of the call these are: an option that holds an entry for each image is
        cut with it.
    count : int, optional
        How many images the call has in all; by default those given.
    """

    def __init__(
        self,
        model: nn.Module,
        images: Tensor,
        targets: Targets = None,
        layer: str | None = None,
        batch_size: int = 32,
        rows: slice = slice(None),
        count: int | None = None,
    ) -> None:
        self.model = model
        self.images = images
        self.targets = targets
        self.layer = layer
        self.batch_size = batch_size
        self.rows = rows
        self.count = len(images) if count is None else count
        self._readings: dict[str, Reading] = {}
        self._known: Tensor | None = None
        self._kept: dict[Hashable, Any] = {}
        self.advance: Callable[[float], object] = lambda share: None
        """Told which share of a method's work was just done; :func:`explain` moves its bar by it."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the images, in pixels."""
        height, width = self.images.shape[2:]
        return height, width

    @property
    def logits(self) -> Tensor:
        """The network's answers to the images, (N, classes), without a gradient."""
        if self._known is None:
            with torch.no_grad():
                self._known = answers(self.model, self.images)
        return self._known

    @cached_property
    def indices(self) -> Tensor:
        """Index of the explained class of each image, (N,) int64."""
        return resolve_targets(self.model, self.logits, self.targets)

    def reading(self) -> Reading:
        """The layer's activations (N, channels, h, w) and the way from there to the score."""
        name, module = find_layer(self.model, self.layer)
        if name not in self._readings:
            self._readings[name] = read(self.model, self.images, name, module)
            self._known = self._readings[name].logits.detach()
        return self._readings[name]

    def slopes(self) -> Tensor:
        """Gradient of each image's score by the layer's activations, (N, channels, h, w)."""
        return self.reading().slopes(self.indices)

    def scores(self, pictures: Tensor, index: int) -> Tensor:
        """Score of one class for any number of pictures (M, 3, H, W), as (M,), in batches."""
        with torch.no_grad():
            parts = [
                answers(self.model, part)[:, index] for part in pictures.split(self.batch_size)
            ]
        return torch.cat(parts)

    def one_by_one(self) -> Iterator[tuple[Tensor, int]]:
        """Each image (3, H, W) with the index of its class."""
        return zip(self.images, self.indices.tolist(), strict=True)

    def position(self, row: int) -> int:
        """Where the image of this row stands among all images of the call."""
        return (self.rows.start or 0) + row

    def kept(self, key: Hashable, compute: Callable[[], Found]) -> Found:
        """What was computed under this key before, or else what ``compute`` returns, to be kept.

        For scores of hidden pictures that several methods read; the key names everything that they
        depend on beside the case.
        """
        if key not in self._kept:
            self._kept[key] = compute()
        found: Found = self._kept[key]
        return found

    def forget(self) -> None:
        """Let go of what was read and kept, when no further method will ask for it."""
        self._readings.clear()
        self._kept.clear()

    def cut(self, values: Any, name: str) -> Any:
        """The entries of an option that belong to these images, of an entry for each of the call.

        Raises
        ------
        InputError
            If there are not as many entries as images.
        """
        if len(values) != self.count:
            raise InputError(
                f"{name} has {len(values)} entries, but there are {self.count} image(s): give one each."
            )
        return values[self.rows]
