"""One photograph that every reader has: no download, no consent to ask for."""

import numpy as np

ASTRONAUT_CREDIT = "Astronaut Eileen Collins. Photograph: NASA, public domain, via scikit-image."
"""To be shown wherever the portrait is."""


def astronaut() -> np.ndarray:
    """Return the official portrait of the astronaut Eileen Collins.

    It comes inside scikit-image, so it needs no network.

    Returns
    -------
    numpy.ndarray, shape (512, 512, 3), uint8
        RGB in 0-255; a fresh copy that may be written to.
    """
    from skimage import data

    portrait: np.ndarray = data.astronaut()
    return portrait.copy()
