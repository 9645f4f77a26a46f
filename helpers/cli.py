"""The command line: ``python -m helpers explain photo.jpg --method hirescam --output out.png``.

Input that cannot be used gets one sentence on the error stream and exit code 2.
"""

import itertools
import os
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from helpers import arguments, files, terminal
from helpers.errors import InputError, UnreadableImage

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

data = typer.Typer(no_args_is_help=False)
app.add_typer(data, name="data")

_SIGNATURE = "Explaining Faces"
_BATCH = 32  # photographs at a time
_MOST_ROWS, _MOST_PANELS = 100, 600  # of a figure: beyond, its file has more pixels than a PNG may
_LONGEST_NAME = 255  # bytes, on every usual file system

# Files are looked at by helpers.files, in sentences of its own.
Photos = Annotated[list[Path], typer.Argument(help="One or more photographs.", readable=False)]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="The figure to write, a .png file.", readable=False),
]
Model = Annotated[
    str, typer.Option("--model", "-m", help="Name of a model, or a .safetensors file of helpers.")
]
Method = Annotated[str, typer.Option("--method", help="One that the command `methods` lists.")]
Target = Annotated[
    str | None,
    typer.Option("--target", "-t", help="Class, by name or number; by default the predicted."),
]
Layer = Annotated[str | None, typer.Option("--layer", "-l", help="Dotted name of a layer.")]
Crop = Annotated[
    bool,
    typer.Option("--crop/--no-crop", help="Find the largest face and crop to it, or use it all."),
]


def main() -> None:
    """Run the command line; whatever stream or disk gives way, it ends with a sentence."""
    terminal.run(app)


@app.command()
@terminal.one_sentence
def explain(
    photos: Photos,
    method: Method = "gradcam",
    output: Output = None,
    target: Target = None,
    layer: Layer = None,
    model: Model = "gender-fairface",
    crop: Crop = True,
) -> None:
    """Draw which parts of a face spoke for a model's answer."""
    destination = output and _destination(output, photos)
    _require_room(photos, 3)
    from helpers.explain.catalogue import ROWS

    arguments.choice(method, "method", ROWS)
    _require_files(photos)
    from helpers import models, plots

    destination = destination or _destination(_free_name(photos[0], method), photos)
    network = models.load(model)
    _require_layer(network, layer)
    _require_target(network, model, target)
    faces = _prepare(photos, network, crop)
    relevance, scores = _explained(network, faces.images, target, method, layer)
    answers, explained = _answers(photos, network, scores, target)
    signed = ROWS[method].signed
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
@terminal.one_sentence
def factorize(
    photos: Photos,
    components: Annotated[int, typer.Option("--components", "-k", help="Number of concepts.")] = 4,
    output: Output = None,
    layer: Layer = None,
    model: Model = "gender-fairface",
    crop: Crop = True,
) -> None:
    """Split what a layer sees into a few concepts, shared by all photographs given."""
    destination = _destination(output or _free_name(photos[0], "concepts"), photos)
    arguments.count(components, "--components", 1, _MOST_PANELS - 2)
    _require_room(photos, components + 2)
    _require_files(photos)
    from helpers import explain as explaining
    from helpers import models, plots

    network = models.load(model)
    _require_layer(network, layer)
    faces = _prepare(photos, network, crop)
    found = explaining.factorize(network, faces.images, components, layer)
    print(found.scores.round(3).to_string())
    print(f"relative error of the factorisation: {100 * found.error:.0f} %")
    labels = [
        f"{k}: {100 * share:.0f} % of activation" for k, share in found.scores["share"].items()
    ]
    _write(plots.concepts(faces.images, found.maps, labels), destination)


