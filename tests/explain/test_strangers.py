"""Networks and values as strangers bring them: the right map, or a sentence, and nothing changed."""

import random
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision import transforms

from helpers import models
from helpers.errors import InputError
from helpers.explain import (
    check,
    check_explainer,
    cost,
    explain,
    explain_many,
    region_scores,
    region_values,
)
from helpers.explain.catalogue import ROWS
from helpers.explain.fullgrad import full_gradient
from helpers.faces import merge
from tests.networks import pictures

IMAGES = pictures(2, 16)
HALVES = torch.zeros(2, 2, 16, 16, dtype=torch.bool)
HALVES[:, 0, :, :7] = HALVES[:, 1, :, 7:] = True
FEW = {"samples": 16, "steps": 3, "grid": 2, "patch": 6, "stride": 5}
PLAIN = [
    name
    for name, row in ROWS.items()
    if row.library not in ("xplique",) and "attention" not in row.needs
]


class Small(nn.Sequential):
    """Convolutions of five channels and two classes."""

    layer, classes, input_size = "3", ("no", "yes"), (16, 16)

    def __init__(self) -> None:
        torch.manual_seed(5)
        super().__init__(
            nn.Conv2d(3, 5, 3), nn.ReLU(), nn.Conv2d(5, 6, 3), nn.ReLU(),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 2),
        )  # fmt: skip
        self.eval()


class Writing(Small):
    """Normalises in place, in the memory of whoever calls it."""

    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images.sub_(0.5).div_(0.25))


class Careful(Small):
    """The same function, computed in memory of its own."""

    def forward(self, images: Tensor) -> Tensor:
        return super().forward((images - 0.5) / 0.25)


def options(name: str) -> dict[str, Any]:
    row = ROWS[name]
    few: dict[str, Any] = {key: value for key, value in FEW.items() if key in row.options}
    return few | ({"masks": HALVES} if "masks" in row.needs else {})


@pytest.mark.parametrize("name", PLAIN)
def test_a_network_that_writes_into_its_input_gets_the_map_of_one_that_does_not(name: str) -> None:
    images = IMAGES.clone()
    try:
        expected = explain(Careful(), IMAGES.clone(), 1, name, **options(name))
    except InputError as why:
        with pytest.raises(InputError) as again:
            explain(Writing(), images, 1, name, **options(name))
        assert str(again.value).split(":")[0] == str(why).split(":")[0]
    else:
        torch.testing.assert_close(explain(Writing(), images, 1, name, **options(name)), expected)
    assert torch.equal(images, IMAGES)


def test_an_adapted_network_that_normalises_in_place_leaves_the_pictures() -> None:
    mean, std = (0.4, 0.5, 0.6), (0.2, 0.3, 0.4)
    inside = models.adapt(
        Small(), normalise=transforms.Normalize(mean, std, inplace=True), input_size=(16, 16)
    )
    plain = models.adapt(Small(), normalise=(mean, std), input_size=(16, 16))
    images = IMAGES.clone()
    torch.testing.assert_close(inside(images), plain(images))
    assert torch.equal(images, IMAGES)
    assert not [note for note in inside.card["notes"] if "random" in note or "gradients" in note]


def test_parts_of_the_score_are_those_of_the_pictures_a_writing_network_was_given() -> None:
    images = IMAGES.clone()
    parts, expected = full_gradient(Small(), images, 1), full_gradient(Small(), IMAGES, 1)
    torch.testing.assert_close(parts.picture, expected.picture)
    assert torch.equal(images, IMAGES)


RULES = ("captum.deeplift", "captum.lrp", "captum.guided_backprop", "zennit.excitation_backprop")


@pytest.mark.parametrize("name", (*RULES, "captum.deconvolution", "zennit.epsilon_plus"))
def test_a_hook_that_changes_values_is_named_where_rules_would_miss_it(name: str) -> None:
    doubled = Small()
    doubled[1].register_forward_hook(lambda _module, _inputs, output: output * 2)
    with torch.no_grad():
        doubled[2].weight /= 2
    with pytest.raises(InputError, match="a hook changes what 1 is given or returns"):
        explain(doubled, IMAGES, 1, name)
    looked = Small()
    looked[1].register_forward_hook(lambda _module, _inputs, _output: None)
    torch.testing.assert_close(explain(looked, IMAGES, 1, name), explain(Small(), IMAGES, 1, name))


