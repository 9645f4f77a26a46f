"""An explainer under test: a method of the table, or anything that can be called."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from helpers.arguments import choice, choices
from helpers.errors import InputError, kind_of
from helpers.explain.catalogue import ROWS
from helpers.explain.laws.terms import PROMISES, NoMaps

Explainer = Callable[..., Any]
"""Called with a network, images (N, 3, H, W) and classes (N,); returns maps (N, H, W), or with colours."""

_SKILLS = ("seed", "batch_size", "masks")
_WITHOUT = {
    "names": "it is no method of the table, and is handed the numbers of classes only",
    "seed": "it has no option seed",
    "batch_size": "it has no option batch_size",
    "masks": "it has no option masks",
    "class": "it does not look at the class, and says so",
}


@dataclass(frozen=True)
class Subject:
    """What the laws need to know of an explainer.

    Attributes
    ----------
    name : str
        Of the method, or of the function.
    call : callable
        The explainer.
    promises : frozenset of str
        Words of :data:`PROMISES`.
    takes : frozenset of str
        Which of seed, batch_size, masks it takes, and "names" where classes may be named.
    options : mapping of str to Any
        Given with every call.
    row : str
        The method's name in the table; "" for a stranger.
    """

    name: str
    call: Explainer
    promises: frozenset[str] = frozenset()
    takes: frozenset[str] = frozenset()
    options: Mapping[str, Any] = field(default_factory=dict)
    row: str = ""

    def lacks(self, condition: str) -> str:
        """Say why a condition of a law is not met; "" where it is."""
        if condition == "class":
            return _WITHOUT["class"] if "classless" in self.promises else ""
        if condition in PROMISES:
            return "" if condition in self.promises else f"it does not promise {condition!r}"
        return "" if condition in self.takes else _WITHOUT[condition]

    @property
    def noisy(self) -> dict[str, Any]:
        """What makes a method draw numbers that draws none but for its baseline."""
        named = self.row and isinstance(ROWS[self.row].options.get("baseline"), str)
        return {"baseline": "noise"} if named else {}

    @property
    def baseline(self) -> Any:
        """The baseline of the method, as it was chosen or by default; None where it has none."""
        known = ROWS[self.row].options if self.row else {}
        return self.options.get("baseline", known.get("baseline"))


def subject_of(
    explainer: str | Explainer,
    promises: Iterable[str] = (),
    options: Mapping[str, Any] | None = None,
) -> Subject:
    """Look at an explainer.

    Parameters
    ----------
    explainer : str or callable
        A name in ``METHODS``, or a function of a network, images and classes.
    promises : iterable of str
        Words of :data:`PROMISES`, beside those that the table has for a method.
    options : mapping of str to Any, optional
        Given with every call.

    Raises
    ------
    UnknownName
        If there is no such method or promise.
    InputError
        If it is neither a name nor callable, or does not take an option.
    """
    said = frozenset(choices(promises, "promises", PROMISES)) if promises else frozenset()
    given = dict(options or {})
    if isinstance(explainer, str):
        return _of_the_table(explainer, said, given)
    if not callable(explainer) or isinstance(explainer, nn.Module):
        raise InputError(
            f"explainer is {kind_of(explainer)}: give the name of a method, or a function that takes a "
            "network, images and classes and returns maps."
        )
    name = getattr(explainer, "__name__", type(explainer).__name__)
    return Subject(name, explainer, said, _skills(explainer), given)


def _of_the_table(method: str, said: frozenset[str], given: dict[str, Any]) -> Subject:
    from helpers.explain.methods import options_of
    from helpers.explain.relevance import explain

    row = ROWS[choice(method, "method", ROWS)]
    options_of(method, given)

    def call(model: nn.Module, images: Tensor, targets: Any, **extra: Any) -> Tensor:
        return explain(model, images, targets, method, **extra)

    takes = {"names", "batch_size", *(each for each in _SKILLS if each in row.options)}
    return Subject(method, call, row.laws | said, frozenset(takes), given, method)


def _skills(explainer: Explainer) -> frozenset[str]:
    try:
        known = inspect.signature(explainer).parameters
    except (TypeError, ValueError):  # of what is written in C nothing is known
        return frozenset()
    return frozenset(each for each in _SKILLS if each in known)


def as_maps(found: Any, images: Tensor) -> Tensor:
    """What an explainer returned as maps (N, h, w) of 64 bits, colours summed.

    Whether they are as large as the images is the affair of a law.

    Raises
    ------
    NoMaps
        If these are no maps, or not one for each image.
    """
    try:
        maps = torch.as_tensor(found).detach().cpu().double()
    except (TypeError, ValueError, RuntimeError) as why:
        raise NoMaps(f"it returns {kind_of(found)}, not maps (N, H, W).") from why
    if maps.ndim == 4 and maps.shape[1] in (1, 3):
        maps = maps.sum(1)
    if maps.ndim != 3 or len(maps) != len(images):
        raise NoMaps(f"it returns shape {tuple(maps.shape)} for {len(images)} image(s).")
    return maps
