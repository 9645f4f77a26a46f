"""FairFace is read as it is downloaded, and as spreadsheets and readers have left it."""

import io
import logging
import warnings
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers import datasets
from helpers.datasets.fairface import AGES, COLUMNS, GENDERS, IMAGES_ZIP, RACES, read_labels
from helpers.datasets.places import VARIABLE
from helpers.errors import BadTable, DataNotFound, UnknownName

HEADER = ",".join(COLUMNS)
ROWS = {
    "train": [
        "train/1.jpg,50-59,Male,East Asian,True",
        "train/2.jpg,3-9,Female,Indian,False",
        "train/10.jpg,more than 70,Female,Latino_Hispanic,True",
    ],
    "val": ["val/1.jpg,0-2,Male,Black,False", "val/2.jpg,20-29,Female,White,True"],
}


def jpeg(value: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (value,) * 3).save(file, "JPEG")
    return file.getvalue()


IMAGES = {
    "train/1.jpg": jpeg(10),
    "train/2.jpg": jpeg(50),
    "train/10.jpg": jpeg(90),
    "val/1.jpg": jpeg(130),
    "val/2.jpg": jpeg(170),
}


def write_tables(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for split, rows in ROWS.items():
        (folder / f"fairface_label_{split}.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    return folder


def write_folders(folder: Path, images: dict[str, bytes] = IMAGES) -> Path:
    for file, data in images.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(data)
    return folder


def write_zip(folder: Path, images: dict[str, bytes] = IMAGES, inside: str = "") -> Path:
    with ZipFile(folder / IMAGES_ZIP, "w") as archive:
        for file, data in images.items():
            archive.writestr(inside + file, data)
    return folder


def write_table(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return write_tables(tmp_path / "fairface")


def brightness(dataset: datasets.FaceDataset) -> list[int]:
    return [round(v * 255) for v in dataset.images(slice(None)).mean((1, 2, 3)).tolist()]


@pytest.mark.parametrize("layout", ["folders", "zip", "nested zip", "nested folders"])
def test_every_layout_of_the_release_gives_the_same_data_set(release: Path, layout: str) -> None:
    match layout:
        case "folders":
            write_folders(release)
        case "zip":
            write_zip(release)
        case "nested zip":
            write_zip(
                release, IMAGES | {"__MACOSX": b""}, inside="fairface-img-margin025-trainval/"
            )
        case "nested folders":
            write_folders(release / "fairface-img-margin025-trainval")
    both = datasets.load("fairface", root=release)
    assert list(both.table.index) == list(IMAGES)
    np.testing.assert_allclose(brightness(both), [10, 50, 90, 130, 170], atol=1)
    assert both.notes == ()
    val = datasets.load("fairface", split="val", root=release)
    assert list(val.table.index) == ["val/1.jpg", "val/2.jpg"]
    np.testing.assert_allclose(brightness(val), [130, 170], atol=1)


def test_labels_have_types_that_sort_and_count(release: Path) -> None:
    table = datasets.load("fairface", root=write_folders(release)).table
    assert table.index.name == "file"
    assert list(table.columns) == ["age", "gender", "race", "service_test"]
    assert table["age"].max() == "more than 70"
    assert tuple(table["age"].cat.categories) == AGES
    assert tuple(table["race"].cat.categories) == RACES
    assert tuple(table["gender"].cat.categories) == GENDERS
    assert table["service_test"].tolist() == [True, False, True, False, True]


def test_rows_without_an_image_are_left_out_and_counted(
    release: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_folders(release, {"train/10.jpg": IMAGES["train/10.jpg"], "train/77.jpg": jpeg(1)})
    with caplog.at_level(logging.INFO, "helpers"):
        found = datasets.load("fairface", root=release)
    assert list(found.table.index) == ["train/10.jpg"]
    assert "1 of the 5 faces labelled in train and val have an image here" in found.notes[0]
    assert found.notes[1] == "1 images have no label and were left out."
    assert [record.getMessage() for record in caplog.records] == list(found.notes)


def test_a_half_unpacked_zip_is_read_from_the_zip(release: Path) -> None:
    write_folders(write_zip(release), {"train/1.jpg": jpeg(10), "val/1.jpg": jpeg(130)})
    assert len(datasets.load("fairface", root=release)) == 5


def test_the_same_photograph_in_both_parts_is_noted(release: Path) -> None:
    write_zip(release, IMAGES | {"val/1.jpg": IMAGES["train/1.jpg"]})
    both = datasets.load("fairface", root=release)
    assert "2 images seem to be byte-identical" in both.notes[0]
    twins = datasets.duplicates(both, labels=["age", "gender", "race"])
    assert list(twins.index) == ["train/1.jpg", "val/1.jpg"]
    assert not twins["labels_agree"].any()
    assert len(datasets.drop_duplicates(both)) == 3


@pytest.mark.parametrize(("yes", "no"), [("True", "False"), ("TRUE", "FALSE"), ("true", "false")])
def test_booleans_are_read_however_they_are_written(tmp_path: Path, yes: str, no: str) -> None:
    path = write_table(
        tmp_path / "a.csv",
        f"val/1.jpg,0-2,Male,White,{yes}",
        f"val/2.jpg,0-2,Male,White,{no}",
    )
    assert read_labels(path)["service_test"].tolist() == [True, False]


@pytest.mark.parametrize(
    ("damaged", "age"),
    [("03-Sep", "3-9"), ("9-Mar", "3-9"), ("Oct-19", "10-19"), ("19-Oct", "10-19")],
)
def test_ages_that_a_spreadsheet_took_for_dates_are_repaired_and_counted(
    tmp_path: Path, damaged: str, age: str
) -> None:
    path = write_table(
        tmp_path / "a.csv",
        f"val/1.jpg,{damaged},Male,White,True",
        "val/2.jpg,0-2,Male,White,True",
        f"val/3.jpg,{damaged},Male,White,True",
    )
    with pytest.warns(UserWarning, match=f"2 ages into dates.*2 '{damaged}' read as '{age}'"):
        ages = read_labels(path)["age"]
    assert ages.tolist() == [age, "0-2", age]


def test_a_table_saved_by_a_spreadsheet_of_any_country_is_read(tmp_path: Path) -> None:
    text = f"{HEADER}\nval/1.jpg, 0-2 ,Male,East Asian,TRUE\n,,,,\n"
    path = tmp_path / "a.csv"
    path.write_bytes(text.replace(",", ";").replace("\n", "\r\n").encode("utf-8-sig"))
    table = read_labels(path)
    assert table.index.tolist() == ["val/1.jpg"]
    assert table.loc["val/1.jpg", "race"] == "East Asian"


def test_further_columns_are_kept(tmp_path: Path) -> None:
    row = "val/1.jpg,0-2,Male,White,True,NA"
    path = write_table(tmp_path / "a.csv", row, header=f"{HEADER},photographer")
    assert read_labels(path)["photographer"].tolist() == ["NA"]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (
            "val/2.jpg,0-2,Male,Martian,True",
            r"line 3 \(val/2.jpg\): race 'Martian' is none of White",
        ),
        ("val/2.jpg,0-2,male,White,True", r"line 3 \(val/2.jpg\): gender 'male' is none of Male"),
        ("val/2.jpg,35,Male,White,True", r"line 3 \(val/2.jpg\): age '35' is none of 0-2"),
        (
            "val/2.jpg,0-2,Male,White,maybe",
            r"line 3 \(val/2.jpg\): service_test 'maybe' is none of",
        ),
        (
            "val/2.jpg,0-2,Male",
            "line 3 has 3 of the 5 cells .* none for race: the file was cut short",
        ),
        ("val/2.jpg,0-2,Male,,True", r"line 3 \(val/2.jpg\): race '' is none of"),
        ("val/1.jpg,0-2,Male,White,True", "line 3: val/1.jpg has a row already, in line 2"),
        ("val/2.jpg,0-2,Male,White,True,more,cells", "line 3 has 7 cells, but the header names 5"),
    ],
)
def test_a_row_without_meaning_is_named(tmp_path: Path, row: str, complaint: str) -> None:
    path = write_table(tmp_path / "a.csv", "val/1.jpg,0-2,Male,White,True", row)
    with pytest.raises(BadTable, match=complaint):
        read_labels(path)


def test_what_is_no_label_table_is_named(tmp_path: Path) -> None:
    path = write_table(tmp_path / "a.csv", "1.jpg,Male", header="img,gender")
    with pytest.raises(
        BadTable, match="no column file, age, race, service_test; .* has img, gender"
    ):
        read_labels(path)
    path.write_bytes(b"")
    with pytest.raises(BadTable, match=r"a\.csv"):
        read_labels(path)
    path.write_bytes(bytes(range(128, 256)))
    with pytest.raises(BadTable, match="neither UTF-8 nor another encoding"):
        read_labels(path)
    with pytest.raises(DataNotFound, match="does not exist"):
        read_labels(tmp_path / "nowhere.csv")


@pytest.mark.parametrize("below", ["fairface", "."])
def test_the_environment_variable_says_where_the_release_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    write_zip(write_tables(tmp_path / below))
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert len(datasets.load("fairface")) == 5
    assert datasets.data_folder() == tmp_path


def test_without_the_variable_the_users_cache_folder_is_looked_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    for name in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    assert tmp_path in datasets.data_folder().parents
    with pytest.raises(DataNotFound, match=r"fetch_fairface\.py"):
        datasets.load("fairface")
    write_zip(write_tables(datasets.data_folder() / "fairface"))
    assert len(datasets.load("fairface", split="train")) == 3


def test_absent_data_say_where_they_were_looked_for_and_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(DataNotFound) as absent:
        datasets.load("fairface", split="val")
    for part in (str(tmp_path / "fairface"), VARIABLE, "python data_scripts/fetch_fairface.py"):
        assert part in str(absent.value)


def test_labels_without_images_and_half_a_release_are_told_apart(release: Path) -> None:
    with pytest.raises(DataNotFound, match=f"no image of train or val: put {IMAGES_ZIP}"):
        datasets.load("fairface", root=release)
    write_zip(release, {"train/1.jpg": jpeg(1)})
    with pytest.raises(DataNotFound, match="no image of val"):
        datasets.load("fairface", split="val", root=release)
    (release / "fairface_label_val.csv").unlink()
    with pytest.raises(DataNotFound, match=r'_train.csv but not .*_val.csv.*split="train"'):
        datasets.load("fairface", root=release)
    (release / IMAGES_ZIP).write_bytes(b"PK\x03\x04 half a zip")
    with pytest.raises(DataNotFound, match="not a complete zip file"):
        datasets.load("fairface", split="train", root=release)


def test_unknown_names_are_answered_with_the_known_ones(release: Path) -> None:
    with pytest.raises(UnknownName, match="no data set 'fareface': did you mean 'fairface'"):
        datasets.load("fareface")
    with pytest.raises(UnknownName, match="no split 'validation'.*Known: train, val"):
        datasets.load("fairface", split="validation", root=release)


@pytest.mark.real_data
def test_the_real_release_has_its_fourteen_thousand_and_more_faces(data_folder: Path) -> None:
    assert len(datasets.load("fairface", split="train")) == 14_000
    val = datasets.load("fairface", split="val")
    assert "910 of the 10,954 faces labelled in val" in val.notes[0]
    assert (val.table.groupby(["race", "gender"], observed=True).size() == 65).all()
    both = datasets.load("fairface")
    assert len(both) == 14_910
    assert datasets.duplicates(both).empty


@pytest.mark.real_data
def test_real_tables_have_the_published_counts() -> None:
    folder = datasets.data_folder() / "fairface"
    assert len(read_labels(folder / "fairface_label_train.csv")) == 86_744
    val = read_labels(folder / "fairface_label_val.csv")
    assert val["gender"].value_counts().to_dict() == {"Male": 5792, "Female": 5162}
    races = (2085, 1556, 1623, 1550, 1415, 1516, 1209)
    assert val["race"].value_counts().to_dict() == dict(zip(RACES, races, strict=True))


@pytest.mark.real_data
def test_real_images_are_pillows_own_values(data_folder: Path) -> None:
    val = datasets.load("fairface", split="val").subset(range(0, 910, 91))
    images = val.images(slice(None))
    assert images.shape == (10, 3, 224, 224)
    with ZipFile(data_folder / "fairface" / IMAGES_ZIP) as archive:
        for file, image in zip(val.table.index, images, strict=True):
            with archive.open(file) as stored, Image.open(stored) as decoded:
                expected = np.asarray(decoded)
            found = image.permute(1, 2, 0).numpy() * 255
            np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.real_data
@pytest.mark.parametrize("spreadsheet", ["day_month", "month_day"])
def test_real_spreadsheet_damage_is_repaired_to_the_true_ages(
    data_folder: Path, spreadsheet: str
) -> None:
    folder = data_folder / "fairface"
    with pytest.warns(UserWarning, match="turned 57 ages into dates"):
        repaired = read_labels(folder / "excel_damaged" / f"val_first200_{spreadsheet}.csv")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        true = read_labels(folder / "fairface_label_val.csv")
    pd.testing.assert_frame_equal(repaired, true.loc[repaired.index])


@pytest.mark.parametrize("column", ["file", "age", "race"])
def test_a_column_that_is_there_twice_is_named(tmp_path: Path, column: str) -> None:
    row = "val/1.jpg,0-2,Male,White,True,x"
    path = write_table(tmp_path / "a.csv", row, header=f"{HEADER}, {column} ")
    with pytest.raises(BadTable, match=f"2 columns called '{column}'"):
        read_labels(path)


def test_a_row_without_a_file_is_named(tmp_path: Path) -> None:
    path = write_table(tmp_path / "a.csv", ",0-2,Male,White,True")
    with pytest.raises(BadTable, match="line 2: file is empty, so it names no image"):
        read_labels(path)


def test_an_exported_index_is_no_label(tmp_path: Path) -> None:
    path = write_table(tmp_path / "a.csv", "0,val\\1.jpg,0-2,Male,White,True", header=f",{HEADER}")
    table = read_labels(path)
    assert table.index.tolist() == ["val/1.jpg"]
    assert list(table) == ["age", "gender", "race", "service_test"]
