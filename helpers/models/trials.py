"""What a stranger's network does when it is called: trials for :func:`helpers.models.adapt`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from helpers.errors import InputError
from helpers.models.contract import check_output
from helpers.models.tracing import Trace, in_place_modules, set_in_place, trace

if TYPE_CHECKING:
    from helpers.models.adapters import Adapted


def trial_images(adapted: "Adapted") -> Tensor:
    """Two pictures of noise, of the size that the network takes: (2, 3, H, W) in [0, 1]."""
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(2, 3, *adapted.input_size, generator=generator)
    return images.to(device_of(adapted.network))


def tried(adapted: "Adapted", images: Tensor) -> Trace:
    """Watch one pass of a network.

    Parameters
    ----------
    adapted : Adapted
        The network behind its preprocessing.
    images : Tensor (N, 3, H, W)
        Of :func:`trial_images`.

    Raises
    ------
    InputError
        If it cannot be called with them, or returns anything but finite numbers (N, K).
    """
    with as_a_sentence(adapted), _fixed_randomness():
        seen = trace(adapted, adapted.network, images)
    _checked(seen.output, len(images))
    return seen


def answers_at_random(adapted: "Adapted", images: Tensor, before: Trace) -> list[str]:
    """Whether two passes of the same pictures differ."""
    again = _again(adapted, images, before, seed=1)
    if torch.allclose(again, before.output, rtol=1e-4, atol=1e-5):
        return []
    gap = float((again - before.output).abs().max())
    note = (
        f"Two passes of one picture give different answers (by up to {gap:.2g}): the network draws "
        "random numbers in eval mode too, as dropout does when it is called as a function. No "
        "explanation of it can be repeated; call nn.functional.dropout with training=self.training."
    )
    return [note]


def gradients_switched_off(adapted: "Adapted", images: Tensor) -> list[str]:
    """Whether a score has no gradient by the picture, and why."""
    pictures = images.clone().requires_grad_()
    try:
        with torch.enable_grad(), _fixed_randomness():
            output = adapted(pictures)
            (slope,) = torch.autograd.grad(output.sum(), pictures, allow_unused=True)
    # An operation that has no gradient, or one that works in place where a gradient needs the old
    # values; torch says so in an error of its own, and so does a function of the network's own.
    except Exception:  # noqa: BLE001
        slope = None
    if slope is not None:
        return []
    note = (
        "The network switches gradients off inside (torch.no_grad, inference_mode or detach), or "
        "does something that has none: methods that follow the score back to the picture, or to a "
        "layer before that, cannot explain it."
    )
    return [note]


def without_in_place(adapted: "Adapted", images: Tensor, before: Trace) -> list[str]:
    """Make activations return new tensors, unless the network counts on their doing otherwise."""
    found = in_place_modules(adapted.network)
    if not found:
        return []
    set_in_place(adapted.network, found, False)
    after = _again(adapted, images, before)
    if torch.allclose(after, before.output, rtol=1e-4, atol=1e-5):
        return [f"Made to return new tensors instead of working in place: {_listed(found)}."]
    set_in_place(adapted.network, found, True)
    note = (
        f"The network's answer depends on activations that work in place: {_listed(found)}. "
        "DeepLift, relevance propagation and activations read there are not to be trusted."
    )
    return [note]


def warnings_of(seen: Trace) -> list[str]:
    """What a pass showed that some explanations cannot follow, a sentence each."""
    notes = []
    if seen.reused:
        notes.append(
            f"Activations or poolings that run more than once in a pass: {_listed(seen.reused)}. DeepLift and "
            "relevance propagation need a module of its own at each place."
        )
    if seen.functional:
        notes.append(
            f"Activations or poolings that are called as functions: {_listed(seen.functional)}. DeepLift and "
            "relevance propagation see modules only, and would skip them."
        )
    return notes


def first_line(why: Exception) -> str:
    """What an exception says, or its name where it says nothing."""
    return (str(why).strip().splitlines() or [type(why).__name__])[0]


def device_of(module: nn.Module) -> torch.device:
    """Where a network's numbers are; on the CPU if it has none."""
    first = next(iter([*module.parameters(), *module.buffers()]), torch.zeros(()))
    return first.device


def _again(adapted: "Adapted", images: Tensor, before: Trace, seed: int = 0) -> Tensor:
    """The answers of another pass, in the shape of those before."""
    with as_a_sentence(adapted), torch.no_grad(), _fixed_randomness(seed):
        output = adapted(images)
    output = _checked(output, len(images))
    if output.shape != before.output.shape:
        raise InputError(
            f"the network returns shape {tuple(before.output.shape)} when it is called first and "
            f"{tuple(output.shape)} when it is called again: its answers must not depend on that."
        )
    return output


@contextmanager
def as_a_sentence(adapted: "Adapted") -> Iterator[None]:
    """Say of any error of a network that it cannot be called."""
    try:
        yield
    # Anything can go wrong in a stranger's network, and for its owner it is all one thing.
    except Exception as why:
        height, width = adapted.input_size
        raise InputError(
            f"the network cannot be called with two images of {height} x {width} px: "
            f"{first_line(why)}. If it was made for another size, give input_size=(height, width)."
        ) from why


def _checked(output: Any, count: int) -> Tensor:
    found = check_output(output, count, "the network")
    if not bool(torch.isfinite(found).all()):
        raise InputError(
            "the network returns NaN or infinite numbers for ordinary images: its weights are "
            "damaged, or normalise and value_range are not those it was trained with."
        )
    return found


@contextmanager
def _fixed_randomness(seed: int = 0) -> Iterator[None]:
    """Let a network that draws random numbers draw the same ones in each pass.

    The reader's own sequence of random numbers goes on undisturbed.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return ", ".join(names[:4]) + more
