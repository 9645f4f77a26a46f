"""Files that a reader names: looked at before they are opened, replaced only when all is written."""

import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from helpers.arguments import shown
from helpers.errors import DataNotFound, InputError

# A path keeps one of an address's two slashes. One letter and a colon are a drive of Windows.
_ADDRESS = re.compile(r"(?:https?|s?ftps?|s3|gs|hf):/|file:/|data:\w+/", re.IGNORECASE)


def path_of(value: Any, name: str = "the path", error: type[InputError] = InputError) -> Path:
    """Turn what a reader gave into a path, with ``~`` written out.

    Parameters
    ----------
    value : str or path
        What was given.
    name : str
        What to call it in an error.
    error : type
        Which of the package's errors to raise.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    InputError
        If it is no path: a number, None, bytes, text with a NUL byte, an address of the web, or
        the home of nobody.
    """
    if not isinstance(value, str | os.PathLike):
        raise error(f"{name} is {shown(value)}: give the name of a file or folder.")
    try:
        text = os.fspath(value)
        encoded = os.fsencode(text)
    # A stranger's __fspath__ may return anything; half of a surrogate pair names no file.
    except (TypeError, UnicodeError):
        raise error(f"{name} is {shown(value)}: give the name of a file or folder.") from None
    if not isinstance(text, str) or b"\0" in encoded or not text:
        raise error(f"{name} is {shown(text)}, which cannot be the name of a file or folder.")
    if _ADDRESS.match(text):
        raise error(
            f"{short(text)} is an address, not a file: download it first and give the path of the "
            "file on this machine."
        )
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise error(f"{text}: there is no user of that name on this machine.") from None


def kind_of(path: Path, error: type[InputError] = DataNotFound) -> str:
    """Say what lies at a path, without opening it.

    Returns
    -------
    str
        "file", "folder", "nothing", or "other" for pipes, sockets and devices, which may keep a
        reader waiting for ever.

    Raises
    ------
    InputError
        If the name is too long, or one of its folders may not be entered.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "nothing"
    except OSError as trouble:
        raise error(f"{short(path)} cannot be looked at: {reason(trouble)}.") from None
    if stat.S_ISDIR(mode):
        return "folder"
    return "file" if stat.S_ISREG(mode) else "other"


def require_file(value: Any, error: type[InputError] = DataNotFound) -> Path:
    """Return the path of a plain file that may be read.

    Parameters
    ----------
    value : str or path
        What the reader gave.
    error : type
        Which of the package's errors to raise.

    Raises
    ------
    InputError
        If there is no such file, it is a folder, a pipe or a device, or it may not be read.
    """
    path = path_of(value, error=error)
    kind = kind_of(path, error)
    if kind != "file":
        said = {"folder": "is a folder, not a file", "nothing": "does not exist"}
        raise error(
            f"{short(path)} {said.get(kind, 'is a pipe or a device, from which nothing is read')}."
        )
    if not os.access(path, os.R_OK):
        raise error(f"{short(path)} may not be read: permission denied.")
    return path


def file_hash(path: str | os.PathLike[str]) -> str:
    """Compute the sha256 of a file, as model cards name it.

    Parameters
    ----------
    path : path
        A plain file.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    DataNotFound
        If there is no such file, or it may not be read.
    """
    found = require_file(path)
    try:
        with found.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as trouble:
        raise DataNotFound(f"{short(found)} cannot be read: {reason(trouble)}.") from None


def require_folder(value: Any, error: type[InputError] = DataNotFound) -> Path:
    """Return the path of a folder whose files may be listed.

    Raises
    ------
    InputError
        If there is no such folder, it is a file, or it may not be entered.
    """
    path = path_of(value, error=error)
    kind = kind_of(path, error)
    if kind != "folder":
        what = "does not exist" if kind == "nothing" else "is not a folder"
        raise error(f"{short(path)} {what}.")
    if not os.access(path, os.R_OK | os.X_OK):
        raise error(f"{short(path)} may not be entered: permission denied.")
    return path


def require_writable(value: Any) -> Path:
    """Return a path to which a file can be written, before the work that fills it is done.

    Raises
    ------
    InputError
        If the path is a folder, a pipe or a device, its name is too long, or its place may not be
        written to.
    """
    path = path_of(value)
    kind = kind_of(path, InputError)
    if kind == "folder":
        raise InputError(f"{short(path)} is a folder: give the name of a file.")
    if kind == "other":
        raise InputError(f"{short(path)} is a pipe or a device: give the name of a plain file.")
    try:
        parents = path.absolute().parents
    except FileNotFoundError:
        raise InputError(
            f"{short(path)} could not be written: the folder you are in is gone; give a whole path."
        ) from None
    above = next((each for each in parents if kind_of(each, InputError) != "nothing"), None)
    if above is None:  # a drive that is not there
        raise InputError(f"{short(path)} could not be written: there is no {path.anchor}.")
    if kind_of(above, InputError) != "folder":
        raise InputError(f"{short(path)} could not be written: {above} is a file, not a folder.")
    if not os.access(above, os.W_OK | os.X_OK) or (kind == "file" and not os.access(path, os.W_OK)):
        raise InputError(f"{short(path)} could not be written: permission denied.")
    return path


@contextmanager
def replacing(value: Any) -> Iterator[Path]:
    """Give the name of a file to write to, which takes the place of the old one when all is well.

    The new file lies beside the old one until the block ends; if it ends with an error or Ctrl-C,
    or the disk is full, the new file is removed and the old one is as it was. Missing folders are
    made. The temporary name keeps the ending, by which writers choose a format.

    Parameters
    ----------
    value : str or path
        What will be there afterwards.

    Yields
    ------
    pathlib.Path
        What to write to.

    Raises
    ------
    InputError
        If the place cannot be written to, in one sentence.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> kept = pathlib.Path(tempfile.mkdtemp()) / "kept.txt"
    >>> with replacing(kept) as new:
    ...     _ = new.write_text("whole, or not at all")
    >>> kept.read_text()
    'whole, or not at all'
    """
    path = require_writable(value)
    # A link is followed, so that the file behind it is replaced and the link stays.
    target = path.resolve()
    beside = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # A name may be so long that nothing can be added; what follows its last dot, too.
        ending = target.suffix if len(os.fsencode(target.suffix)) <= 32 else ""
        handle, name = tempfile.mkstemp(ending, ".new-", target.parent)
        os.close(handle)
        beside = Path(name)
        yield beside
        _keep_mode(target, beside)
        os.replace(beside, target)
    except OSError as trouble:
        raise InputError(f"{short(path)} could not be written: {reason(trouble)}.") from None
    finally:
        if beside is not None:
            beside.unlink(missing_ok=True)


def _keep_mode(old: Path, new: Path) -> None:
    """Give a new file the rights of the one it replaces, or those of any new file."""
    if old.exists():
        new.chmod(stat.S_IMODE(old.stat().st_mode))
        return
    mask = os.umask(0)
    os.umask(mask)
    new.chmod(0o666 & ~mask)


def short(path: str | os.PathLike[str]) -> str:
    """A path as an error shows it: the middle of a very long one is left out."""
    text = os.fspath(path)
    return text if len(text) <= 120 else f"{text[:60]}...{text[-40:]}"


def reason(trouble: OSError) -> str:
    """What an operating system's error says, as words inside a sentence."""
    return (trouble.strerror or str(trouble) or type(trouble).__name__).lower()
