"""The same photograph under two names is found, and never left in both parts."""

from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import FaceDataset, drop_duplicates, duplicates
from helpers.datasets.sources import Archive, Folder
from helpers.errors import InputError, UnknownName

# What lies behind each name: "c" is one photograph in both parts with contradicting labels,
# "x" and "y" have as many bytes as each other but are different files.
CONTENTS = {
    "train/1.jpg": b"aaaa",
    "train/2.jpg": b"c" * 9,
    "train/3.jpg": b"aaaa",
    "train/4.jpg": b"xx",
    "val/1.jpg": b"c" * 9,
    "val/2.jpg": b"yy",
    "val/3.jpg": b"aaaa",
}
GENDERS = ["Male", "Female", "Male", "Male", "Male", "Female", "Male"]


@pytest.fixture(params=["folder", "zip"])
def dataset(request: pytest.FixtureRequest, tmp_path: Path) -> FaceDataset:
    for file, data in CONTENTS.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_bytes(data)
    source: Folder | Archive = Folder(tmp_path)
    if request.param == "zip":
        source = Archive(tmp_path / "images.zip")
        with ZipFile(source.path, "w") as archive:
            for file in CONTENTS:
                archive.write(tmp_path / file, file)
    table = pd.DataFrame(
        {"gender": pd.Categorical(GENDERS), "number": range(7)},
        index=pd.Index(list(CONTENTS), name="file"),
    )
    return FaceDataset("twins", table, source)


def test_byte_identical_images_are_grouped_with_their_labels(dataset: FaceDataset) -> None:
    found = duplicates(dataset, labels=["gender"])
    groups = {tuple(rows.index) for _, rows in found.groupby("group")}
    assert groups == {("train/1.jpg", "train/3.jpg", "val/3.jpg"), ("train/2.jpg", "val/1.jpg")}
    agree = found.groupby("group")["labels_agree"].first()
    assert agree.tolist() == [True, False]
    assert found.loc["val/1.jpg", "gender"] == "Male"
    assert found["sha256"].str.len().eq(64).all()


def test_by_default_every_column_must_agree(dataset: FaceDataset) -> None:
    assert not duplicates(dataset)["labels_agree"].any()


def test_one_of_each_group_stays_and_none_where_labels_contradict(dataset: FaceDataset) -> None:
    kept = drop_duplicates(dataset, labels=["gender"])
    assert list(kept.table.index) == ["train/1.jpg", "train/4.jpg", "val/2.jpg"]
    assert "4 byte-identical images were left out, 2 of them" in kept.notes[-1]
    assert duplicates(kept).empty
    assert drop_duplicates(kept).notes == kept.notes


def test_what_cannot_be_compared_is_refused(dataset: FaceDataset) -> None:
    class Rendered:
        def read(self, file: str) -> np.ndarray:
            return np.zeros((2, 2, 3), dtype=np.uint8)

    with pytest.raises(InputError, match="are not files"):
        duplicates(FaceDataset("rendered", dataset.table, Rendered()))
    with pytest.raises(UnknownName, match="no column 'gendre'"):
        duplicates(dataset, labels=["gendre"])


def test_rows_repeated_by_a_bootstrap_are_one_image(dataset: FaceDataset) -> None:
    again = dataset.subset([*range(7), 3, 3, 0])
    assert list(duplicates(again).index) == list(duplicates(dataset).index)
    kept = drop_duplicates(again, labels=["gender"])
    assert sorted(kept.table.index.unique()) == ["train/1.jpg", "train/4.jpg", "val/2.jpg"]


def test_labels_called_like_what_is_added_keep_their_values(dataset: FaceDataset) -> None:
    grouped = replace(dataset, table=dataset.table.assign(group=list("abcdefg")))
    found = duplicates(grouped, labels="gender")
    assert found["group_label"].tolist() == ["a", "c", "g", "b", "e"]
    assert found["group"].tolist() == [0, 0, 0, 1, 1]


@pytest.mark.parametrize("wrong", [None, 5, pd.DataFrame({"file": ["a.jpg"]})])
def test_what_is_no_data_set_is_refused(wrong: object) -> None:
    for look in (duplicates, drop_duplicates):
        with pytest.raises(InputError, match="in a data set"):
            look(wrong)  # type: ignore[arg-type]


def test_labels_that_are_no_list_are_refused(dataset: FaceDataset) -> None:
    with pytest.raises(InputError, match="labels is 5"):
        duplicates(dataset, labels=5)  # type: ignore[arg-type]
