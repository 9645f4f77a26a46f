"""The class activation maps of ``grad-cam``, called as that library is and left as it was found.

The library cuts a map at 0, stretches it to [0, 1] image by image and enlarges it. What is handed over
here is the map before that, taken from the library's own inner call, so that maps can be compared.
Three methods have no such map: FullGrad adds parts that were stretched one by one, RefineCAM
multiplies stretched maps, and SESS averages them.

Around each call the model's gradients, the generator of numpy (from which RandomCAM and the solver of
KPCA-CAM draw), the hooks and the console are kept as they were: by itself the library clears the
gradients of all weights and fills them with its own.
"""

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from helpers.arguments import choices, count, number
from helpers.arguments import seed as checked_seed
from helpers.errors import InputError
from helpers.explain.case import Case
from helpers.explain.targets import find_layer, returns_embeddings
from helpers.explain.twins import Answering
from helpers.models.contract import answers


def _maps(name: str, case: Case, gradients: bool = True, **made: Any) -> Tensor:
    """The maps (N, h, w) of one of the library's classes, neither cut nor stretched."""
    module = case.reading().module
    with _as_found(case, name) as library:
        cam = getattr(library, name)(_network(case), [module], **made)
        return _taken(case, cam, _classes(case) if gradients else _any_class(case))


gradcam = partial(_maps, "GradCAM")
hirescam = partial(_maps, "HiResCAM")
gradcamelementwise = partial(_maps, "GradCAMElementWise")
gradcam_plus_plus = partial(_maps, "GradCAMPlusPlus")
xgradcam = partial(_maps, "XGradCAM")
layercam = partial(_maps, "LayerCAM")
eigengradcam = partial(_maps, "EigenGradCAM")
segeigencam = partial(_maps, "SegEigenCAM")
eigencam = partial(_maps, "EigenCAM", gradients=False)
kpcacam = partial(_maps, "KPCA_CAM", gradients=False)


def fem(case: Case, *, k: float) -> Tensor:
    """FEM (Fuad 2020): channels weighted by how many places lie ``k`` deviations above their mean."""
    return _maps("FEM", case, gradients=False, k=number(k, "k", 0))


def scorecam(case: Case) -> Tensor:
    """Score-CAM (Wang 2020), image by image: the library keeps all masked pictures of a batch."""
    module = case.reading().module
    maps = []
    for picture, index in case.one_by_one():
        with _as_found(case, "ScoreCAM") as library:
            cam = library.ScoreCAM(_network(case), [module])
            cam.batch_size = case.batch_size
            maps.append(_taken(case, cam, _scores([index]), picture[None]))
    return torch.cat(maps)


def ablationcam(case: Case) -> Tensor:
    """Ablation-CAM (Desai & Ramaswamy 2020), as the library computes it.

    The fall of the score is divided by the score with its sign, so that the map of a negative score
    is upside down; ``ablationcam`` divides by its size.

    Raises
    ------
    InputError
        If the layer is not 0 at its lowest: the library then replaces a channel by ten million less
        than that, which is no absence.
    """
    reading = case.reading()
    if bool((reading.activations.amin((1, 2, 3)) != 0).any()):
        raise InputError(
            "grad-cam's Ablation-CAM sets channels to 0 only where that is the layer's lowest value, "
            f"and {reading.name!r} has another: choose a layer that ends in a ReLU."
        )
    with _as_found(case, "AblationCAM") as library:
        from pytorch_grad_cam.utils.find_layers import replace_layer_recursive

        absent = library.AblationLayer()
        options = {"ablation_layer": absent, "batch_size": case.batch_size}
        cam = library.AblationCAM(_network(case), [reading.module], **options)
        try:
            return _taken(case, cam, _classes(case))
        finally:
            # The library puts the layer back itself, but not where something failed in between.
            replace_layer_recursive(case.model, absent, reading.module)


def shapleycam(case: Case) -> Tensor:
    """ShapleyCAM (Cai 2025): it takes the gradient of a gradient, which weights must take part in."""
    module = case.reading().module
    with _as_found(case, "ShapleyCAM", weights=True) as library:
        return _taken(case, library.ShapleyCAM(_network(case), [module]), _classes(case))


