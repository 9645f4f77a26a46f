"""The rows of the table of methods, a module for each library. No row imports its library."""

from collections.abc import Mapping
from types import MappingProxyType

from helpers.explain.catalogue import attention, cams
from helpers.explain.methods import Method

ROWS: Mapping[str, Method] = MappingProxyType({**cams.ROWS, **attention.ROWS})
"""Every method by the name that a reader gives."""
