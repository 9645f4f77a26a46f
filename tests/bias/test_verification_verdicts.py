"""Three verdicts on every gap, and none of them "no gap" where nothing could be seen."""

import warnings

import numpy as np
import pandas as pd
import pytest

from helpers.bias import verification
from helpers.bias.verification.bootstrap import Bootstrap
from helpers.intervals import GAP, NO_GAP, TOO_LITTLE
from tests.bias.simulated import Group, Pairs, simulate

VERDICTS = {GAP, NO_GAP, TOO_LITTLE}


def drawn(pairs: Pairs, kept: np.ndarray | None = None, threshold: float = 2.0) -> Bootstrap:
    kept = np.ones(len(pairs.scores), bool) if kept is None else kept
    sides = [tuple(side[kept] for side in each) for each in (pairs.identities, pairs.groups)]
    return verification.bootstrap(
        pairs.scores[kept],
        pairs.genuine[kept],
        sides[0],
        sides[1],
        threshold=threshold,
        far=0.1,
        replicates=40,
    )


def test_groups_that_differ_a_gap_and_groups_that_are_equal_none_larger_than_the_margin() -> None:
    apart = drawn(simulate({"a": Group(), "b": Group(1.5)}, people=40, wolves=0.1))
    gap = verification.compare(apart, "FMR", "a").iloc[0]
    assert gap["verdict"] == GAP
    assert gap["low"] > 0.05
    small = verification.compare(apart, "FMR", "a", margin=0.5).iloc[0]
    assert small["verdict"] == NO_GAP
    ratio = verification.compare(apart, "FMR", "a", "ratio").iloc[0]
    assert ratio["verdict"] == GAP
    equal = drawn(simulate({"a": Group(), "b": Group()}, people=60, wolves=0.1))
    assert verification.compare(equal, "FMR", "a", margin=0.02)["verdict"].tolist() == [NO_GAP]
    assert verification.compare(equal, "FMR", "a", margin=0.0)["verdict"].tolist() == [TOO_LITTLE]
    # A ratio lies around 1, and is within 3 of it.
    for margin, said in ((0.0, TOO_LITTLE), (3.0, NO_GAP)):
        row = verification.compare(equal, "FMR", "a", "ratio", margin=margin).iloc[0]
        assert row["verdict"] == said
    tables = {
        name: verification.disparities(each, simulations=500).set_index("metric")
        for name, each in (("apart", apart), ("equal", equal))
    }
    assert tables["apart"].loc["FMR max/min", "verdict"] == GAP
    assert tables["apart"].loc["GARBE", "verdict"] == GAP
    assert tables["equal"].loc["FDR", "verdict"] == NO_GAP
    assert tables["equal"].loc["FMR max/min", "verdict"] == TOO_LITTLE


def test_verdicts_allow_for_the_number_of_groups() -> None:
    # Two groups as certain as needed alone are not when sixteen are looked at.
    sample = drawn(simulate({name: Group() for name in "abcdefgh"}, people=20, seed=4))
    one = verification.compare(sample, "FNMR", "a")
    several = pd.concat([verification.compare(sample, kind, "a") for kind in ("FMR", "FNMR")])
    excluded = ~((several["low"] <= 0) & (several["high"] >= 0))
    assert set(several["verdict"]) <= VERDICTS
    assert (several["verdict"] == GAP).sum() <= excluded.sum()
    assert len(one) == 7


@pytest.mark.thorough
@pytest.mark.slow
def test_equal_groups_have_a_gap_in_at_most_one_audit_of_twenty() -> None:
    found = []
    for seed in range(150):
        sample = drawn(
            simulate({name: Group() for name in "abcd"}, people=30, wolves=0.2, seed=seed)
        )
        found.append(
            [
                (verification.compare(sample, kind)["verdict"] == GAP).any()
                for kind in ("FMR", "FNMR", "EER")
            ]
            + [(verification.disparities(sample, simulations=400)["verdict"] == GAP).any()]
        )
    # Of 150, one more than 13 would be beyond chance for .05.
    assert np.sum(found, axis=0).max() <= 13


