"""Findings about libraries, each with a few lines that a reader can run to see it.

The last line of each is an expression, which is True where the finding still holds. The tests run
those of the libraries that this project installs, so that a mended fault is noticed.
"""

import ast
from dataclasses import dataclass

NETWORK = """\
import torch
from helpers.explain.laws import networks

model, images, classes = networks.Small(), networks.pictures(2), torch.tensor([0, 1])"""
"""What every reproduction begins with: a small network of this package, two pictures, two classes."""


@dataclass(frozen=True)
class Reproduction:
    """One finding.

    Attributes
    ----------
    library : str
        With the version that it was found in.
    law : str
        The law that is broken, "" where it is another finding.
    finding : str
        What happens, in a sentence.
    code : str
        Lines after :data:`NETWORK`.
    """

    library: str
    law: str
    finding: str
    code: str


REPRODUCTIONS = (
    Reproduction(
        "captum 0.9.0",
        "masks",
        "`sensitivity_max` repeats the images but not a `feature_mask` that belongs to each of them, and "
        "stops; mended after the release (pull request 1819).",
        """\
from captum import attr, metrics

masks = networks.quarters(images).int().argmax(1, keepdim=True)
explain = attr.FeatureAblation(model).attribute
try:
    found = metrics.sensitivity_max(
        explain, images, n_perturb_samples=5, target=classes, feature_mask=masks
    )
except Exception as why:
    found = why
isinstance(found, Exception)""",
    ),
    Reproduction(
        "captum 0.9.0",
        "functional relu",
        "DeepLift follows activations that are modules. One that is called as a function gets its plain "
        "gradient, without a word, and the map is another.",
        """\
from captum import attr

maps = [
    attr.DeepLift(each).attribute(images, target=classes)
    for each in (networks.of_modules(), networks.functional())
]
bool((maps[0] - maps[1]).abs().max() > 0.01 * maps[0].abs().max())""",
    ),
    Reproduction(
        "captum 0.9.0",
        "after an error",
        "Saliency asks for gradients of the images, and after an error still does.",
        """\
from captum import attr

try:
    attr.Saliency(model).attribute(images, target=1000)
except Exception:
    pass
images.requires_grad""",
    ),
    Reproduction(
        "captum 0.9.0",
        "detached",
        "The map of InputXGradient still needs a gradient, and keeps a graph in memory.",
        """\
from captum import attr

attr.InputXGradient(model).attribute(images, target=classes).requires_grad""",
    ),
    Reproduction(
        "grad-cam 1.5.7",
        "gradients",
        "GradCAM empties the gradients that a training keeps, and leaves its own.",
        """\
from pytorch_grad_cam import GradCAM

with GradCAM(model, [model.relu2]) as cam:
    maps = cam(images, None)
model.head.weight.grad is not None""",
    ),
    Reproduction(
        "grad-cam 1.5.7",
        "unknown class",
        "A class that does not exist is an IndexError, which the `with` block prints and swallows: no "
        "map, and no error.",
        """\
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

maps = None
with GradCAM(model, [model.relu2]) as cam:
    maps = cam(images, [ClassifierOutputTarget(1000)] * 2)
maps is None""",
    ),
    Reproduction(
        "grad-cam 1.5.7",
        "in place relu",
        "A layer's output is kept without a copy: an activation that works in place cuts it off before it "
        "is read.",
        """\
from pytorch_grad_cam import GradCAM

maps = []
for each in (networks.of_modules(), networks.in_place()):
    with GradCAM(each, [each.conv2]) as cam:
        maps.append(cam(images, None))
abs(maps[0] - maps[1]).max() > 0.01""",
    ),
    Reproduction(
        "grad-cam 1.5.7",
        "flip",
        "EigenCAM leaves the sign of a singular vector to chance: mirrored, or moved, a picture may get its "
        "map upside down.",
        """\
from pytorch_grad_cam import EigenCAM

with EigenCAM(model, [model.relu2]) as cam:
    maps = [cam(images.roll(by, 3), None) for by in range(16)]
max(abs(maps[by][0] - torch.tensor(maps[0][0]).roll(by, 1).numpy()).max() for by in range(16)) > 0.1""",
    ),
    Reproduction(
        "grad-cam 1.5.7",
        "frozen",
        "Where no weight needs a gradient, as in a frozen network, GradCAM stops with a RuntimeError.",
        """\
from pytorch_grad_cam import GradCAM

try:
    found = GradCAM(model.requires_grad_(False), [model.relu2])(images, None)
except RuntimeError as why:
    found = why
isinstance(found, RuntimeError)""",
    ),
    Reproduction(
        "xplique 2.0.2",
        "eager",
        "`TorchWrapper` switches TensorFlow to eager execution for the whole process.",
        """\
import tensorflow, xplique.wrappers

tensorflow.config.run_functions_eagerly(False)
wrapped = xplique.wrappers.TorchWrapper(model, "cpu")
tensorflow.config.functions_run_eagerly()""",
    ),
    Reproduction(
        "zennit 0.5.1",
        "residual sum",
        "A sum that is made in `forward` passes relevance on twice. The library's canonizers, of which it has "
        "some for torchvision's networks, are made for this.",
        """\
from zennit import attribution, composites

totals = []
for merged in (False, True):
    with attribution.Gradient(networks.Residual(merged), composites.EpsilonPlus()) as attributor:
        totals.append(attributor(images, torch.eye(3)[classes])[1].sum())
bool(abs(totals[0] / totals[1] - 1) > 0.1)""",
    ),
    Reproduction(
        "zennit 0.5.1",
        "order of definition",
        "Composites with a rule of its own for the first layer take the layer that was defined first, "
        "which need not be the one that runs first.",
        """\
from zennit import attribution, composites

maps = []
for backwards in (False, True):
    with attribution.Gradient(
        networks.of_modules(backwards), composites.EpsilonPlusFlat()
    ) as attributor:
        maps.append(attributor(images, torch.eye(3)[classes])[1])
bool((maps[0] - maps[1]).abs().max() > 0.01 * maps[0].abs().max())""",
    ),
    Reproduction(
        "torchcam 0.5.0",
        "frozen",
        'Where no weight needs a gradient, GradCAM stops: "target score is not connected to every target '
        'layer".',
        """\
from torchcam.methods import GradCAM

with GradCAM(model.requires_grad_(False), "relu2") as extractor:
    try:
        found = extractor(classes.tolist(), model(images))
    except RuntimeError as why:
        found = why
isinstance(found, RuntimeError)""",
    ),
    Reproduction(
        "lxt 2.1",
        "layers",
        "`monkey_patch` changes torch's own classes for the whole process, as its documentation says: "
        "networks that have nothing to do with it work otherwise from then on.",
        """\
import torchvision.models.vision_transformer as module
from lxt.efficient import monkey_patch

before = torch.nn.GELU.forward
monkey_patch(module)
torch.nn.GELU.forward is not before""",
    ),
)


def holds(reproduction: Reproduction) -> bool:
    """Run a reproduction, and say whether its finding still holds."""
    names: dict[str, object] = {}
    tree = ast.parse(f"{NETWORK}\n{reproduction.code}")
    last = tree.body.pop()
    assert isinstance(last, ast.Expr), "the last line is an expression"
    exec(compile(tree, reproduction.library, "exec"), names)  # noqa: S102 - the text stands above
    expression = compile(ast.Expression(last.value), reproduction.library, "eval")
    return bool(eval(expression, names))
