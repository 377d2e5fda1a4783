"""How batches and axes are shared out, and what that makes ranks send."""

from __future__ import annotations

from inspect import Parameter, signature

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import PlanError
from engine.graph.presets import preset_split
from engine.graph.split import LayerSplit, Split
from engine.plan.analysis.infer import infer
from engine.plan.analysis.partition.communicate import kind_of
from engine.plan.analysis.partition.places import even, order_batch, place_layers
from engine.plan.analysis.partition.rules import RULES, rule_of
from engine.plan.analysis.pieces import moved_bytes, moves, pieces
from engine.plan.compile.pipeline import TRAIN, compile_network
from engine.plan.types import PERSISTENT, Buffer, Operation, Shares
from kernels.registry import find, operations
from tests.graph.networks import small_graph

_ARRAYS = ("Floats", "Labels", "Mask", "Doubles")


def _split(count: int, scheme: str = "a") -> Split:
    return Split("test", tuple("ABCD"[:count]), (), scheme)  # type: ignore[arg-type]


def _rows(buffer: Buffer, rank: int) -> list[int]:
    """Return the rows of the global batch that a rank holds, in the order of its array."""
    return [row for piece in pieces(buffer, rank) for row in range(piece.begin[0], piece.end[0])]


@given(st.integers(0, 50), st.integers(1, 8))
def test_even_shares_differ_by_one_at_most(extent: int, count: int) -> None:
    """The larger ones come first, and together they are the whole."""
    shares = even(extent, tuple(range(count)))
    sizes = [shares.extent(rank) for rank in range(count)]
    assert sum(sizes) == extent
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] - sizes[-1] <= 1


@given(st.integers(16, 40), st.integers(2, 4), st.sampled_from("abc"))
def test_each_row_is_one_ranks_and_one_passes(size: int, count: int, scheme: str) -> None:
    """Ranks share all rows out between them, and so do passes."""
    order = order_batch(size, _split(count, scheme), scheme)  # type: ignore[arg-type]
    ranks = tuple(range(count))
    buffer = Buffer(
        "x", "activation", (size,), ("n",), "float32", (), (order.shares,), ranks, rows=order.rows
    )
    assert sorted(row for rank in ranks for row in _rows(buffer, rank)) == list(range(size))
    passes = [row for ranges in order.passes for first, last in ranges for row in range(first, last)]
    assert passes == ([] if scheme == "a" else list(range(size)))


def test_the_passes_of_scheme_b_take_one_ranks_rows_and_those_of_c_some_of_each() -> None:
    """Source: Krizhevsky 2014, section 4."""
    for scheme, expected in (("b", [4, 0]), ("c", [2, 2])):
        order = order_batch(8, _split(2, scheme), scheme)  # type: ignore[arg-type]
        buffer = Buffer(
            "x", "activation", (8,), ("n",), "float32", (), (order.shares,), (0, 1), rows=order.rows
        )
        ((first, last),) = order.passes[0]
        counts = [len([row for row in _rows(buffer, rank) if first <= row < last]) for rank in (0, 1)]
        assert counts == expected


def test_layers_that_are_not_named_follow_their_first_input() -> None:
    """Pooling stays where its convolution is."""
    layers = infer(small_graph())
    named = (("conv1", LayerSplit("model", ("B",))), ("fc10", LayerSplit("data")))
    places = place_layers(layers, Split("test", ("A", "B"), named))
    assert places["pool1"].ranks == (1,)
    assert places["probs"].placement == "data"
    assert places["labels"].placement == "replicated"


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (Split("s", ("A", "B"), (("conv9", LayerSplit("data")),)), "expected a layer conv9 in the network"),
        (Split("s", ("A", "B"), (("conv1", LayerSplit("data", ("C",))),)), "one of the devices A, B"),
        (Split("s", ("A", "A")), "devices of different names"),
        (Split("s", ()), "devices of different names"),
    ],
)
def test_splits_that_name_what_is_not_there_are_refused(split: Split, message: str) -> None:
    """The error names the layer, or the split."""
    with pytest.raises(PlanError, match=message):
        compile_network(small_graph(), 8, split=split)


@pytest.mark.parametrize("kind", RULES)
def test_rules_name_ports_that_kernels_have(kind: str) -> None:
    """Every array of the CPU's kernel is named, but for counters and scratch memory; GPUs' may have more."""
    parameters: dict[str, Parameter] = {}
    for device in ("cuda", "cpu"):
        if kind in operations(device):
            parameters |= signature(find(kind, device).function).parameters
    named = rule_of(Operation("x", kind, "l")).ports
    assert set(named) <= set(parameters)
    arrays = {name for name, given in parameters.items() if str(given.annotation).startswith(_ARRAYS)}
    scratch = {"padded", "columns", "sums"}
    assert arrays - scratch <= set(named)


