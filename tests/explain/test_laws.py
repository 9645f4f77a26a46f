"""Laws of explainers: each is broken by an explainer that keeps all others, and ours keep them all."""

import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from helpers.errors import InputError
from helpers.explain import LAWS, applicability, check_explainer, explain, relevance
from helpers.explain.catalogue import ROWS
from helpers.explain.laws import networks
from helpers.explain.laws.terms import PROMISES
from helpers.models.transformer import NarrowViT
from tests.explain.broken import BROKEN, Broken, batched, by_region, coloured, good, seeded
from tests.networks import small_network

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

# Options with which a sampled method is quick, and precise enough for what it promises.
FEW = {"samples": 8, "steps": 8}
GRIDS = {"samples": 40, "grid": 3}
COALITIONS = {"samples": 12, "grid": 3}
CHEAP: dict[str, dict[str, object]] = {
    "captum.integrated_gradients": {"steps": 64},
    "captum.feature_ablation": {"grid": 3},
    "captum.kernel_shap": GRIDS,
    "captum.lime": GRIDS,
    "captum.occlusion": {"patch": 8, "stride": 8},
    "captum.shapley_sampling": {"samples": 2, "grid": 2},
    "hsic": COALITIONS,
    "kernelshap": COALITIONS,
    "lime": COALITIONS,
    "occlusion": {"patch": 8, "stride": 8},
    "region_banzhaf": {},
    "region_shapley": {},
    "rise": {"samples": 300, "grid": 3},
    "sobol": {"samples": 4, "grid": 2},
    "xplique.integrated_gradients": {"steps": 64},
    "xplique.kernel_shap": {"samples": 300},
    "xplique.lime": {"samples": 300},
    "xplique.rise": {"samples": 300},
    "xplique.sobol": {"samples": 32, "grid": 2},
}
# What a library's method breaks by its design, which its row says. Nothing else may be broken.
BY_DESIGN: dict[str, set[str]] = {
    "grad-cam.eigengradcam": {"right class"},  # its sign is left to chance
    "grad-cam.refinecam": {"unstretched"},
    "grad-cam.sess": {"unstretched"},
}
RESIDUAL = small_network()
TRANSFORMER = NarrowViT(("one", "two", "three"), input_size=(32, 32)).eval()


def options_for(method: str) -> dict[str, object]:
    """Those of CHEAP, or fewer samples and steps where the method has them."""
    known = ROWS[method].options
    return CHEAP.get(method, {name: value for name, value in FEW.items() if name in known})


def network_for(method: str) -> nn.Module:
    """One that the method holds on: Keras, for instance, does not pad pictures in a circle."""
    needs = ROWS[method].needs
    return TRANSFORMER if "attention" in needs else RESIDUAL if "keras" in needs else MODEL


# TensorFlow is imported for Xplique's alone, and traces each network of each law anew.
METHODS_TRIED = [
    pytest.param(name, marks=[pytest.mark.thorough] if row.library == "xplique" else [])
    for name, row in ROWS.items()
]


@pytest.mark.parametrize("method", METHODS_TRIED)
def test_every_method_keeps_the_laws_that_apply_to_it(method: str) -> None:
    report = check_explainer(method, network_for(method), IMAGES, **options_for(method))
    assert set(broken_laws(report)) == BY_DESIGN.get(method, set()), broken_laws(report)
    assert report.passed.notna().sum() >= 25


def test_methods_promise_what_there_is_a_law_for() -> None:
    assert {word for row in ROWS.values() for word in row.laws} <= set(PROMISES)


# -- the report


def test_a_report_has_a_row_for_each_law_and_says_why_one_does_not_apply() -> None:
    report = check_explainer(good, MODEL, IMAGES)
    assert list(report.columns) == ["law", "passed", "figure", "note"]
    assert list(report.law) == list(LAWS.index)
    left_out = report[report.passed.isna()]
    assert left_out.note.str.len().gt(0).all()
    assert left_out.figure.isna().all()
    assert "does not promise 'flip'" in report.set_index("law").note["flip"]


def test_an_explainer_that_fails_breaks_one_law_and_of_the_rest_nothing_is_known() -> None:
    def failing(model: nn.Module, images: Tensor, targets: Tensor) -> Tensor:
        raise RuntimeError("out of order\nand more")

    report = check_explainer(failing, MODEL, IMAGES).set_index("law")
    assert list(report.index[report.passed.eq(False)]) == ["shape"]
    assert report.note["shape"] == "RuntimeError: out of order"
    assert report.note["single"] == "it gives no maps here: RuntimeError: out of order"


def test_a_law_that_fails_by_an_error_says_so_and_the_rest_goes_on() -> None:
    def helpless(model: nn.Module, images: Tensor, targets: Tensor) -> Tensor:
        if torch.is_inference_mode_enabled():
            raise KeyError("grad")
        return good(model, images, targets)

    assert broken_laws(check_explainer(helpless, MODEL, IMAGES)) == {
        "inference mode": "KeyError: 'grad'"
    }


def test_a_network_is_refused_in_a_sentence_and_the_law_is_not_tried() -> None:
    def choosy(model: nn.Module, images: Tensor, targets: Tensor) -> Tensor:
        if not isinstance(model, networks.Small):
            raise ValueError("this method knows no such network")  # noqa: TRY004 - a refusal
        return good(model, images, targets)

    report = check_explainer(choosy, MODEL, IMAGES).set_index("law")
    assert report.passed["right class"] is None
    assert "this method knows no such network" in report.note["right class"]
    assert not report.passed.eq(False).any()


def test_the_readers_network_and_images_are_left_alone() -> None:
    model, images = networks.Small(), IMAGES.clone()

    def vandal(model: nn.Module, images: Tensor, targets: Tensor) -> Tensor:
        maps = good(model, images, targets)
        for each in model.parameters():
            each.data.zero_()
        images.zero_()
        return maps

    check_explainer(vandal, model, images)
    assert torch.equal(images, IMAGES)
    assert all(bool(each.any()) for each in model.parameters())


def test_the_table_of_laws_says_to_whom_each_applies() -> None:
    table = applicability(["gradcam", "eigencam"])
    assert list(table.index) == list(LAWS.index)
    assert table.gradcam["single"] == ""
    assert table.gradcam["masks"] == "it has no option masks"
    assert table.eigencam["right class"] == "it does not look at the class, and says so"
    assert (LAWS.tolerance >= 0).all()
    assert LAWS.statement.str.endswith(".").all()


@pytest.mark.parametrize(
    ("explainer", "images", "promises", "sentence"),
    [
        (MODEL, IMAGES, (), "explainer is a value of type Small"),
        (3, IMAGES, (), "give the name of a method"),
        (good, IMAGES[:1], (), "give two or more"),
        (good, IMAGES * 255, (), r"must lie in \[0, 1\]"),
        (good, IMAGES, ("truth",), "there is no promise 'truth'"),
        (good, IMAGES, "truth", "there is no promise 'truth'"),
        ("gradcamm", IMAGES, (), "did you mean 'gradcam'"),
    ],
)
def test_what_cannot_be_checked_is_refused(
    explainer: object, images: Tensor, promises: tuple[str, ...] | str, sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        check_explainer(explainer, MODEL, images, None, promises)  # type: ignore[arg-type]


def test_an_option_that_a_method_does_not_have_is_refused() -> None:
    with pytest.raises(InputError, match="gradcam does not take steps"):
        check_explainer("gradcam", MODEL, IMAGES, steps=3)
