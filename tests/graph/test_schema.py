"""The JSON schema in ``docs`` is that of the program, and takes and refuses what the reader does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings

from engine.graph.network_file import NetworkFile, dumps, load
from engine.graph.schema import network_schema
from engine.graph.validate import inspect_network
from tests.graph.networks import network_files, small_graph

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "resources" / "examples").glob("*.convnet"))

VALIDATOR = jsonschema.Draft202012Validator(network_schema())


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(network_schema())


def test_there_are_examples() -> None:
    assert {"digits", "shapes"} <= {example.stem for example in EXAMPLES}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_each_example_fits_the_schema_and_is_a_network_without_problems(example: Path) -> None:
    VALIDATOR.validate(json.loads(example.read_text(encoding="utf-8")))
    assert inspect_network(load(example).graph).problems == ()


@settings(max_examples=50)
@given(network_files())
def test_every_network_that_is_written_fits_the_schema(network: NetworkFile) -> None:
    VALIDATOR.validate(json.loads(dumps(network)))


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: d.pop("format"),
        lambda d: d.pop("version"),
        lambda d: d.update(version=2),
        lambda d: d.update(extra=1),
        lambda d: d.update(layers={}),
        lambda d: d["layers"][0].pop("name"),
        lambda d: d["layers"][0].update(name="a b"),
        lambda d: d["layers"][0].update(name="a.b"),
        lambda d: d["layers"][0].update(name="x" * 65),
        lambda d: d["layers"][0].update(type="transformer"),
        lambda d: d["layers"][0].update(filterSize=3),
        lambda d: d["layers"][0].update(size=0),
        lambda d: d["layers"][0].update(size=[1, 2, 3]),
        lambda d: d["layers"][0].update(size="8"),
        lambda d: d["layers"][2].update(frozen=1),
        lambda d: d["layers"][2].update(initial="xavier"),
        lambda d: d["layers"][2].update(momentum=1.0),
        lambda d: d["layers"][2].update(inputs=[1]),
        lambda d: d["training"].update(epochs=0),
        lambda d: d["training"].update(schedule={"kind": "sinus"}),
        lambda d: d["training"].update(schedule={"rate": 1}),
        lambda d: d["training"].update(schedule={"kind": "steps", "epochs": [1, 1]}),
        lambda d: d["data"].update(scale=0),
        lambda d: d["data"].update(source="imagenet"),
        lambda d: d["splits"][0].update(layers={"conv1": {"placement": "half"}}),
        lambda d: d["splits"][0].pop("devices"),
        lambda d: d["canvas"].update(positions={"data": [1]}),
        lambda d: d["canvas"].update(positions={"data": [1, 1e10]}),
        lambda d: d["canvas"].update(zoom=1),
    ],
)
def test_what_the_reader_refuses_the_schema_refuses(edit: Callable[[Any], object]) -> None:
    document = json.loads(dumps(NetworkFile(small_graph())))
    assert VALIDATOR.is_valid(document)
    edit(document)
    assert not VALIDATOR.is_valid(document)
