"""The framing of FairFace is measured on its pictures, or a sentence says why not."""

from pathlib import Path

import pytest

from data_scripts.measure_framing import main


@pytest.mark.real_data
def test_faces_fill_the_middle_of_their_pictures(
    data_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--pictures", "6"]) == 0
    first, *rows = capsys.readouterr().out.splitlines()
    assert first.startswith("one face in ")
    x, y, side = (float(row.split()[-2]) for row in rows)
    assert 0.4 < x < 0.6
    assert 0.4 < y < 0.6
    assert 0.7 < side < 1


@pytest.mark.real_data
@pytest.mark.parametrize("pictures", ["0", "-3", "1000000"])
def test_a_number_of_pictures_that_there_is_not_is_refused(
    data_folder: Path, capsys: pytest.CaptureFixture[str], pictures: str
) -> None:
    assert main(["--pictures", pictures]) == 2
    assert "--pictures is" in capsys.readouterr().err


def test_without_fairface_there_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--root", str(tmp_path)]) == 2
    assert "FairFace is not here" in capsys.readouterr().err
