"""The figure of the nineteen regions."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.text import Text

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


def test_numbers_stand_in_their_regions_or_a_line_leads_there():
    drawn = faces.render(faces.sample(1, seed=4))
    figure = plots.regions(drawn.images[0], drawn.masks[0])
    for text in figure.axes[1].texts:
        column, row = (round(each) for each in text.xy)
        assert drawn.masks[0, int(text.get_text()), row, column]
        assert (text.arrow_patch is None) == (tuple(text.xy) == text.get_position())


def test_numbers_of_lips_and_brows_do_not_cover_each_other():
    drawn = faces.render(faces.sample(12, seed=4), size=224)
    for image, masks in zip(drawn.images, drawn.masks, strict=True):
        figure = plots.regions(image, masks)
        figure.draw_without_rendering()
        places = [Text.get_window_extent(text) for text in figure.axes[1].texts]
        for one, two in combinations(places, 2):
            assert not one.overlaps(two)


def test_masks_of_another_size_are_refused():
    drawn = faces.render(faces.sample(1, seed=4))
    with pytest.raises(InputError, match="masks of shape"):
        plots.regions(drawn.images[0], drawn.masks[0, :, :50])
    with pytest.raises(InputError, match="19 regions"):
        plots.regions(drawn.images[0], np.ones((5, 112, 112), dtype=bool))
