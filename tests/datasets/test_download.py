"""A download survives a bad line, and never passes off wrong bytes as the file."""

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers.datasets.download import fetch, remote_size
from helpers.errors import DownloadFailed, WrongFile
from tests.loopback import Page, Server

DATA = np.random.default_rng(0).bytes(1_500_000)
SHA256 = hashlib.sha256(DATA).hexdigest()
HALF = len(DATA) // 2


@pytest.fixture
def url(server: Server) -> str:
    server.pages["/faces.zip"] = Page(DATA)
    return f"{server.url}/faces.zip"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "new" / "faces.zip"


def left_behind(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir())


def begin(server: Server, url: str, target: Path) -> int:
    """Fetch half of the file and lose the server's favour; return the bytes that have arrived."""
    page = server.pages["/faces.zip"]
    page.break_after = [HALF] + [0] * 9
    with pytest.raises(DownloadFailed, match="keeps breaking; .* bytes have arrived"):
        fetch(url, target, pause=0)
    page.break_after = []
    assert not target.exists()
    server.requests.clear()
    (part,) = target.parent.glob("faces.zip.*.part")
    return part.stat().st_size


def test_a_whole_file_arrives_and_nothing_else_is_left(url: str, target: Path) -> None:
    assert fetch(url, target, sha256=SHA256) == target
    assert target.read_bytes() == DATA
    assert left_behind(target) == ["faces.zip"]


def test_the_size_is_known_before_anything_is_fetched(server: Server, url: str) -> None:
    assert remote_size(url) == len(DATA)
    assert server.ranges("/faces.zip") == []
    assert remote_size(f"{server.url}/nowhere") is None


def test_an_empty_file_arrives_as_one_that_its_check_can_judge(
    server: Server, url: str, target: Path
) -> None:
    server.pages["/faces.zip"].data = b""
    assert remote_size(url) is None  # 0 would read as: it is there

    def refuse(path: Path) -> None:
        raise DownloadFailed(f"it has {path.stat().st_size} bytes.")

    with pytest.raises(WrongFile, match="faces.zip arrived, but it has 0 bytes"):
        fetch(url, target, check=refuse)
    assert left_behind(target) == []


def test_a_line_that_breaks_half_way_goes_on_from_there(
    server: Server, url: str, target: Path
) -> None:
    server.pages["/faces.zip"].break_after = [HALF]
    fetch(url, target, sha256=SHA256, pause=0)
    first, second = server.ranges("/faces.zip")
    assert first is None
    assert second is not None
    assert 0 < int(second.removeprefix("bytes=").removesuffix("-")) <= HALF
    assert target.read_bytes() == DATA


def test_a_line_that_breaks_at_every_step_still_gets_there(
    server: Server, url: str, target: Path
) -> None:
    server.pages["/faces.zip"].break_after = [300_000] * 12
    fetch(url, target, sha256=SHA256, pause=0)
    assert target.read_bytes() == DATA


@pytest.mark.parametrize("etag", ['"first"', None])
def test_another_run_goes_on_where_the_first_gave_up(
    server: Server, url: str, target: Path, etag: str | None
) -> None:
    server.pages["/faces.zip"].etag = etag
    arrived = begin(server, url, target)
    fetch(url, target, sha256=SHA256)
    assert arrived > 0
    assert server.ranges("/faces.zip") == [f"bytes={arrived}-"]


def test_a_server_without_ranges_sends_the_whole_file_again(
    server: Server, url: str, target: Path
) -> None:
    server.pages["/faces.zip"].knows_ranges = False
    begin(server, url, target)
    fetch(url, target)
    assert target.read_bytes() == DATA


@pytest.mark.parametrize("etag", ['"second"', None])
def test_halves_of_two_versions_are_never_joined(
    server: Server, url: str, target: Path, etag: str | None
) -> None:
    begin(server, url, target)
    changed = DATA[::-1] + b"one more byte"
    server.pages["/faces.zip"] = Page(changed, etag=etag)
    fetch(url, target, pause=0)
    assert target.read_bytes() == changed
    assert left_behind(target) == ["faces.zip"]


