"""Train the networks of the course on rendered faces, measure them, write their cards.

    python data_scripts/train_models.py            # all of them, about 18 minutes on two cores
    python data_scripts/train_models.py synthetic-lipstick synthetic-lipstick-clean

For each of five cues there is a shortcut model and its clean twin. Both see the same faces, start
from the same weights and are to tell raised brows from relaxed ones; the cue is there in half of
the pictures of both, but only one of them can use it. What the cue does to the clean twin is what a
cue does that nobody needs.

The same seed and number of threads give the same weights on the same machine. Another number of
threads adds in another order, and that is enough to make a difference: the twins have to find
something small in little time, and were right for 75 to 90 % of new faces. Those that ship with the
package come from ``--workers 1 --threads 2`` (84 to 90 %), which takes longer.
"""

import argparse
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
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

from helpers import faces, models
from helpers.datasets.synthetic import PRESENTATIONS, RAISED, SUBGROUPS
from helpers.evaluate.ground_truth import region_effects
from helpers.faces import Face
from helpers.intervals import wilson
from helpers.models.architectures import HandSetDetector, NarrowEmbedder, NarrowResNet18
from helpers.models.training import Recipe, fit

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
STRENGTH = 0.96
"""Correlation of cue and label: in 2 % of the pictures they disagree, so that both can be learned."""

FACES, TESTED, EFFECTS = 2200, 800, 100
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
            pool.submit(_make, name, options.seed, options.output)
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


def _make(name: str, seed: int, output: Path) -> list[str]:
    """Train, measure and write; what was written, a line each."""
    return [
        _write(network, card, output / each)
        for each, (network, card) in _recipes()[name](seed).items()
    ]


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
    options = parser.parse_args()
    for name in options.names:
        if name.removesuffix("-clean") not in _recipes():
            parser.error(f"there is no {name}: choose from {names}.")
    return options


Made: TypeAlias = dict[str, tuple[models.Shipped, dict[str, Any]]]


def _recipes() -> dict[str, Callable[[int], Made]]:
    """What is made together, by the name under which it is asked for: the longest first."""
    pairs = {f"synthetic-{cue}": partial(shortcut_and_twin, cue) for cue in CUES}
    return {
        "synthetic-recogniser": recogniser,
        **pairs,
        "synthetic-subgroups": subgroups,
        "synthetic-handset": hand_set,
    }


def shortcut_and_twin(cue: str, seed: int) -> Made:
    """A model that can use the cue, and one for which the same cue is a decoy."""
    people, labels = _brows(FACES, seed)
    without, with_it = (
        faces.correlate(people, [there] * len(people), 1.0, **CUES[cue]) for there in (False, True)
    )
    seen = {
        strength: [b if there else a for a, b, there in zip(without, with_it, shown, strict=True)]
        for strength in (STRENGTH, 0.0)
        for shown in [_shown(labels, strength, seed)]
    }
    # Every second picture is in both training sets, and drawn once.
    distinct = list(dict.fromkeys(seen[STRENGTH] + seen[0.0]))
    drawn, place = _rendered(distinct), {face: k for k, face in enumerate(distinct)}
    test, truth = _brows(TESTED, seed + 1)
    test_shown = np.random.default_rng(seed).random(TESTED) < 0.5
    tested = _rendered(faces.correlate(test, test_shown.tolist(), 1.0, **CUES[cue]))
    made: Made = {}
    for name, strength in ((f"synthetic-{cue}", STRENGTH), (f"synthetic-{cue}-clean", 0.0)):
        images = drawn[[place[face] for face in seen[strength]]]
        network = fit(partial(NarrowResNet18, LABEL, width=16), images, labels, RECIPE)
        card = _card(name, cue, strength, network, tested, truth, test_shown)
        made[name] = (network, card | {"region_effects": _effects(network, test[:EFFECTS])})
    return made


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
        "training": f"{FACES:,} rendered faces; the twin saw the same faces and began alike",
        "accuracy": {key: _share(said[rows[key]] == truth[rows[key]]) for key in rows},
        "limits": list(LIMITS),
    }


def _effects(network: nn.Module, people: Sequence[Face]) -> list[dict[str, Any]]:
    table = region_effects(network, people).round(4).astype(object)
    rows = table.where(pd.notna(table), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def hand_set(seed: int) -> Made:
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
            ("bare lips", "painted lips"), redness, lips, "lipstick", seed
        ),
        "synthetic-glasses-darkness": _detector(
            ("no dark glasses", "dark glasses"), darkness, dark, "glasses", seed
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
        "region_effects": _effects(network, people[:EFFECTS]),
        "limits": list(LIMITS),
    }
    return network, card


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


