"""The example networks: the talk's tables row by row, and files that are what the tool writes."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path

import pytest

from engine.cli.describe import describe
from engine.graph.network_file import load
from engine.graph.validate import check_network

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "resources" / "examples"

CIFAR10 = """
data     1728
labels   1
conv1    36864  4800
pool1    9216
conv2    9216   36864
pool2    2304
local3   1152   663552
local4   1152   331776
fc10     10     11520
probs    10
logprob
sum      61653  1048512
"""

IMAGENET = """
data      150528
labvec    1
conv1     254016   23232
rnorm1    254016
pool1     61504
conv2     184512   307200
rnorm2    184512
pool2     43200
conv3     86400    663552
conv4     57600    884736
conv5     57600    589824
pool3     12544
fc4096a   4096     51380224
dropout1  4096
fc4096b   4096     16777216
dropout2  4096
fc1000    1000     4096000
probs     1000
logprob
sum       1364817  74721984
"""


@pytest.mark.parametrize(("name", "table"), [("cifar10", CIFAR10), ("imagenet", IMAGENET)])
def test_describe_prints_the_talks_table(name: str, table: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Outputs and weights of every row, and the sums, are the talk's."""
    describe(EXAMPLES / f"{name}.convnet")
    heading, *lines = capsys.readouterr().out.splitlines()
    ends = [heading.index(name) + len(name) for name in ("outputs", "weights")]
    rows = [
        [line.split()[0], *(line[:end].split()[-1] for end in ends if line[end - 1 : end].isdigit())]
        for line in lines
    ]
    assert rows == [line.split() for line in table.strip().splitlines()]


def test_the_networks_geometry_is_the_talks() -> None:
    """Input width, filter, stride and padding of the ImageNet network's rows."""
    graph = load(EXAMPLES / "imagenet.convnet").graph
    outputs = check_network(graph).outputs
    assert [outputs[name].shape[0] for name in ("conv1", "pool1", "conv2", "pool2", "conv5", "pool3")] == [
        63,
        31,
        31,
        15,
        15,
        7,
    ]


@pytest.mark.parametrize(
    "name", ["cifar10", "cifar10-long", "imagenet", "lenet5", "resnet20", "digits", "shapes"]
)
def test_examples_can_be_trained_and_have_places(name: str) -> None:
    """Each example is valid and every layer has its place on the canvas."""
    network = load(EXAMPLES / f"{name}.convnet")
    check_network(network.graph)
    assert network.positions.keys() == network.graph.layers().keys()


def test_the_examples_are_what_the_tool_writes_but_for_their_places() -> None:
    """To renew them: .venv/bin/python tools/write_examples.py"""
    pytest.importorskip("fast_sugiyama")
    for name, make in runpy.run_path(str(ROOT / "tools" / "write_examples.py"))["NETWORKS"].items():
        written, made = load(EXAMPLES / f"{name}.convnet"), make()
        assert replace(written, positions={}) == replace(made, positions={}), name
