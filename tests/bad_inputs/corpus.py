"""All bad inputs, room by room."""

from tests.bad_inputs import (
    classification,
    commands,
    explanations,
    figures,
    loaders,
    networks,
    pairs,
    people,
    pictures,
    releases,
    sets,
    shares,
    verification,
)
from tests.bad_inputs.harness import Case

_ROOMS = (
    pictures,
    loaders,
    releases,
    sets,
    pairs,
    people,
    classification,
    verification,
    shares,
    networks,
    explanations,
    figures,
    commands,
)
CASES: list[Case] = [case for room in _ROOMS for case in room.CASES]
