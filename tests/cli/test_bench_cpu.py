"""The bench of the processor: figures of both sides, of the same network."""

from __future__ import annotations

import math
from pathlib import Path
from xml.etree import ElementTree

import pytest

from engine.cli import bench_side
from engine.cli.bench_cpu import bench_cpu, describe, measure, slower
from engine.cli.bench_cpu_plot import draw_scaling
from engine.cli.bench_cpu_scaling import describe_scaling, scaling
from engine.cli.bench_cpu_worth import Worth, describe_worths, worths
from engine.errors import DeviceError
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


def test_passes_behind_pytorch_are_listed_worst_first() -> None:
    """A layer that only one side has is no pass of both."""
    ours = {"conv1": [0.002, 0.004], "pool1": [0.001, 0.0], "probs": [0.001, 0.001]}
    theirs = {"conv1": [0.001, 0.003], "pool1": [0.002, 0.001]}
    assert slower(ours, theirs) == ["  2 of 3 slower than PyTorch: conv1 forward 0.50, conv1 backward 0.75"]
    assert slower(ours, {}) == []


def test_what_a_plan_has_not_is_not_measured() -> None:
    """The digits have no pooling that is fused; all else has a figure."""
    found = dict(worths(EXAMPLES / "digits.convnet", 4, 1, 1))
    assert set(found) == {"softmax", "winograd"}
    assert all(0 < ratio < 100 for worth in found.values() for ratio in vars(worth).values())


def test_what_proves_itself_nowhere_is_named() -> None:
    """One network on which it does is enough."""
    rows = {"a": {"pool": Worth(1.3, 1.2), "softmax": Worth(1.05, 1.0)}, "b": {"softmax": Worth(1.0, 1.0)}}
    lines = describe_worths(rows).splitlines()
    assert lines[1].split() == ["a", "1.30", "(1.20)", "1.05", "(1.00)"]
    assert lines[2].split() == ["b", "–", "1.00", "(1.00)"]
    assert lines[-1].startswith("softmax: below")
    assert not any(line.startswith("pool: below") for line in lines)


def test_the_plot_of_sizes_is_a_picture_with_a_line_for_each_count() -> None:
    """Points lie within the picture, and the quicker ones higher."""
    root = ElementTree.fromstring(draw_scaling("net", {1: {1: 0.01, 2: 0.01}, 1024: {1: 1.0, 2: 0.5}}))
    space = "{http://www.w3.org/2000/svg}"
    lines = [line.get("points", "").split() for line in root.iter(f"{space}polyline")]
    ends = [[tuple(map(float, point.split(","))) for point in line] for line in lines]
    assert len(ends) == 2
    assert all(0 < x < 640 and 0 < y < 400 for line in ends for x, y in line)
    assert ends[1][1][1] < ends[0][1][1] < ends[0][0][1]


def test_without_pytorch_the_peer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to do, before anything is measured."""
    monkeypatch.setattr(bench_side, "find_spec", lambda _: None)
    with pytest.raises(DeviceError, match="pip install torch"):
        bench_cpu([EXAMPLES / "digits.convnet"], peer="torch")
