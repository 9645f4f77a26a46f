"""Every factor of a rendered face, its range, and how it is drawn at random."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Self

import numpy as np

from helpers import arguments
from helpers.errors import InputError, unknown_name
from helpers.faces.palettes import PALETTES

BANDS = ("1-3", "4-5", "6-7", "8-10")
"""Names of the four skin-tone bands: which Monk tones belong to each."""


@dataclass(frozen=True)
class Uniform:
    """A factor that takes every value from ``low`` to ``high`` equally often."""

    low: float
    high: float


@dataclass(frozen=True)
class Normal(Uniform):
    """A factor in standard deviations from the average face, cut off at ``low`` and ``high``."""

    low: float = -2.0
    high: float = 2.0


@dataclass(frozen=True)
class Sometimes(Uniform):
    """A factor that is 0 in most faces; in a share of them it takes any value up to 1."""

    low: float = 0.0
    high: float = 1.0
    share: float = 0.4


@dataclass(frozen=True)
class Choice:
    """A factor that takes each of some values, equally often unless ``weights`` say otherwise."""

    values: tuple[Any, ...]
    weights: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Whole:
    """A whole number from ``low`` to ``high``."""

    low: int
    high: int


Range = Uniform | Choice | Whole


# Each describes a field of :class:`Face`: default, range, kind and meaning in one place.


def _factor(default: Any, values: Range, group: str, says: str, **more: Any) -> Any:
    metadata = {"range": values, "group": group, "says": says, **more}
    return field(default=default, metadata=metadata)


def _shape(says: str, average: float | None = None, deviation: float = 0.0) -> Any:
    """Describe a shape: the length in the average face, and what a standard deviation adds."""
    more = {} if average is None else {"length": (average, deviation)}
    return _factor(0.0, Normal(), "identity", says, **more)


def _between(low: float, high: float, group: str, says: str, default: float = 0.0) -> Any:
    return _factor(default, Uniform(low, high), group, says)


def _kind(
    default: str,
    values: Iterable[str],
    says: str,
    group: str = "identity",
    weights: tuple[float, ...] | None = None,
) -> Any:
    return _factor(default, Choice(tuple(values), weights), group, says)


def _switch(says: str, often: float, group: str = "accessory") -> Any:
    return _factor(False, Choice((False, True), (1 - often, often)), group, says)


@dataclass(frozen=True)
class Face:
    """A portrait, described by everything that can vary in it.

    Factors of shape are in standard deviations: 0 is the average face and +2 is far above it.
    ``FACTORS`` lists each factor's range and meaning; :func:`twin` changes some and leaves the
    rest. Left and right are those of the image.

    Raises
    ------
    InputError
        If a factor is outside its range; the message names it.
    """

    # -- the shape of a person, constant from picture to picture
    face_width: float = _shape("width at the cheekbones", 1.06, 0.045)
    face_length: float = _shape("from the eyes to the chin", 1.58, 0.07)
    forehead_height: float = _shape("from the eyes to the hairline", 0.93, 0.07)
    jaw_width: float = _shape("width at the corners of the jaw")
    jaw_square: float = _shape("how angular the jaw is")
    chin_width: float = _shape("width of the chin")
    chin_forward: float = _shape("how far the chin stands out")
    cheekbones: float = _shape("how prominent the cheekbones are")
    cheek_fullness: float = _shape("fullness of the cheeks")
    brow_ridge: float = _shape("how prominent the ridge above the eyes is")
    eye_distance: float = _shape("distance between the eyes", 0.465, 0.022)
    eye_height: float = _shape("height of the eyes in the face", 0.0, 0.025)
    eye_width: float = _shape("length of the eye opening", 0.232, 0.014)
    eye_opening: float = _shape("height of the eye opening", 0.100, 0.013)
    eye_tilt: float = _shape("outer corner above (+) or below (-) the inner one", 0.02, 0.022)
    eye_depth: float = _shape("how deep the eyes lie")
    lid_fold: float = _shape("height of the fold of the upper lid", 0.055, 0.016)
    iris_size: float = _shape("size of the iris", 0.094, 0.004)
    brow_height: float = _shape("height of the relaxed brows above the eyes", 0.25, 0.022)
    brow_thickness: float = _shape("thickness of the brows", 0.06, 0.012)
    brow_length: float = _shape("length of the brows", 0.27, 0.022)
    brow_arch: float = _shape("how arched the brows are", 0.05, 0.022)
    brow_tilt: float = _shape("outer end above (+) or below (-) the inner one", 0.015, 0.025)
    brow_gap: float = _shape("distance between the brows", 0.17, 0.028)
    nose_length: float = _shape("from the bridge to the tip", 0.68, 0.05)
    nose_width: float = _shape("width at the wings", 0.255, 0.03)
    nose_bridge_width: float = _shape("width of the bridge", 0.1, 0.015)
    nose_bridge_height: float = _shape("how far the bridge stands out", 0.13, 0.03)
    nose_tip: float = _shape("roundness of the tip", 0.125, 0.016)
    nose_forward: float = _shape("how far the tip stands out", 0.3, 0.045)
    nostrils: float = _shape("how visible the nostrils are")
    mouth_width: float = _shape("width of the closed mouth", 0.36, 0.03)
    mouth_height: float = _shape("height of the mouth between nose and chin", 1.03, 0.035)
    upper_lip: float = _shape("fullness of the upper lip", 0.092, 0.02)
    lower_lip: float = _shape("fullness of the lower lip", 0.13, 0.022)
    cupids_bow: float = _shape("depth of the notch of the upper lip", 0.3, 0.12)
    mouth_corners: float = _shape("resting corners of the mouth up (+) or down (-)", 0.0, 0.016)
    ear_size: float = _shape("size of the ears", 0.31, 0.025)
    ear_angle: float = _shape("how far the ears stand out", 0.09, 0.025)
    neck_width: float = _shape("width of the neck", 0.6, 0.045)
    asymmetry: float = _shape("how far one half of the face is lower than the other")
    freckles: float = _shape("how many freckles; none below average")
    skin_tone: int = _factor(
        5, Choice(tuple(range(1, 11))), "identity", "Monk skin tone, 1 (lightest) to 10"
    )
    eye_colour: str = _kind("brown", PALETTES["eye_colour"], "colour of the iris")
    age: float = _between(18.0, 80.0, "identity", "apparent age in years", 35.0)
    hair_length: str = _kind(
        "short",
        ("none", "cropped", "short", "chin", "long"),
        "length of the hair",
        weights=(0.08, 0.2, 0.27, 0.2, 0.25),
    )
    hair_style: str = _kind("parted", ("parted", "centre", "swept"), "how the hair falls")
    hair_texture: str = _kind(
        "straight", ("straight", "wavy", "curly", "coily"), "texture of the hair"
    )
    hair_colour: str = _kind(
        "brown",
        PALETTES["hair_colour"],
        "colour of hair, brows and beard",
        weights=(0.22, 0.22, 0.2, 0.1, 0.12, 0.08, 0.06),
    )
    beard: bool = _switch("whether there is a beard", 0.22, "identity")
    beard_style: str = _kind(
        "full", ("stubble", "moustache", "goatee", "full"), "which beard, if there is one"
    )
    # -- how this picture was taken
    yaw: float = _between(-15.0, 15.0, "pose", "head turned to the image's right (+), degrees")
    pitch: float = _between(-7.0, 7.0, "pose", "head raised (+), degrees")
    roll: float = _between(-8.0, 8.0, "pose", "head tilted clockwise (+), degrees")
    shift_x: float = _between(-1.0, 1.0, "pose", "face right of the middle (+)")
    shift_y: float = _between(-1.0, 1.0, "pose", "face below the middle (+)")
    closeness: float = _between(-1.0, 1.0, "pose", "size of the face in the picture")
    smile: float = _between(-0.1, 1.0, "expression", "corners of the mouth raised, 0 to 1")
    mouth_open: float = _factor(0.0, Sometimes(), "expression", "how far the mouth is open")
    brows_raised: float = _factor(0.0, Sometimes(), "expression", "how far brows are raised")
    squint: float = _factor(0.0, Sometimes(), "expression", "how far the eyes are narrowed")
    gaze_x: float = _between(-1.0, 1.0, "expression", "eyes to the image's right (+)")
    gaze_y: float = _between(-1.0, 1.0, "expression", "eyes downwards (+)")
    light_from: float = _between(
        -70.0, 70.0, "light", "light from the image's left (-) or right (+), degrees", -35.0
    )
    light_height: float = _between(20.0, 60.0, "light", "how high the light stands, degrees", 40.0)
    light_warmth: float = _between(-1.0, 1.0, "light", "bluish (-1) to warm (1)")
    light_softness: float = _between(0.2, 0.55, "light", "share of diffuse light", 0.45)
    exposure: float = _between(-1.0, 1.0, "light", "darker (-) or lighter (+) picture")
    # -- what is worn
    lipstick: bool = _switch("whether the lips are painted", 0.3)
    lipstick_colour: str = _kind(
        "red", PALETTES["lipstick_colour"], "colour, if it is worn", "accessory"
    )
    glasses: bool = _switch("whether glasses are worn", 0.25)
    glasses_style: str = _kind(
        "square",
        ("square", "round", "dark"),
        "which glasses, if worn",
        "accessory",
        weights=(0.4, 0.4, 0.2),
    )
    hat: bool = _switch("whether a hat is worn", 0.2)
    hat_style: str = _kind("beanie", ("beanie", "cap", "brim"), "which hat, if worn", "accessory")
    hat_colour: str = _kind("navy", PALETTES["hat_colour"], "colour, if a hat is worn", "accessory")
    earrings: bool = _switch("whether earrings are worn", 0.3)
    necklace: bool = _switch("whether a necklace is worn", 0.3)
    clothes_style: str = _kind(
        "crew", ("crew", "v-neck", "shirt"), "how the clothes are cut", "accessory"
    )
    clothes_colour: str = _kind(
        "blue", PALETTES["clothes_colour"], "colour of the clothes", "accessory"
    )
    background: str = _kind(
        "studio",
        ("studio", "wall", "window", "foliage", "street", "shelves"),
        "what is behind, out of focus",
        "scene",
    )
    background_hue: float = _between(
        0.0, 1.0, "scene", "shade of what is behind, as a turn of the colour circle"
    )
    grain: int = _factor(
        0, Whole(0, (1 << 16) - 1), "scene", "seed of hair strands, pores and camera noise"
    )
    identity: int = 0

    def __new__(cls, *values: Any, **factors: Any) -> Self:
        """Name a factor that a face does not have, where Python would speak of arguments."""
        for name in factors:
            if name != "identity":
                require_factor(name)
        return super().__new__(cls)

    def __post_init__(self) -> None:
        for name, about in FACTORS.items():
            given = getattr(self, name)
            value = in_range(name, given, about["range"])
            if value is not given:
                object.__setattr__(self, name, value)
        object.__setattr__(self, "identity", arguments.count(self.identity, "identity", 0))


FACTORS: "MappingProxyType[str, MappingProxyType[str, Any]]"
FACTORS = MappingProxyType({each.name: each.metadata for each in fields(Face) if each.metadata})
"""``range``, ``group`` ("identity", "pose", "expression", "light", "accessory" or "scene") and what
each factor ``says``. The number ``identity`` of the person is no factor: it changes no pixel."""

SHAPE = tuple(name for name, about in FACTORS.items() if isinstance(about["range"], Normal))
"""Names of the continuous factors of a person's shape."""


