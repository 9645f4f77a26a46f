"""Copies and people on both sides of a split are found, and what is not found is known."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageEnhance

from helpers import datasets
from helpers.datasets import FaceDataset, PairTable, leakage, save_image
from helpers.datasets.overlap import DISTANCE, fingerprints
from helpers.errors import InputError, UnknownName


def portrait(shift: int = 0) -> Image.Image:
    """A real face of 224 pixels; another ``shift`` is another framing, far beyond a copy."""
    side = 150 + 2 * shift
    box = (150 + shift, 40, 150 + shift + side, 40 + side)
    return Image.fromarray(datasets.astronaut()).crop(box).resize((224, 224))


def saved_again(picture: Image.Image) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=60)
    return Image.open(file).convert("RGB")


def cropped(picture: Image.Image, share: float) -> Image.Image:
    border = round(224 * share)
    return picture.crop((border, border, 224 - border, 224 - border)).resize((224, 224))


def folder(where: Path, pictures: dict[str, Image.Image], people: list[str]) -> FaceDataset:
    for file, picture in pictures.items():
        save_image(where / file, np.asarray(picture))
    rows = [f"{file},{who}" for file, who in zip(pictures, people, strict=True)]
    (where / "labels.csv").write_text("\n".join(["file,identity", *rows]) + "\n")
    return datasets.load("folder", root=where, labels=where / "labels.csv")


@pytest.fixture
def parts(tmp_path: Path) -> tuple[FaceDataset, FaceDataset]:
    train = folder(
        tmp_path / "train",
        {"a.png": portrait(), "b.png": portrait(40)},
        ["eileen", "eileen"],
    )
    test = folder(
        tmp_path / "test",
        {
            "copy.png": portrait(),
            "smaller.jpg": portrait().resize((112, 112)),
            "other.png": portrait(80),
            "pixels.bmp": portrait(40),
        },
        ["eileen", "ann", "ann", "bea"],
    )
    return train, test


def test_copies_are_found_by_bytes_by_pixels_and_by_looks(
    parts: tuple[FaceDataset, FaceDataset],
) -> None:
    found = leakage(*parts)
    assert found.identical.to_numpy().tolist() == [
        ["a.png", "copy.png", "bytes"],
        ["b.png", "pixels.bmp", "pixels"],
    ]
    assert found.near[["train", "test"]].to_numpy().tolist() == [["a.png", "smaller.jpg"]]
    assert found.near["distance"].between(1, DISTANCE).all()
    assert found.identities.loc["eileen"].to_dict() == {"train": 2, "test": 1}
    assert found.notes == ()
    assert found.summary().loc["identical"].tolist() == [2, 2, 2]
    assert found.summary().loc["identities"].tolist() == [1, 2, 1]
    assert (found.n_train, found.n_test) == (2, 4)


Change = Callable[[Image.Image], Image.Image]


@pytest.mark.parametrize(
    "change",
    [
        saved_again,
        lambda picture: picture.resize((112, 112)),
        lambda picture: picture.convert("L").convert("RGB"),
        lambda picture: ImageEnhance.Brightness(picture).enhance(1.2),
        lambda picture: cropped(picture, 0.01),
    ],
)
def test_copies_of_many_kinds_stay_near(change: Change) -> None:
    one, other = fingerprints([np.asarray(portrait()), np.asarray(change(portrait()))])
    assert int((one != other).sum()) <= DISTANCE


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: cropped(picture, 0.05),
        lambda picture: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    ],
)
def test_a_wide_crop_and_a_mirror_escape_as_the_documentation_says(change: Change) -> None:
    one, other = fingerprints([np.asarray(portrait()), np.asarray(change(portrait()))])
    assert int((one != other).sum()) > DISTANCE


@dataclass(frozen=True)
class Framings:
    """Pictures that are made when they are read, as rendered faces are."""

    def read(self, file: str) -> np.ndarray:
        return np.asarray(portrait(10 * int(file)))


def test_pictures_that_are_no_files_are_compared_by_pixels() -> None:
    files = pd.Index([str(number) for number in range(6)], name="file")
    faces = FaceDataset("framings", pd.DataFrame(index=files), Framings())
    found = leakage(faces.subset([0, 1, 2, 3]), faces.subset([3, 4]))
    assert found.identical.to_numpy().tolist() == [["3", "3", "pixels"]]
    assert "compared by their pixels" in found.notes[0]
    assert "no column identity" in found.notes[1]


def test_what_cannot_be_compared_is_said(
    tmp_path: Path, parts: tuple[FaceDataset, FaceDataset]
) -> None:
    blank = Image.new("RGB", (224, 224), "white")
    test = folder(tmp_path / "odd", {"blank.png": blank, "cut.png": portrait(7)}, ["x", "y"])
    cut = tmp_path / "odd/cut.png"
    cut.write_bytes(cut.read_bytes()[:500])
    found = leakage(test, test)
    assert "1 pictures of odd cannot be read and were not compared: cut.png." in found.notes
    assert any("nothing but one grey" in note for note in found.notes)
    assert found.near.empty
    assert found.identical["train"].tolist() == ["blank.png"]
    with pytest.raises(UnknownName, match="no column 'person'"):
        leakage(*parts, identity="person")
    with pytest.raises(InputError, match="from 0 to 255"):
        leakage(*parts, distance=256)


def test_an_empty_part_is_refused_because_no_leak_was_looked_for(
    parts: tuple[FaceDataset, FaceDataset],
) -> None:
    train, test = parts
    with pytest.raises(InputError, match="has no image, so there is nothing to compare"):
        leakage(train.subset([]), test)


def test_rows_repeated_by_a_bootstrap_are_one_picture(
    parts: tuple[FaceDataset, FaceDataset],
) -> None:
    train, test = parts
    again = train.subset([*range(len(train)), 0, 0])
    assert len(leakage(again, test).identical) == len(leakage(train, test).identical)


def test_nobody_is_called_nothing() -> None:
    train = pair_table([("a1", "a2", 1, "", ""), ("a1", "b1", 0, "a", "b")])
    test = pair_table([("c1", "c2", 1, "", ""), ("d1", "a3", 0, "d", "a")])
    assert sorted(leakage(train, test).identities.index) == ["a"]


def pair_table(rows: list[tuple[str, str, int, str, str]]) -> PairTable:
    return PairTable("pairs", pd.DataFrame(rows, columns=["p1", "p2", "label", "id1", "id2"]))


def test_tables_of_pairs_share_people_pictures_and_pairs() -> None:
    train = pair_table([("a1", "a2", 1, "a", "a"), ("a1", "b1", 0, "a", "b")])
    test = pair_table([("c1", "c2", 1, "c", "c"), ("b1", "a1", 0, "b", "a")])
    found = leakage(train, test)
    assert found.identical["train"].tolist() == ["a1", "b1"]
    assert found.pairs.to_numpy().tolist() == [[1, 1]]
    assert found.identities.loc["a"].to_dict() == {"train": 2, "test": 1}
    assert sorted(found.identities.index) == ["a", "b"]
    assert found.notes == ("Pictures were compared by name only.",)
    clean = leakage(train, test.subset([0]))
    assert clean.summary().to_numpy().sum() == 0


def test_pairs_without_identities_say_so_and_kinds_do_not_mix(
    parts: tuple[FaceDataset, FaceDataset],
) -> None:
    pairs = pair_table([("a1", "a2", 1, "a", "a")])
    nameless = PairTable("nameless", pairs.table.drop(columns=["id1", "id2"]))
    found = leakage(nameless, pairs)
    assert found.identities.empty
    assert "identities were not compared" in found.notes[1]
    with pytest.raises(InputError, match="not one each"):
        leakage(parts[0], pairs)


@pytest.mark.real_data
def test_fairface_holds_one_photograph_on_both_sides() -> None:
    train, val = (datasets.load("fairface", split=split) for split in ("train", "val"))
    # Two women in one pose, 16256 and 17983, are the nearest of all different photographs.
    drawn = train.subset(["train/9828.jpg", "train/16256.jpg", "train/17983.jpg"])
    found = leakage(drawn, val)
    assert found.near.to_numpy().tolist() == [["train/9828.jpg", "val/3623.jpg", 26]]
    assert found.identical.empty
    assert leakage(drawn.subset([1]), drawn.subset([2])).near.empty
