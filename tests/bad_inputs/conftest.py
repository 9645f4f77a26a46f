"""Prints what came of the bad inputs, by door and class, at the end of a run."""

import pytest

from tests.bad_inputs.harness import Case, Outcome, table

OUTCOMES = pytest.StashKey[list[tuple[Case, Outcome]]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[OUTCOMES] = []


@pytest.fixture
def outcomes(pytestconfig: pytest.Config) -> list[tuple[Case, Outcome]]:
    """Where tests put what came of each input, for the table."""
    return pytestconfig.stash.setdefault(OUTCOMES, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    found = terminalreporter.config.stash.get(OUTCOMES, [])
    if found:
        terminalreporter.section("bad inputs, by door and by what came of them")
        terminalreporter.write_line(table(found))