def test_a_file_that_became_shorter_is_fetched_anew(server: Server, url: str, target: Path) -> None:
    begin(server, url, target)
    server.pages["/faces.zip"] = Page(b"short", etag=None)
    fetch(url, target, pause=0)
    assert target.read_bytes() == b"short"


def test_a_file_of_another_address_is_not_continued(server: Server, url: str, target: Path) -> None:
    begin(server, url, target)
    server.pages["/other.zip"] = Page(DATA[::-1])
    fetch(f"{server.url}/other.zip", target)
    assert target.read_bytes() == DATA[::-1]


def test_wrong_bytes_are_thrown_away(server: Server, url: str, target: Path) -> None:
    server.pages["/faces.zip"].data = DATA[::-1]
    with pytest.raises(DownloadFailed, match=f"faces.zip arrived, but .* instead of {SHA256}"):
        fetch(url, target, sha256=SHA256)
    assert left_behind(target) == []


def test_a_file_that_its_check_refuses_is_thrown_away(url: str, target: Path) -> None:
    def refuse(path: Path) -> None:
        raise DownloadFailed(f"it has {path.stat().st_size} bytes of noise.")

    with pytest.raises(DownloadFailed, match="faces.zip arrived, but it has 1500000 bytes"):
        fetch(url, target, check=refuse)
    assert left_behind(target) == []


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "Text/HTML", "application/xhtml+xml"])
def test_a_web_page_is_not_taken_for_the_file(
    server: Server, url: str, target: Path, kind: str
) -> None:
    page = b"<!DOCTYPE html><title>Quota exceeded</title>"
    server.pages["/faces.zip"] = Page(page, content_type=kind)
    with pytest.raises(DownloadFailed, match="sent a web page instead of the file"):
        fetch(url, target)
    assert left_behind(target) == []
    assert remote_size(url) is None


def test_a_file_that_is_there_is_kept_and_nobody_is_asked(
    server: Server, url: str, target: Path
) -> None:
    fetch(url, target)
    server.requests.clear()
    fetch(url, target, sha256=SHA256)
    assert server.requests == []


def test_another_file_under_that_name_is_not_overwritten(
    server: Server, url: str, target: Path
) -> None:
    target.parent.mkdir()
    target.write_bytes(b"my own work")
    with pytest.raises(DownloadFailed, match="already there and is never overwritten"):
        fetch(url, target, sha256=SHA256)
    assert target.read_bytes() == b"my own work"
    assert server.requests == []


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_refusal_names_the_address_and_the_reason(
    server: Server, url: str, target: Path, status: int
) -> None:
    server.pages["/faces.zip"].status = status
    with pytest.raises(DownloadFailed, match=f"/faces.zip was refused: {status}"):
        fetch(url, target)


def test_without_a_network_there_is_a_sentence(server: Server, url: str, target: Path) -> None:
    server.stop()
    for ask in (lambda: fetch(url, target, pause=0), lambda: remote_size(url)):
        with pytest.raises(DownloadFailed, match="cannot be reached: is this machine connected"):
            ask()
    with pytest.raises(DownloadFailed, match="cannot be fetched"):
        fetch("no address", target)


def test_a_place_that_cannot_be_written_is_named(url: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DownloadFailed, match="could not be written"):
        fetch(url, tmp_path / "file" / "faces.zip")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"url": None}, "url is None"),
        ({"url": ""}, "url is ''"),
        ({"url": "faces.zip"}, "cannot be fetched"),
        ({"path": None}, "the path is None"),
        ({"path": "x" * 300}, "too long"),
        ({"sha256": "abc"}, "give 64 hexadecimal digits"),
    ],
)
def test_what_cannot_be_fetched_is_a_sentence(
    url: str, target: Path, options: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(DownloadFailed, match=complaint):
        fetch(**{"url": url, "path": target, "pause": 0, **options})


def test_a_pipe_or_a_folder_in_its_place_is_named_at_once(url: str, target: Path) -> None:
    target.parent.mkdir()
    os.mkfifo(target)
    with pytest.raises(DownloadFailed, match="is a folder, a pipe or a device"):
        fetch(url, target)
    target.unlink()
    target.mkdir()
    with pytest.raises(DownloadFailed, match="is a folder, a pipe or a device"):
        fetch(url, target)
