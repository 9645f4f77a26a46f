"""One explainer on one network: calls that cannot disturb each other, and what comes of them."""

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from helpers.errors import InputError
from helpers.explain.laws import networks
from helpers.explain.laws.subject import Subject, as_maps
from helpers.explain.laws.surroundings import View, guarded, view
from helpers.explain.laws.terms import NoMaps, NotTried
from helpers.models.trials import first_line

GIVEN: Any = object()
"""Stands for the classes that a reader gave."""


class Trial:
    """An explainer, and the network and images of a reader.

    Every call is given a copy of the network and of the images, and what a process has one of is
    put back after it, so that one broken law does not break the next.

    Parameters
    ----------
    subject : Subject
        The explainer.
    model : nn.Module
        In eval mode.
    images : Tensor (N, 3, H, W)
        RGB in [0, 1].
    targets : Tensor (N,)
        Index of the class that is explained of each.
    """

    def __init__(self, subject: Subject, model: nn.Module, images: Tensor, targets: Tensor) -> None:
        self.subject = subject
        self.model = model
        self.images = images
        self.targets = targets

    def call(self, model: nn.Module, images: Tensor, targets: Any, **extra: Any) -> Any:
        """What the explainer returns, as it is."""
        options = {**self.masks_of(images), **self.subject.options, **extra}
        with warnings.catch_warnings():
            # Libraries warn of what they do to a network; the laws look at what they did.
            warnings.simplefilter("ignore")
            return self.subject.call(model, images, targets, **options)

    def maps(
        self,
        model: nn.Module | None = None,
        images: Tensor | None = None,
        targets: Any = GIVEN,
        within: Callable[[], AbstractContextManager[Any]] = nullcontext,
        copy: bool = True,
        **extra: Any,
    ) -> Tensor:
        """Maps (N, h, w) of 64 bits, of the reader's network, images and classes unless others are given."""
        network = self.model if model is None else model
        network = copied(network) if copy else network
        pictures = self.images if images is None else images
        classes = self.targets if targets is GIVEN else targets
        with guarded(0), within():
            found = self.call(network, kept_layout(pictures), classes, **extra)
            return as_maps(found, pictures)

    def of_rows(self, rows: list[int]) -> Tensor:
        """Maps of some of the reader's images, in that order."""
        pictures, classes = self.images[rows], self.targets[rows]
        return self.maps(images=pictures, targets=classes, **self.entries(rows))

    def entries(self, rows: list[int]) -> dict[str, Any]:
        """The options that have an entry for each image, cut to those of some images."""
        return {
            name: value[rows]
            for name, value in self.subject.options.items()
            if isinstance(value, Tensor) and len(value) == len(self.images)
        }

    def own(self, model: nn.Module, images: Tensor, targets: Any = GIVEN, **extra: Any) -> Tensor:
        """Maps of a network that a law brings, of the predicted classes unless others are given.

        Raises
        ------
        NotTried
            If the explainer refuses the network in a sentence, as it may.
        """
        if targets is GIVEN:
            targets = indices(model, images)
        try:
            return self.maps(model, images, targets, **{**self.masks_of(images), **extra})
        except (ValueError, TypeError, AssertionError, NotImplementedError) as why:
            if isinstance(why, NoMaps) or not is_sentence(why):
                raise
            raise NotTried(f"it refuses the network of this law: {first_line(why)}") from why

    def masks_of(self, images: Tensor) -> dict[str, Any]:
        """Masks of pictures, for an explainer that takes some."""
        return {"masks": networks.quarters(images)} if "masks" in self.subject.takes else {}

    @cached_property
    def known(self) -> Tensor:
        """Maps (N, H, W) of the reader's images."""
        return self.maps()

    @cached_property
    def raw(self) -> Any:
        """What the explainer returns for the reader's images, as it is."""
        with guarded(0):
            return self.call(copied(self.model), self.images.clone(), self.targets)

    @cached_property
    def failure(self) -> str:
        """What a plain call on the reader's network and images ends with; "" where it ends well."""
        try:
            _ = self.known, self.raw
        # An explainer may fail in any way.
        except Exception as why:  # noqa: BLE001
            return f"{type(why).__name__}: {first_line(why)}"
        return ""

    @cached_property
    def aftermath(self) -> tuple[View, View]:
        """The reader's network, images and process before a first call and after it."""
        return self.watched()

    def watched(self) -> tuple[View, View]:
        """The reader's network, images and process before a call and after it.

        Every other weight has a gradient before, as in the middle of a training.
        """
        network, pictures = copied(self.model), self.images.clone()
        for each in list(network.parameters())[::2]:
            each.grad = torch.ones_like(each) if each.is_leaf else None
        with guarded():
            before = view(network, pictures)
            self.call(network, pictures, self.targets)
            return before, view(network, pictures)


def copied(model: nn.Module) -> nn.Module:
    """A copy of a network.

    Raises
    ------
    InputError
        If it cannot be copied.
    """
    try:
        return deepcopy(model)
    # What a module of a stranger's holds may refuse in any way it likes.
    except Exception as why:
        raise InputError(
            "the model cannot be copied, which the laws do so that yours stays as it is: "
            f"{first_line(why)}"
        ) from why


def kept_layout(images: Tensor) -> Tensor:
    """A copy of images that lies in memory as they do."""
    return images.clone(memory_format=torch.preserve_format)


def indices(model: nn.Module, images: Tensor) -> Tensor:
    """The predicted class of each image, (N,)."""
    with torch.no_grad():
        found: Tensor = model(images).argmax(1)
    return found


def is_sentence(why: BaseException) -> bool:
    """Whether an error says something: a message of at least four words."""
    return len(str(why).split()) >= 4


def gap(found: Tensor, expected: Tensor) -> float:
    """Largest difference of two maps, as a share of the largest value that was expected.

    Where nothing but zeros is expected, 0 if that was found and infinity otherwise. What is not
    finite in both is the affair of another law.
    """
    if bool((torch.isfinite(found) != torch.isfinite(expected)).any()):
        return float("inf")
    found, expected = found.nan_to_num(0, 0, 0), expected.nan_to_num(0, 0, 0)
    difference, size = float((found - expected).abs().max()), float(expected.abs().max())
    if size == 0:
        return 0.0 if difference == 0 else float("inf")
    return difference / size
