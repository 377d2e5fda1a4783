"""The network file: what is written is read again, and what is wrong is told, whatever it is."""

from __future__ import annotations

import copy
import json
import os
import random
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from engine.errors import (
    ConvNetError,
    DuplicateNameError,
    FieldError,
    FileFormatError,
    InvalidNetworkError,
    NewerVersionError,
    UnknownFieldError,
    UnknownLayerError,
)
from engine.graph.comment import Comment
from engine.graph.layer_graph import Wire
from engine.graph.network_file import LARGEST_FILE, NetworkFile, dumps, load, loads, save
from engine.graph.schedules import Steps
from engine.graph.settings import DataSettings, TrainingSettings
from engine.graph.split import ONE_DEVICE, LayerSplit, Split
from engine.graph.validate import inspect_network
from engine.layers.catalogue import Conv
from tests.graph.networks import network_files, small_graph

EXAMPLE = NetworkFile(
    small_graph(),
    TrainingSettings(schedule=Steps(rate=0.1, epochs=(2, 4)), batch_size=32),
    DataSettings(source="digits"),
    (
        ONE_DEVICE,
        Split("two", ("A", "B"), (("conv1", LayerSplit("data")), ("fc10", LayerSplit("model", ("B",))))),
    ),
    {"data": (0.0, -10.5), "loss": (1e9, 3.25)},
)


def document() -> dict[str, Any]:
    """Return a fresh copy of the example as JSON."""
    content: dict[str, Any] = json.loads(dumps(EXAMPLE))
    return content


def with_layer(**entries: object) -> str:
    """Return the example with other entries in layer conv1."""
    content = document()
    layer = next(layer for layer in content["layers"] if layer["name"] == "conv1")
    layer.update(entries)
    return json.dumps(content)


def comment(**entries: object) -> dict[str, object]:
    """Return a comment as a file holds it."""
    return {"text": "why\nso", "place": [-8, 16], "size": [200, 96], **entries}


def format_error(content: str | bytes) -> FileFormatError:
    with pytest.raises(FileFormatError) as caught:
        loads(content, "net.convnet")
    assert str(caught.value).startswith("net.convnet: ")
    return caught.value


def problems_of(content: str) -> list[ConvNetError]:
    with pytest.raises(InvalidNetworkError) as caught:
        loads(content)
    return list(caught.value.problems)


# ---- Round trips -----------------------------------------------------------------------------------------


def test_the_example_comes_back_from_its_file(tmp_path: Path) -> None:
    save(EXAMPLE, tmp_path / "net.convnet")
    assert load(tmp_path / "net.convnet") == EXAMPLE


@given(network_files())
def test_every_network_comes_back_from_its_file_and_gives_the_same_bytes_again(network: NetworkFile) -> None:
    content = dumps(network)
    again = loads(content)
    assert again == network
    assert dumps(again) == content


def test_equal_networks_give_equal_bytes_however_they_came_about() -> None:
    """The order of wires and positions, and whole numbers in place of doubles, make no difference."""
    graph = small_graph()
    for wire in graph.wires():
        graph.disconnect(wire)
    for wire in reversed(small_graph().wires()):
        graph.connect(wire)
    other = NetworkFile(
        graph,
        TrainingSettings(schedule=Steps(rate=0.1, epochs=(2, 4)), batch_size=32, decay=0),
        DataSettings(source="digits"),
        EXAMPLE.splits,
        {"loss": (1_000_000_000, 3.25), "data": (0, -10.5)},
    )
    assert other == EXAMPLE
    assert dumps(other) == dumps(EXAMPLE)


def test_a_half_drawn_network_comes_back(tmp_path: Path) -> None:
    """Missing inputs in the middle, a wire into an input that is not there, and a circle."""
    graph = small_graph()
    graph.disconnect(Wire("probs", "loss"))
    graph.connect(Wire("conv1", "probs", 2))
    graph.connect(Wire("pool1", "data", 1))
    network = NetworkFile(graph)
    assert loads(dumps(network)) == network


