"""Rendered faces: masks that partition, twins that differ where they should, left that is left."""

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from helpers import faces
from helpers.errors import InputError
from helpers.faces import REGIONS

NUMBER = {name: number for number, name in enumerate(REGIONS)}


@pytest.fixture(scope="module")
def crowd():
    return faces.sample(96, seed=6)


@pytest.fixture(scope="module")
def pictures(crowd):
    return faces.render(crowd)


def far_changes(plain, changed, regions, above=4):
    """Distances, in pixels, from the named regions of all pixels that changed visibly."""
    before, after = faces.render(plain), faces.render(changed)
    difference = np.abs(before.images.astype(int) - after.images).max(axis=-1)
    numbers = [NUMBER[name] for name in regions]
    inside = (before.masks | after.masks)[:, numbers].any(axis=1)
    away = np.stack([distance_transform_edt(~mask) for mask in inside])
    return away[difference > above]


def test_masks_partition_every_picture(pictures):
    assert pictures.masks.shape == (96, 19, 112, 112)
    assert (pictures.masks.sum(axis=1) == 1).all()


def test_every_region_occurs(pictures):
    seen = pictures.masks.any(axis=(0, 2, 3))
    assert [name for name, there in zip(REGIONS, seen, strict=True) if not there] == []


def test_things_that_are_worn_have_a_region_and_others_none(crowd, pictures):
    for name, region in {"hat": "hat", "glasses": "eye_g", "necklace": "neck_l"}.items():
        shown = pictures.masks[:, NUMBER[region]].any(axis=(1, 2))
        assert shown.tolist() == [getattr(face, name) for face in crowd], name


def test_dark_glasses_hide_the_eyes_and_clear_ones_do_not():
    people = faces.sample(12, seed=2, glasses=True, hat=False)
    for style, visible in {"dark": False, "round": True, "square": True}.items():
        shown = faces.render([faces.twin(face, glasses_style=style) for face in people])
        eyes = shown.masks[:, [NUMBER["l_eye"], NUMBER["r_eye"]]].sum(axis=(1, 2, 3))
        assert (eyes > 10).all() if visible else (eyes < 10).all(), style


def test_left_is_the_left_of_the_image(pictures):
    columns = np.arange(112)
    for left, right in [("l_eye", "r_eye"), ("l_brow", "r_brow"), ("l_ear", "r_ear")]:
        masks = pictures.masks[:, [NUMBER[left], NUMBER[right]]]
        both = masks.any(axis=(2, 3)).all(axis=1)
        middles = (masks * columns).sum(axis=(2, 3)) / np.maximum(masks.sum(axis=(2, 3)), 1)
        assert both.sum() > 20
        assert (middles[both, 0] < middles[both, 1]).all(), left


def test_landmarks_lie_in_the_regions_they_name(crowd, pictures):
    for k, face in enumerate(crowd):
        for number, region in enumerate(["l_eye", "r_eye", "nose"]):
            x, y = np.rint(pictures.landmarks[k, number]).astype(int)
            near = pictures.masks[k][:, y - 1 : y + 2, x - 1 : x + 2].any(axis=(1, 2))
            allowed = [NUMBER[region]] + [NUMBER["eye_g"]] * face.glasses
            assert near[allowed].any(), (k, region)


def test_corners_of_the_mouth_end_the_lips(pictures):
    lips = pictures.masks[:, [NUMBER["u_lip"], NUMBER["l_lip"], NUMBER["mouth"]]].any(axis=1)
    for k in range(len(lips)):
        columns = np.flatnonzero(lips[k].any(axis=0))
        assert columns[0] == pytest.approx(pictures.landmarks[k, 3, 0], abs=2.5)
        assert columns[-1] == pytest.approx(pictures.landmarks[k, 4, 0], abs=2.5)


