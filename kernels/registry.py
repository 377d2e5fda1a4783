"""Finds kernels by convention: "conv.forward" on "cpu" is the function ``forward`` of kernels/cpu/conv.py.

Every public function of such a module is a kernel, except those whose name ends in ``_workspace``: they
tell the shapes of a kernel's scratch arrays. ``IN_PLACE`` tells which output may be the very same memory as
which input. Modules whose name begins with an underscore hold what several kernels share.

A kernel may also be *built*: made for exactly one geometry. kernels/cpu/vector/conv.py has a function of the
same name, ``forward``, which takes the shapes of the arrays by port, a target and the attributes, and returns
what was built, or None where the plain kernel is to be used; so has kernels/cuda/graphs/conv.py, for cuDNN.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from inspect import isfunction, signature
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from numpy.typing import NDArray

Shapes = dict[str, tuple[int, ...]]

_WORKSPACE = "_workspace"
_BUILT = {"cpu": "vector", "cuda": "graphs"}
"""The packages of kernels that are built, by device kind."""


class MissingKernelError(LookupError):
    """There is no kernel for an operation on a device kind; the message says what there is."""


class Launch(Protocol):
    """A built kernel on its arrays."""

    def joined(self, following: Sequence[Any]) -> Callable[[], None]:
        """Return one call that runs this kernel and then those that follow it, on all threads."""


class Built(Protocol):
    """A kernel made for exactly one geometry. Nothing is compiled before it is bound."""

    @property
    def method(self) -> str:
        """How the kernel works, where there are several methods; else ""."""

    @property
    def workspace(self) -> Mapping[str, tuple[int, ...]]:
        """The shapes of the scratch arrays that it wants, in place of those of the plain kernel."""

    def bind(self, code: str, arrays: Mapping[str, NDArray[Any]]) -> Launch:
        """Compile the kernel for the target of ``code``, bound to ``arrays``, scratch arrays included."""


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

    def build(self, shapes: Shapes, attributes: Mapping[str, Any], dtype: str, code: str) -> Built | None:
        """Return the kernel made for arrays of exactly ``shapes``, or None if there is none.

        ``code`` names the target, such as "avx512", and a method where it is not left to the kernel.
        None too where it knows one of the attributes, or their values, not: the plain kernel runs then.
        """
        if not code or dtype != "float32":
            return None
        make, known = _maker(self.operation, self.device)
        if make is None or not known.issuperset(attributes):
            return None
        target = import_module(f"kernels.{self.device}.{_BUILT[self.device]}.target").target_of(code)
        built: Built | None = make(shapes, target, **attributes)
        return built


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


@cache
def _maker(operation: str, device: str) -> tuple[Callable[..., Any] | None, frozenset[str]]:
    """Return what builds an operation's kernel, if anything does, and the names of its parameters."""
    family, _, name = operation.partition(".")
    package = f"kernels.{device}.{_BUILT[device]}"
    if find_spec(package) is None or find_spec(f"{package}.{family}") is None:
        return None, frozenset()
    make = getattr(import_module(f"{package}.{family}"), name, None)
    return make, frozenset(signature(make).parameters if make else ())


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
    return tuple(
        sorted(
            m.name for m in pkgutil.iter_modules(folders or []) if not m.ispkg and not m.name.startswith("_")
        )
    )


def _names(module: ModuleType) -> tuple[str, ...]:
    def public() -> Iterator[str]:
        for name, value in vars(module).items():
            own = isfunction(value) and value.__module__ == module.__name__
            if own and not name.startswith("_") and not name.endswith(_WORKSPACE):
                yield name

    return tuple(sorted(public()))
