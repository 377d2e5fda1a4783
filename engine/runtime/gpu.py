"""An NVIDIA GPU: one block of memory, one stream, and programs that are captured CUDA graphs.

Nothing here waits for the GPU but what says so. What the host sends goes through pinned memory, which is used
again once the event after the copy has passed; so the host is never more than ``_MOST_AHEAD`` copies ahead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engine.data.loader import Loader
from engine.errors import DeviceError
from engine.parallel.communicators.communicator import Communicator
from engine.plan.types import Buffer, Placement, Stream
from engine.runtime.arrays import element_type
from engine.runtime.context import context_bytes
from engine.runtime.device import Call, Contents, Feed, Span, Step, held_shape
from engine.runtime.stopwatch import GpuStopwatch, HostStopwatch, Stopwatch
from engine.words import Words
from kernels.cuda import cast
from kernels.cuda._compile import compile_all, function, rehearsal

_MOST_AHEAD = 32
_BESIDE: tuple[Stream, ...] = ("weights", "updates", "communication")
_PRIORITIES: Mapping[str, int] = {"communication": -1}
"""Of streams: what others wait for gets the next free processors."""

_SMALL = 1 << 16  # bytes that are sent through pinned memory


class Gpu:
    """A Device with ``nbytes`` of zeroed memory of the GPU numbered ``index``; of one thread at a time."""

    is_host = False

    def __init__(self, nbytes: int, index: int) -> None:
        import cupy

        self._cuda = cupy.cuda
        self._device = cupy.cuda.Device(index)
        self._nbytes = nbytes
        self._own_bytes = 0
        self._context_bytes = context_bytes(index)
        self._device.use()
        self.stream = cupy.cuda.Stream(non_blocking=True)
        self._beside = {
            name: cupy.cuda.Stream(non_blocking=True, priority=_PRIORITIES.get(name)) for name in _BESIDE
        }
        self._captures = True
        try:
            self._memory = cupy.cuda.alloc(nbytes)
        except cupy.cuda.memory.OutOfMemoryError as error:
            raise _does_not_fit(cupy, index, nbytes) from error
        self._memory.memset_async(0, nbytes, self.stream)
        self._ndarray = cupy.ndarray
        self._sent: deque[tuple[Any, Any]] = deque()  # events, with the pinned memory that waits for them
        self._looks: deque[tuple[Any, Contents, Callable[[Contents], None]]] = deque()

    def use(self) -> None:
        """Let the calling thread speak to this GPU."""
        self._device.use()

    def array(self, buffer: Buffer, placement: Placement, rank: int) -> Any:
        """Return the ``cupy.ndarray`` of ``buffer`` on ``rank``."""
        place = self._memory + placement.offset
        return self._ndarray(held_shape(buffer, rank), element_type(buffer.dtype), place)

    def read(self, array: Any) -> NDArray[Any]:
        """Return a copy, in float32 where NumPy has no such type; wait for all that was asked so far."""
        content: NDArray[Any] = array.get(stream=self.stream)
        return content if content.dtype.isbuiltin == 1 else content.astype(np.float32)

    def write(self, array: Any, values: Any) -> None:
        """Fill an array; a large one is written when this returns, a small one or zeros soon."""
        if np.isscalar(values) and values == 0:
            array.data.memset_async(0, array.nbytes, self.stream)
            return
        values = np.broadcast_to(np.asarray(values, array.dtype), array.shape)
        if array.nbytes > _SMALL:
            array.set(np.ascontiguousarray(values), stream=self.stream)
            return
        self._prune()
        pinned = self.pinned(array)
        pinned[...] = values
        array.set(pinned, stream=self.stream)
        self._sent.append((self._event(), pinned))

    def convert(self, source: Any, target: Any) -> None:
        """Write the numbers of an array into another, in the type of that; soon."""
        with self.stream:
            cast.forward(x=source, y=target)

    def line(self, line: Communicator) -> Communicator:
        """Return a line for arrays of GPUs."""
        self._captures = line.size == 1
        if line.size == 1:
            return line
        with self.stream:
            own = line.for_gpu()
        self._captures = own.can_be_captured
        return own

    def program(self, steps: Sequence[Step]) -> Call:
        """Return the replay of a graph, which is captured when it is first called."""
        if not self._captures:
            return partial(self._launch, steps)
        return _Replay(partial(self._capture, steps), self.stream)

    def timed(self, steps: Sequence[Step]) -> list[Span]:
        """Run ``steps`` as their program does, but with the GPU's clock read before and after each."""
        times = self._ndarray((len(steps), 2), np.int64)
        run = self.program([_stamped(step, *row) for step, row in zip(steps, times, strict=True)])
        for _ in range(2):  # the first also loads what it needs
            run()
        found = self.read(times)
        seconds = (found - found.min()) / 1e9
        return [
            Span(step.name, step.stream, float(begin), float(end))
            for step, (begin, end) in zip(steps, seconds, strict=True)
        ]

    def stopwatch(self, count: int) -> Stopwatch:
        """Return what has the GPU time calls, by kernels before and after each."""
        return GpuStopwatch(self, count) if count else HostStopwatch()

    def look(
        self, arrays: Mapping[str, Any], then: Callable[[Contents], None], clear: Collection[str]
    ) -> None:
        """Have copies brought here, beside the programs that follow."""
        copies = {}
        for name, array in arrays.items():
            copies[name] = self.pinned(array)
            array.get(stream=self.stream, out=copies[name], blocking=False)
            if name in clear:
                array.data.memset_async(0, array.nbytes, self.stream)
        self._looks.append((self._event(), copies, then))

    def arrive(self, *, wait: bool = False) -> None:
        """Call what waits for contents that have arrived; with ``wait``, for all."""
        while self._looks and (wait or self._looks[0][0].done):
            event, contents, then = self._looks.popleft()
            event.synchronize()
            then(contents)

    def forget(self) -> None:
        """Drop all looks that have not arrived."""
        self.stream.synchronize()
        self._looks.clear()

    def feed(self, loader: Loader, inputs: Sequence[Any], labels: Sequence[Any]) -> Feed:
        """Return what makes the same batches on the GPU; ``loader`` where inputs differ in rows."""
        from engine.runtime.gpu_loader import GpuLoader

        is_simple = inputs and all(len(array) == len(loader.rows) for array in inputs)
        return GpuLoader(loader, self, inputs, labels) if is_simple else loader

    def memory(self) -> Mapping[str, int]:
        """Return the bytes of the plan's arena, of data beside it, and of CUDA itself where NVML tells."""
        return {"plan": self._nbytes, "data": self._own_bytes, "CUDA": self._context_bytes}

    def free_bytes(self) -> int:
        """Return how much of the GPU's memory nobody uses."""
        return int(self._cuda.runtime.memGetInfo()[0])

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike) -> Any:
        """Return an array of its own, with anything in it."""
        self._own_bytes += int(np.prod(shape)) * np.dtype(dtype).itemsize
        return self._ndarray(shape, dtype)

    def upload(self, values: NDArray[Any]) -> Any:
        """Return an array of its own with ``values``."""
        array = self.empty(values.shape, values.dtype)
        self.write(array, values)
        return array

    def pinned(self, array: Any) -> NDArray[Any]:
        """Return pinned memory of the shape of an array; CuPy's pool has it ready mostly."""
        memory = self._cuda.alloc_pinned_memory(array.nbytes)
        return np.frombuffer(memory, array.dtype, array.size).reshape(array.shape)

    def new_stream(self) -> Any:
        """Return a stream beside that of the programs."""
        return self._cuda.Stream(non_blocking=True)

    def new_event(self) -> Any:
        """Return an event that has passed."""
        return self._cuda.Event(disable_timing=True)

    def milliseconds(self, call: Call, times: int) -> float:
        """Return ms a call, of ``times`` in a row, by the GPU's own clock; wait for them."""
        start, end = self._cuda.Event(), self._cuda.Event()
        start.record(self.stream)
        for _ in range(times):
            call()
        end.record(self.stream)
        end.synchronize()
        return float(self._cuda.get_elapsed_time(start, end)) / times

    def _capture(self, steps: Sequence[Step]) -> Any:
        """Return the graph of what ``steps`` launch."""
        self._compile(steps)
        graph = self._record(steps)
        graph.upload(self.stream)
        return graph

    def _record(self, steps: Sequence[Step]) -> Any:
        with self.stream:
            self.stream.begin_capture(self._cuda.runtime.streamCaptureModeRelaxed)
            try:
                self._launch(steps)
            finally:
                graph = self.stream.end_capture()
        return graph

    def _launch(self, steps: Sequence[Step]) -> None:
        """Launch ``steps``, each on its stream.

        Other streams than that of computation branch off it, and join it again at the end.
        """
        beside = {name: self._beside[name] for name in {step.stream for step in steps} & self._beside.keys()}
        for stream in beside.values():
            stream.wait_event(self._event())
        waited_for = {place for step in steps for place in step.after}
        done: dict[int, Any] = {}
        for place, step in enumerate(steps):
            stream = beside.get(step.stream, self.stream)
            for other in step.after:
                stream.wait_event(done[other])
            with stream:
                step.call()
            if place in waited_for:
                done[place] = self.new_event()
                done[place].record(stream)
        for stream in beside.values():
            joined = self.new_event()
            joined.record(stream)
            self.stream.wait_event(joined)

    def _compile(self, steps: Sequence[Step]) -> None:
        """Compile all kernels that ``steps`` launch, on all cores; what is launched meanwhile is dropped."""
        alone = [replace(step, after=()) for step in steps if step.stream != "communication"]
        with rehearsal() as kernels:
            self._record(alone)
        compile_all(kernels, self.use)

    def _event(self) -> Any:
        event = self.new_event()
        event.record(self.stream)
        return event

    def _prune(self) -> None:
        """Let go of pinned memory that was copied; wait where the host is too far ahead."""
        if len(self._sent) == _MOST_AHEAD:
            self._sent[0][0].synchronize()
        while self._sent and self._sent[0][0].done:
            self._sent.popleft()


