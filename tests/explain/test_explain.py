import copy
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from helpers.errors import InputError, UnknownName
from helpers.explain import METHODS, check, cost, explain, explain_many, factorize, layer_maps
from helpers.explain.catalogue.cams import ROWS as CAMS
from helpers.explain.layers import is_linear, read
from helpers.explain.maps import enlarge
from helpers.explain.relevance import progress
from helpers.explain.targets import (
    class_index,
    find_layer,
    resolve_targets,
    returns_embeddings,
)
from helpers.models import similarity
from helpers.models.architectures import NarrowEmbedder
from helpers.models.contract import class_names
from tests.networks import pictures, small_network

MODEL = small_network()
IMAGES = pictures()


def test_maps_are_as_large_as_the_images_whatever_their_size() -> None:
    for height, width in ((48, 48), (64, 40)):
        images = torch.nn.functional.interpolate(IMAGES, (height, width))
        maps = explain(MODEL, images)
        assert maps.shape == (3, height, width)
        assert maps.dtype == torch.float32


@pytest.mark.parametrize("method", CAMS)
def test_pictures_need_not_be_square(method: str) -> None:
    wide = IMAGES[:, :, :32]
    assert explain(MODEL, wide, 1, method, layer="layer1").shape == (3, 32, 48)
    high = explain(MODEL, wide.transpose(2, 3), 1, method, layer="layer1")
    assert high.shape == (3, 48, 32)
    assert high.abs().sum() > 0


def test_concepts_of_pictures_that_are_not_square_are_as_large_as_they() -> None:
    assert factorize(MODEL, IMAGES[:, :, :32], 2).maps.shape == (3, 2, 32, 48)


def test_a_place_is_drawn_around_its_middle() -> None:
    large = enlarge(torch.tensor([[[0.0, 1.0]]]), (1, 8))[0, 0]
    assert large.tolist() == [0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1]


def test_enlarging_keeps_a_flat_map_flat_and_a_map_of_full_size_untouched() -> None:
    flat = torch.full((2, 3, 3), 0.7)
    torch.testing.assert_close(enlarge(flat, (10, 12)), torch.full((2, 10, 12), 0.7))
    assert enlarge(flat, (3, 3)) is flat


def test_the_methods_table_tells_what_a_reader_must_know() -> None:
    known = ["library", "signed", "needs_layer", "needs", "passes", "random", "options"]
    assert list(METHODS.columns) == [*known, "paper", "idea"]
    assert METHODS.index.is_unique
    assert METHODS.notna().all().all()
    assert METHODS.paper.str.contains(r"\d{4}$").all()
    assert METHODS.idea.str.len().between(20, 120).all()
    # A method that draws has a seed; so has one of whose baselines one is noise.
    seeded = METHODS.options.str.contains("seed=0")
    assert (
        seeded == (METHODS.random | METHODS.options.str.contains("baseline=|references="))
    ).all()
    prefixed = METHODS.index.str.split(".").str[0].to_series(index=METHODS.index)
    assert (prefixed == METHODS.library)[METHODS.library != "helpers"].all()


def test_an_unknown_method_is_answered_with_the_nearest() -> None:
    for call in (explain, layer_maps):
        with pytest.raises(UnknownName, match="did you mean 'hirescam'"):
            call(MODEL, IMAGES, method="hirecam")


# -- targets


def test_a_class_is_called_by_index_by_name_in_any_case_or_one_for_each_image() -> None:
    logits = torch.tensor([[0.0, 2.0, 1.0], [3.0, 0.0, 1.0]])
    same = [
        ([1, 1], [1, "Female", "female", "FEMALE", "1", np.int64(1), torch.tensor(1)]),
        ([2, 0], [[2, 0], (2, "male"), ["Unsure", "0"], torch.tensor([2, 0]), np.array([2, 0])]),
        ([1, 0], [None]),
    ]
    for expected, ways in same:
        for way in ways:
            assert resolve_targets(MODEL, logits, way).tolist() == expected


def test_each_image_gets_its_own_target_across_batches() -> None:
    maps = explain(MODEL, IMAGES, ["Unsure", "Male", 1], "hirescam", batch_size=2)
    for row, target in enumerate([2, 0, 1]):
        alone = explain(MODEL, IMAGES[[row]], target, "hirescam")[0]
        torch.testing.assert_close(maps[row], alone, atol=1e-5, rtol=1e-4)


