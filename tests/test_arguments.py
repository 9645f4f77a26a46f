"""Arguments are what they are said to be, or one sentence names them and says what would do."""

import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from helpers import arguments
from helpers.errors import BadTable, InputError, UnknownName

NAN, INF = float("nan"), float("inf")
NO_NUMBER = [None, "3", b"3", True, np.True_, [3], {3}, NAN, INF, -INF, 1j, np.array("3"), object()]


def sentence(check: Callable[..., Any], *values: Any, **options: Any) -> str:
    """The one sentence that a check refuses values with."""
    with pytest.raises(InputError) as refused:
        check(*values, **options)
    said = str(refused.value)
    assert said.endswith(".")
    assert "\n" not in said
    assert len(said) < 400
    return said


# -- whole numbers


@pytest.mark.parametrize("three", [3, np.int64(3), np.uint8(3), np.array(3), torch.tensor(3)])
def test_a_whole_number_of_any_library_counts(three: Any) -> None:
    found = arguments.count(three, "bins", 3, 3)
    assert (found, type(found)) == (3, int)


@pytest.mark.parametrize("wrong", [*NO_NUMBER, 3.0, 3.5, np.float32(3), torch.tensor([3, 3])])
def test_what_is_no_whole_number_is_named(wrong: Any) -> None:
    assert "bins is" in sentence(arguments.count, wrong, "bins")


@pytest.mark.parametrize("wrong", [0, 11, -1, 10**9])
def test_a_count_out_of_range_is_told_its_range(wrong: int) -> None:
    assert f"bins is {wrong}: give a whole number from 1 to 10." in sentence(
        arguments.count, wrong, "bins", 1, 10
    )


def test_a_number_of_thousands_of_digits_is_named_without_them() -> None:
    said = sentence(arguments.count, 10**6000, "bins", 1, 10)
    assert said == "bins is a int: give a whole number from 1 to 10."


def test_seeds_are_those_that_every_generator_takes() -> None:
    for good in (0, 1, 2**32 - 1):
        np.random.RandomState(arguments.seed(good))
    for wrong in (-1, 2**32, 1.5, None):
        assert "seed is" in sentence(arguments.seed, wrong)


# -- numbers


@pytest.mark.parametrize("half", [0.5, np.float32(0.5), np.array(0.5), torch.tensor(0.5)])
def test_a_number_of_any_library_is_a_float(half: Any) -> None:
    found = arguments.number(half, "sigma", 0.5, 0.5)
    assert (found, type(found)) == (0.5, float)


@pytest.mark.parametrize("wrong", [*NO_NUMBER, [[1], [1, 2]], 10**400, np.datetime64("2020-01-01")])
def test_what_is_no_finite_number_is_named(wrong: Any) -> None:
    assert "sigma is" in sentence(arguments.number, wrong, "sigma")
    assert "share is" in sentence(arguments.share, wrong, "share")


def test_bounds_belong_to_a_range_unless_they_are_open() -> None:
    for bound in (1, 2):
        assert arguments.number(bound, "x", 1, 2) == bound
        opened = {"open_low": bound == 1, "open_high": bound == 2}
        assert f"x is {bound}" in sentence(arguments.number, bound, "x", 1, 2, **opened)
        assert arguments.number(1.5, "x", 1, 2, **opened) == 1.5
    said = sentence(arguments.number, 3, "x", 1, 2, open_low=True, open_high=True)
    assert said == "x is 3: give a number, above 1 and below 2."
    assert sentence(arguments.number, 0.9, "x", 1) == "x is 0.9: give a number, at least 1."
    assert sentence(arguments.number, 2.1, "x", high=2) == "x is 2.1: give a number, at most 2."
    assert sentence(arguments.number, NAN, "x") == "x is nan: give a number that is finite."


def test_a_percentage_is_told_its_share() -> None:
    assert "give a share from 0 to 1, for instance 0.95 for 95 %." in sentence(arguments.level, 95)
    assert "for instance 0.011 for 1.1 %" in sentence(arguments.share, 1.1, "fmr")
    assert "for instance" not in sentence(arguments.share, 101, "fmr")


def test_a_share_may_be_0_and_1_and_a_level_may_not() -> None:
    assert arguments.share(0, "x") == 0
    assert arguments.share(1, "x") == 1
    assert arguments.level(0.95) == 0.95
    for wrong in (0, 1):
        assert "above 0 and below 1" in sentence(arguments.level, wrong)


# -- choices


def test_where_nothing_will_do_no_range_is_told() -> None:
    said = sentence(arguments.count, 2, "grid", 2, 1)
    assert said == "grid must be 2 or more, but there is room for 1 at most."


def test_a_line_break_at_the_end_of_a_name_is_shown() -> None:
    assert r"there is no method 'gradcam\n'" in sentence(
        arguments.choice, "gradcam\n", "method", ["gradcam"]
    )


def test_one_of_several_is_called_by_the_singular() -> None:
    for name in ("methods", "method"):
        said = sentence(arguments.choices, ["gradcam", "nope"], name, ["gradcam"])
        assert said.startswith("there is no method 'nope'")


