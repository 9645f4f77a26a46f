"""Networks that others trained on photographs: looked for on this machine, fetched when asked.

None of them comes with the course. Each row of :data:`REAL` says what it is, under which licence it
may be used, and where it comes from.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from helpers.arguments import choice, shown
from helpers.errors import InputError, unknown_name
from helpers.files import require_file
from helpers.models import resnet, vggface
from helpers.models.downloads import (
    Release,
    Weights,
    fill,
    fingerprint,
    locate,
    read_state_dict,
)
from helpers.models.mobilefacenet import MobileFaceNet
from helpers.models.timm_models import load_timm

#: Outputs of FairFace's ResNet-34: name of the head, first output, and what each output means.
FAIRFACE_HEADS: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "race": (
        0,
        (
            "White",
            "Black",
            "Latino_Hispanic",
            "East Asian",
            "Southeast Asian",
            "Indian",
            "Middle Eastern",
        ),
    ),
    "race4": (0, ("White", "Black", "Asian", "Indian")),
    "gender": (7, ("Male", "Female")),
    "age": (
        9,
        (
            "0-2",
            "3-9",
            "10-19",
            "20-29",
            "30-39",
            "40-49",
            "50-59",
            "60-69",
            "more than 70",
        ),
    ),
}
_FAIRFACE_OUTPUTS = 18

# Builds a network and fills it, where there are weights: (weights, path, options) -> network.
_Build = Callable[[Mapping[str, Tensor] | None, Path, dict[str, Any]], nn.Module]


@dataclass(frozen=True)
class _Real:
    """One model: what a reader should know, and how it is built."""

    what: str
    release: Release
    build: _Build
    options: tuple[str, ...] = ()
    card: dict[str, Any] = field(default_factory=dict)


def knows(name: str) -> bool:
    """Whether a name is a real model's."""
    return name in _MODELS or name.startswith(("timm/", "hf-hub:"))


def names() -> list[str]:
    """Names of the real models, with the two patterns of those by the thousand."""
    return [*REAL.index]


