"""The one folder in which data sets are looked for."""

import os
from pathlib import Path

from helpers.files import path_of

VARIABLE = "EXPLAINING_FACES_DATA"
"""Environment variable that names the folder of the data sets."""


def data_folder() -> Path:
    """Return the folder in which data sets are looked for and put.

    Returns
    -------
    pathlib.Path
        What the environment variable ``EXPLAINING_FACES_DATA`` says; where it is not set, the cache
        folder that the operating system gives each user. It need not exist yet.
    """
    named = os.environ.get(VARIABLE)
    return path_of(named, VARIABLE) if named else users_cache()


def users_cache() -> Path:
    """Return the folder in which the course keeps what it can make or fetch again.

    Returns
    -------
    pathlib.Path
        The cache folder that the operating system gives each user; it need not exist. Where no data
        folder is named, :func:`data_folder` is the same one.
    """
    import pooch

    return Path(pooch.os_cache("explaining-faces"))
