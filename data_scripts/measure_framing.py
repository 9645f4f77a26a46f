"""Measure how FairFace frames its faces, so that crops of other photographs are framed alike.

Runs MTCNN over validation pictures and prints the medians that `helpers.preprocessing` uses::

    python data_scripts/measure_framing.py
"""

import argparse
import sys
from collections.abc import Sequence

import numpy as np
from tqdm.auto import tqdm

from helpers import arguments, datasets
from helpers.errors import InputError
from helpers.preprocessing import detect


def main(words: Sequence[str] | None = None) -> int:
    """Measure, and print the quartiles.

    Parameters
    ----------
    words : sequence of str, optional
        The command line; by default that of this process.

    Returns
    -------
    int
        Exit code: 0 the quartiles were printed, 2 there is nothing to measure.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pictures", type=int, default=200, help="how many to look at")
    parser.add_argument("--root", help="the FairFace release, when not in the data folder")
    options = parser.parse_args(words)
    try:
        photographs = datasets.load("fairface", split="val", root=options.root)
        count = arguments.count(options.pictures, "--pictures", high=len(photographs))
        frames = _frames(photographs, np.linspace(0, len(photographs) - 1, count).astype(int))
    except InputError as trouble:
        print(trouble, file=sys.stderr)
        return 2
    print(f"one face in {len(frames)} of {count} pictures; quartiles as shares of the side")
    quarters = np.percentile(frames, (25, 50, 75), axis=0)
    for name, values in zip(("centre x", "centre y", "side"), quarters.T, strict=True):
        print(f"{name:9} " + "  ".join(f"{value:.3f}" for value in values))
    return 0


def _frames(photographs: datasets.FaceDataset, rows: np.ndarray) -> np.ndarray:
    """Find faces that are alone in their picture: (K, 3), centre x, centre y and side."""
    frames = []
    for row in tqdm(rows, unit="picture"):
        picture = photographs.images([row])[0].permute(1, 2, 0).mul(255).byte().numpy()
        faces = detect(picture)
        if len(faces) == 1:
            x, y, width, height = faces[0].box
            box = np.array([x + width / 2, y + height / 2, (width * height) ** 0.5])
            frames.append(box / picture.shape[0])
    if not frames:
        raise InputError(f"the detector found no picture with one face among {len(rows)}.")
    return np.array(frames)


if __name__ == "__main__":
    sys.exit(main())
