"""Focus: how much of a map lies on the face, and how much would lie there anyway."""

from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from helpers.arguments import finite_array, same_length, shown
from helpers.errors import InputError


def focus_scores(relevance: Tensor, masks: Tensor, index: pd.Index | None = None) -> pd.DataFrame:
    """Share of the positive relevance that lies inside a mask, with two baselines.

    Parameters
    ----------
    relevance : Tensor (N, H, W)
        In any unit: the score does not change when a map is multiplied by a number.
    masks : Tensor (N, H, W) bool
        The face, or any other region, of each image.
    index : Index, optional
        Of the result, one label an image.

    Returns
    -------
    DataFrame
        A row an image, values in [0, 1]:

        ``focus``
            Positive relevance inside the mask over all positive relevance ("relevance mass", Arras
            et al. 2022). NaN for a map without positive relevance: it has no focus, which is not
            the same as a focus of 0.
        ``chance``
            The mask's share of the picture: the focus of a map that is equal everywhere.
        ``centre``
            The focus of a fixed bump in the middle of the picture (a Gaussian with a standard
            deviation of a quarter of the side): the focus of a map that never looked.
        ``others``
            The focus that the mean map of the *other* images has on this mask: what looking at
            faces in general, and not at this one, would give. NaN for a single image.

    Raises
    ------
    InputError
        If the shapes differ, the masks are not of type bool, a map holds NaN, infinity or complex
        numbers, or the index is no list of as many labels.

    Examples
    --------
    >>> import torch
    >>> from helpers.evaluate import focus_scores
    >>> masks = torch.zeros(1, 4, 4, dtype=torch.bool)
    >>> masks[:, :2] = True
    >>> focus_scores(torch.ones(1, 4, 4), masks)[["focus", "chance"]].to_numpy().tolist()
    [[0.5, 0.5]]
    """
    for name, each in {"relevance": relevance, "masks": masks}.items():
        if not isinstance(each, Tensor):
            raise InputError(f"{name} is of type {type(each).__name__}: give a tensor (N, H, W).")
    if relevance.shape != masks.shape or relevance.ndim != 3:
        raise InputError(
            f"relevance and masks must both be (N, H, W), but are {tuple(relevance.shape)} and "
            f"{tuple(masks.shape)}"
        )
    if masks.dtype != torch.bool:
        raise InputError(f"masks must be of type bool, but are {masks.dtype}: write masks > 0")
    labels = np.arange(len(relevance)) if index is None else _labels(index, relevance)
    positive = torch.from_numpy(finite_array(relevance, "relevance")).clamp_min(0)
    inside = torch.from_numpy(finite_array(masks, "masks"))
    scores = {
        "focus": _mass_inside(positive, inside),
        "chance": inside.mean((1, 2)),
        "centre": _mass_inside(_central_bump(positive), inside),
        "others": _mass_inside(_mean_of_others(positive), inside),
    }
    return pd.DataFrame({name: each.numpy() for name, each in scores.items()}, index=labels)


def _labels(index: Any, relevance: Tensor) -> pd.Index:
    try:
        labels = None if isinstance(index, str | bytes | dict | set) else pd.Index(index)
    except (TypeError, ValueError):
        labels = None
    if labels is None:
        raise InputError(f"index is {shown(index)}: give a list of labels, one for each image.")
    same_length(relevance=relevance, index=labels)
    return labels


def _mass_inside(maps: Tensor, inside: Tensor) -> Tensor:
    total = maps.sum((1, 2))
    share = (maps * inside).sum((1, 2)) / total
    return torch.where(total > 0, share, torch.nan)


def _central_bump(maps: Tensor) -> Tensor:
    height, width = maps.shape[1:]
    rows = torch.linspace(-2, 2, height, dtype=maps.dtype, device=maps.device)
    columns = torch.linspace(-2, 2, width, dtype=maps.dtype, device=maps.device)
    bump = torch.exp(-(rows[:, None] ** 2 + columns[None] ** 2) / 2)
    return bump.expand(len(maps), height, width)


def _mean_of_others(maps: Tensor) -> Tensor:
    # Each map counts equally, however strong: otherwise one confident image is "the others".
    total = maps.sum((1, 2), keepdim=True)
    shares = torch.where(total > 0, maps / total, 0.0)
    return shares.sum(0, keepdim=True) - shares
