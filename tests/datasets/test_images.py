"""Whatever a reader brings, a picture is upright RGB or one sentence that names the file."""

import io
import os
import re
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageFile

from helpers.datasets.images import read_image, save_image, to_tensor
from helpers.errors import InputError, UnreadableImage

RED, WHITE = (255, 0, 0), (255, 255, 255)


@pytest.fixture
def gradient() -> np.ndarray:
    """A picture without any symmetry: (6, 9, 3)."""
    return np.arange(6 * 9 * 3, dtype=np.uint8).reshape(6, 9, 3)


def saved(path: Path, image: Image.Image, **options: Any) -> Path:
    image.save(path, **options)
    return path


def refusal(source: object, **options: int) -> str:
    with pytest.raises(UnreadableImage) as refused:
        read_image(source, **options)  # type: ignore[arg-type]
    message = str(refused.value)
    assert message.endswith(".")
    assert "\n" not in message
    return message


def test_a_plain_picture_is_read_value_by_value(tmp_path: Path, gradient: np.ndarray) -> None:
    image = read_image(saved(tmp_path / "a.png", Image.fromarray(gradient)))
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, gradient)
    image[0] = 0  # a reader may draw into it


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_upright_whichever_way_the_camera_was_held(
    tmp_path: Path, orientation: int, suffix: str
) -> None:
    colours = np.array([[[250, 0, 0], [0, 250, 0], [0, 0, 250]], [[0] * 3, [250] * 3, [128] * 3]])
    upright = np.kron(colours, np.ones((16, 16, 1))).astype(np.uint8)
    # How a camera stores a scene for each value of the tag, from the EXIF standard.
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    lossless: dict[str, dict[str, Any]] = {
        ".webp": {"lossless": True},
        ".jpg": {"quality": 98, "subsampling": 0},
    }
    path = saved(
        tmp_path / f"a{suffix}",
        Image.fromarray(np.ascontiguousarray(stored)),
        exif=exif,
        **lossless.get(suffix, {}),
    )
    np.testing.assert_allclose(read_image(path).astype(int), upright, atol=12)


def test_a_damaged_exif_block_does_not_stop_a_picture(tmp_path: Path, gradient: np.ndarray) -> None:
    garbage = saved(tmp_path / "a.png", Image.fromarray(gradient), exif=b"garbage")
    np.testing.assert_array_equal(read_image(garbage), gradient)
    cut_short = b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x05\x00\x12\x01\x03\x00\x01"
    path = saved(tmp_path / "a.jpg", Image.fromarray(gradient), exif=cut_short)
    with pytest.warns(UserWarning, match="Corrupt EXIF"):
        assert read_image(path).shape == (6, 9, 3)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_a_hole_shows_white(tmp_path: Path, mode: str) -> None:
    picture = Image.new("RGBA", (4, 2), (0, 0, 0, 0))
    picture.paste((60, 60, 60, 255), (0, 0, 2, 2))
    suffix = ".tif" if mode == "PA" else ".png"
    path = saved(tmp_path / f"a{suffix}", picture if mode == "RGBA" else picture.convert("LA"))
    image = read_image(path)
    assert tuple(image[0, 0]) == (60, 60, 60)
    assert tuple(image[0, 3]) == WHITE


