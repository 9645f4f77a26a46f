"""Values of face regions: closed forms, a library, faces whose painted lips alone matter."""

import captum.attr
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from helpers import faces, models
from helpers.errors import InputError, UnknownName
from helpers.explain import explain, explain_many, region_scores, region_values

SIDE = 10
GENERATOR = torch.Generator().manual_seed(0)
IMAGES = torch.rand(2, 3, SIDE, SIDE, generator=GENERATOR)
METHODS = ("region_ablation", "region_shapley", "region_banzhaf")


def strips(regions: int, side: int = SIDE) -> Tensor:
    """Masks (2, regions, side, side) of upright strips; what is left over belongs to none."""
    width = side // regions
    masks = torch.zeros(2, regions, side, side, dtype=torch.bool)
    for k in range(regions):
        masks[:, k, :, k * width : (k + 1) * width] = True
    return masks


class Curved(nn.Module):
    """A network in which pixels interact."""

    def __init__(self, side: int = SIDE) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.last = nn.Linear(3 * side**2, 6), nn.Linear(6, 3)
        self.seen = 0

    def forward(self, images: Tensor) -> Tensor:
        self.seen += len(images)
        return self.last(torch.tanh(3 * self.first(images.flatten(1))))


MODEL = Curved().eval()


def score(images: Tensor, target: int) -> Tensor:
    with torch.no_grad():
        return MODEL(images)[:, target]


def hidden(masks: Tensor) -> Tensor:
    """The images with all their regions black."""
    return IMAGES * ~masks.any(1, keepdim=True)


# -- independent oracles


def test_shapley_and_ablation_are_those_of_captum() -> None:
    masks = strips(5)
    labels = masks[:1].int().argmax(1, keepdim=True)
    sizes = masks[0].sum((1, 2))
    for method, library in (
        ("region_shapley", captum.attr.ShapleyValues(MODEL)),
        ("region_ablation", captum.attr.FeatureAblation(MODEL)),
    ):
        theirs = library.attribute(IMAGES, target=1, baselines=0, feature_mask=labels)[:, 0]
        ours = explain(MODEL, IMAGES, 1, method, masks=masks, baseline="black")
        area = sizes[labels[0, 0]]
        torch.testing.assert_close(ours * area, theirs, atol=1e-5, rtol=0)


def test_a_map_of_shapley_values_sums_to_what_hiding_all_regions_takes() -> None:
    whole = score(IMAGES, 1) - score(torch.zeros_like(IMAGES), 1)
    for method in ("region_shapley", "kernelshap"):
        # Pixels of no region stay as they are.
        for masks in (strips(3)[:, :2], strips(4)[:, :3]):
            maps = explain(MODEL, IMAGES, 1, method, masks=masks, baseline="black")
            fall = score(IMAGES, 1) - score(hidden(masks), 1)
            torch.testing.assert_close(maps.sum((1, 2)), fall, atol=1e-5, rtol=1e-5)
            assert (maps[~masks.any(1)] == 0).all()
            assert ((fall - whole).abs() > 0.01).any(), "that is not the baseline's score"


def test_tables_hold_the_sums_of_the_maps() -> None:
    masks = strips(4)
    for method in METHODS:
        maps = explain(MODEL, IMAGES, 1, method, masks=masks)
        values = method.removeprefix("region_")
        table = region_values(MODEL, IMAGES, masks, 1, values=values, names=list("abcd"))
        sums = (maps[:, None] * masks).sum((2, 3))
        torch.testing.assert_close(torch.tensor(table.to_numpy()).float(), sums)
        assert list(table) == list("abcd")


def test_of_two_regions_the_values_and_their_interaction_follow_by_hand() -> None:
    masks = strips(2)
    none = score(hidden(masks), 1)
    left, right = (score(hidden(masks[:, [k]]), 1) for k in (1, 0))
    both = score(IMAGES, 1)
    found = region_scores(MODEL, IMAGES, masks, 1, "black")
    for k in range(2):
        expected = torch.stack([none[k], left[k], right[k], both[k]]).double()
        torch.testing.assert_close(found.scores[k], expected, atol=1e-6, rtol=1e-6)
    first = (left - none + both - right) / 2
    for kind in ("shapley", "banzhaf"):
        ours = torch.tensor(found.values(kind)["region 0"].to_numpy()).float()
        torch.testing.assert_close(ours, first, atol=1e-5, rtol=1e-5)
        joint = found.interactions(kind)[:, 0, 1].float()
        torch.testing.assert_close(joint, both - left - right + none, atol=1e-5, rtol=1e-4)


# -- nineteen regions, and regions that an image does not show


def test_drawn_values_of_nineteen_regions_keep_the_sum_and_ignore_what_the_network_ignores() -> (
    None
):
    side = 19
    torch.manual_seed(1)
    model, images = Curved(side).eval(), torch.rand(2, 3, side, side)
    with torch.no_grad():
        model.first.weight.view(6, 3, side, side)[..., 4] = 0  # the fifth strip
    masks = strips(19, side)
    table = region_values(model, images, masks, 0, "black", samples=400)
    assert list(table) == list(faces.REGIONS)
    with torch.no_grad():
        fall = (model(images) - model(torch.zeros_like(images)))[:, 0]
    torch.testing.assert_close(torch.tensor(table.sum(axis=1).to_numpy()).float(), fall)
    assert table["l_ear"].abs().max() < 1e-6
    again = region_values(model, images, masks, 0, "black", samples=400)
    pd.testing.assert_frame_equal(table, again)
    assert not table.equals(region_values(model, images, masks, 0, "black", samples=400, seed=1))
    for call in (
        lambda: region_values(model, images, masks, 0, values="lime"),
        lambda: region_scores(model, images, masks, 0),
    ):
        with pytest.raises(InputError, match=r"19 regions, whose 524,288 .*faces\.merge"):
            call()
    with pytest.raises(InputError, match="samples is 30, and so few"):
        region_values(model, images, masks, 0, samples=30)


