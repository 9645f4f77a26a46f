"""The table of attribution methods: what each gives, needs and costs. Nothing heavy is imported."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from helpers.arguments import choices
from helpers.errors import InputError, shown

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Method:
    """What a reader should know of a method before it runs, and where it is computed.

    Attributes
    ----------
    signed : bool
        Whether negative values mean evidence against the target.
    passes : str
        Forward (f) and backward (b) passes for each image of a long batch, as :func:`cost` counts
        them; what comes after a semicolon is a remark. A word in braces is an option of the method;
        K is the number of channels of the layer, L of layers, M of references, P of places of the
        patch (ceil((side - {patch}) / {stride}) + 1 along each side, with floor for Xplique), R of
        regions, and T of patches of a transformer. Beside these, a method whose rule must hold tries it on one picture: about
        two to ten passes a batch or call, however many images there are.
    paper : str
        Where it was proposed: authors and year.
    idea : str
        One line on how it works.
    library : str
        Which package computes it.
    function : str
        Where: "module:function" inside ``helpers.explain``. It is given a ``Case`` and the options
        below by name, and returns maps (N, h, w), which :func:`explain` enlarges to the images.
    needs_layer : bool
        Whether it reads one layer, ``layer=`` or the model's own.
    needs : tuple of str
        What it asks of the network, in the words of ``requirements.NEEDS``.
    random : bool
        Whether it draws numbers; then it has an option ``seed``.
    options : mapping of str to Any
        What can be chosen, and the default of each.
    laws : frozenset of str
        What its maps promise beyond what every method must keep, in the words of ``laws``: for
        instance "complete", that a map's sum is known.
    """

    signed: bool
    passes: str
    paper: str
    idea: str
    library: str = "helpers"
    function: str = ""
    needs_layer: bool = False
    needs: tuple[str, ...] = ()
    random: bool = False
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    laws: frozenset[str] = frozenset()


COLUMNS = (
    "library",
    "signed",
    "needs_layer",
    "needs",
    "passes",
    "random",
    "options",
    "paper",
    "idea",
)
"""What the table of methods shows of each, in this order."""


def written(method: Method, column: str) -> Any:
    """One entry of the table: tuples and options as text, everything else as it is."""
    value = getattr(method, column)
    if column == "options":
        return ", ".join(f"{name}={default!r}" for name, default in value.items())
    return ", ".join(value) if isinstance(value, tuple) else value


def table() -> "pd.DataFrame":
    """Return the methods as a table, one row each, with the columns of :data:`COLUMNS`."""
    import pandas as pd

    from helpers.explain.catalogue import ROWS

    rows = {name: [written(each, column) for column in COLUMNS] for name, each in ROWS.items()}
    found = pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS))
    return found.rename_axis("method")


def chosen_methods(methods: Any) -> dict[str, dict[str, Any]]:
    """Several methods with all options of each, from a list of names or a mapping to their options.

    Raises
    ------
    UnknownName
        If there is no such method.
    InputError
        If these are no names, or a method's options are no mapping or not its own.
    """
    from helpers.explain.catalogue import ROWS

    found = {}
    for name in choices(methods, "methods", ROWS):
        given = (methods[name] if isinstance(methods, Mapping) else None) or {}
        if not isinstance(given, Mapping):
            raise InputError(
                f"the options of {name} are {shown(given)}: give them by name, as in "
                f'{{"{name}": {{"seed": 1}}}}.'
            )
        found[name] = options_of(name, given)
    return found


def options_of(method: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a method: those that were given, and the defaults of the rest.

    Raises
    ------
    InputError
        If the method does not have one that was given; the message lists those that it has.
    """
    from helpers.explain.catalogue import ROWS

    known = ROWS[method].options
    odd = [str(name) for name in given if name not in known]
    if odd:
        listed = ", ".join(f"{name} ({default!r})" for name, default in known.items())
        has = f"its options, with their defaults, are {listed}" if known else "it has no options"
        raise InputError(f"{method} does not take {', '.join(odd)}: {has}.")
    return {**known, **given}
