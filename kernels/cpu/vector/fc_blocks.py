"""Blocks of a fully connected layer's weights, each read once for the gradients of a group of inputs.

                    inputs of a group, in columns as wide as a tile
                   ┌────────┬────────┬───┐
    64 outputs     │ block  │        │   │   dx (images, group) += dy of the outputs · block
                   └────────┴────────┴───┘   gradient (outputs, group) = dyᵀ of the outputs · x of the group

Rows of the weights are a power of two apart, or nearly so, where a cache has few places for them. So all that
tiles read is packed into a thread's scratch memory: a block's columns lie one under the other, in one piece.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kernels.cpu.vector.ir import Code, Number, Value, spans
from kernels.cpu.vector.target import Target
from kernels.cpu.vector.tile import Operands, Tile, column_blocks, multiply_rows

_OUTPUTS = 64
_INPUTS = 512
_FEW_GROUPS = 4
_CACHED = 1 << 17
"""Elements that the inputs of a group should have at most, of all images."""


@dataclass(frozen=True)
class Blocks:
    """The blocks of a layer's weights (outputs, inputs), for so many ``images``."""

    target: Target
    images: int
    inputs: int
    outputs: int

    @property
    def group_inputs(self) -> int:
        """Inputs of a group: whole tiles of them, and enough groups for several threads."""
        tile = self.target.most_vectors * self.target.lanes
        most = min(_INPUTS, _CACHED // self.images, -(-self.inputs // _FEW_GROUPS))
        return -(-most // tile) * tile

    @property
    def groups(self) -> int:
        """How many groups of inputs there are."""
        return -(-self.inputs // self.group_inputs)

    @property
    def block_size(self) -> int:
        """Elements of a packed block of weights, or of their gradient."""
        return _OUTPUTS * self.group_inputs

    @property
    def inputs_size(self) -> int:
        """Elements of the packed inputs of a group."""
        return self.images * self.group_inputs

    @property
    def gradients_size(self) -> int:
        """Elements of the gradients of a block's outputs."""
        return self.images * _OUTPUTS

    def each(self, code: Code, body: Callable[[Number, int, bool], None]) -> None:
        """Run ``body(first output, outputs, is first)`` for each block of a group of inputs."""
        first = min(_OUTPUTS, self.outputs)
        body(0, first, True)
        code.each(
            spans(self.outputs - first, _OUTPUTS),
            lambda at, count: body(code.plus(at, first), count, False),
        )

    def pack(self, code: Code, source: Value, rows: int, columns: int, packed: Value) -> None:
        """Copy the first ``columns`` inputs of some rows, block by block of columns."""

        def row(number: Number) -> None:
            here = code.at(source, code.times(number, self.inputs))

            def block(first: Number, count: int) -> None:
                at = code.plus(code.times(first, rows), code.times(number, count))
                code.copy(code.at(here, first), code.at(packed, at), count)

            code.each(column_blocks(self.target, columns), block)

        code.loop(rows, row)

    def copy_gradients(self, code: Code, dy: Value, outputs: int, copied: Value) -> None:
        """Copy the gradients dy of a block's ``outputs``: (images, 64)."""

        def image(number: Number) -> None:
            source = code.at(dy, code.times(number, self.outputs))
            code.copy(source, code.at(copied, code.times(number, _OUTPUTS)), outputs)

        code.loop(self.images, image)

    def add_to_inputs(
        self, code: Code, shape: tuple[int, int], dy: Value, weights: Value, dx: Value, *, load: bool
    ) -> None:
        """Write or add to dx what a block of a ``shape`` (outputs, inputs) gives, from copied and packed."""
        outputs, inputs = shape

        def block(first: Number, columns: int) -> None:
            multiply_rows(
                code,
                self.images,
                columns,
                lambda tile_rows, tile_columns: Tile(
                    rows=tile_rows,
                    columns=tile_columns,
                    depth=outputs,
                    a_step=1,
                    a_row=_OUTPUTS,
                    b_step=columns,
                    c_row=self.inputs,
                    start="load" if load else "zero",
                ),
                lambda image: Operands(
                    a=code.at(dy, code.times(image, _OUTPUTS)),
                    b=code.at(weights, code.times(first, outputs)),
                    c=code.at(dx, code.plus(first, code.times(image, self.inputs))),
                ),
            )

        code.each(column_blocks(self.target, inputs), block)

    def write_gradient(
        self, code: Code, shape: tuple[int, int], dy: Value, x: Value, gradient: Value
    ) -> None:
        """Write the gradient of a block of a ``shape`` (outputs, inputs), from copied and packed."""
        outputs, inputs = shape

        def block(first: Number, columns: int) -> None:
            multiply_rows(
                code,
                outputs,
                columns,
                lambda tile_rows, tile_columns: Tile(
                    rows=tile_rows,
                    columns=tile_columns,
                    depth=self.images,
                    a_step=_OUTPUTS,
                    a_row=1,
                    b_step=columns,
                    c_row=self.group_inputs,
                ),
                lambda output: Operands(
                    a=code.at(dy, output),
                    b=code.at(x, code.times(first, self.images)),
                    c=code.at(gradient, code.plus(first, code.times(output, self.group_inputs))),
                ),
            )

        code.each(column_blocks(self.target, inputs), block)
