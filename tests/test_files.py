"""Files are looked at before they are opened, and replaced only when the new one is whole."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from helpers import files
from helpers.errors import BadTable, DataNotFound, InputError

LONG = "m" * 300 + ".png"
posix = pytest.mark.skipif(os.name != "posix", reason="pipes and rights of POSIX")


@pytest.fixture
def odd(tmp_path: Path) -> dict[str, Path]:
    """What can lie at a path besides files and folders."""
    os.mkfifo(tmp_path / "pipe.png")
    return {"pipe": tmp_path / "pipe.png", "device": Path("/dev/null")}


@pytest.mark.parametrize(
    "wrong", [None, 3, b"a.png", "", "a\0b", ["a.png"], "~nobody-of-that-name/a"]
)
def test_what_is_no_path_is_refused_with_the_error_of_the_room(wrong: Any) -> None:
    for check in (files.path_of, files.require_file, files.require_folder):
        with pytest.raises(
            BadTable, match=r"give the name of|cannot be the name|no user"
        ) as refused:
            check(wrong, error=BadTable)
        assert "\n" not in str(refused.value)
    with pytest.raises(InputError):
        files.require_writable(wrong)


class Unspeakable:
    def __repr__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    "address",
    [
        "https://x.org/y.jpg",
        "HTTP://x.org",
        "ftp://x",
        "s3://x/y",
        "file:///y",
        "data:image/png;base64,x",
    ],
)
def test_an_address_is_told_from_a_path_also_where_it_became_one(address: str) -> None:
    for given in (address, Path(address)):
        with pytest.raises(InputError, match="is an address, not a file: download it first"):
            files.path_of(given)
        with pytest.raises(InputError, match="is an address"):
            files.require_writable(given)
    for path in ("C:/photo.jpg", "https", "http/a.jpg", "file", "note: x.jpg", "./https:/x"):
        assert files.path_of(path) == Path(path)


def test_what_cannot_be_said_is_refused_by_its_type() -> None:
    with pytest.raises(InputError, match="the path is a Unspeakable: give the name of a file"):
        files.path_of(Unspeakable())


def test_the_home_of_the_reader_is_written_out() -> None:
    assert files.path_of("~/a.png") == Path.home() / "a.png"


@posix
def test_pipes_and_devices_are_told_from_files_without_opening_them(
    odd: dict[str, Path], tmp_path: Path
) -> None:
    assert files.kind_of(tmp_path) == "folder"
    assert files.kind_of(Path(__file__)) == "file"
    assert files.kind_of(Path(__file__) / "below") == "nothing"
    for name, path in odd.items():
        assert files.kind_of(path) == "other", name
        with pytest.raises(DataNotFound, match="is a pipe or a device"):
            files.require_file(path)
        with pytest.raises(InputError, match="is a pipe or a device"):
            files.require_writable(path)


def test_a_file_is_a_file_and_a_folder_a_folder(tmp_path: Path) -> None:
    assert files.require_file(__file__) == Path(__file__)
    assert files.require_folder(str(tmp_path)) == tmp_path
    for check, path, said in (
        (files.require_file, tmp_path, "is a folder, not a file"),
        (files.require_file, tmp_path / "none", "does not exist"),
        (files.require_folder, tmp_path / "none", "does not exist"),
        (files.require_folder, __file__, "is not a folder"),
        (files.require_file, tmp_path / LONG, "cannot be looked at: file name too long"),
        (files.require_writable, tmp_path / LONG, "cannot be looked at: file name too long"),
        (files.require_writable, tmp_path, "is a folder: give the name of a file"),
        (files.require_writable, Path(__file__) / "a", "is a file, not a folder"),
        (files.require_writable, Path(__file__) / "a" / "b", "is a file, not a folder"),
    ):
        with pytest.raises(InputError, match=said) as refused:
            check(path)
        assert len(str(refused.value)) < 300


def test_a_loop_of_links_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    for check in (files.require_file, files.require_folder, files.require_writable):
        with pytest.raises(InputError, match="too many levels"):
            check(tmp_path / "one")


AS_NOBODY = """
import os
from helpers import files
from helpers.errors import InputError
os.setgid(65534); os.setuid(65534)
for check, path in ((files.require_file, "closed/in.png"), (files.require_folder, "closed"),
                    (files.require_writable, "closed/out.png"), (files.require_file, "locked.png"),
                    (files.require_writable, "locked.png"), (files.require_writable, "new.png")):
    try:
        check(path)
        print("passed")
    except InputError as refused:
        print(refused)
