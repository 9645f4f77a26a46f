"""Who looks at a table does not wait for a network."""

from tests.test_package import loaded_by

TABLE = """
import pandas as pd
from helpers import plots
table = pd.DataFrame({"value": [0.5], "low": [0.4], "high": [0.6], "n": 60}, index=["a"])
plots.dots(table, "accuracy").draw_without_rendering()
"""


def test_the_checks_load_no_torch_until_an_exercise_needs_it() -> None:
    assert "torch" not in loaded_by("import helpers.checks")
    assert "torch" not in loaded_by("from helpers import checks\nchecks.exercise_2_4")
    assert "torch" in loaded_by("from helpers import checks\nchecks.exercise_7_1")


def test_a_table_is_drawn_without_torch() -> None:
    assert "torch" not in loaded_by(TABLE)


def test_figures_of_audits_load_neither_torch_nor_plotly() -> None:
    loaded = loaded_by("from helpers import plots\nplots.bias.disparities, plots.verification.det")
    assert loaded.isdisjoint({"torch", "plotly", "scipy.stats", "sklearn"})
