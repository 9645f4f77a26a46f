"""What maps of a transformer that learnt glasses, and of its clean twin, lay on the glasses."""

from functools import cache

import numpy as np
import pytest
import torch
from torch import Tensor

from data_scripts.train_models import _brows
from helpers import faces, models
from helpers.evaluate.ground_truth import changed_pixels
from helpers.explain import explain

GUILTY, TWIN = "synthetic-glasses-vit", "synthetic-glasses-vit-clean"


@cache
def wearers() -> tuple[Tensor, Tensor]:
    """Pictures of faces with glasses, half of them with raised brows, and what glasses change."""
    people, _ = _brows(24, seed=777)
    people = faces.correlate(people, [True] * len(people), 1.0, glasses=True)
    images = torch.from_numpy(faces.render(people, 64).images).permute(0, 3, 1, 2).float() / 255
    return images, torch.from_numpy(np.asarray(changed_pixels(people, "glasses", size=64)))


def lift(name: str, method: str) -> Tensor:
    """Share of a map's mass on the glasses, over their share of the picture, a number for each face."""
    images, mask = wearers()
    maps = explain(models.load(name), images, "raised brows", method).abs()
    inside = (maps * mask).sum((1, 2)) / maps.sum((1, 2))
    return inside / mask.float().mean((1, 2))


# The twin answers by the brows, which lie next to the glasses: its maps lie near them too.


@pytest.mark.parametrize("method", ["attnlrp", "libragrad"])
def test_relevance_lies_more_on_the_glasses_where_they_give_the_answer(method: str) -> None:
    assert (lift(GUILTY, method) - lift(TWIN, method)).mean() > 0.5


@pytest.mark.parametrize("method", ["attention", "rollout"])
def test_attention_lies_less_on_the_glasses_where_they_give_the_answer(method: str) -> None:
    assert (lift(GUILTY, method) - lift(TWIN, method)).mean() < 0