def band(skin_tone: int) -> str:
    """Return the band, one of :data:`BANDS`, of a Monk tone from 1 to 10.

    Parameters
    ----------
    skin_tone : int
        From 1, the lightest, to 10.

    Returns
    -------
    str
        "1-3", "4-5", "6-7" or "8-10".

    Raises
    ------
    UnknownName
        If there is no such tone.

    Examples
    --------
    >>> band(6)
    '6-7'
    """
    tone = in_range("skin_tone", skin_tone, FACTORS["skin_tone"]["range"])
    return BANDS[(tone > 3) + (tone > 5) + (tone > 7)]


def require_faces(faces: Any, least: int = 1) -> list[Face]:
    """Check a list of faces.

    Parameters
    ----------
    faces : iterable of Face
        What was given.
    least : int
        How many there must be.

    Returns
    -------
    list of Face

    Raises
    ------
    InputError
        If it is no list, holds something else, or is too short.
    """
    if isinstance(faces, Face) or not isinstance(faces, Iterable):
        raise InputError(
            f"faces must be a list of faces, as faces.sample makes it, not {type(faces).__name__}: "
            "write [face] for a single one."
        )
    people = list(faces)
    strange = [type(each).__name__ for each in people if not isinstance(each, Face)]
    if strange:
        raise InputError(f"faces holds a {strange[0]}: give faces, as faces.sample makes them.")
    if len(people) < least:
        needed = "intervals need at least two, and fifty are better" if least > 1 else "give one"
        raise InputError(f"there is {'one' if people else 'no'} face: {needed}.")
    return people


