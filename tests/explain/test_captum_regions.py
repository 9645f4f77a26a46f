"""Methods of captum that hide parts of a picture: its own calls, brute force, and what is refused."""

from itertools import permutations

import pytest
import torch
from captum import attr
from captum._utils.models.linear_model import SkLearnLasso
from torch import Tensor, nn

from helpers.errors import InputError
from helpers.explain import explain
from tests.networks import pictures

IMAGES = pictures(2, 16)
SIDE = 16


class Scores(nn.Module):
    """Two scores that no linear model can tell."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.flatten = nn.Flatten()
        self.hidden, self.relu = nn.Linear(3 * SIDE * SIDE, 12), nn.Tanh()
        self.head = nn.Linear(12, 2)
        with torch.no_grad():
            self.hidden.weight.mul_(4)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.relu(self.hidden(self.flatten(images))))


MODEL = Scores().eval()
LINEAR = nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE * SIDE, 2)).eval()
TARGETS = [1, 0]


def masks_of() -> Tensor:
    """Three regions of another shape in each image, that leave a part uncovered; one is empty."""
    masks = torch.zeros(2, 4, SIDE, SIDE, dtype=torch.bool)
    masks[0, 0, :4], masks[0, 1, 4:9, :7], masks[0, 2, 10:, 5:] = True, True, True
    masks[1, 0, :, 12:], masks[1, 1, 3:9, :7], masks[1, 3, 12:, 2:6] = True, True, True
    return masks


def numbers(masks: Tensor) -> Tensor:
    """What captum calls a feature mask: uncovered pixels are the last region; no number is left out."""
    shown = [each for each in masks if each.any()]
    found = torch.full(masks.shape[1:], len(shown))
    for number, each in enumerate(shown):
        found[each] = number
    return found


def close(found: Tensor, expected: Tensor, tolerance: float = 1e-5) -> None:
    assert expected.abs().max() > 0
    torch.testing.assert_close(
        found, expected.float(), atol=tolerance * float(expected.abs().max()), rtol=1e-5
    )


def value(shown: Tensor, image: Tensor, start: Tensor, target: int) -> float:
    """The score where only some pixels (H, W) are shown."""
    with torch.no_grad():
        return float(MODEL(torch.where(shown, image, start)[None])[0, target])


# -- as captum's own users call it


@pytest.mark.parametrize("batch_size", [1, 32])
def test_occlusion_is_captums(batch_size: int) -> None:
    ours = explain(
        MODEL, IMAGES, TARGETS, "captum.occlusion", batch_size=batch_size, patch=5, stride=3
    )
    theirs = attr.Occlusion(MODEL).attribute(IMAGES, (3, 5, 5), (3, 3, 3), 0, TARGETS)
    close(ours, theirs[:, 0])


@pytest.mark.parametrize("method", ["feature_ablation", "lime", "kernel_shap", "shapley_sampling"])
@pytest.mark.parametrize("by", ["grid", "masks"])
def test_regions_get_what_captum_gives_them_image_by_image(method: str, by: str) -> None:
    options = {} if method == "feature_ablation" else {"samples": 20, "seed": 3}
    given = {"grid": 2} if by == "grid" else {"masks": masks_of()}
    ours = explain(MODEL, IMAGES, TARGETS, f"captum.{method}", batch_size=7, **given, **options)
    cells = torch.arange(SIDE) // 8
    library = {
        "feature_ablation": attr.FeatureAblation,
        "lime": lambda model: attr.Lime(model, interpretable_model=SkLearnLasso(alpha=0.01)),
        "kernel_shap": attr.KernelShap,
        "shapley_sampling": attr.ShapleyValueSampling,
    }[method]
    for row, (image, target) in enumerate(zip(IMAGES, TARGETS, strict=True)):
        regions = cells[:, None] * 2 + cells if by == "grid" else numbers(masks_of()[row])
        torch.manual_seed(3)
        more = {"n_samples": 20} if options else {}
        theirs = library(MODEL).attribute(
            image[None], target=target, feature_mask=regions[None, None], **more
        )
        close(ours[row], theirs[0, 0], 1e-4)


# -- closed forms and brute force


def test_occlusion_of_one_pixel_of_a_linear_score_is_its_share() -> None:
    start = pictures(1, SIDE, seed=7)[0]
    weights = LINEAR[1].weight[1].detach().view(3, SIDE, SIDE)
    found = explain(LINEAR, IMAGES, 1, "captum.occlusion", patch=1, stride=1, baseline=start)
    close(found, (weights * (IMAGES - start)).sum(1), 1e-4)


@pytest.mark.parametrize("method", ["feature_ablation", "kernel_shap", "shapley_sampling"])
def test_for_a_linear_score_a_region_has_the_sum_of_its_pixels_shares(method: str) -> None:
    start = pictures(1, SIDE, seed=7)[0]
    weights = LINEAR[1].weight[1].detach().view(3, SIDE, SIDE)
    shares = (weights * (IMAGES - start)).sum(1)
    masks = masks_of()
    found = explain(LINEAR, IMAGES, 1, f"captum.{method}", masks=masks, baseline=start)
    for row in range(2):
        regions = numbers(masks[row])
        for number in regions.unique():
            inside = regions == number
            values = found[row][inside]
            assert values.unique().numel() == 1, "every pixel carries its region's value"
            assert float(values[0]) == pytest.approx(float(shares[row][inside].sum()), abs=1e-4)


def shapley_by_enumeration(row: int) -> dict[int, float]:
    regions = numbers(masks_of()[row])
    count = int(regions.max()) + 1
    image, black = IMAGES[row], torch.zeros(3, SIDE, SIDE)
    found = dict.fromkeys(range(count), 0.0)
    orders = list(permutations(range(count)))
    for order in orders:
        shown = torch.zeros(SIDE, SIDE, dtype=torch.bool)
        before = value(shown, image, black, TARGETS[row])
        for number in order:
            shown = shown | (regions == number)
            after = value(shown, image, black, TARGETS[row])
            found[number] += (after - before) / len(orders)
            before = after
    return found


@pytest.mark.parametrize(
    ("method", "samples", "tolerance"), [("kernel_shap", 300, 0.02), ("shapley_sampling", 300, 0.1)]
)
def test_with_many_samples_shapley_values_are_those_of_all_orders(
    method: str, samples: int, tolerance: float
) -> None:
    found = explain(MODEL, IMAGES, TARGETS, f"captum.{method}", masks=masks_of(), samples=samples)
    for row in range(2):
        regions = numbers(masks_of()[row])
        exact = shapley_by_enumeration(row)
        largest = max(abs(each) for each in exact.values())
        total = 0.0
        for number, expected in exact.items():
            have = float(found[row][regions == number][0])
            assert have == pytest.approx(expected, abs=tolerance * largest)
            total += have
        assert total == pytest.approx(sum(exact.values()), abs=1e-3 * largest)


# -- what is refused


@pytest.mark.parametrize(
    ("method", "options", "said"),
    [
        ("integrated_gradients", {"steps": 0}, "steps is 0: give a whole number 1 or more"),
        ("integrated_gradients", {"steps": 2.5}, "steps is 2.5: give a whole number"),
        ("integrated_gradients", {"baseline": "grey"}, "there is no baseline 'grey'"),
        ("integrated_gradients", {"baseline": torch.zeros(3, 8, 8)}, r"baseline is of \(8, 8\) px"),
        ("integrated_gradients", {"step": 3}, "does not take step: its options.*steps"),
        ("saliency", {"samples": 3}, "it has no options"),
        ("smoothgrad", {"samples": 0}, "samples is 0"),
        ("smoothgrad", {"noise": -0.1}, "noise is -0.1: give a number, at least 0"),
        ("vargrad", {"seed": -1}, "seed is -1"),
        ("gradient_shap", {"references": torch.rand(2, 3, 8, 8)}, r"references are of \(8, 8\) px"),
        ("deeplift_shap", {"references": [1, 2]}, "references must be a tensor"),
        ("occlusion", {"patch": 17}, "patch is 17: give a whole number from 1 to 16"),
        ("occlusion", {"patch": 4, "stride": 5}, "stride is 5: give a whole number from 1 to 4"),
        ("feature_ablation", {"grid": 17}, "grid is 17"),
        (
            "feature_ablation",
            {"masks": masks_of()[:1]},
            "masks has 1 entries, but there are 2 image",
        ),
        ("feature_ablation", {"masks": masks_of().float()}, "of True and False"),
        ("feature_ablation", {"masks": masks_of()[..., :8]}, r"masks have shape \(.*, 16, 8\)"),
        ("lime", {"masks": torch.ones(2, 2, SIDE, SIDE).bool()}, "masks overlap.*position 0"),
        (
            "lime",
            {"masks": torch.zeros(2, 2, SIDE, SIDE).bool()},
            "position 0 has no pixel in any mask",
        ),
        ("lime", {"alpha": 0}, "alpha is 0"),
        ("kernel_shap", {"samples": 50}, "regression on 49 regions needs 51 or more"),
        ("kernel_shap", {"grid": 1}, "only one region"),
        ("shapley_sampling", {"samples": 0}, "samples is 0"),
    ],
)
def test_what_a_method_cannot_use_is_refused_in_a_sentence(
    method: str, options: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        explain(MODEL, IMAGES, TARGETS, f"captum.{method}", **options)
