"""CelebA's tables of -1 and 1 become labels, and cut ones are refused."""

from pathlib import Path

import numpy as np
import pytest

from helpers import datasets
from helpers.datasets import save_image
from helpers.errors import BadTable, DataNotFound, UnknownName

ATTRIBUTES = """3
Male Smiling Wearing_Lipstick
000001.jpg -1  1  1
000002.jpg  1 -1 -1
000003.jpg -1 -1  1
"""
PARTITION = "000001.jpg 0\n000002.jpg 1\n000003.jpg 2\n"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    where = tmp_path / "celeba"
    for name, text in (
        ("Anno/list_attr_celeba.txt", ATTRIBUTES),
        ("Eval/list_eval_partition.txt", PARTITION),
    ):
        (where / name).parent.mkdir(parents=True)
        (where / name).write_text(text)
    for number in (1, 2, 4):
        picture = np.full((218, 178, 3), 50 * number, dtype=np.uint8)
        save_image(where / f"Img/img_align_celeba/{number:06}.jpg", picture)
    return where


def test_attributes_are_true_or_false_and_parts_have_names(release: Path) -> None:
    faces = datasets.load("celeba", root=release)
    assert faces.table["Male"].tolist() == [False, True]
    assert faces.table["Wearing_Lipstick"].tolist() == [True, False]
    assert faces.table["split"].tolist() == ["train", "val"]
    assert faces.images("000002.jpg").shape == (1, 3, 218, 178)
    assert faces.notes == (
        "1 rows of the table have no photograph.",
        "1 photographs have no row in the table and were left out.",
    )
    assert datasets.load("celeba", split="val", root=release).files(0) == ["000002.jpg"]
    with pytest.raises(UnknownName, match="no split 'valid': did you mean 'val'"):
        datasets.load("celeba", split="valid", root=release)


def test_identities_join_where_they_are_there(release: Path) -> None:
    (release / "Anno/identity_CelebA.txt").write_text("000001.jpg 2880\n000002.jpg 17\n")
    assert datasets.load("celeba", root=release).table["identity"].tolist() == ["2880", "17"]


def test_the_tables_also_come_as_csv(release: Path) -> None:
    text = release / "Anno/list_attr_celeba.txt"
    of_text = datasets.load("celeba", root=release).table
    rows = [",".join(line.split()) for line in ATTRIBUTES.splitlines()[1:]]
    text.with_suffix(".csv").write_text("\n".join(["image_id," + rows[0], *rows[1:]]))
    text.unlink()
    assert datasets.load("celeba", root=release).table.equals(of_text)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("3\nMale", "4\nMale", "cut short: 3 are there, of 4 rows"),
        (
            "000003.jpg -1 -1  1",
            "000003.jpg -1",
            "'000003.jpg -1' is not a file and its attributes",
        ),
        ("000002.jpg  1", "000002.jpg  2", "000002.jpg: Male '2' is none of 1, -1 and 0"),
        (ATTRIBUTES, "", "has no rows"),
    ],
)
def test_a_damaged_table_says_where(release: Path, old: str, new: str, complaint: str) -> None:
    (release / "Anno/list_attr_celeba.txt").write_text(ATTRIBUTES.replace(old, new))
    with pytest.raises(BadTable, match=complaint):
        datasets.load("celeba", root=release)


def test_what_is_missing_is_said(release: Path, tmp_path: Path) -> None:
    partition = release / "Eval/list_eval_partition.txt"
    partition.write_text("000001.jpg 0\n000002.jpg 3\n")
    with pytest.raises(BadTable, match="of 000002.jpg none of 0"):
        datasets.load("celeba", root=release)
    partition.write_text("000001.jpg\n")
    with pytest.raises(BadTable, match="not a file and its partition"):
        datasets.load("celeba", root=release)
    partition.unlink()
    with pytest.raises(DataNotFound, match=r"list_eval_partition.txt is not in"):
        datasets.load("celeba", root=release)
    with pytest.raises(DataNotFound, match="no folder"):
        datasets.load("celeba", root=tmp_path / "nowhere")
    partition.write_text(PARTITION)
    for path in (release / "Img/img_align_celeba").iterdir():
        path.unlink()
    with pytest.raises(DataNotFound, match="no picture such as 000001.jpg"):
        datasets.load("celeba", root=release)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Anno/list_attr_celeba.txt", ATTRIBUTES.replace("000002", "000001")),
        ("Eval/list_eval_partition.txt", "000001.jpg 0\n" * 2),
        ("Anno/identity_CelebA.txt", "000001.jpg 5\n" * 2),
    ],
)
def test_a_picture_that_a_list_names_twice_is_named_with_its_line(
    release: Path, name: str, text: str
) -> None:
    (release / name).write_text(text)
    with pytest.raises(BadTable, match=rf"{Path(name).stem}.*, line \d: 000001.jpg has a row"):
        datasets.load("celeba", root=release)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_lists_are_read_in_other_encodings(release: Path, encoding: str) -> None:
    (release / "Anno/list_attr_celeba.txt").write_text(ATTRIBUTES, encoding)
    (release / "Eval/list_eval_partition.txt").write_text(PARTITION, encoding)
    assert datasets.load("celeba", root=release).table["Male"].tolist() == [False, True]


def test_an_attribute_that_is_there_twice_is_named(release: Path) -> None:
    (release / "Anno/list_attr_celeba.txt").write_text(ATTRIBUTES.replace("Smiling", "Male"))
    with pytest.raises(BadTable, match="2 columns called 'Male'"):
        datasets.load("celeba", root=release)


def test_rows_without_an_identity_are_counted(release: Path) -> None:
    (release / "Anno/identity_CelebA.txt").write_text("000001.jpg 2880\n")
    assert "2 rows of the table have no identity." in datasets.load("celeba", root=release).notes


def test_pictures_may_end_in_capitals(release: Path) -> None:
    for path in (release / "Img/img_align_celeba").iterdir():
        path.rename(path.with_suffix(".JPG"))
    with pytest.raises(BadTable, match="names 000001.jpg but the photographs are called"):
        datasets.load("celeba", root=release)
