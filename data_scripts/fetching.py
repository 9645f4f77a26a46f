"""What the commands that fetch a data set share: a place, a question, and an end in a sentence."""

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from tqdm.auto import tqdm

from helpers import terminal
from helpers.datasets.places import VARIABLE, data_folder
from helpers.errors import DownloadFailed, InputError
from helpers.files import path_of, require_writable

_LARGEST = 8 << 30
"""Bytes in the largest zip, unpacked: a few kilobytes can promise a terabyte."""
_CHUNK = 1 << 20


def parser(what: str, name: str) -> argparse.ArgumentParser:
    """Begin a command line with what every fetching command understands.

    Parameters
    ----------
    what : str
        What the command does, a sentence.
    name : str
        What the folder of the data set is called.
    """
    begun = argparse.ArgumentParser(description=what)
    begun.add_argument("--to", help=f"folder (default: {name} in ${VARIABLE})")
    begun.add_argument("--yes", action="store_true", help="do not ask")
    return begun


def carry_out(
    options: argparse.Namespace,
    name: str,
    work: Callable[[argparse.Namespace, Path], int],
    by_hand: Callable[[Path], str],
) -> int:
    """Do the work in the folder the reader named, and end with a sentence whatever happens.

    Parameters
    ----------
    options : argparse.Namespace
        What the command line said.
    name : str
        What the folder of the data set is called.
    work : callable
        Takes the options and the folder, and returns an exit code.
    by_hand : callable
        Takes the folder, and says how to get the data set without this command.

    Returns
    -------
    int
        That of ``work``; 2 where it could not be done, or not said, 130 where it was interrupted.
    """
    terminal.write_in_any_encoding()
    try:
        folder = _destination(options.to, name)
    except InputError as trouble:
        print(trouble, file=sys.stderr)
        return 2
    try:
        code = work(options, folder)
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except InputError as trouble:
        print(f"\n{trouble}\n\n{by_hand(folder)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped. Run the same again: it goes on from here.", file=sys.stderr)
        return 130
    except OSError as trouble:  # files have a sentence of their own
        terminal.complain(trouble)
        return 2


def announce(sizes: Mapping[str, int | None], folder: Path) -> None:
    """Print what will be fetched, how large it is, and how much room there is.

    Parameters
    ----------
    sizes : mapping of str to int or None
        Bytes still to come of each thing: 0 where it is there, None where the server does not say.
    folder : path
        Where it goes.

    Raises
    ------
    DownloadFailed
        If there is not room enough.
    """
    for name, size in sizes.items():
        print(f"  {name:<40} {'already there' if size == 0 else megabytes(size)}")
    existing = next(each for each in (folder, *folder.absolute().parents) if each.is_dir())
    free = shutil.disk_usage(existing).free
    print(f"\n  To {folder}, where {megabytes(free)} are free.\n")
    needed = sum(size or 0 for size in sizes.values())
    if needed > free:
        raise DownloadFailed(
            f"{megabytes(needed)} are needed and {megabytes(free)} are free in {folder}: "
            "make room, or choose another folder with --to."
        )


def agreed(options: argparse.Namespace) -> bool:
    """Ask whether to download, unless the command line says so; a no is confirmed."""
    if options.yes or _says_yes():
        return True
    print("Nothing was downloaded.")
    return False


def check_zip(path: Path, look: Callable[[list[str]], object]) -> None:
    """Read a whole zip once: where nobody publishes a hash, its own checksums are all there is.

    Parameters
    ----------
    path : path
        The zip.
    look : callable
        Takes the names in it, and raises ``DownloadFailed`` if it is not the one promised.

    Raises
    ------
    DownloadFailed
        If it is no zip, is damaged, or would fill the disk.
    """
    try:
        with ZipFile(path) as archive:
            look(archive.namelist())
            unpacked = sum(member.file_size for member in archive.infolist())
            if unpacked > _LARGEST:
                raise DownloadFailed(f"it would be {megabytes(unpacked)} unpacked: no release is.")
            for member in tqdm(archive.infolist(), "checking the zip", delay=2):
                with archive.open(member) as file:
                    while file.read(_CHUNK):
                        pass
    except DownloadFailed:
        raise
    except BadZipFile as trouble:
        raise DownloadFailed(f"it is no zip file, or a damaged one: {trouble}.") from trouble
    # Damaged content raises zlib.error, EOFError, NotImplementedError or an OSError.
    except Exception as trouble:
        raise DownloadFailed(f"it is a damaged zip file: {trouble}.") from trouble


def how_to_load(name: str, folder: Path, home: str, more: str = "") -> str:
    """Write the line of code that loads what was fetched.

    Parameters
    ----------
    name : str
        The data set, as ``datasets.load`` knows it.
    folder : path
        Where it is now.
    home : str
        What its folder is called; where it lies there, ``root`` is not needed.
    more : str
        Arguments to show: ``', split="val"'``.
    """
    at_home = folder.absolute() == (data_folder() / home).absolute()
    root = "" if at_home else f", root={os.fspath(folder)!r}"
    return f'    datasets.load("{name}"{more}{root})'


def megabytes(size: int | None) -> str:
    """Write a number of bytes; None is unknown."""
    return "size unknown" if size is None else f"{size / 1e6:,.1f} MB"


def _destination(to: str | None, name: str) -> Path:
    folder = data_folder() / name if to is None else path_of(to, "--to")
    # Whatever is in the way of a file in it is in the way of the folder.
    require_writable(folder / "labels.csv")
    return folder


def _says_yes() -> bool:
    try:
        return input("Download? [y/N] ").strip().lower() in ("y", "yes")
    # No input at all is a RuntimeError, or a ValueError like input that is no text.
    except (EOFError, RuntimeError, ValueError):
        print("\nNobody is here to answer; use --yes to download without asking.")
        return False
