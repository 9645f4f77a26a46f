"""The class activation maps of ``grad-cam`` (1.5.7), as that library computes them.

Each map is handed over before the library cuts it at 0, stretches it to [0, 1] and enlarges it;
where it has no such map, the row says so.
"""

from functools import partial
from types import MappingProxyType

from helpers.explain.methods import Method

_of_the_library = partial(Method, library="grad-cam")
_of_a_layer = partial(_of_the_library, needs_layer=True, needs=("maps",))
_by_gradient = partial(
    _of_the_library,
    signed=False,
    passes="2f + 1b",
    needs_layer=True,
    needs=("maps", "gradients"),
    laws=frozenset({"flip", "zero"}),
)

ROWS = {
    "grad-cam.gradcam": _by_gradient(
        paper="Selvaraju et al. 2017",
        idea="channels weighted by the mean of their gradient",
        function="gradcam_methods:gradcam",
    ),
    "grad-cam.hirescam": _by_gradient(
        signed=True,
        paper="Draelos & Carin 2020",
        idea="activation times gradient, place by place",
        function="gradcam_methods:hirescam",
    ),
    "grad-cam.gradcamelementwise": _by_gradient(
        paper="Pillai & Pirsiavash 2021",
        idea="positive part of activation times gradient",
        function="gradcam_methods:gradcamelementwise",
    ),
    "grad-cam.gradcam++": _by_gradient(
        paper="Chattopadhay et al. 2018",
        idea="channels weighted by positive gradients; a millionth added where it is divided",
        function="gradcam_methods:gradcam_plus_plus",
    ),
    "grad-cam.xgradcam": _by_gradient(
        paper="Fu et al. 2020",
        idea="channels weighted by their gradient, averaged by activation",
        function="gradcam_methods:xgradcam",
    ),
    "grad-cam.layercam": _by_gradient(
        paper="Jiang et al. 2021",
        idea="activation times the positive part of the gradient",
        function="gradcam_methods:layercam",
    ),
    "grad-cam.ablationcam": _of_a_layer(
        signed=False,
        passes="(K+3)f",
        paper="Desai & Ramaswamy 2020",
        idea="channels weighted by what the score loses without them, upside down below a score of 0",
        function="gradcam_methods:ablationcam",
    ),
    "grad-cam.scorecam": _of_a_layer(
        signed=False,
        passes="(K+2)f",
        paper="Wang et al. 2020",
        idea="channels weighted by the answer to the picture seen through them",
        function="gradcam_methods:scorecam",
    ),
    "grad-cam.eigencam": _of_a_layer(
        signed=False,
        passes="2f",
        paper="Muhammad & Yeasin 2020",
        idea="first principal component of the centred activations, its sign left to chance",
        function="gradcam_methods:eigencam",
        laws=frozenset({"classless"}),
    ),
    "grad-cam.eigengradcam": _by_gradient(
        paper="Gildenblat et al. 2021",
        idea="first principal component of activation times gradient, its sign left to chance",
        function="gradcam_methods:eigengradcam",
        laws=frozenset({"zero"}),
    ),
    "grad-cam.kpcacam": _of_a_layer(
        signed=False,
        passes="2f",
        paper="Karmani et al. 2024",
        idea="first kernel component of the centred activations, its sign left to the solver",
        function="gradcam_methods:kpcacam",
        laws=frozenset({"classless"}),
    ),
    "grad-cam.segeigencam": _by_gradient(
        paper="Chung & Ying 2025",
        idea="first component of activation times the gradient's size, its larger side upwards",
        function="gradcam_methods:segeigencam",
        laws=frozenset({"zero"}),
    ),
    "grad-cam.fem": _of_a_layer(
        signed=False,
        passes="2f",
        paper="Fuad et al. 2020",
        idea="channels weighted by the share of places {k} deviations above their mean",
        function="gradcam_methods:fem",
        options=MappingProxyType({"k": 2.0}),
        laws=frozenset({"flip", "classless"}),
    ),
    "grad-cam.shapleycam": _by_gradient(
        passes="2f + 1b; the gradient of a gradient is not counted",
        paper="Cai 2025",
        idea="Grad-CAM of the gradient less half of its change along the activations",
        function="gradcam_methods:shapleycam",
    ),
    "grad-cam.finercam": _by_gradient(
        paper="Zhang et al. 2025",
        idea="Grad-CAM of the score less {alpha} times a rival's, averaged by softmax over the {rivals} nearest",
        function="gradcam_methods:finercam",
        options=MappingProxyType({"alpha": 1.0, "rivals": 3}),
    ),
    "grad-cam.randomcam": _by_gradient(
        paper="Gildenblat et al. 2021",
        idea="channels weighted at random: what a map shows without any explanation",
        function="gradcam_methods:randomcam",
        random=True,
        options=MappingProxyType({"seed": 0}),
        laws=frozenset({"flip", "classless"}),
    ),
    "grad-cam.fullgrad": _of_the_library(
        signed=False,
        passes="2f + 1b",
        paper="Srinivas & Fleuret 2019",
        idea="sum of gradients by picture and biases, each stretched to [0, 1] by the library",
        function="gradcam_methods:fullgrad",
        needs=("gradients", "straight"),
        laws=frozenset({"zero"}),
    ),
    "grad-cam.refinecam": _by_gradient(
        passes="(L+1)f + Lb",
        paper="RefineCAM, arXiv 2605.14641, 2026",
        idea="product of the Grad-CAM++ of several layers, stretched to [0, 1] by the library",
        function="gradcam_methods:refinecam",
        options=MappingProxyType({"layers": None}),
    ),
    "grad-cam.sess": _of_a_layer(
        signed=False,
        passes="1f + 13(2f+b); 122 windows, not 13, at the library's 12 {scales}",
        paper="Tursun et al. 2022",
        idea="Grad-CAM of windows at several sizes, stretched to [0, 1] by the library",
        function="gradcam_methods:sess",
        needs=("maps", "gradients"),
        options=MappingProxyType({"scales": 4}),
    ),
}
