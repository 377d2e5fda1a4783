"""Names of devices: ``cpu``, ``cpu:4`` for four ranks on the CPU, ``cuda:0``, ``cuda:0,cuda:1``."""

from __future__ import annotations

import re

from engine.errors import DeviceError
from engine.words import Words

MOST_DEVICES = 26
"""That a training may run on: logical devices are A to Z."""

_NAME = re.compile(r"cpu|cuda:\d{1,3}")
_RANKS_ON_CPU = re.compile(r"cpu:(\d{1,3})")


def device_names(text: str) -> tuple[str, ...]:
    """Return the device of each rank that ``text`` asks for; raises DeviceError where it asks for none."""
    ranks = _RANKS_ON_CPU.fullmatch(text)
    names = ("cpu",) * int(ranks[1]) if ranks else tuple(name.strip() for name in text.split(","))
    if not all(_NAME.fullmatch(name) for name in names):
        raise _error(text, "expected cpu, cpu:N for N ranks, cuda:N, or several as in cuda:0,cuda:1")
    if not 0 < len(names) <= MOST_DEVICES:
        raise _error(text, Words("expected 1 to {most} devices", most=MOST_DEVICES))
    gpus = [name for name in names if name != "cpu"]
    if len(set(gpus)) < len(gpus) or 0 < len(gpus) < len(names):
        raise _error(text, "expected different GPUs, or ranks on the CPU alone")
    return names


def gpu_index(name: str) -> int | None:
    """Return the number in the name of a GPU, 1 of "cuda:1"; None for the CPU."""
    kind, _, index = name.partition(":")
    return int(index or 0) if kind == "cuda" else None


def _error(text: str, missing: str) -> DeviceError:
    return DeviceError(
        device=text or "device", missing=missing, hint="Use cpu, cpu:2, cuda:0 or cuda:0,cuda:1."
    )