@pytest.mark.parametrize("name", RULES)
def test_a_network_that_draws_is_refused_for_that(name: str) -> None:
    class Drawing(Small):
        def forward(self, images: Tensor) -> Tensor:
            return nn.functional.dropout(super().forward(images))

    verdict = check(Drawing(), name)
    assert not verdict.ok
    assert "draws random numbers" in verdict.sentence


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("part", [False, True])
def test_what_is_traced_or_compiled_is_named_where_rules_need_modules(
    name: str, part: bool
) -> None:
    for wrap, said in (
        (lambda each: torch.jit.trace(each, IMAGES), "TorchScript"),
        (torch.compile, "compiled"),
    ):
        model: Any = wrap(Small())
        if part:
            own = Small()
            own[0] = torch.jit.script(own[0]) if said == "TorchScript" else torch.compile(own[0])
            model = own
        with pytest.raises(InputError, match=f"{'part .0.' if part else 'the model'} is {said}"):
            explain(model, IMAGES, 1, name)


def test_relevance_by_captum_does_not_touch_weights_that_a_training_waits_for() -> None:
    model = Small()
    loss = model(IMAGES).square().sum()
    explain(model, IMAGES, 1, "captum.lrp")
    loss.backward()
    assert model[0].weight.grad is not None


class Fails(Small):
    """Fails at a pass of its own choosing."""

    def __init__(self, last: int) -> None:
        super().__init__()
        self.left = last

    def forward(self, images: Tensor) -> Tensor:
        self.left -= 1
        if self.left == 0:
            raise RuntimeError("the last pass")
        return super().forward(images)


@pytest.mark.parametrize("name", [name for name in PLAIN if name.startswith("grad-cam.")])
@pytest.mark.parametrize("last", [1, 2, 3, 4])
def test_no_hook_is_left_where_the_network_fails(name: str, last: int) -> None:
    model = Fails(last)
    try:
        explain(model, IMAGES, 1, name, **options(name))
    except InputError as why:
        assert "the last pass" in str(why)
    left = [module for module in model.modules() if module._forward_hooks or module._backward_hooks]
    assert not left
    assert [type(each) for each in model] == [type(each) for each in Small()]


@pytest.mark.parametrize("answer", [lambda x: {"logits": x}, lambda x: [x], lambda x: None])
def test_answers_that_are_no_tensor_leave_no_hook_behind(answer: Any) -> None:
    class Odd(Small):
        def forward(self, images: Tensor) -> Any:
            return answer(super().forward(images))

    model = Odd()
    for name in ("grad-cam.fullgrad", "grad-cam.gradcam", "captum.deeplift"):
        with pytest.raises(InputError, match="one tensor of scores"):
            explain(model, IMAGES, 1, name)
    assert not [module for module in model.modules() if module._forward_hooks]


@pytest.mark.parametrize("kind", [torch.int64, torch.bool])
def test_numbers_of_classes_are_no_scores(kind: torch.dtype) -> None:
    class Decided(Small):
        def forward(self, images: Tensor) -> Tensor:
            return super().forward(images).argmax(1, keepdim=True).to(kind)

    with pytest.raises(InputError, match="whole numbers .* before argmax"):
        explain(Decided(), IMAGES, 0, "rise")


@pytest.mark.filterwarnings("ignore:Named tensors")
def test_named_axes_are_refused() -> None:
    class Named(Small):
        def forward(self, images: Tensor) -> Tensor:
            return super().forward(images).rename("N", "classes")

    with pytest.raises(InputError, match="named axes"):
        explain(Named(), IMAGES, 0, "occlusion")
    with pytest.raises(InputError, match="images .* named axes"):
        explain(Small(), IMAGES.rename("N", "C", "H", "W"), 0, "occlusion")


def test_check_refuses_a_network_in_training_and_leaves_its_statistics() -> None:
    model = nn.Sequential(nn.Conv2d(3, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(392, 2))
    before = model[1].running_mean.clone()
    for method in ("captum.deeplift", "captum.lrp", "gradcam"):
        with pytest.raises(InputError, match="training mode"):
            check(model, method, IMAGES)
    assert torch.equal(model[1].running_mean, before)
    assert int(model[1].num_batches_tracked) == 0


@pytest.mark.parametrize("method", ["gradcam", "captum.lrp", "attention"])
def test_check_says_what_is_wrong_with_what_it_is_given(method: str) -> None:
    for model in ("x", None, Small):
        with pytest.raises(InputError, match="model must be a network"):
            check(model, method)  # type: ignore[arg-type]
    for images in ("x", IMAGES.numpy(), IMAGES[:0], IMAGES[0]):
        with pytest.raises(InputError, match="images must"):
            check(Small(), method, images)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [16, "16", (16,), (0, 16)])
