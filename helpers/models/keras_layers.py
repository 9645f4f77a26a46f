"""The layers of Keras that do what torch's do: one function for each type of module."""

import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from helpers.models.adapters import Preprocess
from helpers.models.architectures import Add, Middle, Normalise
from helpers.models.vggface import PixelMeans


class Unported(Exception):
    """What a layer does that no Keras layer of ours does."""


class Build:
    """A Keras model while it is put together."""

    def __init__(self, keras: Any) -> None:
        self.keras = keras
        self.layers: dict[str, Any] = {}

    def module(self, module: nn.Module, name: str, *inputs: Any) -> Any:
        """What a module makes of its inputs."""
        if type(module) not in MODULES:
            raise Unported("has no counterpart among the layers that are known")
        return MODULES[type(module)](self, name, module, *inputs)

    def apply(
        self, kind: str, name: str, inputs: Any, weights: list[Any] | None = None, **options: Any
    ) -> Any:
        """Call a Keras layer; a module that runs twice is one layer that is called twice."""
        name = name.replace("(", "").replace(")", "")
        if name not in self.layers:
            make = getattr(self.keras.layers, kind)
            self.layers[name] = make(name=name, dtype="float32", **options)
        outputs = self.layers[name](inputs)
        if weights:
            # Copies: TensorFlow would go on working in torch's memory, and free it.
            self.layers[name].set_weights([each.detach().cpu().numpy().copy() for each in weights])
        return outputs

    def padded(self, name: str, x: Any, sides: Any, value: float = 0.0) -> Any:
        """Pictures with ((top, bottom), (left, right)) pixels of one value around them."""
        if not np.any(sides):
            return x
        if value == 0:
            return self.apply("ZeroPadding2D", f"{name}.padding", x, padding=sides)
        return self.keras.ops.pad(x, ((0, 0), *sides, (0, 0)), constant_values=value)


def _convolution(build: Build, name: str, module: nn.Conv2d, x: Any) -> Any:
    if module.padding_mode != "zeros":
        raise Unported(f"pads with {module.padding_mode!r} instead of zeros")
    x = build.padded(name, x, _sides_of(module))
    weight, inputs, groups = module.weight, module.in_channels, module.groups
    options: dict[str, Any] = {
        "kernel_size": module.kernel_size,
        "strides": module.stride,
        "dilation_rate": module.dilation,
        "use_bias": module.bias is not None,
    }
    bias = [] if module.bias is None else [module.bias]
    if groups == inputs > 1 and module.stride[0] == module.stride[1]:
        each = weight.unflatten(0, (inputs, -1))[:, :, 0]
        options |= {"depth_multiplier": each.shape[1], "depthwise_initializer": "zeros"}
        kernel = each.permute(2, 3, 0, 1)
        return build.apply("DepthwiseConv2D", name, x, [kernel, *bias], **options)
    # Weights that are replaced at once are not drawn: drawing would use up Python's generator.
    options |= {"filters": module.out_channels, "kernel_initializer": "zeros"}
    kernel = _ungrouped(weight, groups).permute(2, 3, 1, 0)
    return build.apply("Conv2D", name, x, [kernel, *bias], **options)


