"""What lies as the picture does is maps; heads x tokens and channels-last are not."""

import pytest
import torch
from timm.models.swin_transformer import SwinTransformer
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn
from torchvision.models.convnext import CNBlockConfig, ConvNeXt
from torchvision.models.swin_transformer import SwinTransformer as TorchvisionSwin

from helpers import models
from helpers.errors import InputError
from helpers.explain import explain, factorize
from helpers.models.layouts import last_maps, lies_as_picture
from helpers.models.transformer import NarrowViT

HERE = torch.device("cpu")


def vit() -> nn.Module:
    return VisionTransformer(64, 16, embed_dim=48, depth=2, num_heads=3, num_classes=2)


def timms_swin() -> nn.Module:
    return SwinTransformer(
        64, 4, embed_dim=24, depths=(2, 2), num_heads=(2, 4), window_size=4, num_classes=2
    )


def torchvisions_swin() -> nn.Module:
    return TorchvisionSwin([4, 4], 24, [2, 2], [2, 4], [4, 4], num_classes=2)


def convnext() -> nn.Module:
    stages = [CNBlockConfig(16, 32, 1), CNBlockConfig(32, None, 1)]
    return ConvNeXt(stages, layer_scale=0.5, num_classes=2)


@pytest.mark.parametrize(
    ("build", "layer"),
    [
        (vit, "patch_embed.proj"),
        (timms_swin, "patch_embed.proj"),
        (torchvisions_swin, "permute"),
        (convnext, "features"),
    ],
)
def test_the_last_layer_with_maps_is_no_layer_of_tokens(build: object, layer: str) -> None:
    torch.manual_seed(0)
    adapted = models.adapt(build(), input_size=(64, 64))  # type: ignore[operator]
    assert adapted.layer == layer
    assert explain(adapted, torch.rand(1, 3, 64, 64), 0, "hirescam").isfinite().all()


@pytest.mark.parametrize(
    ("build", "layer"),
    [
        (vit, "blocks.1.attn.k_norm"),
        (timms_swin, "layers.0"),
        (timms_swin, "norm"),
        (torchvisions_swin, "features"),
        (torchvisions_swin, "features.1.0"),
        (convnext, "features.3.0.block.2"),
    ],
)
def test_tokens_and_channels_last_are_refused_by_every_door(build: object, layer: str) -> None:
    torch.manual_seed(0)
    model = build().eval()  # type: ignore[operator]
    images = torch.rand(2, 3, 64, 64)
    for method in ("gradcam", "eigencam", "grad-cam.layercam"):
        with pytest.raises(InputError, match="looks channels-last, or heads x tokens"):
            explain(model, images, 0, method, layer)
    with pytest.raises(InputError, match="looks channels-last, or heads x tokens"):
        factorize(model, images, 2, layer)


class Laid(nn.Module):
    """Maps of a convolution, of as many channels as rows and columns, laid out anyhow."""

    def __init__(self, order: tuple[int, ...]) -> None:
        super().__init__()
        self.order = order
        self.conv = nn.Conv2d(3, 8, 4, stride=4)
        self.laid = nn.Identity()

    def forward(self, images: Tensor) -> Tensor:
        found: Tensor = self.laid(self.conv(images).permute(0, *self.order))
        return found.flatten(1)[:, :2]


@pytest.mark.parametrize(
    "order", [(1, 2, 3), (2, 3, 1), (1, 3, 2), (3, 1, 2), (2, 1, 3), (3, 2, 1)]
)
def test_a_cube_of_numbers_is_told_by_what_moves_with_the_picture(order: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    model = Laid(order).eval()
    assert lies_as_picture(model, model.laid, (32, 32), HERE) == (order == (1, 2, 3))


def _size(model: nn.Module) -> tuple[int, int]:
    height, width = model.input_size  # type: ignore[misc]  # of every model of the course
    return int(height), int(width)


@pytest.mark.parametrize("name", ["gender-fairface", "synthetic-lipstick", "synthetic-glasses-vit"])
def test_every_layer_of_the_courses_models_that_is_read_has_maps(name: str) -> None:
    model = models.load(name)
    modules = dict(model.named_modules())
    assert lies_as_picture(model, modules[model.layer], _size(model), HERE)
    convolutions = [each for each in modules.values() if isinstance(each, nn.Conv2d)]
    assert all(lies_as_picture(model, each, _size(model), HERE) for each in convolutions)


def test_attention_of_every_token_to_every_other_is_no_map() -> None:
    torch.manual_seed(0)
    model = NarrowViT(("a", "b")).eval()
    for part in ("compare", "softmax", "mix"):
        module = model.get_submodule(f"blocks.1.attention.{part}")
        assert not lies_as_picture(model, module, (64, 64), HERE)
    assert last_maps(model, model, torch.rand(1, 3, 64, 64)) == ("blocks.2.maps", (5, 96, 8, 8))


@pytest.mark.parametrize("size", [(32, 64), (64, 24), (48, 48)])
def test_maps_of_pictures_that_are_not_square_are_maps(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 5, stride=3), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
    model.append(nn.Flatten()).eval()
    assert lies_as_picture(model, model[1], size, HERE)
    row = nn.Sequential(nn.Conv2d(3, 4, (size[0], 5)), nn.ReLU(), nn.Flatten(), nn.LazyLinear(2))
    assert lies_as_picture(row.eval(), row[1], size, HERE), "one row of places"


def test_what_does_not_change_with_the_picture_cannot_be_told_and_is_let_pass() -> None:
    silent = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(2)).eval()
    silent(torch.rand(1, 3, 16, 16))
    nn.init.zeros_(next(silent.parameters()))
    assert lies_as_picture(silent, silent[1], (16, 16), HERE)


def test_the_trial_leaves_hooks_and_random_numbers_as_they_were() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Dropout(), nn.Flatten())
    state = torch.get_rng_state()
    last_maps(model, model, torch.rand(1, 3, 16, 16, generator=torch.Generator()))
    assert torch.equal(torch.get_rng_state(), state)
    assert not any(each._forward_hooks for each in model.modules())
