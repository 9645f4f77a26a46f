"""How alike two faces are to a recogniser."""

import torch
from torch import Tensor, nn

from helpers.arguments import same_length
from helpers.errors import InputError
from helpers.models.contract import (
    answers,
    batches,
    check_images,
    class_names,
    plain,
    plain_state,
    require_network,
)


def similarity(
    model: nn.Module, images_a: Tensor, images_b: Tensor, batch_size: int = 64
) -> Tensor:
    """Cosine of the embeddings of pairs of faces, row by row.

    Parameters
    ----------
    model : nn.Module
        In eval mode; returns embeddings (N, D), as ``models.load("mobilefacenet")`` does.
    images_a, images_b : Tensor (N, 3, H, W)
        RGB in [0, 1], aligned as the model needs it (:func:`helpers.preprocessing.align`). Row i of
        one is compared with row i of the other.
    batch_size : int
        Images at a time; memory grows with it.

    Returns
    -------
    Tensor (N,) float32
        In [-1, 1], higher for faces that are more alike. NaN where an embedding is zero and points
        nowhere. Where "the same person" begins is a threshold that has to be measured on pairs whose
        answer is known.

    Raises
    ------
    InputError
        If there are more or fewer images on one side, they are not as above, the model is in
        training mode, cannot be called with them or answers with NaN, or is a classifier: its
        logits say how a face is classified, not whose it is.

    Examples
    --------
    >>> import torch
    >>> from helpers import models
    >>> recogniser, faces = models.load("synthetic-recogniser"), torch.rand(2, 3, 112, 112)
    >>> bool((models.similarity(recogniser, faces, faces) > 0.999).all())
    True
    """
    require_network(model)
    check_images(images_a, "images_a")
    check_images(images_b, "images_b")
    same_length(images_a=images_a, images_b=images_b)
    names = class_names(model)
    if names:
        raise InputError(
            f"the model returns scores of {len(names)} classes, which are no embeddings: "
            "load a recogniser, such as mobilefacenet, or adapt yours with classes=()."
        )
    with plain_state(images_a.device), torch.no_grad():
        one, two = (_directions(model, images, batch_size) for images in (images_a, images_b))
        return (one * two).sum(1).clamp(-1, 1)


def _directions(model: nn.Module, images: Tensor, batch_size: int) -> Tensor:
    """Embeddings of unit length."""
    embedded = torch.cat([answers(model, part) for part in batches(plain(images), batch_size)])
    # In 64 bits no ordinary embedding is too short or too long for its length to be known.
    return (embedded.double() / embedded.double().norm(dim=1, keepdim=True)).float()
