"""One way to read a mask, whatever a tool kept it in.

A mask is label data: it says of each pixel whether it is inside. Read as a picture, a mask of 0 and
1 in 16 bits is black all over, and one that is transparent outside is white all over.
"""

import os
from typing import BinaryIO

import numpy as np
from PIL import Image

from helpers.datasets.images import opened
from helpers.errors import UnreadableImage

# Where edges are blurred to save space, pixels around a mask are no longer 0.
_LOSSLESS = ("PNG", "BMP", "GIF", "TIFF", "PPM")
_ALL = (*_LOSSLESS, "JPEG", "JPEG2000", "WEBP", "AVIF")


def read_mask(source: str | os.PathLike[str] | BinaryIO, name: str | None = None) -> np.ndarray:
    """Read which pixels are inside.

    Parameters
    ----------
    source : path or binary file
        A picture without loss (PNG, BMP, GIF, TIFF, PPM) of 1, 8, 16 or 32 bits, grey, coloured or
        with a palette, with or without transparency.
    name : str, optional
        What to call it in an error; by default its path.

    Returns
    -------
    numpy.ndarray, shape (H, W), bool
        True inside: where the value, or one of the colours, is above 0 and not transparent. Where
        all that can be seen is black, what can be seen is inside. With a palette, the first colour
        is outside unless it is another one that is black.

    Raises
    ------
    UnreadableImage
        If there is no such file, it is damaged, or it was saved with loss.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO()
    >>> Image.fromarray(np.array([[0, 0, 1]], dtype=np.uint16)).save(file, "PNG")
    >>> read_mask(file)
    array([[False, False,  True]])
    """
    with opened(source, _ALL, name=name) as (image, label):
        if image.format not in _LOSSLESS:
            raise UnreadableImage(
                f"{label} is a {image.format}, in which the edge of a mask is blurred: save masks "
                "as PNG."
            )
        return _inside(image)


def _inside(image: Image.Image) -> np.ndarray:
    if image.mode == "P":
        return _inside_of_palette(image)
    if image.mode == "1" or image.mode == "F" or image.mode.startswith("I"):
        return np.asarray(image) > 0
    if not image.has_transparency_data:
        return _coloured(image if image.mode == "L" else image.convert("RGB"))
    return _seen_and_coloured(image)


def _coloured(image: Image.Image) -> np.ndarray:
    values = np.asarray(image)
    return np.asarray(values > 0 if values.ndim == 2 else values.max(axis=2) > 0)


def _seen_and_coloured(image: Image.Image) -> np.ndarray:
    layers = np.asarray(image.convert("RGBA"))
    seen, coloured = layers[..., 3] > 0, layers[..., :3].max(axis=2) > 0
    inside: np.ndarray = seen & coloured
    return inside if inside.any() else seen & ~seen.all()


def _inside_of_palette(image: Image.Image) -> np.ndarray:
    if "transparency" in image.info:
        return _seen_and_coloured(image)
    numbers, outside_is_black = np.asarray(image), not any((image.getpalette() or [0])[:3])
    black = ~_coloured(image.convert("RGB"))
    # A palette in which not the first colour but another is black was made of a picture of a mask.
    return ~black if black.any() and not outside_is_black else np.asarray(numbers > 0)
