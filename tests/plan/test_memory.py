"""No two buffers that may be in use at once share memory, on one stream or two."""

from __future__ import annotations

import itertools
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.plan.analysis.memory import ALIGNMENT, place
from engine.plan.analysis.order import prove_data_flow
from engine.plan.types import Buffer, Operation, Placement, Program, Role, Stream

STREAMS: tuple[Stream, ...] = ("compute", "communication")


def vector(name: str, size: int, role: Role = "activation") -> Buffer:
    return Buffer(name, role, (size,), ("unit",), "float32")


@st.composite
def programs(draw: st.DrawFn) -> tuple[Program, dict[str, Buffer]]:
    """Random programs on two streams whose operations wait for all that they must, and for nothing else."""
    sizes = st.sampled_from([1, 16, 16, 17, 64, 100])
    buffers = {f"keep{i}": vector(f"keep{i}", draw(sizes), "weight") for i in range(draw(st.integers(0, 2)))}
    operations: list[Operation] = []
    writers: dict[str, str] = {}
    readers: dict[str, list[str]] = {}
    for number in range(draw(st.integers(1, 12))):
        name = f"op{number}"
        ready = [other for other in buffers if other in writers or buffers[other].persistent]
        inputs = draw(st.lists(st.sampled_from(ready), unique=True, max_size=3)) if ready else []
        again = draw(st.booleans()) and ready
        accumulate = bool(again and draw(st.booleans()))
        output = draw(st.sampled_from(ready)) if again else f"b{number}"
        inputs = [other for other in inputs if other != output]
        buffers.setdefault(output, vector(output, draw(sizes)))
        after = {writers[other] for other in (*inputs, output) if other in writers} | set(
            readers.get(output, ())
        )
        operations.append(
            Operation(
                name,
                "any",
                "layer",
                {f"x{i}": other for i, other in enumerate(inputs)},
                {"y": output},
                {"accumulate": True} if accumulate else {},
                in_place=("x0", "y") if inputs and draw(st.booleans()) else None,
                stream=draw(st.sampled_from(STREAMS)),
                after=tuple(sorted(after)),
            )
        )
        for other in inputs:
            readers.setdefault(other, []).append(name)
        writers[output] = name
        readers[output] = []
    return Program("random", tuple(operations)), buffers


def order_of(program: Program) -> set[tuple[str, str]]:
    """Return the pairs of operations of which the first has ended when the second begins: the closure."""
    pairs = {(before, operation.name) for operation in program.operations for before in operation.after}
    for stream in STREAMS:
        names = [operation.name for operation in program.operations if operation.stream == stream]
        pairs |= set(itertools.pairwise(names))
    names = [operation.name for operation in program.operations]
    for middle, first, last in itertools.product(names, repeat=3):
        if (first, middle) in pairs and (middle, last) in pairs:
            pairs.add((first, last))
    return pairs


def overlap(one: Placement, two: Placement) -> bool:
    return one.offset < two.offset + two.nbytes and two.offset < one.offset + one.nbytes


def uses(program: Program, buffer: str) -> set[str]:
    return {operation.name for operation in program.operations if operation.touches(buffer)}


def in_place_links(program: Program) -> set[frozenset[str]]:
    """Return the pairs that one operation may turn into one another, adding to nothing."""
    return {
        frozenset((operation.inputs[operation.in_place[0]], operation.outputs[operation.in_place[1]]))
        for operation in program.operations
        if operation.in_place is not None and not operation.accumulates
    }


@settings(max_examples=150)
@given(programs())
def test_buffers_that_share_memory_are_never_in_use_at_once(
    drawn: tuple[Program, dict[str, Buffer]],
) -> None:
    """But for one operation that writes its output in place of its input, the last use of that."""
    program, buffers = drawn
    prove_data_flow(program, buffers, 0)
    placed, arena_bytes = place({"random": program}, buffers, (0,))
    places = placed["random"].placements[0]
    assert set(places) == {name for name in buffers if uses(program, name) or buffers[name].persistent}
    for name, placement in places.items():
        assert placement.nbytes == buffers[name].nbytes(0)
        assert placement.offset % ALIGNMENT == 0
        assert placement.offset + placement.nbytes <= arena_bytes[0]
    before = order_of(program)
    links = in_place_links(program)
    for one, two in itertools.combinations(places, 2):
        if not overlap(places[one], places[two]):
            continue
        assert not buffers[one].persistent
        assert not buffers[two].persistent
        shared = uses(program, one) & uses(program, two)
        assert len(shared) <= 1
        if shared:
            assert frozenset((one, two)) in links
            assert places[one] == places[two]
        assert any(
            all(
                (a, b) in before
                for a in uses(program, first)
                for b in uses(program, last)
                if (a, b) != (a, a)
            )
            for first, last in ((one, two), (two, one))
        )


