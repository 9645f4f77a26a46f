"""Networks made ready for layer-wise relevance propagation (LRP, Bach et al. 2015).

Relevance rules are attached to modules, and three things go wrong in silence where they are attached
to a network as it stands: a sum written as ``+`` hands all relevance to both of its sides, a batch
norm keeps a share of it, and normalisation before the first layer divides it by a standard deviation.
Here a twin of the network is made whose batch norms are part of the layers before them and whose sums
are modules, and relevance is read where the first layer reads.

LRP is patented; authors of a method built on it (AttnLRP, Achtibat et al. 2024) write that it is free
for personal and scientific use. ``zennit``, which computes six composites of rules, is under the LGPL.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import fusion

from helpers.errors import InputError
from helpers.explain.twins import listed, watched
from helpers.models.architectures import Add
from helpers.models.contract import answers
from helpers.models.tracing import Trace

# Modules that relevance passes through as the rules say, whatever is attached to them.
_FOLLOWED = (
    nn.Conv2d, nn.Linear, nn.MaxPool2d, nn.AdaptiveMaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d,
    nn.Flatten, nn.Unflatten, nn.Identity, nn.Dropout, nn.Dropout2d, nn.Sequential, nn.ReLU, nn.ReLU6,
    nn.LeakyReLU, nn.PReLU, nn.ELU, nn.Tanh,
)  # fmt: skip
# A rule keeps what its module was given: once for each picture.
_ONCE = (nn.Conv2d, nn.Linear, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.PReLU, Add)
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
# As functions these let relevance pass just as their modules do: what is cut off had none.
_HARMLESS = ("relu", "max_pool2d")


class Through(nn.Module):
    """Hand on a copy: a rule at what hands on its input itself would meet its neighbour's."""

    def forward(self, values: Tensor) -> Tensor:
        return values.clone()


class _Reached(Exception):
    """The first layer was reached; nothing after it is wanted."""


