"""A reader's own network, made to follow the contract of this course's models."""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import torch
from torch import Tensor, nn

from helpers.arguments import choice, finite_array, shown
from helpers.errors import InputError, unknown_name
from helpers.models import trials
from helpers.models.architectures import IMAGENET_MEAN, IMAGENET_STD, Normalise, image_size
from helpers.models.contract import require_hooks, require_values, wrong_precision
from helpers.models.layouts import last_maps

#: "imagenet", (mean, standard deviation), or anything that normalises a batch when it is called.
Normalisation = (
    str | Sequence[float] | Sequence[Sequence[float]] | Callable[[Tensor], Tensor] | None
)

_DEFAULT_SIZE = (224, 224)


class Adapted(nn.Module):
    """A network with its preprocessing in front; made by :func:`helpers.models.adapt`.

    The network's layers keep their names: what was ``layer4`` in it is ``layer4`` here, for
    ``layer=...`` and as an attribute.

    Attributes
    ----------
    classes : tuple of str
        Names of the outputs; empty for embeddings.
    input_size : tuple of int
        Height and width, in pixels.
    layer : str or None
        The default layer of class activation maps; None if no layer has maps.
    card : dict
        "notes" says what adapt found and changed, one sentence each.
    """

    def __init__(self, network: nn.Module, preprocess: nn.Module) -> None:
        super().__init__()
        self.preprocess = preprocess
        self.network = network
        self.classes: tuple[str, ...] = ()
        self.input_size = _DEFAULT_SIZE
        self.layer: str | None = None
        self.card: dict[str, Any] = {}

    def forward(self, images: Tensor) -> Tensor:
        """Call the network with images (N, 3, H, W), RGB in [0, 1]."""
        return self.network(self.preprocess(images))

    def named_modules(
        self, memo: set[nn.Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, nn.Module]]:
        """Every module by the name that it has in the reader's network."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        memo.add(self)
        yield prefix, self
        dot = f"{prefix}." if prefix else ""
        for name, module in self.network.named_modules(memo, prefix, remove_duplicate):
            # The network as a whole has no name of its own, and this must not hide a layer's.
            yield (name, module) if module is not self.network else (f"{dot}(network)", module)
        yield from self.preprocess.named_modules(memo, f"{dot}(preprocess)", remove_duplicate)

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            network = self.__dict__.get("_modules", {}).get("network")
            # How an object is copied or pickled is its own affair.
            if network is None or name.startswith("__"):
                raise
            return getattr(network, name)


class Preprocess(nn.Module):
    """Resize, scale, reorder and normalise images that come as RGB in [0, 1]."""

    def __init__(
        self,
        normalise: nn.Module,
        resize_to: tuple[int, int] | None,
        channel_order: str,
        value_range: tuple[float, float],
    ) -> None:
        super().__init__()
        self.normalise = normalise
        self.resize_to = resize_to
        self.channel_order = channel_order
        self.value_range = value_range

    def forward(self, images: Tensor) -> Tensor:
        images = (
            images.clone()
        )  # what follows may work in place, as normalisations of torchvision can
        if self.resize_to is not None and tuple(images.shape[-2:]) != self.resize_to:
            images = nn.functional.interpolate(
                images, self.resize_to, mode="bilinear", align_corners=False, antialias=True
            )
        low, high = self.value_range
        images = images if (low, high) == (0, 1) else low + (high - low) * images
        return self.normalise(images.flip(1) if self.channel_order == "bgr" else images)


class Call(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, images: Tensor) -> Tensor:
        return self.function(images)


def adapt(
    module: nn.Module,
    layer: str | None = None,
    normalise: Normalisation = None,
    classes: Sequence[str] | None = None,
    input_size: tuple[int, int] | None = None,
    channel_order: str = "rgb",
    value_range: tuple[float, float] = (0.0, 1.0),
) -> Adapted:
    """Make a network of your own follow the contract of this course's models.

    Parameters
    ----------
    module : nn.Module
        Takes a batch of pictures, returns scores (N, classes) or embeddings (N, D). Its weights
        are 32-bit floats.
    layer : str, optional
        Dotted name of the layer that class activation maps read; by default the last one that
        returns maps larger than one place.
    normalise : "imagenet", (mean, std), callable or nn.Module, optional
        What your network was trained with: a number for all channels, as in ``(0.5, 0.5)``, or one
        for each, in the network's channel order. None if it normalises by itself.
    classes : sequence of str, optional
        Names of the outputs, by default their numbers. ``()`` says that the outputs are an
        embedding.
    input_size : (height, width), optional
        In pixels. When it is given, images of another size are resized to it; otherwise they are
        passed on as they come, and 224 x 224 is tried.
    channel_order : "rgb" or "bgr"
        What the network reads. Callers always give RGB.
    value_range : (low, high)
        What black and white are before ``normalise``: (0, 255) for networks that read bytes.

    Returns
    -------
    Adapted
        In eval mode, with the attributes ``classes``, ``input_size``, ``layer`` and ``card``, and
        ``embedding_size`` for embeddings. ``card["notes"]`` says what was found and changed.

    Raises
    ------
    UnknownName
        If there is no such layer, normalisation or channel order.
    InputError
        If ``module`` is none, is TorchScript or in another precision, cannot be called with such
        images, returns anything but finite numbers of shape (N, K), or ``classes`` does not name
        each of the K.

    Notes
    -----
    Your module is copied and never changed: it stays in training mode if it was, and training it
    further does not reach the copy, so adapt it again afterwards.

    In-place activations are made to return new tensors, where this changes no output, since
    DeepLift, relevance propagation and stored activations are silently wrong otherwise. An
    activation that runs several times, or is called as a function, cannot be changed from outside:
    the card names it. So it does where the network answers one picture in two ways, and where it
    switches gradients off.

    Examples
    --------
    >>> from torch import nn
    >>> from helpers import models
    >>> head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)]
    >>> network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), *head)
    >>> adapted = models.adapt(network, normalise=(0.5, 0.5), classes=("no", "yes"))
    >>> adapted.layer, adapted.classes
    ('1', ('no', 'yes'))
    """
    # What is made inside inference mode could never be explained.
    with torch.inference_mode(False):
        size = None if input_size is None else image_size(input_size)
        preprocess = make_preprocess(normalise, size, channel_order, value_range)
        adapted = Adapted(_copied(module), preprocess).eval()
        adapted.to(trials.device_of(module))
        adapted.input_size = size or _DEFAULT_SIZE
        finish(adapted, layer, classes)
        _refuse_twins(adapted.classes)
        return adapted


def finish(adapted: Adapted, layer: str | None, classes: Sequence[str] | None) -> Adapted:
    """Call an adapted network once, and fill in what that tells: layer, classes, notes."""
    images = trials.trial_images(adapted)
    before = trials.tried(adapted, images)
    random = trials.answers_at_random(adapted, images, before)
    notes = trials.without_in_place(adapted, images, before)
    seen = trials.tried(adapted, images)
    adapted.classes, note = _named_classes(classes, seen.output.shape[1])
    if not adapted.classes:
        adapted.embedding_size = seen.output.shape[1]
    blocked = trials.gradients_switched_off(adapted, images)
    adapted.layer, chosen = _chosen_layer(adapted, layer, images)
    adapted.card["notes"] = [*note, *chosen, *random, *blocked, *notes, *trials.warnings_of(seen)]
    return adapted


def make_preprocess(
    normalise: Normalisation,
    resize_to: tuple[int, int] | None = None,
    channel_order: str = "rgb",
    value_range: tuple[float, float] = (0.0, 1.0),
) -> Preprocess:
    """What stands in front of a network; see :func:`adapt`."""
    choice(channel_order, "channel order", ["rgb", "bgr"])
    low, high = finite_array(value_range, "value_range", shape=(2,)).tolist()
    if not low < high:
        raise InputError(f"value_range is {value_range}, but black comes first and is lower")
    return Preprocess(_normaliser(normalise, channel_order), resize_to, channel_order, (low, high))


def _normaliser(normalise: Normalisation, channel_order: str) -> nn.Module:
    if normalise is None:
        return nn.Identity()
    if isinstance(normalise, nn.Module):
        return _deep_copy(normalise, "normalise")
    if callable(normalise):
        return Call(normalise)
    if isinstance(normalise, str):
        if normalise.lower() != "imagenet":
            raise unknown_name("normalisation", normalise, ["imagenet"])
        step = 1 if channel_order == "rgb" else -1  # ImageNet's statistics are listed as RGB
        return Normalise(IMAGENET_MEAN[::step], IMAGENET_STD[::step])
    return _mean_and_std(normalise)


def _mean_and_std(normalise: Any) -> Normalise:
    try:
        mean, std = (torch.as_tensor(each, dtype=torch.float32) for each in normalise)
        mean, std = (each.flatten().expand(3) for each in (mean, std))
        if not bool(torch.isfinite(torch.stack([mean, std])).all()):
            raise ValueError("NaN or infinite numbers")
    except (TypeError, ValueError, RuntimeError) as why:
        raise InputError(
            "normalise is (mean, std), each one number or three, such as (0.5, 0.5), or "
            f'"imagenet", or a function; not {shown(normalise)}'
        ) from why
    if not bool((std > 0).all()):
        raise InputError(f"the standard deviations of normalise must be above 0, not {normalise!r}")
    return Normalise(mean.tolist(), std.tolist())


def _copied(module: nn.Module) -> nn.Module:
    if not isinstance(module, nn.Module):
        kind = module.__name__ if isinstance(module, type) else type(module).__name__
        hint = "; make an instance of it first" if isinstance(module, type) else ""
        raise InputError(f"adapt takes a torch.nn.Module, but got {kind}{hint}.")
    require_hooks(module, "the network")
    require_values(module, "the network")
    if wrong_precision(module):
        raise InputError(
            f"the network's weights are {wrong_precision(module)}, but images are torch.float32: "
            "give adapt(network.float(), ...)."
        )
    if isinstance(module, nn.DataParallel):
        module = module.module  # else every layer's name would begin with "module."
    return _deep_copy(module, "the network")


def _deep_copy(module: nn.Module, what: str) -> nn.Module:
    try:
        return copy.deepcopy(module)
    # What a module of a stranger's holds may refuse in any way it likes.
    except Exception as why:
        raise InputError(
            f"{what} cannot be copied, which adapt does so that yours stays as it is: "
            f"{trials.first_line(why)} Often a tensor kept from an earlier call is the cause: set that "
            "attribute to None."
        ) from why


def _named_classes(classes: Sequence[str] | None, count: int) -> tuple[tuple[str, ...], list[str]]:
    # A set has no order, and the letters of a text are no list of names.
    if isinstance(classes, str | bytes | Mapping | AbstractSet) or not isinstance(
        classes, Iterable | None
    ):
        raise InputError(
            f"classes is {shown(classes)}: give a list of names, such as ('no', 'yes'), one for each "
            "output."
        )
    if classes is None:
        numbers = tuple(str(number) for number in range(count))
        return numbers, [f"No classes were given: the {count} outputs are called by their numbers."]
    names = tuple("" if each is None else str(each).strip() for each in classes)
    if not all(names):
        raise InputError(f"classes is {shown(classes)}: give each output a name.")
    if names and len(names) != count:
        raise InputError(
            f"classes has {len(names)} name(s), but the network has {count} outputs: name each, in "
            "their order, or give classes=() if they are an embedding."
        )
    return names, []


def _refuse_twins(names: Sequence[str]) -> None:
    # ImageNet has two cranes; a reader who names outputs can tell them apart.
    twins = [name for k, name in enumerate(names) if name in names[:k]]
    if twins:
        raise InputError(
            f"classes has {twins[0]!r} twice: a target of that name could mean either output. Give "
            "each a name of its own."
        )


def _chosen_layer(
    adapted: Adapted, layer: str | None, images: Tensor
) -> tuple[str | None, list[str]]:
    names = dict(adapted.network.named_modules())
    if layer is not None:
        if not isinstance(layer, str):
            raise InputError(f"layer is of type {type(layer).__name__}: give its dotted name.")
        if not layer or layer not in names:
            raise unknown_name("layer", layer, [name for name in names if name])
        return layer, []
    with trials.as_a_sentence(adapted):
        found = last_maps(adapted, adapted.network, images)
    if found is None:
        return None, ["No layer returns maps (N, channels, h, w): class activation maps need one."]
    name, shape = found
    channels, height, width = shape[1:]
    size = f"{channels} of {height} x {width}"
    return name, [f"No layer was given: {name!r} was chosen, the last with maps ({size})."]
