"""What differs between the networks of several runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from engine.graph.network_file import NetworkFile


@dataclass(frozen=True)
class Difference:
    """A setting, and what it is in each run; None: that run has no such layer or setting."""

    name: str  # such as "training.momentum" or "conv1.filters"
    values: tuple[str | None, ...]


def differences(networks: Sequence[NetworkFile]) -> list[Difference]:
    """Return the settings that are not the same in all networks: training, data, then layers in order."""
    tables = [_table(network) for network in networks]
    names = list(dict.fromkeys(name for table in tables for name in table))
    rows = (Difference(name, tuple(table.get(name) for table in tables)) for name in names)
    return [row for row in rows if len(set(row.values)) > 1]


def _table(network: NetworkFile) -> Mapping[str, str]:
    table = {**_fields("training", network.training), **_fields("data", network.data)}
    for name, layer in network.graph.layers().items():
        table[name] = layer.kind
        table |= _fields(name, layer)
    return table


def _fields(owner: str, holder: Any) -> dict[str, str]:
    found = {}
    for field in fields(holder):
        value = getattr(holder, field.name)
        if field.name == "schedule":
            found[f"{owner}.schedule"] = type(value).__name__.lower()
            found |= _fields(owner, value)
        elif field.name != "muted" or value:  # a layer that works says nothing of it
            found[f"{owner}.{field.name}"] = _text(value)
    return found


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return "×".join(_text(part) for part in value)
    return str(value)
