"""The command line: ``python -m helpers explain photo.jpg --method hirescam --output out.png``.

Input that cannot be used gets one sentence on the error stream and exit code 2.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from helpers.errors import InputError, unknown_name

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from torch import Tensor, nn

    from helpers.preprocessing import Detection

app = typer.Typer(
    help="Explain what a face model saw in a photograph.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_SIGNATURE = "Explaining Faces"

Photos = Annotated[list[Path], typer.Argument(help="One or more photographs.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="The figure to write, a .png file.")
]
Model = Annotated[
    str, typer.Option("--model", "-m", help="Name of a model, or a .safetensors file of helpers.")
]
Layer = Annotated[str | None, typer.Option("--layer", "-l", help="Dotted name of a layer.")]
Crop = Annotated[
    bool,
    typer.Option("--crop/--no-crop", help="Find the largest face and crop to it, or use it all."),
]


def _one_sentence(command: Callable[..., None]) -> Callable[..., None]:
    """Turn the package's own errors into their sentence and exit code 2."""

    @wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except InputError as problem:
            # A library's reason inside a message may run over several lines.
            print(f"Error: {' '.join(str(problem).split())}", file=sys.stderr)
            raise typer.Exit(2) from None

    return guarded


@app.command()
@_one_sentence
def explain(
    photos: Photos,
    method: Annotated[
        str, typer.Option("--method", help="See `python -m helpers methods`.")
    ] = "gradcam",
    output: Output = None,
    target: Annotated[
        str | None,
        typer.Option("--target", "-t", help="Class, by name or number; by default the predicted."),
    ] = None,
    layer: Layer = None,
    model: Model = "gender-fairface",
    crop: Crop = True,
) -> None:
    """Draw which parts of a face spoke for a model's answer."""
    destination = _destination(output, photos, method)
    from helpers import explain as explaining
    from helpers import models, plots

    if method not in explaining.METHODS.index:
        raise unknown_name("method", method, explaining.METHODS.index)
    network = models.load(model)
    _require(network, layer, target)
    faces = _prepare(photos, network, crop)
    relevance = explaining.explain(network, faces.images, target, method, layer)
    answers, explained = _answers(photos, network, faces.images, target)
    signed = bool(explaining.METHODS.signed[method])
    figure = plots.explanation(
        faces.pictures,
        faces.found,
        faces.images,
        relevance,
        answers,
        explained,
        method,
        "relevance, red for, blue against" if signed else "relevance",
        plots.SIGNED if signed else plots.POSITIVE,
    )
    _write(figure, destination)


@app.command()
@_one_sentence
def factorize(
    photos: Photos,
    components: Annotated[int, typer.Option("--components", "-k", help="Number of concepts.")] = 4,
    output: Output = None,
    layer: Layer = None,
    model: Model = "gender-fairface",
    crop: Crop = True,
) -> None:
    """Split what a layer sees into a few concepts, shared by all photographs given."""
    destination = _destination(output, photos, "concepts")
    from helpers import explain as explaining
    from helpers import models, plots

    network = models.load(model)
    _require(network, layer, None)
    faces = _prepare(photos, network, crop)
    found = explaining.factorize(network, faces.images, components, layer)
    print(found.scores.round(3).to_string())
    print(f"relative error of the factorisation: {100 * found.error:.0f} %")
    labels = [
        f"{k}: {100 * share:.0f} % of activation" for k, share in found.scores["share"].items()
    ]
    _write(plots.concepts(faces.images, found.maps, labels), destination)


@app.command()
@_one_sentence
def methods() -> None:
    """List the methods of `explain`."""
    from helpers.explain import METHODS

    print(METHODS.to_string())


@dataclass(frozen=True)
class _Faces:
    pictures: "list[np.ndarray]"
    found: "list[list[Detection]]"
    images: "Tensor"


def _require(network: "nn.Module", layer: str | None, target: str | None) -> None:
    """Refuse an unknown layer or target at once, not after the detector has run for a minute."""
    from helpers.explain.targets import class_index, find_layer

    find_layer(network, layer)
    if target is not None:
        class_index(network, target, len(_classes(network)))


def _classes(network: "nn.Module") -> list[str]:
    names: Any = network.classes
    return [str(each) for each in names]


def _prepare(photos: list[Path], network: "nn.Module", crop: bool) -> _Faces:
    from helpers import datasets, preprocessing

    size: Any = network.input_size
    pictures = [datasets.read_image(photo) for photo in photos]
    if not crop:
        return _Faces(pictures, [[] for _ in photos], datasets.to_tensor(pictures, size))
    found = []
    for photo, picture in zip(photos, pictures, strict=True):
        found.append(preprocessing.find_faces(picture, str(photo)))
        _tell_of_several(photo, found[-1])
    crops = [
        preprocessing.crop_face(picture, faces[0])
        for picture, faces in zip(pictures, found, strict=True)
    ]
    return _Faces(pictures, found, datasets.to_tensor(crops, size))


def _tell_of_several(photo: Path, faces: "list[Detection]") -> None:
    if len(faces) == 1:
        return
    print(f"{photo} shows {len(faces)} faces; the largest, the first of these, is explained:")
    for number, face in enumerate(faces, start=1):
        print(f"  {number}. {face}")


def _answers(
    photos: list[Path], network: "nn.Module", images: "Tensor", target: str | None
) -> tuple[list[str], list[str]]:
    import torch

    from helpers.explain import resolve_targets

    with torch.no_grad():
        logits = network(images)
    names = _classes(network)
    shares = logits.softmax(1)
    answers = [f"{names[int(row.argmax())]} {100 * float(row.max()):.0f} %" for row in shares]
    explained = [names[int(index)] for index in resolve_targets(network, logits, target)]
    for photo, answer, name in zip(photos, answers, explained, strict=True):
        print(f"{photo}: the model's answer is {answer}; explained is {name}")
    return answers, explained


def _destination(output: Path | None, photos: list[Path], what: str) -> Path:
    path = output or Path(f"{photos[0].stem}-{what}.png")
    if path.suffix.lower() != ".png":
        raise InputError(f"the output is a PNG figure, so its name must end in .png, not as {path}")
    if path.is_dir():
        raise InputError(f"{path} is a folder: give --output the name of a file")
    if path.exists() and (_is_one_of(path, photos) or not _ours(path)):
        raise InputError(
            f"{path} exists and is not a figure of this program: choose another --output, so that "
            "nothing of yours is overwritten"
        )
    _require_writable(path)
    return path


def _is_one_of(path: Path, photos: list[Path]) -> bool:
    return any(photo.exists() and path.samefile(photo) for photo in photos)


def _ours(path: Path) -> bool:
    from PIL import Image

    try:
        with Image.open(path) as picture:
            return picture.info.get("Software") == _SIGNATURE
    # Whatever Pillow cannot open, for whichever reason, is not a figure of ours.
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False


def _require_writable(path: Path) -> None:
    """Say so before the work, not after it."""
    folder = next(each for each in path.absolute().parents if each.exists())
    if not folder.is_dir():
        raise InputError(f"{path} could not be written: {folder} is a file, not a folder")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise InputError(f"{path} could not be written: permission denied")


def _write(figure: "Figure", path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=150, metadata={"Software": _SIGNATURE})
    except OSError as problem:
        raise InputError(f"{path} could not be written: {problem.strerror or problem}") from None
    print(f"written: {path}")
