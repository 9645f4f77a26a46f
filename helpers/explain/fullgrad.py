"""FullGrad: a score taken apart into what the picture gives and what every bias gives.

For a network of straight pieces, the score is the gradient by the picture times the picture, plus,
for each layer that adds a constant, the gradient by the layer's output times this constant [1]_. The
constants are those of convolutions, batch norms and linear layers, and of the normalisation of the
picture itself. An activation that is curved adds the constant of its tangent.

``grad-cam`` pairs the layers in the order in which they were *defined* with the gradients in the
order in which they *ran*, which are not always the same, and knows convolutions and batch norms only.
Here each layer's constant and gradient are taken where it runs, and the parts must add up to the
score: a network in which they don't adds something where no layer can be watched, and is refused.

References
----------
.. [1] Srinivas and Fleuret. Full-gradient representation for neural network visualization.
   NeurIPS 2019.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from helpers.errors import InputError
from helpers.explain.case import Case
from helpers.explain.layers import backwards
from helpers.explain.maps import enlarge
from helpers.explain.targets import Targets, resolve_targets
from helpers.models.adapters import Preprocess
from helpers.models.architectures import Normalise
from helpers.models.contract import answers, require_hooks
from helpers.models.vggface import PixelMeans

_WEIGHTED = (nn.modules.conv._ConvNd, nn.modules.batchnorm._BatchNorm, nn.Linear)
#: What computes a weighted sum and a constant, whatever is inside.
_AFFINE = (*_WEIGHTED, Normalise, PixelMeans, Preprocess)

_SWITCHED_OFF = (
    "FullGrad follows the score back to the picture, but the network switches gradients off on the "
    "way (torch.no_grad, inference_mode or detach): take a method that reads a layer behind that."
)

# Parts that cancel leave rounding errors as large as this share of their absolute sum.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class FullGradient:
    """The parts of the scores of N images.

    Attributes
    ----------
    scores : Tensor (N,)
        Score of the explained class of each image.
    picture : Tensor (N, 3, H, W)
        Gradient times picture.
    constants : tuple of (str, Tensor)
        Name of each layer and, at its output (N, channels, h, w) or (N, channels), gradient times
        constant, in the order in which the layers ran.
    """

    scores: Tensor
    picture: Tensor
    constants: tuple[tuple[str, Tensor], ...]

    def total(self) -> Tensor:
        """Sum of all parts of each image (N,), which is its score but for rounding."""
        return sum((_sums(each) for _, each in self.constants), _sums(self.picture))


def full_gradient(model: nn.Module, images: Tensor, targets: Targets = None) -> FullGradient:
    """Take the scores of images apart.

    Parameters
    ----------
    model : nn.Module
        In eval mode.
    images : Tensor (N, 3, H, W)
        RGB in [0, 1].
    targets : None, int, str, or one of them per image
        The class that is explained; None means the predicted class.

    Returns
    -------
    FullGradient

    Raises
    ------
    InputError
        If a layer with constants does not run or runs several times, gradients are switched off
        inside, or the parts do not add up to the score.
    """
    require_hooks(model)
    watch = _Watch(model, len(images))
    images = images.detach().clone().requires_grad_()
    with torch.enable_grad(), watch:
        logits = answers(model, images)
    watch.require_each_once()
    indices = resolve_targets(model, logits, targets)
    if not logits.requires_grad:
        raise InputError(_SWITCHED_OFF)
    slope, *slopes = backwards(logits, indices, [images, *(each[1] for each in watch.seen)])
    if slope is None:
        raise InputError(_SWITCHED_OFF)
    constants = tuple(
        (name, (each * constant).float())
        for (name, _, constant), each in zip(watch.seen, slopes, strict=True)
        if each is not None
    )
    scores = logits.detach().gather(1, indices[:, None])[:, 0]
    parts = FullGradient(scores, (slope * images).detach().float(), constants)
    _require_the_whole(parts)
    return parts


def fullgrad_maps(case: Case) -> Tensor:
    """FullGrad's maps (N, H, W), in [0, 1]: where the parts of the score lie, whatever their sign.

    The absolute parts of each colour and of each channel of each layer with maps are stretched from
    0 to 1 and enlarged, as the paper's equation 4 asks; their sum is divided by the number of
    channels, so that 1 would be a place where every channel is at its highest. Nothing else is
    stretched: ``grad-cam`` lastly moves each map's lowest place to 0 and its highest to 1.
    """
    parts = full_gradient(case.model, case.images, case.targets)
    shown = [parts.picture, *(each for _, each in parts.constants if each.ndim == 4)]
    # Enlarging a sum is enlarging its terms, and holds one channel in memory instead of hundreds.
    total = sum(enlarge(_stretched(each).sum(1), case.size) for each in shown)
    return torch.as_tensor(total) / sum(each.shape[1] for each in shown)


class _Watch:
    """Sees each layer that adds a constant: its name, its output and the constant."""

    def __init__(self, model: nn.Module, count: int) -> None:
        self.count = count
        names = {each: name for name, each in model.named_modules()}
        units = {each for each in names if isinstance(each, _AFFINE)}
        inside = {part for unit in units for part in unit.modules() if part is not unit}
        leaves = {each for each in names if not list(each.children())}
        self.names = {each: names[each] for each in names if each in (units | leaves) - inside}
        self.seen: list[tuple[str, Tensor, Tensor]] = []
        self.runs: Counter[str] = Counter()
        self.handles: list[Any] = []

    def __enter__(self) -> None:
        for each, name in self.names.items():
            require_hooks(each, f"layer {name!r}")
            self.handles.append(each.register_forward_hook(self.keep))

    def __exit__(self, *_: object) -> None:
        for handle in self.handles:
            handle.remove()

    def keep(self, module: nn.Module, inputs: Any, output: Any) -> Any:
        self.runs[self.names[module]] += 1
        single = len(inputs) == 1 and isinstance(inputs[0], Tensor)
        if not single or not isinstance(output, Tensor) or not output.requires_grad:
            return output
        if len(output) != self.count or len(inputs[0]) != self.count:
            return output  # a layer that is not given a row an image has no part of its own
        constant = _constant(module, inputs[0])
        if not bool(constant.any()):
            return output
        self.seen.append((self.names[module], output, constant))
        # What comes later in place would change the output that the gradient is taken by.
        return output.clone()

    def require_each_once(self) -> None:
        for module, name in self.names.items():
            runs = self.runs[name]
            if runs != 1 and isinstance(module, _WEIGHTED) and _adds(module):
                what = "does not run in this pass" if runs == 0 else f"runs {runs} times"
                raise InputError(
                    f"FullGrad needs each layer with a bias to run once, but {name!r} {what}: replace "
                    "a layer that serves training only by torch.nn.Identity() in a copy of the "
                    "network, or take another method."
                )


def _adds(module: nn.Module) -> bool:
    has_mean = isinstance(module, nn.modules.batchnorm._BatchNorm)
    return has_mean or getattr(module, "bias", None) is not None


def _constant(module: nn.Module, entered: Tensor) -> Tensor:
    """What a layer adds to a weighted sum of its input: of its tangent where it is curved."""
    entered = entered.detach()
    if isinstance(module, _AFFINE):
        with torch.no_grad():
            return module.forward(torch.zeros_like(entered[:1]))
    try:
        output, sloped = torch.autograd.functional.jvp(
            lambda each: module.forward(each.clone()), entered, entered
        )
    # A layer without a tangent: whether it adds anything, the sum of all parts will tell.
    except (RuntimeError, TypeError, ValueError):
        return torch.zeros(1)
    constant = (output - sloped).detach()
    # What only rounding leaves is nothing, and stretched to a map it would be a map of nothing.
    rounding = 1e-5 * float(output.abs().max())
    return constant if float(constant.abs().max()) > rounding else torch.zeros(1)


def _stretched(parts: Tensor) -> Tensor:
    """Absolute values of each channel, from 0 at its lowest to 1 at its highest place."""
    size = parts.abs()
    low, high = size.amin((2, 3), keepdim=True), size.amax((2, 3), keepdim=True)
    # A channel that is equal everywhere says nothing about places, and its rounding errors neither.
    varies = high - low > 1e-5 * high
    return torch.where(varies, (size - low) / (high - low).where(varies, torch.ones_like(high)), 0)


def _sums(parts: Tensor) -> Tensor:
    return parts.double().flatten(1).sum(1)


def _require_the_whole(parts: FullGradient) -> None:
    gap = (parts.total() - parts.scores).abs()
    size = sum((_sums(each.abs()) for _, each in parts.constants), _sums(parts.picture.abs()))
    worst = int((gap / (size + 1e-12)).argmax())
    if float(gap[worst]) > _ROUNDING * float(size[worst]) + 1e-6:
        raise InputError(
            f"FullGrad's parts add up to {float(parts.total()[worst]):.4g}, but the score is "
            f"{float(parts.scores[worst]):.4g}: the network adds, bends or multiplies values "
            "in a forward method, where no layer can be watched. Give a normalisation to "
            "models.adapt, make modules of curved activations, or take another method."
        )
