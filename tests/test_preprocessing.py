"""Faces are found where they are, framed as FairFace frames them, and blurred without leaks."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage

from helpers import datasets, faces, preprocessing
from helpers.errors import InputError, NoFaceFound
from helpers.preprocessing import (
    FAIRFACE_BOX_SIDE,
    Detection,
    align,
    blur_where,
    blurring,
    crop_face,
    detect,
    detect_all,
    face_ellipse,
    face_square,
    find_faces,
    framing,
    moved_mask,
    mtcnn,
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


def in_crop(points: np.ndarray, face: Detection, size: int = 224) -> np.ndarray:
    """Where a crop shows points, counted from its corner as they are from the picture's."""
    x, y, side = (round(each) for each in face_square(face))
    return (points - (x, y)) * size / side


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


# The package itself, which runs on TensorFlow, is the judge of its port.


@pytest.fixture(scope="module")
def package() -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from mtcnn import MTCNN

    return MTCNN(device="CPU:0")


def by_package(package: Any, picture: np.ndarray) -> np.ndarray:
    """What the package finds, before it rounds it to whole pixels, in our order of columns."""
    found = package.detect_faces(picture, output_type="numpy", box_format="xyxy")
    return np.asarray(found, dtype=float)[:, 1:]


def require_equal(package: Any, pictures: list[np.ndarray]) -> int:
    """All boxes, scores and landmarks alike, alone and together; the number of faces."""
    together = mtcnn.find(pictures)
    for picture, found in zip(pictures, together, strict=True):
        expected = by_package(package, picture)
        assert len(found) == len(expected), picture.shape
        if len(found):
            np.testing.assert_allclose(found, expected, atol=1e-3)
            np.testing.assert_allclose(mtcnn.find([picture])[0], found, atol=1e-3)
    return sum(map(len, together))


@pytest.mark.slow
def test_the_detector_finds_what_the_package_finds(package: Any, portrait: np.ndarray) -> None:
    drawn = list(faces.render(faces.sample(40, seed=3), size=160).images)
    small = [resized(each, 30, 30) for each in drawn[:8]]
    crowd = np.concatenate([np.concatenate(drawn[k : k + 8], 1) for k in (0, 8, 16)], 0)
    grey = np.repeat(crowd[..., :1], 3, -1)
    cut = [portrait[70:200, 200:300], portrait[100:], portrait[:, 215:], portrait[61:, 3:-2]]
    noise = np.random.default_rng(0).integers(0, 256, (150, 231, 3), np.uint8)
    odd = [noise, noise[:1, :1], noise[:20, :21], noise[:23], np.zeros((60, 50, 3), np.uint8)]
    pictures = [portrait, *drawn, *small, crowd, grey, *cut, *odd]
    assert require_equal(package, [np.ascontiguousarray(each) for each in pictures]) > 80


@pytest.mark.thorough
@pytest.mark.real_data
def test_the_detector_finds_what_the_package_finds_in_photographs(
    package: Any, photos: dict[str, Path]
) -> None:
    pictures = [datasets.read_image(each) for each in photos.values()]
    pictures = [each for each in pictures if max(each.shape) <= 1600]
    people = datasets.load("fairface", split="val").images(range(50))
    pictures += list((people * 255).byte().permute(0, 2, 3, 1).numpy())
    assert require_equal(package, pictures) >= 45


# What the package (mtcnn 1.0.0) finds in four cuts of the astronaut, before it rounds: left, top,
# right, bottom, score, x of the five landmarks, y of the five landmarks.
BY_THE_PACKAGE: dict[str, list[list[float]]] = {
    "whole face": [
        [30.3863, 25.8807, 114.6642, 132.838, 0.9991]
        + [53.8123, 95.9602, 74.9407, 51.4304, 94.6914]
        + [60.4751, 62.8784, 86.885, 99.2979, 101.238],
    ],
    "cut by two edges": [
        [0.0, 0.0, 68.0634, 103.2752, 0.9937]
        + [5.2143, 46.5301, 21.478, 3.1111, 44.6984]
        + [29.6336, 32.8436, 56.4302, 69.6291, 71.4629],
    ],
    "as large as the picture": [
        [0.0, 0.0, 41.0, 39.0, 0.9956]
        + [10.3637, 32.3697, 21.2415, 9.8913, 31.0628]
        + [11.0073, 12.2454, 25.2468, 30.914, 31.7398],
    ],
    "beside its mirror image": [
        [24.646, 15.6404, 67.9516, 71.9004, 0.9999]
        + [36.537, 57.9271, 46.9899, 35.6333, 56.9338]
        + [34.9745, 36.2695, 49.0801, 54.8382, 56.07],
        [91.5236, 19.2098, 132.3167, 70.8688, 0.9965]
        + [101.0934, 122.5279, 112.5604, 101.6921, 123.7941]
        + [36.4957, 35.3521, 48.5008, 55.7104, 54.7611],
    ],
}


def test_the_detector_finds_what_the_package_was_seen_to_find(portrait: np.ndarray) -> None:
    half = portrait[30:190:2, 130:290:2]
    pictures = [
        portrait[40:190, 150:290],
        portrait[70:200, 200:300],
        portrait[78:158:2, 182:266:2],
        np.concatenate([half, half[:, ::-1]], 1),
    ]
    together = mtcnn.find(pictures)
    for picture, found, expected in zip(pictures, together, BY_THE_PACKAGE.values(), strict=True):
        np.testing.assert_allclose(found, expected, atol=2e-3)
        np.testing.assert_allclose(mtcnn.find([picture])[0], expected, atol=2e-3)