def test_a_minimal_file_takes_all_defaults() -> None:
    assert loads('{"format": "convnet-studio network", "version": 1}') == NetworkFile()


def test_a_byte_order_mark_is_no_fault() -> None:
    assert loads(b"\xef\xbb\xbf" + dumps(EXAMPLE).encode()) == EXAMPLE


def test_comments_come_back_and_a_file_without_any_does_not_name_them() -> None:
    content = document()
    assert "comments" not in content["canvas"]
    content["canvas"]["comments"] = {"note1": comment()}
    network = loads(json.dumps(content))
    assert network.comments == {"note1": Comment("why\nso", (-8.0, 16.0), (200.0, 96.0))}
    assert json.loads(dumps(network)) == content


def test_a_muted_layer_comes_back_and_only_layers_with_values_can_be_muted() -> None:
    network = loads(with_layer(muted=True))
    assert network.graph["conv1"].muted
    assert loads(dumps(network)).graph == network.graph
    (problem,) = problems_of(with_layer(muted=1))
    assert problem.fields["field"] == "muted"
    content = document()
    content["layers"][0]["muted"] = True
    (problem,) = problems_of(json.dumps(content))
    assert (problem.fields["layer"], problem.fields["expected"]) == ("data", "false")


def test_positions_of_layers_that_are_not_there_are_forgotten() -> None:
    content = document()
    content["canvas"]["positions"]["gone"] = [1, 2]
    assert loads(json.dumps(content)) == EXAMPLE


# ---- Files that are no network files ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "where", "found"),
    [
        ("", "line 1, column 1", "the end of the file (Expecting value)"),
        ('{\n  "format": oops\n}', "line 2, column 13", '"oops\\n}" (Expecting value)'),
        ('{"format": "convnet-studio network", "version": 1,}', "line 1, column 51", "property name"),
        ('{"version": 1} more', "line 1, column 16", "Extra data"),
        ('{"scale": NaN}', "file", "NaN, which is not a number"),
        ('{"scale": -Infinity}', "file", "-Infinity, which is not a number"),
        ('{"version": 1, "version": 2}', "file", 'two entries named "version"'),
        ('{"\\ud800": 1, "\\ud800": 2}', "file", "two entries named"),
        ('{"\\ud800": 1}', "file", "half of a character"),
        (b'{"name": "\xff"}', "file", "what is no text from byte 10 on"),
        ("9" * 5000, "file", "Exceeds the limit"),
        ("[" * 100_000, "file", "nested too deep"),
        ('{"a":' * 100_000, "file", "nested too deep"),
        ("[]", "format", "something else"),
        ('"convnet"', "format", "something else"),
        ("{}", "format", "something else"),
        ('{"format": "another", "version": 1}', "format", "something else"),
    ],
)
def test_what_is_no_network_file_is_told_with_the_place(content: str | bytes, where: str, found: str) -> None:
    error = format_error(content)
    assert error.fields["where"] == where
    assert found in str(error.fields["found"])
    str(error).encode("utf-8")


@pytest.mark.parametrize("version", [0, -1, True, 1.0, "1", None, [1]])
def test_a_version_is_a_whole_number_from_one(version: object) -> None:
    content = json.dumps({"format": "convnet-studio network", "version": version})
    error = format_error(content)
    assert error.fields["where"] == "version"
    assert not isinstance(error, NewerVersionError)


def test_a_newer_version_is_told_before_all_else_in_the_file() -> None:
    with pytest.raises(NewerVersionError, match="made by a newer version of ConvNet Studio"):
        loads('{"format": "convnet-studio network", "version": 2, "new section": {}}', "net.convnet")


