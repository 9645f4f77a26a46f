"""A mask says which pixels are inside, in whatever encoding a tool kept it."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers.datasets.masks import read_mask
from helpers.errors import UnreadableImage

INSIDE = np.zeros((30, 40), dtype=np.uint8)
INSIDE[5:10, 5:10] = 1


def grey(values: np.ndarray) -> Image.Image:
    return Image.fromarray(values)


def palette(*colours: tuple[int, int, int], inside: int = 1) -> Image.Image:
    image = Image.fromarray(INSIDE if inside else 1 - INSIDE).convert("L")
    image = Image.frombytes("P", image.size, image.tobytes())
    image.putpalette([value for colour in colours for value in colour])
    return image


BLACK, WHITE, RED, BLUE = (0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 0, 255)

ENCODINGS: dict[str, Callable[[], Image.Image]] = {
    "grey 0 and 255": lambda: grey(INSIDE * 255),
    "grey 0 and 1": lambda: grey(INSIDE),
    "16 bits, 0 and 1": lambda: grey(INSIDE.astype(np.uint16)),
    "16 bits, 0 and 100": lambda: grey(INSIDE.astype(np.uint16) * 100),
    "16 bits, 0 and 65535": lambda: grey(INSIDE.astype(np.uint16) * 65535),
    "one bit": lambda: grey(INSIDE * 255).convert("1"),
    "truth values": lambda: grey(INSIDE.astype(bool)),
    "grey, outside transparent": lambda: grey(np.dstack([INSIDE * 255] * 2)),
    "colour, outside transparent": lambda: grey(np.dstack([INSIDE * 255] * 4)),
    "black, outside transparent": lambda: grey(np.dstack([INSIDE * 0] * 3 + [INSIDE * 255])),
    "colour, all opaque": lambda: grey(np.dstack([INSIDE * 255] * 3 + [INSIDE * 0 + 255])),
    "one colour": lambda: grey(np.dstack([INSIDE * 9, INSIDE * 0, INSIDE * 0])),
    "palette, black and white": lambda: palette(BLACK, WHITE),
    "palette, black and dark": lambda: palette(BLACK, (1, 1, 1)),
    "palette, no black": lambda: palette(RED, BLUE),
    "palette, black twice": lambda: palette(BLACK, BLACK),
    "palette of a picture": lambda: palette(WHITE, BLACK, inside=0),
    "palette made by Pillow": lambda: grey(INSIDE * 255).quantize(2),
    "palette, converted": lambda: grey(INSIDE).convert("P"),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_twenty_five_pixels_are_inside_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "mask.png"
    ENCODINGS[encoding]().save(path)
    np.testing.assert_array_equal(read_mask(path), INSIDE.astype(bool))


def test_a_palette_with_a_transparent_outside_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mask.png"
    palette(WHITE, RED).save(path, transparency=0)
    np.testing.assert_array_equal(read_mask(path), INSIDE.astype(bool))


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".gif", ".pgm"])
def test_every_format_without_loss_will_do(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"mask{suffix}"
    grey(INSIDE * 255).save(path)
    np.testing.assert_array_equal(read_mask(path), INSIDE.astype(bool))


@pytest.mark.parametrize("value", [0, 255])
def test_an_empty_mask_is_empty_and_a_full_one_full(value: int) -> None:
    for image in (
        grey(INSIDE * 0 + value),
        grey(np.dstack([INSIDE * 0 + value] * 4)),
        grey(np.dstack([INSIDE * 0 + value] * 3 + [INSIDE * 0 + 255])),
    ):
        file = io.BytesIO()
        image.save(file, "PNG")
        assert read_mask(file).mean() == value / 255


def test_a_mask_saved_with_loss_is_refused_because_its_edge_is_blurred(tmp_path: Path) -> None:
    path = tmp_path / "mask.png"
    grey(INSIDE * 255).save(path, "JPEG")
    with pytest.raises(UnreadableImage, match="is a JPEG, in which the edge of a mask is blurred"):
        read_mask(path)


def test_what_is_no_mask_is_named(tmp_path: Path) -> None:
    (tmp_path / "mask.png").write_text("dear madam")
    with pytest.raises(UnreadableImage, match=r"mask.png is not a picture"):
        read_mask(tmp_path / "mask.png")
    with pytest.raises(UnreadableImage, match="does not exist"):
        read_mask(tmp_path / "none.png")
