"""Errors of kernels, measured within networks."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from engine.cli.bench_engine import fill
from engine.graph.examples import load_example
from engine.plan.compile.pipeline import TRAIN, compile_network
from engine.runtime.accuracy import BARS, errors
from engine.runtime.executor import Executor
from kernels.arrays import Floats
from kernels.cpu import avg_pool
from kernels.registry import find


def _errors() -> dict[str, float]:
    plan = compile_network(load_example("lenet5").graph, 2)
    executor = Executor(plan)
    fill(executor, plan)
    return {operation.kind: error for operation, error in errors(executor, TRAIN)}


def test_float32_is_near_float64() -> None:
    """All operations of a step are compared, and what rounds has an error, but a small one."""
    found = _errors()
    assert {"conv.forward", "conv.backward_weights", "fc.forward", "sgd.update"} <= set(found)
    assert all(error <= BARS["float32"] for error in found.values())
    assert found["conv.forward"] > 0


def test_a_wrong_number_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """One is enough, where float32 numbers are written."""
    right = avg_pool.forward

    @functools.wraps(right)
    def wrong(*, y: Floats, **arrays: Any) -> None:
        right(y=y, **arrays)
        if y.dtype == np.float32:
            y.flat[0] += 1e-3 * np.abs(y).max()

    monkeypatch.setattr(avg_pool, "forward", wrong)
    find.cache_clear()
    try:
        found = _errors()
    finally:
        find.cache_clear()
    assert found["avg_pool.forward"] == pytest.approx(1e-3, rel=0.01)
