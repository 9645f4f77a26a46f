"""The face detector MTCNN [1]_ in torch, with the weights of the ``mtcnn`` package.

Three networks look at a picture one after the other: P at every place of the picture in every
size, R at what P proposes, O at what R leaves. Each says how sure it is, shifts the box, and boxes
that overlap better ones are dropped; O adds five landmarks.

What the package finds, this finds, to a fraction of a pixel: its ways are kept where one would
expect others (area resampling with fractions of pixels, crops between the centres of the corners,
a dropped box that still drops others). Boxes are arrays (N, 5) of left, top, right, bottom and
score.

References
----------
.. [1] Zhang, Zhang, Li and Qiao. Joint face detection and alignment using multitask cascaded
   convolutional networks. IEEE Signal Processing Letters 23(10), 2016.
"""

from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import joblib
import numpy as np
import torch
from torch import nn

# The pyramid: faces of 20 px and more are looked for with a window of 12.
_WINDOW, _STRIDE, _SMALLEST, _STEP = 12, 2, 20, 0.709
_SURE = {"pnet": 0.6, "rnet": 0.7, "onet": 0.8}
_OVERLAP_OF_A_SIZE, _OVERLAP = 0.5, 0.7
_CROPS = 512
"""How many crops R and O look at in one pass."""


def find(pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Find the faces in pictures.

    Parameters
    ----------
    pictures : sequence of arrays (H, W, 3) uint8
        RGB, of any sizes; those of one size share their passes through the first network.

    Returns
    -------
    list of arrays (N, 15) float
        For each picture its faces, the surest first: left, top, right and bottom of the box, within
        the picture; the score, from 0.8 to 1; then x of the five landmarks and their y. In pixels,
        with their fractions.
    """
    if not pictures:
        return []
    with torch.inference_mode(), torch.autocast("cpu", enabled=False):
        normal = [(np.asarray(each, dtype=np.float32) - 127.5) / 128 for each in pictures]
        boxes = [_square(each) for each in _proposed(normal)]
        boxes = [_square(each) for each in _refined(normal, boxes)]
        return _finished(normal, boxes)


def _proposed(pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
    shapes: dict[tuple[int, ...], list[int]] = {}
    for index, picture in enumerate(pictures):
        shapes.setdefault(picture.shape, []).append(index)
    found: dict[int, np.ndarray] = {}
    for rows in shapes.values():
        of_one_size = _of_one_size(np.stack([pictures[k] for k in rows]))
        found.update(zip(rows, of_one_size, strict=True))
    return [found[k] for k in range(len(pictures))]


def _of_one_size(pictures: np.ndarray) -> list[np.ndarray]:
    """P on pictures (N, H, W, 3), in every size of the pyramid."""
    shorter = min(pictures.shape[1:3])
    sizes = round(-(np.log(shorter / _WINDOW) / np.log(_STEP) + 1))
    by_size = []
    below = _up_to(pictures, 1)
    for scale in _WINDOW / _SMALLEST * _STEP ** np.arange(sizes):
        scores, shifts, _ = _networks()["pnet"](_shrunk(below, pictures.shape, scale))
        by_size.append(
            [
                _kept(_windows(score.numpy(), shift.numpy(), scale), _OVERLAP_OF_A_SIZE)
                for score, shift in zip(scores, shifts, strict=True)
            ]
        )
    return [
        _kept(np.concatenate([np.zeros((0, 5)), *each]), _OVERLAP)
        for each in (zip(*by_size, strict=True) if by_size else [()] * len(pictures))
    ]


def _windows(score: np.ndarray, shift: np.ndarray, scale: float) -> np.ndarray:
    """Boxes, in pixels of the picture, where P is sure enough: (H, W), (4, H, W) -> (N, 5)."""
    rows, columns = np.nonzero(score > _SURE["pnet"])
    corner = np.stack([columns, rows], 1) * _STRIDE
    window = np.concatenate([corner + 1, corner + _WINDOW], 1)
    moved = window + shift[:, rows, columns].T * (_WINDOW - 1)
    return np.concatenate([moved / scale, score[rows, columns, None]], 1)


def _refined(pictures: Sequence[np.ndarray], boxes: list[np.ndarray]) -> list[np.ndarray]:
    refined = []
    for box, (scores, shifts, _) in zip(boxes, _looked_at("rnet", pictures, boxes), strict=True):
        moved = np.concatenate([box[:, :4] + shifts * _extent(box), scores[:, None]], 1)
        refined.append(_kept(moved[scores > _SURE["rnet"]], _OVERLAP))
    return refined


def _finished(pictures: Sequence[np.ndarray], boxes: list[np.ndarray]) -> list[np.ndarray]:
    finished = []
    looks = _looked_at("onet", pictures, boxes)
    for picture, box, (scores, shifts, points) in zip(pictures, boxes, looks, strict=True):
        moved = box[:, :4] + shifts * _extent(box)
        within = points.reshape(len(box), 2, 5) * _extent(box)[:, :2, None] + box[:, :2, None] - 1
        found = np.concatenate([moved, scores[:, None], within.reshape(len(box), 10)], 1)
        found = _kept(found[scores > _SURE["onet"]], _OVERLAP, of_the_smaller=True)
        height, width = picture.shape[:2]
        found[:, :4] = np.clip(found[:, :4], 0, np.array([width, height, width, height]) - 1)
        finished.append(found)
    return finished


def _looked_at(
    name: str, pictures: Sequence[np.ndarray], boxes: list[np.ndarray]
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Scores, shifts and landmarks of the boxes of each picture."""
    network = _networks()[name]
    crops = torch.cat([_crops(*each, network.side) for each in zip(pictures, boxes, strict=True)])
    passes = [network(part) for part in crops.split(_CROPS)]
    joined = [torch.cat(each).numpy() for each in zip(*passes, strict=True)]
    ends = np.cumsum([len(each) for each in boxes])[:-1]
    return list(zip(*(np.split(each, ends) for each in joined), strict=True))


# -- boxes


def _extent(boxes: np.ndarray) -> np.ndarray:
    """Width, height, width and height, both ends counted."""
    return np.tile(boxes[:, 2:4] - boxes[:, :2] + 1, 2)


def _square(boxes: np.ndarray) -> np.ndarray:
    """Lengthen the shorter side of boxes about their middles."""
    sides = boxes[:, 2:4] - boxes[:, :2]
    side = sides.max(1, keepdims=True)
    corner = boxes[:, :2] + (sides - side) / 2
    return np.concatenate([corner, corner + side, boxes[:, 4:]], 1)


def _kept(boxes: np.ndarray, most: float, of_the_smaller: bool = False) -> np.ndarray:
    """Drop boxes that overlap a better one by more than ``most``, the surest first.

    A dropped box drops others too, unlike in the usual suppression (``torchvision.ops.nms``): the
    package's way, which finds other boxes.
    """
    boxes = boxes[np.argsort(boxes[:, 4])[::-1]]
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:4], boxes[None, :, 2:4])
    shared = np.maximum(high - low, 0).prod(-1)
    area = (boxes[:, 2:4] - boxes[:, :2]).prod(1)
    one, other = area[:, None], area[None]
    whole = np.minimum(one, other) if of_the_smaller else one + other - shared
    return boxes[~np.triu(shared > most * whole, 1).any(0)]


