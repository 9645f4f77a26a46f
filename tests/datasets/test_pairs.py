"""A table of pairs says who is who, and what would spoil an audit of it."""

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from helpers import datasets
from helpers.datasets import PairTable, save_image
from helpers.datasets.pair_columns import findings
from helpers.errors import BadTable, DataNotFound, InputError, UnknownName

HEADER = "fold,p1,p2,label,id1,id2,att1,att2,vgg16,a1,a2,g1,g2,e1,e2"
ROWS = (
    "1,af/x/1.jpg,af/x/2.jpg,1,7,7,asian_females,asian_females,0.9,AF,AF,F,F,A,A",
    "1,af/x/1.jpg,am/y/1.jpg,0,7,8,asian_females,asian_males,0.2,AF,AM,F,M,A,A",
    "2,bf/z/1.jpg,bf/z/2.jpg,1,9,9,black_females,black_females,0.7,BF,BF,F,F,B,B",
    "2,bf/z/1.jpg,bf/w/1.jpg,0,9,10,black_females,black_females,0.4,BF,BF,F,F,B,B",
)


def write(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


@pytest.fixture
def pairs(tmp_path: Path) -> PairTable:
    return PairTable.from_csv(write(tmp_path / "pairs.csv", *ROWS))


def with_rows(tmp_path: Path, *more: str) -> PairTable:
    return PairTable.from_csv(write(tmp_path / "more.csv", *ROWS, *more))


@pytest.mark.parametrize(
    "values",
    [
        [1 + 2j, 0.5],
        pd.Series([1 + 2j, 0.5], dtype=object),
        pd.to_datetime(["2020-01-01", "2021-01-01"]),
        pd.to_timedelta([1, 2]),
    ],
)
def test_scores_that_are_no_real_numbers_are_refused(values: object) -> None:
    table = pd.DataFrame({"p1": ["a", "b"], "p2": ["b", "c"], "label": [1, 0]})
    with pytest.raises(BadTable, match="score .* is no number"):
        PairTable("odd", table.assign(score=values)).scores("score")


def test_a_table_without_fault_has_nothing_to_note(pairs: PairTable) -> None:
    assert (len(pairs), pairs.name, pairs.notes) == (4, "pairs", ())
    assert pairs.genuine.tolist() == [True, False, True, False]
    assert pairs.scores("vgg16").tolist() == pairs.scores().tolist() == [0.9, 0.2, 0.7, 0.4]
    assert pairs.score_columns == ("vgg16",)
    assert pairs.table["id1"].tolist() == [7, 7, 9, 9]
    assert len(pairs.files) == 6
    assert pickle.loads(pickle.dumps(pairs)).table.equals(pairs.table)


@pytest.mark.parametrize(
    "labels",
    [
        [1, 0, 1, 0],
        [True, False, True, False],
        [1.0, 0.0, 1.0, 0.0],
        pd.Series(["1", "0", "1", "0"], dtype=object),
        pd.Series([1, "0", True, 0.0], dtype=object),
        pd.Categorical(["True", "False", "True", "False"]),
    ],
)
def test_genuine_pairs_are_the_same_however_the_label_arrives(
    pairs: PairTable, labels: list[object]
) -> None:
    table = pairs.table.assign(label=pd.Series(labels, index=pairs.table.index))
    assert PairTable("any", table).genuine.tolist() == [True, False, True, False]


@pytest.mark.parametrize("label", ["-1", "2", "", "yes", "0.5"])
def test_a_label_without_meaning_is_named_with_its_row(tmp_path: Path, label: str) -> None:
    row = ROWS[2].replace(",1,", f",{label},", 1)
    with pytest.raises(BadTable, match=rf"line 6 .*bf/z/1.jpg.*label '{label}' is neither 1"):
        with_rows(tmp_path, row)


@pytest.mark.parametrize("first", ["row", "", "index"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_exported_tables_keep_their_row_numbers_as_the_index(
    tmp_path: Path, first: str, start: str
) -> None:
    numbered = [f"{number},{row}" for number, row in zip((5, 68911, 7, 9), ROWS, strict=True)]
    path = write(tmp_path / "exported.csv", *numbered, header=f"{start}{first},{HEADER}")
    pairs = PairTable.from_csv(path)
    assert pairs.table.index.tolist() == [5, 68911, 7, 9]
    assert pairs.table.index.name == "pair"
    assert list(pairs.table.columns) == HEADER.split(",")
    assert pairs.subset(pairs.table.loc[[7]]).scores().tolist() == [0.7]
    assert pairs.subset(pairs.table.index[[0, 2]]).scores().tolist() == [0.9, 0.7]


def test_another_networks_scores_are_one_more_column(tmp_path: Path) -> None:
    rows = [f"{row},0.{number}" for number, row in enumerate(ROWS)]
    pairs = PairTable.from_csv(write(tmp_path / "p.csv", *rows, header=HEADER + ",sphereface"))
    assert pairs.score_columns == ("vgg16", "sphereface")
    np.testing.assert_allclose(pairs.scores("sphereface"), [0, 0.1, 0.2, 0.3])
    with pytest.raises(UnknownName, match="did you mean 'vgg16'"):
        pairs.scores("vgg61")
    with pytest.raises(UnknownName, match="no score column 'id1'"):
        pairs.scores("id1")
    with pytest.raises(InputError, match="vgg16, sphereface"):
        pairs.scores()


def test_missing_scores_are_nan_and_counted(tmp_path: Path) -> None:
    pairs = with_rows(
        tmp_path, "1,a.jpg,b.jpg,0,70,80,a,b,,A,B,F,F,A,B", ROWS[0].replace("0.9", "NaN")
    )
    assert np.isnan(pairs.scores("vgg16")).tolist() == [False] * 4 + [True, True]
    assert "2 pairs have no score in vgg16 (NaN)." in pairs.notes


def test_a_score_that_is_no_number_is_named(tmp_path: Path) -> None:
    pairs = with_rows(tmp_path, ROWS[0].replace("0.9", "high"))
    with pytest.raises(BadTable, match=r"row 5 .*vgg16 'high' is no number"):
        pairs.scores("vgg16")


def test_repeated_and_self_pairs_are_counted_in_either_order(tmp_path: Path) -> None:
    turned = "1,af/x/2.jpg,af/x/1.jpg,1,7,7,a,a,0.9,AF,AF,F,F,A,A"
    with_itself = "1,af/x/2.jpg,af/x/2.jpg,1,7,7,a,a,1.0,AF,AF,F,F,A,A"
    pairs = with_rows(tmp_path, turned, ROWS[1], with_itself)
    assert pairs.notes == (
        "2 pairs repeat an earlier one, in either order.",
        "1 pairs compare a picture with itself.",
    )
    assert pairs.repeated.tolist() == [False] * 4 + [True, True, False]


def test_contradictions_are_counted(tmp_path: Path) -> None:
    pairs = with_rows(tmp_path, ROWS[0].replace(",1,7", ",0,7"))
    assert pairs.notes == (
        "1 pairs repeat an earlier one, in either order; 1 pairs occur with both labels.",
        "1 pairs have a label that contradicts their identities.",
    )


def test_an_identity_in_two_folds_is_noted(tmp_path: Path) -> None:
    pairs = with_rows(tmp_path, "2,af/x/3.jpg,bf/z/1.jpg,0,7,9,a,b,0.1,AF,BF,F,F,A,B")
    assert "1 identities are in more than one fold" in pairs.notes[0]


def test_folds_split_the_pairs(pairs: PairTable) -> None:
    one, two = pairs.fold(1), pairs.fold(2)
    assert (len(one), len(two)) == (2, 2)
    assert set(one.table["id1"]).isdisjoint(two.table["id2"])
    assert two.table.equals(pairs.fold("2").table)
    assert two.notes == ()
    with pytest.raises(UnknownName, match="no fold '3'.*Known: 1, 2"):
        pairs.fold(3)


def test_a_pair_is_of_a_subgroup_if_its_sides_agree(pairs: PairTable) -> None:
    groups = pairs.groups("att")
    assert groups.isna().tolist() == [False, True, False, False]
    assert groups[0] == "asian_females"
    assert pairs.groups("e").tolist() == list("AABB")
    with pytest.raises(BadTable, match="no column 'hair1'; it has fold, p1"):
        pairs.groups("hair")


def test_pairs_are_chosen_as_images_are(pairs: PairTable) -> None:
    scores = pairs.table["vgg16"]
    for rows in (
        [0, 2],
        scores > 0.5,
        (scores > 0.5).to_numpy(),
        slice(0, 3, 2),
        scores[[0, 2]].index,
    ):
        assert pairs.subset(rows).scores().tolist() == [0.9, 0.7]
    assert pairs.subset(-1).scores().tolist() == [0.4]
    assert len(pairs.subset([])) == 0
    assert pairs.where(g1="F", g2="M").table.index.tolist() == [1]
    with pytest.raises(UnknownName, match="no att1 'asian_female'"):
        pairs.where(att1="asian_female")
    with pytest.raises(InputError, match="4 pairs"):
        pairs.subset([4])
    with pytest.raises(InputError, match="each of the 4 rows of pairs"):
        pairs.subset([True, False])
    with pytest.raises(InputError, match="another table"):
        pairs.subset(pairs.fold(2).table["vgg16"] > 0)
    with pytest.raises(UnknownName, match="0 .*is not among the 2 pairs of"):
        pairs.fold(2).subset(pairs.table)


def test_both_sides_of_a_pair_are_read(tmp_path: Path, pairs: PairTable) -> None:
    for value, file in enumerate(pairs.files):
        save_image(tmp_path / f"tree/{Path(file).with_suffix('.jpg')}", solid(40 * value))
    faces = datasets.load("folder", root=tmp_path / "tree")
    with_faces = PairTable("with faces", pairs.table, faces)
    one, two = with_faces.images([0, 1])
    assert one.shape == two.shape == (2, 3, 8, 8)
    assert torch.equal(one[0], one[1])
    means = [pairs.files.index(file) * 40 / 255 for file in ("af/x/2.jpg", "am/y/1.jpg")]
    np.testing.assert_allclose(two.mean((1, 2, 3)).numpy(), means, atol=0.01)
    assert with_faces.images(0, size=4)[0].shape == (1, 3, 4, 4)
    with pytest.raises(InputError, match="no pictures"):
        pairs.images([0])


def solid(value: int) -> np.ndarray:
    return np.full((8, 8, 3), value, dtype=np.uint8)


def test_names_are_never_guessed_at(tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv", "007,7,0,Null,NA", header="p1,p2,label,id1,id2")
    row = PairTable.from_csv(path).table.iloc[0]
    assert (row["p1"], row["p2"], row["id1"], row["id2"]) == ("007", "7", "Null", "NA")


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_are_read(tmp_path: Path, separator: str) -> None:
    rows = [row.replace(",", separator) for row in ROWS]
    path = write(tmp_path / "p.csv", *rows, header=HEADER.replace(",", separator))
    assert PairTable.from_csv(path).scores().tolist() == [0.9, 0.2, 0.7, 0.4]


def test_tables_that_hold_no_pairs_say_what_they_hold(tmp_path: Path) -> None:
    with pytest.raises(BadTable, match="no column p2, label; it has p1, score"):
        PairTable.from_csv(write(tmp_path / "a.csv", "x.jpg,0.5", header="p1,score"))
    with pytest.raises(BadTable, match=r"line 2: p1 is empty, so it names no picture"):
        PairTable.from_csv(write(tmp_path / "b.csv", ",y.jpg,1", header="p1,p2,label"))
    with pytest.raises(BadTable, match="no table: it is empty"):
        PairTable.from_csv(write(tmp_path / "c.csv", header=""))
    with pytest.raises(DataNotFound, match="nowhere.csv does not exist"):
        PairTable.from_csv(tmp_path / "nowhere.csv")
    with pytest.raises(BadTable, match="not a single pair"):
        PairTable.from_csv(write(tmp_path / "f.csv", ",,", header="p1,p2,label"))
    unfolded = PairTable.from_csv(write(tmp_path / "e.csv", "a,b,1", header="p1,p2,label"))
    with pytest.raises(BadTable, match="no column 'fold'"):
        unfolded.fold(1)


def test_a_table_made_in_memory_is_looked_through_as_well() -> None:
    table = pd.DataFrame(
        {"p1": ["a", "b"], "p2": ["b", "a"], "label": [1, 1], "score": [0.1, np.nan]}
    )
    assert findings(table) == (
        "1 pairs repeat an earlier one, in either order.",
        "1 pairs have no score in score (NaN).",
    )


@pytest.mark.parametrize("column", ["id1", "id2", "fold", "p1", "p2"])
def test_an_empty_cell_is_nobody_and_no_fold(tmp_path: Path, column: str) -> None:
    cells = dict(zip(HEADER.split(","), ROWS[1].split(","), strict=True)) | {column: " "}
    with pytest.raises(BadTable, match=f"line 6: {column} is empty"):
        with_rows(tmp_path, ",".join(cells.values()))


def test_an_empty_subgroup_is_missing_and_counted(tmp_path: Path) -> None:
    cells = dict(zip(HEADER.split(","), ROWS[1].split(","), strict=True)) | {"att1": "", "att2": ""}
    pairs = with_rows(tmp_path, ",".join(cells.values()).replace("am/y/1", "am/y/2"))
    assert "1 pairs have no att1: they are in no subgroup." in pairs.notes
    assert pairs.groups("att").isna().tolist() == [False, True, False, False, True]
    assert "" not in pairs.table["att1"].cat.categories


def test_a_column_that_nobody_filled_in_is_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv", "a,b,1,,,.5", "a,c,0,,,.2", header="p1,p2,label,id1,id2,score")
    pairs = PairTable.from_csv(path)
    assert list(pairs.table) == ["p1", "p2", "label", "score"]
    assert pairs.notes[0] == "Column id1 is empty and was left out."
    with pytest.raises(BadTable, match="line 2: id1 is empty"):
        PairTable.from_csv(path, required=("p1", "id1"))


@pytest.mark.parametrize("cells", range(1, len(HEADER.split(","))))
def test_a_download_that_ends_within_a_row_is_refused(tmp_path: Path, cells: int) -> None:
    path = write(tmp_path / "cut.csv", *ROWS, ",".join(ROWS[1].split(",")[:cells]))
    with pytest.raises(BadTable, match=f"line 6 has {cells} of the 15 cells"):
        PairTable.from_csv(path)


def test_a_download_that_ends_within_a_score_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "cut.csv"
    path.write_text("p1,p2,label,score\na,b,1,0.82\na,c,0,0.")
    assert "has no end" in PairTable.from_csv(path).notes[0]


def test_names_are_those_of_the_pictures_whatever_slashes_they_have(tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv", ".\\af\\1.jpg, ./af/2.jpg ,1", header="p1, p2, label")
    assert PairTable.from_csv(path).table.iloc[0, :2].tolist() == ["af/1.jpg", "af/2.jpg"]


def test_identities_of_any_length_stay_apart(tmp_path: Path) -> None:
    long = "9" * 5000
    path = write(
        tmp_path / "p.csv",
        f"a,b,0,{long},{long}1",
        "c,d,0,18446744073709551617,7",
        header="p1,p2,label,id1,id2",
    )
    pairs = PairTable.from_csv(path)
    everybody = pd.concat([pairs.table["id1"], pairs.table["id2"]])
    assert sorted(map(len, everybody)) == [1, 20, 5000, 5001]


def test_a_score_that_is_infinite_is_named(tmp_path: Path) -> None:
    pairs = with_rows(tmp_path, ROWS[0].replace("0.9", "inf"))
    with pytest.raises(BadTable, match=r"row 5 .*vgg16 .*inf.* is no number"):
        pairs.scores("vgg16")


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        (None, "must be a pandas table"),
        ({"p1": ["a"]}, "must be a pandas table"),
        (pd.DataFrame({"p1": ["a"], "p2": ["b"]}), "no column 'label'"),
        (pd.DataFrame([["a", "b", 1, 0]], columns=["p1", "p2", "label", "label"]), "2 columns"),
        (pd.DataFrame([["a", "b", 1, 0, 1]], columns=["p1", "p2", "label", "id1", "id1"]), "id1"),
    ],
)
def test_a_table_without_pairs_makes_no_pair_table(table: object, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        PairTable("mine", table)  # type: ignore[arg-type]


def test_what_cannot_be_asked_of_pairs_is_a_sentence(pairs: PairTable) -> None:
    with pytest.raises(UnknownName, match="no score column"):
        pairs.scores(["vgg16"])  # type: ignore[arg-type]
    with pytest.raises(BadTable, match="no column"):
        pairs.groups(("a1", "a2", "e1"))  # type: ignore[arg-type]
    with pytest.raises(UnknownName, match="no fold"):
        pairs.fold(1.5)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="give a FaceDataset"):
        PairTable("mine", pairs.table, faces="faces")  # type: ignore[arg-type]


def test_bootstrapped_pairs_are_chosen_by_position_mask_and_index(pairs: PairTable) -> None:
    again = pairs.subset([2, 0, 0, 3])
    assert again.subset(again.table["vgg16"] > 0.8).scores().tolist() == [0.9, 0.9]
    assert again.subset(pairs.table.loc[[0, 2]]).scores().tolist() == [0.9, 0.7]


def test_gaps_of_a_table_made_in_memory_are_nobody_and_no_group() -> None:
    table = pd.DataFrame(
        {
            "p1": ["a", "b", "c"],
            "p2": ["b", "c", "a"],
            "label": [1, 0, 0],
            "id1": ["", "x", "x"],
            "id2": ["", None, "y"],
            "att1": ["", "F", None],
            "att2": ["", "F", None],
            "fold": [1.0, 1.0, 2.0],
        }
    )
    pairs = PairTable("mine", table)
    assert pairs.groups().isna().tolist() == [True, False, True]
    assert findings(table) == (
        ("1 identities are in more than one fold: a test on one fold meets people of the others."),
    )
    assert len(pairs.fold(1)) == len(pairs.fold("1")) == 2
    gaps = PairTable("mine", table.assign(fold=[1, None, 2]))
    with pytest.raises(BadTable, match=r"row 2 of the pairs .*fold .*nan.* names no fold"):
        gaps.fold(1)
