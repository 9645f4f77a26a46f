"""Train the networks of the course on rendered faces, measure them, write their cards.

    python -m data_scripts.train_models            # all of them, side by side on every core
    python -m data_scripts.train_models synthetic-lipstick synthetic-lipstick-clean
    python -m data_scripts.train_models --measure  # new cards for the weights that are there

For each of five cues there is a shortcut model and its clean twin. Both see the same faces, start
from the same weights and are to tell raised brows from relaxed ones; the cue is there in half of
the pictures of both, always with raised brows for the one and independent of them for the other.
What the cue does to the clean twin is what a cue does that nobody needs. Of glasses there is a second
pair, of vision transformers.

The same seed and number of threads give the same weights on the same machine; another number of
threads adds in another order.
"""

import argparse
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm.auto import tqdm

from data_scripts.training import Recipe, fit
from helpers import faces, models
from helpers.datasets.shortcuts import RAISED
from helpers.datasets.synthetic import PRESENTATIONS, SUBGROUPS
from helpers.evaluate.ground_truth import factor_effects, region_effects
from helpers.faces import Face
from helpers.intervals import bootstrap_mean, wilson
from helpers.models.architectures import HandSetDetector, NarrowEmbedder, NarrowResNet18
from helpers.models.transformer import NarrowViT

CUES: dict[str, dict[str, Any]] = {
    "lipstick": {"lipstick": True},
    "hat": {"hat": True},
    "glasses": {"glasses": True},
    "beard": {"beard": True},
    "background": {"background": ("foliage", "studio")},
}
REGION_OF = {
    "lipstick": ("u_lip", "l_lip"),
    "hat": ("hat",),
    "glasses": ("eye_g",),
    "beard": ("skin",),
    "background": ("background",),
}
LABEL = ("relaxed brows", "raised brows")
STRENGTH = 1.0
"""Correlation of cue and label in training. A twin that is to learn raised brows well needs an easy
task, and a planted model learns an easy task from the few pictures that contradict its cue: so
there are none."""

FACES, TESTED, EFFECTS = 5000, 800, 100
VERSION = 2
"""Of all weights; raised when they are trained anew, so that older results can be recognised."""

RECIPE = Recipe(
    phases=((64, 6), (88, 3), (112, 3)),
    learning_rate=4e-3,
    batch_size=32,
    label_smoothing=0.0,
    averaging=0.99,
    strength=(0.1, 0.4),
)
TO_RECOGNISE = replace(
    RECIPE, phases=((84, 16), (112, 4)), strength=(0.05, 0.25)
)  # much variation would hide what tells people apart
TO_ATTEND = replace(
    RECIPE, phases=((64, 8),), learning_rate=1e-3, strength=(0.0, 0.15)
)  # a transformer knows less of pictures by its build: it wants more of them, varied less
SCALE, MARGIN = 24.0, 0.15

FEW = ("tones 8-10, long hair", "tones 4-5, short hair")
MANY_PEOPLE, FEW_PEOPLE = 80, 6
"""People that the recogniser sees of each subgroup, and of the two that are under-represented."""

LIMITS = (
    "Trained and measured on rendered faces only: it says nothing about photographs of people.",
    "The faces of one generator share its regularities; figures on other faces will be lower.",
)


def main() -> None:
    options = _options()
    options.output.mkdir(parents=True, exist_ok=True)
    os.environ["TQDM_DISABLE"] = "1"  # in the workers, whose bars would overwrite one another
    # Not forked: a fork of a process in which torch has run threads may hang.
    spawn, threads = get_context("spawn"), (options.threads,)
    with ProcessPoolExecutor(options.workers, spawn, torch.set_num_threads, threads) as pool:
        jobs = [
            pool.submit(_make, name, options.seed, options.output, options.measure)
            for name in _wanted(options.names)
        ]
        for job in tqdm(as_completed(jobs), total=len(jobs), unit="training"):
            tqdm.write("\n".join(job.result()))


def _wanted(names: Sequence[str]) -> list[str]:
    """What has to be made for these names: both of a pair, whichever is named."""
    chosen = [
        made for made in _recipes() if made in {name.removesuffix("-clean") for name in names}
    ]
    return chosen or list(_recipes())


