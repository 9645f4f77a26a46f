"""Leakage: what the test has already seen in training.

A test measures whether a model has learned something general only if neither a test picture, nor
a copy of it, nor (for anything about persons) another picture of the same person was trained on.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from PIL import Image
from scipy.fft import dctn
from tqdm.auto import tqdm

from helpers import arguments
from helpers.datasets.base import FaceDataset
from helpers.datasets.pair_columns import pair_keys
from helpers.datasets.pairs import PairTable
from helpers.datasets.sources import Archive, Folder, sha256
from helpers.errors import InputError, UnreadableImage, unknown_name

DISTANCE = 38
"""Bits, of 255, in which the fingerprints of two copies may differ; see :func:`leakage`."""

_SIDE, _KEPT = 32, 16  # pixels of a thumbnail; frequencies kept in each direction
_FLAT = 4.0  # grey levels of spread under which a thumbnail shows nothing to compare
_NOBODY = pd.Series(dtype=object)
_BLOCK = 4_000_000  # pairs of fingerprints compared at once: about 40 MB


@dataclass(frozen=True, eq=False)
class Leakage:
    """What two parts of the data share.

    Attributes
    ----------
    identical : pandas.DataFrame
        Columns ``train``, ``test`` (files) and ``same``: "bytes" for equal files, "pixels" for
        equal pictures in different files, "name" for a picture that two tables of pairs name.
    near : pandas.DataFrame
        Columns ``train``, ``test`` and ``distance`` (differing bits of 255): pictures that look
        like copies of each other, nearest first, those in ``identical`` left aside. Look at them.
    identities : pandas.DataFrame
        Index ``identity``, columns ``train`` and ``test``: how many pictures, or pairs, each has.
    pairs : pandas.DataFrame
        Columns ``train`` and ``test``: pairs, by their index, that are in both tables in either
        order. Empty for pictures.
    n_train, n_test : int
        Pictures, or pairs, compared with each other.
    notes : tuple of str
        What could not be compared, and how.
    """

    identical: pd.DataFrame
    near: pd.DataFrame
    identities: pd.DataFrame
    pairs: pd.DataFrame
    n_train: int
    n_test: int
    notes: tuple[str, ...] = ()

    def summary(self) -> pd.DataFrame:
        """Count what was found.

        Returns
        -------
        pandas.DataFrame
            A row for each kind of leak; columns ``found`` (matches, or identities on both sides),
            ``train`` and ``test`` (pictures, or pairs, of each part that are concerned).
        """
        matches = {"identical": self.identical, "near": self.near, "pairs": self.pairs}
        rows = {
            kind: (len(found), found["train"].nunique(), found["test"].nunique())
            for kind, found in matches.items()
        }
        both = self.identities
        rows["identities"] = (len(both), int(both["train"].sum()), int(both["test"].sum()))
        return pd.DataFrame.from_dict(rows, orient="index", columns=["found", "train", "test"])


def leakage(
    train: FaceDataset | PairTable,
    test: FaceDataset | PairTable,
    identity: str = "identity",
    distance: int = DISTANCE,
) -> Leakage:
    """Look for pictures and people on both sides of a split.

    Parameters
    ----------
    train, test : FaceDataset or PairTable, both of one kind
        The two parts. Of tables of pairs only names are compared: files, identities and pairs. To
        compare their pictures too, ask for ``leakage(train.faces.subset(train.files), ...)``.
    identity : str
        The column that says who is shown. Where neither part has it, a note says so.
    distance : int
        How many of 255 bits may differ between near-identical pictures, 0 to 255. On photographs
        of faces much more than the default finds people in one pose.

    Returns
    -------
    Leakage

    Raises
    ------
    InputError
        If the two parts are not of one kind, or ``distance`` is out of range.
    UnknownName
        If a column other than "identity" was asked for and a part has not got it.

    Notes
    -----
    A fingerprint is the sign of each of the 255 lowest frequencies (16 x 16 of a cosine transform,
    without the mean) of a grey thumbnail of 32 x 32 pixels: light, colour and size hardly change
    it. The default was chosen on FairFace, 14,000 training pictures against 910 for validation.
    It finds one of 12.7 million pairs, and nine of 98 million within the training part, and each
    of the ten is one photograph cropped twice. The first two *different* photographs, two women
    smiling in one pose, are 40 bits apart; at 50 bits, six of the 22 pairs within the training part
    are different photographs, and above 55 most are. Made copies of 455 of the faces were all found
    if saved again as JPEG (quality 60 or 30), made smaller (to half or less), brighter, paler or
    grey (24 bits at most), or cropped by 1 % on every side (30 bits). Of those cropped by 2.5 % on
    every side 15 in 100 were found, cropped by 5 % none, turned by two degrees 79 in 100, mirrored
    none. So an empty list does not prove a clean split.

    Every picture is read once; fingerprints are compared in blocks, so memory does not grow with
    the number of pairs.
    """
    distance = arguments.count(distance, "distance", 0, _KEPT**2 - 1)
    if isinstance(train, PairTable) and isinstance(test, PairTable):
        return _between_pairs(train, test)
    if isinstance(train, FaceDataset) and isinstance(test, FaceDataset):
        for part in (train, test):
            if not len(part):
                raise InputError(f"{part.name} has no image, so there is nothing to compare.")
        return _between_pictures(train, test, identity, distance)
    raise InputError(
        "leakage compares two data sets of faces, or two tables of pairs, not one each."
    )


def fingerprints(images: Sequence[np.ndarray]) -> np.ndarray:
    """Describe pictures in 255 bits, so that copies differ in few.

    Parameters
    ----------
    images : sequence of numpy.ndarray, each (H, W, 3) uint8
        RGB pictures of any size.

    Returns
    -------
    numpy.ndarray, shape (N, 255), bool
        See the notes of :func:`leakage`.
    """
    return np.stack([_signs(_thumbnail(image)) for image in images])


@dataclass(frozen=True, eq=False)
class _Looked:
    """What remains of the pictures of a data set once they have been read."""

    files: np.ndarray  # (N,) str
    digests: np.ndarray  # (N,) str, equal for equal pixels
    words: np.ndarray  # (N, 4) uint64, the fingerprint
    flat: np.ndarray  # (N,) bool, nothing to see
    unreadable: tuple[str, ...]


def _between_pictures(
    train: FaceDataset, test: FaceDataset, identity: str, distance: int
) -> Leakage:
    seen, new = _look(train), _look(test)
    identical, notes = _identical(train, test, seen, new)
    near = _near(seen, new, distance)
    known = pd.MultiIndex.from_frame(identical[["train", "test"]])
    near = near[~pd.MultiIndex.from_frame(near[["train", "test"]]).isin(known)]
    identities, about = _shared_identities(train, test, identity)
    return Leakage(
        identical,
        near.reset_index(drop=True),
        identities,
        pd.DataFrame(columns=["train", "test"]),
        len(train),
        len(test),
        (*notes, *about, *_not_compared(train, seen), *_not_compared(test, new)),
    )


def _between_pairs(train: PairTable, test: PairTable) -> Leakage:
    files = np.intersect1d(train.files, test.files)
    notes = ["Pictures were compared by name only."]
    known = all("id1" in part.table and "id2" in part.table for part in (train, test))
    if not known:
        notes.append("The pairs do not say who is shown, so identities were not compared.")
    return Leakage(
        pd.DataFrame({"train": files, "test": files, "same": "name"}),
        pd.DataFrame(columns=["train", "test", "distance"]),
        _in_both(_takers(train), _takers(test)) if known else _in_both(_NOBODY, _NOBODY),
        _shared_pairs(train.table, test.table),
        len(train),
        len(test),
        tuple(notes),
    )


def _shared_pairs(train: pd.DataFrame, test: pd.DataFrame) -> pd.DataFrame:
    seen, new = (
        pd.DataFrame({"key": keys, "pair": table.index})
        for keys, table in zip(pair_keys(train, test), (train, test), strict=True)
    )
    both = seen.merge(new, on="key", suffixes=("_train", "_test"))
    return pd.DataFrame({"train": both["pair_train"], "test": both["pair_test"]})


def _takers(pairs: PairTable) -> pd.Series:
    """List who takes part in each pair, once a pair."""
    one, two = (pairs.table[side].astype(object) for side in ("id1", "id2"))
    return pd.concat([one, two[(one != two).to_numpy()]])


def _look(dataset: FaceDataset) -> _Looked:
    files, digests, prints, spreads = [], [], [], []
    unreadable: list[str] = []
    for file, image in _readable(dataset, unreadable):
        thumbnail = _thumbnail(image)
        files.append(file)
        pixels = repr(image.shape).encode() + image.tobytes()
        digests.append(hashlib.blake2b(pixels, digest_size=16).hexdigest())
        prints.append(np.packbits(_signs(thumbnail)))  # 255 bits, and one that is never set
        spreads.append(thumbnail.std())
    words = np.array(prints, dtype=np.uint8).reshape(-1, _KEPT**2 // 8).view(np.uint64)
    flat = np.array(spreads, dtype=float) < _FLAT
    return _Looked(np.array(files, str), np.array(digests, str), words, flat, tuple(unreadable))


def _readable(dataset: FaceDataset, unreadable: list[str]) -> Iterator[tuple[str, np.ndarray]]:
    """Give every picture that can be read; the names of the others go into ``unreadable``."""
    # A file that comes several times, as in a bootstrap, is one picture.
    for file in tqdm(
        dict.fromkeys(dataset.files(slice(None))), f"looking at {dataset.name}", delay=2
    ):
        try:
            yield file, dataset.source.read(file)
        except UnreadableImage:
            unreadable.append(file)


def _thumbnail(image: np.ndarray) -> np.ndarray:
    # Numbers with fractions, or the rounding would decide the sign of faint frequencies; and boxes
    # are averaged, because single pixels remember what a JPEG did to fine detail.
    grey = Image.fromarray(image).convert("L").convert("F")
    return np.asarray(grey.resize((_SIDE, _SIDE), Image.Resampling.BOX))


def _signs(thumbnail: np.ndarray) -> np.ndarray:
    signs: np.ndarray = dctn(thumbnail)[:_KEPT, :_KEPT].ravel()[1:] > 0
    return signs


def _identical(
    train: FaceDataset, test: FaceDataset, seen: _Looked, new: _Looked
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    parts = [pd.DataFrame({"file": each.files, "digest": each.digests}) for each in (seen, new)]
    both = parts[0].merge(parts[1], on="digest", suffixes=("_train", "_test"))
    found = pd.DataFrame({"train": both["file_train"], "test": both["file_test"]})
    sources = (train.source, test.source)
    if not all(isinstance(source, Folder | Archive) for source in sources):
        note = (
            "Not all pictures are files, so pictures were compared by their pixels, not by bytes."
        )
        return found.assign(same="pixels"), (note,)
    hashes = [
        {file: sha256(source, file) for file in found[side].unique()}
        for side, source in zip(("train", "test"), sources, strict=True)
        if isinstance(source, Folder | Archive)
    ]
    equal = found["train"].map(hashes[0]) == found["test"].map(hashes[1])
    return found.assign(same=np.where(equal, "bytes", "pixels")), ()


def _near(seen: _Looked, new: _Looked, distance: int) -> pd.DataFrame:
    one, two = np.flatnonzero(~seen.flat), np.flatnonzero(~new.flat)
    step = max(1, _BLOCK // max(1, len(one)))
    starts = range(0, len(two), step)
    parts = [
        _near_block(seen.words[one], new.words[two[start : start + step]], distance)
        + np.array([[0], [start], [0]])
        for start in tqdm(starts, "comparing fingerprints", delay=2)
    ]
    rows, columns, bits = np.hstack([np.zeros((3, 0), dtype=int), *parts])
    found = {"train": seen.files[one[rows]], "test": new.files[two[columns]], "distance": bits}
    return pd.DataFrame(found).sort_values("distance", kind="stable")


def _near_block(seen: np.ndarray, new: np.ndarray, distance: int) -> np.ndarray:
    """Compare all with all: (3, K) rows of ``seen``, rows of ``new``, differing bits."""
    bits = np.zeros((len(new), len(seen)), dtype=np.uint8)
    for word in range(seen.shape[1]):
        bits += np.bitwise_count(new[:, word, None] ^ seen[None, :, word])
    columns, rows = np.nonzero(bits <= distance)
    return np.stack([rows, columns, bits[columns, rows]])


def _shared_identities(
    train: FaceDataset, test: FaceDataset, identity: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    if not isinstance(identity, str):
        raise InputError(f"identity is {arguments.shown(identity)}: give the name of a column.")
    missing = [part for part in (train, test) if identity not in part.table]
    if not missing:
        return _in_both(train.table[identity], test.table[identity]), ()
    if identity != "identity":
        raise unknown_name("column", identity, missing[0].table.columns)
    names = " and ".join(dict.fromkeys(part.name for part in missing))
    note = f"{names} has no column identity, so nobody knows whether people are on both sides."
    return _in_both(_NOBODY, _NOBODY), (note,)


def _in_both(train: pd.Series, test: pd.Series) -> pd.DataFrame:
    # An empty name is nobody's.
    counts = {
        name: part.astype(object).replace("", None).dropna().value_counts()
        for name, part in (("train", train), ("test", test))
    }
    both = pd.concat(counts, axis=1, join="inner").astype(int)
    return both.rename_axis(index="identity")


def _not_compared(dataset: FaceDataset, looked: _Looked) -> list[str]:
    notes = []
    if looked.unreadable:
        some = ", ".join(looked.unreadable[:3])
        more = ", ..." if len(looked.unreadable) > 3 else ""
        notes.append(
            f"{len(looked.unreadable):,} pictures of {dataset.name} cannot be read and were not "
            f"compared: {some}{more}."
        )
    if looked.flat.any():
        notes.append(
            f"{int(looked.flat.sum()):,} pictures of {dataset.name} show nearly nothing but one "
            "grey and were not searched for near copies."
        )
    return notes