@pytest.mark.parametrize(
    ("edit", "where"),
    [
        (lambda d: d.update(extra={}), '"extra"'),
        (lambda d: d.update(layers={}), "layers"),
        (lambda d: d.update(training=[]), "training"),
        (lambda d: d.update(data=None), "data"),
        (lambda d: d.update(splits={}), "splits"),
        (lambda d: d.update(canvas=[]), "canvas"),
        (lambda d: d["layers"].insert(1, "conv"), "layers[1]"),
        (lambda d: d["layers"][0].pop("name"), "layers[0].name"),
        (lambda d: d["layers"][0].update(name="a b"), "layers[0].name"),
        (lambda d: d["layers"][0].update(name=7), "layers[0].name"),
        (lambda d: d["training"].update(schedule=1), "training.schedule"),
        (lambda d: d["training"].update(schedule=None), "training.schedule"),
        (lambda d: d["training"].update(schedule={"kind": "sinus"}), "training.schedule"),
        (lambda d: d["training"].update(schedule={"kind": []}), "training.schedule"),
        (lambda d: d["splits"].insert(0, []), "splits[0]"),
        (lambda d: d["splits"][0].update(gpu=1), "splits[0]"),
        (lambda d: d["splits"][0].pop("name"), "splits[0]"),
        (lambda d: d["splits"][0].update(layers=[]), "splits[0]"),
        (lambda d: d["splits"][0].pop("devices"), "splits[0].devices"),
        (lambda d: d["splits"][0].update(devices=["A", 1]), "splits[0].devices"),
        (lambda d: d["splits"][0].update(layers={"conv1": 1}), "splits[0].layers.conv1"),
        (
            lambda d: d["splits"][0].update(layers={"conv1": {"placement": "data", "gpu": 1}}),
            "splits[0].layers.conv1",
        ),
        (
            lambda d: d["splits"][0].update(layers={"conv1": {"placement": "half"}}),
            "splits[0].layers.conv1.placement",
        ),
        (
            lambda d: d["splits"][0].update(layers={"conv1": {"placement": "data", "devices": "A"}}),
            "splits[0].layers.conv1.devices",
        ),
        (lambda d: d["canvas"].update(zoom=1), "canvas"),
        (lambda d: d["canvas"].update(positions=[]), "canvas"),
        (lambda d: d["canvas"].update(comments=[]), "canvas.comments"),
        (lambda d: d["canvas"].update(comments={"a": {"text": "", "place": [0, 0]}}), "canvas.comments.a"),
        (lambda d: d["canvas"].update(comments={"a": comment(text=1)}), "canvas.comments.a.text"),
        (lambda d: d["canvas"].update(comments={"a": comment(place=[0])}), "canvas.comments.a.place"),
        (lambda d: d["canvas"].update(comments={"a": comment(size=[9, 0])}), "canvas.comments.a.size"),
        (lambda d: d["canvas"]["positions"].update(data=[1]), "canvas.positions.data"),
        (lambda d: d["canvas"]["positions"].update(data=[1, True]), "canvas.positions.data"),
        (lambda d: d["canvas"]["positions"].update(data=[1, 1e10]), "canvas.positions.data"),
        (lambda d: d["canvas"]["positions"].update(data=[10**400, 0]), "canvas.positions.data"),
    ],
)
def test_a_file_of_the_wrong_form_is_told_with_the_place(edit: Callable[[Any], object], where: str) -> None:
    content = document()
    edit(content)
    assert format_error(json.dumps(content)).fields["where"] == where


def test_a_number_too_large_for_a_double_is_a_wrong_value() -> None:
    assert "found Infinity" in str(problems_of(with_layer(rate=777).replace("777", "1e999"))[0])


# ---- Wrong content: all problems at once -----------------------------------------------------------------


def test_an_unknown_type_of_layer_is_told_with_the_types_there_are() -> None:
    (problem,) = problems_of(with_layer(type="transformer"))
    assert isinstance(problem, UnknownLayerError)
    assert problem.layers == ("conv1",)
    assert 'found "transformer"' in str(problem)
    assert "conv, local" in str(problem)