def test_half_transparent_red_on_white_is_pink(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", Image.new("RGBA", (2, 2), (255, 0, 0, 128)))
    np.testing.assert_allclose(read_image(path)[0, 0].astype(int), (255, 127, 127), atol=1)


@pytest.mark.parametrize("suffix", [".png", ".gif"])
def test_a_palette_keeps_its_colours_and_its_holes(tmp_path: Path, suffix: str) -> None:
    picture = Image.new("P", (2, 1))
    picture.putpalette([*RED, 0, 0, 255])
    picture.putpixel((1, 0), 1)
    image = read_image(saved(tmp_path / f"a{suffix}", picture, transparency=1))
    assert [tuple(pixel) for pixel in image[0]] == [RED, WHITE]


def test_a_colour_declared_transparent_is_white(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", Image.new("RGB", (1, 1), (1, 2, 3)), transparency=(1, 2, 3))
    assert tuple(read_image(path)[0, 0]) == WHITE


@pytest.mark.parametrize(("mode", "grey"), [("L", 77), ("1", 255)])
def test_grey_fills_all_three_channels(tmp_path: Path, mode: str, grey: int) -> None:
    image = read_image(saved(tmp_path / "a.png", Image.new(mode, (3, 2), grey)))
    assert image.shape == (2, 3, 3)
    assert (image == grey).all()


@pytest.mark.parametrize("suffix", [".png", ".tif", ".pgm"])
def test_16_bit_grey_is_scaled_not_clipped(tmp_path: Path, suffix: str) -> None:
    stored = np.array([[0, 257, 32896, 65535]], dtype=np.uint16)
    path = saved(tmp_path / f"a{suffix}", Image.fromarray(stored))
    np.testing.assert_array_equal(read_image(path)[0, :, 0], [0, 1, 128, 255])


def test_floating_point_grey_is_refused_because_no_file_says_what_is_white(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.tif", Image.fromarray(np.ones((2, 2), dtype=np.float32)))
    assert str(path) in refusal(path)


def as_tiff(path: Path, stored: list[int], **tags: int) -> Path:
    """A grey TIFF of one row, written from its standard: 16 bits a value unless a tag says so."""
    bits = tags.get("bits", 16)
    body = np.array(stored, "<u2" if bits == 16 else "<u4").tobytes()
    if bits == 12:  # two values in three bytes
        body = b"".join(
            (a << 12 | b).to_bytes(3, "big") for a, b in zip(stored[::2], stored[1::2], strict=True)
        )
    entries = {256: len(stored), 257: 1, 258: bits, 259: 1, 262: tags.get("white", 1), 273: 8}
    entries |= {274: tags.get("turned", 1), 277: 1, 278: 1, 279: len(body)}
    entries |= {339: tags.get("numbers", 1)}
    start = 8 + len(body) + len(body) % 2
    path.write_bytes(
        b"II*\0"
        + struct.pack("<I", start)
        + body.ljust(start - 8, b"\0")
        + struct.pack("<H", len(entries))
        + b"".join(struct.pack("<HHII", tag, 4, 1, n) for tag, n in entries.items())
        + bytes(4)
    )
    return path


@pytest.mark.parametrize("turned", [1, 2])
def test_a_tiff_whose_white_is_zero_is_no_negative(tmp_path: Path, turned: int) -> None:
    values = [0, 257 * 10, 257 * 128, 65535]
    for white, expected in ((0, [255, 245, 127, 0]), (1, [0, 10, 128, 255])):
        path = as_tiff(tmp_path / "a.tif", values, white=white, turned=turned)
        assert read_image(path)[0, :, 1].tolist() == expected[:: 1 if turned == 1 else -1]


def test_white_of_12_bits_is_white(tmp_path: Path) -> None:
    path = as_tiff(tmp_path / "a.tif", [0, 2048, 4095, 4095], bits=12)
    assert read_image(path)[0, :, 0].tolist() == [0, 128, 255, 255]


@pytest.mark.parametrize("tags", [{"bits": 32}, {"bits": 32, "numbers": 2}, {"numbers": 2}])
def test_numbers_without_a_known_white_are_refused(tmp_path: Path, tags: dict[str, int]) -> None:
    path = as_tiff(tmp_path / "a.tif", [0, 9, 80, 255], **tags)
    assert "black and white no file says" in refusal(path)


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_cmyk_red_is_red(tmp_path: Path, suffix: str) -> None:
    path = saved(tmp_path / f"a{suffix}", Image.new("CMYK", (16, 16), (0, 255, 255, 0)))
    if suffix == ".jpg":
        # Adobe's programs store ink as its opposite; Pillow writes what they write.
        with Image.open(path) as written:
            assert written.info["adobe"] == 100
    np.testing.assert_allclose(read_image(path)[8, 8].astype(int), RED, atol=3)


def test_a_photograph_under_a_wrong_ending_is_read(tmp_path: Path, gradient: np.ndarray) -> None:
    path = tmp_path / "really_a_png.jpg"
    Image.fromarray(gradient).save(path, format="PNG")
    np.testing.assert_array_equal(read_image(path), gradient)


def test_of_an_animation_the_first_picture_counts(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (2, 2), colour) for colour in (RED, (0, 0, 255))]
    path = saved(tmp_path / "a.gif", frames[0], save_all=True, append_images=frames[1:])
    assert tuple(read_image(path)[0, 0]) == RED


def test_an_open_file_is_read_from_its_beginning_and_left_open(gradient: np.ndarray) -> None:
    file = io.BytesIO()
    Image.fromarray(gradient).save(file, format="PNG")
    np.testing.assert_array_equal(read_image(file), gradient)
    np.testing.assert_array_equal(read_image(file), gradient)
    assert not file.closed


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".gif", ".tif", ".webp", ".bmp", ".avif"])
def test_a_picture_cut_short_is_refused_by_name(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    path = saved(tmp_path / f"a{suffix}", Image.fromarray(noise))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert str(path) in refusal(path)


def test_what_is_no_picture_is_refused_by_name(tmp_path: Path) -> None:
    empty, text, page = tmp_path / "a.jpg", tmp_path / "b.jpg", tmp_path / "c.jpg"
    empty.touch()
    text.write_text("I am a letter")
    page.write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n")
    assert f"{empty} is empty" in refusal(empty)
    assert f"{text} is not a picture" in refusal(text)
    assert f"{page} is not a picture" in refusal(page), "PostScript is a program, not a picture"
    assert "is a folder" in refusal(tmp_path)
    assert "does not exist" in refusal(tmp_path / "nowhere.jpg")
    assert "does not exist" in refusal(str(tmp_path / "nowhere.jpg"))


def test_a_telephones_heic_photograph_gets_its_own_advice(tmp_path: Path) -> None:
    path = tmp_path / "IMG_0001.HEIC"
    path.write_bytes(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(64))
    assert "export it as JPEG" in refusal(path)


def test_the_pixel_limit_holds_before_anything_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    # A header that promises 30,000 x 2,500 pixels, and not one of them behind it.
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr(30_000, 2_500)) + chunk(b"IDAT"))
    assert "30000 x 2500 = 75,000,000 pixels" in refusal(path)


