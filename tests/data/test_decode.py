"""Picture files become uint8 arrays, whatever they hold; what cannot be decoded is refused."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from engine.data.decode import decode
from engine.errors import DataError

RNG = np.random.default_rng(1)
COLOUR = RNG.integers(0, 256, (7, 5, 3), dtype=np.uint8)


def _save(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _smooth(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    planes = [127 + 90 * np.sin(y / 40), 127 + 90 * np.cos(x / 50), (x + y) * 200 / (height + width)]
    return np.stack(planes, -1).astype(np.uint8)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "PPM", "WEBP"])
def test_lossless_files_come_back_as_they_were(kind: str) -> None:
    content = _save(Image.fromarray(COLOUR), kind, **({"lossless": True} if kind == "WEBP" else {}))
    assert np.array_equal(decode(content, None, 3, "picture"), COLOUR)


@pytest.mark.parametrize("size", [None, (6, 4)])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_as_the_camera_says(orientation: int, size: tuple[int, int] | None) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(_smooth(60, 40))
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(_save(image, exif=exif))))
    found = decode(_save(image, exif=exif), size, 3, "picture")
    expected = decode(_save(Image.fromarray(np.asarray(upright))), size, 3, "picture")
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected).max() <= 1


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_a_broken_note_of_the_camera_is_left_aside() -> None:
    content = _save(Image.fromarray(COLOUR), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert decode(content, None, 3, "picture").shape == (7, 5, 3)


def test_grey_pictures_get_three_equal_channels() -> None:
    found = decode(_save(Image.fromarray(COLOUR[..., 0])), None, 3, "picture")
    assert np.array_equal(found, np.repeat(COLOUR[..., :1], 3, axis=2))


def test_colour_pictures_become_grey_by_their_luminance() -> None:
    found = decode(_save(Image.fromarray(COLOUR)), None, 1, "picture")
    assert found.shape == (7, 5, 1)
    assert np.abs(found[..., 0] - COLOUR @ np.array([0.299, 0.587, 0.114])).max() <= 1


def test_transparent_pixels_show_white() -> None:
    alpha = RNG.integers(0, 256, (7, 5, 1), dtype=np.uint8)
    found = decode(_save(Image.fromarray(np.concatenate([COLOUR, alpha], -1))), None, 3, "picture")
    share = alpha / 255
    assert np.abs(found - (COLOUR * share + 255 * (1 - share))).max() <= 1


def test_a_palette_is_looked_up_and_its_transparent_colour_shows_white() -> None:
    image = Image.fromarray(np.array([[0, 1], [2, 1]], np.uint8), "P")
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    found = decode(_save(image, transparency=1), None, 3, "picture")
    assert found.tolist() == [[[255, 0, 0], [255] * 3], [[0, 0, 255], [255] * 3]]


def test_cmyk_pictures_become_rgb() -> None:
    image = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    assert np.abs(decode(_save(image, "JPEG"), None, 3, "picture")[4, 4] - np.array([254, 0, 0])).max() <= 6


def test_of_16_bits_the_upper_8_are_kept() -> None:
    values = np.array([[0, 255, 256], [0x1234, 0xFF00, 0xFFFF]], np.uint16)
    found = decode(_save(Image.fromarray(values)), None, 1, "picture")
    assert found[..., 0].tolist() == [[0, 0, 1], [0x12, 0xFF, 0xFF]]


def test_of_16_bits_the_transparent_number_alone_shows_white() -> None:
    values = np.array([[0x1234, 0x1235, 0x3412]], np.uint16)
    found = decode(_save(Image.fromarray(values), transparency=0x1234), None, 1, "picture")
    assert found.ravel().tolist() == [255, 0x12, 0x34]


def test_bits_become_black_and_white() -> None:
    found = decode(_save(Image.fromarray(np.array([[0, 255]], np.uint8)).convert("1")), None, 1, "picture")
    assert found.ravel().tolist() == [0, 255]


@pytest.mark.parametrize(("height", "width"), [(300, 200), (200, 300), (200, 200), (50, 400), (20, 30)])
def test_the_middle_square_is_scaled(height: int, width: int) -> None:
    """The oracle scales the middle square that it cut out by itself."""
    pixels = _smooth(height, width)
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = Image.fromarray(pixels[top : top + side, left : left + side])
    expected = np.asarray(square.resize((40, 40), Image.Resampling.BICUBIC), int)
    found = decode(_save(Image.fromarray(pixels)), (40, 40), 3, "picture")
    assert np.abs(found - expected).max() <= 3


@pytest.mark.parametrize("channels", [1, 3])
def test_a_jpeg_decoded_at_a_smaller_scale_looks_the_same(channels: int) -> None:
    content = _save(Image.fromarray(_smooth(900, 700)), "JPEG", quality=95)
    with Image.open(io.BytesIO(content)) as image:
        full = image.convert("RGB" if channels == 3 else "L").crop((0, 100, 700, 800))
        expected = np.asarray(full.resize((64, 64), Image.Resampling.BICUBIC), int).reshape(64, 64, channels)
    assert np.abs(decode(content, (64, 64), channels, "picture") - expected).mean() <= 2


def _png_header(width: int, height: int) -> bytes:
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = b"IDAT" + zlib.compress(bytes(1000))
    parts = [
        struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part))
        for part in (chunk, body)
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.filterwarnings("ignore:Image size")
@pytest.mark.parametrize("side", [10_000, 14_000, 2**31 - 1])
def test_a_header_that_promises_too_many_pixels_is_refused(side: int) -> None:
    with pytest.raises(DataError, match="bomb: expected a picture, found"):
        decode(_png_header(side, side), (8, 8), 3, "bomb")


@pytest.mark.parametrize(
    "content",
    [b"", b"not a picture", b"\xff\xd8\xff\xe0", _png_header(0, 5), _save(Image.fromarray(COLOUR))[:-30]],
)
def test_what_cannot_be_decoded_is_refused(content: bytes) -> None:
    with pytest.raises(DataError, match="expected a picture"):
        decode(content, None, 3, "picture")


def test_a_jpeg_that_is_cut_short_is_refused() -> None:
    content = _save(Image.fromarray(_smooth(200, 200)), "JPEG")
    with pytest.raises(DataError, match="expected a picture"):
        decode(content[: len(content) // 2], (32, 32), 3, "picture")
