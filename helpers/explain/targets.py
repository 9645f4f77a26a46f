"""Which score of a model is explained, and at which layer."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from helpers.arguments import shown
from helpers.errors import InputError, UnknownName, unknown_name
from helpers.models.contract import class_names, oddity, require_hooks

#: None (the predicted class), one class for all images, or one for each, by index or by name.
Targets = None | int | str | Sequence[int | str] | Tensor


def resolve_targets(model: nn.Module, logits: Tensor, targets: Targets) -> Tensor:
    """Turn what a reader calls a target into class indices.

    Parameters
    ----------
    model : nn.Module
        With an attribute ``classes`` if classes are called by name. An empty ``classes`` says that
        the model returns embeddings.
    logits : Tensor (N, classes)
        The model's scores, which decide when ``targets`` is None.
    targets : None, int, str, or one of them per image
        The class, or the number of an embedding's coordinate.

    Returns
    -------
    Tensor (N,) int64

    Raises
    ------
    UnknownName
        If a class does not exist; the message lists those that do.
    InputError
        If there are more or fewer targets than images, they are no targets, the model returns
        embeddings and nobody says which coordinate is meant, or it does not return scores
        (N, classes).
    """
    if not isinstance(logits, Tensor) or logits.ndim != 2:
        raise InputError(
            "the model must return one tensor of scores, of shape (N, classes), but returned "
            f"{type(logits).__name__} of shape {tuple(getattr(logits, 'shape', ()))}"
        )
    if targets is None:
        _refuse_embeddings(model, logits)
        return logits.detach().argmax(1)
    each = one_per_image(targets, len(logits))
    indices = [class_index(model, target, logits.shape[1]) for target in each]
    return torch.tensor(indices, device=logits.device)


def one_per_image(targets: Any, count: int) -> list[int | str]:
    """A list of ``count`` targets: the one that was given, repeated, or those that were given.

    Raises
    ------
    InputError
        If there are more or fewer targets than images, or they are no list.
    """
    if oddity(targets):
        raise InputError(
            f"targets is a tensor that {oddity(targets)}: give whole numbers or names."
        )
    # Arrays, tensors and columns of tables; their own numbers would say "tensor(1)" in a message.
    plain = targets.tolist() if hasattr(targets, "tolist") else targets
    if isinstance(plain, int | float | str):
        return [plain] * count  # type: ignore[list-item]  # class_index refuses fractions
    if not isinstance(plain, Sequence) or isinstance(plain, bytes):
        raise InputError(
            f"targets is {shown(plain)}: give the number or the name of a class, or a list of one for "
            "each image."
        )
    if len(plain) != count:
        raise InputError(f"there are {count} image(s), but {len(plain)} target(s): give one each")
    return list(plain)


def class_index(model: nn.Module, target: Any, count: int) -> int:
    """Index of one class, given by index or by name (in any case).

    Parameters
    ----------
    model : nn.Module
        Whose attribute ``classes`` has the names, if it has any.
    target : int or str
        What the reader wrote.
    count : int
        Outputs of the model.

    Returns
    -------
    int
        From 0 to ``count - 1``.

    Raises
    ------
    UnknownName
        If there is no such class.
    InputError
        If several have the name, or it is one of fewer or more names than outputs.
    """
    names = class_names(model) or []
    index = _by_name(names, target) if isinstance(target, str) else None
    # Other lists of a stranger's may be called classes, which matters to nobody who names none.
    if index is not None and len(names) != count:
        raise InputError(
            f"target {_said(target)}: the model's classes are {len(names)} names, but it has {count} "
            "outputs, so that no name is sure to be that of an output: name each, in their order."
        )
    if index is None:
        index = _by_number(target)
    if index is None:
        raise unknown_name("target", _said(target), names or [f"0 to {count - 1}"])
    if not 0 <= index < count:
        listed = ", ".join(f"{i} {name}" for i, name in enumerate(names[:20])) or "unnamed"
        raise UnknownName(
            f"target {_said(target)} is out of range: the model has {count} outputs, 0 to "
            f"{count - 1} ({listed})."
        )
    return index


def returns_embeddings(model: nn.Module) -> bool:
    """Whether a model says, by an empty ``classes``, that its outputs are no class scores."""
    return class_names(model) == []


def _refuse_embeddings(model: nn.Module, outputs: Tensor) -> None:
    if returns_embeddings(model):
        raise InputError(
            f"the model has no classes: it returns an embedding of {outputs.shape[1]} numbers, none "
            "of which is its answer. Give targets=, the number of a coordinate, compare two faces "
            "with models.similarity, or take factorize, which needs no class."
        )


def _by_name(names: list[str], name: str) -> int | None:
    found = [k for k, each in enumerate(names) if each == name]
    found = found or [k for k, each in enumerate(names) if each.lower() == name.lower()]
    if len(found) > 1:
        listed = " or ".join(f"{k} {names[k]!r}" for k in found)
        raise InputError(f"target {name!r} could mean {listed}: give its number.")
    return found[0] if found else None


def _by_number(target: Any) -> int | None:
    if isinstance(target, bool | np.bool_):
        return None
    if isinstance(target, int | np.integer):
        return int(target)
    # Python refuses to read whole numbers of more than some thousand digits.
    text = target if isinstance(target, str) and len(target) <= 20 else ""
    return int(text) if text.removeprefix("-").isdecimal() else None


def _said(value: Any) -> str:
    # Python does not write whole numbers of more than some thousand digits either.
    long = isinstance(value, int) and abs(value) >= 10**20
    return "a number of more than 20 digits" if long else shown(value, quoted=False)


def find_layer(model: nn.Module, layer: str | None) -> tuple[str, nn.Module]:
    """A layer of a model by its dotted name, ``model.layer`` when none is given.

    Parameters
    ----------
    model : nn.Module
        The network.
    layer : str, optional
        Dotted name of one of its modules.

    Returns
    -------
    str
        The name.
    nn.Module
        The layer.

    Raises
    ------
    UnknownName
        If the model has no such layer; the message suggests the nearest and lists the rest.
    InputError
        If the layer is no name, or cannot be watched.
    """
    require_hooks(model)
    name = layer if layer is not None else getattr(model, "layer", None)
    if layer is not None and not isinstance(layer, str):
        raise InputError(
            f"layer is of type {type(layer).__name__}: give the dotted name of a layer, such as "
            "'layer4'."
        )
    # A stranger's network may call one of its modules "layer".
    if not isinstance(name, str):
        raise UnknownName(
            "this model does not say which layer to read: give layer=..., one of "
            f"{', '.join(_layer_names(model))}."
        )
    modules = dict(model.named_modules())
    if not name or name not in modules:
        near = get_close_matches(name, [each for each in modules if each], n=3)
        raise unknown_name("layer", _said(name), dict.fromkeys([*near, *_layer_names(model)]))
    require_hooks(modules[name], f"layer {name!r}")
    return name, modules[name]


def _layer_names(model: nn.Module) -> list[str]:
    names = [name for name, _ in model.named_modules() if name]
    # A hundred dotted names help nobody: a deep model is listed by its first two levels.
    return names if len(names) <= 40 else [name for name in names if name.count(".") < 2]
