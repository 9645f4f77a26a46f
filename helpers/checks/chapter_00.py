"""Checks of chapter 00."""

from typing import Any

import torch

from helpers.checks.grading import as_tensor, called, close, expect, graded


@graded("0.1")
def exercise_0_1(brightness: Any) -> str:
    """Mean brightness of each image of a batch."""
    images = torch.rand(5, 3, 7, 11, generator=torch.Generator().manual_seed(1))
    result = called(brightness, images)
    whole = torch.as_tensor(result)
    expect(
        whole.ndim > 0 or len(images) == 1,
        "one number came back for five images. Average over channels, height and width, and leave "
        "the first dimension alone.",
    )
    means = as_tensor(result, (5,))
    expect(
        not close(means, images.sum((1, 2, 3))),
        "that is the sum of the pixels, which grows with the size of the picture: take the mean.",
    )
    expect(
        close(means, images.mean((1, 2, 3))),
        "the numbers are not the mean over all channels and pixels of each image.",
    )
    return "This is how every exercise of the course answers you."
