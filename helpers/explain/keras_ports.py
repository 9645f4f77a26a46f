"""Keras models of the networks that are explained, kept while a network and its weights last."""

import hashlib
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from helpers.models.keras_port import to_keras

_PORTS: "WeakKeyDictionary[nn.Module, tuple[Any, Any]]" = WeakKeyDictionary()


def port_of(model: nn.Module, size: tuple[int, int]) -> Any:
    """The Keras model of a network for pictures of one size, made when its weights have changed.

    Raises
    ------
    InputError
        If the network cannot be ported, and which layer is the cause.
    """
    key = (size, fingerprint(model))
    held = _PORTS.get(model)
    if held is None or held[0] != key:
        held = _PORTS[model] = (key, to_keras(model, size))
    return held[1]


def forget(model: nn.Module) -> None:
    """Drop a port that a library may have left in pieces."""
    _PORTS.pop(model, None)


def fingerprint(model: nn.Module) -> str:
    """A hash of a network's structure, weights and buffers.

    Torch counts changes of a tensor, but not those made through ``weight.data``, so the numbers
    themselves are read.
    """
    found = hashlib.blake2b(repr(model).encode())
    for name, each in (*model.named_parameters(), *model.named_buffers()):
        found.update(f"{name} {tuple(each.shape)}".encode())
        numbers = each.detach().cpu().contiguous().flatten().view(torch.uint8).numpy()
        found.update(memoryview(numbers))  # type: ignore[arg-type]  # numpy has no such type yet
    return found.hexdigest()


def unported(model: nn.Module, picture: Tensor) -> str:
    """Refuse a network that has no Keras model, as :func:`port_of` does."""
    height, width = picture.shape[2:]
    port_of(model, (height, width))
    return ""
