"""Small data sets as they should be, which cases then spoil."""

from pathlib import Path
from typing import Any

from helpers import datasets
from helpers.datasets import FaceDataset
from tests.bad_inputs.material import (
    photo,
    text,
)


def folder_of(at: Path, labels: str | None = None, encoding: str = "utf-8") -> dict[str, Any]:
    """Two photographs and a table of labels; the arguments that load them."""
    for name in ("a.jpg", "b.jpg"):
        photo(at, f"p/{name}")
    found: dict[str, Any] = {"root": at / "p"}
    return found if labels is None else found | {"labels": text(at, labels, encoding=encoding)}


FAIRFACE = "file,age,gender,race,service_test"


def fairface_of(
    at: Path, rows: str = "val/1.jpg,3-9,Male,Black,True\n", head: str = FAIRFACE
) -> Path:
    """A FairFace of a few photographs."""
    photo(at, "fairface/val/1.jpg")
    photo(at, "fairface/val/2.jpg", (41, 30))
    return text(at, f"{head}\n{rows}", "fairface/fairface_label_val.csv").parent


def celeba_of(
    at: Path, attributes: str = "1\nSmiling\n000001.jpg 1\n", part: str = "000001.jpg 0\n"
) -> Path:
    """A CelebA of one photograph."""
    photo(at, "celeba/img/000001.jpg")
    text(at, attributes, "celeba/list_attr_celeba.txt")
    return text(at, part, "celeba/list_eval_partition.txt").parent


LFW = "1\t1\nA_B\t1\t2\nA_B\t1\tC_D\t1\n"


def lfw_of(at: Path, pairs: str = LFW, encoding: str = "utf-8") -> Path:
    """An LFW of two pairs."""
    photo(at, "lfw/pics/A_B/A_B_0001.jpg")
    return text(at, pairs, "lfw/pairs.txt", encoding).parent


def facex_of(at: Path, labels: str = "img,smile\na.jpg,1\n") -> Path:
    """Pictures prepared for FaceX, with a mask of one region."""
    photo(at, "pics/a.jpg")
    photo(at, "pics/b.jpg")
    photo(at, "pics-mask-anno/a_skin.png")
    return text(at, labels, "pics/l.csv").parent


def plain(at: Path) -> FaceDataset:
    """Two photographs with one label."""
    return datasets.load("folder", **folder_of(at, "file,gender\na.jpg,F\nb.jpg,M\n"))


def twice(at: Path) -> FaceDataset:
    """Three photographs, of which two are one, as in a bootstrap."""
    return plain(at).subset([0, 0, 1])
