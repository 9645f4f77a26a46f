"""What was prepared for FaceX is read with its masks, and no mask goes to the wrong face."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers import datasets
from helpers.datasets import save_image
from helpers.errors import BadTable, DataNotFound, InputError, UnreadableImage
from helpers.faces.regions import REGIONS

FILES = ("im1.jpg", "im10.jpeg", "African/m.012x4t/0-FaceId-0_align.jpg", "unmasked.png")


def picture(path: Path, value: int = 90) -> None:
    save_image(path, np.full((8, 8, 3), value, dtype=np.uint8))


def mask(path: Path, rows: slice, shape: tuple[int, int] = (6, 4), inside: int = 255) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.zeros(shape, dtype=np.uint8)
    pixels[rows] = inside
    Image.fromarray(pixels).save(path)


@pytest.fixture
def album(tmp_path: Path) -> Path:
    for file in FILES:
        picture(tmp_path / "rfw" / file)
    masks = tmp_path / "rfw-mask-anno"
    mask(masks / "im1_hair.png", slice(0, 2))
    mask(masks / "im1_l_lip.png", slice(4, 5), inside=1)
    mask(masks / "im10_nose.png", slice(2, 3))
    mask(masks / "African/m.012x4t/0-FaceId-0_align_skin.png", slice(0, 6))
    mask(masks / "African/m.012x4t/0-FaceId-0_align_hat.png", slice(0, 0))
    return tmp_path / "rfw"


def csv(album: Path, *rows: str, header: str = "img,lipstick,race") -> Path:
    path = album.parent / "labels.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def load(album: Path) -> datasets.FaceDataset:
    labels = csv(
        album, *(f"{file},{-1 if number else 1},{number - 1}" for number, file in enumerate(FILES))
    )
    return datasets.load("facex", root=album, labels=labels)


def regions_of(dataset: datasets.FaceDataset, file: str) -> dict[str, int]:
    masks = dataset.masks(file)
    assert masks is not None
    assert masks.shape == (1, 19, 6, 4)
    return {name: int(n) for name, n in zip(REGIONS, masks[0].sum((1, 2)), strict=True) if n}


def test_minus_one_means_zero_only_where_it_can_mean_no(album: Path) -> None:
    faces = load(album)
    assert faces.table["lipstick"].tolist() == [1, 0, 0, 0]
    assert faces.table["race"].tolist() == [-1, 0, 1, 2]
    assert "-1 was read as 0 in lipstick." in faces.notes


def test_each_face_has_its_own_masks_and_absent_regions_are_empty(album: Path) -> None:
    faces = load(album)
    assert regions_of(faces, "im1.jpg") == {"hair": 8, "l_lip": 4}
    assert regions_of(faces, "im10.jpeg") == {"nose": 4}
    assert regions_of(faces, FILES[2]) == {"skin": 24}


def test_a_face_without_any_mask_is_counted_and_never_taken_for_a_face_without_regions(
    album: Path,
) -> None:
    faces = load(album)
    assert faces.table["has_masks"].tolist() == [True, True, True, False]
    assert faces.notes[-1] == "1 of 4 pictures have no mask in rfw-mask-anno."
    with pytest.raises(DataNotFound, match="no mask of unmasked.png"):
        faces.masks("unmasked.png")
    masks = faces.where(has_masks=True).masks([0, 1, 2])
    assert masks is not None
    assert masks.shape == (3, 19, 6, 4)


def test_im10_lends_im1_nothing(album: Path) -> None:
    for path in (album.parent / "rfw-mask-anno").glob("im1_*"):
        path.unlink()
    assert load(album).table["has_masks"].tolist() == [False, True, True, False]


def test_the_layout_of_celebamask_hq_is_recognised(tmp_path: Path) -> None:
    album = tmp_path / "CelebA-HQ-img"
    masks = tmp_path / "CelebAMask-HQ-mask-anno"
    for number in (7, 2000, 2001):
        picture(album / f"{number}.jpg")
    mask(masks / "0/00007_eye_g.png", slice(1, 2))
    mask(masks / "1/02000_ear_r.png", slice(0, 3))
    labels = csv(album, "7.jpg,1,0", "2000.jpg,0,1", "2001.jpg,0,1")
    faces = datasets.load("facex", root=album, labels=labels)
    assert regions_of(faces, "7.jpg") == {"eye_g": 4}
    assert regions_of(faces, "2000.jpg") == {"ear_r": 12}
    assert faces.table["has_masks"].tolist() == [True, True, False]


def test_masks_that_differ_in_size_are_refused(album: Path) -> None:
    mask(album.parent / "rfw-mask-anno/im1_nose.png", slice(0, 1), shape=(5, 5))
    with pytest.raises(UnreadableImage, match=r"masks of im1.jpg differ in size"):
        load(album).masks("im1.jpg")


def test_without_a_folder_of_masks_there_are_none(album: Path, tmp_path: Path) -> None:
    (album.parent / "rfw-mask-anno").rename(tmp_path / "elsewhere")
    faces = load(album)
    assert faces.masks([0]) is None
    assert faces.notes[-1] == "There is no folder of masks, so no picture has any."
    labels = tmp_path / "labels.csv"
    named = datasets.load("facex", root=album, labels=labels, masks=tmp_path / "elsewhere")
    assert regions_of(named, "im10.jpeg") == {"nose": 4}
    with pytest.raises(DataNotFound, match="nowhere does not exist"):
        datasets.load("facex", root=album, labels=labels, masks=tmp_path / "nowhere")


def test_pairs_under_any_names_are_reference_explained_label_and_group(album: Path) -> None:
    path = csv(
        album,
        "im1.jpg,im10.jpeg,1,African",
        "im1.jpg,unmasked.png,-1,NA",
        "im1.jpg,gone.jpg,0,Asian",
        header="img1,img2,is_same,race",
    )
    pairs = datasets.load("facex-pairs", root=album, labels=path)
    assert list(pairs.table.columns) == ["p1", "p2", "label", "race"]
    assert pairs.genuine.tolist() == [True, False, False]
    assert pairs.table["race"].tolist() == ["African", "NA", "Asian"]
    assert pairs.notes[0] == "1 pictures that the pairs name are not here."
    assert pairs.images([0, 1])[1].shape == (2, 3, 8, 8)
    assert pairs.faces is not None
    assert regions_of(pairs.faces, "im10.jpeg") == {"nose": 4}
    csv(album, "im1.jpg,im10.jpeg,maybe", header="a,b,c")
    with pytest.raises(BadTable, match="label 'maybe' is neither"):
        datasets.load("facex-pairs", root=album, labels=path)
    csv(album, "im1.jpg,im10.jpeg", header="a,b")
    with pytest.raises(BadTable, match="has the columns a, b"):
        datasets.load("facex-pairs", root=album, labels=path)


def test_the_only_csv_beside_the_pictures_is_found(album: Path) -> None:
    with pytest.raises(InputError, match="has none"):
        datasets.load("facex", root=album)
    csv(album, "im1.jpg,1,0").rename(album / "labels.csv")
    assert len(datasets.load("facex", root=album)) == 1
    csv(album, "im1,1,0", header="file,lipstick,race").rename(album / "more.csv")
    with pytest.raises(InputError, match=r"labels.csv, more.csv"):
        datasets.load("facex", root=album)
    with pytest.raises(BadTable, match="no column img"):
        datasets.load("facex", root=album, labels=album / "more.csv")
    with pytest.raises(InputError, match="no splits"):
        datasets.load("facex", split="train", root=album)


def test_masks_are_read_as_labels_not_as_pictures(album: Path) -> None:
    values = np.zeros((6, 4), dtype=np.uint16)
    values[0] = 1
    Image.fromarray(values).save(album.parent / "rfw-mask-anno/im10_nose.png")
    assert regions_of(load(album), "im10.jpeg") == {"nose": 4}


def test_a_mask_that_is_a_link_to_nothing_is_named(album: Path) -> None:
    masks = album.parent / "rfw-mask-anno"
    (masks / "im1_nose.png").symlink_to(masks / "gone.png")
    with pytest.raises(UnreadableImage, match=r"im1_nose.png does not exist"):
        load(album).masks("im1.jpg")


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        ("img,file,race", "a column img, which names the photographs, and another called file"),
        ("img,has_masks,race", "a column has_masks, which is made here"),
        ("img, img,race", "2 columns called 'img'"),
    ],
)
def test_columns_with_a_name_that_is_taken_are_named(
    album: Path, header: str, complaint: str
) -> None:
    labels = csv(album, "im1.jpg,1,0", header=header)
    with pytest.raises(BadTable, match=complaint):
        datasets.load("facex", root=album, labels=labels)


def test_pairs_are_read_as_every_other_table(album: Path) -> None:
    labels = csv(album, ".\\im1.jpg ; im10.jpeg ; -1", ";;", header="a; b; same")
    pairs = datasets.load("facex-pairs", root=album, labels=labels)
    assert pairs.images([0])[0].shape == (1, 3, 8, 8)
    assert pairs.genuine.tolist() == [False]
    csv(album, "im1.jpg,im10.jpeg,0,F", header="a,b,same,label")
    with pytest.raises(BadTable, match="a column called label after its first three"):
        datasets.load("facex-pairs", root=album, labels=labels)
    csv(album, "im1.jpg,im10.jpeg,0", "im1.jpg", header="a,b,same")
    with pytest.raises(BadTable, match="line 3 has 1 of the 3 cells"):
        datasets.load("facex-pairs", root=album, labels=labels)


def test_a_folder_called_facex_may_be_a_part_of_the_pictures(album: Path) -> None:
    picture(album / "facex/me.jpg")
    csv(album, "facex/me.jpg,1,0").rename(album / "labels.csv")
    assert datasets.load("facex", root=album).files(0) == ["facex/me.jpg"]