def test_none_explains_the_predicted_class() -> None:
    with torch.no_grad():
        predicted = MODEL(IMAGES).argmax(1)
    torch.testing.assert_close(explain(MODEL, IMAGES), explain(MODEL, IMAGES, predicted))


@pytest.mark.parametrize("target", [3, -1, "3", "-1"])
def test_an_index_out_of_range_is_answered_with_the_classes(target: int | str) -> None:
    with pytest.raises(UnknownName, match="3 outputs, 0 to 2 .*0 Male, 1 Female, 2 Unsure"):
        explain(MODEL, IMAGES, target)


@pytest.mark.parametrize("target", ["Femal", "--1", "²", 1.5])
def test_an_unknown_class_is_answered_with_the_classes(target: object) -> None:
    with pytest.raises(UnknownName, match="no target .*Known: Male, Female, Unsure"):
        explain(MODEL, IMAGES, target)  # type: ignore[arg-type]
    with pytest.raises(UnknownName, match="did you mean 'Female'"):
        explain(MODEL, IMAGES, "Femal")


@pytest.mark.parametrize("targets", [[0, 1], [0, 1, 2, 0], torch.tensor([0]), []])
def test_more_or_fewer_targets_than_images_are_refused(targets: object) -> None:
    with pytest.raises(InputError, match=r"3 image\(s\), but \d target"):
        explain(MODEL, IMAGES, targets)  # type: ignore[arg-type]


def test_a_model_that_returns_no_scores_is_refused() -> None:
    with pytest.raises(InputError, match=r"\(N, classes\)"):
        resolve_targets(MODEL, torch.zeros(3), 0)


# -- layers


def test_an_unknown_layer_is_answered_with_the_nearest_and_the_rest() -> None:
    with pytest.raises(UnknownName, match=r"did you mean 'layer4'.*layer1, .*layer2"):
        explain(MODEL, IMAGES, layer="layr4")
    with pytest.raises(UnknownName, match=r"did you mean .*'layer4\.1\.conv2'"):
        explain(MODEL, IMAGES, layer="layer4.1.conv3")
    with pytest.raises(UnknownName, match="no layer ''"):
        explain(MODEL, IMAGES, layer="")


def test_the_default_layer_is_the_models_own() -> None:
    assert find_layer(MODEL, None) == ("layer4", MODEL.layer4)


# -- images


@pytest.mark.parametrize(
    ("images", "sentence"),
    [
        (IMAGES[0], r"image\[None\]"),
        (IMAGES[:, :1], r"\(N, 3, H, W\)"),
        (IMAGES.permute(0, 2, 3, 1), r"\(N, 3, H, W\)"),
        (IMAGES.numpy(), "ndarray"),
        ((IMAGES * 255).byte(), "by 255"),
        (IMAGES.double(), r"images\.float\(\)"),
        (IMAGES[:0], "at least one picture"),
        (IMAGES * 255, r"reach from .* to \d+"),
        (IMAGES - 0.9, "Do not normalise"),
        (IMAGES / 0, "NaN or infinite"),
        (IMAGES - IMAGES.min() - 0.002, "reach from -0.002"),
        (IMAGES - IMAGES.max() + 1.002, r"to 1\)?"),
        (IMAGES.to_sparse(), r"call to_dense\(\)"),
        (None, r"but got nothing \(None\)"),
        (IMAGES.where(IMAGES > 0.3, torch.nan), "NaN or infinite"),
    ],
)
def test_anything_but_rgb_between_0_and_1_is_refused(images: object, sentence: str) -> None:
    for call in (explain, layer_maps):
        with pytest.raises(InputError, match=sentence):
            call(MODEL, images)


def test_a_rounding_error_beyond_the_range_is_none() -> None:
    stretched = (IMAGES - IMAGES.min()) / (IMAGES.max() - IMAGES.min())
    assert explain(MODEL, stretched * 1.0009, 0).isfinite().all()
    assert explain(MODEL, stretched - 0.0009, 0).isfinite().all()


def test_a_batch_of_no_images_is_refused() -> None:
    for size in (0, -1, 2.5, "2", None, True):
        with pytest.raises(InputError, match=r"batch_size is .*whole number"):
            explain(MODEL, IMAGES, batch_size=size)  # type: ignore[arg-type]
    assert torch.equal(explain(MODEL, IMAGES, batch_size=10**30), explain(MODEL, IMAGES))


