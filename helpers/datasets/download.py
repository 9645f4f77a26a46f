"""Fetch one large file over a network that may break.

``pooch`` downloads in one go and starts again when the line breaks; half a gigabyte over a
classroom's wireless network needs to go on from where it was, which is what this module adds.
Hashes and the cache folder are pooch's.
"""

import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import pooch
import requests
from tqdm.auto import tqdm

from helpers import arguments
from helpers.errors import DownloadFailed
from helpers.files import kind_of, path_of, reason, short

_TIMEOUT = (15, 60)
"""Seconds to wait for a connection, and for the next bytes on it."""
_ATTEMPTS = 5
_CHUNK = 1 << 18
# Bytes as they are stored: a Range counts those, not what a packed transfer would make of them.
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "explaining-faces"}


@dataclass(frozen=True)
class _Begun:
    """What the server said about the file whose first part lies on the disk."""

    url: str
    version: str | None
    total: int | None


def remote_size(url: str) -> int | None:
    """Ask how large a file is, without fetching it.

    Parameters
    ----------
    url : str
        Its address.

    Returns
    -------
    int or None
        Bytes; None if the server does not say.

    Raises
    ------
    DownloadFailed
        If the server cannot be reached.
    """
    try:
        answer = requests.head(url, headers=_HEADERS, timeout=_TIMEOUT, allow_redirects=True)
    except requests.RequestException as trouble:
        raise _unreachable(url, trouble) from trouble
    length = answer.headers.get("Content-Length", "")
    return int(length) if answer.ok and length.isdigit() and not _is_web_page(answer) else None


def fetch(
    url: str,
    path: str | os.PathLike[str],
    sha256: str | None = None,
    check: Callable[[Path], object] | None = None,
    pause: float = 1.0,
) -> Path:
    """Download a file; going on where an earlier attempt stopped.

    The bytes gather in ``<path>.part`` and get their name only when all is well, so a file that is
    there is a whole one. A file that is there already is kept and never overwritten.

    Parameters
    ----------
    url : str
        Where from.
    path : path
        Where to; missing folders are made.
    sha256 : str, optional
        What the file must hash to, 64 hexadecimal digits, where somebody has published it.
    check : callable, optional
        Looks at the downloaded file before it gets its name, and raises ``DownloadFailed`` if it is
        not what was promised; the bytes are then thrown away. Its sentence goes on from "the file
        arrived, but".
    pause : float
        Seconds to wait after the connection broke before going on.

    Returns
    -------
    pathlib.Path
        ``path``.

    Raises
    ------
    DownloadFailed
        If the server cannot be reached or refuses, sends a web page or other bytes than promised,
        or the connection breaks again and again; what has arrived is kept for the next attempt.
    """
    target = path_of(path, error=DownloadFailed)
    if not isinstance(url, str) or not url:
        raise DownloadFailed(f"url is {arguments.shown(url)}: give the address of a file.")
    if sha256 is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", str(sha256)):
        raise DownloadFailed(f"sha256 is {arguments.shown(sha256)}: give 64 hexadecimal digits.")
    arguments.number(pause, "pause", 0)
    part = target.with_name(target.name + ".part")
    for each in (target, part):
        if kind_of(each, DownloadFailed) in ("folder", "other"):
            raise DownloadFailed(f"{short(each)} is a folder, a pipe or a device, and no file.")
    if target.exists():
        return _kept(target, sha256, check)
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        _gather(url, part, pause)
        _accept(part, target, sha256, check)
        os.replace(part, target)
    except OSError as trouble:
        raise DownloadFailed(
            f"{short(target)} could not be written: {reason(trouble)}."
        ) from trouble
    return target


def _gather(url: str, part: Path, pause: float) -> None:
    """Fill ``part`` with the whole file, in as many attempts as it takes."""
    idle, most = 0, _size(part)
    while idle < _ATTEMPTS:
        try:
            if _attempt(url, part):
                return
        except requests.exceptions.ChunkedEncodingError:
            pass  # the line broke after the answer began, which is what this loop is for
        except requests.RequestException as trouble:
            if not _size(part):
                raise _unreachable(url, trouble) from trouble
        # Only a new record counts as progress: a server that knows no ranges starts from nothing
        # each time, and could otherwise keep this loop going for ever.
        idle = 0 if _size(part) > most else idle + 1
        most = max(most, _size(part))
        time.sleep(pause)
    raise DownloadFailed(
        f"the connection to {url} keeps breaking; {most:,} bytes have arrived. "
        "Run the same again later: it goes on from there if the server can."
    )


