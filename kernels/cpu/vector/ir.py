"""Writes one native function: loops, vectors and addresses over LLVM's intermediate representation.

Counts and offsets are Python's numbers where they are known, and LLVM's values where they are not; sums of
known numbers are folded here. Offsets count float32 elements. Vectors have ``target.lanes`` of them; the
last vector of a row may be *partial*: its first lanes alone are read and written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from llvmlite import ir

from kernels.cpu.vector.target import Target

Value: TypeAlias = Any
"""A value of LLVM: a number of a run, a vector or an address."""
Number: TypeAlias = int | Value

I1, I8, I32, I64 = (ir.IntType(bits) for bits in (1, 8, 32, 64))
F32, F64 = ir.FloatType(), ir.DoubleType()
POINTER = ir.PointerType()
VOID = ir.VoidType()

ITEM = 4
"""Bytes of a float32."""

_LINE = 16
"""Elements of a cache line."""


@dataclass(frozen=True)
class Span:
    """``count`` blocks of ``size`` items, from item ``first`` on."""

    first: Number
    size: int
    count: Number


def spans(total: int, size: int) -> list[Span]:
    """Return the blocks that cut ``total`` items: those of ``size``, and one for the rest if there is one."""
    full, rest = divmod(total, size)
    return [
        span for span in (Span(0, size, full), Span(full * size, rest, 1)) if span.count > 0 and span.size > 0
    ]


class _Splat(ir.Constant):  # type: ignore[misc]
    """A vector constant with one number in all lanes, written in one word."""

    def __init__(self, kind: Any, number: float) -> None:
        super().__init__(kind, None)
        self._number = ir.Constant(kind.element, number)

    def get_reference(self) -> str:
        return f"splat ({self._number})"


@dataclass
class Unit:
    """The functions that are compiled together."""

    target: Target
    module: ir.Module = field(default_factory=ir.Module)
    functions: dict[object, ir.Function] = field(default_factory=dict)
    """Functions that others call, by what they do."""

    def shared(self, key: object, arguments: Sequence[Any], emit: Callable[[Code], None]) -> ir.Function:
        """Return the function that ``key`` stands for, writing it by ``emit`` if it is not there."""
        if key not in self.functions:
            name = f"shared{len(self.functions)}"
            function = ir.Function(self.module, ir.FunctionType(VOID, arguments), name)
            function.linkage = "internal"
            self.functions[key] = function
            code = Code(self, function)
            emit(code)
            code.builder.ret_void()
        return self.functions[key]


class Code:
    """One function being written, from its first instruction to its last."""

    def __init__(self, unit: Unit, function: ir.Function) -> None:
        self.unit = unit
        self.lanes = unit.target.lanes
        self.arguments = function.args
        self.builder = ir.IRBuilder(function.append_basic_block())
        self.vector = ir.VectorType(F32, self.lanes)

    # Numbers

    def plus(self, *terms: Number) -> Number:
        """Return the sum of ``terms``."""
        known = sum(term for term in terms if isinstance(term, int))
        total: Number = None
        for term in terms:
            if not isinstance(term, int):
                total = term if total is None else self.builder.add(total, term)
        if total is None:
            return known
        return self.builder.add(total, I64(known)) if known else total

    def times(self, a: Number, b: Number) -> Number:
        """Return the product of ``a`` and ``b``."""
        if isinstance(a, int) and isinstance(b, int):
            return a * b
        if isinstance(a, int):
            a, b = b, a
        if isinstance(b, int):
            if b == 0:
                return 0
            return a if b == 1 else self.builder.mul(a, I64(b))
        return self.builder.mul(a, b)

    def value(self, number: Number) -> Value:
        """Return ``number`` as a value of LLVM."""
        return I64(number) if isinstance(number, int) else number

    def smaller(self, a: Number, b: Number) -> Number:
        """Return the smaller of ``a`` and ``b``."""
        if isinstance(a, int) and isinstance(b, int):
            return min(a, b)
        a, b = self.value(a), self.value(b)
        return self.builder.select(self.builder.icmp_signed("<", a, b), a, b)

    def divided(self, a: Value, b: int) -> tuple[Number, Number]:
        """Return the quotient and the remainder of ``a``, not negative, by ``b``."""
        if b == 1:
            return a, 0
        quotient = self.builder.udiv(a, I64(b))
        return quotient, self.builder.sub(a, self.builder.mul(quotient, I64(b)))

    # Flow

    def fold(
        self, count: Number, carried: list[Value], body: Callable[[Number, list[Value]], list[Value]]
    ) -> list[Value]:
        """Run ``body(index, carried)`` ``count`` times, each on what the one before returned."""
        if isinstance(count, int) and count <= 1:
            return body(0, carried) if count == 1 else carried
        b = self.builder
        before = b.block
        head, after = b.append_basic_block(), b.append_basic_block()
        if isinstance(count, int):
            b.branch(head)
        else:
            b.cbranch(b.icmp_signed(">", count, I64(0)), head, after)
        b.position_at_end(head)
        index = b.phi(I64)
        phis = [b.phi(value.type) for value in carried]
        results = body(index, list(phis))
        following = b.add(index, I64(1))
        last = b.block
        for phi, start, end in zip([index, *phis], [I64(0), *carried], [following, *results], strict=True):
            phi.add_incoming(start, before)
            phi.add_incoming(end, last)
        b.cbranch(b.icmp_signed("<", following, self.value(count)), head, after)
        b.position_at_end(after)
        if isinstance(count, int):
            return results
        ends = []
        for start, end in zip(carried, results, strict=True):
            phi = b.phi(start.type)
            phi.add_incoming(start, before)
            phi.add_incoming(end, last)
            ends.append(phi)
        return ends

    def loop(self, count: Number, body: Callable[[Number], None]) -> None:
        """Run ``body(index)`` ``count`` times."""

        def step(index: Number, _: list[Value]) -> list[Value]:
            body(index)
            return []

        self.fold(count, [], step)

    def repeat(self, body: Callable[[Number], Value]) -> None:
        """Run ``body(index)`` until it returns that it need not be run again."""
        b = self.builder
        before, head, after = b.block, b.append_basic_block(), b.append_basic_block()
        b.branch(head)
        b.position_at_end(head)
        index = b.phi(I64)
        again = body(index)
        index.add_incoming(I64(0), before)
        index.add_incoming(b.add(index, I64(1)), b.block)
        b.cbranch(again, head, after)
        b.position_at_end(after)

    def each(self, blocks: list[Span], body: Callable[[Number, int], None]) -> None:
        """Run ``body(first item, size)`` for each block."""
        for span in blocks:
            self.loop(
                span.count,
                lambda index, span=span: body(  # type: ignore[misc]
                    self.plus(span.first, self.times(index, span.size)), span.size
                ),
            )

    def cases(self, group: Value, total: int, size: int, body: Callable[[int], None]) -> None:
        """Run ``body(items)`` for one group of those that cut ``total`` items: the last may have fewer."""
        full, rest = divmod(total, size)
        if not full or not rest:
            body(size if full else rest)
            return
        with self.builder.if_else(self.builder.icmp_signed("<", group, I64(full))) as (whole, last):
            with whole:
                body(size)
            with last:
                body(rest)

    def blocks(self, total: Value, size: int) -> list[Span]:
        """Return the blocks that cut ``total`` items: those of ``size``, then the rest one by one."""
        full, rest = self.divided(total, size)
        return [Span(0, size, full), Span(self.times(full, size), 1, rest)]

    # Memory

    def at(self, pointer: Value, offset: Number) -> Value:
        """Return the address ``offset`` elements after ``pointer``."""
        return self.builder.gep(pointer, [self.value(offset)], source_etype=F32) if offset != 0 else pointer

    def local(self, vectors: int) -> Value:
        """Return memory of this function's own for some vectors."""
        with self.builder.goto_entry_block():
            return self.builder.alloca(self.vector, vectors)

    def pointer(self, table: Value, index: int) -> Value:
        """Return pointer number ``index`` of a table of pointers."""
        place = self.builder.gep(table, [I64(index)], source_etype=POINTER)
        return self.builder.load(place, typ=POINTER)

    def integer(self, table: Value, index: Number, kind: Any = I64) -> Value:
        """Return integer number ``index`` of a table, as 64 bits."""
        place = self.builder.gep(table, [self.value(index)], source_etype=kind)
        number = self.builder.load(place, typ=kind)
        return number if kind == I64 else self.builder.sext(number, I64)

    def scalar(self, pointer: Value, offset: Number = 0) -> Value:
        """Return one element."""
        return self.builder.load(self.at(pointer, offset), typ=F32)

    def store_scalar(self, value: Value, pointer: Value, offset: Number = 0) -> None:
        """Write one element."""
        self.builder.store(value, self.at(pointer, offset))

    def load(self, pointer: Value, offset: Number = 0, lanes: int | None = None, rest: float = 0.0) -> Value:
        """Return a vector of elements; those after the first ``lanes`` are ``rest``."""
        place = self.at(pointer, offset)
        if lanes is None or lanes == self.lanes:
            return self.builder.load(place, typ=self.vector, align=ITEM)
        return self._masked("load", self.vector, [place], lanes, [self.constant(rest)])

    def store(self, value: Value, pointer: Value, offset: Number = 0, lanes: int | None = None) -> None:
        """Write a vector, or its first ``lanes``."""
        place = self.at(pointer, offset)
        if lanes is None or lanes == self.lanes:
            self.builder.store(value, place, align=ITEM)
        else:
            self._masked("store", VOID, [value, place], lanes, [])

    def _masked(self, name: str, result: Any, first: list[Value], lanes: int, last: list[Value]) -> Value:
        mask = ir.Constant(ir.VectorType(I1, self.lanes), [int(lane < lanes) for lane in range(self.lanes)])
        arguments = [*first, I32(ITEM), mask, *last]
        function = self._intrinsic(
            f"llvm.masked.{name}.v{self.lanes}f32.p0", result, [value.type for value in arguments]
        )
        return self.builder.call(function, arguments)

    def vectors(self, count: int, body: Callable[[Number, int], None]) -> None:
        """Run ``body(offset, lanes)`` for all vectors of ``count`` elements; the last may be partial."""
        self.each(spans(count, self.lanes), body)

    def copy(self, source: Value, target: Value, count: int) -> None:
        """Copy ``count`` elements."""
        self.vectors(count, lambda at, lanes: self.store(self.load(source, at, lanes), target, at, lanes))

    def clear(self, target: Value, count: int) -> None:
        """Write ``count`` zeros."""
        self.vectors(count, lambda at, lanes: self.store(self.zero, target, at, lanes))

    def prefetch(self, pointer: Value, count: int) -> None:
        """Send for ``count`` elements that will be read; they may lie behind the end of an array."""
        function = self._intrinsic("llvm.prefetch.p0", VOID, [POINTER, I32, I32, I32])
        to_read, all_caches, data = I32(0), I32(3), I32(1)
        for first in range(0, count, _LINE):
            self.builder.call(function, [self.at(pointer, first), to_read, all_caches, data])

    # Vectors

    @property
    def zero(self) -> Value:
        """A vector of zeros."""
        return self.constant(0.0)

    def constant(self, number: float) -> Value:
        """Return a vector that has ``number`` in all its lanes."""
        return _Splat(self.vector, number)

    def integers(self, number: int) -> Value:
        """Return a vector of integers of 32 bits that has ``number`` in all its lanes."""
        return _Splat(ir.VectorType(I32, self.lanes), number)

    def any_bit(self, integers: Value) -> Value:
        """Return whether a bit is set in any lane of a vector of integers."""
        kind = integers.type
        either = self._intrinsic(f"llvm.vector.reduce.or.v{self.lanes}i32", I32, [kind])
        return self.builder.icmp_signed("!=", self.builder.call(either, [integers]), I32(0))

    def splat(self, scalar: Value) -> Value:
        """Return a vector that has ``scalar`` in all its lanes."""
        undefined = ir.Constant(ir.VectorType(scalar.type, self.lanes), ir.Undefined)
        one = self.builder.insert_element(undefined, scalar, I32(0))
        first_lane = _Splat(ir.VectorType(I32, self.lanes), 0)
        return self.builder.shuffle_vector(one, undefined, first_lane)

    def shuffle(self, first: Value, second: Value, order: Sequence[int]) -> Value:
        """Return the lanes of two vectors, numbered through both, in an ``order``."""
        return self.builder.shuffle_vector(
            first, second, ir.Constant(ir.VectorType(I32, self.lanes), list(order))
        )

    def vector_of(self, scalars: Sequence[Value | None]) -> Value:
        """Return the vector of ``scalars``; lanes that are None are zeros."""
        vector = self.zero
        for lane, scalar in enumerate(scalars):
            if scalar is not None:
                vector = self.builder.insert_element(vector, scalar, I32(lane))
        return vector

    def lane(self, vector: Value, lane: int) -> Value:
        """Return one lane of a vector."""
        return self.builder.extract_element(vector, I32(lane))

    def fma(self, a: Value, b: Value, c: Value) -> Value:
        """Return a · b + c, rounded once where the processor can."""
        return self._call("fmuladd", a, b, c)

    def relu(self, x: Value) -> Value:
        """Return x where it is positive, or not a number, and else 0."""
        return self.larger(self.zero, x)

    def larger(self, a: Value, b: Value) -> Value:
        """Return the larger of each two lanes; of two zeros, or beside a NaN, ``b``."""
        return self.builder.select(self.builder.fcmp_ordered(">", a, b), a, b)

    def maximum(self, a: Value, b: Value) -> Value:
        """Return the larger of each two lanes, and what is not a number where there is one."""
        return self._call("maximum", a, b)

    def smaller_of(self, a: Value, b: Value) -> Value:
        """Return the smaller of each two lanes; of two zeros, or beside a NaN, ``b``."""
        return self.builder.select(self.builder.fcmp_ordered("<", a, b), a, b)

    def reduced(self, operation: Literal["add", "maximum"], vector: Value) -> Value:
        """Return the sum of all lanes, first to last, or the largest of them."""
        arguments = [F32(-0.0), vector] if operation == "add" else [vector]
        name = f"llvm.vector.reduce.f{operation}.v{self.lanes}f32"
        function = self._intrinsic(name, F32, [argument.type for argument in arguments])
        return self.builder.call(function, arguments)

    def first_lanes(self, vector: Value, lanes: int) -> Value:
        """Return a vector with zeros after its first ``lanes``."""
        if lanes == self.lanes:
            return vector
        return self.shuffle(vector, self.zero, [*range(lanes), *range(self.lanes + lanes, 2 * self.lanes)])

    def call_unary(self, name: str, x: Value) -> Value:
        """Return LLVM's function ``name``, such as "sqrt" or "log", of ``x``."""
        return self._call(name, x)

    def _call(self, name: str, *arguments: Value) -> Value:
        kind = arguments[0].type
        of = {str(F32): "f32", str(F64): "f64"}.get(str(kind), f"v{self.lanes}f32")
        function = self._intrinsic(f"llvm.{name}.{of}", kind, [kind] * len(arguments))
        return self.builder.call(function, arguments)

    def _intrinsic(self, name: str, result: Any, arguments: list[Any]) -> ir.Function:
        known = self.unit.module.globals.get(name)
        return known or ir.Function(self.unit.module, ir.FunctionType(result, arguments), name)
