"""Noise that is laid on a face like paper: the same face gets the same grain."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from scipy.ndimage import gaussian_filter

from helpers.faces.factors import Face
from helpers.faces.palettes import Array

_SIDE = 512


def noise(across: Array, down: Array, offset: Array, kind: str) -> Array:
    """Read a sheet of noise.

    Parameters
    ----------
    across, down : array (N, H, W)
        Where, in cells of the noise.
    offset : array (N, 1, 1) of int
        Which part of the endless sheet; one per face.
    kind : "cells", "clouds" or "white"
        Smooth noise with features of one cell, the same on several scales, or independent texels.

    Returns
    -------
    array (N, H, W)
        Mean about 0 and standard deviation 1.
    """
    sheet, texels = _quads(kind)
    x, y = across * np.float32(texels), down * np.float32(texels)
    left, top = np.floor(x), np.floor(y)
    column = (left.astype(np.int32) + offset * 7919) & (_SIDE - 1)
    row = (top.astype(np.int32) + offset * 10477) & (_SIDE - 1)
    corners = sheet[row * _SIDE + column]
    x, y = x - left, y - top
    above = corners[..., 0] + x * (corners[..., 1] - corners[..., 0])
    below = corners[..., 2] + x * (corners[..., 3] - corners[..., 2])
    return above + y * (below - above)


def speckle(across: Array, down: Array, offset: Array, kind: str) -> Array:
    """As :func:`noise`, but texel by texel: for noise that is finer than a pixel anyway."""
    sheet, texels = _plain(kind)
    column = (np.floor(across * np.float32(texels)).astype(np.int32) + offset * 7919) & (_SIDE - 1)
    row = (np.floor(down * np.float32(texels)).astype(np.int32) + offset * 10477) & (_SIDE - 1)
    return sheet[row * _SIDE + column]


def offsets(faces: Sequence[Face]) -> np.ndarray:
    """Return the place on the sheet of each face's grain: (N, 1, 1) int32."""
    return np.array([face.grain % 4096 for face in faces], dtype=np.int32)[:, None, None]


def sensor_noise(faces: Sequence[Face], size: int) -> Array:
    """Independent normal noise of a camera, (3, N, size, size): seeded by each face's grain."""
    draws = [
        np.random.default_rng([face.grain, size]).standard_normal((3, size, size), dtype=np.float32)
        for face in faces
    ]
    return np.stack(draws, axis=1)


@cache
def _quads(kind: str) -> tuple[Array, int]:
    """Each texel beside its right, lower and lower right neighbour: one look-up instead of four."""
    flat, texels = _plain(kind)
    sheet = flat.reshape(_SIDE, _SIDE)
    right = np.roll(sheet, -1, axis=1)
    quads = np.stack([sheet, right, np.roll(sheet, -1, axis=0), np.roll(right, -1, axis=0)], -1)
    return quads.reshape(-1, 4), texels


@cache
def _plain(kind: str) -> tuple[Array, int]:
    """A sheet that repeats without a seam, row after row, and how many of its texels make a cell."""
    white = np.random.default_rng(20260101).standard_normal((_SIDE, _SIDE))
    smooth = {texels: gaussian_filter(white, texels / 3, mode="wrap") for texels in (8, 4, 16, 32)}
    layers = {"cells": (8,), "clouds": (32, 16, 8, 4)}[kind]
    # Each scale counts as much as the next coarser one's half: the spectrum of natural surfaces.
    total = sum(smooth[texels] / smooth[texels].std() * texels / layers[0] for texels in layers)
    return (total / total.std()).astype(np.float32).ravel(), layers[0]
