"""The figure of the nineteen regions."""

import numpy as np
import pytest

from helpers import faces, plots
from helpers.errors import InputError
from helpers.parsing import REGIONS


def test_the_legend_names_the_regions_that_can_be_seen_and_no_other():
    drawn = faces.render(faces.sample(1, seed=3, hat=True, glasses=False))
    figure = plots.regions(drawn.images[0], drawn.masks[0])
    named = {text.get_text().split()[1] for text in figure.legends[0].get_texts()}
    assert named == {REGIONS[k] for k in range(19) if drawn.masks[0, k].any()}
    assert "hat" in named
    assert "eye_g" not in named


def test_numbers_stand_inside_their_regions():
    drawn = faces.render(faces.sample(1, seed=4))
    figure = plots.regions(drawn.images[0], drawn.masks[0])
    for text in figure.axes[1].texts:
        column, row = (round(each) for each in text.get_position())
        assert drawn.masks[0, int(text.get_text()), row, column]


def test_masks_of_another_size_are_refused():
    drawn = faces.render(faces.sample(1, seed=4))
    with pytest.raises(InputError, match="masks of shape"):
        plots.regions(drawn.images[0], drawn.masks[0, :, :50])
    with pytest.raises(InputError, match="19 regions"):
        plots.regions(drawn.images[0], np.ones((5, 112, 112), dtype=bool))
