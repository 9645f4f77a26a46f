"""The groups that faces are split into: from whatever a reader gives to a column an attribute."""

import math
import unicodedata
import warnings
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from helpers import arguments
from helpers.errors import InputError

Column: TypeAlias = str | pd.Series | pd.Index | np.ndarray | list[Any] | tuple[Any, ...]
Groups: TypeAlias = Column | pd.DataFrame | Mapping[str, Any] | None

MOST_GROUPS = 10_000
"""More groups than this are not audited: crossed attributes multiply."""

MOST_NUMBERS = 20
"""More different fractions than this are scores or measurements, no labels."""

BETWEEN = ", "
"""Between the values of crossed attributes in the name of a group."""


def column(name: str, values: Column, data: pd.DataFrame | None = None) -> pd.Series:
    """Return what a reader gave as a Series, out of ``data`` where it is a name.

    A list or an array has no index; ``attrs["counted"]`` says that the Series' own means nothing.
    """
    if isinstance(values, str):
        if data is None:
            raise InputError(
                f"{name}={arguments.shown(values)} names a column: give its table as data=..."
            )
        arguments.columns(data, [values], f"the table, asked for {name},")
        values = data[values]
    if isinstance(values, pd.Series):
        if values.dtype != object:
            return values
        return pd.Series(arguments.plain(list(values), name), values.index, dtype=object)
    if isinstance(values, pd.MultiIndex):
        raise InputError(f"{name} is an index of {values.nlevels} levels: give one column.")
    if isinstance(values, pd.Index | pd.api.extensions.ExtensionArray) and values.ndim == 1:
        return pd.Series(values)
    plain = _counted(name, values)
    plain.attrs["counted"] = True
    return plain


def _counted(name: str, values: Any) -> pd.Series:
    if values is None:
        raise InputError(f"{name} is None: give one value a face.")
    if isinstance(values, Mapping | set | frozenset | pd.DataFrame):
        raise InputError(
            f"{name} is a {type(values).__name__}: give one column, in the order of faces."
        )
    values = arguments.plain(values, name)
    if isinstance(values, list | tuple):
        parts = [each for each in values if pd.api.types.is_list_like(each)]
        if parts:
            raise InputError(
                f"{name} must hold one value a face, not several as {arguments.shown(parts[0])}."
            )
        # NumPy would make text of numbers, and of what is missing: 1 and "1" are told apart.
        return pd.Series(list(values), dtype=object).infer_objects()
    array = np.asarray(values)
    if array.ndim != 1:
        raise InputError(
            f"{name} has shape {array.shape}; one value a face is needed, shape (N,)."
            + (" Give the column of the positive class, score[:, k]." if name == "score" else "")
        )
    return pd.Series(array)


def attributes(groups: Groups, data: pd.DataFrame | None) -> dict[str, pd.Series]:
    """Columns by attribute: what ``groups`` is follows from what it holds, never from lengths."""
    if groups is None:
        return {}
    if isinstance(groups, pd.MultiIndex):
        names = [f"level {k}" if each is None else each for k, each in enumerate(groups.names)]
        return _of_table(groups.to_frame(False, names, allow_duplicates=True), None)
    if isinstance(groups, pd.DataFrame | Mapping):
        return _of_table(groups, data)
    if not isinstance(groups, str | pd.Series):
        groups = arguments.plain(groups, "groups")
    if isinstance(groups, list | tuple) and len(groups):
        text = all(isinstance(each, str) for each in groups)
        if data is not None and text and (len(groups) != len(data) or {*groups} <= {*data}):
            # No list of labels, which would be as long as the table: these are names.
            arguments.columns(data, groups, "the table, asked for groups,")
            if len({*groups}) < len(groups):
                raise InputError("groups names a column twice: give each attribute once.")
            return {name: column("groups", name, data) for name in groups}
        if all(isinstance(each, _COLUMNS) for each in groups):
            return {f"attribute {k}": column("groups", each) for k, each in enumerate(groups)}
    if isinstance(groups, np.ndarray) and groups.ndim == 2:
        return _of_table({f"attribute {k}": each for k, each in enumerate(groups.T)}, None)
    return {"groups": column("groups", groups, data)}  # type: ignore[arg-type]  # no table by now


_COLUMNS = (list, tuple, np.ndarray, pd.Series, pd.Index, pd.Categorical)