WHOLE = Buffer("x", "activation", (6, 4), ("n", "unit"), "float32", ranks=(0, 1))
BY_ROW = Buffer(
    "x", "activation", (6, 4), ("n", "unit"), "float32", (), (Shares((0, 1), (0, 4, 6)), None), (0, 1)
)
BY_UNIT = Buffer(
    "x", "activation", (6, 4), ("n", "unit"), "float32", (), (None, Shares((0, 1), (0, 3, 4))), (0, 1)
)
TERMS = Buffer("x", "activation", (6, 4), ("n", "unit"), "float32", ranks=(0, 1), partial=True)
ON_FIRST = Buffer("x", "activation", (6, 4), ("n", "unit"), "float32", ranks=(0,))
ON_SECOND = Buffer("x", "activation", (6, 4), ("n", "unit"), "float32", ranks=(1,))


@pytest.mark.parametrize(
    ("source", "target", "kind", "sent"),
    [
        (BY_ROW, WHOLE, "all_gather", {0: 64, 1: 32}),
        (BY_ROW, BY_UNIT, "all_to_all", {0: 16, 1: 24}),
        (WHOLE, BY_ROW, "slice", {0: 0, 1: 0}),
        (TERMS, WHOLE, "all_reduce", {0: 96, 1: 96}),
        (TERMS, BY_ROW, "reduce_scatter", {0: 32, 1: 64}),
        (TERMS, ON_SECOND, "reduce", {0: 96, 1: 0}),
        (ON_FIRST, ON_SECOND, "send", {0: 96}),
        (ON_FIRST, BY_ROW, "send", {0: 32}),
        (BY_ROW, ON_FIRST, "send", {0: 0, 1: 32}),
    ],
)
def test_what_moves(source: Buffer, target: Buffer, kind: str, sent: dict[int, int]) -> None:
    """Bytes counted by hand; float32, 6 rows of 4, shared out as 4 and 2 rows or as 3 and 1 units."""
    assert kind_of(source, target) == kind
    assert moved_bytes(source, target) == sent


FORMS = st.sampled_from((WHOLE, BY_ROW, BY_UNIT, ON_FIRST, ON_SECOND))


@given(FORMS, FORMS)
def test_moves_make_of_one_form_any_other(source: Buffer, target: Buffer) -> None:
    """Carried out on arrays, they leave on each rank exactly its part of the whole."""
    whole = np.arange(24.0).reshape(6, 4)
    held = {rank: np.empty(source.local_shape(rank)) for rank in source.ranks}
    for rank, array in held.items():
        for piece in pieces(source, rank):
            array[piece.of_rank()] = whole[piece.of_whole()]
    wanted = {rank: np.full(target.local_shape(rank), np.nan) for rank in target.ranks}
    for move in moves(source, target):
        wanted[move.target][move.put] = held[move.source][move.taken]
    for rank, array in wanted.items():
        for piece in pieces(target, rank):
            assert np.array_equal(array[piece.of_rank()], whole[piece.of_whole()])


@pytest.mark.parametrize(
    ("preset", "scheme"), [("model", "a"), ("hybrid", "a"), ("hybrid", "b"), ("hybrid", "c")]
)
def test_shared_weights_stay_where_they_are(preset: str, scheme: str) -> None:
    """No communication of a step reads weights or velocities, and each rank holds a share of both."""
    split = preset_split(small_graph(), preset, ("A", "B"), scheme)  # type: ignore[arg-type]
    plan = compile_network(small_graph(), 8, split=split)
    for operation in plan.programs[TRAIN].operations:
        if operation.communicator is not None:
            roles = {plan.buffers[name].role for name in operation.inputs.values()}
            assert not roles & (PERSISTENT - {"control"})
    for name in ("fc10.weights", "fc10.weights.velocity"):
        assert [plan.buffers[name].local_shape(rank)[0] for rank in (0, 1)] == [5, 5]


def test_gradients_are_summed_before_the_backward_pass_ends() -> None:
    """With buckets of a byte, each gradient is sent off as soon as it is whole."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.plan.analysis.partition.buckets.BUCKET_BYTES", 1)
        plan = compile_network(small_graph(), 8, split=preset_split(small_graph(), "data", ("A", "B")))
    names = [operation.name for operation in plan.programs[TRAIN].operations]
    assert names.index("gradients.all_reduce0") < names.index("conv1.conv.backward_weights")
    sums = [op for op in plan.programs[TRAIN].operations if op.kind == "all_reduce"]
    assert all(operation.stream == "communication" for operation in sums)


def test_a_layer_with_fewer_outputs_than_devices_is_whole_on_each() -> None:
    """The plan says so."""
    graph = small_graph()
    split = preset_split(graph, "model", tuple("ABCDEFGH"))
    plan = compile_network(graph, 8, split=split)
    assert any(note.startswith("conv1: too few outputs") for note in plan.notes)
    assert plan.buffers["conv1.weights"].local_shape(7) == (4, 3, 3, 1)
