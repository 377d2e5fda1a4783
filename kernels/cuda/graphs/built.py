"""What the kernels of this package have in common: a graph, and small kernels before and after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from math import prod
from typing import Any

import numpy as np

from kernels.arrays import Shape
from kernels.cuda._arrays import DeviceArray
from kernels.cuda._compile import compile_all, rehearsal
from kernels.cuda.graphs import tuned
from kernels.cuda.graphs.graph import Graph, Launch, Make, filled, machine, time
from kernels.cuda.graphs.target import Target
from kernels.registry import Kernel, find

_WORKSPACE = "workspace"
_ROUNDED = "rounded"
_ITEM_BYTES = 4  # of a scratch array
_EXACT = frozenset({"dweights", "dbiases"})
"""Ports of float32."""

_GRAPH, _PLAIN = "graph", "plain"

After = Callable[[Mapping[str, DeviceArray]], Callable[[], None]]
"""Binds a kernel that follows the graph to the arrays, scratch arrays included."""


@dataclass(frozen=True)
class Built:
    """A graph whose output at port ``rounded_port``, if any, is bfloat16 in scratch memory, and is cast then.

    ``scratch`` are the scratch arrays of what comes ``after``.
    """

    graph: Graph
    after: tuple[After, ...] = ()
    scratch: Mapping[str, Shape] = field(default_factory=dict)
    rounded_port: str = ""
    rounded_shape: Shape = ()

    @property
    def method(self) -> str:
        """The name of the plan."""
        return self.graph.method

    @property
    def workspace(self) -> dict[str, Shape]:
        """The shapes of the scratch arrays, of float32."""
        shapes = dict(self.scratch)
        if self.graph.workspace_bytes:
            shapes[_WORKSPACE] = (-(-self.graph.workspace_bytes // _ITEM_BYTES),)
        if self.rounded_port:
            shapes[_ROUNDED] = (-(-prod(self.rounded_shape) // 2),)
        return shapes

    def bind(self, code: str, arrays: Mapping[str, Any]) -> Launch:
        """Return the launch on ``arrays``; the plan of ``code`` was taken when this was built."""
        ports = dict(arrays)
        calls: list[Callable[[], None]] = []
        if self.rounded_port:
            rounded = _viewed(arrays[_ROUNDED], self.rounded_shape)
            calls.append(_cast(rounded, arrays[self.rounded_port]))
            ports[self.rounded_port] = rounded
        calls.insert(0, self.graph.bind(ports, arrays.get(_WORKSPACE)))
        return Launch(*calls, *(bind(arrays) for bind in self.after))


def build(
    operation: str,
    shapes: dict[str, Shape],
    attributes: Mapping[str, Any],
    make: Make,
    target: Target,
    **how: Any,
) -> Built | None:
    """Return the kernel of a graph, or None where cuDNN has none, or the plain kernel is quicker.

    A kernel that the target names is not timed.
    """
    scratch = {_WORKSPACE, _ROUNDED, *how.get("scratch", {})}
    own = {port: shape for port, shape in shapes.items() if port not in scratch}
    key = f"{machine()}: {operation} {sorted(own.items())} {sorted(attributes.items())}"
    if not target.method and tuned.get(key) == _PLAIN:
        return None
    try:
        built = Built(_graph(key, make, target.method), **how)
    except RuntimeError:
        return None
    if target.method or tuned.get(key) == _GRAPH:
        return built
    contests = _contests.get()
    if contests is not None:
        contests.append(_Contest(built, find(operation, "cuda"), shapes, attributes))
        return built
    is_quicker = _is_quicker(_Contest(built, find(operation, "cuda"), shapes, attributes))
    tuned.put(key, _GRAPH if is_quicker else _PLAIN)
    return built if is_quicker else None


def _graph(key: str, make: Make, method: str) -> Graph:
    """Return the graph of a key, which is made once for each GPU. Raises RuntimeError where there is none."""
    import cupy

    place = cupy.cuda.runtime.getDevice(), key
    if (*place, method) not in _graphs:
        graph = Graph(make, method)
        _graphs[*place, method] = _graphs[*place, graph.method] = graph
    return _graphs[*place, method]


_graphs: dict[tuple[int, str, str], Graph] = {}


@dataclass(frozen=True)
class _Contest:
    """A graph, and the plain kernel that it is to be timed against."""

    built: Built
    plain: Kernel
    shapes: dict[str, Shape]
    attributes: Mapping[str, Any]

    @property
    def scratch(self) -> dict[str, Shape]:
        """The shapes of the plain kernel's scratch arrays."""
        make = self.plain.workspace
        return make(self.shapes, **self.attributes) if make else {}

    def rehearse(self) -> None:
        """Launch all plain kernels that both sides have, on arrays without memory."""
        arrays = {port: _hollow(shape, exact=port in _EXACT) for port, shape in self.shapes.items()}
        own = {port: _hollow(shape, exact=True) for port, shape in self.scratch.items()}
        self.plain.function(**arrays, **own, **self.attributes)
        of_graph = {port: _hollow(shape, exact=True) for port, shape in self.built.scratch.items()}
        if self.built.rounded_port:
            _cast(_hollow(self.built.rounded_shape), arrays[self.built.rounded_port])()
        for bind in self.built.after:
            bind({**arrays, **of_graph})()


