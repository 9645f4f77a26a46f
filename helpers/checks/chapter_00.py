"""Checks of chapter 00."""

from typing import Any

import numpy as np
import torch

from helpers.checks.grading import as_array, called, expect, expect_right, graded


@graded("0.1")
def exercise_0_1(brightness: Any) -> str:
    """Mean brightness of each image of a batch."""
    images = torch.rand(5, 3, 7, 11, generator=torch.Generator().manual_seed(1))
    result = called(brightness, images)
    expect(
        np.ndim(result) > 0,
        "one number came back for five images. Average over channels, height and width, and leave "
        "the first dimension alone.",
    )
    grows = (
        "that is the sum of the pixels, which grows with the size of the picture: take the mean."
    )
    expect_right(
        as_array(result, (5,)),
        images.mean((1, 2, 3)),
        "the numbers are not the mean over all channels and pixels of each image.",
        (images.sum((1, 2, 3)), grows),
    )
    return "This is how every exercise of the course answers you."
