"""Networks that come with the course: read from their files, checked, and written."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from helpers.arguments import count, shown
from helpers.errors import InputError, unknown_name
from helpers.files import file_hash, path_of, reason, replacing, require_file
from helpers.models import WEIGHTS, available, real, releases
from helpers.models.architectures import HandSetDetector, NarrowEmbedder, NarrowResNet18
from helpers.models.contract import nonsense
from helpers.models.transformer import NarrowViT

Shipped: TypeAlias = NarrowResNet18 | NarrowEmbedder | HandSetDetector | NarrowViT
_ARCHITECTURES: Mapping[str, Callable[..., Shipped]] = {
    each.architecture: each for each in (NarrowResNet18, NarrowEmbedder, HandSetDetector, NarrowViT)
}


def load(name: str | Path, **options: Any) -> nn.Module:
    """Load a trained network, ready to be called.

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
        the rest; ``version`` (int) numbers the trainings of a network that comes with the course.

    Raises
    ------
    UnknownName
        If there is no such model.
    DataNotFound
        If a path leads to no file, or to one that may not be read.
    InputError
        If the weights are damaged, hold NaN or infinity, or were not written by :func:`save`.

    Examples
    --------
    >>> from helpers import models
    >>> models.load("gender-fairface").classes
    ('Male', 'Female')
    """
    # What is made inside inference mode could never be explained.
    with torch.inference_mode(False):
        if isinstance(name, str) and releases.knows(name):
            return real.load(name, **options)
        if options:
            raise InputError(
                f"{', '.join(options)}: options are for the models of others, "
                f"{', '.join(releases.names())}"
            )
        path = _weights_file(name)
        card = _read_card(path.with_suffix(".json"))
        _check_hash(path, card)
        network, version = _read(path)
        network.card = card
        network.version = _version(card.get("version", version), path)
        return network.eval()


def save(network: Shipped, path: str | Path) -> str:
    """Write a network's weights in half precision, with what is needed to build it again.

    Parameters
    ----------
    network : NarrowResNet18, NarrowEmbedder, HandSetDetector or NarrowViT
        If its card has a ``version``, the file gets it too.
    path : Path
        Ends in ``.safetensors``. Missing folders are made; an older file is replaced when the new
        one is whole.

    Returns
    -------
    str
        The file's sha256, which belongs into the card.

    Raises
    ------
    InputError
        If it is another network, its weights do not fit into half precision, the name has another
        ending, or the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from helpers import models
    >>> network = models.load("gender-fairface")
    >>> digits = models.save(network, f"{tempfile.mkdtemp()}/copy.safetensors")
    >>> len(digits)
    64
    """
    from safetensors.torch import save_file

    if not isinstance(network, Shipped):
        raise InputError(
            f"models.save writes the networks of this course, {', '.join(_ARCHITECTURES)}, not a "
            f"{type(network).__name__}: keep yours with torch.save(network.state_dict(), ...)."
        )
    target = path_of(path)
    if target.suffix.lower() != ".safetensors":
        raise InputError(f"{target}: the name must end in .safetensors, or load would refuse it.")
    # Halves the file; what it does to the accuracy is measured on the file, not before.
    weights = {name: _halved(each) for name, each in network.state_dict().items()}
    if bad := nonsense(weights):
        raise InputError(
            f"the network cannot be saved: {bad} would hold NaN or infinity in half precision, "
            "which ends at 65,504."
        )
    description = {name: json.dumps(each) for name, each in network.options().items()}
    description["architecture"] = network.architecture
    if "version" in network.card:
        description["version"] = json.dumps(_version(network.card["version"], target))
    with replacing(target) as new:
        try:
            save_file(weights, new, description)
        except SafetensorError as trouble:
            raise InputError(f"{target} could not be written: {trouble}") from trouble
    return file_hash(target)


def _weights_file(name: Any) -> Path:
    if isinstance(name, str) and name in available():
        return WEIGHTS / f"{name}.safetensors"
    if isinstance(name, nn.Module):
        raise InputError("this is a network already: models.load takes a name or a path.")
    path = path_of(name, "the model")
    if path.suffix.lower() in {".pt", ".pth", ".bin", ".pkl", ".pickle", ".ckpt"}:
        raise InputError(
            f"{path} may hold pickled objects, which can run code when they are opened. Save the "
            "weights with helpers.models.save and load the .safetensors file."
        )
    if path.suffix.lower() != ".safetensors":
        raise unknown_name("model", str(name)[:100], [*available(), *releases.names()])
    return require_file(path)


def _read(path: Path) -> tuple[Shipped, Any]:
    """The network of a file, and the version that the file names."""
    try:
        with safe_open(path, framework="pt") as file:
            about = {name: _plain(each) for name, each in (file.metadata() or {}).items()}
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no dict)
        version = about.pop("version", 1)
        if bad := nonsense(weights):
            raise InputError(f"its weights hold NaN or infinite numbers ({bad})")
        network = _built(about, weights)
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError, OSError) as problem:
        raise InputError(
            f"{path} does not hold a network of this course, as helpers.models.save writes it: "
            f"{problem}"
        ) from problem
    return network, version


def _plain(text: str) -> Any:
    """What a line of a file's description says; the name of the architecture is plain text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _built(about: dict[str, Any], weights: dict[str, Tensor]) -> Shipped:
    make = _ARCHITECTURES[about.pop("architecture")]
    classes = about.get("classes", [])
    if not isinstance(classes, list) or not all(isinstance(each, str) for each in classes):
        raise InputError(f"classes is {shown(classes)}, but must be a list of names")
    # First without memory: a damaged description may name a network of any size.
    with torch.device("meta"), _AsItComes():
        sizes = {name: each.shape for name, each in make(**about).state_dict().items()}
    if sizes != {name: each.shape for name, each in weights.items()}:
        raise InputError("its weights are not those of the network that it describes")
    with _AsItComes():
        network = make(**about)
    network.load_state_dict(weights)  # into 32-bit parameters
    return network


class _AsItComes(TorchFunctionMode):
    """Draw no random weights: those of the file take their place.

    The reader's random numbers stay what they were, and no meta tensor is drawn, for which torch
    would import a library of symbols, as long as it takes to import itself.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if re.search("(uniform|normal)_$", func.__name__):
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)


def _read_card(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise InputError(f"the model card {path} cannot be read: {reason(problem)}") from problem
    except (ValueError, RecursionError) as problem:
        raise InputError(f"the model card {path} is not JSON: {problem}") from problem
    if not isinstance(card, dict):
        raise InputError(f"the model card {path} holds a {type(card).__name__}, not an object")
    return card


def _version(value: Any, path: Path) -> int:
    return count(value, f"the version of {path.name}")


def _check_hash(path: Path, card: dict[str, Any]) -> None:
    promised, card_file = card.get("sha256", ""), path.with_suffix(".json")
    if "sha256" not in card or str(promised).lower() == (found := file_hash(path)):
        return
    if path.parent == WEIGHTS:
        how = "the weights were damaged or exchanged: install the package anew"
    else:
        how = (
            f"if {card_file.name} belongs to other weights, move it away or write this sha256 into "
            f"it; if {path.name} was damaged, get it again"
        )
    raise InputError(
        f"the model card {card_file} is not about the file {path.name} beside it (the sha256 "
        f"differs: {str(promised)[:16]}... in the card, but {found[:16]}...); {how}."
    )


def _halved(tensor: Tensor) -> Tensor:
    return tensor.half().contiguous() if tensor.is_floating_point() else tensor.contiguous()
