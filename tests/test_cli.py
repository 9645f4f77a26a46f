"""A photograph goes in, a figure in its right colours comes out, or one sentence does."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from typer.testing import CliRunner

from helpers import cli, datasets, explain, models
from helpers.cli import app
from helpers.datasets import save_image
from helpers.errors import InputError
from helpers.models.architectures import NarrowEmbedder, NarrowResNet18

RED, BLUE = (255, 0, 0), (0, 0, 255)
Run = Callable[..., Any]  # of typer's Result


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network with the weights of its birth, which are enough to be explained."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("model") / "small.safetensors"
    models.save(NarrowResNet18(("Male", "Female"), width=8), path)
    return path


@pytest.fixture(scope="module")
def sees_red(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network whose class Red is spoken for by red places and against by blue ones."""
    network = NarrowResNet18(("Other", "Red"), width=8)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.zeros_(module.weight)
    # Channel 0 carries red and channel 1 blue, unchanged, to the last stage.
    shortcuts: list[Any] = [network.layer2[0], network.layer3[0], network.layer4[0]]
    with torch.no_grad():
        network.conv1.weight[0, 0, 1, 1] = network.conv1.weight[1, 2, 1, 1] = 1
        for block in shortcuts:
            block.downsample[0].weight[[0, 1], [0, 1]] = 1
        network.fc.weight.zero_()
        network.fc.weight[1, 0], network.fc.weight[1, 1] = 1, -0.5
    path = tmp_path_factory.mktemp("model") / "red.safetensors"
    models.save(network, path)
    return path


