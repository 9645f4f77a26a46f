"""Laws of maps, measured on the reader's own network and images."""

from functools import partial

import torch

from helpers.explain.laws import networks
from helpers.explain.laws.surroundings import guarded
from helpers.explain.laws.terms import Finding, NoMaps, NotTried, law
from helpers.explain.laws.trial import Trial, copied, gap, is_sentence
from helpers.models.trials import first_line

_SHARE = "largest difference, as a share of the largest value"
ROUNDING = 1e-3
"""How far two maps may differ that are computed in another order or in other batches."""


@law("A map is as large as its image: (N, H, W), or (N, 3, H, W) with a map for each colour.")
def shape(trial: Trial) -> Finding:
    found, wanted = tuple(getattr(trial.raw, "shape", ())), tuple(trial.images.shape)
    right = found in {(wanted[0], *wanted[2:]), wanted, (wanted[0], 1, *wanted[2:])}
    return Finding(0.0 if right else 1.0, f"shape {found} for images of shape {wanted}")


@law("Maps are 32-bit floats, as the images are.")
def dtype(trial: Trial) -> Finding:
    kind = str(getattr(trial.raw, "dtype", type(trial.raw).__name__))
    return Finding(float(not kind.endswith("float32")), kind)


@law("Maps are where the images are, on the same device; NumPy's arrays are on the CPU.")
def device(trial: Trial) -> Finding:
    found = getattr(trial.raw, "device", "cpu")
    found = found if isinstance(found, torch.device) else torch.device("cpu")
    same = found.type == trial.images.device.type
    return Finding(float(not same), f"maps on {found}, images on {trial.images.device}")


@law("Maps have no history: they need no gradient, and hold no graph in memory.")
def detached(trial: Trial) -> Finding:
    history = getattr(trial.raw, "requires_grad", False)
    return Finding(float(history), "requires_grad is True" if history else "")


@law("No value is NaN or infinite.")
def finite(trial: Trial) -> Finding:
    bad = float((~torch.isfinite(trial.known)).double().mean())
    return Finding(bad, "share of values that are NaN or infinite")


@law("A black picture gets finite numbers, or a sentence.")
def black(trial: Trial) -> Finding:
    pictures = torch.zeros_like(trial.images[:1])
    try:
        found = trial.maps(images=pictures, targets=trial.targets[:1], **trial.entries([0]))
    except ValueError as why:
        if isinstance(why, NoMaps) or not is_sentence(why):
            raise
        return Finding(0.0, f"refused: {first_line(why)}")
    bad = float((~torch.isfinite(found)).double().mean())
    return Finding(bad, "share of values that are NaN or infinite")


@law("Maps are not stretched image by image: their highest values differ from image to image.")
def unstretched(trial: Trial) -> Finding:
    peaks = trial.known.abs().amax((1, 2))
    if len(peaks) < 2 or bool((peaks == 0).all()):
        raise NotTried("two images with maps that are not all 0 are needed")
    if gap(trial.known, trial.known[:1].expand_as(trial.known)) < ROUNDING:
        raise NotTried("the maps of all images are the same")
    same = float(peaks.max() - peaks.min()) <= 1e-5 * float(peaks.max())
    said = ", ".join(f"{each:.4g}" for each in peaks[:4].tolist())
    return Finding(float(same), f"highest values {said}")


@law(
    "Called again on the same network, with random generators in the same state, it repeats itself.",
    tolerance=ROUNDING,
)
def repeats(trial: Trial) -> Finding:
    network = copied(trial.model)
    first, second = (trial.maps(network, copy=False) for _ in range(2))
    return Finding(gap(second, first), _SHARE)


@law("Another seed gives another map.", "seed")
def another_seed(trial: Trial) -> Finding:
    extra = trial.subject.noisy
    difference = gap(trial.maps(seed=1, **extra), trial.maps(seed=0, **extra))
    return Finding(float(difference == 0), f"{_SHARE}: {difference:.3g}")


@law(
    "The seed alone decides what is drawn, whatever the state of other generators.",
    "seed",
    ROUNDING,
)
def seed_decides(trial: Trial) -> Finding:
    other = trial.maps(within=partial(guarded, 1), seed=0)
    return Finding(gap(other, trial.maps(seed=0)), _SHARE)


