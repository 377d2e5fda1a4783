"""The JSON schema of the network file, made from what the reader checks against.

docs/network-file.schema.json is what ``schema_text`` returns; a test holds them equal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from engine.graph.comment import LONGEST_TEXT
from engine.graph.layer_graph import LONGEST_NAME
from engine.graph.mute import can_be_muted
from engine.graph.network_reader import FARTHEST
from engine.graph.network_writer import FORMAT, VERSION
from engine.graph.schedules import SCHEDULES
from engine.graph.settings import DataSettings, TrainingSettings
from engine.graph.split import PLACEMENTS, SCHEMES, UPDATES
from engine.layers.catalogue import KINDS
from engine.layers.fields import FieldSpec, field_specs

Schema = dict[str, Any]

_NAME: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": LONGEST_NAME,
    # Letters of all scripts cannot be told in a pattern that every validator knows.
    "pattern": r"^[^\u0000-,./:-@\[-^`{-\u00a0]+$",
    "description": 'Letters and marks of any script, digits, "_" and "-".',
}
_INPUTS: Schema = {
    "type": "array",
    "items": {"oneOf": [{"$ref": "#/$defs/name"}, {"type": "null"}]},
    "description": "The layers that feed the inputs, in their order; null where there is no wire.",
}
_DEVICES: Schema = {
    "type": "array",
    "items": {"type": "string"},
    "description": "Logical devices, such as A and B.",
}


_MUTED: Schema = {"type": "boolean", "description": "Whether the layer hands its first input on."}


def network_schema() -> Schema:
    """Return the schema (JSON Schema, draft 2020-12) of a network file of this version."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ConvNet Studio network",
        "description": "A network, how it is trained, on which data, how it is split. See file-format.md.",
        "$defs": {"name": _NAME, "inputs": _INPUTS},
        **_record(
            {
                "format": {"const": FORMAT},
                "version": {"const": VERSION},
                "layers": {"type": "array", "items": {"oneOf": [_layer(kind) for kind in KINDS]}},
                "training": _record({"schedule": _schedule(), **_fields(field_specs(TrainingSettings))}),
                "data": _record(_fields(field_specs(DataSettings))),
                "splits": {"type": "array", "items": _split()},
                "canvas": _record({"positions": _positions(), "comments": _comments()}),
            },
            required=("format", "version"),
        ),
    }


def schema_text() -> str:
    """Return the schema as the file in ``docs`` holds it."""
    return json.dumps(network_schema(), indent=2, ensure_ascii=False) + "\n"


def _record(properties: Schema, required: tuple[str, ...] = ()) -> Schema:
    record: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**record, "required": list(required)} if required else record


def _fields(specs: Mapping[str, FieldSpec]) -> Schema:
    return {name: _field(spec) for name, spec in specs.items()}


def _field(spec: FieldSpec) -> Schema:
    unit = f" Unit: {spec.unit}." if spec.unit else ""
    return {"title": spec.title, "description": spec.help + unit, **spec.json_schema()}


def _layer(kind: str) -> Schema:
    layer = KINDS[kind]
    properties = {
        "name": {"$ref": "#/$defs/name"},
        "type": {"const": kind},
        "inputs": {"$ref": "#/$defs/inputs"},
        **({"muted": _MUTED} if can_be_muted(layer) else {}),
        **_fields(layer.specs()),
    }
    return {"title": layer.title, "description": layer.summary, **_record(properties, ("name", "type"))}


def _schedule() -> Schema:
    kinds = [
        {
            "title": schedule.title,
            **_record({"kind": {"const": kind}, **_fields(schedule.specs())}, required=("kind",)),
        }
        for kind, schedule in SCHEDULES.items()
    ]
    return {"title": "Schedule", "description": "How the learning rate changes.", "oneOf": kinds}


def _split() -> Schema:
    layer = _record({"placement": {"enum": list(PLACEMENTS)}, "devices": _DEVICES}, required=("placement",))
    layers = {"type": "object", "additionalProperties": layer, "description": "Where layers run, by name."}
    scheme = {"enum": list(SCHEMES), "description": "How examples are handed over; a where it is left out."}
    updates = {
        "enum": list(UPDATES),
        "description": "When what learns in passes is updated; step if left out.",
    }
    return _record(
        {
            "name": {"type": "string"},
            "devices": _DEVICES,
            "scheme": scheme,
            "updates": updates,
            "layers": layers,
        },
        required=("name", "devices"),
    )


def _positions() -> Schema:
    return {
        "type": "object",
        "additionalProperties": _pair(-FARTHEST),
        "description": "Where layers lie on the canvas: [x, y] in px.",
    }


def _comments() -> Schema:
    text = {"type": "string", "maxLength": LONGEST_TEXT}
    comment = {"text": text, "place": _pair(-FARTHEST), "size": _pair(1)}
    return {
        "type": "object",
        "additionalProperties": _record(comment, tuple(comment)),
        "description": "What is noted on the canvas, by names without a meaning: text, place and size in px.",
    }


def _pair(minimum: float) -> Schema:
    one = {"type": "number", "minimum": minimum, "maximum": FARTHEST}
    return {"type": "array", "items": one, "minItems": 2, "maxItems": 2}
