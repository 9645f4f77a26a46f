"""What an installed wheel is: complete, with a command of its own, away from the checkout."""

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZipFile

import pytest
from PIL import Image

import helpers
from helpers import datasets

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow


def run(words: Sequence[str | Path], folder: Path) -> str:
    run = subprocess.run(words, capture_output=True, text=True, check=False, cwd=folder)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a copy: a build leaves folders behind."""
    copy = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    shutil.copytree(
        ROOT / "helpers", copy / "helpers", ignore=shutil.ignore_patterns("__pycache__")
    )
    words = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    run([*words, "--wheel-dir", copy / "dist", "."], copy)
    return next((copy / "dist").glob("*.whl"))


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command in a fresh environment, to which this one lends the libraries, not `helpers`."""
    home = tmp_path_factory.mktemp("installed") / "venv"
    run([sys.executable, "-m", "venv", "--without-pip", home], home.parent)
    folder = Path(
        sysconfig.get_path("purelib", "venv", vars={"base": str(home), "platbase": str(home)})
    )
    # As a .pth file would: but without the .pth of this environment, which names the checkout.
    (folder / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    scripts = Path(
        sysconfig.get_path("scripts", "venv", vars={"base": str(home), "platbase": str(home)})
    )
    python = scripts / Path(sys.executable).name
    words = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps"]
    run([*words, "--no-index", "--ignore-installed", wheel], home.parent)
    return scripts / "explaining-faces"


def test_a_wheel_holds_every_module_and_all_weights(wheel: Path) -> None:
    held = set(ZipFile(wheel).namelist())
    package = Path(helpers.__file__).parent
    wanted = [*package.rglob("*.py"), *package.rglob("*.toml")]
    wanted += (package / "models" / "weights").iterdir()
    missing = {path.relative_to(package.parent).as_posix() for path in wanted} - held
    assert not missing
    assert "helpers/py.typed" in held
    assert not {name for name in held if name.startswith(("tests", "chapters", "data_scripts"))}


def test_the_installed_command_explains_a_photograph(command: Path, tmp_path: Path) -> None:
    Image.fromarray(datasets.astronaut()).save(tmp_path / "photo.png")
    said = run([command, "explain", "photo.png", "--output", "map.png"], tmp_path)
    assert "photo.png" in said
    with Image.open(tmp_path / "map.png") as figure:
        assert figure.size[0] > 300
    used = run(
        [command.with_name("python"), "-c", "import helpers; print(helpers.__file__)"], tmp_path
    )
    assert Path(used.strip()).is_relative_to(command.parents[1])


def test_the_installed_command_calls_itself_by_its_name(command: Path, tmp_path: Path) -> None:
    assert "Usage: explaining-faces " in run([command, "--help"], tmp_path)
