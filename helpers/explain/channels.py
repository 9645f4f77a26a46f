"""The maps that try channels out: Score-CAM shows one at a time, Ablation-CAM removes one."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from helpers.errors import InputError
from helpers.explain.maps import enlarge
from helpers.models.contract import answers

_AT_A_TIME = 32  # pictures in a pass; memory grows with it


def score_cam(model: nn.Module, images: Tensor, indices: Tensor, activations: Tensor) -> Tensor:
    """Score-CAM (Wang et al. 2020): channels weighted by what the network answers to them alone.

    Each channel, enlarged and stretched to [0, 1], is laid over the picture as a mask. The softmax of
    the scores of these masked pictures weighs the channels. A channel that is equal everywhere
    masks nothing and has no weight.

    Parameters
    ----------
    model : nn.Module
        In eval mode.
    images : Tensor (N, 3, H, W)
        RGB in [0, 1].
    indices : Tensor (N,)
        The class of each image.
    activations : Tensor (N, channels, h, w)
        Of the layer.

    Returns
    -------
    Tensor (N, h, w)
    """
    each = [_score_cam(model, *one) for one in zip(images, indices, activations, strict=True)]
    return torch.stack(each)


def ablation_cam(
    model: nn.Module,
    images: Tensor,
    indices: Tensor,
    activations: Tensor,
    module: nn.Module,
    logits: Tensor,
) -> Tensor:
    """Ablation-CAM (Desai & Ramaswamy 2020): channels weighted by the fall of the score without them.

    The weight of a channel is by what share of the score's size the score falls when the channel is
    set to 0. The paper divides by the score itself, which is the same while it is positive; a
    negative one would turn the map upside down.

    Parameters
    ----------
    model : nn.Module
        In eval mode.
    images : Tensor (N, 3, H, W)
        RGB in [0, 1].
    indices : Tensor (N,)
        The class of each image.
    activations : Tensor (N, channels, h, w)
        Of the layer.
    module : nn.Module
        The layer, a part of the model.
    logits : Tensor (N, classes)
        The network's answers.

    Returns
    -------
    Tensor (N, h, w)

    Raises
    ------
    InputError
        If the layer has negative activations, where 0 is not "off", or a score is 0, of which
        nothing is a share.
    """
    if bool((activations < 0).any()):
        raise InputError(
            "Ablation-CAM switches channels off by setting them to 0, which means nothing in a layer "
            "with negative activations: choose a layer that ends in a ReLU"
        )
    scores = logits.gather(1, indices[:, None])
    if bool((scores == 0).any()):
        raise InputError(
            "Ablation-CAM gives shares of the score, and the score of the explained class is 0 for "
            f"the image at position {int((scores == 0).int().argmax())}: explain another class, or "
            "take another method"
        )
    count = activations.shape[1]
    without = [
        _scores_without(model, module, *one, count) for one in zip(images, indices, strict=True)
    ]
    weights = (scores - torch.stack(without)) / scores.abs()
    return (weights[:, :, None, None] * activations).sum(1)


def _score_cam(model: nn.Module, image: Tensor, index: Tensor, channels: Tensor) -> Tensor:
    low, high = channels.amin((1, 2)), channels.amax((1, 2))
    live = channels[high > low]
    if len(live) == 0:
        return torch.zeros_like(channels[0])
    scores = [
        _score(model, image * _mask(live[part], image)[:, None], index)
        for part in _parts(len(live))
    ]
    weights = torch.cat(scores).softmax(0)
    return (weights[:, None, None] * live).sum(0)


def _mask(channels: Tensor, image: Tensor) -> Tensor:
    height, width = image.shape[1:]
    large = enlarge(channels, (height, width))
    low, high = large.amin((1, 2), keepdim=True), large.amax((1, 2), keepdim=True)
    return (large - low) / (high - low)


def _scores_without(
    model: nn.Module, module: nn.Module, image: Tensor, index: Tensor, count: int
) -> Tensor:
    """Score of one image with each channel of a layer set to 0."""
    return torch.cat([_ablated(model, module, image, index, part) for part in _parts(count)])


def _ablated(
    model: nn.Module, module: nn.Module, image: Tensor, index: Tensor, part: slice
) -> Tensor:
    rows = torch.arange(part.stop - part.start)

    def switch_off(_module: nn.Module, _inputs: Any, output: Tensor) -> Tensor:
        changed = output.clone()
        changed[rows, rows + part.start] = 0
        return changed

    handle = module.register_forward_hook(switch_off)
    try:
        return _score(model, image.expand(len(rows), -1, -1, -1), index)
    finally:
        handle.remove()


def _score(model: nn.Module, images: Tensor, index: Tensor) -> Tensor:
    with torch.no_grad():
        return answers(model, images)[:, int(index)]


def _parts(count: int) -> Iterator[slice]:
    return (slice(at, min(at + _AT_A_TIME, count)) for at in range(0, count, _AT_A_TIME))
