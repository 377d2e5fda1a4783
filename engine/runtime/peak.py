"""What the processor can do at most, as a measure for what kernels do."""

from __future__ import annotations


def peak(code: str) -> float:
    """Return floating-point operations a second of the register tile on all threads."""
    from kernels.cpu.vector.peak import peak as of_tile

    return of_tile(code)
