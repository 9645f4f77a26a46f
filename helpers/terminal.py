"""How the command line ends: with what was asked for, or with one sentence and exit code 2."""

import errno
import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import typer

from helpers.errors import InputError
from helpers.files import reason


def run(app: typer.Typer) -> None:
    """Run a command line; whatever stream or disk gives way, it ends with a sentence.

    Parameters
    ----------
    app : typer.Typer
        Its commands, each wrapped in :func:`one_sentence`.
    """
    write_in_any_encoding()
    try:
        try:
            app(prog_name=_program())
        finally:
            if sys.stdout is not None:  # closed by the shell: >&-
                sys.stdout.flush()
    except OSError as trouble:
        complain(trouble)
        sys.exit(2)


def one_sentence(command: Callable[..., None]) -> Callable[..., None]:
    """Turn the package's own errors into their sentence and exit code 2.

    Parameters
    ----------
    command : callable
        One command of the command line.

    Returns
    -------
    callable
        The same with its errors caught.
    """

    @wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> None:
        write_in_any_encoding()
        try:
            command(*args, **kwargs)
        except InputError as problem:
            # A library's reason inside a message may run over several lines.
            print(f"Error: {' '.join(str(problem).split())}", file=sys.stderr)
            raise typer.Exit(2) from None
        except MemoryError:
            print(
                "Error: there is not enough memory: give fewer or smaller photographs.",
                file=sys.stderr,
            )
            raise typer.Exit(2) from None

    return guarded


def _program() -> str:
    """What the reader typed to come here: the module, or the command of an installed package."""
    started = Path(sys.argv[0])
    return "python -m helpers" if started.name == "__main__.py" else started.stem


def write_in_any_encoding() -> None:
    """Let a terminal that lacks a character, of a file's name say, show a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def complain(trouble: OSError) -> None:
    """Say that the output could not be written, and write the rest of it nowhere."""
    # A reader like `head` has seen enough, which is no error.
    if trouble.errno != errno.EPIPE:
        print(f"Error: the output could not be written: {reason(trouble)}.", file=sys.stderr)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
