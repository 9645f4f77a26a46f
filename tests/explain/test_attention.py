"""What is read off attention, against matrices multiplied by hand and tokens exchanged by hooks."""

import pytest
import torch
from torch import Tensor, nn

from helpers.errors import InputError
from helpers.explain import explain, layer_maps
from helpers.explain.attention import rollout
from helpers.explain.attention_mode import Attending
from helpers.explain.case import Case
from helpers.explain.maps import enlarge
from helpers.models.transformer import Attention
from tests.networks import pictures
from tests.transformers import ALL, SIDE, ours

IMAGES = pictures(2, SIDE)


def written_by_hand(model: nn.Module, images: Tensor) -> list[Tensor]:
    """Attention of each block, from its inputs and its weights."""
    seen = []
    for module in model.modules():
        if isinstance(module, Attention):
            module.register_forward_hook(lambda m, inputs, _out: seen.append((m, inputs[0])))
    model(images)
    found = []
    for module, tokens in seen:
        width = tokens.shape[2]
        query, key, _ = module.qkv(tokens).split(width, dim=2)
        side = width // module.heads
        heads = [
            torch.softmax(
                query[..., k * side : (k + 1) * side]
                @ key[..., k * side : (k + 1) * side].transpose(1, 2)
                / side**0.5,
                dim=2,
            )
            for k in range(module.heads)
        ]
        found.append(torch.stack(heads, 1))
    return found


def test_raw_attention_is_the_class_tokens_row_of_the_last_block() -> None:
    weights = written_by_hand(ours(), IMAGES)[-1]
    maps = layer_maps(ours(), IMAGES, 1, "attention")
    torch.testing.assert_close(maps, weights.mean(1)[:, 0, 1:].unflatten(1, (4, 4)))
    paid_to_itself = weights.mean(1)[:, 0, 0]
    torch.testing.assert_close(maps.sum((1, 2)), 1 - paid_to_itself)


def test_where_all_patches_are_read_attention_and_rollout_are_means_over_them() -> None:
    model = ALL["timm, averaging"]()
    with torch.no_grad(), Attending() as mode:
        model(IMAGES)
    means = mode.weights[-1].mean((1, 2)).unflatten(1, (4, 4))
    torch.testing.assert_close(layer_maps(model, IMAGES, 1, "attention"), means)
    sums = layer_maps(model, IMAGES, 1, "rollout").sum((1, 2))
    torch.testing.assert_close(sums, torch.ones(2))


def test_rollout_is_the_product_of_the_halved_matrices() -> None:
    product = torch.eye(17)
    for weights in written_by_hand(ours(), IMAGES[:1]):
        product = (0.5 * weights[0].mean(0) + 0.5 * torch.eye(17)) @ product
    torch.testing.assert_close(product.sum(1), torch.ones(17))
    (found,) = rollout(Case(ours(), IMAGES[:1]))
    torch.testing.assert_close(found, product[0, 1:].unflatten(0, (4, 4)))


def test_a_network_that_looks_at_one_patch_has_attention_and_rollout_there() -> None:
    model = ours(depth=1)
    block = model.blocks[0]
    for each in (block.attention.qkv, block.norm1):
        nn.init.zeros_(each.bias)
    with torch.no_grad():
        # Tokens hold their place and next to nothing else.
        nn.init.zeros_(model.embed[-1].bias)
        nn.init.zeros_(model.class_token)
        model.places.copy_(torch.randn(1, 17, 24, generator=torch.Generator().manual_seed(0)))
        normed = block.norm1(model.places)[0]
        # In one head, keys are the tokens, and every token's query is token 7 many times over.
        model.blocks[0].attention.heads = 1
        block.attention.qkv.weight.zero_()
        block.attention.qkv.weight[24:48] = torch.eye(24)
        block.attention.qkv.bias[:24] = 100 * normed[7]
    # The grid is found by what the picture changes: so it must change a little.
    nn.init.constant_(model.embed[-1].weight, 1e-6)
    maps = layer_maps(model, IMAGES, 1, "attention")
    expected = torch.zeros(2, 16)
    expected[:, 7 - 1] = 1
    torch.testing.assert_close(maps, expected.unflatten(1, (4, 4)))
    torch.testing.assert_close(layer_maps(model, IMAGES, 1, "rollout"), maps / 2)


