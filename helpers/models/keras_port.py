"""A network of torch as a functional model of Keras with the same weights.

TensorFlow is imported by the call that ports a network, and by nothing else here.
"""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, fx, nn

from helpers.errors import InputError, UnknownName
from helpers.models.architectures import image_size
from helpers.models.contract import answers, plain_state, require_hooks, require_network
from helpers.models.keras_layers import FUNCTIONS, MODULES, Build, Unported
from helpers.models.trials import device_of

TOLERANCE = 1e-4
"""How far a port's answers may lie from the network's, as a share of the largest."""


def to_keras(model: nn.Module, size: tuple[int, int] | None = None) -> Any:
    """Make a Keras model of the same weights.

    Parameters
    ----------
    model : nn.Module
        In eval mode; built of standard layers whose order does not depend on the pictures.
    size : (height, width), optional
        Of the pictures that the Keras model takes, in pixels; by default ``model.input_size``.

    Returns
    -------
    keras.Model
        Functional; takes float32 pictures (N, H, W, 3), RGB in [0, 1], and answers as the model
        does, to a ten-thousandth of the largest answer, which is tried out. Every layer has the name
        that it has in the network ("layer4.1.conv2"); so has the output of each group of layers
        ("layer4"), by a layer that changes nothing. Its weights are frozen, and dropout is left
        out: it is made to be explained, not to be trained.

    Raises
    ------
    InputError
        If a layer has no counterpart, and which; or the Keras model answers differently.
    UnknownName
        If the model says no ``input_size`` and no ``size`` is given.

    Examples
    --------
    >>> from helpers import models
    >>> port = models.to_keras(models.load("synthetic-lipstick"))  # doctest: +SKIP
    >>> port.get_layer("layer4").output.shape  # doctest: +SKIP
    (None, 7, 7, 128)
    """
    require_hooks(require_network(model))
    chosen = getattr(model, "input_size", None) if size is None else size
    if chosen is None:
        raise UnknownName("the model does not say its input_size: give size=(height, width).")
    height, width = image_size(chosen, "size")
    with plain_state(torch.device("cpu")), own_generators():
        pictures, expected = _tried(model, (height, width))
        from tensorflow import keras

        build = _Port(keras, dict(model.named_modules()))
        entrance = keras.Input((height, width, 3), name="images", dtype="float32")
        port = keras.Model(entrance, build.walk(_traced(model), entrance))
        port.trainable = False
        _require_same_answers(port, pictures, expected)
    return port


@contextmanager
def own_generators() -> Iterator[None]:
    """Put the generators of Python and NumPy back, from which TensorFlow draws as it is imported."""
    states = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])


def channels_last(images: Tensor) -> NDArray[np.float32]:
    """Pictures (N, 3, H, W) as Keras reads them, (N, H, W, 3)."""
    # A copy that numpy owns: TensorFlow works in memory that it is given, for as long as it likes.
    array: NDArray[np.float32] = images.detach().permute(0, 2, 3, 1).cpu().numpy().copy(order="C")
    return array


class _Tracer(fx.Tracer):
    """Writes down what a network does, layer by layer; where a group of layers ends, too."""

    def is_leaf_module(self, module: nn.Module, name: str) -> bool:
        return type(module) in MODULES or super().is_leaf_module(module, name)

    def call_module(self, module: nn.Module, forward: Any, args: Any, kwargs: Any) -> Any:
        output = super().call_module(module, forward, args, kwargs)
        name = self.path_of_module(module)
        # A group is called by the name that a reader knows; "(network)" is an adapted model's own.
        if self.is_leaf_module(module, name) or "(" in name or not isinstance(output, fx.Proxy):
            return output
        return self.create_proxy("call_function", _end_of_group, (output, name), {})


def _end_of_group(output: Any, _name: str) -> Any:
    return output


def _traced(model: nn.Module) -> fx.Graph:
    try:
        return _Tracer().trace(model)
    # Whatever a stranger's forward does with a stand-in for its pictures, it is one thing here.
    except Exception as why:
        first = (str(why).strip().splitlines() or [type(why).__name__])[0]
        raise InputError(
            "the network cannot be ported to Keras: what it does depends on its pictures, or is no "
            f"plain chain of layers ({first})."
        ) from why


class _Port(Build):
    """A Keras model while it is put together from the steps of a network."""

    def __init__(self, keras: Any, modules: Mapping[str, nn.Module]) -> None:
        super().__init__(keras)
        self.modules = modules

    def walk(self, graph: fx.Graph, entrance: Any) -> Any:
        """What Keras makes of each step, in their order; the last is the output."""
        made: dict[fx.Node, Any] = {}
        for node in graph.nodes:
            if node.op == "placeholder":
                made[node] = entrance if not made else (node.args[0] if node.args else None)
                continue
            args = fx.node.map_arg(node.args, made.__getitem__)
            options = fx.node.map_arg(node.kwargs, made.__getitem__)
            if node.op == "output":
                return args[0]
            made[node] = self._step(node, args, options)
        raise InputError("the network cannot be ported to Keras: it returns nothing.")

    def _step(self, node: fx.Node, args: Any, options: Any) -> Any:
        target = node.target
        named = node.op == "call_module"
        module = self.modules[str(target)] if named else None
        what = type(module).__name__ if named else getattr(target, "__name__", str(target))
        where = f"layer {target!r} ({what})" if named else f"the step {node.name!r} ({what})"
        try:
            if module is not None:
                return self.module(module, str(target), *args)
            if target is _end_of_group:
                return self.apply("Identity", args[1], args[0])
            if target not in FUNCTIONS:
                raise Unported("has no counterpart among the layers that are known")
            return FUNCTIONS[target](self, f"step.{node.name}", *args, **options)
        except (Unported, TypeError, ValueError, NotImplementedError, AttributeError) as why:
            first = (str(why).strip().splitlines() or ["nothing more is known"])[0]
            raise InputError(
                f"the network cannot be ported to Keras: {where} {first}."
                if isinstance(why, Unported)
                else f"the network cannot be ported to Keras: {where} is refused there ({first})."
            ) from why


def _tried(model: nn.Module, size: tuple[int, int]) -> tuple[Tensor, NDArray[np.float32]]:
    """Two pictures of noise, and the network's answers to them."""
    pictures = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return pictures, answers(model, pictures.to(device_of(model))).cpu().numpy()


def _require_same_answers(port: Any, pictures: Tensor, expected: NDArray[np.float32]) -> None:
    """Compare answers to noise: hooks and subclasses may do what no table knows."""
    found = np.asarray(port(channels_last(pictures)))
    same_shape = found.shape == expected.shape
    apart = float(np.abs(found - expected).max()) if same_shape else np.inf
    if not apart <= 1e-7 + TOLERANCE * float(np.abs(expected).max()):
        raise InputError(
            f"the network cannot be ported to Keras: the port's answers lie up to {apart:.3g} from the "
            "network's. A hook, or a layer that is called in a way of its own, is often the cause."
        )
