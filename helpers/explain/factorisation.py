"""Deep Feature Factorization: the few patterns that a layer's activations are made of."""

import warnings
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from sklearn.decomposition import NMF
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor, nn

from helpers.arguments import count
from helpers.errors import InputError
from helpers.explain.layers import read
from helpers.explain.maps import enlarge
from helpers.explain.targets import find_layer, returns_embeddings
from helpers.models.contract import (
    batches,
    check_images,
    class_names,
    plain,
    plain_state,
    require_network,
)


@dataclass(frozen=True)
class Factorization:
    """What :func:`factorize` found.

    Attributes
    ----------
    maps : Tensor (N, K, H, W) float32, >= 0
        Where each of the K concepts is present in each image, in units of the activation.
    concepts : Tensor (K, channels) float32
        Each concept as a direction of the layer's channels, of unit length; zero where fewer
        concepts were enough.
    scores : DataFrame
        A row a concept. ``share``: its part of the activation that the concepts explain together,
        over all images. Then one column a class, where the layer feeds a global average pool and the
        linear head ``fc``: what the concept adds, on average over the images, to the class's logit.
        A model that returns embeddings has no such columns.
    error : float
        Relative error of the factorisation, ``|A - WH| / |A|``, from 0 (exact) to 1.
    """

    maps: Tensor
    concepts: Tensor
    scores: pd.DataFrame
    error: float


def factorize(
    model: nn.Module,
    images: Tensor,
    components: int = 4,
    layer: str | None = None,
    batch_size: int = 32,
) -> Factorization:
    """Factor a layer's activations into concepts shared by all the images [1]_.

    Activations of all positions of all images form one matrix, which is factored without negative
    numbers (NMF) into ``components`` channel patterns and their strength at each position.

    Parameters
    ----------
    model : nn.Module
        In eval mode; a classifier or a recogniser, since no class is asked for.
    images : Tensor (N, 3, H, W)
        RGB in [0, 1]. Several images of faces give steadier concepts than one.
    components : int
        Number of concepts, at least 1 and at most the channels and the positions of the layer.
    layer : str, optional
        By default ``model.layer``.
    batch_size : int
        Images that the network is given at a time. The activations of all of them are factored
        together, so the concepts do not depend on it.

    Returns
    -------
    Factorization
        Concepts ordered by their share, the largest first.

    Raises
    ------
    UnknownName
        If the model has no such layer.
    InputError
        If the images, the model or the layer cannot be used, or there are too many components.

    Notes
    -----
    The factorisation is scikit-learn's, from a start that follows from the data, so the same images
    give the same concepts; another set of images gives others. grad-cam has a ``dff`` as well, which
    first subtracts each channel's minimum and later adds it to the concepts: what comes out then no
    longer multiplies to the activations. A concept's class scores say what the head would make of
    it, not what an observer would call it.

    References
    ----------
    .. [1] Collins, Achanta and Süsstrunk. Deep feature factorization for concept discovery.
       ECCV 2018.

    Examples
    --------
    >>> import torch
    >>> from helpers import models
    >>> from helpers.explain import factorize
    >>> found = factorize(models.load("gender-fairface"), torch.rand(2, 3, 112, 112), components=3)
    >>> list(found.scores.columns)
    ['share', 'Male', 'Female']
    """
    check_images(images)
    require_network(model)
    name, module = find_layer(model, layer)
    with plain_state(images.device), torch.no_grad():
        logits, activations = _read_in_batches(model, images, name, module, batch_size)
        components = _require_factorable(activations, components, name)
        concepts, strengths, error = _nmf(activations.cpu(), components)
        scores = _shares(strengths)
        if _feeds_the_head(model, activations, logits) and not returns_embeddings(model):
            scores = scores.join(_class_scores(model, concepts, strengths))
        height, width = images.shape[2:]
        maps = torch.stack([enlarge(each, (height, width)) for each in strengths])
    return Factorization(maps, concepts, scores, error)


def _read_in_batches(
    model: nn.Module, images: Tensor, name: str, module: nn.Module, batch_size: int
) -> tuple[Tensor, Tensor]:
    parts = [read(model, part, name, module) for part in batches(plain(images), batch_size)]
    logits, activations = zip(
        *((each.logits.detach(), each.activations) for each in parts), strict=True
    )
    return torch.cat(logits), torch.cat(activations)


def _require_factorable(activations: Tensor, components: Any, layer: str) -> int:
    images, channels, height, width = activations.shape
    limit = min(channels, images * height * width)
    number = count(components, f"components (for layer {layer!r} and {images} image(s))", 1, limit)
    if not bool(torch.isfinite(activations).all()):
        raise InputError(f"layer {layer!r} has NaN or infinite activations: choose another layer")
    if activations.min() < 0:
        raise InputError(
            f"layer {layer!r} has negative activations, which cannot be factored into parts that only "
            "add up: choose a layer that ends in a ReLU"
        )
    return number


def _nmf(activations: Tensor, components: int) -> tuple[Tensor, Tensor, float]:
    count, channels, height, width = activations.shape
    matrix = activations.permute(0, 2, 3, 1).reshape(-1, channels).double().numpy()
    solver = NMF(components, init="nndsvda", max_iter=2000, tol=1e-4, random_state=0)
    with warnings.catch_warnings():
        # A reader is told by the error how good the factors are, whenever the solver stopped.
        warnings.simplefilter("ignore", ConvergenceWarning)
        strengths = torch.from_numpy(solver.fit_transform(matrix)).float()
    concepts = torch.from_numpy(solver.components_).float()
    # NMF leaves the scale between its two factors open: unit-length concepts put it into the maps.
    lengths = concepts.norm(dim=1).clamp_min(1e-12)
    order = (strengths * lengths).sum(0).argsort(descending=True)
    concepts = (concepts / lengths[:, None])[order]
    maps = (strengths * lengths)[:, order].reshape(count, height, width, components)
    error = float(solver.reconstruction_err_ / max(float(activations.norm()), 1e-12))
    return concepts, maps.permute(0, 3, 1, 2).contiguous(), error


def _shares(maps: Tensor) -> pd.DataFrame:
    totals = maps.sum((0, 2, 3))
    table = pd.DataFrame({"share": (totals / totals.sum().clamp_min(1e-12)).numpy()})
    return table.rename_axis("concept")


def _feeds_the_head(model: nn.Module, activations: Tensor, logits: Tensor) -> bool:
    # Tried out, not read off: layer4.0 has as many channels as layer4, but does not feed the head.
    head = getattr(model, "fc", None)
    if not isinstance(head, nn.Linear) or head.in_features != activations.shape[1]:
        return False
    fed = head(activations.mean((2, 3)))
    return fed.shape == logits.shape and torch.allclose(fed, logits, rtol=1e-3, atol=1e-3)


def _class_scores(model: nn.Module, concepts: Tensor, maps: Tensor) -> pd.DataFrame:
    head = model.fc
    assert isinstance(head, nn.Linear)
    logits = maps.mean((0, 2, 3))[:, None] * (concepts @ head.weight.detach().cpu().T)
    named = class_names(model) or []
    names = named if len(named) == head.out_features else list(map(str, range(head.out_features)))
    return pd.DataFrame(logits.numpy(), columns=names).rename_axis("concept")
