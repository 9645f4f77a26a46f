"""The contract between networks and everything that calls them, checked in one place.

Images are batches of RGB in [0, 1], 32-bit floats; a network is in eval mode and answers with finite
numbers, a row an image. Where one of them breaks the contract, a sentence says which and how.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from helpers.arguments import count, shown
from helpers.errors import InputError, kind_of

_ON_META = "is on the device 'meta', where there are no numbers"


def check_images(images: Any, name: str = "images") -> None:
    """Refuse anything but a batch of RGB pictures in [0, 1].

    Parameters
    ----------
    images : Tensor (N, 3, H, W)
        What the reader gave.
    name : str
        The argument, as the reader wrote it.

    Raises
    ------
    InputError
        Saying what was found instead and how to mend it.
    """
    if oddity(images):
        raise InputError(f"{name} must be a tensor of shape (N, 3, H, W), but it {oddity(images)}.")
    if not isinstance(images, Tensor):
        raise InputError(
            f"{name} must be a tensor of shape (N, 3, H, W), but got {kind_of(images)}: "
            "torch.from_numpy makes one of an array; of (N, H, W, 3), permute(0, 3, 1, 2) then."
        )
    if images.ndim != 4 or images.shape[1] != 3:
        raise InputError(
            f"{name} must be a tensor of shape (N, 3, H, W), but has shape {tuple(images.shape)}. A "
            "single picture needs image[None]."
        )
    if images.dtype != torch.float32 or images.numel() == 0:
        raise InputError(
            f"{name} must hold at least one picture of 32-bit floats in [0, 1], but got shape "
            f"{tuple(images.shape)} of type {images.dtype}. Divide whole numbers by 255; "
            "images.float() shortens longer floats."
        )
    if not bool(torch.isfinite(images).all()):
        raise InputError(f"{name} must be numbers in [0, 1], but some are NaN or infinite")
    if images.min() < -1e-3 or images.max() > 1 + 1e-3:
        raise InputError(
            f"{name} must lie in [0, 1], but reach from {images.min():.3g} to {images.max():.3g}. "
            "Do not normalise them: models carry their own normalisation."
        )


def batches(images: Tensor, batch_size: Any) -> tuple[Tensor, ...]:
    """Split images, so that a network is given at most ``batch_size`` of them at a time.

    Raises
    ------
    InputError
        If ``batch_size`` is no whole number above 0.
    """
    return images.split(min(count(batch_size, "batch_size"), len(images)))


def oddity(value: Any) -> str:
    """Say why a tensor's numbers cannot be worked with; "" where they can, or it is no tensor."""
    if not isinstance(value, Tensor):
        return ""
    if value.is_nested:
        return "is nested, of parts that need not have one size"
    if value.is_meta:
        return _ON_META
    if value.layout != torch.strided:
        return f"is of layout {value.layout}: call to_dense() first"
    if any(value.names):
        return "has named axes: call rename(None) first"
    return "holds complex numbers" if value.is_complex() else ""


def class_names(model: nn.Module) -> list[str] | None:
    """Names of a network's outputs, in their order.

    Returns
    -------
    list of str or None
        Empty if the network says, by empty ``classes``, that its outputs are an embedding; None if
        it says nothing, or calls a number or a layer ``classes``.

    Raises
    ------
    InputError
        If ``classes`` holds names in no order that could be that of the outputs.
    """
    names: Any = getattr(model, "classes", None)
    # Arrays of NumPy, columns and indexes of pandas; a tensor holds no names.
    if hasattr(names, "tolist") and not isinstance(names, Tensor):
        names = names.tolist()
    ordered = isinstance(names, Sequence) and not isinstance(names, str | bytes)
    if isinstance(names, str | bytes | Mapping | AbstractSet) or (
        ordered and any(isinstance(each, Sequence) != isinstance(each, str) for each in names)
    ):
        raise InputError(
            f"the model's classes are {shown(names)}: give it a tuple of names, one for each output "
            "in their order, as in model.classes = ('no', 'yes')."
        )
    return [str(each) for each in names] if ordered else None


def require_network(model: Any) -> nn.Module:
    """Check that a model is a network in eval mode whose numbers can be worked with.

    Raises
    ------
    InputError
        If it is a name, a class or a function, is in training mode, or its weights hold no numbers
        or were made in inference mode, in which nothing has a gradient.
    """
    if not isinstance(model, nn.Module):
        raise InputError(f"model must be a network, a torch.nn.Module, not {_named(model)}.")
    # Each image's answer would depend on the rest of its batch, and batch-norm statistics would move.
    if any(each.training for each in model.modules()):
        raise InputError("the model, or a part of it, is in training mode: call model.eval() first")
    require_values(model)
    if any(each.is_inference() for each in _numbers(model).values()):
        raise InputError(
            "the model's weights were made inside torch.inference_mode(), so that nothing about it "
            "can have a gradient: build or load it outside."
        )
    return model


def require_values(model: nn.Module, what: str = "the model") -> None:
    """Refuse a network that was built without memory, on torch's device ``meta``."""
    if any(each.is_meta for each in _numbers(model).values()):
        raise InputError(
            f"{what} {_ON_META}: build it on the CPU, or call to_empty(device='cpu') and load weights."
        )


def require_hooks(model: nn.Module, what: str = "the model") -> None:
    """Check that layers can be watched while they work, which TorchScript does not allow.

    Raises
    ------
    InputError
        If the model, or the part of it that is asked for, is TorchScript.
    """
    if isinstance(model, torch.jit.ScriptModule):
        raise InputError(
            f"{what} is TorchScript (torch.jit.trace or script), whose layers cannot be watched "
            "while they work: give the network it was made from."
        )


