"""Whether a method's rule holds on a network: what it asks of it, checked before it runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType

from torch import Tensor, nn

from helpers.arguments import choice
from helpers.errors import InputError
from helpers.explain.catalogue import ROWS
from helpers.explain.twins import one_picture
from helpers.models.contract import check_images, plain_state, require_network

NEEDS: Mapping[str, str] = MappingProxyType(
    {
        "gradients": "",  # a gradient of the score by the picture or the layer
        "maps": "",  # a layer whose output is (N, channels, h, w)
        "masks": "",  # the option masks=: regions of each image
        "straight": "",  # nothing added or bent where no layer can be watched
        "modules": "twins:modules_amiss",  # activations and max poolings: a module each, run once; no overlap
        "relus": "twins:relus_amiss",  # the same, and no activation but ReLU
        "relevance": "propagation:relevance_amiss",  # sums and means as modules, one normalisation
        "keras": "keras_ports:unported",  # a Keras model of the same weights can be made
        "attention": "tokens:blindness",  # a vision transformer whose attention can be read
    }
)
"""What methods may need of a network, and the function that tries it out.

"module:function" inside ``helpers.explain`` is given the network and a picture (1, 3, H, W), and says or
raises in a sentence what is amiss, "" if nothing. What shows only when a method runs is refused there, where the
message can say more, and has no function here.
"""


def _amiss(need: str, model: nn.Module, images: Tensor | None) -> str:
    module, _, function = NEEDS[need].partition(":")
    if not module:
        return ""
    try:
        picture = one_picture(model, images)
        with plain_state(picture.device):
            # Imported here: a need of Keras is tried with TensorFlow, and no other is.
            trial = getattr(import_module(f"helpers.explain.{module}"), function)
            return str(trial(model, picture))
    except InputError as why:
        return str(why)


@dataclass(frozen=True)
class Verdict:
    """Whether a method may be used on a network.

    Attributes
    ----------
    ok : bool
        True where its rule holds.
    sentence : str
        Why, or why not and what to do.
    """

    ok: bool
    sentence: str


def check(model: nn.Module, method: str, images: Tensor | None = None) -> Verdict:
    """Say whether a method's rule holds on a network, without computing a map.

    Parameters
    ----------
    model : nn.Module
        In eval mode.
    method : str
        A name in :data:`METHODS`.
    images : Tensor (N, 3, H, W), optional
        RGB in [0, 1], with which the network is tried; by default one grey picture of its
        ``input_size``.

    Returns
    -------
    Verdict

    Raises
    ------
    UnknownName
        If there is no such method.
    InputError
        If the model is no network or in training mode, or the images are no such images.
    """
    row = ROWS[choice(method, "method", ROWS)]
    require_network(model)
    if images is not None:
        check_images(images)
    for need in row.needs:
        sentence = _amiss(need, model, images)
        if sentence and images is None and getattr(model, "input_size", None) is None:
            sentence += (
                " Tried was a picture of 224 x 224 px: give images= of the network's own size."
            )
        if sentence:
            return Verdict(False, f"{method} does not hold on this network: {sentence}")
    return Verdict(True, f"{method} needs {', '.join(row.needs) or 'answers only'}: nothing amiss.")


def require(model: nn.Module, images: Tensor, method: str) -> None:
    """Refuse a method whose rule does not hold on a network.

    Raises
    ------
    InputError
        With the sentence of :func:`check`.
    """
    verdict = check(model, method, images)
    if not verdict.ok:
        raise InputError(verdict.sentence)
