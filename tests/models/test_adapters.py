"""A reader's own network follows the contract of the course's models, and stays as it was."""

import copy
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import resnet18

from helpers import explain, models
from helpers.errors import InputError, UnknownName
from helpers.explain.catalogue.cams import ROWS as CAMS
from helpers.explain.targets import find_layer
from helpers.models import tracing
from helpers.models.adapters import Adapted
from helpers.models.architectures import IMAGENET_MEAN, IMAGENET_STD
from tests.networks import awaken, pictures, small_network

IMAGES = pictures(3, side=64)
MEAN, STD = (torch.tensor(each).view(1, 3, 1, 1) for each in (IMAGENET_MEAN, IMAGENET_STD))


@pytest.fixture(scope="module")
def theirs() -> nn.Module:
    """torchvision's ResNet-18 with random weights, as a reader brings it."""
    torch.manual_seed(0)
    network = resnet18(num_classes=4)
    awaken(network)
    return network.eval()


@pytest.fixture(scope="module")
def adapted(theirs: nn.Module) -> Adapted:
    return models.adapt(theirs, normalise="imagenet", classes=("a", "b", "c", "d"))


class Colours(nn.Module):
    """Returns what reaches it: the mean of each channel."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3))


def tiny(*tail: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), *tail)


def head(outputs: int = 2) -> list[nn.Module]:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, outputs)]


# -- the contract


def test_an_adapted_network_scores_as_the_network_does_after_its_normalisation(
    theirs: nn.Module, adapted: Adapted
) -> None:
    with torch.no_grad():
        torch.testing.assert_close(adapted(IMAGES), theirs((IMAGES - MEAN) / STD))


def test_it_has_the_attributes_of_the_courses_models(adapted: Adapted) -> None:
    assert adapted.classes == ("a", "b", "c", "d")
    assert adapted.input_size == (224, 224)
    assert adapted.layer == "layer4"
    assert not any(each.training for each in adapted.modules())
    assert isinstance(adapted.card["notes"], list)


@pytest.mark.parametrize("method", CAMS)
def test_every_method_explains_it(adapted: Adapted, method: str) -> None:
    # A pass for each channel: where there are few of them.
    layer = "layer1" if method in ("scorecam", "ablationcam") else None
    # The scores of random weights differ by less than a lasso's penalty.
    options = {"alpha": 1e-6} if method == "captum.lime" else {}
    if method in ("captum.deeplift", "captum.deeplift_shap"):
        with pytest.raises(InputError, match="windows of the maximum pooling maxpool overlap"):
            explain.explain(adapted, IMAGES[:1], None, method)
        return
    maps = explain.explain(adapted, IMAGES[:1], None, method, layer=layer, **options)
    assert maps.shape == (1, 64, 64)
    assert maps.isfinite().all()
    assert maps.abs().sum() > 0


def test_its_maps_are_those_of_the_network_itself(theirs: nn.Module, adapted: Adapted) -> None:
    bare = copy.deepcopy(theirs)
    expected = explain.layer_maps(bare, (IMAGES - MEAN) / STD * 0.1 + 0.5, 1, layer="layer4")
    rescaled = models.adapt(theirs, normalise=lambda x: (x - MEAN) / STD * 0.1 + 0.5)
    torch.testing.assert_close(explain.layer_maps(rescaled, IMAGES, 1), expected)


def test_a_hirescam_sums_to_the_logit(adapted: Adapted) -> None:
    with torch.no_grad():
        logits = adapted(IMAGES)
    maps = explain.layer_maps(adapted, IMAGES, 2, "hirescam")
    torch.testing.assert_close(maps.sum((1, 2)) + adapted.fc.bias[2].detach(), logits[:, 2])


def test_concepts_get_class_scores_from_its_head(adapted: Adapted) -> None:
    assert list(explain.factorize(adapted, IMAGES, 2).scores.columns) == ["share", *"abcd"]


def test_its_layers_keep_their_names(theirs: nn.Module, adapted: Adapted) -> None:
    names = dict(adapted.named_modules())
    for name, module in theirs.named_modules():
        if name:
            assert type(names[name]) is type(module)
            assert adapted.get_submodule(name) is names[name]
    assert adapted.layer4 is names["layer4"]
    assert {name for name, _ in adapted.named_parameters()} == set(dict(theirs.named_parameters()))
    assert find_layer(adapted, "layer2.1.conv2")[1] is adapted.layer2[1].conv2


def test_a_layer_called_layer_or_classes_is_no_obstacle() -> None:
    class Awkward(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Conv2d(3, 4, 3)
            self.network = nn.ReLU()
            self.classes = nn.Sequential(*head())

        def forward(self, x: Tensor) -> Tensor:
            return self.classes(self.network(self.layer(x)))

    adapted = models.adapt(Awkward(), classes=("yes", "no"))
    assert adapted.classes == ("yes", "no")
    assert adapted.layer == "network"
    assert explain.explain(adapted, IMAGES, layer="layer").shape == (3, 64, 64)


def test_it_can_be_copied_saved_and_moved(adapted: Adapted, tmp_path: Path) -> None:
    again = copy.deepcopy(adapted)
    assert type(again) is Adapted
    again.load_state_dict(adapted.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(again(IMAGES), adapted(IMAGES))
        assert again.double()(IMAGES.double()).dtype == torch.float64


def test_a_model_of_the_course_can_be_adapted_too() -> None:
    ours = small_network()
    adapted = models.adapt(ours, classes=ours.classes, layer="layer3", input_size=(48, 48))
    assert adapted.layer == "layer3"
    assert adapted.card["notes"] == []
    with torch.no_grad():
        torch.testing.assert_close(adapted(pictures()), ours(pictures()))


def test_a_wrapper_for_several_gpus_is_taken_off(theirs: nn.Module) -> None:
    assert models.adapt(nn.DataParallel(theirs)).layer == "layer4"


# -- preprocessing


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [0.2, 0.4, 0.8]),
        ({"channel_order": "bgr"}, [0.8, 0.4, 0.2]),
        ({"value_range": (0, 255)}, [51, 102, 204]),
        ({"value_range": (-1, 1)}, [-0.6, -0.2, 0.6]),
        ({"normalise": (0.5, 0.5)}, [-0.6, -0.2, 0.6]),
        ({"normalise": ((0.2, 0.4, 0.4), (1, 1, 0.1))}, [0, 0, 4]),
        ({"normalise": lambda x: 2 * x}, [0.4, 0.8, 1.6]),
        ({"normalise": nn.Hardtanh(0, 0.5)}, [0.2, 0.4, 0.5]),
        (
            {"normalise": ([129, 104, 93], 1), "channel_order": "bgr", "value_range": (0, 255)},
            [204 - 129, 102 - 104, 51 - 93],
        ),
    ],
)
def test_pixels_reach_the_network_as_it_was_trained(
    options: dict[str, object], expected: list[float]
) -> None:
    image = torch.tensor([0.2, 0.4, 0.8]).view(1, 3, 1, 1).expand(1, 3, 8, 8)
    seen = models.adapt(Colours(), **options)(image)  # type: ignore[arg-type]
    torch.testing.assert_close(seen[0], torch.tensor(expected).float(), atol=1e-4, rtol=1e-5)


def test_imagenets_statistics_follow_the_channel_order() -> None:
    image = torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1).expand(1, 3, 8, 8)
    for order in ("rgb", "bgr"):
        adapted = models.adapt(Colours(), normalise="imagenet", channel_order=order)
        assert adapted(image).abs().max() < 1e-6


def test_images_of_another_size_are_resized_when_a_size_is_given() -> None:
    class Size(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.tensor([[float(side) for side in x.shape[-2:]]] * len(x))

    with_size = models.adapt(Size(), input_size=(20, 30))
    assert with_size(IMAGES)[0].tolist() == [20, 30]
    assert models.adapt(Size())(IMAGES)[0].tolist() == [64, 64]


def test_gradients_reach_the_image_through_all_of_it(theirs: nn.Module) -> None:
    adapted = models.adapt(theirs, normalise="imagenet", input_size=(32, 32), channel_order="bgr")
    images = IMAGES.clone().requires_grad_()
    adapted(images)[:, 0].sum().backward()
    assert images.grad is not None
    assert images.grad.abs().amin((2, 3)).shape == (3, 3)
    assert images.grad.abs().sum() > 0


# -- the reader's own object


def test_the_readers_network_stays_in_training_mode_and_as_it_was() -> None:
    theirs = tiny(nn.BatchNorm2d(4), nn.Dropout(), *head())
    theirs[1].inplace = True
    theirs.train()
    before = copy.deepcopy(theirs.state_dict())
    adapted = models.adapt(theirs)
    assert all(each.training for each in theirs.modules())
    assert theirs[1].inplace
    assert not any(each._forward_hooks or each._forward_pre_hooks for each in theirs.modules())
    for name, value in theirs.state_dict().items():
        assert torch.equal(value, before[name])
    assert not adapted.training
    with torch.no_grad():
        assert torch.equal(adapted(IMAGES), adapted(IMAGES)), "dropout is off"


def test_the_readers_random_numbers_go_on_as_if_nothing_had_happened() -> None:
    network = tiny(*head())
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    models.adapt(network)
    assert torch.equal(torch.rand(4), expected)


# -- the layer


def test_the_default_layer_is_the_last_with_maps_and_the_card_says_so() -> None:
    places = [nn.AdaptiveAvgPool2d(7), nn.Flatten(), nn.Linear(4 * 49, 2)]
    adapted = models.adapt(tiny(*places))
    assert adapted.layer == "2"
    assert "'2' was chosen, the last with maps (4 of 7 x 7)" in str(adapted.card["notes"])
    pooled = models.adapt(tiny(*head()))
    assert pooled.layer == "1", "the average of all places is no map"


def test_a_network_without_maps_has_no_layer() -> None:
    adapted = models.adapt(nn.Sequential(nn.Flatten(), nn.Linear(48, 2)), input_size=(4, 4))
    assert adapted.layer is None
    assert "No layer returns maps" in str(adapted.card["notes"])


def test_an_unknown_layer_is_answered_with_the_nearest(theirs: nn.Module) -> None:
    with pytest.raises(UnknownName, match=r"no layer 'layr4': did you mean .*'layer4'"):
        models.adapt(theirs, layer="layr4")
    with pytest.raises(UnknownName, match="no layer ''"):
        models.adapt(theirs, layer="")


# -- activations that explanations depend on


def test_in_place_and_reused_activations_of_torchvision_are_noted(adapted: Adapted) -> None:
    notes = " ".join(adapted.card["notes"])
    assert "instead of working in place: relu, layer1.0.relu" in notes
    assert "run more than once in a pass: layer1.0.relu" in notes
    assert "called as functions" not in notes
    assert tracing.in_place_modules(adapted) == []


@pytest.mark.parametrize(
    "function", [nn.functional.relu, torch.relu, Tensor.relu_, torch.sigmoid, nn.functional.gelu]
)
def test_an_activation_called_as_a_function_is_noted(function: object) -> None:
    class Functional(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Conv2d(3, 4, 3)
            self.tail = nn.Sequential(nn.ReLU(), *head())

        def forward(self, x: Tensor) -> Tensor:
            return self.tail(function(self.stem(x)))  # type: ignore[operator]

    notes = " ".join(models.adapt(Functional()).card["notes"])
    name = function.__name__.rstrip("_")  # type: ignore[attr-defined]
    assert f"called as functions: {name} in forward" in notes
    assert "more than once" not in notes


def test_a_network_that_counts_on_working_in_place_keeps_its_answers() -> None:
    class Preactivation(nn.Module):
        """The shortcut takes what the in-place ReLU has overwritten."""

        def __init__(self) -> None:
            super().__init__()
            self.relu = nn.ReLU(inplace=True)
            self.stem, self.branch = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 1)
            self.tail = nn.Sequential(*head())

        def forward(self, x: Tensor) -> Tensor:
            x = self.stem(x)
            return self.tail(x + self.branch(self.relu(x)))

    theirs = Preactivation()
    adapted = models.adapt(theirs)
    with torch.no_grad():
        torch.testing.assert_close(adapted(IMAGES), theirs(IMAGES))
    assert "depends on activations that work in place: relu" in " ".join(adapted.card["notes"])


# -- what cannot be adapted


class Returns(nn.Module):
    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value

    def forward(self, x: Tensor) -> object:
        return self.value


@pytest.mark.parametrize(
    ("module", "sentence"),
    [
        (nn.ReLU, "takes a torch.nn.Module, but got ReLU; make an instance of it"),
        (None, "takes a torch.nn.Module, but got NoneType"),
        (lambda x: x, "takes a torch.nn.Module, but got function"),
        (tiny(), r"shape \(2, 4, 222, 222\).*nn.AdaptiveAvgPool2d"),
        (Returns((torch.zeros(2, 3), 1)), "returns a tuple, but one tensor"),
        (Returns(torch.zeros(3)), r"returns shape \(3,\) for 2 images"),
        (Returns(torch.zeros(1, 3)), r"returns shape \(1, 3\) for 2 images"),
        (Returns(torch.full((2, 3), torch.nan)), "returns NaN or infinite"),
        (nn.Sequential(nn.Flatten(), nn.Linear(48, 2)), "224 x 224 px: .*give input_size"),
        (nn.Sequential(nn.Conv2d(1, 4, 3), *head()), "cannot be called with two images"),
    ],
)
def test_what_is_no_scorer_of_images_is_refused_in_a_sentence(
    module: nn.Module, sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        models.adapt(module)


class Fails(nn.Module):
    """A network of which one call, counted from the first, does not come to an answer."""

    def __init__(self, call: int, instead: object) -> None:
        super().__init__()
        self.fc, self.act, self.calls = nn.Linear(3, 2), nn.ReLU(inplace=True), 0
        self.call, self.instead = call, instead

    def forward(self, x: Tensor) -> object:
        self.calls += 1
        if self.calls == self.call and isinstance(self.instead, Exception):
            raise self.instead
        return self.instead if self.calls == self.call else self.fc(self.act(x.mean((2, 3))))


@pytest.mark.parametrize("call", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("instead", "sentence"),
    [
        (ValueError("no more"), "cannot be called with two images .*no more"),
        (KeyError(), "cannot be called with two images .*KeyError"),
        (torch.zeros(2, 5), "returns shape"),
        (torch.zeros(2, 2).to_sparse(), "layout torch.sparse_coo"),
        (torch.zeros(2, 2, device="meta"), "on the device 'meta'"),
        (torch.zeros(2, 2) * 1j, "complex"),
        (None, "returns a NoneType"),
    ],
)
def test_a_network_that_fails_at_a_later_call_is_refused_too(
    call: int, instead: object, sentence: str
) -> None:
    if isinstance(instead, Tensor) and instead.shape == (2, 5) and call in {1, 4}:
        sentence = "returns shape|depends on|classes has 2"  # all that follows differs from it
    with pytest.raises(InputError, match=sentence) as refused:
        models.adapt(Fails(call, instead), classes=("a", "b"), input_size=(8, 8))
    assert "\n" not in str(refused.value)


def test_a_gradient_that_fails_in_whatever_way_is_noted() -> None:
    notes = models.adapt(Fails(5, ValueError("no")), input_size=(8, 8)).card["notes"]
    assert any("switches gradients off" in note for note in notes)


class Uncopied(nn.Linear):
    def __deepcopy__(self, memo: object) -> object:
        raise ValueError("only one of us")


def test_what_cannot_be_copied_or_holds_no_numbers_is_refused() -> None:
    with pytest.raises(InputError, match="the network cannot be copied.*only one of us"):
        models.adapt(nn.Sequential(Uncopied(2, 2)))
    with pytest.raises(InputError, match="normalise cannot be copied.*only one of us"):
        models.adapt(tiny(*head()), normalise=Uncopied(2, 2))
    with pytest.raises(InputError, match="on the device 'meta', where there are no numbers"):
        models.adapt(tiny(*head()).to("meta"))


def test_a_network_whose_weights_are_made_at_the_first_call_can_be_adapted() -> None:
    lazy = nn.Sequential(nn.LazyConv2d(4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                         nn.LazyLinear(2))  # fmt: skip
    adapted = models.adapt(lazy, input_size=(16, 16))
    assert (adapted.layer, adapted.classes) == ("1", ("0", "1"))


def test_as_many_names_as_outputs_are_needed() -> None:
    with pytest.raises(InputError, match=r"classes has 3 name\(s\), but the network has 2"):
        models.adapt(tiny(*head()), classes=("a", "b", "c"))


def test_without_names_classes_are_numbers_and_with_none_an_embedding() -> None:
    assert models.adapt(tiny(*head(3))).classes == ("0", "1", "2")
    embedding = models.adapt(tiny(*head(3)), classes=())
    assert embedding.classes == ()
    assert embedding.embedding_size == 3


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"normalise": "imagnet"}, "no normalisation 'imagnet': did you mean 'imagenet'"),
        ({"normalise": (0.5,)}, r"normalise is \(mean, std\)"),
        ({"normalise": ((0.1, 0.2), 1)}, r"normalise is \(mean, std\)"),
        ({"normalise": (0.5, 0)}, "must be above 0"),
        ({"channel_order": "gbr"}, "no channel order 'gbr'"),
        ({"value_range": (255, 0)}, "black comes first"),
        ({"value_range": (0, 0)}, "black comes first"),
        ({"value_range": (0, 1, 2)}, "value_range must have shape"),
        ({"value_range": 255}, "value_range must have shape"),
        ({"value_range": (0, float("nan"))}, "value_range holds 1 of 2 values that are NaN"),
        ({"normalise": (float("nan"), 1)}, r"normalise is \(mean, std\)"),
        ({"normalise": (0.5, float("inf"))}, r"normalise is \(mean, std\)"),
        ({"normalise": 3}, r"normalise is \(mean, std\).*not 3"),
        ({"normalise": {"mean": 1}}, r"normalise is \(mean, std\)"),
        ({"channel_order": ["rgb"]}, "no channel order"),
        ({"input_size": 112}, r"input_size is 112: give \(height, width\)"),
        ({"input_size": "big"}, "input_size is 'big'"),
        ({"input_size": (0, 5)}, "a side of input_size is 0"),
        ({"input_size": (4, 4097)}, "a side of input_size is 4097"),
        ({"input_size": (4, 5, 6)}, "input_size is"),
        ({"layer": 3}, "layer is of type int"),
        ({"classes": "ab"}, "classes is 'ab': give a list of names"),
        ({"classes": b"abc"}, "classes is b'abc'"),
        ({"classes": {"a", "b", "c"}}, "give a list of names"),
        ({"classes": {"a": 0, "b": 1, "c": 2}}, "give a list of names"),
        ({"classes": 3}, "classes is 3: give a list"),
        ({"classes": ("a", None, "c")}, "give each output a name"),
        ({"classes": ("a", " ", "c")}, "give each output a name"),
        ({"classes": ("a", "b", "a")}, "classes has 'a' twice"),
    ],
)
def test_a_preprocessing_that_means_nothing_is_refused(
    options: dict[str, object], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        models.adapt(Colours(), **options)  # type: ignore[arg-type]


# -- networks that answer in an unusual way


class Draws(nn.Module):
    """Dropout called as a function, which eval() does not switch off."""

    def __init__(self, in_place: bool) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem, self.relu = nn.Conv2d(3, 8, 3), nn.ReLU(inplace=in_place)
        self.fc = nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.stem(x)).mean((2, 3))
        return self.fc(nn.functional.dropout(x, 0.5))


@pytest.mark.parametrize("in_place", [True, False])
def test_a_network_that_answers_at_random_is_noted_before_anything_is_blamed(
    in_place: bool,
) -> None:
    adapted = models.adapt(Draws(in_place), input_size=(32, 32), classes=("a", "b"), layer="relu")
    first, *others = adapted.card["notes"]
    assert first.startswith("Two passes of one picture give different answers (by up to 0.")
    assert "training=self.training" in first
    expected = ["Made to return new tensors instead of working in place: relu."] if in_place else []
    assert others == expected, "in-place activations are innocent"
    with torch.no_grad():
        assert not torch.equal(adapted(IMAGES), adapted(IMAGES)), "it goes on drawing"


def test_a_network_that_repeats_itself_gets_no_such_note() -> None:
    notes = models.adapt(tiny(nn.Dropout(), *head()), classes=("a", "b")).card["notes"]
    assert "Two passes" not in " ".join(notes)
    assert "switches gradients off" not in " ".join(notes)


def test_a_network_that_switches_gradients_off_is_noted() -> None:
    class Frozen(nn.Module):
        def __init__(self, way: str) -> None:
            super().__init__()
            self.body, self.fc, self.way = nn.Conv2d(3, 4, 3), nn.Linear(4, 2), way

        def forward(self, x: Tensor) -> Tensor:
            with torch.set_grad_enabled(self.way == "detach"):
                x = self.body(x).mean((2, 3))
            return self.fc(x.detach() if self.way == "detach" else x)

    for way in ("detach", "no_grad"):
        theirs = Frozen(way)
        notes = " ".join(models.adapt(theirs, classes=("a", "b"), layer="body").card["notes"])
        assert notes.startswith("The network switches gradients off inside")
        for weight in theirs.parameters():
            weight.requires_grad_(False)
        notes = " ".join(models.adapt(theirs, classes=("a", "b"), layer="body").card["notes"])
        assert notes.startswith("The network switches gradients off inside")


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_torchscript_and_other_precisions_are_refused_by_their_cause() -> None:
    theirs = tiny(*head()).eval()
    traced = torch.jit.trace(theirs, torch.rand(1, 3, 32, 32))
    with pytest.raises(InputError, match="network is TorchScript.*it was made from"):
        models.adapt(traced)
    for kind in (torch.float64, torch.float16, torch.bfloat16):
        with pytest.raises(InputError, match=rf"weights are {kind}.*adapt\(network\.float\(\)"):
            models.adapt(copy.deepcopy(theirs).to(kind))
