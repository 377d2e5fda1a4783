"""Turns the JSON of a network file into a network, and tells all that is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from engine.errors import (
    DuplicateNameError,
    FieldError,
    FileFormatError,
    InvalidNetworkError,
    NetworkError,
    NewerVersionError,
    UnknownFieldError,
    UnknownLayerError,
)
from engine.graph.comment import LONGEST_TEXT, Comment
from engine.graph.layer_graph import LONGEST_NAME, LayerGraph, Wire, is_layer_name
from engine.graph.mute import can_be_muted
from engine.graph.network import NetworkFile
from engine.graph.network_writer import FORMAT, VERSION
from engine.graph.schedules import SCHEDULES
from engine.graph.settings import DataSettings, TrainingSettings
from engine.graph.split import ONE_DEVICE, PLACEMENTS, SCHEMES, UPDATES, LayerSplit, Split
from engine.layers.base import Layer
from engine.layers.catalogue import KINDS
from engine.layers.fields import FieldSpec, field_specs
from engine.words import Words

FARTHEST = 1_000_000_000
"""px from the canvas's origin at which a layer may lie."""

NO_NETWORK_FILE = "This is not a network file, or it is damaged."

_SECTIONS = ("format", "version", "layers", "training", "data", "splits", "canvas")
_LAYER_KEYS = ("name", "type", "inputs", "muted")

_Record = TypeVar("_Record")


class _RefusedError(Exception):
    """JSON in which something is ``found`` that no network file may hold."""

    def __init__(self, found: Words) -> None:
        super().__init__(found)
        self.found = found


