"""A graph of cuDNN with the plan that carries it out: a named one, or the quickest that cuDNN proposes.

Plans that may give another answer each time are left out. What was compiled once is kept on the disk.

Source: NVIDIA, cuDNN frontend, 'Python bindings'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from math import prod
from typing import Any

from kernels.cuda._arrays import DeviceArray
from kernels.cuda.graphs import kept, tuned
from kernels.cuda.graphs.kept import Plan

Make = Callable[[Any], dict[str, Any]]
"""Adds operations to a ``cudnn.pygraph``, and returns its tensors by port."""

_PLANS_TRIED = 12
"""For some convolutions cuDNN proposes the quickest late; each that is tried takes 16 ms of a first start."""

_RUNS = 10
_PATTERN = 1 << 16


class Graph:
    """A graph that is ready to run; ``method`` is the name of its plan.

    Raises RuntimeError where cuDNN has no plan for the graph, or none of that name.
    """

    method: str

    def __init__(self, make: Make, method: str = "") -> None:
        import cudnn

        numbers = cudnn.data_type
        self._graph = cudnn.pygraph(
            handle=_handle(),
            io_data_type=numbers.BFLOAT16,
            intermediate_data_type=numbers.FLOAT,
            compute_data_type=numbers.FLOAT,
        )
        tensors = make(self._graph)
        with _as_runtime_error():
            self._graph.validate()
            self._graph.build_operation_graph()
        self._uids: Mapping[str, int] = {port: tensor.get_uid() for port, tensor in tensors.items()}
        self._sizes = {port: prod(tensor.get_dim()) for port, tensor in tensors.items()}
        key = f"{machine()} {self._graph.key()}"
        method = method or tuned.get(key)
        plan = kept.get(key)
        if plan is None or method not in ("", plan.method) or not self._take(plan):
            self._build(method)
            self._keep(key)
        tuned.put(key, self.method)
        self.workspace_bytes: int = self._graph.get_workspace_size_plan_at_index(self._index)

    def bind(self, arrays: Mapping[str, DeviceArray], workspace: DeviceArray | None) -> Callable[[], None]:
        """Return the call that runs the graph on the current stream; a workspace may be left out if empty."""
        places = {uid: address(arrays[port]) for port, uid in self._uids.items()}
        return self._bind(places, self._index, 0 if workspace is None else address(workspace))

    def _take(self, plan: Plan) -> bool:
        """Take over a plan that was compiled before; return False where this cuDNN does not."""
        import cudnn

        graph = cudnn.pygraph(handle=_handle())
        try:
            graph.deserialize(_handle(), list(plan.code))
        except (RuntimeError, ValueError, cudnn.cudnnGraphNotSupportedError):
            return False
        self._graph, self._uids, self.method, self._index = graph, plan.tensors, plan.method, 0
        return True

    def _build(self, method: str) -> None:
        """Compile the plan of that name, or the quickest."""
        import cudnn

        self._propose(cudnn)
        names = [
            self._graph.get_plan_name_at_index(index)
            for index in range(self._graph.get_execution_plan_count())
        ]
        self._index = names.index(method) if method in names else -1
        if not method:
            self._index = self._quickest(len(names))
        if self._index < 0:
            raise RuntimeError(f"cuDNN {cudnn.backend_version()} has no plan {method}")
        self._graph.build_plan_at_index(self._index)
        self.method = names[self._index]

    def _keep(self, key: str) -> None:
        """Keep the plan for later processes, where cuDNN can put it into bytes."""
        import cudnn

        with suppress(RuntimeError, cudnn.cudnnGraphNotSupportedError):
            kept.put(key, Plan(self.method, self._uids, bytes(self._graph.serialize())))

    def _propose(self, cudnn: Any) -> None:
        with _as_runtime_error():
            self._graph.create_execution_plans([cudnn.heur_mode.A])
            self._graph.deselect_numeric_notes([cudnn.numerical_note.NONDETERMINISTIC])
            self._graph.check_support()

    def _quickest(self, count: int) -> int:
        """Return the number of the plan that takes the least time for this geometry, −1 if none runs."""
        import cupy

        with cupy.cuda.Stream(non_blocking=True) as stream:
            places = {self._uids[port]: filled(size) for port, size in self._sizes.items()}
            times = {}
            for index in range(min(count, _PLANS_TRIED)):
                try:
                    self._graph.build_plan_at_index(index)
                    workspace = cupy.empty(self._graph.get_workspace_size_plan_at_index(index) + 1, "u1")
                    addresses = {uid: address(array) for uid, array in places.items()}
                    times[index] = time(stream, self._bind(addresses, index, address(workspace)))
                except RuntimeError:  # a plan that cuDNN proposes, but cannot carry out
                    continue
        places.clear()
        cupy.get_default_memory_pool().free_all_blocks()
        return min(times, key=times.__getitem__, default=-1)

    def _bind(self, places: Mapping[int, int], index: int, workspace: int) -> Callable[[], None]:
        def run() -> None:
            self._graph.execute_plan_at_index(places, workspace, index, handle=_handle())

        return run


@contextmanager
def _as_runtime_error() -> Iterator[None]:
    """Raise RuntimeError for what cuDNN does not support."""
    import cudnn

    try:
        yield
    except cudnn.cudnnGraphNotSupportedError as error:
        raise RuntimeError(str(error)) from error


class Launch:
    """A built kernel on its arrays: calls, one after the other."""

    def __init__(self, *calls: Callable[[], None]) -> None:
        self._calls = calls

    def joined(self, following: Sequence[Launch]) -> Callable[[], None]:
        """Return one call that runs this kernel and then those that follow it."""
        calls = [call for launch in (self, *following) for call in launch._calls]

        def run() -> None:
            for call in calls:
                call()

        return run


def address(array: Any) -> int:
    """Return where an array begins in the memory of its GPU."""
    place: int = array.data.ptr
    return place


def _handle() -> Any:
    """Return the handle of the current GPU, set to the current stream."""
    import cudnn
    import cupy

    handle = _handle_of(cupy.cuda.runtime.getDevice())
    cudnn.set_stream(handle=handle, stream=cupy.cuda.get_current_stream().ptr)
    return handle


@cache
def _handle_of(device: int) -> Any:
    import cudnn

    return cudnn.create_handle()


def machine() -> str:
    """Return what choices hold for: the version of cuDNN, and the model of the current GPU."""
    import cupy

    return _machine_of(cupy.cuda.runtime.getDevice())


@cache
def _machine_of(device: int) -> str:
    import cudnn
    import cupy

    name: bytes = cupy.cuda.runtime.getDeviceProperties(device)["name"]
    return f"cuDNN {cudnn.backend_version()}, {name.decode()}"


def filled(count: int) -> Any:
    """Return memory for ``count`` float32; taken for bfloat16, it holds numbers between 2⁻⁷ and 2⁻⁵."""
    import cupy

    scrambled = cupy.arange(_PATTERN, dtype=cupy.uint32) * cupy.uint32(2654435761)
    pattern = (scrambled >> cupy.uint32(24)).astype(cupy.uint16) + cupy.uint16(0x3C00)
    memory = cupy.empty((-(-2 * count // _PATTERN), _PATTERN), cupy.uint16)
    memory[...] = pattern
    return memory


def time(stream: Any, run: Callable[[], None]) -> float:
    """Return how long some runs take in a captured graph, in ms."""
    import cupy

    run()
    stream.synchronize()
    stream.begin_capture()
    for _ in range(_RUNS):
        run()
    captured = stream.end_capture()
    captured.launch(stream)
    begin, end = cupy.cuda.Event(), cupy.cuda.Event()
    begin.record(stream)
    captured.launch(stream)
    end.record(stream)
    end.synchronize()
    taken: float = cupy.cuda.get_elapsed_time(begin, end)
    return taken
