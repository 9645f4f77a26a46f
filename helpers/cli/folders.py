"""A folder of photographs: a figure each, the faces cut out, and one table of what was found."""

import csv
import itertools
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from helpers import files
from helpers.cli import figures, photographs
from helpers.cli.photographs import Explained, Faces, Question
from helpers.datasets.sources import Folder
from helpers.errors import DataNotFound, InputError

if TYPE_CHECKING:
    import numpy as np
    from torch import nn

TABLE = "explanations.csv"
"""The table's name in the folder of results."""

_SETTING = ("model", "version", "method", "options", "layer", "target", "crop")
_FOUND = ("faces", "x", "y", "width", "height", "answer", "explained", "score", "lowest", "highest")
COLUMNS = ("file", "sha256", "picture", "cropped", *_FOUND, *_SETTING)
"""Of the table: the files, what was found, and the question that it answers."""

Row = dict[str, str]


@dataclass(frozen=True)
class _Work:
    """One run over a folder: what is asked, of which network, and where the answers go."""

    folder: Path
    question: Question
    network: "nn.Module"
    setting: Row
    kept: dict[str, Row]
    names: dict[str, str]
    output: Path
    crops: Path | None
    crop: bool


def explain_folder(
    folder: Path,
    question: Question,
    model: str,
    output: Path | None,
    crops: Path | None,
    crop: bool,
) -> None:
    """Explain every photograph below a folder, one after the other.

    A row of the table is written as soon as its picture is, so that an interrupted run goes on
    where it was: a photograph that the table has, with the same bytes, is left as it is. What
    cannot be read, or shows no face, is named at the end. A question that cannot be answered for any
    picture, as one with an option out of range, ends the run at its first photograph.

    Parameters
    ----------
    folder : Path
        Searched with all folders below it.
    question : Question
        What is asked.
    model : str
        Name or file of the network.
    output : Path, optional
        Where figures and the table go, by default a folder beside the reader named after both.
    crops : Path, optional
        Where the faces go, as the network was given them.
    crop : bool
        Whether faces are looked for.

    Raises
    ------
    InputError
        If there is no photograph, or results would lie among the photographs or replace what is no
        result of this program, or no photograph could be explained.
    """
    from helpers import models

    source = Folder(files.require_folder(folder))
    output = (
        output if output is not None else Path(f"{source.root.resolve().name}-{question.method}")
    )
    for place in filter(None, (output, crops)):
        _require_apart(place, source.root)
    listed, notes = _listed(source)
    network = models.load(model)
    photographs.require_question(network, model, question)
    photographs.settle_threads(network, question.method)
    setting = _setting(network, model, question, crop)
    kept = _kept(output / TABLE, setting)
    for place in filter(None, (output, crops)):
        _try(place)
    names = _named(listed, kept, question.method, output, crops)
    work = _Work(source.root, question, network, setting, kept, names, output, crops, crop)
    for note in notes:
        print(note)
    rows, problems = _worked_through(work, listed)
    if rows:
        print(f"written: {len(rows)} rows in {output / TABLE}")
    for file, problem in problems.items():
        print(f"left out: {file}: {problem}")
    if len(problems) == len(listed):
        raise InputError(f"none of the {len(listed)} photograph(s) could be explained: see above.")


def _listed(source: Folder) -> tuple[list[str], tuple[str, ...]]:
    from helpers.datasets.folder import photographs
    from helpers.datasets.images import EXTENSIONS

    listed, notes = photographs(source)
    if not listed:
        raise DataNotFound(
            f"{files.short(source.root)}: there is no photograph in it ({', '.join(EXTENSIONS)} are "
            f"looked for). {' '.join(notes)}".rstrip()
        )
    return listed, notes


def _require_apart(place: Path, folder: Path) -> None:
    """Refuse results among the photographs, which the next run would take for photographs."""
    if files.kind_of(place, InputError) not in ("folder", "nothing"):
        raise InputError(f"{files.short(place)} is no folder: results of a folder are a folder.")
    files.require_writable(place / TABLE)
    if folder.resolve() in (place.resolve(), *place.resolve().parents):
        raise InputError(
            f"{files.short(place)} lies in the folder of the photographs: choose another, so that "
            "results are not taken for photographs."
        )


def _try(place: Path) -> None:
    """Find out before the work whether results can be written, whatever the rights of a folder say."""
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as trouble:
        raise InputError(
            f"{files.short(place)} could not be written to: {files.reason(trouble)}."
        ) from None


def _named(
    listed: Sequence[str], kept: Mapping[str, Row], method: str, output: Path, crops: Path | None
) -> dict[str, str]:
    """A name for the results of each photograph, such that no two results are one file.

    A photograph keeps the name that its row has. A new one gets its own without ending where no
    other would, else with it, else with a number.
    """
    stems = Counter(_alike(Path(file).with_suffix("")) for file in listed)
    ending = f"-{method}.png"
    own = {file: row["picture"].removesuffix(ending) for file, row in kept.items()}
    taken: set[str] = set()
    names = {}
    for file in sorted({*listed, *kept}, key=lambda each: (each not in kept, each)):
        stem = str(Path(file).with_suffix(""))
        wanted = [own.get(file), stem if stems[_alike(Path(stem))] == 1 else None, file]
        numbered = (f"{file}-{number}" for number in itertools.count(2))
        for name in itertools.chain(filter(None, wanted), numbered):
            results = [output / f"{name}{ending}", (crops or output) / f"{name}.png"]
            if taken.isdisjoint(map(_alike, results)):
                break
        taken.update(map(_alike, results))
        names[file] = name
    return names


def _alike(path: Path) -> str:
    """A path as a disk sees it that takes capitals and small letters for the same."""
    return str(path.resolve()).casefold()


