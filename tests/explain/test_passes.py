"""What the table says a method costs is what is counted."""

import re
from math import ceil

import pytest
import torch
from torch import nn

from helpers.explain import cost, games
from helpers.explain.catalogue import ROWS
from helpers.explain.laws import networks
from tests.explain.test_laws import METHODS_TRIED, TRANSFORMER, network_for, options_for

IMAGES = networks.pictures(4)
MASKS = networks.quarters(IMAGES)


def options_of(method: str) -> dict[str, object]:
    masked = {"masks": MASKS} if method.startswith("region_") else {}
    return {**ROWS[method].options, **options_for(method), **masked}


def passes(formula: str, options: dict[str, object], **letters: int) -> list[float]:
    """Value of a formula of the table, of its forward passes (f) and of its backward ones (b)."""
    written = formula.partition(";")[0].replace("^", "**")
    written = re.sub(r"\{(\w+)\}", r"(\1)", written)
    # A product has no sign in the table: two letters, or a number or bracket before a letter.
    written = re.sub(r"(?<=[\d)KLMPRTfb])\s*(?=[(KLMPRTfb])", "*", written)
    known = {"min": min, **options, **letters}
    return [eval(written, {}, {**known, **units}) for units in ({"f": 1, "b": 0}, {"f": 0, "b": 1})]


def letters_of(model: nn.Module, options: dict[str, object]) -> dict[str, int]:
    """What the letters of the table stand for, on these networks and pictures."""
    patch, stride = (int(str(options.get(name, 8))) for name in ("patch", "stride"))
    along = ceil((networks.SIDE - patch) / stride) + 1
    patches = (networks.SIDE // 8) ** 2
    return {"K": networks.CHANNELS, "L": 2, "M": 5, "P": along**2, "R": 4, "T": patches}


@pytest.mark.parametrize(
    ("formula", "forwards", "backwards"),
    [
        ("2f + 1b", 2, 1),
        ("(K+1)f; 1f + 1b where the head is linear", 7, 0),
        ("({samples}+1)f + {samples}b", 9, 8),
        ("({samples}({grid}^2+2)+1)f", 89, 0),
        ("(min(2^R, {samples})+1)f", 9, 0),
        ("1f + 13(2f+b)", 27, 13),
        ("(2M+1)f + 2Mb", 11, 10),
    ],
)
def test_a_formula_is_read_as_a_reader_would(
    formula: str, forwards: int, backwards: int
) -> None:
    options = {"samples": 8, "grid": 3}
    assert passes(formula, options, K=6, M=5, R=4) == [forwards, backwards]


@pytest.mark.parametrize("method", METHODS_TRIED)
def test_the_table_says_what_is_counted_in_a_long_batch(method: str) -> None:
    model, options = network_for(method), options_of(method)
    if method == "ablationcam":
        model = networks.Small()
        model.layer = "relu1"  # what follows bends, so that the gradient does not do
    counted = []
    for count in (2, 4):
        chosen = {**options, "masks": MASKS[:count]} if "masks" in options and options["masks"] is not None else options
        found = cost(model, IMAGES[:count], {method: chosen}).loc[method]
        counted.append(torch.tensor([found.forwards, found.backwards]))
    # Trials of one picture, k of them, are k / N for each of N images.
    long = 2 * counted[1] - counted[0]
    expected = passes(ROWS[method].passes, options, **letters_of(model, options))
    assert long.tolist() == pytest.approx(expected), (ROWS[method].passes, counted)
