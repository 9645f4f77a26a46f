"""A network's twin, which a library may hook and change while the network stays as it is."""

import copy
from collections.abc import Sequence
from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn

from helpers.errors import InputError
from helpers.models.architectures import Add
from helpers.models.contract import answers
from helpers.models.tracing import Trace, trace

_REMEDY = "give each place a module of its own, as in self.relu2 = nn.ReLU()"


def twin(model: nn.Module) -> nn.Module:
    """Copy a network's modules, which share their numbers with the original's.

    Parameters
    ----------
    model : nn.Module
        In eval mode.

    Returns
    -------
    nn.Module
        Its weights ask for no gradient, its activations return new tensors, and torchvision's residual
        blocks have a module for their sum and one for each ReLU, of which their own have one for all.
        What is hooked to its modules or set there does not reach the original; hooks of the original
        are copied along.

    Raises
    ------
    InputError
        If a module of the network's owner cannot be copied.
    """
    numbers: dict[int, Tensor] = {id(each): each.detach() for each in model.buffers()}
    for each in model.parameters():
        numbers[id(each)] = nn.Parameter(each.detach(), requires_grad=False)
    try:
        copied = copy.deepcopy(model, numbers)
    # What a module of a stranger's holds may refuse in any way it likes.
    except Exception as why:
        raise InputError(
            f"the network cannot be copied ({(str(why).splitlines() or [''])[0]}), which this method "
            "does so that yours stays as it is: often a tensor kept from an earlier call is the "
            "cause; set that attribute to None."
        ) from why
    for module in copied.modules():
        if getattr(module, "inplace", False):
            module.inplace = False  # type: ignore[assignment]  # torch's own name
    for module in list(copied.modules()):
        if type(module).__module__ == "torchvision.models.resnet" and hasattr(module, "downsample"):
            _give_modules(module)
    return copied


class Answering(nn.Module):
    """A network that answers in 32 bits and with one sentence where it cannot.

    Attributes
    ----------
    seen : Tensor (N, K)
        What it answered last, without a history.
    """

    seen: Tensor

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        """Score pictures (N, 3, H, W): (N, K)."""
        output = answers(self.network, pictures)
        self.seen = output.detach()
        return output


def one_picture(model: nn.Module, images: Tensor | None) -> Tensor:
    """The first of the images, or a grey one of the network's size, on which a need is tried."""
    if images is not None:
        return images[:1].detach()
    number = next(iter([*model.parameters(), *model.buffers()]), torch.zeros(()))
    size = getattr(model, "input_size", (224, 224))
    return torch.full((1, 3, *size), 0.5, device=number.device)


def modules_amiss(model: nn.Module, images: Tensor | None) -> str:
    """Say what DeepLIFT's rules, attached to modules, would miss; "" if nothing.

    Of windows of maximum pooling that overlap, captum keeps what one of them gave a pixel, not the sum.
    """
    copied, seen, same = _watched(model, images)
    names: dict[str, Any] = dict(copied.named_modules())
    overlap = [name for name in seen.runs if _overlaps(names[name])]
    if not overlap:
        return _missed(seen, same)
    return (
        f"the windows of the maximum pooling {listed(overlap)} overlap, and captum's rule loses what "
        "falls to a pixel of several: take captum.integrated_gradients."
    )


def relus_amiss(model: nn.Module, images: Tensor | None) -> str:
    """Say what rules for ReLUs would miss, other activations among it; "" if nothing."""
    copied, seen, same = _watched(model, images)
    names = dict(copied.named_modules())
    others = [
        f"{name} ({type(names[name]).__name__})"
        for name in seen.runs
        if type(names[name]).__module__ == nn.ReLU.__module__
        and not isinstance(names[name], nn.ReLU | nn.Softmax)
    ]
    if not others:
        return _missed(seen, same)
    return (
        f"its rule is about ReLUs, but {listed(others)} is none: take captum.saliency, "
        "captum.smoothgrad or captum.integrated_gradients, which hold for any activation."
    )


def listed(names: Sequence[str]) -> str:
    """The first three of some names, and how many there are beyond."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _overlaps(module: Any) -> bool:
    if not isinstance(module, nn.MaxPool1d | nn.MaxPool2d | nn.MaxPool3d):
        return False
    sides = [
        (each,) if isinstance(each, int) else each for each in (module.kernel_size, module.stride)
    ]
    return max(sides[0]) > min(sides[1])


def _missed(seen: Trace, same: bool) -> str:
    if not same:
        return (
            "its answers depend on activations that work in place, which no rule can be attached to: "
            "write inplace=False."
        )
    if seen.functional:
        return (
            f"{listed(seen.functional)} is called as a function, which no rule can be attached to: "
            f"{_REMEDY}."
        )
    if seen.reused:
        return (
            f"the module {listed(seen.reused)} runs more than once in a pass, so that a rule would "
            f"mix its places: {_REMEDY}."
        )
    return ""


def _watched(model: nn.Module, images: Tensor | None) -> tuple[nn.Module, Trace, bool]:
    """The twin, what one pass of it showed, and whether it answers as the network does."""
    with torch.inference_mode(False), torch.no_grad():
        picture = one_picture(model, images).clone()
        expected = answers(model, picture)
        copied = twin(model)
        seen = trace(copied, copied, picture)
    return copied, seen, torch.allclose(seen.output.float(), expected, rtol=1e-3, atol=1e-4)


def _give_modules(block: nn.Module) -> None:
    """Let a residual block of torchvision's add by a module, and give each ReLU its own."""
    block.add_module("sum", Add())
    for number in range(1, _convolutions(block)):
        block.add_module(f"relu{number}", nn.ReLU())
    block.forward = MethodType(_forward, block)


def _convolutions(block: nn.Module) -> int:
    return 3 if hasattr(block, "conv3") else 2


def _forward(block: Any, x: Tensor) -> Tensor:
    """What torchvision's BasicBlock and Bottleneck do."""
    branch, last = x, _convolutions(block)
    for number in range(1, last + 1):
        branch = getattr(block, f"bn{number}")(getattr(block, f"conv{number}")(branch))
        if number < last:
            branch = getattr(block, f"relu{number}")(branch)
    around = x if block.downsample is None else block.downsample(x)
    joined: Tensor = block.relu(block.sum(branch, around))
    return joined
