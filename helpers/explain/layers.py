"""Activations of a layer, and the gradient of a score by them."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from helpers.errors import InputError
from helpers.models.contract import answers, require_network
from helpers.models.layouts import lies_as_picture

_NO_GRADIENT = (
    "the network switches gradients off (torch.no_grad, inference_mode or detach), or the layer does "
    "not lead to the score. Choose another layer, or a method that takes no gradient: eigencam, "
    "scorecam, ablationcam"
)


@dataclass
class Reading:
    """One pass through a network, kept at one of its layers.

    Attributes
    ----------
    name : str
        Dotted name of the layer.
    module : nn.Module
        The layer.
    logits : Tensor (N, K)
        The network's answers; with a history that begins at the layer.
    output : Tensor (N, channels, h, w)
        The layer's activations, as precise as the network made them.
    """

    name: str
    module: nn.Module
    logits: Tensor
    output: Tensor
    _slopes: Tensor | None = None

    @property
    def activations(self) -> Tensor:
        """Activations of the layer, (N, channels, h, w) float32."""
        return self.output.detach().float()

    def slopes(self, indices: Tensor) -> Tensor:
        """Gradient of each image's score by the activations, (N, channels, h, w) float32."""
        if self._slopes is None:
            self._slopes = gradients(self.logits, indices, self.output, self.name)
        return self._slopes

    def linear(self) -> bool:
        """Whether the answers are a weighted sum of the activations and a constant."""
        return is_linear(self.logits, self.output)


def read(model: nn.Module, images: Tensor, name: str, module: nn.Module) -> Reading:
    """Call a network, and remember the way from one of its layers to its answers.

    No gradient is prepared for what lies before the layer, nor for weights: they are not wanted,
    and would cost as much as the network itself.

    Parameters
    ----------
    model : nn.Module
        In eval mode.
    images : Tensor (N, 3, H, W)
        RGB in [0, 1].
    name : str
        Of the layer, for errors.
    module : nn.Module
        The layer, a part of the model.

    Returns
    -------
    Reading

    Raises
    ------
    InputError
        If the layer does not return maps (N, channels, h, w) that lie as the picture does, the model
        runs it several times, or the model is in training mode or cannot be called.
    """
    require_network(model)
    seen: list[Any] = []

    def keep(_module: nn.Module, _inputs: Any, output: Any) -> Any:
        if isinstance(output, Tensor) and output.is_floating_point():
            output = output.detach().requires_grad_()
            torch.set_grad_enabled(True)
        seen.append(output)
        # The rest of the network gets a copy: an in-place ReLU or sum would change what is kept.
        return output.clone() if isinstance(output, Tensor) else output

    handle = module.register_forward_hook(keep)
    try:
        with torch.no_grad():
            logits = answers(model, images)
    finally:
        handle.remove()
    output = _single_activation(seen, len(images))
    _require_layout(model, name, module, output, images)
    return Reading(name, module, logits, output)


def gradients(logits: Tensor, indices: Tensor, activations: Tensor, layer: str) -> Tensor:
    """Gradient of each image's score by the activations of its own image.

    Parameters
    ----------
    logits : Tensor (N, classes)
        From :func:`read`.
    indices : Tensor (N,)
        The class of each image.
    activations : Tensor (N, channels, h, w)
        From :func:`read`.
    layer : str
        Name of the layer, for errors.

    Returns
    -------
    Tensor (N, channels, h, w) float32

    Raises
    ------
    InputError
        If the score has no gradient there.
    """
    if not logits.requires_grad or not activations.requires_grad:
        raise InputError(f"the score has no gradient at layer {layer!r}: {_NO_GRADIENT}.")
    (found,) = backwards(logits, indices, [activations])
    if found is None:
        raise InputError(f"the score has no gradient at layer {layer!r}: {_NO_GRADIENT}.")
    return found.float()


def backwards(logits: Tensor, indices: Tensor, by: list[Tensor]) -> tuple[Tensor | None, ...]:
    """Gradient of the images' scores by several tensors, None where there is none.

    Raises
    ------
    InputError
        If the network does something that gradients cannot be taken through.
    """
    try:
        with torch.enable_grad():
            score = logits.gather(1, indices[:, None]).sum()
        return torch.autograd.grad(score, by, allow_unused=True)
    except RuntimeError as why:
        raise InputError(
            f"no gradient can be taken through the network: {str(why).splitlines()[0]} "
            "models.adapt makes activations that work in place return new tensors, which is often "
            "the cause."
        ) from why


