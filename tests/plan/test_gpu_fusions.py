"""What plans for GPUs join, and what they leave apart. No GPU is needed to compile them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.graph.layer_graph import LayerGraph, Wire
from engine.graph.network_file import load
from engine.layers.base import Layer
from engine.layers.catalogue import CmRNorm, Conv, CrossEntropy, Data, EltSum, Fc, Labels, Pool, Softmax
from engine.plan.analysis.order import HappensBefore
from engine.plan.compile.pipeline import EVALUATE, TRAIN, compile_network
from engine.plan.types import Operation, TrainingPlan
from kernels.cpu import conv as conv_on_cpu
from kernels.registry import find
from tests.graph.networks import chain

EXAMPLES = Path(__file__).parents[2] / "resources" / "examples"


def compiled(graph: LayerGraph) -> TrainingPlan:
    """Compile a network for a GPU, to bfloat16."""
    return compile_network(graph, 4, device="cuda", precision="bfloat16")


def steps(plan: TrainingPlan, program: str = TRAIN) -> list[str]:
    """Return the kinds of a program's operations."""
    return [operation.kind for operation in plan.programs[program].operations]


def network(**layers: Layer) -> LayerGraph:
    """Return a network that ends in ten classes."""
    head = {"fc": Fc(outputs=10), "probs": Softmax(), "loss": CrossEntropy()}
    return chain(data=Data(size=(12, 12), channels=3), labels=Labels(), **layers, **head)


def test_the_steps_of_the_cifar10_network() -> None:
    """17 operations, of 44 that it takes one after the other."""
    plan = compiled(load(EXAMPLES / "cifar10.convnet").graph)
    assert steps(plan) == [
        "pooled_conv.forward",
        *("conv.forward", "max_pool.forward", "local.forward", "local.forward"),
        *("fc_softmax_cross_entropy.forward_backward", "softmax_cross_entropy.keep"),
        "fc_sgd.update",
        *("local.backward_data", "local_sgd.update") * 2,
        "max_pool.backward",
        *("conv.backward_weights", "conv.backward_data"),
        "pooled_conv.backward_weights",
        "sgd.update_all",
    ]
    assert "softmax.forward" in steps(plan, EVALUATE)


@pytest.mark.parametrize(
    ("filters", "size", "pool"), [(12, (5, 5), (3, 3)), (16, (11, 11), (3, 3)), (16, (3, 3), (6, 6))]
)
def test_first_layers_that_the_kernels_of_gpus_cannot_pool_are_left(
    filters: int, size: tuple[int, int], pool: tuple[int, int]
) -> None:
    """Filters that make no whole chunks, or are too large; windows of more pixels than winners have bits."""
    conv = Conv(filters=filters, size=size, padding=(5, 5), neuron="relu")
    kinds = steps(compiled(network(conv=conv, pool=Pool(size=pool, stride=(2, 2)))))
    assert {"pack.pictures", "max_pool.backward"} <= {*kinds}
    assert "pooled_conv.forward" not in kinds


def test_a_first_layer_is_pooled_as_it_is_made_in_bfloat16_alone() -> None:
    """In evaluations, and in float32, its maps are kept."""
    graph = load(EXAMPLES / "cifar10.convnet").graph
    assert "pooled_conv.forward" not in steps(compiled(graph), EVALUATE)
    assert "pooled_conv.forward" not in steps(compile_network(graph, 4, device="cuda"))


@pytest.mark.parametrize(("outputs", "inputs", "joins"), [(10, 8, True), (17, 8, False), (10, 7, False)])
def test_a_last_layer_of_few_outputs_is_joined_with_its_cost(outputs: int, inputs: int, joins: bool) -> None:
    """So that its scores are never stored; kernels are there for whole runs of inputs."""
    graph = chain(
        data=Data(size=(6, 6), channels=1),
        labels=Labels(),
        one=Fc(outputs=inputs, neuron="relu"),
        two=Fc(outputs=outputs),
        probs=Softmax(),
        loss=CrossEntropy(),
    )
    plan = compiled(graph)
    assert ("fc_softmax_cross_entropy.forward_backward" in steps(plan)) == joins
    assert ("two.output" in {op.outputs.get("y") for op in plan.programs[TRAIN].operations}) != joins
    assert ("softmax_cross_entropy.keep" in steps(plan)) == joins


