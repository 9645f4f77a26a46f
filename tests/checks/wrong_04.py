"""Plausible wrong answers to the exercises of chapter 04, and a sentence of what each is told."""

from collections.abc import Callable
from itertools import permutations
from typing import Any

import torch
from torch import Tensor, nn


def integrated(
    model: nn.Module, images: Tensor, baselines: Tensor, targets: Any, steps: int
) -> Tensor:
    """As the chapter defines it, for the solution of 4.2."""
    way, total = images - baselines, torch.zeros_like(images)
    for step in range(steps):
        here = (baselines + (step + 0.5) / steps * way).requires_grad_()
        total += torch.autograd.grad(model(here)[:, targets].sum(), here)[0]
    return (way * total / steps).sum(1)


def _early(model: Any, image: Tensor, baselines: Tensor, target: int, steps: int) -> Tensor:
    return integrated(model, image, baselines.mean(0, keepdim=True), target, steps)[0]


def _each(model: Any, image: Tensor, baselines: Tensor, target: int, steps: int) -> Tensor:
    return integrated(model, image.expand_as(baselines), baselines, target, steps)


def _occlusion(
    sign: float = 1, fresh: bool = True, black: bool = False, alone: bool = False
) -> Callable[..., Tensor]:
    def found(score: Any, image: Tensor, patch: int, fill: Tensor) -> Tensor:
        before, covered = score(image)[0], image.clone()
        relevance = torch.zeros(image.shape[2:])
        for row in range(0, image.shape[2], patch):
            for column in range(0, image.shape[3], patch):
                here = (..., slice(row, row + patch), slice(column, column + patch))
                covered = image.clone() if fresh else covered
                covered[here] = 0 if black else fill
                fall = before - score(covered)[0]
                relevance[here] = score(covered)[0] if alone else sign * fall
        return relevance

    return found


def _falls(v: dict, parts: list) -> dict:
    whole = frozenset(parts)
    return {part: v[whole] - v[whole - {part}] for part in parts}


def _alone(v: dict, parts: list) -> dict:
    return {part: v[frozenset([part])] - v[frozenset()] for part in parts}


def _banzhaf(v: dict, parts: list) -> dict:
    return {p: sum(v[s | {p}] - v[s] for s in v if p not in s) * 2 / len(v) for p in parts}


def _orders(v: dict, parts: list, orders: list, share: float) -> dict:
    rises = dict.fromkeys(parts, 0.0)
    for order in orders:
        shown: frozenset = frozenset()
        for part in order:
            rises[part] += (v[shown | {part}] - v[shown]) * share
            shown = shown | {part}
    return rises


def _claim(**changes: Any) -> Callable[[], dict]:
    right = {
        "claim": "Hiding the hair moves the score more than hiding the clothes.",
        "n": 24,
        "value": 0.1,
        "low": 0.05,
        "high": 0.2,
        "null": 0.0,
        "direction": "above",
        "verdict": "supported",
    }
    return lambda: right | changes


WRONG: dict[str, tuple[Callable[..., Any], str]] = {
    "4.1 without signs": (lambda x, g: (x * g).abs().sum(1), "a sign is gone"),
    "4.1 cut at zero": (lambda x, g: (x * g).sum(1).clamp_min(0), "the negative part is gone"),
    "4.1 the largest colour": (lambda x, g: (x * g).amax(1), "the largest of the colours"),
    "4.1 saliency of the product": (lambda x, g: (x * g).abs().amax(1), "size of the largest"),
    "4.1 the mean colour": (lambda x, g: (x * g).mean(1), "don't average"),
    "4.1 summed too early": (lambda x, g: x.sum(1) * g.sum(1), "before you multiplied"),
    "4.1 the gradient alone": (lambda x, g: g.sum(1), "the gradient alone"),
    "4.1 all colours kept": (lambda x, g: x * g, "should have shape"),
    "4.2 averaged too early": (_early, "averaged too early"),
    "4.2 one map for each": (_each, "should have shape"),
    "4.2 the sum": (lambda *a: _each(*a).sum(0), "sum of the maps"),
    "4.2 the first alone": (lambda *a: _each(*a)[0], "first baseline alone"),
    "4.2 against black": (
        lambda m, x, b, t, n: integrated(m, x, torch.zeros_like(x), t, n)[0],
        "the one against black",
    ),
    "4.2 the way back": (
        lambda m, x, b, t, n: integrated(m, b, x.expand_as(b), t, n).mean(0),
        "yours goes back",
    ),
    "4.2 a single step": (lambda m, x, b, t, n: _each(m, x, b, t, 1).mean(0), "a single step"),
    "4.2 always class 1": (lambda m, x, b, t, n: _each(m, x, b, 1, n).mean(0), "for class 1"),
    "4.2 without signs": (lambda *a: _each(*a).abs().mean(0), "a sign is gone"),
    "4.3 turned round": (_occlusion(sign=-1), "the sign is turned round"),
    "4.3 no fresh copy": (_occlusion(fresh=False), "earlier patches stay hidden"),
    "4.3 painted black": (_occlusion(black=True), "painted black"),
    "4.3 the score behind": (_occlusion(alone=True), "the score behind each patch"),
    "4.3 cut at zero": (lambda *a: _occlusion()(*a).clamp_min(0), "the negative part is gone"),
    "4.3 without signs": (lambda *a: _occlusion()(*a).abs(), "a sign is gone"),
    "4.3 shared out": (lambda *a: _occlusion()(*a) / 4, "give each the whole fall"),
    "4.4 falls": (_falls, "the fall when one part is hidden"),
    "4.4 alone": (_alone, "joins nothing"),
    "4.4 banzhaf": (_banzhaf, "Banzhaf"),
    "4.4 one order": (lambda v, p: _orders(v, p, [p], 1.0), "you took one order"),
    "4.4 the sum of all orders": (
        lambda v, p: _orders(v, p, list(permutations(p)), 1.0),
        "divide by their number",
    ),
    "4.4 a list": (lambda v, p: list(_falls(v, p).values()), "return a dict"),
    "4.5 too few": (_claim(n=5), "at least 12"),
    "4.5 half a face": (_claim(n=20.5), "a whole number"),
    "4.5 no sentence": (_claim(claim="it works"), "whole sentence"),
    "4.5 a bold verdict": (_claim(low=-0.05), "'undecided', not 'supported'"),
    "4.5 the wrong side": (_claim(direction="below"), "'contradicted', not 'supported'"),
    "4.5 value outside": (_claim(value=0.5), "inside its interval"),
}
