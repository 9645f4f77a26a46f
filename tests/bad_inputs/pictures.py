"""Pictures: read_image, to_tensor, save_image."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from helpers.datasets import read_image, save_image, to_tensor
from tests.bad_inputs.harness import Case, door
from tests.bad_inputs.material import (
    INF,
    NAMED_300,
    NAN,
    as_nobody,
    closed,
    cut,
    denied,
    device,
    disk_full,
    interrupted,
    kept,
    left_open,
    photo,
    picture,
    pipe,
    raw,
    text,
)

CASES: list[Case] = []
ONE = [picture()]
_FILE = "path|file"


def _png_of(width: int, height: int) -> bytes:
    """A PNG whose header promises a size that its data do not keep."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(100))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _loop(folder: Path) -> Path:
    (folder / "a.jpg").symlink_to(folder / "b.jpg")
    (folder / "b.jpg").symlink_to(folder / "a.jpg")
    return folder / "a.jpg"


def _shut(path: Path) -> io.BufferedReader:
    with path.open("rb") as file:
        return file


def _turned(folder: Path) -> Path:
    exif = Image.Exif()
    exif[0x0112] = 6
    return photo(folder, exif=exif)


# -- reading

reading = door(CASES, "datasets.read_image", read_image)
for _what, _says, _source in (
    ("None", _FILE, None),
    ("a number", _FILE, 5),
    ("a list of paths", _FILE, ["a.jpg"]),
    ("True", _FILE, True),
    ("a picture that is read already", _FILE, picture()),
    ("a NUL byte in the name", "a.*b", "a\0b.jpg"),
    ("no name at all", _FILE, ""),
    ("name of 300 characters", "too long|no such file", NAMED_300),
    ("the home of nobody", "nosuchuser", "~nosuchuser/a.jpg"),
    ("an address", "download", "https://example.org/a.jpg"),
    ("an address as a path", "download", Path("https://example.org/a.jpg")),
    ("an address in capitals", "download", "HTTPS://EXAMPLE.ORG/A.JPG"),
    ("an address of ftp", "download", "ftp://example.org/a.jpg"),
    ("an address of a file", "address", "file:///a.jpg"),
    ("a missing file", "none.jpg", "none.jpg"),
    ("a folder", "folder", "."),
    ("an empty open file", "empty", io.BytesIO()),
):
    reading.refuses(_what, _says, source=_source)
for _what, _says, _made in (
    ("bytes of a JPEG instead of a path", _FILE, lambda at: photo(at).read_bytes()),
    (
        "file opened as text",
        '"rb"|binary|text',
        lambda at: left_open(photo(at).open(encoding="utf-8")),
    ),
    ("closed file", "closed|open", lambda at: _shut(photo(at))),
    ("a file opened for writing", "read|open", lambda at: left_open((at / "w.jpg").open("wb"))),
    ("a file below a file", "a.jpg", lambda at: photo(at) / "b.jpg"),
    ("links that lead to each other", "a.jpg", _loop),
    ("named pipe", "pipe", lambda at: pipe(at, "a.jpg")),
    ("a device", "device|pipe|zero", lambda at: device()),
    ("an empty file", "empty", lambda at: raw(at, b"")),
    ("a JPEG cut short", "a.jpg.*(cut short|damaged)", lambda at: cut(photo(at, size=(400, 300)))),
    ("a PNG cut short", "a.png.*(cut short|damaged)", lambda at: cut(photo(at, "a.png"))),
    ("a letter called .jpg", "not a picture", lambda at: text(at, "dear madam", "a.jpg")),
    ("a web page called .png", "not a picture", lambda at: text(at, "<!doctype html>", "a.png")),
    ("an SVG", "not a picture", lambda at: text(at, "<svg/>", "a.svg")),
    ("PostScript called .jpg", "not a picture", lambda at: text(at, "%!PS-Adobe-3.0", "a.jpg")),
    ("a zip called .jpg", "not a picture", lambda at: raw(at, b"PK\3\4" + bytes(60))),
    ("an HEIC photograph", "HEIC", lambda at: raw(at, b"\0\0\0\x18ftypheic" + bytes(40))),
    ("a header that promises 10 GB", "pixels", lambda at: raw(at, _png_of(60_000, 60_000))),
    ("a header without pixels", "a.jpg", lambda at: raw(at, _png_of(0, 5))),
    ("a header and nothing behind", "cut short|damaged", lambda at: raw(at, _png_of(99, 99))),
    ("zeros", "not a picture|empty|damaged", lambda at: raw(at, bytes(5000))),
):
    reading.refuses(_what, _says, lambda at, made=_made: read_image(made(at)))
