"""Laws that follow from what a method promises of its maps, on networks where the answer is known."""

import torch
from torch import Tensor, nn

from helpers.explain.baselines import baseline_of
from helpers.explain.case import Case
from helpers.explain.laws import networks
from helpers.explain.laws.maps import ROUNDING
from helpers.explain.laws.terms import Finding, NotTried, law
from helpers.explain.laws.trial import Trial, gap, indices
from helpers.explain.maps import enlarge

_SHARE = "largest difference, as a share of the largest value"


@law(
    "A map's sum is the score, less that of the baseline, or of all regions hidden, where there is one.",
    "complete",
    0.02,
)
def complete(trial: Trial) -> Finding:
    chosen = trial.subject.baseline
    model, pictures = networks.Small(bias=chosen is not None), networks.pictures()
    classes = indices(model, pictures)
    expected = _scores(model, pictures, classes)
    if chosen is not None:
        seed = int(trial.subject.options.get("seed", 0))
        baseline = baseline_of(Case(model, pictures, classes), chosen, seed)
        expected = expected - _scores(model, baseline, classes)
    sums = trial.own(model, pictures, classes).sum((1, 2))
    return Finding(gap(sums, expected), "gap, as a share of the largest difference of scores")


@law(
    "A residual sum made in forward() gives the same total as one that a layer makes.",
    "complete",
    0.02,
)
def residual_sum(trial: Trial) -> Finding:
    pictures = networks.pictures()
    classes = indices(networks.Residual(merged=True), pictures)
    summed, merged = (
        trial.own(networks.Residual(merged), pictures, classes).sum((1, 2))
        for merged in (False, True)
    )
    return Finding(
        gap(summed, merged), "largest difference of two totals, as a share of the largest"
    )


@law("A part of the picture that the network does not look at gets 0.", "dummy", 1e-4)
def dummy(trial: Trial) -> Finding:
    maps = trial.own(networks.HalfBlind(), networks.pictures())
    # A patch or a cell that lies half here and half there speaks for both.
    unseen = maps[..., maps.shape[2] * 3 // 4 :]
    return Finding(_share(unseen, maps), "largest value there, as a share of the largest anywhere")


@law(
    "Regions that look alike and that the network cannot tell apart get the same.",
    "symmetric",
    ROUNDING,
)
def symmetric(trial: Trial) -> Finding:
    quarter = networks.pictures(2, networks.SIDE // 2, networks.SIDE // 2)
    maps = trial.own(networks.Small(side=1), quarter.repeat(1, 1, 2, 2))
    left, right = maps.tensor_split(2, 2)
    return Finding(gap(right, left), _SHARE)


@law("A mirrored picture gets the mirrored map, on a network that mirrors.", "flip", ROUNDING)
def flip(trial: Trial) -> Finding:
    model, pictures = networks.Small(), networks.pictures()
    classes = indices(model, pictures)
    maps = trial.own(model, pictures, classes)
    return Finding(gap(trial.own(model, pictures.flip(3), classes).flip(2), maps), _SHARE)


@law(
    "A picture moved by some pixels gets the moved map, on a network that moves.", "shift", ROUNDING
)
def shift(trial: Trial) -> Finding:
    model, pictures = networks.Small(), networks.pictures()
    classes, by = indices(model, pictures), networks.SIDE // 4
    maps = trial.own(model, pictures, classes)
    moved = trial.own(model, pictures.roll((by, by), (2, 3)), classes)
    return Finding(gap(moved, maps.roll((by, by), (1, 2))), _SHARE)


@law("A network that answers a constant gets a map of zeros, or a sentence.", "zero", 1e-6)
def zero(trial: Trial) -> Finding:
    maps = trial.own(networks.constant(), networks.pictures())
    return Finding(float(maps.abs().max()), "largest value")


@law("Twice the score gives twice the map.", "scale", ROUNDING)
def scale(trial: Trial) -> Finding:
    pictures = networks.pictures()
    classes = indices(networks.Small(), pictures)
    once = trial.own(networks.Small(), pictures, classes)
    twice = trial.own(networks.changed(2, 2), pictures, classes)
    return Finding(gap(twice, 2 * once), _SHARE)


@law("A constant added to every score changes nothing.", "offset", ROUNDING)
def offset(trial: Trial) -> Finding:
    pictures = networks.pictures()
    classes = indices(networks.Small(), pictures)
    before = trial.own(networks.Small(), pictures, classes)
    after = trial.own(networks.changed(shift=3), pictures, classes)
    return Finding(gap(after, before), _SHARE)


@law("Two networks that compute the same function get the same map.", "twin", ROUNDING)
def twin(trial: Trial) -> Finding:
    pictures = networks.pictures()
    classes = indices(networks.Small(), pictures)
    one = trial.own(networks.Small(), pictures, classes)
    return Finding(gap(trial.own(networks.twin(), pictures, classes), one), _SHARE)


@law("The map of a class lies where the network looks for that class.", "class")
def right_class(trial: Trial) -> Finding:
    model, pictures = networks.Quartered(), networks.pictures()
    wrong = []
    for number in range(len(networks.CLASSES)):
        classes = torch.full((len(pictures),), number)
        maps = enlarge(trial.own(model, pictures, classes).abs(), (networks.SIDE,) * 2)
        inside = networks.quarters(pictures)[:, number]
        there = (maps * inside).sum((1, 2)) / inside.sum((1, 2))
        elsewhere = (maps * ~inside).sum((1, 2)) / (~inside).sum((1, 2))
        wrong += [number] if bool((there <= elsewhere).any()) else []
    said = f"classes {wrong} have more elsewhere than in their own quarter" if wrong else ""
    return Finding(float(len(wrong)), said)


@law(
    "A method that says it does not look at the class gives every class the same map.",
    "classless",
    ROUNDING,
)
def classless(trial: Trial) -> Finding:
    model, pictures = networks.Small(), networks.pictures()
    first, second = (
        trial.own(model, pictures, torch.full((len(pictures),), number)) for number in (0, 1)
    )
    return Finding(gap(second, first), _SHARE)


def _scores(model: nn.Module, pictures: Tensor, classes: Tensor) -> Tensor:
    with torch.no_grad():
        return model(pictures).gather(1, classes[:, None])[:, 0].double()


def _share(part: Tensor, whole: Tensor) -> float:
    if float(whole.abs().max()) == 0:
        raise NotTried("the map is 0 everywhere")
    return float(part.abs().max() / whole.abs().max())


LAWS = (
    complete, residual_sum, dummy, symmetric, flip, shift, zero, scale, offset, twin, right_class,
    classless,
)  # fmt: skip
