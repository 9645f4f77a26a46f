"""The letters of a text file, in whatever encoding it was saved."""

import codecs
import re
from pathlib import Path

from helpers.errors import BadTable, DataNotFound
from helpers.files import reason, short


def as_utf8(path: Path) -> tuple[bytes, tuple[str, ...]]:
    """Read a text, and write it in UTF-8 with lines that end in one way.

    Parameters
    ----------
    path : pathlib.Path
        A plain file in UTF-8, in UTF-16 or UTF-32 with their marks, or else in the Windows code
        page of Western Europe, of which Latin-1 is a part.

    Returns
    -------
    (bytes, tuple of str)
        The text without its mark, and a note where its encoding was guessed.

    Raises
    ------
    DataNotFound
        If the file cannot be read.
    BadTable
        If it is no text, or in none of these encodings.
    """
    try:
        data = path.read_bytes()
    except OSError as trouble:
        raise DataNotFound(f"{short(path)} cannot be read: {reason(trouble)}.") from None
    _refuse_other_documents(data, path)
    data, notes = _decoded(data, path)
    if b"\0" in data:
        raise BadTable(f"{short(path)} is no text: it holds NUL bytes. Save it as CSV in UTF-8.")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data, notes


def _decoded(data: bytes, path: Path) -> tuple[bytes, tuple[str, ...]]:
    if data.isascii():
        return data, ()
    wide = data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE))
    if wide or data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return data.decode("utf-32" if wide else "utf-16").encode(), ()
        except UnicodeError:
            raise BadTable(
                f"{short(path)} is UTF-{32 if wide else 16}, but cut short or damaged."
            ) from None
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        data.decode()
    except UnicodeDecodeError as trouble:
        return _from_western_windows(data, path, trouble)
    return data, ()


def _from_western_windows(
    data: bytes, path: Path, trouble: UnicodeDecodeError
) -> tuple[bytes, tuple[str, ...]]:
    """Read what is no UTF-8 as Windows' Western code page, if nothing speaks against it."""
    line = data.count(b"\n", 0, trouble.start) + 1
    if len(data) - trouble.start < 4 and trouble.reason == "unexpected end of data":
        raise BadTable(f"{short(path)} ends within a letter: it was cut short; copy it again.")
    mixed = any(ord(each) > 127 for each in data.decode(errors="ignore"))
    control = re.search(rb"[\x00-\x08\x0e-\x1f\x7f\x81\x8d\x8f\x90\x9d]", data)
    if mixed or control:
        raise BadTable(
            f"{short(path)}, line {line:,}: this is neither UTF-8 nor another encoding that is "
            "known here, so it is no table of text; save it as CSV in UTF-8."
        )
    note = (
        f"{path.name} is not UTF-8 (line {line:,}) and was read as Western European "
        "(Windows-1252): look whether its letters are right."
    )
    return data.decode("cp1252").encode(), (note,)


def _refuse_other_documents(data: bytes, path: Path) -> None:
    head = data[:2000].lstrip().lower()
    if head.startswith(b"pk\3\4"):
        raise BadTable(f"{short(path)} is a spreadsheet or a zip, no text: save it as CSV.")
    if head.startswith(b"<") and b"html" in head:
        raise BadTable(f"{short(path)} is a web page, no table: download the file itself.")