def _attempt(url: str, part: Path) -> bool:
    """Ask for what is missing, write what comes, and tell whether the file is whole."""
    begun, have = _read_begun(part, url)
    if have and have == begun.total:
        return True
    headers = dict(_HEADERS)
    if have:
        headers["Range"] = f"bytes={have}-"
        if begun.version:
            headers["If-Range"] = begun.version
    with requests.get(url, headers=headers, timeout=_TIMEOUT, stream=True) as answer:
        if answer.status_code == 416 or not _continues(answer, begun, have):
            # The server has another file by now, or less of it than we do: begin again.
            _forget(part)
            return False
        _require_file(answer, url)
        start = have if answer.status_code == 206 else 0
        begun = _Begun(url, _version(answer), _total(answer, start))
        _begun_path(part).write_text(json.dumps(asdict(begun)), encoding="utf-8")
        _append(answer, part, start, begun.total)
    return begun.total is None or _size(part) == begun.total


def _append(answer: requests.Response, part: Path, start: int, total: int | None) -> None:
    label = part.name.removesuffix(".part")
    with (
        part.open("r+b" if start else "wb") as file,
        tqdm(desc=label, total=total, initial=start, unit="B", unit_scale=True) as bar,
    ):
        file.seek(start)
        for chunk in answer.iter_content(_CHUNK):
            bar.update(file.write(chunk))


def _continues(answer: requests.Response, begun: _Begun, have: int) -> bool:
    """Tell whether a partial answer is the rest of the file that was begun."""
    if answer.status_code != 206:
        return True
    span = answer.headers.get("Content-Range", "")
    same = begun.total is None or _total(answer, have) == begun.total
    return span.startswith(f"bytes {have}-") and same and _version(answer) == begun.version


def _require_file(answer: requests.Response, url: str) -> None:
    if not answer.ok:
        raise DownloadFailed(f"{url} was refused: {answer.status_code} {answer.reason}.")
    if _is_web_page(answer):
        raise DownloadFailed(
            f"{url} sent a web page instead of the file: the file is behind a question or a "
            "limit on downloads, or your network wants you to log in first."
        )


def _is_web_page(answer: requests.Response) -> bool:
    return answer.headers.get("Content-Type", "").startswith("text/html")


def _total(answer: requests.Response, start: int) -> int | None:
    span = answer.headers.get("Content-Range", "").rpartition("/")[2]
    if span.isdigit():
        return int(span)
    length = answer.headers.get("Content-Length", "")
    return start + int(length) if length.isdigit() else None


def _version(answer: requests.Response) -> str | None:
    """Return what names this very version of the file; a weak ETag does not promise equal bytes."""
    tag = answer.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else answer.headers.get("Last-Modified")


def _begun_path(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _read_begun(part: Path, url: str) -> tuple[_Begun, int]:
    """Return what was begun and how many bytes of it are there, if it is the same file's."""
    try:
        begun = _Begun(**json.loads(_begun_path(part).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return _Begun(url, None, None), 0
    # A size or a version is needed to know later that the two halves belong together.
    if begun.url != url or (begun.total is None and begun.version is None):
        return _Begun(url, None, None), 0
    return begun, _size(part)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _begun_path(part).unlink(missing_ok=True)


def _kept(target: Path, sha256: str | None, check: Callable[[Path], object] | None) -> Path:
    """Return a file that was there before, if it is what was promised."""
    try:
        _examine(target, sha256, check)
    except DownloadFailed as trouble:
        raise DownloadFailed(
            f"{target} is already there and is never overwritten, but {trouble} "
            "Move it away and try again."
        ) from trouble
    return target


def _accept(
    part: Path, target: Path, sha256: str | None, check: Callable[[Path], object] | None
) -> None:
    """Look at what arrived; wrong bytes are thrown away, for nothing good can be added to them."""
    try:
        _examine(part, sha256, check)
    except DownloadFailed as trouble:
        _forget(part)
        raise DownloadFailed(f"{target.name} arrived, but {trouble}") from trouble
    _begun_path(part).unlink(missing_ok=True)


def _examine(path: Path, sha256: str | None, check: Callable[[Path], object] | None) -> None:
    found = pooch.file_hash(str(path), alg="sha256") if sha256 else None
    if sha256 and found != sha256.lower():
        raise DownloadFailed(f"its sha256 is {found} instead of {sha256.lower()}.")
    if check is not None:
        check(path)


def _unreachable(url: str, trouble: Exception) -> DownloadFailed:
    if isinstance(trouble, requests.exceptions.SSLError):
        return DownloadFailed(f"{url}: the connection is not secure ({trouble}).")
    if isinstance(trouble, requests.exceptions.ConnectionError | requests.exceptions.Timeout):
        return DownloadFailed(
            f"{url} cannot be reached: is this machine connected to the internet?"
        )
    return DownloadFailed(f"{url} cannot be fetched: {trouble}.")
