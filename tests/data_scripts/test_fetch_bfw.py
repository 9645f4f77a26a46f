"""BFW comes in one zip from an address that may end; nothing in it decides where a file goes."""

import io
import stat
import subprocess
import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest
from PIL import Image

from data_scripts import fetch_bfw
from data_scripts.fetch_bfw import RELEASE, main
from helpers import datasets
from helpers.datasets.places import VARIABLE
from tests.loopback import Page, Server

TABLE = "bfw-v0.1.5-datatable.csv"
HEADER = "fold,p1,p2,label,id1,id2,att1,att2,vgg16,resnet50,senet50,a1,a2,g1,g2,e1,e2"
FILES = ("asian_females/n000009/0010_01.jpg", "asian_females/n000009/0043_01.jpg")
ROW = f"1,{FILES[0]},{FILES[1]},1,0,0,asian_females,asian_females,0.8,0.7,0.6,AF,AF,F,F,A,A"
NESTED = "Users/jrobby/bfw/bfw-cropped-aligned/"


def picture() -> bytes:
    made = io.BytesIO()
    Image.effect_noise((108, 124), 50).convert("RGB").save(made, "JPEG")
    return made.getvalue()


def packed(**more: bytes) -> bytes:
    return zipped(
        {
            **{f"{NESTED}{file}": picture() for file in FILES},
            f"Users/jrobby/bfw/{TABLE}": f"{HEADER}\n{ROW}\n".encode(),
            **more,
        }
    )


