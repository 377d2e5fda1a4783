"""What the rules of a kind of layer are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from engine.layers.base import Layer
from engine.plan.analysis.infer import InferredLayer
from engine.plan.compile.draft import Draft
from engine.plan.compile.gradients import Gradients
from engine.plan.types import Operation

Lowering: TypeAlias = Callable[[Draft, InferredLayer, tuple[str, ...]], str]
"""Emits a layer's operations from the buffers of its inputs; returns the buffer of its output."""

Gradient: TypeAlias = Callable[[Gradients, Operation], None]
"""Emits the gradients of an operation's inputs."""


@dataclass(frozen=True)
class Rule:
    """How a kind of ``layer`` is lowered, and how the operations that it emits are differentiated."""

    layer: type[Layer]
    lower: Lowering
    gradients: Mapping[str, Gradient] = field(default_factory=dict)
