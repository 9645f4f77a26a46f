"""Doors of the audit of classifiers: what has no meaning is refused in one sentence."""

import math
import warnings
from collections.abc import Callable
from decimal import Decimal
from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats

from helpers.bias import classification
from helpers.bias.classification.answers import read
from helpers.bias.classification.comparisons import _pairs, exact_p
from helpers.errors import BadTable, InputError
from helpers.intervals import GAP, NO_GAP, TOO_LITTLE

RANDOM = np.random.default_rng(0)
TRUTH = RANDOM.integers(0, 2, 60)
SAID = TRUTH ^ (RANDOM.random(60) < 0.2)
GROUP = np.where(np.arange(60) % 2, "a", "b")
SCORE = np.where(SAID == 1, 0.8, 0.2)
POINTS = RANDOM.normal(size=(60, 3))
LABELS = {"truth": TRUTH, "prediction": SAID, "groups": GROUP}

DOORS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "audit": (
        classification.audit,
        LABELS | {"score": SCORE, "seed": 0, "metrics": ["recall"], "level": 0.9, "bins": 5},
    ),
    "bootstrap": (
        classification.bootstrap,
        LABELS | {"seed": 0, "metrics": ["recall"], "level": 0.9, "replicates": 20},
    ),
    "gaps": (
        classification.gaps,
        LABELS | {"seed": 0, "criteria": ["error parity"], "level": 0.9, "margin": 0.1},
    ),
    "pairwise": (
        classification.pairwise,
        LABELS | {"metric": "recall", "level": 0.9, "margin": 0.1},
    ),
    "reliability": (
        classification.reliability,
        {"truth": TRUTH, "score": SCORE, "groups": GROUP, "bins": 5, "level": 0.9},
    ),
    "consistency": (
        classification.consistency,
        {"embeddings": POINTS, "prediction": SAID, "neighbours": 3, "level": 0.9},
    ),
    "ece": (classification.ece, {"confidence": SCORE, "correct": TRUTH, "bins": 5}),
}
WRONG = ("high", "", np.nan, -1, [], {}, object(), b"x", 1 + 1j, [None], pd.Series([1.0]), "95%")


@pytest.mark.parametrize("door", DOORS)
def test_whatever_has_no_meaning_is_refused_in_a_sentence(door: str) -> None:
    function, good = DOORS[door]
    function(**good)
    for name in good:
        for wrong in WRONG:
            with pytest.raises(InputError) as refusal:
                function(**(good | {name: wrong}))
            assert 20 < len(str(refusal.value)) < 600


@pytest.mark.parametrize("door", [each for each in DOORS if "level" in DOORS[each][1]])
@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_is_a_share_between_zero_and_one(door: str, level: float) -> None:
    function, good = DOORS[door]
    with pytest.raises(InputError, match="level is"):
        function(**(good | {"level": level}))


@pytest.mark.parametrize("replicates", [0, -5, 1, 2.5])
def test_a_bootstrap_needs_replicates(replicates: float) -> None:
    with pytest.raises(InputError, match=f"replicates is {replicates}"):
        classification.bootstrap(**(DOORS["bootstrap"][1] | {"replicates": replicates}))


def test_a_table_is_a_table() -> None:
    for data in ({"truth": [1, 0], "said": [1, 0]}, [[1, 0]], "table.csv"):
        with pytest.raises(InputError, match="data must be a pandas table"):
            classification.audit("truth", "said", None, data=data)  # type: ignore[arg-type]
    twice = pd.DataFrame([[1, 1, 0], [0, 0, 1]], columns=["truth", "said", "truth"])
    with pytest.raises(BadTable, match="2 columns called 'truth'"):
        classification.audit("truth", "said", None, data=twice)


# -- which label is positive


@pytest.mark.parametrize("positive", ["1", "yes", "Female", 2, -1, 0.5, ["yes"], np.nan, {}])
def test_a_positive_label_that_does_not_occur_is_refused_where_labels_are_0_and_1(
    positive: Any,
) -> None:
    for door in (classification.audit, classification.gaps):
        with pytest.raises(InputError, match="is none of the labels, .*0.*1"):
            door([0, 1, 0, 1], [0, 0, 0, 1], list("aabb"), positive=positive)


def test_of_many_labels_eight_are_listed_and_the_others_counted() -> None:
    for number, tail in ((8, "'h': name the one"), (9, "'h' and 1 more: name the one")):
        labels = list("abcdefghi")[:number]
        with pytest.raises(InputError, match=f"'a', 'b', 'c'.*'g', {tail}"):
            classification.audit(labels, labels, None, positive="z")


def test_of_labels_0_and_1_one_may_happen_not_to_occur() -> None:
    table = classification.audit([0, 0], [0, 0], None, metrics=["accuracy", "recall"])
    assert table["value"][0] == 1
    assert table["note"][1] == "undefined (no positives)"
    for positive in (1, True, np.int64(1), 1.0, np.True_):
        classification.audit([0, 0], [0, 0], None, positive=positive)
    assert classification.audit([1, 1], [1, 1], None, positive=0)["n"].eq(2).all()


def test_a_score_belongs_to_a_positive_label() -> None:
    with pytest.raises(InputError, match="positive=None names none"):
        classification.audit(TRUTH, SAID, GROUP, SCORE, positive=None)
    with pytest.raises(InputError, match="positive is None"):
        classification.reliability(TRUTH, SCORE, positive=None)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="score is None"):
        classification.reliability(TRUTH, None)  # type: ignore[arg-type]