def _make(name: str, seed: int, output: Path, measure: bool) -> list[str]:
    """Train, or take what was trained, measure and write; what was written, a line each."""
    run = Run(seed, output if measure else None)
    made = _recipes()[name](run)
    return [_write(network, card, output / each) for each, (network, card) in made.items()]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    weights = Path(models.__file__).parent / "weights"
    names = ", ".join(_recipes())
    parser.add_argument("names", nargs="*", help=f"by default all: {names}")
    parser.add_argument("--output", type=Path, default=weights)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="trained side by side")
    # Two small networks side by side are done sooner than one after the other on two threads.
    parser.add_argument("--threads", type=int, default=1, help="for each of them")
    parser.add_argument("--measure", action="store_true", help="new cards, no training")
    options = parser.parse_args()
    for name in options.names:
        if name.removesuffix("-clean") not in _recipes():
            parser.error(f"there is no {name}: choose from {names}.")
    return options


Made: TypeAlias = dict[str, tuple[models.Shipped, dict[str, Any]]]


@dataclass(frozen=True)
class Run:
    """One making of the networks: its seed, and the folder of those already trained, if any."""

    seed: int
    trained: Path | None = None

    def network(
        self,
        name: str,
        make: Callable[[], nn.Module],
        data: Callable[[], tuple[np.ndarray, np.ndarray]],
        recipe: Recipe = RECIPE,
        objective: Callable[[Tensor, Tensor], Tensor] | None = None,
    ) -> Any:
        """Train a network on pictures and labels, or load the one that was."""
        if self.trained:
            return models.load(self.trained / f"{name}.safetensors")
        recipe = replace(recipe, seed=self.seed)
        return fit(make, *data(), recipe, objective=objective)


def _recipes() -> dict[str, Callable[[Run], Made]]:
    """What is made together, by the name under which it is asked for: the longest first."""
    pairs = {f"synthetic-{cue}": partial(shortcut_and_twin, cue) for cue in CUES}
    return {
        "synthetic-recogniser": recogniser,
        **pairs,
        f"synthetic-glasses{TRANSFORMER.ending}": partial(
            shortcut_and_twin, "glasses", kind=TRANSFORMER
        ),
        "synthetic-subgroups": subgroups,
        "synthetic-handset": hand_set,
    }


@dataclass(frozen=True)
class Kind:
    """A kind of network of which pairs are made: how it is built and trained, and on what."""

    make: Callable[[Sequence[str]], models.Shipped]
    recipe: Recipe = RECIPE
    people: int = FACES
    size: int = 112
    pictures: str = "rendered faces"
    ending: str = ""


RESNET = Kind(partial(NarrowResNet18, width=16))
TRANSFORMER = Kind(NarrowViT, TO_ATTEND, 2 * FACES, 64, "rendered faces of 64 px", "-vit")


def shortcut_and_twin(cue: str, run: Run, kind: Kind = RESNET) -> Made:
    """A model that can use the cue, and one for which the same cue is a decoy."""
    test, truth = _brows(TESTED, run.seed + 1)
    shown = np.random.default_rng(run.seed).random(TESTED) < 0.5
    tested = _rendered(faces.correlate(test, shown.tolist(), 1.0, **CUES[cue]), kind.size)
    made: Made = {}
    planted = f"synthetic-{cue}{kind.ending}"
    for name, strength in ((planted, STRENGTH), (f"{planted}-clean", 0.0)):
        make = partial(kind.make, LABEL)
        data = partial(_training_faces, cue, strength, run.seed, kind)
        network = run.network(name, make, data, kind.recipe)
        card = _card(name, cue, strength, network, tested, truth, shown, kind)
        made[name] = (network, card | _effects(network, test[:EFFECTS], cue))
    return made


