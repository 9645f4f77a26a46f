"""One check for each exercise: ``check.exercise_7_1(your_function)``.

A check passes on any correct answer, whatever its style, because it tests properties. When it does
not pass it raises :class:`NotYet`, which a notebook shows as one sentence and no traceback.
"""

from helpers.checks.chapter_00 import exercise_0_1
from helpers.checks.chapter_01 import (
    exercise_1_1,
    exercise_1_2,
    exercise_1_3,
    exercise_1_4,
    exercise_1_5,
)
from helpers.checks.chapter_02 import (
    exercise_2_1,
    exercise_2_2,
    exercise_2_3,
    exercise_2_4,
    exercise_2_5,
)
from helpers.checks.chapter_03 import (
    exercise_3_1,
    exercise_3_2,
    exercise_3_3,
    exercise_3_4,
    exercise_3_5,
)
from helpers.checks.chapter_07 import exercise_7_1, exercise_7_2, exercise_7_3, exercise_7_4
from helpers.checks.grading import NotYet, Passed

__all__ = [
    "NotYet",
    "Passed",
    "exercise_0_1",
    "exercise_1_1",
    "exercise_1_2",
    "exercise_1_3",
    "exercise_1_4",
    "exercise_1_5",
    "exercise_2_1",
    "exercise_2_2",
    "exercise_2_3",
    "exercise_2_4",
    "exercise_2_5",
    "exercise_3_1",
    "exercise_3_2",
    "exercise_3_3",
    "exercise_3_4",
    "exercise_3_5",
    "exercise_7_1",
    "exercise_7_2",
    "exercise_7_3",
    "exercise_7_4",
]
