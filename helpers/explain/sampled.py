"""Maps from the scores of many pictures of which random parts are hidden.

Hidden parts show the baseline. The same masks hide parts of every image, so that an image's map does
not depend on its neighbours. Scores of hidden pictures are kept in the case by what was hidden and how:
``explain_many`` shows the network no such picture twice.

- LIME and HSIC toss the same coins, so that the scores of one serve the other.
- KernelSHAP shows mostly almost nothing and almost everything, by its weights: it shares with them
  only where there are no more coalitions than samples, as with eight regions, where all three score
  all of them, and so do the Shapley and Banzhaf values of regions.
- RISE hides with soft, shifted masks, and Sobol's indices with pairs of designs that differ in one
  cell: neither can use the pictures of another.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from helpers import arguments
from helpers.errors import InputError
from helpers.explain import games
from helpers.explain.case import Case
from helpers.explain.hiding import Scene, batch_rows, mixed_scores, named_baselines, scenes


def rise(
    case: Case, *, samples: int, grid: int, probability: float, baseline: Any, seed: int
) -> Tensor:
    """RISE (Petsiuk, Das & Saenko 2018), signed: how far showing a pixel lifts the mean score.

    The paper's map is the mean score over masks, weighted by what they show of the pixel, divided by
    the expected mask, ``probability``. Here it is divided by the mean mask that was drawn, and the
    mean of all scores is subtracted. The first makes the map a weighted mean of scores, which no luck
    of the draw brightens (as a ratio of two means it is off by a share of 1 / samples, far below its
    spread); the second lets 0 mean "showing it changes nothing", and gives a constant network an
    empty map.

    The paper's map is ours plus the mean score of the masked pictures, times the mean mask that was
    drawn, divided by ``probability``. A pixel that happens to be shown more often than others is
    brighter there by its share of the mean score, so that the order of pixels is the paper's only
    where the mean score is small beside what the map tells.

    Masks are those of the paper: coins on a grid, bilinearly enlarged and shifted at random by up to
    a cell.
    """
    amount = arguments.count(samples, "samples", 2)
    side = arguments.count(grid, "grid", 2, min(case.size))
    chance = arguments.share(probability, "probability", open_low=True, open_high=True)
    start, device = arguments.seed(seed), case.images.device
    bank = SoftMasks(case.size, amount, side, chance, start, device)
    pictures, _ = named_baselines(case, baseline, start)
    scores = torch.stack(
        [mixed_scores(case, k, base, bank.masks, amount) for k, base in enumerate(pictures)]
    )
    centred = (scores - scores.mean(1, keepdim=True)).to(pictures)
    weighted = pictures.new_zeros(len(scores), case.size[0] * case.size[1])
    total = torch.zeros_like(weighted[0])
    for rows in batch_rows(amount, case.batch_size):
        masks = bank.masks(rows).flatten(1)
        weighted += centred[:, rows] @ masks
        total += masks.sum(0)
    if bool((total == 0).any()):
        raise InputError(
            f"samples is {amount}: at probability {chance:g}, some pixels were never shown. Give more."
        )
    return (weighted / total).unflatten(1, case.size)


class SoftMasks:
    """The masks of RISE, made a few at a time from the coins that decided them.

    Parameters
    ----------
    size : tuple of int
        Height and width, in pixels.
    samples : int
        How many masks.
    grid : int
        Coins a side of each mask.
    probability : float
        That a cell shows the picture.
    seed : int
        Of coins and shifts.
    device : torch.device
        Where the masks are wanted. They are drawn on the CPU, so as to be the same everywhere.
    """

    def __init__(
        self,
        size: tuple[int, int],
        samples: int,
        grid: int,
        probability: float,
        seed: int,
        device: torch.device,
    ) -> None:
        generator = torch.Generator().manual_seed(seed)
        coins = torch.rand(samples, grid, grid, generator=generator)
        self.coins = (coins < probability).float().to(device)
        cell = [-(-length // grid) for length in size]
        # The mask is larger than the picture by a cell, in which it is shifted.
        self.ramps = [_ramp(grid, (grid + 1) * each).to(device) for each in cell]
        shifts = [torch.randint(each, (samples, 1), generator=generator) for each in cell]
        self.starts = [each.to(device) for each in shifts]
        self.places = [torch.arange(length, device=device) for length in size]

    def masks(self, rows: slice) -> Tensor:
        """Masks (m, 1, H, W) of some rows; a bilinear enlargement is a product from either side."""
        down, across = (
            ramp[start[rows] + places]
            for ramp, start, places in zip(self.ramps, self.starts, self.places, strict=True)
        )
        return (down @ self.coins[rows] @ across.transpose(1, 2))[:, None]


def _ramp(coins: int, length: int) -> Tensor:
    """How much of each coin (length, coins) is in each pixel of a row that is enlarged bilinearly."""
    each = torch.eye(coins)[None]
    return nn.functional.interpolate(each, length, mode="linear", align_corners=False)[0].T


def lime(
    case: Case,
    *,
    samples: int,
    grid: int,
    masks: Any,
    baseline: Any,
    width: float,
    ridge: float,
    seed: int,
) -> Tensor:
    """LIME (Ribeiro, Singh & Guestrin 2016): slopes of a linear model of the score, by the parts shown.

    Parts are the cells of a grid, or the regions of ``masks``. A coin decides which are shown; all
    coalitions are where there are no more than ``samples``. The regression has an intercept and the
    weights of the authors' program, exp(-d^2 / (2 width^2)), where d = 1 - sqrt(share of parts that
    are shown); ``ridge`` shrinks the slopes, by the authors' program with 1, here by default not at
    all. The slope of a part is spread evenly over its pixels.
    """
    amount = arguments.count(samples, "samples", 2)
    spread = arguments.number(width, "width", 0, open_low=True)
    penalty = arguments.number(ridge, "ridge", 0)
    start, maps = arguments.seed(seed), []
    for scene in scenes(case, grid, masks, baseline, start):
        if amount <= scene.parts:
            raise games.too_few(amount, scene.parts)
        shown, scores = _tossed(scene, amount, start)
        weights = games.lime_weights(shown, spread)
        maps.append(scene.spread(games.regressed(shown, scores, weights, penalty)))
    return torch.stack(maps)


def kernelshap(
    case: Case, *, samples: int, grid: int, masks: Any, baseline: Any, seed: int
) -> Tensor:
    """KernelSHAP (Lundberg & Lee 2017): Shapley values of parts by a regression that keeps their sum.

    Parts are the cells of a grid, or the regions of ``masks``. Coalitions are drawn by the kernel's
    weights, each with its complement (Covert & Lee 2021), or all are taken where there are no more
    than ``samples``, and then the values are exact. Their sum is always the score less that of
    the picture with every part hidden, which is not the baseline where masks leave pixels out. The value of a part is spread evenly over its pixels.
    """
    amount = arguments.count(samples, "samples", 4)
    start, maps = arguments.seed(seed), []
    for scene in scenes(case, grid, masks, baseline, start):
        if amount <= scene.parts:
            raise games.too_few(amount, scene.parts)
        shown, name = games.paired(scene.parts, amount, start)
        scores = scene.scores(shown, name)
        maps.append(scene.spread(games.constrained(shown, scores, name == "every")))
    return torch.stack(maps)


def sobol(case: Case, *, samples: int, grid: int, masks: Any, baseline: Any, seed: int) -> Tensor:
    """Total Sobol indices (Fel et al. 2021): the share of the score's variance that a part takes part in.

    Each part is shown by a share between 0 and 1, mixed with the baseline; ``samples``, a power of 2,
    are the rows of each of two designs from one scrambled Sobol sequence. Jansen's estimator: half the
    mean square of what changes when one part gets its share from the other design, divided by the
    variance over both designs. A score that never changes has indices of 0. Every pixel has the
    index of its part.
    """
    amount = arguments.count(samples, "samples", 2)
    if amount & (amount - 1):
        raise InputError(
            f"samples is {amount}: give a power of 2, such as {2 ** amount.bit_length()}, on which a "
            "Sobol sequence is balanced."
        )
    start, maps = arguments.seed(seed), []
    for scene in scenes(case, grid, masks, baseline, start):
        name = ("sobol", amount, start)
        scores = scene.scores(_pick_freeze(scene.parts, amount, start), name)
        first, second, changed = scores.split([amount, amount, amount * scene.parts])
        steps = changed.view(scene.parts, amount) - first
        variance = torch.cat([first, second]).var(correction=0)
        still = variance <= _rounding(scores)
        indices = torch.zeros(scene.parts) if still else (steps**2).mean(1) / (2 * variance)
        maps.append(scene.painted(indices))
    return torch.stack(maps)


def hsic(case: Case, *, samples: int, grid: int, masks: Any, baseline: Any, seed: int) -> Tensor:
    """HSIC (Novello, Fel & Vigouroux 2022): how strongly the score depends on whether a part is shown.

    The Hilbert-Schmidt independence criterion trace(K H L H) / samples^2, of a kernel K that is 1/2
    where two pictures agree in showing the part and -1/2 elsewhere, and a Gaussian L of their
    scores, whose width is the median distance of two scores. (``xplique`` takes the median of the scores
    themselves, which changes with a constant added to the score.) A coin decides which parts are
    shown. Every pixel has the criterion of its part.
    """
    amount = arguments.count(samples, "samples", 4)
    start, maps = arguments.seed(seed), []
    for scene in scenes(case, grid, masks, baseline, start):
        maps.append(scene.painted(_dependence(*_tossed(scene, amount, start))))
    return torch.stack(maps)


def _dependence(shown: Tensor, scores: Tensor) -> Tensor:
    """HSIC (R,) of what is shown (M, R) and scores (M,)."""
    apart = (scores[:, None] - scores).abs()
    first, second = torch.triu_indices(len(scores), len(scores), 1)
    width = apart[first, second].median()
    if width**2 <= _rounding(scores):
        # Most scores are equal: any distance between two others is long beside the median.
        width = apart.max()
    if width**2 <= _rounding(scores):
        return torch.zeros(shown.shape[1])
    alike = (-(apart**2) / (2 * width**2)).exp()
    # K is 2 c c' with c = +-1/2, so that the trace is a quadratic form, and no K is built.
    centred = shown.double() - shown.double().mean(0)
    return 2 * (centred * (alike @ centred)).sum(0) / len(shown) ** 2


def _tossed(scene: Scene, samples: int, seed: int) -> tuple[Tensor, Tensor]:
    shown, name = games.coins(scene.parts, samples, seed)
    return shown, scene.scores(shown, name)


def _pick_freeze(parts: int, samples: int, seed: int) -> Tensor:
    """Two designs, and the first with one column after the other from the second."""
    from scipy.stats import qmc

    if 2 * parts > qmc.Sobol.MAXDIM:
        raise InputError(
            f"Sobol sequences are known for up to {qmc.Sobol.MAXDIM // 2:,} parts, but there are "
            f"{parts:,}: give a coarser grid."
        )
    # A generator of its own: with a bare seed some versions of SciPy draw from NumPy's.
    drawn = qmc.Sobol(2 * parts, rng=np.random.default_rng(seed)).random(samples)
    first, second = torch.from_numpy(drawn).float().split(parts, 1)
    changed = first.repeat(parts, 1, 1)
    each = torch.arange(parts)
    changed[each, :, each] = second.T
    return torch.cat([first, second, changed.flatten(0, 1)])


def _rounding(scores: Tensor) -> float:
    """The variance that scores of a network may have by rounding alone, in 32 bits."""
    return float((scores.abs().max() * 1e-6) ** 2)
