"""The class activation maps, each by the formula of its paper and in its own units.

Five formulas are those of ``grad-cam``, applied to activations and gradients of our own: that library
stretches each map to [0, 1] and drops its negative part before it hands it over. Here maps stay
comparable and the sum of a HiResCAM map is still a share of the logit. It also costs less: the
gradient goes back to the layer that is read and no further, and no gradient of a weight is made.

Five are written here, because ``grad-cam`` (1.5) computes something else than the paper:

- Eigen-CAM: it subtracts each channel's mean first, and leaves the sign to chance.
- Grad-CAM++: it adds a millionth to a denominator that may itself be smaller than that, so that the
  map depends on the unit of the score.
- Score-CAM: it enlarges its masks with aligned corners, which shifts them by up to half a place of
  the layer against every other map, and lets channels vote that are equal everywhere.
- Ablation-CAM: it divides by the score with its sign, so that a class with a negative score gets
  its map upside down.
- FullGrad: see :mod:`helpers.explain.fullgrad`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from helpers.arguments import choice
from helpers.errors import InputError
from helpers.explain.channels import ablation_cam, score_cam
from helpers.explain.fullgrad import fullgrad_maps
from helpers.explain.layers import gradients, read_layer
from helpers.explain.targets import Targets, find_layer, resolve_targets, returns_embeddings
from helpers.models.contract import check_images, plain, plain_state, require_network


@dataclass(frozen=True)
class Cam:
    """One method: its formula and what a reader should know.

    ``formula`` names grad-cam's class; it is empty where the formula is our own.
    """

    formula: str
    signed: bool
    passes: str
    paper: str
    needs_layer: bool = True

    @property
    def library(self) -> str:
        """Whose formula it is."""
        return "grad-cam" if self.formula else "helpers"


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


CAMS: dict[str, Cam] = {
    "gradcam": Cam("GradCAM", False, "1f + 1b", "Selvaraju et al. 2017"),
    "gradcam++": Cam("", False, "1f + 1b", "Chattopadhay et al. 2018"),
    "hirescam": Cam("HiResCAM", True, "1f + 1b", "Draelos & Carin 2020"),
    "layercam": Cam("LayerCAM", False, "1f + 1b", "Jiang et al. 2021"),
    "xgradcam": Cam("XGradCAM", False, "1f + 1b", "Fu et al. 2020"),
    "elementwise": Cam("GradCAMElementWise", False, "1f + 1b", "Pillai & Pirsiavash 2021"),
    "eigencam": Cam("", False, "1f", "Muhammad & Yeasin 2020"),
    "scorecam": Cam("", False, "(K+1)f", "Wang et al. 2020"),
    "ablationcam": Cam("", False, "(K+1)f", "Desai & Ramaswamy 2020"),
    "fullgrad": Cam("", False, "2f + 1b", "Srinivas & Fleuret 2019", needs_layer=False),
}


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
    slopes = gradients(logits, indices, output, name)
    if method == "gradcam++":
        return grad_cam_plus_plus(activations, slopes)
    return _by_the_library(cam.formula, activations, slopes)


def _by_the_library(formula: str, activations: Tensor, slopes: Tensor) -> Tensor:
    import pytorch_grad_cam

    # The formulas look at arrays only; the library wants a network of at least one weight.
    method: Any = getattr(pytorch_grad_cam, formula)(nn.PReLU().eval(), [])
    arrays = (each.cpu().numpy() for each in (activations, slopes))
    with np.errstate(over="ignore", invalid="ignore"):  # layer_maps says so in a sentence
        maps = method.get_cam_image(None, None, None, *arrays, eigen_smooth=False)
    return torch.from_numpy(maps).to(activations.device)
