import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import paired_cosine_distances
from sklearn.model_selection import StratifiedGroupKFold

from helpers.bias import verification
from helpers.bias.verification import neighbours
from helpers.errors import BadTable, InputError

RANDOM = np.random.default_rng(0)


def faces(
    people: int, pictures: int, groups: int, shift: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Embeddings of people, whose groups are shifted apart: with identities and groups."""
    random = np.random.default_rng(1)
    identity = np.repeat(np.arange(people), pictures)
    group = np.array([f"g{person % groups}" for person in identity])
    centres = random.normal(size=(people, 16))
    centres[:, 0] += shift * (np.arange(people) % groups)
    return centres[identity] + 0.3 * random.normal(size=(len(identity), 16)), identity, group


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_pairs_are_scored_as_one_by_one(dtype: type) -> None:
    embeddings = RANDOM.normal(size=(300, 700)).astype(dtype)
    first, second = RANDOM.integers(0, 300, (2, 5000))
    found = verification.score_pairs(embeddings, first, second)
    one, two = embeddings[first].astype(float), embeddings[second].astype(float)
    expected = 1 - paired_cosine_distances(one, two)
    np.testing.assert_allclose(
        found, expected, rtol=1e-6, atol=2e-6 if dtype == np.float32 else 1e-12
    )
    assert found.dtype == dtype


@pytest.mark.parametrize(
    ("dtype", "size"),
    [
        (np.float32, 1e25),
        (np.float32, 1e20),
        (np.float32, 1e-30),
        (np.float64, 1e200),
        (np.float64, 1e-200),
    ],
)
def test_the_size_of_embeddings_is_no_part_of_their_direction(dtype: type, size: float) -> None:
    embeddings, identity, group = faces(30, 3, 2, 0.0)
    sized = (embeddings * size).astype(dtype)
    first, second = RANDOM.integers(0, 90, (2, 50))
    found = verification.score_pairs(sized, first, second)
    expected = verification.score_pairs(embeddings, first, second)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    usual = verification.nearest(embeddings, identity, group)
    np.testing.assert_array_equal(
        verification.nearest(sized, identity, group)["nearest"], usual["nearest"]
    )
    probe = verification.attribute_leakage(embeddings, group, identity, folds=2)
    again = verification.attribute_leakage(sized, group, identity, folds=2)
    np.testing.assert_allclose(again["value"], probe["value"], atol=0.04)


def test_tensors_are_read_at_any_precision_and_gaps_of_masked_arrays_stay_gaps() -> None:
    embeddings, identity, group = faces(6, 2, 2, 0.0)
    half = torch.tensor(embeddings, dtype=torch.bfloat16, requires_grad=True)
    plain = half.detach().double().numpy()
    first, second = np.arange(12), np.roll(np.arange(12), 1)
    rows = torch.tensor(first, dtype=torch.float32, requires_grad=True), torch.tensor(second)
    np.testing.assert_array_equal(
        verification.score_pairs(half, *rows), verification.score_pairs(plain, first, second)
    )
    found = verification.nearest(half, torch.tensor(identity, dtype=torch.bfloat16), group)
    expected = verification.nearest(plain, identity, group)
    np.testing.assert_array_equal(found["nearest"], expected["nearest"])
    gap = np.ma.array(embeddings.astype(np.float32))
    gap[3, 5] = np.ma.masked
    scores = verification.score_pairs(gap, [3, 0], [0, 1])
    assert np.isnan(scores).tolist() == [True, False]


def test_an_embedding_that_is_missing_gives_no_score_instead_of_a_low_one() -> None:
    embeddings = np.eye(3)
    embeddings[1], embeddings[2] = np.nan, 0
    assert np.isnan(verification.score_pairs(embeddings, [0, 0], [1, 2])).all()


def test_rows_that_do_not_exist_are_refused() -> None:
    with pytest.raises(InputError, match="names row 9 or 0 of 3 embeddings"):
        verification.score_pairs(np.eye(3), [0, 9], [1, 0])
    with pytest.raises(InputError, match="whole numbers"):
        verification.score_pairs(np.eye(3), [0.5], [1.0])
    with pytest.raises(InputError, match="first has 1 values but second has 2"):
        verification.score_pairs(np.eye(3), [0], [1, 2])


def test_the_nearest_is_the_best_of_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "_AT_ONCE", 7)
    embeddings, identity, group = faces(20, 3, 4, 0.0)
    found = verification.nearest(embeddings, identity, group)
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    likeness = unit @ unit.T
    np.fill_diagonal(likeness, -2)
    np.testing.assert_array_equal(found["nearest"], likeness.argmax(1))
    np.testing.assert_allclose(found["similarity"], likeness.max(1))
    np.testing.assert_array_equal(found["correct"], identity == identity[likeness.argmax(1)])


def test_confusion_is_in_per_cent_of_each_groups_pictures() -> None:
    table = pd.DataFrame(
        {
            "group": list("aaaabb"),
            "nearest_group": list("aabbba"),
            "correct": [True, False, False, True, True, False],
        }
    )
    found = verification.confusion(table)
    assert found.loc["a"].tolist() == [25, 25]
    assert found.loc["b"].tolist() == [50, 0]
    assert list(found.index) == list(found.columns) == ["a", "b"]
    with pytest.raises(BadTable, match="no column 'correct'"):
        verification.confusion(table.drop(columns="correct"))


def test_a_probe_reads_what_is_there_and_is_at_chance_where_nothing_is() -> None:
    there = verification.attribute_leakage(*_shuffled(faces(60, 4, 2, 6.0))).set_index("group")
    assert there.loc["overall", "value"] > 0.85
    assert there.loc["overall", "low"] > 0.5
    nothing = verification.attribute_leakage(*_shuffled(faces(60, 4, 2, 0.0))).set_index("group")
    assert nothing.loc["overall", "low"] < 0.5 < nothing.loc["overall", "high"]
    assert nothing.loc["overall", "chance"] == 0.5
    assert list(nothing["n_identities"]) == [60, 30, 30]


def test_folds_that_share_people_would_have_found_what_is_not_there() -> None:
    embeddings, identity, group = faces(60, 4, 2, 0.0)
    honest = verification.attribute_leakage(embeddings, group, identity)["value"][0]
    pictures = np.arange(len(identity))  # everybody taken for a person of his or her own
    leaking = verification.attribute_leakage(embeddings, group, pictures)["value"][0]
    assert leaking > honest + 0.05


def test_a_probe_needs_people_of_both_kinds() -> None:
    embeddings, identity, group = faces(60, 2, 2, 0.0)
    with pytest.raises(InputError, match="one value only"):
        verification.attribute_leakage(embeddings, ["x"] * len(group), identity)
    with pytest.raises(
        InputError, match="annotated as 'g.' are in one of the 2 folds.* give another seed"
    ):
        verification.attribute_leakage(*_shuffled(faces(10, 3, 2, 0.0)), folds=2)
    few = np.where(identity < 2, "rare", "common")
    with pytest.raises(InputError, match="2 people are annotated as 'rare': too few for 5 folds"):
        verification.attribute_leakage(embeddings, few, identity)
    with pytest.raises(InputError, match="embeddings has 120 values but attribute has 119"):
        verification.attribute_leakage(embeddings, group[:-1], identity)


def _shuffled(
    made: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    embeddings, identity, group = made
    return embeddings, group, identity


def test_no_picture_is_more_alike_to_another_than_to_itself() -> None:
    vectors = np.random.default_rng(0).normal(size=(200, 64)).astype(np.float32)
    people = np.tile(np.arange(200), 2)
    found = verification.nearest(np.concatenate([vectors, vectors]), people, ["a"] * 400)
    assert found["similarity"].max() <= 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_largest_and_the_smallest_numbers_there_are_have_a_direction(dtype: type) -> None:
    known = np.finfo(dtype)
    large, small = known.max, known.smallest_subnormal
    rows = np.array([[large, large], [small, 0], [-large, small], [0, -small]], dtype=dtype)
    scores = verification.score_pairs(rows, [0, 0, 1, 0], [1, 2, 2, 3])
    np.testing.assert_allclose(scores, [0.5**0.5, -(0.5**0.5), -1, -(0.5**0.5)], rtol=1e-6)


def test_embeddings_too_long_for_the_cache_are_scored_one_pair_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vectors = RANDOM.normal(size=(9, 5))
    expected = verification.score_pairs(vectors, [0, 1, 2, 3, 4], [5, 6, 7, 8, 0])
    for held in (1, 3 * 5 * 8):  # less than one embedding, and three
        monkeypatch.setattr(neighbours, "_BYTES", held)
        found = verification.score_pairs(vectors, [0, 1, 2, 3, 4], [5, 6, 7, 8, 0])
        np.testing.assert_allclose(found, expected)
    assert verification.score_pairs(vectors, [], []).shape == (0,)


def test_the_last_row_exists_and_the_first() -> None:
    assert verification.score_pairs(np.eye(3), [0, 2], [2, 2]).tolist() == [0, 1]
    for wrong in ([3], [-1]):
        with pytest.raises(InputError, match="of 3 embeddings"):
            verification.score_pairs(np.eye(3), [0], wrong)
    with pytest.raises(InputError, match="1 of 3 embeddings hold infinite numbers"):
        verification.score_pairs(np.diag([1, np.inf, 1]), [0], [1])
    for wrong in (np.zeros((0, 3)), np.zeros((3, 0)), np.zeros(3), np.zeros((2, 2, 2))):
        with pytest.raises(InputError, match="embeddings are a table"):
            verification.score_pairs(wrong, [0], [0])


def test_pictures_without_an_embedding_are_neither_looked_up_nor_found() -> None:
    vectors = np.array([[1, 0], [1, 0.1], [np.nan, 0], [1, 0.02], [0, 1], [0.1, 1]])
    with pytest.warns(UserWarning, match="1 of 5 pictures are the only one of a person"):
        found = verification.nearest(vectors, list("aabbcc"), list("xxyyzz"))
    assert found.index.tolist() == [0, 1, 4, 5]
    assert found["nearest"].tolist() == [3, 3, 5, 4]
    assert found["nearest_group"].tolist() == ["y", "y", "z", "z"]
    assert found["correct"].tolist() == [False, False, True, True]
    one, two = vectors[[0, 1, 4, 5]], vectors[[3, 3, 5, 4]]
    np.testing.assert_allclose(found["similarity"], 1 - paired_cosine_distances(one, two))


def test_the_nearest_does_not_depend_on_how_many_are_compared_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = faces(7, 2, 2, 1.0)
    whole = verification.nearest(*made)
    for size in (1, 5, 14):
        monkeypatch.setattr(neighbours, "_AT_ONCE", size)
        pd.testing.assert_frame_equal(verification.nearest(*made), whole)


def test_a_recall_of_the_probe_is_counted_from_its_own_predictions() -> None:
    embeddings, identity, group = faces(24, 2, 3, 3.0)
    found = verification.attribute_leakage(embeddings, group, identity, folds=4, seed=3)
    predicted = np.empty(len(group), dtype=object)
    folds = StratifiedGroupKFold(4, shuffle=True, random_state=3)
    for train, test in folds.split(embeddings, group, identity.astype(str)):
        mean, spread = embeddings[train].mean(axis=0), embeddings[train].std(axis=0)
        probe = LogisticRegression(max_iter=2000, class_weight="balanced")
        probe.fit((embeddings[train] - mean) / spread, group[train])
        predicted[test] = probe.predict((embeddings[test] - mean) / spread)
    recalls = [(predicted[group == name] == name).mean() for name in ("g0", "g1", "g2")]
    assert found["group"].tolist() == ["overall", "g0", "g1", "g2"]
    assert found["value"].tolist() == pytest.approx([np.mean(recalls), *recalls])
    assert found["n"].tolist() == [48, 16, 16, 16]
    assert found["n_identities"].tolist() == [24, 8, 8, 8]
    assert found["chance"].tolist() == pytest.approx([1 / 3] * 4)