def test_a_region_without_pixels_is_no_player() -> None:
    masks = strips(5)
    masks[1, 2] = False
    table = region_values(MODEL, IMAGES, masks, 1)
    assert table.isna().to_numpy().nonzero()[0].tolist() == [1]
    without = region_values(MODEL, IMAGES[1:], masks[1:, [0, 1, 3, 4]], 1)
    expected = pd.Series(without.loc[0].to_numpy(), index=[f"region {k}" for k in (0, 1, 3, 4)])
    pd.testing.assert_series_equal(table.loc[1].dropna(), expected, check_names=False)
    MODEL.seen = 0
    found = region_scores(MODEL, IMAGES, masks, 1)
    assert MODEL.seen == 2**5 + 2**4 + 2
    assert [len(each) for each in found.scores] == [32, 16]
    matrix = found.interactions()
    assert torch.equal(matrix.isnan()[1, 2], torch.ones(5, dtype=torch.bool))
    assert int(matrix.isnan().sum()) == 5 + 5 + 8


# -- batches, sharing, what is refused


@pytest.mark.parametrize("method", METHODS)
def test_masks_go_with_their_images(method: str) -> None:
    masks = strips(4)
    masks[1] = masks[1].flip(0)
    together = explain(MODEL, IMAGES, [0, 1], method, masks=masks)
    pairs = explain(MODEL, IMAGES.flip(0), [1, 0], method, masks=masks.flip(0), batch_size=1)
    torch.testing.assert_close(together, pairs.flip(0), atol=1e-5, rtol=1e-4)
    one = explain(MODEL, IMAGES[1:], 1, method, masks=masks[1:])
    torch.testing.assert_close(together[1:], one, atol=1e-5, rtol=1e-4)


def test_all_values_of_regions_come_from_the_same_scores() -> None:
    masks = strips(4)
    options = {"masks": masks}
    names = ("region_shapley", "region_banzhaf", "kernelshap", "lime", "hsic", "sobol")
    MODEL.seen = 0
    maps = explain_many(MODEL, IMAGES, {name: options for name in names[:5]}, 1)
    assert MODEL.seen == 2 * 16 + 2
    torch.testing.assert_close(maps["kernelshap"], maps["region_shapley"])
    for name in names:
        alone = explain(MODEL, IMAGES, 1, name, **options)
        assert (alone[~masks.any(1)] == 0).all()
        torch.testing.assert_close(maps.get(name, alone), alone)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda masks: None, "needs masks="),
        (lambda masks: masks.numpy(), "masks must be a tensor"),
        (lambda masks: masks.float(), "True and False"),
        (lambda masks: masks[:, 0], r"shape \(2, 10, 10\)"),
        (lambda masks: masks[:, :, :5], r"images are of \(10, 10\) px"),
        (lambda masks: masks[:, :0], "at least one region"),
        (lambda masks: masks[:1], r"1 entries, but there are 2 image"),
        (lambda masks: torch.cat([masks, masks], 1), "masks overlap: 80 pixels .* position 0"),
        (
            lambda masks: masks & torch.tensor([1, 0])[:, None, None, None].bool(),
            "position 1 has no",
        ),
    ],
)
def test_masks_that_cannot_be_used_are_refused(change: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        explain(MODEL, IMAGES, 1, "region_shapley", masks=change(strips(4)))  # type: ignore[operator]
    with pytest.raises(InputError, match=said):
        region_values(MODEL, IMAGES, change(strips(4)), 1)  # type: ignore[operator]


def test_other_mistakes_are_refused_too() -> None:
    with pytest.raises(UnknownName, match="shapely"):
        region_values(MODEL, IMAGES, strips(4), 1, values="shapely")
    with pytest.raises(InputError, match="there are 4 masks, but 2 names"):
        region_values(MODEL, IMAGES, strips(4), 1, names=["a", "b"])
    with pytest.raises(InputError, match=r"image at position 1 has no pixel in any mask"):
        masks = strips(4) & torch.tensor([True, False])[:, None, None, None]
        region_values(MODEL, IMAGES, masks, 1, batch_size=1)


# -- on faces


def test_of_a_network_that_sees_painted_lips_the_mouth_has_nearly_all() -> None:
    drawn = faces.render(faces.sample(1, seed=3, lipstick=True, hat=False, glasses=False), 112)
    images = torch.from_numpy(drawn.images).permute(0, 3, 1, 2) / 255
    masks = torch.from_numpy(faces.merge(drawn.masks))
    masks[:, 0] |= masks[:, [1, 2, 3, 5, 7, 9, 10]].any(1)  # fewer passes: all these are one
    masks = masks[:, [0, 6, 8, 11]]
    network = models.load("synthetic-lips-redness")
    maps = explain(network, images, 1, "region_shapley", masks=masks, batch_size=16)
    inside = (maps.abs() * masks[:, 1]).sum((1, 2)) / maps.abs().sum((1, 2))
    assert (inside > 0.9).all()
    assert (maps * masks[:, 3]).abs().max() < 1e-6, "the background is ignored"
