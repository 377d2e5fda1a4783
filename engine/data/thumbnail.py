"""Small copies of pictures, to be shown."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 64
"""Pictures are made as small as this, in px."""


def thumbnail(values: NDArray[Any]) -> tuple[int, int, bytes]:
    """Return height, width and pixels, uint8 (height, width, 3), of a picture (height, width, channels).

    Values are from 0 to 255; large pictures are made smaller.
    """
    pixels = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    pixels = pixels[..., :3] if pixels.shape[-1] >= 3 else np.repeat(pixels[..., :1], 3, axis=-1)
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    return image.height, image.width, image.tobytes()
