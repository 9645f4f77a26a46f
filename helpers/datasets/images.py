"""One safe way to read a picture, whatever a reader brings.

Photographs arrive turned on their side, in four colours, with holes in them, cut short, or made to
fill the memory of whoever opens them. :func:`read_image` returns the same thing for all of them,
an upright ``(H, W, 3)`` array of RGB, or one sentence that names the file.
"""

import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from helpers import arguments
from helpers.errors import InputError, UnreadableImage
from helpers.files import path_of, reason, replacing, require_file, short

if TYPE_CHECKING:
    import torch

MAX_PIXELS = 64_000_000
"""Largest picture that is decoded, in pixels: about 190 MB as RGB, more than most cameras take."""

EXTENSIONS = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".pjpeg", ".pjp", ".png", ".webp", ".gif", ".bmp", ".dib"),
    *(".tif", ".tiff", ".ppm", ".pgm", ".avif", ".jp2"),
)
"""Endings, in lower case, by which a picture is recognised in a folder."""

ENDING = f"(?i:{'|'.join(each.replace('.', chr(92) + '.') for each in EXTENSIONS)})"
"""Matches one of them, in small letters or capitals, as a part of a regular expression."""

# Only formats in which photographs are kept: Pillow also knows formats that start another program
# (EPS runs Ghostscript), and a stranger's file must not get that far.
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF", "JPEG2000")

_LARGEST_SIDE = 8000  # of a batch, whose MAX_PIXELS are of this order
_ORIENTATION_TAG = 0x0112
_BITS_TAG, _PHOTOMETRIC_TAG, _NUMBERS_TAG, _WHITE_IS_ZERO = 258, 262, 339, 0  # of TIFF
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_image(
    source: str | os.PathLike[str] | BinaryIO,
    max_pixels: int = MAX_PIXELS,
    name: str | None = None,
) -> np.ndarray:
    """Read a picture as upright RGB.

    Parameters
    ----------
    source : path or binary file
        What to read. An open file is read from its beginning and left open.
    max_pixels : int
        Largest width x height that is decoded. It is compared with the size in the file's header,
        before any pixel is decoded. Pillow's own, higher limit stays in force as well.
    name : str, optional
        What to call the picture in an error; by default its path.

    Returns
    -------
    numpy.ndarray, shape (H, W, 3), uint8
        RGB in 0-255, turned upright by the EXIF tag. Transparent parts are laid on white, 16-bit
        grey is scaled to 8 bits, CMYK is converted, and of an animation the first picture counts.

    Raises
    ------
    UnreadableImage
        If there is no such file, or it is empty, cut short, not a picture, or too large.
    InputError
        If ``max_pixels`` is no whole number above 0.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "black.png"
    >>> Image.fromarray(np.zeros((4, 6, 3), dtype=np.uint8)).save(path)
    >>> read_image(path).shape
    (4, 6, 3)

    Notes
    -----
    An EXIF block too damaged to be parsed names no direction, so the picture is taken as stored,
    as image viewers do. Colour profiles are not applied: values are those stored in the file.
    """
    limit = arguments.count(max_pixels, "max_pixels")
    with opened(source, _FORMATS, limit, name) as (image, label):
        # Only what comes from a TIFF has these tags, and loses them when it is turned.
        return _as_rgb(_upright(image), getattr(image, "tag_v2", {}), label)


@contextmanager
def opened(
    source: str | os.PathLike[str] | BinaryIO,
    formats: Sequence[str],
    max_pixels: int = MAX_PIXELS,
    name: str | None = None,
) -> Iterator[tuple[Image.Image, str]]:
    """Open and decode a picture, or whatever is kept as one.

    Parameters
    ----------
    source, max_pixels, name
        See :func:`read_image`.
    formats : sequence of str
        What it may be, as Pillow calls it.

    Yields
    ------
    (PIL.Image.Image, str)
        The picture as it is stored, and what to call it in an error. Trouble with its content
        inside the block is trouble with the file.
    """
    label = name or _label(source)
    with ExitStack() as stack:
        file = _opened(source, label, stack)
        head = _head(file, label)
        try:
            image = Image.open(file, formats=tuple(formats))
            _refuse_oversize(image, max_pixels, label)
            image.load()
            yield image, label
        except UnreadableImage:
            raise
        # On a damaged file Pillow's decoders raise nearly anything: OSError, SyntaxError,
        # struct.error, zlib.error, IndexError, MemoryError. For a reader they are all one thing.
        except Exception as trouble:
            raise _unreadable(label, head, max_pixels, trouble) from trouble


