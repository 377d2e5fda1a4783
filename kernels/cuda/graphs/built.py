"""What the kernels of this package have in common: a graph, and small kernels before and after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import prod
from typing import Any

from kernels.arrays import Shape
from kernels.cuda._arrays import DeviceArray
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
    is_quicker = _is_quicker(built, find(operation, "cuda"), shapes, attributes)
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


def _is_quicker(built: Built, plain: Kernel, shapes: dict[str, Shape], attributes: Mapping[str, Any]) -> bool:
    """Whether a graph takes less time than the plain kernel."""
    import cupy

    of_graph, of_plain = _times(built, plain, shapes, attributes)
    cupy.get_default_memory_pool().free_all_blocks()
    return of_graph < of_plain


def _times(
    built: Built, plain: Kernel, shapes: dict[str, Shape], attributes: Mapping[str, Any]
) -> tuple[float, float]:
    """Return how long a graph takes, and how long the plain kernel."""
    import cupy

    scratch = plain.workspace(shapes, **attributes) if plain.workspace else {}
    with cupy.cuda.Stream(non_blocking=True) as stream:
        arrays = {port: _array(port, shape) for port, shape in shapes.items()}
        own = {port: _viewed(filled(prod(shape)), shape, exact=True) for port, shape in scratch.items()}
        of_graph = {
            port: _viewed(filled(prod(shape)), shape, exact=True) for port, shape in built.workspace.items()
        }
        graph_time = time(stream, built.bind("", {**arrays, **of_graph}).joined([]))
        return graph_time, time(stream, partial(plain.function, **arrays, **own, **attributes))


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
