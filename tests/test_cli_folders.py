"""A folder of photographs in, figures, faces and one table out."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from typer.testing import CliRunner

from helpers import datasets, faces, models
from helpers.cli import app, figures, photographs
from helpers.cli.folders import COLUMNS, TABLE
from helpers.datasets import save_image
from helpers.errors import InputError
from helpers.explain import explain
from helpers.models.architectures import NarrowResNet18

Run = Callable[..., Any]  # of typer's Result


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Explain a folder with a small network, in a folder of its own; faces are taken as they are."""
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    models.save(NarrowResNet18(("Male", "Female"), width=8), "small.safetensors")
    before = ["explain", "--model", "small.safetensors", "--no-crop"]
    return lambda *words: CliRunner().invoke(
        app, [*before, *map(str, words)], catch_exceptions=False
    )


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Two drawn faces, one of them in a folder of its own, and what is no picture."""
    album = tmp_path / "album"
    (album / "people").mkdir(parents=True)
    drawn = faces.render(faces.sample(2, seed=1)).images
    save_image(album / "a.png", drawn[0])
    save_image(album / "people" / "b.jpg", drawn[1])
    (album / "letter.jpg").write_text("Dear all,")
    return album


def table(folder: str = "out") -> pd.DataFrame:
    return pd.read_csv(Path(folder, TABLE), index_col="file", keep_default_na=False)


def refusal(result: Any) -> str:
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("Error: ")
    return str(result.stderr)


def test_each_photograph_gets_a_figure_a_face_and_a_row(run: Run, album: Path) -> None:
    result = run(album, "--output", "out", "--save-crops", "cropped", "--method", "hirescam")
    assert result.exit_code == 0
    rows = table()
    assert list(rows.index) == ["a.png", "people/b.jpg"]
    assert tuple(rows.reset_index().columns) == COLUMNS
    assert list(rows["picture"]) == ["a-hirescam.png", "people/b-hirescam.png"]
    for picture, crop in zip(rows["picture"], rows["cropped"], strict=True):
        assert datasets.read_image(Path("out", picture)).shape[1] > 500
        assert datasets.read_image(Path("cropped", crop)).shape == (112, 112, 3)
    assert "left out: letter.jpg" in result.stdout
    assert "is not a picture" in result.stdout


def test_the_rows_hold_what_the_network_and_the_method_say(run: Run, album: Path) -> None:
    run(album, "--output", "out", "--save-crops", "cropped", "--method", "hirescam", "-t", "Male")
    network = models.load("small.safetensors")
    for file, row in table().iterrows():
        image = datasets.to_tensor([datasets.read_image(album / str(file))], (112, 112))
        with torch.no_grad():
            score = float(network(image)[0, 0])
        maps = explain(network, image, "Male", "hirescam")
        assert row["explained"] == "Male"
        assert row["score"] == pytest.approx(score, abs=1e-4)
        assert row["lowest"] == pytest.approx(float(maps.min()), abs=1e-5)
        assert row["highest"] == pytest.approx(float(maps.max()), abs=1e-5)
        crop = datasets.read_image(Path("cropped", row["cropped"]))
        expected = (image[0] * 255).round().byte().permute(1, 2, 0).numpy()
        np.testing.assert_array_equal(crop, expected)


def test_what_was_done_is_not_done_again(
    run: Run, album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(album, "--output", "out")
    drawn = []
    monkeypatch.setattr(figures, "save", lambda figure, path: drawn.append(path.name))
    assert run(album, "--output", "out").exit_code == 0
    assert drawn == []
    save_image(album / "a.png", datasets.astronaut())
    assert run(album, "--output", "out").exit_code == 0
    assert drawn == ["a-gradcam.png"]


def test_an_interrupted_run_keeps_its_rows_and_goes_on(
    run: Run, album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = figures.save

    def stop(figure: Any, path: Path) -> None:
        if path.name.startswith("b"):
            raise KeyboardInterrupt
        save(figure, path)

    monkeypatch.setattr(figures, "save", stop)
    assert run(album, "--output", "out").exit_code != 0
    assert list(table().index) == ["a.png"]
    monkeypatch.setattr(figures, "save", save)
    assert run(album, "--output", "out").exit_code == 0
    assert list(table().index) == ["a.png", "people/b.jpg"]


def test_the_row_of_a_photograph_that_is_gone_stays(run: Run, album: Path) -> None:
    run(album, "--output", "out")
    (album / "a.png").unlink()
    save_image(album / "c.png", datasets.astronaut())
    assert run(album, "--output", "out").exit_code == 0
    assert list(table().index) == ["a.png", "c.png", "people/b.jpg"]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--method", "hirescam"), "method 'gradcam', now 'hirescam'"),
        (("--target", "Male"), "target '', now 'Male'"),
        (("--layer", "layer3"), "layer 'layer4', now 'layer3'"),
        (("--crop",), "crop 'False', now 'True'"),
    ],
)
def test_answers_to_two_questions_are_not_mixed(
    run: Run, album: Path, words: tuple[str, ...], named: str
) -> None:
    run(album, "--output", "out")
    before = Path("out", TABLE).read_bytes()
    sentence = refusal(run(album, "--output", "out", *words))
    assert f"holds answers to another question ({named})" in sentence
    assert Path("out", TABLE).read_bytes() == before


def test_nothing_of_the_readers_is_overwritten(run: Run, album: Path) -> None:
    Path("out").mkdir()
    Path("out", TABLE).write_text("my,own,table\n1,2,3\n")
    assert "is not a table of this program" in refusal(run(album, "--output", "out"))
    assert Path("out", TABLE).read_text() == "my,own,table\n1,2,3\n"
    save_image(Path("crops", "a.png"), datasets.astronaut())
    result = run(album, "--output", "other", "--save-crops", "crops")
    assert (
        "left out: a.png: crops/a.png exists and is not a figure of this program" in result.stdout
    )
    np.testing.assert_array_equal(datasets.read_image(Path("crops", "a.png")), datasets.astronaut())
    assert list(table("other").index) == ["people/b.jpg"]


def test_photographs_of_one_name_get_figures_of_their_own(run: Run, album: Path) -> None:
    shutil.copy(album / "a.png", album / "A.PNG")
    save_image(album / "a.jpg", datasets.astronaut())
    assert run(album, "--output", "out").exit_code == 0
    pictures = table()["picture"]
    assert len(pictures) == 4
    assert pictures.is_unique


def test_no_two_results_are_one_file(run: Run, tmp_path: Path) -> None:
    album, drawn = tmp_path / "likes", faces.render(faces.sample(4, seed=1)).images
    for name, image in zip(["a.jpg", "a.png", "a.jpg.png", "a-gradcam.png"], drawn, strict=True):
        save_image(album / name, image)
    assert run(album, "--output", "out", "--save-crops", "out").exit_code == 0
    rows = table()
    assert len({*rows["picture"], *rows["cropped"]}) == 8
    for file, row in rows.iterrows():
        image = datasets.to_tensor([datasets.read_image(album / str(file))], (112, 112))[0]
        crop = datasets.read_image(Path("out", row["cropped"]))
        np.testing.assert_array_equal(crop, (image * 255).round().byte().permute(1, 2, 0).numpy())


def test_a_new_photograph_takes_no_figure_of_one_that_was_explained(run: Run, album: Path) -> None:
    run(album, "--output", "out", "--save-crops", "cropped")
    before = Path("out", "a-gradcam.png").read_bytes()
    (album / "a.png").rename(album / "z.png")
    save_image(album / "a.jpg", datasets.astronaut())
    assert run(album, "--output", "out", "--save-crops", "cropped").exit_code == 0
    rows = table()
    assert list(rows.index) == ["a.jpg", "a.png", "people/b.jpg", "z.png"]
    assert rows["picture"].is_unique
    assert rows["cropped"].is_unique
    assert rows.loc["a.png", "picture"] == "a-gradcam.png"
    assert Path("out", "a-gradcam.png").read_bytes() == before


def test_a_photograph_keeps_its_figure_when_its_namesake_comes(
    run: Run, album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(album, "--output", "out")
    save_image(album / "a.jpg", datasets.astronaut())
    drawn, save = [], figures.save

    def watched(figure: Any, path: Path) -> None:
        drawn.append(path.name)
        save(figure, path)

    monkeypatch.setattr(figures, "save", watched)
    assert run(album, "--output", "out").exit_code == 0
    assert drawn == ["a.jpg-gradcam.png"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--method", "rollout"), "rollout does not hold on this network"),
        (("--method", "region_shapley"), "masks of the regions of each picture, which the command"),
        (("--method", "occlusion", "--option", "patch=999"), "patch is 999"),
        (("--output", "/proc/x"), "/proc/x could not be written"),
    ],
)
def test_a_question_without_an_answer_is_told_once(
    run: Run, album: Path, words: tuple[str, ...], sentence: str
) -> None:
    result = run(album, "--output", "out", *words)
    assert sentence in refusal(result)
    assert result.output.count(sentence) == 1
    assert "written: " not in result.output
    assert not Path("out", TABLE).exists()


def test_a_folder_of_which_nothing_can_be_read_fails(run: Run, album: Path) -> None:
    (album / "a.png").write_text("Dear all,")
    (album / "people" / "b.jpg").write_text("Dear all,")
    result = run(album, "--output", "out")
    assert "none of the 3 photograph(s) could be explained" in refusal(result)
    assert result.stdout.count("left out: ") == 3


def test_a_problem_of_one_photograph_is_not_taken_for_one_of_the_question(
    run: Run, album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = photographs.explained

    def explained(photos: Any, *rest: Any) -> Any:
        if photos[0].name == "a.png":
            raise InputError("a map of NaN")
        return answer(photos, *rest)

    monkeypatch.setattr(photographs, "explained", explained)
    result = run(album, "--output", "out")
    assert result.exit_code == 0
    assert "left out: a.png: a map of NaN" in result.stdout
    assert list(table().index) == ["people/b.jpg"]


def test_one_question_asked_in_two_ways_is_one(run: Run, album: Path) -> None:
    words = ("--output", "out", "--method", "occlusion")
    run(album, *words, "--option", "patch=56", "--option", "stride=56", "-t", "Female")
    assert "baseline=" in table()["options"].iloc[0]
    again = ("--option", "stride=56", "--option", "patch=56", "--option", "baseline=mean")
    assert run(album, *words, *again, "-t", "1").exit_code == 0
    assert run(album, *words, *again, "-t", "female").exit_code == 0
    assert "(options" in refusal(run(album, *words, "-t", "1"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: text[:-40], "row 3 has"),
        (lambda text: text.rstrip() + ",more\r\n", f"row 3 has {len(COLUMNS) + 1} cells"),
        (lambda text: text + "x" * 200_000, "is not a table of this program"),
        (lambda text: "", "is not a table of this program"),
    ],
)
def test_a_table_that_was_damaged_is_said_to_be(
    run: Run, album: Path, change: Callable[[str], str], sentence: str
) -> None:
    run(album, "--output", "out")
    path = Path("out", TABLE)
    path.write_text(change(path.read_text()))
    damaged = path.read_bytes()
    assert sentence in refusal(run(album, "--output", "out"))
    assert path.read_bytes() == damaged


@pytest.mark.parametrize("option", ["--output", "--save-crops"])
def test_results_are_not_written_among_the_photographs(run: Run, album: Path, option: str) -> None:
    for place in (album, album / "people", album / "new"):
        assert "lies in the folder of the photographs" in refusal(run(album, option, place))
    assert not (album / "new").exists()


def test_what_cannot_be_a_folder_of_results_is_refused(run: Run, album: Path) -> None:
    Path("file.png").write_bytes(b"")
    assert "is no folder" in refusal(run(album, "--output", "file.png"))
    Path("empty").mkdir()
    assert "there is no photograph in it" in refusal(run("empty", "--output", "out"))
    assert "--save-crops is for a folder" in refusal(
        run(album / "a.png", "--save-crops", "cropped")
    )
    assert "is a folder" in refusal(run(album, album / "a.png"))


def test_a_face_is_looked_for_where_that_is_wanted(run: Run, album: Path) -> None:
    save_image(album / "astronaut.png", datasets.astronaut())
    save_image(album / "wall.png", np.full((60, 60, 3), 200, np.uint8))
    result = run(album, "--crop", "--output", "out", "--save-crops", "cropped")
    assert "left out: wall.png: no face was found" in result.stdout
    row = table().loc["astronaut.png"]
    assert row["faces"] == 1
    assert 60 < float(row["width"]) < 110
    assert 0 < float(row["x"]) < 300


def test_an_option_of_the_method_is_written_as_name_and_value(run: Run, album: Path) -> None:
    for option in ("steps", "=3", " =3"):
        assert "write it as NAME=VALUE" in refusal(run(album, "--option", option))
    twice = ("--method", "occlusion", "--option", "patch=8", "--option", "patch=16")
    assert "--option patch is given twice" in refusal(run(album, *twice))
    sentence = refusal(run(album, "--option", "steps=3"))
    assert "gradcam does not take steps: it has no options" in sentence
