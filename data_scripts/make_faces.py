"""Draw a data set of rendered faces, as ``datasets.load`` does when it is first asked for it.

    python data_scripts/make_faces.py synthetic
    python data_scripts/make_faces.py synthetic-shortcut --factor hat --root FOLDER

Run it again after an interruption: it goes on from where it was. Run it twice at once to use two
cores: the two share the work.
"""

import argparse
import sys
import time
from collections.abc import Sequence

from helpers import datasets
from helpers.datasets.rendered import rendered_folder
from helpers.datasets.shortcuts import CUES
from helpers.errors import InputError


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw one data set.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line; by default that of this process.

    Returns
    -------
    int
        Exit code: 0 the data set is there, 2 it could not be made, 130 interrupted.
    """
    # What was not named on the command line keeps the data set's own default.
    options = vars(_parser().parse_args(arguments))
    name = options.pop("data_set")
    begun = time.perf_counter()
    try:
        faces = datasets.load(name, **options)
    except InputError as trouble:
        print(trouble, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped. Run the same again: it goes on from here.", file=sys.stderr)
        return 130
    _report(faces, name, options, time.perf_counter() - begun)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Draw a data set of rendered faces, once.")
    parts = parser.add_subparsers(dest="data_set", required=True, metavar="data-set")
    independent = _part(parts, "synthetic", "faces whose factors are independent")
    shortcut = _part(parts, "synthetic-shortcut", "raised brows, and what gives them away")
    people = _part(parts, "synthetic-identities", "several pictures each of many people")
    for part in (independent, shortcut):
        part.add_argument("--n", type=int, help="how many faces")
    shortcut.add_argument("--factor", help=f"the cue: {', '.join(CUES)}")
    shortcut.add_argument("--strength", type=float, help="its correlation with the label, 0 to 1")
    shortcut.add_argument("--clean", dest="planted", action="store_false", help="no shortcut")
    people.add_argument("--people", type=int, help="how many people, a multiple of 40")
    people.add_argument("--pictures", type=int, help="how many pictures of each")
    return parser


def _part(
    parts: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, says: str
) -> argparse.ArgumentParser:
    part = parts.add_parser(
        name, help=says, description=says, argument_default=argparse.SUPPRESS, allow_abbrev=False
    )
    part.add_argument("--size", type=int, help="height and width in pixels, 64 to 512")
    part.add_argument("--seed", type=int, help="another seed gives other faces")
    part.add_argument("--root", help=f"folder (default: {rendered_folder()})")
    return part


def _report(
    faces: datasets.FaceDataset | datasets.PairTable,
    name: str,
    options: dict[str, object],
    seconds: float,
) -> None:
    path = faces.source.path  # type: ignore[union-attr]
    print(f"{len(faces):,} faces, {path.stat().st_size / 1e6:,.0f} MB, {seconds:,.0f} s: {path}")
    extra = "".join(f", {key}={value!r}" for key, value in options.items())
    print(f'\n    from helpers import datasets\n    datasets.load("{name}"{extra})')


if __name__ == "__main__":
    sys.exit(main())
