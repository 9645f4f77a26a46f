"""What can be read off a vision transformer's attention, and off an exchange of its tokens.

An attention map says which tokens a token takes its values from. It says neither what those values
are nor whether the answer depends on them: raw attention and rollout are the same whatever class is
asked for. Chefer's maps ask a gradient, and patching asks the network itself.
"""

from typing import Any

import torch
from torch import Tensor, nn

from helpers.arguments import count
from helpers.explain.attention_mode import Attending, frozen
from helpers.explain.baselines import baseline_of
from helpers.explain.case import Case
from helpers.explain.layers import backwards
from helpers.explain.targets import returns_embeddings
from helpers.explain.tokens import Sight, look
from helpers.models.contract import answers


def raw_attention(case: Case) -> Tensor:
    """Attention of the last block: from what the answer is read to each patch, heads averaged.

    The answer is read from the class token, or from several tokens, over which the maps are averaged
    (all patches, where the network takes their mean). What is paid to tokens that are no patches is
    not shown, so that a map sums to 1 at most.

    Returns
    -------
    Tensor (N, rows, columns)
        Shares of attention, 0 to 1; the same for every class.
    """
    sight, weights = _attention(case)
    return _read_from(sight, weights[-1].mean(1))


def rollout(case: Case) -> Tensor:
    """Attention rollout (Abnar & Zuidema, ACL 2020): attention of all blocks, multiplied.

    In each block half of a token is taken to stay what it was, because of the shortcut, and half to
    come from where its attention goes, heads averaged. Rows of the product sum to 1.

    Returns
    -------
    Tensor (N, rows, columns)
        Shares, 0 to 1; the same for every class.
    """
    sight, weights = _attention(case)
    along = _itself(weights[0])
    for each in weights:
        along = (each.mean(1) @ along + along) / 2
    return _read_from(sight, along)


def chefer(case: Case) -> Tensor:
    """Relevance along attention weighted by its gradient (Chefer, Gur & Wolf, ICCV 2021).

    Of each block, the positive part of attention times the gradient of the score by it, heads averaged,
    is passed on to what was gathered before and added to it; the start is that each token is relevant
    to itself, which is taken off again at the end. (The paper reads the class token alone, to which the
    start gives nothing of a patch; where the answer is a mean of patches it would lie on all of them.)

    Returns
    -------
    Tensor (N, rows, columns)
        At least 0. Without a unit: what one block gives is in units of the score, what several give one
        after the other is a product of such.
    """
    sight = look(case.model, case.images)
    with frozen(case.model), torch.enable_grad(), Attending() as mode:
        logits = answers(case.model, case.images)
    slopes = backwards(logits, case.indices, mode.weights)
    itself = _itself(mode.weights[0])
    relevance = itself
    for weights, slope in zip(mode.weights, slopes, strict=True):
        if slope is not None:  # of a head that nothing is read from
            relevance = relevance + (weights.detach() * slope).clamp_min(0).mean(1) @ relevance
    return _read_from(sight, relevance - itself)


def activation_patching(case: Case, *, baseline: Any, block: int | None, seed: int) -> Tensor:
    """What the score loses when one patch's token is exchanged for that of a baseline picture.

    The exchange is made behind one block, where a token already holds what its patch means in this
    picture; the rest of the network goes on with it. After Causal Attribution via Activation Patching
    (Izadi et al. 2026, arXiv 2603.13652), which puts tokens of the picture into the pass of a neutral
    one, and through several blocks; here all others stay those of the picture.

    Parameters
    ----------
    case : Case
    baseline : str or Tensor
        Of :func:`helpers.explain.baselines.baseline_of`.
    block : int, optional
        Number of the block, from 0, behind which tokens are exchanged; by default the middle one.
        Behind the last, only tokens count that the answer is read from.
    seed : int
        Of the baseline "noise".

    Returns
    -------
    Tensor (N, rows, columns)
        Score of the picture less the score with the token exchanged.
    """
    sight = look(case.model, case.images)
    last = len(sight.blocks) - 1
    name = sight.blocks[last // 2 if block is None else count(block, "block", 0, last)]
    others = _tokens(case, name, baseline_of(case, baseline, seed))
    left = [
        _exchanged(case, sight, name, *one, other)
        for one, other in zip(case.one_by_one(), others, strict=True)
    ]
    scores = case.logits.gather(1, case.indices[:, None])
    return (scores - torch.stack(left)).unflatten(1, sight.grid)


def _attention(case: Case) -> tuple[Sight, list[Tensor]]:
    """Attention of each block, (N, heads, T, T); a class that does not exist is refused even here."""
    if case.targets is not None or not returns_embeddings(case.model):
        _ = case.indices
    sight = look(case.model, case.images)
    with torch.no_grad(), Attending() as mode:
        answers(case.model, case.images)
    return sight, mode.weights


def _itself(weights: Tensor) -> Tensor:
    """Each token related to itself alone, (N, T, T)."""
    size = weights.shape[-1]
    return torch.eye(size, device=weights.device).expand(len(weights), -1, -1)


def _read_from(sight: Sight, rows: Tensor) -> Tensor:
    """Of relations (N, T, T), those of the tokens that are read to the patches, as maps."""
    return sight.map_of(sight.readers @ rows)


def _tokens(case: Case, block: str, pictures: Tensor) -> Tensor:
    """What a block makes of pictures, (N, T, channels)."""
    seen: list[Tensor] = []

    def keep(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
        seen.append(output)

    handle = case.model.get_submodule(block).register_forward_hook(keep)
    try:
        with torch.no_grad():
            answers(case.model, pictures)
    finally:
        handle.remove()
    return seen[0]


def _exchanged(
    case: Case, sight: Sight, block: str, image: Tensor, index: int, other: Tensor
) -> Tensor:
    """Score of one image with each patch's token exchanged, (rows x columns,)."""
    places = torch.arange(sight.patches.start, sight.patches.stop, device=image.device)
    module = case.model.get_submodule(block)
    scores = []
    for part in places.split(case.batch_size):

        def exchange(
            _module: nn.Module, _inputs: Any, output: Tensor, part: Tensor = part
        ) -> Tensor:
            changed = output.clone()
            changed[torch.arange(len(part)), part] = other[part]
            return changed

        handle = module.register_forward_hook(exchange)
        try:
            scores.append(case.scores(image.expand(len(part), -1, -1, -1), index))
        finally:
            handle.remove()
    return torch.cat(scores)