class Reader:
    """Turns JSON into a NetworkFile; collects the problems of layers, so that all are listed at once."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._problems: list[NetworkError] = []

    def read(self, content: bytes) -> NetworkFile:
        document = self._parse(content)
        self._check_version(document)
        unknown = [key for key in document if key not in _SECTIONS]
        if unknown:
            expected = Words("one of the sections {sections}", sections=", ".join(_SECTIONS))
            raise self._error(f'"{unknown[0]}"', expected, "another name")
        graph = self._graph(self._section(document, "layers", list))
        network = NetworkFile(
            graph=graph,
            training=self._training(self._section(document, "training", dict)),
            data=self._record("data", DataSettings, self._section(document, "data", dict)),
            splits=self._splits(self._section(document, "splits", list)),
        )
        self._read_canvas(network, self._section(document, "canvas", dict))
        if self._problems:
            raise InvalidNetworkError(tuple(self._problems))
        return network

    def _error(self, where: str, expected: str, found: object, hint: str = "") -> FileFormatError:
        return FileFormatError(path=self._path, where=where, expected=expected, found=found, hint=hint)

    def _parse(self, content: bytes) -> dict[str, Any]:
        try:
            text = content.decode("utf-8-sig")
            document = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
            json.dumps(document, ensure_ascii=False).encode("utf-8")  # fails for halves of characters
        except json.JSONDecodeError as error:
            where = Words("line {line}, column {column}", line=error.lineno, column=error.colno)
            is_inside = error.pos < len(text)
            place = _show(text[error.pos : error.pos + 20]) if is_inside else Words("the end of the file")
            found = Words("{place} ({reason})", place=place, reason=error.msg)
            raise self._error(where, "JSON", found, NO_NETWORK_FILE) from error
        except RecursionError as error:
            raise self._error("file", "a network", "entries nested too deep", NO_NETWORK_FILE) from error
        except _RefusedError as error:
            raise self._error("file", "JSON in UTF-8", error.found, NO_NETWORK_FILE) from error
        except UnicodeDecodeError as error:
            found = Words("what is no text from byte {number} on", number=error.start)
            raise self._error("file", "JSON in UTF-8", found, NO_NETWORK_FILE) from error
        except UnicodeEncodeError as error:
            raise self._error("file", "JSON in UTF-8", "half of a character", NO_NETWORK_FILE) from error
        except ValueError as error:
            raise self._error("file", "JSON in UTF-8", str(error), NO_NETWORK_FILE) from error
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise self._error("format", f'"{FORMAT}"', "something else", NO_NETWORK_FILE)
        return document

    def _check_version(self, document: dict[str, Any]) -> None:
        version = document.get("version")
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            raise self._error("version", "a whole number of at least 1", _show(version))
        if version > VERSION:
            raise NewerVersionError(
                path=self._path, where="version", expected=VERSION, found=version, hint=""
            )

    def _section(self, document: dict[str, Any], name: str, kind: type) -> Any:
        value = document.get(name, kind())
        if not isinstance(value, kind):
            raise self._error(name, "a list" if kind is list else "an object", _show(value))
        return value

    def _graph(self, entries: list[Any]) -> LayerGraph:
        graph = LayerGraph()
        wanted: list[tuple[str, list[Any]]] = []
        for index, entry in enumerate(entries):
            if not isinstance(entry, dict):
                raise self._error(f"layers[{index}]", "an object", _show(entry))
            name = entry.get("name")
            if not isinstance(name, str) or not is_layer_name(name):
                expected = Words(
                    'a name of letters, digits, "_" and "-", at most {count} of them', count=LONGEST_NAME
                )
                raise self._error(f"layers[{index}].name", expected, _show(name))
            layer = self._layer(name, entry)
            if name in graph:
                self._problems.append(DuplicateNameError(layer=name))
            elif layer is not None:
                graph.add(name, layer)
                wanted.append((name, self._sources(name, entry)))
        names = {entry["name"] for entry in entries}
        for name, sources in wanted:
            self._connect(graph, name, sources, names)
        return graph

    def _layer(self, name: str, entry: dict[str, Any]) -> Layer | None:
        kind = entry.get("type")
        if not isinstance(kind, str) or kind not in KINDS:
            self._problems.append(
                UnknownLayerError(
                    layer=name,
                    expected=Words("a type of layer ({types})", types=", ".join(KINDS)),
                    found=_show(kind),
                    hint="Correct the type, or open the file with a version that knows it.",
                )
            )
            return None
        values = {key: value for key, value in entry.items() if key not in _LAYER_KEYS}
        muted = entry.get("muted", False)
        if not isinstance(muted, bool) or (muted and not can_be_muted(KINDS[kind])):
            expected = "true or false" if can_be_muted(KINDS[kind]) else "false"
            self._problems.append(
                FieldError(layer=name, field="muted", expected=expected, found=_show(muted))
            )
        return replace(self._record(name, KINDS[kind], values, kind), muted=bool(muted))

    def _record(
        self, name: str, record: type[_Record], values: Mapping[str, Any], kind: str | None = None
    ) -> _Record:
        specs = field_specs(record)
        parsed = {}
        for key, value in values.items():
            if key not in specs:
                self._problems.append(
                    UnknownFieldError(layer=name, kind=kind or name, field=key, hint=_known_fields(specs))
                )
                continue
            try:
                parsed[key] = specs[key].parse(value)
            except ValueError:
                self._problems.append(
                    FieldError(layer=name, field=key, expected=specs[key].expected, found=_show(value))
                )
        return record(**parsed)

    def _sources(self, name: str, entry: dict[str, Any]) -> list[Any]:
        sources = entry.get("inputs", [])
        if not isinstance(sources, list):
            self._problems.append(
                FieldError(layer=name, field="inputs", expected="a list of layer names", found=_show(sources))
            )
            return []
        return sources

    def _connect(self, graph: LayerGraph, name: str, sources: list[Any], names: set[str]) -> None:
        for port, source in enumerate(sources):
            if isinstance(source, str) and source in graph:
                graph.connect(Wire(source, name, port))
            elif source is not None and not (isinstance(source, str) and source in names):
                self._problems.append(
                    UnknownLayerError(
                        layer=name,
                        field="inputs",
                        expected="the name of a layer",
                        found=_show(source),
                        hint="Correct the name, or add that layer.",
                    )
                )

    def _training(self, section: dict[str, Any]) -> TrainingSettings:
        values = {key: value for key, value in section.items() if key != "schedule"}
        settings = self._record("training", TrainingSettings, values)
        if "schedule" not in section:
            return settings
        schedule = section["schedule"]
        if not isinstance(schedule, dict) or schedule.get("kind") not in tuple(SCHEDULES):
            expected = Words("an object with a kind ({kinds})", kinds=", ".join(SCHEDULES))
            raise self._error("training.schedule", expected, _show(schedule))
        kind = schedule["kind"]
        values = {key: value for key, value in schedule.items() if key != "kind"}
        parsed = self._record("training.schedule", SCHEDULES[kind], values, kind)
        return replace(settings, schedule=parsed)

    def _splits(self, entries: list[Any]) -> tuple[Split, ...]:
        splits = tuple(self._split(f"splits[{index}]", entry) for index, entry in enumerate(entries))
        return splits or (ONE_DEVICE,)

    def _split(self, where: str, entry: Any) -> Split:
        if not isinstance(entry, dict) or set(entry) - {"name", "devices", "scheme", "updates", "layers"}:
            raise self._error(where, "an object with name, devices, scheme, updates and layers", _show(entry))
        layers = entry.get("layers", {})
        if not isinstance(entry.get("name"), str) or not isinstance(layers, dict):
            raise self._error(where, "a name, and an object of layers", _show(entry))
        scheme = entry.get("scheme", SCHEMES[0])
        if scheme not in SCHEMES:
            raise self._error(f"{where}.scheme", _one_of(SCHEMES), _show(scheme))
        updates = entry.get("updates", UPDATES[0])
        if updates not in UPDATES:
            raise self._error(f"{where}.updates", _one_of(UPDATES), _show(updates))
        return Split(
            entry["name"],
            self._devices(where, entry.get("devices")),
            tuple(
                (name, self._layer_split(f"{where}.layers.{name}", layer)) for name, layer in layers.items()
            ),
            scheme,
            updates,
        )

    def _layer_split(self, where: str, entry: Any) -> LayerSplit:
        if not isinstance(entry, dict) or set(entry) - {"placement", "devices"}:
            raise self._error(where, "an object with placement and devices", _show(entry))
        if entry.get("placement") not in PLACEMENTS:
            raise self._error(f"{where}.placement", _one_of(PLACEMENTS), _show(entry.get("placement")))
        return LayerSplit(entry["placement"], self._devices(where, entry.get("devices", [])))

    def _devices(self, where: str, entry: Any) -> tuple[str, ...]:
        if not isinstance(entry, list) or not all(isinstance(device, str) for device in entry):
            raise self._error(f"{where}.devices", "a list of logical devices such as A", _show(entry))
        return tuple(entry)

    def _read_canvas(self, network: NetworkFile, section: dict[str, Any]) -> None:
        """Read positions and comments; the positions of layers that are not there are forgotten."""
        positions, comments = section.get("positions", {}), section.get("comments", {})
        if not isinstance(positions, dict) or set(section) - {"positions", "comments"}:
            raise self._error("canvas", "an object of positions", _show(section))
        if not isinstance(comments, dict):
            raise self._error("canvas.comments", "an object of comments", _show(comments))
        places = {name: self._pair(f"canvas.positions.{name}", place) for name, place in positions.items()}
        network.positions = {name: place for name, place in places.items() if name in network.graph}
        network.comments = {
            name: self._comment(f"canvas.comments.{name}", entry) for name, entry in comments.items()
        }

    def _comment(self, where: str, entry: Any) -> Comment:
        if not isinstance(entry, dict) or set(entry) != {"text", "place", "size"}:
            raise self._error(where, "an object with text, place and size", _show(entry))
        text = entry["text"]
        if not isinstance(text, str) or len(text) > LONGEST_TEXT:
            expected = Words("at most {count} characters", count=LONGEST_TEXT)
            raise self._error(f"{where}.text", expected, _show(text))
        size = self._pair(f"{where}.size", entry["size"])
        if min(size) < 1:
            raise self._error(f"{where}.size", "[width, height] of at least 1 px", _show(entry["size"]))
        return Comment(text, self._pair(f"{where}.place", entry["place"]), size)

    def _pair(self, where: str, place: Any) -> tuple[float, float]:
        if not isinstance(place, list) or len(place) != 2 or not all(map(_is_coordinate, place)):
            raise self._error(where, "[x, y] in px", _show(place))
        return float(place[0]), float(place[1])


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _RefusedError(Words("two entries named {name}", name=json.dumps(twice)))
    return document


def _refuse_constant(constant: str) -> None:
    raise _RefusedError(Words("{text}, which is not a number", text=constant))


def _is_coordinate(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= FARTHEST


def _known_fields(specs: Mapping[str, FieldSpec]) -> str:
    return Words("Its fields are {fields}.", fields=", ".join(specs)) if specs else "It has no fields."


def _one_of(names: Iterable[str]) -> Words:
    return Words("one of {names}", names=", ".join(names))


def _show(value: object) -> str:
    """A value as the file shows it, cut to a length that fits a message."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"
