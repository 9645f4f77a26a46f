"""Maps as large as the images."""

from torch import Tensor, nn


def enlarge(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Bilinearly resize maps (N, h, w) to ``size`` (H, W).

    A value stands for the middle of its place, so that the places of a layer cover the picture evenly,
    up to its border. All maps and masks of this package are enlarged in this way, but for those that a
    library hands over enlarged: Xplique enlarges bicubically.
    """
    if tuple(maps.shape[-2:]) == size:
        return maps
    return nn.functional.interpolate(maps[None], size, mode="bilinear", align_corners=False)[0]
