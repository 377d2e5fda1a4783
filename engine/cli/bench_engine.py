"""The engine's own side of a bench: a plan with random numbers in it."""

from __future__ import annotations

import numpy as np

from engine.plan.types import TrainingPlan
from engine.runtime.executor import Executor
from kernels import control


def fill(executor: Executor, plan: TrainingPlan) -> None:
    """Make a plan ready for steps: random pictures and weights, a whole batch, settings that train.

    Nothing is left of steps before: gains are ones, biases and velocities zeros.
    """
    random = np.random.default_rng(0)
    arrays = executor.arrays
    for buffer in plan.buffers.values():
        if buffer.role == "input" or (buffer.role == "weight" and len(buffer.shape) > 1):
            values = random.standard_normal(arrays.on_device(buffer.name).shape, np.float32)
            values *= np.float32(np.prod(values.shape[1:]) ** -0.5)
            arrays[buffer.name] = values
        elif buffer.role == "weight":
            arrays[buffer.name] = float(buffer.name.endswith(".weights"))
        elif buffer.role in ("velocity", "metrics"):
            arrays[buffer.name] = 0
    _set_whole_batch(executor, plan)


def feed(executor: Executor, plan: TrainingPlan) -> None:
    """Make a plan, whose weights are there, ready for steps: random pictures, settings that train."""
    random = np.random.default_rng(0)
    arrays = executor.arrays
    for buffer in plan.by_role("input"):
        values = random.random(arrays.on_device(buffer.name).shape, np.float32)
        values -= np.float32(0.5)
        arrays[buffer.name] = values
    _set_whole_batch(executor, plan)


def _set_whole_batch(executor: Executor, plan: TrainingPlan) -> None:
    executor.arrays["settings"] = [1e-4, 0.9, 4e-3]
    counters = np.zeros(control.COUNTERS, np.int64)
    counters[control.VALID] = plan.batch_size
    counters[control.UPDATE] = 1
    counters[control.FIRST_BAD_STEP] = control.NO_BAD_STEP
    executor.arrays["counters"] = counters


def check_updates(executor: Executor) -> None:
    """Raise ValueError where a loss was not finite: steps skip their updates since, and are no measure."""
    if executor.arrays["counters"][control.FIRST_BAD_STEP] != control.NO_BAD_STEP:
        raise ValueError("a loss was not finite, so updates were skipped: these steps are no measure")
