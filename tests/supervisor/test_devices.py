"""Readings of devices go on, whatever a driver does."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from engine.protocol.messages import Device
from engine.supervisor import devices
from engine.supervisor.devices import DeviceSampler


def wait_for(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60.0
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_reading_that_fails_is_not_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read before it is no longer shown as if it were of now."""
    sound = devices._read_cpu
    fails = False

    def read(name: str) -> Device:
        if fails:
            raise OSError("a sensor that went away")
        return sound(name)

    monkeypatch.setattr(devices, "_PERIOD", 0.01)
    monkeypatch.setattr(devices, "_read_cpu", read)
    sampler = DeviceSampler()
    sampler.start()
    wait_for(lambda: sampler.readings)
    fails = True
    wait_for(lambda: not sampler.readings)
    fails = False
    wait_for(lambda: sampler.readings)
    sampler.stop()
