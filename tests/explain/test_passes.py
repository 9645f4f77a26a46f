"""What the table says a method costs is what is counted."""

import re
from math import ceil, floor

import pytest
import torch
from torch import nn

from helpers.explain import cost, games
from helpers.explain.catalogue import ROWS
from helpers.explain.laws import networks
from tests.explain.test_laws import METHODS_TRIED, network_for, options_for

IMAGES = networks.pictures(4)
MASKS = networks.quarters(IMAGES)
TOKENS = 16
#: Where a method of channels finds nothing that saves passes: a head that is linear, silent channels.
LAYERS = {"ablationcam": "relu1", "scorecam": "conv2"}


def network_of(method: str) -> nn.Module:
    model = network_for(method)
    if method in LAYERS:
        model = networks.Small()
        vars(model)["layer"] = LAYERS[method]
    return model


def options_of(method: str) -> dict[str, object]:
    more: dict[str, object] = {"masks": MASKS} if "masks" in ROWS[method].needs else {}
    if method == "kernelshap":
        more = {"samples": 40}  # twelve do not tell nine cells apart
    return {**ROWS[method].options, **options_for(method), **more}


def passes(formula: str, options: dict[str, object], **letters: int) -> list[float]:
    """Value of a formula of the table, of its forward passes (f) and of its backward ones (b)."""
    written = formula.partition(";")[0].replace("^", "**")
    written = re.sub(r"\{(\w+)\}", r"(\1)", written)
    # A product has no sign in the table: two letters, or a number or bracket before a letter.
    written = re.sub(r"(?<=[\d)KLMPRTfb])\s*(?=[(KLMPRTfb])", "*", written)
    known = {"min": min, **options, **letters}
    return [eval(written, {}, {**known, **units}) for units in ({"f": 1, "b": 0}, {"f": 0, "b": 1})]


def letters_of(method: str, options: dict[str, object]) -> dict[str, int]:
    """What the letters of the table stand for, on these networks and pictures."""
    patch, stride = (int(str(options.get(name, 8))) for name in ("patch", "stride"))
    whole = floor if ROWS[method].library == "xplique" else ceil
    along = whole((networks.SIDE - patch) / stride) + 1
    return {"K": networks.CHANNELS, "L": 2, "M": 5, "P": along**2, "R": 4, "T": TOKENS}


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
def test_a_formula_is_read_as_a_reader_would(formula: str, forwards: int, backwards: int) -> None:
    options = {"samples": 8, "grid": 3}
    assert passes(formula, options, K=6, M=5, R=4) == [forwards, backwards]


@pytest.mark.parametrize("method", METHODS_TRIED)
def test_the_table_says_what_is_counted_in_a_long_batch(method: str) -> None:
    options = options_of(method)
    counted = []
    for count in (2, 4):
        chosen = {**options, "masks": MASKS[:count]} if "masks" in ROWS[method].needs else options
        row = cost(network_of(method), IMAGES[:count], {method: chosen}).loc[method]
        counted.append(torch.tensor([row.forwards, row.backwards]))
    # Trials of one picture, k of them, are k / N for each of N images.
    long = 2 * counted[1] - counted[0]
    expected = passes(ROWS[method].passes, options, **letters_of(method, options))
    assert long.tolist() == pytest.approx(expected), counted


@pytest.mark.parametrize("method", ["region_shapley", "region_banzhaf"])
def test_no_more_coalitions_are_scored_than_samples_where_they_are_drawn(method: str) -> None:
    options = {"masks": MASKS, "samples": 14}
    counted = cost(networks.Small(), IMAGES, {method: options}).loc[method]
    assert counted.forwards == 14 + 1


def test_orders_leave_room_for_the_scores_of_no_part_and_of_all() -> None:
    for parts, samples in ((17, 4096), (4, 14), (6, 100)):
        inner = len(games.orders(parts, samples, 0)) * (parts - 1)
        assert samples - 2 * (parts - 1) < inner + 2 <= samples