def finercam(case: Case, *, alpha: float, rivals: int) -> Tensor:
    """Finer-CAM (Zhang 2025): what speaks for a class and against those with the nearest scores.

    It is Grad-CAM of a mean over rivals of the score less ``alpha`` times the rival's score, weighed
    by the rivals' softmax, as the library computes it. The gradient goes through these weights too.

    Raises
    ------
    InputError
        If the model has one class only.
    """
    alpha, rivals = number(alpha, "alpha", 0), count(rivals, "rivals")
    module = case.reading().module  # its pass gives the scores as well
    own = case.logits.gather(1, case.indices[:, None])
    if case.logits.shape[1] < 2:
        raise InputError("Finer-CAM compares a class with others, and the model has one output.")
    apart = (case.logits - own).abs().scatter(1, case.indices[:, None], -1)
    nearest = apart.argsort(dim=1, stable=True)[:, 1 : rivals + 1]
    with _as_found(case, "FinerCAM") as library:
        target = library.utils.model_targets.FinerWeightedTarget
        pairs = zip(case.indices.tolist(), nearest.tolist(), strict=True)
        targets = [target(index, others, alpha) for index, others in pairs]
        finer = library.FinerCAM(_network(case), [module])
        return _taken(case, finer.base_cam, targets, call=finer)


def randomcam(case: Case, *, seed: int) -> Tensor:
    """Channels with weights drawn evenly from -1 to 1, the same for every image."""
    module = case.reading().module
    start, maps = checked_seed(seed), []
    for picture, index in case.one_by_one():
        with _as_found(case, "RandomCAM", start) as library:
            cam = library.RandomCAM(_network(case), [module])
            maps.append(_taken(case, cam, _scores([index]), picture[None]))
    return torch.cat(maps)


def fullgrad(case: Case) -> Tensor:
    """FullGrad (Srinivas & Fleuret 2019), as the library adds it up: (N, H, W).

    The parts, the picture's and each bias's, are stretched to [0, 1] one by one before they are
    added, so that a weak part counts as much as a strong one.

    Raises
    ------
    InputError
        If layers run in another order than they were defined in: the library pairs gradients with
        biases by that order, and would give each bias another's gradient without a word.
    """
    with _as_found(case, "FullGrad") as library:
        cam = library.FullGrad(_network(case), [])
        with _released([cam]):
            _require_order(case, cam.target_layers)
            kept = _kept(cam, "compute_cam_per_layer")
            cam(case.images.clone(), _classes(case))
        return torch.from_numpy(kept[0][:, 0]).to(case.images.device)


def refinecam(case: Case, *, layers: Any) -> Tensor:
    """RefineCAM: the product of stretched Grad-CAM++ maps of several layers, (N, H, W).

    Parameters
    ----------
    case : Case
    layers : list of str, optional
        Dotted names; by default the layer that is read and those of its kind before it, such as
        ``layer1`` to ``layer4``.
    """
    named = dict(case.model.named_modules())
    names = choices(layers, "layers", named) if layers is not None else _stages(case, named)
    for name in names:
        Case(case.model, case.images[:1], 0, name).reading()  # refuses a layer without maps
    with _as_found(case, "RefineCAM") as library:
        refine = library.RefineCAM(_network(case), [named[name] for name in names])
        return _stretched(case, refine, refine.base_cam_per_layer, case.images, _classes(case))


def sess(case: Case, *, scales: int) -> Tensor:
    """SESS (Tursun 2022): stretched Grad-CAMs of windows at several sizes, weighed by score, (N, H, W)."""
    module = case.reading().module
    with _as_found(case, "SESS") as library:
        options = {"num_scales": count(scales, "scales"), "batch_size": case.batch_size}
        whole = library.SESS(_network(case), [module], **options)
        # The windows are new tensors, and weights have no gradients here: each gets one of its own.
        patches = whole.collect_patches

        def watched(*args: Any) -> Any:
            found, places = patches(*args)
            return [each.requires_grad_() for each in found], places

        whole.collect_patches = watched
        return _stretched(case, whole, [whole.base_cam], case.images, _classes(case))


def _network(case: Case) -> nn.Module:
    """The network as the library calls it: its pictures stay as they are, and it fails in a sentence."""
    return Answering(case.model).eval()


def _classes(case: Case) -> list[Any]:
    return _scores(case.indices.tolist())


def _any_class(case: Case) -> list[Any]:
    """Targets of a method that asks for none; a class that does not exist is refused all the same."""
    if case.targets is not None or not returns_embeddings(case.model):
        return _classes(case)
    return _scores([0] * len(case.images))


def _scores(indices: list[int]) -> list[Any]:
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    return [ClassifierOutputTarget(index) for index in indices]


