"""Occlusion: a patch is moved over the picture, and what the score loses is drawn beneath it."""

from typing import Any

import torch
from torch import Tensor

from helpers import arguments
from helpers.errors import InputError
from helpers.explain.case import Case
from helpers.explain.hiding import batch_rows, named_baselines


def occlusion(case: Case, *, patch: int, stride: int, baseline: Any, seed: int) -> Tensor:
    """Occlusion (Zeiler & Fergus 2014): how far the score falls when a patch hides a pixel.

    A pixel's value is the mean fall over the patches that hide it. Patches start every ``stride``
    pixels; the last of a row or column is moved in to end at the border, so that the whole picture is
    covered and every patch is whole. (``captum`` lets it stick out, so that it hides less at the border.)

    Raises
    ------
    InputError
        If the patch is larger than the picture, or steps are longer than it, so that pixels between
        patches would never be hidden.
    """
    height, width = case.size
    side = arguments.count(patch, "patch", 1)
    if side > min(height, width):
        raise InputError(
            f"patch is {side} px, but the images are of {height} x {width} px: give a smaller one."
        )
    step = arguments.count(stride, "stride", 1)
    if step > side:
        raise InputError(
            f"stride is {step} px and patch {side} px, so that pixels between patches are never "
            "hidden: give a stride no longer than the patch."
        )
    corners = [(y, x) for y in starts(height, side, step) for x in starts(width, side, step)]
    pictures, _ = named_baselines(case, baseline, arguments.seed(seed))
    return torch.stack([_map(case, k, base, corners, side) for k, base in enumerate(pictures)])


def starts(length: int, patch: int, stride: int) -> list[int]:
    """Where patches start along one side: every stride, and last where one ends at the border."""
    last = length - patch
    return [*range(0, last, stride), last]


def _map(
    case: Case, position: int, base: Tensor, corners: list[tuple[int, int]], side: int
) -> Tensor:
    image, index = case.images[position], int(case.indices[position])
    whole = float(case.logits[position, index])
    falls, cover = (torch.zeros(case.size, dtype=torch.float64) for _ in range(2))
    buffer = image.new_empty(min(case.batch_size, len(corners)), *image.shape)
    for rows in batch_rows(len(corners), case.batch_size):
        here = [(slice(y, y + side), slice(x, x + side)) for y, x in corners[rows]]
        # Written anew, not mended where patches were: a network may work on its input in place.
        shown = buffer[: len(here)].copy_(image)
        for picture, (down, across) in zip(shown, here, strict=True):
            picture[:, down, across] = base[:, down, across]
        for (down, across), score in zip(here, case.scores(shown, index).tolist(), strict=True):
            falls[down, across] += whole - score
            cover[down, across] += 1
        case.advance(len(here) / len(corners) / len(case.images))
    return (falls / cover).float().to(image.device)