@law("An image's map does not depend on the other images of its batch.", tolerance=ROUNDING)
def single(trial: Trial) -> Finding:
    each = [trial.of_rows([k]) for k in range(len(trial.images))]
    return Finding(gap(torch.cat(each), trial.known), _SHARE)


@law("Images in another order get the same maps, in that order.", tolerance=ROUNDING)
def order(trial: Trial) -> Finding:
    turned = trial.of_rows(list(range(len(trial.images)))[::-1])
    return Finding(gap(turned.flip(0), trial.known), _SHARE)


@law("batch_size bounds memory and changes no map: 1 gives what 7 gives.", "batch_size", ROUNDING)
def batch_size(trial: Trial) -> Finding:
    return Finding(gap(trial.maps(batch_size=1), trial.maps(batch_size=7)), _SHARE)


@law(
    "Images with classes of their own get the maps that each class gives alone.", tolerance=ROUNDING
)
def own_class(trial: Trial) -> Finding:
    with torch.no_grad():
        count = trial.model(trial.images[:1]).shape[1]
    mixed = torch.arange(len(trial.images)) % count
    each = trial.maps(targets=mixed)
    alone = [trial.maps(targets=torch.full_like(mixed, k)) for k in mixed.unique().tolist()]
    expected = torch.stack([alone[int(k)][n] for n, k in enumerate(mixed)])
    return Finding(gap(each, expected), _SHARE)


@law("A class called by its name is the class called by its number.", "names", ROUNDING)
def names(trial: Trial) -> Finding:
    known = getattr(trial.model, "classes", None)
    if not known:
        raise NotTried("the network has no names for its classes")
    called = [str(known[int(k)]) for k in trial.targets]
    return Finding(gap(trial.maps(targets=called), trial.known), _SHARE)


@law("Without a class, the one that the network predicts is explained.", "names", ROUNDING)
def predicted(trial: Trial) -> Finding:
    with torch.no_grad():
        best = copied(trial.model)(trial.images).argmax(1)
    left_out = trial.maps(targets=None)
    return Finding(gap(left_out, trial.maps(targets=best)), _SHARE)


@law("How images lie in memory makes no difference.", tolerance=ROUNDING)
def memory(trial: Trial) -> Finding:
    last = trial.images.contiguous(memory_format=torch.channels_last)
    return Finding(gap(trial.maps(images=last, targets=trial.targets), trial.known), _SHARE)


@law(
    "Weights that need no gradient, as in a frozen network, make no difference.", tolerance=ROUNDING
)
def frozen(trial: Trial) -> Finding:
    network = copied(trial.model).requires_grad_(False)
    return Finding(gap(trial.maps(network), trial.known), _SHARE)


@law("Inside torch.no_grad() the maps are the same.", tolerance=ROUNDING)
def no_grad(trial: Trial) -> Finding:
    return Finding(gap(trial.maps(within=torch.no_grad), trial.known), _SHARE)


@law("Inside torch.inference_mode() the maps are the same.", tolerance=ROUNDING)
def inference_mode(trial: Trial) -> Finding:
    return Finding(gap(trial.maps(within=torch.inference_mode), trial.known), _SHARE)


@law("Inside torch.autocast the maps are as exact as outside.", tolerance=ROUNDING)
def autocast(trial: Trial) -> Finding:
    half = partial(torch.autocast, trial.images.device.type, dtype=torch.bfloat16)
    return Finding(gap(trial.maps(within=half), trial.known), _SHARE)


@law(
    "Masks belong to their images: each image gets what it gets alone with its own.",
    "masks",
    ROUNDING,
)
def masks(trial: Trial) -> Finding:
    own = networks.halves(trial.images)
    together = trial.maps(masks=own)
    each = [
        trial.maps(images=trial.images[[k]], targets=trial.targets[[k]], masks=own[[k]])
        for k in range(len(own))
    ]
    return Finding(gap(together, torch.cat(each)), _SHARE)


LAWS = (
    shape, dtype, device, detached, finite, black, unstretched, repeats, another_seed, seed_decides,
    single, order, batch_size, own_class, names, predicted, memory, frozen, no_grad, inference_mode,
    autocast, masks,
)  # fmt: skip
