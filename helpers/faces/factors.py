"""Every factor of a rendered face, its range, and how it is drawn at random."""

from dataclasses import dataclass, field, fields
from functools import wraps
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np

from helpers import arguments
from helpers.errors import unknown_name

_F = TypeVar("_F")

MONK_TONES = (
    "#f6ede4",
    "#f3e7db",
    "#f7ead0",
    "#eadaba",
    "#d7bd96",
    "#a07e56",
    "#825c43",
    "#604134",
    "#3a312a",
    "#292420",
)
"""The ten tones of the Monk Skin Tone scale (Monk 2019, released by Google 2022), light to dark."""

BANDS = ("1-3", "4-5", "6-7", "8-10")
"""Names of the four skin-tone bands: which Monk tones belong to each."""


@dataclass(frozen=True)
class Normal:
    """A factor in standard deviations from the average face, cut off at ``limit``."""

    limit: float = 2.0


@dataclass(frozen=True)
class Uniform:
    """A factor that takes every value from ``low`` to ``high`` equally often."""

    low: float
    high: float


@dataclass(frozen=True)
class Choice:
    """A factor that takes each of some values, equally often unless ``weights`` say otherwise."""

    values: tuple[Any, ...]
    weights: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Whole:
    """A whole number from 0 up to, but without, ``count``."""

    count: int


@dataclass(frozen=True)
class Sometimes:
    """A factor that is 0 in most faces; in a share of them it takes any value up to 1."""

    share: float


Range = Normal | Uniform | Choice | Sometimes | Whole


def _factor(default: Any, values: Range, group: str, says: str) -> Any:
    """Describe a field of :class:`Face`: its default, range, kind and meaning in one place."""
    return field(default=default, metadata={"range": values, "group": group, "says": says})


def _shape(says: str) -> Any:
    return _factor(0.0, Normal(), "identity", says)


def _switch(says: str, often: float, group: str = "accessory") -> Any:
    return _factor(False, Choice((False, True), (1 - often, often)), group, says)


def _naming_unknown_factors(cls: type[_F]) -> type[_F]:
    """Let a class name a factor that it does not have, where Python would speak of arguments."""
    make = cls.__init__

    @wraps(make)
    def checked(self: Any, *values: Any, **factors: Any) -> None:
        for name in factors:
            if name != "identity":
                require_factor(name)
        make(self, *values, **factors)

    cls.__init__ = checked  # type: ignore[method-assign]  # of a method, on purpose
    return cls


