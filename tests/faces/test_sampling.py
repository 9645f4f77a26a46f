"""Factors of rendered faces: independent, in range, and changed one at a time."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from helpers import faces
from helpers.errors import InputError, UnknownName


@pytest.fixture(scope="module")
def crowd():
    return faces.sample(5000, seed=1)


def as_table(people):
    return pd.DataFrame([{name: getattr(face, name) for name in faces.FACTORS} for face in people])


def is_number(column):
    return column.dtype == float or column.name in {"skin_tone", "grain"}


def test_numeric_factors_are_uncorrelated(crowd):
    table = as_table(crowd)
    numbers = [name for name in table if is_number(table[name])]
    correlations = table[numbers].corr().to_numpy(copy=True)
    np.fill_diagonal(correlations, 0)
    assert len(numbers) > 50
    assert np.abs(correlations).max() < 0.05


def test_categories_are_independent_of_each_other(crowd):
    table = as_table(crowd)
    names = [name for name in table if not is_number(table[name])] + ["skin_tone"]
    strongest = {
        (a, b): cramers_v(table[a], table[b]) for k, a in enumerate(names) for b in names[:k]
    }
    assert len(strongest) > 100
    assert max(strongest.values()) < 0.05, max(strongest, key=strongest.get)


def test_a_shared_cause_would_be_noticed():
    hats = np.arange(5000) % 2
    others = np.where(
        np.arange(5000) % 10 == 0, hats, np.random.default_rng(0).integers(0, 2, 5000)
    )
    assert cramers_v(pd.Series(hats), pd.Series(others)) > 0.05


def test_categories_are_independent_of_numbers(crowd):
    table = as_table(crowd)
    numbers = table[[name for name in table if is_number(table[name])]]
    normal = (numbers - numbers.mean()) / numbers.std()
    for name in [name for name in table if not is_number(table[name])]:
        means, counts = normal.groupby(table[name]).mean(), table[name].value_counts()
        explained = (means**2).mul(counts, axis=0).sum() / len(table)
        # Kelley's epsilon squared: without what k groups explain of pure chance.
        chance = (len(counts) - 1) / len(table)
        # The largest of about a thousand comparisons, each of which scatters by 0.02.
        assert np.sqrt(np.maximum(explained - chance, 0)).max() < 0.07, name


def cramers_v(a, b):
    """Cramer's V without the bias that makes it positive for independent factors (Bergsma 2013)."""
    counts = pd.crosstab(a, b).to_numpy()
    n, (rows, columns) = counts.sum(), counts.shape
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n
    squared = ((counts - expected) ** 2 / expected).sum() / n
    squared = max(squared - (rows - 1) * (columns - 1) / (n - 1), 0)
    rows, columns = (k - (k - 1) ** 2 / (n - 1) for k in (rows, columns))
    return np.sqrt(squared / (min(rows, columns) - 1))


def test_the_first_of_many_faces_are_those_of_few():
    assert faces.sample(40, seed=3)[:7] == faces.sample(7, seed=3)
    assert faces.sample(7, seed=3) != faces.sample(7, seed=4)


def test_every_value_of_every_choice_occurs(crowd):
    table = as_table(crowd)
    for name, about in faces.FACTORS.items():
        values = getattr(about["range"], "values", ())
        assert set(values) <= set(table[name]), name


def test_shares_are_those_of_the_range(crowd):
    table = as_table(crowd)
    assert table["hat"].mean() == pytest.approx(0.2, abs=0.01)
    assert (table["mouth_open"] == 0).mean() == pytest.approx(0.6, abs=0.01)
    assert table["skin_tone"].value_counts(normalize=True).to_numpy() == pytest.approx(
        0.1, abs=0.01
    )


def test_held_factors_stay_while_others_vary():
    people = faces.sample(64, hat=True, skin_tone=[1, 10], age=(20, 30))
    assert all(face.hat for face in people)
    assert {face.skin_tone for face in people} == {1, 10}
    assert all(20 <= face.age <= 30 for face in people)
    assert len({face.hair_length for face in people}) == 5


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"hats": True}, "hat"),
        ({"skin_tone": 11}, "skin_tone"),
        ({"background": "beach"}, "foliage"),
        ({"yaw": 90.0}, "between -15 and 15"),
        ({"yaw": float("nan")}, "between"),
        ({"age": (10, 20)}, "between 18 and 80"),
        ({"hat": []}, "at least one"),
    ],
)
def test_impossible_factors_are_refused_with_what_is_possible(wrong, says):
    with pytest.raises((InputError, UnknownName), match=says):
        faces.sample(4, **wrong)


def test_no_faces_cannot_be_sampled():
    with pytest.raises(InputError, match="at least one"):
        faces.sample(0)


def test_a_twin_differs_in_the_named_factor_only():
    face = faces.sample(1, seed=5, lipstick=False)[0]
    other = faces.twin(face, lipstick=True)
    changed = [f.name for f in fields(face) if getattr(face, f.name) != getattr(other, f.name)]
    assert changed == ["lipstick"]


def test_a_twin_of_an_unknown_factor_is_refused():
    with pytest.raises(UnknownName, match="glasses"):
        faces.twin(faces.Face(), spectacles=True)


def test_retakes_keep_the_person_and_change_the_picture():
    person = faces.sample(3, seed=2)[2]
    again = faces.retakes(person, 20, seed=9)
    assert all(
        getattr(each, name) == getattr(person, name) for each in again for name in faces.IDENTITY
    )
    assert {each.identity for each in again} == {2}
    assert len({each.yaw for each in again}) == 20
    assert {each.hat for each in again} == {False, True}


@pytest.mark.parametrize("strength", [0.0, 0.5, 0.9, 1.0])
def test_a_planted_cue_has_the_correlation_that_was_asked_for(strength):
    people = faces.sample(200, seed=1)
    labels = [k % 2 == 0 for k in range(200)]
    planted = faces.correlate(people, labels, strength, hat=True)
    shown = [face.hat for face in planted]
    assert np.corrcoef(labels, shown)[0, 1] == pytest.approx(strength, abs=0.011)
    assert np.mean(shown) == 0.5


def test_planting_a_cue_changes_nothing_else():
    people = faces.sample(30, seed=1)
    planted = faces.correlate(people, [True] * 30, 1.0, background=("street", "studio"))
    assert {face.background for face in planted} == {"street"}
    assert [faces.twin(face, background="wall") for face in planted] == [
        faces.twin(face, background="wall") for face in people
    ]


def test_planting_asks_for_one_cue_with_both_its_values():
    people = faces.sample(2)
    for wrong in ({}, {"hat": True, "beard": True}, {"background": "street"}):
        with pytest.raises(InputError):
            faces.correlate(people, [True, False], 1.0, **wrong)
    with pytest.raises(InputError, match="between 0 and 1"):
        faces.correlate(people, [True, False], 1.5, hat=True)
    with pytest.raises(InputError, match="2 faces but 1 labels"):
        faces.correlate(people, [True], 1.0, hat=True)


def test_bands_follow_the_order_of_the_tones():
    assert [faces.band(tone) for tone in range(1, 11)] == [
        *["1-3"] * 3,
        *["4-5"] * 2,
        *["6-7"] * 2,
        *["8-10"] * 3,
    ]
