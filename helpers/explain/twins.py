"""A network's twin, which a library may hook and change while the network stays as it is."""

import copy
from collections.abc import Sequence
from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn

from helpers.errors import InputError
from helpers.models.architectures import Add, image_size
from helpers.models.contract import answers, require_hooks
from helpers.models.tracing import Trace, trace
from helpers.models.trials import device_of

_REMEDY = "give each place a module of its own, as in self.relu2 = nn.ReLU()"


def twin(model: nn.Module, shared: bool = True) -> nn.Module:
    """Copy a network's modules.

    Parameters
    ----------
    model : nn.Module
        In eval mode.
    shared : bool
        Whether it shares its numbers with the original, or has them in memory of its own, for a
        library that writes into them.

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
        If a module of the network's owner cannot be copied, or is compiled or TorchScript.
    """
    _refuse_compiled(model)
    numbers: dict[int, Tensor] = {}
    for each in (*model.buffers(), *model.parameters()):
        number = each.detach() if shared else each.detach().clone()
        weight = isinstance(each, nn.Parameter)
        numbers[id(each)] = nn.Parameter(number, requires_grad=False) if weight else number
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
    size = getattr(model, "input_size", None)
    height, width = image_size((224, 224) if size is None else size, "the model's input_size")
    return torch.full((1, 3, height, width), 0.5, device=device_of(model), dtype=torch.float32)


def modules_amiss(model: nn.Module, picture: Tensor) -> str:
    """Say what DeepLIFT's rules, attached to modules, would miss; "" if nothing.

    Of windows of maximum pooling that overlap, captum keeps what one of them gave a pixel, not the sum.
    """
    copied, seen, amiss = watched(model, picture)
    names: dict[str, Any] = dict(copied.named_modules())
    overlap = [name for name in seen.runs if _overlaps(names[name])]
    if not overlap:
        return amiss or _missed(seen)
    return (
        f"the windows of the maximum pooling {listed(overlap)} overlap, and captum's rule loses what "
        "falls to a pixel of several: take captum.integrated_gradients."
    )


def relus_amiss(model: nn.Module, picture: Tensor) -> str:
    """Say what rules for ReLUs would miss, other activations among it; "" if nothing."""
    copied, seen, amiss = watched(model, picture)
    names = dict(copied.named_modules())
    others = [
        f"{name} ({type(names[name]).__name__})"
        for name in seen.runs
        if type(names[name]).__module__ == nn.ReLU.__module__
        and not isinstance(names[name], nn.ReLU | nn.Softmax)
    ]
    if not others:
        return amiss or _missed(seen)
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


def _missed(seen: Trace) -> str:
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


def watched(model: nn.Module, picture: Tensor, shared: bool = True) -> tuple[nn.Module, Trace, str]:
    """The twin, what one pass of it showed, and why rules on it would not be about the network."""
    with torch.inference_mode(False), torch.no_grad():
        picture = picture.clone()
        copied, expected = twin(model, shared), answers(model, picture)
        seen = trace(copied, copied, picture)
        return copied, seen, _unlike(model, picture, expected, seen.output.float())


def _unlike(model: nn.Module, picture: Tensor, expected: Tensor, found: Tensor) -> str:
    """Why a twin that answers as found does not stand for a network; "" where it does."""
    bare, hooked = _without_hooks(model)
    same = _alike(found, expected)
    if same and (not hooked or _alike(answers(bare, picture), expected)):
        return ""
    if not _alike(answers(model, picture), expected):
        return (
            "it draws random numbers in eval mode too, so that two passes of one picture differ: call "
            "nn.functional.dropout with training=self.training."
        )
    if same:
        return (
            f"a hook changes what {listed(hooked)} is given or returns, which no rule can follow: remove "
            "it, or write what it does as a module."
        )
    return (
        "its answers depend on activations that work in place, which no rule can be attached to: "
        "write inplace=False."
    )


def _without_hooks(model: nn.Module) -> tuple[nn.Module, list[str]]:
    """A twin without the forward hooks of the network's owner, and the modules that had some."""
    bare, hooked = twin(model), []
    for name, each in bare.named_modules():
        if each._forward_hooks or each._forward_pre_hooks:
            hooked.append(name or "the network")
            each._forward_hooks.clear()
            each._forward_pre_hooks.clear()
    return bare, hooked


def _alike(found: Tensor, expected: Tensor) -> bool:
    return torch.allclose(found, expected, rtol=1e-3, atol=1e-4)


def _refuse_compiled(model: nn.Module) -> None:
    for name, each in model.named_modules():
        what = f"its part {name!r}" if name else "the model"
        require_hooks(each, what)
        if hasattr(each, "_orig_mod") or each._compiled_call_impl is not None:
            raise InputError(
                f"{what} is compiled (torch.compile), so that no rule can be attached to its layers: "
                "give the network it was made from."
            )


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
