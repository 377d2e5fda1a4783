"""Finds kernels by convention: "conv.forward" on "cpu" is the function ``forward`` of kernels/cpu/conv.py.

Every public function of such a module is a kernel, except those whose name ends in ``_workspace``: they
tell the shapes of a kernel's scratch arrays. ``IN_PLACE`` tells which output may be the very same memory as
which input. Modules whose name begins with an underscore hold what several kernels share.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from inspect import isfunction
from types import ModuleType

Shapes = dict[str, tuple[int, ...]]

_WORKSPACE = "_workspace"


class MissingKernelError(LookupError):
    """There is no kernel for an operation on a device kind; the message says what there is."""


@dataclass(frozen=True)
class Kernel:
    """One operation on one device kind."""

    operation: str
    device: str
    function: Callable[..., None]
    """Takes all arrays, the scratch arrays included, and then the attributes, by keyword."""
    workspace: Callable[..., Shapes] | None
    """Takes ``shapes`` by port name and the attributes by keyword; returns shapes of the scratch arrays."""
    in_place: tuple[str, str] | None
    """The input and the output that may be the same memory, unless the gradient accumulates."""


@cache
def find(operation: str, device: str) -> Kernel:
    """Return the kernel of ``operation``, such as "conv.forward", on ``device``, such as "cpu".

    Raises MissingKernelError if there is none.
    """
    family, _, name = operation.partition(".")
    module = _module(operation, family, device)
    names = _names(module)
    if name not in names:
        raise MissingKernelError(
            f"{operation}: {device} has no such kernel; for {family} it has {', '.join(names)}."
        )
    return Kernel(
        operation=operation,
        device=device,
        function=getattr(module, name),
        workspace=getattr(module, name + _WORKSPACE, None),
        in_place=getattr(module, "IN_PLACE", {}).get(name),
    )


def operations(device: str) -> list[str]:
    """Return the names of all operations that have a kernel on ``device``, sorted."""
    return [
        f"{family}.{name}"
        for family in _families(device)
        for name in _names(import_module(f"kernels.{device}.{family}"))
    ]


def _module(operation: str, family: str, device: str) -> ModuleType:
    families = _families(device)
    if not families:
        raise MissingKernelError(f"{operation}: there are no kernels for devices of the kind {device!r}.")
    if family not in families:
        raise MissingKernelError(
            f"{operation}: {device} has no such kernel; it has kernels for {', '.join(families)}."
        )
    return import_module(f"kernels.{device}.{family}")


@cache
def _families(device: str) -> tuple[str, ...]:
    spec = find_spec(f"kernels.{device}") if device.isidentifier() else None
    folders = spec.submodule_search_locations if spec else None
    return tuple(sorted(m.name for m in pkgutil.iter_modules(folders or []) if not m.name.startswith("_")))


def _names(module: ModuleType) -> tuple[str, ...]:
    def public() -> Iterator[str]:
        for name, value in vars(module).items():
            own = isfunction(value) and value.__module__ == module.__name__
            if own and not name.startswith("_") and not name.endswith(_WORKSPACE):
                yield name

    return tuple(sorted(public()))
