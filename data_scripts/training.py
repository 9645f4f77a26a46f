"""One training loop for every network that the course ships: seeded, resumable, CPU or GPU.

It belongs to the commands beside it; whoever uses the course trains nothing with it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm.auto import tqdm

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes
    ----------
    phases : tuple of (int, int)
        Image size in pixels and number of epochs of each phase. Starting small is several times
        cheaper and ends as well, because the network has no fixed input size.
    batch_size : int
        Images a step.
    learning_rate : float
        Peak of a one-cycle schedule (Smith & Topin 2019).
    weight_decay, label_smoothing, averaging : float
        Of AdamW (Loshchilov & Hutter 2019), the share of the label spread over all classes, and
        the decay of the moving average of the weights. The average is the network that is kept.
    strength : tuple of float
        How strongly images are varied in the first and in the last epoch, from 0 to 1. Small
        images and weak variation first, as in progressive learning (Tan & Le 2021).
    seed : int
        Initial weights, order of the images and every augmentation follow from it.
    """

    phases: tuple[tuple[int, int], ...] = ((56, 9), (80, 6), (112, 4))
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    label_smoothing: float = 0.1
    averaging: float = 0.998
    strength: tuple[float, float] = (0.3, 0.9)
    seed: int = 0

    @property
    def epochs(self) -> int:
        return sum(count for _, count in self.phases)

    def size_at(self, epoch: int) -> int:
        """Image size, in pixels, that an epoch (counted from 0) trains at."""
        for size, count in self.phases:
            if epoch < count:
                return size
            epoch -= count
        raise ValueError(f"the recipe has {self.epochs} epochs: there is none beyond them")

    def strength_at(self, epoch: int) -> float:
        """How strongly an epoch (counted from 0) varies its images, from 0 to 1."""
        first, last = self.strength
        return first + (last - first) * epoch / max(1, self.epochs - 1)