_contests: ContextVar[list[_Contest] | None] = ContextVar("contests", default=None)


def compile_contests(build_all: Callable[[], object]) -> None:
    """Compile at once, on all cores, the plain kernels of all graphs that ``build_all`` would have timed."""
    found: list[_Contest] = []
    token = _contests.set(found)
    try:
        build_all()
    finally:
        _contests.reset(token)
    if found:
        import cupy

        with rehearsal() as kernels:
            for contest in found:
                contest.rehearse()
        compile_all(kernels, cupy.cuda.Device().use)


def _is_quicker(contest: _Contest) -> bool:
    """Whether a graph takes less time than the plain kernel."""
    import cupy

    of_graph, of_plain = _times(contest)
    cupy.get_default_memory_pool().free_all_blocks()
    return of_graph < of_plain


def _times(contest: _Contest) -> tuple[float, float]:
    """Return how long a graph takes, and how long the plain kernel."""
    import cupy

    built, plain = contest.built, contest.plain
    with cupy.cuda.Stream(non_blocking=True) as stream:
        arrays = {port: _array(port, shape) for port, shape in contest.shapes.items()}
        own = {
            port: _viewed(filled(prod(shape)), shape, exact=True) for port, shape in contest.scratch.items()
        }
        of_graph = {
            port: _viewed(filled(prod(shape)), shape, exact=True) for port, shape in built.workspace.items()
        }
        graph_time = time(stream, built.bind("", {**arrays, **of_graph}).joined([]))
        return graph_time, time(stream, partial(plain.function, **arrays, **own, **contest.attributes))


def _hollow(shape: Shape, *, exact: bool = False) -> Any:
    """Return an array of bfloat16, or of float32, that is as large only in its shape."""
    import ml_dtypes

    return np.broadcast_to(np.zeros((), np.float32 if exact else ml_dtypes.bfloat16), shape)


def _array(port: str, shape: Shape) -> Any:
    return _viewed(filled(prod(shape)), shape, exact=port in _EXACT)


def _viewed(memory: Any, shape: Shape, *, exact: bool = False) -> Any:
    """Return memory as an array of bfloat16, or of float32."""
    import cupy
    import ml_dtypes

    return cupy.ndarray(shape, cupy.float32 if exact else ml_dtypes.bfloat16, memory.data)


def _cast(x: DeviceArray, y: DeviceArray) -> Callable[[], None]:
    from kernels.cuda import cast

    return lambda: cast.forward(x=x, y=y)
