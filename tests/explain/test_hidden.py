"""Occlusion and the methods that hide random parts: closed forms, libraries, one image as in a batch."""

import io

import captum.attr
import numpy as np
import pytest
import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from helpers.errors import InputError
from helpers.explain import explain, explain_many, games
from helpers.explain.baselines import baseline_of
from helpers.explain.case import Case
from helpers.explain.hiding import cells, scenes
from helpers.explain.patches import starts
from helpers.explain.relevance import within
from helpers.explain.sampled import SoftMasks
from tests.networks import pictures, small_network

SIDE = 12
SAMPLED = ("rise", "lime", "kernelshap", "sobol", "hsic")
FEW = {
    "rise": {"samples": 60, "grid": 3},
    "lime": {"samples": 60, "grid": 3},
    "kernelshap": {"samples": 60, "grid": 3},
    "sobol": {"samples": 8, "grid": 3},
    "hsic": {"samples": 60, "grid": 3},
    "occlusion": {"patch": 5, "stride": 4},
}


class Weighted(nn.Module):
    """Weighted sums of the pixels: class 0 by the weights, class 1 by their opposite."""

    def __init__(self, weights: Tensor, bias: float = 0.5) -> None:
        super().__init__()
        self.weights = nn.Parameter(weights.flatten(), requires_grad=False)
        self.bias = bias
        self.seen = self.most = 0

    def forward(self, images: Tensor) -> Tensor:
        self.seen += len(images)
        self.most = max(self.most, len(images))
        score = images.flatten(1) @ self.weights + self.bias
        return torch.stack([score, -score], 1)


def weighted(side: int = SIDE, seed: int = 0) -> Weighted:
    generator = torch.Generator().manual_seed(seed)
    return Weighted(torch.randn(3, side, side, generator=generator)).eval()