def test_scores_for_labels_are_refused_on_either_side() -> None:
    scores, labels = np.linspace(0, 1, 40), np.arange(40) % 2
    for truth, said in ((labels * 1.0, scores), (scores, labels * 1.0)):
        with pytest.raises(InputError, match="looks like scores"):
            classification.audit(truth, said, None)


# -- which rows belong together


def test_slices_shifted_by_a_row_are_refused() -> None:
    table = pd.DataFrame({"truth": TRUTH, "said": SAID, "group": GROUP})
    with pytest.raises(InputError, match="truth and prediction have different indexes"):
        classification.audit(table["truth"][:-1], table["said"][1:], None)
    with pytest.raises(InputError, match="truth and groups have different indexes"):
        classification.gaps(table["truth"][:-1], table["said"][:-1], table["group"][1:])
    kept = table[table["truth"] == 1]
    with pytest.raises(InputError, match="different indexes"):
        classification.audit(kept["truth"], pd.Series(kept["said"].to_numpy()), None)
    whole = classification.audit(kept["truth"], kept["said"], kept["group"])
    plain = classification.audit(kept["truth"].to_numpy(), kept["said"], kept["group"])
    pd.testing.assert_frame_equal(whole, plain)


def test_an_index_that_merely_counts_goes_with_file_names() -> None:
    files = [f"{k}.jpg" for k in range(60)]
    named = classification.audit(pd.Series(TRUTH, files), pd.Series(SAID), GROUP)
    pd.testing.assert_frame_equal(named, classification.audit(TRUTH, SAID, GROUP))


# -- what a group is


def test_a_list_of_columns_is_one_whatever_the_number_of_rows() -> None:
    two = pd.DataFrame({"truth": [1, 0], "said": [1, 1], "race": ["B", "W"], "sex": ["f", "m"]})
    for data in (two, pd.concat([two, two], ignore_index=True)):
        table = classification.audit("truth", "said", ["race", "sex"], data=data)
        assert list(table["group"].unique()) == ["B, f", "B, m", "W, f", "W, m"]
    one = classification.audit("truth", "said", ["race"], data=two[:1])
    assert list(one["group"].unique()) == ["B"]
    labels = classification.audit("truth", "said", ["x", "y"], data=two)
    assert list(labels["group"].unique()) == ["x", "y"]
    for wrong in (["race", "race"], ["race", "age", "sex"]):
        with pytest.raises(InputError, match="twice|no column 'age'"):
            classification.audit("truth", "said", wrong, data=two)


def test_lists_of_values_are_crossed_without_a_table() -> None:
    race, sex = list("BBWW"), list("fmfm")
    expected = classification.audit([1, 0, 1, 0], [1, 1, 1, 0], {"race": race, "sex": sex})
    for groups in ([race, sex], (race, sex), np.array([race, sex]).T, [pd.Series(race), sex]):
        table = classification.audit([1, 0, 1, 0], [1, 1, 1, 0], groups)  # type: ignore[arg-type]
        pd.testing.assert_frame_equal(table, expected)


def test_a_number_and_its_text_are_one_group_with_a_warning() -> None:
    mixed = np.array([1, "1", 1, "1", 2, 2], dtype=object)
    with pytest.warns(UserWarning, match="taken for one group"):
        table = classification.audit([1, 1, 0, 0, 1, 0], [1, 0, 0, 1, 1, 0], mixed)
    assert table.groupby("group")["n"].first().to_dict() == {"1": 4, "2": 2}
    with pytest.warns(UserWarning, match="taken for one group"):
        classification.audit([1, 0], [1, 0], [1, "1"])
    assert list(read([1, 0], [1, 0], [1, 2]).names) == ["1", "2"]


def test_true_beside_one_is_one_group_with_a_warning() -> None:
    for mixed in ([True, 1, 2], np.array([0, False, 2], dtype=object)):
        with pytest.warns(UserWarning, match="1 and True: they are taken for one group"):
            table = classification.audit([1, 0, 1], [1, 0, 1], mixed)
        assert table.groupby("group", sort=False)["n"].first().tolist() == [2, 1]
    # A truth of True and False beside answers of 1 and 0 is how most readers write it.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classification.audit([True, False, 1], [1, 0, True], ["a", "a", "b"])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a", "a "),
        ("a", "A"),
        ("a b", "a\u00a0b"),
        ("\u00e9", "e\u0301"),
        ("a", "\ufeffa"),
        ("1", "01"),
        (2.0, "2"),
    ],
)
def test_names_that_look_alike_are_kept_apart_with_a_warning(one: Any, other: Any) -> None:
    with pytest.warns(UserWarning, match="look alike in groups but are taken for two groups"):
        table = classification.audit([1, 0, 1], [1, 0, 1], [one, other, other])
    assert table.groupby("group", sort=False)["n"].first().to_dict() == {str(one): 1, str(other): 2}
    truth = [one, other, "m"]
    with pytest.warns(UserWarning, match="look alike in truth and prediction"):
        table = classification.audit(truth, truth, None, positive=one, metrics=["base_rate"])
    assert table["value"][0] == pytest.approx(1 / 3)


