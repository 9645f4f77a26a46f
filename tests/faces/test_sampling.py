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
        ({"hats": True}, "did you mean 'hat'"),
        ({"skin_tone": 11}, "no skin_tone '11'.*Known: 1, 2, 3"),
        ({"skin_tone": True}, "no skin_tone 'True'"),
        ({"skin_tone": (1, 3)}, "list every tone"),
        ({"background": "beach"}, "foliage"),
        ({"background": None}, "no background 'None'"),
        ({"hat": "yes"}, "no hat 'yes'.*Known: False, True"),
        ({"hat": []}, "at least one"),
        ({"hat": [[True]]}, "no hat"),
        ({"yaw": 90.0}, "yaw is 90.0: give a number, at least -15 and at most 15"),
        ({"yaw": float("nan")}, "yaw is nan"),
        ({"yaw": "3"}, "yaw is '3'"),
        ({"yaw": True}, "yaw is True"),
        ({"age": None}, "age is None: give a number, at least 18 and at most 80"),
        ({"age": (10, 20)}, "age is 10"),
        ({"age": (60, 20)}, "write the lower end first"),
        ({"age": (20, 30, 40)}, "two ends of a range, or a list"),
        ({"age": {20, 30}}, "age is {"),
        ({"age": np.array([20, 30])}, "age is array"),
        ({"grain": 1.5}, "grain is 1.5: give a whole number, from 0 to 65,535"),
        ({"grain": 65536}, "grain is 65536"),
    ],
)
def test_impossible_factors_are_refused_with_what_is_possible(wrong, says):
    (name, value) = next(iter(wrong.items()))
    with pytest.raises(InputError, match=says):
        faces.sample(4, **wrong)
    if not isinstance(value, list | tuple):  # which one face does not take at all
        with pytest.raises(InputError, match=says):
            faces.Face(**wrong)
        with pytest.raises(InputError, match=says):
            faces.twin(faces.Face(), **wrong)
    with pytest.raises(InputError):
        faces.Face(**{name: (value, value)})


@pytest.mark.parametrize("n", [0, -1, "3", None, float("nan"), 3.0, True, 10**9, [3]])
def test_a_number_of_faces_is_a_whole_one_of_a_size_that_fits(n):
    with pytest.raises(InputError, match="n is .*: give a whole number"):
        faces.sample(n)
    with pytest.raises(InputError, match="n is .*: give a whole number"):
        faces.retakes(faces.Face(), n)


@pytest.mark.parametrize("seed", [-1, "0", None, 0.5, 2**32])
def test_a_seed_is_a_whole_number(seed):
    for draw in (
        lambda: faces.sample(2, seed),
        lambda: faces.retakes(faces.Face(), 2, seed),
        lambda: faces.correlate([faces.Face()], [True], 0.5, seed, hat=True),
    ):
        with pytest.raises(InputError, match="seed is .*: give a whole number"):
            draw()


def test_a_factor_is_held_as_what_it_is_whatever_it_was_given_as():
    face = faces.Face(
        skin_tone=np.int64(7), hat=np.True_, yaw=np.float32(3), age=30, grain=np.int64(2)
    )
    held = (face.skin_tone, face.hat, face.yaw, face.age, face.grain)
    assert held == (7, True, 3.0, 30.0, 2)
    assert [type(each) for each in held] == [int, bool, float, float, int]
    assert type(faces.Face(skin_tone=7.0).skin_tone) is int
    assert faces.Face(glasses=1).glasses is True


def test_the_ends_of_a_range_belong_to_it_and_whole_factors_stay_whole():
    grains = [face.grain for face in faces.sample(300, grain=(3, 5))]
    assert {type(each) for each in grains} == {int}
    assert {3: 100, 4: 100, 5: 100} == pytest.approx(
        {k: grains.count(k) for k in set(grains)}, abs=9
    )
    assert {face.age for face in faces.sample(3, age=(40, 40))} == {40}
    edge = [face.yaw for face in faces.sample(256, yaw=(-15, 15))]
    assert min(edge) < -14
    assert max(edge) > 14


def test_the_number_of_a_person_is_a_whole_one():
    assert faces.Face(identity=np.int64(3)).identity == 3
    for wrong in (-1, "3", None, 1.0):
        with pytest.raises(InputError, match="identity is"):
            faces.Face(identity=wrong)


def test_a_face_has_no_factor_that_it_does_not_know():
    with pytest.raises(UnknownName, match="no factor of a face 'nose': did you mean"):
        faces.Face(nose=1.0)


def test_a_twin_differs_in_the_named_factor_only():
    face = faces.sample(1, seed=5, lipstick=False)[0]
    other = faces.twin(face, lipstick=True)
    changed = [f.name for f in fields(face) if getattr(face, f.name) != getattr(other, f.name)]
    assert changed == ["lipstick"]