# The detector's steps, each against its definition written out pixel by pixel or box by box.


@pytest.mark.parametrize("of_the_smaller", [False, True])
@pytest.mark.parametrize("most", [0.25, 0.5, 0.7])
def test_a_box_goes_where_a_surer_one_covers_too_much_of_it(
    most: float, of_the_smaller: bool
) -> None:
    generator = np.random.default_rng(0)
    ties = 0
    for _ in range(40):
        corners = generator.integers(0, 6, (7, 2))
        boxes = np.hstack([corners, corners + generator.integers(1, 6, (7, 2))]).astype(float)
        boxes = np.column_stack([boxes, generator.permutation(7) / 10])
        kept = []
        for box in sorted(boxes.tolist(), key=lambda each: -each[4]):
            covers = [
                overlap(box, surer, of_the_smaller) for surer in boxes.tolist() if surer[4] > box[4]
            ]
            ties += sum(each == most for each in covers)
            if not any(each > most for each in covers):
                kept.append(box)
        assert mtcnn._kept(boxes, most, of_the_smaller).tolist() == kept
    assert ties > 0 or most == 0.7, "a box that is covered by exactly as much stays"


def overlap(one: list[float], other: list[float], of_the_smaller: bool) -> float:
    """What two boxes share, of all that they cover together or of the smaller one."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(each[2] - each[0]) * (each[3] - each[1]) for each in (one, other)]
    return width * height / (min(areas) if of_the_smaller else sum(areas) - width * height)


def test_a_box_is_lengthened_about_its_middle_to_a_square() -> None:
    boxes = np.array([[10, 20, 30, 60, 0.9], [0, 5, 7, 8, 0.8], [1, 1, 4, 4, 0.7]])
    squares = [[0, 20, 40, 60, 0.9], [0, 3, 7, 10, 0.8], [1, 1, 4, 4, 0.7]]
    np.testing.assert_allclose(mtcnn._square(boxes), squares)


def test_a_window_of_the_first_network_is_twelve_pixels_of_the_shrunk_picture() -> None:
    score, shift = np.zeros((4, 5), np.float32), np.zeros((4, 4, 5), np.float32)
    score[2, 3], score[0, 1], score[1, 1] = 0.9, 0.6, 0.59
    shift[:, 2, 3] = [0.5, -1, 1, 2]
    # Place (3, 2) looks at pixels 7 to 18 across and 5 to 16 down, counted from 1; shifts are
    # shares of the 11 px from its first to its last; 0.6 is not sure enough.
    expected = [[2 * (7 + 5.5), 2 * (5 - 11), 2 * (18 + 11), 2 * (16 + 22), 0.9]]
    np.testing.assert_allclose(mtcnn._windows(score, shift, 0.5), expected)


@pytest.mark.parametrize("side", [21, 40, 45, 60, 83, 100, 130, 231, 400])
def test_faces_from_20_pixels_to_the_whole_picture_are_looked_for(
    monkeypatch: pytest.MonkeyPatch, side: int
) -> None:
    shapes = []

    def nothing(pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:
        shapes.append(tuple(pictures.shape))
        return torch.zeros(2, 1, 1), torch.zeros(2, 4, 1, 1), torch.zeros(2)

    monkeypatch.setattr(mtcnn, "_networks", lambda: {"pnet": nothing})
    found = mtcnn._of_one_size(np.zeros((2, side, 2 * side, 3)))
    assert [each.shape for each in found] == [(0, 5)] * 2
    # The window of 12 px covers 20 px first, then 1 / 0.709 as many until it covers the picture.
    scales = [12 / 20 * 0.709**k for k in range(20)]
    scales = [scale for scale in scales if side * scale >= 12]
    assert shapes == [(2, 3, int(side * each), int(2 * side * each)) for each in scales]


def test_of_neighbouring_windows_of_one_size_the_surer_is_proposed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def proposed(scores: list[float]) -> int:
        def network(pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:
            return torch.tensor([[scores]]), torch.zeros(1, 4, 1, len(scores)), torch.zeros(1)

        monkeypatch.setattr(mtcnn, "_networks", lambda: {"pnet": network})
        return len(mtcnn._of_one_size(np.zeros((1, 21, 21, 3)))[0])

    # Windows are 11 px from the first to the last, and 2 px apart.
    assert proposed([0.9, 0.8]) == 1, "they have 9 / 13 in common"
    assert proposed([0.9, 0.0, 0.8]) == 2, "they have 7 / 15 in common"


def test_the_second_and_third_network_must_be_surer_than_their_limits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scores = torch.tensor([0.69, 0.7, 0.71, 0.79, 0.8, 0.81])

    class Looks:
        side = 24

        def __call__(self, crops: torch.Tensor) -> tuple[torch.Tensor, ...]:
            return scores, torch.zeros(6, 4), torch.zeros(6, 10)

    monkeypatch.setattr(mtcnn, "_networks", lambda: {"rnet": Looks(), "onet": Looks()})
    at = 10.0 * np.arange(6)
    boxes = np.stack([at, at, at + 8, at + 8, np.zeros(6)], 1)
    picture = np.zeros((70, 70, 3), np.float32)
    for step, expected in ((mtcnn._refined, [0.81, 0.8, 0.79, 0.71]), (mtcnn._finished, [0.81])):
        (found,) = step([picture], [boxes])
        np.testing.assert_allclose(found[:, 4], expected)


def test_of_two_boxes_that_overlap_the_surer_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    # Side by side and one inside the other, from little to much in common, at each of the steps.
    def shared(step: Any, boxes: list[list[float]]) -> int:
        class Looks:
            side = 24

            def __call__(self, crops: torch.Tensor) -> tuple[torch.Tensor, ...]:
                return torch.tensor([0.99, 0.98]), torch.zeros(2, 4), torch.zeros(2, 10)

        monkeypatch.setattr(mtcnn, "_networks", lambda: {"rnet": Looks(), "onet": Looks()})
        return len(step([np.zeros((99, 99, 3), np.float32)], [np.array(boxes)])[0])

    one = [0.0, 0, 60, 60, 0.9]
    for step in (mtcnn._refined, mtcnn._finished):
        assert shared(step, [one, [0, 0, 60, 72, 0.9]]) == 1, (
            "0.83 in common, or all of the smaller"
        )
    assert shared(mtcnn._refined, [one, [0, 0, 60, 88, 0.9]]) == 2, "0.68 in common"
    assert shared(mtcnn._finished, [one, [0, 0, 60, 88, 0.9]]) == 1, "all of the smaller"
    assert shared(mtcnn._finished, [one, [0, 19, 60, 79, 0.9]]) == 2, "0.68 of the smaller"
    assert shared(mtcnn._finished, [one, [0, 17, 60, 77, 0.9]]) == 1, "0.72 of the smaller"


@pytest.mark.parametrize(
    ("shape", "scale"), [((2, 23, 40), 0.6), ((1, 30, 31), 0.7), ((3, 16, 20), 0.75)]
)
def test_a_shrunk_pixel_is_the_mean_of_what_it_covers_fractions_counted(
    shape: tuple[int, ...], scale: float
) -> None:
    pictures = np.random.default_rng(0).random((*shape, 3))

    def shares(length: int) -> np.ndarray:
        parts = int(length * scale)
        width = length / parts
        weights = np.zeros((parts, length))
        for part, pixel in np.ndindex(parts, length):
            first, last = max(part * width, pixel), min((part + 1) * width, pixel + 1)
            weights[part, pixel] = max(last - first, 0) / width
        return weights

    expected = np.einsum("nhwc,ih,jw->ncij", pictures, shares(shape[1]), shares(shape[2]))
    found = mtcnn._shrunk(mtcnn._up_to(pictures, 1), pictures.shape, scale)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("shape", [(9, 13), (1, 6), (8, 1)])
def test_a_crop_lies_between_the_outermost_centres_and_is_zero_beyond(
    shape: tuple[int, int],
) -> None:
    picture = np.random.default_rng(0).random((*shape, 3))
    height, width = shape
    boxes = np.array(
        [[0, 0, width, height], [-3, 2.5, 6, 8.25], [2, -4, width + 5, height + 1], [1, 1, 3, 2]],
        dtype=float,
    )
    side = 5
    expected = np.zeros((4, 3, side, side))
    for which, row, column in np.ndindex(4, side, side):
        left, top, right, bottom = boxes[which]
        y = (top + row * (bottom - top) / (side - 1)) * (height - 1) / height
        x = (left + column * (right - left) / (side - 1)) * (width - 1) / width
        if 0 <= y <= height - 1 and 0 <= x <= width - 1:
            for i, j in np.ndindex(height, width):
                near = max(1 - abs(y - i), 0) * max(1 - abs(x - j), 0)
                expected[which, :, row, column] += near * picture[i, j]
    assert expected[0, :, -1, -1].all(), "the last centre is in the picture"
    np.testing.assert_allclose(mtcnn._crops(picture, boxes, side).numpy(), expected, atol=1e-6)


@pytest.mark.parametrize("spec", [None, SimpleNamespace(origin=None)], ids=["no", "empty"])
def test_without_the_package_of_its_weights_the_detector_says_so(
    monkeypatch: pytest.MonkeyPatch, spec: Any
) -> None:
    monkeypatch.setattr(mtcnn, "find_spec", lambda name: spec)
    with pytest.raises(ImportError, match="weights from the package mtcnn: install it"):
        mtcnn._weights("pnet")


def test_pictures_searched_together_have_the_faces_they_have_alone(portrait: np.ndarray) -> None:
    pictures = [portrait, portrait[::-1], resized(portrait, 300, 280), portrait[:, ::-1], portrait]
    together = detect_all(pictures)
    assert [len(each) for each in together] == [1, 0, 1, 1, 1]
    for picture, found in zip(pictures, together, strict=True):
        for face, same in zip(detect(picture), found, strict=True):
            np.testing.assert_allclose(face.box, same.box, atol=1e-3)
            np.testing.assert_allclose(face.landmarks, same.landmarks, atol=1e-3)
    assert detect_all([]) == []


def test_many_pictures_are_searched_in_parts(
    monkeypatch: pytest.MonkeyPatch, portrait: np.ndarray
) -> None:
    sizes = []
    whole = mtcnn.find

    def find(pictures: list[np.ndarray]) -> list[np.ndarray]:
        sizes.append(len(pictures))
        return whole(pictures)

    monkeypatch.setattr(mtcnn, "find", find)
    small = resized(portrait, 128, 128)
    monkeypatch.setattr("helpers.preprocessing.detection._TOGETHER", 3 * 128 * 128)
    assert [len(each) for each in detect_all([small] * 7)] == [1] * 7
    assert sizes == [3, 3, 1]
    detect_all([portrait, small])
    assert sizes[3:] == [1, 1], "a picture above the limit is searched by itself"


def test_pictures_are_searched_together_up_to_1600_times_1600_pixels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes = []

    def find(pictures: list[np.ndarray]) -> list[np.ndarray]:
        sizes.append(len(pictures))
        return [np.zeros((0, 15))] * len(pictures)

    monkeypatch.setattr(mtcnn, "find", find)
    half, dot = np.zeros((800, 1600, 3), np.uint8), np.zeros((1, 1, 3), np.uint8)
    assert detect_all([half, half, dot]) == [[], [], []]
    assert sizes == [2, 1]


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


NO_PICTURE = [
    np.zeros((8, 9, 3)),
    np.zeros((8, 9), np.uint8),
    np.zeros((0, 9, 3), np.uint8),
    np.zeros((8, 9, 4), np.uint8),
    np.zeros((8, 9, 3), np.int8),
    torch.zeros(3, 8, 9),
    [[1, 2]],
    [[1], [1, 2]],
    "photo.jpg",
    None,
]


@pytest.mark.parametrize("wrong", NO_PICTURE, ids=lambda each: type(each).__name__)
def test_what_is_no_rgb_picture_is_refused_in_a_sentence(wrong: Any) -> None:
    mask = np.ones((8, 9), dtype=bool)
    for use in (
        lambda: detect(wrong),
        lambda: find_faces(wrong),
        lambda: crop_face(wrong, found_box(1, 1, 4, 4)),
        lambda: align(wrong, LANDMARKS),
        lambda: blur_where(wrong, mask, 3),
    ):
        with pytest.raises(InputError, match="takes an RGB picture"):
            use()


@pytest.mark.parametrize("least", [2, -0.1, 90, float("nan"), "0.9", None, True])
def test_a_score_is_a_share(least: Any) -> None:
    with pytest.raises(InputError, match="min_score is"):
        detect(np.zeros((8, 9, 3), np.uint8), least)


def test_faces_above_the_lowest_score_are_kept_those_at_it_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    corners = np.array([[1, 2, 10 * k + 1, 22] for k in (1, 2, 3)])
    scores = np.array([[0.89], [0.9], [0.95]])
    points = np.tile(LANDMARKS.T.ravel(), (3, 1))
    seen = []

    def find(pictures: list[np.ndarray]) -> list[np.ndarray]:
        seen.extend(each.shape for each in pictures)
        return [np.concatenate([corners, scores, points], 1)] * len(pictures)

    monkeypatch.setattr(mtcnn, "find", find)
    picture = np.zeros((50, 80, 3), np.uint8)
    assert [(face.score, face.box) for face in detect(picture)] == [
        (0.95, (1, 2, 30, 20)),
        (0.9, (1, 2, 20, 20)),
    ]
    assert [face.score for face in detect(picture, 0)] == [0.95, 0.9, 0.89]
    assert [face.score for face in detect_all([picture])[0]] == [0.95, 0.9]
    assert detect(picture, 1) == []
    np.testing.assert_array_equal(detect(picture)[0].landmarks, LANDMARKS)
    # A long picture is searched at 1600 px; boxes and points are those of the picture as it came.
    (largest, _) = detect(np.zeros((800, 3200, 3), np.uint8))
    assert seen[-1] == (400, 1600, 3)
    assert largest.box == (2, 4, 60, 40)
    np.testing.assert_array_equal(largest.landmarks, 2 * LANDMARKS)
    detect(np.zeros((4, 1600, 3), np.uint8))
    assert seen[-1] == (4, 1600, 3), "1600 px are searched as they are"
    detect(np.zeros((1601, 2, 3), np.uint8))
    assert seen[-1] == (1600, 2, 3)
    detect(np.zeros((1, 5000, 3), np.uint8))
    assert seen[-1] == (1, 1600, 3), "a row is not lost"


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
def test_the_detector_works_in_silence_and_without_tensorflow() -> None:
    code = (
        "import sys\nfrom helpers import datasets, preprocessing\n"
        "assert len(preprocessing.detect(datasets.astronaut())) == 1\n"
        "assert 'tensorflow' not in sys.modules"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_a_detection_stays_as_it_was_found() -> None:
    with pytest.raises(AttributeError):
        found_box(1, 2, 3, 4).score = 0.5  # type: ignore[misc]


def test_a_detection_reads_as_a_line_of_text() -> None:
    face = replace(found_box(10.4, 20, 30, 40), score=0.987)
    assert str(face) == "30 x 40 px at (10, 20), score 0.99"
    assert face.area == 1200


# -- cropping


def test_the_square_around_a_box_is_fairfaces_framing_by_hand() -> None:
    # The root of 40 x 90 is 60 px, .861 of the square; its centre is at .487 and .475 of it.
    x, y, side = face_square(found_box(100, 50, 40, 90))
    assert side == pytest.approx(60 / 0.861)
    assert x == pytest.approx(120 - 0.487 * 60 / 0.861)
    assert y == pytest.approx(95 - 0.475 * 60 / 0.861)


@pytest.mark.parametrize(
    "wrong", [None, [], "face", (1, 2, 3, 4), [Detection((1, 1, 4, 4), 1, LANDMARKS)]]
)
def test_a_crop_is_of_one_face(noise: np.ndarray, wrong: Any) -> None:
    for use in (
        lambda: face_square(wrong),
        lambda: crop_face(noise, wrong),
    ):
        with pytest.raises(InputError, match=r"one face is needed, .* faces\[0\]"):
            use()


@pytest.mark.parametrize(
    ("box", "says"),
    [
        ((1, 1, 0, 0), "0 x 0 px"),
        ((1, 1, 4, 0), "4 x 0 px"),
        ((9, 9, -4, 4), "-4 x 4 px"),
        ((1, 1, float("nan"), 4), "NaN or infinite"),
        ((1, float("inf"), 4, 4), "NaN or infinite"),
        ((1, 1, 4), r"must have shape \(4\)"),
        (None, "must hold numbers"),
        (("1", "1", "4", "4"), "must hold numbers"),
    ],
)
def test_a_box_has_an_area(noise: np.ndarray, box: Any, says: str) -> None:
    face = Detection(box, 1.0, LANDMARKS)
    for use in (lambda: face_square(face), lambda: crop_face(noise, face)):
        with pytest.raises(InputError, match=says):
            use()


@pytest.mark.parametrize(
    "box",
    [(80, 1, 9, 9), (1, 60, 9, 9), (-9, 1, 9, 9), (1, -9, 9, 9), (1, 1, 801, 5), (1, 1, 5, 1e9)],
)
def test_a_box_of_another_picture_is_refused(noise: np.ndarray, box: Any) -> None:
    with pytest.raises(InputError, match="does not lie in the picture of 80 x 60 px"):
        crop_face(noise, Detection(box, 1.0, LANDMARKS))


@pytest.mark.parametrize("box", [(79, 1, 9, 9), (1, 59, 9, 9), (-8, 1, 9, 9), (1, -8, 9, 9)])
def test_a_box_with_a_pixel_in_the_picture_is_cropped(noise: np.ndarray, box: Any) -> None:
    assert crop_face(noise, Detection(box, 1.0, LANDMARKS), 9).shape == (9, 9, 3)


def test_a_face_may_be_ten_times_as_large_as_its_picture(noise: np.ndarray) -> None:
    assert crop_face(noise, Detection((-9, -9, 800, 800), 1.0, LANDMARKS), 9).shape == (9, 9, 3)


def test_a_box_smaller_than_a_pixel_shows_that_pixel(noise: np.ndarray) -> None:
    crop = crop_face(noise, Detection((30.0, 20.0, 0.2, 0.2), 1.0, LANDMARKS), 3)
    assert (crop == noise[20, 30]).all()


@pytest.mark.parametrize("size", [0, -5, "112", None, 2.5, 8193, 10**9, (112, 112)])
def test_a_size_is_a_whole_number_of_pixels_that_fits(noise: np.ndarray, size: Any) -> None:
    face = found_box(1, 1, 40, 40)
    for use in (
        lambda: crop_face(noise, face, size),
        lambda: align(noise, LANDMARKS / 3, size),
    ):
        with pytest.raises(InputError, match="size is .*: give a whole number"):
            use()


def test_the_smallest_and_the_largest_crop(noise: np.ndarray) -> None:
    face = found_box(1, 1, 40, 40)
    assert align(noise, LANDMARKS / 3, 1).shape == (1, 1, 3)
    assert crop_face(noise, face, 1).shape == (1, 1, 3)
    assert crop_face(noise, face, 8192).shape == (8192, 8192, 3)


def test_crops_and_aligned_faces_have_the_sizes_that_networks_take(noise: np.ndarray) -> None:
    assert crop_face(noise, found_box(1, 1, 40, 40)).shape == (224, 224, 3)
    assert align(noise, LANDMARKS / 3).shape == (112, 112, 3)


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
    np.testing.assert_allclose(found.landmarks, in_crop(face.landmarks, face), atol=8)
    assert np.abs(found.landmarks - in_crop(face.landmarks, face)).mean() < 4


def test_points_are_mapped_exactly_to_where_the_crop_shows_them(noise: np.ndarray) -> None:
    dot = np.zeros_like(noise)
    dot[30:32, 40:42] = 255  # around the point (41, 31)
    face = found_box(25, 15, 30, 30)
    crop = crop_face(dot, face, 300)[..., 0].astype(float)
    rows, columns = np.mgrid[:300, :300] + 0.5
    seen = np.array([(crop * columns).sum(), (crop * rows).sum()]) / crop.sum()
    np.testing.assert_allclose(seen, in_crop(np.array([41, 31]), face, 300), atol=0.5)


# -- alignment


def test_the_template_is_the_published_one_to_the_last_digit() -> None:
    # Of ArcFace's code for 112 x 112; SphereFace's for 112 x 96 has 8 less in x.
    published = [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
    np.testing.assert_array_equal(preprocessing.ALIGNED_LANDMARKS, published)


@pytest.mark.parametrize("size", [56, 112, 224])
def test_a_dot_lands_where_the_template_puts_it(size: int) -> None:
    # A white disc around each point of a face that lies twice as large, and elsewhere.
    points = np.array(preprocessing.ALIGNED_LANDMARKS) * 2 + (31, 17)
    for at, wanted in zip(points, preprocessing.ALIGNED_LANDMARKS, strict=True):
        shown = align(disc(at, 6), points, size)
        np.testing.assert_allclose(centre(shown), np.array(wanted) * size / 112, atol=0.25)


def disc(at: np.ndarray, radius: float) -> np.ndarray:
    """A white disc on black, its points counted from the middle of the first pixel."""
    rows, columns = np.mgrid[:300, :300]
    inside = np.square(columns - at[0]) + np.square(rows - at[1]) < radius**2
    return np.repeat(inside[..., None] * np.uint8(255), 3, -1)


def centre(picture: np.ndarray) -> np.ndarray:
    light = picture[..., 0].astype(float)
    rows, columns = np.mgrid[: len(light), : light.shape[1]]
    return np.array([(light * columns).sum(), (light * rows).sum()]) / light.sum()


@pytest.mark.parametrize("degrees", [-25, 0, 8])
@pytest.mark.parametrize("scale", [0.5, 0.9, 1.0, 2.1])
def test_a_face_lies_where_opencv_puts_it(scale: float, degrees: int) -> None:
    cv2 = pytest.importorskip("cv2")
    angle = np.deg2rad(degrees)
    turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    template = np.array(preprocessing.ALIGNED_LANDMARKS, np.float32)
    points = ((template - 56) @ turn + 150).astype(np.float32)
    matrix, _ = cv2.estimateAffinePartial2D(points, template)
    for at in points:
        spot = disc(at + (0.3, -0.2), 6 * scale)
        theirs = centre(cv2.warpAffine(spot, matrix, (112, 112)))
        np.testing.assert_allclose(centre(align(spot, points)), theirs, atol=0.1)


def test_aligned_landmarks_lie_where_skimages_umeyama_puts_them(noise: np.ndarray) -> None:
    from skimage.transform import estimate_transform

    template = np.array(preprocessing.ALIGNED_LANDMARKS)
    turned = LANDMARKS @ [[0.8, 0.5], [-0.5, 0.8]] + np.random.default_rng(0).normal(0, 3, (5, 2))
    ours = framing._similarity(turned, template)
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
    matrix = framing._similarity(face.landmarks, template)
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
    matrix = framing._similarity(mirrored, template)[:, :2]
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


NO_LANDMARKS = [
    LANDMARKS[:4],
    np.full((5, 2), 7.0),
    np.tile([3.0, 7.0], (5, 1)),
    LANDMARKS * np.nan,
    LANDMARKS[None],
    LANDMARKS + [np.inf, 0],
    None,
    "five",
    5,
    [[1, 2], [3]],
    [],
    [["1", "2"]] * 5,
]


@pytest.mark.parametrize("wrong", NO_LANDMARKS, ids=range(len(NO_LANDMARKS)))
def test_landmarks_are_five_points_a_picture(noise: np.ndarray, wrong: Any) -> None:
    for use in (lambda: align(noise, wrong), lambda: face_ellipse(wrong, (20, 20))):
        with pytest.raises(InputError, match="takes five landmarks"):
            use()


def test_points_that_no_turn_brings_onto_a_face_are_refused(noise: np.ndarray) -> None:
    face = np.array(preprocessing.ALIGNED_LANDMARKS)
    for wrong in (face * 1e200, face * 1.01e4, face / 1.01e4):
        with pytest.raises(InputError, match="cannot be brought onto a face"):
            align(noise, wrong)
    assert align(noise, face / 0.99e4).shape == (112, 112, 3)
    with pytest.raises(InputError, match="none of the five landmarks"):
        align(noise, face * 0.99e4)  # not too large, but far outside


def test_pictures_without_as_many_faces_are_refused(noise: np.ndarray) -> None:
    pair = np.stack([noise, noise])
    for wrong in (LANDMARKS, [LANDMARKS] * 3, LANDMARKS[None], np.zeros((2, 4, 2)), 5):
        shape = re.escape(str(np.shape(wrong)))
        with pytest.raises(
            InputError, match=rf"for 2 .* \(2, 5, 2\), but got one of shape {shape}"
        ):
            align(pair, wrong)
    with pytest.raises(InputError, match="takes five landmarks"):
        align(pair, None)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="but all of them lie at"):
        align(pair, [LANDMARKS / 3, np.ones((5, 2))])
    for wrong in (LANDMARKS[None], LANDMARKS.ravel()):
        with pytest.raises(
            InputError, match=r"of one face, an array \(5, 2\), but got one of shape"
        ):
            align(noise, wrong)


def test_pictures_in_a_list_may_differ_in_size(noise: np.ndarray) -> None:
    together = align([noise, noise[:50]], [LANDMARKS / 3, LANDMARKS / 3])
    np.testing.assert_array_equal(together[0], align(noise, LANDMARKS / 3))
    np.testing.assert_array_equal(together[1], align(noise[:50], LANDMARKS / 3))


def test_of_no_picture_there_is_no_face(noise: np.ndarray) -> None:
    nothing: list[Any] = [[], np.stack([noise])[:0]]
    for none in nothing:
        assert align(none, np.zeros((0, 5, 2)), 64).shape == (0, 64, 64, 3)
        assert detect_all(none) == []
    with pytest.raises(InputError, match="for 0 "):
        align([], [LANDMARKS])


@pytest.mark.parametrize("wrong", [b"abc", {"a": None}, "a.jpg", 3, None], ids=repr)
def test_what_is_no_list_of_pictures_is_called_what_it_is(wrong: Any) -> None:
    with pytest.raises(InputError, match="detect_all takes RGB pictures in a list.*type|None"):
        detect_all(wrong)
    for use in (detect, lambda each: align(each, LANDMARKS)):
        with pytest.raises(InputError, match=r"takes an RGB picture, .*, not (a value of|nothing)"):
            use(wrong)


def test_the_wrong_one_of_several_pictures_is_named(noise: np.ndarray) -> None:
    for use in (detect_all, lambda each: align(each, [LANDMARKS] * 2)):
        with pytest.raises(InputError, match=r"shape \(60, 80\) .* at position 1"):
            use([noise, noise[..., 0]])


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


def test_the_ellipse_has_its_centre_and_half_axes_to_the_pixel() -> None:
    # The middles of eyes and mouth lie 42 px apart, at (100, 90) and (100, 132): the centre is
    # 0.3 x 42 px below the eyes, the half axes are 1.4 x 42 = 58.8 and 1.05 x 42 = 44.1 px.
    mask = face_ellipse(LANDMARKS, (220, 200))
    assert np.flatnonzero(mask.any(1))[[0, -1]].tolist() == [44, 161]
    assert np.flatnonzero(mask.any(0))[[0, -1]].tolist() == [56, 144]
    assert mask.sum() == pytest.approx(np.pi * 58.8 * 44.1, rel=0.002)
    np.testing.assert_array_equal(mask, face_ellipse(LANDMARKS.tolist(), [220, 200]))


def test_a_mask_may_be_a_single_pixel_and_as_long_as_a_picture() -> None:
    assert face_ellipse(LANDMARKS - (100, 100), (1, 1)).tolist() == [[True]]
    assert face_ellipse(LANDMARKS, (65_535, 1)).shape == (65_535, 1)
    assert face_ellipse(LANDMARKS, (1, 65_535)).shape == (1, 65_535)
    for wrong in ((65_536, 1), (1, 65_536)):
        with pytest.raises(InputError, match="is 65536: give a whole number"):
            face_ellipse(LANDMARKS, wrong)


def test_a_point_on_the_outline_is_on_the_face() -> None:
    # 10 px between the middles: the outline passes through (50 + 10.5, 40 + 3) and (50, 43 + 14).
    points = np.array([[40, 40], [60, 40], [50, 45], [45, 50], [55, 50]], dtype=float)
    mask = face_ellipse(points, (80, 100))
    assert mask[43 + 14, 50]
    assert not mask[43 + 15, 50]
    assert mask[43, 60]
    assert not mask[43, 61]


def test_landmarks_without_a_direction_are_refused() -> None:
    level = np.array([[0, 5], [10, 5], [5, 7], [0, 5], [10, 5]])
    with pytest.raises(InputError, match="mouth away from the eyes"):
        face_ellipse(level, (20, 20))


@pytest.mark.parametrize(
    "shape",
    [50, None, (50,), (50, 40, 3), "ab", (0, 5), (5, 0), (5, -1), (5.0, 5), (10**9, 5), (5, None)],
)
def test_a_shape_is_a_height_and_a_width(shape: Any) -> None:
    with pytest.raises(InputError, match="shape is|height is|width is|there is"):
        face_ellipse(LANDMARKS, shape)


@pytest.mark.parametrize(
    "mask",
    [
        None,
        [[True]],
        np.ones((4, 4, 1), bool),
        np.ones(4, bool),
        np.ones((4, 4), np.uint8),
        np.ones((0, 4), bool),
        torch.ones(4, 4, dtype=torch.bool),
    ],
    ids=range(7),
)
def test_a_mask_is_one_picture_of_true_and_false(mask: Any) -> None:
    with pytest.raises(InputError, match="moved_mask takes a mask of True and False"):
        moved_mask(mask, 0)
    with pytest.raises(InputError, match="blur_where takes a mask of True and False"):
        blur_where(np.zeros((4, 4, 3), np.uint8), mask, 3)


@pytest.mark.parametrize("seed", [-1, None, "0", 1.5])
def test_a_mask_is_moved_by_a_seed(seed: Any) -> None:
    with pytest.raises(InputError, match="seed is"):
        moved_mask(np.ones((4, 4), bool), seed)


def test_a_moved_mask_is_the_same_shape_shifted_round_the_edges() -> None:
    mask = np.zeros((7, 9), bool)
    mask[2, 3:6] = mask[3, 3] = True
    rolled = {np.roll(mask, by, (0, 1)).tobytes() for by in np.ndindex(7, 9)}
    shifts = {moved_mask(mask, seed).tobytes() for seed in range(400)}
    assert shifts == rolled, "every place is possible, and nothing else"


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


def written_out(picture: np.ndarray, mask: np.ndarray, sigma: float) -> np.ndarray:
    """The blur by its definition, with SciPy's kernel cut off only where nothing is left of it."""

    def smooth(values: np.ndarray, width: float) -> np.ndarray:
        return ndimage.gaussian_filter(values.astype(float), width, truncate=6)

    feather = (smooth(mask, sigma / 4) * mask)[..., None]
    inside = [smooth(picture[..., k] * mask, sigma) for k in range(3)]
    blurred = np.stack(inside, -1) / np.maximum(smooth(mask, sigma), 1e-9)[..., None]
    return feather * blurred + (1 - feather) * picture