@app.command()
@terminal.one_sentence
def methods() -> None:
    """List the methods of `explain`."""
    from helpers.explain.catalogue import ROWS
    from helpers.explain.methods import COLUMNS, written

    rows: list[tuple[str, ...]] = [("method", *COLUMNS)]
    rows += [(name, *(str(written(each, c)) for c in COLUMNS)) for name, each in ROWS.items()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(map(str.ljust, row, widths)).rstrip())


@data.callback(invoke_without_command=True)
@terminal.one_sentence
def list_data(context: typer.Context) -> None:
    """List what the course keeps on this machine; `data clear` removes it."""
    if context.invoked_subcommand is None:
        from helpers.datasets.places import users_cache
        from helpers.datasets.storage import kept

        found = kept()
        for path, size in found.items():
            print(f"{_megabytes(size)}  {path.relative_to(users_cache())}")
        print(f"{_megabytes(sum(found.values()))}  in all, in {users_cache()}")


@data.command()
@terminal.one_sentence
def clear(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove what the course drew or downloaded, after asking."""
    from helpers.datasets.places import users_cache
    from helpers.datasets.storage import clear as remove
    from helpers.datasets.storage import kept

    found = kept()
    if not found:
        print(f"Nothing is kept in {users_cache()}.")
        return
    size = _megabytes(sum(found.values())).strip()
    question = f"Remove {len(found)} file(s), {size}, from {users_cache()}?"
    if not yes and (sys.stdin is None or sys.stdout is None or sys.stdin.closed):
        raise InputError("data clear asks first, but no answer can be read here: give --yes.")
    if yes or typer.confirm(question):
        remove()
        print(f"removed: {size}; what a chapter needs is drawn or downloaded again.")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:9,.1f} MB"


@dataclass(frozen=True)
class _Faces:
    pictures: "list[np.ndarray]"
    found: "list[list[Detection]]"
    images: "Tensor"


def _require_files(photos: list[Path]) -> None:
    for photo in photos:
        files.require_file(photo, UnreadableImage)


def _require_layer(network: "nn.Module", layer: str | None) -> None:
    """Refuse an unknown layer at once, not after the detector has run for a minute."""
    from helpers.explain.targets import find_layer

    find_layer(network, layer)


def _require_target(network: "nn.Module", model: str, target: str | None) -> None:
    """Refuse an unknown target at once, and a recogniser of which no output is asked for."""
    from helpers.explain.targets import class_index
    from helpers.models.contract import class_names

    names = class_names(network)
    if names and target is not None:
        class_index(network, target, len(names))
    if not names and target is None:
        raise InputError(
            f"{model} has no classes: it returns an embedding, so there is no answer to explain. "
            "Give --target, the number of a coordinate, or use the command factorize."
        )


def _prepare(photos: list[Path], network: "nn.Module", crop: bool) -> _Faces:
    from tqdm.auto import tqdm

    from helpers import datasets, preprocessing

    size: Any = network.input_size
    pictures = [datasets.read_image(photo) for photo in photos]
    if not crop:
        return _Faces(pictures, [[] for _ in photos], datasets.to_tensor(pictures, size))
    found = []
    # A bar on a terminal only: in a file it would be noise.
    for photo, picture in tqdm(
        list(zip(photos, pictures, strict=True)), "faces", disable=None, delay=2
    ):
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


def _explained(
    network: "nn.Module", images: "Tensor", target: str | None, method: str, layer: str | None
) -> "tuple[Tensor, Tensor]":
    """Relevance maps, and the outputs that the network gave on the way to them, in batches."""
    import torch

    from helpers.explain import explain as explain_images

    maps, scores = [], []
    for part in images.split(_BATCH):
        heard = _Heard(part)
        handle = network.register_forward_hook(heard)
        try:
            maps.append(explain_images(network, part, target, method, layer))
        finally:
            handle.remove()
        if heard.output is None:
            with torch.no_grad():
                heard.output = network(part)
        scores.append(heard.output)
    return torch.cat(maps), torch.cat(scores)


class _Heard:
    """Keep what a network answers to one batch, among all that a method asks it."""

    def __init__(self, images: "Tensor") -> None:
        self.images = images
        self.output: Any = None

    def __call__(self, _: "nn.Module", given: tuple[Any, ...], output: Any) -> None:
        if self.output is None and given and given[0].shape == self.images.shape:
            # Methods that cover parts of a picture begin with the picture as it is.
            same = bool((given[0].detach() == self.images).all())
            self.output = output.detach() if same else None


def _answers(
    photos: list[Path], network: "nn.Module", scores: "Tensor", target: str | None
) -> tuple[list[str], list[str]]:
    from helpers.explain import resolve_targets
    from helpers.models.contract import class_names

    for photo, row in zip(photos, scores, strict=True):
        if not bool(row.isfinite().all()):
            raise InputError(f"{photo}: the model's answer is NaN or infinite, so it says nothing.")
    names = class_names(network) or []
    answers = _said(names, scores)
    shown = names or [f"coordinate {k}" for k in range(scores.shape[1])]
    explained = [shown[int(index)] for index in resolve_targets(network, scores, target)]
    for photo, answer, name in zip(photos, answers, explained, strict=True):
        print(f"{photo}: the model's answer is {answer}; explained is {name}")
    return answers, explained


def _said(names: Sequence[str], scores: "Tensor") -> list[str]:
    """The class with the highest score and its probability; an embedding has neither."""
    if not names:
        return [f"an embedding of {scores.shape[1]} numbers"] * len(scores)
    if len(names) != scores.shape[1]:
        raise InputError(
            f"the model names {len(names)} classes but returns {scores.shape[1]} scores: the file "
            "is not what it says it is."
        )
    shares = scores.softmax(1)
    return [f"{names[int(row.argmax())]} {100 * float(row.max()):.0f} %" for row in shares]


# -- files


def _free_name(photo: Path, what: str) -> Path:
    """The figure's name where none is given, cut so that a file may have it.

    Nobody else has it: two photographs of one name in two folders, or two targets, are two figures.
    """
    for number in itertools.count(1):
        ending, stem = f"-{what}{f'-{number}' if number > 1 else ''}.png", photo.stem
        while len(os.fsencode(stem + ending)) > _LONGEST_NAME:
            stem = stem[:-1]
        if not os.path.lexists(stem + ending):
            break
    return Path(stem + ending)


def _require_room(photos: list[Path], columns: int) -> None:
    """Say before the work that its figure could not be drawn."""
    most = max(min(_MOST_ROWS, _MOST_PANELS // columns), 1)
    if len(photos) > most:
        raise InputError(
            f"a figure of {len(photos)} photographs, with {columns} pictures beside each other for "
            f"each, is too large to be drawn: give at most {most} photograph(s) at a time"
            f"{' or fewer components' if columns > 3 else ''}."
        )


def _destination(path: Path, photos: list[Path]) -> Path:
    if path.suffix.lower() != ".png":
        raise InputError(
            f"the output is a PNG figure, so its name must end in .png, not as {files.short(path)}"
        )
    files.require_writable(path)
    if path.exists() and (_is_one_of(path, photos) or not _ours(path)):
        raise InputError(
            f"{path} exists and is not a figure of this program: choose another --output, so that "
            "nothing of yours is overwritten"
        )
    return path


def _is_one_of(path: Path, photos: list[Path]) -> bool:
    return any(files.kind_of(photo) != "nothing" and path.samefile(photo) for photo in photos)


def _ours(path: Path) -> bool:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=["PNG"]) as picture:
                return picture.info.get("Software") == _SIGNATURE
    # Whatever Pillow cannot open, for whichever reason, is not a figure of ours.
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False


def _write(figure: "Figure", path: Path) -> None:
    with files.replacing(path) as new:
        figure.savefig(new, dpi=150, metadata={"Software": _SIGNATURE})
    print(f"written: {path}")
