"""What an explanation costs: passes through the network, counted, and seconds."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from helpers.explain.methods import chosen_methods
from helpers.explain.relevance import explain
from helpers.explain.targets import Targets, one_per_image
from helpers.models.contract import answers, batches, check_images, require_network


def cost(
    model: nn.Module,
    images: Tensor,
    methods: Sequence[str] | Mapping[str, Mapping[str, Any]],
    targets: Targets = None,
    batch_size: int = 32,
) -> pd.DataFrame:
    """Count the passes that methods make through a network, and take the time.

    Parameters
    ----------
    model : nn.Module
        In eval mode; takes images in [0, 1] and returns logits (N, classes).
    images : Tensor (N, 3, H, W)
        RGB in [0, 1].
    methods : sequence of str, or mapping of str to mapping
        Names in :data:`METHODS`; a mapping gives the options of each.
    targets : None, int, str, or one of them per image
        The class that is explained; None means the predicted class.
    batch_size : int
        Pictures that the network is given at a time.

    Returns
    -------
    pandas.DataFrame
        A row for each method, in the order given:

        - ``forwards``, ``backwards``: pictures that went through the network, forwards and back from
          its answers, for each image; a method that computes with a copy of the network in another
          library makes passes that are not seen here, and has 0.
        - ``seconds``: for each image, on this machine, in this run.
        - ``passes``: those seconds as a multiple of one forward pass in the same batches, measured
          just before.

    Raises
    ------
    UnknownName, InputError
        As :func:`explain`.

    Notes
    -----
    A backward pass that ends at a layer near the answers is counted like one that reaches the
    picture, and takes far less time: ``passes`` shows it. The gradient of a gradient is not counted.
    Counts include the trials of a rule, of which there are as many for one image as for a batch, so
    that of a few images they are more than :data:`METHODS` says. Seconds vary from run to run; counts
    don't.

    Examples
    --------
    >>> import torch
    >>> from helpers import models
    >>> from helpers.explain import cost
    >>> table = cost(models.load("synthetic-lipstick"), torch.rand(2, 3, 112, 112), ["gradcam"])
    >>> table.loc["gradcam", ["forwards", "backwards"]].tolist()
    [1.0, 1.0]
    """
    chosen = chosen_methods(methods)
    check_images(images)
    require_network(model)
    first = targets if targets is None else one_per_image(targets, len(images))[:1]
    rows = []
    for name, options in chosen.items():
        alone = {key: _of_the_first(value, len(images)) for key, value in options.items()}
        explain(model, images[:1], first, name, **alone)  # a library is made ready once
        work = partial(explain, model, images, targets, name, batch_size=batch_size, **options)
        rows.append(_cost(model, images, work, batch_size))
    return pd.DataFrame(rows, index=pd.Index(list(chosen), name="method"))


def _of_the_first(value: Any, count: int) -> Any:
    """An option for the first image alone: masks and baselines may have an entry for each."""
    each = isinstance(value, Tensor) and value.ndim == 4 and len(value) == count
    return value[:1] if each else value


def _cost(
    model: nn.Module, images: Tensor, work: Callable[[], object], batch_size: int
) -> dict[str, float]:
    counted = {"forwards": 0, "backwards": 0}

    def count(_module: nn.Module, _inputs: Any, output: Any) -> None:
        counted["forwards"] += len(output)
        if output.requires_grad:
            output.register_hook(count_back)

    def count_back(slope: Tensor) -> None:
        counted["backwards"] += len(slope)

    forward = _seconds(lambda: _forward(model, images, batch_size))
    handle = model.register_forward_hook(count)
    try:
        taken = _seconds(work)
    finally:
        handle.remove()
    each = {name: number / len(images) for name, number in counted.items()}
    return {**each, "seconds": taken / len(images), "passes": taken / forward}


def _forward(model: nn.Module, images: Tensor, batch_size: int) -> None:
    with torch.no_grad():
        for part in batches(images, batch_size):
            answers(model, part)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