def fit(
    make_network: Callable[[], Network],
    images: np.ndarray,
    labels: np.ndarray,
    recipe: Recipe,
    checkpoint: Path | None = None,
    device: str | torch.device | None = None,
    objective: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> Network:
    """Train a network and return its weight average.

    Parameters
    ----------
    make_network : callable
        Returns the untrained network; called after the seed is set.
    images : array (N, H, W, 3) uint8
        May be memory-mapped: one batch at a time is read.
    labels : array (N,) int
        Class of each image.
    recipe : Recipe
    checkpoint : Path, optional
        Written after each epoch; when it exists, training goes on from it. It holds plain tensors
        and is read with ``weights_only=True``.
    device : str or torch.device, optional
        By default a GPU when there is one.
    objective : callable, optional
        Gives the loss of the network's output (N, classes) and the labels (N,); by default
        cross-entropy with the recipe's label smoothing.

    Returns
    -------
    nn.Module
        In eval mode, on the CPU.
    """
    if objective is None:
        objective = partial(F.cross_entropy, label_smoothing=recipe.label_smoothing)
    device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    torch.manual_seed(recipe.seed)
    network = make_network().to(device)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # no stub
    steps = recipe.epochs * (len(images) // recipe.batch_size)
    run = _Run.start(network, recipe, steps)
    first = run.resume(checkpoint, device)
    for epoch in range(first, recipe.epochs):
        _train_epoch(run, images, labels, recipe, epoch, device, objective)
        run.save(checkpoint, epoch + 1)
    return cast(Network, run.average.module.cpu().eval())


@dataclass(frozen=True)
class _Run:
    """Everything that changes while training, so that it can be saved and taken up again."""

    network: nn.Module
    average: AveragedModel
    optimiser: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler

    @classmethod
    def start(cls, network: nn.Module, recipe: Recipe, steps: int) -> "_Run":
        groups = _decayed_and_free(network, recipe.weight_decay)
        optimiser = torch.optim.AdamW(groups, lr=recipe.learning_rate)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, recipe.learning_rate, total_steps=steps, pct_start=0.2, cycle_momentum=False
        )
        average = AveragedModel(
            network, multi_avg_fn=get_ema_multi_avg_fn(recipe.averaging), use_buffers=True
        )
        return cls(network, average, optimiser, schedule)

    def _parts(self) -> dict[str, Any]:
        return {
            "network": self.network,
            "average": self.average,
            "optimiser": self.optimiser,
            "schedule": self.schedule,
        }

    def resume(self, checkpoint: Path | None, device: torch.device) -> int:
        if checkpoint is None or not checkpoint.exists():
            return 0
        # A training begun on a GPU may be ended on a CPU.
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        return int(state["epochs"])

    def save(self, checkpoint: Path | None, epochs: int) -> None:
        if checkpoint is None:
            return
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        state = {name: part.state_dict() for name, part in self._parts().items()}
        unfinished = checkpoint.with_suffix(".part")
        torch.save(state | {"epochs": epochs}, unfinished)
        unfinished.replace(checkpoint)


def _decayed_and_free(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    # Biases and batch-norm scales are not decayed: shrinking them only fights the normalisation.
    weights = [each for each in network.parameters() if each.ndim > 1]
    free = [each for each in network.parameters() if each.ndim <= 1]
    return [
        {"params": weights, "weight_decay": weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]


def _train_epoch(
    run: _Run,
    images: np.ndarray,
    labels: np.ndarray,
    recipe: Recipe,
    epoch: int,
    device: torch.device,
    objective: Callable[[Tensor, Tensor], Tensor],
) -> None:
    run.network.train()
    # A generator per epoch: a resumed training sees what an uninterrupted one would have seen.
    generator = torch.Generator().manual_seed(1000 * recipe.seed + epoch)
    batches = _batches(len(images), recipe.batch_size, generator)
    bar = tqdm(batches, desc=f"epoch {epoch + 1} of {recipe.epochs}", unit="batch", mininterval=2)
    right = seen = 0
    for rows in bar:
        order = np.sort(rows)
        batch = torch.from_numpy(np.ascontiguousarray(images[order])).to(device)
        batch = batch.permute(0, 3, 1, 2).float() / 255
        batch = augment(batch, recipe.size_at(epoch), recipe.strength_at(epoch), generator)
        truth = torch.from_numpy(labels[order]).long().to(device)
        right += _step(run, batch, truth, objective)
        seen += len(rows)
        bar.set_postfix(accuracy=f"{right / seen:.3f}", refresh=False)


def _batches(total: int, batch_size: int, generator: torch.Generator) -> list[np.ndarray]:
    order = torch.randperm(total, generator=generator).numpy()
    whole = total // batch_size
    return np.split(order[: whole * batch_size], whole)


def _step(
    run: _Run, batch: Tensor, truth: Tensor, objective: Callable[[Tensor, Tensor], Tensor]
) -> int:
    batch = batch.contiguous(memory_format=torch.channels_last)
    with torch.autocast(batch.device.type, torch.bfloat16, enabled=fast_bfloat16(batch.device)):
        logits = run.network(batch)
    logits = logits.float()
    loss = objective(logits, truth)
    run.optimiser.zero_grad()
    loss.backward()
    run.optimiser.step()
    run.schedule.step()
    run.average.update_parameters(run.network)
    return int((logits.argmax(1) == truth).sum())


def fast_bfloat16(device: torch.device) -> bool:
    """Whether 16-bit brain floats are faster than 32-bit floats on a device."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return torch.cpu._is_avx512_bf16_supported()


def augment(images: Tensor, size: int, strength: float, generator: torch.Generator) -> Tensor:
    """Vary images as photographs of one person vary, and bring them to a size.

    One random affine map an image: mirror, and at full strength a zoom of 0.8-1.2, a turn of up to
    15 degrees and a shift of up to 8 %. Then light: brightness, contrast and saturation of 0.7-1.3,
    one image in ten grey. Then a rectangle of noise in one image of four (random erasing, Zhong
    et al. 2020).

    Parameters
    ----------
    images : Tensor (N, 3, H, W)
        RGB in [0, 1].
    size : int
        Height and width of the result, in pixels.
    strength : float
        Scales every range above, from 0 (mirror only) to 1.
    generator : torch.Generator
        On the CPU.

    Returns
    -------
    Tensor (N, 3, size, size)
        RGB in [0, 1].
    """
    maps = _random_affine(len(images), strength, generator).to(images.device)
    grid = F.affine_grid(maps, [len(images), 3, size, size], align_corners=False)
    moved = F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
    return _erase(_relight(moved, strength, generator), strength, generator)


def _random_affine(count: int, strength: float, generator: torch.Generator) -> Tensor:
    def spread(widest: float) -> Tensor:
        return torch.empty(count).uniform_(-widest, widest, generator=generator) * strength

    zoom, turn = 1 + spread(0.2), torch.deg2rad(spread(15))
    mirror = torch.where(torch.rand(count, generator=generator) < 0.5, -1.0, 1.0)
    rows = [
        torch.stack([mirror * zoom * turn.cos(), -zoom * turn.sin(), spread(0.08)], 1),
        torch.stack([mirror * zoom * turn.sin(), zoom * turn.cos(), spread(0.08)], 1),
    ]
    return torch.stack(rows, 1)


def _relight(images: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    count = len(images)
    spread = torch.empty(3, count, 1, 1, 1).uniform_(-0.3, 0.3, generator=generator)
    brightness, contrast, saturation = (1 + strength * spread).to(images.device)
    grey_ones = torch.rand(count, 1, 1, 1, generator=generator) < 0.1 * strength
    saturation = torch.where(grey_ones.to(images.device), 0.0, saturation)
    images = images * brightness
    grey = images.mean(1, keepdim=True)
    images = grey + (images - grey) * saturation
    middle = images.mean((1, 2, 3), keepdim=True)
    return (middle + (images - middle) * contrast).clamp(0, 1)


def _erase(images: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    size = images.shape[-1]
    chosen = torch.rand(len(images), generator=generator) < 0.25 * strength
    for row in torch.nonzero(chosen).flatten():
        height, width = (torch.rand(2, generator=generator) * 0.3 * size + 0.1 * size).long()
        top = int(torch.rand(1, generator=generator) * (size - height))
        left = int(torch.rand(1, generator=generator) * (size - width))
        noise = torch.rand(3, int(height), int(width), generator=generator)
        images[row, :, top : top + int(height), left : left + int(width)] = noise.to(images.device)
    return images
