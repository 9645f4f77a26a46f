"""The maps that try channels out: Score-CAM shows one at a time, Ablation-CAM removes one."""

from typing import Any

import torch
from torch import Tensor, nn

from helpers.errors import InputError
from helpers.explain.case import Case
from helpers.explain.layers import Reading
from helpers.explain.maps import enlarge
from helpers.models.contract import answers


def scorecam(case: Case) -> Tensor:
    """Score-CAM (Wang et al. 2020): channels weighted by what the network answers to them alone.

    Each channel, enlarged and stretched to [0, 1], is laid over the picture as a mask. The softmax of
    the scores of these masked pictures weighs the channels. A channel that is equal everywhere
    masks nothing and has no weight.
    """
    activations = case.reading().activations
    each = [
        _scorecam(case, image, index, channels)
        for (image, index), channels in zip(case.one_by_one(), activations, strict=True)
    ]
    return torch.stack(each)


def ablationcam(case: Case) -> Tensor:
    """Ablation-CAM (Desai & Ramaswamy 2020): channels weighted by the fall of the score without them.

    The weight of a channel is by what share of the score's size the score falls when the channel is
    set to 0. The paper divides by the score itself, which is the same while it is positive; a
    negative one would turn the map upside down. Where the head is linear, the fall is the channel's
    gradient times its activation, and no pass is needed to know it: a few channels of one image are
    removed all the same, because torch's history does not show every bend.

    Raises
    ------
    InputError
        If the layer has negative activations, where 0 is not "off", or a score is 0, of which
        nothing is a share.
    """
    reading = case.reading()
    activations = reading.activations
    if bool((activations < 0).any()):
        raise InputError(
            "Ablation-CAM switches channels off by setting them to 0, which means nothing in a layer "
            "with negative activations: choose a layer that ends in a ReLU"
        )
    scores = case.logits.gather(1, case.indices[:, None])
    if bool((scores == 0).any()):
        raise InputError(
            "Ablation-CAM gives shares of the score, and the score of the explained class is 0 for "
            f"the image at position {case.position(int((scores == 0).int().argmax()))}: explain another "
            "class, or take another method"
        )
    falls = _by_gradient(case, reading) if reading.linear() else None
    if falls is None:
        count = activations.shape[1]
        without = [_without(case, reading.module, *one, count) for one in case.one_by_one()]
        falls = scores - torch.stack(without)
    return ((falls / scores.abs())[:, :, None, None] * activations).sum(1)


def _scorecam(case: Case, image: Tensor, index: int, channels: Tensor) -> Tensor:
    low, high = channels.amin((1, 2)), channels.amax((1, 2))
    live = channels[high > low]
    if len(live) == 0:
        return torch.zeros_like(channels[0])
    scores = [
        case.scores(image * _mask(part, image)[:, None], index)
        for part in live.split(case.batch_size)
    ]
    weights = torch.cat(scores).softmax(0)
    return (weights[:, None, None] * live).sum(0)


def _mask(channels: Tensor, image: Tensor) -> Tensor:
    height, width = image.shape[1:]
    large = enlarge(channels, (height, width))
    low, high = large.amin((1, 2), keepdim=True), large.amax((1, 2), keepdim=True)
    return (large - low) / (high - low)


_TRIED = 4  # sets of channels that are removed to see whether a head is as linear as it looks


def _by_gradient(case: Case, reading: Reading) -> Tensor | None:
    """What the scores lose without each channel (N, K), of a linear head; None if it is not linear.

    A factor that was detached, or a number rounded on the way, leaves no trace in torch's history:
    what the gradient promises is compared with what happens, for random halves of the channels.
    """
    shares = case.slopes() * reading.activations
    falls = shares.sum((2, 3))
    generator = torch.Generator().manual_seed(0)
    off = (torch.rand(_TRIED, falls.shape[1], generator=generator) < 0.5).to(falls.device)
    index, image = int(case.indices[0]), case.images[0]
    lost = case.logits[0, index] - _scored(case, reading.module, image, index, off)
    rounding = 1e-4 * shares[0].abs().sum() + 1e-6 * case.logits[0, index].abs()
    close = (off.float() @ falls[0] - lost).abs() <= rounding
    return falls if bool(close.all()) else None


def _without(case: Case, module: nn.Module, image: Tensor, index: int, count: int) -> Tensor:
    """Score of one image with each channel of a layer set to 0, (K,)."""
    each = torch.eye(count, dtype=torch.bool, device=image.device).split(case.batch_size)
    return torch.cat([_scored(case, module, image, index, off) for off in each])


def _scored(case: Case, module: nn.Module, image: Tensor, index: int, off: Tensor) -> Tensor:
    """Scores (M,) of one image with the channels off (M, K) of a layer set to 0, at one go."""

    def switch_off(_module: nn.Module, _inputs: Any, output: Tensor) -> Tensor:
        return output.masked_fill(off[:, :, None, None], 0)

    handle = module.register_forward_hook(switch_off)
    try:
        with torch.no_grad():
            return answers(case.model, image.expand(len(off), -1, -1, -1))[:, index]
    finally:
        handle.remove()