def test_chefers_maps_are_those_of_the_papers_update_written_out_per_image() -> None:
    model = ours()
    for k, target in enumerate((2, 0)):
        weights = []
        with Attending() as mode:
            score = model(IMAGES[k : k + 1])[0, target]
        weights = mode.weights
        relevance = torch.eye(17)
        for each in weights:
            slope = torch.autograd.grad(score, each, retain_graph=True)[0]
            change = torch.zeros(17, 17)
            for head in range(3):
                change += (each[0, head] * slope[0, head]).detach().relu() / 3
            relevance = relevance + change @ relevance
        found = layer_maps(model, IMAGES, [2, 0], "chefer")[k]
        torch.testing.assert_close(found, relevance[0, 1:].unflatten(0, (4, 4)))


def test_chefers_map_of_a_constant_class_is_empty_where_all_patches_are_read() -> None:
    model = ALL["timm, averaging"]()
    with torch.no_grad():
        model.head.weight[0] = 0
    assert layer_maps(model, IMAGES, 0, "chefer").abs().max() == 0
    assert layer_maps(model, IMAGES, 1, "chefer").max() > 0


def test_in_the_last_block_chefers_weight_is_what_a_nudge_of_attention_does_to_the_score() -> None:
    model = ours(depth=1).double()
    images = IMAGES[:1].double()
    with torch.no_grad(), Attending() as mode:
        usual = model(images)[0, 1]
    slopes = torch.zeros(3, 17, dtype=torch.double)
    softmax = model.blocks[0].attention.softmax
    for head in range(3):
        for token in range(17):

            def nudge(
                _m: nn.Module, _i: object, out: Tensor, at: tuple[int, int] = (head, token)
            ) -> Tensor:
                out = out.clone()
                out[0, at[0], 0, at[1]] += 1e-6
                return out

            handle = softmax.register_forward_hook(nudge)
            with torch.no_grad():
                slopes[head, token] = (model(images)[0, 1] - usual) / 1e-6
            handle.remove()
    row = (mode.weights[0][0, :, 0] * slopes).relu().mean(0)
    found = layer_maps(model.float(), IMAGES[:1], 1, "chefer")[0]
    torch.testing.assert_close(found, row[1:].float().unflatten(0, (4, 4)), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("block", [0, 1, None])
@pytest.mark.parametrize("name", ["ours", "torchvision", "timm, registers"])
def test_patching_is_what_a_hook_that_exchanges_one_token_finds(
    name: str, block: int | None
) -> None:
    model, image, other = ALL[name](), IMAGES[:1], IMAGES[1]
    blocks = model.encoder.layers if name == "torchvision" else model.blocks
    module = blocks[1 if block is None else block]
    first = 5 if name == "timm, registers" else 1
    kept: list[Tensor] = []
    handle = module.register_forward_hook(lambda _m, _i, out: kept.append(out))
    with torch.no_grad():
        model(other[None])
        usual = model(image)[0, 2]
    handle.remove()
    expected = []
    for place in range(16):

        def exchange(_m: nn.Module, _i: object, out: Tensor, place: int = place) -> Tensor:
            return torch.cat(
                [
                    out[:, : first + place],
                    kept[0][:, first + place, None],
                    out[:, first + place + 1 :],
                ],
                1,
            )

        handle = module.register_forward_hook(exchange)
        with torch.no_grad():
            expected.append(usual - model(image)[0, 2])
        handle.remove()
    maps = explain(
        model, image, 2, "activation_patching", baseline=other, block=block, batch_size=5
    )
    wanted = enlarge(torch.stack(expected).view(1, 4, 4), (SIDE, SIDE))
    torch.testing.assert_close(maps, wanted, rtol=1e-4, atol=1e-5)
    assert wanted.abs().max() > 1e-3


def test_a_picture_patched_with_itself_loses_nothing_and_behind_the_last_block_no_patch_counts() -> (
    None
):
    model = ours()
    same = layer_maps_of_patching(model, baseline=IMAGES[0], block=1)
    assert same.abs().max() < 1e-5
    assert layer_maps_of_patching(model, baseline="mean", block=2).abs().max() < 1e-5


def layer_maps_of_patching(model: nn.Module, **options: object) -> Tensor:
    return explain(model, IMAGES[:1], 1, "activation_patching", **options)


def test_a_block_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InputError, match="block is 3: give a whole number from 0 to 2"):
        layer_maps_of_patching(ours(), block=3)