def test_a_choice_is_one_of_those_there_are() -> None:
    assert arguments.choice("a", "letter", "abc") == "a"
    assert arguments.choice(np.int64(2), "tone", range(3)) == 2
    assert arguments.choice(np.str_("a"), "letter", ["a"]) == "a"
    assert arguments.choice(None, "letter", [None, "a"]) is None


@pytest.mark.parametrize("wrong", ["gradcan", None, 3, NAN, ["gradcam"], np.zeros(2), {"a"}, b"a"])
def test_what_is_no_choice_is_told_those_there_are(wrong: Any) -> None:
    with pytest.raises(UnknownName, match=r"there is no method .*Known: gradcam, scorecam\."):
        arguments.choice(wrong, "method", ["gradcam", "scorecam"])


def test_the_nearest_choice_is_suggested_and_long_names_are_cut() -> None:
    assert "did you mean 'gradcam'?" in sentence(arguments.choice, "gradcan", "method", ["gradcam"])
    assert "aaa...aaa" in sentence(arguments.choice, "a" * 5000, "method", ["gradcam"])


def test_several_choices_keep_their_order_and_one_alone_is_a_list() -> None:
    assert arguments.choices(("b", "a"), "letters", "abc") == ["b", "a"]
    assert arguments.choices("b", "letters", "abc") == ["b"]
    for wrong, said in (
        ([], "letters is empty: give at least one of a, b, c"),
        (["a", "b", "a"], "letters has 'a' twice"),
        (["a", "d"], "there is no letter 'd'"),
        (None, "letters is None: give a list of names"),
        (3, "letters is 3: give a list of names"),
    ):
        assert said in sentence(arguments.choices, wrong, "letters", "abc")


# -- arrays


@pytest.mark.parametrize(
    "values",
    [
        [0.0, 1.0],
        (0, 1),
        np.array([False, True]),
        np.array([0, 1], np.uint8),
        np.array([0.0, 1.0], object),
        pd.Series([0, 1], dtype="Int64"),
        torch.tensor([0.0, 1.0], requires_grad=True),
        torch.tensor([0.0, 1.0], dtype=torch.bfloat16),
        torch.tensor([False, True]),
    ],
)
def test_numbers_of_any_library_become_doubles(values: Any) -> None:
    found = arguments.finite_array(values, "scores")
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, [0, 1])


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "12",
        ["1", "2"],
        [1, "2"],
        [1, None],
        [1, 2j],
        np.array([1j]),
        np.array(["2020-01-01"], "datetime64[D]"),
        [[1], [1, 2]],
        {1, 2},
        {"a": 1},
        [10**400],
        pd.Series(["1"], dtype="category"),
    ],
)
def test_what_holds_no_numbers_is_named_by_its_type(wrong: Any) -> None:
    assert "scores must hold numbers, not" in sentence(arguments.finite_array, wrong, "scores")


def test_names_keep_their_kind_and_a_gap_is_no_name() -> None:
    for values in (
        [torch.tensor(1), torch.tensor(0.0, requires_grad=True)],
        torch.tensor([1.0, 0.0], dtype=torch.bfloat16, requires_grad=True),
        np.ma.array([1, 0]),
    ):
        assert arguments.plain_array(values, "genuine").tolist() == [1, 0]
    assert arguments.plain_array(["a", None], "group").tolist() == ["a", None]
    assert arguments.plain_array([[1], [1, 2]], "group").ndim == 1
    gap = np.ma.array(["a", "b"], mask=[False, True])
    assert "group has 1 masked entries" in sentence(arguments.plain_array, gap, "group")
    for wrong, why in (
        (np.array([1j]), "must hold one value per row"),
        (np.array([(1, 2)], "i4,i4"), "is an array of records with the fields f0, f1"),
    ):
        assert why in sentence(arguments.plain_array, wrong, "group")
    sparse = torch.eye(2).to_sparse()
    assert "must be a list or an array" in sentence(arguments.plain_array, sparse, "group")


def test_holes_in_an_array_are_counted_and_the_first_is_placed() -> None:
    said = sentence(arguments.finite_array, [1, NAN, INF, 4], "scores")
    assert "scores holds 2 of 4 values that are NaN or infinite, the first at position 1" in said
    masked = np.ma.array([1, 2, 3], mask=[False, False, True])
    assert "1 of 3 values" in sentence(arguments.finite_array, masked, "scores")


def test_an_array_has_the_axes_and_the_shape_that_are_asked_for() -> None:
    assert arguments.finite_array(np.zeros((2, 3)), "x", 2, (None, 3)).shape == (2, 3)
    assert "must have 1 axes, but its shape is (2, 3)" in sentence(
        arguments.finite_array, np.zeros((2, 3)), "x", 1
    )
    for wrong in ((2, 2), (2, 3, 1), (3,)):
        said = sentence(arguments.finite_array, np.zeros(wrong), "x", shape=(None, 3))
        assert f"x must have shape (any, 3), but has {wrong}" in said


