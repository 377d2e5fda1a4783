"""Readings of the machine's devices, on a thread of their own: a driver may take its time."""

from __future__ import annotations

import platform
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.protocol.messages import Device

_PERIOD = 0.5  # s
_CPU_SENSORS = ("coretemp", "k10temp", "zenpower", "cpu_thermal")


def read_devices() -> tuple[Device, ...]:
    """Take one reading."""
    return (_read_cpu(_cpu_name()), *_read_gpus(_open_gpus()))


class DeviceSampler(threading.Thread):
    """Takes readings twice a second; ``readings`` are the newest, ``processes`` those of ``watched`` ones.

    The latter are by process number: % of one core, and bytes.
    """

    def __init__(self) -> None:
        super().__init__(name="device readings", daemon=True)
        self.readings: tuple[Device, ...] = ()
        self.watched: tuple[int, ...] = ()
        self.processes: dict[int, tuple[float, int]] = {}
        self._known: dict[int, Any] = {}
        self._stopping = threading.Event()

    def run(self) -> None:
        """Take readings until ``stop``."""
        name = _cpu_name()
        gpus = _open_gpus()
        while not self._stopping.wait(_PERIOD):
            try:
                self.readings = (_read_cpu(name), *_read_gpus(gpus))
                self.processes = dict(self._read_processes())
            except Exception:  # whatever a driver or a sensor does: the next reading may go well
                self.readings, self.processes = (), {}

    def _read_processes(self) -> Iterator[tuple[int, tuple[float, int]]]:
        import psutil

        self._known = {pid: known for pid, known in self._known.items() if pid in self.watched}
        for pid in self.watched:
            try:
                process = self._known.setdefault(pid, psutil.Process(pid))
                yield pid, (float(process.cpu_percent()), int(process.memory_info().rss))
            except psutil.Error:
                continue  # it has just ended

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        self.join()


def read_gpus() -> tuple[Device, ...]:
    """Return readings of all GPUs now; none without NVIDIA's driver or its Python package."""
    return tuple(_read_gpus(_open_gpus()))


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return (models or [platform.processor()])[0] or platform.machine()


def _read_cpu(name: str) -> Device:
    import psutil

    cores = tuple(float(load) for load in psutil.cpu_percent(percpu=True))
    memory = psutil.virtual_memory()
    return Device(
        name=name,
        kind="cpu",
        utilisation=sum(cores) / max(len(cores), 1),
        cores=cores,
        memory_used=memory.total - memory.available,
        memory_total=memory.total,
        temperature=_cpu_temperature(),
        power=None,
    )


def _cpu_temperature() -> float | None:
    import psutil

    sensors = psutil.sensors_temperatures() if hasattr(psutil, "sensors_temperatures") else {}
    found = [sensors[name][0].current for name in _CPU_SENSORS if sensors.get(name)]
    return float(found[0]) if found else None


def _open_gpus() -> list[tuple[Any, str]]:
    """Return NVML's handles with the GPUs' names; none without NVIDIA's driver or its Python package."""
    try:
        import pynvml

        pynvml.nvmlInit()
        handles = map(pynvml.nvmlDeviceGetHandleByIndex, range(pynvml.nvmlDeviceGetCount()))
        return [(handle, str(pynvml.nvmlDeviceGetName(handle))) for handle in handles]
    except ImportError:
        return []
    except pynvml.NVMLError:
        return []


def _read_gpus(gpus: list[tuple[Any, str]]) -> Iterator[Device]:
    if not gpus:
        return
    import pynvml

    for handle, name in gpus:
        try:
            memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
            yield Device(
                name=name,
                kind="gpu",
                utilisation=float(pynvml.nvmlDeviceGetUtilizationRates(handle).gpu),
                cores=(),
                memory_used=memory.used,
                memory_total=memory.total,
                temperature=_optional(pynvml.nvmlDeviceGetTemperature, handle, pynvml.NVML_TEMPERATURE_GPU),
                power=_optional(pynvml.nvmlDeviceGetPowerUsage, handle, scale=1e-3),
                clock=_optional(pynvml.nvmlDeviceGetClockInfo, handle, pynvml.NVML_CLOCK_SM),
            )
        except pynvml.NVMLError:
            continue  # lost, or one that keeps its readings to itself


def _optional(read: Any, *arguments: Any, scale: float = 1.0) -> float | None:
    """A reading times ``scale``; None from a device that has no such sensor."""
    import pynvml

    try:
        return float(read(*arguments)) * scale
    except pynvml.NVMLError:
        return None
