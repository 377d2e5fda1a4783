"""``convnet bench gpu --errors``: how far each kernel is from float64, in each precision."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from engine.graph.network_file import load
from engine.plan.table import format_table
from engine.plan.types import Precision

_EXAMPLES = 8

Worst = dict[str, dict[str, float]]
"""By kind of operation and precision, the largest error."""


def compare(networks: Iterable[Path]) -> Worst:
    """Run steps of small batches operation by operation; compare each with the CPU's kernel in float64."""
    from engine.cli.bench_engine import fill
    from engine.plan.compile.pipeline import compile_network
    from engine.runtime.accuracy import errors
    from engine.runtime.devices import best_code, best_precision
    from engine.runtime.executor import Executor

    worst: Worst = {}
    for network in networks:
        graph = load(network).graph
        is_recent = best_precision("cuda:0", "auto") == "bfloat16"
        precisions: list[Precision] = ["float32", "tf32", "bfloat16"] if is_recent else ["float32"]
        for precision in precisions:
            plan = compile_network(
                graph, _EXAMPLES, device="cuda", code=best_code("cuda"), precision=precision
            )
            executor = Executor(plan, device="cuda:0")
            fill(executor, plan)
            for program in plan.programs:
                for operation, error in errors(executor, program):
                    kind = worst.setdefault(operation.kind, {})
                    kind[precision] = max(kind.get(precision, 0.0), error)
    return worst


def describe(worst: Worst) -> str:
    """Return the errors as lines of text, each beside its bar."""
    from engine.runtime.accuracy import BARS

    precisions = sorted({name for errors in worst.values() for name in errors})
    rows = [("kernel", *(f"{name} (bar {BARS[name]:.0e})" for name in precisions))]
    for kind, errors in sorted(worst.items()):
        rows.append((kind, *(_cell(errors.get(name), BARS[name]) for name in precisions)))
    return "\n".join(format_table(rows, frozenset(range(1, len(precisions) + 1))))


def _cell(error: float | None, bar: float) -> str:
    if error is None:  # there is no such kernel
        return ""
    return f"{error:.1e}" if error <= bar else f"{error:.1e} MISSED"


def all_reached(worst: Worst) -> bool:
    """Whether no error is above its bar."""
    from engine.runtime.accuracy import BARS

    return all(error <= BARS[name] for errors in worst.values() for name, error in errors.items())
