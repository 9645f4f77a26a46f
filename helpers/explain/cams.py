"""The class activation maps, each by the formula of its paper and in its own units.

Maps are neither stretched to [0, 1] nor cut, as libraries do before they hand them over: so they
stay comparable, and the sum of a HiResCAM map is still a share of the logit. It also costs less: the
gradient goes back to the layer that is read and no further, and no gradient of a weight is made.

The tests compare five formulas with ``grad-cam`` (1.5). Five others differ from it, because it
computes something else than the paper:

- Eigen-CAM: it subtracts each channel's mean first, and leaves the sign to chance.
- Grad-CAM++: it adds a millionth to a denominator that may itself be smaller than that, so that the
  map depends on the unit of the score.
- Score-CAM: it enlarges its masks with aligned corners, which shifts them by up to half a place of
  the layer against every other map, and lets channels vote that are equal everywhere.
- Ablation-CAM: it divides by the score with its sign, so that a class with a negative score gets
  its map upside down.
- FullGrad: see :mod:`helpers.explain.fullgrad`.
"""

import torch
from torch import Tensor, nn

from helpers.arguments import choice
from helpers.errors import InputError
from helpers.explain.channels import ablation_cam, score_cam
from helpers.explain.fullgrad import fullgrad_maps
from helpers.explain.layers import gradients, read_layer
from helpers.explain.methods import CAMS
from helpers.explain.targets import Targets, find_layer, resolve_targets, returns_embeddings
from helpers.models.contract import check_images, plain, plain_state, require_network


def grad_cam(activations: Tensor, slopes: Tensor) -> Tensor:
    """Grad-CAM (Selvaraju 2017): channels weighted by the mean of their gradient."""
    return (slopes.mean((2, 3), keepdim=True) * activations).sum(1)


def hires_cam(activations: Tensor, slopes: Tensor) -> Tensor:
    """HiResCAM (Draelos & Carin 2020): activation times gradient, place by place."""
    return (slopes * activations).sum(1)


def layer_cam(activations: Tensor, slopes: Tensor) -> Tensor:
    """LayerCAM (Jiang 2021): activation times positive gradient, place by place."""
    return (slopes.clamp_min(0) * activations).sum(1)


def x_grad_cam(activations: Tensor, slopes: Tensor) -> Tensor:
    """XGrad-CAM (Fu 2020): channels weighted by their gradient, averaged by activation."""
    total = activations.sum((2, 3), keepdim=True)
    weights = (slopes * activations).sum((2, 3), keepdim=True) / total
    # A channel that is silent everywhere adds nothing, whatever its weight.
    return (torch.where(total == 0, 0, weights) * activations).sum(1)


def elementwise_cam(activations: Tensor, slopes: Tensor) -> Tensor:
    """Positive part of activation times gradient, place by place (Pillai & Pirsiavash 2021)."""
    return (slopes * activations).clamp_min(0).sum(1)


def grad_cam_plus_plus(activations: Tensor, slopes: Tensor) -> Tensor:
    """Grad-CAM++ of a score whose exponential is explained, as in the paper (Chattopadhay 2018).

    A place's weight is ``g^2 / (2 g^2 + A g^3)``, where g is the gradient at the place and A the sum
    of the channel; written without the powers, which vanish in 32 bits. The paper's common factor,
    the exponential of the score, is left out: it is the same at every place.
    """
    positive = slopes.clamp_min(0)
    weights = positive / (2 + activations.sum((2, 3), keepdim=True) * slopes)
    return (weights.sum((2, 3), keepdim=True) * activations).sum(1)


def eigen_cam(activations: Tensor) -> Tensor:
    """Eigen-CAM (Muhammad & Yeasin 2020): the strongest pattern of channels, place by place.

    The places' activations, a row each, are projected on their first right singular vector. Nothing
    is subtracted before. A singular vector may point either way: the map goes up where the layer's
    activation does. ``grad-cam`` subtracts each channel's mean, which makes a principal component of
    it, and takes the sign as it comes.
    """
    rows = activations.flatten(2).transpose(1, 2)
    first = torch.linalg.svd(rows, full_matrices=False)[2][:, 0]
    along, total = (rows @ first[:, :, None])[:, :, 0], rows.sum(2)
    # Behind a ReLU the pattern has one sign, and so has the map. Elsewhere activations of both
    # signs may cancel in a sum, and only how both vary tells which way is up.
    varied = along * (total - total.mean(1, keepdim=True))  # sums to the covariance
    agreement = torch.where((rows >= 0).all(2).all(1), (along * total).sum(1), varied.sum(1))
    along = torch.where(agreement[:, None] < 0, -along, along)
    return along.unflatten(1, activations.shape[2:])


_FORMULAS = {
    "gradcam": grad_cam,
    "gradcam++": grad_cam_plus_plus,
    "hirescam": hires_cam,
    "layercam": layer_cam,
    "xgradcam": x_grad_cam,
    "elementwise": elementwise_cam,
}
"""Those that follow from activations (N, channels, h, w) and their gradients alone."""


def layer_maps(
    model: nn.Module,
    images: Tensor,
    targets: Targets = None,
    method: str = "hirescam",
    layer: str | None = None,
) -> Tensor:
    """Maps at the resolution of the layer, before they are enlarged to the image.

    At this resolution sums mean something: when the layer is followed by global average pooling and a
    linear head, the sum of a HiResCAM map plus the bias is the logit.

    Parameters
    ----------
    model : nn.Module
        In eval mode; takes images in [0, 1] and returns logits (N, classes).
    images : Tensor (N, 3, H, W)
        RGB in [0, 1].
    targets : None, int, str, or one of them per image
        The class that is explained, by index or by name; None means the predicted class.
    method : str
        One of the class activation maps.
    layer : str, optional
        Dotted name of the layer whose activations are read; by default ``model.layer``.

    Returns
    -------
    Tensor (N, h, w) float32
        Signed for HiResCAM; for the others the negative part is cut off, as in their papers.
        FullGrad has no layer: its maps are as large as the image.

    Raises
    ------
    UnknownName
        If there is no such method, layer or class.
    InputError
        If the images, the model, the targets or the layer cannot be used, or a map would hold NaN
        or infinity.
    """
    choice(method, "method", CAMS)
    check_images(images)
    require_network(model)
    with plain_state(images.device):
        maps = _maps(model, plain(images), targets, method, layer)
        maps = maps if CAMS[method].signed else maps.clamp_min(0)
    if not bool(torch.isfinite(maps).all()):
        raise InputError(
            f"{method} gives a map of NaN or infinite numbers: a gradient or an activation of the "
            "network is too large for 32-bit numbers, or a sum that the method divides by is 0."
        )
    return maps


def _maps(
    model: nn.Module, images: Tensor, targets: Targets, method: str, layer: str | None
) -> Tensor:
    cam = CAMS[method]
    if not cam.needs_layer:
        return fullgrad_maps(model, images, targets)
    name, module = find_layer(model, layer)
    with torch.set_grad_enabled("b" in cam.passes):
        logits, output = read_layer(model, images, module)
    activations = output.detach().float()
    if method == "eigencam" and targets is None and returns_embeddings(model):
        return eigen_cam(activations)  # the one map that needs no answer
    indices = resolve_targets(model, logits, targets)
    if method == "scorecam":
        return score_cam(model, images, indices, activations)
    if method == "ablationcam":
        return ablation_cam(model, images, indices, activations, module, logits)
    if method == "eigencam":
        return eigen_cam(activations)
    return _FORMULAS[method](activations, gradients(logits, indices, output, name))
