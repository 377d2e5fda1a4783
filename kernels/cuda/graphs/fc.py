"""Fully connected layers by cuDNN: products of matrices, with bias, ReLU and gate in the same kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from kernels.arrays import Shape
from kernels.cuda import bias
from kernels.cuda._arrays import DeviceArray
from kernels.cuda.graphs.built import Built, build
from kernels.cuda.graphs.target import Target

Shapes = dict[str, Shape]


def forward(shapes: Shapes, target: Target, *, neuron: str = "", accumulate: bool = False) -> Built | None:
    """Make the kernel that writes the outputs: biases are added, then a ReLU acts."""
    if accumulate or neuron not in ("", "relu") or not _fits(shapes["weights"]):
        return None
    rows, (outputs, inputs) = shapes["x"][0], shapes["weights"]

    def make(graph: Any) -> dict[str, Any]:
        x, weights = _matrix(graph, "x", rows, inputs), _transposed(graph, "weights", outputs, inputs)
        tensors = {"x": x, "weights": weights}
        y = graph.matmul(A=x, B=weights)
        if "biases" in shapes:
            tensors["biases"] = _matrix(graph, "biases", 1, outputs)
            y = graph.bias(input=y, bias=tensors["biases"])
        if neuron:
            y = graph.relu(input=y)
        return {**tensors, "y": _output(y)}

    return build("fc.forward", shapes, {"neuron": neuron}, make, target)


def backward_data(shapes: Shapes, target: Target, *, accumulate: bool = False) -> Built | None:
    """Make the kernel that writes the gradient of the inputs, through a gate where there is one."""
    if accumulate or not _fits(shapes["weights"]):
        return None
    rows, (outputs, inputs) = shapes["dy"][0], shapes["weights"]

    def make(graph: Any) -> dict[str, Any]:
        dy, weights = _matrix(graph, "dy", rows, outputs), _matrix(graph, "weights", outputs, inputs)
        tensors = {"dy": dy, "weights": weights}
        dx = graph.matmul(A=dy, B=weights)
        if "gate" in shapes:
            tensors["gate"] = _matrix(graph, "gate", rows, inputs)
            dx = graph.relu_backward(loss=dx, input=tensors["gate"])
        return {**tensors, "dx": _output(dx)}

    return build("fc.backward_data", shapes, {}, make, target)


def backward_weights(shapes: Shapes, target: Target, *, accumulate: bool = False) -> Built | None:
    """Make the kernel that writes the gradients of the weights and of the biases."""
    if accumulate or not _fits(shapes["dweights"]):
        return None
    rows, (outputs, inputs) = shapes["dy"][0], shapes["dweights"]

    def make(graph: Any) -> dict[str, Any]:
        dy, x = _transposed(graph, "dy", rows, outputs), _matrix(graph, "x", rows, inputs)
        dweights = graph.matmul(A=dy, B=x)
        return {"dy": dy, "x": x, "dweights": _output(dweights, exact=True)}

    of_biases = {"dy": shapes["dy"], "dbiases": shapes["dbiases"]} if "dbiases" in shapes else {}
    return build(
        "fc.backward_weights",
        shapes,
        {},
        make,
        target,
        after=(_bias_gradient,) if of_biases else (),
        scratch=bias.backward_workspace(of_biases) if of_biases else {},
    )


def _bias_gradient(arrays: Mapping[str, DeviceArray]) -> Callable[[], None]:
    dy, dbiases, shares = arrays["dy"], arrays["dbiases"], arrays["shares"]
    return lambda: bias.backward(dy=dy, dbiases=dbiases, shares=shares)


def _fits(weights: Shape) -> bool:
    """Whether rows begin at multiples of 16 bytes, and products are large enough to be worth a library."""
    return all(extent % 8 == 0 for extent in weights) and prod(weights) >= 1 << 18


def _matrix(graph: Any, name: str, rows: int, columns: int) -> Any:
    return graph.tensor(name=name, dim=[1, rows, columns], stride=[rows * columns, columns, 1])


def _transposed(graph: Any, name: str, rows: int, columns: int) -> Any:
    """Add a matrix of columns × rows that lies in memory as its transpose."""
    return graph.tensor(name=name, dim=[1, columns, rows], stride=[rows * columns, 1, columns])


def _output(tensor: Any, *, exact: bool = False) -> Any:
    import cudnn

    numbers = cudnn.data_type
    return tensor.set_output(True).set_data_type(numbers.FLOAT if exact else numbers.BFLOAT16)
