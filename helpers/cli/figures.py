"""The files that commands write: their names, and that nothing of the reader's is overwritten."""

import itertools
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from helpers import files
from helpers.cli.photographs import Explained, Faces
from helpers.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIGNATURE = "Explaining Faces"
"""What tells pictures of this program from those of others."""

MOST_ROWS, MOST_PANELS = 100, 600
"""Of one figure: beyond, its file has more pixels than a PNG may have."""

_LONGEST_NAME = 255  # bytes, on every usual file system


def free_name(photo: Path, what: str) -> Path:
    """The figure's name where none is given, cut so that a file may have it.

    Nobody else has it: two photographs of one name in two folders, or two targets, are two figures.
    """
    for number in itertools.count(1):
        ending, stem = f"-{what}{f'-{number}' if number > 1 else ''}.png", photo.stem
        while len(os.fsencode(stem + ending)) > _LONGEST_NAME:
            stem = stem[:-1]
        if not os.path.lexists(stem + ending):
            break
    return Path(stem + ending)


def require_room(photos: list[Path], columns: int) -> None:
    """Say before the work that its figure could not be drawn."""
    most = max(min(MOST_ROWS, MOST_PANELS // columns), 1)
    if len(photos) > most:
        raise InputError(
            f"a figure of {len(photos)} photographs, with {columns} pictures beside each other for "
            f"each, is too large to be drawn: give at most {most} photograph(s) at a time"
            f"{' or fewer components' if columns > 3 else ''}."
        )


def destination(path: Path, photos: list[Path]) -> Path:
    if path.suffix.lower() != ".png":
        raise InputError(
            f"the output is a PNG figure, so its name must end in .png, not as {files.short(path)}"
        )
    files.require_writable(path)
    if path.exists() and (_is_one_of(path, photos) or not ours(path)):
        raise InputError(
            f"{path} exists and is not a figure of this program: choose another --output, so that "
            "nothing of yours is overwritten"
        )
    return path


def _is_one_of(path: Path, photos: list[Path]) -> bool:
    return any(files.kind_of(photo) != "nothing" and path.samefile(photo) for photo in photos)


def ours(path: Path) -> bool:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=["PNG"]) as picture:
                return picture.info.get("Software") == SIGNATURE
    # Whatever Pillow cannot open, for whichever reason, is not a figure of ours.
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False


def explanation(faces: Faces, explained: Explained, method: str) -> "Figure":
    """Draw photographs, what the model was given of each, and the maps over it."""
    from helpers import plots
    from helpers.explain.catalogue import ROWS

    signed = ROWS[method].signed
    return plots.explanation(
        faces.pictures,
        faces.found,
        faces.images,
        explained.relevance,
        explained.answers,
        explained.names,
        method,
        "relevance, red for, blue against" if signed else "relevance",
        plots.SIGNED if signed else plots.POSITIVE,
    )


def write(figure: "Figure", path: Path) -> None:
    """Write a figure of this program, and say where."""
    save(figure, path)
    print(f"written: {path}")


def save(figure: "Figure", path: Path) -> None:
    with files.replacing(path) as new:
        figure.savefig(new, dpi=150, metadata={"Software": SIGNATURE})