"""


@posix
@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may be nobody"
)
def test_what_another_user_may_not_enter_read_or_write_is_a_sentence() -> None:
    # Not in pytest's own folder, which nobody else may enter.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "closed").mkdir(mode=0o700)
        (folder / "closed" / "in.png").write_text("a")
        (folder / "locked.png").write_text("a")
        (folder / "locked.png").chmod(0o600)
        folder.chmod(0o755)
        here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY],
            cwd=folder,
            env=here,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "closed/in.png cannot be looked at: permission denied.",
        "closed may not be entered: permission denied.",
        "closed/out.png cannot be looked at: permission denied.",
        "locked.png may not be read: permission denied.",
        "locked.png could not be written: permission denied.",
        "new.png could not be written: permission denied.",
    ]


# -- replaced only when whole


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "kept.txt"
    path.write_text("old")
    return path


def test_a_file_is_replaced_when_all_is_written(kept: Path) -> None:
    kept.chmod(0o640)
    with files.replacing(kept) as new:
        assert new.parent == kept.parent
        assert new.suffix == ".txt"
        new.write_text("new")
        assert kept.read_text() == "old"
    assert kept.read_text() == "new"
    assert kept.stat().st_mode & 0o777 == 0o640
    assert list(kept.parent.iterdir()) == [kept]


def test_a_new_file_has_the_rights_of_any_new_file_and_its_folders_are_made(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    with files.replacing(tmp_path / "a" / "b" / "new.txt") as new:
        new.write_text("new")
    made = tmp_path / "a" / "b" / "new.txt"
    assert made.read_text() == "new"
    assert made.stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("trouble", [KeyboardInterrupt, ValueError("of a writer"), SystemExit])
def test_whatever_stops_the_writing_leaves_the_old_file_whole(kept: Path, trouble: Any) -> None:
    with pytest.raises(type(trouble) if isinstance(trouble, Exception) else trouble):  # noqa: SIM117
        with files.replacing(kept) as new:
            new.write_text("half of the n")
            raise trouble
    assert kept.read_text() == "old"
    assert list(kept.parent.iterdir()) == [kept]


@posix
def test_a_full_disk_is_a_sentence_and_leaves_the_old_file_whole(kept: Path) -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(InputError, match=r"kept\.txt could not be written: file too large"):  # noqa: SIM117
            with files.replacing(kept) as new:
                new.write_bytes(bytes(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert kept.read_text() == "old"
    assert list(kept.parent.iterdir()) == [kept]


def test_a_link_stays_a_link_and_the_file_behind_it_is_replaced(kept: Path) -> None:
    link = kept.with_name("link.txt")
    link.symlink_to(kept.name)
    with files.replacing(link) as new:
        new.write_text("new")
    assert link.is_symlink()
    assert kept.read_text() == "new"


@pytest.mark.parametrize("name", ["x" * 255, "x" * 251 + ".png", "x." + "y" * 250, "山" * 85])
def test_a_name_as_long_as_names_may_be_can_be_written(tmp_path: Path, name: str) -> None:
    for text in ("old", "new"):
        with files.replacing(tmp_path / name) as new:
            new.write_text(text)
    assert [each.name for each in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "new"


def test_long_paths_are_shown_by_their_ends() -> None:
    assert files.short("a/b.png") == "a/b.png"
    shown = files.short("/begin" + "x" * 500 + "/end.png")
    assert shown.startswith("/begin")
    assert shown.endswith("/end.png")
    assert len(shown) < 120


def test_the_reason_of_an_operating_system_fits_into_a_sentence() -> None:
    assert files.reason(OSError(28, "No space left on device")) == "no space left on device"
    assert files.reason(OSError("encoder error -2")) == "encoder error -2"
    assert files.reason(OSError()) == "oserror"


def test_what_no_file_can_be_called_is_refused():
    class Strange:
        def __fspath__(self) -> Any:
            return 3

    for name in (Strange(), "\ud800.png"):
        with pytest.raises(InputError, match="name of a file"):
            files.path_of(name)


def test_a_folder_that_is_gone_gets_a_sentence(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(InputError, match="the folder you are in is gone"):
        files.require_writable("figure.png")