def zipped(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for file, data in files.items():
            archive.writestr(file, data)
    return made.getvalue()


@pytest.fixture
def mirror(server: Server) -> Server:
    """A server with a small release."""
    server.pages = {"/given": Page(packed())}
    return server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "in" / "bfw"


def fetch(mirror: Server, folder: Path, *more: str) -> int:
    return main(["--url", f"{mirror.url}/given", "--to", str(folder), *more])


def test_what_was_downloaded_loads_with_its_pictures(mirror: Server, folder: Path) -> None:
    assert fetch(mirror, folder, "--yes") == 0
    assert sorted(path.name for path in folder.iterdir()) == [RELEASE, TABLE]
    pairs = datasets.load("bfw", root=folder)
    assert len(pairs) == 1
    assert [images.shape for images in pairs.images([0])] == [(1, 3, 124, 108)] * 2
    assert list(datasets.load("bfw-faces", root=folder).table.index) == list(FILES)


def test_by_default_it_goes_where_load_looks(
    mirror: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert main(["--url", f"{mirror.url}/given", "--yes"]) == 0
    assert len(datasets.load("bfw")) == 1
    assert len(datasets.load("bfw-faces")) == 2


def test_counts_other_than_those_published_are_said(
    mirror: Server,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert fetch(mirror, folder, "--yes") == 0
    said = capsys.readouterr().err
    assert "pictures: 2 here, 20,000 published" in said
    assert "people in asian_females: 1 here, 100 published" in said
    assert "people in white_males: 0 here, 100 published" in said
    assert "pairs: 1 here, 923,898 published" in said
    counts = {"pictures": 2, "people in asian_females": 1, "pairs": 1}
    monkeypatch.setattr(fetch_bfw, "COUNTS", counts)
    assert fetch(mirror, folder, "--yes") == 0
    shown = capsys.readouterr()
    assert "published" not in shown.err
    assert "Pictures, people and pairs are as many as published." in shown.out


def test_terms_and_consent_are_shown_before_anything_is_fetched(
    mirror: Server,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    mirror.pages["/given"].data = bytes(2_340_000)
    assert fetch(mirror, folder) == 1
    shown = capsys.readouterr().out
    for part in ("may not be passed on", "CVPR Workshops 2020", "did not agree", "2.3 MB"):
        assert part in shown
    assert {method for method, _, _ in mirror.requests} == {"HEAD"}
    assert not folder.exists()


def test_a_second_run_fetches_nothing(
    mirror: Server, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch(mirror, folder, "--yes")
    mirror.requests.clear()
    assert fetch(mirror, folder, "--yes") == 0
    assert mirror.requests == []
    assert "already there" in capsys.readouterr().out


def test_a_zip_that_was_put_there_by_hand_needs_no_server(mirror: Server, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / RELEASE).write_bytes(mirror.pages["/given"].data)
    mirror.stop()
    assert fetch(mirror, folder, "--yes") == 0
    assert len(datasets.load("bfw", root=folder)) == 1


def test_a_broken_line_is_taken_up_again(mirror: Server, folder: Path) -> None:
    mirror.pages["/given"].break_after = [1000]
    assert fetch(mirror, folder, "--yes") == 0
    assert len(mirror.ranges("/given")) == 2


def spoilt() -> bytes:
    data = bytearray(packed())
    data[300:310] = bytes(10)
    return bytes(data)


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        (Page(b"", status=404), "refused: 404"),
        (Page(b"<html>Gone</html>", content_type="text/html"), "sent a web page"),
        (Page(b"<html>Gone</html>"), "no zip file"),
        (Page(packed()[:-200]), "no zip file"),
        (Page(spoilt()), "damaged"),
        (Page(zipped({"holiday/me.jpg": b"x"})), "it is not BFW; it begins with holiday/me.jpg"),
        (Page(zipped({})), "it begins with nothing"),
    ],
)
def test_anything_but_the_release_is_refused_and_it_is_said_where_to_ask(
    mirror: Server, folder: Path, capsys: pytest.CaptureFixture[str], page: Page, complaint: str
) -> None:
    mirror.pages["/given"] = page
    assert fetch(mirror, folder, "--yes") == 2
    said = capsys.readouterr().err
    assert complaint in said
    assert "on request, https://github.com/visionjo/facerec-bias-bfw" in said
    assert "--url" in said
    assert not folder.exists() or list(folder.iterdir()) == []


def test_a_zip_that_would_fill_the_disk_is_refused(
    mirror: Server,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("data_scripts.fetching._LARGEST", 1_000_000)
    mirror.pages["/given"] = Page(packed(zeros=bytes(2_000_000)))
    assert len(mirror.pages["/given"].data) < 100_000
    assert fetch(mirror, folder, "--yes") == 2
    assert "2.0 MB unpacked: no release is" in capsys.readouterr().err


def test_nothing_in_a_zip_decides_where_a_file_goes(mirror: Server, folder: Path) -> None:
    link = ZipInfo("Users/bfw-datatable-link.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    made = io.BytesIO(packed())
    with ZipFile(made, "a") as archive:
        archive.writestr(f"../../../{TABLE[:-4]}-2.csv", f"{HEADER}\n{ROW}\n{ROW}\n")
        archive.writestr("/tmp/bfw-slipped-datatable.csv", HEADER)
        archive.writestr("../../slipped.jpg", picture())
        archive.writestr("bfw-run-me-datatable.py", "raise SystemExit")
        archive.writestr(link, "/etc/passwd")
    mirror.pages["/given"] = Page(made.getvalue())
    assert fetch(mirror, folder, "--yes") == 0
    everything = [path for path in folder.parents[1].rglob("*") if path.is_file()]
    assert {path.parent for path in everything} == {folder}
    assert {path.suffix for path in everything} == {".zip", ".csv"}
    assert not any(path.is_symlink() for path in everything)
    assert not Path("/tmp/bfw-slipped-datatable.csv").exists()


@pytest.mark.parametrize(
    ("lacks", "sentence", "loads"),
    [("jpg", "There is no picture in it", "bfw"), ("csv", "There is no table", "bfw-faces")],
)
def test_half_a_release_loads_as_far_as_it_goes(
    mirror: Server,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    lacks: str,
    sentence: str,
    loads: str,
) -> None:
    whole = ZipFile(io.BytesIO(packed()))
    kept = {name: whole.read(name) for name in whole.namelist() if not name.endswith(lacks)}
    if lacks == "jpg":
        kept[f"{NESTED}asian_females/README"] = b"ask us"
    mirror.pages["/given"] = Page(zipped(kept))
    assert fetch(mirror, folder, "--yes") == 0
    shown = capsys.readouterr()
    assert sentence in shown.err
    assert shown.out.count("datasets.load(") == 1
    assert len(datasets.load(loads, root=folder)) > 0


def test_an_interruption_leaves_nothing_half(
    mirror: Server,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted(source: io.BytesIO, target: io.BytesIO) -> None:
        target.write(source.read(20))
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(fetch_bfw.shutil, "copyfileobj", interrupted)
        assert fetch(mirror, folder, "--yes") == 130
    assert "it goes on from here" in capsys.readouterr().err
    assert [path.name for path in folder.iterdir()] == [RELEASE]
    mirror.stop()
    assert fetch(mirror, folder, "--yes") == 0
    assert len(datasets.load("bfw", root=folder)) == 1


def test_offline_there_is_a_sentence_and_exit_code_2(mirror: Server, folder: Path) -> None:
    mirror.stop()
    command = [sys.executable, "-W", "error", "data_scripts/fetch_bfw.py", "--yes"]
    ended = subprocess.run(
        [*command, "--url", f"{mirror.url}/given", "--to", str(folder)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "is this machine connected to the internet?" in ended.stderr
    assert "visionjo/facerec-bias-bfw" in ended.stderr
    assert "Traceback" not in ended.stderr
