"""What code is generated for: a processor's vector registers.

The best target of this machine is found once. ``CONVNET_VECTOR`` sets another: avx512, avx2, plain, or off
for NumPy's kernels alone.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, replace
from functools import cache
from typing import Final, Literal, TypeAlias, cast

SETTING: Final = "CONVNET_VECTOR"
OFF: Final = "off"


Method: TypeAlias = Literal["", "direct", "winograd"]


@dataclass(frozen=True)
class Target:
    """``lanes`` float32 fit one of the ``registers``; LLVM knows the processor by ``cpu``, ``features``."""

    name: str
    cpu: str
    features: str
    lanes: int
    registers: int
    method: Method = ""
    """How kernels are to work that know several methods; "" where they may choose the quickest."""

    @property
    def most_vectors(self) -> int:
        """How many vectors wide a register tile should be at most, so that it is also high enough."""
        return 4 if self.registers >= 32 else 2

    def tile_rows(self, vectors: int) -> int:
        """Return how many rows a register tile of ``vectors`` has: its sums fill the registers.

        One row of operands, a broadcast and a product need registers too. More than 8 rows would need more
        address registers than there are.
        """
        return max(1, min(8, (self.registers - vectors - 2) // vectors))


_AVX512: Final = frozenset({"avx512f", "avx512bw", "avx512dq", "avx512vl", "fma"})
_AVX2: Final = frozenset({"avx2", "fma"})


@cache
def targets() -> dict[str, Target]:
    """Return the targets whose code this machine runs, best first. There is always "plain"."""
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features()
    has = {name for name, there in features.items() if there}
    host, all_features = llvm.get_host_cpu_name(), features.flatten()
    if platform.machine().lower() in {"arm64", "aarch64"}:
        return {"plain": Target("plain", host, all_features, lanes=4, registers=32)}
    found = []
    if has >= _AVX512:
        found.append(Target("avx512", host, all_features, lanes=16, registers=32))
    if has >= _AVX2:
        found.append(Target("avx2", "haswell", "", lanes=8, registers=16))
    found.append(Target("plain", "x86-64", "", lanes=4, registers=16))
    return {target.name: target for target in found}


def target_of(code: str) -> Target:
    """Return the target of a code's name, such as "avx512", or "avx512 direct" with a method."""
    name, _, method = code.partition(" ")
    return replace(targets()[name], method=cast(Method, method))


def chosen() -> str:
    """Return the name of the target that is set, or else the best of this machine; "off" where there is none.

    Raises ValueError for a setting that this machine cannot run.
    """
    setting = os.environ.get(SETTING, "")
    if setting == OFF:
        return OFF
    names = list(targets())
    if setting and setting not in names:
        raise ValueError(f"{SETTING}: expected {', '.join(names)} or {OFF}, found {setting!r}")
    return setting or names[0]