def test_a_warning_shows_the_readers_own_line() -> None:
    groups = (["a", "A", "m"], np.array([1, "1", 2], dtype=object), ["a", None, "m"])
    labels = [1, 0, 1]
    given = [(labels, labels, group, 1) for group in groups]
    told = ["a", "b", "A"], ["a", "b", "fox"]
    given += [(["a", "b", "m"], each, ["x", "y", "y"], "a") for each in told]
    for truth, said, group, positive in given:
        for door in (classification.audit, classification.pairwise):
            with pytest.warns(UserWarning) as seen:
                door(truth, said, group, positive=positive)
            assert {each.filename for each in seen} == {__file__}


def test_levels_of_an_index_are_attributes_that_are_crossed() -> None:
    race, sex = list("BBWW"), list("fmfm")
    expected = classification.audit([1, 0, 1, 0], [1, 1, 1, 0], {"race": race, "sex": sex})
    for names in (["race", "sex"], [None, None]):
        levels = pd.MultiIndex.from_arrays([race, sex], names=names)
        found = classification.audit([1, 0, 1, 0], [1, 1, 1, 0], levels)
        pd.testing.assert_frame_equal(found, expected)
        with pytest.raises(InputError, match="truth is an index of 2 levels"):
            classification.audit(levels, [1, 1, 1, 0], None)


def test_masks_are_never_lost_and_records_are_no_column() -> None:
    gone = np.arange(60) < 5
    records = np.zeros(60, [("x", int), ("y", int)])
    for door, (function, good) in DOORS.items():
        for name in {"truth", "prediction", "groups", "score", "embeddings", "confidence"} & {
            *good
        }:
            values = np.asarray(good[name])
            mask = gone if values.ndim == 1 else np.tile(gone, (3, 1)).T
            with pytest.raises(InputError, match=r"has 1?5 masked entries"):
                function(**(good | {name: np.ma.array(values, mask=mask)}))
            with pytest.raises(InputError, match="records with the fields x, y"):
                function(**(good | {name: records}))
            plain, whole = function(**good), function(**(good | {name: np.ma.array(values)}))
            assert str(plain) == str(whole), door


def test_scores_come_from_tensors_of_any_precision_and_decimals_and_are_real() -> None:
    score, expected = np.where(SAID == 1, 0.75, 0.25), None
    tensor = torch.tensor(score, requires_grad=True)
    odd = [tensor, tensor.bfloat16(), list(tensor), pd.Series(list(tensor.detach()))]
    for each in (score, *odd, [Decimal(str(value)) for value in score]):
        table = classification.audit(TRUTH, SAID, GROUP, each)
        expected = table if expected is None else expected
        pd.testing.assert_frame_equal(table, expected)
    for each in (score + 0j, (score + 0j).astype(object)):
        with pytest.raises(InputError, match="score must hold numbers"):
            classification.audit(TRUTH, SAID, GROUP, each)
    assert classification.ece(tensor.bfloat16(), TRUTH) == classification.ece(score, TRUTH)


def test_labels_may_be_decimals_but_no_tuples() -> None:
    truth, said = ([Decimal(int(each)) / 2 for each in column] for column in (TRUTH, SAID))
    found = classification.audit(truth, said, GROUP, positive=Decimal("0.5"))
    pd.testing.assert_frame_equal(found, classification.audit(TRUTH, SAID, GROUP))
    with pytest.raises(InputError, match=r"positive=1 is none of the labels, 0, 0.5:"):
        classification.audit(truth, said, GROUP)
    pairs = pd.Series([("f", 1), ("m", 2)] * 30)
    with pytest.raises(InputError, match=r"truth holds \('f', 1\): a label must be"):
        classification.audit(pairs, pairs, GROUP, positive=("f", 1))
    with pytest.raises(InputError, match=r"positive=\(0, 1\) is none of the labels, 0, 1:"):
        classification.audit(TRUTH, SAID, GROUP, positive=(0, 1))