@pytest.mark.parametrize("sigma", [0.3, 1.0, 4.0, 7.9, 8.0, 20.0, 33.0])
def test_every_width_of_blur_is_the_mean_under_a_gaussian(noise: np.ndarray, sigma: float) -> None:
    mask = np.zeros(noise.shape[:2], dtype=bool)
    mask[5:50, 20:] = True
    mask[30:35, 30:40] = False
    found, expected = blur_where(noise, mask, sigma), written_out(noise, mask, sigma)
    # Half a level is rounding; SciPy's narrow kernels end at four standard deviations.
    assert np.abs(found - expected).max() < 0.53


def test_a_blur_is_scipys_up_to_eight_pixels_and_without_an_end_from_there(
    noise: np.ndarray,
) -> None:
    values = noise[..., 0].astype(float)
    for sigma in (0.2, 4.0, 7.99):
        expected = ndimage.gaussian_filter(values, sigma)
        np.testing.assert_array_equal(blurring._smoothed(values, sigma), expected)
    for sigma in (8.0, 12.0):
        endless = ndimage.gaussian_filter(values, sigma, truncate=9)
        np.testing.assert_allclose(blurring._smoothed(values, sigma), endless, atol=1e-6)
        assert np.abs(ndimage.gaussian_filter(values, sigma) - endless).max() > 1e-4