class Counting(nn.Module):
    """Remembers how many pictures it was shown at a time; its layer has 40 channels."""

    def __init__(self, bend: nn.Module | None = None) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.bend = bend or nn.Identity()
        self.look, self.relu, self.head = nn.Conv2d(3, 40, 3), nn.ReLU(), nn.Linear(40, 2)
        nn.init.constant_(self.look.bias, 2.0)  # no channel is silent
        nn.init.uniform_(self.head.weight)
        self.shown: list[int] = []
        self.layer = "relu"

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.shown.append(len(images))
        return self.head(self.bend(self.relu(self.look(images)).mean((2, 3))))


@pytest.mark.parametrize(
    ("method", "count", "passes"),
    [("hirescam", 33, [32, 1]), ("scorecam", 1, [1, 32, 8]), ("ablationcam", 1, [1, 32, 8])],
)
def test_at_most_32_pictures_are_held_at_a_time(method: str, count: int, passes: list[int]) -> None:
    network = Counting(nn.Softplus()).eval()
    explain(network, pictures(count, side=8), 0, method)
    assert network.shown == passes


def test_concepts_too_are_read_from_at_most_32_pictures_at_a_time() -> None:
    network = Counting().eval()
    factorize(network, pictures(33, side=8), 1)
    assert network.shown == [32, 1]


@pytest.mark.parametrize("bend", [nn.Identity(), nn.Softplus()])
def test_of_forty_channels_each_is_switched_off_by_itself(bend: nn.Module) -> None:
    network, picture = Counting(bend).eval(), pictures(1, side=8)
    with torch.no_grad():
        channels = network.relu(network.look(picture))
        means, score = channels.mean((2, 3)), network(picture)[:, [1]]
        without = network.head(bend(means * (1 - torch.eye(40))))[:, 1]
        weights = (score - without) / score.abs()
    expected = (weights[:, :, None, None] * channels).sum(1).clamp_min(0)
    assert expected.min() > 0
    found = layer_maps(network, picture, 1, "ablationcam")
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


# -- heads that are weighted sums


class Headed(nn.Module):
    """A convolution, and whatever head is given."""

    def __init__(self, head: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.look, self.last = nn.Conv2d(3, 4, 3), nn.Linear(4, 2)
        self.head = head

    def forward(self, images: Tensor) -> Tensor:
        return self.last(self.head(self.look(images)))


def double(maps: Tensor) -> Tensor:
    return 2 * maps.mean((2, 3)) + 1


def halves(maps: Tensor) -> Tensor:
    first, second = maps.mean((2, 3)).chunk(2, 1)
    return torch.cat([second, first], 1)


def product(maps: Tensor) -> Tensor:
    return maps.mean((2, 3)) * maps.amax((2, 3)).detach() * maps.mean((2, 3))


def own_weights(maps: Tensor) -> Tensor:
    rows = maps.flatten(2)
    return (rows @ rows.transpose(1, 2)).mean(1)


POOL = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
LINEAR = [POOL, double, halves, nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(4, 4, 2), POOL)]
BENT = [
    nn.Sequential(nn.ReLU(), POOL),
    nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Flatten()),
    nn.Sequential(POOL, nn.Softmax(1)),
    nn.Sequential(nn.GroupNorm(2, 4), POOL),
    product,
    own_weights,
]


@pytest.mark.parametrize("head", LINEAR)
def test_a_head_of_sums_and_weights_is_linear(head: Callable[[Tensor], Tensor]) -> None:
    network = Headed(head).eval()
    assert read(network, IMAGES, "look", network.look).linear()


@pytest.mark.parametrize("head", BENT)
def test_a_head_that_bends_or_multiplies_the_layer_by_itself_is_not(
    head: Callable[[Tensor], Tensor],
) -> None:
    network = Headed(head).eval()
    assert not read(network, IMAGES, "look", network.look).linear()


def cosine(maps: Tensor) -> Tensor:
    means = maps.mean((2, 3))
    return 16 * means / means.norm(dim=1, keepdim=True).detach()


def straight_through(maps: Tensor) -> Tensor:
    means = maps.mean((2, 3))
    return means + ((4 * means).round() / 4 - means).detach()


def hidden_maximum(maps: Tensor) -> Tensor:
    return maps.mean((2, 3)) + maps.detach().amax((2, 3))


def stairs(maps: Tensor) -> Tensor:
    return torch.div(maps.mean((2, 3)), 0.1, rounding_mode="floor")