def to_tensor(
    images: Sequence[np.ndarray], size: int | tuple[int, int] | None = None
) -> "torch.Tensor":
    """Stack pictures into one batch in [0, 1].

    Parameters
    ----------
    images : sequence of numpy.ndarray, each (H, W, 3) uint8
        RGB pictures.
    size : int or (height, width), optional
        Resize every picture to this shape, smoothing where it shrinks (bilinear with antialiasing).
        A picture of other proportions is stretched: crop it first where its shape matters.

    Returns
    -------
    torch.Tensor, shape (N, 3, H, W), float32
        Values in [0, 1], not normalised: each model carries its own normalisation.

    Raises
    ------
    InputError
        If there is no picture, one is not (H, W, 3) uint8, sizes differ and none was asked for, or
        the batch does not fit into memory.
    """
    import torch

    if isinstance(images, str | bytes | dict) or not isinstance(images, Iterable):
        raise InputError(
            f"images is a {type(images).__name__}: give a list of pictures, each an array "
            "(height, width, 3) of uint8."
        )
    pictures = list(images)
    if not pictures:
        raise InputError("no image was chosen, so there is nothing to put into a batch.")
    for image in pictures:
        _require_rgb(image)
    shape = _common_shape(pictures) if size is None else _pair(size)
    try:
        batch = torch.empty((len(pictures), 3, *shape), dtype=torch.float32)
    except RuntimeError:  # so torch calls a lack of memory
        raise InputError(
            f"{len(pictures):,} images of {shape[0]} x {shape[1]} px do not fit into memory at "
            "once: take fewer rows at a time, or a smaller size."
        ) from None
    for row, image in zip(batch, pictures, strict=True):
        row.copy_(_resized(torch.tensor(image.copy()).permute(2, 0, 1).float().div_(255), shape))
    return batch


def save_image(path: str | os.PathLike[str], image: np.ndarray) -> Path:
    """Write a picture; the ending of the path chooses the format, and missing folders are made.

    Parameters
    ----------
    path : path
        Where to write. A file that is already there is replaced when the new one is whole.
    image : numpy.ndarray, shape (H, W, 3), uint8
        RGB in 0-255.

    Returns
    -------
    pathlib.Path
        Where the picture is now.

    Raises
    ------
    InputError
        If the array is no picture, the ending is unknown, or the place cannot be written to.
    """
    target = path_of(path)
    _require_rgb(image)
    kind = Image.registered_extensions().get(target.suffix.lower())
    if kind not in _FORMATS:
        raise InputError(
            f"{short(target)} ends in {target.suffix or 'nothing'}, which names no picture format; "
            "use .png, .jpg or .webp."
        )
    try:
        with replacing(target) as new:
            Image.fromarray(image).save(new, format=kind, quality=95)
    except InputError:
        raise
    # Where a format cannot hold a picture, its encoder says so in an exception of its own choice.
    except Exception as trouble:
        raise InputError(
            f"{short(target)} could not be written: {str(trouble).rstrip('.')}. Make the picture "
            "smaller, or choose a format that can hold it, such as .png."
        ) from trouble
    return target


def _label(source: Any) -> str:
    if isinstance(source, str | os.PathLike):
        name = os.fsdecode(source)
        return name if len(name) < 256 else short(name)
    return str(getattr(source, "name", "the picture"))


def _opened(source: Any, label: str, stack: ExitStack) -> BinaryIO:
    if not isinstance(source, str | os.PathLike):
        return _require_binary(source, label)
    path = require_file(source, UnreadableImage)
    try:
        return stack.enter_context(path.open("rb"))
    except OSError as trouble:
        raise UnreadableImage(f"{label} cannot be opened: {reason(trouble)}.") from trouble


def _require_binary(source: Any, label: str) -> BinaryIO:
    """Return an open file, if it is one from which bytes can be read."""
    if isinstance(source, io.TextIOBase):
        raise UnreadableImage(f'{label} was opened as text: open it with open(path, "rb").')
    if not callable(getattr(source, "read", None)) or not callable(getattr(source, "seek", None)):
        hint = " (of bytes, make a file with io.BytesIO)" if isinstance(source, bytes) else ""
        raise UnreadableImage(
            f"a picture is read from its path or from a file opened with open(path, 'rb'), not "
            f"from a {type(source).__name__}{hint}."
        )
    if getattr(source, "closed", False):
        raise UnreadableImage(f"{label} is a file that has been closed: open it again.")
    found: BinaryIO = source
    return found