@settings(max_examples=100)
@given(programs(), st.randoms(use_true_random=False))
def test_whatever_the_streams_do_first_each_operation_reads_what_was_written(
    drawn: tuple[Program, dict[str, Buffer]], chance: random.Random
) -> None:
    """Runs the operations in random orders that keep to the streams, on memory of one token a byte."""
    program, buffers = drawn
    placed, arena_bytes = place({"random": program}, buffers, (0,))
    places = placed["random"].placements[0]
    before = order_of(program)
    for _ in range(5):
        memory: list[tuple[str, str]] = [("", "")] * arena_bytes[0]
        written = dict.fromkeys(buffers, ("", ""))
        left = list(program.operations)
        while left:
            names = {operation.name for operation in left}
            free = [o for o in left if not any((name, o.name) in before for name in names)]
            operation = chance.choice(free)
            left.remove(operation)
            reads = [
                *operation.inputs.values(),
                *(operation.outputs.values() if operation.accumulates else ()),
            ]
            for name in reads:
                where = slice(places[name].offset, places[name].offset + places[name].nbytes)
                assert set(memory[where]) == {written[name]}
            for name in operation.outputs.values():
                where = slice(places[name].offset, places[name].offset + places[name].nbytes)
                written[name] = (name, operation.name)
                memory[where] = [written[name]] * places[name].nbytes


def run(*operations: Operation) -> Program:
    return Program("test", operations)


def operation(name: str, reads: str, writes: str, **options: object) -> Operation:
    """Return an operation that reads and writes buffers of one letter, ports x0, x1, … and y."""
    inputs = {f"x{i}": buffer for i, buffer in enumerate(reads)}
    return Operation(name, "any", "layer", inputs, {"y": writes}, **options)  # type: ignore[arg-type]


def share(program: Program, one: str, two: str, sizes: tuple[int, int] = (16, 16)) -> bool:
    """Whether two buffers get the same memory."""
    names = {name for o in program.operations for name in (*o.inputs.values(), *o.outputs.values())}
    size = dict(zip((one, two), sizes, strict=True))
    buffers = {
        name: vector(name, size.get(name, 16), "weight" if name == "w" else "activation") for name in names
    }
    places = place({"test": program}, buffers, (0,))[0]["test"].placements[0]
    return overlap(places[one], places[two])


IN_PLACE = ("x0", "y")


def test_an_operation_writes_in_place_of_an_input_that_is_not_used_later() -> None:
    first, last = operation("1", "w", "a"), operation("3", "b", "c")
    assert share(run(first, operation("2", "a", "b", in_place=IN_PLACE), last), "a", "b")
    assert not share(run(first, operation("2", "a", "b"), last), "a", "b")


def test_an_operation_does_not_write_in_place_where_that_is_wrong() -> None:
    first, in_place = operation("1", "w", "a"), operation("2", "a", "b", in_place=IN_PLACE)
    assert not share(run(first, in_place, operation("3", "ab", "c")), "a", "b"), "the input is read later"
    assert not share(run(first, in_place), "a", "b", sizes=(16, 17)), "the sizes differ"
    assert not share(run(operation("1", "w", "b"), operation("2", "b", "a"), operation("3", "b", "c"),
                         operation("4", "a", "b", in_place=IN_PLACE), operation("5", "b", "d")), "a", "b"), (
        "the output is in use before"
    )  # fmt: skip
    adding = operation("2", "a", "b", in_place=IN_PLACE, attributes={"accumulate": True})
    assert not share(run(first, operation("0", "w", "b"), adding), "a", "b"), "the output is added to"
    assert not share(run(operation("2", "w", "b", in_place=IN_PLACE)), "w", "b"), "the input persists"
    twice = operation("2", "aa", "b", in_place=IN_PLACE)
    assert not share(run(first, twice), "a", "b"), "the input is read at another port as well"


def test_an_input_that_another_stream_may_still_read_is_not_written_over() -> None:
    first = operation("1", "w", "a")
    reader = operation("2", "a", "c", stream="communication", after=("1",))
    writer = operation("3", "a", "b", in_place=IN_PLACE)
    assert not share(run(first, reader, writer), "a", "b")
    waiting = operation("3", "a", "b", in_place=IN_PLACE, after=("2",))
    assert share(run(first, reader, waiting), "a", "b")


def test_a_buffer_in_flight_on_the_other_stream_is_not_used_again() -> None:
    """Without the wait for the send, the next result may not take its memory; with it, it does."""
    send = operation("2", "a", "c", stream="communication", after=("1",))
    late = operation("3", "w", "b")
    assert not share(run(operation("1", "w", "a"), send, late), "a", "b")
    waiting = operation("3", "w", "b", after=("2",))
    assert share(run(operation("1", "w", "a"), send, waiting), "a", "b")


def test_a_chain_of_in_place_operations_uses_one_block() -> None:
    chain = [operation("0", "w", "a")]
    chain += [operation(str(i + 1), "abcd"[i], "bcde"[i], in_place=IN_PLACE) for i in range(4)]
    for one, two in itertools.pairwise("abcde"):
        assert share(run(*chain), one, two)
