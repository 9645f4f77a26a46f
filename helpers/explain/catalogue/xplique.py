"""The attribution methods of Xplique (2.0.2), as that library computes them.

TensorFlow is imported when one of them is asked for. Those with an option ``route`` work on the
network itself, through the library's ``TorchWrapper`` ("wrapper"), or on a Keras model of the same
weights ("keras"); the others need Keras layers.
"""

from functools import partial
from types import MappingProxyType
from typing import Any

from helpers.explain.methods import Method


def _chosen(**options: Any) -> MappingProxyType[str, Any]:
    return MappingProxyType({"route": "wrapper", **options})


_of_the_library = partial(Method, library="xplique")
_by_gradient = partial(_of_the_library, needs=("gradients",), passes="2f + 1b", options=_chosen())
_by_noise = partial(
    _of_the_library,
    needs=("gradients",),
    passes="({samples}+1)f + {samples}b",
    random=True,
    options=MappingProxyType({"samples": 50, "noise": 0.2, "seed": 0}),
    laws=frozenset({"dummy", "zero"}),
)
_on_keras = partial(_of_the_library, needs=("keras",), passes="1f; and 1f + 1b in Keras")
_of_a_layer = partial(_on_keras, signed=False, needs_layer=True, laws=frozenset({"flip", "zero"}))

ROWS = {
    "xplique.saliency": _by_gradient(
        signed=False,
        paper="Simonyan et al. 2014",
        idea="size of the gradient, the largest over the colours",
        function="xplique_methods:saliency",
        laws=frozenset({"dummy", "symmetric", "flip", "shift", "zero"}),
    ),
    "xplique.gradient_input": _by_gradient(
        signed=True,
        paper="Shrikumar et al. 2016",
        idea="gradient times picture, summed over the colours",
        function="xplique_methods:gradient_input",
        laws=frozenset({"dummy", "symmetric", "flip", "shift", "zero"}),
    ),
    "xplique.integrated_gradients": _of_the_library(
        signed=True,
        needs=("gradients",),
        passes="({steps}+1)f + {steps}b",
        paper="Sundararajan et al. 2017",
        idea="gradient averaged on the straight way from the baseline, by the trapezoidal rule",
        function="xplique_methods:integrated_gradients",
        options=_chosen(steps=50, baseline="black", seed=0),
        laws=frozenset({"complete", "dummy", "zero"}),
    ),
    "xplique.smoothgrad": _by_noise(
        signed=True,
        paper="Smilkov et al. 2017",
        idea="gradient averaged over noisy copies, summed over the colours",
        function="xplique_methods:smoothgrad",
    ),
    "xplique.square_grad": _by_noise(
        signed=False,
        paper="Hooker et al. 2019",
        idea="squared gradient averaged over noisy copies, the largest over the colours",
        function="xplique_methods:square_grad",
    ),
    "xplique.vargrad": _by_noise(
        signed=False,
        paper="Adebayo et al. 2018",
        idea="variance (by n - 1) of the gradient over noisy copies, the largest over the colours",
        function="xplique_methods:vargrad",
    ),
    "xplique.forgrad": _by_gradient(
        signed=False,
        paper="Muzellec et al. 2024",
        idea="saliency without its fine detail: frequencies above {bandwidth} are cut off",
        function="xplique_methods:forgrad",
        options=_chosen(bandwidth=15),
        laws=frozenset({"zero"}),
    ),
    "xplique.occlusion": _of_the_library(
        signed=True,
        passes="(P+2)f",
        paper="Zeiler & Fergus 2014",
        idea="what the score loses behind each patch, added up where patches overlap",
        function="xplique_methods:occlusion",
        options=_chosen(patch=3, stride=3, baseline="black", seed=0),
        laws=frozenset({"zero"}),
    ),
    "xplique.rise": _of_the_library(
        signed=True,
        passes="({samples}+1)f",
        paper="Petsiuk et al. 2018",
        idea="mean score of randomly masked pictures that show the pixel",
        function="xplique_methods:rise",
        random=True,
        options=_chosen(samples=1000, grid=7, keep=0.5, baseline="black", seed=0),
    ),
    "xplique.lime": _of_the_library(
        signed=True,
        passes="({samples}+1)f",
        paper="Ribeiro et al. 2016",
        idea="weights of a ridge regression of the score on which segments are shown",
        function="xplique_methods:lime",
        random=True,
        options=_chosen(samples=150, grid=None, baseline=None, seed=0),
    ),
    "xplique.kernel_shap": _of_the_library(
        signed=True,
        passes="({samples}+1)f",
        paper="Lundberg & Lee 2017",
        idea="Shapley values of segments by a regression on sampled coalitions",
        function="xplique_methods:kernel_shap",
        random=True,
        options=_chosen(samples=800, grid=None, baseline=None, seed=0),
    ),
    "xplique.sobol": _of_the_library(
        signed=False,
        passes="({samples}({grid}^2+2)+1)f",
        paper="Fel et al. 2021",
        idea="share of the score's variance that a cell has a part in",
        function="xplique_methods:sobol",
        options=_chosen(samples=32, grid=8, baseline="black", seed=0),
    ),
    "xplique.hsic": _of_the_library(
        signed=False,
        passes="({samples}+1)f",
        paper="Novello et al. 2022",
        idea="dependence of the score on whether a cell is shown",
        function="xplique_methods:hsic",
        options=_chosen(samples=500, grid=8, baseline="black", seed=0),
    ),
    "xplique.guided_backprop": _on_keras(
        signed=True,
        paper="Springenberg et al. 2015",
        idea="gradient without what is negative at a ReLU, on its way back or before",
        function="xplique_methods:guided_backprop",
        laws=frozenset({"flip", "shift"}),
    ),
    "xplique.deconvnet": _on_keras(
        signed=True,
        paper="Zeiler & Fergus 2014",
        idea="gradient without what is negative on its way back through a ReLU",
        function="xplique_methods:deconvnet",
        laws=frozenset({"flip", "shift"}),
    ),
    "xplique.gradcam": _of_a_layer(
        paper="Selvaraju et al. 2017",
        idea="channels weighted by the mean of their gradient, enlarged bicubically",
        function="xplique_methods:gradcam",
    ),
    "xplique.gradcam++": _of_a_layer(
        paper="Chattopadhay et al. 2018",
        idea="channels weighted by positive gradients, with means where the paper has sums",
        function="xplique_methods:gradcam_plus_plus",
    ),
    "xplique.fem": _of_a_layer(
        passes="1f; and 1f in Keras",
        paper="Fuad et al. 2020",
        idea="how many channels are {k} deviations above their mean at a place, by their means",
        function="xplique_methods:fem",
        options=MappingProxyType({"k": 2.0}),
        laws=frozenset({"flip"}),
    ),
}
