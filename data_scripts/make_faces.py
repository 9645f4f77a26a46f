"""Draw the rendered data sets now instead of on first use.

    python data_scripts/make_faces.py synthetic
    python data_scripts/make_faces.py synthetic-shortcut --factor hat
    python data_scripts/make_faces.py synthetic-identities --root /where/there/is/space

What is there already is left as it is. An interrupted run goes on where it was.
"""

import argparse
from pathlib import Path

from helpers import datasets
from helpers.datasets.rendered import rendered_folder
from helpers.datasets.synthetic import CUES

NAMES = ("synthetic", "synthetic-shortcut", "synthetic-identities")


def main(arguments: list[str] | None = None) -> None:
    options = _options(arguments)
    wanted = {"size": options.size, "seed": options.seed}
    if options.name == "synthetic-shortcut":
        wanted |= {"factor": options.factor, "planted": not options.clean}
    if options.n is not None:
        wanted |= {"people" if options.name == "synthetic-identities" else "n": options.n}
    drawn = datasets.load(options.name, root=options.root, **wanted)
    print(f"{len(drawn):,} faces of {drawn.name} are in {options.root or rendered_folder()}")


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--root", type=Path, help="by default the user's cache folder")
    parser.add_argument("--n", type=int, help="faces; people for synthetic-identities")
    parser.add_argument("--size", type=int, default=112, help="pixels, 64 to 512")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--factor", choices=sorted(CUES), default="lipstick")
    parser.add_argument("--clean", action="store_true", help="the twin whose cue says nothing")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
