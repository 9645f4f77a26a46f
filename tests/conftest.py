"""What every room's tests share: real data where there is some, and a web server on loopback."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# data_scripts is no installed package, and its tests import it.
sys.path.insert(0, str(Path(__file__).parents[1]))

from helpers import datasets
from helpers.datasets import save_image
from helpers.datasets.places import VARIABLE
from tests.bad_inputs.harness import BAD_INPUT, table
from tests.loopback import Server

_TABLE = "fairface_label_val.csv"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        f"real_data: needs real photographs; runs when {VARIABLE} points at a folder with fairface",
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what came of the bad inputs; here, where the tests of all processes are reported."""
    found = [
        (door, kind)
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", None) == "call"
        for name, (door, kind) in report.user_properties
        if name == BAD_INPUT
    ]
    if found:
        terminalreporter.section("bad inputs, by door and by what came of them")
        terminalreporter.write_line(table(found))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if _has_fairface():
        return
    skip = pytest.mark.skip(reason=f"{VARIABLE} points at no folder with fairface")
    for item in items:
        if "real_data" in item.keywords:
            item.add_marker(skip)


def _has_fairface() -> bool:
    named = os.environ.get(VARIABLE)
    if not named:
        return False
    return any((Path(named) / each / _TABLE).is_file() for each in ("fairface", "."))


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of the real data; tests that use it are marked real_data."""
    named = os.environ.get(VARIABLE)
    if not named:
        pytest.skip(f"{VARIABLE} is not set")
    return Path(named)


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Paths of whole photographs by name.

    "astronaut" is always there; "ivan" (one face) and "no-faces" only with the real data, so tests
    that use those are marked real_data.
    """
    portrait = tmp_path_factory.mktemp("photos") / "astronaut.png"
    found = {"astronaut": save_image(portrait, datasets.astronaut())}
    extra = Path(os.environ.get(VARIABLE, "nowhere")) / "photos"
    found |= {path.stem: path for path in sorted(extra.glob("*.jpg"))}
    return found


@pytest.fixture
def server() -> Iterator[Server]:
    """A web server on this machine; see :class:`tests.loopback.Server`."""
    with Server() as running:
        yield running
