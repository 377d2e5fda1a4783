"""What differs between the networks of several runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from engine.graph.network_file import NetworkFile
from engine.layers.field_texts import NO, YES, field_text, plain_text
from engine.layers.fields import field_specs
from engine.protocol.messages import Edited, Setting

TRAINING, DATA = "training", "data"
KIND, SCHEDULE = "Kind", "Schedule"
BECAME = " → "
"""Parts the values that a setting had one after the other."""

WORDS = (KIND, SCHEDULE, YES, NO)
"""English source texts that no field's spec has."""

Key = tuple[str, str]
"""Of whom a setting is, ``TRAINING``, ``DATA`` or a layer's name, and its title as an English source text."""


@dataclass(frozen=True)
class Difference:
    """A setting, and what it is in each run as a source text; None: that run has no such layer or setting."""

    owner: str
    title: str
    values: tuple[str | None, ...]


def differences(runs: Sequence[tuple[NetworkFile, Sequence[Edited]]]) -> list[Difference]:
    """Return the settings that are not the same in all runs: training, data, then layers in order.

    A run is its network and the edits of its settings while it went on.
    """
    tables = [_edited(_table(network), edits) for network, edits in runs]
    keys = list(dict.fromkeys(key for table in tables for key in table))
    rows = (Difference(*key, tuple(table.get(key) for table in tables)) for key in keys)
    return [row for row in rows if len(set(row.values)) > 1]


def setting_title(name: str) -> str:
    """Return the title of a setting that can be changed in a run, as an English source text."""
    from engine.graph.schedules import Schedule
    from engine.graph.settings import TrainingSettings

    specs = {**field_specs(TrainingSettings), **field_specs(Schedule)}
    return specs[name].title if name in specs else name


def edited_text(setting: Setting, value: float) -> str:
    """Return what an edit says that a setting was or became, in English."""
    return plain_text(bool(value) if setting == "keep_best" else value)


def _table(network: NetworkFile) -> dict[Key, str]:
    schedule = network.training.schedule
    table = {(TRAINING, SCHEDULE): schedule.title}
    for holder in (schedule, network.training):
        table |= _settings(TRAINING, holder)
    table |= _settings(DATA, network.data)
    for name, layer in network.graph.layers().items():
        table[name, KIND] = layer.title
        table |= _settings(name, layer)
    return table


def _edited(table: dict[Key, str], edits: Sequence[Edited]) -> dict[Key, str]:
    """Add to each setting what it became."""
    for edit in edits:
        table[TRAINING, setting_title(edit.setting)] += BECAME + edited_text(edit.setting, edit.new)
    return table


def _settings(owner: str, holder: Any) -> dict[Key, str]:
    found = {}
    specs = field_specs(holder)
    for field in fields(holder):
        value, spec = getattr(holder, field.name), specs.get(field.name)
        if spec is not None:
            found[owner, spec.title] = field_text(spec, value)
        elif field.name == "muted" and value:  # a layer that works says nothing of it
            found[owner, "Mute"] = YES
    return found