# -- pixels


def _up_to(values: np.ndarray, axis: int) -> np.ndarray:
    """Sums of all values before each place of an axis, so one longer than it is."""
    sums = np.cumsum(values, axis=axis, dtype=np.float64)
    return np.insert(sums, 0, 0, axis=axis)


def _shrunk(below: np.ndarray, shape: tuple[int, ...], scale: float) -> torch.Tensor:
    """Pictures (N, 3, h, w) whose pixels are means over areas, fractions of pixels counted.

    ``below`` holds the sums down the columns. The mean between two edges is the difference of the
    sums up to them; between pixels sums grow in a straight line. (torch's own ``area`` rounds the
    edges to pixels.)
    """
    height, width = (int(side * scale) for side in shape[1:3])
    rows = np.diff(_between(below, 1, height), axis=1)
    means = np.diff(_between(_up_to(rows, 2), 2, width), axis=2)
    means *= (height / shape[1]) * (width / shape[2])
    return torch.from_numpy(means.astype(np.float32)).permute(0, 3, 1, 2)


def _between(sums: np.ndarray, axis: int, parts: int) -> np.ndarray:
    """Sums at the edges of equal parts of an axis."""
    length = sums.shape[axis] - 1
    edges = np.arange(parts + 1, dtype=np.float32) * np.float32(
        length / parts
    )  # as TensorFlow counts
    before = np.minimum(edges.astype(int), length - 1)
    rest = np.expand_dims(edges - before, tuple(range(1, sums.ndim - axis)))
    low = np.take(sums, before, axis)
    return low + rest * (np.take(sums, before + 1, axis) - low)


