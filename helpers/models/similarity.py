"""How alike two faces are to a recogniser."""

import torch
from torch import Tensor, nn

from helpers.errors import InputError


def similarity(
    model: nn.Module, images_a: Tensor, images_b: Tensor, batch_size: int = 64
) -> Tensor:
    """Cosine of the embeddings of pairs of faces, row by row.

    Parameters
    ----------
    model : nn.Module
        Returns embeddings (N, D), as ``models.load("mobilefacenet")`` does.
    images_a, images_b : Tensor (N, 3, H, W)
        RGB in [0, 1], aligned as the model needs it (:func:`helpers.preprocessing.align`). Row i of
        one is compared with row i of the other.
    batch_size : int
        Images at a time; memory grows with it.

    Returns
    -------
    Tensor (N,) float32
        In [-1, 1], higher for faces that are more alike. Where "the same person" begins is a
        threshold that has to be measured on pairs whose answer is known.

    Raises
    ------
    InputError
        If there are more or fewer images on one side, or the model is a classifier: its logits say
        how a face is classified, not whose it is.
    """
    if len(images_a) != len(images_b) or len(images_a) == 0:
        raise InputError(
            f"pairs are compared row by row, but there are {len(images_a)} images on one side and "
            f"{len(images_b)} on the other"
        )
    if getattr(model, "classes", ()):
        raise InputError(
            f"the model returns scores of {len(model.classes)} classes, which are no embeddings: "  # type: ignore[arg-type]  # of tuple
            "load a recogniser, such as mobilefacenet, or adapt yours with classes=()."
        )
    return nn.functional.cosine_similarity(
        _embedded(model, images_a, batch_size), _embedded(model, images_b, batch_size)
    )


def _embedded(model: nn.Module, images: Tensor, batch_size: int) -> Tensor:
    with torch.no_grad():
        return torch.cat([model(part) for part in images.split(batch_size)])
