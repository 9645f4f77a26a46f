"""Where a vision transformer's tokens lie in the picture, and which of them its answer reads.

Nothing is taken from names or classes of a library: all of it is tried out on a picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from helpers.errors import InputError
from helpers.explain.attention_mode import Attending, frozen
from helpers.explain.layers import backwards
from helpers.models.contract import answers, plain, require_hooks

_NONE_SEEN = (
    "no attention of tokens to one another was seen while it ran, which a vision transformer has "
    "(timm's, torchvision's, synthetic-glasses-vit): for a convolutional network take gradcam or "
    "another class activation map."
)


@dataclass(frozen=True)
class Sight:
    """Where a vision transformer's tokens are in the picture, and which of them its answer reads.

    Attributes
    ----------
    grid : tuple of int
        Rows and columns of patches.
    first : int
        Tokens ahead of the patches' (a class token, registers).
    readers : Tensor (T,) float32
        Weights that sum to 1: equal for the tokens of the last block on which the answer depends, 0
        for the others. One class token, or all patches where the network averages them; all 0 where
        the network answers a constant.
    blocks : tuple of str
        Dotted names of the blocks, in order; each takes tokens (N, T, channels) and returns them.
    """

    grid: tuple[int, int]
    first: int
    readers: Tensor
    blocks: tuple[str, ...]

    @property
    def patches(self) -> slice:
        """Which tokens are patches of the picture, row by row."""
        return slice(self.first, self.first + self.grid[0] * self.grid[1])

    def map_of(self, values: Tensor) -> Tensor:
        """Values of all tokens (N, T) as a map of the patches (N, rows, columns)."""
        return values[:, self.patches].unflatten(1, self.grid)


def look(model: nn.Module, images: Tensor) -> Sight:
    """Find out how a network looks at pictures, by trying it on the first of them.

    That attention is written out rightly is seen from the answer, which stays the same; where the
    patches are, by changing the picture stripe by stripe; which tokens are read, by a gradient.

    Parameters
    ----------
    model : nn.Module
        In eval mode.
    images : Tensor (N, 3, H, W)
        RGB in [0, 1]; within ``plain_state``.

    Returns
    -------
    Sight

    Raises
    ------
    InputError
        If it is no vision transformer, or one that is not understood; the sentence says why.
    """
    image = images[:1]
    run = _watched(model, image)
    _require_plain_attention(run.weights)
    blocks = _blocks(run.paths, run.shapes)
    tokens = run.weights[0].shape[-1]
    first, grid = _layout(model, image, blocks[0], _grids(run.maps, tokens))
    return Sight(grid, first, _readers(model, image, blocks[-1]), blocks)


def blindness(model: nn.Module, picture: Tensor) -> str:
    """Refuse a network whose attention cannot be read, as :func:`look` does."""
    look(model, plain(picture))
    return ""


@dataclass
class _Run:
    """What was seen in one pass: attention maps, in which modules, and outputs of layers."""

    weights: list[Tensor]
    paths: list[tuple[str, ...]]
    shapes: dict[str, tuple[int, ...]]  # of modules that return what they take in shape
    maps: list[tuple[int, int]]  # heights and widths of maps ahead of the first attention


class _Finding(Attending):
    """Attention, and inside which modules it was computed."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.paths: list[tuple[str, ...]] = []

    def _kept(self, weights: Tensor) -> Tensor:
        self.paths.append(tuple(self.inside))
        return super()._kept(weights)


def _watched(model: nn.Module, image: Tensor) -> _Run:
    require_hooks(model)
    names = {module: name for name, module in model.named_modules()}
    mode = _Finding()
    run = _Run(mode.weights, mode.paths, {}, [])

    def enter(module: nn.Module, _inputs: Any) -> None:
        mode.inside.append(names[module])

    def leave(module: nn.Module, inputs: Any, output: Any) -> None:
        mode.inside.pop()
        if not isinstance(output, Tensor):
            return
        if not mode.weights and output.ndim == 4:
            run.maps.append((output.shape[2], output.shape[3]))
        taken = inputs[0].shape if inputs and isinstance(inputs[0], Tensor) else None
        if output.ndim == 3 and taken == output.shape:
            run.shapes[names[module]] = tuple(output.shape)

    handles = [each.register_forward_pre_hook(enter) for each in names]
    handles += [each.register_forward_hook(leave) for each in names]
    try:
        with torch.no_grad(), mode:
            explicit = answers(model, image)
    finally:
        for handle in handles:
            handle.remove()
    _require_same(model, image, explicit, mode.oddities)
    return run


def _require_same(model: nn.Module, image: Tensor, explicit: Tensor, oddities: list[str]) -> None:
    if oddities:
        raise InputError(oddities[0])
    with torch.no_grad():
        usual = answers(model, image)
    if not torch.allclose(explicit, usual, rtol=1e-4, atol=1e-4):
        raise InputError(
            "its answer changes when its attention is written out (masked or dropped attention, or "
            "numbers drawn while it runs)."
        )


def _require_plain_attention(weights: Sequence[Tensor]) -> None:
    if not weights:
        raise InputError(_NONE_SEEN)
    shapes = {(len(each), *each.shape[2:]) for each in weights}
    batch, looking, looked_at = min(shapes)
    if len(shapes) > 1 or batch != 1 or looking != looked_at:
        raise InputError(
            "its attention is not of all tokens to all tokens in every block (windows, as in Swin, "
            "merged tokens, or a head that pools by attention), so that its maps cannot be chained: "
            "take a method that needs gradients or answers only."
        )