def test_rounding_beyond_a_bound_is_cut_off_and_more_is_refused() -> None:
    np.testing.assert_array_equal(
        arguments.finite_array([-1e-10, 1 + 1e-10], "x", None, None, 0, 1), [0, 1]
    )
    said = sentence(arguments.finite_array, [-0.1, 0.5], "x", low=0, high=1)
    assert said == "x runs from -0.1 to 0.5, but must be at least 0 and at most 1."
    assert "x runs from 0.5 to 1.1" in sentence(arguments.finite_array, [0.5, 1.1], "x", high=1)
    assert arguments.finite_array([], "x", low=0, high=1).size == 0


# -- columns of anything


def test_entries_that_are_masked_are_refused_whatever_they_hold() -> None:
    gone = np.arange(4) > 1
    for values in (np.arange(4), np.arange(4.0), np.array(list("abcd")), np.array([None] * 4)):
        said = sentence(arguments.plain, np.ma.array(values, mask=gone), "groups")
        assert "groups has 2 masked entries, the first at position 2" in said
        found = arguments.plain(np.ma.array(values), "groups")
        assert type(found) is np.ndarray
        np.testing.assert_array_equal(found, values)
    assert "1 masked" in sentence(arguments.plain, ["a", np.ma.masked], "groups")


def test_tensors_become_arrays_and_records_are_refused() -> None:
    for dtype in (torch.bfloat16, torch.float16, torch.float32):
        tensor = torch.tensor([0.5, 1.0], dtype=dtype, requires_grad=True)
        np.testing.assert_array_equal(arguments.plain(tensor, "scores"), [0.5, 1])
        np.testing.assert_array_equal(arguments.plain(list(tensor), "scores"), [0.5, 1])
    records = np.zeros(2, [("x", int), ("y", int)])
    assert "groups is an array of records with the fields x, y" in sentence(
        arguments.plain, records, "groups"
    )
    assert arguments.plain("group", "groups") == "group"


def test_masked_numbers_that_are_not_real_are_no_numbers() -> None:
    for values in (np.array([1j, 2]), np.array(["1", "2"]), np.array(["1", 2], object)):
        masked = np.ma.array(values, mask=[False, True])
        assert "must hold numbers" in sentence(arguments.number_array, masked, "scores")


def test_numbers_are_shown_without_their_type() -> None:
    shown = [arguments.shown(each) for each in (np.int64(0), np.float32(0.1), Decimal("0.5"))]
    assert shown == ["0", "0.1", "0.5"]
    assert arguments.shown([np.int64(0), np.str_("a")]) == "[0, 'a']"
    assert (arguments.shown(np.str_("a")), arguments.shown(np.str_("a"), quoted=False)) == (
        "'a'",
        "a",
    )


# -- tables and lists


def test_a_table_has_each_column_once() -> None:
    table = pd.DataFrame([[1, 2, 3]], columns=["a", "b", "b"])
    arguments.columns(table, ["a"])
    with pytest.raises(BadTable, match=r"pairs\.csv has no column 'c'; it has a, b, b\."):
        arguments.columns(table, ["a", "c"], "pairs.csv")
    with pytest.raises(BadTable, match="the table has 2 columns called 'b'"):
        arguments.columns(table, ["b"])
    with pytest.raises(InputError, match="the table must be a pandas table, not nothing"):
        arguments.columns(None, ["a"])
    with pytest.raises(BadTable, match="no column at all"):
        arguments.columns(pd.DataFrame(), ["a"])


def test_lists_that_belong_together_are_as_long() -> None:
    assert arguments.same_length(scores=[1, 2], genuine=np.zeros(2), group=None) == 2
    assert sentence(arguments.same_length, scores=[1, 2], genuine=[1]) == (
        "scores has 2 values but genuine has 1."
    )
    assert "genuine is 3: give a list" in sentence(arguments.same_length, scores=[1], genuine=3)


def test_the_checks_need_neither_torch_nor_pandas() -> None:
    code = (
        "import sys; import helpers; from helpers import arguments, files, errors\n"
        "print([each for each in ('torch', 'pandas', 'tensorflow', 'scipy') if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_slices_shifted_by_a_row_are_refused_and_plain_lists_pass():
    frame = pd.DataFrame({"score": [0.1, 0.2, 0.3, 0.4], "same": [1, 0, 1, 0]})
    arguments.one_order(score=frame["score"], same=frame["same"], group=["a", "b", "a", "b"])
    arguments.one_order(score=[1, 2], same=(1, 0), group=None)
    with pytest.raises(InputError, match="score and same have different indexes"):
        arguments.one_order(score=frame["score"][1:], same=frame["same"][:-1])
    with pytest.raises(InputError, match="different indexes"):
        arguments.one_order(score=frame["score"].sort_values(ascending=False), same=frame["same"])


def test_an_index_that_counts_says_nothing_beside_names_of_files():
    named = pd.Series([0.1, 0.2], index=["a.jpg", "b.jpg"])
    arguments.one_order(score=named, same=pd.Series([1, 0]))
    with pytest.raises(InputError, match="different indexes"):
        arguments.one_order(score=named, same=pd.Series([1, 0], index=["b.jpg", "a.jpg"]))