def test_a_picture_beyond_pillows_own_limit_gets_the_same_sentence(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr(60_000, 60_000)) + chunk(b"IDAT"))
    assert "pixels than the limit of 64,000,000" in refusal(path)


def test_the_pixel_limit_can_be_chosen(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", Image.new("RGB", (10, 11)))
    assert read_image(path, max_pixels=110).shape == (11, 10, 3)
    assert "10 x 11 = 110 pixels" in refusal(path, max_pixels=109)


def test_reading_leaves_pillows_settings_alone_and_works_in_threads(
    tmp_path: Path, gradient: np.ndarray
) -> None:
    path = saved(tmp_path / "a.png", Image.fromarray(gradient))
    before = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)
    with ThreadPoolExecutor(8) as threads:
        images = list(threads.map(read_image, [path] * 64))
    assert all((image == gradient).all() for image in images)
    assert (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES) == before


def test_a_batch_is_in_zero_to_one_and_channels_come_first(gradient: np.ndarray) -> None:
    batch = to_tensor([gradient, 255 - gradient])
    assert batch.shape == (2, 3, 6, 9)
    assert batch.dtype == torch.float32
    np.testing.assert_allclose(batch[0].permute(1, 2, 0).numpy() * 255, gradient, atol=1e-4)
    torch.testing.assert_close(batch[0] + batch[1], torch.ones(3, 6, 9))


def test_a_mirrored_view_can_go_into_a_batch(gradient: np.ndarray) -> None:
    torch.testing.assert_close(to_tensor([gradient[:, ::-1]]), to_tensor([gradient]).flip(3))


def test_shrinking_fine_stripes_gives_grey_not_a_false_pattern() -> None:
    stripes = np.zeros((64, 64, 3), dtype=np.uint8)
    stripes[:, ::2] = 255
    small = to_tensor([stripes], size=8)
    assert small.shape == (1, 3, 8, 8)
    assert (small - 0.5).abs().max() < 0.05


def test_pictures_of_different_sizes_need_a_size(gradient: np.ndarray) -> None:
    with pytest.raises(InputError, match="2 different sizes.*size="):
        to_tensor([gradient, gradient[:3]])
    assert to_tensor([gradient, gradient[:3]], size=(5, 4)).shape == (2, 3, 5, 4)


def test_what_is_no_picture_goes_into_no_batch(gradient: np.ndarray) -> None:
    for wrong in (gradient[..., 0], gradient / 255, gradient[None], gradient[:0], "photo.jpg"):
        with pytest.raises(InputError, match="height, width, 3"):
            to_tensor([wrong])  # type: ignore[list-item]
    with pytest.raises(InputError, match="no image"):
        to_tensor([])
    with pytest.raises(InputError, match="size is 0"):
        to_tensor([gradient], size=0)


def test_a_saved_picture_reads_back_and_its_folder_is_made(
    tmp_path: Path, gradient: np.ndarray
) -> None:
    path = save_image(tmp_path / "new" / "folder" / "a.png", gradient)
    np.testing.assert_array_equal(read_image(path), gradient)


def test_a_picture_that_cannot_be_saved_says_why(tmp_path: Path, gradient: np.ndarray) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="could not be written"):
        save_image(tmp_path / "file" / "a.png", gradient)
    with pytest.raises(InputError, match="names no picture format"):
        save_image(tmp_path / "a.docx", gradient)
    with pytest.raises(InputError, match="height, width, 3"):
        save_image(tmp_path / "a.png", gradient[..., 0])


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + check


