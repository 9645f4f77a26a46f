"""What regions of a face are worth to a score: Shapley and Banzhaf values, ablation, interactions."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from helpers import arguments
from helpers.errors import InputError
from helpers.explain import games
from helpers.explain.case import Case
from helpers.explain.hiding import Scene, require_masks, scenes
from helpers.explain.relevance import cases_of, progress, within
from helpers.explain.targets import Targets
from helpers.faces.regions import MERGED, REGIONS
from helpers.models.contract import check_images, plain_state, require_network

if TYPE_CHECKING:
    import pandas as pd


# -- maps ------------------------------------------------------------------------------------------


def region_ablation(case: Case, *, masks: Any, baseline: Any, seed: int) -> Tensor:
    """Ablation: what the score loses when one region is hidden, spread evenly over its pixels."""
    return _drawn(case, "ablation", masks, baseline, 1, seed)


def region_shapley(case: Case, *, masks: Any, baseline: Any, samples: int, seed: int) -> Tensor:
    """Shapley values (1953) of regions, each spread evenly over its pixels.

    All coalitions are scored where there are no more than ``samples``, as of the twelve of
    ``faces.merge``, and then the values are exact. Of more regions, orders are drawn in which they
    join, each with its reverse (Mitchell et al. 2022). A map's sum is always the score less that of the
    picture with every region hidden, which is not the baseline where masks leave pixels out: pixels of
    no region are never hidden, and 0.
    """
    return _drawn(case, "shapley", masks, baseline, samples, seed)


def region_banzhaf(case: Case, *, masks: Any, baseline: Any, samples: int, seed: int) -> Tensor:
    """Banzhaf values (1965) of regions, each spread evenly over its pixels.

    The mean rise of the score by a region over all coalitions of the others, or, where there are more
    than ``samples``, the difference of the mean score with and without it, others by coins (Wang &
    Jia 2023). They do not sum to the score, and an estimate is not 0 of a region that is ignored.
    """
    return _drawn(case, "banzhaf", masks, baseline, samples, seed)


def _drawn(case: Case, values: str, masks: Any, baseline: Any, samples: Any, seed: Any) -> Tensor:
    amount, start = arguments.count(samples, "samples"), arguments.seed(seed)
    here = _scenes(case, masks, baseline, start)
    return torch.stack([each.spread(_values(each, values, amount, start)) for each in here])


# -- tables ----------------------------------------------------------------------------------------


def region_values(
    model: nn.Module,
    images: Tensor,
    masks: Tensor,
    targets: Targets = None,
    baseline: str | Tensor = "mean",
    values: str = "shapley",
    samples: int = 4096,
    seed: int = 0,
    batch_size: int = 32,
    names: Sequence[str] | None = None,
) -> "pd.DataFrame":
    """Measure what each region of each image is worth to a model's score.

    Parameters
    ----------
    model : nn.Module
        In eval mode; takes images in [0, 1] and returns logits (N, classes).
    images : Tensor (N, 3, H, W)
        RGB in [0, 1].
    masks : Tensor (N, R, H, W) bool
        Disjoint regions of each image. Pixels of no region are never hidden.
    targets : None, int, str, or one of them per image
        The class that is explained; None means the predicted class.
    baseline : str or Tensor (3, H, W) or (N, 3, H, W)
        What hides a region: "black", "mean", "blur", "noise", "distance", or pictures.
    values : {"shapley", "banzhaf", "ablation", "lime", "kernelshap", "rise"}
        The last three are what these methods estimate, computed from all coalitions.
    samples : int
        If an image's regions have no more coalitions, all are scored and values are exact; 4,096 do
        for twelve regions. Of more regions, Shapley and Banzhaf values are estimated from so many.
    seed : int
        Of these estimates, and of a baseline of noise.
    batch_size : int
        Pictures that the network is given at a time.
    names : sequence of str, optional
        Of the regions; by default those of ``faces.REGIONS`` for nineteen and of ``faces.MERGED``
        for twelve.

    Returns
    -------
    pandas.DataFrame
        A row per image, a column per region, in units of the score; NaN where the image does not show
        the region. Shapley values of a row sum to the score less that with all regions hidden.

    Raises
    ------
    UnknownName
        If there is no such class, baseline or kind of values.
    InputError
        If images, model or masks cannot be used, or there are more coalitions than samples and the
        values cannot be estimated.

    Examples
    --------
    >>> import torch
    >>> from helpers import faces, models
    >>> drawn = faces.render(faces.sample(2, seed=1, lipstick=True, hat=False, glasses=False))
    >>> images = torch.from_numpy(drawn.images).permute(0, 3, 1, 2) / 255
    >>> masks = torch.from_numpy(faces.merge(drawn.masks))
    >>> table = region_values(models.load("synthetic-lips-redness"), images, masks, targets=1)
    >>> table.abs().idxmax(axis=1).tolist()
    ['mouth', 'mouth']
    """
    kind = arguments.choice(values, "kind of values", games.VALUES)
    amount, start = arguments.count(samples, "samples"), arguments.seed(seed)

    def valued(scene: Scene) -> Tensor:
        return _values(scene, kind, amount, start)

    given = masks, targets, baseline, start, batch_size, names
    return _table(*_each(model, images, *given, valued))


@dataclass(frozen=True)
class RegionScores:
    """Scores of all coalitions of each image's regions, from which values and interactions follow.

    Attributes
    ----------
    scores : tuple of Tensor (2^r,) float64
        Of each image, whose r regions have pixels. Row k is the picture that shows the i-th of them
        where bit i of k is set, so that the first row hides all and the last hides none.
    present : tuple of Tensor (r,) int64
        Which of all regions these are.
    names : tuple of str
        Of all regions.
    """

    scores: tuple[Tensor, ...]
    present: tuple[Tensor, ...]
    names: tuple[str, ...]

    def values(self, kind: str = "shapley") -> "pd.DataFrame":
        """What each region is worth, as :func:`region_values`, without another pass."""
        compute = games.VALUES[arguments.choice(kind, "kind", games.VALUES)]
        found = [compute(each) for each in self.scores]
        return _table(found, list(self.present), self.names)

    def interactions(self, kind: str = "shapley") -> Tensor:
        """How much more two regions do together than the sum of what each does, (N, R, R).

        Parameters
        ----------
        kind : {"shapley", "banzhaf"}
            Whether each size of a coalition of the others counts the same, or each coalition.

        Returns
        -------
        Tensor (N, R, R) float64
            Symmetric, in units of the score; NaN on the diagonal and for a region without pixels.
        """
        arguments.choice(kind, "kind", ("shapley", "banzhaf"))
        size = len(self.names)
        found = torch.full((len(self.scores), size, size), torch.nan, dtype=torch.float64)
        for matrix, scores, here in zip(found, self.scores, self.present, strict=True):
            matrix[here[:, None], here] = games.interactions(scores, kind)
        return found


def region_scores(
    model: nn.Module,
    images: Tensor,
    masks: Tensor,
    targets: Targets = None,
    baseline: str | Tensor = "mean",
    seed: int = 0,
    batch_size: int = 32,
    names: Sequence[str] | None = None,
) -> RegionScores:
    """Score each image with every coalition of its regions shown, and the others hidden.

    Parameters
    ----------
    model : nn.Module
        In eval mode; takes images in [0, 1] and returns logits (N, classes).
    images : Tensor (N, 3, H, W)
        RGB in [0, 1].
    masks : Tensor (N, R, H, W) bool
        Disjoint regions of each image, at most twelve of which have pixels: ``faces.merge``.
    targets : None, int, str, or one of them per image
        The class that is explained; None means the predicted class.
    baseline : str or Tensor (3, H, W) or (N, 3, H, W)
        What hides a region: "black", "mean", "blur", "noise", "distance", or pictures.
    seed : int
        Of a baseline of noise.
    batch_size : int
        Pictures that the network is given at a time.
    names : sequence of str, optional
        Of the regions; by default those of ``faces.REGIONS`` for nineteen and of ``faces.MERGED``
        for twelve.

    Returns
    -------
    RegionScores

    Raises
    ------
    UnknownName
        If there is no such class or baseline.
    InputError
        If images, model or masks cannot be used, or more than twelve regions have pixels.

    Examples
    --------
    >>> import torch
    >>> from helpers import models
    >>> masks = torch.zeros(1, 2, 112, 112, dtype=torch.bool)
    >>> masks[:, 0, :, :56] = masks[:, 1, :, 56:] = True
    >>> model = models.load("synthetic-lipstick")
    >>> found = region_scores(model, torch.rand(1, 3, 112, 112), masks, names=["left", "right"])
    >>> list(found.values("shapley")), found.interactions("banzhaf").shape
    (['left', 'right'], torch.Size([1, 2, 2]))
    """
    start = arguments.seed(seed)
    given = masks, targets, baseline, start, batch_size, names
    found, here, named = _each(model, images, *given, _all_scores)
    return RegionScores(tuple(found), tuple(here), named)


_MOST = 4096
"""Coalitions that are all scored without being asked for: those of twelve regions."""


def _each(
    model: nn.Module,
    images: Tensor,
    masks: Tensor,
    targets: Targets,
    baseline: str | Tensor,
    seed: int,
    batch_size: int,
    names: Sequence[str] | None,
    compute: Callable[[Scene], Tensor],
) -> tuple[list[Tensor], list[Tensor], tuple[str, ...]]:
    """What is computed of each image, which of its regions have pixels, and the names of all."""
    check_images(images)
    require_network(model)
    found, here = [], []
    with plain_state(images.device):
        cases = cases_of(model, images, targets, None, batch_size)
        for case in cases:
            require_masks(case, masks)
        named = _named(names, masks.shape[1])
        with progress(len(cases), "regions") as bar:
            for case in cases:
                done, case.advance = bar.n, within(bar)
                for scene in _scenes(case, masks, baseline, seed):
                    found.append(compute(scene))
                    here.append(scene.names)
                case.forget()
                bar.update(round(done) + 1 - bar.n)
    return found, here, named


def _scenes(case: Case, masks: Any, baseline: Any, seed: int) -> list[Scene]:
    # Not a grid where masks are missing: these methods are about regions.
    return scenes(case, 1, require_masks(case, masks) if masks is None else masks, baseline, seed)


def _values(scene: Scene, values: str, samples: int, seed: int) -> Tensor:
    """Values (r,) of an image's regions: exact where samples allow, estimated elsewhere."""
    if values == "ablation":
        return _fall(scene)
    if games.fits(scene.parts, samples):
        return games.VALUES[values](scene.scores(games.every(scene.parts), "every"))
    if values == "shapley":
        return _by_orders(scene, samples, seed)
    if values == "banzhaf":
        shown, name = games.coins(scene.parts, samples, seed)
        return games.differences(shown, scene.scores(shown, name))
    raise _too_many(scene, values, samples)


