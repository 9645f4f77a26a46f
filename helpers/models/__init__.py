"""The networks that the course ships, each with its model card.

>>> model = load("gender-fairface")  # doctest: +SKIP
>>> model.classes, model.input_size, model.layer  # doctest: +SKIP
(('Male', 'Female'), (112, 112), 'layer4')
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from helpers.errors import DataNotFound, InputError, unknown_name
from helpers.models import real
from helpers.models.adapt import adapt
from helpers.models.architectures import HandSetDetector, NarrowEmbedder, NarrowResNet18
from helpers.models.real import REAL
from helpers.models.similarity import similarity

__all__ = ["REAL", "Shipped", "adapt", "available", "file_hash", "load", "save", "similarity"]

_WEIGHTS = Path(__file__).parent / "weights"
Shipped: TypeAlias = NarrowResNet18 | NarrowEmbedder | HandSetDetector
_ARCHITECTURES: Mapping[str, Callable[..., Shipped]] = {
    each.architecture: each for each in (NarrowResNet18, NarrowEmbedder, HandSetDetector)
}


def available() -> list[str]:
    """Names of the models that come with the package."""
    return sorted(path.stem for path in _WEIGHTS.glob("*.safetensors"))


def load(name: str | Path, **options: Any) -> nn.Module:
    """A trained network, ready to be called.

    Parameters
    ----------
    name : str or Path
        A name from :func:`available`, a row of :data:`REAL`, or the path of a ``.safetensors`` file
        that :func:`save` wrote. Files that hold pickled objects are never opened: they could run a
        stranger's code.
    **options
        For the rows of :data:`REAL`: ``weights``, ``download`` and others, see
        :func:`helpers.models.real.load`.

    Returns
    -------
    nn.Module
        In eval mode, on the CPU. Call it with images (N, 3, H, W) in [0, 1]; it normalises by
        itself. ``classes`` (tuple of str), ``input_size`` (H, W) in pixels, ``layer`` (the default
        layer of class activation maps) and ``card`` (dict: data, procedure, accuracy, limits) tell
        the rest.

    Raises
    ------
    UnknownName
        If there is no such model.
    DataNotFound
        If a path leads to no file.
    InputError
        If the weights are damaged or were not written by :func:`save`.
    """
    if real.knows(str(name)):
        return real.load(str(name), **options)
    if options:
        raise InputError(
            f"{', '.join(options)}: options are for the models of others, {', '.join(real.names())}"
        )
    path = Path(name)
    if str(name) in available():
        path = _WEIGHTS / f"{name}.safetensors"
    elif path.suffix.lower() in {".pt", ".pth", ".bin", ".pkl", ".pickle", ".ckpt"}:
        raise InputError(
            f"{path} may hold pickled objects, which can run code when they are opened. Save the "
            "weights with helpers.models.save and load the .safetensors file."
        )
    elif path.suffix != ".safetensors":
        raise unknown_name("model", str(name), [*available(), *real.names()])
    elif not path.is_file():
        raise DataNotFound(f"there is no file {path}")
    card = _read_card(path.with_suffix(".json"))
    _check_hash(path, card)
    network = _read(path)
    network.card = card
    return network.eval()


def save(network: Shipped, path: str | Path) -> str:
    """Write a network's weights in half precision, with what is needed to build it again.

    Parameters
    ----------
    network : NarrowResNet18, NarrowEmbedder or HandSetDetector
    path : Path
        Ends in ``.safetensors``.

    Returns
    -------
    str
        The file's sha256, which belongs into the card.
    """
    from safetensors.torch import save_file

    # Halves the file; what it does to the accuracy is measured on the file, not before.
    weights = {name: _halved(each) for name, each in network.state_dict().items()}
    description = {name: json.dumps(each) for name, each in network.options().items()}
    description["architecture"] = network.architecture
    save_file(weights, path, description)
    return file_hash(Path(path))


def _read(path: Path) -> Shipped:
    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata() or {}
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no dict)
        make = _ARCHITECTURES[about.pop("architecture")]
        network = make(**{name: json.loads(each) for name, each in about.items()})
        network.load_state_dict(weights)  # into 32-bit parameters
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as problem:
        raise InputError(
            f"{path} does not hold a network of this course, as helpers.models.save writes it: "
            f"{problem}"
        ) from problem
    return network


def _read_card(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise InputError(f"the model card {path} is not JSON: {problem}") from problem
    if not isinstance(card, dict):
        raise InputError(f"the model card {path} holds a {type(card).__name__}, not an object")
    return card


def _check_hash(path: Path, card: dict[str, Any]) -> None:
    if "sha256" in card and card["sha256"] != file_hash(path):
        raise InputError(
            f"{path} is not the file that its model card {path.with_suffix('.json').name} describes "
            "(the sha256 differs): it was damaged or exchanged. Install the package anew."
        )


def file_hash(path: Path) -> str:
    """sha256 of a file, as model cards name it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _halved(tensor: Tensor) -> Tensor:
    return tensor.half().contiguous() if tensor.is_floating_point() else tensor.contiguous()
