"""Networks of the timm library, by its own names or from the Hugging Face hub.

Only ``config.json`` and ``model.safetensors`` are ever fetched, with this course's own downloader:
it goes on where a line broke, and neither file can run code.
"""

import importlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from helpers.errors import InputError, unknown_name
from helpers.models import downloads
from helpers.models.adapters import Adapted, finish, make_preprocess
from helpers.models.releases import Release

# A configuration from the hub may set the sizes of a network, but not make timm open other files.
_FORBIDDEN = {"checkpoint_path", "pretrained", "pretrained_cfg", "pretrained_cfg_overlay"}


def load_timm(
    name: str,
    weights: downloads.Weights = None,
    download: bool = False,
    classes: Sequence[str] | None = None,
    layer: str | None = None,
) -> Adapted:
    """A network called "timm/<name>" or "hf-hub:<owner>/<name>"; see :func:`helpers.models.load`.

    ``classes=()`` says that its outputs are an embedding, as those of a face recogniser.
    """
    timm = _timm()
    if name.startswith("timm/"):
        config, release = _of_timm(timm, name.removeprefix("timm/"))
    else:
        config, release = _of_the_hub(timm, name, download)
    # Building draws random weights; the reader's own sequence of random numbers goes on undisturbed.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = _built(timm, name, config)
    card = {"name": name, "licence": release.licence, "source": release.url}
    if isinstance(weights, str) and weights == "random":
        card |= downloads.UNTRAINED
    else:
        path = downloads.locate(name, release, weights, download)
        downloads.fill(network, downloads.read_state_dict(path), path)
        card |= downloads.fingerprint(path, release)
    return _adapted(network, config, card, classes, layer)


def _timm() -> Any:
    try:
        return importlib.import_module("timm")
    except ImportError as why:
        raise InputError(
            "this model is built by the library timm, which is not installed here: run "
            "`pip install timm` in the environment of this course, then try again."
        ) from why


def _of_timm(timm: Any, name: str) -> tuple[dict[str, Any], Release]:
    if not timm.is_model(name):
        raise unknown_name("timm model", name, _alike(timm, name))
    found = timm.get_pretrained_cfg(name)
    about = found.to_dict() if found is not None else {}
    hub = about.get("hf_hub_id")
    release = Release(
        folder=f"timm/{name}",
        file="model.safetensors",
        url=f"{_endpoint()}/{hub}/resolve/main/model.safetensors" if hub else None,
        licence=about.get("license") or "see its card on the hub",
        howto="timm has no pretrained weights of it on the Hugging Face hub",
    )
    return {"architecture": name, "pretrained_cfg": about}, release


def _of_the_hub(timm: Any, name: str, download: bool) -> tuple[dict[str, Any], Release]:
    match = re.fullmatch(r"hf-hub:([\w.-]+)/([\w.-]+?)(?:@([\w.-]+))?", name)
    if match is None:
        raise InputError(
            f"{name!r} is no address on the hub: write hf-hub:owner/name, or hf-hub:owner/name@"
            "version."
        )
    owner, repository, version = match[1], match[2], match[3] or "main"
    page = f"{_endpoint()}/{owner}/{repository}"
    about, weights = (
        Release(
            folder=f"hf-hub/{owner}--{repository}@{version}",
            file=file,
            url=f"{page}/resolve/{version}/{file}",
            licence=f"see {page}",
        )
        for file in ("config.json", "model.safetensors")
    )
    return _config(timm, downloads.locate(name, about, None, download)), weights


def _config(timm: Any, path: Any) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        architecture, arguments = config["architecture"], config.get("model_args") or {}
    except (ValueError, KeyError, TypeError, AttributeError) as why:
        raise InputError(
            f"{path} does not describe a network of timm's, which is what can be loaded from the "
            "hub: it names no architecture."
        ) from why
    if not timm.is_model(architecture):
        raise unknown_name("timm model", architecture, _alike(timm, str(architecture)))
    if _FORBIDDEN & set(arguments):
        raise InputError(
            f"{path} asks for {', '.join(sorted(_FORBIDDEN & set(arguments)))}, which would make "
            "timm open files of its choosing: it is not used."
        )
    return dict(config)


def _built(timm: Any, name: str, config: Mapping[str, Any]) -> nn.Module:
    arguments = dict(config.get("model_args") or {})
    if "num_classes" in config:
        arguments["num_classes"] = config["num_classes"]
    try:
        network: nn.Module = timm.create_model(
            config["architecture"], pretrained=False, **arguments
        )
    except (RuntimeError, TypeError, ValueError) as why:
        raise InputError(f"timm cannot build {name!r} as it is described: {why}") from why
    return network


def _adapted(
    network: nn.Module,
    config: Mapping[str, Any],
    card: dict[str, Any],
    classes: Sequence[str] | None,
    layer: str | None,
) -> Adapted:
    about = {**config, **(config.get("pretrained_cfg") or {})}
    _, height, width = about.get("input_size") or (3, 224, 224)
    mean, std = about.get("mean") or (0, 0, 0), about.get("std") or (1, 1, 1)
    adapted = Adapted(network, make_preprocess((mean, std), (height, width))).eval()
    adapted.input_size = (height, width)
    if classes is None:
        count = config.get("num_classes", about.get("num_classes"))
        named = about.get("label_names") or ()
        classes = () if count == 0 else named if len(named) == count else None
    finish(adapted, layer, classes)
    adapted.card |= card
    return adapted


def _alike(timm: Any, name: str) -> list[str]:
    # More than a thousand names would drown the hint.
    family = re.split(r"[_\d.]", name)[0][:3]
    return timm.list_models(f"{family}*")[:30] or timm.list_models()[:30]


def _endpoint() -> str:
    # The hub's own variable, by which schools and countries name their mirror.
    return os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
