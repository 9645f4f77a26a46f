"""Methods for vision transformers, computed by this package.

One forward pass tells which class is explained, and a second one is followed. Whether a network's
attention can be followed is tried on one picture: four to eight passes a call, and half as many back.
"""

from functools import partial
from types import MappingProxyType

from helpers.explain.methods import Method

_over_baseline = MappingProxyType({"baseline": "black", "seed": 0})
_zero = frozenset({"zero"})
_by_attention = partial(Method, signed=False, passes="2f", needs=("attention",), laws=_zero)
_by_rules = partial(
    Method,
    signed=True,
    passes="2f + 1b",
    needs=("attention", "gradients"),
    options=_over_baseline,
    laws=_zero,
)

ROWS = {
    "attention": _by_attention(
        paper="Vaswani et al. 2017",
        idea="attention of the last block, whatever the class",
        function="attention:raw_attention",
    ),
    "rollout": _by_attention(
        paper="Abnar & Zuidema 2020",
        idea="attention of all blocks multiplied, half of each token staying, whatever the class",
        function="attention:rollout",
    ),
    "chefer": Method(
        signed=False,
        passes="2f + 1b",
        paper="Chefer, Gur & Wolf 2021",
        idea="the positive part of attention times its gradient, passed on from block to block",
        function="attention:chefer",
        needs=("attention", "gradients"),
        laws=_zero,
    ),
    "attnlrp": _by_rules(
        paper="Achtibat et al. 2024",
        idea="relevance shared in proportion, through softmax and products too; LRP is patented",
        function="token_rules:attnlrp",
    ),
    "libragrad": _by_rules(
        paper="Mehri et al. 2025",
        idea="gradient times input, with attention, norms and gates held fixed",
        function="token_rules:libragrad",
    ),
    "activation_patching": Method(
        signed=True,
        passes="(T+2)f",
        paper="Izadi et al. 2026",
        idea="what the score loses when one patch's token is exchanged for a baseline's",
        function="attention:activation_patching",
        needs=("attention",),
        options=MappingProxyType({"baseline": "black", "block": None, "seed": 0}),
        laws=_zero,
    ),
}
