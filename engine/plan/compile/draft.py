"""A program while it is being made."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

from engine.errors import DeviceError
from engine.layers.base import TensorType
from engine.plan.types import BATCH, Buffer, DType, Operation, Role, Value
from engine.words import Words
from kernels.registry import Kernel, MissingKernelError, find

COUNTERS = "counters"
SETTINGS = "settings"

_PICTURE_AXES = ("height", "width", "channel")
_VECTOR_AXES = ("unit",)


@dataclass
class Draft:
    """Buffers and operations of one program, in the order in which they are emitted.

    Where it is not ``training``, layers that act in training only hand their input on.
    ``outputs`` are the buffers that hold the layers' outputs. ``gradients`` are the buffers that hold the
    gradients of other buffers, by those buffers' names.
    """

    device: str
    dtype: DType
    batch_size: int
    training: bool
    buffers: dict[str, Buffer] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    gradients: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, buffer: Buffer) -> str:
        """Add a buffer and return its name; a buffer of this name that is there must be the same."""
        known = self.buffers.setdefault(buffer.name, buffer)
        if known != buffer:
            raise ValueError(f"{buffer.name} is there already, and another")
        return buffer.name

    def add_batch(self, name: str, role: Role, kind: TensorType, dtype: DType | None = None) -> str:
        """Add a buffer with a value of ``kind`` for each example of the batch, and return its name."""
        axes = {0: (), 1: _VECTOR_AXES, 3: _PICTURE_AXES}[len(kind.shape)]
        dtype = dtype or ("int32" if kind.content == "labels" else self.dtype)
        return self.add(Buffer(name, role, (self.batch_size, *kind.shape), (BATCH, *axes), dtype))

    def add_like(self, name: str, role: Role, other: str, dtype: DType | None = None) -> str:
        """Add a buffer of the shape of another, and return its name."""
        like = self.buffers[other]
        return self.add(dataclasses.replace(like, name=name, role=role, dtype=dtype or like.dtype))

    def emit(
        self, kind: str, layer: str, inputs: dict[str, str], outputs: dict[str, str], **attributes: Value
    ) -> Operation:
        """Append an operation and return it. What scratch memory it takes is told once it is shared out.

        Raises DeviceError where the kind of device has no kernel for it.
        """
        kernel = self._kernel(kind, layer)
        earlier = sum(operation.layer == layer and operation.kind == kind for operation in self.operations)
        name = f"{layer}.{kind}{earlier + 1 if earlier else ''}"
        operation = Operation(
            name, kind, layer, dict(inputs), dict(outputs), attributes, in_place=kernel.in_place
        )
        self.operations.append(operation)
        return operation

    def _kernel(self, kind: str, layer: str) -> Kernel:
        try:
            return find(kind, self.device)
        except MissingKernelError as error:
            raise DeviceError(
                device=self.device,
                missing=Words(
                    "there is no kernel for {kind}, which layer {layer} needs", kind=kind, layer=layer
                ),
                hint="Choose another device.",
            ) from error
