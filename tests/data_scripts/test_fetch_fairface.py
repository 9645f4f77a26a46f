"""The download says what it brings, asks, and leaves a release that loads."""

import io
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from PIL import Image

from data_scripts.fetch_fairface import main
from helpers import datasets
from helpers.datasets.fairface import COLUMNS, IMAGES_ZIP
from helpers.datasets.places import VARIABLE
from tests.loopback import Page, Server

HEADER = ",".join(COLUMNS)
TABLES = {
    "fairface_label_train.csv": f"{HEADER}\ntrain/1.jpg,50-59,Male,East Asian,True\n".encode(),
    "fairface_label_val.csv": f"{HEADER}\nval/1.jpg,3-9,Female,Black,False\n".encode(),
}


def zipped(*files: str) -> bytes:
    picture, packed = io.BytesIO(), io.BytesIO()
    Image.effect_noise((64, 64), 50).convert("RGB").save(picture, "JPEG")
    with ZipFile(packed, "w") as archive:
        for file in files:
            archive.writestr(file, picture.getvalue())
    return packed.getvalue()


@pytest.fixture
def mirror(server: Server) -> Server:
    """A server with a whole, small release."""
    images = zipped("train/1.jpg", "val/1.jpg")
    server.pages = {f"/{name}": Page(data) for name, data in {**TABLES, IMAGES_ZIP: images}.items()}
    return server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "faces"


def fetch(mirror: Server, folder: Path, *more: str) -> int:
    return main(["--url-base", mirror.url, "--to", str(folder), *more])


def test_what_was_downloaded_loads(mirror: Server, folder: Path) -> None:
    assert fetch(mirror, folder, "--yes") == 0
    assert sorted(path.name for path in folder.iterdir()) == sorted([IMAGES_ZIP, *TABLES])
    assert datasets.load("fairface", root=folder).images([0, 1]).shape == (2, 3, 64, 64)


def test_licence_consent_and_size_are_shown_before_anything_is_fetched(
    mirror: Server,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    mirror.pages[f"/{IMAGES_ZIP}"].data = bytes(2_340_000)
    assert fetch(mirror, folder) == 1
    shown = capsys.readouterr().out
    for part in ("CC BY 4.0", "WACV 2021", "did not", "2.3 MB", "Nothing was downloaded"):
        assert part in shown
    assert {method for method, _, _ in mirror.requests} == {"HEAD"}
    assert not folder.exists()


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("YES\n", 0), ("\n", 1), ("", 1)])
def test_only_a_yes_is_a_yes(
    mirror: Server, folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    assert fetch(mirror, folder) == code


def test_by_default_it_goes_where_load_looks(
    mirror: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert main(["--url-base", mirror.url, "--yes"]) == 0
    assert len(datasets.load("fairface")) == 2


def test_a_second_run_fetches_nothing(
    mirror: Server, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch(mirror, folder, "--yes")
    mirror.requests.clear()
    assert fetch(mirror, folder, "--yes") == 0
    assert mirror.requests == []
    assert "already there" in capsys.readouterr().out


def test_unpacked_images_need_no_zip(mirror: Server, folder: Path) -> None:
    for split in ("train", "val"):
        (folder / split).mkdir(parents=True)
    assert fetch(mirror, folder, "--yes") == 0
    assert not (folder / IMAGES_ZIP).exists()


def test_a_broken_line_is_taken_up_again(mirror: Server, folder: Path) -> None:
    mirror.pages[f"/{IMAGES_ZIP}"].break_after = [1000]
    assert fetch(mirror, folder, "--yes") == 0
    assert len(mirror.ranges(f"/{IMAGES_ZIP}")) == 2
    assert len(datasets.load("fairface", root=folder)) == 2


def test_the_images_can_come_from_elsewhere(mirror: Server, folder: Path) -> None:
    mirror.pages["/elsewhere"] = mirror.pages.pop(f"/{IMAGES_ZIP}")
    assert fetch(mirror, folder, "--yes", "--images-url", f"{mirror.url}/elsewhere") == 0


def spoilt_zip() -> bytes:
    data = bytearray(zipped("train/1.jpg", "val/1.jpg"))
    data[300:310] = bytes(10)
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "page", "complaint"),
    [
        (IMAGES_ZIP, Page(b"<html>Quota</html>", content_type="text/html"), "sent a web page"),
        (IMAGES_ZIP, Page(b"<html>Quota</html>"), "no zip file"),
        (IMAGES_ZIP, Page(zipped("train/1.jpg")), "no folder val"),
        (IMAGES_ZIP, Page(spoilt_zip()), "damaged"),
        (IMAGES_ZIP, Page(b"", status=403), "refused: 403"),
        ("fairface_label_val.csv", Page(b"<html>Quota</html>\n"), "no table of FairFace labels"),
        ("fairface_label_val.csv", Page(b"img,label\n1.jpg,0\n"), "no column file, age"),
        ("fairface_label_val.csv", Page(HEADER.encode() + b"\n"), "without a single row"),
    ],
)
def test_anything_but_the_release_is_refused_with_the_way_by_hand(
    mirror: Server,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    page: Page,
    complaint: str,
) -> None:
    mirror.pages[f"/{name}"] = page
    assert fetch(mirror, folder, "--yes") == 2
    said = capsys.readouterr().err
    assert complaint in said
    assert "By hand: open https://github.com/joojs/fairface" in said
    assert str(folder) in said
    assert not (folder / name).exists()


def test_offline_there_is_a_sentence_and_exit_code_2(mirror: Server, folder: Path) -> None:
    mirror.stop()
    command = [sys.executable, "-W", "error", "-m", "data_scripts.fetch_fairface", "--yes"]
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


@pytest.mark.real_data
def test_the_real_tables_pass_the_check(
    server: Server, data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (*TABLES, IMAGES_ZIP):
        server.pages[f"/{name}"] = Page((data_folder / "fairface" / name).read_bytes())
    assert fetch(server, tmp_path, "--yes") == 0
    assert "89.0 MB" in capsys.readouterr().out
    assert len(datasets.load("fairface", root=tmp_path)) == 14_910


@pytest.mark.parametrize(
    ("place", "complaint"),
    [
        ("file", "is a file, not a folder"),
        ("~nosuchuser/faces", "no user of that name"),
        ("x" * 300, "too long"),
        ("", "cannot be the name"),
    ],
)
def test_a_place_that_cannot_be_written_to_is_named_before_anything_is_asked(
    mirror: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    place: str,
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    assert main(["--url-base", mirror.url, "--to", place, "--yes"]) == 2
    assert complaint in capsys.readouterr().err
    assert mirror.requests == []
