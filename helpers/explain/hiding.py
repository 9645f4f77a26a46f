"""Pictures of which parts are hidden, and the network's scores for them.

Every method that hides parts shows the network a mixture: where the mask is 1 the picture, where it
is 0 its baseline. Mixtures are made in one buffer of ``batch_size`` pictures, just before the network
sees them, so that thousands of masks cost the memory of one batch.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from helpers.arguments import count
from helpers.errors import InputError
from helpers.explain.baselines import baseline_of
from helpers.explain.case import Case
from helpers.models.contract import oddity

Masks = Callable[[slice], Tensor]
"""Gives the masks (m, 1, H, W) of some rows of a bank, float32 in [0, 1], 1 where the picture shows."""


@dataclass(frozen=True)
class Scene:
    """One image of a case, cut into parts that can be hidden.

    Attributes
    ----------
    position : int
        Of the image, in its case.
    base : Tensor (3, H, W)
        What is seen where the picture is hidden.
    labels : Tensor (H * W) int64
        The part that each pixel belongs to; ``parts`` where it belongs to none and is never hidden.
    parts : int
        How many there are.
    names : Tensor (parts,) int64
        Which of all masks, or cells, each part is: a mask without a pixel is no part.
    cut : hashable
        How the picture is cut and what hides it: with it scores are kept in the case.
    """

    case: Case
    position: int
    base: Tensor
    labels: Tensor
    parts: int
    names: Tensor
    cut: Hashable

    def visible(self, shown: Tensor) -> Tensor:
        """Masks (M, 1, H, W) of what is shown (M, parts) of each part, from 0 to 1."""
        whole = torch.ones(len(shown), 1, device=self.base.device)
        each = torch.cat([shown.to(whole), whole], 1)
        return each.index_select(1, self.labels).view(-1, 1, *self.case.size)

    def scores(self, shown: Tensor, name: Hashable) -> Tensor:
        """Scores (M,) float64 with (M, parts) shown of the parts; kept under the rows' name."""
        key = (name, self.position, self.cut)
        return self.case.kept(
            key,
            lambda: mixed_scores(
                self.case,
                self.position,
                self.base,
                lambda rows: self.visible(shown[rows]),
                len(shown),
            ),
        )

    def painted(self, values: Tensor) -> Tensor:
        """A map (H, W) with the value (parts,) of each part on all its pixels, 0 elsewhere."""
        each = torch.cat([values.float(), torch.zeros(1)]).to(self.labels.device)
        return each[self.labels].view(self.case.size)

    def spread(self, values: Tensor) -> Tensor:
        """A map (H, W) with the value (parts,) of each part spread evenly over its pixels."""
        sizes = torch.bincount(self.labels, minlength=self.parts)[: self.parts]
        return self.painted(values / sizes.cpu())


def mixed_scores(case: Case, position: int, base: Tensor, masks: Masks, amount: int) -> Tensor:
    """Score an image behind a bank of masks.

    Parameters
    ----------
    case : Case
        Which image's class is scored, and how many pictures the network sees at a time.
    position : int
        Of the image, in the case.
    base : Tensor (3, H, W)
        What is seen where a mask is 0.
    masks : callable
        Makes the masks of some rows.
    amount : int
        How many masks there are.

    Returns
    -------
    Tensor (amount,) float64
        On the CPU, where they are worked with.
    """
    image, index = case.images[position], int(case.indices[position])
    found = torch.empty(amount, dtype=torch.float64)
    buffer = image.new_empty(min(case.batch_size, amount), *image.shape)
    for rows in batch_rows(amount, case.batch_size):
        mixed = buffer[: rows.stop - rows.start]
        torch.lerp(base, image, masks(rows), out=mixed)
        found[rows] = case.scores(mixed, index).cpu()
        case.advance(len(mixed) / amount / len(case.images))
    return found


def batch_rows(amount: int, batch_size: int) -> list[slice]:
    """Slices of at most ``batch_size`` rows that cover ``amount`` rows."""
    return [slice(k, min(k + batch_size, amount)) for k in range(0, amount, batch_size)]


