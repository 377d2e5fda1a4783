"""Blocks of a fully connected layer's weights, as gradients go through them: for a group of inputs each.

                    inputs of a group, in columns as wide as a tile
                   ┌────────┬────────┬───┐
    64 outputs     │ block  │        │   │   dx (images, group) += dy of the outputs · block
                   └────────┴────────┴───┘   gradient of the block = dyᵀ of the outputs · x (images, group)

Rows of weights, inputs and outputs are a power of two apart, or nearly so, where a cache has few places for
them. So all that tiles read is packed into a thread's scratch memory: a block's columns lie one under the
other, in one piece. Sums to which several blocks add are there, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kernels.cpu.vector.ir import Code, Number, Value, spans
from kernels.cpu.vector.target import Target
from kernels.cpu.vector.tile import Operands, Tile, column_blocks, multiply, multiply_rows, tile_rows

_OUTPUTS = 64
_INPUTS = 512
_FEW_GROUPS = 4
_AHEAD = 4
"""Rows between what is packed and what is sent for: a processor by itself does not look so far ahead."""
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
        """Elements of a packed block of weights."""
        return _OUTPUTS * self.group_inputs

    @property
    def inputs_size(self) -> int:
        """Elements of the packed inputs of a group."""
        return self.images * self.group_inputs

    @property
    def sums_row(self) -> int:
        """Elements from the sums of an image to those of the next: no power of two."""
        return self.group_inputs + self.target.lanes

    @property
    def sums_size(self) -> int:
        """Elements of the sums of a group, if several blocks add to them."""
        return self.images * self.sums_row if self.outputs > _OUTPUTS else 0

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
            ahead = code.at(here, _AHEAD * self.inputs)

            def block(first: Number, count: int) -> None:
                code.prefetch(code.at(ahead, first), count)
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
        self,
        code: Code,
        shape: tuple[int, int],
        dy: Value,
        weights: Value,
        sums: tuple[Value, int],
        *,
        load: bool,
    ) -> None:
        """Write, or add, what a block of a ``shape`` (outputs, inputs) gives, from copied and packed.

        ``sums`` are where those of the first image are, and how far from one to the next.
        """
        outputs, inputs = shape
        start, apart = sums

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
                    c_row=apart,
                    start="load" if load else "zero",
                ),
                lambda image: Operands(
                    a=code.at(dy, code.times(image, _OUTPUTS)),
                    b=code.at(weights, code.times(first, outputs)),
                    c=code.at(start, code.plus(first, code.times(image, apart))),
                ),
            )

        code.each(column_blocks(self.target, inputs), block)

    def write_sums(self, code: Code, sums: Value, inputs: int, dx: Value, *, accumulate: bool) -> None:
        """Write the sums of some ``inputs`` to dx, or add them."""

        def image(number: Number) -> None:
            source = code.at(sums, code.times(number, self.sums_row))
            to = code.at(dx, code.times(number, self.inputs))

            def vector(at: Number, lanes: int) -> None:
                values = code.load(source, at, lanes)
                if accumulate:
                    values = code.builder.fadd(values, code.load(to, at, lanes))
                code.store(values, to, at, lanes)

            code.vectors(inputs, vector)

        code.loop(self.images, image)

    def write_gradient(
        self, code: Code, shape: tuple[int, int], dy: Value, x: Value, dweights: Value, *, accumulate: bool
    ) -> None:
        """Write, or add to, the gradient of a block of a ``shape`` (outputs, inputs), from copied and packed.

        Few rows at a time, each from its first to its last column: so a processor sees what will be written.
        """
        outputs, inputs = shape
        columns_of = column_blocks(self.target, inputs)

        def some(first_output: Number, rows: int) -> None:
            def block(first: Number, columns: int) -> None:
                tile = Tile(
                    rows=rows,
                    columns=columns,
                    depth=self.images,
                    a_step=_OUTPUTS,
                    a_row=1,
                    b_step=columns,
                    c_row=self.inputs,
                    start="load" if accumulate else "zero",
                )
                operands = Operands(
                    a=code.at(dy, first_output),
                    b=code.at(x, code.times(first, self.images)),
                    c=code.at(dweights, code.plus(first, code.times(first_output, self.inputs))),
                )
                multiply(code, tile, operands)

            code.each(columns_of, block)

        code.each(spans(outputs, tile_rows(self.target, columns_of[0].size)), some)
