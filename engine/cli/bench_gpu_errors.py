"""``convnet bench gpu --errors``: how far each kernel is from float64, in each precision."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from engine.graph.network_file import load
from engine.plan.table import format_table

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
        for precision in dict.fromkeys(("float32", best_precision("cuda:0", "auto"))):
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
        missed = {name: "" if errors[name] <= BARS[name] else " MISSED" for name in precisions}
        rows.append((kind, *(f"{errors[name]:.1e}{missed[name]}" for name in precisions)))
    return "\n".join(format_table(rows, frozenset(range(1, len(precisions) + 1))))


def all_reached(worst: Worst) -> bool:
    """Whether no error is above its bar."""
    from engine.runtime.accuracy import BARS

    return all(error <= BARS[name] for errors in worst.values() for name, error in errors.items())
