"""The bench of the processor: figures of both sides, of the same network."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from engine.cli.bench_cpu import describe, measure
from engine.cli.bench_cpu_scaling import describe_scaling, scaling
from engine.graph.network_file import load
from engine.plan.analysis.infer import all_weights, infer

EXAMPLES = Path(__file__).parents[2] / "resources" / "examples"


def test_a_step_is_timed_whole_and_by_layer() -> None:
    """All figures are there, each layer with its own, and none without a meaning."""
    result = measure(EXAMPLES / "digits.convnet", 4, steps=2, threads=1, peer="none")
    ours = result["ours"]
    assert 0 < ours["least"] <= ours["median"] < 60
    assert ours["memory"] > 0
    layers = [name for name in infer(load(EXAMPLES / "digits.convnet").graph) if name in ours["layers"]]
    assert {"conv1", "conv2", "fc10"} <= set(layers)  # some pooling is done by the layer before
    assert all(math.isfinite(seconds) for pair in ours["layers"].values() for seconds in pair)
    text = describe("digits", result)
    assert "conv1" in text
    assert "PyTorch" not in text


def test_steps_of_several_sizes_are_timed() -> None:
    """Each batch size has a time on each number of threads."""
    times = scaling(EXAMPLES / "digits.convnet", (1, 2), (1, 2), 1)
    assert {batch: set(row) for batch, row in times.items()} == {1: {1, 2}, 2: {1, 2}}
    assert all(0 < seconds < 60 for row in times.values() for seconds in row.values())


def test_the_table_says_how_much_quicker_and_bars_grow_with_speed() -> None:
    """The quickest has the longest bar."""
    lines = describe_scaling("net", {1: {1: 0.002, 2: 0.002}, 4: {1: 0.004, 2: 0.002}}).splitlines()
    assert lines[3].split() == ["4", "4.00", "2.00", "2.00", "×"]
    assert [line.count("█") + line.count("▓") for line in lines[5:]] == [10, 10, 20, 40]
    assert lines[-1].endswith("2,000")


@pytest.mark.parametrize("name", ["cifar10", "digits"])
def test_the_peer_has_as_many_weights(name: str) -> None:
    """PyTorch is measured on the same network."""
    torch_peer = pytest.importorskip("engine.cli.torch_peer", reason="PyTorch is not installed")
    layers = infer(load(EXAMPLES / f"{name}.convnet").graph)
    peer = torch_peer.TorchPeer(layers, 2, 1)
    assert peer.weights() == sum(math.prod(spec.shape) for spec in all_weights(layers).values())
    peer.step()