IMAGES = torch.rand(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


def given(network: Weighted, images: Tensor, baseline: float = 0.0) -> Tensor:
    """What each pixel gives to the score against a grey baseline, (N, H, W)."""
    return ((images - baseline) * network.weights.view(3, *images.shape[2:])).sum(1)


def by_cell(maps: Tensor, grid: int) -> Tensor:
    """Sums over cells, (N, grid^2)."""
    labels = cells((maps.shape[1], maps.shape[2]), grid)
    return torch.zeros(len(maps), grid**2).index_add(1, labels, maps.flatten(1))


# -- occlusion


def test_a_patch_of_one_pixel_gives_what_the_pixel_gives() -> None:
    network = weighted()
    found = explain(network, IMAGES, 0, "occlusion", patch=1, stride=1, baseline="black")
    torch.testing.assert_close(found, given(network, IMAGES), atol=1e-5, rtol=1e-4)


def test_a_pixels_occlusion_is_the_mean_over_the_patches_that_hide_it() -> None:
    network = weighted()
    each, patch, stride = given(network, IMAGES), 5, 3
    corners = [0, 3, 6, 7]  # the last patch is moved in, to end at the border
    assert starts(SIDE, patch, stride) == corners
    falls, cover = torch.zeros_like(each), torch.zeros(SIDE, SIDE)
    for y in corners:
        for x in corners:
            here = (slice(None), slice(y, y + patch), slice(x, x + patch))
            falls[here] += each[here].sum((1, 2), keepdim=True)
            cover[here[1:]] += 1
    assert cover.min() == 1
    found = explain(network, IMAGES, 0, "occlusion", patch=5, stride=3, baseline="black")
    torch.testing.assert_close(found, falls / cover, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(("patch", "stride"), [(16, 8), (8, 5)])
def test_where_patches_end_at_the_border_occlusion_is_that_of_captum(
    patch: int, stride: int
) -> None:
    network, images = small_network(), pictures(2)
    library = captum.attr.Occlusion(network).attribute(
        images,
        sliding_window_shapes=(3, patch, patch),
        strides=(3, stride, stride),
        baselines=0,
        target=1,
    )
    ours = explain(network, images, 1, "occlusion", patch=patch, stride=stride, baseline="black")
    torch.testing.assert_close(ours, library[:, 0], atol=1e-5, rtol=0)


def test_a_patch_that_does_not_fit_and_gaps_between_patches_are_refused() -> None:
    network = weighted()
    for options, said in (
        ({"patch": 13}, "patch is 13 px, but the images are of 12 x 12 px"),
        ({"patch": 4, "stride": 5}, "pixels between patches are never hidden"),
        ({"patch": 4, "stride": 0}, "stride is 0"),
        ({"patch": 0}, "patch is 0"),
    ):
        with pytest.raises(InputError, match=said):
            explain(network, IMAGES, 0, "occlusion", **options)


# -- closed forms of a weighted sum


@pytest.mark.parametrize("method", ["lime", "kernelshap"])
def test_of_a_weighted_sum_a_cell_gets_what_its_pixels_give(method: str) -> None:
    network = weighted()
    found = explain(network, IMAGES, 0, method, baseline="black", **FEW[method])
    expected = by_cell(given(network, IMAGES), 3)
    torch.testing.assert_close(by_cell(found, 3), expected, atol=1e-4, rtol=1e-4)
    one_value = found.unflatten(1, (3, 4)).unflatten(3, (3, 4))
    assert one_value.std((2, 4)).max() < 1e-6, "spread evenly"


def test_kernelshap_sums_to_the_score_less_that_of_the_baseline() -> None:
    network, images = small_network(), pictures(2)
    found = explain(network, images, 1, "kernelshap", samples=40, grid=4, baseline="black")
    with torch.no_grad():
        expected = network(images)[:, 1] - network(torch.zeros_like(images))[:, 1]
    torch.testing.assert_close(found.sum((1, 2)), expected, atol=1e-4, rtol=1e-4)


def test_of_a_weighted_sum_sobols_indices_are_shares_of_the_variance() -> None:
    # Each cell is shown by an even share: its variance is that of its sum, over 12.
    network = weighted()
    sums = by_cell(given(network, IMAGES), 2)
    expected = sums**2 / (sums**2).sum(1, keepdim=True)
    found = explain(network, IMAGES, 0, "sobol", samples=1024, grid=2, baseline="black")
    corners = found[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    torch.testing.assert_close(corners, expected, atol=0.02, rtol=0)


def test_hsic_is_the_trace_of_its_paper() -> None:
    network = small_network()
    image = pictures(1)
    case = Case(network, image, 1, batch_size=16)
    (scene,) = scenes(case, 2, None, "mean")
    found = explain(network, image, 1, "hsic", samples=16, grid=2)
    shown = (torch.arange(16)[:, None] >> torch.arange(4)) % 2  # sixteen coalitions: all of them
    with torch.no_grad():
        mixed = torch.lerp(scene.base, image[0], scene.visible(shown.float()))
        scores = network(mixed)[:, 1].double()
    apart = (scores[:, None] - scores).abs()
    width = torch.tensor([float(apart[i, j]) for i in range(16) for j in range(i)]).median()
    alike = (-(apart**2) / (2 * width.double() ** 2)).exp()
    centring = torch.eye(16).double() - 1 / 16
    for part, (y, x) in enumerate([(0, 0), (0, -1), (-1, 0), (-1, -1)]):
        same = (shown[:, [part]] == shown[:, part]).double() - 0.5
        trace = torch.trace(same @ centring @ alike @ centring) / 16**2
        assert float(found[0, y, x]) == pytest.approx(float(trace), rel=1e-4)


# -- a baseline of noise


def test_noise_has_a_seed_wherever_it_hides_a_part() -> None:
    network, masks = weighted(), torch.zeros(2, 1, SIDE, SIDE, dtype=torch.bool)
    masks[:, :, :5, :7] = True
    for method, options in (("occlusion", FEW["occlusion"]), ("region_ablation", {"masks": masks})):
        found = {
            seed: explain(network, IMAGES, 0, method, baseline="noise", seed=seed, **options)
            for seed in (0, 1)
        }
        assert not torch.allclose(found[0], found[1])
        noise = baseline_of(Case(network, IMAGES), "noise", 1)
        as_picture = explain(network, IMAGES, 0, method, baseline=noise, **options)
        torch.testing.assert_close(found[1], as_picture)


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_noise_says_nothing_of_the_coins_of_the_same_seed(seed: int) -> None:
    images = torch.zeros(1, 3, 40, 40)
    noise = baseline_of(Case(weighted(40), images), "noise", seed).flatten()
    coins = games.coins(48, 100, seed)[0].flatten()
    assert float(((noise < 0.5) == coins).float().mean()) == pytest.approx(0.5, abs=0.04)


# -- RISE


def test_rises_masks_are_those_of_its_paper() -> None:
    bank = SoftMasks((48, 40), 400, 7, 0.3, 0, torch.device("cpu"))
    masks = bank.masks(slice(0, 400))
    assert masks.shape == (400, 1, 48, 40)
    assert masks.min() >= 0
    assert masks.max() <= 1
    assert masks.mean((0, 1)).sub(0.3).abs().max() < 0.12, "each pixel is shown as often, edges too"
    # Enlarged as by PyTorch, to a cell more than the picture, and cut out at the shift.
    large = nn.functional.interpolate(bank.coins[:5, None], (8 * 7, 8 * 6), mode="bilinear")
    for k in range(5):
        y, x = (int(each[k]) for each in bank.starts)
        torch.testing.assert_close(masks[k, 0], large[k, 0, y : y + 48, x : x + 40])
    assert torch.equal(bank.masks(slice(7, 19)), masks[7:19]), "the batch does not matter"


def test_rise_is_the_mean_of_scores_by_what_their_mask_shows_less_the_mean() -> None:
    network = weighted()
    bank = SoftMasks((SIDE, SIDE), 60, 3, 0.5, 0, torch.device("cpu"))
    masks = bank.masks(slice(0, 60))
    with torch.no_grad():
        scores = torch.stack([network(image * masks)[:, 0] for image in IMAGES])
    shown = (scores @ masks.flatten(1)) / masks.flatten(1).sum(0)
    expected = shown - scores.mean(1, keepdim=True)
    found = explain(network, IMAGES, 0, "rise", samples=60, grid=3, baseline="black")
    torch.testing.assert_close(found.flatten(1), expected, atol=1e-4, rtol=1e-3)


def test_the_papers_rise_is_ours_plus_the_mean_score_by_how_often_a_pixel_was_shown() -> None:
    network = Weighted(torch.randn(3, SIDE, SIDE), bias=200).eval()
    bank = SoftMasks((SIDE, SIDE), 60, 3, 0.4, 0, torch.device("cpu"))
    masks = bank.masks(slice(0, 60))
    with torch.no_grad():
        scores = torch.stack([network(image * masks)[:, 0] for image in IMAGES])
    papers = (scores @ masks.flatten(1)).unflatten(1, (SIDE, SIDE)) / (60 * 0.4)
    options = {"samples": 60, "grid": 3, "probability": 0.4, "baseline": "black"}
    ours = explain(network, IMAGES, 0, "rise", **options)
    shown = masks.mean((0, 1)) / 0.4
    torch.testing.assert_close(
        (ours + scores.mean(1)[:, None, None]) * shown, papers, rtol=1e-4, atol=1e-2
    )
    # Of a score that hardly depends on what is shown, the paper's map is the luck of the draw.
    by_luck = [
        torch.corrcoef(torch.stack([each.flatten(), shown.flatten()]))[0, 1] for each in papers
    ]
    assert min(by_luck) > 0.95


def test_the_error_of_rise_falls_with_the_root_of_the_samples() -> None:
    network = weighted()

    def error(samples: int) -> float:
        maps = [
            explain(network, IMAGES, 0, "rise", batch_size=256, samples=samples, grid=3, seed=seed)
            for seed in range(12)
        ]
        return float(torch.stack(maps).std(0).mean())

    assert error(100) / error(1600) == pytest.approx(4, rel=0.35)


# -- a constant, order, seeds, sharing


@pytest.mark.parametrize("method", FEW)
def test_a_network_that_answers_a_constant_has_an_empty_map(method: str) -> None:
    network = Weighted(torch.zeros(3, SIDE, SIDE), bias=1 / 3).eval()
    found = explain(network, IMAGES, 0, method, **FEW[method])
    torch.testing.assert_close(found, torch.zeros_like(found), atol=1e-12, rtol=0)


@pytest.mark.parametrize("method", FEW)
def test_an_image_has_the_map_that_it_has_alone_whatever_the_batch(method: str) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE**2, 8), nn.Tanh(), nn.Linear(8, 3))
    images = pictures(3, SIDE)
    network.eval()
    together = explain(network, images, [0, 1, 2], method, batch_size=32, **FEW[method])
    tolerance = 1e-3 * float(together.abs().max())
    alone = [explain(network, images[[k]], k, method, **FEW[method]) for k in range(3)]
    torch.testing.assert_close(together, torch.cat(alone), atol=tolerance, rtol=0)
    sevens = explain(network, images.flip(0), [2, 1, 0], method, batch_size=2, **FEW[method])
    torch.testing.assert_close(together, sevens.flip(0), atol=tolerance, rtol=0)
    assert float(together[0].std()) > 0


@pytest.mark.parametrize("method", SAMPLED)
def test_a_seed_decides_the_map_and_no_other_generator_moves(method: str) -> None:
    network = weighted()
    torch.manual_seed(5)
    before, numpy = torch.get_rng_state(), str(np.random.get_state())
    first = explain(network, IMAGES, 0, method, **FEW[method], seed=4)
    assert torch.equal(torch.get_rng_state(), before)
    assert str(np.random.get_state()) == numpy
    assert torch.equal(first, explain(network, IMAGES, 0, method, **FEW[method], seed=4))
    other = explain(network, IMAGES, 0, method, **FEW[method], seed=5)
    # A weighted sum is found exactly by a regression, whatever is drawn.
    assert torch.allclose(first, other, atol=1e-4) == (method in ("lime", "kernelshap"))


def test_methods_whose_masks_are_the_same_share_their_scores() -> None:
    network = weighted()

    def passes(methods: dict[str, dict[str, object]]) -> int:
        network.seen = 0
        together = explain_many(network, IMAGES, methods, 0)
        counted = network.seen
        for name, options in methods.items():
            torch.testing.assert_close(together[name], explain(network, IMAGES, 0, name, **options))
        return counted

    hidden = 2 * 60  # two images, sixty masks; the images themselves are two more
    assert passes({"lime": FEW["lime"], "hsic": FEW["hsic"]}) == hidden + 2
    assert passes({"lime": FEW["lime"], "hsic": FEW["hsic"] | {"seed": 1}}) == 2 * hidden + 2
    assert passes({"lime": FEW["lime"], "hsic": FEW["hsic"] | {"baseline": "black"}}) == 242
    # Of four cells there are sixteen coalitions, which are all there is to draw.
    few = {"samples": 16, "grid": 2}
    assert passes({"lime": few, "kernelshap": few, "hsic": few}) == 2 * 16 + 2
    assert passes(FEW) > 4 * hidden


@pytest.mark.parametrize("method", FEW)
def test_the_network_never_sees_more_pictures_than_a_batch(method: str) -> None:
    network = weighted()
    explain(network, IMAGES, 0, method, batch_size=7, **FEW[method])
    assert network.most == 7


def test_a_bar_moves_by_shares_of_its_next_step_and_no_further() -> None:
    with tqdm(total=3, initial=1, file=io.StringIO()) as bar:
        advance = within(bar)
        advance(0.25)
        assert bar.n == 1.25
        advance(0.8)
        advance(1)
        assert bar.n == 2


# -- what is refused


@pytest.mark.parametrize(
    ("method", "options", "said"),
    [
        ("lime", {"samples": 9, "grid": 3}, "samples is 9, and so few"),
        ("kernelshap", {"samples": 9, "grid": 3}, "samples is 9, and so few"),
        ("kernelshap", {"samples": 0}, "samples is 0"),
        ("sobol", {"samples": 24}, "give a power of 2, such as 32"),
        ("rise", {"grid": 13}, "grid is 13"),
        ("lime", {"grid": 13}, "grid is 13"),
        ("rise", {"probability": 50}, "share from 0 to 1, for instance 0.5"),
        ("rise", {"probability": 0.01, "samples": 2}, "some pixels were never shown"),
        ("lime", {"width": 0}, "width is 0"),
        ("hsic", {"seed": -1}, "seed is -1"),
        ("lime", {"masks": torch.ones(2, 1, SIDE, SIDE)}, "True and False"),
    ],
)
def test_options_that_cannot_be_used_are_refused_in_a_sentence(
    method: str, options: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        explain(weighted(), IMAGES, 0, method, **options)


def test_a_picture_of_one_pixel_has_no_grid() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(3, 2)).eval()
    with pytest.raises(InputError, match="grid must be 2 or more, but there is room for 1 at most"):
        explain(model, torch.rand(1, 3, 1, 1), 0, "rise")
