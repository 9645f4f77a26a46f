"""From photographs to faces, maps and the model's answers."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers import arguments, files
from helpers.errors import InputError, UnreadableImage

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from helpers.preprocessing import Detection

_BATCH = 32  # photographs at a time


class Unanswerable(InputError):
    """A question has no answer for any picture."""


@dataclass(frozen=True)
class Question:
    """What is asked of a model: the method and its options, the class and the layer."""

    method: str
    options: Mapping[str, Any]
    target: str | None
    layer: str | None


@dataclass(frozen=True)
class Faces:
    """Photographs, the faces found in each, the largest first, and what a model is given of it."""

    pictures: "list[np.ndarray]"
    found: "list[list[Detection]]"
    images: "Tensor"


@dataclass(frozen=True)
class Explained:
    """Maps (N, H, W), the model's scores (N, K), its answers in words and the explained classes."""

    relevance: "Tensor"
    scores: "Tensor"
    indices: list[int]
    answers: list[str]
    names: list[str]


def chosen(method: str, given: Sequence[str]) -> dict[str, Any]:
    """Read options of a method that were written as NAME=VALUE.

    Raises
    ------
    UnknownName
        If there is no such method.
    InputError
        If an option is written otherwise or twice, or the method does not have it.
    """
    from helpers.explain.catalogue import ROWS
    from helpers.explain.methods import options_of

    arguments.choice(method, "method", ROWS)
    options = {}
    for each in given:
        name, sign, value = each.partition("=")
        name = name.strip()
        if not sign or not name:
            raise InputError(f"--option {each}: write it as NAME=VALUE, for instance steps=20.")
        if name in options:
            raise InputError(f"--option {name} is given twice: give it once.")
        options[name] = _value(value.strip())
    options_of(method, options)
    return options


def _value(text: str) -> Any:
    """A number, True, False or None where the text is one, and the text itself elsewhere."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def require_files(photos: list[Path]) -> None:
    for photo in photos:
        files.require_file(photo, UnreadableImage)


def require_question(network: "nn.Module", model: str, question: Question) -> None:
    """Refuse what the network cannot answer at once, not after the detector has run for a minute."""
    from helpers.explain.catalogue import ROWS
    from helpers.explain.requirements import check
    from helpers.explain.targets import class_index, find_layer
    from helpers.models.contract import class_names

    if ROWS[question.method].needs_layer or question.layer is not None:
        find_layer(network, question.layer)
    names = class_names(network)
    if names and question.target is not None:
        class_index(network, question.target, len(names))
    if not names and question.target is None:
        raise InputError(
            f"{model} has no classes: it returns an embedding, so there is no answer to explain. "
            "Give --target, the number of a coordinate, or use the command factorize."
        )
    if "masks" in ROWS[question.method].needs:
        raise InputError(
            f"{question.method} needs masks of the regions of each picture, which the command line "
            "cannot take: call explain(..., masks=) in Python, or choose another method."
        )
    verdict = check(network, question.method)
    if not verdict.ok:
        raise InputError(verdict.sentence)


def require_answer(network: "nn.Module", question: Question, problem: InputError) -> None:
    """Tell a problem of the question, which even a grey picture meets, from one of a photograph.

    Raises
    ------
    Unanswerable
        If the grey picture is refused in the same sentence.
    """
    import torch

    from helpers.explain import explain

    size: Any = network.input_size
    grey = torch.full((1, 3, *size), 0.5)
    asked = (question.target, question.method, question.layer)
    try:
        explain(network, grey, *asked, **question.options)
    except InputError as again:
        if str(again) == str(problem):
            raise Unanswerable(str(problem)) from problem


def prepare(photos: Sequence[Path], network: "nn.Module", crop: bool) -> Faces:
    from tqdm.auto import tqdm

    from helpers import datasets, preprocessing

    size: Any = network.input_size
    pictures = [datasets.read_image(photo) for photo in photos]
    if not crop:
        return Faces(pictures, [[] for _ in photos], datasets.to_tensor(pictures, size))
    # A bar on a terminal only: in a file it would be noise.
    each = tqdm(list(zip(photos, pictures, strict=True)), "faces", disable=None, delay=2)
    found = [preprocessing.find_faces(picture, str(photo)) for photo, picture in each]
    crops = [
        preprocessing.crop_face(picture, faces[0])
        for picture, faces in zip(pictures, found, strict=True)
    ]
    return Faces(pictures, found, datasets.to_tensor(crops, size))


def tell_of_several(photos: Sequence[Path], faces: Faces) -> None:
    """Name the faces of photographs that show more than one."""
    for photo, found in zip(photos, faces.found, strict=True):
        if len(found) > 1:
            print(
                f"{photo} shows {len(found)} faces; the largest, the first of these, is explained:"
            )
            for number, face in enumerate(found, start=1):
                print(f"  {number}. {face}")


def explained(
    photos: Sequence[Path], network: "nn.Module", faces: Faces, question: Question
) -> Explained:
    """Explain faces in batches, listening to what the network answers on the way."""
    import torch

    from helpers.explain import explain as explain_images
    from helpers.explain import resolve_targets
    from helpers.models.contract import class_names

    maps, heard = [], []
    for part in faces.images.split(_BATCH):
        listener = _Heard(part)
        handle = network.register_forward_hook(listener)
        try:
            maps.append(
                explain_images(
                    network,
                    part,
                    question.target,
                    question.method,
                    question.layer,
                    **question.options,
                )
            )
        finally:
            handle.remove()
        if listener.output is None:
            with torch.no_grad():
                listener.output = network(part)
        heard.append(listener.output)
    scores = torch.cat(heard)
    _require_numbers(photos, scores)
    names = class_names(network) or []
    shown = names or [f"coordinate {k}" for k in range(scores.shape[1])]
    indices: list[int] = resolve_targets(network, scores, question.target).tolist()
    return Explained(
        torch.cat(maps), scores, indices, _said(names, scores), [shown[k] for k in indices]
    )


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


def settle_threads(network: "nn.Module", method: str) -> None:
    """Let torch use all its threads, or only one where that is quicker, for methods of many passes.

    Beside a busy program threads wait for each other, so that two can take many times as long as one:
    what is quicker here and now is measured, on the fastest of a few passes.
    """
    import time

    import torch

    from helpers.explain.catalogue import ROWS

    most = torch.get_num_threads()
    many = any(mark in ROWS[method].passes for mark in "{KPRT")
    if most == 1 or not many:
        return
    size: Any = network.input_size
    images = torch.full((8, 3, *size), 0.5)
    taken = {}
    for threads in (1, most):
        torch.set_num_threads(threads)
        rounds = []
        for _ in range(3):
            start = time.perf_counter()
            with torch.no_grad():
                network(images)
            rounds.append(time.perf_counter() - start)
        taken[threads] = min(rounds)
    torch.set_num_threads(min(taken, key=taken.__getitem__))


def _require_numbers(photos: Sequence[Path], scores: "Tensor") -> None:
    for photo, row in zip(photos, scores, strict=True):
        if not bool(row.isfinite().all()):
            raise InputError(f"{photo}: the model's answer is NaN or infinite, so it says nothing.")


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
