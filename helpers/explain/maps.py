"""Maps as large as the images."""

from torch import Tensor, nn


def enlarge(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Bilinearly resize maps (N, h, w) to ``size`` (H, W).

    Every map and every mask of this package is enlarged in this way: a value stands for the middle
    of its place, so that the places of a layer cover the picture evenly, up to its border.
    """
    if tuple(maps.shape[-2:]) == size:
        return maps
    return nn.functional.interpolate(maps[None], size, mode="bilinear", align_corners=False)[0]