class Mul(torch.autograd.Function):
    """A stranger's function with a harmless name."""

    @staticmethod
    def forward(context: Any, values: Tensor) -> Tensor:
        return values.square()

    @staticmethod
    def backward(context: Any, slope: Tensor) -> Tensor:
        return slope


def of_a_stranger(maps: Tensor) -> Tensor:
    return Mul.apply(maps.mean((2, 3)))


@pytest.mark.parametrize(
    "head", [cosine, straight_through, hidden_maximum, stairs, of_a_stranger, *BENT[:3]]
)
def test_channels_are_removed_one_by_one_where_the_history_hides_a_bend(
    head: Callable[[Tensor], Tensor],
) -> None:
    network = Headed(head)
    network.look = nn.Sequential(network.look, nn.ReLU())
    network.eval()
    with torch.no_grad():
        channels = network.look(IMAGES)
        scores = network.last(network.head(channels))[:, 0]
        falls = torch.stack(
            [
                scores
                - network.last(network.head(channels * (torch.arange(4) != k).view(4, 1, 1)))[:, 0]
                for k in range(4)
            ],
            1,
        )
    expected = ((falls / scores.abs()[:, None])[:, :, None, None] * channels).sum(1).clamp_min(0)
    found = layer_maps(network, IMAGES, 0, "ablationcam", "look")
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


def test_a_head_is_linear_however_its_pictures_lie_in_memory() -> None:
    network = Headed(POOL).eval()
    turned = IMAGES.contiguous(memory_format=torch.channels_last)
    assert read(network, turned, "look", network.look).linear()


def test_answers_that_do_not_come_from_the_layer_are_no_weighted_sum_of_it() -> None:
    network = Headed(lambda maps: maps.detach().mean((2, 3))).eval()
    reading = read(network, IMAGES, "look", network.look)
    with torch.no_grad():
        assert not is_linear(network(IMAGES), reading.output)


# -- several methods at once


def test_methods_of_one_call_have_the_maps_that_they_have_alone() -> None:
    found = explain_many(MODEL, IMAGES, list(CAMS), [0, 1, 2], batch_size=2)
    assert list(found) == list(CAMS)
    for method, maps in found.items():
        expected = explain(MODEL, IMAGES, [0, 1, 2], method, batch_size=2)
        torch.testing.assert_close(maps, expected)


def test_methods_that_read_one_layer_share_one_pass() -> None:
    network = Counting().eval()
    explain_many(network, pictures(5, side=8), ["gradcam", "eigencam", "ablationcam"], 0)
    # Ablation-CAM tries out, on four pictures, whether the head is as linear as it looks.
    assert network.shown == [5, 4]


def test_an_unknown_option_of_one_method_is_refused_before_anything_runs() -> None:
    network = Counting().eval()
    with pytest.raises(InputError, match="hirescam does not take steps"):
        explain_many(network, IMAGES, {"gradcam": {}, "hirescam": {"steps": 3}}, 0)
    with pytest.raises(UnknownName, match="gradcamm"):
        explain_many(network, IMAGES, ["hirescam", "gradcamm"], 0)
    with pytest.raises(InputError, match="methods is empty"):
        explain_many(network, IMAGES, [], 0)
    assert network.shown == []


def test_an_interruption_keeps_the_methods_that_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_case: object) -> Tensor:
        raise KeyboardInterrupt

    monkeypatch.setattr("helpers.explain.cams.layercam", stop)
    with pytest.warns(UserWarning, match="without layercam, hirescam: it was interrupted"):
        found = explain_many(MODEL, IMAGES, ["gradcam", "layercam", "hirescam"], 0)
    assert list(found) == ["gradcam"]
    with pytest.raises(KeyboardInterrupt):
        explain_many(MODEL, IMAGES, ["layercam", "gradcam"], 0)
    with pytest.raises(KeyboardInterrupt):
        explain(MODEL, IMAGES, 0, "layercam")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_is_for_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (io.StringIO(), Terminal()):
        monkeypatch.setattr("sys.stderr", stream)
        with progress(3, "explain") as bar:
            assert bool(bar.disable) == (not stream.isatty())


# -- whether a method's rule holds


def test_a_verdict_says_why_in_a_sentence() -> None:
    assert check(MODEL, "gradcam").ok
    assert check(MODEL, "gradcam").sentence.endswith("nothing amiss.")
    with pytest.raises(UnknownName, match="no method"):
        check(MODEL, "lime++")