def test_responses_that_are_only_pooled_are_not_kept() -> None:
    """In the ImageNet network both normalisations are joined with their pools; no denominators are kept."""
    plan = compiled(load(EXAMPLES / "imagenet.convnet").graph)
    assert steps(plan).count("cmrnorm_max_pool.backward") == 2
    assert not [kind for kind in steps(plan) + steps(plan, EVALUATE) if kind.startswith("cmrnorm.")]
    assert not [name for name in plan.buffers if "denominators" in name or name.startswith("rnorm1.output")]


@pytest.mark.parametrize(("extent", "joins"), [(6, True), (7, False)])
def test_norms_are_joined_with_windows_that_a_block_has_room_for(extent: int, joins: bool) -> None:
    """49 pixels of 256 maps are 50,176 bytes in float32."""
    graph = network(
        conv=Conv(filters=256, size=(3, 3), padding=(1, 1)),
        norm=CmRNorm(),
        pool=Pool(size=(extent, extent), stride=(2, 2)),
    )
    assert ("cmrnorm_max_pool.backward" in steps(compiled(graph))) == joins


def test_responses_that_another_layer_reads_are_kept() -> None:
    """The pool and the sum both need them."""
    graph = network(
        conv=Conv(filters=8, size=(3, 3), padding=(1, 1)),
        norm=CmRNorm(),
        pool=Pool(size=(1, 1), stride=(1, 1)),
        sum=EltSum(),
    )
    graph.connect(Wire("norm", "sum", 1))
    kinds = steps(compiled(graph))
    assert {"cmrnorm.forward", "cmrnorm.backward", "max_pool.forward"} <= {*kinds}
    assert "cmrnorm_max_pool.forward" not in kinds


def test_a_gradient_that_is_a_sum_goes_through_its_relu_afterwards() -> None:
    """No term of the sum may."""
    graph = network(
        conv=Conv(filters=8, size=(3, 3), padding=(1, 1), neuron="relu"),
        one=Conv(filters=8, size=(3, 3), padding=(1, 1)),
        sum=EltSum(),
    )
    graph.connect(Wire("conv", "sum", 1))
    plan = compiled(graph)
    assert "neuron.backward" in steps(plan)
    assert not [op for op in plan.programs[TRAIN].operations if "gate" in op.inputs and op.layer == "one"]


def test_updates_that_limits_follow_stay_apart() -> None:
    """The norm of the filters is brought back right after their update."""
    kinds = steps(compiled(network(conv=Conv(filters=8, size=(3, 3), most_norm=1.0))))
    assert "sgd.update_all" not in kinds
    assert kinds[kinds.index("filter_norm.update") - 1] == "sgd.update"


def test_biases_learn_after_the_update_that_makes_their_gradient() -> None:
    """Also where limits keep updates from being joined at the end."""
    kinds = steps(compiled(network(fc0=Fc(outputs=8, most_norm=1.0))))
    limits = kinds.index("filter_norm.update")
    assert kinds[limits - 2 : limits] == ["fc_sgd.update", "sgd.update"]


def test_the_update_alone_waits_for_the_gradients_of_weights() -> None:
    """They are on a stream of their own; what they read stays until they have ended."""
    plan = compiled(load(EXAMPLES / "cifar10.convnet").graph)
    operations = plan.programs[TRAIN].operations
    order = HappensBefore(operations)
    last = len(operations) - 1
    of_weights = [number for number, op in enumerate(operations) if op.kind.endswith(".backward_weights")]
    assert all(operations[number].stream == "weights" for number in of_weights)
    assert all(order.ends_before(number, last) for number in of_weights)
    first_data = next(number for number, op in enumerate(operations) if op.kind == "local.backward_data")
    assert not order.ends_before(of_weights[0], first_data)
    kept = next(number for number, op in enumerate(operations) if op.kind == "softmax_cross_entropy.keep")
    assert not order.ends_before(kept, first_data)
    assert all(order.ends_before(kept, n) for n, op in enumerate(operations) if op.kind.endswith("update"))


