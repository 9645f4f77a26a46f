"""Methods of captum that take gradients: equal to its own calls, to closed forms, and complete."""

import numpy as np
import pytest
import torch
from captum import attr
from captum.attr._utils.lrp_rules import EpsilonRule
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

from helpers.errors import InputError
from helpers.explain import explain
from helpers.explain.propagation import prepare
from tests.networks import awaken, pictures, small_network

MODEL = small_network()
IMAGES = pictures()
TARGETS = [0, 2, 1]
LINEAR = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 2)).eval()
SMALL = pictures(2, 16)


def maps(
    method: str, model: nn.Module = MODEL, images: Tensor = IMAGES, **options: object
) -> Tensor:
    targets = TARGETS if model is MODEL else 1
    return explain(model, images, targets, method, **options)


def close(found: Tensor, expected: Tensor, tolerance: float = 1e-5) -> None:
    assert expected.abs().max() > 0
    limit = tolerance * float(expected.abs().max())
    torch.testing.assert_close(found, expected.detach().float(), atol=limit, rtol=1e-5)


def score(images: Tensor, target: int = 1, model: nn.Module = MODEL) -> Tensor:
    with torch.no_grad():
        return model(images)[:, target]


class Plain(nn.Module):
    """Convolutions, ReLUs and pooling on pictures as they are, without normalisation."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.conv1, self.relu1 = nn.Conv2d(3, 6, 3), nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.conv2, self.relu2 = nn.Conv2d(6, 8, 3), nn.ReLU()
        self.average, self.flatten = nn.AdaptiveAvgPool2d(2), nn.Flatten()
        self.head = nn.Linear(32, 2)

    def forward(self, images: Tensor) -> Tensor:
        x = self.pool(self.relu1(self.conv1(images)))
        return self.head(self.flatten(self.average(self.relu2(self.conv2(x)))))


PLAIN = Plain().eval()


# -- as captum's own users call it


@pytest.mark.filterwarnings("ignore")
def test_saliency_is_captums_largest_colour() -> None:
    theirs = attr.Saliency(MODEL).attribute(IMAGES.clone(), TARGETS)
    close(maps("captum.saliency"), theirs.amax(1))


@pytest.mark.parametrize(
    ("method", "theirs"),
    [
        ("input_x_gradient", attr.InputXGradient),
        ("guided_backprop", attr.GuidedBackprop),
        ("deconvolution", attr.Deconvolution),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_one_pass_is_captums_summed_over_the_colours(method: str, theirs: type) -> None:
    close(maps(f"captum.{method}"), theirs(MODEL).attribute(IMAGES.clone(), TARGETS).sum(1))


@pytest.mark.filterwarnings("ignore")
def test_guided_gradcam_is_captums_with_bilinear_enlargement() -> None:
    theirs = attr.GuidedGradCam(MODEL, MODEL.layer4)
    expected = theirs.attribute(IMAGES.clone(), TARGETS, interpolate_mode="bilinear").sum(1)
    close(maps("captum.guided_gradcam"), expected)


@pytest.mark.parametrize("batch_size", [2, 32])
def test_integrated_gradients_are_captums_however_many_pictures_fit(batch_size: int) -> None:
    theirs = attr.IntegratedGradients(MODEL).attribute(IMAGES, target=TARGETS, n_steps=12)
    ours = maps("captum.integrated_gradients", steps=12, batch_size=batch_size)
    close(ours, theirs.sum(1))


@pytest.mark.parametrize("kind", ["smoothgrad", "smoothgrad_sq", "vargrad"])
@pytest.mark.filterwarnings("ignore")
def test_noisy_gradients_are_captums_of_one_image_after_its_seed(kind: str) -> None:
    name = {"smoothgrad_sq": "smoothgrad_squared"}.get(kind, kind)
    ours = maps(f"captum.{name}", samples=6, noise=0.1, seed=5, batch_size=4)
    for image, target, found in zip(IMAGES, TARGETS, ours, strict=True):
        torch.manual_seed(5)
        tunnel = attr.NoiseTunnel(attr.Saliency(MODEL))
        expected = tunnel.attribute(
            image[None], nt_type=kind, nt_samples=6, stdevs=0.1, target=target, abs=False
        )
        close(found, expected.abs().amax(1)[0], 1e-4)


@pytest.mark.parametrize("noise", [0.0, 0.1])
@pytest.mark.filterwarnings("ignore")
def test_gradient_shap_is_captums_of_one_image_after_its_seeds(noise: float) -> None:
    known = pictures(4, seed=9)
    ours = maps(
        "captum.gradient_shap", samples=7, noise=noise, references=known, seed=5, batch_size=3
    )
    for image, target, found in zip(IMAGES, TARGETS, ours, strict=True):
        torch.manual_seed(5)
        np.random.seed(5)
        theirs = attr.GradientShap(MODEL)
        expected = theirs.attribute(image[None], known, n_samples=7, stdevs=noise, target=target)
        close(found, expected.sum(1)[0])


@pytest.mark.filterwarnings("ignore")
def test_deeplift_is_captums() -> None:
    theirs = attr.DeepLift(MODEL).attribute(IMAGES.clone(), torch.zeros_like(IMAGES), TARGETS)
    close(maps("captum.deeplift"), theirs.sum(1))
    known = pictures(3, seed=4)
    theirs = attr.DeepLiftShap(MODEL).attribute(IMAGES.clone(), known, TARGETS)
    close(maps("captum.deeplift_shap", references=known), theirs.sum(1))


@pytest.mark.filterwarnings("ignore")
def test_lrp_is_captums_where_captum_can_be_called_at_all() -> None:
    ours = maps("captum.lrp", PLAIN, SMALL)
    theirs = Plain().eval()
    theirs.flatten.rule = EpsilonRule()  # captum has no rule for nn.Flatten
    close(ours, attr.LRP(theirs).attribute(SMALL.clone(), 1).sum(1), 1e-4)


# -- closed forms


def test_for_a_linear_score_every_gradient_is_its_weights() -> None:
    weights = LINEAR[1].weight[1].detach().view(3, 16, 16)
    magnitude = weights.abs().amax(0).expand(2, 16, 16)
    close(maps("captum.saliency", LINEAR, SMALL), magnitude)
    close(maps("captum.smoothgrad", LINEAR, SMALL, samples=3), magnitude)
    close(maps("captum.smoothgrad_squared", LINEAR, SMALL, samples=3), magnitude**2)
    for name in ("guided_backprop", "deconvolution"):
        close(maps(f"captum.{name}", LINEAR, SMALL), weights.sum(0).expand(2, 16, 16))
    assert maps("captum.vargrad", LINEAR, SMALL, samples=3).abs().max() < 1e-12


@pytest.mark.parametrize("baseline", ["black", "mean", "blur", "noise", "distance"])
def test_for_a_linear_score_a_difference_is_weighed_whatever_the_method(baseline: str) -> None:
    from helpers.explain.baselines import baseline_of
    from helpers.explain.case import Case

    start = baseline_of(Case(LINEAR, SMALL), baseline)
    weights = LINEAR[1].weight[1].detach().view(3, 16, 16)
    expected = (weights * (SMALL - start)).sum(1)
    close(maps("captum.integrated_gradients", LINEAR, SMALL, steps=2, baseline=baseline), expected)
    close(maps("captum.deeplift", LINEAR, SMALL, baseline=baseline), expected)
    one = start[:1]
    shared = (weights * (SMALL - one)).sum(1)
    close(maps("captum.gradient_shap", LINEAR, SMALL, samples=2, references=one), shared)
    close(maps("captum.deeplift_shap", LINEAR, SMALL, references=one), shared)


def test_without_noise_smoothgrad_is_saliency() -> None:
    close(maps("captum.smoothgrad", samples=2, noise=0), maps("captum.saliency"))


def test_in_a_relu_network_lrp_is_input_times_gradient_behind_the_normalisation() -> None:
    prepared = prepare(MODEL, IMAGES)
    entry = MODEL.normalise(IMAGES).requires_grad_()
    logits = prepared.scores(IMAGES, entry)
    score_ = logits.gather(1, torch.tensor(TARGETS)[:, None]).sum()
    (slope,) = torch.autograd.grad(score_, entry)
    close(maps("captum.lrp"), (entry * slope).sum(1), 1e-4)


def test_what_lrp_lacks_of_the_score_is_what_biases_gave_it() -> None:
    prepared = prepare(MODEL, IMAGES)
    biases = [
        each.bias for each in prepared.network.modules() if getattr(each, "bias", None) is not None
    ]
    assert len(biases) > 20, "batch norms became biases of the convolutions before them"
    for bias in biases:
        bias.requires_grad_()
    found = maps("captum.lrp").sum((1, 2))
    for row, target in enumerate(TARGETS):
        value = prepared.scores(IMAGES[[row]], MODEL.normalise(IMAGES[[row]]))[0, target]
        slopes = torch.autograd.grad(value, biases)
        given = sum(float((a * b).sum()) for a, b in zip(biases, slopes, strict=True))
        assert float(found[row]) + given == pytest.approx(float(value), abs=1e-4)


def test_without_maximum_pooling_deconvolution_is_the_same_for_every_picture() -> None:
    found = explain(MODEL, IMAGES, 1, "captum.deconvolution")
    close(found[1:], found[:1].expand(2, -1, -1))


# -- completeness


def test_integrated_gradients_come_to_the_difference_of_scores_with_more_steps() -> None:
    wanted = score(IMAGES) - score(torch.zeros_like(IMAGES))
    gaps = []
    for steps in (2, 10, 50, 200):
        found = explain(MODEL, IMAGES, 1, "captum.integrated_gradients", steps=steps).sum((1, 2))
        gaps.append(float((found - wanted).abs().max()))
    assert gaps[0] > 0.01
    assert gaps[0] > gaps[1] > 5 * gaps[2]
    assert gaps[3] < 5e-4


@pytest.mark.parametrize("baseline", ["black", "blur"])
@pytest.mark.parametrize("model", [MODEL, PLAIN], ids=["residual sums", "maximum pooling"])
def test_deeplift_sums_to_the_difference_of_scores(model: nn.Module, baseline: str) -> None:
    from helpers.explain.baselines import baseline_of
    from helpers.explain.case import Case

    wanted = score(IMAGES, 1, model) - score(baseline_of(Case(model, IMAGES), baseline), 1, model)
    found = explain(model, IMAGES, 1, "captum.deeplift", baseline=baseline).sum((1, 2))
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-3)


@pytest.mark.filterwarnings("ignore")
def test_captums_own_deeplift_is_not_complete_where_pooling_follows_a_relu() -> None:
    start = pictures(2, 16, seed=5)
    wanted = score(SMALL, 1, PLAIN) - score(start, 1, PLAIN)
    theirs = attr.DeepLift(PLAIN).attribute(SMALL.clone(), start, 1).sum((1, 2, 3))
    assert ((theirs - wanted).abs() > 0.1 * wanted.abs()).any()
    ours = maps("captum.deeplift", PLAIN, SMALL, baseline=start).sum((1, 2))
    torch.testing.assert_close(ours, wanted, atol=1e-6, rtol=1e-3)


def test_deeplift_over_references_sums_to_the_difference_from_their_mean_score() -> None:
    known = pictures(5, seed=8)
    wanted = score(IMAGES) - score(known).mean()
    found = explain(MODEL, IMAGES, 1, "captum.deeplift_shap", references=known).sum((1, 2))
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-3)


def test_expected_gradients_come_to_the_difference_from_the_mean_score_by_and_by() -> None:
    known = pictures(3, 16, seed=8)
    wanted = score(SMALL, 1, PLAIN) - score(known, 1, PLAIN).mean()
    gaps = []
    for samples in (5, 2000):
        found = maps("captum.gradient_shap", PLAIN, SMALL, samples=samples, references=known)
        gaps.append(float((found.sum((1, 2)) - wanted).abs().max()))
    assert gaps[1] < gaps[0] / 3


class Squares(nn.Module):
    """The sum of squares of a picture's values, whose gradient is twice the value."""

    def forward(self, images: Tensor) -> Tensor:
        score = (images**2).flatten(1).sum(1)
        return torch.stack([-score, score], 1)


