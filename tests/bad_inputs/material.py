"""What bad inputs are made of: small pictures, tables, networks, and ways to spoil them."""

import contextlib
import copy
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import Tensor, nn

from helpers import faces
from helpers.models import adapt, save
from helpers.models.architectures import NarrowEmbedder, NarrowResNet18
from tests.bad_inputs.harness import Absent, keeping

NOBODY = 65534
NAMED_300 = "x" * 296 + ".jpg"
NAN, INF = float("nan"), float("inf")


# -- files


def photo(
    folder: Path, name: str = "a.jpg", size: tuple[int, int] = (40, 30), **options: Any
) -> Path:
    """A small picture with something in it; missing folders are made."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(len(name))
    pixels = random.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    kinds = {".jfif": "JPEG", ".jpe": "JPEG"}
    Image.fromarray(pixels).save(path, kinds.get(path.suffix.lower()), **options)
    return path


def text(folder: Path, content: str, name: str = "l.csv", encoding: str = "utf-8") -> Path:
    """A text file; lone surrogates are no concern of the encodings used here."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode(encoding))
    return path


def raw(folder: Path, content: bytes, name: str = "a.jpg") -> Path:
    """A file of bytes."""
    (folder / name).write_bytes(content)
    return folder / name


def pipe(folder: Path, name: str = "pipe") -> Path:
    """A named pipe, at which a reader waits for ever."""
    if not hasattr(os, "mkfifo"):
        raise Absent("no named pipes here")
    os.mkfifo(folder / name)
    return folder / name


def device(name: str = "zero") -> Path:
    """A device that never ends."""
    path = Path("/dev") / name
    if not path.exists():
        raise Absent(f"no {path} here")
    return path


def cut(path: Path, share: float = 0.5) -> Path:
    """The same file, cut short as by a lost connection."""
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    return path


def closed(path: Path) -> Path:
    """A file or folder that nobody but root may open."""
    path.chmod(0)
    return path


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Be a user without rights: root may open whatever is closed."""
    if not hasattr(os, "setresuid"):
        raise Absent("no users without rights here")
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


def denied(act: Callable[[], Any]) -> Any:
    """Do something without any rights."""
    with as_nobody():
        return act()


def disk_full(act: Callable[[], Any], room: int = 4_000) -> Any:
    """Do something while no file may grow beyond ``room`` bytes, as on a full disk."""
    try:
        import resource
    except ImportError:
        raise Absent("no limit on the size of files here") from None
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        return act()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def interrupted(act: Callable[[], Any]) -> Any:
    """Press Ctrl-C while a picture is half written."""
    whole = Image.Image.save

    def half(image: Image.Image, target: Any, *words: Any, **options: Any) -> None:
        whole(image, target, *words, **options)
        if isinstance(target, str | os.PathLike):
            cut(Path(target))
        else:
            target.truncate(100)
        raise KeyboardInterrupt

    Image.Image.save = half  # type: ignore[method-assign]
    try:
        return act()
    except KeyboardInterrupt:
        return "interrupted"
    finally:
        Image.Image.save = whole  # type: ignore[method-assign]


def kept(path: Path, spoiled: Callable[[Callable[[], Any]], Any], act: Callable[[], Any]) -> Any:
    """Spoil an action that would write to a file, and see that the old one is whole."""
    return keeping(path, lambda: spoiled(act))


# -- pictures, faces, networks


@cache
def picture(height: int = 60, width: int = 50) -> np.ndarray:
    """RGB noise, (height, width, 3) uint8."""
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


@cache
def people(n: int = 4) -> tuple[faces.Face, ...]:
    """Some rendered people."""
    return tuple(faces.sample(n, seed=3))


@cache
def images(n: int = 2, side: int = 48) -> Tensor:
    """Noise in [0, 1], (n, 3, side, side)."""
    return torch.rand(n, 3, side, side, generator=torch.Generator().manual_seed(1))


@cache
def network(side: int = 48) -> NarrowResNet18:
    """A small classifier with random weights."""
    torch.manual_seed(0)
    made = NarrowResNet18(("Male", "Female"), width=8, input_size=(side, side))
    _awaken(made)
    return made.eval()


@cache
def recogniser(side: int = 48) -> NarrowEmbedder:
    """A small network without classes."""
    torch.manual_seed(0)
    made = NarrowEmbedder(16, width=8, input_size=(side, side))
    _awaken(made)
    return made.eval()


@cache
def damaged(
    value: float = NAN,
    where: str = "layer1.0.conv1.weight",
    of: Callable[[int], NarrowResNet18] = network,
    side: int = 48,
) -> NarrowResNet18:
    """A network with one weight that is no number."""
    made = copy.deepcopy(of(side))
    with torch.no_grad():
        made.get_parameter(where).flatten()[0] = value
    return made.eval()


def weights(folder: Path, made: Any = None, name: str = "m.safetensors", **about: str) -> Path:
    """A file of weights as ``models.save`` writes it, with its description changed."""
    from safetensors import safe_open
    from safetensors.torch import save_file

    path = folder / name
    made = network() if made is None else made
    if all(bool(torch.isfinite(each).all()) for each in made.state_dict().values()):
        save(made, folder / "made.safetensors")
    else:  # which save itself may refuse
        _write(made, folder / "made.safetensors")
    with safe_open(folder / "made.safetensors", framework="pt") as file:
        described = dict(file.metadata() or {}) | about
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (no dict)
    (folder / "made.safetensors").unlink()
    save_file(tensors, path, described)
    return path


def _write(made: Any, path: Path) -> None:
    import json

    from safetensors.torch import save_file

    described = {name: json.dumps(each) for name, each in made.options().items()}
    save_file(made.state_dict(), path, described | {"architecture": made.architecture})


class Net(nn.Module):
    """Somebody's own small network, which may switch gradients off or answer at random."""

    def __init__(self, detaches: bool = False, dropout: bool = False) -> None:
        super().__init__()
        self.conv, self.relu, self.fc = nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Linear(4, 2)
        self.detaches, self.dropout, self.layer, self.classes = (
            detaches,
            dropout,
            "relu",
            ("a", "b"),
        )

    def forward(self, images: Tensor) -> Tensor:
        maps = self.relu(self.conv(images))
        pooled = (maps.detach() if self.detaches else maps).mean((2, 3))
        return self.fc(nn.functional.dropout(pooled, 0.5) if self.dropout else pooled)


