"""Neurons, as far as they need no more than comparisons; the formulas are those of kernels/cpu/neuron.py."""

from __future__ import annotations

from collections.abc import Callable

from kernels.arrays import Shape
from kernels.cpu.vector.flat import by_images
from kernels.cpu.vector.generated import Arguments, Generated
from kernels.cpu.vector.ir import Code, Number
from kernels.cpu.vector.target import Target


def forward(shapes: dict[str, Shape], target: Target, *, neuron: str) -> Generated | None:
    """Return the kernel that writes the outputs y of a ReLU, and none for other neurons."""
    if neuron != "relu":
        return None

    def body(code: Code, arguments: Arguments) -> Callable[[Number, int], None]:
        def vector(at: Number, lanes: int) -> None:
            code.store(code.relu(code.load(arguments["x"], at, lanes)), arguments["y"], at, lanes)

        return vector

    runs = by_images(shapes["x"])
    return Generated(
        what="neuron.forward",
        arrays=("x", "y"),
        phases=(runs.phase(("x",), ("y",), body),),
        tables=runs.tables,
    )


def backward(
    shapes: dict[str, Shape], target: Target, *, neuron: str, accumulate: bool = False
) -> Generated | None:
    """Return the kernel that writes the gradient of a ReLU's inputs, or adds it to dx."""
    if neuron != "relu":
        return None

    def body(code: Code, arguments: Arguments) -> Callable[[Number, int], None]:
        def vector(at: Number, lanes: int) -> None:
            dy = code.load(arguments["dy"], at, lanes)
            active = code.builder.fcmp_ordered(">", code.load(arguments["y"], at, lanes), code.zero)
            gradient = code.builder.select(active, dy, code.zero)
            if accumulate:
                gradient = code.builder.fadd(gradient, code.load(arguments["dx"], at, lanes))
            code.store(gradient, arguments["dx"], at, lanes)

        return vector

    runs = by_images(shapes["y"])
    return Generated(
        what=f"neuron.backward {accumulate}",
        arrays=("y", "dy", "dx"),
        phases=(runs.phase(("y", "dy"), ("dx",), body),),
        tables=runs.tables,
    )