def _crops(picture: np.ndarray, boxes: np.ndarray, side: int) -> torch.Tensor:
    """Cut boxes out of a picture, (N, 3, side, side), and 0 where they reach beyond it.

    The first and the last pixel lie on the box's edges, as in TensorFlow's ``crop_and_resize``.
    """
    height, width = picture.shape[:2]
    rows, row_inside = _places(boxes[:, 1], boxes[:, 3], height, side)
    columns, column_inside = _places(boxes[:, 0], boxes[:, 2], width, side)
    top, left = np.floor(rows).astype(int), np.floor(columns).astype(int)
    bottom, right = np.ceil(rows).astype(int), np.ceil(columns).astype(int)
    down, across = (rows - top)[:, :, None, None], (columns - left)[:, None, :, None]

    def row(at: np.ndarray) -> np.ndarray:
        first = picture[at[:, :, None], left[:, None]]
        return first + across * (picture[at[:, :, None], right[:, None]] - first)

    upper = row(top)
    crops = upper + down * (row(bottom) - upper)
    crops *= (row_inside[:, :, None] & column_inside[:, None])[..., None]
    return torch.from_numpy(crops.astype(np.float32)).permute(0, 3, 1, 2)


def _places(
    first: np.ndarray, last: np.ndarray, length: int, side: int
) -> tuple[np.ndarray, np.ndarray]:
    """Where the pixels of crops lie on an axis, (N, side), and which of them in the picture."""
    # The package counts edges in shares of the side, and shares between the outermost centres.
    ends = np.stack([first, last], 1) / length * (length - 1)
    places = ends[:, :1] + np.arange(side) * (ends[:, 1:] - ends[:, :1]) / (side - 1)
    inside = (places >= 0) & (places <= length - 1)
    return np.where(inside, places, 0), inside


# -- networks


class _Network(nn.Module):
    """One of the three: is it a face, how to shift its box, and where are its landmarks?"""

    def __init__(self, name: str, side: int, pools: Sequence[tuple[int, bool] | None]) -> None:
        super().__init__()
        self.side = side
        weights = [torch.from_numpy(each) for each in joblib.load(_weights(name))]
        layers: list[nn.Module] = []
        channels = 3
        for pool in pools:
            kernel, bias, slope = weights[:3]
            layers += [_convolution(kernel, bias, channels), _prelu(slope)]
            if pool is not None:
                layers.append(nn.MaxPool2d(pool[0], 2, ceil_mode=pool[1]))
            weights, channels = weights[3:], len(bias)
        ends = [each.reshape(-1, each.shape[-1]) for each in weights[::2]]
        layers.append(_convolution(torch.cat(ends, 1), torch.cat(weights[1::2]), channels))
        self.layers = nn.Sequential(*layers)

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        ends = self.layers(pictures)
        if self.side > _WINDOW:  # crops have one place each
            ends = ends.flatten(1)
        return ends[:, -2:].softmax(1)[:, 1], ends[:, :4], ends[:, 4:-2]


@lru_cache(maxsize=1)
def _networks() -> dict[str, _Network]:
    # Whether the pool takes in what is left at the edge: TensorFlow's padding "same".
    pools = {
        "pnet": (_WINDOW, [(2, True), None, None]),
        "rnet": (24, [(3, True), (3, False), None, None]),
        "onet": (48, [(3, True), (3, False), (2, True), None, None]),
    }
    return {
        name: _Network(name, *each).eval().requires_grad_(False) for name, each in pools.items()
    }


def _weights(name: str) -> Path:
    # Importing the package would import TensorFlow.
    found = find_spec("mtcnn")
    if found is None or found.origin is None:
        raise ImportError("the face detector takes its weights from the package mtcnn: install it.")
    return Path(found.origin).parent / "assets" / "weights" / f"{name}.lz4"


def _convolution(kernel: torch.Tensor, bias: torch.Tensor, channels: int) -> nn.Conv2d:
    """Make a layer of Keras weights; a layer on all places at once is a convolution over them."""
    if kernel.ndim == 4:
        weight = kernel.permute(3, 2, 0, 1)
    else:
        side = round((len(kernel) / channels) ** 0.5)
        weight = kernel.reshape(side, side, channels, -1).permute(3, 2, 1, 0)  # columns come first
    layer = nn.Conv2d(channels, len(bias), weight.shape[-1])
    layer.load_state_dict({"weight": weight, "bias": bias})
    return layer


def _prelu(slope: torch.Tensor) -> nn.PReLU:
    layer = nn.PReLU(slope.numel())
    layer.load_state_dict({"weight": slope.flatten()})
    return layer
