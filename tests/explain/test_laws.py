"""Laws of explainers: each is broken by an explainer that keeps all others, and ours keep them all."""

import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from helpers.explain import LAWS, METHODS, check_explainer, explain, relevance
from helpers.explain.catalogue import ROWS
from helpers.explain.laws import networks
from helpers.explain.laws.law import PROMISES
from tests.explain.broken import BROKEN, Broken, batched, by_region, coloured, good, seeded

MODEL = networks.Small()
IMAGES = networks.pictures(3)
# The brightest comes first: one of the broken explainers sorts them so.
IMAGES = IMAGES[IMAGES.mean((1, 2, 3)).argsort(descending=True)]
ALL_PROMISES = tuple(set(PROMISES) - {"classless"})
OF_THE_TABLE = {"names", "predicted"}


def broken_laws(report: pd.DataFrame) -> dict[str, str]:
    """Names and notes of the laws that were not kept."""
    return dict(report.loc[report.passed.eq(False), ["law", "note"]].itertuples(index=False))


# -- what the laws catch


@pytest.mark.parametrize("broken", BROKEN, ids=lambda each: each.explainer.__name__)
def test_an_explainer_that_breaks_one_law_keeps_all_others(broken: Broken) -> None:
    report = check_explainer(broken.explainer, MODEL, IMAGES, 1, broken.promises)
    assert set(broken_laws(report)) == {broken.law}, broken_laws(report)


def test_every_law_is_broken_by_somebody() -> None:
    assert len(LAWS) >= 25
    assert {each.law for each in BROKEN} | OF_THE_TABLE == set(LAWS.index)


@pytest.mark.parametrize("law", sorted(OF_THE_TABLE))
def test_classes_are_called_by_name_or_left_out(law: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(
        model: nn.Module, images: Tensor, targets: object, *rest: str, **extra: int
    ) -> Tensor:
        if law == "names" and isinstance(targets, list):
            targets = [(MODEL.classes.index(each) + 1) % 3 for each in targets]
        if law == "predicted" and targets is None:
            targets = 0 if explained_class != 0 else 1
        return explain(model, images, targets, *rest, **extra)  # type: ignore[arg-type]

    with torch.no_grad():
        explained_class = int(MODEL(IMAGES).argmax(1)[0])
    monkeypatch.setattr(relevance, "explain", broken)
    report = check_explainer("hirescam", MODEL, IMAGES, 1)
    assert set(broken_laws(report)) == {law}


@pytest.mark.parametrize("explainer", [good, coloured, seeded, batched, by_region])
def test_an_explainer_that_is_well_made_keeps_every_law(explainer: object) -> None:
    promises = ALL_PROMISES if explainer in (good, coloured, batched) else ()
    report = check_explainer(explainer, MODEL, IMAGES, 1, promises)  # type: ignore[arg-type]
    assert broken_laws(report) == {}
    assert report.passed.notna().sum() >= 35


# -- our own methods

CHEAP: dict[str, dict[str, object]] = {}
"""Options with which a sampled method is quick; laws do not ask for precision."""


def cheap_options(method: str) -> dict[str, object]:
    """Fewer samples and steps for every method that has them, unless it is named in CHEAP."""
    known = ROWS[method].options
    usual = {"samples": 8, "steps": 8}
    return CHEAP.get(method, {name: value for name, value in usual.items() if name in known})


@pytest.mark.parametrize("method", METHODS.index)
def test_every_method_keeps_the_laws_that_apply_to_it(method: str) -> None:
    report = check_explainer(method, MODEL, IMAGES, **cheap_options(method))
    assert broken_laws(report) == {}
    assert report.passed.notna().sum() >= 25


def test_methods_promise_what_there_is_a_law_for() -> None:
    assert {word for row in ROWS.values() for word in row.laws} <= set(PROMISES)
