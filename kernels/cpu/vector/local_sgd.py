"""Local layers that learn as soon as a place's gradient is there; the formulas: kernels/cpu/local_sgd.py.

A group is a place. Its gradient stays in a thread's scratch memory, and from there goes into its weights.
"""

from __future__ import annotations

from kernels.arrays import Pair, Shape
from kernels.cpu.vector.generated import Arguments, Generated
from kernels.cpu.vector.ir import Code
from kernels.cpu.vector.local import gathered, write_gradient
from kernels.cpu.vector.local_places import Here, Layer, by_windows
from kernels.cpu.vector.sgd import descent, is_asked
from kernels.cpu.vector.target import Target


def update(
    shapes: dict[str, Shape],
    target: Target,
    *,
    size: Pair,
    stride: Pair,
    padding: Pair,
    slot: int,
    groups: int = 1,
) -> Generated | None:
    """Return the kernel that updates weights and velocity."""
    if groups != 1:
        return None
    layer = Layer(shapes["x"], shapes["dy"], size, stride, padding)

    def place(code: Code, arguments: Arguments, down: Here, across: Here) -> None:
        with code.builder.if_then(is_asked(code, arguments)):
            more = code.at(arguments.scratch, layer.weights_of_place)
            write_gradient(code, arguments, layer, (down, across), arguments.scratch, scratch=more)
            at = code.times(layer.place(code, down.item, across.item), layer.weights_of_place)
            weights, velocity = (code.at(arguments[name], at) for name in ("weights", "velocity"))
            step = descent(code, arguments, slot)
            code.vectors(layer.weights_of_place, step.of(arguments.scratch, weights, velocity))

    reads, writes = ("x", "dy", "counters", "settings"), ("weights", "velocity")
    return Generated(
        what=f"local_sgd.update {layer} {slot}",
        arrays=(*reads, *writes),
        phases=(by_windows(layer, reads, writes, place),),
        scratch=layer.weights_of_place + gathered(target, layer),
    )
