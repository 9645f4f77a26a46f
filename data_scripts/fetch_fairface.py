"""Download FairFace: the photographs with margin 0.25, and both tables of labels.

    python data_scripts/fetch_fairface.py

Run it again after an interruption: it goes on from where it was.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # data_scripts is no installed package

from data_scripts import fetching
from helpers.datasets.download import fetch, remote_size
from helpers.datasets.fairface import IMAGES_ZIP, SPLITS, read_labels
from helpers.errors import DownloadFailed, InputError
from helpers.files import file_hash

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
    return fetching.carry_out(options, "fairface", _run, _by_hand)


def _parser() -> argparse.ArgumentParser:
    parser = fetching.parser(
        "Download FairFace (margin 0.25) and its labels, after showing what it is.", "fairface"
    )
    parser.add_argument("--url-base", help="a mirror that serves the three files by their names")
    parser.add_argument("--images-url", help="another address of the zip with the images")
    return parser


def _run(options: argparse.Namespace, folder: Path) -> int:
    urls = _urls(options, folder)
    print(NOTICE)
    here = {name for name in urls if (folder / name).exists()}
    sizes = {name: 0 if name in here else remote_size(url) for name, url in urls.items()}
    fetching.announce(sizes, folder)
    if not fetching.agreed(options):
        return 1
    for name, url in urls.items():
        path = fetch(url, folder / name, check=_CHECKS[name])
        print(f"{name}: {path.stat().st_size:,} bytes, sha256 {file_hash(path)}")
    load = fetching.how_to_load("fairface", folder, "fairface", ', split="val"')
    print(f"\nFairFace is in {folder}. Load it with:\n\n    from helpers import datasets\n{load}")
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


def _check_labels(path: Path) -> None:
    try:
        labels = read_labels(path)
    except InputError as trouble:
        raise DownloadFailed(f"it is no table of FairFace labels: {trouble}") from trouble
    if labels.empty:
        raise DownloadFailed("it is a table of FairFace labels without a single row.")


def _check_zip(path: Path) -> None:
    fetching.check_zip(path, _require_folders)


def _require_folders(files: list[str]) -> None:
    for split in SPLITS:
        if not any(split in file.split("/")[:-1] for file in files):
            raise DownloadFailed(f"it holds no folder {split}, so it is not FairFace.")


_CHECKS = {name: _check_zip if name == IMAGES_ZIP else _check_labels for name in _ON_DRIVE}


def _by_hand(folder: Path) -> str:
    return (
        f"By hand: open {PAGE} in a browser, download the images with Padding=0.25 and both tables "
        f"of labels, and put {IMAGES_ZIP}, fairface_label_train.csv and fairface_label_val.csv, "
        f"as they are, into {folder}"
    )


if __name__ == "__main__":
    sys.exit(main())
