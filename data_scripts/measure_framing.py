"""Measure how FairFace frames its faces, so that crops of other photographs are framed alike.

Runs MTCNN over validation pictures and prints the medians that `helpers.preprocessing` uses::

    python data_scripts/measure_framing.py --pictures 300
"""

import argparse

import numpy as np
from tqdm.auto import tqdm

from helpers import datasets
from helpers.preprocessing import detect


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=300, help="how many to look at")
    parser.add_argument("--root", help="the FairFace release, when not in the data folder")
    options = parser.parse_args()
    photographs = datasets.load("fairface", split="val", root=options.root)
    rows = np.linspace(0, len(photographs) - 1, options.pictures).astype(int)
    boxes = []
    for row in tqdm(rows, unit="picture"):
        picture = photographs.images([row])[0].permute(1, 2, 0).mul(255).byte().numpy()
        faces = detect(picture)
        if len(faces) == 1:
            x, y, width, height = faces[0].box
            frame = picture.shape[0]
            boxes.append(
                ((x + width / 2) / frame, (y + height / 2) / frame, (width * height) ** 0.5 / frame)
            )
    quarters = np.percentile(boxes, (25, 50, 75), axis=0)
    print(f"one face in {len(boxes)} of {len(rows)} pictures; quartiles as shares of the side")
    for name, values in zip(("centre x", "centre y", "side"), quarters.T, strict=True):
        print(f"{name:9} " + "  ".join(f"{value:.3f}" for value in values))


if __name__ == "__main__":
    main()