def test_with_noise_expected_gradients_come_to_the_mean_score_of_noisy_copies() -> None:
    noise, black = 0.5, torch.zeros(1, 3, 16, 16)
    options = {"samples": 4000, "references": black, "batch_size": 500}
    for deviation in (0.0, noise):
        wanted = score(SMALL, 1, Squares()) + SMALL[0].numel() * deviation**2
        found = maps("captum.gradient_shap", Squares().eval(), SMALL, noise=deviation, **options)
        torch.testing.assert_close(found.sum((1, 2)), wanted, rtol=0.04, atol=0)


# -- torchvision's residual networks, whose blocks have one ReLU for two places and add by "+"


def torchvisions(block: type) -> nn.Module:
    torch.manual_seed(0)
    network = ResNet(block, [1, 1, 1, 1], num_classes=3)
    awaken(network)
    return network.eval()


@pytest.mark.parametrize("block", [BasicBlock, Bottleneck])
def test_rules_hold_on_torchvisions_residual_networks(block: type) -> None:
    network = torchvisions(block)
    with pytest.raises(InputError, match="windows of the maximum pooling maxpool overlap"):
        explain(network, pictures(1, 32), 1, "captum.deeplift")
    network.maxpool = nn.MaxPool2d(2).eval()
    images, black = pictures(2, 32), torch.zeros(2, 3, 32, 32)
    wanted = score(images, 1, network) - score(black, 1, network)
    found = explain(network, images, 1, "captum.deeplift").sum((1, 2))
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-3)
    pictures_ = images.clone().requires_grad_()
    (slope,) = torch.autograd.grad(network(pictures_)[:, 1].sum(), pictures_)
    close(explain(network, images, 1, "captum.lrp"), (images * slope).sum(1), 1e-3)


