"""Rendered data sets: drawn once, whole or not at all, with truths and with known faults."""

import multiprocessing
from pathlib import Path

import numpy as np
import pytest

from helpers import datasets, faces
from helpers.datasets import rendered, synthetic
from helpers.errors import InputError, UnknownName


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rendered")


@pytest.fixture(scope="module")
def few(root: Path) -> datasets.FaceDataset:
    return datasets.load("synthetic", root=root, n=24, size=64)


@pytest.fixture(scope="module")
def people(root: Path) -> datasets.FaceDataset:
    return datasets.load("synthetic-identities", root=root, people=40, pictures=4, size=64)


def test_pictures_masks_and_landmarks_are_those_of_the_renderer(few: datasets.FaceDataset) -> None:
    drawn = faces.render(faces.sample(24, seed=0), 64)
    images = few.images(slice(None)).permute(0, 2, 3, 1).numpy()
    assert np.array_equal(np.rint(images * 255), drawn.images)
    masks = few.masks(slice(None))
    assert masks is not None
    assert np.array_equal(masks.numpy(), drawn.masks)
    assert np.allclose(rendered.landmarks(few.table), drawn.landmarks)


def test_every_factor_is_a_column_and_keeps_its_type(few: datasets.FaceDataset) -> None:
    sampled = faces.sample(24, seed=0)
    for name in faces.FACTORS:
        assert few.table[name].tolist() == [getattr(face, name) for face in sampled], name
    assert few.table["hat"].dtype == bool
    assert few.table["hair_length"].cat.categories[0] == "none"


def test_a_second_load_reads_what_the_first_drew(root: Path, few: datasets.FaceDataset) -> None:
    file = next(root.glob("synthetic-24-*.zip"))
    before = file.stat().st_mtime_ns
    again = datasets.load("synthetic", root=root, n=24, size=64)
    assert again.table.equals(few.table)
    assert file.stat().st_mtime_ns == before


def test_splits_divide_the_faces(root: Path) -> None:
    sizes = [
        len(datasets.load("synthetic", split, root, n=24, size=64)) for split in synthetic.SPLITS
    ]
    assert sizes == [16, 4, 4]
    with pytest.raises(UnknownName, match="train"):
        datasets.load("synthetic", "training", root, n=24, size=64)


def load_here(root: Path) -> None:
    datasets.load("synthetic", root=root, n=200, size=64)


def test_two_processes_that_start_together_share_one_whole_file(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=load_here, args=(tmp_path,)) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert [each.exitcode for each in both] == [0, 0]
    left = [path.name for path in tmp_path.iterdir()]
    assert len(left) == 1
    assert (
        len(datasets.load("synthetic", root=tmp_path, n=200, size=64).images(slice(190, 200))) == 10
    )


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    with pytest.raises(InputError, match="root="):
        datasets.load("synthetic", root=tmp_path / "taken", n=12, size=64)


@pytest.mark.parametrize("factor", ["lipstick", "background"])
def test_a_shortcut_predicts_the_label_in_training_and_not_in_the_test(
    root: Path, factor: str
) -> None:
    tied = datasets.load("synthetic-shortcut", root=root, factor=factor, n=220, size=64).table
    clean = datasets.load(
        "synthetic-shortcut", root=root, factor=factor, planted=False, n=220, size=64
    ).table
    train, test = tied[tied["split"] == "train"], tied[tied["split"] == "test"]
    assert train["label"].corr(train["cue"]) == pytest.approx(0.95, abs=0.03)
    assert test["label"].corr(test["cue"]) == pytest.approx(0, abs=0.06)
    assert clean["label"].corr(clean["cue"]) == pytest.approx(0, abs=0.06)
    same = [name for name in faces.FACTORS if name != factor]
    assert tied[same].equals(clean[same])
    assert tied["cue"].mean() == pytest.approx(clean["cue"].mean(), abs=0.01)
    assert (tied["brows_raised"] > 0).equals(tied["label"])


def test_an_unknown_cue_is_refused_with_those_there_are(root: Path) -> None:
    with pytest.raises(UnknownName, match="lipstick"):
        datasets.load("synthetic-shortcut", root=root, factor="lipstic")


def test_subgroups_and_folds_are_balanced_and_folds_share_nobody(
    people: datasets.FaceDataset,
) -> None:
    table = people.table
    assert table["subgroup"].value_counts().unique().tolist() == [20]
    assert table.groupby("identity")["fold"].nunique().max() == 1
    assert table["fold"].value_counts().unique().tolist() == [32]


def test_the_planted_copies_are_found_as_duplicates(people: datasets.FaceDataset) -> None:
    found = set(datasets.duplicates(people, labels=[]).index)
    copies = [fault for fault in synthetic.PLANTED if fault.copy_of]
    assert found == {each.file for each in copies} | {each.copy_of for each in copies}


def test_leakage_between_folds_finds_the_copies_that_cross_them(
    people: datasets.FaceDataset,
) -> None:
    fold = people.table["fold"]
    crossing = [
        each for each in synthetic.PLANTED if each.copy_of and fold[each.file] != fold[each.copy_of]
    ]
    first = people.subset((fold == fold[crossing[0].file]).to_numpy())
    second = people.subset((fold == fold[crossing[0].copy_of]).to_numpy())
    assert len(crossing) >= 3
    found = datasets.leakage(first, second).identical
    assert (crossing[0].file, crossing[0].copy_of) in set(
        zip(found["train"], found["test"], strict=True)
    )


def test_pairs_are_genuine_or_not_as_their_names_say(root: Path) -> None:
    table = datasets.load("synthetic-identities-pairs", root=root, people=40, pictures=4, size=64)
    pairs = table.table
    assert ((pairs["id1"] == pairs["id2"]) == (pairs["label"] == 1)).all()
    assert table.genuine.sum() == 40 * 6
    unordered = {frozenset(pair) for pair in zip(pairs["p1"], pairs["p2"], strict=True)}
    assert len(unordered) == len(pairs)
    assert table.faces is not None
    one, two = table.images([0, 1])
    assert one.shape == two.shape == (2, 3, 64, 64)


@pytest.mark.parametrize("wrong", [{"people": 41}, {"people": 40, "pictures": 2}])
def test_numbers_that_make_unequal_groups_are_refused(root: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(InputError):
        datasets.load("synthetic-identities", root=root, **wrong)
