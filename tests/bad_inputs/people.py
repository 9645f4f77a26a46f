"""Rendered faces, and preprocessing: sample, twin, render; detect, crop, align, blur."""

from typing import Any

import numpy as np

from helpers import faces, preprocessing
from helpers.preprocessing import Detection
from tests.bad_inputs.harness import Case, door, patient_door
from tests.bad_inputs.material import INF, NAN, people, picture

CASES: list[Case] = []
_SEEDS = (-1, 1.5, "x", None)
_FACE = "face"
ONE = people()[0]

# -- faces

sampling = door(CASES, "faces.sample", faces.sample, n=3)
again = door(CASES, "faces.retakes", faces.retakes, face=ONE, n=3)
for _door in (sampling, again):
    for _n in ("3", None, NAN, 0, -1, 2.5, True):
        _door.refuses(f"n={_n!r}", r"\bn\b|faces were asked|count", n=_n)
    for _seed in _SEEDS:
        _door.refuses(f"seed={_seed!r}", "seed", seed=_seed)
    for _what, _says, _factors in (
        ("an unknown factor", "nose_ring", {"nose_ring": True}),
        ("hat='yes'", "hat", {"hat": "yes"}),
        ("hat=None", "hat", {"hat": None}),
        ("hat=[]", "hat", {"hat": []}),
        ("smile=NaN", "smile|factor", {"smile": NAN}),
        ("background='beach'", "background", {"background": "beach"}),
        ("lamp of text", "grain", {"grain": "x"}),
    ):
        _door.refuses(_what, _says, **_factors)
for _what, _age in (
    ("age=None", None),
    ("age=(60, 20): ends turned round", (60, 20)),
    ("age=(20, 30, 40)", (20, 30, 400)),
    ("age='old'", "old"),
    ("age=500", 500),
    ("age=(20, NaN)", (20, NAN)),
    ("age=[[20]]", [[20]]),
):
    sampling.refuses(_what, "age", age=_age)
for _what, _age in (
    ("age={20, 30} (a set)", {20, 30}),
    ("age=np.array([20, 30])", np.array([20, 30])),
):
    sampling.either(_what, "age", lambda found: {each.age for each in found} <= {20, 30}, age=_age)
sampling.either(
    "grain=1.5 and render",
    "grain",
    lambda drawn: len(drawn.images) == 1,
    lambda _at: faces.render(faces.sample(1, grain=1.5), 64),
)
again.refuses("None", _FACE, face=None)
again.refuses("a list of faces", _FACE, face=list(people()))
for _what, _says, _words in (
    ("one Face instead of a list", _FACE, {"faces": ONE}),
    ("None", _FACE, {"faces": None}),
    ("no face", "no face", {"faces": []}),
    ("a picture", _FACE, {"faces": [picture()]}),
    ("one of them None", _FACE, {"faces": [ONE, None]}),
    *(
        (f"size={each!r}", "size", {"size": each})
        for each in ("112", None, 64.5, NAN, INF, 10, 10**6, (64, 64), True)
    ),
):
    door(CASES, "faces.render", faces.render, faces=[ONE], size=64).refuses(_what, _says, **_words)
twins = door(CASES, "faces.twin", faces.twin, face=ONE)
for _what, _says, _words in (
    ("None", _FACE, {"face": None}),
    ("a list of faces", _FACE, {"face": list(people())}),
    ("an unknown factor", "hatt", {"hatt": True}),
    ("hat=2", "hat", {"hat": 2}),
    ("skin_tone=11", "skin_tone", {"skin_tone": 11}),
    ("skin_tone='6'", "skin_tone", {"skin_tone": "6"}),
    ("mouth_open=NaN", "mouth_open", {"mouth_open": NAN}),
    ("mouth_open='wide'", "mouth_open", {"mouth_open": "wide"}),
    ("mouth_open=[1]", "mouth_open", {"mouth_open": [1]}),
    ("mouth_open=True", "mouth_open", {"mouth_open": True}),
):
    twins.refuses(_what, _says, **_words)
