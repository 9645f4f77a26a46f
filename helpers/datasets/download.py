"""Fetch one large file over a network that may break.

``pooch`` downloads in one go and starts again when the line breaks; half a gigabyte over a
classroom's wireless network needs to go on from where it was, which is what this module adds. It
goes on with what is there of a file of this length from this address; whether the whole is what was
promised, its hash or its content says.
"""

import glob
import os
import re
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import requests
from tqdm.auto import tqdm

from helpers import arguments
from helpers.errors import DownloadFailed, NotOnServer, WrongFile
from helpers.files import file_hash, kind_of, path_of, reason, short

_TIMEOUT = (15, 60)
"""Seconds to wait for a connection, and for the next bytes on it."""
_ATTEMPTS = 5
_CHUNK = 1 << 18
# Bytes as they are stored: a Range counts those, not what a packed transfer would make of them.
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "explaining-faces"}


def remote_size(url: str) -> int | None:
    """Ask how large a file is, without fetching it.

    Parameters
    ----------
    url : str
        Its address.

    Returns
    -------
    int or None
        Bytes; None if the server does not say. That nothing will come is taken for not saying:
        some servers answer so to everybody who only asks.

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
    known = answer.ok and re.fullmatch("[0-9]+", length) and not _is_web_page(answer)
    return (int(length) or None) if known else None


def fetch(
    url: str,
    path: str | os.PathLike[str],
    sha256: str | None = None,
    check: Callable[[Path], object] | None = None,
    pause: float = 1.0,
) -> Path:
    """Download a file; going on where an earlier attempt stopped.

    The bytes gather beside the path, in ``<name>.<digits>.part``, and get their name only when all
    is well, so a file that is there is a whole one. A file that is there already is kept and never
    overwritten.

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
        NotOnServer where it has no such file, WrongFile where the bytes are not those promised.
    """
    target = path_of(path, error=DownloadFailed)
    if not isinstance(url, str) or not url:
        raise DownloadFailed(f"url is {arguments.shown(url)}: give the address of a file.")
    if sha256 is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", str(sha256)):
        raise DownloadFailed(f"sha256 is {arguments.shown(sha256)}: give 64 hexadecimal digits.")
    arguments.number(pause, "pause", 0)
    if kind_of(target, DownloadFailed) in ("folder", "other"):
        raise DownloadFailed(f"{short(target)} is a folder, a pipe or a device, and no file.")
    if target.exists():
        return _kept(target, sha256, check)
    total = remote_size(url)
    # What was begun of another file, or of one that has grown since, has another name.
    begun = f"{zlib.crc32(f'{url} {total}'.encode()):08x}"
    part = target.with_name(f"{target.name}.{begun}.part")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        _gather(url, part, total, pause)
        _accept(part, target, sha256, check)
        os.replace(part, target)
        for older in target.parent.glob(f"{glob.escape(target.name)}.{'[0-9a-f]' * 8}.part"):
            older.unlink()
    except OSError as trouble:
        raise DownloadFailed(
            f"{short(target)} could not be written: {reason(trouble)}."
        ) from trouble
    return target


def _gather(url: str, part: Path, total: int | None, pause: float) -> None:
    """Fill ``part`` with the whole file, in as many attempts as it takes."""
    idle, most = 0, _size(part)
    while idle < _ATTEMPTS:
        try:
            _attempt(url, part, total)
            if total is None or _size(part) == total:
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


def _attempt(url: str, part: Path, total: int | None) -> None:
    """Ask for what is missing, and write what comes."""
    have = _size(part)
    if total is None or have > total:  # nobody could tell whether the rest belongs to it
        part.unlink(missing_ok=True)
        have = 0
    if have == total:
        return
    headers = {**_HEADERS, "Range": f"bytes={have}-"} if have else _HEADERS
    with requests.get(url, headers=headers, timeout=_TIMEOUT, stream=True) as answer:
        _require_file(answer, url)
        start = have if answer.status_code == 206 else 0
        label = part.stem.rpartition(".")[0]
        with (
            part.open("r+b" if start else "wb") as file,
            tqdm(desc=label, total=total, initial=start, unit="B", unit_scale=True, delay=1) as bar,
        ):
            file.seek(start)
            for chunk in answer.iter_content(_CHUNK):
                bar.update(file.write(chunk))


def _require_file(answer: requests.Response, url: str) -> None:
    if not answer.ok:
        error = NotOnServer if answer.status_code in (404, 410) else DownloadFailed
        raise error(f"{url} was refused: {answer.status_code} {answer.reason}.")
    if _is_web_page(answer):
        raise DownloadFailed(
            f"{url} sent a web page instead of the file: the file is behind a question or a "
            "limit on downloads, or your network wants you to log in first."
        )


def _is_web_page(answer: requests.Response) -> bool:
    kind = answer.headers.get("Content-Type", "").strip().lower()
    return kind.startswith(("text/html", "application/xhtml"))


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _kept(target: Path, sha256: str | None, check: Callable[[Path], object] | None) -> Path:
    """Return a file that was there before, if it is what was promised."""
    try:
        _examine(target, sha256, check)
    except DownloadFailed as trouble:
        raise WrongFile(
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
        part.unlink()
        raise WrongFile(f"{target.name} arrived, but {trouble}") from trouble


def _examine(path: Path, sha256: str | None, check: Callable[[Path], object] | None) -> None:
    found = file_hash(path) if sha256 else None
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
