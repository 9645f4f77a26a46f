"""Findings about libraries, run as a reader would run them."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import laws
import pandas as pd
import pytest

from data_scripts.libraries import LIBRARIES
from data_scripts.reproductions import REPRODUCTIONS, Reproduction, holds
from helpers.explain import LAWS

ROOT = Path(__file__).parents[2]
TABLE = pd.read_csv(ROOT / "book" / "laws.csv", dtype=str, keep_default_na=False)


def installed(library: str) -> str:
    """The version that is installed, "" if there is none."""
    try:
        return version(library)
    except PackageNotFoundError:
        return ""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("each", REPRODUCTIONS, ids=lambda each: f"{each.library}, {each.law}")
def test_a_finding_holds_in_the_version_that_it_names(each: Reproduction) -> None:
    library, number = each.library.split()
    if installed(library) != number:
        pytest.skip(f"{each.library} is not installed")
    assert holds(each), "mended? then take it off the list"


def test_the_table_knows_every_library_and_law() -> None:
    assert set(TABLE.library) == set(LIBRARIES)
    assert set(TABLE.law) == set(LAWS.index)
    assert set(TABLE.passed) <= {"yes", "no", ""}
    assert (TABLE.groupby(["library", "method"]).size() == len(LAWS)).all()


def test_the_page_says_what_was_measured() -> None:
    assert laws.is_current(ROOT), "run python book/tools/laws.py"


@pytest.mark.parametrize("each", [each for each in REPRODUCTIONS if each.law != "masks"])
def test_every_finding_stands_in_the_table(each: Reproduction) -> None:
    library, number = each.library.split()
    rows = TABLE[(TABLE.library == library) & (TABLE.law == each.law)]
    assert set(TABLE.version[TABLE.library == library]) == {number}
    assert (rows.passed == "no").any()