def _fall(scene: Scene) -> Tensor:
    """What the score loses without each region."""
    shown = torch.cat([torch.ones(1, scene.parts), 1 - torch.eye(scene.parts)]) > 0
    scores = scene.scores(shown, "each without")
    return scores[0] - scores[1:]


def _by_orders(scene: Scene, samples: int, seed: int) -> Tensor:
    """Shapley values from orders in which regions join."""
    if scene.parts == 1:
        return _fall(scene)
    order = games.orders(scene.parts, samples, seed)
    if len(order) == 0:
        raise games.too_few(samples, scene.parts)
    turn = order.argsort(1)[:, None]
    inner = (turn <= torch.arange(scene.parts - 1)[:, None]).flatten(0, 1)
    ends = torch.tensor([[False], [True]]).expand(2, scene.parts)
    scores = scene.scores(torch.cat([ends, inner]), ("orders", samples, seed))
    first, last = scores[:2].expand(len(order), 2).split(1, 1)
    return games.along(order, torch.cat([first, scores[2:].view(len(order), -1), last], 1))


def _all_scores(scene: Scene) -> Tensor:
    if not games.fits(scene.parts, _MOST):
        raise _too_many(scene, "all coalitions", _MOST)
    return scene.scores(games.every(scene.parts), "every")