def _single_activation(seen: list[Any], count: int) -> Tensor:
    if len(seen) != 1:
        raise InputError(
            f"the layer ran {len(seen)} times in one forward pass, so it has no single activation: "
            "choose another"
        )
    maps = seen[0]
    if not isinstance(maps, Tensor) or maps.ndim != 4 or maps.numel() == 0 or len(maps) != count:
        raise InputError(
            f"the layer returns {type(maps).__name__} of shape {tuple(getattr(maps, 'shape', ()))}"
            f" for {count} image(s), but a class activation map needs maps of shape (N, channels, "
            "h, w): choose a convolutional layer or stage"
        )
    return maps


def _require_layout(
    model: nn.Module, name: str, module: nn.Module, output: Tensor, images: Tensor
) -> None:
    height, width = images.shape[2:]
    # With channels last, and of tokens, more come on the last axes than on the second. So it is in
    # early convolutions, for which the trial is made as well, and not in the deep layers read most.
    if output.shape[1] > max(output.shape[2:]):
        return
    if not lies_as_picture(model, module, (height, width), images.device):
        raise InputError(
            f"layer {name!r} returns shape {tuple(output.shape)}, but what is left or high in a "
            "picture does not lie so in it: it looks channels-last, or heads x tokens. A class "
            "activation map needs (N, channels, h, w): choose a convolutional layer or stage, or a "
            "method that reads no layer."
        )


# Names of autograd's nodes that add, move, repeat or weigh values, whatever the values are; those in
# _PRODUCTS only where no more than one factor comes from the layer.
_SUMS = {
    "AdaptiveAvgPool2DBackward", "AddBackward", "AliasBackward", "AsStridedBackward",
    "AvgPool2DBackward", "CatBackward",
    "CloneBackward", "ConstantPadNdBackward", "ExpandBackward", "FlipBackward", "IndexBackward",
    "MeanBackward", "NegBackward", "PermuteBackward", "ReshapeAliasBackward",
    "SelectBackward", "SliceBackward", "SplitBackward", "SqueezeBackward", "StackBackward",
    "SubBackward", "SumBackward", "TBackward", "ToCopyBackward", "TransposeBackward",
    "UnbindBackward", "UnsafeViewBackward", "UnsqueezeBackward", "UpsampleBilinear2DAaBackward",
    "UpsampleBilinear2DBackward", "ViewBackward",
}  # fmt: skip
_PRODUCTS = {"AddmmBackward", "BmmBackward", "ConvolutionBackward", "MmBackward", "MulBackward"}


def is_linear(score: Tensor, activations: Tensor) -> bool:
    """Whether a score is a weighted sum of activations and a constant, read off its history.

    Parameters
    ----------
    score : Tensor
        Computed from the activations with gradients switched on.
    activations : Tensor
        A leaf that requires a gradient.

    Returns
    -------
    bool
        False also where the history holds a step that is not known to be linear. True says that the
        *gradient* sees a weighted sum: what was detached, or made of whole numbers or of True and
        False, has no history and is taken for fixed.
    """
    return score.grad_fn is not None and not bends(score, activations)


def bends(score: Tensor, activations: Tensor) -> Counter[str]:
    """Count the steps from activations to a score that are not known to be linear, by their names.

    Parameters
    ----------
    score, activations : Tensor
        As :func:`is_linear` takes them.

    Returns
    -------
    Counter of str
        Names of autograd's nodes, without their numbers; a product only where both factors depend on
        the activations.
    """
    reached: dict[Any, bool] = {}
    waiting = [score.grad_fn]
    # Without recursion, which a deep network would drive beyond what Python allows.
    while waiting:
        node = waiting[-1]
        before = _before(node)
        unknown = [each for each in before if each is not None and each not in reached]
        if unknown and node not in reached:
            waiting += unknown
            continue
        waiting.pop()
        here = getattr(node, "variable", None) is activations
        reached[node] = here or any(reached[each] for each in before if each is not None)
    return Counter(
        _kind(node)
        for node, found in reached.items()
        if found and not _is_weighted_sum(node, reached)
    )


def _before(node: Any) -> list[Any]:
    return [] if node is None else [each for each, _ in node.next_functions]


def _kind(node: Any) -> str:
    return type(node).__name__.rstrip("0123456789")


def _is_weighted_sum(node: Any, reached: dict[Any, bool]) -> bool:
    before = _before(node)
    from_layer = [each is not None and reached[each] for each in before]
    if hasattr(node, "_forward_cls"):
        return False  # a stranger's own function, whatever its name
    if _kind(node) == "DivBackward":
        # Rounded to whole numbers it is a staircase.
        rounded = getattr(node, "_saved_rounding_mode", None) is not None
        return not any(from_layer[1:]) and not rounded
    if _kind(node) in _PRODUCTS:
        # A scaling by a number has no second history. Batch norm is not among these.
        return sum(from_layer[1:] if _kind(node) == "AddmmBackward" else from_layer) <= 1
    return _kind(node) in _SUMS or not any(each is not None for each in before)