@dataclass(frozen=True)
class Prepared:
    """A network's twin, to which relevance rules may be attached.

    Attributes
    ----------
    network : nn.Module
        The twin; it answers as the network does.
    name : str
        Of the first layer with weights.
    first : nn.Module
        That layer.
    """

    network: nn.Module
    name: str
    first: nn.Module

    def entry(self, pictures: Tensor) -> Tensor:
        """What the first layer is given of pictures (N, 3, H, W): normalised, perhaps resized."""
        seen: list[Tensor] = []

        def stop(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            seen.append(inputs[0])
            raise _Reached

        handle = self.first.register_forward_pre_hook(stop, prepend=True)
        try:
            self.network(pictures.clone())
        except _Reached:
            pass
        finally:
            handle.remove()
        return seen[0]

    def limits(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """What the first layer is given of a black and of a white picture, (1, 3, h, w) each."""
        with torch.no_grad():
            black = torch.zeros_like(pictures[:1])
            return self.entry(black), self.entry(black + 1)

    def scores(self, pictures: Tensor, entry: Tensor) -> Tensor:
        """The answers (N, K) where the first layer is given ``entry`` instead of the pictures'."""
        # What runs before the first layer is thrown away, but has a history, which hooks ask for.
        blank = torch.zeros_like(pictures, requires_grad=torch.is_grad_enabled())
        handle = self.first.register_forward_pre_hook(lambda *_call: (entry,), prepend=True)
        try:
            return answers(self.network, blank)
        finally:
            handle.remove()

    def spread(self, pictures: Tensor, relevance: Tensor) -> Tensor:
        """Carry relevance at the first layer back to the pictures, and sum it over the colours.

        Normalisation passes it on as it is; where pictures are resized, a pixel gets the share with
        which it went into a value; what is cut off gets none. The sum stays the same.

        Parameters
        ----------
        pictures : Tensor (N, 3, H, W)
            RGB in [0, 1].
        relevance : Tensor
            Of the shape that :meth:`entry` returns.

        Returns
        -------
        Tensor (N, H, W)
        """
        black, white = self.limits(pictures)
        with torch.enable_grad():
            pictures = pictures.detach().requires_grad_()
            # As a sum: with grad_outputs torch would import a computer algebra system first.
            carried = (self.entry(pictures) * (relevance / (white - black))).sum()
            (found,) = torch.autograd.grad(carried, pictures)
        return found.sum(1)


def prepare(model: nn.Module, images: Tensor, shared: bool = True) -> Prepared:
    """Make a twin of a network whose relevance can be followed to its first layer.

    Parameters
    ----------
    model : nn.Module
        In eval mode.
    images : Tensor (N, 3, H, W)
        Of which the first is tried.
    shared : bool
        Whether the twin shares its weights with the network.

    Returns
    -------
    Prepared
        Each residual sum is an :class:`Add`, each batch norm part of the layer before it, and what
        hands on its input hands on a copy.

    Raises
    ------
    InputError
        If relevance could not be followed: what is in the way, and the remedy.
    """
    with torch.inference_mode(False), torch.no_grad():
        picture = images[:1].clone()
        network, seen, amiss = watched(model, picture, shared)
        expected = answers(model, picture)
        modules = dict(network.named_modules())
        _refuse(seen, modules)
        if amiss:
            raise InputError(amiss)
        _merge_norms(network, seen, modules)
        replace(network, nn.Identity | nn.Dropout | nn.Dropout2d, Through)
        prepared = Prepared(network, seen.weighted[0], modules[seen.weighted[0]])
        entry = _checked_entry(prepared, picture)
        # Asked by way of the first layer: whatever else reads the picture would be missed.
        found = prepared.scores(picture, entry)
    if not torch.allclose(found, expected, rtol=1e-3, atol=1e-4 * float(expected.abs().max())):
        raise InputError(
            "not all of its score passes through its first layer, or a batch norm cannot be made part "
            "of the layer before it, because others read that layer too."
        )
    return prepared


def relevance_amiss(model: nn.Module, picture: Tensor) -> str:
    """Refuse a network through which relevance cannot be followed, as :func:`prepare` does."""
    prepare(model, picture)
    return ""


def replace(network: nn.Module, kind: object, make: Callable[[], nn.Module]) -> None:
    """Put a new module in the place of each of a kind."""
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, kind):  # type: ignore[arg-type]  # types and their unions
                setattr(parent, name, make())


def _refuse(seen: Trace, modules: Mapping[str, nn.Module]) -> None:
    if not seen.weighted:
        raise InputError("it has no layer with weights, at which relevance could be read.")
    sums = [each for each in seen.loose if not isinstance(modules.get(_place(each)), Add)]
    unknown = [each for each in sums if each.split(" in ")[0] not in _HARMLESS]
    if unknown:
        raise InputError(
            f"{listed(unknown)} is computed outside a module, where no rule can be attached and relevance "
            "would be doubled or lost. Write a sum as a module (models.architectures.Add), a mean as "
            "nn.AdaptiveAvgPool2d(1)."
        )
    strange = [f"{name} ({type(modules[name]).__name__})" for name in _strange(seen, modules)]
    if strange:
        raise InputError(f"there is no relevance rule for {listed(strange)}.")
    twice = [name for name in seen.runs if seen.runs[name] > 1 and isinstance(modules[name], _ONCE)]
    if twice:
        raise InputError(
            f"the layer {listed(twice)} runs more than once in a pass, so that a rule would mix its "
            "places."
        )


def _place(loose: str) -> str:
    return loose.split(" in ", 1)[1]


def _strange(seen: Trace, modules: Mapping[str, nn.Module]) -> list[str]:
    """Modules of torch that no rule covers, and batch norms that stand behind no layer of weights."""
    found = []
    for name in seen.runs:
        module = modules[name]
        if isinstance(module, _NORMS):
            if not _can_merge(module, modules.get(seen.feeders.get(name, "?")), seen.runs[name]):
                found.append(name)
        elif type(module).__module__.startswith("torch.nn") and not isinstance(module, _FOLLOWED):
            found.append(name)
    return found


def _can_merge(norm: nn.Module, before: nn.Module | None, runs: int) -> bool:
    pair = (nn.BatchNorm2d, nn.Conv2d), (nn.BatchNorm1d, nn.Linear)
    fits = any(isinstance(norm, a) and isinstance(before, b) for a, b in pair)
    return fits and runs == 1 and getattr(norm, "running_mean", None) is not None


def _merge_norms(network: nn.Module, seen: Trace, modules: Mapping[str, nn.Module]) -> None:
    for name in seen.runs:
        norm: Any = modules[name]
        if isinstance(norm, _NORMS):
            layer: Any = modules[seen.feeders[name]]
            linear = isinstance(layer, nn.Linear)
            merge: Any = fusion.fuse_linear_bn_weights if linear else fusion.fuse_conv_bn_weights
            layer.weight, layer.bias = merge(
                layer.weight,
                layer.bias,
                norm.running_mean,
                norm.running_var,
                norm.eps,
                norm.weight,
                norm.bias,
            )
            layer.requires_grad_(False)
    replace(network, nn.BatchNorm1d | nn.BatchNorm2d, Through)


def _checked_entry(prepared: Prepared, picture: Tensor) -> Tensor:
    """What the first layer is given of a picture; refused where that is no fixed normalisation."""
    entry = prepared.entry(picture)
    black, white = prepared.limits(picture)
    middle = prepared.entry(torch.full_like(picture, 0.5))
    spread = (white - black).abs()
    fixed = entry.ndim == 4 and bool((spread > 1e-6 * spread.max()).all())
    if not fixed or not torch.allclose(middle, (black + white) / 2, rtol=1e-3, atol=1e-3):
        raise InputError(
            "what stands before its first layer is no fixed normalisation, through which relevance could "
            "be carried back to the picture."
        )
    return entry