def _head(file: BinaryIO, label: str) -> bytes:
    """Return the first bytes of a file, and leave it at its beginning."""
    try:
        file.seek(0)
        head = file.read(16)
        file.seek(0)
    except (OSError, ValueError) as trouble:
        raise UnreadableImage(
            f"{label} is open, but cannot be read from its beginning ({trouble}): give its path."
        ) from None
    if not isinstance(head, bytes):
        raise UnreadableImage(f'{label} gives text: open it with open(path, "rb").')
    if not head:
        raise UnreadableImage(f"{label} is empty (0 bytes): copy or download it again.")
    return head


def _refuse_oversize(image: Image.Image, max_pixels: int, label: str) -> None:
    width, height = image.size
    if width * height > max_pixels:
        raise UnreadableImage(
            f"{label} is {width} x {height} = {width * height:,} pixels, more than the limit of "
            f"{max_pixels:,}: make it smaller first, or raise max_pixels."
        )


def _upright(image: Image.Image) -> Image.Image:
    try:
        turn = _UPRIGHT.get(image.getexif().get(_ORIENTATION_TAG, 1))
    except SyntaxError:  # so Pillow calls an EXIF block that it cannot parse
        turn = None
    return image if turn is None else image.transpose(turn)


def _as_rgb(image: Image.Image, tags: Mapping[int, Any], label: str) -> np.ndarray:
    if image.mode.startswith("I") or image.mode == "F":
        return _deep_grey_as_rgb(image, tags, label)
    if image.has_transparency_data:
        layers = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layers.size, "white"), layers)
    return np.array(image.convert("RGB"))


def _deep_grey_as_rgb(image: Image.Image, tags: Mapping[int, Any], label: str) -> np.ndarray:
    bits, kind = tags.get(_BITS_TAG, (16,))[0], tags.get(_NUMBERS_TAG, (1,))[0]
    if image.mode == "F" or bits > 16 or kind != 1:
        raise UnreadableImage(
            f"{label} holds fractions, 32-bit or signed numbers, whose black and white no file "
            "says: save it with 8 or 16 bits per value."
        )
    # Pillow's own conversion clips at 255, which turns nearly every 16-bit picture white.
    grey = np.rint(np.asarray(image) * (255 / (2**bits - 1))).astype(np.uint8)
    # Pillow turns such pictures of 8 bits, but not these.
    grey = 255 - grey if tags.get(_PHOTOMETRIC_TAG) == _WHITE_IS_ZERO else grey
    return np.repeat(grey[..., None], 3, axis=2)


def _unreadable(label: str, head: bytes, max_pixels: int, trouble: Exception) -> UnreadableImage:
    if isinstance(trouble, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return UnreadableImage(
            f"{label} has far more pixels than the limit of {max_pixels:,}: make it smaller first."
        )
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"heif"):
        return UnreadableImage(
            f"{label} is an HEIC photograph, which is not read here: export it as JPEG or PNG."
        )
    if isinstance(trouble, UnidentifiedImageError):
        return UnreadableImage(f"{label} is not a picture, or its beginning is damaged.")
    return UnreadableImage(f"{label} is cut short or damaged: copy or download it again.")


def _require_rgb(image: np.ndarray) -> None:
    shape, kind = getattr(image, "shape", None), getattr(image, "dtype", type(image).__name__)
    if shape is None or len(shape) != 3 or shape[2] != 3 or 0 in shape or kind != np.uint8:
        raise InputError(
            f"a picture is an array (height, width, 3) of uint8; this one is {shape} of {kind}."
        )


def _common_shape(images: Sequence[np.ndarray]) -> tuple[int, int]:
    shapes = sorted({image.shape[:2] for image in images})
    if len(shapes) > 1:
        some = ", ".join(f"{height} x {width}" for height, width in shapes[:3])
        raise InputError(
            f"these {len(images)} images have {len(shapes)} different sizes ({some}"
            f"{', ...' if len(shapes) > 3 else ''}): say which size you want, "
            "for instance size=(224, 224)."
        )
    return shapes[0]


def _pair(size: Any) -> tuple[int, int]:
    if isinstance(size, str | bytes | dict | set) or not isinstance(size, Iterable):
        side = arguments.count(size, "size", high=_LARGEST_SIDE)
        return side, side
    sides = tuple(size)
    if len(sides) != 2:
        raise InputError(
            f"size is {arguments.shown(size)}: give one whole number, or (height, width) in pixels."
        )
    height, width = (arguments.count(side, "size", high=_LARGEST_SIDE) for side in sides)
    return height, width


def _resized(image: "torch.Tensor", shape: tuple[int, int]) -> "torch.Tensor":
    from torch.nn.functional import interpolate

    if tuple(image.shape[1:]) == shape:
        return image
    return interpolate(image[None], size=shape, mode="bilinear", antialias=True)[0]