def test_a_blur_far_wider_than_the_picture_is_its_mean(noise: np.ndarray) -> None:
    mask = np.zeros(noise.shape[:2], dtype=bool)
    mask[:, :20] = True
    mean, share = noise[mask].mean(0), 0.25
    expected = np.rint(share * mean + (1 - share) * noise[mask].astype(float))
    for sigma in (1e3, 1e5, 1e300):
        blurred = blur_where(noise, mask, sigma)
        np.testing.assert_array_equal(blurred[mask], expected)
        np.testing.assert_array_equal(blurred[~mask], noise[~mask])


def test_a_blur_narrower_than_a_pixel_is_none(noise: np.ndarray) -> None:
    mask = np.ones(noise.shape[:2], dtype=bool)
    for sigma in (1e-300, 0.1):
        np.testing.assert_array_equal(blur_where(noise, mask, sigma), noise)


def test_a_single_pixel_is_its_own_mean(noise: np.ndarray) -> None:
    mask = np.zeros(noise.shape[:2], dtype=bool)
    mask[30, 40] = True
    for sigma in (2, 9, 1000):
        np.testing.assert_array_equal(blur_where(noise, mask, sigma), noise)


def test_nothing_and_everything_can_be_blurred(noise: np.ndarray) -> None:
    nothing = np.zeros(noise.shape[:2], dtype=bool)
    np.testing.assert_array_equal(blur_where(noise, nothing, 5), noise)
    everything = blur_where(noise, ~nothing, 300)
    assert everything.std() < 3
    assert everything.mean() == pytest.approx(noise.mean(), abs=3)