def test_an_unknown_field_is_told_with_the_fields_there_are() -> None:
    (problem,) = problems_of(with_layer(filterSize=5))
    assert isinstance(problem, UnknownFieldError)
    assert (problem.layers, problem.field) == (("conv1",), "filterSize")
    assert "Its fields are filters, size" in str(problem)


def test_a_layer_without_fields_says_so() -> None:
    content = document()
    content["layers"][1]["colour"] = 1
    assert "It has no fields." in str(problems_of(json.dumps(content))[0])


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("filters", 0, "filters: expected a whole number from 1 to 1000000, found 0"),
        ("filters", True, "found true"),
        ("size", [3], "found [3]"),
        ("neuron", "gelo", 'found "gelo"'),
        ("rate", None, "found null"),
        ("frozen", 1, "expected true or false, found 1"),
        ("inputs", "data", "inputs: expected a list of layer names"),
        ("bias", "x" * 100, "…"),
    ],
)
def test_a_wrong_value_is_told_with_layer_field_and_what_is_expected(
    field: str, value: object, words: str
) -> None:
    (problem,) = problems_of(with_layer(**{field: value}))
    assert isinstance(problem, FieldError)
    assert (problem.layers, problem.field) == (("conv1",), field)
    assert words in str(problem)


@pytest.mark.parametrize("source", ["nobody", 3, ["data"], {"a": 1}, True])
def test_an_input_that_names_no_layer_is_told(source: object) -> None:
    (problem,) = problems_of(with_layer(inputs=[source]))
    assert isinstance(problem, UnknownLayerError)
    assert (problem.layers, problem.field) == (("conv1",), "inputs")


def test_two_layers_of_one_name_are_told() -> None:
    content = document()
    content["layers"].append(content["layers"][2])
    (problem,) = problems_of(json.dumps(content))
    assert isinstance(problem, DuplicateNameError)
    assert problem.layers == ("conv1",)


def test_all_problems_are_told_at_once() -> None:
    content = document()
    layers = {layer["name"]: layer for layer in content["layers"]}
    layers["conv1"].update(filters=-1, size=[1, 2, 3], speed=1)
    layers["pool1"].update(type="poll")
    layers["fc10"].update(inputs=["pool1", "nobody"])
    layers["data"].update(name="labels")
    content["training"].update(momentum=1.0, lr=0.1)
    content["training"]["schedule"].update(rate=-1)
    content["data"].update(scale=0)
    told = [
        (problem.code, getattr(problem, "layers", ()), problem.field)
        for problem in problems_of(json.dumps(content))
    ]  # type: ignore[attr-defined]
    assert sorted(told, key=str) == sorted(
        [
            ("FieldError", ("conv1",), "filters"),
            ("FieldError", ("conv1",), "size"),
            ("UnknownFieldError", ("conv1",), "speed"),
            ("UnknownLayerError", ("pool1",), None),
            ("UnknownLayerError", ("fc10",), "inputs"),
            ("UnknownLayerError", ("conv1",), "inputs"),
            ("DuplicateNameError", ("labels",), None),
            ("FieldError", ("training",), "momentum"),
            ("UnknownFieldError", ("training",), "lr"),
            ("FieldError", ("training.schedule",), "rate"),
            ("FieldError", ("data",), "scale"),
        ],
        key=str,
    )


def test_a_layer_of_unknown_type_is_no_missing_input_of_others() -> None:
    content = document()
    content["layers"][3]["type"] = "poll"
    assert [problem.code for problem in problems_of(json.dumps(content))] == ["UnknownLayerError"]


# ---- A thousand damaged files ----------------------------------------------------------------------------

ODD: tuple[Any, ...] = (
    None, True, -1, 0, 1.5, 1e308, 10**400, "", "conv", "\ud800", "a\nb", [], [[]], [None], {}, {"a": []},
    {"kind": "steps", "epochs": [3, 1]}, [1, 2, 3], "x" * 1000,
)  # fmt: skip