def require_factor(name: str) -> None:
    """Complain, naming factors that are spelt alike, if a face has no such factor."""
    if name not in FACTORS:
        raise unknown_name("factor of a face", name, FACTORS)


def in_range(name: str, value: Any, allowed: Range) -> Any:
    """Return a factor's value as a face holds it: 5 for 5.0 of a tone, True for NumPy's own.

    Parameters
    ----------
    name : str
        The factor.
    value : object
        What was given.
    allowed : Range
        What the factor can be.

    Returns
    -------
    bool, int, float or str

    Raises
    ------
    UnknownName
        If the factor takes some values only, and this is none of them.
    InputError
        If it is no number, no whole number where the factor is one, or out of range.
    """
    if isinstance(allowed, Choice):
        return _chosen(name, value, allowed.values)
    if isinstance(allowed, Whole):
        return arguments.count(value, name, allowed.low, allowed.high)
    # Most values are fine, and a thousand faces have sixty thousand of them.
    if type(value) is float and allowed.low <= value <= allowed.high:
        return value
    return arguments.number(value, name, allowed.low, allowed.high)


def _chosen(name: str, value: Any, values: tuple[Any, ...]) -> Any:
    # True equals 1, but a switch is no tone.
    if isinstance(value, bool | np.bool_) and not isinstance(values[0], bool):
        raise unknown_name(name, str(value), [str(each) for each in values])
    return values[values.index(arguments.choice(value, name, values))]
