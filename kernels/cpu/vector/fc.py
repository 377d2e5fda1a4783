"""Fully connected layers by register tiles; the formulas are those of kernels/cpu/fc.py.

Weights are read from where they lie, (outputs, inputs), and once a step: blocks of both sums stay in a cache.

Forward. A tile's rows are outputs, its columns examples, which are transposed first: (inputs, examples). A
group is some outputs; it goes through the inputs in blocks, and writes its outputs in the end, with biases.

Gradient of inputs. Rows are examples, columns inputs; a group is some inputs, and goes through the outputs in
blocks: see fc_blocks.py.

Gradient of weights. Rows are outputs, columns inputs, and the examples are the steps of the sum; groups and
blocks are the same.
"""

from __future__ import annotations

from kernels.arrays import Shape
from kernels.cpu.vector.fc_blocks import Blocks
from kernels.cpu.vector.generated import Arguments, Generated, Phase
from kernels.cpu.vector.ir import Code, Number
from kernels.cpu.vector.pack import pack_transposed, packed_size
from kernels.cpu.vector.picture import elements
from kernels.cpu.vector.target import Target
from kernels.cpu.vector.tile import Operands, Tile, column_blocks, multiply_rows, whole

_INPUT_BLOCK = 512
_OUTPUT_GROUP = 48


