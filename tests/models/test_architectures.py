import pytest
import torch
from torch import nn
from torchvision.models import resnet18

from helpers.errors import InputError
from helpers.models.architectures import (
    Add,
    BasicBlock,
    HandSetDetector,
    NarrowEmbedder,
    NarrowResNet18,
    Normalise,
)
from tests.networks import pictures, small_network


def test_every_activation_and_every_sum_is_a_module_used_once_and_never_in_place() -> None:
    network = small_network()
    calls: dict[str, int] = {}

    def count(name: str) -> None:
        calls[name] = calls.get(name, 0) + 1

    for name, module in network.named_modules():
        if isinstance(module, nn.ReLU | Add):
            assert not getattr(module, "inplace", False), name
            module.register_forward_hook(lambda *_, name=name: count(name))
    with torch.no_grad():
        network(pictures())
    watched = [n for n, each in network.named_modules() if isinstance(each, nn.ReLU | Add)]
    assert calls == dict.fromkeys(watched, 1)
    assert len(watched) == 1 + 8 * 3


def test_no_activation_hides_outside_the_modules() -> None:
    # What a ReLU stores must be what the next module gets: nothing in between changes it.
    network = small_network()
    block = network.layer4[1]
    seen: dict[str, torch.Tensor] = {}
    block.relu1.register_forward_hook(lambda _m, _i, output: seen.update(out=output))
    block.conv2.register_forward_hook(lambda _m, inputs, _o: seen.update(into=inputs[0]))
    with torch.no_grad():
        network(pictures())
    assert seen["out"] is seen["into"]


def parts(network: nn.Module) -> set[str]:
    stages = ("layer1", "layer2", "layer3", "layer4")
    return {name for name in network.state_dict() if name.startswith(stages)}


def test_layers_have_the_names_of_torchvisions_resnet18() -> None:
    ours, theirs = small_network(), resnet18(weights=None)
    assert parts(ours) == parts(theirs)
    modules = dict(ours.named_modules())
    for name, _ in theirs.named_children():
        assert name in modules or name == "maxpool"
    for name, module in theirs.named_modules():
        if name.startswith("layer") and isinstance(module, nn.Conv2d):
            assert (modules[name].kernel_size, modules[name].stride) == (
                module.kernel_size,
                module.stride,
            )


def test_faces_of_112_pixels_end_as_maps_of_7_by_7() -> None:
    network = small_network()
    stem = nn.Sequential(
        network.normalise, network.conv1, network.bn1, network.relu, network.layer1
    )
    with torch.no_grad():
        early = stem(pictures(1, 112))
        late = network.layer4(network.layer3(network.layer2(early)))
    assert early.shape == (1, 8, 56, 56)
    assert late.shape == (1, 64, 7, 7)


def test_the_network_normalises_by_itself() -> None:
    network = small_network()
    mean = network.normalise.mean.expand(2, 3, 8, 8)
    torch.testing.assert_close(network.normalise(mean), torch.zeros(2, 3, 8, 8))
    torch.testing.assert_close(
        network.normalise(mean + network.normalise.std), torch.ones(2, 3, 8, 8)
    )
    assert not any(name.startswith("normalise") for name in network.state_dict())


def test_an_untrained_block_passes_its_positive_input_on() -> None:
    block = BasicBlock(4, 4, stride=1)
    for network in (NarrowResNet18("ab", width=4),):
        block = network.layer1[0].eval()
    x = torch.rand(1, 4, 5, 5)
    torch.testing.assert_close(block(x), x)


def test_an_embedder_that_looks_at_the_middle_does_not_see_what_lies_outside() -> None:
    torch.manual_seed(0)
    network = NarrowEmbedder(embedding_size=8, width=4, crop=0.5).eval()
    images = torch.rand(2, 3, 112, 112)
    changed = images.clone()
    changed[:, :, :28] = 1
    changed[:, :, :, 84:] = 0
    with torch.no_grad():
        assert torch.equal(network(images), network(changed))
        changed[:, :, 28, 28] = 1 - changed[:, :, 28, 28]
        assert not torch.equal(network(images), network(changed))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: NarrowResNet18("ab", width=0), "width is 0"),
        (lambda: NarrowResNet18("ab", input_size=(48,)), "input_size is"),
        (lambda: NarrowResNet18("ab", input_size=(0, 48)), "a side of input_size is 0"),
        (lambda: NarrowResNet18("ab", mean=(0, 0)), "mean must have shape"),
        (lambda: Normalise((0, 0, 0), (1, 0, 1)), "each standard deviation must be above 0"),
        (lambda: Normalise((0, 0, 0), (1, float("inf"), 1)), "std holds 1 of 3"),
        (lambda: NarrowEmbedder(embedding_size=0), "embedding_size is 0"),
        (lambda: NarrowEmbedder(crop=0), "crop is 0"),
        (lambda: NarrowEmbedder(crop=1.5), "crop is 1.5"),
        (lambda: HandSetDetector("ab", (1, 0), 0, (0, 0, 1, 1), 0, 1), "colour must have shape"),
        (lambda: HandSetDetector("ab", (1, 0, 0), 0, (0, 0, 1, 2), 0, 1), "window runs from"),
        (lambda: HandSetDetector("ab", (1, 0, 0), None, (0, 0, 1, 1), 0, 1), "threshold is None"),
    ],
)
def test_a_network_that_could_not_work_is_not_built(make: object, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        make()  # type: ignore[operator]
