"""Rendered data sets: labels are what is drawn, cues are tied as promised, faults can be found."""

import multiprocessing
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest

from helpers import datasets, faces
from helpers.datasets import rendered, roster, shortcuts, synthetic
from helpers.datasets.pair_columns import COLUMNS, findings
from helpers.datasets.rendered import FINGERPRINT, Plan, landmarks
from helpers.datasets.synthetic import PLANTED, SUBGROUPS
from helpers.errors import DataNotFound, InputError, UnknownName

SMALL = {"people": 80, "pictures": 4, "size": 64}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which what one test has drawn is there for the others."""
    return tmp_path_factory.mktemp("rendered")


@pytest.fixture(scope="module")
def crowd(root: Path) -> datasets.FaceDataset:
    return datasets.load("synthetic", root=root, n=30)


@pytest.fixture(scope="module")
def people(root: Path) -> datasets.FaceDataset:
    return datasets.load("synthetic-identities", root=root, **SMALL)


@pytest.fixture(scope="module")
def pairs(root: Path, people: datasets.FaceDataset) -> datasets.PairTable:
    return datasets.load("synthetic-identities-pairs", root=root, **SMALL)


def as_faces(table: pd.DataFrame) -> list[faces.Face]:
    """Turn rows back into the faces they describe."""
    return [
        faces.Face(**row) for row in table[[*faces.FACTORS, "identity"]].to_dict(orient="records")
    ]


# -- synthetic -------------------------------------------------------------------------------------


def test_pictures_masks_and_landmarks_are_those_of_the_faces_in_the_table(
    crowd: datasets.FaceDataset,
) -> None:
    drawn = faces.render(as_faces(crowd.table))
    shown = crowd.images(slice(None)).permute(0, 2, 3, 1).numpy() * 255
    masks = crowd.masks(slice(None))
    assert masks is not None
    # A picture rendered in other company may differ by one step of 255 in a pixel or two.
    assert np.abs(shown - drawn.images).max() < 1.5
    assert (masks.numpy() == drawn.masks).mean() > 0.9999
    np.testing.assert_allclose(landmarks(crowd.table), drawn.landmarks, atol=1e-4)


def test_the_table_comes_back_as_it_was_written(
    crowd: datasets.FaceDataset, tmp_path: Path
) -> None:
    people = faces.sample(30, 0)
    written = crowd.table[[*faces.FACTORS]]
    for name in faces.FACTORS:
        expected = [getattr(face, name) for face in people]
        assert written[name].tolist() == expected, name  # to the last bit, so without tolerance
    with ZipFile(tmp_path / "table.zip", "w") as archive:
        rendered.write_table(archive, crowd.table)
    with ZipFile(tmp_path / "table.zip") as archive:
        pd.testing.assert_frame_equal(
            rendered.read_table(archive.read), crowd.table, check_exact=True
        )


def test_columns_have_the_type_of_their_factor(crowd: datasets.FaceDataset) -> None:
    table = crowd.table
    assert table["hat"].dtype == bool
    assert table["skin_tone"].dtype == np.int64
    assert table["age"].dtype == np.float64
    assert list(table["hair_length"].cat.categories) == ["none", "cropped", "short", "chin", "long"]
    assert list(table["band"].cat.categories) == list(faces.BANDS)
    assert table["band"].tolist() == [faces.band(tone) for tone in table["skin_tone"]]
    assert not table.isna().any().any()


def test_the_splits_have_fixed_shares_and_part_the_faces(
    root: Path, crowd: datasets.FaceDataset
) -> None:
    parts = [datasets.load("synthetic", split=split, root=root, n=30) for split in roster.SPLITS]
    assert [len(part) for part in parts] == [20, 5, 5]
    assert [file for part in parts for file in part.table.index] == list(crowd.table.index)


def test_a_data_set_with_masks_can_be_sent_to_a_worker(crowd: datasets.FaceDataset) -> None:
    copy = pickle.loads(pickle.dumps(crowd))
    masks = copy.masks([3])
    assert masks is not None
    assert masks.shape == (1, 19, 112, 112)
    assert (masks.sum(dim=1) == 1).all()


def test_another_seed_draws_other_faces(root: Path, crowd: datasets.FaceDataset) -> None:
    other = datasets.load("synthetic", root=root, n=12, seed=1)
    assert not other.table["face_width"].isin(crowd.table["face_width"]).any()


# -- a shortcut ------------------------------------------------------------------------------------


def planned(factor: str, strength: float, n: int = 1100) -> pd.DataFrame:
    """Return the table of a shortcut without drawing it."""
    return shortcuts._plan(factor, strength, n, 0).table


@pytest.mark.parametrize("factor", shortcuts.CUES)
def test_the_cue_is_tied_to_the_label_where_a_model_learns_and_nowhere_else(factor: str) -> None:
    table = planned(factor, 0.95)
    tied = {split: part["cue"].corr(part["label"]) for split, part in table.groupby("split")}
    assert tied["train"] == pytest.approx(0.95, abs=0.01)
    assert tied["val"] == pytest.approx(0.95, abs=0.03)
    assert tied["test"] == pytest.approx(0, abs=0.02)
    value = shortcuts.CUES[factor][0]
    assert (table["cue"] == (table[factor] == value)).all()


@pytest.mark.parametrize("factor", shortcuts.CUES)
def test_the_clean_twin_shows_the_cue_as_often_on_the_same_faces(factor: str) -> None:
    tied, clean = planned(factor, 0.95), planned(factor, 0.0)
    assert clean["cue"].mean() == pytest.approx(0.5, abs=0.002)
    assert tied["cue"].mean() == pytest.approx(0.5, abs=0.002)
    assert abs(clean["cue"].corr(clean["label"])) < 0.01
    rest = [name for name in tied if name not in ("cue", factor)]
    pd.testing.assert_frame_equal(tied[rest], clean[rest])


def test_both_labels_are_equally_frequent_and_clearly_apart() -> None:
    table = planned("hat", 0.95)
    assert (table.groupby("split")["label"].mean() == 0.5).all()
    raised = table.groupby("label")["brows_raised"]
    assert raised.max()[False] == 0
    assert raised.min()[True] >= 0.7
    assert raised.max()[True] > 0.95


def test_nothing_but_the_cue_tells_the_label() -> None:
    table = planned("lipstick", 0.95, 5500)
    numbers = table.select_dtypes(["number", "bool"]).drop(columns=["identity", "brows_raised"])
    told = numbers.astype(float).corrwith(table["label"].astype(float)).abs()
    assert told.drop(["label", "cue", "lipstick"]).max() < 0.05


def test_of_several_backgrounds_all_but_the_foliage_remain() -> None:
    table = planned("background", 0.95)
    assert set(table.loc[~table["cue"], "background"]) == set(shortcuts.CUES["background"][1])


def test_test_pictures_are_the_same_with_and_without_the_shortcut(root: Path) -> None:
    options = {"root": root, "n": 22, "size": 64, "split": "test"}
    planted = datasets.load("synthetic-shortcut", **options)
    clean = datasets.load("synthetic-shortcut", planted=False, **options)
    assert len(planted) == 4
    assert (planted.images(slice(None)) - clean.images(slice(None))).abs().max() < 0.005
    assert "lipstick, correlates with it (0.95)" in planted.notes[0]
    assert "lipstick, says nothing" in clean.notes[0]


# -- identities ------------------------------------------------------------------------------------


def test_subgroups_and_folds_are_of_equal_size_and_share_nobody(
    people: datasets.FaceDataset,
) -> None:
    table = people.table
    assert (table.groupby(["subgroup", "fold"], observed=False).size() == 8).all()
    assert (table.groupby("identity").size() == 4).all()
    assert (table.groupby("identity")[["fold", "subgroup"]].nunique() == 1).all(axis=None)
    assert len(SUBGROUPS) == 8


def test_subgroups_are_what_is_drawn(people: datasets.FaceDataset) -> None:
    table = people.table
    assert (table["subgroup"] == "tones " + table["band"].astype(str) + ", "
            + table["presentation"].astype(str)).all()  # fmt: skip
    long = table[table["presentation"] == "long hair"]
    short = table[table["presentation"] == "short hair"]
    assert set(long["hair_length"]) == {"chin", "long"}
    assert not long["beard"].any()
    assert set(short["hair_length"]) == {"cropped", "short"}
    assert 0.3 < short["beard"].mean() < 0.7


def test_a_person_keeps_the_factors_of_identity_and_little_else(
    people: datasets.FaceDataset,
) -> None:
    distinct = people.table.groupby("identity", observed=True)[[*faces.FACTORS]].nunique()
    assert (distinct[list(faces.IDENTITY)] == 1).all(axis=None)
    assert (distinct[["yaw", "light_from", "smile"]] > 1).all(axis=None)


def test_planted_copies_and_only_those_are_byte_identical(people: datasets.FaceDataset) -> None:
    found = datasets.duplicates(people, labels=["identity"])
    groups = {frozenset(files) for files in found.groupby("group").groups.values()}
    copies = [fault for fault in PLANTED if fault.copy_of]
    assert groups == {frozenset((fault.file, fault.copy_of)) for fault in copies}
    assert len(copies) == 6
    assert (~found["labels_agree"]).sum() == 6  # three pairs, whose names claim different people


def test_leakage_finds_the_copies_that_cross_folds(people: datasets.FaceDataset) -> None:
    found = set()
    for fold in range(1, 6):
        inside = (people.table["fold"] == fold).to_numpy()
        leaks = datasets.leakage(people.subset(~inside), people.subset(inside))
        assert set(leaks.identical["same"]) <= {"bytes"}
        assert leaks.identities.empty
        found |= {frozenset(row) for row in leaks.identical[["train", "test"]].to_numpy()}
    fold_of = people.table["fold"]
    crossing = [f for f in PLANTED if f.copy_of and fold_of[f.file] != fold_of[f.copy_of]]
    assert found == {frozenset((fault.file, fault.copy_of)) for fault in crossing}
    assert len(crossing) == 3


def test_the_mislabelled_picture_shows_the_person_that_the_answer_names(
    people: datasets.FaceDataset,
) -> None:
    (fault,) = [each for each in PLANTED if each.copy_of is None]
    row = people.table.loc[fault.file]
    (filed,) = as_faces(people.table.loc[[fault.file]])
    (truth,) = as_faces(people.table[people.table["identity"] == fault.shows].iloc[:1])
    shown = replace(filed, **{name: getattr(truth, name) for name in faces.IDENTITY})
    picture = people.images([fault.file])[0].permute(1, 2, 0).numpy() * 255
    as_shown, as_filed = faces.render([shown, filed], 64).images.astype(float)
    assert row["identity"] != fault.shows
    assert np.abs(picture - as_shown).max() < 1.5
    assert np.abs(picture - as_filed).mean() > 2


def test_notes_say_that_there_are_faults_but_not_which(people: datasets.FaceDataset) -> None:
    notes = " ".join(people.notes)
    assert "faults" in notes
    assert not any(fault.file in notes for fault in PLANTED)


# -- pairs -----------------------------------------------------------------------------------------


def test_pairs_have_bfws_columns_and_no_fault_of_their_own(pairs: datasets.PairTable) -> None:
    assert tuple(pairs.table.columns) == COLUMNS
    assert pairs.score_columns == ()
    assert findings(pairs.table) == ()
    assert pairs.table.iloc[0][["att1", "a1", "g1", "e1"]].tolist() == [
        "tones 1-3, long hair", "1-3L", "L", "1-3",
    ]  # fmt: skip


def test_all_genuine_pairs_are_there_and_three_impostors_for_each(
    root: Path, pairs: datasets.PairTable
) -> None:
    assert pairs.genuine.sum() == 80 * 6
    # With two people in a subgroup and fold, there are fewer pairs within than are wanted.
    crossing = pairs.groups().isna().to_numpy()
    assert crossing.sum() == 480
    within = pairs.table[~crossing & ~pairs.genuine]
    assert (within.groupby(["att1", "fold"], observed=False).size() == 16).all()


def test_pairs_within_subgroups_are_as_many_in_each_as_are_wanted() -> None:
    table = synthetic._identity_plan(200, 4, 0).table
    found = datasets.PairTable("pairs", synthetic._pair_table(table, 0))
    impostors = found.table[~found.genuine]
    same = (impostors["att1"] == impostors["att2"]).to_numpy()
    assert (impostors[same].groupby(["att1", "fold"], observed=False).size() == 60).all()
    assert (~same).sum() == found.genuine.sum() == 200 * 6


def test_pairs_bring_their_pictures(pairs: datasets.PairTable) -> None:
    one, two = pairs.images([0, 1])
    assert one.shape == two.shape == (2, 3, 64, 64)


def test_a_fold_can_be_asked_for(root: Path, pairs: datasets.PairTable) -> None:
    fold = datasets.load("synthetic-identities-pairs", split="2", root=root, **SMALL)
    faces_of_fold = datasets.load("synthetic-identities", split=2, root=root, **SMALL)
    assert set(fold.table["fold"]) == {2}
    assert set(fold.files) == set(faces_of_fold.table.index)


# -- on the disk -----------------------------------------------------------------------------------


def draw(root: Path, name: str = "set", n: int = 150) -> datasets.FaceDataset:
    """Draw two blocks of faces."""

    def plan() -> Plan:
        files = pd.Index([f"{k:03}.png" for k in range(n)], name="file")
        return Plan(faces.sample(n), pd.DataFrame({"row": range(n)}, files))

    return rendered.drawn_once(name, plan, 64, root)


def draw_together(root: Path, start: "multiprocessing.synchronize.Barrier") -> None:
    start.wait()
    assert draw(root).source.read("149.png").shape == (64, 64, 3)


def test_two_processes_that_start_together_make_one_whole_set(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(2)
    workers = [
        context.Process(target=draw_together, args=(tmp_path / "both", start)) for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    (together,) = (tmp_path / "both").iterdir()
    draw(tmp_path / "alone")
    assert together.read_bytes() == (tmp_path / "alone" / together.name).read_bytes()


def test_what_is_there_is_not_drawn_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draw(tmp_path, n=12)
    assert "drawing set" in capsys.readouterr().err
    (path,) = tmp_path.iterdir()
    before = path.stat().st_mtime_ns
    draw(tmp_path, n=12)
    assert capsys.readouterr().err == ""
    assert path.stat().st_mtime_ns == before


def test_an_interrupted_set_is_taken_up_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, drawn = faces.render, []

    def impatient(people: list[faces.Face], size: int) -> faces.Rendered:
        drawn.append(len(people))
        if len(drawn) == 3:  # the first is the check of the size, the second a whole block
            raise KeyboardInterrupt
        return real(people, size)

    monkeypatch.setattr(faces, "render", impatient)
    with pytest.raises(KeyboardInterrupt):
        draw(tmp_path)
    assert not list(tmp_path.glob("*.zip"))
    draw(tmp_path)
    assert sorted(drawn[1:3]) == [22, 128]
    assert drawn[4:] == drawn[2:3]  # only the block that was not finished
    assert len(list(tmp_path.iterdir())) == 1


def test_another_version_of_the_code_draws_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(tmp_path, n=12)
    (old,) = tmp_path.iterdir()
    assert FINGERPRINT in old.name
    monkeypatch.setattr(rendered, "FINGERPRINT", "0123456789ab")
    draw(tmp_path, n=12)
    assert len(list(tmp_path.iterdir())) == 2  # the old one may still be read by somebody
    monkeypatch.setattr(rendered, "FINGERPRINT", "ba9876543210")
    monkeypatch.setattr(rendered, "_DAY", -1)
    draw(tmp_path, "set-of-another-name", n=12)
    draw(tmp_path, n=12)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "set-64px-ba9876543210.zip",
        "set-of-another-name-64px-ba9876543210.zip",
    ]


def test_the_fingerprint_covers_every_source_that_decides_what_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, seen = Path.read_text, []

    def noted(path: Path, encoding: str | None = None) -> str:
        seen.append(path.name)
        return read(path, encoding=encoding)

    monkeypatch.setattr(Path, "read_text", noted)
    assert rendered._code_fingerprint() == FINGERPRINT
    drawing = Path(str(faces.__file__)).parent
    assert {path.name for path in drawing.glob("*.py")} | {
        "roster.py",
        "shortcuts.py",
        "synthetic.py",
    } <= set(seen)


def test_by_default_faces_are_kept_in_the_users_cache_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("EXPLAINING_FACES_DATA", str(tmp_path / "read-only"))
    assert rendered.rendered_folder().parts[-2:] == ("explaining-faces", "rendered")
    assert not rendered.rendered_folder().is_relative_to(tmp_path / "read-only")


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="could not be written: .* name another folder with root"):
        draw(tmp_path / "file" / "below", n=12)


def test_a_damaged_set_is_named(tmp_path: Path) -> None:
    draw(tmp_path, n=12)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(
        DataNotFound, match="is damaged: remove it, and the same faces are drawn again"
    ):
        draw(tmp_path, n=12)


@pytest.mark.parametrize(
    ("name", "options", "complaint"),
    [
        ("synthetic", {"split": "tset"}, "did you mean 'test'"),
        ("synthetic", {"n": 11}, "from 12 to"),
        ("synthetic", {"n": 12, "size": 20}, "size is 20"),
        ("synthetic-shortcut", {"factor": "hats"}, "did you mean 'hat'"),
        ("synthetic-shortcut", {"strength": 1.5}, "strength is 1.5"),
        ("synthetic-identities", {"people": 100}, "a multiple of 40"),
        ("synthetic-identities", {"pictures": 3}, "pictures is 3"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence_and_leaves_nothing(
    tmp_path: Path, name: str, options: dict[str, object], complaint: str
) -> None:
    with pytest.raises(InputError, match=complaint):
        datasets.load(name, root=tmp_path, **options)
    assert not list(tmp_path.iterdir())


def test_a_fold_that_is_not_there_is_refused(root: Path, people: datasets.FaceDataset) -> None:
    with pytest.raises(UnknownName, match="no fold '6'"):
        datasets.load("synthetic-identities", split="6", root=root, **SMALL)


@pytest.mark.parametrize(
    ("name", "options"),
    [("synthetic", {"n": each}) for each in (12.5, "many", None, True, -1, 10**12)]
    + [("synthetic", {"seed": each}) for each in (-1, 1.5, "now", None)]
    + [("synthetic", {"size": each}) for each in (10, "big", 64.5, 10**6)]
    + [("synthetic-shortcut", {"strength": each}) for each in ("x", 95, float("nan"), None)]
    + [("synthetic-shortcut", {"planted": "no"})]
    + [("synthetic-identities", {"people": each}) for each in ("all", 0, 40.0)]
    + [("synthetic-identities", {"pictures": each}) for each in (4.5, 3, None)],
)
def test_a_number_that_is_none_is_named_before_anything_is_drawn(
    tmp_path: Path, name: str, options: dict[str, Any]
) -> None:
    (option,) = options
    few: dict[str, Any] = {"n": 12} if name == "synthetic" else {}
    with pytest.raises(InputError, match=option):
        datasets.load(name, root=tmp_path, **{**few, **options})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["synthetic-identities", "synthetic-identities-pairs"])
def test_a_fold_that_does_not_exist_is_named_before_anything_is_drawn(
    tmp_path: Path, name: str
) -> None:
    for fold in ("9", 0, ["1"], 1.5):
        with pytest.raises(UnknownName, match="no fold"):
            datasets.load(name, fold, root=tmp_path)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("keep", ["nothing", "half", "no table"])
def test_a_kept_file_that_is_not_whole_says_that_it_is_drawn_again(
    tmp_path: Path, keep: str
) -> None:
    draw(tmp_path, n=12)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    if keep == "no table":
        with ZipFile(path) as archive:
            rest = {each: archive.read(each) for each in archive.namelist() if each != "table.csv"}
        with ZipFile(path, "w") as archive:
            for each, data in rest.items():
                archive.writestr(each, data)
    else:
        path.write_bytes(whole[: len(whole) // 2] if keep == "half" else b"")
    with pytest.raises(DataNotFound, match=r"set-.*\.zip.* is damaged: remove it") as refused:
        draw(tmp_path, n=12)
    assert "download" not in str(refused.value)
    path.unlink()
    assert len(draw(tmp_path, n=12)) == 12


def test_a_table_without_landmarks_is_named() -> None:
    with pytest.raises(InputError, match="no column 'eye_left_x'"):
        landmarks(pd.DataFrame({"a": [1]}))
    with pytest.raises(InputError, match="must be a pandas table"):
        landmarks(None)  # type: ignore[arg-type]
