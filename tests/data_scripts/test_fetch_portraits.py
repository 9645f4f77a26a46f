"""The portraits are asked for one by one: most come, some may be gone, and none stays half."""

import errno
import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data_scripts import fetch_portraits
from data_scripts.fetch_portraits import main
from helpers import datasets
from helpers.datasets import save_image
from helpers.datasets.places import VARIABLE
from tests.loopback import Page, Server

ROWS = {
    "A000001.jpg": "Female,1960,2001",
    "B000002.jpg": "Male,1971,2011",
    "C000003.jpg": "Female,1949,1999",
}


def portrait(path: Path, height: int = 550, width: int = 450) -> bytes:
    noise = np.random.default_rng(len(path.name)).integers(0, 255, (height // 8, width // 8, 3))
    save_image(path, np.kron(noise, np.ones((8, 8, 1))).astype(np.uint8))
    return path.read_bytes()


def people(path: Path, **more: str) -> Path:
    """Write a table of three people, with further columns that all share."""
    head = ",".join(["file,gender,born,first_elected", *more])
    rows = [",".join([file, labels, *more.values()]) for file, labels in ROWS.items()]
    path.write_text("\n".join([head, *rows, ""]))
    return path


@pytest.fixture
def mirror(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server with the portraits of three people."""
    monkeypatch.setattr(fetch_portraits, "PEOPLE", people(tmp_path / "people.csv"))
    picture = portrait(tmp_path / "made.jpg")
    server.pages = {f"/{file}": Page(picture) for file in ROWS}
    return server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "portraits"


def fetch(mirror: Server, folder: Path, *more: str) -> int:
    return main(["--url-base", mirror.url, "--to", str(folder), *more])


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "images").iterdir())


def test_what_was_downloaded_loads(mirror: Server, folder: Path) -> None:
    assert fetch(mirror, folder, "--yes") == 0
    assert files(folder) == list(ROWS)
    portraits = datasets.load("portraits", root=folder)
    assert portraits.images([0, 1, 2]).shape[0] == 3
    assert portraits.table["born"].tolist() == [1960, 1971, 1949]
    assert portraits.notes == ()


def test_by_default_it_goes_where_load_looks(
    mirror: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert main(["--url-base", mirror.url, "--yes"]) == 0
    assert len(datasets.load("portraits")) == 3


def test_licence_source_and_consent_are_shown_before_anything_is_fetched(
    mirror: Server,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    mirror.pages["/A000001.jpg"].data = bytes(100_000)
    assert fetch(mirror, folder) == 1
    shown = capsys.readouterr().out
    for part in ("public domain", "CC0", "unitedstates/images", "not asked", "0.3 MB", "Nothing"):
        assert part in shown
    assert {method for method, _, _ in mirror.requests} == {"HEAD"}
    assert not folder.exists()


def test_a_second_run_verifies_and_fetches_nothing(mirror: Server, folder: Path) -> None:
    fetch(mirror, folder, "--yes")
    mirror.requests.clear()
    assert fetch(mirror, folder, "--yes") == 0
    assert mirror.requests == []


def test_what_arrived_is_recorded_and_later_changes_are_noticed(
    mirror: Server, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch(mirror, folder, "--yes")
    first = hashlib.sha256(mirror.pages["/A000001.jpg"].data).hexdigest()
    recorded = (folder / "SHA256SUMS").read_text()
    assert f"{first}  images/A000001.jpg\n" in recorded
    portrait(folder / "images" / "A000001.jpg", 400, 400)
    assert fetch(mirror, folder, "--yes") == 2
    said = capsys.readouterr().err
    assert "A000001.jpg is already there" in said
    assert f"instead of {first}" in said
    assert (folder / "SHA256SUMS").read_text() == recorded


def test_hashes_of_other_files_in_that_folder_are_kept(mirror: Server, folder: Path) -> None:
    folder.mkdir()
    mine = f"# my data\n{'1' * 64}  faces.zip\n"
    first = hashlib.sha256(mirror.pages["/A000001.jpg"].data).hexdigest()
    (folder / "SHA256SUMS").write_text(f"{mine}{first.upper()} *images/A000001.jpg\n")
    for _ in range(2):
        assert fetch(mirror, folder, "--yes") == 0
        recorded = (folder / "SHA256SUMS").read_text()
        assert recorded.startswith(f"{mine}{first}  images/A000001.jpg\n")
        assert recorded.count("\n") == 2 + len(ROWS)


def test_an_empty_picture_is_said_to_be_empty(
    mirror: Server, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mirror.pages["/A000001.jpg"].data = b""
    assert fetch(mirror, folder, "--yes") == 2
    assert "A000001.jpg arrived, but the picture is empty (0 bytes)" in capsys.readouterr().err
    assert files(folder) == ["B000002.jpg", "C000003.jpg"]


class Nobody(io.StringIO):
    """Input that cannot be read."""

    def __init__(self, trouble: Exception) -> None:
        super().__init__()
        self.trouble = trouble

    def readline(self, size: int | None = -1, /) -> str:
        raise self.trouble


@pytest.mark.parametrize(
    "stdin",
    [None, Nobody(ValueError("closed")), Nobody(UnicodeDecodeError("utf-8", b"", 0, 1, ""))],
)
def test_without_anybody_to_ask_nothing_is_downloaded(
    mirror: Server,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    stdin: io.StringIO | None,
) -> None:
    monkeypatch.setattr("sys.stdin", stdin)
    assert fetch(mirror, folder) == 1
    assert "Nobody is here to answer; use --yes" in capsys.readouterr().out
    assert not folder.exists()


class Gone(io.StringIO):
    """Output that nobody reads, such as a pipe to ``head``."""

    def __init__(self, trouble: int) -> None:
        super().__init__()
        self.trouble = trouble

    def write(self, text: str, /) -> int:
        raise OSError(self.trouble, os.strerror(self.trouble))

    def fileno(self) -> int:
        return self.where

    where = -1


@pytest.mark.parametrize(
    ("trouble", "said"), [(errno.EPIPE, ""), (errno.ENOSPC, "no space left on device")]
)
def test_output_that_cannot_be_written_ends_it_in_a_sentence(
    mirror: Server,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    trouble: int,
    said: str,
) -> None:
    with (tmp_path / "out").open("w") as file:
        gone = Gone(trouble)
        gone.where = file.fileno()
        monkeypatch.setattr("sys.stdout", gone)
        assert fetch(mirror, folder, "--yes") == 2
    error = capsys.readouterr().err
    assert said in error
    assert bool(error) == bool(said)


def test_a_published_hash_decides(
    mirror: Server, folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    right = hashlib.sha256(mirror.pages["/A000001.jpg"].data).hexdigest()
    people(tmp_path / "people.csv", sha256=right)
    mirror.pages["/B000002.jpg"] = Page(portrait(tmp_path / "other.jpg", 400, 400))
    assert fetch(mirror, folder, "--yes") == 2
    assert "B000002.jpg arrived, but its sha256 is" in capsys.readouterr().err
    assert files(folder) == ["A000001.jpg", "C000003.jpg"]
    assert "sha256" not in datasets.load("portraits", root=folder).table


def test_a_broken_line_is_taken_up_again(mirror: Server, folder: Path) -> None:
    mirror.pages["/B000002.jpg"].break_after = [1000]
    assert fetch(mirror, folder, "--yes") == 0
    assert len(mirror.ranges("/B000002.jpg")) == 2
    assert (folder / "images/B000002.jpg").read_bytes() == mirror.pages["/B000002.jpg"].data


def test_who_is_not_on_the_server_is_named_and_the_rest_loads(
    mirror: Server, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del mirror.pages["/A000001.jpg"]
    assert fetch(mirror, folder, "--yes") == 0
    shown = capsys.readouterr().out
    assert "size unknown" in shown
    assert "1 are not on the server (any more): A000001.jpg." in shown
    portraits = datasets.load("portraits", root=folder)
    assert list(portraits.table.index) == ["B000002.jpg", "C000003.jpg"]
    assert portraits.notes == ("1 rows of the table have no photograph.",)


def test_a_server_without_any_portrait_is_a_failure(
    mirror: Server, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mirror.pages = {}
    assert fetch(mirror, folder, "--yes") == 2
    assert "no portrait came from" in capsys.readouterr().err
    assert not (folder / "labels.csv").exists()


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda data: data[: len(data) // 2], "the picture is cut short or damaged"),
        (lambda data: b"gone", "the picture is not a picture"),
        (lambda data: portrait(Path("tiny.png"), 56, 48), "48 x 56 pixels, and no portrait is"),
        (lambda data: portrait(Path("long.png"), 2400, 400), "400 x 2400 pixels"),
    ],
)
def test_a_damaged_picture_is_named_and_not_kept(
    mirror: Server,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[bytes], bytes],
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    page = mirror.pages["/B000002.jpg"]
    page.data = spoil(page.data)
    assert fetch(mirror, folder, "--yes") == 2
    said = capsys.readouterr().err
    assert "B000002.jpg arrived, but" in said
    assert complaint in said
    assert files(folder) == ["A000001.jpg", "C000003.jpg"]
    assert len(datasets.load("portraits", root=folder)) == 2


def test_a_refusal_ends_the_run_and_keeps_what_has_arrived(
    mirror: Server, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mirror.pages["/B000002.jpg"].status = 429
    assert fetch(mirror, folder, "--yes") == 2
    said = capsys.readouterr().err
    assert "refused: 429" in said
    assert "By hand: download https://github.com/unitedstates/images" in said
    assert files(folder) == ["A000001.jpg"]
    mirror.pages["/B000002.jpg"].status = 200
    mirror.requests.clear()
    assert fetch(mirror, folder, "--yes") == 0
    assert mirror.ranges("/A000001.jpg") == []


def test_an_interruption_leaves_nothing_half(
    mirror: Server,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    real = fetch_portraits.fetch

    def interrupted(url: str, target: Path, *more: object) -> Path:
        if target.name == "C000003.jpg":
            raise KeyboardInterrupt
        return real(url, target, *more)

    monkeypatch.setattr(fetch_portraits, "fetch", interrupted)
    assert fetch(mirror, folder, "--yes") == 130
    assert "it goes on from here" in capsys.readouterr().err
    assert files(folder) == ["A000001.jpg", "B000002.jpg"]
    assert (folder / "SHA256SUMS").read_text().count("\n") == 2
    assert not (folder / "labels.csv").exists()


def test_labels_that_a_reader_has_changed_are_kept(mirror: Server, folder: Path) -> None:
    fetch(mirror, folder, "--yes")
    mine = people(folder / "labels.csv", party="none").read_text()
    assert fetch(mirror, folder, "--yes") == 0
    assert (folder / "labels.csv").read_text() == mine


def test_smaller_copies_that_are_there_already_are_kept(
    mirror: Server, folder: Path, tmp_path: Path
) -> None:
    small = portrait(folder / "images" / "A000001.jpg", 216, 176)
    assert fetch(mirror, folder, "--yes") == 0
    assert (folder / "images" / "A000001.jpg").read_bytes() == small
    batch = datasets.load("portraits", root=folder).images([0, 1, 2], size=(220, 176))
    assert batch.shape == (3, 3, 220, 176)


def test_offline_there_is_a_sentence_and_exit_code_2(mirror: Server, folder: Path) -> None:
    mirror.stop()
    command = [sys.executable, "-W", "error", "data_scripts/fetch_portraits.py", "--yes"]
    ended = subprocess.run(
        [*command, "--url-base", mirror.url, "--to", str(folder)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "is this machine connected to the internet?" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_table_names_the_public_source_and_287_people() -> None:
    table = fetch_portraits.PEOPLE.read_text().splitlines()
    assert table[0] == "file,gender,born,first_elected"
    assert len(set(table[1:])) == 287
    assert fetch_portraits.URL.endswith(f"{fetch_portraits.COMMIT}/congress/450x550")


@pytest.mark.real_data
def test_the_real_portraits_pass_the_checks(
    server: Server, data_folder: Path, tmp_path: Path
) -> None:
    if not (data_folder / "portraits").is_dir():
        pytest.skip(f"{VARIABLE} has no portraits")
    for path in (data_folder / "portraits" / "images").iterdir():
        server.pages[f"/{path.name}"] = Page(path.read_bytes())
    assert fetch(server, tmp_path, "--yes") == 0
    fetched = datasets.load("portraits", root=tmp_path).table
    assert fetched.equals(datasets.load("portraits", root=data_folder).table)
    assert len(fetched) == 287
