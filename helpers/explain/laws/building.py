"""Laws of networks: however one is built or given, the map is right or a sentence says why there is none."""

from typing import Any

import torch
from torch import Tensor, nn

from helpers.explain.laws import networks
from helpers.explain.laws.maps import ROUNDING
from helpers.explain.laws.terms import Finding, NoMaps, law
from helpers.explain.laws.trial import Trial, gap, indices, is_sentence
from helpers.models.trials import first_line

_SHARE = "largest difference from the map of the same network of modules"


@law("A picture that is not square gets a map of its proportions.", tolerance=ROUNDING)
def not_square(trial: Trial) -> Finding:
    wide = networks.pictures(2, networks.SIDE // 2, networks.SIDE)
    height, width = trial.own(networks.Small(side=1), wide).shape[1:]
    return Finding(
        float(width != 2 * height), f"maps of {height} x {width} for twice as wide images"
    )


@law(
    "An activation called as a function gives the map of a module, or a sentence.",
    tolerance=ROUNDING,
)
def functional_relu(trial: Trial) -> Finding:
    return _as_of_modules(trial, networks.functional())


@law(
    "An activation that runs twice gives the map of two modules, or a sentence.", tolerance=ROUNDING
)
def reused_relu(trial: Trial) -> Finding:
    return _as_of_modules(trial, networks.reused())


@law(
    "An activation that works in place gives the map of one that does not, or a sentence.",
    tolerance=ROUNDING,
)
def in_place_relu(trial: Trial) -> Finding:
    return _as_of_modules(trial, networks.in_place())


@law("Layers defined in another order than they run give the same map.", tolerance=ROUNDING)
def order_of_definition(trial: Trial) -> Finding:
    return _as_of_modules(trial, networks.of_modules(backwards=True))


@law(
    "A network in training mode is refused, or explained as it answers in eval mode.",
    tolerance=ROUNDING,
)
def training_mode(trial: Trial) -> Finding:
    pictures = networks.pictures()
    classes = indices(networks.Trained(), pictures)
    expected = trial.own(networks.Trained(), pictures, classes)
    return _compared(trial, networks.Trained().train(), pictures, classes, expected)


@law("A class that does not exist is refused in a sentence.")
def unknown_class(trial: Trial) -> Finding:
    return _refused(trial, targets=torch.full_like(trial.targets, 10**6))


@law("Pictures that hold NaN are refused in a sentence.")
def nonsense(trial: Trial) -> Finding:
    pictures = trial.images.clone()
    pictures[0, 0, 0, 0] = float("nan")
    return _refused(trial, images=pictures)


@law("A batch of another number of channels is refused in a sentence.")
def channels(trial: Trial) -> Finding:
    return _refused(trial, images=trial.images[:, :2])


def _as_of_modules(trial: Trial, model: nn.Module) -> Finding:
    plain, pictures = networks.of_modules(), networks.pictures()
    classes = indices(plain, pictures)
    expected = trial.own(plain, pictures, classes)
    return _compared(trial, model, pictures, classes, expected)


def _compared(
    trial: Trial, model: nn.Module, pictures: Tensor, classes: Tensor, expected: Tensor
) -> Finding:
    try:
        found = trial.maps(model, pictures, classes, **trial.masks_of(pictures))
    # A library that stops is not silently wrong; whether it says why is what is asked here.
    except Exception as why:
        if isinstance(why, NoMaps) or not is_sentence(why):
            raise
        return Finding(0.0, f"stops: {first_line(why)}")
    return Finding(gap(found, expected), _SHARE)


def _refused(trial: Trial, **given: Any) -> Finding:
    """0 where a call ends in an error that says something, 1 for any other end.

    The methods of this package owe their reader more: an error that is the reader's to mend is a
    ``ValueError``.
    """
    try:
        trial.maps(**given)
    except Exception as why:  # noqa: BLE001 - what a library lets through is what is asked
        owed = isinstance(why, ValueError) or not trial.subject.row
        good = owed and is_sentence(why) and not isinstance(why, NoMaps)
        return Finding(float(not good), f"{type(why).__name__}: {first_line(why)}")
    return Finding(1.0, "gives maps")


LAWS = (
    not_square, functional_relu, reused_relu, in_place_relu, order_of_definition, training_mode,
    unknown_class, nonsense, channels,
)  # fmt: skip
