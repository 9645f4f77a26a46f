from pathlib import Path

import pytest

from data_scripts import make_faces
from helpers import datasets


def test_what_the_script_draws_is_what_load_finds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_faces.main(["synthetic", "--n", "12", "--size", "64", "--root", str(tmp_path)])
    assert "12 faces of synthetic" in capsys.readouterr().out
    (file,) = tmp_path.iterdir()
    before = file.stat().st_mtime_ns
    datasets.load("synthetic", root=tmp_path, n=12, size=64)
    assert file.stat().st_mtime_ns == before


def test_a_shortcut_is_drawn_for_the_named_factor(tmp_path: Path) -> None:
    arguments = ["synthetic-shortcut", "--factor", "hat", "--clean", "--n", "12", "--size", "64"]
    make_faces.main([*arguments, "--root", str(tmp_path)])
    (file,) = tmp_path.iterdir()
    assert file.name.startswith("synthetic-shortcut-hat-0.0-12-")
