"""Layer-wise relevance propagation, computed by zennit (LGPL; LRP is patented, free for science)."""

from functools import partial
from types import MappingProxyType

from helpers.explain.methods import Method

_RIGHTS = "LRP is patented, free for science; zennit is LGPL"

_composite = partial(
    Method,
    signed=True,
    passes="2f + 1b",
    library="zennit",
    needs=("gradients", "relevance"),
    options=MappingProxyType({"epsilon": 1e-6}),
    laws=frozenset({"flip"}),
)

ROWS = {
    "zennit.epsilon_gamma_box": _composite(
        paper="Montavon et al. 2019",
        idea=f"relevance layer by layer: box, gamma and epsilon rule ({_RIGHTS})",
        function="zennit_methods:epsilon_gamma_box",
        options=MappingProxyType({"epsilon": 1e-6, "gamma": 0.25}),
    ),
    "zennit.epsilon_plus": _composite(
        paper="Montavon et al. 2017",
        idea=f"relevance layer by layer: z+ and epsilon rule ({_RIGHTS})",
        function="zennit_methods:epsilon_plus",
    ),
    "zennit.epsilon_alpha2_beta1": _composite(
        paper="Bach et al. 2015",
        idea=f"relevance layer by layer: alpha 2, beta 1 and epsilon rule ({_RIGHTS})",
        function="zennit_methods:epsilon_alpha2_beta1",
    ),
    "zennit.epsilon_plus_flat": _composite(
        paper="Lapuschkin et al. 2019",
        idea=f"z+ and epsilon rule; even over the first layer's input ({_RIGHTS})",
        function="zennit_methods:epsilon_plus_flat",
    ),
    "zennit.epsilon_alpha2_beta1_flat": _composite(
        paper="Lapuschkin et al. 2019",
        idea=f"alpha 2, beta 1 and epsilon rule; even over the first layer's input ({_RIGHTS})",
        function="zennit_methods:epsilon_alpha2_beta1_flat",
    ),
    "zennit.excitation_backprop": _composite(
        signed=False,
        paper="Zhang et al. 2016",
        idea=f"shares of a winning output among what excites it, z+ everywhere ({_RIGHTS})",
        function="zennit_methods:excitation_backprop",
        options=MappingProxyType({}),
    ),
}
