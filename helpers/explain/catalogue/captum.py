"""Attribution methods of captum.

One forward pass of each tells which class is explained, and is shared by methods of one call. Where a
rule must hold, it is tried on one picture: two passes a call, and for ``captum.lrp`` nine, and one back.
"""

from functools import partial
from types import MappingProxyType
from typing import Any

from helpers.explain.methods import Method

_NOT_ABOUT_THE_MODEL = (
    "survives a random network, so it is not about the model (Adebayo et al. 2018)"
)


def _options(**defaults: Any) -> MappingProxyType[str, Any]:
    return MappingProxyType(defaults)


_method = partial(Method, library="captum")
_by_gradient = partial(_method, needs=("gradients",))
_noisy = partial(
    _by_gradient,
    signed=False,
    passes="({samples}+1)f + {samples}b",
    random=True,
    options=_options(samples=50, noise=0.15, seed=0),
    laws=frozenset({"dummy", "zero"}),
)
_by_rule = partial(_method, signed=True, needs=("gradients", "relus"))
_region = partial(_method, signed=True, needs=())

ROWS = {
    "captum.saliency": _by_gradient(
        signed=False,
        passes="2f + 1b",
        paper="Simonyan et al. 2014",
        idea="size of the gradient by each pixel, the largest of its colours",
        function="captum_methods:saliency",
        laws=frozenset({"dummy", "symmetric", "flip", "zero"}),
    ),
    "captum.input_x_gradient": _by_gradient(
        signed=True,
        passes="2f + 1b",
        paper="Shrikumar et al. 2016",
        idea="picture times gradient, summed over the colours; black pixels get nothing",
        function="captum_methods:input_x_gradient",
        laws=frozenset({"dummy", "symmetric", "flip", "zero"}),
    ),
    "captum.integrated_gradients": _by_gradient(
        signed=True,
        passes="({steps}+1)f + {steps}b",
        paper="Sundararajan et al. 2017",
        idea="gradients gathered on the straight way from a baseline to the picture",
        function="captum_methods:integrated_gradients",
        options=_options(steps=50, baseline="black", seed=0),
        laws=frozenset({"complete", "dummy", "symmetric", "flip", "zero"}),
    ),
    "captum.gradient_shap": _by_gradient(
        signed=True,
        passes="({samples}+1)f + {samples}b",
        paper="Lundberg & Lee 2017; Erion et al. 2021",
        idea="expected gradients: integrated gradients from references drawn at random",
        function="captum_methods:gradient_shap",
        random=True,
        options=_options(samples=50, noise=0.0, references=None, seed=0),
        laws=frozenset({"dummy", "zero"}),
    ),
    "captum.smoothgrad": _noisy(
        paper="Smilkov et al. 2017",
        idea="size of the mean gradient of noisy copies, the largest of the colours",
        function="captum_methods:smoothgrad",
    ),
    "captum.smoothgrad_squared": _noisy(
        paper="Hooker et al. 2019",
        idea="mean squared gradient of noisy copies, the largest of the colours",
        function="captum_methods:smoothgrad_squared",
    ),
    "captum.vargrad": _noisy(
        paper="Adebayo et al. 2018",
        idea="variance (by n) of the gradient among noisy copies, the largest of the colours",
        function="captum_methods:vargrad",
    ),
    "captum.guided_backprop": _by_rule(
        passes="2f + 1b",
        paper="Springenberg et al. 2015",
        idea=f"positive gradients through active ReLUs; {_NOT_ABOUT_THE_MODEL}",
        function="captum_methods:guided_backprop",
        laws=frozenset({"flip"}),
    ),
    "captum.deconvolution": _by_rule(
        passes="2f + 1b",
        paper="Zeiler & Fergus 2014",
        idea=f"positive gradients through all ReLUs; {_NOT_ABOUT_THE_MODEL}",
        function="captum_methods:deconvolution",
        laws=frozenset({"flip"}),
    ),
    "captum.guided_gradcam": _by_rule(
        passes="2f + 2b",
        paper="Selvaraju et al. 2017",
        idea="guided backpropagation where Grad-CAM is bright; inherits the faults of both",
        function="captum_methods:guided_gradcam",
        needs_layer=True,
        needs=("gradients", "maps", "relus"),
        laws=frozenset({"flip"}),
    ),
    "captum.deeplift": _by_rule(
        passes="3f + 2b",
        paper="Shrikumar et al. 2017",
        idea="differences from a baseline, carried back by slopes between the two",
        function="captum_methods:deeplift",
        needs=("gradients", "modules"),
        options=_options(baseline="black", seed=0),
        laws=frozenset({"complete", "flip"}),
    ),
    "captum.deeplift_shap": _by_rule(
        passes="(2M+1)f + 2Mb",
        paper="Lundberg & Lee 2017",
        idea="mean of DeepLIFT's maps over references",
        function="captum_methods:deeplift_shap",
        needs=("gradients", "modules"),
        options=_options(references=None, seed=0),
    ),
    "captum.lrp": _by_rule(
        passes="3f + 1b",
        paper="Bach et al. 2015",
        idea="relevance layer by layer, epsilon rule (LRP is patented, free for science)",
        function="captum_methods:lrp",
        needs=("gradients", "relus", "relevance"),
        laws=frozenset({"dummy", "flip", "zero"}),
    ),
    "captum.occlusion": _region(
        passes="(P+2)f",
        paper="Zeiler & Fergus 2014",
        idea="what the score loses behind a patch that slides over the picture",
        function="captum_regions:occlusion",
        options=_options(patch=16, stride=8, baseline="black", seed=0),
        laws=frozenset({"dummy", "zero"}),
    ),
    "captum.feature_ablation": _region(
        passes="({grid}^2+2)f",
        paper="Kokhlikyan et al. 2020",
        idea="what the score loses without each region or cell",
        function="captum_regions:feature_ablation",
        options=_options(grid=7, masks=None, baseline="black", seed=0),
        laws=frozenset({"dummy", "zero"}),
    ),
    "captum.lime": _region(
        passes="({samples}+1)f",
        paper="Ribeiro et al. 2016",
        idea="weights of a sparse linear model of the score by the regions that are shown",
        function="captum_regions:lime",
        random=True,
        options=_options(samples=250, grid=7, masks=None, baseline="black", alpha=0.01, seed=0),
        laws=frozenset({"zero"}),
    ),
    "captum.kernel_shap": _region(
        passes="({samples}+1)f",
        paper="Lundberg & Lee 2017",
        idea="Shapley values of regions or cells by weighted regression",
        function="captum_regions:kernel_shap",
        random=True,
        options=_options(samples=250, grid=7, masks=None, baseline="black", seed=0),
        laws=frozenset({"zero"}),
    ),
    "captum.shapley_sampling": _region(
        passes="({samples}{grid}^2+2)f",
        paper="Castro et al. 2009",
        idea="Shapley values of regions or cells: mean gain over orders of appearance",
        function="captum_regions:shapley_sampling",
        random=True,
        options=_options(samples=10, grid=7, masks=None, baseline="black", seed=0),
        laws=frozenset({"dummy", "zero"}),
    ),
}