def ihdr(width: int, height: int) -> bytes:
    return struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)


@pytest.mark.parametrize(
    "source", [None, 5, True, ["a.jpg"], np.zeros((4, 4, 3), dtype=np.uint8), b"\xff\xd8\xff", ""]
)
def test_what_is_no_path_and_no_file_is_refused(source: object) -> None:
    refusal(source)


def test_an_open_file_that_gives_no_bytes_says_how_to_open_it(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", Image.new("RGB", (4, 4)))
    with path.open(encoding="latin-1") as text:
        assert 'open it with open(path, "rb")' in refusal(text)
    with path.open("rb") as file:
        pass
    assert "has been closed" in refusal(file)
    with (tmp_path / "b.png").open("wb") as writing:
        assert "cannot be read from its beginning" in refusal(writing)
    assert "io.BytesIO" in refusal(path.read_bytes())


def test_pipes_devices_and_long_names_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    assert "is a pipe or a device" in refusal(tmp_path / "a.jpg")
    assert "is a pipe or a device" in refusal("/dev/zero")
    assert "too long" in refusal("x" * 300)
    for scheme in ("https://", "HTTPS://", "ftp://", "file://", "file:"):
        address = f"{scheme}/example.org/a.jpg"
        for source in (address, Path(address)):
            assert "is an address, not a file: download it first" in refusal(source)


@pytest.mark.parametrize("limit", [None, "many", 0, -1, 1.5, True])
def test_a_limit_that_is_none_does_not_blame_the_picture(tmp_path: Path, limit: Any) -> None:
    path = saved(tmp_path / "a.png", Image.new("RGB", (4, 4)))
    with pytest.raises(InputError, match="max_pixels is"):
        read_image(path, max_pixels=limit)


@pytest.mark.parametrize("size", ["8", 0, -3, 2.5, (8, 2.5), (3, 8, 8), (8,), True, 10**9, {8}])
def test_a_size_that_is_none_is_named(gradient: np.ndarray, size: Any) -> None:
    with pytest.raises(InputError, match="size is"):
        to_tensor([gradient], size=size)


def test_a_size_may_come_from_numpy_or_torch(gradient: np.ndarray) -> None:
    for size in (np.int64(4), [4, 4], np.array([4, 4]), torch.empty(4, 4).shape):
        assert to_tensor([gradient], size=size).shape == (1, 3, 4, 4)  # type: ignore[arg-type]
    assert to_tensor(image for image in [gradient]).shape == (1, 3, 6, 9)  # type: ignore[arg-type]


@pytest.mark.parametrize("images", [None, 3, "a.jpg", b"x", {"a": 1}])
def test_what_is_no_list_of_pictures_is_refused(images: Any) -> None:
    with pytest.raises(InputError, match="give a list of pictures"):
        to_tensor(images)


@pytest.mark.parametrize("ending", [".webp", ".jpg", ".JPE", ".jfif"])
def test_a_failed_save_leaves_the_old_picture_whole(tmp_path: Path, ending: str) -> None:
    small, wide = np.zeros((8, 8, 3), np.uint8), np.zeros((1, 70_000, 3), np.uint8)
    path = save_image(tmp_path / f"a{ending}", small)
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"could not be written"):
        save_image(path, wide)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert read_image(path).shape == (8, 8, 3)


@pytest.mark.parametrize("ending", ["avif", "webp", "gif", "jpg", "jp2", "png", "tif"])
def test_every_format_takes_a_wide_picture_or_says_why_not(tmp_path: Path, ending: str) -> None:
    wide = np.zeros((1, 70_000, 3), np.uint8)
    path = tmp_path / f"wide.{ending}"
    try:
        save_image(path, wide)
    except InputError as refused:
        assert re.fullmatch(r".*wide\S+ could not be written: .*\.", str(refused))
        assert not path.exists()
    else:
        np.testing.assert_array_equal(read_image(path), wide)


def test_a_batch_beyond_all_memory_is_refused(gradient: np.ndarray) -> None:
    with pytest.raises(InputError, match="1,000,000 images of 8000 x 8000 px do not fit"):
        to_tensor([gradient] * 1_000_000, size=8000)


@pytest.mark.parametrize("path", [None, 5, "", "a\0.png", "x" * 300 + ".png"])
def test_what_cannot_be_a_place_for_a_picture_is_refused(path: Any) -> None:
    with pytest.raises(InputError):
        save_image(path, np.zeros((4, 4, 3), dtype=np.uint8))
