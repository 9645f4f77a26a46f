"""Keep rendered faces on the disk: drawn once, in one file, read like any other data set.

A set is a zip with the pictures, their region masks and their table. It is drawn in blocks, each of
which gets its name only when it is whole. So whatever happens, an interruption, a lost connection
or two notebooks that start together, no half of a file is ever read, and nothing is drawn twice for
long: processes that meet share the work, block by block.
"""

import hashlib
import io
import json
import logging
import math
import os
import shutil
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import numpy as np
import pandas as pd
from PIL import Image
from tqdm.auto import tqdm

from helpers import arguments, faces
from helpers.datasets.base import FaceDataset
from helpers.datasets.images import opened
from helpers.datasets.places import users_cache
from helpers.datasets.sources import Archive
from helpers.errors import DataNotFound, InputError, UnreadableImage
from helpers.files import kind_of, path_of, require_writable, short

POINTS = ("eye_left", "eye_right", "nose_tip", "mouth_left", "mouth_right")
"""The five landmarks, left and right of the image; the table has each with ``_x`` and ``_y``."""

_COORDINATES = [f"{point}_{axis}" for point in POINTS for axis in "xy"]
_BLOCK = 128
# Faces carry camera noise, which no effort makes small: level 6 saves 11 % of the disk and takes two
# and a half times as long (measured on 256 faces).
_COMPRESSION = 1
_DAY = 24 * 60 * 60
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Plan:
    """What is to be drawn.

    Attributes
    ----------
    faces : sequence of Face
        The pictures.
    table : pandas.DataFrame
        What each is labelled as; index ``file``, a row per face.
    copies : mapping of str to str
        Files that are to be, byte for byte, another of the files.
    """

    faces: Sequence[faces.Face]
    table: pd.DataFrame
    copies: Mapping[str, str] = field(default_factory=dict)


def drawn_once(
    name: str,
    plan: Callable[[], Plan],
    size: int = 112,
    root: str | os.PathLike[str] | None = None,
) -> FaceDataset:
    """Give a set of rendered faces, which are drawn if they are not on the disk yet.

    Parameters
    ----------
    name : str
        What the set is called, in messages and on the disk. It has to say everything that the plan
        depends on, but for the code.
    plan : callable
        Says what to draw; it is asked only then.
    size : int
        Height and width of the pictures in pixels.
    root : path, optional
        The folder for the file; by default :func:`rendered_folder`.

    Returns
    -------
    FaceDataset
        With masks, and with the ten coordinates of the landmarks in its table.

    Raises
    ------
    InputError
        If the folder cannot be written to.

    Notes
    -----
    The name on the disk ends in a fingerprint of the code that draws, so pictures of another
    version of it are never mistaken for these. They are removed a day after they were last made.
    """
    arguments.count(size, "size")
    folder = rendered_folder() if root is None else path_of(root, "root")
    target = folder / f"{name}-{size}px-{FINGERPRINT}.zip"
    if kind_of(target) == "nothing":
        _require_place(target, name)
        _make(target, plan(), size, name)
    pictures, masks = Archive(target, "images/"), Archive(target, "masks/")
    table = _kept_table(target, name)
    _log.info("%s is in %s", name, target)
    return FaceDataset(name, table, pictures, (), partial(region_masks, masks))


def _require_place(target: Path, name: str) -> None:
    """Make sure that a set can be kept, before its faces are drawn."""
    try:
        require_writable(target)
    except InputError as trouble:
        raise InputError(
            f"{trouble} {name} is drawn once and kept there: name another folder with root=..."
        ) from None


def _kept_table(target: Path, name: str) -> pd.DataFrame:
    """Read the table of a set that is on the disk, all of it one hopes."""
    try:
        return read_table(Archive(target).data)
    except (DataNotFound, UnreadableImage, ValueError, KeyError, TypeError) as trouble:
        raise DataNotFound(
            f"{short(target)}, in which {name} is kept, is damaged: remove it, and the same faces "
            "are drawn again."
        ) from trouble


def rendered_folder() -> Path:
    """Return the user's cache folder for rendered faces.

    Unlike :func:`data_folder`, which may be shared and read-only, it is always the user's own.
    """
    return users_cache() / "rendered"