def _too_many(scene: Scene, what: str, samples: int) -> InputError:
    return InputError(
        f"{what}: the image at position {scene.case.position(scene.position)} shows {scene.parts} "
        f"regions, whose {2**scene.parts:,} coalitions are more than {samples:,}. Merge regions, as "
        "faces.merge merges the nineteen into twelve."
    )


def _table(found: list[Tensor], here: list[Tensor], names: tuple[str, ...]) -> "pd.DataFrame":
    import pandas as pd

    rows = torch.full((len(found), len(names)), torch.nan, dtype=torch.float64)
    for row, values, present in zip(rows, found, here, strict=True):
        row[present] = values
    return pd.DataFrame(rows.numpy(), columns=list(names))


def _named(names: Sequence[str] | None, regions: int) -> tuple[str, ...]:
    if names is None:
        known = {len(REGIONS): tuple(REGIONS), len(MERGED): tuple(MERGED)}
        return known.get(regions, tuple(f"region {k}" for k in range(regions)))
    if arguments.length(names, "names") != regions:
        raise InputError(f"there are {regions} masks, but {len(names)} names: give one each.")
    # A set has no order, and the letters of a text are no names.
    unordered = isinstance(names, str | AbstractSet | Mapping)
    if unordered or not all(isinstance(each, str) and each for each in names):
        raise InputError(
            f"names is {arguments.shown(names)}: give a list of texts, a name for each mask in their "
            "order."
        )
    twice = [each for k, each in enumerate(names) if each in names[:k]]
    if twice:
        raise InputError(f"names has {twice[0]!r} twice: give each region a name of its own.")
    return tuple(names)
