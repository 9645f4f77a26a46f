"""Rendered faces judged by networks that know photographs only, and how fast they are drawn.

python -m tests.benchmarks --only faces --quick
python -m tests.benchmarks.faces detector        # does MTCNN find them, equally in every group?
python -m tests.benchmarks.faces recogniser      # does MobileFaceNet tell them apart?
python -m tests.benchmarks.faces independence    # which factors go together in 5,000 faces?
python -m tests.benchmarks.faces speed           # faces a second, at four sizes
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from itertools import combinations

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import Tensor, nn

from helpers import datasets, faces, models, preprocessing
from helpers.bias import verification
from helpers.intervals import wilson
from helpers.models.architectures import NarrowResNet18
from tests.benchmarks.measure import Memory, Ratio, Work, memory, ratios
from tests.faces.test_sampling import as_table, cramers_v, is_number

CLOSE = 0.08
"""How far from ours a detector's landmarks may lie, as a share of the distance of the eyes."""

COMPARED = ("Monk tone", "glasses", "hat", "beard")
"""Groups that a detector should find equally often."""

_STYLES = ("glasses_style", "hat_style", "beard_style")
_SIZE = 224
_AT_ONCE = 50  # faces drawn at a time: the pictures and masks of 500 would take half a gigabyte

# -- found by a detector of photographs


def detected(people: Sequence[faces.Face]) -> pd.DataFrame:
    """What MTCNN, which was trained on photographs, makes of each face at 224 px.

    Returns
    -------
    pandas.DataFrame
        A row per face: ``found`` (exactly one face), ``mean`` and ``worst`` (distance of its five
        landmarks from ours, as a share of the distance of the eyes; NaN where ``found`` is False),
        the columns of ``COMPARED``, and the style of what is worn (None where it is not).
    """
    seen = [
        _distances(preprocessing.detect(image), landmarks)
        for image, landmarks in _drawn(people, _SIZE)
    ]
    table = pd.DataFrame(seen, columns=["found", "mean", "worst"])
    return pd.concat([table, pd.DataFrame([_groups_of(face) for face in people])], axis=1)


def detector_table(seen: pd.DataFrame) -> pd.DataFrame:
    """Shares found, and close to our landmarks, in every group, with Wilson's 95 % intervals."""
    rows = [{"group": "all", **_shares(seen)}]
    for factor in (*COMPARED, *_STYLES):
        for value, part in seen.groupby(factor):
            rows.append({"group": f"{factor} {value}", **_shares(part)})
    return pd.DataFrame(rows).set_index("group")


def apart(seen: pd.DataFrame) -> pd.Series:
    """How far the shares found of each factor's groups are apart, at most."""
    shares = {name: seen.groupby(name)["found"].mean() for name in COMPARED}
    return pd.Series({name: each.max() - each.min() for name, each in shares.items()})