def test_a_mask_of_another_size_is_refused(noise: np.ndarray) -> None:
    for wrong in (np.ones((59, 80), bool), np.ones((80, 60), bool)):
        with pytest.raises(InputError, match=r"as large as the picture, \(60, 80\), but got"):
            blur_where(noise, wrong, 3)


@pytest.mark.parametrize("sigma", [0, -1, "3", None, float("nan"), float("inf"), True, [3]])
def test_a_blur_has_a_width(noise: np.ndarray, sigma: Any) -> None:
    with pytest.raises(InputError, match="sigma is .*: give a number, above 0"):
        blur_where(noise, np.ones(noise.shape[:2], bool), sigma)


def test_landmarks_of_another_picture_are_refused(noise: np.ndarray) -> None:
    for wrong in (LANDMARKS + 1e4, LANDMARKS - 600):
        with pytest.raises(InputError, match="none of the five landmarks lies in the picture"):
            align(noise, wrong)


def test_a_single_landmark_on_the_edge_of_the_picture_is_enough(noise: np.ndarray) -> None:
    # Points count from the middle of the first pixel: the picture's edges are at -0.5 and 79.5.
    at_the_start = LANDMARKS - LANDMARKS[4] - 0.5
    at_the_end = LANDMARKS - LANDMARKS[0] + (79.5, 59.5)
    for points in (at_the_start, at_the_end):
        assert align(noise, points).shape == (112, 112, 3)
    for points in (at_the_start - (0, 0.1), at_the_end + (0.1, 0)):
        with pytest.raises(InputError, match="none of the five landmarks lies in the picture"):
            align(noise, points)


