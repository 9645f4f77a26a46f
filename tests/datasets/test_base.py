"""A data set hands out the right image for each row, however the rows are named."""

import multiprocessing
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pandas as pd
import pytest
import torch
from torch.utils.data import DataLoader

from helpers.datasets import FaceDataset, save_image
from helpers.datasets.sources import Archive, Folder
from helpers.errors import DataNotFound, InputError, UnknownName, UnreadableImage

COUNT = 12


@pytest.fixture(params=["folder", "zip"])
def grey(request: pytest.FixtureRequest, tmp_path: Path) -> FaceDataset:
    """Twelve images; number i is all of value 20 * i, so that every mix-up shows."""
    files = [f"val/{i}.png" for i in range(COUNT)]
    for i, file in enumerate(files):
        save_image(tmp_path / file, np.full((4, 5, 3), 20 * i, dtype=np.uint8))
    source: Folder | Archive = Folder(tmp_path)
    if request.param == "zip":
        with ZipFile(tmp_path / "images.zip", "w", ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(tmp_path / file, f"top/{file}")
        source = Archive(tmp_path / "images.zip", "top/")
    table = pd.DataFrame(
        {
            "race": pd.Categorical(["White", "Black", "Indian"] * 4),
            "gender": ["Female"] * 6 + ["Male"] * 6,
        },
        index=pd.Index(files, name="file"),
    )
    return FaceDataset("grey", table, source)


def numbers(images: torch.Tensor) -> list[int]:
    """Tell which images these are."""
    return [round(value * 255 / 20) for value in images.mean((1, 2, 3)).tolist()]


def test_images_are_n_3_h_w_in_zero_to_one(grey: FaceDataset) -> None:
    images = grey.images([0, 6])
    assert images.shape == (2, 3, 4, 5)
    assert images.dtype == torch.float32
    torch.testing.assert_close(images[1], torch.full((3, 4, 5), 120 / 255))
    assert grey.images([0, 6], size=(8, 9)).shape == (2, 3, 8, 9)


def test_rows_can_be_named_in_every_way_a_table_offers(grey: FaceDataset) -> None:
    table = grey.table
    assert numbers(grey.images(3)) == [3]
    assert numbers(grey.images(-1)) == [11]
    assert numbers(grey.images([5, 1, 5])) == [5, 1, 5]
    assert numbers(grey.images(range(2, 4))) == [2, 3]
    assert numbers(grey.images(np.array([4, -2]))) == [4, 10]
    assert numbers(grey.images(torch.tensor([7, 2]))) == [7, 2]
    assert numbers(grey.images(slice(9, None))) == [9, 10, 11]
    assert numbers(grey.images(slice(None, None, -5))) == [11, 6, 1]
    assert numbers(grey.images("val/8.png")) == [8]
    assert numbers(grey.images(["val/10.png", "val/1.png"])) == [10, 1]
    assert numbers(grey.images(table.index[[2, 0]])) == [2, 0]
    assert numbers(grey.images(table.iloc[[6, 5]])) == [6, 5]
    mask = table["race"] == "Indian"
    assert numbers(grey.images(mask)) == numbers(grey.images(list(mask))) == [2, 5, 8, 11]


def test_rows_that_do_not_exist_are_refused_in_a_sentence(grey: FaceDataset) -> None:
    with pytest.raises(InputError, match="no row 12 in grey: it has 12 images"):
        grey.images([0, 12])
    with pytest.raises(InputError, match="no row -13"):
        grey.images(-13)
    with pytest.raises(UnknownName, match=r"'val/12.png' \(and 1 more\) is not among the 12 files"):
        grey.images(["val/0.png", "val/12.png", "val/13.png"])
    with pytest.raises(InputError, match="one True or False for each of the 12 rows"):
        grey.images([True, False])
    with pytest.raises(InputError, match="no image was chosen"):
        grey.images([])


def test_a_mask_of_another_table_is_refused_rather_than_misread(grey: FaceDataset) -> None:
    shuffled = grey.table.sample(frac=1, random_state=0)
    with pytest.raises(InputError, match="made from another table"):
        grey.images(shuffled["race"] == "Indian")


def test_a_subset_keeps_rows_and_images_together(grey: FaceDataset) -> None:
    part = grey.subset([7, 3, 4])
    assert list(part.table.index) == ["val/7.png", "val/3.png", "val/4.png"]
    assert len(part) == 3
    assert numbers(part.images(slice(None))) == [7, 3, 4]
    assert len(grey) == COUNT


def test_where_takes_one_label_or_several_and_all_conditions_hold(grey: FaceDataset) -> None:
    assert numbers(grey.where(race="Black", gender="Male").images(slice(None))) == [7, 10]
    assert len(grey.where(race=["Black", "White"])) == 8
    assert len(grey.where(gender="nobody")) == 0


def test_where_suggests_the_column_or_label_that_was_meant(grey: FaceDataset) -> None:
    with pytest.raises(UnknownName, match="no column 'rase': did you mean 'race'"):
        grey.where(rase="Black")
    with pytest.raises(UnknownName, match="no race 'black': did you mean 'Black'"):
        grey.where(race="black")


def test_batches_cover_every_row_once_and_in_order(grey: FaceDataset) -> None:
    batches = list(grey.batches(5))
    assert [len(images) for _, images in batches] == [5, 5, 2]
    assert [n for _, images in batches for n in numbers(images)] == list(range(COUNT))
    pd.testing.assert_frame_equal(pd.concat([rows for rows, _ in batches]), grey.table)
    with pytest.raises(InputError, match="batch_size is 0"):
        next(grey.batches(0))


def test_there_are_no_masks_until_a_data_set_brings_some(grey: FaceDataset) -> None:
    assert grey.masks([0, 1]) is None
    masked = replace(grey, mask_reader=lambda file: np.full((19, 4, 5), file == "val/1.png"))
    masks = masked.masks([0, 1])
    assert masks is not None
    assert masks.shape == (2, 19, 4, 5)
    assert masks.dtype == torch.bool
    assert masks.any((1, 2, 3)).tolist() == [False, True]
    with pytest.raises(InputError, match="no image was chosen"):
        masked.masks([])


def test_images_of_different_sizes_need_a_size(tmp_path: Path) -> None:
    for height in (3, 4):
        save_image(tmp_path / f"{height}.png", np.zeros((height, 5, 3), dtype=np.uint8))
    table = pd.DataFrame(index=pd.Index(["3.png", "4.png"], name="file"))
    mixed = FaceDataset("mixed", table, Folder(tmp_path))
    with pytest.raises(InputError, match="2 different sizes"):
        mixed.images([0, 1])
    assert mixed.images([0, 1], size=4).shape == (2, 3, 4, 4)


def test_a_data_set_cannot_be_changed_by_accident(grey: FaceDataset) -> None:
    with pytest.raises(FrozenInstanceError):
        grey.table = pd.DataFrame()  # type: ignore[misc]


def test_a_pickled_data_set_reads_the_same_images(grey: FaceDataset) -> None:
    grey.images(0)  # opens the zip, whose handle must not be pickled along
    again = pickle.loads(pickle.dumps(grey))
    torch.testing.assert_close(again.images([3, 9]), grey.images([3, 9]))


def test_threads_read_side_by_side(grey: FaceDataset) -> None:
    rows = list(np.random.default_rng(0).integers(0, COUNT, 400))
    with ThreadPoolExecutor(8) as threads:
        assert [numbers(images)[0] for images in threads.map(grey.images, rows)] == rows


def test_forked_workers_do_not_read_each_others_bytes(tmp_path: Path) -> None:
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system forks no processes")
    # Noise, so that each file is larger than what is read ahead and every read moves the position.
    noise = np.random.default_rng(0).integers(0, 255, (COUNT, 150, 150, 3), dtype=np.uint8)
    source = Archive(tmp_path / "images.zip")
    with ZipFile(source.path, "w") as archive:
        for i, image in enumerate(noise):
            archive.write(save_image(tmp_path / f"{i}.bmp", image), f"{i}.bmp")
    files = pd.Index([f"{i}.bmp" for i in range(COUNT)], name="file")
    noisy = FaceDataset("noisy", pd.DataFrame(index=files), source)
    expected = noisy.images(slice(None))  # and now the zip is open, for each worker to inherit
    rows = [i % COUNT for i in range(50 * COUNT)]
    loader: DataLoader[int] = DataLoader(
        rows,  # type: ignore[arg-type]
        batch_size=4,
        num_workers=2,
        collate_fn=noisy.images,
        multiprocessing_context="fork",
    )
    for start, images in zip(range(0, len(rows), 4), loader, strict=True):
        torch.testing.assert_close(images, expected[rows[start : start + 4]])


def test_a_damaged_or_missing_file_is_named(grey: FaceDataset, tmp_path: Path) -> None:
    gone = replace(grey, table=pd.DataFrame(index=pd.Index(["val/99.png"], name="file")))
    with pytest.raises(UnreadableImage, match="val/99.png"):
        gone.images(0)
    if isinstance(grey.source, Folder):
        (tmp_path / "val" / "4.png").write_bytes(b"no picture")
    else:
        damage(tmp_path / "images.zip", "top/val/4.png")
    with pytest.raises(UnreadableImage, match="val/4.png"):
        grey.images([3, 4])
    assert numbers(grey.images(3)) == [3]


def damage(path: Path, member: str) -> None:
    """Overwrite the packed bytes of one member of a zip."""
    with ZipFile(path) as archive:
        start = archive.getinfo(member).header_offset + 30 + len(member)
    data = bytearray(path.read_bytes())
    data[start + 4 : start + 24] = b"\xff" * 20
    path.write_bytes(bytes(data))


def test_a_zip_replaced_while_a_notebook_is_open_is_read_anew(tmp_path: Path) -> None:
    source = Archive(tmp_path / "images.zip")
    for value in (40, 200):
        save_image(tmp_path / "a.png", np.full((value // 20, 2, 3), value, dtype=np.uint8))
        with ZipFile(source.path, "w") as archive:
            archive.write(tmp_path / "a.png", "a.png")
        assert (source.read("a.png") == value).all()


def test_a_zip_that_is_none_or_is_gone_is_named(tmp_path: Path) -> None:
    path = tmp_path / "images.zip"
    with pytest.raises(DataNotFound, match="images.zip is not there"):
        Archive(path).files()
    path.write_text("<html>Quota exceeded</html>")
    with pytest.raises(DataNotFound, match="not a complete zip file"):
        Archive(path).files()


def test_what_a_computer_adds_to_a_folder_or_zip_is_left_aside(tmp_path: Path) -> None:
    for name in ("b/2.png", "1.png", "__MACOSX/1.png", ".DS_Store", ".ipynb_checkpoints/1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    with ZipFile(tmp_path / ".hidden.zip", "w") as archive:
        for path in sorted(tmp_path.rglob("*")):
            archive.write(path, path.relative_to(tmp_path))
    assert Folder(tmp_path).files() == ["1.png", "b/2.png"]
    assert sorted(Archive(tmp_path / ".hidden.zip").files()) == ["1.png", "b/2.png"]


def test_rows_that_repeat_in_a_bootstrap_are_named_as_any_others(grey: FaceDataset) -> None:
    again = grey.subset([5, 5, 1, 7])
    assert numbers(again.images("val/5.png")) == [5]
    assert numbers(again.images(["val/7.png", "val/5.png"])) == [7, 5]
    assert numbers(again.images(again.table.iloc[[0, 1, 3]])) == [5, 5, 7]
    assert numbers(again.images(again.table["race"] == "Indian")) == [5, 5]
    assert numbers(again.images(slice(1, None))) == [5, 1, 7]


@pytest.mark.parametrize(
    "rows",
    [None, 1.5, [0.0], {"val/1.png": 1}, {0, 1}, np.zeros((2, 2), int), [[0], [1, 2]], [True, None]]
    + [slice("a", "b"), slice(0, 4, 0), float("nan"), b"val/1.png"],
)
def test_what_names_no_rows_is_a_sentence(grey: FaceDataset, rows: object) -> None:
    for ask in (grey.images, grey.files, grey.subset):
        with pytest.raises(InputError) as refused:
            ask(rows)  # type: ignore[operator]
        assert "grey" in str(refused.value)


def test_a_mask_with_gaps_is_refused(grey: FaceDataset) -> None:
    mask = pd.Series([True] * COUNT, index=grey.table.index, dtype="boolean")
    assert len(grey.images(mask)) == COUNT
    mask.iloc[3] = pd.NA
    with pytest.raises(InputError, match="has gaps"):
        grey.images(mask)


def test_a_label_of_another_kind_is_refused_instead_of_finding_nothing(grey: FaceDataset) -> None:
    labelled = replace(grey, table=grey.table.assign(age=range(COUNT), code=["7"] * COUNT))
    assert len(labelled.where(age=[3, 4])) == 2
    with pytest.raises(InputError, match="age holds numbers: give 3, not '3'"):
        labelled.where(age="3")
    with pytest.raises(InputError, match="code holds text: give '7', not 7"):
        labelled.where(code=7)
    with pytest.raises(InputError, match="give one label"):
        labelled.where(code=[["7"]])


def test_a_column_that_is_there_twice_is_named(grey: FaceDataset) -> None:
    twice = replace(grey, table=pd.concat([grey.table, grey.table[["gender"]]], axis=1))
    with pytest.raises(InputError, match="2 columns called 'gender'"):
        twice.where(gender="Male")


def test_what_is_no_data_set_is_refused(grey: FaceDataset) -> None:
    with pytest.raises(InputError, match="must be a pandas table"):
        FaceDataset("mine", {"file": ["a"]}, grey.source)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="has no read"):
        FaceDataset("mine", grey.table, "folder")  # type: ignore[arg-type]
    for size in ("4", 2.5, True):
        with pytest.raises(InputError, match="batch_size is"):
            next(grey.batches(size))  # type: ignore[arg-type]


def test_masks_that_differ_in_size_are_a_sentence(grey: FaceDataset) -> None:
    masked = replace(grey, mask_reader=lambda file: np.zeros((19, len(file), 4), dtype=bool))
    with pytest.raises(UnreadableImage, match="differ in size"):
        masked.masks(["val/1.png", "val/10.png"])


def test_a_file_that_a_zip_has_not_got_is_named_before_it_is_compared(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.png", b"x")
    with pytest.raises(UnreadableImage, match="b.png is not in"):
        Archive(tmp_path / "a.zip").fingerprints(["a.png", "b.png"])


def test_pipes_are_not_opened_and_links_to_folders_are_followed_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c.png").touch()
    (tmp_path / "b" / "up").symlink_to(tmp_path)
    (tmp_path / "elsewhere").symlink_to(tmp_path / "b")
    source = Folder(tmp_path)
    assert source.files() == ["a.png", "b/c.png"]
    with pytest.raises(UnreadableImage, match="is a pipe or a device"):
        source.data("a.png")
    with pytest.raises(DataNotFound, match="no zip file, but a folder, a pipe"):
        Archive(tmp_path / "a.png").files()
