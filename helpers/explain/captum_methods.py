"""Methods of ``captum`` that take gradients, with what its users must see to themselves seen to.

All are given pictures in [0, 1], before the model's own normalisation. Signed maps are the sum over
the three colours, which keeps what a map sums to; maps of magnitudes are the largest colour's, as in
Simonyan et al. (2014). Rules that captum attaches to modules are attached to a twin of the network.

Where numbers are drawn, captum would draw all samples of a batch at once, so that an image's map
depended on its neighbours and memory on the number of samples. Here every image gets the same draw,
in captum's order: the maps are those of a call of captum with that image alone after
``torch.manual_seed(seed)`` and ``numpy.random.seed(seed)``.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from helpers import arguments
from helpers.errors import InputError
from helpers.explain import baselines as pictures_of
from helpers.explain.cams import gradcam
from helpers.explain.case import Case
from helpers.explain.layers import gradients
from helpers.explain.maps import enlarge
from helpers.explain.propagation import Prepared, prepare
from helpers.explain.twins import Answering, twin
from helpers.models.contract import answers, check_images

#: DeepLIFT's gap may be this share of the differences that it adds up.
TOLERANCE = 0.01


def saliency(case: Case) -> Tensor:
    """Size of the gradient by each pixel, the largest of its colours (Simonyan et al. 2014)."""
    return _slopes(case, case.images, case.indices).abs().amax(1)


def input_x_gradient(case: Case) -> Tensor:
    """Picture times gradient, summed over the colours (Shrikumar et al. 2016); black gets nothing."""
    return (case.images * _slopes(case, case.images, case.indices)).sum(1)


def integrated_gradients(case: Case, *, steps: int, baseline: Any, seed: int) -> Tensor:
    """Gradients along the straight way from a baseline (Sundararajan et al. 2017).

    A map sums to the score less the baseline's score as closely as ``steps`` places of
    Gauss-Legendre's rule come to the integral. On eight portraits and the model ``gender-fairface``
    the gap was, with black baselines, whose scores were up to 1.4 away, at most 0.027 with 50 steps
    (1.9 % of that), 0.023 with 100 and 0.010 with 200 (0.7 %); with mean baselines, up to 0.93 away,
    0.032 with 50 (3.4 %). Where an image's score is near its baseline's, that may be most of it.
    """
    from captum.attr import IntegratedGradients

    steps = arguments.count(steps, "steps")
    start = pictures_of.baseline_of(case, baseline, seed)
    with quiet():
        found = IntegratedGradients(_answers(case)).attribute(
            case.images,
            baselines=start,
            target=case.indices,
            n_steps=steps,
            internal_batch_size=max(case.batch_size, len(case.images)),
        )
    return _float(found).sum(1)


def gradient_shap(case: Case, *, samples: int, noise: float, references: Any, seed: int) -> Tensor:
    """Expected gradients (Lundberg & Lee 2017; Erion et al. 2021), by drawing.

    The mean, over draws of a reference b and of a place between it and the image x (even in [0, 1]),
    of (x - b) times the gradient at that place. ``noise`` is added to x in each draw. The map's
    expectation sums to the mean score of noisy copies of x less the mean score of the references;
    without noise that is the score less the mean score of the references. A map of finitely many
    samples sums to it only about. Without ``references``, b is one of the image's five baselines by name.
    """
    samples = arguments.count(samples, "samples")
    drawn = _normal(case, samples, arguments.number(noise, "noise", 0), seed)
    state = np.random.RandomState(arguments.seed(seed))
    sets = references_of(case, references, seed)
    which = torch.from_numpy(state.choice(sets.shape[1], samples))
    places = torch.from_numpy(state.uniform(0, 1, samples)).float()
    places = places.view(-1, 1, 1, 1).to(case.images.device)
    maps = []
    for (image, index), known in zip(case.one_by_one(), sets, strict=True):
        total = torch.zeros_like(image, dtype=torch.float64)
        for rows in torch.arange(samples).split(case.batch_size):
            away = image + drawn[rows] - known[which[rows]]
            slopes = _slopes(case, known[which[rows]] + places[rows] * away, index)
            total += (away * slopes).sum(0)
        maps.append((total / samples).sum(0))
    return torch.stack(maps).float()


def smoothgrad(case: Case, *, samples: int, noise: float, seed: int) -> Tensor:
    """Size of the mean gradient of noisy copies (Smilkov et al. 2017), the largest colour's.

    The gradients are averaged with their signs, as in the paper, so that those of two signs cancel;
    captum averages sizes unless it is told ``abs=False``. Without noise it is ``captum.saliency``.
    """
    mean, _ = _moments(case, samples, noise, seed)
    return mean.abs().amax(1).float()


def smoothgrad_squared(case: Case, *, samples: int, noise: float, seed: int) -> Tensor:
    """Mean squared gradient of noisy copies (Hooker et al. 2019), the largest colour's; no sign."""
    _, squares = _moments(case, samples, noise, seed)
    return squares.amax(1).float()


