"""One call for every attribution method."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from helpers.arguments import choice, count, seed
from helpers.errors import InputError
from helpers.explain.case import Case
from helpers.explain.catalogue import ROWS
from helpers.explain.hiding import require_masks
from helpers.explain.maps import enlarge
from helpers.explain.methods import chosen_methods, options_of
from helpers.explain.requirements import require
from helpers.explain.targets import Targets, one_per_image
from helpers.models.contract import batches, check_images, plain, plain_state, require_network
from helpers.models.trials import first_line

_MOST = 2**20  # pictures at a time, for those who give a number without end
_MOST_SAMPLES = 10**8  # of which a thousand a second would take a day


def explain(
    model: nn.Module,
    images: Tensor,
    targets: Targets = None,
    method: str = "gradcam",
    layer: str | None = None,
    batch_size: int = 32,
    **options: Any,
) -> Tensor:
    """Compute relevance maps of images for a model's score.

    Parameters
    ----------
    model : nn.Module
        In eval mode; takes images in [0, 1] and returns logits (N, classes).
    images : Tensor (N, 3, H, W)
        RGB in [0, 1].
    targets : None, int, str, or one of them per image
        The class that is explained, by index or by name; None means the predicted class.
    method : str
        A name in :data:`METHODS`.
    layer : str, optional
        Dotted name of the layer that the method reads, where it reads one; by default
        ``model.layer``.
    batch_size : int
        Pictures that the network is given at a time; memory grows with it.
    **options
        Of the method: those that :data:`METHODS` lists for it, with their defaults.

    Returns
    -------
    Tensor (N, H, W) float32
        In the method's own units, as large as the images; signed where the method is, elsewhere its
        negative part is cut off, as in the papers; bilinearly enlarged from the method's resolution,
        where the library that computes it has not done so in its own way (Xplique: bicubically).

    Raises
    ------
    UnknownName
        If there is no such method, layer or class.
    InputError
        If ``images`` does not have the shape or range above, the model is in training mode, cannot
        be called with them or answers with NaN, the method's rule does not hold on this network
        (see :func:`check`), the layer has no maps of its own, there are more or fewer targets than
        images, an option that the method does not have, or one that is out of range.

    Notes
    -----
    Inference mode, autocast and switched-off gradients of the caller change nothing: maps are
    computed in 32 bits, with the gradients that a method needs. The model, its hooks, gradients and
    mode, and the state of every random generator are left as they were. The first method of xplique
    that is asked for imports TensorFlow, which can take a minute, before its bar moves.

    Examples
    --------
    >>> import torch
    >>> from helpers import models
    >>> from helpers.explain import explain
    >>> images = torch.rand(2, 3, 112, 112)
    >>> explain(models.load("gender-fairface"), images, "Female", method="hirescam").shape
    torch.Size([2, 112, 112])
    """
    chosen = {choice(method, "method", ROWS): options_of(method, options)}
    return _explained(model, images, targets, chosen, layer, batch_size)[method]


def explain_many(
    model: nn.Module,
    images: Tensor,
    methods: Sequence[str] | Mapping[str, Mapping[str, Any]],
    targets: Targets = None,
    layer: str | None = None,
    batch_size: int = 32,
) -> dict[str, Tensor]:
    """Compute the maps of several methods, sharing what they have in common.

    The network's answers are computed once, a layer is read once for all methods that read it, and
    the methods that hide random parts of a picture share the hidden pictures and their scores where
    their designs allow it. Ctrl-C ends the work early and keeps the methods that are done; a warning
    names the others.

    Parameters
    ----------
    model : nn.Module
        In eval mode; takes images in [0, 1] and returns logits (N, classes).
    images : Tensor (N, 3, H, W)
        RGB in [0, 1].
    methods : sequence of str, or mapping of str to mapping
        Names in :data:`METHODS`; a mapping gives the options of each.
    targets : None, int, str, or one of them per image
        The class that is explained; None means the predicted class.
    layer : str, optional
        Of the methods that read one; by default ``model.layer``.
    batch_size : int
        Pictures that the network is given at a time; memory grows with it.

    Returns
    -------
    dict of str to Tensor (N, H, W) float32
        The maps of each method, equal to those of :func:`explain`.

    Raises
    ------
    UnknownName, InputError
        As :func:`explain`. Names, images, model, what each method needs of the network, masks and
        seeds are looked at before anything is computed; a method looks at its other options when its
        turn comes.

    Examples
    --------
    >>> import torch
    >>> from helpers import models
    >>> from helpers.explain import explain_many
    >>> model = models.load("synthetic-lipstick")
    >>> maps = explain_many(model, torch.rand(2, 3, 112, 112), ["gradcam", "hirescam"])
    >>> list(maps), maps["hirescam"].shape
    (['gradcam', 'hirescam'], torch.Size([2, 112, 112]))
    """
    chosen = chosen_methods(methods)
    return _explained(model, images, targets, chosen, layer, batch_size, interruptible=True)


def layer_maps(
    model: nn.Module,
    images: Tensor,
    targets: Targets = None,
    method: str = "hirescam",
    layer: str | None = None,
) -> Tensor:
    """Compute maps at the resolution of the layer, before they are enlarged to the image.

    At this resolution sums mean something: when the layer is followed by global average pooling and a
    linear head, the sum of a HiResCAM map plus the bias is the logit.

    Parameters
    ----------
    model : nn.Module
        In eval mode; takes images in [0, 1] and returns logits (N, classes).
    images : Tensor (N, 3, H, W)
        RGB in [0, 1].
    targets : None, int, str, or one of them per image
        The class that is explained, by index or by name; None means the predicted class.
    method : str
        A name in :data:`METHODS`.
    layer : str, optional
        Dotted name of the layer whose activations are read; by default ``model.layer``.

    Returns
    -------
    Tensor (N, h, w) float32
        Signed where the method is; for the others the negative part is cut off, as in their papers.
        The maps of methods without a layer are as large as the image.

    Raises
    ------
    UnknownName
        If there is no such method, layer or class.
    InputError
        If the images, the model, the targets or the layer cannot be used, or a map would hold NaN
        or infinity.
    """
    choice(method, "method", ROWS)
    check_images(images)
    require_network(model)
    require(model, images, method)
    with plain_state(images.device):
        case = Case(model, plain(images), targets, layer, len(images))
        return _maps(case, method, options_of(method, {}))


def _explained(
    model: nn.Module,
    images: Tensor,
    targets: Targets,
    chosen: Mapping[str, Mapping[str, Any]],
    layer: str | None,
    batch_size: int,
    interruptible: bool = False,
) -> dict[str, Tensor]:
    """The maps of each method, batch by batch; each batch is one case for all methods."""
    check_images(images)
    require_network(model)
    with plain_state(images.device):
        cases = cases_of(model, images, targets, layer, batch_size)
        for name, options in chosen.items():
            require(model, images, name)
            _require_shared(cases, name, options)
        return _collected(cases, chosen, interruptible)


def _require_shared(cases: Sequence[Case], method: str, options: Mapping[str, Any]) -> None:
    """Check options that mean the same to every method, whether or not it comes to read them."""
    if "seed" in options:
        seed(options["seed"])
    if "samples" in options:
        count(options["samples"], "samples", 1, _MOST_SAMPLES)
    if "masks" in ROWS[method].needs or options.get("masks") is not None:
        for case in cases:
            require_masks(case, options["masks"])


def cases_of(
    model: nn.Module, images: Tensor, targets: Targets, layer: str | None, batch_size: int
) -> list[Case]:
    """Cut images, which were checked, into cases of ``batch_size``; within ``plain_state``."""
    parts = batches(images, batch_size)
    batch_size = min(batch_size, _MOST)
    each = _split(targets, parts)
    return [
        Case(model, plain(part), target, layer, batch_size, rows, len(images))
        for part, target, rows in zip(parts, each, _rows(parts), strict=True)
    ]


def progress(total: int, what: str) -> "tqdm[Any]":
    """A bar on a terminal or in a notebook only: in a file it would be noise."""
    # Without counts: a method of thousands of passes moves the bar by fractions of a step.
    shown = "{desc}: {percentage:3.0f}%|{bar}| {elapsed} < {remaining}"
    return tqdm(total=total, desc=what, delay=2, leave=False, bar_format=shown, disable=None)


def within(bar: "tqdm[Any]") -> Callable[[float], object]:
    """Move a bar by shares of its next step, and no further, whatever rounding adds up to."""
    end = round(bar.n) + 1
    return lambda share: bar.update(max(min(share, end - bar.n), 0))


def _collected(
    cases: list[Case], options: Mapping[str, Mapping[str, Any]], interruptible: bool
) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    *_, last = options
    steps = progress(len(cases) * len(options), "explain")
    try:
        for name, chosen in options.items():
            maps = []
            for case in cases:
                done, case.advance = round(steps.n), within(steps)
                maps.append(enlarge(_maps(case, name, chosen), case.size))
                if name == last:
                    case.forget()
                # Most methods say nothing on the way; those that do may say less than all.
                steps.update(done + 1 - steps.n)
            found[name] = torch.cat(maps)
    except KeyboardInterrupt:
        # Hours of work are not thrown away; with nothing done there is nothing to keep.
        if not interruptible or not found:
            raise
        missing = ", ".join(name for name in options if name not in found)
        warnings.warn(f"explain_many returns without {missing}: it was interrupted.", stacklevel=4)
    finally:
        steps.close()
    return found


def _maps(case: Case, method: str, options: Mapping[str, Any]) -> Tensor:
    module, _, function = ROWS[method].function.partition(":")
    compute = getattr(import_module(f"helpers.explain.{module}"), function)
    try:
        maps: Tensor = compute(case, **options).detach()
    # Torch has no type of its own for memory that a processor lacks.
    except (MemoryError, RuntimeError) as why:
        if isinstance(why, RuntimeError) and "memory" not in str(why):
            raise
        raise InputError(
            f"{method} asks for more memory than there is: {first_line(why)} Give fewer samples or steps, "
            "or a smaller batch_size."
        ) from why
    if not ROWS[method].signed:
        maps = maps.clamp_min(0)
    if not bool(torch.isfinite(maps).all()):
        raise InputError(
            f"{method} gives a map of NaN or infinite numbers: a gradient or an activation of the "
            "network is too large for 32-bit numbers, or a sum that the method divides by is 0."
        )
    return maps


def _split(targets: Targets, parts: Sequence[Tensor]) -> list[Targets]:
    """The targets of each batch of images."""
    if targets is None:
        return [None] * len(parts)
    each = iter(one_per_image(targets, sum(map(len, parts))))
    return [[next(each) for _ in part] for part in parts]


def _rows(parts: Sequence[Tensor]) -> Iterator[slice]:
    """Which of all images each batch holds."""
    start = 0
    for part in parts:
        yield slice(start, start + len(part))
        start += len(part)
