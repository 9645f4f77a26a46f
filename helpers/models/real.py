"""Networks that others trained on photographs: looked for on this machine, fetched when asked.

None of them comes with the course. Each row of :data:`helpers.models.REAL` says what it is, under
which licence it may be used, and where it comes from.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from helpers.arguments import choice, shown
from helpers.datasets.fairface import AGES, GENDERS, RACES
from helpers.errors import InputError, unknown_name
from helpers.files import require_file
from helpers.models import resnet, vggface
from helpers.models.downloads import UNTRAINED, Weights, fill, fingerprint, locate, read_state_dict
from helpers.models.mobilefacenet import MobileFaceNet
from helpers.models.releases import MODELS, Real, Release
from helpers.models.timm_models import load_timm

#: Outputs of FairFace's ResNet-34: name of the head, first output, and what each output means.
FAIRFACE_HEADS: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "race": (0, RACES),
    "race4": (0, ("White", "Black", "Asian", "Indian")),
    "gender": (len(RACES), GENDERS),
    "age": (len(RACES) + len(GENDERS), AGES),
}
_FAIRFACE_OUTPUTS = len(RACES) + len(GENDERS) + len(AGES)

_Given = Mapping[str, Tensor] | None
_Options = Mapping[str, Any]
# Builds a network and fills it, where there are weights: (weights, path, options) -> network.
_Build = Callable[[_Given, Path, _Options], nn.Module]


def load(name: str, weights: Weights = None, download: bool = False, **options: Any) -> nn.Module:
    """A network that others trained, following this course's contract.

    Parameters
    ----------
    name : str
        A row of :data:`helpers.models.REAL`; for the last two with a name of timm's, as in
        "timm/resnet18.a1_in1k", or of the Hugging Face hub's, as in "hf-hub:owner/name".
    weights : path, address, "random" or None
        By default the released file, which is looked for in ``models`` in the data folder. A path or
        an address gives another; "random" an untrained network, always the same.
    download : bool
        Fetch the released file if it is not there.
    **options
        ``head`` ("gender", "race", "age"; "race4" for the four-race file) for fairface-resnet34;
        ``classes`` for copies that were trained further on other classes; ``names`` (path of a file
        with one identity a line) for vgg-face; ``layer`` for timm's and the hub's.

    Returns
    -------
    nn.Module
        In eval mode, on the CPU. ``card`` tells its source, licence and limits, and the sha256 of
        the file that was loaded.

    Raises
    ------
    UnknownName
        If there is no such model, option or head.
    DataNotFound
        If the weights are not on this machine, and nobody asked to fetch them.
    DownloadFailed
        If they cannot be fetched, or are not what was promised.
    InputError
        If the file holds another network's weights, or anything but weights.
    """
    of_timm = name not in MODELS
    known = ("classes", "layer") if of_timm else MODELS[name].options
    for each in options:
        if each not in known:
            raise unknown_name(f"option of {name}", each, ["weights", "download", *known])
    _check_classes(options.get("classes"), of_timm)
    if of_timm:
        return load_timm(name, weights, download, **options)
    real = MODELS[name]
    release = _release(real, options)
    if isinstance(weights, str) and weights == "random":
        network, about = _untrained(name, release, options), UNTRAINED
    else:
        path = locate(name, release, weights, download)
        about = fingerprint(path, release)
        network = _BUILDERS[name](read_state_dict(path), path, options)
    card = {"name": name, "what": real.what, **real.card, **about}
    network.card = card  # type: ignore[assignment]  # a plain attribute
    return network.eval()


def _check_classes(classes: Any, may_be_empty: bool) -> None:
    named = isinstance(classes, tuple | list) and all(isinstance(each, str) for each in classes)
    if classes is not None and not (named and (classes or may_be_empty)):
        raise InputError(
            f"classes is {shown(classes)}: give a list of names, such as ('no', 'yes'), one for each "
            "output."
        )


def _untrained(name: str, release: Release, options: _Options) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return _BUILDERS[name](None, release.path, options)


def _release(real: Real, options: _Options) -> Release:
    if options.get("head") == "race4":
        return replace(real.release, file="fairface_alldata_4race_20191111.pt")
    return real.release


# -- one builder for each architecture


def _mobilefacenet(weights: _Given, path: Path, options: _Options) -> nn.Module:
    return fill(MobileFaceNet(), weights, path)


def _fairface(weights: _Given, path: Path, options: _Options) -> nn.Module:
    start, classes = FAIRFACE_HEADS[choice(options.get("head", "gender"), "head", FAIRFACE_HEADS)]
    whole = resnet.resnet34([str(number) for number in range(_FAIRFACE_OUTPUTS)])
    fill(whole, weights, path)
    # The other heads' rows are left out, so that scores, targets and explanations have one meaning.
    rows = slice(start, start + len(classes))
    head = nn.Linear(whole.fc.in_features, len(classes))
    head.weight = nn.Parameter(whole.fc.weight.detach()[rows].clone())
    head.bias = nn.Parameter(whole.fc.bias.detach()[rows].clone())
    whole.fc, whole.classes = head, classes
    return whole


def _torchvision(
    build: Callable[[Sequence[str]], resnet.ResNet], weights: _Given, path: Path, options: _Options
) -> nn.Module:
    network = build(options.get("classes") or _imagenet_classes())
    outputs = len(network.classes if weights is None else weights.get("fc.weight", network.classes))
    if outputs != len(network.classes):
        raise InputError(
            f"{path} has {outputs} outputs, but {len(network.classes)} classes are named: give "
            "classes=(...), a name for each in their order."
        )
    return fill(network, weights, path)


def _vggface(weights: _Given, path: Path, options: _Options) -> nn.Module:
    if weights is None:
        return vggface.VggFace(_identities(path, options, 2622))
    renamed, order = vggface.standard_names(weights)
    last = renamed.get("fc.fc8.weight")
    classes = _identities(path, options, 2622 if last is None else len(last))
    return fill(vggface.VggFace(classes, order, **vggface.sizes(renamed)), renamed, path)


def _identities(path: Path, options: _Options, count: int) -> list[str]:
    beside = path.with_name("names.txt")
    given = options.get("names", beside if beside.is_file() else None)
    if given is None:
        return [f"identity {number:04d}" for number in range(1, count + 1)]
    try:
        lines = require_file(given).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as why:
        raise InputError(f"{given} cannot be read as a list of names: {why}") from why
    found = [line.strip() for line in lines if line.strip()]
    if len(found) != count:
        raise InputError(
            f"{given} lists {len(found)} names, but {path.name} has {count} outputs: it belongs to "
            "other weights, or a line is missing."
        )
    return found


def _imagenet_classes() -> list[str]:
    from torchvision.models import ResNet18_Weights

    return list(ResNet18_Weights.IMAGENET1K_V1.meta["categories"])


_BUILDERS: Mapping[str, _Build] = {
    "mobilefacenet": _mobilefacenet,
    "fairface-resnet34": _fairface,
    "vgg-face": _vggface,
    "resnet18": partial(_torchvision, resnet.resnet18),
    "resnet50": partial(_torchvision, resnet.resnet50),
}
