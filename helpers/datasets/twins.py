"""The same picture under two names, which leaks answers from training into evaluation."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
from tqdm.auto import tqdm

from helpers import arguments
from helpers.datasets.base import FaceDataset
from helpers.datasets.sources import Archive, Folder, sha256
from helpers.errors import InputError

_ADDED = ("group", "sha256", "labels_agree")


def duplicates(dataset: FaceDataset, labels: Sequence[str] | None = None) -> pd.DataFrame:
    """List images whose files are byte for byte the same.

    Parameters
    ----------
    dataset : FaceDataset
        Whose files lie in a folder or a zip. To find images that training and validation share,
        load both parts as one data set.
    labels : sequence of str, optional
        Columns that equal images should agree in; by default every column.

    Returns
    -------
    pandas.DataFrame
        A row per image that has a twin, index ``file``: ``group`` (int, equal for equal images),
        ``sha256``, ``labels_agree`` (bool, for the whole group), then the labels; a label that is
        called like one of the three gets ``_label`` behind its name. Empty if all images differ.
        Groups are numbered in the order of the table. Rows of one file, as in a bootstrap, are one
        image.

    Raises
    ------
    InputError
        If the pictures are not files.
    UnknownName
        If a label is no column.

    Notes
    -----
    Only files that could be equal are read: those which share size and CRC-32 in a zip, or size in
    a folder. What is found is equal in SHA-256. The same picture *saved again* is not found.
    """
    if not isinstance(dataset, FaceDataset):
        raise InputError(
            f"duplicates are looked for in a data set, not in a {type(dataset).__name__}."
        )
    columns = _known_columns(dataset, labels)
    hashes = _hashes_of_likely_twins(dataset)
    twins = hashes[hashes.duplicated(keep=False)]
    table = dataset.table
    found = table[~table.index.duplicated()].loc[twins.index]
    different = found[columns].astype(str).groupby(twins.to_numpy()).nunique().gt(1).any(axis=1)
    found = found.rename(columns={name: f"{name}_label" for name in _ADDED})
    agree = ~twins.map(different).astype(bool)
    found.insert(0, "group", pd.factorize(twins)[0])
    found.insert(1, "sha256", twins)
    found.insert(2, "labels_agree", agree)
    return found.sort_values("group", kind="stable")


def drop_duplicates(dataset: FaceDataset, labels: Sequence[str] | None = None) -> FaceDataset:
    """Keep one of several byte-identical images, and none where their labels contradict.

    Parameters
    ----------
    dataset : FaceDataset
        See :func:`duplicates`.
    labels : sequence of str, optional
        Columns that equal images should agree in; by default every column.

    Returns
    -------
    FaceDataset
        The first of each group whose labels agree stays. A group annotated in different ways goes
        altogether, because nobody knows which label is right. A note says how many went.

    Raises
    ------
    InputError
        If the pictures are not files.
    UnknownName
        If a label is no column.
    """
    twins = duplicates(dataset, labels)
    agreeing = twins[twins["labels_agree"]]
    first = agreeing.index[~agreeing["group"].duplicated()]
    kept = ~dataset.table.index.isin(twins.index.difference(first))
    contradicting = len(twins) - len(agreeing)
    note = (
        f"{len(dataset) - int(kept.sum()):,} byte-identical images were left out, "
        f"{contradicting:,} of them because equal images carry different labels."
    )
    return replace(
        dataset.subset(kept), notes=(*dataset.notes, note) if len(twins) else dataset.notes
    )


def _known_columns(dataset: FaceDataset, labels: Sequence[str] | None) -> list[str]:
    if labels is None:
        return [str(name) for name in dataset.table.columns]
    if not isinstance(labels, str | Sequence):
        raise InputError(f"labels is {arguments.shown(labels)}: give a list of columns.")
    found: list[str] = arguments.choices(labels, "column", dataset.table.columns)
    return found


def _hashes_of_likely_twins(dataset: FaceDataset) -> pd.Series:
    """Return the SHA-256 of every file that shares its fingerprint with another; index ``file``."""
    source = dataset.source
    if not isinstance(source, Folder | Archive):
        raise InputError(f"the images of {dataset.name} are not files, so none can be compared.")
    likely = likely_twins(source, list(dataset.table.index.unique()))
    hashes = [sha256(source, file) for file in tqdm(likely, "comparing files", delay=2)]
    return pd.Series(hashes, index=pd.Index(likely, name="file"), dtype=object)


def likely_twins(source: Folder | Archive, files: Sequence[str]) -> list[str]:
    """Return the files that share their fingerprint with another one, without reading any."""
    prints = pd.Series(source.fingerprints(files), dtype=object)
    shared = prints.duplicated(keep=False)
    return [file for file, likely in zip(files, shared, strict=True) if likely]
