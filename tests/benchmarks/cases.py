"""What is measured. Each case is a function that takes the number of repeats and returns rows."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from helpers import datasets, faces, preprocessing
from helpers.datasets.places import VARIABLE
from helpers.explain import explain, factorize
from helpers.models.architectures import NarrowResNet18
from tests.benchmarks.classification import intervals_of_metrics
from tests.benchmarks.explanations import ablation_by_the_library, every_method, ten_cams_together
from tests.benchmarks.faces import rendering_of_faces
from tests.benchmarks.measure import Memory, Ratio, Work, memory, ratios
from tests.benchmarks.verification import verification_of_bfw

Case = Callable[[int], list[Ratio | Memory]]

_SIZE = 112
_LAYER = "layer4"


def cams_in_a_batch(repeats: int) -> list[Ratio | Memory]:
    """Gradient CAMs of 32 images, against the passes they are made of and grad-cam's own call."""
    return _cams(32, repeats)


def cams_of_one_image(repeats: int) -> list[Ratio | Memory]:
    """The same for a single image, where fixed costs show."""
    return _cams(1, repeats)


def cams_without_gradient(repeats: int) -> list[Ratio | Memory]:
    """Score-CAM, against the K + 1 forward passes that it cannot do without."""
    model, images = _network(width=8), _images(2)
    channels = 64
    floors: dict[str, Work] = {
        f"{channels + 1} forwards": partial(_forwards, model, images, channels + 1)
    }
    works: dict[str, Work] = {
        f"{method}, batch 2, K = {channels}": partial(explain, model, images, method=method)
        for method in ("scorecam",)
    }
    return [*ratios(works, floors, max(2, repeats // 2))]


def factorisation(repeats: int) -> list[Ratio | Memory]:
    """Deep Feature Factorization of 32 images into 4 concepts, against one forward pass."""
    model, images = _network(), _images(32)
    works: dict[str, Work] = {"factorize, batch 32, 4 concepts": partial(factorize, model, images)}
    return [*ratios(works, {"forward": partial(_forwards, model, images, 1)}, repeats)]


def imports(repeats: int) -> list[Ratio | Memory]:
    """`import helpers` in a fresh interpreter, against one that does nothing."""
    works: dict[str, Work] = {
        f"python -c '{code}'": partial(_python, code)
        for code in ("import helpers", "from helpers import datasets, errors")
    }
    return [*ratios(works, {"python -c pass": partial(_python, "pass")}, repeats)]


def starting(repeats: int) -> list[Ratio | Memory]:
    """The command line from its start to its answer, against importing torch and matplotlib."""
    with TemporaryDirectory() as folder:
        photo = Path(folder, "portrait.png")
        Image.fromarray(datasets.astronaut()).save(photo)
        commands = (
            (
                "explain",
                str(photo),
                "--method",
                "hirescam",
                "--output",
                str(Path(folder, "out.png")),
            ),
            ("explain", str(photo), "--method", "magic"),
            ("methods",),
            ("--help",),
        )
        works: dict[str, Work] = {
            " ".join(["python -m helpers", *(Path(each).name for each in words)]): partial(
                _command, *words
            )
            for words in commands
        }
        libraries = "import torch, matplotlib.pyplot"
        floors: dict[str, Work] = {f"python -c '{libraries}'": partial(_python, libraries)}
        return [*ratios(works, floors, max(3, repeats // 3))]


def detecting(repeats: int) -> list[Ratio | Memory]:
    """Faces found in 32 drawn portraits of 224 px, against the package that MTCNN comes from."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from mtcnn import MTCNN

    pictures = list(faces.render(faces.sample(32, seed=0), size=224).images)
    package = MTCNN(device="CPU:0")
    works: dict[str, Work] = {
        "detect, one by one": lambda: [preprocessing.detect(each) for each in pictures],
        "detect_all": lambda: preprocessing.detect_all(pictures),
    }
    floors: dict[str, Work] = {
        "mtcnn's own": lambda: [package.detect_faces(each) for each in pictures]
    }
    return [*ratios(works, floors, max(3, repeats // 3))]


def reading(repeats: int) -> list[Ratio | Memory]:
    """FairFace images read out of their zip, against Pillow decoding the same bytes."""
    if not os.environ.get(VARIABLE):
        print(f"reading: left out, {VARIABLE} is not set", file=sys.stderr)
        return []
    photographs = datasets.load("fairface", split="val")
    rows = list(range(256))
    stored = _stored_bytes(photographs.files(rows))
    works: dict[str, Work] = {"FaceDataset.images, 256 faces": lambda: photographs.images(rows)}
    return [*ratios(works, {"Pillow decodes them": partial(_decode, stored)}, repeats)]


def memory_of_explain(repeats: int) -> list[Ratio | Memory]:
    """Peak memory over 256 images in small and in larger batches; it should follow the batch."""
    code = (
        "import sys, torch\n"
        "from helpers.explain import explain\n"
        "from tests.benchmarks.cases import _images, _network\n"
        "torch.set_num_threads(1)\n"
        "count, batch = map(int, sys.argv[1:])\n"
        "model, images = _network(), _images(count)\n"
        "if batch: explain(model, images, method='hirescam', batch_size=batch)\n"
    )
    wanted = ((256, 0), (64, 8), (256, 8), (64, 64), (256, 64))
    return [
        memory(
            f"hirescam, {count} images, batch_size {batch}" if batch else f"{count} images, unused",
            code,
            str(count),
            str(batch),
        )
        for count, batch in wanted
    ]


CASES: dict[str, Case] = {
    "cams": cams_in_a_batch,
    "cams-one": cams_of_one_image,
    "cams-forward": cams_without_gradient,
    "cams-together": ten_cams_together,
    "ablation": ablation_by_the_library,
    "methods": every_method,
    "factorize": factorisation,
    "import": imports,
    "start": starting,
    "detect": detecting,
    "reading": reading,
    "memory": memory_of_explain,
    "classification": intervals_of_metrics,
    "verification": verification_of_bfw,
    "faces": rendering_of_faces,
}


def _network(width: int = 32) -> NarrowResNet18:
    torch.manual_seed(0)
    return NarrowResNet18(("Male", "Female"), width=width).eval()


def _images(count: int) -> Tensor:
    return torch.rand(count, 3, _SIZE, _SIZE, generator=torch.Generator().manual_seed(0))


def _cams(batch: int, repeats: int) -> list[Ratio | Memory]:
    model, images = _network(), _images(batch)
    floors: dict[str, Work] = {
        "forward": partial(_forwards, model, images, 1),
        "forward + backward to the input": partial(_forward_and_backward, model, images),
    }
    works: dict[str, Work] = {
        f"{method}, batch {batch}": partial(explain, model, images, method=method)
        for method in ("gradcam", "hirescam", "layercam")
    }
    library: dict[str, Work] = {"grad-cam's own GradCAM": partial(_library, model, images)}
    first = next(iter(works))
    # The library's call is a floor for the method that it computes, not for the others.
    return [*ratios(works, floors, repeats), *ratios({first: works[first]}, library, repeats)]


def _forwards(model: nn.Module, images: Tensor, times: int) -> None:
    with torch.no_grad():
        for _ in range(times):
            model(images)


def _forward_and_backward(model: nn.Module, images: Tensor) -> Tensor:
    images = images.clone().requires_grad_()
    return torch.autograd.grad(model(images).amax(1).sum(), images)[0]


def _library(model: nn.Module, images: Tensor) -> np.ndarray:
    from pytorch_grad_cam import GradCAM

    with GradCAM(model, [model.get_submodule(_LAYER)]) as method:
        return method(images, None)


def _python(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True)


def _command(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "helpers", *words], capture_output=True, check=False)


def _stored_bytes(files: list[str]) -> list[bytes]:
    from zipfile import ZipFile

    from helpers.datasets.fairface import IMAGES_ZIP

    folder = Path(os.environ[VARIABLE])
    path = next(each for each in (folder / "fairface", folder) if (each / IMAGES_ZIP).is_file())
    with ZipFile(path / IMAGES_ZIP) as archive:
        return [archive.read(file) for file in files]


def _decode(stored: list[bytes]) -> list[np.ndarray]:
    from io import BytesIO

    from PIL import Image

    return [np.asarray(Image.open(BytesIO(each)).convert("RGB")) for each in stored]
