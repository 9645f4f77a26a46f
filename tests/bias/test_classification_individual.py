"""Consistency between neighbours: its interval, written out pair by pair."""

import math
from itertools import product

import numpy as np
import pytest
from scipy import special

from helpers.bias.classification import consistency
from helpers.bias.classification.individual import _log_odds, _variance

Z = special.ndtri(0.975)


@pytest.mark.parametrize("everyone", [True, False])
def test_the_variance_counts_two_pairs_as_related_when_they_share_a_face(everyone: bool) -> None:
    random = np.random.default_rng(0)
    near = np.array(
        [random.permutation([k for k in range(9) if k != face])[:2] for face in range(9)]
    )
    same = random.integers(0, 2, (9, 2)).astype(float)
    chosen = np.ones(9, bool) if everyone else np.arange(9) % 3 > 0
    pairs = [
        ({face, int(other)}, same[face, place])
        for face in np.flatnonzero(chosen)
        for place, other in enumerate(near[face])
    ]
    mean = np.mean([value for _, value in pairs])
    total = sum(
        (one - mean) * (two - mean)
        for (first, one), (second, two) in product(pairs, pairs)
        if first & second
    )
    assert _variance(near, same, chosen) == pytest.approx(total / len(pairs) ** 2)


def test_the_interval_is_normal_on_the_log_odds() -> None:
    low, high = _log_odds(0.8, 0.0016, 99, 0.95)
    centre = (0.8 * 99 + 0.5) / 100
    half = Z * 0.04 / (centre * (1 - centre))
    assert special.logit([low, high]) == pytest.approx(
        [special.logit(centre) - half, special.logit(centre) + half]
    )


def test_where_all_neighbours_agree_the_interval_is_that_of_so_many_faces() -> None:
    low, high = _log_odds(1.0, 0.0, 49, 0.9)
    centre = 49.5 / 50
    half = special.ndtri(0.95) * math.sqrt(centre * (1 - centre) / 49) / (centre * (1 - centre))
    assert special.logit(low) == pytest.approx(special.logit(centre) - half)
    assert high == 1


@pytest.mark.parametrize("said", [[1] * 6, [1, 1, 1, 1, 1, 0], [0, 1, 0, 1, 0, 1]])
def test_the_interval_holds_the_share_in_groups_of_one_to_three_faces(said: list[int]) -> None:
    # A model that answers everybody alike is perfectly consistent, and nothing else is possible.
    points = np.random.default_rng(0).normal(size=(6, 3))
    table = consistency(points, said, list("aabbbc"), neighbours=1)
    assert (table["low"] <= table["value"]).all()
    assert (table["value"] <= table["high"]).all()
    assert (table["low"] < table["high"]).all()


def test_groups_are_judged_by_neighbours_among_everyone() -> None:
    points = np.array([[0.0], [0.1], [1.0], [1.1], [2.0], [2.1]])
    said, group = [1, 1, 0, 1, 0, 0], ["x", "x", "y", "y", "y", "y"]
    table = consistency(points, said, group, neighbours=1, metric="euclidean").set_index("group")
    assert table["n"].to_dict() == {"x": 2, "y": 4}
    assert table["value"].to_dict() == {"x": 1.0, "y": 0.5}
    # Of the five others two give the same answer, whichever it is.
    assert table["by_chance"].tolist() == pytest.approx([0.4, 0.4])
