"""The figures of ``convnet bench gpu`` as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from engine.plan.table import format_table

_MEBI = 2**20


def describe_ours(result: Mapping[str, Any]) -> str:
    """Return the engine's figures of a network: the whole step, memory, and each operation."""
    ours = result["ours"]
    facts, limits = ours["facts"], ours["limits"]
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    library = facts["code"] or "own kernels alone"
    lines = [
        f"{result['network']}, batch {result['batch_size']}, {facts['precision']}, {library}",
        f"  {facts['gpu']}, {versions}",
        f"  a copy moves {limits['copy'] / 1e12:.2f} TB/s, a product {limits['product'] / 1e12:.0f} TFLOP/s",
        f"  ours: {_times(ours['ms'], result['batch_size'])}, one graph of {facts['operations']} operations",
        f"  memory: {_memory(ours['memory'], facts['memory'])}; ready in {ours['ready']:.1f} s",
    ]
    if "first_step" in result:
        first = result["first_step"]
        lines.append(f"  first step after {first['cold']:.1f} s, with a cache {first['warm']:.1f} s")
    return "\n".join([*lines, *_operations(ours["parts"], limits, median(ours["ms"]))])


def _memory(used: int, told: Mapping[str, int]) -> str:
    total = sum(told.values())
    parts = ", ".join(f"{what} {taken / _MEBI:,.0f}" for what, taken in told.items() if taken)
    off = f" ({total / used - 1:+.1%})" if used else ""
    return f"{used / _MEBI:,.0f} MiB by NVML, {total / _MEBI:,.0f} by the engine{off}: {parts}"


def _operations(parts: Sequence[Mapping[str, Any]], limits: Mapping[str, float], step: float) -> list[str]:
    rows = [("  operation", "µs", "share", "GB/s", "of copy", "TFLOP/s", "of product")]
    for part in sorted(parts, key=lambda part: -float(part["ms"])):
        seconds = max(part["ms"] * 1e-3, 1e-9)
        moved, made = part["bytes"] / seconds, part["operations"] / seconds
        products = ("", "")
        if made:
            products = (f"{made / 1e12:.1f}", f"{made / limits['product']:.0%}" if limits["product"] else "")
        rows.append(
            (
                f"  {part['name']}",
                f"{part['ms'] * 1e3:.1f}",
                f"{part['ms'] / step:.0%}",
                f"{moved / 1e9:,.0f}",
                f"{moved / limits['copy']:.0%}",
                *products,
            )
        )
    total = sum(part["ms"] for part in parts)
    return [
        *format_table(rows, frozenset(range(1, 7))),
        f"  {total:.3f} ms in all, each operation repeated alone, its numbers still in the cache",
    ]


def describe_variant(variant: Mapping[str, Any], batch_size: int) -> str:
    """Return the figures of one of PyTorch's variants."""
    if "failed" in variant:
        return f"  PyTorch, {variant['name']}: failed, {variant['failed']}"
    ratios = variant["ratios"]
    return (
        f"  PyTorch, {variant['name']}: {_times(variant['ms'], batch_size)}, "
        f"{variant['memory'] / _MEBI:,.0f} MiB; {median(ratios):.2f} × ours "
        f"({min(ratios):.2f} to {max(ratios):.2f}); made in {variant['seconds']:.0f} s"
    )


def describe_ratio(result: Mapping[str, Any], bar: float) -> str:
    """Return PyTorch's best and runner-up against ours, beside the bar."""
    measured = sorted(
        (one for one in result["variants"] if "ratios" in one), key=lambda one: median(one["ratios"])
    )
    versions = ", ".join(f"{name} {version}" for name, version in measured[0]["facts"].items())
    verdict = "reached" if result["ratio"] >= bar else "MISSED"
    lines = [f"  {result['ratio']:.2f} × PyTorch's best ({versions}); {bar:g} × asked: {verdict}"]
    for place, one in zip(("best", "runner-up"), measured, strict=False):
        lines.append(f"    {place}: {one['name']}")
    return "\n".join(lines)


def _times(times: Sequence[float], batch_size: int) -> str:
    middle = median(times)
    spread = f"{min(times):.3f} to {max(times):.3f}"
    return f"{middle:.3f} ms a step ({spread}), {batch_size / middle * 1e3:,.0f} images/s"
