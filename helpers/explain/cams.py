"""The class activation maps, their formulas taken from ``grad-cam`` and their units kept.

That library stretches each map to [0, 1] and drops its negative part before it hands it over. Here
its formula is applied to activations and gradients of our own, so that maps stay comparable and the
sum of a HiResCAM map is still a share of the logit. It also costs less: the gradient goes back to the
layer that is read and no further, and no gradient of a weight is made.
"""

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytorch_grad_cam as library
import torch
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import Tensor, nn

from helpers.errors import InputError, unknown_name
from helpers.explain.maps import check_images
from helpers.explain.targets import Targets, find_layer, resolve_targets


@dataclass(frozen=True)
class Cam:
    """One method: the library's class for it and what a reader should know."""

    cls: type
    signed: bool
    passes: str
    paper: str
    needs_layer: bool = True


CAMS: dict[str, Cam] = {
    "gradcam": Cam(library.GradCAM, False, "1f + 1b", "Selvaraju et al. 2017"),
    "gradcam++": Cam(library.GradCAMPlusPlus, False, "1f + 1b", "Chattopadhay et al. 2018"),
    "hirescam": Cam(library.HiResCAM, True, "1f + 1b", "Draelos & Carin 2020"),
    "layercam": Cam(library.LayerCAM, False, "1f + 1b", "Jiang et al. 2021"),
    "xgradcam": Cam(library.XGradCAM, False, "1f + 1b", "Fu et al. 2020"),
    "elementwise": Cam(library.GradCAMElementWise, False, "1f + 1b", "Gildenblat 2021"),
    "eigencam": Cam(library.EigenCAM, False, "1f", "Muhammad & Yeasin 2020"),
    "scorecam": Cam(library.ScoreCAM, False, "(K+1)f", "Wang et al. 2020"),
    "ablationcam": Cam(library.AblationCAM, False, "(K+2)f", "Desai & Ramaswamy 2020"),
    "fullgrad": Cam(library.FullGrad, False, "1f + 1b", "Srinivas & Fleuret 2019", False),
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
    model, images, targets, method, layer
        As in :func:`helpers.explain.explain`; ``method`` is one of the class activation maps.

    Returns
    -------
    Tensor (N, h, w) float32
        Signed for HiResCAM; for the others the negative part is cut off, as in their papers.
        FullGrad has no layer: its maps are as large as the image, and each lies in [0, 1].

    Raises
    ------
    UnknownName
        If there is no such method, layer or class.
    InputError
        If the images, the targets or the layer cannot be used, or the model is in training mode.
    """
    if method not in CAMS:
        raise unknown_name("method", method, CAMS)
    check_images(images)
    cam = CAMS[method]
    if not cam.needs_layer:
        return _whole_network_maps(cam, model, images, targets)
    _, module = find_layer(model, layer)
    with torch.set_grad_enabled(_needs_gradient(cam)):
        logits, activations = read_layer(model, images, module)
    indices = resolve_targets(model, logits, targets)
    gradients = _gradients(logits, indices, activations) if _needs_gradient(cam) else None
    raw = _formula(cam, model, images, module, indices, activations.detach(), gradients)
    maps = torch.from_numpy(raw).to(images.device)
    return maps if cam.signed else maps.clamp_min(0)


def read_layer(model: nn.Module, images: Tensor, module: nn.Module) -> tuple[Tensor, Tensor]:
    """One forward pass: the model's logits and the activations of one of its layers.

    Raises
    ------
    InputError
        If the layer does not return maps (N, channels, h, w), the model runs it several times, or
        the model is in training mode.
    """
    _refuse_training_mode(model)
    seen: list[Any] = []

    def keep(_module: nn.Module, _inputs: Any, output: Any) -> Any:
        # Weights may be frozen, but the gradient of the score by this output is wanted.
        if isinstance(output, Tensor) and torch.is_grad_enabled() and not output.requires_grad:
            output = output.detach().requires_grad_()
        seen.append(output)
        # The rest of the network gets a copy: an in-place ReLU or sum would change what is kept.
        return output.clone() if isinstance(output, Tensor) else output

    handle = module.register_forward_hook(keep)
    try:
        logits = model(images)
    finally:
        handle.remove()
    return logits, _single_activation(seen)


def _single_activation(seen: list[Any]) -> Tensor:
    if len(seen) != 1:
        raise InputError(
            f"the layer ran {len(seen)} times in one forward pass, so it has no single activation: "
            "choose another"
        )
    if not isinstance(seen[0], Tensor) or seen[0].ndim != 4:
        shape = tuple(getattr(seen[0], "shape", ()))
        raise InputError(
            f"the layer returns {type(seen[0]).__name__} of shape {shape}, but a class activation "
            "map needs maps of shape (N, channels, h, w): choose a convolutional layer or stage"
        )
    return seen[0]


def _refuse_training_mode(model: nn.Module) -> None:
    # Each image's map would depend on the rest of its batch, and batch-norm statistics would move.
    if any(each.training for each in model.modules()):
        raise InputError("the model, or a part of it, is in training mode: call model.eval() first")


def _needs_gradient(cam: Cam) -> bool:
    return "b" in cam.passes


def _gradients(logits: Tensor, indices: Tensor, activations: Tensor) -> np.ndarray:
    with torch.enable_grad():  # whatever the caller has switched off
        score = logits.gather(1, indices[:, None]).sum()
    gradients: np.ndarray = torch.autograd.grad(score, activations)[0].cpu().numpy()
    return gradients


def _formula(
    cam: Cam,
    model: nn.Module,
    images: Tensor,
    module: nn.Module,
    indices: Tensor,
    activations: Tensor,
    gradients: np.ndarray | None,
) -> np.ndarray:
    if cam.cls is library.AblationCAM:
        _require_zeros(activations)
    with _library_cam(cam, model, [module]) as method:
        raw = [
            method.get_cam_image(
                images[part],
                module,
                _library_targets(indices[part]),
                activations[part].cpu().numpy(),
                None if gradients is None else gradients[part],
                eigen_smooth=False,
            )
            for part in _parts(cam, len(images))
        ]
    return np.concatenate(raw).astype(np.float32)


def _parts(cam: Cam, count: int) -> list[slice]:
    # Score-CAM holds a masked copy of an image for each channel: for a whole batch, gigabytes.
    if cam.cls is library.ScoreCAM:
        return [slice(row, row + 1) for row in range(count)]
    return [slice(0, count)]


def _require_zeros(activations: Tensor) -> None:
    # Where an image's smallest activation is not 0, grad-cam switches a channel "off" by setting it
    # ten million lower, and the map shows what that does to the network.
    if bool((activations.amin((1, 2, 3)) != 0).any()):
        raise InputError(
            "Ablation-CAM switches channels off by setting them to 0, which means nothing in a layer "
            "whose smallest activation is not 0: choose a layer that ends in a ReLU"
        )


def _whole_network_maps(cam: Cam, model: nn.Module, images: Tensor, targets: Targets) -> Tensor:
    _refuse_training_mode(model)
    with torch.no_grad():
        indices = resolve_targets(model, model(images), targets)
    with torch.enable_grad(), _library_cam(cam, model, []) as method:
        maps = method(input_tensor=images.detach(), targets=_library_targets(indices))
    return torch.from_numpy(np.asarray(maps, dtype=np.float32)).to(images.device)


@contextlib.contextmanager
def _library_cam(cam: Cam, model: nn.Module, layers: list[nn.Module]) -> Iterator[Any]:
    """The library's method; afterwards, and after an error, the model is as it was."""
    weights = [(each, each.requires_grad, each.grad) for each in model.parameters()]
    children = [
        (parent, name, child)
        for parent in model.modules()
        for name, child in parent.named_children()
    ]
    hooks = [(each, dict(each._forward_hooks)) for each in layers]
    for weight, _, _ in weights:
        weight.requires_grad_(False)  # saves making their gradients
    method = cam.cls(model, layers)
    try:
        # Score-CAM and Ablation-CAM open a progress bar for each single image; a bar over a data
        # set is the caller's business.
        with contextlib.redirect_stderr(io.StringIO()):
            yield method
    finally:
        method.activations_and_grads.release()
        for parent, name, child in children:
            parent._modules[name] = child  # Ablation-CAM puts a layer of its own into the model
        for each, kept in hooks:
            each._forward_hooks.clear()
            each._forward_hooks.update(kept)
        for weight, wanted, gradient in weights:
            weight.requires_grad_(wanted)
            weight.grad = gradient


def _library_targets(indices: Tensor) -> list[ClassifierOutputTarget]:
    return [ClassifierOutputTarget(int(index)) for index in indices]