made = door(CASES, "faces.Face", faces.Face)
made.refuses("unknown factor", "nose", nose=1)
made.refuses("a factor out of range", "face_width", face_width=9)
made.refuses("a factor of text", "face_width", face_width="wide")
tied = door(
    CASES, "faces.correlate", faces.correlate,
    faces=list(people()), labels=[True, True, False, False], strength=0.5,
)  # fmt: skip
for _what, _says, _words in (
    *(
        (f"strength={each!r}", "strength", {"strength": each})
        for each in ("0.5", 50, -0.1, NAN, None)
    ),
    *((f"seed={each!r}", "seed", {"seed": each}) for each in _SEEDS),
    ("hat=(True,)", "hat", {"hat": (True,)}),
    ("hat=(True, True)", "hat", {"hat": (True, True)}),
    ("hat='yes'", "hat", {"hat": "yes"}),
    ("three backgrounds", "background", {"hat": None, "background": ("street", "wall", "studio")}),
    ("labels NaN", "label", {"labels": [NAN, True, False, True]}),
    ("labels None", "label", {"labels": None}),
    ("labels of text", "label", {"labels": ["yes", "no", "yes", "no"]}),
    ("labels of another length", "label", {"labels": [True]}),
    ("labels of 2", "label", {"labels": [2, 0, 1, 0]}),
    ("faces None", _FACE, {"faces": None}),
    ("one Face", _FACE, {"faces": ONE}),
):
    _cue = {} if {"hat", "background"} & set(_words) else {"hat": True}
    _words = {name: value for name, value in _words.items() if value is not None or name != "hat"}
    tied.refuses(_what, _says, **_cue, **_words)
tied.refuses("no factor", "factor")
tied.refuses("two factors", "factor", hat=True, beard=True)
tied.refuses("an unknown factor", "hatt", hatt=True)
banded = door(CASES, "faces.band", faces.band)
for _tone in (11, 0, "x", None, NAN, 2.5, [3]):
    banded.refuses(f"{_tone!r}", "tone", skin_tone=_tone)

# -- preprocessing

FACE = Detection(
    (10.0, 10.0, 20.0, 25.0), 0.99, np.array([[15, 18], [25, 18], [20, 24], [16, 29], [24, 29.0]])
)


def _boxed(*box: float) -> Detection:
    return Detection(box, 0.9, FACE.landmarks)  # type: ignore[arg-type]


_NO_PICTURES: dict[str, Any] = {
    "None": None,
    "a name": "a.jpg",
    "floats": picture() / 255,
    "grey": picture()[..., 0],
    "four channels": np.dstack([picture(), picture()[..., :1]]),
    "no pixels": picture()[:0],
    "a list of pictures": [picture(), picture()],
}
detecting = door(CASES, "preprocessing.detect", preprocessing.detect, image=picture())
together = door(CASES, "preprocessing.detect_all", preprocessing.detect_all, images=[picture()])
for _what, _images in (
    ("one picture", picture()),
    ("None", None),
    ("a number", 3),
    ("a name", "a.jpg"),
    ("a picture and None", [picture(), None]),
):
    together.refuses(f"images: {_what}", "picture|image|RGB", images=_images)
cropping = door(
    CASES, "preprocessing.crop_face", preprocessing.crop_face,
    image=picture(), detection=FACE, size=32,
)  # fmt: skip
aligning = door(
    CASES, "preprocessing.align", preprocessing.align,
    image=picture(), landmarks=FACE.landmarks, size=32,
)  # fmt: skip
blurring = door(
    CASES, "preprocessing.blur_where", preprocessing.blur_where,
    image=picture(), mask=np.ones((60, 50), bool), sigma=2,
)  # fmt: skip
for _door in (detecting, cropping, aligning, blurring):
    for _what, _image in _NO_PICTURES.items():
        _door.refuses(f"image: {_what}", "picture|image|RGB", image=_image)
