"""Where the weights of real models lie, how they get there, and how they are opened safely."""

import os
import pickle
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from helpers.datasets.places import data_folder
from helpers.errors import DataNotFound, DownloadFailed, InputError
from helpers.files import file_hash, kind_of, require_file
from helpers.models.contract import nonsense
from helpers.models.releases import Release

#: What a reader may give as ``weights``: a path, an address, "random", or nothing.
Weights = str | os.PathLike[str] | None
Network = TypeVar("Network", bound=nn.Module)


UNTRAINED = {"weights": "random: untrained, for tests and comparisons"}
"""What the card of an untrained network says."""


def locate(name: str, release: Release, weights: Weights, download: bool) -> Path:
    """The file of a model's weights, fetched only if the reader asks for it.

    Parameters
    ----------
    name : str
        Of the model, for messages.
    release : Release
        What is used when ``weights`` is None.
    weights : path, address or None
        A reader's own file, or an ``https://`` address, which is fetched into the data folder.
    download : bool
        Fetch the release if it is not on this machine.

    Raises
    ------
    DataNotFound
        If the file is not on this machine and nobody asked to fetch it, or it may not be read.
    DownloadFailed
        If it cannot be fetched, or is not the file that was promised.
    """
    if weights is None:
        return _released(name, release, download)
    if isinstance(weights, str) and weights.lower().startswith(("https://", "http://")):
        return fetch_weights(weights, data_folder() / "models" / release.folder / _tail(weights))
    return require_file(weights)


def fetch_weights(url: str, path: Path, sha256: str | None = None) -> Path:
    """Download a file of weights, checking the hash that is known or stands in its name.

    Files of the PyTorch hub carry the first eight or more digits of their sha256 in their name, as
    in ``resnet18-f37072fd.pth``.
    """
    from helpers.datasets.download import fetch

    promised = _digits_in(_tail(url))

    def check(path: Path) -> None:
        if not (found := file_hash(path)).startswith(promised):
            raise DownloadFailed(f"its sha256 is {found} and does not begin with {promised}.")

    return fetch(url, path, sha256, check)


def fingerprint(path: Path, release: Release) -> dict[str, str]:
    """What a model card says about the file that was loaded: its name, sha256, and who vouches.

    Raises
    ------
    InputError
        If it is the released file by its place, but not by its sha256.
    """
    found = file_hash(path)
    if path == release.path and release.sha256 not in (None, found):
        raise InputError(
            f"{path} is not the file that this course was made with: its sha256 is {found} instead "
            f"of {release.sha256}. Remove it and load the model with download=True, or give your "
            "own file as weights=..."
        )
    return {
        "licence": release.licence,
        "source": release.url or release.howto,
        "weights": path.name,
        "sha256": found,
        "sha256_note": _who_vouches(found, release),
    }


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """Weights by name, from a ``.safetensors`` file or a PyTorch file without code in it.

    Raises
    ------
    InputError
        If the file is damaged, holds anything but tensors, or wants to run code.
    """
    if path.suffix.lower() == ".safetensors":
        return _read_safetensors(path)
    try:
        with warnings.catch_warnings():
            # What torch makes of a stranger's pickle is said in the sentence below.
            warnings.filterwarnings("ignore", "Detected pickle protocol", UserWarning)
            # weights_only refuses whatever could run code while it is being opened.
            content = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, ValueError, OSError, KeyError) as why:
        raise InputError(
            f"{path} is not a plain file of weights: it is damaged, or holds whole Python objects, "
            "which could run code and are never opened. Save a state_dict instead "
            f"(torch.save(model.state_dict(), ...)). {str(why).partition(chr(10))[0]}"
        ) from why
    return _tensors(path, content)


def fill(network: Network, weights: Mapping[str, Tensor] | None, path: Path) -> Network:
    """Put weights, all of them and nothing else, into a network, and return it; None are none.

    Raises
    ------
    InputError
        If a weight is missing, unknown, of another shape, NaN or infinite; the message names the
        first.
    """
    if weights is None:
        return network
    expected = network.state_dict()
    # Counters of batch-norm steps are in some files and not in others, and decide nothing.
    missing = [each for each in expected if each not in weights and not _is_counter(each)]
    unknown = [each for each in weights if each not in expected and not _is_counter(each)]
    shapes = [
        f"{each} is {tuple(weights[each].shape)} instead of {tuple(expected[each].shape)}"
        for each in expected
        if each in weights and weights[each].shape != expected[each].shape
    ]
    if missing or unknown or shapes:
        raise InputError(
            f"{path} holds the weights of another network: {_some('missing', missing)}"
            f"{_some('unknown', unknown)}{_some('of another shape', shapes)}"
            f"in all {len(weights)} tensors where {len(expected)} belong."
        )
    if bad := nonsense(dict(weights)):
        raise InputError(f"{path} is damaged: its weights hold NaN or infinite numbers ({bad}).")
    network.load_state_dict({**expected, **{k: v for k, v in weights.items() if k in expected}})
    return network


def _released(name: str, release: Release, download: bool) -> Path:
    if kind_of(release.path) == "file":
        return require_file(release.path)
    if download and release.url:
        return fetch_weights(release.url, release.path, release.sha256)
    if release.url:
        how = (
            f"models.load({name!r}, download=True) fetches {_size(release)} from "
            f"{release.url} ({release.licence})"
        )
    else:
        how = release.howto
    raise DataNotFound(
        f"the weights of {name!r} are not on this machine: {release.path} was looked for. {how}; "
        'weights="..." takes a file of yours, and weights="random" an untrained network.'
    )


def _digits_in(name: str) -> str:
    digits = re.search(r"-([0-9a-f]{8,64})\.\w+$", name)
    return digits[1] if digits else ""


def _size(release: Release) -> str:
    return "them" if release.megabytes is None else f"{release.megabytes} MB"


def _tail(url: str) -> str:
    return url.split("?")[0].rstrip("/").rpartition("/")[2] or "weights"


def _who_vouches(found: str, release: Release) -> str:
    if release.sha256 is not None:
        same = "the one" if release.sha256 == found else "NOT the one"
        return f"{same} of the file that this course was made with"
    digits = _digits_in(release.file)
    if digits and found.startswith(digits):
        return f"begins with {digits}, which its publisher put into the file's name"
    return "as found on this machine: its authors publish none to compare with"


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as why:
        raise InputError(f"{path} is no whole .safetensors file: {why}") from why


def _tensors(path: Path, content: Any) -> dict[str, Tensor]:
    for wrapping in ("state_dict", "model_state_dict", "model"):
        if isinstance(content, Mapping) and isinstance(content.get(wrapping), Mapping):
            content = content[wrapping]
    named = isinstance(content, Mapping) and len(content) > 0
    if not named or not all(isinstance(each, Tensor) for each in content.values()):
        raise InputError(
            f"{path} holds a {type(content).__name__} that is no state_dict, which is what is "
            "needed: tensors by the name of their layer."
        )
    # Networks trained on several GPUs at once are saved with this before each name.
    return {str(name).removeprefix("module."): each for name, each in content.items()}


def _is_counter(name: str) -> bool:
    return name.endswith("num_batches_tracked")


def _some(kind: str, names: list[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{kind}: {', '.join(names[:3])}{more}; "