def damaged_tree(chance: random.Random) -> str:
    """Return the example with odd values, missing and additional entries at random places."""
    content = copy.deepcopy(document())
    for _ in range(chance.randint(1, 3)):
        places: list[tuple[Any, Any]] = []
        stack: list[Any] = [content]
        while stack:
            value = stack.pop()
            keys = list(value) if isinstance(value, dict) else list(range(len(value)))
            places += [(value, key) for key in keys]
            stack += [value[key] for key in keys if isinstance(value[key], dict | list)]
        if not places:
            break
        value, key = chance.choice(places)
        match chance.randint(0, 3):
            case 0:
                del value[key]
            case 1 if isinstance(value, dict):
                value[chance.choice(["type", "name", "kind", "\ud800", "x"])] = chance.choice(ODD)
            case 2 if isinstance(value, list):
                value.append(copy.deepcopy(chance.choice([*ODD, value[key]])))
            case _:
                value[key] = chance.choice(ODD)
    return json.dumps(content)


def damaged_bytes(chance: random.Random) -> bytes:
    """Return the example with bytes changed, cut out, doubled or put in."""
    content = bytearray(dumps(EXAMPLE).encode())
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(content))
        length = chance.randint(1, 40)
        match chance.randint(0, 3):
            case 0:
                content[at] = chance.randrange(256)
            case 1:
                del content[at : at + length]
            case 2:
                content[at:at] = content[at : at + length]
            case _:
                content[at:at] = bytes(chance.choices(b'{}[]",:0123456789.eE-+\\unltrf \n', k=3))
    return bytes(content)


@pytest.mark.parametrize("damage", [damaged_tree, damaged_bytes])
def test_five_hundred_damaged_files_are_read_or_refused_with_a_sentence(
    damage: Callable[[random.Random], str | bytes],
) -> None:
    refused = 0
    for seed in range(500):
        content = damage(random.Random(seed))
        try:
            network = loads(content)
        except ConvNetError as error:
            refused += 1
            str(error).encode("utf-8")
        else:
            inspect_network(network.graph)
            assert loads(dumps(network)) == network
    assert refused > 200


# ---- On the disk -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["fsync", "replace", "fdopen"])
def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(
    function: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "net.convnet"
    save(NetworkFile(), path)
    old = path.read_bytes()

    def fail(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, function, fail)
    with pytest.raises(OSError, match="No space left"):
        save(EXAMPLE, path)
    monkeypatch.undo()
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


def test_a_save_keeps_the_permissions_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "net.convnet"
    save(EXAMPLE, path)
    path.chmod(0o600)
    save(NetworkFile(), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_save_through_a_link_writes_what_the_link_leads_to(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "net.convnet", tmp_path / "link.convnet"
    save(NetworkFile(), target)
    link.symlink_to(target)
    save(EXAMPLE, link)
    assert link.is_symlink()
    assert load(target) == EXAMPLE


def test_a_missing_file_a_folder_and_a_huge_file_are_told(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="No such file"):
        load(tmp_path / "none.convnet")
    with pytest.raises(FileFormatError, match="directory"):
        load(tmp_path)
    huge = tmp_path / "huge.convnet"
    with huge.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    with pytest.raises(FileFormatError, match="expected at most 16777216 bytes"):
        load(huge)


def test_the_content_is_text_that_shows_a_change_in_one_line() -> None:
    graph = small_graph()
    before = dumps(NetworkFile(graph)).splitlines()
    graph.replace("conv1", Conv(filters=5, size=(3, 3), padding=(1, 1)))
    after = dumps(NetworkFile(graph)).splitlines()
    assert [(a, b) for a, b in zip(before, after, strict=True) if a != b] == [
        ('      "filters": 4,', '      "filters": 5,')
    ]