def vargrad(case: Case, *, samples: int, noise: float, seed: int) -> Tensor:
    """Variance of the gradient among noisy copies (Adebayo et al. 2018), the largest colour's.

    It is divided by the number of samples, as in captum; 0 where the score is linear. No sign.
    """
    mean, squares = _moments(case, samples, noise, seed)
    return (squares - mean**2).clamp_min(0).amax(1).float()


def guided_backprop(case: Case) -> Tensor:
    """Gradients that every ReLU lets through only where they are positive (Springenberg et al. 2015).

    It is not about the model: maps hardly change when the weights above are drawn anew (Adebayo et al.
    2018), for the rule restores the picture's edges, whatever the class (Nie et al. 2018).
    """
    from captum.attr import GuidedBackprop

    return _with_rules(case, GuidedBackprop)


def deconvolution(case: Case) -> Tensor:
    """Gradients cut at 0 on their way down, whatever the ReLU let through (Zeiler & Fergus 2014).

    It is not about the model, for the reasons of :func:`guided_backprop`; and in a network without
    maximum pooling it is not about the picture either: every picture has the same map.
    """
    from captum.attr import Deconvolution

    return _with_rules(case, Deconvolution)


def guided_gradcam(case: Case) -> Tensor:
    """Guided backpropagation times Grad-CAM, which is bilinearly enlarged (Selvaraju et al. 2017)."""
    # Grad-CAM first: its pass tells the class as well.
    bright = enlarge(gradcam(case).clamp_min(0), case.size)
    return bright * guided_backprop(case)


def deeplift(case: Case, *, baseline: Any, seed: int) -> Tensor:
    """Differences from a baseline, carried back by the rescale rule (Shrikumar et al. 2017).

    A map sums to the score less the baseline's score. That is checked for each image: a gap of more
    than :data:`TOLERANCE` means that the rule misses a part of the network, and is refused.
    """
    start = pictures_of.baseline_of(case, baseline, seed)
    return _lifted(case, case.images, start, case.indices).sum(1)


def deeplift_shap(case: Case, *, references: Any, seed: int) -> Tensor:
    """Mean of DeepLIFT's maps over several references (Lundberg & Lee 2017).

    A map sums to the score less the mean score of the references; checked as in :func:`deeplift`.
    Without ``references`` they are the image's five baselines by name.
    """
    sets = references_of(case, references, seed)
    maps = []
    for (image, index), known in zip(case.one_by_one(), sets, strict=True):
        indices = torch.full((len(known),), index, device=image.device)
        found = _lifted(case, image.expand_as(known), known, indices)
        maps.append(found.mean(0).sum(0))
    return torch.stack(maps)


def lrp(case: Case) -> Tensor:
    """Relevance by the epsilon rule in every layer (Bach et al. 2015).

    captum knows a few modules and no normalisation, so it is given what stands behind the model's own
    (:mod:`helpers.explain.propagation`); relevance goes on to the pixels as it is. In a network of
    ReLUs this rule, with captum's epsilon of 1e-9, is input times gradient at the first layer (Ancona
    et al. 2018), so that a map sums to the score less what biases gave it. That is checked for one
    image. LRP is patented, and free for personal and scientific use.
    """
    from captum.attr import LRP
    from captum.attr._utils.lrp_rules import EpsilonRule

    prepared = prepare(case.model, case.images, shared=False)  # captum writes into the weights
    entry = prepared.entry(case.images).detach()
    expected = _input_times_gradient(case, prepared, entry[:1])
    for module in prepared.network.modules():
        if not list(module.children()) and not isinstance(module, nn.ReLU):
            module.rule = EpsilonRule()  # captum looks for it there
    with quiet():
        found = LRP(_Behind(prepared, case.images)).attribute(entry.clone(), target=case.indices)
    relevance = _float(found)
    _refuse_loss(relevance[:1], expected)
    return prepared.spread(case.images, relevance)


@contextmanager
def quiet() -> Iterator[None]:
    """Let captum work without its warnings, and say in a sentence what stops it."""
    try:
        with warnings.catch_warnings(), torch.enable_grad():
            warnings.simplefilter("ignore")
            yield
    except InputError:
        raise
    # captum raises assertions and errors of any type, and so may the network's own backward pass.
    except Exception as why:
        said = (str(why).strip().splitlines() or [type(why).__name__])[0][:200]
        raise InputError(
            f"captum cannot follow this network: {said} captum.occlusion and captum.feature_ablation "
            "only need its answers."
        ) from why


def references_of(case: Case, references: Any, seed: int) -> Tensor:
    """The pictures that each image is compared with, (N, M, 3, H, W).

    Raises
    ------
    InputError
        If they are no pictures, or of another size than the images.
    """
    if references is None:
        made = [pictures_of.baseline_of(case, name, seed) for name in pictures_of.NAMES]
        return torch.stack(made, 1)
    check_images(references, "references")
    references = references.detach()
    if references.shape[1:] != case.images.shape[1:]:
        raise InputError(
            f"references are of {tuple(references.shape[2:])} px, the images are of {case.size} px: give "
            "pictures of one size."
        )
    known = references.to(case.images.device)
    return known.expand(len(case.images), *known.shape)