def _of_table(
    groups: pd.DataFrame | Mapping[str, Any], data: pd.DataFrame | None
) -> dict[str, pd.Series]:
    names = list(groups.keys())
    if not names:
        raise InputError("groups has no column: give an attribute, or None for everyone.")
    if len({str(each) for each in names}) < len(names):
        raise InputError("groups has two columns of one name: rename or drop one.")
    return {str(name): column(str(name), groups[name], data) for name in names}


# -- categories


def categorical(values: pd.Series) -> pd.Series:
    """A category for each name: 1 and "1" would be two groups of one name."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        levels = pd.Index([each for each in values.cat.categories if not blank(each)])
    else:
        try:
            levels = values.astype("category").cat.categories
        except TypeError:
            values = values.map(str, na_action="ignore")
            levels = pd.Index(values.dropna().unique())
    names = list(dict.fromkeys(map(str, levels)))
    if len(names) < len(levels) or _true_beside_one(values):
        warnings.warn(
            f"{values.name} holds labels of two types that read alike, such as 1 and '1' or 1 and "
            "True: they are taken for one group.",
            stacklevel=4,
        )
    warn_of_alike(str(values.name), names, "groups", 5)
    if len(names) < len(levels):
        return values.astype(object).map(str, na_action="ignore").astype(pd.CategoricalDtype(names))
    return values.astype(pd.CategoricalDtype(levels))


def blank(cell: object) -> bool:
    """Whether a cell is text of nothing but blanks."""
    return isinstance(cell, str) and not cell.strip()


def _true_beside_one(values: pd.Series) -> bool:
    """Whether True and 1, which are equal to pandas, both occur; or False and 0."""
    if values.dtype != object:
        return False
    numbers = [each for each in values if isinstance(each, _NUMBERS) and each in (0, 1)]
    kinds = {(int(each), isinstance(each, bool | np.bool_)) for each in numbers}
    return len({number for number, _ in kinds}) < len(kinds)


_NUMBERS = (bool, np.bool_, int, float, np.number)


def warn_of_alike(what: str, labels: Sequence[Any], of: str, stacklevel: int) -> None:
    """Warn of labels that a reader takes for one: "a" and "A ", or 1.0 and "1"."""
    seen: dict[str, Any] = {}
    for each in labels:
        other = seen.setdefault(_read_aloud(str(each)), each)
        if other is not each:
            warnings.warn(
                f"{arguments.shown(other)} and {arguments.shown(each)} look alike in {what} but "
                f"are taken for two {of}: spell them alike if they are one.",
                stacklevel=stacklevel,
            )
            return


def _read_aloud(text: str) -> str:
    """A label without what the eye overlooks: case, blanks, marks without width, 1 or 1.0."""
    seen = (each for each in text if unicodedata.category(each) != "Cf")
    plain = " ".join(unicodedata.normalize("NFKC", "".join(seen)).casefold().split())
    try:
        return str(float(plain))
    except ValueError:
        return plain


def names_of(crossed: pd.DataFrame) -> list[str]:
    """Names of all groups, those without anybody included."""
    levels = [crossed[each].cat.categories for each in crossed]
    return [BETWEEN.join(map(str, each)) for each in product(*levels)]


def require_groups(crossed: pd.DataFrame) -> None:
    """Refuse what names faces or measures them, and groups of one name."""
    sizes = {str(name): len(crossed[name].cat.categories) for name in crossed}
    number, faces = math.prod(sizes.values()), len(crossed)
    most = max(sizes, key=lambda name: sizes[name])
    wrong = [most] if number > 50 and sizes[most] > faces / 2 else []
    wrong += [str(name) for name in crossed if _measured(crossed[name].cat.categories)]
    if wrong:
        raise InputError(
            f"{wrong[0]} has {sizes[wrong[0]]:,} different values for {faces:,} faces: that "
            "names or measures faces instead of grouping them. Give an attribute that many faces "
            "share, or cut numbers into ranges with pandas.cut."
        )
    if number > MOST_GROUPS:
        crosses = ", ".join(f"{name} ({size:,})" for name, size in sizes.items())
        raise InputError(
            f"groups crosses {crosses[:200]}, which makes {number:,} different values for "
            f"{faces:,} faces: take fewer attributes, or fewer values of them."
        )
    names = names_of(crossed)
    if len(set(names)) < number:
        twice = next(each for k, each in enumerate(names) if each in names[:k])
        raise InputError(f"two crossed groups are both called {twice!r}: rename their values.")


def _measured(levels: pd.Index) -> bool:
    """Whether values are measurements, as an age of 31.7: many numbers that are not whole."""
    return levels.dtype.kind == "f" and len(levels) > MOST_NUMBERS and bool((levels % 1).any())
