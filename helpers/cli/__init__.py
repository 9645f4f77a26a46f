"""The command line: ``python -m helpers explain photo.jpg --method hirescam --output out.png``.

Input that cannot be used gets one sentence on the error stream and exit code 2.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from helpers import arguments, files, terminal
from helpers.cli import figures, photographs
from helpers.errors import InputError

app = typer.Typer(
    help="Explain what a face model saw in a photograph.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

data = typer.Typer(no_args_is_help=False)
app.add_typer(data, name="data")


def _path(text: str) -> Path:
    # As a path, no text would be the folder that the reader is in.
    if not text.strip():
        raise typer.BadParameter("'' names no file or folder.")
    return Path(text)


# Files are looked at by helpers.files, in sentences of its own.
Photos = Annotated[
    list[Path],
    typer.Argument(
        help="One or more photographs, or one folder of them.", parser=_path, metavar="PHOTOS"
    ),
]
Several = Annotated[
    list[Path],
    typer.Argument(help="One or more photographs.", parser=_path, metavar="PHOTOS"),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", help="The figure to write, a .png file.", parser=_path, metavar="PATH"
    ),
]
Place = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="The figure to write, a .png file; of a folder, the folder to write to.",
        parser=_path,
        metavar="PATH",
    ),
]
Options = Annotated[
    list[str] | None,
    typer.Option("--option", help="Of the method, as in --option steps=20; may be repeated."),
]
Crops = Annotated[
    Path | None,
    typer.Option(
        help="Of a folder: where to write the faces that were found.", parser=_path, metavar="PATH"
    ),
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
    output: Place = None,
    target: Target = None,
    layer: Layer = None,
    model: Model = "gender-fairface",
    crop: Crop = True,
    option: Options = None,
    save_crops: Crops = None,
) -> None:
    """Draw which parts of a face spoke for a model's answer, for photographs or a folder of them."""
    question = photographs.Question(method, photographs.chosen(method, option or []), target, layer)
    if len(photos) == 1 and files.kind_of(photos[0], InputError) == "folder":
        from helpers.cli.folders import explain_folder

        explain_folder(photos[0], question, model, output, save_crops, crop)
        return
    if save_crops is not None:
        raise InputError("--save-crops is for a folder: give one folder instead of photographs.")
    destination = output and figures.destination(output, photos)
    figures.require_room(photos, 3)
    photographs.require_files(photos)
    from helpers import models

    destination = destination or figures.destination(figures.free_name(photos[0], method), photos)
    network = models.load(model)
    photographs.require_question(network, model, question)
    photographs.settle_threads(network, method)
    faces = photographs.prepare(photos, network, crop)
    photographs.tell_of_several(photos, faces)
    explained = photographs.explained(photos, network, faces, question)
    for photo, answer, name in zip(photos, explained.answers, explained.names, strict=True):
        print(f"{photo}: the model's answer is {answer}; explained is {name}")
    figures.write(figures.explanation(faces, explained, method), destination)


@app.command()
@terminal.one_sentence
def factorize(
    photos: Several,
    components: Annotated[int, typer.Option("--components", "-k", help="Number of concepts.")] = 4,
    output: Output = None,
    layer: Layer = None,
    model: Model = "gender-fairface",
    crop: Crop = True,
) -> None:
    """Split what a layer sees into a few concepts, shared by all photographs given."""
    destination = figures.destination(output or figures.free_name(photos[0], "concepts"), photos)
    arguments.count(components, "--components", 1, figures.MOST_PANELS - 2)
    figures.require_room(photos, components + 2)
    photographs.require_files(photos)
    from helpers import explain as explaining
    from helpers import models, plots
    from helpers.explain.targets import find_layer

    network = models.load(model)
    find_layer(network, layer)
    faces = photographs.prepare(photos, network, crop)
    photographs.tell_of_several(photos, faces)
    found = explaining.factorize(network, faces.images, components, layer)
    print(found.scores.round(3).to_string())
    print(f"relative error of the factorisation: {100 * found.error:.0f} %")
    labels = [
        f"{k}: {100 * share:.0f} % of activation" for k, share in found.scores["share"].items()
    ]
    figures.write(plots.concepts(faces.images, found.maps, labels), destination)


@app.command()
@terminal.one_sentence
def methods(
    name: Annotated[str | None, typer.Argument(help="Tell all about this one.")] = None,
) -> None:
    """List the methods of `explain`, or tell all about one, its options for instance."""
    from helpers.explain.catalogue import ROWS
    from helpers.explain.methods import COLUMNS, written

    if name is not None:
        row = ROWS[arguments.choice(name, "method", ROWS)]
        for column in COLUMNS:
            value = written(row, column)
            print(f"{column}: {'none' if value == '' else value}")
        return
    shown = ("signed", "passes", "idea")
    rows: list[tuple[str, ...]] = [("method", *shown)]
    rows += [(key, *(str(written(each, c)) for c in shown)) for key, each in ROWS.items()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for line in rows:
        print("  ".join(map(str.ljust, line, widths)).rstrip())


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
