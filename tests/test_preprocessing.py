"""Faces are found where they are, framed as FairFace frames them, and blurred without leaks."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers import datasets, preprocessing
from helpers.errors import InputError, NoFaceFound
from helpers.preprocessing import (
    FAIRFACE_BOX_SIDE,
    Detection,
    align,
    blur_where,
    crop_face,
    detect,
    face_ellipse,
    face_square,
    find_faces,
    into_crop,
    moved_mask,
)

# Upright, in no particular place: eyes 40 px apart, mouth 42 px below them.
LANDMARKS = np.array([[80.0, 90.0], [120.0, 90.0], [100.0, 112.0], [85.0, 132.0], [115.0, 132.0]])


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    return datasets.astronaut()


@pytest.fixture(scope="module")
def face(portrait: np.ndarray) -> Detection:
    return find_faces(portrait)[0]


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)


def resized(image: np.ndarray, width: int, height: int) -> np.ndarray:
    return np.asarray(Image.fromarray(image).resize((width, height)))


def found_box(x: float, y: float, width: float, height: float) -> Detection:
    return Detection((x, y, width, height), 1.0, LANDMARKS)


# -- detection


def test_the_astronaut_has_one_face_with_its_features_in_order(portrait: np.ndarray) -> None:
    (face,) = detect(portrait)
    x, y, width, height = face.box
    left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks
    assert face.score > 0.99
    assert left_eye[0] < nose[0] < right_eye[0], "left and right are the image's"
    assert left_mouth[0] < nose[0] < right_mouth[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])
    assert (face.landmarks > (x, y)).all()
    assert (face.landmarks < (x + width, y + height)).all()
    np.testing.assert_allclose(left_eye, (204, 100), atol=5)
    np.testing.assert_allclose(right_mouth, (244, 140), atol=5)


def test_the_largest_of_several_faces_comes_first(portrait: np.ndarray) -> None:
    scene = np.full((512, 1200, 3), 255, dtype=np.uint8)
    scene[100:356, :256] = resized(portrait, 256, 256)
    scene[:, 256:768] = portrait
    scene[:384, 768:1152] = resized(portrait, 384, 384)
    faces = detect(scene)
    assert len(faces) == 3
    assert [face.area for face in faces] == sorted((face.area for face in faces), reverse=True)
    for face, (left, right) in zip(faces, [(256, 768), (768, 1152), (0, 256)], strict=True):
        assert left < face.box[0] < right
    assert find_faces(scene)[0].box == faces[0].box
    assert [each.box for each in find_faces(scene)] == [each.box for each in faces]


def test_a_turned_picture_has_no_upright_face(portrait: np.ndarray) -> None:
    assert detect(np.ascontiguousarray(portrait[::-1])) == []


def test_a_demanding_score_leaves_faces_out(portrait: np.ndarray, face: Detection) -> None:
    assert detect(portrait, min_score=face.score + 1e-6) == []


def test_boxes_end_at_the_edge_of_the_picture(portrait: np.ndarray) -> None:
    for part in (portrait[70:200, 200:300], portrait[100:], portrait[:, 215:]):
        (face,) = detect(np.ascontiguousarray(part))
        x, y, width, height = face.box
        assert min(x, y) == 0, "the face is cut by the edge"
        assert min(width, height) > 0
        assert x + width <= part.shape[1]
        assert y + height <= part.shape[0]


@pytest.mark.parametrize("shape", [(1, 1), (10, 10), (12, 12), (2000, 10), (15, 1500)])
def test_a_picture_too_small_for_a_face_has_none(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert detect(noise) == []


def test_a_large_photograph_is_searched_shrunk_and_measured_in_its_own_pixels(
    portrait: np.ndarray, face: Detection
) -> None:
    # 16 megapixels, on which the detector as it is would take some 3 GB.
    (found,) = detect(resized(portrait, 4096, 4096))
    np.testing.assert_allclose(found.landmarks / 8, face.landmarks, atol=5)
    np.testing.assert_allclose(np.divide(found.box, 8), face.box, atol=10)


def test_an_extremely_long_picture_is_shrunk_to_at_least_one_row() -> None:
    assert detect(np.zeros((1, 5000, 3), dtype=np.uint8)) == []


def test_what_is_no_rgb_picture_is_refused_in_a_sentence(portrait: np.ndarray) -> None:
    for wrong in (portrait / 255, portrait[..., 0], portrait[:0], portrait[None], [[1, 2]]):
        with pytest.raises(InputError, match=r"RGB picture of shape \(H, W, 3\) and type uint8"):
            detect(wrong)  # type: ignore[arg-type]


def test_no_face_is_a_sentence_that_names_the_picture() -> None:
    blank = np.full((80, 120, 3), 200, dtype=np.uint8)
    with pytest.raises(NoFaceFound, match=r"wall\.jpg \(120 x 80 px\).*closer crop"):
        find_faces(blank, "wall.jpg")


@pytest.mark.real_data
def test_one_face_in_a_real_snapshot_and_none_in_a_real_room(photos: dict[str, Path]) -> None:
    (face,) = detect(datasets.read_image(photos["ivan"]))
    x, y, width, height = face.box
    np.testing.assert_allclose((x, x + width, y, y + height), (277, 327, 90, 157), atol=6)
    assert detect(datasets.read_image(photos["no-faces"])) == []


@pytest.mark.slow
def test_the_detector_starts_and_works_in_silence() -> None:
    code = (
        "from helpers import datasets, preprocessing\n"
        "assert len(preprocessing.detect(datasets.astronaut())) == 1"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_a_detection_reads_as_a_line_of_text() -> None:
    face = replace(found_box(10.4, 20, 30, 40), score=0.987)
    assert str(face) == "30 x 40 px at (10, 20), score 0.99"
    assert face.area == 1200


# -- cropping


def test_a_crop_inside_the_picture_is_pillows_crop(portrait: np.ndarray, face: Detection) -> None:
    x, y, side = (round(each) for each in face_square(face))
    assert min(x, y) >= 0
    assert max(x, y) + side <= 512
    square = Image.fromarray(portrait).crop((x, y, x + side, y + side))
    expected = np.asarray(square.resize((100, 100), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(crop_face(portrait, face, 100), expected)


@pytest.mark.parametrize("size", [1, 112, 224])
def test_a_crop_has_the_size_asked_for(portrait: np.ndarray, face: Detection, size: int) -> None:
    crop = crop_face(portrait, face, size)
    assert crop.shape == (size, size, 3)
    assert crop.dtype == np.uint8


def test_the_box_fills_the_crop_as_it_fills_a_fairface_picture() -> None:
    x, y, side = face_square(found_box(100, 50, 40, 90))
    assert side == pytest.approx(60 / FAIRFACE_BOX_SIDE)
    centre = (np.array([120, 95]) - (x, y)) / side
    np.testing.assert_allclose(centre, preprocessing.FAIRFACE_BOX_CENTRE)


def test_beyond_the_edge_of_the_picture_the_edge_goes_on(noise: np.ndarray) -> None:
    corner = found_box(0, 0, 40, 40)
    x, y, side = (round(each) for each in face_square(corner))
    assert min(x, y) < 0, "the square reaches beyond the corner"
    crop = crop_face(noise, corner, side)
    np.testing.assert_array_equal(crop[-y:, -x:], noise[: side + y, : side + x])
    assert (crop[:-y, :-x] == noise[0, 0]).all()
    np.testing.assert_array_equal(crop[:-y, -x:], np.tile(noise[:1, : side + x], (-y, 1, 1)))


def test_a_face_larger_than_its_picture_is_cropped_too(noise: np.ndarray) -> None:
    crop = crop_face(noise, found_box(-20, -30, 200, 200), 64)
    assert crop.shape == (64, 64, 3)
    assert (crop[-1, -1] == noise[-1, -1]).all()


def test_the_detector_finds_the_features_in_the_crop_where_they_were_mapped(
    portrait: np.ndarray, face: Detection
) -> None:
    (found,) = detect(crop_face(portrait, face))
    # The crop enlarges: three of its pixels are less than two of the photograph's.
    np.testing.assert_allclose(found.landmarks, into_crop(face.landmarks, face), atol=8)
    assert np.abs(found.landmarks - into_crop(face.landmarks, face)).mean() < 4


def test_points_are_mapped_exactly_to_where_the_crop_shows_them(noise: np.ndarray) -> None:
    dot = np.zeros_like(noise)
    dot[30:32, 40:42] = 255  # around the point (41, 31)
    face = found_box(25, 15, 30, 30)
    crop = crop_face(dot, face, 300)[..., 0].astype(float)
    rows, columns = np.mgrid[:300, :300] + 0.5
    seen = np.array([(crop * columns).sum(), (crop * rows).sum()]) / crop.sum()
    np.testing.assert_allclose(seen, into_crop(np.array([41, 31]), face, 300), atol=0.5)


# -- alignment


def test_aligned_landmarks_lie_where_skimages_umeyama_puts_them(noise: np.ndarray) -> None:
    from skimage.transform import estimate_transform

    template = np.array(preprocessing.ALIGNED_LANDMARKS)
    turned = LANDMARKS @ [[0.8, 0.5], [-0.5, 0.8]] + np.random.default_rng(0).normal(0, 3, (5, 2))
    ours = preprocessing._similarity(turned, template)
    np.testing.assert_allclose(ours, estimate_transform("similarity", turned, template).params[:2])


@pytest.mark.parametrize("size", [112, 224])
def test_the_detector_finds_an_aligned_faces_features_where_they_were_put(
    portrait: np.ndarray, face: Detection, size: int
) -> None:
    aligned = align(portrait, face.landmarks, size)
    assert aligned.shape == (size, size, 3)
    (found,) = detect(np.pad(aligned, ((40, 40), (40, 40), (0, 0)), mode="edge"))
    # Where the transform puts them; her face is longer than the template, which it cannot change.
    template = np.array(preprocessing.ALIGNED_LANDMARKS) * size / 112
    matrix = preprocessing._similarity(face.landmarks, template)
    expected = face.landmarks @ matrix[:, :2].T + matrix[:, 2]
    assert np.abs(found.landmarks - 40 - expected).max() < 4 * size / 112
    assert np.abs(expected - template).max() < 5 * size / 112


@pytest.mark.parametrize("degrees", [-30, 20])
def test_a_turned_or_smaller_photograph_gives_the_same_aligned_face(
    portrait: np.ndarray, face: Detection, degrees: int
) -> None:
    straight = align(portrait, face.landmarks).astype(float)
    turned = np.asarray(Image.fromarray(portrait).rotate(degrees, Image.Resampling.BILINEAR))
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = (face.landmarks - 256) @ turn + 256
    assert np.abs(align(turned, moved) - straight).mean() < 4
    smaller = resized(portrait, 384, 384)
    assert np.abs(align(smaller, face.landmarks * 0.75) - straight).mean() < 4


def test_a_mirrored_face_is_turned_and_never_mirrored_back() -> None:
    template = np.array(preprocessing.ALIGNED_LANDMARKS)
    mirrored = template * (-1, 1) + (112, 0)  # each named point where the other side's belongs
    matrix = preprocessing._similarity(mirrored, template)[:, :2]
    assert np.linalg.det(matrix) > 0


def test_an_aligned_face_on_the_template_stays_as_it_is(noise: np.ndarray) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (112, 112, 3), dtype=np.uint8)
    same = align(picture, np.array(preprocessing.ALIGNED_LANDMARKS))
    assert np.abs(same.astype(int) - picture).max() <= 1


def test_a_large_photograph_is_shrunk_without_jagged_edges() -> None:
    stripes = np.zeros((1120, 1120, 3), dtype=np.uint8)
    stripes[:, ::2] = 255  # far finer than a pixel of the result
    aligned = align(stripes, np.array(preprocessing.ALIGNED_LANDMARKS) * 10)
    assert np.abs(aligned.astype(float) - 127.5).max() < 8


def test_beyond_the_picture_an_aligned_face_is_black(portrait: np.ndarray, face: Detection) -> None:
    x, y, _, _ = (round(each) for each in face.box)
    cut = np.ascontiguousarray(portrait[y:, x:])
    aligned = align(cut, face.landmarks - (x, y))
    assert (aligned[:3] == 0).all()
    assert aligned[60].any()


def test_several_pictures_are_aligned_at_once(portrait: np.ndarray, face: Detection) -> None:
    pictures = np.stack([portrait, portrait[:, ::-1]])
    points = np.stack([face.landmarks, face.landmarks + 3])
    together = align(pictures, points, 64)
    assert together.shape == (2, 64, 64, 3)
    for row in range(2):
        np.testing.assert_array_equal(together[row], align(pictures[row], points[row], 64))


def test_what_cannot_be_aligned_is_refused_in_a_sentence(noise: np.ndarray) -> None:
    wrong = [LANDMARKS[:4], np.full((5, 2), 7.0), LANDMARKS * np.nan, LANDMARKS[None]]
    for each in wrong:
        with pytest.raises(InputError, match="five landmarks"):
            align(noise, each)
    for picture in (noise / 255, noise[None], np.stack([noise] * 3)):
        with pytest.raises(InputError, match="RGB picture"):
            align(picture, np.stack([LANDMARKS] * 2))


# -- masks


def test_the_ellipse_holds_the_features_and_not_the_corners() -> None:
    mask = face_ellipse(LANDMARKS, (220, 200))
    assert mask.shape == (220, 200)
    assert mask.dtype == bool
    for x, y in LANDMARKS.astype(int):
        assert mask[y, x]
    assert not mask[[0, 0, -1, -1], [0, -1, 0, -1]].any()


def test_the_ellipse_is_a_head_taller_than_wide() -> None:
    mask = face_ellipse(LANDMARKS, (400, 400))
    height, width = (mask.any(axis).sum() for axis in (1, 0))
    assert height == pytest.approx(2 * 1.4 * 42, abs=1)
    assert width == pytest.approx(2 * 1.05 * 42, abs=1)
    # Symmetric about the line from the middle of the eyes to the middle of the mouth, x = 100.
    np.testing.assert_array_equal(mask[:, :201], mask[:, :201][:, ::-1])


def test_the_astronauts_ellipse_covers_her_face_and_not_the_flag(
    portrait: np.ndarray, face: Detection
) -> None:
    mask = face_ellipse(face.landmarks, (512, 512))
    x, y, width, height = (round(each) for each in face.box)
    # An ellipse as large as the box would fill pi/4 of it.
    assert mask[y : y + height, x : x + width].mean() > 0.7
    assert mask[:, :120].sum() == 0
    assert mask.sum() < 2.5 * face.area


@pytest.mark.parametrize("degrees", [-60, 30, 90, 180])
def test_the_ellipse_turns_with_the_head(degrees: int) -> None:
    centre, angle = np.array([100.0, 111.0]), np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    upright = face_ellipse(LANDMARKS, (260, 260))
    turned = face_ellipse((LANDMARKS - centre) @ turn + centre, (260, 260))
    rows, columns = np.nonzero(turned)
    back = (np.stack([columns, rows], -1) - centre) @ turn.T + centre
    x, y = np.rint(back).astype(int).T
    assert upright[y, x].mean() > 0.98
    assert turned.sum() == pytest.approx(upright.sum(), rel=0.02)


def test_landmarks_without_a_direction_are_refused() -> None:
    for wrong in (np.full((5, 2), 7.0), LANDMARKS[:4], np.full((5, 2), np.nan)):
        with pytest.raises(InputError, match="five landmarks"):
            face_ellipse(wrong, (20, 20))


def test_a_moved_mask_keeps_its_area_and_follows_its_seed() -> None:
    mask = face_ellipse(LANDMARKS, (220, 200))
    moved = [moved_mask(mask, seed) for seed in range(20)]
    assert all(each.sum() == mask.sum() and each.dtype == bool for each in moved)
    np.testing.assert_array_equal(moved[3], moved_mask(mask, 3))
    assert len({each.tobytes() for each in moved}) == 20
    # A control hides something else: on average about as much of the face as chance would.
    assert np.mean([each[mask].mean() for each in moved]) < 2 * mask.mean()


# -- blurring


def test_blurring_leaves_the_sharp_part_untouched_bit_for_bit(noise: np.ndarray) -> None:
    mask = np.zeros(noise.shape[:2], dtype=bool)
    mask[10:40, 20:60] = True
    before = noise.copy()
    blurred = blur_where(noise, mask, 4)
    np.testing.assert_array_equal(blurred[~mask], noise[~mask])
    np.testing.assert_array_equal(noise, before)
    assert blurred.dtype == np.uint8
    assert blurred[18:32, 28:52].std() < noise[18:32, 28:52].std() / 5


def test_no_colour_of_the_sharp_part_leaks_into_the_blur() -> None:
    picture = np.zeros((40, 60, 3), dtype=np.uint8)
    picture[:, :30], picture[:, 30:] = (255, 0, 0), (10, 200, 90)
    mask = np.zeros((40, 60), dtype=bool)
    mask[:, 30:] = True
    np.testing.assert_array_equal(blur_where(picture, mask, 6), picture)


def test_the_edge_of_the_blur_is_feathered(noise: np.ndarray) -> None:
    mask = np.zeros(noise.shape[:2], dtype=bool)
    mask[:, 40:] = True
    change = np.abs(blur_where(noise, mask, 8).astype(int) - noise).mean((0, 2))
    assert change[:40].max() == 0
    assert 0.3 < change[40] / change[60:].mean() < 0.8


@pytest.mark.parametrize("sigma", [2.0, 5.0])
def test_sigma_is_the_width_of_the_blur_in_pixels(sigma: float) -> None:
    picture = np.zeros((101, 101, 3), dtype=np.uint8)
    picture[:, 50:] = 255
    blurred = blur_where(picture, np.ones((101, 101), dtype=bool), sigma)
    # What spreads a step is the Gaussian itself: its slope has the standard deviation sigma.
    slope = np.diff(blurred[50, :, 0].astype(float)) / 255
    places = np.arange(100) - 49
    assert (slope * places).sum() == pytest.approx(0, abs=0.1)
    assert np.sqrt((slope * places**2).sum()) == pytest.approx(sigma, rel=0.03)


def test_blurring_the_face_and_the_background_together_change_every_part_once(
    portrait: np.ndarray, face: Detection
) -> None:
    mask = face_ellipse(face.landmarks, (512, 512))
    background, hidden = blur_where(portrait, ~mask, 12), blur_where(portrait, mask, 12)
    np.testing.assert_array_equal(background[mask], portrait[mask])
    np.testing.assert_array_equal(hidden[~mask], portrait[~mask])
    assert detect(background), "a face before a blurred background is still a face"
    assert not detect(hidden), "a blurred face is none"


def test_nothing_and_everything_can_be_blurred(noise: np.ndarray) -> None:
    nothing = np.zeros(noise.shape[:2], dtype=bool)
    np.testing.assert_array_equal(blur_where(noise, nothing, 5), noise)
    everything = blur_where(noise, ~nothing, 300)
    assert everything.std() < 3
    assert everything.mean() == pytest.approx(noise.mean(), abs=3)


def test_a_mask_or_sigma_that_fits_nothing_is_refused(noise: np.ndarray) -> None:
    mask = np.ones(noise.shape[:2], dtype=bool)
    for wrong, sigma in ((mask[1:], 3), (mask.astype(np.uint8) * 255, 3), (mask, 0), (mask, -1)):
        with pytest.raises(InputError, match="mask of True and False as large as the picture"):
            blur_where(noise, wrong, sigma)
    with pytest.raises(InputError, match="RGB picture"):
        blur_where(noise / 255, mask, 3)
