"""A mode of torch in which attention is written out, for as long as one network runs.

Libraries compute attention in one fused step that keeps no map. In this mode another takes its place,
which does. No class is patched: when the block ends, nothing of it is left.
"""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

_MULTI_HEAD = inspect.signature(F.multi_head_attention_forward)


class Attending(TorchFunctionMode):
    """Write attention out while a network runs, and keep every map.

    Attributes
    ----------
    weights : list of Tensor (N, heads, tokens that look, tokens that are looked at)
        In the order in which they were computed; with gradients switched on, each has a history or
        starts one, so that a gradient can be taken by it.
    oddities : list of str
        What was called that this class does not write out, a sentence each.
    """

    def __init__(self) -> None:
        super().__init__()
        self.weights: list[Tensor] = []
        self.oddities: list[str] = []

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        replace = getattr(self, f"on_{getattr(func, '__name__', '').strip('_')}", None)
        kwargs = kwargs or {}
        return replace(func, *args, **kwargs) if replace else func(*args, **kwargs)

    def weigh(self, scores: Tensor) -> Tensor:
        """Attention of scores, as the network goes on with it."""
        return scores.softmax(-1)

    def product(self, left: Tensor, right: Tensor) -> Tensor:
        """A product of two matrices that both depend on the picture."""
        return left @ right

    def on_scaled_dot_product_attention(
        self,
        func: Any,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        scale: float | None = None,
        enable_gqa: bool = False,
    ) -> Tensor:
        if is_causal or enable_gqa or dropout_p or query.ndim != 4:
            self.oddities.append(
                "its attention looks back only, shares keys among heads or has no axis of heads."
            )
            options = {"scale": scale, "enable_gqa": enable_gqa}
            return func(query, key, value, attn_mask, dropout_p, is_causal, **options)
        factor = query.shape[-1] ** -0.5 if scale is None else scale
        return self._attend(query * factor, key, value, attn_mask)

    def on_multi_head_attention_forward(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        given = _MULTI_HEAD.bind(*args, **kwargs)
        given.apply_defaults()
        call = given.arguments
        query = call["query"]
        special = ("bias_k", "bias_v", "static_k", "static_v", "key_padding_mask", "attn_mask")
        if (
            any(call[each] is not None for each in special)
            or call["use_separate_proj_weight"]
            or call["add_zero_attn"]
            or query.ndim != 3
            or not query is call["key"] is call["value"]
        ):
            self.oddities.append(
                "an nn.MultiheadAttention of it looks at other tokens than its own, or is masked."
            )
            return func(*args, **kwargs)
        length, batch, width = query.shape
        projected = F.linear(query, call["in_proj_weight"], call["in_proj_bias"])
        # (3, N, heads, tokens, channels of a head)
        parts = projected.view(length, batch, 3, call["num_heads"], -1).permute(2, 1, 3, 0, 4)
        mixed = self._attend(parts[0] * parts.shape[-1] ** -0.5, parts[1], parts[2], None)
        mixed = mixed.permute(2, 0, 1, 3).reshape(length, batch, width)
        found = F.linear(mixed, call["out_proj_weight"], call["out_proj_bias"])
        kept = self.weights[-1] if call["need_weights"] else None
        mean = kept is not None and call["average_attn_weights"]
        return found, kept.mean(1) if mean and kept is not None else kept

    def on_softmax(self, func: Any, values: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """A network that writes its attention out itself has a softmax over (N, heads, T, T)."""
        axis = kwargs.get("dim", args[0] if args else None)
        if values.ndim != 4 or values.shape[2] != values.shape[3] or axis not in (-1, 3):
            return func(values, *args, **kwargs)
        return self._kept(self.weigh(values))

    def _attend(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
        scores = self.product(query, key.mT)
        if mask is not None:
            scores = (
                scores.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else scores + mask
            )
        return self.product(self._kept(self.weigh(scores)), value)

    def _kept(self, weights: Tensor) -> Tensor:
        if torch.is_grad_enabled() and not weights.requires_grad:
            weights.requires_grad_()
        self.weights.append(weights)
        return weights


@contextmanager
def frozen(model: nn.Module) -> Iterator[None]:
    """Take no gradient by weights: only what depends on the picture has a history."""
    asked = [each for each in model.parameters() if each.requires_grad]
    try:
        for each in asked:
            each.requires_grad_(False)
        yield
    finally:
        for each in asked:
            each.requires_grad_()
