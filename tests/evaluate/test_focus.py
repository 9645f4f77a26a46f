import numpy as np
import pandas as pd
import pytest
import torch

from helpers.errors import InputError
from helpers.evaluate import focus_scores


def masks(count: int = 3, side: int = 20) -> torch.Tensor:
    """Boxes of different sizes and places."""
    boxes = torch.zeros(count, side, side, dtype=torch.bool)
    for row in range(count):
        boxes[row, 2 : 10 + row, 3 + row : 15] = True
    return boxes


FACES = masks()
MAPS = torch.rand(3, 20, 20, generator=torch.Generator().manual_seed(0)) ** 4


def test_a_map_that_is_equal_everywhere_has_the_focus_of_chance() -> None:
    scores = focus_scores(torch.ones(3, 20, 20), FACES)
    np.testing.assert_allclose(scores["focus"], scores["chance"])
    np.testing.assert_allclose(scores["chance"], FACES.double().mean((1, 2)))


def test_a_map_that_lies_inside_has_focus_one_and_outside_zero() -> None:
    assert focus_scores(MAPS * FACES, FACES)["focus"].tolist() == pytest.approx([1, 1, 1])
    assert focus_scores(MAPS * ~FACES, FACES)["focus"].tolist() == [0, 0, 0]


def test_focus_counts_only_evidence_for_the_class() -> None:
    against = torch.where(FACES, MAPS, -1.0)
    assert focus_scores(against, FACES)["focus"].tolist() == pytest.approx([1, 1, 1])


def test_focus_does_not_depend_on_the_unit_of_each_map() -> None:
    scaled = MAPS * torch.tensor([1e-12, 1.0, 1e12])[:, None, None]
    pd.testing.assert_frame_equal(focus_scores(scaled, FACES), focus_scores(MAPS, FACES), rtol=1e-5)


def test_an_empty_map_has_no_focus_which_is_not_a_focus_of_zero() -> None:
    maps = MAPS.clone()
    maps[1] = 0
    maps[2] = -1
    scores = focus_scores(maps, FACES)
    assert scores["focus"].isna().tolist() == [False, True, True]
    # The only map with anything in it is the first: it is "the others" of the rest, not of itself.
    assert scores["others"].isna().tolist() == [True, False, False]
    assert scores[["chance", "centre"]].notna().all().all()


def test_the_others_of_an_image_leave_out_its_own_map() -> None:
    scores = focus_scores(MAPS, FACES)
    changed = MAPS.clone()
    changed[0] = torch.rand(20, 20)
    after = focus_scores(changed, FACES)
    assert after["others"][0] == pytest.approx(scores["others"][0])
    assert after["others"][1] != pytest.approx(scores["others"][1], abs=1e-6)
    shares = MAPS / MAPS.sum((1, 2), keepdim=True)
    expected = (((shares[1] + shares[2]) / 2) * FACES[0]).sum()
    assert scores["others"][0] == pytest.approx(float(expected), rel=1e-5)


def test_a_single_image_has_no_others() -> None:
    assert focus_scores(MAPS[:1], FACES[:1])["others"].isna().all()


def test_the_central_bump_is_the_same_for_every_image_and_favours_the_middle() -> None:
    middle, corner = torch.zeros(2, 20, 20, dtype=torch.bool)
    middle[5:15, 5:15] = True
    corner[:10, :10] = True
    scores = focus_scores(MAPS[:2], torch.stack([middle, corner]))
    assert scores["chance"].tolist() == [0.25, 0.25]
    assert scores["centre"][0] > 0.4
    assert scores["centre"][1] == pytest.approx(0.25)


def test_rows_carry_the_index_of_the_data_set() -> None:
    index = pd.Index(["val/1.jpg", "val/2.jpg", "val/3.jpg"], name="file")
    assert focus_scores(MAPS, FACES, index).index.equals(index)
    assert focus_scores(MAPS.requires_grad_(), FACES).index.tolist() == [0, 1, 2]


def test_maps_and_masks_of_different_shape_or_type_are_refused() -> None:
    with pytest.raises(InputError, match=r"\(3, 20, 20\) and \(2, 20, 20\)"):
        focus_scores(MAPS, FACES[:2])
    with pytest.raises(InputError, match=r"\(N, H, W\)"):
        focus_scores(MAPS[0], FACES[0])
    with pytest.raises(InputError, match="bool"):
        focus_scores(MAPS, 255 * FACES.byte())
    with pytest.raises(InputError, match="relevance is of type ndarray"):
        focus_scores(MAPS.detach().numpy(), FACES)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="masks is of type NoneType"):
        focus_scores(MAPS, None)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="relevance has 3 values but index has 2"):
        focus_scores(MAPS, FACES, pd.Index(["a", "b"]))
    with pytest.raises(InputError, match="relevance must hold numbers"):
        focus_scores(MAPS.detach() * 1j, FACES)
    for odd in ("abc", 3, {"a", "b", "c"}, {"a": 1, "b": 2, "c": 3}, np.zeros((3, 2)), object()):
        with pytest.raises(InputError, match="index is .* give a list of labels"):
            focus_scores(MAPS, FACES, odd)  # type: ignore[arg-type]


def test_a_mask_taken_as_a_map_lies_on_itself_and_on_the_share_of_another_that_it_meets() -> None:
    rows, columns = torch.zeros(2, 4, 4, dtype=torch.bool)
    rows[:2], columns[:, :1] = True, True
    for maps in (torch.stack([rows, rows]), torch.stack([rows, rows]).to(torch.int8)):
        found = focus_scores(maps, torch.stack([rows, columns]), ["a", "b"])  # type: ignore[arg-type]
        assert found["focus"].to_dict() == {"a": 1.0, "b": 0.25}


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_a_map_that_is_not_finite_lies_nowhere(value: float) -> None:
    broken = MAPS.detach().clone()
    broken[1, 0, 0] = value
    with pytest.raises(InputError, match="NaN or infinite"):
        focus_scores(broken, FACES)


def test_the_central_bump_has_a_standard_deviation_of_a_quarter_of_the_side() -> None:
    # From -2 to 2 standard deviations along each side, which has an odd number of pixels.
    side = 201
    inside = torch.zeros(1, side, side, dtype=torch.bool)
    reach = round((side - 1) / 4)
    inside[:, 100 - reach : 101 + reach] = True
    within_one = torch.erf(torch.tensor(0.5**0.5)) / torch.erf(torch.tensor(2**0.5))
    found = focus_scores(torch.ones(1, side, side), inside)["centre"][0]
    assert found == pytest.approx(float(within_one), abs=0.01)
