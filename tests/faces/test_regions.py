import numpy as np
import pytest
import torch

from helpers import faces
from helpers.errors import InputError
from helpers.faces.regions import MERGED, REGIONS


def test_twelve_regions_hold_each_of_the_nineteen_once() -> None:
    held = [each for parts in MERGED.values() for each in parts]
    assert len(MERGED) == 12
    assert sorted(held) == sorted(REGIONS)


def test_merged_masks_are_disjoint_and_cover_what_the_nineteen_cover() -> None:
    people = faces.sample(4, seed=2, earrings=True, necklace=True)
    masks = faces.render(people, size=64).masks
    before = masks.copy()
    merged = faces.merge(masks)
    assert np.array_equal(masks, before), "what was given is left as it was"
    assert np.array_equal(merged.sum(1), masks.sum(1))
    for k, parts in enumerate(MERGED.values()):
        union = np.logical_or.reduce([masks[:, REGIONS.index(each)] for each in parts])
        assert np.array_equal(merged[:, k], union)
    tensors = faces.merge(torch.from_numpy(masks))
    assert torch.equal(tensors, torch.from_numpy(merged))


@pytest.mark.parametrize(
    "wrong", [None, np.ones((2, 19, 4, 4)), np.ones((2, 12, 4, 4), bool), np.ones((19, 4, 4), bool)]
)
def test_anything_but_nineteen_masks_is_refused(wrong: object) -> None:
    with pytest.raises(InputError, match=r"\(N, 19, H, W\)"):
        faces.merge(wrong)
