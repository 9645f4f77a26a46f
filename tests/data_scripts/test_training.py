from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from data_scripts import training
from data_scripts.training import Recipe, augment, fit
from helpers.models.architectures import NarrowResNet18

RECIPE = Recipe(phases=((16, 2), (24, 2)), batch_size=16, averaging=0.8, seed=3)


def network() -> nn.Module:
    return NarrowResNet18(("dark", "bright"), width=4, input_size=(24, 24))


def dark_and_bright(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise that is dark (0) or bright (1)."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    noise = random.integers(0, 120, (count, 24, 24, 3))
    return (noise + 120 * labels[:, None, None, None]).astype(np.uint8), labels


IMAGES, LABELS = dark_and_bright(96, seed=0)


def weights(model: nn.Module) -> list[torch.Tensor]:
    return list(model.state_dict().values())


def same(one: nn.Module, other: nn.Module) -> bool:
    return all(map(torch.equal, weights(one), weights(other)))


def test_a_trivial_task_is_learnt_on_faces_never_seen() -> None:
    model = fit(network, IMAGES, LABELS, replace(RECIPE, phases=((16, 6), (24, 4))))
    unseen, truth = dark_and_bright(200, seed=1)
    pixels = torch.from_numpy(unseen).permute(0, 3, 1, 2).float() / 255
    with torch.inference_mode():
        answers = model(pixels).argmax(1).numpy()
    assert (answers == truth).mean() > 0.9
    assert not model.training


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    first = fit(network, IMAGES, LABELS, RECIPE)
    torch.manual_seed(77)
    assert same(first, fit(network, IMAGES, LABELS, RECIPE))
    assert not same(first, fit(network, IMAGES, LABELS, replace(RECIPE, seed=4)))


def test_an_interrupted_training_ends_as_an_uninterrupted_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = tmp_path / "run" / "seed-3.checkpoint"
    whole = fit(network, IMAGES, LABELS, RECIPE)
    with monkeypatch.context() as patch:
        patch.setattr(training, "_train_epoch", interrupted_in_epoch(2))
        with pytest.raises(KeyboardInterrupt):
            fit(network, IMAGES, LABELS, RECIPE, checkpoint)
    assert torch.load(checkpoint, weights_only=True)["epochs"] == 2
    assert same(whole, fit(network, IMAGES, LABELS, RECIPE, checkpoint))
    assert torch.load(checkpoint, weights_only=True)["epochs"] == 4
    assert [each.name for each in checkpoint.parent.iterdir()] == [checkpoint.name]


def interrupted_in_epoch(number: int) -> Callable[..., None]:
    whole = training._train_epoch

    def interrupted(run, images, labels, recipe, epoch, *others) -> None:  # type: ignore[no-untyped-def]
        if epoch == number:
            raise KeyboardInterrupt
        whole(run, images, labels, recipe, epoch, *others)

    return interrupted


def test_a_finished_training_is_not_run_again(tmp_path: Path) -> None:
    checkpoint = tmp_path / "done.checkpoint"
    first = fit(network, IMAGES, LABELS, RECIPE, checkpoint)
    nothing = np.zeros_like(IMAGES)
    assert same(first, fit(network, nothing, LABELS, RECIPE, checkpoint))


def test_a_recipe_goes_through_its_phases() -> None:
    assert RECIPE.epochs == 4
    assert [RECIPE.size_at(epoch) for epoch in range(4)] == [16, 16, 24, 24]
    strengths = [RECIPE.strength_at(epoch) for epoch in range(4)]
    assert strengths == pytest.approx([0.3, 0.5, 0.7, 0.9])
    with pytest.raises(ValueError, match="4 epochs"):
        RECIPE.size_at(4)


def test_augmentation_without_strength_only_mirrors() -> None:
    images = torch.rand(32, 3, 12, 12)
    varied = augment(images, 12, 0.0, torch.Generator().manual_seed(0))
    kept = torch.isclose(varied, images, atol=1e-5).all(3).all(2).all(1)
    mirrored = torch.isclose(varied, images.flip(3), atol=1e-5).all(3).all(2).all(1)
    assert (kept ^ mirrored).all()
    assert 8 < kept.sum() < 24


def test_augmentation_stays_in_range_has_the_size_asked_for_and_follows_its_seed() -> None:
    images = torch.rand(16, 3, 24, 24)
    first = augment(images, 20, 1.0, torch.Generator().manual_seed(5))
    again = augment(images, 20, 1.0, torch.Generator().manual_seed(5))
    other = augment(images, 20, 1.0, torch.Generator().manual_seed(6))
    assert first.shape == (16, 3, 20, 20)
    assert first.min() >= 0
    assert first.max() <= 1
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_another_objective_can_be_trained_for() -> None:
    asked = []

    def objective(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        asked.append(logits.shape)
        # Rewards the wrong class, whatever the label.
        return torch.nn.functional.cross_entropy(logits, 1 - truth.clamp(max=1))

    fit(network, IMAGES, LABELS.clip(max=1), RECIPE, objective=objective)
    assert len(asked) == RECIPE.epochs * (len(IMAGES) // RECIPE.batch_size)
