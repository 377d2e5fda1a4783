"""Turns the content of a picture file into uint8 (height, width, channels).

Decoder processes start with this, and so nothing of NumPy's is imported before ``decode`` is called.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image, UnidentifiedImageError

from engine.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "PPM")
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".ppm", ".pgm"})
"""Files that are taken for pictures, in lower case."""

MOST_PIXELS = 89_478_485
"""Of a picture; a quarter of a gigabyte in memory. Pillow warns from here on."""

_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_MODES = {1: "L", 3: "RGB"}


class Pixels(NamedTuple):
    """A decoded picture: its ``shape`` (height, width, channels), and its ``values`` of a byte each."""

    shape: tuple[int, int, int]
    values: bytes


def decode(content: bytes, size: tuple[int, int] | None, channels: int, source: object) -> NDArray[np.uint8]:
    """Decode a picture to an array that cannot be written to; see ``decode_bytes``."""
    import numpy as np

    shape, values = decode_bytes(content, size, channels, source)
    return np.frombuffer(values, np.uint8).reshape(shape)


def decode_bytes(content: bytes, size: tuple[int, int] | None, channels: int, source: object) -> Pixels:
    """Decode a picture: turned as its camera says, on white where it is transparent.

    ``size``: (height, width) in px; the picture is scaled until it covers this, and what overhangs is cut off
    evenly. None leaves it as it is. ``channels``: 3 for colour, 1 for grey. JPEGs are decoded no larger than
    needed. Raises DataError, naming ``source``, where it cannot be decoded.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                found = "more than 89,478,485 pixels"
                raise DataError(source=source, expected="a picture", found=found, hint="")
            pixels = _decoded(image, size, _MODES[channels])
            return Pixels((pixels.height, pixels.width, channels), pixels.tobytes())
    except UnidentifiedImageError as error:
        found = "an empty file" if not content else "no picture, or one of a damaged or unknown kind"
        raise DataError(source=source, expected="a picture", found=found, hint="") from error
    except DataError:
        raise
    except Exception as error:  # Pillow lets through whatever its many parsers raise.
        found = f"{type(error).__name__}: {str(error)[:200]}"
        raise DataError(source=source, expected="a picture", found=found, hint="") from error


def _decoded(image: Image.Image, size: tuple[int, int] | None, mode: str) -> Image.Image:
    turn = _turn(image)
    if size is None:
        flat = _flat(image, mode)
        return flat if turn is None else flat.transpose(turn)
    height, width = size if turn is None or turn in _UPRIGHT else reversed(size)
    image.draft(mode, (width, height))
    cut = _flat(image, mode).resize((width, height), Image.Resampling.BICUBIC, _middle(image, height, width))
    return cut if turn is None else cut.transpose(turn)


_UPRIGHT = frozenset(turn for orientation, turn in _TURNS.items() if orientation < 5)


def _turn(image: Image.Image) -> Image.Transpose | None:
    """What the camera says; a picture whose notes cannot be read is left as it lies."""
    try:
        return _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # as in decode
        return None


def _middle(image: Image.Image, height: int, width: int) -> tuple[float, float, float, float]:
    """The largest box of the proportions of ``height`` and ``width`` around the middle of ``image``."""
    scale = min(image.width / width, image.height / height)
    left, top = (image.width - scale * width) / 2, (image.height - scale * height) / 2
    return left, top, left + scale * width, top + scale * height


def _flat(image: Image.Image, mode: str) -> Image.Image:
    """Return the picture in ``mode``: 16 bits become 8, and white shows where it is transparent."""
    if image.mode.startswith("I"):
        image = _upper_bytes(image)
    if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        layer = image.convert("RGBA")
        image = Image.new("RGBA", layer.size, "white")
        image.alpha_composite(layer)
    return image if image.mode == mode else image.convert(mode)


def _upper_bytes(image: Image.Image) -> Image.Image:
    """Return the upper bytes of 16 bits; white for the number that stands for transparent places, if any."""
    transparent = image.info.pop("transparency", None)
    numbers = image.convert("I")
    if transparent is None:
        return numbers.point(lambda value: value * (1 / 256)).convert("L")
    # A table, which only such pictures are worth: it takes several times as long.
    return numbers.point([255 if value == transparent else value >> 8 for value in range(1 << 16)], "L")
