"""Pictures to test with; decoded ones are kept in a folder of each test's own."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.data.store import CACHE_VARIABLE

Encode = Callable[..., bytes]


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv(CACHE_VARIABLE, str(folder))
    return folder / "pictures"


@pytest.fixture
def encode() -> Encode:
    """Encode an array, or random pixels of a seed, as a picture file."""

    def encode(pixels: np.ndarray | int, kind: str = "PNG", **options: Any) -> bytes:
        if isinstance(pixels, int):
            pixels = np.random.default_rng(pixels).integers(0, 256, (6, 6, 3), dtype=np.uint8)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, kind, **options)
        return file.getvalue()

    return encode


@pytest.fixture
def write() -> Callable[[Path, dict[str, bytes]], Path]:
    """Write files, by name, below a folder, and return the folder."""

    def write(folder: Path, contents: dict[str, bytes]) -> Path:
        for name, content in contents.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return folder

    return write
