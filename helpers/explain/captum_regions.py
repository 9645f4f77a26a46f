"""Methods of ``captum`` that only ask for answers: parts of a picture are hidden, one way or another.

The parts are cells of a grid, or regions that masks give. Every pixel of a region carries the region's
value, which is not divided by its size. Pixels that no mask covers are one more region, so that all
regions together are the whole picture; a region that is empty in an image takes no part there.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from helpers import arguments
from helpers.errors import InputError
from helpers.explain.baselines import baseline_of
from helpers.explain.captum_methods import quiet
from helpers.explain.case import Case
from helpers.explain.hiding import require_masks
from helpers.models.contract import answers


def occlusion(case: Case, *, patch: int, stride: int, baseline: Any, seed: int) -> Tensor:
    """What the score loses behind a patch, the mean of the patches over a pixel (Zeiler & Fergus 2014).

    Patches at the right and lower edge may reach beyond the picture.
    """
    from captum.attr import Occlusion

    patch = arguments.count(patch, "patch", 1, min(case.size))
    stride = arguments.count(stride, "stride", 1, patch)
    start = baseline_of(case, baseline, seed)
    with quiet():
        found = Occlusion(_answers(case)).attribute(
            case.images,
            sliding_window_shapes=(3, patch, patch),
            strides=(3, stride, stride),
            baselines=start,
            target=case.indices,
            perturbations_per_eval=max(case.batch_size // len(case.images), 1),
        )
    return found[:, 0].float()


def feature_ablation(case: Case, *, grid: int, masks: Any, baseline: Any, seed: int) -> Tensor:
    """What the score loses without each region."""
    from captum.attr import FeatureAblation

    return _by_image(case, FeatureAblation(_answers(case)), grid, masks, baseline, seed)


def lime(
    case: Case, *, samples: int, grid: int, masks: Any, baseline: Any, alpha: float, seed: int
) -> Tensor:
    """Weights of a sparse linear model of the score by the regions that are shown (Ribeiro 2016).

    The model is a lasso with penalty ``alpha`` (in the score's unit), fitted to ``samples`` pictures of
    which each region is shown with probability one half, weighed by their likeness to the image. The
    default penalty is captum's: where no region moves the score by about as much, the map is 0
    everywhere, and a smaller ``alpha`` shows more.
    """
    from captum._utils.models.linear_model import SkLearnLasso
    from captum.attr import Lime

    samples = arguments.count(samples, "samples", 2)
    alpha = arguments.number(alpha, "alpha", 0, open_low=True)
    method = Lime(_answers(case), interpretable_model=SkLearnLasso(alpha=alpha))
    return _by_image(case, method, grid, masks, baseline, seed, samples=samples)


def kernel_shap(
    case: Case, *, samples: int, grid: int, masks: Any, baseline: Any, seed: int
) -> Tensor:
    """Shapley values of the regions by weighted regression (Lundberg & Lee 2017).

    The regions' values sum to the score less the baseline's, to which captum gives a weight of a
    million; each comes closer to the Shapley value with more samples.
    """
    from captum.attr import KernelShap

    samples = arguments.count(samples, "samples", 2)
    method = KernelShap(_answers(case))
    return _by_image(case, method, grid, masks, baseline, seed, samples=samples, least=2)


def shapley_sampling(
    case: Case, *, samples: int, grid: int, masks: Any, baseline: Any, seed: int
) -> Tensor:
    """Shapley values of the regions: means over ``samples`` orders (Castro et al. 2009).

    In each order the regions' gains sum to the score less the baseline's, so their means do too.
    """
    from captum.attr import ShapleyValueSampling

    samples = arguments.count(samples, "samples")
    method = ShapleyValueSampling(_answers(case))
    return _by_image(case, method, grid, masks, baseline, seed, samples=samples)


def regions_of(case: Case, grid: int, masks: Any) -> list[Tensor]:
    """Number of the region of each pixel, (H, W) int64 for each image, from 0 without gaps.

    Raises
    ------
    InputError
        If ``masks`` are no masks of these images, overlap or cover nothing of an image, or there are
        more cells than pixels a side.
    """
    height, width = case.size
    if masks is None:
        cells = arguments.count(grid, "grid", 1, min(case.size))
        down = torch.arange(height, device=case.images.device) * cells // height
        across = torch.arange(width, device=case.images.device) * cells // width
        return [down[:, None] * cells + across] * len(case.images)
    return [_numbered(each) for each in require_masks(case, masks)]


def _numbered(masks: Tensor) -> Tensor:
    """From masks (R, H, W) to the number of each pixel's region."""
    # A pixel that no mask covers is in the last region.
    numbers = torch.where(masks.any(0), masks.int().argmax(0), len(masks))
    _, dense = numbers.unique(return_inverse=True)
    return dense


def _by_image(
    case: Case,
    method: Any,
    grid: int,
    masks: Any,
    baseline: Any,
    seed: int,
    samples: int | None = None,
    least: int = 1,
) -> Tensor:
    """Ask captum about one image at a time, for each has regions of its own."""
    start = baseline_of(case, baseline, seed)
    maps = []
    regions = regions_of(case, grid, masks)
    for row, (image, index) in enumerate(case.one_by_one()):
        _refuse_few(regions[row], least, samples, method)
        more = {} if samples is None else {"n_samples": samples}
        with quiet(), _drawing(arguments.seed(seed)):
            found = method.attribute(
                image[None],
                baselines=start[row][None],
                target=index,
                feature_mask=regions[row][None, None],
                perturbations_per_eval=case.batch_size,
                **more,
            )
        maps.append(found[0, 0].float())
    return torch.stack(maps)


def _refuse_few(regions: Tensor, least: int, samples: int | None, method: Any) -> None:
    count = int(regions.max()) + 1
    if count < least:
        raise InputError("there is only one region, but shares of several are asked for.")
    if least > 1 and samples is not None and samples < count + 2:
        raise InputError(
            f"samples is {samples}: a regression on {count} regions needs {count + 2} or more."
        )


def _answers(case: Case) -> Callable[[Tensor], Tensor]:
    return lambda pictures: answers(case.model, pictures)


@contextmanager
def _drawing(seed: int) -> Iterator[None]:
    """Let captum draw from the shared generators, which go on afterwards as if it had not."""
    before = np.random.get_state()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        np.random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(before)
