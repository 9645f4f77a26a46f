"""Layer-wise relevance propagation by ``zennit``: six composites of rules, for any output.

A composite says which rule each kind of layer gets. Here they are attached to a twin of the network
(:mod:`helpers.explain.propagation`): batch norms are merged into the layers before them by the order
in which they run, sums are modules, the first layer is the one that runs first, and the box rule
is given what black and white are behind the model's own normalisation.

Relevance begins as the score of the class; excitation backprop begins with 1, as in its paper. It is read where the first
layer reads, behind normalisation: there 0 means the mean colour that the model subtracts, so that a
pixel of that colour gets none by rules that multiply with the input. From there it goes to the
picture's pixels as it is, and is summed over the colours.

How much arrives, measured as the sum of a map over what it began with:

- without biases, on small networks with residual sums or maximum pooling: all but 2 % by
  ``epsilon_gamma_box``, ``epsilon_plus`` and ``epsilon_plus_flat`` (the stabilisers of 1e-6 keep the
  rest, and more where activations are as small as that). The two with alpha 2 and beta 1 do not
  conserve: a unit without negative inputs hands on twice what it was given (0.13 to 1.08 arrived);
- excitation backprop hands out one unit where every active unit has a positive input; a residual sum
  of a negative and a positive side can take that away (1.00 to 1.02);
- biases, and batch norms merged into them, keep what they contributed: on the model
  ``gender-fairface`` and four portraits 0.07 to 0.29 of the score arrived, 0.19 to 0.37 of the unit.

So none promises a known sum. ``zennit`` is under the LGPL; LRP is patented, and free for personal and
scientific use.
"""

from typing import Any

import torch
from torch import Tensor, nn

from helpers import arguments
from helpers.explain.case import Case
from helpers.explain.layers import gradients
from helpers.explain.propagation import Prepared, prepare, replace
from helpers.models.architectures import Add


def epsilon_gamma_box(case: Case, *, epsilon: float, gamma: float) -> Tensor:
    """Box rule first, gamma rule for convolutions, epsilon rule for linear layers (Montavon 2019)."""
    gamma = arguments.number(gamma, "gamma", 0)
    return _relevance(case, "epsilon_gamma_box", epsilon=_epsilon(epsilon), gamma=gamma)


def epsilon_plus(case: Case, *, epsilon: float) -> Tensor:
    """z+ rule for convolutions, epsilon rule for linear layers."""
    return _relevance(case, "epsilon_plus", epsilon=_epsilon(epsilon))


def epsilon_alpha2_beta1(case: Case, *, epsilon: float) -> Tensor:
    """Alpha-beta rule (2, 1) for convolutions, epsilon rule for linear layers (Bach 2015)."""
    return _relevance(case, "epsilon_alpha2_beta1", epsilon=_epsilon(epsilon))


def epsilon_plus_flat(case: Case, *, epsilon: float) -> Tensor:
    """As ``epsilon_plus``; the first layer spreads relevance evenly over what it reads."""
    return _relevance(case, "epsilon_plus_flat", epsilon=_epsilon(epsilon))


def epsilon_alpha2_beta1_flat(case: Case, *, epsilon: float) -> Tensor:
    """As ``epsilon_alpha2_beta1``; the first layer spreads relevance evenly over what it reads."""
    return _relevance(case, "epsilon_alpha2_beta1_flat", epsilon=_epsilon(epsilon))


def excitation_backprop(case: Case) -> Tensor:
    """z+ rule for all layers, beginning with 1 (Zhang 2016): shares of one winner, none negative."""
    return _relevance(case, "excitation_backprop", start=1.0)


class _Sum(nn.Module):
    """A residual sum to which ``zennit`` attaches its rule for sums."""

    def __init__(self) -> None:
        super().__init__()
        from zennit.layer import Sum

        self.sum = Sum(dim=-1)

    def forward(self, branch: Tensor, shortcut: Tensor) -> Tensor:
        total: Tensor = self.sum(torch.stack([branch, shortcut], -1))
        return total


def _epsilon(value: Any) -> float:
    return arguments.number(value, "epsilon", 0, open_low=True)


def _relevance(case: Case, name: str, start: float | None = None, **rule: float) -> Tensor:
    prepared = prepare(case.model, case.images)
    replace(prepared.network, Add, _Sum)
    entry = prepared.entry(case.images).detach().requires_grad_()
    with _composite(prepared, case.images, name, rule).context(prepared.network):
        with torch.enable_grad():
            logits = prepared.scores(case.images, entry)
            # What is handed to an output is what its gradient is multiplied with.
            weighed = logits * (logits.detach() if start is None else start)
        relevance = gradients(weighed, case.indices, entry, prepared.name)
    return prepared.spread(case.images, relevance)


def _composite(prepared: Prepared, pictures: Tensor, name: str, rule: dict[str, float]) -> Any:
    """zennit's composite, whose rule for the first layer is that of the layer that runs first."""
    from zennit.composites import COMPOSITES, NameLayerMapComposite

    if name == "epsilon_gamma_box":
        ends = torch.stack(prepared.limits(pictures))
        made = COMPOSITES[name](low=ends.amin(0), high=ends.amax(0), **rule)
    else:
        made = COMPOSITES[name](**rule)
    special = getattr(made, "first_map", None)
    if not special:
        return made
    # By itself zennit takes the layer that was defined first.
    return NameLayerMapComposite([((prepared.name,), special[-1][1])], made.layer_map)