def test_check_says_that_a_networks_size_is_none(size: object) -> None:
    model = Small()
    model.input_size = size  # type: ignore[assignment]
    assert "input_size" in check(model, "captum.deeplift").sentence
    assert check(model, "captum.deeplift", IMAGES).ok


def test_check_says_that_pictures_of_another_size_may_do() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 2)).eval()
    for method in ("captum.deeplift", "attention"):
        assert "give images= of the network's own size" in check(model, method).sentence
    assert check(model, "captum.deeplift", IMAGES).ok


def test_arrays_are_told_how_to_become_tensors() -> None:
    with pytest.raises(InputError, match=r"images .*torch\.from_numpy"):
        explain(Small(), IMAGES.numpy(), 0)  # type: ignore[arg-type]
    for name in ("occlusion", "captum.occlusion", "captum.deeplift"):
        with pytest.raises(InputError, match=r"baseline .*torch\.from_numpy"):
            explain(Small(), IMAGES, 0, name, baseline=np.zeros((3, 16, 16), np.float32))


@pytest.mark.parametrize("name", ["occlusion", "lime", "captum.deeplift", "captum.occlusion"])
def test_a_baseline_with_a_gradient_is_the_baseline_without(name: str) -> None:
    baseline = torch.rand(3, 16, 16)
    given = baseline.clone().requires_grad_()
    found = explain(Small(), IMAGES, 1, name, baseline=given)
    torch.testing.assert_close(found, explain(Small(), IMAGES, 1, name, baseline=baseline))
    assert not found.requires_grad
    assert given.grad is None


@pytest.mark.parametrize("name", PLAIN)
def test_the_default_type_and_device_of_the_caller_change_nothing(name: str) -> None:
    model = Small()
    try:
        expected = explain(model, IMAGES, 1, name, **options(name))
    except InputError:
        return
    torch.set_default_dtype(torch.float64)
    torch.set_default_device("meta")
    try:
        found = explain(model, IMAGES, 1, name, **options(name))
        assert torch.get_default_dtype() == torch.float64
        assert torch.get_default_device().type == "meta"
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_default_device(None)
    assert torch.equal(found, expected)


REGIONS = ("region_shapley", "lime", "captum.feature_ablation")


@pytest.mark.parametrize("name", REGIONS)
@pytest.mark.parametrize(
    ("masks", "said"),
    [
        (HALVES.numpy(), "torch.from_numpy"),
        (HALVES.to_sparse(), "to_dense"),
        (HALVES.to("meta"), "meta"),
        (HALVES.long(), "True and False"),
        (HALVES[:1], "1 entries, but there are 2"),
        (HALVES[..., :8], "size of the images"),
        (HALVES | True, "masks overlap: 256 pixels of the image at position 0"),
        (HALVES & False, "position 0 has no pixel"),
    ],
)
def test_masks_that_are_none_are_refused_alike_and_before_a_pass(
    name: str, masks: Any, said: str
) -> None:
    class Silent(Small):
        def forward(self, images: Tensor) -> Tensor:
            raise AssertionError("a pass")

    with pytest.raises(InputError, match=said):
        explain(Silent(), IMAGES, 0, name, masks=masks)


def test_many_methods_are_refused_before_the_first_runs() -> None:
    class Silent(Small):
        def forward(self, images: Tensor) -> Tensor:
            raise AssertionError("a pass")

    for methods, said in (
        (["scorecam", "region_shapley"], "masks="),
        ({"rise": {"samples": 10**13}, "occlusion": {}}, "samples is"),
        ({"rise": {}, "lime": {"seed": "x"}}, "seed is"),
        ({"rise": {}, "lime": {"nope": 1}}, "lime does not take nope"),
    ):
        with pytest.raises(InputError, match=said):
            explain_many(Silent(), IMAGES, methods, 0)