@pytest.mark.filterwarnings("ignore")
def test_guided_backprop_on_torchvisions_residual_network_is_captums() -> None:
    network, images = torchvisions(BasicBlock), pictures(2, 32)
    theirs = attr.GuidedBackprop(network).attribute(images.clone(), 1).sum(1)
    close(explain(network, images, 1, "captum.guided_backprop"), theirs)


# -- what a network must be


class Bends(nn.Module):
    """One convolution, then a ReLU in the way that is asked for."""

    def __init__(self, how: str) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.how = how
        self.one, self.two, self.head = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3), nn.Linear(4, 2)
        self.relu, self.pool = nn.ReLU(), nn.AdaptiveAvgPool2d(1)
        self.largest, self.gelu, self.flatten = nn.MaxPool2d(2), nn.GELU(), nn.Flatten()

    def forward(self, images: Tensor) -> Tensor:
        x = self.one(images)
        if self.how == "functional":
            x = torch.relu(x)
        if self.how == "pooled":
            x = nn.functional.max_pool2d(self.relu(x), 2)
        if self.how == "pooled twice":
            x = self.largest(self.largest(self.relu(x)))
        if self.how == "reused":
            x = self.relu(self.two(self.relu(x)))
        if self.how == "gelu":
            x = self.gelu(x)
        if self.how == "clamped":
            x = x.clamp_min(0.1)
        return self.head(self.flatten(self.pool(x)))