def _drawn(people: Sequence[faces.Face], size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for first in range(0, len(people), _AT_ONCE):
        drawn = faces.render(people[first : first + _AT_ONCE], size)
        yield from zip(drawn.images, drawn.landmarks, strict=True)


def _distances(
    found: list[preprocessing.Detection], landmarks: np.ndarray
) -> tuple[bool, float, float]:
    if len(found) != 1:
        return False, np.nan, np.nan
    away = np.linalg.norm(found[0].landmarks - landmarks, axis=1)
    away = away / np.linalg.norm(landmarks[1] - landmarks[0])
    return True, float(away.mean()), float(away.max())


def _groups_of(face: faces.Face) -> dict[str, str | None]:
    worn = {name: getattr(face, name) for name in COMPARED[1:]}
    return {
        "Monk tone": faces.band(face.skin_tone),
        **{name: "with" if there else "without" for name, there in worn.items()},
        **{
            f"{name}_style": getattr(face, f"{name}_style") if there else None
            for name, there in worn.items()
        },
    }


def _shares(seen: pd.DataFrame) -> dict[str, str | int]:
    known = seen[seen["found"]]
    return {
        "n": len(seen),
        "one face": _share(int(seen["found"].sum()), len(seen)),
        "mean within 8 %": _share(int((known["mean"] < CLOSE).sum()), len(known)),
        "all five within 8 %": _share(int((known["worst"] < CLOSE).sum()), len(known)),
    }


def _share(count: int, n: int) -> str:
    low, high = wilson(count, n)
    return f"{100 * count / n:.1f} [{100 * low:.1f}, {100 * high:.1f}]"


# -- told apart by a recogniser of photographs


@dataclass(frozen=True)
class Album:
    """Aligned pictures of people, several of each.

    Attributes
    ----------
    shown : list of Face
    images : Tensor (N, 3, 112, 112)
        RGB in [0, 1].
    """

    shown: list[faces.Face]
    images: Tensor


def album(people: Sequence[faces.Face], pictures: int) -> Album:
    """Draw each person anew in other poses, light, expressions and accessories, and align them."""
    shown = [
        again for k, face in enumerate(people) for again in faces.retakes(face, pictures, 1000 + k)
    ]
    drawn = _drawn(shown, _SIZE)
    aligned = [preprocessing.align(image, landmarks) for image, landmarks in drawn]
    return Album(shown, datasets.to_tensor(aligned))


def by_recogniser(model: nn.Module, images: Tensor) -> np.ndarray:
    """Similarities (N, N): cosines of a recogniser's embeddings."""
    with torch.no_grad():
        embeddings = torch.cat([model(part) for part in images.split(64)])
    return _cosines(embeddings.numpy())


def by_pixels(images: Tensor) -> np.ndarray:
    """Similarities (N, N) of a judge that knows no faces: correlations of the pixels."""
    pixels = images.flatten(1).numpy()
    return _cosines(pixels - pixels.mean(axis=1, keepdims=True))


def pairs(shown: Sequence[faces.Face], similarities: np.ndarray) -> pd.DataFrame:
    """Every pair of pictures once: ``score``, ``genuine``, ``id1``, ``id2``, and ``alike``.

    Pairs are alike in hair length, beard and skin tone (at most one step of the scale apart): what
    a recogniser could tell people apart by without looking at the face. All genuine ones are.
    """
    first, second = np.triu_indices(len(shown), 1)
    about = pd.DataFrame([vars(face) for face in shown])
    one, two = (about.iloc[each].reset_index(drop=True) for each in (first, second))
    same = (one["hair_length"] == two["hair_length"]) & (one["beard"] == two["beard"])
    return pd.DataFrame(
        {
            "score": similarities[first, second],
            "genuine": one["identity"] == two["identity"],
            "id1": one["identity"],
            "id2": two["identity"],
            "alike": same & ((one["skin_tone"] - two["skin_tone"]).abs() <= 1),
        }
    )


def auc(table: pd.DataFrame, replicates: int = 1000) -> pd.Series:
    """Area under the ROC curve of some pairs, with its interval: people are drawn, not pairs."""
    people = (table["id1"], table["id2"])
    sample = verification.bootstrap(table["score"], table["genuine"], people, replicates=replicates)
    found = verification.intervals(sample).set_index("metric").loc["AUC"]
    return found[["n_identities", "n_genuine", "n_impostor", "value", "low", "high"]]


def recogniser_table(people: int = 80, pictures: int = 4, seed: int = 5) -> pd.DataFrame:
    """AUC of the trained recogniser, of the same network untrained, and of mere pixels."""
    book = album(faces.sample(people, seed=seed), pictures)
    similarities = {
        "MobileFaceNet": by_recogniser(models.load("mobilefacenet"), book.images),
        "the same, untrained": by_recogniser(_untrained(), book.images),
        "correlation of pixels": by_pixels(book.images),
    }
    rows = {}
    for judge, each in similarities.items():
        table = pairs(book.shown, each)
        rows[judge, "all"] = auc(table)
        rows[judge, "alike in tone, hair length, beard"] = auc(table[table["alike"]])
    return pd.DataFrame(rows).T.rename_axis(["judge", "pairs"])


def _untrained() -> nn.Module:
    torch.manual_seed(0)
    return models.load("mobilefacenet", weights="random")


def _cosines(rows: np.ndarray) -> np.ndarray:
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return rows @ rows.T


# -- independent factors


def independence_tables(n: int = 5000, seed: int = 1) -> dict[str, pd.Series]:
    """The ten pairs of factors that go together the most, for each kind of pair."""
    table = as_table(faces.sample(n, seed=seed))
    numbers = table[[name for name in table if is_number(table[name])]]
    names = [name for name in table if name not in numbers] + ["skin_tone"]
    correlations = numbers.corr().abs()
    found = {
        "|r| of two numbers": {(a, b): correlations.at[a, b] for a, b in combinations(numbers, 2)},
        "Cramer's V of two categories, without its bias (Bergsma 2013)": {
            (a, b): cramers_v(table[a], table[b]) for a, b in combinations(names, 2)
        },
        "correlation ratio of category and number, without its bias (Kelley 1935)": {
            (a, b): _correlation_ratio(table[a], numbers[b])
            for a in names
            for b in numbers
            if a != b
        },
    }
    return {kind: pd.Series(each).nlargest(10) for kind, each in found.items()}


def _correlation_ratio(category: pd.Series, number: pd.Series) -> float:
    """Root of epsilon squared: how much of a number the groups explain, less what chance does."""
    groups = number.groupby(category)
    within = float((groups.var() * (groups.size() - 1)).sum()) / (len(number) - groups.ngroups)
    return float(np.sqrt(max(1 - within / float(number.var()), 0)))


# -- speed and memory


def rendering_of_faces(repeats: int) -> list[Ratio | Memory]:
    """64 faces with masks and landmarks at 112 px, against reading or training on such pictures.

    Read are the PNG files of the pictures and of one map of labels each; trained is the package's
    small network, one step. Memory should follow how many are asked for at a time, not how many
    there are; pictures and masks of 1,000 faces are 276 MB by themselves.
    """
    people = faces.sample(64, seed=0)
    drawn = faces.render(people)
    works: dict[str, Work] = {"render, 64 faces, 112 px": partial(faces.render, people)}
    floors: dict[str, Work] = {
        "Pillow decodes their PNGs": partial(_decode, _pngs(drawn)),
        "a training step on them": partial(_step, NarrowResNet18(("a", "b"), width=8), drawn),
    }
    sizes: dict[str, Work] = {
        f"render, 16 faces, {size} px": partial(faces.render, people[:16], size)
        for size in (64, 224, 512)
    }
    base: dict[str, Work] = {"16 faces, 112 px": partial(faces.render, people[:16])}
    return [*ratios(works, floors, repeats), *ratios(sizes, base, repeats), *_memories()]


def speed_table(count: int = 64, repeats: int = 3) -> pd.DataFrame:
    """Faces a second with masks, in processor time of one core, the best of some rounds."""
    rows = {}
    for size in (64, 112, 224, 512):
        people = faces.sample(max(count * 112**2 // size**2, 4), seed=0)
        seconds = min(
            _processor_seconds(partial(faces.render, people, size)) for _ in range(repeats)
        )
        rows[size] = {
            "faces a second": len(people) / seconds,
            "ms a face": 1000 * seconds / len(people),
        }
    return pd.DataFrame(rows).T.rename_axis("size in px")


def _processor_seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _pngs(drawn: faces.Rendered) -> list[bytes]:
    labels = drawn.masks.argmax(axis=1).astype(np.uint8)
    return [_png(each) for pair in zip(drawn.images, labels, strict=True) for each in pair]


def _png(picture: np.ndarray) -> bytes:
    file = BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def _decode(stored: list[bytes]) -> list[np.ndarray]:
    return [np.asarray(Image.open(BytesIO(each))) for each in stored]


def _step(model: nn.Module, drawn: faces.Rendered) -> None:
    images = datasets.to_tensor(list(drawn.images))
    labels = torch.arange(len(images)) % 2
    nn.functional.cross_entropy(model(images), labels).backward()


def _memories() -> list[Memory]:
    code = (
        "import sys\n"
        "from helpers import faces\n"
        "count, batch = map(int, sys.argv[1:])\n"
        "people = faces.sample(max(count, 1))\n"
        "for first in range(0, count, batch):\n"
        "    faces.render(people[first : first + batch])\n"
    )
    wanted = ((0, 64), (200, 64), (1000, 64), (200, 200), (1000, 1000))
    return [
        memory(f"{count:,} faces at 112 px, {batch:,} at a time", code, str(count), str(batch))
        for count, batch in wanted
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("what", choices=_REPORTS)
    torch.set_num_threads(1)
    _REPORTS[parser.parse_args().what]()


def _report_detector() -> None:
    seen = detected(faces.sample(500, seed=2026))
    print("Per cent, with 95 % intervals; landmarks of the faces that were found.\n")
    print(f"{detector_table(seen).to_string()}\n\nFound, largest difference of groups:")
    print(apart(seen).mul(100).round(1).to_string())


def _report_recogniser() -> None:
    print(recogniser_table().round(3).to_string())


def _report_independence() -> None:
    for kind, strongest in independence_tables().items():
        print(f"{kind}\n{strongest.round(3).to_string()}\n")


def _report_speed() -> None:
    print(speed_table().round(1).to_string())


_REPORTS: dict[str, Callable[[], None]] = {
    "detector": _report_detector,
    "recogniser": _report_recogniser,
    "independence": _report_independence,
    "speed": _report_speed,
}

if __name__ == "__main__":
    main()
