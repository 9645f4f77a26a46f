"""What a picture is compared with: the picture "without" what a method takes away."""

from typing import Any

import torch
from torch import Tensor, nn

from helpers import arguments
from helpers.errors import InputError
from helpers.explain.case import Case
from helpers.models.contract import check_images

NAMES = ("black", "mean", "blur", "noise", "distance")
"""Baselines by name, all of them pictures in [0, 1]:

- black: every channel 0;
- mean: each picture's own mean colour;
- blur: the picture behind a Gaussian whose standard deviation is a tenth of its longer side;
- noise: every value drawn evenly from [0, 1];
- distance: 0 or 1, whichever is farther from the pixel (Sturmfels, Lundberg & Lee 2020).
"""


_STREAM = 0x6E6F6973
"""Turns a seed into that of the noise: a method's own draws from the same seed say nothing of it."""


def baseline_of(case: Case, baseline: Any, seed: int = 0) -> Tensor:
    """Make the baseline of each image.

    Parameters
    ----------
    case : Case
        Whose images (N, 3, H, W) are compared.
    baseline : str or Tensor (3, H, W) or (N, 3, H, W)
        One of :data:`NAMES`, one picture for all images, or one for each image of the call.
    seed : int
        Of the noise, which is the same for each image.

    Returns
    -------
    Tensor (N, 3, H, W) float32
        RGB in [0, 1].

    Raises
    ------
    UnknownName
        If there is no baseline of that name.
    InputError
        If a picture has another size, or is none in [0, 1].
    """
    if hasattr(baseline, "shape"):  # a tensor, or an array that is refused as such
        return _given(case, baseline)
    images = case.images
    name = arguments.choice(baseline, "baseline", NAMES)
    if name == "noise":
        generator = torch.Generator().manual_seed(arguments.seed(seed) ^ _STREAM)
        drawn = torch.rand(images.shape[1:], generator=generator).to(images.device)
        return drawn.expand_as(images)
    if name == "blur":
        return blurred(images, max(case.size) / 10)
    if name == "mean":
        return images.mean((2, 3), keepdim=True).expand_as(images)
    return (images < 0.5).float() if name == "distance" else torch.zeros_like(images)


def blurred(images: Tensor, sigma: float) -> Tensor:
    """Blur pictures (N, 3, H, W) by a Gaussian of ``sigma`` pixels; beyond the edge the edge goes on."""
    reach = max(int(3 * sigma + 0.5), 1)
    places = torch.arange(-reach, reach + 1, device=images.device)
    weights = (-(places.float() ** 2) / (2 * sigma**2)).exp()
    weights = weights / weights.sum()
    padded = nn.functional.pad(images, (reach,) * 4, mode="replicate")
    across = weights.view(1, 1, 1, -1).expand(3, -1, -1, -1)
    along = nn.functional.conv2d(padded, across, groups=3)
    return nn.functional.conv2d(along, across.transpose(2, 3), groups=3)


def _given(case: Case, baseline: Any) -> Tensor:
    pictures: Any = baseline[None] if len(baseline.shape) == 3 else baseline
    check_images(pictures, "baseline")
    pictures = pictures.detach()
    if len(pictures) > 1:
        pictures = case.cut(pictures, "baseline")
    if pictures.shape[1:] != case.images.shape[1:]:
        raise InputError(
            f"baseline is of {tuple(pictures.shape[2:])} px, the images are of {case.size} px: give "
            "pictures of one size."
        )
    return pictures.to(case.images.device).expand_as(case.images)
