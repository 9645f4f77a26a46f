"""The attribution methods of Xplique, called as that library is and left as it was found.

Its white-box methods reduce the colours by their mean; here signed maps are summed over them, which
keeps completeness, and magnitudes are the largest of them. Class activation maps come as the library
enlarges them, bicubically, so that they may dip below 0 between places.

``route="wrapper"`` calls the network itself, through the library's ``TorchWrapper``, and
``route="keras"`` a Keras model of the same weights. The wrapper has no layers of Keras, so that
Grad-CAM, Grad-CAM++, FEM, guided backpropagation and DeconvNet work on the Keras model only.

The wrapper, and whatever draws, runs with TensorFlow's functions switched to eager: the wrapper demands
it, and a traced function would keep the seed of its first call. Gradients of the Keras model are traced
instead, which leaves out those of its weights: TensorFlow 2.20 computes them in eager mode though
nobody asks, and can end the process in doing so ("double free or corruption"). So SmoothGrad and its
kin, which draw and take gradients, have the wrapper only. The switch, the global seed and the
generators of TensorFlow, numpy and Python are put back afterwards. What cannot be put back: a ``tf.function`` of the caller's that
draws random numbers starts its sequence anew, as after any ``tf.random.set_seed``.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from helpers.arguments import choice, count, number, share
from helpers.arguments import seed as checked_seed
from helpers.errors import InputError
from helpers.explain import keras_ports
from helpers.explain.baselines import baseline_of
from helpers.explain.case import Case
from helpers.explain.targets import find_layer
from helpers.explain.twins import Answering
from helpers.models.keras_port import channels_last, own_generators

ROUTES = ("wrapper", "keras")
_TRACED = {
    "Saliency", "GradientInput", "IntegratedGradients", "GuidedBackprop", "DeconvNet", "GradCAM",
    "GradCAMPP",
}  # fmt: skip
"""Whose gradients of a Keras model are taken by traced functions; none of them draws."""

_BATCH = 32
"""Pictures that the library puts together at a time; its random draws depend on it, so it is fixed."""


def saliency(case: Case, *, route: str) -> Tensor:
    """Size of the gradient (Simonyan 2014), the largest over the colours: (N, H, W)."""
    return _batched(case, "Saliency", route, reducer="max")


def gradient_input(case: Case, *, route: str) -> Tensor:
    """Gradient times picture (Shrikumar 2016), summed over the colours: (N, H, W)."""
    return _batched(case, "GradientInput", route, reducer="sum")


def integrated_gradients(case: Case, *, route: str, steps: int, baseline: Any, seed: int) -> Tensor:
    """Integrated gradients (Sundararajan 2017), (N, H, W).

    A map's sum is the score less the baseline's, up to the error of the trapezoidal rule.
    """
    options = {"steps": count(steps, "steps", 2), "reducer": "sum"}
    pictures = _hidden(case, baseline, seed)
    made = [{"baseline_value": each, **options} for each in pictures]
    return _one_by_one(case, "IntegratedGradients", route, made, seed)


def _noisy(kind: str, reducer: str, case: Case, **options: Any) -> Tensor:
    made = {
        "nb_samples": count(options["samples"], "samples", 2),
        "noise": number(options["noise"], "noise", 0),
        "reducer": reducer,
    }
    each = [made] * len(case.images)
    return _one_by_one(case, kind, "wrapper", each, options["seed"])


smoothgrad = partial(_noisy, "SmoothGrad", "sum")
square_grad = partial(_noisy, "SquareGrad", "max")
vargrad = partial(_noisy, "VarGrad", "max")  # divided by n - 1, where captum divides by n


def forgrad(case: Case, *, route: str, bandwidth: int) -> Tensor:
    """Saliency without high frequencies (Muzellec 2024), (N, H, W).

    Raises
    ------
    InputError
        If the images are not square, or ``bandwidth`` is larger than their side.
    """
    height, width = case.size
    if height != width:
        raise InputError(
            f"xplique's ForGrad filters square maps only, and the images are of {height} x {width} px."
        )
    sigma = count(bandwidth, "bandwidth", 1, height)
    maps = saliency(case, route=route)
    with _as_found(case) as tf:
        from xplique.commons.forgrad import forgrad as filtered

        found = np.asarray(filtered(tf.constant(maps.cpu().numpy())[..., None], sigma))
    return _torch(case, found.reshape(len(maps), height, width))


def occlusion(
    case: Case, *, route: str, patch: int, stride: int, baseline: Any, seed: int
) -> Tensor:
    """What the score loses behind each patch (Zeiler & Fergus 2014), (N, H, W).

    Losses are added up, not averaged, where patches overlap; a margin that no whole patch fits into
    is never hidden.
    """
    options = {
        "patch_size": count(patch, "patch", 1, min(case.size)),
        "patch_stride": count(stride, "stride", 1, min(case.size)),
    }
    pictures = _hidden(case, baseline, seed)
    made = [{"occlusion_value": each, **options} for each in pictures]
    return _one_by_one(case, "Occlusion", route, made, seed)


def rise(
    case: Case, *, route: str, samples: int, grid: int, keep: float, baseline: Any, seed: int
) -> Tensor:
    """RISE (Petsiuk 2018): mean score of the masked pictures that show a pixel, (N, H, W).

    The library shifts 32 masks at a time by one and the same offset, where the paper shifts each by
    its own; its own default is 4,000 samples.
    """
    options = {
        "nb_samples": count(samples, "samples"),
        "grid_size": count(grid, "grid", 2, min(case.size)),
        "preservation_probability": share(keep, "keep", open_low=True, open_high=True),
    }
    made = [{"mask_value": each, **options} for each in _hidden(case, baseline, seed)]
    return _one_by_one(case, "Rise", route, made, seed)


def _regression(kind: str, case: Case, **options: Any) -> Tensor:
    """LIME or KernelSHAP over the library's own segments, or over a grid of cells."""
    samples, grid = count(options["samples"], "samples", 2), options["grid"]
    made: dict[str, Any] = {"nb_samples": samples}
    if grid is not None:
        cells = _cells(case.size, count(grid, "grid", 2, min(case.size)))
        made["map_to_interpret_space"] = lambda _picture: cells
    colours = _colours(case, options["baseline"], options["seed"])
    each = [{"ref_value": colour, **made} for colour in colours]
    return _one_by_one(case, kind, options["route"], each, options["seed"])


