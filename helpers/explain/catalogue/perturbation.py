"""Methods that hide parts of a picture and see what the network answers, computed by this package."""

from functools import partial
from types import MappingProxyType
from typing import Any

from helpers.explain.methods import Method


def _options(**given: Any) -> MappingProxyType[str, Any]:
    return MappingProxyType(given)


# What holds of all coalitions only, and not of a sample of them, is no promise of these rows:
# "symmetric" of Shapley values, this and "dummy" of Banzhaf values.
_by_samples = partial(Method, random=True)
_by_regions = partial(Method, signed=True, needs=("masks",))

ROWS = {
    "occlusion": Method(
        signed=True,
        passes="(P+1)f",
        paper="Zeiler & Fergus 2014",
        idea="how far the score falls when a patch hides the pixel",
        function="patches:occlusion",
        options=_options(patch=16, stride=8, baseline="mean", seed=0),
        laws=frozenset({"zero"}),
    ),
    "rise": _by_samples(
        signed=True,
        passes="({samples}+1)f",
        paper="Petsiuk et al. 2018",
        idea="mean score behind soft random masks that show the pixel, less that of all masks",
        function="sampled:rise",
        options=_options(samples=2000, grid=7, probability=0.5, baseline="mean", seed=0),
        laws=frozenset({"zero"}),
    ),
    "lime": _by_samples(
        signed=True,
        passes="({samples}+1)f",
        paper="Ribeiro et al. 2016",
        idea="slopes of a linear model of the score, by which cells or regions are shown",
        function="sampled:lime",
        options=_options(
            samples=1000, grid=7, masks=None, baseline="mean", width=0.25, ridge=0.0, seed=0
        ),
        laws=frozenset({"zero"}),
    ),
    "kernelshap": _by_samples(
        signed=True,
        passes="({samples}+1)f",
        paper="Lundberg & Lee 2017",
        idea="Shapley values of cells or regions, by a regression that keeps their sum",
        function="sampled:kernelshap",
        options=_options(samples=1000, grid=7, masks=None, baseline="mean", seed=0),
        laws=frozenset({"complete", "zero"}),
    ),
    "sobol": _by_samples(
        signed=False,
        passes="({samples}({grid}^2+2)+1)f",
        paper="Fel et al. 2021",
        idea="share of the score's variance that a cell or region takes part in",
        function="sampled:sobol",
        options=_options(samples=32, grid=7, masks=None, baseline="mean", seed=0),
        laws=frozenset({"zero"}),
    ),
    "hsic": _by_samples(
        signed=False,
        passes="({samples}+1)f",
        paper="Novello et al. 2022",
        idea="how strongly the score depends on whether a cell or region is shown",
        function="sampled:hsic",
        options=_options(samples=1000, grid=7, masks=None, baseline="mean", seed=0),
        laws=frozenset({"zero"}),
    ),
    "region_ablation": _by_regions(
        passes="(R+2)f",
        paper="Zeiler & Fergus 2014",
        idea="how far the score falls without a region, spread over its pixels",
        function="coalitions:region_ablation",
        options=_options(masks=None, baseline="mean", seed=0),
        laws=frozenset({"dummy", "symmetric", "zero"}),
    ),
    "region_shapley": _by_regions(
        passes="(min(2^R, {samples})+1)f",
        paper="Shapley 1953; Lundberg & Lee 2017",
        idea="Shapley values of regions, exact for twelve, spread over their pixels",
        function="coalitions:region_shapley",
        random=True,
        options=_options(masks=None, baseline="mean", samples=4096, seed=0),
        laws=frozenset({"complete", "dummy", "zero"}),
    ),
    "region_banzhaf": _by_regions(
        passes="(min(2^R, {samples})+1)f",
        paper="Banzhaf 1965; Wang & Jia 2023",
        idea="mean rise of the score by a region over all coalitions, spread over its pixels",
        function="coalitions:region_banzhaf",
        random=True,
        options=_options(masks=None, baseline="mean", samples=4096, seed=0),
        laws=frozenset({"zero"}),
    ),
}
