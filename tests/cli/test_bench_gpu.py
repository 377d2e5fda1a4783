"""The bench of the GPU: what can be seen of it without one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from engine.cli import bench_gpu, bench_gpu_measure
from engine.cli.bench import app
from engine.cli.bench_gpu_errors import all_reached, describe
from engine.cli.torch_ways import Ways, variants
from engine.errors import DeviceError
from engine.graph.examples import load_example
from engine.plan.analysis.infer import infer
from engine.runtime import devices

EXAMPLE = Path(__file__).parents[2] / "resources" / "examples" / "cifar10.convnet"

FACTS = {
    "gpu": "A GPU sm_90",
    "versions": {"cupy": "14"},
    "memory": {"plan": 2**20},
    "precision": "bfloat16",
    "code": "",
    "operations": 9,
}
PART = {"name": "conv1.conv.forward", "kind": "conv.forward", "ms": 0.5, "bytes": 10**9, "operations": 10**11}


class FakeSide:
    """A side with fixed figures: PyTorch's second way takes 3 ms and the engine's step 1 ms."""

    def __init__(self, module: str, order: dict[str, Any], settings: dict[str, str]) -> None:
        self._order = order
        self._number = 0

    def ask(self, words: str) -> Any:
        """Return the figure for a word."""
        word, *arguments = words.split()
        if self._order["side"] == "ours":
            limits = {"copy": 4e12, "product": 8e14}
            answers = {"ready": 2.0, "step": 1.0, "facts": FACTS, "limits": limits, "parts": [PART]}
            return answers[word]
        if word == "prepare":
            self._number = int(arguments[0])
            return {"failed": "no memory"} if self._number == 2 else {"seconds": 4.0}
        return {"facts": {"torch": "2.11"}, "memory": 2**30, "step": 5.0 - 2 * self._number}[word]

    def close(self) -> None:
        """Do nothing."""


@pytest.fixture(autouse=True)
def _sides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_gpu_measure, "Side", FakeSide)
    monkeypatch.setattr(bench_gpu, "check", lambda networks, peer: None)
    monkeypatch.setattr(bench_gpu_measure, "variants", lambda layers, full: variants(layers, full=full)[:3])


def test_pytorchs_best_is_held_against_the_bar(tmp_path: Path) -> None:
    """The best way counts, a way that fails does not, and all of it is written down."""
    output = tmp_path / "figures.json"
    arguments = [str(EXAMPLE), "--batch-size", "100", "--peer", "torch", "--output", str(output)]
    result = CliRunner().invoke(app, ["gpu", *arguments])
    assert result.exit_code == 0
    assert "3.00 × PyTorch's best (torch 2.11); 2 × asked: reached" in result.output
    assert "best: compile + graph, channels last, local as unfold\n" in result.output
    assert "channels first, local as nine slices: failed, no memory" in result.output
    assert "2,000 " in result.output  # GB/s of the operation
    written = json.loads(output.read_text(encoding="utf-8"))
    assert [one["ratio"] for one in written] == [3.0]


def test_a_missed_bar_exits_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_gpu_measure, "BAR", 3.5)
    result = CliRunner().invoke(app, ["gpu", str(EXAMPLE), "--batch-size", "8", "--peer", "torch"])
    assert result.exit_code == 1
    assert "3.5 × asked: MISSED" in result.output


def test_a_step_that_cannot_be_measured_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are measured all the same."""

    class Ending(FakeSide):
        def ask(self, words: str) -> Any:
            if self._order["batch_size"] == 8 and words == "step":
                raise ValueError(words)
            return super().ask(words)

    monkeypatch.setattr(bench_gpu_measure, "Side", Ending)
    result = CliRunner().invoke(app, ["gpu", str(EXAMPLE), "--batch-size", "8", "--batch-size", "9"])
    assert result.exit_code == 0
    assert "cifar10, batch 8: a process ended" in result.output
    assert "cifar10, batch 9, bfloat16" in result.output


def test_without_a_gpu_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(devices, "find_spec", lambda name: None)
    result = CliRunner().invoke(app, ["gpu"])
    assert isinstance(result.exception, DeviceError)
    assert "CuPy is not installed" in str(result.exception)


def test_errors_are_held_against_their_bars() -> None:
    worst = {
        "fc.forward": {"bfloat16": 3e-3, "float32": 1e-6},
        "sgd.update": {"bfloat16": 0.0, "float32": 2e-5},
    }
    assert not all_reached(worst)
    lines = describe(worst).splitlines()
    assert lines[0].split()[0] == "kernel"
    assert [line.endswith("MISSED") for line in lines[1:]] == [False, True]


@pytest.mark.parametrize("name", ["cifar10", "imagenet"])
def test_pytorch_is_tried_in_all_ways(name: str) -> None:
    """Each way has a name of its own, and makes outputs of the network's size."""
    torch = pytest.importorskip("torch")
    from engine.cli import torch_modules

    layers = infer(load_example(name).graph)
    ways = variants(layers, full=True)
    assert len({way.name(layers) for way in ways}) == len(ways)
    assert {way.mode for way in variants(layers, full=False)} == {
        "compile + graph",
        "graph",
        "eager",
    }
    height, width, channels = layers["data"].output.shape
    for way in {way.ways for way in ways}:
        x = torch.randn(1, channels, height, width)
        for layer, module in torch_modules.modules_of(layers, way).items():
            x = module(x)
            rows, columns, maps = (*layers[layer].output.shape, 1, 1)[:3]
            assert x.numel() == rows * columns * maps, layer


def test_both_ways_of_local_layers_agree() -> None:
    """Unfold has the channels outside, slices have them inside."""
    torch = pytest.importorskip("torch")
    from engine.cli.torch_modules import modules_of

    layers = infer(load_example("cifar10").graph)
    sliced, unfolded = (modules_of(layers, Ways(local=way))["local3"][0] for way in ("slices", "unfold"))  # type: ignore[index,arg-type]
    taps = sliced.weights.detach().reshape(36, 9, 64, 32)
    unfolded.weights.data = taps.transpose(1, 2).reshape(36, 576, 32)
    x = torch.randn(2, 64, 6, 6)
    torch.testing.assert_close(sliced(x), unfolded(x))
