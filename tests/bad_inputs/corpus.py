"""All bad inputs, room by room."""

from tests.bad_inputs import (
    classification,
    commands,
    figures,
    loaders,
    networks,
    pairs,
    people,
    pictures,
    shares,
    verification,
)
from tests.bad_inputs.harness import Case

_ROOMS = (
    pictures,
    loaders,
    pairs,
    people,
    classification,
    verification,
    shares,
    networks,
    figures,
    commands,
)
CASES: list[Case] = [case for room in _ROOMS for case in room.CASES]