class _Replay:
    """Launches on a stream the graph that ``capture`` returns when this is first called.

    NCCL takes a line down only after all graphs that hold its calls, and waits for that: where both go, the
    graph is to go first.
    """

    def __init__(self, capture: Callable[[], Any], stream: Any) -> None:
        self._capture, self._stream = capture, stream
        self._graph: Any = None

    def __call__(self) -> None:
        """Launch the graph."""
        if self._graph is None:
            self._graph = self._capture()
        self._graph.launch(self._stream)

    def __del__(self) -> None:
        self._graph = None


def _stamped(step: Step, begin: Any, end: Any) -> Step:
    """Return a step that writes when it begins and when it ends, in ns on the GPU's clock."""
    stamp = function("_stamp", "stamp")

    def run() -> None:
        stamp((1,), (1,), (begin,))
        step.call()
        stamp((1,), (1,), (end,))

    return replace(step, call=run)


def _does_not_fit(cupy: Any, index: int, nbytes: int) -> DeviceError:
    free, _ = cupy.cuda.runtime.memGetInfo()
    return DeviceError(
        device=f"cuda:{index}",
        missing=Words(
            "the network needs {memory} GiB of memory, {free} GiB are free",
            memory=f"{nbytes / 2**30:,.1f}",
            free=f"{free / 2**30:,.1f}",
        ),
        hint="Make the batch or the layers smaller.",
    )