lime = partial(_regression, "Lime")
kernel_shap = partial(_regression, "KernelShap")


def sobol(case: Case, *, route: str, samples: int, grid: int, baseline: Any, seed: int) -> Tensor:
    """Total Sobol' indices of cells (Fel 2021), (N, H, W); enlarged bicubically by the library.

    Raises
    ------
    InputError
        If ``samples`` is no power of two.
    """
    if count(samples, "samples", 2) & (samples - 1):
        raise InputError(f"samples is {samples}: Sobol' designs need a power of two, such as 32.")
    return _sensitivity(case, "SobolAttributionMethod", route, samples, grid, baseline, seed)


def hsic(case: Case, *, route: str, samples: int, grid: int, baseline: Any, seed: int) -> Tensor:
    """Dependence between cells and score (Novello 2022), (N, H, W); enlarged as Sobol' indices are."""
    count(samples, "samples", 2)
    return _sensitivity(case, "HsicAttributionMethod", route, samples, grid, baseline, seed)


def _sensitivity(
    case: Case, kind: str, route: str, samples: int, grid: int, baseline: Any, seed: int
) -> Tensor:
    options = {"nb_design": samples, "grid_size": count(grid, "grid", 2, min(case.size))}
    pictures = _hidden(case, baseline, seed)
    made = [{"perturbation_function": _laid_over(each), **options} for each in pictures]
    return _one_by_one(case, kind, route, made, seed)


def _laid_over(hidden: Any) -> Callable[[Any], Callable[[Any], Any]]:
    """Cells of the picture where a mask is 1, what hides them where it is 0."""
    return lambda picture: lambda masks: picture[None] * masks + hidden[None] * (1 - masks)


def guided_backprop(case: Case) -> Tensor:
    """Guided backpropagation (Springenberg 2015), summed over the colours: (N, H, W)."""
    return _batched(case, "GuidedBackprop", "keras", reducer="sum")


def deconvnet(case: Case) -> Tensor:
    """DeconvNet (Zeiler & Fergus 2014), summed over the colours: (N, H, W)."""
    return _batched(case, "DeconvNet", "keras", reducer="sum")


def gradcam(case: Case) -> Tensor:
    """Grad-CAM (Selvaraju 2017), (N, H, W)."""
    return _batched(case, "GradCAM", "keras", conv_layer=_layer(case))


def gradcam_plus_plus(case: Case) -> Tensor:
    """Grad-CAM++ (Chattopadhay 2018) with means over places where the paper has sums, (N, H, W)."""
    return _batched(case, "GradCAMPP", "keras", conv_layer=_layer(case))


def fem(case: Case, *, k: float) -> Tensor:
    """FEM (Fuad 2020), (N, H, W), whatever the class."""
    return _batched(case, "FEM", "keras", conv_layer=_layer(case), k=number(k, "k", 0))


def _layer(case: Case) -> str:
    """The layer's name, after it was seen to have maps, in torch and in Keras."""
    name, _ = find_layer(case.model, case.layer)
    case.reading()
    try:
        keras_ports.port_of(case.model, case.size).get_layer(name)
    except ValueError as why:
        raise InputError(f"the Keras model of the network has no layer {name!r}.") from why
    return name


def _hidden(case: Case, baseline: Any, seed: int) -> list[Any]:
    """What hides each picture, (H, W, 3)."""
    return list(channels_last(baseline_of(case, baseline, seed)))


