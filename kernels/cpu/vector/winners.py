"""The gradient of a pooled convolution's filters: a sum over windows' winners, not over pixels.

    windows of one map    g₀ g₁ g₂ …       gradient
                          p₀ p₁ p₂ …       where the rows of pixels that the winner was made of begin
                          ╲  ╲  ╲
    gradient of a filter   += g · row of pixels, one vector for each row of taps, all of them in registers

A picture is first copied to *strips*: at each place of a row of windows, as many pixels as a row of taps
sees, from the beginning of a vector on. Some rows of windows are done for all filters of a vector, then the
next: so strips stay in the nearest cache. Where a window has several winners, as many turns are made.
"""

from __future__ import annotations

from dataclasses import dataclass

from llvmlite import ir

from kernels.arrays import Pair
from kernels.cpu.vector.generated import Arguments
from kernels.cpu.vector.ir import I32, I64, POINTER, Code, Number, Span, Value, spans
from kernels.cpu.vector.pack import sum_of_groups
from kernels.cpu.vector.picture import Windows
from kernels.cpu.vector.target import Target
from kernels.cpu.vector.tile import whole

_EXPONENT, _BIAS = 23, 127
"""Where a float32 has its exponent, and what that of 1 is."""
_NEAR = 6_000
"""Elements of strips that stay in the nearest cache."""


