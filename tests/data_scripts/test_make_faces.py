"""The command draws what ``load`` then finds."""

import subprocess
import sys
from pathlib import Path

import pytest

from data_scripts.make_faces import main
from helpers import datasets, faces


def test_what_was_drawn_is_loaded_and_not_drawn_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["synthetic", "--n", "12", "--size", "64", "--root", str(tmp_path)]) == 0
    shown = capsys.readouterr()
    (path,) = tmp_path.iterdir()
    assert shown.out.startswith("12 faces, 0 MB")
    assert str(path) in shown.out
    call = shown.out.splitlines()[-1].strip()
    assert call == f"""datasets.load("synthetic", n=12, size=64, root={str(tmp_path)!r})"""
    loaded = datasets.load("synthetic", n=12, size=64, root=tmp_path)
    assert len(loaded) == 12
    assert "drawing" not in capsys.readouterr().err


def test_options_of_a_shortcut_reach_it(tmp_path: Path) -> None:
    command = ["synthetic-shortcut", "--factor", "hat", "--clean", "--n", "24", "--size", "64"]
    assert main([*command, "--root", str(tmp_path)]) == 0
    (path,) = tmp_path.iterdir()
    assert path.name.startswith("synthetic-shortcut-hat-0.0-24-seed0-64px-")


def test_options_of_another_data_set_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["synthetic", "--people", "40"])
    assert left.value.code == 2
    assert "--people" in capsys.readouterr().err


def test_a_mistake_is_a_sentence_and_exit_code_2(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "data_scripts/make_faces.py", "synthetic-identities"]
    ended = subprocess.run(
        [*command, "--people", "41", "--root", str(tmp_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "people is 41: a multiple of 40" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_interruption_says_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(people: list[faces.Face], size: int) -> faces.Rendered:
        raise KeyboardInterrupt

    monkeypatch.setattr(faces, "render", interrupted)
    assert main(["synthetic", "--n", "12", "--root", str(tmp_path)]) == 130
    assert "it goes on from here" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--n", "-5"], "n is -5"),
        (["--seed", "-1"], "seed is -1"),
        (["--size", "9"], "size is 9"),
        (["--root", "~nosuchuser/faces"], "no user of that name"),
    ],
)
def test_a_number_or_folder_that_will_not_do_is_a_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["synthetic", "--n", "12", "--root", str(tmp_path), *words]) == 2
    assert complaint in capsys.readouterr().err
