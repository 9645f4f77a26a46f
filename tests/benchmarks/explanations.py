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
    model, images = models.load("gender-fairface"), _faces(model_size(), _BATCH)
    works: dict[str, Work] = {
        "ten CAMs, explain_many": partial(explain_many, model, images, TEN_CAMS, batch_size=_BATCH)
    }
    return [*ratios(works, {"forward": partial(_forward, model, images)}, repeats)]


def ablation_by_the_library(repeats: int) -> list[Ratio | Memory]:
    """Ablation-CAM of two faces: ours, where the head is linear, against grad-cam's."""
    model, images = models.load("gender-fairface"), _faces(model_size(), 2)

    def theirs() -> Any:
        from pytorch_grad_cam import AblationCAM

        with AblationCAM(model, [model.get_submodule("layer4")]) as cam:
            return cam(images, None)

    works: dict[str, Work] = {"grad-cam's AblationCAM": theirs}
    ours: dict[str, Work] = {"ablationcam": partial(explain, model, images, method="ablationcam")}
    return [*ratios(works, ours, max(2, repeats // 5))]


def model_size() -> int:
    """Side of the pictures that the gender model was made for."""
    return 112


def _against_its_passes(model: nn.Module, method: str, repeats: int) -> list[Ratio]:
    cheap = "{" not in ROWS[method].passes and "K" not in ROWS[method].passes
    images = _faces(model_size(), _BATCH if cheap else 1)
    work = partial(explain, model, images, method=method, batch_size=_BATCH)
    row = cost(model, images[:1], [method], batch_size=_BATCH).loc[method]
    forwards = round(row["forwards"] * len(images))
    backwards = round(row["backwards"] * len(images))
    floor = partial(_passes, model, images, forwards - backwards, backwards)
    name = f"{forwards / len(images):,.0f} forwards, {backwards / len(images):,.0f} backwards"
    if forwards == 0:
        name, floor = "1 forward (its own are not seen)", partial(_forward, model, images)
    rounds = max(2, repeats // 5)
    return ratios({f"{method}, {len(images)} image(s)": work}, {name: floor}, rounds)


def _faces(size: int, count: int) -> Tensor:
    drawn = faces.render(faces.sample(count, seed=0), size=size).images
    return torch.from_numpy(drawn).permute(0, 3, 1, 2).float() / 255


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
