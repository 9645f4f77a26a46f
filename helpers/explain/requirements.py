"""Whether a method's rule holds on a network: what it asks of it, checked before it runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from torch import Tensor, nn

from helpers.arguments import choice
from helpers.errors import InputError
from helpers.explain.catalogue import ROWS

Trial = Callable[[nn.Module, Tensor | None], str]
"""Says in a sentence why a network does not meet a need; "" where it does."""


def _always(_model: nn.Module, _images: Tensor | None) -> str:
    # What shows only when the method runs is refused there, where the message can say more.
    return ""


def _modules(model: nn.Module, images: Tensor | None) -> str:
    from helpers.explain.twins import modules_amiss

    return modules_amiss(model, images)


def _relus(model: nn.Module, images: Tensor | None) -> str:
    from helpers.explain.twins import relus_amiss

    return relus_amiss(model, images)


def _relevance(model: nn.Module, images: Tensor | None) -> str:
    from helpers.explain.propagation import relevance_amiss

    return relevance_amiss(model, images)


NEEDS: Mapping[str, Trial] = MappingProxyType(
    {
        "gradients": _always,  # a gradient of the score by the picture or the layer
        "maps": _always,  # a layer whose output is (N, channels, h, w)
        "straight": _always,  # nothing added or bent where no layer can be watched
        "modules": _modules,  # activations and max poolings: a module each, run once a pass; no overlap
        "relus": _relus,  # the same, and no activation but ReLU
        "relevance": _relevance,  # sums and means as modules, a fixed normalisation in front
    }
)
"""What methods may need of a network, and how it is tried out."""


@dataclass(frozen=True)
class Verdict:
    """Whether a method may be used on a network.

    Attributes
    ----------
    ok : bool
        True where its rule holds.
    sentence : str
        Why, or why not and what to do.
    """

    ok: bool
    sentence: str


def check(model: nn.Module, method: str, images: Tensor | None = None) -> Verdict:
    """Say whether a method's rule holds on a network, without computing a map.

    Parameters
    ----------
    model : nn.Module
        In eval mode.
    method : str
        A name in :data:`METHODS`.
    images : Tensor (N, 3, H, W), optional
        RGB in [0, 1], with which the network is tried; by default one grey picture of its
        ``input_size``.

    Returns
    -------
    Verdict

    Raises
    ------
    UnknownName
        If there is no such method.
    """
    row = ROWS[choice(method, "method", ROWS)]
    for need in row.needs:
        sentence = NEEDS[need](model, images)
        if sentence:
            return Verdict(False, f"{method} does not hold on this network: {sentence}")
    return Verdict(True, f"{method} needs {', '.join(row.needs) or 'answers only'}: nothing amiss.")


def require(model: nn.Module, images: Tensor, method: str) -> None:
    """Refuse a method whose rule does not hold on a network.

    Raises
    ------
    InputError
        With the sentence of :func:`check`.
    """
    verdict = check(model, method, images)
    if not verdict.ok:
        raise InputError(verdict.sentence)
