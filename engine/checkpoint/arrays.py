"""Reads single arrays of checkpoints, and no more of the disk than these.

A file's hash is compared when it is met first, a piece at a time, and again if the file has changed since.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from engine.checkpoint import format as layout
from engine.checkpoint.parts import Part, whole
from engine.checkpoint.reader import read_manifest
from engine.errors import CheckpointError

_MOST_KNOWN = 1_000
"""Files whose hashes are remembered."""


class ArrayReader:
    """Arrays of the checkpoints in a folder. For one thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sound: dict[tuple[str, int, int], str] = {}  # sha256 by name, bytes and time of change

    def read(self, name: str, at_most: int | None = None) -> tuple[int, NDArray[Any]] | None:
        """Return the array of the newest sound checkpoint, with its step; None where there is none.

        With ``at_most``, later steps are not looked at. Raises CheckpointError, of the newest, if there are
        some but all are damaged.
        """
        errors: list[CheckpointError] = []
        for step in reversed(layout.manifest_steps(self._folder)):
            if at_most is not None and step > at_most:
                continue
            path = layout.manifest_path(self._folder, step)
            try:
                array = self._read(path, name)
            except CheckpointError as error:
                errors.append(error)
            else:
                return None if array is None else (step, array)
        if errors:
            raise errors[0]
        return None

    def _read(self, path: Path, name: str) -> NDArray[Any] | None:
        manifest = read_manifest(path)
        for file in manifest.files:
            self._check(file)
        entry = next((entry for entry in manifest.tensors if entry.name == name), None)
        if entry is None:
            return None
        parts: list[Part] = []
        try:
            for file in manifest.files:
                with safe_open(self._folder / file.name, framework="numpy") as arrays:
                    if name in arrays.keys():  # noqa: SIM118 - it is no dict
                        array: NDArray[Any] = arrays.get_tensor(name)
                        parts.append((file.begins.get(name, (0,) * array.ndim), array))
        except (OSError, SafetensorError) as error:
            raise layout.damaged(path, "a safetensors file", str(error)) from error
        return whole(path, entry, parts)

    def _check(self, file: layout.ArrayFile) -> None:
        """Raise CheckpointError unless the file is as it was written."""
        path = self._folder / file.name
        try:
            with path.open("rb") as content:
                status = path.stat()
                key = (file.name, status.st_size, status.st_mtime_ns)
                if key not in self._sound:
                    while len(self._sound) >= _MOST_KNOWN:
                        self._sound.pop(next(iter(self._sound)))
                    self._sound[key] = hashlib.file_digest(content, "sha256").hexdigest()
        except OSError as error:
            raise layout.damaged(path, "a file that can be read", error.strerror or str(error)) from error
        if self._sound[key] != file.sha256:
            raise layout.damaged(path, "the bytes as written", "changed ones")
