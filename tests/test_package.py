"""What a reader relies on before the first chapter: the package is light and complete."""

import ast
import importlib.util
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import helpers

ROOT = Path(__file__).parents[1]
HEAVY = ("torch", "tensorflow", "matplotlib", "pandas", "numpy")


def loaded_by(code: str) -> set[str]:
    """Names of the modules that a fresh interpreter has loaded after running ``code``."""
    listing = f"{code}\nimport sys\nprint(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", listing], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(run.stdout.split())


def test_importing_the_package_loads_no_heavy_library() -> None:
    # A bound on the work rather than on a clock: numpy alone takes longer than all that is left.
    assert loaded_by("import helpers").isdisjoint(HEAVY)


def test_importing_every_room_does_not_load_tensorflow() -> None:
    rooms = [room for room in helpers.__all__ if room != "__version__"]
    loaded = loaded_by("import helpers\n" + "\n".join(f"helpers.{room}" for room in rooms))
    assert f"helpers.{rooms[0]}" in loaded, "the rooms were not imported at all"
    assert loaded.isdisjoint({"tensorflow", "keras", "xplique", "mtcnn"})


@pytest.mark.parametrize("room", sorted(set(helpers.__all__) - {"__version__"}))
def test_a_room_the_package_names_exists(room: str) -> None:
    assert importlib.util.find_spec(f"helpers.{room}") is not None


def test_a_misspelt_room_is_reported_by_name() -> None:
    with pytest.raises(AttributeError, match="'explian'"):
        _ = helpers.explian


def test_the_version_is_the_one_in_pyproject_and_in_the_citation() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert helpers.__version__ == project["version"]
    assert f"version: {helpers.__version__}\n" in (ROOT / "CITATION.cff").read_text(
        encoding="utf-8"
    )


def test_type_checkers_may_use_the_annotations() -> None:
    assert (Path(helpers.__file__).parent / "py.typed").exists()


MODULES = sorted(Path(helpers.__file__).parent.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_is_read_in_one_sitting_and_a_function_on_one_screen(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            documented = len((ast.get_docstring(node, clean=False) or "").splitlines())
            assert lines - documented <= 40, node.name


def test_no_function_hides_the_module_that_it_comes_from() -> None:
    for path in MODULES:
        room = ".".join(path.relative_to(ROOT).parts[:-1])
        names = {
            each.name
            for each in ast.parse(path.read_text("utf-8")).body
            if isinstance(each, ast.FunctionDef)
        }
        assert path.stem not in names, f"{room}.{path.stem} hands out a function of its own name"
