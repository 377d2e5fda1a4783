"""The type of the arrays that kernels for GPUs take."""

from __future__ import annotations

from typing import Any, Protocol


class DeviceArray(Protocol):
    """What kernels need to know of a ``cupy.ndarray``: launches hand its pointer on."""

    @property
    def dtype(self) -> Any:
        """The NumPy type of its elements."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Its extents."""

    @property
    def size(self) -> int:
        """The number of its elements."""

    @property
    def nbytes(self) -> int:
        """Their bytes."""

    def __len__(self) -> int:
        """The first extent."""
        ...

    def __getitem__(self, index: int) -> DeviceArray:
        """A part of the array."""
        ...
