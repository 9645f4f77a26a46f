"""Rendered faces: masks that partition, twins that differ where they should, left that is left."""

from functools import lru_cache

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from helpers import faces
from helpers.errors import InputError
from helpers.faces import REGIONS
from helpers.faces.measures import measure
from helpers.faces.picture import strip
from helpers.faces.space import look

NUMBER = {name: number for number, name in enumerate(REGIONS)}


@pytest.fixture(scope="module")
def crowd():
    return faces.sample(96, seed=6)


@pytest.fixture(scope="module")
def pictures(crowd):
    return faces.render(crowd)


def far_changes(plain, changed, regions, size=112, above=4):
    """Distances, in pixels, from the named regions of all pixels that changed visibly.

    More than four grey levels: twice the standard deviation of the camera's noise.
    """
    before, after = render_once(tuple(plain), size), faces.render(changed, size)
    difference = np.abs(before.images.astype(int) - after.images).max(axis=-1)
    numbers = [NUMBER[name] for name in regions]
    inside = (before.masks | after.masks)[:, numbers].any(axis=1)
    away = np.stack([distance_from(mask) for mask in inside])
    return away[difference > above]


@lru_cache(maxsize=2)
def render_once(people, size):
    return faces.render(people, size)


def distance_from(mask):
    return distance_transform_edt(~mask) if mask.any() else np.full(mask.shape, np.inf)


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


# -- how far a factor reaches

PLAIN = {name: False for name in ("hat", "glasses", "lipstick", "beard", "earrings", "necklace")}
WORN_WITH = {
    "lipstick_colour": "lipstick",
    "glasses_style": "glasses",
    "hat_style": "hat",
    "hat_colour": "hat",
    "beard_style": "beard",
}
LOCAL = [
    name
    for name, reach in faces.REACH.items()
    if len(reach.regions) < len(REGIONS) - 1  # neither the whole picture nor the whole person
]


def values_of(name):
    allowed = faces.FACTORS[name]["range"]
    return allowed.values if isinstance(allowed, faces.Choice) else (allowed.low, allowed.high)


def changed_in(people, name):
    """The people, wearing what a style is about, and their twins: each value in turn."""
    if name in WORN_WITH:
        people = [faces.twin(face, **{WORN_WITH[name]: True}) for face in people]
    values = values_of(name)
    others = [[each for each in values if each != getattr(face, name)] for face in people]
    twins = [
        faces.twin(face, **{name: other[k % len(other)]})
        for k, (face, other) in enumerate(zip(people, others, strict=True))
    ]
    return people, twins


def test_every_factor_has_a_reach():
    assert list(faces.REACH) == list(faces.FACTORS)
    assert {region for reach in faces.REACH.values() for region in reach.regions} == set(REGIONS)
    assert all(len(faces.REACH[name].regions) == 19 for name in ("skin_tone", "exposure", "grain"))
    assert "background" not in faces.REACH["yaw"].regions
    assert len(LOCAL) == 28


@pytest.mark.parametrize("name", LOCAL)
def test_no_pixel_changes_beyond_the_reach_of_a_factor(name):
    people = faces.sample(30, seed=12)
    away = far_changes(*changed_in(people, name), faces.REACH[name].regions)
    assert away.size
    assert away.max() <= faces.REACH[name].pixels(112)


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.parametrize("name", faces.REACH)
@pytest.mark.parametrize("size", [64, 160])
def test_no_pixel_changes_beyond_the_reach_of_a_factor_at_any_size(name, size):
    people = faces.sample(40, seed=13)
    away = far_changes(*changed_in(people, name), faces.REACH[name].regions, size)
    assert away.size
    assert away.max() <= faces.REACH[name].pixels(size)


@pytest.mark.parametrize("style", ["cap", "brim"])
def test_visors_and_brims_end(style):
    people = faces.sample(24, seed=8, **PLAIN)
    hatted = [faces.twin(face, hat=True, hat_style=style) for face in people]
    before, after = faces.render(people), faces.render(hatted)
    columns = (before.masks | after.masks)[:, [NUMBER["hat"], NUMBER["hair"]]].any(axis=(1, 2))
    changed = np.abs(before.images.astype(int) - after.images).max(axis=(1, 3)) > 1
    beside = np.stack([distance_transform_edt(~each) for each in columns]) > 3
    backdrop = before.masks[:, NUMBER["background"]].all(axis=1)
    assert (beside & backdrop).sum() > 100
    # Nothing casts a shadow on the background.
    assert not (changed & beside & backdrop).any()


@pytest.mark.parametrize("mood", [{"smile": 1.0, "mouth_open": 1.0}, {"mouth_open": 0.3}])
def test_lipstick_stays_on_the_lips(mood):
    # The palest lipstick on all lips, thin ones at the corners of the mouth above all.
    people = faces.sample(32, seed=11, lipstick=False, lipstick_colour="coral", **mood)
    painted = [faces.twin(face, lipstick=True) for face in people]
    assert far_changes(people, painted, ["u_lip", "l_lip"]).max() < 2.5


@pytest.mark.parametrize("size", [64, 112])
@pytest.mark.parametrize(("worn", "region"), [("necklace", "neck_l"), ("earrings", "ear_r")])
def test_thin_things_keep_their_region_in_small_pictures(worn, region, size):
    people = faces.sample(32, seed=8, hair_length="cropped", yaw=0.0, roll=0.0, **PLAIN)
    shown = faces.render([faces.twin(face, **{worn: True}) for face in people], size)
    seen = shown.masks[:, NUMBER[region]]
    spans = [np.flatnonzero(mask.any(axis=0)) for mask in seen]
    # In each column between its ends a string, and each of the two hoops, has a pixel.
    gaps = [np.diff(columns) for columns in spans]
    assert max((gap > 1).sum() for gap in gaps) <= (0 if worn == "necklace" else 1)


def test_a_strip_covers_what_lies_between_its_edges():
    space = look(measure(faces.sample(1, seed=0)), 112)
    across = space.x / space.pixel  # in pixels from the middle
    wide = strip(space.x + 3 * space.pixel, 3 * space.pixel - space.x, space)
    assert wide.sum(axis=-1) == pytest.approx(6, abs=1e-3)
    thin = strip(space.x + 0.1 * space.pixel, 0.1 * space.pixel - space.x, space)
    assert thin.sum(axis=-1) == pytest.approx(0.2, abs=1e-3)
    assert thin[np.abs(across) > 0.7].max() == 0
    assert strip(space.x, -space.x, space).max() < 1e-5


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
