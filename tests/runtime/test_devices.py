"""Names of devices, and what is said where one is missing."""

from __future__ import annotations

import sys

import pytest

from engine.errors import DeviceError
from engine.runtime import devices
from engine.runtime.devices import device_kind


def test_the_cpu_is_always_there() -> None:
    assert device_kind("cpu") == "cpu"


@pytest.mark.parametrize(
    "name", ["", "gpu", "CPU", "cuda", "cuda:", "cuda:-1", "cuda:1.0", "cuda:1000", "cpu:0", " cpu"]
)
def test_other_names_are_refused_with_what_may_stand_there(name: str) -> None:
    with pytest.raises(DeviceError, match="expected cpu, or cuda: and a number"):
        device_kind(name)


def test_without_cupy_the_extra_to_install_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    monkeypatch.setattr(devices, "find_spec", lambda name: None)
    with pytest.raises(
        DeviceError, match=r"^cuda:0: CuPy is not installed.*convnet-studio\[gpu\].*--device cpu"
    ):
        device_kind("cuda:0")