def test_a_twin_of_an_unknown_factor_is_refused():
    with pytest.raises(UnknownName, match="glasses"):
        faces.twin(faces.Face(), spectacles=True)


@pytest.mark.parametrize("wrong", [None, [faces.Face()], "face", {"hat": True}])
def test_a_twin_and_a_retake_are_of_one_face(wrong):
    for draw in (lambda: faces.twin(wrong, hat=True), lambda: faces.retakes(wrong, 2)):
        with pytest.raises(InputError, match="takes one Face, but got .*for each in people"):
            draw()


def test_a_retake_keeps_what_belongs_to_the_person():
    with pytest.raises(InputError, match="age belongs to the person"):
        faces.retakes(faces.Face(), 2, age=40)
    assert all(face.hat for face in faces.retakes(faces.Face(), 9, hat=True))


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


@pytest.mark.parametrize(
    ("cue", "says"),
    [
        ({}, "exactly one factor"),
        ({"hat": True, "beard": True}, "exactly one factor"),
        ({"hats": True}, "did you mean 'hat'"),
        ({"hat": (True,)}, "give two values"),
        ({"hat": "yes"}, "give two values"),
        ({"hat": (True, True)}, "with the label and without"),
        ({"hat": (True, "no")}, "no hat 'no'"),
        ({"background": "street"}, "give two values"),
        ({"background": ("street", "wall", "studio")}, "give two values"),
        ({"background": ("street", "beach")}, "no background 'beach'"),
        ({"yaw": (0, 90)}, "yaw is 90"),
    ],
)
def test_planting_asks_for_one_cue_with_both_its_values(cue, says):
    with pytest.raises(InputError, match=says):
        faces.correlate(faces.sample(2), [True, False], 1.0, **cue)


@pytest.mark.parametrize("strength", [1.5, -0.1, "0.5", None, float("nan"), True, 90])
def test_a_strength_is_a_share(strength):
    with pytest.raises(InputError, match="strength is"):
        faces.correlate(faces.sample(2), [True, False], strength, hat=True)


@pytest.mark.parametrize(
    ("people", "labels", "says"),
    [
        (2, [True], "faces has 2 values but labels has 1"),
        (2, [True, float("nan")], "labels holds 1 of 2 values that are NaN"),
        (2, [True, None], "labels must hold numbers"),
        (2, ["yes", "no"], "labels must hold numbers"),
        (2, [0, 2], "labels must be True or False"),
        (2, [0, 0.5], "labels must be True or False"),
        (2, None, "labels must hold numbers"),
        (2, [[True], [False]], "labels must have 1 axes"),
    ],
)
def test_labels_are_true_or_false_one_for_each_face(people, labels, says):
    with pytest.raises(InputError, match=says):
        faces.correlate(faces.sample(people), labels, 1.0, hat=True)


@pytest.mark.parametrize("people", [None, faces.Face(), [1, 2], "ab", 3])
def test_a_cue_is_planted_into_faces(people):
    with pytest.raises(InputError, match="faces"):
        faces.correlate(people, [True, False], 1.0, hat=True)


def test_labels_of_any_library_say_the_same():
    people = faces.sample(4)
    expected = faces.correlate(people, [True, False, False, True], 0.5, hat=True)
    for labels in (np.array([1, 0, 0, 1]), pd.Series([True, False, False, True]), (1.0, 0, 0, 1)):
        assert faces.correlate(people, labels, 0.5, hat=True) == expected


def test_bands_follow_the_order_of_the_tones():
    assert [faces.band(tone) for tone in range(1, 11)] == [
        *["1-3"] * 3,
        *["4-5"] * 2,
        *["6-7"] * 2,
        *["8-10"] * 3,
    ]


@pytest.mark.parametrize("tone", [0, 11, -1, 5.5, "x", None, True, float("nan"), [5], np.zeros(2)])
def test_a_tone_off_the_scale_has_no_band(tone):
    with pytest.raises(UnknownName, match="no skin_tone"):
        faces.band(tone)


@pytest.mark.parametrize(
    ("people", "says"),
    [
        (faces.Face(), r"write \[face\] for a single one"),
        (None, "not NoneType"),
        (3, "not int"),
        ([], "no face: give one"),
        ([faces.Face(), None], "holds a NoneType"),
        ([[faces.Face()]], "holds a list"),
        ("face", "holds a str"),
    ],
)
def test_faces_are_drawn_from_a_list_of_faces(people, says):
    with pytest.raises(InputError, match=says):
        faces.render(people)


@pytest.mark.parametrize("size", ["112", None, 63, 513, 100.0, float("nan"), (112, 112), True])
def test_pictures_have_a_side_of_64_to_512_whole_pixels(size):
    with pytest.raises(InputError, match="size is .*: give a whole number"):
        faces.render([faces.Face()], size)
