"""Puts arrays together whose parts several ranks wrote, each into a file of its own."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors import numpy as safetensors

from engine.checkpoint import format as layout
from engine.errors import CheckpointError

Part = tuple[tuple[int, ...], NDArray[Any]]
"""Where in the whole a part begins, and the part."""


def join(path: Path, manifest: layout.Manifest, contents: Iterable[bytes]) -> dict[str, NDArray[Any]]:
    """Return the arrays that a manifest lists, from the contents of its files.

    Raises CheckpointError, naming the manifest's ``path``, where the files do not hold just these.
    """
    parts: dict[str, list[Part]] = {}
    for file, content in zip(manifest.files, contents, strict=True):
        for name, array in _parse(path, content).items():
            parts.setdefault(name, []).append((file.begins.get(name, (0,) * array.ndim), array))
    if sorted(parts) != sorted(entry.name for entry in manifest.tensors):
        raise _other(path)
    return {entry.name: whole(path, entry, parts[entry.name]) for entry in manifest.tensors}


def _parse(path: Path, content: bytes) -> dict[str, NDArray[Any]]:
    try:
        return dict(safetensors.load(content))
    except (SafetensorError, ValueError, KeyError) as error:
        raise layout.damaged(path, "a safetensors file", str(error)) from error


def whole(path: Path, entry: layout.TensorEntry, parts: list[Part]) -> NDArray[Any]:
    """Put one array together; raises CheckpointError unless each of its places is in just one part."""
    if not parts:
        raise _other(path)
    _, first = parts[0]
    if any(array.dtype.name != entry.dtype or array.ndim != len(entry.shape) for _, array in parts):
        raise _other(path)
    if first.shape == entry.shape and len(parts) == 1:
        return first
    places = [
        tuple(slice(start, start + extent) for start, extent in zip(begin, array.shape, strict=True))
        for begin, array in parts
        if len(begin) == array.ndim
    ]
    fits = all(place.stop <= extent for box in places for place, extent in zip(box, entry.shape, strict=True))
    if (
        not fits
        or len(places) < len(parts)
        or sum(array.size for _, array in parts) != math.prod(entry.shape)
    ):
        raise _other(path)
    together = np.empty(entry.shape, first.dtype)
    seen = np.zeros(entry.shape, bool)
    for box, (_, array) in zip(places, parts, strict=True):
        together[box] = array
        seen[box] = True
    if not seen.all():
        raise _other(path)
    return together


def _other(path: Path) -> CheckpointError:
    return layout.damaged(path, "the arrays that the manifest lists", "others")