def wrong_precision(model: nn.Module) -> str:
    """Name the type of a network's weights where it is not that of the images; "" where it is."""
    kinds = {each.dtype for each in _numbers(model).values() if each.is_floating_point()}
    others = sorted(str(kind) for kind in kinds - {torch.float32})
    return ", ".join(others)


@contextmanager
def plain_state(device: torch.device) -> Iterator[None]:
    """Leave inference mode and autocast, and torch's default type and device that a caller has set.

    In inference mode nothing has a gradient, and under autocast a map would have three digits. What is
    made here is of 32 bits, and drawn on the CPU before it goes to ``device``.
    """
    kind = torch.get_default_dtype()
    elsewhere = torch.get_default_device().type != "cpu"
    with (
        torch.inference_mode(False),
        torch.autocast(device.type, enabled=False),
        torch.device("cpu") if elsewhere else nullcontext(),
    ):
        torch.set_default_dtype(torch.float32)
        try:
            yield
        finally:
            torch.set_default_dtype(kind)


def plain(images: Tensor) -> Tensor:
    """Images without a history, in a form that gradients can be taken by; within plain_state."""
    return images.clone() if images.is_inference() else images.detach()


def answers(model: nn.Module, images: Tensor) -> Tensor:
    """Call a network and check what it returns.

    Parameters
    ----------
    model : nn.Module
        Checked by :func:`require_network`.
    images : Tensor (N, 3, H, W)
        Checked by :func:`check_images`.

    Returns
    -------
    Tensor (N, K) float32
        Scores or embeddings, all finite.

    Raises
    ------
    InputError
        If the call fails, or returns anything else.
    """
    try:
        # A copy: a network may write into what it is given, as an in-place normalisation does.
        output = model(images.clone())
    # Anything can go wrong in a stranger's network, and for its owner it is all one thing.
    except Exception as why:
        raise InputError(_why_it_failed(model, images, why)) from why
    output = check_output(output, len(images), "the model")
    _refuse_nonsense(model, output)
    return output.float()


def check_output(output: Any, count: int, what: str) -> Tensor:
    """Refuse anything but a row of scores, or an embedding, for each of ``count`` images.

    Parameters
    ----------
    output : Tensor (N, K)
        What a network returned.
    count : int
        N.
    what : str
        What to call the network in an error.

    Raises
    ------
    InputError
        Saying what was returned instead and how to mend it.
    """
    if oddity(output):
        raise InputError(f"{what}'s answer {oddity(output)}: scores are plain numbers.")
    if not isinstance(output, Tensor):
        raise InputError(
            f"{what} returns a {type(output).__name__}, but one tensor of scores (N, classes) "
            "is needed: wrap it in a module whose forward returns that tensor alone."
        )
    if not output.is_floating_point():
        raise InputError(
            f"{what} answers with whole numbers ({output.dtype}), which do not say by how much a class "
            "is preferred: let it return the scores that they were made of, before argmax or rounding."
        )
    if output.ndim != 2 or len(output) != count or output.shape[1] == 0:
        raise InputError(
            f"{what} returns shape {tuple(output.shape)} for {count} images, but scores "
            f"({count}, classes) or embeddings ({count}, D) are needed: a network without its head "
            "returns maps, which nn.AdaptiveAvgPool2d(1) and nn.Flatten() make into embeddings."
        )
    return output


def _refuse_nonsense(model: nn.Module, output: Tensor) -> None:
    bad = ~torch.isfinite(output.detach()).all(1)
    if not bool(bad.any()):
        return
    weights = nonsense(_numbers(model))
    cause = (
        f"its weights hold such numbers ({weights})" if weights else "its weights may be damaged"
    )
    raise InputError(
        f"the model answers with NaN or infinite numbers for {int(bad.sum())} of {len(bad)} "
        f"image(s), the first at position {int(bad.int().argmax())}: {cause}."
    )


def nonsense(tensors: dict[str, Tensor]) -> str:
    """Name the tensors that hold NaN or infinity, the first three of them; "" if none does."""
    bad = [name for name, each in tensors.items() if not bool(torch.isfinite(each).all())]
    return ", ".join(bad[:3]) + (f" and {len(bad) - 3} more" if len(bad) > 3 else "")


def _numbers(model: nn.Module) -> dict[str, Tensor]:
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}


def _named(value: Any) -> str:
    if isinstance(value, str):
        return f"the text {value[:40]!r}: models.load gives the network of a name"
    if isinstance(value, type):
        return f"the class {value.__name__}: make an instance of it"
    kind = "nothing (None)" if value is None else f"a value of type {type(value).__name__}"
    return f"{kind}: models.load and models.adapt give one"


def _why_it_failed(model: nn.Module, images: Tensor, why: Exception) -> str:
    height, width = images.shape[-2:]
    said = (str(why).strip().splitlines() or [type(why).__name__])[0][:200]
    start = f"the model cannot be called with {len(images)} image(s) of {height} x {width} px"
    devices = {each.device for each in _numbers(model).values()} - {images.device}
    size = getattr(model, "input_size", None)
    if wrong_precision(model):
        return (
            f"{start}: its weights are {wrong_precision(model)}, the images torch.float32; call "
            "model.float() first."
        )
    if isinstance(why, MemoryError) or "memory" in said.lower():
        return f"{start} at once: {said} Give a smaller batch_size."
    if devices:
        return f"{start}: they are on {images.device}, its weights on {devices.pop()}."
    if isinstance(size, tuple) and len(size) == 2 and size != (height, width):
        return f"{start}: it was made for {size[0]} x {size[1]} px ({said})."
    return f"{start}: {said}"
