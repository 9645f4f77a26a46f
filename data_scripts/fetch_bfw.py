"""Download BFW, Balanced Faces in the Wild: the pictures, and the table of pairs.

    python data_scripts/fetch_bfw.py

Run it again after an interruption: it goes on from where it was. The zip stays packed, for the
course reads pictures from it; only the table of pairs is taken out, under its own name, so that
nothing in a zip can decide where a file goes.
"""

import argparse
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from zipfile import ZipFile

sys.path.insert(0, str(Path(__file__).parents[1]))  # data_scripts is no installed package

from data_scripts import fetching
from helpers.datasets import FaceDataset, PairTable, bfw
from helpers.datasets.download import fetch, remote_size
from helpers.datasets.homes import find_files
from helpers.errors import DataNotFound, DownloadFailed
from helpers.files import replacing

HOME = "https://github.com/visionjo/facerec-bias-bfw"
# Its authors' tutorial on explainable AI and face recognition links to it; the link may end.
URL = (
    "https://www.dropbox.com/scl/fi/5gindh41lrw8j7bgyv9mq/BFW-Release.zip"
    "?rlkey=k7kf4knhm18qi3be661m8qmo4&e=2&st=w5k6o36d&dl=1"
)
RELEASE = "BFW-Release.zip"
COUNTS = {
    "pictures": 20_000,
    **{f"people in {group}": 100 for group in bfw.SUBGROUPS},
    "pairs": 923_898,
}
"""What the release holds, as published."""

_TABLE = re.compile(r"(?:.*/)?(bfw[\w.-]*datatable[\w.-]*\.csv)")

NOTICE = f"""\
BFW, Balanced Faces in the Wild: 20,000 pictures of 800 people in eight subgroups, and 923,898 pairs
with the scores of several networks.

  Terms    Non-commercial research and education. The pictures may not be passed on. Please cite:
           Robinson et al., "Face Recognition: Too Bias, or Not Too Bias?", CVPR Workshops 2020.
  Source   {HOME}
  Consent  The pictures were found on the web. The people in them did not agree to face research.
           Measure models with them; identify nobody, show no picture, and read each subgroup as
           what was annotated.
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
        Exit code: 0 it is there, and what differs from the published counts was said, 1 the reader
        declined, 2 it could not be done, 130 interrupted.
    """
    parser = fetching.parser("Download BFW, after showing what it is.", "bfw")
    parser.add_argument("--url", default=URL, help="the address of the zip that you were given")
    return fetching.carry_out(parser.parse_args(arguments), "bfw", _run, _by_hand)


def _run(options: argparse.Namespace, folder: Path) -> int:
    print(NOTICE)
    packed = folder / RELEASE
    complete = _faces(folder) is not None and bool(find_files(folder, bfw.TABLE))
    size = 0 if complete or packed.exists() else remote_size(options.url)
    fetching.announce({RELEASE: size}, folder)
    if not fetching.agreed(options):
        return 1
    if not complete:
        fetch(options.url, packed, check=lambda path: fetching.check_zip(path, _require_bfw))
        _take_table_out(packed, folder)
    _report(folder)
    return 0


def _require_bfw(files: list[str]) -> None:
    if not _tables(files) and not any(f"/{bfw.SUBGROUPS[0]}/" in f"/{file}" for file in files):
        some = ", ".join(files[:5]) or "nothing"
        raise DownloadFailed(
            f"it holds neither a folder {bfw.SUBGROUPS[0]} nor a table {bfw.TABLE}, so it is not "
            f"BFW; it begins with {some}."
        )


def _tables(files: Iterable[str]) -> dict[str, str]:
    """Find tables of pairs among the names in a zip: where each lies, and what it is called."""
    found = map(_TABLE.fullmatch, files)
    return {match[0]: match[1] for match in found if match}


def _take_table_out(packed: Path, folder: Path) -> None:
    """Put the tables of pairs beside the zip, where the loader reads them."""
    with ZipFile(packed) as archive:
        for member, name in _tables(archive.namelist()).items():
            if (folder / name).exists():
                continue
            with (
                replacing(folder / name) as new,
                archive.open(member) as file,
                new.open("wb") as out,
            ):
                shutil.copyfileobj(file, out)


def _faces(folder: Path) -> FaceDataset | None:
    try:
        return bfw.faces(root=folder)
    except DataNotFound:
        return None


def _pairs(folder: Path) -> PairTable | None:
    return bfw.load(root=folder) if find_files(folder, bfw.TABLE) else None


def _report(folder: Path) -> None:
    faces, pairs = _faces(folder), _pairs(folder)
    print(f"\nBFW is in {folder}. Load it with:\n\n    from helpers import datasets")
    here = {"bfw": pairs is not None, "bfw-faces": faces is not None}
    for name in (name for name, there in here.items() if there):
        print(fetching.how_to_load(name, folder, "bfw"))
    found = _counts(faces, pairs)
    if all(found.get(what) == published for what, published in COUNTS.items()):
        print("\nPictures, people and pairs are as many as published.")
    for what, published in COUNTS.items():
        if found.get(what, 0) != published:
            print(f"{what}: {found.get(what, 0):,} here, {published:,} published", file=sys.stderr)
    if pairs is None or faces is None:
        absent = f"table {bfw.TABLE}" if pairs is None else "picture"
        print(f"There is no {absent} in it: ask the authors, {HOME}", file=sys.stderr)


def _counts(faces: FaceDataset | None, pairs: PairTable | None) -> dict[str, int]:
    """Count what was fetched, as :data:`COUNTS` does."""
    counts = {"pairs": 0 if pairs is None else len(pairs)}
    if faces is not None:
        people = faces.table.groupby("subgroup", observed=True)["identity"].nunique()
        counts |= {f"people in {group}": int(count) for group, count in people.items()}
        counts["pictures"] = len(faces)
    return counts


def _by_hand(folder: Path) -> str:
    return (
        f"The authors give BFW out on request, {HOME}: run this again with --url and the address "
        f"that you were given, or put the zip, as it is, into {folder} under the name {RELEASE} "
        "and run this again."
    )


if __name__ == "__main__":
    sys.exit(main())