def _sides_of(module: nn.Conv2d) -> list[tuple[int, int]]:
    if module.padding == "valid":
        return [(0, 0), (0, 0)]
    if module.padding == "same":
        pairs = zip(module.kernel_size, module.dilation, strict=True)
        total = [dilation * (side - 1) for side, dilation in pairs]
        return [(each // 2, each - each // 2) for each in total]
    return [(int(each), int(each)) for each in module.padding]


def _ungrouped(weight: Tensor, groups: int) -> Tensor:
    """A kernel for all channels, zero where a group does not look: TensorFlow's CPU has no groups."""
    blocks = weight.detach().chunk(groups)
    wide = weight.new_zeros(len(weight), weight.shape[1] * groups, *weight.shape[2:])
    outputs, inputs = len(blocks[0]), weight.shape[1]
    for k, block in enumerate(blocks):
        wide[k * outputs : (k + 1) * outputs, k * inputs : (k + 1) * inputs] = block
    return wide


def _batch_norm(build: Build, name: str, module: nn.BatchNorm2d, x: Any) -> Any:
    if module.running_mean is None or module.running_var is None:
        raise Unported("keeps no running mean, so that an answer depends on the other pictures")
    ones = torch.ones_like(module.running_mean)
    weight = ones if module.weight is None else module.weight
    bias = 0 * ones if module.bias is None else module.bias
    weights = [weight, bias, module.running_mean, module.running_var]
    return build.apply("BatchNormalization", name, x, weights, epsilon=module.eps)


def _prelu(build: Build, name: str, module: nn.PReLU, x: Any) -> Any:
    flat = len(x.shape) == 2
    slopes = module.weight.expand(x.shape[-1])
    weights = [slopes if flat else slopes[None, None]]
    return build.apply("PReLU", name, x, weights, shared_axes=None if flat else (1, 2))


def _max_pool(build: Build, name: str, module: Any, x: Any) -> Any:
    side, stride, padding, dilation = (
        _pair(each) for each in (module.kernel_size, module.stride, module.padding, module.dilation)
    )
    if dilation != (1, 1) or module.return_indices:
        raise Unported("pools with gaps (dilation), or returns places too")
    sides = []
    for length, k, s, p in zip(x.shape[1:3], side, stride, padding, strict=True):
        sides.append((p, p + (_beyond(length, k, s, p) if module.ceil_mode else 0)))
    # Beyond the edge nothing is the largest, whereas a zero might be.
    x = build.padded(name, x, sides, -np.inf)
    return build.apply("MaxPooling2D", name, x, pool_size=side, strides=stride)


def _beyond(length: int, side: int, stride: int, padding: int) -> int:
    """How far the last window reaches over the padded end, where windows are rounded up."""
    windows = -(-(length + 2 * padding - side) // stride) + 1
    if (windows - 1) * stride >= length + padding:  # torch drops one that would start outside
        windows -= 1
    return max((windows - 1) * stride + side - length - 2 * padding, 0)


def _average_pool(build: Build, name: str, module: nn.AvgPool2d, x: Any) -> Any:
    side, stride, padding = (
        _pair(each) for each in (module.kernel_size, module.stride, module.padding)
    )
    if (
        module.ceil_mode
        or module.divisor_override
        or (any(padding) and not module.count_include_pad)
    ):
        raise Unported(
            "averages over windows of different sizes, or divides by a number of its own"
        )
    x = build.padded(name, x, [(each, each) for each in padding])
    return build.apply("AveragePooling2D", name, x, pool_size=side, strides=stride)


def _average_to(build: Build, name: str, size: Any, x: Any) -> Any:
    wanted = [
        have if want is None else want for have, want in zip(x.shape[1:3], _pair(size), strict=True)
    ]
    if any(have % want for have, want in zip(x.shape[1:3], wanted, strict=True)):
        raise Unported(f"averages {tuple(x.shape[1:3])} places to {tuple(wanted)}, unevenly")
    side = tuple(have // want for have, want in zip(x.shape[1:3], wanted, strict=True))
    return build.apply("AveragePooling2D", name, x, pool_size=side)


def _flatten(build: Build, name: str, x: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    if start_dim != 1 or end_dim not in (-1, len(x.shape) - 1):
        raise Unported(f"flattens the dimensions {start_dim} to {end_dim}, not all but the first")
    if len(x.shape) == 4:
        x = build.apply("Permute", f"{name}.channels_first", x, dims=(3, 1, 2))
    return build.apply("Flatten", name, x)


def _linear(build: Build, name: str, module: nn.Linear, x: Any) -> Any:
    if len(x.shape) != 2:
        raise Unported("works on each place of a map: flatten before it")
    options = {"use_bias": module.bias is not None, "kernel_initializer": "zeros"}
    weights = [module.weight.T, *([] if module.bias is None else [module.bias])]
    return build.apply("Dense", name, x, weights, units=module.out_features, **options)


def _normalise(build: Build, name: str, module: Normalise, x: Any) -> Any:
    mean, std = module.mean.double().flatten(), module.std.double().flatten()
    scale, offset = (1 / std).tolist(), (-mean / std).tolist()
    return build.apply("Rescaling", name, x, scale=scale, offset=offset)


def _pixel_means(build: Build, name: str, module: PixelMeans, x: Any) -> Any:
    ordered = build.keras.ops.flip(x, axis=-1) if module.channel_order == "bgr" else x
    offset = (-module.means.double().flatten()).tolist()
    return build.apply("Rescaling", name, ordered, scale=[255.0] * 3, offset=offset)


def _middle(build: Build, name: str, module: Middle, x: Any) -> Any:
    cut = tuple(round(side * (1 - module.share) / 2) for side in x.shape[1:3])
    return build.apply("Cropping2D", name, x, cropping=cut)


def _preprocess(build: Build, name: str, module: Preprocess, x: Any) -> Any:
    if module.resize_to not in (None, tuple(x.shape[1:3])):
        raise Unported(f"resizes pictures: give them, and size=, as {module.resize_to}")
    low, high = module.value_range
    if (low, high) != (0, 1):
        x = build.apply("Rescaling", f"{name}.range", x, scale=high - low, offset=low)
    if module.channel_order == "bgr":
        x = build.keras.ops.flip(x, axis=-1)
    return build.module(module.normalise, f"{name}.normalise", x)


def _sum(build: Build, name: str, x: Any, y: Any) -> Any:
    if not (hasattr(x, "shape") and hasattr(y, "shape") and x.shape == y.shape):
        raise Unported("adds something else than two outputs of one shape")
    return build.apply("Add", name, [x, y])


def _relu(build: Build, name: str, x: Any, inplace: bool = False) -> Any:
    return build.apply("ReLU", name, x)


def _cat(build: Build, name: str, parts: Any, dim: int = 0) -> Any:
    if dim != 1:
        raise Unported(f"joins outputs along dimension {dim}, not along their channels")
    return build.apply("Concatenate", name, list(parts))


def _mean(build: Build, name: str, x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    if (
        len(x.shape) != 4
        or not isinstance(dim, list | tuple)
        or {each % 4 for each in dim} != {2, 3}
    ):
        raise Unported("averages over something else than all places")
    return build.apply("GlobalAveragePooling2D", name, x, keepdims=keepdim)


def _pair(value: Any) -> tuple[Any, Any]:
    first, second = value if isinstance(value, list | tuple) else (value, value)
    return first, second


def _plain(kind: str, **options: Any) -> Callable[..., Any]:
    """A converter to a layer that has no weights and nothing to choose."""
    return lambda build, name, _module, x: build.apply(kind, name, x, **options)


MODULES: Mapping[type[nn.Module], Callable[..., Any]] = MappingProxyType(
    {
        nn.Conv2d: _convolution,
        nn.BatchNorm2d: _batch_norm,
        nn.BatchNorm1d: _batch_norm,
        nn.ReLU: _plain("ReLU"),
        nn.ReLU6: _plain("ReLU", max_value=6.0),
        nn.PReLU: _prelu,
        nn.SiLU: _plain("Activation", activation="silu"),
        nn.Hardswish: _plain("Activation", activation="hard_swish"),
        nn.Sigmoid: _plain("Activation", activation="sigmoid"),
        nn.Tanh: _plain("Activation", activation="tanh"),
        nn.MaxPool2d: _max_pool,
        nn.AvgPool2d: _average_pool,
        nn.AdaptiveAvgPool2d: lambda build, name, module, x: _average_to(
            build, name, module.output_size, x
        ),
        nn.Flatten: lambda build, name, module, x: _flatten(
            build, name, x, module.start_dim, module.end_dim
        ),
        nn.Linear: _linear,
        nn.Dropout: _plain("Identity"),
        nn.Dropout2d: _plain("Identity"),
        nn.Identity: _plain("Identity"),
        Add: lambda build, name, _module, x, y: _sum(build, name, x, y),
        Normalise: _normalise,
        PixelMeans: _pixel_means,
        Middle: _middle,
        Preprocess: _preprocess,
    }
)
"""What makes Keras layers of each type of module."""

FUNCTIONS: Mapping[Any, Callable[..., Any]] = MappingProxyType(
    {
        **dict.fromkeys((torch.relu, functional.relu, "relu", "relu_"), _relu),
        **dict.fromkeys((operator.add, operator.iadd, torch.add, "add", "add_"), _sum),
        **dict.fromkeys((torch.flatten, "flatten"), _flatten),
        **dict.fromkeys((torch.mean, "mean"), _mean),
        torch.cat: _cat,
        functional.adaptive_avg_pool2d: lambda build, name, x, output_size: _average_to(
            build, name, output_size, x
        ),
    }
)
"""What makes Keras layers of each function that a network calls between its modules."""