def region_masks(maps: Archive, file: str) -> np.ndarray:
    """Read the regions of one picture from its label map.

    Parameters
    ----------
    maps : Archive
        PNG pictures, one byte a pixel: the position of its region in ``faces.REGIONS``.
    file : str
        Which one.

    Returns
    -------
    numpy.ndarray, shape (19, H, W), bool
    """
    with opened(io.BytesIO(maps.data(file)), ["PNG"], name=f"{file} in {maps.path}") as (image, _):
        labels = np.asarray(image)
    masks: np.ndarray = labels == np.arange(len(faces.REGIONS), dtype=np.uint8)[:, None, None]
    return masks


def landmarks(table: pd.DataFrame) -> np.ndarray:
    """Take the landmarks out of a table of rendered faces.

    Parameters
    ----------
    table : pandas.DataFrame
        The table of a rendered data set, or some of its rows.

    Returns
    -------
    numpy.ndarray, shape (N, 5, 2), float32
        x and y in pixels of the :data:`POINTS`, as ``faces.render`` and the detector give them.

    Raises
    ------
    BadTable
        If it is the table of something else.
    """
    arguments.columns(table, _COORDINATES)
    return table[_COORDINATES].to_numpy(dtype=np.float32).reshape(-1, len(POINTS), 2)


def write_table(archive: ZipFile, table: pd.DataFrame) -> None:
    """Put a table into a zip as ``table.csv``, and what its columns are as ``columns.json``."""
    kinds = {
        name: list(kind.categories) if isinstance(kind, pd.CategoricalDtype) else str(kind)
        for name, kind in table.dtypes.items()
    }
    _put(archive, "table.csv", table.to_csv(lineterminator="\n").encode(), ZIP_DEFLATED)
    _put(archive, "columns.json", json.dumps(kinds, indent=1).encode())


def read_table(read: Callable[[str], bytes]) -> pd.DataFrame:
    """Read what :func:`write_table` wrote: the same values, types and categories.

    Parameters
    ----------
    read : callable
        Gives the bytes of a file in the zip: ``Archive.data``, or ``read`` of an open ``ZipFile``.

    Returns
    -------
    pandas.DataFrame, index ``file``
    """
    kinds: dict[str, Any] = json.loads(read("columns.json"))
    # "none" is a length of hair. Numbers with fractions are read as text first, for the sake of
    # their last digits.
    dtypes = {k: pd.CategoricalDtype(v) if isinstance(v, list) else v for k, v in kinds.items()}
    floats = {k: v for k, v in kinds.items() if str(v).startswith("float")}
    dtypes |= dict.fromkeys(floats, str)
    text = io.BytesIO(read("table.csv"))
    table = pd.read_csv(text, index_col="file", dtype=dtypes, keep_default_na=False)
    return table.astype(floats)


def _code_fingerprint() -> str:
    here, drawing = Path(__file__), Path(str(faces.__file__)).parent
    planned = [here.with_name(f"{name}.py") for name in ("roster", "shortcuts", "synthetic")]
    sources = [*sorted(drawing.glob("*.py")), here, *planned]
    # Read as text, in which lines end alike on every system.
    code = "\0".join(f"{path.name}\0{path.read_text(encoding='utf-8')}" for path in sources)
    return hashlib.sha256(code.encode()).hexdigest()[:12]


# Taken when the code is imported: a file that somebody edits later is not the one that draws.
FINGERPRINT = _code_fingerprint()
"""Changes with every change of the code that decides what is drawn; nobody has to remember it."""


def _make(target: Path, plan: Plan, size: int, name: str) -> None:
    """Draw what is missing of a set, in company if others are at it, and put it together."""
    part = target.with_suffix(".part")
    faces.render(
        plan.faces[:1], size
    )  # refuses a size that cannot be drawn, before anything is made
    try:
        part.mkdir(parents=True, exist_ok=True)
        _draw_blocks(part, target, plan, size, name)
        if not target.exists():
            _put_together(part, target, plan)
    except OSError as trouble:
        # Whoever is first to finish removes the blocks, under the hands of the others.
        if not target.exists():
            raise InputError(
                f"{name} is drawn once and kept, but {target.parent} cannot be written to "
                f"({trouble.strerror or trouble}): name another folder with root=..."
            ) from trouble
    shutil.rmtree(part, ignore_errors=True)
    _remove_superseded(target)


