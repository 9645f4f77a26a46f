"""Activations of a layer, and the gradient of a score by them."""

from typing import Any

import torch
from torch import Tensor, nn

from helpers.errors import InputError
from helpers.models.contract import answers, require_network

_NO_GRADIENT = (
    "the network switches gradients off (torch.no_grad, inference_mode or detach), or the layer does "
    "not lead to the score. Choose another layer, or a method that takes no gradient: eigencam, "
    "scorecam, ablationcam"
)


def read_layer(model: nn.Module, images: Tensor, module: nn.Module) -> tuple[Tensor, Tensor]:
    """One forward pass: the model's answers and the activations of one of its layers.

    Parameters
    ----------
    model : nn.Module
        In eval mode.
    images : Tensor (N, 3, H, W)
        RGB in [0, 1].
    module : nn.Module
        The layer, a part of the model.

    Returns
    -------
    Tensor (N, K) float32
        Scores or embeddings.
    Tensor (N, channels, h, w)
        With a gradient, where gradients are switched on; as precise as the network made them.

    Raises
    ------
    InputError
        If the layer does not return maps (N, channels, h, w), the model runs it several times, or
        the model is in training mode or cannot be called.
    """
    require_network(model)
    seen: list[Any] = []

    def keep(_module: nn.Module, _inputs: Any, output: Any) -> Any:
        # Weights may be frozen, but the gradient of the score by this output is wanted.
        if isinstance(output, Tensor) and torch.is_grad_enabled() and not output.requires_grad:
            output = output.detach().requires_grad_()
        seen.append(output)
        # The rest of the network gets a copy: an in-place ReLU or sum would change what is kept.
        return output.clone() if isinstance(output, Tensor) else output

    handle = module.register_forward_hook(keep)
    try:
        logits = answers(model, images)
    finally:
        handle.remove()
    return logits, _single_activation(seen, len(images))


def gradients(logits: Tensor, indices: Tensor, activations: Tensor, layer: str) -> Tensor:
    """Gradient of each image's score by the activations of its own image.

    Parameters
    ----------
    logits : Tensor (N, classes)
        From :func:`read_layer`, with gradients switched on.
    indices : Tensor (N,)
        The class of each image.
    activations : Tensor (N, channels, h, w)
        From :func:`read_layer`.
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