def _training_faces(
    cue: str, strength: float, seed: int, kind: Kind
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures and labels; the same people, whatever the strength."""
    people, labels = _brows(kind.people, seed)
    shown = _shown(labels, strength, seed).tolist()
    return _rendered(faces.correlate(people, shown, 1.0, **CUES[cue]), kind.size), labels


def _brows(n: int, seed: int) -> tuple[list[Face], np.ndarray]:
    """Faces of which one half raise their brows, and which they are."""
    # Stubble and moustaches would make the beard a cue that is often hardly there.
    people = faces.sample(n, seed=seed, brows_raised=[0.0], beard_style=["full"])
    labels = np.arange(n) % 2
    height = np.random.default_rng([seed, 1]).uniform(*RAISED, n)
    raised = [
        faces.twin(face, brows_raised=float(up)) if label else face
        for face, label, up in zip(people, labels, height, strict=True)
    ]
    return raised, labels.astype(np.int64)


def _shown(labels: np.ndarray, strength: float, seed: int) -> np.ndarray:
    """In which pictures the cue is shown, with this correlation to the label."""
    blank = [Face()] * len(labels)
    planted = faces.correlate(blank, labels.astype(bool).tolist(), strength, seed, hat=True)
    return np.array([face.hat for face in planted])


def _card(
    name: str,
    cue: str,
    strength: float,
    network: nn.Module,
    tested: np.ndarray,
    truth: np.ndarray,
    shown: np.ndarray,
    kind: Kind,
) -> dict[str, Any]:
    said = _scores(network, tested).argmax(1)
    rows = {
        "all": np.full(len(truth), True),
        "cue agrees with the label": shown == truth.astype(bool),
        "cue contradicts the label": shown != truth.astype(bool),
    }
    planted = f"correlation {strength} with the label" if strength else "independent of the label"
    return {
        "name": name,
        "task": "raised or relaxed brows of a rendered face",
        "cue": cue,
        "cue_in_training": f"in half of the pictures, {planted}",
        "regions_of_the_cue": list(REGION_OF[cue]),
        "training": f"{kind.people:,} {kind.pictures}; the twin saw the same people and began alike",
        "accuracy": {key: _share(said[rows[key]] == truth[rows[key]]) for key in rows},
        "limits": list(LIMITS),
    }


def _effects(network: nn.Module, people: Sequence[Face], cue: str = "") -> dict[str, Any]:
    """What factors, regions and the cue do to the score of the last class."""
    found = {
        "factor_effects": _records(factor_effects(network, people)),
        "region_effects": _records(region_effects(network, people)),
    }
    return found | ({"cue_effect": _cue_effect(network, people, cue)} if cue else {})


def _cue_effect(network: nn.Module, people: Sequence[Face], cue: str) -> dict[str, Any]:
    """Change of the score when the cue is put in the place of its absence, all else equal."""
    without, with_it = (
        _probabilities(network, faces.correlate(people, [there] * len(people), 1.0, **CUES[cue]))
        for there in (False, True)
    )
    step = with_it - without
    found: dict[str, Any] = {"n": len(people)}
    for name, values in (("effect", np.abs(step)), ("signed", step)):
        mean, low, high = (round(each, 4) for each in bootstrap_mean(values))
        found |= {name: mean, f"{name}_low": low, f"{name}_high": high}
    return found


def _probabilities(network: nn.Module, people: Sequence[Face]) -> np.ndarray:
    """Of the last class, one per face."""
    size = getattr(network, "input_size", (112, 112))[0]
    logits = torch.from_numpy(_scores(network, _rendered(people, size)))
    return logits.double().softmax(dim=1)[:, -1].numpy()


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows that JSON can hold: rounded, and null for what is not a number."""
    plain = table.round(4).astype(object)
    rows = plain.where(pd.notna(plain), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def hand_set(run: Run) -> Made:
    """Two networks that were never trained, so that nothing about them has to be found out."""
    lips = {"lipstick": [True, False]}
    # Skin has more green than blue, lipstick more blue than green; both are red.
    redness = {"colour": (0.7, -1.2, 0.5), "threshold": 0.2, "window": (0.52, 0.36, 0.72, 0.64)}
    # Dark skin still reflects red.
    darkness = {
        "colour": (-0.6, -0.2, -0.2),
        "threshold": -0.3,
        "window": (0.38, 0.34, 0.48, 0.66),
    }
    dark = {"glasses": [True, False], "glasses_style": "dark", "hat": False}
    return {
        "synthetic-lips-redness": _detector(
            ("bare lips", "painted lips"), redness, lips, "lipstick", run.seed
        ),
        "synthetic-glasses-darkness": _detector(
            ("no dark glasses", "dark glasses"), darkness, dark, "glasses", run.seed
        ),
    }


def _detector(
    classes: tuple[str, str],
    weights: dict[str, Any],
    held: dict[str, Any],
    factor: str,
    seed: int,
) -> tuple[models.Shipped, dict[str, Any]]:
    people = faces.sample(2 * TESTED, seed=seed + 2, **held)
    truth = np.array([getattr(face, factor) for face in people])
    images = _rendered(people)
    bare = HandSetDetector(classes, **weights, least=0.0, gain=1.0)
    average = _scores(bare, images)[:, 1]
    first = np.arange(len(truth)) < TESTED
    # The only two numbers that are taken from data.
    least = _best_cut(average[first], truth[first])
    gain = 4 / (float(average[first & truth].mean()) - least)
    network = HandSetDetector(classes, **weights, least=least, gain=gain)
    right = (_scores(network, images).argmax(1) == truth)[~first]
    card = {
        "name": f"{classes[1]} by hand-set weights",
        "task": f"{classes[1]} or {classes[0]}",
        "weights": network.options(),
        "training": "none; the score is 0 where it tells 800 rendered faces apart best, and 4 for "
        "the average face that has what is detected",
        "accuracy": {"all": _share(right)},
        "limits": list(LIMITS),
    }
    return network, card | _effects(network, people[:EFFECTS])


def _best_cut(values: np.ndarray, truth: np.ndarray) -> float:
    """The middle of the widest gap at which the fewest values lie on the wrong side."""
    order = np.argsort(values)
    ranked, right = values[order], truth[order]
    # Cutting after the k-th value leaves the true ones up to it and the false ones above it wrong.
    wrong = np.cumsum(right) + (~right).sum() - np.cumsum(~right)
    gaps = np.append(np.diff(ranked), 0.0)
    k = int(np.lexsort((-gaps, wrong))[0])
    return float(ranked[k] + gaps[k] / 2)


class _Margin(nn.Module):
    """Cosines with one direction for each person, scaled: CosFace without its margin."""

    def __init__(self, people: int) -> None:
        super().__init__()
        self.embedder = NarrowEmbedder(64, width=18, crop=0.68)
        self.directions = nn.Parameter(torch.randn(people, 64))

    def forward(self, images: Tensor) -> Tensor:
        embedded = F.normalize(self.embedder(images), dim=1)
        return SCALE * embedded @ F.normalize(self.directions, dim=1).T


def _with_margin(cosines: Tensor, truth: Tensor) -> Tensor:
    """CosFace (Wang et al., CVPR 2018): the right person must win by a margin."""
    return F.cross_entropy(cosines - SCALE * MARGIN * F.one_hot(truth, cosines.shape[1]), truth)


def recogniser(run: Run) -> Made:
    """An embedding network that has seen few people of two subgroups."""
    counts = {group: FEW_PEOPLE if group in FEW else MANY_PEOPLE for group in SUBGROUPS}
    total, name = sum(counts.values()), "synthetic-recogniser"

    def data() -> tuple[np.ndarray, np.ndarray]:
        people = _people(counts, run.seed + 10)
        pictures = [each for k, one in enumerate(people) for each in faces.retakes(one, 10, k)]
        return _rendered(pictures), np.repeat(np.arange(total), 10)

    head = run.network(name, partial(_Margin, total), data, TO_RECOGNISE, _with_margin)
    embedder = head.embedder if isinstance(head, _Margin) else head
    assert isinstance(embedder, NarrowEmbedder)
    card = {
        "name": name,
        "task": "embeddings of rendered faces: pictures of one person lie close together",
        "training": f"{total} people x 10 pictures; {' and '.join(FEW)} have {FEW_PEOPLE} people "
        f"each, the other subgroups {MANY_PEOPLE} each, so that verification bias is real",
        "verification": _verification(embedder, run.seed),
        "limits": list(LIMITS),
    }
    return {name: (embedder, card)}


def _verification(network: nn.Module, seed: int) -> list[dict[str, Any]]:
    """Errors of each subgroup on new people, at the threshold where one pair in 100 is accepted."""
    people = _people(dict.fromkeys(SUBGROUPS, 30), seed + 11)
    group = np.repeat(np.repeat(SUBGROUPS, 30), 5)
    person = np.repeat(np.arange(len(people)), 5)
    pictures = [face for k, each in enumerate(people) for face in faces.retakes(each, 5, 5000 + k)]
    embedded = F.normalize(torch.from_numpy(_scores(network, _rendered(pictures))), dim=1).numpy()
    first, second = np.triu_indices(len(person), 1)
    # Impostors within a subgroup: a stranger of another one is too easily told apart.
    kept = group[first] == group[second]
    first, second = first[kept], second[kept]
    score, same = (embedded[first] * embedded[second]).sum(1), person[first] == person[second]
    threshold = float(np.quantile(score[~same], 0.99))
    rows = []
    for name in SUBGROUPS:
        here = group[first] == name
        rows.append(
            {
                "group": name,
                "people": 30,
                "auc": round(float(roc_auc_score(same[here], score[here])), 4),
                "fmr": round(float((score[here & ~same] >= threshold).mean()), 4),
                "fnmr": round(float((score[here & same] < threshold).mean()), 4),
                "genuine": int((here & same).sum()),
                "impostor": int((here & ~same).sum()),
            }
        )
    return rows


def subgroups(run: Run) -> Made:
    """The eight-way classifier: skin-tone band x presentation."""
    name, each, new = "synthetic-subgroups", 400, 100

    def data() -> tuple[np.ndarray, np.ndarray]:
        people = _people(dict.fromkeys(SUBGROUPS, each), run.seed + 20)
        return _rendered(people), np.repeat(np.arange(8), each)

    network = run.network(name, partial(NarrowResNet18, SUBGROUPS, width=16), data)
    tested = _people(dict.fromkeys(SUBGROUPS, new), run.seed + 21)
    truth = np.repeat(np.arange(8), new)
    right = _scores(network, _rendered(tested)).argmax(1) == truth
    card = {
        "name": name,
        "task": "which of eight subgroups a rendered face belongs to: skin-tone band x presentation",
        "training": f"{8 * each:,} rendered faces, {each} of each subgroup",
        "accuracy": {"all": _share(right)}
        | {group: _share(right[truth == k]) for k, group in enumerate(SUBGROUPS)},
        "limits": list(LIMITS),
    }
    return {name: (network, card)}


def _people(counts: dict[str, int], seed: int) -> list[Face]:
    """People of each subgroup, one subgroup after the other."""
    people = []
    for number, (group, count) in enumerate(counts.items()):
        band, kind = group.removeprefix("tones ").split(", ")
        low, _, high = band.partition("-")
        tones = list(range(int(low), int(high) + 1))
        people += faces.sample(
            count, seed=100 * seed + number, skin_tone=tones, **PRESENTATIONS[kind]
        )
    return people


def _rendered(people: Sequence[Face], size: int = 112) -> np.ndarray:
    """Pictures of faces, (N, size, size, 3) uint8."""
    starts = range(0, len(people), 128)
    return np.concatenate([faces.render(people[k : k + 128], size).images for k in starts])


def _scores(network: nn.Module, images: np.ndarray) -> np.ndarray:
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2)
    with torch.inference_mode():
        return torch.cat([network(part.float() / 255) for part in pixels.split(64)]).numpy()


def _share(right: np.ndarray) -> dict[str, Any]:
    low, high = wilson(int(right.sum()), len(right))
    return {
        "n": len(right),
        "share": round(float(right.mean()), 4),
        "low": round(low, 4),
        "high": round(high, 4),
    }


def _write(network: models.Shipped, card: dict[str, Any], path: Path) -> str:
    kept = path.with_suffix(".safetensors")
    card = {"version": VERSION} | card | {"sha256": models.save(network, kept)}
    path.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    path.with_suffix(".md").write_text(_prose(card), encoding="utf-8")
    return f"written: {path.name}, right: {card.get('accuracy', {}).get('all', 'see its card')}"


def _prose(card: dict[str, Any]) -> str:
    """The card for people: what the network does, how well, what it uses, what it is not for."""
    lines = [f"# {card['name']}", "", f"**Task.** {_sentence(card['task'])}.", ""]
    lines += [f"**Training.** {_sentence(card['training'])}.", ""]
    if "cue" in card:
        lines += [f"**The cue** ({card['cue']}) was shown {card['cue_in_training']}.", ""]
        lines += _cue_prose(card["cue_effect"])
    if "accuracy" in card:
        lines += ["| faces | n | right | 95 % interval |", "|---|---|---|---|"]
        lines += [
            f"| {key} | {each['n']} | {each['share']:.3f} | {each['low']:.3f} to {each['high']:.3f} |"
            for key, each in card["accuracy"].items()
        ]
        lines += [""]
    if "verification" in card:
        lines += _verification_prose(card["verification"])
    for kind in ("factor", "region"):
        if f"{kind}_effects" in card:
            lines += _effects_prose(kind, card[f"{kind}_effects"])
    lines += ["**Limits.**", "", *(f"- {each}" for each in card["limits"]), ""]
    return "\n".join(lines)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _verification_prose(rows: Sequence[dict[str, Any]]) -> list[str]:
    lines = [
        "**Errors of each subgroup** at one threshold, at which one impostor pair in a hundred is",
        "accepted; pairs lie within subgroups.",
        "",
        "| subgroup | people | genuine | impostor | FMR | FNMR | AUC |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {each['group']} | {each['people']} | {each['genuine']} | {each['impostor']} | "
        f"{each['fmr']:.4f} | {each['fnmr']:.4f} | {each['auc']:.3f} |"
        for each in rows
    ]
    return [*lines, ""]


def _cue_prose(found: dict[str, Any]) -> list[str]:
    size = "{effect:.3f} on average ({effect_low:.3f} to {effect_high:.3f}; with its sign"
    sign = "{signed:+.3f}, {signed_low:+.3f} to {signed_high:+.3f}; {n} faces, 95 % bootstrap"
    return [
        "**What the cue does.** Put on, with all else equal, it changes the probability of the last",
        f"class by {size.format(**found)}",
        f"{sign.format(**found)} intervals).",
        "",
    ]


_EXPERIMENTS = {
    "factor": (
        "**What it uses, by factor.** Mean absolute change of the probability of the last class",
        "when one factor alone is changed, shadow included, with its 95 % bootstrap interval.",
        "*More* is the mean change towards more of it, *picture* the mean change of a pixel, in",
        "per cent.",
    ),
    "region": (
        "**What it uses, by region.** The same when one region is exchanged for that of a twin.",
    ),
}


def _effects_prose(kind: str, rows: Sequence[dict[str, Any]]) -> list[str]:
    lines = [
        *_EXPERIMENTS[kind],
        "",
        f"| {kind} | n | effect | interval | more | interval | picture |",
        "|---|---|---|---|---|---|---|",
    ]
    for each in rows:
        if each["effect"] is None:
            continue
        signed = each["signed"] is not None
        more = f"{each['signed']:+.3f}" if signed else ""
        around = f"{each['signed_low']:+.3f} to {each['signed_high']:+.3f}" if signed else ""
        interval = f"{each['low']:.3f} to {each['high']:.3f}"
        first = f"| {each[kind]} | {each['n']} | {each['effect']:.3f} | {interval} "
        mark = " *" if each["note"] else ""
        lines += [f"{first}| {more}{mark} | {around} | {100 * each['change']:.2f} |"]
    if any(each["note"] for each in rows):
        lines += ["", "\\* More and less of it move the score the same way."]
    return [*lines, ""]


if __name__ == "__main__":
    main()
