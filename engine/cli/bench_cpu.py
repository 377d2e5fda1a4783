"""``convnet bench cpu``: a training step on generated kernels, whole and by layer, beside PyTorch's."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Literal

import typer

from engine.cli.bench_cpu_scaling import BATCHES, describe_scaling, scaling
from engine.cli.bench_side import Side

_WARM_UP = 3

_GENEROUS_MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": "4000000000",
    "MALLOC_TRIM_THRESHOLD_": "4000000000",
    "MALLOC_TOP_PAD_": "500000000",
}
"""Settings of glibc with which PyTorch is quickest: it allocates all tensors anew in each step."""


def bench_cpu(
    networks: Annotated[list[Path], typer.Argument(help="*.convnet files.", show_default=False)],
    *,
    batch_size: Annotated[int, typer.Option(min=1, help="Examples of a step.")] = 128,
    steps: Annotated[int, typer.Option(min=1, help="Steps of each side, in turns.")] = 30,
    threads: Annotated[int, typer.Option(min=0, help="Threads of each side; 0 takes all processors.")] = 0,
    peer: Annotated[Literal["none", "torch"], typer.Option(help="What to measure against.")] = "none",
    by_size: Annotated[
        bool, typer.Option("--scaling", help="Batches of 1 to 1,024 examples on one thread and on all.")
    ] = False,
    output: Annotated[Path | None, typer.Option(help="A file for the figures, as JSON.")] = None,
) -> None:
    """Time training steps on this machine's processors, by turns with PyTorch, whole and by layer."""
    count = threads or (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    results: dict[str, Any] = {}
    for network in networks:
        if by_size:
            times = scaling(network, BATCHES, sorted({1, count}), steps)
            results[network.stem] = times
            print(describe_scaling(network.stem, times))
            continue
        result = measure(network, batch_size, steps=steps, threads=count, peer=peer)
        results[network.stem] = result
        print(describe(network.stem, result))
    if output is not None:
        output.write_text(json.dumps(results, indent=2), encoding="utf-8")


def measure(network: Path, batch_size: int, *, steps: int, threads: int, peer: str) -> dict[str, Any]:
    """Return all figures of a network: s, bytes, and ratios of the peer's to ours."""
    names = ["ours", *([peer] if peer != "none" else [])]
    order = {"network": str(network), "batch_size": batch_size, "threads": threads}
    settings = {"CONVNET_THREADS": str(threads)}
    sides = {
        name: Side(
            "engine.cli.bench_cpu_side",
            order | {"side": name},
            settings | (_GENEROUS_MALLOC if name == "torch" else {}),
        )
        for name in names
    }
    times: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(_WARM_UP + steps):
        for name, side in sides.items():
            seconds = side.ask("step")
            if turn >= _WARM_UP:
                times[name].append(seconds)
    result: dict[str, Any] = {"batch_size": batch_size, "threads": threads, "steps": steps}
    for name, side in sides.items():
        result[name] = {
            "least": min(times[name]),
            "median": median(times[name]),
            "memory": side.ask("memory"),
            "layers": side.ask("parts"),
            "facts": side.ask("facts"),
        }
        side.close()
    if peer != "none":
        pairs = [theirs / ours for ours, theirs in zip(times["ours"], times[peer], strict=True)]
        result["ratio"] = {
            "of least": min(times[peer]) / min(times["ours"]),
            "median of turns": median(pairs),
            "worst turn": min(pairs),
        }
    return result


def describe(name: str, result: Mapping[str, Any]) -> str:
    """Return the figures of a network as lines of text."""
    ours = result["ours"]
    facts = ours["facts"]
    theirs = result.get("torch")
    adds: dict[str, int] = facts["multiply_adds"]
    lines = [
        f"{name}, batch {result['batch_size']}, {result['threads']} threads, {facts['code'] or 'NumPy'}",
        _step("ours", ours, result["batch_size"]),
        f"  compiled in {facts['compiling']:.2f} s; a register tile makes {facts['peak'] / 1e9:.0f} GFLOP/s",
    ]
    if theirs:
        ratio = result["ratio"]
        lines.append(_step(f"PyTorch {theirs['facts']['version']}", theirs, result["batch_size"]))
        lines.append(
            f"  ratio {ratio['of least']:.2f} of the least, {ratio['median of turns']:.2f} median of turns, "
            f"{ratio['worst turn']:.2f} the worst turn"
        )
    lines.append("  layer       forward ms  GFLOP/s  of peak  ratio   backward ms  ratio")
    for layer, (forward, backward) in ours["layers"].items():
        operations = 2 * adds.get(layer, 0) * result["batch_size"]
        speed = operations / forward if forward else 0.0
        share = speed / facts["peak"] if facts["peak"] else 0.0
        peer = theirs["layers"].get(layer) if theirs else None
        lines.append(
            f"  {layer:<10}{forward * 1e3:12.2f}{speed / 1e9:9.0f}{share:9.0%}"
            f"{_ratio(peer, 0, forward)}{backward * 1e3:14.2f}{_ratio(peer, 1, backward)}"
        )
    return "\n".join(lines)


def _step(name: str, side: Mapping[str, Any], batch_size: int) -> str:
    return (
        f"  {name}: {side['least'] * 1e3:.2f} ms a step at least, {side['median'] * 1e3:.2f} ms median, "
        f"{batch_size / side['median']:,.0f} examples/s, {side['memory'] / 2**20:,.0f} MiB"
    )


def _ratio(peer: list[float] | None, index: int, ours: float) -> str:
    return f"{peer[index] / ours:7.2f}" if peer and ours else "      –"