class _Behind(nn.Module):
    """What stands behind a network's normalisation, as a network."""

    def __init__(self, prepared: Prepared, pictures: Tensor) -> None:
        super().__init__()
        self.network = prepared.network
        self._scores = prepared.scores
        self._pictures = pictures

    def forward(self, entry: Tensor) -> Tensor:
        return self._scores(self._pictures, entry)


def _answers(case: Case) -> Callable[[Tensor], Tensor]:
    return lambda pictures: answers(case.model, pictures)


def _float(found: Any) -> Tensor:
    maps: Tensor = found.detach().float()
    return maps


def _slopes(case: Case, pictures: Tensor, target: Tensor | int) -> Tensor:
    """Gradient of each picture's score, (N, 3, H, W), with its sign."""
    from captum.attr import Saliency

    with quiet():
        found = Saliency(_answers(case)).attribute(pictures.clone(), target=target, abs=False)
    return _float(found)


def _normal(case: Case, samples: int, noise: float, seed: int) -> Tensor:
    """Noise of each sample, the same for every image, (samples, 3, H, W)."""
    generator = torch.Generator().manual_seed(arguments.seed(seed))
    spread = torch.full((samples, *case.images.shape[1:]), noise)
    return torch.normal(0, spread, generator=generator).to(case.images.device)


def _moments(case: Case, samples: int, noise: float, seed: int) -> tuple[Tensor, Tensor]:
    """Mean of the gradients of noisy copies, and of their squares, (N, 3, H, W) float64."""
    samples = arguments.count(samples, "samples")
    drawn = _normal(case, samples, arguments.number(noise, "noise", 0), seed)
    means, squares = [], []
    for image, index in case.one_by_one():
        parts = [
            _slopes(case, image + part, index).double() for part in drawn.split(case.batch_size)
        ]
        means.append(sum(part.sum(0) for part in parts) / samples)
        squares.append(sum((part**2).sum(0) for part in parts) / samples)
    return torch.stack(means), torch.stack(squares)  # type: ignore[arg-type]  # sums of tensors


def _with_rules(case: Case, method: Any) -> Tensor:
    network = Answering(twin(case.model))
    with quiet():
        found = method(network).attribute(case.images.clone(), target=case.indices)
    return _float(found).sum(1)


def _lifted(case: Case, images: Tensor, starts: Tensor, indices: Tensor) -> Tensor:
    """DeepLIFT of images (N, 3, H, W) from their baselines, checked for completeness."""
    from captum.attr import DeepLift

    network = Answering(twin(case.model))
    for module in network.modules():
        # Where a pooling reads what a ReLU returns, captum's hooks sit on one tensor and run in the
        # wrong order: the ReLU is handed what the pooling's rule has not yet changed.
        if not list(module.children()):
            module.register_forward_pre_hook(_copied)
    # captum puts images and baselines into one batch.
    half = max(case.batch_size // 2, 1)
    parts = []
    for image, start, index in zip(
        images.split(half), starts.split(half), indices.split(half), strict=True
    ):
        with quiet():
            found = DeepLift(network).attribute(image.clone(), start.clone(), target=index)
        parts.append(_float(found))
        here, there = network.seen.chunk(2)
        _refuse_gap(parts[-1], (here - there).gather(1, index[:, None])[:, 0])
    return torch.cat(parts)


def _copied(_module: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(each.clone() if isinstance(each, Tensor) else each for each in inputs)


def _refuse_gap(maps: Tensor, wanted: Tensor) -> None:
    gap = (maps.double().sum((1, 2, 3)) - wanted).abs()
    # Parts that cancel leave rounding errors as large as a share of their absolute sum.
    allowed = TOLERANCE * wanted.abs() + 1e-5 * maps.double().abs().sum((1, 2, 3)) + 1e-6
    if bool((gap > allowed).any()):
        worst = int((gap - allowed).argmax())
        raise InputError(
            f"DeepLIFT's map does not sum to the score less the baseline's score ({gap[worst]:.3g} of "
            f"{wanted[worst]:.3g} is missing): a part of the network bends values where its rule is "
            "not attached. Take captum.integrated_gradients."
        )


def _input_times_gradient(case: Case, prepared: Prepared, entry: Tensor) -> Tensor:
    """Of what the first layer is given of the first image, before rules are attached."""
    first = entry.clone().requires_grad_()
    with torch.enable_grad():
        logits = prepared.scores(case.images[:1], first)
    return entry * gradients(logits, case.indices[:1], first, prepared.name)


def _refuse_loss(relevance: Tensor, expected: Tensor) -> None:
    if (relevance - expected).abs().sum() > TOLERANCE * expected.abs().sum() + 1e-4:
        raise InputError(
            "captum's relevance is not the input times the gradient, as its rule says it must be: a "
            "module of the network is not followed. Take zennit.epsilon_plus or captum.deeplift."
        )
