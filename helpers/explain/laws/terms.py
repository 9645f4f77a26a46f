"""What a law is: a sentence about every explainer, or about those that promise it, with its measure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from helpers.errors import InputError

if TYPE_CHECKING:
    from helpers.explain.laws.subject import Subject
    from helpers.explain.laws.trial import Trial

PROMISES: Mapping[str, str] = MappingProxyType(
    {
        "complete": "a map's sum is the score, less the score of the baseline where there is one; "
        "where regions are hidden, less the score with every region hidden",
        "dummy": "what the network does not look at gets 0",
        "symmetric": "two regions that look alike, and that the network cannot tell apart, get the same",
        "flip": "the map is mirrored with the picture, on a network that mirrors",
        "shift": "the map moves with the picture, on a network that does",
        "zero": "a network that answers a constant gets a map of zeros",
        "scale": "twice the score gives twice the map",
        "offset": "a constant added to the score changes nothing",
        "twin": "two networks that compute the same function get the same map",
        "classless": "the map is the same whatever class is asked for",
    }
)
"""What a method or a stranger's explainer may promise of its maps, by name."""

EVERY = "every"

CONDITIONS: Mapping[str, str] = MappingProxyType(
    {
        EVERY: "every explainer",
        "class": "explainers that look at the class",
        "names": "methods of the table",
        "seed": "explainers with an option seed",
        "batch_size": "explainers with an option batch_size",
        "masks": "explainers with an option masks",
        **{word: f"explainers that promise {word!r}" for word in PROMISES},
    }
)
"""To whom a law applies, by word; see ``Subject.lacks``."""


@dataclass(frozen=True)
class Finding:
    """What a law measured.

    Attributes
    ----------
    figure : float
        How far the law is broken: 0 where it is kept exactly.
    note : str
        What the figure is, or what was found.
    """

    figure: float
    note: str = ""


class NoMaps(InputError):
    """An explainer returned something else than a map for each image."""


class NotTried(Exception):
    """A law cannot be measured on this explainer; the message says why."""


@dataclass(frozen=True)
class Law:
    """A sentence that an explainer keeps or breaks.

    Attributes
    ----------
    name : str
        A word or two.
    statement : str
        What holds, as a sentence.
    condition : str
        To whom it applies, a word of :data:`CONDITIONS`.
    tolerance : float
        The largest figure that will do.
    measure : callable
        Takes a ``Trial`` and returns a ``Finding``.
    """

    name: str
    statement: str
    condition: str
    tolerance: float
    measure: Callable[["Trial"], Finding]


def law(
    statement: str, condition: str = EVERY, tolerance: float = 0.0
) -> Callable[[Callable[["Trial"], Finding]], Law]:
    """Make a law of the function that measures it; the function's name becomes the law's."""

    def made(measure: Callable[["Trial"], Finding]) -> Law:
        return Law(measure.__name__.replace("_", " "), statement, condition, tolerance, measure)

    return made


def reason_against(each: Law, subject: "Subject") -> str:
    """Say why a law does not apply to an explainer; "" where it does."""
    return "" if each.condition == EVERY else subject.lacks(each.condition)
