"""NVRTC, the compiler of kernels for NVIDIA GPUs, from its wheel. It needs no GPU and no driver."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path


def folder() -> Path | None:
    """Return where the wheels of CUDA 13 put their files; None where they are not installed."""
    spec = find_spec("nvidia")
    for root in (spec.submodule_search_locations or []) if spec else []:
        found = Path(root) / "cu13"
        if (found / "lib" / "libnvrtc.so.13").exists():
            return found
    return None


def errors(source: str, options: Sequence[str], architecture: str) -> str:
    """Compile ``source`` for a class of GPU, such as "sm_80", and return the compiler's words if it fails."""
    library, program = _library(), ctypes.c_void_p()
    library.nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"kernel.cu", 0, None, None)
    words = [*options, f"--gpu-architecture={architecture}", f"-I{folder()}/include"]
    encoded = (ctypes.c_char_p * len(words))(*(word.encode() for word in words))
    failed = library.nvrtcCompileProgram(program, len(words), encoded)
    size = ctypes.c_size_t()
    library.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    library.nvrtcGetProgramLog(program, log)
    library.nvrtcDestroyProgram(ctypes.byref(program))
    return f"error {failed}\n{log.value.decode()}" if failed else ""


@cache
def _library() -> ctypes.CDLL:
    found = folder()
    assert found is not None
    # The compiler looks for it among the system's libraries, unless it is loaded already.
    ctypes.CDLL(str(next((found / "lib").glob("libnvrtc-builtins.so.*"))), ctypes.RTLD_GLOBAL)
    return ctypes.CDLL(str(found / "lib" / "libnvrtc.so.13"))
