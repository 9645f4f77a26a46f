"""Coalitions of parts and what is read off their scores: values, interactions, regressions.

A coalition is the set of parts that are shown. Numbers are in 64 bits; the scores of *all* coalitions
of R parts, 2^R of them, stand in the order of :func:`every`, so that the first hides everything and the
last hides nothing.
"""

from collections.abc import Hashable
from math import comb

import torch
from torch import Tensor

from helpers.errors import InputError

# -- designs: which coalitions are scored, and a name that two methods with the same share ----------


def every(parts: int) -> Tensor:
    """All coalitions (2^parts, parts) bool; row k shows part i where bit i of k is set."""
    rows = torch.arange(2**parts)
    return (rows[:, None] >> torch.arange(parts)) % 2 == 1


def coins(parts: int, samples: int, seed: int) -> tuple[Tensor, Hashable]:
    """Coalitions of which a coin decides each part; all of them where they are no more."""
    if fits(parts, samples):
        return every(parts), "every"
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(samples, parts, generator=generator) < 0.5, ("coins", samples, seed)


def paired(parts: int, samples: int, seed: int) -> tuple[Tensor, Hashable]:
    """Coalitions drawn by KernelSHAP's weights, each with its complement (Covert & Lee 2021).

    Hiding everything and nothing come first. All coalitions where they are no more.
    """
    if fits(parts, samples):
        return every(parts), "every"
    generator = torch.Generator().manual_seed(seed)
    sizes = torch.arange(1, parts)
    odds = 1 / (sizes * (parts - sizes)).double()
    pairs = (samples - 2) // 2
    drawn = sizes[torch.multinomial(odds, pairs, replacement=True, generator=generator)]
    ranks = torch.rand(pairs, parts, generator=generator).argsort(1).argsort(1)
    half = ranks < drawn[:, None]
    both = torch.stack([half, ~half], 1).flatten(0, 1)
    extremes = torch.tensor([[False], [True]]).expand(2, parts)
    return torch.cat([extremes, both]), ("paired", samples, seed)


def orders(parts: int, samples: int, seed: int) -> Tensor:
    """Orders (P, parts) in which parts appear, each with its reverse, for ``samples`` scores.

    Those of no part and of all are among the scores, and are the same in every order.
    """
    pairs = max(samples - 2, 0) // (2 * max(parts - 1, 1))
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.rand(pairs, parts, generator=generator).argsort(1)
    return torch.stack([drawn, drawn.flip(1)], 1).flatten(0, 1)


def fits(parts: int, samples: int) -> bool:
    """Whether there are no more coalitions of the parts than samples."""
    # Not 2**parts: of a thousand cells that would be a number of 300 digits, which is fine but slow.
    return parts < samples.bit_length() and 2**parts <= samples


# -- values of parts, from the scores of all coalitions ---------------------------------------------


def shapley(scores: Tensor) -> Tensor:
    """Shapley values (R,): the mean rise of the score when a part joins, over all orders.

    Parameters
    ----------
    scores : Tensor (2^R,) float64
        In the order of :func:`every`.
    """
    parts = _parts(scores)
    # Every size of the coalition that is joined counts the same, and within it every coalition.
    odds = [1 / (parts * comb(parts - 1, size)) for size in range(parts)]
    return _weighted_rises(scores, odds)


def banzhaf(scores: Tensor) -> Tensor:
    """Banzhaf values (R,): the mean rise of the score when a part joins, over all coalitions."""
    parts = _parts(scores)
    return _weighted_rises(scores, [2.0 ** (1 - parts)] * parts)


def ablation(scores: Tensor) -> Tensor:
    """Fall of the score when one part alone is hidden, (R,)."""
    return scores[-1] - scores[len(scores) - 1 - 2 ** torch.arange(_parts(scores))]


def rise(scores: Tensor) -> Tensor:
    """What RISE estimates: mean score with a part shown, less the mean of all; half of Banzhaf's."""
    return banzhaf(scores) / 2


def lime(scores: Tensor) -> Tensor:
    """What LIME estimates with its default width: its regression on all coalitions."""
    shown = every(_parts(scores))
    return regressed(shown, scores, lime_weights(shown))


VALUES = {
    "shapley": shapley,
    "banzhaf": banzhaf,
    "ablation": ablation,
    "lime": lime,
    "kernelshap": shapley,
    "rise": rise,
}
"""Values that follow from the scores of all coalitions. KernelSHAP estimates Shapley values."""


def interactions(scores: Tensor, values: str = "shapley") -> Tensor:
    """Interactions (R, R) of pairs: how much more two parts do together than the sum of each alone.

    Parameters
    ----------
    scores : Tensor (2^R,) float64
        In the order of :func:`every`.
    values : {"shapley", "banzhaf"}
        Which coalitions of the others count: each size the same (Grabisch & Roubens 1999), or each
        coalition the same.

    Returns
    -------
    Tensor (R, R) float64
        Symmetric; NaN on the diagonal, since a part has no interaction with itself.
    """
    parts = _parts(scores)
    found = torch.full((parts, parts), torch.nan, dtype=torch.float64)
    shown = every(parts)
    size = shown.sum(1)
    if values == "banzhaf":
        weights = [2.0 ** (2 - parts)] * (parts - 1)
    else:
        weights = [1 / ((parts - 1) * comb(parts - 2, each)) for each in range(parts - 1)]
    odds = torch.tensor(weights, dtype=torch.float64)
    for i in range(parts):
        for j in range(i):
            neither = (~shown[:, i] & ~shown[:, j]).nonzero().flatten()
            rest = scores[neither] - scores[neither + 2**i] - scores[neither + 2**j]
            joint = rest + scores[neither + 2**i + 2**j]
            found[i, j] = found[j, i] = (joint * odds[size[neither]]).sum()
    return found