def test_measurements_are_no_groups_and_the_attribute_is_named() -> None:
    age = 30 + RANDOM.normal(size=60)
    for number in (60, 21):
        groups = {"sex": GROUP[:number], "age": age[:number]}
        with pytest.raises(InputError, match=f"age has {number} different values.*pandas.cut"):
            classification.audit(TRUTH[:number], SAID[:number], groups)
    # Whole numbers may be years, and ranges are groups.
    for fine in (np.arange(60.0) % 30, pd.cut(age, 3)):
        classification.audit(TRUTH, SAID, fine)
    crossed = {"one": np.arange(5000) // 10, "other": np.arange(5000) % 500}
    with pytest.raises(InputError, match=r"groups crosses one \(500\), other \(500\)"):
        classification.audit(np.arange(5000) % 2, np.arange(5000) % 2, crossed)


def test_an_attribute_of_fifty_values_groups_even_a_few_faces_and_one_of_more_names_them() -> None:
    alone = np.arange(50)
    assert len(classification.audit(alone % 2, alone % 2, alone, metrics=["error"])) == 50
    alone = np.arange(51)
    with pytest.raises(InputError, match="51 different values for 51 faces"):
        classification.audit(alone % 2, alone % 2, alone, metrics=["error"])


def test_ten_thousand_crossed_groups_are_audited_and_one_more_is_refused() -> None:
    faces = np.arange(300)
    truth = faces % 2
    crossed = {"one": faces % 100, "other": faces // 3 % 100}
    assert len(classification.audit(truth, truth, crossed, metrics=["error"])) == 10_000
    crossed = {"one": faces % 73, "other": faces % 137}
    with pytest.raises(InputError, match="makes 10,001 different values"):
        classification.audit(truth, truth, crossed, metrics=["error"])


def test_rows_of_different_faces_are_refused_in_calibration_and_consistency() -> None:
    table = pd.DataFrame({"score": SCORE, "right": TRUTH, "said": SAID})
    with pytest.raises(InputError, match="confidence and correct have different indexes"):
        classification.ece(table["score"][1:], table["right"][:-1])
    points = pd.DataFrame(POINTS)
    for said in (table["said"].sample(frac=1, random_state=1), "said"):
        with pytest.raises(InputError, match="embeddings and prediction have different indexes"):
            classification.consistency(points[::-1], said, data=table)
    shuffled = table.sample(frac=1, random_state=1)
    classification.consistency(points, "said", data=table)
    classification.consistency(points.to_numpy(), shuffled["said"])


def test_the_attribute_of_most_values_is_the_one_that_names_faces() -> None:
    truth = np.arange(120) % 2
    for groups in (
        {"sex": truth, "file": [f"{k}.jpg" for k in range(120)]},
        {"file": [f"{k}.jpg" for k in range(120)], "sex": truth},
    ):
        with pytest.raises(InputError, match="^file has 120 different values for 120 faces"):
            classification.audit(truth, truth, groups)
    # Two faces each on average are groups.
    twos = [f"{k // 2}" for k in range(120)]
    assert len(classification.audit(truth, truth, twos, metrics=["error"])) == 60
    with pytest.raises(InputError, match="61 different values for 120 faces"):
        classification.audit(truth, truth, ["new", *twos[1:]])


def test_some_fractions_among_whole_numbers_are_measurements_and_twenty_of_them_groups() -> None:
    age = np.arange(63) % 21 + np.where(np.arange(63) % 21 < 3, 0.5, 0)
    truth = np.arange(63) % 2
    with pytest.raises(InputError, match="has 21 different values"):
        classification.audit(truth, truth, age)
    kept = age < 20
    table = classification.audit(truth[kept], truth[kept], age[kept], metrics=["error"])
    assert len(table) == 20


def test_names_of_all_columns_of_a_table_are_names_where_there_are_as_many_faces() -> None:
    two = pd.DataFrame({"race": ["B", "W"], "sex": ["f", "m"]})
    table = classification.audit([1, 0], [1, 1], ["race", "sex"], data=two)
    assert list(table["group"].unique()) == ["B, f", "B, m", "W, f", "W, m"]


def test_a_list_of_columns_holds_nothing_else() -> None:
    with pytest.raises(InputError, match="one value a face, not several as"):
        classification.audit([1, 0], [1, 0], [["f", "m"], "x"])


def test_true_beside_other_numbers_than_one_is_another_group() -> None:
    mixed = np.array([True, 1.5, 0.5, False, 2, True], dtype=object)
    table = classification.audit([1, 0, 1, 0, 1, 0], [1, 0, 1, 0, 1, 0], mixed)
    sizes = table.groupby("group")["n"].first().to_dict()
    assert sizes == {"True": 2, "False": 1, "1.5": 1, "0.5": 1, "2": 1}


def test_groups_of_one_class_are_those_in_which_the_other_does_not_occur() -> None:
    counts = list(product(range(3), repeat=4))  # true and false positives, false and true negatives
    group = np.repeat([str(each) for each in counts], [sum(each) for each in counts])
    cells = [cell for each in counts for cell in np.repeat([0, 1, 2, 3], each)]
    truth, said = np.isin(cells, [0, 2]), np.isin(cells, [0, 1])
    answers = read(truth, said, pd.Categorical(group, [str(each) for each in counts]))
    assert answers.cells.tolist() == [list(each) for each in counts]
    expected = [
        str((tp, fp, fn, tn)) for tp, fp, fn, tn in counts if bool(tp + fn) != bool(fp + tn)
    ]
    assert answers.of_one_class() == expected


def test_a_model_that_is_always_wrong_about_its_only_class_is_audited() -> None:
    for truth, said in (([1, 1], [0, 0]), ([0, 0], [1, 1]), ([True, True], [False, False])):
        table = classification.audit(truth, said, None, metrics=["accuracy"])
        assert table["value"][0] == 0
    # Nothing is warned about: of one label any other answer is a mistake.
    found = classification.audit(["cat"] * 3, ["cat", "fox", "owl"], None, positive="cat")
    assert found["value"][0] == pytest.approx(1 / 3)


def test_a_label_of_truth_and_another_of_the_prediction_that_look_alike_are_warned_about() -> None:
    truth, said = ["a", "b", "m", "m"], ["a ", "b", "m", "m"]
    with pytest.warns(UserWarning) as seen:
        classification.audit(truth, said, None, positive="b")
    assert "'a' and 'a ' look alike in truth and prediction" in str(seen[0].message)
    assert "'a ', which truth never does" in str(seen[1].message)


def test_one_tuple_among_labels_is_refused() -> None:
    labels = pd.Series(["m", ("f", 1), "m"], dtype=object)
    with pytest.raises(InputError, match="a label must be a number, text, True or False"):
        classification.audit(labels, labels, None, positive="m")


def test_of_three_labels_every_row_says_which_is_against_the_rest_and_of_two_none_does() -> None:
    for labels, note in (("abc", "b against the rest"), ("ab", "")):
        truth = list(labels) * 40
        found = classification.audit(truth, truth, None, positive="b")
        assert set(found["note"]) == {note}


def test_a_score_is_only_called_turned_round_where_it_is_lower_on_the_mean() -> None:
    truth = np.arange(40) % 2
    # Neither where it is the same, nor where all or none are predicted positive.
    for said, score in ((truth, 0.5), (truth * 0, 0.3), (truth * 0 + 1, 0.3)):
        classification.audit(truth, said, None, np.full(40, score))
    with pytest.warns(UserWarning, match="score is lower where the prediction is 1"):
        classification.audit(truth, truth, None, 0.5 - 0.001 * truth)
    with pytest.raises(InputError, match="positive=None names none"):
        classification.audit(truth, truth, None, 1.0 - truth, positive=None)


def test_crossed_groups_of_one_name_are_refused() -> None:
    groups = {"one": ["a, b", "a"], "other": ["c", "b, c"]}
    with pytest.raises(InputError, match="both called 'a, b, c'"):
        classification.audit([1, 0], [1, 0], groups)


def test_names_of_files_are_no_groups() -> None:
    files = [f"{k}.jpg" for k in range(5000)]
    truth = np.arange(5000) % 2
    for door in (classification.gaps, classification.pairwise, classification.audit):
        with pytest.raises(InputError, match="5,000 different values for 5,000 faces"):
            door(truth, truth, files)
    crossed = {"one": np.arange(5000) // 10, "other": np.arange(5000) % 500}
    with pytest.raises(InputError, match="250,000 different values"):
        classification.gaps(truth, truth, crossed)
    # As many groups as faces are fine where both are few.
    assert len(classification.audit([1, 0, 1], [1, 0, 1], list("abc"), metrics=["error"])) == 3
    many = np.arange(5000) // 10
    with pytest.raises(InputError, match="500 groups make 124,750 pairs"):
        classification.pairwise(truth, truth, many)


def test_blank_cells_are_no_group_and_a_group_that_loses_all_faces_keeps_its_row() -> None:
    group = ["a", "a", "b", "  ", ""]
    with pytest.warns(UserWarning, match="3 of 5 faces are left out.*1 without truth, 2 without"):
        table = classification.audit([1, 0, np.nan, 1, 0], [1, 0, 1, 1, 0], group)
    assert list(table["group"].unique()) == ["a", "b"]
    assert set(table.loc[table["group"] == "b", "note"]) == {"undefined (nobody in this group)"}


# -- which metrics


def test_metrics_have_one_name_in_tables() -> None:
    names = ["TPR", "Accuracy", "ppv"]
    for door in (classification.audit, classification.bootstrap):
        table = door(TRUTH, SAID, None, metrics=names)
        assert list(table["metric"]) == ["recall", "accuracy", "precision"]
    assert set(classification.pairwise(TRUTH, SAID, GROUP, "TNR")["metric"]) == {"specificity"}
    single = classification.audit(TRUTH, SAID, None, metrics="accuracy")
    assert list(single["metric"]) == ["accuracy"]
    with pytest.raises(InputError, match="'recall' twice"):
        classification.audit(TRUTH, SAID, None, metrics=["tpr", "recall"])


@pytest.mark.parametrize("name", ["ece", "ECE"])
def test_the_calibration_error_needs_scores_and_has_no_bootstrap(name: str) -> None:
    table = classification.audit(TRUTH, SAID, None, SCORE, metrics=[name])
    assert list(table["metric"]) == ["ece"]
    with pytest.raises(InputError, match="give them as score"):
        classification.audit(TRUTH, SAID, None, metrics=[name])
    with pytest.raises(InputError, match="no bootstrap"):
        classification.bootstrap(TRUTH, SAID, None, metrics=[name])


def test_rounding_is_forgiven_in_scores_and_nothing_else_is() -> None:
    just_above = 0.1 + 0.2 + 0.7 + 2.220446049250313e-16
    assert just_above > 1
    scores = np.array([just_above, 0.9, 0.2, -1e-12])
    assert classification.ece(scores, [1, 1, 0, 0]) == pytest.approx(0.075)
    table = classification.audit([1, 1, 0, 0], [1, 1, 0, 0], None, scores)
    assert table.set_index("metric").loc["ece", "value"] == pytest.approx(0.075)
    for wrong in (1.001, -0.001, -0.5):
        with pytest.raises(InputError, match="outside"):
            classification.audit([1, 0], [1, 0], None, [wrong, 0.2])
        with pytest.raises(InputError, match="confidence must be in"):
            classification.ece([wrong, 0.2], [1, 0])
    with pytest.raises(InputError, match="score must hold numbers"):
        classification.audit([1, 0], [1, 0], None, np.array(["0.9", "0.2"], dtype=object))


def test_a_millionth_is_rounding() -> None:
    assert classification.ece([-1e-6, 1 + 1e-6], [0, 1]) == 0
    for wrong in (-1.001e-6, 1 + 1.001e-6):
        with pytest.raises(InputError, match="1 of 2 are outside"):
            classification.ece([wrong, 0.5], [0, 1])


# -- figures, columns and limits of arguments


def test_tables_have_these_columns() -> None:
    for door, columns in (
        ("bootstrap", ["metric", "group", "n", "value", "low", "high", "defined"]),
        ("consistency", ["metric", "group", "n", "value", "low", "high", "by_chance"]),
    ):
        function, good = DOORS[door]
        table = function(**good)
        assert list(table) == columns
        assert list(table["metric"].unique()) == ["recall" if door == "bootstrap" else door]


def test_no_group_is_small_where_none_may_be() -> None:
    table = classification.audit([1, 0], [1, 0], ["a", "b"], metrics=["recall"], smallest=0)
    assert list(table["small"]) == [False, False]
    assert list(table["note"]) == ["", "undefined (no positives)"]
    table = classification.audit([1, 0], [1, 0], ["a", "b"], metrics=["recall"], smallest=1)
    assert list(table["small"]) == [False, True]
    assert list(table["note"]) == ["", "undefined (no positives)"]
    for door in (classification.audit, classification.gaps):
        with pytest.raises(InputError, match="smallest is -1"):
            door([1, 0], [1, 0], ["a", "b"], smallest=-1)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_the_bounds_of_a_bootstrap_leave_half_of_the_rest_on_each_side(level: float) -> None:
    # Of 1,600 faces 1,200 are right: so are as many of a resample as a binomial says.
    truth, said = np.ones(1600), np.arange(1600) % 4 > 0
    table = classification.bootstrap(
        truth, said * 1.0, None, metrics=["accuracy", "error"], level=level
    )
    low, high = stats.binom.ppf([(1 - level) / 2, (1 + level) / 2], 1600, 0.75) / 1600
    assert table.loc[0, ["low", "high"]].tolist() == pytest.approx([low, high], abs=0.0012)
    assert table.loc[1, ["low", "high"]].tolist() == pytest.approx([1 - high, 1 - low], abs=0.0012)
    assert table["defined"].tolist() == [1, 1]


def test_a_bootstrap_draws_faces_and_not_within_groups() -> None:
    # A group of one of four faces is missing in (3/4)^4 of all resamples.
    table = classification.bootstrap(
        [1, 0, 1, 0], [1, 0, 0, 1], ["a", "b", "b", "c"], metrics=["error", "recall", "fpr"]
    ).set_index(["metric", "group"])
    missing, half = 1 - 0.75**4, 1 - 0.5**4
    expected = {
        "error": {"a": missing, "b": half, "c": missing},
        "recall": {"a": missing, "b": missing, "c": 0},
        "fpr": {"a": 0, "b": missing, "c": missing},
    }
    for metric, groups in expected.items():
        for group, share in groups.items():
            row = table.loc[(metric, group)]
            assert row["defined"] == pytest.approx(share, abs=0.015)
            assert np.isnan(row["low"]) == np.isnan(row["value"]) == (share == 0)
    assert table.loc[("error", "a"), ["value", "low", "high"]].tolist() == [0, 0, 0]
    assert table.loc[("error", "b"), ["value", "low", "high"]].tolist() == [0.5, 0, 1]
    assert table.loc[("error", "c"), ["value", "low", "high"]].tolist() == [1, 1, 1]


def test_a_bootstrap_is_drawn_a_million_times_at_most() -> None:
    metrics = ["accuracy"]
    table = classification.bootstrap([1, 0], [1, 1], None, metrics=metrics, replicates=1_000_000)
    assert table[["low", "high"]].to_numpy().tolist() == [[0, 1]]
    with pytest.raises(InputError, match="replicates is 1000001"):
        classification.bootstrap([1, 0], [1, 1], None, metrics=metrics, replicates=1_000_001)


# -- verdicts on pairs


def pair(right: tuple[int, int], n: tuple[int, int], metric: str = "recall", **options: Any) -> Any:
    said = np.concatenate([np.arange(size) < hits for hits, size in zip(right, n, strict=True)])
    truth, group = np.ones(sum(n)), np.repeat(["a", "b"], n)
    return classification.pairwise(truth, said * 1.0, group, metric, **options).iloc[0]


def test_a_pair_has_a_verdict_within_its_margin() -> None:
    assert pair((190, 140), (200, 200))["verdict"] == GAP
    assert pair((1990, 1985), (2000, 2000))["verdict"] == NO_GAP
    assert pair((38, 37), (40, 40))["verdict"] == TOO_LITTLE
    assert pair((0, 0), (2, 2))["verdict"] == TOO_LITTLE
    assert pair((1990, 1900), (2000, 2000))["verdict"] == GAP
    assert pair((1990, 1900), (2000, 2000), margin=0.1)["verdict"] == NO_GAP


def test_two_against_two_differ_by_newcombes_interval_but_not_by_the_exact_chance() -> None:
    # Equal groups show it in 2 of 16 audits.
    row = pair((2, 0), (2, 2))
    assert row["low"] > 0
    assert row["p"] < 0.05
    assert row["verdict"] == TOO_LITTLE
    assert pair((6, 0), (6, 6))["verdict"] == GAP  # in 2 of 4,096


def test_groups_of_one_class_are_not_called_equal_in_what_both_classes_decide() -> None:
    assert pair((2000, 2000), (2000, 2000))["verdict"] == NO_GAP
    row = pair((2000, 2000), (2000, 2000), "accuracy")
    assert row["verdict"] == TOO_LITTLE
    assert row["note"] == "only one class in a; only one class in b"


# -- pairs, by the definition


def mixed_pairs(seed: int) -> pd.DataFrame:
    """Groups of unequal size, one of a single face, one always and one never right."""
    random = np.random.default_rng(seed)
    group = np.repeat(["one", "never", "always", "few", "many"], [1, 5, 9, 14, 40])
    truth = random.integers(0, 2, len(group))
    wrong = random.random(len(group)) < 0.3
    wrong = np.where(group == "never", True, np.where(group == "always", False, wrong))
    return pd.DataFrame({"group": group, "truth": truth, "said": truth ^ wrong})


@pytest.mark.parametrize("metric", ["accuracy", "precision", "recall", "fpr", "f1"])
def test_a_difference_and_its_interval_are_made_of_both_groups_intervals(metric: str) -> None:
    for seed, level in enumerate((0.5, 0.8, 0.95)):
        data = mixed_pairs(seed)
        alone = classification.audit(
            "truth", "said", "group", data=data, metrics=[metric], level=level
        ).set_index("group")
        table = classification.pairwise("truth", "said", "group", metric, data=data, level=level)
        assert list(table) == [
            *("metric", "first", "second", "n_first", "n_second", "difference", "low", "high"),
            *("p", "p_holm", "differs", "verdict", "note"),
        ]
        assert set(table["metric"]) == {metric}
        names = list(zip(table["first"], table["second"], strict=True))
        assert names == list(combinations(alone.index, 2))
        for row in table.to_dict("records"):
            one, two = alone.loc[row["first"]], alone.loc[row["second"]]
            assert (row["n_first"], row["n_second"]) == (one["of"], two["of"])
            gap = one["value"] - two["value"]
            below = math.sqrt((one["value"] - one["low"]) ** 2 + (two["high"] - two["value"]) ** 2)
            above = math.sqrt((one["high"] - one["value"]) ** 2 + (two["value"] - two["low"]) ** 2)
            expected = gap, gap - below, gap + above
            found = row["difference"], row["low"], row["high"]
            assert found == pytest.approx(expected, abs=1e-9, nan_ok=True)


def test_at_the_level_of_its_p_value_the_interval_of_a_pair_just_touches_zero() -> None:
    for metric in ("accuracy", "f1"):
        table = classification.pairwise("truth", "said", "group", metric, data=mixed_pairs(3))
        for row in table[table["p"].between(1e-9, 0.999999)].to_dict("records"):
            chosen = mixed_pairs(3).query("group in [@row['first'], @row['second']]")
            again = classification.pairwise(
                "truth", "said", "group", metric, data=chosen, level=1 - row["p"]
            )
            nearest = again["low" if row["difference"] > 0 else "high"][0]
            assert nearest == pytest.approx(0, abs=1e-7)
        assert (table.loc[table["difference"] == 0, "p"] == 1).all()
        assert table["p"].notna().any()


def test_the_exact_chance_of_a_pair_is_the_sum_over_all_counts() -> None:
    cells = np.array(
        [[1, 0, 0, 0], [0, 0, 3, 0], [5, 2, 4, 0], [2, 7, 2, 1], [9, 0, 0, 4], [0, 1, 0, 6]], float
    )
    first, second = (np.array(each) for each in zip(*combinations(range(len(cells)), 2)))
    for name in ("recall", "accuracy", "f1"):
        metric = classification.METRICS[name]
        found = exact_p(metric, cells[first], cells[second])
        for p, *pair in zip(found, cells[first], cells[second], strict=True):
            (one, m), (two, n) = (metric.counts(each) for each in pair)
            if m == 0 or n == 0:
                assert np.isnan(p)
                continue
            pooled, seen, total = (one + two) / (m + n), abs(one / m - two / n), 0.0
            for j, k in product(range(int(m) + 1), range(int(n) + 1)):
                if abs(j / m - k / n) >= seen - 1e-9:
                    total += stats.binom.pmf(j, m, pooled) * stats.binom.pmf(k, n, pooled)
            assert p == pytest.approx(total, abs=1e-9)


@pytest.mark.parametrize(("right", "n"), [((4, 4), (4, 4)), ((0, 0), (3, 5)), ((2, 4), (4, 8))])
def test_without_a_difference_p_is_one(right: tuple[int, int], n: tuple[int, int]) -> None:
    row = pair(right, n)
    assert (row["difference"], row["p"], row["p_holm"], row["differs"]) == (0, 1, 1, False)


def test_p_of_all_against_none_has_a_closed_form() -> None:
    # Each limit is z^2 / (n + z^2) inside, and the root of two such squares is the whole distance.
    for n in (20, 400):
        z = math.sqrt(n / (math.sqrt(2) - 1))
        assert pair((n, 0), (n, n))["p"] == pytest.approx(2 * stats.norm.sf(z), rel=1e-9)


def test_p_must_be_below_what_the_level_allows_for_a_pair_to_differ() -> None:
    # A number above one half is the distance of another from 1, to the last bit.
    p = float(pair((5, 5), (9, 10))["p"])
    assert p > 0.5
    assert not pair((5, 5), (9, 10), level=1 - p)["differs"]
    assert pair((5, 5), (9, 10), level=1 - 1.001 * p)["differs"]
    # Three against three differ by Newcombe's interval; equal groups show it in 2 of 64 audits.
    for level, verdict in ((1 - 1 / 32, TOO_LITTLE), (1 - 1.001 / 32, GAP)):
        row = pair((3, 0), (3, 3), level=level)
        assert (row["differs"], row["verdict"]) == (True, verdict)


def test_only_a_pair_in_which_a_group_has_one_class_is_not_called_alike() -> None:
    truth = np.r_[np.tile([1, 0], 4000), np.ones(4000)]
    group = np.repeat(["a", "b", "c"], 4000)
    table = classification.pairwise(truth, truth, group)
    assert list(table["verdict"]) == [NO_GAP, TOO_LITTLE, TOO_LITTLE]
    assert list(table["note"]) == ["", "only one class in c", "only one class in c"]
    table = classification.pairwise(truth, truth, group, "recall")
    assert set(table["verdict"]) == {NO_GAP}
    assert set(table["note"]) == {""}


def test_three_hundred_groups_are_compared_and_one_more_is_refused() -> None:
    first, second = _pairs(np.arange(300), [str(k) for k in range(300)])
    assert list(zip(first, second, strict=True)) == list(combinations(range(300), 2))
    faces = np.arange(3010)
    with pytest.raises(InputError, match="301 groups make 45,150 pairs"):
        classification.pairwise(faces % 2, faces % 2, faces // 10)


# -- consistency


def test_what_chance_gives_leaves_the_face_itself_out() -> None:
    # Of the 9 others, 4 have the answer of a face of the larger kind, and 4 of the other.
    said = [1] * 5 + [0] * 5
    row = classification.consistency(RANDOM.normal(size=(10, 2)), said, neighbours=3).iloc[0]
    assert row["by_chance"] == pytest.approx(4 / 9)
    uneven = classification.consistency(RANDOM.normal(size=(10, 2)), [1] * 7 + [0] * 3)
    assert uneven["by_chance"][0] == pytest.approx((7 * 6 + 3 * 2) / 90)


def test_embeddings_without_direction_or_distance_are_refused() -> None:
    points = POINTS.copy()
    points[:2] = 0
    with pytest.raises(InputError, match="2 embeddings are all zeros"):
        classification.consistency(points, SAID)
    classification.consistency(points, SAID, metric="euclidean")
    # A coordinate may be nought for some faces, or for all of them.
    points = np.c_[POINTS, np.zeros(60)]
    points[::2, 0] = 0
    classification.consistency(points, SAID)
    points[5] = 0
    with pytest.raises(InputError, match="^1 embeddings are all zeros"):
        classification.consistency(points, SAID)
    everyone_else = classification.consistency(POINTS, SAID, neighbours=59)
    assert everyone_else["value"][0] == pytest.approx(everyone_else["by_chance"][0])
    for wrong, match in (
        (np.full((60, 3), "x"), "must hold numbers"),
        ([[1, 2], [3]] * 30, "must hold numbers"),
        (np.zeros((60, 0)), "no column"),
    ):
        with pytest.raises(InputError, match=match):
            classification.consistency(wrong, SAID)
    with pytest.raises(InputError, match="metric='nearest' is no distance"):
        classification.consistency(POINTS, SAID, metric="nearest")
    for neighbours in (0, 60, 2.5):
        with pytest.raises(InputError, match="neighbours"):
            classification.consistency(POINTS, SAID, neighbours=neighbours)  # type: ignore[arg-type]


def test_nothing_is_warned_about_in_good_tables() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for function, good in DOORS.values():
            function(**good)


DEFAULTS: dict[str, dict[str, Any]] = {
    "audit": {"positive": 1, "seed": 0, "smallest": 30, "level": 0.95, "bins": 10},
    "bootstrap": {"positive": 1, "seed": 0, "replicates": 10_000, "level": 0.95},
    "gaps": {"positive": 1, "seed": 0, "smallest": 30, "level": 0.95, "margin": 0.05},
    "pairwise": {"metric": "accuracy", "positive": 1, "level": 0.95, "margin": 0.05},
    "reliability": {"positive": 1, "bins": 10, "level": 0.95},
    "consistency": {"neighbours": 5, "metric": "cosine", "level": 0.95},
}


@pytest.mark.parametrize("door", DEFAULTS)
def test_what_is_not_said_is_the_usual(door: str) -> None:
    # One group on each side of the number from which on a group is no longer small.
    random = np.random.default_rng(8)
    score = random.random(2000)
    truth = (random.random(2000) < score).astype(int)
    said = np.where(random.random(2000) < 0.04, 1 - truth, truth)
    group = np.repeat(["few", "some", "many"], [29, 30, 1941])
    given = {"truth": truth, "prediction": said, "groups": group, "score": score}
    given["embeddings"] = random.normal(size=(2000, 4))
    function, arguments = DOORS[door]
    plain = {name: given[name] for name in given if name in arguments}
    pd.testing.assert_frame_equal(function(**plain), function(**plain, **DEFAULTS[door]))


def test_the_usual_number_of_bins_is_ten() -> None:
    random = np.random.default_rng(9)
    score = random.random(500)
    right = random.random(500) < 0.5
    assert classification.ece(score, right) == classification.ece(score, right, 10)
    assert classification.ece(score, right) != classification.ece(score, right, 11)


def test_a_group_column_called_truth_does_not_hide_the_order_of_the_truth() -> None:
    table = pd.DataFrame({"truth": [1, 0, 1, 0], "told": [1, 0, 0, 0], "sex": list("fmfm")})
    mixed = table["truth"].sample(frac=1, random_state=1)
    with pytest.raises(InputError, match="different indexes"):
        classification.audit(mixed, table["told"], table[["truth", "sex"]])