def named_baselines(case: Case, baseline: Any, seed: int = 0) -> tuple[Tensor, Hashable]:
    """Baselines (N, 3, H, W) of a case, and a name for them among all that a call may give."""
    pictures = baseline_of(case, baseline, seed)
    if isinstance(baseline, Tensor):
        return pictures, id(baseline)
    return pictures, (baseline, seed if baseline == "noise" else 0)


def scenes(case: Case, grid: Any, masks: Any, baseline: Any, seed: int = 0) -> list[Scene]:
    """Cut each image of a case into its masked regions, or else into the cells of a grid.

    Parameters
    ----------
    case : Case
        The images.
    grid : int
        Cells a side; read where no masks are given.
    masks : None or Tensor (N, R, H, W) bool
        Disjoint regions of each image of the call. Pixels of no region are never hidden.
    baseline : str or Tensor
        What hides a part; see :func:`helpers.explain.baselines.baseline_of`.
    seed : int
        Of a baseline of noise.

    Returns
    -------
    list of Scene

    Raises
    ------
    InputError
        If the grid has more cells than pixels, or the masks are no such masks.
    """
    pictures, what = named_baselines(case, baseline, seed)
    if masks is None:
        side = count(grid, "grid", 1, min(case.size))
        labels, names = cells(case.size, side).to(pictures.device), torch.arange(side**2)
        cuts: list[tuple[Tensor, Tensor]] = [(labels, names)] * len(pictures)
        how: Hashable = ("grid", side)
    else:
        cuts = [_regions(each) for each in require_masks(case, masks)]
        how = ("masks", id(masks))
    return [
        Scene(case, k, base, labels, len(names), names, (how, what))
        for k, (base, (labels, names)) in enumerate(zip(pictures, cuts, strict=True))
    ]


def cells(size: tuple[int, int], side: int) -> Tensor:
    """The cell (H * W,) of each pixel, in rows of ``side`` cells as equal as pixels allow."""
    down, across = (torch.arange(each) * side // each for each in size)
    return (down[:, None] * side + across).flatten()


def require_masks(case: Case, masks: Any) -> Tensor:
    """Return the masks (N, R, H, W) bool of a case's images, on their device.

    Raises
    ------
    InputError
        If they are not of this shape and type, overlap, or an image has none with a pixel.
    """
    if masks is None:
        raise InputError(
            "this method explains regions, and needs masks=, a tensor (N, R, H, W) of True and False, "
            "a mask for each region of each image: drawn faces have them, faces.render(people).masks."
        )
    if oddity(masks):
        raise InputError(f"masks must be a plain tensor of True and False, but it {oddity(masks)}.")
    if not isinstance(masks, Tensor) or masks.ndim != 4 or masks.dtype != torch.bool:
        given = getattr(masks, "dtype", type(masks).__name__)
        raise InputError(
            "masks must be a tensor of shape (N, R, H, W) of True and False, a mask for each region "
            f"of each image, but are {given} of shape {tuple(getattr(masks, 'shape', ()))}: for "
            "instance torch.from_numpy(faces.render(people).masks)."
        )
    if tuple(masks.shape[2:]) != case.size or masks.shape[1] == 0:
        raise InputError(
            f"masks have shape {tuple(masks.shape)}, the images are of {case.size} px: give at least "
            "one region, in the size of the images."
        )
    here: Tensor = case.cut(masks, "masks").to(case.images.device)
    twice = (here.sum(1) > 1).flatten(1).sum(1)
    if bool(twice.any()):
        k = int((twice > 0).int().argmax())
        raise InputError(
            f"masks overlap: {int(twice[k])} pixels of the image at position {case.position(k)} "
            "belong to several regions. Decide for one, for instance masks[:, 0] &= ~masks[:, 1]."
        )
    bare = ~here.flatten(1).any(1)
    if bool(bare.any()):
        k = case.position(int(bare.int().argmax()))
        raise InputError(
            f"the image at position {k} has no pixel in any mask: leave it out, or give its regions."
        )
    return here


def _regions(masks: Tensor) -> tuple[Tensor, Tensor]:
    """Labels (H * W,) of the regions of one image that have a pixel, and which they are."""
    flat = masks.flatten(1)
    names = flat.any(1).nonzero().flatten()
    here = flat[names]
    labels = torch.where(here.any(0), here.int().argmax(0), len(names))
    return labels, names.cpu()