def test_a_landmark_lies_in_the_picture_across_and_down(noise: np.ndarray) -> None:
    for aside in ((1000, 0), (0, 1000)):
        with pytest.raises(InputError, match="none of the five landmarks lies in the picture"):
            align(noise, LANDMARKS / 3 + aside)


def test_landmarks_on_one_line_still_say_how_a_face_lies(noise: np.ndarray) -> None:
    for line in ([[40, 10], [40, 20], [40, 30], [40, 40], [40, 50]], [[k, k] for k in range(5)]):
        assert align(noise, line, 64).shape == (64, 64, 3)


def test_a_picture_of_one_row_or_column_is_not_shrunk_to_none() -> None:
    row = np.full((1, 500, 3), 255, np.uint8)
    points = (LANDMARKS - LANDMARKS[2]) * 4 + (250, 0)  # the template has a fifth of this size
    turned = np.stack([-points[:, 1], points[:, 0]], 1)
    for picture, where in ((row, points), (row.swapaxes(0, 1), turned)):
        assert align(picture, where, 64).shape == (64, 64, 3)


def test_an_enlarged_face_is_as_bright_as_opencvs() -> None:
    cv2 = pytest.importorskip("cv2")
    picture = np.random.default_rng(0).integers(0, 256, (90, 90, 3), dtype=np.uint8)
    template = np.array(preprocessing.ALIGNED_LANDMARKS)
    points = template / 1.7 + 9
    matrix = np.array([[1.7, 0, -15.3], [0, 1.7, -15.3]])
    theirs = cv2.warpAffine(picture, matrix, (112, 112)).astype(float)
    ours = align(picture, points).astype(float)
    inner = (slice(4, -4), slice(4, -4))
    assert abs((ours - theirs)[inner].mean()) < 0.05
    assert np.abs((ours - theirs)[inner]).max() <= 4, "OpenCV rounds places to 1/32 px"


def test_detection_works_within_autocast_and_detections_compare(portrait: np.ndarray) -> None:
    alone = detect(portrait)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        (found,) = detect(portrait)
    np.testing.assert_allclose(found.box, alone[0].box, atol=1e-4)
    assert found != alone[0]
    assert len({found, *alone}) == 2