def forward(shapes: dict[str, Shape], target: Target) -> Generated | None:
    """Return the kernel that writes the outputs y."""
    if "biases" not in shapes:
        return None
    images, inputs = shapes["x"][0], elements(shapes["x"])
    outputs = elements(shapes["y"])
    width = whole(target, images)
    packing = pack_transposed(target, "x", "examples", images, inputs)

    def multiply(code: Code, arguments: Arguments) -> None:
        first_output = code.times(arguments.group, _OUTPUT_GROUP)

        def group(rows: int) -> None:
            weights = code.at(arguments["weights"], code.times(first_output, inputs))
            code.clear(arguments.scratch, rows * width)

            def block(number: Number) -> None:
                first_input = code.times(number, _INPUT_BLOCK)
                depth = code.smaller(_INPUT_BLOCK, code.plus(inputs, code.times(first_input, -1)))

                def columns(first: Number, size: int) -> None:
                    step = whole(target, size)
                    start = code.plus(code.times(first, inputs), code.times(first_input, step))
                    multiply_rows(
                        code,
                        rows,
                        size,
                        lambda tile_rows, tile_columns: Tile(
                            rows=tile_rows,
                            columns=tile_columns,
                            depth=None,
                            a_step=1,
                            a_row=inputs,
                            b_step=step,
                            c_row=width,
                            start="load",
                            padded=True,
                        ),
                        lambda row: Operands(
                            a=code.at(weights, code.plus(first_input, code.times(row, inputs))),
                            b=code.at(arguments["examples"], start),
                            c=code.at(arguments.scratch, code.plus(first, code.times(row, width))),
                            depth=depth,
                        ),
                    )

                code.each(column_blocks(target, images), columns)

            code.loop(-(-inputs // _INPUT_BLOCK), block)
            _write_outputs(code, arguments, (first_output, rows), (images, outputs))

        code.cases(arguments.group, outputs, _OUTPUT_GROUP, group)

    return Generated(
        what=f"fc.forward {shapes}",
        arrays=("x", "weights", "biases", "y"),
        phases=(
            packing,
            Phase(
                "multiply", -(-outputs // _OUTPUT_GROUP), ("examples", "weights", "biases"), ("y",), multiply
            ),
        ),
        workspace={"examples": (packed_size(target, images, inputs),)},
        scratch=_OUTPUT_GROUP * width,
    )


def _write_outputs(
    code: Code, arguments: Arguments, outputs_here: tuple[Number, int], shape: tuple[int, int]
) -> None:
    """Write some outputs, the first and how many, from the scratch memory (…, images) to y."""
    first_output, rows = outputs_here
    images, outputs = shape
    width = whole(code.unit.target, images)
    biases = code.at(arguments["biases"], first_output)

    def image(index: Number) -> None:
        y = code.at(arguments["y"], code.plus(first_output, code.times(index, outputs)))
        sums = code.at(arguments.scratch, index)

        def vector(row: Number, lanes: int) -> None:
            column = [code.scalar(sums, code.times(code.plus(row, lane), width)) for lane in range(lanes)]
            values = code.vector_of([*column, *[None] * (code.lanes - lanes)])
            values = code.builder.fadd(values, code.load(biases, row, lanes))
            code.store(values, y, row, lanes)

        code.vectors(rows, vector)

    code.loop(images, image)


def backward_data(shapes: dict[str, Shape], target: Target, *, accumulate: bool = False) -> Generated:
    """Return the kernel that writes the gradient of the inputs, or adds it to dx."""
    images, inputs = shapes["dx"][0], elements(shapes["dx"])
    blocks = Blocks(target, images, inputs, elements(shapes["dy"]))
    at_dy = blocks.sums_size
    at_weights = at_dy + blocks.gradients_size

    def multiply(code: Code, arguments: Arguments) -> None:
        first_input = code.times(arguments.group, blocks.group_inputs)
        dx = code.at(arguments["dx"], first_input)
        dy, packed = code.at(arguments.scratch, at_dy), code.at(arguments.scratch, at_weights)
        sums = (arguments.scratch, blocks.sums_row) if blocks.sums_size else (dx, inputs)
        adds_to_dx = accumulate and not blocks.sums_size

        def group(size: int) -> None:
            def block(first_output: Number, count: int, is_first: bool) -> None:
                at = code.plus(first_input, code.times(first_output, inputs))
                blocks.copy_gradients(code, code.at(arguments["dy"], first_output), count, dy)
                blocks.pack(code, code.at(arguments["weights"], at), count, size, packed)
                load = adds_to_dx or not is_first
                blocks.add_to_inputs(code, (count, size), dy, packed, sums, load=load)

            blocks.each(code, block)
            if blocks.sums_size:
                blocks.write_sums(code, arguments.scratch, size, dx, accumulate=accumulate)

        code.cases(arguments.group, inputs, blocks.group_inputs, group)

    return Generated(
        what=f"fc.backward_data {shapes} {accumulate}",
        arrays=("dy", "weights", "dx"),
        phases=(Phase("multiply", blocks.groups, ("dy", "weights"), ("dx",), multiply),),
        scratch=at_weights + blocks.block_size,
    )


def backward_weights(shapes: dict[str, Shape], target: Target, *, accumulate: bool = False) -> Generated:
    """Return the kernel that writes the gradient of the weights, or adds it to dweights."""
    images, inputs = shapes["x"][0], elements(shapes["x"])
    blocks = Blocks(target, images, inputs, elements(shapes["dy"]))

    def multiply(code: Code, arguments: Arguments) -> None:
        first_input = code.times(arguments.group, blocks.group_inputs)
        x, dy = arguments.scratch, code.at(arguments.scratch, blocks.inputs_size)

        def group(size: int) -> None:
            blocks.pack(code, code.at(arguments["x"], first_input), images, size, x)

            def block(first_output: Number, count: int, _: bool) -> None:
                at = code.plus(first_input, code.times(first_output, inputs))
                blocks.copy_gradients(code, code.at(arguments["dy"], first_output), count, dy)
                dweights = code.at(arguments["dweights"], at)
                blocks.write_gradient(code, (count, size), dy, x, dweights, accumulate=accumulate)

            blocks.each(code, block)

        code.cases(arguments.group, inputs, blocks.group_inputs, group)

    return Generated(
        what=f"fc.backward_weights {shapes} {accumulate}",
        arrays=("x", "dy", "dweights"),
        phases=(Phase("multiply", blocks.groups, ("x", "dy"), ("dweights",), multiply),),
        scratch=blocks.inputs_size + blocks.gradients_size,
    )