# -- everything else that may be given


def test_a_method_is_a_name() -> None:
    for method in (["gradcam"], None, 3):
        with pytest.raises(UnknownName, match=r"no method .*Known: gradcam, "):
            explain(MODEL, IMAGES, method=method)  # type: ignore[arg-type]


def test_an_option_that_a_method_does_not_have_is_named() -> None:
    with pytest.raises(InputError, match="gradcam does not take sigma, tau: it has no options"):
        explain(MODEL, IMAGES, sigma=1, tau=2)


@pytest.mark.parametrize(
    ("targets", "sentence"),
    [
        (object(), "targets is an object of type object: give the number or the name"),
        ({"a": 1}, "targets is {'a': 1}: give"),
        ({0, 1, 2}, "targets is {0, 1, 2}: give"),
        (b"Male", "targets is b'Male': give"),
        (1j, "targets is 1j: give"),
        (True, "no target 'True'.*Known: Male"),
        ([None, None, None], "no target 'None'"),
        ([0, False, 1], "no target 'False'"),
        (float("nan"), "no target 'nan'"),
        ("9" * 5000, r"no target '9{57}\.\.\.'"),
        (10**5000, "a number of more than 20 digits is out of range"),
        (-(10**20), "a number of more than 20 digits is out of range"),
        (10**20 - 1, "target 9{20} is out of range"),
        ("9" * 20, "target 9{20} is out of range"),
        ("9" * 21, "no target"),
        (torch.tensor([[0, 1, 2]]), "but 1 target"),
    ],
    ids=lambda each: each[:24] if isinstance(each, str) else type(each).__name__,
)
def test_whatever_is_no_target_is_refused_in_a_sentence(targets: object, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        explain(MODEL, IMAGES, targets)  # type: ignore[arg-type]


def test_a_column_of_a_table_and_a_range_are_targets() -> None:
    logits = torch.zeros(3, 3)
    for targets in (pd.Series(["Unsure", "Male", "Female"]), pd.Index([2, 0, 1]), range(3)):
        assert sorted(resolve_targets(MODEL, logits, targets).tolist()) == [0, 1, 2]


class Named(nn.Module):
    """A network that calls something ``classes``."""

    def __init__(self, classes: object) -> None:
        super().__init__()
        self.classes = classes


def test_a_class_is_found_by_its_exact_name_first_then_in_any_case() -> None:
    network = Named(("a", "A", "1", "b"))
    found = [class_index(network, name, 4) for name in ("a", "A", "B", "1", 1, "0")]
    assert found == [0, 1, 3, 2, 1, 0]


def test_what_a_network_calls_classes_need_not_be_names() -> None:
    network = Named(nn.Linear(2, 2))
    assert class_names(network) is None
    assert not returns_embeddings(network)
    assert class_index(network, 1, 2) == 1
    with pytest.raises(UnknownName, match=r"no target 'a': Known: 0 to 1\."):
        class_index(network, "a", 2)
    with pytest.raises(UnknownName, match=r"target 2 .*2 outputs, 0 to 1 \(unnamed\)"):
        class_index(network, 2, 2)
    network = Named(("one", "two", "three"))
    assert class_index(network, 1, 2) == 1
    for outputs in (2, 4):
        with pytest.raises(InputError, match=f"classes are 3 names, but it has {outputs} outputs"):
            class_index(network, "one", outputs)


def test_a_name_of_two_classes_is_refused_with_the_numbers_of_both() -> None:
    for names, name in (("aab", "a"), (["Yes", "yes", "no"], "yEs")):
        with pytest.raises(InputError, match=r"could mean 0 '.*' or 1 '.*': give its number"):
            class_index(Named(list(names)), name, 3)
    assert class_index(Named(["Yes", "yes", "no"]), "yes", 3) == 1


@pytest.mark.parametrize(
    "names",
    [["Yes", "No"], np.array(["Yes", "No"]), pd.Index(["Yes", "No"]), pd.Series(["Yes", "No"])],
)
def test_names_of_classes_come_in_whatever_has_an_order(names: object) -> None:
    network = Named(names)
    assert class_names(network) == ["Yes", "No"]
    assert class_index(network, "no", 2) == 1
    for empty in ([], np.array([]), pd.Index([])):
        assert returns_embeddings(Named(empty))
    for number in (2, None, nn.Parameter(torch.zeros(2)), np.int64(2), len):
        assert class_names(Named(number)) is None


@pytest.mark.parametrize("names", [{0: "No", 1: "Yes"}, {"No", "Yes"}, "NY", [["No"], ["Yes"]]])
def test_names_without_an_order_are_refused_and_not_passed_over(names: object) -> None:
    network = copy.deepcopy(MODEL)
    network.classes = names  # type: ignore[assignment]
    for call in (explain, factorize):
        with pytest.raises(InputError, match="the model's classes are .* give it a tuple of names"):
            call(network, IMAGES)
    with pytest.raises(InputError, match="the model's classes are"):
        similarity(network, IMAGES, IMAGES)


@pytest.mark.parametrize("names", [20, 21])
def test_a_long_list_of_classes_is_shown_as_far_as_twenty(names: int) -> None:
    network = Named([f"person {k}" for k in range(names)])
    with pytest.raises(UnknownName) as told:
        class_index(network, names, names)
    assert "19 person 19)" in str(told.value)


def test_a_recogniser_has_no_answer_to_explain_but_numbers_that_can_be() -> None:
    torch.manual_seed(0)
    recogniser = NarrowEmbedder(embedding_size=8, width=4, input_size=(48, 48)).eval()
    assert returns_embeddings(recogniser)
    with pytest.raises(InputError, match=r"embedding of 8 numbers.*models\.similarity.*factorize"):
        explain(recogniser, IMAGES)
    assert explain(recogniser, IMAGES, 7, "hirescam").abs().sum() > 0
    with pytest.raises(UnknownName, match="8 outputs"):
        explain(recogniser, IMAGES, 8)


@pytest.mark.parametrize("layer", [3, ["layer4"], MODEL.layer4])
def test_a_layer_is_a_name(layer: object) -> None:
    with pytest.raises(InputError, match=r"layer is of type .*dotted name"):
        explain(MODEL, IMAGES, layer=layer)  # type: ignore[arg-type]


def test_the_layers_of_a_deep_network_are_listed_by_two_levels_and_of_a_small_one_all() -> None:
    def told(network: nn.Module) -> str:
        with pytest.raises(UnknownName) as sentence:
            find_layer(network, None)
        return str(sentence.value)

    forty = nn.Sequential(*(nn.Sequential(nn.Sequential(nn.ReLU())) for _ in range(13)), nn.ReLU())
    assert "12.0.0" in told(forty), "forty names"
    more = nn.Sequential(*forty, nn.ReLU())
    assert "12.0" in told(more)
    assert "12.0.0" not in told(more), "forty-one names"


def test_the_three_nearest_layers_are_named_however_deep_they_are() -> None:
    near = nn.ModuleDict({f"alpha{k}": nn.ReLU() for k in range(1, 5)})
    network = nn.ModuleDict({"body": nn.ModuleDict({"x": near})})
    network.update({f"other{k}": nn.ReLU() for k in range(36)})
    with pytest.raises(UnknownName, match="did you mean 'body.x.alpha") as told:
        find_layer(network, "body.x.alpha")
    known = str(told.value).partition("Known: ")[2].split(", ")
    assert [name.startswith("body.x.alpha") for name in known[:4]] == [True, True, True, False]


def test_unless_said_otherwise_images_are_explained_by_gradcam_and_maps_are_hirescams() -> None:
    assert torch.equal(explain(MODEL, IMAGES), explain(MODEL, IMAGES, method="gradcam"))
    assert torch.equal(layer_maps(MODEL, IMAGES), layer_maps(MODEL, IMAGES, method="hirescam"))


# -- what an explanation costs


def test_passes_are_counted() -> None:
    table = cost(Counting(nn.Softplus()).eval(), pictures(3, side=8), ["hirescam", "scorecam"], 0)
    assert list(table.index) == ["hirescam", "scorecam"]
    assert table["forwards"].tolist() == [1, 41]
    assert table["backwards"].tolist() == [1, 0]
    assert (table[["seconds", "passes"]] > 0).all().all()


def test_counting_leaves_no_hook_behind() -> None:
    network = Counting().eval()
    cost(network, pictures(2, side=8), ["gradcam"], [0, 1])
    assert not network._forward_hooks
    with pytest.raises(InputError, match="images must"):
        cost(network, "photo.jpg", ["gradcam"])  # type: ignore[arg-type]
