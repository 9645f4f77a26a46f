"""Which score of a model is explained, and at which layer."""

from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np
import torch
from torch import Tensor, nn

from helpers.errors import InputError, UnknownName, unknown_name

#: None (the predicted class), one class for all images, or one for each, by index or by name.
Targets = None | int | str | Sequence[int | str] | Tensor


def resolve_targets(model: nn.Module, logits: Tensor, targets: Targets) -> Tensor:
    """Turn what a reader calls a target into class indices.

    Parameters
    ----------
    model : nn.Module
        With an attribute ``classes`` if classes are called by name.
    logits : Tensor (N, classes)
        The model's scores, which decide when ``targets`` is None.
    targets : None, int, str, or one of them per image

    Returns
    -------
    Tensor (N,) int64

    Raises
    ------
    UnknownName
        If a class does not exist; the message lists those that do.
    InputError
        If there are more or fewer targets than images, or the model does not return scores
        (N, classes).
    """
    if not isinstance(logits, Tensor) or logits.ndim != 2:
        raise InputError(
            "the model must return one tensor of scores, of shape (N, classes), but returned "
            f"{type(logits).__name__} of shape {tuple(getattr(logits, 'shape', ()))}"
        )
    if targets is None:
        return logits.detach().argmax(1)
    each = one_per_image(targets, len(logits))
    indices = [class_index(model, target, logits.shape[1]) for target in each]
    return torch.tensor(indices, device=logits.device)


def one_per_image(targets: int | str | Sequence[int | str] | Tensor, count: int) -> list[int | str]:
    """A list of ``count`` targets: the one that was given, repeated, or those that were given.

    Raises
    ------
    InputError
        If there are more or fewer targets than images.
    """
    # An array's or a tensor's own numbers would say "tensor(1)" in a message.
    plain = targets.tolist() if isinstance(targets, Tensor | np.ndarray | np.generic) else targets
    if isinstance(plain, int | float | str):
        return [plain] * count  # class_index refuses fractions
    each = list(plain)
    if len(each) != count:
        raise InputError(f"there are {count} image(s), but {len(each)} target(s): give one each")
    return each


def class_index(model: nn.Module, target: int | str, count: int) -> int:
    """Index of one class, given by index or by name (in any case)."""
    names = [str(each) for each in getattr(model, "classes", ())]
    lowered = [each.lower() for each in names]
    if isinstance(target, str) and target.lower() in lowered:
        return lowered.index(target.lower())
    if not isinstance(target, int | np.integer) and not str(target).removeprefix("-").isdecimal():
        raise unknown_name("target", str(target), names or [f"0 to {count - 1}"])
    if not 0 <= int(target) < count:
        listed = ", ".join(f"{i} {name}" for i, name in enumerate(names[:20])) or "unnamed"
        raise UnknownName(
            f"target {target} is out of range: the model has {count} outputs, 0 to {count - 1} "
            f"({listed})."
        )
    return int(target)


def find_layer(model: nn.Module, layer: str | None) -> tuple[str, nn.Module]:
    """A layer of a model by its dotted name, ``model.layer`` when none is given.

    Raises
    ------
    UnknownName
        If the model has no such layer; the message suggests the nearest and lists the rest.
    """
    name = layer if layer is not None else getattr(model, "layer", None)
    if name is None:
        raise UnknownName(
            "this model does not say which layer to read: give layer=..., one of "
            f"{', '.join(_layer_names(model))}."
        )
    modules = dict(model.named_modules())
    if not name or name not in modules:
        near = get_close_matches(str(name), [each for each in modules if each], n=3)
        raise unknown_name("layer", name, dict.fromkeys([*near, *_layer_names(model)]))
    return name, modules[name]


def _layer_names(model: nn.Module) -> list[str]:
    names = [name for name, _ in model.named_modules() if name]
    # A hundred dotted names help nobody: a deep model is listed by its first two levels.
    return names if len(names) <= 40 else [name for name in names if name.count(".") < 2]
