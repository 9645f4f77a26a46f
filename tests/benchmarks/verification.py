"""Verification measured: a table of BFW's size, how long its audit takes, how often intervals hold.

python -m tests.benchmarks --only verification --quick
python -m tests.benchmarks.verification table bfw_like.csv      # write such a table
python -m tests.benchmarks.verification coverage --draws 1000   # intervals against the truth
python -m tests.benchmarks.verification strict --draws 1000     # few people, small false accept rates
"""

import argparse
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from helpers.bias import verification
from helpers.bias.verification.fairness import max_over_geomean, max_over_min
from tests.benchmarks.measure import Memory, Ratio, Work, memory, ratios
from tests.bias.simulated import Group, simulate

SUBGROUPS = tuple(
    f"{who}_{sex}s" for who in ("asian", "black", "indian", "white") for sex in ("female", "male")
)
ROWS, GENUINE = 923_898, 242_519
_PEOPLE, _PICTURES, _FOLDS = 100, 25, 5
_PER_ROW = 20_000  # pairs that the per-row way is timed on: all of them would take minutes


def bfw_like(seed: int = 0) -> pd.DataFrame:
    """Make a table with BFW's columns, numbers of pairs, people and folds; scores are drawn.

    Nobody is in it: people, pictures and scores are random numbers. 800 people in eight subgroups,
    some groups with more alike impostors than others; a fifth of the impostor pairs cross groups.
    """
    random = np.random.default_rng(seed)
    people = np.arange(len(SUBGROUPS) * _PEOPLE)
    person = random.permutation(np.repeat(people, -(-GENUINE // len(people))))[:GENUINE]
    first = random.integers(0, len(people), ROWS - GENUINE)
    second = _strangers(first, random)
    one, two = np.concatenate([person, first]), np.concatenate([person, second])
    pictures = random.integers(0, _PICTURES, (2, ROWS))
    # Two different pictures of one person.
    pictures[1] = (pictures[0] + random.integers(1, _PICTURES, ROWS)) % _PICTURES
    genuine = np.arange(ROWS) < GENUINE
    own, shift = random.normal(0, 0.04, len(people)), np.linspace(0, 0.08, len(SUBGROUPS))
    scores = np.where(
        genuine, 0.72, 0.32 + shift[one // _PEOPLE] * (one // _PEOPLE == two // _PEOPLE)
    )
    scores = scores + own[one] + own[two] + random.normal(0, 0.08, ROWS)
    groups = np.array(SUBGROUPS)
    return pd.DataFrame(
        {
            "fold": one % _FOLDS + 1,
            "p1": pd.Series(one).astype(str) + "/" + pd.Series(pictures[0]).astype(str),
            "p2": pd.Series(two).astype(str) + "/" + pd.Series(pictures[1]).astype(str),
            "label": genuine.astype(int),
            "id1": one,
            "id2": two,
            "att1": pd.Categorical(groups[one // _PEOPLE]),
            "att2": pd.Categorical(groups[two // _PEOPLE]),
            "score": scores.round(6),
        }
    )


def _strangers(first: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Somebody else of the same fold, and mostly of the same subgroup."""
    shift = _FOLDS * random.integers(1, _PEOPLE // _FOLDS, len(first))
    within = first // _PEOPLE * _PEOPLE + (first % _PEOPLE + shift) % _PEOPLE
    groups = len(SUBGROUPS)
    across = (within + _PEOPLE * random.integers(1, groups, len(first))) % (groups * _PEOPLE)
    return np.where(random.random(len(first)) < 0.2, across, within)


def verification_of_bfw(repeats: int) -> list[Ratio | Memory]:
    """A table of BFW's size: every curve and point measure, people drawn anew, scores of pairs.

    scikit-learn has no groups: its curve and area are taken nine times. Loops over rows would take
    minutes for all pairs: they run on some, and the ratios of score_pairs are those of the time that
    one pair takes.
    """
    table = bfw_like()
    rounds = max(2, repeats // 5)
    rows = [*_points(table, rounds), *_draws(table, rounds), *_scoring(rounds)]
    return [*rows, *_memories()]


def _points(table: pd.DataFrame, repeats: int) -> list[Ratio]:
    works: dict[str, Work] = {"det, rates, EER, AUC, TAR@FAR, 8 groups": partial(everything, table)}
    floors: dict[str, Work] = {"scikit-learn, 9 x det_curve and roc_auc": partial(_sklearn, table)}
    once = ratios(works, floors, repeats)
    per_row = {f"FMR and FNMR row by row, {_PER_ROW:,} pairs": partial(_rates_per_row, table)}
    rates: dict[str, Work] = {f"rates, {_PER_ROW:,} pairs": partial(_rates, table.iloc[:_PER_ROW])}
    return [*once, *ratios(rates, dict(per_row), repeats)]


def everything(table: pd.DataFrame) -> None:
    """Every curve and point measure of all groups: what a page of an audit shows."""
    columns = table["score"].to_numpy(), table["label"], table["att1"], table["att2"]
    scores, genuine, group = columns[0], columns[1], (columns[2], columns[3])
    verification.det(scores, genuine, group)
    verification.point_measures(scores, genuine, group, threshold=0.5)


def _sklearn(table: pd.DataFrame) -> None:
    from sklearn.metrics import det_curve, roc_auc_score

    same = table[table["att1"].astype(str).to_numpy() == table["att2"].astype(str).to_numpy()]
    for part in (table, *(each for _, each in same.groupby("att1", observed=True))):
        det_curve(part["label"], part["score"])
        roc_auc_score(part["label"], part["score"])


def _rates(table: pd.DataFrame) -> pd.DataFrame:
    return verification.rates(table["score"], table["label"], 0.5, (table["att1"], table["att2"]))


def _rates_per_row(table: pd.DataFrame) -> dict[tuple[str, str], int]:
    """Counts as a loop over rows makes them."""
    counts: dict[tuple[str, str], int] = {}
    for _, row in table.iloc[:_PER_ROW].iterrows():
        if row["att1"] == row["att2"]:
            kind = "genuine" if row["label"] else "impostor"
            for key in (kind, f"{kind} accepted") if row["score"] >= 0.5 else (kind,):
                counts[row["att1"], key] = counts.get((row["att1"], key), 0) + 1
    return counts


def _draws(table: pd.DataFrame, repeats: int) -> list[Ratio]:
    groups, people = (table["att1"], table["att2"]), (table["id1"], table["id2"])
    works: dict[str, Work] = {
        "bootstrap, 20 draws of people, all measures, 8 groups": partial(
            verification.bootstrap,
            table["score"],
            table["label"],
            people,
            groups,
            threshold=0.5,
            replicates=20,
        )
    }
    floors: dict[str, Work] = {"the same measures, once": partial(everything, table)}
    return ratios(works, floors, repeats)


def _scoring(repeats: int) -> list[Ratio]:
    """Seconds per pair against seconds per pair: all pairs by score_pairs, some by the loops."""
    # 64 numbers a picture has the course's recogniser; 512 are usual for large networks.
    return [row for width in (64, 512) for row in _scoring_of(width, repeats)]


def _scoring_of(width: int, repeats: int) -> list[Ratio]:
    random = np.random.default_rng(0)
    embeddings = random.normal(size=(20_000, width)).astype(np.float32)
    first, second = random.integers(0, len(embeddings), (2, ROWS))
    works: dict[str, Work] = {
        f"score_pairs, {ROWS:,} pairs of {width} numbers": partial(
            verification.score_pairs, embeddings, first, second
        )
    }
    loops = {"numpy": (_score_per_row, 20_000), "scikit-learn": (_score_by_sklearn, 2_000)}
    found = []
    for name, (loop, some) in loops.items():
        floor: dict[str, Work] = {
            f"{name}, a pair at a time, per pair": partial(
                loop, embeddings, first[:some], second[:some]
            )
        }
        found += [_per_pair(each, some / ROWS) for each in ratios(works, floor, repeats)]
    return found


def _per_pair(ratio: Ratio, share: float) -> Ratio:
    return replace(
        ratio, middle=ratio.middle * share, low=ratio.low * share, high=ratio.high * share
    )


def _score_per_row(embeddings: np.ndarray, first: np.ndarray, second: np.ndarray) -> list[float]:
    scores = []
    for one, two in zip(first, second, strict=True):
        a, b = embeddings[one], embeddings[two]
        scores.append(float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b))))
    return scores


def _score_by_sklearn(embeddings: np.ndarray, first: np.ndarray, second: np.ndarray) -> list[float]:
    from sklearn.metrics.pairwise import cosine_similarity

    return [
        float(cosine_similarity(embeddings[one : one + 1], embeddings[two : two + 1])[0, 0])
        for one, two in zip(first, second, strict=True)
    ]


def _memories() -> list[Memory]:
    make = "from tests.benchmarks.verification import bfw_like, everything\ntable = bfw_like()\n"
    draw = (
        "from helpers.bias import verification as v\n"
        "v.bootstrap(table.score, table.label, (table.id1, table.id2), (table.att1, table.att2),"
        " threshold=0.5, replicates=5)\n"
    )
    return [
        memory("the table alone, made (its peak hides smaller ones)", make),
        memory("every curve and point measure", make + "everything(table)\n"),
        memory("drawing people", make + draw),
    ]


# -- do intervals hold the truth as often as they say?


@dataclass(frozen=True)
class Setting:
    """People in each of four groups, how much they differ in being alike to others, and groups."""

    people: int
    wolves: float
    shift: float

    def groups(self) -> dict[str, Group]:
        return {
            name: Group(self.shift * k, 3 + self.shift * k / 2) for k, name in enumerate("abcd")
        }


SETTINGS = (
    Setting(40, 0.2, 0.0),
    Setting(40, 0.2, 0.15),
    Setting(100, 0.2, 0.15),
    Setting(100, 0.35, 0.15),
    Setting(40, 0.35, 0.15),
)
_THRESHOLD, _FARS = 2.0, (0.1, 0.01)


def coverage(setting: Setting, draws: int, replicates: int = 200) -> pd.DataFrame:
    """How often the truth was below, in and above each interval: rows metric, shares in per cent."""
    found: dict[str, list[tuple[bool, bool]]] = {}
    for seed in range(draws):
        for name, truth, low, high in _one_draw(setting, seed, replicates):
            # Parity itself is the lower end of some: equal is inside.
            found.setdefault(name, []).append((truth < low - 1e-9, truth > high + 1e-9))
    shares = {name: np.mean(each, axis=0) for name, each in found.items()}
    return pd.DataFrame(
        {
            name: {"held": 100 * (1 - each.sum()), "below": 100 * each[0], "above": 100 * each[1]}
            for name, each in shares.items()
        }
    ).T.round(1)


# -- few people and false accept rates down to one in a thousand


@dataclass(frozen=True)
class Strict:
    """One group of people, how much they differ in being alike to others, and pairs of pictures."""

    people: int
    wolves: float
    impostor: int = 2

    @property
    def name(self) -> str:
        return f"{self.people} people, {self.impostor} pairs each two, effect {self.wolves:g}"


EFFECTS = (0.05, 0.2, 0.3, 0.4, 0.5, 0.6)
STRICT = tuple(
    Strict(people, wolves, impostor)
    for people, impostor in ((60, 2), (30, 4), (30, 8))
    for wolves in EFFECTS
)
STRICT_FARS = (0.1, 0.01, 0.001)


def strict_coverage(
    setting: Strict, draws: int, fars: Sequence[float] = STRICT_FARS, first: int = 0
) -> pd.DataFrame:
    """How often intervals of TAR@FAR held the truth, and which of them carry a note.

    Returns
    -------
    pandas.DataFrame
        A row per draw and rate: ``far``, ``held``, ``too_high`` (the interval lies above the
        truth), ``noted``, ``width``.
    """
    group, found = Group(), []
    for seed in range(first, first + draws):
        pairs = simulate(
            {"a": group},
            setting.people,
            impostor=setting.impostor,
            wolves=setting.wolves,
            seed=seed,
        )
        sample = verification.bootstrap(
            pairs.scores, pairs.genuine, pairs.identities, far=fars, replicates=2, seed=seed
        )
        table = verification.intervals(sample)
        rows = table[table["metric"].str.startswith("TAR")]
        for far, row in zip(fars, rows.itertuples(), strict=True):
            truth = group.tar(far)
            found.append(
                {
                    "far": far,
                    "held": row.low <= truth <= row.high,
                    "too_high": truth < row.low,
                    "noted": row.note != "",
                    "width": row.high - row.low,
                }
            )
    return pd.DataFrame(found)


def strict_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Shares in per cent for each rate of :func:`strict_coverage`."""
    grouped = table.groupby("far", sort=False)
    plain = table[~table["noted"]].groupby("far", sort=False)["held"].mean()
    missed = table[~table["held"]].groupby("far", sort=False)["noted"].mean()
    shares = pd.DataFrame(
        {
            "held": grouped["held"].mean(),
            "too high": grouped["too_high"].mean(),
            "noted": grouped["noted"].mean(),
            "held without note": plain,
            "misses noted": missed,
        }
    )
    return (100 * shares).round(1).assign(width=grouped["width"].mean().round(3))


def _one_draw(
    setting: Setting, seed: int, replicates: int
) -> Iterator[tuple[str, float, float, float]]:
    groups = setting.groups()
    pairs = simulate(groups, setting.people, wolves=setting.wolves, seed=seed)
    sample = verification.bootstrap(
        pairs.scores,
        pairs.genuine,
        pairs.identities,
        pairs.groups,
        threshold=_THRESHOLD,
        far=_FARS,
        replicates=replicates,
        seed=seed,
    )
    for row in verification.intervals(sample).itertuples():
        if row.group in ("a", "d"):
            yield f"{row.metric}", _truth(groups[row.group], row.metric), row.low, row.high
    for measure, apart in (("difference", np.subtract), ("ratio", np.divide)):
        for metric in ("FMR", "FNMR", "EER", "AUC", "TAR@FAR=0.01"):
            last = verification.compare(sample, metric, "a", measure).iloc[-1]
            truth = apart(_truth(groups["d"], metric), _truth(groups["a"], metric))
            yield f"{metric} {measure} of groups", float(truth), last["low"], last["high"]
    truths = _inequalities(groups)
    for row in verification.disparities(sample, simulations=1000).itertuples():
        yield row.metric, truths[row.metric], row.low, row.high


def _truth(group: Group, metric: str) -> float:
    if metric.startswith("TAR@FAR="):
        return group.tar(float(metric.removeprefix("TAR@FAR=")))
    known: dict[str, Callable[[], float]] = {
        "FMR": lambda: group.fmr(_THRESHOLD),
        "FNMR": lambda: group.fnmr(_THRESHOLD),
        "EER": lambda: group.eer,
        "AUC": lambda: group.auc,
    }
    return known[metric]()


def _inequalities(groups: dict[str, Group]) -> dict[str, float]:
    fmr = {name: _truth(group, "FMR") for name, group in groups.items()}
    fnmr = {name: _truth(group, "FNMR") for name, group in groups.items()}
    rates = list(fmr.values()), list(fnmr.values())
    found = {"FDR": verification.fdr(*rates), "GARBE": verification.garbe(*rates)}
    for name, each in (("FMR", fmr), ("FNMR", fnmr)):
        all_of_them = np.array(list(each.values()))
        found[f"{name} max/min"] = float(max_over_min(all_of_them))
        found[f"{name} max/geomean"] = float(max_over_geomean(all_of_them))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("table").add_argument("path")
    covering = commands.add_parser("coverage")
    covering.add_argument("--draws", type=int, default=1000)
    covering.add_argument("--setting", type=int, action="append", choices=range(len(SETTINGS)))
    strict = commands.add_parser("strict")
    strict.add_argument("--draws", type=int, default=1000)
    strict.add_argument("--setting", type=int, action="append", choices=range(len(STRICT)))
    options = parser.parse_args()
    if options.command == "strict":
        for number in options.setting or range(len(STRICT)):
            print(STRICT[number].name, f"({options.draws} draws)")
            print(strict_summary(strict_coverage(STRICT[number], options.draws)), flush=True)
        return
    if options.command == "table":
        bfw_like().to_csv(options.path, index=False)
        return
    for number in options.setting or range(len(SETTINGS)):
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            table = coverage(SETTINGS[number], options.draws)
        seconds = time.perf_counter() - start
        print(f"{SETTINGS[number]}, {options.draws} draws, {seconds:.0f} s\n{table}\n", flush=True)


if __name__ == "__main__":
    main()