@dataclass(frozen=True)
class Winners:
    """The gradient of filters from the winners of windows of maps.

    Sums are those of the filters, each row of taps in whole vectors, and after them those of the biases. A
    thread's scratch memory holds the picture with its border, strips, and for each window and a vector of
    filters the winners that are left, the gradient, and where the strip of the winner begins.
    """

    target: Target
    windows: Windows
    filters: int
    pooled: Pair
    pool_size: Pair
    pool_stride: Pair
    pool_start: Pair

    @property
    def run(self) -> int:
        """Elements of a row of taps."""
        return self.windows.size[1] * self.windows.channels

    @property
    def width(self) -> int:
        """Elements of a row of taps in whole vectors."""
        return whole(self.target, self.run)

    @property
    def one_filter(self) -> int:
        """Elements of the sums of one filter."""
        return self.windows.size[0] * self.width

    @property
    def sums(self) -> int:
        """Elements of the sums of a group of images."""
        return self.filters * self.one_filter + whole(self.target, self.filters)

    @property
    def strip_row(self) -> int:
        """Elements of the strips of one row of pixels."""
        return self.windows.places[1] * self.width

    @property
    def listed(self) -> int:
        """Elements that hold something of each window for a vector of filters."""
        return self.pooled[0] * self.pooled[1] * self.target.lanes

    @property
    def at_strips(self) -> int:
        """Where the strips begin in the scratch memory."""
        return whole(self.target, self.windows.copied)

    @property
    def at_lists(self) -> int:
        """Where the lists begin in the scratch memory."""
        return self.at_strips + self.windows.seen[0] * self.strip_row

    @property
    def scratch(self) -> int:
        """Elements of scratch memory."""
        return self.at_lists + 3 * self.listed

    def add(
        self, code: Code, picture: Value, pooled: tuple[Value, Value], sums: Value, scratch: Value
    ) -> None:
        """Add what one picture counts; ``pooled`` are the winners and the gradients of its pooled maps."""
        strips = code.at(scratch, self.at_strips)
        self._cut_strips(code, self.windows.open(code, picture, scratch), strips)
        left, gradients, places = (code.at(scratch, self.at_lists + n * self.listed) for n in range(3))

        def block(first: Number, lanes: int) -> None:
            won, dz = (code.at(array, first) for array in pooled)
            biases = code.at(sums, code.plus(self.filters * self.one_filter, first))
            own = code.at(sums, code.times(first, self.one_filter))

            def turn(number: Number) -> Value:
                is_first = code.builder.icmp_signed("==", number, I64(0))
                bits = code.builder.select(is_first, won, left)
                apart = code.builder.select(is_first, I64(self.filters), I64(code.lanes))
                again = self._take_winners(
                    code, (bits, apart), (dz, lanes), (left, gradients, places), biases
                )
                code.each(
                    self._bands,
                    lambda row, rows: code.each(
                        spans(lanes, self._at_once[0]),
                        lambda filter_, count: self._call_sum(
                            code,
                            (count, rows),
                            [
                                *(
                                    code.at(listed, self._item(code, row, filter_))
                                    for listed in (gradients, places)
                                ),
                                strips,
                                code.at(own, code.times(filter_, self.one_filter)),
                            ],
                        ),
                    ),
                )
                return again

            code.repeat(turn)

        code.vectors(self.filters, block)

    @property
    def _bands(self) -> list[Span]:
        """Rows of windows that are done at a time: as many as see no more strips than stay close by."""
        most = max(1, (_NEAR // self.strip_row - self.windows.size[0]) // self.windows.stride[0] + 1)
        rows = max(1, (most - self.pool_size[0]) // self.pool_stride[0] + 1)
        bands = -(-self.pooled[0] // rows)
        return spans(self.pooled[0], -(-self.pooled[0] // bands))

    def _item(self, code: Code, row: Number, filter_: Number) -> Number:
        """Return where a list has the first window of a row for a filter of the vector."""
        return code.plus(code.times(row, self.pooled[1] * code.lanes), filter_)

    def _cut_strips(self, code: Code, opened: Value, strips: Value) -> None:
        def row(number: Number) -> None:
            source = code.at(opened, code.times(number, self.windows.row))
            to = code.at(strips, code.times(number, self.strip_row))
            step = self.windows.stride[1] * self.windows.channels
            code.loop(
                self.windows.places[1],
                lambda place: code.copy(
                    code.at(source, code.times(place, step)),
                    code.at(to, code.times(place, self.width)),
                    # in its border a picture is followed by strips, so that whole vectors may be read
                    self.width if self.windows.bordered else self.run,
                ),
            )

        code.loop(self.windows.seen[0], row)

    def _take_winners(
        self,
        code: Code,
        winners: tuple[Value, Value],
        pooled: tuple[Value, int],
        write: tuple[Value, Value, Value],
        biases: Value,
    ) -> Value:
        """Take each window's first winner: its gradient, and where its strip begins.

        ``winners`` are where the bits of the first window are, and how far apart those of the next. Return
        whether any are left.
        """
        b = code.builder
        (bits_at, apart), (dz, lanes), (left, gradients, places) = winners, pooled, write
        none = code.integers(0)

        def window(row: Number, column: Number, total: Value, kept: Value) -> list[Value]:
            number = code.plus(code.times(row, self.pooled[1]), column)
            at = code.times(number, code.lanes)
            bits = b.bitcast(code.load(bits_at, b.mul(code.value(number), apart), lanes), none.type)
            first = code.plus(
                code.times(row, self.pool_stride[0] * self.windows.stride[0] * self.strip_row),
                code.times(column, self.pool_stride[1] * self.width),
                self._start(0, 0),
            )
            there = b.icmp_signed("!=", bits, none)
            place = b.add(self._of_first_bit(code, bits), code.splat(b.trunc(code.value(first), I32)))
            place = b.select(there, place, none)
            gradient = code.load(dz, code.times(number, self.filters), lanes)
            gradient = b.select(there, gradient, code.zero)
            bits = b.and_(bits, b.sub(bits, code.integers(1)))
            code.store(b.bitcast(bits, code.vector), left, at)
            code.store(gradient, gradients, at)
            code.store(b.bitcast(place, code.vector), places, at)
            return [b.fadd(total, gradient), b.or_(kept, bits)]

        def line(row: Number, carried: list[Value]) -> list[Value]:
            return code.fold(self.pooled[1], carried, lambda column, s: window(row, column, *s))

        total, kept = code.fold(self.pooled[0], [code.load(biases, 0, lanes), none], line)
        code.store(total, biases, 0, lanes)
        return code.any_bit(kept)

    def _of_first_bit(self, code: Code, bits: Value) -> Value:
        """Return how far the strip of the first winner lies behind that of its window's first pixel.

        A number's exponent tells where its only bit is; a product with 1 / width, rounded up, in which row.
        """
        b = code.builder
        width = self.pool_size[1]
        first = b.and_(bits, b.sub(code.integers(0), bits))
        exponent = b.lshr(b.bitcast(b.sitofp(first, code.vector), bits.type), code.integers(_EXPONENT))
        number = b.sub(exponent, code.integers(_BIAS))
        row = b.lshr(b.mul(number, code.integers(-(-(1 << 16) // width))), code.integers(16))
        to_row = self.windows.stride[0] * self.strip_row - width * self.width
        return b.add(b.mul(number, code.integers(self.width)), b.mul(row, code.integers(to_row)))

    def _start(self, i: int, j: int) -> int:
        """Return where the strip of pixel (i, j) of the first window begins."""
        row = (self.pool_start[0] + i) * self.windows.stride[0]
        return row * self.strip_row + (self.pool_start[1] + j) * self.width

    @property
    def _at_once(self) -> Pair:
        """Filters and rows of taps that are summed at a time: their sums fill the registers."""
        vectors = self.width // self.target.lanes
        room = max(1, (self.target.registers - 6) // vectors)
        blocks = -(-self.windows.size[0] // room)
        rows = -(-self.windows.size[0] // blocks)
        return max(1, min(4, room // rows)), rows

    def _call_sum(self, code: Code, size: Pair, operands: list[Value]) -> None:
        function = code.unit.shared(
            ("sparse", size), [POINTER] * len(operands), lambda inner: self._emit_sum(inner, *size)
        )
        code.builder.call(function, operands)

    def _emit_sum(self, code: Code, count: int, pooled_rows: int) -> None:
        """Add the rows of pixels of some rows of windows' winners to the sums of ``count`` filters."""
        gradients, places, strips, sums = code.arguments
        lanes = code.lanes

        def rows(first: Number, size: int) -> None:
            own = code.at(sums, code.times(first, self.width))
            source = code.at(strips, code.times(first, self.strip_row))
            at = [
                (i * self.strip_row + vector, f * self.one_filter + i * self.width + vector)
                for f in range(count)
                for i in range(size)
                for vector in range(0, self.width, lanes)
            ]
            each = len(at) // count

            def window(number: Number, totals: list[Value]) -> list[Value]:
                item = code.times(number, lanes)
                made: list[Value] = []
                for f in range(count):
                    gradient = code.splat(code.scalar(gradients, code.plus(item, f)))
                    strip = code.at(source, code.integer(places, code.plus(item, f), I32))
                    made += [
                        code.fma(gradient, code.load(strip, at[k][0]), totals[k])
                        for k in range(f * each, (f + 1) * each)
                    ]
                return made

            start = [code.load(own, place) for _, place in at]
            totals = code.fold(pooled_rows * self.pooled[1], start, window)
            for (_, place), total in zip(at, totals, strict=True):
                code.store(total, own, place)

        code.each(spans(self.windows.size[0], self._at_once[1]), rows)

    def unpack(self, code: Code, arguments: Arguments, parts: int) -> None:
        """Write the gradients of filter ``group``, and of its bias, from the groups' sums."""
        taps = code.at(arguments["sums"], code.times(arguments.group, self.one_filter))
        result = code.at(arguments["dweights"], code.times(arguments.group, self.windows.size[0] * self.run))
        for row in range(self.windows.size[0]):
            source, to = code.at(taps, row * self.width), code.at(result, row * self.run)
            code.vectors(
                self.run,
                lambda at, lanes, source=source, to=to: code.store(  # type: ignore[misc]
                    sum_of_groups(code, code.at(source, at), parts, self.sums), to, at, lanes
                ),
            )
        biases = code.at(arguments["sums"], code.plus(self.filters * self.one_filter, arguments.group))

        def add(index: Number, total: list[Value]) -> list[Value]:
            return [code.builder.fadd(total[0], code.scalar(biases, code.times(index, self.sums)))]

        total = code.fold(parts, [ir.Constant(ir.FloatType(), 0.0)], add)[0]
        code.store_scalar(total, code.at(arguments["dbiases"], arguments.group))
