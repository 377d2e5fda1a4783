"""Weights that are kept to be looked at: filters as they emerge."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors import numpy as safetensors

from engine import durable
from engine.errors import RunFolderUnwritableError

_NAME = re.compile(r"step-(\d{12,})\.safetensors")


class SnapshotStore:
    """The folder of a run's snapshots: one safetensors file a step."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, step: int, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Keep ``arrays``, named like "conv1.weights", for ``step``; raises OSError.

        A power loss may take the newest, none in part: nobody goes on from them.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        content = safetensors.save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
        durable.put(self._path(step), content)

    def steps(self) -> list[int]:
        """Return the steps that are kept, rising."""
        if not self._folder.is_dir():
            return []
        matches = (_NAME.fullmatch(entry.name) for entry in self._folder.iterdir())
        return sorted(int(match[1]) for match in matches if match)

    def read(self, step: int, name: str) -> NDArray[Any]:
        """Return one array; raises KeyError if it is not kept for ``step``, or cannot be read."""
        if self._path(step).is_symlink():
            raise KeyError(f"step {step} is kept elsewhere")
        try:
            with safe_open(self._path(step), framework="numpy") as file:
                array: NDArray[Any] = file.get_tensor(name)
        except (OSError, SafetensorError) as error:
            raise KeyError(f"{name} of step {step}") from error
        return array

    def drop_after(self, step: int) -> None:
        """Forget the snapshots of later steps: training goes on from ``step`` once more.

        Raises RunFolderUnwritableError.
        """
        try:
            for later in self.steps():
                if later > step:
                    self._path(later).unlink(missing_ok=True)
        except OSError as error:
            raise RunFolderUnwritableError(
                path=str(self._folder), reason=error.strerror or str(error)
            ) from error

    def _path(self, step: int) -> Path:
        return self._folder / f"step-{step:012d}.safetensors"