@cache
def own(**options: bool) -> Net:
    """A network of a reader's own, in eval mode."""
    torch.manual_seed(0)
    return Net(**options).eval()


def adapted(made: nn.Module, **options: Any) -> Any:
    """A network of a reader's own behind the course's contract."""
    return adapt(made, input_size=(32, 32), **options)


def _awaken(made: nn.Module) -> None:
    for module in made.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.0)
            nn.init.normal_(module.bias, 0, 0.2)


# -- tables


@cache
def _answers() -> pd.DataFrame:
    random = np.random.default_rng(5)
    truth = random.integers(0, 2, 200)
    told = np.where(random.random(200) < 0.85, truth, 1 - truth)
    score = np.clip(0.5 + (told - 0.5) * random.uniform(0.2, 0.9, 200), 0, 1)
    columns = {"truth": truth, "prediction": told, "score": score}
    columns |= {"group": np.where(np.arange(200) < 90, "A", "B"), "other": list("xyyx") * 50}
    return pd.DataFrame(columns)


def answers() -> pd.DataFrame:
    """Two hundred answers of a classifier in two groups; a copy."""
    return _answers().copy()


@cache
def _pairs(people: int, strangers: int) -> pd.DataFrame:
    random = np.random.default_rng(2)
    rows = [(k, k, f"{k}/1.jpg", f"{k}/{n}.jpg", 1) for k in range(people) for n in (2, 3, 4)]
    while len(rows) < 3 * people + strangers:
        one, two = (int(each) for each in random.integers(0, people, 2))
        if one % 2 == two % 2 and one != two:
            rows.append((one, two, f"{one}/1.jpg", f"{two}/{2 + len(rows) % 3}.jpg", 0))
    found = pd.DataFrame(rows, columns=["id1", "id2", "p1", "p2", "label"])
    for side in "12":
        found[f"att{side}"] = np.where(found[f"id{side}"] % 2, "F", "M")
    found["score"] = 0.5 * found["label"] + random.normal(0.2, 0.15, len(found))
    return found.drop_duplicates(["p1", "p2"], ignore_index=True).rename_axis("pair")


def pair_table(people: int = 40, strangers: int = 500) -> pd.DataFrame:
    """Pairs of two groups of people with scores; a copy."""
    return _pairs(people, strangers).copy()


def data_folder_is(folder: Path, act: Callable[[], Any]) -> Any:
    """Do something while the environment names another folder of data."""
    before = os.environ.get("EXPLAINING_FACES_DATA")
    os.environ["EXPLAINING_FACES_DATA"] = str(folder)
    try:
        return act()
    finally:
        if before is None:
            del os.environ["EXPLAINING_FACES_DATA"]
        else:
            os.environ["EXPLAINING_FACES_DATA"] = before


_LEFT_OPEN: list[IO[Any]] = []


def left_open(file: IO[Any]) -> IO[Any]:
    """A file that stays open until the end: one that is collected early would warn."""
    _LEFT_OPEN.append(file)
    return file
