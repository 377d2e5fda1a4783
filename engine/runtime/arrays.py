"""The host's side of arrays that lie on a device."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.runtime.device import Device


class Arrays(Mapping[str, NDArray[Any]]):
    """Arrays by name, read as ``arrays[name]`` and written as ``arrays[name] = values``.

    On the CPU, what is read is the array itself; on another device a copy, in which a change is lost.
    ``copies`` are arrays that hold the same as others, rounded: by the other's name, the copy.
    """

    def __init__(self, device: Device, arrays: Mapping[str, Any], copies: Mapping[str, str]) -> None:
        self._device = device
        self._arrays = arrays
        self._copies = copies

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._device.read(self._arrays[name])

    def __setitem__(self, name: str, values: Any) -> None:
        self._device.write(self._arrays[name], values)
        if name in self._copies:
            self._device.convert(self._arrays[name], self._arrays[self._copies[name]])

    def set_first(self, name: str, values: NDArray[Any]) -> None:
        """Write the first elements of an array of one axis, and leave the others as they are."""
        self._device.write(self._arrays[name][: len(values)], values)

    def on_device(self, name: str) -> Any:
        """Return the device's own array, as kernels take it."""
        return self._arrays[name]

    def __contains__(self, name: object) -> bool:
        return name in self._arrays  # Mapping's own would read the array

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)


def element_type(dtype: str) -> np.dtype[Any]:
    """Return NumPy's type for a plan's ``dtype``."""
    if dtype == "bfloat16":
        import ml_dtypes

        found: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
        return found
    return np.dtype(dtype)
