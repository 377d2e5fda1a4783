"""Fully connected layers that learn while they go back; the formulas are those of kernels/cpu/fc_sgd.py.

A group of inputs goes through its blocks of weights once (see fc_blocks.py): each block gives its share of
dx, and then takes its own gradient, which is written to a thread's scratch memory and nowhere else.
"""

from __future__ import annotations

from kernels.arrays import Shape
from kernels.cpu.vector.fc_blocks import Blocks
from kernels.cpu.vector.generated import Arguments, Generated, Phase
from kernels.cpu.vector.ir import Code, Number
from kernels.cpu.vector.picture import elements
from kernels.cpu.vector.sgd import descent, is_asked
from kernels.cpu.vector.target import Target


def update(shapes: dict[str, Shape], target: Target, *, slot: int) -> Generated:
    """Return the kernel that updates weights and velocity, and before writes dx where there is one."""
    images, inputs = shapes["x"][0], elements(shapes["x"])
    outputs = elements(shapes["dy"])
    blocks = Blocks(target, images, inputs, outputs)
    at_dy = blocks.inputs_size
    at_gradient = at_dy + blocks.gradients_size
    at_weights = at_gradient + blocks.block_size

    def multiply(code: Code, arguments: Arguments) -> None:
        step, asked = descent(code, arguments, slot), is_asked(code, arguments)
        first_input = code.times(arguments.group, blocks.group_inputs)
        x, dy, gradient, packed = (
            code.at(arguments.scratch, at) for at in (0, at_dy, at_gradient, at_weights)
        )

        def group(size: int) -> None:
            blocks.pack(code, code.at(arguments["x"], first_input), images, size, x)

            def block(first_output: Number, count: int, is_first: bool) -> None:
                at = code.plus(first_input, code.times(first_output, inputs))
                weights, velocity = (code.at(arguments[name], at) for name in ("weights", "velocity"))
                blocks.copy_gradients(code, code.at(arguments["dy"], first_output), count, dy)
                if "dx" in shapes:
                    blocks.pack(code, weights, count, size, packed)
                    dx = code.at(arguments["dx"], first_input)
                    blocks.add_to_inputs(code, (count, size), dy, packed, dx, load=not is_first)
                with code.builder.if_then(asked):
                    blocks.write_gradient(code, (count, size), dy, x, gradient)

                    def row(output: Number) -> None:
                        of_row = code.at(gradient, code.times(output, blocks.group_inputs))
                        here = code.times(output, inputs)
                        code.vectors(size, step.of(of_row, code.at(weights, here), code.at(velocity, here)))

                    code.loop(count, row)

            blocks.each(code, block)

        code.cases(arguments.group, inputs, blocks.group_inputs, group)

    writes = ("weights", "velocity", *(["dx"] if "dx" in shapes else []))
    reads = ("x", "dy", "counters", "settings")
    return Generated(
        what=f"fc_sgd.update {shapes} {slot}",
        arrays=(*reads, *writes),
        phases=(Phase("multiply", blocks.groups, reads, writes, multiply),),
        scratch=at_weights + (blocks.block_size if "dx" in shapes else 0),
    )
