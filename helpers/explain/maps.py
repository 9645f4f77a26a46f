"""What every method needs: images that are as they should be, and maps as large as the images."""

import torch
from torch import Tensor, nn

from helpers.errors import InputError


def check_images(images: Tensor) -> None:
    """Refuse anything but a batch of RGB pictures in [0, 1].

    Raises
    ------
    InputError
        Saying what was found instead and how to mend it.
    """
    if not isinstance(images, Tensor) or images.ndim != 4 or images.shape[1] != 3:
        shape = tuple(getattr(images, "shape", ()))
        raise InputError(
            f"images must be a tensor of shape (N, 3, H, W), but got {type(images).__name__} of "
            f"shape {shape}. A single picture needs image[None]."
        )
    if images.dtype != torch.float32 or images.numel() == 0:
        raise InputError(
            f"images must hold at least one picture of 32-bit floats in [0, 1], but got shape "
            f"{tuple(images.shape)} of type {images.dtype}. Divide whole numbers by 255; "
            "images.float() shortens longer floats."
        )
    if not bool(torch.isfinite(images).all()):
        raise InputError("images must be numbers in [0, 1], but some are NaN or infinite")
    if images.min() < -1e-3 or images.max() > 1 + 1e-3:
        raise InputError(
            f"images must lie in [0, 1], but reach from {images.min():.3g} to {images.max():.3g}. "
            "Do not normalise them: models carry their own normalisation."
        )


def enlarge(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Bilinearly resize maps (N, h, w) to ``size`` (H, W)."""
    if tuple(maps.shape[-2:]) == size:
        return maps
    return nn.functional.interpolate(maps[None], size, mode="bilinear", align_corners=False)[0]
