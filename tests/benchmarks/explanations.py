"""What every attribution method costs, against the bare passes that it is made of."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from helpers import faces, models
from helpers.errors import InputError
from helpers.explain import cost, explain, explain_many
from helpers.explain.catalogue import ROWS
from tests.benchmarks.measure import Memory, Ratio, Work, ratios

TEN_CAMS = (
    "gradcam", "gradcam++", "hirescam", "layercam", "xgradcam",
    "elementwise", "eigencam", "eigengradcam", "kpcacam", "ablationcam",
)  # fmt: skip
_BATCH = 64


def every_method(repeats: int) -> list[Ratio | Memory]:
    """Each method with its defaults, against as many bare passes in batches of 64."""
    model = models.load("gender-fairface")
    found: list[Ratio | Memory] = []
    for method in ROWS:
        try:
            found += _against_its_passes(model, method, repeats)
        except InputError as why:  # one that does not hold on this network, or a missing library
            print(f"{method}: left out, {why}")
    return found


def ten_cams_together(repeats: int) -> list[Ratio | Memory]:
    """Ten class activation maps of 64 faces in one call, against one forward pass."""
    model, images = models.load("gender-fairface"), _people(_BATCH)[0]
    works: dict[str, Work] = {
        "ten CAMs, explain_many": partial(explain_many, model, images, TEN_CAMS, batch_size=_BATCH)
    }
    return [*ratios(works, {"forward": partial(_forward, model, images)}, repeats)]


def ablation_by_the_library(repeats: int) -> list[Ratio | Memory]:
    """Ablation-CAM of two faces: ours, where the head is linear, against grad-cam's."""
    model, images = models.load("gender-fairface"), _people(2)[0]

    def theirs() -> Any:
        from pytorch_grad_cam import AblationCAM

        with AblationCAM(model, [model.get_submodule("layer4")]) as cam:
            return cam(images, None)

    works: dict[str, Work] = {"grad-cam's AblationCAM": theirs}
    ours: dict[str, Work] = {"ablationcam": partial(explain, model, images, method="ablationcam")}
    return [*ratios(works, ours, max(2, repeats // 5))]


# Enough passes for fixed costs to vanish, few enough to wait for.
_FEW = {"samples": 256, "steps": 32}
_FEWER = {
    "sobol": {"samples": 8},
    "xplique.sobol": {"samples": 8},
    "captum.shapley_sampling": {"samples": 4},
}


def _against_its_passes(model: nn.Module, method: str, repeats: int) -> list[Ratio]:
    """The method's time beside that of the pictures that it was counted to show the network."""
    known = ROWS[method].options
    options: dict[str, Any] = {name: value for name, value in _FEW.items() if name in known}
    options.update(_FEWER.get(method, {}))
    many = "{" in ROWS[method].passes or "K" in ROWS[method].passes
    images, masks = _people(1 if many or "masks" in ROWS[method].needs else _BATCH)
    if "masks" in ROWS[method].needs:
        options["masks"] = masks
    work = partial(explain, model, images, method=method, batch_size=_BATCH, **options)
    row = cost(model, images, {method: options}, batch_size=_BATCH).loc[method]
    forwards, backwards = (round(row[way] * len(images)) for way in ("forwards", "backwards"))
    name = f"{forwards / len(images):,.0f} f + {backwards / len(images):,.0f} b"
    floor = partial(_passes, model, images, forwards - backwards, backwards)
    if forwards == 0:
        name, floor = "1 f (its own are not seen)", partial(_forward, model, images)
    return ratios({f"{method}, batch {len(images)}": work}, {name: floor}, max(2, repeats // 5))


def _people(count: int) -> tuple[Tensor, Tensor]:
    """Drawn faces of 112 px (N, 3, H, W) and their twelve merged regions (N, 12, H, W)."""
    drawn = faces.render(faces.sample(count, seed=0))
    images = torch.from_numpy(drawn.images).permute(0, 3, 1, 2).float() / 255
    return images.contiguous(), torch.from_numpy(faces.merge(drawn.masks))


def _forward(model: nn.Module, images: Tensor) -> None:
    with torch.no_grad():
        model(images)


def _passes(model: nn.Module, images: Tensor, forwards: int, backwards: int) -> None:
    """As many pictures forwards, and forwards and back, in batches."""
    _in_batches(partial(_forward, model), images, forwards)
    _in_batches(partial(_back, model), images, backwards)


def _in_batches(work: Callable[[Tensor], object], images: Tensor, count: int) -> None:
    batch = images.repeat(-(-_BATCH // len(images)), 1, 1, 1)[:_BATCH]
    while count > 0:
        work(batch[:count])
        count -= _BATCH


def _back(model: nn.Module, images: Tensor) -> Tensor:
    images = images.clone().requires_grad_()
    return torch.autograd.grad(model(images).amax(1).sum(), images)[0]