def _taken(
    case: Case,
    cam: Any,
    targets: list[Any],
    images: Tensor | None = None,
    call: Callable[..., Any] | None = None,
) -> Tensor:
    """Call a CAM and take the map that it made before stretching it."""
    kept = _kept(cam, "get_cam_image")
    given = (case.images if images is None else images).clone()
    # Without gradients of weights, it is the picture that leads the way back to the layer.
    given.requires_grad_(cam.uses_gradients and not cam.compute_input_gradient)
    _called(case, cam, targets, given, call)
    return torch.from_numpy(np.asarray(kept[0], dtype=np.float32)).to(case.images.device)


def _kept(cam: Any, name: str) -> list[Any]:
    """What an inner step of the library will return."""
    kept: list[Any] = []
    inner = getattr(cam, name)

    def keep(*args: Any, **options: Any) -> Any:
        kept.append(inner(*args, **options))
        return kept[-1]

    setattr(cam, name, keep)
    return kept


def _called(
    case: Case, cam: Any, targets: list[Any], images: Tensor, call: Callable[..., Any] | None = None
) -> Any:
    with _released([cam]):
        return (call or cam)(images, targets)


def _stretched(
    case: Case, call: Callable[..., Any], cams: list[Any], images: Tensor, targets: list[Any]
) -> Tensor:
    with _released(cams):
        maps = call(images.clone().requires_grad_(), targets)
    return torch.from_numpy(np.asarray(maps, dtype=np.float32)).to(case.images.device)


@contextmanager
def _released(cams: list[Any]) -> Iterator[None]:
    """Give what follows a layer a copy, for in-place sums would change what the library keeps."""
    layers = {layer: None for cam in cams for layer in cam.target_layers}
    handles = [each.register_forward_hook(_copied) for each in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
        for cam in cams:
            watch = cam.activations_and_grads
            watch.activations, watch.gradients = [], []
            watch.release()


def _copied(_module: nn.Module, _inputs: Any, output: Any) -> Any:
    return output.clone() if isinstance(output, Tensor) else output


@contextmanager
def _as_found(case: Case, name: str, seed: int = 0, weights: bool = False) -> Iterator[Any]:
    """The library, with all that it changes put back afterwards; what it raises is one sentence."""
    found = [each for each in case.model.parameters() if each.is_floating_point()]
    if not found:
        raise InputError("grad-cam asks for a network with weights, and this one has none.")
    kept = [(each, each.grad, each.requires_grad) for each in found]
    hooks = [(each, set(each._forward_hooks)) for each in case.model.modules()]
    drawn = np.random.get_state()  # the generator that the library draws from
    try:
        import pytorch_grad_cam as library

        np.random.seed(seed)
        for each in found:
            each.requires_grad_(weights)
        with _silence(), torch.enable_grad():
            yield library
    except InputError:
        raise
    except Exception as why:
        first = (str(why).strip().splitlines() or [type(why).__name__])[0]
        raise InputError(f"grad-cam's {name} fails on this network: {first}") from why
    finally:
        for each, gradient, flag in kept:
            each.requires_grad_(flag)
            each.grad = gradient
        for module, known in hooks:
            # The library takes its own away, but not where the network failed in between.
            for key in set(module._forward_hooks) - known:
                del module._forward_hooks[key]
        np.random.set_state(drawn)


@contextmanager
def _silence() -> Iterator[None]:
    """No bar of the library's for each image, and no warning of its own code's."""
    nowhere = io.StringIO()
    with redirect_stderr(nowhere), redirect_stdout(nowhere), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _stages(case: Case, named: dict[str, nn.Module]) -> list[str]:
    """The layer that is read, and those of its type and parent that run before it."""
    own, module = find_layer(case.model, case.layer)
    parent = own.rpartition(".")[0]
    beside = {
        each: name
        for name, each in named.items()
        if name.rpartition(".")[0] == parent and type(each) is type(module)
    }
    ran = [beside[each] for each in _run(case, list(beside))]
    return list(dict.fromkeys(ran[: ran.index(own) + 1])) if own in ran else [own]


def _require_order(case: Case, layers: list[nn.Module]) -> None:
    if [id(each) for each in _run(case, layers)] != [id(each) for each in layers]:
        raise InputError(
            "grad-cam's FullGrad pairs biases with gradients in the order in which layers were "
            "defined, and this network runs them in another, or some of them several times or never: "
            "take fullgrad, which watches the order."
        )


def _run(case: Case, layers: list[nn.Module]) -> list[nn.Module]:
    """Layers in the order in which they run, each as often as it does."""
    ran: list[nn.Module] = []
    handles = [each.register_forward_hook(lambda module, *_: ran.append(module)) for each in layers]
    try:
        with torch.no_grad():
            answers(case.model, case.images[:1])
    finally:
        for handle in handles:
            handle.remove()
    return ran
