"""``plan.lock``: what the bits of a training follow from besides the network, its data and its seed.

A resume compiles what the lock says. Where this machine or this version cannot do the same, it says so: the
training then goes on within rounding, and no longer bit for bit.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator, Mapping
from importlib import metadata
from typing import Any, Final, Literal

import msgspec

from engine.plan.compile.pipeline import choices_of
from engine.plan.table import format_plan
from engine.plan.types import TrainingPlan
from engine.runtime.devices import gpu_class, gpu_versions
from engine.version import program_version
from engine.words import Words


class PlanLock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a plan was compiled to, and on what. All of it is compared, and none of it is secret."""

    format_version: Literal[1]
    device: str  # kind of device
    code: str  # target that kernels are built for, "" for plain kernels
    choices: dict[str, str]  # operation to the target of its kernel, where it is built
    plan_sha256: str  # hexadecimal, of the plan as it is printed
    processor: str  # class of CPU, or model of GPU, that code is generated for
    blas: str  # library and class of CPU that NumPy multiplies matrices with
    versions: dict[str, str]  # of the program and of what computes
    precision: str = "float32"  # what is multiplied with


def lock_of(plan: TrainingPlan, code: str, device: str) -> PlanLock:
    """Return the lock of a plan that was compiled for the target ``code`` on this machine's ``device``."""
    return PlanLock(
        format_version=1,
        device=plan.device,
        code=code,
        choices=choices_of(plan),
        plan_sha256=hashlib.sha256(format_plan(plan).encode()).hexdigest(),
        processor=_processor() if plan.device == "cpu" else gpu_class(device),
        blas=_blas() if plan.device == "cpu" else "",
        versions={
            "program": program_version(),
            "python": platform.python_version(),
            "numpy": metadata.version("numpy"),
            **({"llvmlite": metadata.version("llvmlite")} if plan.device == "cpu" else gpu_versions()),
        },
        precision=plan.precision,
    )


def to_record(lock: PlanLock) -> dict[str, Any]:
    """Return plain values for JSON."""
    record: dict[str, Any] = msgspec.to_builtins(lock)
    return record


def from_record(record: Mapping[str, Any] | None) -> PlanLock | None:
    """Return the lock that ``to_record`` made; None for what is none, such as one of another version."""
    try:
        return None if record is None else msgspec.convert(record, PlanLock)
    except msgspec.ValidationError:
        return None


_TITLES: Final = {
    "device": "device",
    "code": "code",
    "processor": "processor",
    "blas": "BLAS",
    "precision": "precision",
}
"""What may differ, and its name."""


def differences(was: PlanLock, is_now: PlanLock) -> Iterator[Words]:
    """Yield in words what is not as it was."""
    for name in _TITLES:
        old, new = getattr(was, name), getattr(is_now, name)
        if old != new:
            plain = Words("plain")
            yield Words("{what} {old} → {new}", what=_TITLES[name], old=old or plain, new=new or plain)
    for name in was.versions.keys() | is_now.versions.keys():
        old, new = was.versions.get(name), is_now.versions.get(name)
        if old != new:
            none = Words("none")
            yield Words("{name} {old} → {new}", name=name, old=old or none, new=new or none)
    if was.plan_sha256 != is_now.plan_sha256 or was.choices != is_now.choices:
        yield Words("plan")


def _processor() -> str:
    import llvmlite.binding as llvm

    return f"{platform.machine()} {llvm.get_host_cpu_name()}"


def _blas() -> str:
    import threadpoolctl

    libraries = (
        f"{library['internal_api']} {library['version']} {library.get('architecture', '')}".strip()
        for library in threadpoolctl.threadpool_info()
        if library["user_api"] == "blas"
    )
    return ", ".join(sorted(set(libraries)))
