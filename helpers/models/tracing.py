"""What can be learnt about a network by watching it work once."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

# Names of activations and of maximum pooling as functions, without the underscore of their in-place
# versions.
_FUNCTIONS = {
    "adaptive_max_pool2d", "celu", "elu", "gelu", "hardsigmoid", "hardswish", "hardtanh",
    "leaky_relu", "max_pool2d", "mish", "prelu", "relu", "relu6", "selu", "sigmoid", "silu",
    "softplus", "tanh",
}  # fmt: skip

# torch gives activation modules a file of their own.
_ACTIVATIONS = nn.ReLU.__module__
_POOLINGS = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d, nn.AdaptiveMaxPool2d)

# Functions that only move, join or copy values; in eval mode dropout hands on what it is given.
_MOVES = {
    "cat", "chunk", "clone", "concat", "concatenate", "contiguous", "dropout", "dropout2d",
    "feature_dropout", "flatten", "getitem", "movedim", "narrow", "permute", "reshape", "select",
    "split", "squeeze", "swapaxes", "transpose", "unflatten", "unsqueeze", "view",
}  # fmt: skip


@dataclass(frozen=True)
class Trace:
    """One pass through a network.

    Attributes
    ----------
    output : Any
        What it returned.
    reused : tuple of str
        Activation and maximum-pooling modules that ran more than once.
    functional : tuple of str
        Activations and maximum poolings that were called as functions, each as "relu in layer1.0".
    runs : mapping of str to int
        How often each module ran, in the order in which they ended first.
    feeders : mapping of str to str
        Modules that were given another's output as it was, with the name of that other.
    weighted : tuple of str
        Convolutions and linear layers, in the order in which they began.
    loose : tuple of str
        What else was computed outside torch's own modules since the first layer with weights began,
        but for what only moves values: each as "add in layer1.0".
    """

    output: Any
    reused: tuple[str, ...]
    functional: tuple[str, ...]
    runs: Mapping[str, int]
    feeders: Mapping[str, str]
    weighted: tuple[str, ...]
    loose: tuple[str, ...]


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
            output = model(images.clone())  # a network may write into what it is given
    finally:
        for handle in handles:
            handle.remove()
    modules = dict(network.named_modules())
    reused = [name for name, runs in watch.runs.items() if runs > 1 and _bends(modules[name])]
    return Trace(
        output,
        tuple(reused),
        tuple(watch.functional),
        watch.runs,
        watch.feeders,
        tuple(watch.weighted),
        tuple(watch.loose),
    )


def weighs(module: nn.Module) -> bool:
    """Whether a module is a convolution or a linear layer."""
    return isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d)


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
        self.loose: dict[str, None] = {}
        self.feeders: dict[str, str] = {}
        self.weighted: dict[str, None] = {}
        # Kept with their tensors: a number may be given again to what is made later.
        self._made: dict[int, tuple[Any, str]] = {}

    def enter(self, module: nn.Module, inputs: Any) -> None:
        self.inside.append(module)
        if weighs(module):
            self.weighted[self.names[module]] = None
        if inputs and id(inputs[0]) in self._made:
            self.feeders[self.names[module]] = self._made[id(inputs[0])][1]

    def leave(self, module: nn.Module, _inputs: Any, output: Any) -> None:
        self.inside.pop()
        name = self.names[module]
        self.runs[name] += 1
        self._made.setdefault(id(output), (output, name))

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", "").strip("_")
        if not self.inside:
            return result
        where = f"{name} in {self.names[self.inside[-1]] or 'forward'}"
        if name in _FUNCTIONS and not _bends(self.inside[-1]):
            self.functional[where] = None
        known = type(self.inside[-1]).__module__.startswith("torch.nn.modules")
        counts = isinstance(result, Tensor) and result.is_floating_point() and name not in _MOVES
        if self.weighted and counts and not known:
            self.loose[where] = None
        return result


def _bends(module: nn.Module) -> bool:
    return _is_activation(module) or isinstance(module, _POOLINGS)


def _is_activation(module: nn.Module) -> bool:
    return type(module).__module__ == _ACTIVATIONS and not isinstance(
        module, nn.MultiheadAttention | nn.Softmax
    )
