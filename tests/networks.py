"""Small untrained networks, awake enough that their explanations are not trivial."""

import torch
from torch import Tensor, nn

from helpers.models.architectures import NarrowResNet18


def small_network(seed: int = 0) -> NarrowResNet18:
    """An eighth of a ResNet-18 with random weights and random batch-norm statistics."""
    torch.manual_seed(seed)
    network = NarrowResNet18(("Male", "Female", "Unsure"), width=8, input_size=(48, 48))
    awaken(network)
    with torch.no_grad():
        network.fc.bias.copy_(torch.tensor([0.3, -0.2, 0.1]))
    return network.eval()


def awaken(network: nn.Module) -> None:
    """Give every batch norm statistics and weights as a training leaves them."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.0)
            nn.init.normal_(module.bias, 0, 0.2)
            nn.init.normal_(module.running_mean, 0, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 2.0)


def pictures(count: int = 3, side: int = 48, seed: int = 1) -> Tensor:
    """Soft random colours, (N, 3, side, side) in [0, 1]."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, 3, 6, 6, generator=generator)
    return nn.functional.interpolate(coarse, (side, side), mode="bilinear")
