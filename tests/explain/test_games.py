"""Values of coalitions: against brute force over orders, and closed forms."""

from itertools import combinations, permutations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from helpers.errors import InputError
from helpers.explain import games


def scores_of(parts: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2**parts, generator=generator, dtype=torch.float64)


def row(members: tuple[int, ...] | list[int]) -> int:
    """Where the score of a coalition stands."""
    return sum(2**each for each in members)


@pytest.mark.parametrize("parts", [1, 2, 3, 5])
def test_a_shapley_value_is_the_mean_rise_over_all_orders(parts: int) -> None:
    scores, total = scores_of(parts), torch.zeros(parts, dtype=torch.float64)
    orders = list(permutations(range(parts)))
    for order in orders:
        for k, joins in enumerate(order):
            total[joins] += scores[row(order[: k + 1])] - scores[row(order[:k])]
    torch.testing.assert_close(games.shapley(scores), total / len(orders))


def test_shapley_values_sum_to_what_everything_adds() -> None:
    scores = scores_of(6)
    torch.testing.assert_close(games.shapley(scores).sum(), scores[-1] - scores[0])


def test_a_banzhaf_value_is_the_mean_rise_over_all_coalitions() -> None:
    parts, scores = 4, scores_of(4)
    for part in range(parts):
        others = [each for each in range(parts) if each != part]
        joined = [s for size in range(parts) for s in combinations(others, size)]
        rises = [scores[row([*each, part])] - scores[row(each)] for each in joined]
        assert float(games.banzhaf(scores)[part]) == pytest.approx(float(sum(rises)) / len(rises))


def test_a_part_that_changes_nothing_has_no_value_and_no_interaction() -> None:
    scores = scores_of(3).repeat(2)  # the fourth part, the highest bit, does nothing
    for name in ("shapley", "banzhaf", "ablation", "rise"):
        assert games.VALUES[name](scores)[3] == 0, name
    # LIME's weights tie the parts together: where parts interact, it gives a value to nothing.
    assert abs(games.lime(scores)[3]) > 0.01
    for values in ("shapley", "banzhaf"):
        assert (games.interactions(scores, values)[3, :3] == 0).all()


def test_parts_that_can_be_exchanged_have_the_same_values() -> None:
    size = games.every(5).sum(1)
    scores = torch.tensor([0.0, 1.0, 1.5, 4.0, 2.0, 3.0]).double()[size]
    for name, compute in games.VALUES.items():
        found = compute(scores)
        torch.testing.assert_close(found, found[:1].expand(5), msg=name)


def test_a_product_of_two_parts_is_their_interaction_and_shared_between_them() -> None:
    shown = games.every(3).double()
    scores = 5 + 2 * shown[:, 0] * shown[:, 1] + 3 * shown[:, 2]
    for values in ("shapley", "banzhaf"):
        found = games.interactions(scores, values)
        assert found[0, 1] == found[1, 0] == pytest.approx(2)
        assert found[0, 2] == found[1, 2] == 0
        assert found.diagonal().isnan().all()
    torch.testing.assert_close(games.shapley(scores), torch.tensor([1.0, 1.0, 3.0]).double())


def test_shapley_interactions_weigh_every_size_of_the_others_alike() -> None:
    # A product of three: two parts do more together only where the third is there, one in two.
    shown = games.every(3).double()
    product = shown.prod(1)
    assert games.interactions(product, "shapley")[0, 1] == pytest.approx(1 / 2)
    # Of four, the other two are both there in one of three sizes, but one of four coalitions.
    product = games.every(4).double().prod(1)
    assert games.interactions(product, "shapley")[0, 1] == pytest.approx(1 / 3)
    assert games.interactions(product, "banzhaf")[0, 1] == pytest.approx(1 / 4)


@pytest.mark.parametrize("parts", [1, 2, 3, 6])
def test_kernelshap_of_all_coalitions_is_shapleys_value(parts: int) -> None:
    scores = scores_of(parts)
    found = games.constrained(games.every(parts), scores, whole=True)
    torch.testing.assert_close(found, games.shapley(scores))


def test_kernelshap_keeps_the_sum_from_any_coalitions_and_is_right_for_a_sum() -> None:
    shown, name = games.paired(15, 300, seed=3)
    assert name != "every"
    assert len(shown) == 300
    torch.testing.assert_close(shown[2::2], ~shown[3::2])
    scores = scores_of(12)[:300]
    found = games.constrained(shown, scores, whole=False)
    torch.testing.assert_close(found.sum(), scores[1] - scores[0])
    slopes = torch.arange(15).double() - 4
    found = games.constrained(shown, 7 + shown.double() @ slopes, whole=False)
    torch.testing.assert_close(found, slopes)


