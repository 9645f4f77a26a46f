"""The portrait that every reader has."""

from pathlib import Path

import numpy as np
import pytest

from helpers.datasets import ASTRONAUT_CREDIT, astronaut, read_image


def test_the_astronaut_is_a_colour_portrait_that_needs_no_network() -> None:
    portrait = astronaut()
    assert portrait.shape == (512, 512, 3)
    assert portrait.dtype == np.uint8
    assert "NASA" in ASTRONAUT_CREDIT


def test_drawing_into_the_astronaut_does_not_spoil_the_next_one() -> None:
    first = astronaut()
    first[:] = 0
    assert astronaut().mean() > 50


@pytest.mark.real_data
def test_the_astronaut_is_the_published_photograph(data_folder: Path) -> None:
    np.testing.assert_array_equal(astronaut(), read_image(data_folder / "photos" / "astronaut.png"))
