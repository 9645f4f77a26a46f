"""What Shift-Tab shows: every public function says what it takes and gives, and its example runs."""

import doctest
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import helpers

MODULES = [
    each.name
    for each in pkgutil.walk_packages(helpers.__path__, "helpers.")
    if not each.name.endswith("__main__")
]
# Calls that programs outside rely on.
FRONT_DOOR = [
    "datasets.load",
    "models.load",
    "faces.sample",
    "faces.twin",
    "faces.render",
    "preprocessing.detect",
    "explain.explain",
    "explain.factorize",
    "bias.verification.rates",
    "bias.verification.eer",
    "bias.verification.auc",
    "bias.verification.tar_at_far",
    "bias.verification.det",
    "bias.verification.audit",
    "bias.classification.audit",
    "bias.classification.ece",
    "bias.classification.gaps",
    "evaluate.ground_truth.factor_effects",
    "evaluate.ground_truth.region_effects",
]
_SECTION = re.compile(r"^(\w+)\n-{3,}\n", re.MULTILINE)
_NAMED = re.compile(r"^(\*{0,2}\w+(?:, \*{0,2}\w+)*)(?: : .+)?$", re.MULTILINE)


def examples() -> Iterator[doctest.DocTest]:
    finder = doctest.DocTestFinder()
    for name in MODULES:
        module = importlib.import_module(name)
        yield from (each for each in finder.find(module, name) if each.examples)


def public() -> dict[str, Callable[..., Any]]:
    """Every function that a room hands out, by its name with the room's.

    Exercises are left out: their page says what they take, and they take one answer each.
    """
    found = {}
    for name in MODULES:
        if name.startswith("helpers.checks"):
            continue
        module = importlib.import_module(name)
        for each in getattr(module, "__all__", ()):
            value = getattr(module, each)
            if inspect.isfunction(value) and value.__module__.startswith("helpers."):
                found[value] = f"{value.__module__}.{value.__name__}"
    return {name: value for value, name in found.items()}


def sections(text: str) -> dict[str, str]:
    parts = _SECTION.split(inspect.cleandoc(text))
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def front_door(name: str) -> Callable[..., Any]:
    room, _, function = name.rpartition(".")
    value: Callable[..., Any] = getattr(importlib.import_module(f"helpers.{room}"), function)
    return value


@pytest.mark.parametrize("example", list(examples()), ids=lambda each: each.name)
def test_an_example_runs_and_shows_what_it_says(example: doctest.DocTest) -> None:
    said: list[str] = []
    outcome = doctest.DocTestRunner(verbose=False).run(example, out=said.append)
    assert outcome.failed == 0, "".join(said)


@pytest.mark.parametrize("name", list(public()))
def test_a_public_function_describes_each_argument(name: str) -> None:
    function = public()[name]
    text = inspect.getdoc(function) or ""
    found = sections(text)
    described = {
        each.lstrip("*")
        for names in _NAMED.findall(found.get("Parameters", ""))
        for each in names.split(", ")
    }
    taken = set(inspect.signature(function).parameters)
    assert taken <= described, f"not described: {sorted(taken - described)}"
    assert "As in" not in text, "written out, not pointed at"
    returns = inspect.signature(function).return_annotation
    assert returns is None or returns == "None" or {"Returns", "Yields"} & set(found)


@pytest.mark.parametrize("name", FRONT_DOOR)
def test_a_function_of_the_front_door_has_an_example_and_says_what_it_refuses(name: str) -> None:
    found = sections(inspect.getdoc(front_door(name)) or "")
    assert ">>> " in found.get("Examples", ""), "an example"
    assert "Error" in found.get("Raises", ""), "what is refused"
