"""A forecast counts what the plan holds and sends, layer by layer and wire by wire."""

from __future__ import annotations

import dataclasses

import pytest

from engine.errors import InvalidNetworkError, PlanError
from engine.forecast.__main__ import answer
from engine.forecast.forecast import forecast
from engine.graph.examples import load_example
from engine.graph.network_file import NetworkFile, dumps
from engine.graph.presets import choose_split
from engine.plan.analysis.traffic import step_bytes
from engine.plan.compile.pipeline import TRAIN, compile_network
from engine.protocol.forecasts import AskForecast


def split_example(name: str, split: str, count: int = 2) -> NetworkFile:
    network = load_example(name)
    return dataclasses.replace(network, splits=(choose_split(network.graph, (), split, count),))


@pytest.mark.parametrize("split", ["data", "model", "hybrid", "hybrid-b", "hybrid-c"])
def test_all_that_is_sent_is_forecast_at_its_place(split: str) -> None:
    network = split_example("imagenet", split)
    found = forecast(network)
    plan = compile_network(network.graph, network.training.batch_size, split=network.splits[0])
    sent = step_bytes(plan.programs[TRAIN], plan.buffers)
    assert sum(device.sent for device in found.devices) == sum(sent.values())
    assert [device.memory for device in found.devices] == list(plan.arena_bytes.values())
    placed = sum(wire.sent for wire in found.wires) + sum(layer.sent for layer in found.layers)
    assert placed == pytest.approx(sum(sent.values()) - sent["agree"], abs=len(network.graph))


def test_hybrid_sends_weights_of_convolutions_and_outputs_around_the_fully_connected() -> None:
    found = forecast(split_example("imagenet", "hybrid"))
    batch = load_example("imagenet").training.batch_size
    wires = {(wire.source, wire.target): wire.sent for wire in found.wires}
    assert wires["pool3", "fc4096a"] == 2 * 4 * batch * 12_544
    assert wires["fc1000", "probs"] == 4 * batch * 1000
    layers = {layer.layer: layer.sent for layer in found.layers}
    assert layers.keys() == {"conv1", "conv2", "conv3", "conv4", "conv5"}
    assert layers["conv2"] == pytest.approx(8 * (307_200 + 192), abs=8)


def test_one_device_sends_nothing() -> None:
    found = forecast(load_example("digits"))
    assert [device.sent for device in found.devices] == [0]
    assert (found.wires, found.layers) == ((), ())


def test_what_cannot_be_run_is_refused() -> None:
    network = split_example("digits", "hybrid-c", 26)
    with pytest.raises(PlanError, match="at least 676 examples"):
        answer(AskForecast(dumps(network)))
    network.graph.remove(next(iter(network.graph.layers())))
    with pytest.raises(InvalidNetworkError):
        answer(AskForecast(dumps(network)))