@pytest.mark.parametrize("ridge", [0.0, 2.0])
def test_limes_regression_is_that_of_least_squares(ridge: float) -> None:
    shown, _ = games.coins(6, 50, seed=1)
    scores, weights = scores_of(6)[:50], games.lime_weights(shown)
    # As one problem of least squares: rows by the root of their weight, and one for each penalty.
    rows = torch.cat([torch.ones(50, 1).double(), shown.double()], 1) * weights.sqrt()[:, None]
    penalty = torch.eye(7).double()[1:] * ridge**0.5
    right = torch.cat([scores * weights.sqrt(), torch.zeros(6).double()])
    solution = np.linalg.lstsq(torch.cat([rows, penalty]).numpy(), right.numpy(), rcond=None)[0]
    found = games.regressed(shown, scores, weights, ridge)
    torch.testing.assert_close(found, torch.from_numpy(solution[1:]))


def test_limes_weights_are_one_with_everything_shown_and_fall_with_the_cosine() -> None:
    shown = torch.tensor([[True] * 4, [True, False, False, False], [False] * 4])
    distance = torch.tensor([0, 0.5, 1]).double()
    torch.testing.assert_close(games.lime_weights(shown), (-(distance**2) / 0.125).exp())


def test_rise_is_the_mean_with_a_part_less_the_mean() -> None:
    scores, shown = scores_of(4), games.every(4)
    means = [scores[shown[:, part]].mean() - scores.mean() for part in range(4)]
    torch.testing.assert_close(games.rise(scores), torch.stack(means))


def test_some_orders_and_coins_estimate_what_all_give() -> None:
    parts, scores = 5, scores_of(5)
    shown, _ = games.coins(parts, 31, seed=0)
    assert len(shown) == 31
    drawn = games.every(parts)
    torch.testing.assert_close(games.differences(drawn, scores), games.banzhaf(scores))
    order = torch.tensor(list(permutations(range(parts))))
    bits = 2**order
    rows = torch.cat([torch.zeros(len(order), 1, dtype=torch.int64), bits.cumsum(1)], 1)
    torch.testing.assert_close(games.along(order, scores[rows]), games.shapley(scores))


@pytest.mark.parametrize("values", ["shapley", "banzhaf"])
def test_what_is_drawn_is_right_on_average(values: str) -> None:
    parts, scores, found = 5, scores_of(5), []
    for seed in range(300):
        if values == "banzhaf":
            shown, _ = games.coins(parts, 31, seed)
            rows = (shown * 2 ** torch.arange(parts)).sum(1)
            found.append(games.differences(shown, scores[rows]))
        else:
            order = games.orders(parts, 10, seed)
            rows = nn.functional.pad((2**order).cumsum(1), (1, 0))
            found.append(games.along(order, scores[rows]))
    drawn = torch.stack(found)
    off = (drawn.mean(0) - games.VALUES[values](scores)).abs()
    assert (drawn.std(0) > 0.1).all()
    assert (off < 4 * drawn.std(0) / 300**0.5).all()


def test_orders_come_with_their_reverse() -> None:
    found = games.orders(6, 100, seed=0)
    assert len(found) == 2 * (98 // 10), "the scores of no part and of all are two of the hundred"
    assert torch.equal(found[::2], found[1::2].flip(1))
    assert (found.sort(1).values == torch.arange(6)).all()


def test_no_more_is_scored_than_was_asked_for() -> None:
    for samples in range(60):
        order = games.orders(5, samples, seed=0)
        assert len(order) * 4 + 2 <= max(samples, 2)
    assert len(games.orders(1, 1, seed=0)) == 0


def test_a_width_that_leaves_no_weight_is_named() -> None:
    shown = games.every(4)
    weights = games.lime_weights(shown, 0.01)
    with pytest.raises(InputError, match="width is so small"):
        games.regressed(shown, torch.ones(16).double(), weights)


def test_coalitions_that_leave_a_part_open_are_refused() -> None:
    shown = torch.tensor([[True, True], [False, False], [True, True]])
    with pytest.raises(InputError, match="samples is 3, and so few coalitions"):
        games.regressed(shown, torch.ones(3).double(), torch.ones(3).double())
    with pytest.raises(InputError, match="do not tell 2 parts apart"):
        games.differences(torch.tensor([[True, True], [False, True]]), torch.ones(2).double())


@pytest.mark.parametrize(
    ("parts", "samples", "whole"), [(3, 8, True), (3, 7, False), (70, 4096, False)]
)
def test_all_coalitions_are_taken_where_they_fit(parts: int, samples: int, whole: bool) -> None:
    for design in (games.coins, games.paired):
        shown, name = design(parts, samples, 0)
        assert (name == "every") == whole
        assert len(shown) <= samples