def _blocks(
    paths: Sequence[tuple[str, ...]], shapes: dict[str, tuple[int, ...]]
) -> tuple[str, ...]:
    """Of each attention, the outermost module around it alone that takes and returns tokens."""
    found = []
    for k, path in enumerate(paths):
        others = {name for j, other in enumerate(paths) if j != k for name in other}
        own = [name for name in path if name not in others and name in shapes]
        if not own:
            raise InputError(
                f"its attention number {k + 1} has no module of its own that takes tokens (N, tokens, "
                "channels) and returns them, as a block does; or one block runs several times."
            )
        found.append(own[0])
    return tuple(found)


def _grids(maps: Sequence[tuple[int, int]], tokens: int) -> list[tuple[int, int]]:
    """Rows and columns that the patches may have: as the last maps had, or a square."""
    squares = [(side, side) for side in range(int(tokens**0.5), 1, -1)][:1]
    return [grid for grid in [*reversed(maps), *squares] if 1 < grid[0] * grid[1] <= tokens]


class _Reached(Exception):
    """Carries the tokens that reach the first block."""


def _layout(
    model: nn.Module, image: Tensor, block: str, grids: Sequence[tuple[int, int]]
) -> tuple[int, tuple[int, int]]:
    """Number of tokens ahead of the patches, and rows and columns of these."""
    for grid in dict.fromkeys(grids):
        shifts = [
            _shifts(model, block, image, parts, axis)
            for axis, parts in zip((2, 3), grid, strict=True)
        ]
        moved = torch.nonzero(torch.cat(shifts).amax(0) > 1e-4 * shifts[0].max()).flatten()
        first, count = int(moved[0]), grid[0] * grid[1]
        if len(moved) != count or int(moved[-1]) != first + count - 1:
            continue
        down, across = (each[:, first : first + count].unflatten(1, grid) for each in shifts)
        if _in_order(down.mean(2)) and _in_order(across.mean(1)):
            return first, grid
    raise InputError(
        "its tokens do not lie in the picture as a grid of patches, row by row: changing a stripe of "
        "the picture does not change one row or column of them most."
    )


def _shifts(model: nn.Module, block: str, image: Tensor, parts: int, axis: int) -> Tensor:
    """How far each token at the first block moves when a stripe of the picture is changed: (parts, T)."""
    stripes = image.repeat(parts, 1, 1, 1)
    side = image.shape[axis]
    for k in range(parts):
        # The middle half, because a resized picture mixes neighbours at the border.
        low, high = round((k + 0.25) * side / parts), round((k + 0.75) * side / parts)
        stripe = stripes[k].narrow(axis - 1, low, max(1, high - low))
        stripe.copy_((stripe + 0.5) % 1)
    before = _arriving(model, block, image)
    after = torch.cat([_arriving(model, block, part) for part in stripes.split(32)])
    return (after - before).abs().mean(2)


def _arriving(model: nn.Module, block: str, images: Tensor) -> Tensor:
    def stop(_module: nn.Module, inputs: Any) -> None:
        raise _Reached(inputs[0])

    handle = model.get_submodule(block).register_forward_pre_hook(stop)
    try:
        with torch.no_grad():
            model(images.clone())
    except _Reached as here:
        found: Tensor = here.args[0]
        return found
    finally:
        handle.remove()
    raise InputError(f"its block {block!r} does not run each time.")


def _in_order(shifts: Tensor) -> bool:
    """Whether what the stripes move goes on, stripe by stripe, from the first part to the last.

    Told by the middles of what moves: convolutions ahead of the blocks let a stripe move the next part
    as well, and now and then more than its own.
    """
    places = torch.arange(shifts.shape[1], device=shifts.device).to(shifts)
    middles = (shifts * places).sum(1) / shifts.sum(1)
    return bool((middles.diff() > 0.25).all())


def _readers(model: nn.Module, image: Tensor, block: str) -> Tensor:
    """Equal weights of the tokens behind the last block on which the answer depends."""
    seen: list[Tensor] = []

    def keep(_module: nn.Module, _inputs: Any, output: Tensor) -> Tensor:
        seen.append(output.detach().requires_grad_())
        return seen[-1].clone()

    handle = model.get_submodule(block).register_forward_hook(keep)
    try:
        with frozen(model), torch.enable_grad():
            # Of two pictures: what depends on the picture, as where a maximum lies, is no fixed place.
            logits = answers(model, torch.cat([image, 1 - image]))
            # Weighed, since a plain sum of the answers might cancel.
            weighed = (logits * torch.linspace(1, 2, logits.shape[1], device=logits.device)).sum(1)
            (slopes,) = backwards(weighed[:, None], torch.zeros_like(weighed).long(), seen)
    finally:
        handle.remove()
    if slopes is None:
        raise InputError(
            "its answer has no gradient at the last block (a detach, or torch.no_grad)."
        )
    influence = slopes.abs().sum(2)
    read, also = (influence > 1e-6 * influence.amax(1, keepdim=True)).float()
    if not torch.equal(read, also):
        raise InputError("the tokens that its answer is read from change with the picture.")
    return read / read.sum().clamp_min(1)  # of a network that answers a constant, none is read
