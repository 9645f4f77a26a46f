"""The class activation maps, each by the formula of its paper and in its own units.

Maps are neither stretched to [0, 1] nor cut, as libraries do before they hand them over: so they
stay comparable, and the sum of a HiResCAM map is still a share of the logit. It also costs less: the
gradient goes back to the layer that is read and no further, and no gradient of a weight is made.

The tests compare five formulas with ``grad-cam`` (1.5). Seven others differ from it, most of them
because it computes something else than the paper:

- Eigen-CAM, its EigenGradCAM and KPCA-CAM: it subtracts each channel's mean first, and leaves the
  sign to chance.
- Grad-CAM++: it adds a millionth to a denominator that may itself be smaller than that, so that the
  map depends on the unit of the score.
- Score-CAM: it enlarges its masks with aligned corners, which shifts them by up to half a place of
  the layer against every other map, and lets channels vote that are equal everywhere.
- Ablation-CAM: it divides by the score with its sign, so that a class with a negative score gets
  its map upside down.
- FullGrad: see :mod:`helpers.explain.fullgrad`.
"""

from collections.abc import Callable
from functools import wraps

import torch
from torch import Tensor

from helpers.explain.case import Case
from helpers.explain.targets import returns_embeddings


def _by_gradient(formula: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Case], Tensor]:
    """Make a method of a formula of activations and gradients, both (N, channels, h, w)."""

    @wraps(formula)
    def method(case: Case) -> Tensor:
        return formula(case.reading().activations, case.slopes())

    return method


def _by_activations(formula: Callable[[Tensor], Tensor]) -> Callable[[Case], Tensor]:
    """Make a method of a formula of activations (N, channels, h, w), whatever the class."""

    @wraps(formula)
    def method(case: Case) -> Tensor:
        activations = case.reading().activations
        # A class that does not exist is refused even where none is needed.
        if case.targets is not None or not returns_embeddings(case.model):
            _ = case.indices
        return formula(activations)

    return method


@_by_gradient
def gradcam(activations: Tensor, slopes: Tensor) -> Tensor:
    """Grad-CAM (Selvaraju 2017): channels weighted by the mean of their gradient."""
    return (slopes.mean((2, 3), keepdim=True) * activations).sum(1)


@_by_gradient
def hirescam(activations: Tensor, slopes: Tensor) -> Tensor:
    """HiResCAM (Draelos & Carin 2020): activation times gradient, place by place."""
    return (slopes * activations).sum(1)


@_by_gradient
def layercam(activations: Tensor, slopes: Tensor) -> Tensor:
    """LayerCAM (Jiang 2021): activation times positive gradient, place by place."""
    return (slopes.clamp_min(0) * activations).sum(1)


@_by_gradient
def xgradcam(activations: Tensor, slopes: Tensor) -> Tensor:
    """XGrad-CAM (Fu 2020): channels weighted by their gradient, averaged by activation."""
    total = activations.sum((2, 3), keepdim=True)
    weights = (slopes * activations).sum((2, 3), keepdim=True) / total
    # A channel that is silent everywhere adds nothing, whatever its weight.
    return (torch.where(total == 0, 0, weights) * activations).sum(1)


@_by_gradient
def elementwise(activations: Tensor, slopes: Tensor) -> Tensor:
    """Positive part of activation times gradient, place by place (Pillai & Pirsiavash 2021)."""
    return (slopes * activations).clamp_min(0).sum(1)


@_by_gradient
def gradcam_plus_plus(activations: Tensor, slopes: Tensor) -> Tensor:
    """Grad-CAM++ of a score whose exponential is explained, as in the paper (Chattopadhay 2018).

    A place's weight is ``g^2 / (2 g^2 + A g^3)``, where g is the gradient at the place and A the sum
    of the channel; written without the powers, which vanish in 32 bits. The paper's common factor,
    the exponential of the score, is left out: it is the same at every place.
    """
    weights = slopes.clamp_min(0) / (2 + activations.sum((2, 3), keepdim=True) * slopes)
    return (weights.sum((2, 3), keepdim=True) * activations).sum(1)


@_by_activations
def eigencam(activations: Tensor) -> Tensor:
    """Eigen-CAM (Muhammad & Yeasin 2020): the strongest pattern of channels, place by place.

    The places' activations, a row each, are projected on their first right singular vector. Nothing
    is subtracted before. ``grad-cam`` subtracts each channel's mean, which makes a principal
    component of it, and takes the sign as it comes.
    """
    return _strongest(activations)


@_by_gradient
def eigengradcam(activations: Tensor, slopes: Tensor) -> Tensor:
    """Eigen-CAM of activation times gradient (``grad-cam``'s EigenGradCAM), not centred either."""
    return _strongest(slopes * activations)


@_by_activations
def kpcacam(activations: Tensor) -> Tensor:
    """KPCA-CAM (Karmani 2024): the strongest component of the places by a sigmoid kernel.

    The kernel of two places is tanh(1 + their product / channels), as in scikit-learn's ``KernelPCA``.
    ``grad-cam`` calls that too, but subtracts each channel's mean from the activations first. A
    component has no sign of its own, and is turned as in Eigen-CAM.
    """
    rows = activations.flatten(2).transpose(1, 2).double()
    kernel = torch.tanh(rows @ rows.transpose(1, 2) / rows.shape[2] + 1)
    means = kernel.mean(1, keepdim=True)
    centred = kernel - means - means.transpose(1, 2) + means.mean(2, keepdim=True)
    values, vectors = torch.linalg.eigh(centred)
    along = vectors[..., -1] * values[:, -1:].clamp_min(0).sqrt()
    return _upright(along, rows.sum(2)).float().unflatten(1, activations.shape[2:])


def _strongest(maps: Tensor) -> Tensor:
    """Places' vectors (N, channels, h, w) along their first right singular vector, (N, h, w)."""
    rows = maps.flatten(2).transpose(1, 2)
    # Of few places and many channels the small matrix of products tells the same as an SVD.
    values, vectors = torch.linalg.eigh((rows @ rows.transpose(1, 2)).double())
    along = (vectors[..., -1] * values[:, -1:].clamp_min(0).sqrt()).float()
    total = rows.sum(2)
    # Behind a ReLU the pattern has one sign, and so has the map. Elsewhere activations of both
    # signs may cancel in a sum, and only how both vary tells which way is up.
    one_sign = (rows >= 0).all(2).all(1)
    summed = (along * total).sum(1) < 0
    along = torch.where((one_sign & summed)[:, None], -along, along)
    along = torch.where(one_sign[:, None], along, _upright(along, total))
    return along.unflatten(1, maps.shape[2:])


def _upright(along: Tensor, total: Tensor) -> Tensor:
    """Turn a pattern, which may point either way, so that it goes up where the activations do."""
    covariance = (along * (total - total.mean(1, keepdim=True))).sum(1, keepdim=True)
    return torch.where(covariance < 0, -along, along)