def _draw_blocks(part: Path, target: Path, plan: Plan, size: int, name: str) -> None:
    count = math.ceil(len(plan.faces) / _BLOCK)
    # Each process in an order of its own, so that two of them seldom draw the same block.
    order = np.random.default_rng(uuid.uuid4().int).permutation(count)
    with tqdm(desc=f"drawing {name}", total=len(plan.faces), unit="face") as bar:
        for block in order:
            if target.exists():
                return
            rows = slice(block * _BLOCK, (block + 1) * _BLOCK)
            if not _block_file(part, block).exists():
                _draw(_block_file(part, block), plan.faces[rows], plan.table.index[rows], size)
            bar.update(len(plan.faces[rows]))


def _block_file(part: Path, block: int) -> Path:
    return part / f"{block:05}.zip"


def _draw(target: Path, people: Sequence[faces.Face], files: pd.Index, size: int) -> None:
    drawn = faces.render(people, size)
    points = pd.DataFrame(drawn.landmarks.reshape(len(people), -1), files, _COORDINATES)
    begun = _beside(target)
    with ZipFile(begun, "w") as archive:
        for file, image, labels in zip(files, drawn.images, _label_maps(drawn.masks), strict=True):
            _put(archive, f"images/{file}", _png(image))
            _put(archive, f"masks/{file}", _png(labels))
        write_table(archive, points)
    os.replace(begun, target)


def _label_maps(masks: np.ndarray) -> np.ndarray:
    """Turn masks (N, 19, H, W) into the numbers of regions, (N, H, W) uint8."""
    labels = np.zeros((len(masks), *masks.shape[2:]), dtype=np.uint8)
    # Pixels are in one region each, so a sum is enough, and quicker than a search (argmax).
    for number in range(1, masks.shape[1]):
        labels += masks[:, number].view(np.uint8) * np.uint8(number)
    return labels


def _put_together(part: Path, target: Path, plan: Plan) -> None:
    blocks = [_block_file(part, block) for block in range(math.ceil(len(plan.faces) / _BLOCK))]
    begun = _beside(part / target.name)
    with ZipFile(begun, "w") as whole:
        points = [_move(block, whole, plan.copies) for block in blocks]
        for file, original in plan.copies.items():
            row = list(plan.table.index).index(original)
            _copy(blocks[row // _BLOCK], original, whole, file)
        write_table(whole, plan.table.join(pd.concat(points)))
    os.replace(begun, target)


def _move(block: Path, whole: ZipFile, copies: Mapping[str, str]) -> pd.DataFrame:
    """Move the pictures of a block, but for ``copies``, and return where its landmarks are."""
    with ZipFile(block) as drawn:
        points = read_table(drawn.read)
        for file in points.index.difference(list(copies), sort=False):
            for path in (f"images/{file}", f"masks/{file}"):
                _put(whole, path, drawn.read(path))
    return points


def _copy(block: Path, original: str, whole: ZipFile, file: str) -> None:
    with ZipFile(block) as drawn:
        for kind in ("images", "masks"):
            _put(whole, f"{kind}/{file}", drawn.read(f"{kind}/{original}"))


def _beside(path: Path) -> Path:
    """Name a file for what is not whole yet, which no other process uses."""
    return path.with_name(f"{path.name}.{uuid.uuid4().hex}")


def _remove_superseded(target: Path) -> None:
    """Remove the same set as other versions of the code drew it.

    Not those of today: somebody who is working on the code may still be reading them.
    """
    stem, _, code = target.stem.rpartition("-")
    for old in target.parent.glob(f"{stem}-{'[0-9a-f]' * len(code)}.*"):
        if code not in old.name and time.time() - old.stat().st_mtime > _DAY:
            shutil.rmtree(old, ignore_errors=True) if old.is_dir() else old.unlink(missing_ok=True)


def _put(archive: ZipFile, path: str, data: bytes, how: int = ZIP_STORED) -> None:
    # Without the time of day, so that the same faces give the same file.
    archive.writestr(ZipInfo(path), data, how)


def _png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=_COMPRESSION)
    return file.getvalue()