for _limit in (None, "many", -1, 0, NAN, True):
    reading.refuses(
        f"max_pixels={_limit!r}",
        "max_pixels",
        lambda at, limit=_limit: read_image(photo(at), max_pixels=limit),
    )
reading.refuses(
    "as user nobody: the file is closed",
    "permission|may not",
    lambda at: (closed(photo(at)), denied(lambda: read_image(at / "a.jpg")))[1],
)


def _in_closed_folder(folder: Path) -> np.ndarray:
    photo(folder, "in/a.jpg")
    closed(folder / "in")
    with as_nobody():
        return read_image(folder / "in" / "a.jpg")


reading.refuses(
    "as user nobody: its folder may not be entered", "permission|may not", _in_closed_folder
)
reading.gives(
    "a photograph on its side", lambda x: x.shape == (40, 30, 3), lambda at: read_image(_turned(at))
)
reading.gives(
    "a damaged EXIF block",
    lambda x: x.shape == (30, 40, 3),
    lambda at: read_image(photo(at, exif=b"Exif\0\0garbage")),
)
for _mode, _white in (("LA", 255), ("RGBA", 255), ("CMYK", None), ("1", None), ("P", None)):
    reading.gives(
        f"colours as {_mode}",
        lambda x, white=_white: (
            x.dtype == np.uint8 and x.shape == (4, 6, 3) and (white is None or (x == white).all())
        ),
        lambda at, mode=_mode: (
            Image.new(mode, (6, 4)).save(at / "a.tif"),
            read_image(at / "a.tif"),
        )[1],
    )
reading.gives(
    "a name of foreign letters",
    lambda x: x.shape == (30, 40, 3),
    lambda at: read_image(photo(at, "山 \U0001f600 é.jpg")),
)
reading.gives(
    "an ending in capitals that is not its own",
    lambda x: x.shape == (30, 40, 3),
    lambda at: read_image(photo(at).rename(at / "a.PNG")),
)

# -- batches

batching = door(CASES, "datasets.to_tensor", to_tensor, images=ONE)
for _what, _images in (
    ("None", None),
    ("nothing chosen", []),
    ("one picture instead of a list", picture()),
    ("names instead of pictures", ["a.jpg"]),
    ("a name", "a.jpg"),
    ("a number", 3),
    ("floats", [picture() / 255]),
    ("whole numbers of 64 bits", [picture().astype(int)]),
    ("grey pictures", [picture()[..., 0]]),
    ("four channels", [np.dstack([picture(), picture()[..., :1]])]),
    ("channels first", [picture().transpose(2, 0, 1)]),
    ("Pillow's pictures", [Image.new("RGB", (4, 4))]),
    ("one of them None", [picture(), None]),
    ("a picture without pixels", [picture()[:0]]),
    ("sizes that differ", [picture(), picture(40, 40)]),
):
    batching.refuses(_what, "picture|image|size", images=_images)
for _size in (
    *("112", 0, -3, (0, 5), (112.5, 112.5), 112.5, (3, 112, 112), (112,)),
    *(NAN, INF, (), True, 10**9, (10**6, 10**6), {112}, ("a", "b")),
):
    batching.refuses(f"size={_size!r}", "size", size=_size)
batching.refuses("more than any memory holds", "memory", images=ONE * 10**6, size=8000)
batching.gives("size=np.int64(112)", lambda x: x.shape == (1, 3, 112, 112), size=np.int64(112))
batching.gives("size=[20, 30]", lambda x: x.shape == (1, 3, 20, 30), size=[20, 30])
batching.gives(
    "size as a tensor's shape", lambda x: x.shape == (1, 3, 9, 7), size=torch.empty(9, 7).shape
)
batching.either(
    "a generator of pictures",
    "list|sequence",
    lambda x: x.shape == (1, 3, 60, 50),
    lambda at: to_tensor(each for each in ONE),
)

