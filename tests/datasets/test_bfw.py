"""BFW is read with or without its pictures, wherever they lie in the release."""

import io
from pathlib import Path
from zipfile import ZipFile

import pytest
from PIL import Image

from helpers import datasets
from helpers.datasets.bfw import KNOWN_BAD
from helpers.datasets.places import VARIABLE
from helpers.errors import BadTable, DataNotFound, InputError, UnknownName

HEADER = "fold,p1,p2,label,id1,id2,att1,att2,vgg16,resnet50,senet50,a1,a2,g1,g2,e1,e2"
FILES = (
    "asian_females/n000009/0010_01.jpg",
    "asian_females/n000009/0043_01.jpg",
    "black_males/n009112/1085_01.jpg",
)
ABSENT = "white_males/n000509/0101_01.jpg"
ROWS = (
    f"1,{FILES[0]},{FILES[1]},1,0,0,asian_females,asian_females,0.8,0.7,0.6,AF,AF,F,F,A,A",
    f"2,{FILES[2]},{ABSENT},0,397,703,black_males,white_males,0.3,0.2,0.1,BM,WM,M,M,B,W",
)
NESTED = "Users/jrobby/bfw/bfw-cropped-aligned/"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    write_table(tmp_path / "bfw" / "bfw-v0.1.5-datatable.csv")
    return tmp_path / "bfw"


def write_table(path: Path, rows: tuple[str, ...] = ROWS, header: str = HEADER) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def jpeg(value: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (108, 124), (value,) * 3).save(file, "JPEG")
    return file.getvalue()


def write_pictures(release: Path, layout: str, files: tuple[str, ...] = FILES) -> None:
    inside = NESTED if "nested" in layout else ""
    if "zip" in layout:
        with ZipFile(release / "bfw-cropped-aligned.zip", "w") as archive:
            for value, file in enumerate(files):
                archive.writestr(inside + file, jpeg(50 * value))
            archive.writestr("__MACOSX/._x", b"")
        return
    for value, file in enumerate(files):
        (release / inside / file).parent.mkdir(parents=True, exist_ok=True)
        (release / inside / file).write_bytes(jpeg(50 * value))


@pytest.mark.parametrize("layout", ["folder", "nested folder", "zip", "nested zip"])
def test_every_layout_gives_the_same_pairs_and_pictures(release: Path, layout: str) -> None:
    write_pictures(release, layout)
    pairs = datasets.load("bfw", root=release)
    assert pairs.notes == ("2 pairs in 2 folds. 3 of the 4 pictures they name are here.",)
    one, two = pairs.images([0])
    assert one.shape == (1, 3, 124, 108)
    assert two.mean().item() * 255 == pytest.approx(50, abs=1)
    faces = datasets.load("bfw-faces", root=release)
    assert tuple(faces.table.index) == FILES
    assert faces.table.loc[FILES[2]].to_dict() == {
        "identity": "n009112",
        "subgroup": "black_males",
        "ethnicity": "black",
        "gender": "male",
    }


def test_the_table_alone_is_enough_for_an_audit(release: Path) -> None:
    pairs = datasets.load("bfw", root=release.parent)
    assert pairs.faces is None
    assert "None of their pictures is here" in pairs.notes[0]
    assert pairs.score_columns == ("vgg16", "resnet50", "senet50")
    assert len(datasets.load("bfw", split="2", root=release)) == 1
    with pytest.raises(UnknownName, match="no fold '9'"):
        datasets.load("bfw", split="9", root=release)


def test_the_largest_of_several_tables_counts(release: Path) -> None:
    write_table(release / "bfw-v0.1.4-datatable-sample.csv", ROWS[:1])
    assert len(datasets.load("bfw", root=release)) == 2


def test_pictures_known_to_be_wrong_are_named(release: Path) -> None:
    write_pictures(release, "folder", (*FILES, *KNOWN_BAD))
    faces = datasets.load("bfw-faces", root=release)
    assert "white_females/n003391/0017_02.jpg shows a drawing" in faces.notes[0]
    assert len(faces) == 6


def test_what_is_missing_is_said(release: Path, tmp_path: Path) -> None:
    with pytest.raises(DataNotFound, match="no picture such as asian_females"):
        datasets.load("bfw-faces", root=release)
    with pytest.raises(InputError, match="no splits"):
        datasets.load("bfw-faces", split="1", root=release)
    with pytest.raises(DataNotFound, match=f"no folder .*nowhere.*{VARIABLE}"):
        datasets.load("bfw", root=tmp_path / "nowhere")
    write_table(release / "bfw-v0.1.5-datatable.csv", (), "fold,p1,p2,label,id1")
    with pytest.raises(BadTable, match="no column id2, att1, att2; it has fold, p1"):
        datasets.load("bfw", root=release)
    (release / "bfw-v0.1.5-datatable.csv").rename(release / "bfw-v0.1.5-datatable.pkl")
    with pytest.raises(DataNotFound, match="is a pickle, which can run anything"):
        datasets.load("bfw", root=release)


@pytest.mark.real_data
def test_the_real_rows_load() -> None:
    pairs = datasets.load("bfw")
    assert len(pairs) == 15
    assert pairs.score_columns == ("vgg16", "resnet50", "senet50")
    assert int(pairs.genuine.sum()) == 8
    assert pairs.table.index[-1] == 884553
    assert int(pairs.groups("att").isna().sum()) == 3
    # The 240,000 of the paper are compared with the whole table only.
    assert pairs.notes == (
        "15 pairs in 5 folds. None of their pictures is here, so .images cannot be used.",
    )
