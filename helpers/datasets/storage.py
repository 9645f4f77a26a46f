"""What the course keeps on this machine: pictures it drew and networks it downloaded."""

import os
from collections.abc import Iterator
from pathlib import Path

from helpers.datasets.places import users_cache
from helpers.errors import InputError
from helpers.files import reason

_OURS = ("rendered", "models")
"""Folders of what can be drawn or downloaded again; beside them may lie data sets of the reader's."""


def kept() -> dict[Path, int]:
    """List the drawn pictures and downloaded networks in the cache folder.

    Returns
    -------
    dict of pathlib.Path to int
        Path and size in bytes, in alphabetical order; empty where nothing is kept.

    Raises
    ------
    InputError
        If a folder in it may not be looked into.

    Examples
    --------
    >>> sum(kept().values()) >= 0
    True
    """
    try:
        return dict(sorted(each for name in _OURS for each in _files(users_cache() / name)))
    except OSError as trouble:
        raise _unreadable(trouble) from None


def clear() -> None:
    """Remove what :func:`kept` lists, and the folders that are empty then.

    Links to files are removed, not what they lead to, and linked folders are not looked into; data
    sets that lie beside are left alone.

    Raises
    ------
    InputError
        If a file cannot be removed; others may be gone by then.
    """
    found = kept()
    try:
        for path in found:
            path.unlink(missing_ok=True)
        for name in _OURS:
            for inner, _, _ in os.walk(users_cache() / name, topdown=False):
                if not os.listdir(inner) and not os.path.islink(inner):
                    os.rmdir(inner)
    except OSError as trouble:
        raise _unreadable(trouble) from None


def _files(folder: Path) -> Iterator[tuple[Path, int]]:
    if folder.is_symlink():  # another disk perhaps, and who knows what else lies there
        return
    for inner, _, names in os.walk(folder, onerror=_refused):
        for name in names:
            path = Path(inner, name)
            yield path, path.lstat().st_size


def _refused(trouble: OSError) -> None:
    # A folder that is not there keeps nothing; one that may not be entered may keep much.
    if not isinstance(trouble, FileNotFoundError):
        raise trouble


def _unreadable(trouble: OSError) -> InputError:
    return InputError(
        f"{trouble.filename or users_cache()}, in which the course keeps data, may not be read or "
        f"changed: {reason(trouble)}."
    )
