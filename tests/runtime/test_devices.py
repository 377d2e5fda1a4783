"""Names of devices, and what is said where one is missing."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from engine.errors import DeviceError
from engine.runtime import devices
from engine.runtime.devices import best_precision, device_kind


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


@pytest.mark.parametrize(
    ("capability", "asked", "chosen"),
    [
        ("75", "auto", "float32"),
        ("80", "auto", "bfloat16"),
        ("90", "auto", "bfloat16"),
        ("120", "bfloat16", "bfloat16"),
        ("90", "float32", "float32"),
        ("80", "tf32", "tf32"),
        ("75", "bfloat16", None),
        ("75", "tf32", None),
    ],
)
def test_the_precision_is_what_the_gpu_has(
    monkeypatch: pytest.MonkeyPatch, capability: str, asked: str, chosen: str | None
) -> None:
    """bfloat16 and TF32 from compute capability 8.0 on; asking for them before is refused."""
    gpu = SimpleNamespace(compute_capability=capability)
    cuda = SimpleNamespace(Device=lambda index: gpu, runtime=SimpleNamespace(getDeviceCount=lambda: 1))
    monkeypatch.setitem(sys.modules, "cupy", SimpleNamespace(cuda=cuda))
    monkeypatch.setattr(devices, "find_spec", lambda name: True)
    monkeypatch.setattr(devices, "context_bytes", lambda index: 0)
    if chosen is None:
        with pytest.raises(DeviceError, match=r"below 8\.0.*Set the precision to float32"):
            best_precision("cuda:0", asked)
    else:
        assert best_precision("cuda:0", asked) == chosen


def test_the_cpu_multiplies_in_float32_whatever_is_asked_for() -> None:
    assert {best_precision("cpu", asked) for asked in ("auto", "bfloat16", "tf32", "float32")} == {"float32"}