# -- saving

saving = door(CASES, "datasets.save_image", save_image, path="new.png", image=picture())
for _what, _says, _wrong in (
    ("path None", _FILE, {"path": None}),
    ("path 5", _FILE, {"path": 5}),
    ("no ending", "ends", {"path": "new"}),
    ("an ending of no picture", "ends", {"path": "new.docx"}),
    ("the current folder", "ends|folder", {"path": "."}),
    ("a NUL byte in the name", "a.*b", {"path": "a\0b.png"}),
    ("name of 300 characters", "too long|written", {"path": NAMED_300}),
    ("image None", "picture", {"image": None}),
    ("a tensor in [0, 1]", "picture", {"image": torch.rand(3, 4, 4)}),
    ("floats", "picture", {"image": picture() / 255}),
    ("a mask", "picture", {"image": np.ones((4, 4), bool)}),
    ("no pixels", "picture", {"image": picture()[:0]}),
):
    saving.refuses(_what, _says, **_wrong)
_WIDE = np.zeros((2, 70_000, 3), dtype=np.uint8)


def _replace(folder: Path, name: str, image: np.ndarray, how: object = None) -> object:
    old = save_image(folder / name, picture())
    return kept(old, how or (lambda act: act()), lambda: save_image(old, image))


saving.refuses(
    "20000 px wide as .webp (new file)",
    "new.webp",
    lambda at: save_image("new.webp", np.zeros((2, 20_000, 3), np.uint8)),
)
for _ending in ("webp", "jpg", "avif"):
    saving.refuses(
        f"failed save onto an existing .{_ending}",
        f"old.{_ending}",
        lambda at, ending=_ending: _replace(at, f"old.{ending}", _WIDE),
    )
    saving.refuses(
        f"disk full, onto an existing .{_ending}",
        f"old.{_ending}",
        lambda at, ending=_ending: _replace(at, f"old.{ending}", picture(400, 400), disk_full),
    )
    saving.gives(
        f"Ctrl-C, onto an existing .{_ending}",
        lambda x: x == "interrupted",
        lambda at, ending=_ending: _replace(at, f"old.{ending}", picture(), interrupted),
    )
for _what, _says, _where in (
    (
        "a folder of that name",
        "folder|directory",
        lambda at: (at / "a.png").mkdir() or at / "a.png",
    ),
    ("a place below a file", "file|directory", lambda at: photo(at) / "deep" / "b.png"),
    ("named pipe", "pipe|device", lambda at: pipe(at, "a.png")),
    ("a link to a device", "pipe|device", lambda at: _linked(at, device("full"))),
):
    saving.refuses(_what, _says, lambda at, where=_where: save_image(where(at), picture()))


def _linked(folder: Path, to: Path) -> Path:
    (folder / "a.png").symlink_to(to)
    return folder / "a.png"


def _closed_to_writers(folder: Path) -> object:
    (folder / "in").mkdir(mode=0o755)
    old = save_image(folder / "in" / "a.png", picture())
    return kept(old, denied, lambda: save_image(old, picture(9, 9)))


saving.refuses("as user nobody: onto a file of root's", "permission|may not", _closed_to_writers)
saving.refuses(
    "as user nobody: into a folder that may not be entered",
    "permission|may not",
    lambda at: (
        closed(photo(at, "in/a.jpg").parent),
        denied(lambda: save_image(at / "in" / "b.png", picture())),
    )[1],
)
saving.gives(
    "a link, whose file is replaced",
    lambda ok: ok,
    lambda at: (
        save_image(at / "real.png", picture()),
        (at / "link.png").symlink_to(at / "real.png"),
        save_image(at / "link.png", picture(9, 8)),
        (at / "link.png").is_symlink() and read_image(at / "real.png").shape == (9, 8, 3),
    )[-1],
)
saving.gives(
    "an old file that others may read",
    lambda mode: mode == 0o640,
    lambda at: (
        save_image(at / "a.png", picture()).chmod(0o640),
        save_image(at / "a.png", picture()),
        os.stat(at / "a.png").st_mode & 0o777,
    )[-1],
)
