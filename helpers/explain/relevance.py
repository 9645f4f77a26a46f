"""One call for every attribution method."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from helpers.arguments import choice
from helpers.errors import InputError
from helpers.explain.cams import layer_maps
from helpers.explain.maps import enlarge
from helpers.explain.methods import CAMS
from helpers.explain.targets import Targets, one_per_image
from helpers.models.contract import batches, check_images, plain_state, require_network


def explain(
    model: nn.Module,
    images: Tensor,
    targets: Targets = None,
    method: str = "gradcam",
    layer: str | None = None,
    batch_size: int = 32,
    **options: Any,
) -> Tensor:
    """Relevance maps of images for a model's score.

    Parameters
    ----------
    model : nn.Module
        In eval mode; takes images in [0, 1] and returns logits (N, classes).
    images : Tensor (N, 3, H, W)
        RGB in [0, 1].
    targets : None, int, str, or one of them per image
        The class that is explained, by index or by name; None means the predicted class.
    method : str
        A name in :data:`METHODS`.
    layer : str, optional
        Dotted name of the layer whose activations a CAM reads; by default ``model.layer``.
    batch_size : int
        Images at a time; memory grows with it.
    **options
        Of the method. None of today's methods has any.

    Returns
    -------
    Tensor (N, H, W) float32
        In the method's own units, as large as the images; bilinearly enlarged from the layer's
        resolution.

    Raises
    ------
    UnknownName
        If there is no such method, layer or class.
    InputError
        If ``images`` does not have the shape or range above, the model is in training mode, cannot
        be called with them or answers with NaN, the layer has no maps of its own, there are more or
        fewer targets than images, or an option that the method does not have.

    Notes
    -----
    Inference mode, autocast and switched-off gradients of the caller change nothing: maps are
    computed in 32 bits, with the gradients that a method needs.

    Examples
    --------
    >>> import torch
    >>> from helpers import models
    >>> from helpers.explain import explain
    >>> images = torch.rand(2, 3, 112, 112)
    >>> explain(models.load("gender-fairface"), images, "Female", method="hirescam").shape
    torch.Size([2, 112, 112])
    """
    choice(method, "method", CAMS)
    if options:
        raise InputError(f"{', '.join(options)}: {method} has no options.")
    check_images(images)
    require_network(model)
    parts = batches(images, batch_size)
    with plain_state(images.device):
        maps = [
            layer_maps(model, part, part_targets, method, layer)
            for part, part_targets in zip(parts, _split(targets, parts), strict=True)
        ]
        height, width = images.shape[2:]
        return enlarge(torch.cat(maps), (height, width))


def _split(targets: Targets, parts: Sequence[Tensor]) -> list[Targets]:
    """The targets of each batch of images."""
    if targets is None:
        return [None] * len(parts)
    each = iter(one_per_image(targets, sum(map(len, parts))))
    return [[next(each) for _ in part] for part in parts]