BY_RULE = ["guided_backprop", "deconvolution", "deeplift", "deeplift_shap", "lrp"]


@pytest.mark.parametrize("method", BY_RULE)
@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("functional", "relu in forward is called as a function"),
        ("pooled", "max_pool2d in forward is called as a function"),
        ("pooled twice", "module largest runs more than once"),
        ("reused", "module relu runs more than once"),
    ],
)
def test_rules_for_modules_are_refused_where_they_would_miss_one(
    method: str, how: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        explain(Bends(how).eval(), SMALL, 1, f"captum.{method}")


@pytest.mark.parametrize("method", ["guided_backprop", "deconvolution", "lrp"])
def test_a_rule_about_relus_is_refused_for_other_activations(method: str) -> None:
    with pytest.raises(InputError, match=r"gelu \(GELU\) is none"):
        explain(Bends("gelu").eval(), SMALL, 1, f"captum.{method}")


@pytest.mark.parametrize("how", ["gelu", "clamped"])
def test_deeplift_is_refused_where_its_map_is_not_complete(how: str) -> None:
    with pytest.raises(InputError, match="does not sum to the score"):
        explain(Bends(how).eval(), SMALL, 1, "captum.deeplift")


@pytest.mark.parametrize("how", ["functional", "reused", "gelu", "clamped"])
def test_methods_without_rules_hold_on_any_network(how: str) -> None:
    network = Bends(how).eval()
    found = explain(network, SMALL, 1, "captum.integrated_gradients", steps=100).sum((1, 2))
    wanted = score(SMALL, 1, network) - score(torch.zeros_like(SMALL), 1, network)
    torch.testing.assert_close(found, wanted, atol=1e-3, rtol=1e-2)


@pytest.mark.parametrize(
    ("bend", "baseline", "seed"),
    [
        (nn.PReLU, "black", 3),
        (nn.ReLU6, "black", 0),
        (nn.SiLU, "mean", 1),
        (nn.Hardswish, "blur", 1),
    ],
)
def test_deeplift_is_refused_where_parts_that_cancel_would_hide_what_is_missing(
    bend: type[nn.Module], baseline: str, seed: int
) -> None:
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for k in range(3):
        layers += [nn.Conv2d(12 if k else 3, 12, 3, padding=1, stride=1 + (k > 0)), bend()]
    network = nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(432, 32), bend(), nn.Linear(32, 3)
    ).eval()
    with torch.no_grad():
        for weight in network.parameters():
            if weight.ndim > 1:
                weight.mul_(2.5)
    images = torch.rand(3, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    with pytest.raises(InputError, match="does not sum to the score less the baseline"):
        explain(network, images, 0, "captum.deeplift", baseline=baseline)
