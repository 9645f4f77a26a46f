"""Class activation maps and FullGrad, computed by this package."""

from functools import partial

from helpers.explain.methods import Method

_by_gradient = partial(
    Method,
    passes="1f + 1b",
    needs_layer=True,
    needs=("maps", "gradients"),
    laws=frozenset({"flip", "shift", "zero", "scale", "offset"}),
)
_by_forwards = partial(Method, needs_layer=True, needs=("maps",))
_whatever_the_class = frozenset({"flip", "shift", "offset", "classless"})

ROWS = {
    "gradcam": _by_gradient(
        signed=False,
        paper="Selvaraju et al. 2017",
        idea="channels weighted by the mean of their gradient",
        function="cams:gradcam",
    ),
    "gradcam++": _by_gradient(
        signed=False,
        paper="Chattopadhay et al. 2018",
        idea="channels weighted by positive gradients, each place by its share of a power series",
        function="cams:gradcam_plus_plus",
        laws=frozenset({"flip", "shift", "zero", "offset"}),
    ),
    "hirescam": _by_gradient(
        signed=True,
        paper="Draelos & Carin 2020",
        idea="activation times gradient, place by place",
        function="cams:hirescam",
    ),
    "layercam": _by_gradient(
        signed=False,
        paper="Jiang et al. 2021",
        idea="activation times the positive part of the gradient",
        function="cams:layercam",
    ),
    "xgradcam": _by_gradient(
        signed=False,
        paper="Fu et al. 2020",
        idea="channels weighted by their gradient, averaged by activation",
        function="cams:xgradcam",
    ),
    "elementwise": _by_gradient(
        signed=False,
        paper="Pillai & Pirsiavash 2021",
        idea="positive part of activation times gradient",
        function="cams:elementwise",
    ),
    "eigencam": _by_forwards(
        signed=False,
        passes="1f",
        paper="Muhammad & Yeasin 2020",
        idea="the strongest pattern of channels, whatever the class",
        function="cams:eigencam",
        laws=_whatever_the_class,
    ),
    "eigengradcam": _by_gradient(
        signed=False,
        paper="Gildenblat et al. 2021",
        idea="the strongest pattern of activation times gradient",
        function="cams:eigengradcam",
    ),
    "kpcacam": _by_forwards(
        signed=False,
        passes="1f",
        paper="Karmani et al. 2024",
        idea="the strongest kernel component of the activations, whatever the class",
        function="cams:kpcacam",
        laws=_whatever_the_class,
    ),
    "scorecam": _by_forwards(
        signed=False,
        passes="(K+1)f",
        paper="Wang et al. 2020",
        idea="channels weighted by the answer to the picture seen through them",
        function="channels:scorecam",
        laws=frozenset({"flip", "shift", "offset"}),
    ),
    "ablationcam": _by_forwards(
        signed=False,
        passes="(K+1)f; 1f + 1b where the head is linear",
        paper="Desai & Ramaswamy 2020",
        idea="channels weighted by what the score loses without them",
        function="channels:ablationcam",
        laws=frozenset({"flip", "shift", "zero"}),
    ),
    "fullgrad": Method(
        False,
        "1f + 1b",
        "Srinivas & Fleuret 2019",
        "gradients by the picture and by every bias, laid over each other",
        function="fullgrad:fullgrad_maps",
        needs=("gradients", "straight"),
        laws=frozenset({"flip", "shift", "zero", "offset"}),
    ),
}
