"""Find the faces in photographs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from helpers import arguments
from helpers.errors import NoFaceFound
from helpers.preprocessing.pictures import picture_of, pictures_of

# The detector looks at a picture in every size, at some 200 bytes a pixel: a 64-megapixel
# photograph as it is would take more memory than most laptops have.
_LONGEST_SIDE = 1600
_TOGETHER = 1600 * 1600
"""Pixels of all pictures that are searched together."""


@dataclass(frozen=True, eq=False)  # arrays are not compared by one word
class Detection:
    """One face found in a picture.

    Attributes
    ----------
    box : tuple of float
        ``(x, y, width, height)`` in pixels, from the top left corner of the picture.
    score : float
        The detector's confidence, in [0, 1].
    landmarks : array (5, 2)
        ``(x, y)`` in pixels from the middle of the first one: image-left eye, image-right eye, nose
        tip, image-left mouth corner, image-right mouth corner.
    """

    box: tuple[float, float, float, float]
    score: float
    landmarks: np.ndarray

    @property
    def area(self) -> float:
        """Area of the box, in square pixels."""
        return self.box[2] * self.box[3]

    def __str__(self) -> str:
        x, y, width, height = self.box
        return f"{width:.0f} x {height:.0f} px at ({x:.0f}, {y:.0f}), score {self.score:.2f}"


def detect(image: np.ndarray, min_score: float = 0.9) -> list[Detection]:
    """Find the faces in a picture, the largest first.

    Parameters
    ----------
    image : array (H, W, 3) uint8
        RGB.
    min_score : float
        Faces with a lower confidence, from 0 to 1, are left out.

    Returns
    -------
    list of Detection
        Empty when no face is found. Boxes end at the picture's edge.

    Raises
    ------
    InputError
        If ``image`` is not an RGB picture of whole numbers, or ``min_score`` is not from 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> wall = np.full((90, 120, 3), 200, dtype=np.uint8)
    >>> detect(wall)
    []

    Notes
    -----
    A picture whose longer side exceeds 1600 px is shrunk to that for the search, and what is found
    is given in pixels of the picture as it came. So the smallest face that can be found is about
    15 px, or 1 % of the longer side where that is more.
    """
    return detect_all([picture_of(image, "detect")], min_score)[0]


def detect_all(
    images: np.ndarray | Sequence[np.ndarray], min_score: float = 0.9
) -> list[list[Detection]]:
    """Find the faces in several pictures at once, which is faster than one after the other.

    Parameters
    ----------
    images : sequence of arrays (H, W, 3) uint8, or array (N, H, W, 3)
        RGB, of one size or of several; none gives an empty list.
    min_score : float
        Faces with a lower confidence, from 0 to 1, are left out.

    Returns
    -------
    list of lists of Detection
        For each picture what :func:`detect` finds in it.

    Raises
    ------
    InputError
        If one of ``images`` is not an RGB picture of whole numbers, or ``min_score`` is not from
        0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> wall = np.full((90, 120, 3), 200, dtype=np.uint8)
    >>> detect_all([wall, wall[:50]])
    [[], []]
    """
    from helpers.preprocessing import mtcnn

    least = arguments.share(min_score, "min_score")
    shrunk = [_shrunk(each) for each in pictures_of(images, "detect_all")]
    found = [rows for part in _parts(shrunk) for rows in mtcnn.find([each for each, _ in part])]
    return [
        _largest_first(_detections(rows[rows[:, 4] >= least], scale))
        for rows, (_, scale) in zip(found, shrunk, strict=True)
    ]


def find_faces(image: np.ndarray, name: str = "the picture") -> list[Detection]:
    """Find the faces in a picture, the largest first, where there must be one.

    Parameters
    ----------
    image : array (H, W, 3) uint8
        RGB.
    name : str
        What the picture is called in the message when no face is found.

    Returns
    -------
    list of Detection
        At least one; see :func:`detect`, which returns an empty list instead of an error.

    Raises
    ------
    NoFaceFound
        If the detector finds none.
    InputError
        If ``image`` is not an RGB picture of whole numbers.
    """
    faces = detect(image)
    if not faces:
        height, width = np.shape(image)[:2]
        raise NoFaceFound(
            f"no face was found in {name} ({width} x {height} px): faces that are very small, in "
            "profile or mostly covered are often missed, so try a closer crop, or pass the whole "
            "picture on as it is (--no-crop on the command line)."
        )
    return faces


def _shrunk(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shrink a picture to the detector's limit and return the scale, (x, y)."""
    from PIL import Image

    height, width = image.shape[:2]
    longest = max(height, width)
    if longest <= _LONGEST_SIDE:
        return image, np.ones(2)
    size = tuple(max(1, round(each * _LONGEST_SIDE / longest)) for each in (width, height))
    small = Image.fromarray(image).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(small), np.array([width, height]) / size


def _parts(
    pictures: Sequence[tuple[np.ndarray, np.ndarray]],
) -> Iterator[list[tuple[np.ndarray, np.ndarray]]]:
    """Divide pictures into parts that are searched together."""
    part: list[tuple[np.ndarray, np.ndarray]] = []
    pixels = 0
    for each in pictures:
        if part and pixels + each[0].size // 3 > _TOGETHER:
            yield part
            part, pixels = [], 0
        part.append(each)
        pixels += each[0].size // 3
    if part:
        yield part


def _detections(rows: np.ndarray, scale: np.ndarray) -> list[Detection]:
    boxes = np.concatenate([rows[:, :2], rows[:, 2:4] - rows[:, :2]], 1) * np.tile(scale, 2)
    landmarks = rows[:, 5:].reshape(len(rows), 2, 5).transpose(0, 2, 1) * scale
    return [
        Detection((x, y, width, height), score, points)
        for (x, y, width, height), score, points in zip(
            boxes.tolist(), rows[:, 4].tolist(), landmarks, strict=True
        )
    ]


def _largest_first(faces: list[Detection]) -> list[Detection]:
    return sorted(faces, key=lambda face: face.area, reverse=True)
