"""What can be wrong with a reader's input, each as one sentence.

Every class is a ``ValueError``, so code that catches ``ValueError`` keeps working; the command line
prints the same sentence and leaves with exit code 2.
"""

import numbers
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import numpy as np

_SHOWN = 1000
"""How many characters of known names an error lists."""


class InputError(ValueError):
    """The reader's input cannot be used; the message says what, where and what to do."""


class UnreadableImage(InputError):
    """A file is not an image, is cut short, or is too large to be opened safely."""


class NoFaceFound(InputError):
    """The detector found no face in a picture."""


class UnknownName(InputError):
    """A method, model, layer, target or data set that does not exist; the nearest are suggested."""


class DataNotFound(InputError):
    """A data set, or a file of it, is not where it was looked for."""


class BadTable(InputError):
    """A label table lacks a column or holds a value that has no meaning."""


class DownloadFailed(InputError):
    """A file could not be fetched, or is not the file that was promised."""


class NotOnServer(DownloadFailed):
    """The server answers, but has no such file (any more); it may have others."""


class WrongFile(DownloadFailed):
    """A file arrived, or was there before, but is damaged or another one than was promised."""


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UnknownName:
    """Say that ``name`` is no ``kind``, with the nearest known names first.

    Parameters
    ----------
    kind : str
        What was asked for, as a reader calls it: "method", "layer", "target", "data set".
    name : str
        What the reader wrote.
    known : iterable of str
        Every name that would have worked.

    Returns
    -------
    UnknownName
        To be raised by the caller.
    """
    names, said = [str(each) for each in known], str(name)
    lowered = {each.lower(): each for each in names}
    near = [lowered[each] for each in get_close_matches(said[:200].lower(), list(lowered), n=3)]
    hint = f"did you mean {' or '.join(repr(each) for each in near)}? " if near else ""
    asked = repr(said if len(said) <= 100 else f"{said[:60]}...{said[-30:]}")
    listed = ", ".join(names) or "none"
    more = f", ... ({len(names):,} in all)" if len(listed) > _SHOWN else ""
    # Cut behind a whole name, unless the first is endless.
    listed = listed[: listed.rfind(", ", 0, _SHOWN)] if ", " in listed[:_SHOWN] and more else listed
    return UnknownName(f"there is no {kind} {asked}: {hint}Known: {listed}{more}.")


def shown(value: Any, quoted: bool = True) -> str:
    """Say a value as an error shows it: on one line, short, and whatever it is.

    Parameters
    ----------
    value : object
        What a reader gave.
    quoted : bool
        Whether text is set in quotation marks.

    Returns
    -------
    str

    Examples
    --------
    >>> shown(np.int64(5)), shown("0.5"), shown(object())
    ('5', "'0.5'", 'an object of type object')
    """
    try:
        with np.printoptions(legacy="1.25"):  # 0, not np.int64(0), in lists as well
            bare = isinstance(value, numbers.Number) or (isinstance(value, str) and not quoted)
            text = str(value) if bare else repr(value)
    except Exception:  # noqa: BLE001 - a repr may do anything; int refuses to print long ones
        text = f"a {type(value).__name__}"
    text = " ".join(text.split())
    if " at 0x" in text:  # where an object lies in memory says nothing to a reader
        text = f"an object of type {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."


def kind_of(value: Any) -> str:
    """Say what a value is, where it would be too long to show: "a value of type list"."""
    return "nothing (None)" if value is None else f"a value of type {type(value).__name__}"
