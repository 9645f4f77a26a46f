"""Small untrained vision transformers of three libraries, awake enough to look at something."""

import math
from typing import Any

import torch
from timm.models.deit import VisionTransformerDistilled
from timm.models.vision_transformer import VisionTransformer as OfTimm
from torch import nn
from torchvision.models.vision_transformer import VisionTransformer as OfTorchvision

from helpers.models.transformer import NarrowViT

SIDE = 32
_TIMM: dict[str, Any] = {
    "img_size": SIDE, "patch_size": 8, "embed_dim": 24, "depth": 3, "num_heads": 3, "num_classes": 3,
}  # fmt: skip


def stirred(network: nn.Module, seed: int = 0) -> nn.Module:
    """Random weights, biases and positions, large enough that attention is uneven."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, each in network.named_parameters():
            each.normal_(0, 1, generator=generator)
            if each.ndim == 1:
                each.mul_(0.3).add_(1.0 if name.endswith("weight") else 0.0)
            elif name.endswith("weight"):
                each.mul_(1.5 / math.sqrt(each[0].numel()))
    return network.eval()


def ours(**shape: Any) -> NarrowViT:
    shape = {"width": 24, "depth": 3, "heads": 3, "input_size": (SIDE, SIDE)} | shape
    network = stirred(NarrowViT(("a", "b", "c"), **shape))
    assert isinstance(network, NarrowViT)
    return network


def of_timm(**options: Any) -> nn.Module:
    return stirred(OfTimm(**(_TIMM | options)))


def averaging() -> nn.Module:
    """Without a class token: the answer is read from the mean of all patches."""
    return of_timm(global_pool="avg", class_token=False)


def distilled() -> nn.Module:
    """With a second token that is read like the class token (Touvron et al. 2021)."""
    return stirred(VisionTransformerDistilled(**_TIMM))


def of_torchvision() -> nn.Module:
    return stirred(OfTorchvision(SIDE, 8, 3, 3, 24, 48, num_classes=3))


def unfused() -> nn.Module:
    """timm's, told to write its attention out itself."""
    network = of_timm()
    for module in network.modules():
        if hasattr(module, "fused_attn"):
            module.fused_attn = False
    return network


ALL = {
    "ours": ours,
    "timm": of_timm,
    "timm, unfused": unfused,
    "timm, registers": lambda: of_timm(reg_tokens=4),
    "timm, averaging": averaging,
    "timm, distilled": distilled,
    "torchvision": of_torchvision,
}