def _parts(scores: Tensor) -> int:
    return len(scores).bit_length() - 1


def _weighted_rises(scores: Tensor, odds: list[float]) -> Tensor:
    """Sum over all coalitions that a part can join of its rise, by their size's weight (R,)."""
    shown, weights = every(len(odds)), torch.tensor(odds, dtype=torch.float64)
    size = shown.sum(1)
    rises = []
    for i in range(len(odds)):
        without = (~shown[:, i]).nonzero().flatten()
        # Differences first: a part that changes nothing has a value of exactly 0.
        rises.append(((scores[without + 2**i] - scores[without]) * weights[size[without]]).sum())
    return torch.stack(rises)


# -- values of parts, from the scores of some coalitions --------------------------------------------


def along(order: Tensor, scores: Tensor) -> Tensor:
    """Mean rise (R,) of the score when a part joins, over some orders.

    Parameters
    ----------
    order : Tensor (P, R)
        Parts as they join.
    scores : Tensor (P, R + 1) float64
        Of no part, the first, the first two, ..., all.
    """
    total = torch.zeros(order.shape[1], dtype=torch.float64)
    return total.index_add(0, order.flatten(), scores.diff(dim=1).flatten()) / len(order)


def differences(shown: Tensor, scores: Tensor) -> Tensor:
    """Mean score with a part shown, less that with it hidden: Banzhaf's value, estimated (R,).

    Raises
    ------
    InputError
        If a part was always shown, or always hidden.
    """
    if bool((shown.all(0) | ~shown.any(0)).any()):
        raise too_few(len(shown), shown.shape[1])
    seen = shown.double()
    centred = scores - scores.mean()
    return (seen.T @ centred) / seen.sum(0) - ((1 - seen).T @ centred) / (1 - seen).sum(0)


def lime_weights(shown: Tensor, width: float = 0.25) -> Tensor:
    """LIME's weight (M,) of each coalition: exp(-d^2 / (2 width^2)).

    The distance d is that of the cosine between what is shown and everything: 1 - sqrt(share shown).
    """
    distance = 1 - shown.double().mean(1).sqrt()
    return (-(distance**2) / (2 * width**2)).exp()


def regressed(shown: Tensor, scores: Tensor, weights: Tensor, ridge: float = 0.0) -> Tensor:
    """Slopes (R,) of the weighted regression of scores on what is shown, with an intercept.

    Raises
    ------
    InputError
        If the coalitions do not tell all parts apart.
    """
    if int((weights > 1e-12 * weights.max()).sum()) <= shown.shape[1]:
        raise InputError(
            "width is so small that nearly all pictures with hidden parts have no weight, which leaves "
            f"too few to tell {shown.shape[1]} parts apart: give a larger width, such as 0.25."
        )
    share = weights / weights.sum()
    seen = shown.double()
    centred = seen - share @ seen
    left = (centred * weights[:, None]).T @ centred + ridge * torch.eye(seen.shape[1]).double()
    right = (centred * weights[:, None]).T @ (scores - share @ scores)
    return _solved(left, right, len(shown))


def constrained(shown: Tensor, scores: Tensor, whole: bool) -> Tensor:
    """KernelSHAP's regression (R,), whose values sum to what hiding everything takes from the score.

    Parameters
    ----------
    shown : Tensor (M, R) bool
        Among them everything and nothing.
    scores : Tensor (M,) float64
        Of each.
    whole : bool
        Whether these are all coalitions, each to be weighted, or drawn by their weight.

    Raises
    ------
    InputError
        If the coalitions do not tell all parts apart.
    """
    parts = shown.shape[1]
    size = shown.sum(1)
    nothing, everything = scores[size == 0][0], scores[size == parts][0]
    if parts == 1:
        return (everything - nothing)[None]
    inner = (size > 0) & (size < parts)
    seen, size = shown[inner].double(), size[inner]
    by_size = [1 / (comb(parts, each) * each * (parts - each)) for each in range(1, parts)]
    weights = torch.ones(len(seen)).double()
    if whole:
        weights = torch.tensor(by_size, dtype=torch.float64)[size - 1]
    left = (seen * weights[:, None]).T @ seen / weights.sum()
    right = (seen * weights[:, None]).T @ (scores[inner] - nothing) / weights.sum()
    both = _solved(left, torch.stack([right, torch.ones(parts).double()], 1), len(shown))
    free, ones = both[:, 0], both[:, 1]
    # The Lagrange multiplier of the constraint: what the free solution's sum lacks.
    return free + ones * (everything - nothing - free.sum()) / ones.sum()


def _solved(left: Tensor, right: Tensor, samples: int) -> Tensor:
    found, trouble = torch.linalg.solve_ex(left, right)
    rank = torch.linalg.matrix_rank(left, hermitian=True)
    if int(trouble) or int(rank) < len(left):
        raise too_few(samples, len(left))
    return found


def too_few(samples: int, parts: int) -> InputError:
    """The error of coalitions that leave the value of a part open."""
    return InputError(
        f"samples is {samples}, and so few coalitions do not tell {parts} parts apart: give more, "
        "about ten times as many as there are parts, or fewer parts."
    )