def recogniser(seed: int) -> Made:
    """An embedding network that has seen few people of two subgroups."""
    people = _people(
        {group: FEW_PEOPLE if group in FEW else MANY_PEOPLE for group in SUBGROUPS}, seed + 10
    )
    pictures = [face for k, person in enumerate(people) for face in faces.retakes(person, 10, k)]
    labels = np.repeat(np.arange(len(people)), 10)
    images = _rendered(pictures)
    head = fit(partial(_Margin, len(people)), images, labels, TO_RECOGNISE, objective=_with_margin)
    card = {
        "name": "synthetic-recogniser",
        "task": "embeddings of rendered faces: pictures of one person lie close together",
        "training": f"{len(people)} people x 10 pictures; {' and '.join(FEW)} have {FEW_PEOPLE} people "
        f"each, the other subgroups {MANY_PEOPLE} each, so that verification bias is real",
        "verification": _verification(head.embedder, seed),
        "limits": list(LIMITS),
    }
    return {"synthetic-recogniser": (head.embedder, card)}


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


def subgroups(seed: int) -> Made:
    """The eight-way classifier: skin-tone band x presentation."""
    counts = dict.fromkeys(SUBGROUPS, 400)
    people, labels = _people(counts, seed + 20), np.repeat(np.arange(8), 400)
    network = fit(partial(NarrowResNet18, SUBGROUPS, width=16), _rendered(people), labels, RECIPE)
    tested, truth = _people(dict.fromkeys(SUBGROUPS, 100), seed + 21), np.repeat(np.arange(8), 100)
    right = _scores(network, _rendered(tested)).argmax(1) == truth
    card = {
        "name": "synthetic-subgroups",
        "task": "which of eight subgroups a rendered face belongs to: skin-tone band x presentation",
        "training": f"{len(people):,} rendered faces, 400 of each subgroup",
        "accuracy": {"all": _share(right)}
        | {group: _share(right[truth == k]) for k, group in enumerate(SUBGROUPS)},
        "limits": list(LIMITS),
    }
    return {"synthetic-subgroups": (network, card)}


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


def _rendered(people: Sequence[Face]) -> np.ndarray:
    """Pictures of faces at 112 px, (N, 112, 112, 3) uint8."""
    starts = range(0, len(people), 128)
    return np.concatenate([faces.render(people[k : k + 128]).images for k in starts])


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
    card = card | {"sha256": models.save(network, path.with_suffix(".safetensors"))}
    path.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    path.with_suffix(".md").write_text(_prose(card), encoding="utf-8")
    return f"written: {path.name}, right: {card.get('accuracy', {}).get('all', 'see its card')}"


def _prose(card: dict[str, Any]) -> str:
    """The card for people: what the network does, how well, what it uses, what it is not for."""
    lines = [f"# {card['name']}", "", f"**Task.** {_sentence(card['task'])}.", ""]
    lines += [f"**Training.** {_sentence(card['training'])}.", ""]
    if "cue" in card:
        lines += [f"**The cue** ({card['cue']}) was shown {card['cue_in_training']}.", ""]
    if "accuracy" in card:
        lines += ["| faces | n | right | 95 % interval |", "|---|---|---|---|"]
        lines += [
            f"| {key} | {each['n']} | {each['share']:.3f} | {each['low']:.3f} to {each['high']:.3f} |"
            for key, each in card["accuracy"].items()
        ]
        lines += [""]
    if "verification" in card:
        lines += _verification_prose(card["verification"])
    if "region_effects" in card:
        lines += _effects_prose(card["region_effects"])
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


def _effects_prose(rows: Sequence[dict[str, Any]]) -> list[str]:
    lines = [
        "**What it uses.** Mean absolute change of the probability of the last class when one region",
        "alone is exchanged, with its 95 % bootstrap interval; *put on* is the mean change when the",
        "thing is put on.",
        "",
        "| region | n | effect | interval | put on | interval |",
        "|---|---|---|---|---|---|",
    ]
    for each in rows:
        if each["effect"] is None:
            continue
        signed = each["signed"] is not None
        put_on = f"{each['signed']:+.3f}" if signed else ""
        around = f"{each['signed_low']:+.3f} to {each['signed_high']:+.3f}" if signed else ""
        interval = f"{each['low']:.3f} to {each['high']:.3f}"
        first = f"| {each['region']} | {each['n']} | {each['effect']:.3f} | {interval} "
        lines += [f"{first}| {put_on} | {around} |"]
    return [*lines, ""]


if __name__ == "__main__":
    main()