@_naming_unknown_factors
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
    face_width: float = _shape("width at the cheekbones")
    face_length: float = _shape("from the eyes to the chin")
    forehead_height: float = _shape("from the eyes to the hairline")
    jaw_width: float = _shape("width at the corners of the jaw")
    jaw_square: float = _shape("how angular the jaw is")
    chin_width: float = _shape("width of the chin")
    chin_forward: float = _shape("how far the chin stands out")
    cheekbones: float = _shape("how prominent the cheekbones are")
    cheek_fullness: float = _shape("fullness of the cheeks")
    brow_ridge: float = _shape("how prominent the ridge above the eyes is")
    eye_distance: float = _shape("distance between the eyes")
    eye_height: float = _shape("height of the eyes in the face")
    eye_width: float = _shape("length of the eye opening")
    eye_opening: float = _shape("height of the eye opening")
    eye_tilt: float = _shape("outer corner above (+) or below (-) the inner one")
    eye_depth: float = _shape("how deep the eyes lie")
    lid_fold: float = _shape("height of the fold of the upper lid")
    iris_size: float = _shape("size of the iris")
    brow_height: float = _shape("height of the relaxed brows above the eyes")
    brow_thickness: float = _shape("thickness of the brows")
    brow_length: float = _shape("length of the brows")
    brow_arch: float = _shape("how arched the brows are")
    brow_tilt: float = _shape("outer end above (+) or below (-) the inner one")
    brow_gap: float = _shape("distance between the brows")
    nose_length: float = _shape("from the bridge to the tip")
    nose_width: float = _shape("width at the wings")
    nose_bridge_width: float = _shape("width of the bridge")
    nose_bridge_height: float = _shape("how far the bridge stands out")
    nose_tip: float = _shape("roundness of the tip")
    nose_forward: float = _shape("how far the tip stands out")
    nostrils: float = _shape("how visible the nostrils are")
    mouth_width: float = _shape("width of the closed mouth")
    mouth_height: float = _shape("height of the mouth between nose and chin")
    upper_lip: float = _shape("fullness of the upper lip")
    lower_lip: float = _shape("fullness of the lower lip")
    cupids_bow: float = _shape("depth of the notch of the upper lip")
    mouth_corners: float = _shape("resting corners of the mouth up (+) or down (-)")
    ear_size: float = _shape("size of the ears")
    ear_angle: float = _shape("how far the ears stand out")
    neck_width: float = _shape("width of the neck")
    asymmetry: float = _shape("how far one half of the face is lower than the other")
    freckles: float = _shape("how many freckles; none below average")
    skin_tone: int = _factor(
        5, Choice(tuple(range(1, 11))), "identity", "Monk skin tone, 1 (lightest) to 10"
    )
    eye_colour: str = _factor(
        "brown",
        Choice(("dark brown", "brown", "hazel", "green", "blue", "grey")),
        "identity",
        "colour of the iris",
    )
    age: float = _factor(35.0, Uniform(18.0, 80.0), "identity", "apparent age in years")
    hair_length: str = _factor(
        "short",
        Choice(("none", "cropped", "short", "chin", "long"), (0.08, 0.2, 0.27, 0.2, 0.25)),
        "identity",
        "length of the hair",
    )
    hair_style: str = _factor(
        "parted", Choice(("parted", "centre", "swept")), "identity", "how the hair falls"
    )
    hair_texture: str = _factor(
        "straight",
        Choice(("straight", "wavy", "curly", "coily")),
        "identity",
        "texture of the hair",
    )
    hair_colour: str = _factor(
        "brown",
        Choice(
            ("black", "dark brown", "brown", "auburn", "blond", "grey", "white"),
            (0.22, 0.22, 0.2, 0.1, 0.12, 0.08, 0.06),
        ),
        "identity",
        "colour of hair, brows and beard",
    )
    beard: bool = _switch("whether there is a beard", 0.22, "identity")
    beard_style: str = _factor(
        "full",
        Choice(("stubble", "moustache", "goatee", "full")),
        "identity",
        "which beard, if there is one",
    )
    # -- how this picture was taken
    yaw: float = _factor(
        0.0, Uniform(-15.0, 15.0), "pose", "head turned to the image's right (+), degrees"
    )
    pitch: float = _factor(0.0, Uniform(-7.0, 7.0), "pose", "head raised (+), degrees")
    roll: float = _factor(0.0, Uniform(-8.0, 8.0), "pose", "head tilted clockwise (+), degrees")
    shift_x: float = _factor(0.0, Uniform(-1.0, 1.0), "pose", "face right of the middle (+)")
    shift_y: float = _factor(0.0, Uniform(-1.0, 1.0), "pose", "face below the middle (+)")
    closeness: float = _factor(0.0, Uniform(-1.0, 1.0), "pose", "size of the face in the picture")
    smile: float = _factor(
        0.0, Uniform(-0.1, 1.0), "expression", "corners of the mouth raised, 0 to 1"
    )
    mouth_open: float = _factor(0.0, Sometimes(0.4), "expression", "how far the mouth is open")
    brows_raised: float = _factor(0.0, Sometimes(0.4), "expression", "how far brows are raised")
    squint: float = _factor(0.0, Sometimes(0.4), "expression", "how far the eyes are narrowed")
    gaze_x: float = _factor(0.0, Uniform(-1.0, 1.0), "expression", "eyes to the image's right (+)")
    gaze_y: float = _factor(0.0, Uniform(-1.0, 1.0), "expression", "eyes downwards (+)")
    light_from: float = _factor(
        -35.0,
        Uniform(-70.0, 70.0),
        "light",
        "light from the image's left (-) or right (+), degrees",
    )
    light_height: float = _factor(
        40.0, Uniform(20.0, 60.0), "light", "how high the light stands, degrees"
    )
    light_warmth: float = _factor(0.0, Uniform(-1.0, 1.0), "light", "bluish (-1) to warm (1)")
    light_softness: float = _factor(0.45, Uniform(0.2, 0.55), "light", "share of diffuse light")
    exposure: float = _factor(0.0, Uniform(-1.0, 1.0), "light", "darker (-) or lighter (+) picture")
    # -- what is worn
    lipstick: bool = _switch("whether the lips are painted", 0.3)
    lipstick_colour: str = _factor(
        "red", Choice(("red", "berry", "pink", "coral")), "accessory", "colour, if it is worn"
    )
    glasses: bool = _switch("whether glasses are worn", 0.25)
    glasses_style: str = _factor(
        "square",
        Choice(("square", "round", "dark"), (0.4, 0.4, 0.2)),
        "accessory",
        "which glasses, if worn",
    )
    hat: bool = _switch("whether a hat is worn", 0.2)
    hat_style: str = _factor(
        "beanie", Choice(("beanie", "cap", "brim")), "accessory", "which hat, if worn"
    )
    hat_colour: str = _factor(
        "navy",
        Choice(("navy", "red", "green", "grey", "mustard", "cream")),
        "accessory",
        "colour, if a hat is worn",
    )
    earrings: bool = _switch("whether earrings are worn", 0.3)
    necklace: bool = _switch("whether a necklace is worn", 0.3)
    clothes_style: str = _factor(
        "crew", Choice(("crew", "v-neck", "shirt")), "accessory", "how the clothes are cut"
    )
    clothes_colour: str = _factor(
        "blue",
        Choice(("blue", "black", "white", "green", "maroon", "sand", "grey", "violet")),
        "accessory",
        "colour of the clothes",
    )
    background: str = _factor(
        "studio",
        Choice(("studio", "wall", "window", "foliage", "street", "shelves")),
        "scene",
        "what is behind, out of focus",
    )
    background_hue: float = _factor(
        0.0, Uniform(0.0, 1.0), "scene", "shade of what is behind, as a turn of the colour circle"
    )
    grain: int = _factor(0, Whole(1 << 16), "scene", "seed of hair strands, pores and camera noise")
    identity: int = 0

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
    low, high = limits(allowed)
    if isinstance(allowed, Whole):
        return arguments.count(value, name, int(low), int(high))
    # Most values are fine, and a thousand faces have sixty thousand of them.
    if type(value) is float and low <= value <= high:
        return value
    return arguments.number(value, name, low, high)


def _chosen(name: str, value: Any, values: tuple[Any, ...]) -> Any:
    # True equals 1, but a switch is no tone.
    if isinstance(value, bool | np.bool_) and not isinstance(values[0], bool):
        raise unknown_name(name, str(value), [str(each) for each in values])
    return values[values.index(arguments.choice(value, name, values))]


def limits(allowed: Normal | Uniform | Sometimes | Whole) -> tuple[float, float]:
    """Return the lowest and highest value of a continuous factor."""
    if isinstance(allowed, Sometimes):
        return 0.0, 1.0
    if isinstance(allowed, Whole):
        return 0, allowed.count - 1
    if isinstance(allowed, Normal):
        return -allowed.limit, allowed.limit
    return allowed.low, allowed.high
