"""From faces to pictures, masks and landmarks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from helpers import arguments
from helpers.faces.backdrop import paint_backdrop
from helpers.faces.factors import Face, require_faces
from helpers.faces.features import (
    corner_height,
    mouth_half_width,
    paint_brows,
    paint_eyes,
    paint_mouth,
)
from helpers.faces.hair import comb, paint_back_hair, paint_hair
from helpers.faces.head import paint_beard, paint_ears, paint_head, paint_neck
from helpers.faces.light import lit, photograph
from helpers.faces.measures import Measures, measure
from helpers.faces.picture import blank
from helpers.faces.regions import REGIONS
from helpers.faces.space import look, project
from helpers.faces.worn import (
    paint_clothes,
    paint_earrings,
    paint_glasses,
    paint_hat,
    paint_necklace,
)

_BATCH_PIXELS = 16 * 112 * 112


@dataclass(frozen=True)
class Rendered:
    """Pictures of faces and the truth about them.

    Attributes
    ----------
    images : array (N, H, W, 3) of uint8
        RGB.
    masks : array (N, 19, H, W) of bool
        One per region of ``REGIONS``; each pixel is in exactly one.
    landmarks : array (N, 5, 2) of float32
        x and y in pixels of the image-left eye, the image-right eye, the tip of the nose, the
        image-left and the image-right corner of the mouth.
    """

    images: npt.NDArray[np.uint8]
    masks: npt.NDArray[np.bool_]
    landmarks: npt.NDArray[np.float32]


def render(faces: Sequence[Face], size: int = 112) -> Rendered:
    """Draw faces.

    Parameters
    ----------
    faces : sequence of Face
        At least one.
    size : int
        Height and width of the pictures in pixels, from 64 to 512.

    Returns
    -------
    Rendered
        The same faces give the same bytes, alone or among others.

    Raises
    ------
    InputError
        If there is no face, one is no :class:`Face`, or the size is out of range.

    Examples
    --------
    >>> drawn = render([Face(hat=True)], size=64)
    >>> drawn.images.shape, drawn.masks.shape, drawn.landmarks.shape
    ((1, 64, 64, 3), (1, 19, 64, 64), (1, 5, 2))

    Notes
    -----
    A face is a height field in the plane of the face, painted in layers and lit by one lamp and the
    sky: Lambert's diffuse light, softened at the edge of shadows as by light that wanders under
    skin, highlights after Blinn (SIGGRAPH 1977), shadows by marching towards the lamp, and ambient
    occlusion by depth darkening (Luft et al., SIGGRAPH 2006). Turning the head is exact for the
    landmarks and approximate for outlines, hence its narrow range.

    What these faces are not: a sample of people. Factors are independent, skin tones are ordered as
    on the Monk scale but no one's skin was measured, and nobody looks like them.
    """
    faces, size = require_faces(faces), arguments.count(size, "size", 64, 512)
    batch = max(_BATCH_PIXELS // size**2, 1)
    parts = [_render(faces[k : k + batch], size) for k in range(0, len(faces), batch)]
    return Rendered(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _render(faces: Sequence[Face], size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    m = measure(faces)
    space = look(m, size)
    picture = blank(len(faces), size)
    paint_backdrop(picture, m)
    cut = comb(m, space)
    paint_back_hair(picture, m, space, cut)
    paint_neck(picture, m, space)
    paint_clothes(picture, m, space)
    paint_necklace(picture, m, space)
    paint_ears(picture, m, space)
    paint_head(picture, m, space)
    paint_mouth(picture, m, space)
    paint_beard(picture, m, space)
    paint_eyes(picture, m, space)
    paint_brows(picture, m, space)
    paint_hair(picture, m, space, cut)
    paint_earrings(picture, m, space)
    paint_glasses(picture, m, space)
    paint_hat(picture, m, space)
    images = photograph(lit(picture, m, space), m, space)
    masks = picture.label[:, None] == np.arange(len(REGIONS), dtype=np.uint8)[:, None, None]
    return images, masks, _landmarks(m, size)


def _landmarks(m: Measures, size: int) -> npt.NDArray[np.float32]:
    def flat(name: str) -> np.ndarray:
        return m[name][:, 0, 0]

    wide, corner = 0.95 * mouth_half_width(m)[:, 0, 0], corner_height(m)[:, 0, 0]
    u = np.stack([-flat("eye_distance"), flat("eye_distance"), 0 * wide, -wide, wide], axis=1)
    eye = flat("eye_height") - 0.022
    v = np.stack([eye, eye, flat("nose_length") - 0.11, corner, corner], axis=1)
    return project(m, u, v, size).astype(np.float32)
