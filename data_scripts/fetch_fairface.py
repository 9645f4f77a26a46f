"""Download FairFace: the photographs with margin 0.25, and both tables of labels.

    python data_scripts/fetch_fairface.py

Run it again after an interruption: it goes on from where it was.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import pooch
from tqdm.auto import tqdm

from helpers.datasets.download import fetch, remote_size
from helpers.datasets.fairface import IMAGES_ZIP, SPLITS, read_labels
from helpers.datasets.places import VARIABLE, data_folder
from helpers.errors import DownloadFailed, InputError
from helpers.files import path_of, require_writable

PAGE = "https://github.com/joojs/fairface"
_DRIVE = "https://drive.usercontent.google.com/download?id={}&export=download&confirm=t"
# The authors publish neither sizes nor hashes: the server is asked for the size, and what arrives
# is judged by its own checksums (zip) and by its content (tables).
_ON_DRIVE = {
    "fairface_label_val.csv": "1wOdja-ezstMEp81tX1a-EYkFebev4h7D",
    "fairface_label_train.csv": "1i1L3Yqwaio7YSOCj7ftgk8ZZchPG7dmH",
    IMAGES_ZIP: "1Z1RqRo0_JiavaZw2yzZG6WETdZQ8qX86",
}

NOTICE = f"""\
FairFace: photographs of faces, labelled with perceived age, gender and race.

  Licence  CC BY 4.0. Please cite: Kärkkäinen & Joo, "FairFace: Face Attribute Dataset for
           Balanced Race, Gender, and Age for Bias Measurement and Mitigation", WACV 2021.
  Source   {PAGE}
  Consent  The photographs were found on the web, mostly on Flickr. The people in them did not
           agree to face research. Measure models with them; identify nobody, show no more of them
           than a lesson needs, and read each label as what an annotator perceived.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Download what is missing.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line; by default that of this process.

    Returns
    -------
    int
        Exit code: 0 all files are there, 1 the reader declined, 2 it could not be done, 130
        interrupted.
    """
    options = _parser().parse_args(arguments)
    try:
        folder = _destination(options)
    except InputError as trouble:
        print(trouble, file=sys.stderr)
        return 2
    try:
        return _run(options, folder)
    except InputError as trouble:
        print(f"\n{trouble}\n\n{_by_hand(folder)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped. Run the same again: it goes on from here.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Download FairFace (margin 0.25) and its labels, after showing what it is."
    )
    parser.add_argument("--to", help=f"folder (default: fairface in ${VARIABLE})")
    parser.add_argument("--url-base", help="a mirror that serves the three files by their names")
    parser.add_argument("--images-url", help="another address of the zip with the images")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    return parser


def _destination(options: argparse.Namespace) -> Path:
    folder = data_folder() / "fairface" if options.to is None else path_of(options.to, "--to")
    # Whatever is in the way of the tables is in the way of the folder.
    require_writable(folder / "fairface_label_val.csv")
    return folder


def _run(options: argparse.Namespace, folder: Path) -> int:
    urls = _urls(options, folder)
    print(NOTICE)
    _announce(urls, folder)
    if not options.yes and not _agreed():
        print("Nothing was downloaded.")
        return 1
    for name, url in urls.items():
        path = fetch(url, folder / name, check=_CHECKS[name])
        print(f"{name}: {path.stat().st_size:,} bytes, sha256 {pooch.file_hash(str(path))}")
    print(f"\nFairFace is in {folder}. Load it with:\n\n{_how_to_load(folder)}")
    return 0


def _urls(options: argparse.Namespace, folder: Path) -> dict[str, str]:
    urls = {name: _DRIVE.format(key) for name, key in _ON_DRIVE.items()}
    if options.url_base:
        urls = {name: f"{options.url_base.rstrip('/')}/{name}" for name in urls}
    if options.images_url:
        urls[IMAGES_ZIP] = options.images_url
    if all((folder / split).is_dir() for split in SPLITS):
        # Somebody has unpacked the images here: the zip would be the same again.
        del urls[IMAGES_ZIP]
    return urls


def _announce(urls: Mapping[str, str], folder: Path) -> None:
    """Print what will be fetched, how large it is, and how much room there is."""
    missing = {name: url for name, url in urls.items() if not (folder / name).exists()}
    sizes = {name: remote_size(url) for name, url in missing.items()}
    for name in urls:
        size = "already there" if name not in missing else _megabytes(sizes[name])
        print(f"  {name:<40} {size}")
    existing = next(each for each in (folder, *folder.absolute().parents) if each.is_dir())
    free = shutil.disk_usage(existing).free
    print(f"\n  To {folder}, where {_megabytes(free)} are free.\n")
    needed = sum(size or 0 for size in sizes.values())
    if needed > free:
        raise DownloadFailed(
            f"{_megabytes(needed)} are needed and {_megabytes(free)} are free in {folder}: "
            "make room, or choose another folder with --to."
        )


def _megabytes(size: int | None) -> str:
    return "size unknown" if size is None else f"{size / 1e6:,.1f} MB"


def _agreed() -> bool:
    try:
        return input("Download? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        print("\nNobody is here to answer; use --yes to download without asking.")
        return False


def _check_labels(path: Path) -> None:
    try:
        labels = read_labels(path)
    except InputError as trouble:
        raise DownloadFailed(f"it is no table of FairFace labels: {trouble}") from trouble
    if labels.empty:
        raise DownloadFailed("it is a table of FairFace labels without a single row.")


def _check_zip(path: Path) -> None:
    """Read the whole zip once: its own checksums are the only ones there are."""
    try:
        with ZipFile(path) as archive:
            files = archive.namelist()
            for split in SPLITS:
                if not any(split in file.split("/")[:-1] for file in files):
                    raise DownloadFailed(f"it holds no folder {split}, so it is not FairFace.")
            for file in tqdm(files, "checking the zip", delay=2):
                archive.read(file)
    except DownloadFailed:
        raise
    except BadZipFile as trouble:
        raise DownloadFailed(f"it is no zip file, or a damaged one: {trouble}.") from trouble
    # Damaged content raises zlib.error, EOFError, NotImplementedError or an OSError.
    except Exception as trouble:
        raise DownloadFailed(f"it is a damaged zip file: {trouble}.") from trouble


_CHECKS = {name: _check_zip if name == IMAGES_ZIP else _check_labels for name in _ON_DRIVE}


def _how_to_load(folder: Path) -> str:
    at_home = folder.absolute() == (data_folder() / "fairface").absolute()
    root = "" if at_home else f", root={os.fspath(folder)!r}"
    return f'    from helpers import datasets\n    datasets.load("fairface", split="val"{root})'


def _by_hand(folder: Path) -> str:
    return (
        f"By hand: open {PAGE} in a browser, download the images with Padding=0.25 and both tables "
        f"of labels, and put {IMAGES_ZIP}, fairface_label_train.csv and fairface_label_val.csv, "
        f"as they are, into {folder}"
    )


if __name__ == "__main__":
    sys.exit(main())
