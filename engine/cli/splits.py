"""What the options --devices and --split mean."""

from __future__ import annotations

from engine.errors import DeviceError, PlanError
from engine.graph.layer_graph import LayerGraph
from engine.graph.presets import PRESETS, preset_split
from engine.graph.split import SCHEMES, Split

_MOST_DEVICES = 26


def count_devices(devices: str) -> int:
    """Return the number of devices in "cpu:4"; raises DeviceError where it says something else."""
    kind, _, count = devices.partition(":")
    if kind != "cpu" or not count.isdecimal() or not 0 < int(count) <= _MOST_DEVICES:
        raise DeviceError(
            device=devices, missing=f"expected cpu:N with N up to {_MOST_DEVICES}", hint="Use cpu:2."
        )
    return int(count)


def choose_split(graph: LayerGraph, splits: tuple[Split, ...], name: str, count: int) -> Split:
    """Return the split of a file by its ``name``, or a preset: data, model, hybrid, hybrid-b, hybrid-c.

    Raises PlanError where there is none, or where it has not ``count`` devices.
    """
    preset, _, scheme = name.partition("-")
    scheme = scheme or SCHEMES[0]
    if preset in PRESETS and scheme in SCHEMES:
        devices = tuple(chr(ord("A") + number) for number in range(count))
        return preset_split(graph, preset, devices, scheme)  # type: ignore[arg-type]
    for split in splits:
        if split.name == name and len(split.devices) == count:
            return split
    raise PlanError(
        layer=f'split "{name}"',
        expected=f"{', '.join(PRESETS)}, hybrid-b, hybrid-c, or a split of the file over {count} devices",
        found="none of these",
        hint=f"The file has {', '.join(split.name for split in splits)}.",
    )