def _colours(case: Case, baseline: Any, seed: int) -> list[Any]:
    """The one colour that hides segments of each picture, (3,); grey, as in the library, by default."""
    if baseline is None:
        return [np.full(3, 0.5, np.float32)] * len(case.images)
    pictures = _hidden(case, baseline, seed)
    if any(np.ptp(each, axis=(0, 1)).max() > 1e-6 for each in pictures):
        raise InputError(
            "xplique hides segments behind one colour: give baseline='black', 'mean', a picture of one "
            "colour, or None for its grey."
        )
    return [each[0, 0] for each in pictures]


def _cells(size: tuple[int, int], grid: int) -> Any:
    """The number of the cell that each pixel is in, (H, W) int32."""
    rows, columns = (np.arange(side) * grid // side for side in size)
    return (rows[:, None] * grid + columns).astype(np.int32)


def _batched(case: Case, kind: str, route: str, **made: Any) -> Tensor:
    """The maps of a method that draws nothing, all images at once."""
    targets = _one_hot(case)
    with _as_found(case, traced=_traced(kind, route)):
        explainer = _explainer(case, kind, route, made)
        found = np.asarray(explainer.explain(channels_last(case.images), targets))
    return _torch(case, found[..., 0])


def _one_by_one(case: Case, kind: str, route: str, made: list[dict[str, Any]], seed: int) -> Tensor:
    """The maps of a method that draws, or hides each image in a way of its own."""
    start, targets, maps = checked_seed(seed), _one_hot(case), []
    with _as_found(case, traced=_traced(kind, route)) as tf:
        for k, picture in enumerate(channels_last(case.images)):
            tf.random.set_seed(start)
            explainer = _explainer(case, kind, route, made[k])
            maps.append(np.asarray(explainer.explain(picture[None], targets[k : k + 1])))
    return _torch(case, np.concatenate(maps)[..., 0])


def _traced(kind: str, route: str) -> bool:
    return choice(route, "route", ROUTES) == "keras" and kind in _TRACED


def _one_hot(case: Case) -> Any:
    return np.eye(case.logits.shape[1], dtype=np.float32)[case.indices.cpu().numpy()]


def _torch(case: Case, maps: Any) -> Tensor:
    return torch.from_numpy(np.array(maps, dtype=np.float32)).to(case.images.device)


def _explainer(case: Case, kind: str, route: str, made: dict[str, Any]) -> Any:
    """One of the library's objects, for the network itself or for its Keras model."""
    from xplique import attributions

    model: Any
    if route == "keras":
        model = keras_ports.port_of(case.model, case.size)
    else:
        from xplique.wrappers import TorchWrapper

        model = TorchWrapper(
            Answering(case.model).eval(), case.images.device, is_channel_first=True
        )
    # FEM asks for no score, and Grad-CAM takes the gradient of its own.
    operator = {} if kind == "FEM" else {"operator": _in_parts(case.batch_size)}
    return getattr(attributions, kind)(model, batch_size=_BATCH, **operator, **made)


def _in_parts(size: int) -> Callable[[Any, Any, Any], Any]:
    """The scores of pictures, of which the network is given ``size`` at a time."""
    import tensorflow as tf

    def scores(model: Any, inputs: Any, targets: Any) -> Any:
        starts = range(0, inputs.shape[0], size)
        parts = [
            tf.reduce_sum(model(inputs[k : k + size]) * targets[k : k + size], -1) for k in starts
        ]
        return tf.concat(parts, 0)

    return scores


@contextmanager
def _as_found(case: Case, traced: bool = False) -> Iterator[Any]:
    """TensorFlow, eager unless its functions are to be traced; switch, seeds and generators are put back afterwards."""
    with own_generators(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the libraries say of each other's age
        import tensorflow as tf
        from tensorflow.python.eager import context  # no public call tells the global seed
        from xplique.attributions.base import BlackBoxExplainer

    eager, state = tf.config.functions_run_eagerly(), context.context()
    seeds = {name: getattr(state, name, None) for name in ("_seed", "_rng")}
    logger = tf.get_logger()
    level = logger.level
    # The library keeps models by the address of a list, which another model's may have later.
    models = BlackBoxExplainer._cache_models
    held = dict(models)
    models.clear()
    try:
        tf.config.run_functions_eagerly(not traced)
        logger.setLevel("ERROR")  # each network is traced anew, which it would warn of
        with own_generators(), warnings.catch_warnings(), torch.enable_grad():
            warnings.simplefilter("ignore")  # that TensorFlow is eager now is said above
            yield tf
    except InputError:
        raise
    except Exception as why:
        keras_ports.forget(case.model)
        first = (str(why).strip().splitlines() or [type(why).__name__])[0]
        raise InputError(f"xplique fails on this network: {first}") from why
    finally:
        tf.config.run_functions_eagerly(eager)
        logger.setLevel(level)
        for name, value in seeds.items():
            setattr(state, name, value)
        models.clear()
        models.update(held)
