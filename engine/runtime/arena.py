"""The one block of memory that a rank's buffers lie in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.errors import DeviceError
from engine.plan.analysis.memory import ALIGNMENT
from engine.plan.types import Buffer, Placement
from engine.runtime.device import held_shape
from engine.words import Words


class Arena:
    """``nbytes`` zeroed bytes, aligned, of which buffers are views. Nothing is allocated after this.

    Raises DeviceError where there is not so much memory.
    """

    def __init__(self, nbytes: int) -> None:
        try:
            memory = np.zeros(nbytes + ALIGNMENT, np.uint8)
        except (MemoryError, ValueError, OverflowError) as error:
            raise DeviceError(
                device="cpu",
                missing=Words(
                    "the network needs {memory} GiB of memory, which is not free",
                    memory=f"{nbytes / 2**30:,.1f}",
                ),
                hint="Make the batch or the layers smaller.",
            ) from error
        start = -memory.ctypes.data % ALIGNMENT
        self._memory = memory[start : start + nbytes]

    def view(self, buffer: Buffer, placement: Placement, rank: int) -> NDArray[np.generic]:
        """Return the array of ``buffer`` on ``rank``, in its physical layout."""
        content = self._memory[placement.offset : placement.offset + placement.nbytes].view(buffer.dtype)
        return content.reshape(held_shape(buffer, rank))