def degenerate(kind: str, seed: int) -> tuple[Pairs, np.ndarray]:
    """Tables in which group b is empty, one person, one pair, or of one kind of pairs only."""
    pairs = simulate({"a": Group(), "b": Group()}, people=8, genuine=2, impostor=1, seed=seed)
    one, two = pairs.identities
    in_b, genuine = pairs.groups[0] == "b", pairs.genuine
    first = np.flatnonzero(in_b)[0]
    kept = {
        "empty": ~in_b | (np.arange(len(in_b)) == first),
        "one person": ~in_b | ((one == 8) & (two == 8)),
        "two people": ~in_b | ((one <= 9) & (two <= 9)),
        "no genuine": ~in_b | ~genuine,
        "no impostors": ~in_b | genuine,
        "nobody has an impostor": genuine,
    }
    return pairs, kept[kind]


KINDS = (
    "empty",
    "one person",
    "two people",
    "no genuine",
    "no impostors",
    "nobody has an impostor",
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_group_without_evidence_is_named_and_has_no_verdict_of_no_gap(kind: str) -> None:
    for seed in range(3):
        for threshold in (2.0, 99.0, -99.0):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                sample = drawn(*degenerate(kind, seed), threshold=threshold)
            gaps = [verification.compare(sample, metric, "a") for metric in ("FMR", "FNMR", "EER")]
            gaps += [
                verification.compare(sample, metric, "a", "ratio") for metric in ("FMR", "FNMR")
            ]
            table = pd.concat(gaps)
            assert set(table["group"]) == {"b"}
            summaries = verification.disparities(sample, simulations=100)
            for each in (table, summaries):
                assert not (each["verdict"] == NO_GAP).any()
                width = (each["high"] - each["low"]).dropna()
                assert (width > 0).all()
                assert (each["low"].isna() <= (each["note"] != "")).all()
            measures = verification.intervals(sample)
            assert set(measures["group"]) == {"overall", "a", "b"}
            known = measures.dropna(subset="low")
            assert (known["low"] < known["high"]).all()
            assert (known["low"] <= known["value"]).all()
            assert (known["value"] <= known["high"]).all()
            assert (measures["note"][measures["low"].isna()] != "").all()


def test_rates_that_are_the_same_number_are_not_known_to_be_equal() -> None:
    # Ten of forty people rejected in either group, and the same number of false matches.
    pairs = simulate({"a": Group()}, people=20, genuine=2, impostor=1)
    twice = Pairs(
        np.tile(pairs.scores, 2),
        np.tile(pairs.genuine, 2),
        tuple(np.concatenate([side, side + 20]) for side in pairs.identities),
        tuple(np.repeat(["a", "b"], len(side)) for side in pairs.groups),
    )
    table = verification.disparities(drawn(twice), simulations=2000).set_index("metric")
    assert table.loc["FMR max/min", "value"] == pytest.approx(1)
    assert table.loc["GARBE", "value"] == pytest.approx(0)
    assert table.loc["FMR max/min", "low"] == pytest.approx(1)
    assert table.loc["FMR max/min", "high"] > 1.5
    assert table.loc["GARBE", "high"] > 0.1
    assert table.loc["FDR", "low"] < 0.97
    assert (table["verdict"] == TOO_LITTLE).all()


def test_rates_below_the_margin_are_said_to_make_the_verdict_easy() -> None:
    sample = drawn(simulate({"a": Group(), "b": Group()}, people=60, wolves=0.1), threshold=2.3)
    row = verification.compare(sample, "FMR", "a").iloc[0]
    assert row["verdict"] == NO_GAP
    assert row["note"] == "both rates are below the margin of 0.05, so that no gap exceeds it"
    assert verification.compare(sample, "FNMR", "a")["note"].tolist() == [""]
