"""The command line: photographs, outputs, models and options as they are typed."""

import io
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from typer.testing import CliRunner

from helpers.cli import app
from helpers.datasets import save_image
from helpers.errors import InputError
from tests.bad_inputs.harness import PATIENT, Absent, Case, door, patient_door
from tests.bad_inputs.material import (
    INF,
    as_nobody,
    closed,
    cut,
    damaged,
    device,
    disk_full,
    interrupted,
    kept,
    network,
    photo,
    picture,
    pipe,
    recogniser,
    text,
    weights,
)

CASES: list[Case] = []
_NO_NUMBERS = "NaN|infinit|finite"


@dataclass(frozen=True)
class Ran:
    """A command that came to its end: what it printed, and the files that are there now."""

    printed: str
    files: tuple[str, ...]


def run(*words: object) -> Ran:
    """Run a command in this process; its one sentence is raised as an error of the package."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    return _judged(result.exit_code, result.stdout, result.stderr, result.exception)


def run_apart(*words: object, **environment: str) -> Ran:
    """Run a command as a process of its own."""
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-m", "helpers", *map(str, words)],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": root, **environment},
        check=False,
        timeout=PATIENT,
    )
    out, err = (each.decode("utf-8", "replace") for each in (done.stdout, done.stderr))
    return _judged(done.returncode, out, err, None)


def _judged(code: int, out: str, err: str, problem: BaseException | None) -> Ran:
    if code == 0:
        return Ran(out + err, tuple(sorted(os.listdir("."))))
    if problem is not None and not isinstance(problem, SystemExit):
        raise problem
    lines = [line for line in err.splitlines() if line.strip()]
    # What typer says itself about options comes in a box, or behind a line on the usage.
    usage = lines and (lines[0].startswith("Usage:") or "─ Error ─" in lines[0])
    if code != 2 or "Traceback" in err or not (usage or err.startswith("Error: ")):
        raise RuntimeError(f"exit {code}; {lines[-1] if lines else 'not a word'}")
    if not usage and len(lines) != 1:
        raise RuntimeError(f"exit 2, with {len(lines)} lines; {lines[-1]}")
    raise InputError(" ".join(" ".join(lines).split()))


def _written(name: str) -> Callable[[Ran], bool]:
    return lambda ran: name in ran.files


# -- explain and factorize, in this process

both = {command: door(CASES, f"CLI {command}") for command in ("explain", "factorize")}
explaining, splitting = both.values()


def _with(
    command: str, *more: object, made: object = None, name: str = "a.jpg"
) -> Callable[[Path], Ran]:
    """The command with a good photograph and model, and what is wrong behind them."""
    return lambda at: run(
        command, photo(at, name).name, "--no-crop", "-m", weights(at, made).name, *more
    )


for _command, _door in both.items():
    for _what, _says, _more in (
        ("--output with a name of 300 characters", "too long|written", ["-o", "m" * 296 + ".png"]),
        ("--output that is no .png", ".png", ["-o", "out.jpg"]),
        ("--output without a name", ".png|output", ["-o", ""]),
        ("--output in a folder that is a file", "file", ["-o", "a.jpg/out.png"]),
        ("--output onto the photograph", "png", ["-o", "a.jpg"]),
        ("--layer of another network", "layer9", ["-l", "layer9"]),
        ("--layer of the scores", "layer", ["-l", "fc"]),
        ("--layer without a name", "layer", ["-l", ""]),
        ("an option that is spelt otherwise", "modle", ["--modle", "x"]),
        ("an option without its value", "output|argument|requires", ["--output"]),
        ("a second photograph that is missing", "none.jpg", ["none.jpg"]),
    ):
        _door.refuses(_what, _says, _with(_command, *_more))
    for _what, _says, _words in (
        ("no photograph", "photo|argument|missing", []),
        ("a missing photograph", "none.jpg", ["none.jpg"]),
        ("missing photo with a name of 300 characters", "too long|no such", ["m" * 300]),
        ("a folder", "folder", ["."]),
        ("a model that does not exist", "gender-fairface", ["a.jpg", "-m", "gender-fairfac"]),
        (
            "a model file that does not exist",
            "none.safetensors",
            ["a.jpg", "-m", "none.safetensors"],
        ),
        ("a pickle as model", "pickle", ["a.jpg", "-m", "m.pt"]),
        ("no model", "model|name", ["a.jpg", "-m", ""]),
        ("an address", "download it first", ["https://example.org/a.jpg"]),
        ("an address as output", "download|address", ["a.jpg", "-o", "https://x.org/o.png"]),
    ):
        _door.refuses(_what, _says, lambda at, c=_command, w=_words: (photo(at), run(c, *w))[1])
    for _what, _says, _made in (
        ("model with a NaN weight", _NO_NUMBERS, {"made": damaged()}),
        ("model with an infinite bias", _NO_NUMBERS, {"made": damaged(INF, "fc.bias")}),
        ("model file with input_size [112]", "input_size", {"input_size": "[112]"}),
        ("model file with std 0", "std", {"std": "[0, 0, 0]"}),
        ("model file of another architecture", "network", {"architecture": "x"}),
    ):
        _door.refuses(
            _what,
            _says,
            lambda at, c=_command, made=_made: run(
                c, photo(at).name, "--no-crop", "-m", weights(at, **made)
            ),
        )
    _door.either(
        "recogniser as model",
        "class|recogni",
        lambda ran: len([name for name in ran.files if name.endswith(".png")]) == 1,
        _with(_command, made=recogniser()),
    )
    for _what, _says, _spoilt in (
        ("an empty photograph", "empty", lambda at: text(at, "", "a.jpg")),
        ("a letter called .jpg", "not a picture", lambda at: text(at, "dear", "a.jpg")),
        ("a photograph cut short", "cut short|damaged", lambda at: cut(photo(at, size=(300, 300)))),
        ("a pipe as photograph", "pipe|device", lambda at: pipe(at, "a.jpg")),
        ("a device as photograph", "pipe|device|zero", lambda at: device()),
    ):
        _door.refuses(
            _what,
            _says,
            lambda at, c=_command, s=_spoilt: run(c, s(at), "--no-crop", "-m", weights(at)),
        )
    for _what, _says, _out in (
        ("output is a named pipe", "pipe|device", lambda at: pipe(at, "o.png")),
        ("output is a device", "pipe|device|png", lambda at: device("full")),
        ("output is a folder", "folder", lambda at: (at / "o.png").mkdir() or at / "o.png"),
        (
            "output is somebody's letter",
            "overwritten|not a figure",
            lambda at: text(at, "dear", "o.png"),
        ),
    ):
        _door.refuses(
            _what,
            _says,
            lambda at, c=_command, out=_out: _with(c, "-o", out(at))(at),
        )
for _target in ("Femal", "2", "-1", "9" * 5000, "", "0.5", "NaN"):
    explaining.refuses(
        f"--target of {'5000 digits' if len(_target) > 9 else repr(_target)}",
        "target",
        _with("explain", f"--target={_target}"),
    )
for _method in ("gradcan", "", "GradCAM++ "):
    explaining.refuses(f"--method {_method!r}", "method", _with("explain", "--method", _method))
for _count in ("0", "-1", "-2", "four", "2.5", "1000000", "9" * 5000):
    splitting.refuses(
        f"--components {'of 5000 digits' if len(_count) > 9 else _count}",
        "components|integer|whole",
        _with("factorize", f"--components={_count}"),
    )
splitting.refuses(
    "--components -2 of 101 photographs",
    "components is -2",
    lambda _at: run("factorize", *["a.jpg"] * 101, "-k", "-2"),
)
for _what, _name in (
    ("photo with a name of 252 characters, default output", "l" * 248 + ".jpg"),
    ("photo called with 82 Chinese characters, default output", "山" * 78 + ".jpg"),
):
    explaining.either(
        _what,
        "too long|--output",
        lambda ran: any(name.endswith(".png") for name in ran.files),
        _with("explain", name=_name),
    )
explaining.gives(
    "a name of foreign letters, with a dollar",
    lambda ran: "$x_{$山é-gradcam.png" in ran.files,
    _with("explain", name="$x_{$山é.jpg"),
)


def _printed_as(coding: str, name: str) -> Callable[[Path], Ran]:
    """Run with an output of another encoding, as on Windows."""

    def call(at: Path) -> Ran:
        words = ["explain", photo(at, name).name, "--no-crop", "-m", weights(at).name]
        out, before = io.TextIOWrapper(io.BytesIO(), encoding=coding), sys.stdout
        sys.stdout = out
        try:
            app([*words, "-o", "o.png"], standalone_mode=False)
        finally:
            sys.stdout = before
        out.flush()
        return Ran(out.buffer.getvalue().decode(coding), tuple(sorted(os.listdir("."))))

    return call


for _coding in ("cp1252", "ascii"):
    door(CASES, "CLI, another output encoding").gives(
        f"emoji name, stdout {_coding}",
        _written("o.png"),
        _printed_as(_coding, "face \U0001f600.jpg"),
    )

# -- what was there before

overwriting = door(CASES, "CLI, an earlier figure")


def _again(at: Path, spoiled: Callable[..., object]) -> object:
    words = ["explain", photo(at).name, "--no-crop", "-m", weights(at).name, "-o", "o.png"]
    run(*words)
    return kept(at / "o.png", spoiled, lambda: run(*words, "-t", "Female"))


overwriting.refuses("disk full", "o.png", lambda at: _again(at, disk_full))
overwriting.gives("Ctrl-C", lambda said: said == "interrupted", lambda at: _again(at, _stopped))


def _stopped(act: Callable[[], object]) -> object:
    """Click turns Ctrl-C into an exit of its own."""
    try:
        return interrupted(act)
    except (RuntimeError, SystemExit) as ended:
        return "interrupted" if "exit 1" in str(ended) or "130" in str(ended) else ended


overwriting.gives(
    "done again",
    _written("o.png"),
    lambda at: _again_well(at),
)


def _again_well(at: Path) -> Ran:
    words = ["explain", photo(at).name, "--no-crop", "-m", weights(at).name, "-o", "o.png"]
    return (run(*words), run(*words))[1]


def _of_one_name(at: Path) -> tuple[bool, Ran]:
    words = ["--no-crop", "-m", weights(at)]
    run("explain", photo(at, "a/x.jpg"), *words)
    before = (at / "x-gradcam.png").read_bytes()
    ran = run("explain", photo(at, "b/x.jpg", (30, 40)), *words)
    return (at / "x-gradcam.png").read_bytes() == before, ran


overwriting.gives(
    "of another photograph of that name",
    lambda found: found[0] and "x-gradcam-2.png" in found[1].files,
    _of_one_name,
)

# -- without rights

shut = door(CASES, "CLI, as user nobody")


def _denied(at: Path, spoil: Callable[[Path], object], *words: object) -> Ran:
    photo(at, "in/a.jpg")
    photo(at, "a.jpg")
    weights(at)
    spoil(at)
    with as_nobody():
        return run("explain", *words, "--no-crop")


for _what, _words, _spoil in (
    (
        "photo in a folder that may not be entered",
        ["in/a.jpg", "-m", "m.safetensors", "-o", "o.png"],
        lambda at: closed(at / "in"),
    ),
    (
        "photo that may not be read",
        ["a.jpg", "-m", "m.safetensors"],
        lambda at: closed(at / "a.jpg"),
    ),
    (
        "output into a folder that may not be entered",
        ["a.jpg", "-m", "m.safetensors", "-o", "in/o.png"],
        lambda at: closed(at / "in"),
    ),
    (
        "output into a folder that may not be written to",
        ["a.jpg", "-m", "m.safetensors", "-o", "o.png"],
        lambda at: at.chmod(0o555),
    ),
    (
        "no permission on the model file",
        ["a.jpg", "-m", "m.safetensors", "-o", "/tmp/bad-input-o.png"],
        lambda at: closed(at / "m.safetensors"),
    ),
):
    shut.refuses(
        _what, "permission|may not", lambda at, w=_words, spoil=_spoil: _denied(at, spoil, *w)
    )

# -- as a process of its own

apart = patient_door(CASES, "CLI, own process")
apart.refuses(
    "a missing photograph",
    "none.jpg",
    lambda at: run_apart("explain", "none.jpg", "-m", weights(at)),
)
apart.refuses(
    "an output that is no .png", ".png", lambda _at: run_apart("explain", "a.jpg", "-o", "o.jpg")
)
apart.refuses("an unknown command", "explane|command", lambda _at: run_apart("explane"))
apart.gives(
    "emoji in the name, output redirected as on Windows (PYTHONIOENCODING=cp1252)",
    _written("o.png"),
    lambda at: run_apart(
        "explain",
        photo(at, "face \U0001f600.jpg").name,
        *("--no-crop", "-m", weights(at).name, "-o", "o.png"),
        PYTHONIOENCODING="cp1252",
    ),
)


def _hung_up(at: Path) -> bool:
    """The reader of a pipe goes away, as in ``python -m helpers methods | head -1``."""
    if os.name != "posix":
        raise Absent("no pipes of this kind here")
    command = f"{sys.executable} -m helpers methods | true"
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        ["sh", "-c", command],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": root},
        check=False,
        timeout=PATIENT,
        cwd=at,
    )
    return b"Traceback" not in done.stderr


apart.gives("the reader of its output goes away", lambda quiet: quiet, _hung_up)

# -- finding faces

cropped = patient_door(CASES, "CLI, with --crop")
cropped.refuses(
    "a photograph without a face",
    "no face was found in wall.jpg",
    lambda at: (
        save_image(at / "wall.jpg", np.full((60, 80, 3), 180, np.uint8)),
        run("explain", "wall.jpg", "-m", weights(at, network())),
    )[1],
)
cropped.refuses(
    "a photograph of one pixel",
    "no face was found|too small|1 x 1",
    lambda at: (
        save_image(at / "dot.png", picture(1, 1)),
        run("explain", "dot.png", "-m", weights(at), "-o", "o.png"),
    )[1],
)
