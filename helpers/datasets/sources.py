"""Where the files of a data set lie: in a folder, or in a zip that nobody needs to unpack.

Both kinds are small values that can be pickled and read from several threads or worker processes
at once; neither keeps more than a list of names in memory.
"""

import hashlib
import io
import os
import stat
import threading
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol
from zipfile import BadZipFile, ZipFile

import numpy as np

from helpers.datasets.images import read_image
from helpers.errors import DataNotFound, UnreadableImage
from helpers.files import reason, require_file, short

_SYSTEM = ("__MACOSX", "lost+found", "System Volume Information", "$RECYCLE.BIN")
_LARGEST = 1 << 30
"""Bytes of the largest file that is taken out of a zip: a few kilobytes can promise a terabyte."""


class Source(Protocol):
    """Anything that gives the picture of a row of the table."""

    def read(self, file: str) -> np.ndarray:
        """Return the picture called ``file``: (H, W, 3) uint8 RGB."""
        ...


@dataclass(frozen=True)
class Folder:
    """Files below one folder; names are relative to it, with forward slashes."""

    root: Path

    def files(self) -> list[str]:
        """List every file, hidden ones and those in hidden folders left aside, sorted.

        Links to folders are followed. Raises DataNotFound if a folder may not be entered.
        """
        found, been = [], set()
        for where, folders, names in os.walk(self.root, onerror=_refuse, followlinks=True):
            # A link may lead back to where the walk came from.
            state = os.stat(where)
            if (state.st_dev, state.st_ino) in been:
                folders.clear()
                continue
            been.add((state.st_dev, state.st_ino))
            folders[:] = [each for each in folders if not _is_clutter(each)]
            below = Path(where).relative_to(self.root)
            found += [(below / each).as_posix() for each in names if not _is_clutter(each)]
        return sorted(found)

    def read(self, file: str) -> np.ndarray:
        """Return the picture called ``file``: (H, W, 3) uint8 RGB."""
        return read_image(self.root / file)

    def data(self, file: str) -> bytes:
        """Return the bytes of ``file`` as they are stored."""
        path = require_file(self.root / file, UnreadableImage)
        try:
            return path.read_bytes()
        except OSError as trouble:
            raise UnreadableImage(f"{short(path)} cannot be read: {reason(trouble)}.") from trouble

    def fingerprints(self, files: Sequence[str]) -> list[Hashable]:
        """Return what equal files must share, found without reading them: their sizes."""
        return [self._size(file) for file in files]

    def _size(self, file: str) -> int:
        try:
            return (self.root / file).stat().st_size
        except OSError as trouble:
            raise UnreadableImage(
                f"{short(self.root / file)} cannot be read: {reason(trouble)}."
            ) from trouble


@dataclass(frozen=True)
class Archive:
    """Files in a zip; ``prefix`` is the folder inside it to which names are relative."""

    path: Path
    prefix: str = ""

    def files(self) -> list[str]:
        """List every file below the prefix, in the order of the zip's directory."""
        archive, _ = _this_process_handle(self.path)
        names = (info.filename for info in archive.infolist() if not info.is_dir())
        start = len(self.prefix)
        # Without splitting each name into its folders: a release has a hundred thousand.
        return [
            name[start:]
            for name in names
            if name.startswith(self.prefix) and "/." not in f"/{name}" and "__MACOSX" not in name
        ]

    def read(self, file: str) -> np.ndarray:
        """Return the picture called ``file``: (H, W, 3) uint8 RGB."""
        return read_image(io.BytesIO(self.data(file)), name=f"{file} in {self.path}")

    def data(self, file: str) -> bytes:
        """Return the bytes of ``file`` as they were before they were packed."""
        archive, turn = _this_process_handle(self.path)
        try:
            # Only the bytes are fetched under the lock; threads decode side by side.
            with turn:
                info = archive.getinfo(self.prefix + file)
                if info.file_size > _LARGEST:
                    raise UnreadableImage(
                        f"{file} in {self.path} would be {info.file_size:,} bytes: no picture is."
                    )
                return archive.read(info)
        except KeyError:
            raise UnreadableImage(f"{file} is not in {self.path}.") from None
        except UnreadableImage:
            raise
        # A damaged zip raises BadZipFile, zlib.error, EOFError or NotImplementedError, and one with
        # a password RuntimeError: for a reader they are all one thing.
        except Exception as trouble:
            raise UnreadableImage(f"{file} in {self.path} is damaged: {trouble}.") from trouble

    def fingerprints(self, files: Sequence[str]) -> list[Hashable]:
        """Return what equal files must share, from the zip's directory: sizes and CRC-32."""
        archive, _ = _this_process_handle(self.path)
        known = archive.NameToInfo
        missing = [file for file in files if self.prefix + file not in known]
        if missing:
            raise UnreadableImage(f"{missing[0]} is not in {self.path}.")
        infos = (known[self.prefix + file] for file in files)
        return [(info.file_size, info.CRC) for info in infos]


def sha256(source: Folder | Archive, file: str) -> str:
    """Return the SHA-256 of one file as 64 hexadecimal digits."""
    return hashlib.sha256(source.data(file)).hexdigest()


def _refuse(trouble: OSError) -> None:
    raise DataNotFound(f"{short(trouble.filename)} may not be entered: {reason(trouble)}.")


def _is_clutter(name: str) -> bool:
    return name.startswith(".") or name in _SYSTEM


def _this_process_handle(path: Path) -> tuple[ZipFile, threading.Lock]:
    """Return the one open zip of this process.

    A forked worker inherits its parent's open file *and shares its position*, so two processes
    would read each other's bytes; hence the process number. The time of writing is there for a
    reader who replaces the zip while a notebook is open.
    """
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode):
            raise DataNotFound(f"{path} is no zip file, but a folder, a pipe or a device.")
        return _opened_zip(path, (state.st_mtime_ns, state.st_size), os.getpid())
    except FileNotFoundError:
        raise DataNotFound(f"{path} is not there (any more).") from None
    except BadZipFile:
        raise DataNotFound(
            f"{path} is not a complete zip file: its download was cut short, or a web page was "
            "saved under its name. Remove it and download it again."
        ) from None
    except OSError as trouble:
        raise DataNotFound(f"{short(path)} cannot be opened: {reason(trouble)}.") from trouble


@lru_cache(maxsize=4)
def _opened_zip(path: Path, state: tuple[int, int], process: int) -> tuple[ZipFile, threading.Lock]:
    return ZipFile(path), threading.Lock()