def _setting(network: "nn.Module", model: str, question: Question, crop: bool) -> Row:
    """The question, in the same words however it was asked: defaults too, a class by its name."""
    from helpers.explain.methods import options_of
    from helpers.explain.targets import class_index
    from helpers.models.contract import class_names

    layer = question.layer or getattr(network, "layer", None)
    names = class_names(network)
    target = question.target or ""
    if names and target:
        target = names[class_index(network, target, len(names))]
    return {
        "model": model,
        "version": str(getattr(network, "version", "")),
        "method": question.method,
        "options": " ".join(
            f"{name}={value!r}"
            for name, value in sorted(options_of(question.method, question.options).items())
        ),
        "layer": layer if isinstance(layer, str) else "",
        "target": target,
        "crop": str(crop),
    }


def _worked_through(work: _Work, listed: Sequence[str]) -> tuple[dict[str, Row], dict[str, str]]:
    """The rows of the table and the problems, by file; the table grows on the disk on the way."""
    from tqdm.auto import tqdm

    rows = dict(work.kept)
    problems: dict[str, str] = {}
    for file in tqdm(listed, "explain", disable=None, delay=2):
        try:
            identity = {"file": file, "sha256": files.file_hash(work.folder / file)}
            if _same(rows.get(file), identity, work):
                continue
            rows[file] = {**identity, **work.setting, **_explained(work, file)}
        except photographs.Unanswerable:
            raise
        except InputError as problem:
            problems[file] = " ".join(str(problem).split())
            continue
        _write_table(work.output / TABLE, rows)
    return rows, problems


def _kept(path: Path, setting: Row) -> dict[str, Row]:
    """The rows of an earlier run, by file.

    Raises
    ------
    InputError
        If there is a file of that name that this program did not write, or that answers another
        question: one table is of one model, method and class.
    """
    if files.kind_of(path, InputError) == "nothing":
        return {}
    rows = {row["file"]: row for row in _read(path)}
    for row in rows.values():
        for name, value in setting.items():
            if row[name] != value:
                raise InputError(
                    f"{files.short(path)} holds answers to another question ({name} {row[name]!r}, "
                    f"now {value!r}): choose another --output, so that they are not mixed."
                )
    return rows


def _read(path: Path) -> list[Row]:
    try:
        with path.open(encoding="utf-8", newline="", errors="replace") as table:
            header, *rows = list(csv.reader(table)) or [[]]
    except csv.Error:  # a cell longer than any of ours
        header, rows = [], []
    if tuple(header) != COLUMNS:
        raise InputError(
            f"{files.short(path)} exists and is not a table of this program: choose another "
            "--output, so that nothing of yours is overwritten."
        )
    for number, cells in enumerate(rows, start=2):
        if len(cells) != len(COLUMNS):
            raise InputError(
                f"{files.short(path)}: row {number} has {len(cells)} cells, not {len(COLUMNS)}: it "
                "was cut short or changed. Remove that row, and its photograph is explained again."
            )
    return [dict(zip(COLUMNS, cells, strict=True)) for cells in rows]


def _same(row: Row | None, identity: Row, work: _Work) -> bool:
    if row is None or any(row[name] != value for name, value in identity.items()):
        return False
    picture, cropped = _results(work, identity["file"])
    if row["picture"] != picture or (cropped and row["cropped"] != cropped):
        return False
    return all(each.is_file() for each in _places(work, picture, cropped))


def _results(work: _Work, file: str) -> tuple[str, str]:
    """Names of the figure of a photograph and of its face, "" where faces are not kept."""
    name = work.names[file]
    cropped = f"{name}.png" if work.crops is not None else ""
    return f"{name}-{work.question.method}.png", cropped


def _explained(work: _Work, file: str) -> Row:
    """Explain one photograph and write its figure and its face."""
    photo = work.folder / file
    picture, cropped = _results(work, file)
    for place in _places(work, picture, cropped):
        figures.destination(place, [photo])
    faces = photographs.prepare([photo], work.network, work.crop)
    try:
        found = photographs.explained([photo], work.network, faces, work.question)
    except InputError as problem:
        photographs.require_answer(work.network, work.question, problem)
        raise
    figures.save(figures.explanation(faces, found, work.question.method), work.output / picture)
    if work.crops is not None:
        _save_face(faces, work.crops / cropped)
    return {"picture": picture, "cropped": cropped, **_values(faces, found)}


def _places(work: _Work, picture: str, cropped: str) -> Iterator[Path]:
    yield work.output / picture
    if work.crops is not None:
        yield work.crops / cropped


def _values(faces: Faces, found: Explained) -> Row:
    box = [f"{side:.1f}" for side in faces.found[0][0].box] if faces.found[0] else [""] * 4
    scores = found.scores[0]
    names = dict(zip(("x", "y", "width", "height"), box, strict=True))
    return {
        "faces": str(len(faces.found[0])),
        **names,
        "answer": found.answers[0],
        "explained": found.names[0],
        "score": f"{float(scores[found.indices[0]]):.6g}",
        "lowest": f"{float(found.relevance.min()):.6g}",
        "highest": f"{float(found.relevance.max()):.6g}",
    }


def _save_face(faces: Faces, path: Path) -> None:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    values: np.ndarray = (faces.images[0] * 255).round().byte().permute(1, 2, 0).numpy()
    signed = PngInfo()
    signed.add_text("Software", figures.SIGNATURE)
    with files.replacing(path) as new:
        Image.fromarray(values).save(new, pnginfo=signed)


def _write_table(path: Path, rows: dict[str, Row]) -> None:
    with files.replacing(path) as new, new.open("w", encoding="utf-8", newline="") as table:
        writer = csv.DictWriter(table, COLUMNS)
        writer.writeheader()
        writer.writerows(rows[file] for file in sorted(rows))
