"""Explainers of other libraries as their documentation shows them, for ``check_libraries``.

Each is a function of a network, images and classes that builds what its library needs. Networks say
which layer a class activation map reads by their attribute ``layer``. What is promised is what the
library's documentation or the method's paper says.
"""

from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import version
from typing import Any

import torch
from torch import Tensor, nn

Explainer = Callable[[nn.Module, Tensor, Tensor], Any]
Entry = tuple[Explainer, tuple[str, ...]]

PLACES = ("flip", "shift")
GRADIENT = ("dummy", "symmetric", *PLACES, "zero", "scale", "offset", "twin")
REMOVAL = ("dummy", "zero", "scale", "offset", "twin")


def layer_of(model: Any) -> nn.Module:
    """The layer that a network names."""
    return model.get_submodule(model.layer)


def squares(images: Tensor) -> Tensor:
    """Numbers of a grid of four by four squares, (1, 1, H, W)."""
    height, width = images.shape[2:]
    rows = torch.arange(height) * 4 // height
    return (4 * rows[:, None] + torch.arange(width) * 4 // width)[None, None]


# -- captum


def captum() -> dict[str, Entry]:
    from captum import attr

    def simple(kind: Any, model: nn.Module, images: Tensor, targets: Tensor, **extra: Any) -> Any:
        return kind(model).attribute(images, target=targets, **extra)

    def by_squares(
        kind: Any, model: nn.Module, images: Tensor, targets: Tensor, **extra: Any
    ) -> Any:
        return kind(model).attribute(images, target=targets, feature_mask=squares(images), **extra)

    def occlusion(model: nn.Module, images: Tensor, targets: Tensor) -> Any:
        return attr.Occlusion(model).attribute(images, (3, 4, 4), (3, 2, 2), target=targets)

    def smoothgrad(model: nn.Module, images: Tensor, targets: Tensor) -> Any:
        tunnel = attr.NoiseTunnel(attr.Saliency(model))
        return tunnel.attribute(images, nt_samples=8, stdevs=0.1, target=targets)

    def with_black(
        kind: Any, model: nn.Module, images: Tensor, targets: Tensor, **extra: Any
    ) -> Any:
        black = torch.zeros_like(images[:1]).expand(2, -1, -1, -1)
        return kind(model).attribute(images, black, target=targets, **extra)

    def grad_cam(model: nn.Module, images: Tensor, targets: Tensor) -> Any:
        maps = attr.LayerGradCam(model, layer_of(model)).attribute(images, targets)
        size = (int(images.shape[2]), int(images.shape[3]))
        return attr.LayerAttribution.interpolate(maps, size, "bilinear")

    def guided_grad_cam(model: nn.Module, images: Tensor, targets: Tensor) -> Any:
        return attr.GuidedGradCam(model, layer_of(model)).attribute(images, targets)

    linear = tuple(each for each in GRADIENT if each != "twin")
    return {
        "Saliency": (partial(simple, attr.Saliency), GRADIENT),
        "InputXGradient": (partial(simple, attr.InputXGradient), (*GRADIENT, "complete")),
        "IntegratedGradients": (
            partial(simple, attr.IntegratedGradients),
            (*GRADIENT, "complete"),
        ),
        "DeepLift": (partial(simple, attr.DeepLift), (*linear, "complete")),
        "DeepLiftShap": (partial(with_black, attr.DeepLiftShap), (*linear, "complete")),
        "GradientShap": (partial(with_black, attr.GradientShap), ()),
        "LRP": (partial(simple, attr.LRP), ("complete", "dummy", "scale", *PLACES)),
        "GuidedBackprop": (partial(simple, attr.GuidedBackprop), linear),
        "Deconvolution": (partial(simple, attr.Deconvolution), linear),
        "GuidedGradCam": (guided_grad_cam, ("zero", "offset", *PLACES)),
        "LayerGradCam": (grad_cam, ("zero", "scale", "offset", *PLACES)),
        "NoiseTunnel(Saliency)": (smoothgrad, ("zero", "offset")),
        "Occlusion": (occlusion, REMOVAL),
        "FeatureAblation": (partial(by_squares, attr.FeatureAblation), REMOVAL),
        "ShapleyValueSampling": (
            partial(by_squares, attr.ShapleyValueSampling, n_samples=5),
            ("dummy", "zero", "scale", "offset", "twin"),
        ),
        "KernelShap": (partial(by_squares, attr.KernelShap, n_samples=20), ("zero",)),
        "Lime": (partial(by_squares, attr.Lime, n_samples=20), ()),
    }


# -- grad-cam

CLASSLESS = ("EigenCAM", "KPCA_CAM", "FEM")


def grad_cam() -> dict[str, Entry]:
    import pytorch_grad_cam as library
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    def explainer(name: str, model: nn.Module, images: Tensor, targets: Tensor) -> Any:
        with getattr(library, name)(model=model, target_layers=[layer_of(model)]) as cam:
            wanted = [ClassifierOutputTarget(int(each)) for each in targets]
            return cam(input_tensor=images, targets=wanted)

    names = (
        "GradCAM", "HiResCAM", "GradCAMElementWise", "GradCAMPlusPlus", "XGradCAM", "LayerCAM",
        "EigenCAM", "EigenGradCAM", "KPCA_CAM", "ScoreCAM", "AblationCAM", "FullGrad", "ShapleyCAM",
        "FEM", "SegEigenCAM",
    )  # fmt: skip
    return {
        name: (
            partial(explainer, name),
            (*PLACES, *(("classless",) if name in CLASSLESS else ("zero", "offset"))),
        )
        for name in names
        if hasattr(library, name)
    }


# -- xplique, through its wrapper for torch


def xplique() -> dict[str, Entry]:
    from xplique import attributions
    from xplique.wrappers import TorchWrapper

    def explainer(
        kind: Any, options: Mapping[str, Any], model: nn.Module, images: Tensor, targets: Tensor
    ) -> Any:
        wrapped = TorchWrapper(model, "cpu")
        with torch.no_grad():
            count = model(images[:1]).shape[1]
        inputs = images.permute(0, 2, 3, 1).numpy()
        labels = torch.eye(count)[targets].numpy()
        found = kind(wrapped, **options)(inputs, labels).numpy()
        return (
            found[..., 0]
            if found.ndim == 4 and found.shape[3] == 1
            else (found.sum(3) if found.ndim == 4 else found)
        )

    kinds: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
        "Saliency": ("Saliency", {}, GRADIENT),
        "GradientInput": ("GradientInput", {}, GRADIENT),
        "IntegratedGradients": ("IntegratedGradients", {"steps": 20}, GRADIENT),
        "SmoothGrad": ("SmoothGrad", {"nb_samples": 8}, ()),
        "VarGrad": ("VarGrad", {"nb_samples": 8}, ()),
        "Occlusion": ("Occlusion", {"patch_size": 4, "patch_stride": 2}, REMOVAL),
        "Rise": ("Rise", {"nb_samples": 40}, ()),
        "Lime": ("Lime", {"nb_samples": 20}, ()),
        "KernelShap": ("KernelShap", {"nb_samples": 20}, ()),
        "Sobol": ("SobolAttributionMethod", {"nb_design": 4, "grid_size": 4}, ()),
        "Hsic": ("HsicAttributionMethod", {"nb_design": 40, "grid_size": 4}, ()),
        "GradCAM": ("GradCAM", {}, ()),
        "GuidedBackprop": ("GuidedBackprop", {}, ()),
    }
    return {
        name: (partial(explainer, getattr(attributions, kind), options), promises)
        for name, (kind, options, promises) in kinds.items()
    }


