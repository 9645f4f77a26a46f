"""Download official portraits of 287 members of the US Congress, and write the table of labels.

    python data_scripts/fetch_portraits.py

Run it again after an interruption: it goes on from where it was. Nobody publishes hashes of the
pictures: each must be readable and of plausible size (a column ``sha256`` in ``portraits.csv``
would be used), and what arrived is recorded in ``SHA256SUMS``, by which later runs verify it.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # data_scripts is no installed package

import pandas as pd
from tqdm.auto import tqdm

from data_scripts import fetching
from helpers.datasets import portraits, read_image
from helpers.datasets.download import fetch, remote_size
from helpers.errors import DownloadFailed, InputError, NotOnServer, WrongFile
from helpers.files import file_hash, replacing

REPOSITORY = "https://github.com/unitedstates/images"
COMMIT = "e91f86d4269e6d5f9ab6bea27e8bf5f0f592ffcf"
URL = f"https://raw.githubusercontent.com/unitedstates/images/{COMMIT}/congress/450x550"
PEOPLE = Path(__file__).with_name("portraits.csv")
"""Whose portraits: the columns of ``labels.csv``, and perhaps ``sha256``."""
IMAGES, SUMS = "images", "SHA256SUMS"

_SIDES = (100, 2000)
"""Pixels of the shortest and longest side of a plausible portrait; those of URL are 450 x 550."""

NOTICE = f"""\
Official portraits of 287 members of the US Congress, 203 men and 84 women, with gender and year of
birth as officially recorded.

  Licence  Pictures: public domain in the US. Labels: CC0, from the project
           unitedstates/congress-legislators.
  Source   {REPOSITORY}, commit {COMMIT[:12]}
  Consent  The people in them hold a public office and chose these portraits, as in the Pilot
           Parliaments Benchmark of Gender Shades. They were not asked about face research. Measure
           models with them, and infer nothing about a person.
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
        Exit code: 0 the portraits are there, but for those that the server has not (any more) and
        that were named, 1 the reader declined, 2 it could not be done or a picture is not what it
        should be, 130 interrupted.
    """
    parser = fetching.parser(
        "Download portraits of members of Congress, after showing what they are.", "portraits"
    )
    parser.add_argument("--url-base", default=URL, help="a mirror with the pictures by their names")
    options = parser.parse_args(arguments)
    return fetching.carry_out(options, "portraits", _run, _by_hand)


def _run(options: argparse.Namespace, folder: Path) -> int:
    people = pd.read_csv(PEOPLE, index_col="file")
    base = options.url_base.rstrip("/")
    print(NOTICE)
    _announce(base, folder, list(people.index))
    if not fetching.agreed(options):
        return 1
    missing, wrong = _fetch_all(base, folder, people)
    if len(missing) + len(wrong) == len(people):
        raise DownloadFailed(f"no portrait came from {base}. {' '.join(wrong[:1])}".rstrip())
    if not (folder / portraits.TABLE).exists():
        with replacing(folder / portraits.TABLE) as new:
            people.drop(columns="sha256", errors="ignore").to_csv(new)
    _report(folder, missing, wrong)
    return 2 if wrong else 0


def _announce(base: str, folder: Path, files: list[str]) -> None:
    absent = [file for file in files if not (folder / IMAGES / file).exists()]
    first = remote_size(f"{base}/{absent[0]}") if absent else 0
    print("  The size is estimated from the first picture.\n" if first else "", end="")
    total = None if first is None else first * len(absent)
    fetching.announce({f"{len(absent)} of {len(files)} pictures": total}, folder)


def _fetch_all(base: str, folder: Path, people: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Fetch every picture; return the files the server has not, and what is wrong with others."""
    sums, others = _recorded(folder)
    missing, wrong = [], []
    # What somebody has published counts for more than what arrived first.
    known = sums | people.get("sha256", pd.Series(dtype=str)).dropna().to_dict()
    try:
        for file in tqdm(people.index, "portraits"):
            target = folder / IMAGES / file
            try:
                fetch(f"{base}/{file}", target, known.get(file), _check_picture)
                sums[file] = known.get(file) or file_hash(target)
            except NotOnServer:
                missing.append(file)
            except WrongFile as trouble:
                wrong.append(str(trouble))
    finally:
        _record(folder, sums, others)
    return missing, wrong


def _recorded(folder: Path) -> tuple[dict[str, str], list[str]]:
    """Read the hashes of what arrived earlier, and the lines that are about something else."""
    try:
        text = (folder / SUMS).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}, []
    except (OSError, UnicodeError) as trouble:
        raise InputError(f"{folder / SUMS} cannot be read ({trouble}): remove it.") from None
    # Other programs write capitals, and an asterisk for a file that is no text.
    known = re.compile(rf"([0-9a-fA-F]{{64}}) [ *]{IMAGES}/(.+)")
    lines = [(line, known.fullmatch(line)) for line in text.splitlines()]
    sums = {found[2]: found[1].lower() for _, found in lines if found}
    return sums, [line for line, found in lines if not found]


def _record(folder: Path, sums: dict[str, str], others: list[str]) -> None:
    """Write hashes as ``sha256sum --check SHA256SUMS`` reads them, below what others wrote there."""
    if sums:
        with replacing(folder / SUMS) as new:
            lines = [f"{line}\n" for line in others]
            lines += [f"{found}  {IMAGES}/{file}\n" for file, found in sorted(sums.items())]
            new.write_text("".join(lines), encoding="utf-8", newline="\n")


def _check_picture(path: Path) -> None:
    try:
        height, width, _ = read_image(path, name="the picture").shape
    except InputError as trouble:
        raise DownloadFailed(str(trouble)) from trouble
    if min(height, width) < _SIDES[0] or max(height, width) > _SIDES[1]:
        raise DownloadFailed(f"it is a picture of {width} x {height} pixels, and no portrait is.")


def _report(folder: Path, missing: list[str], wrong: list[str]) -> None:
    found = portraits.load(root=folder)
    print(f"\n{len(found)} portraits are in {folder}. {' '.join(found.notes)}".rstrip())
    if missing:
        print(f"{len(missing)} are not on the server (any more): {', '.join(missing)}.")
    if wrong:
        print("\n".join(["", *wrong]), file=sys.stderr)
        print(
            f"{folder / SUMS} holds the hashes of what arrived first: remove it if you want other "
            "pictures than those.",
            file=sys.stderr,
        )
    load = fetching.how_to_load("portraits", folder, "portraits")
    print(f"Load them with:\n\n    from helpers import datasets\n{load}")


def _by_hand(folder: Path) -> str:
    return (
        f"By hand: download {REPOSITORY} in a browser, copy the pictures that {PEOPLE} names from "
        f"its folder congress/450x550 to {folder / IMAGES}, and that table to "
        f"{folder / portraits.TABLE}"
    )


if __name__ == "__main__":
    sys.exit(main())
