"""One check for each exercise: ``check.exercise_7_1(your_function)``.

A check passes on any correct answer, whatever its style, because it tests properties. When it does
not pass it raises :class:`NotYet`, which a notebook shows as one sentence and no traceback.
"""

import importlib
import pkgutil
import re
from collections.abc import Callable

from helpers.checks.grading import NotYet, Passed

__all__ = ["NotYet", "Passed"]


def __getattr__(name: str) -> Callable[..., Passed]:
    """Find a check by the number of its exercise; only its chapter is imported."""
    numbered = re.fullmatch(r"exercise_(\d+)_\d+", name)
    chapter = f"chapter_{int(numbered[1]):02d}" if numbered else ""
    if chapter in _chapters():
        check = vars(importlib.import_module(f"{__name__}.{chapter}")).get(name)
        if check is not None:
            return check
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    chapters = (importlib.import_module(f"{__name__}.{each}") for each in _chapters())
    checks = (name for each in chapters for name in vars(each) if name.startswith("exercise_"))
    return [*__all__, *checks]


def _chapters() -> list[str]:
    names = (each.name for each in pkgutil.iter_modules(__path__))
    return [name for name in names if name.startswith("chapter_")]