for _score in (2, NAN, -0.1, "0.9", None, 90):
    detecting.refuses(f"min_score={_score!r}", "min_score", min_score=_score)
for _size in (0, -5, "32", None, 32.5, NAN, True, 10**6):
    cropping.refuses(f"size={_size!r}", "size", size=_size)
    aligning.refuses(f"size={_size!r}", "size", size=_size)
_FINDING = "face|detection|box"
for _what, _detection in (
    ("the list of faces instead of one", [FACE]),
    ("no face", None),
    ("a box instead of a face", (1, 2, 3, 4)),
    ("box of NaN", _boxed(NAN, 0, 5, 5)),
    ("box of infinity", _boxed(0, 0, INF, 5)),
    ("box of size 0", _boxed(5, 5, 0, 0)),
    ("box of negative width", _boxed(5, 5, -4, 9)),
    ("box far outside", _boxed(900, 900, 20, 20)),
    ("box of text", _boxed("a", 0, 5, 5)),  # type: ignore[arg-type]
    ("box of three", _boxed(1, 2, 3)),
):
    cropping.refuses(_what, _FINDING, detection=_detection)
oval = door(
    CASES, "preprocessing.face_ellipse", preprocessing.face_ellipse,
    landmarks=FACE.landmarks, shape=(60, 50),
)  # fmt: skip
for _what, _landmarks in (
    ("None", None),
    ("three points", FACE.landmarks[:3]),
    ("all at one place", np.ones((5, 2))),
    ("NaN", np.full((5, 2), NAN)),
    ("text", np.full((5, 2), "a")),
    ("the face itself", FACE),
    ("six numbers", np.zeros(6)),
):
    oval.refuses(f"landmarks {_what}", "landmarks", landmarks=_landmarks)
    aligning.refuses(f"landmarks {_what}", "landmarks", landmarks=_landmarks)
for _shape in ((50,), 50, None, (60, 50, 3), (0, 5), (-5, 5), (60.5, 50), "60x50", (10**7, 10**7)):
    oval.refuses(f"shape={_shape!r}", "shape|height|width", shape=_shape)
aligning.refuses(
    "more pictures than landmarks",
    "landmarks|picture",
    image=np.stack([picture()] * 2),
    landmarks=FACE.landmarks[None],
)
for _sigma in (0, -1, "3", None, NAN, INF, [2]):
    blurring.refuses(f"sigma={_sigma!r}", "sigma", sigma=_sigma)
for _what, _mask in (
    ("None", None),
    ("of another size", np.ones((5, 5), bool)),
    ("of numbers", np.ones((60, 50))),
    ("with an axis of colours", np.ones((60, 50, 3), bool)),
    ("a list", [[True]]),
):
    blurring.refuses(f"mask {_what}", "mask", mask=_mask)
blurring.either(
    "sigma=100000 on 64 x 64 px (CPU time)",
    "sigma",
    lambda x: x.shape == (64, 64, 3),
    image=picture(64, 64),
    mask=np.ones((64, 64), bool),
    sigma=100_000,
)
moving = door(
    CASES, "preprocessing.moved_mask", preprocessing.moved_mask, mask=np.eye(9, dtype=bool), seed=0
)
for _seed in _SEEDS:
    moving.refuses(f"seed={_seed!r}", "seed", seed=_seed)
for _what, _mask in (
    ("3-D mask", np.ones((3, 4, 5), bool)),
    ("None", None),
    ("an empty mask", np.zeros((0, 5), bool)),
    ("numbers", np.ones((4, 4))),
    ("a list", [[True, False]]),
):
    moving.refuses(_what, "mask", mask=_mask)
finding = patient_door(CASES, "preprocessing.find_faces", preprocessing.find_faces)
finding.refuses(
    "a photograph without a face (README's snippet)",
    "no face was found in wall.jpg",
    image=np.full((60, 80, 3), 180, dtype=np.uint8),
    name="wall.jpg",
)
