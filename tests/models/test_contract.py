"""Networks and images that break the contract are told how, whoever calls them."""

import pytest
import torch
from torch import Tensor, nn

from helpers.errors import InputError
from helpers.models.contract import answers, check_images, nonsense, require_network
from tests.networks import pictures, small_network

IMAGES = pictures(3)


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("gender-fairface", r"the text 'gender-fairface': models\.load"),
        (None, r"nothing \(None\): models\.load and models\.adapt"),
        (lambda images: images, "a value of type function"),
        (nn.ReLU, "the class ReLU: make an instance"),
        (3, "a value of type int"),
    ],
)
def test_what_is_no_network_is_named(model: object, sentence: str) -> None:
    with pytest.raises(InputError, match=f"torch.nn.Module, not {sentence}"):
        require_network(model)


def test_a_network_without_numbers_is_refused() -> None:
    with pytest.raises(InputError, match="the model is on the device 'meta'"):
        require_network(small_network().to("meta"))


@pytest.mark.parametrize(
    ("images", "sentence"),
    [
        (IMAGES.to("meta"), "on the device 'meta'"),
        (torch.nested.nested_tensor(list(IMAGES), layout=torch.jagged), "is nested"),
        (IMAGES.to_sparse(), "layout torch.sparse_coo"),
        (IMAGES.to_mkldnn(), "layout torch._mkldnn"),
        (IMAGES * 1j, "complex numbers"),
    ],
)
def test_tensors_that_are_no_plain_numbers_are_no_pictures(images: Tensor, sentence: str) -> None:
    with pytest.raises(InputError, match=rf"images must be .*\(N, 3, H, W\), but it .*{sentence}"):
        check_images(images)


def test_a_network_of_which_a_part_is_in_training_mode_is_refused() -> None:
    network = small_network()
    assert require_network(network) is network
    network.layer3[0].bn1.train()
    with pytest.raises(InputError, match=r"or a part of it, is in training mode"):
        require_network(network)


class Returns(nn.Module):
    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value

    def forward(self, images: Tensor) -> object:
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (None, "returns a NoneType"),
        (torch.zeros(3), r"returns shape \(3,\)"),
        (torch.zeros(3, 4, 5, 5), r"\(3, 4, 5, 5\).*nn.AdaptiveAvgPool2d"),
        (torch.zeros(3, 0), r"returns shape \(3, 0\)"),
        ({"logits": torch.zeros(3, 2)}, "returns a dict, but one tensor of scores"),
        (torch.zeros(2, 2), r"returns shape \(2, 2\) for 3 images"),
        (
            torch.tensor([[0.0, 1], [0, torch.nan], [torch.inf, 0]]),
            "2 of 3 .*the first at position 1",
        ),
        (torch.tensor([[0.0, 1], [0, 1], [-torch.inf, 0]]), "1 of 3 .*position 2: its weights may"),
        (RuntimeError("first line\nsecond"), r"3 image\(s\) of 48 x 48 px: first line$"),
        (KeyError(), "48 x 48 px: KeyError$"),
        (MemoryError(), "Give a smaller batch_size"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "Give a smaller batch_size"),
    ],
)
def test_an_answer_that_is_none_is_described(value: object, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        answers(Returns(value), IMAGES)


def test_numbers_of_any_kind_are_answers_of_32_bits() -> None:
    for kind in (torch.float64, torch.bfloat16):
        assert answers(Returns(torch.ones(3, 2, dtype=kind)), IMAGES).dtype == torch.float32
    for kind in (torch.int64, torch.bool):
        with pytest.raises(InputError, match="whole numbers.*before argmax"):
            answers(Returns(torch.ones(3, 2, dtype=kind)), IMAGES)


def test_another_size_than_the_one_a_network_was_made_for_is_named_only_when_it_fails() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(48, 2)).eval()
    network.input_size = (4, 4)  # type: ignore[assignment]
    with pytest.raises(InputError, match=r"48 x 48 px: it was made for 4 x 4 px \(mat1"):
        answers(network, IMAGES)
    network.input_size = (48, 48)  # type: ignore[assignment]
    with pytest.raises(InputError, match="48 x 48 px: mat1 and mat2"):
        answers(network, IMAGES)
    fine = small_network()
    fine.input_size = (112, 112)
    assert answers(fine, IMAGES).shape == (3, 3)


def test_weights_on_another_device_are_named() -> None:
    elsewhere = Returns(RuntimeError("Expected all tensors to be on the same device"))
    elsewhere.far = nn.Parameter(torch.zeros(2, device="meta"))
    with pytest.raises(InputError, match="they are on cpu, its weights on meta"):
        answers(elsewhere, IMAGES)


@pytest.mark.parametrize("count", [1, 3, 4])
def test_of_many_broken_weights_three_are_named(count: int) -> None:
    tensors = {f"w{k}": torch.full((2,), torch.nan if k < count else 1.0) for k in range(6)}
    listed = ", ".join(f"w{k}" for k in range(min(count, 3)))
    assert nonsense(tensors) == (f"{listed} and 1 more" if count == 4 else listed)
    assert nonsense({"counter": torch.tensor(3), "fine": torch.zeros(2)}) == ""


def test_images_are_called_as_the_reader_calls_them() -> None:
    with pytest.raises(InputError, match="^faces must lie in"):
        check_images(IMAGES * 9, "faces")
    check_images(IMAGES)
