"""Names of devices: what a training may run on, and what is missing where it may not."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from typing import Literal

from engine.errors import DeviceError
from engine.parallel.devices import gpu_index
from engine.plan.compile.without import WINOGRAD, without
from engine.plan.types import Precision
from engine.runtime.context import context_bytes
from engine.words import Words
from kernels.registry import operations

DeviceKind = Literal["cpu", "cuda"]

_FIRST_WITH_BFLOAT16 = 80
_NAME = re.compile(r"(cpu)|(cuda):(\d{1,3})")


def device_kind(name: str) -> DeviceKind:
    """Return the kind of the device ``name``, "cpu" or "cuda:N".

    Raises DeviceError where there is no such device, or something that it needs is missing.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise DeviceError(
            device=name, missing="expected cpu, or cuda: and a number", hint="Use cpu or cuda:0."
        )
    if match[1]:
        return "cpu"
    _check_cuda(name, int(match[3]))
    return "cuda"


def begin_on(name: str) -> None:
    """Let this thread work on the device ``name``: what is built for GPUs is built, and tried out, there."""
    if device_kind(name) == "cuda":
        import cupy

        context_bytes(_index(name))  # before anything else of CUDA, whose share of the memory it measures
        cupy.cuda.Device(_index(name)).use()


def best_code(kind: DeviceKind) -> str:
    """Return the target that kernels should be built for on devices of a kind, "" for plain kernels.

    With CONVNET_WITHOUT=winograd, those of CPUs are to be built without it.
    """
    if kind == "cuda":
        from kernels.cuda.graphs import target

        return target.chosen()
    from kernels.cpu.vector.target import OFF, chosen

    code = chosen()
    if code == OFF:
        return ""
    return f"{code} direct" if WINOGRAD in without() else code


def replayed_code(kind: DeviceKind, code: str) -> str:
    """Return the target that a plan was compiled for, if kernels can be built for it here; else the best one.

    A target that is set by hand (CONVNET_VECTOR) is taken in any case.
    """
    if kind != "cpu":
        return best_code(kind)
    from kernels.cpu.vector.target import SETTING, targets

    is_set = bool(os.environ.get(SETTING, "")) or WINOGRAD in without()
    can_be_built = not code or code.split(maxsplit=1)[0] in targets()
    return best_code(kind) if is_set or not can_be_built else code


def best_precision(name: str, asked: str) -> Precision:
    """Return what the device ``name`` should multiply with where a network asks for ``asked``.

    Raises DeviceError for a GPU that has not what is asked for.
    """
    if device_kind(name) == "cpu" or asked == "float32":
        return "float32"
    import cupy

    context_bytes(_index(name))  # before anything else of CUDA, whose share of the memory it measures
    is_recent = int(cupy.cuda.Device(_index(name)).compute_capability) >= _FIRST_WITH_BFLOAT16
    if asked in {"bfloat16", "tf32"} and not is_recent:
        raise DeviceError(
            device=name,
            missing="its compute capability is below 8.0, from which on GPUs have bfloat16 and TF32",
            hint="Set the precision to float32.",
        )
    if not is_recent:
        return "float32"
    return "tf32" if asked == "tf32" else "bfloat16"


def free_bytes(name: str) -> int | None:
    """Return how much memory of the device ``name`` nobody uses; None where that is the host's."""
    if device_kind(name) == "cpu":
        return None
    import cupy

    context_bytes(_index(name))
    with cupy.cuda.Device(_index(name)):
        return int(cupy.cuda.runtime.memGetInfo()[0])


def device_label(name: str) -> str:
    """Return what the device ``name`` is, for people: its model, where it is a GPU."""
    return gpu_class(name) if device_kind(name) == "cuda" else "CPU"


def gpu_class(name: str) -> str:
    """Return which GPU the device ``name`` is: its model and its compute capability."""
    import cupy

    index = _index(name)
    capability = cupy.cuda.Device(index).compute_capability
    model = cupy.cuda.runtime.getDeviceProperties(index)["name"].decode()
    return f"{model} sm_{capability}"


def gpu_versions() -> dict[str, str]:
    """Return the versions of what compiles and runs kernels on GPUs."""
    import cupy

    numbers = cupy.cuda.nvrtc.getVersion()
    return {"cupy": cupy.__version__, "nvrtc": ".".join(map(str, numbers))}


def _index(name: str) -> int:
    index = gpu_index(name)
    assert index is not None, name
    return index


def _check_cuda(name: str, index: int) -> None:
    if find_spec("cupy") is None:
        raise DeviceError(
            device=name,
            missing="CuPy is not installed, which the kernels for NVIDIA GPUs need",
            hint='Install the extra "gpu" (pip install "convnet-studio[gpu]"), or train with --device cpu.',
        )
    import cupy

    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise DeviceError(
            device=name,
            missing=Words("CUDA finds no GPU ({reason})", reason=error),
            hint="Check the driver with nvidia-smi, or train with --device cpu.",
        ) from error
    if index >= count:
        missing = Words("there are {count} GPUs, counted from 0", count=count)
        raise DeviceError(device=name, missing=missing, hint="Use cuda:0.")
    if not operations("cuda"):
        raise DeviceError(
            device=name,
            missing="this version has no kernels for NVIDIA GPUs yet",
            hint="Train with --device cpu.",
        )