# -- zennit


def zennit() -> dict[str, Entry]:
    from zennit import composites
    from zennit.attribution import Gradient

    def explainer(
        make: Callable[[Tensor], Any], model: nn.Module, images: Tensor, targets: Tensor
    ) -> Any:
        def score(scores: Tensor) -> Tensor:
            return scores * torch.eye(scores.shape[1])[targets]

        with Gradient(model=model, composite=make(images), attr_output=score) as attributor:
            _, relevance = attributor(images)
        return relevance

    def box(images: Tensor) -> Any:
        return composites.EpsilonGammaBox(
            low=torch.zeros_like(images), high=torch.ones_like(images)
        )

    names = (
        "EpsilonPlus", "EpsilonPlusFlat", "EpsilonAlpha2Beta1", "EpsilonAlpha2Beta1Flat",
        "ExcitationBackprop", "GuidedBackprop", "DeconvNet",
    )  # fmt: skip
    conserving = ("complete", *PLACES, "scale")
    return {
        "EpsilonGammaBox": (partial(explainer, box), conserving),
        **{
            name: (
                partial(explainer, partial(_composite, getattr(composites, name))),
                conserving if name.startswith("Epsilon") else PLACES,
            )
            for name in names
        },
    }


def _composite(kind: Any, _images: Tensor) -> Any:
    return kind()


# -- torchcam


def torchcam() -> dict[str, Entry]:
    from torchcam import methods

    def explainer(name: str, model: Any, images: Tensor, targets: Tensor) -> Any:
        with getattr(methods, name)(model, target_layer=model.layer) as extractor:
            scores = model(images)
            (maps,) = extractor(targets.tolist(), scores)
        size = (int(images.shape[2]), int(images.shape[3]))
        return nn.functional.interpolate(maps[:, None], size, mode="bilinear")

    names = ("GradCAM", "GradCAMpp", "SmoothGradCAMpp", "XGradCAM", "LayerCAM", "ScoreCAM")
    return {name: (partial(explainer, name), (*PLACES, "zero", "offset")) for name in names}


# -- lxt


def lxt() -> dict[str, Entry]:
    from lxt.efficient import monkey_patch, monkey_patch_zennit
    from torchvision.models import vision_transformer
    from zennit import rules
    from zennit.composites import LayerMapComposite

    def attnlrp(model: nn.Module, images: Tensor, targets: Tensor) -> Any:
        if not isinstance(model, vision_transformer.VisionTransformer):
            raise ValueError("this example of lxt is for torchvision's transformers")  # noqa: TRY004 - a refusal
        monkey_patch(vision_transformer)
        monkey_patch_zennit()
        composite = LayerMapComposite(
            [(nn.Conv2d, rules.Gamma(0.25)), (nn.Linear, rules.Gamma(0.05))]
        )
        composite.register(model)
        images.grad = None
        scores = model(images.requires_grad_())
        scores.gather(1, targets[:, None]).sum().backward()
        composite.remove()
        return (images * torch.as_tensor(images.grad)).sum(1)

    return {"AttnLRP": (attnlrp, ())}


LIBRARIES: Mapping[str, tuple[str, Callable[[], dict[str, Entry]]]] = {
    "captum": ("captum", captum),
    "grad-cam": ("grad-cam", grad_cam),
    "xplique": ("xplique", xplique),
    "zennit": ("zennit", zennit),
    "torchcam": ("torchcam", torchcam),
    "lxt": ("lxt", lxt),
}
"""Name of each library, of its distribution, and what makes its explainers."""


def version_of(library: str) -> str:
    """The installed version of a library."""
    return version(LIBRARIES[library][0])
