"""What can be learnt about a network by watching it work once."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

# Names of activations as functions, without the underscore of their in-place versions.
_FUNCTIONS = {
    "celu", "elu", "gelu", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu", "mish", "prelu",
    "relu", "relu6", "selu", "sigmoid", "silu", "softplus", "tanh",
}  # fmt: skip

# torch gives activation modules a file of their own.
_ACTIVATIONS = nn.ReLU.__module__


@dataclass(frozen=True)
class Trace:
    """One pass through a network.

    Attributes
    ----------
    output : Any
        What it returned.
    last_maps : tuple or None
        Name and shape of the last layer's output that is (N, channels, h, w) with more than one
        place.
    reused : tuple of str
        Activation modules that ran more than once.
    functional : tuple of str
        Activations that were called as functions, each as "relu in layer1.0".
    """

    output: Any
    last_maps: tuple[str, tuple[int, ...]] | None
    reused: tuple[str, ...]
    functional: tuple[str, ...]


def trace(model: nn.Module, network: nn.Module, images: Tensor) -> Trace:
    """Call a model and watch its network, whose names are used.

    Parameters
    ----------
    model : nn.Module
        What is called.
    network : nn.Module
        A part of it, or itself.
    images : Tensor (N, 3, H, W)
    """
    watch = _Watch({module: name for name, module in network.named_modules()})
    handles = [
        handle
        for module in watch.names
        for handle in (
            module.register_forward_pre_hook(watch.enter),
            module.register_forward_hook(watch.leave),
        )
    ]
    try:
        with torch.no_grad(), watch:
            output = model(images)
    finally:
        for handle in handles:
            handle.remove()
    reused = [name for name, runs in watch.runs.items() if runs > 1]
    return Trace(output, watch.last_maps, tuple(reused), tuple(watch.functional))


def in_place_modules(network: nn.Module) -> list[str]:
    """Names of the modules that overwrite what they are given."""
    return [name for name, each in network.named_modules() if getattr(each, "inplace", False)]


def set_in_place(network: nn.Module, names: Iterable[str], value: bool) -> None:
    """Let modules overwrite what they are given, or not."""
    for name in names:
        network.get_submodule(name).inplace = value  # type: ignore[assignment]  # torch's own name


class _Watch(TorchFunctionMode):
    """Sees each function that torch runs, and each module that begins and ends."""

    def __init__(self, names: Mapping[nn.Module, str]) -> None:
        super().__init__()
        self.names = names
        self.inside: list[nn.Module] = []
        self.runs: Counter[str] = Counter()
        self.functional: dict[str, None] = {}  # a set that keeps its order
        self.last_maps: tuple[str, tuple[int, ...]] | None = None

    def enter(self, module: nn.Module, _inputs: Any) -> None:
        self.inside.append(module)

    def leave(self, module: nn.Module, _inputs: Any, output: Any) -> None:
        self.inside.pop()
        name = self.names[module]
        if _is_activation(module):
            self.runs[name] += 1
        maps = isinstance(output, Tensor) and output.ndim == 4 and output[0, 0].numel() > 1
        if name and maps:
            self.last_maps = (name, tuple(output.shape))

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name = getattr(func, "__name__", "").removesuffix("_")
        if name in _FUNCTIONS and self.inside and not _is_activation(self.inside[-1]):
            where = self.names[self.inside[-1]] or "forward"
            self.functional[f"{name} in {where}"] = None
        return func(*args, **(kwargs or {}))


def _is_activation(module: nn.Module) -> bool:
    return type(module).__module__ == _ACTIVATIONS and not isinstance(
        module, nn.MultiheadAttention | nn.Softmax
    )