def load(name: str, weights: Weights = None, download: bool = False, **options: Any) -> nn.Module:
    """A network that others trained, following this course's contract.

    Parameters
    ----------
    name : str
        A row of :data:`REAL`; for the last two with a name of timm's, as in "timm/resnet18.a1_in1k",
        or of the Hugging Face hub's, as in "hf-hub:owner/name".
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
    of_timm = name.startswith(("timm/", "hf-hub:"))
    known = ("classes", "layer") if of_timm else _MODELS[name].options
    for each in options:
        if each not in known:
            raise unknown_name(f"option of {name}", each, ["weights", "download", *known])
    _check_classes(options.get("classes"), of_timm)
    if of_timm:
        return load_timm(name, weights, download, **options)
    real = _MODELS[name]
    network = _loaded(name, _release(real, options), real, weights, download, options)
    network.card = {"name": name, "what": real.what, **real.card, **network.card}
    return network.eval()


def _check_classes(classes: Any, may_be_empty: bool) -> None:
    named = isinstance(classes, tuple | list) and all(isinstance(each, str) for each in classes)
    if classes is not None and not (named and (classes or may_be_empty)):
        raise InputError(
            f"classes is {shown(classes)}: give a list of names, such as ('no', 'yes'), one for each "
            "output."
        )


def _loaded(
    name: str,
    release: Release,
    real: _Real,
    weights: Weights,
    download: bool,
    options: dict[str, Any],
) -> Any:
    if isinstance(weights, str) and weights == "random":
        network = _untrained(real, release, options)
        network.card = {"weights": "random: untrained, for tests and comparisons"}
        return network
    path = locate(name, release, weights, download)
    about = fingerprint(path, release)
    network = real.build(read_state_dict(path), path, options)
    network.card = {"licence": release.licence, "source": release.url or release.howto, **about}  # type: ignore[assignment]  # a plain attribute
    return network


def _untrained(real: _Real, release: Release, options: dict[str, Any]) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return real.build(None, release.path, options)


def _release(real: _Real, options: Mapping[str, Any]) -> Release:
    if options.get("head") == "race4":
        return replace(real.release, file="fairface_alldata_4race_20191111.pt")
    return real.release


# -- one builder for each architecture


def _mobilefacenet(
    weights: Mapping[str, Tensor] | None, path: Path, options: dict[str, Any]
) -> nn.Module:
    network = MobileFaceNet()
    if weights is not None:
        fill(network, weights, path)
    return network


def _fairface(
    weights: Mapping[str, Tensor] | None, path: Path, options: dict[str, Any]
) -> nn.Module:
    head = choice(options.get("head", "gender"), "head", FAIRFACE_HEADS)
    start, classes = FAIRFACE_HEADS[head]
    whole = resnet.resnet34([str(number) for number in range(_FAIRFACE_OUTPUTS)])
    if weights is not None:
        fill(whole, weights, path)
    # The other heads' rows are left out, so that scores, targets and explanations have one meaning.
    rows = slice(start, start + len(classes))
    head_layer = nn.Linear(whole.fc.in_features, len(classes))
    head_layer.weight = nn.Parameter(whole.fc.weight.detach()[rows].clone())
    head_layer.bias = nn.Parameter(whole.fc.bias.detach()[rows].clone())
    whole.fc, whole.classes = head_layer, classes
    return whole


def _torchvision(build: Callable[[Sequence[str]], resnet.ResNet]) -> _Build:
    def from_weights(
        weights: Mapping[str, Tensor] | None, path: Path, options: dict[str, Any]
    ) -> nn.Module:
        network = build(options.get("classes") or _imagenet_classes())
        if weights is not None:
            _require_names(path, weights.get("fc.weight"), network.classes)
            fill(network, weights, path)
        return network

    return from_weights


def _vggface(
    weights: Mapping[str, Tensor] | None, path: Path, options: dict[str, Any]
) -> nn.Module:
    if weights is None:
        return vggface.VggFace(_identities(path, options, 2622))
    renamed, order = vggface.standard_names(weights)
    last = renamed.get("fc.fc8.weight")
    classes = _identities(path, options, 2622 if last is None else len(last))
    network = vggface.VggFace(classes, order, **vggface.sizes(renamed))
    fill(network, renamed, path)
    return network


def _identities(path: Path, options: Mapping[str, Any], count: int) -> list[str]:
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


def _require_names(path: Path, head: Tensor | None, classes: Sequence[str]) -> None:
    if head is not None and len(head) != len(classes):
        raise InputError(
            f"{path} has {len(head)} outputs, but {len(classes)} classes are named: give "
            "classes=(...), a name for each in their order."
        )


_MODELS: dict[str, _Real] = {
    "mobilefacenet": _Real(
        "recognises faces: 128-d embeddings of aligned 112 px faces (Chen et al. 2018)",
        Release(
            folder="mobilefacenet",
            file="mobilefacenet.pt",
            url="https://raw.githubusercontent.com/foamliu/MobileFaceNet/"
            "a6cc9032a659b615f477833e1a70b5e7931bcccc/weights/mobilefacenet.pt",
            sha256="90a00ba1d8b0b688af3deb731ed53dca582e6106805d1bc3cfdef55f570493f4",
            megabytes=4,
            licence="Apache-2.0",
        ),
        _mobilefacenet,
        card={
            "paper": "Chen, Liu, Gao and Han. MobileFaceNets. CCBR 2018, arXiv 1804.07573.",
            "data": "A cleaned MS-Celeb-1M: photographs of about 85,000 people, most of whom were "
            "never asked. Microsoft withdrew the data set in 2019.",
            "preprocessing": "Five landmarks brought to the ArcFace template at 112 px "
            "(preprocessing.align); RGB, ImageNet's means and standard deviations, built in.",
            "limits": [
                "For teaching and measurement only. Never to identify people.",
                (
                    "About three quarters of MS-Celeb-1M's people are annotated as Caucasian (Wang "
                    "et al., Racial faces in the wild, ICCV 2019): expect error rates that differ "
                    "between groups, and measure them."
                ),
                "Embeddings are not of unit length: compare their directions.",
            ],
        },
    ),
    "fairface-resnet34": _Real(
        "annotated race, gender or age of FairFace crops (Karkkainen & Joo 2021)",
        Release(
            folder="fairface",
            file="res34_fair_align_multi_7_20190809.pt",
            url=None,
            sha256=None,
            megabytes=85,
            licence="CC BY 4.0",
            howto="Its authors share it in a Google Drive folder, which a program cannot fetch "
            "from: follow the link in the README of github.com/dchen236/FairFace and put the file "
            "there",
        ),
        _fairface,
        ("head",),
        card={
            "paper": "Karkkainen and Joo. FairFace. WACV 2021.",
            "data": "FairFace's training photographs, labelled by crowd workers with the race, "
            "gender and age that they perceived.",
            "preprocessing": "224 px crops with a margin of 0.25; RGB, ImageNet's means and "
            "standard deviations, built in.",
            "limits": ["Says how annotators would label a face, not who a person is."],
        },
    ),
    "vgg-face": _Real(
        "tells 2,622 celebrities apart at 224 px (Parkhi et al. 2015)",
        Release(
            folder="vgg-face",
            file="vgg_face_dag.pth",
            url="https://www.robots.ox.ac.uk/~albanie/models/pytorch-mcn/vgg_face_dag.pth",
            sha256=None,
            megabytes=580,
            licence="CC BY-NC 4.0",
        ),
        _vggface,
        ("names",),
        card={
            "paper": "Parkhi, Vedaldi and Zisserman. Deep face recognition. BMVC 2015.",
            "data": "2.6 million photographs of 2,622 celebrities, from web searches.",
            "preprocessing": "224 px; 0-255 less the means 129.1863, 104.7624, 93.5940 in the "
            "release's own channel order, built in.",
            "limits": ["Not for commercial use.", "Knows its 2,622 celebrities and nobody else."],
        },
    ),
    "resnet18": _Real(
        "1,000 ImageNet classes at 224 px: no face among them (He et al. 2016)",
        Release(
            folder="torchvision",
            file="resnet18-f37072fd.pth",
            url="https://download.pytorch.org/models/resnet18-f37072fd.pth",
            sha256=None,
            megabytes=47,
            licence="BSD-3-Clause",
        ),
        _torchvision(resnet.resnet18),
        ("classes",),
        card={"paper": "He, Zhang, Ren and Sun. Deep residual learning. CVPR 2016."},
    ),
    "resnet50": _Real(
        "1,000 ImageNet classes at 224 px: no face among them (He et al. 2016)",
        Release(
            folder="torchvision",
            file="resnet50-0676ba61.pth",
            url="https://download.pytorch.org/models/resnet50-0676ba61.pth",
            sha256=None,
            megabytes=103,
            licence="BSD-3-Clause",
        ),
        _torchvision(resnet.resnet50),
        ("classes",),
        card={"paper": "He, Zhang, Ren and Sun. Deep residual learning. CVPR 2016."},
    ),
}


def _table() -> pd.DataFrame:
    rows = {
        name: (each.what, each.release.licence, each.release.megabytes, each.release.url or "")
        for name, each in _MODELS.items()
    }
    rows["fairface-resnet34"] = (*rows["fairface-resnet34"][:3], "github.com/dchen236/FairFace")
    hub = "https://huggingface.co/"
    rows["timm/<name>"] = ("any of timm's networks, by timm's name", "see its card", None, hub)
    rows["hf-hub:<owner>/<name>"] = ("a timm network on the hub", "see its card", None, hub)
    columns = ["what", "licence", "megabytes", "source"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("model")
    return table.astype({"megabytes": "Int64"})


#: The real models that :func:`helpers.models.load` knows, one row each.
REAL: pd.DataFrame = _table()