@pytest.mark.parametrize("given", [[1], 5, "patch", {1: 2}, {("a",): 2}])
def test_options_that_are_no_mapping_are_refused(given: Any) -> None:
    for call in (explain_many, cost):
        with pytest.raises(
            InputError, match="the options of occlusion are|occlusion does not take"
        ):
            call(Small(), IMAGES, {"occlusion": given})


def test_a_cost_is_that_of_the_options_that_were_given() -> None:
    # A picture of 16 pixels a side has 16 patches of 4; one pass more for the whole picture.
    table = cost(Small(), IMAGES, {"occlusion": {"patch": 4, "stride": 4}, "gradcam": None}, 1)
    assert table.forwards["occlusion"] == 17
    masked = cost(Small(), IMAGES, {"region_ablation": {"masks": HALVES}}, 1)
    assert masked.forwards.tolist() == [4]


@pytest.mark.parametrize("name", [name for name in PLAIN if "seed" in ROWS[name].options])
def test_a_seed_is_looked_at_even_where_nothing_is_drawn(name: str) -> None:
    for seed in ("x", float("nan"), None, -1):
        with pytest.raises(InputError, match=r"seed is .*whole number"):
            explain(Small(), IMAGES, 0, name, **{**options(name), "seed": seed})


def test_what_memory_cannot_hold_is_said() -> None:
    with pytest.raises(InputError, match="more memory than there is"):
        explain(Small(), pictures(1, 112), 0, "captum.smoothgrad", samples=10**8)
    with pytest.raises(InputError, match="samples is"):
        explain(Small(), IMAGES, 0, "captum.smoothgrad", samples=10**13)


@pytest.mark.parametrize("layers", [torch.tensor(3), np.array(3), 3])
def test_one_number_is_no_list_of_layers(layers: Any) -> None:
    with pytest.raises(InputError, match=r"layers is .*give a list of names"):
        explain(Small(), IMAGES, 0, "grad-cam.refinecam", layers=layers)
    with pytest.raises(InputError, match=r"methods is .*give a list of names"):
        cost(Small(), IMAGES, layers)


def test_a_sobol_sequence_has_an_end() -> None:
    with pytest.raises(InputError, match="10,600 parts, but there are 10,816"):
        explain(Small(), pictures(1, 104), 0, "sobol", grid=104, samples=2)


@pytest.mark.parametrize("kind", ["shapley", "banzhaf", "ablation"])
def test_one_region_alone_is_worth_what_hiding_it_takes(kind: str) -> None:
    masks = HALVES.any(1, keepdim=True)
    found = region_values(Small(), IMAGES, masks, 1, "black", kind, samples=2)
    with torch.no_grad():
        expected = Small()(IMAGES)[:, 1] - Small()(torch.zeros_like(IMAGES))[:, 1]
    np.testing.assert_allclose(found["region 0"], expected.numpy(), rtol=1e-4, atol=1e-6)
    if kind == "shapley":
        few = region_values(Small(), IMAGES, masks, 1, "black", kind, samples=1)
        assert few.equals(found)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"upper", "lower"}, "in their order"),
        ({"upper": 1, "lower": 2}, "in their order"),
        ("ab", "in their order"),
        ([None, "lower"], "give a list of texts"),
        ([["a"], ["b"]], "give a list of texts"),
        (["lower", "lower"], "'lower' twice"),
        (["a"], "2 masks, but 1 names"),
        (5, "names is 5"),
    ],
)
def test_names_of_regions_are_checked_before_a_pass(names: Any, said: str) -> None:
    class Silent(Small):
        def forward(self, images: Tensor) -> Tensor:
            raise AssertionError("a pass")

    for call in (region_values, region_scores):
        with pytest.raises(InputError, match=said):
            call(Silent(), IMAGES, HALVES, 0, names=names)


def test_sparse_masks_cannot_be_merged() -> None:
    with pytest.raises(InputError, match="to_dense"):
        merge(torch.ones(1, 19, 4, 4, dtype=torch.bool).to_sparse())


def test_laws_are_not_tried_with_an_option_out_of_range() -> None:
    with pytest.raises(InputError, match="patch is 0"):
        check_explainer("occlusion", Small(), IMAGES, patch=0)


def test_laws_leave_every_generator_where_it_was() -> None:
    def plain(model: nn.Module, images: Tensor, targets: Tensor) -> Tensor:
        return images.sum(1)

    before = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    check_explainer(plain, Small(), IMAGES)
    after = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]