@pytest.fixture(scope="module")
def recogniser(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network without classes, which returns embeddings."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("model") / "recogniser.safetensors"
    models.save(NarrowEmbedder(width=8), path)
    return path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return save_image(tmp_path / "astronaut.png", datasets.astronaut())


@pytest.fixture
def half_red(tmp_path: Path) -> Path:
    picture = np.zeros((112, 112, 3), dtype=np.uint8)
    picture[:, :56], picture[:, 56:] = RED, BLUE
    return save_image(tmp_path / "half.png", picture)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in a folder of its own; whatever it raises beyond an exit fails the test."""
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    return lambda *words, **options: runner.invoke(
        app, [str(word) for word in words], catch_exceptions=False, **options
    )


def refusal(result: Any) -> str:
    """The one sentence that the command was refused with."""
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.output
    return result.stderr


def panels(figure: Path) -> list[np.ndarray]:
    """The pictures of a figure's only row, cut out of it: what is not white, from left to right."""
    pixels = datasets.read_image(figure).astype(float)
    ink: np.ndarray = np.asarray((pixels < 250).any(-1))
    middle = ink[len(ink) // 2 - 20 : len(ink) // 2 + 20].mean(0) > 0.5
    edges = np.flatnonzero(np.diff(np.concatenate([[0], middle.astype(int), [0]])))
    spans = [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > 60]
    rows = [np.flatnonzero(ink[:, a:b].mean(1) > 0.95)[[0, -1]] for a, b in spans]
    return [
        pixels[top : bottom + 1, a:b] for (a, b), (top, bottom) in zip(spans, rows, strict=True)
    ]


def halves(panel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean colour of the left and of the right part, away from their border."""
    width = panel.shape[1]
    left, right = panel[5:-5, 5 : width * 2 // 5], panel[5:-5, width * 3 // 5 : -5]
    return left.mean((0, 1)), right.mean((0, 1))


def thumbnail(image: np.ndarray) -> np.ndarray:
    small = Image.fromarray(image.astype(np.uint8)).resize((24, 24), Image.Resampling.BOX)
    return np.asarray(small, dtype=float)


# -- what comes out


def test_a_face_is_found_and_explained(run: Run, photo: Path, model: Path, tmp_path: Path) -> None:
    figure = tmp_path / "new" / "out.png"
    result = run("explain", photo, "--method", "hirescam", "--model", model, "-o", figure)
    assert result.exit_code == 0, result.output
    assert f"written: {figure}" in result.stdout
    assert re.search(r"answer is (Male|Female) \d+ %; explained is (Male|Female)", result.stdout)
    assert result.stderr == ""
    whole, crop, _ = panels(figure)
    np.testing.assert_allclose(thumbnail(whole)[12:], thumbnail(datasets.astronaut())[12:], atol=12)
    assert np.abs(thumbnail(crop) - thumbnail(datasets.astronaut())).mean() > 20, "it is cropped"


def test_the_photograph_keeps_its_colours(
    run: Run, half_red: Path, sees_red: Path, tmp_path: Path
) -> None:
    assert run("explain", half_red, "--no-crop", "--model", sees_red).exit_code == 0
    for panel in panels(tmp_path / "half-gradcam.png")[:2]:
        left, right = halves(panel)
        np.testing.assert_allclose(left, RED, atol=3)
        np.testing.assert_allclose(right, BLUE, atol=3)


def test_where_the_relevance_lies_the_map_is_yellow(
    run: Run, half_red: Path, sees_red: Path, tmp_path: Path
) -> None:
    run("explain", half_red, "--no-crop", "--model", sees_red, "--target", "Red")
    left, right = halves(panels(tmp_path / "half-gradcam.png")[2])
    assert min(left[:2]) > 180 > left[2] + 20, "the red half spoke for Red"
    assert np.ptp(right) < 5, "the blue half did not: it stays grey"


def test_in_a_signed_map_red_is_for_and_blue_against(
    run: Run, half_red: Path, sees_red: Path, tmp_path: Path
) -> None:
    run("explain", half_red, "--no-crop", "-m", sees_red, "-t", "Red", "--method", "hirescam")
    left, right = halves(panels(tmp_path / "half-hirescam.png")[2])
    assert left[0] > left[2] + 50
    assert right[2] > right[0] + 50


def test_a_target_goes_by_its_name_or_its_number(
    run: Run, half_red: Path, sees_red: Path, tmp_path: Path
) -> None:
    drawn = {}
    for target in ("Red", "red", "1", "0"):
        figure = tmp_path / f"{target}-out.png"
        result = run("explain", half_red, "--no-crop", "-m", sees_red, "-t", target, "-o", figure)
        assert f"explained is {'Other' if target == '0' else 'Red'}" in result.stdout
        drawn[target] = figure.read_bytes()
    assert drawn["Red"] == drawn["1"] == drawn["red"]
    assert drawn["Red"] != drawn["0"]


def test_without_a_target_the_answer_is_explained(
    run: Run, half_red: Path, sees_red: Path, tmp_path: Path
) -> None:
    result = run("explain", half_red, "--no-crop", "--model", sees_red)
    found = re.search(r"answer is (\w+) \d+ %; explained is (\w+)", result.stdout)
    assert found
    assert found[1] == found[2] == "Red"


def test_a_layer_can_be_chosen(run: Run, half_red: Path, model: Path, tmp_path: Path) -> None:
    maps = []
    for layer in ("layer1", "layer4"):
        run("explain", half_red, "--no-crop", "-m", model, "-l", layer, "-o", f"{layer}.png")
        maps.append(thumbnail(panels(tmp_path / f"{layer}.png")[2]))
    assert np.abs(maps[0] - maps[1]).mean() > 1


def test_several_photographs_make_one_figure_with_a_row_each(
    run: Run, photo: Path, half_red: Path, model: Path, tmp_path: Path
) -> None:
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    run("explain", photo, "--no-crop", "--model", model, "-o", one)
    result = run("explain", photo, half_red, "--no-crop", "--model", model, "-o", two)
    assert result.stdout.count("the model's answer is") == 2
    assert f"{half_red}: the model's answer is" in result.stdout
    heights = [datasets.read_image(each).shape[0] for each in (one, two)]
    assert heights[1] == 2 * heights[0]


def as_rgba(image: Image.Image) -> Image.Image:
    return image.convert("RGBA")


def as_16_bit(image: Image.Image) -> Image.Image:
    return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)


def as_palette(image: Image.Image) -> Image.Image:
    return image.convert("P", palette=Image.Palette.ADAPTIVE)


def as_grey(image: Image.Image) -> Image.Image:
    return image.convert("L")


def as_cmyk(image: Image.Image) -> Image.Image:
    return image.convert("CMYK")


def as_held_sideways(image: Image.Image) -> Image.Image:
    turned = image.transpose(Image.Transpose.ROTATE_90)
    turned.getexif()[0x0112] = 6
    return turned


@pytest.mark.parametrize(
    ("stored", "suffix", "colourful"),
    [
        (as_rgba, ".png", True),
        (as_palette, ".png", True),
        (as_cmyk, ".jpg", True),
        (as_held_sideways, ".jpg", True),
        (as_grey, ".jpg", False),
        (as_16_bit, ".png", False),
    ],
)
def test_every_kind_of_picture_shows_as_it_is(
    run: Run,
    model: Path,
    tmp_path: Path,
    stored: Callable[[Image.Image], Image.Image],
    suffix: str,
    colourful: bool,
) -> None:
    upright = Image.fromarray(datasets.astronaut())
    kept = stored(upright)
    kept.save(tmp_path / f"in{suffix}", exif=kept.getexif())
    result = run("explain", f"in{suffix}", "--no-crop", "--model", model, "-o", "out.png")
    assert result.exit_code == 0, result.output
    expected = np.asarray(upright if colourful else upright.convert("L").convert("RGB"))
    for panel in panels(tmp_path / "out.png")[:2]:
        assert np.abs(thumbnail(panel) - thumbnail(expected)).mean() < 6


def test_all_faces_are_listed_and_the_largest_is_explained(
    run: Run, model: Path, tmp_path: Path
) -> None:
    portrait = Image.fromarray(datasets.astronaut())
    scene = Image.new("RGB", (900, 512), "white")
    scene.paste(portrait.resize((256, 256)), (0, 100))
    scene.paste(portrait, (300, 0))
    scene.save(tmp_path / "two.png")
    result = run("explain", "two.png", "--model", model, "-o", "out.png")
    assert result.exit_code == 0, result.output
    assert "two.png shows 2 faces; the largest, the first of these, is explained:" in result.stdout
    first, second = re.findall(r"(\d)\. (\d+) x \d+ px at \((\d+), \d+\)", result.stdout)
    assert (first[0], second[0]) == ("1", "2")
    assert int(first[1]) > int(second[1])
    assert int(second[2]) < 256 < int(first[2])


def test_concepts_are_drawn_and_their_error_is_told(
    run: Run, photo: Path, model: Path, tmp_path: Path
) -> None:
    result = run("factorize", photo, "--no-crop", "-k", 3, "--model", model)
    assert result.exit_code == 0, result.output
    assert re.search(r"relative error of the factorisation: \d+ %", result.stdout)
    assert all(word in result.stdout for word in ("share", "Male", "Female"))
    shown = panels(tmp_path / "astronaut-concepts.png")
    assert len(shown) == 5, "the photograph, the strongest concept, and three concepts"
    assert np.abs(thumbnail(shown[0]) - thumbnail(datasets.astronaut())).mean() < 6


def test_concepts_of_a_face_found_by_the_detector(
    run: Run, photo: Path, model: Path, tmp_path: Path
) -> None:
    result = run("factorize", photo, "--components", 2, "--model", model, "-l", "layer3")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "astronaut-concepts.png").is_file()


def test_the_methods_are_listed(run: Run) -> None:
    listed = run("methods").stdout
    assert all(method in listed for method in explain.METHODS.index)


@pytest.mark.parametrize("slow", [1, 2])
def test_the_number_of_threads_is_the_quicker_one(
    slow: int, photo: Path, model: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = [2]
    clock = [0.0]

    def tick() -> float:
        clock[0] += 2.0 if threads[-1] == slow else 1.0
        return clock[0]

    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    monkeypatch.setattr(torch, "set_num_threads", threads.append)
    monkeypatch.setattr("time.perf_counter", tick)
    words = ["explain", photo, "--no-crop", "-m", model, "--method"]
    run(*words, "gradcam")
    assert threads == [2], "a method of one pass is not worth a measurement"
    assert run(*words, "scorecam").exit_code == 0
    assert threads[-1] == 3 - slow


def test_all_is_told_about_one_method(run: Run) -> None:
    told = run("methods", "rise").stdout
    assert "options: samples=2000" in told
    assert "paper: Petsiuk et al. 2018" in told
    assert "options: none" in run("methods", "gradcam").stdout
    assert "did you mean 'rise'" in refusal(run("methods", "risee"))


@pytest.mark.parametrize("command", [[], ["explain"], ["factorize"]])
def test_the_help_fits_a_terminal_of_80_columns(run: Run, command: list[str]) -> None:
    result = run(*command, "--help", env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
    assert result.exit_code == 0
    assert max(len(line) for line in result.stdout.splitlines()) <= 80
    assert "…" not in result.stdout, "nothing is cut off"


@pytest.mark.slow
def test_the_command_needs_no_network_and_is_silent_about_its_libraries(
    photo: Path, model: Path, tmp_path: Path
) -> None:
    code = (
        "import runpy, socket, sys\n"
        "def refuse(*_, **__): raise AssertionError('the network was used')\n"
        "socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse\n"
        "sys.argv = ['helpers', *sys.argv[1:]]\n"
        "runpy.run_module('helpers', run_name='__main__')"
    )
    words = ["explain", str(photo), "--model", str(model), "--output", str(tmp_path / "out.png")]
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out.png").is_file()


def test_the_module_is_a_command(tmp_path: Path) -> None:
    words = ["explain", "nowhere.jpg", "--method", "gradcam", "--output", "out.txt"]
    done = subprocess.run(
        [sys.executable, "-m", "helpers", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1


# -- what does not


def test_no_face_is_a_sentence(run: Run, model: Path, tmp_path: Path) -> None:
    save_image(tmp_path / "wall.png", np.full((90, 120, 3), 180, dtype=np.uint8))
    for command in ("explain", "factorize"):
        sentence = refusal(run(command, "wall.png", "--model", model))
        assert "no face was found in wall.png (120 x 90 px)" in sentence
        assert "--no-crop" in sentence
    assert not list(tmp_path.glob("wall-*.png"))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--method", "gradcan"], r"no method 'gradcan': did you mean 'gradcam'.*hirescam"),
        (["--layer", "layer5"], r"no layer 'layer5': did you mean 'layer4'.*layer1"),
        (["--target", "Femal"], r"no target 'Femal': did you mean 'Female'.*Known: Male, Female"),
        (["--target", "2"], r"target 2 is out of range.*0 to 1 \(0 Male, 1 Female\)"),
        (["--target", "-1"], r"target -1 is out of range"),
        (["--layer", "fc"], r"choose a convolutional layer"),
    ],
)
def test_a_wrong_choice_is_a_sentence_and_from_python_the_same_one(
    run: Run, photo: Path, model: Path, words: list[str], expected: str
) -> None:
    sentence = refusal(run("explain", photo, "--no-crop", "--model", model, *words))
    assert re.search(expected, sentence)
    name = words[0].removeprefix("--")
    value: Any = int(words[1]) if words[1].lstrip("-").isdigit() else words[1]
    options = {"targets" if name == "target" else name: value}
    with pytest.raises(InputError) as refused:
        explain.explain(models.load(model), torch.rand(1, 3, 112, 112), **options)
    assert str(refused.value) in sentence


def test_an_unknown_layer_or_target_is_told_before_the_detector_runs(
    run: Run, model: Path, tmp_path: Path
) -> None:
    save_image(tmp_path / "wall.png", np.full((90, 120, 3), 180, dtype=np.uint8))
    for words in (["--layer", "layer5"], ["--target", "7"]):
        assert "no face" not in refusal(run("explain", "wall.png", "-m", model, *words))


@pytest.mark.parametrize(
    "words",
    [
        ("methods",),
        ("explain", "nowhere.jpg"),
        ("factorize", "nowhere.jpg"),
        ("explain", "photo.png", "--method", "magic"),
        ("explain", "photo.png", "--output", "map.jpg"),
        ("factorize", "photo.png", "--components", "0"),
    ],
    ids=" ".join,
)
def test_what_needs_no_network_waits_for_no_network(tmp_path: Path, words: tuple[str, ...]) -> None:
    save_image(tmp_path / "photo.png", datasets.astronaut())
    code = (
        "import sys\nfrom helpers import cli\n"
        f"sys.argv = ['explaining-faces', *{words!r}]\n"
        "try:\n    cli.main()\nfinally:\n"
        "    print(sorted({'torch', 'pandas', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert said.stdout.splitlines()[-1] == "[]"


def test_a_photograph_that_cannot_be_read_is_named(run: Run, model: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.jpg").write_text("I am a letter")
    assert "letter.jpg is not a picture" in refusal(run("explain", "letter.jpg", "-m", model))
    assert "nowhere.jpg" in refusal(run("explain", "nowhere.jpg", "-m", model))
    assert "is a folder" in refusal(run("factorize", tmp_path, "-m", model))


def test_a_model_that_is_not_there_is_a_sentence(run: Run, photo: Path, tmp_path: Path) -> None:
    assert "no model 'gender-fairfac'" in refusal(run("explain", photo, "-m", "gender-fairfac"))
    missing = tmp_path / "mine.safetensors"
    assert f"{missing} does not exist" in refusal(run("explain", photo, "-m", missing))
    missing.write_bytes(b"not weights")
    assert "does not hold a network" in refusal(run("explain", photo, "-m", missing))
    assert "may hold pickled objects" in refusal(run("explain", photo, "-m", "mine.pt"))


@pytest.mark.parametrize(("components", "most"), [(0, 598), (-1, 598), (-2, 598), (17, 16)])
def test_components_out_of_range_are_a_sentence(
    run: Run, photo: Path, model: Path, components: int, most: int
) -> None:
    words = ["factorize", photo, "--no-crop", "-m", model, "-l", "layer2", "-k", components]
    assert re.search(f"components .*give a whole number from 1 to {most}", refusal(run(*words)))
    if components < 17:  # before any photograph is looked at
        assert f"--components is {components}" in refusal(run(*words, *["none.jpg"] * 101))


def test_the_output_is_a_png_in_a_place_that_can_be_written(
    run: Run, photo: Path, model: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.png").mkdir()
    for output, expected in (
        ("out.jpg", "must end in .png"),
        ("folder.png", "is a folder"),
        ("file/out.png", "is a file, not a folder"),
        ("file/deeper/out.png", "is a file, not a folder"),
    ):
        words = ["explain", photo, "--no-crop", "-m", model, "-o", output]
        assert expected in refusal(run(*words))


@pytest.mark.skipif(sys.platform != "linux", reason="needs a folder that not even root can write")
def test_a_folder_that_cannot_be_written_is_a_sentence(run: Run, photo: Path, model: Path) -> None:
    words = ["explain", photo, "--no-crop", "-m", model, "-o", "/proc/explained/out.png"]
    assert "/proc/explained/out.png could not be written" in refusal(run(*words))


@pytest.mark.parametrize("command", ["explain", "factorize"])
def test_a_file_of_the_readers_is_never_overwritten(
    run: Run, photo: Path, model: Path, tmp_path: Path, command: str
) -> None:
    mine = save_image(tmp_path / "mine.png", np.zeros((4, 4, 3), dtype=np.uint8))
    notes = tmp_path / "notes.png"
    notes.write_text("no picture at all")
    for existing in (mine, notes, photo):
        before = existing.read_bytes()
        words = [command, photo, "--no-crop", "-m", model, "-o", existing]
        assert "nothing of yours is overwritten" in refusal(run(*words))
        assert existing.read_bytes() == before


@pytest.mark.parametrize("command", ["explain", "factorize"])
def test_photographs_of_one_name_get_a_figure_each(
    run: Run, photo: Path, half_red: Path, model: Path, tmp_path: Path, command: str
) -> None:
    what = {"explain": "gradcam", "factorize": "concepts"}[command]
    drawn = []
    for folder, source in (("a", photo), ("b", half_red), ("b", half_red)):
        (tmp_path / folder).mkdir(exist_ok=True)
        shutil.copy(source, tmp_path / folder / "x.png")
        before = set(tmp_path.iterdir())
        result = run(
            command, f"{folder}/x.png", "--no-crop", "-m", model, *(["-k2"] * (what[0] == "c"))
        )
        (new,) = set(tmp_path.iterdir()) - before
        assert f"written: {new.name}" in result.stdout
        drawn.append((new.name, new.read_bytes()))
    assert [name for name, _ in drawn] == [f"x-{what}{end}.png" for end in ("", "-2", "-3")]
    assert drawn[0] == (f"x-{what}.png", (tmp_path / f"x-{what}.png").read_bytes())
    assert drawn[0][1] != drawn[1][1] == drawn[2][1]


def test_a_figure_named_by_nobody_takes_no_name_of_a_letter_or_a_link(
    run: Run, photo: Path, model: Path, tmp_path: Path
) -> None:
    (tmp_path / "astronaut-gradcam.png").write_text("dear diary")
    (tmp_path / "astronaut-gradcam-2.png").symlink_to("nowhere")
    assert run("explain", photo, "--no-crop", "-m", model).exit_code == 0
    assert (tmp_path / "astronaut-gradcam.png").read_text() == "dear diary"
    assert not (tmp_path / "nowhere").exists()
    assert (tmp_path / "astronaut-gradcam-3.png").is_file()


def test_our_own_figure_is_replaced(run: Run, photo: Path, model: Path, tmp_path: Path) -> None:
    words = ["explain", photo, "--no-crop", "-m", model, "-o", "out.png", "-t"]
    assert run(*words, "Male").exit_code == 0
    before = (tmp_path / "out.png").read_bytes()
    assert run(*words, "Female").exit_code == 0
    assert (tmp_path / "out.png").read_bytes() != before


def test_a_photograph_is_not_overwritten_even_if_it_is_a_figure_of_ours(
    run: Run, photo: Path, model: Path, tmp_path: Path
) -> None:
    run("explain", photo, "--no-crop", "-m", model, "-o", "out.png")
    before = (tmp_path / "out.png").read_bytes()
    words = ["explain", "out.png", "--no-crop", "-m", model, "-o", tmp_path / "." / "out.png"]
    assert "nothing of yours is overwritten" in refusal(run(*words))
    assert (tmp_path / "out.png").read_bytes() == before


# -- models without classes, and many photographs


def test_a_recogniser_has_no_answer_and_the_sentence_says_what_works(
    run: Run, half_red: Path, recogniser: Path
) -> None:
    sentence = refusal(run("explain", half_red, "--no-crop", "-m", recogniser))
    assert "has no classes: it returns an embedding" in sentence
    assert "factorize" in sentence
    assert "has no classes" in refusal(run("explain", half_red, "-m", "synthetic-recogniser"))


def test_a_coordinate_of_an_embedding_can_be_explained(
    run: Run, half_red: Path, recogniser: Path
) -> None:
    result = run("explain", half_red, "--no-crop", "-m", recogniser, "--target", "3")
    assert result.exit_code == 0, result.output
    assert "answer is an embedding of 64 numbers; explained is coordinate 3" in result.stdout
    assert "out of range" in refusal(
        run("explain", half_red, "--no-crop", "-m", recogniser, "-t", 64)
    )


def test_what_a_recogniser_sees_can_be_factored(
    run: Run, half_red: Path, recogniser: Path, tmp_path: Path
) -> None:
    result = run("factorize", half_red, "--no-crop", "-k", 2, "-m", recogniser)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "half-concepts.png").is_file()


class Counted(nn.Module):
    """A network that remembers how many images it was given at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.network = NarrowResNet18(("Male", "Female"), width=8, input_size=(16, 16)).eval()
        self.classes, self.input_size, self.layer = ("Male", "Female"), (16, 16), "network.layer4"
        self.given: list[int] = []
        self.eval()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.given.append(len(images))
        return self.network(images)


@pytest.mark.parametrize("method", ["gradcam", "fullgrad"])
def test_photographs_go_through_the_network_once_and_in_batches(
    run: Run, half_red: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    network = Counted()
    monkeypatch.setattr(models, "load", lambda name: network)
    # What is drawn is tested elsewhere; seventy rows of it take their time.
    monkeypatch.setattr(cli.figures, "save", lambda figure, path: None)
    monkeypatch.setattr("helpers.plots.explanation", lambda *_: None)
    result = run("explain", *[half_red] * 70, "--no-crop", "--method", method)
    assert result.exit_code == 0, result.output
    assert result.stdout.count("the model's answer is") == 70
    assert max(network.given) <= 32
    if method == "gradcam":
        assert sum(network.given) == 70


def test_answers_are_those_of_the_network(
    run: Run, half_red: Path, photo: Path, model: Path, tmp_path: Path
) -> None:
    network: Any = models.load(model)
    images = datasets.to_tensor(
        [datasets.read_image(each) for each in (half_red, photo)], (112, 112)
    )
    with torch.no_grad():
        shares = network(images).softmax(1)
    result = run("explain", half_red, photo, "--no-crop", "-m", model, "--method", "scorecam")
    for file, row in zip((half_red, photo), shares, strict=True):
        answer = f"{network.classes[int(row.argmax())]} {100 * float(row.max()):.0f} %"
        assert f"{file}: the model's answer is {answer};" in result.stdout


def test_a_model_whose_answer_is_no_number_is_a_sentence(
    run: Run, half_red: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Counted()
    with torch.no_grad():
        network.network.fc.weight.fill_(float("nan"))
    monkeypatch.setattr(models, "load", lambda name: network)
    assert re.search("NaN|infinite", refusal(run("explain", half_red, "--no-crop")))


@pytest.mark.parametrize(
    ("words", "most"),
    [
        (["explain", *["a.jpg"] * 101], r"101 photographs.* at most 100 photograph\(s\)"),
        (["factorize", *["a.jpg"] * 101], r"101 photographs.* at most 100 photograph\(s\)"),
        (
            ["factorize", *["a.jpg"] * 3, "-k", "300"],
            r"at most 1 photograph\(s\) at a time or fewer components",
        ),
        (["factorize", "a.jpg", "-k", "1000"], "--components is 1000: give .* from 1 to 598"),
    ],
)
def test_a_figure_too_large_to_be_drawn_is_told_before_the_work(
    run: Run, words: list[str], most: str
) -> None:
    assert re.search(most, refusal(run(*words)))


# -- names, streams and disks


@pytest.mark.parametrize("stem", ["l" * 248, "山" * 82, "é" * 120, "a." + "b" * 240])
def test_a_figure_named_after_a_long_name_has_a_name_that_fits(
    run: Run, half_red: Path, model: Path, tmp_path: Path, stem: str
) -> None:
    named = half_red.rename(tmp_path / f"{stem}.png")
    result = run("explain", named.name, "--no-crop", "--model", model)
    assert result.exit_code == 0, result.output
    (figure,) = [each for each in tmp_path.iterdir() if each != named]
    assert figure.name.endswith("-gradcam.png")
    assert len(os.fsencode(figure.name)) <= 255
    assert stem.startswith(figure.name.removesuffix("-gradcam.png"))


def test_names_that_no_file_can_have_are_a_sentence(run: Run, photo: Path, model: Path) -> None:
    long = "m" * 300 + ".png"
    assert "file name too long" in refusal(run("explain", long, "-m", model))
    assert "file name too long" in refusal(run("explain", photo, "-m", model, "-o", long))


@pytest.mark.parametrize("words", [("",), ("a.png", "-o", ""), ("a.png", "--save-crops", " ")])
def test_no_name_is_not_the_folder_one_is_in(run: Run, words: tuple[str, ...]) -> None:
    result = run("explain", *words)
    assert result.exit_code == 2
    assert "'' names no file or folder" in result.stderr


@pytest.mark.parametrize("target", ["9" * 5000, "-" + "9" * 5000, "x" * 5000, "", " ", "²", "1.0"])
def test_a_target_of_any_length_is_a_sentence(
    run: Run, photo: Path, model: Path, target: str
) -> None:
    sentence = refusal(run("explain", photo, "--no-crop", "-m", model, f"--target={target}"))
    assert "target" in sentence
    assert len(sentence) < 400


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipes_and_devices_are_refused_at_once(
    run: Run, photo: Path, model: Path, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "device.png").symlink_to("/dev/zero")
    for odd in ("pipe.png", "device.png"):
        assert "is a pipe or a device" in refusal(run("explain", photo, "-m", model, "-o", odd))
        assert "is a pipe or a device" in refusal(run("factorize", odd, "-m", model))


@pytest.mark.parametrize("charset", ["cp1252", "ascii", "latin-1"])
def test_a_terminal_that_lacks_a_character_shows_a_question_mark(
    half_red: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, charset: str
) -> None:
    monkeypatch.chdir(tmp_path)
    named = half_red.rename(tmp_path / "half 😀 山.png")
    words = ["explain", named.name, "--no-crop", "-m", str(model)]
    result = CliRunner(charset=charset).invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0
    assert "half ? ?.png: the model's answer is" in result.output
    assert (tmp_path / "half 😀 山-gradcam.png").is_file()
    missing = CliRunner(charset=charset).invoke(app, ["explain", "😀.png", "-m", str(model)])
    assert missing.exit_code == 2
    assert "?.png does not exist" in missing.output


@pytest.mark.parametrize("words", [["explain", "--targett", "😀"], ["😀"], ["--help"]])
def test_a_command_that_is_misspelt_is_told_in_any_encoding(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "helpers", *words],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        check=False,
    )
    assert b"Traceback" not in done.stderr
    assert done.returncode == (0 if words == ["--help"] else 2)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_what_cannot_be_printed_is_a_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        words = [sys.executable, "-m", "helpers", "--help"]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "Error: the output could not be written: no space left on device.\n"


def old_figure(run: Run, half_red: Path, model: Path, tmp_path: Path) -> tuple[list[Any], bytes]:
    words = ["explain", half_red, "--no-crop", "-m", model, "-o", "out.png", "-t"]
    assert run(*words, "Male").exit_code == 0
    return words, (tmp_path / "out.png").read_bytes()


def test_a_full_disk_leaves_the_old_figure_whole(
    run: Run, half_red: Path, model: Path, tmp_path: Path
) -> None:
    resource = pytest.importorskip("resource")
    words, before = old_figure(run, half_red, model, tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        result = run(*words, "Female")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "out.png could not be written: file too large" in refusal(result)
    assert (tmp_path / "out.png").read_bytes() == before
    assert {each.name for each in tmp_path.iterdir()} == {half_red.name, "out.png"}


def test_ctrl_c_while_the_figure_is_written_leaves_the_old_one_whole(
    run: Run, half_red: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words, before = old_figure(run, half_red, model, tmp_path)

    def interrupted(_: Any, path: Path, **options: Any) -> None:
        path.write_bytes(b"half of a fig")
        raise KeyboardInterrupt

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", interrupted)
    assert run(*words, "Female").exit_code != 0
    assert (tmp_path / "out.png").read_bytes() == before
    assert {each.name for each in tmp_path.iterdir()} == {half_red.name, "out.png"}


AS_NOBODY = """
import os, sys
from typer.testing import CliRunner
from helpers import cli
# What is imported on the way lies where nobody may read.
warm = ["explain", "in.png", "--no-crop", "-m", "model.safetensors", "-o", "warm.png"]
assert CliRunner().invoke(cli.app, warm).exit_code == 0
os.setgid(65534); os.setuid(65534)
for words in (["closed/in.png", "--no-crop", "-m", "model.safetensors", "-o", "/tmp/nobodys.png"],
              ["in.png", "--no-crop", "-m", "model.safetensors", "-o", "closed/out.png"],
              ["in.png", "--no-crop", "-m", "model.safetensors"],
              ["in.png", "--no-crop", "-m", "locked.safetensors", "-o", "/tmp/nobodys.png"],
              ["locked.png", "--no-crop", "-m", "model.safetensors", "-o", "/tmp/nobodys.png"]):
    result = CliRunner().invoke(cli.app, ["explain", *words], catch_exceptions=False)
    print(result.exit_code, result.output.strip().replace("\\n", " / "))
"""


@pytest.mark.slow
@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may be nobody"
)
def test_what_another_user_may_not_enter_is_a_sentence(half_red: Path, model: Path) -> None:
    # Not in pytest's own folder, which nobody else may enter.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "closed").mkdir(mode=0o700)
        for file, source in (("in.png", half_red), ("model.safetensors", model)):
            (folder / file).write_bytes(source.read_bytes())
            locked = folder / f"locked{Path(file).suffix}"
            locked.write_bytes(source.read_bytes())
            locked.chmod(0o600)
        folder.chmod(0o755)
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
            capture_output=True,
            text=True,
            check=False,
        )
    assert "Traceback" not in done.stderr
    lines = done.stdout.splitlines()
    assert [line[:8] for line in lines] == ["2 Error:"] * 5
    assert all("ermission denied" in line for line in lines)


# -- what is kept


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setattr("pooch.os_cache", lambda _: str(folder))
    for name, size in (("rendered/a.zip", 2_500_000), ("models/x/b.pth", 600_000), ("bfw/c", 9)):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(bytes(size))
    return folder


def test_what_is_kept_is_listed_with_its_size(run: Run, cache: Path) -> None:
    said = run("data").output
    assert re.search(r"2\.5 MB  rendered.a\.zip", said)
    assert re.search(r"0\.6 MB  models.x.b\.pth", said)
    assert "3.1 MB  in all" in said
    assert "bfw" not in said


def test_what_is_kept_is_removed_after_asking_and_nothing_of_the_readers(
    cache: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.zip"
    mine.write_text("mine")
    (cache / "models" / "link.zip").symlink_to(mine)
    runner = CliRunner()
    for answer in ("n\n", ""):
        runner.invoke(app, ["data", "clear"], input=answer)
        assert (cache / "rendered" / "a.zip").exists()
    done = runner.invoke(app, ["data", "clear"], input="y\n")
    assert done.exit_code == 0
    assert "Remove 3 file(s), 3.1 MB" in done.output
    assert sorted(path.name for path in cache.iterdir()) == ["bfw"]
    assert mine.read_text() == "mine"
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "diary.txt").write_text("mine")
    (cache / "models").symlink_to(tmp_path / "disk")
    assert "Nothing is kept" in runner.invoke(app, ["data", "clear", "--yes"]).output
    assert (cache / "models" / "diary.txt").read_text() == "mine"


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of Unix closes the streams")
@pytest.mark.parametrize("closed", [">&-", "<&-"])
def test_a_closed_stream_is_no_traceback(cache: Path, closed: str) -> None:
    code = (
        "import pooch\nfrom helpers import cli\n"
        f"pooch.os_cache = lambda _: {str(cache)!r}\ncli.main()"
    )
    for command in ("methods", "data", "data clear"):
        words = f'"{sys.executable}" -c "{code}" {command} {closed}'
        run = subprocess.run(["sh", "-c", words], capture_output=True, text=True, check=False)
        assert "Traceback" not in run.stderr, (command, run.stderr[-600:])
    if closed == "<&-":
        assert "give --yes" in run.stderr
    assert (cache / "rendered" / "a.zip").exists()


def test_a_folder_that_may_not_be_looked_into_is_named(
    run: Run, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = cache / "rendered" / "locked"
    locked.mkdir()
    scan = os.scandir

    def scandir(path: Any) -> Any:
        if Path(path) == locked:
            raise PermissionError(13, "Permission denied", str(locked))
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    for words in (["data"], ["data", "clear", "--yes"]):
        assert "locked" in refusal(run(*words))
    assert (cache / "rendered" / "a.zip").exists()
