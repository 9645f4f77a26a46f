"""Names that a package hands out, imported when they are asked for."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def handing_out(
    package: dict[str, Any], homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Make a package's ``__getattr__`` and ``__dir__``.

    Parameters
    ----------
    package : dict
        The ``globals()`` of the package; what was found once is kept there.
    homes : mapping of str to str
        Each name and the module of the package that has it. "module:function" calls a function of
        that module for it, once.

    Returns
    -------
    tuple of callable
        The two functions. An unknown name is an AttributeError, as for any module.
    """
    own = package["__name__"]

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {own!r} has no attribute {name!r}")
        home, _, function = homes[name].partition(":")
        module = import_module(f"{own}.{home}")
        package[name] = getattr(module, function)() if function else getattr(module, name)
        return package[name]

    return find, lambda: sorted({*package, *homes})