@pytest.mark.parametrize(
    ("size", "stride", "padding"),
    [((11, 11), (4, 4), (3, 3)), ((5, 4), (1, 1), (2, 1)), ((3, 5), (2, 3), (0, 2))],
)
def test_packed_convolutions_are_the_same(
    size: tuple[int, int], stride: tuple[int, int], padding: tuple[int, int]
) -> None:
    """With pictures and filters packed as the plan's shapes say, by plain loops."""
    graph = network(conv=Conv(filters=2, size=size, stride=stride, padding=padding))
    plan = compiled(graph)
    pictures, filters, conv = plan.programs[TRAIN].operations[:3]
    random = np.random.default_rng(1)
    x = random.normal(size=plan.buffers[pictures.inputs["x"]].shape)
    weights = random.normal(size=plan.buffers["conv.weights"].shape)
    maps = plan.buffers[conv.outputs["y"]].shape
    packed_x = packed(x, plan.buffers[pictures.outputs["y"]].shape, stride, padding)
    packed_weights = packed(weights, plan.buffers[filters.outputs["y"]].shape, stride, (0, 0))
    assert packed_x.shape[3] % 8 == 0
    np.testing.assert_allclose(
        convolved(packed_x, packed_weights, maps, (1, 1), (0, 0)),
        convolved(x, weights, maps, stride, padding),
        rtol=1e-12,
        atol=1e-12,
    )


def packed(
    x: np.ndarray, shape: tuple[int, ...], stride: tuple[int, int], padding: tuple[int, int]
) -> np.ndarray:
    """Return pictures or filters with blocks of pixels as channels: the formula of kernels/cuda/pack.cu."""
    found = np.zeros(shape)
    channels = x.shape[3]
    for row, column, i, j in np.ndindex(*shape[1:3], *stride):
        top, left = row * stride[0] + i - padding[0], column * stride[1] + j - padding[1]
        if 0 <= top < x.shape[1] and 0 <= left < x.shape[2]:
            first = (i * stride[1] + j) * channels
            found[:, row, column, first : first + channels] = x[:, top, left]
    return found


def convolved(
    x: np.ndarray,
    weights: np.ndarray,
    maps: tuple[int, ...],
    stride: tuple[int, int],
    padding: tuple[int, int],
) -> np.ndarray:
    """Return the maps by the kernel of the CPU."""
    y = np.empty(maps)
    shapes = {"x": x.shape, "weights": weights.shape, "y": maps}
    scratch = conv_on_cpu.forward_workspace(shapes, stride=stride)
    room = {name: np.empty(shape) for name, shape in scratch.items()}
    conv_on_cpu.forward(x=x, weights=weights, y=y, stride=stride, padding=padding, **room)
    return y


def test_what_packs_by_itself_is_not_packed() -> None:
    """Kernels for bfloat16 do, where pairs of numbers end with a picture, and with what pads it."""
    graph = load(EXAMPLES / "imagenet.convnet").graph
    for program in (TRAIN, EVALUATE):
        assert not [kind for kind in steps(compiled(graph), program) if kind.startswith("pack.")]
        assert "pack.pictures" in steps(compile_network(graph, 4, device="cuda"), program)
    beside = network(conv=Conv(filters=8, size=(4, 4), stride=(2, 2), padding=(1, 1)))
    own = network(conv=Conv(filters=8, size=(4, 4), stride=(2, 2), padding=(1, 0), shared_biases=False))
    for left in (beside, own):
        assert "pack.pictures" in steps(compiled(left))


def test_filters_that_two_layers_share_are_packed_for_each() -> None:
    """What the second use adds to its gradient is not packed."""
    graph = network(one=Conv(filters=8, size=(4, 4), stride=(2, 2), padding=(1, 1)), sum=EltSum())
    graph.add("two", Conv(filters=8, size=(4, 4), stride=(2, 2), padding=(1, 1), weights_of="one"))
    graph.connect(Wire("data", "two"))
    graph.connect(Wire("two", "sum", 1))
    operations = compiled(graph).programs[TRAIN].operations
    writers = [op for op in operations if "one.weights.gradient" in op.outputs.values()]
    assert [writes_anew(op) for op in writers] == [True, False]
    assert sum(op.kind == "pack.filters" for op in operations) == 2


def writes_anew(operation: Operation) -> bool:
    """Whether an operation's kernel is there, and does not add to what its output holds."""
    assert find(operation.kind, "cuda")
    return not operation.accumulates
