"""Pictures that a test needs as files."""

import os
from pathlib import Path

import numpy as np
from PIL import Image


def save_image(path: str | os.PathLike[str], image: np.ndarray) -> Path:
    """Write a picture (H, W, 3) uint8 in the format of its ending; missing folders are made."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(target, quality=95)
    return target
