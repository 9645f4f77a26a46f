"""Relevance through a transformer, against relevance handed down layer by layer by the papers' rules."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.grad import conv2d_input

from helpers.errors import InputError
from helpers.explain import explain
from helpers.explain.layers import bends, is_linear
from helpers.explain.token_rules import Straight
from helpers.models.transformer import Block, NarrowViT
from tests.networks import pictures
from tests.transformers import ALL, SIDE, of_timm, ours

IMAGES = pictures(2, SIDE)
CONSTANTS = ("bias", "token", "embed", "embedding", "places")


def share(relevance: Tensor, total: Tensor) -> Tensor:
    """What each unit of a sum gets; a sum of nothing hands nothing on."""
    return torch.where(total == 0, 0, relevance / total)


def linear(relevance: Tensor, values: Tensor, layer: nn.Linear) -> Tensor:
    """In proportion to value times weight (epsilon-LRP with epsilon 0)."""
    return values * (share(relevance, layer(values)) @ layer.weight)


def convolution(relevance: Tensor, values: Tensor, layer: nn.Conv2d) -> Tensor:
    ratio = share(relevance, layer(values))
    return values * conv2d_input(values.shape, layer.weight, ratio, layer.stride, layer.padding)


def norm(relevance: Tensor, values: Tensor, layer: nn.LayerNorm) -> Tensor:
    """A layer norm whose scale is a constant: a linear layer for each token."""
    size = values.shape[-1]
    scale = (values.var(-1, unbiased=False, keepdim=True) + layer.eps).rsqrt()
    handed = share(relevance, layer(values)) * layer.weight * scale
    return values * (handed @ (torch.eye(size) - 1 / size))


class ByHand:
    """Relevance of one image's pixels, module by module; no gradient is taken.

    ``lost`` is what softmaxes keep: the constants of their expansions.
    """

    def __init__(self, model: NarrowViT, fixed: bool) -> None:
        self.model, self.fixed, self.lost = model, fixed, 0.0

    @torch.no_grad()
    def __call__(self, image: Tensor, target: int) -> Tensor:
        model = self.model
        values = [model.normalise(image[None])]
        for layer in model.embed:
            values.append(layer(values[-1]))
        patches = values[-1].flatten(2).transpose(1, 2)
        tokens = [torch.cat([model.class_token, patches], 1) + model.places]
        for block in model.blocks:
            tokens.append(block(tokens[-1]))
        read = model.norm(tokens[-1])
        relevance = torch.zeros(1, len(model.classes))
        relevance[0, target] = model.head(read[:, 0])[0, target]
        handed = torch.zeros_like(read)
        handed[:, 0] = linear(relevance, read[:, 0], model.head)
        handed = norm(handed, tokens[-1], model.norm)
        for block, before in zip(reversed(model.blocks), reversed(tokens[:-1]), strict=True):
            handed = self.block(handed, before, block)
        to_patches = patches * share(handed[:, 1:], tokens[0][:, 1:])
        handed = to_patches.transpose(1, 2).unflatten(2, (4, 4))
        for layer, before in zip(reversed(model.embed), reversed(values[:-1]), strict=True):
            handed = handed if isinstance(layer, nn.ReLU) else convolution(handed, before, layer)
        pixels = image[None] / model.normalise.std
        return (pixels * share(handed, values[0])).sum(1)[0]

    def block(self, relevance: Tensor, before: Tensor, block: Block) -> Tensor:
        attended = block.attention(block.norm1(before))
        middle = attended + before
        normed = block.norm2(middle)
        hidden = block.rise(normed)
        fallen = block.fall(block.gelu(hidden))
        of_sum = share(relevance, fallen + middle)
        down = linear(of_sum * fallen, block.gelu(hidden), block.fall)
        # The identity rule: GELU hands on what it gets.
        down = norm(linear(down, normed, block.rise), middle, block.norm2)
        relevance = of_sum * middle + down
        of_sum = share(relevance, middle)
        down = self.attention(of_sum * attended, block.norm1(before), block)
        return of_sum * before + norm(down, before, block.norm1)

    def attention(self, relevance: Tensor, tokens: Tensor, block: Block) -> Tensor:
        module = block.attention
        query, key, value = module.qkv(tokens).unflatten(2, (3, module.heads, -1)).unbind(2)
        query, key, value = (each.transpose(1, 2) for each in (query, key, value))
        scores = query @ key.mT / key.shape[-1] ** 0.5
        weights = scores.softmax(-1)
        mixed = weights @ value
        relevance = linear(relevance, mixed.transpose(1, 2).flatten(2), module.proj)
        relevance = relevance.unflatten(2, (module.heads, -1)).transpose(1, 2)
        half = 1.0 if self.fixed else 0.5
        ratio = share(relevance, mixed)
        to_value = half * value * (weights.mT @ ratio)
        to_query = to_key = torch.zeros_like(query)
        if not self.fixed:
            to_weights = half * weights * (ratio @ value.mT)
            to_scores = scores * (to_weights - weights * to_weights.sum(-1, keepdim=True))
            self.lost += float(to_weights.sum() - to_scores.sum())
            ratio = share(to_scores, scores) / key.shape[-1] ** 0.5
            to_query, to_key = query * (ratio @ key) / 2, key * (ratio.mT @ query) / 2
        parts = torch.stack([to_query, to_key, to_value], 1)  # (1, 3, heads, T, channels)
        return linear(parts.permute(0, 3, 1, 2, 4).flatten(2), tokens, module.qkv)


@pytest.fixture
def doubled() -> object:
    torch.set_default_dtype(torch.double)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("doubled")
@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("method", ["attnlrp", "libragrad"])
def test_one_gradient_gives_what_the_rules_hand_down_layer_by_layer(
    method: str, depth: int
) -> None:
    model = ours(depth=depth)
    by_hand = ByHand(model.double(), fixed=method == "libragrad")
    expected = torch.stack([by_hand(image, 1) for image in IMAGES.double()])
    found = explain(model.float(), IMAGES, 1, method)
    torch.testing.assert_close(
        found.double(), expected, rtol=1e-3, atol=1e-4 * expected.abs().max()
    )


def without_constants(model: NarrowViT) -> NarrowViT:
    for name, each in model.named_parameters():
        if name.endswith(CONSTANTS):
            nn.init.zeros_(each)
    return model


@pytest.mark.usefixtures("doubled")
def test_attnlrp_loses_to_softmax_alone_where_a_network_has_no_constants() -> None:
    model = without_constants(ours(depth=2, mean=(0, 0, 0)))
    by_hand = ByHand(model.double(), fixed=False)
    by_hand(IMAGES[0].double(), 1)
    score = model(IMAGES[:1].double())[0, 1].item()
    found = explain(model.float(), IMAGES[:1], 1, "attnlrp").sum().item()
    assert found + by_hand.lost == pytest.approx(score, rel=1e-3)
    assert abs(by_hand.lost) > 0.01 * abs(score)


def test_libragrads_map_sums_to_the_score_where_a_network_has_no_constants() -> None:
    model = without_constants(ours(mean=(0, 0, 0)))
    maps = explain(model, IMAGES, 1, "libragrad")
    with torch.no_grad():
        torch.testing.assert_close(maps.sum((1, 2)), model(IMAGES)[:, 1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ALL)
def test_libragrads_map_sums_to_the_score_less_what_constants_take(name: str) -> None:
    model = ours(mean=(0, 0, 0)) if name == "ours" else ALL[name]()
    images = IMAGES[:1]
    with Straight():
        score = model(images)[0, 1]
    constants = {key: p for key, p in model.named_parameters() if key.endswith(CONSTANTS)}
    slopes = torch.autograd.grad(score, list(constants.values()), allow_unused=True)
    taken = sum(
        (each * slope).sum()
        for each, slope in zip(constants.values(), slopes, strict=True)
        if slope is not None
    )
    found = explain(model, images, 1, "libragrad").sum()
    torch.testing.assert_close(found + taken, score, rtol=1e-4, atol=1e-4)
    assert abs(taken) > 1e-2, "constants that take nothing would prove nothing"


def test_another_baseline_multiplies_the_same_slopes() -> None:
    model = ours()
    for method in ("attnlrp", "libragrad"):
        over = [explain(model, IMAGES, 1, method, baseline=each) for each in ("black", "mean")]
        rest = explain(model, IMAGES, 1, method, baseline=1 - IMAGES)
        mean = explain(model, IMAGES, 1, method, baseline=IMAGES)
        assert not mean.any()
        assert not torch.allclose(*over)
        assert rest.isfinite().all()


def test_the_usual_gradient_is_not_complete() -> None:
    model = without_constants(ours(mean=(0, 0, 0)))
    images = IMAGES.clone().requires_grad_()
    scores = model(images)[:, 1]
    (slopes,) = torch.autograd.grad(scores.sum(), images)
    assert ((images * slopes).sum((1, 2, 3)) - scores).abs().min() > 0.1 * scores.abs().max()


def test_the_straightened_network_is_a_weighted_sum_of_pixels_and_the_network_itself_is_not() -> (
    None
):
    images = IMAGES.clone().requires_grad_()
    assert not is_linear(ours()(images)[:, 1], images)
    with Straight():
        assert is_linear(ours()(images)[:, 1], images)


@pytest.mark.parametrize("method", ["attnlrp", "libragrad"])
def test_a_bend_without_a_rule_is_refused_by_name(method: str) -> None:
    model = of_timm(act_layer=nn.Softplus)
    with pytest.raises(InputError, match=r"no rule for a step .*Softplus.*activation_patching"):
        explain(model, IMAGES, 1, method)


@pytest.mark.parametrize("activation", [nn.ReLU, nn.SiLU, nn.LeakyReLU])
def test_activations_that_are_nothing_at_nothing_have_a_gate(activation: type[nn.Module]) -> None:
    model = of_timm(act_layer=activation)
    with torch.no_grad(), Straight():
        straight = model(IMAGES)
    torch.testing.assert_close(straight, model(IMAGES), rtol=1e-4, atol=1e-5)
    assert explain(model, IMAGES, 1, "libragrad").any()


def test_bends_are_counted_by_name() -> None:
    x = torch.rand(3, requires_grad=True)
    weight = torch.rand(3)
    assert not bends((2 * x / weight + weight).sum(), x)
    assert bends((x * x).exp().sum(), x) == {"ExpBackward": 1, "MulBackward": 1}
    assert bends((weight / x).sum(), x) == {"DivBackward": 1}
    deep = x
    for _ in range(3000):
        deep = deep + 1
    assert is_linear(deep.sum(), x)