def test_a_face_gets_the_same_bytes_alone_and_among_others(crowd, pictures):
    # Many, because what one face does to its neighbours may be a single hair.
    for k in range(0, len(crowd), 2):
        alone = faces.render([crowd[k]])
        assert np.array_equal(alone.images[0], pictures.images[k]), k
        assert np.array_equal(alone.masks[0], pictures.masks[k]), k
        assert np.array_equal(alone.landmarks[0], pictures.landmarks[k]), k


def test_the_number_of_a_person_changes_no_pixel(crowd):
    shown = faces.render([crowd[0], faces.twin(crowd[0], grain=crowd[0].grain)])
    assert np.array_equal(shown.images[0], shown.images[1])


@pytest.mark.parametrize("size", [64, 97, 224, 512])
def test_sizes_show_the_same_face(crowd, size):
    small, other = faces.render(crowd[:2]), faces.render(crowd[:2], size)
    assert other.images.shape == (2, size, size, 3)
    at = (small.landmarks + 0.5) / 112
    assert (other.landmarks + 0.5) / size == pytest.approx(at, abs=1e-4)
    share = other.masks.mean(axis=(2, 3)) - small.masks.mean(axis=(2, 3))
    assert np.abs(share).max() < 0.02


PLAIN = {name: False for name in ("hat", "glasses", "lipstick", "beard", "earrings", "necklace")}


@pytest.mark.parametrize(
    ("change", "regions"),
    [
        ({"lipstick": True}, ["u_lip", "l_lip"]),
        ({"eye_colour": "blue"}, ["l_eye", "r_eye"]),
        ({"background": "street"}, ["background"]),
        ({"clothes_colour": "maroon"}, ["cloth"]),
        ({"hair_colour": "auburn"}, ["hair", "l_brow", "r_brow"]),
    ],
)
def test_paint_changes_nothing_but_what_is_painted(change, regions):
    people = faces.sample(48, seed=8, **PLAIN)
    away = far_changes(people, [faces.twin(face, **change) for face in people], regions)
    assert away.size
    # Thin hair lets some of the background through beyond the edge of its mask.
    assert np.quantile(away, 0.995) <= 2
    assert away.max() <= 6


@pytest.mark.parametrize(
    ("worn", "regions"),
    [
        ("glasses", ["eye_g"]),
        ("hat", ["hat", "hair"]),
        ("earrings", ["ear_r"]),
        ("necklace", ["neck_l"]),
        ("beard", ["skin"]),
    ],
)
def test_worn_things_change_nothing_beyond_their_shadow(worn, regions):
    people = faces.sample(48, seed=8, **PLAIN)
    away = far_changes(people, [faces.twin(face, **{worn: True}) for face in people], regions)
    assert away.size
    assert np.quantile(away, 0.99) <= faces.SHADOW_REACH * 112


def test_raised_brows_stay_below_a_hat():
    people = faces.sample(32, seed=4, hat=True, glasses=False, brows_raised=1.0)
    shown = faces.render(people).masks[:, [NUMBER["l_brow"], NUMBER["r_brow"]]].sum(axis=(2, 3))
    assert (shown > 8).all()


def test_lighter_tones_reflect_more(crowd):
    tones = [faces.twin(crowd[0], skin_tone=tone, hat=False, beard=False) for tone in range(1, 11)]
    shown = faces.render(tones)
    skin = shown.masks[:, NUMBER["skin"]]
    brightness = [image[mask].mean() for image, mask in zip(shown.images, skin, strict=True)]
    assert np.corrcoef(range(10), brightness)[0, 1] < -0.95


@pytest.mark.parametrize("size", [63, 513])
def test_sizes_out_of_range_are_refused(size):
    with pytest.raises(InputError, match="from 64 to 512"):
        faces.render(faces.sample(1), size)


def test_rendering_something_else_is_refused():
    with pytest.raises(InputError, match="no face"):
        faces.render([])
    with pytest.raises(InputError, match="a str"):
        faces.render(["hat"])
