"""Whether a layer's output lies as the picture does: (N, channels, h, w), and not another way.

Heads x tokens and channels-last have four axes as well, and no shape tells them apart for sure. So it
is tried out: where one half of a picture changes, maps change mostly on that side.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

_LEAST = 0.1
"""How far the middle of the change must move, as a share of the maps, when the other half changes.

In convolutional networks it moves by 0.15 to 0.55, and at right angles by less than 0.13; along axes
that are no places, as channels or the numbers of a head, by less than that.
"""


def lies_as_picture(
    model: nn.Module, module: nn.Module, size: tuple[int, int], device: torch.device
) -> bool:
    """Whether the output of a layer, which has four axes, lies as the picture does.

    Parameters
    ----------
    model : nn.Module
        In eval mode.
    module : nn.Module
        The layer, a part of it.
    size : (height, width)
        Of pictures that the model takes, in pixels.
    device : torch.device
        Of the model.

    Returns
    -------
    bool
        True also where it cannot be told: the layer does not change with either half of a picture, or
        the model does not take the pictures of the trial.
    """
    try:
        found = _watched(model, {module: ""}, _halves(size, device))
    # What a stranger's network makes of these pictures says nothing of those it was given.
    except Exception:  # noqa: BLE001
        return True
    return all(lies for _, _, lies in found)


def last_maps(
    model: nn.Module, network: nn.Module, images: Tensor
) -> tuple[str, tuple[int, ...]] | None:
    """Name and shape of the last layer's output that is maps (N, channels, h, w) of several places.

    Parameters
    ----------
    model : nn.Module
        What is called, in eval mode.
    network : nn.Module
        A part of it, or itself, whose names are used.
    images : Tensor (N, 3, H, W)
        Of a size and on a device that the model takes.
    """
    names = {module: name for name, module in network.named_modules() if name}
    height, width = images.shape[2:]
    found = _watched(model, names, _halves((height, width), images.device))
    return next(((name, shape) for name, shape, lies in reversed(found) if lies), None)


def _halves(size: tuple[int, int], device: torch.device) -> Tensor:
    """A picture of noise, and the same with new noise left, right, in the upper and the lower half."""
    generator = torch.Generator().manual_seed(0)
    first, other = torch.rand(2, 3, *size, generator=generator, dtype=torch.float32, device="cpu")
    height, width = size[0] // 2, size[1] // 2
    pictures = first.repeat(5, 1, 1, 1)
    for picture, half in zip(
        pictures[1:],
        (
            (..., slice(width)),
            (..., slice(width, None)),
            (..., slice(height), slice(None)),
            (..., slice(height, None), slice(None)),
        ),
        strict=True,
    ):
        picture[half] = other[half]
    return pictures.to(device)


def _watched(
    model: nn.Module, names: Mapping[nn.Module, str], pictures: Tensor
) -> list[tuple[str, tuple[int, ...], bool]]:
    """Name, shape and verdict of each output of four axes, in the order in which they were made."""
    found: list[tuple[str, tuple[int, ...], bool]] = []

    def look(module: nn.Module, _inputs: Any, output: Any) -> None:
        four = isinstance(output, Tensor) and output.ndim == 4 and len(output) == len(pictures)
        if four and output[0, 0].numel() > 1:
            found.append((names[module], tuple(output.shape), _follows(output)))

    handles = [module.register_forward_hook(look) for module in names]
    try:
        with torch.no_grad(), torch.random.fork_rng():
            model(pictures)
    finally:
        for handle in handles:
            handle.remove()
    return found


def _follows(output: Tensor) -> bool:
    """Whether the outputs of :func:`_halves` change where the pictures do."""
    change = (output[1:].double() - output[:1].double()).abs().sum(1)
    total = change.sum((1, 2))
    if not bool((total > 0).all()):
        return True
    for axis, (own, cross) in zip((1, 2), (((2, 3), (0, 1)), ((0, 1), (2, 3))), strict=True):
        places = torch.linspace(0, 1, change.shape[axis], dtype=torch.float64, device=change.device)
        middle = (change.sum(3 - axis) * places).sum(1) / total
        along, across = (float(middle[last] - middle[first]) for first, last in (own, cross))
        if len(places) > 1 and along <= max(_LEAST, abs(across)):
            return False
    return True
