"""Everything that an explainer should leave as it found it, looked at before and after."""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

View = dict[str, dict[str, Any]]
"""What was seen, by the law that it belongs to and by name."""

_HOOKS = (
    "_forward_hooks",
    "_forward_pre_hooks",
    "_backward_hooks",
    "_backward_pre_hooks",
    "_state_dict_hooks",
)


def view(model: nn.Module, images: Tensor) -> View:
    """Look at a model, at images and at the process; tensors are copied."""
    return {**of_model(model), "images": _of_images(images), **of_process()}


def of_model(model: nn.Module) -> View:
    """Look at a model: its numbers, gradients, flags, modes, hooks and layers."""
    parameters = dict(model.named_parameters())
    modules = dict(model.named_modules())
    return {
        "weights": {
            name: each.detach().clone()
            for name, each in [*parameters.items(), *model.named_buffers()]
        },
        "gradients": {
            name: None if each.grad is None else each.grad.clone()
            for name, each in parameters.items()
        },
        "flags": {name: each.requires_grad for name, each in parameters.items()},
        "mode": {name: each.training for name, each in modules.items()},
        "hooks": {
            **{name: _hooks(each, _HOOKS) for name, each in modules.items()},
            **{
                f"weight {name}": _hooks(each, ("_backward_hooks",))
                for name, each in parameters.items()
            },
        },
        "layers": {
            name: (id(each), type(each), each.__dict__.get("forward"), type(each).forward)
            for name, each in modules.items()
        },
    }


def of_process() -> View:
    """Look at what a process has one of: generators, and the switches of torch and TensorFlow."""
    tensorflow = sys.modules.get("tensorflow")
    return {
        "random state": {
            "torch": torch.get_rng_state(),
            "NumPy": np.random.get_state()[1].tolist() + [np.random.get_state()[2]],  # type: ignore[index]
            "Python": random.getstate(),
            **_generators_of(tensorflow),
        },
        "switches": {
            "torch.is_grad_enabled": torch.is_grad_enabled(),
            "torch.is_inference_mode_enabled": torch.is_inference_mode_enabled(),
            "torch.get_default_dtype": torch.get_default_dtype(),
            "torch.get_num_threads": torch.get_num_threads(),
            "torch.are_deterministic_algorithms_enabled": (
                torch.are_deterministic_algorithms_enabled()
            ),
            "torch.is_anomaly_enabled": torch.is_anomaly_enabled(),
            "torch.is_autocast_enabled": torch.is_autocast_enabled("cpu"),
        },
        "eager": {"tf.config.functions_run_eagerly": _eager(tensorflow)},
    }


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Names of what is not as it was, was added or is gone."""
    names = dict.fromkeys([*before, *after])
    missing = object()
    return [
        name for name in names if not _same(before.get(name, missing), after.get(name, missing))
    ]


@contextmanager
def guarded(seed: int | None = None) -> Iterator[None]:
    """Give a call generators of a known state, and put everything of the process back afterwards."""
    tensorflow = sys.modules.get("tensorflow")
    eager, threads, kind = _eager(tensorflow), torch.get_num_threads(), torch.get_default_dtype()
    grad, deterministic = torch.is_grad_enabled(), torch.are_deterministic_algorithms_enabled()
    anomaly = torch.is_anomaly_enabled()
    states = torch.get_rng_state(), np.random.get_state(), random.getstate()
    if seed is not None:
        torch.manual_seed(seed)
        np.random.seed(seed)
        random.seed(seed)
    try:
        with _tensorflow_seeded(tensorflow, seed):
            yield
    finally:
        torch.set_rng_state(states[0])
        np.random.set_state(states[1])
        random.setstate(states[2])
        torch.set_default_dtype(kind)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        if torch.are_deterministic_algorithms_enabled() != deterministic:
            # Only where it is needed: this call imports the half of torch that compiles.
            torch.use_deterministic_algorithms(deterministic)
        torch.autograd.set_detect_anomaly(anomaly)
        torch.set_grad_enabled(grad)
        tensorflow = sys.modules.get("tensorflow")  # the call may have imported it
        if tensorflow is not None and _eager(tensorflow) != eager:
            tensorflow.config.run_functions_eagerly(eager)


@contextmanager
def _tensorflow_seeded(tensorflow: Any, seed: int | None) -> Iterator[None]:
    if tensorflow is None:
        yield
        return
    from tensorflow.python.eager import context

    known = context.context()
    kept = {name: getattr(known, name, None) for name in ("_seed", "_rng")}
    if seed is not None:
        tensorflow.random.set_seed(seed)
    try:
        yield
    finally:
        vars(known).update(kept)


def _of_images(images: Tensor) -> dict[str, Any]:
    return {
        "values": images.detach().clone(),
        "requires_grad": images.requires_grad,
        "grad": None if images.grad is None else images.grad.clone(),
    }


def _hooks(owner: Any, kinds: tuple[str, ...]) -> list[int]:
    return [len(getattr(owner, kind, None) or ()) for kind in kinds]


def _eager(tensorflow: Any) -> bool:
    # TensorFlow runs functions as graphs until somebody switches.
    return bool(tensorflow.config.functions_run_eagerly()) if tensorflow is not None else False


def _generators_of(tensorflow: Any) -> dict[str, Any]:
    if tensorflow is None:
        return {}
    from tensorflow.python.eager import context

    # TensorFlow counts its draws in a generator of Python's, for which it has no public name.
    counting = getattr(context.context(), "_rng", None)
    state = None if counting is None else counting.getstate()
    return {"TensorFlow": (context.global_seed(), state)}


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, Tensor) and isinstance(after, Tensor):
        return before.shape == after.shape and bool((before == after).all())
    return type(before) is type(after) and bool(before == after)
