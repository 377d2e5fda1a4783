"""Ranks that exchange arrays of their GPUs, on CuPy's current stream: nothing here waits for a GPU.

Calls can be captured in a CUDA graph. Sums of NCCL have the same bits on all ranks, and in every run on the
same GPUs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from engine.errors import DeviceError
from engine.parallel.communicators import summing
from engine.parallel.communicators.communicator import Communicator, Message
from engine.parallel.team import Team

_CONNECTING = 1 << 20
"""Numbers that are sent at first: enough for NCCL to open all connections that it sends large arrays by."""


class NcclCommunicator:
    """The line between the same ranks as ``host``, whose arrays lie on the GPU that each has in use."""

    can_be_captured = True
    for_any_thread = True

    def __init__(self, host: Communicator) -> None:
        """Join; all ranks must. Raises DeviceError where NCCL is missing."""
        import cupy

        try:
            from cupy.cuda import nccl
        except ImportError as error:
            raise DeviceError(
                device="cuda",
                missing="NCCL is not installed, by which GPUs send one another arrays",
                hint='Install the extra "gpu" (pip install "convnet-studio[gpu]"), or train on one device.',
            ) from error
        self.rank, self.size = host.rank, host.size
        self._nccl = nccl
        self._stream = cupy.cuda.get_current_stream
        self._types = {"float32": nccl.NCCL_FLOAT32, "float64": nccl.NCCL_FLOAT64}
        name = nccl.get_unique_id() if host.rank == 0 else b""
        self._all = nccl.NcclCommunicator(self.size, Team(host).share(name, bytes), self.rank)
        self._connect(cupy)

    def _connect(self, cupy: Any) -> None:
        """Have NCCL open its connections now, rather than while a graph is captured."""
        one = cupy.zeros(_CONNECTING, np.float32)
        others = [rank for rank in range(self.size) if rank != self.rank]
        self.exchange([(rank, one) for rank in others], [(rank, cupy.zeros_like(one)) for rank in others])
        self.summer([one], range(self.size))()
        self._stream().synchronize()

    def for_gpu(self) -> Communicator:
        """Return this one."""
        return self

    def exchange(self, sends: Sequence[Message], receives: Sequence[Message]) -> None:
        """Have arrays sent and received at once, as bytes."""
        stream = self._stream().ptr
        self._nccl.groupStart()
        for rank, array in sends:
            self._all.send(array.data.ptr, array.nbytes, self._nccl.NCCL_UINT8, rank, stream)
        for rank, array in receives:
            self._all.recv(array.data.ptr, array.nbytes, self._nccl.NCCL_UINT8, rank, stream)
        self._nccl.groupEnd()

    def summer(self, arrays: Sequence[Any], ranks: Sequence[int]) -> Callable[[], None]:
        """Return a call that sums arrays up over ranks: by NCCL where it knows how to."""
        if len(ranks) < self.size or any(array.dtype.name not in self._types for array in arrays):
            return summing.summer(self, arrays, ranks)
        whole = [(array.data.ptr, array.size, self._types[array.dtype.name]) for array in arrays]

        def call() -> None:
            stream = self._stream().ptr
            self._nccl.groupStart()
            for pointer, size, kind in whole:
                self._all.allReduce(pointer, pointer, size, kind, self._nccl.NCCL_SUM, stream)
            self._nccl.groupEnd()

        return call
