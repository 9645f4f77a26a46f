"""Relevance through a transformer: its bends straightened, one gradient taken.

Softmax, layer norm and GELU bend what goes through them, so that gradient times input says little.
Two papers say what to take in their place. Both leave the answer as it is and change only what the
gradient is taken of, by a mode of torch that holds for one pass; no class is patched.

What may not be is read off the history of the score: a step for which a paper has no rule is refused.
"""

from collections import Counter
from typing import Any

import torch
from torch import Tensor

from helpers.errors import InputError
from helpers.explain.attention_mode import Attending, frozen
from helpers.explain.baselines import baseline_of
from helpers.explain.case import Case
from helpers.explain.layers import backwards, bends
from helpers.models.contract import answers


def libragrad(case: Case, *, baseline: Any, seed: int) -> Tensor:
    """Gradient times input with attention, norms and gates held fixed (LibraGrad; Mehri et al., CVPR 2025).

    Attention weights, the scale of a layer norm and the gate of an activation (GELU is its input times
    a gate) count as constants. What is left is a weighted sum of the pixels and of the network's own
    constants: biases, class token, positions, the mean that it subtracts. So the map over black is
    complete: its sum is the score less each constant times the score's slope by it. Of a network
    without constants it is the score.

    Returns
    -------
    Tensor (N, H, W)
        Signed, in units of the score; summed over colours.

    Raises
    ------
    InputError
        If what is left is still no weighted sum, because the network bends values in another way.
    """
    mode = Straight()
    maps, bent = _relevance(case, mode, baseline, seed)
    _require(not bent, "LibraGrad", bent)
    return maps


def attnlrp(case: Case, *, baseline: Any, seed: int) -> Tensor:
    """Layer-wise relevance propagation through attention (AttnLRP; Achtibat et al., ICML 2024).

    The paper's rules, written as a gradient times the input: a norm's scale and a gate are constants,
    softmax is taken by its first-order expansion, both factors of a product (attention times values,
    queries times keys) get half of its relevance, and linear layers pass it on in proportion, epsilon
    being 0. Biases and the constant of the expansion keep their share. The paper's gamma rule, which
    it adds for pictures, is left out: it has a number to be tuned for each network.

    LRP is patented; its authors allow personal and scientific use free of charge.

    Returns
    -------
    Tensor (N, H, W)
        Signed, in units of the score; summed over colours.

    Raises
    ------
    InputError
        If the network bends values in a way for which there is no rule.
    """
    mode = Propagating()
    maps, bent = _relevance(case, mode, baseline, seed)
    products = sum(bent.pop(each, 0) for each in ("BmmBackward", "MmBackward", "MulBackward"))
    bent.pop("SoftmaxBackward", None)
    _require(
        not bent and products == mode.products, "AttnLRP", bent or Counter({"product": products})
    )
    return maps


class Propagating(Attending):
    """AttnLRP: norms and gates held fixed, half of a product for each of its factors."""

    def __init__(self) -> None:
        super().__init__()
        self.products = 0

    def product(self, left: Tensor, right: Tensor) -> Tensor:
        return self._halved(left @ right)

    def on_layer_norm(
        self,
        _func: Any,
        values: Tensor,
        normalized_shape: Any,
        weight: Tensor | None = None,
        bias: Tensor | None = None,
        eps: float = 1e-5,
    ) -> Tensor:
        axes = tuple(range(-len(tuple(normalized_shape)), 0))
        centred = values - values.mean(axes, keepdim=True)
        scaled = centred * (centred.detach().square().mean(axes, keepdim=True) + eps).rsqrt()
        scaled = scaled if weight is None else scaled * weight
        return scaled if bias is None else scaled + bias

    def on_gelu(self, func: Any, values: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """An activation that is 0 at 0 is its input times a gate."""
        # A copy, because some write their answer over what they are given.
        after = func(values.detach().clone(), *args, **kwargs)
        return values * torch.where(values == 0, 0, after / values.detach())

    on_relu = on_silu = on_leaky_relu = on_hardswish = on_mish = on_gelu

    def on_matmul(self, func: Any, left: Tensor, right: Tensor, **kwargs: Any) -> Any:
        found = func(left, right, **kwargs)
        return self._halved(found) if left.requires_grad and right.requires_grad else found

    on_bmm = on_matmul

    def on_mul(self, func: Any, left: Any, right: Any, **kwargs: Any) -> Any:
        found = func(left, right, **kwargs)
        both = all(isinstance(each, Tensor) and each.requires_grad for each in (left, right))
        return self._halved(found) if both else found

    def _halved(self, product: Tensor) -> Tensor:
        self.products += 1
        return product / 2 + (product / 2).detach()


class Straight(Propagating):
    """LibraGrad: attention too is held fixed."""

    def weigh(self, scores: Tensor) -> Tensor:
        return scores.softmax(-1).detach()

    def product(self, left: Tensor, right: Tensor) -> Tensor:
        return left @ right

    def _halved(self, product: Tensor) -> Tensor:
        return product


def _relevance(
    case: Case, mode: Attending, baseline: Any, seed: int
) -> tuple[Tensor, Counter[str]]:
    """Gradient of the scores times what the pictures have over a baseline, and the bends on the way."""
    away = case.images - baseline_of(case, baseline, seed)
    with frozen(case.model), torch.enable_grad(), mode:
        pictures = case.images.clone().requires_grad_()
        logits = answers(case.model, pictures)
    (slopes,) = backwards(logits, case.indices, [pictures])
    if slopes is None:
        return torch.zeros_like(away[:, 0]), Counter()
    return (away * slopes).sum(1), bends(logits, pictures)


def _require(ok: bool, method: str, bent: Counter[str]) -> None:
    if not ok:
        raise InputError(
            f"{method} has no rule for a step of this network, as torch's history of the score names "
            f"them: {', '.join(sorted(bent))}. Take a method that needs no rule, such as "
            "activation_patching."
        )
